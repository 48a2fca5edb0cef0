//! Multiple values: `let-values`, `let*-values`, `define-values`, and taking a list apart into variables.

use super::{Expander, ScopeId, integer, local};
use crate::diagnostic::Outcome;
use crate::ir::{Expr, Literal, VariableId};
use crate::syntax::Syntax;
use bytecode::Span;

impl Expander<'_> {
    /// The bindings that give `variables` the values of `value`; hidden variables among them hold what is left.
    pub(super) fn take_values(
        &mut self,
        variables: &[VariableId],
        rest: bool,
        value: Expr,
        span: Span,
    ) -> Outcome<Vec<(VariableId, Expr)>> {
        if let ([only], false) = (variables, rest) {
            return Ok(vec![(*only, value)]);
        }
        let least = variables.len() - usize::from(rest);
        let operands = vec![value, integer(least, span), Expr::literal(Literal::Boolean(rest), span)];
        let list = self.call_builtin("%receive-values", operands, span)?;
        let values = self.hidden_variable("values");
        let mut bindings = vec![(values, list)];
        bindings.extend(self.take_list(variables, rest, values, span)?);
        Ok(bindings)
    }

    /// The bindings that give `variables` the items of the list in `list`, which is long enough.
    fn take_list(
        &mut self,
        variables: &[VariableId],
        rest: bool,
        list: VariableId,
        span: Span,
    ) -> Outcome<Vec<(VariableId, Expr)>> {
        let mut bindings = Vec::with_capacity(2 * variables.len());
        let mut left = list;
        for (index, variable) in variables.iter().enumerate() {
            let last = index + 1 == variables.len();
            if last && rest {
                bindings.push((*variable, local(left, span)));
                break;
            }
            bindings.push((*variable, self.call_builtin("car", vec![local(left, span)], span)?));
            if !last {
                let next = self.hidden_variable("values");
                bindings.push((next, self.call_builtin("cdr", vec![local(left, span)], span)?));
                left = next;
            }
        }
        Ok(bindings)
    }

    /// `body` with `variables` bound to the items of the list in `list`.
    pub(super) fn bind_list(
        &mut self,
        variables: &[VariableId],
        rest: bool,
        list: VariableId,
        body: Expr,
        span: Span,
    ) -> Outcome<Expr> {
        let bindings = self.take_list(variables, rest, list, span)?;
        Ok(in_order(bindings, body, span))
    }

    pub(super) fn expand_let_values(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        sequential: bool,
        scope: ScopeId,
    ) -> Outcome<Expr> {
        const SHAPE: &str = "(let-values (((name ...) expression) ...) body ...)";
        self.require(syntax, items, 3, SHAPE)?;
        let span = syntax.span;
        let Some(specs) = items[1].as_list() else { return self.malformed(syntax, items, SHAPE) };
        let mut bindings = Vec::new();
        let mut inner = self.new_scope(scope);
        for spec in specs {
            let Some([formals, value]) = spec.as_list() else { return self.malformed(syntax, items, SHAPE) };
            let value = self.expand(value, if sequential { inner } else { scope })?;
            if sequential {
                inner = self.new_scope(inner);
            }
            let (variables, rest) = self.bind_parameters(formals, inner)?;
            bindings.extend(self.take_values(&variables, rest, value, spec.span)?);
        }
        let body_scope = self.new_scope(inner);
        let body = self.expand_body(&items[2..], span, body_scope)?;
        Ok(in_order(bindings, body, span))
    }
}

/// Bindings of which each may refer to those before it. One node, however many there are: variables have names of
/// their own, so nothing can be captured.
fn in_order(bindings: Vec<(VariableId, Expr)>, body: Expr, span: Span) -> Expr {
    Expr::bind(bindings, body, span)
}
