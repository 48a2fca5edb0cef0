//! Object headers: one word before the payload of every object.
//!
//! | bits | meaning |
//! |---|---|
//! | 0–2 | `110`; a forwarding reference (`001`) stands here while a collection or a copy runs |
//! | 3–8 | [`ObjectTag`] |
//! | 9 | shared: belongs to a program, immutable, no collector touches it |
//! | 10 | mark |
//! | 11 | large: in the large-object space, never moves |
//! | 12–13 | age in collections survived |
//! | 14 | literal: mutating it is a condition |
//! | 16–43 | payload size in 64-bit words |
//! | 44–63 | identity number, 0 until first asked for |

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ObjectTag {
    /// car, cdr.
    Pair,
    /// Elements.
    Vector,
    /// Byte length, then bytes.
    Bytevector,
    /// Length in characters, then one 32-bit scalar value each.
    String,
    /// Byte length, hash, then UTF-8.
    Symbol,
    /// Code address, then captured values.
    Closure,
    /// One value.
    Box,
    /// Record type, then fields.
    Record,
    /// Name, field names, identity.
    RecordType,
    /// Done?, value or thunk.
    Promise,
    /// Sealed segment, words of it in use, dynamic state.
    Continuation,
    /// Sealed stack: parent segment, words of the parent in use, then frames.
    Segment,
    /// Default value, converter.
    Parameter,
    /// Kind, buffer, positions.
    Port,
    /// Multiple values.
    Values,
    /// See the VM's tables.
    HashTable,
    /// Sign, then limbs, least significant first.
    Bignum,
    /// Numerator, denominator.
    Ratio,
    /// A float that does not tag itself.
    Flonum,
    /// Kind, message, irritants, trace.
    ErrorObject,
    /// Bindings for `eval`.
    Environment,
    /// Identity (128 bits), slot and generation.
    ActorReference,
    /// Identity (128 bits).
    MonitorReference,
    /// Kind and identity.
    Capability,
    /// No object has it; the numbers of those behind it stay as images know them.
    Reserved,
    /// Index of a native procedure.
    Primitive,
    /// Room between objects of the old space; no value refers to it.
    Free,
    /// One value, or `#f` after it was collected. The collector's own rules hold for it.
    WeakReference,
    /// Key and value, of which the value lives as long as the key does; then 1 once the key is gone, else 0.
    Ephemeron,
    /// Number of the guardian in its heap.
    Guardian,
}

const TAGS: [ObjectTag; 30] = {
    use ObjectTag::*;
    [
        Pair,
        Vector,
        Bytevector,
        String,
        Symbol,
        Closure,
        Box,
        Record,
        RecordType,
        Promise,
        Continuation,
        Segment,
        Parameter,
        Port,
        Values,
        HashTable,
        Bignum,
        Ratio,
        Flonum,
        ErrorObject,
        Environment,
        ActorReference,
        MonitorReference,
        Capability,
        Reserved,
        Primitive,
        Free,
        WeakReference,
        Ephemeron,
        Guardian,
    ]
};

impl ObjectTag {
    /// Every tag, in numeric order.
    pub const ALL: [ObjectTag; 30] = TAGS;

    /// Payload words are bytes or addresses that the collector must not follow.
    #[inline]
    pub const fn is_raw(self) -> bool {
        use ObjectTag::*;
        matches!(
            self,
            Bytevector
                | String
                | Symbol
                | Bignum
                | Flonum
                | ActorReference
                | MonitorReference
                | Capability
                | Reserved
                | Primitive
                | Free
                | WeakReference
                | Ephemeron
                | Guardian
        )
    }

    /// Name for views and messages.
    pub const fn name(self) -> &'static str {
        use ObjectTag::*;
        match self {
            Pair => "pair",
            Vector => "vector",
            Bytevector => "bytevector",
            String => "string",
            Symbol => "symbol",
            Closure | Primitive => "procedure",
            Box => "box",
            Record => "record",
            RecordType => "record type",
            Promise => "promise",
            Continuation => "continuation",
            Segment => "stack segment",
            Parameter => "parameter",
            Port => "port",
            Values => "multiple values",
            HashTable => "hash table",
            Bignum => "integer",
            Ratio => "rational",
            Flonum => "flonum",
            ErrorObject => "error object",
            Environment => "environment",
            ActorReference => "actor",
            MonitorReference => "reference",
            Capability => "capability",
            Reserved => "reserved",
            Free => "free block",
            WeakReference => "weak reference",
            Ephemeron => "ephemeron",
            Guardian => "guardian",
        }
    }
}

/// A header word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Header(pub(crate) u64);

/// Largest payload of one object, in words: 2 GiB.
pub const OBJECT_WORDS_MAX: usize = (1 << 28) - 1;

/// Largest identity number; the counter starts over after it.
pub const IDENTITY_MAX: u64 = (1 << 20) - 1;

const LOW: u64 = 6;
const TAG_SHIFT: u32 = 3;
const SHARED: u64 = 1 << 9;
const MARK: u64 = 1 << 10;
const LARGE: u64 = 1 << 11;
const AGE_SHIFT: u32 = 12;
const LITERAL: u64 = 1 << 14;
const SIZE_SHIFT: u32 = 16;
const SIZE_MASK: u64 = OBJECT_WORDS_MAX as u64;
const IDENTITY_SHIFT: u32 = 44;

