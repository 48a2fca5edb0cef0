//! Completion: the names that can be used where somebody is writing.
//!
//! 1. A text under the pen rarely reads. What stands before the cursor is taken, with a name of our own for the word that
//!    is being written and a bracket for each one that is open, and then the forms that begin a line after it. Where the
//!    expander stops at a form that is not complete, the name takes the place of that form, and so on outwards.
//! 2. In comments, strings and data, and where a name is being made, nothing is offered.

use super::index::{INDEX_BYTES_MAX, Index, expand};
use super::style::Role;
use crate::builtins::Builtins;
use crate::documentation::documentation;
use crate::expand::notes::{Entity, Kind, Visible};
use crate::lexer::{Lexer, Token};
use crate::standard;
use bytecode::SourceFile;
use std::ops::Range;

/// The most offers.
const OFFERS_MAX: usize = 80;

/// How often a form is left out to find out where the cursor stands.
const TRIES_MAX: usize = 8;

/// Stands for the word that is being written; nobody writes it.
const MARK: &str = "\u{ffff}cursor\u{ffff}";

/// A name that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The name.
    pub name: String,
    /// How it is used.
    pub signature: String,
    /// What it is, in one line.
    pub text: String,
    /// What kind of thing: form, macro, procedure, variable, parameter or local.
    pub kind: &'static str,
}

/// What can stand at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// The word that an offer replaces, in bytes.
    pub range: Range<u32>,
    /// The best first.
    pub offers: Vec<Offer>,
}

/// The names that can be used at `offset` of a file and that begin with, or have in them, what is written before it.
pub fn complete(builtins: &Builtins, files: &[SourceFile], file: usize, offset: u32) -> Offers {
    let Some(text) = files.get(file).map(|file| &*file.text) else { return Offers::default() };
    let offset = offset as usize;
    let total: usize = files.iter().map(|file| file.text.len()).sum();
    if offset > text.len() || !text.is_char_boundary(offset) || total > INDEX_BYTES_MAX {
        return Offers::default();
    }
    let Some((start, open)) = cursor(text, offset) else { return Offers::default() };
    let range = start as u32..word_end(text, offset) as u32;
    let rest = rest_of(text, range.end as usize);
    let word = &text[start..offset];
    let places = std::iter::once(start).chain(open.iter().rev().copied()).take(TRIES_MAX);
    for (left_out, at) in places.enumerate() {
        let closing = ")".repeat(open.len() - left_out.min(open.len()));
        let mut files = files.to_vec();
        files[file].text = format!("{}{MARK}{closing}\n{rest}", &text[..at]);
        let mut found = None;
        let mut elsewhere = false;
        expand(builtins, &files, Some(MARK), |expander, notes, _| {
            elsewhere = notes.elsewhere && notes.visible.is_none();
            if let Some(visible) = &notes.visible {
                let name = |one: &Visible| expander.state.interner.name(one.name).to_string();
                let named = visible.iter().map(|one| (name(one), one.clone()));
                found = Some(choose(named.collect(), word));
            }
        });
        if elsewhere {
            return Offers::default();
        }
        if let Some(chosen) = found {
            let index = Index::new(builtins, &files);
            let offers = chosen.into_iter().map(|(name, visible)| offer(&index, name, &visible)).collect();
            return Offers { range, offers };
        }
    }
    Offers::default()
}

/// A bracket that is open at the cursor.
struct Open<'a> {
    at: usize,
    role: Role,
    head: Option<&'a str>,
    /// Parts that are written already.
    count: usize,
    /// The first operand is a name.
    named: bool,
}

impl Open<'_> {
    fn new(at: usize, role: Role) -> Self {
        Open { at, role, head: None, count: 0, named: false }
    }
}

