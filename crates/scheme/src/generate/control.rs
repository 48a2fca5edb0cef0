//! Conditionals and connectives: jumps without booleans on the stack.

use super::{Context, Generator};
use crate::builtins::BuiltinKind;
use crate::ir::{Expr, ExprKind, Literal};
use bytecode::{Instruction, Label};

impl Generator<'_> {
    pub(super) fn conditional(&mut self, clauses: &[(Expr, Expr)], otherwise: &Expr, context: Context) {
        let base = self.depth();
        let end = self.function().label();
        let after = base + u32::from(context == Context::Push);
        for (test, body) in clauses {
            let next = self.function().label();
            self.test(test, next, false);
            self.expression(body, context);
            self.function().jump(end);
            self.function().place(next, base);
        }
        self.expression(otherwise, context);
        self.function().place(end, after);
    }

    /// Jumps to `target` if `expr` is true or false as `wanted` says; goes on otherwise.
    pub(super) fn test(&mut self, expr: &Expr, target: Label, wanted: bool) {
        if !self.function().reachable {
            return;
        }
        match &expr.kind {
            ExprKind::Literal(literal) => {
                if (*literal != Literal::Boolean(false)) == wanted {
                    self.function().jump(target);
                }
            }
            ExprKind::Lambda(_) | ExprKind::Builtin(_) => {
                if wanted {
                    self.function().jump(target);
                }
            }
            ExprKind::And(parts) => self.test_parts(parts, target, wanted, false),
            ExprKind::Or(parts) => self.test_parts(parts, target, wanted, true),
            ExprKind::Seq(parts) => {
                let Some((last, before)) = parts.split_last() else { return };
                for part in before {
                    self.expression(part, Context::Effect);
                }
                self.test(last, target, wanted);
            }
            ExprKind::Call(operator, operands) if operands.len() == 1 && self.is_not(operator) => {
                self.test(&operands[0], target, !wanted);
            }
            _ => {
                self.expression(expr, Context::Push);
                if wanted {
                    let skip = self.function().label();
                    self.function().jump_if_false(skip);
                    let depth = self.depth();
                    self.function().jump(target);
                    self.function().place(skip, depth);
                } else {
                    self.function().jump_if_false(target);
                }
            }
        }
    }

    /// `and` stops at the first part that is false, `or` at the first that is true: `stop` says which.
    fn test_parts(&mut self, parts: &[Expr], target: Label, wanted: bool, stop: bool) {
        let Some((last, before)) = parts.split_last() else { return };
        if wanted == stop {
            for part in before {
                self.test(part, target, wanted);
            }
            self.test(last, target, wanted);
        } else {
            let go_on = self.function().label();
            for part in before {
                self.test(part, go_on, stop);
            }
            self.test(last, target, wanted);
            let depth = self.depth();
            self.function().place(go_on, depth);
        }
    }

    fn is_not(&self, operator: &Expr) -> bool {
        match operator.kind {
            ExprKind::Builtin(id) => {
                let builtin = self.builtins.by_id(id);
                builtin.kind == BuiltinKind::Primitive && builtin.name == "not"
            }
            _ => false,
        }
    }

    pub(super) fn conjunction(&mut self, parts: &[Expr], context: Context) {
        let Some((last, before)) = parts.split_last() else { return };
        let base = self.depth();
        let no = self.function().label();
        let end = self.function().label();
        for part in before {
            self.test(part, no, false);
        }
        self.expression(last, context);
        self.function().jump(end);
        self.function().place(no, base);
        if self.function().reachable {
            self.literal(Literal::Boolean(false), context);
        }
        self.function().place(end, base + u32::from(context == Context::Push));
    }

    pub(super) fn disjunction(&mut self, parts: &[Expr], context: Context) {
        let Some((last, before)) = parts.split_last() else { return };
        let base = self.depth();
        let yes = self.function().label();
        let end = self.function().label();
        for part in before {
            if context == Context::Effect {
                self.test(part, end, true);
            } else if self.is_boolean(part) {
                self.test(part, yes, true);
            } else {
                let next = self.function().label();
                self.expression(part, Context::Push);
                self.emit(Instruction::Dup {});
                self.function().jump_if_false(next);
                self.finish_value(context);
                self.function().jump(end);
                self.function().place(next, base + 1);
                self.emit(Instruction::Pop {});
            }
        }
        self.expression(last, context);
        self.function().jump(end);
        self.function().place(yes, base);
        if self.function().reachable {
            self.literal(Literal::Boolean(true), context);
        }
        self.function().place(end, base + u32::from(context == Context::Push));
    }
}
