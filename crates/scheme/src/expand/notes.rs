//! What names meant while a unit was expanded: noted on request, for editors.
//!
//! 1. Noting changes nothing of what is expanded, but for the places of identifiers that templates insert: those keep
//!    their own, so that a note says where a name is written. So an expansion with notes is not for running.
//! 2. An [`Entity`] is what a name means, the same for all of its uses. Local variables and macros are told apart by the
//!    place that defines them, so that every expansion of a template speaks of the same ones.

use super::transformers::Macro;
use super::{Core, Denotation, Expander, ScopeId, TopBinding};
use crate::builtins::BuiltinId;
use crate::ir::VariableId;
use crate::syntax::{Datum, Identifier, Symbol, Syntax};
use bytecode::Span;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most notes of a unit; what comes after them is not noted.
const NOTES_MAX: usize = 400_000;

/// Where something begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub file: u16,
    pub start: u32,
}

impl Place {
    pub fn of(span: Span) -> Place {
        Place { file: span.file, start: span.start }
    }
}

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entity {
    Core(Core),
    Builtin(BuiltinId),
    /// A global variable, by its name among all globals.
    Global(Symbol),
    /// A local variable or a macro, by where it is defined.
    Place(Place),
}

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Form,
    Macro,
    Builtin,
    Global,
    Parameter,
    Local,
}

/// A name that was resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    pub span: Span,
    pub entity: Entity,
    pub kind: Kind,
    pub defines: bool,
}

/// A name that can be used at a place.
#[derive(Clone, Debug)]
pub(crate) struct Visible {
    pub name: Symbol,
    pub kind: Kind,
    pub entity: Entity,
}

/// How a definition is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    /// Where the whole definition stands.
    pub form: Span,
    /// `(name parameter ...)`, or the parameter list alone.
    pub signature: Option<(Span, bool)>,
}

/// All notes of a unit.
#[derive(Debug)]
#[cfg_attr(feature = "editing", derive(Default))]
pub(crate) struct Notes {
    /// Without an editor there are no notes, and nothing is compiled for them.
    #[cfg(not(feature = "editing"))]
    none: std::convert::Infallible,
    pub uses: Vec<Note>,
    seen: HashSet<(Place, Entity, bool)>,
    /// Identifiers that are data.
    pub data: HashSet<Place>,
    pub definitions: HashMap<Place, Definition>,
    variables: HashMap<VariableId, (Place, Kind)>,
    /// By address; the macro is held, so that no other gets it. With the environment that it was defined in.
    macros: HashMap<usize, (Arc<Macro>, Place, usize)>,
    /// The name whose surroundings are wanted.
    pub wanted: Option<Symbol>,
    /// Names that can be used where `wanted` stands.
    pub visible: Option<Vec<Visible>>,
    /// `wanted` stands where a name is made, or in data.
    pub elsewhere: bool,
}

impl Notes {
    fn add(&mut self, note: Note) {
        let known = (Place::of(note.span), note.entity, note.defines);
        if self.uses.len() < NOTES_MAX && note.span.end > note.span.start && self.seen.insert(known) {
            self.uses.push(note);
        }
    }

    fn variable(&self, variable: VariableId) -> Option<(Entity, Kind)> {
        self.variables.get(&variable).map(|(place, kind)| (Entity::Place(*place), *kind))
    }

    fn macro_place(&self, rules: &Arc<Macro>) -> Option<Entity> {
        self.macros.get(&address(rules)).map(|(_, place, _)| Entity::Place(*place))
    }

    /// The environment in which the macro that is defined at `place` was defined.
    pub fn environment_of_macro(&self, place: Place) -> Option<usize> {
        self.macros.values().find(|(_, at, _)| *at == place).map(|(.., environment)| *environment)
    }
}

fn address(rules: &Arc<Macro>) -> usize {
    Arc::as_ptr(rules) as usize
}

