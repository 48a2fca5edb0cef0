//! Answers to what an editor asks about a program's text.
//!
//! 1. The running program has no part in it: an answer depends on the texts alone.
//! 2. Work is bounded: texts of more than [`editing::INDEX_BYTES_MAX`] bytes have no names. The last program's names are
//!    kept, so that a second question about it costs nothing.

use bytecode::{SourceFile, Span};
use protocol::{Answer, Asked, Description, Location, NameClass, Offer, Question, SourceText};
use scheme::editing::{self, Index, TokenKind};

use crate::compile::{foundation, plain_problem, problem_of};

/// The longest text that is laid out here; the command has more patience.
const FORMAT_BYTES_MAX: usize = 1 << 20;

/// The most names of a file that get a class.
const NAMES_MAX: usize = 20_000;

/// The most folds of a file.
const FOLDS_MAX: usize = 10_000;

/// Answers questions; remembers the last program.
#[derive(Default)]
pub struct Editing {
    last: Option<(Vec<SourceText>, Index)>,
}

impl Editing {
    /// The answer about a file of a program.
    #[optimize(size)]
    pub fn answer(&mut self, Asked { files, file, question }: Asked) -> Answer {
        let file = file as usize;
        match question {
            Question::Format => Answer::Formatted(format(&files, file)),
            Question::Complete { offset } => {
                let offers = editing::complete(&foundation().builtins, &source_files(&files), file, offset);
                Answer::Offers {
                    start: offers.range.start,
                    end: offers.range.end,
                    offers: offers.offers.into_iter().map(offer).collect(),
                }
            }
            Question::Describe { offset } => {
                Answer::Description(self.index(files).hover(file, offset).map(|hover| Description {
                    start: hover.range.start,
                    end: hover.range.end,
                    signature: hover.signature,
                    text: hover.text,
                    origin: hover.origin,
                }))
            }
            Question::Define { offset } => {
                let index = self.index(files);
                let span = index.definition(file, offset);
                Answer::Definition(span.map(|span| self.location(span)))
            }
            Question::Rename { offset, name } => {
                let index = self.index(files);
                let edits = editing::rename(&foundation().builtins, index, file, offset, &name);
                Answer::Renamed(
                    edits.map(|spans| spans.into_iter().map(|span| self.location(span)).collect()),
                )
            }
            Question::Paint => {
                let text = files.get(file).map_or("", |file| &*file.text);
                let folds = if text.len() > FORMAT_BYTES_MAX { Vec::new() } else { editing::folds(text) };
                let names = self.index(files).tokens(file);
                Answer::Painted {
                    names: names
                        .into_iter()
                        .take(NAMES_MAX)
                        .map(|(range, kind)| (range.start, range.end, class(kind)))
                        .collect(),
                    folds: folds.into_iter().take(FOLDS_MAX).map(|range| (range.start, range.end)).collect(),
                }
            }
        }
    }

    fn index(&mut self, mut files: Vec<SourceText>) -> &Index {
        // Bytecode has no names of Scheme's.
        for file in files.iter_mut().filter(|file| file.name.ends_with(crate::ASSEMBLY_SUFFIX)) {
            file.text.clear();
        }
        let last = self.last.take().filter(|(known, _)| *known == files);
        let (_, index) = self.last.insert(last.unwrap_or_else(|| {
            let index = Index::new(&foundation().builtins, &source_files(&files));
            (files, index)
        }));
        index
    }

    fn location(&self, span: Span) -> Location {
        let files = self.last.as_ref().map(|(files, _)| &files[..]).unwrap_or_default();
        Location {
            file: files.get(usize::from(span.file)).map(|file| file.name.clone()).unwrap_or_default(),
            line: span.line,
            column: span.column,
            start: span.start,
            end: span.end,
        }
    }
}

fn source_files(files: &[SourceText]) -> Vec<SourceFile> {
    files.iter().map(|file| SourceFile { name: file.name.clone(), text: file.text.clone() }).collect()
}

#[optimize(size)]
fn format(files: &[SourceText], file: usize) -> Result<String, Box<protocol::Problem>> {
    let Some(SourceText { name, text }) = files.get(file) else {
        return Err(Box::new(plain_problem("there is no such file".to_string())));
    };
    if name.ends_with(crate::ASSEMBLY_SUFFIX) {
        // A line for each instruction.
        return Ok(text.clone());
    }
    if text.len() > FORMAT_BYTES_MAX {
        let message = format!("{name} is longer than {FORMAT_BYTES_MAX} bytes; `physics format` takes it");
        return Err(Box::new(plain_problem(message)));
    }
    let file = SourceFile { name: name.clone(), text: text.clone() };
    editing::format(&file).map_err(|problem| Box::new(problem_of(&problem)))
}

fn offer(offer: editing::Offer) -> Offer {
    Offer { name: offer.name, signature: offer.signature, text: offer.text, kind: offer.kind.to_string() }
}

#[optimize(size)]
fn class(kind: TokenKind) -> NameClass {
    match kind {
        TokenKind::Form => NameClass::Form,
        TokenKind::Macro => NameClass::Macro,
        TokenKind::Builtin => NameClass::Builtin,
        TokenKind::Global => NameClass::Global,
        TokenKind::Parameter => NameClass::Parameter,
        TokenKind::Local => NameClass::Local,
        TokenKind::Definition => NameClass::Definition,
    }
}
