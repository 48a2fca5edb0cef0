//! Loop detection: procedures that are only ever called in tail position become jumps in the same frame.
//!
//! 1. `Item::Procedures` becomes `Item::Loop` when every reference to its variables is a call with the right number of
//!    arguments, in tail position with respect to its body and not inside another closure.
//! 2. The bodies of a candidate count as tail position of what surrounds it only while it is one. So when an inner
//!    candidate fails, every outer one that its bodies jump to fails too. Inner ones are always decided first.

use crate::ir::{Expr, ExprKind, Item, MatchStep, VariableId};
use std::collections::HashMap;

struct Candidate {
    valid: bool,
    /// The bodies, and not the entry, are being looked at.
    in_body: bool,
    /// Outer candidates that the bodies jump to.
    jumps_out: Vec<usize>,
}

#[derive(Default)]
struct Finder {
    /// The candidates around the current place, outermost first.
    open: Vec<Candidate>,
    /// Index into `open`, and number of parameters.
    heads: HashMap<VariableId, (usize, usize)>,
}

/// Turns procedures into loops wherever that is possible.
pub(crate) fn convert(expr: &mut Expr) {
    Finder::default().visit(expr, 0);
}

impl Finder {
    /// `tail`: the candidates from this index on may be jumped to from here.
    fn visit(&mut self, expr: &mut Expr, tail: usize) {
        let none = self.open.len();
        match &mut expr.kind {
            ExprKind::Literal(_) | ExprKind::Global(_) | ExprKind::Builtin(_) | ExprKind::ReceiveAny => {}
            ExprKind::Local(variable) => self.escape(*variable),
            ExprKind::SetLocal(variable, value) => {
                self.escape(*variable);
                self.visit(value, none);
            }
            ExprKind::SetGlobal(_, value) | ExprKind::DefineGlobal(_, value) => self.visit(value, none),
            ExprKind::If(clauses, otherwise) => {
                for (test, body) in clauses {
                    self.visit(test, none);
                    self.visit(body, tail);
                }
                self.visit(otherwise, tail);
            }
            ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Seq(parts) => {
                let last = parts.len() - 1;
                for (index, part) in parts.iter_mut().enumerate() {
                    self.visit(part, if index == last { tail } else { none });
                }
            }
            ExprKind::Lambda(lambda) => self.visit(&mut lambda.body, none),
            ExprKind::Body(items, value) => self.visit_body(items, value, tail),
            ExprKind::Call(operator, operands) => {
                for operand in operands.iter_mut() {
                    self.visit(operand, none);
                }
                match operator.kind {
                    ExprKind::Local(variable) => self.call(variable, operands.len(), tail),
                    _ => self.visit(operator, none),
                }
            }
            ExprKind::Intrinsic(_, operands) => {
                for operand in operands {
                    self.visit(operand, none);
                }
            }
            ExprKind::Receive(receive) => {
                for clause in &mut receive.clauses {
                    for step in &mut clause.steps {
                        let (MatchStep::Test(expr) | MatchStep::Bind(_, expr)) = step;
                        self.visit(expr, none);
                    }
                    self.visit(&mut clause.body, tail);
                }
                if let Some((milliseconds, body)) = &mut receive.after {
                    self.visit(milliseconds, none);
                    self.visit(body, tail);
                }
            }
        }
    }

    fn escape(&mut self, variable: VariableId) {
        if let Some((index, _)) = self.heads.get(&variable) {
            self.open[*index].valid = false;
        }
    }

    fn call(&mut self, variable: VariableId, count: usize, tail: usize) {
        let Some(&(index, parameters)) = self.heads.get(&variable) else { return };
        if index < tail || count != parameters {
            self.open[index].valid = false;
            return;
        }
        for inner in &mut self.open[index + 1..] {
            if inner.in_body {
                inner.jumps_out.push(index);
            }
        }
    }

    fn visit_body(&mut self, items: &mut [Item], value: &mut Expr, tail: usize) {
        // Items that are candidates, with their index into `open`.
        let mut candidates = Vec::new();
        for (at, item) in items.iter_mut().enumerate() {
            let none = self.open.len();
            match item {
                Item::Bind(_, expr) | Item::Do(expr) => self.visit(expr, none),
                Item::Box(_) => {}
                Item::Procedures(members) if members.iter().any(|(_, lambda)| lambda.rest) => {
                    for (_, lambda) in members {
                        self.visit(&mut lambda.body, none);
                    }
                }
                Item::Procedures(members) | Item::Loop(members) => {
                    let index = self.open.len();
                    self.open.push(Candidate { valid: true, in_body: true, jumps_out: Vec::new() });
                    for (variable, lambda) in members.iter() {
                        self.heads.insert(*variable, (index, lambda.params.len()));
                    }
                    for (_, lambda) in members.iter_mut() {
                        self.visit(&mut lambda.body, tail);
                    }
                    self.open[index].in_body = false;
                    candidates.push(at);
                }
            }
        }
        self.visit(value, tail);
        for at in candidates.into_iter().rev() {
            let Item::Procedures(members) = &mut items[at] else { continue };
            for (variable, _) in members.iter() {
                self.heads.remove(variable);
            }
            let Some(candidate) = self.open.pop() else { continue };
            if candidate.valid {
                items[at] = Item::Loop(std::mem::take(members));
            } else {
                for outer in candidate.jumps_out {
                    self.open[outer].valid = false;
                }
            }
        }
    }
}
