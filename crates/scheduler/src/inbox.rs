//! Inboxes: many senders push without a lock, the one receiver takes everything at once. Nodes are recycled.
//!
//! 1. `head` is null (empty), [`Inbox::closed`] (nobody lives here), or the newest of a list of nodes that the inbox owns.
//! 2. A node is owned by exactly one of: a box, an inbox, a [`Chain`].
//! 3. Senders only push and receivers only take all, so a compare-and-swap that meets a recycled node as `head` still
//!    links a correct list (no ABA problem).
//! 4. What one sender pushed comes out in the order it was pushed.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

/// A place for one value on its way.
pub(crate) struct Node<T> {
    next: *mut Node<T>,
    value: Option<T>,
}

// SAFETY: `next` is meaningful only while an inbox or chain owns the node, and those are the ones to follow it; a boxed
// node is just its value.
unsafe impl<T: Send> Send for Node<T> {}

/// A lock-free stack of what arrived, taken whole.
pub(crate) struct Inbox<T> {
    head: AtomicPtr<Node<T>>,
}

impl<T> Inbox<T> {
    /// An inbox that takes nothing.
    pub(crate) fn new_closed() -> Inbox<T> {
        Inbox { head: AtomicPtr::new(Self::closed()) }
    }

    fn closed() -> *mut Node<T> {
        ptr::without_provenance_mut(align_of::<Node<T>>())
    }

    /// Adds a node; gives it back if the inbox is closed.
    #[inline]
    pub(crate) fn push(&self, node: Box<Node<T>>) -> Result<(), Box<Node<T>>> {
        let node = Box::into_raw(node);
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head == Self::closed() {
                // SAFETY: `node` came from a box above and was not shared (invariant 2).
                return Err(unsafe { Box::from_raw(node) });
            }
            // SAFETY: `node` came from a box above and is not shared before the exchange succeeds.
            unsafe { (*node).next = head };
            // Release pairs with the acquire in `swap`: who takes the node sees its contents.
            match self.head.compare_exchange_weak(head, node, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(found) => head = found,
            }
        }
    }

    /// Takes everything, oldest first. Only for the receiver, while the inbox is open.
    #[inline]
    pub(crate) fn take(&self) -> Chain<T> {
        if self.head.load(Ordering::Relaxed).is_null() {
            return Chain { first: ptr::null_mut() };
        }
        self.swap(ptr::null_mut())
    }

    /// Takes everything and refuses what comes later.
    pub(crate) fn close(&self) -> Chain<T> {
        self.swap(Self::closed())
    }

    /// Accepts again. Only for whoever owns the closed inbox's record.
    pub(crate) fn open(&self) {
        debug_assert_eq!(self.head.load(Ordering::Relaxed), Self::closed());
        self.head.store(ptr::null_mut(), Ordering::Release);
    }

    #[inline]
    fn swap(&self, head: *mut Node<T>) -> Chain<T> {
        let mut newest = self.head.swap(head, Ordering::Acquire);
        let mut first = ptr::null_mut();
        if newest == Self::closed() {
            return Chain { first };
        }
        while !newest.is_null() {
            // SAFETY: the swap made us the list's only owner (invariants 1 and 2); acquire made its nodes visible.
            let next = unsafe { std::mem::replace(&mut (*newest).next, first) };
            first = newest;
            newest = next;
        }
        Chain { first }
    }
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// Nodes taken from an inbox, oldest first.
pub(crate) struct Chain<T> {
    first: *mut Node<T>,
}

impl<T> Chain<T> {
    /// Takes the oldest value and gives its node to `nodes`.
    #[inline]
    pub(crate) fn next(&mut self, nodes: &mut Nodes<T>, exchange: &Exchange<T>) -> Option<T> {
        let mut node = self.pop()?;
        let value = node.value.take();
        nodes.give(node, exchange);
        value
    }

    #[inline]
    fn pop(&mut self) -> Option<Box<Node<T>>> {
        if self.first.is_null() {
            return None;
        }
        // SAFETY: the chain owns its nodes, each made from a box (invariant 2).
        let node = unsafe { Box::from_raw(self.first) };
        self.first = node.next;
        Some(node)
    }
}

impl<T> Drop for Chain<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

/// Empty nodes that move between cores at a time.
const MAGAZINE: usize = 64;
/// Most magazines that wait in the exchange; more go back to the allocator.
const MAGAZINES_MAX: usize = 1024;

