//! What leaves a world: requests that its host answers later, questions to a person, decisions about capabilities.

mod common;

use std::collections::VecDeque;
use std::time::Duration;

use common::bench::{Bench, FILE, VARIANTS};
use common::outside::all_files;
use protocol::{
    ActorNumber, AuditEntry, Command, Decision, Endowment, Event, FILE_READ, Files, HostError, HostOperation,
    HostReply, HostRequest, Permission, PermissionQuestion, RunStatus, Settings, Variant,
};

/// Time in which something that must not happen would have.
const WHILE: Duration = Duration::from_millis(30);

fn bench(variant: Variant, source: &str, endowment: Endowment) -> Bench {
    let mut bench = Bench::new(variant);
    bench.world.command(Command::Endow(endowment));
    bench.load(source, &[], Settings::default());
    bench
}

fn asking() -> Endowment {
    Endowment { asks: true, ..Endowment::default() }
}

fn ended_with(value: &str) -> RunStatus {
    RunStatus::Ended { result: Ok(value.to_string()) }
}

fn next_request(bench: &mut Bench, from: usize) -> HostRequest {
    bench.wait_from(from, |event| match event {
        Event::HostRequest(request) => Some(request.clone()),
        _ => None,
    })
}

fn next_question(bench: &mut Bench, from: usize) -> PermissionQuestion {
    bench.wait_from(from, |event| match event {
        Event::PermissionQuestion(question) => Some(question.clone()),
        _ => None,
    })
}

fn statuses(bench: &Bench) -> Vec<RunStatus> {
    let status = |event: &Event| match event {
        Event::Status(status) => Some(status.clone()),
        _ => None,
    };
    bench.events.iter().filter_map(status).collect()
}

fn audit(bench: &Bench) -> Vec<AuditEntry> {
    let entries = |event: &Event| match event {
        Event::Audit { entries, .. } => entries.clone(),
        _ => Vec::new(),
    };
    bench.events.iter().flat_map(entries).collect()
}

fn decisions(bench: &Bench) -> Vec<Decision> {
    audit(bench).into_iter().map(|entry| entry.decision).collect()
}

/// Answers requests from `files` and questions in turn, until the run stands.
fn serve(bench: &mut Bench, files: &mut Files, permissions: &[Permission]) -> RunStatus {
    let mut from = bench.events.len();
    let mut permissions: VecDeque<Permission> = permissions.iter().cloned().collect();
    bench.world.command(Command::Run);
    loop {
        let event = bench.wait_from(from, |event| match event {
            Event::Status(RunStatus::Running) => None,
            Event::Status(_) | Event::HostRequest(_) | Event::PermissionQuestion(_) => Some(event.clone()),
            _ => None,
        });
        from = bench.events.iter().rposition(|other| *other == event).expect("it was just found") + 1;
        match event {
            Event::HostRequest(HostRequest { id, operation, .. }) => {
                bench.world.command(Command::AnswerHost { id, result: files.perform(&operation) });
            }
            Event::PermissionQuestion(PermissionQuestion { id, .. }) => {
                let permission = permissions.pop_front().expect("no more questions than answers");
                bench.world.command(Command::AnswerPermission { id, permission });
            }
            Event::Status(status) => {
                assert!(permissions.is_empty(), "questions that were not asked: {permissions:?}");
                return status;
            }
            _ => {}
        }
    }
}

