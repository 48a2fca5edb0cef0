//! Errors and warnings: what happened, where, with which values, and what to do next.

use protocol::{Problem, Severity};
use yew::prelude::*;

use super::{empty, place};
use crate::format;
use crate::hooks::{World, use_world};

/// Calls of a trace that are shown.
const TRACE: usize = 20;

/// Properties of [`Problems`].
#[derive(Properties, PartialEq)]
pub struct ProblemsProps {
    /// Another view is in sight.
    pub hidden: bool,
}

/// The view.
#[component]
pub fn Problems(props: &ProblemsProps) -> Html {
    let world = use_world();
    let problems = &world.state.problems;
    html! {
        <div class={classes!("problems", props.hidden.then_some("problems--hidden"))} data-testid="problems">
            if problems.is_empty() { { empty("No problems.") } }
            <ul class="problems__list">{ for problems.iter().map(|problem| entry(&world, problem)) }</ul>
            if world.state.problems_more > 0 {
                <p class="more">{ format!("{} more", format::grouped(world.state.problems_more.into())) }</p>
            }
        </div>
    }
}

fn entry(world: &World, problem: &Problem) -> Html {
    let (class, word, sign) = match problem.severity {
        Severity::Error => ("problems__entry problems__entry--error", "Error", "✕"),
        Severity::Warning => ("problems__entry problems__entry--warning", "Warning", "▲"),
    };
    html! {
        <li {class}>
            <div class="problems__head">
                <span class="problems__sign" title={word} aria-label={word}>{ sign }</span>
                { for problem.location.iter().map(|location| place(world, location)) }
                if let Some(actor) = problem.actor { { world.link(actor) } }
            </div>
            <p class="problems__message">{ &problem.message }</p>
            if let Some(suggestion) = &problem.suggestion { <p class="problems__suggestion">{ suggestion }</p> }
            if !problem.trace.is_empty() {
                <details class="problems__trace">
                    <summary>{ format!("Calls that led here ({})", problem.trace.len()) }</summary>
                    <ol>
                        { for problem.trace.iter().take(TRACE).map(|line| html! {
                            <li>
                                <code>{ line.call().unwrap_or_else(|| "top level".to_string()) }</code>
                                { " " }
                                { for line.location.iter().map(|location| place(world, location)) }
                            </li>
                        }) }
                    </ol>
                    if problem.trace.len() > TRACE { <p class="more">{ format!("{} more", problem.trace.len() - TRACE) }</p> }
                </details>
            }
            if let Some(context) = &problem.context {
                <details class="problems__trace" data-testid="problem-context">
                    <summary>{ "Details" }</summary>
                    <dl>
                        { for context.rows().into_iter().map(|(name, text)| html! {
                            <><dt>{ name }</dt><dd><code>{ text }</code></dd></>
                        }) }
                    </dl>
                </details>
            }
        </li>
    }
}
