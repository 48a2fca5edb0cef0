//! What keeps what alive: the dominator tree, by the algorithm of Lengauer and Tarjan ("A fast algorithm for finding
//! dominators in a flowgraph", 1979) in its simple form, O(references · log objects), with loops in place of recursion.
//!
//! 1. Vertex 0 stands before all roots; the others are the objects in the order in which a depth-first search from there
//!    meets them. All arrays are by vertex.
//! 2. What nothing reaches hangs from its heads (see [`super::Leaks`]). References from there to what is reachable keep
//!    nothing alive and do not count.

use super::{Edges, HeapGraph};
use crate::places::NONE;

/// For each object: the one object without which it would not be reached, and the words that hang from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dominators {
    immediate: Vec<u32>,
    retained: Vec<u64>,
}

impl Dominators {
    /// The object through which every way to `object` leads last, if there is one.
    pub fn dominator(&self, object: u32) -> Option<u32> {
        Some(self.immediate[object as usize]).filter(|dominator| *dominator != NONE)
    }

    /// Words that would be free without `object`, its own included.
    pub fn retained_words(&self, object: u32) -> u64 {
        self.retained[object as usize]
    }

    /// The `count` objects that retain most, of those `among`; most first, then as they come. For small counts.
    pub fn largest(&self, among: impl Iterator<Item = u32>, count: usize) -> Vec<u32> {
        let mut best: Vec<u32> = Vec::with_capacity(count + 1);
        for object in among {
            let retained = self.retained_words(object);
            let place = best.partition_point(|other| self.retained_words(*other) >= retained);
            if place < count {
                best.insert(place, object);
                best.truncate(count);
            }
        }
        best
    }
}

/// The forest that the search's vertices are linked into, with paths compressed.
struct Forest {
    ancestor: Vec<u32>,
    label: Vec<u32>,
    semi: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    /// Of the vertices on the way from `vertex` up to its tree's root, that one excluded, one with the least
    /// semidominator.
    fn eval(&mut self, vertex: u32) -> u32 {
        let mut at = vertex;
        loop {
            let above = self.ancestor[at as usize];
            if above == NONE || self.ancestor[above as usize] == NONE {
                break;
            }
            self.path.push(at);
            at = above;
        }
        while let Some(at) = self.path.pop() {
            let above = self.ancestor[at as usize];
            let best = self.label[above as usize];
            if self.semi[best as usize] < self.semi[self.label[at as usize] as usize] {
                self.label[at as usize] = best;
            }
            self.ancestor[at as usize] = self.ancestor[above as usize];
        }
        self.label[vertex as usize]
    }
}

/// A depth-first search: objects by vertex, vertices by object, parents by vertex.
struct Search {
    objects: Vec<u32>,
    vertices: Vec<u32>,
    parents: Vec<u32>,
}

impl Search {
    fn run(graph: &HeapGraph, heads: impl Iterator<Item = u32>) -> Search {
        let count = graph.objects() as usize;
        let mut search = Search { objects: vec![NONE], vertices: vec![NONE; count], parents: vec![0] };
        search.objects.reserve(count);
        search.parents.reserve(count);
        // Vertices whose edges are being followed, and how many of those were.
        let mut open: Vec<(u32, u32)> = Vec::new();
        for head in heads {
            search.meet(head, 0, &mut open);
            while let Some((vertex, followed)) = open.last_mut() {
                let object = search.objects[*vertex as usize];
                let Some(end) = graph.edges.ends(object).get(*followed as usize).copied() else {
                    open.pop();
                    continue;
                };
                *followed += 1;
                let from = *vertex;
                if counts(graph, object, end) {
                    search.meet(end, from, &mut open);
                }
            }
        }
        search
    }

    fn meet(&mut self, object: u32, parent: u32, open: &mut Vec<(u32, u32)>) {
        if self.vertices[object as usize] == NONE {
            let vertex = self.objects.len() as u32;
            self.vertices[object as usize] = vertex;
            self.objects.push(object);
            self.parents.push(parent);
            open.push((vertex, 0));
        }
    }
}

/// Does a reference keep anything alive (invariant 2)?
fn counts(graph: &HeapGraph, from: u32, to: u32) -> bool {
    from < graph.reachable || to >= graph.reachable
}

impl HeapGraph {
    /// The dominator tree and retained sizes. `incoming` is the graph's own.
    pub fn dominators(&self, incoming: &Edges) -> Dominators {
        let heads = self.unreachable_heads();
        let is_head = {
            let mut is_head = vec![false; self.objects() as usize];
            let roots = self.roots.iter().map(|root| root.object);
            roots.chain(heads.iter().copied()).for_each(|object| is_head[object as usize] = true);
            is_head
        };
        let roots = self.roots.iter().map(|root| root.object);
        let search = Search::run(self, roots.chain(heads));
        let vertices = search.objects.len();
        debug_assert_eq!(vertices, self.objects() as usize + 1, "heads reach everything");
        let mut forest = Forest {
            ancestor: vec![NONE; vertices],
            label: (0..vertices as u32).collect(),
            semi: (0..vertices as u32).collect(),
            path: Vec::new(),
        };
        let mut immediate = vec![0_u32; vertices];
        // Vertices by semidominator, as lists.
        let mut bucket = vec![NONE; vertices];
        let mut next_in_bucket = vec![NONE; vertices];
        for vertex in (1..vertices as u32).rev() {
            let object = search.objects[vertex as usize];
            let mut semi = if is_head[object as usize] { 0 } else { vertex };
            for source in incoming.ends(object) {
                if counts(self, *source, object) {
                    let best = forest.eval(search.vertices[*source as usize]);
                    semi = semi.min(forest.semi[best as usize]);
                }
            }
            forest.semi[vertex as usize] = semi;
            next_in_bucket[vertex as usize] = bucket[semi as usize];
            bucket[semi as usize] = vertex;
            let parent = search.parents[vertex as usize];
            forest.ancestor[vertex as usize] = parent;
            let mut waiting = std::mem::replace(&mut bucket[parent as usize], NONE);
            while waiting != NONE {
                let best = forest.eval(waiting);
                let sooner = forest.semi[best as usize] < forest.semi[waiting as usize];
                immediate[waiting as usize] = if sooner { best } else { parent };
                waiting = next_in_bucket[waiting as usize];
            }
        }
        for vertex in 1..vertices {
            if immediate[vertex] != forest.semi[vertex] {
                immediate[vertex] = immediate[immediate[vertex] as usize];
            }
        }
        self.by_object(&search, &immediate)
    }

    fn by_object(&self, search: &Search, immediate: &[u32]) -> Dominators {
        let mut found = Dominators {
            immediate: vec![NONE; self.objects() as usize],
            retained: self.words.iter().map(|words| u64::from(*words)).collect(),
        };
        // A dominator is met before what it dominates: from the last vertex on, sums are whole.
        for vertex in (1..immediate.len()).rev() {
            let object = search.objects[vertex] as usize;
            let above = immediate[vertex];
            if above != 0 {
                let dominator = search.objects[above as usize];
                found.immediate[object] = dominator;
                found.retained[dominator as usize] += found.retained[object];
            }
        }
        found
    }
}
