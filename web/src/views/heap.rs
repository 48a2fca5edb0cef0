//! The selected actor's heap: every object where it lies, what it is, and what a collection makes of it.
//!
//! 1. What is chosen stays marked only as long as its chunk is the same: an object that may have moved is not pointed at.

use std::sync::Arc;

use protocol::{ActorState, Command, HEAP_SPACES, HeapCell, RunStatus};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::empty;
use super::heap_growth::{self, Snapshots};
use super::heap_object::{Card, Chosen, age, use_asking};
use super::heap_sites::Sites;
use super::heap_steps::{self, Stepped};
use crate::canvas::ColourBy;
use crate::components::{HeapCanvas, Legend, Twin};
use crate::format::{self, OBJECT_TYPES};
use crate::hooks::{World, use_world};
use crate::picture::{Amount, Shot, Spot, Summary};
use crate::state::Action;

/// What was chosen, and the cells that it was chosen from.
#[derive(Clone, PartialEq)]
struct Choice {
    spot: Spot,
    id: u32,
    cells: Arc<[HeapCell]>,
}

impl Choice {
    fn new(shot: &Shot, spot: Spot) -> Option<Choice> {
        let chunk = shot.chunks.get(spot.chunk)?;
        Some(Choice { spot, id: chunk.id, cells: Arc::clone(&chunk.cells) })
    }

    /// Where it is in this picture, if nothing has moved there.
    fn within(&self, shot: &Shot) -> Option<Spot> {
        let chunk = shot
            .chunks
            .iter()
            .position(|chunk| chunk.id == self.id && Arc::ptr_eq(&chunk.cells, &self.cells))?;
        Some(Spot { chunk, ..self.spot })
    }
}

/// The view.
#[component]
pub fn Heap() -> Html {
    let world = use_world();
    let by = use_state_eq(ColourBy::default);
    let fit = use_state_eq(|| 0_u32);
    let pointed = use_state_eq(|| (None::<Spot>, false));
    let chosen = use_state_eq(|| None::<Choice>);
    let stepped = use_state_eq(Stepped::default);
    let compares = use_state_eq(|| false);
    let asking = use_asking();
    let state = &world.state;
    let shot = state.heap.clone().filter(|shot| Some(shot.head.actor) == state.selected && !is_gone(&world));
    let Some(shot) = shot else {
        return html! {
            <div class="heap" data-testid="heap">
                { legend() }
                <div data-testid="heap-map">{ empty(why_empty(&world)) }</div>
            </div>
        };
    };
    // What an object's card shows is where its object lies, if that is known.
    let followed = match asking.card() {
        Card::Object(object) => object.place.and_then(|place| shot.at_place(place)).filter(|spot| {
            (spot.cell.name(), u64::from(spot.words)) == (object.row.type_name.as_str(), object.row.words)
        }),
        _ => None,
    };
    let marked =
        chosen.as_ref().and_then(|choice| choice.within(&shot)).and_then(|spot| followed.or(Some(spot)));
    let onpick = {
        let (world, asking, chosen, shot) = (world.clone(), asking.clone(), chosen.setter(), shot.clone());
        Callback::from(move |spot: Spot| {
            chosen.set(Choice::new(&shot, spot));
            asking.ask(&world, &shot, spot);
        })
    };
    let onclose = {
        let (asking, chosen) = (asking.clone(), chosen.setter());
        Callback::from(move |()| {
            asking.close();
            chosen.set(None);
        })
    };
    let onpoint = {
        let pointed = pointed.setter();
        Callback::from(move |point| pointed.set(point))
    };
    let (spot, by_key) = *pointed;
    let described = spot.map_or_else(|| HINT.to_owned(), |spot| describe(&shot, &spot));
    let map = |testid: &'static str, shot: &Shot, chosen: Option<Spot>, onpoint, onpick| {
        html! {
            <HeapCanvas
                {testid} label={label(shot)} shot={shot.clone()} by={*by} theme={state.theme as u64}
                {chosen} {onpoint} {onpick} fit={*fit}
            />
        }
    };
    let before = state.heap_before.as_ref().filter(|before| before.head.actor == shot.head.actor);
    let maps = match before {
        None => html! { <div class="heap__maps">{ map("heap-map", &shot, marked, onpoint, onpick) }</div> },
        Some(before) => html! {
            <div class="heap__maps heap__maps--two">
                <figure class="heap__side">
                    <figcaption>{ "Before: " }{ in_short(before) }</figcaption>
                    { map("heap-before", before, None, Callback::noop(), Callback::noop()) }
                </figure>
                <figure class="heap__side">
                    <figcaption>{ "Now: " }{ in_short(&shot) }</figcaption>
                    { map("heap-map", &shot, marked, onpoint, onpick) }
                </figure>
            </div>
        },
    };
    html! {
        <div class="heap" data-testid="heap">
            { legend() }
            { head(&world, &shot) }
            { controls(&world, &shot, &by, &fit, &stepped, &compares) }
            { heap_steps::explanation(&world, shot.head.actor, &stepped) }
            <div class="heap__body">
                <div class="heap__map">
                    { maps }
                    <p class="heap__hover" data-testid="heap-point" aria-live={if by_key { "polite" } else { "off" }}>{ described }</p>
                </div>
                <div class="heap__aside">
                    <Snapshots actor={shot.head.actor} compares={*compares} />
                    <Chosen {asking} {onclose} />
                    { values(shot.summary(), *by) }
                    <Sites actor={shot.head.actor} />
                </div>
            </div>
            <Twin summary="Map as a table">{ twin(&shot) }</Twin>
        </div>
    }
}

