//! What nothing reaches and the heap still holds, and from which objects it hangs.
//!
//! A *head* is an unreachable object that no other unreachable object reaches, or one object of a ring, or of several that
//! hang together, that nothing else reaches. From the heads everything that is unreachable is reached.

use super::{Amount, HeapGraph};
use crate::header::ObjectTag;
use crate::heap::Heap;
use crate::pinned::Root;
use crate::places::TooManyObjects;

/// Objects that nothing reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaks {
    /// All of them.
    pub all: Amount,
    /// By type, most words first.
    pub by_tag: Vec<(ObjectTag, Amount)>,
    /// The heads and the words that hang from each, most first.
    pub heads: Vec<(u32, u64)>,
}

impl HeapGraph {
    /// What nothing reaches. O(objects and references).
    pub fn leaks(&self) -> Leaks {
        if self.reachable == self.objects() {
            return Leaks::default();
        }
        let dominators = self.dominators(&self.incoming());
        let mut heads: Vec<(u32, u64)> = self
            .unreachable_heads()
            .into_iter()
            .map(|head| (head, dominators.retained_words(head)))
            .collect();
        heads.sort_unstable_by_key(|(head, words)| (std::cmp::Reverse(*words), *head));
        Leaks { all: self.amount(false), by_tag: self.by_tag(false), heads }
    }

    /// The heads of what nothing reaches: taken in the order in which a depth-first search is done with them, last first, an
    /// object that was not reached from an earlier head is one itself (Kosaraju; Sharir, 1981).
    pub fn unreachable_heads(&self) -> Vec<u32> {
        let first = self.reachable;
        let mut seen = vec![false; (self.objects() - first) as usize];
        let mut done: Vec<u32> = Vec::with_capacity(seen.len());
        for object in first..self.objects() {
            self.search(object, &mut seen, Some(&mut done));
        }
        seen.fill(false);
        let mut heads = Vec::new();
        for object in done.into_iter().rev() {
            if !seen[(object - first) as usize] {
                heads.push(object);
                self.search(object, &mut seen, None);
            }
        }
        heads.sort_unstable();
        heads
    }

    /// Follows unreachable objects from `from` on that were not seen before.
    fn search(&self, from: u32, seen: &mut [bool], mut done: Option<&mut Vec<u32>>) {
        let first = self.reachable;
        let meet = |object: u32, seen: &mut [bool]| {
            object >= first && !std::mem::replace(&mut seen[(object - first) as usize], true)
        };
        if !meet(from, seen) {
            return;
        }
        let mut open = vec![(from, 0_usize)];
        while let Some((object, followed)) = open.last_mut() {
            match self.edges.ends(*object).get(*followed) {
                Some(end) => {
                    *followed += 1;
                    if meet(*end, seen) {
                        open.push((*end, 0));
                    }
                }
                None => {
                    if let Some(done) = &mut done {
                        done.push(*object);
                    }
                    open.pop();
                }
            }
        }
    }
}

impl Heap {
    /// What the heap holds although neither `roots` nor what was pinned reaches it. Changes nothing. The numbers are those
    /// of [`HeapGraph::of_heap`].
    ///
    /// # Errors
    /// [`TooManyObjects`], as there.
    pub fn detect_leaks(&self, roots: &[Root]) -> Result<Leaks, TooManyObjects> {
        HeapGraph::of_heap(self, roots).map(|(graph, _)| graph.leaks())
    }
}
