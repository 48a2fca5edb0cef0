//! Tab strips: views, views below, files.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::acts::Act;
use crate::format;
use crate::hooks::use_world;
use crate::state::Action;
use crate::view::{Drawer, Tab};
use crate::views;

/// Properties of [`Legend`].
#[derive(Properties, PartialEq)]
pub struct LegendProps {
    /// One line in plain words.
    pub text: &'static str,
    /// What am I looking at: one screen.
    pub more: &'static str,
}

/// A view's legend with its explanation folded behind it.
#[component]
pub fn Legend(props: &LegendProps) -> Html {
    html! {
        <details class="legend">
            <summary class="legend__line" title="What am I looking at?">{ props.text }</summary>
            <p class="legend__more">{ props.more }</p>
        </details>
    }
}

/// Arrow keys move between the tabs of a strip.
fn on_arrow(event: &KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowRight" => 1,
        "ArrowLeft" => -1,
        _ => return,
    };
    let Some(tab) = event.target_dyn_into::<HtmlElement>() else { return };
    let sibling = if step > 0 { tab.next_element_sibling() } else { tab.previous_element_sibling() };
    let Some(sibling) = sibling.and_then(|one| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(one).ok())
    else {
        return;
    };
    event.prevent_default();
    // An element of the page can be focused and clicked.
    let _ = sibling.focus();
    sibling.click();
}

struct One {
    key: &'static str,
    name: AttrValue,
    title: String,
    chosen: bool,
    flag: bool,
    onclick: Callback<MouseEvent>,
}

fn strip(label: &'static str, tabs: Vec<One>) -> Html {
    let onkeydown = Callback::from(|event: KeyboardEvent| on_arrow(&event));
    html! {
        <div class="tabs" role="tablist" aria-label={label} {onkeydown}>
            { for tabs.into_iter().map(|tab| html! {
                <button
                    key={tab.key}
                    id={format!("tab-{}", tab.key)}
                    class={classes!("tabs__tab", tab.chosen.then_some("tabs__tab--chosen"), tab.flag.then_some("tabs__tab--flag"))}
                    role="tab"
                    data-testid={format!("tab-{}", tab.key)}
                    aria-selected={tab.chosen.to_string()}
                    aria-controls={format!("view-{}", tab.key)}
                    tabindex={if tab.chosen { "0" } else { "-1" }}
                    title={tab.title}
                    onclick={tab.onclick}
                >
                    { tab.name }
                </button>
            }) }
        </div>
    }
}

/// The views on the right.
#[component]
pub fn ViewTabs() -> Html {
    let world = use_world();
    let tabs = Tab::ALL.map(|tab| One {
        key: tab.key(),
        name: tab.name().into(),
        title: Act::Show(tab).tooltip(),
        chosen: world.state.tab == tab,
        flag: false,
        onclick: world.on(move || Action::ShowTab(tab)),
    });
    let open = world.state.tab;
    html! {
        <>
            { strip("Views", tabs.into()) }
            { for Tab::ALL.iter().map(|&tab| html! {
                <div class="view" role="tabpanel" key={tab.key()} id={format!("view-{}", tab.key())} aria-labelledby={format!("tab-{}", tab.key())} hidden={tab != open}>
                    if tab == open { { views::view(tab) } } else { { views::resting(tab) } }
                </div>
            }) }
        </>
    }
}

/// The views below.
#[component]
pub fn DrawerTabs() -> Html {
    let world = use_world();
    let problems = world.state.problems.len() as u64 + u64::from(world.state.problems_more);
    let (tests, bad) = (world.state.tests.total(), world.state.tests.bad());
    let tabs = Drawer::ALL.map(|drawer| One {
        key: drawer.key(),
        name: match drawer {
            Drawer::Problems if problems > 0 => format!("Problems {}", format::grouped(problems)).into(),
            Drawer::Tests if bad > 0 => format!("Tests {} ✕", format::grouped(bad)).into(),
            Drawer::Tests if tests > 0 => format!("Tests {} ✓", format::grouped(tests)).into(),
            drawer => drawer.name().into(),
        },
        title: Act::ShowBelow(drawer).tooltip(),
        chosen: world.state.drawer == drawer,
        flag: (drawer == Drawer::Problems && problems > 0) || (drawer == Drawer::Tests && bad > 0),
        onclick: world.on(move || Action::ShowDrawer(drawer)),
    });
    let drawer = world.state.drawer;
    html! {
        <>
            { strip("Output", tabs.into()) }
            <div class="view" role="tabpanel" id={format!("view-{}", drawer.key())} aria-labelledby={format!("tab-{}", drawer.key())}>
                <views::Output hidden={drawer != Drawer::Output} />
                <views::Problems hidden={drawer != Drawer::Problems} />
                if drawer == Drawer::Tests { <views::Tests /> }
                if drawer == Drawer::Repl { <views::Repl /> }
            </div>
        </>
    }
}

/// The files of the program.
#[component]
pub fn FileTabs() -> Html {
    let world = use_world();
    let state = &world.state;
    let add = {
        let world = world.clone();
        Callback::from(move |_: MouseEvent| {
            world.flush();
            let name = (2..).map(|number| format!("part-{number}.scm"));
            let free = name.into_iter().find(|name| world.state.files.iter().all(|file| file.name != *name));
            if let Some(name) = free {
                world.dispatch(Action::AddFile(name));
            }
        })
    };
    html! {
        <div class="tabs tabs--files" role="group" aria-label="Files">
            { for state.files.iter().enumerate().map(|(index, file)| {
                let show = {
                    let world = world.clone();
                    Callback::from(move |_: MouseEvent| {
                        world.flush();
                        world.dispatch(Action::ShowFile(index));
                    })
                };
                let chosen = index == state.file;
                html! {
                    <span key={file.name.clone()} class={classes!("tabs__tab", "tabs__file", chosen.then_some("tabs__tab--chosen"))}>
                        <button class="tabs__open" aria-pressed={chosen.to_string()} onclick={show}>{ &file.name }</button>
                        if index > 0 && chosen {
                            <button class="tabs__close" aria-label={format!("Remove {}", file.name)} title="Remove this file"
                                onclick={world.on(move || Action::RemoveFile(index))}><Icon glyph={Glyph::Close} /></button>
                        }
                    </span>
                }
            }) }
            <button class="tabs__add" onclick={add} title="Add a file to the program" aria-label="Add a file"><Icon glyph={Glyph::Plus} /></button>
            <span class="tabs__space"></span>
            <button class="tabs__new" onclick={world.act(Act::New)} title={Act::New.tooltip()}>{ "New" }</button>
        </div>
    }
}
