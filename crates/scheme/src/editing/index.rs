//! What the names of a program mean, by place: the answer of the expander itself, which notes what it resolves.
//!
//! 1. An index is of all files of a program together. Parts that do not expand are missing from it.
//! 2. Two entities that one place in a text can mean, in different expansions of a macro, are one *group*. A group's uses
//!    are all the places at which its name is written.
//! 3. Only places in the program's own files are kept; files of the machine's libraries count as the machine's.

use crate::builtins::Builtins;
use crate::diagnostic::{Diagnostic, Severity};
use crate::documentation::{Documentation, documentation};
use crate::expand::notes::{Definition, Entity, Kind, Notes, Place};
use crate::expand::{Expander, Mode, State};
use crate::reader;
use crate::standard;
use bytecode::{SourceFile, Span};
use std::collections::HashMap;

/// The most text that is looked at, all files together, in bytes.
pub const INDEX_BYTES_MAX: usize = 1 << 18;

/// A name at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub span: Span,
    pub kind: Kind,
    pub defines: bool,
    /// Index into [`Index::groups`].
    pub group: usize,
}

/// What a name means.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub kind: Kind,
    /// The name by which the machine or the definition knows it.
    pub name: String,
    /// The library that has it, if the program does not.
    pub library: Option<String>,
    /// The machine has it.
    pub is_machine: bool,
    /// The first place in the program that defines it.
    pub definition: Option<Span>,
}

/// The names of a program.
pub struct Index {
    pub(super) files: Vec<SourceFile>,
    /// By place.
    pub(super) uses: Vec<Use>,
    pub(super) groups: Vec<Group>,
    pub(super) definitions: HashMap<Place, Definition>,
    /// Identifiers that are data.
    pub(super) data: Vec<Place>,
    /// What keeps the program from being indexed whole.
    pub(super) problem: Option<Diagnostic>,
}

