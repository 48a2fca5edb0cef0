//! What the compiler makes of programs, seen through its public interface: code, warnings, errors, sessions.

use bytecode::{Constant, Instruction, Procedure, Program, SourceFile, instructions};
use scheme::{Builtins, Diagnostic, Session};
use std::sync::{Arc, LazyLock};

static BUILTINS: LazyLock<Arc<Builtins>> = LazyLock::new(|| {
    let (_, builtins) = scheme::standard().unwrap_or_else(|errors| panic!("{}", errors[0]));
    Arc::new(builtins)
});

fn session() -> Session {
    Session::new(BUILTINS.clone())
}

fn file(text: &str) -> SourceFile {
    SourceFile { name: "test.scm".into(), text: text.into() }
}

fn compile_in(session: &mut Session, text: &str) -> (Program, Vec<String>) {
    let compiled = session.compile(&[file(text)]).unwrap_or_else(|errors| panic!("{}", errors[0]));
    if let Err(error) = bytecode::verify(&compiled.program) {
        panic!("{error}\n{}", bytecode::disassemble(&compiled.program));
    }
    (compiled.program, compiled.warnings.iter().map(Diagnostic::to_string).collect())
}

fn compile(text: &str) -> Program {
    compile_in(&mut session(), text).0
}

fn warnings(text: &str) -> Vec<String> {
    compile_in(&mut session(), text).1
}

fn errors(text: &str) -> Vec<String> {
    match session().compile(&[file(text)]) {
        Ok(_) => panic!("{text} compiles"),
        Err(errors) => errors.iter().map(Diagnostic::to_string).collect(),
    }
}

fn error(text: &str) -> String {
    errors(text).remove(0)
}

fn procedure<'a>(program: &'a Program, name: &str) -> &'a Procedure {
    program
        .procedures
        .iter()
        .find(|procedure| procedure.name == name)
        .unwrap_or_else(|| panic!("no procedure {name}"))
}

fn code(procedure: &Procedure) -> Vec<Instruction> {
    instructions(&procedure.code).map(|item| item.expect("decodes").1).collect()
}

/// Names of the instructions, in order.
fn names(procedure: &Procedure) -> Vec<&'static str> {
    code(procedure).iter().map(|instruction| instruction.opcode().name()).collect()
}

fn count(procedure: &Procedure, name: &str) -> usize {
    names(procedure).iter().filter(|known| **known == name).count()
}

#[test]
fn the_library_compiles_and_verifies() {
    let (library, builtins) = scheme::standard().unwrap_or_else(|errors| panic!("{}", errors[0]));
    bytecode::verify(&library.program).unwrap_or_else(|error| panic!("{error}"));
    for (name, index, arity) in &library.exports {
        let procedure = &library.program.procedures[index.0 as usize];
        assert_eq!(
            (&procedure.name, procedure.required, procedure.rest),
            (name, arity.min, arity.max.is_none())
        );
        assert!(builtins.get(name).is_some());
    }
}

#[test]
fn a_named_let_that_only_loops_is_a_jump_in_the_same_frame() {
    let program = compile("(define (sum n) (let loop ((i 0) (t 0)) (if (= i n) t (loop (+ i 1) (+ t i)))))");
    assert_eq!(program.procedures.len(), 2);
    let sum = procedure(&program, "sum");
    assert_eq!(count(sum, "Call") + count(sum, "TailCall") + count(sum, "MakeClosure"), 0);
    assert_eq!(count(sum, "Jump"), 1);
}

#[test]
fn loops_inside_of_loops_jump_to_the_outer_one() {
    let program = compile(
        "(define (f n)
           (let outer ((i 0))
             (let inner ((j 0))
               (cond ((= j n) (outer (+ i 1)))
                     ((> i n) 'done)
                     (else (inner (+ j 1)))))))",
    );
    let f = procedure(&program, "f");
    assert_eq!(count(f, "MakeClosure"), 0);
    assert_eq!(count(f, "Jump"), 2);
}

