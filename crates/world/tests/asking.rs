//! Questions of an editor: answered from texts alone.

use protocol::{Answer, Asked, NameClass, Question, SourceText};
use world::editing::Editing;

const TEXT: &str = ";; Twice the number.\n(define (double n) (* n 2))\n(double 4)\n";

fn ask(editing: &mut Editing, file: u32, question: Question) -> Answer {
    let files = vec![
        SourceText { name: "main.scm".into(), text: TEXT.into() },
        SourceText { name: "other.scm".into(), text: "(display (double 5))\n( car x )".into() },
    ];
    editing.answer(Asked { files, file, question })
}

#[test]
fn questions_are_answered() {
    let editing = &mut Editing::default();
    let use_at = TEXT.rfind("double").expect("it is used") as u32;

    let described = ask(editing, 0, Question::Describe { offset: use_at });
    let Answer::Description(Some(described)) = described else { panic!("{described:?}") };
    assert_eq!(described.signature, "(double n)");
    assert_eq!((described.text.as_str(), described.origin.as_str()), ("Twice the number.", "main.scm:2"));

    let defined = ask(editing, 1, Question::Define { offset: 11 });
    let Answer::Definition(Some(place)) = defined else { panic!("{defined:?}") };
    assert_eq!((place.file.as_str(), place.line, place.column), ("main.scm", 2, 10));

    let renamed = ask(editing, 0, Question::Rename { offset: use_at, name: "twice".into() });
    let Answer::Renamed(Ok(places)) = renamed else { panic!("{renamed:?}") };
    let files: Vec<&str> = places.iter().map(|place| place.file.as_str()).collect();
    assert_eq!(files, ["main.scm", "main.scm", "other.scm"]);

    let offers = ask(editing, 0, Question::Complete { offset: use_at + 3 });
    let Answer::Offers { start, end, offers } = offers else { panic!("{offers:?}") };
    assert_eq!((start, end, offers[0].name.as_str()), (use_at, use_at + 6, "double"));

    let formatted = ask(editing, 1, Question::Format);
    assert_eq!(formatted, Answer::Formatted(Ok("(display (double 5))\n(car x)\n".into())));

    let painted = ask(editing, 0, Question::Paint);
    let Answer::Painted { names, .. } = painted else { panic!("{painted:?}") };
    assert!(names.contains(&(use_at, use_at + 6, NameClass::Global)), "{names:?}");

    let nowhere = ask(editing, 9, Question::Format);
    assert!(matches!(nowhere, Answer::Formatted(Err(_))), "{nowhere:?}");
}
