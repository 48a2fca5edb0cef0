//! Messages: what they keep, what they refuse, and that they leave the sender alone.

mod common;

use arena::{Budget, HeapError, LARGE_WORDS, Message, MessageError, ObjectTag, SharedHeap, Value};
use common::{count_down, heap, heap_in, numbers, string, vector};

const NO_LIMIT: usize = usize::MAX;

#[test]
fn immediates_take_no_words() {
    let mut to = heap(1 << 10);
    for value in [Value::NIL, Value::fixnum(-4), Value::character('x'), Value::TRUE] {
        let message = Message::copy_out(value, 0).expect("nothing to copy");
        assert_eq!((message.heap_words(), message.shared_root()), (0, Some(value)));
        assert_eq!(message.copy_in(&mut to, &mut [Value::NIL]), Ok(value));
    }
    assert_eq!(to.capacity_words(), 0);
}

#[test]
fn sharing_and_cycles_are_kept() {
    let (mut from, mut to) = (heap(1 << 10), heap(1 << 10));
    from.reserve(9, &mut [Value::NIL]).expect("room");
    let leaf = from.cons(Value::fixnum(1), Value::NIL);
    let both = from.cons(leaf, leaf);
    let ring = from.cons(both, Value::NIL);
    from.write(ring, 1, ring);
    let copy =
        Message::copy_out(ring, 9).expect("nine words").copy_in(&mut to, &mut [Value::NIL]).expect("room");
    assert_ne!(copy, ring);
    assert_eq!(copy.cdr(), copy);
    assert_eq!(copy.car().car(), copy.car().cdr());
    assert_eq!(copy.car().car().car(), Value::fixnum(1));
    assert_eq!(to.used_words(), 9);
    from.verify().expect("the sender is intact");
    to.verify().expect("the receiver is intact");
}

#[test]
fn copies_are_independent_of_the_original() {
    let (mut from, mut to) = (heap(1 << 10), heap(1 << 10));
    from.reserve(3, &mut [Value::NIL]).expect("room");
    let pair = from.cons(Value::fixnum(1), Value::NIL);
    let copy =
        Message::copy_out(pair, 3).expect("three words").copy_in(&mut to, &mut [Value::NIL]).expect("room");
    from.write(pair, 0, Value::fixnum(2));
    drop(from);
    assert_eq!(copy.car(), Value::fixnum(1));
}

#[test]
fn several_values_travel_as_one_vector() {
    let (mut from, mut to) = (heap(1 << 10), heap(1 << 10));
    from.reserve(3, &mut [Value::NIL]).expect("room");
    let pair = from.cons(Value::fixnum(1), Value::NIL);
    let message = Message::copy_out_all(&[pair, Value::TRUE, pair], 7).expect("four words and three");
    assert_eq!(message.heap_words(), 7);
    let copy = message.copy_in(&mut to, &mut [Value::NIL]).expect("room");
    assert!(copy.is_object(ObjectTag::Vector));
    assert_eq!((copy.field(0), copy.field(1)), (copy.field(2), Value::TRUE));
    let refused = Message::copy_out_all(&[pair, Value::TRUE, pair], 6).map(|_| ());
    assert_eq!(refused, Err(MessageError::TooLarge { limit_words: 6 }));
    let refused = Message::copy_out_all(&[Value::NIL; 8], 8).map(|_| ());
    assert_eq!(refused, Err(MessageError::TooLarge { limit_words: 8 }));
}

#[test]
fn shared_objects_go_by_reference() {
    let mut shared = SharedHeap::new();
    let literal = shared.string("literal");
    let (mut from, mut to) = (heap(1 << 10), heap(1 << 10));
    assert_eq!(Message::copy_out(literal, 0).expect("nothing to copy").shared_root(), Some(literal));
    from.reserve(3, &mut [Value::NIL]).expect("room");
    let pair = from.cons(literal, literal);
    let mut roots =
        [Message::copy_out(pair, 3).expect("three words").copy_in(&mut to, &mut [Value::NIL]).expect("room")];
    assert_eq!((roots[0].car(), roots[0].cdr()), (literal, literal));
    to.collect(true, &mut roots);
    assert_eq!((roots[0].car().string_text().as_str(), to.used_words()), ("literal", 3));
}

