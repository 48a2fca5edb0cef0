//! The conformance suite's files, and a session that takes them form by form.
//!
//! 1. A form begins at a line that begins with `(`. Lines that begin with `;` belong to none.
//! 2. What a form's failure costs is that form: a session that is lost is replaced by one with the same definitions.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use executor::{CoreIndex, Progress, Work};
use protocol::{Settings, SourceText};
use world::{Drive, Run, RunEnd, RunOptions};

use crate::root;

/// Where the suite lies.
const FOLDER: &str = "tests/conformance";

/// Longest time that one form may take.
const FORM_MS_MAX: u64 = 60_000;

/// Longest sleep of a session that waits for a timer.
const SLEEP_MS_MAX: f64 = 20.0;

/// Heap of a session, in words: a loop of a million turns that keeps a list of them overflows it.
const HEAP_WORDS: u64 = 4 << 20;

/// Stack of a session, in words: a loop of a million turns that keeps a word for each overflows it.
const STACK_WORDS: u64 = 1 << 19;

/// One top-level form.
#[derive(Clone, Debug)]
pub struct Form {
    /// As it stands in the file.
    pub text: String,
    /// Where it begins, from 1.
    pub line: usize,
}

impl Form {
    /// Its text on one line, by which the list of known failures names it.
    pub fn name(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// It is counted.
    pub fn is_assertion(&self) -> bool {
        self.text.starts_with("(test")
    }

    /// It makes a library; libraries stand before the program that imports them.
    pub fn is_library(&self) -> bool {
        self.text.starts_with("(define-library ")
    }

    /// It says what is in scope, which a program says first.
    pub fn is_import(&self) -> bool {
        self.text.starts_with("(import ")
    }
}

/// One file: a section of the standard.
#[derive(Clone, Debug)]
pub struct Section {
    /// The file's name without its extension.
    pub name: String,
    /// In order.
    pub forms: Vec<Form>,
}

/// All sections, by name.
///
/// # Panics
/// If the folder cannot be read.
pub fn sections() -> Vec<Section> {
    let folder = root().join(FOLDER);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a readable folder entry").file_name().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_suffix(".scm").map(str::to_string))
        .filter(|name| name != "harness")
        .collect();
    names.sort();
    names.into_iter().map(|name| Section { forms: forms(&read(&format!("{name}.scm"))), name }).collect()
}

/// The definitions that every section needs.
pub fn harness() -> Vec<Form> {
    forms(&read("harness.scm"))
}

/// What is known to fail: `SECTION: FORM`, a line each; lines with `#` say why.
pub fn known_failures() -> BTreeSet<String> {
    let text = read("known-failures.txt");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_string).collect()
}

fn read(name: &str) -> String {
    let path = root().join(FOLDER).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn forms(text: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with(';')) {
        if line.starts_with('(') {
            forms.push(Form { text: String::new(), line: index + 1 });
        }
        if let Some(form) = forms.last_mut() {
            form.text.push_str(line);
            form.text.push('\n');
        }
    }
    forms
}

/// A world that takes one form after the other, as at a prompt.
pub struct Session {
    run: Run,
    /// What was defined so far, to begin anew with.
    definitions: Vec<String>,
    /// The last form did not end.
    is_busy: bool,
}

impl Default for Session {
    fn default() -> Session {
        Session::new()
    }
}

impl Session {
    /// A session in which nothing is defined yet.
    ///
    /// # Panics
    /// If a world cannot be made.
    pub fn new() -> Session {
        let options = RunOptions {
            settings: Settings {
                heap_words_max: HEAP_WORDS,
                stack_words_max: STACK_WORDS,
                ..Settings::default()
            },
            world_bytes_max: 1 << 30,
            clock: crate::native::now_ms,
            notify: || {},
            drive: Drive::Alone,
            ends_with_main: true,
            interactive: true,
            quantum: world::actor::QUANTUM,
            journal_words_max: world::journal::JOURNAL_WORDS_MAX,
            replay: None,
            sources: None,
            passes: Default::default(),
        };
        let run = Run::load(&[], options).unwrap_or_else(|problems| panic!("an empty world: {problems:?}"));
        Session { run, definitions: Vec::new(), is_busy: false }
    }

    /// The value of `form`, as `write` shows it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn enter(&mut self, form: &Form) -> Result<String, String> {
        let result = self.evaluate(&form.text);
        if result.is_ok() && !form.is_assertion() {
            self.definitions.push(form.text.clone());
        }
        if self.is_lost() {
            let definitions = std::mem::take(&mut self.definitions);
            *self = Session::new();
            for text in definitions {
                // What took part in losing the old session may fail here; then what needs it fails, too.
                let _failed = self.evaluate(&text);
                self.definitions.push(text);
            }
        }
        result
    }

    fn evaluate(&mut self, text: &str) -> Result<String, String> {
        let file = SourceText { name: "form.scm".to_string(), text: text.to_string() };
        self.run
            .enter(&[file])
            .map_err(|problems| problems.first().map_or(String::new(), |problem| problem.message.clone()))?;
        self.is_busy = true;
        let deadline = Instant::now() + Duration::from_millis(FORM_MS_MAX);
        while Instant::now() < deadline {
            let progress = self.run.scheduler.run(CoreIndex(0));
            match self.run.end() {
                Some(RunEnd::Main(end)) => {
                    self.is_busy = false;
                    return end.map_err(|problem| problem.message);
                }
                Some(RunEnd::Deadlock(_)) => return Err("it waits for ever".to_string()),
                None => {}
            }
            if let Progress::IdleFor(ms) = progress {
                thread::sleep(Duration::from_secs_f64(ms.clamp(0.0, SLEEP_MS_MAX) / 1e3));
            }
        }
        Err(format!("it did not end within {FORM_MS_MAX} ms"))
    }

    /// No form can be entered any more: the main actor is busy for ever, or has ended for good.
    fn is_lost(&self) -> bool {
        self.is_busy
            || self.run.main().is_some_and(|main| self.run.scheduler.with_actor(main, |_| ()).is_err())
    }
}
