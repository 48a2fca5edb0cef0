//! What Scheme asks of Unicode and Rust's standard library does not give.
//!
//! The standard library has the properties and the full case mappings (one character to up to three). R7RS also maps
//! single characters to single ones, folds case, and gives decimal digits their values. All of it follows from the
//! standard library's data but for the characters named here; tests compare every character with ICU4X, the library of
//! the Unicode Consortium, so that a new version of Unicode in either shows what is missing.
#![forbid(unsafe_code)]

/// Zeros of Unicode's decimal digits, each followed by the other nine.
const ZEROS: [u32; 77] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40,
    0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da,
    0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60,
    0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0,
    0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// The value of a decimal digit of any script (general category Nd).
pub fn digit_value(character: char) -> Option<u32> {
    let code = u32::from(character);
    let before = ZEROS.partition_point(|zero| *zero <= code);
    let zero = ZEROS.get(before.checked_sub(1)?)?;
    (code - zero < 10).then_some(code - zero)
}

/// The one character that a mapping gives, or the character itself.
fn single(mut mapped: impl Iterator<Item = char>, character: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => character,
    }
}

/// `character`, so many code points further on.
fn moved(character: char, distance: i32) -> char {
    u32::from(character).checked_add_signed(distance).and_then(char::from_u32).unwrap_or(character)
}

/// Simple mapping to upper case: one character to one.
pub fn upcase(character: char) -> char {
    match character {
        // Greek with iota subscript: the full mapping writes the iota beside the letter.
        '\u{1f80}'..='\u{1faf}' if u32::from(character) & 8 == 0 => moved(character, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => moved(character, 9),
        _ => single(character.to_uppercase(), character),
    }
}

/// Simple mapping to lower case: one character to one.
pub fn downcase(character: char) -> char {
    match character {
        '\u{130}' => 'i',
        _ => single(character.to_lowercase(), character),
    }
}

/// Characters that fold to something else than the small form of their capital, in simple and in full folding.
fn folds_oddly(character: char) -> Option<char> {
    match character {
        // The dotless i is no i.
        '\u{131}' => Some(character),
        // Cherokee folds to capitals, since they were there first.
        '\u{13a0}'..='\u{13f5}' => Some(character),
        '\u{13f8}'..='\u{13fd}' => Some(moved(character, -8)),
        '\u{ab70}'..='\u{abbf}' => Some(moved(character, 0x13a0 - 0xab70)),
        _ => None,
    }
}

/// Simple case folding: what differs in case only becomes the same character.
pub fn foldcase(character: char) -> char {
    match character {
        '\u{130}' => character,
        '\u{1fd3}' => '\u{390}',
        '\u{1fe3}' => '\u{3b0}',
        '\u{fb05}' => '\u{fb06}',
        '\u{1df95}' => 'ß',
        _ => folds_oddly(character).unwrap_or_else(|| downcase(upcase(character))),
    }
}

/// Full case folding of one character: one to three characters.
pub fn fold(character: char) -> impl Iterator<Item = char> {
    let folded = match character {
        '\u{1e9e}' | '\u{1df95}' => ['s', 's', '\0'],
        _ => {
            let mut folded = ['\0'; 3];
            match folds_oddly(character) {
                Some(odd) => folded[0] = odd,
                None => folded
                    .iter_mut()
                    .zip(character.to_uppercase().flat_map(char::to_lowercase))
                    .for_each(|(place, part)| *place = part),
            }
            folded
        }
    };
    // Only the first can be a NUL that was meant.
    folded.into_iter().enumerate().filter(|(index, part)| *index == 0 || *part != '\0').map(|(_, part)| part)
}

/// Full case folding of a text, as `string-foldcase` does it.
pub fn fold_text(text: &str) -> String {
    text.chars().flat_map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_casemap::CaseMapper;
    use icu_properties::props::{Alphabetic, GeneralCategory, Lowercase, Uppercase, WhiteSpace};
    use icu_properties::{CodePointMapData, CodePointSetData};

    fn assigned() -> impl Iterator<Item = char> {
        let categories = CodePointMapData::<GeneralCategory>::new();
        ('\0'..=char::MAX).filter(move |c| categories.get(*c) != GeneralCategory::Unassigned)
    }

    #[test]
    fn simple_mappings_are_those_of_unicode() {
        let icu = CaseMapper::new();
        for c in assigned() {
            assert_eq!(upcase(c), icu.simple_uppercase(c), "upcase of U+{:04x}", u32::from(c));
            assert_eq!(downcase(c), icu.simple_lowercase(c), "downcase of U+{:04x}", u32::from(c));
            assert_eq!(foldcase(c), icu.simple_fold(c), "foldcase of U+{:04x}", u32::from(c));
        }
    }

    #[test]
    fn full_folding_is_that_of_unicode() {
        let icu = CaseMapper::new();
        for c in assigned() {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            assert_eq!(fold_text(text), icu.fold_string(text), "fold of U+{:04x}", u32::from(c));
        }
    }

    #[test]
    fn decimal_digits_are_those_of_unicode_and_come_in_tens() {
        let categories = CodePointMapData::<GeneralCategory>::new();
        let mut expected = 0;
        for c in '\0'..=char::MAX {
            let is_digit = categories.get(c) == GeneralCategory::DecimalNumber;
            assert_eq!(digit_value(c), is_digit.then_some(expected), "U+{:04x}", u32::from(c));
            expected = if is_digit { (expected + 1) % 10 } else { 0 };
        }
        assert_eq!((digit_value('٣'), digit_value('𝟡'), digit_value('²')), (Some(3), Some(9), None));
    }

    #[test]
    fn the_standard_library_has_the_properties_that_characters_are_asked_for() {
        let alphabetic = CodePointSetData::new::<Alphabetic>();
        let white = CodePointSetData::new::<WhiteSpace>();
        let (upper, lower) = (CodePointSetData::new::<Uppercase>(), CodePointSetData::new::<Lowercase>());
        for c in assigned() {
            assert_eq!(c.is_alphabetic(), alphabetic.contains(c), "alphabetic: U+{:04x}", u32::from(c));
            assert_eq!(c.is_whitespace(), white.contains(c), "white space: U+{:04x}", u32::from(c));
            assert_eq!(c.is_uppercase(), upper.contains(c), "upper case: U+{:04x}", u32::from(c));
            assert_eq!(c.is_lowercase(), lower.contains(c), "lower case: U+{:04x}", u32::from(c));
        }
    }
}