const HINT: &str = "Point at an object, or press N and P to walk from one to the next; Enter opens its card. Arrow keys, + − and 0 move the map.";

fn state_of_selected(world: &World) -> Option<ActorState> {
    let detail = world.state.snapshot.selected.as_ref()?;
    (Some(detail.row.actor) == world.state.selected).then_some(detail.row.state)
}

fn is_gone(world: &World) -> bool {
    matches!(state_of_selected(world), Some(ActorState::Done | ActorState::Failed))
}

fn why_empty(world: &World) -> &'static str {
    match state_of_selected(world) {
        Some(_) if is_gone(world) => {
            "This actor has ended and its memory was given back. Select another one."
        }
        Some(_) => "Reading the heap …",
        None => "No heap to show. Press Run and select an actor; the GC churn example fills one quickly.",
    }
}

fn legend() -> Html {
    html! {
        <Legend
            text="One actor's memory, object by object in address order: colour is the type, hatched is free, pale is garbage."
            more="New objects are made in the nursery. When it is full, the collector copies what is reachable to the survivors, and \
                  what survives again to the old space; the rest is gone at once. The old space is marked and swept: what was not \
                  reached becomes free blocks, which others fill again. Large objects have a space of their own and never move. \
                  Rows are read like text: a word is 8 bytes, a pair has three. What is garbage is told while the collector sweeps, \
                  and always for small heaps; the card of an object tells for any. The actor is read a little at a time, between \
                  its slices, so parts of the picture are of different moments while it runs."
        />
    }
}

fn label(shot: &Shot) -> String {
    let summary = shot.summary();
    format!(
        "Heap map of actor {}: {} of {} in use by {} objects. Arrow keys pan, plus and minus zoom, 0 fits, N and P walk the objects, Enter opens one.",
        shot.head.actor.0,
        format::words(shot.head.used_words),
        format::words(shot.head.capacity_words),
        format::grouped(summary.objects().count),
    )
}

fn in_short(shot: &Shot) -> String {
    let summary = shot.summary();
    format!(
        "{}, {} objects, old space {:.0} % free",
        format::words(shot.head.capacity_words),
        format::grouped(summary.objects().count),
        summary.old_free() * 100.0
    )
}

fn head(world: &World, shot: &Shot) -> Html {
    let head = &shot.head;
    let goes = if head.portions == 1 { "go" } else { "goes" };
    html! {
        <div class="heap__head">
            { world.link(head.actor) }
            <span>{ format!("{} in use of {}", format::words(head.used_words), format::words(head.capacity_words)) }</span>
            <span class="quiet" data-testid="heap-objects">{ format!("{} objects", format::grouped(shot.summary().objects().count)) }</span>
            <span class="quiet">{ format!("{} collections", format::grouped(head.collections)) }</span>
            <span class="quiet" data-testid="heap-read" title="How long the actor stood still for this picture, at most">
                { format!("read in {} {goes}, longest {}", format::grouped(u64::from(head.portions)), format::milliseconds(head.longest_ms)) }
            </span>
        </div>
    }
}

fn controls(
    world: &World,
    shot: &Shot,
    by: &UseStateHandle<ColourBy>,
    fit: &UseStateHandle<u32>,
    stepped: &UseStateHandle<Stepped>,
    compares: &UseStateHandle<bool>,
) -> Html {
    let onchange = {
        let by = by.setter();
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>().map(|list| list.value());
            let found = ColourBy::ALL.into_iter().find(|one| chosen.as_deref() == Some(one.name()));
            by.set(found.unwrap_or_default());
        })
    };
    let onfit = {
        let fit = fit.clone();
        Callback::from(move |_: MouseEvent| fit.set(fit.wrapping_add(1)))
    };
    let oncollect = {
        let (world, actor) = (world.clone(), shot.head.actor);
        Callback::from(move |_: MouseEvent| {
            world.dispatch(Action::KeepHeap(true));
            world.engine.send(&Command::Collect { actor });
        })
    };
    let onstep = {
        let by = by.setter();
        Callback::from(move |()| by.set(ColourBy::Mark))
    };
    let onend = world.on(|| Action::KeepHeap(false));
    let can_collect = !matches!(world.state.status, RunStatus::Stopped);
    html! {
        <div class="heap__controls">
            <label class="heap__by select">
                { "Colour by " }
                <select data-testid="heap-by" {onchange}>
                    { for ColourBy::ALL.iter().map(|one| html! {
                        <option value={one.name()} selected={*one == **by}>{ one.name() }</option>
                    }) }
                </select>
            </label>
            <button class="control heap__button" onclick={onfit} title="Show the whole heap (0)">{ "Fit" }</button>
            <button class="control heap__button" data-testid="heap-collect" disabled={!can_collect} onclick={oncollect} title="A full collection of this actor's heap, which compacts it; the picture of before stays beside the new one">
                { "Collect and compare" }
            </button>
            { heap_growth::buttons(world, shot.head.actor, compares) }
            { heap_steps::buttons(world, shot.head.actor, stepped, &onstep) }
            if world.state.heap_before.is_some() {
                <button class="control heap__button" data-testid="heap-compare-end" onclick={onend}>{ "End comparison" }</button>
            }
        </div>
    }
}

