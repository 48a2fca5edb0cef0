//! What the reader, the expander and the compiler tell the user: one plain struct, with a place and a suggestion.

use bytecode::{SourceFile, Span};
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The unit was not compiled.
    Error,
    /// The unit was compiled; running it may fail.
    Warning,
}

/// A message about a place in the source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// Name of the file that `span` lies in.
    pub file: String,
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character in characters, from 1.
    pub column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do about it, where that is likely to be right.
    pub suggestion: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if self.severity == Severity::Warning {
            out.write_str("warning: ")?;
        }
        out.write_str(&self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(out, " ({suggestion})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// A diagnostic on its way: it does not know the name of its file yet.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub span: Span,
    pub message: String,
    pub suggestion: Option<String>,
}

/// What every stage of the compiler answers.
pub(crate) type Outcome<T> = Result<T, Box<Problem>>;

impl Problem {
    pub fn new(span: Span, message: impl Into<String>) -> Problem {
        Problem { span, message: message.into(), suggestion: None }
    }

    /// Most problems travel as errors.
    pub fn fail<T>(span: Span, message: impl Into<String>) -> Outcome<T> {
        Err(Box::new(Problem::new(span, message)))
    }

    pub fn suggest(mut self, suggestion: impl Into<String>) -> Problem {
        self.suggestion = Some(suggestion.into());
        self
    }

    pub fn into_diagnostic(self, files: &[SourceFile], severity: Severity) -> Diagnostic {
        let file = files.get(usize::from(self.span.file)).map(|file| file.name.clone()).unwrap_or_default();
        Diagnostic {
            span: self.span,
            file,
            line: self.span.line,
            column: self.span.column,
            severity,
            message: self.message,
            suggestion: self.suggestion,
        }
    }
}
