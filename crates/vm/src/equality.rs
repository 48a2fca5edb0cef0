//! `eqv?`, which is also `eq?` here, and `equal?`.
//!
//! 1. `eq?` on numbers is `eqv?`, so that how a number is stored never shows.
//! 2. Distinct shared symbols are distinct names (the library's invariant 2); a private symbol is equal to any symbol of the
//!    same text and hash. Uninterned symbols have a hash that is not their text's.
//! 3. Nothing here recurses or reserves; [`Comparer`] stops when its budget is used up and can go on.

use arena::{ObjectTag, Value, WordSet};

/// `eq?` and `eqv?`.
#[inline(always)]
pub(crate) fn eqv(left: Value, right: Value) -> bool {
    left == right || (left.is_reference() && right.is_reference() && eqv_objects(left, right))
}

fn eqv_objects(left: Value, right: Value) -> bool {
    let (first, second) = (left.header(), right.header());
    let tag = first.tag();
    if !second.is(tag) {
        return false;
    }
    match tag {
        ObjectTag::Flonum => left.raw(0) == right.raw(0),
        ObjectTag::Bignum => first.words() == second.words() && left.raw_words(0) == right.raw_words(0),
        // Parts are integers: this is two levels deep at most.
        ObjectTag::Ratio => eqv(left.field(0), right.field(0)) && eqv(left.field(1), right.field(1)),
        ObjectTag::Symbol => {
            !(first.is_shared() && second.is_shared())
                && left.raw(1) == right.raw(1)
                && left.symbol_text() == right.symbol_text()
        }
        ObjectTag::ActorReference | ObjectTag::MonitorReference => {
            left.raw(0) == right.raw(0) && left.raw(1) == right.raw(1)
        }
        ObjectTag::Capability => first.words() == second.words() && left.raw_words(0) == right.raw_words(0),
        ObjectTag::RecordType => same_record_type(left, right),
        _ => false,
    }
}

/// Are two record types the same one, copies through messages included?
#[inline]
pub(crate) fn same_record_type(left: Value, right: Value) -> bool {
    left == right || eqv(left.field(2), right.field(2))
}

/// Two values to compare from element `index` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
    pub(crate) left: Value,
    pub(crate) right: Value,
    pub(crate) index: usize,
}

/// `equal?` in pieces.
#[derive(Debug)]
pub(crate) struct Comparer {
    /// What is still to be compared.
    pub(crate) pending: Vec<Pending>,
    /// Steps that may still be made.
    pub(crate) budget: usize,
    /// Pairs of objects that have been met, where cycles are looked out for.
    seen: Option<WordSet<(u64, u64)>>,
}

impl Comparer {
    pub(crate) fn new(budget: usize) -> Comparer {
        Comparer { pending: Vec::new(), budget, seen: None }
    }

    /// One that takes pairs of objects that it has met for equal, so that it ends on cyclic ones too: they are equal unless
    /// something differs elsewhere. Objects must not move while it is in use.
    pub(crate) fn of_cycles(budget: usize) -> Comparer {
        Comparer { seen: Some(WordSet::default()), ..Comparer::new(budget) }
    }

    /// Is this a pair of objects to look into for the first time?
    fn is_new(&mut self, left: Value, right: Value) -> bool {
        self.seen.as_mut().is_none_or(|seen| seen.insert((left.bits(), right.bits())))
    }

    pub(crate) fn push(&mut self, left: Value, right: Value) {
        self.pending.push(Pending { left, right, index: 0 });
    }

