//! What requests carry, by name.
//!
//! 1. What is missing or of another type is refused with its name and what was expected.

use serde_json::Value;

/// Characters of a value that a refusal shows.
const SHOWN_MAX: usize = 60;

fn refusal(name: &str, expected: &str, found: &Value) -> String {
    let shown: String = found.to_string().chars().take(SHOWN_MAX).collect();
    format!("`{name}` expects {expected}, not {shown}")
}

fn field<'a>(holder: &'a Value, name: &str) -> Option<&'a Value> {
    holder.get(name).filter(|value| !value.is_null())
}

/// A text that may be missing.
pub(super) fn text<'a>(holder: &'a Value, name: &str) -> Result<Option<&'a str>, String> {
    let Some(found) = field(holder, name) else { return Ok(None) };
    found.as_str().map(Some).ok_or_else(|| refusal(name, "a text", found))
}

/// A text.
pub(super) fn needed_text<'a>(holder: &'a Value, name: &str) -> Result<&'a str, String> {
    text(holder, name)?.ok_or_else(|| format!("`{name}` is missing; it expects a text"))
}

/// A whole number that may be missing.
pub(super) fn number(holder: &Value, name: &str) -> Result<Option<u64>, String> {
    let Some(found) = field(holder, name) else { return Ok(None) };
    found.as_u64().map(Some).ok_or_else(|| refusal(name, "a whole number that is not negative", found))
}

/// A whole number.
pub(super) fn needed_number(holder: &Value, name: &str) -> Result<u64, String> {
    number(holder, name)?.ok_or_else(|| format!("`{name}` is missing; it expects a whole number"))
}

/// A whole number that may be missing, or negative.
pub(super) fn integer(holder: &Value, name: &str) -> Result<i64, String> {
    let Some(found) = field(holder, name) else { return Ok(0) };
    found.as_i64().ok_or_else(|| refusal(name, "a whole number", found))
}

/// A truth value; false if it is missing.
pub(super) fn flag(holder: &Value, name: &str) -> Result<bool, String> {
    let Some(found) = field(holder, name) else { return Ok(false) };
    found.as_bool().ok_or_else(|| refusal(name, "true or false", found))
}

/// A list; empty if it is missing.
pub(super) fn list<'a>(holder: &'a Value, name: &str) -> Result<&'a [Value], String> {
    let Some(found) = field(holder, name) else { return Ok(&[]) };
    found.as_array().map(Vec::as_slice).ok_or_else(|| refusal(name, "a list", found))
}

/// A list of texts; empty if it is missing.
pub(super) fn texts(holder: &Value, name: &str) -> Result<Vec<String>, String> {
    let found = list(holder, name)?.iter();
    found
        .map(|value| value.as_str().map(str::to_string).ok_or_else(|| refusal(name, "texts", value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_of_another_type_is_refused_by_name() {
        let holder = json!({ "a": 1, "b": "x", "c": [1], "d": null, "e": -1 });
        assert_eq!((number(&holder, "a"), text(&holder, "b")), (Ok(Some(1)), Ok(Some("x"))));
        assert_eq!(
            (text(&holder, "d"), flag(&holder, "z"), integer(&holder, "e")),
            (Ok(None), Ok(false), Ok(-1))
        );
        for error in [
            text(&holder, "a").map(drop),
            number(&holder, "e").map(drop),
            needed_number(&holder, "d").map(drop),
            flag(&holder, "b").map(drop),
            list(&holder, "b").map(drop),
            texts(&holder, "c").map(drop),
        ] {
            assert!(error.is_err_and(|text| text.contains("expects")));
        }
    }
}
