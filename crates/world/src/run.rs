//! One program and its actors.

use std::sync::{Arc, PoisonError};

use arena::{Budget, Value};
use executor::{Clock, Pool, Waker, WorkId};
use protocol::{Endowment, Problem, Settings, SourceText};
use scheduler::{Activity, Address, Band, Config, Inspection, Limits, Notice, Scheduler};
use scheme::Sources;
use scheme::passes::Passes;
use vm::{Linker, Machine, SpawnRequest};

use crate::actor::{Performer, Reason};
use crate::compile::{Compiler, foundation, plain_problem};
use crate::desk::Outside;
use crate::journal::Recording;
use crate::stage::{MainEnd, Stage, StageParts, mailbox_bytes_max};

/// How long to wait before another look for an answer of the host, ms.
const HOST_LOOK_MS: f64 = 0.5;

/// How a run is driven.
#[derive(Clone)]
pub enum Drive {
    /// By the first so many cores of a pool whose loops run on threads of their own.
    Pool(Pool, usize),
    /// By whoever calls [`Run::scheduler`]'s `run_until_idle`, or through a pool of one cooperative core.
    Alone,
}

/// What a run is made with.
#[derive(Clone)]
pub struct RunOptions {
    /// Limits and seed.
    pub settings: Settings,
    /// Bytes for all actors.
    pub world_bytes_max: u64,
    /// Milliseconds of real time.
    pub clock: fn() -> f64,
    /// Something is worth a look.
    pub notify: fn(),
    /// What drives it.
    pub drive: Drive,
    /// The run is over when the main actor ends, rather than when all have.
    pub ends_with_main: bool,
    /// The main actor waits for further entries after its end.
    pub interactive: bool,
    /// Most reductions in one slice; see [`crate::actor::QUANTUM`].
    pub quantum: u64,
    /// Words of its journal that are kept; see [`crate::journal::JOURNAL_WORDS_MAX`].
    pub journal_words_max: usize,
    /// To repeat an earlier run.
    pub replay: Option<Recording>,
    /// What its programs start with.
    pub endowment: Endowment,
    /// Who carries out what actors ask of the host; without, the host polls the run's [`crate::Desk`].
    pub outside: Option<Arc<dyn Outside>>,
    /// Where included files come from.
    pub sources: Option<Arc<dyn Sources>>,
    /// What the compiler does to make the program faster.
    pub passes: Passes,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum RunEnd {
    /// The main actor has ended.
    Main(MainEnd),
    /// All actors wait and nothing is pending: their numbers.
    Deadlock(Vec<u32>),
}

/// One program and its actors. Dropping it stops the actors.
pub struct Run {
    /// What the actors share.
    pub stage: Arc<Stage>,
    /// The actors.
    pub scheduler: Arc<Scheduler<Performer>>,
    drive: Drive,
    work: Option<WorkId>,
    options: RunOptions,
    entry: Value,
    main: Option<Address>,
    /// Warnings of the compiler.
    pub warnings: Vec<Problem>,
}

// The entry is a shared object of the run's own linker.
impl Run {
    /// Compiles and loads a program; nothing runs yet.
    ///
    /// # Errors
    /// What is wrong with the source.
    #[optimize(size)]
    pub fn load(files: &[SourceText], options: RunOptions) -> Result<Run, Vec<Problem>> {
        let mut compiler = Compiler::new(options.sources.clone(), options.passes);
        let replaying = options.replay.is_some();
        let budget = Budget::new(if replaying { u64::MAX >> 1 } else { options.world_bytes_max });
        let mut linker = Linker::new(foundation().library.clone(), &budget);
        let (entry, warnings) = compiler.load(&mut linker, files)?;
        let (cores, waker) = match &options.drive {
            Drive::Pool(pool, cores) => (*cores, pool.waker(*cores)),
            Drive::Alone => (1, Waker::none()),
        };
        let suggestions = compiler.take_suggestions();
        let stage = Stage::new(StageParts {
            linker,
            compiler,
            settings: options.settings.clone(),
            budget,
            clock: options.clock,
            cores,
            quantum: options.quantum,
            journal_words_max: options.journal_words_max,
            replay: options.replay.clone(),
            endowment: options.endowment.clone(),
            outside: options.outside.clone(),
            notify: options.notify,
        });
        let settings = &options.settings;
        // A replay is refused what the recording was refused, and nothing else.
        let bound = |limit: u64| if options.replay.is_some() { u64::MAX } else { limit };
        let clock: Arc<dyn Clock> = Arc::new(options.clock);
        let notify = options.notify;
        let scheduler = Scheduler::new(Config {
            cores,
            limits: Limits {
                mailbox_messages_max: bound(settings.mailbox_messages_max),
                mailbox_bytes_max: bound(mailbox_bytes_max(settings).0),
                actors_max: bound(settings.actors_max),
            },
            clock,
            waker,
            notify: Box::new(move |notice| match notice {
                Notice::MainEnded | Notice::CoreIdle => notify(),
            }),
        });
        stage.set_scheduler(&scheduler);
        stage.add_suggestions(suggestions);
        let drive = options.drive.clone();
        Ok(Run { stage, scheduler, drive, work: None, options, entry, main: None, warnings })
    }

