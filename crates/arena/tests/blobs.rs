//! Blobs: shared by count, freed by the last holder, whatever collects the heaps that refer to them.

mod common;

use std::sync::Arc;

use arena::{Budget, Heap, HeapError, HeapSettings, Image, Message, ObjectTag, Policy, Roots, Value};
use common::{bytes, count_down, heap_in, vector};

/// Bytes of a blob; more than fit in a nursery.
const LENGTH: usize = if cfg!(miri) { 40_000 } else { 100_000 };

fn budget() -> Arc<Budget> {
    Budget::new(1 << 26)
}

fn content(object: Value) -> &'static [u8] {
    object.raw_bytes(1, object.raw(0) as usize)
}

/// A blob of `LENGTH` times `byte` in `roots[at]`.
fn blob(heap: &mut Heap, byte: u8, roots: &mut Vec<Value>, at: usize) {
    roots[at] = bytes(heap, &vec![byte; LENGTH], roots);
    let source = roots[at];
    roots[at] = heap.make_blob(source, 0..LENGTH, roots).expect("room in the world");
}

fn send<R: Roots>(value: Value, to: &mut Heap, roots: &mut R) -> Value {
    Message::copy_out(value, 1 << 10).expect("data").copy_in(to, roots).expect("room")
}

#[test]
fn a_blob_is_sent_without_a_copy_and_freed_by_its_last_holder() {
    let budget = budget();
    let (mut first, mut second) = (heap_in(1 << 20, &budget), heap_in(1 << 20, &budget));
    let (mut roots, mut others) = (vec![Value::NIL; 2], vec![Value::NIL; 2]);
    blob(&mut first, 7, &mut roots, 0);
    first.collect(true, &mut roots);
    let before = budget.used_bytes();
    // In a structure, alone, and in a message that nobody reads.
    first.reserve(3, &mut roots).expect("room");
    roots[1] = first.cons(roots[0], roots[0]);
    others[0] = send(roots[1], &mut second, &mut others);
    others[1] = send(roots[0], &mut second, &mut others);
    let unread = Message::copy_out(roots[0], 0).expect("nothing to copy");
    assert_eq!((unread.heap_words(), unread.shared_root()), (0, None), "its holder must know of it");
    assert!(budget.used_bytes() < before + LENGTH as u64, "the bytes are not copied");
    assert_eq!((others[0].car(), others[0].cdr(), others[1]), (roots[0], roots[0], roots[0]));
    assert!(others[1].header().is_blob() && others[1].header().is_literal());
    drop(first);
    second.collect(true, &mut others);
    second.verify().expect("intact");
    assert_eq!((second.blob_count(), content(others[1])), (1, &[7; LENGTH][..]));
    others.fill(Value::NIL);
    second.collect(true, &mut others);
    assert_eq!((second.blob_count(), second.blob_words()), (0, 0));
    assert!(budget.used_bytes() > LENGTH as u64, "the message holds it");
    drop(unread);
    assert!(budget.used_bytes() < LENGTH as u64);
}

#[test]
#[cfg_attr(miri, ignore = "too many objects; the others do the same on small heaps")]
fn every_policy_keeps_the_blobs_that_are_reachable_and_no_others() {
    for (name, policy) in Policy::NAMED {
        let budget = budget();
        let mut heap = heap_in(1 << 20, &budget);
        heap.set_policy(Policy { threshold_words: 4_000, nursery_words_max: 1 << 9, mark_rate: 1, ..policy });
        let mut roots = vec![Value::NIL; 4];
        roots[0] = vector(&mut heap, 8, Value::NIL, &mut roots);
        count_down(&mut heap, 4_000, &mut roots, 3);
        for round in 0..200_usize {
            // Old objects refer to blobs, lose them, and hand them on, whatever phase the collector is in.
            blob(&mut heap, round as u8, &mut roots, 1);
            heap.write(roots[0], round % 8, roots[1]);
            heap.write(roots[0], (round + 3) % 8, roots[0].field((round + 5) % 8));
            roots[1] = Value::NIL;
            count_down(&mut heap, 300, &mut roots, 2);
            heap.verify().unwrap_or_else(|error| panic!("{name}, round {round}: {error}"));
            for slot in roots[0].fields().iter().filter(|slot| slot.is_reference()) {
                assert!(content(*slot).windows(2).all(|pair| pair[0] == pair[1]), "{name}, round {round}");
            }
            assert!(heap.blob_count() < 60, "{name}: {} blobs in round {round}", heap.blob_count());
        }
        roots.truncate(1);
        heap.collect(true, &mut roots);
        let mut kept: Vec<u64> = roots[0].fields().iter().map(|slot| slot.bits()).collect();
        kept.sort_unstable();
        kept.dedup();
        assert_eq!(heap.blob_count(), kept.len(), "{name}");
        drop(heap);
        assert_eq!(budget.used_bytes(), 0, "{name}");
    }
}

