//! Types that a program declares, and what the compiler knows of values without running anything.
//!
//! 1. A [`Type`] says what a value must be. Procedures are told by nothing but being procedures: what they take and answer
//!    is checked where they have a declaration of their own.
//! 2. A [`Known`] says what an expression's value is, as far as that is sure; it may be less than what is so.

use crate::constants::ConstantPool;
use crate::ir::Literal;
use bytecode::Constant;

/// What a value must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Any,
    Base(Base),
    ListOf(Box<Type>),
    VectorOf(Box<Type>),
    PairOf(Box<Type>, Box<Type>),
    Procedure(Box<Signature>),
    Or(Vec<Type>),
    /// A record, by its type's name.
    Record(String, RecordType),
}

/// Where the value is that stands for a type of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordType {
    Local(crate::ir::VariableId),
    /// By its name among all globals.
    Global(crate::syntax::Symbol),
}

/// What a procedure takes and answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    pub params: Vec<Type>,
    pub rest: Option<Type>,
    pub result: Type,
}

/// A declaration: `(: name type)`.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub what: Type,
    pub line: u32,
}

macro_rules! bases {
    ($($variant:ident $name:literal $text:literal $predicate:literal;)*) => {
        /// Types with names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Base { $($variant,)* }

        impl Base {
            /// The type called `name`.
            pub fn named(name: &str) -> Option<Base> {
                match name { $($name => Some(Base::$variant),)* _ => None }
            }

            /// Their names.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// As in "expected an integer".
            pub fn text(self) -> &'static str {
                match self { $(Base::$variant => $text,)* }
            }

            /// The procedure that tells such values.
            pub fn predicate(self) -> &'static str {
                match self { $(Base::$variant => $predicate,)* }
            }
        }
    };
}

bases! {
    Boolean "boolean" "a boolean" "boolean?";
    Integer "integer" "an integer" "integer?";
    Rational "rational" "a rational" "rational?";
    Real "real" "a real" "real?";
    Number "number" "a number" "number?";
    String "string" "a string" "string?";
    Symbol "symbol" "a symbol" "symbol?";
    Char "char" "a char" "char?";
    List "list" "a list" "%list-like?";
    Null "null" "the empty list" "null?";
    Pair "pair" "a pair" "pair?";
    Vector "vector" "a vector" "vector?";
    Bytevector "bytevector" "a bytevector" "bytevector?";
    Procedure "procedure" "a procedure" "procedure?";
    HashTable "hash-table" "a hash-table" "hash-table?";
    Actor "actor" "an actor" "actor?";
}

impl Type {
    /// As in "expected a list of integer".
    pub fn text(&self) -> String {
        match self {
            Type::Any => "anything".to_string(),
            Type::Base(base) => base.text().to_string(),
            Type::ListOf(item) => format!("a list of {}", item.word()),
            Type::VectorOf(item) => format!("a vector of {}", item.word()),
            Type::PairOf(car, cdr) => format!("a pair of {} and {}", car.word(), cdr.word()),
            Type::Procedure(_) => "a procedure".to_string(),
            Type::Record(name, _) => format!("a record of type {name}"),
            Type::Or(types) => types.iter().map(Type::text).collect::<Vec<String>>().join(" or "),
        }
    }

    fn word(&self) -> String {
        match self {
            Type::Any => self.text(),
            Type::Base(base) => base.text().split_once(' ').map_or("", |(_, name)| name).to_string(),
            other => format!("({})", other.text()),
        }
    }

