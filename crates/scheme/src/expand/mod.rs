//! The expander: syntax to the tree of [`crate::ir`], resolving every name on the way.
//!
//! 1. A name is looked up as an identifier, not as a symbol: first in the scopes around it; if no scope binds it and
//!    a macro made it, then as the identifier it stands for, in the scope of the macro's definition. So no macro can
//!    capture a variable, nor be captured.
//! 2. Derived forms build the tree directly; the helpers that they call are named by [`crate::builtins::BuiltinId`] and are the same
//!    whatever the program defines.
//! 3. Expressions nest at most [`DEPTH_MAX`] deep, so recursion over the tree is safe on every host's stack.

mod body;
mod core;
mod declared;
mod derived;
mod environment;
mod libraries;
pub(crate) mod limits;
mod macros;
pub(crate) mod notes;
mod patterns;
mod pieces;
mod quasiquote;
mod records;
mod toplevel;
mod transformers;
mod values;

pub(crate) use environment::{Core, State};
use environment::{Denotation, LocalBinding, Scope, ScopeId, TopBinding};
pub use libraries::Sources;
use limits::DEPTH_MAX;

use crate::builtins::{Arity, Builtins};
use crate::constants::ConstantPool;
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Intrinsic, Lambda, Literal, VariableId, Variables};
use crate::passes::Passes;
use crate::syntax::{Datum, Identifier, Label, Symbol, Syntax};
use bytecode::{GlobalIndex, SourceFile, Span};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// Who is being compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Program,
    /// The machine's own library: it sees names that begin with `%`.
    Library,
}

/// Everything about the unit under expansion.
pub(crate) struct Expander<'a> {
    pub state: &'a mut State,
    pub builtins: &'a Builtins,
    pub mode: Mode,
    pub variables: Variables,
    pub constants: ConstantPool,
    /// Global variables of the unit, in order of first use.
    pub globals: Vec<Symbol>,
    pub warnings: Vec<Problem>,
    /// Unknown globals, each with what its warning suggests.
    pub suggestions: Vec<(String, String)>,
    /// The unit uses `load`, which may define what nothing in sight does.
    loads: bool,
    global_index: HashMap<Symbol, GlobalIndex>,
    /// How many arguments a procedure takes that the unit defines once and never assigns; `None` for other globals
    /// that it defines or assigns.
    known_arities: HashMap<GlobalIndex, Option<Arity>>,
    /// Calls of globals: which, with how many arguments, where.
    global_calls: Vec<(GlobalIndex, usize, Span)>,
    /// Which of `let`'s names are being given values, innermost last.
    let_names: Vec<Symbol>,
    /// Unknown globals that have the name of a variable that the same `let` binds.
    bound_beside: HashSet<GlobalIndex>,
    /// Forms whose head is an unknown name that is nearly that of a special form.
    misspelt: Vec<(Symbol, Span)>,
    /// Heads that were compared with the names of special forms, and whether one is near.
    compared: HashMap<Symbol, bool>,
    /// Where the unit defines globals.
    definitions: HashMap<GlobalIndex, Span>,
    /// How many arguments local procedures take that are never assigned; and calls of local variables.
    local_arities: HashMap<VariableId, Arity>,
    local_calls: Vec<(VariableId, usize, Span)>,
    /// Where a global was first referred to.
    first_use: HashMap<GlobalIndex, (Span, ScopeId)>,
    scopes: Vec<Scope>,
    /// Variables that ought to be used, and where they are bound.
    watched: Vec<(VariableId, Span)>,
    /// The top level that is being expanded.
    top: ScopeId,
    /// The unit's files: those that were given, then what was included.
    pub files: Vec<SourceFile>,
    /// Every reference to a local variable, in order of expansion: `letrec` looks at the part that an initial value
    /// contributed.
    references: Vec<VariableId>,
    /// The name that the next expression is about to be bound to.
    pending_name: Option<Symbol>,
    depth: u32,
    /// Expressions around the whole unit: those around the use of a macro whose transformer evaluates it.
    pub base_depth: u32,
    /// Macros whose uses are being expanded, outermost first.
    expanding: Vec<Symbol>,
    macro_output: u64,
    /// Steps that transformers have taken, and how many they may take.
    pub transformer_steps: u64,
    pub transformer_steps_max: u64,
    /// Steps that a piece of what macros make counts for among these.
    pub piece_steps: u64,
    /// 0 for what a program runs, 1 for its transformers, 2 for theirs, and so on.
    pub phase: u32,
    /// Where included files come from.
    pub sources: Option<&'a dyn Sources>,
    pub passes: Passes,
    included: u32,
    types: declared::Types,
    /// What names mean, if somebody asked.
    pub notes: Option<RefCell<notes::Notes>>,
}

