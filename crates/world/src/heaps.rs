//! Snapshots of heaps: what an actor's heap holds, what keeps it alive, and what grew, as the protocol's plain data.
//!
//! 1. A snapshot is an image and what follows from it; nothing of the actor is looked at again.
//! 2. Every list and text is bounded.

mod text;

use std::collections::HashMap;

use arena::{
    Amount, Dominators, Edges, Growth, GrowthKey, HeapGraph, Image, ImageError, ImageSite, Place, Places,
    Space,
};
use protocol::{
    ActorNumber, HEAP_ROWS_MAX, HeapGrowth, HeapGrowthRow, HeapObject, HeapObjectName, HeapObjectRow,
    HeapPath, HeapPlace, HeapReference, HeapRootRow, HeapSite, HeapSiteRow, HeapSummary, HeapTypeRow,
};
use scheduler::Unavailable;

use crate::run::Run;

/// Most words of one snapshot that an engine takes for its page.
pub const SNAPSHOT_WORDS_MAX: usize = 1 << 23;
/// Rows of the lists of a summary.
const SUMMARY_ROWS_MAX: usize = 50;
/// Steps of a way that are told from each of its ends.
const PATH_STEPS_MAX: usize = 50;

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
    /// [`ImageError::TooManyObjects`].
    #[optimize(size)]
    pub fn new(image: Image, places: Option<Places>) -> Result<HeapSnapshot, ImageError> {
        let graph = image.graph()?;
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

    /// What it is of, for people.
    pub fn title(&self) -> &str {
        &self.image.title
    }

    /// Words, about, that it takes.
    #[optimize(size)]
    pub fn words(&self) -> u64 {
        self.graph.amount(true).words + self.graph.amount(false).words
    }

    #[optimize(size)]
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
    #[optimize(size)]
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
            by_site: self.sites(),
            unreachable_by_type: self.types(false),
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

    #[optimize(size)]
    fn types(&self, reachable: bool) -> Vec<HeapTypeRow> {
        let rows = self.graph.by_tag(reachable).into_iter();
        rows.map(|(tag, Amount { objects, words })| HeapTypeRow {
            name: tag.name().to_string(),
            objects,
            words,
        })
        .collect()
    }

    #[optimize(size)]
    fn sites(&self) -> Vec<HeapSiteRow> {
        if !self.image.has_sites() {
            return Vec::new();
        }
        let mut rows = self.graph.by_site();
        // What is left out of a long list is of the smallest.
        let unknown = rows.pop_if(|(site, _)| site.is_none());
        rows.truncate(SUMMARY_ROWS_MAX);
        let row = |(site, Amount { objects, words }): (Option<u32>, Amount)| HeapSiteRow {
            site: site.map(|site| self.site_shown(site)),
            objects,
            words,
        };
        rows.into_iter().chain(unknown).map(row).collect()
    }

    #[optimize(size)]
    fn site_shown(&self, site: u32) -> HeapSite {
        let ImageSite { file, line } = &self.image.sites()[site as usize];
        HeapSite { file: file.clone(), line: *line }
    }

    /// An object with what surrounds it; `number` is what the snapshot is called.
    ///
    /// # Errors
    /// That there is no such object.
    #[optimize(size)]
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
    #[optimize(size)]
    fn reference(&self, shown: u32, holder: u32, field: u32) -> HeapReference {
        HeapReference { object: self.row(shown), field: text::field_name(&self.image, holder, field) }
    }

    #[optimize(size)]
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

    /// What grew since `older`; the numbers are what both snapshots are called.
    #[optimize(size)]
    pub fn growth(&self, number: u32, older: &HeapSnapshot, older_number: u32) -> HeapGrowth {
        // Places of both, by the numbers that sites get for the comparison.
        let mut places: Vec<&ImageSite> = self.image.sites().iter().collect();
        let mut numbers: HashMap<&ImageSite, u32> =
            (0..).zip(&places).map(|(n, place)| (*place, n)).collect();
        let mut renumbered = Vec::new();
        for place in older.image.sites() {
            let number = *numbers.entry(place).or_insert(places.len() as u32);
            if number as usize == places.len() {
                places.push(place);
            }
            renumbered.push(number);
        }
        let by_site = self.graph.growth_by_site(&older.graph, |site| renumbered[site as usize]);
        let rows = |growth: Vec<Growth>| {
            growth.into_iter().take(HEAP_ROWS_MAX).map(|row| growth_row(row, &places)).collect()
        };
        HeapGrowth {
            older: older_number,
            newer: number,
            by_type: rows(self.graph.growth_by_tag(&older.graph)),
            by_site: rows(by_site),
        }
    }
}

impl Run {
    /// The image of a live actor's heap as bytes: that of the main actor if it rests, or of any that does not run.
    ///
    /// # Errors
    /// That there is no such actor, that it runs, or why there is no image.
    pub fn heap_image(&self, number: u32) -> Result<Vec<u8>, String> {
        let gone = || format!("there is no live actor {number}");
        let address = self.actor(number).ok_or_else(gone)?;
        let image = self
            .scheduler
            .with_actor(address, |performer| performer.heap_image(&self.stage.linker(), number, usize::MAX));
        match image {
            Ok(image) => image.map(|(image, _)| image.write()).map_err(|error| error.to_string()),
            Err(Unavailable::Ended) => Err(gone()),
            Err(Unavailable::Running) => Err(format!("actor {number} is running; pause the program first")),
        }
    }
}

#[optimize(size)]
fn growth_row(row: Growth, places: &[&ImageSite]) -> HeapGrowthRow {
    HeapGrowthRow {
        name: match row.key {
            GrowthKey::Tag(tag) => tag.name().to_string(),
            GrowthKey::Site(site) => {
                let ImageSite { file, line } = places[site as usize];
                HeapSite { file: file.clone(), line: *line }.label()
            }
        },
        objects_before: row.before.objects,
        objects_after: row.after.objects,
        words_before: row.before.words,
        words_after: row.after.words,
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
