//! A media query as a value.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

/// Whether `query` holds now; renders again when that changes.
#[hook]
pub fn use_media(query: &'static str) -> bool {
    let list =
        use_memo((), |()| web_sys::window().and_then(|window| window.match_media(query).ok().flatten()));
    let holds = use_state_eq(|| (*list).as_ref().is_some_and(web_sys::MediaQueryList::matches));
    let setter = holds.setter();
    use_effect_with((), move |()| {
        let watched = (*list).as_ref().cloned();
        let source = watched.clone();
        let listener = Closure::<dyn Fn()>::new(move || {
            if let Some(list) = &source {
                setter.set(list.matches());
            }
        });
        if let Some(list) = &watched {
            // A browser without listeners keeps the first answer.
            let _ = list.add_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
        }
        move || {
            if let Some(list) = &watched {
                let _ = list.remove_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
            }
            drop(listener);
        }
    });
    *holds
}
