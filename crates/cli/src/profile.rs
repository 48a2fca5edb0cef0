//! `profile`: a program is run and sampled, and what that tells is printed or written to a file.
//!
//! 1. The program does what it does under `run`: the same slices, answers and output.
//! 2. What is kept of a run is bounded: samples, slices of cores, collections, metrics; what was let go is told.

mod firefox;
mod perfetto;
mod text;

use std::fs;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use executor::CoreIndex;
use protocol::{MetricSample, Profile};
use scheduler::SliceRow;
use world::Run;
use world::observe::totals;

use crate::Failure;
use crate::console::Console;

/// Nodes of a profile that goes to a file.
const NODES_MAX: usize = 1 << 17;
/// Slices of all cores that are kept for a timeline.
const SLICES_MAX: usize = 400_000;
/// Collections that are kept for a timeline.
const COLLECTIONS_MAX: usize = 100_000;
/// Samples of metrics that are kept; when there are more, every other one is let go.
const METRICS_MAX: usize = 4_096;
/// Shortest time between two samples of metrics.
const METRICS_PAUSE: Duration = Duration::from_millis(20);
/// Fewest and most reductions between two samples.
const INTERVALS: std::ops::RangeInclusive<u32> = 100..=100_000_000;

/// What a profile is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Tables for people.
    #[default]
    Text,
    /// A line for each stack, for flame-graph scripts.
    Folded,
    /// For speedscope.
    Speedscope,
    /// For Firefox Profiler.
    Firefox,
    /// Trace events, for Perfetto.
    Perfetto,
}

const FORMATS: [(&str, Format); 5] = [
    ("text", Format::Text),
    ("folded", Format::Folded),
    ("speedscope", Format::Speedscope),
    ("firefox", Format::Firefox),
    ("perfetto", Format::Perfetto),
];

/// What `profile` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) format: Format,
    pub(crate) output: Option<String>,
    /// Reductions between two samples; 0 is as usual.
    pub(crate) interval: u32,
    /// Every instruction is counted.
    pub(crate) opcodes: bool,
    /// The program is stopped after so many seconds; 0 is never.
    pub(crate) seconds: u32,
}

impl Wanted {
    /// `--format NAME`.
    ///
    /// # Errors
    /// What would have been a name.
    pub(crate) fn set_format(&mut self, name: &str) -> Result<(), String> {
        let known = FORMATS.iter().find(|(known, _)| *known == name);
        let Some((_, format)) = known else {
            let names = FORMATS.map(|(name, _)| name).join(", ");
            return Err(format!("--format expects one of {names}, not `{name}`"));
        };
        self.format = *format;
        Ok(())
    }

    /// `--interval N`.
    ///
    /// # Errors
    /// What would have been right.
    pub(crate) fn set_interval(&mut self, text: &str) -> Result<(), String> {
        let number = text.parse().ok().filter(|number| INTERVALS.contains(number));
        self.interval = number.ok_or_else(|| {
            format!(
                "--interval expects reductions, {} to {}, not `{text}`",
                INTERVALS.start(),
                INTERVALS.end()
            )
        })?;
        Ok(())
    }

    /// All of it together makes sense.
    ///
    /// # Errors
    /// What does not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.output.is_none() && !matches!(self.format, Format::Text | Format::Folded) {
            return Err("this format is for a file: say which with --output FILE".to_string());
        }
        if self.opcodes && self.format != Format::Text {
            return Err("--opcodes is for --format text".to_string());
        }
        Ok(())
    }
}

/// A run that is watched.
pub(crate) struct Watching<'a> {
    wanted: &'a Wanted,
    started: Instant,
    metrics: Vec<MetricSample>,
    looked: Option<Instant>,
    /// Samples of metrics that are kept: one of so many looks.
    stride: u32,
    looks: u32,
    trace: Trace,
}

/// What ran and what was collected, in time.
#[derive(Default)]
struct Trace {
    /// Core, and what ran there.
    slices: Vec<(usize, SliceRow)>,
    slices_dropped: u64,
    collections: Vec<(u32, arena::Collection)>,
    collections_dropped: u64,
}

