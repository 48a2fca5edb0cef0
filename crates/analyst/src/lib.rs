//! The analyst: heap snapshots analysed in the browser, in a worker and with a memory of its own (crate `worker`).
//!
//! 1. An analyst has one snapshot, all its life. The page ends the worker, and with it the memory, when there is another one.
#![deny(unsafe_code)]

use std::cell::RefCell;

use analysis::HeapSnapshot;
use arena::{Image, Places};
use protocol::{ActorNumber, HeapObjectName};
use wasm_bindgen::prelude::*;

/// A snapshot and what follows from it.
struct Analyst {
    snapshot: HeapSnapshot,
    number: u32,
}

thread_local! {
    static ANALYST: RefCell<Option<Analyst>> = const { RefCell::new(None) };
}

/// Called once, when the module starts.
#[wasm_bindgen(start)]
pub fn start() {
    worker::begin();
}

/// Analyses what an engine has taken; `number` is what the page calls it. Answers the snapshot at a glance, a `HeapSummary`.
///
/// # Errors
/// What is wrong with the bytes.
#[wasm_bindgen]
pub fn take(
    number: u32,
    actor: u32,
    reductions: f64,
    image: Vec<u8>,
    places: Vec<u8>,
) -> Result<Vec<u8>, JsError> {
    let read = Image::read(&image)?;
    drop(image);
    let mut snapshot = HeapSnapshot::new(read, Some(Places::read(&places)?))?;
    (snapshot.actor, snapshot.reductions) = (Some(ActorNumber(actor)), reductions as u64);
    let summary = postcard::to_allocvec(&snapshot.summary(number))?;
    ANALYST.set(Some(Analyst { snapshot, number }));
    Ok(summary)
}

/// The object that a `HeapObjectName` tells, as a `HeapObject`.
///
/// # Errors
/// That there is no such object, or what is wrong with the bytes.
#[wasm_bindgen]
pub fn object(name: &[u8]) -> Result<Vec<u8>, JsError> {
    let name: HeapObjectName = postcard::from_bytes(name)?;
    ANALYST.with_borrow(|analyst| {
        let analyst = analyst.as_ref().ok_or_else(|| JsError::new("there is no snapshot"))?;
        let object = analyst.snapshot.object(analyst.number, name).map_err(|why| JsError::new(&why))?;
        Ok(postcard::to_allocvec(&object)?)
    })
}
