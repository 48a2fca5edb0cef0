//! The debugger: places and events to stop at, conditions, watches, frames and values of actors that stand still.

mod common;

use std::time::Duration;

use common::bench::{Bench, FILE, VARIANTS, at_breakpoint, ended_with, lines, paused};
use protocol::{
    ActorNumber, Breakpoint, BreakpointAt, Command, DebugEvent, DebugEventKind, DebuggerAnswer,
    DebuggerQuestion, Event, PauseReason, RunStatus, Settings, StepKind, ValuePath, ValueRow, WatchTarget,
};

const MAIN: ActorNumber = ActorNumber(1);

const COUNT: &str = "(define total 0)
(define (add n)
  (set! total (+ total n))

  (let ((twice (* 2 n)))
    (vector twice n)))
(define (loop n)
  (if (< n 10)
      (begin (add n) (loop (+ n 1)))
      total))
(loop 0)";

fn bench_with(source: &str, variant: protocol::Variant, breakpoints: Vec<Breakpoint>) -> Bench {
    let mut bench = Bench::with(variant, source, &[], Settings::default());
    bench.world.command(Command::SetBreakpoints(breakpoints));
    bench
}

fn ask(bench: &mut Bench, actor: ActorNumber, question: DebuggerQuestion) -> Result<DebuggerAnswer, String> {
    let from = bench.events.len();
    bench.world.command(Command::AskDebugger { id: 3, actor, question });
    bench.wait_from(from, |event| match event {
        Event::DebuggerAnswered { id: 3, result } => Some(result.clone()),
        _ => None,
    })
}

fn values(bench: &mut Bench, question: DebuggerQuestion) -> Vec<ValueRow> {
    match ask(bench, MAIN, question) {
        Ok(DebuggerAnswer::Values { rows, .. }) => rows,
        other => panic!("{other:?}"),
    }
}

fn in_frame(bench: &mut Bench, frame: u32, source: &str) -> Result<String, String> {
    let from = bench.events.len();
    let source = source.to_string();
    bench.world.command(Command::EvaluateInActor { id: 9, actor: MAIN, source, frame: Some(frame) });
    bench.answer(9, from)
}

fn noted(bench: &Bench) -> Vec<DebugEvent> {
    let events = bench.events.iter().filter_map(|event| match event {
        Event::Debug(noted) => Some(noted.clone()),
        _ => None,
    });
    events.flatten().collect()
}

fn told(bench: &Bench, kind: DebugEventKind) -> Vec<String> {
    noted(bench).into_iter().filter(|event| event.kind == kind).map(|event| event.text).collect()
}

fn variable(frame: Option<u32>, name: &str) -> WatchTarget {
    WatchTarget::Variable { frame, name: name.to_string() }
}

fn event_of(status: &RunStatus) -> Option<&str> {
    match paused(status) {
        Some(PauseReason::Event(text)) => Some(text),
        _ => None,
    }
}

#[test]
fn a_condition_decides_whether_to_stop() {
    for variant in VARIANTS {
        let point = Breakpoint { condition: "(and (= n 7) (< total 100))".into(), ..lines(&[3])[0].clone() };
        let mut bench = bench_with(COUNT, variant, vec![point]);
        let status = bench.run();
        assert!(at_breakpoint(&status, 3), "{status:?}");
        assert_eq!(in_frame(&mut bench, 0, "n"), Ok("7".to_string()));
        assert_eq!(bench.picture().breakpoints[0].hits, 1, "where it does not hold it does not count");
        assert_eq!(bench.run(), ended_with("45"));
    }
}

