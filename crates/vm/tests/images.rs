//! Images of machines that run real programs: they read back equal, their hashes do not depend on addresses or collections,
//! and another process that has loaded the same program brings them back.

mod common;

use arena::{Budget, Heap, HeapSettings, Image, ImageError, Root};
use common::{Lone, compile, library, load};
use vm::{Linker, Machine, Outcome, ProgramNames, restore_image};

const FUEL: i64 = 3;
/// For the program whose frames have to leave the stack.
const FUEL_DEEP: i64 = 997;
const SLICES: usize = 300;
const HEAP_WORDS: usize = 1 << 20;

const SOURCES: [&str; 8] = [
    "(define (make n) (lambda () (set! n (+ n 1)) n)) (define all (map make '(1 2 3 4))) (define (go i) (if (< i 40) (begin (for-each (lambda (f) (f)) all) (go (+ i 1))) (map (lambda (f) (f)) all))) (go 0)",
    "(define k #f) (define n 0) (define (deep i) (if (= i 0) (begin (call/cc (lambda (c) (set! k c))) 0) (+ 1 (deep (- i 1))))) (deep 30) (set! n (+ n 1)) (if (< n 9) (k n)) (guard (e (#t (list 'caught e))) (dynamic-wind (lambda () 1) (lambda () (raise 'x)) (lambda () 2)))",
    "(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y)) (define all (let loop ((i 0) (l '())) (if (< i 60) (loop (+ i 1) (cons (make-point i (* i 1.5e300)) l)) l))) (for-each (lambda (p) (set-point-x! p p)) all) (length all)",
    "(define t (make-hash-table)) (define v (make-vector 30 0)) (define (fill i) (if (< i 30) (begin (hash-table-set! t (list i (number->string i)) (vector i v)) (hash-table-set! t v i) (vector-set! v i (string-append \"s\" (number->string i))) (fill (+ i 1))))) (fill 0) (define s (string->symbol \"made here\")) (hash-table-ref/default t (list 5 \"5\") s)",
    "(define (big i x) (if (< i 60) (big (+ i 1) (* x 1234567)) (list x (/ x 7) (exact->inexact x)))) (big 0 3)",
    "(define out (open-output-string)) (define (go i) (if (< i 50) (begin (write (list i 'sym \"text\" #\\a 1.5) out) (go (+ i 1))) (string-length (get-output-string out)))) (go 0)",
    "(send (self) '(literal 1)) (send (self) (list 1 (vector 3))) (define p (delay (list 1 2))) (define (go n) (receive (('literal a) (go (list n a))) (x (force p)))) (go 0) (with-exception-handler (lambda (e) 42) (lambda () (+ 1 (raise-continuable (list 1 2 3)))))",
    "(define (deep n) (if (= n 0) (vector-ref (vector 1) 7) (+ 1 (deep (- n 1))))) (guard (e (#t 'caught)) (deep 7000)) (deep 7000)",
];

fn image(machine: &Machine, linker: &Linker) -> Image {
    machine.image(linker, HEAP_WORDS).unwrap_or_else(|error| panic!("{error}")).0
}

fn bring_back(image: &Image, linker: &Linker) -> Result<u128, ImageError> {
    let budget = Budget::new(1 << 30);
    let mut heap = Heap::new(HeapSettings::new(HEAP_WORDS, budget, || 0.0));
    let mut values = restore_image(linker, image, &mut heap)?;
    heap.verify().expect("a sound heap");
    heap.collect(true, &mut values);
    let roots: Vec<Root> = values
        .iter()
        .zip(image.roots())
        .map(|(value, root)| Root { value: *value, description: root.description.clone() })
        .collect();
    let (again, _) = Image::of_heap(&heap, &roots, &ProgramNames::new(linker), HEAP_WORDS)?;
    Ok(again.state_hash())
}

