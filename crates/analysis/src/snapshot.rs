//! A snapshot with what follows from it: summary, objects, ways from roots.
//!
//! 1. Graph, references back and dominators belong to the image; places, if they are known, to the same objects.

use arena::{Amount, Dominators, Edges, HeapGraph, Image, ImageError, ImageSite, Place, Places, Space};
use protocol::{
    ActorNumber, HEAP_ROWS_MAX, HeapObject, HeapObjectName, HeapObjectRow, HeapPath, HeapPlace,
    HeapReference, HeapRootRow, HeapSite, HeapSiteRow, HeapSummary, HeapTypeRow,
};

use crate::text;

/// Rows of the lists of a summary.
const SUMMARY_ROWS_MAX: usize = 50;
/// Steps of a way that are told from each of its ends.
const PATH_STEPS_MAX: usize = 50;
/// Lines of a program that are told apart.
const SITES_MAX: usize = 1_000;

/// A snapshot with what follows from it.
pub struct HeapSnapshot {
    /// Whose heap; unknown when it was read from a file.
    pub actor: Option<ActorNumber>,
    /// The actor's reductions at the time.
    pub reductions: u64,
    image: Image,
    places: Option<Places>,
    graph: HeapGraph,
    incoming: Edges,
    dominators: Dominators,
}

impl HeapSnapshot {
    /// What follows from an image, and from where its objects lay if that is known. O(words), more or less.
    ///
    /// # Errors
    /// [`ImageError::TooManyObjects`]; [`ImageError::Corrupted`] if the places are of other objects.
    pub fn new(image: Image, places: Option<Places>) -> Result<HeapSnapshot, ImageError> {
        let graph = image.graph()?;
        if places.as_ref().is_some_and(|places| places.objects() != graph.objects()) {
            let what = "it has not as many objects as there are places of them".to_string();
            return Err(ImageError::Corrupted { at: 0, what });
        }
        let incoming = graph.incoming();
        let dominators = graph.dominators(&incoming);
        Ok(HeapSnapshot { actor: None, reductions: 0, image, places, graph, incoming, dominators })
    }

    /// The snapshot that a file holds.
    ///
    /// # Errors
    /// [`ImageError`] if it holds none, or a damaged one.
    pub fn read(bytes: &[u8]) -> Result<HeapSnapshot, ImageError> {
        HeapSnapshot::new(Image::read(bytes)?, None)
    }

    /// Objects, those that nothing reaches among them.
    pub fn objects(&self) -> u32 {
        self.graph.objects()
    }

    fn row(&self, object: u32) -> HeapObjectRow {
        HeapObjectRow {
            object,
            type_name: self.graph.tag(object).name().to_string(),
            words: u64::from(self.graph.words(object)),
            retained_words: self.dominators.retained_words(object),
            text: text::of_object(&self.image, object),
        }
    }

    /// Is the object's dominator of its type? Of a list's pairs, say, the first one is of interest.
    fn is_inner(&self, object: u32) -> bool {
        let dominator = self.dominators.dominator(object);
        dominator.is_some_and(|dominator| self.graph.tag(dominator) == self.graph.tag(object))
    }

    /// The snapshot at a glance; `number` is what it is called from now on.
    pub fn summary(&self, number: u32) -> HeapSummary {
        let (live, rest) = (self.graph.amount(true), self.graph.amount(false));
        let reachable = self.graph.reachable();
        let leaks = self.graph.leaks();
        HeapSummary {
            snapshot: number,
            title: self.image.title.clone(),
            actor: self.actor,
            reductions: self.reductions,
            objects: live.objects,
            words: live.words,
            unreachable_objects: rest.objects,
            unreachable_words: rest.words,
            by_type: self.types(true),
            unreachable_by_type: self.types(false),
            by_site: self.sites(),
            by_age: self.graph.by_age().map(|amount| (amount.objects, amount.words)).into(),
            largest: self
                .dominators
                .largest((0..reachable).filter(|object| !self.is_inner(*object)), SUMMARY_ROWS_MAX)
                .into_iter()
                .map(|object| self.row(object))
                .collect(),
            unreachable_heads: leaks
                .heads
                .into_iter()
                .take(SUMMARY_ROWS_MAX)
                .map(|(head, _)| self.row(head))
                .collect(),
            roots: self
                .graph
                .roots()
                .iter()
                .take(HEAP_ROWS_MAX)
                .map(|root| HeapRootRow {
                    description: root.description.clone(),
                    object: root.object,
                    text: text::of_object(&self.image, root.object),
                })
                .collect(),
            roots_total: self.graph.roots().len() as u64,
            state_hash: format!("{:032x}", self.image.state_hash()),
        }
    }

