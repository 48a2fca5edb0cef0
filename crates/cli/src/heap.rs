//! `heap`: what a snapshot of an actor's heap holds; and how `run --heap-snapshot` makes one.

use std::fs;
use std::thread;

use analysis::HeapSnapshot;
use protocol::{
    HeapGrowth, HeapGrowthRow, HeapObject, HeapObjectName, HeapObjectRow, HeapReference, HeapSite,
    HeapSiteRow, HeapSummary, HeapTypeRow,
};
use world::Run;

use crate::Failure;
use crate::console::{Console, print};
use crate::run::MAIN;

/// Rows of one list on the terminal.
const ROWS_MAX: usize = 20;

/// Writes a snapshot of an actor's heap, and says which actors nobody can reach any more. The run is over: no slice starts.
///
/// # Errors
/// Why there is none.
pub(crate) fn write_snapshot(
    run: &Run,
    path: &str,
    actor: u32,
    console: &mut Console,
) -> Result<(), Failure> {
    while !run.scheduler.is_quiet() {
        thread::yield_now();
    }
    let actor = if actor == 0 { MAIN.0 } else { actor };
    let bytes = run.heap_image(actor).map_err(|why| Failure::Plain(format!("no heap snapshot: {why}")))?;
    fs::write(path, bytes).map_err(|error| Failure::Plain(format!("{path}: {error}")))?;
    // Messages that nobody has seen say nothing about who is lost.
    for lost in run.lost_actors().unwrap_or_default() {
        console.complain(&format!(
            "actor {} ({}) waits, was never sent anything, and nobody can reach it\n",
            lost.actor.0, lost.label
        ))?;
    }
    Ok(())
}

/// Tells about one snapshot, an object of it, or what grew between two.
///
/// # Errors
/// Which file is no snapshot, and why.
pub(crate) fn heap(files: &[String], object: Option<u32>) -> Result<(), Failure> {
    let snapshots = files.iter().map(|path| read(path)).collect::<Result<Vec<HeapSnapshot>, Failure>>()?;
    match (snapshots.as_slice(), object) {
        ([older, newer], _) => print(&growth_text(&older.summary(1), &newer.summary(2))),
        ([snapshot, ..], Some(object)) => {
            let found = snapshot.object(1, HeapObjectName::Number(object));
            print(&object_text(&found.map_err(Failure::Plain)?))
        }
        ([snapshot, ..], None) => print(&summary_text(&snapshot.summary(1))),
        ([], _) => Ok(()),
    }
}

fn read(path: &str) -> Result<HeapSnapshot, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::Plain(format!("{path}: {error}")))?;
    HeapSnapshot::read(&bytes).map_err(|error| Failure::Plain(format!("{path}: {error}")))
}

/// `3 objects`, `1 object`.
fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn section(text: &mut String, title: &str, rows: impl ExactSizeIterator<Item = String>, all: u64) {
    if rows.len() == 0 {
        return;
    }
    text.push_str(&format!("\n{title}\n"));
    let mut shown = 0;
    for row in rows.take(ROWS_MAX) {
        shown += 1;
        text.push_str(&format!("  {row}\n"));
    }
    if all > shown {
        text.push_str(&format!("  and {} more\n", all - shown));
    }
}

fn type_line(row: &HeapTypeRow) -> String {
    format!("{:>10} {:<18} {:>10} words", row.objects, row.name, row.words)
}

fn site_line(row: &HeapSiteRow) -> String {
    let site = row.site.as_ref().map_or_else(|| "not known".to_string(), HeapSite::label);
    format!("{:>10} {site:<18} {:>10} words", row.objects, row.words)
}

fn object_line(row: &HeapObjectRow) -> String {
    format!("object {}, {}, {}: {}", row.object, row.type_name, count(row.words, "word"), row.text)
}

fn retained_line(row: &HeapObjectRow) -> String {
    format!("{:>10} words: {}", row.retained_words, object_line(row))
}

