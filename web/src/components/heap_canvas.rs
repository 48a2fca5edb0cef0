//! The heap's words on a canvas that can be panned, zoomed and walked through, by pointer, wheel, fingers and keys.
//!
//! 1. Two canvases lie one upon the other: the words below, drawn by WebGL 2, and what is written over them above. Without
//!    a graphics card, or when its context is lost, the upper one shows the words too.
//! 2. It is drawn at most once a frame, when something has changed, and camera movements change nothing else.
//! 3. What keys do pointers can do too, and the other way round.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{
    AddEventListenerOptions, CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, ImageData,
    ResizeObserver, WheelEvent,
};
use yew::prelude::*;

use crate::canvas::{
    Camera, Canvas, ColourBy, HeapGl, HeapLine, Inks, Marks, Texels, draw_flat, draw_heap_overlay, palette,
    rgb, strips,
};
use crate::picture::{Shot, Spot};

/// Movement up to which a press is a click, in pixels.
const CLICK_PIXELS: f64 = 5.0;
/// Step of the arrow keys, in pixels.
const KEY_PAN: f64 = 48.0;
/// Step of the zooming keys.
const KEY_ZOOM: f64 = 1.4;
/// Zoom of one pixel of the wheel, and pixels in one of its lines.
const WHEEL_ZOOM: f64 = 0.0015;
const WHEEL_LINE: f64 = 16.0;
/// Most pixels of the screen for one of the page's: beyond nobody sees a difference.
const RATIO_MAX: f64 = 2.0;

/// Properties of [`HeapCanvas`].
#[derive(Properties, PartialEq)]
pub struct HeapCanvasProps {
    /// For tests.
    pub testid: &'static str,
    /// What it shows, in words.
    pub label: AttrValue,
    /// What to show.
    pub shot: Shot,
    /// What colours tell apart.
    pub by: ColourBy,
    /// Moves when the theme does.
    pub theme: u64,
    /// What is chosen.
    #[prop_or_default]
    pub chosen: Option<Spot>,
    /// What is pointed at, or walked to with the keys (then true).
    pub onpoint: Callback<(Option<Spot>, bool)>,
    /// Something was clicked.
    pub onpick: Callback<Spot>,
    /// Changes when everything shall be shown again.
    #[prop_or_default]
    pub fit: u32,
}

enum Words {
    Untried,
    Gl(HeapGl),
    Flat(Vec<u8>),
}

/// What is drawn, and how. Shared by the component's callbacks.
struct Stage {
    wrapper: NodeRef,
    below: NodeRef,
    above: NodeRef,
    shot: RefCell<Option<Shot>>,
    by: Cell<ColourBy>,
    line: RefCell<HeapLine>,
    texels: RefCell<Texels>,
    is_stale: Cell<bool>,
    camera: Cell<Option<Camera>>,
    words: RefCell<Words>,
    chosen: Cell<Option<Spot>>,
    pointed: Cell<Option<Spot>>,
    /// Fingers and buttons that are down: which, and where.
    down: RefCell<Vec<(i32, (f64, f64))>>,
    travelled: Cell<f64>,
    is_due: Cell<bool>,
}

impl Stage {
    fn new() -> Rc<Stage> {
        Rc::new(Stage {
            wrapper: NodeRef::default(),
            below: NodeRef::default(),
            above: NodeRef::default(),
            shot: RefCell::default(),
            by: Cell::default(),
            line: RefCell::default(),
            texels: RefCell::default(),
            is_stale: Cell::new(true),
            camera: Cell::default(),
            words: RefCell::new(Words::Untried),
            chosen: Cell::default(),
            pointed: Cell::default(),
            down: RefCell::default(),
            travelled: Cell::default(),
            is_due: Cell::default(),
        })
    }

    fn size(&self) -> (f64, f64) {
        let element = self.wrapper.cast::<HtmlElement>();
        element.map_or((0.0, 0.0), |one| (f64::from(one.client_width()), f64::from(one.client_height())))
    }

    fn show(&self, shot: &Shot, by: ColourBy) {
        *self.line.borrow_mut() = HeapLine::new(shot);
        *self.shot.borrow_mut() = Some(shot.clone());
        self.by.set(by);
        self.is_stale.set(true);
    }

    /// The camera as it is now.
    fn camera(&self) -> Camera {
        let (width, height) = self.size();
        let line = self.line.borrow();
        let mut camera = match self.camera.get() {
            Some(camera) if !camera.fitted => camera,
            _ => Camera::fit(&line, width, height),
        };
        camera.keep_inside(&line, (width, height));
        self.camera.set(Some(camera));
        camera
    }

