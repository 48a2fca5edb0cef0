//! Run queues: five priority bands a core, work stealing between cores, injection from the host.
//!
//! 1. An item pushed is handed out exactly once.
//! 2. A core's own items of one band come out first in, first out; on one core the order of everything is a pure
//!    function of the pushes and picks.
//! 3. The owner half ([`OwnQueues`]) belongs to one core; the shared half ([`RunQueues`]) to all.
//! 4. No band starves: every [`TURN`]th pick starts at one of the lower bands in turn, and looks at the injected items
//!    first. The lowest band so gets at least one pick in `4 * TURN`.
//! 5. Cores that always have work of their own share it all the same: every `4 * TURN` picks a core takes its part of a
//!    band of which another has more than twice as many items. So no item waits for a core that is loaded alone.
//!
//! The deques are crossbeam's (Chase and Lev, "Dynamic circular work-stealing deque", 2005). Bounded by the user: an
//! actor has one entry at a time, and actors are limited.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_deque::{Injector, Steal, Stealer, Worker};
use crossbeam_utils::CachePadded;

use crate::CoreIndex;

/// Priority bands, highest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// The machine's own work.
    System,
    /// High.
    High,
    /// The default.
    #[default]
    Normal,
    /// Low.
    Low,
    /// When nothing else runs, and a guaranteed small share.
    Background,
}

/// Number of bands.
const BANDS: usize = 5;
/// How often a pick starts at a lower band.
const TURN: u32 = 16;
/// Most items that one steal moves.
const STEAL_MAX: usize = 256;
/// Items that another core must have, beyond twice this core's, for balancing to be worth a steal.
const BALANCE_MIN: usize = 4;

impl Band {
    /// All bands, highest first.
    pub const ALL: [Band; BANDS] = [Band::System, Band::High, Band::Normal, Band::Low, Band::Background];
}

/// The half that all cores and the host share.
pub struct RunQueues<T> {
    stealers: Box<[[Stealer<T>; BANDS]]>,
    injected: [Injector<T>; BANDS],
    steals: Box<[CachePadded<AtomicU64>]>,
}

impl<T: Copy + Send> RunQueues<T> {
    /// Queues for `cores` cores: the shared half, and one owner half for each core.
    ///
    /// # Panics
    /// If `cores` is 0 or above 64.
    pub fn new(cores: usize) -> (Arc<RunQueues<T>>, Vec<OwnQueues<T>>) {
        assert!((1..=64).contains(&cores), "1 to 64 cores, not {cores}");
        let workers: Vec<[Worker<T>; BANDS]> =
            (0..cores).map(|_| std::array::from_fn(|_| Worker::new_fifo())).collect();
        let stealers =
            workers.iter().map(|bands| std::array::from_fn(|band| bands[band].stealer())).collect();
        let injected = std::array::from_fn(|_| Injector::new());
        let steals = (0..cores).map(|_| CachePadded::default()).collect();
        let shared = Arc::new(RunQueues { stealers, injected, steals });
        let own = workers
            .into_iter()
            .enumerate()
            .map(|(core, bands)| OwnQueues {
                shared: Arc::clone(&shared),
                core: CoreIndex(core as u16),
                bands,
                filled: 0,
                picks: 0,
                empty_victims: 0,
            })
            .collect();
        (shared, own)
    }

    /// Adds an item from outside the cores. Whoever injects must wake a core.
    pub fn inject(&self, band: Band, item: T) {
        self.injected[band as usize].push(item);
    }

    /// Items that wait in a core's queues; exact only when nothing runs.
    pub fn queued(&self, core: CoreIndex) -> usize {
        self.stealers[core.0 as usize].iter().map(Stealer::len).sum()
    }

    /// Items that the host injected and no core has taken; exact only when nothing runs.
    pub fn injected(&self) -> usize {
        self.injected.iter().map(Injector::len).sum()
    }

    /// Successful steals by a core.
    pub fn steals(&self, core: CoreIndex) -> u64 {
        self.steals[core.0 as usize].load(Ordering::Relaxed)
    }
}

/// The half that one core owns.
pub struct OwnQueues<T> {
    shared: Arc<RunQueues<T>>,
    core: CoreIndex,
    bands: [Worker<T>; BANDS],
    /// Bit of each band that may hold something; a clear bit is certain, since only the owner pushes.
    filled: u8,
    picks: u32,
    /// Bit of each core that the last look found empty: skipped once.
    empty_victims: u64,
}

