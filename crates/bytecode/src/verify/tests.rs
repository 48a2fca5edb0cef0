//! One bad program for each rule of the verifier.
use super::*;
use crate::{Assembler, GlobalIndex, JumpOffset, SourceFile, Variable};
use proptest::prelude::*;

fn code(instructions: &[Instruction]) -> Vec<u8> {
    let mut assembler = Assembler::new();
    instructions.iter().for_each(|instruction| assembler.emit(*instruction));
    assembler.finish().unwrap()
}

/// A program whose entry runs `instructions` in a frame of 4 slots; it has one constant, one global and a second
/// procedure that captures two values.
fn program(instructions: &[Instruction]) -> Program {
    let inner = Procedure {
        name: "inner".into(),
        captures: vec![("a".into(), false), ("b".into(), true)],
        frame_slots: 1,
        code: code(&[Instruction::Capture { capture: 1 }, Instruction::Return {}]),
        ..Procedure::default()
    };
    let entry =
        Procedure { name: "entry".into(), frame_slots: 4, code: code(instructions), ..Procedure::default() };
    Program {
        constants: vec![Constant::Integer(1), Constant::Builtin("vector".into())],
        globals: vec!["g".into()],
        procedures: vec![entry, inner],
        files: Vec::new(),
    }
}

fn problem_of(program: &Program) -> Problem {
    verify(program).unwrap_err().problem
}

fn problem(instructions: &[Instruction]) -> Problem {
    problem_of(&program(instructions))
}

const NIL: Instruction = Instruction::Nil {};
const RETURN: Instruction = Instruction::Return {};

#[test]
fn a_program_with_every_kind_of_operand_is_accepted() {
    let accepted = program(&[
        Instruction::Const { index: ConstIndex(0) },
        Instruction::DefineGlobal { global: GlobalIndex(0) },
        Instruction::Integer { value: -1 },
        Instruction::Global { global: GlobalIndex(0) },
        Instruction::MakeBox {},
        Instruction::MakeClosure { procedure: ProcedureIndex(1) },
        Instruction::Local { slot: 0 },
        Instruction::SetLocal { slot: 0 },
        Instruction::Primitive { builtin: ConstIndex(1), count: 1 },
        Instruction::JumpIfFalse { offset: JumpOffset(0) },
        NIL,
        RETURN,
    ]);
    assert_eq!(verify(&accepted), Ok(()));
}

/// What is wrong with a text, or nothing.
fn verdict(text: &str) -> String {
    verify(&crate::text::assemble(text).unwrap())
        .map_or_else(|error| error.problem.to_string(), |()| String::new())
}

/// An entry of 8 slots, and a procedure that captures a value and a box.
fn verdict_of(code: &str) -> String {
    let inner = "inner: procedure \"\" 0 slots 2\n capture \"a\"\n capture \"b\" boxed\n Capture 1\n BoxRef\n Return\n";
    verdict(&format!("kind: constant symbol \"clock\"\nprocedure \"\" 0 slots 8\n{code}\n{inner}"))
}

