//! What the editor asks of the assistant: places go out in bytes and come back in UTF-16 units, as the editor counts.
//!
//! 1. A question is about the texts as they are on the screen when it is asked; the editor drops an answer that comes
//!    after the text has changed.
//! 2. Every promise settles: with what was asked, with `null` where nothing is known, or with `undefined` when there is nobody
//!    to answer.
//! 3. What the editor asks by itself, classes and folds, waits for the engine: that loads first. What a person asks does not.

use js_sys::{Array, Object, Promise, Reflect};
use protocol::{Answer, Asked, Location, NameClass, Question, SourceText};
use wasm_bindgen::prelude::*;

use crate::drafts;
use crate::hooks::World;
use crate::state::{Action, EngineState};
use crate::text::{byte_offset, utf16_ranges};
use crate::view::{Notice, NoticeKind};

/// Asks what `request` says: `{kind, offset, name}` as `web/editor/assist.js` makes it.
pub fn ask(world: &World, request: &JsValue) -> Promise {
    let field = |name: &str| Reflect::get(request, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let files = world.program();
    let file = world.state.file;
    let text = files.get(file).map(|file| file.text.clone()).unwrap_or_default();
    let offset = byte_offset(&text, field("offset").as_f64().unwrap_or(0.0) as u32);
    let question = match field("kind").as_string().as_deref() {
        Some("complete") => Question::Complete { offset },
        Some("describe") => Question::Describe { offset },
        Some("define") => Question::Define { offset },
        Some("rename") => Question::Rename { offset, name: field("name").as_string().unwrap_or_default() },
        Some("format") => Question::Format,
        _ => Question::Paint,
    };
    let world = world.clone();
    Promise::new(&mut |resolve, _reject| {
        // A promise's function does not throw.
        let settle = move |value: &JsValue| _ = resolve.call1(&JsValue::UNDEFINED, value);
        if question == Question::Paint && !matches!(world.state.engine, EngineState::Ready { .. }) {
            return settle(&JsValue::UNDEFINED);
        }
        let (world, text, files) = (world.clone(), text.clone(), files.clone());
        let asked = Asked { files: files.clone(), file: file as u32, question: question.clone() };
        let assistant = world.editor.assistant().clone();
        assistant.ask(&asked, move |answer| match answer {
            Ok(answer) => settle(&value_of(&world, &files, file, &text, answer)),
            Err(why) => {
                if let Some(text) = why {
                    world.dispatch(Action::Notify(Notice::new(NoticeKind::Error, &text)));
                }
                settle(&JsValue::UNDEFINED);
            }
        });
    })
}

fn value_of(world: &World, files: &[SourceText], file: usize, text: &str, answer: Answer) -> JsValue {
    match answer {
        Answer::Offers { start, end, offers } => {
            let list = Array::new();
            for offer in offers {
                list.push(&object(&[
                    ("name", offer.name.into()),
                    ("signature", offer.signature.into()),
                    ("text", offer.text.into()),
                    ("kind", offer.kind.into()),
                ]));
            }
            let (from, to) = range(text, start, end);
            object(&[("from", from.into()), ("to", to.into()), ("offers", list.into())])
        }
        Answer::Description(None) => JsValue::NULL,
        Answer::Description(Some(described)) => {
            let (from, to) = range(text, described.start, described.end);
            object(&[
                ("from", from.into()),
                ("to", to.into()),
                ("signature", described.signature.into()),
                ("text", described.text.into()),
                ("origin", described.origin.into()),
            ])
        }
        Answer::Definition(place) => define(world, files, file, text, place),
        Answer::Renamed(Err(error)) => object(&[("error", error.into())]),
        Answer::Renamed(Ok(places)) => rename(files, file, places),
        Answer::Formatted(Ok(text)) => object(&[("text", text.into())]),
        Answer::Formatted(Err(problem)) => {
            let from = problem.location.as_ref().map_or(0, |place| range(text, place.start, place.end).0);
            let place = problem.location.as_ref().map(|place| format!("line {}: ", place.line));
            let error = format!("{}{}", place.unwrap_or_default(), problem.message);
            object(&[("error", error.into()), ("from", from.into())])
        }
        Answer::Painted { names, folds } => {
            let bytes: Vec<(u32, u32)> =
                names.iter().map(|(from, to, _)| (*from, *to)).chain(folds.iter().copied()).collect();
            let ranges = utf16_ranges(text, &bytes);
            let pair = |&(from, to): &(u32, u32)| Array::of2(&from.into(), &to.into());
            let (painted, folded) = ranges.split_at(names.len());
            let list = Array::new();
            for ((from, to), (.., class)) in painted.iter().zip(&names) {
                list.push(&Array::of3(&(*from).into(), &(*to).into(), &class_name(*class).into()));
            }
            let folds: Array = folded.iter().map(pair).collect();
            object(&[("names", list.into()), ("folds", folds.into())])
        }
    }
}

/// Shows another file if the definition is there; the editor itself goes to one in its own file.
fn define(world: &World, files: &[SourceText], file: usize, text: &str, place: Option<Location>) -> JsValue {
    let Some(place) = place else { return JsValue::NULL };
    if files.get(file).is_some_and(|own| own.name == place.file) {
        let (from, to) = range(text, place.start, place.end);
        return object(&[("from", from.into()), ("to", to.into())]);
    }
    world.reveal(&place.file, place.line);
    object(&[("elsewhere", true.into())])
}

/// The edits of the editor's file, and those of others for [`rename_elsewhere`].
fn rename(files: &[SourceText], file: usize, places: Vec<Location>) -> JsValue {
    let edits = Array::new();
    let others = Array::new();
    for (index, one) in files.iter().enumerate() {
        let bytes: Vec<(u32, u32)> = places
            .iter()
            .filter(|place| place.file == one.name)
            .map(|place| (place.start, place.end))
            .collect();
        if index == file {
            for (from, to) in utf16_ranges(&one.text, &bytes) {
                edits.push(&Array::of2(&from.into(), &to.into()));
            }
        } else if !bytes.is_empty() {
            let spans: Array =
                bytes.iter().map(|(from, to)| Array::of2(&(*from).into(), &(*to).into())).collect();
            others.push(&object(&[("file", (index as u32).into()), ("spans", spans.into())]));
        }
    }
    object(&[("edits", edits.into()), ("others", others.into())])
}

/// Puts `name` at the places of other files that [`rename`] found.
pub fn rename_elsewhere(world: &World, others: &Array, name: &str) {
    for other in others.iter() {
        let field = |name: &str| Reflect::get(&other, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let Some(file) = field("file").as_f64().map(|file| file as usize) else { continue };
        let Some(old) = world.state.files.get(file) else { continue };
        let mut text = old.text.clone();
        let spans = Array::from(&field("spans"));
        for span in spans.iter().rev() {
            let place = |at: u32| Array::from(&span).get(at).as_f64().map(|place| place as usize);
            if let (Some(from), Some(to)) = (place(0), place(1))
                && text.get(from..to).is_some()
            {
                text.replace_range(from..to, name);
            }
        }
        world.dispatch(Action::Edited { file, text, draft: drafts::new_id() });
    }
}

fn range(text: &str, start: u32, end: u32) -> (u32, u32) {
    utf16_ranges(text, &[(start, end)]).first().copied().unwrap_or((0, 0))
}

fn class_name(class: NameClass) -> &'static str {
    match class {
        NameClass::Form => "form",
        NameClass::Macro => "macro",
        NameClass::Builtin => "builtin",
        NameClass::Global => "global",
        NameClass::Parameter => "parameter",
        NameClass::Local => "local",
        NameClass::Definition => "definition",
    }
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // A fresh object takes any field.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}
