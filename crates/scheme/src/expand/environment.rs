//! What identifiers mean: scopes, macros' aliases, and the bindings of environments, which outlive a unit.
//!
//! 1. Every chain of scopes ends at the top of an environment: the program's, a library's, or one made by imports.
//! 2. The program's environment is *open*: every builtin is visible under its name, and an unbound name is a global of that
//!    name. In all others a name means what was imported or defined, and a global has the environment's name in its own.

use super::Expander;
use super::Mode;
use super::transformers::Macro;
use crate::builtins::BuiltinId;
use crate::diagnostic::Problem;
use crate::ir::{Intrinsic, VariableId};
use crate::suggest;
use crate::syntax::{Identifier, Interner, Symbol, Syntax};
use crate::types::Declaration;
use bytecode::{GlobalIndex, SourceFile, Span};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

macro_rules! core_forms {
    ($($variant:ident $($name:literal)+;)*) => {
        /// The forms that the expander knows itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Core { $($variant,)* }

        /// Their names.
        const CORE_FORMS: &[(&str, Core)] = &[$($(($name, Core::$variant),)+)*];
    };
}

core_forms! {
    Define "define" "define-integrable";
    DefineValues "define-values";
    DefineMemoized "define-memoized";
    Declare ":";
    DefineRecordType "define-record-type";
    DefineSyntax "define-syntax";
    LetSyntax "let-syntax";
    LetrecSyntax "letrec-syntax";
    SyntaxRules "syntax-rules";
    ErMacroTransformer "er-macro-transformer";
    SyntaxError "syntax-error";
    Lambda "lambda" "λ";
    NamedLambda "named-lambda";
    CaseLambda "case-lambda";
    Quote "quote";
    Quasiquote "quasiquote";
    Unquote "unquote" "unquote-splicing";
    Set "set!";
    Begin "begin";
    If "if";
    Cond "cond";
    Case "case";
    When "when";
    Unless "unless";
    And "and";
    Or "or";
    Let "let";
    LetStar "let*";
    Letrec "letrec" "letrec*";
    LetValues "let-values";
    LetStarValues "let*-values";
    Do "do";
    Delay "delay" "make-lazy";
    DelayForce "delay-force";
    ConsStream "cons-stream";
    Parameterize "parameterize";
    Guard "guard";
    Receive "receive";
    Assert "assert";
    Import "import";
    DefineLibrary "define-library";
    CondExpand "cond-expand";
    Include "include";
    IncludeCi "include-ci";
    Else "else";
    Arrow "=>";
    Ellipsis "...";
    Underscore "_";
}

impl Core {
    /// The form called `name`.
    pub fn named(name: &str) -> Option<Core> {
        CORE_FORMS.iter().find(|(known, _)| *known == name).map(|(_, core)| *core)
    }

    /// Its first name.
    pub fn name(self) -> &'static str {
        CORE_FORMS.iter().find(|(_, core)| *core == self).map_or("", |(name, _)| name)
    }

    /// Names of all forms.
    pub fn names() -> impl Iterator<Item = &'static str> {
        CORE_FORMS.iter().map(|(name, _)| *name)
    }

    /// The auxiliary keyword that the form is nothing but.
    fn keyword(self) -> Option<Symbol> {
        match self {
            Core::Else => Some(Symbol::ELSE),
            Core::Arrow => Some(Symbol::ARROW),
            Core::Ellipsis => Some(Symbol::ELLIPSIS),
            Core::Underscore => Some(Symbol::UNDERSCORE),
            _ => None,
        }
    }
}

/// What a name means at the top of an environment.
#[derive(Clone, Debug)]
pub(crate) enum TopBinding {
    Core(Core),
    Macro(Arc<Macro>),
    Builtin(BuiltinId),
    /// A variable, by the name that it has among all globals.
    Global(Symbol),
}

