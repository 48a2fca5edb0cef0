//! What the page remembers of past snapshots: lanes, collections and rates, bounded.
//!
//! 1. Cloning a [`History`] is cheap: it holds shared snapshots and small samples.
//! 2. Nothing here grows past its named bound; what was let go is counted where a view says so.

use std::collections::VecDeque;
use std::rc::Rc;

use protocol::{ActorNumber, Collection, MetricSample, Snapshot, Totals};

/// Snapshots kept for the lanes of the cores.
const RECENT_MAX: usize = 96;
/// Collections kept for chart and list.
const COLLECTIONS_MAX: usize = 2_000;
/// Samples kept for rates and sparklines.
const SAMPLES_MAX: usize = 240;
/// Span over which a rate is averaged, ms.
const RATE_SPAN_MS: f64 = 1_000.0;

/// Sums at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Virtual time of the run, ms.
    pub at_ms: f64,
    /// Sums.
    pub totals: Totals,
    /// Depth of the selected actor's mailbox, with the actor.
    pub mailbox: Option<(ActorNumber, u32)>,
}

/// Bounded memory of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    recent: VecDeque<Rc<Snapshot>>,
    collections: VecDeque<Rc<Vec<Collection>>>,
    collections_kept: usize,
    collections_let_go: u64,
    samples: VecDeque<Sample>,
}

impl History {
    /// Takes in a snapshot. O(collections in it).
    pub fn push(&mut self, snapshot: &Rc<Snapshot>) {
        if self.samples.back().is_some_and(|last| snapshot.elapsed_ms < last.at_ms) {
            *self = History::default();
        }
        self.collections_let_go += snapshot.collections_dropped;
        if !snapshot.collections.is_empty() {
            self.collections_kept += snapshot.collections.len();
            self.collections.push_back(Rc::new(snapshot.collections.clone()));
        }
        while self.collections_kept > COLLECTIONS_MAX {
            let Some(oldest) = self.collections.pop_front() else { break };
            self.collections_kept -= oldest.len();
            self.collections_let_go += oldest.len() as u64;
        }
        if snapshot.cores.iter().any(|core| !core.slices.is_empty()) {
            self.recent.push_back(Rc::clone(snapshot));
            if self.recent.len() > RECENT_MAX {
                self.recent.pop_front();
            }
        }
        let mailbox = snapshot.selected.as_ref().map(|detail| (detail.row.actor, detail.row.mailbox));
        let sample = Sample { at_ms: snapshot.elapsed_ms, totals: snapshot.totals, mailbox };
        match self.samples.back_mut() {
            Some(last) if last.at_ms == sample.at_ms => *last = sample,
            _ => self.samples.push_back(sample),
        }
        if self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
    }

    /// Snapshots with slices, oldest first.
    pub fn recent(&self) -> impl Iterator<Item = &Rc<Snapshot>> {
        self.recent.iter()
    }

    /// Collections kept, newest first.
    pub fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.collections.iter().rev().flat_map(|chunk| chunk.iter().rev())
    }

    /// How many collections are kept.
    pub fn collections_kept(&self) -> usize {
        self.collections_kept
    }

    /// Collections that happened and are not kept.
    pub fn collections_let_go(&self) -> u64 {
        self.collections_let_go
    }

    /// Depths of `actor`'s mailbox over time, oldest first.
    pub fn mailbox_depths(&self, actor: ActorNumber) -> Vec<f64> {
        let depth = |sample: &Sample| sample.mailbox.filter(|(whose, _)| *whose == actor);
        self.samples.iter().filter_map(depth).map(|(_, depth)| f64::from(depth)).collect()
    }

    /// Sums over time, oldest first.
    pub fn metrics(&self) -> Vec<MetricSample> {
        self.samples.iter().map(|one| MetricSample { at_ms: one.at_ms, totals: one.totals }).collect()
    }

    /// Reductions a second and messages a second over the last second of the run.
    pub fn rates(&self) -> (f64, f64) {
        let Some((first, last)) = self.span() else { return (0.0, 0.0) };
        let seconds = (last.at_ms - first.at_ms) / 1_000.0;
        (
            last.totals.reductions.saturating_sub(first.totals.reductions) as f64 / seconds,
            last.totals.messages.saturating_sub(first.totals.messages) as f64 / seconds,
        )
    }

    /// Share of one core's time that went to collecting over the last second, 0 to 1 and more with many cores.
    pub fn collection_share(&self) -> f64 {
        let Some((first, last)) = self.span() else { return 0.0 };
        ((last.totals.collection_ms - first.totals.collection_ms) / (last.at_ms - first.at_ms)).max(0.0)
    }

    fn span(&self) -> Option<(&Sample, &Sample)> {
        let last = self.samples.back()?;
        let first =
            self.samples.iter().rev().skip(1).take_while(|s| last.at_ms - s.at_ms <= RATE_SPAN_MS).last();
        let first = first.or_else(|| self.samples.iter().rev().nth(1))?;
        (last.at_ms > first.at_ms).then_some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use protocol::RunStatus;

    use super::*;

    fn snapshot(at_ms: f64, reductions: u64, collections: usize) -> Rc<Snapshot> {
        let collection = Collection {
            actor: ActorNumber(1),
            major: false,
            kind: "minor".to_owned(),
            cause: "nursery full".into(),
            at_ms,
            words_before: 10,
            words_after: 5,
            objects: 2,
            pause_ms: 0.1,
            reductions,
        };
        Rc::new(Snapshot {
            status: RunStatus::Running,
            elapsed_ms: at_ms,
            totals: Totals { reductions, ..Totals::default() },
            actors: Vec::new(),
            actors_first: 0,
            actors_total: 0,
            selected: None,
            cores: Vec::new(),
            collections: vec![collection; collections],
            collections_dropped: 0,
            breakpoints: Vec::new(),
        })
    }

    #[test]
    fn a_rate_is_over_the_last_second() {
        let mut history = History::default();
        for step in 0..=40u32 {
            let reductions = if step <= 20 { 0 } else { u64::from(step - 20) * 100 };
            history.push(&snapshot(f64::from(step) * 100.0, reductions, 0));
        }
        assert!((history.rates().0 - 1_000.0).abs() < 1.0);
    }

    #[test]
    fn collections_are_bounded_and_the_rest_is_counted() {
        let mut history = History::default();
        for step in 0..30u32 {
            history.push(&snapshot(f64::from(step), 0, 100));
        }
        assert_eq!(history.collections_kept(), 2_000);
        assert_eq!(history.collections_let_go(), 1_000);
        assert_eq!(history.collections().next().map(|c| c.at_ms), Some(29.0));
    }

    #[test]
    fn a_run_that_begins_again_forgets_the_last_one() {
        let mut history = History::default();
        history.push(&snapshot(500.0, 900, 3));
        history.push(&snapshot(1.0, 2, 0));
        assert_eq!(history.collections_kept(), 0);
        assert_eq!(history.rates(), (0.0, 0.0));
    }
}
