//! The collector's settings between the protocol and the heaps, and their change while a program runs.
//!
//! 1. Every heap of a run has the settings of its stage; an actor takes up a change when its next slice begins.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use arena::{Method, Policy, Stress};
use protocol::{CollectorMethod, CollectorSettings, CollectorStress, NamedCollector};
use vm::{Machine, MachineSettings};

/// The settings that heaps have now.
#[derive(Debug)]
pub(crate) struct Collector {
    settings: Mutex<CollectorSettings>,
    version: AtomicU64,
}

impl Collector {
    pub(crate) fn new(settings: CollectorSettings) -> Collector {
        Collector { settings: Mutex::new(settings), version: AtomicU64::new(1) }
    }

    pub(crate) fn settings(&self) -> CollectorSettings {
        *self.settings.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn set(&self, settings: CollectorSettings) {
        *self.settings.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = settings;
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Goes up with every change.
    #[inline]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// What a new machine starts with.
    pub(crate) fn prepare(&self, machine: &mut MachineSettings) {
        let settings = self.settings();
        machine.soft_percent = settings.soft_percent;
        let heap = &mut machine.heap;
        heap.policy = policy(&settings);
        heap.stress = settings.stress.map(stress).or(heap.stress);
        heap.is_off = !settings.is_on;
        heap.tracks_sites = settings.tracks_sites;
    }

    /// Has a machine follow what the settings are now.
    pub(crate) fn apply(&self, machine: &mut Machine) {
        let settings = self.settings();
        machine.set_soft_limit(settings.soft_percent);
        let heap = machine.heap_mut();
        heap.set_policy(policy(&settings));
        heap.set_stress(settings.stress.map(stress));
        heap.set_enabled(settings.is_on);
        heap.set_sites(settings.tracks_sites);
    }
}

fn policy(settings: &CollectorSettings) -> Policy {
    Policy {
        method: match settings.method {
            CollectorMethod::Copy => Method::Copy,
            CollectorMethod::MarkSweep => Method::MarkSweep,
        },
        is_generational: settings.is_generational,
        is_incremental: settings.is_incremental,
        promotion_age: settings.promotion_age,
        nursery_words_max: settings.nursery_words_max,
        growth_percent: settings.growth_percent,
        threshold_words: settings.threshold_words,
        threshold_objects: settings.threshold_objects,
        compact_percent: settings.compact_percent,
        mark_rate: settings.mark_rate,
    }
    .bounded()
}

const fn stress(stress: CollectorStress) -> Stress {
    match stress {
        CollectorStress::Mixed => Stress::Mixed,
        CollectorStress::Minor => Stress::Minor,
        CollectorStress::Major => Stress::Major,
        CollectorStress::Compact => Stress::Compact,
    }
}

fn settings(policy: &Policy) -> CollectorSettings {
    CollectorSettings {
        method: match policy.method {
            Method::Copy => CollectorMethod::Copy,
            Method::MarkSweep => CollectorMethod::MarkSweep,
        },
        is_generational: policy.is_generational,
        is_incremental: policy.is_incremental,
        promotion_age: policy.promotion_age,
        nursery_words_max: policy.nursery_words_max,
        growth_percent: policy.growth_percent,
        threshold_words: policy.threshold_words,
        threshold_objects: policy.threshold_objects,
        compact_percent: policy.compact_percent,
        mark_rate: policy.mark_rate,
        is_on: true,
        soft_percent: 0,
        stress: None,
        tracks_sites: false,
    }
}

/// The policies that have names; the first is the default.
pub fn named_collectors() -> Vec<NamedCollector> {
    Policy::NAMED
        .iter()
        .map(|(name, policy)| NamedCollector { name: (*name).to_string(), settings: settings(policy) })
        .collect()
}

/// The kind of stress of this name: mixed, minor, major, compact.
pub fn stress_named(name: &str) -> Option<CollectorStress> {
    let kinds =
        [CollectorStress::Mixed, CollectorStress::Minor, CollectorStress::Major, CollectorStress::Compact];
    kinds.into_iter().find(|kind| Stress::named(name) == Some(stress(*kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_named_policy_is_the_default_and_all_survive_the_way_there_and_back() {
        let named = named_collectors();
        assert_eq!(named[0].settings, CollectorSettings::default());
        assert_eq!(policy(&named[0].settings), Policy::default());
        for (named, (name, original)) in named.iter().zip(Policy::NAMED) {
            assert_eq!((named.name.as_str(), policy(&named.settings)), (name, original));
        }
        for (name, _) in Stress::NAMED {
            assert!(stress_named(name).is_some(), "{name}");
        }
        assert_eq!(stress_named("none"), None);
    }
}
