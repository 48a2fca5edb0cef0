//! Pictures of the watched actor's heap: read from it in portions between its slices, and told chunk by chunk.
//!
//! 1. No portion holds up the actor for longer than `PORTION_OBJECTS` objects and one chunk more take.
//! 2. What has not changed since the picture before is named and not told again; a picture in which nothing has changed is
//!    not told at all.
//! 3. Pictures of one epoch go on from each other without a gap. A new epoch begins with another actor, and with
//!    another run.

use std::sync::{Arc, Mutex, PoisonError};

use arena::{ChunkHead, ChunkId, PictureCell, PictureReader, Portion, WordMap, WordSet};
use protocol::{ActorNumber, PictureChunk, PictureHead, PictureWriter};
use scheduler::Inspection;

use crate::run::Run;

/// Objects in one portion: a tenth to a third of a millisecond natively, twice that in a browser.
const PORTION_OBJECTS: usize = 1 << 14;
/// Time between two pictures while the program runs, ms.
const INTERVAL_MS: f64 = 200.0;
/// Longest that the calling thread reads portions of an actor that stands still, ms; it goes on at the next poll.
const GO_MS_MAX: f64 = 4.0;

/// The heap as a whole, when its picture was complete.
#[derive(Clone, Copy, Default, PartialEq)]
struct Figures {
    used_words: u64,
    capacity_words: u64,
    collections: u64,
}

/// What whoever stands at the actor and the painter share.
#[derive(Default)]
struct Reading {
    reader: PictureReader,
    fresh: Vec<Portion>,
    figures: Figures,
    portions: u32,
    longest_ms: f64,
}

/// A chunk that was told.
struct Told {
    id: u32,
    hash: u64,
}

/// Makes pictures of one heap after the other.
#[derive(Default)]
pub struct Painter {
    actor: Option<ActorNumber>,
    reading: Arc<Mutex<Reading>>,
    /// A portion was asked for and was not seen yet.
    is_awaited: bool,
    due_ms: Option<f64>,
    epoch: u32,
    sequence: u32,
    last_id: u32,
    told: WordMap<ChunkId, Told>,
    /// Cells of the picture under way that differ from what was told.
    cells: WordMap<ChunkId, (Vec<PictureCell>, u64)>,
    last: Option<(Figures, Vec<ChunkHead>)>,
}

impl Painter {
    /// Watches an actor, or nobody.
    #[optimize(size)]
    pub fn watch(&mut self, actor: Option<ActorNumber>, now_ms: f64) {
        if self.actor == actor {
            return self.look_again(now_ms);
        }
        *self = Painter {
            actor,
            epoch: self.epoch.wrapping_add(1),
            due_ms: actor.map(|_| now_ms),
            ..Painter::default()
        };
    }

    /// Something may have changed while nothing runs.
    pub fn look_again(&mut self, now_ms: f64) {
        if self.actor.is_some() {
            self.due_ms = Some(now_ms);
        }
    }

    /// When to poll again.
    pub fn deadline(&self) -> Option<f64> {
        self.due_ms.filter(|_| !self.is_awaited)
    }

    /// Goes on with the picture; the bytes of one that is complete and shows something new.
    #[optimize(size)]
    pub fn poll(&mut self, run: &Run, now_ms: f64, runs: bool) -> Option<Vec<u8>> {
        let actor = self.actor?;
        let until_ms = now_ms + GO_MS_MAX;
        loop {
            let portions = std::mem::take(&mut locked(&self.reading).fresh);
            self.is_awaited &= portions.is_empty();
            for portion in portions {
                if let Some(all) = self.take(portion) {
                    self.due_ms = runs.then_some(now_ms + INTERVAL_MS);
                    return self.tell(actor, run, all);
                }
            }
            if self.is_awaited || self.due_ms.is_none_or(|due_ms| due_ms > now_ms) {
                return None;
            }
            if (run.stage.clock)() > until_ms {
                return None;
            }
            match run.actor(actor.0).map(|address| self.ask(run, address)) {
                Some(Inspection::Done) => {}
                Some(Inspection::Later) => self.is_awaited = true,
                // It has ended, and its heap with it.
                Some(Inspection::Ended) | None => {
                    self.due_ms = None;
                    return None;
                }
            }
        }
    }

