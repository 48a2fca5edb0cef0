//! All that the page knows, changed by one pure reducer.
//!
//! 1. [`State::apply`] reads no clock, no storage and no document: the same actions give the same state.
//! 2. Large parts are shared, so that cloning a state for an action is cheap.
//! 3. `revision` moves when the text was replaced from outside the editor, and only then does the editor reload.
//! 4. A draft is named at the first edit after something was opened; opening never names one, so that it can
//!    overwrite nothing.

use std::rc::Rc;

use protocol::{
    ActorNumber, ActorRow, ActorSort, ActorWindow, AuditEntry, Breakpoint, CollectorFigures, DebugEvent,
    Event, FrameRow, HeapSummary, Location, PauseReason, PermissionQuestion, Problem, Profile, RunStatus,
    Settings, Severity, Snapshot, SourceText, Speed, Totals, Variant,
};

use crate::history::History;
use crate::output::Output;
use crate::picture::Shot;
use crate::report::TestReport;
use crate::view::{Dialog, Drawer, Notice, NoticeKind, Pane, ReplEntry, Tab, Theme, Watched};

/// Problems kept in the list.
const PROBLEMS_MAX: usize = 500;
/// Questions kept in the REPL.
const REPL_MAX: usize = 200;
/// Decisions that are kept.
const AUDIT_MAX: usize = 500;
/// What the debugger noted, kept.
const NOTED_KEPT: usize = 300;
/// Snapshots of heaps of which is kept what they tell.
const HEAP_SNAPSHOTS_MAX: usize = 8;
/// Rows asked for before the table has told its size.
pub const WINDOW_ROWS: u32 = 48;

/// Where the program on the screen comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing was opened.
    Empty,
    /// A draft of this browser.
    Draft(String),
    /// An example, by file name.
    Example(String),
    /// A share link.
    Link,
}

/// The machine behind the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// Not answered yet.
    Starting,
    /// Takes commands.
    Ready {
        /// Threads or single thread.
        variant: Variant,
        /// Cores it can use.
        cores: u16,
        /// Most bytes that its memory can grow to.
        memory_bytes_max: u64,
    },
}

/// A program with all that goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// Where from.
    pub origin: Origin,
    /// Source texts; the first is the main program.
    pub files: Vec<SourceText>,
    /// Limits, cores, seed.
    pub settings: Settings,
    /// How fast it runs.
    pub speed: Speed,
    /// Breakpoints.
    pub breakpoints: Vec<Breakpoint>,
}

/// The same program under several policies of the collector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Policy and what came of it, in order.
    pub rows: Vec<(String, Result<CollectorFigures, String>)>,
    /// The measurement that goes on: its id and its policy.
    pub under_way: Option<(u32, String)>,
    /// Policies that wait.
    pub left: usize,
}

