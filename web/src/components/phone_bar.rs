//! The bar under the thumb: Code, Run, Watch, Output.

use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::acts::Act;
use crate::hooks::use_world;
use crate::state::Action;
use crate::view::Pane;

/// The bar.
#[component]
pub fn PhoneBar() -> Html {
    let world = use_world();
    let state = &world.state;
    let pane = |pane: Pane, glyph: Glyph, name: &'static str, testid: &'static str| {
        let chosen = state.pane == pane;
        html! {
            <button
                class={classes!("phone-bar__button", chosen.then_some("phone-bar__button--chosen"))}
                data-testid={testid}
                aria-pressed={chosen.to_string()}
                onclick={world.on(move || Action::ShowPane(pane))}
            >
                <Icon {glyph} />{ name }
            </button>
        }
    };
    let running = state.is_running();
    let run = {
        let world = world.clone();
        Callback::from(move |_: MouseEvent| {
            if world.state.is_running() {
                world.perform(Act::Stop);
            } else {
                world.perform(Act::Run);
                world.dispatch(Action::ShowPane(Pane::Output));
            }
        })
    };
    let (glyph, name) = if running { (Glyph::Stop, "Stop") } else { (Glyph::Run, "Run") };
    html! {
        <nav class="phone-bar" aria-label="Panes">
            { pane(Pane::Code, Glyph::Code, "Code", "pane-code") }
            <button class="phone-bar__button phone-bar__button--main" data-testid="phone-run" onclick={run}><Icon {glyph} />{ name }</button>
            { pane(Pane::Watch, Glyph::Watch, "Watch", "pane-watch") }
            { pane(Pane::Output, Glyph::Output, "Output", "pane-output") }
        </nav>
    }
}
