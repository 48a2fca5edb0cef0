//! The engine, as the page sees it: a module worker that takes commands and sends events and pictures.
//!
//! 1. Answers to requests settle at once, and what programs ask of the page is answered at once; everything else is handed
//!    on at most once a frame, in order.
//! 2. A worker that failed, or that left Stop unanswered for [`STOP_ANSWER_MS`], is ended and replaced. Messages of
//!    an ended worker are ignored.
//! 3. Every promise of [`Engine::evaluate`] settles: with its answer, or with an error when the engine goes.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use protocol::{
    ActorNumber, Command, DebuggerAnswer, DebuggerQuestion, Evaluation, Event, Grant, HeapAnswer,
    HeapQuestion, HeapSummary, Picture, RunStatus, Settings, Snapshot,
};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::VisibilityState;

use crate::analyst::Analyst;
use crate::inquiry::Inquiries;
use crate::module::{Connection, error_text, field};
use crate::outside::Outside;

/// The engine's host, next to `index.html`.
const HOST_URL: &str = "engine/host.js";
/// Time that a Stop may stay unanswered.
const STOP_ANSWER_MS: u32 = 1_000;
/// Workers that may fail in a row before they have answered; then the page gives up.
const STARTS_MAX: u32 = 3;
/// How often messages are handed on while the page is in the background.
const BACKGROUND_MS: u32 = 250;

/// Something from the engine.
#[derive(Clone, Debug)]
pub enum Message {
    /// In order.
    Events(Vec<Event>),
    /// The world.
    Snapshot(Rc<Snapshot>),
    /// The selected actor's heap.
    Picture(Rc<Picture>),
    /// The worker was replaced; says why.
    Restarted(String),
    /// No worker answers; says why.
    GaveUp(String),
}

struct Pending {
    resolve: Function,
    reject: Function,
}

/// Takes the answer to a question about a heap, and if that was taken the buffers of its image and its places.
type HeapAnswered = Box<dyn FnOnce(Result<HeapAnswer, String>, Option<[JsValue; 2]>)>;

type Listener = Box<dyn Fn(Vec<Message>)>;

struct Inner {
    connection: RefCell<Option<Connection>>,
    generation: Cell<u32>,
    failed_starts: Cell<u32>,
    threads: bool,
    cores: u16,
    listener: RefCell<Option<Listener>>,
    inbox: RefCell<Vec<Message>>,
    flush_is_due: Cell<bool>,
    pending: RefCell<HashMap<u32, Pending>>,
    asked_of_heaps: RefCell<HashMap<u32, HeapAnswered>>,
    inquiries: Inquiries,
    /// The picture that the next one goes on from.
    picture: RefCell<Option<Rc<Picture>>>,
    last_id: Cell<u32>,
    stop_timer: RefCell<Option<Timeout>>,
    outside: Rc<Outside>,
    analyst: Analyst,
}

