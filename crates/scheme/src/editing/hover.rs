//! What a name is for, and the classes of names for highlighting.

use super::index::Index;
use crate::documentation::documentation;
use crate::expand::notes::Kind;
use std::ops::Range;

/// What is to be said about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// Where the name stands, in bytes.
    pub range: Range<u32>,
    /// How it is used.
    pub signature: String,
    /// What it is, in one line.
    pub text: String,
    /// Where it comes from.
    pub origin: String,
}

/// Classes of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A form of the language.
    Form,
    /// A macro of the program or of a library.
    Macro,
    /// A procedure of the machine.
    Builtin,
    /// A variable of the program.
    Global,
    /// A parameter, or a variable of a macro's pattern.
    Parameter,
    /// Another local variable.
    Local,
    /// A name where it is defined.
    Definition,
}

impl Index {
    /// What is to be said about the name at a place.
    pub fn hover(&self, file: usize, offset: u32) -> Option<Hover> {
        let found = self.at(file, offset)?;
        let group = &self.groups[found.group];
        // A form may have several names, each with a line of its own.
        let written = documentation(self.text(found.span), None).filter(|_| group.kind == Kind::Form);
        let description = written.unwrap_or_else(|| self.describe(group));
        let origin = match (group.definition, &group.library) {
            (Some(span), _) => {
                let file = self.files.get(usize::from(span.file)).map_or("", |file| &file.name);
                format!("{file}:{}", span.line)
            }
            (None, Some(library)) => library.clone(),
            (None, None) if group.kind == Kind::Form => "form".to_string(),
            (None, None) if group.is_machine => "(physics base)".to_string(),
            (None, None) => String::new(),
        };
        Some(Hover {
            range: found.span.start..found.span.end,
            signature: description.signature,
            text: description.text,
            origin,
        })
    }

    /// The names of a file with their classes, in order.
    pub fn tokens(&self, file: usize) -> Vec<(Range<u32>, TokenKind)> {
        let own = self.uses.iter().filter(|one| usize::from(one.span.file) == file);
        own.map(|one| {
            let kind = match one.kind {
                _ if one.defines && matches!(one.kind, Kind::Global | Kind::Macro) => TokenKind::Definition,
                Kind::Form => TokenKind::Form,
                Kind::Macro => TokenKind::Macro,
                Kind::Builtin => TokenKind::Builtin,
                Kind::Global if self.groups[one.group].is_machine => TokenKind::Builtin,
                Kind::Global => TokenKind::Global,
                Kind::Parameter => TokenKind::Parameter,
                Kind::Local => TokenKind::Local,
            };
            (one.span.start..one.span.end, kind)
        })
        .collect()
    }
}
