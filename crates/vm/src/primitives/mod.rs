//! Native procedures.
//!
//! 1. None calls a procedure, and none runs longer than about a millisecond: unbounded work stops and goes on
//!    ([`progress`]), other work is bounded beforehand.
//! 2. Arguments are read again after everything that reserves; other values are kept as roots meanwhile.
//! 3. A primitive that fails has changed nothing that a program can see, or says in its message what it has done.

mod actors;
mod arguments;
mod bulk;
mod bytevectors;
mod capabilities;
mod characters;
mod conditions;
mod equivalence;
mod evaluation;
mod expansion;
mod files;
mod hash_tables;
mod input;
mod lists;
mod memory;
mod number_text;
mod numbers;
mod objects;
mod output;
mod pairs;
mod ports;
mod progress;
mod sandbox;
mod strings;
mod symbols;
mod system;
mod text;
mod transcendental;
mod vectors;

use std::sync::LazyLock;

pub(crate) use bulk::units_hash;

use crate::machine::{PrimitiveEntry, PrimitiveFunction};

static TABLE: LazyLock<Vec<PrimitiveEntry>> = LazyLock::new(|| {
    [
        equivalence::TABLE,
        numbers::TABLE,
        number_text::TABLE,
        transcendental::TABLE,
        pairs::TABLE,
        &pairs::PATHS,
        lists::TABLE,
        symbols::TABLE,
        characters::TABLE,
        strings::TABLE,
        text::TABLE,
        vectors::TABLE,
        bytevectors::TABLE,
        objects::TABLE,
        conditions::TABLE,
        hash_tables::TABLE,
        ports::TABLE,
        input::TABLE,
        output::TABLE,
        files::TABLE,
        capabilities::TABLE,
        sandbox::TABLE,
        system::TABLE,
        evaluation::TABLE,
        expansion::TABLE,
        actors::TABLE,
        memory::TABLE,
    ]
    .concat()
});

/// Every native procedure. Indices are stable within one build.
pub(crate) fn table() -> &'static [PrimitiveEntry] {
    &TABLE
}

const fn entry(name: &'static str, min: u8, max: Option<u8>, function: PrimitiveFunction) -> PrimitiveEntry {
    PrimitiveEntry { name, min, max, function }
}

/// A primitive of exactly `count` arguments.
const fn exactly(name: &'static str, count: u8, function: PrimitiveFunction) -> PrimitiveEntry {
    entry(name, count, Some(count), function)
}

/// A primitive of `min` to `max` arguments.
const fn between(name: &'static str, min: u8, max: u8, function: PrimitiveFunction) -> PrimitiveEntry {
    entry(name, min, Some(max), function)
}

/// A primitive of `min` or more arguments.
const fn at_least(name: &'static str, min: u8, function: PrimitiveFunction) -> PrimitiveEntry {
    entry(name, min, None, function)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_table_is_the_one_that_the_compiler_knows() {
        let mut here = HashMap::new();
        for entry in table() {
            assert!(
                here.insert(entry.name, (entry.min, entry.max)).is_none(),
                "{} is there twice",
                entry.name
            );
        }
        for (name, min, max) in scheme::PRIMITIVES {
            assert_eq!(here.remove(name), Some((*min, *max)), "{name}");
        }
        assert!(here.is_empty(), "unknown to the compiler: {:?}", here.keys());
    }
}
