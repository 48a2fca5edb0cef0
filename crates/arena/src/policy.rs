//! How a heap is collected: one collector, and the settings that make it one of several.
//!
//! 1. A policy says *when* and *how* memory is reclaimed, never what a program computes: only weak references, guardians
//!    and statistics show it.
//! 2. All thresholds count words or objects, never time, so that collections repeat in every replay.

/// What happens to objects that outlived the nursery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Everything reachable is copied to fresh chunks and the rest is dropped (Cheney, 1970).
    Copy,
    /// What is reachable is marked in place; the rest is swept into free lists.
    MarkSweep,
}

/// Settings of a heap's collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// What happens to old objects.
    pub method: Method,
    /// The nursery is collected on its own, with a remembered set; otherwise every collection takes in the whole heap.
    pub is_generational: bool,
    /// The whole heap is marked and swept in slices, one after each collection of the nursery.
    pub is_incremental: bool,
    /// Collections of the nursery that an object survives before it is promoted, up to 3. 0 promotes at once.
    pub promotion_age: u8,
    /// Largest nursery in words, a power of two.
    pub nursery_words_max: u32,
    /// A collection of the whole heap begins when it has grown to this many percent of what the last one left.
    pub growth_percent: u16,
    /// … and not before it holds this many words outside the nursery.
    pub threshold_words: u32,
    /// … or when this many objects were allocated since the last one; 0 is never.
    pub threshold_objects: u32,
    /// The old space is compacted when this share of it, in percent, holds nothing: copied whole after a collection at once, and
    /// in small heaps instead of a sliced one; in large heaps, sparse chunks are emptied in slices. 100 is never.
    pub compact_percent: u8,
    /// Words marked for each word allocated while marking is incremental.
    pub mark_rate: u8,
}

/// Smallest and largest nursery that a policy may ask for, in words.
pub const NURSERY_WORDS_RANGE: std::ops::RangeInclusive<u32> = 1 << 5..=1 << 22;

impl Policy {
    /// Aged nursery over an old space that is marked in slices, swept lazily and compacted when it is loose.
    pub const GENERATIONAL: Policy = Policy {
        method: Method::MarkSweep,
        is_generational: true,
        is_incremental: true,
        promotion_age: 1,
        nursery_words_max: 1 << 16,
        growth_percent: 200,
        threshold_words: 1 << 17,
        threshold_objects: 0,
        compact_percent: 30,
        mark_rate: 2,
    };

    /// The named policies, for comparison.
    pub const NAMED: [(&'static str, Policy); 6] = [
        ("generational", Policy::GENERATIONAL),
        ("generational-stop", Policy { is_incremental: false, ..Policy::GENERATIONAL }),
        (
            "generational-copying",
            Policy { method: Method::Copy, is_incremental: false, promotion_age: 0, ..Policy::GENERATIONAL },
        ),
        ("copying", Policy { method: Method::Copy, ..Policy::WHOLE }),
        ("mark-sweep", Policy { compact_percent: 100, ..Policy::WHOLE }),
        ("mark-compact", Policy { compact_percent: 10, ..Policy::WHOLE }),
    ];

    /// Every collection takes in the whole heap, all at once.
    const WHOLE: Policy =
        Policy { is_generational: false, is_incremental: false, promotion_age: 0, ..Policy::GENERATIONAL };

    /// The policy of this name.
    pub fn named(name: &str) -> Option<Policy> {
        Policy::NAMED.iter().find(|(known, _)| *known == name).map(|(_, policy)| *policy)
    }

    /// The name of this policy, if it is one of [`Policy::NAMED`].
    pub fn name(&self) -> Option<&'static str> {
        Policy::NAMED.iter().find(|(_, policy)| policy == self).map(|(name, _)| *name)
    }

    /// The policy with every setting within its bounds.
    #[must_use]
    pub fn bounded(self) -> Policy {
        let (least, most) = NURSERY_WORDS_RANGE.into_inner();
        Policy {
            promotion_age: self.promotion_age.min(3),
            nursery_words_max: self.nursery_words_max.clamp(least, most).next_power_of_two(),
            growth_percent: self.growth_percent.clamp(110, 1000),
            compact_percent: self.compact_percent.min(100),
            mark_rate: self.mark_rate.max(1),
            is_incremental: self.is_incremental && self.is_generational && self.method != Method::Copy,
            ..self
        }
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy::GENERATIONAL
    }
}

/// Collects at every reservation, to find references that were not roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stress {
    /// The nursery, and the whole heap once in a while.
    Mixed,
    /// The nursery only.
    Minor,
    /// The whole heap, marked.
    Major,
    /// The whole heap, copied.
    Compact,
}

impl Stress {
    /// Every kind with its name.
    pub const NAMED: [(&'static str, Stress); 4] = [
        ("mixed", Stress::Mixed),
        ("minor", Stress::Minor),
        ("major", Stress::Major),
        ("compact", Stress::Compact),
    ];

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Stress> {
        Stress::NAMED.iter().find(|(known, _)| *known == name).map(|(_, stress)| *stress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_policies_are_bounded_distinct_and_found_by_name() {
        for (index, (name, policy)) in Policy::NAMED.iter().enumerate() {
            assert_eq!(policy.bounded(), *policy, "{name}");
            assert_eq!(Policy::named(name), Some(*policy));
            assert_eq!(policy.name(), Some(*name));
            assert!(Policy::NAMED[index + 1..].iter().all(|(_, other)| other != policy), "{name}");
        }
        assert_eq!(Policy::named("none"), None);
        assert_eq!(Stress::named("minor"), Some(Stress::Minor));
    }

    #[test]
    fn settings_out_of_bounds_are_brought_within() {
        let wild = Policy {
            promotion_age: 200,
            nursery_words_max: 0,
            growth_percent: 0,
            mark_rate: 0,
            compact_percent: 255,
            is_generational: false,
            ..Policy::GENERATIONAL
        };
        let bounded = wild.bounded();
        assert_eq!(bounded.bounded(), bounded);
        assert_eq!((bounded.promotion_age, bounded.nursery_words_max, bounded.mark_rate), (3, 32, 1));
        assert!(!bounded.is_incremental, "there is nothing to slice by without a nursery");
    }
}