#[test]
fn weak_references_and_guardians_see_a_blob_go() {
    let mut heap = heap_in(1 << 20, &budget());
    let mut roots = vec![Value::NIL; 4];
    blob(&mut heap, 1, &mut roots, 0);
    let object = roots[0];
    roots[1] = heap.make_weak_reference(object, &mut roots).expect("room");
    roots[2] = heap.make_guardian(&mut roots).expect("room");
    heap.guard(roots[2], roots[0]).expect("few are guarded");
    heap.collect(true, &mut roots);
    assert_eq!(roots[1].field(0), roots[0]);
    assert!(heap.next_guarded(roots[2]).is_none());
    roots[0] = Value::NIL;
    heap.collect(true, &mut roots);
    // What a guardian hands back keeps its weak references.
    roots[3] = heap.next_guarded(roots[2]).expect("nothing else refers to it");
    assert_eq!((content(roots[3])[9], roots[1].field(0)), (1, roots[3]));
    roots[3] = Value::NIL;
    heap.collect(true, &mut roots);
    assert_eq!((roots[1].field(0), heap.blob_count()), (Value::FALSE, 0));
}

#[test]
fn a_world_without_room_refuses_after_collecting_what_is_garbage() {
    let budget = Budget::new(4 * LENGTH as u64 + LENGTH as u64 * 9 / 10);
    let mut settings = HeapSettings::new(1 << 16, budget, || 0.0);
    settings.policy.threshold_words = 1 << 30;
    let mut heap = Heap::new(settings);
    let mut roots = vec![Value::NIL; 8];
    for _ in 0..20 {
        blob(&mut heap, 1, &mut roots, 0);
    }
    for at in 0..3 {
        blob(&mut heap, 1, &mut roots, at);
    }
    let source = roots[0];
    roots[3] = heap.make_blob(source, 0..LENGTH, &mut roots).expect("room for a fourth");
    let source = roots[0];
    let error = heap.make_blob(source, 0..LENGTH, &mut roots).expect_err("there is no room for a fifth");
    assert!(matches!(error, HeapError::WorldFull { .. }), "{error}");
    heap.verify().expect("intact");
}

/// Nothing but data.
struct Nothing;

impl arena::Surroundings for Nothing {
    fn name_of_shared(&self, _: Value) -> Option<String> {
        None
    }

    fn name_of_address(&self, _: u64) -> Option<String> {
        None
    }

    fn addresses(&self, _: Value, _: &mut dyn FnMut(Value, usize) -> bool) {}

    fn root_addresses(&self, _: &mut dyn FnMut(Value, usize) -> bool) {}
}

impl arena::Resolver for Nothing {
    fn shared(&self, _: &str) -> Option<Value> {
        None
    }

    fn address(&self, _: &str) -> Option<u64> {
        None
    }

    fn check(&self, _: Value) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn an_image_has_a_blob_whole() {
    let mut heap = heap_in(1 << 20, &budget());
    let mut roots = vec![Value::NIL; 2];
    blob(&mut heap, 9, &mut roots, 0);
    heap.reserve(3, &mut roots).expect("room");
    roots[1] = heap.cons(roots[0], Value::NIL);
    let held: Vec<arena::Root> =
        roots.iter().map(|value| arena::Root { value: *value, description: "test".to_string() }).collect();
    let (image, _) = Image::of_heap(&heap, &held, &Nothing, 1 << 20).expect("an image");
    let image = Image::read(&image.write()).expect("sound");
    let mut other = heap_in(1 << 20, &budget());
    let back = image.restore(&mut other, &Nothing).expect("room");
    assert!(back[0].is_object(ObjectTag::Bytevector) && back[0].header().is_literal());
    assert_eq!((back[1].car(), content(back[0])), (back[0], &[9; LENGTH][..]));
    let (again, _) = Image::of_heap(
        &other,
        &[
            arena::Root { value: back[0], description: String::new() },
            arena::Root { value: back[1], description: String::new() },
        ],
        &Nothing,
        1 << 20,
    )
    .expect("an image");
    assert_eq!(again.state_hash(), image.state_hash());
}
