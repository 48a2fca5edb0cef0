//! The share dialog: the link, its length, and what it carries.

use yew::prelude::*;

use super::dialog::Modal;
use crate::format;
use crate::hooks::use_world;
use crate::open;

/// Characters past which some services cut links.
pub const LONG_LINK: usize = 2_000;

/// The dialog.
#[component]
pub fn Share() -> Html {
    let world = use_world();
    let link = use_memo((), {
        let world = world.clone();
        move |()| open::address_of(&protocol::encode_link(&world.contents()))
    });
    let copied = use_state_eq(|| false);
    let oncopy = {
        let (link, copied) = (link.clone(), copied.setter());
        Callback::from(move |_: MouseEvent| {
            crate::hooks::copy_text(&link);
            copied.set(true);
        })
    };
    let length = link.chars().count();
    let long = length > LONG_LINK;
    html! {
        <Modal title="Share this program" testid="share-dialog">
            <p class="modal__text">
                { "The link was put into the address bar and copied. It carries the program, its settings and breakpoints; \
                   nothing is stored anywhere else. Opening it does not run it." }
            </p>
            <textarea class="share__link" data-testid="share-link" readonly=true rows="4" aria-label="Link" value={(*link).clone()} />
            <div class="share__row">
                <meter class="share__meter" min="0" max="4000" high={LONG_LINK.to_string()} value={length.min(4_000).to_string()} aria-hidden="true" />
                <span data-testid="share-length" class={long.then_some("share__long")}>
                    { format!("{} characters", format::grouped(length as u64)) }
                </span>
                <button class="control control--main" onclick={oncopy}>{ if *copied { "Copied" } else { "Copy again" } }</button>
            </div>
            if long {
                <p class="share__warning" data-testid="share-warning" role="alert">
                    { "Longer than 2,000 characters: some chats and trackers cut such links. Check that it still opens where you send it." }
                </p>
            }
        </Modal>
    }
}
