//! Numbers and names as people read them: short, stable in width, the same everywhere.

use protocol::{ActorNumber, ActorRow, ActorState, ObjectType, Priority, RunStatus};

/// `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three digits and a unit: `950`, `1.23 k`, `18.0 M`.
pub fn scaled(number: f64) -> String {
    let (value, unit) = match number.abs() {
        n if n >= 1e12 => (number / 1e12, " T"),
        n if n >= 1e9 => (number / 1e9, " G"),
        n if n >= 1e6 => (number / 1e6, " M"),
        n if n >= 1e4 => (number / 1e3, " k"),
        _ => return format!("{number:.0}"),
    };
    format!("{value:.*}{unit}", if value.abs() >= 100.0 { 0 } else { 1 })
}

/// `512 B`, `34.5 KiB`, `1.2 GiB`.
pub fn bytes(count: u64) -> String {
    const STEP: f64 = 1024.0;
    let count = count as f64;
    let (value, unit) = match count {
        n if n >= STEP * STEP * STEP => (count / (STEP * STEP * STEP), "GiB"),
        n if n >= STEP * STEP => (count / (STEP * STEP), "MiB"),
        n if n >= STEP => (count / STEP, "KiB"),
        _ => return format!("{count:.0} B"),
    };
    format!("{value:.1} {unit}")
}

/// Heap words as bytes.
pub fn words(count: u64) -> String {
    bytes(count.saturating_mul(8))
}

/// `85 µs`, `3.2 ms`, `12.4 s`, `3 min 05 s`.
pub fn milliseconds(ms: f64) -> String {
    match ms {
        m if m >= 60_000.0 => {
            format!("{:.0} min {:02.0} s", (m / 60_000.0).floor(), (m % 60_000.0 / 1_000.0).floor())
        }
        m if m >= 1_000.0 => format!("{:.1} s", m / 1_000.0),
        m if m >= 1.0 => format!("{m:.1} ms"),
        m => format!("{:.0} µs", m * 1_000.0),
    }
}

/// `actor 7`, or the label.
pub fn actor_name(row: Option<&ActorRow>, actor: ActorNumber) -> String {
    match row {
        Some(row) if !row.label.is_empty() => row.label.clone(),
        _ => format!("actor {}", actor.0),
    }
}

/// A state's word and sign; the sign carries the meaning without colour.
pub fn actor_state(state: ActorState) -> (&'static str, &'static str) {
    match state {
        ActorState::Running => ("running", "▶"),
        ActorState::Ready => ("ready", "▷"),
        ActorState::Waiting => ("waiting", "⋯"),
        ActorState::Paused => ("paused", "‖"),
        ActorState::Done => ("done", "✓"),
        ActorState::Failed => ("failed", "✕"),
    }
}

/// A band's word.
pub fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::System => "system",
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
        Priority::Background => "background",
    }
}

/// A type's word.
pub fn object_type(kind: ObjectType) -> &'static str {
    match kind {
        ObjectType::Pair => "pairs",
        ObjectType::Vector => "vectors, records",
        ObjectType::Text => "strings, symbols",
        ObjectType::Bytes => "bytevectors",
        ObjectType::Closure => "closures, boxes",
        ObjectType::Number => "boxed numbers",
        ObjectType::Table => "hash tables",
        ObjectType::Continuation => "continuations",
        ObjectType::Other => "other",
    }
}

/// All types in the order of their colours.
pub const OBJECT_TYPES: [ObjectType; 9] = [
    ObjectType::Pair,
    ObjectType::Vector,
    ObjectType::Text,
    ObjectType::Bytes,
    ObjectType::Closure,
    ObjectType::Number,
    ObjectType::Table,
    ObjectType::Continuation,
    ObjectType::Other,
];

/// The run's state in a word.
pub fn run_status(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Idle => "idle",
        RunStatus::Running => "running",
        RunStatus::Paused { .. } => "paused",
        RunStatus::Deadlock { .. } => "deadlock",
        RunStatus::Ended { result: Ok(_) } => "done",
        RunStatus::Ended { result: Err(_) } => "failed",
        RunStatus::Stopped => "stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn sizes_and_times_choose_their_unit() {
        assert_eq!(scaled(950.0), "950");
        assert_eq!(scaled(18_000_000.0), "18.0 M");
        assert_eq!(scaled(180_000_000.0), "180 M");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(words(128), "1.0 KiB");
        assert_eq!(milliseconds(0.085), "85 µs");
        assert_eq!(milliseconds(3.21), "3.2 ms");
        assert_eq!(milliseconds(185_000.0), "3 min 05 s");
    }
}
