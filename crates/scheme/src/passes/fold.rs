//! Constant folding: what constants decide is decided by the compiler.
//!
//! 1. Only exact integers that fit an instruction, booleans, and the empty list are computed with: their operations are the
//!    same everywhere. A result that does not fit, and whatever would be an error, is left to the machine.
//! 2. A variable that holds such a constant and is never assigned is replaced by it. It keeps its binding, so that the
//!    debugger shows it.
//! 3. Nothing is left out but what could neither fail nor be noticed.

use std::collections::HashMap;

use super::{Unit, each_part};
use crate::builtins::BuiltinKind;
use crate::ir::{Expr, ExprKind, Item, Literal, VariableId};

struct Folder<'a> {
    unit: &'a Unit<'a>,
    /// Variables that hold constants.
    known: HashMap<VariableId, Literal>,
}

/// Folds constants in `expr`.
pub(super) fn convert(unit: &Unit<'_>, expr: &mut Expr) {
    Folder { unit, known: HashMap::new() }.visit(expr);
}

/// A constant that is computed with, or `None` for one that lies in the pool.
fn constant(expr: &Expr) -> Option<Literal> {
    match expr.kind {
        ExprKind::Literal(Literal::Pooled(_)) => None,
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

/// Whether it counts as true, if that is known: constants in the pool are all true.
fn truth(expr: &Expr) -> Option<bool> {
    match expr.kind {
        ExprKind::Literal(literal) => Some(literal != Literal::Boolean(false)),
        ExprKind::Lambda(_) | ExprKind::Builtin(_) => Some(true),
        _ => None,
    }
}

impl Folder<'_> {
    fn visit(&mut self, expr: &mut Expr) {
        if let ExprKind::Local(variable) = expr.kind {
            if let Some(literal) = self.known.get(&variable) {
                expr.kind = ExprKind::Literal(*literal);
            }
            return;
        }
        if let ExprKind::Body(items, value) = &mut expr.kind {
            for item in items {
                self.item(item);
            }
            return self.visit(value);
        }
        each_part(expr, &mut |part| self.visit(part));
        match &mut expr.kind {
            ExprKind::If(clauses, otherwise) => {
                let mut kept = Vec::with_capacity(clauses.len());
                for (test, body) in std::mem::take(clauses) {
                    match truth(&test) {
                        Some(false) => {}
                        Some(true) => {
                            **otherwise = body;
                            break;
                        }
                        None => kept.push((test, body)),
                    }
                }
                *clauses = kept;
                if clauses.is_empty() {
                    let placeholder = Expr::unspecified(expr.span);
                    let only = std::mem::replace(&mut **otherwise, placeholder);
                    *expr = only;
                }
            }
            ExprKind::And(parts) => {
                connective(expr.span, parts, false).into_iter().for_each(|only| *expr = only)
            }
            ExprKind::Or(parts) => {
                connective(expr.span, parts, true).into_iter().for_each(|only| *expr = only)
            }
            ExprKind::Seq(parts) => {
                let last = parts.len() - 1;
                let mut index = 0;
                parts.retain(|part| {
                    index += 1;
                    index > last || truth(part).is_none()
                });
                if parts.len() == 1 {
                    *expr = parts.remove(0);
                }
            }
            ExprKind::Call(operator, operands) => {
                if let Some(literal) = self.call(operator, operands) {
                    expr.kind = ExprKind::Literal(literal);
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, item: &mut Item) {
        match item {
            Item::Bind(variable, expr) => {
                self.visit(expr);
                if let Some(literal) = constant(expr)
                    && !self.unit.variables[*variable].boxed
                {
                    self.known.insert(*variable, literal);
                }
            }
            Item::Do(expr) => self.visit(expr),
            Item::Box(_) => {}
            Item::Procedures(members) | Item::Loop(members) => {
                members.iter_mut().for_each(|(_, lambda)| self.visit(&mut lambda.body));
            }
        }
    }

    /// The value of a call, if constants decide it.
    fn call(&self, operator: &Expr, operands: &[Expr]) -> Option<Literal> {
        let ExprKind::Builtin(id) = operator.kind else { return None };
        let builtin = self.unit.builtins.by_id(id);
        if builtin.kind != BuiltinKind::Primitive || !builtin.arity.accepts(operands.len()) {
            return None;
        }
        let operands: Option<Vec<Literal>> = operands.iter().map(constant).collect();
        apply(&builtin.name, &operands?)
    }
}

/// Simplifies `and` (`decides` is false) or `or` (`decides` is true). Answers what is left if that is one part.
fn connective(span: bytecode::Span, parts: &mut Vec<Expr>, decides: bool) -> Option<Expr> {
    let mut kept = Vec::with_capacity(parts.len());
    let count = parts.len();
    for (index, part) in std::mem::take(parts).into_iter().enumerate() {
        match truth(&part) {
            Some(truth) if truth == decides => {
                kept.push(part);
                break;
            }
            // The last one is the value.
            Some(_) if index + 1 < count => {}
            _ => kept.push(part),
        }
    }
    *parts = kept;
    match parts.len() {
        0 => Some(Expr::literal(Literal::Boolean(!decides), span)),
        1 => parts.pop(),
        _ => None,
    }
}

/// Whether each neighbouring pair of integers is in `order`.
fn chain(numbers: &[i64], order: fn(&i64, &i64) -> bool) -> Option<Literal> {
    Some(Literal::Boolean(numbers.windows(2).all(|pair| order(&pair[0], &pair[1]))))
}

fn integer(number: Option<i64>) -> Option<Literal> {
    number.and_then(|number| i32::try_from(number).ok()).map(Literal::Integer)
}

/// What the primitive `name` answers to constants, if that is one.
fn apply(name: &str, operands: &[Literal]) -> Option<Literal> {
    let boolean = |truth: bool| Some(Literal::Boolean(truth));
    match (name, operands) {
        ("not", [operand]) => return boolean(*operand == Literal::Boolean(false)),
        ("null?", [operand]) => return boolean(*operand == Literal::Nil),
        ("pair?" | "procedure?" | "symbol?" | "string?" | "vector?", [_]) => return boolean(false),
        ("boolean?", [operand]) => return boolean(matches!(operand, Literal::Boolean(_))),
        ("eq?" | "eqv?" | "equal?", [this, that]) => return boolean(this == that),
        ("number?" | "integer?" | "exact?" | "rational?" | "real?", [Literal::Integer(_)]) => {
            return boolean(true);
        }
        _ => {}
    }
    let numbers: Option<Vec<i64>> = operands
        .iter()
        .map(|operand| match operand {
            Literal::Integer(number) => Some(i64::from(*number)),
            _ => None,
        })
        .collect();
    let numbers = numbers?;
    match (name, &numbers[..]) {
        ("+", numbers) => integer(numbers.iter().try_fold(0_i64, |sum, number| sum.checked_add(*number))),
        ("*", numbers) => {
            integer(numbers.iter().try_fold(1_i64, |product, number| product.checked_mul(*number)))
        }
        ("-", [number]) => integer(Some(-number)),
        ("-", [first, rest @ ..]) => {
            integer(rest.iter().try_fold(*first, |left, number| left.checked_sub(*number)))
        }
        ("quotient" | "truncate-quotient", [left, right]) => integer(left.checked_div(*right)),
        ("remainder" | "truncate-remainder", [left, right]) => integer(left.checked_rem(*right)),
        ("modulo" | "floor-remainder", [left, right]) if *right != 0 => {
            let rest = left % right;
            integer(Some(if rest != 0 && (rest < 0) != (*right < 0) { rest + right } else { rest }))
        }
        ("abs" | "magnitude", [number]) => integer(Some(number.abs())),
        ("1+", [number]) => integer(Some(number + 1)),
        ("-1+", [number]) => integer(Some(number - 1)),
        ("zero?", [number]) => boolean(*number == 0),
        ("positive?", [number]) => boolean(*number > 0),
        ("negative?", [number]) => boolean(*number < 0),
        ("even?", [number]) => boolean(number % 2 == 0),
        ("odd?", [number]) => boolean(number % 2 != 0),
        ("=", numbers) if !numbers.is_empty() => chain(numbers, |left, right| left == right),
        ("<", numbers) if !numbers.is_empty() => chain(numbers, |left, right| left < right),
        (">", numbers) if !numbers.is_empty() => chain(numbers, |left, right| left > right),
        ("<=", numbers) if !numbers.is_empty() => chain(numbers, |left, right| left <= right),
        (">=", numbers) if !numbers.is_empty() => chain(numbers, |left, right| left >= right),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_computed_with_as_the_machine_does() {
        let integers =
            |numbers: &[i32]| -> Vec<Literal> { numbers.iter().map(|n| Literal::Integer(*n)).collect() };
        let cases: &[(&str, &[i32], Option<i32>)] = &[
            ("+", &[], Some(0)),
            ("+", &[1, 2, 3], Some(6)),
            ("+", &[i32::MAX, 1], None),
            ("*", &[7, -6], Some(-42)),
            ("*", &[i32::MAX, i32::MAX, i32::MAX], None),
            ("-", &[5], Some(-5)),
            ("-", &[i32::MIN], None),
            ("-", &[10, 2, 3], Some(5)),
            ("quotient", &[-7, 2], Some(-3)),
            ("remainder", &[-7, 2], Some(-1)),
            ("modulo", &[-7, 2], Some(1)),
            ("modulo", &[7, -2], Some(-1)),
            ("modulo", &[6, -2], Some(0)),
            ("quotient", &[1, 0], None),
            ("modulo", &[1, 0], None),
            ("abs", &[-3], Some(3)),
        ];
        for (name, operands, wanted) in cases {
            assert_eq!(
                apply(name, &integers(operands)),
                wanted.map(Literal::Integer),
                "({name} {operands:?})"
            );
        }
        assert_eq!(apply("<", &integers(&[1, 2, 2])), Some(Literal::Boolean(false)));
        assert_eq!(apply("<=", &integers(&[1, 2, 2])), Some(Literal::Boolean(true)));
        assert_eq!(apply("car", &[Literal::Nil]), None);
        assert_eq!(apply("+", &[Literal::Nil]), None);
    }
}
