//! Texts of programs: what people write, what is wrong with it, and any program there and back.

use super::*;
use crate::{Constant, Instruction, Opcode, Procedure, Program, Span};
use proptest::prelude::*;

fn message(text: &str) -> String {
    assemble(text).unwrap_err().to_string()
}

#[test]
fn a_program_that_a_person_writes_is_assembled() {
    let text = r#"
        ; counts down
        greeting: constant string "a \"b\" \x3bb;\n"
        procedure "entry" 0 slots 4
          Const greeting ; by name
          Const "other"
          Global "count"
          MakeClosure down
          DefineGlobal "count"
        top:  JumpIfFalse out
          Jump top
        out: Primitive "display" 1
          Return
        down: procedure "down" 1 rest slots 2
          Local 0
          Return
    "#;
    let program = assemble(text).unwrap();
    let builtin = Constant::Builtin("display".into());
    let strings = ["a \"b\" λ\n", "other"].map(|text| Constant::String(text.into()));
    assert_eq!(program.constants, [&strings[..], &[builtin]].concat());
    assert_eq!(program.globals, ["count"]);
    let targets: Vec<_> = crate::instructions(&program.procedures[0].code)
        .map(|item| item.unwrap())
        .filter_map(|(_, instruction, end)| instruction.jump_offset()?.target(end))
        .map(|target| target.0)
        .collect();
    assert_eq!(targets, [35, 25]);
    assert!(program.procedures[1].rest);
    assert_eq!(program.procedures[1].code, [0x14, 0, 0, 0x28]);
    assert_eq!(assemble(&to_text(&program)), Ok(program));
}

#[test]
fn errors_say_where_and_what_to_do() {
    for (text, wanted) in [
        ("fly", "1:1: expected file, constant, global or procedure, not `fly`"),
        ("procedure 5", "1:11: expected a string in quotes, not `5`"),
        ("procedure \"\" 0", "1:14: expected `slots`"),
        ("procedure \"\" 0 slots 70000", "1:22: expected a whole number that fits here, not `70000`"),
        (
            "procedure \"\" 0 slots 1\n  nil",
            "2:3: there is no instruction `nil`; the names are in docs/OPCODES.md",
        ),
        (
            "procedure \"\" 0 slots 1\n  Integer",
            "2:3: the line ends where operand `value` of Integer should follow",
        ),
        ("procedure \"\" 0 slots 1\n  Nil 1", "2:7: `1` is one word too many"),
        ("procedure \"\" 0 slots 1\n  Jump there", "2:8: no place `there:` is in this procedure"),
        ("procedure \"\" 0 slots 1\n  Const x", "2:9: there is no constant `x`; expected its number"),
        ("a: constant nil\na: constant nil", "2:1: `a` is the name of something else already"),
        ("constant fly 1", "1:10: there is no kind of constant `fly`; expected nil, boolean"),
        ("constant string \"a", "1:17: the string is not closed on its line"),
        ("constant string \"\\y\"", "1:18: expected \\n, \\r"),
        ("constant string \"\\xd800;\"", "1:18: \\x and `;` have a character's"),
        ("constant character \"ab\"", "a character is a string of one character"),
        ("constant float x", "1:16: expected a float, not `x`"),
        ("x: Nil", "1:1: a place stands within a procedure"),
        ("\"text\"", "1:1: a string at the start of a line continues a `file`"),
    ] {
        let error = message(text);
        assert!(error.contains(wanted), "{text:?}: {error}");
    }
}

#[test]
fn a_program_without_files_gets_its_own_text_for_places() {
    let text = "procedure \"\" 0 slots 1\n  Nil\n  Return\n";
    let program = assemble_with_source("a.pasm", text).unwrap();
    assert_eq!(program.files[0].text, text);
    let lines: Vec<u32> = program.procedures[0].spans.iter().map(|(_, span)| span.line).collect();
    assert_eq!(lines, [2, 3]);
    assert_eq!(crate::verify(&program), Ok(()));
    let with_file = format!("file \"b.scm\"\n  \"text\"\n{text}");
    assert_eq!(assemble_with_source("a.pasm", &with_file), assemble(&with_file));
}

