//! The editor: CodeMirror where it has arrived, a plain text area until then.
//!
//! 1. The text lives in the editor; the state gets a copy when the typing rests, and `EditorSlot::changed_text`
//!    answers with what the state has not seen yet.
//! 2. A program can be typed and run before CodeMirror is there.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Promise, Reflect};
use protocol::{Breakpoint, Severity};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

use crate::asking;
use crate::assistant::Assistant;
use crate::hooks::{World, use_world};
use crate::state::{Action, EngineState};
use crate::text::utf16_ranges;
use crate::view::{Notice, NoticeKind};

/// Rest after the last key before the state learns of the text.
const REST_MS: u32 = 250;
/// Problems underlined in the text.
const PAINTED: usize = 100;
/// How often to look whether CodeMirror has arrived.
const LOOK_MS: u32 = 60;

#[wasm_bindgen]
extern "C" {
    /// What `createEditor` in `web/editor/editor.js` returns.
    #[derive(Clone)]
    type JsEditor;
    #[wasm_bindgen(method, js_name = getText)]
    fn get_text(this: &JsEditor) -> String;
    #[wasm_bindgen(method, js_name = setText)]
    fn set_text(this: &JsEditor, text: &str);
    #[wasm_bindgen(method, js_name = setBreakpoints)]
    fn set_breakpoints(this: &JsEditor, points: &Array);
    #[wasm_bindgen(method, js_name = setCurrentLine)]
    fn set_current_line(this: &JsEditor, line: u32);
    #[wasm_bindgen(method, js_name = setValues)]
    fn set_values(this: &JsEditor, line: u32, text: &str);
    #[wasm_bindgen(method, js_name = cursorLine)]
    fn cursor_line(this: &JsEditor) -> u32;
    #[wasm_bindgen(method, js_name = setDiagnostics)]
    fn set_diagnostics(this: &JsEditor, list: &Array);
    #[wasm_bindgen(method)]
    fn command(this: &JsEditor, name: &str);
    #[wasm_bindgen(method)]
    fn repaint(this: &JsEditor);
    #[wasm_bindgen(method)]
    fn reveal(this: &JsEditor, line: u32);
    #[wasm_bindgen(method)]
    fn show(this: &JsEditor, line: u32);
    #[wasm_bindgen(method)]
    fn focus(this: &JsEditor);
}

#[derive(Default)]
struct Inner {
    editor: RefCell<Option<JsEditor>>,
    area: NodeRef,
    changed: Cell<bool>,
    rest: RefCell<Option<Timeout>>,
    reveal: Cell<u32>,
    assistant: Assistant,
}

/// Where the text is; clones are the same editor.
#[derive(Clone, Default)]
pub struct EditorSlot(Rc<Inner>);

impl PartialEq for EditorSlot {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl EditorSlot {
    /// The text, if it was changed since `mark_read`.
    pub fn changed_text(&self) -> Option<String> {
        if !self.0.changed.get() {
            return None;
        }
        self.text()
    }

    /// The state knows the text now.
    pub fn mark_read(&self) {
        self.0.changed.set(false);
        self.0.rest.borrow_mut().take();
    }

    /// Puts the cursor on a line.
    pub fn reveal(&self, line: u32) {
        if let Some(editor) = self.0.editor.borrow().as_ref() {
            editor.reveal(line);
        }
    }

    /// Does one of the commands of `web/editor/assist.js` at the cursor.
    pub fn command(&self, name: &str) {
        if let Some(editor) = self.js() {
            editor.command(name);
        }
    }

    /// What knows about names.
    pub fn assistant(&self) -> &Assistant {
        &self.0.assistant
    }

    /// The line with the cursor, from 1.
    pub fn cursor_line(&self) -> Option<u32> {
        self.js().map(|editor| editor.cursor_line())
    }

    /// Puts the cursor on a line once the next text is there.
    pub fn reveal_after_load(&self, line: u32) {
        self.0.reveal.set(line);
    }

