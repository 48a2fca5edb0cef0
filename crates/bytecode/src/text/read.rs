//! From the text of a program to the program.
//!
//! 1. A first walk over the lines numbers constants, globals and procedures, so that code may name what comes later.
//! 2. Places are resolved when their procedure ends.

use std::collections::BTreeMap;

use crate::{
    CodeOffset, ConstIndex, Constant, Opcode, OperandKind, Procedure, Program, SourceFile, Span, Variable,
};

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {message}", .span.line, .span.column)]
pub struct TextError {
    /// The words that make no sense; their file is the text.
    pub span: Span,
    /// What was found and what was expected.
    pub message: String,
}

type Result<T> = std::result::Result<T, TextError>;

/// The program that `text` says; verified by nobody yet.
///
/// # Errors
/// [`TextError`] with the first line that makes no sense.
pub fn assemble(text: &str) -> Result<Program> {
    Reader { own: false, ..Reader::default() }.read(text)
}

/// As [`assemble`]; a program without source files gets `text` itself for one, called `name`, and its instructions their
/// lines there for places.
///
/// # Errors
/// As [`assemble`].
pub fn assemble_with_source(name: &str, text: &str) -> Result<Program> {
    let mut program = Reader { own: true, ..Reader::default() }.read(text)?;
    if program.files.is_empty() {
        program.files.push(SourceFile { name: name.to_string(), text: text.to_string() });
    }
    Ok(program)
}

#[derive(Debug)]
enum Word<'a> {
    /// What stands between blanks.
    Plain(&'a str),
    /// What stands between quotes.
    Text(String),
}

#[derive(Debug)]
struct Token<'a> {
    word: Word<'a>,
    span: Span,
}

impl Token<'_> {
    fn error<T>(&self, message: impl Into<String>) -> Result<T> {
        error(self.span, message)
    }

    fn shown(&self) -> String {
        match &self.word {
            Word::Plain(word) => format!("`{word}`"),
            Word::Text(text) => format!("{text:?}"),
        }
    }

    fn plain(&self) -> &str {
        match &self.word {
            Word::Plain(word) => word,
            Word::Text(_) => "",
        }
    }
}

#[cold]
#[optimize(size)]
fn error<T>(at: Span, message: impl Into<String>) -> Result<T> {
    Err(TextError { span: at, message: message.into() })
}

/// The words of a line, taken one after the other.
struct Line<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'a>>>,
    /// One past the last word.
    end: Span,
}

impl<'a> Line<'a> {
    fn next(&mut self, expected: &str) -> Result<Token<'a>> {
        match self.tokens.next() {
            Some(token) => Ok(token),
            None => error(self.end, format!("the line ends where {expected} should follow")),
        }
    }

    fn text(&mut self) -> Result<String> {
        let token = self.next("a string")?;
        match token.word {
            Word::Text(text) => Ok(text),
            Word::Plain(_) => token.error(format!("expected a string in quotes, not {}", token.shown())),
        }
    }

    fn number<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let token = self.next("a number")?;
        number(&token)
    }

    /// The next word is this one, which is then taken.
    fn takes(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token.word, Word::Plain(found) if found == word)).is_some()
    }

    fn span(&mut self) -> Result<Span> {
        Ok(Span {
            file: self.number()?,
            start: self.number()?,
            end: self.number()?,
            line: self.number()?,
            column: self.number()?,
        })
    }

    fn finish(mut self) -> Result<()> {
        match self.tokens.next() {
            Some(token) => token.error(format!("{} is one word too many on this line", token.shown())),
            None => Ok(()),
        }
    }
}

fn number<T: TryFrom<i64>>(token: &Token<'_>) -> Result<T> {
    let value = token.plain().parse::<i64>().ok().and_then(|value| T::try_from(value).ok());
    match value {
        Some(value) => Ok(value),
        None => token.error(format!("expected a whole number that fits here, not {}", token.shown())),
    }
}

/// Numbers of what has a name before its colon.
type Labels = BTreeMap<String, u32>;

