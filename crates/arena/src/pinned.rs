//! Roots with descriptions: where a program holds an object, and what somebody outside of it holds on to.
//!
//! 1. What is pinned is shown to every collection, after the mutator's own roots.
//! 2. An id is given once; after [`Heap::remove_root`] it stands for nothing.

use crate::collect::Visitor;
use crate::heap::Heap;
use crate::value::Value;

/// A value that something outside of the heap holds, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// What is held.
    pub value: Value,
    /// Where: `global x`, `slot 2 of fib`.
    pub description: String,
}

/// Names a root that was added to a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RootId(u64);

/// What is pinned in a heap. Most heaps have nothing, and take one word for it.
#[derive(Debug, Default)]
pub(crate) struct Pinned(Option<Box<List>>);

#[derive(Debug, Default)]
struct List {
    roots: Vec<(RootId, Root)>,
    /// The next id.
    next: u64,
}

impl Pinned {
    pub(crate) fn visit(&mut self, visitor: &mut Visitor) {
        for (_, root) in self.0.iter_mut().flat_map(|list| &mut list.roots) {
            visitor.value(&mut root.value);
        }
    }
}

impl Heap {
    /// Holds on to `value` until [`Heap::remove_root`]; the description shows in paths. O(1).
    pub fn add_root(&mut self, value: Value, description: impl Into<String>) -> RootId {
        let list = self.pinned.0.get_or_insert_default();
        let id = RootId(list.next);
        list.next += 1;
        list.roots.push((id, Root { value, description: description.into() }));
        id
    }

    /// Lets go of a root and answers what it held; `None` if it was let go of before. O(roots that were added).
    pub fn remove_root(&mut self, id: RootId) -> Option<Value> {
        let list = self.pinned.0.as_mut()?;
        let index = list.roots.iter().position(|(known, _)| *known == id)?;
        Some(list.roots.remove(index).1.value)
    }

    /// The value of a root that was added, where it is now.
    pub fn root(&self, id: RootId) -> Option<Value> {
        self.added_roots().find(|(known, _)| *known == id).map(|(_, root)| root.value)
    }

    /// Where the heap itself is held by others than its mutator: roots that were added, and what guardians hand back.
    pub(crate) fn own_roots(&self) -> impl Iterator<Item = (Value, &str)> {
        let added = self.added_roots().map(|(_, root)| (root.value, root.description.as_str()));
        added.chain(self.waiting_in_guardians().map(|value| (value, "waiting in a guardian")))
    }

    /// Holds on to another value by a root that was added. O(roots that were added).
    pub fn set_root(&mut self, id: RootId, value: Value) {
        let mut roots = self.pinned.0.iter_mut().flat_map(|list| &mut list.roots);
        if let Some((_, root)) = roots.find(|(known, _)| *known == id) {
            root.value = value;
        }
    }

    /// Roots that were added and not removed, oldest first.
    pub fn added_roots(&self) -> impl Iterator<Item = (RootId, &Root)> {
        self.pinned.0.iter().flat_map(|list| list.roots.iter().map(|(id, root)| (*id, root)))
    }
}
