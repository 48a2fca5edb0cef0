//! What an editor asks of the compiler's front end: layout, and what names mean.
//!
//! 1. All of it is pure: texts in, answers out, with places in bytes.
//! 2. A text that does not read is answered as far as it goes, or with the place where it stops; nothing panics.

mod fold;
mod format;
mod style;
mod tree;

pub use fold::folds;
pub use format::format;

#[cfg(test)]
mod tests;
