//! Questions about heaps: snapshots are taken between two slices of their actor, and questions about them are answered
//! from what was taken.
//!
//! 1. Every question has one answer; the run's end is one, too.
//! 2. The last snapshots are kept, as many as may be and as many as have together no more words than one may have twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arena::{Image, ImageError, Places};
use protocol::{ActorNumber, Event, HEAP_SNAPSHOTS_MAX, HeapAnswer, HeapQuestion};
use scheduler::Inspection;

use super::{Loaded, World};
use crate::heaps::{HeapSnapshot, SNAPSHOT_WORDS_MAX};

/// What an actor's core has taken: the image, where its objects lay, and the actor's reductions.
type Taken = Result<(Image, Places, u64), ImageError>;

/// A snapshot that is being taken.
struct Taking {
    id: u32,
    actor: ActorNumber,
    taken: Arc<Mutex<Option<Taken>>>,
}

/// Snapshots of a run.
#[derive(Default)]
pub(super) struct Heaps {
    /// Snapshots so far.
    number: u32,
    kept: VecDeque<(u32, HeapSnapshot)>,
    taking: Vec<Taking>,
}

impl Heaps {
    fn kept(&self, number: u32) -> Result<&HeapSnapshot, String> {
        let found = self.kept.iter().find(|(known, _)| *known == number);
        found.map(|(_, snapshot)| snapshot).ok_or_else(|| {
            format!("there is no snapshot {number}; the last {HEAP_SNAPSHOTS_MAX} are kept: take another one")
        })
    }

    #[optimize(size)]
    fn keep(&mut self, snapshot: HeapSnapshot) -> u32 {
        self.number += 1;
        self.kept.push_back((self.number, snapshot));
        let words =
            |kept: &VecDeque<(u32, HeapSnapshot)>| kept.iter().map(|(_, one)| one.words()).sum::<u64>();
        while self.kept.len() > HEAP_SNAPSHOTS_MAX
            || self.kept.len() > 1 && words(&self.kept) > 2 * SNAPSHOT_WORDS_MAX as u64
        {
            self.kept.pop_front();
        }
        self.number
    }

    #[optimize(size)]
    fn finish(&mut self, actor: ActorNumber, taken: Taken) -> Result<HeapAnswer, String> {
        let (image, places, reductions) = taken.map_err(|error| error.to_string())?;
        let mut snapshot = HeapSnapshot::new(image, Some(places)).map_err(|error| error.to_string())?;
        (snapshot.actor, snapshot.reductions) = (Some(actor), reductions);
        let number = self.keep(snapshot);
        Ok(HeapAnswer::Taken(Box::new(self.kept(number)?.summary(number))))
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.taking.is_empty()
    }
}

impl World {
    #[optimize(size)]
    pub(super) fn ask_heap(&mut self, id: u32, question: HeapQuestion) {
        let result = match question {
            HeapQuestion::Take { actor } => match self.take_heap(id, actor) {
                Ok(()) => return self.poll_heaps(),
                Err(text) => Err(text),
            },
            HeapQuestion::Object { snapshot, object } => self
                .heaps
                .kept(snapshot)
                .and_then(|kept| kept.object(snapshot, object))
                .map(|object| HeapAnswer::Object(Box::new(object))),
            HeapQuestion::Compare { older, newer } => self.heaps.kept(older).and_then(|before| {
                let after = self.heaps.kept(newer)?;
                Ok(HeapAnswer::Growth(after.growth(newer, before, older)))
            }),
            HeapQuestion::LostActors => match &self.loaded {
                Some(Loaded { run: Some(run), .. }) => run.lost_actors().map(HeapAnswer::Lost),
                _ => Err("no program is loaded".to_string()),
            },
        };
        self.events.push(Event::HeapAnswered { id, result });
    }

    #[optimize(size)]
    fn take_heap(&mut self, id: u32, actor: ActorNumber) -> Result<(), String> {
        let gone = || format!("there is no live actor {}", actor.0);
        let Some(Loaded { run: Some(run), .. }) = &self.loaded else { return Err(gone()) };
        let address = run.actor(actor.0).ok_or_else(gone)?;
        let taken = Arc::new(Mutex::new(None));
        let (into, stage) = (taken.clone(), run.stage.clone());
        let inspection = run.scheduler.inspect(address, move |performer| {
            let linker = stage.linker();
            let image = performer.heap_image(&linker, actor.0, SNAPSHOT_WORDS_MAX);
            let reductions = performer.machine.reductions();
            let found = image.map(|(image, places)| (image, places, reductions));
            *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        });
        if inspection == Inspection::Ended {
            return Err(gone());
        }
        self.heaps.taking.push(Taking { id, actor, taken });
        Ok(())
    }

    /// Answers for what has been taken, and for what never will be.
    #[optimize(size)]
    pub(super) fn poll_heaps(&mut self) {
        for Taking { id, actor, taken } in std::mem::take(&mut self.heaps.taking) {
            // The actor's core, or the actor's end, lets go of it when there is nothing more to come.
            let is_over = Arc::strong_count(&taken) == 1;
            let found = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            let result = match found {
                Some(found) => self.heaps.finish(actor, found),
                None if !is_over => {
                    self.heaps.taking.push(Taking { id, actor, taken });
                    continue;
                }
                None => Err(format!("actor {} ended before the snapshot was taken", actor.0)),
            };
            self.events.push(Event::HeapAnswered { id, result });
        }
    }

    /// Answers what is still open, and forgets all snapshots: the run is about to go.
    pub(super) fn drop_heaps(&mut self) {
        let Heaps { taking, .. } = std::mem::take(&mut self.heaps);
        for Taking { id, .. } in taking {
            let result = Err("the program was loaded anew before the answer".to_string());
            self.events.push(Event::HeapAnswered { id, result });
        }
    }
}
