//! The collector told from outside: settings while a program runs, steps while it stands still, measurements.

mod common;

use std::time::Duration;

use common::bench::{Bench, FILE, VARIANTS};
use protocol::{
    ActorNumber, CollectorExtent, CollectorFigures, CollectorPhase, CollectorStep, Command, Event,
    HeapAnswer, RunStatus, Settings, SourceText,
};

const CHURN: &str = "(define kept (iota 20000))
(define (churn n) (if (< n 1000) (churn (+ n (vector-length (make-vector 1 n)))) (churn 0)))
(churn 0)";

fn answer(bench: &mut Bench, wanted: u32, command: Command) -> Result<HeapAnswer, String> {
    let from = bench.events.len();
    bench.world.command(command);
    bench.wait_from(from, |event| match event {
        Event::HeapAnswered { id, result } if *id == wanted => Some(result.clone()),
        _ => None,
    })
}

fn step(bench: &mut Bench, actor: u32, extent: CollectorExtent) -> Result<CollectorStep, String> {
    let command = Command::StepCollector { id: 5, actor: ActorNumber(actor), extent };
    match answer(bench, 5, command)? {
        HeapAnswer::Stepped(step) => Ok(step),
        other => panic!("{other:?}"),
    }
}

fn measure(
    bench: &mut Bench,
    text: &str,
    settings: Settings,
    most_ms: u32,
) -> Result<CollectorFigures, String> {
    let files = vec![SourceText { name: FILE.to_string(), text: text.to_string() }];
    let command = Command::MeasureCollector { id: 6, files, settings, milliseconds_max: most_ms };
    match answer(bench, 6, command)? {
        HeapAnswer::Measured(figures) => Ok(*figures),
        other => panic!("{other:?}"),
    }
}

fn with_policy(name: &str) -> Settings {
    let policy = world::named_collectors().into_iter().find(|policy| policy.name == name).expect("known");
    Settings { collector: policy.settings, ..Settings::default() }
}

fn count(figures: &CollectorFigures, kind: &str) -> u64 {
    figures.collections.iter().find(|(name, _)| name == kind).expect("all kinds are told").1
}

#[test]
fn a_policy_changes_what_kinds_of_collections_a_running_program_has() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, CHURN, &[], Settings::default());
        bench.watch();
        bench.world.command(Command::Run);
        let has = |bench: &Bench, wanted: &dyn Fn(&str) -> bool| {
            let snapshot = bench.snapshot.as_ref();
            snapshot.is_some_and(|snapshot| snapshot.collections.iter().any(|one| wanted(&one.kind)))
        };
        let until = |bench: &mut Bench, wanted: &dyn Fn(&str) -> bool| {
            for _ in 0..5_000 {
                bench.wait_for(Duration::from_millis(2));
                if has(bench, wanted) {
                    return;
                }
            }
            panic!("{variant:?}: no such collection: {:?}", bench.snapshot);
        };
        until(&mut bench, &|kind| kind == "minor");
        bench.world.command(Command::SetCollector(with_policy("copying").collector));
        until(&mut bench, &|kind| kind == "copy");
        bench.world.command(Command::SetCollector(with_policy("mark-sweep").collector));
        until(&mut bench, &|kind| kind == "full");
        assert!(matches!(bench.until_it_stands(Command::Pause), RunStatus::Paused { .. }));
    }
}

