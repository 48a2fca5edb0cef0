//! Builtins that the compiler writes as instructions of their own, and how.

use super::{Context, Generator};
use crate::builtins::{BuiltinId, BuiltinKind};
use crate::ir::{Expr, ExprKind, Literal};
use bytecode::{Constant, Instruction};

/// How a call to a builtin is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Inline {
    /// One operand, one result.
    Unary(Instruction),
    /// Two operands, one result.
    Binary(Instruction),
    /// That many operands, no result.
    Effect(Instruction, usize),
    /// Any number of operands, from the left; the value of none of them.
    Fold(Instruction, i32),
    /// As `Fold`, but without a value for no operands.
    FoldSome(Instruction),
    /// One operand, compared with zero.
    WithZero(Instruction),
    /// One operand and a constant.
    WithConstant(Instruction, i32),
    /// `car` and `cdr`, applied from the right.
    Path(&'static str),
    List,
    ConsStar,
    Equal,
    /// A call with that many arguments is a call of another builtin.
    Alias(usize, &'static str),
    /// `apply`.
    Apply,
    /// It never returns: the caller's frame stays, so that traces and places name it.
    NeverReturns,
}

/// Lists of at most this many items are made by `Cons`.
const LIST_MAX: usize = 8;

/// How to write a call to the primitive `name`, if it is not simply `Primitive`.
pub(crate) fn of(name: &str) -> Option<Inline> {
    use Instruction as I;
    Some(match name {
        "car" => Inline::Unary(I::Car {}),
        "cdr" => Inline::Unary(I::Cdr {}),
        "null?" => Inline::Unary(I::IsNull {}),
        "pair?" => Inline::Unary(I::IsPair {}),
        "not" => Inline::Unary(I::Not {}),
        "cons" => Inline::Binary(I::Cons {}),
        "eq?" | "eqv?" => Inline::Binary(I::Eq {}),
        "equal?" => Inline::Equal,
        "vector-ref" => Inline::Binary(I::VectorRef {}),
        "string-ref" => Inline::Binary(I::StringRef {}),
        "quotient" | "truncate-quotient" => Inline::Binary(I::Quotient {}),
        "remainder" | "truncate-remainder" => Inline::Binary(I::Remainder {}),
        "modulo" | "floor-remainder" => Inline::Binary(I::Modulo {}),
        "=" => Inline::Binary(I::NumberEqual {}),
        "<" => Inline::Binary(I::Less {}),
        ">" => Inline::Binary(I::Greater {}),
        "<=" => Inline::Binary(I::LessOrEqual {}),
        ">=" => Inline::Binary(I::GreaterOrEqual {}),
        "+" => Inline::Fold(I::Add {}, 0),
        "*" => Inline::Fold(I::Multiply {}, 1),
        "-" => Inline::FoldSome(I::Subtract {}),
        "/" => Inline::FoldSome(I::Divide {}),
        "zero?" => Inline::WithZero(I::NumberEqual {}),
        "positive?" => Inline::WithZero(I::Greater {}),
        "negative?" => Inline::WithZero(I::Less {}),
        "1+" => Inline::WithConstant(I::Add {}, 1),
        "-1+" => Inline::WithConstant(I::Add {}, -1),
        "set-car!" => Inline::Effect(I::SetCar {}, 2),
        "set-cdr!" => Inline::Effect(I::SetCdr {}, 2),
        "vector-set!" => Inline::Effect(I::VectorSet {}, 3),
        "send" | "!" => Inline::Effect(I::Send {}, 2),
        "list" => Inline::List,
        "cons*" => Inline::ConsStar,
        "caar" => Inline::Path("aa"),
        "cadr" => Inline::Path("ad"),
        "cdar" => Inline::Path("da"),
        "cddr" => Inline::Path("dd"),
        "caaar" => Inline::Path("aaa"),
        "caadr" => Inline::Path("aad"),
        "cadar" => Inline::Path("ada"),
        "caddr" => Inline::Path("add"),
        "cdaar" => Inline::Path("daa"),
        "cdadr" => Inline::Path("dad"),
        "cddar" => Inline::Path("dda"),
        "cdddr" => Inline::Path("ddd"),
        "cadddr" => Inline::Path("addd"),
        "cddddr" => Inline::Path("dddd"),
        _ => return None,
    })
}

/// How to write a call to the library procedure `name`, if it is not a plain call.
pub(crate) fn of_library(name: &str) -> Option<Inline> {
    match name {
        "apply" => Some(Inline::Apply),
        "member" => Some(Inline::Alias(2, "%member")),
        "assoc" => Some(Inline::Alias(2, "%assoc")),
        "error" | "raise" | "%assertion-failed" | "%case-lambda-error" => Some(Inline::NeverReturns),
        _ => None,
    }
}

impl Generator<'_> {
    /// Writes a call to a builtin, unless only a plain call will do.
    pub(super) fn builtin_call(
        &mut self,
        id: BuiltinId,
        operands: &[Expr],
        call: &Expr,
        context: Context,
    ) -> bool {
        let builtin = self.builtins.by_id(id);
        if !builtin.arity.accepts(operands.len()) {
            return false;
        }
        let (kind, inline) = (builtin.kind, builtin.inline);
        if let Some(inline) = inline
            && self.inline_call(inline, operands, call, context)
        {
            return true;
        }
        if kind == BuiltinKind::Library || operands.len() > super::ARGUMENTS_MAX {
            return false;
        }
        self.operands(operands);
        self.mark(call.span);
        let builtin = self.constants.builtin(id, self.builtins);
        self.emit(Instruction::Primitive { builtin, count: operands.len() as u16 });
        self.finish_value(context);
        true
    }

    fn operands(&mut self, operands: &[Expr]) {
        for operand in operands {
            self.expression(operand, Context::Push);
        }
    }

    /// Writes the call as `inline` says; answers `false`, having written nothing, if that does not fit.
    fn inline_call(&mut self, inline: Inline, operands: &[Expr], call: &Expr, context: Context) -> bool {
        match (inline, operands) {
            (Inline::Unary(op), [_]) | (Inline::Binary(op), [_, _]) => {
                self.operands(operands);
                self.mark(call.span);
                self.emit(op);
            }
            (Inline::Effect(op, count), _) if operands.len() == count => {
                self.operands(operands);
                self.mark(call.span);
                self.emit(op);
                self.finish_nothing(context);
                return true;
            }
            (Inline::Fold(_, none), []) => self.emit(Instruction::Integer { value: none }),
            (Inline::Fold(op, _) | Inline::FoldSome(op), [first, rest @ ..]) if !rest.is_empty() => {
                self.expression(first, Context::Push);
                for operand in rest {
                    self.expression(operand, Context::Push);
                    self.mark(call.span);
                    self.emit(op);
                }
            }
            (Inline::WithZero(op), [_]) => {
                self.operands(operands);
                self.emit(Instruction::Integer { value: 0 });
                self.mark(call.span);
                self.emit(op);
            }
            (Inline::WithConstant(op, value), [_]) => {
                self.operands(operands);
                self.emit(Instruction::Integer { value });
                self.mark(call.span);
                self.emit(op);
            }
            (Inline::Path(path), [_]) => {
                self.operands(operands);
                self.mark(call.span);
                for letter in path.bytes().rev() {
                    self.emit(if letter == b'a' { Instruction::Car {} } else { Instruction::Cdr {} });
                }
            }
            (Inline::List, _) if operands.len() <= LIST_MAX => {
                self.operands(operands);
                self.emit(Instruction::Nil {});
                self.conses(operands.len(), call);
            }
            (Inline::ConsStar, [_, rest @ ..]) => {
                self.operands(operands);
                self.conses(rest.len(), call);
            }
            (Inline::Equal, [a, b]) if self.is_simple(a) || self.is_simple(b) => {
                self.operands(operands);
                self.mark(call.span);
                self.emit(Instruction::Eq {});
            }
            (Inline::Alias(count, name), _) if operands.len() == count => {
                let Some(id) = self.builtins.id(name) else { return false };
                return self.builtin_call(id, operands, call, context);
            }
            (Inline::Apply, [_, rest @ ..]) if !rest.is_empty() => {
                self.operands(operands);
                self.conses(rest.len() - 1, call);
                self.apply(call, context);
                return true;
            }
            (Inline::NeverReturns, _) if operands.len() <= super::ARGUMENTS_MAX => {
                let ExprKind::Call(operator, _) = &call.kind else { return false };
                self.expression(operator, Context::Push);
                self.operands(operands);
                self.mark(call.span);
                self.emit(Instruction::Call { count: operands.len() as u16 });
            }
            _ => return false,
        }
        self.finish_value(context);
        true
    }

    pub(super) fn conses(&mut self, count: usize, call: &Expr) {
        self.mark(call.span);
        for _ in 0..count {
            self.emit(Instruction::Cons {});
        }
    }

    /// A constant for which `equal?` is `eqv?`.
    fn is_simple(&self, expr: &Expr) -> bool {
        match expr.kind {
            ExprKind::Literal(Literal::Pooled(index)) => matches!(
                self.constants.entry_at(index),
                Some(
                    Constant::Symbol(_)
                        | Constant::Character(_)
                        | Constant::Integer(_)
                        | Constant::BigInteger(_)
                        | Constant::Ratio(_)
                        | Constant::Flonum(_)
                )
            ),
            ExprKind::Literal(_) => true,
            _ => false,
        }
    }

    /// Whether the value of `expr` is always `#t` or `#f`.
    pub(super) fn is_boolean(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(Literal::Boolean(_)) => true,
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().all(|part| self.is_boolean(part)),
            ExprKind::Call(operator, operands) => match operator.kind {
                ExprKind::Builtin(id) => {
                    let builtin = self.builtins.by_id(id);
                    builtin.kind == BuiltinKind::Primitive
                        && builtin.arity.accepts(operands.len())
                        && (builtin.name.ends_with('?')
                            || matches!(&*builtin.name, "not" | "=" | "<" | ">" | "<=" | ">="))
                }
                _ => false,
            },
            _ => false,
        }
    }
}
