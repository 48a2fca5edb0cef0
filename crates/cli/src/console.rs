//! Standard output and standard error.
//!
//! 1. Output is flushed before this process waits for anything, and before anything goes to standard error.
//! 2. An error of standard output is returned; one of standard error is passed over: there is nobody left to tell.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use crate::Failure;

/// Bytes gathered before a write.
const BUFFER_BYTES: usize = 64 << 10;

/// Both streams, and where the cursor stands.
pub(crate) struct Console {
    out: BufWriter<Stdout>,
    mid_line: bool,
}

impl Console {
    /// Nothing is written yet.
    pub(crate) fn new() -> Console {
        Console { out: BufWriter::with_capacity(BUFFER_BYTES, io::stdout()), mid_line: false }
    }

    /// Text of a program, as it is.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        if let Some(last) = text.as_bytes().last() {
            self.mid_line = *last != b'\n';
        }
        self.out.write_all(text.as_bytes())
    }

    /// A line of its own: ends a line that a program has left open.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.end_line()?;
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Text for standard error. Where a person reads both streams, it begins a line.
    pub(crate) fn complain(&mut self, text: &str) -> io::Result<()> {
        if io::stdout().is_terminal() {
            self.end_line()?;
        }
        self.out.flush()?;
        let _closed = io::stderr().write_all(text.as_bytes());
        Ok(())
    }

    /// Whatever comes next begins a line.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.mid_line) {
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Everything is out.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Prints a text at once.
///
/// # Errors
/// When standard output does not take it.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut console = Console::new();
    console.write(text)?;
    Ok(console.flush()?)
}
