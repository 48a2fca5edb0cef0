//! Listings as people see them, and listings of nonsense.
use super::*;
use crate::{Assembler, GlobalIndex, SourceFile, Span, Variable};
use expect_test::expect;
use proptest::prelude::*;

fn span(line: u32) -> Span {
    Span { file: 0, start: 0, end: 0, line, column: 1 }
}

/// `(define (count n) (if (= n 0) '(done "a\n") (count (- n 1))))` and a closure over a box.
fn sample() -> Program {
    let mut assembler = Assembler::new();
    let other = assembler.label();
    assembler.emit(Instruction::Local { slot: 0 });
    assembler.emit(Instruction::Integer { value: 0 });
    assembler.emit(Instruction::NumberEqual {});
    assembler.jump_if_false(other);
    let then = assembler.offset();
    assembler.emit(Instruction::Const { index: ConstIndex(4) });
    assembler.emit(Instruction::Return {});
    assembler.place(other);
    let call = assembler.offset();
    assembler.emit(Instruction::Global { global: GlobalIndex(0) });
    assembler.emit(Instruction::Local { slot: 0 });
    assembler.emit(Instruction::Primitive { builtin: ConstIndex(5), count: 1 });
    assembler.emit(Instruction::TailCall { count: 1 });
    let end = assembler.offset();
    let count = Procedure {
        name: "count".into(),
        span: span(1),
        required: 1,
        frame_slots: 4,
        code: assembler.finish().unwrap(),
        spans: vec![(CodeOffset(0), span(1)), (then, span(2)), (call, span(3))],
        variables: vec![Variable { name: "n".into(), slot: 0, start: CodeOffset(0), end, boxed: false }],
        ..Procedure::default()
    };
    let mut assembler = Assembler::new();
    assembler.emit(Instruction::MakeClosure { procedure: ProcedureIndex(1) });
    assembler.emit(Instruction::DefineGlobal { global: GlobalIndex(0) });
    assembler.emit(Instruction::MakeUnassignedBox {});
    assembler.emit(Instruction::MakeClosure { procedure: ProcedureIndex(2) });
    assembler.emit(Instruction::Return {});
    let entry = Procedure {
        name: "(entry)".into(),
        span: span(1),
        frame_slots: 1,
        code: assembler.finish().unwrap(),
        spans: vec![(CodeOffset(0), span(1)), (CodeOffset(10), span(5))],
        ..Procedure::default()
    };
    let mut assembler = Assembler::new();
    assembler.emit(Instruction::Capture { capture: 0 });
    assembler.emit(Instruction::BoxRef {});
    assembler.emit(Instruction::Return {});
    let inner = Procedure {
        rest: true,
        span: span(5),
        captures: vec![("total".into(), true)],
        frame_slots: 2,
        code: assembler.finish().unwrap(),
        ..Procedure::default()
    };
    Program {
        files: vec![SourceFile { name: "count.scm".into(), text: String::new() }],
        constants: vec![
            Constant::Nil,
            Constant::String("a\n".into()),
            Constant::Pair(ConstIndex(1), ConstIndex(0)),
            Constant::Symbol("done".into()),
            Constant::Pair(ConstIndex(3), ConstIndex(2)),
            Constant::Builtin("decrement".into()),
        ],
        globals: vec!["count".into()],
        procedures: vec![entry, count, inner],
    }
}

#[test]
fn the_listing_resolves_names_and_targets() {
    assert_eq!(crate::verify(&sample()), Ok(()));
    expect![[r#"
        procedure 0: (entry), line 1: 0 arguments, 1 frame slots
            1      0  MakeClosure         1       ; count
                   5  DefineGlobal        0       ; count
            5     10  MakeUnassignedBox
                  11  MakeClosure         2
                  16  Return

        procedure 1: count, line 1: 1 argument, 4 frame slots
            1      0  Local               0       ; n
                   3  Integer             0
                   8  NumberEqual
                   9  JumpIfFalse         20
            2     14  Const               4       ; (done "a\n")
                  19  Return
            3 >   20  Global              0       ; count
                  25  Local               0       ; n
                  28  Primitive           5 1     ; builtin decrement
                  35  TailCall            1

        procedure 2: (anonymous), line 5: 0 arguments and a list of the rest, 2 frame slots
        captures 0: total (boxed)
                   0  Capture             0       ; total
                   3  BoxRef
                   4  Return
    "#]]
    .assert_eq(&disassemble(&sample()));
}

#[test]
fn constants_print_as_written() {
    let mut program = Program {
        constants: vec![
            Constant::Integer(-5),
            Constant::Flonum(1.5f64.to_bits()),
            Constant::Pair(ConstIndex(0), ConstIndex(1)),
            Constant::Vector(vec![ConstIndex(2), ConstIndex(0)]),
            Constant::Bytevector(vec![1, 255]),
            Constant::Character(' '),
            Constant::Character('λ'),
            Constant::Flonum(f64::NEG_INFINITY.to_bits()),
        ],
        ..Program::default()
    };
    let texts: Vec<_> =
        (0..program.constants.len()).map(|index| constant_text(&program, ConstIndex(index as u32))).collect();
    assert_eq!(
        texts,
        ["-5", "1.5", "(-5 . 1.5)", "#((-5 . 1.5) -5)", "#u8(1 255)", "#\\space", "#\\λ", "-inf.0"]
    );
    program.constants[0] = Constant::String("x".repeat(1000));
    assert!(constant_text(&program, ConstIndex(0)).chars().count() <= CONSTANT_CHARACTERS_MAX + 1);
    assert_eq!(constant_text(&program, ConstIndex(99)), "(out of range)");
}

#[test]
fn cyclic_constants_of_an_unverified_program_end() {
    let program = Program {
        constants: vec![
            Constant::Pair(ConstIndex(0), ConstIndex(0)),
            Constant::Vector(vec![ConstIndex(1); 50]),
            Constant::Pair(ConstIndex(1), ConstIndex(2)),
        ],
        ..Program::default()
    };
    for index in 0..3 {
        assert!(constant_text(&program, ConstIndex(index)).chars().count() <= CONSTANT_CHARACTERS_MAX + 1);
    }
}

#[test]
fn code_that_does_not_decode_is_listed_up_to_the_fault() {
    let mut program = sample();
    program.procedures[2].code = vec![Opcode::Nil as u8, 0xee, 0x01];
    let lines = disassemble_lines(&program, ProcedureIndex(2));
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[1].name, lines[1].at), ("(invalid)", CodeOffset(1)));
    assert_eq!(lines[1].meaning, "unknown opcode 0xee at offset 1");
}

proptest! {
    #[test]
    fn random_code_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut program = sample();
        program.procedures[1].code = bytes;
        let _ = disassemble(&program);
    }
}
