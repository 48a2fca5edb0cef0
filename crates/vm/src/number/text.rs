//! Numbers as text, both ways.
//!
//! 1. The text of a float is the shortest that reads back as the same float, and never reads back as an exact number.

use num_bigint::{BigInt, Sign};
use num_traits::{Num, Pow};

use super::{BITS_MAX, Number, limbs, quotient_to_f64};

/// What a piece of text stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parsed {
    Integer(BigInt),
    Flonum(f64),
    /// A quotient by a number greater than one, as it is written: not in lowest terms, possibly whole.
    Ratio(BigInt, BigInt),
    /// A quotient by zero.
    Undefined,
    /// An exact number with a part of more than [`BITS_MAX`] bits.
    TooLarge,
    /// No number.
    None,
}

/// The text of a number. Floats are written in decimal whatever the radix.
#[optimize(size)]
pub(crate) fn to_text(number: Number<'_>, radix: u32) -> String {
    match number {
        Number::Fixnum(small) if radix == 10 => small.to_string(),
        Number::Fixnum(small) => BigInt::from(small).to_str_radix(radix),
        Number::Big { negative, limbs } => limbs::to_signed(negative, limbs).to_str_radix(radix),
        Number::Ratio(ratio) => {
            let part = |value| Number::of(value).map_or_else(String::new, |part| to_text(part, radix));
            format!("{}/{}", part(ratio.numerator()), part(ratio.denominator()))
        }
        Number::Flonum(float) => format_flonum(float),
    }
}

/// The text of a float.
#[optimize(size)]
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

/// Takes prefixes such as `#x` off, at most one of each kind: the rest, the radix and the exactness they ask for.
#[optimize(size)]
fn prefixes(text: &str, radix: u32) -> Option<(&str, u32, Exactness)> {
    let (mut rest, mut given_radix, mut exactness) = (text, None, Exactness::AsWritten);
    while let Some(after) = rest.strip_prefix('#') {
        let letter = after.chars().next()?;
        match letter.to_ascii_lowercase() {
            'x' if given_radix.is_none() => given_radix = Some(16),
            'd' if given_radix.is_none() => given_radix = Some(10),
            'o' if given_radix.is_none() => given_radix = Some(8),
            'b' if given_radix.is_none() => given_radix = Some(2),
            'e' if exactness == Exactness::AsWritten => exactness = Exactness::Exact,
            'i' if exactness == Exactness::AsWritten => exactness = Exactness::Inexact,
            _ => return None,
        }
        rest = &after[letter.len_utf8()..];
    }
    Some((rest, given_radix.unwrap_or(radix), exactness))
}

/// If the text is an exact integer or ratio with a part that may have more than `bits` bits, and is not known to have too
/// many: the byte where its digits begin, their radix, and whether it is negative. Such text has one byte per character.
pub(crate) fn long_exact(text: &str, radix: u32, bits: usize) -> Option<(usize, u32, bool)> {
    let (rest, radix, exactness) = prefixes(text, radix)?;
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let parts = unsigned.split_once('/').map_or([unsigned, "0"], |(top, bottom)| [top, bottom]);
    let lengths = parts.map(|digits| digits_bits(digits.trim_start_matches('0'), radix));
    let length = lengths[0].max(lengths[1]);
    let is_long = length > bits as f64 && length <= BITS_MAX as f64 + 8.0;
    (is_long && exactness != Exactness::Inexact && parts.iter().all(|digits| is_integer_text(digits, radix)))
        .then(|| (text.len() - unsigned.len(), radix, rest.starts_with('-')))
}

/// If the text is an exact number with a point or an exponent, and a part that may have more than `bits` bits: the same
/// as an integer or a ratio, without prefixes.
#[optimize(size)]
pub(crate) fn long_decimal(text: &str, radix: u32, bits: usize) -> Option<String> {
    let (rest, 10, Exactness::Exact) = prefixes(text, radix)? else { return None };
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let (whole, fraction, exponent) = decimal_parts(unsigned)?;
    let shift = exponent.parse::<i64>().ok()?.saturating_sub(fraction.len() as i64);
    let zeros = usize::try_from(shift.unsigned_abs()).ok()?;
    let digits = format!("{whole}{fraction}");
    let is_long = digits_bits(digits.trim_start_matches('0'), 10).max(zeros as f64 * 3.0) > bits as f64;
    if !is_long || zeros > BITS_MAX / 3 {
        return None;
    }
    let (sign, zeros) = (if rest.starts_with('-') { "-" } else { "" }, "0".repeat(zeros));
    Some(if shift < 0 { format!("{sign}{digits}/1{zeros}") } else { format!("{sign}{digits}{zeros}") })
}

