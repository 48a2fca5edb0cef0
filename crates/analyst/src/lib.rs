//! The analyst: heap snapshots analysed in the browser, in a worker and with a memory of its own, so that neither page nor
//! engine waits or grows for it.
//!
//! 1. An analyst has one snapshot, all its life. The page ends the worker, and with it the memory, when there is another one.
//! 2. Questions and answers are bytes, as postcard makes them of `protocol`'s types.
//! 3. What ends the module (out of memory, a panic) is told to the worker's `reportFailure` first: `js/worker.js`.
#![deny(unsafe_code)]
#![feature(alloc_error_hook)]

use analysis::HeapSnapshot;
use arena::{Image, Places};
use protocol::{ActorNumber, HeapObjectName};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = reportFailure)]
    fn report_failure(reason: &str);
}

/// Says what ends the module. Called once, when it starts.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| report_failure(&panic.to_string())));
    std::alloc::set_alloc_error_hook(|_| {
        report_failure("there is not enough memory to analyse a heap of this size");
    });
}

/// A snapshot and what follows from it.
#[wasm_bindgen]
pub struct Analyst {
    snapshot: HeapSnapshot,
    number: u32,
}

#[wasm_bindgen]
impl Analyst {
    /// Analyses what an engine has taken; `number` is what the page calls it.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(
        number: u32,
        actor: u32,
        reductions: f64,
        image: Vec<u8>,
        places: Vec<u8>,
    ) -> Result<Analyst, JsError> {
        let read = Image::read(&image)?;
        drop(image);
        let mut snapshot = HeapSnapshot::new(read, Some(Places::read(&places)?))?;
        (snapshot.actor, snapshot.reductions) = (Some(ActorNumber(actor)), reductions as u64);
        Ok(Analyst { snapshot, number })
    }

    /// The snapshot at a glance, as a `HeapSummary`.
    ///
    /// # Errors
    /// That it cannot be encoded.
    pub fn summary(&self) -> Result<Vec<u8>, JsError> {
        Ok(postcard::to_allocvec(&self.snapshot.summary(self.number))?)
    }

    /// The object that a `HeapObjectName` tells, as a `HeapObject`.
    ///
    /// # Errors
    /// That there is no such object, or what is wrong with the bytes.
    pub fn object(&self, name: &[u8]) -> Result<Vec<u8>, JsError> {
        let name: HeapObjectName = postcard::from_bytes(name)?;
        let object = self.snapshot.object(self.number, name).map_err(|why| JsError::new(&why))?;
        Ok(postcard::to_allocvec(&object)?)
    }
}
