//! Tests of what editors ask.

mod format;
mod names;
