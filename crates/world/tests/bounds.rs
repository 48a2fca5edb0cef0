//! Bounds and bad input: each a clear message that names the limit and the setting, and neighbours go on.

mod common;

use std::time::{Duration, Instant};

use common::bench::{Bench, FILE, VARIANTS};
use protocol::{Command, RunStatus, Settings, Variant};

#[test]
fn an_unknown_name_is_suggested_to_whoever_meets_it() {
    let source = "(define (total) 1)\n(spawn (lambda () (totl)))\n(receive (after 20 (totl)))";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], Settings::default());
        bench.run();
        let mut met: Vec<_> = bench
            .problems()
            .into_iter()
            .map(|found| (found.actor.map(|actor| actor.0), found.suggestion))
            .collect();
        met.sort();
        let suggestion = Some("did you mean `total`?".to_string());
        let wanted = [None, Some(1), Some(2)].map(|actor| (actor, suggestion.clone()));
        assert_eq!(met, wanted, "{variant:?}: {:?}", bench.problems());
    }
}

/// The error that a program ends with.
fn error_of(source: &str, settings: &Settings) -> String {
    let mut texts: Vec<String> = VARIANTS
        .iter()
        .map(|variant| {
            let mut bench = Bench::new(*variant);
            let result = bench.evaluate(source, settings.clone());
            let text = result.expect_err("an error");
            // The engine is as good as before.
            assert_eq!(
                bench.evaluate("(+ 1 2)", Settings::default()).map(|answer| answer.value),
                Ok("3".to_string())
            );
            text
        })
        .collect();
    texts.dedup();
    texts.pop().expect("two answers")
}

