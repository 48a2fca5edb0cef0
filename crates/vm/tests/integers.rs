//! Integer arithmetic against `num-bigint`, through inline instructions and through first-class primitives.

mod common;

use common::value_of;
use num_bigint::BigInt;
use num_integer::Integer;
use proptest::prelude::*;

/// Integers around the edges of representations, and of any size up to a few hundred bits.
fn integer() -> impl Strategy<Value = BigInt> {
    let edge =
        (prop_oneof![Just(0_u32), Just(59), Just(60), Just(61), Just(63), Just(64), Just(128)], -2_i64..=2);
    let near = edge.prop_map(|(bits, off)| (BigInt::from(1) << bits) + off);
    let long = prop::collection::vec(any::<u32>(), 1..12)
        .prop_map(|digits| BigInt::from_slice(num_bigint::Sign::Plus, &digits));
    let magnitude =
        prop_oneof![any::<i64>().prop_map(BigInt::from), near, long, (-9_i64..10).prop_map(BigInt::from)];
    (magnitude, any::<bool>()).prop_map(|(magnitude, negative)| if negative { -magnitude } else { magnitude })
}

fn expected(left: &BigInt, right: &BigInt) -> String {
    let truth = |holds: bool| if holds { "#t" } else { "#f" };
    let zero = BigInt::ZERO;
    let division = if *right == zero {
        String::new()
    } else {
        let (floor, modulo) = left.div_mod_floor(right);
        format!(" {} {} {} {}", left / right, left % right, modulo, floor)
    };
    format!(
        "({} {} {} {} {} {}{division})",
        left + right,
        left - right,
        left * right,
        truth(left < right),
        truth(left == right),
        left.gcd(right),
    )
}

fn program(pairs: &[(BigInt, BigInt)], first_class: bool) -> String {
    let call = |name: &str, left: &BigInt, right: &BigInt| {
        if first_class {
            format!("(apply {name} (list {left} {right}))")
        } else {
            format!("({name} {left} {right})")
        }
    };
    let mut text = String::from("(list");
    for (left, right) in pairs {
        text.push_str(" (list");
        let mut names = vec!["+", "-", "*", "<", "=", "gcd"];
        if *right != BigInt::ZERO {
            names.extend(["quotient", "remainder", "modulo", "floor-quotient"]);
        }
        for name in names {
            text.push(' ');
            text.push_str(&call(name, left, right));
        }
        text.push(')');
    }
    text.push(')');
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arithmetic_is_exact(pairs in prop::collection::vec((integer(), integer()), 20)) {
        let wanted: Vec<String> = pairs.iter().map(|(left, right)| expected(left, right)).collect();
        let wanted = format!("({})", wanted.join(" "));
        prop_assert_eq!(value_of(&program(&pairs, false)), wanted.clone());
        prop_assert_eq!(value_of(&program(&pairs, true)), wanted);
    }

    #[test]
    fn text_of_a_number_reads_back(number in integer(), radix in 2_u32..=36) {
        let source = format!("(let ((n {number})) (list (number->string n {radix}) (= n (string->number (number->string n {radix}) {radix}))))");
        prop_assert_eq!(value_of(&source), format!("(\"{}\" #t)", number.to_str_radix(radix)));
    }
}