    /// Puts the cursor into the text.
    pub fn focus(&self) {
        match self.0.editor.borrow().as_ref() {
            Some(editor) => editor.focus(),
            None => {
                if let Some(area) = self.area() {
                    // An element of the page can be focused; if it has gone there is nothing to do.
                    let _ = area.focus();
                }
            }
        }
    }

    fn text(&self) -> Option<String> {
        match self.0.editor.borrow().as_ref() {
            Some(editor) => Some(editor.get_text()),
            None => self.area().map(|area| area.value()),
        }
    }

    fn area(&self) -> Option<HtmlTextAreaElement> {
        self.0.area.cast()
    }

    fn note_change(&self, then: impl FnOnce() + 'static) {
        self.0.changed.set(true);
        *self.0.rest.borrow_mut() = Some(Timeout::new(REST_MS, then));
    }

    fn js(&self) -> Option<JsEditor> {
        self.0.editor.borrow().clone()
    }
}

/// The editor's pane.
#[component]
pub fn Editor() -> Html {
    let world = use_world();
    let place = use_node_ref();
    let newest = use_mut_ref(|| world.clone());
    *newest.borrow_mut() = world.clone();
    let ready = use_state_eq(|| false);

    let set_ready = ready.setter();
    let parent = place.clone();
    let slot = world.editor.clone();
    use_effect_with((), move |()| wait_for_code_mirror(parent, slot, newest, set_ready));

    let slot = world.editor.clone();
    let text = world.state.files.get(world.state.file).map(|file| file.text.clone()).unwrap_or_default();
    use_effect_with((world.state.revision, world.state.file, *ready), move |_| {
        if let Some(editor) = slot.js() {
            if editor.get_text() != text {
                editor.set_text(&text);
            }
            let line = slot.0.reveal.replace(0);
            if line > 0 {
                editor.reveal(line);
            }
        } else if let Some(area) = slot.area() {
            area.set_value(&text);
        }
    });

    // What knows about names is loaded after the engine: see `asking`.
    let may_ask = matches!(world.state.engine, EngineState::Ready { .. });
    let slot = world.editor.clone();
    use_effect_with((may_ask, *ready, world.state.files.len()), move |(may_ask, ..)| {
        if let Some(editor) = slot.js().filter(|_| *may_ask) {
            editor.repaint();
        }
    });

    let marks = (
        world.state.breakpoints.clone(),
        world.state.snapshot.breakpoints.clone(),
        world.state.revision,
        world.state.file,
        *ready,
    );
    let painter = world.clone();
    use_effect_with(marks, move |_| paint_breakpoints(&painter));

    let painter = world.clone();
    let shown = (world.state.selected_frame().cloned(), world.state.status.clone(), world.state.file, *ready);
    use_effect_with(shown, move |_| paint_values(&painter));

    let painter = world.clone();
    use_effect_with(
        (world.state.problems.clone(), world.state.revision, world.state.file, *ready),
        move |_| {
            paint_problems(&painter);
        },
    );

    let line = match world.state.current_place() {
        Some((file, line)) if file == world.state.file_name() => line,
        _ => 0,
    };
    let slot = world.editor.clone();
    use_effect_with((line, world.state.attention, *ready, world.state.revision), move |(line, ..)| {
        if let Some(editor) = slot.js() {
            editor.set_current_line(*line);
            if *line > 0 {
                editor.show(*line);
            }
        }
    });

    // Follow the current place into another file.
    let follower = world.clone();
    let elsewhere = world.state.current_place().and_then(|(file, _)| {
        let index = world.state.files.iter().position(|one| one.name == file)?;
        (index != world.state.file).then_some(index)
    });
    use_effect_with((world.state.attention, elsewhere), move |(_, elsewhere)| {
        if let Some(index) = elsewhere {
            follower.flush();
            follower.dispatch(Action::ShowFile(*index));
        }
    });

    let typed = world.clone();
    let oninput = Callback::from(move |_: InputEvent| {
        let world = typed.clone();
        typed.editor.note_change(move || world.flush());
    });
    html! {
        <div class="editor" data-testid="editor">
            <div class="editor__place" ref={place}></div>
            if !*ready {
                <textarea
                    class="editor__area"
                    ref={world.editor.0.area.clone()}
                    aria-label="Program text"
                    spellcheck="false"
                    autocapitalize="off"
                    {oninput}
                />
            }
        </div>
    }
}

/// Looks for the bundle until it is there, then moves the text over.
fn wait_for_code_mirror(
    parent: NodeRef,
    slot: EditorSlot,
    newest: Rc<RefCell<World>>,
    set_ready: UseStateSetter<bool>,
) {
    let bundle = Reflect::get(&js_sys::global(), &"PhysicsEditor".into()).ok().filter(JsValue::is_object);
    let Some((bundle, element)) = bundle.zip(parent.cast::<Element>()) else {
        Timeout::new(LOOK_MS, move || wait_for_code_mirror(parent, slot, newest, set_ready)).forget();
        return;
    };
    if slot.js().is_some() {
        return;
    }
    let text = slot.text().filter(|_| slot.0.changed.get());
    let text = text.unwrap_or_else(|| {
        let state = newest.borrow().state.clone();
        state.files.get(state.file).map(|file| file.text.clone()).unwrap_or_default()
    });
    let changed = Rc::clone(&newest);
    let on_change = Closure::<dyn Fn()>::new(move || {
        let latest = Rc::clone(&changed);
        let editor = changed.borrow().editor.clone();
        editor.note_change(move || {
            let world = latest.borrow().clone();
            world.flush();
        });
    });
    let asker = Rc::clone(&newest);
    let on_ask = Closure::<dyn Fn(JsValue) -> Promise>::new(move |request: JsValue| {
        let world = asker.borrow().clone();
        asking::ask(&world, &request)
    });
    let renamer = Rc::clone(&newest);
    let on_rename = Closure::<dyn Fn(Array, String)>::new(move |others: Array, name: String| {
        let world = renamer.borrow().clone();
        asking::rename_elsewhere(&world, &others, &name);
    });
    let notifier = Rc::clone(&newest);
    let on_failure = Closure::<dyn Fn(String)>::new(move |text: String| {
        notifier.borrow().dispatch(Action::Notify(Notice::new(NoticeKind::Error, &text)));
    });
    let editing = Rc::clone(&newest);
    let on_breakpoints = Closure::<dyn Fn(Array)>::new(move |points: Array| {
        let world = newest.borrow().clone();
        take_breakpoints(&world, &points);
    });
    let on_edit = Closure::<dyn Fn(u32)>::new(move |line: u32| {
        let world = editing.borrow().clone();
        world.dispatch(Action::EditBreakpoint(world.state.file_name().to_owned(), line));
    });
    let options = Object::new();
    let created = Reflect::set(&options, &"text".into(), &text.into())
        .and_then(|_| Reflect::set(&options, &"onChange".into(), on_change.as_ref()))
        .and_then(|_| Reflect::set(&options, &"onBreakpoints".into(), on_breakpoints.as_ref()))
        .and_then(|_| Reflect::set(&options, &"onEditBreakpoint".into(), on_edit.as_ref()))
        .and_then(|_| Reflect::set(&options, &"ask".into(), on_ask.as_ref()))
        .and_then(|_| Reflect::set(&options, &"renameElsewhere".into(), on_rename.as_ref()))
        .and_then(|_| Reflect::set(&options, &"onFailure".into(), on_failure.as_ref()))
        .and_then(|_| Reflect::get(&bundle, &"createEditor".into()))
        .and_then(|create| create.dyn_into::<js_sys::Function>())
        .and_then(|create| create.call2(&bundle, &element, &options));
    if let Ok(editor) = created {
        // The editor lives as long as the page, and so do its callbacks.
        on_change.forget();
        on_breakpoints.forget();
        on_edit.forget();
        on_ask.forget();
        on_rename.forget();
        on_failure.forget();
        *slot.0.editor.borrow_mut() = Some(editor.unchecked_into());
        set_ready.set(true);
    }
}

/// Characters of values behind a line, and of each.
const VALUES_SHOWN: usize = 120;
const VALUE_SHOWN: usize = 30;

/// Shows the variables of the selected frame behind its line, while nothing moves.
fn paint_values(world: &World) {
    let Some(editor) = world.editor.js() else { return };
    let state = &world.state;
    let mut text = String::new();
    let place = state.current_place().filter(|(file, _)| *file == state.file_name());
    let frame = state.selected_frame().filter(|_| state.is_paused());
    for variable in frame.iter().flat_map(|frame| &frame.variables) {
        if text.chars().count() > VALUES_SHOWN {
            text.push_str("  …");
            break;
        }
        let value: String = variable.value.chars().take(VALUE_SHOWN).collect();
        let cut = if value.len() < variable.value.len() { "…" } else { "" };
        text.push_str(&format!("  {} = {value}{cut}", variable.name));
    }
    editor.set_values(place.map_or(0, |(_, line)| line), &text);
}

/// The editor's breakpoints are those of its file; the others stay.
fn take_breakpoints(world: &World, points: &Array) {
    let file = world.state.file_name().to_owned();
    let mut all: Vec<Breakpoint> =
        world.state.breakpoints.iter().filter(|point| !point.is_in(&file)).cloned().collect();
    for point in points.iter() {
        let field = |name: &str| Reflect::get(&point, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let Some(line) = field("line").as_f64() else { continue };
        let enabled = field("enabled").as_bool().unwrap_or(true);
        let line = line as u32;
        let before = world.state.breakpoints.iter().find(|point| point.line() == Some((&file, line)));
        all.push(match before {
            Some(point) => Breakpoint { enabled, ..point.clone() },
            None => Breakpoint::on_line(file.as_str(), line, enabled),
        });
    }
    world.dispatch(Action::SetBreakpoints(all));
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // A fresh object takes any field.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}

fn paint_breakpoints(world: &World) {
    let Some(editor) = world.editor.js() else { return };
    let state = &world.state;
    let list = Array::new();
    for (index, point) in state.breakpoints.iter().enumerate() {
        let Some((_, line)) = point.line().filter(|(file, _)| *file == state.file_name()) else { continue };
        let bound = state.snapshot.breakpoints.get(index).is_none_or(|row| row.bound);
        let is_special = !point.condition.is_empty() || !point.log.is_empty() || point.after > 0;
        list.push(&object(&[
            ("line", line.into()),
            ("enabled", point.enabled.into()),
            ("bound", bound.into()),
            ("special", is_special.into()),
        ]));
    }
    editor.set_breakpoints(&list);
}

fn paint_problems(world: &World) {
    let Some(editor) = world.editor.js() else { return };
    let state = &world.state;
    let list = Array::new();
    if state.problems.iter().any(|problem| problem.location.is_some()) {
        let problems: Vec<_> = state.problems_in(state.file_name()).take(PAINTED).collect();
        let bytes: Vec<_> = problems.iter().map(|(_, location)| (location.start, location.end)).collect();
        let ranges = utf16_ranges(&editor.get_text(), &bytes);
        for ((problem, _), (from, to)) in problems.into_iter().zip(ranges) {
            let severity = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let message = match &problem.suggestion {
                Some(suggestion) => format!("{}\n{suggestion}", problem.message),
                None => problem.message.clone(),
            };
            list.push(&object(&[
                ("from", from.into()),
                ("to", to.into()),
                ("severity", severity.into()),
                ("message", message.into()),
            ]));
        }
    }
    editor.set_diagnostics(&list);
}