#[test]
fn boxes_are_known_where_they_are_needed() {
    for accepted in [
        "Nil\nMakeBox\nBoxRef\nReturn",
        "MakeUnassignedBox\nDup\nSwap\nNil\nBoxSet\nBoxRef\nReturn",
        "Nil\nNil\nMakeBox\nSetLocal 0\nLocal 0\nBoxRef\nReturn",
        "Nil\nNil\nMakeBox\nSlide 1\nBoxRef\nReturn",
        "Nil\nMakeBox\nTrue\nJumpIfFalse out\nNil\nPop\nout:\nBoxRef\nReturn",
        "Nil\nMakeBox\nagain:\nTrue\nJumpIfFalse out\nJump again\nout:\nBoxRef\nReturn",
        "Nil\nMakeUnassignedBox\nMakeClosure inner\nDup\nNil\nPatchCapture 0\nDup\nNil\nMakeBox\nPatchCapture 1\nReturn",
    ] {
        assert_eq!(verdict_of(accepted), "", "{accepted}");
    }
    for (rejected, wanted) in [
        ("Nil\nBoxRef\nReturn", "BoxRef needs a box in slot 0"),
        ("Nil\nNil\nBoxSet\nNil\nReturn", "BoxSet needs a box in slot 0"),
        ("Nil\nMakeBox\nNil\nSetLocal 0\nBoxRef\nReturn", "BoxRef needs a box in slot 0"),
        ("Nil\nMakeBox\nBoxRef\nBoxRef\nReturn", "BoxRef needs a box in slot 0"),
        ("Nil\nNil\nMakeClosure inner\nReturn", "MakeClosure needs a box in slot 1"),
        (
            "True\nJumpIfFalse no\nNil\nMakeBox\nJump out\nno:\nNil\nout:\nBoxRef\nReturn",
            "BoxRef needs a box in slot 0",
        ),
        (
            "Nil\nMakeBox\nagain:\nDup\nBoxRef\nPop\nNil\nSetLocal 0\nJump again",
            "BoxRef needs a box in slot 1",
        ),
        ("Nil\nNil\nPatchCapture 0\nNil\nReturn", "PatchCapture needs a closure with captures in slot 0"),
        (
            "Nil\nMakeUnassignedBox\nMakeClosure inner\nDup\nNil\nPatchCapture 1\nReturn",
            "PatchCapture needs a box in slot 2",
        ),
        (
            "Nil\nMakeUnassignedBox\nMakeClosure inner\nDup\nNil\nPatchCapture 2\nReturn",
            "PatchCapture names captured value 2, but there are only 2",
        ),
    ] {
        let verdict = verdict_of(rejected);
        assert!(verdict.contains(wanted), "{rejected}: {verdict:?}");
    }
}

#[test]
fn a_capability_is_named_by_a_symbol_and_needs_a_free_slot() {
    assert_eq!(verdict_of("False\nHasCapability kind\nReturn"), "");
    assert_eq!(verdict_of("HostCall kind 0\nReturn"), "");
    let text = "constant nil\nprocedure \"\" 0 slots 2\nFalse\nHasCapability 0\nReturn";
    assert!(
        verdict(text).contains("HasCapability names constant 0, which is no symbol"),
        "{}",
        verdict(text)
    );
    let text = "procedure \"\" 0 slots 1\nFalse\nHasCapability \"clock\"\nReturn";
    assert!(verdict(text).contains("the stack grows to 2 slots with HasCapability"), "{}", verdict(text));
}

#[test]
fn what_takes_too_long_to_follow_is_rejected() {
    // Thousands of boxes, known at thousands of jump targets.
    let mut code = "MakeUnassignedBox\n".repeat(20_000);
    for label in 0..40_000 {
        code.push_str(&format!("True\nJumpIfFalse L{label}\nL{label}:\n"));
    }
    let text = format!("procedure \"\" 0 slots 20001\n{code}Return\n");
    assert!(verdict(&text).contains("split the procedure"), "{}", verdict(&text));
}

#[test]
fn loops_and_joins_with_equal_depths_are_accepted() {
    let mut assembler = Assembler::new();
    let (again, out) = (assembler.label_here(), assembler.label());
    assembler.emit(Instruction::True {});
    assembler.jump_if_false(out);
    assembler.jump(again);
    assembler.place(out);
    assembler.emit(NIL);
    assembler.emit(RETURN);
    let mut accepted = program(&[NIL, RETURN]);
    accepted.procedures[0].code = assembler.finish().unwrap();
    assert_eq!(verify(&accepted), Ok(()));
}

#[test]
fn a_receive_is_accepted() {
    let mut assembler = Assembler::new();
    let (peek, wait, next) = (assembler.label(), assembler.label(), assembler.label());
    assembler.emit(Instruction::Integer { value: 10 });
    assembler.emit(Instruction::MailboxBegin {});
    assembler.place(peek);
    assembler.mailbox_peek(wait);
    assembler.emit(Instruction::Dup {});
    assembler.jump_if_false(next);
    assembler.emit(Instruction::MailboxTake {});
    assembler.emit(RETURN);
    assembler.place(next);
    assembler.emit(Instruction::Pop {});
    assembler.mailbox_next(peek);
    assembler.place(wait);
    assembler.mailbox_wait(peek);
    assembler.emit(NIL);
    assembler.emit(RETURN);
    let mut accepted = program(&[NIL, RETURN]);
    accepted.procedures[0].code = assembler.finish().unwrap();
    assert_eq!(verify(&accepted), Ok(()));
}

