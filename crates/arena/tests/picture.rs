//! Pictures of heaps: complete, true to what is there, and read in portions between which the heap goes on.

mod common;

use std::collections::HashMap;
use std::time::Instant;

use arena::{ChunkId, Heap, ObjectTag, PictureCell, PictureReader, Portion, Space, Value};
use common::{bytes, count_down, heap, vector};

/// What somebody has who keeps the portions of a heap.
#[derive(Default)]
struct Kept {
    cells: HashMap<ChunkId, Vec<PictureCell>>,
    all: Vec<arena::ChunkHead>,
}

impl Kept {
    fn take(&mut self, portion: Portion) -> bool {
        for chunk in portion.chunks {
            assert_eq!(words_of(&chunk.cells), chunk.head.used_words, "a chunk is whole");
            self.cells.insert(chunk.head.id, chunk.cells);
        }
        let is_complete = portion.all.is_some();
        if let Some(all) = portion.all {
            self.all = all;
        }
        is_complete
    }

    fn cells(&self) -> impl Iterator<Item = &PictureCell> {
        self.all.iter().flat_map(|head| &self.cells[&head.id])
    }

    fn objects(&self) -> usize {
        self.cells().filter(|cell| tag_of(**cell).is_some()).count()
    }
}

fn words_of(cells: &[PictureCell]) -> usize {
    cells.iter().map(|cell| (cell.0 >> 11) as usize).sum()
}

fn tag_of(cell: PictureCell) -> Option<ObjectTag> {
    let number = (cell.0 & 31) as usize;
    number.checked_sub(1).map(|number| ObjectTag::ALL[number])
}

fn read(reader: &mut PictureReader, heap: &Heap, kept: &mut Kept, objects_max: usize) -> usize {
    let mut portions = 1;
    while !kept.take(reader.portion(heap, objects_max, Vec::new)) {
        portions += 1;
        assert!(portions < 10_000, "a heap that rests is read soon");
    }
    portions
}

#[test]
fn a_picture_holds_every_object_once() {
    let mut heap = heap(1 << 22);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 30_000, &mut roots, 0);
    roots[1] = vector(&mut heap, 9_000, Value::ZERO, &mut roots);
    roots[2] = bytes(&mut heap, b"some text", &mut roots);
    let (mut reader, mut kept) = (PictureReader::default(), Kept::default());
    read(&mut reader, &heap, &mut kept, 1_000);
    let objects: Vec<PictureCell> = kept.cells().copied().filter(|cell| tag_of(*cell).is_some()).collect();
    assert_eq!(words_of(&objects), heap.used_words());
    let count = |tag| kept.cells().filter(|cell| tag_of(**cell) == Some(tag)).count();
    assert!(count(ObjectTag::Pair) >= 30_000);
    assert!(kept.all.iter().any(|head| head.space == Space::Large));
    assert_eq!((count(ObjectTag::Vector), count(ObjectTag::Bytevector)), (1, 1));
    let order: Vec<_> = kept.all.iter().map(|head| (head.space as u8, head.id)).collect();
    assert!(order.is_sorted(), "by space, in address order");
}

#[test]
fn looking_changes_nothing() {
    let mut heap = heap(1 << 20);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 10_000, &mut roots, 0);
    let figures = |heap: &Heap| (heap.used_words(), heap.capacity_words(), heap.totals());
    let before = figures(&heap);
    let picture = |heap: &Heap| PictureReader::default().portion(heap, usize::MAX, || vec![Value::NIL]);
    assert_eq!(picture(&heap), picture(&heap));
    assert_eq!(figures(&heap), before);
    heap.verify().expect("intact");
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let mut heap = heap(1 << 22);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 100_000, &mut roots, 0);
    heap.collect(true, &mut roots);
    let (mut reader, mut kept) = (PictureReader::default(), Kept::default());
    assert!(read(&mut reader, &heap, &mut kept, 10_000) > 3, "in portions");
    let objects = kept.objects();
    let again = reader.portion(&heap, 10_000, Vec::new);
    assert!(again.chunks.is_empty() && again.all.is_some(), "nothing has happened");
    roots[1] = bytes(&mut heap, b"young", &mut roots);
    let again = reader.portion(&heap, 10_000, Vec::new);
    assert_eq!(again.chunks.iter().map(|chunk| chunk.head.space).collect::<Vec<_>>(), [Space::Nursery]);
    kept.take(again);
    assert_eq!(kept.objects(), objects + 1);
}

