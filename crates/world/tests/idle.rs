//! What an actor costs that does nothing but wait: heap, stack, mailbox, journal and bookkeeping, as the allocator counts it.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::bench::Bench;
use protocol::{Settings, Variant};

/// Bytes in use, and the most there ever were.
static USED: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = USED.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(used, Ordering::Relaxed);
        // SAFETY: the caller vouches for the layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the block came from `alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Most bytes of an idle actor.
const BYTES_MAX: usize = 1_536;
const FEW: usize = 2_000;
const MANY: usize = 42_000;

/// The most bytes in use while so many actors wait.
fn most_with(actors: usize) -> usize {
    MOST.store(USED.load(Ordering::Relaxed), Ordering::Relaxed);
    let source = format!(
        "(define (idle) (receive (x x)))
(define (more n) (if (> n 0) (begin (spawn idle) (more (- n 1)))))
(more {actors})
(receive (after 100 'made))"
    );
    let mut bench = Bench::new(Variant::SingleThread);
    let answer = bench.evaluate(&source, Settings::default()).map(|answer| answer.value);
    assert_eq!(answer, Ok("made".to_string()));
    MOST.load(Ordering::Relaxed)
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
