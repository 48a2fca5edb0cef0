//! The world as components see it: the state, the engine, the editor, and what can be done.
//!
//! 1. Commands to the engine leave from here and from `effects` only.
//! 2. The text in the editor is newer than the state's while the person types; `program` always takes the editor's.

use std::cell::RefCell;
use std::rc::Rc;

use protocol::{ActorNumber, Command, LinkContents, SourceText, StepKind};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

use crate::acts::Act;
use crate::components::{ActorLink, EditorSlot};
use crate::state::{Action, Opened, Origin, State};
use crate::view::{Dialog, Drawer, Notice, NoticeKind, Pane, Tab};
use crate::worker::Engine;
use crate::{drafts, format, open};

/// Handle to all that is shared.
#[derive(Clone, PartialEq)]
pub struct World {
    /// All that the page knows.
    pub state: UseReducerHandle<State>,
    /// The machine.
    pub engine: Engine,
    /// The editor.
    pub editor: EditorSlot,
}

/// The world of the page.
///
/// # Panics
/// Outside of the application component, which is a mistake in the page itself.
#[hook]
#[allow(clippy::expect_used)]
pub fn use_world() -> World {
    use_context::<World>().expect("components live inside the application")
}

/// The newest world, for callbacks: its value never changes, so that what uses only this is not drawn again with
/// every picture.
#[derive(Clone, Default)]
pub struct Latest(Rc<RefCell<Option<World>>>);

impl PartialEq for Latest {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Latest {
    /// The application drew itself with this world.
    pub fn set(&self, world: World) {
        *self.0.borrow_mut() = Some(world);
    }

    /// A callback that performs an act.
    pub fn act<E>(&self, act: Act) -> Callback<E> {
        let latest = self.clone();
        Callback::from(move |_| latest.with(|world| world.perform(act)))
    }

    /// Selects an actor in all views.
    pub fn select(&self, actor: ActorNumber) {
        self.with(|world| world.dispatch(Action::Select(Some(actor))));
    }

    fn with(&self, use_it: impl FnOnce(&World)) {
        let world = self.0.borrow().clone();
        if let Some(world) = world {
            use_it(&world);
        }
    }
}

/// The newest world, for callbacks.
///
/// # Panics
/// Outside of the application component, which is a mistake in the page itself.
#[hook]
#[allow(clippy::expect_used)]
pub fn use_latest() -> Latest {
    use_context::<Latest>().expect("components live inside the application")
}

impl World {
    /// An actor's mark and name, to select it by.
    pub fn link(&self, actor: ActorNumber) -> Html {
        let name = format::actor_name(self.state.row(actor), actor);
        html! { <ActorLink {actor} {name} chosen={self.state.selected == Some(actor)} /> }
    }

    /// Changes the state.
    pub fn dispatch(&self, action: Action) {
        self.state.dispatch(action);
    }

    /// A callback that changes the state.
    pub fn on<E>(&self, action: impl Fn() -> Action + 'static) -> Callback<E> {
        let dispatcher = self.state.dispatcher();
        Callback::from(move |_| dispatcher.dispatch(action()))
    }

    /// A callback that performs an act.
    pub fn act<E>(&self, act: Act) -> Callback<E> {
        let world = self.clone();
        Callback::from(move |_| world.perform(act))
    }

    /// Shows a line of a file in the editor and puts the cursor there.
    pub fn reveal(&self, file: &str, line: u32) {
        self.flush();
        let Some(index) = self.state.files.iter().position(|one| one.name == file) else { return };
        self.dispatch(Action::ShowPane(Pane::Code));
        if index == self.state.file {
            self.editor.reveal(line);
        } else {
            self.editor.reveal_after_load(line);
            self.dispatch(Action::ShowFile(index));
        }
    }

    /// The source texts as they are on the screen.
    pub fn program(&self) -> Vec<SourceText> {
        let mut files = (*self.state.files).clone();
        if let (Some(text), Some(file)) = (self.editor.changed_text(), files.get_mut(self.state.file)) {
            file.text = text;
        }
        files
    }

    /// The program with all that goes with it.
    pub fn contents(&self) -> LinkContents {
        LinkContents {
            files: self.program(),
            settings: self.state.settings.clone(),
            speed: self.state.speed,
            breakpoints: (*self.state.breakpoints).clone(),
            extras: Vec::new(),
        }
    }

    /// Takes what was typed into the state.
    pub fn flush(&self) {
        if let Some(text) = self.editor.changed_text() {
            self.editor.mark_read();
            self.dispatch(Action::Edited { file: self.state.file, text, draft: drafts::new_id() });
        }
    }

    /// Opens something in place of what is on the screen; what was typed is kept as a draft first.
    pub fn open(&self, opened: Opened) {
        self.save_now();
        self.editor.mark_read();
        if self.state.is_live() {
            self.engine.stop();
        }
        self.engine.send(&Command::Reset);
        open::forget_link_in_address();
        match &opened.origin {
            Origin::Draft(id) => drafts::remember(Some(id)),
            _ => drafts::remember(None),
        }
        self.dispatch(Action::Open(opened));
        self.dispatch(Action::ShowPane(Pane::Code));
    }

    /// Keeps what was typed and not yet saved.
    pub fn save_now(&self) {
        if self.editor.changed_text().is_some() {
            let id = match &self.state.origin {
                Origin::Draft(id) => id.clone(),
                _ => drafts::new_id(),
            };
            let contents = self.contents();
            self.report(drafts::save(&id, &drafts::title(&contents), &protocol::encode_link(&contents)));
        }
    }

