//! Workers, as the page sees them: those of the wasm modules beside the engine, and what the engine's own has in common with
//! them.
//!
//! 1. A module is loaded by its worker, with the first question. Its questions are answered in order, each once.
//! 2. After its end nothing of a worker is heard: what was still asked of it is answered with an error.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// What a worker's messages and its errors are handed to.
type Handlers = (Closure<dyn FnMut(MessageEvent)>, Closure<dyn FnMut(ErrorEvent)>);

/// A worker that runs; it ends when this is dropped.
pub struct Connection {
    worker: Worker,
    handlers: Option<Handlers>,
}

impl Connection {
    /// Starts the worker of a script. `on_error` gets what it did not handle itself, a script that cannot be loaded included.
    pub fn start(
        url: &str,
        mut on_message: Box<dyn FnMut(JsValue)>,
        mut on_error: Box<dyn FnMut(&str)>,
    ) -> Result<Connection, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(url, &options)?;
        let message =
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| on_message(event.data()));
        let error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            let text = event.message();
            on_error(if text.is_empty() { "its worker could not be loaded" } else { &text });
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        Ok(Connection { worker, handlers: Some((message, error)) })
    }

    /// Posts a message of these fields; what `transfer` lists goes over for good.
    pub fn post(&self, fields: &[(&str, JsValue)], transfer: &Array) -> Result<(), JsValue> {
        let message = Object::new();
        for (name, value) in fields {
            Reflect::set(&message, &(*name).into(), value)?;
        }
        self.worker.post_message_with_transfer(&message, transfer)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        // One of them may be on the stack: they go in a fresh task.
        let handlers = self.handlers.take();
        Timeout::new(0, move || drop(handlers)).forget();
    }
}

/// The text of what JavaScript threw.
pub fn error_text(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.or_else(|| error.as_string()).unwrap_or_else(|| "the browser gives no reason".to_owned())
}

/// A field of a message; undefined if it has none.
pub fn field(data: &JsValue, name: &str) -> JsValue {
    Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Why a question has no answer.
pub struct Failure {
    /// What is wrong.
    pub text: String,
    /// The module has ended: it answers nothing any more.
    pub ended: bool,
}

type Answered = Box<dyn FnOnce(Result<Vec<u8>, Failure>)>;

/// A module's worker, or the place for one; clones are the same.
#[derive(Clone, Default)]
pub struct Module(Rc<Inner>);

#[derive(Default)]
struct Inner {
    connection: RefCell<Option<Connection>>,
    last_id: Cell<u32>,
    pending: RefCell<HashMap<u32, Answered>>,
}

impl Module {
    /// Starts a worker in place of the one before, which is ended first. `url` is the worker's script, next to `index.html`.
    pub fn start(&self, url: &str) -> Result<(), String> {
        self.end("another one has taken its place");
        let (receiver, failed) = (self.clone(), self.clone());
        let on_message = Box::new(move |data| receiver.receive(&data));
        let on_error = Box::new(move |why: &str| failed.close(why, true));
        let connection = Connection::start(url, on_message, on_error);
        *self.0.connection.borrow_mut() = Some(connection.map_err(|error| error_text(&error))?);
        Ok(())
    }

    /// Whether there is a worker.
    pub fn is_running(&self) -> bool {
        self.0.connection.borrow().is_some()
    }

    /// Ends the worker, and with it the module's memory; `why` answers what is still asked.
    pub fn end(&self, why: &str) {
        self.close(why, false);
    }

    fn close(&self, why: &str, ended: bool) {
        let connection = self.0.connection.borrow_mut().take();
        drop(connection);
        let pending: Vec<Answered> = self.0.pending.borrow_mut().drain().map(|(_, then)| then).collect();
        for then in pending {
            then(Err(Failure { text: why.to_owned(), ended }));
        }
    }

    /// Calls a function of the module; `then` gets its answer.
    pub fn ask<T: DeserializeOwned>(
        &self,
        call: &str,
        values: &Array,
        transfer: &Array,
        then: impl FnOnce(Result<T, Failure>) + 'static,
    ) {
        let decoded = |bytes: Vec<u8>| {
            postcard::from_bytes(&bytes).map_err(|error| Failure {
                text: format!("the answer cannot be read ({error})"),
                ended: false,
            })
        };
        self.post(call, values, transfer, Box::new(move |answer| then(answer.and_then(decoded))));
    }

    fn post(&self, call: &str, values: &Array, transfer: &Array, then: Answered) {
        let id = self.0.last_id.get().wrapping_add(1);
        self.0.last_id.set(id);
        self.0.pending.borrow_mut().insert(id, then);
        let fields = [("id", id.into()), ("call", call.into()), ("values", values.into())];
        let posted = match self.0.connection.borrow().as_ref() {
            Some(connection) => connection.post(&fields, transfer).map_err(|error| error_text(&error)),
            None => Err("it is not there".to_owned()),
        };
        if let Err(text) = posted {
            self.settle(id, Err(Failure { text, ended: true }));
        }
    }

    fn receive(&self, data: &JsValue) {
        let Some(id) = field(data, "id").as_f64() else { return };
        let answer = match field(data, "error").as_string() {
            Some(text) => Err(Failure { text, ended: field(data, "ended").is_truthy() }),
            None => Ok(Uint8Array::new(&field(data, "bytes")).to_vec()),
        };
        self.settle(id as u32, answer);
    }

    fn settle(&self, id: u32, answer: Result<Vec<u8>, Failure>) {
        let asked = self.0.pending.borrow_mut().remove(&id);
        if let Some(then) = asked {
            then(answer);
        }
    }
}
