//! Known procedures: a call of a small local procedure becomes the procedure's body.
//!
//! 1. Only procedures of a body are inlined that call nothing but primitives and assign nothing, so that a body is finite,
//!    and no frame of a procedure that a person would step through is lost but the small one itself.
//! 2. Operands are bound in order before the body, so that effects keep their order; each copy has variables of its own.
//! 3. A procedure that nothing refers to any more is left out.

use std::collections::HashMap;

use super::{Unit, each_part};
use crate::builtins::BuiltinKind;
use crate::ir::{Expr, ExprKind, Item, Lambda, VariableId};

/// Most parts of a body that is copied.
const PARTS_MAX: usize = 12;

/// A procedure that is inlined, and how often something else than a call refers to it.
struct Known {
    lambda: Lambda,
    /// References that stay.
    references: usize,
}

struct Inliner<'a, 'u> {
    unit: &'a mut Unit<'u>,
    known: HashMap<VariableId, Known>,
}

/// Inlines small known procedures in `expr`.
pub(super) fn convert(unit: &mut Unit<'_>, expr: &mut Expr) {
    Inliner { unit, known: HashMap::new() }.visit(expr);
}

impl Inliner<'_, '_> {
    fn visit(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Local(variable) => {
                if let Some(known) = self.known.get_mut(variable) {
                    known.references += 1;
                }
            }
            ExprKind::Body(items, _) => {
                let mut candidates = Vec::new();
                for item in items.iter() {
                    if let Item::Procedures(members) = item
                        && let [(variable, lambda)] = &members[..]
                        && let Some(copy) = self.small(lambda)
                    {
                        self.known.insert(*variable, Known { lambda: copy, references: 0 });
                        candidates.push(*variable);
                    }
                }
                each_part(expr, &mut |part| self.visit(part));
                let ExprKind::Body(items, value) = &mut expr.kind else { return };
                for variable in candidates {
                    if self.known.remove(&variable).is_some_and(|known| known.references == 0) {
                        let is_it = |item: &Item| matches!(item, Item::Procedures(members) if members[0].0 == variable);
                        items.retain(|item| !is_it(item));
                    }
                }
                if items.is_empty() {
                    let placeholder = Expr::unspecified(expr.span);
                    let only = std::mem::replace(&mut **value, placeholder);
                    *expr = only;
                }
            }
            ExprKind::Call(operator, operands) => {
                operands.iter_mut().for_each(|operand| self.visit(operand));
                let callee = match operator.kind {
                    ExprKind::Local(variable) => Some(variable),
                    _ => None,
                };
                match callee.and_then(|variable| self.known.get(&variable)) {
                    Some(known) if known.lambda.params.len() == operands.len() => {
                        let operands = std::mem::take(operands);
                        *expr = inline(self.unit, &known.lambda, operands, expr.span);
                    }
                    _ => self.visit(operator),
                }
            }
            _ => each_part(expr, &mut |part| self.visit(part)),
        }
    }

    /// A copy of a procedure that is small enough.
    fn small(&self, lambda: &Lambda) -> Option<Lambda> {
        if lambda.rest || lambda.params.iter().any(|variable| self.unit.variables[*variable].boxed) {
            return None;
        }
        let mut parts = 0;
        let body = self.copy(&lambda.body, &mut parts)?;
        let Lambda { name, ref params, rest, span, .. } = *lambda;
        Some(Lambda { name, params: params.clone(), rest, body, span })
    }

    /// A copy of an expression that calls nothing but primitives and binds nothing.
    fn copy(&self, expr: &Expr, parts: &mut usize) -> Option<Expr> {
        *parts += 1;
        if *parts > PARTS_MAX {
            return None;
        }
        let mut all = |exprs: &[Expr]| -> Option<Vec<Expr>> {
            exprs.iter().map(|expr| self.copy(expr, parts)).collect()
        };
        let kind = match &expr.kind {
            ExprKind::Literal(literal) => ExprKind::Literal(*literal),
            ExprKind::Local(variable) => ExprKind::Local(*variable),
            ExprKind::Builtin(id) => ExprKind::Builtin(*id),
            ExprKind::And(exprs) => ExprKind::And(all(exprs)?),
            ExprKind::Or(exprs) => ExprKind::Or(all(exprs)?),
            ExprKind::If(clauses, otherwise) => {
                let mut copies = Vec::with_capacity(clauses.len());
                for (test, body) in clauses {
                    copies.push((self.copy(test, parts)?, self.copy(body, parts)?));
                }
                ExprKind::If(copies, Box::new(self.copy(otherwise, parts)?))
            }
            ExprKind::Call(operator, operands) => {
                let ExprKind::Builtin(id) = operator.kind else { return None };
                let builtin = self.unit.builtins.by_id(id);
                if builtin.kind != BuiltinKind::Primitive || !builtin.arity.accepts(operands.len()) {
                    return None;
                }
                let operator = Expr::new(ExprKind::Builtin(id), operator.span);
                ExprKind::Call(Box::new(operator), all(operands)?)
            }
            _ => return None,
        };
        Some(Expr::new(kind, expr.span))
    }
}

/// The body of `lambda` with its parameters bound to `operands`.
fn inline(unit: &mut Unit<'_>, lambda: &Lambda, operands: Vec<Expr>, span: bytecode::Span) -> Expr {
    let mut fresh = HashMap::new();
    let mut bindings = Vec::with_capacity(operands.len());
    for (parameter, operand) in lambda.params.iter().zip(operands) {
        let name = unit.variables[*parameter].name;
        let variable = unit.variables.add(name, false);
        fresh.insert(*parameter, variable);
        bindings.push((variable, operand));
    }
    let mut body = renamed(&lambda.body, &fresh);
    // Calls of the body are what the call was: their places are the procedure's, as they were.
    if bindings.is_empty() {
        body.span = if body.is_trivial() { span } else { body.span };
    }
    Expr::bind(bindings, body, span)
}

/// A copy of what [`Inliner::copy`] accepts, with other variables.
fn renamed(expr: &Expr, fresh: &HashMap<VariableId, VariableId>) -> Expr {
    let all = |exprs: &[Expr]| -> Vec<Expr> { exprs.iter().map(|expr| renamed(expr, fresh)).collect() };
    let kind = match &expr.kind {
        ExprKind::Local(variable) => ExprKind::Local(fresh.get(variable).copied().unwrap_or(*variable)),
        ExprKind::Literal(literal) => ExprKind::Literal(*literal),
        ExprKind::Builtin(id) => ExprKind::Builtin(*id),
        ExprKind::And(exprs) => ExprKind::And(all(exprs)),
        ExprKind::Or(exprs) => ExprKind::Or(all(exprs)),
        ExprKind::If(clauses, otherwise) => {
            let copy = |(test, body): &(Expr, Expr)| (renamed(test, fresh), renamed(body, fresh));
            ExprKind::If(clauses.iter().map(copy).collect(), Box::new(renamed(otherwise, fresh)))
        }
        ExprKind::Call(operator, operands) => {
            ExprKind::Call(Box::new(renamed(operator, fresh)), all(operands))
        }
        _ => unreachable!("a small body holds nothing else"),
    };
    Expr::new(kind, expr.span)
}
