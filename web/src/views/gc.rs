//! Collections: chart over time, histogram of pauses, list.

use std::rc::Rc;

use protocol::Collection;
use yew::prelude::*;

use super::collector::{CollectorPanel, PolicyComparison};
use super::empty;
use crate::canvas::{GcSpan, PAUSE_CLASSES, draw_gc_chart, draw_pauses, pause_counts, pause_percentiles};
use crate::components::{ActorLink, CanvasBox, Draw, Legend, Point, Twin};
use crate::format;
use crate::hooks::use_world;

/// Rows of the list.
const LISTED: usize = 60;
/// Time between two states of the list while the program runs, ms.
const LIST_MS: f64 = 500.0;

/// What the list shows, and since when.
struct Listed {
    at_ms: f64,
    rows: Rc<Vec<(Collection, u64)>>,
}

/// The view.
#[component]
pub fn Gc() -> Html {
    let world = use_world();
    let only = use_state_eq(|| false);
    let pointed = use_state_eq(|| None::<Collection>);
    let state = &world.state;
    let wanted = |one: &&Collection| !*only || Some(one.actor) == state.selected;
    let chart: Rc<Vec<Collection>> = Rc::new(state.history.collections().filter(wanted).cloned().collect());
    let counts = pause_counts(chart.iter());
    let percentiles = pause_percentiles(chart.iter());
    let total = state.snapshot.totals.collections;
    let version = total ^ chart.len() as u64 ^ u64::from(*only) << 40 ^ (state.theme as u64) << 60;
    // The list moves slower than the chart: nobody reads rows that change ten times a second.
    let listed = use_mut_ref(|| Listed { at_ms: f64::NEG_INFINITY, rows: Rc::default() });
    let now = state.snapshot.elapsed_ms;
    let age = now - listed.borrow().at_ms;
    if !state.is_running() || age < 0.0 || age >= LIST_MS {
        // A key that counts from the oldest keeps each row its element while newer ones come before it.
        let newest = state.history.collections_let_go() + state.history.collections_kept() as u64;
        let rows = chart.iter().take(LISTED).cloned().zip((0..newest).rev()).collect();
        *listed.borrow_mut() = Listed { at_ms: now, rows: Rc::new(rows) };
    }
    let rows = Rc::clone(&listed.borrow().rows);
    let rows: Vec<Html> = rows
        .iter()
        .map(|(one, key)| {
            let name = format::actor_name(state.row(one.actor), one.actor);
            let chosen = state.selected == Some(one.actor);
            html! { <Row key={*key} collection={one.clone()} {name} {chosen} /> }
        })
        .collect();
    let hidden = total.saturating_sub(rows.len() as u64);
    let toggle = {
        let only = only.clone();
        Callback::from(move |_: Event| only.set(!*only))
    };
    let bars = Rc::clone(&chart);
    let onpoint = {
        let (pointed, bars) = (pointed.setter(), Rc::clone(&chart));
        Callback::from(move |point: Option<Point>| {
            pointed
                .set(point.and_then(|point| {
                    GcSpan::new(&bars, point.width).collection_at(&bars, point.x).cloned()
                }));
        })
    };
    let described = pointed.as_ref().map_or_else(
        || "Point at a bar for its collection.".to_owned(),
        |one| {
            format!(
                "{}, {}, of {} at {:.3} s: {} before, {} after, {} survivors, paused {}",
                kind_of(one),
                one.cause,
                format::actor_name(state.row(one.actor), one.actor),
                one.at_ms / 1_000.0,
                format::words(one.words_before),
                format::words(one.words_after),
                format::grouped(one.objects),
                format::milliseconds(one.pause_ms)
            )
        },
    );
    html! {
        <div class="gc">
            <Legend
                text="Collections on the clock of the run: the bar is the heap before, the solid part is what stayed; below, how long its actor paused."
                more="Minor collections (blue) look at the nursery only; major ones (orange, with a notch) mark the whole heap of the \
                      actor. Each actor collects by itself, driven by what it allocates, so that a pause holds up nobody else."
            />
            <div class="gc__head">
                <span>{ format!("{} collections, {} in all", format::grouped(total), format::milliseconds(state.snapshot.totals.collection_ms)) }</span>
                if let Some([half, most, nearly, longest]) = percentiles {
                    <span class="quiet" data-testid="gc-percentiles" title={format!("Of the last {} collections", chart.len())}>
                        { format!(
                            "pauses: p50 {}, p90 {}, p99 {}, max {}",
                            format::milliseconds(half), format::milliseconds(most), format::milliseconds(nearly), format::milliseconds(longest)
                        ) }
                    </span>
                }
                <label class="check"><input type="checkbox" checked={*only} onchange={toggle} />{ "Selected actor only" }</label>
            </div>
            <div class="collector">
                <CollectorPanel />
                <PolicyComparison />
            </div>
            if chart.is_empty() {
                { empty("No collection yet. The GC churn example makes many.") }
            }
            <div class={classes!("gc__charts", chart.is_empty().then_some("gc__charts--empty"))}>
                <CanvasBox class="gc__chart" testid="gc-chart" label={format!("Heap before and after the last {} collections, over time", chart.len())} {onpoint} draw={Draw::new(move |canvas| draw_gc_chart(canvas, &bars))} {version} />
                <CanvasBox class="gc__pauses" testid="gc-pauses" label="How long collections paused their actor" draw={Draw::new(move |canvas| draw_pauses(canvas, &counts))} {version} />
            </div>
            if !chart.is_empty() { <p class="gc__hover" aria-live="off">{ described }</p> }
            <Twin summary="Pauses as a table">
                <table class="table"><tbody>
                    { for PAUSE_CLASSES.iter().zip(counts).map(|((_, name), count)| html! { <tr><td>{ *name }</td><td class="table__number">{ format::grouped(count) }</td></tr> }) }
                    if let Some(percentiles) = percentiles {
                        { for ["p50", "p90", "p99", "max"].iter().zip(percentiles).map(|(name, pause)| html! { <tr><td>{ *name }</td><td class="table__number">{ format::milliseconds(pause) }</td></tr> }) }
                    }
                </tbody></table>
            </Twin>
            <div class="table-scroll">
                <table class="table table--steady" data-testid="gc-cycles">
                    <caption class="visually-hidden">{ "Collections, newest first" }</caption>
                    <thead><tr>
                        <th class="table__number">{ "At" }</th><th>{ "Actor" }</th><th>{ "Kind" }</th><th>{ "Cause" }</th>
                        <th class="table__number">{ "Before" }</th><th class="table__number">{ "After" }</th>
                        <th class="table__number">{ "Survivors" }</th><th class="table__number">{ "Pause" }</th>
                    </tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
                if hidden > 0 { <p class="more">{ format!("{} more", format::grouped(hidden)) }</p> }
            </div>
        </div>
    }
}

/// `minor`, `major, copy`.
fn kind_of(one: &Collection) -> String {
    if one.major { format!("major, {}", one.kind) } else { one.kind.clone() }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    collection: Collection,
    name: String,
    chosen: bool,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let one = &props.collection;
    html! {
        <tr>
            <td class="table__number">{ format::milliseconds(one.at_ms) }</td>
            <td><ActorLink actor={one.actor} name={props.name.clone()} chosen={props.chosen} /></td>
            <td>{ kind_of(one) }</td>
            <td>{ &one.cause }</td>
            <td class="table__number">{ format::words(one.words_before) }</td>
            <td class="table__number">{ format::words(one.words_after) }</td>
            <td class="table__number">{ format::grouped(one.objects) }</td>
            <td class="table__number">{ format::milliseconds(one.pause_ms) }</td>
        </tr>
    }
}
