//! What ran where: one lane a core.

use yew::prelude::*;

use super::empty;
use crate::canvas::{Lanes, draw_cores, slice_at};
use crate::components::{CanvasBox, Draw, Legend, Point, Twin};
use crate::format;
use crate::history::History;
use crate::hooks::{World, use_world};
use crate::state::Action;
use protocol::ActorNumber;

/// Slices of the table twin, a core.
const LISTED: usize = 8;

fn lanes(history: &History, selected: Option<ActorNumber>) -> Lanes<'_> {
    Lanes {
        recent: history.recent().collect(),
        collections: history.collections().take(400).collect(),
        selected,
    }
}

/// The view.
#[component]
pub fn Cores() -> Html {
    let world = use_world();
    let hover = use_state_eq(|| None);
    let state = &world.state;
    let (history, selected) = (state.history.clone(), state.selected);
    let version = (state.snapshot.elapsed_ms * 16.0) as u64
        ^ selected.map_or(0, |actor| u64::from(actor.0)) << 40
        ^ (state.theme as u64) << 60;
    let draw = Draw::new(move |canvas| draw_cores(canvas, &lanes(&history, selected)));
    let onpoint = {
        let (hover, history) = (hover.setter(), state.history.clone());
        Callback::from(move |point: Option<Point>| {
            hover.set(point.and_then(|at| slice_at(&lanes(&history, None), at.width, at.height, at.x, at.y)));
        })
    };
    let onpick = {
        let (world, history) = (world.clone(), state.history.clone());
        Callback::from(move |at: Point| {
            if let Some(slice) = slice_at(&lanes(&history, None), at.width, at.height, at.x, at.y) {
                world.dispatch(Action::Select(Some(slice.actor)));
            }
        })
    };
    let described = match *hover {
        Some(slice) => format!(
            "core {}: {} for {} at {}",
            slice.core,
            format::actor_name(state.row(slice.actor), slice.actor),
            format::milliseconds(f64::from(slice.length_ms)),
            format::milliseconds(slice.start_ms),
        ),
        None => String::new(),
    };
    let anything = state.history.recent().next().is_some();
    html! {
        <div class="cores" data-testid="cores">
            <div class="cores__head">
                <h2 class="cores__title">{ "Cores" }</h2>
                <Legend
                    text="What ran where, one lane a core."
                    more="A bar is one actor's turn on a core, coloured by actor; the selected actor stands out. The number is the share \
                          of time that the core ran actors, q is how many wait in its queue. Grey strokes: so many short turns that \
                          not all could be recorded. Orange lines are major collections. \
                          Click a bar to select its actor."
                />
                <span class="cores__hover">{ described }</span>
            </div>
            if !anything { { empty("Nothing ran yet. The Parallel primes example fills every lane.") } }
            <CanvasBox class={if anything { "cores__canvas" } else { "cores__canvas cores__canvas--empty" }} label="What ran on each core in the last seconds" {draw} {version} {onpoint} {onpick} />
            <Twin summary="Cores as a table">{ twin(&world) }</Twin>
        </div>
    }
}

fn twin(world: &World) -> Html {
    let state = &world.state;
    html! {
        <table class="table">
            <thead><tr><th>{ "Core" }</th><th class="table__number">{ "Busy" }</th><th class="table__number">{ "Queued" }</th><th class="table__number">{ "Steals" }</th><th>{ "Last slices" }</th></tr></thead>
            <tbody>
                { for state.snapshot.cores.iter().enumerate().map(|(index, core)| html! {
                    <tr key={index}>
                        <td>{ index }</td>
                        <td class="table__number">{ format!("{:.0} %", core.busy * 100.0) }</td>
                        <td class="table__number">{ core.queued }</td>
                        <td class="table__number">{ format::grouped(core.steals) }</td>
                        <td class="cores__slices">
                            { for core.slices.iter().rev().take(LISTED).map(|slice| world.link(slice.actor)) }
                        </td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}
