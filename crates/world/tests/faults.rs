//! Faults of the machine itself: a panic in the middle of a primitive ends its actor, and nothing else.
//!
//! 1. The host's clock is what panics, for primitives and collections read it: on a thread where very much was written
//!    since it was last read. Cores read it between slices as well, after far fewer notices.

mod common;

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use common::{Plan, RUN_TIME_MAX, Threads, now_ms};
use protocol::SourceText;
use world::{Drive, Run, RunEnd, RunOptions};

/// Notices without a reading that break the clock.
const NOTICES_MAX: u32 = 60;

thread_local! {
    static NOTICES: Cell<u32> = const { Cell::new(0) };
}

fn notice() {
    NOTICES.set(NOTICES.get() + 1);
}

fn clock() -> f64 {
    let notices = NOTICES.replace(0);
    assert!(notices < NOTICES_MAX, "the clock is broken");
    now_ms()
}

/// Breaks the clock for what comes next in the same slice.
const BREAK: &str = "(define (break) (do ((i 0 (+ i 1))) ((= i 100)) (display \".\")))\n";

fn load(source: &str, drive: Drive) -> Run {
    let source = format!("{BREAK}{source}");
    let options = RunOptions { clock, notify: notice, ..Plan::new("fault", &source).options(drive, None) };
    let file = SourceText { name: "program.scm".to_string(), text: source };
    let mut run = Run::load(&[file], options).unwrap_or_else(|problems| panic!("{problems:?}"));
    run.start().expect("room for the main actor");
    run
}

/// How the program ends on this thread alone, and on two cores.
fn ends(source: &str) -> [Result<String, String>; 2] {
    let message = |end: Option<RunEnd>| match end {
        Some(RunEnd::Main(end)) => end.map_err(|problem| problem.message),
        other => panic!("{other:?}"),
    };
    let alone = load(source, Drive::Alone).run_to_end(|ms| thread::sleep(Duration::from_secs_f64(ms / 1e3)));
    // Dropped last: asserts that no core loop has panicked.
    let threads = Threads::new(2);
    let run = load(source, Drive::Pool(threads.pool.clone(), 2));
    let deadline = Instant::now() + RUN_TIME_MAX;
    while run.end().is_none() && Instant::now() < deadline {
        thread::sleep(Duration::from_micros(200));
    }
    [message(Some(alone)), message(run.end())]
}

/// What becomes of a neighbour that works before and after `fault` ends the actor that runs it.
fn neighbours_of(fault: &str) -> [Result<String, String>; 2] {
    ends(&format!(
        "(define me (self))
         (define (count n) (if (> n 0) (count (- n 1)) 'counted))
         (define (serve) (receive ('go (send me (list 'answer (count 50000))) (serve))))
         (define (answer) (send neighbour 'go) (receive (('answer text) text)))
         (define neighbour (spawn serve))
         (define before (answer))
         (define broken (spawn-monitor (lambda () (break) {fault})))
         (define reason (receive (('down r a reason) (where (eq? r (cdr broken))) reason)))
         (list before reason (answer))"
    ))
}

#[test]
fn a_panic_in_a_primitive_ends_that_actor_only() {
    for end in neighbours_of("(current-jiffy)") {
        assert_eq!(end.as_deref(), Ok("(counted error counted)"));
    }
}

#[test]
fn a_panic_in_a_collection_ends_that_actor_only() {
    for end in neighbours_of("(make-vector 4000000 0)") {
        assert_eq!(end.as_deref(), Ok("(counted error counted)"));
    }
}

#[test]
fn a_panic_in_the_main_actor_is_how_the_run_ends() {
    for end in ends("(spawn (lambda () (receive))) (break) (current-jiffy)") {
        assert_eq!(end, Err("the machine met a fault in this actor: the clock is broken".to_string()));
    }
}
