//! `syntax-rules`: matching a use against patterns and instantiating the template, hygienically.
//!
//! 1. Every identifier that a template inserts becomes a fresh alias, one per expansion and identifier.
//! 2. What an expansion inserts has the place of the macro's use; what it takes from the use keeps its own.

use super::environment::LocalBinding;
use super::limits::{NOTED_OUTPUT_MAX, OUTPUT_MAX, STEPS_MAX};
use super::transformers::Macro;
use super::{Core, Denotation, Expander, ScopeId};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::Expr;
use crate::syntax::{Datum, Identifier, Items, Symbol, Syntax};
use bytecode::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// A macro that is written in `syntax-rules`.
#[derive(Debug)]
pub(crate) struct Rules {
    literals: Vec<Identifier>,
    ellipsis: Identifier,
    rules: Vec<(Syntax, Syntax)>,
    /// Where the macro was defined.
    scope: ScopeId,
}

impl Rules {
    /// The newest alias that the rules hold: 0 unless another macro's expansion defined this one.
    pub fn newest_alias(&self) -> u32 {
        let mut newest = self.ellipsis.alias;
        let mut pending: Vec<&Syntax> =
            self.rules.iter().flat_map(|(pattern, template)| [pattern, template]).collect();
        while let Some(syntax) = pending.pop() {
            match &syntax.datum {
                Datum::Identifier(name) => newest = newest.max(name.alias),
                Datum::List(items) | Datum::Improper(items) | Datum::Vector(items) => {
                    pending.extend(items.0.iter())
                }
                _ => {}
            }
        }
        newest
    }

    /// Where the macro was defined.
    pub fn scope(&self) -> ScopeId {
        self.scope
    }

    /// Calls `visit` for each template.
    pub fn for_each_template(&self, mut visit: impl FnMut(&Syntax)) {
        self.rules.iter().for_each(|(_, template)| visit(template));
    }

    fn is_ellipsis(&self, syntax: &Syntax) -> bool {
        syntax.as_identifier() == Some(self.ellipsis) && !self.literals.contains(&self.ellipsis)
    }
}

/// How a macro is defined.
const SHAPE: &str = "(syntax-rules (literal ...) (pattern template) ...)";

/// What a pattern variable matched.
#[derive(Clone, Debug)]
enum Match {
    One(Syntax),
    Many(Vec<Match>),
}

type Bindings = HashMap<Identifier, Match>;

/// One expansion under way.
struct Expansion<'a> {
    rules: &'a Rules,
    /// What the use calls the macro.
    name: Option<Symbol>,
    place: Span,
    aliases: HashMap<Identifier, Identifier>,
}

