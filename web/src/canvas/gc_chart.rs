//! Collections on the common clock: the heap before and after each, how long it paused its actor, and a histogram of
//! pauses.

use protocol::Collection;

use super::Canvas;
use crate::format;

const LEFT: f64 = 58.0;
const BOTTOM: f64 = 18.0;
const TOP: f64 = 8.0;
/// Between the heaps above and the pauses below.
const GAP: f64 = 8.0;
/// Share of the height that pauses take.
const PAUSES: f64 = 0.26;
/// Narrowest bar.
const BAR: f64 = 2.0;
/// Shortest time that a chart spans, ms.
const SPAN_MS_MIN: f64 = 10.0;
/// Room that a time takes below.
const TIME_WIDTH: f64 = 90.0;
/// How far from a bar a pointer may be, in pixels.
const NEAR: f64 = 8.0;

/// Pauses fall into these classes, upper bounds in ms; the last is open.
pub const PAUSE_CLASSES: [(f64, &str); 6] = [
    (0.05, "<50 µs"),
    (0.2, "<0.2 ms"),
    (1.0, "<1 ms"),
    (5.0, "<5 ms"),
    (20.0, "<20 ms"),
    (f64::INFINITY, "20 ms+"),
];

/// The time that a chart of collections spans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GcSpan {
    from_ms: f64,
    to_ms: f64,
    width: f64,
}

impl GcSpan {
    /// From the oldest collection to the end of the newest, on a chart of this width.
    pub fn new(newest_first: &[Collection], width: f64) -> GcSpan {
        let from_ms = newest_first.iter().map(|one| one.at_ms).fold(f64::INFINITY, f64::min);
        let to_ms = newest_first.iter().map(|one| one.at_ms + one.pause_ms).fold(0.0, f64::max);
        let from_ms = if from_ms.is_finite() { from_ms.min(to_ms - SPAN_MS_MIN).max(0.0) } else { 0.0 };
        GcSpan { from_ms, to_ms: to_ms.max(from_ms + SPAN_MS_MIN), width: (width - LEFT - BAR).max(1.0) }
    }

    fn x(&self, at_ms: f64) -> f64 {
        LEFT + (at_ms - self.from_ms) / (self.to_ms - self.from_ms) * self.width
    }

    /// The collection under a pointer: the longest one nearby, since others lie under it.
    pub fn collection_at<'a>(&self, newest_first: &'a [Collection], x: f64) -> Option<&'a Collection> {
        let distance =
            |one: &Collection| (self.x(one.at_ms) - x).max(x - self.x(one.at_ms + one.pause_ms)).max(0.0);
        newest_first.iter().filter(|one| distance(one) <= NEAR).min_by(|one, other| {
            let order = |one: &Collection| ((distance(one) / BAR).floor(), -one.pause_ms);
            let (one, other) = (order(one), order(other));
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
        })
    }
}

/// Draws collections where they lie in time: the whole bar is the heap before, the solid part what stayed; below, how long
/// each took. O(collections).
pub fn draw_gc_chart(canvas: &Canvas<'_>, newest_first: &[Collection]) {
    let span = GcSpan::new(newest_first, canvas.width);
    let palette = canvas.palette;
    let all = canvas.height - TOP - BOTTOM - GAP;
    let (height, low) = (all * (1.0 - PAUSES), all * PAUSES);
    let most = newest_first.iter().map(|one| one.words_before.max(one.words_after)).max().unwrap_or(0).max(1);
    let longest = newest_first.iter().map(|one| one.pause_ms).fold(0.0, f64::max);
    for part in 0..=2_u32 {
        let share = f64::from(part) / 2.0;
        let y = (TOP + height * (1.0 - share)).round() + 0.5;
        canvas.line(&palette.border, (LEFT, y), (canvas.width, y));
        canvas.label(&format::words((most as f64 * share) as u64), 0.0, y, &palette.text_faint);
    }
    let floor = TOP + height + GAP + low;
    canvas.line(&palette.border, (LEFT, floor.round() + 0.5), (canvas.width, floor.round() + 0.5));
    canvas.label(&format::milliseconds(longest), 0.0, floor - low + 6.0, &palette.text_faint);
    // Minor ones first, so that the few major ones are not covered.
    for major in [false, true] {
        for one in newest_first.iter().rev().filter(|one| one.major == major) {
            let x = span.x(one.at_ms);
            let bar = (span.x(one.at_ms + one.pause_ms) - x).max(BAR);
            let before = height * one.words_before as f64 / most as f64;
            let after = height * one.words_after as f64 / most as f64;
            canvas.fill(&palette.free, x, TOP + height - before, bar, (before - after).max(0.0));
            let color = if major { &palette.warning } else { &palette.accent };
            canvas.fill(color, x, TOP + height - after, bar, after);
            if major {
                // A notch on top tells major collections without colour.
                canvas.fill(&palette.warning, x - 1.0, TOP + height - before - 3.0, bar + 2.0, 2.0);
            }
            if longest > 0.0 {
                let pause = (low * one.pause_ms / longest).max(1.0);
                canvas.fill(color, x, floor - pause, bar, pause);
            }
        }
    }
    let ticks = (span.width / TIME_WIDTH).floor().clamp(1.0, 6.0);
    let y = canvas.height - BOTTOM / 2.0;
    for tick in 0..ticks as u32 {
        let at_ms = span.from_ms + (span.to_ms - span.from_ms) * f64::from(tick) / ticks;
        let x = span.x(at_ms).round();
        canvas.line(&palette.border, (x + 0.5, floor), (x + 0.5, floor + 4.0));
        canvas.label(&clock(at_ms), x, y, &palette.text_faint);
    }
}

