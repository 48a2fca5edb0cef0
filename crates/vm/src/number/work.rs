//! Long arithmetic on naturals, in goes that each take a fraction of a millisecond.
//!
//! 1. What is computed depends on the operands alone. After a stop it is run again from its beginning; the results of its
//!    long operations are kept, in order, and are taken from there, so that every go comes further.
//! 2. Between two goes the progress is in a register of the machine, under the operation and its operands. Whoever works on
//!    something else does not find it and begins anew; a primitive that works on several things in turn therefore keeps
//!    what it has before it stops.
//! 3. Numbers on the way may be twice as long as those that programs have.

use arena::{ObjectTag, Value};
use num_bigint::BigUint;
use smallvec::SmallVec;

use super::limbs::{self, Limbs};
use super::{Number, check_bits, natural_object};
use crate::equality::eqv;
use crate::error::Trap;
use crate::machine::Vm;

/// Products of two limbs in one go. Long products count for less than they have, as they are found by a faster method.
const PRODUCTS: usize = 1 << 17;
/// Operations of fewer products are done again rather than kept.
const PRODUCTS_KEPT: usize = 1 << 12;
/// Products that take as long as what an operation, or a round of Euclid's algorithm, takes whatever the length.
const PRODUCTS_BESIDES: usize = 256;
/// Products of the longest division that is done in one go.
const DIVISION_PRODUCTS_MAX: usize = 1 << 19;
/// Limbs of the shorter factor of the longest product that is found in one go.
const FACTOR_LIMBS_MAX: usize = 512;
/// Limbs of a factor from which on the faster method pays.
const FAST_LIMBS: usize = 32;
/// Products that take as long as one step of `charge_steps`.
const PRODUCTS_PER_STEP: usize = 4;
/// Steps that cost a reduction.
const STEPS_PER_REDUCTION: usize = 32;

/// Products that are counted for every computation.
const PRODUCTS_AT_LEAST: usize = 4 * PRODUCTS_BESIDES;

/// Fields of a saved state before the results: marker, operation, operands, results, and what was under way.
const RESULTS: usize = 7;

/// Why a go ends without a result.
pub(crate) enum Stop {
    /// It has used its share of time.
    Unfinished,
    /// There is no result.
    Refused(Trap),
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Stop {
        Stop::Refused(trap)
    }
}

/// What is computed: an operation's number and its two operands.
#[derive(Clone, Copy)]
pub(crate) struct Task {
    pub(crate) operation: i64,
    pub(crate) left: Value,
    pub(crate) right: Value,
}

/// One go.
pub(crate) struct Work {
    /// Results of earlier goes.
    saved: Vec<Value>,
    /// Results of this one.
    fresh: Vec<Limbs>,
    /// The result that comes next.
    next: usize,
    /// Operands of the loop that was stopped.
    under_way: Option<(Limbs, Limbs)>,
    spent: usize,
    /// Something was done that the next go will not have to do.
    progressed: bool,
}

/// Limbs of a natural number.
pub(super) fn limbs_of(value: Value) -> Limbs {
    let number = Number::of(value).and_then(Number::integer);
    Limbs::from_slice(number.as_ref().map_or(&[], |magnitude| magnitude.limbs()))
}

/// Computes a result, or stops and asks to be executed again. What `run` answers must not refer to the heap. Charges;
/// reserves only when it stops.
pub(crate) fn in_goes<T>(
    vm: &mut Vm<'_>,
    task: Task,
    run: impl FnOnce(&mut Work) -> Result<T, Stop>,
) -> Result<T, Trap> {
    let mut work = Work::load(vm.state.arithmetic, task);
    let result = run(&mut work);
    let steps = work.spent / PRODUCTS_PER_STEP;
    match result {
        Err(Stop::Unfinished) => {
            work.save(vm, task)?;
            Err(Trap::Again { reductions: (steps / STEPS_PER_REDUCTION + 1) as u32 })
        }
        Err(Stop::Refused(trap)) => Err(trap),
        Ok(result) => {
            if !work.saved.is_empty() || work.under_way.is_some() {
                vm.state.arithmetic = Value::UNBOUND;
            }
            vm.charge_steps(steps);
            Ok(result)
        }
    }
}

impl Work {
    pub(super) fn new() -> Work {
        Work {
            saved: Vec::new(),
            fresh: Vec::new(),
            next: 0,
            under_way: None,
            spent: PRODUCTS_AT_LEAST,
            progressed: false,
        }
    }

    fn load(state: Value, task: Task) -> Work {
        let mut work = Work::new();
        let is_ours = state.is_object(ObjectTag::Values)
            && state.field(1) == Value::fixnum(task.operation)
            && eqv(state.field(2), task.left)
            && eqv(state.field(3), task.right);
        if is_ours {
            let fields = state.fields();
            work.saved = fields[RESULTS..].to_vec();
            work.under_way = fields[4].is_true().then(|| (limbs_of(fields[5]), limbs_of(fields[6])));
        }
        work
    }

