//! Hash tables for programs. How they work: [`crate::table`].
//!
//! 1. Whatever looks something up asks [`ready`] for the table: a rebuild that one call has begun and left to another
//!    try ends there.

use arena::{ObjectTag, Value};

use super::arguments::{Arguments, arguments};
use super::progress::{ListBuilder, PAIR_WORDS, STEPS, state, suspend};
use super::strings::reduce_hash;
use super::{at_least, between, exactly};
use crate::error::Trap;
use crate::machine::{Call, PrimitiveEntry, Vm};
use crate::table::{self, Kind, Rebuild, Stored};

pub(super) const TABLE: &[PrimitiveEntry] = &[
    between("make-equal-hash-table", 0, 1, |vm, _| table::make(vm, Kind::Equal)),
    between("make-strong-eqv-hash-table", 0, 1, |vm, _| table::make(vm, Kind::Eqv)),
    between("make-strong-eq-hash-table", 0, 1, |vm, _| table::make(vm, Kind::Eqv)),
    between("make-eqv-hash-table", 0, 1, |vm, _| table::make(vm, Kind::Eqv)),
    between("make-eq-hash-table", 0, 1, |vm, _| table::make(vm, Kind::Eqv)),
    between("make-string-hash-table", 0, 1, |vm, _| table::make(vm, Kind::String)),
    at_least("make-hash-table", 0, |vm, _| table::make(vm, Kind::Equal)),
    exactly("hash-table?", 1, |vm, call| {
        Ok(Value::boolean(vm.argument(call, 0).is_object(ObjectTag::HashTable)))
    }),
    exactly("hash-table-set!", 3, set),
    exactly("hash-table-ref/default", 3, |vm, call| {
        let table = ready(vm, arguments("hash-table-ref/default", call))?;
        let found = table::get(vm, table, vm.argument(call, 1))?;
        Ok(found.unwrap_or_else(|| vm.argument(call, 2)))
    }),
    exactly("hash-table-delete!", 2, |vm, call| {
        let table = ready(vm, arguments("hash-table-delete!", call))?;
        table::delete(vm, table, vm.argument(call, 1))?;
        Ok(Value::UNSPECIFIED)
    }),
    exactly("hash-table-contains?", 2, |vm, call| contains(vm, call, "hash-table-contains?")),
    exactly("hash-table-exists?", 2, |vm, call| contains(vm, call, "hash-table-exists?")),
    exactly("hash-table-count", 1, |vm, call| count(vm, call, "hash-table-count")),
    exactly("hash-table-size", 1, |vm, call| count(vm, call, "hash-table-size")),
    exactly("hash-table-empty?", 1, |vm, call| {
        Ok(Value::boolean(table::count(table_of(vm, arguments("hash-table-empty?", call))?) == 0))
    }),
    exactly("hash-table-keys", 1, |vm, call| list(vm, call, "hash-table-keys", Part::Key)),
    exactly("hash-table-values", 1, |vm, call| list(vm, call, "hash-table-values", Part::Value)),
    exactly("hash-table->alist", 1, |vm, call| list(vm, call, "hash-table->alist", Part::Both)),
    exactly("hash-table-clear!", 1, |vm, call| {
        table::clear(table_of(vm, arguments("hash-table-clear!", call))?);
        Ok(Value::UNSPECIFIED)
    }),
    between("hash-table-copy", 1, 2, copy),
    exactly("%hash-table-kind", 1, |vm, call| {
        let table = table_of(vm, arguments("hash-table", call))?;
        Ok(Value::fixnum(Kind::of(table) as i64))
    }),
    between("hash", 1, 2, |vm, call| hash(vm, arguments("hash", call), true)),
    between("equal-hash", 1, 2, |vm, call| hash(vm, arguments("equal-hash", call), true)),
    between("eqv-hash", 1, 2, |vm, call| hash(vm, arguments("eqv-hash", call), false)),
    between("eq-hash", 1, 2, |vm, call| hash(vm, arguments("eq-hash", call), false)),
];

fn table_of(vm: &Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    arguments.object(vm, 0, ObjectTag::HashTable, "a hash table")
}

/// Argument 0, a table that can be asked for keys. State: the table and its [`Rebuild`].
fn ready(vm: &mut Vm<'_>, arguments: Arguments) -> Result<Value, Trap> {
    if let Some(state) = state(vm, arguments.call) {
        let rebuild = Rebuild::load(state, 2);
        return rebuilt(vm, arguments, state.field(1), rebuild);
    }
    let table = table_of(vm, arguments)?;
    if table::is_stale(table) { rebuild(vm, arguments, table::places_for_all(table)) } else { Ok(table) }
}