#[test]
fn conditions_that_fail_or_never_end_stop_and_are_told() {
    for variant in VARIANTS {
        for (condition, what) in [
            ("(car n)", "expected a pair"),
            ("(let spin () (spin))", "takes more than"),
            ("(receive)", "it waits"),
            ("(+ n", "condition of"),
        ] {
            let point = Breakpoint { condition: condition.into(), ..lines(&[3])[0].clone() };
            let mut bench = bench_with(COUNT, variant, vec![point]);
            let status = bench.run();
            assert!(at_breakpoint(&status, 3), "{condition}: {status:?}");
            let failed = told(&bench, DebugEventKind::Failed);
            assert!(failed.first().is_some_and(|text| text.contains(what)), "{condition}: {failed:?}");
            bench.world.command(Command::SetBreakpoints(Vec::new()));
            assert_eq!(bench.run(), ended_with("45"), "{condition}");
        }
    }
}

#[test]
fn what_is_evaluated_for_a_breakpoint_leaves_no_trace() {
    for variant in VARIANTS {
        let mut plain = bench_with(COUNT, variant, Vec::new());
        assert_eq!(plain.run(), ended_with("45"));
        let reductions = plain.picture().totals.reductions;
        let condition =
            "(begin (add 1000) (set! n 5) #f)".replace("(add 1000) ", "(vector->list (make-vector 100 1)) ");
        let points = vec![
            Breakpoint { condition: condition.replace("(set! n 5) ", ""), ..lines(&[3])[0].clone() },
            Breakpoint { log: "n={n}".into(), ..lines(&[5])[0].clone() },
        ];
        let mut bench = bench_with(COUNT, variant, points);
        assert_eq!(bench.run(), ended_with("45"));
        assert_eq!(bench.picture().totals.reductions, reductions);
    }
}

#[test]
fn log_points_tell_and_go_on() {
    for variant in VARIANTS {
        let point = Breakpoint {
            log: "n is {n}, twice {(* 2 n)}, {oops}".into(),
            after: 8,
            ..lines(&[3])[0].clone()
        };
        let mut bench = bench_with(COUNT, variant, vec![point]);
        assert_eq!(bench.run(), ended_with("45"));
        let logged = told(&bench, DebugEventKind::Log);
        assert_eq!(logged.len(), 2, "the first eight are passed");
        assert!(logged[0].starts_with("n is 8, twice 16, {oops: "), "{logged:?}");
        assert_eq!(noted(&bench)[0].location.as_ref().map(|place| place.line), Some(3));
    }
}

#[test]
fn a_breakpoint_on_a_line_without_code_moves_to_the_next() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, COUNT, &[4], Settings::default());
        assert!(at_breakpoint(&bench.run(), 5));
        assert_eq!(bench.picture().breakpoints[0].line, Some(5));
    }
}

#[test]
fn the_test_of_a_loop_stops_in_every_round() {
    let source = "(define (work n)
  (let loop ((i 0))
    (if (< i n)
        (loop (+ i 1))
        i)))
(work 5)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[3], Settings::default());
        for round in 0..=5 {
            assert!(at_breakpoint(&bench.run(), 3), "round {round}");
            assert_eq!(in_frame(&mut bench, 0, "i"), Ok(round.to_string()));
        }
        assert_eq!(bench.run(), ended_with("5"));
    }
}

#[test]
fn procedures_and_offsets_stop() {
    for variant in VARIANTS {
        let mut bench =
            bench_with(COUNT, variant, vec![Breakpoint::new(BreakpointAt::Procedure("add".into()))]);
        let status = bench.run();
        assert!(at_breakpoint(&status, 3), "{status:?}");
        let listing = bench.picture().selected.and_then(|actor| actor.bytecode).expect("bytecode");
        assert_eq!(listing.procedure, "add");
        let last = listing.lines.last().expect("a return").offset;
        let at = BreakpointAt::Offset { procedure: "add".into(), offset: last };
        bench.world.command(Command::SetBreakpoints(vec![Breakpoint::new(at)]));
        bench.run();
        let listing = bench.picture().selected.and_then(|actor| actor.bytecode).expect("bytecode");
        assert_eq!(listing.current, Some(listing.lines.len() as u32 - 1));
        // What is nowhere is told.
        let nowhere = Breakpoint::new(BreakpointAt::Procedure("nobody".into()));
        bench.world.command(Command::SetBreakpoints(vec![nowhere]));
        assert!(!bench.picture().breakpoints[0].bound);
        assert_eq!(bench.run(), ended_with("45"));
    }
}

