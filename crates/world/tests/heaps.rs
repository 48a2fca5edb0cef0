//! Snapshots of heaps, asked for as a page does: while actors run, wait and stand still.

mod common;

use std::time::Duration;

use analysis::HeapSnapshot;
use arena::{Image, Places};
use common::bench::{Bench, VARIANTS, at_breakpoint};
use protocol::{
    ActorNumber, CollectorSettings, Command, Event, HeapAnswer, HeapGrowth, HeapObject, HeapObjectName,
    HeapPlace, HeapQuestion, HeapSummary, Settings, Variant,
};

fn ask(bench: &mut Bench, question: HeapQuestion) -> Result<HeapAnswer, String> {
    let from = bench.events.len();
    bench.world.command(Command::AskHeap { id: 5, question });
    bench.wait_from(from, |event| match event {
        Event::HeapAnswered { id: 5, result } => Some(result.clone()),
        _ => None,
    })
}

/// What the analyst makes of what the engine takes.
fn take(bench: &mut Bench, actor: u32) -> HeapSnapshot {
    match ask(bench, HeapQuestion::Take { actor: ActorNumber(actor) }) {
        Ok(HeapAnswer::Taken(taken)) => {
            let image = Image::read(&taken.image).expect("an image");
            let places = Places::read(&taken.places).expect("its places");
            let mut snapshot = HeapSnapshot::new(image, Some(places)).expect("few objects");
            (snapshot.actor, snapshot.reductions) = (Some(taken.actor), taken.reductions);
            snapshot
        }
        other => panic!("{other:?}"),
    }
}

fn object(snapshot: &HeapSnapshot, object: HeapObjectName) -> HeapObject {
    snapshot.object(1, object).expect("there is such an object")
}

fn root<'a>(summary: &'a HeapSummary, description: &str) -> &'a protocol::HeapRootRow {
    let found = summary.roots.iter().find(|root| root.description == description);
    found.unwrap_or_else(|| panic!("no root {description}: {:?}", summary.roots))
}

const RECORDS: &str =
    "(define-record-type node (make-node name next) node? (name node-name) (next node-next set-node-next!))
