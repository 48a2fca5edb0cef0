//! What an actor does when its machine stops for the debugger: rules of breakpoints, watches, steps.
//!
//! 1. Whatever is evaluated for the debugger meanwhile takes at most [`ASIDE_REDUCTIONS_MAX`], which do not count as the
//!    actor's; what cannot be evaluated, or takes longer, is told, and a condition of that kind counts as true.
//! 2. An actor that has stopped is in front of an instruction, which it executes when it goes on.

use std::sync::{Arc, PoisonError};

use arena::Value;
use protocol::{DebugEventKind, FrameRow, Location, PauseReason, SourceText, ValuePath};
use scheduler::Context;
use vm::{Debugger, EventKind, FrameView, Linker, Outcome, StopReason, VariableView};

use super::{Performer, RESULT_CHARACTERS_MAX};
use crate::compile::text_of;
use crate::debugging::{Note, Rules, Stop, event_of};
use crate::door::Door;
use crate::inspect;
use crate::stage::Stage;

/// Reductions that a condition, a text to log, or a watched expression may take.
const ASIDE_REDUCTIONS_MAX: i64 = 100_000;
/// Frames looked at for the innermost one of the program.
const FRAMES_MAX: usize = 50;
/// Frames kept of a stop.
const FRAMES_KEPT: usize = 20;

/// An expression that is looked at at every line.
pub(super) struct WatchedExpression {
    watch: u32,
    source: String,
    /// Its value when it was looked at last.
    seen: Option<String>,
}

/// What is evaluated in a frame: the program's text around an expression, so that it sees the frame's variables.
pub(super) struct FrameText {
    pub(super) text: String,
    /// Those that it uses, in the order of their numbers there.
    pub(super) variables: Vec<VariableView>,
}

/// Is `name` one of the words of a program's text? May say yes where it stands in a string.
fn mentions(source: &str, name: &str) -> bool {
    let is_part = |c: char| !c.is_whitespace() && !"()[]'`,\";".contains(c);
    source.split(|c| !is_part(c)).any(|word| word == name)
}

/// Is there a `(set! name` in a program's text?
fn assigns(source: &str, name: &str) -> bool {
    source.match_indices("set!").any(|(at, word)| {
        let rest = source[at + word.len()..].trim_start();
        let word = rest.split(|c: char| c.is_whitespace() || "()".contains(c)).next();
        word == Some(name)
    })
}

/// `source` as a program that finds the variables of a frame that it mentions, and leaves there what it assigns to them.
#[optimize(size)]
pub(super) fn in_frame(source: &str, view: Option<&FrameView>) -> FrameText {
    let mut variables: Vec<VariableView> = Vec::new();
    for variable in view.into_iter().flat_map(FrameView::innermost_first) {
        let is_new = variables.iter().all(|taken| taken.name != variable.name);
        if is_new && mentions(source, &variable.name) {
            variables.push(variable.clone());
        }
    }
    if variables.is_empty() {
        return FrameText { text: source.to_string(), variables };
    }
    let mut bindings = String::new();
    let mut stores = String::new();
    for (index, variable) in variables.iter().enumerate() {
        bindings.push_str(&format!("({} (%frame-ref {index}))", variable.name));
        if assigns(source, &variable.name) {
            stores.push_str(&format!("(%frame-set! {index} {})", variable.name));
        }
    }
    let text = format!("(let ({bindings}) (let ((%value (let ()\n{source}\n))) {stores} %value))");
    FrameText { text, variables }
}

/// The pieces of a text to log: what stands there, and expressions between braces.
#[optimize(size)]
fn pieces(log: &str) -> Vec<Result<&str, &str>> {
    let mut pieces = Vec::new();
    let mut rest = log;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((expression, following)) = after.split_once('}') else { break };
        pieces.push(Ok(before));
        pieces.push(Err(expression));
        rest = following;
    }
    pieces.push(Ok(rest));
    pieces
}

impl Performer {
    /// Its breakpoints are those of the run.
    #[optimize(size)]
    pub(super) fn refresh_debugger(&mut self) {
        let version = self.stage.debugging.version();
        if version == self.debugger_version {
            return;
        }
        self.debugger_version = version;
        let rules = self.stage.debugging.rules();
        self.machine.watch_events(rules.armed.events());
        match &mut self.debugger {
            Some(debugger) => debugger.set_breakpoints(rules.armed.clone()),
            None if rules.armed.is_empty() => {}
            None => self.debugger = Some(Box::new(Debugger::new(rules.armed.clone()))),
        }
    }

