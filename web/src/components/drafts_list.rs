//! Programs kept in this browser: open, remove, export.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::JsValue;
use yew::prelude::*;

use super::dialog::Modal;
use crate::download::save_file;
use crate::drafts::{self, Draft};
use crate::hooks::use_world;
use crate::open;
use crate::state::{Action, Origin};
use crate::view::{Notice, NoticeKind};

/// The dialog.
#[component]
pub fn DraftsList() -> Html {
    let world = use_world();
    let list = use_state(drafts::all);
    let current = match &world.state.origin {
        Origin::Draft(id) => Some(id.clone()),
        _ => None,
    };
    let rows = list.iter().map(|draft| {
        let restore = {
            let (world, draft) = (world.clone(), draft.clone());
            Callback::from(move |_: MouseEvent| {
                match draft.contents() {
                    Ok(found) => world.open(open::contents(Origin::Draft(draft.id.clone()), found)),
                    Err(error) => {
                        let text = format!("This draft cannot be opened: {error}.");
                        world.dispatch(Action::Notify(Notice::new(NoticeKind::Error, &text)));
                    }
                }
                world.dispatch(Action::ShowDialog(None));
            })
        };
        let remove = {
            let (list, id) = (list.setter(), draft.id.clone());
            Callback::from(move |_: MouseEvent| {
                drafts::remove(&id);
                list.set(drafts::all());
            })
        };
        let here = current.as_deref() == Some(&draft.id);
        html! {
            <li class="drafts__row" key={draft.id.clone()}>
                <button class="drafts__open" onclick={restore}>
                    <span class="drafts__name">{ &draft.name }</span>
                    <span class="drafts__date">{ date(draft.date_ms) }{ if here { " (open now)" } else { "" } }</span>
                </button>
                if !here {
                    <button class="control" onclick={remove} aria-label={format!("Remove {}", draft.name)}>{ "Remove" }</button>
                }
            </li>
        }
    });
    let export = {
        let list = list.clone();
        Callback::from(move |_: MouseEvent| export_all(&list))
    };
    html! {
        <Modal title="Drafts in this browser" testid="drafts-dialog">
            if list.is_empty() {
                <p class="modal__text">{ "Nothing yet. Every program that you edit is kept here by itself." }</p>
            } else {
                <ul class="drafts">{ for rows }</ul>
                <button class="control" onclick={export}>{ "Export all" }</button>
            }
        </Modal>
    }
}

fn date(ms: f64) -> String {
    let date = js_sys::Date::new(&ms.into());
    String::from(date.to_locale_string("default", &JsValue::UNDEFINED))
}

/// Hands all drafts over as one JSON file.
fn export_all(list: &[Draft]) {
    let all = Array::new();
    for draft in list {
        let one = Object::new();
        let set = |name: &str, value: JsValue| {
            // A fresh object takes any field.
            let _ = Reflect::set(&one, &name.into(), &value);
        };
        set("name", draft.name.clone().into());
        set("date", js_sys::Date::new(&draft.date_ms.into()).to_iso_string().into());
        set("link", draft.link.clone().into());
        let files = Array::new();
        for file in draft.contents().map(|contents| contents.files).unwrap_or_default() {
            let entry = Array::of2(&file.name.into(), &file.text.into());
            files.push(&entry);
        }
        set("files", files.into());
        all.push(&one);
    }
    let Ok(text) = JSON::stringify_with_replacer_and_space(&all, &JsValue::NULL, &2.into()) else { return };
    save_file("physics-world-drafts.json", "application/json", &text.into());
}
