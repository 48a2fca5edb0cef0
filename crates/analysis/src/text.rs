//! Objects of images as text, cut short. What is cyclic or deep ends where the text is full.

use std::fmt::Write;

use arena::{Image, ImagePart, ObjectTag, Value};

/// Characters of one object.
const CHARACTERS_MAX: usize = 80;
/// Objects within objects.
const DEPTH_MAX: usize = 4;

/// An object as `write` would begin to show it.
pub(crate) fn of_object(image: &Image, object: u32) -> String {
    let mut writer = Writer { image, text: String::new(), room: CHARACTERS_MAX };
    writer.object(object, 0);
    writer.text
}

/// What a field of an object is called.
pub(crate) fn field_name(image: &Image, object: u32, field: u32) -> String {
    match (image.tag(object), field) {
        (ObjectTag::Pair, 0) => "car".to_string(),
        (ObjectTag::Pair, _) => "cdr".to_string(),
        (ObjectTag::Vector | ObjectTag::Values, _) => format!("element {field}"),
        (ObjectTag::Box | ObjectTag::Promise, _) => "content".to_string(),
        (ObjectTag::Closure, _) => format!("captured {field}"),
        (ObjectTag::Record, 0) => "type".to_string(),
        (ObjectTag::Record, _) => {
            record_field(image, object, field).unwrap_or_else(|| format!("field {field}"))
        }
        (ObjectTag::HashTable, 3) => "entries".to_string(),
        (ObjectTag::HashTable, 4) => "index".to_string(),
        (ObjectTag::Ratio, 0) => "numerator".to_string(),
        (ObjectTag::Ratio, _) => "denominator".to_string(),
        (ObjectTag::ErrorObject, 1) => "message".to_string(),
        (ObjectTag::ErrorObject, 2) => "irritants".to_string(),
        (ObjectTag::Port, 1) => "buffer".to_string(),
        (ObjectTag::Continuation | ObjectTag::Segment, 0) => "frames further out".to_string(),
        (ObjectTag::Segment, 4..) => format!("word {}", field - 4),
        _ => format!("field {field}"),
    }
}

fn part(image: &Image, object: u32, index: usize) -> Option<ImagePart<'_>> {
    image.parts(object).nth(index)
}

/// The field's name in the record's type.
fn record_field(image: &Image, record: u32, field: u32) -> Option<String> {
    let ImagePart::Object(kind) = part(image, record, 0)? else { return None };
    let mut writer = Writer { image, text: String::new(), room: CHARACTERS_MAX };
    match part(image, kind, 1)? {
        ImagePart::Object(names) => writer.part(part(image, names, field as usize - 1)?, 0),
        // Usually a literal of the program, of which there is the text, cut short.
        names => {
            writer.part(names, 0);
            let all = writer.text.strip_prefix("#(")?;
            let mut names = all.strip_suffix(')').unwrap_or(all).split(' ');
            let name = names.nth(field as usize - 1)?;
            let is_whole = all.ends_with(')') || names.next().is_some();
            return is_whole.then(|| name.to_string());
        }
    }
    Some(writer.text)
}