impl TopBinding {
    /// Both mean the same.
    pub fn is(&self, other: &TopBinding) -> bool {
        match (self, other) {
            (TopBinding::Core(this), TopBinding::Core(that)) => this == that,
            (TopBinding::Macro(this), TopBinding::Macro(that)) => Arc::ptr_eq(this, that),
            (TopBinding::Builtin(this), TopBinding::Builtin(that)) => this == that,
            (TopBinding::Global(this), TopBinding::Global(that)) => this == that,
            _ => false,
        }
    }
}

/// The bindings of one top level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    pub bindings: HashMap<Symbol, TopBinding>,
    /// Text of the library's name, or of the imports; `None` for the program, which is open.
    pub name: Option<Arc<str>>,
    /// Nothing can be defined in it: it was made of imports.
    pub fixed: bool,
    /// The import sets that it has taken names from, in order.
    pub imports: Vec<Syntax>,
}

/// A library that the program has declared.
#[derive(Clone, Debug)]
pub(crate) enum Declared {
    /// The form, and the file that it stands in.
    Source(Syntax, SourceFile),
    /// Its imports are being loaded.
    Loading,
    /// What it exports, by external name; and where it was loaded from.
    Loaded(Arc<Exports>, Arc<(Syntax, SourceFile)>),
}

/// External names and what they mean.
pub(crate) type Exports = Vec<(Symbol, TopBinding)>;

/// What outlives a unit.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub interner: Interner,
    /// The program's first.
    pub environments: Vec<Environment>,
    /// Libraries, by the text of their names.
    pub libraries: HashMap<Arc<str>, Declared>,
    /// Environments that were made of imports, by the text of those.
    pub made: HashMap<Arc<str>, usize>,
    /// Globals that something defines or assigns.
    pub defined: HashSet<Symbol>,
    /// Declared types of globals, and the globals that hold types of records.
    pub types: HashMap<Symbol, Arc<Declaration>>,
    pub records: HashSet<Symbol>,
    /// Entry `n` says what alias `n + 1` stands for, and where to look that up.
    pub aliases: Vec<(Identifier, ScopeId)>,
    /// Changes whenever a name's meaning does.
    pub version: u64,
    /// How many numbers transformers have drawn.
    pub drawn: u64,
    /// How many transformers were made, and how many of them evaluate.
    pub transformers: u32,
    pub evaluating: u32,
}

impl State {
    pub fn new() -> State {
        let mut interner = Interner::new();
        let mut program = Environment::default();
        for (name, core) in CORE_FORMS {
            program.bindings.insert(interner.intern(name), TopBinding::Core(*core));
        }
        State {
            interner,
            environments: vec![program],
            libraries: HashMap::new(),
            made: HashMap::new(),
            defined: HashSet::new(),
            types: HashMap::new(),
            records: HashSet::new(),
            aliases: Vec::new(),
            version: 0,
            drawn: 0,
            transformers: 0,
            evaluating: 0,
        }
    }

    /// The state in which the transformers of an environment are compiled: all names and libraries are known, and nothing is
    /// imported, loaded or defined.
    pub fn beneath(&self) -> State {
        let unloaded = |declared: &Declared| match declared {
            Declared::Loaded(_, origin) => Declared::Source(origin.0.clone(), origin.1.clone()),
            other => other.clone(),
        };
        let mut program = Environment::default();
        for (name, core) in CORE_FORMS {
            if let Some(symbol) = self.interner.lookup(name) {
                program.bindings.insert(symbol, TopBinding::Core(*core));
            }
        }
        State {
            interner: self.interner.clone(),
            environments: vec![program],
            libraries: self.libraries.iter().map(|(name, known)| (name.clone(), unloaded(known))).collect(),
            made: HashMap::new(),
            defined: HashSet::new(),
            types: HashMap::new(),
            records: HashSet::new(),
            aliases: Vec::new(),
            version: 0,
            drawn: self.drawn,
            transformers: self.transformers,
            evaluating: self.evaluating,
        }
    }

    /// How many names it knows, in all its tables: copying it takes as long.
    pub fn names(&self) -> usize {
        let bound = self.environments.iter().map(|environment| environment.bindings.len());
        self.interner.len() + bound.sum::<usize>() + self.defined.len() + self.aliases.len()
    }