#[test]
fn internal_definitions_and_do_become_loops_too() {
    let program = compile(
        "(define (f n) (define (iter i acc) (if (= i 0) acc (iter (- i 1) (* acc i)))) (iter n 1))
         (define (g v) (do ((i 0 (+ i 1))) ((= i 10)) (vector-set! v i i)))
         (define (h n) (define (even? n) (if (= n 0) #t (odd? (- n 1)))) (define (odd? n) (if (= n 0) #f (even? (- n 1)))) (even? n))",
    );
    for name in ["f", "g", "h"] {
        assert_eq!(count(procedure(&program, name), "MakeClosure"), 0, "{name}");
    }
}

#[test]
fn a_loop_that_escapes_or_recurses_stays_a_procedure() {
    let program = compile(
        "(define (f l) (let loop ((l l)) (if (null? l) 0 (+ 1 (loop (cdr l))))))
         (define (g l) (let loop ((l l)) (if (null? l) loop (loop (cdr l)))))
         (define (h l) (let loop ((l l)) (lambda () (loop l))))
         (define (k l) (let loop ((l l)) (loop)))",
    );
    for name in ["f", "g", "h", "k"] {
        assert_eq!(count(procedure(&program, name), "MakeClosure"), 1, "{name}");
    }
    let inner = program.procedures.iter().filter(|procedure| procedure.name == "loop").collect::<Vec<_>>();
    assert!(
        inner.iter().all(|procedure| procedure.captures.is_empty()),
        "a procedure does not capture itself"
    );
    assert_eq!(count(inner[0], "CurrentClosure"), 1);
}

#[test]
fn an_inner_loop_that_fails_takes_the_outer_one_with_it() {
    // `inner` is called in the middle of an expression, so its body, which calls `outer`, is no tail position.
    let program = compile(
        "(define (f n)
           (let outer ((i 0))
             (define (inner j) (if (= j 0) (outer (+ i 1)) (+ 1 (inner (- j 1)))))
             (if (= i n) i (inner i))))",
    );
    assert_eq!(count(procedure(&program, "f"), "MakeClosure"), 1);
    assert_eq!(count(procedure(&program, "outer"), "MakeClosure"), 1);
}

#[test]
fn mutual_recursion_patches_captures_and_boxes_nothing() {
    let program = compile(
        "(define (f n)
           (define (a n) (if (= n 0) '() (cons 'a (b (- n 1)))))
           (define (b n) (if (= n 0) '() (cons 'b (a (- n 1)))))
           (list a b (a n)))",
    );
    let f = procedure(&program, "f");
    assert_eq!((count(f, "PatchCapture"), count(f, "MakeBox"), count(f, "MakeUnassignedBox")), (1, 0, 0));
}

#[test]
fn assigned_variables_live_in_boxes_and_others_do_not() {
    let program = compile("(define (f x y) (set! x (+ x y)) (lambda () (set! y 1) (list x y)))");
    let f = procedure(&program, "f");
    assert_eq!(count(f, "MakeBox"), 2);
    let inner = &program
        .procedures
        .iter()
        .find(|procedure| !procedure.captures.is_empty())
        .expect("a closure")
        .captures;
    assert!(inner.iter().all(|(_, boxed)| *boxed), "{inner:?}");
    assert_eq!(count(procedure(&compile("(define (f x) (lambda () x))"), "f"), "MakeBox"), 0);
}

#[test]
fn a_definition_that_is_needed_before_its_turn_is_an_unassigned_box() {
    let program =
        compile("(define (f) (define x (g)) (define (g) (h)) (define y 1) (define (h) (list x y)) x)");
    assert_eq!(count(procedure(&program, "f"), "MakeUnassignedBox"), 2);
    let plain = compile("(define (f) (define x 1) (define (g) x) (define y (g)) (list x y g))");
    assert_eq!(count(procedure(&plain, "f"), "MakeUnassignedBox"), 0);
}

#[test]
fn tests_jump_without_making_booleans() {
    let program = compile("(define (f a b) (if (and (not (null? a)) (or (pair? b) (eq? a b))) 1 2))");
    let f = procedure(&program, "f");
    assert_eq!(count(f, "True") + count(f, "False") + count(f, "Not"), 0);
    let constant = compile("(define (g) (if #t 1 2))");
    assert_eq!(names(procedure(&constant, "g")), ["Integer", "Return"]);
}

