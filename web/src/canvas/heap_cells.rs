//! What the drawing of a heap picture looks at: a byte for each word, and the colours that the bytes stand for.
//!
//! | bits | meaning |
//! |---|---|
//! | 0–3 | colour: 0 outside, 1 free, 2 not read yet, from 3 on what the colouring tells apart |
//! | 4 | pale: known garbage |
//! | 7 | an object or a free block begins |
//!
//! 1. There are at most [`TEXELS_MAX`] bytes: in a larger heap one stands for several words.

use protocol::HeapCell;

use super::Palette;
use super::heap_map::HeapLine;
use crate::canvas::kind_index;
use crate::picture::Shot;

/// Bytes in a row of the texture.
pub const TEXEL_COLUMNS: u32 = 1 << TEXEL_COLUMNS_LOG;
/// Its logarithm.
pub const TEXEL_COLUMNS_LOG: u32 = 12;
/// Most bytes, 16 MiB: every browser takes textures of 4,096 rows.
const TEXELS_MAX: u64 = (TEXEL_COLUMNS as u64) << 12;
/// A word where an object begins.
pub const START: u8 = 1 << 7;
/// A word of known garbage.
pub const PALE: u8 = 1 << 4;
/// The colour of free words.
pub const FREE: u8 = 1;
const UNREAD: u8 = 2;
const FIRST: u8 = 3;
/// Colours that a picture is drawn with.
pub const COLOURS: usize = 16;

/// What colours tell apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourBy {
    /// The type.
    #[default]
    Type,
    /// Collections survived.
    Age,
    /// What the marking thinks.
    Mark,
}

impl ColourBy {
    /// All, in order.
    pub const ALL: [ColourBy; 3] = [ColourBy::Type, ColourBy::Age, ColourBy::Mark];

    /// Name in the list.
    pub fn name(self) -> &'static str {
        match self {
            ColourBy::Type => "type",
            ColourBy::Age => "age",
            ColourBy::Mark => "mark",
        }
    }

    fn value(self, cell: HeapCell) -> u8 {
        match self {
            ColourBy::Type => kind_index(cell.group()) as u8,
            ColourBy::Age => cell.age() as u8,
            ColourBy::Mark => cell.colour() as u8,
        }
    }

    /// The colours of a theme.
    pub fn colours(self, palette: &Palette) -> [[u8; 3]; COLOURS] {
        let values = match self {
            ColourBy::Type => &palette.kinds,
            ColourBy::Age => &palette.ages,
            ColourBy::Mark => &palette.marks,
        };
        let mut colours = [rgb(&palette.surface); COLOURS];
        colours[usize::from(FREE)] = rgb(&palette.free);
        colours[usize::from(UNREAD)] = rgb(&palette.border);
        for (colour, value) in colours[usize::from(FIRST)..].iter_mut().zip(values) {
            *colour = rgb(value);
        }
        colours
    }
}

/// Reads `#rrggbb`; anything else is grey.
pub fn rgb(text: &str) -> [u8; 3] {
    let part = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    match (part(1), part(3), part(5)) {
        (Some(red), Some(green), Some(blue)) => [red, green, blue],
        _ => [128; 3],
    }
}

/// The bytes of a picture. See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texels {
    /// Whole rows of [`TEXEL_COLUMNS`].
    pub bytes: Vec<u8>,
    /// Words in a byte, as a power of two.
    pub shift: u32,
}

impl Texels {
    /// Writes a picture. O(words / 16 Mi words, and cells).
    pub fn write(&mut self, shot: &Shot, line: &HeapLine, by: ColourBy) {
        self.shift = 0;
        while line.words >> self.shift > TEXELS_MAX {
            self.shift += 1;
        }
        let length = (line.words >> self.shift) as usize + 1;
        self.bytes.clear();
        self.bytes.resize(length.next_multiple_of(TEXEL_COLUMNS as usize), 0);
        for (chunk, &first) in shot.chunks.iter().zip(&line.starts) {
            let mut at = 0;
            for &cell in &*chunk.cells {
                let words = cell.words(chunk.words - at);
                let byte = if cell.is_free() { FREE } else { FIRST + by.value(cell) };
                let pale = if cell.is_garbage() { PALE } else { 0 };
                self.fill(first + u64::from(at), words, byte | pale);
                at += words;
            }
            let is_unread = chunk.cells.is_empty() && chunk.used_words > 0;
            self.fill(first + u64::from(at), chunk.words - at, if is_unread { UNREAD } else { FREE });
        }
    }

    fn fill(&mut self, first: u64, words: u32, byte: u8) {
        if words == 0 {
            return;
        }
        let from = (first >> self.shift) as usize;
        let to = ((first + u64::from(words) - 1) >> self.shift) as usize;
        self.bytes[from..=to].fill(byte);
        self.bytes[from] |= START;
    }

    /// The byte of a word.
    pub fn at(&self, word: u64) -> u8 {
        self.bytes.get((word >> self.shift) as usize).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::{cell, picture};

    #[test]
    fn every_word_has_the_colour_of_its_object() {
        let shot = Shot::new(&picture(&[
            (0, 8, vec![cell(1, 3), cell(4, 2)]),
            (1, 6, vec![cell(0, 2), cell(2, 4)]),
        ]));
        let mut texels = Texels::default();
        texels.write(&shot, &HeapLine::new(&shot), ColourBy::Type);
        let text = FIRST + kind_index(protocol::ObjectType::Text) as u8;
        let vector = FIRST + kind_index(protocol::ObjectType::Vector) as u8;
        let pair = FIRST;
        let expected = [
            pair | START,
            pair,
            pair,
            text | START,
            text,
            FREE | START,
            FREE,
            FREE,
            FREE | START,
            FREE,
            vector | START,
            vector,
            vector,
            vector,
        ];
        assert_eq!(texels.bytes[..14], expected);
        assert_eq!(texels.at(14), 0);
    }

    #[test]
    fn a_huge_heap_has_no_more_bytes_than_a_large_one() {
        let chunks: Vec<_> = (0..40).map(|_| (2, 1 << 20, vec![cell(2, 1 << 20)])).collect();
        let shot = Shot::new(&picture(&chunks));
        let mut texels = Texels::default();
        texels.write(&shot, &HeapLine::new(&shot), ColourBy::Type);
        assert_eq!(texels.shift, 2);
        assert!(texels.bytes.len() as u64 <= TEXELS_MAX + u64::from(TEXEL_COLUMNS));
        assert_eq!(texels.at(40 << 20), 0);
        assert_ne!(texels.at((40 << 20) - 1), 0);
    }

    #[test]
    fn colours_are_read_from_the_theme() {
        assert_eq!(rgb("#0b63b8"), [0x0b, 0x63, 0xb8]);
        assert_eq!(rgb("Canvas"), [128; 3]);
    }
}