    /// Starts the main actor.
    ///
    /// # Errors
    /// When there is no room for it.
    #[optimize(size)]
    pub fn start(&mut self) -> Result<(), Box<Problem>> {
        let mut request = SpawnRequest::of_entry(self.entry, self.stage.linker().initial_globals());
        request.capabilities = Some(self.stage.capabilities.clone());
        let machine = Machine::new(&self.stage.library, self.stage.machine_settings(), &request)
            .map(Box::new)
            .map_err(|error| Box::new(plain_problem(error.to_string())))?;
        let performer = Performer::main(machine, &self.stage, self.options.interactive);
        let main = self
            .scheduler
            .start(performer, Band::Normal)
            .map_err(|(_, error)| Box::new(plain_problem(error.to_string())))?;
        self.main = Some(main);
        if let Drive::Pool(pool, _) = &self.drive {
            self.work = Some(pool.attach(self.scheduler.clone()));
        }
        Ok(())
    }

    /// The main actor.
    pub fn main(&self) -> Option<Address> {
        self.main
    }

    /// The run has been started.
    pub fn is_started(&self) -> bool {
        self.main.is_some()
    }

    /// How the main actor ended, if it has.
    pub fn main_end(&self) -> Option<MainEnd> {
        if let Some(end) = self.stage.main_end() {
            return Some(end);
        }
        // A fault of the machine itself ends an actor without its own doing.
        match self.scheduler.main_ended()? {
            Reason::Normal => self.stage.main_end(),
            reason => Some(Err(plain_problem(reason.text().to_string()))),
        }
    }

    /// How the run has ended, if it has.
    #[optimize(size)]
    pub fn end(&self) -> Option<RunEnd> {
        if let Some(end) = self.main_end() {
            let others = || !self.stands_still(&[Activity::Deadlock, Activity::Ended]);
            if self.options.ends_with_main || !others() {
                return Some(RunEnd::Main(end));
            }
            return None;
        }
        if self.is_started() && self.stands_still(&[Activity::Deadlock]) && self.main_end().is_none() {
            return Some(RunEnd::Deadlock(self.waiting()));
        }
        None
    }

    /// It does one of these, and nobody waits for the host.
    fn stands_still(&self, doing: &[Activity]) -> bool {
        self.stage.desk.is_settled(|| doing.contains(&self.scheduler.activity()))
    }

    /// Sends off what actors have written to files and not flushed: of those that do not run now.
    #[optimize(size)]
    pub fn send_off_files(&self) {
        if self.stage.desk.output_files() == 0 {
            return;
        }
        let mut live = Vec::new();
        self.scheduler.for_each_actor(|view| live.push(view.address));
        for address in live {
            // Who has ended in the meantime has sent its own off.
            let _ended = self.scheduler.with_actor(address, |actor| actor.personal.asking.send_off());
        }
    }

    /// Ends the run for good. Afterwards the desk has everything that is to be written to files. Returns once no slice runs.
    pub fn retire(&mut self) {
        self.stop();
        self.stage.desk.withdraw_questions();
        if self.stage.desk.output_files() > 0 {
            while !self.scheduler.is_quiet() {
                std::thread::yield_now();
            }
            self.send_off_files();
        }
    }

    /// Numbers of the actors that wait, at most 100.
    fn waiting(&self) -> Vec<u32> {
        let mut waiting = Vec::new();
        self.scheduler.for_each_actor(|view| {
            if waiting.len() < 100 {
                waiting.push(view.number);
            }
        });
        waiting.sort_unstable();
        waiting
    }

    /// The problem that a deadlock is: who waits, and where.
    #[optimize(size)]
    pub fn deadlock_problem(&self, waiting: &[u32]) -> Problem {
        let mut places = Vec::new();
        let mut location = None;
        self.scheduler.for_each_actor(|view| places.push((view.number, view.address)));
        places.retain(|(number, _)| waiting.contains(number));
        places.sort_unstable_by_key(|(number, _)| *number);
        let mut lines = Vec::new();
        for (number, address) in places.into_iter().take(10) {
            let looked = self.scheduler.with_actor(address, |actor| {
                let linker = self.stage.linker();
                let place = crate::inspect::failure(
                    &actor.machine,
                    &linker,
                    "",
                    number,
                    None,
                    crate::inspect::Culprit::Innermost,
                )
                .location;
                (actor.label(), place)
            });
            if let Ok((label, place)) = looked {
                let at = place
                    .as_ref()
                    .map_or(String::new(), |place| format!(" at {}:{}", place.file, place.line));
                lines.push(format!("actor {number} ({label}){at}"));
                location = location.or(place);
            }
        }
        let more = waiting.len().saturating_sub(lines.len());
        let more = if more == 0 { String::new() } else { format!(", and {more} more") };
        let mut problem = plain_problem(format!(
            "deadlock: every actor waits for a message and nothing is pending: {}{more}",
            lines.join(", ")
        ));
        problem.location = location;
        problem
    }

