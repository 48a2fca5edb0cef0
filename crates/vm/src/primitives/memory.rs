//! The actor's own heap: collecting it, its figures, and objects that do not keep others alive.
//!
//! 1. Figures are bytes and counts, never times: they follow from what was allocated, so that a replay repeats them.
//! 2. Whatever looks at the whole heap costs [`WHOLE_HEAP_REDUCTIONS`], whatever the heap holds: how many objects there are
//!    depends on the collector, and reductions must not. A snapshot costs its own length besides, without garbage.

use arena::{Heap, ObjectTag, Policy, Value};

use super::arguments::{Arguments, arguments};
use super::bytevectors::{blank_bytes, contents};
use super::progress::PAIR_WORDS;
use super::{between, exactly};
use crate::error::{ErrorKind, Trap};
use crate::image::image_of;
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::number::make_unsigned;
use crate::runtime::actor_name;

pub(super) const TABLE: &[PrimitiveEntry] = &[
    exactly("gc", 0, |vm, _| {
        vm.charge(WHOLE_HEAP_REDUCTIONS);
        let reclaimed = vm.heap.collect_garbage(vm.state);
        make_unsigned(vm, reclaimed)
    }),
    exactly("heap-statistics", 0, |vm, _| statistics(vm)),
    exactly("performance-metrics", 0, |vm, _| metrics(vm)),
    between("heap-snapshot", 0, 1, snapshot),
    between("gc-policy", 0, 1, policy),
    exactly("object-size", 1, |vm, call| {
        let object = vm.argument(call, 0);
        let words = if object.is_reference() { object.words() + 1 } else { 0 };
        Ok(Value::fixnum(words as i64 * WORD_BYTES as i64))
    }),
    exactly("make-weak-reference", 1, |vm, call| {
        let made = vm.heap.make_weak_reference(vm.argument(call, 0), vm.state);
        made.map_err(Trap::from)
    }),
    exactly("weak-reference?", 1, |vm, call| is(vm, call, ObjectTag::WeakReference)),
    exactly("weak-reference-value", 1, |vm, call| {
        let arguments = arguments("weak-reference-value", call);
        Ok(arguments.object(vm, 0, ObjectTag::WeakReference, "a weak reference")?.field(0))
    }),
    exactly("make-ephemeron", 2, |vm, call| {
        let made = vm.heap.make_ephemeron(vm.argument(call, 0), vm.argument(call, 1), vm.state);
        made.map_err(Trap::from)
    }),
    exactly("ephemeron?", 1, |vm, call| is(vm, call, ObjectTag::Ephemeron)),
    exactly("ephemeron-broken?", 1, |vm, call| {
        Ok(Value::boolean(Heap::is_broken(ephemeron(vm, arguments("ephemeron-broken?", call))?)))
    }),
    exactly("ephemeron-key", 1, |vm, call| Ok(ephemeron(vm, arguments("ephemeron-key", call))?.field(0))),
    exactly("ephemeron-datum", 1, |vm, call| Ok(ephemeron(vm, arguments("ephemeron-datum", call))?.field(1))),
    // Its argument is a root until here, and that is all.
    exactly("reference-barrier", 1, |_, _| Ok(Value::UNSPECIFIED)),
    exactly("%make-guardian", 0, |vm, _| vm.heap.make_guardian(vm.state).map_err(Trap::from)),
    exactly("%guard-object", 2, guard),
    exactly("%next-guarded", 1, |vm, call| {
        let guardian = guardian(vm, arguments("guardian", call))?;
        Ok(vm.heap.next_guarded(guardian).unwrap_or(Value::FALSE))
    }),
];

/// A usual slice: a collection of the whole heap ends it.
const WHOLE_HEAP_REDUCTIONS: i64 = 4_000;
const WORD_BYTES: u64 = 8;
/// Frames that [`metrics`] counts, and how many for a reduction.
const FRAMES_COUNTED_MAX: u64 = 100_000;
const FRAMES_PER_REDUCTION: u64 = 16;
/// What images that programs take of themselves are called: equal states have equal ones.
const SNAPSHOT_TITLE: &str = "an actor, by itself";

fn is(vm: &Vm<'_>, call: Call, tag: ObjectTag) -> Result<Value, Trap> {
    Ok(Value::boolean(vm.argument(call, 0).is_object(tag)))
}

fn ephemeron(vm: &Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    arguments.object(vm, 0, ObjectTag::Ephemeron, "an ephemeron")
}

fn guardian(vm: &Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    arguments.object(vm, 0, ObjectTag::Guardian, "a guardian")
}

/// `(%guard-object guardian object)`.
fn guard(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let guardian = guardian(vm, arguments("guardian", call))?;
    vm.heap.guard(guardian, vm.argument(call, 1)).map_err(|error| {
        let message = format!("guardian: {error}; fetch what is handed back, or raise it (setting: heap)");
        Trap::error(ErrorKind::HeapLimit, message, &[])
    })?;
    Ok(Value::UNSPECIFIED)
}

