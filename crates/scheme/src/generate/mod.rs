//! The code generator: the tree to bytecode.
//!
//! 1. The slot of a variable is the stack depth at which its value was pushed. Every path to a label arrives with the
//!    same depth.
//! 2. A closure captures values, and boxes of variables that are assigned; which ones is known once its body is
//!    written, so the inner procedure is always written first.
//! 3. In [`Context::Tail`] control never comes back: each path ends in a return, a tail call or a jump.

mod body;
mod control;
mod function;
pub(crate) mod inline;
mod receive;

use crate::builtins::Builtins;
use crate::constants::ConstantPool;
use crate::diagnostic::Problem;
use crate::ir::{Expr, ExprKind, Intrinsic, Lambda, Literal, VariableId, Variables};
use crate::syntax::Interner;
use bytecode::{Instruction, Label, Procedure, ProcedureIndex, Span};
use function::{Function, OpenVariable};
use std::collections::HashMap;

/// The most arguments of a direct call; more go through a list.
pub(crate) const ARGUMENTS_MAX: usize = 255;

/// The most slots of a frame.
const FRAME_SLOTS_MAX: u32 = 60_000;

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    /// It goes on the stack.
    Push,
    /// Nobody wants it.
    Effect,
    /// It is the procedure's value.
    Tail,
}

/// Where a variable lives in the procedure that binds it.
#[derive(Clone, Copy)]
struct Home {
    /// Index of the procedure.
    procedure: u32,
    slot: u16,
}

/// A loop that can be jumped to.
struct Head {
    label: Label,
    params: Vec<VariableId>,
    depth: u32,
}

/// What a unit has given so far.
pub(crate) struct Output {
    pub procedures: Vec<Procedure>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
    functions: Vec<Function>,
    homes: Vec<Option<Home>>,
    heads: HashMap<VariableId, Head>,
}

impl Output {
    /// A unit whose entry, procedure 0, is under construction.
    pub fn new() -> Output {
        Output {
            procedures: vec![Procedure::default()],
            problems: Vec::new(),
            warnings: Vec::new(),
            functions: vec![Function::new(0, None)],
            homes: Vec::new(),
            heads: HashMap::new(),
        }
    }
}

/// Writes code for expressions of a unit.
pub(crate) struct Generator<'a> {
    pub output: &'a mut Output,
    pub builtins: &'a Builtins,
    pub interner: &'a Interner,
    pub variables: &'a Variables,
    pub constants: &'a mut ConstantPool,
}

