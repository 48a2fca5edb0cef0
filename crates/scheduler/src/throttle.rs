//! Slow motion: a bucket of reductions that fills with time and that slices are paid from.
//!
//! 1. Off costs one relaxed load a slice.
//! 2. A slice reserves its allowance before it runs and gives back what it did not use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The bucket holds at most so much time's worth.
const BURST_MS: f64 = 20.0;
/// Most reductions that one slice may reserve, so that the cores share.
const SLICE_MAX: f64 = 2000.0;

#[derive(Default)]
pub(crate) struct Throttle {
    /// Reductions a second; 0 is off.
    rate: AtomicU64,
    bucket: Mutex<Bucket>,
}

#[derive(Default)]
struct Bucket {
    reductions: f64,
    filled_ms: f64,
}

/// What a slice may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Allowance {
    /// As much as it likes.
    Free,
    /// So many reductions.
    Reductions(u64),
    /// Nothing for so many milliseconds.
    WaitMs(f64),
}

impl Throttle {
    pub(crate) fn set_rate(&self, rate: Option<u64>, now_ms: f64) {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        *bucket = Bucket { reductions: 0.0, filled_ms: now_ms };
        self.rate.store(rate.map_or(0, |rate| rate.max(1)), Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.rate.load(Ordering::Relaxed) != 0
    }

    #[cold]
    pub(crate) fn reserve(&self, now_ms: f64) -> Allowance {
        let rate_per_ms = self.rate.load(Ordering::Relaxed) as f64 / 1000.0;
        if rate_per_ms == 0.0 {
            return Allowance::Free;
        }
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let gained = (now_ms - bucket.filled_ms).max(0.0) * rate_per_ms;
        bucket.reductions = (bucket.reductions + gained).min((BURST_MS * rate_per_ms).max(1.0));
        bucket.filled_ms = now_ms;
        if bucket.reductions < 1.0 {
            return Allowance::WaitMs((1.0 - bucket.reductions) / rate_per_ms);
        }
        let reductions = bucket.reductions.min(SLICE_MAX).floor();
        bucket.reductions -= reductions;
        Allowance::Reductions(reductions as u64)
    }

    /// Settles a slice's reservation; a slice that used more is paid for by the next ones.
    pub(crate) fn settle(&self, reserved: u64, used: u64) {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.reductions += reserved as f64 - used as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_over_time() {
        let throttle = Throttle::default();
        assert_eq!(throttle.reserve(0.0), Allowance::Free);
        throttle.set_rate(Some(500), 0.0);
        let (mut now_ms, mut used) = (0.0, 0);
        while now_ms < 10_000.0 {
            match throttle.reserve(now_ms) {
                Allowance::Free => panic!("throttled"),
                Allowance::Reductions(reductions) => {
                    // Every other slice uses only a part.
                    let part = if used % 2 == 0 { reductions } else { reductions.div_ceil(2) };
                    throttle.settle(reductions, part);
                    used += part;
                }
                Allowance::WaitMs(ms) => now_ms += ms,
            }
        }
        assert!((4950..=5050).contains(&used), "{used}");
    }
}
