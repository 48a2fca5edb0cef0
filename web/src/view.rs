//! What the page can show, by name: views, panes, dialogs, notices.

use protocol::{ActorNumber, Evaluation};

/// The views on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// The actor table.
    Actors,
    /// Messages of the selected actor.
    Mailbox,
    /// Heap map of the selected actor.
    Heap,
    /// Collections.
    Gc,
    /// Breakpoints, stack, locals.
    Debugger,
    /// Code of the selected actor.
    Bytecode,
    /// Where reductions go.
    Profile,
    /// Files of programs, and what programs were allowed.
    Files,
}

impl Tab {
    /// All, in order.
    pub const ALL: [Tab; 8] = [
        Tab::Actors,
        Tab::Mailbox,
        Tab::Heap,
        Tab::Gc,
        Tab::Debugger,
        Tab::Bytecode,
        Tab::Profile,
        Tab::Files,
    ];

    /// Name on the tab.
    pub fn name(self) -> &'static str {
        match self {
            Tab::Actors => "Actors",
            Tab::Mailbox => "Mailbox",
            Tab::Heap => "Heap",
            Tab::Gc => "GC",
            Tab::Debugger => "Debugger",
            Tab::Bytecode => "Bytecode",
            Tab::Profile => "Profile",
            Tab::Files => "Files",
        }
    }

    /// Stem of the element ids.
    pub fn key(self) -> &'static str {
        match self {
            Tab::Actors => "actors",
            Tab::Mailbox => "mailbox",
            Tab::Heap => "heap",
            Tab::Gc => "gc",
            Tab::Debugger => "debugger",
            Tab::Bytecode => "bytecode",
            Tab::Profile => "profile",
            Tab::Files => "files",
        }
    }
}

/// The views below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawer {
    /// What actors wrote.
    Output,
    /// Errors and warnings.
    Problems,
    /// What came of tests.
    Tests,
    /// Questions to an actor.
    Repl,
}

impl Drawer {
    /// All, in order.
    pub const ALL: [Drawer; 4] = [Drawer::Output, Drawer::Problems, Drawer::Tests, Drawer::Repl];

    /// Name on the tab.
    pub fn name(self) -> &'static str {
        match self {
            Drawer::Output => "Output",
            Drawer::Problems => "Problems",
            Drawer::Tests => "Tests",
            Drawer::Repl => "REPL",
        }
    }

    /// Stem of the element ids.
    pub fn key(self) -> &'static str {
        match self {
            Drawer::Output => "output",
            Drawer::Problems => "problems",
            Drawer::Tests => "tests",
            Drawer::Repl => "repl",
        }
    }
}

/// What a phone shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The editor.
    Code,
    /// The views.
    Watch,
    /// Output, problems, REPL.
    Output,
}

/// What covers the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// All commands with their keys.
    Palette,
    /// The link.
    Share,
    /// Limits, seed.
    Settings,
    /// Programs kept in this browser.
    Drafts,
    /// Keys and words.
    Help,
}

/// Light, dark or as the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the system.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All, in the order that the switch turns.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Name in storage and in CSS.
    pub fn key(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme of this name, or the system's.
    pub fn from_key(key: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.key() == key).unwrap_or(Theme::System)
    }

    /// The one after it.
    pub fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }
}

/// How bad a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Good to know.
    Info,
    /// Worth a look.
    Warning,
    /// Something failed.
    Error,
}

/// A message at the top of the page, until dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad.
    pub kind: NoticeKind,
    /// What happened and what to do.
    pub text: String,
}

impl Notice {
    /// A notice.
    pub fn new(kind: NoticeKind, text: &str) -> Notice {
        Notice { kind, text: text.to_owned() }
    }
}

/// Something that the person watches.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Names it to the engine.
    pub id: u32,
    /// An expression, or a part of a value as people read it.
    pub text: String,
    /// The actor that stops when it changes; `None` if nobody does.
    pub stops: Option<ActorNumber>,
    /// It is an expression, whose value is asked for at every stop.
    pub is_expression: bool,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplEntry {
    /// Id of the request.
    pub id: u32,
    /// Who was asked; `None` for a world of its own.
    pub actor: Option<ActorNumber>,
    /// What was asked.
    pub source: String,
    /// What came back.
    pub answer: Option<Result<Evaluation, String>>,
}
