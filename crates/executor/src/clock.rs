//! Clocks: the host's, handed in, and the virtual one made from it, which stands still while a world is paused.
//!
//! 1. Virtual time never goes back, and does not move between [`VirtualClock::pause`] and [`VirtualClock::resume`].
//! 2. One thread at a time pauses and resumes; any thread reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Milliseconds that pass, from any fixed origin, the same for every thread.
pub trait Clock: Send + Sync {
    /// Milliseconds since the origin; never goes back.
    fn now_ms(&self) -> f64;
}

impl<F: Fn() -> f64 + Send + Sync> Clock for F {
    fn now_ms(&self) -> f64 {
        self()
    }
}

/// Bits of the not-a-number that says "not frozen".
const RUNNING: u64 = u64::MAX;

/// A clock that starts at 0 and can be stopped.
pub struct VirtualClock {
    host: Arc<dyn Clock>,
    /// Host time at which virtual time was 0, shifted forward by every pause; bits of an `f64`.
    origin_ms: AtomicU64,
    /// Virtual time at which the clock stands, or [`RUNNING`]; bits of an `f64`.
    frozen_ms: AtomicU64,
}

impl VirtualClock {
    /// A clock that reads 0 now and runs.
    pub fn new(host: Arc<dyn Clock>) -> VirtualClock {
        let origin_ms = AtomicU64::new(host.now_ms().to_bits());
        VirtualClock { host, origin_ms, frozen_ms: AtomicU64::new(RUNNING) }
    }

    /// Milliseconds of virtual time since the clock was made.
    pub fn now_ms(&self) -> f64 {
        // Acquire pairs with the release in `resume`: who sees the clock run again sees the shifted origin.
        match self.frozen_ms.load(Ordering::Acquire) {
            RUNNING => (self.host.now_ms() - f64::from_bits(self.origin_ms.load(Ordering::Relaxed))).max(0.0),
            frozen => f64::from_bits(frozen),
        }
    }

    /// Milliseconds of the host's clock, which no pause stops.
    pub fn host_ms(&self) -> f64 {
        self.host.now_ms()
    }

    /// Stops virtual time. Does nothing when it stands already.
    pub fn pause(&self) {
        if self.frozen_ms.load(Ordering::Relaxed) == RUNNING {
            self.frozen_ms.store(self.now_ms().to_bits(), Ordering::Release);
        }
    }

    /// Lets virtual time go on from where it stands. Does nothing when it runs.
    pub fn resume(&self) {
        let frozen = self.frozen_ms.load(Ordering::Relaxed);
        if frozen != RUNNING {
            let origin_ms = self.host.now_ms() - f64::from_bits(frozen);
            self.origin_ms.store(origin_ms.to_bits(), Ordering::Relaxed);
            self.frozen_ms.store(RUNNING, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pausing_freezes_virtual_time() {
        let host = Arc::new(AtomicU64::new(5));
        let hand = Arc::clone(&host);
        let clock = VirtualClock::new(Arc::new(move || hand.load(Ordering::Relaxed) as f64));
        assert_eq!(clock.now_ms(), 0.0);
        host.store(15, Ordering::Relaxed);
        clock.pause();
        host.store(100, Ordering::Relaxed);
        assert_eq!(clock.now_ms(), 10.0);
        clock.pause();
        clock.resume();
        assert_eq!(clock.now_ms(), 10.0);
        host.store(103, Ordering::Relaxed);
        clock.resume();
        assert_eq!(clock.now_ms(), 13.0);
    }
}
