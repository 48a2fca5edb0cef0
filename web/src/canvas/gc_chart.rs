//! Collections over time: words before and after as bars, major ones marked, and a histogram of pauses.

use protocol::Collection;

use super::Canvas;
use crate::format;

const LEFT: f64 = 58.0;
const BOTTOM: f64 = 18.0;
const TOP: f64 = 8.0;
/// Collections that the chart shows.
pub const CHART_MAX: usize = 160;

/// Pauses fall into these classes, upper bounds in ms; the last is open.
pub const PAUSE_CLASSES: [(f64, &str); 6] = [
    (0.05, "<50 µs"),
    (0.2, "<0.2 ms"),
    (1.0, "<1 ms"),
    (5.0, "<5 ms"),
    (20.0, "<20 ms"),
    (f64::INFINITY, "20 ms+"),
];

/// Draws the newest collections, oldest on the left: the whole bar is the heap before, the solid part what stayed.
pub fn draw_gc_chart(canvas: &Canvas<'_>, newest_first: &[Collection]) {
    let shown = &newest_first[..newest_first.len().min(CHART_MAX)];
    let most = shown.iter().map(|one| one.words_before.max(one.words_after)).max().unwrap_or(0).max(1);
    let height = canvas.height - TOP - BOTTOM;
    let width = canvas.width - LEFT;
    let palette = canvas.palette;
    for part in 0..=2u32 {
        let share = f64::from(part) / 2.0;
        let y = (TOP + height * (1.0 - share)).round() + 0.5;
        canvas.line(&palette.border, (LEFT, y), (canvas.width, y));
        canvas.label(&format::words((most as f64 * share) as u64), 0.0, y, &palette.text_faint);
    }
    let step = width / CHART_MAX as f64;
    let bar = (step - 1.0).max(1.0);
    for (index, one) in shown.iter().rev().enumerate() {
        let x = LEFT + index as f64 * step;
        let before = height * one.words_before as f64 / most as f64;
        let after = height * one.words_after as f64 / most as f64;
        canvas.fill(&palette.free, x, TOP + height - before, bar, before);
        let color = if one.major { &palette.warning } else { &palette.accent };
        canvas.fill(color, x, TOP + height - after, bar, after);
        if one.major {
            // A notch on top tells major collections without colour.
            canvas.fill(&palette.warning, x, TOP + height - before - 3.0, bar, 2.0);
        }
    }
    if let (Some(first), Some(last)) = (shown.last(), shown.first()) {
        let y = canvas.height - BOTTOM / 2.0;
        canvas.label(&format::milliseconds(first.at_ms), LEFT, y, &palette.text_faint);
        let end = LEFT + shown.len() as f64 * step;
        if end - LEFT > 140.0 {
            canvas.label(&format::milliseconds(last.at_ms), end - 40.0, y, &palette.text_faint);
        }
    }
}

/// How many pauses fall into each class.
pub fn pause_counts<'a>(collections: impl Iterator<Item = &'a Collection>) -> [u64; PAUSE_CLASSES.len()] {
    let mut counts = [0; PAUSE_CLASSES.len()];
    for one in collections {
        let class = PAUSE_CLASSES
            .iter()
            .position(|(bound, _)| one.pause_ms < *bound)
            .unwrap_or(PAUSE_CLASSES.len() - 1);
        counts[class] += 1;
    }
    counts
}

/// Draws the histogram of pauses.
pub fn draw_pauses(canvas: &Canvas<'_>, counts: &[u64; PAUSE_CLASSES.len()]) {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let row = canvas.height / PAUSE_CLASSES.len() as f64;
    for (index, ((_, name), &count)) in PAUSE_CLASSES.iter().zip(counts).enumerate() {
        let y = row * index as f64;
        let width = (canvas.width - LEFT - 44.0).max(0.0) * count as f64 / most as f64;
        canvas.label(name, 0.0, y + row / 2.0, &canvas.palette.text_faint);
        canvas.fill(
            &canvas.palette.accent,
            LEFT,
            y + 3.0,
            width.max(if count > 0 { 2.0 } else { 0.0 }),
            row - 6.0,
        );
        canvas.label(&format::grouped(count), LEFT + width + 6.0, y + row / 2.0, &canvas.palette.text);
    }
}

#[cfg(test)]
mod tests {
    use protocol::ActorNumber;

    use super::*;

    #[test]
    fn every_pause_falls_into_one_class() {
        let pauses = [0.01, 0.05, 0.9, 4.0, 19.0, 20.0, 5_000.0];
        let collection = |&pause_ms: &f64| Collection {
            actor: ActorNumber(1),
            major: false,
            cause: String::new(),
            at_ms: 0.0,
            words_before: 0,
            words_after: 0,
            objects: 0,
            pause_ms,
            reductions: 0,
        };
        let all: Vec<Collection> = pauses.iter().map(collection).collect();
        assert_eq!(pause_counts(all.iter()), [1, 1, 1, 1, 1, 2]);
    }
}