    fn moved(self: &Rc<Self>, change: impl FnOnce(&mut Camera, &HeapLine, (f64, f64))) {
        let mut camera = self.camera();
        change(&mut camera, &self.line.borrow(), self.size());
        self.camera.set(Some(camera));
        self.draw_soon();
    }

    fn pan(self: &Rc<Self>, by: (f64, f64)) {
        self.moved(|camera, line, size| {
            let before = (camera.x, camera.y);
            camera.pan(line, size, by);
            camera.fitted &= before == (camera.x, camera.y);
        });
    }

    fn zoom(self: &Rc<Self>, factor: f64, at: (f64, f64)) {
        self.moved(|camera, line, size| camera.zoom_at(line, size, factor, at));
    }

    fn fit(self: &Rc<Self>) {
        self.camera.set(None);
        self.draw_soon();
    }

    fn spot_at(&self, (x, y): (f64, f64)) -> Option<Spot> {
        let line = self.line.borrow();
        let (chunk, word) = line.chunk_at(self.camera().word_at(&line, x, y)?)?;
        self.shot.borrow().as_ref()?.spot(chunk, word)
    }

    fn mark(&self, spot: Option<Spot>) -> Option<(u64, u64)> {
        let spot = spot?;
        let first = *self.line.borrow().starts.get(spot.chunk)? + u64::from(spot.start);
        Some((first, first + u64::from(spot.words)))
    }

    fn draw_soon(self: &Rc<Self>) {
        if self.is_due.replace(true) {
            return;
        }
        let stage = Rc::clone(self);
        let frame = Closure::once_into_js(move || {
            stage.is_due.set(false);
            stage.draw();
        });
        let asked = web_sys::window().map(|window| window.request_animation_frame(frame.unchecked_ref()));
        if !matches!(asked, Some(Ok(_))) {
            self.is_due.set(false);
        }
    }

    fn draw(&self) {
        let shot = self.shot.borrow();
        let (Some(shot), Some(below), Some(above)) =
            (shot.as_ref(), self.below.cast::<HtmlCanvasElement>(), self.above.cast::<HtmlCanvasElement>())
        else {
            return;
        };
        let (width, height) = self.size();
        if width < 1.0 || height < 1.0 {
            return;
        }
        let camera = self.camera();
        let line = self.line.borrow();
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, RATIO_MAX);
        let size = ((width * ratio).round() as u32, (height * ratio).round() as u32);
        for canvas in [&below, &above] {
            if canvas.width() != size.0 || canvas.height() != size.1 {
                canvas.set_width(size.0);
                canvas.set_height(size.1);
            }
        }
        let context = above.get_context("2d").ok().flatten();
        let Some(context) = context.and_then(|one| one.dyn_into::<CanvasRenderingContext2d>().ok()) else {
            return;
        };
        let palette = palette();
        let inks = Inks {
            colours: self.by.get().colours(&palette),
            surface: rgb(&palette.surface),
            line: rgb(&palette.border_strong),
            accent: rgb(&palette.text),
        };
        let mut texels = self.texels.borrow_mut();
        let is_fresh = self.is_stale.replace(false);
        if is_fresh {
            texels.write(shot, &line, self.by.get());
        }
        let marks: Marks = [self.mark(self.chosen.get()), self.mark(self.pointed.get())];
        let seen = strips(&line, &camera, (width, height), ratio);
        // Fails only for numbers that are not finite.
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, width, height);
        let mut words = self.words.borrow_mut();
        if matches!(*words, Words::Untried) {
            *words = HeapGl::new(&below).map_or_else(|| Words::Flat(Vec::new()), Words::Gl);
            self.tell_way(&words);
        }
        if let Words::Gl(gl) = &*words {
            if gl.is_lost() || (is_fresh && !gl.upload(&texels)) {
                *words = Words::Flat(Vec::new());
                self.tell_way(&words);
            } else {
                gl.draw(size, ratio, texels.shift, &seen, &marks, &inks);
            }
        }
        if let Words::Flat(pixels) = &mut *words {
            draw_flat(pixels, size, &texels, &seen, &marks, &inks);
            // Fails only if there is no memory, and then there is nothing to show.
            if let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), size.0, size.1) {
                let _ = context.put_image_data(&image, 0.0, 0.0);
            }
        }
        let canvas = Canvas { context: &context, width, height, palette: &palette };
        draw_heap_overlay(&canvas, shot, &line, &camera, &marks);
    }

    /// Says in the document how words are drawn.
    fn tell_way(&self, words: &Words) {
        if let Some(wrapper) = self.wrapper.cast::<HtmlElement>() {
            let way = if matches!(words, Words::Gl(_)) { "webgl2" } else { "canvas" };
            // A fixed, valid name: this cannot fail.
            let _ = wrapper.set_attribute("data-drawn-by", way);
        }
    }

    /// The next or the last object, from where the keys are.
    fn walk(self: &Rc<Self>, forward: bool) -> Option<Spot> {
        let from = self.pointed.get().or(self.chosen.get());
        let spot = self.shot.borrow().as_ref()?.neighbour(from, forward)?;
        self.pointed.set(Some(spot));
        if let Some((word, _)) = self.mark(Some(spot)) {
            self.moved(|camera, line, size| camera.reveal(line, size, word));
        }
        Some(spot)
    }
}

