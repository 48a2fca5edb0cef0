//! The collector changes no answer: every golden program writes the same under each named policy and when there is a
//! collection at every allocation.

mod common;

use std::fs;

use common::golden::{programs, run};
use protocol::{CollectorSettings, CollectorStress};

/// Programs that allocate so much that a collection at each allocation would take minutes.
const TOO_LONG_UNDER_STRESS: [&str; 6] =
    ["deep-recursion", "equality", "evaluation-nesting", "gc-churn", "hash-tables", "srfi-69"];

fn check(name: &str, collector: CollectorSettings, leave_out: &[&str]) {
    for path in programs("") {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in ASCII");
        if leave_out.contains(&stem) {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a readable program");
        let expected = fs::read_to_string(path.with_extension("out")).expect("its output");
        let (output, error) = run(&source, |options| options.settings.collector = collector);
        let differing = output.lines().zip(expected.lines()).find(|(line, wanted)| line != wanted);
        assert!(output == expected && error.is_none(), "{stem}, {name}: {error:?}, {differing:?}");
    }
}

#[test]
fn golden_programs_write_the_same_under_every_policy() {
    for named in world::named_collectors() {
        check(&named.name, named.settings, &[]);
    }
    // Slices and compactions as often as can be.
    let eager = CollectorSettings {
        threshold_words: 1_000,
        nursery_words_max: 1 << 9,
        promotion_age: 2,
        growth_percent: 110,
        compact_percent: 15,
        mark_rate: 1,
        ..CollectorSettings::default()
    };
    check("eager", eager, &[]);
}

#[test]
#[ignore = "minutes long; scripts/soak runs it"]
fn golden_programs_write_the_same_under_stress() {
    let stress = Some(CollectorStress::Mixed);
    check("stress", CollectorSettings { stress, ..CollectorSettings::default() }, &TOO_LONG_UNDER_STRESS);
}
