//! `disassemble`: the bytecode of a program.

use protocol::SourceText;
use world::{ASSEMBLY_SUFFIX, Compiler, Passes};

use crate::Failure;
use crate::console::{self, Console};
use crate::report::report;

/// Compiles the files as one program and prints its bytecode, for reading or (`raw`) for `assemble`; runs nothing.
///
/// # Errors
/// [`Failure::Reported`] when they do not compile.
pub(crate) fn disassemble(files: &[SourceText], passes: Passes, raw: bool) -> Result<(), Failure> {
    let mut console = Console::new();
    let listing = if raw { bytecode::text::to_text } else { bytecode::disassemble };
    // Assembled programs say what they hold, no more.
    if let [file] = files
        && file.name.ends_with(ASSEMBLY_SUFFIX)
        && let Ok(program) = bytecode::text::assemble(&file.text)
    {
        return console::print(&listing(&program));
    }
    match Compiler::new(None, passes).compile(files) {
        Ok((program, warnings)) => {
            for warning in warnings {
                console.complain(&report(&warning, files))?;
            }
            console::print(&listing(&program))
        }
        Err(problems) => {
            for problem in problems {
                console.complain(&report(&problem, files))?;
            }
            Err(Failure::Reported)
        }
    }
}
