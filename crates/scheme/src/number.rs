//! Numbers as they are written: integers, ratios, decimals, exponents, infinities, radix and exactness prefixes.

use num_bigint::BigInt;
use num_integer::Integer;

/// The longest exact exponent that is worked out: `#e1e1000` is fine, `#e1e1000000000` is a mistake.
const EXACT_EXPONENT_MAX: i64 = 10_000;
/// Most bits of a ratio's numerator and denominator: the machine has no longer ones, and reduction takes time.
const RATIO_BITS_MAX: u64 = 131_072;
/// Digits of a quotient that is rounded to a float: more than the 768 of the longest midpoint of two floats.
const QUOTIENT_DIGITS: u64 = 800;

/// A number read from text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    /// Too large for `Integer`; in decimal.
    BigInteger(String),
    /// In lowest terms, the denominator greater than one; in decimal, such as `-1/3`.
    Ratio(String),
    Flonum(f64),
}

#[derive(Clone, Copy, PartialEq)]
enum Exactness {
    AsWritten,
    Exact,
    Inexact,
}

/// Parses `text`. `Ok(None)`: it is not a number at all (then it may be a symbol).
///
/// # Errors
/// A sentence, when `text` is a number that the machine does not have.
pub(crate) fn parse(text: &str, radix: u32) -> Result<Option<Number>, String> {
    let Some((rest, radix, exactness)) = prefixes(text, radix) else { return Ok(None) };
    // The common case first: a short decimal integer.
    if radix == 10
        && exactness == Exactness::AsWritten
        && let Ok(value) = rest.parse::<i64>()
    {
        return Ok(Some(Number::Integer(value)));
    }
    match rest.to_ascii_lowercase().as_str() {
        "+inf.0" => return inexact(f64::INFINITY, exactness, text),
        "-inf.0" => return inexact(f64::NEG_INFINITY, exactness, text),
        "+nan.0" | "-nan.0" => return inexact(f64::NAN, exactness, text),
        _ => {}
    }
    if let Some((numerator, denominator)) = rest.split_once('/') {
        return rational(numerator, denominator, radix, exactness, text);
    }
    if let Some(integer) = integer(rest, radix) {
        return Ok(Some(match exactness {
            Exactness::Inexact => Number::Flonum(to_flonum(&integer)),
            _ => from_big(&integer),
        }));
    }
    if radix != 10 || !is_decimal(rest) {
        return Ok(None);
    }
    match exactness {
        Exactness::Exact => exact_decimal(rest, text).map(Some),
        _ => Ok(rest.parse::<f64>().ok().map(Number::Flonum)),
    }
}

/// Takes prefixes such as `#x` off, at most one of each kind: the rest, the radix and the exactness they ask for.
fn prefixes(text: &str, radix: u32) -> Option<(&str, u32, Exactness)> {
    let (mut rest, mut given_radix, mut exactness) = (text, None, Exactness::AsWritten);
    while let Some(prefix) = rest.strip_prefix('#') {
        match prefix.chars().next()?.to_ascii_lowercase() {
            'x' if given_radix.is_none() => given_radix = Some(16),
            'd' if given_radix.is_none() => given_radix = Some(10),
            'o' if given_radix.is_none() => given_radix = Some(8),
            'b' if given_radix.is_none() => given_radix = Some(2),
            'e' if exactness == Exactness::AsWritten => exactness = Exactness::Exact,
            'i' if exactness == Exactness::AsWritten => exactness = Exactness::Inexact,
            _ => return None,
        }
        rest = &prefix[1..];
    }
    Some((rest, given_radix.unwrap_or(radix), exactness))
}

fn inexact(value: f64, exactness: Exactness, text: &str) -> Result<Option<Number>, String> {
    match exactness {
        Exactness::Exact => Err(format!("`{text}` has no exact value")),
        _ => Ok(Some(Number::Flonum(value))),
    }
}

fn integer(text: &str, radix: u32) -> Option<BigInt> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    if valid { BigInt::parse_bytes(text.as_bytes(), radix) } else { None }
}

fn from_big(value: &BigInt) -> Number {
    match i64::try_from(value) {
        Ok(small) => Number::Integer(small),
        Err(_) => Number::BigInteger(value.to_string()),
    }
}

fn to_flonum(value: &BigInt) -> f64 {
    // Decimal text rounds correctly, which a sum of machine words need not.
    value.to_string().parse().unwrap_or(f64::INFINITY)
}

fn rational(
    numerator: &str,
    denominator: &str,
    radix: u32,
    exactness: Exactness,
    text: &str,
) -> Result<Option<Number>, String> {
    if denominator.starts_with(['+', '-']) {
        return Ok(None);
    }
    let (Some(numerator), Some(denominator)) = (integer(numerator, radix), integer(denominator, radix))
    else {
        return Ok(None);
    };
    if denominator == BigInt::ZERO {
        return Err(format!("`{text}` divides by zero"));
    }
    let quotient = match exactness {
        Exactness::Inexact => quotient_to_flonum(&numerator, &denominator).map(Number::Flonum),
        _ => quotient(&numerator, &denominator),
    };
    quotient.map(Some)
}

fn check_bits(numerator: &BigInt, denominator: &BigInt) -> Result<(), String> {
    if numerator.bits().max(denominator.bits()) > RATIO_BITS_MAX {
        return Err(format!("numerators and denominators have at most {RATIO_BITS_MAX} bits"));
    }
    Ok(())
}

/// The number that a quotient by a positive number is.
fn quotient(numerator: &BigInt, denominator: &BigInt) -> Result<Number, String> {
    check_bits(numerator, denominator)?;
    let divisor = numerator.gcd(denominator);
    let (numerator, denominator) = (numerator / &divisor, denominator / divisor);
    if denominator == BigInt::from(1) {
        return Ok(from_big(&numerator));
    }
    Ok(Number::Ratio(format!("{numerator}/{denominator}")))
}