    /// Compares what is pending. `None` when the budget is used up first.
    pub(crate) fn run(&mut self) -> Option<bool> {
        while let Some(next) = self.pending.pop() {
            if !self.compare(next)? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Compares along a spine, leaving the rest of wide objects in `pending`.
    fn compare(&mut self, next: Pending) -> Option<bool> {
        let Pending { mut left, mut right, index } = next;
        loop {
            if self.budget == 0 {
                self.pending.push(Pending { left, right, index });
                return None;
            }
            self.budget -= 1;
            if eqv(left, right) {
                return Some(true);
            }
            let (Some(tag), Some(other)) = (left.object_tag(), right.object_tag()) else {
                return Some(false);
            };
            if tag != other {
                return Some(false);
            }
            if index == 0 && !self.is_new(left, right) {
                return Some(true);
            }
            match tag {
                ObjectTag::Pair => {
                    let (first, second) = (left.car(), right.car());
                    if !eqv(first, second) {
                        if !first.is_reference() || !second.is_reference() {
                            return Some(false);
                        }
                        self.push(left.cdr(), right.cdr());
                        (left, right) = (first, second);
                    } else {
                        (left, right) = (left.cdr(), right.cdr());
                    }
                }
                ObjectTag::Vector => {
                    let words = left.words();
                    if words != right.words() {
                        return Some(false);
                    }
                    if index >= words {
                        return Some(true);
                    }
                    return self.elements(left, right, index, words);
                }
                ObjectTag::String => {
                    self.budget = self.budget.saturating_sub(left.string_length() / 16);
                    return Some(
                        left.string_length() == right.string_length()
                            && left.string_units() == right.string_units(),
                    );
                }
                ObjectTag::Bytevector => {
                    let length = left.raw(0) as usize;
                    self.budget = self.budget.saturating_sub(length / 64);
                    return Some(
                        length == right.raw(0) as usize
                            && left.raw_bytes(1, length) == right.raw_bytes(1, length),
                    );
                }
                ObjectTag::Box => (left, right) = (left.field(0), right.field(0)),
                _ => return Some(false),
            }
        }
    }

    fn elements(&mut self, left: Value, right: Value, from: usize, words: usize) -> Option<bool> {
        for index in from..words {
            let (first, second) = (left.field(index), right.field(index));
            if self.budget == 0 {
                self.pending.push(Pending { left, right, index });
                return None;
            }
            self.budget -= 1;
            if !eqv(first, second) {
                if !first.is_reference() || !second.is_reference() {
                    return Some(false);
                }
                if index + 1 < words {
                    self.pending.push(Pending { left, right, index: index + 1 });
                }
                self.push(first, second);
                return Some(true);
            }
        }
        Some(true)
    }
}

/// `equal?` within `budget` steps; `None` when they do not suffice.
pub(crate) fn equal_within(left: Value, right: Value, budget: usize) -> Option<bool> {
    if eqv(left, right) {
        return Some(true);
    }
    let mut comparer = Comparer::new(budget);
    comparer.push(left, right);
    comparer.run()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arena::SharedHeap;

    fn list(heap: &mut SharedHeap, elements: &[Value]) -> Value {
        elements
            .iter()
            .rev()
            .fold(Value::NIL, |rest, element| heap.object(ObjectTag::Pair, &[*element, rest]))
    }

    #[test]
    fn numbers_are_equal_by_value_and_exactness() {
        let heap = &mut SharedHeap::new();
        let (zero, other) = (heap.raw(ObjectTag::Flonum, &[0]), heap.raw(ObjectTag::Flonum, &[0]));
        let negative_zero = heap.raw(ObjectTag::Flonum, &[(-0.0_f64).to_bits()]);
        assert!(eqv(zero, other) && !eqv(zero, negative_zero) && !eqv(zero, Value::ZERO));
        let big = heap.raw(ObjectTag::Bignum, &[0, 1, 1]);
        assert!(eqv(big, heap.raw(ObjectTag::Bignum, &[0, 1, 1])));
        assert!(!eqv(big, heap.raw(ObjectTag::Bignum, &[1, 1, 1])));
    }

    #[test]
    fn structures_are_equal_by_content() {
        let heap = &mut SharedHeap::new();
        let text = heap.string("abc");
        let inner = heap.object(ObjectTag::Vector, &[Value::fixnum(1), text]);
        let left = list(heap, &[inner, Value::TRUE]);
        let same = heap.string("abc");
        let inner = heap.object(ObjectTag::Vector, &[Value::fixnum(1), same]);
        let right = list(heap, &[inner, Value::TRUE]);
        assert!(!eqv(left, right));
        assert_eq!(equal_within(left, right, 100), Some(true));
        let inner = heap.object(ObjectTag::Vector, &[Value::fixnum(2), same]);
        let different = list(heap, &[inner, Value::TRUE]);
        assert_eq!(equal_within(left, different, 100), Some(false));
        let longer = heap.object(ObjectTag::Vector, &[Value::fixnum(1), same, same]);
        let different = list(heap, &[longer, Value::TRUE]);
        assert_eq!(equal_within(left, different, 100), Some(false));
    }

    #[test]
    fn a_comparison_that_runs_out_of_budget_goes_on_where_it_stopped() {
        let heap = &mut SharedHeap::new();
        let build = |heap: &mut SharedHeap, last: i64| {
            let mut elements: Vec<Value> = (0..50)
                .map(|index| {
                    let text = heap.string("x");
                    heap.object(ObjectTag::Vector, &[Value::fixnum(index), text])
                })
                .collect();
            elements.push(Value::fixnum(last));
            list(heap, &elements)
        };
        let (left, right, other) = (build(heap, 1), build(heap, 1), build(heap, 2));
        for (second, expected) in [(right, true), (other, false)] {
            let mut comparer = Comparer::new(0);
            comparer.push(left, second);
            let mut rounds = 0;
            let answer = loop {
                comparer.budget = 7;
                rounds += 1;
                if let Some(answer) = comparer.run() {
                    break answer;
                }
            };
            assert_eq!(answer, expected);
            assert!(rounds > 10);
        }
    }
}
