//! Questions to live actors: each has its answer, and the actor goes on as if nothing had happened.

mod common;

use std::time::Duration;

use common::bench::{Bench, VARIANTS, at_breakpoint, ended_with};
use protocol::{Command, RunStatus, Settings};

fn running(variant: protocol::Variant, source: &str) -> Bench {
    let mut bench = Bench::with(variant, source, &[], Settings::default());
    bench.run_for(Duration::from_millis(30));
    bench
}

#[test]
fn a_busy_actor_answers_between_two_slices_and_goes_on() {
    for variant in VARIANTS {
        let mut bench = running(variant, "(define n 0)\n(define (spin) (set! n (+ n 1)) (spin))\n(spin)");
        let number =
            |answer: Result<String, String>| answer.expect("a number").parse::<u64>().expect("digits");
        let first = number(bench.ask(1, "n"));
        bench.run_for(Duration::from_millis(20));
        assert!(number(bench.ask(1, "n")) > first, "{variant:?}");
        // It sees what a question has changed.
        assert_eq!(bench.ask(1, "(define old n) (set! n 0) (< n old)"), Ok("#t".to_string()));
        assert!(number(bench.ask(1, "(- old n)")) > 0);
        let error = bench.ask(1, "(car n)").expect_err("an error");
        assert!(error.contains("car: expected a pair"), "{error}");
        let error = bench.ask(1, "(define (f").expect_err("an error");
        assert!(error.contains("not closed"), "{error}");
        bench.run_for(Duration::from_millis(20));
        assert!(number(bench.ask(1, "n")) > 0, "{variant:?}");
    }
}

#[test]
fn a_waiting_actor_answers_and_its_receive_goes_on() {
    let source = "
(define greeting 'hello)
(define (serve)
  (receive
    (('greet from) (send from greeting) (serve))
    ('end 'ended)))
(define server (spawn serve))
(send server 'one)
(send server 'two)
(send server 'three)
(receive (after 30 #t))
(send server (list 'greet (self)))
(define first (receive (x x)))
(receive ('on #t))
(send server (list 'greet (self)))
(list first (receive (x x)))";
    for variant in VARIANTS {
        let mut bench = running(variant, source);
        bench.wait_for(Duration::from_millis(60));
        assert_eq!(bench.ask(2, "greeting"), Ok("hello".to_string()));
        // A definition of its own, and a message that its receive has passed over already.
        assert_eq!(
            bench.ask(2, "(set! greeting 'good-day) (receive ('two 'taken))"),
            Ok("taken".to_string())
        );
        assert_eq!(bench.ask(2, "(receive (x x))"), Ok("one".to_string()));
        assert_eq!(bench.ask(2, "(receive ('none 1) (after 5 'nothing))"), Ok("nothing".to_string()));
        assert_eq!(bench.ask(1, "greeting"), Ok("hello".to_string()), "each has its own");
        assert!(bench.ask(1, "(send (self) 'on)").is_ok());
        let end = bench.until_ended();
        assert_eq!(end, "(hello good-day)", "{variant:?}");
        assert_eq!(bench.ask(2, "(+ 1 1)"), Ok("2".to_string()), "it still waits");
        let error = bench.ask(7, "1").expect_err("nobody");
        assert!(error.contains("no live actor 7"), "{error}");
        assert_eq!(bench.ask(2, "(exit 'tired)"), Err("the actor has ended before it answered".to_string()));
    }
}

#[test]
fn a_timeout_that_fires_during_a_question_is_not_lost() {
    let source = "(receive ('never 1) (after 60 'timed-out))";
    for variant in VARIANTS {
        let mut bench = running(variant, source);
        let asked = "(let loop ((n 0)) (if (< n 20) (begin (receive (after 5 #t)) (loop (+ n 1))) n))";
        assert_eq!(bench.ask(1, asked), Ok("20".to_string()));
        assert_eq!(bench.until_ended(), "timed-out", "{variant:?}");
    }
}

#[test]
fn what_an_actor_was_doing_survives_collections_of_the_question() {
    let source = "
(define (build n) (if (= n 0) '() (cons (number->string n) (build (- n 1)))))
(define (again n) (if (= n 0) 'right (if (equal? (length (build 50000)) 50000) (again (- n 1)) 'wrong)))
(again 60)";
    for variant in VARIANTS {
        let mut bench = running(variant, source);
        let mut asked = 0;
        while bench.status() == RunStatus::Running && asked < 40 {
            let answer = bench.ask(1, "(length (map (lambda (n) (make-vector 10 n)) (iota 20000)))");
            match answer {
                Ok(value) => assert_eq!(value, "20000"),
                Err(text) => assert!(text.contains("ended"), "{text}"),
            }
            asked += 1;
        }
        assert!(asked > 0);
        assert_eq!(bench.until_ended(), "right", "{variant:?}");
    }
}

#[test]
fn a_question_without_an_answer_can_be_given_up() {
    for variant in VARIANTS {
        let mut bench = running(variant, "(define n 0)\n(define (spin) (set! n (+ n 1)) (spin))\n(spin)");
        let from = bench.events.len();
        bench.put(3, 1, "(let loop () (loop))");
        bench.run_for(Duration::from_millis(20));
        bench.put(4, 1, "n");
        bench.put(5, 1, "n");
        bench.world.command(Command::GiveUp { id: 5 });
        assert_eq!(bench.answer(5, from), Err("given up".to_string()), "before it was asked");
        bench.world.command(Command::GiveUp { id: 3 });
        assert_eq!(bench.answer(3, from), Err("given up".to_string()));
        assert!(bench.answer(4, from).is_ok(), "one after the other");
        assert!(bench.ask(1, "(> n 0)") == Ok("#t".to_string()), "{variant:?}");
        // One that waits for what cannot come is told so; the actor waits on.
        let mut bench = running(variant, "(receive ('go 'went))");
        let error = bench.ask(1, "(receive ('never 1))").expect_err("nothing comes");
        assert!(error.contains("waits for a message"), "{error}");
        assert_eq!(bench.ask(1, "(begin (send (self) 'go) 5)"), Ok("5".to_string()));
        assert_eq!(bench.until_ended(), "went", "{variant:?}");
    }
}

#[test]
fn an_actor_that_stands_at_a_breakpoint_answers_there() {
    let source = "(define total 0)\n(define (add n)\n  (set! total (+ total n))\n  total)\n(add 5)\n(add 6)";
    for variant in VARIANTS {
        let mut bench = Bench::with(variant, source, &[4], Settings::default());
        let status = bench.run();
        assert!(at_breakpoint(&status, 4), "{status:?}");
        assert_eq!(bench.ask(1, "(set! total (* 100 total)) total"), Ok("500".to_string()));
        assert_eq!(bench.line(), 4);
        let status = bench.run();
        assert!(at_breakpoint(&status, 4), "{status:?}");
        assert_eq!(bench.ask(1, "total"), Ok("506".to_string()));
        assert_eq!(bench.run(), ended_with("506"));
    }
}
