//! A world on a bench: commands in, events out, driven by threads of its own or by the test.
//!
//! 1. Every wait has a bound; what does not come fails its test with what came instead.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use protocol::{
    ActorNumber, Breakpoint, Command, Event, Observation, PauseReason, Problem, RunStatus, Settings,
    Snapshot, SourceText, StepKind, Variant,
};
use world::{Host, World};

use super::now_ms;

const WAIT_MAX: Duration = Duration::from_secs(60);
/// File name of programs on the bench.
pub const FILE: &str = "program.scm";

/// Both variants of an engine: two threads, and one cooperative loop.
pub const VARIANTS: [Variant; 2] = [Variant::Threads, Variant::SingleThread];

/// See the module.
pub struct Bench {
    pub world: World,
    variant: Variant,
    threads: Vec<JoinHandle<()>>,
    /// Everything that was told so far, snapshots apart.
    pub events: Vec<Event>,
    /// The latest picture.
    pub snapshot: Option<Box<Snapshot>>,
}

impl Bench {
    pub fn new(variant: Variant) -> Bench {
        let world =
            World::new(Host { clock: now_ms, notify: || {}, cores: 2, variant, memory_bytes_max: 1 << 30 });
        let mut threads = Vec::new();
        if variant == Variant::Threads {
            for core in 0..2 {
                let cores = world.cores();
                threads.push(thread::spawn(move || cores.run_core(core)));
            }
        }
        Bench { world, variant, threads, events: Vec::new(), snapshot: None }
    }

    /// A world with a program, and nothing running yet.
    pub fn with(variant: Variant, source: &str, breakpoints: &[u32], settings: Settings) -> Bench {
        let mut bench = Bench::new(variant);
        bench.load(source, breakpoints, settings);
        bench
    }

    pub fn load(&mut self, source: &str, breakpoints: &[u32], settings: Settings) {
        self.load_as(FILE, source, breakpoints, settings);
    }

    /// Loads a program whose one file has this name.
    pub fn load_as(&mut self, name: &str, source: &str, breakpoints: &[u32], settings: Settings) {
        let files = vec![SourceText { name: name.to_string(), text: source.to_string() }];
        self.world.command(Command::Load { files, settings, breakpoints: lines(breakpoints) });
        self.look();
    }

    /// One round of the host's loop.
    pub fn look(&mut self) {
        if self.variant == Variant::SingleThread {
            self.world.run_slice(2.0);
        }
        for event in self.world.poll(now_ms()) {
            match event {
                Event::Snapshot(snapshot) => self.snapshot = Some(snapshot),
                event => self.events.push(event),
            }
        }
    }

