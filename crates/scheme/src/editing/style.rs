//! How forms are laid out: which of their parts stand on the first line, and how far the others are indented.
//!
//! 1. A style says what happens to a list that does not stand on one line. The layout never joins lines that were
//!    written apart but for the parts that [`Style::join`] counts.
//! 2. What a part of a form is (a binding, a clause, data) follows from the form's name and the part's number alone.

use super::tree::{Item, ItemKind};

/// What a list is to the form that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The whole text.
    Root,
    /// A form or a call.
    Code,
    /// Quoted, a parameter list, a pattern.
    Data,
    /// `((name value) ...)`.
    Bindings,
    /// `(name value)`.
    Binding,
    /// `(test expression ...)`.
    Clause,
    /// The same with data, a pattern or parameters in front.
    DataClause,
    /// `(name clause ...)` of `guard`.
    Guard,
}

/// What the layout knows about a form by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// So many operands on the first line, so many indented by four, then the body.
    Body {
        join: u32,
        four: u32,
    },
    /// The same, but what was written on the first line stays there.
    Loose {
        join: u32,
    },
    Let,
    Define,
    Do,
    CaseLambda,
    Case,
    Cond,
    CondExpand,
    Receive,
    Guarded,
    SyntaxRules,
    Quote,
    /// A clause of `receive`.
    After,
    /// Operands below each other.
    Column,
    /// A call.
    Call,
}

/// Names of forms that are laid out in a way of their own.
const FORMS: &[(&str, Form)] = &[
    ("define define-integrable", Form::Define),
    ("define-values define-syntax", Form::Body { join: 1, four: 0 }),
    ("define-record-type", Form::Loose { join: 1 }),
    ("define-library lambda λ named-lambda when unless", Form::Body { join: 1, four: 0 }),
    (
        "let let* letrec letrec* let-values let*-values let-syntax letrec-syntax parameterize fluid-let and-let*",
        Form::Let,
    ),
    ("do", Form::Do),
    ("case-lambda", Form::CaseLambda),
    ("case", Form::Case),
    ("cond", Form::Cond),
    ("cond-expand", Form::CondExpand),
    ("receive", Form::Receive),
    ("guard", Form::Guarded),
    ("syntax-rules", Form::SyntaxRules),
    ("quote only except rename prefix", Form::Quote),
    ("import export", Form::Loose { join: 0 }),
    ("test-group", Form::Body { join: 1, four: 0 }),
    ("after", Form::After),
    ("if and or", Form::Column),
    ("begin", Form::Body { join: 0, four: 0 }),
];

impl Form {
    /// The form called `name`; `body` says how many operands of a macro of the program stand before its body.
    pub fn named(name: &str, body: Option<u32>) -> Form {
        if let Some(join) = body {
            return Form::Body { join, four: 0 };
        }
        let known = FORMS.iter().find(|(names, _)| names.split(' ').any(|known| known == name));
        match known {
            Some((_, form)) => *form,
            None if name.starts_with("define-") || name.starts_with("def-") => Form::Loose { join: 1 },
            None if name.starts_with("with-") || name.starts_with("let-") => Form::Loose { join: 0 },
            None => Form::Call,
        }
    }
}

impl Role {
    /// The role of the part `index` (0 is the head) of a list in this role. `named`: its first operand is a name.
    pub fn of_child(self, head: Option<&str>, index: usize, named: bool) -> Role {
        match (self, index) {
            (Role::Root, _) => Role::Code,
            (Role::Data, _) | (Role::DataClause, 0) | (Role::Binding, 0) => Role::Data,
            (Role::Bindings, _) => Role::Binding,
            (Role::Binding | Role::Clause | Role::DataClause, _) => Role::Code,
            (Role::Guard, _) => Role::Clause,
            (Role::Code, _) => match head {
                Some(head) if index > 0 => Form::named(head, None).operand_role(index, named),
                _ => Role::Code,
            },
        }
    }
}

