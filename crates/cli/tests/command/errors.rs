//! What broken programs are told, word for word: `tests/programs/errors/NAME.scm` must fail with `NAME.report`.
//!
//! With `PHYSICS_BLESS=1` in its environment the test writes the reports instead; read what changed before you keep it.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Fewest programs: a suite that lost its files must not pass.
const PROGRAMS_MIN: usize = 110;

#[test]
fn broken_programs_are_told_what_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs/errors");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the folder of broken programs")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".scm"))
        .collect();
    names.sort();
    assert!(names.len() >= PROGRAMS_MIN, "{} broken programs", names.len());
    let bless = std::env::var_os("PHYSICS_BLESS").is_some();
    let mut wrong = Vec::new();
    for name in &names {
        let output = Command::new(env!("CARGO_BIN_EXE_physics"))
            .args(["run", "--cores", "1", name])
            .current_dir(&folder)
            .output()
            .expect("the command starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = folder.join(name).with_extension("report");
        if output.status.success() || told.is_empty() {
            wrong.push(format!("{name} does not fail, or does not say why"));
        } else if bless {
            fs::write(&report, &told).expect("the report can be written");
        } else if fs::read_to_string(&report).unwrap_or_default() != told {
            wrong.push(format!("{name} is told\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), names.len(), wrong.join("\n"));
}
