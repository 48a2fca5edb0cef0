//! How long the collector stops a mutator: `cargo run --release -p arena --example pauses`.
//!
//! One heap with 330 MiB of live trees that a mutator keeps rebuilding, under each named policy; the same heap after it has
//! lost five sixths of what it held, here and there, with and without compaction; and ten thousand heaps of 20 KiB each.
//! Prints the pauses in the thread's own time, the share of the time that went into collecting, and the memory held for each
//! live byte.

use arena::{Budget, Heap, HeapSettings, Kind, ObjectTag, PauseHistogram, Policy, Value};
use cpu_time::ThreadTime;

const TREES: usize = 1 << 10;
const TREE_DEPTH: u32 = 12;
const REBUILT: usize = 1 << 11;
const SMALL_HEAPS: usize = 10_000;
const SMALL_PAIRS: usize = 20 * 1024 / 24;

/// The thread's own time: what other programs do meanwhile does not count.
fn now_ms() -> f64 {
    ThreadTime::now().as_duration().as_secs_f64() * 1000.0
}

/// A complete tree in `roots[at]`, built by an explicit stack of finished subtrees, which are roots.
fn tree(heap: &mut Heap, depth: u32, roots: &mut Vec<Value>, at: usize) {
    let base = roots.len();
    for leaf in 0..1_u32 << depth {
        roots.push(Value::fixnum(i64::from(leaf)));
        for _ in 0..leaf.trailing_ones() {
            heap.reserve(3, roots).expect("room for a pair");
            let (right, left) = (roots.pop().expect("a subtree"), roots.pop().expect("a subtree"));
            roots.push(heap.cons(left, right));
        }
    }
    roots.truncate(base + 1);
    let tree = roots.pop().expect("the tree");
    heap.write(roots[0], at, tree);
}

/// Random, the same in every run (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ mixed >> 27
}

fn print(name: &str, pauses: &PauseHistogram, longest_ms: f64, collecting_ms: f64, all_ms: f64, held: f64) {
    println!(
        "{name:22} pauses {:7}  p50 {:6.2}  p99 {:6.2}  longest {longest_ms:7.2} ms   {:5.1} % of {all_ms:5.0} ms   held {held:.2} times live",
        pauses.len(),
        pauses.quantile_ms(0.5),
        pauses.quantile_ms(0.99),
        collecting_ms / all_ms * 100.0,
    );
}

/// A vector of 1,024 trees in `roots[0]`.
fn build(heap: &mut Heap, roots: &mut Vec<Value>) {
    heap.reserve_object(TREES, roots).expect("room");
    roots[0] = heap.alloc(ObjectTag::Vector, TREES);
    (0..TREES).for_each(|index| roots[0].init_field(index, Value::NIL));
    for index in 0..TREES {
        // 8,191 or 16,383 pairs of 24 bytes each: 1,024 such trees are about 330 MiB.
        tree(heap, TREE_DEPTH + 1 + u32::from(index % 3 != 0), roots, index);
    }
}

fn large(name: &str, policy: Policy) {
    let words_max = 1 << 27;
    let budget = Budget::new(4 << 30);
    let mut settings = HeapSettings::new(words_max, budget.clone(), now_ms);
    settings.policy = policy;
    let mut heap = Heap::new(settings);
    let mut roots = vec![Value::NIL];
    build(&mut heap, &mut roots);
    let (built, started) = (heap.totals(), now_ms());
    let mut state = 7;
    let mut held_max = 0_u64;
    for _ in 0..REBUILT {
        let index = next(&mut state) as usize % TREES;
        tree(&mut heap, TREE_DEPTH + 1 + u32::from(!index.is_multiple_of(3)), &mut roots, index);
        held_max = held_max.max(budget.used_bytes());
    }
    let all_ms = now_ms() - started;
    let totals = heap.totals();
    heap.collect_garbage(&mut roots);
    let live = heap.used_words();
    print(
        name,
        &totals.pauses,
        totals.pause_ms_max,
        totals.pause_ms - built.pause_ms,
        all_ms,
        held_max as f64 / (live as f64 * 8.0),
    );
}

/// Cuts a tree off at this depth.
fn cut(heap: &mut Heap, tree: Value, depth: u32) {
    if !tree.is_pair() {
    } else if depth == 0 {
        heap.write(tree, 0, Value::NIL);
        heap.write(tree, 1, Value::NIL);
    } else {
        cut(heap, tree.car(), depth - 1);
        cut(heap, tree.cdr(), depth - 1);
    }
}

fn loose(name: &str, policy: Policy) {
    let budget = Budget::new(4 << 30);
    let mut settings = HeapSettings::new(1 << 27, budget.clone(), now_ms);
    settings.policy = policy;
    let mut heap = Heap::new(settings);
    let mut roots = vec![Value::NIL];
    build(&mut heap, &mut roots);
    for index in 0..TREES {
        cut(&mut heap, roots[0].field(index), TREE_DEPTH - 2);
    }
    let (cut, started) = (heap.totals(), now_ms());
    let mut pauses = PauseHistogram::default();
    let mut state = 7;
    for _ in 0..32 * REBUILT {
        let index = next(&mut state) as usize % (TREES / 8);
        tree(&mut heap, TREE_DEPTH - 2, &mut roots, index);
        let slices = heap.take_collections().filter(|record| record.kind == Kind::Evacuate);
        slices.for_each(|slice| pauses.add(slice.pause_ms));
    }
    let all_ms = now_ms() - started;
    let (totals, held) = (heap.totals(), budget.used_bytes());
    heap.collect_garbage(&mut roots);
    let live = heap.used_words() as f64 * 8.0;
    let collecting_ms = totals.pause_ms - cut.pause_ms;
    print(name, &totals.pauses, totals.pause_ms_max, collecting_ms, all_ms, held as f64 / live);
    if !pauses.is_empty() {
        print("  of it, emptying", &pauses, pauses.quantile_ms(1.0), 0.0, all_ms, held as f64 / live);
    }
}

fn small() {
    let budget = Budget::new(4 << 30);
    let mut heaps: Vec<(Heap, Vec<Value>)> = (0..SMALL_HEAPS)
        .map(|_| (Heap::new(HeapSettings::new(1 << 20, budget.clone(), now_ms)), vec![Value::NIL; 2]))
        .collect();
    let started = now_ms();
    for round in 0..20 {
        for (heap, roots) in &mut heaps {
            // A list of 20 KiB that is made anew each time.
            roots[round % 2] = Value::NIL;
            for number in 0..SMALL_PAIRS {
                heap.reserve(3, roots).expect("room for a pair");
                roots[round % 2] = heap.cons(Value::fixnum(number as i64), roots[round % 2]);
            }
        }
    }
    let all_ms = now_ms() - started;
    let (mut pauses, mut longest, mut sum) = (PauseHistogram::default(), 0.0_f64, 0.0);
    for (heap, _) in &heaps {
        let totals = heap.totals();
        pauses.merge(&totals.pauses);
        longest = longest.max(totals.pause_ms_max);
        sum += totals.pause_ms;
    }
    let live = (SMALL_HEAPS * 2 * SMALL_PAIRS * 24) as f64;
    print("10,000 heaps", &pauses, longest, sum, all_ms, budget.used_bytes() as f64 / live);
}

fn main() {
    for (name, policy) in Policy::NAMED {
        large(name, policy);
    }
    loose("loose", Policy::GENERATIONAL);
    loose("loose, never compacted", Policy { compact_percent: 100, ..Policy::GENERATIONAL });
    small();
}
