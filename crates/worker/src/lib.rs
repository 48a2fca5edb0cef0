//! What the page's wasm modules beside the engine have in common. Each is loaded when it is first wanted, and has a worker and a
//! memory of its own, so that neither page nor engine waits or grows for it: `js/worker.js`, and `web/src/module.rs` on the
//! page's side.
//!
//! 1. A module is functions that answer with bytes, as postcard makes them of `protocol`'s types, or with what is wrong.
//! 2. What ends a module (out of memory, a panic) is told to the worker's `reportFailure` first.
#![deny(unsafe_code)]
#![feature(alloc_error_hook)]

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = reportFailure)]
    fn report_failure(reason: &str);
}

/// Has what ends the module said before it ends. Called once, when a module starts.
pub fn begin() {
    std::panic::set_hook(Box::new(|panic| report_failure(&panic.to_string())));
    std::alloc::set_alloc_error_hook(|_| report_failure("there is not enough memory"));
}
