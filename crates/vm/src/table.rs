//! Hash tables, iterated in the order of insertion.
//!
//! A table's payload is: kind, live entries, entry places in use, entries, index, and whether keys hash by identity.
//! Entries are a vector of key, value and hash per place; the index is a bytevector of words, each 0 or the number of a
//! place plus 1 in its low half and hash bits in its high half, probed linearly.
//!
//! 1. A place whose key is [`Value::UNBOUND`] was deleted; the index word that leads to it stays until the next rebuild.
//! 2. The index has at least twice as many words as there are places, a power of two, so that every probe ends.
//! 3. Hashes never depend on addresses: numbers, text and names hash by content, other objects by identity number. Those
//!    numbers are not the same after a message copy; a table that relies on them has an identity number itself, and is
//!    hashed again when it finds itself without one.
//! 4. Nothing is stored in a table until all room that the change needs is there.

use arena::{ObjectTag, Value, bytevector_words, text_hash};

use crate::code::Code;
use crate::equality::{equal_within, eqv};
use crate::error::{ErrorKind, Trap};
use crate::machine::Vm;

const KIND: usize = 0;
const COUNT: usize = 1;
const USED: usize = 2;
const ENTRIES: usize = 3;
const INDEX: usize = 4;
const BY_IDENTITY: usize = 5;
const TABLE_WORDS: usize = 6;

const STRIDE: usize = 3;
const PLACES_MIN: usize = 4;
/// Most entries of one table.
const PLACES_MAX: usize = 1 << 24;
/// Steps for comparing one key with another.
const KEY_STEPS_MAX: usize = 1 << 20;
/// Parts of a compound key that its hash looks at.
const HASHED_PARTS_MAX: usize = 64;

/// What makes two keys the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Equal,
    Eqv,
    String,
}

impl Kind {
    fn of(table: Value) -> Kind {
        match table.field(KIND).as_fixnum() {
            0 => Kind::Equal,
            1 => Kind::Eqv,
            _ => Kind::String,
        }
    }
}

/// Live entries.
pub(crate) fn count(table: Value) -> usize {
    table.field(COUNT).as_fixnum() as usize
}

/// Places, deleted ones counted: the bound of [`entry`].
pub(crate) fn places(table: Value) -> usize {
    table.field(USED).as_fixnum() as usize
}

/// Key and value at `place`, unless that was deleted.
pub(crate) fn entry(table: Value, place: usize) -> Option<(Value, Value)> {
    let entries = table.field(ENTRIES);
    let key = entries.field(place * STRIDE);
    (key != Value::UNBOUND).then(|| (key, entries.field(place * STRIDE + 1)))
}

/// A new table. Reserves.
pub(crate) fn make(vm: &mut Vm<'_>, kind: Kind) -> Result<Value, Trap> {
    vm.reserve_object(TABLE_WORDS)?;
    let table = vm.alloc(ObjectTag::HashTable, TABLE_WORDS);
    table.init_field(KIND, Value::fixnum(kind as i64));
    table.init_field(COUNT, Value::ZERO);
    table.init_field(USED, Value::ZERO);
    table.init_field(ENTRIES, Value::NIL);
    table.init_field(INDEX, Value::NIL);
    table.init_field(BY_IDENTITY, Value::FALSE);
    Ok(table)
}

/// The value of a key.
pub(crate) fn get(vm: &mut Vm<'_>, table: Value, key: Value) -> Result<Option<Value>, Trap> {
    refresh(vm, table);
    let hash = hash_key(vm, table, key);
    let found = find(table, key, hash)?;
    Ok(found.map(|place| table.field(ENTRIES).field(place * STRIDE + 1)))
}

/// Binds a key. Reserves.
pub(crate) fn set(vm: &mut Vm<'_>, table: Value, key: Value, value: Value) -> Result<(), Trap> {
    refresh(vm, table);
    let hash = hash_key(vm, table, key);
    if let Some(place) = find(table, key, hash)? {
        vm.write_field(table.field(ENTRIES), place * STRIDE + 1, value);
        return Ok(());
    }
    let (mut table, mut key, mut value) = (table, key, value);
    if places(table) == capacity(table) {
        let rooted = vm.root(table);
        vm.root(key);
        vm.root(value);
        grow(vm, rooted)?;
        (table, key, value) = (vm.rooted(rooted), vm.rooted(rooted + 1), vm.rooted(rooted + 2));
        vm.unroot(rooted);
    }
    let place = places(table);
    let entries = table.field(ENTRIES);
    vm.write_field(entries, place * STRIDE, key);
    vm.write_field(entries, place * STRIDE + 1, value);
    entries.init_field(place * STRIDE + 2, Value::fixnum(hash as i64));
    link(table.field(INDEX), hash, place);
    table.init_field(USED, Value::fixnum(place as i64 + 1));
    table.init_field(COUNT, Value::fixnum(count(table) as i64 + 1));
    Ok(())
}