#[test]
fn images_of_running_programs_read_back_and_do_not_depend_on_addresses_or_collections() {
    let (mut brought, mut refused) = (0, 0);
    for source in SOURCES {
        let (linker, mut machine) = load(compile(source), HEAP_WORDS).expect("it loads");
        let (elsewhere, mut twin) = load(compile(source), HEAP_WORDS).expect("it loads");
        let (mut host, mut other) = (Lone::default(), Lone::default());
        let share = if source.contains("7000") { FUEL_DEEP } else { FUEL };
        for slice in 0..SLICES {
            let (mut fuel, mut same) = (share, share);
            let outcome = machine.step(library(), &mut host, &mut fuel, None);
            twin.step(library(), &mut other, &mut same, None);
            let first = image(&machine, &linker);
            let hash = first.state_hash();
            assert_eq!(Image::read(&first.write()).as_ref(), Ok(&first), "{source}");
            assert_eq!(first.graph().map(|graph| graph.reachable()), Ok(first.live_objects()));
            // The twin has collected differently.
            twin.collect(slice % 3 == 0);
            assert_eq!(image(&twin, &elsewhere).state_hash(), hash, "{source}, slice {slice}");
            machine.collect(false);
            assert_eq!(image(&machine, &linker).state_hash(), hash, "{source}, slice {slice}");
            match bring_back(&first, &elsewhere) {
                Ok(again) => {
                    brought += 1;
                    assert_eq!(again, hash, "{source}, slice {slice}");
                }
                Err(ImageError::Object { what, .. }) if what.contains("stay") => refused += 1,
                Err(error) => panic!("{source}, slice {slice}: {error}"),
            }
            if !matches!(outcome, Outcome::OutOfFuel | Outcome::Yielded) {
                break;
            }
        }
    }
    assert!(brought > 100 && refused > 5, "{brought} brought back, {refused} refused");
}

#[test]
fn roots_say_where_they_stand() {
    let source = "(define kept (list 1 2)) (define (hold text) (define (go n) (if (< n 100000) (go (+ n 1)) text)) (go 0)) (hold (string #\\a))";
    let (linker, mut machine) = load(compile(source), HEAP_WORDS).expect("it loads");
    let mut fuel = 500;
    machine.step(library(), &mut Lone::default(), &mut fuel, None);
    let roots = machine.roots(&linker);
    let descriptions: Vec<&str> = roots.iter().map(|root| root.description.as_str()).collect();
    assert!(descriptions.contains(&"global kept"), "{descriptions:?}");
    assert!(descriptions.contains(&"stack, text of hold"), "{descriptions:?}");
    assert!(roots.iter().all(|root| root.value.is_reference()));
}

#[test]
fn an_image_of_another_program_names_what_is_missing() {
    let source = "(define (make n) (lambda () n)) (define kept (list (make 1) 'odd-name)) (make kept)";
    let (linker, mut machine) = load(compile(source), HEAP_WORDS).expect("it loads");
    let mut fuel = 500;
    machine.step(library(), &mut Lone::default(), &mut fuel, None);
    let (other, _) = load(compile("(define kept 1) kept"), HEAP_WORDS).expect("it loads");
    let error = bring_back(&image(&machine, &linker), &other).expect_err("another program");
    assert!(matches!(&error, ImageError::Absent(_)), "{error}");
    assert!(error.to_string().contains("load the program that it was taken of"), "{error}");
}

#[test]
fn mutated_images_are_refused_or_sound() {
    let (linker, mut machine) = load(compile(SOURCES[3]), HEAP_WORDS).expect("it loads");
    let mut fuel = 3_000;
    machine.step(library(), &mut Lone::default(), &mut fuel, None);
    let original = image(&machine, &linker).write();
    assert!(bring_back(&Image::read(&original).expect("it reads"), &linker).is_ok());
    let mut state = 1_u64;
    let mut random = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut refused = 0;
    for _ in 0..400 {
        let mut bytes = original.clone();
        for _ in 0..=random(2) {
            // Past the names, so that most mutants differ in objects.
            let at = 20 + random(bytes.len() - 28);
            let from = 20 + random(bytes.len() - 28);
            match random(3) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = random(256) as u8,
                _ => bytes.copy_within(from..from + 8, at),
            }
        }
        let checksum = crc32(&bytes[20..]);
        bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
        // Whatever comes back is a heap that can be walked, collected and written.
        let outcome = Image::read(&bytes).and_then(|image| bring_back(&image, &linker));
        refused += usize::from(outcome.is_err());
    }
    assert!(refused > 40, "{refused} refused");
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