impl<T: Copy + Send> OwnQueues<T> {
    /// Adds an item to this core's queue. No lock, no contended write.
    #[inline]
    pub fn push(&mut self, band: Band, item: T) {
        self.filled |= 1 << band as u8;
        self.bands[band as usize].push(item);
    }

    /// More than one item waits here: another core could help.
    #[inline]
    pub fn is_crowded(&self) -> bool {
        let mut waiting = 0;
        for band in 0..BANDS {
            if self.filled & (1 << band) != 0 {
                waiting += self.bands[band].len();
            }
        }
        waiting > 1
    }

    /// Something waits here.
    #[inline]
    pub fn has_items(&self) -> bool {
        (0..BANDS).any(|band| self.filled & (1 << band) != 0 && !self.bands[band].is_empty())
    }

    /// The next item to run: this core's own, else injected ones, else stolen ones.
    #[inline]
    pub fn pick(&mut self) -> Option<T> {
        self.picks = self.picks.wrapping_add(1);
        if self.picks.is_multiple_of(TURN)
            && let Some(item) = self.pick_aged()
        {
            return Some(item);
        }
        match self.pick_own(0) {
            Some(item) => Some(item),
            None => self.pick_elsewhere(),
        }
    }

    #[inline]
    fn pick_own(&mut self, first: usize) -> Option<T> {
        let mut filled = self.filled >> first << first;
        while filled != 0 {
            let band = filled.trailing_zeros() as usize;
            if let Some(item) = self.bands[band].pop() {
                return Some(item);
            }
            self.filled &= !(1 << band);
            filled &= filled - 1;
        }
        None
    }

    /// One pick in [`TURN`]: what was injected, else a lower band, so that neither starves.
    #[cold]
    fn pick_aged(&mut self) -> Option<T> {
        let turn = self.picks / TURN;
        if turn.is_multiple_of(4) {
            self.balance();
            if let Some(item) = self.pick_injected() {
                return Some(item);
            }
        }
        self.pick_own(1 + turn as usize % (BANDS - 1))
    }

    #[cold]
    fn pick_elsewhere(&mut self) -> Option<T> {
        self.pick_injected().or_else(|| self.steal())
    }

    fn pick_injected(&mut self) -> Option<T> {
        for injector in &self.shared.injected {
            if injector.is_empty() {
                continue;
            }
            // A batch would let the first core hoard what the host injects: one item at a time.
            if let Some(item) = settle(|| injector.steal()) {
                return Some(item);
            }
        }
        None
    }

