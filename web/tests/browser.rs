//! The page's face for scripts, in a browser without an engine: promises settle all the same.
#![cfg(target_arch = "wasm32")]

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).expect("an object")
}

/// Calls `physicsWorld.evaluate` and answers the text with which it rejects.
async fn rejection(argument: &JsValue) -> String {
    let world = member(&js_sys::global(), "physicsWorld");
    let evaluate: Function = member(&world, "evaluate").dyn_into().expect("evaluate is a function");
    let promise: Promise =
        evaluate.call1(&world, argument).expect("it does not throw").dyn_into().expect("a promise");
    let error = wasm_bindgen_futures::JsFuture::from(promise).await.expect_err("there is no engine here");
    member(&error, "message").as_string().expect("an error with a message")
}

#[wasm_bindgen_test]
async fn scripts_get_an_answer_even_when_no_engine_starts() {
    web::start();
    assert!(member(&member(&js_sys::global(), "physicsWorld"), "version").as_f64().is_some());
    assert!(rejection(&JsValue::from(5)).await.contains("string"));
    // Nothing serves the engine's worker to this test.
    assert!(!rejection(&JsValue::from("(+ 1 2)")).await.is_empty());
}
