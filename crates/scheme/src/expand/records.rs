//! `define-record-type`.
//!
//! The type itself is a value that constructor, predicate and accessors hold on to: they go on working when a program
//! gives the type's name to something else.

use super::{Expander, integer, local};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Lambda, Literal, VariableId};
use crate::syntax::{Symbol, Syntax};
use bytecode::Span;

/// A record definition, taken apart.
pub(super) struct Record {
    type_name: Syntax,
    /// Name, and the field of each argument.
    constructor: Option<(Syntax, Vec<usize>)>,
    predicate: Option<Syntax>,
    fields: Vec<Field>,
    span: Span,
}

struct Field {
    name: Symbol,
    accessor: Option<Syntax>,
    modifier: Option<Syntax>,
}

impl Record {
    /// Every name that the definition binds, the type's first.
    pub fn names(&self) -> impl Iterator<Item = &Syntax> {
        let constructor = self.constructor.as_ref().map(|(name, _)| name);
        let fields = self.fields.iter().flat_map(|field| [field.accessor.as_ref(), field.modifier.as_ref()]);
        [Some(&self.type_name), constructor, self.predicate.as_ref()].into_iter().chain(fields).flatten()
    }
}

impl Expander<'_> {
    pub(super) fn parse_record(&self, form: &Syntax, parts: &[Syntax]) -> Outcome<Record> {
        const SHAPE: &str =
            "(define-record-type name (constructor field ...) predicate (field accessor modifier) ...)";
        let [_, type_name, constructor, predicate, specs @ ..] = parts else {
            return self.malformed(form, parts, SHAPE);
        };
        let type_name = match type_name.as_list() {
            Some([name, ..]) => name.clone(),
            _ => type_name.clone(),
        };
        let mut fields: Vec<Field> = Vec::with_capacity(specs.len());
        for spec in specs {
            let parts = spec.as_list().unwrap_or(std::slice::from_ref(spec));
            let (Some(name), true) = (parts.first().and_then(Syntax::as_identifier), parts.len() <= 3) else {
                return Problem::fail(spec.span, "a field `(name accessor modifier)` must stand here");
            };
            if fields.iter().any(|field| field.name == name.symbol) {
                let text = self.name(name.symbol);
                return Problem::fail(spec.span, format!("the record has two fields `{text}`"));
            }
            let (accessor, modifier) = (parts.get(1).cloned(), parts.get(2).cloned());
            fields.push(Field { name: name.symbol, accessor, modifier });
        }
        let constructor = self.parse_constructor(constructor, &fields)?;
        let predicate = Some(predicate.clone()).filter(|predicate| predicate.as_identifier().is_some());
        Ok(Record { type_name, constructor, predicate, fields, span: form.span })
    }

    fn parse_constructor(&self, syntax: &Syntax, fields: &[Field]) -> Outcome<Option<(Syntax, Vec<usize>)>> {
        if syntax.as_identifier().is_some() {
            return Ok(Some((syntax.clone(), (0..fields.len()).collect())));
        }
        let Some([name, arguments @ ..]) = syntax.as_list() else { return Ok(None) };
        let mut order = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let symbol = argument.as_identifier().map(|identifier| identifier.symbol);
            match fields.iter().position(|field| Some(field.name) == symbol) {
                Some(index) if !order.contains(&index) => order.push(index),
                Some(_) => return Problem::fail(argument.span, "this field appears twice"),
                None => {
                    let text = argument.text(&self.state.interner, 40);
                    return Problem::fail(argument.span, format!("the record has no field `{text}`"));
                }
            }
        }
        Ok(Some((name.clone(), order)))
    }

    /// The values for [`Record::names`], in the same order. `record_type` is the variable that holds the first.
    pub(super) fn record_procedures(
        &mut self,
        record: &Record,
        record_type: VariableId,
    ) -> Outcome<Vec<Expr>> {
        let span = record.span;
        let name = record.type_name.as_identifier().map_or(Symbol::QUOTE, |identifier| identifier.symbol);
        let fields = record.fields.iter().map(|field| Syntax::symbol(field.name, span)).collect();
        let fields = Syntax::new(
            crate::syntax::Datum::Vector(std::sync::Arc::new(crate::syntax::Items(fields))),
            span,
        );
        let fields = Expr::literal(self.constant(&fields)?, span);
        let name = self.quoted_symbol(name, span);
        let mut values = vec![self.call_builtin("%make-record-type", vec![name, fields], span)?];
        if let Some((name, order)) = &record.constructor {
            let mut params = Vec::with_capacity(order.len());
            for index in order {
                params.push(self.variables.add(record.fields[*index].name, false));
            }
            let mut operands = vec![local(record_type, span)];
            for index in 0..record.fields.len() {
                operands.push(match order.iter().position(|given| *given == index) {
                    Some(argument) => local(params[argument], span),
                    None => Expr::literal(Literal::Boolean(false), span),
                });
            }
            let body = self.call_builtin("%make-record", operands, span)?;
            values.push(procedure(name, params, body, span));
        }
        if let Some(name) = &record.predicate {
            let object = self.hidden_variable("object");
            let body =
                self.call_builtin("%record?", vec![local(object, span), local(record_type, span)], span)?;
            values.push(procedure(name, vec![object], body, span));
        }
        for (index, field) in record.fields.iter().enumerate() {
            let place = |expander: &mut Self| {
                let object = expander.hidden_variable("record");
                (object, vec![local(object, span), local(record_type, span), integer(index, span)])
            };
            if let Some(name) = &field.accessor {
                let (object, operands) = place(self);
                let body = self.call_builtin("%record-ref", operands, span)?;
                values.push(procedure(name, vec![object], body, span));
            }
            if let Some(name) = &field.modifier {
                let (object, mut operands) = place(self);
                let value = self.hidden_variable("value");
                operands.push(local(value, span));
                let body = self.call_builtin("%record-set!", operands, span)?;
                values.push(procedure(name, vec![object, value], body, span));
            }
        }
        Ok(values)
    }
}

fn procedure(name: &Syntax, params: Vec<VariableId>, body: Expr, span: Span) -> Expr {
    let name = name.as_identifier().map(|identifier| identifier.symbol);
    Expr::new(ExprKind::Lambda(Box::new(Lambda { name, params, rest: false, body, span })), span)
}
