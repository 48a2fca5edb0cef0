//! Programs kept in this browser, one entry a draft, in local storage.
//!
//! 1. An entry is written only under its own id; no code path writes under the id of another.
//! 2. An entry is `date|name|link`: the link codec carries the contents, so that old entries open for ever.
//! 3. A full storage is reported, never made room in.

use protocol::{LinkContents, decode_link};
use web_sys::Storage;

const PREFIX: &str = "physics-world.draft.";
const LAST: &str = "physics-world.last";
const PREFERENCE: &str = "physics-world.preference.";

/// One kept program.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its key.
    pub id: String,
    /// When it was last changed, ms since 1970.
    pub date_ms: f64,
    /// First file's name, or its first comment.
    pub name: String,
    /// The contents as a link, not yet opened.
    pub link: String,
}

impl Draft {
    /// Opens it.
    ///
    /// # Errors
    /// Says why an entry does not open.
    pub fn contents(&self) -> Result<LinkContents, String> {
        decode_link(&self.link).map_err(|error| error.to_string())
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// A fresh id.
pub fn new_id() -> String {
    format!("{:x}-{:x}", js_sys::Date::now() as u64, (js_sys::Math::random() * 4_294_967_296.0) as u64)
}

/// Writes a draft and remembers it as the last one.
///
/// # Errors
/// Says in plain words why it could not be kept.
pub fn save(id: &str, title: &str, link: &str) -> Result<(), String> {
    let storage = storage().ok_or("this browser keeps nothing for this page")?;
    let entry = format!("{}|{title}|{link}", js_sys::Date::now());
    storage
        .set_item(&format!("{PREFIX}{id}"), &entry)
        .map_err(|_| "the browser's storage for this page is full; export your drafts and remove some")?;
    remember(Some(id));
    Ok(())
}

/// Remembers which draft opens next time.
pub fn remember(id: Option<&str>) {
    if let Some(storage) = storage() {
        // Only a convenience: when it fails the welcome program opens.
        let _ = match id {
            Some(id) => storage.set_item(LAST, id),
            None => storage.remove_item(LAST),
        };
    }
}

/// Takes a draft away.
pub fn remove(id: &str) {
    if let Some(storage) = storage() {
        // Removing fails only when storage is off, and then there is nothing to remove.
        let _ = storage.remove_item(&format!("{PREFIX}{id}"));
    }
}

/// All drafts, newest first.
pub fn all() -> Vec<Draft> {
    let Some(storage) = storage() else { return Vec::new() };
    let count = storage.length().unwrap_or(0);
    let mut drafts: Vec<Draft> = (0..count)
        .filter_map(|index| storage.key(index).ok().flatten())
        .filter_map(|key| Some(key.strip_prefix(PREFIX)?.to_owned()))
        .filter_map(|id| read(&storage, &id))
        .collect();
    drafts.sort_by(|a, b| b.date_ms.total_cmp(&a.date_ms));
    drafts
}

/// The draft that was worked on last.
pub fn last() -> Option<Draft> {
    let storage = storage()?;
    let id = storage.get_item(LAST).ok().flatten()?;
    read(&storage, &id)
}

fn read(storage: &Storage, id: &str) -> Option<Draft> {
    let entry = storage.get_item(&format!("{PREFIX}{id}")).ok().flatten()?;
    let mut parts = entry.splitn(3, '|');
    let date_ms = parts.next()?.parse().ok()?;
    let name = parts.next()?.to_owned();
    let link = parts.next()?.to_owned();
    Some(Draft { id: id.to_owned(), date_ms, name, link })
}

/// What a draft is called: the first comment of its main program, else its file name.
pub fn title(contents: &LinkContents) -> String {
    let Some(main) = contents.files.first() else { return "empty".to_owned() };
    let first = main.text.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim();
    let name = match first.strip_prefix(';') {
        Some(comment) => comment.trim_start_matches(';').trim(),
        None => "",
    };
    let name = if name.is_empty() { &main.name } else { name };
    name.chars().filter(|character| *character != '|').take(60).collect()
}

/// A stored preference.
pub fn preference(name: &str) -> Option<String> {
    storage()?.get_item(&format!("{PREFERENCE}{name}")).ok().flatten()
}

/// Keeps a preference, where the browser lets us.
pub fn set_preference(name: &str, value: &str) {
    if let Some(storage) = storage() {
        // Without storage the preference lasts as long as the page.
        let _ = storage.set_item(&format!("{PREFERENCE}{name}"), value);
    }
}

#[cfg(test)]
mod tests {
    use protocol::SourceText;

    use super::*;

    fn titled(text: &str) -> String {
        let files = vec![SourceText { name: "main.scm".into(), text: text.into() }];
        title(&LinkContents { files, ..LinkContents::default() })
    }

    #[test]
    fn a_draft_is_called_by_its_first_comment() {
        assert_eq!(titled("\n;; Ping-pong | two actors\n(display 1)"), "Ping-pong  two actors");
        assert_eq!(titled("(display 1)"), "main.scm");
        assert_eq!(titled(""), "main.scm");
    }
}
