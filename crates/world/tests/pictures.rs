//! Pictures of an actor's heap, as the page gets them: whole, true, and going on from each other.

mod common;

use std::time::{Duration, Instant};

use common::bench::{Bench, VARIANTS, ended_with};
use protocol::{ActorNumber, Command, Event, Picture, RunStatus, Settings};

/// Keeps a list of so many pairs, and makes garbage for ever.
fn busy(pairs: usize) -> String {
    format!(
        "(define kept (iota {pairs}))
(define (churn n) (if (< n 1000) (churn (+ n (vector-length (make-vector 1 n)))) (churn 0)))
(churn 0)"
    )
}

/// The pictures among the events, each read with the one before it.
#[derive(Default)]
struct Pictures {
    seen: usize,
    last: Option<Picture>,
    count: usize,
    bytes: usize,
}

impl Pictures {
    fn take(&mut self, bench: &Bench) {
        for event in &bench.events[self.seen..] {
            if let Event::Picture(bytes) = event {
                let picture =
                    Picture::read(bytes, self.last.as_ref()).expect("pictures go on from each other");
                check(&picture);
                self.last = Some(picture);
                self.count += 1;
                self.bytes = bytes.len();
            }
        }
        self.seen = bench.events.len();
    }

    fn wait(&mut self, bench: &mut Bench, what: &str, holds: impl Fn(&Picture) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.last.as_ref().is_some_and(&holds) {
            bench.wait_for(Duration::from_millis(2));
            self.take(bench);
            assert!(Instant::now() < deadline, "never {what}: {:?}", self.last.as_ref().map(|one| one.head));
        }
    }
}

fn check(picture: &Picture) {
    for chunk in &picture.chunks {
        let sum: u32 = chunk.cells.iter().map(|cell| cell.words(chunk.words)).sum();
        assert!(chunk.cells.is_empty() || sum <= chunk.words, "{chunk:?}");
        assert!(chunk.cells.iter().all(|cell| cell.is_large() == (chunk.space == 3)));
    }
}

fn pairs(picture: &Picture) -> usize {
    picture.chunks.iter().flat_map(|chunk| chunk.cells.iter()).filter(|cell| cell.name() == "pair").count()
}

#[test]
fn a_running_heap_is_seen_whole_and_again() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, &busy(100_000), &[], Settings::default());
        bench.watch();
        bench.world.command(Command::Run);
        let mut pictures = Pictures::default();
        pictures.wait(&mut bench, "all pairs", |picture| pairs(picture) >= 100_000);
        let count = pictures.count;
        pictures.wait(&mut bench, "a later one", |picture| picture.head.sequence as usize > count + 2);
        let head = pictures.last.as_ref().expect("just seen").head;
        assert_eq!(head.actor, ActorNumber(1));
        assert!(head.portions > 1 && head.collections > 0, "{head:?}");
        assert!(pictures.bytes < 300_000, "{} bytes for what has changed", pictures.bytes);
        assert!(matches!(bench.until_it_stands(Command::Pause), RunStatus::Paused { .. }));
        bench.wait_for(Duration::from_millis(300));
        pictures.take(&bench);
        let count = pictures.count;
        bench.wait_for(Duration::from_millis(500));
        pictures.take(&bench);
        assert_eq!(pictures.count, count, "nothing changes while the program stands still");
    }
}

#[test]
fn a_collection_that_was_asked_for_shows_in_the_next_picture() {
    for variant in VARIANTS {
        let source = "(define kept (iota 1000)) (define (drop n) (iota n) 'done) (drop 20000)";
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.watch();
        assert_eq!(bench.run(), ended_with("done"));
        let mut pictures = Pictures::default();
        pictures.wait(&mut bench, "garbage", |picture| pairs(picture) >= 2_000);
        let before = pictures.last.as_ref().expect("just seen").head;
        bench.world.command(Command::Collect { actor: ActorNumber(1) });
        pictures.wait(&mut bench, "what is kept", |picture| (1_000..1_500).contains(&pairs(picture)));
        let after = pictures.last.as_ref().expect("just seen").head;
        assert!(after.collections > before.collections && after.used_words < before.used_words);
        let reported = bench.snapshot.as_ref().expect("watched").collections.iter().any(|one| one.major);
        assert!(reported, "the collection is told like any other");
    }
}

#[test]
fn pictures_are_made_for_who_watches_only() {
    let mut bench = Bench::with(VARIANTS[0], &busy(100), &[], Settings::default());
    bench.run_for(Duration::from_millis(400));
    assert!(!bench.events.iter().any(|event| matches!(event, Event::Picture(_))));
}
