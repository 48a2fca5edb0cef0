//! What a heap reports about its collections: plain data.

/// Why a collection ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The nursery had no room.
    NurseryFull,
    /// The heap had grown to its threshold or its limit.
    HeapGrowth,
    /// A large object was asked for.
    LargeObject,
    /// Somebody asked.
    Requested,
}

impl Cause {
    /// In words, for views.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::NurseryFull => "nursery full",
            Cause::HeapGrowth => "heap growth",
            Cause::LargeObject => "large object",
            Cause::Requested => "requested",
        }
    }
}

/// One collection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collection {
    /// The whole heap, or only the nursery.
    pub major: bool,
    /// Why.
    pub cause: Cause,
    /// When it began, by the heap's clock, ms.
    pub at_ms: f64,
    /// Words in use before.
    pub words_before: usize,
    /// Words in use after.
    pub words_after: usize,
    /// Objects copied or marked.
    pub objects: u64,
    /// Length, ms.
    pub pause_ms: f64,
}

/// Sums over a heap's life.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeapTotals {
    /// Minor collections.
    pub minor: u64,
    /// Major collections.
    pub major: u64,
    /// Time spent, ms.
    pub pause_ms: f64,
    /// Longest pause, ms.
    pub pause_ms_max: f64,
    /// Words reclaimed.
    pub words_reclaimed: u64,
    /// Words in use after the last major collection.
    pub words_after_major: u64,
    /// Records that nobody took in time.
    pub records_dropped: u64,
}

impl HeapTotals {
    pub(crate) fn add(&mut self, collection: &Collection) {
        if collection.major {
            self.major += 1;
        } else {
            self.minor += 1;
        }
        self.pause_ms += collection.pause_ms;
        self.pause_ms_max = self.pause_ms_max.max(collection.pause_ms);
        self.words_reclaimed += collection.words_before.saturating_sub(collection.words_after) as u64;
    }
}