    fn types(&self, reachable: bool) -> Vec<HeapTypeRow> {
        let rows = self.graph.by_tag(reachable).into_iter();
        rows.map(|(tag, Amount { objects, words })| HeapTypeRow {
            name: tag.name().to_string(),
            objects,
            words,
        })
        .collect()
    }

    fn sites(&self) -> Vec<HeapSiteRow> {
        if !self.image.has_sites() {
            return Vec::new();
        }
        let mut rows = self.graph.by_site();
        // What is left out of a long list is of the smallest.
        let unknown = rows.pop_if(|(site, _)| site.is_none());
        rows.truncate(SITES_MAX);
        let row = |(site, Amount { objects, words }): (Option<u32>, Amount)| HeapSiteRow {
            site: site.map(|site| self.site_shown(site)),
            objects,
            words,
        };
        rows.into_iter().chain(unknown).map(row).collect()
    }

    fn site_shown(&self, site: u32) -> HeapSite {
        let ImageSite { file, line } = &self.image.sites()[site as usize];
        HeapSite { file: file.clone(), line: *line }
    }

    /// An object with what surrounds it; `number` is what the snapshot is called.
    ///
    /// # Errors
    /// That there is no such object.
    pub fn object(&self, number: u32, name: HeapObjectName) -> Result<HeapObject, String> {
        let object = match name {
            HeapObjectName::Number(object) if object < self.graph.objects() => object,
            HeapObjectName::Number(object) => {
                let objects = self.graph.objects();
                return Err(format!("the snapshot has no object {object}; it has {objects}, from 0 on"));
            }
            HeapObjectName::Place(place) => {
                let object =
                    self.places.as_ref().zip(place_of(place)).and_then(|(all, at)| all.number_at(at));
                object.ok_or("no object lay there when the snapshot was taken")?
            }
        };
        let (outgoing, incoming) = (self.graph.outgoing(), &self.incoming);
        let held_by = self.graph.roots().iter().filter(|root| root.object == object);
        Ok(HeapObject {
            snapshot: number,
            row: self.row(object),
            reachable: object < self.graph.reachable(),
            age: self.graph.age(object),
            site: self.graph.site(object).map(|site| self.site_shown(site)),
            place: self.places.as_ref().and_then(|places| places.place(object)).map(place_shown),
            outgoing: outgoing
                .of(object)
                .take(HEAP_ROWS_MAX)
                .map(|(field, end)| self.reference(end, object, field))
                .collect(),
            outgoing_total: outgoing.ends(object).len() as u64,
            incoming: incoming
                .of(object)
                .take(HEAP_ROWS_MAX)
                .map(|(field, source)| self.reference(source, source, field))
                .collect(),
            incoming_total: incoming.ends(object).len() as u64,
            held_by: held_by.take(HEAP_ROWS_MAX).map(|root| root.description.clone()).collect(),
            path: self.path(object),
            dominator: self.dominators.dominator(object),
        })
    }

    /// A reference from `holder`'s field, with `shown` at the other end.
    fn reference(&self, shown: u32, holder: u32, field: u32) -> HeapReference {
        HeapReference { object: self.row(shown), field: text::field_name(&self.image, holder, field) }
    }

    fn path(&self, object: u32) -> Option<HeapPath> {
        let path = self.graph.path(&self.incoming, object)?;
        let first = HeapReference { object: self.row(path.first), field: String::new() };
        let all = path.steps.len();
        let left_out = all.saturating_sub(2 * PATH_STEPS_MAX);
        let mut steps = vec![first];
        let mut holder = path.first;
        for (index, (field, end)) in path.steps.into_iter().enumerate() {
            if index < PATH_STEPS_MAX || index >= PATH_STEPS_MAX + left_out {
                steps.push(self.reference(end, holder, field));
            }
            holder = end;
        }
        let root = self.graph.roots()[path.root].description.clone();
        Some(HeapPath { root, steps, left_out: left_out as u64 })
    }
}

const SPACES: [Space; 4] = [Space::Nursery, Space::Survivors, Space::Old, Space::Large];

fn place_of(place: HeapPlace) -> Option<Place> {
    let HeapPlace { space, chunk, word } = place;
    SPACES.get(usize::from(space)).map(|space| Place { space: *space, chunk, word })
}

fn place_shown(place: Place) -> HeapPlace {
    let space = SPACES.iter().position(|space| *space == place.space).unwrap_or_default() as u8;
    HeapPlace { space, chunk: place.chunk, word: place.word }
}
