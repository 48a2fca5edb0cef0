//! `receive`: patterns become steps that test parts of the message and bind names to them.
//!
//! Steps never change the message nor the mailbox, so that a clause that does not match leaves no trace.

use super::{Core, Denotation, Expander, ScopeId, integer, local};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Literal, MatchStep, Receive, ReceiveClause, VariableId};
use crate::syntax::{Datum, Symbol, Syntax};
use bytecode::Span;

/// A part of the message.
#[derive(Clone, Copy)]
enum Part {
    Whole(VariableId),
    Car(VariableId),
    Cdr(VariableId),
    Element(VariableId, usize),
}

impl Expander<'_> {
    pub(super) fn expand_receive(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let span = syntax.span;
        if items.len() == 1 {
            return Ok(Expr::new(ExprKind::ReceiveAny, span));
        }
        let message = self.hidden_variable("message");
        let mut clauses = Vec::with_capacity(items.len());
        let mut after = None;
        for (index, clause) in items[1..].iter().enumerate() {
            let Some([pattern, body @ ..]) = clause.as_list() else {
                return self.malformed(
                    syntax,
                    items,
                    "(receive (pattern body ...) ... (after milliseconds body ...))",
                );
            };
            if self.is_keyword(pattern, Symbol::AFTER, scope) {
                let Some((milliseconds, body)) = body.split_first() else {
                    return Problem::fail(clause.span, "the form is (after milliseconds body ...)");
                };
                if index + 2 != items.len() {
                    return Problem::fail(clause.span, "`after` must be the last clause of `receive`");
                }
                let milliseconds = self.expand(milliseconds, scope)?;
                after = Some((milliseconds, self.clause_body(body, clause.span, scope)?));
            } else {
                clauses.push(self.receive_clause(message, pattern, body, clause.span, scope)?);
            }
        }
        Ok(Expr::new(ExprKind::Receive(Box::new(Receive { message, clauses, after })), span))
    }

    fn clause_body(&mut self, body: &[Syntax], span: Span, scope: ScopeId) -> Outcome<Expr> {
        if body.is_empty() {
            return Ok(Expr::unspecified(span));
        }
        let inner = self.new_scope(scope);
        self.expand_body(body, span, inner)
    }

    fn receive_clause(
        &mut self,
        message: VariableId,
        pattern: &Syntax,
        body: &[Syntax],
        span: Span,
        scope: ScopeId,
    ) -> Outcome<ReceiveClause> {
        let inner = self.new_scope(scope);
        let mut steps = Vec::new();
        if !self.is_keyword(pattern, Symbol::ELSE, scope) {
            self.pattern(Part::Whole(message), pattern, inner, &mut steps, 0)?;
        }
        let mut body = body;
        if let Some((first, rest)) = body.split_first()
            && let Some([word, guard]) = first.as_list()
            && self.is_keyword(word, Symbol::WHERE, scope)
        {
            steps.push(MatchStep::Test(self.expand(guard, inner)?));
            body = rest;
        }
        let body = self.clause_body(body, span, inner)?;
        Ok(ReceiveClause { steps, body })
    }

    fn pattern(
        &mut self,
        part: Part,
        pattern: &Syntax,
        scope: ScopeId,
        steps: &mut Vec<MatchStep>,
        depth: u32,
    ) -> Outcome<()> {
        if depth >= super::DEPTH_MAX {
            return super::too_deep(pattern.span);
        }
        let span = pattern.span;
        match &pattern.datum {
            Datum::Identifier(identifier) => {
                if identifier.symbol == Symbol::UNDERSCORE {
                    return Ok(());
                }
                let variable = self.bind_variable(pattern, scope)?;
                let value = self.part(part, span)?;
                steps.push(MatchStep::Bind(variable, value));
                Ok(())
            }
            Datum::List(items) => self.list_pattern(part, pattern, &items.0, scope, steps, depth),
            Datum::Improper(items) => {
                let Some((tail, front)) = items.0.split_last() else { return Ok(()) };
                let rest = self.pair_patterns(part, front, span, scope, steps, depth)?;
                self.pattern(rest, tail, scope, steps, depth + 1)
            }
            Datum::Vector(items) => {
                let vector = self.as_variable(part, span, steps)?;
                let is_vector = self.call_builtin("vector?", vec![local(vector, span)], span)?;
                steps.push(MatchStep::Test(is_vector));
                let length = self.call_builtin("vector-length", vec![local(vector, span)], span)?;
                let right = self.call_builtin("=", vec![length, integer(items.0.len(), span)], span)?;
                steps.push(MatchStep::Test(right));
                for (index, item) in items.0.iter().enumerate() {
                    self.pattern(Part::Element(vector, index), item, scope, steps, depth + 1)?;
                }
                Ok(())
            }
            _ => self.datum_pattern(part, pattern, steps),
        }
    }

    fn list_pattern(
        &mut self,
        part: Part,
        pattern: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
        steps: &mut Vec<MatchStep>,
        depth: u32,
    ) -> Outcome<()> {
        let span = pattern.span;
        if let Some(head) = items.first().and_then(Syntax::as_identifier) {
            if let ([_, datum], Denotation::Core(Core::Quote)) = (items, self.resolve(head, scope)) {
                return self.datum_pattern(part, datum, steps);
            }
            if head.symbol == Symbol::QUESTION && matches!(items.len(), 2 | 3) {
                let variable = self.as_variable(part, span, steps)?;
                let predicate = self.expand(&items[1], scope)?;
                steps.push(MatchStep::Test(Expr::call(predicate, vec![local(variable, span)], span)));
                return match items.get(2) {
                    Some(inner) => self.pattern(Part::Whole(variable), inner, scope, steps, depth + 1),
                    None => Ok(()),
                };
            }
        }
        let rest = self.pair_patterns(part, items, span, scope, steps, depth)?;
        let rest = self.part(rest, span)?;
        steps.push(MatchStep::Test(self.call_builtin("null?", vec![rest], span)?));
        Ok(())
    }

    /// Matches the items of a list; answers the part that follows them.
    fn pair_patterns(
        &mut self,
        part: Part,
        items: &[Syntax],
        span: Span,
        scope: ScopeId,
        steps: &mut Vec<MatchStep>,
        depth: u32,
    ) -> Outcome<Part> {
        let mut rest = part;
        for item in items {
            let pair = self.as_variable(rest, span, steps)?;
            steps.push(MatchStep::Test(self.call_builtin("pair?", vec![local(pair, span)], span)?));
            self.pattern(Part::Car(pair), item, scope, steps, depth + 1)?;
            rest = Part::Cdr(pair);
        }
        Ok(rest)
    }

    fn datum_pattern(&mut self, part: Part, datum: &Syntax, steps: &mut Vec<MatchStep>) -> Outcome<()> {
        let span = datum.span;
        let value = self.part(part, span)?;
        if datum.is_null() {
            steps.push(MatchStep::Test(self.call_builtin("null?", vec![value], span)?));
            return Ok(());
        }
        let same = match datum.datum {
            Datum::String(_)
            | Datum::Bytevector(_)
            | Datum::List(_)
            | Datum::Improper(_)
            | Datum::Vector(_)
            | Datum::Labelled(..) => "equal?",
            _ => "eqv?",
        };
        self.note_data(datum);
        let literal = self.constant(datum)?;
        let test = self.call_builtin(same, vec![value, Expr::literal(literal, span)], span)?;
        steps.push(MatchStep::Test(test));
        Ok(())
    }

    fn part(&mut self, part: Part, span: Span) -> Outcome<Expr> {
        match part {
            Part::Whole(variable) => Ok(local(variable, span)),
            Part::Car(pair) => self.call_builtin("car", vec![local(pair, span)], span),
            Part::Cdr(pair) => self.call_builtin("cdr", vec![local(pair, span)], span),
            Part::Element(vector, index) => {
                let index = Expr::literal(Literal::Integer(index as i32), span);
                self.call_builtin("vector-ref", vec![local(vector, span), index], span)
            }
        }
    }

    fn as_variable(&mut self, part: Part, span: Span, steps: &mut Vec<MatchStep>) -> Outcome<VariableId> {
        if let Part::Whole(variable) = part {
            return Ok(variable);
        }
        let value = self.part(part, span)?;
        let variable = self.hidden_variable("part");
        steps.push(MatchStep::Bind(variable, value));
        Ok(variable)
    }
}
