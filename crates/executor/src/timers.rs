//! Timers in virtual time: an indexed binary heap, so that arming, cancelling and expiring are all O(log n).
//!
//! 1. `heap` holds indices of occupied entries, each entry's `position` says where in `heap` it stands.
//! 2. Equal due times expire in the order they were armed.
//! 3. A [`TimerKey`] names one arming: after it expired or was cancelled, the key matches nothing.

/// Names one armed timer of one [`TimerQueue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerKey {
    entry: u32,
    generation: u32,
}

struct Entry<T> {
    due_ms: f64,
    order: u64,
    position: u32,
    generation: u32,
    value: Option<T>,
}

/// Timers ordered by due time. Bounded by its user: an actor arms a bounded number.
pub struct TimerQueue<T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
    heap: Vec<u32>,
    armed: u64,
}

impl<T> Default for TimerQueue<T> {
    fn default() -> Self {
        TimerQueue { entries: Vec::new(), free: Vec::new(), heap: Vec::new(), armed: 0 }
    }
}

impl<T> TimerQueue<T> {
    /// Arms a timer for virtual time `due_ms`.
    pub fn arm(&mut self, due_ms: f64, value: T) -> TimerKey {
        let position = self.heap.len() as u32;
        let order = self.armed;
        self.armed += 1;
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.entries.push(Entry { due_ms, order, position, generation: 0, value: None });
                self.entries.len() as u32 - 1
            }
        };
        let entry = &mut self.entries[index as usize];
        (entry.due_ms, entry.order, entry.position, entry.value) = (due_ms, order, position, Some(value));
        let generation = entry.generation;
        self.heap.push(index);
        self.rise(position as usize);
        TimerKey { entry: index, generation }
    }

    /// Disarms a timer and gives its value back; `None` if it has expired or was cancelled before.
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        let entry = self.entries.get(key.entry as usize)?;
        if entry.generation != key.generation || entry.value.is_none() {
            return None;
        }
        Some(self.remove(entry.position as usize))
    }

    /// When the next timer is due.
    pub fn next_due_ms(&self) -> Option<f64> {
        self.heap.first().map(|&index| self.entries[index as usize].due_ms)
    }

    /// Takes one timer that is due at `now_ms`, earliest first.
    pub fn expire(&mut self, now_ms: f64) -> Option<T> {
        self.next_due_ms().filter(|&due_ms| due_ms <= now_ms).map(|_| self.remove(0))
    }

    /// Timers armed.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// No timer is armed.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    fn remove(&mut self, position: usize) -> T {
        let last = self.heap.len() - 1;
        self.swap(position, last);
        let index = self.heap.pop().expect("a position names an armed timer");
        if position < last {
            self.rise(position);
            self.sink(position);
        }
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(index);
        entry.value.take().expect("an armed timer has a value")
    }

    fn before(&self, left: usize, right: usize) -> bool {
        let (left, right) =
            (&self.entries[self.heap[left] as usize], &self.entries[self.heap[right] as usize]);
        left.due_ms.total_cmp(&right.due_ms).then(left.order.cmp(&right.order)).is_lt()
    }

    fn swap(&mut self, left: usize, right: usize) {
        self.heap.swap(left, right);
        self.entries[self.heap[left] as usize].position = left as u32;
        self.entries[self.heap[right] as usize].position = right as u32;
    }

    fn rise(&mut self, mut position: usize) {
        while position > 0 && self.before(position, (position - 1) / 2) {
            self.swap(position, (position - 1) / 2);
            position = (position - 1) / 2;
        }
    }

    fn sink(&mut self, mut position: usize) {
        loop {
            let (left, right) = (2 * position + 1, 2 * position + 2);
            let mut first = position;
            if left < self.heap.len() && self.before(left, first) {
                first = left;
            }
            if right < self.heap.len() && self.before(right, first) {
                first = right;
            }
            if first == position {
                return;
            }
            self.swap(position, first);
            position = first;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_due_times_expire_in_arming_order() {
        let mut timers = TimerQueue::default();
        for value in 0..100 {
            timers.arm(5.0, value);
        }
        let expired: Vec<i32> = std::iter::from_fn(|| timers.expire(5.0)).collect();
        assert_eq!(expired, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_key_matches_nothing_after_its_timer_is_gone() {
        let mut timers = TimerQueue::default();
        let first = timers.arm(1.0, 'a');
        assert_eq!(timers.expire(1.0), Some('a'));
        let second = timers.arm(1.0, 'b');
        assert_eq!(timers.cancel(first), None);
        assert_eq!(timers.cancel(second), Some('b'));
        assert_eq!(timers.cancel(second), None);
        assert!(timers.is_empty());
    }

    #[test]
    fn agrees_with_a_sorted_list_under_random_arming_and_cancelling() {
        const STEPS: u64 = if cfg!(miri) { 500 } else { 20_000 };
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        let mut timers = TimerQueue::default();
        let mut model: Vec<(u64, u64, TimerKey)> = Vec::new();
        let mut now = 0;
        for step in 0..STEPS {
            match next() % 4 {
                0 | 1 => {
                    let due = now + next() % 50;
                    let key = timers.arm(due as f64, step);
                    model.push((due, step, key));
                }
                2 if !model.is_empty() => {
                    let victim = model.remove((next() % model.len() as u64) as usize);
                    assert_eq!(timers.cancel(victim.2), Some(victim.1));
                }
                _ => {
                    now += next() % 5;
                    model.sort_by_key(|&(due, order, _)| (due, order));
                    while model.first().is_some_and(|first| first.0 <= now) {
                        assert_eq!(timers.expire(now as f64), Some(model.remove(0).1));
                    }
                    assert_eq!(timers.expire(now as f64), None);
                }
            }
            assert_eq!(timers.len(), model.len());
        }
    }
}
