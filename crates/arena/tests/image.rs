//! Heap images: what is written reads back equal, state hashes depend on state alone, and damaged images are errors.

mod common;

use arena::{
    Heap, HeapError, HeapGraph, Image, ImageError, ImagePart, ImageSite, ObjectTag, Resolver, Root, Roots,
    SharedHeap, Surroundings, Value, Visitor,
};
use common::{bytes, count_down, heap, string, vector};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 2 } else { 200 };
const MUTANTS: u32 = if cfg!(miri) { 20 } else { 30_000 };

fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: CASES, ..config }
    }
}

/// A program of three symbols, a shared list, and two procedures at addresses of its own.
struct Program {
    shared: Vec<Value>,
    code_at: u64,
    _heap: SharedHeap,
}

impl Program {
    fn new(code_at: u64) -> Program {
        let mut heap = SharedHeap::new();
        let mut shared: Vec<Value> = ["alpha", "beta", "gamma"].map(|name| heap.symbol(name)).into();
        shared.push(heap.object(ObjectTag::Pair, &[shared[0], Value::NIL]));
        Program { shared, code_at, _heap: heap }
    }

    fn code(&self, number: usize) -> Value {
        Value::from_bits(self.code_at + 64 * number as u64)
    }
}

impl Surroundings for Program {
    fn name_of_shared(&self, object: Value) -> Option<String> {
        self.shared.iter().position(|known| *known == object).map(|index| format!("shared {index}"))
    }

    fn name_of_address(&self, word: u64) -> Option<String> {
        (0..2).find(|number| self.code(*number).bits() == word).map(|number| format!("code {number}"))
    }

    /// The third word of a continuation, if it is one.
    fn addresses(&self, object: Value, note: &mut dyn FnMut(Value, usize) -> bool) {
        if object.is_object(ObjectTag::Continuation) && self.name_of_address(object.raw(2)).is_some() {
            note(object, 2);
        }
    }

    fn root_addresses(&self, _note: &mut dyn FnMut(Value, usize) -> bool) {}

    /// Two sites a line; those from 100 on are nowhere.
    fn place_of_site(&self, site: u32) -> Option<ImageSite> {
        (site < 100).then(|| ImageSite { file: "made.scm".to_string(), line: site / 2 })
    }
}

/// Roots, and the site that is at work.
struct Maker(Vec<Value>, u32);

impl Roots for Maker {
    fn visit(&mut self, visitor: &mut Visitor) {
        self.0.visit(visitor);
    }

    fn site(&self) -> u32 {
        self.1
    }
}

/// A list of four pairs that lines 3, 1, 3 and nobody known have made, and garbage of line 2.
fn tracked(program: &Program) -> (Heap, Image) {
    let mut heap = heap(1 << 16);
    heap.set_sites(true);
    let mut maker = Maker(vec![Value::NIL], 0);
    for site in [100, 6, 2, 7] {
        maker.1 = site;
        heap.reserve(3, &mut maker).expect("room");
        maker.0[0] = heap.cons(Value::fixnum(i64::from(site)), maker.0[0]);
        maker.1 = 5;
        vector(&mut heap, 3, Value::NIL, &mut maker);
    }
    let image = image(&heap, &maker.0, program);
    (heap, image)
}

impl Resolver for Program {
    fn shared(&self, name: &str) -> Option<Value> {
        self.shared.get(name.strip_prefix("shared ")?.parse::<usize>().ok()?).copied()
    }

    fn address(&self, name: &str) -> Option<u64> {
        let number = name.strip_prefix("code ")?.parse().ok().filter(|number| *number < 2)?;
        Some(self.code(number).bits())
    }

    fn check(&self, object: Value) -> Result<(), String> {
        let is_odd = object.is_object(ObjectTag::Closure) && object.words() > 8;
        if is_odd { Err("it captures too much".to_string()) } else { Ok(()) }
    }
}

/// An object to make; numbers choose among objects before it, modulo their number.
#[derive(Clone, Debug)]
enum Make {
    Vector(Vec<usize>),
    Pair(usize, usize),
    Text(String),
    Bytes(Vec<u8>),
    Closure(usize, Vec<usize>),
    Continuation(usize, usize),
    Shared(usize),
    Number(i32),
    /// Stores an object into a vector or pair made before.
    Store(usize, usize),
    Identity(usize),
    Weak(usize),
    Ephemeron(usize, usize),
}

