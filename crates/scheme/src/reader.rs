//! Tokens to data. Iterative: nesting is bounded by a number and not by the stack of the host.
//!
//! 1. A reference to a datum label whose datum is complete stands for that datum, which is put in its place; what this
//!    adds is bounded by [`COPIED_MAX`]. Only a reference within its own datum remains one.

use crate::diagnostic::{Outcome, Problem};
use crate::lexer::{Lexer, Token};
use crate::number::Number;
use crate::syntax::{Datum, Identifier, Interner, Items, Label, Symbol, Syntax};
use bytecode::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// How deep data may be nested.
pub(crate) const NESTING_MAX: usize = 10_000;

/// How many data references to labels may add to a text: labels that stand for labels double quickly.
const COPIED_MAX: u64 = 1_000_000;

/// What an open list is.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    List,
    Vector,
    Bytevector,
}

/// Something begun and not finished.
enum Open {
    Sequence {
        shape: Shape,
        items: Vec<Syntax>,
        span: Span,
        /// Where the dot stands, once there is one; the item after it is the tail.
        dot: Option<Span>,
        /// The tail has been read.
        tail: bool,
    },
    /// `'`, `` ` ``, `,` or `,@`.
    Prefix { symbol: Symbol, span: Span },
    /// `#;`.
    Comment { span: Span },
    /// `#0=`.
    Label { number: u32, span: Span },
}

/// What is known of a datum label.
struct Labelled {
    label: Label,
    /// Its datum, once that is complete.
    datum: Option<Syntax>,
    /// Its datum refers to it.
    is_cyclic: bool,
    /// Data read before it; and in it, once it is complete.
    size: u64,
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    interner: &'a mut Interner,
    open: Vec<Open>,
    data: Vec<Syntax>,
    /// The labels of the outermost datum that is being read.
    labels: HashMap<u32, Labelled>,
    /// Data so far, those that references stand for included; and these alone.
    count: u64,
    copied: u64,
}

impl<'a> Reader<'a> {
    fn new(lexer: Lexer<'a>, interner: &'a mut Interner) -> Reader<'a> {
        let (open, data, labels) = (Vec::new(), Vec::new(), HashMap::new());
        Reader { lexer, interner, open, data, labels, count: 0, copied: 0 }
    }
}

/// Reads every datum of `text`.
pub(crate) fn read(text: &str, file: u16, interner: &mut Interner) -> Outcome<Vec<Syntax>> {
    read_all(Lexer::new(text, file), interner)
}

/// Every datum before the first problem, and the problem.
pub(crate) fn read_what_can_be(
    text: &str,
    file: u16,
    interner: &mut Interner,
) -> (Vec<Syntax>, Option<Box<Problem>>) {
    let mut reader = Reader::new(Lexer::new(text, file), interner);
    loop {
        let step = match reader.lexer.next() {
            Ok(Some((token, span))) => reader.token(token, span),
            Ok(None) => {
                let data = if reader.open.is_empty() { Vec::new() } else { std::mem::take(&mut reader.data) };
                return match reader.finish() {
                    Ok(all) => (all, None),
                    Err(problem) => (data, Some(problem)),
                };
            }
            Err(problem) => Err(problem),
        };
        if let Err(problem) = step {
            return (reader.data, Some(problem));
        }
    }
}

/// The same as if the text began with `#!fold-case`.
pub(crate) fn read_folded(text: &str, file: u16, interner: &mut Interner) -> Outcome<Vec<Syntax>> {
    let mut lexer = Lexer::new(text, file);
    lexer.fold_case = true;
    read_all(lexer, interner)
}

fn read_all(lexer: Lexer<'_>, interner: &mut Interner) -> Outcome<Vec<Syntax>> {
    let mut reader = Reader::new(lexer, interner);
    while let Some((token, span)) = reader.lexer.next()? {
        reader.token(token, span)?;
    }
    reader.finish()
}

