//! Questions about program text that the page answers by itself.

/// UTF-16 offsets of byte ranges, as the editor counts. Bytes past the end mean the end.
///
/// O(n) in the text, plus sorting the ranges: one walk for all of them.
pub fn utf16_ranges(text: &str, ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut wanted: Vec<usize> =
        ranges.iter().flat_map(|&(start, end)| [start as usize, end as usize]).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found: Vec<u32> = Vec::with_capacity(wanted.len());
    let mut units = 0u32;
    for (at, character) in text.char_indices() {
        while found.len() < wanted.len() && at >= wanted[found.len()] {
            found.push(units);
        }
        if found.len() == wanted.len() {
            break;
        }
        units += character.len_utf16() as u32;
    }
    found.resize(wanted.len(), units);
    let offset = |byte: u32| wanted.binary_search(&(byte as usize)).map_or(units, |index| found[index]);
    ranges.iter().map(|&(start, end)| (offset(start), offset(end))).collect()
}

/// The byte at which a UTF-16 offset lies. Offsets past the end mean the end.
pub fn byte_offset(text: &str, utf16: u32) -> u32 {
    let mut units = 0u32;
    for (at, character) in text.char_indices() {
        if units >= utf16 {
            return at as u32;
        }
        units += character.len_utf16() as u32;
    }
    text.len() as u32
}

/// The text of a line, from 1.
pub fn line(text: &str, number: u32) -> &str {
    number.checked_sub(1).and_then(|index| text.lines().nth(index as usize)).unwrap_or("")
}

/// Whether every bracket, string and block comment that was opened is closed: the REPL asks on until it is.
pub fn is_complete(text: &str) -> bool {
    let mut depth = 0i64;
    let mut comment = 0u32;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if comment > 0 {
            match (character, characters.peek()) {
                ('|', Some('#')) => {
                    characters.next();
                    comment -= 1;
                }
                ('#', Some('|')) => {
                    characters.next();
                    comment += 1;
                }
                _ => {}
            }
            continue;
        }
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' => while characters.next().is_some_and(|next| next != '\n') {},
            '"' | '|' => {
                let mut closed = false;
                while let Some(next) = characters.next() {
                    if next == '\\' {
                        characters.next();
                    } else if next == character {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return false;
                }
            }
            '#' => match characters.peek() {
                Some('\\') => {
                    characters.next();
                    characters.next();
                }
                Some('|') => {
                    characters.next();
                    comment += 1;
                }
                _ => {}
            },
            _ => {}
        }
    }
    depth <= 0 && comment == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_to_bytes_and_back() {
        let text = "aé😀b";
        for (utf16, byte) in [(0, 0), (1, 1), (2, 3), (4, 7), (5, 8), (9, 8)] {
            assert_eq!(byte_offset(text, utf16), byte);
            assert_eq!(utf16_ranges(text, &[(byte, byte)]), [(utf16.min(5), utf16.min(5))]);
        }
    }

    #[test]
    fn byte_ranges_become_utf16_ranges() {
        let text = "a é 😀 b";
        let at = |what: char| text.find(what).map(|at| at as u32).unwrap();
        let ranges =
            [(at('b'), at('b') + 1), (at('é'), at('é') + 2), (at('😀'), at('😀') + 4), (500, 600), (0, 0)];
        assert_eq!(utf16_ranges(text, &ranges), [(7, 8), (2, 3), (4, 6), (8, 8), (0, 0)]);
        assert_eq!(utf16_ranges("", &[(0, 5)]), [(0, 0)]);
        assert_eq!(utf16_ranges("a", &[]), []);
    }

    #[test]
    fn a_form_is_complete_when_all_that_was_opened_is_closed() {
        for text in ["", "1", "(f x)", "\"(\"", "#\\(", "; (", "#| ( |#", "(f) )", "|a(|"] {
            assert!(is_complete(text), "{text:?}");
        }
        for text in ["(", "(f \"a)", "#| x", "(f ; )", "\"abc", "#| #| |#"] {
            assert!(!is_complete(text), "{text:?}");
        }
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!(line("a\nb", 2), "b");
        assert_eq!(line("a\nb", 0), "");
        assert_eq!(line("a\nb", 3), "");
    }
}