fn make() -> impl Strategy<Value = Make> {
    let at = 0..50_usize;
    prop_oneof![
        3 => prop::collection::vec(at.clone(), 0..6).prop_map(Make::Vector),
        4 => (at.clone(), at.clone()).prop_map(|(a, b)| Make::Pair(a, b)),
        1 => "[a-zé☃]{0,9}".prop_map(Make::Text),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Make::Bytes),
        2 => (at.clone(), prop::collection::vec(at.clone(), 0..4)).prop_map(|(a, all)| Make::Closure(a, all)),
        1 => (at.clone(), at.clone()).prop_map(|(a, b)| Make::Continuation(a, b)),
        2 => at.clone().prop_map(Make::Shared),
        2 => any::<i32>().prop_map(Make::Number),
        3 => (at.clone(), at.clone()).prop_map(|(a, b)| Make::Store(a, b)),
        1 => at.clone().prop_map(Make::Identity),
        1 => at.clone().prop_map(Make::Weak),
        2 => (at.clone(), at).prop_map(|(a, b)| Make::Ephemeron(a, b)),
    ]
}

fn object(heap: &mut Heap, tag: ObjectTag, fields: &[usize], values: &mut Vec<Value>) -> Value {
    heap.reserve_object(fields.len(), values).expect("room");
    let object = heap.alloc(tag, fields.len());
    for (index, choice) in fields.iter().enumerate() {
        object.init_field(index, values[choice % values.len()]);
    }
    object
}

fn build(plan: &[Make], program: &Program) -> (Heap, Vec<Value>) {
    let mut heap = heap(1 << 20);
    let mut values = vec![Value::TRUE];
    for step in plan {
        let pick = |choice: &usize, values: &[Value]| values[choice % values.len()];
        let value = match step {
            Make::Vector(fields) => object(&mut heap, ObjectTag::Vector, fields, &mut values),
            Make::Pair(a, b) => object(&mut heap, ObjectTag::Pair, &[*a, *b], &mut values),
            Make::Text(text) => string(&mut heap, text, &mut values),
            Make::Bytes(content) => bytes(&mut heap, content, &mut values),
            Make::Closure(code, captured) => {
                let fields: Vec<usize> = std::iter::once(0).chain(captured.iter().copied()).collect();
                let closure = object(&mut heap, ObjectTag::Closure, &fields, &mut values);
                closure.init_field(0, program.code(code % 2));
                closure
            }
            Make::Continuation(a, b) => {
                let made = object(&mut heap, ObjectTag::Continuation, &[*a, 0, 0, *b], &mut values);
                made.init_field(2, program.code(b % 2));
                made
            }
            Make::Weak(choice) => {
                let target = pick(choice, &values);
                heap.make_weak_reference(target, &mut values).expect("room")
            }
            Make::Ephemeron(key, value) => {
                let (key, value) = (pick(key, &values), pick(value, &values));
                heap.make_ephemeron(key, value, &mut values).expect("room")
            }
            Make::Shared(choice) => program.shared[choice % program.shared.len()],
            Make::Number(number) => Value::fixnum(i64::from(*number)),
            Make::Store(a, b) => {
                let (target, value) = (pick(a, &values), pick(b, &values));
                let writable = matches!(target.object_tag(), Some(ObjectTag::Pair | ObjectTag::Vector));
                if writable && !target.header().is_shared() && target.words() > 0 {
                    heap.write(target, b % target.words(), value);
                }
                continue;
            }
            Make::Identity(choice) => {
                let value = pick(choice, &values);
                if value.is_reference() {
                    heap.identity(value);
                }
                continue;
            }
        };
        values.push(value);
    }
    // Some objects are garbage.
    let mut kept = 0;
    values.retain(|_| {
        kept += 1;
        kept % 3 != 0
    });
    (heap, values)
}

fn held(values: &[Value]) -> Vec<Root> {
    let root = |(index, value): (usize, &Value)| Root { value: *value, description: format!("root {index}") };
    values.iter().enumerate().map(root).collect()
}

