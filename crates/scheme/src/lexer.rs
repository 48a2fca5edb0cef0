//! Source text to tokens, with the place of each.
//!
//! 1. `position` always lies on a character boundary; `line` and `column` describe it.
//! 2. A token's text never reaches past the next delimiter: white space, parenthesis, `"`, `;` or `|`.

use crate::diagnostic::{Outcome, Problem};
use crate::number::{self, Number};
use bytecode::Span;

/// Characters with names.
pub(crate) const CHARACTER_NAMES: &[(&str, char)] = &[
    ("space", ' '),
    ("newline", '\n'),
    ("tab", '\t'),
    ("return", '\r'),
    ("null", '\0'),
    ("nul", '\0'),
    ("alarm", '\u{7}'),
    ("backspace", '\u{8}'),
    ("delete", '\u{7f}'),
    ("rubout", '\u{7f}'),
    ("escape", '\u{1b}'),
    ("altmode", '\u{1b}'),
    ("linefeed", '\n'),
    ("page", '\u{c}'),
];

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Open,
    OpenVector,
    OpenBytevector,
    Close,
    Dot,
    Quote,
    Quasiquote,
    Unquote,
    UnquoteSplicing,
    DatumComment,
    Boolean(bool),
    Number(Number),
    Character(char),
    String(String),
    Symbol(String),
    /// `#0=`.
    Label(u32),
    /// `#0#`.
    Reference(u32),
}

