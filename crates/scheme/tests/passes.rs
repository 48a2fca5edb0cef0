//! Each pass does what it is for; that none changes an answer is tested where programs run (`world/tests/passes.rs`).

use bytecode::{Program, SourceFile};
use scheme::passes::Passes;
use scheme::{Session, standard};

fn compiled(text: &str, passes: Passes) -> Program {
    let (_, builtins) = standard().expect("the library compiles");
    let mut session = Session::new(builtins.into());
    session.set_passes(passes);
    let file = SourceFile { name: "test.scm".into(), text: text.into() };
    session.compile(&[file]).unwrap_or_else(|errors| panic!("{text}: {}", errors[0])).program
}

/// Bytes of code, and procedures.
fn size(text: &str, passes: Passes) -> (usize, usize) {
    let program = compiled(text, passes);
    (program.procedures.iter().map(|procedure| procedure.code.len()).sum(), program.procedures.len())
}

#[test]
fn what_constants_decide_is_not_written() {
    let fold = Passes { fold: true, ..Passes::NONE };
    let same = [
        ("(if (= (+ 1 2) 3) 'yes (car '()))", "'yes"),
        ("(let ((limit 10)) (if (< limit 5) (car '()) (* 2 limit)))", "(let ((limit 10)) 20)"),
        ("(cond ((and #t (not 5)) 1) ((or #f (null? '())) 2) (else 3))", "2"),
    ];
    for (text, folded) in same {
        assert_eq!(size(text, fold), size(folded, fold), "{text}");
        assert!(size(text, fold).0 < size(text, Passes::NONE).0, "{text}");
    }
    // What would be an error, does not fit, or is assigned, is left to the machine; so is what was rebound.
    for text in [
        "(quotient 1 0)",
        "(+ 1073741824 1073741824)",
        "(let ((n 1)) (set! n 2) (+ n 1))",
        "(define (+ a b) a) (+ 1 2)",
        "(car 5)",
    ] {
        assert_eq!(size(text, fold), size(text, Passes::NONE), "{text}");
    }
}

#[test]
fn small_known_procedures_are_written_where_they_are_called() {
    let known = Passes { known: true, ..Passes::NONE };
    let inlined = "(define (f x) (define (twice y) (* 2 y)) (define (both) (+ (twice x) (twice (car x)))) (list (both)))";
    assert_eq!((size(inlined, Passes::NONE).1, size(inlined, known).1), (4, 3));
    // One that is a value too stays; what calls others, assigns or recurs is not copied.
    for text in [
        "(define (f x) (define (twice y) (* 2 y)) (map twice (list (twice x))))",
        "(define (f x) (define (g y) (x y)) (g x) (g 2))",
        "(define (f x) (define (g y) (set! x y)) (g x) (g 2))",
        "(define (f x) (define (g y) (if (= y 0) 0 (+ 1 (g (- y 1))))) (+ 1 (g x)))",
        "(define (f x) (define (g . y) (car y)) (+ 1 (g x)))",
    ] {
        assert_eq!(size(text, Passes::NONE).1, size(text, known).1, "{text}");
    }
}

#[test]
fn loops_are_jumps() {
    let loops = Passes { loops: true, ..Passes::NONE };
    let text = "(define (f n) (let loop ((i 0)) (if (< i n) (loop (+ i 1)) i)))";
    assert_eq!((size(text, Passes::NONE).1, size(text, loops).1), (3, 2));
}

#[test]
fn passes_have_names() {
    let all_off = Passes::NAMES.iter().try_fold(Passes::ALL, |passes, name| passes.without(name));
    assert_eq!(all_off, Some(Passes::NONE));
    assert_eq!(Passes::ALL.without("speed"), None);
}
