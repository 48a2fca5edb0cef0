//! Two panes with a handle between them, by pointer or arrow keys; sizes are kept.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, PointerEvent};
use yew::prelude::*;

use crate::drafts;

/// Which way the panes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Side by side.
    Columns,
    /// One above the other.
    Rows,
}

/// Properties of [`Split`].
#[derive(Properties, PartialEq)]
pub struct SplitProps {
    /// Name of the stored size.
    pub name: &'static str,
    /// Which way.
    pub axis: Axis,
    /// Share of the first pane at first, percent.
    pub start: u32,
    /// Left or upper.
    pub first: Html,
    /// Right or lower.
    pub second: Html,
}

const LEAST: u32 = 12;
const MOST: u32 = 88;
const STEP: u32 = 4;

/// Two panes. See the module.
#[component]
pub fn Split(props: &SplitProps) -> Html {
    let key = format!("split.{}", props.name);
    let start = props.start;
    let share = use_state_eq(|| {
        drafts::preference(&key).and_then(|text| text.parse().ok()).unwrap_or(start).clamp(LEAST, MOST)
    });
    let node = use_node_ref();
    let dragging = use_mut_ref(|| false);
    let axis = props.axis;

    let target = node.clone();
    use_effect_with(*share, move |share| {
        if let Some(element) = target.cast::<HtmlElement>() {
            // The property is ours; setting it cannot fail.
            let _ = element.style().set_property("--split", &format!("{share}fr"));
            let _ = element.style().set_property("--split-rest", &format!("{}fr", 100 - share));
        }
        // Canvases measure themselves again.
        if let (Some(window), Ok(event)) = (web_sys::window(), web_sys::Event::new("resize")) {
            let _ = window.dispatch_event(&event);
        }
    });
    let set = {
        let share = share.setter();
        let key = key.clone();
        move |percent: u32| {
            let percent = percent.clamp(LEAST, MOST);
            drafts::set_preference(&key, &percent.to_string());
            share.set(percent);
        }
    };
    let onpointerdown = {
        let dragging = dragging.clone();
        Callback::from(move |event: PointerEvent| {
            *dragging.borrow_mut() = true;
            if let Some(handle) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
                // Without capture the drag ends when the pointer leaves the handle.
                let _ = handle.set_pointer_capture(event.pointer_id());
            }
            event.prevent_default();
        })
    };
    let onpointermove = {
        let (dragging, node, set) = (dragging.clone(), node.clone(), set.clone());
        Callback::from(move |event: PointerEvent| {
            if !*dragging.borrow() {
                return;
            }
            let Some(element) = node.cast::<HtmlElement>() else { return };
            let bounds = element.get_bounding_client_rect();
            let (at, from, size) = match axis {
                Axis::Columns => (f64::from(event.client_x()), bounds.left(), bounds.width()),
                Axis::Rows => (f64::from(event.client_y()), bounds.top(), bounds.height()),
            };
            set(((at - from) / size.max(1.0) * 100.0).round().max(0.0) as u32);
        })
    };
    let onpointerup = Callback::from(move |_: PointerEvent| *dragging.borrow_mut() = false);
    let onkeydown = {
        let now = *share;
        let set = set.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowLeft" | "ArrowUp" => now.saturating_sub(STEP),
                "ArrowRight" | "ArrowDown" => now + STEP,
                "Home" => LEAST,
                "End" => MOST,
                _ => return,
            };
            event.prevent_default();
            set(step);
        })
    };
    let ondblclick = Callback::from(move |_: MouseEvent| set(start));
    let (class, orientation) = match axis {
        Axis::Columns => ("split split--columns", "vertical"),
        Axis::Rows => ("split split--rows", "horizontal"),
    };
    html! {
        <div {class} ref={node}>
            <div class="split__pane">{ props.first.clone() }</div>
            <div
                class="split__handle"
                role="separator"
                tabindex="0"
                aria-label="Resize the panes"
                aria-orientation={orientation}
                aria-valuemin={LEAST.to_string()}
                aria-valuemax={MOST.to_string()}
                aria-valuenow={share.to_string()}
                {onpointerdown}
                {onpointermove}
                {onpointerup}
                {onkeydown}
                {ondblclick}
            />
            <div class="split__pane">{ props.second.clone() }</div>
        </div>
    }
}