/// Tokens of one file.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    file: u16,
    position: usize,
    line: u32,
    column: u32,
    pub fold_case: bool,
    /// The first string that goes over several lines.
    long_string: Option<Span>,
    /// The text ended inside a token; more text could complete it.
    pub unfinished: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str, file: u16) -> Lexer<'a> {
        let mut lexer = Lexer {
            text,
            file,
            position: 0,
            line: 1,
            column: 1,
            fold_case: false,
            long_string: None,
            unfinished: false,
        };
        // The first line of an executable script is not Scheme.
        if text.starts_with("#!/") {
            while lexer.peek().is_some_and(|c| c != '\n') {
                lexer.advance();
            }
        }
        lexer
    }

    /// The next token, or `None` at the end.
    pub fn next(&mut self) -> Outcome<Option<(Token, Span)>> {
        self.skip_atmosphere()?;
        let start = self.here();
        let Some(first) = self.peek() else { return Ok(None) };
        let token = match first {
            '(' => self.single(Token::Open),
            ')' => self.single(Token::Close),
            '\'' => self.single(Token::Quote),
            '`' => self.single(Token::Quasiquote),
            ',' => {
                self.advance();
                if self.peek() == Some('@') { self.single(Token::UnquoteSplicing) } else { Token::Unquote }
            }
            '"' => {
                self.advance();
                let text = self.quoted('"', start)?;
                if self.line > start.line && self.long_string.is_none() {
                    self.long_string = Some(start);
                }
                Token::String(text)
            }
            '|' => {
                self.advance();
                Token::Symbol(self.quoted('|', start)?)
            }
            '#' => self.hash(start)?,
            '[' | ']' | '{' | '}' => {
                self.advance();
                let round = if matches!(first, '[' | '{') { '(' } else { ')' };
                let problem = Problem::new(self.span(start), format!("`{first}` has no meaning in Scheme"));
                return Err(Box::new(problem.suggest(format!("write `{round}`"))));
            }
            _ => self.symbol_or_number(start)?,
        };
        Ok(Some((token, self.span(start))))
    }

    /// An empty span at the current place.
    pub fn here(&self) -> Span {
        let at = self.position as u32;
        Span { file: self.file, start: at, end: at, line: self.line, column: self.column }
    }

    /// The first line after `open` that begins with a parenthesis, as forms at the top level do.
    pub fn next_form_after(&self, open: Span) -> Option<u32> {
        let lines = self.text[open.start as usize..].split('\n').zip(open.line..).skip(1);
        lines.filter(|(line, _)| line.starts_with('(')).map(|(_, number)| number).next()
    }

    fn span(&self, start: Span) -> Span {
        Span { end: self.position as u32, ..start }
    }

    #[inline]
    fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.position) {
            Some(&byte) if byte < 0x80 => Some(char::from(byte)),
            _ => self.text[self.position..].chars().next(),
        }
    }

    fn peek_second(&self) -> Option<char> {
        self.text[self.position..].chars().nth(1)
    }

    #[inline]
    fn advance(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position += c.len_utf8();
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn single(&mut self, token: Token) -> Token {
        self.advance();
        token
    }

    fn skip_atmosphere(&mut self) -> Outcome<()> {
        while let Some(c) = self.peek() {
            match c {
                ';' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.advance();
                    }
                }
                '#' if self.peek_second() == Some('|') => self.skip_block_comment()?,
                '#' if self.peek_second() == Some('!') => self.directive()?,
                c if c.is_whitespace() || c == '\u{feff}' => _ = self.advance(),
                _ => break,
            }
        }
        Ok(())
    }

    fn skip_block_comment(&mut self) -> Outcome<()> {
        let start = self.here();
        self.advance();
        self.advance();
        let mut depth = 1;
        while depth > 0 {
            match self.advance() {
                Some('|') if self.peek() == Some('#') => {
                    self.advance();
                    depth -= 1;
                }
                Some('#') if self.peek() == Some('|') => {
                    self.advance();
                    depth += 1;
                }
                Some(_) => {}
                None => {
                    self.unfinished = true;
                    return Problem::fail(
                        self.span(start),
                        "the comment that begins here with `#|` has no `|#`",
                    );
                }
            }
        }
        Ok(())
    }

    fn directive(&mut self) -> Outcome<()> {
        let start = self.here();
        self.advance();
        self.advance();
        match self.take_word() {
            "fold-case" => self.fold_case = true,
            "no-fold-case" => self.fold_case = false,
            other => {
                let message = format!("unknown directive `#!{other}`");
                return Problem::fail(self.span(start), message);
            }
        }
        Ok(())
    }

    /// Everything up to the next delimiter.
    fn take_word(&mut self) -> &'a str {
        let start = self.position;
        while self.peek().is_some_and(|c| !is_delimiter(c)) {
            self.advance();
        }
        &self.text[start..self.position]
    }

    fn hash(&mut self, start: Span) -> Outcome<Token> {
        match self.peek_second() {
            Some('(') => {
                self.advance();
                Ok(self.single(Token::OpenVector))
            }
            Some(';') => {
                self.advance();
                Ok(self.single(Token::DatumComment))
            }
            Some('\\') => self.character(start),
            Some('0'..='9') => self.label(start),
            _ => self.hash_word(start),
        }
    }

    /// `#0=` or `#0#`.
    fn label(&mut self, start: Span) -> Outcome<Token> {
        self.advance();
        let begin = self.position;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.advance();
        }
        let number = &self.text[begin..self.position];
        match (number.parse(), self.peek()) {
            (Ok(number), Some('=')) => Ok(self.single(Token::Label(number))),
            (Ok(number), Some('#')) => Ok(self.single(Token::Reference(number))),
            (Err(_), Some('=' | '#')) => {
                Problem::fail(self.span(start), "the number of a datum label is at most 4294967295")
            }
            (_, None) => {
                self.unfinished = true;
                Problem::fail(self.span(start), format!("the text ends within the datum label `#{number}`"))
            }
            _ => {
                let problem = Problem::new(self.span(start), format!("unknown syntax `#{number}`"));
                let meant = format!("a datum label is written `#{number}=`, a reference to it `#{number}#`");
                Err(Box::new(problem.suggest(meant)))
            }
        }
    }

    fn hash_word(&mut self, start: Span) -> Outcome<Token> {
        let word = self.take_word();
        match word {
            "#t" | "#true" | "#T" => return Ok(Token::Boolean(true)),
            "#f" | "#false" | "#F" => return Ok(Token::Boolean(false)),
            "#u8" | "#U8" if self.peek() == Some('(') => return Ok(self.single(Token::OpenBytevector)),
            _ => {}
        }
        match number::parse(word, 10) {
            Ok(Some(number)) => Ok(Token::Number(number)),
            Err(message) => Problem::fail(self.span(start), message),
            Ok(None) => {
                if word.chars().nth(1).is_some_and(|c| "xXbBoOdDeEiI".contains(c)) {
                    let message = format!("`{word}` is not a number");
                    let meant =
                        "after `#x` stand hexadecimal digits, after `#b` binary, after `#o` octal ones";
                    return Err(Box::new(Problem::new(self.span(start), message).suggest(meant)));
                }
                let text = if word == "#" { format!("#{}", self.peek().unwrap_or(' ')) } else { word.into() };
                Problem::fail(self.span(start), format!("unknown syntax `{}`", text.trim_end()))
            }
        }
    }

    fn character(&mut self, start: Span) -> Outcome<Token> {
        self.advance();
        self.advance();
        let begin = self.position;
        if self.advance().is_none() {
            self.unfinished = true;
            return Problem::fail(
                self.span(start),
                "the text ends after `#\\`, where a character should follow",
            );
        }
        self.take_word();
        let name = &self.text[begin..self.position];
        let mut characters = name.chars();
        if let (Some(only), None) = (characters.next(), characters.next()) {
            return Ok(Token::Character(only));
        }
        if let Some(code) =
            name.strip_prefix(['x', 'X']).and_then(|digits| u32::from_str_radix(digits, 16).ok())
        {
            return match char::from_u32(code) {
                Some(c) => Ok(Token::Character(c)),
                None => Problem::fail(self.span(start), format!("`#\\{name}` is not a Unicode character")),
            };
        }
        if let Some((_, c)) = CHARACTER_NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Ok(Token::Character(*c));
        }
        // `#\(foo` is the character followed by a name: a delimiter never takes letters with it.
        if let Some(first) = name.chars().next().filter(|c| is_delimiter(*c)) {
            let extra = name.chars().count() as u32 - 1;
            self.position = begin + first.len_utf8();
            self.column -= extra;
            return Ok(Token::Character(first));
        }
        let problem = Problem::new(self.span(start), format!("unknown character name `#\\{name}`"));
        let names = CHARACTER_NAMES.iter().map(|(name, _)| *name);
        Err(Box::new(match crate::suggest::nearest(name, names) {
            Some(near) => problem.suggest(format!("did you mean `#\\{near}`?")),
            None => problem,
        }))
    }

    fn symbol_or_number(&mut self, start: Span) -> Outcome<Token> {
        let word = self.take_word();
        if word == "." {
            return Ok(Token::Dot);
        }
        if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
            match number::parse(word, 10) {
                Ok(Some(number)) => return Ok(Token::Number(number)),
                Ok(None) => {}
                Err(message) => return Problem::fail(self.span(start), message),
            }
        }
        Ok(Token::Symbol(self.folded(word)))
    }

    fn folded(&self, word: &str) -> String {
        if self.fold_case { unicode::fold_text(word) } else { word.into() }
    }

    /// The rest of a string or quoted symbol, up to and with `end`.
    fn quoted(&mut self, end: char, start: Span) -> Outcome<String> {
        let mut out = String::new();
        loop {
            let escape = self.here();
            match self.advance() {
                Some(c) if c == end => return Ok(out),
                Some('\\') => self.escape(escape, &mut out)?,
                Some(c) => out.push(c),
                None => {
                    self.unfinished = true;
                    let what = if end == '"' { "string" } else { "symbol" };
                    let opening = Span { end: start.start + 1, ..start };
                    let message = format!("the {what} that begins here has no closing `{end}`");
                    let problem = Problem::new(opening, message);
                    return Err(Box::new(match self.long_string {
                        Some(long) if end == '"' => problem.suggest(format!(
                            "or the one that begins in line {} and goes on over several lines has none",
                            long.line
                        )),
                        _ => problem,
                    }));
                }
            }
        }
    }

    fn escape(&mut self, start: Span, out: &mut String) -> Outcome<()> {
        let Some(c) = self.advance() else { return Ok(()) };
        match c {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            '0' => out.push('\0'),
            '\\' | '"' | '|' | '\'' => out.push(c),
            'x' | 'X' => {
                let begin = self.position;
                while self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
                    self.advance();
                }
                let digits = &self.text[begin..self.position];
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                let closed = self.peek() == Some(';');
                if closed {
                    self.advance();
                }
                match (code, closed) {
                    (Some(c), true) => out.push(c),
                    (None, true) => {
                        return Problem::fail(
                            self.span(start),
                            format!("`\\x{digits};` is not a Unicode character"),
                        );
                    }
                    _ => return Problem::fail(self.span(start), format!("`\\x{digits}` must end with `;`")),
                }
            }
            c if c.is_whitespace() => self.line_continuation(c, start)?,
            c => {
                let problem = Problem::new(self.span(start), format!("unknown escape `\\{c}`"));
                return Err(Box::new(problem.suggest("write `\\\\` for a backslash")));
            }
        }
        Ok(())
    }

    /// `\`, spaces, line end, spaces: nothing at all.
    fn line_continuation(&mut self, first: char, start: Span) -> Outcome<()> {
        let mut c = Some(first);
        while c.is_some_and(|c| c != '\n' && c.is_whitespace()) {
            c = self.advance();
        }
        if c != Some('\n') {
            return Problem::fail(
                self.span(start),
                "only white space may stand between `\\` and the end of the line",
            );
        }
        while self.peek().is_some_and(|c| c != '\n' && c.is_whitespace()) {
            self.advance();
        }
        Ok(())
    }
}

fn is_delimiter(c: char) -> bool {
    matches!(c, '(' | ')' | '"' | ';' | '|' | '[' | ']' | '{' | '}') || c.is_whitespace()
}
