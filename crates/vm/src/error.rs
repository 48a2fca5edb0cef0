//! What can go wrong inside an actor: traps that primitives and instructions raise, and how they become conditions.
//!
//! 1. A trap leaves the machine at the instruction that raised it, with all operands in place.
//! 2. Values in an [`ErrorReport`] are roots only once [`crate::Machine`] has taken the report over; between raising and
//!    that moment nothing allocates.

use arena::{HeapError, MessageError, ObjectTag, Value};
use smallvec::SmallVec;

use crate::context::Particulars;
use crate::debug::EventKind;

/// The setting that switches the collector on and off.
const COLLECTOR: &str = "gc";

/// Kinds of errors that the machine raises; programs see them as symbols through `condition-kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// `(error ...)`.
    User,
    /// A value of the wrong type.
    Type,
    /// A call with the wrong number of arguments.
    Arity,
    /// A variable without a value.
    Unbound,
    /// An index or range outside its object.
    Range,
    /// Division by zero, no exact result, number too large.
    Arithmetic,
    /// Mutating a literal.
    Literal,
    /// A message that cannot be sent, or no such actor.
    Actor,
    /// The actor's heap limit.
    HeapLimit,
    /// The actor's heap limit, while its collector is off.
    CollectorOff,
    /// The world's memory budget.
    WorldLimit,
    /// The actor's stack limit.
    StackLimit,
    /// The mailbox limit of a receiver.
    MailboxLimit,
    /// The limit on actors.
    ActorLimit,
    /// Reading text as data.
    Read,
    /// Compiling a program while another runs.
    Syntax,
    /// Files.
    File,
    /// No capability for it is held.
    Denied,
    /// A sandbox's reductions.
    SandboxLimit,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [ErrorKind; 19] = [
        ErrorKind::User,
        ErrorKind::Type,
        ErrorKind::Arity,
        ErrorKind::Unbound,
        ErrorKind::Range,
        ErrorKind::Arithmetic,
        ErrorKind::Literal,
        ErrorKind::Actor,
        ErrorKind::HeapLimit,
        ErrorKind::CollectorOff,
        ErrorKind::WorldLimit,
        ErrorKind::StackLimit,
        ErrorKind::MailboxLimit,
        ErrorKind::ActorLimit,
        ErrorKind::Read,
        ErrorKind::Syntax,
        ErrorKind::File,
        ErrorKind::Denied,
        ErrorKind::SandboxLimit,
    ];

    /// The symbol that programs see.
    pub const fn symbol(self) -> &'static str {
        match self {
            ErrorKind::User => "error",
            ErrorKind::Type => "type-error",
            ErrorKind::Arity => "arity-error",
            ErrorKind::Unbound => "unbound-variable",
            ErrorKind::Range => "range-error",
            ErrorKind::Arithmetic => "arithmetic-error",
            ErrorKind::Literal => "literal-error",
            ErrorKind::Actor => "actor-error",
            ErrorKind::HeapLimit => "heap-limit",
            ErrorKind::CollectorOff => "gc-disabled",
            ErrorKind::WorldLimit => "world-memory-limit",
            ErrorKind::StackLimit => "stack-limit",
            ErrorKind::MailboxLimit => "mailbox-limit",
            ErrorKind::ActorLimit => "actor-limit",
            ErrorKind::Read => "read-error",
            ErrorKind::Syntax => "syntax-error",
            ErrorKind::File => "file-error",
            ErrorKind::Denied => "capability-denied",
            ErrorKind::SandboxLimit => "sandbox-limit",
        }
    }

    /// A bound that somebody has set.
    pub const fn is_limit(self) -> bool {
        matches!(
            self,
            ErrorKind::HeapLimit
                | ErrorKind::CollectorOff
                | ErrorKind::WorldLimit
                | ErrorKind::StackLimit
                | ErrorKind::MailboxLimit
                | ErrorKind::ActorLimit
                | ErrorKind::SandboxLimit
        )
    }

    /// The kind of a condition of the machine's.
    pub fn of(value: Value) -> Option<ErrorKind> {
        ErrorKind::ALL.into_iter().find(|kind| kind.is_of(value))
    }

    /// `value` is a condition of this kind.
    pub fn is_of(self, value: Value) -> bool {
        value.is_object(ObjectTag::ErrorObject)
            && value.field(0).is_object(ObjectTag::Symbol)
            && value.field(0).symbol_text() == self.symbol()
    }
}

/// The variable that an [`ErrorKind::Unbound`] condition is about, if it is one and names one.
pub fn unbound_name(condition: Value) -> Option<String> {
    let irritants = ErrorKind::Unbound.is_of(condition).then(|| condition.field(2))?;
    let name = irritants.is_pair().then(|| irritants.car())?;
    name.is_object(ObjectTag::Symbol).then(|| name.symbol_text().to_string())
}