/// Bits that an integer of so many digits has at most.
fn digits_bits(digits: &str, radix: u32) -> f64 {
    digits.len() as f64 * libm::log2(f64::from(radix))
}

/// Reads a number, with its prefixes. O(n²) in the digits of an integer, which are bounded.
#[optimize(size)]
pub(crate) fn parse(text: &str, radix: u32) -> Parsed {
    let Some((rest, radix, exactness)) = prefixes(text, radix) else { return Parsed::None };
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
        Parsed::Integer(integer) if exactness == Exactness::Inexact => inexact(&integer, &BigInt::from(1)),
        Parsed::Ratio(top, bottom) if exactness == Exactness::Inexact => inexact(&top, &bottom),
        other => other,
    }
}

fn inexact(top: &BigInt, bottom: &BigInt) -> Parsed {
    let magnitude = quotient_to_f64(&top.magnitude().to_u64_digits(), &bottom.magnitude().to_u64_digits());
    Parsed::Flonum(if top.sign() == Sign::Minus { -magnitude } else { magnitude })
}

#[optimize(size)]
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

#[optimize(size)]
fn integer(digits: &str, radix: u32, negative: bool) -> Parsed {
    let significant = digits.trim_start_matches('0');
    if digits_bits(significant, radix) > BITS_MAX as f64 + 8.0 {
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
        (Parsed::Integer(_), Parsed::Integer(bottom)) if bottom == BigInt::ZERO => Parsed::Undefined,
        (Parsed::Integer(top), Parsed::Integer(bottom)) => quotient(top, bottom),
        _ => Parsed::TooLarge,
    }
}

fn quotient(top: BigInt, bottom: BigInt) -> Parsed {
    if top.bits().max(bottom.bits()) as usize > BITS_MAX {
        Parsed::TooLarge
    } else if bottom == BigInt::from(1) {
        Parsed::Integer(top)
    } else {
        Parsed::Ratio(top, bottom)
    }
}

/// Digits before and after the point, and the exponent, of a decimal without a sign.
#[optimize(size)]
fn decimal_parts(digits: &str) -> Option<(&str, &str, &str)> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if unsigned.is_empty() || !all_digits(unsigned) {
            return None;
        }
    }
    Some((whole, fraction, exponent.unwrap_or("0")))
}

/// `digits` with a point, an exponent, or both.
fn decimal(digits: &str, negative: bool, exactness: Exactness) -> Parsed {
    let Some((whole, fraction, exponent)) = decimal_parts(digits) else { return Parsed::None };
    if exactness == Exactness::Exact {
        return exact_decimal(whole, fraction, exponent, negative);
    }
    match digits.parse::<f64>() {
        Ok(magnitude) => Parsed::Flonum(if negative { -magnitude } else { magnitude }),
        Err(_) => Parsed::None,
    }
}

#[optimize(size)]
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
        return Parsed::TooLarge;
    }
    let power = Pow::pow(BigInt::from(10), shift.unsigned_abs());
    if shift >= 0 {
        let product = digits * power;
        return if product.bits() as usize > BITS_MAX { Parsed::TooLarge } else { Parsed::Integer(product) };
    }
    quotient(digits, power)
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
        let ratio = |top: i64, bottom: i64| Parsed::Ratio(BigInt::from(top), BigInt::from(bottom));
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
            ("6/3", ratio(6, 3)),
            ("7/1", integer(7)),
            ("-1/2", ratio(-1, 2)),
            ("#xF/1f", ratio(15, 31)),
            ("#E#X1/A", ratio(1, 10)),
            ("#i1/3", Parsed::Flonum(1.0 / 3.0)),
            ("#i-2/1", Parsed::Flonum(-2.0)),
            ("1/0", Parsed::Undefined),
            ("0/0", Parsed::Undefined),
            ("1/-2", Parsed::None),
            ("1/", Parsed::None),
            ("/2", Parsed::None),
            ("1/2/3", Parsed::None),
            ("1/2e3", Parsed::None),
            ("#x#x1", Parsed::None),
            ("#e#e1", Parsed::None),
            ("#e1.5", ratio(15, 10)),
            ("#e1e-3", ratio(1, 1000)),
            ("#x+inf.0", Parsed::Flonum(f64::INFINITY)),
            ("#e+inf.0", Parsed::None),
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