#[test]
fn an_actor_waits_for_its_host_and_others_go_on() {
    let source = "(define parent (self))
(spawn (lambda () (let tick () (receive (after 1 (display \".\") (tick))))))
(list (call-with-input-file \"notes.txt\" read-line))";
    for variant in VARIANTS {
        let mut bench = bench(variant, source, all_files());
        bench.run_for(WHILE);
        let HostRequest { id, actor, operation } = next_request(&mut bench, 0);
        assert_eq!(actor, ActorNumber(1));
        assert!(
            matches!(&operation, HostOperation::Read { path, .. } if path == "/notes.txt"),
            "{operation:?}"
        );
        assert!(bench.output().starts_with('.'), "the other actor runs");
        // Messages for the waiting actor, a pause and a look change nothing.
        assert!(matches!(bench.until_it_stands(Command::Pause), RunStatus::Paused { .. }));
        assert_eq!(bench.line(), 3);
        bench.world.command(Command::AnswerHost { id, result: Ok(HostReply::Bytes(b"hello\nyou".to_vec())) });
        bench.world.command(Command::AnswerHost { id, result: Err(HostError::Failed("twice".into())) });
        bench.world.command(Command::AnswerHost { id: 0, result: Ok(HostReply::Done) });
        bench.run_for(WHILE);
        assert!(statuses(&bench).iter().all(|status| !matches!(status, RunStatus::Deadlock { .. })));
        assert_eq!(bench.problems(), []);
        assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
    }
}

#[test]
fn a_world_that_waits_for_its_host_is_no_deadlock() {
    for variant in VARIANTS {
        let mut bench = bench(variant, "(file-exists? \"x\")", all_files());
        bench.run_for(WHILE);
        assert_eq!(statuses(&bench), [RunStatus::Idle, RunStatus::Running]);
        let id = next_request(&mut bench, 0).id;
        let answer = Command::AnswerHost { id, result: Ok(HostReply::Exists(true)) };
        assert_eq!(bench.until_it_stands(answer), ended_with("#t"));
    }
}

#[test]
fn a_host_that_fails_gives_a_condition() {
    let source = "(guard (e ((file-error? e) (list (condition/report-string e) (capability-denied? e)))) \
                  (open-output-file \"a/../b\"))";
    for variant in VARIANTS {
        for (error, value) in [
            (
                HostError::Failed("the disk is full".into()),
                "(\"open-output-file: the disk is full: \\\"a/../b\\\"\" #f)",
            ),
            (
                HostError::Denied("not today".into()),
                "(\"open-output-file: denied (not today): file-write \\\"a/../b\\\"\" #t)",
            ),
        ] {
            let mut bench = bench(variant, source, all_files());
            bench.world.command(Command::Run);
            let HostRequest { id, operation, .. } = next_request(&mut bench, 0);
            assert_eq!((operation.path(), operation.scope()), ("/b", ""));
            let answer = Command::AnswerHost { id, result: Err(error) };
            assert_eq!(bench.until_it_stands(answer), ended_with(value));
        }
    }
}

#[test]
fn stop_works_while_an_actor_waits() {
    for variant in VARIANTS {
        let mut bench = bench(variant, "(open-input-file \"x\")", asking());
        bench.world.command(Command::Run);
        let question = next_question(&mut bench, 0);
        assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
        assert!(bench.events.contains(&Event::QuestionWithdrawn { id: question.id }));
        // A late answer reaches nobody.
        bench.world.command(Command::AnswerPermission { id: question.id, permission: Permission::Once });
        bench.run_for(WHILE);
        assert!(!bench.events.iter().any(|event| matches!(event, Event::HostRequest(_))));
    }
}

#[test]
fn a_question_says_who_wants_what_and_where() {
    for variant in VARIANTS {
        let mut bench = bench(
            variant,
            "(define (go)\n  (list (call-with-input-file \"data/x\" read-line)))\n(go)",
            asking(),
        );
        bench.world.command(Command::Run);
        let question = next_question(&mut bench, 0);
        assert_eq!((question.actor, question.kind.as_str()), (ActorNumber(1), FILE_READ));
        assert_eq!((question.operation.as_str(), question.scope.as_str()), ("open-input-file", "/data/x"));
        let location = question.location.expect("a place in the program");
        assert_eq!((location.file.as_str(), location.line), (FILE, 2));
        let id = question.id;
        let denied = bench.until_it_stands(Command::AnswerPermission { id, permission: Permission::Denied });
        assert!(
            matches!(&denied, RunStatus::Ended { result: Err(text) } if text.contains("denied") && text.contains("dialog")),
            "{denied:?}"
        );
        assert_eq!(decisions(&bench), [Decision::Denied]);
    }
}

#[test]
fn permissions_last_as_long_as_they_say() {
    let source = "
(define (exists? path) (guard (e ((capability-denied? e) 'denied)) (file-exists? path)))
(list (exists? \"a\") (exists? \"a\") (exists? \"d/a\") (exists? \"d/e/f\") (exists? \"no\") (exists? \"no\") (exists? \"dd\"))";
    let permissions = [
        Permission::Once,
        Permission::Once,
        Permission::ForRun { scope: "/d".to_string() },
        Permission::Denied,
        Permission::ForRun { scope: String::new() },
    ];
    for variant in VARIANTS {
        let mut files = Files::new(1 << 10);
        files.write("/a", b"").expect("there is room");
        let mut bench = bench(variant, source, asking());
        let status = serve(&mut bench, &mut files, &permissions);
        assert_eq!(status, ended_with("(#t #t #f #f denied denied #f)"));
        let (allowed, denied) = (Decision::Allowed, Decision::Denied);
        let each: Vec<Decision> =
            audit(&bench).iter().flat_map(|entry| vec![entry.decision; entry.count as usize]).collect();
        assert_eq!(each, [allowed, allowed, allowed, allowed, denied, denied, allowed]);
    }
}

#[test]
fn only_who_may_ask_is_asked_for() {
    let source = "
(define parent (self))
(define (exists?) (guard (e ((capability-denied? e) 'denied)) (file-exists? \"a\")))
(spawn (lambda () (send parent (exists?))))
(define first (receive (x x)))
(spawn (lambda () (send parent (exists?))) 'capabilities (current-capabilities))
(list first (receive (x x)) (with-capabilities '() exists?))";
    for variant in VARIANTS {
        let mut bench = bench(variant, source, asking());
        let status = serve(&mut bench, &mut Files::new(0), &[Permission::Once]);
        assert_eq!(status, ended_with("(denied #f denied)"));
    }
}

#[test]
fn one_answer_for_the_run_settles_the_same_question_of_others() {
    let source = "
(define parent (self))
(for-each (lambda (path) (spawn (lambda () (send parent (file-exists? path))) 'capabilities (current-capabilities)))
          '(\"a\" \"b\" \"c\"))
(list (receive (x x)) (receive (x x)) (receive (x x)))";
    for variant in VARIANTS {
        let mut bench = bench(variant, source, asking());
        bench.run_for(WHILE);
        let first = next_question(&mut bench, 0).id;
        let questions =
            bench.events.iter().filter(|event| matches!(event, Event::PermissionQuestion(_))).count();
        assert_eq!(questions, 3);
        let permission = Permission::ForRun { scope: String::new() };
        let from = bench.events.len();
        bench.world.command(Command::AnswerPermission { id: first, permission });
        for _ in 0..3 {
            let request = next_request(&mut bench, from);
            let place = bench.events.iter().position(|event| *event == Event::HostRequest(request.clone()));
            bench.events.remove(place.expect("it was just found"));
            bench.world.command(Command::AnswerHost { id: request.id, result: Ok(HostReply::Exists(false)) });
        }
        let withdrawn = bench.events.iter().filter(|event| matches!(event, Event::QuestionWithdrawn { .. }));
        assert_eq!(withdrawn.count(), 2);
        bench.wait_from(0, |event| (*event == Event::Status(ended_with("(#f #f #f)"))).then_some(()));
    }
}

#[test]
fn an_actor_that_is_killed_while_it_waits_withdraws_its_question() {
    let source = "
(define child (spawn (lambda () (open-input-file \"x\")) 'capabilities (current-capabilities)))
(define watch (monitor child))
(receive (after 20 (exit child 'kill)))
(receive (('down _ _ reason) reason))";
    for variant in VARIANTS {
        let mut bench = bench(variant, source, asking());
        assert_eq!(bench.run(), ended_with("killed"));
        let id = next_question(&mut bench, 0).id;
        assert!(bench.events.contains(&Event::QuestionWithdrawn { id }));
    }
}

#[test]
fn what_was_written_leaves_when_a_run_is_stopped_or_replaced() {
    let source = "(define port (open-output-file \"x\")) (display \"kept\" port) (let loop () (loop))";
    for variant in VARIANTS {
        for replaces in [false, true] {
            let mut bench = bench(variant, source, all_files());
            bench.world.command(Command::Run);
            let HostRequest { id, .. } = next_request(&mut bench, 0);
            let from = bench.events.len();
            bench.world.command(Command::AnswerHost { id, result: Ok(HostReply::Done) });
            bench.run_for(WHILE);
            if replaces {
                bench.load("1", &[], Settings::default());
            } else {
                assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
            }
            let HostRequest { operation, .. } = next_request(&mut bench, from);
            assert!(
                matches!(&operation, HostOperation::Append { bytes, .. } if bytes == b"kept"),
                "{operation:?}"
            );
        }
    }
}

#[test]
fn writes_after_an_actors_end_that_fail_are_problems() {
    let source =
        "(spawn (lambda () (display \"lost\" (open-output-file \"x\"))) 'capabilities (current-capabilities))
(receive (after 30 'end))";
    for variant in VARIANTS {
        let mut bench = bench(variant, source, all_files());
        bench.world.command(Command::Run);
        let HostRequest { id, .. } = next_request(&mut bench, 0);
        let from = bench.events.len();
        bench.world.command(Command::AnswerHost { id, result: Ok(HostReply::Done) });
        let HostRequest { id, .. } = next_request(&mut bench, from);
        bench.world.command(Command::AnswerHost { id, result: Err(HostError::Failed("full".into())) });
        bench.wait_from(from, |event| matches!(event, Event::Status(RunStatus::Ended { .. })).then_some(()));
        bench.wait_from(from, |event| match event {
            Event::Problem(problem) => problem.message.contains("x: what an actor wrote").then_some(()),
            _ => None,
        });
    }
}

#[test]
fn the_clock_is_noted_once_for_each_actor() {
    let source = "(define (ask n) (if (> n 0) (begin (current-jiffy) (ask (- n 1))))) (ask 1000) \
                  (with-capabilities '() (lambda () (guard (e (#t 'denied)) (current-second))))";
    for variant in VARIANTS {
        let mut bench = bench(variant, source, Endowment::default());
        assert_eq!(bench.run(), ended_with("denied"));
        let noted: Vec<(String, Decision, u64)> =
            audit(&bench).into_iter().map(|entry| (entry.operation, entry.decision, entry.count)).collect();
        let wanted = [("current-jiffy", Decision::Granted), ("current-second", Decision::Denied)];
        assert_eq!(noted, wanted.map(|(operation, decision)| (operation.to_string(), decision, 1)));
    }
}

#[test]
fn the_log_is_bounded_and_says_what_it_lost() {
    let source = "(define (ask n) (if (> n 0) (begin (guard (e (#t 0)) (file-exists? (number->string n))) (ask (- n 1))))) \
                  (ask 3000)";
    let mut bench = bench(Variant::SingleThread, source, Endowment::default());
    // All of it in one go, between two looks.
    bench.world.command(Command::Run);
    while bench.world.run_slice(200.0) {}
    bench.look();
    let lost: u64 = bench
        .events
        .iter()
        .map(|event| if let Event::Audit { dropped, .. } = event { *dropped } else { 0 })
        .sum();
    assert_eq!((audit(&bench).len(), lost), (1_000, 2_000));
}

#[test]
fn too_many_questions_are_denied() {
    let source = "(define (ask n) (if (= n 0) 'end (begin (guard (e (#t 0)) (file-exists? (number->string n))) (ask (- n 1))))) \
                  (ask 300)";
    let mut bench = bench(Variant::SingleThread, source, asking());
    let denials = vec![Permission::Denied; world::desk::QUESTIONS_MAX];
    assert_eq!(serve(&mut bench, &mut Files::new(0), &denials), ended_with("end"));
}

#[test]
fn an_actor_that_waits_for_its_host_can_be_asked_something_else_that_waits() {
    let source = "(define me (self))\n(display (call-with-input-file \"a\" read-line))\n(receive ('go 'end))";
    for variant in VARIANTS {
        let mut bench = bench(variant, source, all_files());
        bench.world.command(Command::Run);
        let first = next_request(&mut bench, 0).id;
        let from = bench.events.len();
        let entry = "(begin (send me 'go) (call-with-input-file \"b\" read-line))".to_string();
        bench.world.command(Command::EvaluateInActor {
            id: 5,
            actor: ActorNumber(1),
            source: entry,
            frame: None,
        });
        let HostRequest { id, operation, .. } = next_request(&mut bench, from);
        assert_eq!(operation.path(), "/b");
        let bytes = |text: &str| Ok(HostReply::Bytes(text.as_bytes().to_vec()));
        // The one that waits longer is answered first.
        bench.world.command(Command::AnswerHost { id: first, result: bytes("one") });
        bench.look();
        bench.world.command(Command::AnswerHost { id, result: bytes("two") });
        let answer = bench.wait_from(from, |event| match event {
            Event::Evaluated { id: 5, result } => Some(result.clone()),
            _ => None,
        });
        assert_eq!(answer.map(|answer| answer.value), Ok("\"two\"".to_string()));
        bench.wait_from(0, |event| (*event == Event::Status(ended_with("end"))).then_some(()));
        assert_eq!(bench.output(), "one");
    }
}

/// Bytecode that requests two files, reads the first, and notes a violation.
const REQUESTS: &str = r#"
procedure "main" 0 slots 6
  Const "/notes.txt"
  Const "to show your notes"
  RequestCapability "file-read"
  Primitive "self" 0
  Local 0
  GrantCapability
  Const "/notes.txt"
  HostCall "file-read" 1
  Const "/secret.txt"
  Const "just so"
  RequestCapability "file-read"
  Const "asked for too much"
  LogViolation
  Integer 20
  False
  EnterSandbox
  MakeClosure spins
  Call 0
  Return
spins: procedure "spins" 0 slots 2
again:
  Jump again
"#;

#[test]
fn a_request_shows_its_justification_and_gives_a_capability() {
    for variant in VARIANTS {
        let mut files = Files::new(1 << 10);
        files.write("/notes.txt", b"buy milk").expect("there is room");
        let mut bench = Bench::new(variant);
        bench.world.command(Command::Endow(asking()));
        bench.load_as("main.pasm", REQUESTS, &[], Settings::default());
        let status = serve(&mut bench, &mut files, &[Permission::Once, Permission::Denied]);
        let RunStatus::Ended { result: Err(problem) } = status else { panic!("{status:?}") };
        assert!(problem.contains("the reductions of the sandbox are used up: 20"), "{problem:?}");
        let questions: Vec<_> = bench
            .events
            .iter()
            .filter_map(|event| match event {
                Event::PermissionQuestion(question) => {
                    Some((question.operation.as_str(), question.scope.as_str(), question.reason.as_str()))
                }
                _ => None,
            })
            .collect();
        let wanted = [
            ("request-capability", "/notes.txt", "to show your notes"),
            ("request-capability", "/secret.txt", "just so"),
        ];
        assert_eq!(questions, wanted);
        let told: Vec<_> = audit(&bench)
            .into_iter()
            .map(|entry| format!("{} {} {:?} {:?}", entry.operation, entry.kind, entry.scope, entry.decision))
            .collect();
        let wanted = [
            "request-capability file-read \"/notes.txt\" Allowed",
            "load file-read \"/notes.txt\" Granted",
            "request-capability file-read \"/secret.txt\" Denied",
            "sandbox violation \"asked for too much\" Denied",
            "sandbox violation \"a sandbox has used up its reductions (20)\" Denied",
        ];
        assert_eq!(told, wanted);
    }
}