/// A jump whose place is not known yet.
struct Patch {
    end: usize,
    label: String,
    span: Span,
}

/// A variable whose ends may be places that are not known yet.
struct Pending<'a> {
    variable: Variable,
    ends: [Token<'a>; 2],
}

#[derive(Default)]
struct Reader<'a> {
    program: Program,
    /// Instructions get places in the text itself if it names no source file.
    own: bool,
    constants: Labels,
    globals: Labels,
    procedures: Labels,
    /// Numbers of the strings, symbols and builtins among the constants.
    literals: BTreeMap<(Literal, String), u32>,
    global_names: BTreeMap<String, u32>,
    /// The procedure that is being read.
    open: Option<Procedure>,
    places: Labels,
    patches: Vec<Patch>,
    pending: Vec<Pending<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Literal {
    String,
    Symbol,
    Builtin,
}

impl<'a> Reader<'a> {
    #[optimize(size)]
    fn read(mut self, text: &'a str) -> Result<Program> {
        let mut rest = Vec::new();
        let mut procedures = 0;
        let mut start = 0;
        for (index, source) in text.split_inclusive('\n').enumerate() {
            let place = Span { start: start as u32, line: index as u32 + 1, ..Span::default() };
            start += source.len();
            let mut line = words(source, place)?;
            let name = label(&mut line);
            match line.tokens.peek().map_or("", Token::plain) {
                "constant" => {
                    let index = self.program.constants.len() as u32;
                    self.constant(&mut line)?;
                    define(&mut self.constants, name, index)?;
                    line.finish()?;
                }
                "global" => {
                    let index = self.program.globals.len() as u32;
                    line.tokens.next();
                    let global = line.text()?;
                    self.global_names.entry(global.clone()).or_insert(index);
                    self.program.globals.push(global);
                    define(&mut self.globals, name, index)?;
                    line.finish()?;
                }
                item => {
                    if item == "procedure" {
                        define(&mut self.procedures, name, procedures)?;
                        procedures += 1;
                        rest.push((None, line));
                    } else {
                        rest.push((name, line));
                    }
                }
            }
        }
        self.own &=
            !rest.iter_mut().any(|(_, line)| line.tokens.peek().is_some_and(|token| token.plain() == "file"));
        for (place, line) in rest {
            self.line(place, line)?;
        }
        self.end_procedure()?;
        Ok(self.program)
    }

    /// A line that is no constant and no global.
    #[optimize(size)]
    fn line(&mut self, place: Option<Token<'a>>, mut line: Line<'a>) -> Result<()> {
        if let Some(place) = place {
            let Some(open) = &self.open else {
                return place.error("a place stands within a procedure; begin one with `procedure`");
            };
            let at = open.code.len() as u32;
            define(&mut self.places, Some(place), at)?;
        }
        let Some(token) = line.tokens.next() else { return Ok(()) };
        let item = match &token.word {
            Word::Plain(item) => *item,
            Word::Text(text) => {
                let Some(file) = self.program.files.last_mut().filter(|_| self.open.is_none()) else {
                    return token.error("a string at the start of a line continues a `file`");
                };
                file.text.push_str(text);
                return line.finish();
            }
        };
        match item {
            "file" => {
                self.end_procedure()?;
                self.program.files.push(SourceFile { name: line.text()?, text: String::new() });
                return line.finish();
            }
            "procedure" => {
                self.end_procedure()?;
                return self.procedure(token.span, line);
            }
            _ => {}
        }
        let Some(open) = &mut self.open else {
            return token.error(format!(
                "expected file, constant, global or procedure, not {}: what else there is stands within a procedure",
                token.shown()
            ));
        };
        let here = CodeOffset(open.code.len() as u32);
        match item {
            "capture" => {
                let capture = (line.text()?, line.takes("boxed"));
                open.captures.push(capture);
            }
            "variable" => {
                let (name, slot) = (line.text()?, line.number()?);
                let ends = [line.next("where it begins")?, line.next("where it ends")?];
                let boxed = line.takes("boxed");
                let variable = Variable { name, slot, start: CodeOffset(0), end: CodeOffset(0), boxed };
                self.pending.push(Pending { variable, ends });
            }
            "span" => {
                let span = line.span()?;
                open.spans.push((here, span));
            }
            "span-at" => {
                let span = (CodeOffset(line.number()?), line.span()?);
                open.spans.push(span);
            }
            "bytes" => {
                while line.tokens.peek().is_some() {
                    let byte = line.number()?;
                    open.code.push(byte);
                }
            }
            name => {
                let Some(opcode) = Opcode::ALL.iter().find(|opcode| opcode.name() == name) else {
                    return token.error(format!(
                        "there is no instruction `{name}`; the names are in docs/OPCODES.md, with capitals"
                    ));
                };
                self.instruction(*opcode, token.span, &mut line)?;
            }
        }
        line.finish()
    }

