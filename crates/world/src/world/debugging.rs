//! The debugger's commands: breakpoints, steps, watches, and questions about actors that stand still.
//!
//! 1. Code is armed while the cores are quiet: if a program runs, they are made to stand still for that, and go on at once.
//! 2. Of several actors that stop at the same time each is told, one after the other; the run goes on after the last.

use protocol::{
    ActorNumber, Breakpoint, DebugInfo, DebuggerAnswer, DebuggerQuestion, Event, PauseReason, RunStatus,
    ValuePath, ValueRow, WatchRow, WatchTarget,
};
use scheduler::{Step, Unavailable};
use vm::StepKind;

use super::{Loaded, STEP_MS_MAX, World, status_of};
use crate::actor::Performer;
use crate::debugging::{Stop, WATCHES_MAX};
use crate::inspect;
use crate::run::{Run, RunEnd};

/// Parts told at a time.
const PARTS_MAX: u32 = 500;
/// Frames told.
const FRAMES_MAX: usize = 200;

#[optimize(size)]
fn value_row(label: String, value: arena::Value, linker: &vm::Linker) -> ValueRow {
    ValueRow {
        label,
        text: inspect::shown(value),
        kind: vm::type_name(value).to_string(),
        parts: vm::children_count(value, linker) as u32,
    }
}

/// The value that a path begins at.
#[optimize(size)]
fn root_value(performer: &Performer, linker: &vm::Linker, path: &ValuePath) -> Result<arena::Value, String> {
    let missing = || format!("there is no variable {} there", path.name);
    match path.frame {
        Some(frame) => {
            let view =
                performer.frame_view(frame as usize).ok_or_else(|| format!("there is no frame {frame}"))?;
            view.variable(&path.name).map(|variable| variable.value).ok_or_else(missing)
        }
        None => {
            let slot = linker.global_slot(&path.name).ok_or_else(missing)?;
            performer.machine.global(slot).ok_or_else(missing)
        }
    }
}

/// The value of a path, and the object and field that hold it.
#[optimize(size)]
fn value_at(
    performer: &Performer,
    linker: &vm::Linker,
    path: &ValuePath,
) -> Result<(arena::Value, Option<(arena::Value, usize)>), String> {
    let mut value = root_value(performer, linker, path)?;
    let mut held = None;
    for index in &path.parts {
        let part = vm::children(value, linker, *index as usize, 1).parts.pop();
        let part = part.ok_or("the value has changed and has no such part any more")?;
        (value, held) = (part.value, part.held);
    }
    Ok((value, held))
}

impl World {
    /// Sets the breakpoints in the code, now or once the cores are quiet.
    #[optimize(size)]
    pub(super) fn apply_breakpoints(&mut self) {
        let Some(Loaded { run: Some(run), arming, .. }) = &mut self.loaded else { return };
        let mut wanted = self.breakpoints.clone();
        wanted.extend(self.run_to.clone());
        if run.is_started() && !run.scheduler.is_quiet() {
            *arming = true;
            run.scheduler.pause();
        } else {
            run.stage.debugging.arm(&run.stage.linker(), &wanted);
        }
    }

    /// The cores are quiet, and only breakpoints were waited for: sets them, and lets the program go on.
    pub(super) fn finish_arming(&mut self) {
        self.apply_breakpoints();
        if let Some(Loaded { run: Some(run), arming, .. }) = &mut self.loaded {
            *arming = false;
            run.scheduler.resume();
        }
    }

    /// Runs until a line is reached, or something else stops.
    #[optimize(size)]
    pub(super) fn run_to(&mut self, file: String, line: u32) {
        self.run_to = Some(Breakpoint::on_line(file, line, true));
        self.apply_breakpoints();
        self.run();
    }

    /// The pause that an actor's stop is; the next one that waits is told when this one is left.
    pub(super) fn paused_by(&mut self, stop: Stop) -> RunStatus {
        if self.run_to.take().is_some() {
            self.apply_breakpoints();
        }
        RunStatus::Paused { actor: Some(ActorNumber(stop.number)), reason: stop.reason }
    }

    /// Asks the cores to come to rest. A step that is under way is given up at once: it is between two slices.
    #[optimize(size)]
    pub(super) fn pause(&mut self) {
        let Some(Loaded { run: Some(run), step, pause_wanted, .. }) = &mut self.loaded else { return };
        if let Some(address) = step.take() {
            // One that has ended meanwhile has no step to end.
            let _ended = run.scheduler.with_actor(address, Performer::end_step);
            let actor = run.scheduler.view(address.slot).map(|view| ActorNumber(view.number));
            return self.set_status(RunStatus::Paused { actor, reason: PauseReason::Requested });
        }
        if run.is_started() && self.status == RunStatus::Running {
            run.scheduler.pause();
            *pause_wanted = true;
        }
    }

