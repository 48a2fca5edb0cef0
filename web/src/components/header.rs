//! The header: examples, run controls, speed, cores, share, theme, help.

use protocol::Speed;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::acts::Act;
use crate::examples::{EXAMPLES, Example};
use crate::hooks::{use_latest, use_world};
use crate::open;
use crate::state::{Action, EngineState, Origin};
use crate::view::Theme;

/// Choices of speed: name and reductions a second, 0 is full.
const SPEEDS: [(&str, u32); 6] = [
    ("Full speed", 0),
    ("1,000,000 reductions/s", 1_000_000),
    ("100,000 reductions/s", 100_000),
    ("10,000 reductions/s", 10_000),
    ("1,000 reductions/s", 1_000),
    ("50 reductions/s", 50),
];

/// Properties of [`Header`].
#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    /// Little room: fewer words.
    pub phone: bool,
}

/// The header.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let world = use_world();
    let state = &world.state;
    let running = state.is_running();
    let run_name = if state.is_paused() { "Go on" } else { "Run" };
    html! {
        <header class="header">
            <h1 class="header__title">
                <svg class="header__mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                    <circle cx="10" cy="10" r="3" class="header__core" />
                    <ellipse cx="10" cy="10" rx="9" ry="4" class="header__orbit" transform="rotate(30 10 10)" />
                    <ellipse cx="10" cy="10" rx="9" ry="4" class="header__orbit" transform="rotate(150 10 10)" />
                </svg>
                <span class="header__name">{ "Physics World" }</span>
            </h1>
            <Examples />
            if !props.phone {
                <div class="header__group" role="group" aria-label="Run">
                    <Control act={Act::Run} testid="run" glyph={Glyph::Run} text={run_name} main=true disabled={running} />
                    <Control act={Act::Pause} testid="pause" glyph={Glyph::Pause} text="Pause" disabled={!running} />
                    <Control act={Act::Stop} testid="stop" glyph={Glyph::Stop} text="Stop" disabled={!state.is_live()} />
                    <Control act={Act::Reset} testid="reset" glyph={Glyph::Reset} text="" disabled={false} />
                </div>
                <Steps />
                <SpeedSelect />
                <CoresSelect />
                <div class="header__space"></div>
            }
            <div class="header__group" role="group" aria-label="Page">
                <Control act={Act::Share} testid="share" glyph={Glyph::Share} text={if props.phone { "" } else { "Share" }} disabled={false} />
                if !props.phone {
                    <Control act={Act::Drafts} testid="drafts" glyph={Glyph::Drafts} text="" disabled={false} />
                    <Control act={Act::Settings} testid="settings" glyph={Glyph::Settings} text="" disabled={false} />
                    <Control act={Act::Palette} testid="palette" glyph={Glyph::Palette} text="" disabled={false} />
                }
                <ThemeSwitch />
                if props.phone {
                    <Control act={Act::Palette} testid="palette" glyph={Glyph::Palette} text="" disabled={false} />
                } else {
                    <Control act={Act::Help} testid="help" glyph={Glyph::Help} text="" disabled={false} />
                }
            </div>
        </header>
    }
}

/// The four steps.
#[component]
pub fn Steps() -> Html {
    let running = use_world().state.is_running();
    html! {
        <div class="header__group" role="group" aria-label="Step">
            <Control act={Act::StepInto} testid="step-into" glyph={Glyph::Into} text="" disabled={running} />
            <Control act={Act::StepOver} testid="step-over" glyph={Glyph::Over} text="" disabled={running} />
            <Control act={Act::StepOut} testid="step-out" glyph={Glyph::Out} text="" disabled={running} />
            <Control act={Act::StepInstruction} testid="step-instruction" glyph={Glyph::Instruction} text="" disabled={running} />
            <Control act={Act::StepMessage} testid="step-message" glyph={Glyph::Message} text="" disabled={running} />
        </div>
    }
}

/// Properties of [`Control`].
#[derive(Properties, PartialEq)]
pub struct ControlProps {
    /// What it does.
    pub act: Act,
    /// For tests.
    pub testid: &'static str,
    /// Its icon.
    pub glyph: Glyph,
    /// Its text, or empty.
    pub text: &'static str,
    /// The one that stands out.
    #[prop_or_default]
    pub main: bool,
    /// It can do nothing now.
    pub disabled: bool,
}

