//! `compare`: the same program under several policies of the collector, one after the other, and what each cost.
//!
//! 1. A line is printed as soon as its policy has been measured; nobody sees what the program writes.

use protocol::{CollectorFigures, Settings, SourceText};
use world::Measuring;

use crate::Failure;
use crate::arguments::Setup;
use crate::console::Console;
use crate::host::Host;

/// Figures of a line, with their widths.
const COLUMNS: [(&str, usize); 6] =
    [("run time", 10), ("collecting", 11), ("longest", 10), ("p99", 10), ("moved", 11), ("memory", 11)];

/// Runs a program under the policies of these names, or all, and prints a table.
///
/// # Errors
/// [`Failure::Plain`] when it does not compile; [`Failure::Reported`] when it fails under a policy.
pub(crate) fn compare(
    files: &[SourceText],
    policies: &[String],
    seconds: u32,
    setup: &Setup,
) -> Result<(), Failure> {
    let mut host = Host::start(setup, files.first().map(|file| file.name.clone()).into_iter().collect())?;
    host.look_often();
    let mut console = Console::new();
    let named = world::named_collectors();
    let width = named.iter().map(|named| named.name.len()).max().unwrap_or(0);
    let mut has_failed = false;
    let heads = COLUMNS.iter().map(|(head, width)| format!("{head:>width$}")).collect::<String>();
    let mut heading = Some(format!("{:<width$}{heads}  collections", "policy"));
    for named in named.iter().filter(|named| policies.is_empty() || policies.contains(&named.name)) {
        let settings = Settings { collector: named.settings, ..setup.settings.clone() };
        let milliseconds_max = seconds * 1_000;
        let mut measuring = Measuring::start(0, files, host.options(settings, false), milliseconds_max)
            .map_err(Failure::Plain)?;
        if let Some(heading) = heading.take() {
            console.line(&heading)?;
            console.flush()?;
        }
        let figures = loop {
            if let Some(figures) = measuring.poll() {
                break figures;
            }
            host.work_or_wait();
        };
        host.settle(measuring.run_mut());
        has_failed |= figures.trouble.is_some() && figures.milliseconds <= f64::from(milliseconds_max);
        console.line(&format!("{:<width$}{}", named.name, line_of(&figures)))?;
        console.flush()?;
    }
    if has_failed { Err(Failure::Reported) } else { Ok(()) }
}

fn line_of(figures: &CollectorFigures) -> String {
    let times = [figures.milliseconds, figures.collection_ms, figures.pause_ms_max, figures.pause_ms_p99];
    let sizes = [figures.words_moved.saturating_mul(8), figures.bytes_max];
    let texts = times.map(milliseconds).into_iter().chain(sizes.map(bytes));
    let mut line: String =
        COLUMNS.iter().zip(texts).map(|((_, width), text)| format!("{text:>width$}")).collect();
    let kinds = figures.collections.iter().filter(|(_, count)| *count > 0);
    let kinds: Vec<String> = kinds.map(|(name, count)| format!("{count} {name}")).collect();
    line.push_str("  ");
    line.push_str(&if kinds.is_empty() { "none".to_string() } else { kinds.join(", ") });
    if figures.dropped > 0 {
        line.push_str(&format!(", {} more", figures.dropped));
    }
    if let Some(trouble) = &figures.trouble {
        line.push_str(&format!("; {trouble}"));
    }
    line
}

/// `85 us`, `3.2 ms`, `12.4 s`.
fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms >= 1_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms if ms >= 1.0 => format!("{ms:.1} ms"),
        ms => format!("{:.0} us", ms * 1_000.0),
    }
}

/// `12 B`, `3.5 KiB`, `1.0 GiB`.
fn bytes(count: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.into_iter().find(|(shift, _)| count >> shift > 0) {
        Some((shift, unit)) => format!("{:.1} {unit}", count as f64 / (1_u64 << shift) as f64),
        None => format!("{count} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_every_figure_and_says_what_was_cut_short() {
        let figures = CollectorFigures {
            milliseconds: 2_000.4,
            trouble: Some("stopped after 2 s".to_string()),
            collections: vec![("minor".into(), 12), ("mark".into(), 0), ("copy".into(), 2)],
            dropped: 3,
            collection_ms: 31.25,
            pause_ms_max: 1.5,
            pause_ms_p99: 0.25,
            words_moved: 1 << 17,
            bytes_max: 3 << 29,
        };
        let wanted = "     2.0 s    31.2 ms    1.5 ms    250 us    1.0 MiB    1.5 GiB  12 minor, 2 copy, 3 more; \
                      stopped after 2 s";
        assert_eq!(line_of(&figures), wanted);
    }
}
