//! Events: what an engine tells the interface.

use serde::{Deserialize, Serialize};

use crate::{
    ActorNumber, AuditEntry, DebugEvent, DebuggerAnswer, ErrorContext, HeapAnswer, HostRequest,
    NamedCollector, PermissionQuestion, Profile, Snapshot,
};

/// Something that happened in the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The engine is up.
    Ready {
        /// [`crate::VERSION`] of the engine.
        version: u32,
        /// Threads or single thread.
        variant: Variant,
        /// Cores it can use.
        cores: u16,
        /// Most bytes that its memory can grow to.
        memory_bytes_max: u64,
        /// Policies of the collector, the default first.
        collectors: Vec<NamedCollector>,
    },
    /// The run changed state.
    Status(RunStatus),
    /// Text written by an actor; each write arrives whole.
    Output {
        /// Who wrote.
        actor: ActorNumber,
        /// What.
        text: String,
    },
    /// An error or a warning to show in the problems list.
    Problem(Problem),
    /// What came of tests (SRFI 64), in order.
    Tests(Vec<TestRow>),
    /// The answer to [`crate::Command::Evaluate`] or [`crate::Command::EvaluateInActor`].
    Evaluated {
        /// The request's id.
        id: u32,
        /// The value, or the error's text.
        result: Result<Evaluation, String>,
    },
    /// The host is to do something; answered by [`crate::Command::AnswerHost`].
    HostRequest(HostRequest),
    /// The person at the page is to decide; answered by [`crate::Command::AnswerPermission`].
    PermissionQuestion(PermissionQuestion),
    /// A question needs no answer any more: the run was stopped, the actor has ended, or another answer covers it.
    QuestionWithdrawn {
        /// The question's id.
        id: u64,
    },
    /// Decisions about capabilities since the last such event, in order.
    Audit {
        /// The decisions.
        entries: Vec<AuditEntry>,
        /// How many more there were.
        dropped: u64,
    },
    /// The answer to [`crate::Command::AskHeap`], [`crate::Command::StepCollector`] and
    /// [`crate::Command::MeasureCollector`].
    HeapAnswered {
        /// The request's id.
        id: u32,
        /// What was asked, or why there is no answer.
        result: Result<HeapAnswer, String>,
    },
    /// The answer to [`crate::Command::AskDebugger`].
    DebuggerAnswered {
        /// The request's id.
        id: u32,
        /// What was asked, or why there is no answer.
        result: Result<DebuggerAnswer, String>,
    },
    /// What the debugger noted since the last such event, in order.
    Debug(Vec<DebugEvent>),
    /// A picture of the world.
    Snapshot(Box<Snapshot>),
    /// A picture of the selected actor's heap, as bytes for [`crate::Picture::read`].
    Picture(#[serde(with = "crate::bytes")] Vec<u8>),
    /// The answer to [`crate::Command::AskProfile`].
    Profile(Box<Profile>),
    /// The engine met a trap or was restarted; the page keeps the editor. Says what happened.
    EngineFailed {
        /// Cause in plain words.
        reason: String,
    },
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRow {
    /// Who ran it.
    pub actor: ActorNumber,
    /// What came of it.
    pub outcome: TestOutcome,
    /// Its groups and its name, ` / ` between them; may be empty.
    pub title: String,
    /// If it was a surprise: the form, what was expected and what came, a line each.
    pub detail: String,
    /// Where it stands.
    pub location: Option<Location>,
}

/// Kinds of results, as in SRFI 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestOutcome {
    /// Passed.
    Pass,
    /// Failed.
    Fail,
    /// Failed, as was expected.
    ExpectedFail,
    /// Passed, although it was expected to fail.
    UnexpectedPass,
    /// Not run.
    Skip,
}

impl TestOutcome {
    /// Somebody has to look.
    pub fn is_bad(self) -> bool {
        matches!(self, TestOutcome::Fail | TestOutcome::UnexpectedPass)
    }
}

/// Which build of the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Variant {
    /// Shared memory and one worker a core.
    Threads,
    /// One worker, cooperative.
    SingleThread,
}

/// What `evaluate` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The last value as `write` prints it.
    pub value: String,
    /// Everything that was written.
    pub output: String,
    /// Source text in to value out, as the engine measured it.
    pub milliseconds: f64,
}

/// State of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStatus {
    /// Nothing loaded, or loaded and not started.
    Idle,
    /// Actors run.
    Running,
    /// All actors stand still; virtual time too.
    Paused {
        /// The actor that caused it, if one did.
        actor: Option<ActorNumber>,
        /// Why.
        reason: PauseReason,
    },
    /// All actors wait and nothing is pending.
    Deadlock {
        /// Actors that wait, at most 100.
        waiting: Vec<ActorNumber>,
    },
    /// The run is over.
    Ended {
        /// The main actor's value as `write` prints it, or the error's text.
        result: Result<String, String>,
    },
    /// Ended by the user; the state can be inspected.
    Stopped,
}

/// Why actors stand still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PauseReason {
    /// Asked for.
    Requested,
    /// A breakpoint.
    Breakpoint {
        /// File name.
        file: String,
        /// Line, from 1.
        line: u32,
    },
    /// A step is complete.
    Step,
    /// The actor is about to do something, or has just done it: as [`crate::BreakpointAt::text`] says it.
    Event(String),
    /// What was watched has changed, or is gone.
    Watch {
        /// Which watch.
        watch: u32,
        /// What is watched.
        text: String,
        /// The value before.
        old: String,
        /// The value now.
        new: Option<String>,
    },
}

/// An entry of the problems list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// What happened, with the values.
    pub message: String,
    /// Where, if known.
    pub location: Option<Location>,
    /// What to do, if known.
    pub suggestion: Option<String>,
    /// Whose, for run-time errors.
    pub actor: Option<ActorNumber>,
    /// Calls that led here, innermost first.
    pub trace: Vec<TraceLine>,
    /// What else is known of a run-time error.
    pub context: Option<Box<ErrorContext>>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// The program or an actor ended.
    Error,
    /// Worth a look.
    Warning,
}

/// A place in a source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// File name.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// First byte in the text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One call of a stack trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLine {
    /// Procedure name; empty for one without a name.
    pub procedure: String,
    /// Its arguments as `write` shows them, each cut, with a space before each; `None` for the program's top level.
    pub arguments: Option<String>,
    /// Where it stands.
    pub location: Option<Location>,
}

impl TraceLine {
    /// The call as people read it, `(name argument ...)`; `None` for the top level.
    pub fn call(&self) -> Option<String> {
        let arguments = self.arguments.as_ref()?;
        let name = if self.procedure.is_empty() { "(lambda ...)" } else { &self.procedure };
        Some(format!("({name}{arguments})"))
    }
}