#[test]
fn a_heap_that_moves_meanwhile_is_read_again() {
    let mut heap = heap(1 << 22);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 100_000, &mut roots, 0);
    let (mut reader, mut kept) = (PictureReader::default(), Kept::default());
    for _ in 0..3 {
        assert!(!kept.take(reader.portion(&heap, 10_000, Vec::new)), "there is more to read");
    }
    heap.collect(true, &mut roots);
    read(&mut reader, &heap, &mut kept, 10_000);
    assert_eq!(kept.objects(), 100_000, "all that lives, and nothing of before");
}

#[test]
fn pictures_of_a_heap_that_never_rests_are_complete_some_time() {
    let mut heap = heap(1 << 20);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 2_000, &mut roots, 0);
    let (mut reader, mut kept) = (PictureReader::default(), Kept::default());
    let mut portions = 1;
    // No portion reads all, and everything has moved before the next one.
    while !kept.take(reader.portion(&heap, 1, Vec::new)) {
        heap.collect(true, &mut roots);
        portions += 1;
        assert!(portions < 20_000);
    }
}

#[test]
fn marking_shows_its_colours_and_sweeping_what_is_left_to_sweep() {
    if cfg!(feature = "gc-stress") {
        return;
    }
    let mut heap = heap(1 << 21);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 150_000, &mut roots, 0);
    let mut seen = [0; 5];
    for turn in 0..2_000 {
        count_down(&mut heap, 2_000, &mut roots, 1 + turn % 2);
        let mut kept = Kept::default();
        read(&mut PictureReader::default(), &heap, &mut kept, usize::MAX);
        for cell in kept.cells() {
            seen[(cell.0 >> 7 & 3) as usize] += 1;
            seen[4] += usize::from(cell.0 >> 10 & 1 == 1 && tag_of(*cell).is_some());
        }
        if seen.iter().all(|count| *count > 0) {
            return;
        }
    }
    panic!("none, white, grey, black, garbage: {seen:?}");
}

#[test]
fn small_heaps_tell_what_is_garbage() {
    let mut heap = heap(1 << 16);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 10, &mut roots, 0);
    count_down(&mut heap, 5, &mut roots, 1);
    roots[1] = Value::NIL;
    let mut reader = PictureReader::default();
    let portion = reader.portion(&heap, 1_000, || roots.clone());
    let garbage = portion.chunks.iter().flat_map(|chunk| &chunk.cells).filter(|cell| cell.0 >> 10 & 1 == 1);
    assert_eq!(garbage.count(), 5);
}

/// Most time that a portion of 32,768 objects may take, ms.
const PORTION_MS_MAX: f64 = 1.0;

/// The actor stands still for a portion; the best of several turns for each, because the machine may be busy with other things.
#[test]
#[cfg_attr(any(miri, debug_assertions), ignore = "measures optimised code")]
fn no_portion_of_a_million_pairs_takes_a_millisecond() {
    let mut heap = heap(1 << 24);
    let mut roots = vec![Value::NIL; 4];
    count_down(&mut heap, 1_000_000, &mut roots, 0);
    let mut best: Vec<f64> = Vec::new();
    for _ in 0..10 {
        let (mut reader, mut kept) = (PictureReader::default(), Kept::default());
        for turn in 0.. {
            let began = Instant::now();
            let portion = reader.portion(&heap, 1 << 15, Vec::new);
            let took = began.elapsed().as_secs_f64() * 1e3;
            if turn == best.len() {
                best.push(took);
            }
            best[turn] = best[turn].min(took);
            if kept.take(portion) {
                break;
            }
        }
        assert!(kept.objects() >= 1_000_000);
    }
    let longest = best.iter().copied().fold(0.0, f64::max);
    println!("longest of {} portions: {longest:.3} ms", best.len());
    assert!(longest < PORTION_MS_MAX, "{longest} ms");
}
