//! Controls of a world, in both variants: run, pause, stop, step, breakpoints, entries, and looking.

mod common;

use std::time::{Duration, Instant};

use common::bench::{Bench, FILE, VARIANTS, at_breakpoint, ended_with, lines, paused};
use protocol::{ActorNumber, Command, Event, Observation, PauseReason, RunStatus, Settings, Speed, StepKind};

const LOOP: &str = "(define (spin n) (spin (+ n 1)))\n(spin 0)";

#[test]
fn a_program_runs_to_its_end_and_again() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, "(display \"hello\") (* 6 7)", &[], Settings::default());
        assert_eq!(bench.run(), ended_with("42"));
        assert_eq!(bench.output(), "hello");
        // A run of what has ended starts over.
        let from = bench.events.len();
        bench.world.command(Command::Run);
        let again = bench.wait_from(from, |event| match event {
            Event::Status(status @ RunStatus::Ended { .. }) => Some(status.clone()),
            _ => None,
        });
        assert_eq!(again, ended_with("42"));
        assert_eq!(bench.output(), "hellohello");
        assert_eq!(bench.until_it_stands(Command::Reset), RunStatus::Idle);
    }
}

#[test]
fn pause_and_resume_lose_nothing() {
    let source = "
(define (count n) (if (< n 3000000) (count (+ n 1)) n))
(define parent (self))
(spawn (lambda () (send parent (count 0))))
(let ((mine (count 0))) (receive (theirs (+ mine theirs))))";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.run_for(Duration::from_millis(5));
        for _ in 0..3 {
            let status = bench.until_it_stands(Command::Pause);
            if status == ended_with("6000000") {
                return;
            }
            assert_eq!(paused(&status), Some(&PauseReason::Requested), "{status:?}");
            let before = bench.picture().totals.reductions;
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(bench.picture().totals.reductions, before, "nothing runs while paused");
            bench.run_for(Duration::from_millis(5));
        }
        let from = bench.events.len();
        let end = bench.wait_from(from.saturating_sub(1), |event| match event {
            Event::Status(status @ RunStatus::Ended { .. }) => Some(status.clone()),
            _ => None,
        });
        assert_eq!(end, ended_with("6000000"));
    }
}

#[test]
fn no_timeout_fires_while_paused() {
    let source = "(receive (after 300 'late))";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.run_for(Duration::from_millis(20));
        let status = bench.until_it_stands(Command::Pause);
        assert_eq!(paused(&status), Some(&PauseReason::Requested));
        std::thread::sleep(Duration::from_millis(500));
        let resumed = Instant::now();
        assert_eq!(bench.run(), ended_with("late"));
        let waited = resumed.elapsed();
        assert!(waited > Duration::from_millis(150), "the rest of its time took {waited:?}");
    }
}

