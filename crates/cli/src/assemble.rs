//! `assemble`: from the text of a bytecode program to the program as bytes.
//!
//! 1. What is written was verified.

use std::fs;
use std::io::Write;

use protocol::SourceText;
use world::ASSEMBLY_SUFFIX;

use crate::Failure;
use crate::console::Console;
use crate::report::report;

/// What the names of stored programs end in.
pub(crate) const SUFFIX: &str = ".phyw";

/// Writes the program that `source` says to `output`; `-` is standard output. Without one, beside the source.
///
/// # Errors
/// [`Failure::Reported`] when the text makes no sense or does not verify.
pub(crate) fn assemble(source: &SourceText, output: Option<String>) -> Result<(), Failure> {
    let SourceText { name, text } = source;
    let program = match bytecode::text::assemble(text) {
        Ok(program) => program,
        Err(error) => return Err(Failure::Plain(format!("{name}:{error}"))),
    };
    if bytecode::verify(&program).is_err() {
        // As it would be told when it runs, with the line.
        let named = SourceText { name: format!("{}{ASSEMBLY_SUFFIX}", stem(name)), text: text.clone() };
        let problems = world::Compiler::default().compile(std::slice::from_ref(&named)).err();
        for problem in problems.unwrap_or_default() {
            Console::new().complain(&report(&problem, std::slice::from_ref(&named)))?;
        }
        return Err(Failure::Reported);
    }
    let bytes = program.to_bytes();
    match output.unwrap_or_else(|| format!("{}{SUFFIX}", stem(name))).as_str() {
        "-" => Ok(std::io::stdout().write_all(&bytes)?),
        path => fs::write(path, bytes).map_err(|error| Failure::Plain(format!("{path}: {error}"))),
    }
}

fn stem(name: &str) -> &str {
    name.strip_suffix(ASSEMBLY_SUFFIX).unwrap_or(name)
}
