//! The tree between expander and code generator.
//!
//! 1. A variable has one [`VariableId`] in the whole unit, so scopes need no further care after expansion.
//! 2. `Seq`, `And` and `Or` are never empty. `If` has at least one clause.
//! 3. The items of a `Body` are done in order, each seeing the variables of those before it. However many there are,
//!    the tree is no deeper: its depth follows that of the source, which the expander bounds.
//! 4. `Item::Procedures` binds closures that may refer to each other; none of their variables is ever assigned.
//! 5. Every reference to a head of an `Item::Loop` is a call in tail position with respect to its body, with the right
//!    number of arguments and not inside a closure.

use crate::builtins::BuiltinId;
use crate::syntax::Symbol;
use bytecode::{ConstIndex, GlobalIndex, Span};

/// Index into [`Variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VariableId(pub u32);

/// A local variable.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub name: Symbol,
    /// It lives in a box: some `set!` assigns it, or `letrec` hands it out before it has a value.
    pub boxed: bool,
    pub used: bool,
    /// Made by the expander; the debugger does not show it.
    pub hidden: bool,
}

/// All local variables of a unit.
#[derive(Debug, Default)]
pub(crate) struct Variables(Vec<Variable>);

impl Variables {
    pub fn add(&mut self, name: Symbol, hidden: bool) -> VariableId {
        self.0.push(Variable { name, boxed: false, used: false, hidden });
        VariableId(self.0.len() as u32 - 1)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl std::ops::Index<VariableId> for Variables {
    type Output = Variable;
    fn index(&self, id: VariableId) -> &Variable {
        &self.0[id.0 as usize]
    }
}

impl std::ops::IndexMut<VariableId> for Variables {
    fn index_mut(&mut self, id: VariableId) -> &mut Variable {
        &mut self.0[id.0 as usize]
    }
}

/// A constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Literal {
    Nil,
    Boolean(bool),
    Unspecified,
    Integer(i32),
    Pooled(ConstIndex),
}

/// An expression and its place.
#[derive(Debug)]
pub(crate) struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Literal(Literal),
    Local(VariableId),
    Global(GlobalIndex),
    Builtin(BuiltinId),
    SetLocal(VariableId, Box<Expr>),
    SetGlobal(GlobalIndex, Box<Expr>),
    DefineGlobal(GlobalIndex, Box<Expr>),
    If(Vec<(Expr, Expr)>, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Seq(Vec<Expr>),
    Lambda(Box<Lambda>),
    Body(Vec<Item>, Box<Expr>),
    Call(Box<Expr>, Vec<Expr>),
    Intrinsic(Intrinsic, Vec<Expr>),
    Receive(Box<Receive>),
    ReceiveAny,
}

#[derive(Debug)]
pub(crate) struct Lambda {
    pub name: Option<Symbol>,
    pub params: Vec<VariableId>,
    /// The last of `params` takes the rest of the arguments.
    pub rest: bool,
    pub body: Expr,
    pub span: Span,
}

/// A part of a body before its value.
#[derive(Debug)]
pub(crate) enum Item {
    Bind(VariableId, Expr),
    Do(Expr),
    /// A variable that is needed before it has a value: it begins as an unassigned box.
    Box(VariableId),
    Procedures(Vec<(VariableId, Lambda)>),
    /// Procedures that are only ever jumped to.
    Loop(Vec<(VariableId, Lambda)>),
}

/// `receive` with clauses.
#[derive(Debug)]
pub(crate) struct Receive {
    pub message: VariableId,
    pub clauses: Vec<ReceiveClause>,
    /// Milliseconds, and what to do then.
    pub after: Option<(Expr, Expr)>,
}

#[derive(Debug)]
pub(crate) struct ReceiveClause {
    pub steps: Vec<MatchStep>,
    pub body: Expr,
}

/// One step of matching a message.
#[derive(Debug)]
pub(crate) enum MatchStep {
    /// The clause does not match when this is false.
    Test(Expr),
    Bind(VariableId, Expr),
}

/// Operations that only the library may name; each is one opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intrinsic {
    DynamicState,
    SetDynamicState,
    CaptureContinuation,
    ResumeContinuation,
    Apply,
    Yield,
}

impl Intrinsic {
    pub const ALL: &'static [(&'static str, Intrinsic, usize)] = &[
        ("%dynamic-state", Intrinsic::DynamicState, 0),
        ("%set-dynamic-state!", Intrinsic::SetDynamicState, 1),
        ("%capture-continuation", Intrinsic::CaptureContinuation, 0),
        ("%resume-continuation", Intrinsic::ResumeContinuation, 2),
        ("%apply", Intrinsic::Apply, 2),
        ("%yield", Intrinsic::Yield, 0),
    ];
}

impl Expr {
    pub fn new(kind: ExprKind, span: Span) -> Expr {
        Expr { kind, span }
    }

    pub fn literal(literal: Literal, span: Span) -> Expr {
        Expr::new(ExprKind::Literal(literal), span)
    }

    /// Evaluating it calls nothing, so that no continuation can be captured meanwhile.
    pub fn is_trivial(&self) -> bool {
        matches!(
            self.kind,
            ExprKind::Literal(_)
                | ExprKind::Local(_)
                | ExprKind::Global(_)
                | ExprKind::Builtin(_)
                | ExprKind::Lambda(_)
        )
    }

    pub fn unspecified(span: Span) -> Expr {
        Expr::literal(Literal::Unspecified, span)
    }

    pub fn call(operator: Expr, operands: Vec<Expr>, span: Span) -> Expr {
        Expr::new(ExprKind::Call(Box::new(operator), operands), span)
    }

    /// `expressions` in order; the value is that of the last.
    pub fn sequence(mut expressions: Vec<Expr>, span: Span) -> Expr {
        match expressions.len() {
            0 => Expr::unspecified(span),
            1 => expressions.remove(0),
            _ => Expr::new(ExprKind::Seq(expressions), span),
        }
    }

    /// `items`, then `value`. A body in `value` becomes part of this one.
    pub fn body(mut items: Vec<Item>, value: Expr, span: Span) -> Expr {
        if items.is_empty() {
            return value;
        }
        match value.kind {
            ExprKind::Body(more, value) => {
                items.extend(more);
                Expr::new(ExprKind::Body(items, value), span)
            }
            kind => Expr::new(ExprKind::Body(items, Box::new(Expr::new(kind, value.span))), span),
        }
    }

    pub fn bind(bindings: Vec<(VariableId, Expr)>, value: Expr, span: Span) -> Expr {
        let items = bindings.into_iter().map(|(variable, init)| Item::Bind(variable, init)).collect();
        Expr::body(items, value, span)
    }

    pub fn conditional(test: Expr, then: Expr, otherwise: Expr, span: Span) -> Expr {
        Expr::new(ExprKind::If(vec![(test, then)], Box::new(otherwise)), span)
    }
}
