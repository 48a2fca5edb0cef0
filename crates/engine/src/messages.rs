//! Commands in, events out: between JavaScript values and `protocol`'s types.

use protocol::{Command, Event};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Reads a command that the page posted.
///
/// # Errors
/// A JavaScript error that names the field which does not fit.
pub(crate) fn command_from_js(value: JsValue) -> Result<Command, JsError> {
    serde_wasm_bindgen::from_value(value).map_err(|error| JsError::new(&format!("not a command: {error}")))
}

/// Turns events into messages for the page: one `{kind: "events", events}` for each run of plain events, and one
/// `{kind: "snapshot", bytes}`, `{kind: "picture", bytes}` or `{kind: "answer", bytes}` for each snapshot, picture or answer
/// about a heap between them, in order.
///
/// # Errors
/// A JavaScript error if an event holds a value that JavaScript cannot.
pub(crate) fn messages_from_events(events: Vec<Event>) -> Result<js_sys::Array, JsError> {
    let messages = js_sys::Array::new();
    let mut plain = js_sys::Array::new();
    for event in events {
        let apart = match &event {
            Event::Snapshot(snapshot) => {
                let bytes = postcard::to_allocvec(&**snapshot)
                    .map_err(|error| JsError::new(&format!("a snapshot cannot be encoded: {error}")))?;
                Some(("snapshot", js_sys::Uint8Array::from(&bytes[..])))
            }
            Event::HeapAnswered { id, result } => {
                let bytes = postcard::to_allocvec(&(id, result))
                    .map_err(|error| JsError::new(&format!("an answer cannot be encoded: {error}")))?;
                Some(("answer", js_sys::Uint8Array::from(&bytes[..])))
            }
            Event::Picture(bytes) => Some(("picture", js_sys::Uint8Array::from(&bytes[..]))),
            _ => None,
        };
        if let Some((kind, bytes)) = apart {
            if plain.length() > 0 {
                messages.push(&message("events", "events", &plain));
                plain = js_sys::Array::new();
            }
            messages.push(&message(kind, "bytes", &bytes.buffer()));
        } else {
            let value = event
                .serialize(
                    &serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true),
                )
                .map_err(|error| JsError::new(&format!("an event cannot be encoded: {error}")))?;
            plain.push(&value);
        }
    }
    if plain.length() > 0 {
        messages.push(&message("events", "events", &plain));
    }
    Ok(messages)
}

/// `{kind, [name]: value}`.
fn message(kind: &str, name: &str, value: &JsValue) -> JsValue {
    let pair = |key: &str, value: &JsValue| js_sys::Array::of2(&JsValue::from_str(key), value);
    let entries = js_sys::Array::of2(&pair("kind", &JsValue::from_str(kind)), &pair(name, value));
    // Fails only for entries that are no pairs.
    js_sys::Object::from_entries(&entries).map_or(JsValue::NULL, JsValue::from)
}
