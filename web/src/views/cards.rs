//! The views as cards, one open at a time: for narrow screens.

use yew::prelude::*;

use crate::acts::Act;
use crate::hooks::use_world;
use crate::state::Action;
use crate::view::Tab;
use crate::views;

/// The cards.
#[component]
pub fn Cards() -> Html {
    let world = use_world();
    html! {
        <div class="cards">
            { for Tab::ALL.iter().map(|&tab| {
                let open = world.state.tab == tab;
                html! {
                    <section class={classes!("cards__card", open.then_some("cards__card--open"))} key={tab.key()}>
                        <button
                            class="cards__head"
                            data-testid={format!("tab-{}", tab.key())}
                            aria-expanded={open.to_string()}
                            title={Act::Show(tab).tooltip()}
                            onclick={world.on(move || Action::ShowTab(tab))}
                        >
                            { tab.name() }
                        </button>
                        if open { <div class="cards__body">{ views::view(tab) }</div> }
                    </section>
                }
            }) }
            <section class="cards__card cards__card--cores"><views::Cores /></section>
        </div>
    }
}
