//! Who made the objects of a heap: the lines of the program, as the newest snapshot of it tells.

use std::rc::Rc;

use protocol::{ActorNumber, HeapSite, HeapSiteRow, HeapSummary, Settings};
use yew::prelude::*;

use super::heap_growth;
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;

/// Rows of the table.
const ROWS_MAX: usize = 20;

/// A line of the program; a click shows it in the editor, if it is in a file that is open.
pub fn line(world: &World, site: &HeapSite) -> Html {
    let is_open = site.line > 0 && world.state.files.iter().any(|file| file.name == site.file);
    if !is_open {
        return html! { { site.label() } };
    }
    let onclick = {
        let (world, file, line) = (world.clone(), site.file.clone(), site.line);
        Callback::from(move |_: MouseEvent| world.reveal(&file, line))
    };
    html! { <button class="place" {onclick} title="Show the line">{ site.label() }</button> }
}

/// Properties of [`Sites`].
#[derive(Properties, PartialEq)]
pub struct SitesProps {
    /// Whose heap.
    pub actor: ActorNumber,
}

/// The table of lines, or what is to be done for one.
#[component]
pub fn Sites(props: &SitesProps) -> Html {
    let world = use_world();
    let collector = world.state.settings.collector;
    if !collector.tracks_sites {
        let onclick = {
            let settings = world.state.settings.clone();
            let collector = protocol::CollectorSettings { tracks_sites: true, ..collector };
            world.on(move || Action::SetSettings(Settings { collector, ..settings.clone() }))
        };
        return html! {
            <p class="quiet">
                { "Which line made each object? " }
                <button class="control heap__button" data-testid="heap-sites-on" {onclick} title="From now on; it takes about a seventh more time, more where little but allocation goes on">{ "Keep track" }</button>
            </p>
        };
    }
    match heap_growth::of_actor(&world, props.actor).next() {
        Some(newest) if !newest.by_site.is_empty() => table(&world, newest),
        _ => {
            html! { <p class="quiet">{ "Lines are kept track of: a snapshot tells what each has made." }</p> }
        }
    }
}

fn table(world: &World, summary: &Rc<HeapSummary>) -> Html {
    let words = summary.words.max(1) as f64;
    let more = summary.by_site.len().saturating_sub(ROWS_MAX);
    let row = |row: &HeapSiteRow| {
        html! {
            <tr>
                <td>{ row.site.as_ref().map_or_else(|| html! { "before, or unknown" }, |site| line(world, site)) }</td>
                <td class="table__number">{ format::grouped(row.objects) }</td>
                <td class="table__number">{ format::words(row.words) }</td>
                <td class="table__number">{ format!("{:.0}", row.words as f64 * 100.0 / words) }</td>
            </tr>
        }
    };
    html! {
        <>
            <table class="table heap__types" data-testid="heap-sites-table">
                <caption class="visually-hidden">{ "Reachable objects of the newest snapshot by the line that made them" }</caption>
                <thead><tr>
                    <th>{ "Made at" }</th><th class="table__number">{ "Objects" }</th><th class="table__number">{ "Size" }</th>
                    <th class="table__number">{ "%" }</th>
                </tr></thead>
                <tbody>{ for summary.by_site.iter().take(ROWS_MAX).map(row) }</tbody>
            </table>
            if more > 0 { <p class="more">{ format!("{} more", format::grouped(more as u64)) }</p> }
        </>
    }
}