type Magazine<T> = Vec<Box<Node<T>>>;

/// One core's empty nodes.
pub(crate) struct Nodes<T> {
    free: Magazine<T>,
}

/// Empty nodes of all cores: a core that only receives feeds one that only sends.
pub(crate) struct Exchange<T> {
    magazines: Mutex<Vec<Magazine<T>>>,
}

impl<T> Exchange<T> {
    pub(crate) fn new() -> Exchange<T> {
        Exchange { magazines: Mutex::new(Vec::new()) }
    }
}

impl<T> Nodes<T> {
    pub(crate) fn new() -> Nodes<T> {
        Nodes { free: Vec::with_capacity(2 * MAGAZINE) }
    }

    /// A node that holds `value`.
    #[inline]
    pub(crate) fn fill(&mut self, value: T, exchange: &Exchange<T>) -> Box<Node<T>> {
        let mut node = match self.free.pop() {
            Some(node) => node,
            None => self.refill(exchange),
        };
        node.value = Some(value);
        node
    }

    /// Takes the value out of a node that could not be pushed.
    pub(crate) fn empty(&mut self, mut node: Box<Node<T>>, exchange: &Exchange<T>) -> T {
        let value = node.value.take();
        self.give(node, exchange);
        value.expect("a filled node holds a value")
    }

    #[inline]
    fn give(&mut self, node: Box<Node<T>>, exchange: &Exchange<T>) {
        if self.free.len() >= 2 * MAGAZINE {
            self.surrender(exchange);
        }
        self.free.push(node);
    }

    #[cold]
    fn refill(&mut self, exchange: &Exchange<T>) -> Box<Node<T>> {
        let magazine = exchange.magazines.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut magazine) = magazine {
            self.free.append(&mut magazine);
        }
        self.free.pop().unwrap_or_else(|| Box::new(Node { next: ptr::null_mut(), value: None }))
    }

    #[cold]
    fn surrender(&mut self, exchange: &Exchange<T>) {
        let surplus = self.free.split_off(MAGAZINE);
        let mut magazines = exchange.magazines.lock().unwrap_or_else(PoisonError::into_inner);
        if magazines.len() < MAGAZINES_MAX {
            magazines.push(surplus);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn collect<T>(mut chain: Chain<T>, nodes: &mut Nodes<T>, exchange: &Exchange<T>) -> Vec<T> {
        std::iter::from_fn(|| chain.next(nodes, exchange)).collect()
    }

    #[test]
    fn a_closed_inbox_gives_the_node_back() {
        let (inbox, exchange, mut nodes) = (Inbox::new_closed(), Exchange::new(), Nodes::new());
        let back = inbox.push(nodes.fill(7, &exchange)).expect_err("closed");
        assert_eq!(nodes.empty(back, &exchange), 7);
        inbox.open();
        assert!(inbox.push(nodes.fill(8, &exchange)).is_ok());
        assert_eq!(collect(inbox.close(), &mut nodes, &exchange), [8]);
        assert!(inbox.push(nodes.fill(9, &exchange)).is_err());
    }

    #[test]
    fn each_senders_order_is_kept_and_nothing_is_lost() {
        const EACH: u64 = if cfg!(miri) { 300 } else { 30_000 };
        let inbox = Inbox::new_closed();
        inbox.open();
        let exchange = Exchange::new();
        std::thread::scope(|scope| {
            for sender in 0..3_u64 {
                let (inbox, exchange) = (&inbox, &exchange);
                scope.spawn(move || {
                    let mut nodes = Nodes::new();
                    for value in 0..EACH {
                        assert!(inbox.push(nodes.fill((sender, value), exchange)).is_ok());
                    }
                });
            }
            let mut nodes = Nodes::new();
            let mut next = [0; 3];
            while next.iter().sum::<u64>() < 3 * EACH {
                for (sender, value) in collect(inbox.take(), &mut nodes, &exchange) {
                    assert_eq!(value, next[sender as usize]);
                    next[sender as usize] += 1;
                }
            }
        });
    }

    #[test]
    fn dropping_an_inbox_drops_what_it_holds() {
        let value = Arc::new(());
        let (inbox, exchange, mut nodes) = (Inbox::new_closed(), Exchange::new(), Nodes::new());
        inbox.open();
        for _ in 0..3 {
            assert!(inbox.push(nodes.fill(Arc::clone(&value), &exchange)).is_ok());
        }
        drop(inbox);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
