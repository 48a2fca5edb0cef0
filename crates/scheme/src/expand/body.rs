//! Bodies: internal definitions, and the order in which `letrec*` makes its variables.
//!
//! 1. All definitions of a body are found before any initial value is expanded, so that each sees all names.
//! 2. Neighbouring procedures that are never assigned and refer to each other are made together; a variable that something needs
//!    before its turn comes lives in a box that begins unassigned; every other variable is a plain `let`.

use super::core::split_signature;
use super::{Core, Denotation, Expander, LocalBinding, ScopeId};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Item, Lambda, VariableId};
use crate::syntax::{Symbol, Syntax};
use bytecode::Span;
use std::collections::HashMap;
use std::ops::Range;

/// One part of a `letrec*`: a variable with its initial value, or an expression between definitions.
pub(super) struct Binding {
    pub variable: Option<VariableId>,
    pub init: Expr,
    /// What `init` added to the log of references.
    pub references: Range<usize>,
}

/// A form of a body, before its expressions are expanded.
enum Form {
    Expression(Syntax),
    Value {
        variable: VariableId,
        name: Symbol,
        value: Option<Syntax>,
        span: Span,
    },
    Procedure {
        variable: VariableId,
        name: Symbol,
        parameters: Syntax,
        body: Vec<Syntax>,
        memoized: bool,
        span: Span,
    },
    Declaration(Syntax),
    Values {
        value: Syntax,
        variables: Vec<VariableId>,
        rest: bool,
        span: Span,
    },
    Ready(Vec<(VariableId, Expr)>),
}

