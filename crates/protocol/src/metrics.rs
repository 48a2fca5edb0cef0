//! Metrics: what a run does in a second, and where that is going. A function of samples that somebody took in time.
//!
//! 1. Rates are between the first and the last sample; trends are least-squares lines through all of them.

use crate::Totals;

/// Sums over a run at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MetricSample {
    /// When, ms.
    pub at_ms: f64,
    /// The sums.
    pub totals: Totals,
}

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Time between the first sample and the last, ms.
    pub span_ms: f64,
    /// Reductions a second: calls and turns of loops.
    pub reductions: f64,
    /// Messages a second.
    pub messages: f64,
    /// Bytes allocated a second.
    pub allocated_bytes: f64,
    /// Collections a second.
    pub collections: f64,
    /// Milliseconds of collecting in a millisecond; more than 1 only with several cores.
    pub collecting: f64,
    /// Milliseconds that a collection takes.
    pub collection_ms: f64,
    /// Bytes reclaimed in a millisecond of collecting.
    pub reclaimed_bytes: f64,
    /// Bytes that all heaps grow a second, by trend.
    pub heap_growth_bytes: f64,
    /// Actors more each second, by trend.
    pub actors_growth: f64,
    /// Reductions a second that each second brings more, by trend.
    pub reductions_trend: f64,
    /// Allocated bytes a second that each second brings more, by trend.
    pub allocated_trend: f64,
    /// Words of the deepest stack in any sample.
    pub depth_words_max: u64,
}

impl Metrics {
    /// The metrics of samples in order of time; `None` unless there are two of different times.
    pub fn of(samples: &[MetricSample]) -> Option<Metrics> {
        let (first, last) = (samples.first()?, samples.last()?);
        let span_ms = last.at_ms - first.at_ms;
        if span_ms <= 0.0 {
            return None;
        }
        let between = |get: fn(&Totals) -> u64| get(&last.totals).saturating_sub(get(&first.totals)) as f64;
        let a_second = |get: fn(&Totals) -> u64| between(get) / span_ms * 1e3;
        let collecting_ms = (last.totals.collection_ms - first.totals.collection_ms).max(0.0);
        let trend = |get: fn(&Totals) -> f64| {
            slope(samples.iter().map(|sample| (sample.at_ms / 1e3, get(&sample.totals))))
        };
        let rate_trend =
            |get: fn(&Totals) -> u64| slope(rates(samples, get).map(|(at_ms, rate)| (at_ms / 1e3, rate)));
        Some(Metrics {
            span_ms,
            reductions: a_second(|totals| totals.reductions),
            messages: a_second(|totals| totals.messages),
            allocated_bytes: a_second(|totals| totals.allocated_words) * 8.0,
            collections: a_second(|totals| totals.collections),
            collecting: collecting_ms / span_ms,
            collection_ms: share(collecting_ms, between(|totals| totals.collections)),
            reclaimed_bytes: share(between(|totals| totals.reclaimed_words) * 8.0, collecting_ms),
            heap_growth_bytes: trend(|totals| totals.heap_bytes as f64),
            actors_growth: trend(|totals| f64::from(totals.actors)),
            reductions_trend: rate_trend(|totals| totals.reductions),
            allocated_trend: rate_trend(|totals| totals.allocated_words) * 8.0,
            depth_words_max: samples.iter().map(|sample| sample.totals.depth_words_max).max().unwrap_or(0),
        })
    }
}

fn share(part: f64, of: f64) -> f64 {
    if of > 0.0 { part / of } else { 0.0 }
}

/// What a sum grew by a second between each sample and the next: the time in between, ms, and the rate.
pub fn rates<'a>(
    samples: &'a [MetricSample],
    get: impl Fn(&Totals) -> u64 + Clone + 'a,
) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    samples.windows(2).filter(|pair| pair[1].at_ms > pair[0].at_ms).map(move |pair| {
        let ms = pair[1].at_ms - pair[0].at_ms;
        let grown = get(&pair[1].totals).saturating_sub(get(&pair[0].totals)) as f64;
        (pair[0].at_ms + ms / 2.0, grown / ms * 1e3)
    })
}

/// The slope of the least-squares line through points; 0 unless two of them have different places.
pub fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    let (sum_x, sum_y) = points.clone().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    // Around the middle, so that times that are far from 0 do not cost accuracy.
    let (middle_x, middle_y) = (share(sum_x, count), share(sum_y, count));
    let (products, squares) = points.fold((0.0, 0.0), |(products, squares), (x, y)| {
        let x = x - middle_x;
        (products + x * (y - middle_y), squares + x * x)
    });
    share(products, squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0), "{found} is not {wanted}");
    }

    #[test]
    fn a_slope_is_that_of_the_line_that_the_points_were_made_from() {
        let line = (0..200_u32).map(|x| (f64::from(x) / 10.0, 3.5 * f64::from(x) / 10.0 - 7.0));
        near(slope(line), 3.5);
        // Noise on both sides of a line leaves it where it is.
        let noisy = (0..200_u32).map(|x| {
            let noise = if matches!(x % 4, 0 | 3) { 5.0 } else { -5.0 };
            (f64::from(x), -2.0 * f64::from(x) + noise)
        });
        assert!((slope(noisy) + 2.0).abs() < 0.001);
        // A run that began a day ago.
        near(slope((0..50_u32).map(|x| (86_400.0 + f64::from(x), 1e9 + 4.0 * f64::from(x)))), 4.0);
        near(slope([(1.0, 5.0)].into_iter()), 0.0);
        near(slope([(1.0, 5.0), (1.0, 9.0)].into_iter()), 0.0);
    }

    #[test]
    fn rates_and_trends_of_a_known_run_are_exact() {
        // 10 samples a second for 5 s: 1,000 reductions a second more each second, 2 collections of 3 ms a second, each
        // of which gives back 8,000 bytes.
        let samples: Vec<MetricSample> = (0..=50_u32)
            .map(|step| {
                let s = f64::from(step) / 10.0;
                MetricSample {
                    at_ms: 500.0 + s * 1e3,
                    totals: Totals {
                        reductions: (1_000_000.0 + 5_000.0 * s + 500.0 * s * s) as u64,
                        messages: u64::from(step) * 7,
                        allocated_words: u64::from(step) * 1_000,
                        collections: u64::from(step / 5),
                        collection_ms: f64::from(step / 5) * 3.0,
                        reclaimed_words: u64::from(step / 5) * 1_000,
                        heap_bytes: (1 << 20) + u64::from(step) * 512,
                        actors: 10,
                        depth_words_max: if step == 20 { 900 } else { 100 },
                        ..Totals::default()
                    },
                }
            })
            .collect();
        let metrics = Metrics::of(&samples).expect("metrics");
        near(metrics.span_ms, 5_000.0);
        near(metrics.reductions, 7_500.0);
        near(metrics.reductions_trend, 1_000.0);
        near(metrics.messages, 70.0);
        near(metrics.allocated_bytes, 80_000.0);
        near(metrics.allocated_trend, 0.0);
        near(metrics.collections, 2.0);
        near(metrics.collecting, 0.006);
        near(metrics.collection_ms, 3.0);
        near(metrics.reclaimed_bytes, 8_000.0 / 3.0);
        near(metrics.heap_growth_bytes, 5_120.0);
        near(metrics.actors_growth, 0.0);
        assert_eq!(metrics.depth_words_max, 900);
    }

    #[test]
    fn too_few_samples_have_no_metrics() {
        assert_eq!(Metrics::of(&[]), None);
        assert_eq!(Metrics::of(&[MetricSample::default(); 3]), None);
    }
}
