//! Hostile bytecode: whatever the verifier lets through, the machine bears.
//!
//! Mutants of real programs, code of random instructions and arbitrary bytes are verified, loaded and run for a while; every
//! check of the debug build watches, and the heap is verified after each slice. Miri runs a few of each.

mod common;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytecode::{
    CodeOffset, ConstIndex, Constant, Instruction, Opcode, OperandKind, Procedure, Program, decode, effect,
    instructions,
};
use common::{Lone, compile, library, load};
use vm::Outcome;

const MUTANTS: u64 = if cfg!(miri) { 60 } else { 60_000 };
/// Programs of random instructions.
const RANDOM: u64 = if cfg!(miri) { 40 } else { 20_000 };
const SLICES: usize = 40;
const FUEL: i64 = 150;
const HEAP_WORDS: usize = 1 << 16;

const SOURCES: [&str; 7] = [
    "(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f 100) (let loop ((i 0) (l '())) (if (< i 50) (loop (+ i 1) (cons i l)) (length l)))",
    "(define (make) (let ((n 0)) (lambda () (set! n (+ n 1)) n))) (define c (make)) (c) (c) (define (odd n) (if (= n 0) #f (even (- n 1)))) (define (even n) (if (= n 0) #t (odd (- n 1)))) (letrec ((a (lambda (n) (if (= n 0) 'a (b (- n 1))))) (b (lambda (n) (a n)))) (a 30))",
    "(define k #f) (define n 0) (call/cc (lambda (c) (set! k c))) (set! n (+ n 1)) (if (< n 5) (k n)) (guard (e (#t (list 'caught e))) (dynamic-wind (lambda () 1) (lambda () (raise 'x)) (lambda () 2)))",
    "(define v (make-vector 20 1)) (vector-set! v 3 \"abc\") (string-ref (vector-ref v 3) 1) (define s (string-append \"one\" \"two\")) (map (lambda (x y) (* x y)) '(1 2 3) '(4 5 6)) (apply + 1 2 '(3 4))",
    "(send (self) 'hello) (send (self) (list 1 2 (vector 3))) (receive ((list a b c) (vector-ref c 0))) (receive (x x)) (receive ('never 1) (after 0 'late)) (define p (spawn (lambda () 1))) (send p p)",
    "(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y)) (define p (make-point 1 2)) (set-point-x! p 5) (+ (point-x p) (point-y p)) (define t (make-hash-table)) (hash-table-set! t 'a 1) (hash-table-ref/default t 'a 0)",
    "(* 99999999999999999999 3) (/ 6 3) (quotient 17 5) (modulo -7 2) (exact->inexact 3) (let-values (((q r) (floor/ 17 5))) (list q r)) (define (rest . all) all) (rest 1 2 3) (let loop ((i 0) (x 1)) (if (< i 60) (loop (+ i 1) (* x 3)) x))",
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Instructions of some procedure of a program, whose stack effect may well be another.
fn some_instruction(program: &Program, random: &mut Random) -> Option<(usize, CodeOffset, Instruction)> {
    let index = random.below(program.procedures.len());
    let all: Vec<(CodeOffset, Instruction)> = instructions(&program.procedures[index].code)
        .map_while(Result::ok)
        .map(|(at, found, _)| (at, found))
        .collect();
    let (at, instruction) = *all.get(random.below(all.len()))?;
    Some((index, at, instruction))
}

fn mutate(program: &mut Program, random: &mut Random) {
    match random.below(10) {
        // Another operand, or another opcode of the same length.
        0..=3 => {
            let index = random.below(program.procedures.len());
            let code = &mut program.procedures[index].code;
            if !code.is_empty() {
                let at = random.below(code.len());
                code[at] = match random.below(3) {
                    0 => random.next() as u8,
                    1 => code[at].wrapping_add(1),
                    _ => random.below(6) as u8,
                };
            }
        }
        // An instruction from elsewhere over one of the same length.
        4..=6 => {
            let (Some((_, _, from)), Some((index, at, to))) =
                (some_instruction(program, random), some_instruction(program, random))
            else {
                return;
            };
            let (mut new, mut old) = (Vec::new(), Vec::new());
            from.encode(&mut new);
            to.encode(&mut old);
            if new.len() == old.len() {
                let start = at.0 as usize;
                program.procedures[index].code[start..start + new.len()].copy_from_slice(&new);
            }
        }
        7 => {
            let index = random.below(program.procedures.len());
            let procedure = &mut program.procedures[index];
            match random.below(4) {
                0 => {
                    procedure.frame_slots =
                        procedure.frame_slots.wrapping_add(random.below(5) as u16).wrapping_sub(2)
                }
                1 => procedure.required = random.below(4) as u16,
                2 => procedure.rest = !procedure.rest,
                _ => {
                    procedure.captures.pop();
                }
            }
        }
        8 => {
            let (a, b) = (random.below(program.procedures.len()), random.below(program.procedures.len()));
            let code = program.procedures[a].code.clone();
            program.procedures[b].code = code;
        }
        _ => {
            if program.constants.len() > 1 {
                let (a, b) = (random.below(program.constants.len()), random.below(program.constants.len()));
                program.constants.swap(a, b);
            }
        }
    }
}

/// Runs an accepted mutant for a while. Answers how it ended.
fn run(program: Program) -> Option<&'static str> {
    bytecode::verify(&program).ok()?;
    let (_linker, mut machine) = load(program, HEAP_WORDS).ok()?;
    let mut host = Lone::default();
    for _ in 0..SLICES {
        let mut fuel = FUEL;
        let outcome = machine.step(library(), &mut host, &mut fuel, None);
        machine.heap().verify().unwrap_or_else(|error| panic!("the heap is broken: {error}"));
        match outcome {
            Outcome::Finished(_) => return Some("finished"),
            Outcome::Exited { .. } => return Some("exited"),
            Outcome::Waiting => return Some("waited"),
            Outcome::OutOfFuel | Outcome::Yielded => {}
            Outcome::Stopped(reason) => panic!("stopped without a debugger: {reason:?}"),
        }
    }
    Some("went on")
}

