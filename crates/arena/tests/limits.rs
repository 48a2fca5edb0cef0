//! Bounds of a heap: large objects at the threshold, limits that leave the heap whole, the budget, remembered slots, and
//! identity numbers.

mod common;

use arena::{
    Budget, Cause, Heap, HeapError, LARGE_WORDS, NURSERY_WORDS_MAX, OBJECT_WORDS_MAX, PictureReader, Space,
    Value,
};
use common::{count_down, heap, heap_in, numbers, string, vector};

fn words_in(heap: &Heap, space: Space) -> usize {
    let portion = PictureReader::default().portion(heap, usize::MAX, Vec::new);
    let of_space = portion.chunks.iter().filter(|chunk| chunk.head.space == space);
    of_space.flat_map(|chunk| &chunk.cells).map(|cell| (cell.0 >> 11) as usize).sum()
}

#[test]
fn objects_over_the_threshold_live_apart_and_never_move() {
    for (length, large) in [(LARGE_WORDS - 1, false), (LARGE_WORDS, false), (LARGE_WORDS + 1, true)] {
        let mut heap = heap(1 << 20);
        let mut roots = vec![Value::NIL];
        roots[0] = vector(&mut heap, length, Value::fixnum(1), &mut roots);
        let before = roots[0];
        assert_eq!(words_in(&heap, Space::Large) > 0, large, "{length} words");
        for major in [false, true, true] {
            heap.collect(major, &mut roots);
            heap.verify().expect("intact");
            assert_eq!(roots[0] == before, large, "{length} words");
            assert!(roots[0].fields().iter().all(|field| *field == Value::fixnum(1)));
            if !large {
                break;
            }
        }
        roots[0] = Value::NIL;
        heap.collect(true, &mut roots);
        assert_eq!(heap.used_words(), 0);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much memory to touch word by word")]
fn large_objects_can_be_made_while_the_nursery_has_room_for_them() {
    let mut heap = heap(1 << 22);
    let mut roots = vec![Value::NIL];
    // Make the nursery as large as it gets.
    for _ in 0..16 {
        heap.reserve(1 << 12, &mut roots).expect("room");
        while heap.has_room(3) {
            heap.cons(Value::NIL, Value::NIL);
        }
    }
    heap.reserve(3, &mut roots).expect("room");
    roots[0] = vector(&mut heap, LARGE_WORDS + 1, Value::fixnum(3), &mut roots);
    roots.push(Value::NIL);
    roots[1] = vector(&mut heap, NURSERY_WORDS_MAX * 2, Value::fixnum(4), &mut roots);
    assert!(words_in(&heap, Space::Large) > NURSERY_WORDS_MAX * 2);
    heap.collect(true, &mut roots);
    heap.verify().expect("intact");
    assert_eq!(heap.used_words(), LARGE_WORDS + 2 + NURSERY_WORDS_MAX * 2 + 1);
}

#[test]
#[cfg_attr(miri, ignore = "too much memory to touch word by word")]
fn many_small_objects_can_be_reserved_at_once() {
    let mut heap = heap(1 << 22);
    let mut roots = vec![Value::NIL];
    for pairs in [2_000, NURSERY_WORDS_MAX, 10] {
        heap.reserve(3 * pairs, &mut roots).expect("room");
        let mut list = Value::NIL;
        for number in 0..pairs {
            list = heap.cons(Value::fixnum(number as i64), list);
        }
        roots[0] = list;
        heap.collect(false, &mut roots);
        heap.verify().expect("intact");
        assert_eq!(numbers(roots[0]).len(), pairs);
    }
}

#[test]
fn a_large_object_keeps_what_it_refers_to() {
    let mut heap = heap(1 << 20);
    let mut roots = vec![Value::NIL];
    roots[0] = vector(&mut heap, LARGE_WORDS * 2, Value::NIL, &mut roots);
    for index in [0, 1, LARGE_WORDS * 2 - 1] {
        let text = string(&mut heap, &format!("text {index}"), &mut roots);
        heap.write(roots[0], index, text);
        heap.collect(index == 1, &mut roots);
        heap.verify().expect("intact");
    }
    // Large objects that refer to each other, in a ring.
    let other = vector(&mut heap, LARGE_WORDS * 2, Value::NIL, &mut roots);
    heap.write(roots[0], 2, other);
    heap.write(other, 2, roots[0]);
    heap.collect(true, &mut roots);
    heap.verify().expect("intact");
    assert_eq!(roots[0].field(2).field(2), roots[0]);
    assert_eq!(roots[0].field(LARGE_WORDS * 2 - 1).string_text(), format!("text {}", LARGE_WORDS * 2 - 1));
    assert_eq!(roots[0].field(1).string_text(), "text 1");
    heap.write(roots[0], 2, Value::NIL);
    heap.collect(true, &mut roots);
    assert_eq!(heap.totals().words_after_major as usize, heap.used_words());
    assert!(heap.used_words() < LARGE_WORDS * 4);
}

#[test]
fn a_full_heap_is_an_error_that_leaves_everything_as_it_was() {
    let budget = Budget::new(1 << 20);
    let mut heap = heap_in(3_000, &budget);
    let mut roots = vec![Value::NIL];
    let mut made = 0_i64;
    let error = loop {
        if let Err(error) = heap.reserve(3, &mut roots) {
            break error;
        }
        made += 1;
        roots[0] = heap.cons(Value::fixnum(made), roots[0]);
    };
    assert!(matches!(error, HeapError::HeapFull { limit_words: 3_000, wanted_words: 3, .. }), "{error}");
    assert!(made >= 900, "{made} pairs of 1,000 fit");
    heap.verify().expect("intact after the refusal");
    assert_eq!(numbers(roots[0]), (1..=made).rev().collect::<Vec<_>>());
    for length in [2_999, LARGE_WORDS + 1] {
        assert!(matches!(heap.reserve_object(length, &mut roots), Err(HeapError::HeapFull { .. })));
    }
    let too_large = heap.reserve_object(OBJECT_WORDS_MAX + 1, &mut roots);
    assert_eq!(too_large, Err(HeapError::ObjectTooLarge { words: OBJECT_WORDS_MAX + 2 }));
    // Letting go makes room again, and so does a higher limit.
    roots[0] = Value::NIL;
    count_down(&mut heap, 500, &mut roots, 0);
    heap.grant_slack(3_000);
    count_down(&mut heap, 1_500, &mut roots, 0);
    assert_eq!(numbers(roots[0]).len(), 1_500);
    heap.grant_slack(3_000);
    assert_eq!(heap.words_max(), 6_000, "once is enough");
    // It is withdrawn when it is not needed any more, and can be had again.
    roots[0] = Value::NIL;
    heap.collect(true, &mut roots);
    assert_eq!(heap.words_max(), 3_000);
    heap.grant_slack(1_000);
    assert_eq!(heap.words_max(), 4_000);
    drop(heap);
    assert_eq!(budget.used_bytes(), 0);
}

#[test]
fn a_heap_at_its_limit_does_not_collect_for_ever() {
    let mut heap = heap(3_000);
    let mut roots = vec![Value::NIL];
    while heap.reserve(3, &mut roots).is_ok() {
        roots[0] = heap.cons(Value::NIL, roots[0]);
    }
    let before = heap.totals();
    for _ in 0..100 {
        heap.reserve(2_000, &mut roots).expect_err("full");
    }
    let extra = heap.totals().major - before.major;
    assert!(extra <= 100, "{extra} major collections for 100 refusals");
}

#[test]
fn a_full_world_is_an_error_of_the_heap_that_asks() {
    let budget = Budget::new(64 << 10);
    let mut neighbour = heap_in(1 << 20, &budget);
    let mut its_roots = vec![Value::NIL];
    count_down(&mut neighbour, 100, &mut its_roots, 0);
    let mut heap = heap_in(1 << 20, &budget);
    let mut roots = vec![Value::NIL];
    let mut made = 0_i64;
    let error = loop {
        if let Err(error) = heap.reserve(3, &mut roots) {
            break error;
        }
        made += 1;
        roots[0] = heap.cons(Value::fixnum(made), roots[0]);
    };
    assert!(matches!(error, HeapError::WorldFull { limit_bytes: 65_536, .. }), "{error}");
    heap.verify().expect("intact after the refusal");
    assert_eq!(numbers(roots[0]), (1..=made).rev().collect::<Vec<_>>());
    let chunk = 8 << 16;
    assert!(budget.used_bytes() < budget.limit_bytes() + chunk, "{} bytes in use", budget.used_bytes());
    heap.reserve(10_000, &mut roots).expect_err("still full");
    // There is a little beyond the budget for who handles the error, once.
    heap.grant_world_slack(2_000);
    heap.reserve(400, &mut roots).expect("slack");
    heap.grant_world_slack(500_000);
    heap.reserve(20_000, &mut roots).expect_err("no slack left");
    neighbour.verify().expect("the neighbour is intact");
    assert_eq!(numbers(its_roots[0]).len(), 100);
    // Letting go of what was too much is enough to go on.
    (0..made / 2).for_each(|_| roots[0] = roots[0].cdr());
    heap.collect(true, &mut roots);
    heap.reserve(3, &mut roots).expect("room again");
    // What it lets go of is there for the neighbour.
    drop(heap);
    count_down(&mut neighbour, 1_000, &mut its_roots, 0);
    assert_eq!(numbers(its_roots[0]).len(), 1_000);
    drop(neighbour);
    assert_eq!(budget.used_bytes(), 0);
}

#[test]
fn garbage_goes_before_the_world_is_called_full() {
    let budget = Budget::new(256 << 10);
    let mut heap = heap_in(1 << 20, &budget);
    let mut roots = vec![Value::NIL];
    // Old garbage, too little for a major collection of its own accord.
    count_down(&mut heap, 4_000, &mut roots, 0);
    heap.collect(false, &mut roots);
    roots[0] = Value::NIL;
    let stressed = cfg!(feature = "gc-stress");
    assert!(stressed || heap.totals().major == 0);
    roots[0] = vector(&mut heap, 20_000, Value::NIL, &mut roots);
    assert!(stressed || heap.totals().major == 1);
    assert_eq!(roots[0].words(), 20_000);
    heap.verify().expect("intact");
}

#[test]
#[cfg_attr(miri, ignore = "too much memory to touch word by word")]
fn more_writes_than_are_remembered_are_kept() {
    let length = 20_000;
    let rounds = 3;
    let mut heap = heap(1 << 22);
    let mut roots = vec![Value::NIL];
    roots[0] = vector(&mut heap, length, Value::NIL, &mut roots);
    roots.push(Value::NIL);
    roots[1] = vector(&mut heap, 2_000, Value::NIL, &mut roots);
    heap.collect(true, &mut roots);
    heap.reserve(3 * (rounds as usize), &mut roots).expect("room");
    let mut last = Value::NIL;
    for round in 0..rounds {
        last = heap.cons(Value::fixnum(round), last);
        for index in 0..length {
            heap.write(roots[0], index, last);
            heap.write(roots[1], index % 2_000, last);
        }
    }
    heap.verify().expect("every slot is remembered");
    heap.collect(false, &mut roots);
    heap.verify().expect("intact");
    let first = roots[0].field(0);
    assert_eq!(numbers(first), [2, 1, 0]);
    assert!(roots.iter().all(|root| root.fields().iter().all(|field| *field == first)));
    assert_eq!(heap.used_words(), length + 1 + 2_001 + 9);
}

#[test]
fn identity_numbers_are_drawn_in_order_and_survive_collections() {
    let mut heap = heap(1 << 16);
    let mut roots = vec![Value::NIL, Value::NIL, Value::NIL];
    count_down(&mut heap, 1, &mut roots, 0);
    count_down(&mut heap, 1, &mut roots, 1);
    roots[2] = vector(&mut heap, LARGE_WORDS + 1, Value::NIL, &mut roots);
    for (expected, root) in [(1, 2), (2, 0), (3, 1), (1, 2)] {
        assert_eq!(heap.identity(roots[root]), expected);
    }
    for major in [false, true, false, true] {
        heap.collect(major, &mut roots);
        let all: Vec<u64> = roots.iter().map(|root| heap.identity(*root)).collect();
        assert_eq!(all, [2, 3, 1]);
    }
}

#[test]
fn every_collection_is_recorded_and_adds_up() {
    let mut heap = heap(1 << 16);
    let mut roots = vec![Value::NIL];
    count_down(&mut heap, 2_000, &mut roots, 0);
    let reclaimed = heap.collect(true, &mut roots);
    assert_eq!(reclaimed, 0);
    roots[0] = roots[0].cdr();
    assert_eq!(heap.collect(true, &mut roots), 3);
    let totals = heap.totals();
    let records: Vec<_> = heap.take_collections().collect();
    assert_eq!(records.len() as u64 + totals.records_dropped, totals.minor + totals.major);
    let last = records.last().expect("one at least");
    assert_eq!((last.cause, last.major, last.objects), (Cause::Requested, true, 1_999));
    assert_eq!((last.words_before, last.words_after), (6_000, 5_997));
    assert!(!heap.has_records());
    assert_eq!(heap.allocated_words(), 6_000);
}

#[test]
#[cfg_attr(miri, ignore = "too much memory to touch word by word")]
fn heaps_give_their_memory_back() {
    let budget = Budget::new(1 << 26);
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let budget = budget.clone();
            std::thread::spawn(move || {
                for round in 0..20 {
                    let mut heap = heap_in(1 << 20, &budget);
                    let mut roots = vec![Value::NIL, Value::NIL];
                    count_down(&mut heap, 300 * (round + number), &mut roots, 0);
                    roots[1] = vector(&mut heap, LARGE_WORDS * 2, Value::NIL, &mut roots);
                    heap.reserve_object(LARGE_WORDS * 3, &mut roots).expect("room that is never used");
                    assert_eq!(numbers(roots[0]).len() as i64, 300 * (round + number));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    assert_eq!(budget.used_bytes(), 0);
}
