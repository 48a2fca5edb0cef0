//! Variables, parts of values, and expressions.
//!
//! 1. Values are read when they are asked for, part by part: what is large costs only what is looked at.
//! 2. Only `setVariable` and `evaluate` outside of hovers can change anything.

use protocol::{ActorNumber, ValuePath, ValueRow};
use serde_json::{Value, json};

use super::fields::{needed_number, needed_text, number, text};
use super::frames::Held;
use super::server::{Server, there};
use crate::debug::text::orders;

/// Parts told of a value when nobody says how many.
const PARTS_USUAL: u32 = 1_000;
/// Parts told at a time.
const PARTS_MAX: u32 = 10_000;

/// Parts of such values have numbers and no names.
fn is_indexed(kind: &str) -> bool {
    matches!(kind, "vector" | "pair" | "values")
}

impl Server<'_> {
    pub(super) fn scopes(&mut self, arguments: &Value) -> Result<Value, String> {
        let Held::Frame(actor, frame) = self.references.get(needed_number(arguments, "frameId")?)? else {
            return Err("`frameId` expects the id of a frame; stackTrace tells them".to_string());
        };
        let variables = there(&mut self.session)?.variables(actor, frame)?;
        let mut scopes = Vec::new();
        for (name, hint, captured) in [("Locals", Some("locals"), false), ("Captured", None, true)] {
            let count = variables.iter().filter(|(_, is_captured)| *is_captured == captured).count();
            if count > 0 || !captured {
                let reference = self.references.hold(Held::Variables(actor, frame, captured));
                let mut scope = json!({ "name": name, "variablesReference": reference, "namedVariables": count, "expensive": false });
                if let Some(hint) = hint {
                    scope["presentationHint"] = json!(hint);
                }
                scopes.push(scope);
            }
        }
        let reference = self.references.hold(Held::Globals(actor));
        scopes.push(json!({
            "name": "Globals", "variablesReference": reference, "expensive": false, "presentationHint": "globals",
        }));
        Ok(json!({ "scopes": scopes }))
    }

    /// A value with what it takes to open it.
    fn shown(&mut self, actor: ActorNumber, path: ValuePath, row: &ValueRow) -> Value {
        let mut shown =
            json!({ "name": row.label, "value": row.text, "type": row.kind, "variablesReference": 0 });
        if path.parts.is_empty() {
            shown["evaluateName"] = json!(row.label);
        }
        self.open(&mut shown, actor, path, row);
        shown
    }

    fn open(&mut self, shown: &mut Value, actor: ActorNumber, path: ValuePath, row: &ValueRow) {
        if row.parts > 0 {
            let held = Held::Parts(actor, path, row.kind.clone(), row.parts);
            shown["variablesReference"] = json!(self.references.hold(held));
            let count = if is_indexed(&row.kind) { "indexedVariables" } else { "namedVariables" };
            shown[count] = json!(row.parts);
        }
    }

    pub(super) fn variables(&mut self, arguments: &Value) -> Result<Value, String> {
        let held = self.references.get(needed_number(arguments, "variablesReference")?)?;
        let start = number(arguments, "start")?.map_or(0, |start| u32::try_from(start).unwrap_or(u32::MAX));
        let count = number(arguments, "count")?.filter(|count| *count > 0);
        let count =
            count.map_or(PARTS_USUAL, |count| u32::try_from(count).unwrap_or(u32::MAX).min(PARTS_MAX));
        let filter = text(arguments, "filter")?;
        let (first, last) = (start as usize, count as usize);
        let session = there(&mut self.session)?;
        let root = |frame, name: &str| ValuePath { frame, name: name.to_string(), parts: Vec::new() };
        let (actor, rows, total, is_listed): (_, Vec<(ValuePath, ValueRow)>, _, _) = match held {
            Held::Frame(..) => return Err("that is a frame; `scopes` tells what it has".to_string()),
            Held::Variables(actor, frame, captured) => {
                let all = session.variables(actor, frame)?;
                let mine = all.into_iter().filter(|(_, is_captured)| *is_captured == captured);
                let rows: Vec<_> = mine.map(|(row, _)| (root(Some(frame), &row.label), row)).collect();
                let total = rows.len() as u32;
                (actor, rows.into_iter().skip(first).take(last).collect(), total, false)
            }
            Held::Globals(actor) => {
                let (all, total) = session.globals(actor)?;
                let rows = all.into_iter().map(|row| (root(None, &row.label), row));
                (actor, rows.skip(first).take(last).collect(), total, false)
            }
            Held::Parts(actor, path, kind, _) => {
                let (all, total) = session.parts(actor, &path, start, count)?;
                let rows = (start..).zip(all).map(|(index, row)| {
                    let mut path = path.clone();
                    path.parts.push(index);
                    (path, row)
                });
                (actor, rows.collect(), total, is_indexed(&kind))
            }
        };
        if filter.is_some_and(|filter| (filter == "indexed") != is_listed) {
            return Ok(json!({ "variables": [] }));
        }
        let told = rows.len() as u32;
        let mut variables: Vec<Value> =
            rows.into_iter().map(|(path, row)| self.shown(actor, path, &row)).collect();
        let left = total.saturating_sub(start).saturating_sub(told);
        if left > 0 && number(arguments, "count")?.is_none() {
            variables
                .push(json!({ "name": "…", "value": format!("and {left} more"), "variablesReference": 0 }));
        }
        Ok(json!({ "variables": variables }))
    }

    /// The variable of this name that a frame sees.
    pub(super) fn variable_named(
        &mut self,
        actor: ActorNumber,
        frame: Option<u32>,
        name: &str,
    ) -> Option<(ValuePath, ValueRow)> {
        let session = self.session.as_mut()?;
        if let Some(frame) = frame {
            let mut known = session.variables(actor, frame).unwrap_or_default().into_iter();
            if let Some((row, _)) = known.find(|(row, _)| row.label == name) {
                return Some((
                    ValuePath { frame: Some(frame), name: name.to_string(), parts: Vec::new() },
                    row,
                ));
            }
        }
        let (globals, _) = session.globals(actor).ok()?;
        let row = globals.into_iter().find(|row| row.label == name)?;
        Some((ValuePath { frame: None, name: name.to_string(), parts: Vec::new() }, row))
    }

    /// The place of the part with this label.
    pub(super) fn part_named(
        &mut self,
        actor: ActorNumber,
        path: &ValuePath,
        kind: &str,
        total: u32,
        name: &str,
    ) -> Result<u32, String> {
        if let Some(index) = name.parse::<u32>().ok().filter(|index| is_indexed(kind) && *index < total) {
            return Ok(index);
        }
        let (rows, _) = there(&mut self.session)?.parts(actor, path, 0, PARTS_MAX)?;
        let place = rows.iter().position(|row| row.label == name);
        place.map(|place| place as u32).ok_or_else(|| format!("there is no part `{name}` there"))
    }

    pub(super) fn set_variable(&mut self, arguments: &Value) -> Result<Value, String> {
        let held = self.references.get(needed_number(arguments, "variablesReference")?)?;
        let name = needed_text(arguments, "name")?.to_string();
        let value = needed_text(arguments, "value")?.trim().to_string();
        if value.is_empty() {
            return Err("`value` expects a Scheme expression".to_string());
        }
        let (actor, frame, source, path) = match held {
            Held::Frame(..) => return Err("that is a frame; `scopes` tells what it has".to_string()),
            Held::Variables(actor, frame, _) => {
                (actor, Some(frame), format!("(begin (set! {name} {value}) #t)"), None)
            }
            Held::Globals(actor) => (actor, None, format!("(begin (set! {name} {value}) #t)"), None),
            Held::Parts(actor, path, kind, total) => {
                let index = self.part_named(actor, &path, &kind, total, &name)?;
                let holder = self.expression_of(actor, &path)?;
                let source = match (kind.as_str(), name.as_str()) {
                    ("vector", _) => format!("(vector-set! {holder} {index} {value})"),
                    ("pair", "." | "rest") => {
                        format!("(set-cdr! (list-tail {holder} {}) {value})", index - 1)
                    }
                    ("pair", _) => format!("(set-car! (list-tail {holder} {index}) {value})"),
                    _ => {
                        return Err(format!(
                            "parts of a value of type {kind} are set by an expression of the program; evaluate one"
                        ));
                    }
                };
                let mut whole = path.clone();
                whole.parts.push(index);
                (actor, path.frame, format!("(begin {source} #t)"), Some((path, index, whole)))
            }
        };
        if path.is_none() && !orders::is_name(&name) {
            return Err(format!("`{name}` is not the name of a variable"));
        }
        there(&mut self.session)?.evaluate(actor, frame, &source)?;
        let found = match path {
            None => self.variable_named(actor, frame, &name),
            Some((path, index, whole)) => {
                let (rows, _) = there(&mut self.session)?.parts(actor, &path, index, 1)?;
                rows.into_iter().next().map(|row| (whole, row))
            }
        };
        let (path, row) = found.ok_or_else(|| format!("there is no variable {name} any more"))?;
        let mut answer = json!({ "value": row.text, "type": row.kind, "variablesReference": 0 });
        self.open(&mut answer, actor, path, &row);
        Ok(answer)
    }

    /// An expression for a value that lists and vectors lead to.
    fn expression_of(&mut self, actor: ActorNumber, path: &ValuePath) -> Result<String, String> {
        let (mut known, row) = self
            .variable_named(actor, path.frame, &path.name)
            .ok_or_else(|| format!("there is no variable {} any more", path.name))?;
        let (mut expression, mut kind) = (path.name.clone(), row.kind);
        for index in &path.parts {
            let (rows, _) = there(&mut self.session)?.parts(actor, &known, *index, 1)?;
            let row = rows.into_iter().next().ok_or("the value has changed and has no such part any more")?;
            expression = match (kind.as_str(), row.label.as_str()) {
                ("vector", _) => format!("(vector-ref {expression} {index})"),
                ("pair", "." | "rest") => format!("(list-tail {expression} {index})"),
                ("pair", _) => format!("(list-ref {expression} {index})"),
                _ => {
                    return Err(format!(
                        "what a value of type {kind} holds is set by an expression; evaluate one"
                    ));
                }
            };
            kind = row.kind;
            known.parts.push(*index);
        }
        Ok(expression)
    }

    pub(super) fn evaluate(&mut self, arguments: &Value) -> Result<Value, String> {
        let source = needed_text(arguments, "expression")?.trim().to_string();
        let context = text(arguments, "context")?;
        let (actor, frame) = match number(arguments, "frameId")? {
            None => (self.actor, None),
            Some(number) => match self.references.get(number)? {
                Held::Frame(actor, frame) => (actor, Some(frame)),
                _ => return Err("`frameId` expects the id of a frame; stackTrace tells them".to_string()),
            },
        };
        let session = there(&mut self.session)?;
        if orders::is_name(&source)
            && session.is_paused()
            && let Some((path, row)) = self.variable_named(actor, frame, &source)
        {
            let mut answer = json!({ "result": row.text, "type": row.kind, "variablesReference": 0 });
            self.open(&mut answer, actor, path, &row);
            return Ok(answer);
        }
        if context == Some("hover") {
            // An expression could change something.
            return Err(format!("`{source}` is no variable here"));
        }
        let value = there(&mut self.session)?.evaluate(actor, frame, &source)?;
        Ok(json!({ "result": value, "variablesReference": 0 }))
    }
}
