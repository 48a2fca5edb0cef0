//! What an actor costs that does nothing but wait: heap, stack, mailbox, journal and bookkeeping, as the allocator counts it.

mod common;

use common::bench::Bench;
use peak_alloc::PeakAlloc;
use protocol::{Settings, Variant};

#[global_allocator]
static COUNTED: PeakAlloc = PeakAlloc;

/// Most bytes of an idle actor.
const BYTES_MAX: usize = 1_536;
const FEW: usize = 2_000;
const MANY: usize = 42_000;

/// The most bytes in use while so many actors wait.
fn most_with(actors: usize) -> usize {
    COUNTED.reset_peak_usage();
    let source = format!(
        "(define (idle) (receive (x x)))
(define (more n) (if (> n 0) (begin (spawn idle) (more (- n 1)))))
(more {actors})
(receive (after 100 'made))"
    );
    let mut bench = Bench::new(Variant::SingleThread);
    let answer = bench.evaluate(&source, Settings::default()).map(|answer| answer.value);
    assert_eq!(answer, Ok("made".to_string()));
    COUNTED.peak_usage()
}

#[test]
fn an_idle_actor_costs_at_most_a_kibibyte_and_a_half() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    most_with(10);
    let few = most_with(FEW);
    let each = (most_with(MANY) - few) / (MANY - FEW);
    println!("{each} bytes each");
    assert!(each <= BYTES_MAX, "{each} bytes each");
}
