//! The debugger: the stack of the selected actor, the variables of the selected frame, watches, breakpoints, and what
//! happened.

use protocol::{PauseReason, RunStatus};
use yew::prelude::*;

use super::debugger_points::Breakpoints;
use super::debugger_values::Locals;
use super::debugger_watches::{Noted, Watches};
use super::empty;
use crate::components::Legend;
use crate::format;
use crate::hooks::use_world;
use crate::state::Action;

/// The view.
#[component]
pub fn Debugger() -> Html {
    html! {
        <div class="debugger">
            <Legend
                text="Where the selected actor stands, and with which values."
                more="Click a line number to set a breakpoint, right-click for a condition or a text to log. When an actor reaches it, \
                      every actor stands still and virtual time stops, so that no timeout fires while you look. Step into enters \
                      calls, over runs them, out finishes the frame. Open a value to see its parts, press it to change it, or have \
                      the run stop when it changes."
            />
            <Why />
            <div class="debugger__columns">
                <div class="debugger__column">
                    <h3 class="view__sub">{ "Stack" }</h3>
                    <Frames />
                    <h3 class="view__sub">{ "Breakpoints" }</h3>
                    <Breakpoints />
                    <h3 class="view__sub">{ "What happened" }</h3>
                    <Noted />
                </div>
                <div class="debugger__column">
                    <h3 class="view__sub">{ "Variables" }</h3>
                    <Locals />
                    <h3 class="view__sub">{ "Watches" }</h3>
                    <Watches />
                </div>
            </div>
        </div>
    }
}

#[component]
fn Frames() -> Html {
    let world = use_world();
    let state = &world.state;
    let detail = state.snapshot.selected.as_ref().filter(|detail| Some(detail.row.actor) == state.selected);
    html! {
        <div data-testid="frames">
            if let Some(detail) = detail {
                <div class="debugger__head">
                    { world.link(detail.row.actor) }
                    <span class="quiet">{ format::actor_state(detail.row.state).0 }</span>
                    if let Some(reason) = &detail.exit_reason { <span class="debugger__reason">{ reason }</span> }
                </div>
                <ol class="frames">
                    { for detail.frames.iter().enumerate().map(|(index, frame)| {
                        let chosen = index == state.frame;
                        let name = if frame.procedure.is_empty() { "(anonymous)" } else { &frame.procedure };
                        let place = frame.location.as_ref().map(|place| (place.file.clone(), place.line));
                        let onclick = {
                            let (world, place) = (world.clone(), place.clone());
                            Callback::from(move |_: MouseEvent| {
                                world.dispatch(Action::SelectFrame(index));
                                if let Some((file, line)) = &place {
                                    world.reveal(file, *line);
                                }
                            })
                        };
                        html! {
                            <li key={index}>
                                <button class={classes!("frames__frame", chosen.then_some("frames__frame--chosen"))} aria-pressed={chosen.to_string()} {onclick}>
                                    <span class="frames__name">{ name.to_owned() }</span>
                                    <span class="frames__place">{ place.map(|(file, line)| format!("{file}:{line}")).unwrap_or_default() }</span>
                                </button>
                            </li>
                        }
                    }) }
                </ol>
                if detail.frames_more > 0 { <p class="more">{ format!("{} more", format::grouped(detail.frames_more.into())) }</p> }
                if detail.frames.is_empty() { { empty("No frame: it has not begun or has ended.") } }
            } else {
                { empty("Set a breakpoint and press Run, or press Step into to begin at the first line.") }
            }
        </div>
    }
}

/// Why everything stands still.
#[component]
fn Why() -> Html {
    let world = use_world();
    let RunStatus::Paused { reason, actor } = &world.state.status else { return html! {} };
    let text = match reason {
        PauseReason::Requested => return html! {},
        PauseReason::Step => "A step is done.".to_owned(),
        PauseReason::Breakpoint { file, line } => format!("A breakpoint, {file} line {line}."),
        PauseReason::Event(what) => match what.as_str() {
            "send" => "About to send a message.".to_owned(),
            "receive" => "About to take the message that it waited for.".to_owned(),
            "spawn" => "About to make an actor.".to_owned(),
            "exit" => "About to end.".to_owned(),
            "raise" => "Something is raised.".to_owned(),
            "uncaught" => "Something is raised that nobody handles.".to_owned(),
            "capability" => "About to use a capability.".to_owned(),
            "collection" => "Its heap was just collected.".to_owned(),
            place => format!("A breakpoint, {place}."),
        },
        PauseReason::Watch { text, old, new: Some(new), .. } => format!("{text} was {old} and became {new}."),
        PauseReason::Watch { text, old, new: None, .. } => format!("{text} is gone; it was {old}."),
    };
    html! {
        <p class="debugger__why" data-testid="why">
            if let Some(actor) = actor { { world.link(*actor) } }
            { text }
        </p>
    }
}