#[test]
fn stop_acts_within_100_ms_and_leaves_the_state() {
    let recursion =
        "(define (deep n) (+ 1 (deep (+ n 1))))\n(define (again) (guard (c (#t (again))) (deep 0)))\n(again)";
    let storm = "
(define (pong) (receive ((list from n) (send from n) (pong))))
(define (ping to n) (send to (list (self) n)) (receive (x (ping to x))))
(define servers (map (lambda (n) (spawn pong)) '(1 2 3 4)))
(for-each (lambda (server) (spawn (lambda () (ping server 1)))) servers)
(receive ('never 'done))";
    let flood = "
(define (sink) (receive (x (sink))))
(define to (spawn sink))
(define (pour n) (guard (c (#t 'full)) (send to (list n n n))) (pour (+ n 1)))
(pour 0)";
    let programs = [
        ("tight loop", LOOP),
        ("deep recursion", recursion),
        ("message storm", storm),
        ("flood", flood),
        ("allocation", "(define (grow l) (grow (cons (make-vector 10 0) '()))) (grow '())"),
        ("long lists", "(define (build) (length (iota 100000)) (build)) (build)"),
        ("bignums", "(define (square n) (if (> n (expt 10 5000)) (square 3) (square (* n n)))) (square 3)"),
        (
            "strings",
            "(define (build s) (build (if (> (string-length s) 100000) \"ab\" (string-append s s)))) (build \"ab\")",
        ),
        ("sorting", "(define (again) (sort (iota 100000) >) (again)) (again)"),
    ];
    for variant in VARIANTS {
        for (name, source) in programs {
            let mut best = Duration::MAX;
            for _ in 0..4 {
                let mut bench = Bench::with(variant, source, &[], Settings::default());
                bench.run_for(Duration::from_millis(60));
                let asked = Instant::now();
                assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped, "{name}");
                best = best.min(asked.elapsed());
                let picture = bench.picture();
                assert!(picture.totals.reductions > 0, "{name}");
                assert!(picture.selected.is_some_and(|actor| !actor.frames.is_empty()), "{name}");
                if best < Duration::from_millis(100) {
                    break;
                }
            }
            assert!(best < Duration::from_millis(100), "{name}, {variant:?}: stop took {best:?}");
        }
    }
}

const SUM: &str = "(define (square n)
  (* n n))
(define (sum n total)
  (if (= n 0)
      total
      (sum (- n 1)
           (+ total (square n)))))
(sum 3 0)";

#[test]
fn the_first_turns_are_recorded_for_whoever_watched_before() {
    for variant in VARIANTS {
        let mut bench = Bench::new(variant);
        bench.watch();
        bench.load("(+ 1 2)", &[], Settings::default());
        assert_eq!(bench.run(), ended_with("3"));
        let picture = bench.picture();
        assert!(picture.cores.iter().any(|core| !core.slices.is_empty()), "{variant:?}: {:?}", picture.cores);
    }
}

#[test]
fn breakpoints_stop_where_they_are_and_count() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, SUM, &[2], Settings::default());
        for (hits, n) in [(1, "3"), (2, "2"), (3, "1")] {
            let status = bench.run();
            assert!(at_breakpoint(&status, 2), "{status:?}");
            let picture = bench.picture();
            assert_eq!((picture.breakpoints[0].hits, picture.breakpoints[0].bound), (hits, true));
            let actor = picture.selected.expect("the main actor");
            let names: Vec<&str> = actor.frames.iter().map(|frame| frame.procedure.as_str()).collect();
            assert_eq!(names[..2], ["square", "sum"]);
            let variables = &actor.frames[0].variables;
            assert!(
                variables.iter().any(|variable| variable.name == "n" && variable.value == n),
                "{variables:?}"
            );
            assert!(
                actor
                    .bytecode
                    .is_some_and(|listing| listing.procedure == "square" && listing.current.is_some())
            );
        }
        assert_eq!(bench.run(), ended_with("14"));
    }
}

#[test]
fn breakpoints_can_be_set_and_taken_away_while_it_runs() {
    let source = "(define (spin n)\n  (if (< n 0)\n      n\n      (spin (+ n 1))))\n(spin 0)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.run_for(Duration::from_millis(20));
        let status = bench.until_it_stands(Command::SetBreakpoints(lines(&[4])));
        assert!(at_breakpoint(&status, 4), "{status:?}");
        bench.world.command(Command::SetBreakpoints(Vec::new()));
        bench.run_for(Duration::from_millis(50));
        let status = bench.until_it_stands(Command::Pause);
        assert_eq!(paused(&status), Some(&PauseReason::Requested));
        // One that is off does not stop, one without code is told apart.
        let mut off = lines(&[4, 40]);
        off[0].enabled = false;
        bench.world.command(Command::SetBreakpoints(off));
        let rows = bench.picture().breakpoints;
        assert_eq!((rows[0].bound, rows[1].bound), (true, false));
        bench.run_for(Duration::from_millis(20));
        assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
    }
}

#[test]
fn a_breakpoint_in_any_actor_stops_all() {
    let source = "(define (work n)
  (if (= n 100)
      'here
      (work (+ n 1))))
(define (spin n) (spin (+ n 1)))
(spawn (lambda () (spin 0)))
(spawn (lambda () (work 0)))
(spin 0)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[3], Settings::default());
        let status = bench.run();
        assert!(at_breakpoint(&status, 3), "{status:?}");
        let RunStatus::Paused { actor: Some(number), .. } = status else { panic!("{status:?}") };
        assert_ne!(number, ActorNumber(1));
        let before = bench.picture().totals.reductions;
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(bench.picture().totals.reductions, before);
        assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
    }
}

#[test]
fn steps_go_into_over_and_out() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, SUM, &[7], Settings::default());
        assert!(at_breakpoint(&bench.run(), 7));
        bench.world.command(Command::SetBreakpoints(Vec::new()));
        let mut seen = Vec::new();
        for _ in 0..20 {
            assert_eq!(paused(&bench.step(StepKind::Into)), Some(&PauseReason::Step));
            seen.push(bench.line());
            if seen.last() == Some(&2) {
                break;
            }
        }
        assert_eq!(seen.last(), Some(&2), "into `square`: {seen:?}");
        assert_eq!(paused(&bench.step(StepKind::Out)), Some(&PauseReason::Step));
        let line = bench.line();
        assert!((6..=7).contains(&line), "out of `square`, at {line}");
        // Over never shows `square`, and reaches the end.
        let mut status = bench.step(StepKind::Over);
        let mut trail = vec![];
        for _ in 0..30 {
            if paused(&status) != Some(&PauseReason::Step) {
                break;
            }
            let line = bench.line();
            assert_ne!(line, 2);
            trail.push(line);
            status = bench.step(StepKind::Over);
        }
        assert_eq!(status, ended_with("14"), "by lines {trail:?}");
    }
}

