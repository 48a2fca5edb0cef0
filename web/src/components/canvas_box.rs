//! A canvas that draws when its data changes, with a description and a table twin.
//!
//! 1. Nothing is drawn unless `version` or the size changed.
//! 2. The twin holds the same facts as the picture, for eyes and screen readers alike.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::prelude::*;

use crate::canvas::{Canvas, palette};

/// A point on a canvas, with the canvas's size, all in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Of the canvas.
    pub width: f64,
    /// Of the canvas.
    pub height: f64,
}

/// What draws.
#[derive(Clone)]
pub struct Draw(std::rc::Rc<dyn Fn(&Canvas<'_>)>);

impl Draw {
    /// From a function.
    pub fn new(draw: impl Fn(&Canvas<'_>) + 'static) -> Draw {
        Draw(std::rc::Rc::new(draw))
    }
}

impl PartialEq for Draw {
    /// Functions cannot be compared; `version` says what changed.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Properties of [`CanvasBox`].
#[derive(Properties, PartialEq)]
pub struct CanvasBoxProps {
    /// Class of the canvas.
    pub class: &'static str,
    /// For tests.
    #[prop_or_default]
    pub testid: Option<&'static str>,
    /// What the picture shows, in words.
    pub label: AttrValue,
    /// Draws it.
    pub draw: Draw,
    /// Moves when the picture changes.
    pub version: u64,
    /// The pointer moved over it, or left.
    #[prop_or_default]
    pub onpoint: Callback<Option<Point>>,
    /// It was clicked.
    #[prop_or_default]
    pub onpick: Callback<Point>,
}

/// A canvas. See the module's invariants.
#[component]
pub fn CanvasBox(props: &CanvasBoxProps) -> Html {
    let node = use_node_ref();
    let resized = use_state_eq(|| 0u64);
    let setter = resized.setter();
    use_effect_with((), move |()| {
        let mut count = 0;
        let listener = Closure::<dyn FnMut()>::new(move || {
            count += 1;
            setter.set(count);
        });
        let function: js_sys::Function = listener.as_ref().unchecked_ref::<js_sys::Function>().clone();
        if let Some(window) = web_sys::window() {
            // A fixed, valid event name: this cannot fail.
            let _ = window.add_event_listener_with_callback("resize", &function);
        }
        move || {
            if let Some(window) = web_sys::window() {
                let _ = window.remove_event_listener_with_callback("resize", &function);
            }
            drop(listener);
        }
    });
    let canvas = node.clone();
    let draw = props.draw.clone();
    use_effect_with((props.version, *resized), move |_| {
        if let Some(element) = canvas.cast::<HtmlCanvasElement>() {
            paint(&element, &draw);
        }
    });
    let point = {
        let node = node.clone();
        move |event: &MouseEvent| {
            let element = node.cast::<HtmlCanvasElement>()?;
            let (width, height) = (f64::from(element.client_width()), f64::from(element.client_height()));
            Some(Point { x: f64::from(event.offset_x()), y: f64::from(event.offset_y()), width, height })
        }
    };
    let onmousemove = {
        let (point, onpoint) = (point.clone(), props.onpoint.clone());
        Callback::from(move |event: MouseEvent| onpoint.emit(point(&event)))
    };
    let onmouseleave = props.onpoint.reform(|_: MouseEvent| None);
    let onclick = {
        let onpick = props.onpick.clone();
        Callback::from(move |event: MouseEvent| {
            if let Some(point) = point(&event) {
                onpick.emit(point);
            }
        })
    };
    html! {
        <canvas
            ref={node}
            class={classes!("canvas-box", props.class)}
            data-testid={props.testid}
            role="img"
            aria-label={props.label.clone()}
            {onmousemove}
            {onmouseleave}
            {onclick}
        />
    }
}

fn paint(element: &HtmlCanvasElement, draw: &Draw) {
    let (width, height) = (f64::from(element.client_width()), f64::from(element.client_height()));
    if width <= 0.0 || height <= 0.0 {
        return;
    }
    let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 3.0);
    let (across, down) = ((width * ratio).round() as u32, (height * ratio).round() as u32);
    if element.width() != across || element.height() != down {
        element.set_width(across);
        element.set_height(down);
    }
    let context = element.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok())
    else {
        return;
    };
    // Fails only for numbers that are not finite; the ratio is.
    let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
    context.set_global_alpha(1.0);
    let palette = palette();
    (draw.0)(&Canvas { context: &context, width, height, palette: &palette });
}

/// Properties of [`Twin`].
#[derive(Properties, PartialEq)]
pub struct TwinProps {
    /// What the table shows.
    pub summary: &'static str,
    /// The table.
    pub children: Html,
}

/// The table twin of a picture, folded until asked for.
#[component]
pub fn Twin(props: &TwinProps) -> Html {
    html! {
        <details class="twin">
            <summary class="twin__summary">{ props.summary }</summary>
            { props.children.clone() }
        </details>
    }
}
