//! Checks of law two on demand: a program is recorded on all cores, repeated on one with other slices, and what came of
//! both is compared: value, output of every actor, reductions of every actor.

use std::collections::BTreeMap;

use protocol::{Evaluation, HostRequest, SourceText};
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
    /// Actors that have ended.
    pub ended_count: u64,
    /// Reductions by actor, of those that have ended: of very many the oldest are forgotten, and which ones depends on the
    /// cores.
    pub ended: BTreeMap<u128, u64>,
    /// Reductions by actor, of those that have not ended.
    pub living: BTreeMap<u128, u64>,
}

impl Facts {
    /// Of a run that stands still.
    #[optimize(size)]
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
        facts.ended = ended.iter().map(|row| (row.address.id.0, row.epitaph.reductions)).collect();
        let mut living = Vec::new();
        run.scheduler.for_each_actor(|view| living.push(view.address));
        for address in living {
            if let Ok(reductions) = run.scheduler.with_actor(address, |actor| actor.machine.reductions()) {
                facts.living.insert(address.id.0, reductions);
            }
        }
        facts
    }

    /// What of `again` is not as here, in words. Ended actors that one side has forgotten are left out.
    #[optimize(size)]
    pub fn difference(&self, again: &Facts) -> Option<String> {
        if self.value != again.value {
            return Some(format!("the value is {:?} instead of {:?}", again.value, self.value));
        }
        if self.ended_count != again.ended_count {
            return Some(format!("{} instead of {} actors have ended", again.ended_count, self.ended_count));
        }
        for actor in self.output.keys().chain(again.output.keys()) {
            let text = |facts: &Facts| facts.output.get(actor).cloned().unwrap_or_default();
            if text(self) != text(again) {
                return Some(format!("actor {actor:x} wrote {:?} instead of {:?}", text(again), text(self)));
            }
        }
        let forgetful = self.forgets() || again.forgets();
        unequal(&self.ended, &again.ended, forgetful).or_else(|| unequal(&self.living, &again.living, false))
    }

    /// Some of the ended actors are not in `ended`.
    fn forgets(&self) -> bool {
        (self.ended.len() as u64) < self.ended_count
    }
}

/// The first actor whose reductions are not the same. One that is on one side only does not count if sides forget.
fn unequal(first: &BTreeMap<u128, u64>, again: &BTreeMap<u128, u64>, sides_forget: bool) -> Option<String> {
    first.keys().chain(again.keys()).find_map(|actor| match (first.get(actor), again.get(actor)) {
        (Some(reductions), Some(other)) if reductions != other => {
            Some(format!("actor {actor:x} took {other} instead of {reductions} reductions"))
        }
        (Some(_), None) if !sides_forget => Some(format!("actor {actor:x} is missing")),
        (None, Some(_)) if !sides_forget => Some(format!("actor {actor:x} is new")),
        _ => None,
    })
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
    /// What the recorded run left for the host.
    left: Vec<HostRequest>,
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
    #[optimize(size)]
    pub fn start(id: u32, source: String, options: RunOptions) -> Result<Repeating, String> {
        let files = [SourceText { name: "program.scm".to_string(), text: source }];
        let run = loaded(&files, options.clone())?;
        let started_ms = (options.clock)();
        Ok(Repeating {
            id,
            files,
            options,
            started_ms,
            entries: 0,
            run,
            phase: Phase::Recording,
            left: Vec::new(),
        })
    }

    /// Something is to be done soon without anybody saying so: after the recording, each poll may begin what comes next.
    pub fn needs_polls(&self) -> bool {
        !matches!(self.phase, Phase::Recording)
    }

    /// What the recorded run left for the host, once.
    pub(crate) fn take_left(&mut self) -> Vec<HostRequest> {
        std::mem::take(&mut self.left)
    }

    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    pub(crate) fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }

    /// The answer, once there is one: a summary, or what differs.
    #[optimize(size)]
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
    #[optimize(size)]
    fn repeat(&mut self) -> Result<(), String> {
        let recording = self.run.recording().map_err(|dropped| {
            format!(
                "the journal has let {dropped} entries go; this run is too long to be repeated from its start"
            )
        })?;
        self.entries = recording.actors.values().map(|entries| entries.len()).sum();
        let facts = Facts::of(&self.run);
        self.run.send_off_files();
        self.left = self.run.stage.desk.take_requests();
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

    #[optimize(size)]
    fn verdict(&self, facts: &Facts) -> Result<Evaluation, String> {
        let again = Facts::of(&self.run);
        if let Some(difference) = facts.difference(&again) {
            return Err(format!("the repetition differs: {difference}"));
        }
        let reductions: u64 = facts.ended.values().chain(facts.living.values()).sum();
        Ok(Evaluation {
            value: format!(
                "equal: {} actors, {reductions} reductions, {} journal entries",
                facts.ended.len() + facts.living.len(),
                self.entries
            ),
            output: facts.output.values().map(String::as_str).collect(),
            milliseconds: (self.options.clock)() - self.started_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(ended: &[(u128, u64)], ended_count: u64) -> Facts {
        Facts { ended: ended.iter().copied().collect(), ended_count, ..Facts::default() }
    }

    #[test]
    fn an_actor_may_be_missing_only_where_some_are_forgotten() {
        let whole = facts(&[(1, 10), (2, 20)], 2);
        assert_eq!(whole.difference(&whole), None);
        let text = whole.difference(&facts(&[(1, 10), (3, 20)], 2));
        assert_eq!(text.as_deref(), Some("actor 2 is missing"));
        let partial = facts(&[(2, 20), (3, 30)], 3);
        assert_eq!(partial.difference(&facts(&[(1, 10), (2, 20)], 3)), None);
        let text = partial.difference(&facts(&[(1, 10), (2, 21)], 3));
        assert_eq!(text.as_deref(), Some("actor 2 took 21 instead of 20 reductions"));
    }

    #[test]
    fn output_on_either_side_counts() {
        let silent = Facts::default();
        let loud = Facts { output: BTreeMap::from([(7, "hey".to_string())]), ..Facts::default() };
        let text = |first: &Facts, again: &Facts| first.difference(again).unwrap_or_default();
        assert_eq!(text(&silent, &loud), "actor 7 wrote \"hey\" instead of \"\"");
        assert_eq!(text(&loud, &silent), "actor 7 wrote \"\" instead of \"hey\"");
    }
}
