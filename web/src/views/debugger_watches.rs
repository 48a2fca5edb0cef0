//! What a person watches, and what the debugger noted.
//!
//! 1. Expressions are evaluated in the selected frame whenever actors come to stand still; a value that is out of sight there
//!    says so.

use std::collections::HashMap;
use std::rc::Rc;

use protocol::{ActorNumber, Command, DebugEventKind, WatchTarget};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::debugger_values::start_watch;
use super::{empty, place};
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;
use crate::view::Watched;

/// Events shown.
const SHOWN: usize = 100;

#[derive(Clone, Default, PartialEq)]
struct Values(HashMap<u32, Result<String, String>>);

impl Reducible for Values {
    type Action = (u32, Result<String, String>);

    fn reduce(self: Rc<Self>, (id, value): (u32, Result<String, String>)) -> Rc<Self> {
        let mut next = (*self).clone();
        next.0.insert(id, value);
        Rc::new(next)
    }
}

/// Watched expressions and values.
#[component]
pub fn Watches() -> Html {
    let world = use_world();
    let values = use_reducer_eq(Values::default);
    let state = &world.state;
    let actor = state.selected.unwrap_or(ActorNumber(1));
    let is_paused = state.is_paused() && state.selected_frame().is_some();
    let key = (is_paused, actor, state.frame as u32, state.attention, state.watched.clone());
    let (engine, dispatcher) = (world.engine.clone(), values.dispatcher());
    use_effect_with(key, move |(is_paused, actor, frame, _, watched)| {
        for one in watched.iter().filter(|one| *is_paused && one.is_expression) {
            let (dispatcher, id) = (dispatcher.clone(), one.id);
            engine.evaluate_in_frame(*actor, *frame, one.text.clone(), move |result| {
                dispatcher.dispatch((id, result.map(|answer| answer.value)));
            });
        }
    });
    let onkeydown = {
        let world = world.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>().filter(|_| event.key() == "Enter")
            else {
                return;
            };
            let text = input.value().trim().to_owned();
            if text.is_empty() {
                return;
            }
            let mut all = (*world.state.watched).clone();
            all.push(Watched { id: world.engine.next_id(), text, stops: None, is_expression: true });
            world.dispatch(Action::SetWatched(all));
            input.set_value("");
        })
    };
    html! {
        <div data-testid="watches">
            <ul class="values" aria-label="Watches">
                { for state.watched.iter().map(|one| row(&world, one, values.0.get(&one.id), is_paused.then_some(actor))) }
            </ul>
            <input class="watches__field" data-testid="watch-input" placeholder="An expression to watch, then Enter" aria-label="An expression to watch" spellcheck="false" autocapitalize="off" {onkeydown} />
        </div>
    }
}

fn row(
    world: &World,
    one: &Watched,
    value: Option<&Result<String, String>>,
    paused: Option<ActorNumber>,
) -> Html {
    let remove = {
        let (world, id) = (world.clone(), one.id);
        Callback::from(move |_: MouseEvent| {
            world.engine.send(&Command::Unwatch { watch: id });
            let mut all = (*world.state.watched).clone();
            all.retain(|known| known.id != id);
            world.dispatch(Action::SetWatched(all));
        })
    };
    let toggle = {
        let (world, one) = (world.clone(), one.clone());
        Callback::from(move |_: Event| {
            if one.stops.is_some() {
                world.engine.send(&Command::Unwatch { watch: one.id });
                let mut all = (*world.state.watched).clone();
                all.iter_mut().filter(|known| known.id == one.id).for_each(|known| known.stops = None);
                world.dispatch(Action::SetWatched(all));
            } else if let Some(actor) = paused {
                let name = one.text.clone();
                let locals =
                    world.state.selected_frame().map(|frame| frame.variables.clone()).unwrap_or_default();
                let target = if locals.iter().any(|variable| variable.name == name) {
                    WatchTarget::Variable { frame: Some(world.state.frame as u32), name }
                } else if name.contains(|c: char| c.is_whitespace() || "()'\"".contains(c)) {
                    WatchTarget::Expression(name)
                } else {
                    WatchTarget::Variable { frame: None, name }
                };
                start_watch(&world, actor, target, Watched { stops: Some(actor), ..one.clone() });
            }
        })
    };
    let shown = match value {
        Some(Ok(text)) => html! { <code class="values__text" title={text.clone()}>{ text }</code> },
        Some(Err(text)) => {
            html! { <span class="values__text quiet" title={text.clone()}>{ "no value here" }</span> }
        }
        None => {
            html! { <span class="values__text quiet">{ if one.is_expression { "at the next stop" } else { "" } }</span> }
        }
    };
    html! {
        <li class="values__row" key={one.id}>
            <label class="watches__stop" title="Stop when it changes">
                <input type="checkbox" checked={one.stops.is_some()} disabled={one.stops.is_none() && paused.is_none()} onchange={toggle} aria-label={format!("Stop when {} changes", one.text)} />
                { "stop" }
            </label>
            <code class="values__name">{ &one.text }</code>
            { shown }
            <button class="values__watch" onclick={remove} aria-label={format!("Remove the watch on {}", one.text)}>{ "Remove" }</button>
        </li>
    }
}

/// What the debugger noted, newest first.
#[component]
pub fn Noted() -> Html {
    let world = use_world();
    let noted = &world.state.noted;
    html! {
        <div data-testid="debug-events">
            if noted.is_empty() { { empty("Stops, changes of what is watched, and texts that breakpoints log come here.") } }
            <ol class="noted">
                { for noted.iter().rev().take(SHOWN).map(|event| {
                    let class = match event.kind {
                        DebugEventKind::Failed => "noted__text noted__text--failed",
                        DebugEventKind::Log => "noted__text noted__text--log",
                        _ => "noted__text",
                    };
                    html! {
                        <li class="noted__row" key={event.number}>
                            <span class="quiet">{ format::milliseconds(event.time_ms) }</span>
                            { world.link(event.actor) }
                            <span {class}>{ &event.text }</span>
                            if let Some(location) = &event.location { { place(&world, location) } }
                        </li>
                    }
                }) }
            </ol>
        </div>
    }
}
