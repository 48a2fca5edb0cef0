//! Hash tables, iterated in the order of insertion.
//!
//! A table's payload is: kind, live entries, entry places in use, entries, index, and whether keys hash by identity.
//! Entries are a vector of key, value and hash per place; the index is a bytevector of words, each 0 or the number of a
//! place plus 1 in its low half and hash bits in its high half, probed linearly.
//!
//! 1. A place whose key is [`Value::UNBOUND`] was deleted; the index word that leads to it stays until the next rebuild.
//! 2. The index has at least twice as many words as there are places, a power of two, so that every probe ends.
//! 3. Hashes never depend on addresses: numbers, text and names hash by content, other objects by identity number. Those
//!    numbers are not the same after a message copy; a table that relies on them has an identity number itself, and one
//!    that has none [`is_stale`] and must be rebuilt before anything is looked up in it.
//! 4. Nothing is stored in a table until all room that the change needs is there. Growing is a [`Rebuild`], in steps.

use arena::{LARGE_WORDS, ObjectTag, Value, bytevector_words};

use crate::code::Code;
use crate::equality::{equal_within, eqv};
use crate::error::{ErrorKind, Trap};
use crate::machine::Vm;
use crate::primitives::units_hash;

const KIND: usize = 0;
const COUNT: usize = 1;
const USED: usize = 2;
const ENTRIES: usize = 3;
const INDEX: usize = 4;
const BY_IDENTITY: usize = 5;
const TABLE_WORDS: usize = 6;

const STRIDE: usize = 3;
const PLACES_MIN: usize = 4;
/// Places that one step of a rebuild takes over.
const REBUILD_PLACES: usize = 1 << 13;
/// Most entries of one table.
const PLACES_MAX: usize = 1 << 24;
/// Steps for comparing one key with another.
const KEY_STEPS_MAX: usize = 1 << 20;
/// Parts of a compound key that its hash looks at.
const HASHED_PARTS_MAX: usize = 64;

/// Whether a key was bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Yes,
    /// The table must be rebuilt first, with [`places_wanted`].
    NoPlace,
}

/// What makes two keys the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Equal,
    Eqv,
    String,
}

