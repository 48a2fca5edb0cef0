//! What a machine asks of the world that runs it. Everything that is not a function of the program goes through here, so
//! that a journal can be kept at this one door.

use std::collections::VecDeque;

use arena::{ImageError, Message, Value};
use bytecode::CodeOffset;

use crate::capability::CapabilityKind;
use crate::context::CodePlace;
use crate::library::Linker;
use crate::loader::LoadError;
use crate::outside::{Answer, Question, Refusal};
use crate::spawn::SpawnRequest;

/// An actor as its references hold it: identity, and where to look for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ActorName {
    /// Identity; equality of actors is equality of this.
    pub id: u128,
    /// Slot in the scheduler's table.
    pub slot: u32,
    /// Which tenant of the slot.
    pub generation: u32,
}

/// Why a text does not become a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// What is wrong with it, and where.
    Program(String),
    /// It does not load: [`LoadError::Memory`], say.
    Load(LoadError),
}

/// Something that arrived for an actor, in order.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Identity of the sender; 0 for the machine.
    pub sender: u128,
    /// The sender's sequence number.
    pub sequence: u64,
    /// The sender's number for people; 0 for the machine. Programs never see it.
    pub sender_number: u32,
    /// What it counts towards the mailbox limit, if it does.
    pub counted_bytes: Option<u32>,
    /// What.
    pub content: Content,
}

/// What a delivery holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// A message from `send`.
    Message(Message),
    /// A linked actor has ended, or `exit` was called on us, and we trap exits.
    Exit {
        /// Who.
        from: ActorName,
        /// Why.
        reason: Message,
    },
    /// A monitored actor has ended.
    Down {
        /// The monitor.
        monitor: u128,
        /// Who.
        from: ActorName,
        /// Why.
        reason: Message,
    },
    /// The timeout with this token.
    Timeout {
        /// As given to [`Host::arm_timeout`].
        token: u64,
    },
}

/// Why a message was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// As many messages wait as may.
    #[error("the receiver's mailbox is full: {limit} messages are the limit (setting: mailbox)")]
    TooManyMessages {
        /// The limit.
        limit: u64,
    },
    /// The messages that wait take as much memory as they may.
    #[error("the receiver's mailbox is full: {limit} bytes are the limit (setting: {setting})")]
    TooManyBytes {
        /// The limit.
        limit: u64,
        /// The setting that it follows from.
        setting: &'static str,
    },
}

/// Why an actor was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpawnError {
    /// There are as many as allowed.
    #[error("{limit} actors are alive, which is the limit (setting: actors)")]
    TooManyActors {
        /// The limit.
        limit: u64,
    },
    /// What it starts with does not fit its heap.
    #[error("the new actor cannot start: {0}")]
    NoRoom(arena::HeapError),
}

/// Priority bands, highest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
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

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestNote {
    /// `pass`, `fail`, `xfail`, `xpass` or `skip`, as in SRFI 64.
    pub kind: String,
    /// Its groups and its name.
    pub title: String,
    /// If it was a surprise: what was expected and what came.
    pub detail: String,
    /// Where it was run: unit, procedure and offset in its bytecode of the frames of programs, innermost first.
    pub sites: Vec<(u32, u32, CodeOffset)>,
}

/// Makes an image of a heap, with the names of what a world has loaded.
pub type TakeImage<'a> = dyn Fn(&Linker) -> Result<Vec<u8>, ImageError> + 'a;