(define ring (make-node (string-append \"fir\" \"st\") #f))
(set-node-next! ring (make-node 'second ring))
(define text (list->string '(#\\a #\\b)))
(define kept (list text 1.5e300 (expt 10 30)))
(define (stop) 'here)
(stop)";

#[test]
fn objects_are_shown_with_what_surrounds_them() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, RECORDS, &[6], Settings::default());
        assert!(at_breakpoint(&bench.run(), 6), "{:?}", bench.events);
        let snapshot = take(&mut bench, 1);
        let summary = snapshot.summary(1);
        assert_eq!((summary.snapshot, summary.actor), (1, Some(ActorNumber(1))));
        assert!(summary.title.starts_with("actor 1 (main) after "), "{}", summary.title);
        assert!(summary.objects > 10 && summary.words > summary.objects * 2, "{summary:?}");
        assert_eq!(summary.objects, summary.by_type.iter().map(|row| row.objects).sum::<u64>());
        assert_eq!(summary.objects, summary.by_age.iter().map(|(objects, _)| objects).sum::<u64>());
        let text = root(&summary, "global text");
        assert_eq!(text.text, "\"ab\"");
        let kept = root(&summary, "global kept");
        assert_eq!(kept.text, "(\"ab\" 1.5e300 1000000000000000000000000000000)");
        let ring = root(&summary, "global ring").object;

        let first = object(&snapshot, HeapObjectName::Number(ring));
        assert!(first.row.text.contains("\"first\""), "{first:?}");
        let fields: Vec<&str> = first.outgoing.iter().map(|reference| reference.field.as_str()).collect();
        assert_eq!(fields, ["type", "name", "next"]);
        assert_eq!((first.incoming.len(), first.incoming[0].field.as_str()), (1, "next"));
        assert_eq!(first.held_by, ["global ring"]);
        let second = first.incoming[0].object.object;
        let second = object(&snapshot, HeapObjectName::Number(second));
        assert_eq!(second.dominator, Some(ring));
        let path = second.path.expect("it is reached");
        assert_eq!((path.root.as_str(), path.left_out), ("global ring", 0));
        assert_eq!(path.steps.iter().map(|step| step.field.as_str()).collect::<Vec<_>>(), ["", "next"]);
        // The ring keeps both nodes and the first one's name.
        assert!(first.row.retained_words >= 4 + 4 + 4, "{first:?}");

        let place = second.place.expect("it was taken here");
        let again = object(&snapshot, HeapObjectName::Place(place));
        assert_eq!(again.row, second.row);
        let beyond = HeapObjectName::Place(HeapPlace { chunk: 99, ..place });
        let error = snapshot.object(1, beyond);
        assert!(error.expect_err("no such place").contains("no object lay there"));
        let error = snapshot.object(1, HeapObjectName::Number(u32::MAX));
        assert!(error.expect_err("no such object").contains("no object 4294967295"));
        let error = ask(&mut bench, HeapQuestion::Take { actor: ActorNumber(77) });
        assert_eq!(error, Err("there is no live actor 77".to_string()));
    }
}

#[test]
fn snapshots_of_a_running_actor_show_its_growth() {
    let source = "(define all '()) (define (go n) (if (= 0 (modulo n 500)) (set! all (cons (make-vector 3 n) all))) (go (+ n 1))) (go 0)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.run_for(Duration::from_millis(5));
        let first = take(&mut bench, 1).summary(1);
        bench.wait_for(Duration::from_millis(5));
        let second = take(&mut bench, 1).summary(2);
        assert!(second.words > first.words && second.reductions > first.reductions, "{variant:?}");
        assert_ne!(first.state_hash, second.state_hash);
        let growth = HeapGrowth::between(&first, &second);
        assert_eq!((growth.older, growth.newer), (1, 2));
        let rows: Vec<(&str, i64)> =
            growth.by_type.iter().map(|row| (row.name.as_str(), row.growth_words())).collect();
        assert_eq!((rows[0].0, rows[1].0), ("vector", "pair"), "{rows:?}");
        assert_eq!(rows[0].1 / 4, rows[1].1 / 3, "a pair for each vector");
        assert!(rows.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        let shrunk = HeapGrowth::between(&second, &first);
        assert_eq!(shrunk.by_type.last().map(|row| row.growth_words()), Some(-rows[0].1));
    }
}

#[test]
fn long_ways_are_cut_in_the_middle() {
    let source = "(define all (iota 1000))\n(define (stop) 1)\n(stop)";
    let mut bench = Bench::with(VARIANTS[1], source, &[2], Settings::default());
    assert!(at_breakpoint(&bench.run(), 2));
    let snapshot = take(&mut bench, 1);
    let summary = snapshot.summary(1);
    let head = root(&summary, "global all").object;
    let first = object(&snapshot, HeapObjectName::Number(head));
    assert!(first.row.text.starts_with("(0 1 2 3") && first.row.text.ends_with('…'), "{first:?}");
    assert_eq!(first.row.retained_words, 3_000);
    let pairs = summary.largest.iter().filter(|row| row.type_name == "pair");
    assert_eq!(pairs.map(|row| row.object).collect::<Vec<_>>(), [head], "one stands for the list");
    let mut at = first;
    let mut last = at.row.object;
    // The end of the list is the object of the list that is reached last.
    for number in (0..summary.objects as u32).rev() {
        at = object(&snapshot, HeapObjectName::Number(number));
        if at.row.text == "(999)" {
            last = number;
            break;
        }
    }
    assert_eq!(at.row.object, last);
    let path = at.path.expect("it is reached");
    assert_eq!((path.root.as_str(), path.steps.len(), path.left_out), ("global all", 101, 899));
}

#[test]
fn damaged_files_are_errors_or_snapshots_that_can_be_asked() {
    let mut bench = Bench::with(VARIANTS[1], RECORDS, &[6], Settings::default());
    assert!(at_breakpoint(&bench.run(), 6));
    let run = bench.world.loaded_run().expect("a program is loaded");
    let original = run.heap_image(1).expect("it stands still");
    assert!(run.heap_image(2).is_err_and(|error| error.contains("no live actor 2")));
    let mut state = 3_u64;
    let mut random = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut sound = 0;
    for _ in 0..3_000 {
        let mut bytes = original.clone();
        let (at, from) = (20 + random(bytes.len() - 28), 20 + random(bytes.len() - 28));
        match random(3) {
            0 => bytes[at] ^= 1 << random(8),
            1 => bytes[at] = random(256) as u8,
            _ => bytes.copy_within(from..from + 8, at),
        }
        let checksum = crc32(&bytes[20..]);
        bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
        let Ok(snapshot) = HeapSnapshot::read(&bytes) else { continue };
        sound += 1;
        let summary = snapshot.summary(1);
        assert!(summary.objects + summary.unreachable_objects == u64::from(snapshot.objects()));
        for _ in 0..4 {
            let number = random(snapshot.objects() as usize) as u32;
            let object = snapshot.object(1, HeapObjectName::Number(number)).expect("there is such an object");
            assert_eq!(object.path.is_some(), object.reachable);
        }
        assert!(HeapGrowth::between(&summary, &summary).by_type.iter().all(|row| row.growth_words() == 0));
    }
    assert!(sound > 100, "{sound}");
}

#[test]
fn damaged_places_are_errors_or_lead_to_objects() {
    let mut bench = Bench::with(VARIANTS[1], RECORDS, &[6], Settings::default());
    assert!(at_breakpoint(&bench.run(), 6), "{:?}", bench.events);
    let Ok(HeapAnswer::Taken(taken)) = ask(&mut bench, HeapQuestion::Take { actor: ActorNumber(1) }) else {
        panic!("no snapshot")
    };
    let image = Image::read(&taken.image).expect("an image");
    assert!(Places::read(&[]).is_err());
    assert!(Places::read(&taken.places[..taken.places.len() - 1]).is_err());
    let mut refused = 0;
    for at in 0..taken.places.len().min(2_000) {
        let mut bytes = taken.places.clone();
        bytes[at] ^= 1 << (at % 8);
        let read = Places::read(&bytes).and_then(|places| HeapSnapshot::new(image.clone(), Some(places)));
        let Ok(snapshot) = read else {
            refused += 1;
            continue;
        };
        for word in 0..64 {
            // Any object, or none: what matters is that the answer is one of both.
            let place = HeapPlace { space: 0, chunk: 0, word };
            if let Ok(object) = snapshot.object(1, HeapObjectName::Place(place)) {
                assert!(object.row.object < snapshot.objects());
            }
        }
    }
    assert!(refused > 20, "{refused}");
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

#[test]
fn actors_that_nobody_reaches_are_listed() {
    let source = "(define (wait) (receive (x x)))
(define known (spawn wait))
(define told (spawn wait))
(send told 'once)
(set! told (spawn wait))
(spawn wait 'name 'famous)
(spawn (lambda () (wait)))
(begin (spawn wait) 'gone)
(register 'found (spawn wait))
(define keeper (spawn (lambda () (define held (spawn wait)) (receive ('done held)))))
(wait)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.run();
        let Ok(HeapAnswer::Lost(lost)) = ask(&mut bench, HeapQuestion::LostActors) else {
            panic!("no answer: {:?}", bench.events)
        };
        let lines: Vec<&str> = lost.iter().map(|lost| lost.label.as_str()).collect();
        let places: Vec<&str> = lines.iter().filter_map(|label| label.split(':').nth(1)).collect();
        assert!(places.contains(&"7") && places.contains(&"8"), "{lost:?}");
        assert!(!places.iter().any(|place| ["2", "5", "9", "10"].contains(place)), "{lost:?}");
        assert!(lost.iter().all(|lost| lost.actor != ActorNumber(1)), "{lost:?}");
    }
}

fn sites(summary: &HeapSummary) -> Vec<(String, u64)> {
    let name =
        |row: &protocol::HeapSiteRow| row.site.as_ref().map_or_else(|| "?".to_string(), |site| site.label());
    summary.by_site.iter().map(|row| (name(row), row.objects)).collect()
}

fn made_at(summary: &HeapSummary, line: u32) -> u64 {
    let suffix = format!(":{line}");
    let rows = sites(summary);
    rows.iter().filter(|(name, _)| name.ends_with(&suffix)).map(|(_, objects)| *objects).sum()
}

const TRACKED: &str = "(define (garbage n) (if (> n 0) (begin (make-vector 50 n) (garbage (- n 1)))))
(define kept (map (lambda (n) (string-append \"text\" (number->string n))) (iota 70)))
(define (stop) 'here)
(garbage 20000)
(stop)
(define table (make-hash-table))
(hash-table-set! table 'a (list 1 2 3))
(define large (make-vector 5000 1.5e300))
(define other (spawn (lambda () (receive (numbers (garbage 20000) (receive (x numbers)))))))
(send other (list 1 2 3 4))
(define waiting (receive (x x) (after 50 'nothing)))
(garbage 20000)
(stop)";

/// Where it stands still: the first stop or the second.
fn tracked(settings: Settings, variant: Variant) -> (Bench, HeapSummary) {
    let mut bench = Bench::with(variant, TRACKED, &[5, 13], settings);
    assert!(at_breakpoint(&bench.run(), 5), "{:?}", bench.events);
    let summary = take(&mut bench, 1).summary(1);
    (bench, summary)
}

#[test]
fn every_object_knows_the_line_that_made_it_whatever_was_collected() {
    let policies = world::named_collectors();
    for variant in VARIANTS {
        for policy in &policies {
            let mut settings = Settings::default();
            settings.collector = CollectorSettings { tracks_sites: true, ..policy.settings };
            let (mut bench, first) = tracked(settings, variant);
            // Strings, the list of them, and what `iota` has made is gone.
            assert_eq!(made_at(&first, 2), 140, "{}: {:?}", policy.name, sites(&first));
            assert!(at_breakpoint(&bench.run(), 13), "{:?}", bench.events);
            let snapshot = take(&mut bench, 1);
            let second = snapshot.summary(2);
            assert_eq!(made_at(&second, 2), 140, "{}: {:?}", policy.name, sites(&second));
            assert_eq!(made_at(&second, 8), 1, "{:?}", sites(&second));
            assert!(made_at(&second, 7) >= 3, "{:?}", sites(&second));
            // What the other actor was sent was made where it took that in.
            let other = take(&mut bench, 2).summary(3);
            assert_eq!(made_at(&other, 9), 4, "{}: {:?}", policy.name, sites(&other));

            let root = root(&second, "global large").object;
            let large = object(&snapshot, HeapObjectName::Number(root));
            assert_eq!(large.site.map(|site| site.line), Some(8));
        }
    }
}

#[test]
fn sites_can_be_tracked_from_the_middle_of_a_run_and_change_nothing_else() {
    for variant in VARIANTS {
        let (mut bench, first) = tracked(Settings::default(), variant);
        assert_eq!(sites(&first), [], "nobody asked");
        let collector = CollectorSettings { tracks_sites: true, ..CollectorSettings::default() };
        bench.world.command(Command::SetCollector(collector));
        assert!(at_breakpoint(&bench.run(), 13), "{:?}", bench.events);
        let second = take(&mut bench, 1).summary(2);
        let unknown = second.by_site.last().filter(|row| row.site.is_none()).expect("what was there before");
        assert!(unknown.objects >= 140, "{:?}", sites(&second));
        assert_eq!((made_at(&second, 2), made_at(&second, 8)), (0, 1), "{:?}", sites(&second));

        let mut settings = Settings::default();
        settings.collector.tracks_sites = true;
        let (_, tracked) = tracked(settings, variant);
        assert_eq!((tracked.state_hash, tracked.reductions), (first.state_hash, first.reductions));
        assert_eq!((tracked.words, tracked.unreachable_words), (first.words, first.unreachable_words));
    }
}
