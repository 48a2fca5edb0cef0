//! What the cores and the host worker share besides the world: the word on which the host worker waits.
//!
//! 1. `NEWS` only ever counts up (wrapping). Whoever makes news calls [`announce`] after the news can be polled.
//! 2. The host worker reads the word, polls, and then waits for the word to differ from what it read; so news that
//!    arrive between the two end the wait at once.
#![cfg_attr(all(feature = "threads", target_arch = "wasm32"), allow(unsafe_code))]

use std::sync::atomic::{AtomicI32, Ordering};

static NEWS: AtomicI32 = AtomicI32::new(0);

/// Wakes the host worker, if it waits. Called on any core; never blocks.
pub(crate) fn announce() {
    // Release: pairs with the host worker's sequentially consistent `Atomics.load` before it polls.
    NEWS.fetch_add(1, Ordering::Release);
    #[cfg(all(feature = "threads", target_arch = "wasm32"))]
    // SAFETY: the address is that of a live, aligned, 32-bit static in shared memory.
    unsafe {
        std::arch::wasm32::memory_atomic_notify(NEWS.as_ptr(), 1);
    }
}

/// Where the word is, in bytes from the start of memory.
pub(crate) fn news_address() -> usize {
    NEWS.as_ptr() as usize
}
