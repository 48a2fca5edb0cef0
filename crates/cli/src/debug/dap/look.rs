//! Requests that look: actors, their calls, sources and bytecode.
//!
//! 1. Nothing here changes the program.

use protocol::{ActorNumber, FrameRow, ListingLine};
use serde_json::{Value, json};

use super::fields::{flag, integer, needed_number, needed_text, number};
use super::frames::Held;
use super::server::{Server, Stage, actor_number, there};
use super::tell::ACTORS_MAX;

/// Instructions told at a time.
const INSTRUCTIONS_MAX: u64 = 1_000;
/// A reference of an instruction: number of the procedure, and so many bits of its offset.
const OFFSET_BITS: u32 = 24;

impl Server<'_> {
    pub(super) fn threads(&mut self) -> Result<Value, String> {
        if self.stage != Stage::Begun {
            return Ok(json!({ "threads": [] }));
        }
        let (live, _) = there(&mut self.session)?.actors(ACTORS_MAX)?;
        let threads = live
            .iter()
            .map(|row| json!({ "id": row.actor.0, "name": format!("{} {}", row.actor.0, row.label) }));
        Ok(json!({ "threads": threads.collect::<Vec<_>>() }))
    }

    pub(super) fn stack_trace(&mut self, arguments: &Value) -> Result<Value, String> {
        let actor = ActorNumber(actor_number(arguments)?);
        let first = number(arguments, "startFrame")?.unwrap_or(0) as usize;
        let levels = number(arguments, "levels")?
            .filter(|levels| *levels > 0)
            .map_or(usize::MAX, |levels| levels as usize);
        let info = there(&mut self.session)?.info(actor)?;
        let total = info.frames.len();
        let reference = info.bytecode.as_ref().and_then(|listing| {
            let line = listing.lines.get(listing.current? as usize)?;
            Some(self.reference_of(&listing.procedure, line.offset))
        });
        let mut frames = Vec::new();
        for (index, row) in info.frames.into_iter().enumerate().skip(first).take(levels) {
            let mut frame = self.frame(actor, index as u32, &row);
            if let Some(reference) = reference.as_ref().filter(|_| index == 0) {
                frame["instructionPointerReference"] = json!(reference);
            }
            frames.push(frame);
        }
        Ok(json!({ "stackFrames": frames, "totalFrames": total }))
    }

    fn frame(&mut self, actor: ActorNumber, index: u32, row: &FrameRow) -> Value {
        let name = if row.procedure.is_empty() { "(top level)" } else { &row.procedure };
        let id = self.references.hold(Held::Frame(actor, index));
        let mut frame = json!({ "id": id, "name": name, "line": 0, "column": 0 });
        match &row.location {
            Some(place) => {
                frame["source"] = self.source_of(&place.file);
                frame["line"] = json!(place.line - 1 + self.first_line);
                frame["column"] = json!(self.column(&place.file, place.line, place.column));
            }
            None => frame["presentationHint"] = json!("subtle"),
        }
        frame
    }

    /// A column in UTF-16 units, as clients count.
    fn column(&mut self, file: &str, line: u32, column: u32) -> u32 {
        let text = self.session.as_mut().and_then(|session| session.source_text(file)).unwrap_or_default();
        let line = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
        let before = line.chars().take(column.saturating_sub(1) as usize);
        before.map(|c| c.len_utf16() as u32).sum::<u32>() + self.first_column
    }

    pub(super) fn source(&mut self, arguments: &Value) -> Result<Value, String> {
        let nothing = json!({});
        let source = arguments.get("source").unwrap_or(&nothing);
        let reference = number(arguments, "sourceReference")?.unwrap_or(0);
        let wanted = if source.get("path").is_some() || source.get("sourceReference").is_some() {
            source.clone()
        } else {
            json!({ "sourceReference": reference })
        };
        if wanted.get("path").is_none()
            && wanted.get("sourceReference").and_then(Value::as_u64).is_none_or(|number| number == 0)
        {
            return Err("`source` expects a `path` or a `sourceReference` of the program".to_string());
        }
        let file = self.file_of(&wanted)?;
        let text = there(&mut self.session)?.source_text(&file);
        let text =
            text.ok_or_else(|| format!("the program has no source {file}; loadedSources lists them"))?;
        Ok(json!({ "content": text, "mimeType": "text/x-scheme" }))
    }

    pub(super) fn loaded_sources(&mut self) -> Result<Value, String> {
        let names = there(&mut self.session)?.source_names();
        let sources: Vec<Value> = names.iter().map(|name| self.source_of(name)).collect();
        Ok(json!({ "sources": sources }))
    }

    fn reference_of(&mut self, procedure: &str, offset: u32) -> String {
        let place = self.numbered_procedures.iter().position(|known| known == procedure);
        let place = place.unwrap_or_else(|| {
            self.numbered_procedures.push(procedure.to_string());
            self.numbered_procedures.len() - 1
        });
        format!("{:#x}", (place as u64 + 1) << OFFSET_BITS | u64::from(offset))
    }

    /// Procedure and offset that a reference is, and so many bytes further.
    pub(super) fn instruction_at(&self, reference: &str, further: i64) -> Result<(String, u32), String> {
        let refusal =
            || format!("`{reference}` is no instruction; stackTrace and disassemble tell references of some");
        let digits = reference.strip_prefix("0x").ok_or_else(refusal)?;
        let address = u64::from_str_radix(digits, 16).map_err(|_| refusal())?;
        let number = usize::try_from(address >> OFFSET_BITS).map_err(|_| refusal())?;
        let procedure = number.checked_sub(1).and_then(|place| self.numbered_procedures.get(place));
        let offset = (address & ((1 << OFFSET_BITS) - 1)).checked_add_signed(further);
        let offset = offset.filter(|offset| offset >> OFFSET_BITS == 0).ok_or_else(refusal)?;
        Ok((procedure.ok_or_else(refusal)?.clone(), offset as u32))
    }

    /// Instructions of the procedure that the actor stands in which stopped last.
    pub(super) fn disassemble(&mut self, arguments: &Value) -> Result<Value, String> {
        let further = integer(arguments, "offset")?;
        let (procedure, offset) = self.instruction_at(needed_text(arguments, "memoryReference")?, further)?;
        let count = needed_number(arguments, "instructionCount")?;
        if count > INSTRUCTIONS_MAX {
            return Err(format!("`instructionCount` can be {INSTRUCTIONS_MAX} at most"));
        }
        let skipped = integer(arguments, "instructionOffset")?.clamp(-0x10_0000, 0x10_0000);
        flag(arguments, "resolveSymbols")?;
        let info = there(&mut self.session)?.info(self.actor)?;
        let file =
            info.frames.first().and_then(|frame| frame.location.as_ref()).map(|place| place.file.clone());
        let listing = info.bytecode.filter(|listing| listing.procedure == procedure);
        let listing = listing.ok_or("only the procedure in which the actor stands can be disassembled")?;
        let at = listing.lines.iter().rposition(|line| line.offset <= offset).unwrap_or(0) as i64;
        let base = self.reference_of(&procedure, 0);
        let base = u64::from_str_radix(&base[2..], 16).map_err(|error| error.to_string())?;
        let end = listing.lines.last().map_or(0, |line| u64::from(line.offset));
        let source = file.map(|file| self.source_of(&file));
        let first = at + skipped;
        let instructions = (first..first + count as i64).map(|index| {
            match usize::try_from(index).ok().and_then(|index| listing.lines.get(index)) {
                Some(line) => self.instruction(base, line, source.as_ref()),
                None => {
                    let past = (index - listing.lines.len() as i64 + 1).max(0) as u64;
                    let address = if index < 0 { base.saturating_add_signed(index) } else { base + end + past };
                    json!({ "address": format!("{address:#x}"), "instruction": "outside of the procedure", "presentationHint": "invalid" })
                }
            }
        });
        Ok(json!({ "instructions": instructions.collect::<Vec<_>>() }))
    }

    fn instruction(&self, base: u64, line: &ListingLine, source: Option<&Value>) -> Value {
        let mut told =
            json!({ "address": format!("{:#x}", base + u64::from(line.offset)), "instruction": line.text });
        if let Some(source) = source.filter(|_| line.line > 0) {
            told["location"] = source.clone();
            told["line"] = json!(line.line - 1 + self.first_line);
        }
        told
    }
}