/// Rebuilds argument 0 with `wanted` places. Reserves.
#[cold]
fn rebuild(vm: &mut Vm<'_>, arguments: Arguments, wanted: usize) -> Result<Value, Trap> {
    let rebuild = Rebuild::new(vm, wanted)?;
    rebuilt(vm, arguments, arguments.get(vm, 0), rebuild)
}

fn rebuilt(vm: &mut Vm<'_>, arguments: Arguments, table: Value, mut rebuild: Rebuild) -> Result<Value, Trap> {
    if !rebuild.step(vm, table) {
        let [entries, index, done, used] = rebuild.values();
        return Err(suspend(vm, arguments.call, &[table, entries, index, done, used]));
    }
    rebuild.install(vm, table, table);
    vm.set_argument(arguments.call, 0, table);
    Ok(table)
}

fn set(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("hash-table-set!", call);
    let mut table = ready(vm, arguments)?;
    while table::set(vm, table, vm.argument(call, 1), vm.argument(call, 2))? == Stored::NoPlace {
        table = rebuild(vm, arguments, table::places_wanted(table)?)?;
    }
    Ok(Value::UNSPECIFIED)
}

/// State: the table, its copy, and the [`Rebuild`] that the copy gets.
fn copy(vm: &mut Vm<'_>, call: Call) -> Result<Value, Trap> {
    let arguments = arguments("hash-table-copy", call);
    let (table, copy, mut rebuild) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2), Rebuild::load(state, 3)),
        None => {
            let table = table_of(vm, arguments)?;
            let places = table::places_for_all(table);
            let copy = table::make(vm, Kind::of(table))?;
            let rooted = vm.root(copy);
            let rebuild = Rebuild::new(vm, places)?;
            let copy = vm.rooted(rooted);
            vm.unroot(rooted);
            (arguments.get(vm, 0), copy, rebuild)
        }
    };
    if rebuild.step(vm, table) {
        rebuild.install(vm, table, copy);
        return Ok(copy);
    }
    let [entries, index, done, used] = rebuild.values();
    Err(suspend(vm, call, &[table, copy, entries, index, done, used]))
}

fn contains(vm: &mut Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    let table = ready(vm, arguments(name, call))?;
    Ok(Value::boolean(table::get(vm, table, vm.argument(call, 1))?.is_some()))
}

fn count(vm: &Vm<'_>, call: Call, name: &'static str) -> Result<Value, Trap> {
    Ok(Value::fixnum(table::count(table_of(vm, arguments(name, call))?) as i64))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    Value,
    Both,
}

/// State: table, next place, first and last pair of the result.
fn list(vm: &mut Vm<'_>, call: Call, name: &'static str, part: Part) -> Result<Value, Trap> {
    let (table, mut place, head, last) = match state(vm, call) {
        Some(state) => (state.field(1), state.field(2).as_fixnum() as usize, state.field(3), state.field(4)),
        None => (table_of(vm, arguments(name, call))?, 0, Value::NIL, Value::NIL),
    };
    let end = table::places(table).min(place + STEPS);
    let rooted = vm.root(table);
    let builder = ListBuilder::resume(vm, head, last);
    while place < end {
        if table::entry(vm.rooted(rooted), place).is_some() {
            vm.reserve(if part == Part::Both { 2 * PAIR_WORDS } else { PAIR_WORDS })?;
        }
        // What was reserved may have moved it.
        if let Some((key, value)) = table::entry(vm.rooted(rooted), place) {
            let element = match part {
                Part::Key => key,
                Part::Value => value,
                Part::Both => vm.cons(key, value),
            };
            builder.push(vm, element);
        }
        place += 1;
    }
    let table = vm.rooted(rooted);
    if place < table::places(table) {
        let values = [table, Value::fixnum(place as i64), builder.head(vm), builder.last(vm)];
        return Err(suspend(vm, call, &values));
    }
    let list = builder.finish(vm);
    vm.unroot(rooted);
    Ok(list)
}

fn hash(vm: &mut Vm<'_>, arguments: Arguments, by_content: bool) -> Result<Value, Trap> {
    let (hash, _) = table::hash_of(vm, arguments.get(vm, 0), by_content);
    // Programs see fixnums that are not negative.
    reduce_hash(vm, arguments, hash >> 1)
}
