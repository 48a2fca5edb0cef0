//! Passes over the tree between expander and code generator, one to a file: known procedures, constant folding, loops.
//!
//! 1. Each keeps the value, the effects and their order, and the errors of every program; it may change how many
//!    reductions a program takes, and which of its procedures have a frame.
//! 2. Each can be switched off ([`Passes`]), and none needs another.
//! 3. Each runs over one form of a top level at a time, in linear time, and no deeper than the tree.
//!
//! Two things that compilers often do as passes are parts of others here: the expander marks variables that are assigned,
//! which then live in boxes, and the code generator finds what closures capture, and writes builtins as instructions.

mod fold;
mod known;
mod loops;

use crate::builtins::Builtins;
use crate::expand::Expander;
use crate::ir::{Expr, ExprKind, Item, MatchStep, Variables};

/// Which passes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Calls of small known procedures become their bodies.
    pub known: bool,
    /// What constants decide is decided by the compiler.
    pub fold: bool,
    /// Procedures that are only ever called in tail position become jumps.
    pub loops: bool,
    /// No pass: declared types are checked as the program runs.
    pub checks: bool,
}

impl Passes {
    /// All.
    pub const ALL: Passes = Passes { known: true, fold: true, loops: true, checks: true };
    /// None.
    pub const NONE: Passes = Passes { known: false, fold: false, loops: false, checks: true };
    /// Their names.
    pub const NAMES: [&str; 3] = ["known", "fold", "loops"];

    /// The same without the pass of this name; `None` if there is no such.
    pub fn without(self, name: &str) -> Option<Passes> {
        match name {
            "known" => Some(Passes { known: false, ..self }),
            "fold" => Some(Passes { fold: false, ..self }),
            "loops" => Some(Passes { loops: false, ..self }),
            _ => None,
        }
    }
}

impl Default for Passes {
    fn default() -> Passes {
        Passes::ALL
    }
}

/// What passes know of the unit.
struct Unit<'a> {
    builtins: &'a Builtins,
    variables: &'a mut Variables,
}

/// Runs the passes that are switched on.
pub(crate) fn run(passes: Passes, expander: &mut Expander<'_>, expr: &mut Expr) {
    let mut unit = Unit { builtins: expander.builtins, variables: &mut expander.variables };
    if passes.known {
        known::convert(&mut unit, expr);
    }
    if passes.fold {
        fold::convert(&unit, expr);
    }
    if passes.loops {
        loops::convert(expr);
    }
}

/// Calls `visit` for every part of `expr`, in the order in which they are evaluated; the bodies of closures too.
fn each_part(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Local(_)
        | ExprKind::Global(_)
        | ExprKind::Builtin(_)
        | ExprKind::ReceiveAny => {}
        ExprKind::SetLocal(_, value) | ExprKind::SetGlobal(_, value) | ExprKind::DefineGlobal(_, value) => {
            visit(value);
        }
        ExprKind::If(clauses, otherwise) => {
            for (test, body) in clauses {
                visit(test);
                visit(body);
            }
            visit(otherwise);
        }
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Seq(parts) => parts.iter_mut().for_each(visit),
        ExprKind::Lambda(lambda) => visit(&mut lambda.body),
        ExprKind::Body(items, value) => {
            for item in items {
                match item {
                    Item::Bind(_, expr) | Item::Do(expr) => visit(expr),
                    Item::Box(_) => {}
                    Item::Procedures(members) | Item::Loop(members) => {
                        members.iter_mut().for_each(|(_, lambda)| visit(&mut lambda.body));
                    }
                }
            }
            visit(value);
        }
        ExprKind::Call(operator, operands) => {
            visit(operator);
            operands.iter_mut().for_each(visit);
        }
        ExprKind::Intrinsic(_, operands) => operands.iter_mut().for_each(visit),
        ExprKind::Receive(receive) => {
            for clause in &mut receive.clauses {
                for step in &mut clause.steps {
                    let (MatchStep::Test(expr) | MatchStep::Bind(_, expr)) = step;
                    visit(expr);
                }
                visit(&mut clause.body);
            }
            if let Some((milliseconds, body)) = &mut receive.after {
                visit(milliseconds);
                visit(body);
            }
        }
    }
}