/// Expands a program with notes; answers them with what else there is to know.
pub(super) fn expand(
    builtins: &Builtins,
    files: &[SourceFile],
    wanted: Option<&str>,
    then: impl FnOnce(&Expander<'_>, &Notes, Option<Diagnostic>),
) {
    let mut state = State::new();
    for builtin in builtins.iter() {
        state.interner.intern(&builtin.name);
    }
    let mut problems = Vec::new();
    let mut forms = Vec::new();
    for (index, file) in files.iter().enumerate().take(usize::from(u16::MAX)) {
        let (read, problem) = reader::read_what_can_be(&file.text, index as u16, &mut state.interner);
        forms.extend(read);
        problems.extend(problem);
    }
    let mut expander = Expander::new(&mut state, builtins, Mode::Program, files.to_vec());
    expander.take_notes(wanted);
    let (forms, more) = expander.declare_libraries(forms);
    problems.extend(more.into_iter().map(Box::new));
    expander.claim_names(&forms);
    for form in &forms {
        if let Err(problem) = expander.expand_toplevel(form) {
            problems.push(problem);
        }
    }
    problems.extend(expander.load_all_libraries().into_iter().map(Box::new));
    expander.note_templates();
    let problem =
        problems.into_iter().next().map(|problem| problem.into_diagnostic(&expander.files, Severity::Error));
    let Some(notes) = expander.notes.take() else { return };
    then(&expander, &notes.into_inner(), problem);
}

impl Index {
    /// The index of a program; empty for one of more than [`INDEX_BYTES_MAX`] bytes.
    pub fn new(builtins: &Builtins, files: &[SourceFile]) -> Index {
        let mut index = Index {
            files: files.to_vec(),
            uses: Vec::new(),
            groups: Vec::new(),
            definitions: HashMap::new(),
            data: Vec::new(),
            problem: None,
        };
        if files.iter().map(|file| file.text.len()).sum::<usize>() <= INDEX_BYTES_MAX {
            expand(builtins, files, None, |expander, notes, problem| {
                index.fill(expander, notes);
                index.problem = problem;
            });
        }
        index
    }

    fn fill(&mut self, expander: &Expander<'_>, notes: &Notes) {
        let own = self.files.len();
        let mut groups = Union::default();
        let mut by_place: HashMap<Place, usize> = HashMap::new();
        for note in &notes.uses {
            let id = groups.id(note.entity);
            let first = *by_place.entry(Place::of(note.span)).or_insert(id);
            groups.join(first, id);
        }
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        let mut places: HashMap<Place, usize> = HashMap::new();
        for note in &notes.uses {
            let root = groups.root(groups.ids[&note.entity]);
            let group = *numbers.entry(root).or_insert_with(|| {
                self.groups.push(group_of(expander, notes, note.entity, note.kind));
                self.groups.len() - 1
            });
            if usize::from(note.span.file) >= own {
                let group = &mut self.groups[group];
                group.is_machine |= note.defines;
                continue;
            }
            if !self.is_name(note.span) {
                continue;
            }
            if note.defines && self.groups[group].definition.is_none() {
                self.groups[group].definition = Some(note.span);
                self.groups[group].name = self.text(note.span).to_string();
            }
            match places.get(&Place::of(note.span)) {
                Some(&at) => {
                    let known: &mut Use = &mut self.uses[at];
                    known.defines |= note.defines;
                    if note.kind == Kind::Global {
                        known.kind = Kind::Global;
                    }
                }
                None => {
                    places.insert(Place::of(note.span), self.uses.len());
                    self.uses.push(Use { span: note.span, kind: note.kind, defines: note.defines, group });
                }
            }
        }
        self.uses.sort_by_key(|one| Place::of(one.span));
        self.definitions = notes.definitions.clone();
        self.data = notes.data.iter().copied().filter(|place| usize::from(place.file) < own).collect();
        self.data.sort();
    }

    pub(super) fn text(&self, span: Span) -> &str {
        let file = self.files.get(usize::from(span.file));
        file.and_then(|file| file.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// Whether a name is written at `span`, and not a form that stands for one.
    fn is_name(&self, span: Span) -> bool {
        let text = self.text(span);
        !text.is_empty() && !text.starts_with(['(', '\'', '`', ',', '#'])
    }

    /// The name at a place, or that ends there.
    pub(super) fn at(&self, file: usize, offset: u32) -> Option<&Use> {
        let end =
            self.uses.partition_point(|one| (usize::from(one.span.file), one.span.start) <= (file, offset));
        let found = &self.uses[end.checked_sub(1)?];
        (usize::from(found.span.file) == file && offset <= found.span.end).then_some(found)
    }

    /// Where the name at a place is defined in the program: file and place.
    pub fn definition(&self, file: usize, offset: u32) -> Option<Span> {
        self.groups[self.at(file, offset)?.group].definition
    }

    /// Signature and one line about what a group means.
    pub(super) fn describe(&self, group: &Group) -> Documentation {
        if let Some(definition) = group.definition {
            return self.describe_definition(group, definition);
        }
        documentation(&group.name, group.library.as_deref()).unwrap_or_else(|| Documentation {
            signature: group.name.clone(),
            text: if group.is_machine { String::new() } else { "Nothing defines it.".to_string() },
        })
    }

    fn describe_definition(&self, group: &Group, definition: Span) -> Documentation {
        let known = self.definitions.get(&Place::of(definition));
        let signature = known.and_then(|known| known.signature).map(|(span, whole)| {
            let text = one_line(self.text(span));
            match text.strip_prefix('(') {
                _ if whole => text,
                Some(")") => format!("({})", group.name),
                Some(rest) => format!("({} {rest}", group.name),
                None => format!("({} . {text})", group.name),
            }
        });
        let (comment, declared) = known.map(|known| self.above(known.form)).unwrap_or_default();
        let is_memoized = known.is_some_and(|known| self.text(known.form).starts_with("(define-memoized"));
        let kind = match group.kind {
            Kind::Parameter => "A parameter.",
            Kind::Local => "A local variable.",
            Kind::Macro => "A macro of the program.",
            _ if is_memoized => "A procedure of the program.",
            _ if signature.is_some() => "A procedure of the program.",
            _ => "A variable of the program.",
        };
        Documentation {
            signature: signature.unwrap_or_else(|| group.name.clone()),
            text: {
                let mut text = if comment.is_empty() { kind.to_string() } else { comment };
                if is_memoized {
                    text.push_str(" It is memoized.");
                }
                if let Some(declared) = declared {
                    text.push_str(&format!(" Declared as {declared}."));
                }
                text
            },
        }
    }

    /// The comment lines directly above a form, as one line, and the type that a line between declares.
    fn above(&self, form: Span) -> (String, Option<String>) {
        let file = self.files.get(usize::from(form.file));
        let before = file.and_then(|file| file.text.get(..form.start as usize)).unwrap_or_default();
        let Some(end) = before.rfind('\n') else { return (String::new(), None) };
        let mut lines = before[..end].rsplit('\n').map(str::trim).peekable();
        let declaration = lines.next_if(|line| line.starts_with("(: ") && line.ends_with(')'));
        let declared = declaration.and_then(|line| {
            let (_, what) = line[3..line.len() - 1].trim_start().split_once(' ')?;
            Some(one_line(what))
        });
        let lines: Vec<&str> = lines
            .take_while(|line| line.starts_with(';'))
            .take(8)
            .map(|line| line.trim_start_matches(';').trim())
            .collect();
        let text: Vec<&str> = lines.into_iter().rev().filter(|line| !line.is_empty()).collect();
        (cut(&text.join(" "), 300), declared)
    }
}

/// Text without line ends and repeated blanks, not too long.
fn one_line(text: &str) -> String {
    cut(&text.split_whitespace().take(100).collect::<Vec<_>>().join(" "), 200)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_string(),
    }
}

/// Name and origin of an entity.
fn group_of(expander: &Expander<'_>, notes: &Notes, entity: Entity, kind: Kind) -> Group {
    let group = |name: String, library: Option<String>, is_machine| Group {
        kind,
        name,
        library,
        is_machine,
        definition: None,
    };
    match entity {
        Entity::Core(core) => group(core.name().to_string(), None, true),
        Entity::Builtin(id) => {
            let name = expander.builtins.by_id(id).name.clone();
            let library = standard::library_of(&name).map(str::to_owned);
            group(name, library, true)
        }
        Entity::Global(symbol) => {
            let name = expander.state.interner.name(symbol).to_string();
            match name.split_once(" of (") {
                Some((own, library)) => {
                    let library = format!("({library}");
                    let is_machine = standard::source(&library).is_some();
                    group(own.to_string(), Some(library), is_machine)
                }
                None => group(name, None, false),
            }
        }
        Entity::Place(place) => {
            let environment = notes.environment_of_macro(place);
            let library = environment
                .and_then(|environment| expander.state.environments[environment].name.as_ref())
                .map(|name| name.to_string());
            let file = expander.files.get(usize::from(place.file));
            let rest = file.and_then(|file| file.text.get(place.start as usize..)).unwrap_or("");
            let end = rest.find(|c: char| c.is_whitespace() || "()\";".contains(c)).unwrap_or(rest.len());
            let is_machine = library.as_deref().is_some_and(|library| standard::source(library).is_some());
            group(rest[..end].to_string(), library, is_machine)
        }
    }
}

/// Entities that are the same.
#[derive(Default)]
struct Union {
    ids: HashMap<Entity, usize>,
    parents: Vec<usize>,
}

impl Union {
    fn id(&mut self, entity: Entity) -> usize {
        let next = self.parents.len();
        let id = *self.ids.entry(entity).or_insert(next);
        if id == next {
            self.parents.push(next);
        }
        id
    }

    fn root(&mut self, mut id: usize) -> usize {
        while self.parents[id] != id {
            self.parents[id] = self.parents[self.parents[id]];
            id = self.parents[id];
        }
        id
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[b.max(a)] = b.min(a);
    }
}
