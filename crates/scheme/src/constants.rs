//! The constant pool under construction: equal constants are one entry.

use crate::builtins::{BuiltinId, Builtins};
use crate::ir::Literal;
use crate::syntax::{Datum, Interner, Label, Symbol, Syntax};
use bytecode::{ConstIndex, Constant};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Nil,
    Unspecified,
    Boolean(bool),
    Integer(i64),
    BigInteger(Arc<str>),
    Ratio(Arc<str>),
    Flonum(u64),
    Character(char),
    String(Arc<str>),
    Symbol(Symbol),
    Pair(ConstIndex, ConstIndex),
    Vector(Vec<ConstIndex>),
    Bytevector(Arc<[u8]>),
    Builtin(BuiltinId),
    Hole(Label),
    Knot(Label),
}

/// Constants, each entry referring only to earlier ones.
#[derive(Default)]
pub(crate) struct ConstantPool {
    entries: Vec<Constant>,
    index: HashMap<Key, ConstIndex>,
}

impl ConstantPool {
    pub fn into_entries(self) -> Vec<Constant> {
        self.entries
    }

    pub fn entry_at(&self, index: ConstIndex) -> Option<&Constant> {
        self.entries.get(index.0 as usize)
    }

    fn entry(&mut self, key: Key, constant: impl FnOnce() -> Constant) -> ConstIndex {
        let next = ConstIndex(self.entries.len() as u32);
        match self.index.entry(key) {
            std::collections::hash_map::Entry::Occupied(found) => *found.get(),
            std::collections::hash_map::Entry::Vacant(place) => {
                self.entries.push(constant());
                *place.insert(next)
            }
        }
    }

    pub fn builtin(&mut self, id: BuiltinId, builtins: &Builtins) -> ConstIndex {
        self.entry(Key::Builtin(id), || Constant::Builtin(builtins.by_id(id).name.clone()))
    }

    /// The pool entry of `literal`, as a part of a larger constant needs it.
    pub fn pooled(&mut self, literal: Literal) -> ConstIndex {
        match literal {
            Literal::Pooled(index) => index,
            Literal::Nil => self.entry(Key::Nil, || Constant::Nil),
            Literal::Boolean(value) => self.entry(Key::Boolean(value), || Constant::Boolean(value)),
            Literal::Unspecified => self.entry(Key::Unspecified, || Constant::Unspecified),
            Literal::Integer(value) => {
                self.entry(Key::Integer(value.into()), || Constant::Integer(value.into()))
            }
        }
    }

    pub fn pair(&mut self, first: Literal, rest: Literal) -> Literal {
        let (first, rest) = (self.pooled(first), self.pooled(rest));
        Literal::Pooled(self.entry(Key::Pair(first, rest), || Constant::Pair(first, rest)))
    }

    pub fn symbol(&mut self, symbol: Symbol, interner: &Interner) -> Literal {
        Literal::Pooled(
            self.entry(Key::Symbol(symbol), || Constant::Symbol(interner.name(symbol).to_string())),
        )
    }

    pub fn string(&mut self, text: &str) -> Literal {
        Literal::Pooled(self.entry(Key::String(text.into()), || Constant::String(text.into())))
    }

    /// A quoted datum. Iterative, so that deep data takes constant stack.
    pub fn datum(&mut self, datum: &Syntax, interner: &Interner) -> Literal {
        enum Step<'a> {
            Visit(&'a Syntax),
            List(usize, bool),
            Vector(usize),
            Knot(Label),
        }
        let mut steps = vec![Step::Visit(datum)];
        let mut done: Vec<Literal> = Vec::new();
        while let Some(step) = steps.pop() {
            match step {
                Step::Visit(syntax) => match &syntax.datum {
                    Datum::List(items) => {
                        steps.push(Step::List(items.0.len(), false));
                        steps.extend(items.0.iter().rev().map(Step::Visit));
                    }
                    Datum::Improper(items) => {
                        steps.push(Step::List(items.0.len() - 1, true));
                        steps.extend(items.0.iter().rev().map(Step::Visit));
                    }
                    Datum::Vector(items) => {
                        steps.push(Step::Vector(items.0.len()));
                        steps.extend(items.0.iter().rev().map(Step::Visit));
                    }
                    Datum::Labelled(label, items) => {
                        steps.push(Step::Knot(*label));
                        steps.extend(items.0.iter().map(Step::Visit));
                    }
                    atom => {
                        let literal = self.atom(atom, interner);
                        done.push(literal);
                    }
                },
                Step::List(count, improper) => {
                    let mut list = if improper { done.pop().unwrap_or(Literal::Nil) } else { Literal::Nil };
                    for item in done.split_off(done.len() - count).into_iter().rev() {
                        list = self.pair(item, list);
                    }
                    done.push(list);
                }
                Step::Knot(label) => {
                    let whole = done.pop().unwrap_or(Literal::Nil);
                    let (hole, whole) = (self.hole(label), self.pooled(whole));
                    done.push(Literal::Pooled(
                        self.entry(Key::Knot(label), || Constant::Knot { hole, whole }),
                    ));
                }
                Step::Vector(count) => {
                    let items = done.split_off(done.len() - count);
                    let items: Vec<ConstIndex> = items.into_iter().map(|item| self.pooled(item)).collect();
                    let vector = items.clone();
                    done.push(Literal::Pooled(self.entry(Key::Vector(items), || Constant::Vector(vector))));
                }
            }
        }
        done.pop().unwrap_or(Literal::Nil)
    }

    fn hole(&mut self, label: Label) -> ConstIndex {
        self.entry(Key::Hole(label), || Constant::Hole)
    }

    fn atom(&mut self, atom: &Datum, interner: &Interner) -> Literal {
        let index = match atom {
            Datum::Identifier(identifier) => return self.symbol(identifier.symbol, interner),
            Datum::Boolean(value) => return Literal::Boolean(*value),
            Datum::Integer(value) => match i32::try_from(*value) {
                Ok(small) => return Literal::Integer(small),
                Err(_) => self.entry(Key::Integer(*value), || Constant::Integer(*value)),
            },
            Datum::BigInteger(digits) => {
                self.entry(Key::BigInteger(digits.clone()), || Constant::BigInteger(digits.to_string()))
            }
            Datum::Ratio(text) => self.entry(Key::Ratio(text.clone()), || Constant::Ratio(text.to_string())),
            Datum::Flonum(value) => {
                self.entry(Key::Flonum(value.to_bits()), || Constant::Flonum(value.to_bits()))
            }
            Datum::Character(value) => self.entry(Key::Character(*value), || Constant::Character(*value)),
            Datum::String(text) => return self.string(text),
            Datum::Bytevector(bytes) => {
                self.entry(Key::Bytevector(bytes.clone()), || Constant::Bytevector(bytes.to_vec()))
            }
            Datum::Reference(label) => self.hole(*label),
            Datum::List(_) | Datum::Improper(_) | Datum::Vector(_) | Datum::Labelled(..) => {
                return Literal::Nil;
            }
        };
        Literal::Pooled(index)
    }
}
