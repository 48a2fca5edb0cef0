//! Profiling changes nothing of a run, and tells the same of the same run.

mod common;

use std::time::Duration;

use common::bench::{Bench, VARIANTS, ended_with};
use common::{COUNTING, Plan, Threads, difference, now_ms, programs, record, replay};
use protocol::{ActorNumber, Command, Event, Profile, Settings};
use world::repeat::Facts;
use world::{Drive, Recording, Run};

/// Everything that a run leaves, on one core.
fn alone(plan: &Plan) -> (Facts, Recording, u64, Run) {
    let mut run = plan.load(Drive::Alone, None);
    run.start().expect("room for the main actor");
    run.run_to_end(|ms| std::thread::sleep(Duration::from_secs_f64(ms.max(0.0) / 1e3)));
    run.stop();
    let recording = run.recording().expect("a whole journal");
    (Facts::of(&run), recording, run.scheduler.statistics().slices, run)
}

#[test]
fn slices_journals_and_answers_are_the_same_with_profiling_and_without() {
    // Programs without timers: those wait for the clock, and how many slices that takes is no part of a run.
    let (mut seen, mut samples) = (0, 0);
    for plan in programs("tests/programs", "") {
        if ["sleep", "after", "current-"].iter().any(|word| plan.source.contains(word)) {
            continue;
        }
        seen += 1;
        let (facts, recording, slices, _run) = alone(&plan);
        for profiling in [1, 41, COUNTING, 10_000] {
            let (again, journal, count, run) = alone(&Plan { profiling, ..plan.clone() });
            assert_eq!(facts.difference(&again), None, "{}", plan.name);
            assert!(recording == journal, "{}: the journal differs", plan.name);
            assert_eq!(slices, count, "{}: slices", plan.name);
            let profile =
                run.stage.profiler.profile(&run.stage.linker(), None, usize::MAX, true, (0.0, now_ms()));
            samples += profile.samples;
        }
    }
    assert!(seen > 20 && samples > 10_000, "{seen} programs, {samples} samples");
}

#[test]
fn a_run_that_was_profiled_repeats_without_and_the_other_way_round() {
    let threads = Threads::new(2);
    let plans =
        programs("tests/programs", "actor-").into_iter().chain(programs("crates/world/tests/programs", ""));
    for plan in plans {
        let profiled = Plan { profiling: 53, ..plan.clone() };
        for (first, second) in [(&profiled, &plan), (&plan, &profiled)] {
            let (recorded, recording, _) = record(first, &threads);
            assert_eq!(difference(&recorded, &replay(second, recording)), None, "{}", plan.name);
        }
    }
}

const TWO: &str = "(define (hot n) (if (= n 0) 0 (hot (- n 1))))
(define (cold n) (if (= n 0) 0 (cold (- n 1))))
(define (again n) (if (> n 0) (begin (hot 9000) (cold 1000) (again (- n 1)))))
(define other (spawn (lambda () (cold 200000) (receive (x x)))))
(again 200)
(send other 1)
'done";

fn share(profile: &Profile, name: &str) -> f64 {
    let rows = profile.by_procedure();
    let row = rows.iter().find(|row| profile.procedures[row.index as usize].name == name);
    row.map_or(0.0, |row| row.own as f64) / profile.reductions as f64
}

#[test]
fn shares_are_right_and_the_same_run_has_the_same_profile() {
    let plan = Plan { profiling: 1_000, ends_with_main: false, ..Plan::new("two", TWO) };
    let profile = || {
        let (.., run) = alone(&plan);
        let times = (0.0, now_ms());
        let linker = run.stage.linker();
        let of = |actor| run.stage.profiler.profile(&linker, actor, usize::MAX, false, times);
        let all = Profile { milliseconds: 0.0, ..of(None) };
        let reductions = run.scheduler.statistics().reductions;
        (all, of(Some(1)), of(Some(2)), reductions)
    };
    let (all, main, other, reductions) = profile();
    // 200 * 10,000 and 200,000 reductions, and little else.
    assert!(
        (all.reductions as f64 / reductions as f64 - 1.0).abs() < 0.01,
        "{} {reductions}",
        all.reductions
    );
    assert!((share(&main, "hot") - 0.9).abs() < 0.03, "{main:?}");
    assert!((share(&main, "cold") - 0.1).abs() < 0.03, "{main:?}");
    assert!(share(&other, "cold") > 0.98, "{other:?}");
    assert_eq!(all.reductions, main.reductions + other.reductions);
    assert_eq!(
        all.actors.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(),
        ["main", "program.scm:4"]
    );
    assert_eq!(profile().0, all);
}

