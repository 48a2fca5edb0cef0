//! Breakpoints of all kinds, as the client sets them: those of a kind, or of a file, are replaced by each request.
//!
//! 1. A breakpoint keeps its number while it stays where it is.
//! 2. The world has all of them in the order of [`Points::all`]; what became of each comes in that order.
//! 3. A data breakpoint is a watch of the same number. It ends with what it watches, or with the program.

use std::path::Path;

use protocol::{ActorNumber, Breakpoint, BreakpointAt, BreakpointRow, Command, ValuePath, WatchTarget};
use serde_json::{Value, json};

use super::fields::{integer, list, needed_number, needed_text, number, text, texts};
use super::frames::Held;
use super::server::{Server, there};
use super::tell::event_named;
use crate::debug::text::orders;

/// Most breakpoints.
const POINTS_MAX: usize = 1_000;
/// Most things that can be watched, which were asked about.
const DATA_MAX: usize = 10_000;

/// One breakpoint.
#[derive(Clone, Debug)]
pub(super) struct Point {
    number: u32,
    /// What the client asked for; `None` if it makes no sense.
    breakpoint: Option<Breakpoint>,
    /// Why it is of no use.
    message: Option<String>,
    /// What the client was told.
    told: Option<(bool, Option<u32>)>,
}

/// Which breakpoints a request replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Source(String),
    Function,
    Exception,
    Instruction,
}

/// Something that can be watched.
#[derive(Clone, Debug)]
struct Data {
    number: u32,
    actor: ActorNumber,
    target: WatchTarget,
    /// The stop at which it was asked about, if it is about a frame.
    stop: Option<u64>,
    is_watched: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Points {
    count: u32,
    groups: Vec<(Kind, Vec<Point>)>,
    data: Vec<Data>,
    stops: u64,
}

impl Points {
    fn next_number(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    fn points(&self) -> impl Iterator<Item = (&Kind, &Point)> {
        self.groups.iter().flat_map(|(kind, points)| points.iter().map(move |point| (kind, point)))
    }

    /// All that make sense.
    fn all(&self) -> Vec<Breakpoint> {
        self.points().filter_map(|(_, point)| point.breakpoint.clone()).collect()
    }

    /// Numbers of those that stop where the world says so, and whether one is on a procedure.
    pub(super) fn hit(&self, noted: &str) -> (Vec<u32>, Option<&Kind>) {
        let of = |point: &Point| point.breakpoint.as_ref().is_some_and(|known| known.at.text() == noted);
        let met: Vec<(&Kind, &Point)> = self.points().filter(|(_, point)| of(point)).collect();
        (met.iter().map(|(_, point)| point.number).collect(), met.first().map(|(kind, _)| *kind))
    }

    /// Another stop: what was asked about frames before is out of date.
    pub(super) fn stopped(&mut self) {
        self.stops += 1;
    }

    /// The program is loaded anew.
    pub(super) fn forget_data(&mut self) {
        self.data.clear();
    }
}

fn hits(text: Option<&str>) -> Result<u32, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(0) };
    let count: Option<u32> = text.parse().ok();
    let after = count.and_then(|count| count.checked_sub(1));
    after.ok_or_else(|| {
        format!("a hit condition is a number from 1 on, the hit to stop at first, not `{text}`")
    })
}

