//! `disassemble`: the bytecode of a program.

use protocol::SourceText;
use world::{Compiler, Passes};

use crate::Failure;
use crate::console::{self, Console};
use crate::report::report;

/// Compiles the files as one program and prints its bytecode; runs nothing.
///
/// # Errors
/// [`Failure::Reported`] when they do not compile.
pub(crate) fn disassemble(files: &[SourceText], passes: Passes) -> Result<(), Failure> {
    let mut console = Console::new();
    match Compiler::new(None, passes).compile(files) {
        Ok((program, warnings)) => {
            for warning in warnings {
                console.complain(&report(&warning, files))?;
            }
            console::print(&bytecode::disassemble(&program))
        }
        Err(problems) => {
            for problem in problems {
                console.complain(&report(&problem, files))?;
            }
            Err(Failure::Reported)
        }
    }
}
