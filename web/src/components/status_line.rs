//! The status line: what runs, how long, on what memory.

use protocol::{RunStatus, Variant};
use yew::prelude::*;

use crate::acts::Act;
use crate::format;
use crate::hooks::use_world;
use crate::state::EngineState;
use crate::view::Tab;

/// The line. Every number leads to the view that shows what it counts.
#[component]
pub fn StatusLine() -> Html {
    let world = use_world();
    let state = &world.state;
    let totals = &state.snapshot.totals;
    let (reductions, messages) = state.history.rates();
    let word = match state.engine {
        EngineState::Starting => "starting the engine",
        EngineState::Ready { .. } => format::run_status(&state.status),
    };
    let engine = match state.engine {
        EngineState::Starting => String::new(),
        EngineState::Ready { variant: Variant::Threads, cores, .. } => format!("threads {cores}"),
        EngineState::Ready { variant: Variant::SingleThread, .. } => "one thread".to_owned(),
    };
    let ran = state.status != RunStatus::Idle && totals.actors as u64 + totals.actors_ended > 0;
    let noun = if totals.actors == 1 { "actor" } else { "actors" };
    let alive = format::grouped(totals.actors.into());
    let actors = format!("{alive} {noun} ({} ready)", format::grouped(totals.actors_ready.into()));
    let part = |tab: Tab, text: String, title: &'static str| {
        html! { <button class="status-line__part" onclick={world.act(Act::Show(tab))} {title}>{ text }</button> }
    };
    html! {
        <footer class="status-line" data-testid="status">
            <span class={classes!("status-line__state", format!("status-line__state--{}", format::run_status(&state.status)))}
                data-testid="run-status">{ word }</span>
            if ran {
                <span class="status-line__part" title="Virtual time of the run">{ format::milliseconds(state.snapshot.elapsed_ms) }</span>
                { part(Tab::Actors, actors, "Actors alive, and able to run") }
                if state.is_running() {
                    { part(Tab::Actors, format!("{} reductions/s", format::scaled(reductions)), "Calls and backward jumps a second, all actors") }
                    { part(Tab::Mailbox, format!("{} messages/s", format::scaled(messages)), "Messages sent a second") }
                } else {
                    { part(Tab::Actors, format!("{} reductions", format::scaled(totals.reductions as f64)), "Calls and backward jumps, all actors") }
                    { part(Tab::Mailbox, format!("{} messages", format::scaled(totals.messages as f64)), "Messages sent") }
                }
                { part(Tab::Heap, format!("heap {}", format::bytes(totals.heap_bytes)), "Memory that heaps hold") }
                { part(Tab::Gc, format!("GC {:.0} %", state.history.collection_share() * 100.0), "Share of time spent collecting in the last second") }
            }
            <span class="status-line__space"></span>
            if ran {
                <span class="status-line__part status-line__part--quiet" title="Time that the engine took to make the latest picture">
                    { format!("looking costs {}", format::milliseconds(totals.snapshot_ms)) }
                </span>
            }
            <span class="status-line__part" title="The engine's variant and cores">{ engine }</span>
        </footer>
    }
}
