//! Declared types, `(: name type)`: the checks that they put into a program, and what is wrong before anything runs.
//!
//! 1. A declaration stands before its definition, at the same level, and holds for whatever the name is defined or assigned
//!    to. It changes what a program does in one way only: a value of another type raises a condition.
//! 2. A procedure's arguments are checked when it is entered, which blames whoever called it. Its result is checked when it
//!    returns, which blames the procedure. A call in tail position stays one if the callee's declared result fits (its own
//!    does); any other is waited for, so that its value can be checked.
//! 3. A check takes bounded time: it looks at no more than 8 items of a list or a vector, and at a procedure only for being
//!    one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Denotation, Expander, Mode, ScopeId, arity_of, integer, local};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Item, Lambda, VariableId};
use crate::suggest;
use crate::syntax::{Symbol, Syntax};
use crate::types::{Base, Declaration, Known, RecordType, Signature, Type};
use bytecode::{GlobalIndex, Span};

/// Types nest at most so deep.
const DEPTH_MAX: u32 = 32;

const SHAPE: &str = "(: name type)";

/// Who is called.
#[derive(Clone, Copy, Debug)]
enum Callee {
    Global(GlobalIndex),
    Local(VariableId),
}

/// What the unit under expansion declares.
#[derive(Debug, Default)]
pub(super) struct Types {
    local: HashMap<VariableId, Arc<Declaration>>,
    local_records: HashSet<VariableId>,
    /// Arguments that are sure: whose, which, what, where.
    arguments: Vec<(Callee, usize, Known, Span)>,
    declared: Vec<(Symbol, Span)>,
    /// Globals that have been defined so far.
    defined: HashSet<Symbol>,
}

/// Which value a check is about.
#[derive(Clone, Copy)]
enum Checked {
    /// An argument, from 1.
    Argument(usize),
    Result,
    Variable,
}

impl Checked {
    /// As `%type-blame` wants it.
    fn number(self) -> usize {
        match self {
            Checked::Variable => 0,
            Checked::Result => 1,
            Checked::Argument(position) => position + 1,
        }
    }
}

/// The result that a procedure has to have.
struct Wanted<'a> {
    what: &'a Type,
    name: Symbol,
    line: u32,
}

