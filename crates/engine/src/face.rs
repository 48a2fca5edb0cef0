//! The engine as the host worker sees it.

use std::panic::AssertUnwindSafe;

use protocol::Variant;
use wasm_bindgen::prelude::*;
use world::{Host, World};

use crate::messages::{command_from_bytes, message_from_events};
use crate::{clock, shared};

/// One engine: a world and what the host worker needs to drive it.
#[wasm_bindgen]
pub struct Engine {
    /// A panic that leaves the world half changed ends the engine: the host worker never calls it again.
    pub(crate) world: AssertUnwindSafe<World>,
}

#[wasm_bindgen]
impl Engine {
    /// Makes an engine for so many cores, with so much memory at most. Its first event is `Ready`.
    #[wasm_bindgen(constructor)]
    pub fn new(cores: u16, memory_bytes_max: f64) -> Engine {
        clock::start();
        let variant = if cfg!(feature = "threads") { Variant::Threads } else { Variant::SingleThread };
        let world = World::new(Host {
            clock: clock::now_ms,
            notify: shared::announce,
            cores,
            variant,
            memory_bytes_max: memory_bytes_max as u64,
        });
        Engine { world: AssertUnwindSafe(world) }
    }

    /// Takes a command, as bytes; what it causes arrives through [`Engine::poll`].
    ///
    /// # Errors
    /// The bytes are no command.
    pub fn command(&mut self, command: &[u8]) -> Result<(), JsError> {
        self.world.command(command_from_bytes(command)?);
        Ok(())
    }

    /// What happened since the last call, as a message for the page; `undefined` if nothing did.
    ///
    /// # Errors
    /// An event that cannot be encoded.
    pub fn poll(&mut self) -> Result<JsValue, JsError> {
        let events = self.world.poll(clock::now_ms());
        if events.is_empty() { Ok(JsValue::UNDEFINED) } else { message_from_events(events) }
    }

    /// Milliseconds until the next poll is due even without news; `undefined` if there is no such moment.
    #[wasm_bindgen(js_name = nextPollMs)]
    pub fn next_poll_ms(&self) -> Option<f64> {
        self.world.next_deadline().map(|deadline| (deadline - clock::now_ms()).max(0.0))
    }

    /// Runs actors on this worker for about so many milliseconds; true if there is more to do now. Without threads only.
    #[wasm_bindgen(js_name = runSlice)]
    pub fn run_slice(&mut self, budget_ms: f64) -> bool {
        self.world.run_slice(budget_ms)
    }

    /// Address of the word that changes when there are news.
    #[wasm_bindgen(js_name = newsAddress)]
    pub fn news_address(&self) -> usize {
        shared::news_address()
    }
}
