//! What an editor asks of the compiler's front end: layout, and what names mean.
//!
//! 1. All of it is pure: texts in, answers out, with places in bytes.
//! 2. A text that does not read is answered as far as it goes, or with the place where it stops; nothing panics.

mod complete;
mod fold;
mod format;
mod hover;
mod index;
mod rename;
mod style;
mod tree;

pub use complete::{Offer, Offers, complete};
pub use fold::folds;
pub use format::format;
pub use hover::{Hover, TokenKind};
pub use index::{INDEX_BYTES_MAX, Index};
pub use rename::rename;

#[cfg(test)]
mod tests;
