//! A profile as text: tables for people, and folded stacks for scripts.

use std::fmt::Write;

use protocol::{MetricSample, Metrics, Profile, ProfileKind, ProfileRow};
use vm::{Counts, Linker};

/// Rows of a table.
const ROWS: usize = 20;

/// Hot procedures and lines, metrics, and what was counted.
pub(super) fn tables(
    profile: &Profile,
    samples: &[MetricSample],
    counts: Option<(&Counts, &Linker)>,
) -> String {
    let mut text =
        format!("{} in {:.0} ms\n", super::summary(profile).trim_end_matches(','), profile.milliseconds);
    if let Some(metrics) = Metrics::of(samples) {
        text.push_str(&figures(&metrics));
    }
    let all = profile.reductions;
    table(&mut text, "procedure", &profile.by_procedure(), all, |index| {
        let procedure = &profile.procedures[index as usize];
        let place = match procedure.kind {
            ProfileKind::Program if procedure.line > 0 => format!("{}:{}", procedure.file, procedure.line),
            ProfileKind::Program => procedure.file.clone(),
            ProfileKind::Library => "library".to_string(),
            ProfileKind::Native => "native".to_string(),
            ProfileKind::Unknown => String::new(),
        };
        format!("{:<28} {place}", procedure.name)
    });
    let mut lines = profile.by_place();
    lines.retain(|row| profile.places[row.index as usize].line > 0);
    table(&mut text, "line", &lines, all, |index| {
        let place = profile.places[index as usize];
        let procedure = &profile.procedures[place.procedure as usize];
        let at = format!("{}:{}", procedure.file, place.line);
        format!("{at:<28} {}", procedure.name)
    });
    if profile.actors.len() > 1 {
        let rows: Vec<ProfileRow> = profile
            .actors
            .iter()
            .map(|actor| ProfileRow { index: actor.actor.0, own: actor.reductions, total: actor.reductions })
            .collect();
        table(&mut text, "actor", &rows, all, |number| {
            let actor = profile.actors.iter().find(|actor| actor.actor.0 == number);
            format!("{number} {}", actor.map_or("", |actor| &actor.label))
        });
    }
    if let Some((counts, linker)) = counts {
        counted(&mut text, counts, linker);
    }
    text
}

fn table(text: &mut String, what: &str, rows: &[ProfileRow], all: u64, name: impl Fn(u32) -> String) {
    let share = |part: u64| part as f64 * 100.0 / all.max(1) as f64;
    line(text, format_args!("\n    self   total  {what}"));
    for row in rows.iter().take(ROWS) {
        let (own, total) = (share(row.own), share(row.total));
        line(text, format_args!("{own:>6.1} % {total:>5.1} %  {}", name(row.index).trim_end()));
    }
    if rows.len() > ROWS {
        line(text, format_args!("                 and {} more", rows.len() - ROWS));
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let written = writeln!(text, "{arguments}");
    debug_assert!(written.is_ok(), "a string takes all text");
}

fn figures(metrics: &Metrics) -> String {
    let mut text = String::new();
    for (name, figure, unit) in [
        ("reductions", metrics.reductions, "/s"),
        ("messages", metrics.messages, "/s"),
        ("allocated", metrics.allocated_bytes / 1024.0, " KiB/s"),
        ("collections", metrics.collections, "/s"),
        ("collecting", metrics.collecting * 100.0, " %"),
        ("a collection", metrics.collection_ms, " ms"),
        ("reclaimed", metrics.reclaimed_bytes / 1024.0, " KiB/ms"),
        ("heap growth", metrics.heap_growth_bytes / 1024.0, " KiB/s"),
        ("deepest stack", metrics.depth_words_max as f64 / 128.0, " KiB"),
    ] {
        let decimals = if figure.abs() >= 100.0 { 0 } else { 2 };
        line(&mut text, format_args!("  {name:<14} {figure:>14.decimals$}{unit}"));
    }
    text
}

/// Instructions by procedure, line and pair.
fn counted(text: &mut String, counts: &Counts, linker: &Linker) {
    let mut procedures: Vec<(String, u64)> = Vec::new();
    let mut lines: Vec<(String, u64)> = Vec::new();
    let mut all = 0;
    for (site, count) in counts.sites() {
        all += count;
        let Some(place) = linker.profile_place(site) else { continue };
        let procedure = match (place.procedure.as_str(), place.unit) {
            ("", 0) => "(lambda) in the library".to_string(),
            ("", _) if place.index == 0 => "(top level)".to_string(),
            ("", _) => format!("(lambda, line {})", place.first_line),
            (name, 0) => format!("{name} in the library"),
            (name, _) => name.to_string(),
        };
        procedures.push((procedure, count));
        if place.line > 0 {
            lines.push((format!("{}:{}", place.file, place.line), count));
        }
    }
    let pairs = counts.pairs().map(|(first, second, count)| (format!("{first} {second}"), count)).collect();
    for (what, rows) in [("procedure", procedures), ("line", lines), ("pair of operations", pairs)] {
        let rows = summed(rows);
        line(text, format_args!("\n    instructions         {what}"));
        for (name, count) in rows.iter().take(ROWS) {
            let share = *count as f64 * 100.0 / all.max(1) as f64;
            line(text, format_args!("{count:>12} {share:>5.1} %  {name}"));
        }
        if rows.len() > ROWS {
            line(text, format_args!("                     and {} more", rows.len() - ROWS));
        }
    }
    line(text, format_args!("{all:>12} instructions in all"));
}

/// Sums by name, the largest first.
fn summed(mut rows: Vec<(String, u64)>) -> Vec<(String, u64)> {
    rows.sort();
    let mut sums: Vec<(String, u64)> = Vec::new();
    for (name, count) in rows {
        match sums.last_mut() {
            Some((last, sum)) if *last == name => *sum += count,
            _ => sums.push((name, count)),
        }
    }
    sums.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    sums
}

/// A line for each stack: procedures from the outermost on with `;` between them, and reductions.
pub(super) fn folded(profile: &Profile) -> String {
    let mut stacks: Vec<String> = Vec::with_capacity(profile.nodes.len());
    let mut rows = Vec::new();
    for node in &profile.nodes {
        // Neither may stand in a name: they would end it.
        let name = profile.procedures[profile.procedure_of(node) as usize].name.replace([';', '\n'], ",");
        let stack = match node.parent {
            Some(parent) => format!("{};{name}", stacks[parent as usize]),
            None => name,
        };
        if node.reductions > 0 {
            rows.push((stack.clone(), node.reductions));
        }
        stacks.push(stack);
    }
    let mut text = String::new();
    for (stack, reductions) in summed(rows) {
        line(&mut text, format_args!("{stack} {reductions}"));
    }
    text
}
