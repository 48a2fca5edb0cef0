//! Questions to actors: expressions that are evaluated in the environment of a live one.
//!
//! 1. A main actor that has come to the end of its program takes a question as its next entry. Every other actor, whatever it
//!    does or waits for, is interrupted, and goes on as if nothing had happened.
//! 2. Every question has an answer: its value, its error, or why there will be none.
//! 3. While the program is paused, the actor that is asked runs alone, on the calling thread.

use protocol::{ActorNumber, Evaluation, Event, RunStatus, Settings, SourceText};
use scheduler::Step;

use super::{Host, Loaded, STEP_MS_MAX, World};
use crate::compile::{plain_problem, text_of};
use crate::stage::Answer;

/// An expression that somebody waits for the value of.
pub(super) struct Question {
    id: u32,
    /// The world's own number for it: ids are the asker's, and may come again.
    number: u64,
    actor: ActorNumber,
    started_ms: f64,
    /// While the program is paused: what runs alone waits for something.
    waits: bool,
    /// It has not been asked yet, because the actor answers another one.
    unasked: Option<(SourceText, Option<usize>)>,
}

impl Question {
    pub(super) fn answered(self, answer: Answer, host: &Host) -> Event {
        let milliseconds = (host.clock)() - self.started_ms;
        let result = answer
            .map(|value| Evaluation { value, output: String::new(), milliseconds })
            .map_err(|problem| text_of(&problem));
        Event::Evaluated { id: self.id, result }
    }

    pub(super) fn needs_polls(&self) -> bool {
        !self.waits
    }
}

impl World {
    #[optimize(size)]
    pub(super) fn evaluate_in_actor(
        &mut self,
        id: u32,
        actor: ActorNumber,
        source: String,
        frame: Option<u32>,
    ) {
        self.asked += 1;
        let number = self.asked;
        let question =
            Question { id, number, actor, started_ms: (self.host.clock)(), waits: false, unasked: None };
        let file = SourceText { name: "repl".to_string(), text: source };
        if self.loaded.as_ref().is_none_or(|loaded| loaded.run.is_none()) {
            self.load(Vec::new(), Settings::default());
        }
        let paused = matches!(self.status, RunStatus::Paused { .. });
        let Some(Loaded { run: Some(run), entering, questions, .. }) = &mut self.loaded else { return };
        let refused = if run.scheduler.is_closed() && !paused {
            let text =
                "the program stands still, so that nothing can be evaluated in it; run or reset it first";
            Some(vec![plain_problem(text.to_string())])
        } else if actor == ActorNumber(1) && !paused && (!run.is_started() || run.main_rests()) {
            match run.enter(&[file]) {
                Ok(warnings) => {
                    self.events.extend(warnings.into_iter().map(Event::Problem));
                    *entering = Some(question);
                    self.apply_breakpoints();
                    return self.set_status(RunStatus::Running);
                }
                Err(problems) => Some(problems),
            }
        } else if questions.iter().any(|known| known.actor == actor) {
            // One after the other.
            let unasked = Some((file, frame.map(|frame| frame as usize)));
            return questions.push(Question { unasked, ..question });
        } else {
            match run.ask(number, actor.0, file, frame.map(|frame| frame as usize)) {
                Ok(()) => {
                    questions.push(question);
                    if matches!(self.status, RunStatus::Ended { .. } | RunStatus::Deadlock { .. }) {
                        self.asked_at = Some(self.status.clone());
                        self.set_status(RunStatus::Running);
                    }
                    return;
                }
                Err(problem) => Some(vec![*problem]),
            }
        };
        if let Some(problems) = refused {
            let text = problems.iter().map(text_of).collect::<Vec<_>>().join("\n");
            self.events.push(Event::Evaluated { id, result: Err(text) });
        }
    }

    /// Answers what is still open: the run is about to go.
    pub(super) fn drop_questions(&mut self) {
        self.asked_at = None;
        let Some(Loaded { entering, questions, .. }) = &mut self.loaded else { return };
        for question in questions.drain(..).chain(entering.take()) {
            let gone = plain_problem("the program was loaded anew before the answer".to_string());
            self.events.push(question.answered(Err(gone), &self.host));
        }
    }

    /// Gives up a question to an actor that was interrupted.
    pub(super) fn give_up(&mut self, id: u32) {
        let Some(Loaded { run: Some(run), questions, .. }) = &mut self.loaded else { return };
        let Some(index) = questions.iter().position(|question| question.id == id) else { return };
        if questions[index].unasked.is_some() {
            let given_up = Err(plain_problem("given up".to_string()));
            return self.events.push(questions.remove(index).answered(given_up, &self.host));
        }
        run.give_up(questions[index].number, questions[index].actor.0);
    }

    /// Passes answers on, and lets actors that were asked during a pause run.
    #[optimize(size)]
    pub(super) fn poll_questions(&mut self) {
        let Some(Loaded { run: Some(run), questions, .. }) = &mut self.loaded else { return };
        if questions.is_empty() {
            return;
        }
        // The first to each actor, once those before it are answered.
        let mut refused = Vec::new();
        for index in 0..questions.len() {
            let actor = questions[index].actor;
            let is_first = questions[..index].iter().all(|before| before.actor != actor);
            if is_first
                && let Some((file, frame)) = questions[index].unasked.take()
                && let Err(problem) = run.ask(questions[index].number, actor.0, file, frame)
            {
                refused.push((questions[index].number, problem));
            }
        }
        for (number, problem) in refused {
            if let Some(index) = questions.iter().position(|question| question.number == number) {
                self.events.push(questions.remove(index).answered(Err(*problem), &self.host));
            }
        }
        let over = match &self.status {
            RunStatus::Paused { .. } => {
                let deadline_ms = (self.host.clock)() + STEP_MS_MAX;
                for question in questions.iter_mut().filter(|question| !question.waits) {
                    let Some(address) = run.actor(question.actor.0) else { continue };
                    while (self.host.clock)() < deadline_ms && !run.stage.has_answers() {
                        match run.scheduler.run_one(address) {
                            Ok(Step::Yield) => {}
                            Ok(Step::Wait | Step::Done(())) => question.waits = true,
                            Err(_) => break,
                        }
                        if question.waits {
                            break;
                        }
                    }
                }
                None
            }
            RunStatus::Running => {
                questions.iter_mut().for_each(|question| question.waits = false);
                let deadlock = matches!(super::end_of(run), Some(RunStatus::Deadlock { .. }));
                deadlock.then_some("it waits for a message, and nothing is pending that could send one")
            }
            RunStatus::Ended { .. } | RunStatus::Stopped | RunStatus::Deadlock { .. } | RunStatus::Idle => {
                Some("the run has ended before the answer")
            }
        };
        let mut answered = false;
        for (number, answer) in run.stage.take_answers() {
            answered = true;
            if let Some(index) = questions.iter().position(|question| question.number == number) {
                self.events.push(questions.remove(index).answered(answer, &self.host));
            }
        }
        // What it has set is worth a picture.
        if answered && matches!(self.status, RunStatus::Paused { .. }) {
            self.snapshot_due_ms = self.snapshot_due_ms.map(|_| (self.host.clock)());
        }
        if let Some(text) = over {
            for question in questions.drain(..) {
                run.give_up(question.number, question.actor.0);
                self.events.push(question.answered(Err(plain_problem(text.to_string())), &self.host));
            }
        }
    }
}
