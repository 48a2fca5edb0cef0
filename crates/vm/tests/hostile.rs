//! Hostile bytecode: whatever the verifier lets through, the machine bears.
//!
//! Mutants of real programs are verified, loaded and run for a while; every check of the debug build watches, and the heap
//! is verified after each slice.

mod common;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytecode::{CodeOffset, Instruction, Program, instructions};
use common::{Lone, compile, library, load};
use vm::Outcome;

const MUTANTS: u64 = 40_000;
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

/// The machine's own refusal of code that no compiler makes; it ends one actor.
fn is_contained(panic: &(dyn Any + Send)) -> bool {
    let text = panic.downcast_ref::<&str>().copied().unwrap_or_default();
    text.contains("of what is no box") || text.contains("outside its closure")
}

#[test]
fn the_machine_bears_what_the_verifier_accepts() {
    let programs: Vec<Program> = SOURCES.iter().map(|source| compile(source)).collect();
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    for seed in 0..MUTANTS {
        let mut random = Random(seed);
        let source = random.below(programs.len());
        let mut program = programs[source].clone();
        for _ in 0..=random.below(3) {
            mutate(&mut program, &mut random);
        }
        match catch_unwind(AssertUnwindSafe(|| run(program))) {
            Ok(end) => *ends.entry(end.unwrap_or("rejected")).or_default() += 1,
            Err(panic) if is_contained(&*panic) => *ends.entry("stopped by the machine").or_default() += 1,
            Err(_) => broken.push((seed, source)),
        }
    }
    assert!(broken.is_empty(), "{} mutants (seed, program) broke the machine: {:?}", broken.len(), broken);
    let ran: usize = ends.iter().filter(|(end, _)| **end != "rejected").map(|(_, count)| count).sum();
    assert!(ran > MUTANTS as usize / 10, "too few ran to tell: {ends:?}");
}