impl Generator<'_> {
    /// Writes a form of the top level, whose value is not the unit's.
    pub fn toplevel(&mut self, expr: &Expr) {
        self.grow_homes();
        self.expression(expr, Context::Effect);
    }

    /// Writes the last form of the unit and ends the entry.
    /// With `keeps_frame` the entry's frame stays while the form runs.
    pub fn last(&mut self, expr: &Expr, keeps_frame: bool) {
        self.grow_homes();
        if keeps_frame {
            self.expression(expr, Context::Push);
            self.finish_value(Context::Tail);
        } else {
            self.expression(expr, Context::Tail);
        }
        let Some(function) = self.output.functions.pop() else { return };
        let procedure = self.finish(function, "", 0, false, Span::default());
        self.output.procedures[0] = procedure;
    }

    /// Writes a procedure that captures nothing. Answers `None` if it does capture something.
    pub fn library_procedure(&mut self, lambda: &Lambda) -> Option<ProcedureIndex> {
        self.grow_homes();
        let (index, captures) = self.procedure(lambda, None);
        captures.is_empty().then_some(index)
    }

    fn grow_homes(&mut self) {
        self.output.homes.resize(self.variables.len(), None);
    }

    #[inline]
    fn function(&mut self) -> &mut Function {
        let last = self.output.functions.len() - 1;
        &mut self.output.functions[last]
    }

    #[inline]
    fn emit(&mut self, instruction: Instruction) {
        self.function().emit(instruction, 0);
    }

    fn mark(&mut self, span: Span) {
        self.function().mark(span);
    }

    fn depth(&mut self) -> u32 {
        self.function().depth
    }

    /// A value has been pushed: give it to `context`.
    fn finish_value(&mut self, context: Context) {
        match context {
            Context::Push => {}
            Context::Effect => self.emit(Instruction::Pop {}),
            Context::Tail => {
                self.emit(Instruction::Return {});
                self.function().end_block();
            }
        }
    }

    /// Something without a value has been done.
    fn finish_nothing(&mut self, context: Context) {
        if context != Context::Effect {
            self.emit(Instruction::Unspecified {});
            self.finish_value(context);
        }
    }

    /// Takes `count` variables off the stack, from below the value if there is one.
    fn leave(&mut self, count: u32, context: Context) {
        if count == 0 {
            return;
        }
        match context {
            Context::Tail => {}
            Context::Push => self.emit(Instruction::Slide { count: count as u16 }),
            Context::Effect => self.drop_values(count),
        }
    }

    fn drop_values(&mut self, count: u32) {
        if count > 1 {
            self.emit(Instruction::Slide { count: count as u16 - 1 });
        }
        if count > 0 {
            self.emit(Instruction::Pop {});
        }
    }

    /// Writes `expr`. Afterwards the depth is as before, and one more for [`Context::Push`].
    fn expression(&mut self, expr: &Expr, context: Context) {
        let before = self.depth();
        if self.function().reachable {
            self.function().mark_line(expr.span);
            self.expression_here(expr, context);
        }
        let function = self.function();
        match context {
            Context::Push => {
                debug_assert!(!function.reachable || function.depth == before + 1, "{expr:?}");
                function.set_depth(before + 1);
            }
            Context::Effect => {
                debug_assert!(!function.reachable || function.depth == before, "{expr:?}");
                function.set_depth(before);
            }
            Context::Tail => {
                debug_assert!(!function.reachable, "{expr:?}");
                function.set_depth(before);
            }
        }
        if before + 1 > FRAME_SLOTS_MAX {
            self.too_large(expr.span);
        }
    }

    #[cold]
    fn too_large(&mut self, span: Span) {
        if self.output.problems.is_empty() {
            let message =
                format!("this procedure needs more than {FRAME_SLOTS_MAX} slots for variables and operands");
            self.output
                .problems
                .push(Problem::new(span, message).suggest("split it into smaller procedures"));
        }
        self.function().end_block();
    }

    fn expression_here(&mut self, expr: &Expr, context: Context) {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(*literal, context),
            ExprKind::Local(variable) => {
                if self.variables[*variable].boxed {
                    self.mark(expr.span);
                }
                self.reference(*variable, context);
            }
            ExprKind::Global(global) => {
                self.mark(expr.span);
                self.emit(Instruction::Global { global: *global });
                self.finish_value(context);
            }
            ExprKind::Builtin(id) => {
                let index = self.constants.builtin(*id, self.builtins);
                self.emit(Instruction::Const { index });
                self.finish_value(context);
            }
            ExprKind::SetLocal(variable, value) => {
                self.load(*variable);
                self.expression(value, Context::Push);
                self.mark(expr.span);
                self.emit(Instruction::BoxSet {});
                self.finish_nothing(context);
            }
            ExprKind::SetGlobal(global, value) => {
                self.expression(value, Context::Push);
                self.mark(expr.span);
                self.emit(Instruction::SetGlobal { global: *global });
                self.finish_nothing(context);
            }
            ExprKind::DefineGlobal(global, value) => {
                self.mark(expr.span);
                self.expression(value, Context::Push);
                self.emit(Instruction::DefineGlobal { global: *global });
                self.finish_nothing(context);
            }
            ExprKind::If(clauses, otherwise) => self.conditional(clauses, otherwise, context),
            ExprKind::And(parts) => self.conjunction(parts, context),
            ExprKind::Or(parts) => self.disjunction(parts, context),
            ExprKind::Seq(parts) => {
                let Some((last, before)) = parts.split_last() else { return };
                for part in before {
                    self.expression(part, Context::Effect);
                }
                self.expression(last, context);
            }
            ExprKind::Lambda(lambda) => {
                if context != Context::Effect {
                    self.closure(lambda, None);
                    self.finish_value(context);
                }
            }
            ExprKind::Body(items, value) => self.body(items, value, context),
            ExprKind::Call(operator, operands) => self.call(expr, operator, operands, context),
            ExprKind::Intrinsic(intrinsic, operands) => self.intrinsic(*intrinsic, operands, expr, context),
            ExprKind::Receive(receive) => self.receive(receive, expr.span, context),
            ExprKind::ReceiveAny => {
                self.mark(expr.span);
                self.emit(Instruction::ReceiveAny {});
                self.finish_value(context);
            }
        }
    }

    fn literal(&mut self, literal: Literal, context: Context) {
        if context == Context::Effect {
            return;
        }
        self.emit(match literal {
            Literal::Nil => Instruction::Nil {},
            Literal::Boolean(true) => Instruction::True {},
            Literal::Boolean(false) => Instruction::False {},
            Literal::Unspecified => Instruction::Unspecified {},
            Literal::Integer(value) => Instruction::Integer { value },
            Literal::Pooled(index) => Instruction::Const { index },
        });
        self.finish_value(context);
    }

    fn reference(&mut self, variable: VariableId, context: Context) {
        let boxed = self.variables[variable].boxed;
        if context == Context::Effect && !boxed {
            return;
        }
        self.load(variable);
        if boxed {
            self.emit(Instruction::BoxRef {});
        }
        self.finish_value(context);
    }

    /// Pushes what `variable` holds: its value, or its box.
    fn load(&mut self, variable: VariableId) {
        let home = self.output.homes[variable.0 as usize];
        let function = self.function();
        let instruction = if function.itself == Some(variable) {
            Instruction::CurrentClosure {}
        } else {
            match home {
                Some(home) if home.procedure == function.index => Instruction::Local { slot: home.slot },
                _ => Instruction::Capture { capture: function.capture(variable) },
            }
        };
        self.emit(instruction);
    }

    /// The value on top is that of `variable` from here on.
    fn settle(&mut self, variable: VariableId) -> OpenVariable {
        if self.variables[variable].boxed {
            self.emit(Instruction::MakeBox {});
        }
        let slot = self.depth() - 1;
        self.give_home(variable, slot)
    }

    fn give_home(&mut self, variable: VariableId, slot: u32) -> OpenVariable {
        let function = self.function();
        let slot = slot as u16;
        let home = Home { procedure: function.index, slot };
        self.output.homes[variable.0 as usize] = Some(home);
        let known = &self.variables[variable];
        if known.hidden {
            return OpenVariable(None);
        }
        let (name, boxed) = (self.interner.name(known.name), known.boxed);
        let last = self.output.functions.len() - 1;
        self.output.functions[last].open_variable(name, slot, boxed)
    }

    fn close_variables(&mut self, open: Vec<OpenVariable>) {
        for variable in open {
            self.function().close_variable(variable);
        }
    }

    /// Pushes a closure.
    fn closure(&mut self, lambda: &Lambda, itself: Option<VariableId>) {
        let (index, captures) = self.procedure(lambda, itself);
        for captured in &captures {
            self.load(*captured);
        }
        self.make_closure(index, captures.len(), lambda.span);
    }

    fn make_closure(&mut self, procedure: ProcedureIndex, captures: usize, span: Span) {
        self.function().mark_line(span);
        self.function().emit(Instruction::MakeClosure { procedure }, captures as u32);
    }

    /// Writes a procedure; answers what its closures capture.
    fn procedure(
        &mut self,
        lambda: &Lambda,
        itself: Option<VariableId>,
    ) -> (ProcedureIndex, Vec<VariableId>) {
        let index = self.output.procedures.len() as u32;
        self.output.procedures.push(Procedure::default());
        self.output.functions.push(Function::new(index, itself));
        let mut open = Vec::with_capacity(lambda.params.len());
        self.function().set_depth(lambda.params.len() as u32);
        for (slot, variable) in lambda.params.iter().enumerate() {
            if self.variables[*variable].boxed {
                self.mark(lambda.span);
                let slot = slot as u16;
                self.emit(Instruction::Local { slot });
                self.emit(Instruction::MakeBox {});
                self.emit(Instruction::SetLocal { slot });
            }
        }
        for (slot, variable) in lambda.params.iter().enumerate() {
            open.push(self.give_home(*variable, slot as u32));
        }
        self.mark(lambda.body.span);
        self.expression(&lambda.body, Context::Tail);
        self.close_variables(open);
        let name = lambda.name.map(|name| self.interner.name(name).clone());
        let Some(function) = self.output.functions.pop() else { return (ProcedureIndex(index), Vec::new()) };
        let captures = function.captures.clone();
        let required = lambda.params.len() - usize::from(lambda.rest);
        let procedure =
            self.finish(function, name.as_deref().unwrap_or(""), required as u16, lambda.rest, lambda.span);
        self.output.procedures[index as usize] = procedure;
        (ProcedureIndex(index), captures)
    }

    fn finish(&mut self, function: Function, name: &str, required: u16, rest: bool, span: Span) -> Procedure {
        let captures: Vec<(String, bool)> = function
            .captures
            .iter()
            .map(|variable| {
                let variable = &self.variables[*variable];
                (self.interner.name(variable.name).to_string(), variable.boxed)
            })
            .collect();
        if function.deepest() > FRAME_SLOTS_MAX && self.output.problems.is_empty() {
            let message = format!("this procedure needs more than {FRAME_SLOTS_MAX} slots");
            self.output
                .problems
                .push(Problem::new(span, message).suggest("split it into smaller procedures"));
        }
        match function.finish() {
            Ok(procedure) => Procedure { name: name.into(), span, required, rest, captures, ..procedure },
            Err(message) => {
                self.output.problems.push(Problem::new(span, message));
                Procedure::default()
            }
        }
    }

    fn call(&mut self, call: &Expr, operator: &Expr, operands: &[Expr], context: Context) {
        match operator.kind {
            ExprKind::Local(variable) if self.output.heads.contains_key(&variable) => {
                return self.jump_to_head(variable, operands, call.span);
            }
            ExprKind::Builtin(id) if self.builtin_call(id, operands, call, context) => return,
            _ => {}
        }
        self.expression(operator, Context::Push);
        for operand in operands {
            self.expression(operand, Context::Push);
        }
        if operands.len() > ARGUMENTS_MAX {
            self.emit(Instruction::Nil {});
            self.conses(operands.len(), call);
            return self.apply(call, context);
        }
        self.mark(call.span);
        let count = operands.len() as u16;
        if context == Context::Tail {
            self.emit(Instruction::TailCall { count });
            self.function().end_block();
        } else {
            self.emit(Instruction::Call { count });
            self.finish_value(context);
        }
    }

    /// A procedure and a list of arguments are on the stack.
    fn apply(&mut self, call: &Expr, context: Context) {
        self.mark(call.span);
        if context == Context::Tail {
            self.emit(Instruction::TailApply {});
            self.function().end_block();
        } else {
            self.emit(Instruction::Apply {});
            self.finish_value(context);
        }
    }

    fn intrinsic(&mut self, intrinsic: Intrinsic, operands: &[Expr], call: &Expr, context: Context) {
        for operand in operands {
            self.expression(operand, Context::Push);
        }
        self.mark(call.span);
        match intrinsic {
            Intrinsic::DynamicState => self.emit(Instruction::DynamicState {}),
            Intrinsic::CaptureContinuation => self.emit(Instruction::CaptureContinuation {}),
            Intrinsic::Apply => return self.apply(call, context),
            Intrinsic::SetDynamicState => {
                self.emit(Instruction::SetDynamicState {});
                return self.finish_nothing(context);
            }
            Intrinsic::Yield => {
                self.emit(Instruction::Yield {});
                return self.finish_nothing(context);
            }
            Intrinsic::ResumeContinuation => {
                self.emit(Instruction::ResumeContinuation {});
                self.function().end_block();
                return;
            }
        }
        self.finish_value(context);
    }
}