impl<'a> Expander<'a> {
    pub fn new(
        state: &'a mut State,
        builtins: &'a Builtins,
        mode: Mode,
        files: Vec<SourceFile>,
    ) -> Expander<'a> {
        Expander {
            state,
            builtins,
            mode,
            variables: Variables::default(),
            constants: ConstantPool::default(),
            globals: Vec::new(),
            warnings: Vec::new(),
            suggestions: Vec::new(),
            loads: false,
            global_index: HashMap::new(),
            known_arities: HashMap::new(),
            global_calls: Vec::new(),
            let_names: Vec::new(),
            bound_beside: HashSet::new(),
            misspelt: Vec::new(),
            compared: HashMap::new(),
            definitions: HashMap::new(),
            local_arities: HashMap::new(),
            local_calls: Vec::new(),
            first_use: HashMap::new(),
            scopes: Vec::new(),
            watched: Vec::new(),
            top: ScopeId::TOP,
            files,
            references: Vec::new(),
            pending_name: None,
            depth: 0,
            base_depth: 0,
            expanding: Vec::new(),
            macro_output: 0,
            transformer_steps: 0,
            transformer_steps_max: limits::TRANSFORMERS_STEPS_MAX,
            piece_steps: 0,
            phase: 0,
            sources: None,
            passes: Passes::ALL,
            included: 0,
            types: declared::Types::default(),
            notes: None,
        }
    }

    /// Expands one expression.
    fn expand(&mut self, syntax: &Syntax, scope: ScopeId) -> Outcome<Expr> {
        if self.depth >= DEPTH_MAX {
            self.pending_name = None;
            return match self.expanding.last() {
                Some(name) if self.expanding.len() as u32 > DEPTH_MAX / 3 => {
                    let name = self.name(*name);
                    Problem::fail(
                        syntax.span,
                        format!("the macro `{name}` does not end: it expands deeper and deeper"),
                    )
                }
                _ => too_deep(syntax.span),
            };
        }
        self.depth += 1;
        let result = self.expand_here(syntax, scope);
        self.depth -= 1;
        result
    }

    fn expand_here(&mut self, syntax: &Syntax, scope: ScopeId) -> Outcome<Expr> {
        match &syntax.datum {
            Datum::List(items) => match items.0.first() {
                Some(head) => self.expand_form(syntax, head, &items.0, scope),
                None => empty_combination(syntax.span),
            },
            Datum::Identifier(identifier) => {
                self.pending_name = None;
                self.reference(*identifier, syntax.span, scope)
            }
            // A vector stands for itself, so that a cyclic one is a literal as well.
            Datum::Labelled(_, items) if !matches!(items.0[..], [Syntax { datum: Datum::Vector(_), .. }]) => {
                cyclic_code(syntax.span)
            }
            Datum::Improper(items)
                if let Some(Syntax { datum: Datum::Labelled(..), span }) = items.0.last() =>
            {
                cyclic_code(*span)
            }
            Datum::Improper(_) => {
                Problem::fail(syntax.span, "a call is written as a proper list, without a dot")
            }
            _ => {
                self.pending_name = None;
                self.note_data(syntax);
                let literal = self.constant(syntax)?;
                Ok(Expr::literal(literal, syntax.span))
            }
        }
    }

    fn expand_form(
        &mut self,
        syntax: &Syntax,
        head: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        if let Some(identifier) = head.as_identifier() {
            let meaning = self.resolve(identifier, scope);
            if matches!(meaning, Denotation::Core(_) | Denotation::Macro(_)) {
                self.note_meaning(head.span, &meaning);
            }
            match meaning {
                Denotation::Core(core) => return self.expand_core(core, syntax, items, scope),
                Denotation::Macro(rules) => {
                    let name = self.pending_name;
                    let expansion = self.expand_use(&rules, syntax, scope)?;
                    self.pending_name = name;
                    self.expanding.push(identifier.symbol);
                    let expanded = self.expand(&expansion, scope);
                    self.expanding.pop();
                    return expanded;
                }
                Denotation::Intrinsic(intrinsic, count) => {
                    return self.intrinsic(intrinsic, count, syntax, &items[1..], scope);
                }
                Denotation::Global(symbol) if self.is_misspelt_syntax(symbol, scope) => {
                    self.misspelt.push((symbol, syntax.span));
                    self.pending_name = None;
                    let call = self.expand_call(syntax, head, items, scope);
                    // What is wrong within is wrong because the head is.
                    return call
                        .map_err(|_| Box::new(self.unknown_name(self.name(symbol), head.span, scope)));
                }
                Denotation::Local(_)
                | Denotation::Builtin(_)
                | Denotation::Global(_)
                | Denotation::Unbound(_) => {}
            }
        }
        self.expand_call(syntax, head, items, scope)
    }

    fn expand_call(
        &mut self,
        syntax: &Syntax,
        head: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        self.pending_name = None;
        let operator = self.expand(head, scope)?;
        let operands = self.expand_all(&items[1..], scope)?;
        self.check_call(&operator, &operands, head);
        self.note_arguments(&operator, &operands);
        Ok(Expr::call(operator, operands, syntax.span))
    }

    fn expand_all(&mut self, items: &[Syntax], scope: ScopeId) -> Outcome<Vec<Expr>> {
        let mut expressions = Vec::with_capacity(items.len());
        for item in items {
            expressions.push(self.expand(item, scope)?);
        }
        Ok(expressions)
    }

    /// Expands the value that `name` is about to be bound to, so that a procedure gets that name.
    fn expand_named(&mut self, syntax: &Syntax, name: Symbol, scope: ScopeId) -> Outcome<Expr> {
        self.pending_name = Some(name);
        self.expand(syntax, scope)
    }

    /// Expands expressions in order, the value being that of the last.
    fn expand_sequence(&mut self, items: &[Syntax], span: Span, scope: ScopeId) -> Outcome<Expr> {
        let expressions = self.expand_all(items, scope)?;
        Ok(Expr::sequence(expressions, span))
    }

    fn reference(&mut self, identifier: Identifier, span: Span, scope: ScopeId) -> Outcome<Expr> {
        let meaning = self.resolve(identifier, scope);
        self.note_meaning(span, &meaning);
        self.note_surroundings(identifier, scope);
        let kind = match meaning {
            Denotation::Local(variable) => {
                self.note_reference(variable);
                ExprKind::Local(variable)
            }
            Denotation::Builtin(id) => {
                let name = &self.builtins.by_id(id).name;
                self.loads |= name == "load";
                if self.is_unavailable(name) {
                    return self.unavailable(name, span);
                }
                ExprKind::Builtin(id)
            }
            Denotation::Global(symbol) => ExprKind::Global(self.use_global(symbol, span, scope)),
            Denotation::Unbound(symbol) => return Err(Box::new(self.not_imported(symbol, span, scope))),
            Denotation::Core(_) | Denotation::Macro(_) | Denotation::Intrinsic(..) => {
                let name = self.name(identifier.symbol);
                return Problem::fail(span, format!("`{name}` is syntax and has no value of its own"));
            }
        };
        Ok(Expr::new(kind, span))
    }

    fn intrinsic(
        &mut self,
        intrinsic: Intrinsic,
        count: usize,
        syntax: &Syntax,
        operands: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        if operands.len() != count {
            return Problem::fail(syntax.span, format!("this intrinsic takes {count} operands"));
        }
        let operands = self.expand_all(operands, scope)?;
        Ok(Expr::new(ExprKind::Intrinsic(intrinsic, operands), syntax.span))
    }

    /// Warns when a builtin is called with a wrong number of arguments. The call itself raises a condition.
    fn check_call(&mut self, operator: &Expr, operands: &[Expr], head: &Syntax) {
        match operator.kind {
            ExprKind::Builtin(id) => {
                let builtin = self.builtins.by_id(id);
                if !builtin.arity.accepts(operands.len()) {
                    self.warn_of_count(&builtin.name, builtin.arity, operands.len(), head.span);
                }
            }
            ExprKind::Global(global) => self.global_calls.push((global, operands.len(), head.span)),
            ExprKind::Local(variable) => self.local_calls.push((variable, operands.len(), head.span)),
            ExprKind::Lambda(ref lambda) => {
                let arity = arity_of(lambda);
                if !arity.accepts(operands.len()) {
                    let message =
                        format!("this procedure expects {}, but gets {}", arity.text(), operands.len());
                    self.warnings.push(Problem::new(head.span, message));
                }
            }
            _ => {}
        }
    }

    fn warn_of_count(&mut self, name: &str, arity: Arity, count: usize, span: Span) {
        let message = format!("`{name}` expects {}, but gets {count}", arity.text());
        self.warnings.push(Problem::new(span, message));
    }

    /// Remembers what a definition or an assignment gives a global.
    fn note_definition(&mut self, global: GlobalIndex, value: Option<&Expr>) {
        let arity = match value.map(|value| &value.kind) {
            Some(ExprKind::Lambda(lambda)) => Some(arity_of(lambda)),
            _ => None,
        };
        self.known_arities.entry(global).and_modify(|known| *known = None).or_insert(arity);
    }

    /// Remembers a local procedure that is never assigned.
    fn note_procedure(&mut self, variable: VariableId, lambda: &Lambda) {
        self.local_arities.insert(variable, arity_of(lambda));
    }

    /// Says of globals that are used before their definition where that stands. Call it at the end.
    pub(crate) fn suggest_definitions(&mut self) {
        for (index, defined) in std::mem::take(&mut self.definitions) {
            let Some((used, _)) = self.first_use.get(&index) else { continue };
            if used.file == defined.file && used.start < defined.start {
                let name = self.name(self.globals[index.0 as usize]).to_owned();
                let line = defined.line;
                let text = format!("its definition in line {line} had not been evaluated yet");
                self.suggestions.push((name, text));
            }
        }
    }

    /// Warns about calls of the unit's own procedures with a wrong number of arguments. Call it at the end.
    pub(crate) fn warn_of_wrong_calls(&mut self) {
        for (variable, count, span) in std::mem::take(&mut self.local_calls) {
            let Some(arity) = self.local_arities.get(&variable).copied() else { continue };
            if !arity.accepts(count) {
                let name = self.name(self.variables[variable].name).to_owned();
                self.warn_of_count(&name, arity, count, span);
            }
        }
        for (global, count, span) in std::mem::take(&mut self.global_calls) {
            let Some(Some(arity)) = self.known_arities.get(&global).copied() else { continue };
            if !arity.accepts(count) {
                // A library's global carries its library's name, which the program did not write.
                let name = self.name(self.globals[global.0 as usize]);
                let name = name.split(" of (").next().unwrap_or(name).to_owned();
                self.warn_of_count(&name, arity, count, span);
            }
        }
    }

    /// Warns about local variables that nothing uses. Call it at the end.
    pub(crate) fn warn_of_unused_variables(&mut self) {
        for (variable, span) in std::mem::take(&mut self.watched) {
            let variable = &self.variables[variable];
            if !variable.used {
                let message = format!("`{}` is never used", self.name(variable.name));
                let problem = Problem::new(span, message);
                self.warnings.push(problem.suggest("remove it, or let its name begin with `_`"));
            }
        }
    }

    // Parts that derived forms are made of.

    fn name(&self, symbol: Symbol) -> &str {
        self.state.interner.name(symbol)
    }

    fn note_reference(&mut self, variable: VariableId) {
        self.variables[variable].used = true;
        self.references.push(variable);
    }

    /// The builtin called `name`, which the machine is bound to have.
    fn builtin(&self, name: &str, span: Span) -> Outcome<Expr> {
        match self.builtins.id(name) {
            Some(id) => Ok(Expr::new(ExprKind::Builtin(id), span)),
            None => {
                Problem::fail(span, format!("this machine has no procedure `{name}`, which the form needs"))
            }
        }
    }

    fn call_builtin(&self, name: &str, operands: Vec<Expr>, span: Span) -> Outcome<Expr> {
        Ok(Expr::call(self.builtin(name, span)?, operands, span))
    }

    fn hidden_variable(&mut self, name: &str) -> VariableId {
        let symbol = self.state.interner.intern(name);
        self.variables.add(symbol, true)
    }

    /// The constant that a quoted datum is.
    fn constant(&mut self, datum: &Syntax) -> Outcome<Literal> {
        if self.state.interner.has_labels() {
            let label_of = |part: &Syntax| match part.datum {
                Datum::Labelled(label, _) => Some(label),
                _ => None,
            };
            let labels: HashSet<Label> = datum.parts().filter_map(label_of).collect();
            let loose = |part: &&Syntax| match part.datum {
                Datum::Reference(label) => !labels.contains(&label),
                _ => false,
            };
            if let Some(part) = datum.parts().find(loose) {
                return cyclic_code(part.span);
            }
        }
        Ok(self.constants.datum(datum, &self.state.interner))
    }

    fn quoted_symbol(&mut self, symbol: Symbol, span: Span) -> Expr {
        Expr::literal(self.constants.symbol(symbol, &self.state.interner), span)
    }

    fn use_global(&mut self, symbol: Symbol, span: Span, scope: ScopeId) -> GlobalIndex {
        let index = self.global(symbol);
        if self.let_names.contains(&symbol) {
            self.bound_beside.insert(index);
        }
        self.first_use.entry(index).or_insert((span, scope));
        index
    }

    fn global(&mut self, symbol: Symbol) -> GlobalIndex {
        let next = GlobalIndex(self.globals.len() as u32);
        let index = *self.global_index.entry(symbol).or_insert(next);
        if index == next {
            self.globals.push(symbol);
        }
        index
    }
}

