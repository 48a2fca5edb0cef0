//! The heap map: cells in address order by space, hue by type, lightness by mark, free space hatched.

use protocol::{HeapCell, HeapMap, ObjectType};

use super::Canvas;
use crate::format::{self, OBJECT_TYPES};

/// Height of a space's title.
const TITLE: f64 = 20.0;
/// Gap after a space.
const GAP: f64 = 8.0;
/// Largest and smallest edge of a cell.
const EDGE_MAX: f64 = 14.0;
const EDGE_MIN: f64 = 2.0;

/// Where cells lie; drawing and pointing share it.
#[derive(Clone, Debug, PartialEq)]
pub struct HeapLayout {
    edge: f64,
    columns: usize,
    /// Top of each space's cells.
    tops: Vec<f64>,
}

impl HeapLayout {
    /// The largest cells with which all spaces fit.
    pub fn new(map: &HeapMap, width: f64, height: f64) -> HeapLayout {
        let mut edge = EDGE_MAX;
        loop {
            let columns = ((width / edge).floor() as usize).max(1);
            let mut tops = Vec::with_capacity(map.spaces.len());
            let mut top = 0.0;
            for space in &map.spaces {
                tops.push(top + TITLE);
                top += TITLE + space.cells.len().div_ceil(columns) as f64 * edge + GAP;
            }
            if top <= height || edge <= EDGE_MIN {
                return HeapLayout { edge, columns, tops };
            }
            edge -= 1.0;
        }
    }

    /// Space and cell at a point.
    pub fn cell_at(&self, map: &HeapMap, x: f64, y: f64) -> Option<(usize, usize)> {
        let space = self.tops.iter().rposition(|&top| y >= top)?;
        let column = (x / self.edge).floor();
        if column < 0.0 || column >= self.columns as f64 {
            return None;
        }
        let row = ((y - self.tops[space]) / self.edge).floor() as usize;
        let cell = row * self.columns + column as usize;
        (cell < map.spaces.get(space)?.cells.len()).then_some((space, cell))
    }
}

/// Colour number of a type.
pub fn kind_index(kind: ObjectType) -> usize {
    OBJECT_TYPES.iter().position(|one| *one == kind).unwrap_or(OBJECT_TYPES.len() - 1)
}

/// Draws the map. O(cells).
pub fn draw_heap_map(canvas: &Canvas<'_>, map: &HeapMap) {
    let layout = HeapLayout::new(map, canvas.width, canvas.height);
    let palette = canvas.palette;
    let inner = if layout.edge > 4.0 { layout.edge - 1.0 } else { layout.edge };
    for (space, &top) in map.spaces.iter().zip(&layout.tops) {
        let used = space.cells.iter().filter(|cell| cell.kind.is_some()).count();
        let title = format!(
            "{}: {} cells of {}, {} in use",
            space.name,
            format::grouped(space.cells.len() as u64),
            format::words(u64::from(space.words_per_cell)),
            format::grouped(used as u64),
        );
        canvas.label(&title, 0.0, top - TITLE / 2.0, &palette.text_faint);
        // One colour at a time: setting the style costs more than the rectangle.
        let at = |index: usize| {
            let x = (index % layout.columns) as f64 * layout.edge;
            let y = top + (index / layout.columns) as f64 * layout.edge;
            (x, y)
        };
        canvas.context.set_fill_style_str(&palette.free);
        for (index, cell) in space.cells.iter().enumerate() {
            if cell.kind.is_none() {
                let (x, y) = at(index);
                // Free space is hatched by drawing every other line of it.
                let mut line = 0.0;
                while line < inner {
                    canvas.context.fill_rect(x, y + line, inner, 1.0);
                    line += 3.0;
                }
            }
        }
        for (number, color) in palette.kinds.iter().enumerate() {
            let Some(&kind) = OBJECT_TYPES.get(number) else { continue };
            canvas.context.set_fill_style_str(color);
            for (index, cell) in space.cells.iter().enumerate().filter(|(_, cell)| cell.kind == Some(kind)) {
                draw_cell(canvas, cell, at(index), inner);
            }
        }
        canvas.context.set_global_alpha(1.0);
    }
}

fn draw_cell(canvas: &Canvas<'_>, cell: &HeapCell, (x, y): (f64, f64), edge: f64) {
    canvas.context.set_global_alpha(if cell.marked { 1.0 } else { 0.42 });
    let height = (edge * f64::from(cell.fill.max(24)) / 255.0).ceil().min(edge);
    canvas.context.fill_rect(x, y + edge - height, edge, height);
}

#[cfg(test)]
mod tests {
    use protocol::HeapSpace;

    use super::*;

    fn map(cells: &[usize]) -> HeapMap {
        let cell = HeapCell { kind: Some(ObjectType::Pair), marked: true, fill: 255 };
        let space =
            |&count: &usize| HeapSpace { name: "old".into(), words_per_cell: 8, cells: vec![cell; count] };
        HeapMap { spaces: cells.iter().map(space).collect(), ..HeapMap::default() }
    }

    #[test]
    fn cells_shrink_until_all_spaces_fit() {
        let map = map(&[1_000, 4_000]);
        let layout = HeapLayout::new(&map, 400.0, 300.0);
        assert!(layout.edge < EDGE_MAX);
        let bottom = layout.tops[1] + 4_000usize.div_ceil(layout.columns) as f64 * layout.edge;
        assert!(bottom <= 300.0);
    }

    #[test]
    fn a_point_finds_the_cell_that_is_drawn_there() {
        let map = map(&[10, 100]);
        let layout = HeapLayout::new(&map, 140.0, 500.0);
        assert_eq!(layout.columns, 10);
        assert_eq!(layout.cell_at(&map, 1.0, 21.0), Some((0, 0)));
        assert_eq!(layout.cell_at(&map, 15.0, layout.tops[1] + 15.0), Some((1, 11)));
        assert_eq!(layout.cell_at(&map, 1.0, 5.0), None, "titles are no cells");
        assert_eq!(layout.cell_at(&map, 1.0, 490.0), None, "past the last cell");
        assert_eq!(layout.cell_at(&map, 200.0, 21.0), None, "right of the last column");
    }
}
