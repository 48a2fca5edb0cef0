//! Where entries of the REPL and orders to the debugger come from: a line editor on a terminal, plain lines otherwise.
//!
//! 1. It has a thread of its own, so that actors can print while somebody types; it reads only when asked.
//! 2. An entry is handed on when its parentheses are balanced, or its line ends ([`Style`]), or at the end of the input as it is.

use std::borrow::Cow;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{DefaultHistory, History};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, ExternalPrinter, Helper};

use crate::Failure;
use crate::host::announce;

/// Entries that the history keeps.
const HISTORY_MAX: usize = 1_000;

/// What is typed.
pub(crate) struct Style {
    /// Before what is typed.
    pub prompt: &'static str,
    /// File that keeps what was typed.
    pub history: &'static str,
    /// An entry goes on until its parentheses are balanced; else it is a line.
    pub balanced: bool,
}

/// What was typed.
pub(crate) enum Entry {
    /// A text to evaluate.
    Text(String),
    /// Control-C.
    Interrupted,
    /// There will be no more.
    End,
}

/// Prints above the line that is being typed.
type Printer = Box<dyn ExternalPrinter + Send>;

/// Entries, one at a time.
pub(crate) struct Entries {
    ask: Sender<()>,
    entries: Receiver<Entry>,
    /// On a terminal: how to print while somebody types.
    pub printer: Option<Printer>,
}

impl Entries {
    /// Starts to read standard input in this style. `names` are offered for completion.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(style: Style, names: Vec<String>) -> Result<Entries, Failure> {
        let (ask, asked) = channel();
        let (hand_on, entries) = channel();
        let (mut printer, mut terminal) = (None, None);
        if io::stdin().is_terminal()
            && io::stdout().is_terminal()
            && let Ok(mut editor) = editor(names, style.balanced)
        {
            printer = editor.create_external_printer().ok().map(|printer| Box::new(printer) as Printer);
            terminal = Some(editor);
        }
        let body = move || match terminal {
            Some(editor) => read_terminal(editor, &style, &asked, &hand_on),
            None => read_lines(style.balanced, &asked, &hand_on),
        };
        thread::Builder::new().name("entries".to_string()).spawn(body)?;
        Ok(Entries { ask, entries, printer })
    }

    /// Asks for the next entry; [`announce`] tells when it is there.
    pub(crate) fn ask(&self) {
        // A reader that has ended has handed on `Entry::End` before.
        let _ended = self.ask.send(());
    }

    /// The entry asked for, if it is there.
    pub(crate) fn take(&self) -> Option<Entry> {
        self.entries.try_recv().ok()
    }
}

fn hand_over(entries: &Sender<Entry>, entry: Entry) {
    // Nobody receives when the REPL is ending.
    let _ending = entries.send(entry);
    announce();
}

fn read_lines(balanced: bool, asked: &Receiver<()>, entries: &Sender<Entry>) {
    let mut lines = io::stdin().lock().lines();
    while asked.recv().is_ok() {
        let mut text = String::new();
        let mut ended = true;
        while let Some(Ok(line)) = lines.next() {
            text.push_str(&line);
            text.push('\n');
            if !balanced || scheme::is_complete(&text) {
                ended = false;
                break;
            }
        }
        let entry = if ended && text.trim().is_empty() { Entry::End } else { Entry::Text(text) };
        hand_over(entries, entry);
    }
}

fn read_terminal(
    mut editor: Editor<Language, DefaultHistory>,
    style: &Style,
    asked: &Receiver<()>,
    entries: &Sender<Entry>,
) {
    let path = history_path(style.history);
    if let Some(path) = &path {
        // There is none the first time.
        let _none = editor.load_history(path);
    }
    while asked.recv().is_ok() {
        let entry = match editor.readline(style.prompt) {
            Ok(text) => Entry::Text(text),
            Err(ReadlineError::Interrupted) => Entry::Interrupted,
            Err(_) => Entry::End,
        };
        if let Entry::Text(text) = &entry {
            let kept = editor.add_history_entry(text.as_str());
            if let (Ok(true), Some(path)) = (kept, &path) {
                // A history that cannot be written is a loss, but no reason to stop.
                let _lost = editor.save_history(path);
            }
        }
        hand_over(entries, entry);
    }
}

fn editor(names: Vec<String>, balanced: bool) -> rustyline::Result<Editor<Language, DefaultHistory>> {
    let config = Config::builder().max_history_size(HISTORY_MAX)?.history_ignore_dups(true)?.build();
    let mut editor = Editor::with_history(config, DefaultHistory::new())?;
    editor.history_mut().set_max_len(HISTORY_MAX)?;
    editor.set_helper(Some(Language { names, balanced }));
    Ok(editor)
}

/// This file in `$XDG_STATE_HOME`, usually in `~/.local/state`, if that folder is there.
fn history_path(name: &str) -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let usual = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    let folder = state.or_else(usual)?;
    folder.is_dir().then(|| folder.join(name))
}

/// What the editor knows about Scheme.
struct Language {
    names: Vec<String>,
    balanced: bool,
}

impl Helper for Language {}
impl Highlighter for Language {}
impl Hinter for Language {
    type Hint = String;
}

impl Validator for Language {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let complete = !self.balanced || scheme::is_complete(context.input());
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for Language {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let (start, word) = word_before(&line[..at]);
        Ok((start, matching(&self.names, &word)))
    }
}

/// Where the identifier at the end of `text` begins, and its text.
fn word_before(text: &str) -> (usize, Cow<'_, str>) {
    let ends_word = |character: char| character.is_whitespace() || "()\"';`,".contains(character);
    let start =
        text.rfind(ends_word).map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    (start, Cow::Borrowed(&text[start..]))
}

fn matching(names: &[String], word: &str) -> Vec<String> {
    if word.is_empty() {
        return Vec::new();
    }
    names.iter().filter(|name| name.starts_with(word)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_before_the_cursor_is_completed() {
        let names: Vec<String> = ["car", "call/cc", "cdr"].map(String::from).to_vec();
        let (start, word) = word_before("(display (ca");
        assert_eq!((start, &*word), (10, "ca"));
        assert_eq!(matching(&names, &word), ["car", "call/cc"]);
        assert_eq!(word_before("λ\u{a0}x"), (4, "x".into()));
        assert!(matching(&names, &word_before("(").1).is_empty());
    }
}