    /// Whether every value of `self` is one of `other`, as far as checks tell.
    pub fn fits(&self, other: &Type) -> bool {
        match (self, other) {
            (_, Type::Any) => true,
            (Type::Or(types), _) => types.iter().all(|part| part.fits(other)),
            (_, Type::Or(types)) => types.iter().any(|part| self.fits(part)),
            (Type::Procedure(_), Type::Procedure(_) | Type::Base(Base::Procedure)) => true,
            (Type::Base(Base::Procedure), Type::Procedure(_)) => true,
            (Type::ListOf(_) | Type::Base(Base::Null), Type::Base(Base::List)) => true,
            (Type::Base(Base::Null), Type::ListOf(_)) => true,
            (Type::VectorOf(_), Type::Base(Base::Vector)) => true,
            (Type::PairOf(..), Type::Base(Base::Pair)) => true,
            (Type::Base(this), Type::Base(that)) => {
                let rank = |base: Base| match base {
                    Base::Integer => Some(0),
                    Base::Rational => Some(1),
                    Base::Real => Some(2),
                    Base::Number => Some(3),
                    _ => None,
                };
                this == that || rank(*this).zip(rank(*that)).is_some_and(|(this, that)| this < that)
            }
            _ => self == other,
        }
    }
}

/// What is sure about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Boolean,
    /// An exact integer.
    Integer,
    /// An exact number that is no integer.
    Ratio,
    Flonum,
    /// Some number.
    Number,
    String,
    Symbol,
    Char,
    Null,
    Pair,
    /// A pair or the empty list.
    List,
    Vector,
    Bytevector,
    Procedure,
    HashTable,
    Actor,
}

