//! Syntax as a transformer takes and gives it: data without places, and back.
//!
//! 1. A part of the use that comes back whole is that part, with the places of all that it holds. What the transformer has
//!    made has the place of the use; an identifier that the use holds has the place where it stands there first.
//! 2. Nothing here recurses, and work is bounded by the bound on what macros make.

use super::limits::OUTPUT_MAX;
use crate::diagnostic::{Outcome, Problem};
use crate::sandbox::Piece;
use crate::syntax::{Datum, Identifier, Interner, Items, Symbol, Syntax};
use bytecode::{Constant, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// What a piece of a use is.
enum Origin {
    Whole(Syntax),
    /// The items of a list from an index on; whether the last is the tail of an improper one.
    Rest(Arc<Items>, usize, bool),
}

/// A use on its way to a transformer.
pub(super) struct Parcel {
    pub pieces: Vec<Piece>,
    origins: Vec<Origin>,
    identifiers: HashMap<Identifier, u32>,
    place: Span,
}

impl Parcel {
    /// Makes pieces of `form`, the last of which is the whole.
    pub fn of(form: &Syntax, interner: &Interner) -> Outcome<Parcel> {
        enum Step<'a> {
            Visit(&'a Syntax),
            List(&'a Syntax, &'a Arc<Items>, bool),
            Vector(&'a Syntax, usize),
        }
        let mut parcel =
            Parcel { pieces: Vec::new(), origins: Vec::new(), identifiers: HashMap::new(), place: form.span };
        let mut steps = vec![Step::Visit(form)];
        let mut done: Vec<u32> = Vec::new();
        while let Some(step) = steps.pop() {
            match step {
                Step::Visit(syntax) => {
                    let items = match &syntax.datum {
                        Datum::List(items) if !items.0.is_empty() => {
                            steps.push(Step::List(syntax, items, false));
                            items
                        }
                        Datum::Improper(items) => {
                            steps.push(Step::List(syntax, items, true));
                            items
                        }
                        Datum::Vector(items) => {
                            steps.push(Step::Vector(syntax, items.0.len()));
                            items
                        }
                        Datum::Labelled(..) | Datum::Reference(_) => {
                            return Problem::fail(
                                syntax.span,
                                "data that contains itself cannot be given to a transformer",
                            );
                        }
                        _ => {
                            let piece = parcel.atom(syntax, interner);
                            done.push(piece);
                            continue;
                        }
                    };
                    steps.extend(items.0.iter().rev().map(Step::Visit));
                }
                Step::List(syntax, items, is_improper) => {
                    let parts = done.split_off(done.len() - items.0.len());
                    let whole = parcel.list(syntax, items, is_improper, &parts);
                    done.push(whole);
                }
                Step::Vector(syntax, count) => {
                    let parts = done.split_off(done.len() - count);
                    done.push(parcel.add(Piece::Vector(parts), Origin::Whole(syntax.clone())));
                }
            }
        }
        Ok(parcel)
    }

    fn add(&mut self, piece: Piece, origin: Origin) -> u32 {
        self.pieces.push(piece);
        self.origins.push(origin);
        self.pieces.len() as u32 - 1
    }

    fn list(&mut self, syntax: &Syntax, items: &Arc<Items>, is_improper: bool, parts: &[u32]) -> u32 {
        let (mut rest, fronts) = match parts {
            [fronts @ .., tail] if is_improper => (*tail, fronts),
            _ => (self.nil(syntax.span), parts),
        };
        for (index, part) in fronts.iter().enumerate().rev() {
            let origin = match index {
                0 => Origin::Whole(syntax.clone()),
                _ => Origin::Rest(items.clone(), index, is_improper),
            };
            rest = self.add(Piece::Pair(*part, rest), origin);
        }
        rest
    }

    fn nil(&mut self, span: Span) -> u32 {
        self.add(Piece::Atom(Constant::Nil), Origin::Whole(Syntax::list(Vec::new(), span)))
    }

    fn atom(&mut self, syntax: &Syntax, interner: &Interner) -> u32 {
        let constant = match &syntax.datum {
            Datum::Identifier(identifier) => {
                if let Some(known) = self.identifiers.get(identifier) {
                    return *known;
                }
                let name = interner.name(identifier.symbol).clone();
                let piece = Piece::Identifier { name, alias: identifier.alias };
                let added = self.add(piece, Origin::Whole(syntax.clone()));
                self.identifiers.insert(*identifier, added);
                return added;
            }
            Datum::Boolean(value) => Constant::Boolean(*value),
            Datum::Integer(value) => Constant::Integer(*value),
            Datum::BigInteger(digits) => Constant::BigInteger(digits.to_string()),
            Datum::Ratio(text) => Constant::Ratio(text.to_string()),
            Datum::Flonum(value) => Constant::Flonum(value.to_bits()),
            Datum::Character(value) => Constant::Character(*value),
            Datum::String(text) => Constant::String(text.to_string()),
            Datum::Bytevector(bytes) => Constant::Bytevector(bytes.to_vec()),
            Datum::List(_)
            | Datum::Improper(_)
            | Datum::Vector(_)
            | Datum::Labelled(..)
            | Datum::Reference(_) => Constant::Nil,
        };
        self.add(Piece::Atom(constant), Origin::Whole(syntax.clone()))
    }

    /// The syntax that piece `root` is, new names in it at the places that `quoted` has for them; and of how many parts it is made that the use did not hold: more than macros may make
    /// if it is not whole.
    pub fn open(&self, root: u32, quoted: &HashMap<Symbol, Span>, interner: &mut Interner) -> (Syntax, u64) {
        let starts = self.starts(root);
        // Parts come before what they are parts of.
        let mut built: Vec<Option<(Syntax, u64)>> = Vec::with_capacity(self.pieces.len());
        let mut walked = 0;
        for (index, starts) in starts.into_iter().enumerate() {
            let part = starts.then(|| self.build(index, &built, quoted, interner));
            walked += part.as_ref().map_or(0, |(_, items, _)| *items);
            if walked > OUTPUT_MAX {
                return (Syntax::list(Vec::new(), self.place), u64::MAX);
            }
            built.push(part.map(|(syntax, _, size)| (syntax, size)));
        }
        let whole = built.into_iter().nth(root as usize).flatten();
        whole.unwrap_or_else(|| (Syntax::list(Vec::new(), self.place), u64::MAX))
    }

    /// Syntax of one piece, how many items that took, and its size.
    fn build(
        &self,
        index: usize,
        built: &[Option<(Syntax, u64)>],
        quoted: &HashMap<Symbol, Span>,
        interner: &mut Interner,
    ) -> (Syntax, u64, u64) {
        if let Some(origin) = self.origins.get(index) {
            let (syntax, count) = origin.syntax(self.place);
            return (syntax, count, 1);
        }
        let mut items = Vec::new();
        let (mut size, mut count, mut place) = (1_u64, 0, self.place);
        let mut take = |part: u32| {
            let (syntax, part_size) = built[part as usize].as_ref()?;
            size = size.saturating_add(*part_size);
            Some(syntax.clone())
        };
        let datum = match &self.pieces[index] {
            Piece::Identifier { name, alias } => {
                let symbol = interner.intern(name);
                place = quoted.get(&symbol).copied().unwrap_or(place);
                Datum::Identifier(Identifier { symbol, alias: *alias })
            }
            Piece::Atom(constant) => datum_of(constant),
            Piece::Vector(parts) => {
                items.extend(parts.iter().filter_map(|part| take(*part)));
                count = items.len();
                Datum::Vector(Arc::new(Items(items)))
            }
            Piece::Pair(..) => {
                let mut rest = index as u32;
                while let Some((first, next)) = self.new_pair(rest) {
                    items.extend(take(first));
                    rest = next;
                }
                let tail = take(rest);
                count = items.len();
                ending_with(items, tail)
            }
        };
        (Syntax::new(datum, place), count as u64 + 1, size)
    }

    /// The parts of a pair that the transformer has made.
    fn new_pair(&self, index: u32) -> Option<(u32, u32)> {
        match self.pieces[index as usize] {
            Piece::Pair(first, rest) if index as usize >= self.origins.len() => Some((first, rest)),
            _ => None,
        }
    }

    /// For each piece, whether anything needs it as a datum of its own. A new pair that is only the rest of another one is
    /// none.
    fn starts(&self, root: u32) -> Vec<bool> {
        let mut starts = vec![false; self.pieces.len()];
        starts[root as usize] = true;
        for piece in &self.pieces[self.origins.len()..] {
            match piece {
                Piece::Pair(first, rest) => {
                    starts[*first as usize] = true;
                    starts[*rest as usize] |= self.new_pair(*rest).is_none();
                }
                Piece::Vector(parts) => parts.iter().for_each(|part| starts[*part as usize] = true),
                Piece::Identifier { .. } | Piece::Atom(_) => {}
            }
        }
        starts
    }
}

/// The list of `items` with `tail` after them.
fn ending_with(mut items: Vec<Syntax>, tail: Option<Syntax>) -> Datum {
    match tail {
        None => Datum::List(Arc::new(Items(items))),
        Some(Syntax { datum: Datum::List(more), .. }) => {
            items.extend(more.0.iter().cloned());
            Datum::List(Arc::new(Items(items)))
        }
        Some(Syntax { datum: Datum::Improper(more), .. }) => {
            items.extend(more.0.iter().cloned());
            Datum::Improper(Arc::new(Items(items)))
        }
        Some(tail) => {
            items.push(tail);
            Datum::Improper(Arc::new(Items(items)))
        }
    }
}

impl Origin {
    /// The syntax, and how many items had to be copied for it.
    fn syntax(&self, place: Span) -> (Syntax, u64) {
        match self {
            Origin::Whole(syntax) => (syntax.clone(), 1),
            Origin::Rest(items, from, is_improper) => {
                let rest = items.0[*from..].to_vec();
                let count = rest.len() as u64;
                let rest = Arc::new(Items(rest));
                let datum = if *is_improper { Datum::Improper(rest) } else { Datum::List(rest) };
                (Syntax::new(datum, place), count)
            }
        }
    }
}

fn datum_of(constant: &Constant) -> Datum {
    match constant {
        Constant::Boolean(value) => Datum::Boolean(*value),
        Constant::Integer(value) => Datum::Integer(*value),
        Constant::BigInteger(digits) => Datum::BigInteger(digits.as_str().into()),
        Constant::Ratio(text) => Datum::Ratio(text.as_str().into()),
        Constant::Flonum(bits) => Datum::Flonum(f64::from_bits(*bits)),
        Constant::Character(value) => Datum::Character(*value),
        Constant::String(text) => Datum::String(text.as_str().into()),
        Constant::Bytevector(bytes) => Datum::Bytevector(bytes.as_slice().into()),
        // The others have parts, or no sandbox makes them.
        _ => Datum::List(Arc::default()),
    }
}