/// A handle to the engine; clones are the same engine.
#[derive(Clone)]
pub struct Engine(Rc<Inner>);

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Engine {
    /// Starts a worker.
    pub fn start(threads: bool, cores: u16) -> Engine {
        let engine = Engine(Rc::new(Inner {
            connection: RefCell::new(None),
            generation: Cell::new(0),
            failed_starts: Cell::new(0),
            threads,
            cores,
            listener: RefCell::new(None),
            inbox: RefCell::default(),
            flush_is_due: Cell::new(false),
            pending: RefCell::default(),
            asked_of_heaps: RefCell::default(),
            inquiries: Inquiries::default(),
            picture: RefCell::default(),
            last_id: Cell::new(0),
            stop_timer: RefCell::new(None),
            outside: Rc::default(),
            analyst: Analyst::default(),
        }));
        engine.connect();
        let answering = engine.clone();
        engine.0.outside.restore(move |command| answering.send(&command));
        engine
    }

    /// Files, and what programs may do.
    pub fn outside(&self) -> &Rc<Outside> {
        &self.0.outside
    }

    /// Hands messages to `listener` from now on; those that came before too.
    pub fn listen(&self, listener: impl Fn(Vec<Message>) + 'static) {
        *self.0.listener.borrow_mut() = Some(Box::new(listener));
        self.flush();
    }

    /// Sends a command. It is lost only with its worker, and then the page is told of a restart.
    pub fn send(&self, command: &Command) {
        if matches!(command, Command::Load { .. }) {
            self.0.analyst.end("the program was loaded anew before the answer");
        }
        if let Err(error) = self.try_send(command) {
            self.replace(&format!("a command could not be sent ({})", error_text(&error)));
        }
    }

    /// Sends Stop and replaces the engine if it does not answer.
    pub fn stop(&self) {
        self.send(&Command::Stop);
        let engine = self.clone();
        let timer =
            Timeout::new(STOP_ANSWER_MS, move || engine.replace("it did not answer Stop within a second"));
        *self.0.stop_timer.borrow_mut() = Some(timer);
    }

    /// An id that no request has had.
    pub fn next_id(&self) -> u32 {
        let id = self.0.last_id.get().wrapping_add(1);
        self.0.last_id.set(id);
        id
    }

    /// Runs `source` in a fresh world; resolves to `{ value, output, milliseconds }`.
    pub fn evaluate(&self, source: String, settings: Settings) -> Promise {
        let id = self.next_id();
        self.request(id, Command::Evaluate { id, source, settings })
    }

    /// Records `source` on all cores and repeats it on one; resolves if both came to the same.
    pub fn check_replay(&self, source: String, settings: Settings) -> Promise {
        let id = self.next_id();
        self.request(id, Command::CheckReplay { id, source, settings })
    }

    /// Programs that are started from now on may do this, and nothing else.
    pub fn allow(&self, grants: Vec<Grant>) {
        self.0.outside.allow(grants);
        self.send(&self.0.outside.endowment());
    }

    /// Asks the debugger about an actor; `then` gets the answer.
    pub fn ask_debugger(
        &self,
        actor: ActorNumber,
        question: DebuggerQuestion,
        then: impl FnOnce(Result<DebuggerAnswer, String>) + 'static,
    ) {
        let id = self.next_id();
        self.0.inquiries.ask(id, then);
        self.send(&Command::AskDebugger { id, actor, question });
    }

    /// Evaluates in a frame of an actor that stands still; `then` gets what came of it.
    pub fn evaluate_in_frame(
        &self,
        actor: ActorNumber,
        frame: u32,
        source: String,
        then: impl FnOnce(Result<Evaluation, String>) + 'static,
    ) {
        let id = self.next_id();
        self.0.inquiries.evaluate(id, then);
        self.send(&Command::EvaluateInActor { id, actor, source, frame: Some(frame) });
    }

    /// What looks into snapshots of heaps.
    pub fn analyst(&self) -> &Analyst {
        &self.0.analyst
    }

    /// Takes a snapshot of an actor's heap, in place of the one before; `then` gets what the analyst tells of it.
    pub fn take_heap(&self, actor: ActorNumber, then: impl FnOnce(Result<HeapSummary, String>) + 'static) {
        let (id, analyst) = (self.next_id(), self.0.analyst.clone());
        let command = Command::AskHeap { id, question: HeapQuestion::Take { actor } };
        self.request_with_buffers(id, &command, move |answer, buffers| match (answer, buffers) {
            (Ok(HeapAnswer::Taken(taken)), Some(buffers)) => analyst.take(&taken, &buffers, then),
            (Ok(_), _) => then(Err("the engine gave no snapshot".to_owned())),
            (Err(text), _) => then(Err(text)),
        });
    }

    /// Sends a command about a heap whose answer has this id; `then` gets the answer.
    pub fn request_of_heap(
        &self,
        id: u32,
        command: &Command,
        then: impl FnOnce(Result<HeapAnswer, String>) + 'static,
    ) {
        self.request_with_buffers(id, command, |answer, _| then(answer));
    }

    fn request_with_buffers(
        &self,
        id: u32,
        command: &Command,
        then: impl FnOnce(Result<HeapAnswer, String>, Option<[JsValue; 2]>) + 'static,
    ) {
        if self.0.connection.borrow().is_none() {
            return then(Err("the engine does not start".to_owned()), None);
        }
        self.0.asked_of_heaps.borrow_mut().insert(id, Box::new(then));
        self.send(command);
    }

    /// Sends a command whose answer has this id.
    fn request(&self, id: u32, command: Command) -> Promise {
        let engine = self.clone();
        let mut command = Some(command);
        Promise::new(&mut |resolve, reject| {
            let Some(command) = command.take() else { return };
            if engine.0.connection.borrow().is_none() {
                return settle(&Pending { resolve, reject }, Err("the engine does not start".to_owned()));
            }
            engine.0.pending.borrow_mut().insert(id, Pending { resolve, reject });
            engine.send(&command);
        })
    }

    fn try_send(&self, command: &Command) -> Result<(), JsValue> {
        let bytes = postcard::to_allocvec(command).map_err(|error| js_sys::Error::new(&error.to_string()))?;
        let bytes = Uint8Array::from(&bytes[..]).into();
        let fields = [("kind", "command".into()), ("bytes", bytes), ("needs", needs(command).into())];
        match self.0.connection.borrow().as_ref() {
            Some(connection) => connection.post(&fields, &Array::new()),
            None => Ok(()),
        }
    }

    fn connect(&self) {
        let generation = self.0.generation.get().wrapping_add(1);
        self.0.generation.set(generation);
        let (receiver, failed) = (self.clone(), self.clone());
        let on_message = move |data: JsValue| {
            if receiver.0.generation.get() == generation {
                receiver.receive(&data);
            }
        };
        let on_error = move |why: &str| {
            if failed.0.generation.get() == generation {
                failed.replace(why);
            }
        };
        let start =
            [("kind", "start".into()), ("threads", self.0.threads.into()), ("cores", self.0.cores.into())];
        let started = Connection::start(HOST_URL, Box::new(on_message), Box::new(on_error))
            .and_then(|connection| connection.post(&start, &Array::new()).map(|()| connection));
        match started {
            Ok(connection) => *self.0.connection.borrow_mut() = Some(connection),
            Err(error) => return self.give_up(&error_text(&error)),
        }
        // Before any program, however early that comes: the worker takes commands in order.
        self.send(&self.0.outside.endowment());
    }

    fn receive(&self, data: &JsValue) {
        let field = |name: &str| field(data, name);
        match field("kind").as_string().as_deref() {
            Some("events") => {
                let bytes = Uint8Array::new(&field("bytes")).to_vec();
                match postcard::from_bytes::<Vec<Event>>(&bytes) {
                    Ok(events) => self.take_events(events, &Array::from(&field("images"))),
                    Err(error) => self.replace(&format!("it sent an event that cannot be read ({error})")),
                }
            }
            Some("failed") => {
                let reason = field("reason").as_string().unwrap_or_else(|| "no reason given".to_owned());
                self.replace(&reason);
            }
            _ => {}
        }
    }

    fn take_events(&self, events: Vec<Event>, images: &Array) {
        let mut rest = Vec::with_capacity(events.len());
        for event in events {
            match event {
                Event::Evaluated { id, result } => {
                    let pending = self.0.pending.borrow_mut().remove(&id);
                    match pending {
                        Some(pending) => settle(&pending, result),
                        None => {
                            let left = self.0.inquiries.evaluation(id, result);
                            rest.extend(left.map(|result| Event::Evaluated { id, result }));
                        }
                    }
                }
                Event::HostRequest(request) => {
                    if let Some(command) = self.0.outside.answer(request) {
                        self.send(&command);
                    }
                }
                Event::DebuggerAnswered { id, result } => self.0.inquiries.answered(id, result),
                Event::HeapAnswered { id, result } => {
                    let is_taken = matches!(result, Ok(HeapAnswer::Taken(_)));
                    let buffers = is_taken.then(|| [images.shift(), images.shift()]);
                    let asked = self.0.asked_of_heaps.borrow_mut().remove(&id);
                    if let Some(then) = asked {
                        then(result, buffers);
                    }
                }
                Event::Snapshot(snapshot) => {
                    self.note_status(&snapshot.status);
                    self.queue_events(&mut rest);
                    self.queue(Message::Snapshot(Rc::from(snapshot)));
                }
                Event::Picture(bytes) => {
                    let before = self.0.picture.borrow_mut().take();
                    match Picture::read(&bytes, before.as_deref()) {
                        Ok(picture) => {
                            let picture = Rc::new(picture);
                            *self.0.picture.borrow_mut() = Some(Rc::clone(&picture));
                            self.queue_events(&mut rest);
                            self.queue(Message::Picture(picture));
                        }
                        Err(error) => {
                            return self.replace(&format!("it sent a picture that cannot be read ({error})"));
                        }
                    }
                }
                Event::EngineFailed { reason } => return self.replace(&reason),
                event => {
                    match &event {
                        Event::Ready { .. } => self.0.failed_starts.set(0),
                        Event::Status(status) => self.note_status(status),
                        _ => {}
                    }
                    rest.push(event);
                }
            }
        }
        self.queue_events(&mut rest);
    }

    fn queue_events(&self, events: &mut Vec<Event>) {
        if !events.is_empty() {
            self.queue(Message::Events(std::mem::take(events)));
        }
    }

    /// Any state in which nothing runs answers a Stop.
    fn note_status(&self, status: &RunStatus) {
        if matches!(status, RunStatus::Stopped | RunStatus::Idle | RunStatus::Ended { .. }) {
            self.0.stop_timer.borrow_mut().take();
        }
    }

    fn replace(&self, reason: &str) {
        self.disconnect(reason);
        let failures = self.0.failed_starts.get() + 1;
        self.0.failed_starts.set(failures);
        if failures >= STARTS_MAX {
            return self.give_up(reason);
        }
        self.queue(Message::Restarted(reason.to_owned()));
        self.connect();
    }

    fn give_up(&self, reason: &str) {
        self.disconnect(reason);
        self.queue(Message::GaveUp(reason.to_owned()));
    }

    fn disconnect(&self, reason: &str) {
        // The timer may be the caller: forget it, do not cancel what runs.
        if let Some(timer) = self.0.stop_timer.borrow_mut().take() {
            drop(timer);
        }
        self.0.generation.set(self.0.generation.get().wrapping_add(1));
        let connection = self.0.connection.borrow_mut().take();
        drop(connection);
        let pending: Vec<Pending> = self.0.pending.borrow_mut().drain().map(|(_, pending)| pending).collect();
        self.0.picture.borrow_mut().take();
        let of_heaps: Vec<HeapAnswered> =
            self.0.asked_of_heaps.borrow_mut().drain().map(|(_, then)| then).collect();
        of_heaps.into_iter().for_each(|then| then(Err(format!("the engine was restarted: {reason}")), None));
        self.0.inquiries.end(&format!("the engine was restarted: {reason}"));
        for one in pending {
            settle(&one, Err(format!("the engine was restarted: {reason}")));
        }
    }

    fn queue(&self, message: Message) {
        self.0.inbox.borrow_mut().push(message);
        if self.0.flush_is_due.replace(true) {
            return;
        }
        let engine = self.clone();
        let window = web_sys::window();
        let visible = window
            .as_ref()
            .and_then(web_sys::Window::document)
            .is_some_and(|document| document.visibility_state() == VisibilityState::Visible);
        if let Some(window) = window.filter(|_| visible) {
            let frame = Closure::once_into_js(move || engine.flush());
            if window.request_animation_frame(frame.unchecked_ref()).is_ok() {
                // A page that goes to the background gets no more frames; this wakes it.
                let engine = self.clone();
                Timeout::new(BACKGROUND_MS, move || engine.flush()).forget();
            }
        } else {
            Timeout::new(BACKGROUND_MS, move || engine.flush()).forget();
        }
    }

    fn flush(&self) {
        self.0.flush_is_due.set(false);
        let listener = self.0.listener.borrow();
        if let Some(listener) = listener.as_ref() {
            let messages = std::mem::take(&mut *self.0.inbox.borrow_mut());
            if !messages.is_empty() {
                listener(messages);
            }
        }
    }
}

/// What the host worker must know of a command.
fn needs(command: &Command) -> &'static str {
    match command {
        Command::Evaluate { .. } | Command::EvaluateInActor { .. } | Command::CheckReplay { .. } => {
            "evaluation"
        }
        _ => "",
    }
}

fn settle(pending: &Pending, result: Result<Evaluation, String>) {
    // A promise function does not throw; there is nobody to tell if it did.
    let _ = match result {
        Ok(evaluation) => {
            let answer = Object::new();
            let set = |name: &str, value: JsValue| Reflect::set(&answer, &name.into(), &value);
            let filled = set("value", evaluation.value.into())
                .and_then(|_| set("output", evaluation.output.into()))
                .and_then(|_| set("milliseconds", evaluation.milliseconds.into()));
            match filled {
                Ok(_) => pending.resolve.call1(&JsValue::UNDEFINED, &answer),
                Err(error) => pending.reject.call1(&JsValue::UNDEFINED, &error),
            }
        }
        Err(text) => pending.reject.call1(&JsValue::UNDEFINED, &js_sys::Error::new(&text)),
    };
}