/// The float nearest to a quotient by a positive number: its first decimal digits, and a last one that says whether there
/// are more, round as the whole quotient does.
fn quotient_to_flonum(numerator: &BigInt, denominator: &BigInt) -> Result<f64, String> {
    check_bits(numerator, denominator)?;
    let places = QUOTIENT_DIGITS + denominator.bits() / 3;
    let scaled = numerator * BigInt::from(10).pow(places as u32);
    let (digits, rest) = scaled.div_rem(denominator);
    let last = u8::from(rest != BigInt::ZERO);
    let sign = if numerator < &BigInt::ZERO { "-" } else { "" };
    format!("{sign}{}{last}e-{}", digits.magnitude(), places + 1)
        .parse()
        .map_err(|_| "the quotient is not a number".to_string())
}

/// Sign, digits with an optional point, optional exponent; at least one digit.
fn is_decimal(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_valid = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0 && exponent_valid
}

fn exact_decimal(body: &str, text: &str) -> Result<Number, String> {
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], body[at + 1..].parse::<i64>().unwrap_or(i64::MAX)),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.saturating_sub(fraction.len() as i64);
    if exponent.abs() > EXACT_EXPONENT_MAX {
        return Err(format!("the exponent of `{text}` is too large for an exact number"));
    }
    let ten = BigInt::from(10);
    let digits = BigInt::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10).unwrap_or_default();
    let power = ten.pow(exponent.unsigned_abs() as u32);
    if exponent >= 0 { Ok(from_big(&(digits * power))) } else { quotient(&digits, &power) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Number {
        parse(text, 10).expect("supported").expect("a number")
    }

    #[test]
    fn integers_of_every_size_are_exact() {
        assert_eq!(read("-42"), Number::Integer(-42));
        assert_eq!(read("+7"), Number::Integer(7));
        assert_eq!(read("9223372036854775807"), Number::Integer(i64::MAX));
        assert_eq!(read("9223372036854775808"), Number::BigInteger("9223372036854775808".into()));
        assert_eq!(read("#xFF"), Number::Integer(255));
        assert_eq!(read("#b-101"), Number::Integer(-5));
        assert_eq!(read("#x10000000000000000"), Number::BigInteger("18446744073709551616".into()));
        assert_eq!(read("6/3"), Number::Integer(2));
        assert_eq!(read("#e1e3"), Number::Integer(1000));
        assert_eq!(read("#e-2.50e1"), Number::Integer(-25));
        assert_eq!(read("#e-0.0"), Number::Integer(0));
    }

    #[test]
    fn decimals_are_inexact() {
        assert_eq!(read("1.5"), Number::Flonum(1.5));
        assert_eq!(read(".5"), Number::Flonum(0.5));
        assert_eq!(read("5."), Number::Flonum(5.0));
        assert_eq!(read("-1e-3"), Number::Flonum(-0.001));
        assert_eq!(read("#i3"), Number::Flonum(3.0));
        assert_eq!(read("#i1/2"), Number::Flonum(0.5));
        assert_eq!(read("#i-1/3"), Number::Flonum(-1.0 / 3.0));
        assert_eq!(read("#i0/3"), Number::Flonum(0.0));
        let (top, bottom) = (format!("3{}", "0".repeat(400)), format!("1{}", "0".repeat(400)));
        assert_eq!(read(&format!("#i{top}/{bottom}")), Number::Flonum(3.0));
        assert_eq!(read(&format!("#i3/{bottom}")), Number::Flonum(0.0));
        assert_eq!(read(&format!("#i{top}/3")), Number::Flonum(f64::INFINITY));
        assert_eq!(read("-inf.0"), Number::Flonum(f64::NEG_INFINITY));
        assert!(matches!(read("+nan.0"), Number::Flonum(value) if value.is_nan()));
    }

    #[test]
    fn names_that_look_like_numbers_are_names() {
        for name in ["+", "-", "...", "1+", "-1+", ".", "+a", "e5", "1e", "--1", "inf", "+5x", "1/-2", "a/b"]
        {
            assert_eq!(parse(name, 10), Ok(None), "{name}");
        }
    }

    #[test]
    fn ratios_are_read_in_lowest_terms() {
        for (text, ratio) in [
            ("1/2", "1/2"),
            ("-3/4", "-3/4"),
            ("+6/4", "3/2"),
            ("#x1/f", "1/15"),
            ("#b-110/100", "-3/2"),
            ("#e1.5", "3/2"),
            ("#e-1.25", "-5/4"),
            ("#e1e-3", "1/1000"),
            ("#e.5", "1/2"),
            ("#e#x10/6", "8/3"),
            ("#X#E10/6", "8/3"),
            ("#d1/3", "1/3"),
            ("36893488147419103232/3", "36893488147419103232/3"),
        ] {
            assert_eq!(read(text), Number::Ratio(ratio.into()), "{text}");
        }
        assert!(parse("1/0", 10).unwrap_err().contains("zero"));
        let long = format!("1/{}", "9".repeat(50_000));
        assert!(parse(&long, 10).unwrap_err().contains("at most 131072 bits"));
    }

    #[test]
    fn a_kind_of_prefix_is_given_once() {
        for text in ["#x#x1", "#e#i1", "#e#e1", "#x#e#d1", "#", "#q1", "#x"] {
            assert_eq!(parse(text, 10), Ok(None), "{text}");
        }
        assert_eq!(read("#I#XA"), Number::Flonum(10.0));
        assert_eq!(read("#x+INF.0"), Number::Flonum(f64::INFINITY));
    }
}