impl Expander<'_> {
    /// A body, in a scope made for it.
    pub(super) fn expand_body(&mut self, forms: &[Syntax], span: Span, scope: ScopeId) -> Outcome<Expr> {
        if self.depth >= super::DEPTH_MAX {
            return super::too_deep(span);
        }
        self.depth += 1;
        let result = self.expand_body_here(forms, span, scope);
        self.depth -= 1;
        result
    }

    fn expand_body_here(&mut self, forms: &[Syntax], span: Span, scope: ScopeId) -> Outcome<Expr> {
        // A definition may shadow a parameter.
        let scope = self.new_scope(scope);
        let mut items = Vec::with_capacity(forms.len());
        for form in forms {
            self.scan_form(form, scope, 0, &mut items)?;
        }
        for item in &items {
            if let Form::Declaration(form) = item {
                self.declare_local(form, scope)?;
            }
        }
        items.retain(|item| !matches!(item, Form::Declaration(_)));
        if items.is_empty() {
            return Problem::fail(span, "this body is empty: an expression must stand here");
        }
        if items.iter().all(|item| matches!(item, Form::Expression(_))) {
            let mut expressions = Vec::with_capacity(items.len());
            for item in &items {
                if let Form::Expression(syntax) = item {
                    expressions.push(self.expand(syntax, scope)?);
                }
            }
            return Ok(Expr::sequence(expressions, span));
        }
        let last = match items.last() {
            Some(Form::Expression(_)) => items.pop(),
            _ => None,
        };
        if last.is_none() && !items.is_empty() {
            let problem =
                Problem::new(span, "this body ends with a definition, and an expression must follow it");
            return Err(Box::new(problem.suggest("the value of the last expression is the body's value")));
        }
        let mut bindings = Vec::with_capacity(items.len());
        for item in items {
            self.expand_item(item, scope, &mut bindings)?;
        }
        let body = match &last {
            Some(Form::Expression(syntax)) => self.expand(syntax, scope)?,
            _ => Expr::unspecified(span),
        };
        Ok(self.bind_recursively(bindings, body, span))
    }

    /// Finds out what `form` is and binds the names that it defines.
    fn scan_form(&mut self, form: &Syntax, scope: ScopeId, depth: u32, items: &mut Vec<Form>) -> Outcome<()> {
        if depth + self.depth >= super::DEPTH_MAX {
            return super::too_deep(form.span);
        }
        let mut form = form.clone();
        for _ in 0..super::DEPTH_MAX {
            let parts = form.as_list().unwrap_or(&[]);
            let Some(head) = parts.first().and_then(Syntax::as_identifier) else { break };
            let meaning = self.resolve(head, scope);
            if matches!(meaning, Denotation::Core(_) | Denotation::Macro(_)) {
                self.note_meaning(parts[0].span, &meaning);
            }
            let core = match meaning {
                Denotation::Core(core) => core,
                Denotation::Macro(rules) => {
                    form = self.expand_use(&rules, &form, scope)?;
                    continue;
                }
                _ => break,
            };
            let parts = parts.to_vec();
            match core {
                Core::Begin => {
                    for part in &parts[1..] {
                        self.scan_form(part, scope, depth + 1, items)?;
                    }
                }
                Core::CondExpand => {
                    for part in &self.choose_features(&form, &parts)? {
                        self.scan_form(part, scope, depth + 1, items)?;
                    }
                }
                Core::Include | Core::IncludeCi => {
                    for part in &self.include(&form, &parts, core == Core::IncludeCi)? {
                        self.scan_form(part, scope, depth + 1, items)?;
                    }
                }
                Core::Define => items.push(self.scan_define(&form, &parts, false, scope)?),
                Core::DefineMemoized => items.push(self.scan_define(&form, &parts, true, scope)?),
                Core::Declare => items.push(Form::Declaration(form)),
                Core::DefineValues => {
                    let [_, formals, value] = &parts[..] else {
                        return self.malformed(&form, &parts, "(define-values (name ...) expression)");
                    };
                    let (variables, rest) = self.bind_parameters(formals, scope)?;
                    items.push(Form::Values { value: value.clone(), variables, rest, span: form.span });
                }
                Core::DefineRecordType => {
                    let record = self.parse_record(&form, &parts)?;
                    let mut variables = Vec::new();
                    for name in record.names() {
                        variables.push(self.bind_variable(name, scope)?);
                    }
                    self.note_local_record(variables[0]);
                    let definitions = self.record_procedures(&record, variables[0])?;
                    items.push(Form::Ready(variables.into_iter().zip(definitions).collect()));
                }
                Core::DefineSyntax => {
                    let (identifier, rules) = self.parse_syntax_definition(&form, &parts, scope)?;
                    self.note_macro(&parts[1], &rules, form.span);
                    self.bind(scope, identifier, LocalBinding::Macro(rules));
                }
                _ => break,
            }
            return Ok(());
        }
        items.push(Form::Expression(form));
        Ok(())
    }

    fn scan_define(
        &mut self,
        form: &Syntax,
        parts: &[Syntax],
        memoized: bool,
        scope: ScopeId,
    ) -> Outcome<Form> {
        let definition = self.parse_define(form, parts)?;
        self.check_memoized(&definition, memoized, form)?;
        let variable = self.bind_watched(&definition.name, scope)?;
        self.note_form(&definition.name, form, parts);
        let name = self.variables[variable].name;
        Ok(match definition.value {
            DefinedValue::Expression(value) => Form::Value { variable, name, value, span: form.span },
            DefinedValue::Procedure(parameters, body) => {
                Form::Procedure { variable, name, parameters, body, memoized, span: form.span }
            }
        })
    }

    fn expand_item(&mut self, item: Form, scope: ScopeId, bindings: &mut Vec<Binding>) -> Outcome<()> {
        let begin = self.references.len();
        let (variable, init) = match item {
            Form::Expression(syntax) => (None, self.expand(&syntax, scope)?),
            Form::Value { variable, name, value, span } => {
                let init = match value {
                    Some(value) => self.expand_named(&value, name, scope)?,
                    None => Expr::unspecified(span),
                };
                (Some(variable), self.typed(name, self.declared_local(variable), init)?)
            }
            Form::Procedure { variable, name, parameters, body, memoized, span } => {
                let lambda = self.expand_lambda(Some(name), &parameters, &body, span, scope)?;
                let init = Expr::new(ExprKind::Lambda(Box::new(lambda)), span);
                let init = self.typed(name, self.declared_local(variable), init)?;
                (Some(variable), self.memoized(memoized, init)?)
            }
            // Looked at before.
            Form::Declaration(_) => return Ok(()),
            Form::Values { value, variables, rest, span } => {
                let value = self.expand(&value, scope)?;
                let parts = self.take_values(&variables, rest, value, span)?;
                let references = begin..self.references.len();
                for (variable, init) in parts {
                    bindings.push(Binding { variable: Some(variable), init, references: references.clone() });
                }
                return Ok(());
            }
            Form::Ready(parts) => {
                for (variable, init) in parts {
                    bindings.push(Binding { variable: Some(variable), init, references: begin..begin });
                }
                return Ok(());
            }
        };
        bindings.push(Binding { variable, init, references: begin..self.references.len() });
        Ok(())
    }

    /// `letrec*` over variables in scope of all of `bindings` and `body`.
    pub(super) fn bind_recursively(&mut self, bindings: Vec<Binding>, body: Expr, span: Span) -> Expr {
        let runs = self.procedure_runs(&bindings);
        let (early, reach) = self.early_and_reach(&bindings, &runs);
        let mut boxes = Vec::new();
        let mut items = Vec::with_capacity(bindings.len());
        let mut group: Vec<(VariableId, Lambda)> = Vec::new();
        // Members of the group's run that live in boxes: they are set once the group is made.
        let mut sets = Vec::new();
        for (at, Binding { variable, init, .. }) in bindings.into_iter().enumerate() {
            match variable {
                None => items.push(Item::Do(init)),
                Some(variable) if early[at] => {
                    self.variables[variable].boxed = true;
                    boxes.push(Item::Box(variable));
                    let init_span = init.span;
                    sets.push(Item::Do(Expr::new(ExprKind::SetLocal(variable, Box::new(init)), init_span)));
                }
                Some(variable) => match init {
                    Expr { kind: ExprKind::Lambda(lambda), .. } if runs[at].is_some() => {
                        self.note_procedure(variable, &lambda);
                        group.push((variable, *lambda));
                    }
                    init => items.push(Item::Bind(variable, init)),
                },
            }
            // The group is whole when the run ends or when nothing so far reaches past this place.
            let run_ends = runs[at].is_none() || runs.get(at + 1) != Some(&runs[at]);
            if run_ends || reach[at] <= at {
                if !group.is_empty() {
                    items.push(Item::Procedures(std::mem::take(&mut group)));
                }
                items.append(&mut sets);
            }
        }
        boxes.append(&mut items);
        Expr::body(boxes, body, span)
    }

    /// For each binding the number of the run of neighbouring, never assigned procedures that it belongs to.
    fn procedure_runs(&self, bindings: &[Binding]) -> Vec<Option<usize>> {
        let mut runs = Vec::with_capacity(bindings.len());
        let mut run = 0;
        for binding in bindings {
            let procedure = matches!(binding.init.kind, ExprKind::Lambda(_))
                && binding.variable.is_some_and(|variable| !self.variables[variable].boxed);
            if !procedure {
                run += 1;
            }
            runs.push(procedure.then_some(run));
        }
        runs
    }

    /// Which variables are needed before their turn; and for each binding, the last member of its run that it, or one
    /// before it in the run, refers to.
    fn early_and_reach(&self, bindings: &[Binding], runs: &[Option<usize>]) -> (Vec<bool>, Vec<usize>) {
        let position: HashMap<VariableId, usize> =
            bindings.iter().enumerate().filter_map(|(at, binding)| Some((binding.variable?, at))).collect();
        let mut early = vec![false; bindings.len()];
        let mut reach: Vec<usize> = (0..bindings.len()).collect();
        for (at, binding) in bindings.iter().enumerate() {
            if at > 0 && runs[at].is_some() && runs[at] == runs[at - 1] {
                reach[at] = reach[at].max(reach[at - 1]);
            }
            for variable in &self.references[binding.references.clone()] {
                let Some(&target) = position.get(variable) else { continue };
                if runs[at].is_some() && runs[at] == runs[target] {
                    reach[at] = reach[at].max(target);
                } else if target > at || (target == at && runs[at].is_none()) {
                    early[target] = true;
                }
            }
        }
        (early, reach)
    }
}

