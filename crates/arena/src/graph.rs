//! A heap as plain data: objects, what they refer to, and what follows from that.
//!
//! 1. Objects are numbered as [`crate::Places`] says: what the roots reach comes first, breadth-first, so that the first
//!    reference to an object, in the order of numbers, is the last step of a shortest way to it.
//! 2. Only references among objects of the heap are edges; shared objects belong to the program and are left out.
//!    Nothing that is reachable refers to what is not.
//! 3. All that is computed here is iterative, and linear or nearly so in objects and references: a list of ten million pairs
//!    is as good as any other graph.

mod dominators;
mod leaks;

pub use dominators::Dominators;
pub use leaks::Leaks;

use std::collections::HashMap;

use crate::header::{Header, ObjectTag};
use crate::heap::Heap;
use crate::pinned::Root;
use crate::places::{NONE, Numbering, Places, TooManyObjects};

/// Objects and references in the order of objects: what each one refers to, or what refers to each one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// Index of each object's first edge, and the number of all edges.
    starts: Vec<u32>,
    /// The objects at the other ends.
    ends: Vec<u32>,
    /// The fields that hold the references.
    fields: Vec<u32>,
}

impl Edges {
    pub(crate) fn with_capacity(objects: usize) -> Edges {
        let mut starts = Vec::with_capacity(objects + 1);
        starts.push(0);
        Edges { starts, ends: Vec::new(), fields: Vec::new() }
    }

    pub(crate) fn push(&mut self, field: u32, end: u32) {
        self.fields.push(field);
        self.ends.push(end);
    }

    /// Ends the edges of one object.
    pub(crate) fn finish(&mut self) -> Result<(), TooManyObjects> {
        self.starts.push(u32::try_from(self.ends.len()).map_err(|_| TooManyObjects)?);
        Ok(())
    }

    fn range(&self, object: u32) -> std::ops::Range<usize> {
        self.starts[object as usize] as usize..self.starts[object as usize + 1] as usize
    }

    /// The objects at the other ends of an object's edges.
    pub fn ends(&self, object: u32) -> &[u32] {
        &self.ends[self.range(object)]
    }

    /// An object's edges: the field that holds the reference, and the object at the other end.
    pub fn of(&self, object: u32) -> impl ExactSizeIterator<Item = (u32, u32)> + '_ {
        let range = self.range(object);
        self.fields[range.clone()].iter().copied().zip(self.ends[range].iter().copied())
    }

    /// Edges in all.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The same edges, seen from their other ends; those of one object in the order of where they come from. O(edges).
    fn reversed(&self) -> Edges {
        let objects = self.starts.len() - 1;
        let mut starts = vec![0_u32; objects + 1];
        for end in &self.ends {
            starts[*end as usize + 1] += 1;
        }
        for object in 0..objects {
            starts[object + 1] += starts[object];
        }
        let mut next = starts.clone();
        let mut ends = vec![0; self.ends.len()];
        let mut fields = vec![0; self.ends.len()];
        for source in 0..objects as u32 {
            for (field, end) in self.of(source) {
                let at = next[end as usize] as usize;
                next[end as usize] += 1;
                (ends[at], fields[at]) = (source, field);
            }
        }
        Edges { starts, ends, fields }
    }
}

/// Where an object is held from outside of the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphRoot {
    /// The object.
    pub object: u32,
    /// Where.
    pub description: String,
}

/// A shortest way from a root to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Index of the root.
    pub root: usize,
    /// The object that the root holds.
    pub first: u32,
    /// Then, step by step: the field that is taken, and the object that it leads to.
    pub steps: Vec<(u32, u32)>,
}

/// Objects and words of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Objects.
    pub objects: u64,
    /// Words, headers counted.
    pub words: u64,
}

impl Amount {
    fn add(&mut self, words: u32) {
        self.objects += 1;
        self.words += u64::from(words);
    }
}

/// A heap as plain data. See the module's invariants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapGraph {
    tags: Vec<ObjectTag>,
    words: Vec<u32>,
    ages: Vec<u8>,
    /// By object, [`NONE`] where it is unknown; or nothing at all.
    sites: Vec<u32>,
    edges: Edges,
    roots: Vec<GraphRoot>,
    reachable: u32,
}

impl HeapGraph {
    /// The graph of a heap that `roots` hold, and where its objects lie. Changes nothing. O(words).
    ///
    /// # Errors
    /// [`TooManyObjects`] beyond 2^32 - 2 objects or references.
    pub fn of_heap(heap: &Heap, roots: &[Root]) -> Result<(HeapGraph, Places), TooManyObjects> {
        let all = || {
            let given = roots.iter().map(|root| (root.value, root.description.as_str()));
            given.chain(heap.own_roots())
        };
        let Numbering { places, objects } = Numbering::new(heap, all().map(|(value, _)| value))?;
        let mut graph = HeapGraph::with_capacity(objects.len());
        for object in objects {
            places.each_edge(object, |field, end| graph.edges.push(field, end));
            graph.push(object.header())?;
        }
        graph.reachable = places.reachable();
        let held = all().filter_map(|(value, description)| {
            Some(GraphRoot { object: places.number(value)?, description: description.to_string() })
        });
        graph.roots = held.collect();
        Ok((graph, places))
    }