    #[optimize(size)]
    fn constant(&mut self, line: &mut Line<'_>) -> Result<()> {
        line.tokens.next();
        let kind = line.next("the kind of constant")?;
        let constant = match kind.plain() {
            "nil" => Constant::Nil,
            "boolean" => {
                let token = line.next("true or false")?;
                match token.plain() {
                    "true" => Constant::Boolean(true),
                    "false" => Constant::Boolean(false),
                    _ => return token.error(format!("expected true or false, not {}", token.shown())),
                }
            }
            "unspecified" => Constant::Unspecified,
            "eof" => Constant::Eof,
            "integer" => Constant::Integer(line.number()?),
            "big" => Constant::BigInteger(line.text()?),
            "float" => {
                let token = line.next("a number")?;
                let word = token.plain();
                let bits = match word.strip_prefix("0x") {
                    Some(digits) => u64::from_str_radix(digits, 16).ok(),
                    None => word.parse().ok().map(f64::to_bits),
                };
                match bits {
                    Some(bits) => Constant::Flonum(bits),
                    None => return token.error(format!("expected a float, not {}", token.shown())),
                }
            }
            "character" => {
                let text = line.text()?;
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(char), None) => Constant::Character(char),
                    _ => return kind.error("a character is a string of one character"),
                }
            }
            "string" => self.literal(Literal::String, line.text()?),
            "symbol" => self.literal(Literal::Symbol, line.text()?),
            "builtin" => self.literal(Literal::Builtin, line.text()?),
            "ratio" => Constant::Ratio(line.text()?),
            "pair" => Constant::Pair(self.constant_index(line)?, self.constant_index(line)?),
            "vector" => {
                let mut items = Vec::new();
                while line.tokens.peek().is_some() {
                    items.push(self.constant_index(line)?);
                }
                Constant::Vector(items)
            }
            "bytevector" => {
                let mut bytes = Vec::new();
                while line.tokens.peek().is_some() {
                    bytes.push(line.number()?);
                }
                Constant::Bytevector(bytes)
            }
            "hole" => Constant::Hole,
            "knot" => Constant::Knot { hole: self.constant_index(line)?, whole: self.constant_index(line)? },
            _ => {
                return kind.error(format!(
                    "there is no kind of constant {}; expected nil, boolean, unspecified, eof, integer, big, float, ratio, \
                     character, string, symbol, builtin, pair, vector, bytevector, hole or knot",
                    kind.shown()
                ));
            }
        };
        self.program.constants.push(constant);
        Ok(())
    }

    /// The constant that comes next, so that code can name it by its text.
    fn literal(&mut self, kind: Literal, text: String) -> Constant {
        let index = self.program.constants.len() as u32;
        self.literals.entry((kind, text.clone())).or_insert(index);
        match kind {
            Literal::String => Constant::String(text),
            Literal::Symbol => Constant::Symbol(text),
            Literal::Builtin => Constant::Builtin(text),
        }
    }

    fn constant_index(&self, line: &mut Line<'_>) -> Result<ConstIndex> {
        let token = line.next("a constant")?;
        named(&self.constants, "constant", &token).map(ConstIndex)
    }

    #[optimize(size)]
    fn procedure(&mut self, begins: Span, mut line: Line<'a>) -> Result<()> {
        let name = line.text()?;
        let required = line.number()?;
        let rest = line.takes("rest");
        if !line.takes("slots") {
            return error(
                line.tokens.peek().map_or(line.end, |token| token.span),
                "expected `slots` and how many the frame has",
            );
        }
        let frame_slots = line.number()?;
        let mut span = if line.takes("span") { line.span()? } else { Span::default() };
        if self.own {
            span = begins;
        }
        line.finish()?;
        self.open = Some(Procedure { name, span, required, rest, frame_slots, ..Procedure::default() });
        Ok(())
    }

    #[optimize(size)]
    fn instruction(&mut self, opcode: Opcode, span: Span, line: &mut Line<'_>) -> Result<()> {
        let mut bytes = vec![opcode as u8];
        let mut patch = None;
        for (name, kind) in opcode.operands() {
            let token = line.next(&format!("operand `{name}` of {}", opcode.name()))?;
            let value: u32 = match kind {
                OperandKind::Immediate => number::<i32>(&token)? as u32,
                OperandKind::Count | OperandKind::Slot | OperandKind::Capture => {
                    u32::from(number::<u16>(&token)?)
                }
                OperandKind::ConstIndex => match token.word {
                    Word::Text(text) => self.literal_index(opcode, text),
                    Word::Plain(_) => named(&self.constants, "constant", &token)?,
                },
                OperandKind::Global => match token.word {
                    Word::Text(name) => self.global_index(name),
                    Word::Plain(_) => named(&self.globals, "global", &token)?,
                },
                OperandKind::Procedure => named(&self.procedures, "procedure", &token)?,
                OperandKind::Jump if number::<i32>(&token).is_ok() => number::<i32>(&token)? as u32,
                OperandKind::Jump => {
                    patch = Some((token.plain().to_string(), token.span));
                    0
                }
            };
            bytes.extend_from_slice(&value.to_le_bytes()[..kind.width()]);
        }
        let open = self.open.as_mut().expect("within a procedure");
        if self.own {
            open.spans.push((CodeOffset(open.code.len() as u32), span));
        }
        open.code.extend_from_slice(&bytes);
        let end = open.code.len();
        self.patches.extend(patch.map(|(label, span)| Patch { end, label, span }));
        Ok(())
    }

    fn literal_index(&mut self, opcode: Opcode, text: String) -> u32 {
        let kind = match opcode {
            Opcode::Primitive => Literal::Builtin,
            Opcode::HasCapability | Opcode::RequestCapability | Opcode::HostCall => Literal::Symbol,
            _ => Literal::String,
        };
        if let Some(known) = self.literals.get(&(kind, text.clone())) {
            return *known;
        }
        let constant = self.literal(kind, text);
        self.program.constants.push(constant);
        self.program.constants.len() as u32 - 1
    }

    fn global_index(&mut self, name: String) -> u32 {
        let next = self.program.globals.len() as u32;
        let index = *self.global_names.entry(name.clone()).or_insert(next);
        if index == next {
            self.program.globals.push(name);
        }
        index
    }

    #[optimize(size)]
    fn end_procedure(&mut self) -> Result<()> {
        let Some(mut procedure) = self.open.take() else { return Ok(()) };
        for Patch { end, label, span } in self.patches.drain(..) {
            let Some(target) = self.places.get(&label) else {
                return error(span, format!("no place `{label}:` is in this procedure"));
            };
            let Ok(distance) = i32::try_from(i64::from(*target) - end as i64) else {
                return error(span, "the procedure is too long for this jump; split it");
            };
            procedure.code[end - 4..end].copy_from_slice(&distance.to_le_bytes());
        }
        for Pending { mut variable, ends } in self.pending.drain(..) {
            variable.start = CodeOffset(named(&self.places, "place", &ends[0])?);
            variable.end = CodeOffset(named(&self.places, "place", &ends[1])?);
            procedure.variables.push(variable);
        }
        self.places.clear();
        self.program.procedures.push(procedure);
        Ok(())
    }
}