#[test]
fn a_program_without_an_entry_is_rejected() {
    assert_eq!(problem_of(&Program::default()), Problem::NoEntry);
    let mut bad = program(&[NIL, RETURN]);
    bad.procedures[0].rest = true;
    assert_eq!(problem_of(&bad), Problem::EntryShape("takes arguments"));
    bad.procedures.swap(0, 1);
    assert_eq!(problem_of(&bad), Problem::EntryShape("captures values"));
}

#[test]
fn constants_must_refer_to_smaller_indices() {
    let mut bad = program(&[NIL, RETURN]);
    bad.constants.push(Constant::Pair(ConstIndex(0), ConstIndex(2)));
    assert_eq!(problem_of(&bad), Problem::ConstantOrder { constant: 2, refers_to: 2 });
    bad.constants[2] = Constant::Vector(vec![ConstIndex(0), ConstIndex(9)]);
    assert_eq!(problem_of(&bad), Problem::ConstantOrder { constant: 2, refers_to: 9 });
    for text in ["", "-", "+1", "1x"] {
        bad.constants[2] = Constant::BigInteger(text.into());
        assert_eq!(problem_of(&bad), Problem::MalformedInteger { constant: 2 });
    }
    bad.constants[2] = Constant::BigInteger("-123456789012345678901".into());
    assert_eq!(verify(&bad), Ok(()));
    for text in ["", "1", "1/", "/2", "+1/2", "1/-2", "1/0", "1/00", "1/2/3", "1.5/2"] {
        bad.constants[2] = Constant::Ratio(text.into());
        assert_eq!(problem_of(&bad), Problem::MalformedRatio { constant: 2 });
    }
    bad.constants[2] = Constant::Ratio("-123456789012345678901/20".into());
    assert_eq!(verify(&bad), Ok(()));
    bad.constants[2] = Constant::Hole;
    bad.constants.push(Constant::Pair(ConstIndex(0), ConstIndex(2)));
    let knot = |hole, whole| Constant::Knot { hole: ConstIndex(hole), whole: ConstIndex(whole) };
    bad.constants.push(knot(2, 3));
    bad.constants.push(knot(2, 4));
    assert_eq!(verify(&bad), Ok(()));
    for (hole, whole) in [(3, 3), (2, 2), (2, 0)] {
        bad.constants[5] = knot(hole, whole);
        assert_eq!(problem_of(&bad), Problem::MalformedKnot { constant: 5 });
    }
    bad.constants[5] = knot(2, 5);
    assert_eq!(problem_of(&bad), Problem::ConstantOrder { constant: 5, refers_to: 5 });
}

#[test]
fn the_frame_must_hold_the_parameters_and_stay_in_bounds() {
    let mut bad = program(&[NIL, RETURN]);
    bad.procedures[0].frame_slots = 60_001;
    assert_eq!(problem_of(&bad), Problem::FrameSize { frame_slots: 60_001, parameters: 0 });
    bad.procedures[0].frame_slots = 4;
    (bad.procedures[1].required, bad.procedures[1].rest) = (1, true);
    assert_eq!(problem_of(&bad), Problem::FrameSize { frame_slots: 1, parameters: 2 });
}

#[test]
fn code_must_decode() {
    let mut bad = program(&[NIL, RETURN]);
    bad.procedures[1].code = vec![NIL.opcode() as u8, 0xee];
    let error = verify(&bad).unwrap_err();
    assert_eq!(error.at, Some(CodeOffset(1)));
    assert_eq!(
        error.to_string(),
        "procedure 1 (`inner`), offset 1: unknown opcode 0xee at offset 1; all of the code must be instructions of \
         the opcode table"
    );
    bad.procedures[1].code = vec![Opcode::Local as u8, 0];
    assert!(matches!(problem_of(&bad), Problem::Decode(DecodeError::Truncated { .. })));
}