#[test]
fn a_deep_stack_is_sampled_rarely_and_the_cut_is_told() {
    let source = "(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))\n(deep 300000)";
    let (.., run) = alone(&Plan { profiling: 100, ..Plan::new("deep", source) });
    let profile = run.stage.profiler.profile(&run.stage.linker(), None, usize::MAX, false, (0.0, 1.0));
    assert!(profile.deep > 10 && profile.samples < 100, "{} of {}", profile.deep, profile.samples);
    let cut = profile.procedures.iter().any(|procedure| procedure.name == "(outer frames left out)");
    assert!(cut && share(&profile, "deep") > 0.95, "{profile:?}");
}

#[test]
fn short_lives_have_their_share_of_samples() {
    let source = "
(define (work n) (if (= n 0) 0 (work (- n 1))))
(define parent (self))
(define (start n) (if (> n 0) (begin (spawn (lambda () (work 100) (send parent n))) (receive (x x)) (start (- n 1)))))
(start 5000)";
    let (.., run) = alone(&Plan { profiling: 2_000, ..Plan::new("short", source) });
    let profile = run.stage.profiler.profile(&run.stage.linker(), None, usize::MAX, false, (0.0, 1.0));
    let work = share(&profile, "work");
    assert!(profile.samples > 150 && (0.6..1.0).contains(&work), "{work} of {} samples", profile.samples);
}

#[test]
fn a_world_is_profiled_by_command() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, TWO, &[], Settings::default());
        bench.world.command(Command::AskProfile { actor: None });
        let ask = |bench: &mut Bench, actor| {
            let from = bench.events.len();
            bench.world.command(Command::AskProfile { actor });
            bench.wait_from(from, |event| match event {
                Event::Profile(profile) => Some((**profile).clone()),
                _ => None,
            })
        };
        assert!(!ask(&mut bench, None).is_on);
        bench.world.command(Command::SetProfiling { interval: 1_000 });
        assert_eq!(bench.run(), ended_with("done"));
        let profile = ask(&mut bench, None);
        assert!(profile.is_on && share(&profile, "hot") > 0.7, "{profile:?}");
        assert_eq!(profile.interval, 1_000);
        bench.world.command(Command::SetProfiling { interval: 0 });
        let main = ask(&mut bench, Some(ActorNumber(1)));
        assert!(!main.is_on && main.actor == Some(ActorNumber(1)) && main.samples > 1_000, "{main:?}");
        assert!(profile.timeline.is_empty() && profile.nodes.len() <= 4_000);
    }
}

#[test]
fn metrics_from_scheme_are_those_of_the_actor_and_repeat() {
    let source = "
(import (physics performance))
(define (depth n) (if (= n 0) (cdr (assq 'call-depth (performance-metrics))) (let ((d (depth (- n 1)))) (+ d 0))))
(define before (performance-metrics))
(define shallow (depth 0))
(send (self) 1) (send (self) 2) (receive (x x))
(define (get name) (cdr (assq name (performance-metrics))))
(list (map car before) (- (depth 500) shallow) (depth 150000) (get 'messages-sent) (get 'messages-received)
      (get 'mailbox-length) (> (get 'reductions) (cdr (assq 'reductions before))) (> (get 'allocated) 1000))";
    let threads = Threads::new(2);
    let plan = Plan::new("metrics", source);
    let (recorded, recording, _) = record(&plan, &threads);
    let wanted = "((reductions call-depth stack messages-sent messages-received mailbox-length allocated heap \
                  collections reclaimed) 500 100000 2 2 1 #t #t)";
    assert_eq!(recorded.facts.value, Some(Ok(wanted.to_string())));
    assert_eq!(difference(&recorded, &replay(&plan, recording)), None);
}