struct Writer<'a> {
    image: &'a Image,
    text: String,
    room: usize,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) {
        for character in text.chars() {
            match self.room {
                0 => return,
                1 => self.text.push('…'),
                _ => self.text.push(character),
            }
            self.room -= 1;
        }
    }

    fn part(&mut self, part: ImagePart<'_>, depth: usize) {
        match part {
            ImagePart::Immediate(value) => self.put(&vm::immediate_text(value)),
            ImagePart::Object(object) => self.object(object, depth),
            ImagePart::Named(name) => self.named(name),
        }
    }

    /// Something of the program: its name says what.
    fn named(&mut self, name: &str) {
        let (kind, rest) = name.split_once(' ').unwrap_or((name, ""));
        match kind {
            "symbol" => self.put(rest),
            "primitive" => self.put(&format!("#<procedure {rest}>")),
            "procedure" | "code" => {
                let name = rest.splitn(3, ' ').nth(2).unwrap_or_default();
                self.put(format!("#<procedure {name}").trim_end());
                self.put(">");
            }
            // Heap, place, type, then the text.
            "literal" => self.put(rest.splitn(3, ' ').nth(2).map_or("", after_type)),
            _ => self.put("#<address>"),
        }
    }

    fn object(&mut self, object: u32, depth: usize) {
        let tag = self.image.tag(object);
        if self.room == 0 {
            return;
        }
        if object >= self.image.live_objects() {
            return self.put(&format!("#<{}>", tag.name()));
        }
        if depth > DEPTH_MAX {
            return self.put("…");
        }
        match tag {
            ObjectTag::Pair => self.list(object, depth),
            ObjectTag::Vector => self.sequence("#(", object, 0, ")", depth),
            ObjectTag::Values => self.sequence("#<values ", object, 0, ">", depth),
            ObjectTag::Record => self.sequence("#<record ", object, 1, ">", depth),
            ObjectTag::RecordType => {
                self.put("#<record-type ");
                self.first(object, depth);
                self.put(">");
            }
            ObjectTag::Box => {
                self.put("#&");
                self.first(object, depth);
            }
            ObjectTag::Closure => self.first(object, depth),
            ObjectTag::Ratio => {
                self.first(object, depth);
                self.put("/");
                if let Some(part) = part(self.image, object, 1) {
                    self.part(part, depth);
                }
            }
            ObjectTag::ErrorObject => self.sequence("#<condition ", object, 0, ">", depth),
            ObjectTag::HashTable => {
                let count = part(self.image, object, 1);
                let count = count.and_then(|part| match part {
                    ImagePart::Immediate(value) => value.to_fixnum(),
                    _ => None,
                });
                self.put(&format!("#<hash-table {}>", count.unwrap_or_default()));
            }
            _ => {
                let text = match self.image.raw(object) {
                    Some(words) => raw_text(tag, words),
                    None => format!("#<{}>", tag.name()),
                };
                self.put(&text);
            }
        }
    }

    fn first(&mut self, object: u32, depth: usize) {
        if let Some(part) = part(self.image, object, 0) {
            self.part(part, depth + 1);
        }
    }

    fn sequence(&mut self, open: &str, object: u32, from: usize, close: &str, depth: usize) {
        self.put(open);
        for (index, part) in self.image.parts(object).skip(from).enumerate() {
            if self.room == 0 {
                return;
            }
            if index > 0 {
                self.put(" ");
            }
            self.part(part, depth + 1);
        }
        self.put(close);
    }

    fn list(&mut self, first: u32, depth: usize) {
        let mut pair = first;
        self.put("(");
        // Ends when the text is full, if nothing else ends it.
        while self.room > 0 {
            let mut parts = self.image.parts(pair);
            let (Some(car), Some(cdr)) = (parts.next(), parts.next()) else { return };
            self.part(car, depth + 1);
            match cdr {
                ImagePart::Object(next)
                    if next < self.image.live_objects() && self.image.tag(next) == ObjectTag::Pair =>
                {
                    self.put(" ");
                    pair = next;
                }
                ImagePart::Immediate(Value::NIL) => return self.put(")"),
                other => {
                    self.put(" . ");
                    self.part(other, depth + 1);
                    return self.put(")");
                }
            }
        }
    }
}

/// A literal's text follows its type, whose name may have several words.
fn after_type(text: &str) -> &str {
    let types = ObjectTag::ALL.iter().map(|tag| tag.name());
    types.filter_map(|name| text.strip_prefix(name)?.strip_prefix(' ')).next().unwrap_or(text)
}

/// Bytes of words, in order.
fn bytes(words: &[u64]) -> impl Iterator<Item = u8> + '_ {
    words.iter().flat_map(|word| word.to_le_bytes())
}

fn raw_text(tag: ObjectTag, words: &[u64]) -> String {
    let mut text = String::new();
    match (tag, words) {
        (ObjectTag::String, [length, units @ ..]) => {
            text.push('"');
            let units = units.iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]);
            let characters = units.take((*length as usize).min(CHARACTERS_MAX)).filter_map(char::from_u32);
            characters.for_each(|character| text.extend(character.escape_debug()));
            text.push('"');
        }
        (ObjectTag::Symbol, [length, _, name @ ..]) => {
            let name: Vec<u8> = bytes(name).take((*length as usize).min(4 * CHARACTERS_MAX)).collect();
            text.push_str(&String::from_utf8_lossy(&name));
        }
        (ObjectTag::Bytevector, [length, content @ ..]) => {
            text.push_str("#u8(");
            let shown: Vec<String> = bytes(content)
                .take((*length as usize).min(CHARACTERS_MAX))
                .map(|byte| byte.to_string())
                .collect();
            text.push_str(&shown.join(" "));
            text.push(')');
        }
        (ObjectTag::Bignum, [sign, low]) => {
            let minus = if *sign == 1 { "-" } else { "" };
            text = format!("{minus}{low}");
        }
        (ObjectTag::Bignum, [sign, low, high]) => {
            let minus = if *sign == 1 { "-" } else { "" };
            text = format!("{minus}{}", u128::from(*high) << 64 | u128::from(*low));
        }
        (ObjectTag::Bignum, [_, limbs @ ..]) => text = format!("#<integer of {} bits>", limbs.len() * 64),
        (ObjectTag::Flonum, [bits]) => {
            let number = f64::from_bits(*bits);
            text = match number {
                _ if number.is_nan() => "+nan.0".to_string(),
                f64::INFINITY => "+inf.0".to_string(),
                f64::NEG_INFINITY => "-inf.0".to_string(),
                _ => format!("{number:?}"),
            };
        }
        (ObjectTag::ActorReference, [low, ..]) => text = format!("#<actor {:08x}>", *low as u32),
        _ => {
            let written = write!(text, "#<{}>", tag.name());
            debug_assert!(written.is_ok(), "a string takes all text");
        }
    }
    text
}