#[test]
fn operands_must_be_in_range() {
    let cases: &[(Instruction, &str)] = &[
        (Instruction::Const { index: ConstIndex(2) }, "constant"),
        (Instruction::Primitive { builtin: ConstIndex(7), count: 0 }, "constant"),
        (Instruction::Global { global: GlobalIndex(1) }, "global variable"),
        (Instruction::SetGlobal { global: GlobalIndex(1) }, "global variable"),
        (Instruction::MakeClosure { procedure: ProcedureIndex(2) }, "procedure"),
        (Instruction::Capture { capture: 0 }, "captured value"),
        (Instruction::Local { slot: 4 }, "frame slot"),
    ];
    for (instruction, expected) in cases {
        match problem(&[*instruction, NIL, RETURN]) {
            Problem::IndexOutOfRange { what, .. } => assert_eq!(what, *expected, "{instruction:?}"),
            other => panic!("{instruction:?}: {other}"),
        }
    }
}

#[test]
fn unreachable_operands_are_checked_too() {
    let bad = [NIL, RETURN, Instruction::Const { index: ConstIndex(9) }];
    assert!(matches!(problem(&bad), Problem::IndexOutOfRange { .. }));
}

#[test]
fn a_primitive_must_name_a_builtin_and_take_few_values() {
    let bad = Instruction::Primitive { builtin: ConstIndex(0), count: 0 };
    assert_eq!(problem(&[bad, RETURN]), Problem::NotABuiltin { index: 0 });
    for bad in [
        Instruction::Primitive { builtin: ConstIndex(1), count: 256 },
        Instruction::Call { count: 256 },
        Instruction::TailCall { count: 256 },
    ] {
        let opcode = bad.opcode();
        assert_eq!(problem(&[bad, RETURN]), Problem::TooManyArguments { opcode, count: 256 });
    }
}

#[test]
fn jumps_must_lead_to_the_start_of_an_instruction() {
    for (offset, target) in [(-100, -95), (-4, 1), (2, 7), (i32::MAX, 5 + i64::from(i32::MAX))] {
        let jump = Instruction::Jump { offset: JumpOffset(offset) };
        let expected = Problem::JumpTarget { opcode: Opcode::Jump, target };
        assert_eq!(problem(&[jump, NIL, RETURN]), expected);
    }
}

#[test]
fn every_path_must_end() {
    assert_eq!(problem(&[]), Problem::FallsOff);
    assert_eq!(problem(&[NIL]), Problem::FallsOff);
    let jump = Instruction::JumpIfFalse { offset: JumpOffset(1) };
    assert_eq!(
        problem(&[NIL, jump, Instruction::Yield {}]),
        Problem::JumpTarget { opcode: Opcode::JumpIfFalse, target: 7 }
    );
}

#[test]
fn the_stack_must_not_underflow_into_the_parameters() {
    let expected = Problem::Underflow { opcode: Opcode::Add, pops: 2, available: 1, parameters: 0 };
    assert_eq!(problem(&[NIL, Instruction::Add {}, RETURN]), expected);
    let mut bad = program(&[NIL, RETURN]);
    bad.procedures[1].required = 1;
    bad.procedures[1].code = code(&[RETURN]);
    let expected = Problem::Underflow { opcode: Opcode::Return, pops: 1, available: 0, parameters: 1 };
    assert_eq!(problem_of(&bad), expected);
    assert!(matches!(problem(&[NIL, Instruction::Slide { count: 1 }, RETURN]), Problem::Underflow { .. }));
    let closure = Instruction::MakeClosure { procedure: ProcedureIndex(1) };
    assert!(matches!(problem(&[NIL, closure, RETURN]), Problem::Underflow { pops: 2, .. }));
}

#[test]
fn the_stack_must_fit_the_frame() {
    let expected = Problem::Overflow { opcode: Opcode::Nil, depth: 5, frame_slots: 4 };
    assert_eq!(problem(&[NIL, NIL, NIL, NIL, NIL, RETURN]), expected);
}

#[test]
fn paths_must_meet_with_one_depth() {
    let bad = [NIL, Instruction::JumpIfFalse { offset: JumpOffset(1) }, NIL, NIL, RETURN];
    assert_eq!(problem(&bad), Problem::DepthDiffers { first: 0, second: 1 });
    let growing = [NIL, Instruction::Jump { offset: JumpOffset(-6) }];
    assert_eq!(problem(&growing), Problem::DepthDiffers { first: 0, second: 1 });
}

