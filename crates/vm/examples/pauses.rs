//! How long one step of a machine takes at most when it is given almost no fuel: what primitives cost in one go on
//! arguments about as large as there may be. Every run takes the same steps, so that the shortest time of several runs is
//! what a step takes when nothing else is in its way.
//!
//! `cargo run --release --package vm --example pauses [PROGRAM...]`

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::{Lone, compile, library, load};
use vm::Outcome;

/// Runs of each program.
const RUNS: usize = 3;

const PROGRAMS: &[&str] = &[
    "(even? (* (expt 7 23000) (expt 3 40000)))",
    "(even? (quotient (expt 7 46000) (expt 3 40000)))",
    "(exact-integer-sqrt (expt 7 46000))",
    "(string->number (number->string (expt 7 46000)))",
    "(gcd (expt 7 46000) (expt 6 40000))",
    "(even? (lcm (* (expt 7 15000) (expt 3 10000)) (* (expt 5 15000) (expt 3 11000))))",
    "(exact? (expt (expt 7 45000) 2/3))",
    "(exact? (/ (* (expt 7 23000) (expt 3 40000)) (* (expt 7 23000) (expt 5 28000))))",
    "(define d (- (expt 3 82000) 2)) (exact? (+ (/ (expt 7 46000) d) (/ (expt 5 56000) d)))",
    "(define d (expt 3 82000)) (< (/ (expt 7 46000) d) (/ (+ (expt 7 46000) 1) d))",
    "(exact? (expt 7/3 46000))",
    "(sqrt (/ (expt 7 46000) (expt 3 82000)))",
    "(string->number (number->string (/ (expt 7 46000) (expt 3 82000))))",
    "(define t (make-equal-hash-table)) (do ((i 0 (+ i 1))) ((= i 400000)) (hash-table-set! t i i))",
    "(string-length (string-append (make-string 4000000 #\\a) (make-string 4000000 #\\b)))",
    "(string-length (string-upcase (make-string 8000000 #\\a)))",
    "(string=? (make-string 8000000 #\\a) (make-string 8000000 #\\a))",
    "(vector-length (string->vector (make-string 4000000 #\\a)))",
    "(equal? (iota 500000) (iota 500000))",
    "(length (list-copy (iota 500000)))",
    "(length (sort (iota 300000) >))",
    "(string-length (call-with-output-string (lambda (port) (write (iota 100000) port))))",
    "(define l (iota 100000)) (send (self) l) (length (receive))",
    "(vector-length (make-vector 4000000 0))",
];

fn measure(source: &str) -> Result<(), String> {
    let mut pauses = run(source)?;
    for _ in 1..RUNS {
        for (least, pause) in pauses.iter_mut().zip(run(source)?) {
            *least = least.min(pause);
        }
    }
    pauses.sort_by(|left, right| right.total_cmp(left));
    let longest: String = pauses.iter().take(3).map(|pause| format!("{pause:8.2}")).collect();
    println!("{longest} {:9} {source}", pauses.len());
    Ok(())
}

/// Milliseconds of each step, collections not counted.
fn run(source: &str) -> Result<Vec<f64>, String> {
    let (_linker, mut machine) = load(compile(source), 64 << 20)?;
    let mut host = Lone::default();
    let mut pauses = Vec::new();
    loop {
        let mut fuel = 100;
        let began = Instant::now();
        let outcome = machine.step(library(), &mut host, &mut fuel, None);
        pauses.push(began.elapsed().as_secs_f64() * 1_000.0);
        let collections = machine.take_collections().iter().map(|cycle| cycle.pause_ms).sum::<f64>();
        if let Some(last) = pauses.last_mut() {
            *last -= collections;
        }
        match outcome {
            Outcome::OutOfFuel | Outcome::Yielded => {}
            Outcome::Finished(_) => return Ok(pauses),
            other => return Err(format!("{source}: {other:?}")),
        }
    }
}

fn main() -> Result<(), String> {
    println!("longest steps, ms            steps program");
    let given: Vec<String> = std::env::args().skip(1).collect();
    match given.is_empty() {
        true => PROGRAMS.iter().try_for_each(|program| measure(program)),
        false => given.iter().try_for_each(|program| measure(program)),
    }
}