impl Known {
    /// As in "gets a string".
    pub fn text(self) -> &'static str {
        match self {
            Known::Boolean => "a boolean",
            Known::Integer => "an integer",
            Known::Ratio => "a ratio",
            Known::Flonum => "a real",
            Known::Number => "a number",
            Known::String => "a string",
            Known::Symbol => "a symbol",
            Known::Char => "a char",
            Known::Null => "the empty list",
            Known::Pair => "a pair",
            Known::List => "a list",
            Known::Vector => "a vector",
            Known::Bytevector => "a bytevector",
            Known::Procedure => "a procedure",
            Known::HashTable => "a hash table",
            Known::Actor => "an actor",
        }
    }

    /// What a literal is.
    pub fn of_literal(literal: Literal, constants: &ConstantPool) -> Option<Known> {
        Some(match literal {
            Literal::Nil => Known::Null,
            Literal::Boolean(_) => Known::Boolean,
            Literal::Integer(_) => Known::Integer,
            Literal::Unspecified => return None,
            Literal::Pooled(index) => match constants.entry_at(index)? {
                Constant::Nil => Known::Null,
                Constant::Boolean(_) => Known::Boolean,
                Constant::Integer(_) | Constant::BigInteger(_) => Known::Integer,
                Constant::Ratio(_) => Known::Ratio,
                Constant::Flonum(_) => Known::Flonum,
                Constant::Character(_) => Known::Char,
                Constant::String(_) => Known::String,
                Constant::Symbol(_) => Known::Symbol,
                Constant::Pair(..) => Known::Pair,
                Constant::Vector(_) => Known::Vector,
                Constant::Bytevector(_) => Known::Bytevector,
                _ => return None,
            },
        })
    }

    /// What is sure about values of a type.
    pub fn of_type(what: &Type) -> Option<Known> {
        Some(match what {
            Type::ListOf(_) => Known::List,
            Type::VectorOf(_) => Known::Vector,
            Type::PairOf(..) => Known::Pair,
            Type::Procedure(_) => Known::Procedure,
            Type::Any | Type::Or(_) | Type::Record(..) => return None,
            Type::Base(base) => match base {
                Base::Boolean => Known::Boolean,
                // 2.0 is an integer, too.
                Base::Integer | Base::Rational | Base::Real | Base::Number => Known::Number,
                Base::String => Known::String,
                Base::Symbol => Known::Symbol,
                Base::Char => Known::Char,
                Base::List => Known::List,
                Base::Null => Known::Null,
                Base::Pair => Known::Pair,
                Base::Vector => Known::Vector,
                Base::Bytevector => Known::Bytevector,
                Base::Procedure => Known::Procedure,
                Base::HashTable => Known::HashTable,
                Base::Actor => Known::Actor,
            },
        })
    }

    /// What the builtin called `name` answers, if it answers.
    pub fn of_builtin(name: &str) -> Option<Known> {
        Some(match name {
            "+" | "-" | "*" | "/" | "abs" | "min" | "max" | "expt" | "sqrt" | "exact->inexact"
            | "inexact" | "exact" | "inexact->exact" | "square" | "numerator" | "denominator" | "floor"
            | "ceiling" | "round" | "truncate" | "quotient" | "remainder" | "modulo" | "gcd" | "lcm" => {
                Known::Number
            }
            "length" | "string-length" | "vector-length" | "bytevector-length" | "char->integer"
            | "hash-table-count" => Known::Integer,
            "string-append" | "substring" | "number->string" | "symbol->string" | "list->string"
            | "make-string" | "string" | "string-upcase" | "string-downcase" | "string-copy" => Known::String,
            "string->symbol" => Known::Symbol,
            "string-ref" | "integer->char" | "char-upcase" | "char-downcase" => Known::Char,
            "cons" => Known::Pair,
            "list" | "reverse" | "map" | "vector->list" | "string->list" | "iota" | "list-copy" => {
                Known::List
            }
            "vector" | "make-vector" | "list->vector" | "vector-copy" | "vector-map" => Known::Vector,
            "make-bytevector" | "bytevector" | "bytevector-copy" | "string->utf8" => Known::Bytevector,
            "make-equal-hash-table" | "make-strong-eqv-hash-table" | "make-string-hash-table" => {
                Known::HashTable
            }
            "self" => Known::Actor,
            "not" | "=" | "<" | ">" | "<=" | ">=" | "eq?" | "eqv?" | "equal?" | "string=?" | "string<?"
            | "char=?" | "zero?" | "positive?" | "negative?" | "even?" | "odd?" => Known::Boolean,
            _ if Base::NAMES.iter().any(|base| name.strip_suffix('?') == Some(base)) => Known::Boolean,
            _ => return None,
        })
    }

    /// Whether such values are of this type, if that is sure.
    pub fn is(self, wanted: &Type) -> Option<bool> {
        let base = match wanted {
            Type::Any => return Some(true),
            Type::Or(types) => {
                let parts: Vec<Option<bool>> = types.iter().map(|part| self.is(part)).collect();
                return match () {
                    () if parts.contains(&Some(true)) => Some(true),
                    () if parts.contains(&None) => None,
                    () => Some(false),
                };
            }
            Type::ListOf(_) => {
                return match self {
                    Known::Null => Some(true),
                    Known::Pair | Known::List => None,
                    _ => Some(false),
                };
            }
            Type::PairOf(..) => {
                return if matches!(self, Known::Pair | Known::List) { None } else { Some(false) };
            }
            Type::VectorOf(_) => return if self == Known::Vector { None } else { Some(false) },
            Type::Record(..) => return Some(false),
            Type::Procedure(_) => Base::Procedure,
            Type::Base(base) => *base,
        };
        match (self, base) {
            (Known::Integer, Base::Integer | Base::Rational | Base::Real | Base::Number) => Some(true),
            (Known::Ratio, Base::Rational | Base::Real | Base::Number) => Some(true),
            (Known::Flonum, Base::Real | Base::Number) | (Known::Number, Base::Number) => Some(true),
            (Known::Flonum | Known::Number, Base::Integer | Base::Rational | Base::Real) => None,
            (Known::Null, Base::Null | Base::List) | (Known::List, Base::List) => Some(true),
            (Known::Pair, Base::List) | (Known::List, Base::Null | Base::Pair) => None,
            (Known::Boolean, Base::Boolean)
            | (Known::String, Base::String)
            | (Known::Symbol, Base::Symbol)
            | (Known::Char, Base::Char)
            | (Known::Pair, Base::Pair)
            | (Known::Vector, Base::Vector)
            | (Known::Bytevector, Base::Bytevector)
            | (Known::Procedure, Base::Procedure)
            | (Known::HashTable, Base::HashTable)
            | (Known::Actor, Base::Actor) => Some(true),
            _ => Some(false),
        }
    }
}