impl<'a> Watching<'a> {
    /// Begins, before the run does.
    pub(crate) fn start(wanted: &'a Wanted, run: &Run) -> Watching<'a> {
        let interval = if wanted.interval == 0 { protocol::PROFILE_INTERVAL } else { wanted.interval };
        run.stage.observe_sums();
        run.stage.profiler.set(interval, wanted.opcodes, (run.stage.clock)());
        run.scheduler.record_slices(wanted.format == Format::Perfetto);
        Watching {
            wanted,
            started: Instant::now(),
            metrics: Vec::new(),
            looked: None,
            stride: 1,
            looks: 0,
            trace: Trace::default(),
        }
    }

    /// Notes what has happened since the last look. Answers whether the time is up.
    pub(crate) fn look(&mut self, run: &Run, is_last: bool) -> bool {
        if self.looked.is_none_or(|looked| is_last || looked.elapsed() >= METRICS_PAUSE) {
            self.looked = Some(Instant::now());
            self.looks += 1;
            if is_last || self.looks.is_multiple_of(self.stride) {
                let at_ms = (run.stage.clock)() - run.stage.origin_ms();
                self.metrics.push(MetricSample { at_ms, totals: totals(run) });
            }
            if self.metrics.len() == METRICS_MAX {
                self.stride *= 2;
                let mut keeps = false;
                self.metrics.retain(|_| {
                    keeps = !keeps;
                    keeps
                });
            }
        }
        let (collections, dropped) = run.stage.take_collections();
        if self.wanted.format == Format::Perfetto {
            self.trace.add(run, collections, dropped);
        }
        self.wanted.seconds > 0
            && self.started.elapsed() > Duration::from_secs(u64::from(self.wanted.seconds))
    }

    /// Writes what was seen.
    ///
    /// # Errors
    /// When that is not possible.
    pub(crate) fn finish(self, run: &Run, name: &str, console: &mut Console) -> Result<(), Failure> {
        let profiler = &run.stage.profiler;
        let now_ms = (run.stage.clock)();
        profiler.set(0, false, now_ms);
        let linker = run.stage.linker();
        let has_timeline = self.wanted.format == Format::Firefox;
        let times = (run.stage.origin_ms(), now_ms);
        let profile = profiler.profile(&linker, None, NODES_MAX, has_timeline, times);
        let text = match self.wanted.format {
            Format::Text => {
                let counts = self.wanted.opcodes.then(|| profiler.counts());
                text::tables(&profile, &self.metrics, counts.as_ref().map(|counts| (counts, &*linker)))
            }
            Format::Folded => text::folded(&profile),
            Format::Speedscope => profile.to_speedscope(name),
            Format::Firefox => firefox::profile(&profile, name),
            Format::Perfetto => perfetto::trace(&profile, &self.trace, &self.metrics),
        };
        let Some(path) = &self.wanted.output else { return Ok(console.line(text.trim_end())?) };
        let written = fs::File::create(path).and_then(|file| {
            let mut file = BufWriter::new(file);
            file.write_all(text.as_bytes())?;
            file.flush()
        });
        written
            .map_err(|error| Failure::Plain(format!("the profile cannot be written to {path}: {error}")))?;
        console.complain(&format!("{} written to {path}\n", summary(&profile)))?;
        Ok(())
    }
}

impl Trace {
    fn add(&mut self, run: &Run, collections: Vec<(u32, u64, arena::Collection)>, dropped: u64) {
        self.collections_dropped += dropped;
        for (actor, _, mut one) in collections {
            one.at_ms -= run.stage.origin_ms();
            if self.collections.len() < COLLECTIONS_MAX {
                self.collections.push((actor, one));
            } else {
                self.collections_dropped += 1;
            }
        }
        for core in 0..run.scheduler.cores() {
            let (slices, dropped) = run.scheduler.take_slices(CoreIndex(core as u16));
            self.slices_dropped += dropped;
            for slice in slices {
                if self.slices.len() < SLICES_MAX {
                    self.slices.push((core, slice));
                } else {
                    self.slices_dropped += 1;
                }
            }
        }
    }
}

/// What a profile holds, in short.
fn summary(profile: &Profile) -> String {
    let mut text = format!("{} samples, about one in {} reductions,", profile.samples, profile.interval);
    for (count, what) in [
        (profile.deep, "of them without their outermost frames"),
        (profile.folded, "reductions count for callers, for lack of room"),
    ] {
        if count > 0 {
            text.push_str(&format!(" {count} {what},"));
        }
    }
    text
}
