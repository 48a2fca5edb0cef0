//! What follows from the state: commands to the engine, storage, the document.

use protocol::Command;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::VisibilityState;
use yew::prelude::*;

use crate::acts::act_of;
use crate::hooks::World;
use crate::observe::{Sight, observation};
use crate::state::{Action, EngineState, Origin};
use crate::view::Theme;
use crate::{canvas, drafts, open};

/// Ties the state to the world outside; called once, by the application component.
#[hook]
pub fn use_effects(world: &World, phone: bool, dark: bool) {
    let visible = use_visibility();
    let state = &world.state;
    let ready = matches!(state.engine, EngineState::Ready { .. });

    let wanted = observation(state, Sight { visible, phone });
    let engine = world.engine.clone();
    use_effect_with((wanted, ready), move |(wanted, ready)| {
        if *ready {
            engine.send(&Command::Observe(wanted.clone()));
        }
    });

    let engine = world.engine.clone();
    use_effect_with((state.speed, ready), move |(speed, ready)| {
        if *ready {
            engine.send(&Command::SetSpeed(*speed));
        }
    });

    let engine = world.engine.clone();
    use_effect_with((state.settings.collector, ready), move |(collector, ready)| {
        if *ready {
            engine.send(&Command::SetCollector(*collector));
        }
    });

    let engine = world.engine.clone();
    use_effect_with((state.breakpoints.clone(), ready), move |(points, ready)| {
        if *ready {
            engine.send(&Command::SetBreakpoints((**points).clone()));
        }
    });

    let saver = world.clone();
    use_effect_with(state.edits, move |edits| {
        if *edits == 0 {
            return;
        }
        let Origin::Draft(id) = &saver.state.origin else { return };
        let contents = saver.contents();
        let link = protocol::encode_link(&contents);
        saver.report(drafts::save(id, &drafts::title(&contents), &link));
        open::forget_other_link_in_address(&link);
    });

    use_effect_with((state.theme, dark), move |(theme, dark)| {
        canvas::forget_palette();
        drafts::set_preference("theme", theme.key());
        let root =
            web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
        if let Some(root) = root {
            // The attribute is ours and its name is valid: this cannot fail.
            let shown = match (theme, dark) {
                (Theme::Dark, _) | (Theme::System, true) => Theme::Dark,
                (Theme::Light, _) | (Theme::System, false) => Theme::Light,
            };
            let _ = root.set_attribute("data-theme", shown.key());
        }
    });

    use_window_event("keydown", true, world, |world, event| {
        let Some(key) = event.dyn_ref::<web_sys::KeyboardEvent>() else { return };
        let act = act_of(key.ctrl_key() || key.meta_key(), key.shift_key(), key.alt_key(), &key.key());
        if let Some(act) = act {
            event.prevent_default();
            event.stop_propagation();
            world.perform(act);
        }
    });

    use_window_event("pagehide", false, world, |world, _| world.save_now());

    use_window_event("hashchange", false, world, |world, _| {
        let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
        if hash.len() > 1 {
            let (opened, notice) = open::link(&hash);
            world.open(opened);
            if let Some(notice) = notice {
                world.dispatch(Action::Notify(notice));
            }
        }
    });
}

/// Whether the page is in the foreground.
#[hook]
fn use_visibility() -> bool {
    let now = || {
        let document = web_sys::window().and_then(|window| window.document());
        document.is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
    };
    let visible = use_state_eq(now);
    let setter = visible.setter();
    use_effect_with((), move |()| {
        let listener = Closure::<dyn Fn()>::new(move || setter.set(now()));
        let document = web_sys::window().and_then(|window| window.document());
        if let Some(document) = &document {
            // Without the event the page counts as visible for ever.
            let _ = document
                .add_event_listener_with_callback("visibilitychange", listener.as_ref().unchecked_ref());
        }
        // The application component lives as long as the page.
        listener.forget();
    });
    *visible
}

/// Listens on the window with the newest world.
#[hook]
fn use_window_event(
    name: &'static str,
    capture: bool,
    world: &World,
    handle: impl Fn(&World, &web_sys::Event) + 'static,
) {
    let newest = use_mut_ref(|| world.clone());
    *newest.borrow_mut() = world.clone();
    use_effect_with((), move |()| {
        let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            let world = newest.borrow().clone();
            handle(&world, &event);
        });
        if let Some(window) = web_sys::window() {
            let function = listener.as_ref().unchecked_ref();
            // The names are fixed and valid: this cannot fail.
            let _ = window.add_event_listener_with_callback_and_bool(name, function, capture);
        }
        listener.forget();
    });
}
