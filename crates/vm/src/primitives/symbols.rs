//! Symbols.
//!
//! 1. An uninterned symbol has a hash that is drawn, not computed from its text; so no other symbol is the same, and its
//!    copies in other actors still are.

use arena::{ObjectTag, Value, init_symbol, symbol_words};

use super::arguments::{Arguments, arguments};
use super::{at_least, between, exactly};
use crate::equality::eqv;
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("symbol?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::Symbol)))),
    at_least("symbol=?", 2, all_same),
    exactly("symbol->string", 1, |vm, call| {
        let text = arguments("symbol->string", call).symbol(vm, 0)?.symbol_text().to_string();
        vm.make_string(&text)
    }),
    exactly("string->symbol", 1, |vm, call| {
        let text = text(vm, arguments("string->symbol", call))?;
        vm.make_symbol(&text)
    }),
    exactly("string->uninterned-symbol", 1, |vm, call| {
        let text = text(vm, arguments("string->uninterned-symbol", call))?;
        uninterned(vm, &text)
    }),
    at_least("symbol-append", 0, append),
    between("gensym", 0, 1, generate),
    between("generate-uninterned-symbol", 0, 1, generate),
    exactly("symbol<?", 2, |vm, call| {
        let arguments = arguments("symbol<?", call);
        let (left, right) = (arguments.symbol(vm, 0)?, arguments.symbol(vm, 1)?);
        Ok(Value::boolean(left.symbol_text() < right.symbol_text()))
    }),
];

/// Longest name in bytes.
const TEXT_MAX: usize = 1 << 20;

fn checked(arguments: Arguments, text: String) -> Result<String, Trap> {
    if text.len() > TEXT_MAX {
        return Err(arguments.range(&format!("a name has at most {TEXT_MAX} bytes"), &[]));
    }
    Ok(text)
}

fn text(vm: &Vm<'_>, arguments: Arguments) -> Result<String, Trap> {
    let string = arguments.string(vm, 0)?;
    if string.string_length() > TEXT_MAX {
        return Err(arguments.range(&format!("a name has at most {TEXT_MAX} bytes"), &[]));
    }
    checked(arguments, string.string_text())
}

fn all_same(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("symbol=?", call);
    let first = arguments.symbol(vm, 0)?;
    let mut same = true;
    for index in 1..call.count {
        same &= eqv(first, arguments.symbol(vm, index)?);
    }
    Ok(Value::boolean(same))
}

fn append(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("symbol-append", call);
    let mut text = String::new();
    for index in 0..call.count {
        text.push_str(arguments.symbol(vm, index)?.symbol_text());
        text = checked(arguments, text)?;
    }
    vm.make_symbol(&text)
}

fn uninterned(vm: &mut Vm<'_>, text: &str) -> Result<Value, Trap> {
    let hash = vm.host.fresh_identity() as u64;
    with_hash(vm, text, hash)
}

/// A symbol that is the same as others of that text and hash only. Reserves.
pub(super) fn with_hash(vm: &mut Vm<'_>, text: &str, hash: u64) -> Result<Value, Trap> {
    let words = symbol_words(text);
    vm.reserve_object(words)?;
    let symbol = vm.alloc(ObjectTag::Symbol, words);
    init_symbol(symbol, text);
    symbol.set_raw(1, hash);
    Ok(symbol)
}

fn generate(vm: &mut Vm<'_>, _call: Call) -> Result<Value, Trap> {
    let number = vm.host.fresh_identity() as u32;
    uninterned(vm, &format!("g{number}"))
}
