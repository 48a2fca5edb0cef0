//! What the payload of each type must be like, as far as one object by itself tells. The rest is for the reader's
//! [`super::Resolver`].

use super::{NAMED_ADDRESS, TAG_MASK};
use crate::header::ObjectTag;
use crate::object::text_hash;
use crate::value::Value;

/// Longest symbol and string in bytes and characters: more than any object has.
const LENGTH_MAX: u64 = 1 << 32;

/// Is the word a value that refers to nothing? Words `110` are headers, and references have been told apart before.
pub(super) fn is_immediate(word: u64) -> bool {
    let value = Value::from_bits(word);
    let plain = [Value::FALSE, Value::TRUE, Value::NIL, Value::UNSPECIFIED, Value::EOF, Value::UNBOUND];
    value.is_fixnum() || value.is_tagged_flonum() || plain.contains(&value) || is_character(value)
}

fn is_character(value: Value) -> bool {
    value.to_character().is_some_and(|character| Value::character(character) == value)
}

/// # Errors
/// What is wrong with a payload.
#[optimize(size)]
pub(super) fn check_payload(tag: ObjectTag, words: &[u64]) -> Result<(), String> {
    use ObjectTag::*;
    let fixed = match tag {
        Pair | Ratio | MonitorReference => Some(2),
        Box | Flonum | Promise | Environment | WeakReference | Guardian => Some(1),
        RecordType | ActorReference | Ephemeron => Some(3),
        ErrorObject | Continuation => Some(4),
        Port => Some(5),
        HashTable => Some(6),
        _ => None,
    };
    if let Some(fixed) = fixed.filter(|fixed| *fixed != words.len()) {
        return Err(format!("it has {} words and should have {fixed}", words.len()));
    }
    match tag {
        Bytevector => check_bytes(words, 1),
        String => check_string(words),
        Symbol => check_symbol(words),
        Closure if words.first().is_none_or(|word| word & TAG_MASK != NAMED_ADDRESS) => {
            Err("it has no code".to_string())
        }
        Segment if words.len() < 4 => Err("it is too short".to_string()),
        Record if words.is_empty() => Err("it has no type".to_string()),
        Flonum => {
            let number = f64::from_bits(words[0]);
            let odd_nan = number.is_nan() && words[0] != f64::NAN.to_bits();
            match Value::try_flonum(number) {
                None if !odd_nan => Ok(()),
                _ => Err("the float should be told in another way".to_string()),
            }
        }
        Bignum => match words {
            [0 | 1, .., last] if *last != 0 => Ok(()),
            _ => Err("the integer should be told in another way".to_string()),
        },
        Ephemeron => {
            let gone = Value::fixnum(1).bits();
            let broken = [Value::FALSE.bits(), Value::FALSE.bits(), gone];
            let is_sound = words[2] == Value::ZERO.bits() || words == broken;
            if is_sound { Ok(()) } else { Err("it is neither whole nor broken".to_string()) }
        }
        Reserved | Primitive | Free => Err("no heap has one".to_string()),
        _ => Ok(()),
    }
}

/// A length in bytes, `header - 1` more words, then the bytes; what is over is zero.
#[optimize(size)]
fn check_bytes(words: &[u64], header: usize) -> Result<(), String> {
    let length = words.first().copied().unwrap_or(LENGTH_MAX);
    if length >= LENGTH_MAX || words.len() != header + (length as usize).div_ceil(8) {
        return Err(format!("{length} bytes do not fit its {} words", words.len()));
    }
    let over = length % 8;
    if over != 0 && words[words.len() - 1] >> (over * 8) != 0 {
        return Err("there is something after its end".to_string());
    }
    Ok(())
}

#[optimize(size)]
fn check_string(words: &[u64]) -> Result<(), String> {
    let length = words.first().copied().unwrap_or(LENGTH_MAX);
    if length >= LENGTH_MAX || words.len() != 1 + (length as usize).div_ceil(2) {
        return Err(format!("{length} characters do not fit its {} words", words.len()));
    }
    let mut units = words[1..].iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]);
    let mut characters = units.by_ref().take(length as usize);
    if let Some(unit) = characters.find(|unit| char::from_u32(*unit).is_none()) {
        return Err(format!("{unit:x} is no character"));
    }
    if units.any(|unit| unit != 0) { Err("there is something after its end".to_string()) } else { Ok(()) }
}

fn check_symbol(words: &[u64]) -> Result<(), String> {
    check_bytes(words, 2)?;
    let bytes: Vec<u8> = words[2..].iter().flat_map(|word| word.to_le_bytes()).collect();
    let text = std::str::from_utf8(&bytes[..words[0] as usize]).map_err(|_| "it is not UTF-8".to_string())?;
    if words[1] == text_hash(text.chars().map(u32::from)) {
        Ok(())
    } else {
        Err("its hash is wrong".to_string())
    }
}