/// All that the page knows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Source texts; the first is the main program.
    pub files: Rc<Vec<SourceText>>,
    /// The file in the editor.
    pub file: usize,
    /// Where they come from.
    pub origin: Origin,
    /// See invariant 3.
    pub revision: u32,
    /// Counts edits; saving follows it.
    pub edits: u32,
    /// Breakpoints of all files.
    pub breakpoints: Rc<Vec<Breakpoint>>,
    /// Limits, cores, seed.
    pub settings: Settings,
    /// How fast actors run.
    pub speed: Speed,
    /// The machine.
    pub engine: EngineState,
    /// State of the run.
    pub status: RunStatus,
    /// The latest picture.
    pub snapshot: Rc<Snapshot>,
    /// The newest picture of the selected actor's heap.
    pub heap: Option<Shot>,
    /// An earlier one to compare it with.
    pub heap_before: Option<Shot>,
    /// The last snapshots of heaps that were taken, the newest first.
    pub heap_snapshots: Rc<Vec<Rc<HeapSummary>>>,
    /// Why the last one could not be taken.
    pub heap_snapshot_failed: Option<String>,
    /// What came before the snapshot.
    pub history: Rc<History>,
    /// Where reductions went, as far as it was noted.
    pub profile: Rc<Profile>,
    /// Moves when that does.
    pub profile_version: u64,
    /// Reductions between two samples; 0 while nothing is noted.
    pub profiling: u32,
    /// Policies of the collector that the engine knows, the default first.
    pub collectors: Rc<Vec<protocol::NamedCollector>>,
    /// The same program under several policies of the collector.
    pub comparison: Rc<Comparison>,
    /// What actors wrote.
    pub output: Rc<Output>,
    /// Problems of this run.
    pub problems: Rc<Vec<Problem>>,
    /// Problems of this run that are not kept.
    pub problems_more: u32,
    /// What came of this run's tests.
    pub tests: Rc<TestReport>,
    /// Moves when files do.
    pub files_version: u64,
    /// What the debugger noted in this run, oldest first.
    pub noted: Rc<Vec<DebugEvent>>,
    /// The breakpoint that is being edited: file and line.
    pub edited_point: Option<(String, u32)>,
    /// What the person watches.
    pub watched: Rc<Vec<Watched>>,
    /// What programs wait for a person to decide.
    pub questions: Rc<Vec<PermissionQuestion>>,
    /// Decisions about capabilities in this run, oldest first.
    pub audit: Rc<Vec<AuditEntry>>,
    /// Decisions that are not kept.
    pub audit_dropped: u64,
    /// Questions and answers.
    pub repl: Rc<Vec<ReplEntry>>,
    /// The actor that all views show.
    pub selected: Option<ActorNumber>,
    /// The frame of it, 0 is the innermost.
    pub frame: usize,
    /// Rows of the actor table.
    pub window: ActorWindow,
    /// The view on the right.
    pub tab: Tab,
    /// The view below.
    pub drawer: Drawer,
    /// The pane on a phone.
    pub pane: Pane,
    /// What covers the page.
    pub dialog: Option<Dialog>,
    /// Light, dark or as the system.
    pub theme: Theme,
    /// Messages at the top.
    pub notices: Rc<Vec<Notice>>,
    /// For screen readers.
    pub announcement: Rc<str>,
    /// Moves when the editor shall scroll to the current line.
    pub attention: u32,
}

/// Everything that can happen to a [`State`].
#[derive(Clone, Debug)]
pub enum Action {
    /// Messages from the engine, in order.
    Events(Vec<Event>),
    /// A picture from the engine.
    Snapshot(Rc<Snapshot>),
    /// A picture of the selected actor's heap.
    Picture(Shot),
    /// Keep the picture that there is, to compare the next ones with it; or no longer.
    KeepHeap(bool),
    /// A snapshot of a heap was taken, or why it was not.
    HeapTaken(Result<Rc<HeapSummary>, String>),
    /// What is known of a comparison of policies.
    Compare(Rc<Comparison>),
    /// The engine was replaced; says why.
    EngineRestarted(String),
    /// The text of a file, with the name that a new draft would get.
    Edited {
        /// Index of the file.
        file: usize,
        /// Its whole text.
        text: String,
        /// Used when the program is not a draft yet.
        draft: String,
    },
    /// Something was opened.
    Open(Opened),
    /// Show another file.
    ShowFile(usize),
    /// Add an empty file of this name; ignored when the name is taken.
    AddFile(String),
    /// Remove a file that is not the main program.
    RemoveFile(usize),
    /// All breakpoints.
    SetBreakpoints(Vec<Breakpoint>),
    /// Show what is to happen at a breakpoint, by file and line.
    EditBreakpoint(String, u32),
    /// All that is watched.
    SetWatched(Vec<Watched>),
    /// The program was sent to the engine: a new run.
    Loaded,
    /// Select an actor in all views, or let go.
    Select(Option<ActorNumber>),
    /// Select a frame.
    SelectFrame(usize),
    /// Sort by a column; again turns it round.
    Sort(ActorSort),
    /// Rows that are in sight.
    Window {
        /// First row.
        first: u32,
        /// Number of rows.
        count: u32,
    },
    /// Show a view.
    ShowTab(Tab),
    /// Show a view below.
    ShowDrawer(Drawer),
    /// Show a pane, on a phone.
    ShowPane(Pane),
    /// Open or close what covers the page.
    ShowDialog(Option<Dialog>),
    /// New limits, cores or seed.
    SetSettings(Settings),
    /// New speed.
    SetSpeed(Speed),
    /// Reductions between two samples; 0 is none.
    SetProfiling(u32),
    /// New theme.
    SetTheme(Theme),
    /// Say something.
    Notify(Notice),
    /// Take the notice at this index away.
    Dismiss(usize),
    /// A question was asked.
    Asked {
        /// Its id.
        id: u32,
        /// Who is asked; `None` for a world of its own.
        actor: Option<ActorNumber>,
        /// Its text.
        source: String,
    },
    /// Files have changed; a problem comes along.
    FilesChanged(Option<String>),
    /// A question of this id was answered.
    Decided(u64),
    /// Forget what was written.
    ClearOutput,
}

