//! Measurements: a program in a fresh world, to see what its collections cost.
//!
//! 1. A measurement ends: with its main actor, with its time, or when it is given up.
//! 2. What is told of single collections was drained in time; the rest is counted in `dropped`.

use arena::{Kind, PauseHistogram};
use protocol::{CollectorFigures, SourceText};

use crate::compile::text_of;
use crate::run::{Run, RunEnd, RunOptions};

/// A measurement under way.
pub struct Measuring {
    /// Given back with the answer.
    pub id: u32,
    run: Run,
    clock: fn() -> f64,
    started_ms: f64,
    milliseconds_max: u32,
    is_given_up: bool,
    kinds: [u64; Kind::ALL.len()],
    pauses: PauseHistogram,
    figures: CollectorFigures,
}

impl Measuring {
    /// Compiles a program and starts it.
    ///
    /// # Errors
    /// The text of what is wrong with it.
    #[optimize(size)]
    pub fn start(
        id: u32,
        files: &[SourceText],
        options: RunOptions,
        milliseconds_max: u32,
    ) -> Result<Measuring, String> {
        let clock = options.clock;
        let mut run = Run::load(files, options)
            .map_err(|problems| problems.iter().map(text_of).collect::<Vec<_>>().join("\n"))?;
        let started_ms = clock();
        run.start().map_err(|problem| text_of(&problem))?;
        Ok(Measuring {
            id,
            run,
            clock,
            started_ms,
            milliseconds_max,
            is_given_up: false,
            kinds: [0; Kind::ALL.len()],
            pauses: PauseHistogram::default(),
            figures: CollectorFigures::default(),
        })
    }

    /// The figures, once they are complete.
    #[optimize(size)]
    pub fn poll(&mut self) -> Option<CollectorFigures> {
        let end = self.run.end();
        let milliseconds = (self.clock)() - self.started_ms;
        let is_late = milliseconds > f64::from(self.milliseconds_max);
        self.look();
        let trouble = match end {
            Some(RunEnd::Main(Ok(_))) => None,
            Some(RunEnd::Main(Err(problem))) => Some(text_of(&problem)),
            Some(RunEnd::Deadlock(waiting)) => Some(text_of(&self.run.deadlock_problem(&waiting))),
            None if self.is_given_up => Some("given up".to_string()),
            None if is_late => Some(format!("stopped after {} s", f64::from(self.milliseconds_max) / 1e3)),
            None => return None,
        };
        self.run.stop();
        let (_, collection_ms) = self.run.stage.collection_totals();
        let kinds = Kind::ALL.iter().zip(self.kinds).map(|(kind, count)| (kind.name().to_string(), count));
        let longest_ms = self.figures.pause_ms_max;
        Some(CollectorFigures {
            milliseconds,
            trouble,
            collections: kinds.collect(),
            collection_ms,
            pause_ms_p99: self.pauses.quantile_ms(0.99).min(longest_ms),
            ..std::mem::take(&mut self.figures)
        })
    }

    /// Takes in what was collected since the last look.
    #[optimize(size)]
    fn look(&mut self) {
        // Nobody reads what it writes.
        drop(self.run.stage.take_output());
        let (taken, dropped) = self.run.stage.take_collections();
        let figures = &mut self.figures;
        figures.dropped += dropped;
        for (_, _, one) in taken {
            self.kinds[one.kind as usize] += 1;
            self.pauses.add(one.pause_ms);
            figures.pause_ms_max = figures.pause_ms_max.max(one.pause_ms);
            figures.words_moved += one.moved_words as u64;
        }
        figures.bytes_max = figures.bytes_max.max(self.run.stage.budget.used_bytes());
    }

    /// Ends it at the next poll.
    pub fn give_up(&mut self) {
        self.is_given_up = true;
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The run, to be retired at the end.
    pub fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }
}
