//! The debugger: where to stop, what to watch, and what it tells.

use serde::{Deserialize, Serialize};

use crate::{ActorNumber, FrameRow, Listing, Location};

/// A breakpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakpoint {
    /// Where it is.
    pub at: BreakpointAt,
    /// Off means: kept, and counted, but does not stop.
    pub enabled: bool,
    /// A Scheme expression: only where it is true. Empty is always.
    pub condition: String,
    /// So many times it is passed before it stops.
    pub after: u32,
    /// Instead of stopping, this text is logged, with the value of each `{expression}` in it. Empty is to stop.
    pub log: String,
}

/// Where a breakpoint is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BreakpointAt {
    /// On a line, or the next one below that has code.
    Line {
        /// File name as in [`crate::SourceText::name`].
        file: String,
        /// Line, from 1.
        line: u32,
    },
    /// At an offset in bytecode.
    Offset {
        /// Name of the procedure; empty for the program's body.
        procedure: String,
        /// Bytes from its start.
        offset: u32,
    },
    /// Where procedures of this name begin.
    Procedure(String),
    /// Before a message is sent.
    Send,
    /// Before a message that `receive` waited for is taken.
    Receive,
    /// Before an actor is made.
    Spawn,
    /// Before an actor ends.
    Exit,
    /// When something is raised.
    Raise,
    /// When something is raised that nobody handles.
    Uncaught,
    /// Before a capability is used.
    Capability,
    /// After a collection.
    Collection,
}

impl BreakpointAt {
    /// Those that are about what actors do and not about a place.
    pub const EVENTS: [BreakpointAt; 8] = [
        BreakpointAt::Send,
        BreakpointAt::Receive,
        BreakpointAt::Spawn,
        BreakpointAt::Exit,
        BreakpointAt::Raise,
        BreakpointAt::Uncaught,
        BreakpointAt::Capability,
        BreakpointAt::Collection,
    ];

    /// As people read and type it: `main.scm:3`, `procedure fib`, `offset fib 12`, `send`.
    pub fn text(&self) -> String {
        match self {
            BreakpointAt::Line { file, line } => format!("{file}:{line}"),
            BreakpointAt::Offset { procedure, offset } => format!("offset {procedure} {offset}"),
            BreakpointAt::Procedure(name) => format!("procedure {name}"),
            event => event.event_name().to_string(),
        }
    }

    /// What [`BreakpointAt::text`] has written; `None` if it is nothing of that.
    pub fn parse(text: &str) -> Option<BreakpointAt> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("procedure ") {
            return Some(BreakpointAt::Procedure(name.trim().to_string()));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            ["offset", offset] => {
                return Some(BreakpointAt::Offset { procedure: String::new(), offset: offset.parse().ok()? });
            }
            ["offset", procedure, offset] => {
                return Some(BreakpointAt::Offset {
                    procedure: procedure.to_string(),
                    offset: offset.parse().ok()?,
                });
            }
            _ => {}
        }
        if let Some(event) = BreakpointAt::EVENTS.into_iter().find(|event| event.event_name() == text) {
            return Some(event);
        }
        let (file, line) = text.rsplit_once(':')?;
        let line = line.parse().ok().filter(|line| *line > 0)?;
        (!file.is_empty()).then(|| BreakpointAt::Line { file: file.to_string(), line })
    }

    fn event_name(&self) -> &'static str {
        match self {
            BreakpointAt::Line { .. } | BreakpointAt::Offset { .. } | BreakpointAt::Procedure(_) => "",
            BreakpointAt::Send => "send",
            BreakpointAt::Receive => "receive",
            BreakpointAt::Spawn => "spawn",
            BreakpointAt::Exit => "exit",
            BreakpointAt::Raise => "raise",
            BreakpointAt::Uncaught => "uncaught",
            BreakpointAt::Capability => "capability",
            BreakpointAt::Collection => "collection",
        }
    }
}

impl Breakpoint {
    /// One that always stops.
    pub fn new(at: BreakpointAt) -> Breakpoint {
        Breakpoint { at, enabled: true, condition: String::new(), after: 0, log: String::new() }
    }

    /// One on a line.
    pub fn on_line(file: impl Into<String>, line: u32, enabled: bool) -> Breakpoint {
        Breakpoint { enabled, ..Breakpoint::new(BreakpointAt::Line { file: file.into(), line }) }
    }

    /// File and line, if it is on a line.
    pub fn line(&self) -> Option<(&str, u32)> {
        match &self.at {
            BreakpointAt::Line { file, line } => Some((file, *line)),
            _ => None,
        }
    }

    /// It is in this file.
    pub fn is_in(&self, file: &str) -> bool {
        self.line().is_some_and(|(known, _)| known == file)
    }
}

