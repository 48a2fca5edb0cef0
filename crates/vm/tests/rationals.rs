//! Exact fractions against `num-bigint` and cross multiplication: arithmetic, order, text, and the way to floats and back.

mod common;

use common::value_of;
use num_bigint::BigInt;
use num_integer::Integer;
use proptest::prelude::*;

/// Numerator and a denominator greater than zero, in lowest terms.
type Fraction = (BigInt, BigInt);

fn fraction((top, bottom): (BigInt, BigInt)) -> Fraction {
    let divisor = top.gcd(&bottom);
    let sign = if bottom < BigInt::ZERO { -1 } else { 1 };
    (&top / &divisor * sign, bottom / divisor * sign)
}

/// Integers around the edges of representations, short ones with many common factors, and long ones.
fn integer() -> impl Strategy<Value = BigInt> {
    let edge = (prop_oneof![Just(0_u32), Just(59), Just(60), Just(61), Just(64), Just(128)], -2_i64..=2);
    let near = edge.prop_map(|(bits, off)| (BigInt::from(1) << bits) + off);
    let smooth = (0_u32..60, 0_u32..40, 0_u32..20).prop_map(|(twos, threes, fives)| {
        BigInt::from(2).pow(twos) * BigInt::from(3).pow(threes) * BigInt::from(5).pow(fives)
    });
    let long = prop::collection::vec(any::<u32>(), 1..24)
        .prop_map(|digits| BigInt::from_slice(num_bigint::Sign::Plus, &digits));
    let magnitude = prop_oneof![
        (-9_i64..10).prop_map(BigInt::from),
        any::<i64>().prop_map(BigInt::from),
        near,
        smooth,
        long
    ];
    (magnitude, any::<bool>()).prop_map(|(magnitude, negative)| if negative { -magnitude } else { magnitude })
}

fn ratio() -> impl Strategy<Value = Fraction> {
    (integer(), integer()).prop_filter_map("the denominator is not zero", |(top, bottom)| {
        (bottom != BigInt::ZERO).then(|| fraction((top, bottom)))
    })
}

fn text((top, bottom): &Fraction, radix: u32) -> String {
    let (top, one) = (top.to_str_radix(radix), *bottom == BigInt::from(1));
    if one { top } else { format!("{top}/{}", bottom.to_str_radix(radix)) }
}

fn truth(holds: bool) -> &'static str {
    if holds { "#t" } else { "#f" }
}

fn expected(left: &Fraction, right: &Fraction) -> String {
    let ((a, b), (c, d)) = (left, right);
    let shown = |top: BigInt, bottom: BigInt| text(&fraction((top, bottom)), 10);
    let quotient = if *c == BigInt::ZERO { String::new() } else { format!(" {}", shown(a * d, b * c)) };
    let (first, second) = (a * d, c * b);
    let two = BigInt::from(2);
    let whole = a.div_floor(b);
    let up = (a * &two).cmp(&((&whole * &two + 1) * b)).then(if whole.is_odd() {
        std::cmp::Ordering::Greater
    } else {
        std::cmp::Ordering::Less
    });
    format!(
        "({} {} {} {} {} {} {} {} {} {} {}{quotient})",
        shown(a * d + c * b, b * d),
        shown(a * d - c * b, b * d),
        shown(a * c, b * d),
        truth(first < second),
        truth(first == second),
        text(if first > second { left } else { right }, 10),
        whole,
        a.div_ceil(b),
        a / b,
        if up.is_gt() { &whole + 1 } else { whole.clone() },
        shown(a * a * a, b * b * b),
    )
}

fn program(pairs: &[(Fraction, Fraction)], first_class: bool) -> String {
    let mut source = String::from("(list");
    for (left, right) in pairs {
        source.push_str(" (list");
        let mut calls = vec![("+", 2), ("-", 2), ("*", 2), ("<", 2), ("=", 2), ("max", 2)];
        calls.extend([("floor", 1), ("ceiling", 1), ("truncate", 1), ("round", 1), ("cube", 1)]);
        if right.0 != BigInt::ZERO {
            calls.push(("/", 2));
        }
        for (name, count) in calls {
            let (left, right) = (text(left, 10), text(right, 10));
            let operands = if count == 2 { format!("{left} {right}") } else { left };
            source.push_str(&match first_class {
                true => format!(" (apply {name} '({operands}))"),
                false => format!(" ({name} {operands})"),
            });
        }
        source.push(')');
    }
    source.push(')');
    source
}

