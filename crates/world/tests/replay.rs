//! Runs recorded on two cores and repeated on one: equal value, equal output of every actor, equal reduction counts.

mod common;

use std::time::Duration;

use common::{Plan, Threads, assert_repeats, difference, programs, record, record_for, replay};
use protocol::Settings;
use world::RunEnd;

const ROUNDS: usize = 3;

#[test]
fn golden_actor_programs_repeat() {
    assert_repeats(&programs("tests/programs", "actor-"), ROUNDS);
}

#[test]
fn golden_actor_programs_repeat_until_all_have_ended() {
    let plans: Vec<Plan> = programs("tests/programs", "actor-")
        .into_iter()
        .map(|plan| Plan { ends_with_main: false, ..plan })
        .collect();
    assert_repeats(&plans, 1);
}

#[test]
fn examples_repeat() {
    assert_repeats(&programs("web/examples", ""), 1);
}

#[test]
fn races_repeat() {
    assert_repeats(&programs("crates/world/tests/programs", ""), 10);
}

/// Many workers at different speeds, stopped wherever they are.
const ENDLESS: &str = "
(define (work parent n)
  (send parent (list (self) n))
  (receive
    ((list 'go k) (work parent (+ n k)))
    (after 1 (work parent (+ n 1)))))
(define parent (self))
(define workers
  (map (lambda (n) (spawn (lambda () (work parent n)))) (list 1 2 3 4 5 6 7 8)))
(define (serve)
  (receive
    ((list from n)
     (if (odd? n) (send from (list 'go 2)))
     (display n)
     (newline)
     (serve))))
(serve)
";

#[test]
fn a_run_that_was_stopped_stops_at_the_same_place() {
    let threads = Threads::new(2);
    let plan = Plan::new("endless", ENDLESS);
    for ms in [5, 20, 50] {
        let (recorded, recording, end) = record_for(&plan, &threads, Duration::from_millis(ms), false);
        assert!(end.is_none(), "{end:?}");
        assert_eq!(recorded.facts.living.len(), 9);
        let replayed = replay(&plan, recording);
        assert_eq!(difference(&recorded, &replayed), None);
    }
}

#[test]
fn a_deadlock_repeats_as_one() {
    let threads = Threads::new(2);
    let plan = Plan::new("deadlock", "(spawn (lambda () (receive (x (display x))))) (receive (x x))");
    let (recorded, recording, end) = record(&plan, &threads);
    assert!(matches!(&end, Some(RunEnd::Deadlock(waiting)) if waiting.len() == 2), "{end:?}");
    assert_eq!((recorded.facts.ended.len(), recorded.facts.living.len()), (0, 2));
    assert_eq!(difference(&recorded, &replay(&plan, recording)), None);
}

#[test]
fn refusals_of_full_mailboxes_repeat() {
    let source = "
(define (slow) (receive ('stop 'stopped) (x (slow))))
(define slowpoke (spawn (lambda () (let wait ((n 0)) (if (< n 20000) (wait (+ n 1)))) (slow))))
(define refused 0)
(define (flood n)
  (when (> n 0)
    (guard (condition (#t (set! refused (+ refused 1)) (if (< refused 3) (begin (display (condition/report-string condition)) (newline)))))
      (send slowpoke (list n)))
    (flood (- n 1))))
(flood 500)
(display refused)
refused";
    let source = source.replace("(condition/report-string condition)", "(error-object-message condition)");
    let settings = Settings { mailbox_messages_max: 20, ..Settings::default() };
    let plan = Plan { settings, ..Plan::new("refusals", &source) };
    let threads = Threads::new(2);
    for _ in 0..5 {
        let (recorded, recording, _) = record(&plan, &threads);
        let refused =
            recorded.facts.value.clone().and_then(Result::ok).and_then(|text| text.parse::<u32>().ok());
        assert!(refused.is_some_and(|refused| refused > 0), "{:?}", recorded.facts.value);
        assert_eq!(difference(&recorded, &replay(&plan, recording)), None);
    }
}

#[test]
fn refused_spawns_repeat_and_later_actors_keep_their_identity() {
    let source = "
(define (brief) 'done)
(define refused 0)
(define (try n)
  (when (> n 0)
    (guard (condition (#t (set! refused (+ refused 1))))
      (spawn brief))
    (try (- n 1))))
(try 300)
(receive (after 5 'rest))
(define (last) (display 'last))
(define (insist) (guard (condition (#t (receive (after 1 'again)) (insist))) (spawn last)))
(insist)
(receive (after 20 refused))";
    let settings = Settings { actors_max: 8, ..Settings::default() };
    let plan = Plan { settings, ..Plan::new("spawns", source) };
    let threads = Threads::new(2);
    for _ in 0..5 {
        let (recorded, recording, _) = record(&plan, &threads);
        assert!(recorded.facts.output.values().any(|text| text == "last"), "{recorded:?}");
        assert_eq!(difference(&recorded, &replay(&plan, recording)), None);
    }
}

#[test]
fn a_recording_of_another_program_is_told_apart() {
    let threads = Threads::new(2);
    let waits = Plan::new("waits", "(receive (after 1 'over))");
    let (_, recording, _) = record(&waits, &threads);
    let asks = Plan::new("asks", "(current-jiffy) (receive (after 1 'over))");
    let outcome = replay(&asks, recording);
    assert!(
        matches!(&outcome.facts.value, Some(Err(text)) if text.contains("the replay has left the recording")),
        "{outcome:?}"
    );
}