/// A moment of the run: always in the same unit, so that moments can be compared.
fn clock(at_ms: f64) -> String {
    format!("{:.3} s", at_ms / 1_000.0)
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

/// Pauses that half, nine tenths, and 99 of 100 collections do not exceed, and the longest, ms.
pub fn pause_percentiles<'a>(collections: impl Iterator<Item = &'a Collection>) -> Option<[f64; 4]> {
    // Numbers that are not negative lie in the order of their bits.
    let pauses: Vec<u64> = collections.map(|one| one.pause_ms.max(0.0).to_bits()).collect();
    if pauses.is_empty() {
        return None;
    }
    Some([50, 90, 99, 100].map(|percent| {
        let wanted = (pauses.len() * percent).div_ceil(100).max(1);
        let (mut low, mut high) = (0, f64::MAX.to_bits());
        while low < high {
            let middle = low + (high - low) / 2;
            if pauses.iter().filter(|pause| **pause <= middle).count() >= wanted {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        f64::from_bits(low)
    }))
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

    fn collection(at_ms: f64, pause_ms: f64) -> Collection {
        Collection {
            actor: ActorNumber(1),
            major: false,
            kind: "minor".to_owned(),
            cause: String::new(),
            at_ms,
            words_before: 0,
            words_after: 0,
            objects: 0,
            pause_ms,
            reductions: 0,
        }
    }

    #[test]
    fn every_pause_falls_into_one_class() {
        let pauses = [0.01, 0.05, 0.9, 4.0, 19.0, 20.0, 5_000.0];
        let all: Vec<Collection> = pauses.iter().map(|&pause_ms| collection(0.0, pause_ms)).collect();
        assert_eq!(pause_counts(all.iter()), [1, 1, 1, 1, 1, 2]);
    }

    #[test]
    fn percentiles_are_pauses_that_happened() {
        let all: Vec<Collection> = (1..=200).map(|pause| collection(0.0, f64::from(pause))).collect();
        assert_eq!(pause_percentiles(all.iter()), Some([100.0, 180.0, 198.0, 200.0]));
        assert_eq!(pause_percentiles(all[6..7].iter()), Some([7.0; 4]));
        assert_eq!(pause_percentiles([].iter()), None);
    }

    #[test]
    fn a_pointer_finds_the_collection_of_its_moment() {
        let all =
            [collection(900.0, 1.0), collection(500.0, 40.0), collection(499.0, 0.1), collection(100.0, 1.0)];
        let span = GcSpan::new(&all, 860.0);
        for one in &all {
            assert!(span.x(one.at_ms) >= LEFT && span.x(one.at_ms + one.pause_ms) <= 860.0);
        }
        let at = |x| span.collection_at(&all, x).map(|one| one.at_ms);
        assert_eq!(at(span.x(100.0)), Some(100.0));
        assert_eq!(at(span.x(520.0)), Some(500.0), "inside a long one");
        assert_eq!(at(span.x(300.0)), None);
        assert!(GcSpan::new(&[], 100.0).to_ms > 0.0);
    }
}