#[test]
fn events_stop_before_they_happen() {
    let source = "(define child (spawn (lambda () (receive (n (exit (* 2 n)))))))
(monitor child)
(send child 21)
(receive (down (current-jiffy)))
(guard (c (#t 'caught)) (raise 'oops))
(error \"at last\" 1)";
    for variant in VARIANTS {
        let points = BreakpointAt::EVENTS.into_iter().filter(|event| *event != BreakpointAt::Collection);
        let mut bench = bench_with(source, variant, points.map(Breakpoint::new).collect());
        let mut seen = Vec::new();
        let mut status = bench.run();
        while let RunStatus::Paused { actor, .. } = &status {
            let who = actor.expect("an actor").0;
            seen.push((who, event_of(&status).expect("an event").to_string()));
            assert!(seen.len() < 30, "{seen:?}");
            status = bench.run();
        }
        let of = |number: u32| -> Vec<&str> {
            seen.iter().filter(|(who, _)| *who == number).map(|(_, what)| what.as_str()).collect()
        };
        let child = seen.iter().map(|(who, _)| *who).find(|who| *who != 1).expect("the child stops");
        assert_eq!(of(child), ["receive", "exit"]);
        assert_eq!(of(1), ["spawn", "send", "receive", "capability", "raise", "uncaught", "exit"]);
        assert!(
            matches!(&status, RunStatus::Ended { result: Err(text) } if text.contains("at last")),
            "{status:?}"
        );
    }
}

#[test]
fn events_in_applied_procedures_stop_and_go_on() {
    let source = "(apply send (list (self) 'hello))\n(receive (x x))";
    for variant in VARIANTS {
        let mut bench = bench_with(source, variant, vec![Breakpoint::new(BreakpointAt::Send)]);
        let status = bench.run();
        assert_eq!(event_of(&status), Some("send"));
        // What it stands in front of is not met again because other breakpoints come.
        let points = [BreakpointAt::Send, BreakpointAt::Spawn].map(Breakpoint::new).to_vec();
        bench.world.command(Command::SetBreakpoints(points));
        assert_eq!(bench.run(), ended_with("hello"));
    }
}

#[test]
fn a_collection_stops_where_it_happened() {
    let source =
        "(define (grow n kept)\n  (if (= n 0) (length kept) (grow (- n 1) (cons n kept))))\n(grow 10000 '())";
    for variant in VARIANTS {
        let mut bench = bench_with(source, variant, vec![Breakpoint::new(BreakpointAt::Collection)]);
        let mut status = bench.run();
        let mut stops = 0;
        while let Some(event) = event_of(&status) {
            assert_eq!(event, "collection");
            stops += 1;
            status = bench.run();
        }
        assert!(stops > 3, "{stops} stops");
        assert_eq!(status, ended_with("10000"));
    }
}

#[test]
fn expressions_see_and_set_the_variables_of_a_frame() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, COUNT, &[6], Settings::default());
        assert!(at_breakpoint(&bench.run(), 6));
        assert_eq!(in_frame(&mut bench, 0, "(list n twice total)"), Ok("(0 0 0)".to_string()));
        assert_eq!(in_frame(&mut bench, 0, "(begin (set! twice 'changed) twice)"), Ok("changed".to_string()));
        assert_eq!(in_frame(&mut bench, 0, "twice"), Ok("changed".to_string()));
        // The caller's variable is another one of that name; the frames above stay.
        assert_eq!(in_frame(&mut bench, 1, "(begin (set! n 9) n)"), Ok("9".to_string()));
        assert_eq!(in_frame(&mut bench, 0, "n"), Ok("0".to_string()));
        assert!(in_frame(&mut bench, 0, "(car n)").is_err_and(|text| text.contains("expected a pair")));
        assert!(in_frame(&mut bench, 0, "(undefined-thing)").is_err());
        assert!(in_frame(&mut bench, 77, "n").is_err_and(|text| text.contains("no frame 77")));
        assert_eq!(in_frame(&mut bench, 0, "(begin (define fresh 5) (+ fresh n))"), Ok("5".to_string()));
        bench.world.command(Command::SetBreakpoints(Vec::new()));
        // `n` became 9 in the loop: one more round.
        assert_eq!(bench.run(), ended_with("0"));
    }
}

#[test]
fn a_global_variable_is_watched() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, COUNT, &[11], Settings::default());
        assert!(at_breakpoint(&bench.run(), 11));
        let watching =
            ask(&mut bench, MAIN, DebuggerQuestion::Watch { watch: 5, target: variable(None, "total") });
        assert_eq!(watching, Ok(DebuggerAnswer::Watching("0".into())));
        for (old, new) in [("0", "1"), ("1", "3"), ("3", "6")] {
            let status = bench.run();
            let wanted =
                PauseReason::Watch { watch: 5, text: "total".into(), old: old.into(), new: Some(new.into()) };
            assert_eq!(paused(&status), Some(&wanted));
            let by = told(&bench, DebugEventKind::Watch).pop().expect("a note");
            assert_eq!(by, format!("total: {old} became {new}, by {FILE}:3"));
        }
        bench.world.command(Command::Unwatch { watch: 5 });
        assert_eq!(bench.run(), ended_with("45"));
        // No such variable.
        let nothing = DebuggerQuestion::Watch { watch: 6, target: variable(None, "nothing") };
        assert!(ask(&mut bench, MAIN, nothing).is_err());
    }
}

