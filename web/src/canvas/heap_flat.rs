//! Draws the words of a heap pixel by pixel, where there is no WebGL 2: the same picture as `heap_gl`, with one sample a
//! pixel.

use super::heap_cells::{FREE, PALE, START, Texels};
use super::heap_gl::Inks;
use super::heap_strips::{Marks, Strip};

/// Width of the hatching's period and of its line, in pixels.
const HATCH: (usize, usize) = (6, 2);

fn mix(one: [u8; 3], other: [u8; 3], share: u32) -> [u8; 3] {
    let part = |index: usize| {
        ((u32::from(one[index]) * (100 - share) + u32::from(other[index]) * share) / 100) as u8
    };
    [part(0), part(1), part(2)]
}

/// Fills `pixels`, four bytes each, `size.0` in a row. O(pixels).
pub fn draw_flat(
    pixels: &mut Vec<u8>,
    size: (u32, u32),
    texels: &Texels,
    strips: &[Strip],
    marks: &Marks,
    inks: &Inks,
) {
    let (width, height) = (size.0 as usize, size.1 as usize);
    pixels.clear();
    pixels.resize(width * height * 4, 255);
    let opaque = |[red, green, blue]: [u8; 3]| [red, green, blue, 255];
    // Every byte's colour, as it is, chosen, and pointed at.
    let mut shades = [[[0; 4]; 256]; 3];
    for byte in 0..=255_u8 {
        let colour = inks.colours[usize::from(byte & 15)];
        let colour = if byte & PALE == 0 { colour } else { mix(colour, inks.surface, 60) };
        let accent = inks.accent;
        for (shade, share) in shades.iter_mut().zip([0, 75, 35]) {
            shade[usize::from(byte)] = opaque(mix(colour, accent, share));
        }
    }
    let (surface, line) = (opaque(inks.surface), opaque(inks.line));
    let edge = |shade: [u8; 4]| opaque(mix([shade[0], shade[1], shade[2]], inks.surface, 80));
    let (rows, _) = pixels.as_chunks_mut::<4>();
    rows.fill(surface);
    for strip in strips {
        let columns: Vec<i64> =
            (0..width).map(|x| ((x as f64 + 0.5 - strip.x) / strip.word).floor() as i64).collect();
        let last = i64::from(strip.columns);
        let marked = marks.map(|mark| strip.within(mark));
        for y in strip.top.round() as usize..(strip.bottom.round() as usize).min(height) {
            let down = (y as f64 + 0.5 - strip.y) / strip.row;
            let row = down.floor() as i64;
            let at_top = strip.row >= 5.0 && (down - down.floor()) * strip.row < 1.0;
            let mut before = -1;
            for (x, &column) in columns.iter().enumerate() {
                let index = row * last + column;
                if column < 0 || column >= last || index < 0 || index >= strip.words as i64 {
                    continue;
                }
                let byte = texels.at(strip.first + index as u64);
                let inside = |[from, to]: [i32; 2]| index >= i64::from(from) && index < i64::from(to);
                let shade = if inside(marked[0]) {
                    shades[1][usize::from(byte)]
                } else if inside(marked[1]) {
                    shades[2][usize::from(byte)]
                } else if byte & 15 == FREE && (x + y) % HATCH.0 < HATCH.1 {
                    line
                } else {
                    shades[0][usize::from(byte)]
                };
                let begins = strip.word >= 2.0 && byte & START != 0 && column != before;
                before = column;
                rows[y * width + x] = if begins || at_top { edge(shade) } else { shade };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::heap_cells::{COLOURS, ColourBy};
    use crate::canvas::heap_map::{Camera, HeapLine};
    use crate::canvas::heap_strips::strips;
    use crate::picture::Shot;
    use crate::picture::tests::{cell, picture};

    #[test]
    fn each_pixel_has_the_colour_of_the_word_under_it() {
        let shot = Shot::new(&picture(&[(1, 96, vec![cell(1, 48), cell(2, 48)])]));
        let line = HeapLine::new(&shot);
        let size = (480.0, 200.0);
        let camera = Camera::fit(&line, size.0, size.1);
        let mut texels = Texels::default();
        texels.write(&shot, &line, ColourBy::Type);
        let mut colours = [[0; 3]; COLOURS];
        colours[3] = [10, 20, 30];
        colours[4] = [200, 100, 50];
        let inks = Inks { colours, surface: [1; 3], line: [2; 3], accent: [255; 3] };
        let mut pixels = Vec::new();
        let chosen = [Some((48, 96)), None];
        for (marks, second) in [([None; 2], [200, 100, 50]), (chosen, [241, 216, 203])] {
            draw_flat(&mut pixels, (480, 200), &texels, &strips(&line, &camera, size, 1.0), &marks, &inks);
            let colour = |word: u64| {
                let (x, y) = camera.place_of(&line, word).expect("there is such a word");
                let at = ((y + camera.row() / 2.0) as usize * 480 + (x + camera.zoom / 2.0) as usize) * 4;
                [pixels[at], pixels[at + 1], pixels[at + 2]]
            };
            assert_eq!(colour(0), [10, 20, 30]);
            assert_eq!(colour(47), [10, 20, 30]);
            assert_eq!(colour(48), second);
            assert_eq!(colour(95), second);
        }
        assert_eq!(pixels[..3], [1; 3], "titles are left out");
    }
}
