//! Where the objects of a heap picture lie on the screen: sections of rows of words, and the camera over them.
//!
//! Each space is a section below the one before it, with a title; its chunks follow one another, word after word, in rows
//! of so many columns. A word is [`ASPECT`] times as high as it is wide, so that a pair is a square.
//!
//! 1. Titles keep their size whatever the zoom.
//! 2. A camera that shows all goes on doing so as heap and canvas change; one that was moved keeps its columns, so that
//!    nothing jumps.

use std::ops::Range;

use crate::picture::Shot;

/// Height of a word in widths.
pub const ASPECT: f64 = 3.0;
/// Height of a section's title.
pub const TITLE: f64 = 20.0;
/// Gap after a section.
const GAP: f64 = 6.0;
/// Pixels per word when nothing can be gained by more.
const ZOOM_MAX: f64 = 32.0;
/// Fewest columns.
const COLUMNS_MIN: u32 = 48;

/// One space.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Which.
    pub space: u8,
    /// Its chunks, of the picture's.
    pub chunks: Range<usize>,
    /// Words of it.
    pub words: u64,
    /// Words of the sections before it.
    pub first: u64,
}

/// The words of a picture in one line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeapLine {
    /// Spaces that there are.
    pub sections: Vec<Section>,
    /// Where each chunk begins.
    pub starts: Vec<u64>,
    /// Words of all.
    pub words: u64,
}

impl HeapLine {
    /// Of a picture.
    pub fn new(shot: &Shot) -> HeapLine {
        let mut line = HeapLine::default();
        for (index, chunk) in shot.chunks.iter().enumerate() {
            line.starts.push(line.words);
            match line.sections.last_mut() {
                Some(section) if section.space == chunk.space => section.chunks.end = index + 1,
                _ => line.sections.push(Section {
                    space: chunk.space,
                    chunks: index..index + 1,
                    words: 0,
                    first: line.words,
                }),
            }
            if let Some(section) = line.sections.last_mut() {
                section.words += u64::from(chunk.words);
            }
            line.words += u64::from(chunk.words);
        }
        line
    }

    /// Chunk, and word in it, of a word of the line.
    pub fn chunk_at(&self, word: u64) -> Option<(usize, u32)> {
        if word >= self.words {
            return None;
        }
        let chunk = self.starts.partition_point(|start| *start <= word).checked_sub(1)?;
        Some((chunk, (word - self.starts[chunk]) as u32))
    }

    fn section_of(&self, word: u64) -> usize {
        self.sections.partition_point(|section| section.first <= word).saturating_sub(1)
    }
}

/// What is seen of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Words in a row.
    pub columns: u32,
    /// Width of a word in CSS pixels.
    pub zoom: f64,
    /// Left end of the rows.
    pub x: f64,
    /// Top of the first title.
    pub y: f64,
    /// Shows everything; see invariant 2.
    pub fitted: bool,
}

impl Camera {
    /// Shows everything, as large as it fits.
    pub fn fit(line: &HeapLine, width: f64, height: f64) -> Camera {
        let mut columns = COLUMNS_MIN;
        loop {
            let zoom = (width / f64::from(columns)).min(ZOOM_MAX);
            let camera = Camera { columns, zoom, x: 0.0, y: 0.0, fitted: true };
            if camera.height(line) <= height || columns >= 1 << 20 {
                return camera;
            }
            // In steps of an eighth, so that a growing heap is not laid out anew all the time.
            columns += (columns / 8).next_multiple_of(6);
        }
    }

    /// Height of a row.
    pub fn row(&self) -> f64 {
        self.zoom * ASPECT
    }

    fn rows(&self, section: &Section) -> u64 {
        section.words.div_ceil(u64::from(self.columns))
    }

    /// Height of everything.
    fn height(&self, line: &HeapLine) -> f64 {
        line.sections.iter().map(|section| TITLE + self.rows(section) as f64 * self.row() + GAP).sum()
    }

    /// Top and bottom of a section's cells.
    pub fn extent(&self, line: &HeapLine, section: usize) -> (f64, f64) {
        let before: f64 =
            line.sections[..section].iter().map(|one| TITLE + self.rows(one) as f64 * self.row() + GAP).sum();
        let top = self.y + before + TITLE;
        (top, top + self.rows(&line.sections[section]) as f64 * self.row())
    }

    /// Moves what is seen.
    pub fn pan(&mut self, line: &HeapLine, size: (f64, f64), by: (f64, f64)) {
        self.x += by.0;
        self.y += by.1;
        self.keep_inside(line, size);
    }

    /// Zooms about a point, which stays where it is.
    pub fn zoom_at(&mut self, line: &HeapLine, size: (f64, f64), factor: f64, at: (f64, f64)) {
        if line.sections.is_empty() {
            return;
        }
        let section = self.section_at(line, at.1);
        let column = (at.0 - self.x) / self.zoom;
        let row = (at.1 - self.extent(line, section).0) / self.row();
        let least = Camera::fit(line, size.0, size.1).zoom.min(size.0 / f64::from(self.columns));
        self.zoom = (self.zoom * factor).clamp(least.min(ZOOM_MAX), ZOOM_MAX);
        self.fitted = false;
        if self.zoom <= least {
            *self = Camera::fit(line, size.0, size.1);
            return;
        }
        self.x = at.0 - column * self.zoom;
        self.y += at.1 - (self.extent(line, section).0 + row * self.row());
        self.keep_inside(line, size);
    }

