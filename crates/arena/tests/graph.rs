//! Heap graphs against naive models: dominators by taking each object out, ways by trying all lengths, what is unreachable
//! by marking.

mod common;

use std::collections::BTreeSet;

use arena::{Edges, Heap, HeapGraph, LARGE_WORDS, ObjectTag, Root, Value};
use common::{count_down, heap, string, vector};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 3 } else { 256 };
const OBJECTS_MAX: usize = if cfg!(miri) { 8 } else { 24 };

fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: CASES, ..config }
    }
}

/// References of each object (to the object of that number, or none), and which objects are roots.
type Plan = (Vec<Vec<Option<usize>>>, Vec<usize>);

fn plan() -> impl Strategy<Value = Plan> {
    (1..OBJECTS_MAX).prop_flat_map(|count| {
        let field = prop_oneof![1 => Just(None), 3 => (0..count).prop_map(Some)];
        let objects = prop::collection::vec(prop::collection::vec(field, 0..4), count);
        (objects, prop::collection::vec(0..count, 0..4))
    })
}

/// A heap as planned: each object is a vector whose first field says which it is.
fn build((objects, held): &Plan) -> (Heap, Vec<Root>) {
    let mut heap = heap(1 << 20);
    let mut values: Vec<Value> = Vec::new();
    for (number, fields) in objects.iter().enumerate() {
        let object = vector(&mut heap, 1 + fields.len(), Value::fixnum(number as i64), &mut values);
        values.push(object);
    }
    for (number, fields) in objects.iter().enumerate() {
        for (field, end) in fields.iter().enumerate() {
            if let Some(end) = end {
                heap.write(values[number], 1 + field, values[*end]);
            }
        }
    }
    let root = |(index, number): (usize, &usize)| Root {
        value: values[*number],
        description: format!("root {index}"),
    };
    (heap, held.iter().enumerate().map(root).collect())
}

/// Objects reached from `roots` along references that `allowed` lets pass, without entering `without`.
fn reached(
    edges: &Edges,
    roots: impl IntoIterator<Item = u32>,
    without: Option<u32>,
    allowed: impl Fn(u32, u32) -> bool,
) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<u32> = roots.into_iter().filter(|root| Some(*root) != without).collect();
    while let Some(object) = open.pop() {
        if seen.insert(object) {
            let ends = edges.ends(object).iter().copied();
            open.extend(ends.filter(|end| Some(*end) != without && allowed(object, *end)));
        }
    }
    seen
}