#[test]
fn what_cannot_be_sent_restores_every_header() {
    for tag in [ObjectTag::Continuation, ObjectTag::Segment, ObjectTag::Port] {
        let mut from = heap(1 << 10);
        let mut roots = vec![Value::NIL];
        count_down(&mut from, 20, &mut roots, 0);
        from.reserve(5, &mut roots).expect("room");
        let own = from.alloc(tag, 1);
        own.init_field(0, Value::NIL);
        roots[0] = from.cons(own, roots[0]);
        assert_eq!(Message::copy_out(roots[0], NO_LIMIT).map(|_| ()), Err(MessageError::NotSendable(tag)));
        assert_eq!(Message::copy_out_all(&roots, NO_LIMIT).map(|_| ()), Err(MessageError::NotSendable(tag)));
        from.verify().expect("headers are back");
        assert_eq!(numbers(roots[0].cdr()).len(), 20);
        assert!(roots[0].car().is_object(tag));
    }
}

#[test]
fn messages_over_the_limit_are_refused_and_restore_every_header() {
    let mut from = heap(1 << 12);
    let mut roots = vec![Value::NIL];
    count_down(&mut from, 50, &mut roots, 0);
    assert_eq!(
        Message::copy_out(roots[0], 149).map(|_| ()),
        Err(MessageError::TooLarge { limit_words: 149 })
    );
    from.verify().expect("headers are back");
    assert_eq!(numbers(roots[0]).len(), 50);
    assert_eq!(Message::copy_out(roots[0], 150).expect("150 words").heap_words(), 150);
}

#[test]
fn identity_numbers_stay_behind() {
    let (mut from, mut to) = (heap(1 << 10), heap(1 << 10));
    from.reserve(3, &mut [Value::NIL]).expect("room");
    let pair = from.cons(Value::NIL, Value::NIL);
    assert_eq!(from.identity(pair), 1);
    let copy =
        Message::copy_out(pair, 3).expect("three words").copy_in(&mut to, &mut [Value::NIL]).expect("room");
    assert_eq!((pair.header().identity(), copy.header().identity()), (1, 0));
}

#[test]
fn big_messages_go_to_the_old_space_and_survive_collections() {
    let count = (LARGE_WORDS / 3 + 10) as i64;
    let (mut from, mut to) = (heap(1 << 16), heap(1 << 16));
    let mut roots = vec![Value::NIL];
    count_down(&mut from, count, &mut roots, 0);
    let message = Message::copy_out(roots[0], NO_LIMIT).expect("data");
    assert!(message.heap_words() > LARGE_WORDS);
    let mut kept = vec![Value::NIL, Value::NIL];
    count_down(&mut to, 5, &mut kept, 0);
    kept[1] = message.copy_in(&mut to, &mut kept).expect("room");
    to.verify().expect("the receiver is intact");
    // From the old space to the nursery and back.
    to.reserve(3, &mut kept).expect("room");
    let young = to.cons(Value::fixnum(0), kept[1]);
    to.write(kept[1], 0, young);
    for major in [false, true, false, true] {
        to.collect(major, &mut kept);
        to.verify().expect("intact after a collection");
        assert_eq!(kept[1].car().cdr(), kept[1]);
        assert_eq!(numbers(kept[1].cdr()).len() as i64, count - 1);
        assert_eq!(numbers(kept[0]), [5, 4, 3, 2, 1]);
    }
    assert_eq!(to.used_words(), 3 * (count as usize + 1 + 5));
}