    /// Its debugger, which is made if there is none yet.
    pub(crate) fn debugger_mut(&mut self) -> &mut Debugger {
        self.refresh_debugger();
        let stage = &self.stage;
        self.debugger.get_or_insert_with(|| Box::new(Debugger::new(stage.debugging.rules().armed.clone())))
    }

    /// Steps from where it stands.
    #[optimize(size)]
    pub(crate) fn begin_step(&mut self, kind: vm::StepKind) {
        self.debugger_mut();
        self.machine.pass_event();
        if let Some(debugger) = &mut self.debugger {
            debugger.begin_step(&self.machine, kind);
        }
    }

    /// Gives up a step.
    pub(crate) fn end_step(&mut self) {
        if let Some(debugger) = &mut self.debugger {
            debugger.stop();
        }
    }

    /// The machine has stopped. `true` if the actor, and all others, are to stand still; else it goes on at once.
    #[optimize(size)]
    pub(super) fn stopped(&mut self, context: &mut Context<'_, Performer>, reason: StopReason) -> bool {
        let rules = self.stage.debugging.rules();
        let stop = match reason {
            _ if self.is_answering() => None,
            StopReason::Breakpoint => {
                let here = self.debugger.as_ref().map(|debugger| debugger.breakpoints_here(&self.machine));
                let here = here.map_or_else(Vec::new, <[u32]>::to_vec);
                let met = here.into_iter().filter(|index| self.is_met(context, &rules, *index)).last();
                met.map(|index| {
                    let text = rules.rules[index as usize].at.text();
                    (
                        self.line_reason().unwrap_or(PauseReason::Event(text.clone())),
                        DebugEventKind::Breakpoint,
                        text,
                    )
                })
            }
            StopReason::Event(kind) => self.event_stop(context, &rules, kind),
            StopReason::Step => Some((PauseReason::Step, DebugEventKind::Step, "step".to_string())),
            StopReason::Watch => self
                .debugger
                .as_mut()
                .and_then(|debugger| debugger.take_news())
                .map(|news| self.watch_stop(news.id, news.old, news.new)),
            StopReason::Line => self.look_at_expressions(context),
            StopReason::Passed => None,
        };
        if let Some(debugger) = &mut self.debugger {
            if stop.is_some() { debugger.stop() } else { debugger.set_leaving(true) }
        }
        self.machine.pass_event();
        let Some((pause, kind, text)) = stop else { return false };
        let frames = self.program_frames(FRAMES_KEPT);
        self.note(context.number(), kind, text, Some(frames));
        self.stage.stop_at(Stop { number: context.number(), reason: pause });
        true
    }

    /// Somebody waits for what the actor is about to do, and it stops for that.
    pub(super) fn stops_for(&mut self, context: &mut Context<'_, Performer>, kind: EventKind) -> bool {
        let rules = self.stage.debugging.rules();
        rules.armed.events() & kind.bit() != 0
            && !self.is_answering()
            && self.stopped(context, StopReason::Event(kind))
    }

    #[optimize(size)]
    fn event_stop(
        &mut self,
        context: &mut Context<'_, Performer>,
        rules: &Rules,
        kind: EventKind,
    ) -> Option<(PauseReason, DebugEventKind, String)> {
        let met = rules.armed.on(kind).into_iter().filter(|index| self.is_met(context, rules, *index)).last();
        let text = event_of(kind).text();
        met.map(|_| (PauseReason::Event(text.clone()), DebugEventKind::Event, text))
    }

    #[optimize(size)]
    fn watch_stop(
        &mut self,
        watch: u32,
        old: String,
        new: Option<String>,
    ) -> (PauseReason, DebugEventKind, String) {
        let text = self.stage.debugging.saw(watch, new.clone());
        let place = self.debugger.as_ref().and_then(|debugger| debugger.site_before());
        let place = place.and_then(|site| self.location_of(site));
        let by = place.map_or(String::new(), |place| format!(", by {}:{}", place.file, place.line));
        let told = match &new {
            Some(new) => format!("{text}: {old} became {new}{by}"),
            None => format!("{text}: gone, it was {old}"),
        };
        (PauseReason::Watch { watch, text, old, new }, DebugEventKind::Watch, told)
    }

    /// The line of the innermost frame of the program.
    fn line_reason(&self) -> Option<PauseReason> {
        let Location { file, line, .. } = self.location()?;
        Some(PauseReason::Breakpoint { file, line })
    }

    fn location(&self) -> Option<Location> {
        self.location_of(self.machine.place()?)
    }

    #[optimize(size)]
    fn location_of(&self, (unit, procedure, offset): vm::Site) -> Option<Location> {
        let linker = self.stage.linker();
        let unit = linker.unit(unit)?;
        inspect::location(unit, unit.span_at(procedure, offset)?)
    }

