//! Macros that are written in Scheme: `(er-macro-transformer (lambda (form rename compare) ...))`.
//!
//! 1. A transformer is a program of its own, one phase below what it expands. It sees what the environment of its definition
//!    imports (the program's, all of the machine's procedures), loaded anew, and nothing that the program defines. It runs in the
//!    [sandbox](crate::sandbox), where there is no world.
//! 2. `rename` gives an alias that is looked up where the macro was defined, one for each identifier and use. Names that a
//!    transformer inserts as they are mean what they mean where the macro is used.
//! 3. What a use expands to is a function of the use, of what its identifiers mean and of the transformer's text; within the
//!    bounds of [`super::limits`].

use super::limits::{
    EVALUATING_MAX, NOTED_STEPS_MAX, PHASES_MAX, RUN_STEPS_MIN, TRANSFORMER, TRANSFORMERS_MAX,
    TRANSFORMERS_STEPS_MAX,
};
use super::macros::Rules;
use super::pieces::Parcel;
use super::{Expander, Mode, ScopeId};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::Expr;
use crate::sandbox::{
    Allowance, COMPILING, Failure, Names, Surroundings, Transformer, UNAVAILABLE, evaluation_steps,
};
use crate::session::assemble;
use crate::suggest;
use crate::syntax::{Identifier, Symbol, Syntax};
use bytecode::{Constant, Program, SourceFile, Span};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The text of import sets, and what each of them names.
type NamedSets = Vec<(String, Vec<Symbol>)>;

/// How the form is written.
const SHAPE: &str = "(er-macro-transformer (lambda (form rename compare) ...))";

/// A macro.
#[derive(Debug)]
pub(crate) enum Macro {
    Rules(Rules),
    Transformer(Procedure),
}

/// A macro that is written in Scheme.
#[derive(Debug)]
pub(crate) struct Procedure {
    transformer: Arc<dyn Transformer>,
    /// Names of the files that its code is from.
    files: Vec<String>,
    /// If names are noted: where the transformer quotes them.
    quoted: HashMap<Symbol, Span>,
    /// Where the macro was defined.
    scope: ScopeId,
}

impl Macro {
    /// The newest alias that the macro holds: 0 unless another macro's expansion defined this one.
    pub fn newest_alias(&self) -> u32 {
        match self {
            Macro::Rules(rules) => rules.newest_alias(),
            // Its text was compiled, and the names in it are symbols now.
            Macro::Transformer(_) => 0,
        }
    }

    /// Where the macro was defined.
    pub fn scope(&self) -> ScopeId {
        match self {
            Macro::Rules(rules) => rules.scope(),
            Macro::Transformer(procedure) => procedure.scope,
        }
    }

    /// Calls `visit` for each template.
    pub fn for_each_template(&self, visit: impl FnMut(&Syntax)) {
        if let Macro::Rules(rules) = self {
            rules.for_each_template(visit);
        }
    }
}

/// What the identifiers of one use mean.
struct Use<'a, 'b> {
    expander: &'a mut Expander<'b>,
    /// Where the macro was defined, and where it is used.
    definition: ScopeId,
    scope: ScopeId,
    renamed: HashMap<Identifier, u32>,
}

impl Use<'_, '_> {
    fn identifier(&self, name: &str, alias: u32) -> Option<Identifier> {
        Some(Identifier { symbol: self.expander.state.interner.lookup(name)?, alias })
    }

    fn new_alias(&mut self, of: Identifier) -> u32 {
        self.expander.state.aliases.push((of, self.definition));
        self.expander.state.aliases.len() as u32
    }
}

impl Names for Use<'_, '_> {
    fn rename(&mut self, name: &str, alias: u32) -> u32 {
        let identifier = Identifier { symbol: self.expander.state.interner.intern(name), alias };
        match self.renamed.get(&identifier) {
            Some(known) => *known,
            None => {
                let new = self.new_alias(identifier);
                self.renamed.insert(identifier, new);
                new
            }
        }
    }

    fn is_same(&self, left: (&str, u32), right: (&str, u32)) -> bool {
        match (self.identifier(left.0, left.1), self.identifier(right.0, right.1)) {
            (Some(left), Some(right)) => self.expander.same_binding(left, self.scope, right, self.scope),
            // A name that no text has means nothing, and so does another one of the same spelling.
            _ => left == right,
        }
    }