/// A snapshot of nothing.
pub fn empty_snapshot() -> Snapshot {
    Snapshot {
        status: RunStatus::Idle,
        elapsed_ms: 0.0,
        totals: Totals::default(),
        actors: Vec::new(),
        actors_first: 0,
        actors_total: 0,
        selected: None,
        cores: Vec::new(),
        collections: Vec::new(),
        collections_dropped: 0,
        breakpoints: Vec::new(),
    }
}

impl State {
    /// The state before anything happened.
    pub fn new(opened: Opened, theme: Theme, notices: Vec<Notice>) -> State {
        State {
            files: Rc::new(opened.files),
            file: 0,
            origin: opened.origin,
            revision: 0,
            edits: 0,
            breakpoints: Rc::new(opened.breakpoints),
            settings: opened.settings,
            speed: opened.speed,
            engine: EngineState::Starting,
            status: RunStatus::Idle,
            snapshot: Rc::new(empty_snapshot()),
            heap: None,
            heap_before: None,
            heap_snapshots: Rc::default(),
            heap_snapshot_failed: None,
            history: Rc::default(),
            profile: Rc::default(),
            profile_version: 0,
            profiling: 0,
            collectors: Rc::default(),
            comparison: Rc::default(),
            output: Rc::default(),
            problems: Rc::default(),
            problems_more: 0,
            tests: Rc::default(),
            files_version: 0,
            noted: Rc::default(),
            edited_point: None,
            watched: Rc::default(),
            questions: Rc::default(),
            audit: Rc::default(),
            audit_dropped: 0,
            repl: Rc::default(),
            selected: None,
            frame: 0,
            window: ActorWindow { sort: ActorSort::Number, descending: false, first: 0, count: WINDOW_ROWS },
            tab: Tab::Actors,
            drawer: Drawer::Output,
            pane: Pane::Code,
            dialog: None,
            theme,
            notices: Rc::new(notices),
            announcement: Rc::from(""),
            attention: 0,
        }
    }

    /// Actors run now.
    pub fn is_running(&self) -> bool {
        self.status == RunStatus::Running
    }

    /// Actors stand still and can go on.
    pub fn is_paused(&self) -> bool {
        matches!(self.status, RunStatus::Paused { .. })
    }

    /// There is something to stop.
    pub fn is_live(&self) -> bool {
        self.is_running() || self.is_paused() || matches!(self.status, RunStatus::Deadlock { .. })
    }

    /// The row of an actor, if the latest picture has it.
    pub fn row(&self, actor: ActorNumber) -> Option<&ActorRow> {
        let selected =
            self.snapshot.selected.as_ref().map(|detail| &detail.row).filter(|row| row.actor == actor);
        selected.or_else(|| self.snapshot.actors.iter().find(|row| row.actor == actor))
    }

    /// The actor that a step moves: the one that paused, else the selected one, else the main actor.
    pub fn stepped_actor(&self) -> ActorNumber {
        let paused = match self.status {
            RunStatus::Paused { actor, .. } => actor,
            _ => None,
        };
        self.selected.or(paused).unwrap_or(ActorNumber(1))
    }

    /// The selected frame of the selected actor.
    pub fn selected_frame(&self) -> Option<&FrameRow> {
        let detail =
            self.snapshot.selected.as_ref().filter(|detail| Some(detail.row.actor) == self.selected)?;
        detail.frames.get(self.frame).or_else(|| detail.frames.first())
    }

    /// File and line to mark in the editor: where the selected frame stands while nothing moves.
    pub fn current_place(&self) -> Option<(&str, u32)> {
        if self.is_running()
            || self.status == RunStatus::Idle
            || matches!(self.status, RunStatus::Ended { result: Ok(_) })
        {
            return None;
        }
        if let Some(location) = self.selected_frame().and_then(|frame| frame.location.as_ref()) {
            return Some((&location.file, location.line));
        }
        match &self.status {
            RunStatus::Paused { reason: PauseReason::Breakpoint { file, line }, .. } => Some((file, *line)),
            _ => None,
        }
    }