    /// Takes a share of each band of which another core has far more, so that items of cores that are never idle get turns
    /// alike.
    fn balance(&mut self) {
        for band in 0..BANDS {
            let own = self.bands[band].len();
            let others = self.shared.stealers.iter().map(|bands| &bands[band]);
            let Some(fullest) = others.max_by_key(|stealer| stealer.len()) else { return };
            let len = fullest.len();
            if len < 2 * own + BALANCE_MIN {
                continue;
            }
            let share = ((len - own) / 2).min(STEAL_MAX);
            let into = &self.bands[band];
            if settle(|| fullest.steal_batch_with_limit(into, share)).is_some() {
                self.filled |= 1 << band;
                self.shared.steals[self.core.0 as usize].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Takes half of a band of the nearest core that has something. Cores found empty are skipped once, unless
    /// skipping leaves nothing to try: a core that goes to sleep has looked everywhere.
    fn steal(&mut self) -> Option<T> {
        let cores = self.shared.stealers.len();
        let skipped = std::mem::take(&mut self.empty_victims);
        for pass in 0..2 {
            for distance in 1..cores {
                let victim = (self.core.0 as usize + distance) % cores;
                let bit = 1_u64 << victim;
                if (skipped & bit != 0) != (pass == 1) {
                    continue;
                }
                for band in 0..BANDS {
                    let from = &self.shared.stealers[victim][band];
                    if from.is_empty() {
                        continue;
                    }
                    let into = &self.bands[band];
                    if let Some(item) = settle(|| from.steal_batch_with_limit_and_pop(into, STEAL_MAX)) {
                        self.filled |= 1 << band;
                        self.shared.steals[self.core.0 as usize].fetch_add(1, Ordering::Relaxed);
                        return Some(item);
                    }
                }
                self.empty_victims |= bit;
            }
        }
        None
    }
}

/// Repeats a steal that lost a race until it is decided.
fn settle<T>(mut attempt: impl FnMut() -> Steal<T>) -> Option<T> {
    loop {
        match attempt() {
            Steal::Success(item) => return Some(item),
            Steal::Empty => return None,
            Steal::Retry => std::hint::spin_loop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn higher_bands_come_first_and_each_band_is_first_in_first_out() {
        let (_, mut own) = RunQueues::new(1);
        for item in 0..3 {
            own[0].push(Band::Low, 10 + item);
            own[0].push(Band::High, item);
        }
        let picked: Vec<i32> = std::iter::from_fn(|| own[0].pick()).collect();
        assert_eq!(picked, [0, 1, 2, 10, 11, 12]);
    }

    #[test]
    fn the_lowest_band_keeps_its_share() {
        const PICKS: usize = if cfg!(miri) { 640 } else { 6400 };
        let (_, mut own) = RunQueues::new(1);
        own[0].push(Band::System, Band::System);
        own[0].push(Band::Background, Band::Background);
        let mut background = 0;
        for _ in 0..PICKS {
            let band = own[0].pick().expect("both bands are refilled");
            background += usize::from(band == Band::Background);
            own[0].push(band, band);
        }
        assert!((PICKS / 64..=PICKS / 8).contains(&background), "{background} of {PICKS}");
    }

    #[test]
    fn injected_items_are_not_starved_by_a_busy_core() {
        let (shared, mut own) = RunQueues::new(1);
        own[0].push(Band::High, 1);
        shared.inject(Band::Background, 2);
        let mut picks = 0;
        loop {
            picks += 1;
            assert!(picks <= 64, "not picked");
            match own[0].pick() {
                Some(1) => own[0].push(Band::High, 1),
                other => break assert_eq!(other, Some(2)),
            }
        }
    }

    #[test]
    fn a_thief_takes_half() {
        let (shared, mut own) = RunQueues::new(2);
        for item in 0..8 {
            own[0].push(Band::Normal, item);
        }
        assert_eq!(own[1].pick(), Some(0));
        assert_eq!((shared.queued(CoreIndex(0)), shared.queued(CoreIndex(1))), (4, 3));
        assert_eq!(shared.steals(CoreIndex(1)), 1);
    }

    #[test]
    fn a_busy_core_takes_its_part_of_a_fuller_one() {
        let (shared, mut own) = RunQueues::new(2);
        for item in 0..100 {
            own[0].push(Band::Normal, item);
        }
        own[1].push(Band::Normal, 1_000);
        for _ in 0..4 * TURN {
            let item = own[1].pick().expect("it has an item of its own");
            own[1].push(Band::Normal, item);
        }
        let queued = [shared.queued(CoreIndex(0)), shared.queued(CoreIndex(1))];
        assert_eq!(queued.iter().sum::<usize>(), 101);
        assert!(queued.iter().all(|count| (40..=61).contains(count)), "{queued:?}");
        // Two cores with as much are left alone.
        let steals = shared.steals(CoreIndex(1));
        for _ in 0..16 * TURN {
            let item = own[1].pick().expect("there are many");
            own[1].push(Band::Normal, item);
        }
        assert_eq!(shared.steals(CoreIndex(1)), steals);
    }

    #[test]
    fn every_item_is_handed_out_once_under_stealing() {
        const ITEMS: usize = if cfg!(miri) { 80 } else { 20_000 };
        let (shared, own) = RunQueues::new(4);
        let seen: Vec<AtomicUsize> = (0..ITEMS).map(|_| AtomicUsize::new(0)).collect();
        let left = AtomicUsize::new(ITEMS);
        std::thread::scope(|scope| {
            for (core, mut own) in own.into_iter().enumerate() {
                let (seen, left) = (&seen, &left);
                scope.spawn(move || {
                    if core == 0 {
                        for item in 0..ITEMS / 2 {
                            own.push(Band::ALL[item % BANDS], item);
                        }
                    }
                    while left.load(Ordering::Relaxed) > 0 {
                        if let Some(item) = own.pick() {
                            seen[item].fetch_add(1, Ordering::Relaxed);
                            left.fetch_sub(1, Ordering::Relaxed);
                        }
                    }
                });
            }
            for item in ITEMS / 2..ITEMS {
                shared.inject(Band::Normal, item);
            }
        });
        assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    }
}
