//! The mailbox: messages that were drained from the inbox and not taken yet.
//!
//! 1. Messages stay flat until `receive` looks at them, so that senders cannot fill the receiver's heap.
//! 2. The cursor is where the running selective `receive` goes on; messages before it did not match.
//! 3. A message about the heap is made at the beginning of a receive, which is at the same place in every replay.
//! 4. While the actor is interrupted, the receive that it was in is kept apart: its cursor follows removals, and its timeout
//!    is noted.

use std::collections::VecDeque;

use arena::{Heap, Message, Value, Visitor};

use crate::host::{ActorName, Content, Delivery};

/// A message that waits.
#[derive(Debug)]
pub struct Waiting {
    /// Identity of the sender; 0 for the machine.
    pub sender: u128,
    /// The sender's sequence number.
    pub sequence: u64,
    /// The sender's number for people; 0 for the machine.
    pub sender_number: u32,
    /// What it counts towards the mailbox limit, if it does.
    pub counted_bytes: Option<u32>,
    pub(crate) content: Held,
}

#[derive(Debug)]
pub(crate) enum Held {
    Flat(Message),
    Exit { from: ActorName, reason: Message },
    Down { monitor: u128, from: ActorName, reason: Message },
    SoftLimit { used_words: u64, limit_words: u64 },
    Value(Value),
}

impl Waiting {
    /// The message, if `receive` has looked at it.
    pub fn value(&self) -> Option<Value> {
        match self.content {
            Held::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Bytes that it occupies while flat.
    pub fn bytes(&self) -> usize {
        match &self.content {
            Held::Flat(message) => message.bytes(),
            Held::Exit { reason, .. } | Held::Down { reason, .. } => reason.bytes(),
            Held::Value(_) | Held::SoftLimit { .. } => 0,
        }
    }

    pub(crate) fn each_message(&self, mut visit: impl FnMut(&Message)) {
        match &self.content {
            Held::Flat(message) => visit(message),
            Held::Exit { reason, .. } | Held::Down { reason, .. } => visit(reason),
            Held::Value(_) | Held::SoftLimit { .. } => {}
        }
    }

    /// The flat message, if it is one.
    pub fn message(&self) -> Option<&Message> {
        match &self.content {
            Held::Flat(message) => Some(message),
            _ => None,
        }
    }
}

/// When an actor is told that its heap is nearly full: at the beginning of a receive, so that it is no matter when others
/// run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoftLimit {
    percent: u8,
    /// It was told, and no collection has left less since.
    told: bool,
}

impl SoftLimit {
    pub(crate) fn new(percent: u8) -> SoftLimit {
        SoftLimit { percent: percent.min(100), told: false }
    }

    #[inline]
    pub(crate) fn is_set(self) -> bool {
        self.percent > 0
    }

    /// Words in use and the limit, if it is time to tell. `live_words` were left by the last collection of the whole heap.
    fn judge(&mut self, live_words: u64, limit_words: u64) -> Option<(u64, u64)> {
        let is_over = live_words > limit_words / 100 * u64::from(self.percent);
        let is_new = is_over && !self.told;
        self.told = is_over;
        is_new.then_some((live_words, limit_words))
    }
}

/// Messages in order of arrival.
#[derive(Debug, Default)]
pub struct Mailbox {
    pub(crate) waiting: VecDeque<Waiting>,
    pub(crate) cursor: usize,
    /// Token of the armed timeout, if one is.
    pub(crate) armed: Option<u64>,
    /// The armed timeout has fired.
    pub(crate) timed_out: bool,
    pub(crate) next_token: u64,
    pub(crate) arrivals: VecDeque<Delivery>,
    /// Messages that have ever been drained.
    pub(crate) received: u64,
    interrupted: Option<Box<Receive>>,
}

/// A receive under way: cursor, token, whether that has fired.
#[derive(Clone, Copy, Debug)]
struct Receive {
    cursor: usize,
    armed: Option<u64>,
    timed_out: bool,
}

impl Mailbox {
    /// Messages that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Messages that have ever arrived here, those that were taken among them.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter()
    }

    /// Appends what a drain has brought.
    pub(crate) fn take_in(&mut self, arrived: &mut VecDeque<Delivery>) {
        for Delivery { sender, sequence, sender_number, counted_bytes, content } in arrived.drain(..) {
            let content = match content {
                Content::Message(message) => Held::Flat(message),
                Content::Exit { from, reason } => Held::Exit { from, reason },
                Content::Down { monitor, from, reason } => Held::Down { monitor, from, reason },
                Content::Timeout { token } => {
                    self.timed_out |= self.armed == Some(token);
                    if let Some(outer) = &mut self.interrupted {
                        outer.timed_out |= outer.armed == Some(token);
                    }
                    continue;
                }
            };
            self.received += 1;
            self.waiting.push_back(Waiting { sender, sequence, sender_number, counted_bytes, content });
        }
    }

    /// Puts a message about the heap behind all others, if `limit` says so.
    #[cold]
    pub(crate) fn note_heap(&mut self, limit: &mut SoftLimit, heap: &Heap) {
        let live_words = heap.totals().words_after_major;
        if let Some((used_words, limit_words)) = limit.judge(live_words, heap.words_max() as u64) {
            let content = Held::SoftLimit { used_words, limit_words };
            let waiting = Waiting { sender: 0, sequence: 0, sender_number: 0, counted_bytes: None, content };
            self.waiting.push_back(waiting);
        }
    }

    /// Takes a message out.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Waiting> {
        let removed = self.waiting.remove(index)?;
        if let Some(outer) = self.interrupted.as_mut().filter(|outer| outer.cursor > index) {
            outer.cursor -= 1;
        }
        Some(removed)
    }

    /// Puts the receive that is under way aside.
    pub(crate) fn interrupt(&mut self) {
        let (cursor, armed, timed_out) = (self.cursor, self.armed.take(), self.timed_out);
        self.interrupted = Some(Box::new(Receive { cursor, armed, timed_out }));
        self.cursor = 0;
        self.timed_out = false;
    }

    /// Goes on with the receive that was put aside.
    pub(crate) fn go_on(&mut self) {
        if let Some(outer) = self.interrupted.take() {
            let Receive { cursor, armed, timed_out } = *outer;
            (self.cursor, self.armed, self.timed_out) = (cursor, armed, timed_out);
        }
    }

    pub(crate) fn visit(&mut self, visitor: &mut Visitor) {
        for waiting in &mut self.waiting {
            if let Held::Value(value) = &mut waiting.content {
                visitor.value(value);
            }
        }
    }
}
