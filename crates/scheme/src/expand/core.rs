//! The core forms: dispatch, and those that are not derived from others.

use super::{Core, Denotation, Expander, LocalBinding, ScopeId, local};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Item, Lambda, Literal, VariableId};
use crate::syntax::{Datum, Identifier, Symbol, Syntax};
use bytecode::Span;

/// The most parameters that a procedure may have.
const PARAMETERS_MAX: usize = 255;

impl Expander<'_> {
    pub(super) fn expand_core(
        &mut self,
        core: Core,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let name = self.pending_name.take();
        let span = syntax.span;
        match core {
            Core::Quote => self.expand_quote(syntax, items),
            Core::Quasiquote => self.expand_quasiquote(syntax, items, scope),
            Core::If => self.expand_if(syntax, items, scope),
            Core::Set => self.expand_set(syntax, items, scope),
            Core::Lambda => {
                self.require(syntax, items, 3, "(lambda (parameter ...) body ...)")?;
                let lambda = self.expand_lambda(name, &items[1], &items[2..], span, scope)?;
                Ok(Expr::new(ExprKind::Lambda(Box::new(lambda)), span))
            }
            Core::NamedLambda => self.expand_named_lambda(syntax, items, scope),
            Core::CaseLambda => self.expand_case_lambda(name, syntax, items, scope),
            Core::Begin if items.len() == 1 => Ok(Expr::unspecified(span)),
            Core::Begin => self.expand_sequence(&items[1..], span, scope),
            Core::And => {
                let parts = self.expand_all(&items[1..], scope)?;
                Ok(junction(parts, ExprKind::And, true, span))
            }
            Core::Or => {
                let parts = self.expand_all(&items[1..], scope)?;
                Ok(junction(parts, ExprKind::Or, false, span))
            }
            Core::Cond => self.expand_cond(&items[1..], None, span, scope),
            Core::Case => self.expand_case(syntax, items, scope),
            Core::When => self.expand_when(syntax, items, true, scope),
            Core::Unless => self.expand_when(syntax, items, false, scope),
            Core::Let => self.expand_let(syntax, items, scope),
            Core::LetStar => self.expand_let_star(syntax, items, scope),
            Core::Letrec => self.expand_letrec(syntax, items, scope),
            Core::LetValues => self.expand_let_values(syntax, items, false, scope),
            Core::LetStarValues => self.expand_let_values(syntax, items, true, scope),
            Core::LetSyntax => self.expand_let_syntax(syntax, items, false, scope),
            Core::LetrecSyntax => self.expand_let_syntax(syntax, items, true, scope),
            Core::Do => self.expand_do(syntax, items, scope),
            Core::Delay => self.expand_delay(syntax, items, true, scope),
            Core::DelayForce => self.expand_delay(syntax, items, false, scope),
            Core::ConsStream => self.expand_cons_stream(syntax, items, scope),
            Core::Parameterize => self.expand_parameterize(syntax, items, scope),
            Core::Guard => self.expand_guard(syntax, items, scope),
            Core::Receive if self.is_unavailable("send") => {
                let procedure = self.unavailable("receive", span)?;
                Ok(Expr::call(procedure, Vec::new(), span))
            }
            Core::Receive => self.expand_receive(syntax, items, scope),
            Core::Assert => self.expand_assert(syntax, items, scope),
            Core::CondExpand => {
                let chosen = self.choose_features(syntax, items)?;
                self.expand_sequence(&chosen, span, scope)
            }
            Core::SyntaxError => self.syntax_error(syntax, items),
            Core::Define
            | Core::DefineValues
            | Core::DefineMemoized
            | Core::DefineRecordType
            | Core::DefineSyntax
            | Core::Declare => {
                let form = self.head_name(items);
                let problem = Problem::new(span, format!("`{form}` must not stand where a value is needed"));
                Err(Box::new(
                    problem.suggest("definitions belong at the top level or at the start of a body"),
                ))
            }
            Core::Import | Core::DefineLibrary => {
                let form = self.head_name(items);
                Problem::fail(span, format!("`{form}` belongs at the top level of a program"))
            }
            Core::SyntaxRules | Core::ErMacroTransformer => {
                let form = core.name();
                Problem::fail(span, format!("`{form}` belongs into `define-syntax` or `let-syntax`"))
            }
            Core::Include | Core::IncludeCi => {
                let included = self.include(syntax, items, core == Core::IncludeCi)?;
                self.expand_sequence(&included, span, scope)
            }
            Core::Else | Core::Arrow | Core::Ellipsis | Core::Underscore => {
                let form = self.head_name(items);
                Problem::fail(span, format!("`{form}` has a meaning inside of other forms only"))
            }
            Core::Unquote => {
                let form = self.head_name(items);
                Problem::fail(span, format!("`{form}` has a meaning inside of a quasiquotation only"))
            }
        }
    }

    /// The name of the form, as written.
    pub(super) fn head_name(&self, items: &[Syntax]) -> String {
        let symbol = items.first().and_then(Syntax::as_identifier).map(|identifier| identifier.symbol);
        symbol.map(|symbol| self.name(symbol).to_owned()).unwrap_or_default()
    }

    /// Fails unless the form has at least `least` items.
    pub(super) fn require(
        &self,
        syntax: &Syntax,
        items: &[Syntax],
        least: usize,
        shape: &str,
    ) -> Outcome<()> {
        if items.len() >= least { Ok(()) } else { self.malformed(syntax, items, shape) }
    }

    #[cold]
    pub(super) fn malformed<T>(&self, syntax: &Syntax, items: &[Syntax], shape: &str) -> Outcome<T> {
        let problem = Problem::new(
            syntax.span,
            match items.len() {
                0 | 1 => format!("this `{}` is empty", self.head_name(items)),
                count => {
                    let (name, parts) = (self.head_name(items), if count == 2 { "part" } else { "parts" });
                    format!("this `{name}` is not well formed: {} {parts} after the name", count - 1)
                }
            },
        );
        Err(Box::new(problem.suggest(format!("its form is {shape}"))))
    }

    fn expand_quote(&mut self, syntax: &Syntax, items: &[Syntax]) -> Outcome<Expr> {
        let [_, datum] = items else { return self.malformed(syntax, items, "(quote datum)") };
        self.note_data(datum);
        let literal = self.constant(datum)?;
        Ok(Expr::literal(literal, syntax.span))
    }

    fn expand_if(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        if !matches!(items.len(), 3 | 4) {
            return self.malformed(syntax, items, "(if test then else)");
        }
        let test = self.expand(&items[1], scope)?;
        let then = self.expand(&items[2], scope)?;
        let otherwise = match items.get(3) {
            Some(otherwise) => self.expand(otherwise, scope)?,
            None => Expr::unspecified(syntax.span),
        };
        Ok(Expr::conditional(test, then, otherwise, syntax.span))
    }

    fn expand_set(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        let [_, target, value] = items else { return self.malformed(syntax, items, "(set! name value)") };
        let Some(identifier) = target.as_identifier() else {
            return Problem::fail(target.span, "`set!` assigns a variable: a name must stand here");
        };
        let value = self.expand_named(value, identifier.symbol, scope)?;
        let meaning = self.resolve(identifier, scope);
        self.note_meaning(target.span, &meaning);
        self.note_surroundings(identifier, scope);
        let kind = match meaning {
            Denotation::Local(variable) => {
                self.variables[variable].boxed = true;
                self.references.push(variable);
                let value = match self.declared_local(variable) {
                    Some(declaration) => self.typed_value(identifier.symbol, &declaration, value)?,
                    None => value,
                };
                ExprKind::SetLocal(variable, Box::new(value))
            }
            Denotation::Global(symbol) => {
                self.check_own(symbol, identifier.symbol, target.span)?;
                let global = self.use_global(symbol, target.span, scope);
                self.note_definition(global, None);
                let value = match self.declared_global(symbol) {
                    Some(declaration) => self.typed_value(identifier.symbol, &declaration, value)?,
                    None => value,
                };
                ExprKind::SetGlobal(global, Box::new(value))
            }
            Denotation::Unbound(symbol) => {
                return Err(Box::new(self.not_imported(symbol, target.span, scope)));
            }
            Denotation::Builtin(_) => {
                // Only a macro can get here: an assignment in the source was seen before expansion began.
                let name = self.name(identifier.symbol).to_owned();
                let problem = Problem::new(target.span, format!("`{name}` belongs to the machine"));
                return Err(Box::new(problem.suggest(format!("put `(define {name} {name})` before this"))));
            }
            Denotation::Core(_) | Denotation::Macro(_) | Denotation::Intrinsic(..) => {
                let name = self.name(identifier.symbol);
                return Problem::fail(target.span, format!("`{name}` is syntax and cannot be assigned"));
            }
        };
        Ok(Expr::new(kind, syntax.span))
    }

    fn expand_named_lambda(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        const SHAPE: &str = "(named-lambda (name parameter ...) body ...)";
        self.require(syntax, items, 3, SHAPE)?;
        let Some((name, parameters)) = split_signature(&items[1]) else {
            return self.malformed(syntax, items, SHAPE);
        };
        let name = name.as_identifier().map(|identifier| identifier.symbol);
        let lambda = self.expand_lambda(name, &parameters, &items[2..], syntax.span, scope)?;
        Ok(Expr::new(ExprKind::Lambda(Box::new(lambda)), syntax.span))
    }

    /// A procedure from its parameter list and its body.
    pub(super) fn expand_lambda(
        &mut self,
        name: Option<Symbol>,
        parameters: &Syntax,
        body: &[Syntax],
        span: Span,
        scope: ScopeId,
    ) -> Outcome<Lambda> {
        let inner = self.new_scope(scope);
        let (params, rest) = self.bind_parameters(parameters, inner)?;
        let body = self.expand_body(body, span, inner)?;
        Ok(Lambda { name, params, rest, body, span })
    }

    /// Binds the names of a parameter list in `scope`.
    pub(super) fn bind_parameters(
        &mut self,
        parameters: &Syntax,
        scope: ScopeId,
    ) -> Outcome<(Vec<VariableId>, bool)> {
        let (items, rest) = match &parameters.datum {
            Datum::List(items) => (&items.0[..], false),
            Datum::Improper(items) => (&items.0[..], true),
            Datum::Identifier(_) => (std::slice::from_ref(parameters), true),
            _ => return Problem::fail(parameters.span, "a parameter list must stand here"),
        };
        if items.len() > PARAMETERS_MAX {
            return Problem::fail(
                parameters.span,
                format!("a procedure has at most {PARAMETERS_MAX} parameters"),
            );
        }
        let mut params = Vec::with_capacity(items.len());
        for item in items {
            let variable = self.bind_variable(item, scope)?;
            self.note_parameter(item, variable);
            params.push(variable);
        }
        Ok((params, rest))
    }

    /// Binds one name in `scope`.
    pub(super) fn bind_variable(&mut self, name: &Syntax, scope: ScopeId) -> Outcome<VariableId> {
        let Some(identifier) = name.as_identifier() else {
            let text = name.text(&self.state.interner, 40);
            return Problem::fail(name.span, format!("a name must stand here, not `{text}`"));
        };
        if self.binds(scope, identifier) {
            let name_text = self.name(identifier.symbol);
            return Problem::fail(name.span, format!("`{name_text}` is bound twice here"));
        }
        let variable = self.variables.add(identifier.symbol, false);
        self.bind(scope, identifier, LocalBinding::Variable(variable));
        self.note_variable(name, variable);
        Ok(variable)
    }

    /// The same for a name that somebody wrote to use its value: one that nothing uses is worth a warning.
    pub(super) fn bind_watched(&mut self, name: &Syntax, scope: ScopeId) -> Outcome<VariableId> {
        let variable = self.bind_variable(name, scope)?;
        let written = name.as_identifier().filter(|identifier| identifier.alias == 0);
        if written.is_some_and(|identifier| !self.name(identifier.symbol).starts_with('_')) {
            self.watched.push((variable, name.span));
        }
        Ok(variable)
    }

    fn expand_let(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        const SHAPE: &str = "(let ((name value) ...) body ...)";
        self.require(syntax, items, 3, SHAPE)?;
        if let Some(name) = items[1].as_identifier() {
            self.require(syntax, items, 4, "(let name ((variable value) ...) body ...)")?;
            return self.expand_named_let(name, syntax, items, scope);
        }
        let bindings = self.binding_list(&items[1])?;
        let mut inits = Vec::with_capacity(bindings.len());
        let outer_names = self.let_names.len();
        let names = bindings.iter().filter_map(|(name, _)| name.as_identifier());
        self.let_names.extend(names.map(|name| name.symbol));
        for (name, value) in &bindings {
            inits.push(self.expand_init(name, value.as_ref(), scope)?);
        }
        self.let_names.truncate(outer_names);
        let inner = self.new_scope(scope);
        let mut bound = Vec::with_capacity(bindings.len());
        for ((name, _), init) in bindings.iter().zip(inits) {
            bound.push((self.bind_watched(name, inner)?, init));
        }
        let body = self.expand_body(&items[2..], syntax.span, inner)?;
        Ok(self.bind_values(bound, body, syntax.span))
    }

    pub(super) fn expand_init(
        &mut self,
        name: &Syntax,
        value: Option<&Syntax>,
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let Some(value) = value else { return Ok(Expr::unspecified(name.span)) };
        match name.as_identifier() {
            Some(identifier) => self.expand_named(value, identifier.symbol, scope),
            None => self.expand(value, scope),
        }
    }

    /// `let`, with procedures told apart, so that those that are only called become jumps.
    pub(super) fn bind_values(&mut self, bindings: Vec<(VariableId, Expr)>, body: Expr, span: Span) -> Expr {
        let mut items = Vec::with_capacity(bindings.len());
        let mut later = Vec::new();
        // A box is made once all initial values are known: one of them may be entered again.
        let last_call = bindings.iter().rposition(|(_, init)| !init.is_trivial()).unwrap_or(0);
        for (at, (variable, init)) in bindings.into_iter().enumerate() {
            match init.kind {
                ExprKind::Lambda(lambda) if !self.variables[variable].boxed => {
                    self.note_procedure(variable, &lambda);
                    later.push(Item::Procedures(vec![(variable, *lambda)]));
                }
                kind if self.variables[variable].boxed && at < last_call => {
                    let value = self.hidden_variable("value");
                    items.push(Item::Bind(value, Expr::new(kind, init.span)));
                    later.push(Item::Bind(variable, local(value, init.span)));
                }
                kind => items.push(Item::Bind(variable, Expr::new(kind, init.span))),
            }
        }
        items.append(&mut later);
        Expr::body(items, body, span)
    }

    fn expand_named_let(
        &mut self,
        name: Identifier,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let span = syntax.span;
        let bindings = self.binding_list(&items[2])?;
        let mut inits = Vec::with_capacity(bindings.len());
        for (name, value) in &bindings {
            inits.push(self.expand_init(name, value.as_ref(), scope)?);
        }
        let outer = self.new_scope(scope);
        let procedure = self.bind_variable(&items[1], outer)?;
        let inner = self.new_scope(outer);
        let mut params = Vec::with_capacity(bindings.len());
        for (name, _) in &bindings {
            params.push(self.bind_variable(name, inner)?);
        }
        let body = self.expand_body(&items[3..], span, inner)?;
        let lambda = Lambda { name: Some(name.symbol), params, rest: false, body, span };
        let start = Expr::call(local(procedure, span), inits, span);
        if self.variables[procedure].boxed {
            let lambda = Expr::new(ExprKind::Lambda(Box::new(lambda)), span);
            let set = Expr::new(ExprKind::SetLocal(procedure, Box::new(lambda)), span);
            return Ok(Expr::body(vec![Item::Box(procedure), Item::Do(set)], start, span));
        }
        self.note_procedure(procedure, &lambda);
        Ok(Expr::body(vec![Item::Procedures(vec![(procedure, lambda)])], start, span))
    }

    fn expand_let_star(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        self.require(syntax, items, 3, "(let* ((name value) ...) body ...)")?;
        let mut inner = scope;
        let mut bound = Vec::new();
        for (name, value) in self.binding_list(&items[1])? {
            let init = self.expand_init(&name, value.as_ref(), inner)?;
            inner = self.new_scope(inner);
            bound.push((self.bind_watched(&name, inner)?, init));
        }
        let inner = self.new_scope(inner);
        let body = self.expand_body(&items[2..], syntax.span, inner)?;
        let mut items = Vec::with_capacity(bound.len());
        for (variable, init) in bound {
            items.push(match init.kind {
                ExprKind::Lambda(lambda) if !self.variables[variable].boxed => {
                    Item::Procedures(vec![(variable, *lambda)])
                }
                kind => Item::Bind(variable, Expr::new(kind, init.span)),
            });
        }
        Ok(Expr::body(items, body, syntax.span))
    }

    fn expand_letrec(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Expr> {
        self.require(syntax, items, 3, "(letrec ((name value) ...) body ...)")?;
        let inner = self.new_scope(scope);
        let list = self.binding_list(&items[1])?;
        let mut variables = Vec::with_capacity(list.len());
        for (name, _) in &list {
            variables.push(self.bind_watched(name, inner)?);
        }
        let mut bindings = Vec::with_capacity(list.len());
        for ((name, value), variable) in list.iter().zip(variables) {
            let begin = self.references.len();
            let init = self.expand_init(name, value.as_ref(), inner)?;
            bindings.push(super::body::Binding {
                variable: Some(variable),
                init,
                references: begin..self.references.len(),
            });
        }
        let body_scope = self.new_scope(inner);
        let body = self.expand_body(&items[2..], syntax.span, body_scope)?;
        Ok(self.bind_recursively(bindings, body, syntax.span))
    }

    /// `((name value) ...)`; a bare name or `(name)` has no value.
    pub(super) fn binding_list(&self, syntax: &Syntax) -> Outcome<Vec<(Syntax, Option<Syntax>)>> {
        let Some(items) = syntax.as_list() else {
            return Problem::fail(syntax.span, "a list of bindings `((name value) ...)` must stand here");
        };
        let mut bindings = Vec::with_capacity(items.len());
        for item in items {
            bindings.push(match item.as_list() {
                Some([name, value]) => (name.clone(), Some(value.clone())),
                Some([name]) => (name.clone(), None),
                None if item.as_identifier().is_some() => (item.clone(), None),
                _ => return Problem::fail(item.span, "a binding `(name value)` must stand here"),
            });
        }
        Ok(bindings)
    }
}

/// `(name . parameters)` to its two parts.
pub(super) fn split_signature(syntax: &Syntax) -> Option<(Syntax, Syntax)> {
    let span = syntax.span;
    match &syntax.datum {
        Datum::List(items) => {
            let (name, rest) = items.0.split_first()?;
            Some((name.clone(), Syntax::list(rest.to_vec(), span)))
        }
        Datum::Improper(items) => {
            let (name, rest) = items.0.split_first()?;
            let parameters = match rest {
                [tail] => tail.clone(),
                _ => Syntax::new(
                    Datum::Improper(std::sync::Arc::new(crate::syntax::Items(rest.to_vec()))),
                    span,
                ),
            };
            Some((name.clone(), parameters))
        }
        _ => None,
    }
}

fn junction(mut parts: Vec<Expr>, kind: fn(Vec<Expr>) -> ExprKind, empty: bool, span: Span) -> Expr {
    match parts.len() {
        0 => Expr::literal(Literal::Boolean(empty), span),
        1 => parts.remove(0),
        _ => Expr::new(kind(parts), span),
    }
}
