//! Numbers as they are written: every integer, decimals, exponents, infinities, radix and exactness prefixes.

use num_bigint::BigInt;

/// The longest exact exponent that is worked out: `#e1e1000` is fine, `#e1e1000000000` is a mistake.
const EXACT_EXPONENT_MAX: i64 = 10_000;

/// A number read from text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    /// Too large for `Integer`; in decimal.
    BigInteger(String),
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
    let mut radix = radix;
    let mut exactness = Exactness::AsWritten;
    let mut rest = text;
    while let Some(prefix) = rest.strip_prefix('#') {
        match prefix.chars().next() {
            Some('x' | 'X') => radix = 16,
            Some('d' | 'D') => radix = 10,
            Some('o' | 'O') => radix = 8,
            Some('b' | 'B') => radix = 2,
            Some('e' | 'E') => exactness = Exactness::Exact,
            Some('i' | 'I') => exactness = Exactness::Inexact,
            _ => return Ok(None),
        }
        rest = &prefix[1..];
    }
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
    let zero = BigInt::from(0);
    if denominator == zero {
        return Err(format!("`{text}` divides by zero"));
    }
    if &numerator % &denominator == zero {
        let quotient = numerator / denominator;
        return Ok(Some(match exactness {
            Exactness::Inexact => Number::Flonum(to_flonum(&quotient)),
            _ => from_big(&quotient),
        }));
    }
    if exactness == Exactness::Inexact {
        return Ok(Some(Number::Flonum(to_flonum(&numerator) / to_flonum(&denominator))));
    }
    Err(format!("exact rationals are not supported yet: write `#i{text}` or a decimal instead of `{text}`"))
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
    if exponent >= 0 {
        return Ok(from_big(&(digits * power)));
    }
    if &digits % &power == BigInt::from(0) {
        return Ok(from_big(&(digits / power)));
    }
    Err(format!("exact rationals are not supported yet: `{text}` is not an integer"))
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
    }

    #[test]
    fn decimals_are_inexact() {
        assert_eq!(read("1.5"), Number::Flonum(1.5));
        assert_eq!(read(".5"), Number::Flonum(0.5));
        assert_eq!(read("5."), Number::Flonum(5.0));
        assert_eq!(read("-1e-3"), Number::Flonum(-0.001));
        assert_eq!(read("#i3"), Number::Flonum(3.0));
        assert_eq!(read("#i1/2"), Number::Flonum(0.5));
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
    fn rationals_are_refused_with_a_reason() {
        assert!(parse("1/3", 10).unwrap_err().contains("exact rationals are not supported yet"));
        assert!(parse("1/0", 10).unwrap_err().contains("zero"));
        assert!(parse("#e1.5", 10).unwrap_err().contains("not supported"));
    }
}
