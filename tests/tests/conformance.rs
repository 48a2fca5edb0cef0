//! The conformance suite: every section of the standard, form by form, and as whole programs.
//!
//! `tests/conformance/known-failures.txt` lists the forms that fail; a form outside the list must not fail, and one on the
//! list must not pass. The browser runs what is not on the list (`tests/e2e/conformance.test.mjs`).

use std::collections::BTreeSet;

use physics_tests::conformance::{Form, Section, Session, harness, known_failures, sections};
use physics_tests::native::{Driver, endowment, evaluate_with};
use protocol::Settings;

/// The value of an assertion that holds.
const PASS: &str = "pass";

/// Fewest assertions: a suite that lost its files must not pass.
const ASSERTIONS_MIN: usize = 2_800;

/// Why `form` fails, if it does.
fn failure(session: &mut Session, form: &Form) -> Option<String> {
    match session.enter(form) {
        Ok(value) if value == PASS || !form.is_assertion() => None,
        Ok(value) => Some(value),
        Err(message) => Some(message),
    }
}

fn key(section: &Section, form: &Form) -> String {
    format!("{}: {}", section.name, form.name())
}

#[test]
fn forms_fail_as_listed_and_no_others() {
    let known = known_failures();
    let mut met = BTreeSet::new();
    let (mut assertions, mut failed) = (0, 0);
    let (mut new, mut mended, mut twice) = (Vec::new(), Vec::new(), Vec::new());
    for section in sections() {
        let mut session = Session::new();
        for form in harness() {
            let failed = failure(&mut session, &form);
            assert_eq!(failed, None, "harness.scm:{}", form.line);
        }
        for form in &section.forms {
            let key = key(&section, form);
            if !met.insert(key.clone()) {
                twice.push(key.clone());
            }
            assertions += usize::from(form.is_assertion());
            let failure = failure(&mut session, form);
            failed += usize::from(failure.is_some() && form.is_assertion());
            match (failure, known.contains(&key)) {
                (Some(why), false) => {
                    new.push(format!("{key}\n#   {}.scm:{}: {why}", section.name, form.line))
                }
                (None, true) => mended.push(key),
                _ => {}
            }
        }
    }
    let gone: Vec<String> = known.difference(&met).cloned().collect();
    println!("{} of {assertions} assertions hold", assertions - failed);
    let mut wrong = String::new();
    for (what, keys) in [
        ("not on the list, and failing", new),
        ("on the list, and passing", mended),
        ("on the list, and in no file", gone),
        ("in one file twice", twice),
    ] {
        if !keys.is_empty() {
            wrong.push_str(&format!("{} forms are {what}:\n{}\n", keys.len(), keys.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(assertions >= ASSERTIONS_MIN, "{assertions} assertions");
}

#[test]
fn sections_pass_as_programs() {
    let known = known_failures();
    let mut wrong = Vec::new();
    for section in sections() {
        let forms = section.forms.iter().filter(|form| !known.contains(&key(&section, form)));
        let (libraries, rest): (Vec<Form>, Vec<Form>) = forms.cloned().partition(Form::is_library);
        let (imports, rest): (Vec<Form>, Vec<Form>) = rest.into_iter().partition(Form::is_import);
        let assertions = rest.iter().filter(|form| form.is_assertion()).count();
        let declarations = libraries.into_iter().chain(imports);
        let all: Vec<String> = declarations.chain(harness()).chain(rest).map(|form| form.text).collect();
        let expected = format!("{}: passed {assertions} of {assertions}\n", section.name);
        match evaluate_with(&all.concat(), Settings::default(), Driver::Cooperative, endowment()) {
            Ok(evaluation) if evaluation.output == expected => {}
            Ok(evaluation) => wrong.push(evaluation.output),
            Err(error) => wrong.push(format!("{}: {error}", section.name)),
        }
    }
    assert!(wrong.is_empty(), "{} sections do not pass:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_loop_that_keeps_a_frame_a_turn_fails_and_the_session_goes_on() {
    let mut session = Session::new();
    let form = |text: &str| Form { text: text.to_string(), line: 1 };
    assert!(session.enter(&form("(define kept 5)")).is_ok());
    let deep = "(let count ((n 1000000)) (if (= n 0) 0 (+ 1 (count (- n 1)))))";
    let error = session.enter(&form(deep)).expect_err("a million frames do not fit");
    assert!(error.contains("stack"), "{error}");
    assert_eq!(session.enter(&form("(+ kept 1)")), Ok("6".to_string()));
}