impl Expander<'_> {
    /// Notes what names mean from now on.
    #[cfg(feature = "editing")]
    pub(crate) fn take_notes(&mut self, wanted: Option<&str>) {
        let wanted = wanted.map(|name| self.state.interner.intern(name));
        self.notes = Some(std::cell::RefCell::new(Notes { wanted, ..Notes::default() }));
    }

    fn note(&self, note: impl FnOnce(&mut Notes)) {
        if let Some(notes) = &self.notes {
            note(&mut notes.borrow_mut());
        }
    }

    /// The span that a template's identifier gets in an expansion.
    pub(super) fn template_place(&self, own: Span, place: Span) -> Span {
        if self.notes.is_some() { own } else { place }
    }

    pub(super) fn note_meaning(&self, span: Span, meaning: &Denotation) {
        self.note(|notes| {
            let meant = match meaning {
                Denotation::Local(variable) => notes.variable(*variable),
                Denotation::Core(core) => Some((Entity::Core(*core), Kind::Form)),
                Denotation::Macro(rules) => notes.macro_place(rules).map(|entity| (entity, Kind::Macro)),
                Denotation::Builtin(id) => Some((Entity::Builtin(*id), Kind::Builtin)),
                Denotation::Global(symbol) => Some((Entity::Global(*symbol), Kind::Global)),
                Denotation::Unbound(_) | Denotation::Intrinsic(..) => None,
            };
            if let Some((entity, kind)) = meant {
                notes.add(Note { span, entity, kind, defines: false });
            }
        });
    }

    /// The same for what stands in an import set or an export.
    pub(super) fn note_top_binding(&self, span: Span, binding: &TopBinding) {
        self.note_meaning(
            span,
            &match binding {
                TopBinding::Core(core) => Denotation::Core(*core),
                TopBinding::Macro(rules) => Denotation::Macro(rules.clone()),
                TopBinding::Builtin(id) => Denotation::Builtin(*id),
                TopBinding::Global(symbol) => Denotation::Global(*symbol),
            },
        );
    }

    pub(super) fn note_variable(&self, name: &Syntax, variable: VariableId) {
        let symbol = name.as_identifier().map(|identifier| identifier.symbol);
        self.note(|notes| {
            let place = Place::of(name.span);
            notes.variables.insert(variable, (place, Kind::Local));
            notes.add(Note {
                span: name.span,
                entity: Entity::Place(place),
                kind: Kind::Local,
                defines: true,
            });
            notes.elsewhere |= symbol.is_some() && symbol == notes.wanted;
        });
    }

    pub(super) fn note_parameter(&self, name: &Syntax, variable: VariableId) {
        self.note(|notes| {
            let place = Place::of(name.span);
            notes.variables.insert(variable, (place, Kind::Parameter));
            for note in notes.uses.iter_mut().rev().take_while(|note| note.span == name.span) {
                note.kind = Kind::Parameter;
            }
        });
    }

    pub(super) fn note_global(&self, name: &Syntax, symbol: Symbol) {
        let written = name.as_identifier().map(|identifier| identifier.symbol);
        self.note(|notes| {
            notes.add(Note {
                span: name.span,
                entity: Entity::Global(symbol),
                kind: Kind::Global,
                defines: true,
            });
            notes.elsewhere |= written.is_some() && written == notes.wanted;
        });
    }

    /// A variable that holds a value on its way to a global.
    pub(super) fn note_values(&self, variable: VariableId, symbol: Symbol) {
        self.note(|notes| {
            let Some((place, _)) = notes.variables.get(&variable).copied() else { return };
            let defined = notes.uses.iter().rev().find(|note| Place::of(note.span) == place && note.defines);
            if let Some(Note { span, .. }) = defined.copied() {
                notes.add(Note { span, entity: Entity::Global(symbol), kind: Kind::Global, defines: true });
            }
        });
    }

    /// Notes how `name` is defined by `form`, whose parts are `(define target value)`.
    pub(super) fn note_form(&self, name: &Syntax, form: &Syntax, parts: &[Syntax]) {
        self.note(|notes| {
            let is_lambda = |head: &Syntax| {
                head.as_identifier().is_some_and(|head| matches!(self.name(head.symbol), "lambda" | "λ"))
            };
            let signature = match parts {
                [_, target, ..] if target.as_identifier().is_none() => Some((target.span, true)),
                [_, _, value] => match value.as_list() {
                    Some([head, parameters, ..]) if is_lambda(head) => Some((parameters.span, false)),
                    _ => None,
                },
                _ => None,
            };
            notes.definitions.insert(Place::of(name.span), Definition { form: form.span, signature });
        });
    }

    pub(super) fn note_macro(&self, name: &Syntax, rules: &Arc<Macro>, form: Span) {
        let environment = self.top.environment().unwrap_or(0);
        let written = name.as_identifier().map(|identifier| identifier.symbol);
        self.note(|notes| {
            let place = Place::of(name.span);
            let known = notes.macros.entry(address(rules)).or_insert((rules.clone(), place, environment));
            let entity = Entity::Place(known.1);
            notes.add(Note { span: name.span, entity, kind: Kind::Macro, defines: true });
            notes.definitions.insert(place, Definition { form, signature: None });
            notes.elsewhere |= written.is_some() && written == notes.wanted;
        });
    }

    /// Notes a pattern's variable and where the template uses it.
    pub(super) fn note_pattern_variables(&self, names: &[Identifier], pattern: &Syntax, template: &Syntax) {
        self.note(|notes| {
            let mut places: HashMap<Identifier, Place> = HashMap::new();
            for (syntax, defines) in [(pattern, true), (template, false)] {
                for_each_identifier(syntax, |name, span| {
                    if !names.contains(&name) {
                        return;
                    }
                    let place = *places.entry(name).or_insert(Place::of(span));
                    let entity = Entity::Place(place);
                    notes.add(Note { span, entity, kind: Kind::Parameter, defines });
                });
            }
        });
    }

    pub(super) fn note_data(&self, datum: &Syntax) {
        self.note(|notes| {
            for_each_identifier(datum, |name, span| {
                notes.data.insert(Place::of(span));
                notes.elsewhere |= Some(name.symbol) == notes.wanted;
            });
        });
    }

    /// Where a datum's quoted names stand, the first of each. Empty if nothing is noted.
    pub(super) fn quoted_names(&self, syntax: &Syntax) -> HashMap<Symbol, Span> {
        let mut quoted = HashMap::new();
        self.note(|notes| {
            for_each_identifier(syntax, |name, span| {
                if notes.data.contains(&Place::of(span)) {
                    quoted.entry(name.symbol).or_insert(span);
                }
            });
        });
        quoted
    }

    /// Notes which names can be used where `identifier` stands, if that is what was asked.
    pub(super) fn note_surroundings(&self, identifier: Identifier, scope: ScopeId) {
        let wanted = self.notes.as_ref().is_some_and(|notes| {
            let notes = notes.borrow();
            notes.wanted == Some(identifier.symbol) && notes.visible.is_none()
        });
        if wanted {
            let visible = self.visible_names(scope);
            self.note(|notes| {
                let entity = |visible: (Identifier, Denotation)| {
                    let (entity, kind) = match &visible.1 {
                        Denotation::Local(variable) => notes.variable(*variable)?,
                        Denotation::Core(core) => (Entity::Core(*core), Kind::Form),
                        Denotation::Macro(rules) => (notes.macro_place(rules)?, Kind::Macro),
                        Denotation::Builtin(id) => (Entity::Builtin(*id), Kind::Builtin),
                        Denotation::Global(symbol) => (Entity::Global(*symbol), Kind::Global),
                        Denotation::Unbound(_) | Denotation::Intrinsic(..) => return None,
                    };
                    Some(Visible { name: visible.0.symbol, kind, entity })
                };
                notes.visible = Some(visible.into_iter().filter_map(entity).collect());
            });
        }
    }

    /// Resolves what stands in templates that nothing expanded. Call it at the end.
    pub(crate) fn note_templates(&self) {
        let Some(notes) = &self.notes else { return };
        let macros: Vec<Arc<Macro>> =
            notes.borrow().macros.values().map(|(rules, ..)| rules.clone()).collect();
        let mut taken: HashSet<Place> = notes.borrow().seen.iter().map(|(place, ..)| *place).collect();
        taken.extend(&notes.borrow().data);
        for rules in macros {
            rules.for_each_template(|template| {
                for_each_identifier(template, |name, span| {
                    if taken.contains(&Place::of(span)) {
                        return;
                    }
                    let meaning = self.resolve(name, rules.scope());
                    let is_known = match &meaning {
                        Denotation::Global(symbol) => self.state.defined.contains(symbol),
                        _ => true,
                    };
                    if is_known {
                        self.note_meaning(span, &meaning);
                    }
                });
            });
        }
    }
}

/// Calls `visit` for every identifier in a datum, in order.
fn for_each_identifier(syntax: &Syntax, mut visit: impl FnMut(Identifier, Span)) {
    let mut pending = vec![syntax];
    while let Some(syntax) = pending.pop() {
        match &syntax.datum {
            Datum::Identifier(name) => visit(*name, syntax.span),
            Datum::List(items) | Datum::Improper(items) | Datum::Vector(items) => {
                pending.extend(items.0.iter().rev());
            }
            _ => {}
        }
    }
}