/// Whether `text` is a whole number of data, so that a REPL need not ask for more lines. Text that is wrong in a way
/// that more text cannot mend counts as complete.
pub fn is_complete(text: &str) -> bool {
    let mut interner = Interner::new();
    let mut reader = Reader::new(Lexer::new(text, 0), &mut interner);
    loop {
        match reader.lexer.next() {
            Ok(Some((token, span))) => {
                if reader.token(token, span).is_err() {
                    return true;
                }
            }
            Ok(None) => return reader.open.is_empty(),
            Err(_) => return !reader.lexer.unfinished,
        }
    }
}

impl Reader<'_> {
    fn token(&mut self, token: Token, span: Span) -> Outcome<()> {
        let datum = match token {
            Token::Open => return self.begin(Shape::List, span),
            Token::OpenVector => return self.begin(Shape::Vector, span),
            Token::OpenBytevector => return self.begin(Shape::Bytevector, span),
            Token::Close => return self.close(span),
            Token::Dot => return self.dot(span),
            Token::Quote => return self.push(Open::Prefix { symbol: Symbol::QUOTE, span }),
            Token::Quasiquote => return self.push(Open::Prefix { symbol: Symbol::QUASIQUOTE, span }),
            Token::Unquote => return self.push(Open::Prefix { symbol: Symbol::UNQUOTE, span }),
            Token::UnquoteSplicing => {
                return self.push(Open::Prefix { symbol: Symbol::UNQUOTE_SPLICING, span });
            }
            Token::DatumComment => return self.push(Open::Comment { span }),
            Token::Label(number) => return self.label(number, span),
            Token::Reference(number) => self.referred(number, span)?,
            Token::Boolean(value) => Datum::Boolean(value),
            Token::Number(Number::Integer(value)) => Datum::Integer(value),
            Token::Number(Number::BigInteger(digits)) => Datum::BigInteger(digits.into()),
            Token::Number(Number::Ratio(text)) => Datum::Ratio(text.into()),
            Token::Number(Number::Flonum(value)) => Datum::Flonum(value),
            Token::Character(value) => Datum::Character(value),
            Token::String(text) => Datum::String(text.into()),
            Token::Symbol(name) => {
                Datum::Identifier(Identifier { symbol: self.interner.intern(&name), alias: 0 })
            }
        };
        self.complete(Syntax::new(datum, span))
    }

    fn push(&mut self, open: Open) -> Outcome<()> {
        if self.open.len() >= NESTING_MAX {
            let span = open.span();
            return Problem::fail(span, format!("data is nested more than {NESTING_MAX} levels deep here"));
        }
        self.open.push(open);
        Ok(())
    }

    fn begin(&mut self, shape: Shape, span: Span) -> Outcome<()> {
        self.push(Open::Sequence { shape, items: Vec::new(), span, dot: None, tail: false })
    }

    fn label(&mut self, number: u32, span: Span) -> Outcome<()> {
        let label = self.interner.new_label();
        let labelled = Labelled { label, datum: None, is_cyclic: false, size: self.count };
        if self.labels.insert(number, labelled).is_some() {
            let problem = Problem::new(span, format!("the label `#{number}=` is there twice in this datum"));
            return Err(Box::new(problem.suggest("give it another number")));
        }
        self.push(Open::Label { number, span })
    }

    /// What a reference to a label stands for.
    fn referred(&mut self, number: u32, span: Span) -> Outcome<Datum> {
        let Some(labelled) = self.labels.get_mut(&number) else {
            let problem =
                Problem::new(span, format!("no label `#{number}=` stands before this reference to it"));
            return Err(Box::new(
                problem.suggest("a label is known from its place to the end of the outermost datum"),
            ));
        };
        let Some(syntax) = &labelled.datum else {
            labelled.is_cyclic = true;
            return Ok(Datum::Reference(labelled.label));
        };
        self.count += labelled.size;
        self.copied += labelled.size;
        if self.copied > COPIED_MAX {
            let message = format!("references to labels stand for more than {COPIED_MAX} data here");
            return Problem::fail(span, message);
        }
        Ok(syntax.datum.clone())
    }

    /// The datum after a label is complete.
    fn labelled(&mut self, number: u32, span: Span, mut syntax: Syntax) -> Outcome<Syntax> {
        let Some(labelled) = self.labels.get_mut(&number) else { return Ok(syntax) };
        if matches!(syntax.datum, Datum::Reference(label) if label == labelled.label) {
            return Problem::fail(span, format!("the label `#{number}=` stands for itself"));
        }
        if labelled.is_cyclic {
            let whole = Span { end: syntax.span.end, ..span };
            syntax = Syntax::new(Datum::Labelled(labelled.label, Arc::new(Items(vec![syntax]))), whole);
        }
        labelled.size = self.count - labelled.size;
        labelled.datum = Some(syntax.clone());
        Ok(syntax)
    }

    fn dot(&mut self, at: Span) -> Outcome<()> {
        match self.open.last_mut() {
            Some(Open::Sequence { shape: Shape::List, items, dot, .. })
                if dot.is_none() && !items.is_empty() =>
            {
                *dot = Some(at);
                Ok(())
            }
            Some(Open::Sequence { shape: Shape::List, items, .. }) if items.is_empty() => {
                Problem::fail(at, "a datum must stand before the `.` of a dotted list")
            }
            _ => Problem::fail(at, "unexpected `.`: it belongs before the last datum of a list"),
        }
    }

    fn close(&mut self, at: Span) -> Outcome<()> {
        match self.open.pop() {
            None => {
                let problem = Problem::new(at, "unexpected `)`: no parenthesis is open here");
                Err(Box::new(problem.suggest("remove it, or look for a `)` too many before it")))
            }
            Some(Open::Prefix { symbol, span }) => {
                let name = self.interner.name(symbol).clone();
                Problem::fail(span, format!("nothing follows this {name}"))
            }
            Some(Open::Comment { span }) => Problem::fail(span, "nothing follows this `#;`"),
            Some(Open::Label { span, .. }) => Problem::fail(span, "nothing follows this label"),
            Some(Open::Sequence { dot: Some(dot), tail: false, .. }) => {
                Problem::fail(dot, "a datum must stand between `.` and `)`")
            }
            Some(Open::Sequence { shape, items, span, tail, .. }) => {
                let span = Span { end: at.end, ..span };
                let datum = finish_sequence(shape, items, tail, span)?;
                self.complete(Syntax::new(datum, span))
            }
        }
    }

    /// A whole datum has been read: give it to whatever is open.
    fn complete(&mut self, mut syntax: Syntax) -> Outcome<()> {
        self.count += 1;
        loop {
            match self.open.last_mut() {
                None => {
                    self.labels.clear();
                    self.data.push(syntax);
                    return Ok(());
                }
                Some(Open::Comment { .. }) => {
                    self.open.pop();
                    return Ok(());
                }
                Some(Open::Prefix { symbol, span }) => {
                    let whole = Span { end: syntax.span.end, ..*span };
                    syntax = Syntax::list(vec![Syntax::symbol(*symbol, *span), syntax], whole);
                    self.open.pop();
                }
                Some(Open::Label { number, span }) => {
                    let (number, span) = (*number, *span);
                    self.open.pop();
                    syntax = self.labelled(number, span, syntax)?;
                }
                Some(Open::Sequence { items, dot, tail, .. }) => {
                    if *tail {
                        return Problem::fail(
                            syntax.span,
                            "only one datum may stand after the `.` of a dotted list",
                        );
                    }
                    *tail = dot.is_some();
                    items.push(syntax);
                    return Ok(());
                }
            }
        }
    }

    fn finish(mut self) -> Outcome<Vec<Syntax>> {
        match self.open.pop() {
            None => Ok(self.data),
            Some(Open::Sequence { span, .. }) => {
                let message = format!(
                    "the parenthesis opened at line {}, column {} is not closed",
                    span.line, span.column
                );
                let problem = Problem::new(span, message);
                // The last one open says where; the outermost, how much was swallowed.
                let outermost = self.open.first().map_or(span, Open::span);
                Err(Box::new(match self.lexer.next_form_after(outermost) {
                    Some(line) => problem
                        .suggest(format!("line {line} begins another form: add the missing `)` before it")),
                    None => problem.suggest("add the missing `)`"),
                }))
            }
            Some(Open::Prefix { span, .. } | Open::Label { span, .. }) => {
                Problem::fail(span, "the text ends where a datum should follow")
            }
            Some(Open::Comment { span }) => Problem::fail(span, "nothing follows this `#;`"),
        }
    }
}

