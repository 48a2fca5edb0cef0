//! `globalThis.physicsWorld`: the page's face for scripts and embedding. Described in `docs/PAGE_API.md`.
//!
//! 1. It exists before anything is drawn; promises wait for the engine by themselves.

use js_sys::{Object, Promise, Reflect};
use protocol::{ENVIRONMENT, FILE_READ, FILE_WRITE, Grant, Settings};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::worker::Engine;

/// What can be allowed.
const KINDS: [&str; 3] = [FILE_READ, FILE_WRITE, ENVIRONMENT];

/// Puts the object in place.
pub fn install(engine: &Engine) {
    let evaluate = method(engine, Engine::evaluate);
    let check_replay = method(engine, Engine::check_replay);
    let allow = allow(engine);
    let object = Object::new();
    let installed = Reflect::set(&object, &"evaluate".into(), evaluate.as_ref().unchecked_ref())
        .and_then(|_| Reflect::set(&object, &"checkReplay".into(), check_replay.as_ref().unchecked_ref()))
        .and_then(|_| Reflect::set(&object, &"allow".into(), allow.as_ref().unchecked_ref()))
        .and_then(|_| Reflect::set(&object, &"version".into(), &protocol::VERSION.into()))
        .and_then(|_| Reflect::set(&js_sys::global(), &"physicsWorld".into(), &object));
    if installed.is_ok() {
        // They live as long as the page.
        evaluate.forget();
        check_replay.forget();
        allow.forget();
    }
}

/// A function of a list of `{ kind, scope }`.
fn allow(engine: &Engine) -> Closure<dyn Fn(JsValue) -> Result<(), JsValue>> {
    let engine = engine.clone();
    Closure::new(move |grants: JsValue| {
        let grants = grants.dyn_into::<js_sys::Array>().ok();
        let grants =
            grants.and_then(|grants| grants.iter().map(|one| grant(&one)).collect::<Option<Vec<_>>>());
        let grants = grants.ok_or_else(|| {
            js_sys::TypeError::new("not a list of grants: each is an object { kind, scope } of two strings")
        })?;
        if let Some(Grant { kind, .. }) = grants.iter().find(|grant| !KINDS.contains(&grant.kind.as_str())) {
            let text = format!("there is no kind \"{kind}\"; expected one of {}", KINDS.join(", "));
            return Err(js_sys::TypeError::new(&text).into());
        }
        engine.allow(grants);
        Ok(())
    })
}

/// `{ kind, scope }`; without a scope, everything.
fn grant(value: &JsValue) -> Option<Grant> {
    let field = |name: &str| Reflect::get(value, &name.into()).ok();
    let scope = field("scope")?;
    let scope = if scope.is_undefined() { Some(String::new()) } else { scope.as_string() };
    Some(Grant { kind: field("kind")?.as_string()?, scope: scope? })
}

/// A function of a source text and options.
fn method(
    engine: &Engine,
    call: fn(&Engine, String, Settings) -> Promise,
) -> Closure<dyn Fn(JsValue, JsValue) -> Promise> {
    let engine = engine.clone();
    Closure::new(move |source: JsValue, options: JsValue| match source.as_string() {
        Some(source) => call(&engine, source, settings(&options)),
        None => Promise::reject(&js_sys::TypeError::new("the source must be a string")),
    })
}

/// The default settings with the options `cores`, `seed`, `heapWords`, `reductions` put over them.
fn settings(options: &JsValue) -> Settings {
    let mut settings = Settings::default();
    let number = |name: &str| {
        let value = Reflect::get(options, &name.into()).ok()?.as_f64()?;
        (value >= 0.0 && value.is_finite()).then_some(value)
    };
    if !options.is_object() {
        return settings;
    }
    if let Some(cores) = number("cores") {
        settings.cores = cores as u16;
    }
    if let Some(seed) = number("seed") {
        settings.seed = seed as u64;
    }
    if let Some(words) = number("heapWords") {
        settings.heap_words_max = words as u64;
    }
    if let Some(reductions) = number("reductions") {
        settings.reductions_max = reductions as u64;
    }
    settings
}
