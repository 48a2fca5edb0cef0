//! Numbers as text, both ways.
//!
//! 1. The text of a float is the shortest that reads back as the same float, and never reads back as an exact number.

use num_bigint::BigInt;
use num_traits::{Num, Pow};

use super::{BITS_MAX, Number, limbs};

/// What a piece of text stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parsed {
    Integer(BigInt),
    Flonum(f64),
    /// A ratio that is not an integer, or an exact fraction.
    Ratio,
    /// An integer of more than [`BITS_MAX`] bits.
    TooLarge,
    /// No number.
    None,
}

/// The text of a number. Floats are written in decimal whatever the radix.
pub(crate) fn to_text(number: Number<'_>, radix: u32) -> String {
    match number {
        Number::Fixnum(small) if radix == 10 => small.to_string(),
        Number::Fixnum(small) => BigInt::from(small).to_str_radix(radix),
        Number::Big { negative, limbs } => limbs::to_signed(negative, limbs).to_str_radix(radix),
        Number::Flonum(float) => format_flonum(float),
    }
}

/// The text of a float.
pub(crate) fn format_flonum(float: f64) -> String {
    if float.is_nan() {
        return "+nan.0".to_string();
    }
    if float.is_infinite() {
        return if float > 0.0 { "+inf.0" } else { "-inf.0" }.to_string();
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|character| *character != '.').collect();
    if !(-7..21).contains(&exponent) {
        return format!("{sign}{mantissa}e{exponent}");
    }
    if exponent < 0 {
        let zeros = "0".repeat((-exponent - 1) as usize);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        let zeros = "0".repeat(whole - digits.len());
        return format!("{sign}{digits}{zeros}.0");
    }
    let (integer, fraction) = digits.split_at(whole);
    format!("{sign}{integer}.{fraction}")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Exactness {
    AsWritten,
    Exact,
    Inexact,
}

/// Reads a number, with its prefixes. O(n²) in the digits of an integer, which are bounded.
pub(crate) fn parse(text: &str, radix: u32) -> Parsed {
    let (mut rest, mut radix, mut exactness) = (text, radix, Exactness::AsWritten);
    while let Some(after) = rest.strip_prefix('#') {
        let Some(letter) = after.chars().next() else { return Parsed::None };
        match letter.to_ascii_lowercase() {
            'x' => radix = 16,
            'd' => radix = 10,
            'o' => radix = 8,
            'b' => radix = 2,
            'e' if exactness == Exactness::AsWritten => exactness = Exactness::Exact,
            'i' if exactness == Exactness::AsWritten => exactness = Exactness::Inexact,
            _ => return Parsed::None,
        }
        rest = &after[letter.len_utf8()..];
    }
    let (negative, digits) = match rest.as_bytes().first() {
        Some(b'+') => (false, &rest[1..]),
        Some(b'-') => (true, &rest[1..]),
        Some(_) => (false, rest),
        None => return Parsed::None,
    };
    let signed = digits.len() < rest.len();
    if let Some(special) = special(digits, signed, negative) {
        return if exactness == Exactness::Exact { Parsed::None } else { Parsed::Flonum(special) };
    }
    let parsed = if let Some((top, bottom)) = digits.split_once('/') {
        ratio(top, bottom, radix, negative)
    } else if is_integer_text(digits, radix) {
        integer(digits, radix, negative)
    } else if radix == 10 {
        decimal(digits, negative, exactness)
    } else {
        Parsed::None
    };
    match parsed {
        Parsed::Integer(integer) if exactness == Exactness::Inexact => {
            Parsed::Flonum(num_traits::ToPrimitive::to_f64(&integer).unwrap_or(f64::INFINITY))
        }
        other => other,
    }
}

fn special(digits: &str, signed: bool, negative: bool) -> Option<f64> {
    if !signed {
        return None;
    }
    let magnitude = match digits.to_ascii_lowercase().as_str() {
        "inf.0" => f64::INFINITY,
        "nan.0" => f64::NAN,
        _ => return None,
    };
    Some(if negative && !magnitude.is_nan() { -magnitude } else { magnitude })
}

fn is_integer_text(digits: &str, radix: u32) -> bool {
    !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
}

fn integer(digits: &str, radix: u32, negative: bool) -> Parsed {
    let significant = digits.trim_start_matches('0');
    let bits_per_digit = libm::log2(f64::from(radix));
    if significant.len() as f64 * bits_per_digit > BITS_MAX as f64 + bits_per_digit {
        return Parsed::TooLarge;
    }
    if significant.is_empty() {
        return Parsed::Integer(BigInt::ZERO);
    }
    match BigInt::from_str_radix(significant, radix) {
        Ok(magnitude) if magnitude.bits() as usize > BITS_MAX => Parsed::TooLarge,
        Ok(magnitude) => Parsed::Integer(if negative { -magnitude } else { magnitude }),
        Err(_) => Parsed::None,
    }
}

fn ratio(top: &str, bottom: &str, radix: u32, negative: bool) -> Parsed {
    if !is_integer_text(top, radix) || !is_integer_text(bottom, radix) {
        return Parsed::None;
    }
    match (integer(top, radix, negative), integer(bottom, radix, false)) {
        (Parsed::Integer(_), Parsed::Integer(bottom)) if bottom == BigInt::ZERO => Parsed::None,
        (Parsed::Integer(top), Parsed::Integer(bottom)) => {
            let (quotient, remainder) = num_integer::Integer::div_rem(&top, &bottom);
            if remainder == BigInt::ZERO { Parsed::Integer(quotient) } else { Parsed::Ratio }
        }
        _ => Parsed::TooLarge,
    }
}

/// `digits` with a point, an exponent, or both.
fn decimal(digits: &str, negative: bool, exactness: Exactness) -> Parsed {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Parsed::None;
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if unsigned.is_empty() || !all_digits(unsigned) {
            return Parsed::None;
        }
    }
    if exactness == Exactness::Exact {
        return exact_decimal(whole, fraction, exponent.unwrap_or("0"), negative);
    }
    match digits.parse::<f64>() {
        Ok(magnitude) => Parsed::Flonum(if negative { -magnitude } else { magnitude }),
        Err(_) => Parsed::None,
    }
}

