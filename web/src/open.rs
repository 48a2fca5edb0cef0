//! What the page opens: links, examples, drafts, nothing. Never runs any of it.

use protocol::{LinkContents, Settings, SourceText, Speed, decode_link};
use wasm_bindgen::JsValue;

use crate::drafts;
use crate::examples::{EXAMPLES, Example};
use crate::state::{Opened, Origin};
use crate::view::{Notice, NoticeKind};

/// File name of a new program.
pub const MAIN_FILE: &str = "main.scm";

/// An empty program.
pub fn empty(origin: Origin) -> Opened {
    text(origin, MAIN_FILE, "")
}

fn text(origin: Origin, name: &str, text: &str) -> Opened {
    Opened {
        origin,
        files: vec![SourceText { name: name.to_owned(), text: text.to_owned() }],
        settings: Settings::default(),
        speed: Speed::Full,
        breakpoints: Vec::new(),
    }
}

/// An example.
pub fn example(example: &Example) -> Opened {
    text(Origin::Example(example.file.to_owned()), example.file, example.text)
}

/// What a link or a draft holds.
pub fn contents(origin: Origin, contents: LinkContents) -> Opened {
    let mut files = contents.files;
    if files.is_empty() {
        files.push(SourceText { name: MAIN_FILE.to_owned(), text: String::new() });
    }
    Opened {
        origin,
        files,
        settings: contents.settings,
        speed: contents.speed,
        breakpoints: contents.breakpoints,
    }
}

/// A link, or an empty program and the reason why it does not open.
pub fn link(fragment: &str) -> (Opened, Option<Notice>) {
    match decode_link(fragment) {
        Ok(opened) => (contents(Origin::Link, opened), None),
        Err(error) => {
            let text = format!(
                "This link could not be opened: {error}. The editor is empty; your drafts are untouched."
            );
            (empty(Origin::Empty), Some(Notice::new(NoticeKind::Error, &text)))
        }
    }
}

/// What the page begins with: a link, an example by name, the last draft, or the first example.
pub fn at_start() -> (Opened, Vec<Notice>) {
    let hash = location_part(|location| location.hash());
    let query = location_part(|location| location.search());
    let query = web_sys::UrlSearchParams::new_with_str(&query).ok();
    let asked = |name: &str| query.as_ref().and_then(|query| query.get(name));
    if asked("safe").is_some() {
        let text = "Safe start: nothing was loaded. Your drafts are in the drafts list.";
        return (empty(Origin::Empty), vec![Notice::new(NoticeKind::Info, text)]);
    }
    if hash.len() > 1 {
        let (opened, notice) = link(&hash);
        return (opened, notice.into_iter().collect());
    }
    if let Some(found) = asked("example").and_then(|name| Example::named(&name)) {
        return (example(found), Vec::new());
    }
    if let Some(draft) = drafts::last() {
        match draft.contents() {
            Ok(opened) => return (contents(Origin::Draft(draft.id), opened), Vec::new()),
            Err(error) => {
                let text =
                    format!("The last draft could not be opened: {error}. It is still in the drafts list.");
                return (empty(Origin::Empty), vec![Notice::new(NoticeKind::Error, &text)]);
            }
        }
    }
    (example(&EXAMPLES[0]), Vec::new())
}

fn location_part(part: impl Fn(&web_sys::Location) -> Result<String, JsValue>) -> String {
    web_sys::window().and_then(|window| part(&window.location()).ok()).unwrap_or_default()
}

/// The page's address with a link.
pub fn address_of(link: &str) -> String {
    let here = location_part(|location| location.origin()) + &location_part(|location| location.pathname());
    format!("{here}#{link}")
}

/// Puts a link into the address bar; opening it is not an event.
pub fn put_link_in_address(link: &str) {
    replace_address(&address_of(link));
}

/// The program on the screen is no longer what the address says.
pub fn forget_link_in_address() {
    if location_part(|location| location.hash()).len() > 1 {
        let path =
            location_part(|location| location.pathname()) + &location_part(|location| location.search());
        replace_address(&path);
    }
}

/// The address may stay when it holds exactly this link.
pub fn forget_other_link_in_address(link: &str) {
    if location_part(|location| location.hash()).strip_prefix('#') != Some(link) {
        forget_link_in_address();
    }
}

fn replace_address(address: &str) {
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        // An embedding page may forbid it; the link is shown all the same.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}
