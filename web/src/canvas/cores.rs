//! The cores' timeline: one lane a core, one bar a slice, coloured by actor.

use protocol::{ActorNumber, Collection, Snapshot};
use std::rc::Rc;

use super::Canvas;
use crate::format;

const LEFT: f64 = 96.0;
const AXIS: f64 = 16.0;
const LANE_MAX: f64 = 44.0;
/// Room that a label of the axis takes.
const LABEL: f64 = 84.0;
/// Time that the lanes show, ms.
const SPAN_MS: f64 = 3_000.0;

/// What the lanes show.
pub struct Lanes<'a> {
    /// Snapshots with slices, oldest first.
    pub recent: Vec<&'a Rc<Snapshot>>,
    /// Collections, newest first.
    pub collections: Vec<&'a Collection>,
    /// The actor to bring out.
    pub selected: Option<ActorNumber>,
}

/// A slice as pointed at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneSlice {
    /// Index of the core.
    pub core: usize,
    /// Who ran.
    pub actor: ActorNumber,
    /// Start, ms.
    pub start_ms: f64,
    /// Length, ms.
    pub length_ms: f32,
}

fn end_ms(recent: &[&Rc<Snapshot>]) -> f64 {
    let slices =
        recent.iter().rev().take(3).flat_map(|snapshot| &snapshot.cores).flat_map(|core| &core.slices);
    slices.map(|slice| slice.start_ms + f64::from(slice.length_ms)).fold(0.0, f64::max)
}

fn lane_height(height: f64, cores: usize) -> f64 {
    ((height - AXIS) / cores.max(1) as f64).min(LANE_MAX)
}

/// Draws the lanes. O(slices in the last seconds).
pub fn draw_cores(canvas: &Canvas<'_>, lanes: &Lanes<'_>) {
    let Some(latest) = lanes.recent.last() else { return };
    let palette = canvas.palette;
    let cores = latest.cores.len();
    let lane = lane_height(canvas.height, cores);
    let end = end_ms(&lanes.recent).max(1.0);
    let begin = (end - SPAN_MS).max(0.0);
    let scale = (canvas.width - LEFT) / (end - begin).max(1.0);
    let x_of = |ms: f64| LEFT + (ms - begin) * scale;
    for (index, core) in latest.cores.iter().enumerate() {
        let y = lane * index as f64;
        canvas.fill(&palette.free, LEFT, y + 3.0, canvas.width - LEFT, lane - 6.0);
        let text = format!("{index}  {:>3.0} %  {} q", core.busy * 100.0, core.queued);
        canvas.label(&text, 4.0, y + lane / 2.0, &palette.text_faint);
    }
    for (index, _) in latest.cores.iter().enumerate() {
        let y = lane * index as f64 + 3.0;
        for (from, to) in unseen(lanes, index).filter(|(_, to)| *to > begin) {
            draw_unseen(canvas, (x_of(from.max(begin)), x_of(to)), (y, lane - 6.0));
        }
        let mut last_color = usize::MAX;
        let slices = lanes
            .recent
            .iter()
            .filter_map(|snapshot| snapshot.cores.get(index))
            .flat_map(|core| &core.slices);
        let mut drawn_to = f64::NEG_INFINITY;
        for slice in slices.filter(|slice| slice.start_ms + f64::from(slice.length_ms) >= begin) {
            let x = x_of(slice.start_ms.max(begin));
            let right = x_of(slice.start_ms + f64::from(slice.length_ms));
            // Slices that fall into a pixel that is full already cannot be seen.
            if right < drawn_to + 0.5 {
                continue;
            }
            drawn_to = right;
            let color = slice.actor.0 as usize % 8;
            if color != last_color {
                canvas.context.set_fill_style_str(&palette.kinds[color]);
                last_color = color;
            }
            let chosen = lanes.selected == Some(slice.actor);
            let inset = if chosen || lanes.selected.is_none() { 0.0 } else { (lane - 6.0) * 0.22 };
            canvas.context.fill_rect(x, y + inset, (right - x).max(1.0), lane - 6.0 - 2.0 * inset);
        }
    }
    let bottom = lane * cores as f64;
    for collection in lanes.collections.iter().take_while(|collection| collection.at_ms >= begin) {
        if collection.major {
            let x = x_of(collection.at_ms).round() + 0.5;
            canvas.line(&palette.warning, (x, 0.0), (x, bottom));
        }
    }
    draw_axis(canvas, begin, end, bottom + AXIS / 2.0, x_of);
}

