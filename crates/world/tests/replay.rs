//! Runs recorded on two cores and repeated on one: equal value, equal output of every actor, equal reduction counts.

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use common::outside::{MemoryHost, all_files};
use common::{Plan, Threads, assert_repeats, difference, programs, record, record_for, record_while, replay};
use protocol::{Settings, SourceText};
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
fn what_people_ask_and_set_repeats() {
    let source = "
(define knob 0)
(define (spin n)
  (if (< n 400000) (spin (+ n 1)) (begin (display (list 'knob knob)) knob)))
(define me (self))
(define other (spawn (lambda () (let ((mine (spin 0))) (send me (list 'other mine))))))
(let ((mine (spin 0)))
  (receive (theirs (list mine theirs))))";
    let threads = Threads::new(2);
    let plan = Plan::new("questions", source);
    let mut set = 0;
    for round in 0..6 {
        let mut asked = 0;
        let (recorded, recording, _) = record_while(&plan, &threads, Duration::from_secs(60), true, |run| {
            if asked < 20 {
                asked += 1;
                let text = format!("(begin (set! knob (+ knob {asked})) (if (= {asked} 7) (car 1)) knob)");
                let file = SourceText { name: "repl".to_string(), text };
                // It may have ended, or answer an earlier one.
                let _refused = run.ask(asked, 1 + (asked as u32 + round) % 2, file, None);
            }
        });
        let value = recorded.facts.value.clone().and_then(Result::ok).unwrap_or_default();
        set += usize::from(!value.starts_with("(0 (other 0"));
        assert_eq!(difference(&recorded, &replay(&plan, recording)), None);
    }
    assert!(set > 0, "nobody was asked in time");
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

/// Reads, writes, failures, denials and an end in the middle, by several actors that also talk to each other.
const FILES: &str = "
(define parent (self))
(define (write-some path n)
  (call-with-output-file path
    (lambda (port)
      (let loop ((i 0))
        (if (< i n) (begin (write i port) (newline port) (loop (+ i 1))))))))
(define (sum path)
  (call-with-input-file path
    (lambda (port)
      (let loop ((total 0))
        (let ((line (read-line port)))
          (if (eof-object? line) total (loop (+ total (string->number line)))))))))
(define (work name)
  (lambda ()
    (write-some name 20000)
    (send parent (list name (sum name) (file-exists? \"nowhere\")))
    (delete-file name)
    (send parent (guard (e ((file-error? e) (condition/report-string e))) (open-input-file name)))
    (display name (open-output-file (string-append name \".left\")))))
(for-each (lambda (name) (spawn (work name) 'capabilities (current-capabilities))) '(\"a\" \"b\" \"c\"))
(spawn (lambda () (send parent (guard (e ((file-error? e) 'denied)) (open-input-file \"a\")))))
(define (gather n answers)
  (if (= n 0)
      answers
      (receive (answer (display answer) (newline) (gather (- n 1) (cons answer answers))))))
(define answers (gather 7 '()))
(apply write-some '(\"apply\" 9000))
(list answers (apply sum '(\"apply\")) (apply file-exists? '(\"apply\")))
";

#[test]
fn a_run_with_files_repeats_without_them() {
    let threads = Threads::new(2);
    for round in 0..6 {
        let host = MemoryHost::start();
        let quantum = if round % 2 == 0 { world::actor::QUANTUM } else { 97 };
        let recorded_plan = Plan {
            endowment: all_files(),
            outside: Some(host.clone()),
            ends_with_main: round % 3 != 0,
            quantum,
            ..Plan::new("files", FILES)
        };
        let (recorded, recording, end) = record(&recorded_plan, &threads);
        assert!(matches!(&end, Some(RunEnd::Main(Ok(value))) if value.ends_with("40495500 #t)")), "{end:?}");
        let asked = host.requests.load(Ordering::Relaxed);
        assert!(asked > 12, "{asked} requests");
        // Nobody answers in the replay, and nothing is asked.
        let replayed = replay(&Plan { outside: Some(host.clone()), ..recorded_plan }, recording);
        assert_eq!(difference(&recorded, &replayed), None, "round {round}");
        assert!(host.requests.load(Ordering::Relaxed) <= asked + 3, "a replay touches no file");
    }
}

#[test]
fn a_run_that_was_stopped_while_it_waited_for_files_repeats() {
    let threads = Threads::new(2);
    // Nobody answers: the host polls, and this one does not.
    let plan = Plan { endowment: all_files(), ..Plan::new("waits", "(display 1) (open-input-file \"a\")") };
    let (recorded, recording, end) = record_for(&plan, &threads, Duration::from_millis(20), false);
    assert!(end.is_none(), "{end:?}");
    assert_eq!(difference(&recorded, &replay(&plan, recording)), None);
}

#[test]
fn an_actor_that_was_killed_while_it_waited_for_a_file_repeats() {
    let threads = Threads::new(2);
    let source = "
(define child (spawn (lambda () (display 1) (open-input-file \"a\")) 'capabilities (current-capabilities)))
(define watch (monitor child))
(receive (after 5 (send child 'hello) (exit child 'stop)))
(receive (('down _ _ reason) reason))";
    let plan = Plan { endowment: all_files(), ..Plan::new("killed", source) };
    let (recorded, recording, end) = record(&plan, &threads);
    assert!(matches!(&end, Some(RunEnd::Main(Ok(value))) if value == "stop"), "{end:?}");
    assert_eq!(difference(&recorded, &replay(&plan, recording)), None);
}
