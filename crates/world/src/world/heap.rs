//! Questions about heaps: images are taken between two slices of their actor, and handed out.
//!
//! 1. Every question has one answer; the run's end is one, too.
//! 2. Nothing is kept of what was taken.

use std::sync::{Arc, Mutex, PoisonError};

use arena::{Image, ImageError, Places};
use protocol::{ActorNumber, Event, HeapAnswer, HeapImage, HeapQuestion};
use scheduler::Inspection;

use super::{Loaded, World};
use crate::heaps::SNAPSHOT_WORDS_MAX;

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
    taking: Vec<Taking>,
}

impl Heaps {
    pub(super) fn is_waiting(&self) -> bool {
        !self.taking.is_empty()
    }
}

#[optimize(size)]
fn finish(actor: ActorNumber, taken: Taken) -> Result<HeapAnswer, String> {
    let (image, places, reductions) = taken.map_err(|error| error.to_string())?;
    let (image, places) = (image.write(), places.write());
    Ok(HeapAnswer::Taken(Box::new(HeapImage { actor, reductions, image, places })))
}

impl World {
    #[optimize(size)]
    pub(super) fn ask_heap(&mut self, id: u32, question: HeapQuestion) {
        let result = match question {
            HeapQuestion::Take { actor } => match self.take_heap(id, actor) {
                Ok(()) => return self.poll_heaps(),
                Err(text) => Err(text),
            },
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
                Some(found) => finish(actor, found),
                None if !is_over => {
                    self.heaps.taking.push(Taking { id, actor, taken });
                    continue;
                }
                None => Err(format!("actor {} ended before the snapshot was taken", actor.0)),
            };
            self.events.push(Event::HeapAnswered { id, result });
        }
    }

    /// Answers what is still open, the run is about to go.
    pub(super) fn drop_heaps(&mut self) {
        let Heaps { taking } = std::mem::take(&mut self.heaps);
        for Taking { id, .. } in taking {
            let result = Err("the program was loaded anew before the answer".to_string());
            self.events.push(Event::HeapAnswered { id, result });
        }
    }
}