    fn invent(&mut self, name: &str) -> u32 {
        let symbol = self.expander.state.interner.intern(name);
        self.new_alias(Identifier { symbol, alias: 0 })
    }

    fn draw(&mut self) -> u64 {
        self.expander.state.drawn += 1;
        self.expander.state.drawn
    }
}

impl Expander<'_> {
    /// Steps that transformers may still take.
    fn allowance(&self) -> Allowance {
        let most = if self.notes.is_some() { NOTED_STEPS_MAX } else { self.transformer_steps_max };
        let steps = TRANSFORMER.steps.min(most.saturating_sub(self.transformer_steps));
        Allowance { steps, depth: self.depth, ..TRANSFORMER }
    }

    fn charge_run(&mut self, steps: u64, pieces: usize) {
        self.transformer_steps += steps.max(RUN_STEPS_MIN) + pieces as u64;
    }

    /// `(er-macro-transformer expression)` as what the macro `name` means.
    pub(super) fn parse_transformer(
        &mut self,
        form: &Syntax,
        items: &[Syntax],
        name: Symbol,
        scope: ScopeId,
    ) -> Outcome<Procedure> {
        let [_, expression] = items else {
            let problem = Problem::new(form.span, "a transformer is made of one expression");
            return Err(Box::new(problem.suggest(SHAPE)));
        };
        let Some(sandbox) = self.builtins.sandbox().cloned() else {
            return Problem::fail(form.span, "there is no machine here that transformers could run on");
        };
        if self.phase >= PHASES_MAX {
            let message = format!("transformers need transformers that need others, {PHASES_MAX} times over");
            return Problem::fail(form.span, message);
        }
        self.state.transformers += 1;
        if self.state.transformers > TRANSFORMERS_MAX {
            let message = format!("too many transformers were made: {TRANSFORMERS_MAX} are the limit");
            return Problem::fail(form.span, message);
        }
        if self.notes.is_some() {
            // What the names in it mean is noted as if the program ran it; the rest is found out below.
            let (warnings, references) = (self.warnings.len(), self.references.len());
            let _ = self.expand(expression, scope);
            self.warnings.truncate(warnings);
            self.references.truncate(references);
        }
        let quoted = self.quoted_names(expression);
        let (program, files, surroundings) = self.compile_transformer(expression, scope)?;
        let allowance = self.allowance();
        let (steps, loaded) = sandbox.load(program, surroundings, allowance);
        self.charge_run(steps, 0);
        match loaded {
            Ok(transformer) => Ok(Procedure { transformer, files, quoted, scope }),
            Err(failure) => Err(self.failed(failure, name, form.span, &files, allowance)),
        }
    }

    /// Expands one use of a macro that is written in Scheme.
    pub(super) fn apply_transformer(
        &mut self,
        procedure: &Procedure,
        form: &Syntax,
        scope: ScopeId,
    ) -> Outcome<Syntax> {
        let head = form.as_list().and_then(|items| items.first()?.as_identifier());
        let name = head.map_or(Symbol::UNDERSCORE, |head| head.symbol);
        let mut parcel = Parcel::of(form, &self.state.interner)?;
        let allowance = self.allowance();
        let mut names = Use { expander: self, definition: procedure.scope, scope, renamed: HashMap::new() };
        let (steps, result) = procedure.transformer.transform(&mut parcel.pieces, &mut names, allowance);
        self.charge_run(steps, parcel.pieces.len());
        match result {
            Ok(root) => {
                let (syntax, size) = parcel.open(root, &procedure.quoted, &mut self.state.interner);
                self.charge_output(size, Some(name), form.span)?;
                Ok(syntax)
            }
            Err(failure) => Err(self.failed(failure, name, form.span, &procedure.files, allowance)),
        }
    }

    /// The problem that a transformer has no answer.
    fn failed(
        &self,
        failure: Failure,
        name: Symbol,
        span: Span,
        files: &[String],
        allowance: Allowance,
    ) -> Box<Problem> {
        let name = self.name(name);
        let problem = |message: String| Problem::new(span, message);
        Box::new(match failure {
            Failure::Steps if allowance.steps < TRANSFORMER.steps => problem(format!(
                "the transformers of this program's macros take too many steps, that of `{name}` last: \
                 {TRANSFORMERS_STEPS_MAX} are the limit"
            )),
            Failure::Steps => problem(format!(
                "the macro `{name}` does not end: its transformer has taken {} steps",
                allowance.steps
            )),
            Failure::Memory => problem(format!(
                "the macro `{name}` grows without end: its transformer has used up its memory of {} words",
                allowance.heap_words
            )),
            Failure::Raised { message, place, unbound } => {
                let problem = problem(format!("the transformer of the macro `{name}` fails: {message}"));
                let unbound = unbound.and_then(|name| self.state.interner.lookup(&name));
                if let Some(unbound) = unbound.filter(|unbound| self.state.defined.contains(unbound)) {
                    let name = self.name(unbound);
                    return Box::new(problem.suggest(format!(
                        "the program defines `{name}`, and macros are expanded before that runs"
                    )));
                }
                let own = self.files.get(usize::from(span.file)).map(|file| &file.name);
                match place.and_then(|place| Some((files.get(usize::from(place.file))?, place))) {
                    Some((file, Span { line, column, .. })) if Some(file) == own => {
                        problem.suggest(format!("it does so in line {line}, column {column}"))
                    }
                    Some((file, Span { line, column, .. })) => {
                        problem.suggest(format!("it does so at {file}:{line}:{column}"))
                    }
                    None => problem,
                }
            }
            Failure::Unavailable(what) => problem(format!(
                "the transformer of the macro `{name}` fails: {what} not available while a macro is being expanded"
            )),
            Failure::Foreign(what) => {
                problem(format!("the macro `{name}` expands to what no program can hold: {what}"))
                    .suggest("a transformer answers lists, symbols, numbers, strings and other data")
            }
            Failure::Cyclic => problem(format!("the macro `{name}` expands to a list that contains itself")),
            Failure::Load(why) => {
                problem(format!("the transformer of the macro `{name}` does not load: {why}"))
            }
        })
    }

    /// Compiles the expression of a transformer, one phase below: the program, without the texts of its files, and their
    /// names; and if it evaluates, where it does so.
    fn compile_transformer(
        &mut self,
        expression: &Syntax,
        scope: ScopeId,
    ) -> Outcome<(Program, Vec<String>, Option<Surroundings>)> {
        let (imports, named) = self.imports_for(expression, scope)?;
        let environment = self.environment_of(scope);
        let mut state = self.state.beneath();
        let mut top = ScopeId::TOP;
        if let Some(name) = self.state.environments[environment].name.clone() {
            top = ScopeId::top_of(1);
            let below = super::environment::Environment { name: Some(name), ..Default::default() };
            state.environments.push(below);
        }
        if expression.parts().any(|part| part.as_identifier().is_some_and(|name| name.alias > 0)) {
            // Of what the macros around it have renamed, only that the names are different is left.
            state.aliases = self.state.aliases.iter().map(|(name, _)| (*name, top)).collect();
        }
        let nameless = |file: &SourceFile| SourceFile { name: file.name.clone(), text: String::new() };
        let files = self.files.iter().map(nameless).collect();
        let mut below = Expander::new(&mut state, self.builtins, Mode::Program, files);
        below.sources = self.sources;
        below.passes = self.passes;
        below.phase = self.phase + 1;
        below.depth = self.depth;
        below.base_depth = self.depth;
        below.macro_output = self.macro_output;
        below.transformer_steps = self.transformer_steps;
        below.transformer_steps_max = self.transformer_steps_max;
        below.piece_steps = self.piece_steps;
        below.top = top;
        let expanded = below.expand_transformer(&imports, expression);
        let (output, mut steps) = (below.macro_output, below.transformer_steps);
        if self.piece_steps > 0 {
            let loaded = below.files.iter().skip(self.files.len());
            steps += evaluation_steps(loaded.map(|file| file.text.len()).sum());
        }
        let program = expanded.and_then(|(bodies, value)| {
            below.check_unknown(&self.state.defined, &self.state.interner)?;
            let within = |span: Span| {
                let whole = expression.span;
                span.file == whole.file && (whole.start..whole.end).contains(&span.start)
            };
            below.warn_of_wrong_calls();
            below.warn_of_unused_variables();
            self.warnings.extend(below.warnings.drain(..).filter(|warning| within(warning.span)));
            let program = assemble(&mut below, bodies, value, expression.span)?;
            let names = below.files.drain(..).map(|file| file.name).collect();
            Ok((program, names))
        });
        self.macro_output = output;
        self.transformer_steps = steps;
        self.state.transformers = state.transformers;
        self.state.evaluating = state.evaluating;
        let (program, files) = program?;
        let compiles =
            |constant: &Constant| matches!(constant, Constant::Builtin(name) if COMPILING.contains(&&**name));
        if !program.constants.iter().any(compiles) {
            return Ok((program, files, None));
        }
        self.state.evaluating += 1;
        if self.state.evaluating > EVALUATING_MAX {
            let message = format!("too many transformers evaluate: {EVALUATING_MAX} are the limit");
            return Problem::fail(expression.span, message);
        }
        let (passes, phase) = (self.passes, self.phase + 1);
        Ok((program, files, Some(Surroundings { state, passes, phase, imports: named })))
    }

    /// Loads what is imported and expands the expression: what runs first, and the call that takes the value.
    fn expand_transformer(&mut self, imports: &[Syntax], expression: &Syntax) -> Outcome<(Vec<Expr>, Expr)> {
        let mut bodies = Vec::new();
        self.take_imports(imports, &mut bodies)?;
        let value = self.expand(expression, self.top)?;
        Ok((bodies, self.call_builtin("%transform", vec![value], expression.span)?))
    }

    /// The import sets of the environment around `scope` of which `expression` has a name; and text and names of them all.
    fn imports_for(&mut self, expression: &Syntax, scope: ScopeId) -> Outcome<(Vec<Syntax>, NamedSets)> {
        let environment = self.environment_of(scope);
        let mut written = HashSet::new();
        written.extend(expression.parts().filter_map(|part| Some(part.as_identifier()?.symbol)));
        let (mut needed, mut all) = (Vec::new(), NamedSets::new());
        for set in self.state.environments[environment].imports.clone() {
            let exports = self.import_set(&set, 0, &mut Vec::new())?;
            let text = set.text(&self.state.interner, usize::MAX);
            if exports.iter().any(|(name, _)| written.contains(name)) {
                needed.push(set);
            }
            all.push((text, exports.into_iter().map(|(name, _)| name).collect()));
        }
        Ok((needed, all))
    }

    /// Imports those of `sets` of which `forms` are the first to have a name. Answers the bodies of libraries that had not been loaded.
    pub(crate) fn import_what_is_named(&mut self, sets: &NamedSets, forms: &[Syntax]) -> Outcome<Vec<Expr>> {
        let mut loaded = Vec::new();
        let written: HashSet<Symbol> = forms
            .iter()
            .flat_map(Syntax::parts)
            .filter_map(|part| Some(part.as_identifier()?.symbol))
            .collect();
        for (text, names) in sets {
            if names.iter().any(|name| written.contains(name)) && !self.has_imported(text) {
                self.import_text(text, &mut loaded)?;
            }
        }
        Ok(loaded)
    }

    /// Fails if the transformer uses a variable of the program, or any other name that means nothing: nothing will define it.
    fn check_unknown(&self, defined_above: &HashSet<Symbol>, above: &crate::syntax::Interner) -> Outcome<()> {
        let uses = self.first_use.iter().map(|(index, (span, _))| (*span, self.globals[index.0 as usize]));
        let unknown = uses.filter(|(_, symbol)| !self.state.defined.contains(symbol));
        let Some((span, symbol)) = unknown.min_by_key(|(span, _)| (span.file, span.start)) else {
            return Ok(());
        };
        let name = self.name(symbol);
        if above.lookup(name).is_some_and(|symbol| defined_above.contains(&symbol)) {
            let message = format!(
                "a transformer cannot use `{name}`: the program defines it, and macros are expanded before that runs"
            );
            let problem = Problem::new(span, message);
            return Err(Box::new(
                problem.suggest("define it within the transformer, or in a library that the program imports"),
            ));
        }
        let problem = Problem::new(span, format!("unknown name `{name}`"));
        let known = self.builtins.iter().map(|builtin| builtin.name.as_str());
        Err(Box::new(match suggest::nearest(name, known.filter(|known| !known.starts_with('%'))) {
            Some(near) => problem.suggest(format!("did you mean `{near}`?")),
            None => problem,
        }))
    }

    /// Whether a transformer cannot have the builtin of this name.
    pub(super) fn is_unavailable(&self, name: &str) -> bool {
        self.phase > 0 && UNAVAILABLE.contains(&name)
    }

    /// A procedure that says that `name` is not there while a macro is expanded.
    pub(super) fn unavailable(&mut self, name: &str, span: Span) -> Outcome<Expr> {
        let name = Expr::literal(self.constants.string(name), span);
        self.call_builtin("%unavailable", vec![name], span)
    }
}
