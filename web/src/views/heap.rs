//! The heap map of the selected actor.

use protocol::{ActorState, HeapMap, ObjectType};
use yew::prelude::*;

use super::empty;
use crate::canvas::{HeapLayout, draw_heap_map, kind_index};
use crate::components::{CanvasBox, Draw, Legend, Point, Twin};
use crate::format::{self, OBJECT_TYPES};
use crate::hooks::use_world;

/// The view.
#[component]
pub fn Heap() -> Html {
    let world = use_world();
    let hover = use_state_eq(|| None::<(usize, usize)>);
    let state = &world.state;
    let detail = state.snapshot.selected.as_ref().filter(|detail| Some(detail.row.actor) == state.selected);
    let gone = detail.is_some_and(|detail| matches!(detail.row.state, ActorState::Done | ActorState::Failed));
    let Some((detail, map)) = detail.and_then(|detail| Some((detail, detail.heap.as_ref()?))) else {
        return html! {
            <div class="heap" data-testid="heap">
                { legend() }
                <div data-testid="heap-map">
                    { empty(if gone {
                        "This actor has ended and its memory was given back. Select another one."
                    } else {
                        "No heap to show. Press Run and select an actor; the GC churn example fills one quickly."
                    }) }
                </div>
            </div>
        };
    };
    let snapshot = state.snapshot.clone();
    let version = version(map) ^ (state.theme as u64) << 60;
    let draw = Draw::new(move |canvas| {
        if let Some(map) = snapshot.selected.as_ref().and_then(|detail| detail.heap.as_ref()) {
            draw_heap_map(canvas, map);
        }
    });
    let onpoint = {
        let (hover, snapshot) = (hover.setter(), state.snapshot.clone());
        Callback::from(move |point: Option<Point>| {
            let cell = point.and_then(|point| {
                let map = snapshot.selected.as_ref()?.heap.as_ref()?;
                HeapLayout::new(map, point.width, point.height).cell_at(map, point.x, point.y)
            });
            hover.set(cell);
        })
    };
    let pointed = hover.and_then(|(space, cell)| {
        let space = map.spaces.get(space)?;
        Some((space, cell, space.cells.get(cell)?))
    });
    let described = match pointed {
        Some((space, index, cell)) => {
            let what = cell.kind.map_or("free", format::object_type);
            let mark = match (cell.kind, cell.marked) {
                (None, _) => "",
                (_, true) => ", reachable",
                (_, false) => ", not reachable: the next collection takes it",
            };
            let from = index as u64 * u64::from(space.words_per_cell);
            format!(
                "{} cell {index}: {what}, {:.0} % full{mark}, from word {}",
                space.name,
                f64::from(cell.fill) / 2.55,
                format::grouped(from)
            )
        }
        None => "Point at a cell for its contents.".to_owned(),
    };
    html! {
        <div class="heap" data-testid="heap">
            { legend() }
            <div class="heap__head">
                { world.link(detail.row.actor) }
                <span>{ format!("{} in use of {}", format::words(map.used_words), format::words(map.capacity_words)) }</span>
                <span class="quiet">{ format!("{} objects", format::grouped(map.objects)) }</span>
                <span class="quiet">{ format!("{} collections", format::grouped(detail.collections)) }</span>
            </div>
            <div class="heap__body">
                <div class="heap__map">
                    <CanvasBox
                        class="heap__canvas"
                        testid="heap-map"
                        label={format!("Heap map of actor {}: {} of {} in use", detail.row.actor.0, format::words(map.used_words), format::words(map.capacity_words))}
                        {draw}
                        {version}
                        {onpoint}
                    />
                    <p class="heap__hover" aria-live="off">{ described }</p>
                </div>
                { types(map) }
            </div>
            <Twin summary="Map as a table">{ spaces(map) }</Twin>
        </div>
    }
}

fn legend() -> Html {
    html! {
        <Legend
            text="One actor's memory in address order: hue is the type, full colour is reachable, pale is garbage, hatched is free."
            more="New objects are made in the nursery. When it is full, the collector moves what is reachable to the old space and the \
                  rest is gone at once. Large objects have a space of their own and never move. A cell stands for several words: \
                  its colour is the type that takes most of it, its height is how full it is."
        />
    }
}

/// Words by type: the legend of the colours and half of the table twin.
fn types(map: &HeapMap) -> Html {
    let mut rows: Vec<(ObjectType, u64, u64)> = map.by_type.clone();
    rows.sort_by_key(|row| std::cmp::Reverse(row.2));
    let all: u64 = rows.iter().map(|row| row.2).sum::<u64>().max(1);
    html! {
        <table class="table heap__types">
            <caption class="visually-hidden">{ "Words and objects by type" }</caption>
            <thead><tr><th>{ "Type" }</th><th class="table__number">{ "Objects" }</th><th class="table__number">{ "Size" }</th><th class="table__number">{ "%" }</th></tr></thead>
            <tbody>
                { for rows.iter().map(|(kind, objects, words)| html! {
                    <tr key={kind_index(*kind)}>
                        <td><span class={format!("kind kind--{}", kind_index(*kind) + 1)} aria-hidden="true"></span>{ format::object_type(*kind) }</td>
                        <td class="table__number">{ format::grouped(*objects) }</td>
                        <td class="table__number">{ format::words(*words) }</td>
                        <td class="table__number">{ format!("{:.0}", *words as f64 * 100.0 / all as f64) }</td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

/// The map in numbers: cells by type and mark in each space.
fn spaces(map: &HeapMap) -> Html {
    html! {
        <table class="table">
            <thead><tr><th>{ "Space" }</th><th class="table__number">{ "Cells" }</th><th class="table__number">{ "Free" }</th><th class="table__number">{ "Not reachable" }</th><th>{ "Cells by type" }</th></tr></thead>
            <tbody>
                { for map.spaces.iter().map(|space| {
                    let free = space.cells.iter().filter(|cell| cell.kind.is_none()).count();
                    let dead = space.cells.iter().filter(|cell| cell.kind.is_some() && !cell.marked).count();
                    let kinds: Vec<String> = OBJECT_TYPES.iter().filter_map(|kind| {
                        let count = space.cells.iter().filter(|cell| cell.kind == Some(*kind)).count();
                        (count > 0).then(|| format!("{} {count}", format::object_type(*kind)))
                    }).collect();
                    html! {
                        <tr key={space.name.clone()}>
                            <td>{ &space.name }</td>
                            <td class="table__number">{ format::grouped(space.cells.len() as u64) }</td>
                            <td class="table__number">{ format::grouped(free as u64) }</td>
                            <td class="table__number">{ format::grouped(dead as u64) }</td>
                            <td>{ kinds.join(", ") }</td>
                        </tr>
                    }
                }) }
            </tbody>
        </table>
    }
}

/// A number that moves when the picture changes.
fn version(map: &HeapMap) -> u64 {
    let mut sum = map.used_words ^ map.capacity_words.rotate_left(20);
    for cell in map.spaces.iter().flat_map(|space| &space.cells) {
        let kind = cell.kind.map_or(0, |kind| kind_index(kind) as u64 + 1);
        sum = sum.wrapping_mul(0x100_0000_01B3)
            ^ (kind << 9 | u64::from(cell.marked) << 8 | u64::from(cell.fill));
    }
    sum
}
