//! Time, and what the machine is.

use arena::Value;

use super::exactly;
use super::progress::PAIR_WORDS;
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::make_word;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("runtime", 0, |vm, _| seconds(vm)),
    exactly("current-second", 0, |vm, _| seconds(vm)),
    exactly("current-time", 0, |vm, _| {
        let now = vm.host.now_ms();
        make_word(vm, (now / 1_000.0) as i64)
    }),
    exactly("real-time", 0, |vm, _| {
        let now = vm.host.now_ms();
        vm.make_flonum(now)
    }),
    exactly("current-jiffy", 0, |vm, _| {
        let now = vm.host.now_ms();
        make_word(vm, (now * 1_000.0) as i64)
    }),
    exactly("jiffies-per-second", 0, |_, _| Ok(Value::fixnum(1_000_000))),
    exactly("features", 0, features),
];

const FEATURES: [&str; 6] = ["r7rs", "exact-closed", "full-unicode", "physics-world", "srfi-1", "srfi-69"];

fn seconds(vm: &mut Vm<'_>) -> Result<Value, Trap> {
    let now = vm.host.now_ms();
    vm.make_flonum(now / 1_000.0)
}

fn features(vm: &mut Vm<'_>, _call: Call) -> Result<Value, Trap> {
    let rooted = vm.root(Value::NIL);
    for name in FEATURES.iter().rev() {
        let symbol = vm.make_symbol(name)?;
        let kept = vm.root(symbol);
        vm.reserve(PAIR_WORDS)?;
        let list = vm.cons(vm.rooted(kept), vm.rooted(rooted));
        vm.unroot(kept);
        vm.set_rooted(rooted, list);
    }
    let list = vm.rooted(rooted);
    vm.unroot(rooted);
    Ok(list)
}
