//! The rules of the style guide that a machine can check. Each test lists every breach that it finds.

use std::fs;

use physics_tests::{Source, root, sources};

/// Layers: a crate of ours, and those of ours that it may depend on. Tests of a crate may use any.
const LAYERS: [(&str, &[&str]); 19] = [
    ("protocol", &[]),
    ("arena", &[]),
    ("bytecode", &[]),
    ("executor", &[]),
    ("unicode", &[]),
    ("vm", &["arena", "bytecode", "unicode"]),
    ("jit", &["bytecode", "vm"]),
    ("scheme", &["bytecode", "unicode"]),
    ("scheduler", &["executor", "vm"]),
    ("analysis", &["protocol", "arena", "vm"]),
    ("worker", &[]),
    ("analyst", &["analysis", "arena", "protocol", "worker"]),
    ("assistant", &["world", "protocol", "worker"]),
    ("world", &["protocol", "arena", "bytecode", "executor", "vm", "jit", "scheme", "scheduler"]),
    ("cluster", &["world", "protocol"]),
    ("engine", &["world", "protocol", "cluster"]),
    (
        "cli",
        &[
            "world",
            "analysis",
            "protocol",
            "cluster",
            "scheme",
            "bytecode",
            "scheduler",
            "executor",
            "vm",
            "arena",
            "jit",
        ],
    ),
    ("web", &["protocol"]),
    ("physics-tests", &["world", "protocol", "bytecode", "scheme", "vm", "arena", "executor", "scheduler"]),
];

/// Where `unsafe` may stand; every other crate forbids it.
const UNSAFE_ALLOWED: [&str; 5] =
    ["crates/arena/", "crates/vm/", "crates/executor/", "crates/scheduler/", "crates/engine/src/shared.rs"];

/// Longest source file, in lines.
const LINES_MAX: usize = 800;

fn assert_none(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}:\n  {}\n", breaches.join("\n  "));
}

fn rust_files() -> Vec<Source> {
    let mut files = sources("crates");
    files.extend(sources("web"));
    files.extend(sources("tests"));
    files.retain(|file| file.extension() == "rs");
    assert!(files.len() > 10, "the walk over the sources finds them");
    files
}

fn written_by_people() -> Vec<Source> {
    let kinds = ["rs", "js", "mjs", "css", "html", "md", "toml", "scm", "sld", "yml", ""];
    let mut files = sources("");
    files.retain(|file| kinds.contains(&file.extension()) && !file.name().starts_with("LICENSE"));
    files
}

#[test]
fn every_module_opens_with_its_purpose() {
    let bad: Vec<_> =
        rust_files().into_iter().filter(|file| !file.text.starts_with("//!")).map(|file| file.path).collect();
    assert_none("a Rust file begins with `//!`", &bad);
}

#[test]
fn every_script_opens_with_its_purpose() {
    let bad: Vec<_> = sources("")
        .into_iter()
        .filter(|file| matches!(file.extension(), "js" | "mjs"))
        .filter(|file| !file.text.starts_with("//") && !file.text.starts_with("#!"))
        .map(|file| file.path)
        .collect();
    assert_none("a script begins with a comment that says what it is for", &bad);
}

#[test]
fn no_file_is_too_long() {
    let bad: Vec<_> = sources("")
        .into_iter()
        .filter(|file| matches!(file.extension(), "rs" | "js" | "mjs" | "css" | "html"))
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert_none("no file is longer than 800 lines", &bad);
}

#[test]
fn dependencies_point_one_way() {
    let mut bad = Vec::new();
    let mut seen = 0;
    for manifest in sources("").into_iter().filter(|file| file.name() == "Cargo.toml") {
        let Some(name) = field(&manifest.text, "name") else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
            if !manifest.path.starts_with("scripts/") {
                bad.push(format!("{}: `{name}` has no place in the table of layers", manifest.path));
            }
            continue;
        };
        seen += 1;
        for dependency in dependencies(&manifest.text) {
            let ours = LAYERS.iter().any(|(layer, _)| *layer == dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                bad.push(format!("{name} may not depend on {dependency}"));
            }
        }
        if !manifest.text.contains("[lints]\nworkspace = true") {
            bad.push(format!("{}: does not take the workspace's lints", manifest.path));
        }
    }
    assert!(seen > 5, "the walk over the manifests finds them");
    assert_none("arrows between crates point as in the table", &bad);
}

/// The first `key = "value"` of a manifest.
fn field(manifest: &str, key: &str) -> Option<String> {
    let line = manifest.lines().find(|line| line.starts_with(&format!("{key} = ")))?;
    Some(line.split('"').nth(1)?.to_string())
}

/// Names in the `[dependencies]` tables, those for one target or one dependency included.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if let Some(table) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = table == "dependencies" || table.ends_with(".dependencies");
            if let Some(name) = table.strip_prefix("dependencies.") {
                names.push(name.to_string());
            }
        } else if inside && let Some((name, _)) = line.split_once(['=', '.']) {
            names.push(name.trim().trim_matches('"').to_string());
        }
    }
    names
}