impl Expander<'_> {
    /// `(define-syntax name (syntax-rules ...))`.
    pub(super) fn parse_syntax_definition(
        &mut self,
        form: &Syntax,
        parts: &[Syntax],
        scope: ScopeId,
    ) -> Outcome<(Identifier, Arc<Macro>)> {
        let [_, name, transformer] = parts else {
            return self.malformed(
                form,
                parts,
                "(define-syntax name (syntax-rules (literal ...) (pattern template) ...))",
            );
        };
        let Some(identifier) = name.as_identifier() else {
            return Problem::fail(name.span, "a name must stand here");
        };
        Ok((identifier, self.parse_macro(transformer, identifier.symbol, scope)?))
    }

    /// Notes the variables of all patterns.
    fn note_patterns(&self, rules: &Rules) {
        if self.notes.is_none() {
            return;
        }
        for (pattern, template) in &rules.rules {
            let (Datum::List(items) | Datum::Improper(items)) = &pattern.datum else { continue };
            let Some((_, operands)) = items.0.split_first() else { continue };
            let mut names = Vec::new();
            for operand in operands {
                pattern_names(rules, operand, &mut names);
            }
            names.retain(|name| name.symbol != Symbol::UNDERSCORE && !rules.literals.contains(name));
            let operands = Syntax::list(operands.to_vec(), pattern.span);
            self.note_pattern_variables(&names, &operands, template);
        }
    }

    pub(super) fn expand_let_syntax(
        &mut self,
        syntax: &Syntax,
        items: &[Syntax],
        recursive: bool,
        scope: ScopeId,
    ) -> Outcome<Expr> {
        const SHAPE: &str = "(let-syntax ((name (syntax-rules ...)) ...) body ...)";
        self.require(syntax, items, 3, SHAPE)?;
        let Some(specs) = items[1].as_list() else { return self.malformed(syntax, items, SHAPE) };
        let inner = self.new_scope(scope);
        for spec in specs {
            let Some([name, transformer]) = spec.as_list() else {
                return self.malformed(syntax, items, SHAPE);
            };
            let Some(identifier) = name.as_identifier() else {
                return Problem::fail(name.span, "a name must stand here");
            };
            let defined =
                self.parse_macro(transformer, identifier.symbol, if recursive { inner } else { scope })?;
            self.note_macro(name, &defined, spec.span);
            self.bind(inner, identifier, LocalBinding::Macro(defined));
        }
        let body = self.new_scope(inner);
        self.expand_body(&items[2..], syntax.span, body)
    }

    /// What gives a macro its meaning: another macro's name, rules, or a transformer.
    fn parse_macro(&mut self, syntax: &Syntax, name: Symbol, scope: ScopeId) -> Outcome<Arc<Macro>> {
        if let Some(identifier) = syntax.as_identifier()
            && let Denotation::Macro(known) = self.resolve(identifier, scope)
        {
            return Ok(known);
        }
        let items = syntax.as_list().unwrap_or(&[]);
        let head = items.first().and_then(Syntax::as_identifier);
        match head.map(|head| self.resolve(head, scope)) {
            Some(Denotation::Core(Core::SyntaxRules)) => {
                Ok(Arc::new(Macro::Rules(self.parse_rules(syntax, items, scope)?)))
            }
            Some(Denotation::Core(Core::ErMacroTransformer)) => {
                self.note_meaning(items[0].span, &Denotation::Core(Core::ErMacroTransformer));
                Ok(Arc::new(Macro::Transformer(self.parse_transformer(syntax, items, name, scope)?)))
            }
            _ => {
                let problem = Problem::new(
                    syntax.span,
                    "a macro is defined by `syntax-rules` or `er-macro-transformer`",
                );
                Err(Box::new(problem.suggest(SHAPE)))
            }
        }
    }

    /// The rules of `(syntax-rules ...)`.
    fn parse_rules(&mut self, syntax: &Syntax, items: &[Syntax], scope: ScopeId) -> Outcome<Rules> {
        let mut rest = &items[1..];
        let mut ellipsis = Identifier { symbol: Symbol::ELLIPSIS, alias: 0 };
        let custom = rest.first().and_then(Syntax::as_identifier);
        if let Some(custom) = custom {
            ellipsis = custom;
            rest = &rest[1..];
        }
        let Some((Some(literals), rules)) =
            rest.split_first().map(|(literals, rules)| (literals.as_list(), rules))
        else {
            return self.malformed(syntax, items, SHAPE);
        };
        // A template of another macro may have renamed `...`.
        if custom.is_none()
            && let Some(renamed) = find_renamed(rules, Symbol::ELLIPSIS)
        {
            ellipsis = renamed;
        }
        let literals = literals.iter().filter_map(Syntax::as_identifier).collect();
        let mut parsed = Vec::with_capacity(rules.len());
        for rule in rules {
            let Some([pattern, template]) = rule.as_list() else {
                return self.malformed(syntax, items, SHAPE);
            };
            for part in [pattern, template] {
                if nesting(part) > super::DEPTH_MAX as usize {
                    return super::too_deep(part.span);
                }
            }
            parsed.push((pattern.clone(), template.clone()));
        }
        let rules = Rules { literals, ellipsis, rules: parsed, scope };
        self.note_patterns(&rules);
        Ok(rules)
    }

    /// Expands a use of a macro until what it has become is none. Not recursive, so that a macro may walk along a list.
    pub(super) fn expand_use(
        &mut self,
        meaning: &Arc<Macro>,
        form: &Syntax,
        scope: ScopeId,
    ) -> Outcome<Syntax> {
        let mut current = self.apply_macro(meaning, form, scope)?;
        for _ in 0..STEPS_MAX {
            let head = current.as_list().and_then(|items| items.first()?.as_identifier());
            match head.map(|head| self.resolve(head, scope)) {
                Some(Denotation::Macro(next)) => current = self.apply_macro(&next, &current, scope)?,
                _ => return Ok(current),
            }
        }
        let name = self.head_name(form.as_list().unwrap_or(&[]));
        let message = format!("the macro `{name}` does not end: it has been expanded {STEPS_MAX} times here");
        Problem::fail(form.span, message)
    }

    /// Expands one use of a macro.
    fn apply_macro(&mut self, meaning: &Macro, form: &Syntax, scope: ScopeId) -> Outcome<Syntax> {
        match meaning {
            Macro::Rules(rules) => self.apply_rules(rules, form, scope),
            Macro::Transformer(procedure) => self.apply_transformer(procedure, form, scope),
        }
    }

    fn apply_rules(&mut self, rules: &Rules, form: &Syntax, scope: ScopeId) -> Outcome<Syntax> {
        let use_items = form.as_list().unwrap_or(&[]);
        if self.piece_steps > 0 {
            self.transformer_steps += use_items.len() as u64;
        }
        for (pattern, template) in &rules.rules {
            let mut bindings = Bindings::new();
            let matched = match &pattern.datum {
                Datum::List(items) if !items.0.is_empty() => self.match_items(
                    rules,
                    &items.0[1..],
                    None,
                    &use_items[1..],
                    None,
                    form.span,
                    scope,
                    &mut bindings,
                ),
                Datum::Improper(items) => match items.0.split_last() {
                    Some((tail, front)) => self.match_items(
                        rules,
                        &front[1..],
                        Some(tail),
                        &use_items[1..],
                        None,
                        form.span,
                        scope,
                        &mut bindings,
                    ),
                    None => false,
                },
                _ => true,
            };
            if matched {
                let name = use_items.first().and_then(Syntax::as_identifier).map(|head| head.symbol);
                let mut expansion = Expansion { rules, name, place: form.span, aliases: HashMap::new() };
                let bindings = bindings.iter().map(|(name, value)| (*name, value)).collect();
                return self.instantiate(&mut expansion, template, &bindings);
            }
        }
        let name = self.head_name(use_items);
        let problem = Problem::new(form.span, format!("no pattern of the macro `{name}` matches this use"));
        Err(Box::new(match rules.rules.first() {
            Some((pattern, _)) => {
                problem.suggest(format!("its first pattern is {}", pattern.text(&self.state.interner, 80)))
            }
            None => problem,
        }))
    }

    fn matches(
        &self,
        rules: &Rules,
        pattern: &Syntax,
        form: &Syntax,
        scope: ScopeId,
        out: &mut Bindings,
    ) -> bool {
        match &pattern.datum {
            Datum::Identifier(name) if rules.literals.contains(name) => form
                .as_identifier()
                .is_some_and(|identifier| self.same_binding(identifier, scope, *name, rules.scope)),
            Datum::Identifier(name) => {
                if name.symbol != Symbol::UNDERSCORE {
                    out.insert(*name, Match::One(form.clone()));
                }
                true
            }
            Datum::List(items) => match &form.datum {
                Datum::List(forms) => {
                    self.match_items(rules, &items.0, None, &forms.0, None, form.span, scope, out)
                }
                _ => false,
            },
            Datum::Improper(items) => {
                let Some((tail, front)) = items.0.split_last() else { return false };
                let (forms, rest) = match &form.datum {
                    Datum::List(forms) => (&forms.0[..], None),
                    Datum::Improper(forms) => match forms.0.split_last() {
                        Some((last, forms)) => (forms, Some(last)),
                        None => return false,
                    },
                    _ => (&[][..], Some(form)),
                };
                self.match_items(rules, front, Some(tail), forms, rest, form.span, scope, out)
            }
            Datum::Vector(items) => match &form.datum {
                Datum::Vector(forms) => {
                    self.match_items(rules, &items.0, None, &forms.0, None, form.span, scope, out)
                }
                _ => false,
            },
            _ => same_datum(&pattern.datum, &form.datum),
        }
    }

    /// Matches the items of a list pattern, with `tail` after them, against `forms` with `rest` after them.
    #[allow(clippy::too_many_arguments, reason = "two lists, each in two parts")]
    fn match_items(
        &self,
        rules: &Rules,
        patterns: &[Syntax],
        tail: Option<&Syntax>,
        forms: &[Syntax],
        rest: Option<&Syntax>,
        place: Span,
        scope: ScopeId,
        out: &mut Bindings,
    ) -> bool {
        let ellipsis = patterns.iter().skip(1).position(|item| rules.is_ellipsis(item)).map(|at| at + 1);
        let (before, after) = match ellipsis {
            Some(at) => (&patterns[..at - 1], &patterns[at + 1..]),
            None => (patterns, &[][..]),
        };
        if forms.len() < before.len() + after.len() {
            return false;
        }
        let (front, others) = forms.split_at(before.len());
        if !before.iter().zip(front).all(|(pattern, form)| self.matches(rules, pattern, form, scope, out)) {
            return false;
        }
        let Some(at) = ellipsis else {
            return match tail {
                None => others.is_empty() && rest.is_none(),
                Some(tail) => self.matches(rules, tail, &remainder(others, rest, place), scope, out),
            };
        };
        let repeated = &patterns[at - 1];
        let (middle, end) = others.split_at(others.len() - after.len());
        let mut rounds = Vec::with_capacity(middle.len());
        for form in middle {
            let mut round = Bindings::new();
            if !self.matches(rules, repeated, form, scope, &mut round) {
                return false;
            }
            rounds.push(round);
        }
        let mut names = Vec::new();
        pattern_names(rules, repeated, &mut names);
        for name in names {
            let values = rounds.iter_mut().filter_map(|round| round.remove(&name)).collect();
            out.insert(name, Match::Many(values));
        }
        if !after.iter().zip(end).all(|(pattern, form)| self.matches(rules, pattern, form, scope, out)) {
            return false;
        }
        match tail {
            None => rest.is_none(),
            Some(tail) => self.matches(rules, tail, &remainder(&[], rest, place), scope, out),
        }
    }

    fn instantiate(
        &mut self,
        expansion: &mut Expansion<'_>,
        template: &Syntax,
        bindings: &HashMap<Identifier, &Match>,
    ) -> Outcome<Syntax> {
        self.charge_output(1, expansion.name, expansion.place)?;
        let place = expansion.place;
        match &template.datum {
            Datum::Identifier(name) => match bindings.get(name) {
                Some(Match::One(syntax)) => Ok(syntax.clone()),
                Some(Match::Many(_)) => {
                    let text = self.name(name.symbol);
                    Problem::fail(
                        template.span,
                        format!("`{text}` must be followed by `...` in the template"),
                    )
                }
                None => {
                    let place = self.template_place(template.span, place);
                    Ok(Syntax::new(Datum::Identifier(self.alias(expansion, *name)), place))
                }
            },
            Datum::List(items) => {
                if let [head, inner] = &items.0[..]
                    && expansion.rules.is_ellipsis(head)
                {
                    return self.instantiate_escaped(expansion, inner, bindings);
                }
                Ok(Syntax::list(self.instantiate_items(expansion, &items.0, bindings)?, place))
            }
            Datum::Improper(items) => {
                let Some((tail, front)) = items.0.split_last() else { return Ok(template.clone()) };
                let front = self.instantiate_items(expansion, front, bindings)?;
                let tail = self.instantiate(expansion, tail, bindings)?;
                Ok(remainder(&front, Some(&tail), place))
            }
            Datum::Vector(items) => {
                let items = self.instantiate_items(expansion, &items.0, bindings)?;
                Ok(Syntax::new(Datum::Vector(Arc::new(Items(items))), place))
            }
            Datum::Labelled(..) => {
                let is_bound =
                    |part: &&Syntax| part.as_identifier().is_some_and(|name| bindings.contains_key(&name));
                match template.parts().find(is_bound) {
                    Some(part) => Problem::fail(
                        part.span,
                        "a pattern variable cannot stand in data that contains itself",
                    ),
                    None => Ok(template.clone()),
                }
            }
            atom => Ok(Syntax::new(atom.clone(), place)),
        }
    }

    /// Counts what a macro has made.
    pub(super) fn charge_output(&mut self, pieces: u64, name: Option<Symbol>, place: Span) -> Outcome<()> {
        self.macro_output = self.macro_output.saturating_add(pieces);
        let most = if self.notes.is_some() { NOTED_OUTPUT_MAX } else { OUTPUT_MAX };
        self.transformer_steps =
            self.transformer_steps.saturating_add(pieces.saturating_mul(self.piece_steps));
        let has_steps = self.piece_steps == 0 || self.transformer_steps <= self.transformer_steps_max;
        if self.macro_output <= most && has_steps {
            return Ok(());
        }
        let name = name.map_or("", |name| self.name(name));
        let message =
            format!("the macros of this program expand to too much, `{name}` last: does it ever end?");
        Problem::fail(place, message)
    }

    fn alias(&mut self, expansion: &mut Expansion<'_>, name: Identifier) -> Identifier {
        if let Some(alias) = expansion.aliases.get(&name) {
            return *alias;
        }
        self.state.aliases.push((name, expansion.rules.scope));
        let alias = Identifier { symbol: name.symbol, alias: self.state.aliases.len() as u32 };
        expansion.aliases.insert(name, alias);
        alias
    }

    /// `(... template)`: in the template, `...` means itself.
    fn instantiate_escaped(
        &mut self,
        expansion: &mut Expansion<'_>,
        template: &Syntax,
        bindings: &HashMap<Identifier, &Match>,
    ) -> Outcome<Syntax> {
        let rules = Rules {
            literals: vec![expansion.rules.ellipsis],
            ellipsis: expansion.rules.ellipsis,
            rules: Vec::new(),
            scope: expansion.rules.scope,
        };
        let aliases = std::mem::take(&mut expansion.aliases);
        let (name, place) = (expansion.name, expansion.place);
        let mut escaped = Expansion { rules: &rules, name, place, aliases };
        let result = self.instantiate(&mut escaped, template, bindings);
        expansion.aliases = escaped.aliases;
        result
    }

    fn instantiate_items(
        &mut self,
        expansion: &mut Expansion<'_>,
        items: &[Syntax],
        bindings: &HashMap<Identifier, &Match>,
    ) -> Outcome<Vec<Syntax>> {
        let mut out = Vec::with_capacity(items.len());
        let mut index = 0;
        while index < items.len() {
            let item = &items[index];
            index += 1;
            let mut depth = 0;
            while items.get(index).is_some_and(|next| expansion.rules.is_ellipsis(next)) {
                depth += 1;
                index += 1;
            }
            self.repeat(expansion, item, depth, bindings, &mut out)?;
        }
        Ok(out)
    }

    /// Instantiates `item`, which is followed by `depth` ellipses.
    fn repeat(
        &mut self,
        expansion: &mut Expansion<'_>,
        item: &Syntax,
        depth: usize,
        bindings: &HashMap<Identifier, &Match>,
        out: &mut Vec<Syntax>,
    ) -> Outcome<()> {
        if depth == 0 {
            out.push(self.instantiate(expansion, item, bindings)?);
            return Ok(());
        }
        let mut names = Vec::new();
        pattern_names(expansion.rules, item, &mut names);
        let mut sequences = Vec::new();
        for name in names {
            if let Some(Match::Many(values)) = bindings.get(&name) {
                sequences.push((name, values));
            }
        }
        let Some(count) = sequences.iter().map(|(_, values)| values.len()).max() else {
            return Problem::fail(item.span, "nothing before this `...` repeats");
        };
        if sequences.iter().any(|(_, values)| values.len() != count) {
            return Problem::fail(
                expansion.place,
                "parts that repeat together in this macro have different lengths",
            );
        }
        for round in 0..count {
            let mut inner = bindings.clone();
            for (name, values) in &sequences {
                inner.insert(*name, &values[round]);
            }
            self.repeat(expansion, item, depth - 1, &inner, out)?;
        }
        Ok(())
    }
}

