//! The bar under the thumb: Code, Run, Watch, Output.

use yew::prelude::*;

use super::header::{Control, Steps};
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
    let stopped_only = state.is_live() && !running;
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
    let (glyph, name, testid) = match (running, state.is_paused()) {
        (true, _) => (Glyph::Stop, "Stop", "stop"),
        (false, true) => (Glyph::Run, "Go on", "run"),
        (false, false) => (Glyph::Run, "Run", "run"),
    };
    html! {
        <>
        <div class="phone-steps">
            <Control act={Act::Pause} testid="pause" glyph={Glyph::Pause} text="" disabled={!running} />
            <Steps />
            if stopped_only {
                <Control act={Act::Stop} testid="stop" glyph={Glyph::Stop} text="" disabled={false} />
            }
            <Control act={Act::Reset} testid="reset" glyph={Glyph::Reset} text="" disabled={false} />
            <span class="phone-steps__space"></span>
            <Control act={Act::Drafts} testid="drafts" glyph={Glyph::Drafts} text="" disabled={false} />
            <Control act={Act::Settings} testid="settings" glyph={Glyph::Settings} text="" disabled={false} />
        </div>
        <nav class="phone-bar" aria-label="Panes">
            { pane(Pane::Code, Glyph::Code, "Code", "pane-code") }
            <button class="phone-bar__button phone-bar__button--main" data-testid={testid} onclick={run}><Icon {glyph} />{ name }</button>
            { pane(Pane::Watch, Glyph::Watch, "Watch", "pane-watch") }
            { pane(Pane::Output, Glyph::Output, "Output", "pane-output") }
        </nav>
        </>
    }
}
