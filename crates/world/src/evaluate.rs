//! Evaluations: a program in a fresh world, answered when its main actor ends.

use protocol::{Evaluation, SourceText};

use crate::compile::text_of;
use crate::run::{Run, RunEnd, RunOptions};

/// An evaluation under way.
pub struct Evaluating {
    /// Given back with the answer.
    pub id: u32,
    run: Run,
    started_ms: f64,
    clock: fn() -> f64,
    output: String,
}

impl Evaluating {
    /// Compiles `source` and starts it.
    ///
    /// # Errors
    /// The text of what is wrong with it.
    pub fn start(id: u32, source: String, options: RunOptions) -> Result<Evaluating, String> {
        let clock = options.clock;
        let started_ms = clock();
        let file = SourceText { name: "program.scm".to_string(), text: source };
        let mut run = Run::load(&[file], options)
            .map_err(|problems| problems.iter().map(text_of).collect::<Vec<_>>().join("\n"))?;
        run.start().map_err(|problem| text_of(&problem))?;
        Ok(Evaluating { id, run, started_ms, clock, output: String::new() })
    }

    /// The answer, once there is one.
    #[optimize(size)]
    pub fn poll(&mut self) -> Option<Result<Evaluation, String>> {
        let end = self.run.end()?;
        self.run.stop();
        let writes = self.run.stage.take_output();
        self.output.extend(writes.iter().map(|write| write.text.as_str()));
        let output = std::mem::take(&mut self.output);
        Some(match end {
            RunEnd::Main(Ok(value)) => {
                Ok(Evaluation { value, output, milliseconds: (self.clock)() - self.started_ms })
            }
            RunEnd::Main(Err(problem)) => Err(text_of(&problem)),
            RunEnd::Deadlock(waiting) => Err(text_of(&self.run.deadlock_problem(&waiting))),
        })
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    pub(crate) fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }
}