impl Open {
    fn span(&self) -> Span {
        match self {
            Open::Sequence { span, .. }
            | Open::Prefix { span, .. }
            | Open::Comment { span }
            | Open::Label { span, .. } => *span,
        }
    }
}

fn finish_sequence(shape: Shape, mut items: Vec<Syntax>, dotted: bool, span: Span) -> Outcome<Datum> {
    match shape {
        Shape::Vector => Ok(Datum::Vector(Arc::new(Items(items)))),
        Shape::Bytevector => {
            let mut bytes = Vec::with_capacity(items.len());
            for item in &items {
                match item.datum {
                    Datum::Integer(value @ 0..=255) => bytes.push(value as u8),
                    _ => return Problem::fail(item.span, "a bytevector holds integers from 0 to 255 only"),
                }
            }
            Ok(Datum::Bytevector(bytes.into()))
        }
        Shape::List if !dotted => Ok(Datum::List(Arc::new(Items(items)))),
        Shape::List => match items.pop() {
            // `(a . (b c))` is `(a b c)`.
            Some(Syntax { datum: Datum::List(rest), .. }) => {
                items.extend(rest.0.iter().cloned());
                Ok(Datum::List(Arc::new(Items(items))))
            }
            Some(Syntax { datum: Datum::Improper(rest), .. }) => {
                items.extend(rest.0.iter().cloned());
                Ok(Datum::Improper(Arc::new(Items(items))))
            }
            Some(tail) => {
                items.push(tail);
                Ok(Datum::Improper(Arc::new(Items(items))))
            }
            None => Problem::fail(span, "a datum must stand before the `.` of a dotted list"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(source: &str) -> Vec<String> {
        let mut interner = Interner::new();
        let data = read(source, 0, &mut interner).unwrap_or_else(|problem| panic!("{}", problem.message));
        data.iter().map(|datum| datum.text(&interner, usize::MAX)).collect()
    }

    fn error(source: &str) -> (String, u32, u32) {
        let problem = read(source, 0, &mut Interner::new()).expect_err("an error");
        (problem.message.clone(), problem.span.line, problem.span.column)
    }

    #[test]
    fn every_kind_of_datum_reads() {
        assert_eq!(
            texts(
                "(a . b) (a . (b c)) #(1 #t) #u8(0 255) \"x\\n\\x41;\" |two words| #\\x41 #\\space -7 1.5 '()"
            ),
            [
                "(a . b)",
                "(a b c)",
                "#(1 #t)",
                "#u8(0 255)",
                "\"x\\nA\"",
                "|two words|",
                "#\\A",
                "#\\space",
                "-7",
                "1.5",
                "(quote ())"
            ]
        );
        assert_eq!(
            texts("'a `(b ,c ,@d)"),
            ["(quote a)", "(quasiquote (b (unquote c) (unquote-splicing d)))"]
        );
        assert_eq!(texts("1 ; one\n#| two #| nested |# |# 3 #;(four) 5"), ["1", "3", "5"]);
        assert_eq!(texts("(#\\( #\\) a)"), ["(#\\( #\\) a)"]);
        assert_eq!(texts("\"a \\\n   b\""), ["\"a b\""]);
        assert_eq!(texts("#!fold-case ABC #!no-fold-case DEF"), ["abc", "DEF"]);
    }

    #[test]
    fn spans_count_lines_and_characters() {
        let mut interner = Interner::new();
        let data = read("(é\n  (λ x))", 3, &mut interner).expect("reads");
        let inner = &data[0].as_list().expect("a list")[1];
        assert_eq!(inner.span, Span { file: 3, start: 6, end: 12, line: 2, column: 3 });
        let x = &inner.as_list().expect("a list")[1];
        assert_eq!((x.span.line, x.span.column, x.span.start), (2, 6, 10));
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(
            error("\n\n    (car (cdr x)"),
            ("the parenthesis opened at line 3, column 5 is not closed".into(), 3, 5)
        );
        assert_eq!(error("(a))").1, 1);
        assert!(error("(a))").0.contains("unexpected `)`"));
        assert!(error("\"abc").0.contains("no closing"));
        assert!(error("#q").0.contains("unknown syntax `#q`"));
        assert!(error("#\\spce").0.contains("unknown character name"));
        assert!(error("( . a)").0.contains("before the `.`"));
        assert!(error("(a . )").0.contains("between `.` and `)`"));
        assert!(error("(a . b c)").0.contains("only one datum"));
        assert!(error("#u8(256)").0.contains("0 to 255"));
        assert!(error("[a]").0.contains("no meaning"));
        assert!(error("(')").0.contains("nothing follows"));
        assert!(error("#| abc").0.contains("no `|#`"));
    }

    #[test]
    fn labels_name_data_and_cycles() {
        assert_eq!(texts("(#0=a #0# #1=(b) #1#) #0=c"), ["(a a (b) (b))", "c"]);
        assert_eq!(texts("#0=(a . #0#) '#5=#(1 #5#)"), ["#1=(a . #1#)", "(quote #2=#(1 #2#))"]);
        assert_eq!(texts("#1=(x . #2=(#1# #2#))"), ["#1=(x . #2=(#1# #2#))"]);
        assert_eq!(texts("a|b c|d"), ["a", "|b c|", "d"]);
    }

    #[test]
    fn labels_that_double_are_refused_soon() {
        let doubling: String = (1..60).map(|n| format!(" #{n}=(#{}# #{}#)", n - 1, n - 1)).collect();
        let problem = read(&format!("(#0=(a){doubling})"), 0, &mut Interner::new()).expect_err("too much");
        assert!(problem.message.contains("stand for more than"), "{}", problem.message);
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let deep = "(".repeat(NESTING_MAX + 1);
        assert!(error(&deep).0.contains("nested"));
        let fits = "(".repeat(NESTING_MAX) + &")".repeat(NESTING_MAX);
        assert_eq!(read(&fits, 0, &mut Interner::new()).expect("reads").len(), 1);
    }

    #[test]
    fn completeness_asks_for_more_only_when_more_can_help() {
        for open in ["(", "(define (f", "\"abc", "#| x", "'", "#;"] {
            assert!(!is_complete(open), "{open}");
        }
        for closed in ["", "(f)", ")", "(f) 'a", "\"x\"", "#q"] {
            assert!(is_complete(closed), "{closed}");
        }
    }

    fn datum() -> impl Strategy<Value = String> {
        let atom = prop_oneof![
            any::<i64>().prop_map(|value| value.to_string()),
            any::<f64>()
                .prop_filter("finite", |value| value.is_finite())
                .prop_map(|value| format!("{value:?}")),
            "[a-z!?*<>=/-]{1,8}".prop_filter("a name", |name| name != "." && !name.starts_with('-')),
            any::<bool>().prop_map(|value| if value { "#t".into() } else { "#f".into() }),
        ];
        atom.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("({})", items.join(" "))),
                prop::collection::vec(inner.clone(), 0..6)
                    .prop_map(|items| format!("#({})", items.join(" "))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(source in datum()) {
            prop_assert_eq!(texts(&source), vec![source.clone()]);
        }

        #[test]
        fn strings_and_symbols_survive_printing(text in any::<String>()) {
            let mut interner = Interner::new();
            let symbol = interner.intern(&text);
            let printed = Syntax::symbol(symbol, Span::default()).text(&interner, usize::MAX);
            let data = read(&printed, 0, &mut interner).expect("reads");
            prop_assert_eq!(data[0].as_identifier().expect("a symbol").symbol, symbol);
            let string = Syntax::new(Datum::String(text.as_str().into()), Span::default()).text(&interner, usize::MAX);
            let data = read(&string, 0, &mut interner).expect("reads");
            prop_assert!(matches!(&data[0].datum, Datum::String(read) if **read == *text));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            _ = read(&text, 0, &mut Interner::new());
            _ = is_complete(&text);
        }
    }
}