    /// Problems that lie in a file.
    pub fn problems_in<'a>(&'a self, file: &'a str) -> impl Iterator<Item = (&'a Problem, &'a Location)> {
        self.problems.iter().filter_map(move |problem| {
            let location = problem.location.as_ref().filter(|location| location.file == file)?;
            Some((problem, location))
        })
    }

    /// Name of the file in the editor.
    pub fn file_name(&self) -> &str {
        self.files.get(self.file).map_or("", |file| &file.name)
    }

    /// Takes in what happened.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::Events(events) => events.into_iter().for_each(|event| self.apply_event(event)),
            Action::Snapshot(snapshot) => self.apply_snapshot(snapshot),
            Action::Picture(shot) => self.heap = Some(shot),
            Action::KeepHeap(keep) => self.heap_before = self.heap.clone().filter(|_| keep),
            Action::HeapTaken(taken) => self.take_heap(taken),
            Action::Compare(comparison) => self.comparison = comparison,
            Action::EngineRestarted(reason) => self.restart(&reason),
            Action::Edited { file, text, draft } => self.edit(file, text, draft),
            Action::Open(opened) => self.open(opened),
            Action::ShowFile(file) if file < self.files.len() => self.file = file,
            Action::AddFile(name) => self.add_file(name),
            Action::RemoveFile(file) if file > 0 && file < self.files.len() => {
                let name = Rc::make_mut(&mut self.files).remove(file).name;
                Rc::make_mut(&mut self.breakpoints).retain(|point| !point.is_in(&name));
                self.file = self.file.min(self.files.len() - 1);
                self.edits += 1;
                self.revision += 1;
            }
            Action::ShowFile(_) | Action::RemoveFile(_) => {}
            Action::SetBreakpoints(points) => {
                if *self.breakpoints != points {
                    self.breakpoints = Rc::new(points);
                    self.edits += 1;
                }
            }
            Action::EditBreakpoint(file, line) => {
                self.edited_point = Some((file, line));
                self.tab = Tab::Debugger;
            }
            Action::SetWatched(watched) => self.watched = Rc::new(watched),
            Action::Loaded => self.begin_run(),
            Action::Select(actor) => {
                self.frame = 0;
                self.selected = actor;
            }
            Action::SelectFrame(frame) => {
                self.frame = frame;
                self.attention += 1;
            }
            Action::Sort(sort) => {
                let same = self.window.sort == sort;
                self.window.descending = if same { !self.window.descending } else { sorts_down_first(sort) };
                self.window.sort = sort;
                self.window.first = 0;
            }
            Action::Window { first, count } => {
                self.window.first = first;
                self.window.count = count.min(500);
            }
            Action::ShowTab(tab) => self.tab = tab,
            Action::ShowDrawer(drawer) => self.drawer = drawer,
            Action::ShowPane(pane) => self.pane = pane,
            Action::ShowDialog(dialog) => self.dialog = dialog,
            Action::SetSettings(settings) => {
                self.settings = settings;
                self.edits += 1;
            }
            Action::SetSpeed(speed) => {
                self.speed = speed;
                self.edits += 1;
            }
            Action::SetProfiling(interval) => self.profiling = interval,
            Action::SetTheme(theme) => self.theme = theme,
            Action::Notify(notice) => self.notify(notice),
            Action::Dismiss(index) if index < self.notices.len() => {
                Rc::make_mut(&mut self.notices).remove(index);
            }
            Action::Dismiss(_) => {}
            Action::Asked { id, actor, source } => {
                let repl = Rc::make_mut(&mut self.repl);
                repl.push(ReplEntry { id, actor, source, answer: None });
                if repl.len() > REPL_MAX {
                    repl.remove(0);
                }
            }
            Action::FilesChanged(problem) => {
                self.files_version += 1;
                if let Some(text) = problem {
                    self.notify(Notice::new(NoticeKind::Error, &text));
                }
            }
            Action::Decided(id) => self.forget_question(id),
            Action::ClearOutput => self.output = Rc::default(),
        }
    }

    fn apply_event(&mut self, event: Event) {
        match event {
            Event::Ready { version, variant, cores, memory_bytes_max, collectors } => {
                self.collectors = Rc::new(collectors);
                self.engine = EngineState::Ready { variant, cores, memory_bytes_max };
                if version != protocol::VERSION {
                    self.notify(Notice::new(
                        NoticeKind::Error,
                        "The page and its engine are of different releases. Reload the page to get both from the newest.",
                    ));
                }
            }
            Event::Status(status) => self.set_status(status),
            Event::Output { actor, text } => Rc::make_mut(&mut self.output).push(actor, &text),
            Event::Problem(problem) => {
                if self.problems.len() < PROBLEMS_MAX {
                    self.announce(&format!("Problem: {}", problem.message));
                    // What goes wrong while others write must not take the output away.
                    if problem.severity == Severity::Error && !self.is_running() && self.output.is_empty() {
                        self.drawer = Drawer::Problems;
                    }
                    Rc::make_mut(&mut self.problems).push(problem);
                } else {
                    self.problems_more += 1;
                }
            }
            Event::Tests(rows) => {
                if self.tests.is_empty() && self.drawer == Drawer::Output {
                    self.drawer = Drawer::Tests;
                }
                Rc::make_mut(&mut self.tests).add(rows);
            }
            Event::Evaluated { id, result } => {
                if let Some(entry) = Rc::make_mut(&mut self.repl).iter_mut().find(|entry| entry.id == id) {
                    entry.answer = Some(result);
                }
            }
            // Answered where they arrive.
            Event::HostRequest(_) => {}
            Event::PermissionQuestion(question) => {
                self.announce("A program asks for permission");
                Rc::make_mut(&mut self.questions).push(question);
            }
            Event::QuestionWithdrawn { id } => self.forget_question(id),
            Event::Audit { entries, dropped } => {
                let audit = Rc::make_mut(&mut self.audit);
                audit.extend(entries);
                let over = audit.len().saturating_sub(AUDIT_MAX);
                audit.drain(..over);
                self.audit_dropped += dropped + over as u64;
            }
            // Who asked has been told.
            Event::HeapAnswered { .. } | Event::DebuggerAnswered { .. } => {}
            Event::Debug(events) => {
                let noted = Rc::make_mut(&mut self.noted);
                noted.extend(events);
                let more = noted.len().saturating_sub(NOTED_KEPT);
                noted.drain(..more);
            }
            Event::Profile(profile) => self.set_profile(Rc::from(profile)),
            Event::Snapshot(snapshot) => self.apply_snapshot(Rc::from(snapshot)),
            // Read where they arrive: only there is the one before.
            Event::Picture(_) => {}
            Event::EngineFailed { reason } => {
                self.notify(Notice::new(NoticeKind::Error, &format!("The engine failed: {reason}")));
            }
        }
    }

    fn set_profile(&mut self, profile: Rc<Profile>) {
        self.profile = profile;
        self.profile_version += 1;
    }

    fn apply_snapshot(&mut self, snapshot: Rc<Snapshot>) {
        if snapshot.status != self.status {
            self.set_status(snapshot.status.clone());
        }
        if self.selected.is_none() && snapshot.actors_total > 0 && self.snapshot.actors_total == 0 {
            self.selected = Some(ActorNumber(1));
        }
        Rc::make_mut(&mut self.history).push(&snapshot);
        self.snapshot = snapshot;
    }

    fn set_status(&mut self, status: RunStatus) {
        if self.status == status {
            return;
        }
        match &status {
            RunStatus::Paused { actor, reason } => {
                if actor.is_some() {
                    self.selected = *actor;
                }
                self.frame = 0;
                self.attention += 1;
                match reason {
                    PauseReason::Breakpoint { file, line } => {
                        self.tab = Tab::Debugger;
                        self.announce(&format!("Paused at a breakpoint, {file} line {line}"));
                    }
                    PauseReason::Event(what) => {
                        self.tab = Tab::Debugger;
                        self.announce(&format!("Paused: {what}"));
                    }
                    PauseReason::Watch { text, old, new, .. } => {
                        self.tab = Tab::Debugger;
                        let new = new.as_deref().unwrap_or("gone");
                        self.announce(&format!("{text} changed from {old} to {new}"));
                    }
                    PauseReason::Step => self.announce("Step done"),
                    PauseReason::Requested => self.announce("Paused"),
                }
            }
            RunStatus::Deadlock { waiting } => {
                self.announce("Deadlock: every actor waits and nothing is pending");
                if let Some(first) = waiting.first() {
                    self.selected = Some(*first);
                }
                self.frame = 0;
                self.attention += 1;
            }
            RunStatus::Ended { result: Ok(_) } => self.announce("The run is over"),
            RunStatus::Ended { result: Err(error) } => {
                let text = format!("The run failed: {error}");
                self.announce(&text);
                if !self.problems.is_empty() && self.output.is_empty() {
                    self.drawer = Drawer::Problems;
                }
            }
            RunStatus::Stopped => self.announce("Stopped"),
            RunStatus::Idle | RunStatus::Running => {}
        }
        self.status = status;
    }

    fn restart(&mut self, reason: &str) {
        self.questions = Rc::default();
        self.engine = EngineState::Starting;
        self.status = RunStatus::Stopped;
        let unanswered = Rc::make_mut(&mut self.repl).iter_mut().filter(|entry| entry.answer.is_none());
        unanswered.for_each(|entry| entry.answer = Some(Err("the engine was restarted".to_owned())));
        let text = format!(
            "The engine was restarted: {reason}. The program in the editor is untouched; Run starts it anew."
        );
        self.notify(Notice::new(NoticeKind::Warning, &text));
    }

    fn edit(&mut self, file: usize, text: String, draft: String) {
        let Some(old) = self.files.get(file) else { return };
        if old.text == text {
            return;
        }
        Rc::make_mut(&mut self.files)[file].text = text;
        self.edits += 1;
        if !matches!(self.origin, Origin::Draft(_)) {
            self.origin = Origin::Draft(draft);
        }
    }

    fn open(&mut self, opened: Opened) {
        self.files = Rc::new(opened.files);
        self.origin = opened.origin;
        self.settings = opened.settings;
        self.speed = opened.speed;
        self.breakpoints = Rc::new(opened.breakpoints);
        self.file = 0;
        self.revision += 1;
        self.begin_run();
        self.status = RunStatus::Idle;
    }

    fn add_file(&mut self, name: String) {
        if name.is_empty() || self.files.iter().any(|file| file.name == name) {
            return;
        }
        Rc::make_mut(&mut self.files).push(SourceText { name, text: String::new() });
        self.file = self.files.len() - 1;
        self.edits += 1;
    }

    fn take_heap(&mut self, taken: Result<Rc<HeapSummary>, String>) {
        self.heap_snapshot_failed = taken.as_ref().err().cloned();
        if let Ok(snapshot) = taken {
            let all = Rc::make_mut(&mut self.heap_snapshots);
            all.insert(0, snapshot);
            all.truncate(HEAP_SNAPSHOTS_MAX);
        }
    }

    fn begin_run(&mut self) {
        self.snapshot = Rc::new(empty_snapshot());
        self.heap = None;
        self.heap_before = None;
        self.heap_snapshots = Rc::default();
        self.heap_snapshot_failed = None;
        self.history = Rc::default();
        self.set_profile(Rc::default());
        self.output = Rc::default();
        self.problems = Rc::default();
        self.problems_more = 0;
        self.tests = Rc::default();
        self.questions = Rc::default();
        self.audit = Rc::default();
        self.audit_dropped = 0;
        self.noted = Rc::default();
        // The engine's watches went with the run; what was a part of a value has gone.
        let watched = Rc::make_mut(&mut self.watched);
        watched.retain(|one| one.is_expression);
        watched.iter_mut().for_each(|one| one.stops = None);
        self.selected = None;
        self.frame = 0;
        self.window.first = 0;
        if matches!(self.drawer, Drawer::Problems | Drawer::Tests) {
            self.drawer = Drawer::Output;
        }
    }

    fn forget_question(&mut self, id: u64) {
        Rc::make_mut(&mut self.questions).retain(|question| question.id != id);
    }

    fn notify(&mut self, notice: Notice) {
        self.announce(&notice.text);
        let notices = Rc::make_mut(&mut self.notices);
        notices.retain(|old| old.text != notice.text);
        notices.push(notice);
    }

    fn announce(&mut self, text: &str) {
        self.announcement = Rc::from(text);
    }
}

/// Columns of amounts show the largest first.
fn sorts_down_first(sort: ActorSort) -> bool {
    matches!(sort, ActorSort::Mailbox | ActorSort::Heap | ActorSort::Reductions)
}

impl yew::Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = (*self).clone();
        next.apply(action);
        Rc::new(next)
    }
}

#[cfg(test)]
mod tests;