/// `items` followed by `rest` as one datum.
fn remainder(items: &[Syntax], rest: Option<&Syntax>, place: Span) -> Syntax {
    let mut all = items.to_vec();
    match rest {
        None => Syntax::list(all, place),
        Some(rest) if items.is_empty() => rest.clone(),
        Some(Syntax { datum: Datum::List(more), .. }) => {
            all.extend(more.0.iter().cloned());
            Syntax::list(all, place)
        }
        Some(Syntax { datum: Datum::Improper(more), .. }) => {
            all.extend(more.0.iter().cloned());
            Syntax::new(Datum::Improper(Arc::new(Items(all))), place)
        }
        Some(rest) => {
            all.push(rest.clone());
            Syntax::new(Datum::Improper(Arc::new(Items(all))), place)
        }
    }
}

/// Every identifier in a pattern or template, other than the ellipsis.
fn pattern_names(rules: &Rules, pattern: &Syntax, out: &mut Vec<Identifier>) {
    let mut pending = vec![pattern];
    while let Some(syntax) = pending.pop() {
        match &syntax.datum {
            Datum::Identifier(name) if !rules.is_ellipsis(syntax) && !out.contains(name) => out.push(*name),
            Datum::List(items) | Datum::Improper(items) | Datum::Vector(items) => {
                pending.extend(items.0.iter())
            }
            _ => {}
        }
    }
}

