//! Problems as people read them: `FILE:LINE:COLUMN: message`, the source line with a caret, the calls that led there.
//!
//! 1. A report is short however long the line or the chain of calls is.

use protocol::{Problem, SourceText, TraceLine};

/// Longest piece of a source line that is shown, characters.
const EXCERPT_CHARACTERS_MAX: usize = 160;
/// Characters before the caret that stay when a line is cut.
const EXCERPT_BEFORE: usize = 80;
/// Calls listed from the innermost on, and from the outermost back.
const CALLS_INNER: usize = 8;
const CALLS_OUTER: usize = 4;

/// The whole report, lines ended.
pub(crate) fn report(problem: &Problem, files: &[SourceText]) -> String {
    let mut text = world::compile::text_of(problem);
    text.push('\n');
    if let Some(excerpt) = world::source_excerpt(files, problem) {
        text.push_str(&cut(&excerpt));
    }
    // The first is where the problem is; alone, it says nothing new.
    if problem.trace.len() > 1 {
        text.push_str(&calls(&problem.trace));
    }
    text
}

/// What else is known of a run-time error, a line for each part.
pub(crate) fn explanation(problem: &Problem) -> String {
    let rows = problem.context.iter().flat_map(|context| context.rows());
    rows.map(|(name, text)| format!("  {name}: {text}\n")).collect()
}

/// Two lines, source and caret, cut around the caret.
fn cut(excerpt: &str) -> String {
    let Some((source, caret)) = excerpt.split_once('\n') else { return String::new() };
    let column = caret.chars().count().saturating_sub(1);
    let length = source.chars().count();
    if length <= EXCERPT_CHARACTERS_MAX {
        return format!("{excerpt}\n");
    }
    let first = column.saturating_sub(EXCERPT_BEFORE).min(length - EXCERPT_CHARACTERS_MAX);
    let shown: String = source.chars().skip(first).take(EXCERPT_CHARACTERS_MAX).collect();
    let (before, after) = (if first > 0 { "…" } else { "" }, first + EXCERPT_CHARACTERS_MAX < length);
    let pad = " ".repeat(before.chars().count() + column - first);
    format!("{before}{shown}{}\n{pad}^\n", if after { "…" } else { "" })
}

fn calls(trace: &[TraceLine]) -> String {
    // Neighbours that differ in their arguments only are one line, with those of the innermost.
    let mut folded: Vec<(&TraceLine, usize)> = Vec::new();
    for call in trace {
        match folded.last_mut() {
            Some((last, count)) if last.procedure == call.procedure && last.location == call.location => {
                *count += 1
            }
            _ => folded.push((call, 1)),
        }
    }
    let left_out = folded.len().saturating_sub(CALLS_INNER + CALLS_OUTER);
    let mut text = String::new();
    for (place, (call, count)) in folded.iter().enumerate() {
        if left_out > 0 && place == CALLS_INNER {
            text.push_str(&format!("    ... {left_out} more\n"));
        }
        if left_out > 0 && (CALLS_INNER..CALLS_INNER + left_out).contains(&place) {
            continue;
        }
        let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
        text.push_str(&format!("    {}{times}\n", call_text(call)));
    }
    text
}

fn call_text(call: &TraceLine) -> String {
    let name = match call.call() {
        Some(call) => format!("in {call}"),
        None => "at the top level".to_string(),
    };
    match &call.location {
        Some(place) => format!("{name}, {}:{}:{}", place.file, place.line, place.column),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Location, Severity};

    fn at(line: u32, column: u32) -> Option<Location> {
        Some(Location { file: "a.scm".into(), line, column, start: 0, end: 1 })
    }

    fn problem(column: u32, trace: Vec<TraceLine>) -> Problem {
        Problem {
            severity: Severity::Error,
            message: "car: expected a pair, got 5".into(),
            location: at(1, column),
            suggestion: None,
            actor: None,
            trace,
            context: None,
        }
    }

    fn call(name: &str, line: u32) -> TraceLine {
        let arguments = (!name.is_empty()).then(|| " 7".to_string());
        TraceLine { procedure: name.into(), arguments, location: at(line, 1) }
    }

    #[test]
    fn a_report_shows_the_line_with_a_caret_and_the_calls() {
        let files = [SourceText { name: "a.scm".into(), text: "(+ 1 (car 5))\n".into() }];
        let text = report(&problem(6, vec![call("f", 1), call("", 3)]), &files);
        let wanted = "a.scm:1:6: car: expected a pair, got 5\n(+ 1 (car 5))\n     ^\n    in (f 7), a.scm:1:1\n    at the top level, a.scm:3:1\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let source = format!("{}(car 5){}", "x".repeat(5000), "y".repeat(5000));
        let files = [SourceText { name: "a.scm".into(), text: source }];
        let text = report(&problem(5001, Vec::new()), &files);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("…x") && lines[1].ends_with("y…"), "{text}");
        assert_eq!(lines[1].chars().nth(lines[2].chars().count() - 1), Some('('));
        assert!(lines[1].chars().count() <= EXCERPT_CHARACTERS_MAX + 2);
    }

    #[test]
    fn a_deep_chain_is_folded() {
        let mut trace: Vec<TraceLine> = (0..30).map(|_| call("loop", 2)).collect();
        assert_eq!(calls(&trace), "    in (loop 7), a.scm:2:1 (30 times)\n");
        trace.extend((10..40).map(|line| call("step", line)));
        let text = calls(&trace);
        assert_eq!(text.lines().count(), CALLS_INNER + CALLS_OUTER + 1);
        assert!(text.contains("    ... 19 more\n"), "{text}");
        assert!(text.ends_with("    in (step 7), a.scm:39:1\n"), "{text}");
    }
}