/// What became of a breakpoint, in the order of [`crate::Command::SetBreakpoints`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakpointRow {
    /// There is such code.
    pub bound: bool,
    /// The line that it is on: the next one with code.
    pub line: Option<u32>,
    /// Times it was reached, and its condition held.
    pub hits: u64,
}

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WatchTarget {
    /// A variable of a frame, or a global one.
    Variable {
        /// Frame, the innermost is 0; `None` for a global variable.
        frame: Option<u32>,
        /// Its name.
        name: String,
    },
    /// A part of a value: an element of a vector, a field of a record or a pair, what a box holds.
    Part(ValuePath),
    /// The value of an expression, looked at where a line begins.
    Expression(String),
}

/// A value within an actor: where to begin, and which part of a part to take.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ValuePath {
    /// Frame of the variable, the innermost is 0; `None` for a global variable.
    pub frame: Option<u32>,
    /// Name of the variable.
    pub name: String,
    /// Parts, from the outside in, by their places.
    pub parts: Vec<u32>,
}

/// A value that can be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueRow {
    /// Name of a variable or a field, an index, or a key.
    pub label: String,
    /// As `write` prints it, cut at 200 characters.
    pub text: String,
    /// Its type.
    pub kind: String,
    /// Parts that it has.
    pub parts: u32,
}

/// What is asked of the debugger, of an actor that stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DebuggerQuestion {
    /// The variables of a frame. Answered by [`DebuggerAnswer::Values`].
    Variables {
        /// The innermost is 0.
        frame: u32,
    },
    /// The global variables that the program has defined, sorted by name. Answered by [`DebuggerAnswer::Values`].
    Globals,
    /// Parts of a value. Answered by [`DebuggerAnswer::Values`].
    Parts {
        /// Of which.
        path: ValuePath,
        /// First part wanted.
        first: u32,
        /// How many, at most 500.
        count: u32,
    },
    /// Watch something; from then on [`crate::Event::Debug`] tells of changes, and the actor stops. Answered by
    /// [`DebuggerAnswer::Watching`].
    Watch {
        /// Names it later.
        watch: u32,
        /// What.
        target: WatchTarget,
    },
    /// Everything in one piece. Answered by [`DebuggerAnswer::Info`].
    Info,
}

/// What the debugger answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DebuggerAnswer {
    /// Values, and how many there are in all.
    Values {
        /// In order.
        rows: Vec<ValueRow>,
        /// In all.
        total: u32,
    },
    /// Watching; this is the value now.
    Watching(String),
    /// Everything.
    Info(Box<DebugInfo>),
}

/// A watch and what it saw last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchRow {
    /// As it was named.
    pub watch: u32,
    /// Whose.
    pub actor: ActorNumber,
    /// What is watched, as people read it.
    pub text: String,
    /// The value that it saw last; `None` once what was watched is gone.
    pub value: Option<String>,
    /// Changes so far.
    pub hits: u64,
}

/// Everything that the debugger knows of an actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DebugInfo {
    /// Which actor.
    pub actor: ActorNumber,
    /// Its reductions.
    pub reductions: u64,
    /// Its calls with their variables, innermost first.
    pub frames: Vec<FrameRow>,
    /// The code of the innermost, and the instruction that is next.
    pub bytecode: Option<Listing>,
    /// Handlers and winds in force, innermost first.
    pub dynamic: Vec<String>,
    /// Breakpoints with what became of them.
    pub breakpoints: Vec<(Breakpoint, BreakpointRow)>,
    /// Watches.
    pub watches: Vec<WatchRow>,
    /// What happened, oldest first.
    pub events: Vec<DebugEvent>,
    /// Stacks at the last stops, oldest first.
    pub states: Vec<DebugState>,
}

/// A stack as it was at a stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DebugState {
    /// The number of the event that it belongs to.
    pub event: u64,
    /// Whose.
    pub actor: ActorNumber,
    /// The calls, innermost first.
    pub frames: Vec<FrameRow>,
}

/// Something that the debugger noted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DebugEvent {
    /// Counts up from 1.
    pub number: u64,
    /// Virtual time, ms since the run began.
    pub time_ms: f64,
    /// Who.
    pub actor: ActorNumber,
    /// Its reductions.
    pub reductions: u64,
    /// What kind.
    pub kind: DebugEventKind,
    /// What happened, in words.
    pub text: String,
    /// Where.
    pub location: Option<Location>,
}

/// Kinds of [`DebugEvent`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DebugEventKind {
    /// Stopped at a breakpoint.
    Breakpoint,
    /// Stopped before something was done.
    Event,
    /// A step was completed.
    Step,
    /// A watch saw a change, or its end.
    Watch,
    /// A breakpoint logged its text.
    Log,
    /// A condition, a log text or a watched expression could not be evaluated.
    Failed,
}
