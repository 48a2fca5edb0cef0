//! Checks of law two on demand: a program is recorded on all cores, repeated on one with other slices, and what came of
//! both is compared: value, output of every actor, reductions of every actor.

use std::collections::BTreeMap;

use protocol::{Evaluation, SourceText};
use scheduler::Activity;

use crate::compile::text_of;
use crate::run::{Drive, Run, RunOptions};

/// Reductions in one slice of a repetition: where slices end is no part of a run.
const REPEAT_QUANTUM: u64 = 1_013;

/// What a run came to, as far as it may not depend on the schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The main actor's value, or the message of its error.
    pub value: Option<Result<String, String>>,
    /// Output by actor.
    pub output: BTreeMap<u128, String>,
    /// Reductions by actor: of the ended ones that are remembered, and of the living.
    pub reductions: BTreeMap<u128, u64>,
    /// Actors that have ended.
    pub ended_count: u64,
}

impl Facts {
    /// Of a run that stands still.
    pub fn of(run: &Run) -> Facts {
        let mut facts = Facts {
            value: run.main_end().map(|end| end.map_err(|problem| problem.message)),
            ended_count: run.scheduler.statistics().ended,
            ..Facts::default()
        };
        for write in run.stage.take_output() {
            facts.output.entry(write.actor).or_default().push_str(&write.text);
        }
        let ended = run.scheduler.ended();
        facts.reductions.extend(ended.iter().map(|row| (row.address.id.0, row.epitaph.reductions)));
        let mut living = Vec::new();
        run.scheduler.for_each_actor(|view| living.push(view.address));
        for address in living {
            if let Ok(reductions) = run.scheduler.with_actor(address, |actor| actor.machine.reductions()) {
                facts.reductions.insert(address.id.0, reductions);
            }
        }
        facts
    }

    /// What of `again` is not as here, in words. Of very many ended actors the oldest are forgotten; they are left out.
    pub fn difference(&self, again: &Facts) -> Option<String> {
        if self.value != again.value {
            return Some(format!("the value is {:?} instead of {:?}", again.value, self.value));
        }
        if self.ended_count != again.ended_count {
            return Some(format!("{} instead of {} actors have ended", again.ended_count, self.ended_count));
        }
        for (actor, text) in &self.output {
            if again.output.get(actor) != Some(text) {
                return Some(format!(
                    "actor {actor:x} wrote {:?} instead of {text:?}",
                    again.output.get(actor)
                ));
            }
        }
        for (actor, reductions) in &self.reductions {
            match again.reductions.get(actor) {
                Some(other) if other != reductions => {
                    return Some(format!("actor {actor:x} took {other} instead of {reductions} reductions"));
                }
                _ => {}
            }
        }
        None
    }
}

enum Phase {
    Recording,
    Stopping,
    Repeating(Facts),
    Ending(Facts),
}

/// A check under way.
pub struct Repeating {
    /// Given back with the answer.
    pub id: u32,
    files: [SourceText; 1],
    options: RunOptions,
    started_ms: f64,
    entries: usize,
    run: Run,
    phase: Phase,
}

fn loaded(files: &[SourceText], options: RunOptions) -> Result<Run, String> {
    let mut run = Run::load(files, options)
        .map_err(|problems| problems.iter().map(text_of).collect::<Vec<_>>().join("\n"))?;
    run.start().map_err(|problem| text_of(&problem))?;
    Ok(run)
}

impl Repeating {
    /// Compiles `source` and starts to record it.
    ///
    /// # Errors
    /// The text of what is wrong with it.
    pub fn start(id: u32, source: String, options: RunOptions) -> Result<Repeating, String> {
        let files = [SourceText { name: "program.scm".to_string(), text: source }];
        let run = loaded(&files, options.clone())?;
        let started_ms = (options.clock)();
        Ok(Repeating { id, files, options, started_ms, entries: 0, run, phase: Phase::Recording })
    }

    /// Something is to be done soon without anybody saying so: after the recording, each poll may begin what comes next.
    pub fn needs_polls(&self) -> bool {
        !matches!(self.phase, Phase::Recording)
    }

    /// The answer, once there is one: a summary, or what differs.
    pub fn poll(&mut self) -> Option<Result<Evaluation, String>> {
        match std::mem::replace(&mut self.phase, Phase::Stopping) {
            Phase::Recording => {
                if self.run.end().is_none() {
                    self.phase = Phase::Recording;
                    return None;
                }
                self.run.stop();
                None
            }
            Phase::Stopping => {
                if !self.run.scheduler.is_quiet() {
                    return None;
                }
                self.repeat().err().map(Err)
            }
            Phase::Repeating(facts) => {
                if self.run.scheduler.activity() == Activity::Running {
                    self.phase = Phase::Repeating(facts);
                } else {
                    self.run.stop();
                    self.phase = Phase::Ending(facts);
                }
                None
            }
            Phase::Ending(facts) => {
                if !self.run.scheduler.is_quiet() {
                    self.phase = Phase::Ending(facts);
                    return None;
                }
                Some(self.verdict(&facts))
            }
        }
    }

    /// Turns to the repetition, on one core.
    fn repeat(&mut self) -> Result<(), String> {
        let recording = self.run.recording().map_err(|dropped| {
            format!(
                "the journal has let {dropped} entries go; this run is too long to be repeated from its start"
            )
        })?;
        self.entries = recording.actors.values().map(|entries| entries.len()).sum();
        let facts = Facts::of(&self.run);
        let drive = match &self.options.drive {
            Drive::Pool(pool, _) => Drive::Pool(pool.clone(), 1),
            Drive::Alone => Drive::Alone,
        };
        self.run = loaded(
            &self.files,
            RunOptions {
                drive,
                quantum: REPEAT_QUANTUM,
                ends_with_main: false,
                replay: Some(recording),
                ..self.options.clone()
            },
        )?;
        self.phase = Phase::Repeating(facts);
        Ok(())
    }

    fn verdict(&self, facts: &Facts) -> Result<Evaluation, String> {
        let again = Facts::of(&self.run);
        if let Some(difference) = facts.difference(&again) {
            return Err(format!("the repetition differs: {difference}"));
        }
        let reductions: u64 = facts.reductions.values().sum();
        Ok(Evaluation {
            value: format!(
                "equal: {} actors, {reductions} reductions, {} journal entries",
                facts.reductions.len(),
                self.entries
            ),
            output: facts.output.values().map(String::as_str).collect(),
            milliseconds: (self.options.clock)() - self.started_ms,
        })
    }
}