impl Form {
    fn operand_role(self, index: usize, named: bool) -> Role {
        match (self, index) {
            (Form::Quote, _) => Role::Data,
            (Form::Define | Form::SyntaxRules | Form::Loose { join: 1 }, 1) => Role::Data,
            (Form::Body { join: 1, .. }, 1) => Role::Code,
            (Form::Let, 1) => Role::Bindings,
            (Form::Let, 2) if named => Role::Bindings,
            (Form::Do, 1) => Role::Bindings,
            (Form::Do, 2) | (Form::Cond, _) => Role::Clause,
            (Form::CaseLambda | Form::CondExpand | Form::Receive, _) | (Form::SyntaxRules, _) => {
                Role::DataClause
            }
            (Form::Case, index) if index > 1 => Role::DataClause,
            (Form::Guarded, 1) => Role::Guard,
            _ => Role::Code,
        }
    }
}

/// Where lines begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indent {
    /// Below the first part.
    First,
    /// By two columns.
    Body,
    /// Below the first operand.
    Operand,
}

/// Which of the other parts begin a line whatever was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// None.
    Keep,
    /// The first of them.
    First,
    /// Each of them.
    Each,
}

/// How a list is laid out that does not stand on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// So many operands stand on the first line, whatever was written.
    pub join: u32,
    /// So many after them are indented by four.
    pub four: u32,
    pub indent: Indent,
    pub rest: Rest,
}

impl Style {
    pub const DATA: Style = Style { join: 0, four: 0, indent: Indent::First, rest: Rest::Keep };

    /// The style of a list of `count` parts with `form` as its head. `is_arrow` tells whether a part is `=>`.
    pub fn of(
        role: Role,
        form: Option<Form>,
        named: bool,
        count: usize,
        is_arrow: impl Fn(usize) -> bool,
    ) -> Style {
        let body = |join, four| Style { join, four, indent: Indent::Body, rest: Rest::First };
        match (role, form) {
            (Role::Data | Role::Binding, _) => Style::DATA,
            (Role::Root, _) => Style::DATA,
            (Role::Bindings, _) => Style { rest: Rest::Each, ..Style::DATA },
            (Role::DataClause, Some(Form::After)) => Style { join: 1, rest: Rest::First, ..Style::DATA },
            (Role::Clause | Role::DataClause, _) => Style {
                rest: if count > 2 && !is_arrow(1) { Rest::First } else { Rest::Keep },
                ..Style::DATA
            },
            (Role::Guard, _) => Style { join: 1, four: 0, indent: Indent::Operand, rest: Rest::Each },
            (Role::Code, None) => Style::DATA,
            (Role::Code, Some(form)) => match form {
                Form::Body { join, four } => body(join, four),
                Form::Loose { join } => Style { rest: Rest::Keep, ..body(join, 0) },
                Form::Let if named => body(2, 0),
                Form::Let | Form::Guarded => body(1, 0),
                Form::Case | Form::SyntaxRules => Style { rest: Rest::Each, ..body(1, 0) },
                Form::Define => Style { rest: if named { Rest::Keep } else { Rest::First }, ..body(1, 0) },
                Form::Do => body(1, 1),
                Form::CaseLambda | Form::CondExpand => Style { rest: Rest::Each, ..body(0, 0) },
                Form::Receive => Style { rest: Rest::Keep, ..body(0, 0) },
                Form::Cond | Form::Column => {
                    Style { join: 0, four: 0, indent: Indent::Operand, rest: Rest::Each }
                }
                Form::Quote | Form::Call | Form::After => {
                    Style { join: 0, four: 0, indent: Indent::Operand, rest: Rest::Keep }
                }
            },
        }
    }

    /// Forgets the line ends that this style never keeps.
    pub fn drop_line_ends(self, items: &mut [Item]) {
        let mut count = 0;
        let mut after_dot = false;
        for (index, item) in items.iter_mut().enumerate() {
            let joined = count > 0 && count <= self.join;
            match item.kind {
                ItemKind::Datum(_) => {
                    if joined || after_dot {
                        item.newlines = 0;
                    }
                    count += 1;
                }
                ItemKind::Dot => item.newlines = 0,
                ItemKind::Skipped(_) | ItemKind::Line(_) | ItemKind::Block(_) => {}
            }
            after_dot = matches!(item.kind, ItemKind::Dot);
            if index == 0 {
                item.newlines = 0;
            }
        }
    }
}
