//! What an error knows about itself beside its message: the operation, the operand, what was expected, where the program
//! was and how deep.
//!
//! 1. It is gathered when a trap becomes a condition (or a program makes one), in bounded time, and nothing of it costs a
//!    program without errors anything.
//! 2. All of it is a function of the program and of what it was told, so that a replay shows the same. How full the heap was
//!    depends on when the collector ran: that is told to people only, outside.
//! 3. Arguments of calls are not kept: they would stay alive with the condition, and travel with it.

use arena::{ObjectTag, Value};
use bytecode::{CodeOffset, Span};

use crate::code::Code;
use crate::error::{ErrorReport, Trap};
use crate::library::Linker;
use crate::machine::{Machine, State, Vm};
use crate::primitives;

/// Frames that are counted for a condition.
const FRAMES_COUNTED_MAX: usize = 1_000;

/// Fields of a context, which is a vector in a condition's last field.
const OPERATION: usize = 0;
const OPERAND: usize = 1;
const EXPECTED: usize = 2;
const ACTUAL: usize = 3;
const SITE: usize = 4;
const CALL_DEPTH: usize = 5;
const RECURSION_DEPTH: usize = 6;
const STACK_WORDS: usize = 7;
const REDUCTIONS: usize = 8;
const LIMIT: usize = 9;
const ATTEMPTED: usize = 10;
const BLAMES_CALLER: usize = 11;
const FIELDS: usize = 12;

/// The field of a condition that holds its context, or `#f`.
pub(crate) const CONTEXT_FIELD: usize = 3;

/// What a trap knows besides its message.
#[derive(Clone, Debug, Default)]
pub struct Particulars {
    /// What was being done; if that is a primitive's call, the name comes by itself.
    pub operation: Option<Box<str>>,
    /// Which operand is wrong, from 1; 0 if none is.
    pub operand: u32,
    /// What should have been there. The first irritant, or else `given`, is what was.
    pub expected: Option<Box<str>>,
    /// How many arguments there were, if that is what is wrong.
    pub given: Option<usize>,
    /// A limit, and what would have been needed: words of the stack, or bytes.
    pub bound: Option<(u64, u64)>,
    /// Whoever has called the running procedure is to blame.
    pub blames_caller: bool,
}

/// How many calls of the program wait for one another, and how many of them are of the innermost one's procedure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Calls of the program's procedures, the program's top level included.
    pub calls: u64,
    /// Those of the same procedure as the innermost one.
    pub recursion: u64,
    /// There may be more.
    pub more: bool,
}

/// A place in loaded code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePlace {
    /// The unit's number; 0 is the library's.
    pub unit: u32,
    /// The procedure's index in its unit.
    pub procedure: u32,
    /// Where in its bytecode.
    pub offset: CodeOffset,
    /// The procedure's name; empty when it has none.
    pub name: String,
    /// The file.
    pub file: String,
    /// Where in it.
    pub span: Span,
}

/// The context of a condition, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorContext {
    /// What was being done.
    pub operation: Option<String>,
    /// Which operand is wrong, from 1.
    pub operand: Option<u32>,
    /// What should have been there.
    pub expected: Option<String>,
    /// What was.
    pub actual: Option<Value>,
    /// Where the program was, for [`Linker::code_place`].
    pub site: u32,
    /// How deep.
    pub depths: Depths,
    /// Words of stack in use.
    pub stack_words: u64,
    /// The actor's reductions.
    pub reductions: u64,
    /// A limit, and what would have been needed.
    pub bound: Option<(u64, u64)>,
    /// The innermost procedure of the program was called with a wrong argument: whoever called it is to blame.
    pub blames_caller: bool,
}

impl Trap {
    /// The same error with what else is known of it.
    #[cold]
    pub fn with(mut self, particulars: Particulars) -> Trap {
        if let Trap::Error(report) = &mut self {
            report.particulars = particulars;
        }
        self
    }

    /// The same error about this operand, from 1; 0 if it is about none.
    #[cold]
    pub fn about_operand(mut self, operand: usize) -> Trap {
        if let Trap::Error(report) = &mut self {
            report.particulars.operand = operand as u32;
        }
        self
    }

    /// The same error; if it does not know what was being done, that was this primitive.
    #[cold]
    #[inline(never)]
    pub(crate) fn raised_in(mut self, primitive: u32) -> Trap {
        let name = primitives::table()[primitive as usize].name;
        if let Trap::Error(report) = &mut self
            && report.particulars.operation.is_none()
            && !name.starts_with('%')
        {
            report.particulars.operation = Some(name.into());
        }
        self
    }

    /// The same error, raised by this operation.
    #[cold]
    pub fn raised_by(mut self, operation: &str) -> Trap {
        if let Trap::Error(report) = &mut self {
            report.particulars.operation = Some(operation.into());
        }
        self
    }
}

impl State {
    /// Counts frames of programs, at most `limit` frames of all.
    #[optimize(size)]
    pub(crate) fn depths(&self, limit: usize) -> Depths {
        let mut depths = Depths::default();
        let mut innermost: *const Code = std::ptr::null();
        let mut seen = 0;
        self.each_code(|code| {
            if seen == limit {
                depths.more = true;
                return false;
            }
            seen += 1;
            if code.unit != 0 && !code.internal {
                if innermost.is_null() {
                    innermost = &raw const *code;
                }
                depths.calls += 1;
                depths.recursion += u64::from(std::ptr::eq(innermost, code));
            }
            true
        });
        depths
    }

