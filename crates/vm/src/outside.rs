//! What an actor asks of the world outside of its run, and what it is answered.
//!
//! 1. An instruction that asks is executed again until it is answered ([`crate::Host::ask`]); it asks the same each time,
//!    and changes nothing before the answer.

use crate::capability::CapabilityKind;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What a file holds, at most so many bytes: [`Answer::Bytes`].
    Read {
        /// The limit.
        bytes_max: u64,
    },
    /// An empty file to write to: [`Answer::File`].
    Create,
    /// A file deleted: [`Answer::Done`].
    Delete,
    /// Is there such a file? [`Answer::Exists`].
    Exists,
    /// An environment variable: [`Answer::Texts`] of one text, or of none.
    Variable,
    /// Names and values of the environment variables that the actor may read, in turn: [`Answer::Texts`].
    Variables,
    /// The command line: [`Answer::Texts`].
    CommandLine,
    /// Permission alone: [`Answer::Done`].
    Permission,
}

/// A question, and what entitles to it.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The procedure that the program has called.
    pub operation: &'static str,
    /// What is wanted.
    pub wanted: Wanted,
    /// Of what: a path or a name, as the program says it; empty: everything.
    pub target: &'a str,
    /// The kind of capability that it needs.
    pub kind: CapabilityKind,
    /// The scope of the capability that the actor holds for it.
    pub held: Option<&'a str>,
    /// Without one, the actor may ask for permission.
    pub may_ask: bool,
    /// What the program says it is for; empty when it says nothing.
    pub reason: &'a str,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// There is, or there is not.
    Exists(bool),
    /// Contents.
    Bytes(Vec<u8>),
    /// A file to write to, by the actor's own number.
    File(u32),
    /// Texts.
    Texts(Vec<String>),
}

/// Why nothing came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The actor holds no capability for it; with the host's own reason, if it was the host's decision.
    Denied(Option<String>),
    /// It could not be done.
    Failed(String),
}
