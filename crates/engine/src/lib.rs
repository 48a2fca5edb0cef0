//! The browser's face of `world`: one source, built with threads (shared memory, one worker a core) and without.
//!
//! 1. All exported functions but `run_core` are called by one worker, the host worker
//!    (`js/host.js`), and never block.
//! 2. Core loops hold rayon's pool for the engine's life; nothing else uses the pool.
//! 3. A panic in an actor's slice is `world`'s to catch. A panic or a trap that gets as far as this crate ends the
//!    engine: the host worker reports it, and the page starts another.
//! 4. Commands and events cross as bytes, in buffers of their own; what the host worker must know of them stands beside.
//! 5. Only `shared.rs` has `unsafe` code.
#![deny(unsafe_code)]
#![cfg_attr(all(feature = "threads", target_arch = "wasm32"), feature(stdarch_wasm_atomic_wait))]

mod clock;
mod face;
mod messages;
#[cfg(feature = "threads")]
mod pool;
mod shared;

pub use face::Engine;
#[cfg(feature = "threads")]
pub use pool::{run_core, start_cores};
#[cfg(feature = "threads")]
pub use wasm_bindgen_rayon::init_thread_pool;