    /// Puts what there is into the register. Reserves.
    fn save(self, vm: &mut Vm<'_>, task: Task) -> Result<(), Trap> {
        let under_way = self.under_way.is_some();
        let first = vm.root(Value::UNBOUND);
        let (left, right) = self.under_way.unwrap_or_default();
        for value in [Value::fixnum(task.operation), task.left, task.right, Value::boolean(under_way)] {
            vm.root(value);
        }
        let numbers = vm.root(Value::ZERO);
        vm.root(Value::ZERO);
        self.saved.iter().for_each(|value| {
            vm.root(*value);
        });
        for (index, limbs) in [left, right].iter().enumerate() {
            let number = natural_object(vm, limbs)?;
            vm.set_rooted(numbers + index, number);
        }
        for limbs in &self.fresh {
            let number = natural_object(vm, limbs)?;
            vm.root(number);
        }
        let words = RESULTS + self.saved.len() + self.fresh.len();
        vm.reserve_object(words)?;
        let state = vm.alloc(ObjectTag::Values, words);
        for index in 0..words {
            state.init_field(index, vm.rooted(first + index));
        }
        vm.unroot(first);
        vm.state.arithmetic = state;
        Ok(())
    }

    /// Stops if so much more would be too much. What is longer than a whole go has one of its own.
    fn spend(&mut self, products: usize) -> Result<(), Stop> {
        if self.progressed && self.spent + products > PRODUCTS {
            return Err(Stop::Unfinished);
        }
        self.spent += products;
        self.progressed = true;
        Ok(())
    }

    fn kept(&mut self) -> Option<Limbs> {
        let result = limbs_of(*self.saved.get(self.next)?);
        self.next += 1;
        Some(result)
    }

    fn keep(&mut self, result: &Limbs) {
        debug_assert_eq!(self.next, self.saved.len() + self.fresh.len());
        self.fresh.push(result.clone());
        self.next += 1;
    }

    pub(super) fn multiply(&mut self, left: &[u64], right: &[u64]) -> Result<Limbs, Stop> {
        let (left, right) = (limbs::trim(left), limbs::trim(right));
        let (long, short) = if left.len() >= right.len() { (left, right) } else { (right, left) };
        match short {
            [] => return Ok(Limbs::new()),
            [1] => return Ok(Limbs::from_slice(long)),
            _ => {}
        }
        if short.len() > FACTOR_LIMBS_MAX {
            let (low, high) = short.split_at(short.len() / 2);
            let below = self.multiply(long, low)?;
            let mut above: Limbs = SmallVec::from_elem(0, low.len());
            above.extend_from_slice(&self.multiply(long, high)?);
            return Ok(limbs::add(&above, &below));
        }
        let products = PRODUCTS_BESIDES + long.len() * (short.len().min(FAST_LIMBS) * short.len()).isqrt();
        if products <= PRODUCTS_KEPT {
            self.spent += products;
            return Ok(limbs::multiply(long, short));
        }
        if let Some(product) = self.kept() {
            return Ok(product);
        }
        self.spend(products)?;
        let product = limbs::multiply(long, short);
        self.keep(&product);
        Ok(product)
    }

    /// Quotient and remainder; `right` must not be zero.
    pub(super) fn divide(&mut self, left: &[u64], right: &[u64]) -> Result<(Limbs, Limbs), Stop> {
        let (left, right) = (limbs::trim(left), limbs::trim(right));
        if right == [1] {
            return Ok((Limbs::from_slice(left), Limbs::new()));
        }
        let length = (left.len() + 1).saturating_sub(right.len());
        let products = length * right.len();
        if products > DIVISION_PRODUCTS_MAX && length > 1 {
            let (low, high) = left.split_at(length / 2);
            let (above, rest) = self.divide(high, right)?;
            let mut dividend = Limbs::from_slice(low);
            dividend.extend_from_slice(&rest);
            let (below, rest) = self.divide(&dividend, right)?;
            let mut quotient = Limbs::from_slice(limbs::trim(&below));
            quotient.resize(low.len(), 0);
            quotient.extend_from_slice(&above);
            return Ok((quotient, rest));
        }
        if products <= PRODUCTS_KEPT {
            self.spent += PRODUCTS_BESIDES + products;
            return Ok(limbs::divide(left, right));
        }
        if let Some(quotient) = self.kept() {
            return Ok((quotient, self.kept().unwrap_or_default()));
        }
        self.spend(products / 2)?;
        let (quotient, remainder) = limbs::divide(left, right);
        self.keep(&quotient);
        self.keep(&remainder);
        Ok((quotient, remainder))
    }