/// Removes a key. Answers whether it was there.
pub(crate) fn delete(vm: &mut Vm<'_>, table: Value, key: Value) -> Result<bool, Trap> {
    refresh(vm, table);
    let hash = hash_key(vm, table, key);
    let Some(place) = find(table, key, hash)? else { return Ok(false) };
    let entries = table.field(ENTRIES);
    entries.init_field(place * STRIDE, Value::UNBOUND);
    entries.init_field(place * STRIDE + 1, Value::ZERO);
    table.init_field(COUNT, Value::fixnum(count(table) as i64 - 1));
    Ok(true)
}

/// Removes all keys.
pub(crate) fn clear(table: Value) {
    table.init_field(COUNT, Value::ZERO);
    table.init_field(USED, Value::ZERO);
    table.init_field(ENTRIES, Value::NIL);
    table.init_field(INDEX, Value::NIL);
    table.init_field(BY_IDENTITY, Value::FALSE);
}

/// A table of the same entries. Reserves.
pub(crate) fn copy(vm: &mut Vm<'_>, table: Value) -> Result<Value, Trap> {
    refresh(vm, table);
    let rooted = vm.root(table);
    let fresh = make(vm, Kind::of(table))?;
    vm.root(fresh);
    if count(vm.rooted(rooted)) > 0 {
        let places = count(vm.rooted(rooted)).max(PLACES_MIN);
        rebuild(vm, rooted, rooted + 1, places)?;
    }
    let fresh = vm.rooted(rooted + 1);
    vm.unroot(rooted);
    Ok(fresh)
}

fn capacity(table: Value) -> usize {
    let entries = table.field(ENTRIES);
    if entries == Value::NIL { 0 } else { entries.words() / STRIDE }
}

fn too_many() -> Trap {
    Trap::error(ErrorKind::Range, format!("hash table: more than {PLACES_MAX} entries"), &[])
}

/// Makes room for one more entry in the table kept at `rooted`.
#[cold]
fn grow(vm: &mut Vm<'_>, rooted: usize) -> Result<(), Trap> {
    let table = vm.rooted(rooted);
    let (live, places) = (count(table), places(table));
    // With many deleted places, taking them out is enough.
    let wanted = if live * 2 <= places { places } else { places * 2 }.max(PLACES_MIN);
    if wanted > PLACES_MAX {
        return Err(too_many());
    }
    rebuild(vm, rooted, rooted, wanted)
}

/// Gives the table kept at `to` the live entries of the table kept at `from`, and room for `wanted`.
fn rebuild(vm: &mut Vm<'_>, from: usize, to: usize, wanted: usize) -> Result<(), Trap> {
    let index_bytes = (wanted * 2).next_power_of_two() * 8;
    let index_words = bytevector_words(index_bytes);
    vm.reserve_object(index_words)?;
    let index = vm.alloc(ObjectTag::Bytevector, index_words);
    index.raw_words(1).fill(0);
    index.set_raw(0, index_bytes as u64);
    let rooted = vm.root(index);
    vm.reserve_object(wanted * STRIDE)?;
    vm.charge_steps(wanted * 2);
    let entries = vm.alloc(ObjectTag::Vector, wanted * STRIDE);
    let (source, target, index) = (vm.rooted(from), vm.rooted(to), vm.rooted(rooted));
    vm.unroot(rooted);
    let mut place = 0;
    let old = source.field(ENTRIES);
    for position in 0..places(source) {
        if old.field(position * STRIDE) == Value::UNBOUND {
            continue;
        }
        for part in 0..STRIDE {
            entries.init_field(place * STRIDE + part, old.field(position * STRIDE + part));
        }
        link(index, old.field(position * STRIDE + 2).as_fixnum() as u64, place);
        place += 1;
    }
    for position in place * STRIDE..wanted * STRIDE {
        entries.init_field(position, Value::ZERO);
    }
    let by_identity = source.field(BY_IDENTITY);
    target.init_field(BY_IDENTITY, by_identity);
    if by_identity == Value::TRUE {
        vm.identity(target);
    }
    target.init_field(COUNT, Value::fixnum(place as i64));
    target.init_field(USED, Value::fixnum(place as i64));
    vm.write_field(target, ENTRIES, entries);
    vm.write_field(target, INDEX, index);
    Ok(())
}

fn link(index: Value, hash: u64, place: usize) {
    let words = index.raw_words(1);
    let mask = words.len() - 1;
    let mut at = hash as usize & mask;
    while words[at] != 0 {
        at = (at + 1) & mask;
    }
    words[at] = (hash >> 28) << 32 | (place as u64 + 1);
}

fn find(table: Value, key: Value, hash: u64) -> Result<Option<usize>, Trap> {
    let index = table.field(INDEX);
    if index == Value::NIL {
        return Ok(None);
    }
    let (kind, entries) = (Kind::of(table), table.field(ENTRIES));
    let words = index.raw_words(1);
    let mask = words.len() - 1;
    let mut at = hash as usize & mask;
    while words[at] != 0 {
        if words[at] >> 32 == hash >> 28 {
            let place = (words[at] as u32 - 1) as usize;
            let known = entries.field(place * STRIDE);
            if known != Value::UNBOUND && same_key(kind, known, key)? {
                return Ok(Some(place));
            }
        }
        at = (at + 1) & mask;
    }
    Ok(None)
}

