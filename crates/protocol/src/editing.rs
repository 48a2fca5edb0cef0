//! What an editor asks about a program's text, and the answers. All places are bytes in the texts that came along.

use serde::{Deserialize, Serialize};

use crate::{Location, Problem, SourceText};

/// A question and what it is about. The answer follows from that alone, whatever runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// All texts of the program.
    pub files: Vec<SourceText>,
    /// Index of the file that is asked about.
    pub file: u32,
    /// What is asked.
    pub question: Question,
}

/// What is asked about one file of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The names that can be used at a place.
    Complete {
        /// Where the cursor is.
        offset: u32,
    },
    /// What the name at a place is for.
    Describe {
        /// A place in the name.
        offset: u32,
    },
    /// Where the name at a place is defined.
    Define {
        /// A place in the name.
        offset: u32,
    },
    /// Where a name must change for it to be another one.
    Rename {
        /// A place in the name.
        offset: u32,
        /// The name it shall have.
        name: String,
    },
    /// The file laid out anew.
    Format,
    /// Classes of names, and what can be folded.
    Paint,
}

/// The answer to a [`Question`], of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Names, the best first.
    Offers {
        /// First byte of the word that an offer replaces.
        start: u32,
        /// One past its last byte.
        end: u32,
        /// At most 80.
        offers: Vec<Offer>,
    },
    /// What a name is for, if there is one.
    Description(Option<Description>),
    /// Where a name is defined, if the program does.
    Definition(Option<Location>),
    /// All places of a name, or why it cannot have the other one.
    Renamed(Result<Vec<Location>, String>),
    /// The text laid out anew, or what keeps it from being read.
    Formatted(Result<String, Box<Problem>>),
    /// How a file is shown.
    Painted {
        /// First byte, one past the last, and class of names, in order.
        names: Vec<(u32, u32, NameClass)>,
        /// First byte and one past the last of what can be folded.
        folds: Vec<(u32, u32)>,
    },
}

/// A name that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The name.
    pub name: String,
    /// How it is used.
    pub signature: String,
    /// What it is, in one line.
    pub text: String,
    /// What kind of thing, in one word.
    pub kind: String,
}

/// What a name is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// First byte of the name.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// How it is used.
    pub signature: String,
    /// What it is, in one line.
    pub text: String,
    /// Where it comes from: a library, or a file and a line.
    pub origin: String,
}

/// Classes of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NameClass {
    /// A form of the language.
    Form,
    /// A macro.
    Macro,
    /// A procedure of the machine.
    Builtin,
    /// A variable of the program.
    Global,
    /// A parameter.
    Parameter,
    /// Another local variable.
    Local,
    /// A name where it is defined.
    Definition,
}
