//! A dialog over the page: Escape or a click beside it closes; the focus comes back.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement};
use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::hooks::use_world;
use crate::state::Action;

/// Properties of [`Modal`].
#[derive(Properties, PartialEq)]
pub struct ModalProps {
    /// Heading.
    pub title: &'static str,
    /// For tests.
    pub testid: &'static str,
    /// Contents.
    pub children: Html,
}

/// The dialog.
#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let world = use_world();
    let node = use_node_ref();
    let opened = node.clone();
    use_effect_with((), move |()| {
        let dialog = opened.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            // Fails only when the dialog is open already.
            let _ = dialog.show_modal();
        }
        move || {
            if let Some(dialog) = dialog {
                dialog.close();
            }
        }
    });
    let close = world.on(|| Action::ShowDialog(None));
    let onclose = world.on::<Event>(|| Action::ShowDialog(None));
    let onclick = {
        let (close, node) = (close.clone(), node.clone());
        Callback::from(move |event: MouseEvent| {
            let on_backdrop = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if on_backdrop.is_some_and(|target| node.cast::<Element>().is_some_and(|dialog| dialog == target))
            {
                close.emit(event);
            }
        })
    };
    html! {
        <dialog class="modal" ref={node} data-testid={props.testid} aria-label={props.title} {onclose} {onclick}>
            <div class="modal__box">
                <div class="modal__head">
                    <h2 class="modal__title">{ props.title }</h2>
                    <button class="control" aria-label="Close" title="Close (Esc)" onclick={close}><Icon glyph={Glyph::Close} /></button>
                </div>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