    /// Asks for the next portion.
    #[optimize(size)]
    fn ask(&self, run: &Run, address: scheduler::Address) -> Inspection {
        let (reading, clock, notify) = (self.reading.clone(), run.stage.clock, run.stage.notify);
        run.scheduler.inspect(address, move |performer| {
            let mut reading = locked(&reading);
            let started_ms = clock();
            let machine = &performer.machine;
            let heap = machine.heap();
            let portion = reading.reader.portion(heap, PORTION_OBJECTS, || machine.root_values());
            if portion.all.is_some() {
                let totals = heap.totals();
                reading.figures = Figures {
                    used_words: heap.used_words() as u64,
                    capacity_words: heap.capacity_words() as u64,
                    collections: totals.minor + totals.major,
                };
            }
            reading.fresh.push(portion);
            reading.portions += 1;
            reading.longest_ms = reading.longest_ms.max(clock() - started_ms);
            drop(reading);
            notify();
        })
    }

    /// Keeps what has changed; all chunks if the picture is complete.
    #[optimize(size)]
    fn take(&mut self, portion: Portion) -> Option<Vec<ChunkHead>> {
        for chunk in portion.chunks {
            let hash = hash_of(&chunk.cells);
            let id = chunk.head.id;
            if self.told.get(&id).is_some_and(|told| told.hash == hash) {
                self.cells.remove(&id);
            } else {
                self.cells.insert(id, (chunk.cells, hash));
            }
        }
        portion.all
    }

    #[optimize(size)]
    fn tell(&mut self, actor: ActorNumber, run: &Run, all: Vec<ChunkHead>) -> Option<Vec<u8>> {
        let (figures, portions, longest_ms) = {
            let mut reading = locked(&self.reading);
            let told = (reading.figures, reading.portions, reading.longest_ms);
            (reading.portions, reading.longest_ms) = (0, 0.0);
            told
        };
        // Chunks that went while the picture was made.
        let alive: WordSet<ChunkId> = all.iter().map(|head| head.id).collect();
        self.cells.retain(|id, _| alive.contains(id));
        let complete = Some((figures, all));
        if self.cells.is_empty() && self.last == complete {
            return None;
        }
        let all = &self.last.insert(complete?).1;
        let mut writer = PictureWriter::new(&PictureHead {
            actor,
            epoch: self.epoch,
            sequence: self.sequence,
            used_words: figures.used_words,
            capacity_words: figures.capacity_words,
            collections: figures.collections,
            at_ms: (run.stage.clock)() - run.stage.origin_ms,
            portions,
            longest_ms,
        });
        self.sequence = self.sequence.wrapping_add(1);
        let mut told = WordMap::with_capacity_and_hasher(all.len(), Default::default());
        for head in all {
            let before = self.told.get(&head.id);
            let id = before.map_or_else(
                || {
                    self.last_id = self.last_id.wrapping_add(1);
                    self.last_id
                },
                |before| before.id,
            );
            let fresh = self.cells.remove(&head.id);
            let chunk = PictureChunk {
                id,
                space: head.space as u8,
                number: head.number as u32,
                words: head.words as u32,
                used_words: head.used_words as u32,
                cells: Arc::default(),
            };
            // One that could not be read in time has no cells yet.
            let (cells, hash) = match (fresh, before) {
                (Some((cells, hash)), _) => (Some(cells), hash),
                (None, Some(before)) => (None, before.hash),
                (None, None) => (Some(Vec::new()), 0),
            };
            writer.chunk(&chunk, cells.map(|cells| cells.into_iter().map(|cell| cell.0)));
            told.insert(head.id, Told { id, hash });
        }
        self.told = told;
        Some(writer.finish())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells contents apart; a chunk that changes and keeps its number is shown as it was before.
fn hash_of(cells: &[PictureCell]) -> u64 {
    cells.iter().fold(cells.len() as u64, |hash, cell| {
        (hash.rotate_left(5) ^ u64::from(cell.0)).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

#[cfg(test)]
mod tests {
    use arena::{ObjectTag, Space};
    use protocol::{CELL_TYPES, CELL_WORDS_MAX, HEAP_SPACES, OLD_SPACE};

    use super::*;

    #[test]
    fn the_protocol_names_cells_as_the_arena_makes_them() {
        assert_eq!(CELL_TYPES.len(), ObjectTag::ALL.len() + 1);
        for tag in ObjectTag::ALL {
            assert_eq!(CELL_TYPES[tag as usize + 1].0, tag.name());
        }
        assert_eq!(CELL_WORDS_MAX as usize, PictureCell::WORDS_MAX);
        let spaces = [Space::Nursery, Space::Survivors, Space::Old, Space::Large];
        for (space, name) in spaces.into_iter().zip(HEAP_SPACES) {
            assert_eq!(format!("{space:?}").to_lowercase(), name);
        }
        assert_eq!(OLD_SPACE, Space::Old as usize);
    }
}
