//! Orders to the debugger: what a line means.
//!
//! 1. Nothing is looked up here; a line that makes no sense is refused with what was expected.

use std::time::Duration;

use protocol::{BreakpointAt, StepKind};

/// Longest time that `for` takes, ms.
const MILLISECONDS_MAX: u64 = 86_400_000;

/// What `help` prints.
pub(super) const HELP: &str = "\
break PLACE [if EXPR] [after N] [log TEXT]
                stop at a PLACE: LINE, FILE:LINE, procedure NAME, offset [NAME] N, send, receive,
                spawn, exit, raise, uncaught, capability, collection; if EXPR is true, after N times,
                or, instead of stopping, log TEXT with the value of each {EXPR} in it
breakpoints     list them with what became of them; delete N removes one
watch NAME      stop when a variable changes; also NAME[2][0] for a part, or an expression
unwatch N       end a watch
run [for MS]    begin the program, or begin it anew; pause after so many ms
continue [for MS]  let it go on
pause           make all actors stand still; Control-C on a terminal
step            to the next line, into calls; next: over calls; out: until the call has returned
instruction     one instruction of bytecode
message         until the actor is about to take a message; all others run meanwhile
to LINE         run to a line, or FILE:LINE
where           the calls of the actor; frame N looks at one
locals          variables of the frame
globals         variables that the program defines
print EXPR      evaluate in the frame
set NAME EXPR   assign a variable of the frame, or a global one
open NAME PART... [from N]  parts of a value, by name or number
actors          live actors; actor N looks at one
events          what the debugger noted
list [LINE]     source text
disassemble     bytecode of the innermost procedure
info            breakpoints, watches, handlers in force
help            print this
quit            end the program and the debugger
";

/// Words that orders begin with.
pub(super) const WORDS: [&str; 29] = [
    "actor",
    "actors",
    "break",
    "breakpoints",
    "continue",
    "delete",
    "disassemble",
    "events",
    "frame",
    "globals",
    "help",
    "info",
    "instruction",
    "list",
    "locals",
    "message",
    "next",
    "open",
    "out",
    "pause",
    "print",
    "quit",
    "run",
    "set",
    "step",
    "to",
    "unwatch",
    "watch",
    "where",
];

/// Where, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of the file that is meant without saying so.
    Line(u32),
    /// A whole place.
    At(BreakpointAt),
}

/// A sensible order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Break { place: Place, condition: String, after: u32, log: String },
    Delete(u32),
    Breakpoints,
    Watch(String),
    Unwatch(u32),
    Run { time: Option<Duration> },
    Continue { time: Option<Duration> },
    Pause,
    Step(StepKind),
    To(Place),
    Where,
    Frame(u32),
    Locals,
    Print(String),
    Set { name: String, value: String },
    Globals,
    Open { words: Vec<String>, first: u32 },
    Actors,
    Actor(u32),
    Events,
    List(Option<u32>),
    Disassemble,
    Info,
    Help,
    Quit,
}

/// What a line orders; nothing if it is empty or a comment.
///
/// # Errors
/// What was expected.
pub(super) fn parse(line: &str) -> Result<Option<Order>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(';') {
        return Ok(None);
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let order = match word {
        "break" => breakpoint(rest)?,
        "delete" => Order::Delete(number(rest, "delete N: the number of a breakpoint")?),
        "watch" => Order::Watch(some(rest, "watch NAME, watch NAME[2] or watch EXPR")?),
        "unwatch" => Order::Unwatch(number(rest, "unwatch N: the number of a watch")?),
        "run" => Order::Run { time: time(rest)? },
        "continue" => Order::Continue { time: time(rest)? },
        "to" => Order::To(place(rest)?),
        "frame" => Order::Frame(number(rest, "frame N: as `where` counts them")?),
        "print" => Order::Print(some(rest, "print EXPR")?),
        "set" => {
            let expected = "expected: set NAME EXPR";
            let (name, value) = rest.split_once(char::is_whitespace).ok_or(expected)?;
            if !is_name(name) {
                return Err(format!("`{name}` is no name; {expected}"));
            }
            Order::Set { name: name.to_string(), value: value.trim().to_string() }
        }
        "open" => open(rest)?,
        "actor" => Order::Actor(number(rest, "actor N: as `actors` numbers them")?),
        "list" if rest.is_empty() => Order::List(None),
        "list" => Order::List(Some(number(rest, "list, or list LINE")?)),
        _ => plain(word, rest)?,
    };
    Ok(Some(order))
}

/// Orders that take nothing.
fn plain(word: &str, rest: &str) -> Result<Order, String> {
    let order = match word {
        "breakpoints" => Order::Breakpoints,
        "pause" => Order::Pause,
        "step" => Order::Step(StepKind::Into),
        "next" => Order::Step(StepKind::Over),
        "out" => Order::Step(StepKind::Out),
        "instruction" => Order::Step(StepKind::Instruction),
        "message" => Order::Step(StepKind::Message),
        "where" => Order::Where,
        "locals" => Order::Locals,
        "globals" => Order::Globals,
        "actors" => Order::Actors,
        "events" => Order::Events,
        "disassemble" => Order::Disassemble,
        "info" => Order::Info,
        "help" => Order::Help,
        "quit" => Order::Quit,
        _ => return Err(format!("there is no order `{word}`; `help` lists them")),
    };
    if rest.is_empty() { Ok(order) } else { Err(format!("`{word}` takes nothing, but was given `{rest}`")) }
}

fn some(text: &str, usage: &str) -> Result<String, String> {
    if text.is_empty() { Err(format!("expected: {usage}")) } else { Ok(text.to_string()) }
}

fn number(text: &str, usage: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("expected: {usage}"))
}