impl Expander<'_> {
    /// `(: name type)` at the top level.
    pub(super) fn declare_top(&mut self, form: &Syntax, parts: &[Syntax]) -> Outcome<()> {
        let [_, name, what] = parts else { return self.malformed(form, parts, SHAPE) };
        let Some(identifier) = name.as_identifier() else {
            return Problem::fail(name.span, "a name must stand here");
        };
        let symbol = match self.resolve(identifier, self.top) {
            Denotation::Global(symbol) => symbol,
            _ => self.own_name(identifier.symbol),
        };
        if self.types.defined.contains(&symbol) {
            return self.declared_late(name);
        }
        self.note_meaning(name.span, &Denotation::Global(symbol));
        let what = self.parse_type(what, self.top, 0)?;
        let declaration = Declaration { what, line: form.span.line };
        self.state.types.insert(symbol, Arc::new(declaration));
        self.state.version += 1;
        self.types.declared.push((symbol, name.span));
        Ok(())
    }

    /// `(: name type)` in a body, whose names are all bound.
    pub(super) fn declare_local(&mut self, form: &Syntax, scope: ScopeId) -> Outcome<()> {
        let parts = form.as_list().unwrap_or(&[]);
        let [_, name, what] = parts else { return self.malformed(form, parts, SHAPE) };
        let own = name.as_identifier().filter(|identifier| self.binds(scope, *identifier));
        let Some(Denotation::Local(variable)) = own.map(|identifier| self.resolve(identifier, scope)) else {
            let text = name.text(&self.state.interner, 40);
            let problem = Problem::new(name.span, format!("this body does not define `{text}`"));
            return Err(Box::new(problem.suggest("a declaration belongs to a definition beside it")));
        };
        self.note_meaning(name.span, &Denotation::Local(variable));
        let what = self.parse_type(what, scope, 0)?;
        self.types.local.insert(variable, Arc::new(Declaration { what, line: form.span.line }));
        Ok(())
    }

    fn declared_late<T>(&self, name: &Syntax) -> Outcome<T> {
        let text = name.text(&self.state.interner, 40);
        let problem = Problem::new(name.span, format!("`{text}` is declared after its definition"));
        Err(Box::new(problem.suggest("put the declaration before it")))
    }

    /// The global of this name is being defined.
    pub(super) fn note_defined(&mut self, symbol: Symbol) {
        self.types.defined.insert(symbol);
    }

    /// `variable` holds a type of records.
    pub(super) fn note_local_record(&mut self, variable: VariableId) {
        self.types.local_records.insert(variable);
    }

    fn parse_type(&self, syntax: &Syntax, scope: ScopeId, depth: u32) -> Outcome<Type> {
        if depth > DEPTH_MAX {
            return Problem::fail(syntax.span, format!("types nest at most {DEPTH_MAX} levels deep"));
        }
        if let Some(identifier) = syntax.as_identifier() {
            let name = self.name(identifier.symbol).to_owned();
            let meaning = self.resolve(identifier, scope);
            match meaning {
                Denotation::Local(variable) if self.types.local_records.contains(&variable) => {
                    self.note_meaning(syntax.span, &meaning);
                    return Ok(Type::Record(name, RecordType::Local(variable)));
                }
                Denotation::Global(symbol) if self.state.records.contains(&symbol) => {
                    self.note_meaning(syntax.span, &meaning);
                    return Ok(Type::Record(name, RecordType::Global(symbol)));
                }
                _ => {}
            }
            return match (&name[..], Base::named(&name)) {
                (_, Some(base)) => Ok(Type::Base(base)),
                ("any", None) => Ok(Type::Any),
                _ => self.unknown_type(&name, syntax.span),
            };
        }
        let parts = syntax.as_list().unwrap_or(&[]);
        let head = parts.first().and_then(Syntax::as_identifier).map(|head| self.name(head.symbol));
        let mut all = Vec::with_capacity(parts.len());
        for part in parts.iter().skip(1) {
            all.push(self.parse_type(part, scope, depth + 1)?);
        }
        let count = all.len();
        Ok(match (head, count) {
            (Some("->"), 1..) => {
                let result = all.pop().unwrap_or(Type::Any);
                Type::Procedure(Box::new(Signature { params: all, rest: None, result }))
            }
            (Some("->*"), 2..) => {
                let result = all.pop().unwrap_or(Type::Any);
                let rest = all.pop();
                Type::Procedure(Box::new(Signature { params: all, rest, result }))
            }
            (Some("or"), 1..) => Type::Or(all),
            (Some("list-of"), 1) => Type::ListOf(Box::new(all.remove(0))),
            (Some("vector-of"), 1) => Type::VectorOf(Box::new(all.remove(0))),
            (Some("pair-of"), 2) => {
                let cdr = all.pop().unwrap_or(Type::Any);
                Type::PairOf(Box::new(all.remove(0)), Box::new(cdr))
            }
            _ => {
                let text = syntax.text(&self.state.interner, 40);
                let problem = Problem::new(syntax.span, format!("`{text}` is no type"));
                return Err(Box::new(problem.suggest(
                    "types are names, (-> type ... result), (->* type ... rest result), (or type ...), (list-of type), \
                     (vector-of type), (pair-of type type)",
                )));
            }
        })
    }

    fn unknown_type<T>(&self, name: &str, span: Span) -> Outcome<T> {
        let problem = Problem::new(span, format!("there is no type `{name}`"));
        let near = suggest::nearest(name, Base::NAMES.iter().copied().chain(["any"]));
        Err(Box::new(match near {
            Some(near) => problem.suggest(format!("did you mean `{near}`?")),
            None => problem.suggest(format!(
                "types are any, {}, and types of records that are defined before",
                Base::NAMES.join(", ")
            )),
        }))
    }

    /// The declaration of a global.
    pub(super) fn declared_global(&self, symbol: Symbol) -> Option<Arc<Declaration>> {
        self.state.types.get(&symbol).cloned()
    }

    /// The declaration of a local variable.
    pub(super) fn declared_local(&self, variable: VariableId) -> Option<Arc<Declaration>> {
        self.types.local.get(&variable).cloned()
    }

    /// The value that `name` is defined to, with the checks of its declaration.
    pub(super) fn typed(
        &mut self,
        name: Symbol,
        declaration: Option<Arc<Declaration>>,
        value: Expr,
    ) -> Outcome<Expr> {
        let Some(declaration) = declaration else { return Ok(value) };
        let span = value.span;
        match (&declaration.what, value.kind) {
            (Type::Procedure(signature), ExprKind::Lambda(lambda)) => {
                let lambda = self.typed_lambda(name, declaration.line, signature, *lambda)?;
                Ok(Expr::new(ExprKind::Lambda(Box::new(lambda)), span))
            }
            (_, kind) => self.typed_value(name, &declaration, Expr::new(kind, span)),
        }
    }

    /// The value that a variable is given, checked.
    pub(super) fn typed_value(
        &mut self,
        name: Symbol,
        declaration: &Declaration,
        value: Expr,
    ) -> Outcome<Expr> {
        if let Some(known) = self.known(&value).filter(|known| known.is(&declaration.what) == Some(false)) {
            let (text, wanted) = (self.name(name), declaration.what.text());
            let message = format!("`{text}` is declared to be {wanted}, but gets {}", known.text());
            self.warn_of_type(value.span, message, declaration.line);
        }
        self.checked(value, &declaration.what, Checked::Variable, name, declaration.line)
    }

    fn warn_of_type(&mut self, span: Span, message: String, line: u32) {
        self.warnings.push(Problem::new(span, message).suggest(format!("line {line} declares it")));
    }

    fn typed_lambda(
        &mut self,
        name: Symbol,
        line: u32,
        signature: &Signature,
        mut lambda: Lambda,
    ) -> Outcome<Lambda> {
        let (count, arity) = (signature.params.len(), arity_of(&lambda));
        if !arity.accepts(count) || (signature.rest.is_some() && !lambda.rest) {
            let least = if signature.rest.is_some() { "at least " } else { "" };
            let plural = if count == 1 { "" } else { "s" };
            let message = format!(
                "`{}` is declared in line {line} with {least}{count} argument{plural}, but takes {}",
                self.name(name),
                arity.text()
            );
            return Problem::fail(lambda.span, message);
        }
        let span = lambda.span;
        let body = std::mem::replace(&mut lambda.body, Expr::unspecified(span));
        let wanted = Wanted { what: &signature.result, name, line };
        let body = self.check_result(body, &wanted)?;
        let fixed = lambda.params.len() - usize::from(lambda.rest);
        let mut parts = Vec::new();
        for (index, what) in signature.params.iter().take(fixed).enumerate() {
            parts.extend(self.argument_check(lambda.params[index], what, index + 1, &wanted, span)?);
        }
        if let Some(rest) = signature.rest.clone().filter(|_| count == fixed) {
            let what = Type::ListOf(Box::new(rest));
            parts.extend(self.argument_check(lambda.params[fixed], &what, fixed + 1, &wanted, span)?);
        }
        parts.push(body);
        lambda.body = Expr::sequence(parts, span);
        Ok(lambda)
    }

    fn argument_check(
        &mut self,
        variable: VariableId,
        what: &Type,
        position: usize,
        wanted: &Wanted<'_>,
        span: Span,
    ) -> Outcome<Option<Expr>> {
        if !self.passes.checks {
            return Ok(None);
        }
        let Some(test) = self.type_test(what, variable, span)? else { return Ok(None) };
        let about = Checked::Argument(position);
        let blame = self.blame(variable, what, about, wanted.name, wanted.line, span)?;
        Ok(Some(Expr::conditional(test, Expr::unspecified(span), blame, span)))
    }

    /// `value`, checked.
    fn checked(
        &mut self,
        value: Expr,
        what: &Type,
        about: Checked,
        name: Symbol,
        line: u32,
    ) -> Outcome<Expr> {
        if !self.passes.checks || self.known(&value).is_some_and(|known| known.is(what) == Some(true)) {
            return Ok(value);
        }
        let span = value.span;
        let variable = self.hidden_variable("value");
        let Some(test) = self.type_test(what, variable, span)? else { return Ok(value) };
        let blame = self.blame(variable, what, about, name, line, span)?;
        let choice = Expr::conditional(test, local(variable, span), blame, span);
        Ok(Expr::bind(vec![(variable, value)], choice, span))
    }

    fn blame(
        &mut self,
        variable: VariableId,
        what: &Type,
        about: Checked,
        name: Symbol,
        line: u32,
        span: Span,
    ) -> Outcome<Expr> {
        let name = self.quoted_symbol(name, span);
        let expected = Expr::literal(self.constants.string(&what.text()), span);
        let operands = vec![
            name,
            integer(about.number(), span),
            expected,
            local(variable, span),
            integer(line as usize, span),
        ];
        self.call_builtin("%type-blame", operands, span)
    }

    /// Whether the variable's value is of a type; `None` if nothing needs to be asked.
    fn type_test(&mut self, what: &Type, variable: VariableId, span: Span) -> Outcome<Option<Expr>> {
        let value = local(variable, span);
        Ok(Some(match what {
            Type::Any => return Ok(None),
            Type::Base(base) => self.call_builtin(base.predicate(), vec![value], span)?,
            Type::Procedure(_) => self.call_builtin("procedure?", vec![value], span)?,
            Type::ListOf(item) => match self.type_predicate(item, span)? {
                Some(predicate) => self.call_builtin("%list-of?", vec![value, predicate], span)?,
                None => self.call_builtin("%list-like?", vec![value], span)?,
            },
            Type::VectorOf(item) => match self.type_predicate(item, span)? {
                Some(predicate) => self.call_builtin("%vector-of?", vec![value, predicate], span)?,
                None => self.call_builtin("vector?", vec![value], span)?,
            },
            Type::PairOf(car, cdr) => {
                let (car, cdr) = (self.type_predicate(car, span)?, self.type_predicate(cdr, span)?);
                if car.is_none() && cdr.is_none() {
                    return Ok(Some(self.call_builtin("pair?", vec![value], span)?));
                }
                // Any number of arguments, and whatever they are: an answer that is true.
                let car = car.map_or_else(|| self.builtin("list", span), Ok)?;
                let cdr = cdr.map_or_else(|| self.builtin("list", span), Ok)?;
                self.call_builtin("%pair-of?", vec![value, car, cdr], span)?
            }
            Type::Record(_, record) => {
                let record = self.record_type(*record, span);
                self.call_builtin("%record?", vec![value, record], span)?
            }
            Type::Or(types) => {
                let mut tests = Vec::with_capacity(types.len());
                for part in types {
                    let Some(test) = self.type_test(part, variable, span)? else { return Ok(None) };
                    tests.push(test);
                }
                if tests.len() == 1 { tests.remove(0) } else { Expr::new(ExprKind::Or(tests), span) }
            }
        }))
    }

    fn record_type(&mut self, record: RecordType, span: Span) -> Expr {
        match record {
            RecordType::Local(variable) => {
                self.note_reference(variable);
                local(variable, span)
            }
            RecordType::Global(symbol) => {
                let global = self.use_global(symbol, span, self.top);
                Expr::new(ExprKind::Global(global), span)
            }
        }
    }

    /// A procedure that tells values of a type; `None` if it would tell all.
    fn type_predicate(&mut self, what: &Type, span: Span) -> Outcome<Option<Expr>> {
        if let Type::Base(base) = what {
            return self.builtin(base.predicate(), span).map(Some);
        }
        let item = self.hidden_variable("item");
        let Some(body) = self.type_test(what, item, span)? else { return Ok(None) };
        let lambda = Lambda { name: None, params: vec![item], rest: false, body, span };
        Ok(Some(Expr::new(ExprKind::Lambda(Box::new(lambda)), span)))
    }

    /// What is sure about the value of an expression.
    fn known(&self, expr: &Expr) -> Option<Known> {
        match &expr.kind {
            ExprKind::Literal(literal) => Known::of_literal(*literal, &self.constants),
            ExprKind::Lambda(_) | ExprKind::Builtin(_) => Some(Known::Procedure),
            ExprKind::Call(operator, _) => match operator.kind {
                ExprKind::Builtin(id) => Known::of_builtin(&self.builtins.by_id(id).name),
                _ => Known::of_type(&self.signature_of(operator)?.result),
            },
            ExprKind::Seq(parts) => self.known(parts.last()?),
            _ => None,
        }
    }

    /// The declared signature of the procedure that an expression refers to.
    fn signature_of(&self, operator: &Expr) -> Option<&Signature> {
        let declaration = match operator.kind {
            ExprKind::Global(global) => self.state.types.get(&self.globals[global.0 as usize])?,
            ExprKind::Local(variable) => self.types.local.get(&variable)?,
            _ => return None,
        };
        match &declaration.what {
            Type::Procedure(signature) => Some(signature),
            _ => None,
        }
    }

    /// A tail call that stays one: what it answers is checked by the callee, or it answers nothing.
    fn is_fitting_call(&self, expr: &Expr, wanted: &Wanted<'_>) -> bool {
        let ExprKind::Call(operator, _) = &expr.kind else { return false };
        if let ExprKind::Builtin(id) = operator.kind {
            let name = &self.builtins.by_id(id).name[..];
            return matches!(name, "error" | "raise" | "exit" | "emergency-exit" | "%assertion-failed");
        }
        self.signature_of(operator).is_some_and(|signature| signature.result.fits(wanted.what))
    }

    /// A fitting call stands in tail position of `expr`.
    fn has_fitting_call(&self, expr: &Expr, wanted: &Wanted<'_>) -> bool {
        match &expr.kind {
            ExprKind::If(clauses, otherwise) => {
                self.has_fitting_call(otherwise, wanted)
                    || clauses.iter().any(|(_, body)| self.has_fitting_call(body, wanted))
            }
            ExprKind::Seq(parts) | ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.last().is_some_and(|last| self.has_fitting_call(last, wanted))
            }
            ExprKind::Body(_, value) => self.has_fitting_call(value, wanted),
            ExprKind::Receive(receive) => {
                let after = receive.after.as_ref();
                receive.clauses.iter().any(|clause| self.has_fitting_call(&clause.body, wanted))
                    || after.is_some_and(|(_, body)| self.has_fitting_call(body, wanted))
            }
            _ => self.is_fitting_call(expr, wanted),
        }
    }

    /// `expr`, the value of a procedure, checked wherever it is not sure.
    fn check_result(&mut self, expr: Expr, wanted: &Wanted<'_>) -> Outcome<Expr> {
        let span = expr.span;
        let kind = match expr.kind {
            _ if matches!(wanted.what, Type::Any) => return Ok(expr),
            ExprKind::If(clauses, otherwise) => {
                let mut checked = Vec::with_capacity(clauses.len());
                for (test, body) in clauses {
                    checked.push((test, self.check_result(body, wanted)?));
                }
                ExprKind::If(checked, Box::new(self.check_result(*otherwise, wanted)?))
            }
            ExprKind::Seq(mut parts) => {
                if let Some(last) = parts.pop() {
                    parts.push(self.check_result(last, wanted)?);
                }
                ExprKind::Seq(parts)
            }
            // A loop is a loop only while its first call is in tail position.
            ExprKind::Body(items, value)
                if !items.iter().any(|item| matches!(item, Item::Procedures(_)))
                    || self.has_fitting_call(&value, wanted) =>
            {
                ExprKind::Body(items, Box::new(self.check_result(*value, wanted)?))
            }
            ExprKind::And(parts) if Known::Boolean.is(wanted.what) == Some(true) => {
                return self.check_last(parts, ExprKind::And, wanted, span);
            }
            ExprKind::Or(parts) if self.are_sure(&parts, wanted) => {
                return self.check_last(parts, ExprKind::Or, wanted, span);
            }
            ExprKind::Receive(mut receive) => {
                for clause in &mut receive.clauses {
                    let body = std::mem::replace(&mut clause.body, Expr::unspecified(span));
                    clause.body = self.check_result(body, wanted)?;
                }
                if let Some((milliseconds, body)) = receive.after.take() {
                    receive.after = Some((milliseconds, self.check_result(body, wanted)?));
                }
                ExprKind::Receive(receive)
            }
            kind => {
                let expr = Expr::new(kind, span);
                if self.is_fitting_call(&expr, wanted) {
                    return Ok(expr);
                }
                if let Some(known) = self.known(&expr).filter(|known| known.is(wanted.what) == Some(false)) {
                    let (name, what) = (self.name(wanted.name), wanted.what.text());
                    let message =
                        format!("`{name}` is declared to answer {what}, but answers {}", known.text());
                    self.warn_of_type(span, message, wanted.line);
                }
                return self.checked(expr, wanted.what, Checked::Result, wanted.name, wanted.line);
            }
        };
        Ok(Expr::new(kind, span))
    }

    fn check_last(
        &mut self,
        mut parts: Vec<Expr>,
        kind: fn(Vec<Expr>) -> ExprKind,
        wanted: &Wanted<'_>,
        span: Span,
    ) -> Outcome<Expr> {
        if let Some(last) = parts.pop() {
            parts.push(self.check_result(last, wanted)?);
        }
        Ok(Expr::new(kind(parts), span))
    }

    /// All but the last of `parts` are of the type.
    fn are_sure(&self, parts: &[Expr], wanted: &Wanted<'_>) -> bool {
        let sure = |part: &Expr| self.known(part).is_some_and(|known| known.is(wanted.what) == Some(true));
        parts.iter().rev().skip(1).all(sure)
    }

    /// Remembers the arguments of a call that are sure.
    pub(super) fn note_arguments(&mut self, operator: &Expr, operands: &[Expr]) {
        let callee = match operator.kind {
            ExprKind::Global(global) if self.mode == Mode::Program => Callee::Global(global),
            ExprKind::Local(variable) if self.types.local.contains_key(&variable) => Callee::Local(variable),
            _ => return,
        };
        for (index, operand) in operands.iter().enumerate() {
            if let Some(known) = self.known(operand) {
                self.types.arguments.push((callee, index, known, operand.span));
            }
        }
    }

    /// Warns about arguments that are of another type than declared, and about declarations of nothing. Call it at the end.
    pub(crate) fn warn_of_wrong_types(&mut self) {
        for (callee, index, known, span) in std::mem::take(&mut self.types.arguments) {
            let (name, declaration) = match callee {
                Callee::Global(global) => {
                    let symbol = self.globals[global.0 as usize];
                    (symbol, self.declared_global(symbol))
                }
                Callee::Local(variable) => (self.variables[variable].name, self.declared_local(variable)),
            };
            let Some(declaration) = declaration else { continue };
            let Type::Procedure(signature) = &declaration.what else { continue };
            let Some(what) = signature.params.get(index).or(signature.rest.as_ref()) else { continue };
            if known.is(what) == Some(false) {
                let name = self.name(name);
                let name = name.split(" of (").next().unwrap_or(name);
                let message = format!(
                    "`{name}` expects {} as argument {}, but gets {}",
                    what.text(),
                    index + 1,
                    known.text()
                );
                self.warn_of_type(span, message, declaration.line);
            }
        }
        for (symbol, span) in std::mem::take(&mut self.types.declared) {
            if !self.state.defined.contains(&symbol) {
                let message = format!("`{}` is declared, but nothing defines it", self.name(symbol));
                self.warnings.push(Problem::new(span, message));
            }
        }
    }
}