    /// Whether a macro of a top level holds an alias that is newer than entry `known` of the table.
    pub fn has_new_macros(&self, known: usize) -> bool {
        self.environments.iter().flat_map(|environment| environment.bindings.values()).any(|binding| {
            match binding {
                TopBinding::Macro(rules) => rules.newest_alias() as usize > known,
                TopBinding::Core(_) | TopBinding::Builtin(_) | TopBinding::Global(_) => false,
            }
        })
    }
}

/// Index of a scope of the unit, or the top of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(u32);

impl ScopeId {
    const TOP_BIT: u32 = 1 << 31;
    /// The program's.
    pub const TOP: ScopeId = ScopeId(ScopeId::TOP_BIT);

    /// The top of an environment.
    pub fn top_of(environment: usize) -> ScopeId {
        ScopeId(ScopeId::TOP_BIT | environment as u32)
    }

    /// The environment, if it is the top of one.
    pub fn environment(self) -> Option<usize> {
        (self.0 & ScopeId::TOP_BIT != 0).then_some((self.0 & !ScopeId::TOP_BIT) as usize)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum LocalBinding {
    Variable(VariableId),
    Macro(Arc<Macro>),
}

/// One contour of the program.
#[derive(Debug)]
pub(crate) struct Scope {
    parent: ScopeId,
    bindings: Vec<(Identifier, LocalBinding)>,
}

/// What an identifier means in a scope.
#[derive(Clone, Debug)]
pub(crate) enum Denotation {
    Local(VariableId),
    Core(Core),
    Macro(Arc<Macro>),
    Builtin(BuiltinId),
    /// A global variable, defined or not.
    Global(Symbol),
    /// Nothing, in an environment that is not open.
    Unbound(Symbol),
    Intrinsic(Intrinsic, usize),
}

/// Where an identifier is bound, for comparing identifiers.
pub(crate) enum Found {
    Local(LocalBinding),
    /// A name at the top of this environment.
    Top(Symbol, usize),
}

impl Expander<'_> {
    /// The environment at the end of a scope's chain.
    pub(super) fn environment_of(&self, mut scope: ScopeId) -> usize {
        loop {
            match scope.environment() {
                Some(environment) => return environment,
                None => scope = self.scopes[scope.0 as usize].parent,
            }
        }
    }

    pub(super) fn new_scope(&mut self, parent: ScopeId) -> ScopeId {
        self.scopes.push(Scope { parent, bindings: Vec::new() });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    pub(super) fn bind(&mut self, scope: ScopeId, identifier: Identifier, binding: LocalBinding) {
        self.scopes[scope.0 as usize].bindings.push((identifier, binding));
    }

    /// Whether `scope` itself, not one around it, binds `identifier`.
    pub(super) fn binds(&self, scope: ScopeId, identifier: Identifier) -> bool {
        self.scopes[scope.0 as usize].bindings.iter().any(|(bound, _)| *bound == identifier)
    }

    pub(super) fn find(&self, mut identifier: Identifier, mut scope: ScopeId) -> Found {
        loop {
            let environment = loop {
                if let Some(environment) = scope.environment() {
                    break environment;
                }
                let Scope { parent, bindings } = &self.scopes[scope.0 as usize];
                if let Some((_, binding)) = bindings.iter().rev().find(|(bound, _)| *bound == identifier) {
                    return Found::Local(binding.clone());
                }
                scope = *parent;
            };
            if identifier.alias == 0 {
                return Found::Top(identifier.symbol, environment);
            }
            (identifier, scope) = self.state.aliases[identifier.alias as usize - 1];
        }
    }

    /// Every name that can be used in a scope, with what it means.
    pub(super) fn visible_names(&self, mut scope: ScopeId) -> Vec<(Identifier, Denotation)> {
        let mut names = HashSet::new();
        let mut visible = Vec::new();
        let environment = loop {
            if let Some(environment) = scope.environment() {
                break environment;
            }
            let Scope { parent, bindings } = &self.scopes[scope.0 as usize];
            for (identifier, binding) in bindings.iter().rev() {
                if identifier.alias == 0 && names.insert(identifier.symbol) {
                    let meaning = match binding {
                        LocalBinding::Variable(variable) => Denotation::Local(*variable),
                        LocalBinding::Macro(rules) => Denotation::Macro(rules.clone()),
                    };
                    visible.push((*identifier, meaning));
                }
            }
            scope = *parent;
        };
        let top = &self.state.environments[environment];
        let builtins = self.builtins.iter().filter(|_| top.name.is_none());
        let builtins = builtins.filter_map(|builtin| self.state.interner.lookup(&builtin.name));
        for symbol in top.bindings.keys().copied().chain(builtins) {
            if names.insert(symbol) && !self.name(symbol).starts_with('%') {
                visible.push((Identifier { symbol, alias: 0 }, self.resolve_top(symbol, environment)));
            }
        }
        visible
    }

    pub(super) fn resolve(&self, identifier: Identifier, scope: ScopeId) -> Denotation {
        match self.find(identifier, scope) {
            Found::Local(LocalBinding::Variable(variable)) => Denotation::Local(variable),
            Found::Local(LocalBinding::Macro(rules)) => Denotation::Macro(rules),
            Found::Top(symbol, environment) => self.resolve_top(symbol, environment),
        }
    }

    pub(super) fn resolve_top(&self, symbol: Symbol, environment: usize) -> Denotation {
        let Environment { bindings, name: library, .. } = &self.state.environments[environment];
        match bindings.get(&symbol) {
            Some(TopBinding::Core(core)) => return Denotation::Core(*core),
            Some(TopBinding::Macro(rules)) => return Denotation::Macro(rules.clone()),
            Some(TopBinding::Builtin(id)) => return Denotation::Builtin(*id),
            Some(TopBinding::Global(global)) => return Denotation::Global(*global),
            None if library.is_some() => return Denotation::Unbound(symbol),
            None => {}
        }
        let name = self.name(symbol);
        if self.mode == Mode::Library
            && let Some((_, intrinsic, count)) = Intrinsic::ALL.iter().find(|(known, ..)| *known == name)
        {
            return Denotation::Intrinsic(*intrinsic, *count);
        }
        match self.visible_builtin(name) {
            Some(id) => Denotation::Builtin(id),
            None => Denotation::Global(symbol),
        }
    }

    /// The builtin that a program means by `name`.
    pub(super) fn visible_builtin(&self, name: &str) -> Option<BuiltinId> {
        if self.mode == Mode::Program && name.starts_with('%') {
            return None;
        }
        self.builtins.id(name)
    }

    /// Whether `identifier` in `scope` is the auxiliary keyword `symbol`, as `else` and `=>` must be.
    pub(super) fn is_free(&self, identifier: Identifier, scope: ScopeId, symbol: Symbol) -> bool {
        let Found::Top(found, environment) = self.find(identifier, scope) else { return false };
        match self.state.environments[environment].bindings.get(&found) {
            Some(TopBinding::Core(core)) if core.keyword().is_some() => core.keyword() == Some(symbol),
            Some(_) => found == symbol && !matches!(symbol, Symbol::ELSE | Symbol::ARROW),
            None => found == symbol,
        }
    }

    /// Whether two identifiers mean the same thing.
    pub(super) fn same_binding(
        &self,
        a: Identifier,
        a_scope: ScopeId,
        b: Identifier,
        b_scope: ScopeId,
    ) -> bool {
        match (self.find(a, a_scope), self.find(b, b_scope)) {
            (Found::Top(a, a_top), Found::Top(b, b_top)) => {
                (a == b && a_top == b_top) || self.same_top_binding((a, a_top), (b, b_top))
            }
            (Found::Local(LocalBinding::Variable(a)), Found::Local(LocalBinding::Variable(b))) => a == b,
            (Found::Local(LocalBinding::Macro(a)), Found::Local(LocalBinding::Macro(b))) => {
                Arc::ptr_eq(&a, &b)
            }
            _ => false,
        }
    }

    fn same_top_binding(&self, a: (Symbol, usize), b: (Symbol, usize)) -> bool {
        match (self.resolve_top(a.0, a.1), self.resolve_top(b.0, b.1)) {
            (Denotation::Core(a), Denotation::Core(b)) => a == b,
            (Denotation::Macro(a), Denotation::Macro(b)) => Arc::ptr_eq(&a, &b),
            (Denotation::Builtin(a), Denotation::Builtin(b)) => a == b,
            (
                Denotation::Global(a) | Denotation::Unbound(a),
                Denotation::Global(b) | Denotation::Unbound(b),
            ) => a == b,
            _ => false,
        }
    }

    /// Warns about every global that nothing defines, unless a file that is loaded may. Call it at the end of the unit.
    pub(crate) fn warn_of_unknown_globals(&mut self) {
        let mut unknown: Vec<GlobalIndex> = self.first_use.keys().copied().collect();
        unknown.retain(|index| !self.state.defined.contains(&self.globals[index.0 as usize]));
        unknown.sort();
        for index in unknown {
            let (span, scope) = self.first_use[&index];
            let symbol = self.globals[index.0 as usize];
            let name = self.name(symbol).to_owned();
            // What stands within a misspelt special form is no use of variables.
            let suspects = |(head, form): &(Symbol, Span)| {
                *head != symbol
                    && !self.state.defined.contains(head)
                    && form.file == span.file
                    && (form.start..form.end).contains(&span.start)
            };
            if self.misspelt.iter().any(suspects) {
                continue;
            }
            let mut problem = self.unknown_name(&name, span, scope);
            if self.bound_beside.contains(&index) {
                problem = problem.suggest(format!(
                    "the `let` around it binds `{name}` for its body only: `let*` binds it for the values that follow"
                ));
            }
            if let Some(suggestion) = &problem.suggestion {
                self.suggestions.push((name, suggestion.clone()));
            }
            if !self.loads {
                self.warnings.push(problem);
            }
        }
    }

    /// The problem that a name means nothing in a scope.
    pub(super) fn unknown_name(&self, name: &str, span: Span, scope: ScopeId) -> Problem {
        let problem = Problem::new(span, format!("unknown name `{name}`"));
        if let Some(meant) = suggest::foreign(name) {
            return problem.suggest(meant);
        }
        match self.nearest_name(name, scope) {
            Some(near) => problem.suggest(format!("did you mean `{near}`?")),
            None => problem,
        }
    }

    /// Is `symbol`, which nothing defines so far, nearly the name of a special form?
    pub(super) fn is_misspelt_syntax(&mut self, symbol: Symbol, scope: ScopeId) -> bool {
        if self.state.defined.contains(&symbol) {
            return false;
        }
        if let Some(known) = self.compared.get(&symbol) {
            return *known;
        }
        let is_near = self.is_near_syntax(symbol, scope);
        self.compared.insert(symbol, is_near);
        is_near
    }

    fn is_near_syntax(&self, symbol: Symbol, scope: ScopeId) -> bool {
        let name = self.name(symbol);
        let Some(near) = self.nearest_name(name, scope) else { return false };
        let near = self.state.interner.lookup(&near).map(|symbol| Identifier { symbol, alias: 0 });
        matches!(near.map(|near| self.resolve(near, scope)), Some(Denotation::Core(_)))
    }

    fn nearest_name(&self, name: &str, mut scope: ScopeId) -> Option<String> {
        let mut known: Vec<&str> = Vec::new();
        let environment = loop {
            if let Some(environment) = scope.environment() {
                break &self.state.environments[environment];
            }
            let Scope { parent, bindings } = &self.scopes[scope.0 as usize];
            known.extend(bindings.iter().map(|(identifier, _)| self.name(identifier.symbol)));
            scope = *parent;
        };
        known.extend(environment.bindings.keys().map(|symbol| self.name(*symbol)));
        if environment.name.is_none() {
            known.extend(self.builtins.iter().map(|builtin| builtin.name.as_str()));
        }
        known.retain(|known| !known.starts_with('%'));
        suggest::nearest(name, known.into_iter()).map(str::to_owned)
    }
}
