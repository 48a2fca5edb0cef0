//! The command `physics`: the terminal's face of `world`.
//!
//! 1. Standard output carries what programs write and what was asked for, standard error everything else.
//! 2. The exit status is 0 for success, 1 when a program or a link failed, 2 for bad usage; a program can choose its own.
//! 3. A closed standard output ends the command without a word.
#![forbid(unsafe_code)]

mod allow;
mod arguments;
mod assemble;
mod collector;
mod compare;
mod console;
mod debug;
mod disassemble;
mod editor;
mod files;
mod format;
mod heap;
mod host;
mod included;
mod limits;
mod link;
mod profile;
mod repl;
mod report;
mod run;
mod sources;

use std::io::{self, Write};
use std::process::exit;

use arguments::Request;

/// Why a command did not do what it was asked for.
pub(crate) enum Failure {
    /// The request makes no sense; the text says what was expected.
    Usage(String),
    /// One line about what went wrong.
    Plain(String),
    /// The problems have been reported already.
    Reported,
    /// The program has asked for this exit status.
    Status(u8),
    /// Standard output or input is of no use.
    Console(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Console(error)
    }
}

fn main() {
    let outcome = arguments::parse(std::env::args_os().skip(1)).and_then(carry_out);
    let status = match outcome {
        Ok(()) => 0,
        Err(Failure::Usage(text)) => {
            say(&format!("{text}\n`physics help` lists all commands and options."));
            2
        }
        Err(Failure::Plain(text)) => {
            say(&text);
            1
        }
        Err(Failure::Reported) => 1,
        Err(Failure::Status(status)) => i32::from(status),
        Err(Failure::Console(error)) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(Failure::Console(error)) => {
            say(&error.to_string());
            1
        }
    };
    // Ends the core threads, too, wherever they are.
    exit(status)
}

/// A line on standard error; if that is closed, there is nobody left to tell.
fn say(text: &str) {
    let _closed = writeln!(io::stderr(), "physics: {text}");
}

fn carry_out(request: Request) -> Result<(), Failure> {
    match request {
        Request::Help => console::print(&arguments::help()),
        Request::Version => console::print(&format!("physics {}\n", env!("CARGO_PKG_VERSION"))),
        Request::Run { files, arguments, setup } => run::run(&sources::read_all(&files)?, arguments, &setup),
        Request::Evaluate { expression, setup } => {
            run::evaluate(&[sources::of_expression(expression)?], &setup)
        }
        Request::Format { files, check } => format::format(&files, check),
        Request::Heap { files, object } => heap::heap(&files, object),
        Request::Disassemble { files, passes, raw } => {
            disassemble::disassemble(&sources::read_all(&files)?, passes, raw)
        }
        Request::Assemble { file, output } => assemble::assemble(&sources::read(&file)?, output),
        Request::Compare { files, policies, seconds, setup } => {
            compare::compare(&sources::read_all(&files)?, &policies, seconds, &setup)
        }
        Request::Debug { files, arguments, setup } => debug::text::debug(&files, arguments, &setup),
        Request::DebugAdapter { listen, setup } => debug::dap::serve(listen, &setup),
        Request::Profile { files, arguments, setup, wanted } => {
            run::profile(&sources::read_all(&files)?, arguments, &setup, &wanted)
        }
        Request::Repl { setup } => repl::repl(&setup),
        Request::EncodeLink { files, settings } => link::encode(&files, settings),
        Request::DecodeLink { link } => link::decode(link),
    }
}
