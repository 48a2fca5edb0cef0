//! Random programs, here and in Guile: both must write the same.
//!
//! Where `guile` is not installed the test says so on standard error and passes; `scripts/install-tools` installs it.
//! `PHYSICS_DIFFERENTIAL` is the number of programs, `PHYSICS_SEED` the seed of the first.

use std::io::Write;
use std::process::{Command, Stdio};

use physics_tests::generate::program;
use physics_tests::native::{Driver, evaluate};
use protocol::Settings;

/// Expressions of one program.
const CASES: usize = 60;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What Guile writes, or `None` where it is not installed.
fn guile(source: &str) -> Option<String> {
    let file = std::env::temp_dir().join(format!("physics-differential-{}.scm", std::process::id()));
    std::fs::write(&file, source).expect("a temporary file can be written");
    let run = Command::new("guile")
        .args(["-q", "--no-auto-compile", "--r7rs"])
        .arg(&file)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output();
    _ = std::fs::remove_file(&file);
    let output = run.ok()?;
    let problems = String::from_utf8_lossy(&output.stderr);
    let problems: Vec<&str> = problems.lines().filter(|line| !line.starts_with("WARNING")).collect();
    assert!(output.status.success(), "Guile refuses a program:\n{}", problems.join("\n"));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn random_programs_write_the_same_here_and_in_guile() {
    let (programs, seed) = (number("PHYSICS_DIFFERENTIAL", 12), number("PHYSICS_SEED", 1));
    for seed in seed..seed + programs {
        let source = program(seed, CASES);
        let Some(wanted) = guile(&source) else {
            // Past the capture of the test runner, so that it is seen.
            _ = std::io::stderr()
                .write_all(b"SKIPPED: guile is not installed (scripts/install-tools installs it)\n");
            return;
        };
        let written = match evaluate(&source, Settings::default(), Driver::Cooperative) {
            Ok(evaluation) => evaluation.output,
            Err(error) => panic!("seed {seed}: {error}\n{source}"),
        };
        let different = wanted.lines().zip(written.lines()).find(|(wanted, written)| wanted != written);
        if let Some((wanted, written)) = different {
            let case = wanted.split(':').next().unwrap_or("");
            let line = source.lines().find(|line| line.starts_with(&format!("(show {case} ")));
            panic!("seed {seed}:\n{}\nGuile: {wanted}\nhere:  {written}\n", line.unwrap_or(&source));
        }
        if let Some(line) = wanted.lines().find(|line| line.ends_with(": failed")) {
            let case = line.split(':').next().unwrap_or("");
            let line = source.lines().find(|line| line.starts_with(&format!("(show {case} ")));
            panic!("seed {seed}: fails everywhere:\n{}", line.unwrap_or(&source));
        }
        assert_eq!(wanted.lines().count(), written.lines().count(), "seed {seed}");
    }
}