#[test]
fn slots_must_hold_a_value_before_they_are_named() {
    let expected = Problem::SlotUninitialised { opcode: Opcode::Local, slot: 1, initialised: 1 };
    assert_eq!(problem(&[NIL, Instruction::Local { slot: 1 }, RETURN]), expected);
    let expected = Problem::SlotUninitialised { opcode: Opcode::SetLocal, slot: 1, initialised: 1 };
    assert_eq!(problem(&[NIL, NIL, Instruction::SetLocal { slot: 1 }, RETURN]), expected);
}

#[test]
fn spans_must_be_sorted_and_inside_of_code_and_file() {
    let span = Span { file: 0, start: 0, end: 2, line: 1, column: 1 };
    let mut bad = program(&[NIL, RETURN]);
    bad.files.push(SourceFile { name: "a.scm".into(), text: "()".into() });
    bad.procedures[0].spans = vec![(CodeOffset(1), span), (CodeOffset(0), span)];
    assert!(matches!(problem_of(&bad), Problem::BadSpan { index: 1, .. }));
    bad.procedures[0].spans = vec![(CodeOffset(2), span)];
    assert!(matches!(problem_of(&bad), Problem::BadSpan { index: 0, .. }));
    for wrong in [Span { file: 1, ..span }, Span { end: 3, ..span }, Span { start: 2, end: 1, ..span }] {
        bad.procedures[0].spans = vec![(CodeOffset(0), wrong)];
        assert!(matches!(problem_of(&bad), Problem::BadSpan { index: 0, .. }), "{wrong:?}");
    }
    bad.procedures[0].spans.clear();
    bad.procedures[1].span = Span { file: 2, ..span };
    assert!(matches!(problem_of(&bad), Problem::BadProcedureSpan(_)));
    bad.procedures[1].span = span;
    assert_eq!(verify(&bad), Ok(()));
}

#[test]
fn variables_must_be_sorted_and_inside_of_code_and_frame() {
    let variable =
        Variable { name: "x".into(), slot: 0, start: CodeOffset(1), end: CodeOffset(2), boxed: false };
    let mut bad = program(&[NIL, RETURN]);
    for wrong in [
        Variable { slot: 4, ..variable.clone() },
        Variable { end: CodeOffset(3), ..variable.clone() },
        Variable { start: CodeOffset(2), end: CodeOffset(1), ..variable.clone() },
    ] {
        bad.procedures[0].variables = vec![wrong];
        assert!(matches!(problem_of(&bad), Problem::BadVariable { index: 0, .. }));
    }
    bad.procedures[0].variables =
        vec![variable.clone(), Variable { start: CodeOffset(0), ..variable.clone() }];
    assert!(matches!(problem_of(&bad), Problem::BadVariable { index: 1, .. }));
    bad.procedures[0].variables = vec![variable];
    assert_eq!(verify(&bad), Ok(()));
}

#[test]
fn a_megabyte_of_jumps_is_verified_in_linear_time() {
    let mut assembler = Assembler::new();
    let end = assembler.label();
    for _ in 0..100_000 {
        assembler.emit(NIL);
        assembler.jump_if_false(end);
    }
    assembler.place(end);
    assembler.emit(NIL);
    assembler.emit(RETURN);
    let mut long = program(&[]);
    long.procedures[0].code = assembler.finish().unwrap();
    assert_eq!(verify(&long), Ok(()));
}

proptest! {
    #[test]
    fn random_code_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), slots in 0u16..10) {
        let mut random = program(&[]);
        random.procedures[0].code = bytes;
        random.procedures[0].frame_slots = slots;
        let _ = verify(&random);
    }

    /// Small operands and known opcodes, so that the walk gets further than on random bytes.
    #[test]
    fn random_instructions_never_panic(
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0u8..4), 0..60),
    ) {
        let mut bytes = Vec::new();
        for (pick, operand) in picks {
            let opcode = *pick.get(Opcode::ALL);
            bytes.push(opcode as u8);
            for (_, kind) in opcode.operands() {
                bytes.push(operand);
                bytes.resize(bytes.len() + kind.width() - 1, 0);
            }
        }
        let mut random = program(&[]);
        random.procedures[0].code = bytes;
        let _ = verify(&random);
    }
}