impl Header {
    /// A fresh header.
    #[inline(always)]
    pub const fn new(tag: ObjectTag, words: usize) -> Header {
        debug_assert!(words <= OBJECT_WORDS_MAX);
        Header((words as u64) << SIZE_SHIFT | (tag as u64) << TAG_SHIFT | LOW)
    }

    /// Is this word a header at all, rather than a forwarding reference?
    #[inline(always)]
    pub const fn is_header(self) -> bool {
        self.0 & 7 == LOW
    }

    /// What the object is.
    #[inline(always)]
    pub const fn tag(self) -> ObjectTag {
        TAGS[(self.0 >> TAG_SHIFT & 63) as usize]
    }

    /// Is it of this type? Cheaper than comparing [`Header::tag`].
    #[inline(always)]
    pub const fn is(self, tag: ObjectTag) -> bool {
        self.0 >> TAG_SHIFT & 63 == tag as u64
    }

    /// Payload words.
    #[inline(always)]
    pub const fn words(self) -> usize {
        (self.0 >> SIZE_SHIFT & SIZE_MASK) as usize
    }

    /// Lies in no actor's heap: it belongs to a program, or is a blob.
    #[inline(always)]
    pub const fn is_shared(self) -> bool {
        self.0 & SHARED != 0
    }

    /// Belongs to a program, and lives as long as it does.
    #[inline(always)]
    pub const fn is_of_program(self) -> bool {
        self.0 & (SHARED | LARGE) == SHARED
    }

    /// Immutable bytes that live as long as somebody holds them.
    #[inline(always)]
    pub const fn is_blob(self) -> bool {
        self.0 & (SHARED | LARGE) == SHARED | LARGE
    }

    pub(crate) const fn shared(self) -> Header {
        Header(self.0 | SHARED | LITERAL)
    }

    /// A literal must not be mutated.
    #[inline(always)]
    pub const fn is_literal(self) -> bool {
        self.0 & LITERAL != 0
    }

    #[inline(always)]
    pub(crate) const fn is_large(self) -> bool {
        self.0 & LARGE != 0
    }

    pub(crate) const fn large(self) -> Header {
        Header(self.0 | LARGE)
    }

    #[inline(always)]
    pub(crate) const fn is_marked(self) -> bool {
        self.0 & MARK != 0
    }

    pub(crate) const fn with_mark(self, marked: bool) -> Header {
        if marked { Header(self.0 | MARK) } else { Header(self.0 & !MARK) }
    }

    /// The header of a copy that a collector makes: older, and without a mark.
    #[inline]
    pub(crate) const fn moved(self) -> Header {
        Header(self.older().0 & !MARK)
    }

    /// Collections survived, up to 3.
    pub const fn age(self) -> u8 {
        (self.0 >> AGE_SHIFT & 3) as u8
    }

    pub(crate) const fn with_age(self, age: u8) -> Header {
        Header(self.0 & !(3 << AGE_SHIFT) | (age as u64 & 3) << AGE_SHIFT)
    }

    pub(crate) const fn literal(self) -> Header {
        Header(self.0 | LITERAL)
    }

    /// Is there a tag of this number at all?
    pub(crate) const fn has_tag(self) -> bool {
        (self.0 >> TAG_SHIFT & 63) < TAGS.len() as u64
    }

    #[inline]
    pub(crate) const fn older(self) -> Header {
        if self.age() == 3 { self } else { Header(self.0 + (1 << AGE_SHIFT)) }
    }

    /// Identity number, 0 when none was drawn yet.
    pub const fn identity(self) -> u64 {
        self.0 >> IDENTITY_SHIFT
    }

    pub(crate) const fn with_identity(self, identity: u64) -> Header {
        Header(self.0 & !(IDENTITY_MAX << IDENTITY_SHIFT) | identity << IDENTITY_SHIFT)
    }

    /// The header as a copy in another heap starts out: same type and size, nothing else.
    pub(crate) const fn fresh(self) -> Header {
        Header::new(self.tag(), self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_keeps_every_field_apart() {
        let header = Header::new(ObjectTag::HashTable, OBJECT_WORDS_MAX).with_identity(IDENTITY_MAX).large();
        let header = header.with_mark(true).older().older();
        assert!(header.is_header() && header.is_large() && header.is_marked() && !header.is_shared());
        assert_eq!(header.tag(), ObjectTag::HashTable);
        assert_eq!(header.words(), OBJECT_WORDS_MAX);
        assert_eq!((header.identity(), header.age()), (IDENTITY_MAX, 2));
        assert_eq!(header.fresh(), Header::new(ObjectTag::HashTable, OBJECT_WORDS_MAX));
    }

    #[test]
    fn tags_are_numbered_as_listed() {
        for (number, tag) in ObjectTag::ALL.iter().enumerate() {
            assert_eq!(*tag as usize, number);
            assert!(Header::new(*tag, 1).is(*tag));
        }
    }
}
