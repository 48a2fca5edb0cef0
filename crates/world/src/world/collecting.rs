//! What the collector is told to do from outside: collections and steps between two slices, and measurements.
//!
//! 1. Every step and every measurement has one answer; the end of the actor or of the run is one, too.

use std::sync::{Arc, Mutex, PoisonError};

use protocol::{
    ActorNumber, CollectorExtent, CollectorPhase, CollectorStep, Event, HeapAnswer, Settings, SourceText,
};
use scheduler::Inspection;

use super::{Loaded, World, retire};
use crate::measure::Measuring;

/// A step that was asked for: what came of it, `None` if the collector is off.
pub(super) struct Stepping {
    id: u32,
    actor: ActorNumber,
    done: Arc<Mutex<Option<Option<arena::CollectorStep>>>>,
}

fn phase(phase: arena::Phase) -> CollectorPhase {
    match phase {
        arena::Phase::Idle => CollectorPhase::Idle,
        arena::Phase::Marking => CollectorPhase::Marking,
        arena::Phase::Evacuating => CollectorPhase::Evacuating,
        arena::Phase::Sweeping => CollectorPhase::Sweeping,
    }
}

#[optimize(size)]
fn told(step: arena::CollectorStep) -> CollectorStep {
    CollectorStep {
        before: phase(step.before),
        after: phase(step.after),
        is_copy: step.is_copy,
        moved_words: step.moved_words as u64,
        marked_words: step.marked_words as u64,
        swept_words: step.swept_words as u64,
        greys: step.greys as u64,
        chunks_left: step.chunks_left as u64,
    }
}

impl World {
    pub(super) fn collect(&mut self, actor: ActorNumber) {
        let Some(Loaded { run: Some(run), .. }) = &self.loaded else { return };
        let Some(address) = run.actor(actor.0) else { return };
        // An actor that has ended meanwhile has no heap.
        let _ended = run.scheduler.inspect(address, move |performer| performer.collect(actor.0));
        self.show_heap_again();
    }

    fn show_heap_again(&mut self) {
        let now_ms = (self.host.clock)();
        self.painter.look_again(now_ms);
        if self.snapshot_due_ms.is_some() {
            self.snapshot_due_ms = Some(now_ms);
        }
    }

    #[optimize(size)]
    pub(super) fn step_collector(&mut self, id: u32, actor: ActorNumber, extent: CollectorExtent) {
        let done = Arc::new(Mutex::new(None));
        let found = match &self.loaded {
            Some(Loaded { run: Some(run), .. }) => run.actor(actor.0).map(|address| (run, address)),
            _ => None,
        };
        let into = done.clone();
        let asked = found.map(|(run, address)| {
            run.scheduler.inspect(address, move |performer| {
                let step = performer.step_collector(actor.0, extent == CollectorExtent::Phase);
                *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
            })
        });
        if matches!(asked, None | Some(Inspection::Ended)) {
            let result = Err(format!("there is no live actor {}", actor.0));
            return self.events.push(Event::HeapAnswered { id, result });
        }
        self.stepping.push(Stepping { id, actor, done });
        self.poll_steps();
    }

    /// Answers for steps that were done, and for those that never will be.
    #[optimize(size)]
    pub(super) fn poll_steps(&mut self) {
        for Stepping { id, actor, done } in std::mem::take(&mut self.stepping) {
            // The actor's core, or the actor's end, lets go of it when there is nothing more to come.
            let is_over = Arc::strong_count(&done) == 1;
            let found = done.lock().unwrap_or_else(PoisonError::into_inner).take();
            let result = match found {
                Some(Some(step)) => Ok(HeapAnswer::Stepped(told(step))),
                Some(None) => {
                    Err("the collector is off: switch it on in the collector's settings".to_string())
                }
                None if !is_over => {
                    self.stepping.push(Stepping { id, actor, done });
                    continue;
                }
                None => Err(format!("actor {} ended before its collector could do a step", actor.0)),
            };
            self.events.push(Event::HeapAnswered { id, result });
            self.show_heap_again();
        }
    }

    #[optimize(size)]
    pub(super) fn measure(
        &mut self,
        id: u32,
        files: &[SourceText],
        settings: Settings,
        milliseconds_max: u32,
    ) {
        match Measuring::start(id, files, self.options(settings, true), milliseconds_max) {
            Ok(measuring) => self.measuring.push(measuring),
            Err(text) => self.events.push(Event::HeapAnswered { id, result: Err(text) }),
        }
    }

    #[optimize(size)]
    pub(super) fn poll_measurements(&mut self) {
        let events = &mut self.events;
        self.measuring.retain_mut(|measuring| match measuring.poll() {
            Some(figures) => {
                retire(measuring.run_mut(), events);
                let result = Ok(HeapAnswer::Measured(Box::new(figures)));
                events.push(Event::HeapAnswered { id: measuring.id, result });
                false
            }
            None => true,
        });
    }
}