/// Stretches of time in which a core ran more slices than a snapshot carries: from the last one of a snapshot to the first
/// that the next one kept. Start and end, ms.
fn unseen<'a>(lanes: &'a Lanes<'_>, index: usize) -> impl Iterator<Item = (f64, f64)> + 'a {
    let mut known_to = None;
    lanes.recent.iter().filter_map(move |snapshot| snapshot.cores.get(index)).filter_map(move |core| {
        let first = core.slices.first().map(|slice| slice.start_ms)?;
        let last = core.slices.last().map(|slice| slice.start_ms + f64::from(slice.length_ms));
        let before = std::mem::replace(&mut known_to, last);
        before.filter(|before| core.slices_dropped > 0 && first > *before).map(|before| (before, first))
    })
}

/// Busy, but with whom is not known: upright strokes in no actor's colour.
fn draw_unseen(canvas: &Canvas<'_>, (left, right): (f64, f64), (top, height): (f64, f64)) {
    const STROKE: f64 = 2.0;
    canvas.context.set_fill_style_str(&canvas.palette.text_faint);
    // On a grid of its own, so that strokes of neighbouring stretches and of the next frame line up.
    let mut x = (left / (2.0 * STROKE)).ceil() * 2.0 * STROKE;
    while x < right {
        canvas.context.fill_rect(x, top + height * 0.25, STROKE.min(right - x), height * 0.5);
        x += 2.0 * STROKE;
    }
}

fn draw_axis(canvas: &Canvas<'_>, begin: f64, end: f64, y: f64, x_of: impl Fn(f64) -> f64) {
    let span = end - begin;
    let room = canvas.width - LEFT;
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0]
        .into_iter()
        .find(|step| span / step * LABEL <= room)
        .unwrap_or(2_000.0);
    let mut tick = (begin / step).ceil() * step;
    while tick <= end {
        let x = x_of(tick);
        if x < canvas.width - 30.0 {
            canvas.label(&format::milliseconds(tick), x, y, &canvas.palette.text_faint);
        }
        tick += step;
    }
}

/// The slice at a point, the newest if several are there.
pub fn slice_at(lanes: &Lanes<'_>, width: f64, height: f64, x: f64, y: f64) -> Option<LaneSlice> {
    let latest = lanes.recent.last()?;
    let lane = lane_height(height, latest.cores.len());
    let core = (y / lane).floor();
    if x < LEFT || core < 0.0 || core >= latest.cores.len() as f64 {
        return None;
    }
    let core = core as usize;
    let end = end_ms(&lanes.recent).max(1.0);
    let begin = (end - SPAN_MS).max(0.0);
    let pixel_ms = (end - begin).max(1.0) / (width - LEFT);
    let at = begin + (x - LEFT) * pixel_ms;
    let slices = lanes.recent.iter().rev().filter_map(|snapshot| snapshot.cores.get(core));
    slices
        .flat_map(|row| row.slices.iter().rev())
        .find(|slice| {
            let length = f64::from(slice.length_ms).max(pixel_ms);
            at + pixel_ms >= slice.start_ms && at - pixel_ms <= slice.start_ms + length
        })
        .map(|slice| LaneSlice {
            core,
            actor: slice.actor,
            start_ms: slice.start_ms,
            length_ms: slice.length_ms,
        })
}