fn exact_decimal(whole: &str, fraction: &str, exponent: &str, negative: bool) -> Parsed {
    let Parsed::Integer(digits) = integer(&format!("{whole}{fraction}"), 10, negative) else {
        return Parsed::TooLarge;
    };
    let Ok(exponent) = exponent.parse::<i64>() else { return Parsed::TooLarge };
    let shift = exponent.saturating_sub(fraction.len() as i64);
    if digits == BigInt::ZERO {
        return Parsed::Integer(digits);
    }
    if shift.unsigned_abs() > BITS_MAX as u64 / 3 {
        return if shift > 0 { Parsed::TooLarge } else { Parsed::Ratio };
    }
    let power = Pow::pow(BigInt::from(10), shift.unsigned_abs());
    if shift >= 0 {
        let product = digits * power;
        return if product.bits() as usize > BITS_MAX { Parsed::TooLarge } else { Parsed::Integer(product) };
    }
    let (quotient, remainder) = num_integer::Integer::div_rem(&digits, &power);
    if remainder == BigInt::ZERO { Parsed::Integer(quotient) } else { Parsed::Ratio }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn floats_are_written_as_scheme_writes_them() {
        for (float, text) in [
            (1.5, "1.5"),
            (100.0, "100.0"),
            (-0.0, "-0.0"),
            (0.0, "0.0"),
            (1e21, "1e21"),
            (1e20, "100000000000000000000.0"),
            (1.25e22, "1.25e22"),
            (1e-7, "0.0000001"),
            (1.5e-8, "1.5e-8"),
            (0.001, "0.001"),
            (123.456, "123.456"),
            (f64::INFINITY, "+inf.0"),
            (f64::NEG_INFINITY, "-inf.0"),
            (f64::NAN, "+nan.0"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(format_flonum(float), text);
        }
    }

    #[test]
    fn text_is_read_in_every_radix_and_exactness() {
        let integer = |number: i64| Parsed::Integer(BigInt::from(number));
        for (text, parsed) in [
            ("42", integer(42)),
            ("-42", integer(-42)),
            ("+7", integer(7)),
            ("#xff", integer(255)),
            ("#b-101", integer(-5)),
            ("#e#x10", integer(16)),
            ("#x#e10", integer(16)),
            ("#o17", integer(15)),
            ("#e1.5e2", integer(150)),
            ("6/3", integer(2)),
            ("1/2", Parsed::Ratio),
            ("1/0", Parsed::None),
            ("#e1.5", Parsed::Ratio),
            ("1.5", Parsed::Flonum(1.5)),
            (".5", Parsed::Flonum(0.5)),
            ("5.", Parsed::Flonum(5.0)),
            ("1e3", Parsed::Flonum(1000.0)),
            ("-1E-2", Parsed::Flonum(-0.01)),
            ("#i3", Parsed::Flonum(3.0)),
            ("+inf.0", Parsed::Flonum(f64::INFINITY)),
            ("-inf.0", Parsed::Flonum(f64::NEG_INFINITY)),
            ("", Parsed::None),
            ("-", Parsed::None),
            ("+", Parsed::None),
            (".", Parsed::None),
            ("e5", Parsed::None),
            ("1e", Parsed::None),
            ("1.2.3", Parsed::None),
            ("abc", Parsed::None),
            ("--1", Parsed::None),
            ("inf.0", Parsed::None),
            ("1_000", Parsed::None),
            ("#", Parsed::None),
        ] {
            assert_eq!(parse(text, 10), parsed, "{text}");
        }
        assert_eq!(parse("ff", 16), integer(255));
        assert_eq!(parse("12", 2), Parsed::None);
        assert_eq!(parse(&"9".repeat(100_000), 10), Parsed::TooLarge);
        assert!(matches!(parse("+nan.0", 10), Parsed::Flonum(float) if float.is_nan()));
    }

    proptest! {
        #[test]
        fn floats_read_back_bit_for_bit(bits: u64) {
            let float = f64::from_bits(bits);
            prop_assume!(!float.is_nan());
            let Parsed::Flonum(read) = parse(&format_flonum(float), 10) else {
                return Err(TestCaseError::fail("not a float"));
            };
            prop_assert_eq!(read.to_bits(), bits);
        }

        #[test]
        fn integers_read_back_in_every_radix(number: i128, radix in 2_u32..=36) {
            let big = BigInt::from(number);
            prop_assert_eq!(parse(&big.to_str_radix(radix), radix), Parsed::Integer(big));
        }
    }
}
