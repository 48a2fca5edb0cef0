//! The Scheme-side library: procedures of the machine that are written in Scheme.
//!
//! 1. A library file holds nothing but `(define (name parameter ...) body ...)`.
//! 2. A library procedure captures nothing and uses no global: it refers to other library procedures and to
//!    primitives as builtins, by name. So its code is shared by all worlds.

use crate::builtins::{Arity, BuiltinKind, Builtins};
use crate::diagnostic::{Diagnostic, Outcome, Problem, Severity};
use crate::expand::{Expander, Mode, State};
use crate::generate::Output;
use crate::ir::{Expr, Lambda};
use crate::passes::{self, Passes};
use crate::session::{generator, read_files};
use crate::syntax::{Datum, Symbol, Syntax};
use bytecode::{ProcedureIndex, Program, SourceFile, Span};

/// The compiled library.
#[derive(Clone, Debug)]
pub struct Library {
    /// Its code. The entry does nothing and need not run.
    pub program: Program,
    /// Name, procedure and arity of each builtin that the library adds.
    pub exports: Vec<(String, ProcedureIndex, Arity)>,
}

/// The files of the machine's own library: name and text.
pub fn prelude() -> &'static [(&'static str, &'static str)] {
    &[
        ("library/features.scm", include_str!(concat!(env!("OUT_DIR"), "/library/features.scm"))),
        ("library/control.scm", include_str!(concat!(env!("OUT_DIR"), "/library/control.scm"))),
        ("library/conditions.scm", include_str!(concat!(env!("OUT_DIR"), "/library/conditions.scm"))),
        ("library/numbers.scm", include_str!(concat!(env!("OUT_DIR"), "/library/numbers.scm"))),
        ("library/lists.scm", include_str!(concat!(env!("OUT_DIR"), "/library/lists.scm"))),
        ("library/sequences.scm", include_str!(concat!(env!("OUT_DIR"), "/library/sequences.scm"))),
        ("library/sort.scm", include_str!(concat!(env!("OUT_DIR"), "/library/sort.scm"))),
        ("library/tables.scm", include_str!(concat!(env!("OUT_DIR"), "/library/tables.scm"))),
        ("library/ports.scm", include_str!(concat!(env!("OUT_DIR"), "/library/ports.scm"))),
        ("library/files.scm", include_str!(concat!(env!("OUT_DIR"), "/library/files.scm"))),
        ("library/complex.scm", include_str!(concat!(env!("OUT_DIR"), "/library/complex.scm"))),
        ("library/read.scm", include_str!(concat!(env!("OUT_DIR"), "/library/read.scm"))),
        ("library/evaluation.scm", include_str!(concat!(env!("OUT_DIR"), "/library/evaluation.scm"))),
        ("library/actors.scm", include_str!(concat!(env!("OUT_DIR"), "/library/actors.scm"))),
        ("library/types.scm", include_str!(concat!(env!("OUT_DIR"), "/library/types.scm"))),
        ("library/memoization.scm", include_str!(concat!(env!("OUT_DIR"), "/library/memoization.scm"))),
        ("library/memory.scm", include_str!(concat!(env!("OUT_DIR"), "/library/memory.scm"))),
    ]
}

/// Compiles [`prelude`] over the primitives, and answers it with the table of all builtins.
///
/// # Errors
/// What is wrong with the library; a test keeps this from happening.
pub fn standard() -> Result<(Library, Builtins), Vec<Diagnostic>> {
    let mut builtins = Builtins::primitives();
    let files: Vec<SourceFile> = prelude()
        .iter()
        .map(|(name, text)| SourceFile { name: (*name).into(), text: (*text).into() })
        .collect();
    let library = compile_library(&files, &builtins)?;
    builtins.add_library(&library);
    Ok((library, builtins))
}

/// Compiles library files over `primitives`.
///
/// # Errors
/// One diagnostic for every definition that is wrong.
pub fn compile_library(files: &[SourceFile], primitives: &Builtins) -> Result<Library, Vec<Diagnostic>> {
    let mut state = State::new();
    let forms = read_files(&mut state, files)?;
    let fail = |problems: Vec<Problem>| -> Vec<Diagnostic> {
        problems.into_iter().map(|problem| problem.into_diagnostic(files, Severity::Error)).collect()
    };
    let mut builtins = primitives.clone();
    let mut problems = Vec::new();
    for form in &forms {
        match signature(form) {
            Ok((symbol, arity)) => {
                let name = state.interner.name(symbol);
                if builtins.id(name).is_some() {
                    problems.push(Problem::new(form.span, format!("`{name}` is defined twice")));
                }
                builtins.add(name, arity, BuiltinKind::Library);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    if !problems.is_empty() {
        return Err(fail(problems));
    }
    let mut expander = Expander::new(&mut state, &builtins, Mode::Library, files.to_vec());
    let mut output = Output::new();
    let mut exports = Vec::with_capacity(forms.len());
    for form in &forms {
        match procedure(&mut expander, &mut output, form) {
            Ok(export) => exports.push(export),
            Err(problem) => problems.push(*problem),
        }
    }
    generator(&mut expander, &mut output).last(&Expr::unspecified(Span::default()), false);
    problems.append(&mut output.problems);
    problems.append(&mut expander.warnings);
    if !problems.is_empty() {
        return Err(fail(problems));
    }
    let constants = std::mem::take(&mut expander.constants).into_entries();
    let program =
        Program { files: files.to_vec(), constants, globals: Vec::new(), procedures: output.procedures };
    Ok(Library { program, exports })
}

/// Name and arity of `(define (name parameter ...) body ...)`.
fn signature(form: &Syntax) -> Outcome<(Symbol, Arity)> {
    let parts = form.as_list().unwrap_or(&[]);
    let defines =
        parts.first().and_then(Syntax::as_identifier).is_some_and(|head| head.symbol == Symbol::DEFINE);
    let (items, rest) = match parts.get(1).map(|target| &target.datum) {
        Some(Datum::List(items)) if defines => (&items.0[..], false),
        Some(Datum::Improper(items)) if defines => (&items.0[..], true),
        _ => return Problem::fail(form.span, "a library file holds definitions of procedures only"),
    };
    let Some(name) = items.first().and_then(Syntax::as_identifier) else {
        return Problem::fail(form.span, "a name must stand here");
    };
    let count = (items.len() - 1) as u16;
    let arity =
        if rest { Arity { min: count - 1, max: None } } else { Arity { min: count, max: Some(count) } };
    Ok((name.symbol, arity))
}

fn procedure(
    expander: &mut Expander<'_>,
    output: &mut Output,
    form: &Syntax,
) -> Outcome<(String, ProcedureIndex, Arity)> {
    let (symbol, arity) = signature(form)?;
    let mut lambda: Lambda = expander.expand_library_procedure(form)?;
    passes::run(Passes::ALL, expander, &mut lambda.body);
    if let Some(global) = expander.globals.first() {
        let name = expander.state.interner.name(*global).clone();
        return Problem::fail(form.span, format!("the library has no `{name}`"));
    }
    match generator(expander, output).library_procedure(&lambda) {
        Some(index) => Ok((expander.state.interner.name(symbol).to_string(), index, arity)),
        None => Problem::fail(form.span, "a library procedure must not capture variables"),
    }
}