/// A number as it stands, or that of a name.
#[optimize(size)]
fn named(labels: &Labels, what: &str, token: &Token<'_>) -> Result<u32> {
    match token.plain().parse().ok().or_else(|| labels.get(token.plain()).copied()) {
        Some(index) => Ok(index),
        None => token.error(format!(
            "there is no {what} {}; expected its number, or the name before its colon",
            token.shown()
        )),
    }
}

/// Gives what has this number its name, if it has one.
#[optimize(size)]
fn define(labels: &mut Labels, name: Option<Token<'_>>, index: u32) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    let word = name.plain().trim_end_matches(':');
    if word.is_empty()
        || word.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '+')
    {
        return name.error("a name before a colon does not begin with a digit or sign");
    }
    match labels.insert(word.to_string(), index) {
        Some(_) => name.error(format!("`{word}` is the name of something else already")),
        None => Ok(()),
    }
}

/// The name with a colon that a line begins with.
fn label<'a>(line: &mut Line<'a>) -> Option<Token<'a>> {
    line.tokens.next_if(|token| token.plain().ends_with(':'))
}

/// The words of a line that begins at `place`.
#[optimize(size)]
fn words(source: &str, place: Span) -> Result<Line<'_>> {
    let mut tokens = Vec::new();
    let mut chars = source.char_indices().zip(1..).peekable();
    let at = |start: usize, end: usize, column: u32| Span {
        start: place.start + start as u32,
        end: place.start + end as u32,
        column,
        ..place
    };
    let mut end = at(0, 0, 1);
    while let Some(((start, char), column)) = chars.next() {
        if char == ';' {
            break;
        }
        if char.is_whitespace() {
            continue;
        }
        if char == '"' {
            let mut text = String::new();
            let unclosed = at(start, start + 1, column);
            let last = loop {
                let Some(((index, char), column)) = chars.next() else {
                    return error(unclosed, "the string is not closed on its line; write \\n for a new line");
                };
                match char {
                    '"' => break index,
                    '\n' => {
                        return error(
                            unclosed,
                            "the string is not closed on its line; write \\n for a new line",
                        );
                    }
                    '\\' => {
                        let escape = at(index, index + 1, column);
                        let next = chars.next().map_or('\n', |((_, char), _)| char);
                        text.push(match next {
                            'n' => '\n',
                            'r' => '\r',
                            't' => '\t',
                            '"' | '\\' => next,
                            'x' => {
                                let mut code = Some(0_u32);
                                loop {
                                    match chars.next() {
                                        Some(((_, ';'), _)) => break,
                                        Some(((_, digit), _)) => {
                                            code = code.zip(digit.to_digit(16)).and_then(|(code, digit)| {
                                                Some(code.checked_mul(16)? + digit)
                                            });
                                        }
                                        None => return error(escape, "expected `;` after the digits of \\x"),
                                    }
                                }
                                match code.and_then(char::from_u32) {
                                    Some(char) => char,
                                    None => {
                                        return error(
                                            escape,
                                            "\\x and `;` have a character's hexadecimal number between them",
                                        );
                                    }
                                }
                            }
                            _ => return error(escape, "expected \\n, \\r, \\t, \\\", \\\\ or \\x41;"),
                        });
                    }
                    plain => text.push(plain),
                }
            };
            end = at(start, last + 1, column);
            tokens.push(Token { word: Word::Text(text), span: end });
            continue;
        }
        let mut last = start + char.len_utf8();
        while let Some(((index, char), _)) =
            chars.next_if(|((_, char), _)| !char.is_whitespace() && !matches!(char, ';' | '"'))
        {
            last = index + char.len_utf8();
        }
        end = at(start, last, column);
        tokens.push(Token { word: Word::Plain(&source[start..last]), span: end });
    }
    Ok(Line { tokens: tokens.into_iter().peekable(), end })
}
