//! The analyst, as the page sees it: a module worker that is started for each snapshot of a heap and answers about it.
//!
//! 1. There is one snapshot at a time. The worker of the one before is ended, and its memory given back, before the next one
//!    starts; what was still asked of it is answered with an error.
//! 2. Images go from the engine's worker to the analyst's as buffers, and never through the page's own memory.
//! 3. Every question has one answer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array};
use protocol::{HeapImage, HeapObject, HeapObjectName, HeapSummary};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// The analyst's worker, next to `index.html`.
const WORKER_URL: &str = "analyst/worker.js";
const REPLACED: &str = "Another snapshot has taken the place of this one. Choose the object again.";

struct Connection {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

type Answered = Box<dyn FnOnce(Result<Vec<u8>, String>)>;

/// A handle to the analyst; clones are the same one.
#[derive(Clone, Default)]
pub struct Analyst(Rc<Inner>);

#[derive(Default)]
struct Inner {
    connection: RefCell<Option<Connection>>,
    /// The last snapshot's number.
    snapshot: Cell<u32>,
    last_id: Cell<u32>,
    pending: RefCell<HashMap<u32, Answered>>,
}

impl Analyst {
    /// Analyses what the engine has taken; `buffers` are its image and its places. `then` gets the summary.
    pub fn take(
        &self,
        taken: &HeapImage,
        buffers: &[JsValue; 2],
        then: impl FnOnce(Result<HeapSummary, String>) + 'static,
    ) {
        self.end(REPLACED);
        let number = self.0.snapshot.get().wrapping_add(1);
        self.0.snapshot.set(number);
        if let Err(error) = self.connect(number) {
            return then(Err(unable(&error)));
        }
        let [image, places] = buffers;
        let fields = [
            ("kind", "take".into()),
            ("number", number.into()),
            ("actor", taken.actor.0.into()),
            ("reductions", (taken.reductions as f64).into()),
            ("image", image.clone()),
            ("places", places.clone()),
        ];
        self.ask(&fields, &Array::of2(image, places), then);
    }

    /// Asks about an object of a snapshot.
    pub fn object(
        &self,
        snapshot: u32,
        name: HeapObjectName,
        then: impl FnOnce(Result<HeapObject, String>) + 'static,
    ) {
        if snapshot != self.0.snapshot.get() || self.0.connection.borrow().is_none() {
            return then(Err(REPLACED.to_owned()));
        }
        match postcard::to_allocvec(&name) {
            Ok(name) => {
                let name = Uint8Array::from(&name[..]).into();
                self.ask(&[("kind", "object".into()), ("name", name)], &Array::new(), then);
            }
            Err(error) => then(Err(error.to_string())),
        }
    }

    /// Ends the worker and forgets the snapshot; `why` answers what is still asked.
    pub fn end(&self, why: &str) {
        if let Some(Connection { worker, .. }) = self.0.connection.borrow_mut().take() {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
        }
        let pending: Vec<Answered> = self.0.pending.borrow_mut().drain().map(|(_, then)| then).collect();
        pending.into_iter().for_each(|then| then(Err(why.to_owned())));
    }

    fn ask<T: DeserializeOwned>(
        &self,
        fields: &[(&str, JsValue)],
        transfer: &Array,
        then: impl FnOnce(Result<T, String>) + 'static,
    ) {
        let id = self.0.last_id.get().wrapping_add(1);
        self.0.last_id.set(id);
        let decoded = move |bytes: Vec<u8>| {
            postcard::from_bytes(&bytes)
                .map_err(|error| format!("the analyst's answer cannot be read ({error})"))
        };
        let answered = Box::new(move |answer: Result<Vec<u8>, String>| then(answer.and_then(decoded)));
        self.0.pending.borrow_mut().insert(id, answered);
        if let Err(error) = self.post(id, fields, transfer) {
            self.settle(id, Err(unable(&error)));
        }
    }

    fn post(&self, id: u32, fields: &[(&str, JsValue)], transfer: &Array) -> Result<(), JsValue> {
        let message = Object::new();
        Reflect::set(&message, &"id".into(), &id.into())?;
        for (name, value) in fields {
            Reflect::set(&message, &(*name).into(), value)?;
        }
        match self.0.connection.borrow().as_ref() {
            Some(connection) => connection.worker.post_message_with_transfer(&message, transfer),
            None => Ok(()),
        }
    }

    fn settle(&self, id: u32, answer: Result<Vec<u8>, String>) {
        let asked = self.0.pending.borrow_mut().remove(&id);
        if let Some(then) = asked {
            then(answer);
        }
    }

    /// Starts the worker of a snapshot.
    fn connect(&self, number: u32) -> Result<(), JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(WORKER_URL, &options)?;
        let analyst = self.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if analyst.0.snapshot.get() == number {
                analyst.receive(&event.data());
            }
        });
        let analyst = self.clone();
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            if analyst.0.snapshot.get() == number {
                let text = event.message();
                analyst.fail(if text.is_empty() { "its module could not be loaded" } else { &text });
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        *self.0.connection.borrow_mut() =
            Some(Connection { worker, _on_message: on_message, _on_error: on_error });
        Ok(())
    }

    fn receive(&self, data: &JsValue) {
        let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let Some(id) = field("id").as_f64() else { return };
        let answer = match field("error").as_string() {
            Some(error) => Err(error),
            None => Ok(Uint8Array::new(&field("bytes")).to_vec()),
        };
        self.settle(id as u32, answer);
    }

    /// The worker is of no use; its own handler may be on the stack, so that it goes with the next snapshot.
    fn fail(&self, why: &str) {
        self.0.snapshot.set(self.0.snapshot.get().wrapping_add(1));
        let pending: Vec<Answered> = self.0.pending.borrow_mut().drain().map(|(_, then)| then).collect();
        pending.into_iter().for_each(|then| then(Err(format!("the heap cannot be analysed: {why}"))));
    }
}

fn unable(error: &JsValue) -> String {
    let text = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    format!("the heap cannot be analysed: {}", text.unwrap_or_else(|| format!("{error:?}")))
}