#[test]
fn a_large_vector_arrives_whole() {
    let (mut from, mut to) = (heap(1 << 16), heap(1 << 16));
    let mut roots = vec![Value::NIL];
    roots[0] = vector(&mut from, LARGE_WORDS * 2, Value::fixnum(9), &mut roots);
    let text = string(&mut from, "inside", &mut roots);
    from.write(roots[0], 1, text);
    let message = Message::copy_out(roots[0], NO_LIMIT).expect("data");
    let mut kept = vec![message.copy_in(&mut to, &mut Vec::new()).expect("room")];
    for major in [false, true, true] {
        to.collect(major, &mut kept);
        to.verify().expect("intact after a collection");
        assert_eq!(kept[0].field(1).string_text(), "inside");
        assert_eq!(kept[0].field(LARGE_WORDS * 2 - 1), Value::fixnum(9));
    }
}

#[test]
fn a_heap_without_room_refuses_a_message_and_stays_as_it_was() {
    let (mut from, mut to) = (heap(1 << 16), heap(2_000));
    let mut roots = vec![Value::NIL];
    count_down(&mut from, 500, &mut roots, 0);
    let small = Message::copy_out(roots[0], NO_LIMIT).expect("data");
    count_down(&mut from, 3_000, &mut roots, 0);
    let big = Message::copy_out(roots[0], NO_LIMIT).expect("data");
    let mut kept = vec![Value::NIL];
    count_down(&mut to, 100, &mut kept, 0);
    assert!(matches!(big.copy_in(&mut to, &mut kept), Err(HeapError::HeapFull { limit_words: 2_000, .. })));
    to.verify().expect("intact after a refusal");
    // What was refused left no trace: the same message fits twice only if the first copy is garbage by then.
    for _ in 0..4 {
        let copy = small.copy_in(&mut to, &mut kept).expect("1,500 words of 2,000, 300 kept, garbage goes");
        assert_eq!(numbers(copy).len(), 500);
        to.verify().expect("intact after a copy");
    }
    assert_eq!(numbers(kept[0]).len(), 100);
}

#[test]
fn garbage_in_the_nursery_makes_way_for_a_big_message() {
    let (mut from, mut to) = (heap(1 << 16), heap(8 << 10));
    let mut roots = vec![Value::NIL];
    count_down(&mut from, 2_400, &mut roots, 0);
    let message = Message::copy_out(roots[0], NO_LIMIT).expect("data");
    // A nursery full of garbage, nothing old.
    let mut kept = vec![Value::NIL];
    to.reserve(2_000, &mut kept).expect("room");
    while to.has_room(3) && to.used_words() < 1_990 {
        to.cons(Value::NIL, Value::NIL);
    }
    let copy = message.copy_in(&mut to, &mut kept).expect("7,200 of 8,192 words");
    assert_eq!(numbers(copy).len(), 2_400);
}

#[test]
fn copying_in_under_pressure_keeps_the_roots() {
    let mut from = heap(1 << 12);
    let mut roots = vec![Value::NIL];
    count_down(&mut from, 30, &mut roots, 0);
    let message = Message::copy_out(roots[0], NO_LIMIT).expect("data");
    let budget = Budget::new(1 << 20);
    let mut to = heap_in(4_000, &budget);
    let mut kept = vec![Value::NIL];
    for round in 0..1_000 {
        let copy = message.copy_in(&mut to, &mut kept).expect("at most 10 copies are kept");
        if round % 100 == 0 {
            kept.push(copy);
        }
    }
    to.verify().expect("intact");
    assert!(to.totals().minor > 10);
    assert!(kept[1..].iter().all(|list| numbers(*list).len() == 30));
    drop(to);
    assert_eq!(budget.used_bytes(), 0);
}

#[test]
fn a_message_outlives_its_sender_and_crosses_threads() {
    let mut from = heap(1 << 12);
    let mut roots = vec![Value::NIL];
    count_down(&mut from, 10, &mut roots, 0);
    let message = Message::copy_out(roots[0], NO_LIMIT).expect("data");
    drop(from);
    let received = std::thread::spawn(move || {
        let mut to = heap(1 << 12);
        let copy = message.copy_in(&mut to, &mut Vec::new()).expect("room");
        numbers(copy)
    });
    assert_eq!(received.join().expect("no panic"), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
}