/// An error on its way to becoming a condition.
#[derive(Clone, Debug)]
pub struct ErrorReport {
    /// What kind.
    pub kind: ErrorKind,
    /// Whole sentence without the irritants, such as `car: expected a pair, got`.
    pub message: String,
    /// The values it is about.
    pub irritants: SmallVec<[Value; 2]>,
    /// What else is known.
    pub particulars: Particulars,
}

/// Why an instruction or a primitive did not finish.
#[derive(Clone, Debug)]
pub enum Trap {
    /// Becomes a condition.
    Error(Box<ErrorReport>),
    /// A resumable primitive has used its share of time: charge the fuel and execute it again. Its arguments hold its
    /// progress ([`crate::Vm::set_argument`]).
    Again {
        /// Reductions to charge.
        reductions: u32,
    },
    /// Execute the instruction again when something has arrived in the inbox.
    Wait,
    /// Stop in front of the instruction: it is about to do what somebody waits for.
    Look(EventKind),
    /// The actor ends with this reason (a Scheme value); `failed` says whether as a crash.
    Exit {
        /// The reason as other actors see it.
        reason: Value,
        /// A crash, rather than `normal` or a reason given to `exit`.
        failed: bool,
    },
}

impl Trap {
    /// An error of `kind` about `irritants`.
    #[cold]
    #[inline(never)]
    pub fn error(kind: ErrorKind, message: impl Into<String>, irritants: &[Value]) -> Trap {
        Trap::Error(Box::new(ErrorReport {
            kind,
            message: message.into(),
            irritants: SmallVec::from_slice(irritants),
            particulars: Particulars::default(),
        }))
    }

    /// `operation` wanted `expected` as argument `position` (from 1; 0 if it has but one) and got `actual`.
    #[cold]
    #[inline(never)]
    pub fn wrong_type(operation: &str, position: usize, expected: &str, actual: Value) -> Trap {
        let which = if position == 0 { String::new() } else { format!(" as argument {position}") };
        let message = format!("{operation}: expected {expected}{which}, got");
        Trap::error(ErrorKind::Type, message, &[actual]).with(Particulars {
            operation: Some(operation.into()),
            operand: position.max(1) as u32,
            expected: Some(expected.into()),
            ..Particulars::default()
        })
    }

    /// `operation` was given `index`, which is outside `0..limit` (or `0..=limit` when `inclusive`).
    #[cold]
    #[inline(never)]
    pub fn out_of_range(operation: &str, index: Value, limit: usize, inclusive: bool) -> Trap {
        let (bound, expected) = match (limit, inclusive) {
            (0, false) => ("there are no elements; got".to_string(), "no index".to_string()),
            (limit, _) => {
                let most = limit - usize::from(!inclusive);
                (format!("the index must be from 0 to {most}, got"), format!("an index from 0 to {most}"))
            }
        };
        Trap::error(ErrorKind::Range, format!("{operation}: {bound}"), &[index]).with(Particulars {
            operation: Some(operation.into()),
            expected: Some(expected.into()),
            ..Particulars::default()
        })
    }
}

impl From<HeapError> for Trap {
    #[cold]
    fn from(error: HeapError) -> Trap {
        // What was in use depends on when the collector ran: a program sees what it asked for only.
        let bytes = |words: usize| 8 * words as u64;
        let bound = match error {
            HeapError::HeapFull { limit_words, wanted_words, .. }
            | HeapError::CollectorDisabled { limit_words, wanted_words, .. } => {
                Some((bytes(limit_words), bytes(wanted_words)))
            }
            HeapError::ObjectTooLarge { words } => Some((bytes(arena::OBJECT_WORDS_MAX), bytes(words))),
            _ => None,
        };
        let trap = match error {
            HeapError::HeapFull { limit_words, wanted_words, .. } if wanted_words > limit_words => {
                let message = format!(
                    "{wanted_words} words at once are more than the heap may hold, which is {limit_words} words (setting: heap)"
                );
                Trap::error(ErrorKind::HeapLimit, message, &[])
            }
            HeapError::HeapFull { .. } => {
                Trap::error(ErrorKind::HeapLimit, format!("{error} (setting: heap)"), &[])
            }
            HeapError::CollectorDisabled { .. } => {
                let message = format!(
                    "{error}; switch it on (setting: {COLLECTOR}), or raise the limit (setting: heap)"
                );
                Trap::error(ErrorKind::CollectorOff, message, &[])
            }
            // No setting moves this one.
            HeapError::ObjectTooLarge { .. } => Trap::error(ErrorKind::HeapLimit, error.to_string(), &[]),
            _ => Trap::error(ErrorKind::WorldLimit, format!("{error} (setting: memory)"), &[]),
        };
        trap.with(Particulars { bound, ..Particulars::default() })
    }
}

impl From<MessageError> for Trap {
    #[cold]
    fn from(error: MessageError) -> Trap {
        Trap::error(ErrorKind::Actor, format!("send: {error}"), &[])
    }
}
