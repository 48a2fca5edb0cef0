//! Syntax: data read from source text, with the place of every part, and identifiers that macros can rename.
//!
//! 1. An [`Identifier`] with alias 0 stands in the source as it is written. Any other alias was made by one expansion
//!    of a macro; [`Aliases`] knows the identifier that it stands for and the scope in which to look that up.
//! 2. [`Datum::Improper`] holds at least two items, the last of which is the tail and not a list.
//! 3. Dropping syntax takes constant stack, however deep the data is nested.
//! 4. A [`Datum::Reference`] stands only within the [`Datum::Labelled`] of the same label. So syntax is a tree, and
//!    whoever does not look into a labelled datum meets no reference.

use bytecode::Span;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// An interned name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(pub u32);

macro_rules! well_known {
    ($($constant:ident $index:literal $name:literal;)*) => {
        /// Names that the reader and the expander themselves look for.
        impl Symbol {
            $(pub const $constant: Symbol = Symbol($index);)*
        }
        const WELL_KNOWN: &[&str] = &[$($name),*];
    };
}

well_known! {
    QUOTE 0 "quote";
    QUASIQUOTE 1 "quasiquote";
    UNQUOTE 2 "unquote";
    UNQUOTE_SPLICING 3 "unquote-splicing";
    ELSE 4 "else";
    ARROW 5 "=>";
    UNDERSCORE 6 "_";
    ELLIPSIS 7 "...";
    AFTER 8 "after";
    WHERE 9 "where";
    QUESTION 10 "?";
    DEFINE 11 "define";
    SET 12 "set!";
    AND 13 "and";
    OR 14 "or";
    NOT 15 "not";
    LIBRARY 16 "library";
}

/// A datum label; no two in the texts that one interner has seen are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label(pub u32);

/// Names to symbols and back.
#[derive(Clone, Debug)]
pub(crate) struct Interner {
    labels: u32,
    names: Vec<Arc<str>>,
    by_name: HashMap<Arc<str>, Symbol>,
}

impl Interner {
    pub fn new() -> Interner {
        let mut interner = Interner { labels: 0, names: Vec::new(), by_name: HashMap::new() };
        for name in WELL_KNOWN {
            interner.intern(name);
        }
        interner
    }

    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&symbol) = self.by_name.get(name) {
            return symbol;
        }
        let symbol = Symbol(self.names.len() as u32);
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.by_name.insert(name, symbol);
        symbol
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn new_label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels)
    }

    /// Has any text had a label?
    pub fn has_labels(&self) -> bool {
        self.labels > 0
    }

    pub fn lookup(&self, name: &str) -> Option<Symbol> {
        self.by_name.get(name).copied()
    }

    pub fn name(&self, symbol: Symbol) -> &Arc<str> {
        &self.names[symbol.0 as usize]
    }
}

/// A name as it stands in a piece of syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identifier {
    pub symbol: Symbol,
    pub alias: u32,
}

/// The items of a list or vector; dropped without recursion.
#[derive(Debug, Default)]
pub(crate) struct Items(pub Vec<Syntax>);

impl Drop for Items {
    fn drop(&mut self) {
        while let Some(mut syntax) = self.0.pop() {
            if let Datum::List(items)
            | Datum::Improper(items)
            | Datum::Vector(items)
            | Datum::Labelled(_, items) = &mut syntax.datum
                && let Some(items) = Arc::get_mut(items)
            {
                self.0.append(&mut items.0);
            }
        }
    }
}

/// A datum, without its place.
#[derive(Clone, Debug)]
pub(crate) enum Datum {
    Identifier(Identifier),
    Boolean(bool),
    Integer(i64),
    /// In decimal.
    BigInteger(Arc<str>),
    /// In decimal and lowest terms.
    Ratio(Arc<str>),
    Flonum(f64),
    Character(char),
    String(Arc<str>),
    Bytevector(Arc<[u8]>),
    List(Arc<Items>),
    Improper(Arc<Items>),
    Vector(Arc<Items>),
    /// `#0=datum` where the datum refers to the label: one item, and the label.
    Labelled(Label, Arc<Items>),
    /// `#0#` within the datum that has the label.
    Reference(Label),
}

/// A datum and its place.
#[derive(Clone, Debug)]
pub(crate) struct Syntax {
    pub datum: Datum,
    pub span: Span,
}

impl Syntax {
    pub fn new(datum: Datum, span: Span) -> Syntax {
        Syntax { datum, span }
    }

    pub fn list(items: Vec<Syntax>, span: Span) -> Syntax {
        Syntax::new(Datum::List(Arc::new(Items(items))), span)
    }

