//! What grew between two snapshots of a heap: reachable objects and their words, by type and by the site that made them.

use std::collections::BTreeMap;

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
    fn amounts(&self, key: impl Fn(u32) -> Option<GrowthKey>) -> BTreeMap<GrowthKey, Amount> {
        let mut amounts: BTreeMap<GrowthKey, Amount> = BTreeMap::new();
        for object in self.numbers(true) {
            if let Some(key) = key(object) {
                amounts.entry(key).or_default().add(self.words(object));
            }
        }
        amounts
    }

    /// What grew since `older` by type, most first.
    pub fn growth_by_tag(&self, older: &HeapGraph) -> Vec<Growth> {
        let amounts = |graph: &HeapGraph| graph.amounts(|object| Some(GrowthKey::Tag(graph.tag(object))));
        between(amounts(older), amounts(self))
    }

    /// What grew since `older` by site, most first; objects whose site is unknown are left out.
    pub fn growth_by_site(&self, older: &HeapGraph) -> Vec<Growth> {
        let amounts = |graph: &HeapGraph| graph.amounts(|object| graph.site(object).map(GrowthKey::Site));
        between(amounts(older), amounts(self))
    }
}

fn between(mut before: BTreeMap<GrowthKey, Amount>, after: BTreeMap<GrowthKey, Amount>) -> Vec<Growth> {
    let mut rows: Vec<Growth> = after
        .into_iter()
        .map(|(key, after)| Growth { key, before: before.remove(&key).unwrap_or_default(), after })
        .collect();
    rows.extend(before.into_iter().map(|(key, before)| Growth { key, before, after: Amount::default() }));
    rows.sort_by_key(|row| (std::cmp::Reverse(row.words()), row.key));
    rows
}
