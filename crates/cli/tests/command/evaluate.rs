//! `physics eval`.

use crate::{failed, physics, physics_with, printed};

#[test]
fn an_expression_is_evaluated_and_written() {
    assert_eq!(printed(&physics(&["eval", "(+ 1 2)"])), "3\n");
    assert_eq!(printed(&physics(&["eval", "(list \"a\" #\\b 'c 1.5)"])), "(\"a\" #\\b c 1.5)\n");
    assert_eq!(printed(&physics(&["eval", "-5"])), "-5\n");
}

#[test]
fn the_value_is_that_of_the_last_form() {
    assert_eq!(printed(&physics(&["eval", "(define x 20) (set! x (+ x 1)) (* x 2)"])), "42\n");
}

#[test]
fn a_program_comes_from_standard_input() {
    let program = "(define (fact n)\n  (if (= n 0) 1 (* n (fact (- n 1)))))\n(fact 20)\n";
    assert_eq!(printed(&physics_with(&["eval", "-"], program)), "2432902008176640000\n");
}

#[test]
fn output_comes_before_the_value_and_the_value_on_a_line_of_its_own() {
    let program = "(display \"began\") (newline) (flush-output-port) 7";
    assert_eq!(printed(&physics_with(&["eval", "-"], program)), "began\n7\n");
    assert_eq!(printed(&physics(&["eval", "(display \"x\") 7"])), "x\n7\n");
}

#[test]
fn deep_recursion_answers() {
    let program = "(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f 1000000)";
    assert_eq!(printed(&physics(&["eval", program])), "1000000\n");
}

#[test]
fn an_error_in_standard_input_names_its_place() {
    let outcome = physics_with(&["eval", "-"], "(display \"before\")\n(+ 1\n   (car 5))\n");
    assert_eq!(failed(&outcome), "<stdin>:3:4: car: expected a pair, got 5\n   (car 5))\n   ^\n");
    assert_eq!(outcome.out, "before");
}

#[test]
fn what_does_not_compile_does_not_run() {
    let outcome = physics(&["eval", "(display \"before\") (if)"]);
    assert!(failed(&outcome).starts_with("<expression>:1:20: "), "{outcome:?}");
    assert_eq!(outcome.out, "");
    let outcome = physics(&["eval", "(display 1) (+ 1"]);
    assert!(failed(&outcome).contains("1:13: the parenthesis opened at line 1, column 13 is not closed"));
}

#[test]
fn an_unknown_name_comes_with_a_suggestion() {
    let outcome = physics(&["eval", "(dispay 1)"]);
    assert!(failed(&outcome).contains("`dispay` (did you mean `display`?)"), "{outcome:?}");
    let error = "<expression>:1:2: unbound variable: dispay (did you mean `display`?)\n";
    assert!(failed(&outcome).contains(error), "{outcome:?}");
}

#[test]
fn one_core_and_many_give_the_same() {
    let program = "(define me (self))
        (do ((i 0 (+ i 1))) ((= i 50))
          (spawn (lambda () (send me (* i i)))))
        (let loop ((n 0) (sum 0))
          (if (= n 50) sum (loop (+ n 1) (+ sum (receive)))))";
    for cores in ["1", "2", "3", "0"] {
        assert_eq!(printed(&physics(&["eval", "--cores", cores, program])), "40425\n", "{cores} cores");
    }
}

#[test]
fn timers_end_waits_on_one_core_and_on_many() {
    for cores in ["1", "2"] {
        let outcome = physics(&["eval", "--cores", cores, "(receive (after 30 'late))"]);
        assert_eq!(printed(&outcome), "late\n");
    }
}

#[test]
fn the_seed_decides_random_numbers() {
    let draw = |seed| physics(&["eval", "--seed", seed, "(list (random 1000000) (random 1000000))"]);
    assert_eq!(printed(&draw("5")), printed(&draw("5")));
    assert_ne!(printed(&draw("5")), printed(&draw("6")));
}

#[test]
fn five_megabytes_of_source_are_no_trouble() {
    let mut program = "(define x 1)\n".repeat(400_000);
    program.push_str("x\n");
    assert!(program.len() > 5_000_000);
    assert_eq!(printed(&physics_with(&["eval", "-"], &program)), "1\n");
}

#[test]
fn far_too_much_source_is_refused() {
    let program = " ".repeat((16 << 20) + 1);
    assert!(failed(&physics_with(&["eval", "-"], &program)).contains("is 16777217 bytes long"));
}
