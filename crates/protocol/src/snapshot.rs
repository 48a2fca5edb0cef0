//! Snapshots: the world at one moment, as far as the interface asked for it.

use serde::{Deserialize, Serialize};

use crate::{BreakpointRow, Location, RunStatus};

/// An actor as people see it: numbers count from 1 (the main actor) in order of appearance and are never reused
/// within a run. Programs never see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActorNumber(pub u32);

/// The world at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// State of the run.
    pub status: RunStatus,
    /// Milliseconds of virtual time since the run began.
    pub elapsed_ms: f64,
    /// Sums over the world.
    pub totals: Totals,
    /// The actor table's rows that were asked for.
    pub actors: Vec<ActorRow>,
    /// Position of the first of `actors` in the sorted table.
    pub actors_first: u32,
    /// Rows of the whole table: every actor that can still be looked at, ended ones too.
    pub actors_total: u32,
    /// The selected actor.
    pub selected: Option<ActorDetail>,
    /// Per core: what ran since the last snapshot.
    pub cores: Vec<CoreRow>,
    /// Collections since the last snapshot.
    pub collections: Vec<Collection>,
    /// Collections that happened but are not listed.
    pub collections_dropped: u64,
    /// What became of each breakpoint, in their order.
    pub breakpoints: Vec<BreakpointRow>,
}

/// Sums over the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Actors alive.
    pub actors: u32,
    /// Alive and able to run.
    pub actors_ready: u32,
    /// Actors that have ended.
    pub actors_ended: u64,
    /// Reductions so far.
    pub reductions: u64,
    /// Messages sent so far.
    pub messages: u64,
    /// Bytes of memory that heaps hold.
    pub heap_bytes: u64,
    /// The world's budget in bytes.
    pub heap_bytes_max: u64,
    /// Collections so far.
    pub collections: u64,
    /// Time spent collecting, ms, over all cores.
    pub collection_ms: f64,
    /// Words that collections have given back.
    pub reclaimed_words: u64,
    /// Words allocated so far, as actors told it last.
    pub allocated_words: u64,
    /// Words of the deepest stack, as actors told it last.
    pub depth_words_max: u64,
    /// Journal entries kept.
    pub journal_entries: u64,
    /// Journal entries that the bounded ring has let go.
    pub journal_dropped: u64,
    /// Time that making this snapshot took, ms.
    pub snapshot_ms: f64,
}

/// What an actor is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ActorState {
    /// On a core.
    Running,
    /// In a run queue.
    Ready,
    /// In `receive`.
    Waiting,
    /// At a breakpoint or after a step.
    Paused,
    /// Ended normally.
    Done,
    /// Ended by an error or an exit signal.
    Failed,
}

/// Priority bands, highest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    /// The machine's own work.
    System,
    /// High.
    High,
    /// The default.
    #[default]
    Normal,
    /// Low.
    Low,
    /// When nothing else runs.
    Background,
}

/// A row of the actor table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActorRow {
    /// Which actor.
    pub actor: ActorNumber,
    /// Registered name, else spawn site, else number.
    pub label: String,
    /// What it does.
    pub state: ActorState,
    /// Messages waiting.
    pub mailbox: u32,
    /// Heap in use, 64-bit words.
    pub heap_words: u64,
    /// Reductions so far.
    pub reductions: u64,
    /// Band.
    pub priority: Priority,
    /// Line it is at, 0 if unknown.
    pub line: u32,
}

/// Details of the selected actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActorDetail {
    /// The row again, for this actor.
    pub row: ActorRow,
    /// Its mailbox, oldest first, at most 200 messages, if asked for.
    pub mailbox: Vec<MessageRow>,
    /// Messages that wait but are not listed.
    pub mailbox_more: u32,
    /// Frames, innermost first, at most 200.
    pub frames: Vec<FrameRow>,
    /// Frames that are not listed.
    pub frames_more: u32,
    /// The current procedure's code, if asked for.
    pub bytecode: Option<Listing>,
    /// Why it ended, for an ended actor.
    pub exit_reason: Option<String>,
    /// Collections of this actor so far.
    pub collections: u64,
}

/// One waiting message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Who sent it; `None` for the machine (timers, exits).
    pub sender: Option<ActorNumber>,
    /// The sender's sequence number.
    pub sequence: u64,
    /// As `write` prints it, cut at 200 characters.
    pub text: String,
    /// Size in bytes.
    pub bytes: u32,
}

/// One frame of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRow {
    /// Procedure name, or empty.
    pub procedure: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// Variables: name, value as `write` prints it (cut at 200 characters), captured or not.
    pub variables: Vec<VariableRow>,
}

/// One variable of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableRow {
    /// Name in the source.
    pub name: String,
    /// Value as `write` prints it, cut at 200 characters.
    pub value: String,
    /// It belongs to the closure, not to the frame.
    pub captured: bool,
}

/// Bytecode beside source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Procedure name, or empty.
    pub procedure: String,
    /// Instructions in order.
    pub lines: Vec<ListingLine>,
    /// Index into `lines` of the current instruction.
    pub current: Option<u32>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingLine {
    /// Offset in bytes.
    pub offset: u32,
    /// As the disassembler prints it.
    pub text: String,
    /// What the opcode does.
    pub about: String,
    /// Line in the source, 0 if unknown.
    pub line: u32,
}

/// Types of heap objects as views group them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ObjectType {
    /// Pairs.
    Pair,
    /// Vectors, records, values.
    Vector,
    /// Strings and symbols.
    Text,
    /// Bytevectors.
    Bytes,
    /// Closures and boxes.
    Closure,
    /// Bignums, ratios, flonums.
    Number,
    /// Hash tables.
    Table,
    /// Continuations and sealed stack segments.
    Continuation,
    /// Actor references, capabilities, ports and the rest.
    Other,
}

/// A core's lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CoreRow {
    /// Slices since the last snapshot, oldest first, at most 500.
    pub slices: Vec<Slice>,
    /// Slices that are not listed.
    pub slices_dropped: u64,
    /// Actors in its run queues.
    pub queued: u32,
    /// Steals so far.
    pub steals: u64,
    /// Share of the time since the last snapshot that it ran actors, 0 to 1.
    pub busy: f32,
}

/// One actor's turn on a core.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Which actor.
    pub actor: ActorNumber,
    /// Start, ms of real time since the run began.
    pub start_ms: f64,
    /// Length, ms.
    pub length_ms: f32,
}

/// One collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// Whose heap.
    pub actor: ActorNumber,
    /// It was, or completed, a collection of the whole heap.
    pub major: bool,
    /// What was done: `minor`, `mark`, `sweep`, `full`, `copy`.
    pub kind: String,
    /// What caused it: `nursery full`, `heap growth`, `large object`, `requested`.
    pub cause: String,
    /// When, ms of real time since the run began.
    pub at_ms: f64,
    /// Words in use before.
    pub words_before: u64,
    /// Words in use after.
    pub words_after: u64,
    /// Objects that survived by being moved or marked.
    pub objects: u64,
    /// Pause, ms.
    pub pause_ms: f64,
    /// The actor's reductions when it happened.
    pub reductions: u64,
}
