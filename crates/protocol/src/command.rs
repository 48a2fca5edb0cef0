//! Commands: what the interface asks of an engine.

use serde::{Deserialize, Serialize};

use crate::{
    ActorNumber, Breakpoint, CollectorExtent, CollectorSettings, DebuggerQuestion, Endowment, HeapQuestion,
    HostError, HostReply, Permission,
};

/// A request to the engine. See the crate's invariants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Replace the program; ends what runs. Compile errors arrive as [`crate::Event::Problem`]s.
    Load {
        /// Source texts; the first is the main program.
        files: Vec<SourceText>,
        /// Limits, cores, seed.
        settings: Settings,
        /// Breakpoints to set before the first instruction.
        breakpoints: Vec<Breakpoint>,
    },
    /// Start the loaded program, or go on after a pause.
    Run,
    /// Pause every actor at its next safepoint and freeze virtual time.
    Pause,
    /// Step one actor; the rest stay paused.
    Step {
        /// Which actor.
        actor: ActorNumber,
        /// How far.
        kind: StepKind,
    },
    /// End the run and keep the state for inspection.
    Stop,
    /// Forget the run: as after [`Command::Load`].
    Reset,
    /// Slow the machine down, or let it run freely.
    SetSpeed(Speed),
    /// Change how the loaded program's heaps are collected; each actor takes it up when its next slice begins.
    SetCollector(CollectorSettings),
    /// Replace all breakpoints; effective at once.
    SetBreakpoints(Vec<Breakpoint>),
    /// What the next snapshots shall contain.
    Observe(Observation),
    /// Run a program in a fresh world, apart from the loaded one.
    Evaluate {
        /// Given back in [`crate::Event::Evaluated`].
        id: u32,
        /// Scheme source.
        source: String,
        /// Limits, cores, seed.
        settings: Settings,
    },
    /// Record a program on all cores, repeat it on one, and compare; answered as an evaluation, with a summary or with
    /// what differs.
    CheckReplay {
        /// Given back in [`crate::Event::Evaluated`].
        id: u32,
        /// Scheme source.
        source: String,
        /// Limits, cores, seed.
        settings: Settings,
    },
    /// Evaluate an expression in the environment of a live actor of the loaded program (the REPL). The actor does it between
    /// two slices, whatever it does or waits for, and then goes on.
    EvaluateInActor {
        /// Given back in [`crate::Event::Evaluated`].
        id: u32,
        /// Which actor; its globals are used.
        actor: ActorNumber,
        /// Scheme source.
        source: String,
        /// The frame whose variables it sees and may set, the innermost is 0.
        frame: Option<u32>,
    },
    /// Asks the debugger about an actor, or has it watch something.
    AskDebugger {
        /// Given back in [`crate::Event::DebuggerAnswered`].
        id: u32,
        /// Which actor.
        actor: ActorNumber,
        /// What is asked.
        question: DebuggerQuestion,
    },
    /// Ends a watch.
    Unwatch {
        /// As it was named.
        watch: u32,
    },
    /// Run on until a line is reached, or something else stops.
    RunTo {
        /// File name.
        file: String,
        /// Line, from 1.
        line: u32,
    },
    /// Asks about the heap of an actor of the loaded program.
    AskHeap {
        /// Given back in [`crate::Event::HeapAnswered`].
        id: u32,
        /// What is asked.
        question: HeapQuestion,
    },
    /// What programs that are loaded or evaluated from now on start with. As long as this was not said, nothing but the
    /// clock and an empty command line.
    Endow(Endowment),
    /// What came of an [`crate::Event::HostRequest`].
    AnswerHost {
        /// The request's id.
        id: u64,
        /// What came of it.
        result: Result<HostReply, HostError>,
    },
    /// What was said to an [`crate::Event::PermissionQuestion`].
    AnswerPermission {
        /// The question's id.
        id: u64,
        /// What was said.
        permission: Permission,
    },
    /// Collect the garbage of one actor's heap between two slices, all of it, and compact what is left.
    Collect {
        /// Whose.
        actor: ActorNumber,
    },
    /// Has the collector of one actor's heap do one step between two slices. Answered by [`crate::HeapAnswer::Stepped`].
    StepCollector {
        /// Given back in [`crate::Event::HeapAnswered`].
        id: u32,
        /// Whose.
        actor: ActorNumber,
        /// How far.
        extent: CollectorExtent,
    },
    /// Runs a program in a fresh world, apart from the loaded one, to see what its collections cost. Answered by
    /// [`crate::HeapAnswer::Measured`].
    MeasureCollector {
        /// Given back in [`crate::Event::HeapAnswered`].
        id: u32,
        /// Source texts; the first is the main program.
        files: Vec<SourceText>,
        /// Limits, cores, seed, collector.
        settings: Settings,
        /// It is stopped after so long, ms.
        milliseconds_max: u32,
    },
    /// Note now and then where the actors of the loaded program are, or stop that: what was noted stays. A program that is
    /// loaded later begins anew.
    SetProfiling {
        /// Reductions between two samples of an actor; 0 stops.
        interval: u32,
    },
    /// Asks for what was noted. Answered by [`crate::Event::Profile`].
    AskProfile {
        /// Whose; `None` is everybody's.
        actor: Option<ActorNumber>,
    },
    /// Give up what an actor was asked to evaluate: it goes on with what it did before. Or a measurement: it ends now.
    GiveUp {
        /// Of the [`Command::EvaluateInActor`] or [`Command::MeasureCollector`].
        id: u32,
    },
}