/// The programs that show what each opcode does.
fn suite() -> Vec<Program> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/opcodes");
    let read = |opcode: &Opcode| std::fs::read_to_string(folder.join(format!("{}.pasm", opcode.name())));
    let assembled = |text: &String| bytecode::text::assemble(text).expect("the suite is assembled");
    Opcode::ALL.iter().map(|opcode| assembled(&read(opcode).expect("a program for each opcode"))).collect()
}

/// Runs what `make` gives for each seed. Answers how often each end was.
fn run_all(count: u64, make: impl Fn(&mut Random) -> Program) -> BTreeMap<&'static str, usize> {
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    for seed in 0..count {
        let program = make(&mut Random(seed));
        let text = bytecode::text::to_text(&program);
        match catch_unwind(AssertUnwindSafe(|| run(program))) {
            Ok(end) => *ends.entry(end.unwrap_or("rejected")).or_default() += 1,
            Err(_) => broken.push((seed, text)),
        }
    }
    assert!(
        broken.is_empty(),
        "{} broke the machine; the first, of seed {}:\n{}",
        broken.len(),
        broken[0].0,
        broken[0].1
    );
    ends
}

fn ran(ends: &BTreeMap<&str, usize>) -> usize {
    ends.iter().filter(|(end, _)| **end != "rejected").map(|(_, count)| count).sum()
}

#[test]
fn the_machine_bears_what_the_verifier_accepts() {
    let mut programs: Vec<Program> = SOURCES.iter().map(|source| compile(source)).collect();
    programs.extend(suite());
    let ends = run_all(MUTANTS, |random| {
        let mut program = programs[random.below(programs.len())].clone();
        for _ in 0..=random.below(3) {
            mutate(&mut program, random);
        }
        program
    });
    assert!(ran(&ends) > MUTANTS as usize / 10, "too few ran to tell: {ends:?}");
}