#[test]
fn variables_of_frames_and_parts_of_values_are_watched_while_they_live() {
    let source = "(define v (vector 1 2 3))
(define (work n)
  (let loop ((i 0))
    (if (< i n)
        (begin
          (vector-set! v 1 (list i))
          (gc)
          (loop (+ i 1))))))
(work 2)
(vector-fill! v 'end)
v";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[4], Settings::default());
        assert!(at_breakpoint(&bench.run(), 4));
        bench.world.command(Command::SetBreakpoints(Vec::new()));
        let part = ValuePath { frame: None, name: "v".into(), parts: vec![1] };
        let watch = DebuggerQuestion::Watch { watch: 1, target: WatchTarget::Part(part) };
        assert_eq!(ask(&mut bench, MAIN, watch), Ok(DebuggerAnswer::Watching("2".into())));
        let watch = DebuggerQuestion::Watch { watch: 2, target: variable(Some(0), "i") };
        assert_eq!(ask(&mut bench, MAIN, watch), Ok(DebuggerAnswer::Watching("0".into())));
        let mut seen = Vec::new();
        let mut status = bench.run();
        while let Some(PauseReason::Watch { text, new, .. }) = paused(&status) {
            seen.push((text.clone(), new.clone()));
            assert!(seen.len() < 20, "{seen:?}");
            status = bench.run();
        }
        let change = |text: &str, new: Option<&str>| (text.to_string(), new.map(str::to_string));
        let wanted = [
            change("v[1]", Some("(0)")),
            change("i", Some("1")),
            change("v[1]", Some("(1)")),
            change("i", Some("2")),
            change("i", None),
            change("v[1]", Some("end")),
        ];
        assert_eq!(seen, wanted, "a collection that moves what is watched is no change");
        assert_eq!(status, ended_with("#(end end end)"));
    }
}

