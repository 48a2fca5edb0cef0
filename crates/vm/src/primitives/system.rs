//! Time, and what the machine is.

use arena::{ObjectTag, Value};

use super::arguments::arguments;
use super::exactly;
use super::progress::PAIR_WORDS;
use crate::error::Trap;
use crate::host::TestNote;
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
    exactly("note-test-result", 3, note_test),
];

/// Characters of a test's title and detail that are kept.
const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Frames that are looked at for a test's place.
const NOTE_FRAMES_MAX: usize = 24;

/// The compiler's list: a test compares the two.
pub(super) const FEATURES: &[&str] = &[
    "r7rs",
    "exact-closed",
    "ratios",
    "full-unicode",
    "physics",
    "physics-world",
    "actors",
    "srfi-0",
    "srfi-1",
    "srfi-2",
    "srfi-6",
    "srfi-8",
    "srfi-9",
    "srfi-16",
    "srfi-23",
    "srfi-26",
    "srfi-28",
    "srfi-39",
    "srfi-64",
    "srfi-69",
    "srfi-95",
];

/// `(note-test-result kind title detail)`: tells the world what came of a test.
fn note_test(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("note-test-result", call);
    let cut = |text: String| text.chars().take(NOTE_CHARACTERS_MAX).collect();
    let kind = arguments.object(vm, 0, ObjectTag::Symbol, "a symbol")?.symbol_text().to_string();
    let title = cut(arguments.string(vm, 1)?.string_text());
    let detail = cut(arguments.string(vm, 2)?.string_text());
    let sites = vm.state.program_sites(NOTE_FRAMES_MAX);
    vm.host.note_test(TestNote { kind, title, detail, sites });
    Ok(Value::UNSPECIFIED)
}

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
