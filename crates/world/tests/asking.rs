//! Questions of an editor: answered while a program runs, and without disturbing it.

mod common;

use common::bench::{Bench, VARIANTS};
use protocol::{Answer, Command, Event, NameClass, Question, RunStatus, Settings, SourceText};

const TEXT: &str = ";; Twice the number.\n(define (double n) (* n 2))\n(double 4)\n";

fn files() -> Vec<SourceText> {
    vec![
        SourceText { name: "main.scm".into(), text: TEXT.into() },
        SourceText { name: "other.scm".into(), text: "(display (double 5))\n( car x )".into() },
    ]
}

fn ask(bench: &mut Bench, id: u32, file: u32, question: Question) -> Answer {
    let from = bench.events.len();
    bench.world.command(Command::Ask { id, files: files(), file, question });
    bench.wait_from(from, |event| match event {
        Event::Answered { id: answered, answer } if *answered == id => Some(answer.clone()),
        _ => None,
    })
}

#[test]
fn questions_are_answered_while_a_program_runs() {
    for variant in VARIANTS {
        let mut bench =
            Bench::with(variant, "(define (spin n) (spin (+ n 1))) (spin 0)", &[], Settings::default());
        bench.world.command(Command::Run);
        let use_at = TEXT.rfind("double").expect("it is used") as u32;

        let described = ask(&mut bench, 1, 0, Question::Describe { offset: use_at });
        let Answer::Description(Some(described)) = described else { panic!("{described:?}") };
        assert_eq!(described.signature, "(double n)");
        assert_eq!((described.text.as_str(), described.origin.as_str()), ("Twice the number.", "main.scm:2"));

        let defined = ask(&mut bench, 2, 1, Question::Define { offset: 11 });
        let Answer::Definition(Some(place)) = defined else { panic!("{defined:?}") };
        assert_eq!((place.file.as_str(), place.line, place.column), ("main.scm", 2, 10));

        let renamed = ask(&mut bench, 3, 0, Question::Rename { offset: use_at, name: "twice".into() });
        let Answer::Renamed(Ok(places)) = renamed else { panic!("{renamed:?}") };
        let files: Vec<&str> = places.iter().map(|place| place.file.as_str()).collect();
        assert_eq!(files, ["main.scm", "main.scm", "other.scm"]);

        let offers = ask(&mut bench, 4, 0, Question::Complete { offset: use_at + 3 });
        let Answer::Offers { start, end, offers } = offers else { panic!("{offers:?}") };
        assert_eq!((start, end, offers[0].name.as_str()), (use_at, use_at + 6, "double"));

        let formatted = ask(&mut bench, 5, 1, Question::Format);
        assert_eq!(formatted, Answer::Formatted(Ok("(display (double 5))\n(car x)\n".into())));

        let painted = ask(&mut bench, 6, 0, Question::Paint);
        let Answer::Painted { names, .. } = painted else { panic!("{painted:?}") };
        assert!(names.contains(&(use_at, use_at + 6, NameClass::Global)), "{names:?}");

        let nowhere = ask(&mut bench, 7, 9, Question::Format);
        assert!(matches!(nowhere, Answer::Formatted(Err(_))), "{nowhere:?}");
        assert_eq!(bench.until_it_stands(Command::Stop), RunStatus::Stopped);
    }
}