    /// Frames of the program, innermost first, at most `limit`.
    pub(crate) fn program_frames(&self, limit: usize) -> Vec<FrameRow> {
        inspect::frame_rows(&self.machine, &self.stage.linker(), limit).0
    }

    /// Frame `index` of the program, the innermost is 0.
    #[optimize(size)]
    pub(crate) fn frame_view(&self, index: usize) -> Option<FrameView> {
        let views = self.machine.frames(&self.stage.linker(), FRAMES_MAX + index * 8);
        views.into_iter().filter(|view| !view.is_library).nth(index)
    }

    #[optimize(size)]
    pub(crate) fn note(
        &self,
        number: u32,
        kind: DebugEventKind,
        text: String,
        frames: Option<Vec<FrameRow>>,
    ) {
        let note = Note {
            actor: number,
            reductions: self.machine.reductions(),
            time_ms: self.stage.scheduler().map_or(0.0, |scheduler| scheduler.now_ms()),
            kind,
            text,
            location: self.location(),
        };
        self.stage.debugging.note(note, frames);
        (self.stage.notify)();
    }

    /// A breakpoint was reached: does it stop? Counts, and logs where that is wanted.
    #[optimize(size)]
    fn is_met(&mut self, context: &mut Context<'_, Performer>, rules: &Rules, index: u32) -> bool {
        let Some(rule) = rules.rules.get(index as usize) else { return false };
        if !rule.condition.trim().is_empty() {
            match self.evaluate_aside(context, &rule.condition, |value| value != Value::FALSE) {
                Ok(false) => return false,
                Ok(true) => {}
                Err(text) => {
                    let text = format!("condition of {}: {text}", rule.at.text());
                    self.note(context.number(), DebugEventKind::Failed, text, None);
                }
            }
        }
        let hits = rules.armed.count(index);
        if !rule.enabled || hits <= u64::from(rule.after) {
            return false;
        }
        if rule.log.is_empty() {
            return true;
        }
        let mut text = String::new();
        for piece in pieces(&rule.log) {
            match piece {
                Ok(plain) => text.push_str(plain),
                Err(expression) => {
                    let shown = |value| vm::write_value(value, vm::Mode::Display, RESULT_CHARACTERS_MAX);
                    match self.evaluate_aside(context, expression, shown) {
                        Ok(value) => text.push_str(&value),
                        Err(error) => text.push_str(&format!("{{{expression}: {error}}}")),
                    }
                }
            }
        }
        self.note(context.number(), DebugEventKind::Log, text, None);
        false
    }

    /// Watches a variable, or the part of a value that `held` holds.
    #[optimize(size)]
    pub(crate) fn watch(
        &mut self,
        watch: u32,
        path: &ValuePath,
        held: Option<(Value, usize)>,
        linker: &Linker,
    ) {
        let view = path.frame.and_then(|frame| self.frame_view(frame as usize));
        self.debugger_mut();
        let Some(debugger) = &mut self.debugger else { return };
        debugger.unwatch(&mut self.machine, watch);
        match held {
            Some((holder, field)) => debugger.watch_field(&mut self.machine, holder, field, watch),
            None => {
                let variable = view.as_ref().map(|view| (view, path.name.as_str()));
                let global = linker.global_slot(&path.name);
                debugger.watch_variable(&mut self.machine, variable, global, watch);
            }
        }
    }

    /// Has an expression looked at at every line from now on.
    #[optimize(size)]
    pub(crate) fn watch_expression(&mut self, watch: u32, source: String) {
        self.debugger_mut().set_tells_lines(true);
        self.expressions.retain(|known| known.watch != watch);
        self.expressions.push(WatchedExpression { watch, source, seen: None });
    }

    pub(crate) fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    /// Ends a watch, if it is this actor's.
    #[optimize(size)]
    pub(crate) fn unwatch(&mut self, watch: u32) {
        self.expressions.retain(|known| known.watch != watch);
        if let Some(debugger) = &mut self.debugger {
            debugger.unwatch(&mut self.machine, watch);
            debugger.set_tells_lines(!self.expressions.is_empty());
        }
    }

    #[optimize(size)]
    fn look_at_expressions(
        &mut self,
        context: &mut Context<'_, Performer>,
    ) -> Option<(PauseReason, DebugEventKind, String)> {
        let mut expressions = std::mem::take(&mut self.expressions);
        let mut changed = None;
        for watched in &mut expressions {
            // Where its variables are out of sight it has no value, which is no change.
            let shown = |value| vm::write_value(value, vm::Mode::Write, RESULT_CHARACTERS_MAX);
            let Ok(value) = self.evaluate_aside(context, &watched.source, shown) else { continue };
            let before = watched.seen.replace(value.clone());
            if let Some(old) = before.filter(|old| *old != value && changed.is_none()) {
                changed = Some((watched.watch, old, value));
            }
        }
        self.expressions = expressions;
        changed.map(|(watch, old, value)| self.watch_stop(watch, old, Some(value)))
    }

