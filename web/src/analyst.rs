//! The analyst, as the page sees it: a module that is started for each snapshot of a heap and answers about it.
//!
//! 1. There is one snapshot at a time. The worker of the one before is ended, and its memory given back, before the next one
//!    starts; what was still asked of it is answered with an error.
//! 2. Images go from the engine's worker to the analyst's as buffers, and never through the page's own memory.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use protocol::{HeapImage, HeapObject, HeapObjectName, HeapSummary};
use wasm_bindgen::prelude::*;

use crate::module::{Failure, Module};

/// The analyst's worker, next to `index.html`.
const WORKER_URL: &str = "analyst/worker.js";
const REPLACED: &str = "Another snapshot has taken the place of this one. Choose the object again.";

/// A handle to the analyst; clones are the same one.
#[derive(Clone, Default)]
pub struct Analyst {
    module: Module,
    /// The last snapshot's number.
    snapshot: Rc<Cell<u32>>,
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
        let number = self.snapshot.get().wrapping_add(1);
        self.snapshot.set(number);
        if let Err(error) = self.module.start(WORKER_URL) {
            return then(Err(unable(Failure { text: error, ended: true })));
        }
        let [image, places] = buffers;
        let bytes = |buffer: &JsValue| JsValue::from(Uint8Array::new(buffer));
        let values = Array::of5(
            &number.into(),
            &taken.actor.0.into(),
            &(taken.reductions as f64).into(),
            &bytes(image),
            &bytes(places),
        );
        let transfer = Array::of2(image, places);
        self.module.ask("take", &values, &transfer, |answer| then(answer.map_err(unable)));
    }

    /// Asks about an object of a snapshot.
    pub fn object(
        &self,
        snapshot: u32,
        name: HeapObjectName,
        then: impl FnOnce(Result<HeapObject, String>) + 'static,
    ) {
        if snapshot != self.snapshot.get() || !self.module.is_running() {
            return then(Err(REPLACED.to_owned()));
        }
        match postcard::to_allocvec(&name) {
            Ok(name) => {
                let values = Array::of1(&Uint8Array::from(&name[..]));
                self.module.ask("object", &values, &Array::new(), |answer| then(answer.map_err(unable)));
            }
            Err(error) => then(Err(error.to_string())),
        }
    }

    /// Ends the worker and forgets the snapshot; `why` answers what is still asked.
    pub fn end(&self, why: &str) {
        self.module.end(why);
    }
}

fn unable(failure: Failure) -> String {
    match failure {
        Failure { text, ended: true } => {
            format!("the heap cannot be analysed: {text}; take another snapshot")
        }
        Failure { text, ended: false } => text,
    }
}
