//! Options about the collector: `--gc-policy`, `--gc-stress`, and the log of `--gc-log`.

use std::fmt::Write;

use protocol::{CollectorMethod, CollectorSettings, Settings, setting};
use world::Run;

/// Names of the options that take a value, and what it may be.
pub(crate) const POLICY: &str = "gc-policy";
pub(crate) const STRESS: &str = "gc-stress";
pub(crate) const LOG: &str = "gc-log";

const STRESS_KINDS: &str = "mixed, minor, major, compact";

/// Names of the policies, the default first.
pub(crate) fn policy_names() -> String {
    let names: Vec<String> = world::named_collectors().into_iter().map(|named| named.name).collect();
    names.join(", ")
}

/// `--gc-policy NAME`; the other settings of the collector stay.
///
/// # Errors
/// What would have been a name.
pub(crate) fn set_policy(settings: &mut Settings, name: &str) -> Result<(), String> {
    let named = world::named_collectors().into_iter().find(|named| named.name == name);
    let Some(named) = named else {
        return Err(format!("--{POLICY} expects one of {}, not `{name}`", policy_names()));
    };
    settings.collector = settings.collector.with_policy(&named.settings);
    Ok(())
}

/// `--gc-stress KIND`.
///
/// # Errors
/// What would have been a kind.
pub(crate) fn set_stress(settings: &mut Settings, kind: &str) -> Result<(), String> {
    let Some(stress) = world::stress_named(kind) else {
        return Err(format!("--{STRESS} expects one of {STRESS_KINDS}, not `{kind}`"));
    };
    settings.collector.stress = Some(stress);
    Ok(())
}

/// `--gc on` or `--gc off`.
///
/// # Errors
/// What would have been right.
pub(crate) fn set_on(settings: &mut Settings, text: &str) -> Result<(), String> {
    settings.collector.is_on = match text {
        "on" => true,
        "off" => false,
        _ => return Err(format!("--{} expects on or off, not `{text}`", setting::COLLECTOR)),
    };
    Ok(())
}

/// `--gc-soft PERCENT`.
///
/// # Errors
/// What would have been a number.
pub(crate) fn set_soft_limit(settings: &mut Settings, text: &str) -> Result<(), String> {
    let percent = text.parse().ok().filter(|percent| *percent <= 100);
    settings.collector.soft_percent = percent.ok_or_else(|| {
        format!("--{} expects percent of the heap's limit, 0 to 100, not `{text}`", setting::SOFT_LIMIT)
    })?;
    Ok(())
}

/// The options, as they would be typed, that turn the defaults into `settings`, as far as there are such.
pub(crate) fn options_of(settings: &CollectorSettings) -> Vec<String> {
    let usual = CollectorSettings::default();
    let mut options = Vec::new();
    if let Some(name) = name_of(settings).filter(|_| settings.policy() != usual) {
        options.push(format!("--{POLICY} {name}"));
    }
    if !settings.is_on {
        options.push(format!("--{} off", setting::COLLECTOR));
    }
    if settings.soft_percent != usual.soft_percent {
        options.push(format!("--{} {}", setting::SOFT_LIMIT, settings.soft_percent));
    }
    if let Some(stress) = settings.stress {
        let kinds = STRESS_KINDS.split(", ");
        options.extend(
            kinds
                .filter(|kind| world::stress_named(kind) == Some(stress))
                .map(|kind| format!("--{STRESS}={kind}")),
        );
    }
    if settings.tracks_sites {
        options.push(format!("--{}", setting::SITES));
    }
    options
}

fn name_of(settings: &CollectorSettings) -> Option<String> {
    let policy = settings.policy();
    world::named_collectors().into_iter().find(|named| named.settings == policy).map(|named| named.name)
}