    /// The value of an expression in the innermost frame of the program, as `read` takes it, without a trace in what the actor
    /// does. Or why there is none.
    #[optimize(size)]
    fn evaluate_aside<R>(
        &mut self,
        context: &mut Context<'_, Performer>,
        source: &str,
        read: impl FnOnce(Value) -> R,
    ) -> Result<R, String> {
        let stage = self.stage.clone();
        let view = self.frame_view(0);
        let FrameText { text, variables } = in_frame(source, view.as_ref());
        let compiler = self.personal.compiler(&stage, context.number());
        let mut compiler = compiler.lock().unwrap_or_else(PoisonError::into_inner);
        let file = SourceText { name: "debugger".to_string(), text };
        let compiled = stage.with_linker(|linker| compiler.load(linker, &[file]));
        drop(compiler);
        let (thunk, _) = compiled
            .map_err(|problems| problems.first().map_or(String::new(), |problem| problem.message.clone()))?;
        let globals = stage.linker().initial_globals();
        self.machine.add_globals(&globals);
        let before = self.machine.reductions();
        if !self.machine.interrupt(&stage.library, thunk, &variables) {
            return Err("the actor is busy with a question".to_string());
        }
        self.personal.asking.interrupt();
        self.machine.mute_events(true);
        let mut quiet = Debugger::new(stage.debugging.rules().armed.clone());
        let mut left = ASIDE_REDUCTIONS_MAX;
        let result = loop {
            let given = left;
            let mut door = Door { context, personal: &mut self.personal, stage: &stage };
            let outcome = self.machine.step(&stage.library, &mut door, &mut left, Some(&mut quiet));
            match outcome {
                Outcome::Finished(value) => break Ok(read(value)),
                Outcome::Stopped(_) => quiet.set_leaving(true),
                Outcome::Waiting => break Err("it waits, which it cannot here".to_string()),
                Outcome::Exited { reason, .. } => break Err(vm::report(reason)),
                Outcome::Yielded | Outcome::OutOfFuel => {}
            }
            if left <= 0 || given == left && !matches!(outcome, Outcome::Stopped(_)) {
                break Err(format!("it takes more than {ASIDE_REDUCTIONS_MAX} reductions"));
            }
        };
        self.machine.go_on();
        self.machine.set_reductions(before);
        self.machine.mute_events(false);
        self.personal.asking.go_on(&stage.desk);
        result
    }

    /// What was asked, with the variables of frame `frame` if one is meant, compiled.
    #[optimize(size)]
    pub(super) fn compile_in_frame(
        &mut self,
        number: u32,
        file: SourceText,
        frame: Option<usize>,
    ) -> Result<(Value, Vec<VariableView>), String> {
        let stage = self.stage.clone();
        let view = frame.and_then(|frame| self.frame_view(frame));
        if let Some(frame) = frame.filter(|_| view.is_none()) {
            return Err(format!("the actor has no frame {frame}"));
        }
        let FrameText { text, variables } = in_frame(&file.text, view.as_ref());
        let compiler = self.personal.compiler(&stage, number);
        let mut compiler = compiler.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled =
            stage.with_linker(|linker| compiler.load(linker, &[SourceText { name: file.name, text }]));
        stage.add_suggestions(compiler.take_suggestions());
        match compiled {
            Ok((entry, warnings)) => {
                // What stands around the expression is ours.
                let theirs = warnings.into_iter().filter(|warning| !warning.message.contains("`%frame-"));
                theirs.for_each(|warning| stage.add_problem(warning));
                Ok((entry, variables))
            }
            Err(problems) => Err(problems.iter().map(text_of).collect::<Vec<_>>().join("\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_to_log_has_expressions_between_braces() {
        assert_eq!(pieces("n is {n}, {(* 2 n)}"), [Ok("n is "), Err("n"), Ok(", "), Err("(* 2 n)"), Ok("")]);
        assert_eq!(pieces("no { end"), [Ok("no { end")]);
    }

    #[test]
    fn words_of_a_text_are_whole() {
        assert!(mentions("(+ n 1)", "n") && !mentions("(+ nn 1)", "n"));
        assert!(assigns("(begin (set! n 1))", "n") && !assigns("(set! nn 1)", "n"));
    }
}
