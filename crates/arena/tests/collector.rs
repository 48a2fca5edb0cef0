//! The collector under its policies: slices, compaction, switching off, figures, stress.

mod common;

use arena::{HeapError, Kind, LARGE_WORDS, Message, ObjectTag, Phase, Policy, Space, Stress, Value};
use common::{bytes, count_down, heap, numbers, vector};

/// The default policy with bounds so low that a small heap is marked in slices.
fn sliced() -> Policy {
    Policy { threshold_words: 2_000, nursery_words_max: 1 << 9, mark_rate: 1, ..Policy::GENERATIONAL }
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn marking_in_slices_finds_what_lives_and_frees_the_rest() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let mut heap = heap(1 << 20);
    heap.set_policy(sliced());
    let mut roots = vec![Value::NIL; 3];
    count_down(&mut heap, 3_000, &mut roots, 0);
    count_down(&mut heap, 3_000, &mut roots, 1);
    roots[1] = Value::NIL;
    let mut phases = Vec::new();
    for _ in 0..300 {
        count_down(&mut heap, 20, &mut roots, 2);
        heap.verify().expect("intact in every slice");
        if phases.last() != Some(&heap.phase()) {
            phases.push(heap.phase());
        }
    }
    assert!(phases.windows(2).any(|pair| pair == [Phase::Marking, Phase::Sweeping]), "{phases:?}");
    assert_eq!(numbers(roots[0]).len(), 3_000);
    let records: Vec<_> = heap.take_collections().collect();
    let last_slice = records.iter().rfind(|record| record.kind == Kind::Mark && record.major);
    assert!(last_slice.is_some_and(|record| record.slice > 1), "{last_slice:?}");
    assert!(heap.totals().words_reclaimed > 8_000, "{:?}", heap.totals());
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn what_is_written_while_marking_goes_on_is_kept() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let mut heap = heap(1 << 20);
    heap.set_policy(sliced());
    let mut roots = vec![Value::NIL; 4];
    roots[0] = vector(&mut heap, 50, Value::NIL, &mut roots);
    count_down(&mut heap, 3_000, &mut roots, 1);
    roots[3] = vector(&mut heap, LARGE_WORDS + 1, Value::NIL, &mut roots);
    let mut moved = 0;
    for round in 0..2_000_usize {
        count_down(&mut heap, 5, &mut roots, 2);
        // The last reference to a tail of the list goes from one place to another.
        if heap.phase() == Phase::Marking && roots[1].is_pair() && round % 3 == 0 {
            let tail = roots[1].cdr();
            heap.write(roots[1], 1, Value::NIL);
            heap.write(roots[3], round % LARGE_WORDS, tail);
            heap.write(roots[0], round % 50, roots[1]);
            roots[1] = tail;
            moved += 1;
        }
        heap.verify().expect("no black object refers to a white one");
    }
    assert!(moved > 10, "{moved} writes while marking went on");
    assert_eq!(numbers(roots[1]).len(), 3_000 - moved);
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn a_collector_that_is_off_lets_the_heap_fill_and_then_collects_all_of_it() {
    let mut heap = heap(4_000);
    let mut roots = vec![Value::NIL; 2];
    count_down(&mut heap, 100, &mut roots, 1);
    heap.set_enabled(false);
    let before = heap.totals();
    let error = loop {
        if let Err(error) = heap.reserve(3, &mut roots) {
            break error;
        }
        roots[0] = heap.cons(Value::fixnum(1), Value::NIL);
        heap.verify().expect("intact");
    };
    assert!(
        matches!(error, HeapError::CollectorDisabled { limit_words: 4_000, wanted_words: 3, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("collector is off"), "{error}");
    assert_eq!((heap.collect_garbage(&mut roots), heap.totals()), (0, before));
    assert!(matches!(
        heap.reserve_object(LARGE_WORDS + 1, &mut roots),
        Err(HeapError::CollectorDisabled { .. })
    ));
    heap.set_enabled(true);
    assert!(heap.collect_garbage(&mut roots) > 8 * 3_000);
    assert_eq!((heap.used_words(), numbers(roots[1]).len()), (303, 100));
    heap.verify().expect("intact");
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn defragmenting_moves_objects_together_and_follows_every_reference() {
    let mut heap = heap(1 << 20);
    heap.set_policy(Policy { compact_percent: 100, ..Policy::GENERATIONAL });
    let mut roots = vec![Value::NIL; 2];
    for round in 0..200 {
        count_down(&mut heap, 50, &mut roots, 1);
        if round % 10 == 0 {
            heap.reserve(3, &mut roots).expect("room");
            roots[0] = heap.cons(Value::fixnum(round), roots[0]);
        }
        heap.collect(false, &mut roots);
        heap.collect(false, &mut roots);
    }
    roots[1] = Value::NIL;
    heap.collect(true, &mut roots);
    let kept = numbers(roots[0]);
    let result = heap.defragment(&mut roots);
    assert_eq!(result.bytes_moved, 20 * 3 * 8);
    assert!(result.fragmentation_after <= result.fragmentation_before, "{result:?}");
    assert!((heap.fragmentation() - result.fragmentation_after).abs() < 1e-9);
    assert_eq!(numbers(roots[0]), kept);
    heap.verify().expect("intact");
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn every_policy_keeps_what_lives_and_reclaims_what_does_not() {
    for (name, policy) in Policy::NAMED {
        let mut heap = heap(1 << 18);
        heap.set_policy(policy);
        let mut roots = vec![Value::NIL; 3];
        count_down(&mut heap, 2_000, &mut roots, 0);
        roots[2] = vector(&mut heap, LARGE_WORDS + 7, Value::NIL, &mut roots);
        for round in 0..100 {
            count_down(&mut heap, 1_000, &mut roots, 1);
            heap.write(roots[2], round, roots[1]);
            if round % 10 == 9 {
                (0..100).for_each(|index| heap.write(roots[2], index, Value::NIL));
            }
        }
        heap.verify().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(numbers(roots[0]).len(), 2_000, "{name}");
        roots[1] = Value::NIL;
        heap.collect_garbage(&mut roots);
        assert_eq!(heap.used_words(), 6_000 + LARGE_WORDS + 8, "{name}");
        heap.verify().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn objects_around_the_limit_are_refused_or_fit_exactly() {
    for length in [998, 999, 1_000, 1_001] {
        let mut heap = heap(1_000);
        let mut roots = vec![Value::NIL];
        let outcome = heap.reserve_object(length, &mut roots);
        assert_eq!(outcome.is_ok(), length < 1_000, "{length} words and a header into 1,000: {outcome:?}");
    }
    // Large objects count as they are.
    for (length, fits) in [(LARGE_WORDS * 2 - 1, true), (LARGE_WORDS * 2, false)] {
        let mut heap = heap(LARGE_WORDS * 2);
        let mut roots = vec![Value::NIL];
        assert_eq!(heap.reserve_object(length, &mut roots).is_ok(), fits);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many objects")]
fn filling_and_freeing_in_every_order_leaves_the_heap_intact() {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for (name, policy) in Policy::NAMED {
        for pattern in 0..4 {
            let mut heap = heap(1 << 15);
            heap.set_policy(Policy { threshold_words: 4_000, nursery_words_max: 1 << 10, ..policy });
            let mut roots = vec![Value::NIL];
            for _ in 0..3 {
                // Up to the limit …
                let refused = loop {
                    let length = match pattern {
                        0 => 16,
                        1 => 1 + random(600),
                        2 => [1, 2_000][random(2)],
                        _ => roots.len() % 97,
                    };
                    if let Err(error) = heap.reserve_object(length * 8, &mut roots) {
                        break error;
                    }
                    let object =
                        bytes(&mut heap, &vec![length as u8; (length * 8).max(1) * 8 - 8], &mut roots);
                    roots.push(object);
                };
                assert!(matches!(refused, HeapError::HeapFull { .. }), "{name}: {refused}");
                heap.verify().unwrap_or_else(|error| panic!("{name}, pattern {pattern}: {error}"));
                // … and down, in order, in reverse, at random, every second one.
                let half = roots.len() / 2;
                match pattern {
                    0 => drop(roots.drain(1..half)),
                    1 => roots.truncate(half.max(1)),
                    2 => roots.retain(|_| random(2) == 0),
                    _ => (1..roots.len()).step_by(2).for_each(|index| roots[index] = Value::NIL),
                }
                if roots.is_empty() {
                    roots.push(Value::NIL);
                }
                heap.collect_garbage(&mut roots);
                heap.verify().unwrap_or_else(|error| panic!("{name}, pattern {pattern}: {error}"));
                let held: usize =
                    roots.iter().filter(|root| root.is_reference()).map(|root| root.words() + 1).sum();
                assert_eq!(heap.used_words(), held, "{name}, pattern {pattern}");
            }
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn statistics_add_up() {
    let mut heap = heap(1 << 20);
    let mut roots = vec![Value::NIL; 3];
    count_down(&mut heap, 5_000, &mut roots, 0);
    count_down(&mut heap, 500, &mut roots, 1);
    roots[2] = vector(&mut heap, LARGE_WORDS + 1, Value::NIL, &mut roots);
    roots[1] = Value::NIL;
    heap.collect_garbage(&mut roots);
    count_down(&mut heap, 10, &mut roots, 1);
    let figures = heap.statistics();
    let sum = |tallies: &mut dyn Iterator<Item = arena::Tally>| {
        tallies.fold((0, 0), |sum, tally| (sum.0 + tally.objects, sum.1 + tally.words))
    };
    let expected = (5_011, 3 * 5_010 + LARGE_WORDS as u64 + 2);
    assert_eq!(sum(&mut figures.by_tag.iter().map(|(_, tally)| *tally)), expected);
    assert_eq!(sum(&mut figures.by_space.iter().map(|space| space.used)), expected);
    assert_eq!(sum(&mut figures.by_age.iter().copied()), expected);
    assert_eq!((figures.objects, figures.used_words), expected);
    assert_eq!(figures.used_words + figures.free_words, figures.capacity_words);
    assert_eq!(
        figures.by_tag.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(),
        [ObjectTag::Pair, ObjectTag::Vector]
    );
    let large =
        figures.by_space.iter().find(|space| space.space == Space::Large).expect("a row for each space");
    assert_eq!((large.used.objects, large.chunks), (1, 1));
    assert!(figures.largest_free_words > 0 && (0.0..=1.0).contains(&figures.fragmentation));
    assert!((0.0..=1.0).contains(&figures.survival_rate()) && figures.survival_rate() > 0.0);
    assert_eq!(figures.totals.pauses.len(), figures.totals.minor + figures.totals.major);
    assert_eq!(figures.limit_words, 1 << 20);
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn under_stress_every_reservation_collects_as_it_says() {
    for (name, stress) in Stress::NAMED {
        let mut heap = heap(1 << 20);
        let mut roots = vec![Value::NIL];
        heap.set_stress(Some(stress));
        count_down(&mut heap, 200, &mut roots, 0);
        let totals = heap.totals();
        assert!(totals.minor + totals.major >= 199, "{name}: {totals:?}");
        match stress {
            Stress::Minor => assert_eq!(totals.major, 0),
            Stress::Major | Stress::Compact => assert_eq!(totals.minor, 0),
            _ => assert!(totals.minor > totals.major && totals.major > 0),
        }
        heap.set_stress(None);
        count_down(&mut heap, 2_000, &mut roots, 0);
        let unstressed = heap.totals();
        if !cfg!(feature = "gc-stress") {
            assert!(unstressed.minor + unstressed.major < totals.minor + totals.major + 100, "{name}");
        }
        assert_eq!(numbers(roots[0]).len(), 2_000);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many objects")]
fn ten_million_pairs_in_a_ring_are_marked_without_recursion() {
    let mut heap = heap(1 << 26);
    let mut roots = vec![Value::NIL; 2];
    heap.reserve(3, &mut roots).expect("room");
    roots[0] = heap.cons(Value::NIL, Value::NIL);
    roots[1] = roots[0];
    for _ in 0..if cfg!(feature = "gc-stress") { 1_000 } else { 10_000_000 } {
        // Deep by the first element, which a marker follows first.
        heap.reserve(3, &mut roots).expect("room");
        roots[0] = heap.cons(roots[0], Value::NIL);
    }
    heap.write(roots[1], 0, roots[0]);
    let words = heap.collect_garbage(&mut roots);
    assert_eq!(words, 0, "all of it is reachable from either end");
    roots.fill(Value::NIL);
    heap.collect_garbage(&mut roots);
    assert_eq!(heap.used_words(), 0);
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn a_message_that_is_born_old_while_marking_goes_on_is_kept() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let mut heap = heap(1 << 20);
    heap.set_policy(sliced());
    let mut roots = vec![Value::NIL; 3];
    count_down(&mut heap, 3_000, &mut roots, 0);
    let message = Message::copy_out(roots[0], 1 << 20).expect("a list of numbers");
    let mut rounds = 0;
    while heap.phase() != Phase::Marking {
        count_down(&mut heap, 50, &mut roots, 1);
        rounds += 1;
        assert!(rounds < 10_000, "marking never begins");
    }
    roots[2] = message.copy_in(&mut heap, &mut roots).expect("room");
    for _ in 0..200 {
        count_down(&mut heap, 50, &mut roots, 1);
        heap.verify().expect("intact");
    }
    assert_eq!(numbers(roots[2]), numbers(roots[0]));
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn large_objects_are_zeroed_even_in_memory_that_was_used_before() {
    let mut heap = heap(1 << 20);
    let mut roots = vec![Value::NIL];
    for _ in 0..3 {
        // With its header, of a size that pools keep.
        heap.reserve_object(2 * LARGE_WORDS - 1, &mut roots).expect("room");
        let bytes = heap.alloc(ObjectTag::Bytevector, 2 * LARGE_WORDS - 1);
        assert!(bytes.raw_words(0).iter().all(|word| *word == 0));
        bytes.raw_words(0).fill(7);
        heap.collect_garbage(&mut roots);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn the_collector_steps_through_its_phases_and_programs_may_go_on_in_between() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let mut heap = heap(1 << 20);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 15_000, &mut roots, 0);
    count_down(&mut heap, 15_000, &mut roots, 1);
    roots[2] = vector(&mut heap, LARGE_WORDS + 1, Value::NIL, &mut roots);
    heap.collect(false, &mut roots);
    heap.collect(false, &mut roots);
    (roots[1], roots[2]) = (Value::NIL, Value::NIL);
    let before = heap.used_words();
    let mut phases = vec![heap.phase()];
    let (mut marked, mut last_left) = (0, usize::MAX);
    for round in 0..100_000 {
        let step = heap.collector_step(false, &mut roots).expect("the collector is on");
        assert!(!step.is_copy);
        assert_eq!(Some(&step.before), phases.last());
        if round == 0 {
            assert!(step.greys > 0, "roots are grey: {step:?}");
        }
        marked += step.marked_words;
        if step.after != step.before {
            phases.push(step.after);
        }
        if step.before == Phase::Sweeping {
            assert!(step.swept_words > 0 && step.chunks_left < last_left, "one chunk at a time: {step:?}");
            last_left = step.chunks_left;
        }
        if round % 50 == 0 {
            heap.verify().expect("intact after every step");
            count_down(&mut heap, 3, &mut roots, 3);
            heap.write(roots[0], 0, roots[3]);
        }
        if step.after == Phase::Idle {
            break;
        }
    }
    assert_eq!(phases, [Phase::Idle, Phase::Marking, Phase::Sweeping, Phase::Idle]);
    assert!(marked >= 45_000, "{marked} words");
    assert!(heap.used_words() < before - 45_000, "{} of {before}", heap.used_words());
    assert_eq!(numbers(roots[0].cdr()).len(), 14_999);
    assert_eq!(numbers(roots[0].car()), [3, 2, 1]);
    let records: Vec<_> = heap.take_collections().filter(|record| record.slice > 0).collect();
    assert!(records.windows(2).all(|pair| pair[1].slice == pair[0].slice + 1), "one cycle of slices");
    // By phases, it takes three.
    let phases: Vec<Phase> =
        (0..3).map(|_| heap.collector_step(true, &mut roots).expect("on").after).collect();
    assert_eq!(phases, [Phase::Marking, Phase::Sweeping, Phase::Idle]);
    heap.verify().expect("intact");
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the mutator's tests do the same on small heaps")]
fn a_step_under_every_policy_keeps_what_lives() {
    for (name, policy) in Policy::NAMED {
        let mut heap = heap(1 << 20);
        heap.set_policy(policy);
        let mut roots = vec![Value::NIL; 2];
        count_down(&mut heap, 2_000, &mut roots, 0);
        for round in 0..200 {
            let step = heap.collector_step(round % 7 == 6, &mut roots).expect("on");
            assert_eq!(step.is_copy, policy.method == arena::Method::Copy, "{name}");
            count_down(&mut heap, 40, &mut roots, 1);
            heap.write(roots[0], 0, roots[1]);
            heap.verify().expect(name);
        }
        // A step in the middle of which the policy goes to another one.
        let _begun = heap.collector_step(false, &mut roots);
        heap.set_policy(Policy::named("copying").expect("known"));
        count_down(&mut heap, 40_000, &mut roots, 1);
        heap.verify().expect(name);
        assert_eq!(numbers(roots[0].cdr()).len(), 1_999, "{name}");
        heap.set_enabled(false);
        assert_eq!(heap.collector_step(true, &mut roots), None, "{name}");
        count_down(&mut heap, 10_000, &mut roots, 1);
        heap.set_enabled(true);
        assert!(heap.collector_step(false, &mut roots).expect("on").is_copy, "{name}: all is copied first");
        heap.verify().expect(name);
        assert_eq!(numbers(roots[1]).len(), 10_000);
    }
}
