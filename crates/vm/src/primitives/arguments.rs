//! Arguments, checked: every error names the operation, the position and what was wanted.

use std::ops::Range;

use arena::{ObjectTag, Value};

use crate::error::{ErrorKind, Trap};
use crate::machine::{Call, Vm};
use crate::number::Number;

/// Words of the largest vector, string or bytevector.
pub(super) const OBJECT_WORDS_MAX: usize = 1 << 24;

/// How a primitive is called: its name for messages, and its arguments.
#[derive(Clone, Copy)]
pub(super) struct Arguments {
    pub(super) name: &'static str,
    pub(super) call: Call,
}

/// Pairs a call with its primitive's name.
pub(super) const fn arguments(name: &'static str, call: Call) -> Arguments {
    Arguments { name, call }
}

impl Arguments {
    #[inline]
    pub(super) fn get(self, vm: &Vm<'_>, index: usize) -> Value {
        vm.argument(self.call, index)
    }

    #[inline]
    pub(super) fn optional(self, vm: &Vm<'_>, index: usize) -> Option<Value> {
        vm.optional(self.call, index)
    }

    /// The error that argument `index`, from 0, is not `expected`.
    #[cold]
    pub(super) fn wrong(self, vm: &Vm<'_>, index: usize, expected: &str) -> Trap {
        self.wrong_value(index, expected, self.get(vm, index))
    }

    /// The same about a value that stands for argument `index`.
    #[cold]
    pub(super) fn wrong_value(self, index: usize, expected: &str, value: Value) -> Trap {
        let position = if self.call.count == 1 { 0 } else { index + 1 };
        Trap::wrong_type(self.name, position, expected, value).about_operand(index + 1)
    }

    /// A range error.
    #[cold]
    pub(super) fn range(self, message: &str, irritants: &[Value]) -> Trap {
        Trap::error(ErrorKind::Range, format!("{}: {message}", self.name), irritants)
    }

    /// An argument of type `tag`, called `expected` in messages.
    #[inline]
    pub(super) fn object(
        self,
        vm: &Vm<'_>,
        index: usize,
        tag: ObjectTag,
        expected: &str,
    ) -> Result<Value, Trap> {
        let value = self.get(vm, index);
        if value.is_object(tag) { Ok(value) } else { Err(self.wrong(vm, index, expected)) }
    }

    pub(super) fn pair(self, vm: &Vm<'_>, index: usize) -> Result<Value, Trap> {
        self.object(vm, index, ObjectTag::Pair, "a pair")
    }

    pub(super) fn string(self, vm: &Vm<'_>, index: usize) -> Result<Value, Trap> {
        self.object(vm, index, ObjectTag::String, "a string")
    }

    pub(super) fn symbol(self, vm: &Vm<'_>, index: usize) -> Result<Value, Trap> {
        self.object(vm, index, ObjectTag::Symbol, "a symbol")
    }

    pub(super) fn vector(self, vm: &Vm<'_>, index: usize) -> Result<Value, Trap> {
        self.object(vm, index, ObjectTag::Vector, "a vector")
    }

    pub(super) fn bytevector(self, vm: &Vm<'_>, index: usize) -> Result<Value, Trap> {
        self.object(vm, index, ObjectTag::Bytevector, "a bytevector")
    }

    pub(super) fn actor(self, vm: &Vm<'_>, index: usize) -> Result<Value, Trap> {
        self.object(vm, index, ObjectTag::ActorReference, "an actor")
    }

    /// An object that must not be a literal.
    pub(super) fn mutable(self, object: Value) -> Result<Value, Trap> {
        if object.header().is_literal() {
            let what = if object.header().is_blob() { "blob" } else { "literal" };
            return Err(Trap::error(
                ErrorKind::Literal,
                format!("{}: a {what} must not be changed; copy it first:", self.name),
                &[object],
            ));
        }
        Ok(object)
    }

    pub(super) fn character(self, vm: &Vm<'_>, index: usize) -> Result<char, Trap> {
        self.get(vm, index).to_character().ok_or_else(|| self.wrong(vm, index, "a character"))
    }

    pub(super) fn byte(self, vm: &Vm<'_>, index: usize) -> Result<u8, Trap> {
        let byte = self.get(vm, index).to_fixnum().and_then(|byte| u8::try_from(byte).ok());
        byte.ok_or_else(|| self.wrong(vm, index, "a byte (an exact integer from 0 to 255)"))
    }

    pub(super) fn number<'a>(self, vm: &Vm<'_>, index: usize) -> Result<Number<'a>, Trap> {
        Number::of(self.get(vm, index)).ok_or_else(|| self.wrong(vm, index, "a number"))
    }

    /// A value that stands for argument `index`, as a number.
    pub(super) fn number_of<'a>(self, value: Value, index: usize) -> Result<Number<'a>, Trap> {
        Number::of(value).ok_or_else(|| self.wrong_value(index, "a number", value))
    }

    /// An exact integer that is not negative, up to the largest fixnum.
    pub(super) fn natural(self, vm: &Vm<'_>, index: usize) -> Result<usize, Trap> {
        let natural = self.get(vm, index).to_fixnum().and_then(|number| usize::try_from(number).ok());
        natural.ok_or_else(|| self.wrong(vm, index, "an exact nonnegative integer"))
    }

    /// An index below `limit`.
    #[inline]
    pub(super) fn index(self, vm: &Vm<'_>, index: usize, limit: usize) -> Result<usize, Trap> {
        let value = self.get(vm, index);
        match value.to_fixnum() {
            Some(number) if number >= 0 && (number as u64) < limit as u64 => Ok(number as usize),
            Some(_) => Err(Trap::out_of_range(self.name, value, limit, false).about_operand(index + 1)),
            None => Err(self.wrong(vm, index, "an exact integer")),
        }
    }

    /// Optional start and end from argument `from` on, within `0..=length`.
    pub(super) fn range_from(self, vm: &Vm<'_>, from: usize, length: usize) -> Result<Range<usize>, Trap> {
        let end = self.bound(vm, from + 1, 0, length, length)?;
        let start = self.bound(vm, from, 0, end, 0)?;
        Ok(start..end)
    }

    fn bound(
        self,
        vm: &Vm<'_>,
        index: usize,
        least: usize,
        most: usize,
        default: usize,
    ) -> Result<usize, Trap> {
        let Some(value) = self.optional(vm, index).filter(|value| value.is_true()) else {
            return Ok(default);
        };
        match value.to_fixnum() {
            Some(number) if number >= least as i64 && number <= most as i64 => Ok(number as usize),
            Some(_) => Err(Trap::out_of_range(self.name, value, most, true).about_operand(index + 1)),
            None => Err(self.wrong(vm, index, "an exact integer")),
        }
    }

    /// A size in words that an object may have.
    pub(super) fn size(self, words: usize) -> Result<usize, Trap> {
        if words > OBJECT_WORDS_MAX {
            return Err(self.range(
                &format!("{words} words are too large for one object ({OBJECT_WORDS_MAX} is the most)"),
                &[],
            ));
        }
        Ok(words)
    }
}
