//! The actor table: sortable, any number of rows, only those in sight are drawn and asked for.

use protocol::{ActorRow, ActorSort};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::empty;
use crate::components::{Legend, Swatch};
use crate::format;
use crate::hooks::{use_latest, use_world};
use crate::state::Action;

/// Height of a row, as in `actors.css`.
const ROW: f64 = 28.0;
/// Rows beyond each edge that are asked for, so that scrolling shows no holes.
const MARGIN: u32 = 16;
/// Browsers draw no taller elements; past it the last rows are reached by sorting.
const HEIGHT_MAX: f64 = 8_000_000.0;

const COLUMNS: [(&str, &str, ActorSort); 6] = [
    ("Actor", "actors__name", ActorSort::Label),
    ("State", "actors__state", ActorSort::State),
    ("Mailbox", "actors__number", ActorSort::Mailbox),
    ("Heap", "actors__number", ActorSort::Heap),
    ("Reductions", "actors__number", ActorSort::Reductions),
    ("Priority", "actors__word", ActorSort::Priority),
];

/// The table.
#[component]
pub fn Actors() -> Html {
    let world = use_world();
    let state = &world.state;
    let snapshot = &state.snapshot;
    let window = state.window;
    let onscroll = {
        let world = world.clone();
        Callback::from(move |event: Event| {
            let Some(element) = event.target_dyn_into::<HtmlElement>() else { return };
            let top = (f64::from(element.scroll_top()) / ROW) as u32;
            let seen = (f64::from(element.client_height()) / ROW).ceil() as u32 + 1;
            let window = world.state.window;
            // Ask again only when what is in sight nears the edge of what was asked for.
            let near_top = top < window.first + MARGIN / 2 && window.first > 0;
            let near_bottom = top + seen + MARGIN / 2 > window.first + window.count;
            if near_top || near_bottom || top < window.first {
                world
                    .dispatch(Action::Window { first: top.saturating_sub(MARGIN), count: seen + 2 * MARGIN });
            }
        })
    };
    let heads = COLUMNS.map(|(name, class, sort)| {
        let sorted = window.sort == sort;
        let order = match (sorted, window.descending) {
            (false, _) => "none",
            (true, true) => "descending",
            (true, false) => "ascending",
        };
        let sign = match (sorted, window.descending) {
            (false, _) => "",
            (true, true) => " ▾",
            (true, false) => " ▴",
        };
        html! {
            <div class={classes!("actors__cell", class)} role="columnheader" aria-sort={order} key={name}>
                <button class="actors__sort" onclick={world.on(move || Action::Sort(sort))} title={format!("Sort by {}", name.to_lowercase())}>
                    { name }{ sign }
                </button>
            </div>
        }
    });
    let table = use_node_ref();
    let onkeydown = {
        let (world, table) = (world.clone(), table.clone());
        Callback::from(move |event: KeyboardEvent| {
            let step: i64 = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                _ => return,
            };
            let snapshot = &world.state.snapshot;
            let now = snapshot.actors.iter().position(|row| Some(row.actor) == world.state.selected);
            let next = now.map_or(0, |now| now as i64 + step);
            let next = usize::try_from(next).ok().and_then(|next| Some((next, snapshot.actors.get(next)?)));
            let (Some((index, row)), Some(table)) = (next, table.cast::<HtmlElement>()) else {
                return;
            };
            event.prevent_default();
            world.dispatch(Action::Select(Some(row.actor)));
            // Keep the row between the heading and the lower edge.
            let top = ((f64::from(snapshot.actors_first) + index as f64) * ROW) as i32;
            let room = table.client_height() - 2 * ROW as i32;
            table.set_scroll_top(table.scroll_top().clamp((top - room).max(0), top));
        })
    };
    let total = snapshot.actors_total;
    let height = (f64::from(total) * ROW).min(HEIGHT_MAX);
    let top = (f64::from(snapshot.actors_first) * ROW).min(HEIGHT_MAX);
    let spacer = use_node_ref();
    let sized = spacer.clone();
    use_effect_with((height as u64, top as u64), move |(height, top)| {
        if let Some(element) = sized.cast::<HtmlElement>() {
            // Our own properties; setting them cannot fail.
            let _ = element.style().set_property("--rows-height", &format!("{height}px"));
            let _ = element.style().set_property("--rows-top", &format!("{top}px"));
        }
    });
    html! {
        <div class="actors" data-testid="actors">
            <Legend
                text="Every actor: what it does, what waits for it, what it holds."
                more="An actor runs on a core (running), waits in a run queue (ready) or waits for a message (waiting). Mailbox is \
                      the number of messages that wait for it, heap is memory in use, reductions count its calls and backward \
                      jumps. Click a row, or move with the arrow keys, to show that actor in all \
                      views; click a heading to sort."
            />
            <div class="actors__table" role="table" aria-rowcount={total.to_string()} aria-label="Actors" tabindex="0" ref={table} {onscroll} {onkeydown}>
                <div class="actors__row actors__row--head" role="row">
                    { for heads }
                    <div class="actors__cell actors__number" role="columnheader">{ "Line" }</div>
                </div>
                <div class="actors__rows" ref={spacer} role="rowgroup">
                    <div class="actors__shown">
                        { for snapshot.actors.iter().enumerate().map(|(index, row)| html! {
                            <Row key={row.actor.0} row={row.clone()} index={snapshot.actors_first + index as u32} chosen={state.selected == Some(row.actor)} />
                        }) }
                    </div>
                </div>
                if total == 0 { { empty("Nothing runs yet. Press Run; the Ring and Ping-pong examples make many actors.") } }
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    row: ActorRow,
    index: u32,
    chosen: bool,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let latest = use_latest();
    let row = &props.row;
    let (word, sign) = format::actor_state(row.state);
    let actor = row.actor;
    html! {
        <div
            class={classes!("actors__row", props.chosen.then_some("actors__row--chosen"))}
            role="row"
            aria-rowindex={(props.index + 1).to_string()}
            aria-selected={props.chosen.to_string()}
            data-actor={actor.0.to_string()}
            onclick={Callback::from(move |_: MouseEvent| latest.select(actor))}
        >
            <div class="actors__cell actors__name" role="cell">
                <Swatch {actor} /><span class="actors__label">{ format::actor_name(Some(row), actor) }</span>
            </div>
            <div class={classes!("actors__cell", "actors__state", format!("actors__state--{word}"))} role="cell">
                <span class="actors__sign" aria-hidden="true">{ sign }</span>{ word }
            </div>
            <div class={classes!("actors__cell", "actors__number", (row.mailbox >= 1_000).then_some("actors__number--high"))} role="cell">
                { format::grouped(row.mailbox.into()) }
            </div>
            <div class="actors__cell actors__number" role="cell">{ format::words(row.heap_words) }</div>
            <div class="actors__cell actors__number" role="cell">{ format::grouped(row.reductions) }</div>
            <div class="actors__cell actors__word" role="cell">{ format::priority(row.priority) }</div>
            <div class="actors__cell actors__number" role="cell">{ if row.line > 0 { row.line.to_string() } else { String::new() } }</div>
        </div>
    }
}
