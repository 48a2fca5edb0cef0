//! What a transformer asks of the expander, while a macro is expanded: see [`crate::Expansion`].
//!
//! 1. An alias is an uninterned symbol, whose hash says which one it is; so aliases are compared as all symbols are.

use arena::Value;

use super::arguments::arguments;
use super::exactly;
use super::symbols::with_hash;
use crate::error::{ErrorKind, Trap};
use crate::host::Expansion;
use crate::machine::{Call, PrimitiveEntry, Vm};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("%macro-use", 0, |vm, _| Ok(expansion(vm)?.form().unwrap_or(Value::FALSE))),
    exactly("%rename-identifier", 1, rename),
    exactly("%same-identifier?", 2, is_same),
];

fn expansion<'a>(vm: &'a mut Vm<'_>) -> Result<&'a mut dyn Expansion, Trap> {
    let none = || Trap::error(ErrorKind::User, "no macro is being expanded", &[]);
    vm.host.expansion().ok_or_else(none)
}

fn rename(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let name = arguments("rename", call).symbol(vm, 0)?;
    let hash = expansion(vm)?.rename(name.symbol_text(), name.raw(1));
    let text = name.symbol_text().to_string();
    with_hash(vm, &text, hash)
}

fn is_same(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("compare", call);
    let (left, right) = (arguments.symbol(vm, 0)?, arguments.symbol(vm, 1)?);
    let is_same =
        expansion(vm)?.is_same((left.symbol_text(), left.raw(1)), (right.symbol_text(), right.raw(1)));
    Ok(Value::boolean(is_same))
}
