//! Monotonic time that all workers of one engine agree on.
//!
//! 1. Each worker's `performance.now()` counts from that worker's start, and its `timeOrigin` says when that was; their
//!    sum is comparable between workers, to within the browser's resolution.
//! 2. [`start`] is called once, before any core loop begins, so that times stay small and exact to a microsecond.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(thread_local_v2, js_namespace = performance, js_name = timeOrigin)]
    static TIME_ORIGIN: f64;
}

/// Bits of the engine's start, in milliseconds since the Unix epoch.
static EPOCH: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// This worker's `timeOrigin`, relative to [`EPOCH`]; NaN until read.
    static OFFSET: Cell<f64> = const { Cell::new(f64::NAN) };
}

/// Sets the zero of [`now_ms`] to this moment.
pub(crate) fn start() {
    let epoch = TIME_ORIGIN.with(|origin| *origin) + performance_now();
    // Relaxed: starting the core loops through rayon's queue orders this before their first read.
    EPOCH.store(epoch.to_bits(), Ordering::Relaxed);
    OFFSET.set(f64::NAN);
}

/// Milliseconds since [`start`], on any worker of this engine.
pub(crate) fn now_ms() -> f64 {
    let mut offset = OFFSET.get();
    if offset.is_nan() {
        offset = TIME_ORIGIN.with(|origin| *origin) - f64::from_bits(EPOCH.load(Ordering::Relaxed));
        OFFSET.set(offset);
    }
    offset + performance_now()
}