fn find_renamed(rules: &[Syntax], symbol: Symbol) -> Option<Identifier> {
    let mut pending: Vec<&Syntax> = rules.iter().collect();
    while let Some(syntax) = pending.pop() {
        match &syntax.datum {
            Datum::Identifier(name) if name.symbol == symbol => return Some(*name),
            Datum::List(items) | Datum::Improper(items) | Datum::Vector(items) => {
                pending.extend(items.0.iter())
            }
            _ => {}
        }
    }
    None
}

/// How deep a datum is nested.
pub(super) fn nesting(syntax: &Syntax) -> usize {
    let mut deepest = 0;
    let mut pending = vec![(syntax, 1)];
    while let Some((syntax, depth)) = pending.pop() {
        deepest = deepest.max(depth);
        if let Datum::List(items)
        | Datum::Improper(items)
        | Datum::Vector(items)
        | Datum::Labelled(_, items) = &syntax.datum
        {
            pending.extend(items.0.iter().map(|item| (item, depth + 1)));
        }
    }
    deepest
}

fn same_datum(a: &Datum, b: &Datum) -> bool {
    match (a, b) {
        (Datum::Boolean(a), Datum::Boolean(b)) => a == b,
        (Datum::Integer(a), Datum::Integer(b)) => a == b,
        (Datum::BigInteger(a), Datum::BigInteger(b)) | (Datum::Ratio(a), Datum::Ratio(b)) => a == b,
        (Datum::Flonum(a), Datum::Flonum(b)) => a.to_bits() == b.to_bits(),
        (Datum::Character(a), Datum::Character(b)) => a == b,
        (Datum::String(a), Datum::String(b)) => a == b,
        (Datum::Bytevector(a), Datum::Bytevector(b)) => a == b,
        _ => false,
    }
}