    /// The quotient by a divisor of which `left` is a multiple.
    pub(super) fn quotient(&mut self, left: &[u64], right: &[u64]) -> Result<Limbs, Stop> {
        let (quotient, remainder) = self.divide(left, right)?;
        debug_assert!(limbs::trim(&remainder).is_empty());
        Ok(quotient)
    }

    /// Greatest common divisor.
    pub(super) fn gcd(&mut self, left: &[u64], right: &[u64]) -> Result<Limbs, Stop> {
        let (left, right) = (limbs::trim(left), limbs::trim(right));
        let (large, small) = if limbs::compare(left, right).is_ge() { (left, right) } else { (right, left) };
        if small == [1] {
            return Ok(Limbs::from_slice(small));
        }
        // A division, and about two rounds a limb.
        let rounds = 2 * small.len() * (4 * small.len() + PRODUCTS_BESIDES);
        let is_long = large.len() * small.len() + rounds > PRODUCTS_KEPT;
        if is_long && let Some(divisor) = self.kept() {
            return Ok(divisor);
        }
        let under_way = if is_long { self.under_way.take() } else { None };
        let begin = || (Limbs::from_slice(large), Limbs::from_slice(small));
        let (mut large, mut small) = under_way.unwrap_or_else(begin);
        while !limbs::trim(&small).is_empty() {
            if let ([left], [right]) = (limbs::trim(&large), limbs::trim(&small)) {
                large = Limbs::from_slice(&[num_integer::gcd(*left, *right)]);
                break;
            }
            let products = (large.len() - small.len() + 4) * small.len() + PRODUCTS_BESIDES;
            if !is_long {
                self.spent += products;
            } else if self.spend(products).is_err() {
                self.under_way = Some((large, small));
                return Err(Stop::Unfinished);
            }
            (large, small) = limbs::lehmer(&large, &small);
        }
        if is_long {
            self.keep(&large);
        }
        Ok(large)
    }

    /// Least common multiple.
    pub(super) fn multiple(&mut self, left: &[u64], right: &[u64]) -> Result<Limbs, Stop> {
        let (left, right) = (limbs::trim(left), limbs::trim(right));
        if left.is_empty() || right.is_empty() {
            return Ok(Limbs::new());
        }
        let divisor = self.gcd(left, right)?;
        let part = self.quotient(left, &divisor)?;
        check_bits("lcm", limbs::bits(limbs::trim(&part)) + limbs::bits(right) - 1)?;
        self.multiply(&part, right)
    }

    /// The root of that degree (2 or more) of a number that is not zero, if it is whole. Newton's method, from above.
    pub(super) fn root(&mut self, number: &[u64], degree: u32) -> Result<Option<Limbs>, Stop> {
        let number = limbs::trim(number);
        if number == [1] {
            return Ok(Some(Limbs::from_slice(number)));
        }
        let bits = limbs::bits(number);
        // A number of b bits is less than 2^b, and its last zero bits are those of its root times the degree.
        let zeros = number.iter().take_while(|limb| **limb == 0).count();
        let zeros = 64 * zeros + number.get(zeros).map_or(0, |limb| limb.trailing_zeros() as usize);
        if degree as usize >= bits || !zeros.is_multiple_of(degree as usize) {
            return Ok(None);
        }
        let mut root = above_root(number, degree);
        loop {
            let below = self.power(&root, degree - 1)?;
            let (quotient, _) = self.divide(number, &below)?;
            let sum = limbs::add(&limbs::multiply(&root, &[u64::from(degree) - 1]), &quotient);
            let (next, _) = limbs::divide(limbs::trim(&sum), &[u64::from(degree)]);
            if limbs::compare(limbs::trim(&next), limbs::trim(&root)).is_ge() {
                break;
            }
            root = Limbs::from_slice(limbs::trim(&next));
        }
        let power = self.power(&root, degree)?;
        Ok((limbs::trim(&power) == number).then_some(root))
    }

    /// A power, which is no longer than an integer may be.
    pub(super) fn power(&mut self, base: &[u64], power: u32) -> Result<Limbs, Stop> {
        let length = limbs::bits(base) * power as usize / 64;
        if length <= FAST_LIMBS {
            return Ok(limbs::power(base, power));
        }
        if let Some(result) = self.kept() {
            return Ok(result);
        }
        self.spend(length * (length * FAST_LIMBS).isqrt())?;
        let result = limbs::power(base, power);
        self.keep(&result);
        Ok(result)
    }
}

