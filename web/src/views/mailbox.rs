//! Messages that wait for the selected actor, who sent them, and which mailboxes grow.

use protocol::{ActorNumber, MessageRow};
use yew::prelude::*;

use super::empty;
use crate::components::{Legend, Sparkline};
use crate::format;
use crate::hooks::{World, use_world};

/// Senders listed.
const SENDERS: usize = 6;
/// Waiting messages from which on a growing mailbox is flagged.
const FLAG_AT: f64 = 50.0;

/// The view.
#[component]
pub fn Mailbox() -> Html {
    let world = use_world();
    let state = &world.state;
    let detail = state.snapshot.selected.as_ref().filter(|detail| Some(detail.row.actor) == state.selected);
    let fullest = state.snapshot.actors.iter().filter(|row| row.mailbox > 0);
    let fullest: Vec<_> = fullest.map(|row| html! {
        <li key={row.actor.0}>{ world.link(row.actor) }<span class="mailbox__count">{ format::grouped(row.mailbox.into()) }</span></li>
    }).collect();
    html! {
        <div class="mailbox" data-testid="mailbox">
            <Legend
                text="Messages that wait for one actor, oldest first."
                more="A message is copied into the receiver's heap when it is taken. receive looks for the oldest message that one \
                      of its clauses matches; the others stay. A mailbox that only grows belongs to an actor that is slower than \
                      those that send to it."
            />
            if let Some(detail) = detail {
                <div class="mailbox__head">
                    { world.link(detail.row.actor) }
                    <span class="mailbox__depth">{ format!("{} waiting", format::grouped(detail.row.mailbox.into())) }</span>
                    { growth(&state.history.mailbox_depths(detail.row.actor)) }
                </div>
                { senders(&world, &detail.mailbox) }
                <div class="table-scroll">
                    <table class="table">
                        <caption class="visually-hidden">{ "Waiting messages" }</caption>
                        <thead><tr><th>{ "#" }</th><th>{ "From" }</th><th>{ "Message" }</th><th class="table__number">{ "Size" }</th></tr></thead>
                        <tbody>
                            { for detail.mailbox.iter().enumerate().map(|(index, message)| html! {
                                <tr key={index}>
                                    <td class="table__number">{ index + 1 }</td>
                                    <td>{ sender(&world, message.sender) }</td>
                                    <td class="table__code" title={message.text.clone()}>{ &message.text }</td>
                                    <td class="table__number">{ format::bytes(message.bytes.into()) }</td>
                                </tr>
                            }) }
                        </tbody>
                    </table>
                    if detail.mailbox.is_empty() { { empty("No message waits. The Producer and consumer example fills a mailbox.") } }
                    if detail.mailbox_more > 0 {
                        <p class="more">{ format!("{} more", format::grouped(detail.mailbox_more.into())) }</p>
                    }
                </div>
            } else {
                { empty("Select an actor to see the messages that wait for it.") }
            }
            if !fullest.is_empty() {
                <h3 class="view__sub">{ "Fullest mailboxes" }</h3>
                <ul class="mailbox__fullest">{ for fullest }</ul>
            }
        </div>
    }
}

fn sender(world: &World, sender: Option<ActorNumber>) -> Html {
    match sender {
        Some(actor) => world.link(actor),
        None => html! { <span class="quiet">{ "the machine" }</span> },
    }
}

fn growth(depths: &[f64]) -> Html {
    let last = depths.last().copied().unwrap_or(0.0);
    let before = depths.len().checked_sub(12).and_then(|index| depths.get(index)).copied().unwrap_or(last);
    let grows = last >= FLAG_AT && last > before * 1.1;
    html! {
        <>
            <Sparkline values={depths.to_vec()} label={format!("Mailbox depth over time, now {last}")} />
            if grows { <strong class="mailbox__flag" role="status">{ "▲ growing" }</strong> }
        </>
    }
}

/// Who sent most of what is listed.
fn senders(world: &World, messages: &[MessageRow]) -> Html {
    let mut counts: Vec<(Option<ActorNumber>, usize)> = Vec::new();
    for message in messages {
        match counts.iter_mut().find(|(sender, _)| *sender == message.sender) {
            Some((_, count)) => *count += 1,
            None => counts.push((message.sender, 1)),
        }
    }
    if counts.len() < 2 {
        return html! {};
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    html! {
        <ul class="mailbox__senders" aria-label="Senders of the listed messages">
            { for counts.iter().take(SENDERS).map(|(from, count)| html! {
                <li>{ sender(world, *from) }<span class="mailbox__count">{ count }</span></li>
            }) }
        </ul>
    }
}