    /// Tells of a failure.
    pub fn report(&self, result: Result<(), String>) {
        if let Err(text) = result {
            self.dispatch(Action::Notify(Notice::new(NoticeKind::Error, &text)));
        }
    }

    /// Does what a button, a key or the palette asked for.
    pub fn perform(&self, act: Act) {
        match act {
            Act::Run => self.run(),
            Act::Pause => {
                if self.state.is_running() {
                    self.engine.send(&Command::Pause);
                }
            }
            Act::Stop => {
                if self.state.is_live() {
                    self.engine.stop();
                }
            }
            Act::Reset => {
                self.engine.send(&Command::Reset);
                self.dispatch(Action::Loaded);
            }
            Act::StepInto => self.step(StepKind::Into),
            Act::StepOver => self.step(StepKind::Over),
            Act::StepOut => self.step(StepKind::Out),
            Act::StepInstruction => self.step(StepKind::Instruction),
            Act::StepMessage => self.step(StepKind::Message),
            Act::RunToCursor => self.run_to_cursor(),
            Act::Share => self.share(),
            Act::Theme => self.dispatch(Action::SetTheme(self.state.theme.next())),
            Act::Palette => self.dispatch(Action::ShowDialog(Some(Dialog::Palette))),
            Act::Help => self.dispatch(Action::ShowDialog(Some(Dialog::Help))),
            Act::Settings => self.dispatch(Action::ShowDialog(Some(Dialog::Settings))),
            Act::Drafts => {
                self.flush();
                self.dispatch(Action::ShowDialog(Some(Dialog::Drafts)));
            }
            Act::New => self.open(open::empty(Origin::Empty)),
            Act::FocusEditor => {
                self.dispatch(Action::ShowPane(Pane::Code));
                self.editor.focus();
            }
            Act::Describe => self.in_editor("describe"),
            Act::Define => self.in_editor("define"),
            Act::Rename => self.in_editor("rename"),
            Act::Format => self.in_editor("format"),
            Act::ClearOutput => self.dispatch(Action::ClearOutput),
            Act::Show(tab) => self.show(tab),
            Act::ShowBelow(drawer) => self.show_below(drawer),
        }
    }

    /// Has the editor do something at its cursor.
    fn in_editor(&self, command: &str) {
        self.dispatch(Action::ShowPane(Pane::Code));
        self.editor.command(command);
    }

    /// Shows a view.
    pub fn show(&self, tab: Tab) {
        self.dispatch(Action::ShowPane(Pane::Watch));
        self.dispatch(Action::ShowTab(tab));
    }

    /// Shows a view below.
    pub fn show_below(&self, drawer: Drawer) {
        self.dispatch(Action::ShowPane(Pane::Output));
        self.dispatch(Action::ShowDrawer(drawer));
    }

    /// Sends the program to the engine; nothing runs yet.
    fn load(&self) {
        let files = self.program();
        self.flush();
        self.dispatch(Action::Loaded);
        self.engine.send(&Command::Load {
            files,
            settings: self.state.settings.clone(),
            breakpoints: (*self.state.breakpoints).clone(),
        });
        self.engine.send(&Command::SetSpeed(self.state.speed));
        self.engine.send(&Command::SetProfiling { interval: self.state.profiling });
    }

    fn run(&self) {
        if self.state.is_running() {
            return;
        }
        if !self.state.is_paused() {
            self.load();
        }
        self.engine.send(&Command::Run);
    }

    fn step(&self, kind: StepKind) {
        if self.state.is_running() {
            return;
        }
        if !self.state.is_paused() {
            self.load();
            self.dispatch(Action::ShowTab(Tab::Debugger));
            self.engine.send(&Command::Step { actor: ActorNumber(1), kind });
            return;
        }
        self.engine.send(&Command::Step { actor: self.state.stepped_actor(), kind });
    }

    /// Runs until the editor's line is reached, or something else stops.
    fn run_to_cursor(&self) {
        let Some(line) = self.editor.cursor_line() else { return };
        if self.state.is_running() {
            return;
        }
        if !self.state.is_paused() {
            self.load();
        }
        self.engine.send(&Command::RunTo { file: self.state.file_name().to_owned(), line });
    }

    fn share(&self) {
        self.flush();
        let link = protocol::encode_link(&self.contents());
        open::put_link_in_address(&link);
        self.dispatch(Action::ShowDialog(Some(Dialog::Share)));
        copy_text(&open::address_of(&link));
    }
}

/// Puts text on the clipboard, where the browser allows it.
pub fn copy_text(text: &str) {
    let copied = (|| {
        let navigator = web_sys::window()?.navigator();
        let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into()).ok()?;
        let write = js_sys::Reflect::get(&clipboard, &"writeText".into()).ok()?;
        let promise = write.dyn_ref::<js_sys::Function>()?.call1(&clipboard, &text.into()).ok()?;
        let promise = promise.dyn_into::<js_sys::Promise>().ok()?;
        let ignore = Closure::<dyn FnMut(JsValue)>::new(|_| ());
        // Refused by the browser: the dialog shows the link to copy by hand.
        let settled = promise.catch(&ignore);
        ignore.forget();
        Some(settled)
    })();
    drop(copied);
}