fn arity_of(lambda: &Lambda) -> Arity {
    let count = lambda.params.len() as u16;
    match lambda.rest {
        true => Arity { min: count - 1, max: None },
        false => Arity { min: count, max: Some(count) },
    }
}

/// A reference to a variable in an expression made by the expander.
fn local(variable: VariableId, span: Span) -> Expr {
    Expr::new(ExprKind::Local(variable), span)
}

fn integer(value: usize, span: Span) -> Expr {
    Expr::literal(Literal::Integer(value as i32), span)
}

#[cold]
fn too_deep<T>(span: Span) -> Outcome<T> {
    let problem =
        Problem::new(span, format!("expressions are nested more than {DEPTH_MAX} levels deep here"));
    Err(Box::new(problem.suggest("move the inner part into a procedure or a quoted list of its own")))
}

#[cold]
fn cyclic_code<T>(span: Span) -> Outcome<T> {
    let problem = Problem::new(
        span,
        "only data can contain itself, a program cannot: a label around this is referred to within",
    );
    Err(Box::new(problem.suggest("write `'` before the label, or name what is used twice")))
}

#[cold]
fn empty_combination<T>(span: Span) -> Outcome<T> {
    Err(Box::new(Problem::new(span, "`()` is not an expression").suggest("write `'()` for the empty list")))
}