/// What random code may name.
fn constants() -> Vec<Constant> {
    let symbols = ["clock", "file-read", "sandbox", "handler", "capabilities"]
        .map(|name| Constant::Symbol(name.into()));
    let builtins =
        ["list", "vector", "car", "self", "length", "+", "%signal", "error", "spawn", "current-capabilities"]
            .map(|name| Constant::Builtin(name.into()));
    let atoms =
        [Constant::Nil, Constant::Integer(1 << 40), Constant::String("text".into()), Constant::Flonum(0)];
    [&atoms[..], &symbols[..], &builtins[..], &[Constant::Pair(ConstIndex(1), ConstIndex(0))][..]].concat()
}

/// Code of instructions that find as many values on the stack as they pop; mostly it verifies. A jump leads to an
/// instruction that a jump has skipped to before, or a little further.
fn random_code(random: &mut Random, constants: &[Constant], captures: usize) -> Vec<u8> {
    let mut code = Vec::new();
    let mut depth: u32 = 0;
    let mut places = vec![(0, depth)];
    for _ in 0..4 + random.below(24) {
        let opcode = Opcode::ALL[random.below(Opcode::ALL.len())];
        let mut bytes = vec![opcode as u8];
        for (_, kind) in opcode.operands() {
            let value = match kind {
                OperandKind::Immediate => random.below(20) as u32,
                OperandKind::ConstIndex => random.below(constants.len()) as u32,
                OperandKind::Count => random.below(depth.min(4) as usize + 1) as u32,
                OperandKind::Slot => random.below(depth.max(1) as usize) as u32,
                OperandKind::Capture => random.below(captures.max(1)) as u32,
                OperandKind::Global => random.below(2) as u32,
                OperandKind::Procedure => random.below(3) as u32,
                OperandKind::Jump => {
                    let end = (code.len() + 5) as u32;
                    let same: Vec<u32> =
                        places.iter().filter(|(_, known)| *known == depth).map(|(at, _)| *at).collect();
                    let target = same.get(random.below(same.len())).copied().unwrap_or(end);
                    target.wrapping_sub(end)
                }
            };
            bytes.extend_from_slice(&value.to_le_bytes()[..kind.width()]);
        }
        let (instruction, _) = decode(&bytes, CodeOffset(0)).expect("it is whole");
        let effect = effect::of_with(&instruction, |procedure| Some(u32::from(procedure.0 == 1) * 2));
        let Some((pops, pushes)) =
            effect.filter(|(pops, pushes)| *pops <= depth && depth - pops + pushes < 12)
        else {
            continue;
        };
        if !instruction.falls_through() && random.below(4) > 0 {
            continue;
        }
        code.extend_from_slice(&bytes);
        depth = depth - pops + pushes;
        places.push((code.len() as u32, depth));
        if !instruction.falls_through() {
            break;
        }
    }
    Instruction::Nil {}.encode(&mut code);
    Instruction::Return {}.encode(&mut code);
    code
}

#[test]
fn the_machine_bears_random_instructions() {
    let constants = constants();
    let ends = run_all(RANDOM, |random| {
        let procedure = |random: &mut Random, required: u16, captures: usize| Procedure {
            required,
            frame_slots: 14,
            captures: [("a".to_string(), false), ("b".to_string(), true)][..captures].to_vec(),
            code: random_code(random, &constants, captures),
            ..Procedure::default()
        };
        Program {
            constants: constants.clone(),
            globals: vec!["g".into(), "length".into()],
            procedures: vec![procedure(random, 0, 0), procedure(random, 0, 2), procedure(random, 0, 0)],
            files: Vec::new(),
        }
    });
    assert!(ran(&ends) > RANDOM as usize / 40, "too few ran to tell: {ends:?}");
}

#[test]
fn arbitrary_bytes_are_refused_or_borne() {
    let constants = constants();
    run_all(RANDOM, |random| {
        let code = (0..random.below(12)).map(|_| random.below(0x70) as u8).collect();
        let entry = Procedure { frame_slots: random.below(6) as u16, code, ..Procedure::default() };
        Program {
            constants: constants.clone(),
            globals: vec!["g".into()],
            procedures: vec![entry],
            files: Vec::new(),
        }
    });
}