/// A button for an act, with its keys in the tooltip.
#[component]
pub fn Control(props: &ControlProps) -> Html {
    let latest = use_latest();
    let keys = props.act.keys_text().replace("Ctrl", "Control");
    html! {
        <button
            class={classes!("control", props.main.then_some("control--main"))}
            data-testid={props.testid}
            title={props.act.tooltip()}
            aria-label={props.act.name()}
            aria-keyshortcuts={(!keys.is_empty()).then_some(keys)}
            disabled={props.disabled}
            onclick={latest.act(props.act)}
        >
            <Icon glyph={props.glyph} />
            if !props.text.is_empty() { <span class="control__text">{ props.text }</span> }
        </button>
    }
}

fn chosen(event: &Event) -> Option<String> {
    Some(event.target_dyn_into::<HtmlSelectElement>()?.value())
}

#[component]
fn Examples() -> Html {
    let world = use_world();
    let current = match &world.state.origin {
        Origin::Example(file) => file.clone(),
        _ => String::new(),
    };
    let onchange = {
        let world = world.clone();
        Callback::from(move |event: Event| {
            if let Some(found) = chosen(&event).and_then(|name| Example::named(&name)) {
                world.open(open::example(found));
            }
        })
    };
    html! {
        <label class="select select--examples">
            <span class="visually-hidden">{ "Examples" }</span>
            <select data-testid="examples" title="Open an example; your draft is kept" {onchange}>
                <option value="" selected={current.is_empty()} disabled=true hidden=true>{ "Examples" }</option>
                { for EXAMPLES.iter().map(|example| html! {
                    <option value={example.file} selected={current == example.file}>{ example.title() }</option>
                }) }
            </select>
        </label>
    }
}

/// How fast actors run.
#[component]
pub fn SpeedSelect() -> Html {
    let world = use_world();
    let rate = match world.state.speed {
        Speed::Full => 0,
        Speed::ReductionsPerSecond(rate) => rate,
    };
    let known = SPEEDS.iter().any(|(_, one)| *one == rate);
    let onchange = {
        let world = world.clone();
        Callback::from(move |event: Event| {
            let rate = chosen(&event).and_then(|text| text.parse().ok()).unwrap_or(0);
            let speed = if rate == 0 { Speed::Full } else { Speed::ReductionsPerSecond(rate) };
            world.dispatch(Action::SetSpeed(speed));
        })
    };
    html! {
        <label class="select" title="How fast actors run">
            <span class="visually-hidden">{ "Speed" }</span>
            <select data-testid="speed" {onchange}>
                { for SPEEDS.iter().map(|(name, one)| html! {
                    <option value={one.to_string()} selected={*one == rate}>{ *name }</option>
                }) }
                if !known {
                    <option value={rate.to_string()} selected=true>{ format!("{rate} reductions/s") }</option>
                }
            </select>
        </label>
    }
}

/// How many cores the next run uses.
#[component]
pub fn CoresSelect() -> Html {
    let world = use_world();
    let most = match world.state.engine {
        EngineState::Ready { cores, .. } => cores.max(1),
        EngineState::Starting => 1,
    };
    let now = world.state.settings.cores;
    let onchange = {
        let world = world.clone();
        Callback::from(move |event: Event| {
            let cores = chosen(&event).and_then(|text| text.parse().ok()).unwrap_or(0);
            let settings = protocol::Settings { cores, ..world.state.settings.clone() };
            world.dispatch(Action::SetSettings(settings));
        })
    };
    html! {
        <label class="select" title="Cores that the next run uses">
            <span class="visually-hidden">{ "Cores" }</span>
            <select data-testid="core-count" {onchange}>
                <option value="0" selected={now == 0}>{ format!("All cores ({most})") }</option>
                { for (1..=most.max(now)).map(|count| html! {
                    <option value={count.to_string()} selected={count == now}>
                        { if count == 1 { "1 core".to_owned() } else { format!("{count} cores") } }
                    </option>
                }) }
            </select>
        </label>
    }
}

#[component]
fn ThemeSwitch() -> Html {
    let world = use_world();
    let (glyph, name) = match world.state.theme {
        Theme::System => (Glyph::System, "Theme: as the system"),
        Theme::Light => (Glyph::Light, "Theme: light"),
        Theme::Dark => (Glyph::Dark, "Theme: dark"),
    };
    html! {
        <button
            class="control"
            data-testid="theme"
            data-theme-choice={world.state.theme.key()}
            title={format!("{name} ({})", Act::Theme.keys_text())}
            aria-label={name}
            onclick={world.act(Act::Theme)}
        >
            <Icon {glyph} />
        </button>
    }
}