/// In words, a policy that has no name: no option makes one.
pub(crate) fn own_policy(settings: &CollectorSettings) -> Option<String> {
    if name_of(settings).is_some() {
        return None;
    }
    let method = match settings.method {
        CollectorMethod::Copy => "copy everything",
        CollectorMethod::MarkSweep => "mark and sweep",
    };
    let yes = |is_so: bool, text: &'static str| is_so.then_some(text);
    let switches = [
        Some(method),
        yes(settings.is_generational, "the nursery on its own"),
        yes(settings.is_incremental, "in slices"),
    ];
    let numbers = [
        ("promotion age", u64::from(settings.promotion_age)),
        ("nursery words", u64::from(settings.nursery_words_max)),
        ("growth percent", u64::from(settings.growth_percent)),
        ("threshold words", u64::from(settings.threshold_words)),
        ("threshold objects", u64::from(settings.threshold_objects)),
        ("compact percent", u64::from(settings.compact_percent)),
        ("mark rate", u64::from(settings.mark_rate)),
    ];
    let numbers = numbers.map(|(name, number)| format!("{name} {number}"));
    let all: Vec<String> = switches.into_iter().flatten().map(str::to_string).chain(numbers).collect();
    Some(all.join(", "))
}

/// The options, for the text of `help`.
pub(crate) fn help() -> [(String, String); 6] {
    [
        (format!("--{} on|off", setting::COLLECTOR), "off: memory is never reclaimed".to_string()),
        (
            format!("--{} PERCENT", setting::SOFT_LIMIT),
            "send an actor (heap-soft-limit USED LIMIT) when so much of its heap is in use; 0: never"
                .to_string(),
        ),
        (format!("--{POLICY} NAME"), format!("how memory is reclaimed: {}", policy_names())),
        (format!("--{STRESS}[=KIND]"), format!("collect at every allocation: {STRESS_KINDS}")),
        (
            format!("--{}", setting::SITES),
            "have every object remember the line that made it, for heap snapshots".to_string(),
        ),
        (format!("--{LOG}"), "tell on standard error of each collection, and of all at the end".to_string()),
    ]
}

/// The log of a run's collections: a line each, and a sum.
#[derive(Debug, Default)]
pub(crate) struct Log {
    collections: u64,
    dropped: u64,
    pause_ms: f64,
    longest_ms: f64,
    bytes_reclaimed: u64,
    pauses: arena::PauseHistogram,
}

impl Log {
    /// Lines for what was collected since the last call.
    pub(crate) fn take(&mut self, run: &Run) -> String {
        let (taken, dropped) = run.stage.take_collections();
        self.dropped += dropped;
        let mut text = String::new();
        for (actor, _, one) in taken {
            self.collections += 1;
            self.pause_ms += one.pause_ms;
            self.longest_ms = self.longest_ms.max(one.pause_ms);
            self.bytes_reclaimed += 8 * one.words_before.saturating_sub(one.words_after) as u64;
            self.pauses.add(one.pause_ms);
            let slice =
                if one.slice > 0 { format!(" {} of cycle {}", one.slice, one.cycle) } else { String::new() };
            let done = if one.major && one.slice > 0 { ", which ends" } else { "" };
            let written = writeln!(
                text,
                "gc: actor {actor} at {:.1} ms: {}{slice}{done} ({}): {} -> {} KiB, {} KiB promoted, {} KiB marked, {:.3} ms",
                one.at_ms - run.stage.origin_ms(),
                one.kind.name(),
                one.cause.name(),
                one.words_before / 128,
                one.words_after / 128,
                one.promoted_words / 128,
                one.marked_words / 128,
                one.pause_ms,
            );
            debug_assert!(written.is_ok(), "a string takes all text");
        }
        text
    }

    /// The sum of it.
    pub(crate) fn summary(&self) -> String {
        let lost =
            if self.dropped > 0 { format!(" ({} more were not told)", self.dropped) } else { String::new() };
        format!(
            "gc: {} collections{lost} in {:.1} ms, {} KiB reclaimed; pauses: p50 {:.3}, p90 {:.3}, p99 {:.3}, longest {:.3} ms\n",
            self.collections,
            self.pause_ms,
            self.bytes_reclaimed / 1024,
            self.pauses.quantile_ms(0.5).min(self.longest_ms),
            self.pauses.quantile_ms(0.9).min(self.longest_ms),
            self.pauses.quantile_ms(0.99).min(self.longest_ms),
            self.longest_ms,
        )
    }
}