fn check(plan: &Plan) -> Result<(), TestCaseError> {
    let (heap, roots) = build(plan);
    let (graph, places) = HeapGraph::of_heap(&heap, &roots).expect("few objects");
    let incoming = graph.incoming();
    prop_assert_eq!(graph.objects() as usize, plan.0.len());
    let edges = graph.outgoing();
    let planned: usize = plan.0.iter().flatten().filter(|field| field.is_some()).count();
    prop_assert_eq!((edges.len(), incoming.len()), (planned, planned));
    let live = reached(edges, graph.roots().iter().map(|root| root.object), None, |_, _| true);
    prop_assert_eq!(live.len() as u32, graph.reachable());
    prop_assert!(live.iter().all(|object| *object < graph.reachable()));
    for object in 0..graph.objects() {
        let place = places.place(object).expect("every object lies somewhere");
        prop_assert_eq!(places.number_at(place), Some(object));
    }

    // Heads reach everything that is unreachable, and none of them is reached from another.
    let dead = |from: u32, to: u32| from >= graph.reachable() && to >= graph.reachable();
    let heads = graph.unreachable_heads();
    let all_dead: BTreeSet<u32> = (graph.reachable()..graph.objects()).collect();
    prop_assert_eq!(&reached(edges, heads.iter().copied(), None, dead), &all_dead);
    for head in &heads {
        let others = heads.iter().copied().filter(|other| other != head);
        prop_assert!(!reached(edges, others, None, dead).contains(head));
    }

    // What an object retains is what is no longer reached without it.
    let dominators = graph.dominators(&incoming);
    let counts = |from: u32, to: u32| from < graph.reachable() || to >= graph.reachable();
    let starts = || graph.roots().iter().map(|root| root.object).chain(heads.iter().copied());
    let mut dominated_by: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); graph.objects() as usize];
    for object in 0..graph.objects() {
        let left = reached(edges, starts(), Some(object), counts);
        let gone: Vec<u32> = (0..graph.objects()).filter(|other| !left.contains(other)).collect();
        let words: u64 = gone.iter().map(|other| u64::from(graph.words(*other))).sum();
        prop_assert_eq!(dominators.retained_words(object), words, "object {}", object);
        for other in gone.into_iter().filter(|other| *other != object) {
            dominated_by[other as usize].insert(object);
        }
    }
    for object in 0..graph.objects() {
        // Dominators are a chain; the immediate one has all others as its own.
        let above = &dominated_by[object as usize];
        let immediate =
            above.iter().copied().find(|one| dominated_by[*one as usize].len() + 1 == above.len());
        prop_assert_eq!(dominators.dominator(object), immediate, "object {}", object);
    }

    // Ways are as short as can be, and lead where they say.
    let mut rings: Vec<BTreeSet<u32>> = vec![graph.roots().iter().map(|root| root.object).collect()];
    while let Some(last) = rings.last().filter(|ring| !ring.is_empty()) {
        let next = last.iter().flat_map(|object| edges.ends(*object)).copied();
        let next = next.filter(|end| !rings.iter().any(|ring| ring.contains(end))).collect();
        rings.push(next);
    }
    for object in 0..graph.objects() {
        let path = graph.path(&incoming, object);
        let length = rings.iter().position(|ring| ring.contains(&object));
        prop_assert_eq!(path.as_ref().map(|path| path.steps.len()), length);
        if let Some(path) = path {
            prop_assert_eq!(graph.roots()[path.root].object, path.first);
            let mut at = path.first;
            for (field, end) in path.steps {
                prop_assert!(edges.of(at).any(|edge| edge == (field, end)));
                at = end;
            }
            prop_assert_eq!(at, object);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn graphs_agree_with_naive_models(plan in plan()) {
        check(&plan)?;
    }

    #[test]
    fn numbers_of_what_is_reachable_do_not_depend_on_collections(plan in plan(), majors: [bool; 3]) {
        let (mut heap, roots) = build(&plan);
        let (before, _) = HeapGraph::of_heap(&heap, &roots).expect("few objects");
        let mut values: Vec<Value> = roots.iter().map(|root| root.value).collect();
        for major in majors {
            heap.collect(major, &mut values);
        }
        let moved: Vec<Root> = roots
            .iter()
            .zip(&values)
            .map(|(root, value)| Root { value: *value, description: root.description.clone() })
            .collect();
        let (after, _) = HeapGraph::of_heap(&heap, &moved).expect("few objects");
        prop_assert_eq!(after.roots(), before.roots());
        prop_assert_eq!(after.reachable(), before.reachable());
        for object in 0..after.reachable() {
            prop_assert_eq!(after.outgoing().ends(object), before.outgoing().ends(object));
            prop_assert_eq!(after.tag(object), before.tag(object));
            prop_assert_eq!(after.words(object), before.words(object));
        }
    }
}

fn root(value: Value, description: &str) -> Root {
    Root { value, description: description.to_string() }
}

#[test]
fn pinned_objects_survive_and_move_until_they_are_let_go() {
    let mut heap = heap(1 << 16);
    let mut values = vec![Value::NIL];
    count_down(&mut heap, 100, &mut values, 0);
    let id = heap.add_root(values[0], "held by the debugger");
    values[0] = Value::NIL;
    heap.collect(false, &mut values);
    heap.collect(true, &mut values);
    let list = heap.root(id).expect("it is pinned");
    assert_eq!(common::numbers(list).len(), 100);
    let (graph, _) = HeapGraph::of_heap(&heap, &[]).expect("few objects");
    assert_eq!((graph.reachable(), graph.objects()), (100, 100));
    assert_eq!(graph.roots()[0].description, "held by the debugger");
    assert_eq!(heap.remove_root(id), Some(list));
    assert_eq!((heap.remove_root(id), heap.root(id)), (None, None));
    heap.collect(true, &mut values);
    assert_eq!(heap.used_words(), 0);
}

#[test]
fn leaks_are_what_nothing_reaches_by_type_and_by_head() {
    let mut heap = heap(1 << 16);
    let mut values = vec![Value::NIL, Value::NIL];
    count_down(&mut heap, 10, &mut values, 0);
    count_down(&mut heap, 7, &mut values, 1);
    // A ring: the list's end leads to its beginning.
    let mut last = values[1];
    while last.cdr() != Value::NIL {
        last = last.cdr();
    }
    heap.write(last, 1, values[1]);
    assert!(string(&mut heap, "left", &mut values).is_reference());
    let leaks = heap.detect_leaks(&[root(values[0], "list")]).expect("few objects");
    assert_eq!((leaks.all.objects, leaks.all.words), (8, 7 * 3 + 4));
    assert_eq!(leaks.by_tag[0].0, ObjectTag::Pair);
    assert_eq!(leaks.heads.iter().map(|(_, words)| *words).collect::<Vec<_>>(), [21, 4]);
    heap.collect(true, &mut values[..1].to_vec());
    let nothing = heap.detect_leaks(&[]).expect("few objects");
    assert_eq!(nothing.all.objects, 10);
}

#[test]
fn objects_are_counted_by_type_and_by_site() {
    let mut heap = heap(1 << 16);
    let mut values = vec![Value::NIL];
    let text = string(&mut heap, "going", &mut values);
    values[0] = text;
    let graph = |heap: &Heap, value: Value| HeapGraph::of_heap(heap, &[root(value, "it")]).expect("few").0;
    let before = graph(&heap, values[0]);
    count_down(&mut heap, 5, &mut values, 0);
    let mut after = graph(&heap, values[0]);
    let counted = |graph: &HeapGraph| -> Vec<(ObjectTag, u64, u64)> {
        graph.by_tag(true).into_iter().map(|(tag, amount)| (tag, amount.objects, amount.words)).collect()
    };
    assert_eq!(counted(&before), [(ObjectTag::String, 1, 5)]);
    assert_eq!(counted(&after), [(ObjectTag::Pair, 5, 15)]);
    assert_eq!(
        after.by_site().iter().map(|(site, amount)| (*site, amount.words)).collect::<Vec<_>>(),
        [(None, 15)]
    );
    after.set_sites((0..5).map(|number| (number > 0).then_some(number % 2)));
    assert_eq!((after.site(0), after.site(2)), (None, Some(0)));
    let words: Vec<_> = after.by_site().iter().map(|(site, amount)| (*site, amount.words)).collect();
    assert_eq!(words, [(Some(0), 6), (Some(1), 6), (None, 3)]);
}

#[test]
fn places_of_all_spaces_are_found_by_any_word() {
    let mut heap = heap(1 << 20);
    let mut values = vec![Value::NIL; 3];
    values[0] = vector(&mut heap, 9, Value::ZERO, &mut values);
    heap.collect(false, &mut values);
    values[1] = vector(&mut heap, LARGE_WORDS + 5, Value::ZERO, &mut values);
    values[2] = vector(&mut heap, 4, Value::ZERO, &mut values);
    let roots: Vec<Root> = values.iter().map(|value| root(*value, "vector")).collect();
    let (graph, places) = HeapGraph::of_heap(&heap, &roots).expect("few objects");
    let places = arena::Places::read(&places.write()).expect("they were written whole");
    for object in 0..3 {
        let start = places.place(object).expect("it lies somewhere");
        for offset in [0, graph.words(object) - 1] {
            let place = arena::Place { word: start.word + offset, ..start };
            assert_eq!(places.number_at(place), Some(object), "{place:?}");
        }
        let beyond = arena::Place { chunk: 99, ..start };
        assert_eq!(places.number_at(beyond), None);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too slow there")]
fn long_lists_and_rings_of_them_are_no_matter() {
    const LENGTH: i64 = 1_000_000;
    let mut heap = common::heap(1 << 23);
    let mut values = vec![Value::NIL];
    count_down(&mut heap, LENGTH, &mut values, 0);
    let mut last = values[0];
    while last.cdr() != Value::NIL {
        last = last.cdr();
    }
    heap.write(last, 1, values[0]);
    let (graph, _) = HeapGraph::of_heap(&heap, &[root(values[0], "ring")]).expect("few enough objects");
    let incoming = graph.incoming();
    assert_eq!(i64::from(graph.reachable()), LENGTH);
    let dominators = graph.dominators(&incoming);
    assert_eq!(dominators.retained_words(0), 3 * LENGTH as u64);
    assert_eq!(dominators.largest(0..graph.reachable(), 2), [0, 1]);
    let path = graph.path(&incoming, LENGTH as u32 - 1).expect("it is reached");
    assert_eq!((path.first, path.steps.len() as i64), (0, LENGTH - 1));
    assert!(path.steps.iter().all(|(field, _)| *field == 1));
    let leaks = heap.detect_leaks(&[]).expect("few enough objects");
    assert_eq!(
        (leaks.all.objects as i64, leaks.heads.len()),
        (graph.objects() as i64, graph.unreachable_heads().len() + 1)
    );
}