/// A definition, taken apart.
pub(super) struct Definition {
    pub name: Syntax,
    pub value: DefinedValue,
}

/// What a definition gives its name.
pub(super) enum DefinedValue {
    Expression(Option<Syntax>),
    Procedure(Syntax, Vec<Syntax>),
}

impl Expander<'_> {
    /// Only procedures are memoized.
    pub(super) fn check_memoized(
        &self,
        definition: &Definition,
        memoized: bool,
        form: &Syntax,
    ) -> Outcome<()> {
        if memoized && matches!(definition.value, DefinedValue::Expression(_)) {
            let problem = Problem::new(form.span, "`define-memoized` defines a procedure");
            return Err(Box::new(
                problem.suggest("its form is (define-memoized (name parameter ...) body ...)"),
            ));
        }
        Ok(())
    }

    /// `value`, memoized if so wanted.
    pub(super) fn memoized(&self, memoized: bool, value: Expr) -> Outcome<Expr> {
        let span = value.span;
        if memoized { self.call_builtin("memoize", vec![value], span) } else { Ok(value) }
    }

    /// `(define name value)` or `(define (name parameter ...) body ...)`, curried or not.
    pub(super) fn parse_define(&self, form: &Syntax, parts: &[Syntax]) -> Outcome<Definition> {
        const SHAPE: &str = "(define name value) or (define (name parameter ...) body ...)";
        self.require(form, parts, 2, SHAPE)?;
        let mut target = parts[1].clone();
        if target.as_identifier().is_some() {
            return match &parts[2..] {
                [] => Ok(Definition { name: target, value: DefinedValue::Expression(None) }),
                [value] => {
                    Ok(Definition { name: target, value: DefinedValue::Expression(Some(value.clone())) })
                }
                [_, extra, ..] => {
                    let problem = Problem::new(
                        extra.span,
                        "a definition of a variable has one value, and this is another",
                    );
                    Err(Box::new(problem.suggest(SHAPE)))
                }
            };
        }
        let mut body = parts[2..].to_vec();
        loop {
            let Some((name, parameters)) = split_signature(&target) else {
                return self.malformed(form, parts, SHAPE);
            };
            if body.is_empty() {
                return Problem::fail(
                    form.span,
                    "this procedure has an empty body: an expression must stand here",
                );
            }
            if name.as_identifier().is_some() {
                return Ok(Definition { name, value: DefinedValue::Procedure(parameters, body) });
            }
            let span = form.span;
            body = vec![Syntax::list(
                vec![self.core_identifier("lambda", span), parameters].into_iter().chain(body).collect(),
                span,
            )];
            target = name;
        }
    }

    /// An identifier that means the core form `name` whatever the program binds, as long as the top level does not.
    fn core_identifier(&self, name: &str, span: Span) -> Syntax {
        let symbol = self.state.interner.lookup(name);
        Syntax::symbol(symbol.unwrap_or(Symbol::QUOTE), span)
    }
}
