//! Views of the machine. They show the latest picture and compute nothing about the world.

mod actors;
mod bytecode;
mod cards;
mod collector;
mod cores;
mod debugger;
mod debugger_points;
mod debugger_values;
mod debugger_watches;
mod files;
mod gc;
mod heap;
mod heap_growth;
mod heap_object;
mod heap_sites;
mod heap_steps;
mod mailbox;
mod output;
mod problems;
mod profile;
mod repl;
mod tests;

use protocol::Location;
use yew::prelude::*;

pub use cards::Cards;
pub use cores::Cores;
pub use output::Output;
pub use problems::Problems;
pub use repl::Repl;
pub use tests::Tests;

use crate::hooks::World;
use crate::view::Tab;

/// The view of a tab.
pub fn view(tab: Tab) -> Html {
    match tab {
        Tab::Actors => html! { <actors::Actors /> },
        Tab::Mailbox => html! { <mailbox::Mailbox /> },
        Tab::Heap => html! { <heap::Heap /> },
        Tab::Gc => html! { <gc::Gc /> },
        Tab::Debugger => html! { <debugger::Debugger /> },
        Tab::Bytecode => html! { <bytecode::Bytecode /> },
        Tab::Profile => html! { <profile::ProfileView /> },
        Tab::Files => html! { <files::FilesView /> },
    }
}

/// What stands in the document for a view that is not in sight: its named parts, without contents.
pub fn resting(tab: Tab) -> Html {
    let parts: &[&'static str] = match tab {
        Tab::Actors => &["actors"],
        Tab::Mailbox => &["mailbox"],
        Tab::Heap => &["heap-map"],
        Tab::Gc => &["gc-cycles"],
        Tab::Debugger => &["frames", "locals", "breakpoints", "watches", "debug-events"],
        Tab::Bytecode => &["bytecode"],
        Tab::Profile => &["profile-flame", "profile-table"],
        Tab::Files => &["files"],
    };
    html! { { for parts.iter().map(|part| html! { <div data-testid={*part}></div> }) } }
}

/// What an empty view says.
pub fn empty(text: &'static str) -> Html {
    html! { <p class="empty">{ text }</p> }
}

/// A place in the program; a click shows it in the editor.
fn place(world: &World, location: &Location) -> Html {
    let onclick = {
        let (world, file, line) = (world.clone(), location.file.clone(), location.line);
        Callback::from(move |_: MouseEvent| world.reveal(&file, line))
    };
    html! {
        <button class="place" {onclick} title="Show the line">
            { format!("{}:{}:{}", location.file, location.line, location.column) }
        </button>
    }
}