fn time(text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let ms = text.strip_prefix("for ").and_then(|ms| ms.trim().parse().ok());
    let ms = ms.filter(|ms| *ms <= MILLISECONDS_MAX);
    let ms = ms.ok_or_else(|| format!("expected nothing, or: for MS, as in `for 100`; not `{text}`"))?;
    Ok(Some(Duration::from_millis(ms)))
}

fn place(text: &str) -> Result<Place, String> {
    if let Ok(line) = text.parse::<u32>()
        && line > 0
    {
        return Ok(Place::Line(line));
    }
    BreakpointAt::parse(text).map(Place::At).ok_or_else(|| {
        let events: Vec<String> = BreakpointAt::EVENTS.iter().map(BreakpointAt::text).collect();
        format!(
            "`{text}` is no place; expected LINE, FILE:LINE, procedure NAME, offset [NAME] N, or one of {}",
            events.join(", ")
        )
    })
}

/// Where the words of a text begin that stand in no parentheses and no string.
fn outer_words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let (mut depth, mut in_string, mut start) = (0_usize, false, None);
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '"' if previous != '\\' => in_string = !in_string,
            '(' | '[' if !in_string => depth += 1,
            ')' | ']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = c;
        match (c.is_whitespace() && depth == 0 && !in_string, start) {
            (true, Some(from)) => {
                words.push((from, &text[from..at]));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.map(|from| (from, &text[from..])));
    words
}

fn breakpoint(text: &str) -> Result<Order, String> {
    // A log text is any text: what follows is no clause.
    let words = outer_words(text);
    let end =
        words.iter().skip(1).position(|(_, word)| *word == "log").map_or(words.len(), |place| place + 2);
    let mut clauses: Vec<(usize, &str)> = Vec::new();
    for (at, word) in words.into_iter().take(end).skip(1) {
        let is_new = clauses.iter().all(|(_, known)| *known != word);
        if matches!(word, "if" | "after" | "log") && is_new {
            clauses.push((at, word));
        }
    }
    let first = clauses.first().map_or(text.len(), |(at, _)| *at);
    let place = place(text[..first].trim())?;
    let (mut condition, mut after, mut log) = (String::new(), 0, String::new());
    for (index, (at, word)) in clauses.iter().enumerate() {
        let end = clauses.get(index + 1).map_or(text.len(), |(at, _)| *at);
        let value = text[at + word.len()..end].trim();
        match *word {
            "if" => condition = some(value, "if EXPR")?,
            "after" => after = number(value, "after N: a whole number of times")?,
            _ => log = some(value, "log TEXT")?,
        }
    }
    Ok(Order::Break { place, condition, after, log })
}

fn open(text: &str) -> Result<Order, String> {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_string).collect();
    let mut first = 0;
    if words.len() >= 3 && words[words.len() - 2] == "from" {
        first = number(&words[words.len() - 1], "open NAME PART... from N")?;
        words.truncate(words.len() - 2);
    }
    if words.is_empty() {
        return Err("expected: open NAME PART... [from N]".to_string());
    }
    Ok(Order::Open { words, first })
}

/// It can be the name of a variable.
pub(in crate::debug) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "()[]'`,\";#".contains(c))
}

/// `NAME` or `NAME[2][0]`.
pub(super) fn path(text: &str) -> Option<(String, Vec<u32>)> {
    let (name, mut rest) = text.split_at(text.find('[').unwrap_or(text.len()));
    let mut parts = Vec::new();
    while let Some(after) = rest.strip_prefix('[') {
        let (index, following) = after.split_once(']')?;
        parts.push(index.parse().ok()?);
        rest = following;
    }
    (rest.is_empty() && is_name(name)).then(|| (name.to_string(), parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breakpoint_has_a_place_and_clauses() {
        let order = |text: &str| parse(text).expect("an order").expect("not empty");
        let line = |condition: &str, after, log: &str| Order::Break {
            place: Place::Line(3),
            condition: condition.to_string(),
            after,
            log: log.to_string(),
        };
        assert_eq!(order("break 3"), line("", 0, ""));
        assert_eq!(order("break 3 if (if a b \"x) log\")"), line("(if a b \"x) log\")", 0, ""));
        assert_eq!(
            order("break 3 after 2 if (> n 1) log if {n} after 9"),
            line("(> n 1)", 2, "if {n} after 9")
        );
        let at = BreakpointAt::Line { file: "a.scm".to_string(), line: 7 };
        let order = order("break a.scm:7");
        assert!(matches!(order, Order::Break { place: Place::At(place), .. } if place == at));
    }

    #[test]
    fn bad_orders_say_what_was_expected() {
        for (line, expected) in [
            ("fly", "`help` lists them"),
            ("step 3", "`step` takes nothing"),
            ("break", "`` is no place; expected LINE"),
            ("break 0", "`0` is no place"),
            ("break 3 if", "expected: if EXPR"),
            ("break 3 after x", "expected: after N"),
            ("delete x", "expected: delete N"),
            ("set x", "expected: set NAME EXPR"),
            ("set (x) 1", "is no name"),
            ("continue 5", "for MS"),
            ("open", "expected: open NAME"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert_eq!(parse("  ; nothing"), Ok(None));
    }

    #[test]
    fn a_path_is_a_name_and_numbers() {
        assert_eq!(path("v[1][0]"), Some(("v".to_string(), vec![1, 0])));
        assert_eq!(path("v"), Some(("v".to_string(), Vec::new())));
        assert_eq!((path("(> a 1)"), path("v[x]"), path("v[1")), (None, None, None));
    }

    #[test]
    fn every_word_is_an_order_and_has_help() {
        for word in WORDS {
            let refused = parse(word).err().unwrap_or_default();
            assert!(!refused.contains("no order") && HELP.contains(word), "{word}: {refused}");
        }
    }
}
