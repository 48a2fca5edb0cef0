//! `quasiquote`: parts without `unquote` stay constants; the rest is built from the right.

use super::{Core, Denotation, Expander, ScopeId};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::{Expr, ExprKind, Literal};
use crate::syntax::{Datum, Symbol, Syntax};

impl Expander<'_> {
    pub(super) fn expand_quasiquote(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<Expr> {
        let [_, template] = items else { return self.malformed(syntax, items, "(quasiquote template)") };
        self.quasi(template, 1, scope)
    }

    fn quasi(&mut self, template: &Syntax, level: u32, scope: ScopeId) -> Outcome<Expr> {
        if self.depth >= super::DEPTH_MAX {
            return super::too_deep(template.span);
        }
        self.depth += 1;
        let result = self.quasi_here(template, level, scope);
        self.depth -= 1;
        result
    }

    fn quasi_here(&mut self, template: &Syntax, level: u32, scope: ScopeId) -> Outcome<Expr> {
        let span = template.span;
        match &template.datum {
            Datum::List(items) => {
                if let [head, inner] = &items.0[..]
                    && let Some(symbol) = self.quasi_keyword(head, scope)
                {
                    match symbol {
                        Symbol::UNQUOTE if level == 1 => return self.expand(inner, scope),
                        Symbol::UNQUOTE_SPLICING if level == 1 => {
                            return Problem::fail(span, "`,@` can only stand inside of a list or vector");
                        }
                        _ => {
                            let level = if symbol == Symbol::QUASIQUOTE { level + 1 } else { level - 1 };
                            let word = self.quoted_symbol(symbol, head.span);
                            let inner = self.quasi(inner, level, scope)?;
                            return self.quasi_cons(vec![word, inner], Expr::literal(Literal::Nil, span));
                        }
                    }
                }
                let nil = Expr::literal(Literal::Nil, span);
                self.quasi_items(&items.0, nil, level, scope)
            }
            Datum::Improper(items) => {
                let Some((tail, front)) = items.0.split_last() else { return Ok(Expr::unspecified(span)) };
                // `(a . ,b)` reads as `(a unquote b)`.
                let tail = self.quasi(tail, level, scope)?;
                self.quasi_items(front, tail, level, scope)
            }
            Datum::Vector(items) => {
                let nil = Expr::literal(Literal::Nil, span);
                let list = self.quasi_items(&items.0, nil, level, scope)?;
                match list.kind {
                    ExprKind::Literal(_) => {
                        self.note_data(template);
                        Ok(Expr::literal(self.constant(template)?, span))
                    }
                    _ => self.call_builtin("list->vector", vec![list], span),
                }
            }
            Datum::Labelled(..) => {
                match template.parts().find(|part| self.quasi_keyword(part, scope).is_some()) {
                    Some(part) => {
                        Problem::fail(part.span, "nothing can be put into data that contains itself")
                    }
                    None => Ok(Expr::literal(self.constant(template)?, span)),
                }
            }
            _ => {
                self.note_data(template);
                Ok(Expr::literal(self.constant(template)?, span))
            }
        }
    }

    /// The list of `items` before `tail`.
    fn quasi_items(&mut self, items: &[Syntax], tail: Expr, level: u32, scope: ScopeId) -> Outcome<Expr> {
        // `(a . ,b)` is read as the list `(a unquote b)`.
        if let [front @ .., word, last] = items
            && !front.is_empty()
            && matches!(tail.kind, ExprKind::Literal(Literal::Nil))
            && self.quasi_keyword(word, scope) == Some(Symbol::UNQUOTE)
        {
            let whole = Syntax::list(vec![word.clone(), last.clone()], word.span);
            let tail = self.quasi(&whole, level, scope)?;
            return self.quasi_items(front, tail, level, scope);
        }
        // Each item is expanded in order; then the list is put together from its end.
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            if let Some([head, inner]) = item.as_list()
                && level == 1
                && self.quasi_keyword(head, scope) == Some(Symbol::UNQUOTE_SPLICING)
            {
                parts.push((true, self.expand(inner, scope)?));
            } else {
                parts.push((false, self.quasi(item, level, scope)?));
            }
        }
        // Everything after the first splice is one `append`, so that the tree is no deeper for many of them.
        let first = parts.iter().position(|(splice, _)| *splice).unwrap_or(parts.len());
        let mut spliced = parts.split_off(first);
        let front: Vec<Expr> = parts.into_iter().map(|(_, part)| part).collect();
        let last = spliced.iter().rposition(|(splice, _)| *splice).map_or(0, |at| at + 1);
        let back: Vec<Expr> = spliced.split_off(last).into_iter().map(|(_, part)| part).collect();
        let tail = self.quasi_cons(back, tail)?;
        let mut lists = Vec::with_capacity(spliced.len() + 1);
        let mut run = Vec::new();
        for (splice, part) in spliced {
            if !splice {
                run.push(part);
                continue;
            }
            if !run.is_empty() {
                let nil = Expr::literal(Literal::Nil, part.span);
                lists.push(self.quasi_cons(std::mem::take(&mut run), nil)?);
            }
            lists.push(part);
        }
        let rest = if lists.is_empty() {
            tail
        } else if lists.len() == 1 && matches!(tail.kind, ExprKind::Literal(Literal::Nil)) {
            lists.remove(0)
        } else {
            let span = tail.span;
            lists.push(tail);
            self.call_builtin("%splice", lists, span)?
        };
        self.quasi_cons(front, rest)
    }

    /// `items` before `tail`; constants at the end become part of a constant.
    fn quasi_cons(&mut self, mut items: Vec<Expr>, mut tail: Expr) -> Outcome<Expr> {
        while let ExprKind::Literal(rest) = tail.kind
            && let Some(ExprKind::Literal(first)) = items.last().map(|item| &item.kind)
        {
            tail = Expr::literal(self.constants.pair(*first, rest), tail.span);
            items.pop();
        }
        if items.is_empty() {
            return Ok(tail);
        }
        let span = tail.span;
        items.push(tail);
        self.call_builtin("cons*", items, span)
    }

    fn quasi_keyword(&self, head: &Syntax, scope: ScopeId) -> Option<Symbol> {
        let identifier = head.as_identifier()?;
        let meaning = self.resolve(identifier, scope);
        if matches!(meaning, Denotation::Core(Core::Quasiquote | Core::Unquote)) {
            self.note_meaning(head.span, &meaning);
        }
        match meaning {
            Denotation::Core(Core::Quasiquote) => Some(Symbol::QUASIQUOTE),
            Denotation::Core(Core::Unquote) if identifier.symbol == Symbol::UNQUOTE_SPLICING => {
                Some(Symbol::UNQUOTE_SPLICING)
            }
            Denotation::Core(Core::Unquote) => Some(Symbol::UNQUOTE),
            _ => None,
        }
    }
}
