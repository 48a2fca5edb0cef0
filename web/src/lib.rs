//! The page: editor, controls and live views of the machine.
//!
//! 1. It speaks `protocol` and nothing else of ours; the engine is another wasm module in a worker.
//! 2. The page's thread never waits for the engine.
//! 3. One pure reducer holds the shared state (`state`); effects live in `hooks`; views compute nothing about the
//!    world.
#![forbid(unsafe_code)]

pub mod acts;
mod analyst;
mod api;
mod asking;
mod assistant;
mod canvas;
mod components;
mod download;
mod drafts;
pub mod examples;
pub mod format;
pub mod history;
mod hooks;
mod inquiry;
mod module;
pub mod observe;
mod open;
pub mod output;
mod outside;
mod picture;
pub mod report;
pub mod state;
mod storage;
pub mod text;
pub mod view;
mod views;
mod worker;

/// Starts the engine, puts `globalThis.physicsWorld` in place, then draws the page.
pub fn start() {
    let window = web_sys::window();
    let search = window.as_ref().and_then(|window| window.location().search().ok()).unwrap_or_default();
    let asked_for_one_thread = web_sys::UrlSearchParams::new_with_str(&search)
        .ok()
        .and_then(|query| query.get("threads"))
        .is_some_and(|value| value == "0");
    let cores = window.as_ref().map_or(1.0, |window| window.navigator().hardware_concurrency());
    let engine = worker::Engine::start(is_isolated() && !asked_for_one_thread, cores.clamp(1.0, 64.0) as u16);
    api::install(&engine);
    let root =
        window.and_then(|window| window.document()).and_then(|document| document.get_element_by_id("page"));
    if let Some(root) = root {
        root.set_inner_html("");
        yew::Renderer::<components::App>::with_root_and_props(root, components::AppProps { engine }).render();
    }
}

/// Whether the browser lets this page share memory with its workers.
fn is_isolated() -> bool {
    let answer = js_sys::Reflect::get(&js_sys::global(), &"crossOriginIsolated".into());
    answer.ok().and_then(|value| value.as_bool()).unwrap_or(false)
}