    /// Moves so that a word is in sight, if it is not.
    pub fn reveal(&mut self, line: &HeapLine, size: (f64, f64), word: u64) {
        let Some((x, y)) = self.place_of(line, word) else { return };
        let margin = 24.0;
        let inside = x >= 0.0 && x + self.zoom <= size.0 && y >= TITLE && y + self.row() <= size.1;
        if !inside {
            self.fitted = false;
            if x < margin || x > size.0 - margin {
                self.x += size.0 / 2.0 - x;
            }
            self.y += size.1 / 2.0 - y;
            self.keep_inside(line, size);
        }
    }

    /// Nothing is moved out of sight altogether.
    pub fn keep_inside(&mut self, line: &HeapLine, size: (f64, f64)) {
        let across = f64::from(self.columns) * self.zoom;
        let down = self.height(line);
        self.x = self.x.clamp((size.0 - across).min(0.0), 0.0);
        self.y = self.y.clamp((size.1 - down).min(0.0), (size.1 - down).max(0.0));
    }

    fn section_at(&self, line: &HeapLine, y: f64) -> usize {
        (1..line.sections.len()).rev().find(|&index| y >= self.extent(line, index).0 - TITLE).unwrap_or(0)
    }

    /// The word of the line under a point.
    pub fn word_at(&self, line: &HeapLine, x: f64, y: f64) -> Option<u64> {
        if line.sections.is_empty() {
            return None;
        }
        let index = self.section_at(line, y);
        let section = &line.sections[index];
        let row = ((y - self.extent(line, index).0) / self.row()).floor();
        let column = ((x - self.x) / self.zoom).floor();
        if row < 0.0 || column < 0.0 || column >= f64::from(self.columns) {
            return None;
        }
        let word = row as u64 * u64::from(self.columns) + column as u64;
        (word < section.words).then_some(section.first + word)
    }

    /// Left top corner of a word of the line.
    pub fn place_of(&self, line: &HeapLine, word: u64) -> Option<(f64, f64)> {
        if word >= line.words {
            return None;
        }
        let section = line.section_of(word);
        let offset = word - line.sections[section].first;
        let (row, column) = (offset / u64::from(self.columns), offset % u64::from(self.columns));
        Some((self.x + column as f64 * self.zoom, self.extent(line, section).0 + row as f64 * self.row()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::picture;

    const SIZE: (f64, f64) = (700.0, 500.0);

    fn line(chunks: &[(u8, u32)]) -> HeapLine {
        let chunks: Vec<_> = chunks.iter().map(|(space, words)| (*space, *words, Vec::new())).collect();
        HeapLine::new(&Shot::new(&picture(&chunks)))
    }

    #[test]
    fn everything_fits_whatever_the_size_of_the_heap() {
        for words in [64, 5_000, 65_536, 3_000_000, 120_000_000] {
            let line = line(&[(0, 4_096), (1, words)]);
            let camera = Camera::fit(&line, SIZE.0, SIZE.1);
            assert!(camera.height(&line) <= SIZE.1, "{words} words");
            assert!(f64::from(camera.columns) * camera.zoom <= SIZE.0 + 1e-6);
        }
    }

    #[test]
    fn a_point_finds_the_word_that_is_drawn_there() {
        let line = line(&[(0, 100), (1, 5_000), (1, 300)]);
        let mut camera = Camera::fit(&line, SIZE.0, SIZE.1);
        for step in 0..4 {
            for word in [0, 99, 100, 5_099, 5_100, 5_399] {
                let (x, y) = camera.place_of(&line, word).expect("there is such a word");
                assert_eq!(camera.word_at(&line, x + camera.zoom / 2.0, y + 1.0), Some(word));
            }
            camera.zoom_at(&line, SIZE, 1.7, (f64::from(step) * 100.0, 250.0));
        }
        assert_eq!(camera.place_of(&line, 5_400), None);
        assert_eq!(line.chunk_at(5_099), Some((1, 4_999)));
        assert_eq!(line.chunk_at(5_100), Some((2, 0)));
        assert_eq!(line.chunk_at(5_400), None);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let line = line(&[(0, 65_536), (1, 3_000_000)]);
        let mut camera = Camera::fit(&line, SIZE.0, SIZE.1);
        let at = (350.0, 300.0);
        let word = camera.word_at(&line, at.0, at.1);
        for _ in 0..20 {
            camera.zoom_at(&line, SIZE, 1.3, at);
        }
        let near = camera.word_at(&line, at.0, at.1).zip(word);
        let (now, before) = near.expect("still something there");
        let rows = now.abs_diff(before) / u64::from(camera.columns);
        assert!(rows <= 3, "{rows} rows off");
        for _ in 0..60 {
            camera.zoom_at(&line, SIZE, 0.7, at);
        }
        assert!(camera.height(&line) <= SIZE.1 + 1.0, "all is in sight again");
    }

    #[test]
    fn the_heap_cannot_be_lost_from_sight() {
        let line = line(&[(1, 300_000)]);
        let mut camera = Camera::fit(&line, SIZE.0, SIZE.1);
        camera.zoom_at(&line, SIZE, 8.0, (10.0, 30.0));
        camera.pan(&line, SIZE, (-1e6, -1e6));
        assert!(camera.place_of(&line, 299_999).is_some_and(|(_, y)| y > 0.0 && y < SIZE.1));
        camera.pan(&line, SIZE, (1e6, 1e6));
        assert_eq!((camera.x, camera.y), (0.0, 0.0));
    }

    #[test]
    fn a_word_out_of_sight_is_brought_into_sight() {
        let line = line(&[(1, 300_000)]);
        let mut camera = Camera::fit(&line, SIZE.0, SIZE.1);
        camera.zoom_at(&line, SIZE, 8.0, (10.0, 30.0));
        camera.reveal(&line, SIZE, 250_000);
        let (x, y) = camera.place_of(&line, 250_000).expect("there is such a word");
        assert!(x >= 0.0 && x <= SIZE.0 && y >= 0.0 && y <= SIZE.1);
    }
}