#[test]
fn names_say_what_a_thing_is() {
    let mut bad = Vec::new();
    for file in rust_files() {
        if matches!(file.name(), "utils.rs" | "util.rs" | "helpers.rs" | "misc.rs" | "common.rs") {
            bad.push(format!("{}: name it for what it holds", file.path));
        }
        for (number, line) in file.text.lines().enumerate() {
            for keyword in ["struct ", "enum ", "trait ", "type "] {
                let Some(at) = line.find(keyword) else { continue };
                let name: String = line[at + keyword.len()..]
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if name.ends_with("Manager") || name.ends_with("Helper") {
                    bad.push(format!("{}:{}: {name}", file.path, number + 1));
                }
            }
        }
    }
    assert_none("no `utils`, no `*Manager`, no `*Helper`", &bad);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not breach its own rule.
    let anywhere = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"], ["HA", "CK:"]].map(|parts| parts.concat());
    let in_rust = [["todo", "!("], ["unimplemented", "!("], ["dbg", "!("], ["allow(", "dead_code)"]]
        .map(|parts| parts.concat());
    let mut bad = Vec::new();
    for file in written_by_people() {
        for (number, line) in file.text.lines().enumerate() {
            let in_code = file.extension() == "rs" && in_rust.iter().any(|word| line.contains(word.as_str()));
            if in_code || anywhere.iter().any(|word| has_word(line, word)) {
                bad.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("nothing is marked as unfinished", &bad);
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let after = line[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        before && after
    })
}

#[test]
fn unsafe_code_stays_where_it_is_allowed_and_says_why() {
    let mut bad = Vec::new();
    for file in rust_files() {
        let allowed = UNSAFE_ALLOWED.iter().any(|place| file.path.starts_with(place));
        let lines: Vec<&str> = file.text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            if !has_word(code, "unsafe") || code.contains('"') || code.contains("unsafe_code") {
                continue;
            }
            let at = format!("{}:{}: {}", file.path, number + 1, line.trim());
            if !allowed {
                bad.push(at);
            } else if (code.contains("unsafe {") || code.contains("unsafe impl"))
                && !lines[number.saturating_sub(12)..number].iter().any(|line| line.contains("SAFETY:"))
            {
                bad.push(format!("{at} (no SAFETY comment)"));
            }
        }
        let crate_root = file.path.ends_with("src/lib.rs") || file.path.ends_with("src/main.rs");
        let may_be_unsafe = UNSAFE_ALLOWED.iter().any(|place| place.starts_with(crate_folder(&file.path)));
        // Bindings to JavaScript expand to `unsafe` code of their macro's, which `forbid` would refuse.
        let binds = ["web/", "crates/worker/", "crates/analyst/", "crates/assistant/"]
            .iter()
            .any(|place| file.path.starts_with(place));
        let level = if binds { "deny" } else { "forbid" };
        let forbids =
            ["forbid", level].iter().any(|word| file.text.contains(&format!("#![{word}(unsafe_code)]")));
        if crate_root && !may_be_unsafe && !forbids {
            bad.push(format!("{}: lacks #![{level}(unsafe_code)]", file.path));
        }
    }
    assert_none("`unsafe` only where the style guide allows it, with its reason", &bad);
}

/// `crates/arena/src/lib.rs` -> `crates/arena/`.
fn crate_folder(path: &str) -> &str {
    path.find("src/").map_or(path, |at| &path[..at])
}

#[test]
fn no_glob_imports_beyond_preludes() {
    let mut bad = Vec::new();
    for file in rust_files().into_iter().filter(|file| file.name() != "tests.rs") {
        for (number, line) in file.text.lines().enumerate() {
            // An indented one names an enum's variants inside a function, or serves a test module.
            let glob = line.starts_with("use ") && line.contains("::*");
            if glob && !line.contains("prelude::*") {
                bad.push(format!("{}:{}: {line}", file.path, number + 1));
            }
        }
    }
    assert_none("glob imports are for preludes and for tests of the module above", &bad);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut bad = Vec::new();
    for file in sources("").into_iter().filter(|file| file.extension() == "md") {
        let folder = root().join(&file.path).parent().expect("a file has a folder").to_path_buf();
        for target in link_targets(&file.text) {
            let path = target.split('#').next().unwrap_or("");
            let elsewhere = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
            if !elsewhere && !folder.join(path).exists() {
                bad.push(format!("{}: {target}", file.path));
            }
        }
    }
    assert_none("relative links in documents exist", &bad);
}

/// Targets of `[text](target)` and `![text](target)` outside code.
fn link_targets(markdown: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            if line[..at].matches('`').count() % 2 == 0
                && let Some(end) = line[at + 2..].find(')')
            {
                targets.push(line[at + 2..at + 2 + end].trim_matches(['<', '>']).to_string());
            }
        }
    }
    targets
}

#[test]
fn files_name_no_place_of_one_machine() {
    let places =
        [["/wo", "rk/"], ["/ro", "ot/"], ["/home", "/"], ["/tmp/", "briefs"]].map(|parts| parts.concat());
    let mut bad = Vec::new();
    for file in written_by_people() {
        for (number, line) in file.text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place.as_str())) {
                bad.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("no path of one machine", &bad);
}

#[test]
fn pinned_tools_agree_with_what_is_linked() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let tools = fs::read_to_string(root().join("scripts/wasm-bindgen-tools/Cargo.toml"))
        .expect("the tools' manifest");
    let linked = lock.split("name = \"wasm-bindgen\"\n").nth(1).and_then(|rest| rest.split('"').nth(1));
    let linked = linked.expect("wasm-bindgen in Cargo.lock");
    assert!(tools.contains(&format!("\"={linked}\"")), "Cargo.lock links wasm-bindgen {linked}");
}