/// A float whose exact value is `top / bottom`.
fn exact(float: f64) -> Fraction {
    let bits = float.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction_bits = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) =
        if exponent == 0 { (fraction_bits, -1_074) } else { (fraction_bits | 1 << 52, exponent - 1_075) };
    let signed = BigInt::from(if float < 0.0 { -mantissa } else { mantissa });
    fraction((signed << exponent.max(0), BigInt::from(1) << (-exponent).max(0)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arithmetic_and_rounding_are_exact(pairs in prop::collection::vec((ratio(), ratio()), 20)) {
        let wanted: Vec<String> = pairs.iter().map(|(left, right)| expected(left, right)).collect();
        let wanted = format!("({})", wanted.join(" "));
        prop_assert_eq!(value_of(&program(&pairs, false)), wanted.clone());
        prop_assert_eq!(value_of(&program(&pairs, true)), wanted);
    }

    #[test]
    fn the_laws_of_a_field_hold(numbers in prop::collection::vec((ratio(), ratio(), ratio()), 12)) {
        let mut source = String::from(
            "(define (holds? a b c)
               (and (= (+ a b) (+ b a)) (= (* a b) (* b a)) (= (+ (+ a b) c) (+ a (+ b c)))
                    (= (* (* a b) c) (* a (* b c))) (= (* a (+ b c)) (+ (* a b) (* a c)))
                    (eqv? (- (+ a b) b) a) (eqv? (+ a (- a)) 0) (or (eqv? a 0) (eqv? (* a (/ a)) 1))
                    (or (eqv? b 0) (eqv? (* (/ a b) b) a)) (= (/ (numerator a) (denominator a)) a)
                    (= 1 (gcd (numerator a) (denominator a))) (positive? (denominator a))
                    (equal? (< a b) (< (- a b) 0)) (equal? (= a b) (eqv? a b))
                    (or (eqv? a 0) (= (expt a -3) (/ 1 (* a a a)))) (= (sqrt (* a a)) (abs a))))
             (list",
        );
        for (a, b, c) in &numbers {
            source.push_str(&format!(" (holds? {} {} {})", text(a, 10), text(b, 10), text(c, 10)));
        }
        source.push(')');
        prop_assert_eq!(value_of(&source), format!("({})", vec!["#t"; numbers.len()].join(" ")));
    }

    #[test]
    fn text_of_a_ratio_reads_back(number in ratio(), radix in 2_u32..=36) {
        let source = format!(
            "(let* ((n {0}) (t (number->string n {radix}))) (list t (eqv? n (string->number t {radix})) (equal? n '{0})))",
            text(&number, 10)
        );
        prop_assert_eq!(value_of(&source), format!("(\"{}\" #t #t)", text(&number, radix)));
    }

    #[test]
    fn floats_are_exact_and_come_back(bits in prop::collection::vec(any::<u64>(), 10)) {
        for float in bits.into_iter().map(f64::from_bits).filter(|float| float.is_finite()) {
            let source = format!("(let ((x {float:e})) (list (exact x) (eqv? x (inexact (exact x)))))");
            let same = float != 0.0 || float.is_sign_positive();
            prop_assert_eq!(value_of(&source), format!("({} {})", text(&exact(float), 10), truth(same)));
        }
    }

    #[test]
    fn ratios_and_floats_compare_by_value(number in ratio(), bits: u64, apart in -1_i64..=1) {
        // The nearest floats of the ratio, and any other.
        let near: f64 = value_of(&format!("(inexact {})", text(&number, 10))).parse().unwrap_or(0.0);
        let near = f64::from_bits(near.to_bits().saturating_add_signed(apart));
        for float in [near, f64::from_bits(bits)].into_iter().filter(|float| float.is_finite()) {
            let ((a, b), (c, d)) = (&number, &exact(float));
            let (left, right) = (a * d, c * b);
            let number = text(&number, 10);
            let source = format!(
                "(let ((r {number}) (x {float:e})) (list (< r x) (= r x) (> r x) (< x r) (= x r) (<= r x) (>= r x)))"
            );
            let wanted = [left < right, left == right, left > right, right < left, left == right, left <= right, left >= right];
            prop_assert_eq!(value_of(&source), format!("({})", wanted.map(truth).join(" ")));
        }
    }

    #[test]
    fn a_simplest_number_is_within_its_tolerance_and_no_simpler_one_is(top in -2_000_i64..2_000, bottom in 1_i64..400, tolerance in 0_i64..50) {
        let (least, most) = (top * 50 - tolerance * bottom, top * 50 + tolerance * bottom);
        // Denominators from the least on, and the numerator that is nearest to zero.
        let wanted = (1..).find_map(|denominator: i64| {
            let (first, last) = (Integer::div_ceil(&(least * denominator), &(bottom * 50)), Integer::div_floor(&(most * denominator), &(bottom * 50)));
            let nearest = if first > 0 { first } else if last < 0 { last } else { 0 };
            (first <= last).then(|| text(&fraction((nearest.into(), denominator.into())), 10))
        });
        prop_assert_eq!(Some(value_of(&format!("(rationalize {top}/{bottom} {tolerance}/50)"))), wanted);
    }
}
