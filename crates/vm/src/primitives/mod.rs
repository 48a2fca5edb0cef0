//! Native procedures.
//!
//! 1. None calls a procedure, and none runs longer than about a millisecond: unbounded work stops and goes on
//!    ([`progress`]), other work is bounded beforehand.
//! 2. Arguments are read again after everything that reserves; other values are kept as roots meanwhile.
//! 3. A primitive that fails has changed nothing that a program can see, or says in its message what it has done.

mod arguments;
mod numbers;
mod pairs;
mod progress;
mod transcendental;

use std::sync::LazyLock;

use crate::machine::{PrimitiveEntry, PrimitiveFunction};

static TABLE: LazyLock<Vec<PrimitiveEntry>> =
    LazyLock::new(|| [numbers::TABLE, transcendental::TABLE, pairs::TABLE, &pairs::PATHS].concat());

/// Every native procedure. Indices are stable within one build.
pub(crate) fn table() -> &'static [PrimitiveEntry] {
    &TABLE
}

const fn entry(name: &'static str, min: u8, max: Option<u8>, function: PrimitiveFunction) -> PrimitiveEntry {
    PrimitiveEntry { name, min, max, function }
}

/// A primitive of exactly `count` arguments.
const fn exactly(name: &'static str, count: u8, function: PrimitiveFunction) -> PrimitiveEntry {
    entry(name, count, Some(count), function)
}

/// A primitive of `min` to `max` arguments.
const fn between(name: &'static str, min: u8, max: u8, function: PrimitiveFunction) -> PrimitiveEntry {
    entry(name, min, Some(max), function)
}

/// A primitive of `min` or more arguments.
const fn at_least(name: &'static str, min: u8, function: PrimitiveFunction) -> PrimitiveEntry {
    entry(name, min, None, function)
}
