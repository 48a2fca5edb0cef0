//! What the debugger knows, as lines of text.

use std::fmt::Write;

use protocol::{
    ActorNumber, ActorRow, ActorState, Breakpoint, BreakpointRow, DebugEvent, DebugInfo, FrameRow, Listing,
    Location, PauseReason, ValueRow,
};

/// Lines of source shown before and after the one that is meant.
pub(super) const LINES_AROUND: u32 = 5;
/// Longest source line shown, characters.
const LINE_CHARACTERS_MAX: usize = 160;
/// Frames listed.
const FRAMES_MAX: usize = 50;
/// Events listed.
const EVENTS_MAX: usize = 50;

/// File and line.
pub(super) fn place(location: Option<&Location>) -> String {
    location.map_or_else(|| "?".to_string(), |place| format!("{}:{}", place.file, place.line))
}

/// Why actors stand still.
pub(in crate::debug) fn reason(reason: &PauseReason) -> String {
    match reason {
        PauseReason::Requested => "paused".to_string(),
        PauseReason::Breakpoint { .. } => "a breakpoint".to_string(),
        PauseReason::Step => "a step".to_string(),
        PauseReason::Event(event) => event.clone(),
        PauseReason::Watch { text, old, new: Some(new), .. } => format!("{text} was {old} and is {new}"),
        PauseReason::Watch { text, old, new: None, .. } => format!("{text} is gone, it was {old}"),
    }
}

/// Lines around `line`, with a mark at `current`.
pub(super) fn source(text: &str, line: u32, current: u32, around: u32) -> String {
    let first = line.saturating_sub(around).max(1);
    let mut shown = String::new();
    for (number, line) in (1_u32..).zip(text.lines()).skip(first as usize - 1).take((2 * around + 1) as usize)
    {
        if number > line_end(first, around) {
            break;
        }
        let mark = if number == current { '>' } else { ' ' };
        let cut: String = line.chars().take(LINE_CHARACTERS_MAX).collect();
        add(&mut shown, &format!("{mark}{number:>5}  {cut}"));
    }
    shown
}

fn line_end(first: u32, around: u32) -> u32 {
    first.saturating_add(2 * around)
}

fn add(text: &mut String, line: &str) {
    let written = writeln!(text, "{}", line.trim_end());
    debug_assert!(written.is_ok(), "a string takes all text");
}

/// A frame on a line.
pub(super) fn frame(number: u32, frame: &FrameRow, is_selected: bool) -> String {
    let mark = if is_selected { '*' } else { ' ' };
    let name = if frame.procedure.is_empty() { "(top level)" } else { &frame.procedure };
    let values: Vec<String> = frame
        .variables
        .iter()
        .filter(|variable| !variable.captured)
        .take(4)
        .map(|variable| format!(" {}={}", variable.name, variable.value.chars().take(30).collect::<String>()))
        .collect();
    format!("{mark}{number:>3}  {name} {}{}\n", place(frame.location.as_ref()), values.concat())
}

/// All frames.
pub(super) fn frames(frames: &[FrameRow], selected: u32) -> String {
    if frames.is_empty() {
        return "The actor is in no procedure of the program.\n".to_string();
    }
    let mut text: String = (0_u32..)
        .zip(frames)
        .take(FRAMES_MAX)
        .map(|(number, row)| frame(number, row, number == selected))
        .collect();
    if frames.len() > FRAMES_MAX {
        add(&mut text, &format!("     and {} more", frames.len() - FRAMES_MAX));
    }
    text
}

/// Values, `first` and following of `total`.
pub(super) fn rows(rows: &[ValueRow], first: u32, total: u32) -> String {
    if rows.is_empty() {
        return "There is nothing.\n".to_string();
    }
    let mut text = String::new();
    for row in rows {
        let parts = if row.parts > 0 { format!(", {} parts", row.parts) } else { String::new() };
        add(&mut text, &format!("{} = {}  ({}{parts})", row.label, row.text, row.kind));
    }
    let left = total.saturating_sub(first).saturating_sub(rows.len() as u32);
    if left > 0 {
        add(&mut text, &format!("and {left} more"));
    }
    text
}