    /// Compiles another unit and has the main actor run it; it must be resting.
    ///
    /// # Errors
    /// What is wrong with the source, or that the actor is busy.
    #[optimize(size)]
    pub fn enter(&mut self, files: &[SourceText]) -> Result<Vec<Problem>, Vec<Problem>> {
        let compiler = self.stage.compiler.clone();
        let mut compiler = compiler.lock().unwrap_or_else(PoisonError::into_inner);
        let (entry, warnings) = self.stage.with_linker(|linker| compiler.load(linker, files))?;
        self.stage.add_suggestions(compiler.take_suggestions());
        drop(compiler);
        let Some(main) = self.main else {
            self.entry = entry;
            self.start().map_err(|problem| vec![*problem])?;
            return Ok(warnings);
        };
        self.stage.clear_main_end();
        let globals = self.stage.linker().initial_globals();
        let restarted = self.scheduler.with_actor(main, |actor| {
            if actor.resting {
                actor.machine.add_globals(&globals);
                actor.restart(entry);
            }
            !actor.resting
        });
        match restarted {
            Ok(true) => {
                self.scheduler.wake(main);
                Ok(warnings)
            }
            _ => Err(vec![plain_problem("the main actor is busy; pause or stop it first".to_string())]),
        }
    }

    /// The address of a live actor.
    pub fn actor(&self, number: u32) -> Option<Address> {
        let mut found = None;
        self.scheduler.for_each_actor(|view| {
            if view.number == number {
                found = Some(view.address);
            }
        });
        found
    }

    /// The main actor has come to the end of its program, and waits for an entry.
    pub fn main_rests(&self) -> bool {
        self.main.is_some_and(|main| self.scheduler.with_actor(main, |actor| actor.resting).unwrap_or(false))
    }

    /// Has a live actor evaluate `file` in its environment, between two slices and whatever it does or waits for; then it
    /// goes on. [`Stage::take_answers`] has what comes of it, under the number `question`.
    ///
    /// # Errors
    /// When there is no such actor.
    #[optimize(size)]
    pub fn ask(
        &mut self,
        question: u64,
        number: u32,
        file: SourceText,
        frame: Option<usize>,
    ) -> Result<(), Box<Problem>> {
        let gone = || Box::new(plain_problem(format!("there is no live actor {number}")));
        let address = self.actor(number).ok_or_else(gone)?;
        let who = (address.id.0, number);
        match self.scheduler.inspect(address, move |actor| actor.ask(question, who, file, frame)) {
            Inspection::Ended => Err(gone()),
            Inspection::Done | Inspection::Later => {
                self.scheduler.wake(address);
                Ok(())
            }
        }
    }

    /// Gives up a question to an actor, which goes on with what it did before. The answer says so.
    #[optimize(size)]
    pub fn give_up(&mut self, question: u64, number: u32) {
        if let Some(address) = self.actor(number) {
            self.scheduler.inspect(address, move |actor| actor.give_up(question));
            self.scheduler.wake(address);
        }
    }

    /// Ends the run: no slice starts any more; the state stays.
    pub fn stop(&mut self) {
        self.scheduler.stop();
    }

    /// After [`Run::stop`], when the scheduler is quiet: everything that actors learned.
    ///
    /// # Errors
    /// How many entries were let go, if the journal has overflowed.
    #[optimize(size)]
    pub fn recording(&mut self) -> Result<Recording, u64> {
        let mut live = Vec::new();
        self.scheduler.for_each_actor(|view| live.push(view.address));
        for address in live {
            // An actor that ended in the meantime has handed its entries on itself.
            let _ended = self.scheduler.with_actor(address, move |actor| actor.note_stop(address.id.0));
        }
        self.stage.journal.recording()
    }

    /// Runs to the end on the calling thread. Waits for timers by asking `wait` to sleep for so many milliseconds.
    #[optimize(size)]
    pub fn run_to_end(&mut self, mut wait: impl FnMut(f64)) -> RunEnd {
        loop {
            let activity = self.scheduler.run_until_idle();
            if let Some(end) = self.end() {
                return end;
            }
            match activity {
                Activity::Waiting { due_ms } => wait((due_ms - self.scheduler.now_ms()).max(0.0)),
                _ => wait(HOST_LOOK_MS),
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.scheduler.stop();
        if let (Drive::Pool(pool, _), Some(work)) = (&self.drive, self.work.take()) {
            pool.detach(work);
        }
    }
}
