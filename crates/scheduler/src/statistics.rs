//! Figures: counters without contention, rows for views, and what ran where.
//!
//! 1. A seat's counters are written by whoever holds the seat, so plain loads and stores do; readers add the seats up.
//! 2. An actor is counted in `made_ready` before anybody can run it, and in `made_idle` after it has stopped for lack of
//!    work. So if a sum of `made_idle`, read first, equals a sum of `made_ready`, read second, then at some moment between
//!    the two reads no actor was ready or running (Mattern, "Algorithms for distributed termination detection", 1987).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use executor::Band;

use crate::{Actor, Address};

/// Slices kept per core while recording is on.
const SLICES_MAX: usize = 500;

/// One seat's counters.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) made_ready: AtomicU64,
    pub(crate) made_idle: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) dead_letters: AtomicU64,
    pub(crate) spawned: AtomicU64,
    pub(crate) ended: AtomicU64,
    pub(crate) slices: AtomicU64,
    pub(crate) reductions: AtomicU64,
}

/// Adds to a counter that only the calling seat writes. Release pairs with the acquire in [`read`].
#[inline]
pub(crate) fn bump(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Ordering::Relaxed) + by, Ordering::Release);
}

pub(crate) fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Acquire)
}

/// Sums over a world; exact when nothing runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Actors alive.
    pub alive: u64,
    /// Alive, and running or ready to.
    pub ready: u64,
    /// Actors that have ended.
    pub ended: u64,
    /// Messages sent so far.
    pub messages: u64,
    /// Messages that found nobody.
    pub dead_letters: u64,
    /// Slices run so far.
    pub slices: u64,
    /// Reductions charged so far.
    pub reductions: u64,
    /// Timers armed now.
    pub timers: u64,
}

/// One core's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CoreStatistics {
    /// Actors in its run queues.
    pub queued: usize,
    /// Steals so far.
    pub steals: u64,
    /// Slices run so far.
    pub slices: u64,
    /// Reductions charged so far.
    pub reductions: u64,
    /// Milliseconds spent in slices while recording was on.
    pub busy_ms: f64,
}

/// One actor's turn on a core.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliceRow {
    /// The actor's number.
    pub number: u32,
    /// Start, ms of real time since the scheduler was made.
    pub start_ms: f64,
    /// Length in ms.
    pub length_ms: f64,
}

/// A core's latest slices.
#[derive(Default)]
pub(crate) struct SliceRing {
    rows: VecDeque<SliceRow>,
    dropped: u64,
    pub(crate) busy_ms: f64,
}

impl SliceRing {
    pub(crate) fn push(&mut self, row: SliceRow) {
        self.busy_ms += row.length_ms;
        if self.rows.len() == SLICES_MAX {
            self.rows.pop_front();
            self.dropped += 1;
        }
        self.rows.push_back(row);
    }

    /// Rows since the last call, oldest first, and how many more there were.
    pub(crate) fn take(&mut self) -> (Vec<SliceRow>, u64) {
        (self.rows.drain(..).collect(), std::mem::take(&mut self.dropped))
    }
}

/// What a live actor is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// On a core, or held by the host.
    Running,
    /// In a run queue.
    Ready,
    /// Waits for something to arrive.
    Waiting,
}

/// A live actor as seen without stopping it.
pub struct ActorView<'a, A: Actor> {
    /// Where to reach it.
    pub address: Address,
    /// Its number, from 1 in order of appearance.
    pub number: u32,
    /// What it does.
    pub phase: Phase,
    /// Its band.
    pub band: Band,
    /// Messages that wait, delivered but not consumed ones included.
    pub mailbox_messages: u64,
    /// Their bytes.
    pub mailbox_bytes: u64,
    /// Reductions charged so far.
    pub reductions: u64,
    /// What the actor published last.
    pub gauge: &'a A::Gauge,
}

/// An actor that has ended.
pub struct EndedActor<A: Actor> {
    /// Its number.
    pub number: u32,
    /// Where it was.
    pub address: Address,
    /// Why it ended.
    pub reason: A::Reason,
    /// What it left.
    pub epitaph: A::Epitaph,
    /// Reductions charged over its life.
    pub reductions: u64,
    /// Virtual time of its end.
    pub ended_ms: f64,
}

impl<A: Actor> Clone for EndedActor<A> {
    fn clone(&self) -> Self {
        EndedActor {
            number: self.number,
            address: self.address,
            reason: self.reason.clone(),
            epitaph: self.epitaph.clone(),
            reductions: self.reductions,
            ended_ms: self.ended_ms,
        }
    }
}
