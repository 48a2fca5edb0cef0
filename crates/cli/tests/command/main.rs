//! The command `physics` from outside: output, errors, exit status.
#![forbid(unsafe_code)]

mod assemble;
mod compare;
mod dap;
mod debug;
mod errors;
mod evaluate;
mod files;
mod format;
mod heap;
mod limits;
mod link;
mod profile;
mod repl;
mod run;
mod usage;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

/// What a command came to.
#[derive(Debug)]
struct Outcome {
    status: i32,
    out: String,
    err: String,
}

/// Runs the command with nothing on standard input.
fn physics(arguments: &[&str]) -> Outcome {
    physics_with(arguments, "")
}

/// Runs the command with `input` on standard input.
fn physics_with(arguments: &[&str], input: &str) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_physics"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_string();
    let writer = thread::spawn(move || {
        // A command that does not read its input closes it.
        let _closed = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer does not panic");
    Outcome {
        status: output.status.code().expect("no signal ends it"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A file for one test.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("a writable folder");
    fs::write(&path, text).expect("a writable folder");
    path.to_str().expect("a plain path").to_string()
}

/// Succeeds silently on standard error; gives what it printed.
#[track_caller]
fn printed(outcome: &Outcome) -> &str {
    assert_eq!((outcome.status, outcome.err.as_str()), (0, ""), "{outcome:?}");
    &outcome.out
}

/// Fails as a program does; gives what it said.
#[track_caller]
fn failed(outcome: &Outcome) -> &str {
    assert_eq!(outcome.status, 1, "{outcome:?}");
    &outcome.err
}