#[test]
fn an_expression_is_watched() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, COUNT, &[11], Settings::default());
        assert!(at_breakpoint(&bench.run(), 11));
        let target = WatchTarget::Expression("(> total 20)".into());
        assert!(ask(&mut bench, MAIN, DebuggerQuestion::Watch { watch: 1, target }).is_ok());
        let status = bench.run();
        assert!(
            matches!(paused(&status), Some(PauseReason::Watch { old, new: Some(new), .. }) if old == "#f" && new == "#t"),
            "{status:?}"
        );
        assert_eq!(bench.enter("total"), Ok("21".to_string()));
        assert_eq!(bench.run(), ended_with("45"));
    }
}

#[test]
fn values_open_part_by_part() {
    let source = "(define-record-type point (make-point x y) point? (x point-x) (y point-y))
(define (stop p table rest)
  p)
(define table (make-equal-hash-table))
(hash-table-set! table 'key '#(1 2))
(define ring (list 1 2 3))
(set-cdr! (cddr ring) ring)
(stop (make-point 3 '(4 . 5)) table ring)
'done";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[3], Settings::default());
        assert!(at_breakpoint(&bench.run(), 3));
        let rows = values(&mut bench, DebuggerQuestion::Variables { frame: 0 });
        let names: Vec<(&str, &str)> =
            rows.iter().map(|row| (row.label.as_str(), row.kind.as_str())).collect();
        assert_eq!(names, [("p", "record"), ("table", "hash table"), ("rest", "pair")]);
        let mut parts = |name: &str, parts: &[u32], first: u32, count: u32| -> Vec<(String, String)> {
            let path = ValuePath { frame: Some(0), name: name.into(), parts: parts.to_vec() };
            let rows = values(&mut bench, DebuggerQuestion::Parts { path, first, count });
            rows.into_iter().map(|row| (row.label, row.text)).collect()
        };
        let row = |label: &str, text: &str| (label.to_string(), text.to_string());
        assert_eq!(parts("p", &[], 0, 10), [row("x", "3"), row("y", "(4 . 5)")]);
        assert_eq!(parts("p", &[1], 0, 10), [row("0", "4"), row(".", "5")]);
        assert_eq!(parts("table", &[], 0, 10), [row("key", "#(1 2)")]);
        assert_eq!(parts("table", &[0], 1, 1), [row("1", "2")]);
        assert_eq!(parts("rest", &[], 1_000, 2), [row("1000", "2"), row("1001", "3")]);
        let globals = values(&mut bench, DebuggerQuestion::Globals);
        assert!(globals.iter().any(|row| row.label == "ring" && row.parts > 1_000), "{globals:?}");
        let gone = ValuePath { frame: Some(0), name: "p".into(), parts: vec![9] };
        let gone = DebuggerQuestion::Parts { path: gone, first: 0, count: 1 };
        assert!(ask(&mut bench, MAIN, gone).is_err());
    }
}

#[test]
fn everything_is_told_in_one_piece() {
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, COUNT, &[3], Settings::default());
        for _ in 0..3 {
            assert!(at_breakpoint(&bench.run(), 3));
        }
        let Ok(DebuggerAnswer::Info(info)) = ask(&mut bench, MAIN, DebuggerQuestion::Info) else {
            panic!("no info")
        };
        assert_eq!(info.frames[0].procedure, "add");
        assert_eq!(info.bytecode.as_ref().map(|listing| listing.procedure.as_str()), Some("add"));
        assert_eq!((info.breakpoints.len(), info.breakpoints[0].1.hits), (1, 3));
        assert_eq!(info.events.len(), 3);
        assert_eq!(info.states.len(), 3);
        let n = |index: usize| info.states[index].frames[0].variables[0].value.clone();
        assert_eq!([n(0), n(1), n(2)], ["0", "1", "2"], "how it was at each stop");
    }
}

#[test]
fn running_to_a_line_stops_there_once() {
    for variant in VARIANTS {
        let mut bench = bench_with(COUNT, variant, Vec::new());
        let status = bench.until_it_stands(Command::RunTo { file: FILE.into(), line: 10 });
        assert!(at_breakpoint(&status, 10), "{status:?}");
        assert!(bench.picture().breakpoints.is_empty());
        assert_eq!(bench.run(), ended_with("45"));
    }
}

