//! Documents that repeat what the code knows: the reference of instructions, the list of standard bindings,
//! and the example of the README.
//!
//! `UPDATE_DOCUMENTS=1 cargo test -p cli --test documents` writes the first two anew.
#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn document(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The first block of a document that is fenced as `language`, after the text `after`.
fn block<'a>(document: &'a str, after: &str, language: &str) -> &'a str {
    let rest = &document[document.find(after).expect("the heading is there")..];
    let fence = format!("```{language}\n");
    let body = &rest[rest.find(&fence).expect("the block is there") + fence.len()..];
    &body[..body.find("```").expect("the block ends")]
}

fn physics(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_physics")).args(arguments).output().expect("the command starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_reference_of_instructions_is_up_to_date() {
    is_up_to_date("docs/OPCODES.md", &bytecode::reference_markdown());
}

#[test]
fn the_list_of_standard_bindings_is_up_to_date() {
    let (_, builtins) = scheme::standard().unwrap_or_else(|problems| panic!("{}", problems[0]));
    is_up_to_date("docs/CONFORMANCE.md", &scheme::standard::conformance_markdown(&builtins));
}

fn is_up_to_date(name: &str, current: &str) {
    let path = document(name);
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, current).expect("a writable folder");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == current, "{name} is out of date; see the head of this test for how to write it anew");
}

#[test]
fn the_example_of_the_readme_prints_what_it_says_and_fits_its_link() {
    let readme = fs::read_to_string(document("README.md")).expect("the README");
    let program = block(&readme, "## A program", "scheme");
    let prints = block(&readme, "It prints", "text");
    let link = block(&readme, "All of that fits", "text").trim_end();
    assert_eq!(physics(&["eval", &format!("{program} (newline) 'end")]), format!("{prints}end\n"));
    let decoded = physics(&["link", "decode", link]);
    assert_eq!(decoded, format!(";; settings: defaults\n;; file: primes.scm\n{program}"));
}
