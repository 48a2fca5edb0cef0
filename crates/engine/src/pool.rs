//! The core loops, on the workers of wasm-bindgen-rayon's pool.
//!
//! 1. JavaScript starts the pool (`initThreadPool`), with one worker a core, before it calls [`start_cores`].
//! 2. Each loop is entered through JavaScript (`guard`), because only JavaScript sees a trap; `guard` calls back
//!    [`run_core`], and reports a trap to the host worker by its own channel, without this module's memory.

use std::sync::{Arc, OnceLock};

use wasm_bindgen::prelude::*;
use world::Cores;

use crate::Engine;

static CORES: OnceLock<Arc<Cores>> = OnceLock::new();

#[wasm_bindgen(module = "/js/guard.js")]
extern "C" {
    /// Calls [`run_core`]; does not return before the engine ends, unless the core traps.
    fn guard(engine: u32, core: u32);
}

/// Starts one core loop on every worker of the pool and returns at once.
///
/// `engine` tells this engine's failure reports from those of other engines of the same origin.
#[wasm_bindgen(js_name = startCores)]
pub fn start_cores(world: &Engine, engine: u32) {
    if CORES.set(world.world.cores()).is_ok() {
        rayon::spawn_broadcast(move |context| guard(engine, context.index() as u32));
    }
}

/// Runs one core until the engine ends.
#[wasm_bindgen(js_name = runCore)]
pub fn run_core(core: usize) {
    if let Some(cores) = CORES.get() {
        cores.run_core(core);
    }
}
