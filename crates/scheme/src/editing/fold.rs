//! What can be folded: lists and block comments that take more than one line.
//!
//! 1. A text that does not read is answered as far as the lexer gets; brackets without a partner fold nothing.
//! 2. At most one fold begins in a line: the outermost.

use super::tree::block_end;
use crate::lexer::{Lexer, Token};
use std::ops::Range;

/// Places of everything in `text` that takes more than one line, in bytes, in the order in which they begin.
pub fn folds(text: &str) -> Vec<Range<u32>> {
    let mut lexer = Lexer::new(text, 0);
    // Where each open bracket is, and in which line.
    let mut open: Vec<(u32, u32)> = Vec::new();
    // Line, place.
    let mut found: Vec<(u32, Range<u32>)> = Vec::new();
    let (mut end, mut end_line) = (0u32, 1u32);
    loop {
        let next = lexer.next();
        let here = lexer.here();
        let stop = match &next {
            Ok(Some((_, span))) => span.start,
            Ok(None) => here.start,
            Err(_) => break,
        };
        comments(text, end..stop, end_line, &mut found);
        let Ok(Some((token, span))) = next else { break };
        match token {
            Token::Open | Token::OpenVector | Token::OpenBytevector => open.push((span.start, span.line)),
            Token::Close => {
                if let Some((start, line)) = open.pop()
                    && span.line > line
                {
                    found.push((line, start..span.end));
                }
            }
            _ => {}
        }
        (end, end_line) = (span.end, here.line);
    }
    found.sort_by_key(|(_, range)| range.start);
    found.dedup_by_key(|(line, _)| *line);
    found.into_iter().map(|(_, range)| range).collect()
}

fn comments(text: &str, gap: Range<u32>, mut line: u32, found: &mut Vec<(u32, Range<u32>)>) {
    let bytes = text.as_bytes();
    let (mut at, end) = (gap.start as usize, gap.end as usize);
    while at < end {
        match bytes[at] {
            b'\n' => line += 1,
            b';' => {
                at = text[at..end].find('\n').map_or(end, |length| at + length);
                continue;
            }
            b'#' if bytes.get(at + 1) == Some(&b'|') => {
                let start = at;
                at = block_end(bytes, at, end);
                let lines = text[start..at].matches('\n').count() as u32;
                if lines > 0 {
                    found.push((line, start as u32..at as u32));
                }
                line += lines;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<&str> {
        folds(text).into_iter().map(|range| &text[range.start as usize..range.end as usize]).collect()
    }

    #[test]
    fn lists_and_block_comments_of_several_lines_fold() {
        let text = "#| a\nb |#\n(f x)\n(g (h\n  (i\n 1)) 2)\n";
        assert_eq!(folded(text), ["#| a\nb |#", "(g (h\n  (i\n 1)) 2)", "(i\n 1)"]);
    }

    #[test]
    fn a_text_that_does_not_read_folds_as_far_as_it_does() {
        assert_eq!(folded("(a\n b)\n(c (d\n e)"), ["(a\n b)", "(d\n e)"]);
        assert_eq!(folded("(a\n b)\n\"no end"), ["(a\n b)"]);
        assert!(folded("))\n((").is_empty());
    }
}
