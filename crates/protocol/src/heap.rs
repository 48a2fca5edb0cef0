//! Snapshots of the heap of one actor: what refers to an object, what it keeps alive, how it is reached, and what grew
//! between two snapshots.
//!
//! 1. A snapshot is taken once, between two slices of its actor, and never changes. The engine hands it out as an image and
//!    keeps nothing; what it tells is worked out elsewhere, by the analyst, from the image alone. Who asks numbers them.
//! 2. Objects of a snapshot are numbered: those that the roots reach from 0 on, breadth-first, in the order of roots and
//!    fields; then those that nothing reaches. Equal heaps have equal numbers, wherever their objects lie.
//! 3. Lists are cut at [`HEAP_ROWS_MAX`] rows and say how many there are in all.

use serde::{Deserialize, Serialize};

use crate::{ActorNumber, CollectorFigures, CollectorStep};

/// Rows in one list of an answer.
pub const HEAP_ROWS_MAX: usize = 200;

/// What [`crate::Command::AskHeap`] asks; [`crate::Event::HeapAnswered`] has what comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeapQuestion {
    /// Take a snapshot of a live actor's heap. Answered by [`HeapAnswer::Taken`].
    Take {
        /// Whose heap.
        actor: ActorNumber,
    },
    /// Actors that are alive, that nobody can reach any more, and that were never sent anything. The program stands still.
    /// Answered by [`HeapAnswer::Lost`].
    LostActors,
}

/// Which object of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeapObjectName {
    /// By its number in the snapshot.
    Number(u32),
    /// By where it lay when the snapshot was taken.
    Place(HeapPlace),
}

/// Where a word of a heap lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HeapPlace {
    /// Space: 0 nursery, 1 survivors, 2 old, 3 large.
    pub space: u8,
    /// Chunk, counted from 0 within its space.
    pub chunk: u32,
    /// Word in the chunk; for an object, any of its words.
    pub word: u32,
}

/// What came of a [`HeapQuestion`], and of other commands about heaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HeapAnswer {
    /// The snapshot was taken.
    Taken(Box<HeapImage>),
    /// Actors that nobody reaches.
    Lost(Vec<LostActor>),
    /// What came of [`crate::Command::StepCollector`].
    Stepped(CollectorStep),
    /// What came of [`crate::Command::MeasureCollector`].
    Measured(Box<CollectorFigures>),
}

/// A snapshot as it was taken, for the analyst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapImage {
    /// Whose heap.
    pub actor: ActorNumber,
    /// The actor's reductions at the time.
    pub reductions: u64,
    /// The heap, as `arena::Image` reads it. Between engine and page these bytes and the next travel beside the event, so that
    /// they are empty in it.
    #[serde(with = "crate::bytes")]
    pub image: Vec<u8>,
    /// Where its objects lay, as `arena::Places` reads it.
    #[serde(with = "crate::bytes")]
    pub places: Vec<u8>,
}

/// A snapshot at a glance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeapSummary {
    /// Its number, for further questions.
    pub snapshot: u32,
    /// What it is of, for people.
    pub title: String,
    /// Whose heap.
    pub actor: Option<ActorNumber>,
    /// The actor's reductions when it was taken.
    pub reductions: u64,
    /// Objects that the roots reach.
    pub objects: u64,
    /// Their words, headers counted.
    pub words: u64,
    /// Objects that nothing reaches and that no collection has freed yet.
    pub unreachable_objects: u64,
    /// Their words.
    pub unreachable_words: u64,
    /// Reachable objects by type, most words first.
    pub by_type: Vec<HeapTypeRow>,
    /// Reachable objects by the line that made them, most words first, and last those of which it is not known. Empty if
    /// nobody kept track.
    pub by_site: Vec<HeapSiteRow>,
    /// Unreachable ones by type, most words first.
    pub unreachable_by_type: Vec<HeapTypeRow>,
    /// Reachable objects by collections survived, 0 to 3: objects, words.
    pub by_age: Vec<(u64, u64)>,
    /// The objects that keep most alive, most first. Those that hang from one of their own type are left out: of a list, the
    /// first pair stands for all.
    pub largest: Vec<HeapObjectRow>,
    /// Unreachable objects that no other unreachable object refers to, or one of each ring of them; those that keep most
    /// other unreachable objects first.
    pub unreachable_heads: Vec<HeapObjectRow>,
    /// Where the program holds objects, in order.
    pub roots: Vec<HeapRootRow>,
    /// Roots in all.
    pub roots_total: u64,
    /// A number that depends on nothing but what the roots reach: equal states have equal hashes. 32 hexadecimal digits.
    pub state_hash: String,
}

/// Objects of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapTypeRow {
    /// Name of the type.
    pub name: String,
    /// Objects.
    pub objects: u64,
    /// Words, headers counted.
    pub words: u64,
}

/// A line of a program that makes objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapSite {
    /// File, or what else there is to say of a place without a line.
    pub file: String,
    /// Line, from 1; 0 if there is none.
    pub line: u32,
}

impl HeapSite {
    /// `file:line`.
    pub fn label(&self) -> String {
        if self.line > 0 { format!("{}:{}", self.file, self.line) } else { self.file.clone() }
    }
}

