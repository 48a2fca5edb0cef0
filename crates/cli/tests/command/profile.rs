//! `profile`.
//!
//! Files are read back as their readers read them: JSON, with the fields that speedscope's schema, Firefox Profiler's processed
//! format and the trace-event format ask for, and every index in range.

use std::collections::HashMap;
use std::fs;

use serde_json::Value;

use crate::{file, physics, printed};

/// `hot` takes nine turns for one of `cold`'s, and calls the library.
const PROGRAM: &str = "(define (turn n) (if (> n 0) (turn (- n 1)) 0))
(define (hot n)
  (if (= n 0)
      0
      (+ 1 (turn 900) (hot (- n 1)))))
(define (cold n)
  (if (= n 0)
      0
      (+ (spin 100) (cold (- n 1)))))
(define (spin n) (if (= n 0) 0 (+ 1 (spin (- n 1)))))
(define (again n)
  (if (> n 0) (begin (hot 100) (cold 100) (again (- n 1)))))
(define worker (spawn (lambda () (register 'worker (self)) (again 20) (receive (x x)))))
(again 40)
(send worker 'end)
(display \"written\")
(length (map (lambda (x) (turn 10)) (iota 10000)))";

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

/// Runs the program with a profile of this format, and reads it.
fn profiled(name: &str, format: &str, more: &[&str]) -> Value {
    let (source, output) = (file(&format!("{name}.scm"), PROGRAM), file(&format!("{name}.json"), ""));
    let line = [&["profile", "--format", format, "-o", &output, "--interval=500"], more, &[&source]].concat();
    let outcome = physics(&line);
    assert_eq!((outcome.status, outcome.out.as_str()), (0, "written"), "{outcome:?}");
    assert!(outcome.err.contains(" samples, about one in 500 reductions"), "{outcome:?}");
    json(&output)
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn index(value: &Value, below: usize) -> usize {
    let index = value.as_u64().unwrap_or_else(|| panic!("no index: {value}")) as usize;
    assert!(index < below, "{index} of {below}");
    index
}

#[test]
fn the_hot_procedure_is_on_top_and_shares_are_those_of_the_reductions() {
    let path = file("profiled-text.scm", PROGRAM);
    for cores in ["--cores=1", "--cores=2"] {
        let outcome = physics(&["profile", cores, "--interval", "500", &path]);
        let shown = printed(&outcome);
        let (before, tables) = shown.split_once("\n    self   total  procedure\n").expect("a table");
        assert!(before.starts_with("written\n") && before.contains("reductions "), "{shown}");
        let row = |table: &str, name: &str| {
            let line = table.lines().find(|line| line.split_whitespace().nth(4) == Some(name));
            let line = line.unwrap_or_else(|| panic!("no {name}: {shown}"));
            let share =
                |part: usize| line.split_whitespace().nth(part).and_then(|one| one.parse::<f64>().ok());
            (share(0).expect("a share"), share(2).expect("a share"))
        };
        // Of 60 * 100 * (900 + 2 + 100 + 2) reductions and some: 90 of 100 in `turn`, 10 in `spin`.
        let (own, total) = row(tables, "turn");
        assert!((84.0..93.0).contains(&own) && (total - own).abs() < 0.2, "{shown}");
        let (own, total) = row(tables, "spin");
        assert!((6.0..14.0).contains(&own) && (total - own).abs() < 0.2, "{shown}");
        let (own, total) = row(tables, "again");
        assert!(own < 2.0 && total > 95.0, "{shown}");
        let lines = tables.split("self   total  line\n").nth(1).expect("a table of lines");
        let (own, _) = row(lines, &format!("{path}:1"));
        assert!((84.0..93.0).contains(&own), "{shown}");
        let actors = tables.split("self   total  actor\n").nth(1).expect("a table of actors");
        let share =
            |name: &str| actors.lines().find(|line| line.ends_with(name)).map(|line| line.trim().to_string());
        let main: f64 = share("1 main").and_then(|line| line.split(' ').next()?.parse().ok()).expect("main");
        assert!((60.0..73.0).contains(&main), "two thirds of the work: {shown}");
    }
}

#[test]
fn folded_stacks_have_one_line_each() {
    let path = file("profiled-folded.scm", PROGRAM);
    let outcome = physics(&["profile", "--cores=1", "--format=folded", "--interval=500", &path]);
    let lines: HashMap<&str, u64> = printed(&outcome)
        .lines()
        .skip(1)
        .map(|line| line.rsplit_once(' ').map(|(stack, weight)| (stack, weight.parse().expect("a weight"))))
        .map(|line| line.expect("a stack and its weight"))
        .collect();
    let deep: Vec<&&str> = lines.keys().filter(|stack| stack.contains(";hot;hot;turn")).collect();
    assert!(!deep.is_empty(), "recursion shows: {lines:?}");
    let roots = ["(top level);", "(outer frames left out);", "(lambda, line 13);"];
    assert!(deep.iter().all(|stack| roots.iter().any(|root| stack.starts_with(root))), "{deep:?}");
    assert!(
        lines.keys().any(|stack| stack.contains(";map") || stack.contains("map;")),
        "the library shows: {lines:?}"
    );
}

#[test]
fn a_speedscope_file_is_as_its_schema_says() {
    let read = profiled("speedscope", "speedscope", &[]);
    assert_eq!(read["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let frames = list(&read["shared"]["frames"]);
    let names: Vec<&str> = frames.iter().map(|frame| text(&frame["name"])).collect();
    let hot = names.iter().position(|name| *name == "turn").expect("the hot one");
    assert!(text(&frames[hot]["file"]).ends_with("speedscope.scm"));
    assert_eq!(number(&frames[hot]["line"]), 1.0);
    let profiles = list(&read["profiles"]);
    assert_eq!(index(&read["activeProfileIndex"], profiles.len()), 0);
    let profile = &profiles[0];
    assert_eq!((text(&profile["type"]), text(&profile["unit"])), ("sampled", "none"));
    let (samples, weights) = (list(&profile["samples"]), list(&profile["weights"]));
    assert_eq!(samples.len(), weights.len());
    let (mut all, mut ends_hot) = (0.0, 0.0);
    for (sample, weight) in samples.iter().zip(weights) {
        let stack: Vec<usize> = list(sample).iter().map(|frame| index(frame, frames.len())).collect();
        all += number(weight);
        if stack.last() == Some(&hot) {
            ends_hot += number(weight);
        }
    }
    assert_eq!((number(&profile["startValue"]), number(&profile["endValue"])), (0.0, all));
    assert!((0.84..0.93).contains(&(ends_hot / all)), "{ends_hot} of {all}");
}

#[test]
fn a_firefox_profile_has_columns_of_equal_length_and_every_index_in_range() {
    let read = profiled("firefox", "firefox", &["--cores=2"]);
    let meta = &read["meta"];
    assert_eq!((number(&meta["version"]), number(&meta["preprocessedProfileVersion"])), (24.0, 62.0));
    let categories = list(&meta["categories"]).len();
    let shared = &read["shared"];
    let strings = list(&shared["stringArray"]);
    let tables = ["frameTable", "funcTable", "stackTable", "sources", "resourceTable", "nativeSymbols"];
    let lengths: HashMap<&str, usize> = tables
        .map(|table| {
            let length = number(&shared[table]["length"]) as usize;
            for (name, column) in shared[table].as_object().expect("a table") {
                assert!(name == "length" || list(column).len() == length, "{table}.{name}");
            }
            (table, length)
        })
        .into();
    let all_in = |column: &Value, below: usize| {
        list(column)
            .iter()
            .filter(|cell| !cell.is_null())
            .for_each(|cell| assert!(index(cell, below) < below));
    };
    all_in(&shared["funcTable"]["name"], strings.len());
    all_in(&shared["funcTable"]["source"], lengths["sources"]);
    all_in(&shared["sources"]["filename"], strings.len());
    all_in(&shared["frameTable"]["func"], lengths["funcTable"]);
    all_in(&shared["frameTable"]["category"], categories);
    all_in(&shared["stackTable"]["frame"], lengths["frameTable"]);
    for (stack, prefix) in list(&shared["stackTable"]["prefix"]).iter().enumerate() {
        assert!(prefix.is_null() || index(prefix, stack) < stack, "prefixes come first");
    }
    let threads = list(&read["threads"]);
    assert!(threads.iter().any(|thread| text(&thread["name"]) == "main (actor 1)"), "{threads:?}");
    assert_eq!(threads.len(), 2);
    for thread in threads {
        let samples = &thread["samples"];
        let length = number(&samples["length"]) as usize;
        assert!(length > 100);
        for column in ["stack", "timeDeltas", "weight"] {
            assert_eq!(list(&samples[column]).len(), length, "{column}");
        }
        all_in(&samples["stack"], lengths["stackTable"]);
        assert!(list(&samples["timeDeltas"]).iter().all(|delta| number(delta) >= 0.0));
        assert_eq!(text(&samples["weightType"]), "samples");
        for field in ["tid", "pid", "processType"] {
            text(&thread[field]);
        }
        assert_eq!(list(&thread["markers"]["data"]).len(), number(&thread["markers"]["length"]) as usize);
    }
}

#[test]
fn a_trace_tells_what_ran_on_each_core_and_what_was_collected() {
    let read = profiled("perfetto", "perfetto", &["--cores=2"]);
    let events = list(&read["traceEvents"]);
    let phase = |wanted: &'static str| events.iter().filter(move |event| event["ph"] == wanted);
    for event in events {
        text(&event["name"]);
        assert!(event["pid"].is_u64() && event["tid"].is_u64(), "{event}");
    }
    let spans: Vec<&Value> = phase("X").collect();
    assert!(spans.iter().all(|span| number(&span["ts"]) >= 0.0 && number(&span["dur"]) >= 0.0));
    assert!(spans.iter().any(|span| span["pid"] == 1 && span["name"] == "main (actor 1)"));
    assert!(spans.iter().any(|span| span["pid"] == 2 && span["name"] == "minor"));
    let named: Vec<&str> = phase("M").map(|event| text(&event["args"]["name"])).collect();
    assert!(named.contains(&"Cores") && named.contains(&"core 0"), "{named:?}");
    let heap: Vec<f64> = phase("C")
        .filter(|event| event["name"] == "heap bytes")
        .map(|event| number(&event["args"]["value"]))
        .collect();
    assert!(heap.iter().any(|bytes| *bytes > 0.0), "{heap:?}");
}

#[test]
fn instructions_are_counted_exactly() {
    // One procedure that is its own loop, 1000 times.
    let source = "(define (count n) (if (> n 0) (count (- n 1)) 0))\n(count 1000)";
    let path = file("counted.scm", source);
    let shown = |path: &str| {
        let outcome = physics(&["profile", "--cores=1", "--opcodes", "--without=known,fold,loops", path]);
        let shown = printed(&outcome);
        shown.split_once("    instructions         procedure\n").expect("a table").1.to_string()
    };
    let table = shown(&path);
    let count = |table: &str, name: &str| {
        let line = table.lines().find(|line| line.ends_with(&format!("  {name}")));
        let line = line.unwrap_or_else(|| panic!("no {name}: {table}"));
        line.split_whitespace().next().and_then(|one| one.parse::<u64>().ok()).expect("a count")
    };
    let once = count(&table, "count");
    let twice = shown(&file("counted-twice.scm", &source.replace("1000", "2000")));
    let each = (count(&twice, "count") - once) as f64 / 1_000.0;
    assert_eq!(each.fract(), 0.0, "the same instructions each turn: {table}");
    assert!((3.0..8.0).contains(&each), "{each}");
    assert_eq!(once - each as u64 * 1_000, count(&twice, "count") - each as u64 * 2_000);
    let pairs = table.split("pair of operations\n").nth(1).expect("pairs");
    let top = pairs.lines().next().expect("a pair");
    assert!(top.split_whitespace().next().is_some_and(|times| times.starts_with("100")), "{table}");
}

#[test]
fn a_profile_is_written_whatever_comes_of_the_program() {
    let path = file("fails-late.scm", "(define (go n) (if (= n 0) (car 5) (+ 1 (go (- n 1)))))\n(go 30000)");
    let outcome = physics(&["profile", "--interval=100", &path]);
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(outcome.out.contains("  procedure\n") && outcome.out.contains(" go "), "{outcome:?}");
    assert!(outcome.err.contains("car: expected a pair"), "{outcome:?}");
    let path = file("goes-on.scm", "(define (go) (go))\n(go)");
    for cores in ["--cores=1", "--cores=2"] {
        let outcome = physics(&["profile", cores, "--seconds=1", &path]);
        assert!(printed(&outcome).contains(" 100.0 %  go "), "{outcome:?}");
    }
}

#[test]
fn bad_wishes_are_refused() {
    for (line, wanted) in [
        (
            &["profile", "--format=pdf", "a.scm"][..],
            "--format expects one of text, folded, speedscope, firefox, perfetto",
        ),
        (&["profile", "--format=firefox", "a.scm"], "say which with -o FILE"),
        (&["profile", "--interval=3", "a.scm"], "--interval expects reductions, 100 to"),
        (&["profile", "--opcodes", "--format=folded", "a.scm"], "--opcodes is for --format text"),
        (&["profile", "--gc-log", "a.scm"], "without --gc-log"),
        (&["run", "--opcodes", "a.scm"], "are for `physics profile`"),
        (&["profile"], "something is missing; expected: physics profile"),
    ] {
        let outcome = physics(line);
        assert_eq!(outcome.status, 2, "{outcome:?}");
        assert!(outcome.err.contains(wanted), "{line:?}: {outcome:?}");
    }
    let path = file("unwritten.scm", "1");
    let outcome = physics(&["profile", "-o", "/nowhere/at/all", &path]);
    assert!(
        outcome.status == 1 && outcome.err.contains("cannot be written to /nowhere/at/all"),
        "{outcome:?}"
    );
}
