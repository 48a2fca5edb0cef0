//! What memoized procedures have remembered, for people: the figures that `memoization-statistics` gives to programs.
//!
//! 1. A memoized procedure captures one vector, laid out as `memoization.scm` says.

use arena::{ObjectTag, Value};

use crate::code::Code;
use crate::library::Linker;
use crate::machine::Machine;
use crate::table;

/// Figures of one memoized procedure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoStatistics {
    /// The name of the variable that holds it.
    pub name: String,
    /// Calls that were answered from what it knew, and those that were not.
    pub hits: u64,
    /// See `hits`.
    pub misses: u64,
    /// Answers that it had to forget.
    pub evictions: u64,
    /// Answers that it knows, and the most that it may.
    pub size: u64,
    /// See `size`.
    pub limit: u64,
}

/// `memoized` of `memoization.scm` has made this procedure.
pub(crate) fn is_memoized(value: Value) -> bool {
    value.is_object(ObjectTag::Closure) && {
        let code = Code::of(value);
        code.unit == 0 && &*code.name == "memoized"
    }
}

#[optimize(size)]
fn statistics(name: String, procedure: Value) -> Option<MemoStatistics> {
    const FIELDS: usize = 9;
    let memo = procedure.field(1);
    if !memo.is_object(ObjectTag::Vector) || memo.words() != FIELDS {
        return None;
    }
    let number = |index| memo.field(index).to_fixnum().and_then(|number| u64::try_from(number).ok());
    let table = memo.field(1);
    Some(MemoStatistics {
        name,
        hits: number(5)?,
        misses: number(6)?,
        evictions: number(7)?,
        size: table.is_object(ObjectTag::HashTable).then(|| table::count(table) as u64)?,
        limit: number(2)?,
    })
}

impl Machine {
    /// Figures of the memoized procedures that global variables hold, in the order of the variables.
    #[optimize(size)]
    pub fn memoized(&self, linker: &Linker) -> Vec<MemoStatistics> {
        let all = self.state.globals.values().iter().enumerate();
        let memoized = all.filter(|(_, value)| is_memoized(**value));
        let name = |slot: usize| linker.global_name(slot as u32).unwrap_or_default().to_string();
        memoized.filter_map(|(slot, value)| statistics(name(slot), *value)).collect()
    }
}