    #[optimize(size)]
    pub(super) fn step(&mut self, actor: ActorNumber, kind: protocol::StepKind) {
        if self.status == RunStatus::Idle {
            // Stepping from the start: everything stands still before the first instruction.
            let Some(Loaded { run: Some(run), .. }) = &mut self.loaded else { return };
            run.scheduler.pause();
            if run.start().is_err() {
                return;
            }
        }
        let Some(Loaded { run: Some(run), step, .. }) = &mut self.loaded else { return };
        let Some(address) = run.actor(actor.0) else { return };
        let kind = match kind {
            protocol::StepKind::Instruction => StepKind::Instruction,
            protocol::StepKind::Into => StepKind::Into,
            protocol::StepKind::Over => StepKind::Over,
            protocol::StepKind::Out => StepKind::Out,
            protocol::StepKind::Message => StepKind::Message,
        };
        if run.scheduler.with_actor(address, |performer| performer.begin_step(kind)).is_err() {
            return;
        }
        if kind == StepKind::Message {
            // Somebody has to send it.
            run.scheduler.wake(address);
            run.scheduler.resume();
            return self.set_status(RunStatus::Running);
        }
        *step = Some(address);
        self.status = RunStatus::Running;
        self.continue_step();
    }

    /// Runs the stepping actor for a while on this thread.
    #[optimize(size)]
    pub(super) fn continue_step(&mut self) {
        let deadline_ms = (self.host.clock)() + STEP_MS_MAX;
        let Some(Loaded { run: Some(run), step, .. }) = &mut self.loaded else { return };
        let Some(address) = *step else { return };
        while (self.host.clock)() < deadline_ms {
            let over = match run.scheduler.run_one(address) {
                Ok(Step::Yield) => false,
                Ok(Step::Wait | Step::Done(())) | Err(Unavailable::Ended) => true,
                // The cores are not quiet yet: go on at the next poll.
                Err(Unavailable::Running) => return,
            };
            let stop = run.stage.debugging.take_stop();
            if over || stop.is_some() {
                *step = None;
                // It may be in a queue still and so count as ready; alone, with its end told, the run is over.
                let alone = run.scheduler.statistics().alive <= 1;
                if let Some(end) = run.main_end().filter(|_| alone && stop.is_none()) {
                    return self.set_status(status_of(RunEnd::Main(end)));
                }
                let status = match stop {
                    Some(stop) => self.paused_by(stop),
                    None => {
                        let actor = run.scheduler.view(address.slot).map(|view| ActorNumber(view.number));
                        RunStatus::Paused { actor, reason: PauseReason::Step }
                    }
                };
                return self.set_status(status);
            }
        }
        (self.host.notify)();
    }

    #[optimize(size)]
    pub(super) fn ask_debugger(&mut self, id: u32, actor: ActorNumber, question: &DebuggerQuestion) {
        let result = self.debugger_answer(actor, question);
        self.events.push(Event::DebuggerAnswered { id, result });
    }

    #[optimize(size)]
    fn debugger_answer(
        &mut self,
        actor: ActorNumber,
        question: &DebuggerQuestion,
    ) -> Result<DebuggerAnswer, String> {
        let nothing = "there is no program; load one first";
        let Some(Loaded { run: Some(run), .. }) = &mut self.loaded else { return Err(nothing.to_string()) };
        let address = run.actor(actor.0).ok_or_else(|| format!("there is no live actor {}", actor.0))?;
        if let DebuggerQuestion::Watch { watch, target: WatchTarget::Expression(source) } = question {
            let (watch, source) = (*watch, source.clone());
            return watch_expression(run, actor, watch, source);
        }
        let stage = run.stage.clone();
        let mut answer = Err("the actor is running; pause first".to_string());
        let looked = run.scheduler.with_actor(address, |performer| {
            answer = match question {
                DebuggerQuestion::Variables { frame } => variables(performer, *frame as usize),
                DebuggerQuestion::Globals => Ok(globals(performer)),
                DebuggerQuestion::Parts { path, first, count } => {
                    parts(performer, path, *first as usize, (*count).min(PARTS_MAX) as usize)
                }
                DebuggerQuestion::Watch { watch, target } => set_watch(performer, actor, *watch, target),
                DebuggerQuestion::Info => {
                    let linker = stage.linker();
                    let (events, states) = stage.debugging.history();
                    let rules = stage.debugging.rules();
                    let rows = stage.debugging.rows();
                    Ok(DebuggerAnswer::Info(Box::new(DebugInfo {
                        actor,
                        reductions: performer.machine.reductions(),
                        frames: inspect::frame_rows(&performer.machine, &linker, FRAMES_MAX).0,
                        bytecode: inspect::listing(&performer.machine, &linker),
                        dynamic: performer.machine.dynamic_entries(),
                        breakpoints: rules.rules.iter().cloned().zip(rows).collect(),
                        watches: stage.debugging.watches(),
                        events,
                        states,
                    })))
                }
            };
        });
        match looked {
            Err(Unavailable::Ended) => Err(format!("actor {} has ended", actor.0)),
            _ => answer,
        }
    }

