//! An actor's mark: one colour and one shape, the same everywhere.

use protocol::ActorNumber;
use yew::prelude::*;

use crate::hooks::use_latest;

/// Colours of marks.
const COLORS: u32 = 8;

/// Properties of [`Swatch`].
#[derive(Properties, PartialEq)]
pub struct SwatchProps {
    /// Whose mark.
    pub actor: ActorNumber,
}

/// The mark: eight colours, and four shapes in turn, so that 32 actors in a row differ without colour alone.
#[component]
pub fn Swatch(props: &SwatchProps) -> Html {
    let number = props.actor.0;
    let shape = match number / COLORS % 4 {
        0 => html! { <circle cx="5" cy="5" r="4.5" /> },
        1 => html! { <rect x="1" y="1" width="8" height="8" /> },
        2 => html! { <path d="M5 0 10 5 5 10 0 5Z" /> },
        _ => html! { <path d="M5 0.5 10 9.5H0Z" /> },
    };
    let class = format!("swatch swatch--{}", number % COLORS + 1);
    html! { <svg {class} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">{ shape }</svg> }
}

/// Properties of [`ActorLink`].
#[derive(Properties, PartialEq)]
pub struct ActorLinkProps {
    /// Which actor.
    pub actor: ActorNumber,
    /// Its name.
    pub name: AttrValue,
    /// It is the selected one.
    pub chosen: bool,
}

/// Mark and name; a click selects the actor in all views. `World::link` makes one.
#[component]
pub fn ActorLink(props: &ActorLinkProps) -> Html {
    let latest = use_latest();
    let actor = props.actor;
    html! {
        <button
            class={classes!("actor-link", props.chosen.then_some("actor-link--chosen"))}
            onclick={Callback::from(move |_: MouseEvent| latest.select(actor))}
            title={format!("Show {} in all views", props.name)}
        >
            <Swatch {actor} />
            <span class="actor-link__name">{ props.name.clone() }</span>
        </button>
    }
}
