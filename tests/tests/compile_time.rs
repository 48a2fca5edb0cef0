//! How long a program of ten thousand lines takes to compile and to load.

use std::time::{Duration, Instant};

use physics_tests::native::{Driver, evaluate};
use protocol::Settings;

/// Lines of the program.
const LINES: usize = 10_000;

/// Generous: builds for tests are hardly optimised, and other tests run beside this one. `scripts/bench` has the figure
/// of an optimised build, which is to stay below a second.
const TIME_MAX: Duration = Duration::from_secs(10);

/// What stands in the program again and again, `@` being the number of the turn.
const PART: &str = include_str!("../bench/compile.part");

#[test]
fn ten_thousand_lines_compile_soon() {
    let turns = LINES / PART.lines().count();
    let mut source: String = (0..turns).map(|turn| PART.replace('@', &turn.to_string())).collect();
    source.push_str(&format!("(total-{0} (list (make-shape-{0} 'square 3 4)))", turns - 1));
    assert!(source.lines().count() > LINES);
    let began = Instant::now();
    let evaluation = evaluate(&source, Settings::default(), Driver::Cooperative).expect("the program runs");
    let took = began.elapsed();
    assert_eq!(evaluation.value, "9");
    assert!(took < TIME_MAX, "{took:?} for {} lines, {} bytes", source.lines().count(), source.len());
    println!("{} lines, {} bytes: {took:?}", source.lines().count(), source.len());
}
