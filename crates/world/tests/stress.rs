//! Golden programs while the heap is collected, and what is freed poisoned, at every reservation:
//! `cargo test -p world --features gc-stress --test stress`. Also with slices of a few reductions.

mod common;

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{Plan, programs};
use world::{Drive, RunEnd};

/// Programs that keep so much that a collection at each step takes minutes.
const HEAVY: &[&str] = if cfg!(feature = "gc-stress") { &["deep-recursion"] } else { &[] };

const TIME_MAX: Duration = Duration::from_secs(if cfg!(feature = "gc-stress") { 30 } else { 60 });

/// What the program writes, or how it failed, on this thread alone.
fn output_of(plan: &Plan) -> String {
    let mut run = plan.load(Drive::Alone, None);
    run.start().expect("room for the main actor");
    let end = run.run_to_end(|ms| thread::sleep(Duration::from_secs_f64(ms / 1e3)));
    let written: String = run.stage.take_output().into_iter().map(|write| write.text).collect();
    match end {
        RunEnd::Main(Ok(_)) => written,
        RunEnd::Main(Err(problem)) => format!("{written}failed: {}", problem.message),
        RunEnd::Deadlock(waiting) => format!("{written}deadlock of {waiting:?}"),
    }
}

fn assert_golden(plans: Vec<Plan>) {
    let mut wrong = Vec::new();
    for plan in plans.into_iter().filter(|plan| !HEAVY.contains(&plan.name.as_str())) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
        let expected = std::fs::read_to_string(folder.join(&plan.name).with_extension("out"))
            .expect("an expected output");
        let (done, answer) = mpsc::channel();
        let name = plan.name.clone();
        thread::spawn(move || {
            // The receiver is gone when this took too long.
            let _late = done.send(output_of(&plan));
        });
        match answer.recv_timeout(TIME_MAX) {
            Ok(output) if output == expected => {}
            Ok(output) => wrong.push(format!("{name} wrote\n{output}\ninstead of\n{expected}")),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[cfg(feature = "gc-stress")]
fn golden_programs_write_the_same_under_stress() {
    assert_golden(programs("tests/programs", ""));
}

#[test]
fn golden_programs_write_the_same_in_tiny_slices() {
    let plans = programs("tests/programs", "").into_iter().map(|plan| Plan { quantum: 7, ..plan });
    assert_golden(plans.collect());
}
