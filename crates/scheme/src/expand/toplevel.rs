//! Top-level forms: definitions of globals, records and macros, `begin`, `import`.

use super::body::DefinedValue;
use super::{Core, Denotation, Expander, TopBinding, local};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Lambda, VariableId};
use crate::syntax::{Datum, Identifier, Symbol, Syntax};
use bytecode::{GlobalIndex, Span};

impl Expander<'_> {
    /// Marks every name that `forms` define or assign, so that a builtin of that name is a global of the program from
    /// the unit's start. Answers the definitions that give such globals the builtin's value to begin with.
    pub(crate) fn claim_names(&mut self, forms: &[Syntax]) -> Vec<Expr> {
        let mut claimed = Vec::new();
        self.claim_definitions(forms, &mut claimed);
        self.claim_assignments(forms, &mut claimed);
        let mut prologue = Vec::new();
        let environment = self.top.environment().unwrap_or(0);
        for (symbol, span) in claimed {
            let meant = self.resolve_top(symbol, environment);
            let is_own = matches!(self.state.environments[environment].bindings.get(&symbol),
                Some(TopBinding::Global(global)) if *global == self.own_name(symbol));
            if is_own {
                continue;
            }
            let global = self.define_top(symbol);
            if let Denotation::Builtin(id) = meant {
                let value = Expr::new(ExprKind::Builtin(id), span);
                prologue.push(self.define_global(global, value, span));
            }
        }
        prologue
    }

    fn claim_definitions(&self, forms: &[Syntax], claimed: &mut Vec<(Symbol, Span)>) {
        let mut pending: Vec<&Syntax> = forms.iter().rev().collect();
        while let Some(form) = pending.pop() {
            let Some([head, parts @ ..]) = form.as_list() else { continue };
            let Some(head) = head.as_identifier() else { continue };
            let Denotation::Core(core) = self.resolve(head, self.top) else { continue };
            match core {
                Core::Begin => pending.extend(parts.iter().rev()),
                Core::Define | Core::DefineMemoized => {
                    let mut target = parts.first();
                    while let Some(Syntax { datum: Datum::List(items) | Datum::Improper(items), .. }) = target
                    {
                        target = items.0.first();
                    }
                    claimed.extend(target.and_then(name_and_span));
                }
                Core::DefineValues => match parts.first() {
                    Some(Syntax { datum: Datum::List(items) | Datum::Improper(items), .. }) => {
                        claimed.extend(items.0.iter().filter_map(name_and_span));
                    }
                    Some(name) => claimed.extend(name_and_span(name)),
                    None => {}
                },
                Core::DefineRecordType => {
                    if let Ok(record) = self.parse_record(form, form.as_list().unwrap_or(&[])) {
                        claimed.extend(record.names().filter_map(name_and_span));
                    }
                }
                _ => {}
            }
        }
    }

    /// `set!` of a builtin, wherever it stands. A local variable of that name is claimed too, which does no harm: the
    /// global begins as the builtin.
    fn claim_assignments(&self, forms: &[Syntax], claimed: &mut Vec<(Symbol, Span)>) {
        let mut pending: Vec<&Syntax> = forms.iter().collect();
        while let Some(form) = pending.pop() {
            let (Datum::List(items) | Datum::Improper(items)) = &form.datum else { continue };
            if let [head, target, _] = &items.0[..]
                && let (Some(head), Some((symbol, span))) = (head.as_identifier(), name_and_span(target))
                && head.symbol == Symbol::SET
                && matches!(self.resolve(Identifier { symbol, alias: 0 }, self.top), Denotation::Builtin(_))
            {
                claimed.push((symbol, span));
            }
            pending.extend(items.0.iter());
        }
    }

    /// Expands one form of the top level to expressions that run in order.
    pub(crate) fn expand_toplevel(&mut self, form: &Syntax) -> Outcome<Vec<Expr>> {
        let mut out = Vec::new();
        self.depth = self.base_depth;
        self.references.clear();
        self.toplevel_form(form, 0, &mut out)?;
        Ok(out)
    }

    fn toplevel_form(&mut self, form: &Syntax, depth: u32, out: &mut Vec<Expr>) -> Outcome<()> {
        if depth >= super::DEPTH_MAX {
            return super::too_deep(form.span);
        }
        let mut form = form.clone();
        for _ in 0..super::DEPTH_MAX {
            let parts = form.as_list().unwrap_or(&[]);
            let Some(head) = parts.first().and_then(Syntax::as_identifier) else { break };
            let meaning = self.resolve(head, self.top);
            if matches!(meaning, Denotation::Core(_) | Denotation::Macro(_)) {
                self.note_meaning(parts[0].span, &meaning);
            }
            let core = match meaning {
                Denotation::Core(core) => core,
                Denotation::Macro(rules) => {
                    form = self.expand_use(&rules, &form, self.top)?;
                    continue;
                }
                _ => break,
            };
            let parts = parts.to_vec();
            if matches!(
                core,
                Core::Define
                    | Core::DefineValues
                    | Core::DefineMemoized
                    | Core::DefineRecordType
                    | Core::DefineSyntax
                    | Core::Declare
            ) {
                self.check_definable(form.span)?;
            }
            match core {
                Core::Begin => {
                    for part in &parts[1..] {
                        self.toplevel_form(part, depth + 1, out)?;
                    }
                }
                Core::CondExpand => {
                    for part in &self.choose_features(&form, &parts)? {
                        self.toplevel_form(part, depth + 1, out)?;
                    }
                }
                Core::Define => out.push(self.toplevel_define(&form, &parts, false)?),
                Core::DefineMemoized => out.push(self.toplevel_define(&form, &parts, true)?),
                Core::Declare => self.declare_top(&form, &parts)?,
                Core::DefineValues => self.toplevel_define_values(&form, &parts, out)?,
                Core::DefineRecordType => out.push(self.toplevel_record(&form, &parts)?),
                Core::DefineSyntax => {
                    let (identifier, rules) = self.parse_syntax_definition(&form, &parts, self.top)?;
                    self.note_macro(&parts[1], &rules, form.span);
                    self.define_macro(identifier.symbol, rules);
                }
                Core::Import => out.extend(self.import(&form, &parts)?),
                Core::DefineLibrary => self.declare_library(&form)?,
                Core::Include | Core::IncludeCi => {
                    for part in &self.include(&form, &parts, core == Core::IncludeCi)? {
                        self.toplevel_form(part, depth + 1, out)?;
                    }
                }
                _ => break,
            }
            return Ok(());
        }
        out.push(self.expand(&form, self.top)?);
        Ok(())
    }

    fn toplevel_define(&mut self, form: &Syntax, parts: &[Syntax], memoized: bool) -> Outcome<Expr> {
        let definition = self.parse_define(form, parts)?;
        self.check_memoized(&definition, memoized, form)?;
        let global = self.define_name(&definition.name)?;
        self.note_defined(global);
        self.note_form(&definition.name, form, parts);
        let symbol = definition.name.as_identifier().map_or(global, |identifier| identifier.symbol);
        let value = match definition.value {
            DefinedValue::Expression(Some(value)) => self.expand_named(&value, symbol, self.top)?,
            DefinedValue::Expression(None) => Expr::unspecified(form.span),
            DefinedValue::Procedure(parameters, body) => {
                let lambda = self.expand_lambda(Some(symbol), &parameters, &body, form.span, self.top)?;
                Expr::new(ExprKind::Lambda(Box::new(lambda)), form.span)
            }
        };
        let value = self.typed(symbol, self.declared_global(global), value)?;
        let value = self.memoized(memoized, value)?;
        Ok(self.define_global(global, value, form.span))
    }

    /// A definition of the library, as the procedure that it defines.
    pub(crate) fn expand_library_procedure(&mut self, form: &Syntax) -> Outcome<Lambda> {
        self.depth = 0;
        self.references.clear();
        let parts = form.as_list().unwrap_or(&[]);
        let definition = self.parse_define(form, parts)?;
        let name = definition.name.as_identifier().map(|identifier| identifier.symbol);
        match definition.value {
            DefinedValue::Procedure(parameters, body) => {
                self.expand_lambda(name, &parameters, &body, form.span, self.top)
            }
            DefinedValue::Expression(_) => Problem::fail(form.span, "the library defines procedures only"),
        }
    }

    /// Makes the variable that a definition at the top level names; answers its name among all globals.
    fn define_name(&mut self, name: &Syntax) -> Outcome<Symbol> {
        let Some(identifier) = name.as_identifier() else {
            return Problem::fail(name.span, "a name must stand here");
        };
        let global = self.define_top(identifier.symbol);
        self.note_global(name, global);
        Ok(global)
    }

    fn define_global(&mut self, symbol: Symbol, value: Expr, span: Span) -> Expr {
        let index: GlobalIndex = self.global(symbol);
        self.note_definition(index, Some(&value));
        self.definitions.entry(index).or_insert(span);
        Expr::new(ExprKind::DefineGlobal(index, Box::new(value)), span)
    }

    fn toplevel_define_values(
        &mut self,
        form: &Syntax,
        parts: &[Syntax],
        out: &mut Vec<Expr>,
    ) -> Outcome<()> {
        let [_, formals, value] = parts else {
            return self.malformed(form, parts, "(define-values (name ...) expression)");
        };
        let span = form.span;
        let scope = self.new_scope(self.top);
        let (variables, rest) = self.bind_parameters(formals, scope)?;
        let value = self.expand(value, self.top)?;
        let bindings = self.take_values(&variables, rest, value, span)?;
        let mut definitions = Vec::with_capacity(variables.len());
        for variable in variables {
            let symbol = self.variables[variable].name;
            let global = self.define_top(symbol);
            self.note_values(variable, global);
            definitions.push(self.define_global(global, local(variable, span), span));
        }
        out.push(Expr::bind(bindings, Expr::sequence(definitions, span), span));
        Ok(())
    }

    fn toplevel_record(&mut self, form: &Syntax, parts: &[Syntax]) -> Outcome<Expr> {
        let span = form.span;
        let record = self.parse_record(form, parts)?;
        let record_type: VariableId = self.hidden_variable("type");
        let mut values = self.record_procedures(&record, record_type)?;
        let made = std::mem::replace(&mut values[0], local(record_type, span));
        let mut definitions = Vec::with_capacity(values.len());
        for (at, (name, value)) in record.names().zip(values).enumerate() {
            let symbol = self.define_name(name)?;
            if at == 0 {
                self.state.records.insert(symbol);
            }
            definitions.push(self.define_global(symbol, value, span));
        }
        Ok(Expr::bind(vec![(record_type, made)], Expr::sequence(definitions, span), span))
    }
}

fn name_and_span(syntax: &Syntax) -> Option<(Symbol, Span)> {
    syntax.as_identifier().map(|identifier| (identifier.symbol, syntax.span))
}
