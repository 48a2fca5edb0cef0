//! Settings of the collector, as the page and the command line change them.
//!
//! 1. They say when and how memory is reclaimed, never what a program computes.

use serde::{Deserialize, Serialize};

/// What happens to objects that outlived the nursery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CollectorMethod {
    /// Everything reachable is copied.
    Copy,
    /// Marked in place, swept into free lists.
    MarkSweep,
}

/// A collection at every allocation, to find faults in the machine itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CollectorStress {
    /// Mostly of the nursery, now and then of the whole heap.
    Mixed,
    /// Of the nursery.
    Minor,
    /// Of the whole heap, marked.
    Major,
    /// Of the whole heap, copied.
    Compact,
}

/// How every actor's heap is collected. Numbers out of their bounds are brought within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectorSettings {
    /// What happens to old objects.
    pub method: CollectorMethod,
    /// The nursery is collected on its own.
    pub is_generational: bool,
    /// The whole heap is marked and swept in slices.
    pub is_incremental: bool,
    /// Collections of the nursery that an object survives before it is promoted, 0 to 3.
    pub promotion_age: u8,
    /// Largest nursery, 64-bit words.
    pub nursery_words_max: u32,
    /// A collection of the whole heap begins at so many percent of what the last one left.
    pub growth_percent: u16,
    /// … and not before the heap has this many words.
    pub threshold_words: u32,
    /// … or after this many objects were allocated; 0 is never.
    pub threshold_objects: u32,
    /// The old space is compacted when this share of it, in percent, holds nothing; 100 is never.
    pub compact_percent: u8,
    /// Words marked for each word allocated while marking goes on.
    pub mark_rate: u8,
    /// The collector is on.
    pub is_on: bool,
    /// An actor gets a message when a collection of its whole heap has left more than so many percent of its limit in use; 0
    /// is never.
    pub soft_percent: u8,
    /// Collects at every allocation.
    pub stress: Option<CollectorStress>,
    /// Every object remembers the line that made it.
    pub tracks_sites: bool,
}

impl Default for CollectorSettings {
    fn default() -> CollectorSettings {
        CollectorSettings {
            method: CollectorMethod::MarkSweep,
            is_generational: true,
            is_incremental: true,
            promotion_age: 1,
            nursery_words_max: 1 << 16,
            growth_percent: 200,
            threshold_words: 1 << 17,
            threshold_objects: 0,
            compact_percent: 30,
            mark_rate: 2,
            is_on: true,
            soft_percent: 0,
            stress: None,
            tracks_sites: false,
        }
    }
}

impl CollectorSettings {
    /// These with `policy` in place of theirs: what no policy says (is it on, soft limit, stress, sites) stays.
    #[must_use]
    pub fn with_policy(&self, policy: &CollectorSettings) -> CollectorSettings {
        let CollectorSettings { is_on, soft_percent, stress, tracks_sites, .. } = *self;
        CollectorSettings { is_on, soft_percent, stress, tracks_sites, ..*policy }
    }

    /// The policy alone, with the defaults of what no policy says.
    #[must_use]
    pub fn policy(&self) -> CollectorSettings {
        CollectorSettings::default().with_policy(self)
    }
}

/// A policy by its name, for comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedCollector {
    /// Name, as on the command line.
    pub name: String,
    /// Settings.
    pub settings: CollectorSettings,
}

/// How far a step of the collector goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CollectorExtent {
    /// A few objects, or one chunk.
    Slice,
    /// To the end of what is under way.
    Phase,
}

/// What a collector is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CollectorPhase {
    /// Nothing.
    Idle,
    /// Finding what is reachable.
    Marking,
    /// Moving what lies in sparse chunks to other ones.
    Evacuating,
    /// Turning what is not into free blocks.
    Sweeping,
}

/// What a step of the collector has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectorStep {
    /// Before.
    pub before: CollectorPhase,
    /// After.
    pub after: CollectorPhase,
    /// The policy has no phases: the whole heap was copied.
    pub is_copy: bool,
    /// Words copied.
    pub moved_words: u64,
    /// Words marked.
    pub marked_words: u64,
    /// Words swept.
    pub swept_words: u64,
    /// Objects that are grey now.
    pub greys: u64,
    /// Chunks that wait to be emptied, or swept.
    pub chunks_left: u64,
}

/// What a run has cost under one policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CollectorFigures {
    /// Time that the program took, compiling it apart, ms.
    pub milliseconds: f64,
    /// Why it ended, if its main actor did not come to its end.
    pub trouble: Option<String>,
    /// Collections by kind, all kinds there are.
    pub collections: Vec<(String, u64)>,
    /// Collections of which no more than their number and time is known.
    pub dropped: u64,
    /// Time of all collections, over all actors, ms.
    pub collection_ms: f64,
    /// Longest pause of an actor, ms.
    pub pause_ms_max: f64,
    /// 99 of 100 pauses are not longer, ms.
    pub pause_ms_p99: f64,
    /// Words that were copied.
    pub words_moved: u64,
    /// Most bytes that all actors had together, as seen now and then.
    pub bytes_max: u64,
}
