//! Renaming: one name everywhere, and the meaning of all others as it was.
//!
//! 1. The program with the new name is indexed again; the edits are given only if every place means what it meant.
//!    So no name is captured and none is taken twice, whatever macros make of it.

use super::index::{INDEX_BYTES_MAX, Index};
use crate::builtins::Builtins;
use crate::expand::notes::Place;
use crate::lexer::{Lexer, Token};
use bytecode::{SourceFile, Span};
use std::collections::HashMap;

/// The edits that give the name at a place of a program another one: places that hold it now.
///
/// # Errors
/// Why it cannot be renamed, or not to this.
pub fn rename(
    builtins: &Builtins,
    index: &Index,
    file: usize,
    offset: u32,
    new_name: &str,
) -> Result<Vec<Span>, String> {
    if index.files.iter().map(|file| file.text.len()).sum::<usize>() > INDEX_BYTES_MAX {
        return Err(format!(
            "the program is longer than {INDEX_BYTES_MAX} bytes, which is too long for renaming"
        ));
    }
    if let Some(problem) = &index.problem {
        return Err(format!("the program must be free of errors first: {problem}"));
    }
    let Some(found) = index.at(file, offset) else {
        return Err("there is no name here that something defines".to_string());
    };
    let group = &index.groups[found.group];
    let old_name = index.text(found.span);
    if group.is_machine {
        return Err(format!("`{old_name}` belongs to the machine"));
    }
    if group.definition.is_none() {
        return Err(format!("nothing defines `{old_name}`"));
    }
    if !is_name(new_name) {
        return Err(format!("`{new_name}` is not a name: it must read as one identifier"));
    }
    let uses: Vec<Span> =
        index.uses.iter().filter(|one| one.group == found.group).map(|one| one.span).collect();
    for span in &uses {
        if index.text(*span) != old_name {
            let at = place_text(index, *span);
            return Err(format!(
                "{at} knows it as `{}`: it is imported under another name",
                index.text(*span)
            ));
        }
        if index.data.binary_search(&Place::of(*span)).is_ok() {
            let at = place_text(index, *span);
            return Err(format!(
                "`{old_name}` at {at} is data as well as a name, so another name changes the program"
            ));
        }
    }
    if new_name == old_name {
        return Ok(uses);
    }
    let files = edited(&index.files, &uses, new_name);
    let after = Index::new(builtins, &files);
    if let Some(problem) = &after.problem {
        return Err(format!("`{new_name}` cannot be used: {problem}"));
    }
    match first_difference(index, &after, &uses, new_name) {
        None => Ok(uses),
        Some(span) => {
            let at = place_text(index, span);
            let name = index.text(span);
            Err(format!("`{new_name}` is taken: with that, `{name}` at {at} would mean something else"))
        }
    }
}

fn place_text(index: &Index, span: Span) -> String {
    let file = index.files.get(usize::from(span.file)).map_or("", |file| &file.name);
    format!("{file}:{}:{}", span.line, span.column)
}

/// Whether a text reads as one identifier.
fn is_name(text: &str) -> bool {
    let mut lexer = Lexer::new(text, 0);
    let first = lexer.next();
    let whole = matches!(&first, Ok(Some((Token::Symbol(_), span)))
        if span.start == 0 && span.end as usize == text.len());
    whole && matches!(lexer.next(), Ok(None))
}

/// The files with `text` at each of `spans`, which are in order.
pub(super) fn edited(files: &[SourceFile], spans: &[Span], text: &str) -> Vec<SourceFile> {
    let edit = |(number, file): (usize, &SourceFile)| {
        let mut out = String::with_capacity(file.text.len());
        let mut end = 0;
        for span in spans.iter().filter(|span| usize::from(span.file) == number) {
            out.push_str(&file.text[end..span.start as usize]);
            out.push_str(text);
            end = span.end as usize;
        }
        out.push_str(&file.text[end..]);
        SourceFile { name: file.name.clone(), text: out }
    };
    files.iter().enumerate().map(edit).collect()
}

/// The first place that means something else after `spans` were replaced.
fn first_difference(before: &Index, after: &Index, spans: &[Span], new_name: &str) -> Option<Span> {
    let mut forth: HashMap<usize, usize> = HashMap::new();
    let mut back: HashMap<usize, usize> = HashMap::new();
    let mut moved = spans.iter().peekable();
    let (mut file, mut shift) = (0, 0i64);
    let mut others = after.uses.iter();
    for one in &before.uses {
        if one.span.file != file {
            (file, shift) = (one.span.file, 0);
        }
        let start = i64::from(one.span.start) + shift;
        if moved.next_if(|span| Place::of(**span) == Place::of(one.span)).is_some() {
            shift += new_name.len() as i64 - i64::from(one.span.end - one.span.start);
        }
        let Some(other) = others.next() else { return Some(one.span) };
        let same_place = other.span.file == one.span.file && i64::from(other.span.start) == start;
        let paired = *forth.entry(one.group).or_insert(other.group) == other.group
            && *back.entry(other.group).or_insert(one.group) == one.group;
        let (meant, means) = (&before.groups[one.group], &after.groups[other.group]);
        let same_origin = meant.is_machine == means.is_machine
            && (!meant.is_machine || (&meant.name, &meant.library) == (&means.name, &means.library));
        if !same_place || !paired || !same_origin || one.defines != other.defines {
            return Some(one.span);
        }
    }
    // A place that had no meaning before.
    others.next().map(|other| other.span).and_then(|_| spans.first().copied())
}