fn state(state: ActorState) -> &'static str {
    match state {
        ActorState::Running => "running",
        ActorState::Ready => "ready",
        ActorState::Waiting => "waiting",
        ActorState::Paused => "paused",
        ActorState::Done => "done",
        ActorState::Failed => "failed",
    }
}

/// Live actors, and that some have ended.
pub(super) fn actors(live: &[ActorRow], total: u32, selected: ActorNumber) -> String {
    let mut text = String::new();
    for row in live {
        let mark = if row.actor == selected { '*' } else { ' ' };
        let line = if row.line > 0 { format!(", line {}", row.line) } else { String::new() };
        let waiting = if row.mailbox > 0 { format!(", {} messages", row.mailbox) } else { String::new() };
        add(
            &mut text,
            &format!("{mark}{:>5}  {}: {}{line}{waiting}", row.actor.0, row.label, state(row.state)),
        );
    }
    let others = total as usize - live.len().min(total as usize);
    if others > 0 {
        add(&mut text, &format!("       and {others} more, or ended"));
    }
    if text.is_empty() { "There are no actors.\n".to_string() } else { text }
}

/// A breakpoint and what became of it.
pub(super) fn breakpoint(number: u32, breakpoint: &Breakpoint, row: Option<&BreakpointRow>) -> String {
    let mut text = format!("{number:>4}  {}", breakpoint.at.text());
    if !breakpoint.condition.is_empty() {
        text.push_str(&format!(" if {}", breakpoint.condition));
    }
    if breakpoint.after > 0 {
        text.push_str(&format!(" after {}", breakpoint.after));
    }
    if !breakpoint.log.is_empty() {
        text.push_str(&format!(" log {}", breakpoint.log));
    }
    match row {
        Some(row) if row.bound => text.push_str(&format!(": {} hits\n", row.hits)),
        _ => text.push_str(": no code there\n"),
    }
    text
}

/// What the debugger noted, the last of it.
pub(super) fn events(events: &[DebugEvent]) -> String {
    let mut text = String::new();
    for event in &events[events.len().saturating_sub(EVENTS_MAX)..] {
        let at = place(event.location.as_ref());
        add(&mut text, &format!("{:>4}  actor {}  {at}  {}", event.number, event.actor.0, event.text));
    }
    if text.is_empty() { "Nothing was noted yet.\n".to_string() } else { text }
}

/// Bytecode, with a mark at the next instruction.
pub(super) fn listing(listing: Option<&Listing>) -> String {
    let Some(listing) = listing else { return "The actor is in no procedure of the program.\n".to_string() };
    let name = if listing.procedure.is_empty() { "(top level)" } else { &listing.procedure };
    let mut text = format!("{name}\n");
    for (index, line) in (0_u32..).zip(&listing.lines) {
        let mark = if listing.current == Some(index) { '>' } else { ' ' };
        add(&mut text, &format!("{mark}{:>5}  {}", line.offset, line.text));
    }
    text
}

/// Everything else about an actor.
pub(super) fn info(info: &DebugInfo) -> String {
    let mut text =
        format!("Actor {}, {} reductions, {} calls.\n", info.actor.0, info.reductions, info.frames.len());
    for (at, row) in &info.breakpoints {
        add(&mut text, &format!("breakpoint {}: {} hits", at.at.text(), row.hits));
    }
    for row in &info.watches {
        let value = row.value.as_deref().unwrap_or("gone or not seen yet");
        add(
            &mut text,
            &format!(
                "watch {}: {} of actor {}: {value}, {} hits",
                row.watch, row.text, row.actor.0, row.hits
            ),
        );
    }
    for entry in &info.dynamic {
        add(&mut text, &format!("in force: {entry}"));
    }
    text
}