fn arbitrary_constant() -> impl Strategy<Value = Constant> {
    let index = || any::<u32>().prop_map(crate::ConstIndex);
    prop_oneof![
        Just(Constant::Nil),
        any::<bool>().prop_map(Constant::Boolean),
        Just(Constant::Unspecified),
        Just(Constant::Eof),
        any::<i64>().prop_map(Constant::Integer),
        any::<String>().prop_map(Constant::BigInteger),
        any::<u64>().prop_map(Constant::Flonum),
        any::<char>().prop_map(Constant::Character),
        any::<String>().prop_map(Constant::String),
        any::<String>().prop_map(Constant::Symbol),
        (index(), index()).prop_map(|(first, rest)| Constant::Pair(first, rest)),
        prop::collection::vec(index(), 0..4).prop_map(Constant::Vector),
        any::<Vec<u8>>().prop_map(Constant::Bytevector),
        any::<String>().prop_map(Constant::Builtin),
        any::<String>().prop_map(Constant::Ratio),
        Just(Constant::Hole),
        (index(), index()).prop_map(|(hole, whole)| Constant::Knot { hole, whole }),
    ]
}

fn arbitrary_span() -> impl Strategy<Value = Span> {
    any::<(u16, u32, u32, u32, u32)>().prop_map(|(file, start, end, line, column)| Span {
        file,
        start,
        end,
        line,
        column,
    })
}

/// Whole instructions with any operands, then perhaps bytes that are none.
fn arbitrary_code() -> impl Strategy<Value = Vec<u8>> {
    let instruction = (prop::sample::select(Opcode::ALL), any::<[u8; 8]>(), any::<bool>()).prop_map(
        |(opcode, operands, near)| {
            let mut bytes = vec![opcode as u8];
            bytes.extend_from_slice(&operands[..opcode.encoded_bytes() as usize - 1]);
            let instruction = crate::decode(&bytes, crate::CodeOffset(0)).expect("it is whole").0;
            if near && let Instruction::Jump { .. } = instruction {
                bytes = [&[opcode as u8][..], &(i32::from(operands[0]) - 128).to_le_bytes()].concat();
            }
            bytes
        },
    );
    (prop::collection::vec(instruction, 0..12), prop::collection::vec(any::<u8>(), 0..3))
        .prop_map(|(whole, rest)| [whole.concat(), rest].concat())
}

fn arbitrary_procedure() -> impl Strategy<Value = Procedure> {
    let spans = prop::collection::vec((0..40_u32, arbitrary_span()), 0..3);
    let variables = prop::collection::vec(any::<(String, u16, u32, u32, bool)>(), 0..3);
    let captures = any::<Vec<(String, bool)>>();
    (any::<(String, u16, bool, u16)>(), arbitrary_span(), captures, arbitrary_code(), spans, variables)
        .prop_map(|((name, required, rest, frame_slots), span, captures, code, spans, variables)| Procedure {
            name,
            span,
            required,
            rest,
            captures,
            frame_slots,
            code,
            spans: spans.into_iter().map(|(at, span)| (crate::CodeOffset(at), span)).collect(),
            variables: variables
                .into_iter()
                .map(|(name, slot, start, end, boxed)| crate::Variable {
                    name,
                    slot,
                    start: crate::CodeOffset(start),
                    end: crate::CodeOffset(end),
                    boxed,
                })
                .collect(),
        })
}

proptest! {
    #[test]
    fn any_program_comes_back_from_its_text(
        files in any::<Vec<(String, String)>>(),
        constants in prop::collection::vec(arbitrary_constant(), 0..6),
        globals in any::<Vec<String>>(),
        procedures in prop::collection::vec(arbitrary_procedure(), 0..3),
    ) {
        let files = files.into_iter().map(|(name, text)| crate::SourceFile { name, text }).collect();
        let program = Program { files, constants, globals, procedures };
        let text = to_text(&program);
        prop_assert_eq!(assemble(&text).map(|read| read.to_bytes()), Ok(program.to_bytes()), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "([a-zA-Z0-9:;\" \\\\\n]|procedure|slots|constant|Const|Jump){0,40}") {
        let _ = assemble(&text);
    }
}
