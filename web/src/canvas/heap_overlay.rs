//! What is written over the words of a heap: titles of spaces, edges and numbers of chunks, and rings around what is
//! chosen and pointed at.

use protocol::HEAP_SPACES;

use super::Canvas;
use super::heap_map::{Camera, HeapLine, TITLE};
use super::heap_strips::Marks;
use crate::format;
use crate::picture::Shot;

/// Chunks lower than this have no edges: they would hide what is in them.
const EDGE_HEIGHT_MIN: f64 = 4.0;
/// Chunks lower or narrower than this have no number.
const LABEL_HEIGHT_MIN: f64 = 30.0;
const LABEL_WIDTH: f64 = 66.0;
const LABEL_HEIGHT: f64 = 14.0;
/// What is narrower than this gets a ring, else a frame.
const RING_WIDTH: f64 = 9.0;

/// Draws over a heap. O(chunks in sight).
pub fn draw_heap_overlay(canvas: &Canvas<'_>, shot: &Shot, line: &HeapLine, camera: &Camera, marks: &Marks) {
    for (index, section) in line.sections.iter().enumerate() {
        let (top, bottom) = camera.extent(line, index);
        if bottom < 0.0 || top - TITLE > canvas.height {
            continue;
        }
        edges(canvas, shot, line, camera, index);
        let y = (top - TITLE).max(0.0).min(bottom - TITLE);
        canvas.fill(&canvas.palette.surface, 0.0, y, canvas.width, TITLE);
        let summary = &shot.summary().spaces[usize::from(section.space)];
        let chunks = if summary.chunks == 1 { "chunk" } else { "chunks" };
        let objects = if summary.objects.count == 1 { "object" } else { "objects" };
        let mut title = format!(
            "{}: {}, {} {chunks}, {} {objects}, {:.0} % free",
            HEAP_SPACES[usize::from(section.space)],
            format::words(summary.words),
            format::grouped(summary.chunks),
            format::grouped(summary.objects.count),
            summary.free.words as f64 * 100.0 / summary.words.max(1) as f64,
        );
        if canvas.width < 330.0 {
            title = format!("{}: {}", HEAP_SPACES[usize::from(section.space)], format::words(summary.words));
        }
        canvas.label(&title, 2.0, y + TITLE / 2.0, &canvas.palette.text_faint);
    }
    for (mark, color) in marks.iter().rev().zip([&canvas.palette.text_faint, &canvas.palette.text]) {
        if let Some((from, to)) = mark {
            ring(canvas, line, camera, (*from, *to), color);
        }
    }
}

fn edges(canvas: &Canvas<'_>, shot: &Shot, line: &HeapLine, camera: &Camera, index: usize) {
    let section = &line.sections[index];
    let (top, bottom) = camera.extent(line, index);
    let mean = (bottom - top) / section.chunks.len() as f64;
    if mean < EDGE_HEIGHT_MIN {
        return;
    }
    let right = (camera.x + f64::from(camera.columns) * camera.zoom).min(canvas.width);
    let color = &canvas.palette.text_faint;
    for chunk in section.chunks.clone() {
        let Some((x, y)) = camera.place_of(line, line.starts[chunk]) else { continue };
        let rows = f64::from(shot.chunks[chunk].words) / f64::from(camera.columns);
        if y + rows * camera.row() < 0.0 || y > canvas.height {
            continue;
        }
        if chunk > section.chunks.start {
            let (y, low) = (y.round() + 0.5, (y + camera.row()).round() + 0.5);
            let x = x.round() + 0.5;
            canvas.line(color, (x, y), (right, y));
            if x > camera.x + 1.0 {
                canvas.line(color, (camera.x.max(0.0), low), (x, low));
                canvas.line(color, (x, y), (x, low));
            }
        }
        let (height, wide) = (rows * camera.row(), rows * f64::from(camera.columns) * camera.zoom);
        if height >= LABEL_HEIGHT_MIN || (height >= LABEL_HEIGHT + 6.0 && wide >= 3.0 * LABEL_WIDTH) {
            let name = format!("chunk {}", shot.chunks[chunk].number);
            // One that begins far to the right has its number at the left end of its next row.
            let begins_late = x > canvas.width / 4.0 && rows > 2.0;
            let (left, under) = if begins_late { (camera.x, y + camera.row()) } else { (x, y) };
            let (left, under) = (left.max(0.0) + 1.0, under.max(0.0) + 1.0);
            canvas.context.set_global_alpha(0.86);
            canvas.fill(&canvas.palette.surface, left, under, LABEL_WIDTH, LABEL_HEIGHT);
            canvas.context.set_global_alpha(1.0);
            canvas.label(&name, left + 3.0, under + LABEL_HEIGHT / 2.0, &canvas.palette.text);
        }
    }
}

/// Around what is chosen: a ring if it is small, else a frame around its first row.
fn ring(canvas: &Canvas<'_>, line: &HeapLine, camera: &Camera, (from, to): (u64, u64), color: &str) {
    let Some((x, y)) = camera.place_of(line, from) else { return };
    let right = camera.x + f64::from(camera.columns) * camera.zoom;
    let width = ((to - from) as f64 * camera.zoom).min(right - x);
    if y < -RING_WIDTH - camera.row() || y > canvas.height + RING_WIDTH {
        return;
    }
    canvas.context.set_stroke_style_str(color);
    canvas.context.set_line_width(2.0);
    if width >= RING_WIDTH {
        canvas.context.stroke_rect(x, y, width, camera.row());
        return;
    }
    canvas.context.begin_path();
    // Fails for a negative radius only.
    let _ =
        canvas.context.arc(x + width / 2.0, y + camera.row() / 2.0, RING_WIDTH, 0.0, std::f64::consts::TAU);
    canvas.context.stroke();
}
