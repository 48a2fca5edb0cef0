//! `define-library` and `import`: environments of their own, and what they give each other.
//!
//! 1. A declared library is kept as source until something imports it; then its body becomes part of the unit that does,
//!    before the form that imports, and runs there. It is loaded once.
//! 2. A library's environment has nothing but what it imports and defines. The program's is open, so that an import adds
//!    names and takes none away.
//! 3. What an import binds is the same binding under another name: macros keep their environment, variables their place.

use std::sync::Arc;

use super::environment::{Declared, Environment, Exports, TopBinding};
use super::macros::nesting;
use super::{Core, Denotation, Expander, ScopeId};
use crate::diagnostic::{Outcome, Problem};
use crate::ir::Expr;
use crate::standard::{self, Names};
use crate::syntax::{Datum, Items, Symbol, Syntax};
use crate::{reader, suggest};
use bytecode::{SourceFile, Span};

/// The most files of a unit.
const FILES_MAX: usize = u16::MAX as usize;

/// Where the text of an included file comes from.
pub trait Sources: Send + Sync {
    /// The file that `from` includes as `name`. Its own name is the `from` of what it includes.
    ///
    /// # Errors
    /// Why there is none.
    fn read(&self, name: &str, from: &str) -> Result<SourceFile, String>;
}

/// What a library declares, in the order of the standard: imports first, whatever order they are written in.
#[derive(Default)]
struct Declarations {
    imports: Vec<Syntax>,
    /// Internal and external names.
    exports: Vec<(Syntax, Symbol)>,
    body: Vec<Syntax>,
}

