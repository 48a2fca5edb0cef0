//! Compaction in slices: sparse chunks are emptied while the mutator goes on, and whatever refers into them follows.

mod common;

use std::collections::BTreeMap;

use arena::{Budget, Heap, HeapSettings, Kind, LARGE_WORDS, Phase, Policy, Value};
use common::{numbers, vector};
use proptest::prelude::*;

/// Rows of the table that the mutator works on.
const ROWS: usize = if cfg!(miri) { 30 } else { 400 };
/// Numbers of a row's list.
const LENGTH: i64 = 12;

/// A heap that compacts in slices from the first word on.
fn heap() -> Heap {
    let mut settings = HeapSettings::new(1 << 20, Budget::new(1 << 30), || 0.0);
    settings.compact_words_max = 0;
    settings.policy = Policy {
        threshold_words: 2_000,
        nursery_words_max: 1 << 9,
        mark_rate: 6,
        growth_percent: 130,
        compact_percent: 5,
        ..Policy::GENERATIONAL
    };
    Heap::new(settings)
}

/// A table of lists, each of which is `key + LENGTH - 1`, ..., `key`, and the keys as a model.
struct Bench {
    heap: Heap,
    /// The table, a large vector of some of its rows, what was made last, and a guardian.
    roots: Vec<Value>,
    keys: Vec<Option<i64>>,
    seed: u64,
    /// Slices by kind.
    slices: BTreeMap<&'static str, usize>,
    moved_words: usize,
}

impl Bench {
    fn new(seed: u64) -> Bench {
        let mut heap = heap();
        let mut roots = vec![Value::NIL; 4];
        roots[0] = vector(&mut heap, ROWS, Value::NIL, &mut roots);
        roots[1] = vector(&mut heap, LARGE_WORDS + 1, Value::NIL, &mut roots);
        roots[3] = heap.make_guardian(&mut roots).expect("room");
        Bench { heap, roots, keys: vec![None; ROWS], seed, slices: BTreeMap::new(), moved_words: 0 }
    }

    fn random(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % below
    }

    /// Makes the list of a row anew.
    fn renew(&mut self, row: usize, key: i64) {
        self.roots[2] = Value::NIL;
        for number in 0..LENGTH {
            self.heap.reserve(3, &mut self.roots).expect("room for a pair");
            self.roots[2] = self.heap.cons(Value::fixnum(key + number), self.roots[2]);
        }
        self.heap.write(self.roots[0], row, self.roots[2]);
        self.keys[row] = Some(key);
    }

    /// Empties a row.
    fn clear(&mut self, row: usize) {
        self.heap.write(self.roots[0], row, Value::NIL);
        self.keys[row] = None;
    }

    /// Copies references about: between rows, to the large vector, and into pairs of a list and back.
    fn shuffle(&mut self, from: usize, to: usize) {
        let list = self.roots[0].field(from);
        self.heap.write(self.roots[0], to, list);
        self.heap.write(self.roots[1], to, list);
        self.keys[to] = self.keys[from];
        if list.is_pair() {
            let (first, rest) = (list.car(), list.cdr());
            self.heap.write(list, 1, self.roots[0]);
            self.heap.write(list, 1, rest);
            self.heap.write(list, 0, first);
        }
    }

    fn check(&mut self, step: usize) -> Result<(), String> {
        self.heap.verify().map_err(|error| format!("step {step}, {}: {error}", self.heap.phase().name()))?;
        for (row, key) in self.keys.iter().enumerate() {
            let list = numbers(self.roots[0].field(row));
            let expected: Vec<i64> =
                key.iter().flat_map(|key| (0..LENGTH).rev().map(move |n| key + n)).collect();
            if list != expected {
                return Err(format!("step {step}: row {row} is {list:?} instead of {expected:?}"));
            }
        }
        for record in self.heap.take_collections() {
            *self.slices.entry(record.kind.name()).or_default() += 1;
            if record.kind == Kind::Evacuate {
                self.moved_words += record.moved_words;
            }
        }
        Ok(())
    }
}

fn run(seed: u64, steps: usize) -> Result<Bench, String> {
    let mut bench = Bench::new(seed);
    for row in 0..ROWS {
        bench.renew(row, (row * 100) as i64);
    }
    for step in 0..steps {
        // Seasons of growth and of loss, so that chunks become sparse.
        let is_loss = step / 300 % 2 == 1;
        let row = bench.random(ROWS);
        match bench.random(10) {
            0..5 if is_loss => bench.clear(row),
            0..6 => bench.renew(row, (step * 100) as i64),
            6 => {
                let to = bench.random(ROWS);
                bench.shuffle(row, to);
            }
            7 => {
                // Garbage.
                for number in 0..40 {
                    bench.heap.reserve(3, &mut bench.roots).expect("room");
                    bench.heap.cons(Value::fixnum(number), bench.roots[2]);
                }
            }
            _ => {
                bench.heap.collect(false, &mut bench.roots);
            }
        }
        if step % 7 == 0 || bench.heap.phase() == Phase::Evacuating {
            bench.check(step)?;
        }
    }
    bench.check(steps)?;
    Ok(bench)
}

