//! The report of tests: how many passed, and what came of each; those that did not pass come first.

use protocol::{TestOutcome, TestRow};
use yew::prelude::*;

use super::{empty, place};
use crate::format;
use crate::hooks::{World, use_world};

/// The view.
#[component]
pub fn Tests() -> Html {
    let world = use_world();
    let report = &world.state.tests;
    let total = report.total();
    let (bad, good): (Vec<&TestRow>, Vec<&TestRow>) =
        report.rows.iter().partition(|row| row.outcome.is_bad());
    let kept = report.rows.len() as u64;
    html! {
        <div class="tests" data-testid="tests">
            if total == 0 {
                { empty("No tests have run. A program that imports (srfi 64) reports here; the example Test suite shows how.") }
            } else {
                <div class="tests__sum" role="status">
                    { for report.counts().filter(|(.., count)| *count > 0).map(|(kind, word, count)| html! {
                        <span class={classes!("tests__count", class(kind))}>
                            <span aria-hidden="true">{ sign(kind) }</span>{ format!(" {} {word}", format::grouped(count)) }
                        </span>
                    }) }
                </div>
            }
            <ul class="tests__list">{ for bad.into_iter().chain(good).map(|row| entry(&world, row)) }</ul>
            if kept < total { <p class="more">{ format!("{} more", format::grouped(total - kept)) }</p> }
        </div>
    }
}

fn entry(world: &World, row: &TestRow) -> Html {
    let title = if row.title.is_empty() { "(a test without a name)" } else { &row.title };
    html! {
        <li class="tests__entry">
            <div class="tests__head">
                <span class={classes!("tests__sign", class(row.outcome))} title={word(row.outcome)} aria-label={word(row.outcome)}>
                    { sign(row.outcome) }
                </span>
                <span class="tests__title">{ title }</span>
                { for row.location.iter().map(|location| place(world, location)) }
                if row.actor.0 != 1 { { world.link(row.actor) } }
            </div>
            if !row.detail.is_empty() { <pre class="tests__detail">{ row.detail.trim_end() }</pre> }
        </li>
    }
}

fn word(outcome: TestOutcome) -> &'static str {
    crate::report::KINDS.iter().find(|(kind, _)| *kind == outcome).map_or("", |(_, word)| word)
}

fn sign(outcome: TestOutcome) -> &'static str {
    match outcome {
        TestOutcome::Pass => "✓",
        TestOutcome::Fail | TestOutcome::UnexpectedPass => "✕",
        TestOutcome::ExpectedFail => "○",
        TestOutcome::Skip => "–",
    }
}

fn class(outcome: TestOutcome) -> &'static str {
    match outcome {
        TestOutcome::Pass => "tests--good",
        TestOutcome::Fail | TestOutcome::UnexpectedPass => "tests--bad",
        TestOutcome::ExpectedFail | TestOutcome::Skip => "tests--other",
    }
}