/// What lies at a spot, in words.
fn describe(shot: &Shot, spot: &Spot) -> String {
    let Some(chunk) = shot.chunks.get(spot.chunk) else { return HINT.to_owned() };
    let place = format!(
        "{} chunk {}, byte {}",
        HEAP_SPACES[usize::from(chunk.space)],
        chunk.number,
        format::grouped(u64::from(spot.start) * 8)
    );
    let size = format::words(u64::from(spot.words));
    if spot.cell.is_free() {
        let what = if spot.index >= chunk.cells.len() { "never used" } else { "free block" };
        return format!("{what}, {size}: {place}");
    }
    let colour = ["", ", white", ", grey", ", black"][spot.cell.colour()];
    let garbage = if spot.cell.is_garbage() { ", not reachable" } else { "" };
    format!("{}, {size}, survived {}{colour}{garbage}: {place}", spot.cell.name(), age(spot.cell.age()))
}

/// Objects and words by what the colours tell apart: the colours' legend, and half of the table twin.
fn values(summary: &Summary, by: ColourBy) -> Html {
    let row = |class: String, name: &'static str, amount: Amount| (class, name, amount);
    let mut rows: Vec<(String, &'static str, Amount)> = match by {
        ColourBy::Type => (OBJECT_TYPES.iter().zip(summary.types).enumerate())
            .map(|(index, (kind, amount))| {
                row(format!("kind--{}", index + 1), format::object_type(*kind), amount)
            })
            .collect(),
        ColourBy::Age => (summary.ages.iter().enumerate())
            .map(|(index, amount)| row(format!("kind--age-{index}"), age(index), *amount))
            .collect(),
        ColourBy::Mark => [
            (0, "not marking"),
            (1, "white: not met yet"),
            (2, "grey: met, to be looked into"),
            (3, "black: met and looked into"),
        ]
        .map(|(index, name)| row(format!("kind--mark-{index}"), name, summary.colours[index]))
        .into(),
    };
    if by == ColourBy::Type {
        rows.retain(|(_, _, amount)| amount.count > 0);
        rows.sort_by_key(|(_, _, amount)| std::cmp::Reverse(amount.words));
    }
    let title = match by {
        ColourBy::Type => "Type",
        ColourBy::Age => "Survived",
        ColourBy::Mark => "Mark",
    };
    let all = summary.objects().words.max(1);
    html! {
        <>
            <table class="table heap__types">
                <caption class="visually-hidden">{ "Objects and words" }</caption>
                <thead><tr><th>{ title }</th><th class="table__number">{ "Objects" }</th><th class="table__number">{ "Size" }</th><th class="table__number">{ "%" }</th></tr></thead>
                <tbody>
                    { for rows.into_iter().map(|(class, name, amount)| html! {
                        <tr key={class.clone()}>
                            <td><span class={classes!("kind", class)} aria-hidden="true"></span>{ name }</td>
                            <td class="table__number">{ format::grouped(amount.count) }</td>
                            <td class="table__number">{ format::words(amount.words) }</td>
                            <td class="table__number">{ format!("{:.0}", amount.words as f64 * 100.0 / all as f64) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
            if by == ColourBy::Mark && !summary.is_marking() {
                <p class="quiet">{ "No collection is marking this heap now." }</p>
            }
        </>
    }
}

/// The map in numbers.
fn twin(shot: &Shot) -> Html {
    let summary = shot.summary();
    html! {
        <table class="table" data-testid="heap-table">
            <thead><tr><th>{ "Space" }</th>{ for ["Chunks", "Size", "Objects", "In objects", "Free", "Longest free", "Known garbage"].map(|name| html! { <th class="table__number">{ name }</th> }) }</tr></thead>
            <tbody>
                { for HEAP_SPACES.iter().zip(&summary.spaces).map(|(name, space)| html! {
                    <tr key={*name}>
                        <td>{ *name }</td>
                        <td class="table__number">{ format::grouped(space.chunks) }</td>
                        <td class="table__number">{ format::words(space.words) }</td>
                        <td class="table__number">{ format::grouped(space.objects.count) }</td>
                        <td class="table__number">{ format::words(space.objects.words) }</td>
                        <td class="table__number">{ format::words(space.free.words) }</td>
                        <td class="table__number">{ format::words(space.free_words_max) }</td>
                        <td class="table__number">{ format::grouped(space.garbage.count) }</td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}
