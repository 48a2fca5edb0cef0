//! The analysis of heap snapshots: what a heap holds, what keeps it alive and what nothing reaches, as the protocol's plain
//! data.
//!
//! 1. A snapshot is an image, where its objects lay if that is known, and what follows from both; no actor is looked at.
//! 2. Every list and text is bounded, but for types and sites, of which a program has only so many.
#![forbid(unsafe_code)]

mod snapshot;
mod text;

pub use snapshot::HeapSnapshot;