#[test]
#[cfg_attr(miri, ignore = "too many steps; the mutator's tests do the same on small heaps")]
fn chunks_are_emptied_in_slices_while_the_mutator_writes() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let bench = run(1, 6_000).unwrap_or_else(|error| panic!("{error}"));
    let evacuations = bench.slices.get("evacuate").copied().unwrap_or(0);
    assert!(evacuations > 20 && bench.moved_words > 2_000, "{:?}, {} moved", bench.slices, bench.moved_words);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 1 } else { 24 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_of_writes_and_collections_keeps_every_list(seed in any::<u64>()) {
        run(seed, if cfg!(miri) { 40 } else { 1_500 }).map_err(TestCaseError::fail)?;
    }
}

/// A loose heap: of `count` lists that were made side by side, one in eight is kept.
fn loosen(heap: &mut Heap, roots: &mut Vec<Value>, count: usize) {
    roots[0] = vector(heap, count, Value::NIL, roots);
    for row in 0..count {
        roots[1] = Value::NIL;
        for number in 0..LENGTH {
            heap.reserve(3, roots).expect("room for a pair");
            roots[1] = heap.cons(Value::fixnum(number), roots[1]);
        }
        heap.write(roots[0], row, roots[1]);
    }
    heap.collect(true, roots);
    for row in 0..count {
        if row % 8 > 0 {
            heap.write(roots[0], row, Value::NIL);
        }
    }
}

/// Garbage, until so many collections of the whole heap are over.
fn churn(heap: &mut Heap, roots: &mut Vec<Value>, cycles: u64) {
    let enough = heap.totals().major + cycles;
    while heap.totals().major < enough {
        heap.reserve(3, roots).expect("room for a pair");
        // Some of it is old before it is garbage.
        roots[1] = heap.cons(Value::fixnum(1), if roots[2] == Value::NIL { roots[1] } else { Value::NIL });
        roots[2] = if heap.allocated_words().is_multiple_of(500) { Value::TRUE } else { Value::NIL };
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many objects")]
fn a_loose_heap_becomes_dense_within_a_few_cycles_and_gives_memory_back() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let mut heap = heap();
    let mut roots = vec![Value::NIL; 3];
    loosen(&mut heap, &mut roots, 4_000);
    let policy = *heap.policy();
    let mut rigid = policy;
    rigid.compact_percent = 100;
    let mut capacities = Vec::new();
    for (policy, cycles) in [(rigid, 6), (policy, 12)] {
        heap.set_policy(policy);
        for _ in 0..cycles {
            churn(&mut heap, &mut roots, 1);
            heap.verify().expect("intact");
        }
        capacities.push(heap.capacity_words());
    }
    let kept = (0..4_000).filter(|row| numbers(roots[0].field(*row)).len() == LENGTH as usize).count();
    assert_eq!(kept, 500);
    assert!(capacities[1] * 2 < capacities[0], "{capacities:?}");
}

#[test]
#[cfg_attr(miri, ignore = "too many objects")]
fn weak_objects_and_guardians_follow_what_moves() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let mut heap = heap();
    let mut roots = vec![Value::NIL; 4 + 200];
    loosen(&mut heap, &mut roots, 2_000);
    roots[3] = heap.make_guardian(&mut roots).expect("room");
    for at in 0..100 {
        let list = roots[0].field(at * 8);
        roots[4 + at] = heap.make_weak_reference(list, &mut roots).expect("room");
        let list = roots[0].field(at * 8);
        roots[104 + at] = heap.make_ephemeron(list, list, &mut roots).expect("room");
        let list = roots[0].field(at * 8);
        heap.guard(roots[3], list).expect("few are guarded");
    }
    let before: Vec<Value> = (0..100).map(|at| roots[0].field(at * 8)).collect();
    churn(&mut heap, &mut roots, 12);
    let evacuated: usize = heap
        .take_collections()
        .filter(|record| record.kind == Kind::Evacuate)
        .map(|record| record.moved_words)
        .sum();
    let moved = (0..100).filter(|at| before[*at] != roots[0].field(at * 8)).count();
    assert!(moved > 50, "{moved} lists have moved, {evacuated} words in the last slices");
    for at in 0..100 {
        let list = roots[0].field(at * 8);
        assert_eq!((roots[4 + at].field(0), roots[104 + at].field(0)), (list, list));
        assert_eq!(roots[104 + at].field(1), list);
    }
    assert!(heap.next_guarded(roots[3]).is_none(), "all of them live");
    heap.write(roots[0], 0, Value::NIL);
    roots[104] = Value::NIL;
    roots[1] = Value::NIL;
    heap.collect(true, &mut roots);
    let fetched = heap.next_guarded(roots[3]).expect("nothing else refers to it");
    assert_eq!(roots[4].field(0), fetched, "what is handed back keeps its weak references");
    assert_eq!(numbers(fetched).len(), LENGTH as usize);
}
