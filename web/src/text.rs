//! Questions about program text that the page answers by itself.

/// UTF-16 offsets of a byte range, as the editor counts. Out-of-range bytes mean the end of the text.
///
/// O(n) in the text before the range's end.
pub fn utf16_range(text: &str, start: u32, end: u32) -> (u32, u32) {
    let (start, end) = (start as usize, end as usize);
    let mut units = 0u32;
    let mut from = None;
    for (at, character) in text.char_indices() {
        if from.is_none() && at >= start {
            from = Some(units);
        }
        if at >= end {
            return (from.unwrap_or(units), units);
        }
        units += character.len_utf16() as u32;
    }
    (from.unwrap_or(units), units)
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
    fn byte_ranges_become_utf16_ranges() {
        let text = "a é 😀 b";
        let at = |what: char| text.find(what).map(|at| at as u32).unwrap();
        assert_eq!(utf16_range(text, at('é'), at('é') + 2), (2, 3));
        assert_eq!(utf16_range(text, at('😀'), at('😀') + 4), (4, 6));
        assert_eq!(utf16_range(text, at('b'), at('b') + 1), (7, 8));
        assert_eq!(utf16_range(text, 500, 600), (8, 8));
        assert_eq!(utf16_range("", 0, 5), (0, 0));
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