fn same_key(kind: Kind, known: Value, key: Value) -> Result<bool, Trap> {
    if kind == Kind::Eqv {
        return Ok(eqv(known, key));
    }
    equal_within(known, key, KEY_STEPS_MAX).ok_or_else(|| {
        Trap::error(
            ErrorKind::Range,
            format!("hash table: the key has too many parts to compare ({KEY_STEPS_MAX} is the most)"),
            &[],
        )
    })
}

/// Hashes the table again if it has come from another actor and relies on identity numbers (invariant 3).
fn refresh(vm: &mut Vm<'_>, table: Value) {
    if table.field(BY_IDENTITY) != Value::TRUE || table.header().identity() != 0 {
        return;
    }
    vm.identity(table);
    let (index, entries) = (table.field(INDEX), table.field(ENTRIES));
    index.raw_words(1).fill(0);
    for place in 0..places(table) {
        let key = entries.field(place * STRIDE);
        if key != Value::UNBOUND {
            let hash = hash_key(vm, table, key);
            entries.init_field(place * STRIDE + 2, Value::fixnum(hash as i64));
            link(index, hash, place);
        }
    }
}

/// Hash of a key, 60 bits.
fn hash_key(vm: &mut Vm<'_>, table: Value, key: Value) -> u64 {
    let (hash, by_identity) = hash_of(vm, key, Kind::of(table) != Kind::Eqv);
    if by_identity && table.field(BY_IDENTITY) != Value::TRUE {
        table.init_field(BY_IDENTITY, Value::TRUE);
        vm.identity(table);
    }
    hash
}

/// Hash of a value for `equal?`, 60 bits; and whether identity numbers went into it.
pub(crate) fn hash_of(vm: &mut Vm<'_>, key: Value, by_content: bool) -> (u64, bool) {
    let mut hasher = Hasher { state: 0x9e37_79b9_7f4a_7c15, by_identity: false };
    if !by_content || !is_compound(key) {
        hasher.leaf(vm, key, by_content);
        return (hasher.finish(), hasher.by_identity);
    }
    let mut parts = 0;
    let mut open = vec![key];
    while let Some(value) = open.pop() {
        parts += 1;
        if parts > HASHED_PARTS_MAX {
            break;
        }
        if !is_compound(value) {
            hasher.leaf(vm, value, true);
            continue;
        }
        let fields = value.fields();
        hasher.add(u64::from(value.is_pair()) << 32 | fields.len() as u64);
        open.extend(fields.iter().take(HASHED_PARTS_MAX).rev());
    }
    (hasher.finish(), hasher.by_identity)
}

fn is_compound(value: Value) -> bool {
    matches!(value.object_tag(), Some(ObjectTag::Pair | ObjectTag::Vector | ObjectTag::Box))
}

struct Hasher {
    state: u64,
    by_identity: bool,
}

impl Hasher {
    fn add(&mut self, word: u64) {
        let mixed = (self.state ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.state = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        let mixed = self.state.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (mixed ^ mixed >> 33) & ((1 << 60) - 1)
    }

    fn leaf(&mut self, vm: &mut Vm<'_>, value: Value, by_content: bool) {
        let Some(tag) = value.object_tag() else { return self.add(value.bits()) };
        match tag {
            ObjectTag::Symbol => self.add(value.raw(1)),
            ObjectTag::Flonum => self.add(value.raw(0)),
            ObjectTag::Bignum | ObjectTag::Capability | ObjectTag::Primitive => {
                value.raw_words(0).iter().for_each(|word| self.add(*word));
            }
            ObjectTag::ActorReference | ObjectTag::MonitorReference => {
                self.add(value.raw(0));
                self.add(value.raw(1));
            }
            ObjectTag::String if by_content || value.header().is_shared() => {
                self.add(text_hash(value.string_units().iter().copied()));
            }
            ObjectTag::Bytevector if by_content || value.header().is_shared() => {
                let bytes = value.raw_bytes(1, value.raw(0) as usize);
                self.add(text_hash(bytes.iter().map(|byte| u32::from(*byte))));
            }
            ObjectTag::RecordType => self.leaf(vm, value.field(2), by_content),
            ObjectTag::Closure if value.header().is_shared() => {
                let code = Code::of(value);
                self.add(u64::from(code.unit) << 32 | u64::from(code.procedure));
            }
            // Other shared objects are literals: they never change, so that a look at their shape will do.
            _ if value.header().is_shared() => self.add((tag as u64) << 32 | value.words() as u64),
            _ => {
                self.by_identity = true;
                let identity = vm.identity(value);
                self.add(identity << 8 | 1);
            }
        }
    }
}