fn reference_line(reference: &HeapReference) -> String {
    format!("{}: {}", reference.field, object_line(&reference.object))
}

fn summary_text(summary: &HeapSummary) -> String {
    let mut text = format!(
        "{}\n{} in {} are reached, {} in {} are not\nstate {}\n",
        summary.title,
        count(summary.objects, "object"),
        count(summary.words, "word"),
        summary.unreachable_objects,
        count(summary.unreachable_words, "word"),
        summary.state_hash
    );
    let all = summary.by_type.len() as u64;
    section(&mut text, "By type:", summary.by_type.iter().map(type_line), all);
    let all = summary.by_site.len() as u64;
    section(&mut text, "By the line that made them:", summary.by_site.iter().map(site_line), all);
    let rows = summary.largest.iter().map(retained_line);
    section(&mut text, "What keeps most alive:", rows, summary.largest.len() as u64);
    let rows = summary
        .roots
        .iter()
        .map(|root| format!("{}: object {}: {}", root.description, root.object, root.text));
    section(&mut text, "Held by:", rows, summary.roots_total);
    let all = summary.unreachable_by_type.len() as u64;
    let rows = summary.unreachable_by_type.iter().map(type_line);
    section(&mut text, "Not reached and not yet freed:", rows, all);
    let rows = summary.unreachable_heads.iter().map(retained_line);
    section(&mut text, "They hang from:", rows, summary.unreachable_heads.len() as u64);
    text
}

fn object_text(object: &HeapObject) -> String {
    let mut text = format!(
        "{}\nkeeps {} alive, has survived {}\n",
        object_line(&object.row),
        count(object.row.retained_words, "word"),
        if object.age == 3 {
            "3 collections or more".to_string()
        } else {
            count(object.age.into(), "collection")
        }
    );
    if let Some(site) = &object.site {
        text.push_str(&format!("made at {}\n", site.label()));
    }
    match &object.path {
        Some(path) => {
            text.push_str(&format!("\nReached from {}:\n", path.root));
            let middle = path.steps.len().div_ceil(2);
            for (index, step) in path.steps.iter().enumerate() {
                if index == middle && path.left_out > 0 {
                    text.push_str(&format!("  ... {} more\n", path.left_out));
                }
                let line = if index == 0 { object_line(&step.object) } else { reference_line(step) };
                text.push_str(&format!("  {line}\n"));
            }
        }
        None => text.push_str("\nNothing reaches it.\n"),
    }
    if let Some(dominator) = object.dominator {
        text.push_str(&format!("\nEvery way to it leads through object {dominator}.\n"));
    }
    let rows = object.outgoing.iter().map(reference_line);
    section(&mut text, "It refers to:", rows, object.outgoing_total);
    let rows = object.incoming.iter().map(reference_line);
    section(&mut text, "Referred to by:", rows, object.incoming_total);
    let rows = object.held_by.iter().cloned();
    section(&mut text, "Held by:", rows, object.held_by.len() as u64);
    text
}

fn growth_line(row: &HeapGrowthRow) -> String {
    let objects = row.objects_after as i64 - row.objects_before as i64;
    format!(
        "{:>+10} words {objects:>+10} objects  {} (now {} words)",
        row.growth_words(),
        row.name,
        row.words_after
    )
}

fn growth_text(older: &HeapSummary, newer: &HeapSummary) -> String {
    let growth = HeapGrowth::between(older, newer);
    let mut text = format!("from {}\nto   {}\n", older.title, newer.title);
    let all = growth.by_type.len() as u64;
    section(&mut text, "Growth by type:", growth.by_type.iter().map(growth_line), all);
    let all = growth.by_site.len() as u64;
    section(
        &mut text,
        "Growth by the line that made the objects:",
        growth.by_site.iter().map(growth_line),
        all,
    );
    text
}
