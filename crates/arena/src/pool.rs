//! Blocks of memory that wait to become chunks: a pool for each thread, so for each core, and one behind them all.
//!
//! 1. A block that waits is in exactly one pool and has no other owner. It holds whatever was there before; blocks of sizes
//!    that are not pooled come zeroed.
//! 2. Taking and giving back touch the thread's own pool. A lock is taken only when that pool is empty or has more than it
//!    keeps, and then a whole batch moves.
//! 3. Pools are bounded in bytes; what is over goes back to the host's allocator.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// Blocks of up to two to this power of words are pooled: the largest nursery of the default policy.
const CLASS_MAX: usize = 16;
/// Bytes that move between a thread's pool and the common one at once.
const BATCH_BYTES: usize = 1 << 16;
/// Most blocks in a batch.
const BATCH_BLOCKS_MAX: usize = 64;
/// Bytes of one class that wait in the common pool.
const COMMON_BYTES_MAX: usize = 4 << 20;

type Start = NonNull<u64>;

/// What one thread's pool has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatistics {
    /// Blocks taken.
    pub taken: u64,
    /// Blocks given back.
    pub given_back: u64,
    /// Times that the common pool was locked.
    pub locks: u64,
    /// Blocks that came from the host's allocator.
    pub from_host: u64,
}

struct Pool {
    classes: [Vec<Start>; CLASS_MAX + 1],
    statistics: PoolStatistics,
}

/// The blocks of one class that no thread keeps.
struct Common(Mutex<Vec<Start>>);

// SAFETY: blocks that wait have no owner (invariant 1); the lock hands them from thread to thread.
unsafe impl Sync for Common {}

static COMMON: [Common; CLASS_MAX + 1] = [const { Common(Mutex::new(Vec::new())) }; CLASS_MAX + 1];

thread_local! {
    static POOL: RefCell<Pool> = const {
        RefCell::new(Pool {
            classes: [const { Vec::new() }; CLASS_MAX + 1],
            statistics: PoolStatistics { taken: 0, given_back: 0, locks: 0, from_host: 0 },
        })
    };
}

fn class_of(words: usize) -> Option<usize> {
    (words.is_power_of_two() && words <= 1 << CLASS_MAX).then(|| words.trailing_zeros() as usize)
}

const fn batch_of(class: usize) -> usize {
    let blocks = BATCH_BYTES >> (class + 3);
    if blocks > BATCH_BLOCKS_MAX {
        BATCH_BLOCKS_MAX
    } else if blocks == 0 {
        1
    } else {
        blocks
    }
}

fn layout(words: usize) -> Layout {
    Layout::array::<u64>(words).expect("chunk sizes are bounded by OBJECT_WORDS_MAX")
}

fn from_host(words: usize) -> Option<Start> {
    // SAFETY: the layout is not empty.
    NonNull::new(unsafe { alloc(layout(words)) }.cast::<u64>())
}

/// The host zeroes pages when they are touched first: large blocks cost nothing before.
fn zeroed_from_host(words: usize) -> Option<Start> {
    // SAFETY: the layout is not empty.
    NonNull::new(unsafe { alloc_zeroed(layout(words)) }.cast::<u64>())
}

/// # Safety
/// The block came from [`take`] with as many words and has no other owner.
unsafe fn to_host(start: Start, words: usize) {
    // SAFETY: all blocks come from `alloc` with this layout.
    unsafe { dealloc(start.as_ptr().cast(), layout(words)) };
}

impl Pool {
    fn take(&mut self, class: usize) -> Option<Start> {
        self.statistics.taken += 1;
        if let Some(start) = self.classes[class].pop() {
            return Some(start);
        }
        self.statistics.locks += 1;
        let batch = batch_of(class);
        {
            let mut common = COMMON[class].0.lock().unwrap_or_else(PoisonError::into_inner);
            let from = common.len().saturating_sub(batch);
            self.classes[class].extend(common.drain(from..));
        }
        let pooled = self.classes[class].pop();
        if pooled.is_some() {
            return pooled;
        }
        // A batch at once, so that the next ones need no lock; large blocks come one by one.
        for _ in 1..batch {
            let Some(start) = from_host(1 << class) else { break };
            self.statistics.from_host += 1;
            self.classes[class].push(start);
        }
        self.statistics.from_host += 1;
        from_host(1 << class).or_else(|| self.classes[class].pop())
    }