/// `(heap-snapshot)`: the image of the running actor's heap, without garbage. O(words), and as much memory for a moment.
#[optimize(size)]
fn snapshot(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("heap-snapshot", call);
    if arguments.optional(vm, 0).is_some() && actor_name(arguments.actor(vm, 0)?) != vm.host.me() {
        let message = "heap-snapshot: denied (an actor's heap is its own, and no capability opens it: have the actor send its \
            snapshot)";
        return Err(Trap::error(ErrorKind::Denied, message, &[]));
    }
    let (heap, state) = (&*vm.heap, &*vm.state);
    let taken = vm.host.heap_image(&|linker| {
        let (image, _) = image_of(heap, state, linker, usize::MAX)?;
        let mut image = image.without_history();
        image.title = SNAPSHOT_TITLE.to_string();
        Ok(image.write())
    });
    let taken = taken.map_err(|why| Trap::error(ErrorKind::User, format!("heap-snapshot: {why}"), &[]))?;
    vm.charge(WHOLE_HEAP_REDUCTIONS + (taken.len() as u64 / WORD_BYTES) as i64);
    let bytes = blank_bytes(vm, arguments, taken.len())?;
    contents(bytes).copy_from_slice(&taken);
    Ok(bytes)
}

/// A figure of [`statistics`].
enum Figure {
    Count(u64),
    Share(f64),
}

/// `(heap-statistics)`: an association list. O(objects).
#[optimize(size)]
fn statistics(vm: &mut Vm<'_>) -> Result<Value, Trap> {
    vm.charge(WHOLE_HEAP_REDUCTIONS);
    let found = vm.heap.statistics();
    let bytes = |words: u64| Figure::Count(words * WORD_BYTES);
    let figures = [
        ("used", bytes(found.used_words)),
        ("free", bytes(found.free_words)),
        ("capacity", bytes(found.capacity_words)),
        ("limit", bytes(found.limit_words)),
        ("objects", Figure::Count(found.objects)),
        ("largest-free", bytes(found.largest_free_words)),
        ("fragmentation", Figure::Share(found.fragmentation)),
        ("allocated", bytes(found.allocated_words)),
        ("blobs", bytes(found.blobs.words)),
        ("reclaimed", bytes(found.totals.words_reclaimed)),
        ("moved", bytes(found.totals.words_moved)),
        ("promoted", bytes(found.totals.words_promoted)),
        ("minor-collections", Figure::Count(found.totals.minor)),
        ("major-collections", Figure::Count(found.totals.major)),
        ("slices", Figure::Count(found.totals.slices)),
    ];
    let list = vm.root(Value::NIL);
    for (name, figure) in figures.into_iter().rev() {
        let number = match figure {
            Figure::Count(count) => make_unsigned(vm, count)?,
            Figure::Share(share) => vm.make_flonum(share)?,
        };
        add_entry(vm, list, name, number)?;
    }
    let found = vm.rooted(list);
    vm.unroot(list);
    Ok(found)
}

/// `(performance-metrics)`: an association list. Counts and bytes, which a replay repeats. O(frames that are counted).
#[optimize(size)]
fn metrics(vm: &mut Vm<'_>) -> Result<Value, Trap> {
    let frames = vm.state.frame_count(FRAMES_COUNTED_MAX);
    vm.charge((frames / FRAMES_PER_REDUCTION) as i64);
    let totals = vm.heap.totals();
    let figures = [
        ("reductions", vm.reductions()),
        ("call-depth", frames),
        ("stack", (vm.state.under.depth_words() + vm.state.fp) as u64 * WORD_BYTES),
        ("messages-sent", vm.state.sent),
        ("messages-received", vm.state.mailbox.received()),
        ("mailbox-length", vm.mailbox_length() as u64),
        ("allocated", vm.heap.allocated_words() * WORD_BYTES),
        ("heap", vm.heap.used_words() as u64 * WORD_BYTES),
        ("collections", totals.minor + totals.major),
        ("reclaimed", totals.words_reclaimed * WORD_BYTES),
    ];
    let list = vm.root(Value::NIL);
    for (name, figure) in figures.into_iter().rev() {
        let number = make_unsigned(vm, figure)?;
        add_entry(vm, list, name, number)?;
    }
    let found = vm.rooted(list);
    vm.unroot(list);
    Ok(found)
}

/// Puts `(name . value)` in front of the list that is rooted at `list`. Reserves.
#[optimize(size)]
fn add_entry(vm: &mut Vm<'_>, list: usize, name: &str, value: Value) -> Result<(), Trap> {
    let kept = vm.root(value);
    let symbol = vm.make_symbol(name)?;
    vm.root(symbol);
    vm.reserve(2 * PAIR_WORDS)?;
    let entry = vm.cons(vm.rooted(kept + 1), vm.rooted(kept));
    let longer = vm.cons(entry, vm.rooted(list));
    vm.unroot(kept);
    vm.set_rooted(list, longer);
    Ok(())
}

/// `(gc-policy)`: its name, or `custom`; `(gc-policy name)` has this actor's heap collected that way from now on.
#[optimize(size)]
fn policy(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("gc-policy", call);
    if arguments.optional(vm, 0).is_none() {
        return vm.make_symbol(vm.heap.policy().name().unwrap_or("custom"));
    }
    let name = arguments.symbol(vm, 0)?;
    let Some(policy) = Policy::named(name.symbol_text()) else {
        let names = Policy::NAMED.map(|(name, _)| name).join(", ");
        return Err(arguments.range(&format!("the policies are {names}; got"), &[name]));
    };
    vm.heap.set_policy(policy);
    Ok(Value::UNSPECIFIED)
}