#[test]
fn a_step_from_idle_stops_before_anything_happens() {
    for variant in VARIANTS {
        let mut bench =
            Bench::with(variant, "(display 1)\n(display 2)\n(display 3)", &[], Settings::default());
        let status = bench.step(StepKind::Instruction);
        assert_eq!(paused(&status), Some(&PauseReason::Step));
        assert_eq!(bench.output(), "");
        for _ in 0..200 {
            if bench.output() == "12" {
                break;
            }
            bench.step(StepKind::Into);
        }
        assert_eq!(bench.output(), "12");
        assert!(matches!(bench.run(), RunStatus::Ended { result: Ok(_) }));
        assert_eq!(bench.output(), "123");
    }
}

#[test]
fn slow_motion_slows_and_full_speed_returns() {
    let source = "(define (count n) (if (< n 2000) (count (+ n 1)) n)) (count 0)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.world.command(Command::SetSpeed(Speed::ReductionsPerSecond(1_000)));
        bench.run_for(Duration::from_millis(200));
        let reductions = bench.picture().totals.reductions;
        assert!(reductions < 1_000, "{reductions} in 200 ms at 1,000 a second");
        bench.world.command(Command::SetSpeed(Speed::Full));
        let end = bench.wait_from(0, |event| match event {
            Event::Status(status @ RunStatus::Ended { .. }) => Some(status.clone()),
            _ => None,
        });
        assert_eq!(end, ended_with("2000"));
    }
}

#[test]
fn a_deadlock_is_told_with_who_waits_and_where() {
    let source =
        "(define (wait)\n  (receive ('never 'done)))\n(spawn wait)\n(spawn wait)\n(receive ('go 'gone))";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        let status = bench.run();
        let expected = vec![ActorNumber(1), ActorNumber(2), ActorNumber(3)];
        assert_eq!(status, RunStatus::Deadlock { waiting: expected });
        bench.look();
        let problems = bench.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.contains("deadlock"), "{problems:?}");
        assert!(problems[0].message.contains(&format!("{FILE}:2")), "{problems:?}");
        assert_eq!(problems[0].location.as_ref().map(|location| location.line), Some(5));
    }
}

#[test]
fn entries_go_on_in_the_main_actor() {
    for variant in VARIANTS {
        let mut bench =
            Bench::with(variant, "(define x 20) (define (twice n) (* 2 n)) x", &[], Settings::default());
        assert_eq!(bench.run(), ended_with("20"));
        assert_eq!(bench.enter("(twice x)"), Ok("40".to_string()));
        assert_eq!(bench.enter("(define y 5)").map(|_| ()), Ok(()));
        assert_eq!(bench.enter("(set! x (+ x y)) (list x y)"), Ok("(25 5)".to_string()));
        let error = bench.enter("(car x)").expect_err("25 is no pair");
        assert!(error.contains("car") && error.contains("25"), "{error}");
        assert!(bench.enter("(undefined-thing)").expect_err("no such thing").contains("undefined-thing"));
        assert!(bench.enter("(twice").expect_err("unbalanced").contains("repl:1:"));
        assert_eq!(bench.enter("(twice x)"), Ok("50".to_string()));
        assert_eq!(
            bench.enter("(let ((me (self))) (spawn (lambda () (send me 'hi))) (receive (m m)))"),
            Ok("hi".into())
        );
    }
}

#[test]
fn an_entry_needs_no_program() {
    for variant in VARIANTS {
        let mut bench = Bench::new(variant);
        assert_eq!(bench.enter("(+ 1 2)"), Ok("3".to_string()));
        assert_eq!(bench.enter("(define z 9)").map(|_| ()), Ok(()));
        assert_eq!(bench.enter("z"), Ok("9".to_string()));
    }
}

#[test]
fn looking_changes_nothing() {
    let source = "
(define (tree d) (if (= d 0) '() (list (tree (- d 1)) (tree (- d 1)))))
(define (churn n) (if (> n 0) (begin (tree 8) (churn (- n 1))) (process-info)))
(churn 100)";
    let mut values = Vec::new();
    for variant in VARIANTS {
        for watched in [false, true] {
            let mut bench = Bench::with(variant, source, &[], Settings::default());
            if watched {
                bench.watch();
            }
            values.push(bench.run());
            bench.world.command(Command::Observe(Observation::default()));
        }
    }
    assert!(
        matches!(&values[0], RunStatus::Ended { result: Ok(value) } if value.contains("reductions")),
        "{values:?}"
    );
    assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
}

#[test]
fn evaluations_run_beside_the_program_and_stop_with_it() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, LOOP, &[], Settings::default());
        bench.run_for(Duration::from_millis(5));
        let answer =
            bench.evaluate("(display 'out) (list 1 \"two\" #\\3)", Settings::default()).expect("a value");
        assert_eq!((answer.value.as_str(), answer.output.as_str()), ("(1 \"two\" #\\3)", "out"));
        assert!(answer.milliseconds > 0.0);
        bench.world.command(Command::Evaluate {
            id: 9,
            source: LOOP.to_string(),
            settings: Settings::default(),
        });
        bench.look();
        assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
        let stopped = bench.wait_from(0, |event| match event {
            Event::Evaluated { id: 9, result } => Some(result.clone()),
            _ => None,
        });
        assert_eq!(stopped, Err("stopped".to_string()));
    }
}
