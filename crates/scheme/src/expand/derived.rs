//! Derived forms: conditionals, `do`, promises, `parameterize`, `guard`, `case-lambda`, `assert`, `cond-expand`.

use super::{Expander, ScopeId, integer, local};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Item, Lambda, Literal, VariableId};
use crate::standard;
use crate::syntax::{Datum, Symbol, Syntax};
use bytecode::Span;
use std::collections::HashSet;

/// Above this many data, a clause of `case` searches a list.
const CASE_TESTS_MAX: usize = 8;

impl Expander<'_> {
    /// The clauses of `cond` and `guard`. `fallback` is the value when no clause applies.
    pub(super) fn expand_cond(
        &mut self,
        clauses: &[Syntax],
        fallback: Option<Expr>,
        span: Span,
        scope: ScopeId,
    ) -> Outcome<Expr> {
        enum Clause {
            Plain(Expr, Expr),
            TestOnly(Expr),
            Arrow(Expr, Expr),
        }
        let mut done = Vec::with_capacity(clauses.len());
        let mut otherwise = None;
        let mut always = false;
        let depth = self.depth;
        for clause in clauses {
            if otherwise.is_some() {
                self.warnings
                    .push(Problem::new(clause.span, "this clause is never reached: it follows `else`"));
                break;
            }
            if std::mem::take(&mut always) {
                let message = "this clause is never reached: the test of the clause before it is always true";
                self.warnings.push(Problem::new(clause.span, message));
            }
            let Some(parts) = clause.as_list().filter(|parts| !parts.is_empty()) else {
                return Problem::fail(clause.span, "a clause `(test expression ...)` must stand here");
            };
            if self.is_keyword(&parts[0], Symbol::ELSE, scope) {
                if parts.len() == 1 {
                    return Problem::fail(clause.span, "an expression must follow `else`");
                }
                otherwise = Some(self.expand_sequence(&parts[1..], clause.span, scope)?);
                continue;
            }
            let test = self.expand(&parts[0], scope)?;
            always = matches!(test.kind, ExprKind::Literal(value) if value != Literal::Boolean(false));
            // What follows a clause of these kinds is nested in it.
            if parts.len() == 1 || self.is_keyword(&parts[1], Symbol::ARROW, scope) {
                self.depth += 1;
            }
            done.push(if parts.len() == 1 {
                Clause::TestOnly(test)
            } else if self.is_keyword(&parts[1], Symbol::ARROW, scope) {
                let [_, _, receiver] = parts else {
                    return Problem::fail(clause.span, "one expression must follow `=>`");
                };
                Clause::Arrow(test, self.expand(receiver, scope)?)
            } else {
                Clause::Plain(test, self.expand_sequence(&parts[1..], clause.span, scope)?)
            });
        }
        self.depth = depth;
        let mut result = otherwise.or(fallback).unwrap_or_else(|| Expr::unspecified(span));
        let mut plain: Vec<(Expr, Expr)> = Vec::new();
        for clause in done.into_iter().rev() {
            match clause {
                Clause::Plain(test, body) => plain.push((test, body)),
                Clause::TestOnly(test) => {
                    result = flush(&mut plain, result, span);
                    result = Expr::new(ExprKind::Or(vec![test, result]), span);
                }
                Clause::Arrow(test, receiver) => {
                    result = flush(&mut plain, result, span);
                    let place = receiver.span;
                    let value = self.hidden_variable("test");
                    let call = Expr::call(receiver, vec![local(value, place)], place);
                    let choice = Expr::conditional(local(value, place), call, result, span);
                    result = Expr::bind(vec![(value, test)], choice, span);
                }
            }
        }
        Ok(flush(&mut plain, result, span))
    }

    /// Whether `syntax` is the auxiliary keyword `symbol`.
    pub(super) fn is_keyword(&self, syntax: &Syntax, symbol: Symbol, scope: ScopeId) -> bool {
        let Some(identifier) = syntax.as_identifier() else { return false };
        let is = self.is_free(identifier, scope, symbol);
        if is {
            self.note_meaning(syntax.span, &self.resolve(identifier, scope));
        }
        is
    }

    pub(super) fn expand_case(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        const SHAPE: &str = "(case key ((datum ...) expression ...) ... (else expression ...))";
        self.require(syntax, items, 2, SHAPE)?;
        let span = syntax.span;
        let key = self.expand(&items[1], scope)?;
        let variable = self.hidden_variable("key");
        let mut clauses = Vec::with_capacity(items.len());
        let mut otherwise = None;
        let mut known: HashSet<String> = HashSet::new();
        for clause in &items[2..] {
            if otherwise.is_some() {
                self.warnings
                    .push(Problem::new(clause.span, "this clause is never reached: it follows `else`"));
                break;
            }
            let Some([selector, actions @ ..]) = clause.as_list() else {
                return self.malformed(syntax, items, SHAPE);
            };
            let body = self.case_actions(variable, actions, clause.span, scope)?;
            if self.is_keyword(selector, Symbol::ELSE, scope) {
                otherwise = Some(body);
                continue;
            }
            let Some(data) = selector.as_list() else {
                let problem = Problem::new(selector.span, "a list of data must stand here");
                return Err(Box::new(
                    problem.suggest("write `((datum ...) expression ...)` or `(else expression ...)`"),
                ));
            };
            for datum in data {
                let text = datum.text(&self.state.interner, 80);
                let is_simple = !matches!(datum.datum, Datum::String(_) | Datum::Vector(_) | Datum::List(_));
                if is_simple && text.len() < 80 && !known.insert(text.clone()) {
                    let message =
                        format!("this datum is never reached: `{text}` stands in this `case` before");
                    self.warnings.push(Problem::new(datum.span, message));
                }
            }
            clauses.push((self.case_test(variable, data, selector.span)?, body));
        }
        let otherwise = otherwise.unwrap_or_else(|| Expr::unspecified(span));
        let body = if clauses.is_empty() {
            otherwise
        } else {
            Expr::new(ExprKind::If(clauses, Box::new(otherwise)), span)
        };
        Ok(Expr::bind(vec![(variable, key)], body, span))
    }

    fn case_actions(
        &mut self,
        key: VariableId,
        actions: &[Syntax],
        span: Span,
        scope: ScopeId,
    ) -> Outcome<Expr> {
        match actions {
            [] => Ok(Expr::unspecified(span)),
            [arrow, receiver] if self.is_keyword(arrow, Symbol::ARROW, scope) => {
                let receiver = self.expand(receiver, scope)?;
                Ok(Expr::call(receiver, vec![local(key, span)], span))
            }
            _ => self.expand_sequence(actions, span, scope),
        }
    }

    fn case_test(&mut self, key: VariableId, data: &[Syntax], span: Span) -> Outcome<Expr> {
        data.iter().for_each(|datum| self.note_data(datum));
        if data.len() > CASE_TESTS_MAX {
            let list = self.constant(&Syntax::list(data.to_vec(), span))?;
            return self.call_builtin("memv", vec![local(key, span), Expr::literal(list, span)], span);
        }
        let mut tests = Vec::with_capacity(data.len());
        for datum in data {
            let literal = self.constant(datum)?;
            let operands = vec![local(key, span), Expr::literal(literal, datum.span)];
            tests.push(self.call_builtin("eqv?", operands, span)?);
        }
        Ok(match tests.len() {
            0 => Expr::literal(Literal::Boolean(false), span),
            1 => tests.remove(0),
            _ => Expr::new(ExprKind::Or(tests), span),
        })
    }

    pub(super) fn expand_when(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        wanted: bool,
        scope: ScopeId,
    ) -> Outcome<Expr> {
        self.require(syntax, items, 2, "(when test expression ...) or (unless test expression ...)")?;
        let span = syntax.span;
        let test = self.expand(&items[1], scope)?;
        let body = self.expand_sequence(&items[2..], span, scope)?;
        let nothing = Expr::unspecified(span);
        Ok(if wanted {
            Expr::conditional(test, body, nothing, span)
        } else {
            Expr::conditional(test, nothing, body, span)
        })
    }

    pub(super) fn expand_do(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        const SHAPE: &str = "(do ((variable init step) ...) (test expression ...) command ...)";
        self.require(syntax, items, 3, SHAPE)?;
        let span = syntax.span;
        let (Some(specs), Some([test, results @ ..])) = (items[1].as_list(), items[2].as_list()) else {
            return self.malformed(syntax, items, SHAPE);
        };
        let inner = self.new_scope(scope);
        let mut inits = Vec::with_capacity(specs.len());
        let mut params = Vec::with_capacity(specs.len());
        for spec in specs {
            let Some([name, init] | [name, init, _]) = spec.as_list() else {
                return Problem::fail(spec.span, "`(variable init step)` must stand here");
            };
            inits.push(self.expand_init(name, Some(init), scope)?);
            params.push(self.bind_variable(name, inner)?);
        }
        let test = self.expand(test, inner)?;
        let results = self.expand_sequence(results, items[2].span, inner)?;
        let mut commands = self.expand_all(&items[3..], inner)?;
        let mut steps = Vec::with_capacity(specs.len());
        for (spec, variable) in specs.iter().zip(&params) {
            steps.push(match spec.as_list() {
                Some([_, _, step]) => self.expand(step, inner)?,
                _ => local(*variable, spec.span),
            });
        }
        let procedure = self.hidden_variable("do");
        let again = Expr::call(local(procedure, span), steps, span);
        commands.push(again);
        let body = Expr::conditional(test, results, Expr::sequence(commands, span), span);
        let name = Some(self.variables[procedure].name);
        let lambda = Lambda { name, params, rest: false, body, span };
        let start = Expr::call(local(procedure, span), inits, span);
        Ok(Expr::body(vec![Item::Procedures(vec![(procedure, lambda)])], start, span))
    }

    /// A procedure without parameters around `body`.
    pub(super) fn thunk(&mut self, name: &str, body: Expr, span: Span) -> Expr {
        let name = Some(self.state.interner.intern(name));
        let lambda = Lambda { name, params: Vec::new(), rest: false, body, span };
        Expr::new(ExprKind::Lambda(Box::new(lambda)), span)
    }

    /// A promise is a cell `(done? . value-or-thunk)`; the thunk answers another promise.
    fn promise(&mut self, done: bool, content: Expr, span: Span) -> Outcome<Expr> {
        let done = Expr::literal(Literal::Boolean(done), span);
        let cell = self.call_builtin("cons", vec![done, content], span)?;
        self.call_builtin("%make-promise", vec![cell], span)
    }

    pub(super) fn expand_delay(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        eager: bool,
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let span = syntax.span;
        let [_, expression] = items else { return self.malformed(syntax, items, "(delay expression)") };
        let value = self.expand(expression, scope)?;
        let body = if eager { self.promise(true, value, span)? } else { value };
        let thunk = self.thunk("delay", body, span);
        self.promise(false, thunk, span)
    }

    pub(super) fn expand_cons_stream(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let span = syntax.span;
        let [_, first, rest] = items else {
            return self.malformed(syntax, items, "(cons-stream first rest)");
        };
        let first = self.expand(first, scope)?;
        let rest = self.expand(rest, scope)?;
        let body = self.promise(true, rest, span)?;
        let thunk = self.thunk("cons-stream", body, span);
        let promise = self.promise(false, thunk, span)?;
        self.call_builtin("cons", vec![first, promise], span)
    }

    pub(super) fn expand_parameterize(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        const SHAPE: &str = "(parameterize ((parameter value) ...) body ...)";
        self.require(syntax, items, 3, SHAPE)?;
        let span = syntax.span;
        let Some(specs) = items[1].as_list() else { return self.malformed(syntax, items, SHAPE) };
        let mut pairs = Vec::with_capacity(specs.len());
        for spec in specs {
            let Some([parameter, value]) = spec.as_list() else {
                return self.malformed(syntax, items, SHAPE);
            };
            let operands = vec![self.expand(parameter, scope)?, self.expand(value, scope)?];
            pairs.push(self.call_builtin("cons", operands, spec.span)?);
        }
        let pairs = self.call_builtin("list", pairs, items[1].span)?;
        let inner = self.new_scope(scope);
        let body = self.expand_body(&items[2..], span, inner)?;
        let thunk = self.thunk("parameterize", body, span);
        self.call_builtin("%parameterize", vec![pairs, thunk], span)
    }

    pub(super) fn expand_guard(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        const SHAPE: &str = "(guard (name clause ...) body ...)";
        self.require(syntax, items, 3, SHAPE)?;
        let span = syntax.span;
        let Some([name, clauses @ ..]) = items[1].as_list() else {
            return self.malformed(syntax, items, SHAPE);
        };
        let inner = self.new_scope(scope);
        let body = self.expand_body(&items[2..], span, inner)?;
        let body = self.thunk("guard", body, span);
        let handler_scope = self.new_scope(scope);
        let condition = self.bind_variable(name, handler_scope)?;
        let reraise = self.hidden_variable("reraise");
        let again = Expr::call(local(reraise, span), Vec::new(), span);
        let handler = self.expand_cond(clauses, Some(again), items[1].span, handler_scope)?;
        let name = Some(self.state.interner.intern("guard-clauses"));
        let handler = Lambda {
            name,
            params: vec![condition, reraise],
            rest: false,
            body: handler,
            span: items[1].span,
        };
        let handler = Expr::new(ExprKind::Lambda(Box::new(handler)), items[1].span);
        self.call_builtin("%guard", vec![body, handler], span)
    }

    /// A procedure that takes any arguments and chooses a clause by their number.
    pub(super) fn expand_case_lambda(
        &mut self,
        name: Option<Symbol>,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        const SHAPE: &str = "(case-lambda (parameters body ...) ...)";
        let span = syntax.span;
        let arguments = self.hidden_variable("arguments");
        let count = self.hidden_variable("count");
        let mut clauses = Vec::new();
        for clause in &items[1..] {
            let Some([parameters, body @ ..]) = clause.as_list().filter(|parts| parts.len() > 1) else {
                return self.malformed(syntax, items, SHAPE);
            };
            let inner = self.new_scope(scope);
            let (params, rest) = self.bind_parameters(parameters, inner)?;
            let body = self.expand_body(body, clause.span, inner)?;
            let least = params.len() - usize::from(rest);
            let test = if rest { ">=" } else { "=" };
            let test =
                self.call_builtin(test, vec![local(count, span), integer(least, span)], clause.span)?;
            let body = self.bind_list(&params, rest, arguments, body, clause.span)?;
            clauses.push((test, body));
        }
        let complaint = self.call_builtin("%case-lambda-error", vec![local(arguments, span)], span)?;
        let body = if clauses.is_empty() {
            complaint
        } else {
            Expr::new(ExprKind::If(clauses, Box::new(complaint)), span)
        };
        let length = self.call_builtin("length", vec![local(arguments, span)], span)?;
        let body = Expr::bind(vec![(count, length)], body, span);
        let lambda = Lambda { name, params: vec![arguments], rest: true, body, span };
        Ok(Expr::new(ExprKind::Lambda(Box::new(lambda)), span))
    }

    pub(super) fn expand_assert(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let span = syntax.span;
        let (Some(test), true) = (items.get(1), items.len() <= 3) else {
            return self.malformed(syntax, items, "(assert expression)");
        };
        let datum = Expr::literal(self.constant(test)?, test.span);
        let mut operands = vec![datum];
        if let Some(message) = items.get(2) {
            operands.push(self.expand(message, scope)?);
        }
        let test = self.expand(test, scope)?;
        let complaint = self.call_builtin("%assertion-failed", operands, span)?;
        Ok(Expr::conditional(test, Expr::unspecified(span), complaint, span))
    }

    pub(super) fn syntax_error<T>(&self, syntax: &Syntax, items: &[Syntax]) -> Outcome<T> {
        let mut message = String::new();
        for item in &items[1..] {
            if !message.is_empty() {
                message.push(' ');
            }
            match &item.datum {
                Datum::String(text) => message.push_str(text),
                _ => message.push_str(&item.text(&self.state.interner, 200)),
            }
        }
        Problem::fail(syntax.span, message)
    }

    /// The forms of the clause of `cond-expand` that applies.
    pub(super) fn choose_features(&self, syntax: &Syntax, items: &[Syntax]) -> Outcome<Vec<Syntax>> {
        for clause in &items[1..] {
            let Some([requirement, forms @ ..]) = clause.as_list() else {
                return self.malformed(syntax, items, "(cond-expand (feature form ...) ...)");
            };
            if self.has_feature(requirement, 0)? {
                return Ok(forms.to_vec());
            }
        }
        Problem::fail(syntax.span, "no clause of this `cond-expand` applies here")
    }

    fn has_feature(&self, requirement: &Syntax, depth: u32) -> Outcome<bool> {
        if depth > super::DEPTH_MAX {
            return super::too_deep(requirement.span);
        }
        if let Some(identifier) = requirement.as_identifier() {
            let name = self.name(identifier.symbol);
            return Ok(name == "else" || standard::features().any(|feature| feature == name));
        }
        let Some([head, rest @ ..]) = requirement.as_list() else {
            return Problem::fail(requirement.span, "a feature must stand here");
        };
        let symbol = head.as_identifier().map(|identifier| identifier.symbol);
        match (symbol, rest) {
            (Some(Symbol::AND), _) => {
                for part in rest {
                    if !self.has_feature(part, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Some(Symbol::OR), _) => {
                for part in rest {
                    if self.has_feature(part, depth + 1)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Some(Symbol::NOT), [part]) => Ok(!self.has_feature(part, depth + 1)?),
            (Some(Symbol::LIBRARY), [library]) => Ok(self.is_known_library(library)),
            _ => Problem::fail(requirement.span, "unknown kind of feature requirement"),
        }
    }
}

/// Puts the plain clauses gathered so far, last first, before `otherwise`.
fn flush(plain: &mut Vec<(Expr, Expr)>, otherwise: Expr, span: Span) -> Expr {
    if plain.is_empty() {
        return otherwise;
    }
    let mut clauses = std::mem::take(plain);
    clauses.reverse();
    Expr::new(ExprKind::If(clauses, Box::new(otherwise)), span)
}
