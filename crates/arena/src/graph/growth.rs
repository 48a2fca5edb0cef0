//! What grew between two snapshots of a heap: reachable objects and their words, by type and by the site that made them.

use super::{Amount, HeapGraph};
use crate::header::ObjectTag;

/// What objects have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrowthKey {
    /// Their type.
    Tag(ObjectTag),
    /// The site that made them.
    Site(u32),
}

/// Objects that have something in common, before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// What they have in common.
    pub key: GrowthKey,
    /// In the earlier snapshot.
    pub before: Amount,
    /// In the later one.
    pub after: Amount,
}

impl Growth {
    /// Words by which they grew; below zero if they shrank.
    pub fn words(&self) -> i64 {
        self.after.words as i64 - self.before.words as i64
    }
}

impl HeapGraph {
    /// Reachable objects by a small number that they have in common.
    #[optimize(size)]
    pub(super) fn amounts(&self, key: impl Fn(u32) -> Option<u32>) -> Vec<Amount> {
        let mut amounts: Vec<Amount> = Vec::new();
        for object in self.numbers(true) {
            if let Some(key) = key(object) {
                let key = key as usize;
                if key >= amounts.len() {
                    amounts.resize(key + 1, Amount::default());
                }
                amounts[key].add(self.words(object));
            }
        }
        amounts
    }

    /// What grew since `older` by type, most first.
    #[optimize(size)]
    pub fn growth_by_tag(&self, older: &HeapGraph) -> Vec<Growth> {
        let amounts = |graph: &HeapGraph| graph.amounts(|object| Some(graph.tag(object) as u32));
        between(&amounts(older), &amounts(self), |tag| GrowthKey::Tag(ObjectTag::ALL[tag]))
    }

    /// What grew since `older` by site, most first; objects whose site is unknown are left out. Sites are numbered from 0 on;
    /// `renumber` says what number a site of the older graph has here.
    #[optimize(size)]
    pub fn growth_by_site(&self, older: &HeapGraph, renumber: impl Fn(u32) -> u32) -> Vec<Growth> {
        let before = older.amounts(|object| older.site(object).map(&renumber));
        let after = self.amounts(|object| self.site(object));
        between(&before, &after, |site| GrowthKey::Site(site as u32))
    }
}

#[optimize(size)]
fn between(before: &[Amount], after: &[Amount], key: impl Fn(usize) -> GrowthKey) -> Vec<Growth> {
    let at = |amounts: &[Amount], index: usize| amounts.get(index).copied().unwrap_or_default();
    let mut rows: Vec<Growth> = (0..before.len().max(after.len()))
        .map(|index| Growth { key: key(index), before: at(before, index), after: at(after, index) })
        .filter(|row| row.before.objects + row.after.objects > 0)
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.words()));
    rows
}