/// The canvas. See the module's invariants.
#[component]
pub fn HeapCanvas(props: &HeapCanvasProps) -> Html {
    let stage = use_memo((), |()| Stage::new());
    let stage: Rc<Stage> = Rc::clone(&stage);
    use_outside_events(&stage);
    let drawn = Rc::clone(&stage);
    use_effect_with((props.shot.clone(), props.by), move |(shot, by)| {
        drawn.show(shot, *by);
        drawn.pointed.set(None);
        drawn.draw_soon();
    });
    let drawn = Rc::clone(&stage);
    use_effect_with((props.chosen, props.theme), move |(chosen, _)| {
        drawn.chosen.set(*chosen);
        if let Some((word, _)) = drawn.mark(*chosen) {
            drawn.moved(|camera, line, size| camera.reveal(line, size, word));
        }
        drawn.draw_soon();
    });
    let drawn = Rc::clone(&stage);
    use_effect_with(props.fit, move |_| drawn.fit());

    let place = |event: &PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let onpointerdown = {
        let stage = Rc::clone(&stage);
        Callback::from(move |event: PointerEvent| {
            if event.button() > 0 {
                return;
            }
            if let Some(wrapper) = stage.wrapper.cast::<HtmlElement>() {
                // A pointer that is gone already needs no capture.
                let _ = wrapper.set_pointer_capture(event.pointer_id());
            }
            let mut down = stage.down.borrow_mut();
            if down.is_empty() {
                stage.travelled.set(0.0);
            }
            down.push((event.pointer_id(), place(&event)));
        })
    };
    let onpointermove = {
        let (stage, onpoint) = (Rc::clone(&stage), props.onpoint.clone());
        Callback::from(move |event: PointerEvent| {
            let at = place(&event);
            if stage.down.borrow().is_empty() {
                let spot = stage.spot_at(at);
                if stage.pointed.replace(spot) != spot {
                    onpoint.emit((spot, false));
                    stage.draw_soon();
                }
                return;
            }
            drag(&stage, event.pointer_id(), at);
        })
    };
    let onpointerup = {
        let (stage, onpick, onpoint) = (Rc::clone(&stage), props.onpick.clone(), props.onpoint.clone());
        Callback::from(move |event: PointerEvent| {
            let at = place(&event);
            let was_down = {
                let mut down = stage.down.borrow_mut();
                let before = down.len();
                down.retain(|(id, _)| *id != event.pointer_id());
                before > down.len() && down.is_empty()
            };
            if was_down
                && stage.travelled.get() <= CLICK_PIXELS
                && event.type_() == "pointerup"
                && let Some(spot) = stage.spot_at(at)
            {
                onpoint.emit((Some(spot), false));
                onpick.emit(spot);
            }
        })
    };
    let onpointerleave = {
        let (stage, onpoint) = (Rc::clone(&stage), props.onpoint.clone());
        Callback::from(move |event: PointerEvent| {
            // A finger that is lifted has left; what it tapped stays described.
            if event.pointer_type() == "mouse" && stage.pointed.take().is_some() {
                onpoint.emit((None, false));
                stage.draw_soon();
            }
        })
    };
    let onkeydown = {
        let (stage, onpick, onpoint) = (Rc::clone(&stage), props.onpick.clone(), props.onpoint.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let (width, height) = stage.size();
            let middle = (width / 2.0, height / 2.0);
            match event.key().as_str() {
                "ArrowLeft" => stage.pan((KEY_PAN, 0.0)),
                "ArrowRight" => stage.pan((-KEY_PAN, 0.0)),
                "ArrowUp" => stage.pan((0.0, KEY_PAN)),
                "ArrowDown" => stage.pan((0.0, -KEY_PAN)),
                "PageUp" => stage.pan((0.0, height)),
                "PageDown" => stage.pan((0.0, -height)),
                "+" | "=" => stage.zoom(KEY_ZOOM, middle),
                "-" | "_" => stage.zoom(1.0 / KEY_ZOOM, middle),
                "0" | "f" | "Home" => stage.fit(),
                key @ ("n" | "p") => match stage.walk(key == "n") {
                    Some(spot) => onpoint.emit((Some(spot), true)),
                    None => return,
                },
                "Enter" | " " => match stage.pointed.get() {
                    Some(spot) => onpick.emit(spot),
                    None => return,
                },
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <div
            ref={stage.wrapper.clone()}
            class="heap__canvas"
            data-testid={props.testid}
            role="application"
            aria-roledescription="heap map"
            aria-label={props.label.clone()}
            tabindex="0"
            {onpointerdown}
            {onpointermove}
            onpointerup={onpointerup.clone()}
            onpointercancel={onpointerup}
            {onpointerleave}
            {onkeydown}
        >
            <canvas ref={stage.below.clone()} class="heap__words" aria-hidden="true"></canvas>
            <canvas ref={stage.above.clone()} class="heap__words" aria-hidden="true"></canvas>
        </div>
    }
}

/// One pointer drags; two zoom by their distance and drag by their middle.
fn drag(stage: &Rc<Stage>, id: i32, at: (f64, f64)) {
    let (before, after) = {
        let mut down = stage.down.borrow_mut();
        let before = down.clone();
        let Some(moved) = down.iter_mut().find(|(one, _)| *one == id) else { return };
        moved.1 = at;
        (before, down.clone())
    };
    let middle = |points: &[(i32, (f64, f64))]| {
        let count = points.len() as f64;
        let sum = points.iter().fold((0.0, 0.0), |sum, (_, at)| (sum.0 + at.0, sum.1 + at.1));
        (sum.0 / count, sum.1 / count)
    };
    let spread = |points: &[(i32, (f64, f64))]| match points {
        [(_, one), (_, other), ..] => (one.0 - other.0).hypot(one.1 - other.1).max(1.0),
        _ => 1.0,
    };
    let (from, to) = (middle(&before), middle(&after));
    let by = (to.0 - from.0, to.1 - from.1);
    stage.travelled.set(stage.travelled.get() + by.0.hypot(by.1));
    let factor = spread(&after) / spread(&before);
    if factor != 1.0 {
        stage.zoom(factor, to);
    }
    stage.pan(by);
}

/// Follows the canvas's size, and the wheel, which the framework would not let stop the page from scrolling.
#[hook]
fn use_outside_events(stage: &Rc<Stage>) {
    let stage = Rc::clone(stage);
    use_effect_with((), move |()| {
        let resized = Rc::clone(&stage);
        let on_resize = Closure::<dyn FnMut()>::new(move || resized.draw_soon());
        let turned = Rc::clone(&stage);
        let on_wheel = Closure::<dyn FnMut(WheelEvent)>::new(move |event: WheelEvent| {
            event.prevent_default();
            let line = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE { WHEEL_LINE } else { 1.0 };
            let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
            turned.zoom((-event.delta_y() * line * WHEEL_ZOOM).exp(), at);
        });
        let wrapper = stage.wrapper.cast::<HtmlElement>();
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
        let on_wheel_function: js_sys::Function =
            on_wheel.as_ref().unchecked_ref::<js_sys::Function>().clone();
        if let Some(wrapper) = &wrapper {
            if let Some(observer) = &observer {
                observer.observe(wrapper);
            }
            let options = AddEventListenerOptions::new();
            options.set_passive(false);
            // A fixed, valid event name: this cannot fail.
            let _ = wrapper.add_event_listener_with_callback_and_add_event_listener_options(
                "wheel",
                &on_wheel_function,
                &options,
            );
        }
        move || {
            if let Some(observer) = &observer {
                observer.disconnect();
            }
            if let Some(wrapper) = &wrapper {
                let _ = wrapper.remove_event_listener_with_callback("wheel", &on_wheel_function);
            }
            drop((on_resize, on_wheel));
        }
    });
}
