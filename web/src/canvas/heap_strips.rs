//! What of each section of a heap is on the screen, in the canvas's own pixels: drawing starts from here.
//!
//! 1. A strip begins at the first row in sight, so that no number in it is large and single precision does.

use super::heap_map::{Camera, HeapLine};

/// Words from and to of what is chosen and of what is pointed at.
pub type Marks = [Option<(u64, u64)>; 2];

/// The rows of a section that are in sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strip {
    /// First word in sight, of the line.
    pub first: u64,
    /// Words from there on.
    pub words: u64,
    /// Words in a row.
    pub columns: u32,
    /// Left end of the rows.
    pub x: f64,
    /// Top of the first row.
    pub y: f64,
    /// Width of a word.
    pub word: f64,
    /// Height of a row.
    pub row: f64,
    /// Where on the canvas it begins.
    pub top: f64,
    /// Where on the canvas it ends.
    pub bottom: f64,
}

impl Strip {
    /// A mark in words of the strip.
    pub fn within(&self, mark: Option<(u64, u64)>) -> [i32; 2] {
        let Some((from, to)) = mark else { return [-1, -1] };
        let place = |word: u64| word.saturating_sub(self.first).min(self.words) as i32;
        [place(from), place(to)]
    }
}

/// The strips of what a camera sees on a canvas of this size in CSS pixels, `ratio` pixels each.
pub fn strips(line: &HeapLine, camera: &Camera, size: (f64, f64), ratio: f64) -> Vec<Strip> {
    let columns = u64::from(camera.columns);
    let mut strips = Vec::with_capacity(line.sections.len());
    for (index, section) in line.sections.iter().enumerate() {
        let (top, bottom) = camera.extent(line, index);
        if bottom <= 0.0 || top >= size.1 {
            continue;
        }
        let hidden = (-top / camera.row()).floor().max(0.0);
        let first = hidden as u64 * columns;
        let seen = ((size.1 / camera.row()).ceil() as u64 + 2) * columns;
        strips.push(Strip {
            first: section.first + first,
            words: section.words.saturating_sub(first).min(seen),
            columns: camera.columns,
            x: camera.x * ratio,
            y: (top + hidden * camera.row()) * ratio,
            word: camera.zoom * ratio,
            row: camera.row() * ratio,
            top: top.max(0.0) * ratio,
            bottom: bottom.min(size.1) * ratio,
        });
    }
    strips
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Shot;
    use crate::picture::tests::picture;

    #[test]
    fn strips_hold_what_is_in_sight_and_no_more() {
        let shot = Shot::new(&picture(&[(0, 4_096, Vec::new()), (1, 3_000_000, Vec::new())]));
        let line = HeapLine::new(&shot);
        let size = (700.0, 500.0);
        let mut camera = Camera::fit(&line, size.0, size.1);
        let all = strips(&line, &camera, size, 2.0);
        assert_eq!(all.iter().map(|strip| strip.words).collect::<Vec<_>>(), [4_096, 3_000_000]);
        camera.zoom_at(&line, size, 30.0, (300.0, 400.0));
        let seen = strips(&line, &camera, size, 2.0);
        assert_eq!(seen.len(), 1);
        let strip = seen[0];
        assert!(strip.y <= 0.0 && strip.y > -strip.row, "the first row is the one at the top");
        assert!(strip.words < 3_000_000 / 4 && strip.first > 4_096);
        assert_eq!(strip.within(None), [-1, -1]);
        assert_eq!(strip.within(Some((0, strip.first + 5))), [0, 5]);
    }
}
