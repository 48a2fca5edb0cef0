//! What allocating can fail with.

use crate::header::OBJECT_WORDS_MAX;

/// Why an allocation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeapError {
    /// The actor's own limit.
    #[error("the heap is full: {used_words} of {limit_words} words in use, {wanted_words} more wanted")]
    HeapFull {
        /// Words in use after collecting.
        used_words: usize,
        /// The limit, words.
        limit_words: usize,
        /// Words asked for.
        wanted_words: usize,
    },
    /// The actor's own limit, while its collector is off.
    #[error(
        "the heap is full and its collector is off: {used_words} of {limit_words} words in use, {wanted_words} more wanted"
    )]
    CollectorDisabled {
        /// Words in use.
        used_words: usize,
        /// The limit, words.
        limit_words: usize,
        /// Words asked for.
        wanted_words: usize,
    },
    /// The world's budget, or the host's memory.
    #[error("the world's memory is used up: {used_bytes} of {limit_bytes} bytes in use")]
    WorldFull {
        /// Bytes that all heaps hold.
        used_bytes: u64,
        /// The budget, bytes.
        limit_bytes: u64,
    },
    /// No single object can be this large.
    #[error("an object of {words} words is too large; {OBJECT_WORDS_MAX} is the most")]
    ObjectTooLarge {
        /// Words asked for.
        words: usize,
    },
}