fn assert_says(source: &str, settings: &Settings, parts: &[&str]) {
    let text = error_of(source, settings);
    for part in parts {
        assert!(text.contains(part), "{text:?} lacks {part:?}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let defaults = Settings::default();
    assert_says(
        "(define x 1)\n(display (+ x 1)",
        &defaults,
        &["program.scm:2:1", "parenthesis", "not closed"],
    );
    assert_says("(display 1))", &defaults, &["program.scm:1:12"]);
    assert_says("(define (f) 1)\n  (frob 1)", &defaults, &["program.scm:2:4", "frob"]);
    assert_says("(define (pair a b) 1)\n(pair 1)", &defaults, &["pair", "2", "1"]);
    assert_says(
        "(define l '(1 2))\n(vector-ref l 0)",
        &defaults,
        &["program.scm:2", "vector-ref", "vector", "(1 2)"],
    );
    assert_says("(+ 1 \"x\")", &defaults, &["+", "number", "\"x\""]);
    assert_says("(car '())", &defaults, &["car", "pair", "()"]);
    assert_says("(error \"it broke:\" 1 'two)", &defaults, &["it broke: 1 two"]);
    assert_says("(raise 'oops)", &defaults, &["oops"]);
    assert_says("(vector-ref (vector 1 2) 2)", &defaults, &["vector-ref", "2"]);
    assert_says("(\"f\" 1)", &defaults, &["procedure", "\"f\""]);
}

#[test]
fn infinite_recursion_meets_the_stack_limit() {
    let settings = Settings { stack_words_max: 100_000, ..Settings::default() };
    assert_says(
        "(define (f n)\n  (+ 1 (f n)))\n(f 1)",
        &settings,
        &["stack", "100000", "setting: stack", "program.scm:2"],
    );
}

#[test]
fn infinite_allocation_meets_the_heap_limit() {
    let settings = Settings { heap_words_max: 200_000, ..Settings::default() };
    let source = "(define (grow l)\n  (grow (cons 1 l)))\n(grow '())";
    assert_says(source, &settings, &["heap", "200000", "setting: heap", "[actor 1, main]", "program.scm:2"]);
    assert_says(
        "(define (grow s)\n  (grow (string-append s s)))\n(grow \"ab\")",
        &settings,
        &["heap", "setting: heap"],
    );
    assert_says("(make-vector 1000000 0)", &settings, &["heap", "setting: heap"]);
    assert_says("(define (grow n) (grow (* n n))) (grow 3)", &settings, &["program.scm:1"]);
    let world = Settings { world_bytes_max: 4 << 20, ..Settings::default() };
    assert_says(source, &world, &["memory", "setting: memory", "program.scm:2"]);
}

#[test]
fn a_snapshot_that_has_no_room_is_a_condition() {
    let settings = Settings { heap_words_max: 200_000, ..Settings::default() };
    let source = "(define kept (map (lambda (n) (make-vector 10000 n)) (iota 12)))
(define told (guard (e (#t (list (condition-kind e) (condition/report-string e)))) (heap-snapshot)))
(set! kept #f)
(error \"told:\" told (bytevector? (heap-snapshot)))";
    assert_says(source, &settings, &["told: (heap-limit \"the heap", "setting: heap", "#t"]);
}

#[test]
fn evaluating_for_ever_meets_the_worlds_memory() {
    let world = Settings { world_bytes_max: 4 << 20, ..Settings::default() };
    let fresh = "(define (again n) (eval (list 'quote (make-vector 2000 n))) (again (+ n 1)))\n(again 0)";
    assert_says(fresh, &world, &["the world's memory is used up", "(setting: memory)"]);
    let handled = "
(define (again n)
  (if (guard (c ((error-object? c) #t))
        (eval (list 'quote (make-vector 2000 n)))
        #f)
      'handled
      (again (+ n 1))))
(again 0)";
    // What is the same again takes no more memory.
    let repeated = "
(define (again n)
  (if (= n 0) (eval '(+ 40 2)) (begin (eval '(vector-ref #(1 2 3) 1)) (again (- n 1)))))
(again 30000)";
    // Names may change their meaning in between.
    let redefined = "
(define (f) 1)
(define (again n sum)
  (eval (list 'define '(f) (modulo n 3)))
  (let ((sum (+ sum (eval '(f)))))
    (if (= n 0) sum (again (- n 1) sum))))
(define first (eval '(f)))
(define-syntax g (syntax-rules () ((_) 10)))
(define before (eval '(g)))
(eval '(define-syntax g (syntax-rules () ((_) 20))))
(list first (again 300 0) before (eval '(g)))";
    for variant in VARIANTS {
        for (source, value) in [(handled, "handled"), (repeated, "42"), (redefined, "(1 300 10 20)")] {
            let answer = Bench::new(variant).evaluate(source, world.clone());
            assert_eq!(answer.map(|answer| answer.value), Ok(value.to_string()), "{variant:?}");
        }
    }
}

#[test]
fn a_full_heap_can_be_handled() {
    let settings = Settings { heap_words_max: 100_000, ..Settings::default() };
    let source = "
(define (grow l) (grow (cons 1 l)))
(define (try) (guard (c (#t 'full)) (grow '())))
(list (try) (try) (try) (length (iota 1000)))";
    for variant in VARIANTS {
        let answer = Bench::new(variant).evaluate(source, settings.clone());
        assert_eq!(answer.map(|answer| answer.value), Ok("(full full full 1000)".to_string()));
    }
}

/// The value of a program, which is the same however it is run.
fn assert_answers(source: &str, settings: &Settings, value: &str) {
    for variant in VARIANTS {
        let answer = Bench::new(variant).evaluate(source, settings.clone());
        assert_eq!(answer.map(|answer| answer.value), Ok(value.to_string()), "{variant:?}");
    }
}

/// Ends an actor, and answers what its monitor is told.
const WATCH: &str = "
(define (watch thunk) (spawn-monitor thunk) (receive (('down r a reason) reason)))
(define keep '())";

#[test]
fn an_actor_that_does_not_make_room_is_stopped_with_the_reason_heap_limit() {
    let source = format!(
        "{WATCH}
(define (grow l) (grow (cons 1 l)))
(define (more) (set! keep (cons 1 keep)) (more))
(define (stubborn) (guard (c (#t (set! keep (cons c keep)))) (more)) (stubborn))
(define (deaf) (guard (c (#t #t)) (more)) (deaf))
(define (linked thunk) (trap-exit! #t) (spawn-link thunk) (receive (('exit a reason) reason)))
(list (watch (lambda () (grow '()))) (watch stubborn) (watch deaf) (linked deaf)
      (watch (lambda () (make-vector 1000000 0))))"
    );
    let settings = Settings { heap_words_max: 100_000, ..Settings::default() };
    assert_answers(&source, &settings, "(heap-limit heap-limit heap-limit heap-limit heap-limit)");
}

#[test]
fn one_object_larger_than_the_heap_is_refused_where_it_is_asked_for() {
    let settings = Settings { heap_words_max: 100_000, ..Settings::default() };
    for source in
        ["1\n  (make-vector 200000 0)", "1\n  (make-string 500000 #\\a)", "1\n  (make-bytevector 900000 0)"]
    {
        let parts = ["are more than the heap may hold", "100000 words", "setting: heap", "program.scm:2:3"];
        assert_says(source, &settings, &parts);
    }
}

#[test]
fn a_full_heap_whose_collector_is_off_is_another_error() {
    let mut settings = Settings { heap_words_max: 100_000, ..Settings::default() };
    settings.collector.is_on = false;
    let waste = "(define (waste n) (if (> n 0) (begin (list n n) (waste (- n 1)))))";
    let parts = ["its collector is off", "100000 words", "setting: gc", "setting: heap", "program.scm:1"];
    assert_says(&format!("{waste}\n(waste 100000)"), &settings, &parts);
    let source = format!(
        "{WATCH}{waste}
(list (gc) (watch (lambda () (waste 100000)))
      (guard (c (#t (condition-kind c))) (waste 100000)))"
    );
    assert_answers(&source, &settings, "(0 gc-disabled gc-disabled)");
}

#[test]
fn an_actor_is_told_once_that_its_heap_is_nearly_full() {
    let source = "
(define keep '())
(define (grow n) (if (> n 0) (begin (set! keep (cons n keep)) (grow (- n 1)))))
(define (look)
  (gc)
  (receive (('heap-soft-limit used limit) (list (> used (quotient limit 2)) limit)) (after 0 'nothing)))
(define (try) (grow 20000) (let* ((first (look)) (second (look))) (set! keep '()) (list first second (look))))
(let* ((before (look)) (once (try))) (list before once (try)))";
    let mut settings = Settings { heap_words_max: 100_000, ..Settings::default() };
    assert_answers(source, &settings, "(nothing (nothing nothing nothing) (nothing nothing nothing))");
    for named in world::named_collectors() {
        settings.collector = protocol::CollectorSettings { soft_percent: 50, ..named.settings };
        let told = "((#t 800000) nothing nothing)";
        assert_answers(source, &settings, &format!("(nothing {told} {told})"));
    }
}

#[test]
fn senders_do_not_fill_the_heap_of_a_receiver() {
    // The receiver looks at all that has come, and wants none of it until the sender was refused.
    let source = "
(define parent (self))
(define (drain n) (receive (('item . rest) (drain (+ n 1))) (after 0 n)))
(define (serve) (receive (('never) 'no) (after 5 (if (whereis 'poured) (send parent (drain 0)) (serve)))))
(define server (spawn serve))
(define (pour n)
  (if (guard (c ((eq? (condition-kind c) 'mailbox-limit) #f)) (send server (cons 'item (iota 500))) #t) (pour (+ n 1)) n))
(define poured (pour 0))
(sleep 30)
(register 'poured (self))
(= poured (receive (n n)))";
    let settings = Settings { heap_words_max: 100_000, ..Settings::default() };
    assert_answers(source, &settings, "#t");
    let flood = "(define to (spawn (lambda () (receive ('never 1)))))\n(define (pour) (send to (iota 500)) (pour))\n(pour)";
    assert_says(flood, &settings, &["mailbox is full", "400000 bytes", "setting: heap)", "program.scm:2"]);
}

#[test]
fn an_infinite_loop_meets_the_reduction_limit() {
    let settings = Settings { reductions_max: 100_000, ..Settings::default() };
    let parts = ["reductions", "100000", "setting: reductions", "[actor 1, main]", "program.scm:2"];
    assert_says("(define (spin)\n  (spin))\n(spin)", &settings, &parts);
}

#[test]
fn a_million_actors_meet_the_actor_limit() {
    let settings = Settings { actors_max: 2_000, ..Settings::default() };
    let source =
        "(define (wait) (receive ('never 1)))\n(define (more n)\n  (spawn wait)\n  (more (+ n 1)))\n(more 0)";
    assert_says(source, &settings, &["spawn", "2000", "actors", "setting: actors", "program.scm:3"]);
    // By default there may be very many, and the engine bears it.
    let source = "
(define (wait) (receive ('never 1)))
(define (more n) (if (= n 0) 'made (begin (spawn wait) (more (- n 1)))))
(guard (c (#t 'refused)) (more 1000000))";
    let mut bench = Bench::new(Variant::Threads);
    let started = Instant::now();
    let answer = bench.evaluate(source, Settings::default()).map(|answer| answer.value);
    assert_eq!(answer, Ok("refused".to_string()));
    assert!(started.elapsed() < Duration::from_secs(50), "it took {:?}", started.elapsed());
}

#[test]
fn full_mailboxes_refuse_at_the_send() {
    let flood = "
(define (never) (receive ('never 1)))
(define to (spawn never))
(define (pour n)
  (send to (list n))
  (pour (+ n 1)))
(pour 0)";
    let few = Settings { mailbox_messages_max: 100, ..Settings::default() };
    assert_says(flood, &few, &["mailbox", "100 messages", "setting: mailbox)", "program.scm:5"]);
    let small = Settings { mailbox_bytes_max: 10_000, ..Settings::default() };
    assert_says(flood, &small, &["mailbox", "10000 bytes", "setting: mailbox-bytes)"]);
}

#[test]
fn output_is_cut_with_a_notice() {
    let settings = Settings { output_characters_max: 1_000, ..Settings::default() };
    let source = "(define (write-on n) (if (> n 0) (begin (display \"0123456789\") (write-on (- n 1))))) (write-on 500)";
    for variant in VARIANTS {
        let answer = Bench::new(variant).evaluate(source, settings.clone()).expect("a value");
        assert!(answer.output.starts_with(&"0123456789".repeat(100)), "{}", answer.output);
        assert!(
            answer.output.ends_with("[output cut after 1000 characters (setting: output)]\n"),
            "{}",
            answer.output
        );
    }
}

#[test]
fn a_limit_that_one_actor_meets_is_no_matter_for_its_neighbours() {
    let settings = Settings { heap_words_max: 200_000, stack_words_max: 50_000, ..Settings::default() };
    let source = "
(define (grow l) (grow (cons 1 l)))
(define (deep n) (+ 1 (deep n)))
(define parent (self))
(define (steady n) (if (> n 0) (begin (iota 100) (steady (- n 1))) (send parent 'fine)))
(spawn (lambda () (grow '())))
(spawn (lambda () (deep 0)))
(spawn (lambda () (car 5)))
(spawn (lambda () (steady 2000)))
(receive ('fine 'fine))";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[], settings.clone());
        assert_eq!(bench.run(), RunStatus::Ended { result: Ok("fine".to_string()) });
        bench.look();
        let problems = bench.problems();
        assert_eq!(problems.len(), 3, "{problems:?}");
        let all = problems.iter().all(|problem| {
            problem.actor.is_some() && problem.location.as_ref().is_some_and(|place| place.file == FILE)
        });
        assert!(all, "{problems:?}");
        for (what, line) in [("setting: heap", 2), ("setting: stack", 3), ("car", 8)] {
            let found = problems.iter().find(|problem| problem.message.contains(what));
            let place = found.and_then(|problem| problem.location.as_ref()).map(|place| place.line);
            assert_eq!(place, Some(line), "{what}: {problems:?}");
        }
    }
}

#[test]
fn big_sources_are_read_in_good_time() {
    let mut source = String::with_capacity(5 << 20);
    let mut number = 0;
    while source.len() < 5 << 20 {
        source.push_str(&format!(
            "(define (procedure-{number} a b)\n  (if (< a b) (+ a {number}) (list a b \"text\")))\n"
        ));
        number += 1;
    }
    source.push_str("(procedure-7 1 2)");
    let mut bench = Bench::new(Variant::Threads);
    let started = Instant::now();
    let answer = bench.evaluate(&source, Settings::default());
    assert!(started.elapsed() < Duration::from_secs(55), "it took {:?}", started.elapsed());
    match answer {
        Ok(answer) => assert_eq!(answer.value, "8"),
        Err(text) => assert!(text.contains("large") || text.contains("limit"), "{text}"),
    }
    let deep = "(".repeat(200_000);
    assert!(bench.evaluate(&deep, Settings::default()).is_err());
    let nested = format!("{}1{}", "(list ".repeat(100_000), ")".repeat(100_000));
    // Either answer will do; going down will not.
    let _either = bench.evaluate(&nested, Settings::default());
    let quoted = format!("(length '{}1{})", "(".repeat(100_000), ")".repeat(100_000));
    let _either = bench.evaluate(&quoted, Settings::default());
    assert_eq!(
        bench.evaluate("(+ 1 2)", Settings::default()).map(|answer| answer.value),
        Ok("3".to_string())
    );
}

#[test]
fn rubbish_is_told_apart_from_programs() {
    let mut bench = Bench::new(Variant::SingleThread);
    for source in [
        "",
        " ; nothing\n",
        "#|",
        "\"open",
        "#\\",
        "'",
        "#(1 2",
        ")",
        "(1 . )",
        "(. 1)",
        "#;",
        "\u{0}",
        "(((",
        "#!x",
        "1e",
        "|a",
    ] {
        let answer = bench.evaluate(source, Settings::default());
        let is_empty = source.trim_start().is_empty() || source.starts_with(" ;");
        assert!(is_empty || answer.is_err() || source == "1e", "{source:?}: {answer:?}");
    }
    for source in [
        "(if)",
        "(let)",
        "(lambda)",
        "(define)",
        "(let loop)",
        "(cond (else))",
        "(receive (x))",
        "(set! 1 2)",
    ] {
        let text = bench.evaluate(source, Settings::default()).expect_err(source);
        assert!(text.starts_with(FILE), "{source}: {text}");
    }
    bench.load("(oops", &[], Settings::default());
    assert_eq!(bench.problems().len(), 1);
    bench.world.command(Command::Run);
    bench.look();
    bench.world.command(Command::Stop);
    bench.look();
    assert_eq!(bench.evaluate("1", Settings::default()).map(|answer| answer.value), Ok("1".to_string()));
}
