//! Help: what this is, the keys, the words.

use yew::prelude::*;

use super::dialog::Modal;
use crate::acts::{ACTS, keys_text};

const WORDS: [(&str, &str); 8] = [
    (
        "actor",
        "A running piece of program with its own heap, stack and mailbox. Actors share nothing; they send messages.",
    ),
    ("mailbox", "Messages that wait for an actor, in order. receive takes the oldest one that matches."),
    ("reduction", "A call or a backward jump: the machine's unit of work, the same on every computer."),
    (
        "nursery",
        "Where new objects are made. When it is full, what is still in use is moved out and the rest is forgotten.",
    ),
    ("old space", "Where objects live that survived. It is marked and swept or compacted when it has grown."),
    ("link", "Two actors that end together when one fails."),
    ("monitor", "One actor is told, by a message, when another ends."),
    ("core", "A worker of the browser that runs actors in turn, a slice at a time."),
];

/// The dialog.
#[component]
pub fn Help() -> Html {
    html! {
        <Modal title="Keys and words" testid="help-dialog">
            <p class="modal__text">
                { "Write a Scheme program, run it on every core, and watch its actors, heaps, mailboxes and collections. \
                   Click a line number to set a breakpoint. Escape, then Tab, leaves the editor." }
            </p>
            <h3 class="modal__sub">{ "Keys" }</h3>
            <dl class="help__list">
                { for ACTS.iter().filter_map(|(_, name, keys)| keys.map(|keys| html! {
                    <><dt><kbd>{ keys_text(keys) }</kbd></dt><dd>{ *name }</dd></>
                })) }
                <dt><kbd>{ "F9" }</kbd></dt><dd>{ "Breakpoint on the cursor's line, in the editor" }</dd>
            </dl>
            <h3 class="modal__sub">{ "Words" }</h3>
            <dl class="help__list">
                { for WORDS.iter().map(|(word, about)| html! { <><dt>{ *word }</dt><dd>{ *about }</dd></> }) }
            </dl>
        </Modal>
    }
}
