//! What identifiers mean: scopes, macros' aliases, and the bindings of the top level that outlive a unit.

use super::Expander;
use super::Mode;
use super::macros::Rules;
use crate::builtins::BuiltinId;
use crate::diagnostic::Problem;
use crate::ir::{Intrinsic, VariableId};
use crate::suggest;
use crate::syntax::{Identifier, Interner, Symbol};
use bytecode::GlobalIndex;
use std::collections::HashMap;
use std::sync::Arc;

macro_rules! core_forms {
    ($($variant:ident $($name:literal)+;)*) => {
        /// The forms that the expander knows itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Core { $($variant,)* }

        /// Their names.
        const CORE_FORMS: &[(&str, Core)] = &[$($(($name, Core::$variant),)+)*];
    };
}

core_forms! {
    Define "define" "define-integrable";
    DefineValues "define-values";
    DefineRecordType "define-record-type";
    DefineSyntax "define-syntax";
    LetSyntax "let-syntax" "letrec-syntax";
    SyntaxRules "syntax-rules";
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
}

/// What a name means at the top level, where it is not a builtin.
#[derive(Clone, Debug)]
pub(crate) enum TopBinding {
    Core(Core),
    Macro(Arc<Rules>),
    /// A program has defined or assigned it.
    Global,
}

/// What outlives a unit.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub interner: Interner,
    pub top: HashMap<Symbol, TopBinding>,
    /// Entry `n` says what alias `n + 1` stands for, and where to look that up.
    pub aliases: Vec<(Identifier, ScopeId)>,
}

impl State {
    pub fn new() -> State {
        let mut interner = Interner::new();
        let mut top = HashMap::new();
        for (name, core) in CORE_FORMS {
            top.insert(interner.intern(name), TopBinding::Core(*core));
        }
        State { interner, top, aliases: Vec::new() }
    }

    /// Whether a macro of the top level holds an alias that is newer than entry `known` of the table.
    pub fn has_new_macros(&self, known: usize) -> bool {
        self.top.values().any(|binding| match binding {
            TopBinding::Macro(rules) => rules.newest_alias() as usize > known,
            TopBinding::Core(_) | TopBinding::Global => false,
        })
    }
}

/// Index of a scope of the unit; 0 is the top level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(pub u32);

impl ScopeId {
    pub const TOP: ScopeId = ScopeId(0);
}

#[derive(Clone, Debug)]
pub(crate) enum LocalBinding {
    Variable(VariableId),
    Macro(Arc<Rules>),
}

/// One contour of the program.
#[derive(Debug)]
pub(crate) struct Scope {
    parent: ScopeId,
    bindings: Vec<(Identifier, LocalBinding)>,
}

impl Scope {
    pub fn top() -> Scope {
        Scope { parent: ScopeId::TOP, bindings: Vec::new() }
    }
}

/// What an identifier means in a scope.
#[derive(Clone, Debug)]
pub(crate) enum Denotation {
    Local(VariableId),
    Core(Core),
    Macro(Arc<Rules>),
    Builtin(BuiltinId),
    /// A global variable of the program, defined or not.
    Global(Symbol),
    Intrinsic(Intrinsic, usize),
}

/// Where an identifier is bound, for comparing identifiers.
pub(crate) enum Found {
    Local(LocalBinding),
    Top(Symbol),
}

impl Expander<'_> {
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
            while scope != ScopeId::TOP {
                let Scope { parent, bindings } = &self.scopes[scope.0 as usize];
                if let Some((_, binding)) = bindings.iter().rev().find(|(bound, _)| *bound == identifier) {
                    return Found::Local(binding.clone());
                }
                scope = *parent;
            }
            if identifier.alias == 0 {
                return Found::Top(identifier.symbol);
            }
            (identifier, scope) = self.state.aliases[identifier.alias as usize - 1];
        }
    }

    pub(super) fn resolve(&self, identifier: Identifier, scope: ScopeId) -> Denotation {
        match self.find(identifier, scope) {
            Found::Local(LocalBinding::Variable(variable)) => Denotation::Local(variable),
            Found::Local(LocalBinding::Macro(rules)) => Denotation::Macro(rules),
            Found::Top(symbol) => self.resolve_top(symbol),
        }
    }

    fn resolve_top(&self, symbol: Symbol) -> Denotation {
        match self.state.top.get(&symbol) {
            Some(TopBinding::Core(core)) => return Denotation::Core(*core),
            Some(TopBinding::Macro(rules)) => return Denotation::Macro(rules.clone()),
            Some(TopBinding::Global) => return Denotation::Global(symbol),
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

    /// Whether `identifier` in `scope` is the top-level name `symbol`, as `else` and `=>` must be.
    pub(super) fn is_free(&self, identifier: Identifier, scope: ScopeId, symbol: Symbol) -> bool {
        matches!(self.find(identifier, scope), Found::Top(found) if found == symbol)
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
            (Found::Top(a), Found::Top(b)) => a == b,
            (Found::Local(LocalBinding::Variable(a)), Found::Local(LocalBinding::Variable(b))) => a == b,
            (Found::Local(LocalBinding::Macro(a)), Found::Local(LocalBinding::Macro(b))) => {
                Arc::ptr_eq(&a, &b)
            }
            _ => false,
        }
    }

    /// Warns about every global that nothing defines. Call it at the end of the unit.
    pub(crate) fn warn_of_unknown_globals(&mut self) {
        let mut unknown: Vec<GlobalIndex> = self.first_use.keys().copied().collect();
        unknown.retain(|index| !self.state.top.contains_key(&self.globals[index.0 as usize]));
        unknown.sort();
        for index in unknown {
            let (span, scope) = self.first_use[&index];
            let name = self.name(self.globals[index.0 as usize]).to_owned();
            let problem = Problem::new(span, format!("unknown name `{name}`"));
            let problem = match self.nearest_name(&name, scope) {
                Some(near) => problem.suggest(format!("did you mean `{near}`?")),
                None => problem,
            };
            self.warnings.push(problem);
        }
    }

    fn nearest_name(&self, name: &str, mut scope: ScopeId) -> Option<String> {
        let mut known: Vec<&str> = Vec::new();
        while scope != ScopeId::TOP {
            let Scope { parent, bindings } = &self.scopes[scope.0 as usize];
            known.extend(bindings.iter().map(|(identifier, _)| self.name(identifier.symbol)));
            scope = *parent;
        }
        known.extend(self.state.top.keys().map(|symbol| self.name(*symbol)));
        known.extend(self.builtins.iter().map(|builtin| builtin.name.as_str()));
        known.retain(|known| !known.starts_with('%'));
        suggest::nearest(name, known.into_iter()).map(str::to_owned)
    }
}
