//! Who made the objects of a heap: its lines, and what each has made since one looked last.
//!
//! 1. What is shown is of one snapshot. Growth is told against the snapshot of the last look at the same actor, if the engine
//!    still has it.

use std::collections::HashMap;
use std::rc::Rc;

use protocol::{ActorNumber, HeapAnswer, HeapQuestion, HeapSite, HeapSiteRow, HeapSummary, Settings};
use yew::prelude::*;

use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;

/// Rows of the table.
const ROWS_MAX: usize = 20;

/// What is known.
#[derive(Clone, PartialEq)]
enum Known {
    Nothing,
    Waiting,
    Failed(String),
    Lines(Rc<Lines>),
}

/// The lines of one snapshot, and by how many words what they made has grown, by name.
#[derive(PartialEq)]
struct Lines {
    actor: ActorNumber,
    rows: Vec<HeapSiteRow>,
    words: u64,
    growth: Option<HashMap<String, i64>>,
}

impl Known {
    fn lines(actor: ActorNumber, summary: &HeapSummary, growth: Option<HashMap<String, i64>>) -> Known {
        let rows = summary.by_site.clone();
        Known::Lines(Rc::new(Lines { actor, rows, words: summary.words.max(1), growth }))
    }
}

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

/// The table of lines, and the button that fills it.
#[component]
pub fn Sites(props: &SitesProps) -> Html {
    let world = use_world();
    let known = use_state_eq(|| Known::Nothing);
    let last = use_mut_ref(|| None::<(ActorNumber, u32)>);
    let actor = props.actor;
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
                <button class="control" data-testid="heap-sites-on" {onclick} title="From now on; it takes up to a seventh more time">{ "Keep track" }</button>
            </p>
        };
    }
    let onclick = {
        let (world, setter) = (world.clone(), known.setter());
        Callback::from(move |_: MouseEvent| {
            setter.set(Known::Waiting);
            let (asker, setter, last) = (world.clone(), setter.clone(), Rc::clone(&last));
            world.engine.ask_heap(HeapQuestion::Take { actor }, move |answer| match answer {
                Ok(HeapAnswer::Taken(summary)) => {
                    let newer = summary.snapshot;
                    let older = last.borrow_mut().replace((actor, newer));
                    match older.filter(|(of, older)| *of == actor && *older < newer) {
                        Some((_, older)) => compare(&asker, setter, actor, *summary, older),
                        None => setter.set(Known::lines(actor, &summary, None)),
                    }
                }
                Ok(_) => {}
                Err(text) => setter.set(Known::Failed(text)),
            });
        })
    };
    let body = match &*known {
        Known::Lines(lines) if lines.actor == actor => table(&world, lines),
        Known::Failed(text) => html! { <p>{ text }</p> },
        Known::Waiting => html! { <p class="quiet">{ "Looking at the heap …" }</p> },
        _ => html! {},
    };
    html! {
        <>
            <button class="control heap__button" data-testid="heap-sites" {onclick} title="Count what each line of the program has made, and what grew since the last time">
                { "Count by line" }
            </button>
            { body }
        </>
    }
}

fn compare(
    world: &World,
    setter: UseStateSetter<Known>,
    actor: ActorNumber,
    summary: HeapSummary,
    older: u32,
) {
    let newer = summary.snapshot;
    world.engine.ask_heap(HeapQuestion::Compare { older, newer }, move |answer| {
        let growth = match answer {
            Ok(HeapAnswer::Growth(growth)) => {
                Some(growth.by_site.into_iter().map(|row| (row.name.clone(), row.growth_words())).collect())
            }
            // The engine has forgotten the older one.
            _ => None,
        };
        setter.set(Known::lines(actor, &summary, growth));
    });
}

fn table(world: &World, lines: &Lines) -> Html {
    let grown = |row: &HeapSiteRow| {
        let name = row.site.as_ref()?.label();
        lines.growth.as_ref()?.get(&name).copied().filter(|words| *words != 0)
    };
    let grown = |row: &HeapSiteRow| match grown(row) {
        Some(words) if words > 0 => format!("+{}", format::words(words.unsigned_abs())),
        Some(words) => format!("−{}", format::words(words.unsigned_abs())),
        None => String::new(),
    };
    let more = lines.rows.len().saturating_sub(ROWS_MAX);
    html! {
        <>
            <table class="table heap__types" data-testid="heap-sites-table">
                <caption class="visually-hidden">{ "Reachable objects by the line that made them" }</caption>
                <thead><tr>
                    <th>{ "Made at" }</th><th class="table__number">{ "Objects" }</th><th class="table__number">{ "Size" }</th>
                    <th class="table__number">{ "%" }</th>
                    if lines.growth.is_some() { <th class="table__number" title="Since the last count">{ "Grown" }</th> }
                </tr></thead>
                <tbody>
                    { for lines.rows.iter().take(ROWS_MAX).map(|row| html! {
                        <tr>
                            <td>{ row.site.as_ref().map_or_else(|| html! { "before, or unknown" }, |site| line(world, site)) }</td>
                            <td class="table__number">{ format::grouped(row.objects) }</td>
                            <td class="table__number">{ format::words(row.words) }</td>
                            <td class="table__number">{ format!("{:.0}", row.words as f64 * 100.0 / lines.words as f64) }</td>
                            if lines.growth.is_some() { <td class="table__number">{ grown(row) }</td> }
                        </tr>
                    }) }
                </tbody>
            </table>
            if more > 0 { <p class="more">{ format!("{} more", format::grouped(more as u64)) }</p> }
        </>
    }
}