fn image(heap: &Heap, values: &[Value], program: &Program) -> Image {
    Image::of_heap(heap, &held(values), program, 1 << 20).expect("an image").0
}

fn check(plan: &[Make], majors: &[bool]) -> Result<(), TestCaseError> {
    let (here, there) = (Program::new(0x10_0000), Program::new(0x77_0000));
    let (mut heap, mut values) = build(plan, &here);
    let first = image(&heap, &values, &here);
    let (graph, _) = HeapGraph::of_heap(&heap, &held(&values)).expect("few objects");
    prop_assert_eq!(first.graph().expect("few objects"), graph);
    let written = first.write();
    prop_assert_eq!(&Image::read(&written).expect("it reads back"), &first);
    for major in majors {
        heap.collect(*major, &mut values);
        prop_assert_eq!(image(&heap, &values, &here).state_hash(), first.state_hash());
    }

    // Another process: other addresses of code and of shared objects.
    let mut other = common::heap(1 << 20);
    match first.restore(&mut other, &there) {
        Ok(mut back) => {
            other.verify().expect("a sound heap");
            let again = image(&other, &back, &there);
            prop_assert_eq!(again.state_hash(), first.state_hash());
            other.collect(true, &mut back);
            prop_assert_eq!(image(&other, &back, &there).state_hash(), first.state_hash());
        }
        Err(error) => prop_assert!(false, "{}", error),
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn images_read_back_equal_and_hashes_depend_on_state_alone(
        plan in prop::collection::vec(make(), 0..60),
        majors in prop::collection::vec(any::<bool>(), 0..4),
    ) {
        check(&plan, &majors)?;
    }

    #[test]
    fn another_state_has_another_hash(plan in prop::collection::vec(make(), 3..40), number: i32) {
        let program = Program::new(0x10_0000);
        let (mut heap, mut values) = build(&plan, &program);
        count_down(&mut heap, 3, &mut values, 0);
        let before = image(&heap, &values, &program).state_hash();
        let same = values[0].car() == Value::fixnum(i64::from(number));
        heap.write(values[0], 0, Value::fixnum(i64::from(number)));
        prop_assert_eq!(image(&heap, &values, &program).state_hash() == before, same);
    }
}

/// Length and checksum as they should be.
fn repaired(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= 20 {
        let length = (bytes.len() - 20) as u64;
        let checksum = crc32(&bytes[20..]);
        bytes[8..16].copy_from_slice(&length.to_le_bytes());
        bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

/// CRC-32 bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] = random.next() as u8,
        1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = bytes[at].wrapping_add(1),
        // Words, so that references and headers turn into others.
        3 if at + 8 <= bytes.len() => {
            let from = random.below(bytes.len() - 8);
            bytes.copy_within(from..from + 8, at);
        }
        4 => bytes.truncate(at),
        _ => {
            let odd = [0, 1, 2, 5, 7, 6, 255, u64::MAX, 1 << 60][random.below(9)];
            let end = (at + 8).min(bytes.len());
            bytes[at..end].copy_from_slice(&odd.to_le_bytes()[..end - at]);
        }
    }
}

fn sample(program: &Program) -> Image {
    let plan = [
        Make::Pair(0, 0),
        Make::Text("some text".to_string()),
        Make::Bytes(vec![1, 2, 3]),
        Make::Closure(1, vec![1, 2, 3]),
        Make::Shared(1),
        Make::Shared(3),
        Make::Vector(vec![1, 2, 3, 4, 5, 6]),
        Make::Continuation(2, 7),
        Make::Store(1, 7),
        Make::Identity(2),
        Make::Weak(5),
        Make::Ephemeron(1, 3),
        Make::Number(-12),
        Make::Pair(8, 9),
    ];
    let (heap, values) = build(&plan, program);
    image(&heap, &values, program)
}

/// The image that every machine of this version writes of [`sample`]: the engine's tests read it in the browser.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sample.heap");
const SAMPLE_HASH: u128 = 0xad70_cace_37e4_9134_8c52_b718_9b13_4e76;

#[test]
#[cfg_attr(miri, ignore = "it reads a file")]
fn the_sample_has_the_bytes_that_it_always_had() {
    let image = sample(&Program::new(0x10_0000));
    if std::env::var_os("UPDATE_IMAGES").is_some() {
        std::fs::write(SAMPLE, image.write()).expect("a writable folder");
    }
    let written = std::fs::read(SAMPLE).expect("the sample");
    let known = Image::read(&written).expect("an image");
    assert_eq!(known.write(), written);
    assert_eq!(
        (known.state_hash(), image.state_hash()),
        (SAMPLE_HASH, SAMPLE_HASH),
        "{:#034x}",
        image.state_hash()
    );
}

#[test]
fn mutated_images_are_errors_or_sound_heaps() {
    let program = Program::new(0x10_0000);
    let (read, restored) = check_mutants(&program, &sample(&program).write());
    if !cfg!(miri) {
        assert!(restored > 100 && read > restored, "{read} read, {restored} restored");
    }
}

#[test]
fn mutated_images_with_sites_are_errors_or_sound_heaps() {
    let program = Program::new(0x10_0000);
    // Whatever is read of these is brought back: there is nothing in it that stays with its process.
    let (read, restored) = check_mutants(&program, &tracked(&program).1.write());
    if !cfg!(miri) {
        assert!(restored > 100 && read == restored, "{read} read, {restored} restored");
    }
}

/// Answers how many mutants could be read, and how many were brought back.
fn check_mutants(program: &Program, original: &[u8]) -> (u32, u32) {
    let mut random = Random(7);
    let (mut read, mut restored) = (0, 0);
    for mutant in 0..MUTANTS {
        let mut bytes = original.to_vec();
        for _ in 0..=random.below(3) {
            if !bytes.is_empty() {
                mutate(&mut bytes, &mut random);
            }
        }
        if mutant % 8 != 0 {
            bytes = repaired(bytes);
        }
        let Ok(image) = Image::read(&bytes) else { continue };
        read += 1;
        assert_eq!(image.write(), bytes, "mutant {mutant}");
        let sites = (0..image.objects()).filter_map(|object| image.site(object));
        assert!(sites.into_iter().all(|site| (site as usize) < image.sites().len()), "mutant {mutant}");
        let graph = image.graph().expect("few objects");
        assert_eq!(
            graph.dominators(&graph.incoming()).largest(0..graph.reachable(), 3).len().min(1),
            graph.reachable().min(1) as usize
        );
        let mut heap = heap(1 << 16);
        if let Ok(mut values) = image.restore(&mut heap, program) {
            restored += 1;
            heap.verify().expect("a sound heap");
            heap.collect(true, &mut values);
            let (again, _) = Image::of_heap(&heap, &held(&values), program, 1 << 16).expect("an image");
            assert_eq!(again.live_objects(), image.live_objects(), "mutant {mutant}");
        }
    }
    (read, restored)
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let program = Program::new(0x10_0000);
    let good = sample(&program).write();
    let error = |bytes: &[u8]| Image::read(bytes).expect_err("no image").to_string();
    assert!(error(b"").contains("no heap image"));
    assert!(error(b"#!/bin/sh and something more").contains("no heap image"));
    let mut later = good.clone();
    later[7] = 9;
    assert!(error(&later).contains("version 9"));
    assert!(error(&good[..good.len() - 1]).contains("is missing"));
    let mut damaged = good.clone();
    *damaged.last_mut().expect("some bytes") ^= 1;
    assert!(error(&damaged).contains("checksum"));
    // The title's length.
    let mut corrupted = good.clone();
    corrupted[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        Image::read(&repaired(corrupted)),
        Err(ImageError::Corrupted { at: 20, what: "4294967295 things cannot follow".to_string() })
    );
}

#[test]
fn absent_programs_small_heaps_and_large_images_are_errors() {
    let program = Program::new(0x10_0000);
    let image = sample(&program);
    let mut lacking = Program::new(0x10_0000);
    lacking.shared.truncate(1);
    let absent = image.restore(&mut heap(1 << 16), &lacking);
    assert!(matches!(absent, Err(ImageError::Absent(name)) if name.starts_with("shared ")));
    let full = image.restore(&mut heap(8), &program);
    assert!(matches!(full, Err(ImageError::Heap(HeapError::HeapFull { .. }))), "{full:?}");
    let mut values = vec![Value::NIL];
    let mut large = heap(1 << 16);
    values[0] = vector(&mut large, 100, Value::ZERO, &mut values);
    let taken = Image::of_heap(&large, &held(&values), &program, 99);
    assert_eq!(taken.map(|_| ()), Err(ImageError::TooLarge { words: 101, words_max: 99 }));
    let other = Image::of_heap(&large, &held(&[lacking._heap.symbol("delta")]), &program, 1 << 16);
    assert_eq!(other.map(|_| ()), Err(ImageError::Nameless("an object of the program")));
}

#[test]
fn parts_tell_what_objects_are_made_of() {
    let program = Program::new(0x10_0000);
    let mut heap = heap(1 << 16);
    let mut values = vec![Value::NIL];
    values[0] = string(&mut heap, "ab", &mut values);
    heap.reserve(3, &mut values).expect("room");
    values[0] = heap.cons(program.shared[1], values[0]);
    let image = image(&heap, &values, &program);
    assert_eq!(image.parts(0).collect::<Vec<_>>(), [ImagePart::Named("shared 1"), ImagePart::Object(1)]);
    assert_eq!((image.tag(1), image.raw(0), image.parts(1).len()), (ObjectTag::String, None, 0));
    assert_eq!(image.raw(1), Some(&[2, u64::from('a') | u64::from('b') << 32][..]));
    assert_eq!(image.root_part(&image.roots()[0]), ImagePart::Object(0));
    assert_eq!(image.roots()[0].description, "root 0");
}

#[test]
fn images_tell_which_line_made_each_object_and_nothing_else_depends_on_it() {
    let program = Program::new(0x10_0000);
    let (mut heap, image) = tracked(&program);
    let lines = |image: &Image| -> Vec<Option<u32>> {
        (0..image.objects()).map(|object| Some(image.sites()[image.site(object)? as usize].line)).collect()
    };
    let garbage = [Some(2); 4];
    assert_eq!(lines(&image), [&[Some(3), Some(1), Some(3), None][..], &garbage].concat());
    let written = image.write();
    assert_eq!(written[7], 2);
    assert_eq!(Image::read(&written).as_ref(), Ok(&image));
    let graph = image.graph().expect("few objects");
    let amounts: Vec<_> = graph.by_site().iter().map(|(site, amount)| (*site, amount.objects)).collect();
    assert_eq!(amounts, [(Some(0), 2), (Some(1), 1), (None, 1)]);

    // Who does not ask has the image of version 1, of the same state.
    let mut plain = common::heap(1 << 16);
    let values = image.restore(&mut plain, &program).expect("room");
    let again = self::image(&plain, &values, &program);
    assert_eq!((again.write()[7], again.has_sites()), (1, false));
    assert_eq!(again.state_hash(), image.state_hash());
    assert_eq!(image.clone().without_history().write(), again.without_history().write());
    heap.set_sites(false);
    assert!(!self::image(&heap, &values[..0], &program).has_sites());
}

#[test]
fn sites_that_make_no_sense_are_errors() {
    let program = Program::new(0x10_0000);
    let good = tracked(&program).1.write();
    // Eight sites, one for each object, are the end of it; before them two places.
    let sites = good.len() - 8 * 4;
    let with = |at: usize, number: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        Image::read(&repaired(bytes)).map(|_| ()).map_err(|error| error.to_string())
    };
    let corrupted = |at: usize, what: &str| Err(format!("the heap image is corrupted at byte {at}: {what}"));
    assert_eq!(with(sites, 1), Ok(()));
    assert_eq!(with(sites, 2), corrupted(sites, "object 0 is of site 2 out of order"));
    assert_eq!(with(sites + 4, 4), corrupted(sites + 4, "object 1 is of site 4 out of order"));
    let mut cut = good.clone();
    cut.truncate(good.len() - 4);
    let error = Image::read(&repaired(cut)).expect_err("a site is missing").to_string();
    assert!(error.contains("the sites of 8 objects cannot follow"), "{error}");
    let mut unused = good.clone();
    unused[sites..].fill(0);
    let error = Image::read(&repaired(unused)).expect_err("nobody uses the places").to_string();
    assert!(error.contains("no object is of site 1"), "{error}");
}
