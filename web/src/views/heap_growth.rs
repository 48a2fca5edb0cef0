//! Snapshots of a heap that a person has taken, and what grew between the last two.
//!
//! 1. The page keeps what each of the last ones tells; only the newest one's objects can be looked at.

use std::cmp::Reverse;
use std::rc::Rc;

use protocol::{ActorNumber, HeapGrowth, HeapGrowthRow, HeapSummary};
use yew::prelude::*;

use super::heap_sites::line;
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;

/// Rows that are drawn.
const ROWS_MAX: usize = 100;

/// What the rows are sorted by, most growth first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    Objects,
    #[default]
    Size,
}

/// The snapshots of an actor, the newest first.
pub fn of_actor(world: &World, actor: ActorNumber) -> impl Iterator<Item = &Rc<HeapSummary>> {
    world.state.heap_snapshots.iter().filter(move |one| one.actor == Some(actor))
}

/// The button that takes a snapshot, and the one that compares it with the one before.
pub fn buttons(world: &World, actor: ActorNumber, compares: &UseStateHandle<bool>) -> Html {
    let ontake = {
        let world = world.clone();
        Callback::from(move |_: MouseEvent| {
            let asker = world.clone();
            world
                .engine
                .take_heap(actor, move |answer| asker.dispatch(Action::HeapTaken(answer.map(Rc::new))));
        })
    };
    let oncompare = {
        let compares = compares.clone();
        Callback::from(move |_: MouseEvent| compares.set(!*compares))
    };
    let can_compare = of_actor(world, actor).count() > 1;
    html! {
        <>
            <button class="control heap__button" data-testid="heap-snapshot" onclick={ontake} title="Note what this heap holds now; take two to see what grew in between">
                { "Take snapshot" }
            </button>
            if can_compare {
                <button class="control heap__button" data-testid="heap-compare" aria-pressed={compares.to_string()} onclick={oncompare} title="What grew since the snapshot before the last one">
                    { "Compare with the one before" }
                </button>
            }
        </>
    }
}

/// Properties of [`Snapshots`].
#[derive(Properties, PartialEq)]
pub struct SnapshotsProps {
    /// Whose.
    pub actor: ActorNumber,
    /// Shows what grew between the last two.
    pub compares: bool,
}

/// The last snapshots of an actor.
#[component]
pub fn Snapshots(props: &SnapshotsProps) -> Html {
    let world = use_world();
    let order = use_state_eq(Order::default);
    let mut snapshots = of_actor(&world, props.actor);
    let (newest, before) = (snapshots.next(), snapshots.next());
    let failed = world.state.heap_snapshot_failed.as_ref();
    if newest.is_none() && failed.is_none() {
        return html! {};
    }
    let growth = newest.zip(before).filter(|_| props.compares);
    html! {
        <section class="growth" data-testid="heap-growth" aria-label="Snapshots" aria-live="polite">
            if let Some(text) = failed { <p class="growth__failed">{ text }</p> }
            if newest.is_some() {
                <h3 class="growth__title">{ if growth.is_some() { "Growth between two snapshots" } else { "Snapshot" } }</h3>
            }
            if let Some((_, before)) = growth { <p class="growth__of">{ "From: " }{ in_short(before) }</p> }
            if let Some(newest) = newest {
                <p class="growth__of">{ if growth.is_some() { "To: " } else { "" } }{ in_short(newest) }</p>
            }
            if let Some((newest, before)) = growth { { tables(&world, newest, &HeapGrowth::between(before, newest), &order) } }
        </section>
    }
}

fn in_short(snapshot: &HeapSummary) -> String {
    let garbage = match snapshot.unreachable_words {
        0 => String::new(),
        words => format!(", {} that nothing reaches", format::words(words)),
    };
    format!(
        "{} objects in {}{garbage}, after {} reductions",
        format::grouped(snapshot.objects),
        format::words(snapshot.words),
        format::grouped(snapshot.reductions)
    )
}

fn tables(world: &World, newest: &HeapSummary, growth: &HeapGrowth, order: &UseStateHandle<Order>) -> Html {
    // A line that has made nothing of what there is now leads nowhere.
    let place = |name: &str| {
        let mut sites = newest.by_site.iter().filter_map(|row| row.site.as_ref());
        sites.find(|site| site.label() == name).map_or_else(|| html! { { name } }, |site| line(world, site))
    };
    html! {
        <>
            { table("Type", &growth.by_type, order, |name| html! { { name } }) }
            if !growth.by_site.is_empty() { { table("Made at", &growth.by_site, order, place) } }
        </>
    }
}

fn table(
    title: &'static str,
    rows: &[HeapGrowthRow],
    order: &UseStateHandle<Order>,
    named: impl Fn(&str) -> Html,
) -> Html {
    let mut changed: Vec<&HeapGrowthRow> =
        rows.iter().filter(|row| row.growth_objects() != 0 || row.growth_words() != 0).collect();
    changed.sort_unstable_by_key(|row| {
        Reverse(if **order == Order::Objects { row.growth_objects() } else { row.growth_words() })
    });
    let (same, more) = (rows.len() - changed.len(), changed.len().saturating_sub(ROWS_MAX));
    let head = |name: &'static str, by: Order| {
        let chosen = **order == by;
        let onclick = {
            let order = order.clone();
            Callback::from(move |_: MouseEvent| order.set(by))
        };
        html! {
            <th class="table__number" aria-sort={if chosen { "descending" } else { "none" }}>
                <button class="growth__sort" {onclick} title={format!("Sort by growth in {}", name.to_lowercase())}>
                    { name }{ if chosen { " ▾" } else { "" } }
                </button>
            </th>
        }
    };
    html! {
        <>
            <table class="table heap__types growth__table">
                <thead><tr><th>{ title }</th>{ head("Objects", Order::Objects) }{ head("Size", Order::Size) }</tr></thead>
                <tbody>
                    { for changed.into_iter().take(ROWS_MAX).map(|row| html! {
                        <tr key={row.name.clone()}>
                            <td class="growth__name" title={row.name.clone()}>{ named(&row.name) }</td>
                            <td class="table__number" title={from_to(row.objects_before, row.objects_after, format::grouped)}>{ signed(row.growth_objects(), format::grouped) }</td>
                            <td class="table__number" title={from_to(row.words_before, row.words_after, format::words)}>{ signed(row.growth_words(), format::words) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
            if more > 0 { <p class="more">{ format!("{} more", format::grouped(more as u64)) }</p> }
            if same > 0 { <p class="quiet">{ format!("{} as before", format::grouped(same as u64)) }</p> }
        </>
    }
}

fn from_to(before: u64, after: u64, shown: fn(u64) -> String) -> String {
    format!("{} → {}", shown(before), shown(after))
}

/// `+1,234`, `−12`, `0`.
fn signed(growth: i64, shown: fn(u64) -> String) -> String {
    let sign = match growth {
        1.. => "+",
        0 => "",
        _ => "−",
    };
    format!("{sign}{}", shown(growth.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_has_a_sign() {
        assert_eq!(signed(1_234, format::grouped), "+1,234");
        assert_eq!(signed(-2, format::words), "−16 B");
        assert_eq!(signed(0, format::grouped), "0");
        assert_eq!(from_to(1, 2_000, format::grouped), "1 → 2,000");
    }
}