#[test]
fn calls_are_proper_tail_calls_in_every_tail_position() {
    let program = compile(
        "(define (f x)
           (cond ((x) (g))
                 ((x) => g)
                 (else (case (x) ((1) (g)) (else (when (x) (let* ((y 1)) (letrec ((z 1)) (and (x) (or (x) (begin (x) (g)))))))))))) (define (g) 1)",
    );
    assert_eq!(count(procedure(&program, "f"), "TailCall"), 4);
}

#[test]
fn a_call_that_never_returns_keeps_the_frame_for_the_trace() {
    let f = compile("(define (f x) (error \"bad:\" x))");
    assert_eq!(count(procedure(&f, "f"), "TailCall"), 0);
    assert_eq!(count(procedure(&f, "f"), "Call"), 1);
}

#[test]
fn n_ary_arithmetic_folds_from_the_left_and_comparison_chains_do_not_repeat_operands() {
    let program = compile("(define (f a b c) (- (+ a b c) (* a)))(define (g a b c) (< a b c))");
    assert_eq!(
        names(procedure(&program, "f")),
        ["Local", "Local", "Add", "Local", "Add", "Local", "Primitive", "Subtract", "Return"]
    );
    assert_eq!(names(procedure(&program, "g")), ["Local", "Local", "Local", "Primitive", "Return"]);
}

#[test]
fn a_call_with_more_than_255_arguments_goes_through_a_list() {
    let arguments = "1 ".repeat(300);
    let program = compile(&format!("(define (f . l) l) (define (g) (f {arguments}))"));
    assert_eq!(count(procedure(&program, "g"), "TailApply"), 1);
    compile(&format!("(vector {arguments})"));
}

