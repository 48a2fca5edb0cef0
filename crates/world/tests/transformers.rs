//! Macros that are written in Scheme: what their sandbox keeps out, what bounds it, and what stays from one unit to the next.

use bytecode::SourceFile;
use protocol::SourceText;
use scheme::editing::Index;
use world::Compiler;
use world::compile::{foundation, text_of};

fn file(text: &str) -> SourceText {
    SourceText { name: "program.scm".to_string(), text: text.to_string() }
}

/// The first problem of a program, if it does not compile.
fn problem(text: &str) -> Option<String> {
    Compiler::default().compile(&[file(text)]).err().map(|problems| text_of(&problems[0]))
}

/// Procedures that write where nothing else is said.
const WRITERS: &[&str] = &[
    "display",
    "fresh-line",
    "newline",
    "pp",
    "warn",
    "write",
    "write-char",
    "write-line",
    "write-shared",
    "write-simple",
    "write-string",
];

#[test]
fn no_builtin_reaches_out_of_the_sandbox() {
    let operands =
        ["", " \"x\"", " 0", " form", " \"x\" 0", " form (lambda all 1)", " \"x\" (lambda all 1) 0"];
    let mut wrong = Vec::new();
    let mut named = 0;
    // What a transformer evaluates reaches no further than the transformer itself.
    let evaluated = |call: &str| format!("(eval (list 'let (list (list 'form (list 'quote form))) '{call}))");
    let texts = |call: String| [evaluated(&call), call];
    for builtin in foundation().builtins.iter().filter(|builtin| !builtin.name.starts_with('%')) {
        let name = &builtin.name;
        for call in operands.iter().flat_map(|operands| texts(format!("({name}{operands})"))) {
            let program = format!(
                "(define-syntax m (er-macro-transformer (lambda (form rename compare) {call} 1))) (m)"
            );
            let Some(problem) = problem(&program) else { continue };
            if !problem.contains("not available while a macro is being expanded") {
                continue;
            }
            named += usize::from(problem.contains(&format!("`{name}` is not available")));
            let is_output = problem.contains("the output is") && WRITERS.contains(&name.as_str());
            if !is_output && !problem.contains("` is not available") {
                wrong.push(format!("{call}: {problem}"));
            }
        }
    }
    assert!(named > 200, "{named} calls were refused by name");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_macro_and_the_imports_of_its_program_last_from_unit_to_unit() {
    let mut compiler = Compiler::default();
    let units = [
        "(import (prefix (srfi 1) l:))",
        "(define-syntax total (er-macro-transformer (lambda (form rename compare) (l:fold + 0 (cdr form)))))",
        "(define x (total 1 2 3))",
        "(define-syntax ones (er-macro-transformer (lambda (form rename compare) (cons (rename 'list) (l:make-list (cadr form) 1)))))",
        "(ones 3)",
    ];
    for unit in units {
        compiler
            .compile(&[file(unit)])
            .unwrap_or_else(|problems| panic!("{unit}: {}", text_of(&problems[0])));
    }
}

#[test]
fn the_same_text_compiles_to_the_same_program() {
    let text = "(define-syntax pair-of
                  (er-macro-transformer
                   (lambda (form rename compare)
                     (let ((a (gensym)) (b (generate-uninterned-symbol)))
                       `(begin (define ,a 1) (define ,b 2) (,(rename 'list) ,a ,b))))))
                (pair-of) (pair-of)";
    let compile = || Compiler::default().compile(&[file(text)]).expect("it compiles").0;
    let program = compile();
    assert_eq!(program, compile());
    // Names that are made up are different in each use.
    assert_eq!(program.globals.len(), 4, "{:?}", program.globals);
}

#[test]
fn transformers_are_bounded_in_number_and_in_depth() {
    let mut text = String::new();
    for number in 0..4_001 {
        text.push_str(&format!("(define-syntax m{number} (er-macro-transformer (lambda (f r c) 1)))\n"));
    }
    let told = problem(&text).expect("there are too many");
    assert!(told.contains("program.scm:4001:") && told.contains("4000 are the limit"), "{told}");
    let mut inner = "1".to_string();
    for _ in 0..6 {
        inner = format!("(let-syntax ((m (er-macro-transformer (lambda (f r c) {inner})))) (m))");
    }
    let told = problem(&inner).expect("they are too deep");
    assert!(told.contains("transformers need transformers that need others, 4 times over"), "{told}");
}

#[test]
fn a_transformer_may_be_written_with_macros_of_transformers() {
    let program = "(define-library (five) (export five) (import (scheme base) (srfi 211 explicit-renaming))
                     (begin (define-syntax five (er-macro-transformer (lambda (form rename compare) 5)))))
                   (import (five))
                   (define-syntax six (er-macro-transformer (lambda (form rename compare) (+ 1 (five)))))
                   (six)";
    assert_eq!(problem(program), None);
}

#[test]
fn what_transformers_evaluate_compiles_to_the_same_program_each_time() {
    let text = "(define-library (helper) (export helped) (import (scheme base) (scheme eval) (scheme repl))
                  (begin (define count 0)
                         (define (helped datum)
                           (set! count (+ count 1))
                           (list count (eval datum (interaction-environment))))))
                (import (scheme base) (helper) (srfi 211 explicit-renaming))
                (define-syntax now
                  (er-macro-transformer
                   (lambda (form rename compare)
                     `(quote (,(gensym) ,(helped '(symbol? (gensym))) ,(helped (cadr form)))))))
                (write (now (let loop ((i 0) (all '())) (if (= i 9) all (loop (+ i 1) (cons i all))))))
                (write (now 'x))";
    let mut compiler = Compiler::default();
    let program = compiler.compile(&[file(text)]).expect("it compiles").0;
    for _ in 0..3 {
        assert_eq!(Compiler::default().compile(&[file(text)]).expect("it compiles").0, program);
    }
    // A use knows nothing of earlier ones, and neither does one in a later unit.
    let units = [
        "(define-syntax put (er-macro-transformer (lambda (f r c) (eval '(define kept 1)) 1)))",
        "(define-syntax get (er-macro-transformer (lambda (f r c) (eval 'kept))))",
        "(put)",
    ];
    for unit in units {
        compiler
            .compile(&[file(unit)])
            .unwrap_or_else(|problems| panic!("{unit}: {}", text_of(&problems[0])));
    }
    let problems = compiler.compile(&[file("(put) (get)")]).expect_err("it is not there");
    assert!(text_of(&problems[0]).contains("unbound variable: kept"), "{}", text_of(&problems[0]));
}

const NOW: &str =
    "(define-syntax now (er-macro-transformer (lambda (form rename compare) (eval (cadr form)))))\n";

#[test]
fn steps_of_evaluation_count_for_all_transformers_of_a_unit() {
    // About two million steps each: half of a thousand texts, none of which was there before.
    let text = format!(
        "{NOW}{}",
        "(now (let loop ((n 0)) (if (= n 1500) n (begin (eval (list 'quote n)) (loop (+ n 1))))))\n"
            .repeat(40)
    );
    let told = problem(&text).expect("they are too many");
    assert!(told.contains("that of `now` last: 50000000 are the limit"), "{told}");
    let line: usize = told.split(':').nth(1).and_then(|line| line.parse().ok()).expect("a line");
    assert!((10..40).contains(&line), "{told}");
}

#[test]
fn nesting_counts_across_evaluations() {
    let nested =
        |levels: usize, inner: &str| format!("{}{inner}{}", "(list ".repeat(levels), ")".repeat(levels));
    let deep = nested(100, "1");
    let within = |levels| problem(&format!("{NOW}{}", nested(levels, "(now (length (list 1)))")));
    assert_eq!(problem(&format!("{NOW}(now (length {deep}))")), None);
    assert_eq!(within(150), None);
    let told = problem(&format!("{NOW}{}", nested(250, &format!("(now (length {deep}))"))));
    assert!(told.is_some_and(|told| told.contains("`now` fails: eval: eval-1:1:") && told.contains("levels deep")));
}

#[test]
fn transformers_that_evaluate_are_bounded_in_number() {
    let mut text = String::new();
    for number in 0..501 {
        text.push_str(&format!(
            "(define-syntax m{number} (er-macro-transformer (lambda (f r c) (eval 1))))\n"
        ));
    }
    let told = problem(&text).expect("there are too many");
    assert!(told.contains("program.scm:501:") && told.contains("500 are the limit"), "{told}");
}

#[test]
fn editors_do_not_wait_for_what_transformers_evaluate() {
    let text = "(define-syntax m
  (er-macro-transformer
   (lambda (form rename compare)
     (let loop ((n 0)) (eval (list '+ n 1)) (loop (+ n 1))))))
(define answer (m))
(display answer)";
    let files = [SourceFile { name: "program.scm".to_string(), text: text.to_string() }];
    let index = Index::new(&foundation().builtins, &files);
    let place =
        index.definition(0, text.rfind("answer").expect("it is there") as u32).expect("it is defined");
    assert_eq!((place.line, place.column), (5, 9));
}

#[test]
fn data_that_contain_themselves_are_no_operands() {
    let told = problem(
        "(define-syntax quoted (er-macro-transformer (lambda (form rename compare) `(quote ,(cadr form)))))
         (quoted #0=(1 . #0#))",
    );
    assert!(told.is_some_and(|told| told.contains("cannot be given to a transformer")));
}

#[test]
fn long_and_deep_uses_and_answers_are_taken() {
    let numbers: String = (0..20_000).map(|number| format!(" {number}")).collect();
    let deep = format!("{}{}", "(".repeat(9_000), ")".repeat(9_000));
    let program = format!(
        "(define-syntax backwards
           (er-macro-transformer (lambda (form rename compare) `(,(rename 'quote) ,(reverse (cdr form))))))
         (backwards {numbers})
         (backwards {deep})
         (define-syntax nested
           (er-macro-transformer
            (lambda (form rename compare)
              (let loop ((n 0) (made '()))
                (if (= n 20000) `(,(rename 'quote) ,made) (loop (+ n 1) (list made)))))))
         (nested)"
    );
    assert_eq!(problem(&program), None);
}

#[test]
fn editors_see_what_transformers_make_and_what_they_are_made_of() {
    let text = "(define total 0)
(define-syntax add!
  (er-macro-transformer
    (lambda (form rename compare)
      `(,(rename 'set!) ,(cadr form) (,(rename '+) ,(cadr form) 1)))))
(add! total)";
    let files = [SourceFile { name: "program.scm".to_string(), text: text.to_string() }];
    let index = Index::new(&foundation().builtins, &files);
    let at = |needle: &str| text.rfind(needle).expect("it is there") as u32;
    // The operand of the use is the program's variable, and the head is its macro.
    let variable = index.definition(0, at("total)")).expect("it is defined");
    assert_eq!((variable.line, variable.column), (1, 9));
    let keyword = index.definition(0, at("add! total")).expect("it is defined");
    assert_eq!((keyword.line, keyword.column), (2, 16));
    // Within the transformer, names are the transformer's.
    let parameter = index.definition(0, at("form) 1")).expect("it is defined");
    assert_eq!((parameter.line, parameter.column), (4, 14));
    let hover = index.hover(0, at("er-macro-transformer")).expect("it is known");
    assert!(hover.signature.starts_with("(er-macro-transformer (lambda"), "{}", hover.signature);
}
