//! Commands in, events out: between bytes, as postcard makes them of `protocol`'s types, and those types.

use protocol::{Command, Event, HeapAnswer};
use wasm_bindgen::prelude::*;

/// Reads a command that the page posted.
///
/// # Errors
/// A JavaScript error that says what does not fit.
pub(crate) fn command_from_bytes(bytes: &[u8]) -> Result<Command, JsError> {
    postcard::from_bytes(bytes).map_err(|error| JsError::new(&format!("not a command: {error}")))
}

/// Turns events into a message for the page, `{kind: "events", bytes, evaluated, images}`: the events in order, in a buffer of
/// their own, how many of them answer an evaluation, and two buffers (image, places) for each heap that was taken, in order.
/// These go on to the analyst as they are.
///
/// # Errors
/// A JavaScript error if an event cannot be encoded.
pub(crate) fn message_from_events(mut events: Vec<Event>) -> Result<JsValue, JsError> {
    let buffer = |bytes: &[u8]| js_sys::Uint8Array::from(bytes).buffer();
    let images = js_sys::Array::new();
    for event in &mut events {
        if let Event::HeapAnswered { result: Ok(HeapAnswer::Taken(taken)), .. } = event {
            for bytes in [&mut taken.image, &mut taken.places] {
                images.push(&buffer(&std::mem::take(bytes)));
            }
        }
    }
    let bytes = postcard::to_allocvec(&events)
        .map_err(|error| JsError::new(&format!("events cannot be encoded: {error}")))?;
    let evaluated = events.iter().filter(|event| matches!(event, Event::Evaluated { .. })).count();
    let pair = |key: &str, value: &JsValue| js_sys::Array::of2(&JsValue::from_str(key), value);
    let entries = js_sys::Array::of4(
        &pair("kind", &JsValue::from_str("events")),
        &pair("bytes", &buffer(&bytes)),
        &pair("evaluated", &JsValue::from_f64(evaluated as f64)),
        &pair("images", &images),
    );
    // Fails only for entries that are no pairs.
    Ok(js_sys::Object::from_entries(&entries).map_or(JsValue::NULL, JsValue::from))
}