impl Expander<'_> {
    /// Keeps the libraries that the unit's forms declare, wherever they stand, and answers the other forms.
    ///
    /// # Errors
    /// What is wrong with their names.
    pub(crate) fn declare_libraries(&mut self, forms: Vec<Syntax>) -> (Vec<Syntax>, Vec<Problem>) {
        let mut problems = Vec::new();
        let rest = forms.into_iter().filter(|form| {
            let head = form.as_list().and_then(|items| items.first()?.as_identifier());
            let declares = head.is_some_and(|head| {
                matches!(self.resolve(head, ScopeId::TOP), Denotation::Core(Core::DefineLibrary))
            });
            if declares && let Err(problem) = self.declare_library(form) {
                problems.push(*problem);
            }
            !declares
        });
        (rest.collect(), problems)
    }

    pub(super) fn declare_library(&mut self, form: &Syntax) -> Outcome<()> {
        let parts = form.as_list().unwrap_or(&[]);
        self.require(form, parts, 2, "(define-library (name ...) declaration ...)")?;
        let name = self.library_name(&parts[1])?;
        if standard::libraries().any(|known| known == &*name) {
            let problem = Problem::new(parts[1].span, format!("the machine has a library `{name}` already"));
            return Err(Box::new(problem.suggest("give yours another name")));
        }
        let file = self.files.get(usize::from(form.span.file)).cloned();
        let file = file.unwrap_or_else(|| SourceFile { name: String::new(), text: String::new() });
        self.state.libraries.insert(name, Declared::Source(form.clone(), file));
        self.state.version += 1;
        Ok(())
    }

    /// The text of a library's name, which is a list of identifiers and integers.
    fn library_name(&self, syntax: &Syntax) -> Outcome<Arc<str>> {
        let is_part =
            |part: &Syntax| matches!(part.datum, Datum::Identifier(_) | Datum::Integer(0..=i64::MAX));
        match syntax.as_list() {
            Some(parts) if !parts.is_empty() && parts.iter().all(is_part) => {
                Ok(syntax.text(&self.state.interner, usize::MAX).into())
            }
            _ => {
                let problem = Problem::new(syntax.span, "the name of a library must stand here");
                Err(Box::new(problem.suggest("a list of names and numbers, such as `(my library)`")))
            }
        }
    }

    /// `(import set ...)`: binds what the sets hold at the top level that is being expanded. Answers the bodies of libraries
    /// that had not been loaded.
    pub(super) fn import(&mut self, form: &Syntax, parts: &[Syntax]) -> Outcome<Vec<Expr>> {
        self.require(form, parts, 2, "(import (library name) ...)")?;
        let mut loaded = Vec::new();
        self.take_imports(&parts[1..], &mut loaded)?;
        Ok(loaded)
    }

    /// Binds what import sets hold at the top level that is being expanded.
    pub(super) fn take_imports(&mut self, sets: &[Syntax], loaded: &mut Vec<Expr>) -> Outcome<()> {
        for set in sets {
            for (name, binding) in self.import_set(set, 0, loaded)? {
                self.bind_top(name, binding);
            }
            self.note_import(set);
        }
        Ok(())
    }

    /// Remembers an import set of the present top level.
    fn note_import(&mut self, set: &Syntax) {
        if !self.has_imported(&set.text(&self.state.interner, usize::MAX)) {
            let environment = self.top.environment().unwrap_or(0);
            self.state.environments[environment].imports.push(set.clone());
        }
    }

    /// Whether the present top level has taken names from the import set of this text.
    pub(super) fn has_imported(&self, text: &str) -> bool {
        let known = &self.state.environments[self.top.environment().unwrap_or(0)].imports;
        known.iter().any(|known| known.text(&self.state.interner, usize::MAX) == text)
    }

    /// Makes the environment of `imports`, the text of import sets, the top level. Answers the bodies of libraries that had
    /// not been loaded.
    pub(crate) fn enter_environment(&mut self, imports: &str) -> Outcome<Vec<Expr>> {
        let known = self.state.made.get(imports).copied();
        let environment = known.unwrap_or(self.state.environments.len());
        self.top = ScopeId::top_of(environment);
        if known.is_some() {
            return Ok(Vec::new());
        }
        let name: Arc<str> = imports.into();
        self.state.made.insert(name.clone(), environment);
        self.state.version += 1;
        self.state.environments.push(Environment { name: Some(name), fixed: true, ..Environment::default() });
        let mut loaded = Vec::new();
        self.import_text(imports, &mut loaded)?;
        Ok(loaded)
    }

    /// Binds what `imports`, the text of import sets, hold at the top level that is being expanded.
    pub(super) fn import_text(&mut self, imports: &str, loaded: &mut Vec<Expr>) -> Outcome<()> {
        let file = SourceFile { name: "environment".to_string(), text: imports.to_string() };
        let index = self.add_file(file, Span::default())?;
        let sets = reader::read(imports, index, &mut self.state.interner)?;
        self.take_imports(&sets, loaded)
    }

    fn bind_top(&mut self, name: Symbol, binding: TopBinding) {
        let environment = self.top.environment().expect("the top is an environment's");
        let bindings = &mut self.state.environments[environment].bindings;
        if !bindings.get(&name).is_some_and(|known| known.is(&binding)) {
            bindings.insert(name, binding);
            self.state.version += 1;
        }
    }

    /// Names and meanings of an import set.
    pub(super) fn import_set(
        &mut self,
        set: &Syntax,
        depth: u32,
        loaded: &mut Vec<Expr>,
    ) -> Outcome<Exports> {
        if depth >= super::DEPTH_MAX {
            return super::too_deep(set.span);
        }
        let modifier = match set.as_list() {
            Some([word, inner, rest @ ..]) if inner.as_list().is_some() => {
                word.as_identifier().map(|word| (self.name(word.symbol).to_owned(), inner, rest))
            }
            _ => None,
        };
        let Some((word, inner, rest)) = modifier else { return self.library_exports(set, depth, loaded) };
        match word.as_str() {
            "only" => {
                let all = self.import_set(inner, depth + 1, loaded)?;
                let mut chosen = Exports::with_capacity(rest.len());
                for name in rest {
                    let at = self.exported(&all, name)?;
                    self.note_top_binding(name.span, &all[at].1);
                    chosen.push(all[at].clone());
                }
                Ok(chosen)
            }
            "except" => {
                let mut all = self.import_set(inner, depth + 1, loaded)?;
                for name in rest {
                    let at = self.exported(&all, name)?;
                    self.note_top_binding(name.span, &all[at].1);
                    all.remove(at);
                }
                Ok(all)
            }
            "prefix" => {
                let mut all = self.import_set(inner, depth + 1, loaded)?;
                let [prefix] = rest else {
                    return self.malformed_set(set, "(prefix (library name) prefix)");
                };
                let Some(prefix) = prefix.as_identifier() else {
                    return self.malformed_set(set, "(prefix (library name) prefix)");
                };
                for (name, _) in &mut all {
                    let prefixed = format!("{}{}", self.name(prefix.symbol), self.name(*name));
                    *name = self.state.interner.intern(&prefixed);
                }
                Ok(all)
            }
            "rename" => {
                let mut all = self.import_set(inner, depth + 1, loaded)?;
                let mut renamed = Vec::with_capacity(rest.len());
                for pair in rest {
                    let names = match pair.as_list() {
                        Some([from, to]) => to.as_identifier().map(|to| (from, to.symbol)),
                        _ => None,
                    };
                    let Some((from, to)) = names else {
                        return self.malformed_set(set, "(rename (library name) (name new-name) ...)");
                    };
                    let at = self.exported(&all, from)?;
                    self.note_top_binding(from.span, &all[at].1);
                    renamed.push((at, to));
                }
                for (at, to) in renamed {
                    all[at].0 = to;
                }
                Ok(all)
            }
            _ => self.library_exports(set, depth, loaded),
        }
    }

    fn malformed_set<T>(&self, set: &Syntax, shape: &str) -> Outcome<T> {
        let problem = Problem::new(set.span, "this import set is not complete or not well formed");
        Err(Box::new(problem.suggest(format!("its form is {shape}"))))
    }

    /// Where `all` has `name`.
    fn exported(&self, all: &Exports, name: &Syntax) -> Outcome<usize> {
        let Some(identifier) = name.as_identifier() else {
            return Problem::fail(name.span, "a name must stand here");
        };
        all.iter().position(|(known, _)| *known == identifier.symbol).ok_or_else(|| {
            let text = self.name(identifier.symbol);
            let problem = Problem::new(name.span, format!("the library does not export `{text}`"));
            let known = all.iter().map(|(known, _)| &**self.state.interner.name(*known));
            Box::new(match suggest::nearest(text, known) {
                Some(near) => problem.suggest(format!("did you mean `{near}`?")),
                None => problem,
            })
        })
    }

    fn library_exports(&mut self, set: &Syntax, depth: u32, loaded: &mut Vec<Expr>) -> Outcome<Exports> {
        let name: Arc<str> = standard::first_name(&self.library_name(set)?).into();
        if let Some(names) = standard::exports(&name) {
            return Ok(self.standard_exports(names));
        }
        match self.state.libraries.get(&name) {
            Some(Declared::Loaded(exports, _)) => Ok(exports.as_ref().clone()),
            Some(Declared::Loading) => {
                Problem::fail(set.span, format!("the library `{name}` imports itself, by way of others"))
            }
            Some(Declared::Source(form, file)) => {
                let (form, file) = (form.clone(), file.clone());
                self.load_library(&name, form, file, depth, loaded)
            }
            None => match standard::source(&name) {
                Some(file) => {
                    let index = self.add_file(file.clone(), set.span)?;
                    let forms = reader::read(&file.text, index, &mut self.state.interner)?;
                    let Some(form) = forms.into_iter().next() else {
                        return Problem::fail(set.span, "the library's file is empty");
                    };
                    self.load_library(&name, form, file, depth, loaded)
                }
                None => Err(Box::new(self.unknown_library(&name, set.span))),
            },
        }
    }

    fn unknown_library(&self, name: &str, span: Span) -> Problem {
        let problem = Problem::new(span, format!("unknown library `{name}`"));
        let mut known: Vec<&str> = standard::libraries().collect();
        known.extend(self.state.libraries.keys().map(|known| &**known));
        match suggest::nearest(name, known.into_iter()) {
            Some(near) => problem.suggest(format!("did you mean `{near}`?")),
            None => problem.suggest("declare it with `define-library`; the machine's own need no `import`"),
        }
    }

    /// Loads the libraries that nothing has imported, so that their names are noted. Answers what is wrong with them.
    pub(crate) fn load_all_libraries(&mut self) -> Vec<Problem> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for (name, declared) in &self.state.libraries {
            if matches!(declared, Declared::Source(..)) {
                names.push(name.clone());
            }
        }
        names.sort();
        let mut problems = Vec::new();
        for name in names {
            if let Some(Declared::Source(form, file)) = self.state.libraries.get(&name).cloned()
                && let Err(problem) = self.load_library(&name, form, file, 0, &mut Vec::new())
            {
                problems.push(*problem);
            }
        }
        problems
    }

    /// Is there such a library, for `cond-expand`?
    pub(super) fn is_known_library(&self, library: &Syntax) -> bool {
        let name = library.text(&self.state.interner, usize::MAX);
        standard::libraries().any(|known| known == name) || self.state.libraries.contains_key(name.as_str())
    }

    fn standard_exports(&mut self, names: Names) -> Exports {
        let all: Vec<String> = match names {
            Names::Listed(names) => names.split_ascii_whitespace().map(str::to_owned).collect(),
            Names::Everything => {
                let builtins = self.builtins.iter().map(|builtin| builtin.name.clone());
                builtins
                    .filter(|name| !name.starts_with('%'))
                    .chain(Core::names().map(str::to_owned))
                    .collect()
            }
        };
        let meaning = |name: &str| match Core::named(name) {
            Some(core) => Some(TopBinding::Core(core)),
            None => self.builtins.id(name).map(TopBinding::Builtin),
        };
        let meanings: Vec<_> = all.iter().filter_map(|name| Some((name, meaning(name)?))).collect();
        meanings.into_iter().map(|(name, binding)| (self.state.interner.intern(name), binding)).collect()
    }

    fn load_library(
        &mut self,
        name: &Arc<str>,
        form: Syntax,
        file: SourceFile,
        depth: u32,
        loaded: &mut Vec<Expr>,
    ) -> Outcome<Exports> {
        let origin = Arc::new((form.clone(), file.clone()));
        let form = self.adopt(form, file)?;
        self.state.libraries.insert(name.clone(), Declared::Loading);
        self.state.version += 1;
        let parts = form.as_list().unwrap_or(&[]);
        let mut declarations = Declarations::default();
        self.declarations(&parts[2..], depth, &mut declarations)?;
        let mut bindings = Exports::new();
        for set in &declarations.imports {
            bindings.extend(self.import_set(set, depth + 1, loaded)?);
        }
        let bindings = bindings.into_iter().collect();
        let imports = declarations.imports;
        let environment = Environment { bindings, name: Some(name.clone()), fixed: false, imports };
        self.state.environments.push(environment);
        let top = ScopeId::top_of(self.state.environments.len() - 1);
        let outer = std::mem::replace(&mut self.top, top);
        let body = self.library_body(&declarations.body);
        self.top = outer;
        loaded.extend(body?);
        let exports = self.library_bindings(top, &declarations.exports)?;
        self.state.libraries.insert(name.clone(), Declared::Loaded(Arc::new(exports.clone()), origin));
        Ok(exports)
    }

    fn library_body(&mut self, forms: &[Syntax]) -> Outcome<Vec<Expr>> {
        let mut body = self.claim_names(forms);
        for form in forms {
            body.extend(self.expand_toplevel(form)?);
        }
        Ok(body)
    }

    fn library_bindings(&self, top: ScopeId, exports: &[(Syntax, Symbol)]) -> Outcome<Exports> {
        let environment = &self.state.environments[top.environment().unwrap_or(0)];
        let mut bindings = Exports::with_capacity(exports.len());
        for (internal, external) in exports {
            let symbol = internal.as_identifier().map_or(*external, |identifier| identifier.symbol);
            let Some(binding) = environment.bindings.get(&symbol) else {
                let text = self.name(symbol);
                let message = format!("the library exports `{text}`, but neither defines nor imports it");
                return Problem::fail(internal.span, message);
            };
            self.note_top_binding(internal.span, binding);
            bindings.push((*external, binding.clone()));
        }
        Ok(bindings)
    }

    /// Sorts the declarations of a library.
    fn declarations(&mut self, forms: &[Syntax], depth: u32, out: &mut Declarations) -> Outcome<()> {
        if depth >= super::DEPTH_MAX {
            return super::too_deep(forms.first().map_or(Span::default(), |form| form.span));
        }
        for form in forms {
            let parts = form.as_list().unwrap_or(&[]);
            let word = match parts.first().and_then(Syntax::as_identifier) {
                Some(word) => self.name(word.symbol).to_owned(),
                None => String::new(),
            };
            match word.as_str() {
                "import" => out.imports.extend_from_slice(&parts[1..]),
                "begin" => out.body.extend_from_slice(&parts[1..]),
                "include" | "include-ci" => {
                    out.body.extend(self.include(form, parts, word == "include-ci")?)
                }
                "include-library-declarations" => {
                    let included = self.include(form, parts, false)?;
                    self.declarations(&included, depth + 1, out)?;
                }
                "cond-expand" => {
                    let chosen = self.choose_features(form, parts)?;
                    self.declarations(&chosen, depth + 1, out)?;
                }
                "export" => {
                    for spec in &parts[1..] {
                        out.exports.push(self.export_spec(spec)?);
                    }
                }
                _ => {
                    let problem = Problem::new(form.span, "this is not a declaration of a library");
                    return Err(Box::new(problem.suggest(
                        "use export, import, begin, include, include-ci, include-library-declarations or cond-expand",
                    )));
                }
            }
        }
        Ok(())
    }

    /// `name` or `(rename internal external)`.
    fn export_spec(&self, spec: &Syntax) -> Outcome<(Syntax, Symbol)> {
        if let Some(identifier) = spec.as_identifier() {
            return Ok((spec.clone(), identifier.symbol));
        }
        if let Some([word, internal, external]) = spec.as_list()
            && word.as_identifier().is_some_and(|word| self.name(word.symbol) == "rename")
            && internal.as_identifier().is_some()
            && let Some(external) = external.as_identifier()
        {
            return Ok((internal.clone(), external.symbol));
        }
        Problem::fail(spec.span, "an export is a name, or `(rename name external-name)`")
    }

    /// `(include "file" ...)`: the forms of the files.
    pub(super) fn include(
        &mut self,
        form: &Syntax,
        parts: &[Syntax],
        fold_case: bool,
    ) -> Outcome<Vec<Syntax>> {
        self.require(form, parts, 2, "(include \"file\" ...)")?;
        let mut forms = Vec::new();
        for part in &parts[1..] {
            let Datum::String(name) = &part.datum else {
                return Problem::fail(part.span, "the name of a file must stand here, as a string");
            };
            let from = self.files.get(usize::from(form.span.file)).map_or("", |file| &file.name);
            let file = match self.sources {
                Some(sources) => sources.read(name, from),
                None if self.phase > 0 => {
                    Err("there are no files while a macro is being expanded".to_string())
                }
                None => Err("there are no files here".to_string()),
            };
            let file = file.map_err(|why| {
                Box::new(Problem::new(part.span, format!("`{name}` cannot be included: {why}")))
            })?;
            let index = self.add_file(file.clone(), part.span)?;
            let read = if fold_case { reader::read_folded } else { reader::read };
            let read = read(&file.text, index, &mut self.state.interner);
            self.included += 1;
            if self.included > INCLUDED_MAX {
                return Problem::fail(part.span, "files include each other without end");
            }
            forms.extend(read?);
        }
        Ok(forms)
    }

    fn add_file(&mut self, file: SourceFile, span: Span) -> Outcome<u16> {
        if self.files.len() >= FILES_MAX {
            return Problem::fail(span, "too many files in one unit");
        }
        self.files.push(file);
        Ok((self.files.len() - 1) as u16)
    }

    /// Makes a form of an earlier unit one of this unit's, with its file.
    fn adopt(&mut self, form: Syntax, file: SourceFile) -> Outcome<Syntax> {
        let index = usize::from(form.span.file);
        if self.files.get(index).is_some_and(|own| own.name == file.name && own.text == file.text) {
            return Ok(form);
        }
        if nesting(&form) > ADOPTED_DEPTH_MAX {
            return super::too_deep(form.span);
        }
        let index = self.add_file(file, form.span)?;
        Ok(in_file(&form, index))
    }

    /// Fails if a library's variable is assigned from outside.
    pub(super) fn check_own(&self, global: Symbol, name: Symbol, span: Span) -> Outcome<()> {
        if self.own_name(name) == global {
            return Ok(());
        }
        // A macro's own variables are assigned by what it expands to, wherever that is.
        let is_imported = self.top.environment().is_some_and(|environment| {
            matches!(self.state.environments[environment].bindings.get(&name),
                Some(TopBinding::Global(bound)) if *bound == global)
        });
        if !is_imported {
            return Ok(());
        }
        let problem = Problem::new(span, format!("`{}` is imported and cannot be assigned", self.name(name)));
        Err(Box::new(problem.suggest("let its library export a procedure that does it")))
    }

    /// Fails if nothing can be defined at the present top level.
    pub(super) fn check_definable(&self, span: Span) -> Outcome<()> {
        let environment = self.top.environment().unwrap_or(0);
        if !self.state.environments[environment].fixed {
            return Ok(());
        }
        let problem = Problem::new(span, "nothing can be defined in an environment that was made of imports");
        Err(Box::new(problem.suggest("use `(interaction-environment)`, or define it inside of a `let`")))
    }

    /// The name among all globals that a definition at the present top level gives a variable.
    pub(super) fn own_name(&self, name: Symbol) -> Symbol {
        let environment = self.top.environment().unwrap_or(0);
        match &self.state.environments[environment].name {
            None => name,
            Some(library) => {
                let text = format!("{} of {library}", self.name(name));
                self.state.interner.lookup(&text).unwrap_or(name)
            }
        }
    }

    /// Makes a variable of `name` at the present top level; answers its name among all globals.
    pub(super) fn define_top(&mut self, name: Symbol) -> Symbol {
        let environment = self.top.environment().unwrap_or(0);
        let global = match self.state.environments[environment].name.clone() {
            None => name,
            Some(library) => {
                let text = format!("{} of {library}", self.name(name));
                self.state.interner.intern(&text)
            }
        };
        self.state.defined.insert(global);
        self.bind_top(name, TopBinding::Global(global));
        global
    }

    /// Makes a macro at the present top level.
    pub(super) fn define_macro(&mut self, name: Symbol, rules: Arc<super::transformers::Macro>) {
        self.bind_top(name, TopBinding::Macro(rules));
    }

    /// The problem that a library uses a name that it does not import.
    pub(super) fn not_imported(&self, symbol: Symbol, span: Span, scope: ScopeId) -> Problem {
        let name = self.name(symbol);
        let problem = self.unknown_name(name, span, scope);
        match standard::library_of(name) {
            Some(library) => problem.suggest(format!("`{library}` has it: import that")),
            None => problem,
        }
    }
}

/// How many files a unit may include.
const INCLUDED_MAX: u32 = 250;

/// How deep the data of a library may be nested that an earlier unit declared.
const ADOPTED_DEPTH_MAX: usize = 2_000;

/// The same form, with places in another file. Recursion is bounded by [`ADOPTED_DEPTH_MAX`].
fn in_file(form: &Syntax, file: u16) -> Syntax {
    let map = |items: &Arc<Items>| Arc::new(Items(items.0.iter().map(|item| in_file(item, file)).collect()));
    let datum = match &form.datum {
        Datum::List(items) => Datum::List(map(items)),
        Datum::Improper(items) => Datum::Improper(map(items)),
        Datum::Vector(items) => Datum::Vector(map(items)),
        Datum::Labelled(label, items) => Datum::Labelled(*label, map(items)),
        atom => atom.clone(),
    };
    Syntax::new(datum, Span { file, ..form.span })
}
