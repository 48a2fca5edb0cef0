//! The assistant: what the editor asks about a program's text, answered in the browser, in a worker of its own (crate
//! `worker`), so that the engine has no part in it: it answers whatever a program does, and if there is no engine.
//!
//! 1. An answer depends on the texts that come with the question, and on nothing else.
#![deny(unsafe_code)]

use std::cell::RefCell;

use protocol::Asked;
use wasm_bindgen::prelude::*;
use world::editing::Editing;

thread_local! {
    static EDITING: RefCell<Editing> = RefCell::default();
}

/// Called once, when the module starts.
#[wasm_bindgen(start)]
pub fn start() {
    worker::begin();
}

/// The `Answer` to what was `Asked`.
///
/// # Errors
/// What is wrong with the bytes.
#[wasm_bindgen]
pub fn answer(asked: &[u8]) -> Result<Vec<u8>, JsError> {
    let asked: Asked = postcard::from_bytes(asked)?;
    let answer = EDITING.with_borrow_mut(|editing| editing.answer(asked));
    Ok(postcard::to_allocvec(&answer)?)
}