/// Objects that one line has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapSiteRow {
    /// The line; `None` for objects of which it is not known.
    pub site: Option<HeapSite>,
    /// Objects.
    pub objects: u64,
    /// Words, headers counted.
    pub words: u64,
}

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapObjectRow {
    /// Its number.
    pub object: u32,
    /// Name of its type.
    pub type_name: String,
    /// Words, header counted.
    pub words: u64,
    /// Words that would be free without it, its own included.
    pub retained_words: u64,
    /// Its value, cut short.
    pub text: String,
}

/// Where the program holds an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapRootRow {
    /// Where: `global x`, `slot 2 of fib`.
    pub description: String,
    /// The object there.
    pub object: u32,
    /// Its value, cut short.
    pub text: String,
}

/// One object, with what surrounds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapObject {
    /// Number of the snapshot.
    pub snapshot: u32,
    /// The object itself.
    pub row: HeapObjectRow,
    /// Something reaches it.
    pub reachable: bool,
    /// Collections survived, at most 3.
    pub age: u8,
    /// Line that made it, if that is known.
    pub site: Option<HeapSite>,
    /// Where it lay when the snapshot was taken; unknown when that was read from a file.
    pub place: Option<HeapPlace>,
    /// What it refers to, in the order of its fields.
    pub outgoing: Vec<HeapReference>,
    /// References out of it in all.
    pub outgoing_total: u64,
    /// What refers to it.
    pub incoming: Vec<HeapReference>,
    /// References to it in all.
    pub incoming_total: u64,
    /// Roots that hold it directly.
    pub held_by: Vec<String>,
    /// A shortest way from a root to it; `None` if nothing reaches it.
    pub path: Option<HeapPath>,
    /// The object without which it would be free, if that is an object.
    pub dominator: Option<u32>,
}

/// A reference between two objects, seen from one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapReference {
    /// The object at the other end.
    pub object: HeapObjectRow,
    /// The field that holds the reference: `car`, `element 3`, `captured x`.
    pub field: String,
}

/// A way from a root to an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapPath {
    /// Where the way begins.
    pub root: String,
    /// The objects on the way, the last one the object itself, each with the field of the one before that leads to it; the
    /// first one's field is empty. The middle of a long way is left out.
    pub steps: Vec<HeapReference>,
    /// Objects that are left out, after the first half of `steps`.
    pub left_out: u64,
}

/// What grew between two snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapGrowth {
    /// Number of the earlier snapshot.
    pub older: u32,
    /// Number of the later one.
    pub newer: u32,
    /// By type, most growth in words first.
    pub by_type: Vec<HeapGrowthRow>,
    /// By the line that made the objects, as far as that is known.
    pub by_site: Vec<HeapGrowthRow>,
}

/// Growth of one kind of objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapGrowthRow {
    /// Type, or place in the program.
    pub name: String,
    /// Objects in the earlier snapshot.
    pub objects_before: u64,
    /// Objects in the later one.
    pub objects_after: u64,
    /// Words in the earlier snapshot.
    pub words_before: u64,
    /// Words in the later one.
    pub words_after: u64,
}

impl HeapGrowth {
    /// What grew from one snapshot to another, in reachable objects.
    pub fn between(older: &HeapSummary, newer: &HeapSummary) -> HeapGrowth {
        HeapGrowth {
            older: older.snapshot,
            newer: newer.snapshot,
            by_type: growth(&older.by_type, &newer.by_type),
            by_site: growth(&by_line(&older.by_site), &by_line(&newer.by_site)),
        }
    }
}

/// Rows with the names of lines; those of which no line is known are left out.
fn by_line(rows: &[HeapSiteRow]) -> Vec<HeapTypeRow> {
    let named = |row: &HeapSiteRow| {
        let name = row.site.as_ref()?.label();
        Some(HeapTypeRow { name, objects: row.objects, words: row.words })
    };
    rows.iter().filter_map(named).collect()
}

/// Most growth in words first; what is equal in the order of names.
fn growth(before: &[HeapTypeRow], after: &[HeapTypeRow]) -> Vec<HeapGrowthRow> {
    let one = |row: &HeapTypeRow, is_after: bool| {
        let side = |is_shown: bool| if is_shown { (row.objects, row.words) } else { (0, 0) };
        let ((objects_before, words_before), (objects_after, words_after)) =
            (side(!is_after), side(is_after));
        HeapGrowthRow { name: row.name.clone(), objects_before, objects_after, words_before, words_after }
    };
    let sides = before.iter().map(|row| one(row, false)).chain(after.iter().map(|row| one(row, true)));
    let mut rows: Vec<HeapGrowthRow> = sides.collect();
    rows.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    rows.dedup_by(|next, row| {
        let is_same = next.name == row.name;
        if is_same {
            row.objects_before += next.objects_before;
            row.objects_after += next.objects_after;
            row.words_before += next.words_before;
            row.words_after += next.words_after;
        }
        is_same
    });
    rows.sort_unstable_by(|one, other| {
        other.growth_words().cmp(&one.growth_words()).then_with(|| one.name.cmp(&other.name))
    });
    rows
}

impl HeapGrowthRow {
    /// Objects by which it grew; below zero if it shrank.
    pub fn growth_objects(&self) -> i64 {
        self.objects_after as i64 - self.objects_before as i64
    }

    /// Words by which it grew; below zero if it shrank.
    pub fn growth_words(&self) -> i64 {
        self.words_after as i64 - self.words_before as i64
    }
}

/// An actor that is alive and that nobody can send anything to any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostActor {
    /// Which.
    pub actor: ActorNumber,
    /// Its name, or where it was spawned.
    pub label: String,
}