    /// Runs the host's loop until `find` finds something among the events from `from` on.
    pub fn wait_from<T>(&mut self, from: usize, find: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            self.look();
            if let Some(found) = self.events[from..].iter().find_map(&find) {
                return found;
            }
            assert!(Instant::now() < deadline, "{:?}: still waiting after {:?}", self.variant, self.events);
            if self.variant == Variant::Threads {
                thread::sleep(Duration::from_micros(200));
            }
        }
    }

    /// Gives a command and waits for the next status that is not `Running`.
    pub fn until_it_stands(&mut self, command: Command) -> RunStatus {
        let from = self.events.len();
        self.world.command(command);
        self.wait_from(from, |event| match event {
            Event::Status(RunStatus::Running) => None,
            Event::Status(status) => Some(status.clone()),
            _ => None,
        })
    }

    pub fn run(&mut self) -> RunStatus {
        self.until_it_stands(Command::Run)
    }

    pub fn step(&mut self, kind: StepKind) -> RunStatus {
        self.until_it_stands(Command::Step { actor: ActorNumber(1), kind })
    }

    /// Lets the program run for a while.
    pub fn run_for(&mut self, time: Duration) {
        self.world.command(Command::Run);
        self.wait_for(time);
    }

    /// Runs the host's loop for a while.
    pub fn wait_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.look();
            if self.variant == Variant::Threads {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Asks for pictures of everything there is to see of the main actor.
    pub fn watch(&mut self) {
        let observation = Observation {
            interval_ms: 10,
            selected: Some(ActorNumber(1)),
            actors: Some(protocol::ActorWindow {
                sort: protocol::ActorSort::Number,
                descending: false,
                first: 0,
                count: 500,
            }),
            heap: true,
            mailbox: true,
            frames: true,
            bytecode: true,
            cores: true,
            collections: true,
        };
        self.world.command(Command::Observe(observation));
    }

    /// The status that was told last.
    pub fn status(&self) -> RunStatus {
        let statuses = self.events.iter().rev().filter_map(|event| match event {
            Event::Status(status) => Some(status.clone()),
            _ => None,
        });
        statuses.into_iter().next().expect("a status is told at the start")
    }

    /// The value that the program ends with.
    pub fn until_ended(&mut self) -> String {
        self.wait_from(0, |event| match event {
            Event::Status(RunStatus::Ended { result }) => Some(result.clone()),
            _ => None,
        })
        .expect("a value")
    }

    /// A picture of the main actor as it stands.
    pub fn picture(&mut self) -> Snapshot {
        self.snapshot = None;
        self.watch();
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            self.look();
            if let Some(snapshot) = self.snapshot.take_if(|snapshot| snapshot.selected.is_some()) {
                return *snapshot;
            }
            assert!(Instant::now() < deadline, "no picture came: {:?}", self.events);
        }
    }

    /// The line at which the main actor stands.
    pub fn line(&mut self) -> u32 {
        let picture = self.picture();
        let frames = &picture.selected.as_ref().expect("a selected actor").frames;
        frames.first().and_then(|frame| frame.location.as_ref()).map_or(0, |location| location.line)
    }

    pub fn evaluate(&mut self, source: &str, settings: Settings) -> Result<protocol::Evaluation, String> {
        let from = self.events.len();
        self.world.command(Command::Evaluate { id: 7, source: source.to_string(), settings });
        self.wait_from(from, |event| match event {
            Event::Evaluated { id: 7, result } => Some(result.clone()),
            _ => None,
        })
    }

    pub fn enter(&mut self, source: &str) -> Result<String, String> {
        self.ask(1, source)
    }

    /// Asks a live actor, and waits for the answer.
    pub fn ask(&mut self, actor: u32, source: &str) -> Result<String, String> {
        let from = self.events.len();
        self.put(8, actor, source);
        self.answer(8, from)
    }

    /// Asks a live actor.
    pub fn put(&mut self, id: u32, actor: u32, source: &str) {
        let actor = ActorNumber(actor);
        self.world.command(Command::EvaluateInActor { id, actor, source: source.to_string(), frame: None });
    }

    /// The answer to question `wanted`, among the events from `from` on.
    pub fn answer(&mut self, wanted: u32, from: usize) -> Result<String, String> {
        self.wait_from(from, |event| match event {
            Event::Evaluated { id, result } if *id == wanted => {
                Some(result.clone().map(|answer| answer.value))
            }
            _ => None,
        })
    }

    pub fn output(&self) -> String {
        let text = |event: &Event| match event {
            Event::Output { text, .. } => Some(text.clone()),
            _ => None,
        };
        self.events.iter().filter_map(text).collect()
    }

    pub fn problems(&self) -> Vec<Problem> {
        let problem = |event: &Event| match event {
            Event::Problem(problem) => Some(problem.clone()),
            _ => None,
        };
        self.events.iter().filter_map(problem).collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.world.cores().shut_down();
        for thread in self.threads.drain(..) {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "a core loop panicked");
        }
    }
}

/// Breakpoints on lines of the bench's program.
pub fn lines(lines: &[u32]) -> Vec<Breakpoint> {
    lines.iter().map(|line| Breakpoint::on_line(FILE, *line, true)).collect()
}

/// Why it is paused, if it is.
pub fn paused(status: &RunStatus) -> Option<&PauseReason> {
    match status {
        RunStatus::Paused { reason, .. } => Some(reason),
        _ => None,
    }
}

/// It stands at the breakpoint of this line.
pub fn at_breakpoint(status: &RunStatus, wanted: u32) -> bool {
    matches!(paused(status), Some(PauseReason::Breakpoint { file, line }) if file == FILE && *line == wanted)
}

/// It has ended with this value.
pub fn ended_with(value: &str) -> RunStatus {
    RunStatus::Ended { result: Ok(value.to_string()) }
}
