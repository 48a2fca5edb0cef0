//! Source texts: from files, from standard input, from the command line.
//!
//! 1. A stored program is turned into its text, which says all that it holds; so whatever takes sources takes programs.

use std::fs;
use std::io::Read;

use protocol::SourceText;
use world::ASSEMBLY_SUFFIX;

use crate::Failure;

/// Name of what comes from standard input, in errors.
const STDIN_NAME: &str = "<stdin>";
/// Name of what stands on the command line, in errors.
const EXPRESSION_NAME: &str = "<expression>";

/// Reads every file; `-` is standard input.
///
/// # Errors
/// Which file cannot be read, and why.
pub(crate) fn read_all(paths: &[String]) -> Result<Vec<SourceText>, Failure> {
    paths.iter().map(|path| read(path)).collect()
}

/// The program of `eval`; `-` is standard input.
///
/// # Errors
/// When standard input cannot be read.
pub(crate) fn of_expression(expression: String) -> Result<SourceText, Failure> {
    if expression == "-" {
        return read("-");
    }
    Ok(SourceText { name: EXPRESSION_NAME.to_string(), text: expression })
}

/// Everything on standard input, for a text other than source.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_stdin() -> Result<String, Failure> {
    read("-").map(|source| source.text)
}

/// Reads a file; `-` is standard input.
///
/// # Errors
/// As [`read_all`].
pub(crate) fn read(path: &str) -> Result<SourceText, Failure> {
    let name = if path == "-" { STDIN_NAME } else { path };
    let bytes = if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = bytes.map_err(|error| Failure::Plain(format!("{name}: {error}")))?;
    if bytes.starts_with(&bytecode::format::MAGIC) {
        return text_of_program(name, &bytes);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Failure::Plain(format!("{name}: line {line} is not UTF-8"))
    })?;
    Ok(SourceText { name: name.to_string(), text })
}

/// A stored program, as the text that says the same.
fn text_of_program(name: &str, bytes: &[u8]) -> Result<SourceText, Failure> {
    let program =
        bytecode::Program::from_bytes(bytes).map_err(|error| Failure::Plain(format!("{name}: {error}")))?;
    let stem = name.strip_suffix(crate::assemble::SUFFIX).unwrap_or(name);
    Ok(SourceText { name: format!("{stem}{ASSEMBLY_SUFFIX}"), text: bytecode::text::to_text(&program) })
}