impl Server<'_> {
    /// What the world is to know of.
    pub(super) fn armed(&self) -> Vec<Breakpoint> {
        let without = self.launch.as_ref().is_some_and(|launch| launch.without_debugging);
        if without { Vec::new() } else { self.points.all() }
    }

    /// Replaces the breakpoints of a kind; answers for each.
    fn replace(
        &mut self,
        kind: &Kind,
        wanted: Vec<Result<Breakpoint, String>>,
    ) -> Result<Vec<Value>, String> {
        let others: usize = self
            .points
            .groups
            .iter()
            .filter(|(known, _)| known != kind)
            .map(|(_, points)| points.len())
            .sum();
        if others + wanted.len() > POINTS_MAX {
            return Err(format!("{POINTS_MAX} breakpoints are the most there may be; remove some"));
        }
        let place = self.points.groups.iter().position(|(known, _)| known == kind);
        let mut before = place.map_or_else(Vec::new, |place| self.points.groups.remove(place).1);
        let mut points = Vec::new();
        for wanted in wanted {
            let (breakpoint, message) = match wanted {
                Ok(breakpoint) => (Some(breakpoint), None),
                Err(text) => (None, Some(text)),
            };
            let at = breakpoint.as_ref().map(|breakpoint| &breakpoint.at);
            let known = before
                .iter()
                .position(|point| at.is_some() && point.breakpoint.as_ref().map(|old| &old.at) == at);
            let number = match known {
                Some(place) => before.remove(place).number,
                None => self.points.next_number(),
            };
            points.push(Point { number, breakpoint, message, told: None });
        }
        let numbers: Vec<u32> = points.iter().map(|point| point.number).collect();
        self.points.groups.push((kind.clone(), points));
        let wanted = self.armed();
        if let Some(session) = &mut self.session {
            session.set_breakpoints(wanted);
        }
        let bodies = self.look_at_points();
        Ok(numbers
            .iter()
            .filter_map(|number| Some(bodies.iter().find(|(known, ..)| known == number)?.1.clone()))
            .collect())
    }

    /// What became of each: number, what the client is told, and whether that is news.
    fn look_at_points(&mut self) -> Vec<(u32, Value, bool)> {
        let rows = self.session.as_mut().map(|session| session.breakpoint_rows());
        let without = self.launch.as_ref().is_some_and(|launch| launch.without_debugging);
        let mut rows = rows.map(Vec::into_iter);
        let first_line = self.first_line;
        let mut told = Vec::new();
        for point in self.points.groups.iter_mut().flat_map(|(_, points)| points) {
            let row: Option<BreakpointRow> = match (&point.breakpoint, &mut rows) {
                (Some(_), Some(rows)) if !without => rows.next(),
                _ => None,
            };
            let asked =
                point.breakpoint.as_ref().and_then(|breakpoint| breakpoint.line().map(|(_, line)| line));
            let verified = row.as_ref().is_some_and(|row| row.bound);
            let line = row.as_ref().and_then(|row| row.line).or(asked);
            let mut body = json!({ "id": point.number, "verified": verified });
            if let Some(line) = line {
                body["line"] = json!(line - 1 + first_line);
            }
            let reason = match (&point.message, &rows, verified) {
                (_, _, true) => None,
                (Some(message), ..) => Some(message.clone()),
                (None, _, false) if without => Some("the program was launched without debugging".to_string()),
                (None, None, false) => Some("no program is launched yet".to_string()),
                (None, Some(_), false) => Some("the program has no code there".to_string()),
            };
            if let Some(reason) = reason {
                body["message"] = json!(reason);
            }
            let now = (verified, line);
            let is_news = point.told.replace(now).is_none_or(|before| before != now);
            told.push((point.number, body, is_news));
        }
        told
    }

    /// Tells what became of breakpoints since the client was told last.
    pub(super) fn refresh_points(&mut self) {
        for (_, body, is_news) in self.look_at_points() {
            if is_news {
                self.tell("breakpoint", json!({ "reason": "changed", "breakpoint": body }));
            }
        }
    }

    pub(super) fn set_breakpoints(&mut self, arguments: &Value) -> Result<Value, String> {
        let source =
            arguments.get("source").ok_or("`source` is missing; it expects an object with a `path`")?;
        let file = self.file_of(source)?;
        let mut wanted = Vec::new();
        for one in list(arguments, "breakpoints")? {
            let line = u32::try_from(needed_number(one, "line")?)
                .ok()
                .and_then(|line| line.checked_sub(self.first_line));
            let made = match line.and_then(|line| line.checked_add(1)) {
                None => Err("there is no such line".to_string()),
                Some(line) => hits(text(one, "hitCondition")?).map(|after| Breakpoint {
                    condition: String::new(),
                    after,
                    ..Breakpoint::on_line(file.clone(), line, true)
                }),
            };
            let condition = text(one, "condition")?.unwrap_or_default().to_string();
            let log = text(one, "logMessage")?.unwrap_or_default().to_string();
            wanted.push(made.map(|breakpoint| Breakpoint { condition, log, ..breakpoint }));
        }
        let answers = self.replace(&Kind::Source(file), wanted)?;
        Ok(json!({ "breakpoints": answers }))
    }

    /// The name under which the program knows a source.
    pub(super) fn file_of(&mut self, source: &Value) -> Result<String, String> {
        if let Some(reference) = number(source, "sourceReference")?.filter(|number| *number > 0) {
            let name = usize::try_from(reference - 1).ok().and_then(|index| self.numbered_files.get(index));
            return name.cloned().ok_or_else(|| format!("{reference} is the number of no source"));
        }
        let path = needed_text(source, "path")?;
        let known = self.session.as_mut().and_then(|session| session.file_named(path));
        // Before a program is there: its names are absolute paths.
        let absolute =
            || std::path::absolute(Path::new(path)).map(|path| path.to_string_lossy().into_owned());
        Ok(known.unwrap_or_else(|| absolute().unwrap_or_else(|_| path.to_string())))
    }

    pub(super) fn set_function_breakpoints(&mut self, arguments: &Value) -> Result<Value, String> {
        let mut wanted = Vec::new();
        for one in list(arguments, "breakpoints")? {
            let at = BreakpointAt::Procedure(needed_text(one, "name")?.trim().to_string());
            let condition = text(one, "condition")?.unwrap_or_default().to_string();
            let after = hits(text(one, "hitCondition")?);
            wanted.push(after.map(|after| Breakpoint { condition, after, ..Breakpoint::new(at) }));
        }
        let answers = self.replace(&Kind::Function, wanted)?;
        Ok(json!({ "breakpoints": answers }))
    }

    pub(super) fn set_exception_breakpoints(&mut self, arguments: &Value) -> Result<Value, String> {
        let mut named: Vec<(String, String)> =
            texts(arguments, "filters")?.into_iter().map(|filter| (filter, String::new())).collect();
        for option in list(arguments, "filterOptions")? {
            let condition = text(option, "condition")?.unwrap_or_default();
            named.push((needed_text(option, "filterId")?.to_string(), condition.to_string()));
        }
        let wanted = named.into_iter().map(|(filter, condition)| {
            let at = event_named(&filter).ok_or_else(|| format!("there is no filter `{filter}`"))?;
            Ok(Breakpoint { condition, ..Breakpoint::new(at) })
        });
        let answers = self.replace(&Kind::Exception, wanted.collect())?;
        Ok(json!({ "breakpoints": answers }))
    }

    pub(super) fn set_instruction_breakpoints(&mut self, arguments: &Value) -> Result<Value, String> {
        let mut wanted = Vec::new();
        for one in list(arguments, "breakpoints")? {
            let place =
                self.instruction_at(needed_text(one, "instructionReference")?, integer(one, "offset")?);
            let condition = text(one, "condition")?.unwrap_or_default().to_string();
            let after = hits(text(one, "hitCondition")?);
            wanted.push(place.and_then(|(procedure, offset)| {
                let at = BreakpointAt::Offset { procedure, offset };
                Ok(Breakpoint { condition, after: after?, ..Breakpoint::new(at) })
            }));
        }
        let answers = self.replace(&Kind::Instruction, wanted)?;
        Ok(json!({ "breakpoints": answers }))
    }

    pub(super) fn data_breakpoint_info(&mut self, arguments: &Value) -> Result<Value, String> {
        let name = needed_text(arguments, "name")?.to_string();
        let holder = number(arguments, "variablesReference")?.filter(|number| *number > 0);
        let frame = number(arguments, "frameId")?;
        let held = match holder.or(frame) {
            Some(number) => Some(self.references.get(number)?),
            None => None,
        };
        let (actor, target) = match held {
            Some(Held::Parts(actor, mut path, kind, total)) => {
                path.parts.push(self.part_named(actor, &path.clone(), &kind, total, &name)?);
                (actor, WatchTarget::Part(path))
            }
            Some(Held::Globals(actor)) => (actor, WatchTarget::Variable { frame: None, name: name.clone() }),
            Some(Held::Variables(actor, frame, _)) => {
                (actor, WatchTarget::Variable { frame: Some(frame), name: name.clone() })
            }
            Some(Held::Frame(actor, frame)) => (actor, self.watchable(actor, Some(frame), &name)),
            None => (self.actor, self.watchable(self.actor, None, &name)),
        };
        if self.points.data.len() >= DATA_MAX {
            return Ok(
                json!({ "dataId": null, "description": format!("{DATA_MAX} data breakpoints were asked about, which are the most") }),
            );
        }
        let in_frame = match &target {
            WatchTarget::Variable { frame, .. } | WatchTarget::Part(ValuePath { frame, .. }) => {
                frame.is_some()
            }
            WatchTarget::Expression(_) => false,
        };
        let stop = in_frame.then_some(self.points.stops);
        let same = |data: &&Data| data.actor == actor && data.target == target && data.stop == stop;
        let number = match self.points.data.iter().find(same) {
            Some(data) => data.number,
            None => {
                let number = self.points.next_number();
                self.points.data.push(Data { number, actor, target, stop, is_watched: false });
                number
            }
        };
        Ok(json!({
            "dataId": number.to_string(),
            "description": format!("{name}, of actor {}", actor.0),
            "accessTypes": ["write"],
            "canPersist": false,
        }))
    }

    /// A variable by its name, or an expression.
    fn watchable(&mut self, actor: ActorNumber, frame: Option<u32>, name: &str) -> WatchTarget {
        match self.variable_named(actor, frame, name) {
            Some((path, _)) if orders::is_name(name) => {
                WatchTarget::Variable { frame: path.frame, name: name.to_string() }
            }
            _ => WatchTarget::Expression(name.to_string()),
        }
    }

    pub(super) fn set_data_breakpoints(&mut self, arguments: &Value) -> Result<Value, String> {
        let mut wanted = Vec::new();
        for one in list(arguments, "breakpoints")? {
            let plain = text(one, "condition")?.is_none_or(str::is_empty)
                && text(one, "hitCondition")?.is_none_or(str::is_empty);
            wanted.push((
                needed_text(one, "dataId")?.to_string(),
                plain,
                text(one, "accessType")?.unwrap_or("write"),
            ));
        }
        let session = there(&mut self.session)?;
        for data in self.points.data.iter_mut().filter(|data| data.is_watched) {
            if !wanted.iter().any(|(id, ..)| *id == data.number.to_string()) {
                data.is_watched = false;
                session.command(Command::Unwatch { watch: data.number });
            }
        }
        let mut answers = Vec::new();
        let stops = self.points.stops;
        for (id, plain, access) in wanted {
            let data = self.points.data.iter_mut().find(|data| data.number.to_string() == id);
            let result = match data {
                None => Err("nothing is known under this dataId; ask dataBreakpointInfo again".to_string()),
                Some(_) if !plain => Err("a data breakpoint has no condition here".to_string()),
                Some(_) if access != "write" => Err("only writing can be watched".to_string()),
                Some(data) if data.is_watched => Ok(data.number),
                Some(data) if data.stop.is_some_and(|stop| stop != stops) => {
                    Err("the frame has changed since; ask dataBreakpointInfo again".to_string())
                }
                Some(data) => session.watch(data.actor, data.number, data.target.clone()).map(|_| {
                    data.is_watched = true;
                    data.number
                }),
            };
            answers.push(match result {
                Ok(number) => json!({ "id": number, "verified": true }),
                Err(text) => json!({ "verified": false, "message": text }),
            });
        }
        Ok(json!({ "breakpoints": answers }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_condition_is_a_number_from_1_on() {
        assert_eq!((hits(None), hits(Some(" ")), hits(Some("3"))), (Ok(0), Ok(0), Ok(2)));
        for text in ["0", "-1", "> 3", "many"] {
            assert!(hits(Some(text)).is_err_and(|error| error.contains("a number from 1 on")), "{text}");
        }
    }
}