/// Where the word before `offset` begins, and the brackets that are open there. `None` in comments and strings, and where
/// a local variable is being made.
fn cursor(text: &str, offset: usize) -> Option<(usize, Vec<usize>)> {
    let mut lexer = Lexer::new(&text[..offset], 0);
    let mut open = vec![Open::new(0, Role::Root)];
    let mut last: Option<(Token, Range<usize>)> = None;
    loop {
        let before = lexer.here().start as usize;
        match lexer.next() {
            Ok(Some((token, span))) => {
                let place = span.start as usize..span.end as usize;
                let outer = open.last_mut()?;
                match token {
                    Token::Open => {
                        let role = outer.role.of_child(outer.head, outer.count, outer.named);
                        outer.count += 1;
                        open.push(Open::new(place.start, role));
                    }
                    // Data.
                    Token::OpenVector | Token::OpenBytevector => return None,
                    Token::Close => _ = open.pop(),
                    Token::Symbol(_) if place.end < offset => {
                        if outer.count == 0 {
                            outer.head = Some(&text[place.clone()]);
                        }
                        outer.named |= outer.count == 1;
                        outer.count += 1;
                    }
                    _ => {}
                }
                last = Some((token, place));
            }
            Ok(None) => {
                // A comment that reaches the cursor.
                let gap = &text[before.min(offset)..offset];
                let line = gap.rfind('\n').map_or(gap, |end| &gap[end..]);
                if line.contains(';') {
                    return None;
                }
                break;
            }
            Err(_) => return None,
        }
    }
    if open.last().is_some_and(|inner| inner.role == Role::Binding && inner.count == 0) {
        return None;
    }
    let open = open.into_iter().skip(1).map(|open| open.at).collect();
    match last {
        Some((Token::Symbol(_), place)) if place.end == offset => Some((place.start, open)),
        Some((
            Token::Open | Token::Close | Token::Quasiquote | Token::Unquote | Token::UnquoteSplicing,
            _,
        )) => Some((offset, open)),
        Some((Token::Quote, place)) if place.end == offset => None,
        // Directly behind a literal nothing can be written.
        Some((_, place)) if place.end == offset => None,
        _ => Some((offset, open)),
    }
}

/// Where the word ends that `offset` stands in.
fn word_end(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    let end = rest.find(|c: char| c.is_whitespace() || "()\";'`,|".contains(c));
    offset + end.unwrap_or(rest.len())
}

/// The text from the first line after `from` on that begins with a form.
fn rest_of(text: &str, from: usize) -> &str {
    text[from..].find("\n(").map_or("", |at| &text[from + at + 1..])
}

/// What fits the word, the best first.
fn choose(visible: Vec<(String, Visible)>, word: &str) -> Vec<(String, Visible)> {
    let wanted = word.to_lowercase();
    let mut ranked: Vec<(u8, u8, String, Visible)> = Vec::new();
    for (name, one) in visible {
        let lower = name.to_lowercase();
        let fit = match lower.find(&wanted) {
            Some(0) => 0,
            Some(_) if wanted.len() > 1 => 1,
            _ => continue,
        };
        let near = match one.kind {
            Kind::Local | Kind::Parameter => 0,
            Kind::Global | Kind::Macro => 1,
            Kind::Form | Kind::Builtin => 2,
        };
        if name != MARK && !name.contains(' ') {
            ranked.push((fit, near, name, one));
        }
    }
    ranked.sort_by(|a, b| (a.0, a.1, a.2.len(), &a.2).cmp(&(b.0, b.1, b.2.len(), &b.2)));
    ranked.truncate(OFFERS_MAX);
    ranked.into_iter().map(|(_, _, name, one)| (name, one)).collect()
}

fn offer(index: &Index, name: String, visible: &Visible) -> Offer {
    let own = match visible.entity {
        Entity::Core(_) | Entity::Builtin(_) => None,
        Entity::Global(_) => {
            let defines = |one: &&super::index::Use| {
                one.defines && one.kind == Kind::Global && index.text(one.span) == name
            };
            index.uses.iter().find(defines).map(|one| index.describe(&index.groups[one.group]))
        }
        Entity::Place(place) => {
            index.at(usize::from(place.file), place.start).map(|one| index.describe(&index.groups[one.group]))
        }
    };
    let own = own.filter(|own| !own.text.is_empty());
    let known = own
        .or_else(|| documentation(&name, None))
        .or_else(|| standard::sources().find_map(|(library, _)| documentation(&name, Some(library))));
    let kind = match visible.kind {
        Kind::Form => "form",
        Kind::Macro => "macro",
        Kind::Builtin => "procedure",
        Kind::Parameter => "parameter",
        Kind::Local => "local",
        Kind::Global if known.as_ref().is_some_and(|known| known.signature.starts_with('(')) => "procedure",
        Kind::Global => "variable",
    };
    let (signature, text) =
        known.map_or((name.clone(), String::new()), |known| (known.signature, known.text));
    Offer { name, signature, text, kind }
}