    pub fn symbol(symbol: Symbol, span: Span) -> Syntax {
        Syntax::new(Datum::Identifier(Identifier { symbol, alias: 0 }), span)
    }

    /// The items of a proper list.
    pub fn as_list(&self) -> Option<&[Syntax]> {
        match &self.datum {
            Datum::List(items) => Some(&items.0),
            _ => None,
        }
    }

    pub fn as_identifier(&self) -> Option<Identifier> {
        match &self.datum {
            Datum::Identifier(identifier) => Some(*identifier),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(&self.datum, Datum::List(items) if items.0.is_empty())
    }

    /// This datum and all that it contains, in no particular order.
    pub fn parts(&self) -> impl Iterator<Item = &Syntax> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            let syntax = pending.pop()?;
            if let Datum::List(items)
            | Datum::Improper(items)
            | Datum::Vector(items)
            | Datum::Labelled(_, items) = &syntax.datum
            {
                pending.extend(items.0.iter());
            }
            Some(syntax)
        })
    }

    /// The datum as `write` would print it, cut at about `limit` bytes.
    pub fn text(&self, interner: &Interner, limit: usize) -> String {
        enum Step<'a> {
            Datum(&'a Syntax),
            Text(&'static str),
        }
        let mut out = String::new();
        let mut steps = vec![Step::Datum(self)];
        while let Some(step) = steps.pop() {
            if out.len() > limit {
                out.push_str(" ...");
                break;
            }
            let syntax = match step {
                Step::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Step::Datum(syntax) => syntax,
            };
            let (items, improper) = match &syntax.datum {
                Datum::List(items) => {
                    out.push('(');
                    (items, false)
                }
                Datum::Improper(items) => {
                    out.push('(');
                    (items, true)
                }
                Datum::Vector(items) => {
                    out.push_str("#(");
                    (items, false)
                }
                Datum::Labelled(label, items) => {
                    _ = write!(out, "#{}=", label.0);
                    steps.extend(items.0.iter().map(Step::Datum));
                    continue;
                }
                _ => {
                    syntax.write_atom(interner, &mut out);
                    continue;
                }
            };
            steps.push(Step::Text(")"));
            let last = items.0.len().saturating_sub(1);
            for (index, item) in items.0.iter().enumerate().rev() {
                steps.push(Step::Datum(item));
                if index > 0 {
                    steps.push(Step::Text(if improper && index == last { " . " } else { " " }));
                }
            }
        }
        out
    }

    fn write_atom(&self, interner: &Interner, out: &mut String) {
        match &self.datum {
            Datum::Identifier(identifier) => write_symbol(interner.name(identifier.symbol), out),
            Datum::Boolean(value) => out.push_str(if *value { "#t" } else { "#f" }),
            Datum::Integer(value) => _ = write!(out, "{value}"),
            Datum::BigInteger(digits) | Datum::Ratio(digits) => out.push_str(digits),
            Datum::Flonum(value) => write_flonum(*value, out),
            Datum::Character(value) => write_character(*value, out),
            Datum::String(text) => write_string(text, out),
            Datum::Bytevector(bytes) => {
                out.push_str("#u8(");
                for (index, byte) in bytes.iter().enumerate() {
                    _ = write!(out, "{}{byte}", if index > 0 { " " } else { "" });
                }
                out.push(')');
            }
            Datum::Reference(label) => _ = write!(out, "#{}#", label.0),
            Datum::List(_) | Datum::Improper(_) | Datum::Vector(_) | Datum::Labelled(..) => {}
        }
    }
}

fn write_symbol(name: &str, out: &mut String) {
    let plain = !name.is_empty()
        && !name.chars().any(|c| c.is_whitespace() || c.is_control() || "()[]{}\";'`,|\\".contains(c))
        && !name.starts_with('#')
        && name != "."
        && matches!(crate::number::parse(name, 10), Ok(None));
    if plain {
        out.push_str(name);
        return;
    }
    out.push('|');
    for c in name.chars() {
        match c {
            '|' => out.push_str("\\|"),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => _ = write!(out, "\\x{:x};", c as u32),
            c => out.push(c),
        }
    }
    out.push('|');
}

fn write_flonum(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str("+nan.0");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+inf.0" } else { "-inf.0" });
    } else {
        _ = write!(out, "{value:?}");
    }
}

fn write_character(value: char, out: &mut String) {
    out.push_str("#\\");
    match crate::lexer::CHARACTER_NAMES.iter().find(|(_, c)| *c == value) {
        Some((name, _)) => out.push_str(name),
        None if value.is_control() || value.is_whitespace() => _ = write!(out, "x{:x}", value as u32),
        None => out.push(value),
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => _ = write!(out, "\\x{:x};", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
}