#[test]
fn receive_takes_a_message_only_after_its_clause_matches() {
    let program = compile(
        "(define (f)
           (receive
             (('add a b) (where (number? a)) (+ a b))
             (#(x 1 y) (list x y))
             ((? string? s) s)
             (after 100 'late)))",
    );
    let f = procedure(&program, "f");
    assert_eq!(
        ["MailboxBegin", "MailboxPeek", "MailboxTake", "MailboxNext", "MailboxWait"]
            .map(|name| count(f, name)),
        [1, 1, 3, 1, 1]
    );
    assert_eq!(names(procedure(&compile("(define (g) (receive))"), "g")), ["ReceiveAny", "Return"]);
    assert!(warnings("(receive (x 1) (y 2))")[0].contains("never reached"));
}

#[test]
fn builtins_are_builtins_until_the_program_defines_or_assigns_them() {
    let mut session = session();
    let (program, _) = compile_in(&mut session, "(define (f x) (car x))");
    assert_eq!(count(procedure(&program, "f"), "Car"), 1);
    let (program, _) = compile_in(&mut session, "(define (g x) (car x)) (define (car x) x)");
    assert_eq!(count(procedure(&program, "g"), "Car"), 0);
    assert!(program.constants.contains(&Constant::Builtin("car".into())), "the global begins as the builtin");
    let (program, _) = compile_in(&mut session, "(define (h x) (car x))");
    assert_eq!(count(procedure(&program, "h"), "Car"), 0);
    let (program, _) = compile_in(&mut session, "(define (k x) (if x (set! cdr x)) (cdr x))");
    assert_eq!(count(procedure(&program, "k"), "Cdr"), 0);
}

#[test]
fn local_variables_shadow_core_forms_and_builtins() {
    let program = compile("(define (f if list) (if list 1))");
    assert_eq!(names(procedure(&program, "f")), ["Local", "Local", "Integer", "TailCall"]);
    assert!(warnings("(define (assert x) x) (assert 1)").is_empty());
}

#[test]
fn unknown_names_are_warned_of_with_a_suggestion() {
    assert_eq!(
        warnings("(define (f counter)\n  (display (conter 1)))"),
        ["test.scm:2:13: warning: unknown name `conter` (did you mean `counter`?)"]
    );
    assert_eq!(
        warnings("(dispaly 1)"),
        ["test.scm:1:2: warning: unknown name `dispaly` (did you mean `display`?)"]
    );
    assert!(warnings("(define (even2? n) (odd2? n)) (define (odd2? n) (even2? n))").is_empty());
    assert!(warnings("(%make-record 1)")[0].contains("unknown name"));
}

#[test]
fn unknown_names_are_listed_with_their_suggestions() {
    let suggestions = |text: &str| session().compile(&[file(text)]).expect("it compiles").suggestions;
    let wanted = [("conter".to_string(), "did you mean `counter`?".to_string())];
    assert_eq!(suggestions("(define (f counter) (display (conter 1)) (frobnicate conter))"), wanted);
    let later = [("later".to_string(), "its definition in line 2 had not been evaluated yet".to_string())];
    assert_eq!(suggestions("(define (f) later)\n(define later 1)"), later);
}

#[test]
fn wrong_argument_counts_of_builtins_are_warned_of() {
    assert_eq!(warnings("(cons 1)"), ["test.scm:1:2: warning: `cons` expects 2 arguments, but gets 1"]);
    assert!(warnings("(map car)")[0].contains("at least 2 arguments"));
    assert_eq!(
        warnings("(define (area w h) (* w h))\n(display (area 1))"),
        ["test.scm:2:11: warning: `area` expects 2 arguments, but gets 1"]
    );
    assert!(
        warnings("(define (f x) x) (define (f x y) y) (f 1 2) (define g (lambda a a)) (g 1 2)").is_empty()
    );
    assert!(warnings("(define (f x) x) (set! f (lambda () 1)) (f)").is_empty());
}

#[test]
fn errors_say_where_what_and_how() {
    for (text, expected) in [
        ("(if)", "test.scm:1:1: this `if` is empty (its form is (if test then else))"),
        (
            "(if 1 2 3 4)",
            "this `if` is not well formed: 4 parts after the name (its form is (if test then else))",
        ),
        ("(define (f x x) x)", "1:14: `x` is bound twice here"),
        ("(lambda (1) 2)", "1:10: a name must stand here, not `1`"),
        ("(define (f))", "empty body"),
        ("(let ((x 1)))", "not well formed"),
        ("()", "write `'()`"),
        ("(+ 1 . 2)", "without a dot"),
        ("(display if)", "`if` is syntax"),
        ("(set! if 1)", "cannot be assigned"),
        ("(list (define x 1))", "must not stand where a value is needed"),
        ("(unquote x)", "quasiquotation"),
        ("(import (scheme bse))", "did you mean `(scheme base)`?"),
        ("(define-record-type p (make-p z) p? (x p-x))", "no field `z`"),
        ("(define-syntax m (syntax-rules () ((_ a) a))) (m 1 2)", "no pattern of the macro `m` matches"),
        ("(syntax-error \"bad thing:\" x)", "bad thing: x"),
        ("(case 1 (1 2))", "a list of data must stand here"),
        ("(cond (else))", "must follow `else`"),
        ("(receive (after 1 2) (x 3))", "last clause"),
        ("(define x 1 2)", "one value"),
    ] {
        let found = error(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}

#[test]
fn all_errors_of_a_unit_are_reported() {
    assert_eq!(errors("(if)\n(define x 1)\n(let)").len(), 2);
}

#[test]
fn a_unit_with_an_error_leaves_no_trace_in_the_session() {
    let mut session = session();
    assert!(
        session
            .compile(&[file("(define (car x) x) (define-syntax m (syntax-rules () ((_) 1))) (if)")])
            .is_err()
    );
    let (program, warnings) = compile_in(&mut session, "(define (f x) (car x)) (m)");
    assert_eq!(count(procedure(&program, "f"), "Car"), 1);
    assert_eq!(warnings.len(), 1);
}

#[test]
fn macros_outlive_their_unit() {
    let mut session = session();
    compile_in(
        &mut session,
        "(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))",
    );
    let (program, warnings) =
        compile_in(&mut session, "(define (f tmp other) (swap! tmp other) (list tmp other))");
    assert!(warnings.is_empty());
    // Two parameters and the macro's own variable, told apart.
    assert_eq!(procedure(&program, "f").variables.len(), 3);
    compile_in(
        &mut session,
        "(define-syntax make-getter (syntax-rules () ((_ name value) (define-syntax name (syntax-rules () ((_) value))))))
         (make-getter get-seven 7)",
    );
    compile_in(
        &mut session,
        "(define-syntax noise (syntax-rules () ((_ x) (let ((y x)) y)))) (noise (noise 1))",
    );
    assert!(compile_in(&mut session, "(get-seven)").1.is_empty());
}

#[test]
fn macros_match_ellipses_literals_vectors_and_tails() {
    compile(
        "(define-syntax my-let* (syntax-rules () ((_ () body ...) (let () body ...))
           ((_ ((n v) rest ...) body ...) (let ((n v)) (my-let* (rest ...) body ...)))))
         (my-let* ((a 1) (b (+ a 1))) (list a b))
         (define-syntax for (syntax-rules (in) ((_ x in l body ...) (for-each (lambda (x) body ...) l))))
         (for x in '(1 2) (display x))
         (define-syntax last-of (syntax-rules () ((_ a ... z) 'z)))
         (last-of 1 2 3)
         (define-syntax vec (syntax-rules () ((_ #(a b ...)) (list a '(b ...)))))
         (vec #(1 2 3))
         (define-syntax nested (syntax-rules () ((_ (a b ...) ...) '((a ... ) (b ... ...)))))
         (nested (1 2 3) (4 5))
         (define-syntax be-like-begin (syntax-rules () ((_ name) (define-syntax name (syntax-rules () ((_ expr (... ...)) (begin expr (... ...))))))))
         (be-like-begin sequence)
         (sequence 1 2 3)
         (define-syntax my-if (syntax-rules () ((_ c t e) (cond (c t) (else e)))))
         (define (f else) (my-if #f 1 2))
         (let-syntax ((one (syntax-rules () ((_) 1)))) (one))
         (letrec-syntax ((ev? (syntax-rules () ((_) #t) ((_ a . r) (od? . r)))) (od? (syntax-rules () ((_) #f) ((_ a . r) (ev? . r))))) (ev? 1 2 3))",
    );
    assert!(
        error("(define-syntax m (syntax-rules (=>) ((_ a => b) (list a b)))) (let ((=> 1)) (m 1 => 2))")
            .contains("no pattern")
    );
}

#[test]
fn variables_that_nothing_uses_are_warned_of() {
    let unused = |name: &str| format!("`{name}` is never used (remove it, or let its name begin with `_`)");
    for (text, names) in [
        ("(let ((x 1) (y 2)) y)", &["x"][..]),
        ("(let* ((x 1) (y x)) 3)", &["y"]),
        ("(define (f) (define (g) 1) (define h 2) h)", &["g"]),
        ("(letrec ((even (lambda () 1))) 2)", &["even"]),
        ("(let ((x 1)) (set! x 2))", &["x"]),
        // What is only there to be bound, or made by a macro, or said to be unused.
        ("(let ((_x 1)) 2)", &[]),
        ("(define (f x) 1)", &[]),
        ("(define-syntax m (syntax-rules () ((_) (let ((t 1)) 2)))) (m)", &[]),
        ("(let loop ((i 0)) (if (< i 3) (loop (+ i 1)) i))", &[]),
    ] {
        let warnings = warnings(text);
        assert_eq!(warnings.len(), names.len(), "{text}: {warnings:?}");
        for (warning, name) in warnings.iter().zip(names) {
            assert!(warning.contains(&unused(name)), "{warning}");
        }
    }
}

#[test]
fn an_endless_macro_is_an_error() {
    for (rule, message) in [
        ("((_ x) (m (x x)))", "the macro `m` does not end: it has been expanded"),
        ("((_ x ...) (m x ... x ...))", "`m` last: does it ever end?"),
        ("((_ x) (+ 1 (m x)))", "the macro `m` does not end: it expands deeper and deeper"),
    ] {
        let text = error(&format!("(define-syntax m (syntax-rules () {rule})) (m 1)"));
        assert!(text.contains(message), "{text}");
    }
    // One that ends may take its time.
    let many = "1 ".repeat(2_000);
    let text = format!(
        "(define-syntax m (syntax-rules () ((_ (n ...)) '(n ...)) ((_ (n ...) x . r) (m (x n ...) . r)))) (m () {many})"
    );
    compile(&text);
}

#[test]
fn deep_nesting_is_an_error_everywhere() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [
        ("(f ", ")"),
        ("(lambda (x) ", ")"),
        ("(let ((x 1)) ", ")"),
        ("(if ", " 2 3)"),
        ("`(a ,", ")"),
        ("(begin ", ")"),
        ("(let () (define (g) 1) ", ")"),
        ("(let loop ((x 1)) ", ")"),
        ("(receive (x ", "))"),
        ("(guard (e (#t 1)) ", ")"),
    ] {
        let text = format!("(display {})", nested(open, close, 5000));
        assert!(error(&text).contains("nested more than"), "{open}");
        compile(&format!("(define (go f) {})", nested(open, close, 60)));
    }
    assert!(error(&format!("(receive ({} 1))", nested("(", ")", 5000))).contains("nested more than"));
    compile(&format!("'{}", nested("(", ")", 9000)));
}

#[test]
fn long_programs_and_long_lists_compile() {
    let many: String = (0..20_000).map(|index| format!("(define (f{index} x) (+ x {index}))\n")).collect();
    assert_eq!(compile(&many).procedures.len(), 20_001);
    let data = format!("'({})", "1 ".repeat(200_000));
    compile(&data);
    let body: String =
        (0..2_000).map(|index| format!("(define v{index} {index}) (display v{index})\n")).collect();
    compile(&format!("(define (f) {body} 1)"));
    let pairs: String =
        (0..2_000).map(|index| format!("(define (p{index}) 1) (define v{index} (p{index}))\n")).collect();
    compile(&format!("(define (f) {pairs} 1)"));
    let chain: String = (0..2_000).map(|index| format!("(v{index} {index})\n")).collect();
    compile(&format!("(define (f) (let* ({chain}) 1))"));
    let splices: String = (0..1_000).map(|index| format!(",@a {index} ,a ")).collect();
    compile(&format!("(define (f a) `({splices}))"));
    let values: String = (0..2_000).map(|index| format!("((a{index} b{index}) (values 1 2))")).collect();
    compile(&format!("(define (f) (let-values ({values}) 1))"));
    let clauses: String = (0..3_000).map(|index| format!("((= x {index}) {index})\n")).collect();
    compile(&format!("(define (f x) (cond {clauses} (else 0)))"));
}

#[test]
fn every_line_that_begins_an_expression_has_a_span() {
    let program =
        compile("(define (f a\n           b)\n  (if a\n      b\n      (list\n        1\n        a)))");
    let lines: Vec<u32> = procedure(&program, "f").spans.iter().map(|(_, span)| span.line).collect();
    for line in 3..=7 {
        assert!(lines.contains(&line), "line {line} of {lines:?}");
    }
}

#[test]
fn variables_say_where_they_live() {
    let program = compile("(define (f x) (let ((y (* x 2))) (set! y 1) (lambda (z) (+ x y z))))");
    let f = procedure(&program, "f");
    let found: Vec<(&str, u16, bool)> =
        f.variables.iter().map(|variable| (&*variable.name, variable.slot, variable.boxed)).collect();
    assert_eq!(found, [("x", 0, false), ("y", 1, true)]);
    let inner =
        program.procedures.iter().find(|procedure| !procedure.captures.is_empty()).expect("a closure");
    assert_eq!(inner.captures, [("x".to_string(), false), ("y".to_string(), true)]);
}

#[test]
fn every_golden_program_compiles_and_verifies() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/programs");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the golden programs").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "scm") {
            let text = std::fs::read_to_string(&path).expect("readable");
            // There is no machine here: `world` tests what transformers do.
            if text.contains("er-macro-transformer") {
                continue;
            }
            let compiled = session()
                .compile(&[file(&text)])
                .unwrap_or_else(|errors| panic!("{}: {}", path.display(), errors[0]));
            bytecode::verify(&compiled.program).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            seen += 1;
        }
    }
    assert!(seen >= 60, "{seen}");
}