/// The world, as one actor sees it during one slice.
pub trait Host {
    /// The running actor.
    fn me(&self) -> ActorName;
    /// Writes to the actor's output, whole or not at all; past the output limit it is cut with a notice.
    fn write(&mut self, text: &str);
    /// Tells what came of a test.
    fn note_test(&mut self, note: TestNote);
    /// Milliseconds of virtual time since the run began. Journaled.
    fn now_ms(&mut self) -> f64;
    /// A random word. A function of seed, actor and how many were drawn.
    fn random(&mut self) -> u64;
    /// Sends; messages to actors that have ended vanish.
    ///
    /// # Errors
    /// [`SendError`] if the receiver's mailbox is full.
    fn send(&mut self, to: ActorName, message: Message) -> Result<(), SendError>;
    /// Makes an actor. The second part of the answer is the monitor, if one was asked for.
    ///
    /// # Errors
    /// [`SpawnError`] if there are too many.
    fn spawn(&mut self, request: SpawnRequest) -> Result<(ActorName, Option<u128>), SpawnError>;
    /// Links both ways.
    fn link(&mut self, to: ActorName);
    /// Removes a link.
    fn unlink(&mut self, to: ActorName);
    /// Watches another actor.
    fn monitor(&mut self, of: ActorName) -> u128;
    /// Stops watching.
    fn demonitor(&mut self, monitor: u128);
    /// Sends an exit signal; `kill` cannot be trapped.
    fn exit_signal(&mut self, to: ActorName, reason: Message, kill: bool);
    /// Whether exit signals arrive as messages.
    fn trap_exits(&mut self, trap: bool);
    /// Changes the running actor's band.
    fn set_band(&mut self, band: Band);
    /// Is the actor alive? Journaled.
    fn is_alive(&mut self, actor: ActorName) -> bool;
    /// Binds a name, if it is free. Journaled.
    fn register(&mut self, name: &str, actor: ActorName) -> bool;
    /// The actor of a name. Journaled.
    fn whereis(&mut self, name: &str) -> Option<ActorName>;
    /// Frees a name.
    fn unregister(&mut self, name: &str) -> bool;
    /// Compiles a program text, in an environment of `imports` (the text of import sets) or in the program's own. Answers a
    /// procedure of no arguments that runs it. `name` is the file that the text comes from.
    ///
    /// # Errors
    /// What is wrong with the text, or why the world has no room for it.
    fn compile(
        &mut self,
        text: &str,
        imports: Option<&str>,
        name: Option<&str>,
    ) -> Result<Value, CompileError>;
    /// Asks for something outside of the run. `None`: there is no answer yet; the machine waits and asks the same again.
    /// Journaled.
    fn ask(&mut self, question: &Question<'_>) -> Option<Result<Answer, Refusal>>;
    /// A decision that needed no answer.
    fn decided(&mut self, operation: &'static str, kind: CapabilityKind, granted: bool);
    /// A sandbox was broken out of, or its program says so; `text` says what happened.
    fn violated(&mut self, text: &str);
    /// A path as it stands in a program, absolute and without `.` and `..`. Looks at nothing but the text.
    fn resolve(&self, path: &str) -> String;
    /// Adds to what waits to be written to a file of the actor's.
    fn write_file(&mut self, file: u32, bytes: &[u8]);
    /// So much waits to be written to a file of the actor's that it should be.
    fn is_file_full(&self, file: u32) -> bool;
    /// Writes what waits, and then closes the file if so wanted. Answers as [`Host::ask`] does.
    fn flush_file(&mut self, file: u32, closes: bool) -> Option<Result<(), Refusal>>;
    /// The path of a file of the actor's, as the program said it.
    fn file_path(&self, file: u32) -> String;
    /// A new identity, a function of the running actor's history.
    fn fresh_identity(&mut self) -> u128;
    /// Takes what has arrived. Journaled, when empty too. `false` when an exit signal among it ends the actor.
    ///
    /// `reductions` is the actor's logical clock.
    fn drain(&mut self, reductions: u64, into: &mut VecDeque<Delivery>) -> bool;
    /// What [`Host::drain`] or [`Host::whereis`] was just asked for cannot be told yet: the machine waits and asks again.
    /// Only in replays.
    fn is_behind(&self) -> bool {
        false
    }
    /// A message that counted so many bytes towards the mailbox limit was taken.
    fn consumed(&mut self, counted_bytes: u32);
    /// A timeout is to arrive as [`Content::Timeout`] after `ms` of virtual time.
    fn arm_timeout(&mut self, ms: f64, token: u64);
    /// It no longer is.
    fn disarm_timeout(&mut self, token: u64);
    /// The bytes of an image of the running actor's heap, which `take` makes with what is loaded. Journaled if another run
    /// could have loaded that in another order.
    ///
    /// # Errors
    /// Why there is none.
    fn heap_image(&mut self, take: &TakeImage<'_>) -> Result<Vec<u8>, String>;
    /// Where a site is ([`crate::Linker::code_place`]), if the program's code is at hand.
    fn code_place(&self, _site: u32) -> Option<CodePlace> {
        None
    }
    /// The macro that is being expanded, if the machine runs a transformer and no program.
    fn expansion(&mut self) -> Option<&mut dyn Expansion> {
        None
    }
}

/// The use of a macro, as its transformer sees it. Identifiers are symbols, told apart by their hashes.
pub trait Expansion {
    /// The form, which is shared; `None` while the transformer is only being made.
    fn form(&self) -> Option<Value>;
    /// The hash of the symbol that has the name's meaning where the macro was defined.
    fn rename(&mut self, name: &str, hash: u64) -> u64;
    /// Do two identifiers, each a name and a hash, mean the same where the macro is used?
    fn is_same(&self, left: (&str, u64), right: (&str, u64)) -> bool;
}
