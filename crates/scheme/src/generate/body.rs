//! Bodies: variables in slots, groups of procedures, and loops.
//!
//! 1. An item of a body leaves its variables on the stack; the body takes them all off at its end.
//! 2. The code of a loop's heads follows that of the body's value. From there control comes back by jumps to a head,
//!    and leaves to the body's end with the head's value and none of the body's variables.

use super::function::OpenVariable;
use super::{Context, Generator, Head};
use crate::ir::{Expr, ExprKind, Item, Lambda, VariableId};
use bytecode::{Instruction, Label, Span};
use std::collections::HashMap;

/// A loop whose heads are still to be written.
struct PendingLoop<'a> {
    heads: &'a [(VariableId, Lambda)],
    labels: Vec<Label>,
    depth: u32,
    /// How many of the body's variables were open when it began, its own included.
    open: usize,
}

impl Generator<'_> {
    pub(super) fn body(&mut self, items: &[Item], value: &Expr, context: Context) {
        let base = self.depth();
        let end = self.function().label();
        let mut open: Vec<OpenVariable> = Vec::new();
        let mut loops: Vec<PendingLoop<'_>> = Vec::new();
        let mut entered = false;
        for (index, item) in items.iter().enumerate() {
            match item {
                Item::Bind(variable, init) => {
                    self.expression(init, Context::Push);
                    open.push(self.settle(*variable));
                }
                Item::Do(expr) => self.expression(expr, Context::Effect),
                Item::Box(variable) => {
                    self.emit(Instruction::MakeUnassignedBox {});
                    let slot = self.depth() - 1;
                    open.push(self.give_home(*variable, slot));
                }
                Item::Procedures(members) => self.procedures(members, &mut open),
                Item::Loop(heads) => {
                    let arguments = if index + 1 == items.len() { direct_entry(heads, value) } else { None };
                    entered = arguments.is_some();
                    loops.push(self.begin_loop(heads, arguments, &mut open));
                }
            }
        }
        if !entered {
            self.expression(value, context);
            let count = self.depth() - base - u32::from(context == Context::Push);
            self.leave(count, context);
        }
        if loops.is_empty() {
            self.close_variables(open);
            return;
        }
        if !entered {
            self.function().jump(end);
        }
        while let Some(pending) = loops.pop() {
            let last = loops.is_empty();
            let inner = open.split_off(pending.open);
            self.close_variables(inner);
            self.write_heads(&pending, base, last, end, context);
        }
        self.close_variables(open);
        self.function().place(end, base + u32::from(context == Context::Push));
    }

    /// Makes the variables of a loop and names its heads.
    fn begin_loop<'a>(
        &mut self,
        heads: &'a [(VariableId, Lambda)],
        arguments: Option<&[Expr]>,
        open: &mut Vec<OpenVariable>,
    ) -> PendingLoop<'a> {
        let params = heads.iter().flat_map(|(_, lambda)| &lambda.params);
        match arguments {
            Some(arguments) => {
                let first = self.depth();
                for argument in arguments {
                    self.expression(argument, Context::Push);
                }
                // Boxes are made once all arguments are known: one of them may be entered again.
                for (slot, variable) in (first..).zip(params) {
                    if self.variables[*variable].boxed {
                        let slot = slot as u16;
                        self.emit(Instruction::Local { slot });
                        self.emit(Instruction::MakeBox {});
                        self.emit(Instruction::SetLocal { slot });
                    }
                    open.push(self.give_home(*variable, slot));
                }
            }
            None => {
                for variable in params {
                    self.emit(Instruction::Unspecified {});
                    let slot = self.depth() - 1;
                    open.push(self.give_home(*variable, slot));
                }
            }
        }
        let depth = self.depth();
        let labels: Vec<Label> = heads.iter().map(|_| self.function().label()).collect();
        for ((variable, lambda), label) in heads.iter().zip(&labels) {
            let head = Head { label: *label, params: lambda.params.clone(), depth };
            self.output.heads.insert(*variable, head);
        }
        PendingLoop { heads, labels, depth, open: open.len() }
    }

    fn write_heads(
        &mut self,
        pending: &PendingLoop<'_>,
        base: u32,
        last: bool,
        end: Label,
        context: Context,
    ) {
        let count = pending.heads.len();
        for (index, ((_, lambda), label)) in pending.heads.iter().zip(&pending.labels).enumerate() {
            self.function().place(*label, pending.depth);
            self.mark(lambda.body.span);
            self.expression(&lambda.body, context);
            self.leave(pending.depth - base, context);
            if !(last && index + 1 == count) {
                self.function().jump(end);
            }
        }
    }

    /// Procedures that may refer to each other. Captures of procedures that are not made yet are patched afterwards.
    fn procedures(&mut self, members: &[(VariableId, Lambda)], open: &mut Vec<OpenVariable>) {
        let first = self.depth();
        let slot_of: HashMap<VariableId, u32> =
            members.iter().enumerate().map(|(at, (variable, _))| (*variable, first + at as u32)).collect();
        let mut patches = Vec::new();
        for (at, (variable, lambda)) in members.iter().enumerate() {
            let own = first + at as u32;
            let (index, captures) = self.procedure(lambda, Some(*variable));
            for (capture, captured) in captures.iter().enumerate() {
                match slot_of.get(captured) {
                    Some(slot) if *slot >= own => {
                        self.emit(Instruction::Unspecified {});
                        patches.push((own, capture as u16, *slot));
                    }
                    _ => self.load(*captured),
                }
            }
            self.make_closure(index, captures.len(), lambda.span);
            open.push(self.give_home(*variable, own));
        }
        for (closure, capture, value) in patches {
            self.emit(Instruction::Local { slot: closure as u16 });
            self.emit(Instruction::Local { slot: value as u16 });
            self.emit(Instruction::PatchCapture { capture });
        }
    }

    /// Calls a head of a loop around here.
    pub(super) fn jump_to_head(&mut self, head: VariableId, arguments: &[Expr], span: Span) {
        let Some(Head { label, params, depth }) = self.output.heads.get(&head) else { return };
        let (label, params, depth) = (*label, params.clone(), *depth);
        let mut changed = Vec::with_capacity(params.len());
        for (param, argument) in params.iter().zip(arguments) {
            let same = matches!(argument.kind, ExprKind::Local(variable) if variable == *param);
            if same && !self.variables[*param].boxed {
                continue;
            }
            self.expression(argument, Context::Push);
            changed.push(*param);
        }
        self.mark(span);
        for param in changed.into_iter().rev() {
            if self.variables[param].boxed {
                self.emit(Instruction::MakeBox {});
            }
            if let Some(home) = self.output.homes[param.0 as usize] {
                self.emit(Instruction::SetLocal { slot: home.slot });
            }
        }
        let extra = self.depth() - depth;
        self.drop_values(extra);
        self.function().jump(label);
    }
}

/// The arguments with which a loop of one head begins, when calling it is the whole value of the body.
fn direct_entry<'a>(heads: &[(VariableId, Lambda)], value: &'a Expr) -> Option<&'a [Expr]> {
    match (heads, &value.kind) {
        ([(variable, _)], ExprKind::Call(operator, arguments)) => match operator.kind {
            ExprKind::Local(called) if called == *variable => Some(arguments),
            _ => None,
        },
        _ => None,
    }
}
