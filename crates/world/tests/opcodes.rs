//! The compatibility suite of the instruction set: a program for each opcode, `tests/opcodes/NAME.pasm`, whose line
//! `; answer: TEXT` says what its main actor's value is. Each is run on two cores and repeated on one.

mod common;

use std::path::Path;

use bytecode::{Opcode, instructions};
use common::{Plan, Threads, difference, record, replay};

/// The text of an opcode's program.
fn program(opcode: Opcode) -> String {
    let path = format!("../../tests/opcodes/{}.pasm", opcode.name());
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path))
        .unwrap_or_else(|error| panic!("every opcode has a program that shows what it does: {path}: {error}"))
}

fn answer(text: &str) -> &str {
    let line = text.lines().find_map(|line| line.strip_prefix("; answer: "));
    line.expect("a line `; answer: ...`")
}

#[test]
fn every_opcode_does_what_its_program_says() {
    let threads = Threads::new(2);
    let mut wrong = Vec::new();
    for opcode in Opcode::ALL {
        let text = program(*opcode);
        for quantum in [world::actor::QUANTUM, 7] {
            let plan = Plan { quantum, ..Plan::new(&format!("{}.pasm", opcode.name()), &text) };
            let (recorded, recording, _) = record(&plan, &threads);
            match &recorded.facts.value {
                Some(Ok(value)) if value == answer(&text) => {}
                value => wrong.push(format!("{}: {value:?} {:?}", opcode.name(), recorded.problems)),
            }
            let replayed = replay(&plan, recording);
            wrong.extend(difference(&recorded, &replayed).map(|text| format!("{}: {text}", opcode.name())));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_program_of_the_suite_uses_its_opcode_and_comes_back_from_its_text() {
    for opcode in Opcode::ALL {
        let program = bytecode::text::assemble(&program(*opcode)).unwrap_or_else(|error| panic!("{error}"));
        let uses = |code: &[u8]| {
            instructions(code).any(|item| item.is_ok_and(|(_, found, _)| found.opcode() == *opcode))
        };
        assert!(program.procedures.iter().any(|procedure| uses(&procedure.code)), "{}", opcode.name());
        assert_eq!(bytecode::text::assemble(&bytecode::text::to_text(&program)), Ok(program));
    }
}
