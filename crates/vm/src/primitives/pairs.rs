//! Pairs and the compositions of `car` and `cdr`.

use arena::Value;

use super::arguments::arguments;
use super::exactly;
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};

/// A row per path: `cadr` is the car of the cdr, so that its path is `da`, in order of descent.
macro_rules! paths {
    ($($name:literal $path:literal)*) => {
        [$(exactly($name, 1, |vm, call| descend(vm, call, $name, $path))),*]
    };
}

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("pair?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0).is_pair()))),
    exactly("null?", 1, |vm, call| Ok(Value::boolean(vm.argument(call, 0) == Value::NIL))),
    exactly("cons", 2, cons),
    exactly("set-car!", 2, |vm, call| set(vm, call, "set-car!", 0)),
    exactly("set-cdr!", 2, |vm, call| set(vm, call, "set-cdr!", 1)),
];

pub(super) const PATHS: [PrimitiveEntry; 30] = paths! {
    "car" b"a" "cdr" b"d"
    "caar" b"aa" "cadr" b"da" "cdar" b"ad" "cddr" b"dd"
    "caaar" b"aaa" "caadr" b"daa" "cadar" b"ada" "caddr" b"dda"
    "cdaar" b"aad" "cdadr" b"dad" "cddar" b"add" "cdddr" b"ddd"
    "caaaar" b"aaaa" "caaadr" b"daaa" "caadar" b"adaa" "caaddr" b"ddaa"
    "cadaar" b"aada" "cadadr" b"dada" "caddar" b"adda" "cadddr" b"ddda"
    "cdaaar" b"aaad" "cdaadr" b"daad" "cdadar" b"adad" "cdaddr" b"ddad"
    "cddaar" b"aadd" "cddadr" b"dadd" "cdddar" b"addd" "cddddr" b"dddd"
};

fn cons(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    vm.reserve(3)?;
    let (car, cdr) = (vm.argument(call, 0), vm.argument(call, 1));
    Ok(vm.cons(car, cdr))
}

fn set(vm: &mut Vm<'_>, call: Call, name: &'static str, field: usize) -> Result<Value, Trap> {
    let arguments = arguments(name, call);
    let pair = arguments.mutable(arguments.pair(vm, 0)?)?;
    vm.write_field(pair, field, vm.argument(call, 1));
    Ok(Value::UNSPECIFIED)
}

fn descend(vm: &Vm<'_>, call: Call, name: &'static str, path: &[u8]) -> Result<Value, Trap> {
    let mut value = vm.argument(call, 0);
    for step in path {
        if !value.is_pair() {
            let expected = if path.len() == 1 { "a pair" } else { "a list of that shape" };
            return Err(arguments(name, call).wrong(vm, 0, expected));
        }
        value = if *step == b'a' { value.car() } else { value.cdr() };
    }
    Ok(value)
}
