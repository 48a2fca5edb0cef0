//! Messages at the top, each until dismissed.

use yew::prelude::*;

use super::app::SINGLE_THREAD;
use super::icon::{Glyph, Icon};
use crate::drafts;
use crate::hooks::use_world;
use crate::state::Action;
use crate::view::NoticeKind;

/// All notices.
#[component]
pub fn Notices() -> Html {
    let world = use_world();
    html! {
        <div class="notices" data-testid="notices">
            { for world.state.notices.iter().enumerate().map(|(index, notice)| {
                let (class, word) = match notice.kind {
                    NoticeKind::Info => ("notice notice--info", "Note"),
                    NoticeKind::Warning => ("notice notice--warning", "Warning"),
                    NoticeKind::Error => ("notice notice--error", "Error"),
                };
                let dismiss = {
                    let world = world.clone();
                    let variant = notice.text == SINGLE_THREAD;
                    Callback::from(move |_: MouseEvent| {
                        if variant {
                            drafts::set_preference("variant-notice", "seen");
                        }
                        world.dispatch(Action::Dismiss(index));
                    })
                };
                html! {
                    <div {class} key={notice.text.clone()}>
                        <strong class="notice__kind">{ word }</strong>
                        <span class="notice__text">{ &notice.text }</span>
                        <button class="notice__close" onclick={dismiss} aria-label="Dismiss" title="Dismiss"><Icon glyph={Glyph::Close} /></button>
                    </div>
                }
            }) }
        </div>
    }
}
