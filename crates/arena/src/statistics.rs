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
    /// The old space had too many holes.
    Fragmentation,
}

impl Cause {
    /// In words, for views.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::NurseryFull => "nursery full",
            Cause::HeapGrowth => "heap growth",
            Cause::LargeObject => "large object",
            Cause::Requested => "requested",
            Cause::Fragmentation => "fragmentation",
        }
    }
}

/// What a collection did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The nursery was emptied.
    Minor,
    /// The nursery was emptied, and a part of the old space was marked.
    Mark,
    /// The nursery was emptied, and sparse chunks of the old space were.
    Evacuate,
    /// The nursery was emptied, and a part of the old space was swept.
    Sweep,
    /// The whole heap was marked, all at once.
    Full,
    /// The whole heap was copied.
    Copy,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Kind; 6] = [Kind::Minor, Kind::Mark, Kind::Evacuate, Kind::Sweep, Kind::Full, Kind::Copy];

    /// In words, for views and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Minor => "minor",
            Kind::Mark => "mark",
            Kind::Evacuate => "evacuate",
            Kind::Sweep => "sweep",
            Kind::Full => "full",
            Kind::Copy => "copy",
        }
    }
}

/// One pause of the mutator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collection {
    /// What was done.
    pub kind: Kind,
    /// It was, or completed, a collection of the whole heap.
    pub major: bool,
    /// Why.
    pub cause: Cause,
    /// When it began, by the heap's clock, ms.
    pub at_ms: f64,
    /// Words in use before.
    pub words_before: usize,
    /// Words in use after.
    pub words_after: usize,
    /// Objects that survived: copied, or marked.
    pub objects: u64,
    /// Words copied.
    pub moved_words: usize,
    /// Of these, words that went from the nursery to the old space.
    pub promoted_words: usize,
    /// Words marked in place.
    pub marked_words: usize,
    /// Words of chunks swept.
    pub swept_words: usize,
    /// Number of the collection of the whole heap that this is a slice of, from 1; 0 for none.
    pub cycle: u64,
    /// Number of the slice in its cycle, from 1; 0 for none.
    pub slice: u32,
    /// Length, ms.
    pub pause_ms: f64,
}

/// Sums over a heap's life.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeapTotals {
    /// Collections of the nursery alone, slices included.
    pub minor: u64,
    /// Collections of the whole heap.
    pub major: u64,
    /// Slices of marking and sweeping.
    pub slices: u64,
    /// Time spent, ms.
    pub pause_ms: f64,
    /// Longest pause, ms.
    pub pause_ms_max: f64,
    /// Words reclaimed.
    pub words_reclaimed: u64,
    /// Words copied.
    pub words_moved: u64,
    /// Words that were promoted.
    pub words_promoted: u64,
    /// Words in use after the last major collection.
    pub words_after_major: u64,
    /// Records that nobody took in time.
    pub records_dropped: u64,
    /// Pauses by length.
    pub pauses: PauseHistogram,
}

impl HeapTotals {
    #[optimize(size)]
    pub(crate) fn add(&mut self, collection: &Collection) {
        if collection.major {
            self.major += 1;
        } else {
            self.minor += 1;
        }
        self.slices += u64::from(collection.slice > 0);
        self.pause_ms += collection.pause_ms;
        self.pause_ms_max = self.pause_ms_max.max(collection.pause_ms);
        self.words_reclaimed += collection.words_before.saturating_sub(collection.words_after) as u64;
        self.words_moved += collection.moved_words as u64;
        self.words_promoted += collection.promoted_words as u64;
        self.pauses.add(collection.pause_ms);
    }
}

const BUCKETS: usize = 28;

/// Pauses counted by length: two buckets to each doubling, from 1/32 ms on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PauseHistogram {
    counts: [u32; BUCKETS],
}

const SHORTEST_MS: f64 = 1.0 / 32.0;

impl PauseHistogram {
    /// Counts one pause.
    pub fn add(&mut self, pause_ms: f64) {
        let place = ((pause_ms / SHORTEST_MS).max(1.0).log2() * 2.0) as usize;
        let count = &mut self.counts[place.min(BUCKETS - 1)];
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &PauseHistogram) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
    }

    /// Pauses counted.
    pub fn len(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// Was none counted?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A length in ms that `share` (of 1) of the pauses do not exceed: the upper end of the bucket. 0 without pauses.
    #[optimize(size)]
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let wanted = (self.len() as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return PauseHistogram::end_ms(place);
            }
        }
        0.0
    }

    /// Upper end of each bucket in ms, and its count.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u32)> + '_ {
        self.counts.iter().enumerate().map(|(place, count)| (PauseHistogram::end_ms(place), *count))
    }

    fn end_ms(place: usize) -> f64 {
        SHORTEST_MS * ((place + 1) as f64 / 2.0).exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_bound_the_pauses_that_were_counted() {
        let mut histogram = PauseHistogram::default();
        assert_eq!(histogram.quantile_ms(0.5), 0.0);
        for _ in 0..99 {
            histogram.add(0.2);
        }
        histogram.add(7.0);
        assert_eq!(histogram.len(), 100);
        let (middle, most) = (histogram.quantile_ms(0.5), histogram.quantile_ms(1.0));
        assert!((0.2..0.3).contains(&middle) && (7.0..10.0).contains(&most), "{middle} {most}");
        assert!(histogram.quantile_ms(0.99) < 0.3);
        let mut twice = histogram;
        twice.merge(&histogram);
        assert_eq!(twice.len(), 200);
        assert_eq!(twice.buckets().map(|(_, count)| count).sum::<u32>(), 200);
        histogram.add(f64::INFINITY);
        histogram.add(0.0);
        assert_eq!(histogram.len(), 102);
    }
}