/// A little more than the root of that degree of a number, by about one part in 2^30.
fn above_root(number: &[u64], degree: u32) -> Limbs {
    let bits = limbs::bits(number);
    let shift = bits.saturating_sub(64);
    let (limb, offset) = (shift / 64, shift % 64);
    let high = u128::from(number.get(limb + 1).copied().unwrap_or(0)) << 64 | u128::from(number[limb]);
    let logarithm = (libm::log2((high >> offset) as u64 as f64) + shift as f64) / f64::from(degree);
    // 2^logarithm as a number of 40 bits, shifted.
    let whole = libm::floor(logarithm);
    let mantissa = libm::exp2(logarithm - whole + 1e-9) * libm::exp2(40.0);
    let estimate = BigUint::from(mantissa as u64 + 1);
    let distance = whole as i64 - 40;
    let estimate = if distance < 0 { (estimate >> -distance) + 1_u8 } else { estimate << distance };
    Limbs::from_vec(estimate.to_u64_digits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limbs(most: usize) -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()], 1..most)
    }

    /// The result of a computation that stops after each long operation.
    fn stepped<T>(run: impl Fn(&mut Work) -> Result<T, Stop>) -> (T, usize) {
        let mut heap = arena::SharedHeap::new();
        let mut saved = Vec::new();
        let mut under_way = None;
        for goes in 1.. {
            let mut work = Work { saved: saved.clone(), under_way, spent: PRODUCTS, ..Work::new() };
            match run(&mut work) {
                Ok(result) => return (result, goes),
                Err(Stop::Refused(trap)) => panic!("{trap:?}"),
                Err(Stop::Unfinished) => {}
            }
            under_way = work.under_way;
            saved.extend(work.fresh.iter().map(|limbs| super::super::shared_limbs(&mut heap, false, limbs)));
        }
        unreachable!("it comes further each time")
    }

    fn same(left: &[u64], right: &[u64]) -> bool {
        limbs::compare(left, right).is_eq()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn results_of_many_goes_are_right(left in limbs(200), right in limbs(150), common in limbs(60)) {
            prop_assume!(!limbs::trim(&common).is_empty() && !limbs::trim(&right).is_empty());
            let run = |work: &mut Work| {
                let (left, right) = (work.multiply(&left, &common)?, work.multiply(&common, &right)?);
                let divisor = work.gcd(&left, &right)?;
                let (quotient, remainder) = work.divide(&left, &limbs::add(&divisor, &[1]))?;
                Ok((work.quotient(&left, &divisor)?, divisor, quotient, remainder))
            };
            let (in_steps, _) = stepped(run);
            let (big_left, big_right) = (limbs::to_big(&left) * limbs::to_big(&common), limbs::to_big(&right) * limbs::to_big(&common));
            let divisor = num_integer::Integer::gcd(&big_left, &big_right);
            prop_assert_eq!(limbs::to_big(&in_steps.1), divisor.clone());
            prop_assert_eq!(limbs::to_big(&in_steps.0), &big_left / &divisor);
            prop_assert_eq!(limbs::to_big(&in_steps.2), &big_left / (&divisor + 1_u8));
            prop_assert_eq!(limbs::to_big(&in_steps.3), big_left % (divisor + 1_u8));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn roots_of_powers_are_exact_and_their_neighbours_have_none(root in limbs(40), degree in 2_u32..70) {
            let root = limbs::trim(&root);
            prop_assume!(limbs::bits(root) > 1);
            let power = limbs::to_big(root).pow(degree);
            let (found, _) = stepped(|work| work.root(&power.to_u64_digits(), degree));
            prop_assert_eq!(found.map(|found| limbs::to_big(&found)), Some(limbs::to_big(root)));
            for other in [&power + 1_u8, &power - 1_u8] {
                let (found, _) = stepped(|work| work.root(&other.to_u64_digits(), degree));
                prop_assert!(found.is_none(), "{other} has a root of degree {degree}");
            }
        }

        #[test]
        fn multiples_are_the_least(left in limbs(100), right in limbs(100), common in limbs(60)) {
            let (left, right) = (limbs::multiply(&left, &common), limbs::multiply(&right, &common));
            let (multiple, _) = stepped(|work| work.multiple(&left, &right));
            let wanted = num_integer::Integer::lcm(&limbs::to_big(&left), &limbs::to_big(&right));
            prop_assert_eq!(limbs::to_big(&multiple), wanted);
        }
    }

    #[test]
    fn long_products_and_divisions_are_done_in_parts() {
        let ones = |count: usize| vec![u64::MAX - 1; count];
        let (left, right) = (ones(2_048), ones(2_000));
        let (product, goes) = stepped(|work| work.multiply(&left, &right));
        assert_eq!(limbs::to_big(&product), limbs::to_big(&left) * limbs::to_big(&right));
        assert!(goes > 1);
        let ((quotient, remainder), goes) = stepped(|work| work.divide(&product, &left));
        assert!(same(&quotient, &right) && same(&remainder, &[]));
        assert!(goes > 2);
    }
}
