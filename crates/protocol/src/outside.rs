//! What programs may do outside of their world, and how an engine asks its host to do it: grants, requests, questions.
//!
//! 1. An engine sends one [`HostRequest`] or [`PermissionQuestion`] for each thing that an actor waits for; the host answers
//!    each once, whenever it can, in any order. An answer to what nobody waits for any more is ignored.
//! 2. Requests are to be carried out in the order in which they were sent: an actor's last writes are followed by what
//!    others ask for after its end.
//! 3. Paths in requests are absolute and normal: they begin with the folder of [`Endowment::folder`] or with another root,
//!    and have no `.` and no `..`.

use serde::{Deserialize, Serialize};

use crate::{ActorNumber, Location};

/// Reading files.
pub const FILE_READ: &str = "file-read";
/// Creating, changing and deleting files.
pub const FILE_WRITE: &str = "file-write";
/// Environment variables.
pub const ENVIRONMENT: &str = "environment";

/// A capability that the main actor starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// [`FILE_READ`], [`FILE_WRITE`] or [`ENVIRONMENT`].
    pub kind: String,
    /// For files the path of a file or of a folder with all that it holds; for the environment a variable's name. Empty:
    /// everything.
    #[serde(default)]
    pub scope: String,
}

/// What the programs of a world start with, and may do. Everybody may read the clock and the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endowment {
    /// Capabilities of the main actor.
    pub grants: Vec<Grant>,
    /// The main actor may ask for more: what it lacks becomes a [`PermissionQuestion`] instead of an error.
    pub asks: bool,
    /// The command line: name of the program first.
    pub arguments: Vec<String>,
    /// Environment variables: those that a program is granted.
    pub environment: Vec<(String, String)>,
    /// The absolute path where relative paths start.
    pub folder: String,
}

impl Default for Endowment {
    fn default() -> Endowment {
        Endowment {
            grants: Vec::new(),
            asks: false,
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: "/".to_string(),
        }
    }
}

/// Something that the host is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRequest {
    /// Given back in the answer.
    pub id: u64,
    /// For whom.
    pub actor: ActorNumber,
    /// What.
    pub operation: HostOperation,
}

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostOperation {
    /// The contents of a file: [`HostReply::Bytes`].
    Read {
        /// Which.
        path: String,
        /// The capability's own path: where links lead, the file must be in there, too.
        scope: String,
        /// A file of more bytes than these is refused.
        bytes_max: u64,
    },
    /// An empty file, made or emptied: [`HostReply::Done`].
    Create {
        /// Which.
        path: String,
        /// As above.
        scope: String,
    },
    /// Bytes at the end of a file: [`HostReply::Done`].
    Append {
        /// Which.
        path: String,
        /// As above.
        scope: String,
        /// What.
        #[serde(with = "crate::bytes")]
        bytes: Vec<u8>,
    },
    /// A file deleted: [`HostReply::Done`].
    Delete {
        /// Which.
        path: String,
        /// As above.
        scope: String,
    },
    /// Is there a file? [`HostReply::Exists`].
    Exists {
        /// Which.
        path: String,
        /// As above.
        scope: String,
    },
}

impl HostOperation {
    /// The file that it is about.
    pub fn path(&self) -> &str {
        match self {
            HostOperation::Read { path, .. }
            | HostOperation::Create { path, .. }
            | HostOperation::Append { path, .. }
            | HostOperation::Delete { path, .. }
            | HostOperation::Exists { path, .. } => path,
        }
    }

    /// The path of the capability that allows it; empty: everything.
    pub fn scope(&self) -> &str {
        match self {
            HostOperation::Read { scope, .. }
            | HostOperation::Create { scope, .. }
            | HostOperation::Append { scope, .. }
            | HostOperation::Delete { scope, .. }
            | HostOperation::Exists { scope, .. } => scope,
        }
    }

    /// The kind of capability that it needs.
    pub fn kind(&self) -> &'static str {
        match self {
            HostOperation::Read { .. } | HostOperation::Exists { .. } => FILE_READ,
            HostOperation::Create { .. } | HostOperation::Append { .. } | HostOperation::Delete { .. } => {
                FILE_WRITE
            }
        }
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostReply {
    /// It is done.
    Done,
    /// The contents.
    Bytes(#[serde(with = "crate::bytes")] Vec<u8>),
    /// There is such a file, or there is none.
    Exists(bool),
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostError {
    /// The host does not allow it; why, in a few words.
    Denied(String),
    /// It could not be done; why, in a few words.
    Failed(String),
}

/// An actor wants to do what it has no capability for, and may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionQuestion {
    /// Given back in the answer.
    pub id: u64,
    /// Who.
    pub actor: ActorNumber,
    /// The procedure that it called.
    pub operation: String,
    /// The kind of capability.
    pub kind: String,
    /// The file's absolute path, or the variable's name; empty: everything.
    pub scope: String,
    /// What the program says it is for; empty when it says nothing.
    pub reason: String,
    /// Where in the program.
    pub location: Option<Location>,
}

/// The answer to a [`PermissionQuestion`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permission {
    /// This one time.
    Once,
    /// For the rest of the run, to everybody who may ask.
    ForRun {
        /// For what: the question's scope, or a wider one; empty: everything of the kind.
        scope: String,
    },
    /// Not now, nor when the same is asked for again in this run.
    Denied,
}

/// A decision about a capability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Who asked.
    pub actor: ActorNumber,
    /// The procedure that it called.
    pub operation: String,
    /// The kind of capability.
    pub kind: String,
    /// For what: a path or a name.
    pub scope: String,
    /// What was decided.
    pub decision: Decision,
    /// How often in a row.
    pub count: u64,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// The actor holds a capability for it.
    Granted,
    /// Somebody was asked and allowed it.
    Allowed,
    /// The actor holds no capability for it, or the one who was asked refused.
    Denied,
    /// The host refused: a link leads out of what was granted, say.
    Refused,
}

impl Decision {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Decision::Granted => "granted",
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
            Decision::Refused => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cross_as_they_are() {
        let operation =
            HostOperation::Append { path: "/a".into(), scope: String::new(), bytes: vec![0, 1, 255] };
        let frozen = postcard::to_allocvec(&operation).expect("plain data");
        assert_eq!(postcard::from_bytes::<HostOperation>(&frozen).expect("as written"), operation);
        let reply = HostReply::Bytes((0..=255).collect());
        let frozen = postcard::to_allocvec(&reply).expect("plain data");
        assert_eq!(postcard::from_bytes::<HostReply>(&frozen).expect("as written"), reply);
    }
}
