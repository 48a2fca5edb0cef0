//! Time, and what the machine is.

use arena::{ObjectTag, Value};

use super::arguments::arguments;
use super::exactly;
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
    exactly("note-test-result", 3, note_test),
];

/// Characters of a test's title and detail that are kept.
const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Frames that are looked at for a test's place.
const NOTE_FRAMES_MAX: usize = 24;

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