/// A named source text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// File name, shown in errors.
    pub name: String,
    /// Contents.
    pub text: String,
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepKind {
    /// One bytecode instruction.
    Instruction,
    /// To the next source position, entering calls.
    Into,
    /// To the next source position in this frame or a caller.
    Over,
    /// Until this frame has returned.
    Out,
    /// Until the actor is about to take a message; all others run meanwhile.
    Message,
}

/// How fast actors run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Speed {
    /// As fast as the cores go.
    #[default]
    Full,
    /// So many reductions a second, over all actors.
    ReductionsPerSecond(u32),
}

/// Limits and run parameters. Every limit names itself in the error that it causes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Cores to use; 0 means all there are.
    pub cores: u16,
    /// Seed of every random number.
    pub seed: u64,
    /// Heap limit per actor, 64-bit words.
    pub heap_words_max: u64,
    /// Stack limit per actor, 64-bit words.
    pub stack_words_max: u64,
    /// Reductions per actor in one run; 0 means no limit.
    pub reductions_max: u64,
    /// Messages in one mailbox.
    pub mailbox_messages_max: u64,
    /// Bytes of waiting messages in one mailbox.
    pub mailbox_bytes_max: u64,
    /// Actors alive at a time.
    pub actors_max: u64,
    /// Characters of output in one run; what follows is cut with a notice.
    pub output_characters_max: u64,
    /// Bytes for all actors together; 0 means three quarters of what the host gives.
    pub world_bytes_max: u64,
    /// How heaps are collected.
    pub collector: CollectorSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            cores: 0,
            seed: 1,
            heap_words_max: 32 << 20,
            stack_words_max: 16 << 20,
            reductions_max: 0,
            mailbox_messages_max: 1 << 20,
            mailbox_bytes_max: 128 << 20,
            actors_max: 1 << 18,
            output_characters_max: 1 << 20,
            world_bytes_max: 0,
            collector: CollectorSettings::default(),
        }
    }
}

/// What snapshots contain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Milliseconds between snapshots while running; 0 means none.
    pub interval_ms: u32,
    /// The actor whose details are wanted.
    pub selected: Option<ActorNumber>,
    /// Rows of the actor table.
    pub actors: Option<ActorWindow>,
    /// Pictures of the selected actor's heap ([`crate::Event::Picture`]).
    pub heap: bool,
    /// Mailbox of the selected actor.
    pub mailbox: bool,
    /// Frames and locals of the selected actor.
    pub frames: bool,
    /// Bytecode of the selected actor's current procedure.
    pub bytecode: bool,
    /// Run slices per core.
    pub cores: bool,
    /// Collections.
    pub collections: bool,
}

/// A window of the sorted actor table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorWindow {
    /// Sort key.
    pub sort: ActorSort,
    /// Largest first.
    pub descending: bool,
    /// First row wanted.
    pub first: u32,
    /// Rows wanted, at most 500.
    pub count: u32,
}

/// Columns of the actor table that rows can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActorSort {
    /// Creation order.
    #[default]
    Number,
    /// Label.
    Label,
    /// Running state.
    State,
    /// Messages waiting.
    Mailbox,
    /// Heap in use.
    Heap,
    /// Reductions so far.
    Reductions,
    /// Priority.
    Priority,
}