    /// Words of stack in use.
    pub(crate) fn stack_words(&self) -> usize {
        self.under.depth_words() + self.frame_end()
    }
}

impl Machine {
    /// How deep the program is, of at most `limit` frames.
    pub fn depths(&self, limit: usize) -> Depths {
        self.state.depths(limit)
    }

    /// Words of stack in use, and the limit.
    pub fn stack_words(&self) -> (usize, usize) {
        (self.state.stack_words(), self.stack_words_max)
    }
}

impl Vm<'_> {
    /// Makes the context of an error that the instruction at work has raised. `irritant` is the first one, a root.
    ///
    /// # Errors
    /// The heap's limit.
    #[optimize(size)]
    pub(crate) fn make_context(
        &mut self,
        report: &ErrorReport,
        irritant: Option<usize>,
    ) -> Result<Value, Trap> {
        let known = &report.particulars;
        let first = self.root(Value::FALSE);
        if let Some(operation) = &known.operation {
            let symbol = self.make_symbol(operation)?;
            self.set_rooted(first, symbol);
        }
        let mut expected = Value::FALSE;
        if let Some(text) = &known.expected {
            expected = self.make_string(text)?;
        }
        let expected = self.root(expected);
        let context = self.new_context()?;
        context.init_field(OPERATION, self.rooted(first));
        context.init_field(OPERAND, natural_or_false(Some(known.operand.into()).filter(|place| *place > 0)));
        context.init_field(EXPECTED, self.rooted(expected));
        let actual = match (known.given, irritant) {
            _ if known.expected.is_none() => Value::FALSE,
            (Some(given), _) => Value::fixnum(given as i64),
            (None, Some(irritant)) => self.rooted(irritant),
            (None, None) => Value::FALSE,
        };
        context.init_field(ACTUAL, actual);
        if known.blames_caller {
            context.init_field(BLAMES_CALLER, Value::TRUE);
            context.init_field(SITE, Value::fixnum(self.state.calling_site().into()));
        }
        context.init_field(LIMIT, natural_or_false(known.bound.map(|(limit, _)| limit)));
        context.init_field(ATTEMPTED, natural_or_false(known.bound.map(|(_, attempted)| attempted)));
        self.unroot(first);
        Ok(context)
    }

    /// The context of a condition that a program makes.
    ///
    /// # Errors
    /// The heap's limit.
    pub(crate) fn new_context(&mut self) -> Result<Value, Trap> {
        self.reserve_object(FIELDS)?;
        let context = self.alloc(ObjectTag::Vector, FIELDS);
        for field in [OPERATION, OPERAND, EXPECTED, ACTUAL, LIMIT, ATTEMPTED, BLAMES_CALLER] {
            context.init_field(field, Value::FALSE);
        }
        let depths = self.state.depths(FRAMES_COUNTED_MAX);
        context.init_field(SITE, Value::fixnum(self.state.site_of_program().into()));
        context.init_field(CALL_DEPTH, Value::fixnum(depths.calls as i64));
        context.init_field(RECURSION_DEPTH, Value::fixnum(depths.recursion as i64));
        context.init_field(STACK_WORDS, Value::fixnum(self.state.stack_words() as i64));
        context.init_field(REDUCTIONS, Value::fixnum(self.reductions() as i64));
        Ok(context)
    }
}

fn natural_or_false(number: Option<u64>) -> Value {
    number.map_or(Value::FALSE, |number| Value::fixnum(number as i64))
}

fn natural(value: Value) -> Option<u64> {
    value.to_fixnum().and_then(|number| u64::try_from(number).ok())
}

impl ErrorContext {
    /// The context of a condition; `None` for other values, and for conditions that came without.
    #[optimize(size)]
    pub fn of(condition: Value) -> Option<ErrorContext> {
        if !condition.is_object(ObjectTag::ErrorObject) {
            return None;
        }
        let context = condition.field(CONTEXT_FIELD);
        if !context.is_object(ObjectTag::Vector) || context.words() != FIELDS {
            return None;
        }
        let [operation, expected] = [OPERATION, EXPECTED].map(|field| context.field(field));
        let number = |field| natural(context.field(field));
        let calls = number(CALL_DEPTH)?;
        let expected = expected.is_object(ObjectTag::String).then(|| expected.string_text());
        Some(ErrorContext {
            operation: operation.is_object(ObjectTag::Symbol).then(|| operation.symbol_text().to_string()),
            operand: number(OPERAND).map(|operand| operand as u32),
            actual: expected.is_some().then(|| context.field(ACTUAL)),
            expected,
            site: number(SITE)? as u32,
            depths: Depths {
                calls,
                recursion: number(RECURSION_DEPTH)?,
                more: calls >= FRAMES_COUNTED_MAX as u64,
            },
            stack_words: number(STACK_WORDS)?,
            reductions: number(REDUCTIONS)?,
            bound: number(LIMIT).zip(number(ATTEMPTED)),
            blames_caller: context.field(BLAMES_CALLER).is_true(),
        })
    }
}

impl Linker {
    /// Where a site is.
    #[optimize(size)]
    pub fn code_place(&self, site: u32) -> Option<CodePlace> {
        let (unit, code, offset) = self.code_at_site(site)?;
        let span = unit.span_at(code.procedure, offset).unwrap_or_default();
        let file = unit.program.files.get(usize::from(span.file)).filter(|_| span.line > 0);
        Some(CodePlace {
            unit: unit.number,
            procedure: code.procedure,
            offset,
            name: code.name.to_string(),
            file: file.map_or_else(String::new, |file| file.name.clone()),
            span,
        })
    }
}