#[test]
fn a_step_to_the_next_message_lets_others_run() {
    let source = "(define me (self))
(spawn (lambda () (receive (after 20 (send me 'first))) (send me 'second)))
(display \"begin\")
(receive (x (display x)))
(receive (x (display x)))
'end";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[3], Settings::default());
        assert!(at_breakpoint(&bench.run(), 3));
        bench.world.command(Command::SetBreakpoints(Vec::new()));
        for waiting in 1..=2 {
            assert_eq!(paused(&bench.step(StepKind::Message)), Some(&PauseReason::Step), "message {waiting}");
        }
        assert_eq!(bench.output(), "beginfirst");
        assert_eq!(bench.run(), ended_with("end"));
    }
}

#[test]
fn several_actors_that_stop_are_told_one_after_the_other() {
    let source = "(define (meet n)\n  (* 2 n))
(define me (self))
(for-each (lambda (n) (spawn (lambda () (send me (meet n))))) '(1 2 3 4))
(+ (receive (x x)) (receive (x x)) (receive (x x)) (receive (x x)))";
    for variant in VARIANTS {
        for _ in 0..10 {
            let mut bench = Bench::with(variant, source, &[2], Settings::default());
            let mut seen = Vec::new();
            let mut status = bench.run();
            while let RunStatus::Paused { actor: Some(actor), .. } = &status {
                seen.push(actor.0);
                status = bench.run();
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 4, "each stops once: {seen:?}");
            assert_eq!(status, ended_with("20"));
        }
    }
}

#[test]
fn breakpoints_set_again_and_again_while_it_runs_lose_nothing() {
    let source = "(define (spin n)\n  (if (< n 3000000)\n      (spin (+ n 1))\n      n))
(define me (self))
(spawn (lambda () (send me (spin 0))))
(let ((mine (spin 0))) (receive (theirs (+ mine theirs))))";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.world.command(Command::Run);
        let never = Breakpoint { condition: "#f".into(), after: 1, ..lines(&[4])[0].clone() };
        for round in 0..20 {
            let points = if round % 2 == 0 { vec![never.clone()] } else { Vec::new() };
            bench.world.command(Command::SetBreakpoints(points));
            bench.wait_for(Duration::from_millis(3));
        }
        assert_eq!(bench.until_ended(), "6000000");
    }
}

#[test]
fn a_step_without_end_is_given_up_by_a_pause() {
    let source = "(define (spin n)\n  (spin (+ n 1)))\n(spin 0)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[2], Settings::default());
        assert!(at_breakpoint(&bench.run(), 2));
        bench.world.command(Command::SetBreakpoints(Vec::new()));
        bench.world.command(Command::Step { actor: MAIN, kind: StepKind::Over });
        bench.wait_for(Duration::from_millis(20));
        assert_eq!(paused(&bench.until_it_stands(Command::Pause)), Some(&PauseReason::Requested));
        bench.run_for(Duration::from_millis(20));
        assert_eq!(bench.status(), RunStatus::Running, "the step is forgotten");
        assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
    }
}

#[test]
fn what_is_asked_of_a_running_actor_is_refused() {
    let mut bench =
        Bench::with(VARIANTS[0], "(define (spin n) (spin n))\n(spin 0)", &[], Settings::default());
    bench.run_for(Duration::from_millis(20));
    let answer = ask(&mut bench, MAIN, DebuggerQuestion::Variables { frame: 0 });
    assert!(answer.is_err() || matches!(answer, Ok(DebuggerAnswer::Values { .. })), "an answer either way");
    let nobody = ask(&mut bench, ActorNumber(99), DebuggerQuestion::Info);
    assert_eq!(nobody, Err("there is no live actor 99".to_string()));
    assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
}