#[test]
fn the_collector_of_a_paused_actor_goes_through_its_phases() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, CHURN, &[], Settings::default());
        bench.run_for(Duration::from_millis(100));
        assert!(matches!(bench.until_it_stands(Command::Pause), RunStatus::Paused { .. }));
        // To a beginning, wherever the program was caught.
        for _ in 0..3 {
            if step(&mut bench, 1, CollectorExtent::Phase).expect("a step").after == CollectorPhase::Idle {
                break;
            }
        }
        let mut phases = Vec::new();
        let mut steps = 0;
        while phases.last() != Some(&CollectorPhase::Idle) {
            let done = step(&mut bench, 1, CollectorExtent::Slice).expect("a step");
            if phases.last() != Some(&done.after) {
                phases.push(done.after);
            }
            steps += 1;
            assert!(steps < 100_000, "{done:?}");
        }
        assert_eq!(phases, [CollectorPhase::Marking, CollectorPhase::Sweeping, CollectorPhase::Idle]);
        assert!(steps > 10, "{steps} slices");
        // Nothing of the program was lost.
        bench.world.command(Command::Run);
        bench.wait_for(Duration::from_millis(50));
        assert!(matches!(bench.until_it_stands(Command::Pause), RunStatus::Paused { .. }));
        assert_eq!(
            step(&mut bench, 77, CollectorExtent::Slice),
            Err("there is no live actor 77".to_string())
        );
        let off = protocol::CollectorSettings { is_on: false, ..Default::default() };
        bench.world.command(Command::SetCollector(off));
        let error = step(&mut bench, 1, CollectorExtent::Slice).expect_err("it is off");
        assert!(error.contains("the collector is off"), "{error}");
    }
}

#[test]
fn the_same_program_has_figures_under_every_policy() {
    let program = "(define (tree n) (if (= n 0) '() (cons (tree (- n 1)) (tree (- n 1)))))
(define (again n) (if (> n 0) (begin (tree 12) (again (- n 1)))))
(define kept (tree 14)) (again 40) (display \"not shown\")";
    for variant in VARIANTS {
        let mut bench = Bench::new(variant);
        for policy in world::named_collectors() {
            let figures =
                measure(&mut bench, program, with_policy(&policy.name), 60_000).expect("it has figures");
            assert_eq!(figures.trouble, None, "{}", policy.name);
            let is_copying = policy.settings.method == protocol::CollectorMethod::Copy;
            assert_eq!(count(&figures, "minor") > 0, policy.settings.is_generational, "{figures:?}");
            if !policy.settings.is_generational {
                let kind = if is_copying { "copy" } else { "full" };
                assert!(count(&figures, kind) > 0, "{}: {figures:?}", policy.name);
            }
            assert!(figures.bytes_max > 100_000 && figures.milliseconds > 0.0, "{figures:?}");
            assert!(figures.pause_ms_p99 <= figures.pause_ms_max, "{figures:?}");
            assert!(figures.pause_ms_max <= figures.collection_ms + 0.01, "{figures:?}");
        }
        assert!(!bench.events.iter().any(|event| matches!(event, Event::Output { .. })));
    }
}

#[test]
fn a_measurement_always_ends_and_says_why() {
    for variant in VARIANTS {
        let mut bench = Bench::new(variant);
        let cut = measure(&mut bench, CHURN, Settings::default(), 300).expect("figures until then");
        assert_eq!(cut.trouble.as_deref(), Some("stopped after 0.3 s"));
        assert!(cut.milliseconds >= 300.0 && count(&cut, "minor") > 0, "{cut:?}");
        let failed = measure(&mut bench, "(car 1)", Settings::default(), 5_000).expect("figures until then");
        assert!(failed.trouble.as_ref().is_some_and(|text| text.contains("car")), "{failed:?}");
        let broken = measure(&mut bench, "(display", Settings::default(), 5_000).expect_err("no program");
        assert!(!broken.is_empty());
        let files = vec![SourceText { name: FILE.to_string(), text: CHURN.to_string() }];
        let settings = Settings::default();
        bench.world.command(Command::MeasureCollector { id: 9, files, settings, milliseconds_max: 60_000 });
        bench.wait_for(Duration::from_millis(20));
        let given_up = answer(&mut bench, 9, Command::GiveUp { id: 9 }).expect("figures until then");
        let HeapAnswer::Measured(figures) = given_up else { panic!("{given_up:?}") };
        assert_eq!(figures.trouble.as_deref(), Some("given up"));
    }
}
