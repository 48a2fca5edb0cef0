//! Data without parts, between constants of programs and values.

use arena::{ObjectTag, SharedHeap, Value};
use bytecode::Constant;

use crate::number;
use crate::print::{Mode, write_value};

/// Characters of the longest number.
const NUMBER_CHARACTERS_MAX: usize = 100_000;

/// The shared value of a constant that has no parts and no name. `None`: it has, or it is no number that this machine holds.
#[optimize(size)]
pub fn shared_atom(heap: &mut SharedHeap, constant: &Constant) -> Option<Value> {
    Some(match constant {
        Constant::Nil => Value::NIL,
        Constant::Boolean(truth) => Value::boolean(*truth),
        Constant::Unspecified | Constant::Hole => Value::UNSPECIFIED,
        Constant::Eof => Value::EOF,
        Constant::Integer(integer) => number::shared_integer(heap, *integer),
        Constant::BigInteger(text) => number::shared_big(heap, text)?,
        Constant::Ratio(text) => number::shared_ratio(heap, text)?,
        Constant::Flonum(bits) => number::shared_flonum(heap, f64::from_bits(*bits)),
        Constant::Character(character) => Value::character(*character),
        Constant::String(text) => heap.string(text),
        Constant::Bytevector(bytes) => heap.bytevector(bytes),
        Constant::Symbol(_)
        | Constant::Pair(..)
        | Constant::Vector(_)
        | Constant::Knot { .. }
        | Constant::Builtin(_) => return None,
    })
}

/// The constant that a value without parts and name can be written as.
#[optimize(size)]
pub fn atom_of(value: Value) -> Option<Constant> {
    if let Some(integer) = value.to_fixnum() {
        return Some(Constant::Integer(integer));
    }
    if value.is_tagged_flonum() {
        return Some(Constant::Flonum(value.as_tagged_flonum().to_bits()));
    }
    if let Some(character) = value.to_character() {
        return Some(Constant::Character(character));
    }
    let text = || write_value(value, Mode::Write, NUMBER_CHARACTERS_MAX);
    match value {
        Value::NIL => Some(Constant::Nil),
        Value::TRUE => Some(Constant::Boolean(true)),
        Value::FALSE => Some(Constant::Boolean(false)),
        _ => match value.object_tag()? {
            ObjectTag::Bignum => Some(match text().parse() {
                Ok(small) => Constant::Integer(small),
                Err(_) => Constant::BigInteger(text()),
            }),
            ObjectTag::Flonum => Some(Constant::Flonum(value.raw(0))),
            ObjectTag::Ratio => Some(Constant::Ratio(text())),
            ObjectTag::String => Some(Constant::String(value.string_text())),
            ObjectTag::Bytevector => {
                let length = value.raw(0) as usize;
                Some(Constant::Bytevector(value.raw_bytes(1, length).to_vec()))
            }
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_come_back_as_they_went() {
        let mut heap = SharedHeap::new();
        let atoms = [
            Constant::Nil,
            Constant::Boolean(true),
            Constant::Boolean(false),
            Constant::Integer(i64::MIN),
            Constant::Integer(-7),
            Constant::BigInteger("-123456789012345678901234567890".to_string()),
            Constant::Ratio("-1/340282366920938463463374607431768211456".to_string()),
            Constant::Flonum((-0.0_f64).to_bits()),
            Constant::Flonum(1e300_f64.to_bits()),
            Constant::Flonum(f64::NAN.to_bits()),
            Constant::Character('\u{10ffff}'),
            Constant::String("grün".to_string()),
            Constant::Bytevector(vec![0, 1, 255]),
        ];
        for atom in atoms {
            let value = shared_atom(&mut heap, &atom).expect("it has no parts");
            assert_eq!(atom_of(value), Some(atom));
        }
        assert_eq!(atom_of(Value::UNSPECIFIED), None);
        assert_eq!(atom_of(Value::EOF), None);
    }
}