    fn give_back(&mut self, class: usize, start: Start) {
        self.statistics.given_back += 1;
        let (batch, list) = (batch_of(class), &mut self.classes[class]);
        list.push(start);
        if list.len() <= 2 * batch {
            return;
        }
        self.statistics.locks += 1;
        let surplus = list.drain(batch + 1..);
        let mut common = COMMON[class].0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = (COMMON_BYTES_MAX >> (class + 3)).saturating_sub(common.len());
        for (index, start) in surplus.enumerate() {
            if index < room {
                common.push(start);
            } else {
                // SAFETY: the block waited in this class.
                unsafe { to_host(start, 1 << class) };
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for (class, list) in self.classes.iter().enumerate() {
            for start in list {
                // SAFETY: blocks that wait have no owner.
                unsafe { to_host(*start, 1 << class) };
            }
        }
    }
}

/// Are blocks of so many words pooled? Those that are not are zeroed.
pub(crate) fn is_pooled(words: usize) -> bool {
    class_of(words).is_some()
}

/// A block of `words` words, or `None` when the host has no more. If such blocks are pooled, they hold whatever was there.
pub(crate) fn take(words: usize) -> Option<Start> {
    let Some(class) = class_of(words) else { return zeroed_from_host(words) };
    // A thread that is about to end has no pool any more.
    POOL.try_with(|pool| pool.borrow_mut().take(class)).unwrap_or_else(|_| from_host(words))
}

/// Gives a block back.
///
/// # Safety
/// It came from [`take`] with as many words and has no other owner.
pub(crate) unsafe fn give_back(start: Start, words: usize) {
    let pooled = class_of(words)
        .is_some_and(|class| POOL.try_with(|pool| pool.borrow_mut().give_back(class, start)).is_ok());
    if !pooled {
        // SAFETY: the caller vouches for it.
        unsafe { to_host(start, words) };
    }
}

/// What the pool of the running thread has done.
pub fn pool_statistics() -> PoolStatistics {
    POOL.with_borrow(|pool| pool.statistics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_takes_and_gives_back_seldom_locks() {
        let before = pool_statistics();
        let mut held = Vec::new();
        let rounds = if cfg!(miri) { 500 } else { 10_000_usize };
        for round in 0..rounds {
            let words = 32 << (round % 4);
            held.push((take(words).expect("the host has memory"), words));
            if held.len() > 40 {
                let (start, words) = held.swap_remove(round % 40);
                // SAFETY: taken above, once.
                unsafe { give_back(start, words) };
            }
        }
        // SAFETY: as above.
        held.drain(..).for_each(|(start, words)| unsafe { give_back(start, words) });
        let after = pool_statistics();
        assert_eq!(after.taken - before.taken, rounds as u64);
        assert_eq!(after.given_back - before.given_back, rounds as u64);
        let locks = after.locks - before.locks;
        assert!(locks < 10, "{locks} locks for {rounds} blocks taken and given back");
    }

    #[test]
    fn surplus_moves_in_batches_and_serves_other_threads() {
        const BLOCKS: usize = if cfg!(miri) { 200 } else { 1_000 };
        let words = 16;
        let blocks: Vec<usize> = std::thread::spawn(move || {
            let taken: Vec<Start> = (0..BLOCKS).map(|_| take(words).expect("the host has memory")).collect();
            let locks = pool_statistics().locks;
            assert!(locks <= BLOCKS.div_ceil(batch_of(4)) as u64 + 1, "{locks} locks");
            taken.into_iter().map(|start| start.as_ptr() as usize).collect()
        })
        .join()
        .expect("no panic");
        std::thread::spawn(move || {
            for address in blocks {
                let start = NonNull::new(address as *mut u64).expect("an address of a block");
                // SAFETY: the other thread took it and has let go of it.
                unsafe { give_back(start, words) };
            }
            let statistics = pool_statistics();
            assert!(statistics.locks <= BLOCKS.div_ceil(batch_of(4)) as u64 + 1, "{statistics:?}");
            assert_eq!(statistics.from_host, 0);
        })
        .join()
        .expect("no panic");
    }

    #[test]
    fn blocks_of_odd_sizes_come_from_the_host() {
        let before = pool_statistics();
        for words in [3, 100, (1 << CLASS_MAX) + 1, 1 << (CLASS_MAX + 1)] {
            let start = take(words).expect("the host has memory");
            // SAFETY: the block has so many words, and was taken here.
            unsafe {
                start.as_ptr().write_bytes(1, words);
                give_back(start, words);
            }
        }
        assert_eq!(pool_statistics(), before);
    }
}
