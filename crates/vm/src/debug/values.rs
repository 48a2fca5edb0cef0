//! Values that are opened step by step: what a value is made of, so that a person can look as deep as wanted.
//!
//! 1. Children are told a window at a time, so that neither a long list nor a circle costs more than what is shown.
//! 2. Nothing here allocates in the actor's heap or changes it.

use arena::{ObjectTag, Value};

use crate::code::Code;
use crate::library::Linker;
use crate::table;

/// Elements of a list that are children of its first pair; what follows is one more child.
const LIST_MAX: usize = 10_000;

/// The parts of a value: how many there are, and those of a window, each with its label.
#[derive(Clone, Debug, Default)]
pub struct Children {
    /// Parts in all.
    pub count: usize,
    /// Label and value of those wanted, and where each is held: holder and field, for those that can be watched.
    pub parts: Vec<Part>,
}

/// One part of a value.
#[derive(Clone, Debug)]
pub struct Part {
    /// An index, the name of a field, or the key of an entry.
    pub label: String,
    /// The value.
    pub value: Value,
    /// The object and the field of it that hold the value; `None` where nothing can write there.
    pub held: Option<(Value, usize)>,
}

fn part(label: impl Into<String>, holder: Value, field: usize) -> Part {
    Part { label: label.into(), value: holder.field(field), held: Some((holder, field)) }
}

/// Fields of an object under fixed names.
#[optimize(size)]
fn fields(object: Value, names: &[String], skipped: usize, first: usize, count: usize) -> Children {
    let parts = names.iter().enumerate().skip(first).take(count);
    let parts = parts.map(|(index, name)| part(name.as_str(), object, skipped + index)).collect();
    Children { count: names.len(), parts }
}

#[optimize(size)]
fn numbered(object: Value, skipped: usize, first: usize, count: usize) -> Children {
    let length = object.words() - skipped;
    let indices = (0..length).skip(first).take(count);
    let parts = indices.map(|index| part(index.to_string(), object, skipped + index)).collect();
    Children { count: length, parts }
}

#[optimize(size)]
fn list(first_pair: Value, first: usize, count: usize) -> Children {
    let mut children = Children::default();
    let mut rest = first_pair;
    let mut holder = first_pair;
    while rest.is_pair() && children.count < LIST_MAX {
        if children.count >= first && children.parts.len() < count {
            children.parts.push(part(children.count.to_string(), rest, 0));
        }
        children.count += 1;
        holder = rest;
        rest = rest.cdr();
    }
    if rest != Value::NIL {
        if children.count >= first && children.parts.len() < count {
            children.parts.push(part(if rest.is_pair() { "rest" } else { "." }, holder, 1));
        }
        children.count += 1;
    }
    children
}

#[optimize(size)]
fn entries(held: Value, first: usize, count: usize) -> Children {
    let present = (0..table::places(held)).filter_map(|place| table::entry(held, place));
    let window = present.skip(first).take(count);
    let parts = window.map(|(key, value)| Part { label: crate::runtime::brief(key), value, held: None });
    Children { parts: parts.collect(), count: table::count(held) }
}

fn names(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}

/// What `value` is made of: of its parts, at most `count` from `first` on. O(first + count) for lists and tables.
#[optimize(size)]
pub fn children(value: Value, linker: &Linker, first: usize, count: usize) -> Children {
    let Some(tag) = value.object_tag() else { return Children::default() };
    match tag {
        ObjectTag::Pair => list(value, first, count),
        ObjectTag::Vector | ObjectTag::Values => numbered(value, 0, first, count),
        ObjectTag::Box => fields(value, &names(&["content"]), 0, first, count),
        ObjectTag::Record => {
            let known: Vec<String> = (1..value.words())
                .map(|index| crate::print::field_name(value, index).unwrap_or("?").to_string())
                .collect();
            fields(value, &known, 1, first, count)
        }
        ObjectTag::Closure => {
            let code = Code::of(value);
            let captures = linker.unit(code.unit).map(|unit| &unit.procedure(code.procedure).captures);
            let mut children = Children::default();
            for (index, (name, boxed)) in captures.into_iter().flatten().enumerate() {
                children.count += 1;
                let held = value.field(1 + index);
                if index >= first && children.parts.len() < count {
                    let is_box = *boxed && held.is_object(ObjectTag::Box);
                    let (holder, field) = if is_box { (held, 0) } else { (value, 1 + index) };
                    children.parts.push(part(name.as_str(), holder, field));
                }
            }
            children
        }
        ObjectTag::ErrorObject => fields(value, &names(&["kind", "message", "irritants"]), 0, first, count),
        ObjectTag::Promise => fields(value, &names(&["done", "content"]), 0, first, count),
        ObjectTag::Parameter => fields(value, &names(&["default", "converter"]), 0, first, count),
        ObjectTag::Ephemeron => fields(value, &names(&["key", "value"]), 0, first, count),
        ObjectTag::WeakReference => fields(value, &names(&["content"]), 0, first, count),
        ObjectTag::HashTable => entries(value, first, count),
        _ => Children::default(),
    }
}

/// The type of a value, as programs call it.
pub fn type_name(value: Value) -> &'static str {
    if value.is_fixnum() {
        return "integer";
    }
    if value.is_tagged_flonum() {
        return "real";
    }
    match value.object_tag() {
        Some(ObjectTag::Flonum) => "real",
        Some(tag) => tag.name(),
        None if value == Value::TRUE || value == Value::FALSE => "boolean",
        None if value == Value::NIL => "empty list",
        None if value.to_character().is_some() => "char",
        None => "value",
    }
}

/// How many parts `value` has.
pub fn children_count(value: Value, linker: &Linker) -> usize {
    children(value, linker, 0, 0).count
}