    /// Ends a watch.
    #[optimize(size)]
    pub(super) fn unwatch(&mut self, watch: u32) {
        let Some(Loaded { run: Some(run), .. }) = &mut self.loaded else { return };
        if let Some(row) = run.stage.debugging.remove_watch(watch)
            && let Some(address) = run.actor(row.actor.0)
        {
            run.scheduler.inspect(address, move |performer| performer.unwatch(watch));
        }
    }
}

#[optimize(size)]
fn variables(performer: &Performer, frame: usize) -> Result<DebuggerAnswer, String> {
    let view = performer.frame_view(frame).ok_or_else(|| format!("the actor has no frame {frame}"))?;
    let linker = performer.stage().linker();
    let rows: Vec<ValueRow> = view
        .variables
        .iter()
        .map(|variable| value_row(variable.name.clone(), variable.value, &linker))
        .collect();
    Ok(DebuggerAnswer::Values { total: rows.len() as u32, rows })
}

#[optimize(size)]
fn globals(performer: &Performer) -> DebuggerAnswer {
    let linker = performer.stage().linker();
    let mut rows: Vec<ValueRow> = linker
        .defined_globals()
        .into_iter()
        .filter_map(|(slot, name)| {
            let value = performer.machine.global(slot)?;
            Some(value_row(name.to_string(), value, &linker))
        })
        .collect();
    let total = rows.len() as u32;
    rows.truncate(PARTS_MAX as usize);
    DebuggerAnswer::Values { rows, total }
}

#[optimize(size)]
fn parts(
    performer: &Performer,
    path: &ValuePath,
    first: usize,
    count: usize,
) -> Result<DebuggerAnswer, String> {
    let linker = performer.stage().linker();
    let (value, _) = value_at(performer, &linker, path)?;
    let children = vm::children(value, &linker, first, count);
    let rows = children.parts.into_iter().map(|part| value_row(part.label, part.value, &linker)).collect();
    Ok(DebuggerAnswer::Values { rows, total: children.count as u32 })
}

fn too_many() -> String {
    format!("there are {WATCHES_MAX} watches, as many as there may be; remove one first")
}

/// Watches a variable or a part of a value.
#[optimize(size)]
fn set_watch(
    performer: &mut Performer,
    actor: ActorNumber,
    watch: u32,
    target: &WatchTarget,
) -> Result<DebuggerAnswer, String> {
    let stage = performer.stage().clone();
    let linker = stage.linker();
    let path = match target {
        WatchTarget::Variable { frame, name } => {
            ValuePath { frame: *frame, name: name.clone(), parts: Vec::new() }
        }
        WatchTarget::Part(path) => path.clone(),
        WatchTarget::Expression(_) => return Err("an expression is evaluated to be watched".to_string()),
    };
    let (value, held) = value_at(performer, &linker, &path)?;
    let text = path.parts.iter().fold(path.name.clone(), |text, part| format!("{text}[{part}]"));
    let value = inspect::shown(value);
    let row = WatchRow { watch, actor, text, value: Some(value.clone()), hits: 0 };
    if !path.parts.is_empty() && held.is_none() {
        return Err("this part of the value cannot be watched; watch an expression instead".to_string());
    }
    if !stage.debugging.add_watch(row) {
        return Err(too_many());
    }
    performer.watch(watch, &path, held, &linker);
    Ok(DebuggerAnswer::Watching(value))
}

/// Watches an expression, whose value is looked at where lines begin.
#[optimize(size)]
fn watch_expression(
    run: &Run,
    actor: ActorNumber,
    watch: u32,
    source: String,
) -> Result<DebuggerAnswer, String> {
    let row = WatchRow { watch, actor, text: source.clone(), value: None, hits: 0 };
    if !run.stage.debugging.add_watch(row) {
        return Err(too_many());
    }
    let address = run.actor(actor.0).ok_or_else(|| format!("there is no live actor {}", actor.0))?;
    run.scheduler.inspect(address, move |performer| performer.watch_expression(watch, source));
    Ok(DebuggerAnswer::Watching(String::new()))
}