    pub(crate) fn with_capacity(objects: usize) -> HeapGraph {
        HeapGraph {
            tags: Vec::with_capacity(objects),
            words: Vec::with_capacity(objects),
            ages: Vec::with_capacity(objects),
            edges: Edges::with_capacity(objects),
            ..HeapGraph::default()
        }
    }

    /// Ends an object, whose edges were pushed before.
    pub(crate) fn push(&mut self, header: Header) -> Result<(), TooManyObjects> {
        self.tags.push(header.tag());
        self.words.push(header.words() as u32 + 1);
        self.ages.push(header.age());
        self.edges.finish()
    }

    pub(crate) fn edges_mut(&mut self) -> &mut Edges {
        &mut self.edges
    }

    pub(crate) fn set_roots(&mut self, roots: Vec<GraphRoot>, reachable: u32) {
        self.roots = roots;
        self.reachable = reachable;
    }

    /// Objects in all.
    pub fn objects(&self) -> u32 {
        self.tags.len() as u32
    }

    /// Objects that the roots reach: those with a number below.
    pub fn reachable(&self) -> u32 {
        self.reachable
    }

    /// What an object is.
    pub fn tag(&self, object: u32) -> ObjectTag {
        self.tags[object as usize]
    }

    /// Its words, header counted.
    pub fn words(&self, object: u32) -> u32 {
        self.words[object as usize]
    }

    /// Collections that it has survived, at most 3.
    pub fn age(&self, object: u32) -> u8 {
        self.ages[object as usize]
    }

    /// The site that made it, as its maker numbers sites, if that is known.
    pub fn site(&self, object: u32) -> Option<u32> {
        self.sites.get(object as usize).copied().filter(|site| *site != NONE)
    }

    /// Says which site made each object, in the order of their numbers. Objects beyond have none.
    pub fn set_sites(&mut self, sites: impl Iterator<Item = Option<u32>>) {
        self.sites = sites.take(self.tags.len()).map(|site| site.unwrap_or(NONE)).collect();
    }

    /// What objects refer to, in the order of fields.
    pub fn outgoing(&self) -> &Edges {
        &self.edges
    }

    /// What refers to objects. O(objects and references).
    pub fn incoming(&self) -> Edges {
        self.edges.reversed()
    }

    /// Where the heap is held, in order.
    pub fn roots(&self) -> &[GraphRoot] {
        &self.roots
    }

    /// Objects and words by type, most words first: of those that are reachable, or of the others.
    pub fn by_tag(&self, reachable: bool) -> Vec<(ObjectTag, Amount)> {
        let mut amounts = [Amount::default(); ObjectTag::ALL.len()];
        for object in self.numbers(reachable) {
            amounts[self.tag(object) as usize].add(self.words(object));
        }
        let mut rows: Vec<_> = ObjectTag::ALL.into_iter().zip(amounts).collect();
        rows.retain(|(_, amount)| amount.objects > 0);
        rows.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.words));
        rows
    }

    /// Reachable objects and words by the site that made them, most words first; with the last row, if any, for those whose site
    /// is unknown.
    pub fn by_site(&self) -> Vec<(Option<u32>, Amount)> {
        let mut amounts: HashMap<Option<u32>, Amount> = HashMap::new();
        for object in self.numbers(true) {
            amounts.entry(self.site(object)).or_default().add(self.words(object));
        }
        let mut rows: Vec<_> = amounts.into_iter().collect();
        rows.sort_unstable_by_key(|(site, amount)| (site.is_none(), std::cmp::Reverse(amount.words), *site));
        rows
    }

    /// Reachable objects and their words by age.
    pub fn by_age(&self) -> [Amount; 4] {
        let mut amounts = [Amount::default(); 4];
        for object in self.numbers(true) {
            amounts[usize::from(self.age(object) & 3)].add(self.words(object));
        }
        amounts
    }

    /// All objects that are reachable, or all others.
    pub fn amount(&self, reachable: bool) -> Amount {
        let mut amount = Amount::default();
        self.numbers(reachable).for_each(|object| amount.add(self.words(object)));
        amount
    }

    fn numbers(&self, reachable: bool) -> std::ops::Range<u32> {
        if reachable { 0..self.reachable } else { self.reachable..self.objects() }
    }

    /// A shortest way from a root to `object`, the first of several; `None` if nothing reaches it. `incoming` is the
    /// graph's own. O(length of the way, and roots).
    pub fn path(&self, incoming: &Edges, object: u32) -> Option<Path> {
        if object >= self.reachable {
            return None;
        }
        let mut steps = Vec::new();
        let mut first = object;
        // Numbers go up along every first way (invariant 1), so that this ends.
        loop {
            if let Some(root) = self.roots.iter().position(|root| root.object == first) {
                steps.reverse();
                return Some(Path { root, first, steps });
            }
            let (field, source) = incoming.of(first).next()?;
            debug_assert!(source < first, "numbers are breadth-first");
            steps.push((field, first));
            first = source;
        }
    }
}