impl Kind {
    pub(crate) fn of(table: Value) -> Kind {
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
    let hash = hash_key(vm, table, key);
    let found = find(table, key, hash)?;
    Ok(found.map(|place| table.field(ENTRIES).field(place * STRIDE + 1)))
}

/// Binds a key, unless it is a new one and there is no place for it.
pub(crate) fn set(vm: &mut Vm<'_>, table: Value, key: Value, value: Value) -> Result<Stored, Trap> {
    let hash = hash_key(vm, table, key);
    if let Some(place) = find(table, key, hash)? {
        vm.write_field(table.field(ENTRIES), place * STRIDE + 1, value);
        return Ok(Stored::Yes);
    }
    let place = places(table);
    if place == capacity(table) {
        return Ok(Stored::NoPlace);
    }
    let entries = table.field(ENTRIES);
    vm.write_field(entries, place * STRIDE, key);
    vm.write_field(entries, place * STRIDE + 1, value);
    entries.init_field(place * STRIDE + 2, Value::fixnum(hash as i64));
    link(table.field(INDEX), hash, place);
    table.init_field(USED, Value::fixnum(place as i64 + 1));
    table.init_field(COUNT, Value::fixnum(count(table) as i64 + 1));
    Ok(Stored::Yes)
}

/// Removes a key. Answers whether it was there.
pub(crate) fn delete(vm: &mut Vm<'_>, table: Value, key: Value) -> Result<bool, Trap> {
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

fn capacity(table: Value) -> usize {
    let entries = table.field(ENTRIES);
    if entries == Value::NIL { 0 } else { entries.words() / STRIDE }
}

fn too_many() -> Trap {
    Trap::error(ErrorKind::Range, format!("hash table: more than {PLACES_MAX} entries"), &[])
}

/// Places that a table without a free one should have.
///
/// # Errors
/// That there would be too many.
pub(crate) fn places_wanted(table: Value) -> Result<usize, Trap> {
    let (live, places) = (count(table), places(table));
    // With many deleted places, taking them out is enough.
    let wanted = if live * 2 <= places { places } else { places * 2 }.max(PLACES_MIN);
    if wanted > PLACES_MAX { Err(too_many()) } else { Ok(wanted) }
}

/// Places for as many entries as the table has now.
pub(crate) fn places_for_all(table: Value) -> usize {
    count(table).max(PLACES_MIN)
}

/// Must the table be hashed again, as it has come from another actor (invariant 3)?
pub(crate) fn is_stale(table: Value) -> bool {
    table.field(BY_IDENTITY) == Value::TRUE && table.header().identity() == 0
}

/// Entries and index of a table, made anew in steps. The table itself stays as it is until [`Rebuild::install`].
pub(crate) struct Rebuild {
    entries: Value,
    index: Value,
    /// Places of the table that are done.
    done: usize,
    /// Places in use among the new ones.
    used: usize,
}

impl Rebuild {
    /// Values of a rebuild, to be kept in a state.
    pub(crate) const VALUES: usize = 4;

    /// Room for `wanted` places. Reserves.
    pub(crate) fn new(vm: &mut Vm<'_>, wanted: usize) -> Result<Rebuild, Trap> {
        let index_bytes = (wanted * 2).next_power_of_two() * 8;
        let index_words = bytevector_words(index_bytes);
        vm.reserve_object(index_words)?;
        let index = vm.alloc(ObjectTag::Bytevector, index_words);
        if index_words <= LARGE_WORDS {
            index.raw_words(1).fill(0);
        }
        index.set_raw(0, index_bytes as u64);
        let rooted = vm.root(index);
        vm.reserve_object(wanted * STRIDE)?;
        let entries = vm.alloc(ObjectTag::Vector, wanted * STRIDE);
        if wanted * STRIDE <= LARGE_WORDS {
            (0..wanted * STRIDE).for_each(|position| entries.init_field(position, Value::ZERO));
        }
        let index = vm.rooted(rooted);
        vm.unroot(rooted);
        Ok(Rebuild { entries, index, done: 0, used: 0 })
    }

    pub(crate) fn load(state: Value, field: usize) -> Rebuild {
        let number = |field| state.field(field).as_fixnum() as usize;
        Rebuild {
            entries: state.field(field),
            index: state.field(field + 1),
            done: number(field + 2),
            used: number(field + 3),
        }
    }

    pub(crate) fn values(&self) -> [Value; Rebuild::VALUES] {
        let number = |number| Value::fixnum(number as i64);
        [self.entries, self.index, number(self.done), number(self.used)]
    }

    /// Takes over the next places of the table. Answers whether that was all.
    pub(crate) fn step(&mut self, vm: &mut Vm<'_>, table: Value) -> bool {
        let (old, rehash) = (table.field(ENTRIES), is_stale(table));
        let end = places(table).min(self.done + REBUILD_PLACES);
        vm.charge_steps((end - self.done) * 2);
        for position in self.done..end {
            let key = old.field(position * STRIDE);
            if key == Value::UNBOUND {
                continue;
            }
            let hash = match rehash {
                true => hash_of(vm, key, Kind::of(table) != Kind::Eqv).0,
                false => old.field(position * STRIDE + 2).as_fixnum() as u64,
            };
            vm.write_field(self.entries, self.used * STRIDE, key);
            vm.write_field(self.entries, self.used * STRIDE + 1, old.field(position * STRIDE + 1));
            self.entries.init_field(self.used * STRIDE + 2, Value::fixnum(hash as i64));
            link(self.index, hash, self.used);
            self.used += 1;
        }
        self.done = end;
        end == places(table)
    }

    /// Gives what was made of `source` to `target`: the same table, or an empty one.
    pub(crate) fn install(self, vm: &mut Vm<'_>, source: Value, target: Value) {
        let by_identity = source.field(BY_IDENTITY);
        target.init_field(BY_IDENTITY, by_identity);
        if by_identity == Value::TRUE {
            vm.identity(target);
        }
        target.init_field(COUNT, Value::fixnum(self.used as i64));
        target.init_field(USED, Value::fixnum(self.used as i64));
        vm.write_field(target, ENTRIES, self.entries);
        vm.write_field(target, INDEX, self.index);
    }
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

/// Is a table that was read from an image one that this module could have made (invariants 1 and 2)?
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(table: Value) -> Result<(), &'static str> {
    let numbers = [KIND, COUNT, USED].map(|field| table.field(field).to_fixnum());
    let [Some(0..=2), Some(count), Some(used)] = numbers else { return Err("the table has no kind") };
    let (entries, index) = (table.field(ENTRIES), table.field(INDEX));
    if !matches!(table.field(BY_IDENTITY), Value::TRUE | Value::FALSE) {
        return Err("the table is by identity or not");
    }
    if entries == Value::NIL && index == Value::NIL {
        return if (count, used) == (0, 0) { Ok(()) } else { Err("the table lacks its entries") };
    }
    if !entries.is_object(ObjectTag::Vector) || !index.is_object(ObjectTag::Bytevector) {
        return Err("the table lacks its entries");
    }
    let (places, words) = (entries.words() / STRIDE, index.words() - 1);
    let fits = entries.words() % STRIDE == 0
        && words.is_power_of_two()
        && words >= 2 * places
        && index.raw(0) == words as u64 * 8
        && (0..=places as i64).contains(&used)
        && (0..=used).contains(&count);
    if !fits {
        return Err("the table's parts do not fit each other");
    }
    let (mut live, mut linked) = (0, 0);
    for place in 0..used as usize {
        live += i64::from(entries.field(place * STRIDE) != Value::UNBOUND);
        if entries.field(place * STRIDE + 2).to_fixnum().is_none_or(|hash| hash < 0) {
            return Err("an entry of the table has no hash");
        }
    }
    for word in index.raw_words(1).iter().filter(|word| **word != 0) {
        linked += 1;
        if *word as u32 > used as u32 || *word as u32 == 0 {
            return Err("the table's index leads nowhere");
        }
    }
    if live == count && linked <= places { Ok(()) } else { Err("the table's entries do not add up") }
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
            ObjectTag::Ratio => {
                self.leaf(vm, value.field(0), by_content);
                self.leaf(vm, value.field(1), by_content);
            }
            ObjectTag::ActorReference | ObjectTag::MonitorReference => {
                self.add(value.raw(0));
                self.add(value.raw(1));
            }
            ObjectTag::String if by_content || value.header().is_shared() => {
                self.add(units_hash(value.string_units()));
            }
            ObjectTag::Bytevector if by_content || value.header().is_shared() => {
                self.add(units_hash(value.raw_bytes(1, value.raw(0) as usize)));
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
