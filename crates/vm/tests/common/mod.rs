//! A world of one actor: compiles a program with the standard library, runs it to its end, and answers what it gave.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use bytecode::{Program, SourceFile};
use vm::{
    ActorName, Answer, Band, CapabilityKind, Content, Delivery, Host, Library, Linker, Machine,
    MachineSettings, Mode, Outcome, Question, Refusal, SendError, SpawnError, SpawnRequest, TakeImage,
    report, write_value,
};

/// The host of a lone actor, whose messages to itself arrive. Spawned actors get names and are not run.
#[derive(Default)]
pub struct Lone {
    /// What was written, call by call.
    pub writes: Vec<String>,
    /// What was spawned.
    pub spawned: Vec<SpawnRequest>,
    /// Messages sent: receiver and text.
    pub sent: Vec<(u128, arena::Message)>,
    names: HashMap<String, ActorName>,
    arrived: VecDeque<arena::Message>,
    draws: u64,
}

impl Host for Lone {
    fn me(&self) -> ActorName {
        ActorName { id: 1, slot: 1, generation: 1 }
    }
    fn write(&mut self, text: &str) {
        self.writes.push(text.to_string());
    }
    fn note_test(&mut self, note: vm::TestNote) {
        self.writes.push(format!("{}: {}", note.kind, note.title));
    }
    fn now_ms(&mut self) -> f64 {
        1_500.0
    }
    fn random(&mut self) -> u64 {
        self.draws += 1;
        // SplitMix64.
        let mut word = self.draws.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }
    fn send(&mut self, to: ActorName, message: arena::Message) -> Result<(), SendError> {
        if to == self.me() {
            self.arrived.push_back(message.clone());
        }
        self.sent.push((to.id, message));
        Ok(())
    }
    fn spawn(&mut self, request: SpawnRequest) -> Result<(ActorName, Option<u128>), SpawnError> {
        let monitor = request.monitor.then_some(77);
        self.spawned.push(request);
        let id = 100 + self.spawned.len() as u128;
        Ok((ActorName { id, slot: 2, generation: 1 }, monitor))
    }
    fn link(&mut self, _to: ActorName) {}
    fn unlink(&mut self, _to: ActorName) {}
    fn monitor(&mut self, _of: ActorName) -> u128 {
        self.fresh_identity()
    }
    fn demonitor(&mut self, _monitor: u128) {}
    fn exit_signal(&mut self, _to: ActorName, _reason: arena::Message, _kill: bool) {}
    fn trap_exits(&mut self, _trap: bool) {}
    fn set_band(&mut self, _band: Band) {}
    fn is_alive(&mut self, actor: ActorName) -> bool {
        actor.id == 1
    }
    fn register(&mut self, name: &str, actor: ActorName) -> bool {
        if self.names.contains_key(name) {
            return false;
        }
        self.names.insert(name.to_string(), actor);
        true
    }
    fn whereis(&mut self, name: &str) -> Option<ActorName> {
        self.names.get(name).copied()
    }
    fn unregister(&mut self, name: &str) -> bool {
        self.names.remove(name).is_some()
    }
    fn compile(
        &mut self,
        text: &str,
        _imports: Option<&str>,
        _name: Option<&str>,
    ) -> Result<arena::Value, vm::CompileError> {
        Err(vm::CompileError::Program(format!("no compiler for {text}")))
    }
    fn ask(&mut self, question: &Question<'_>) -> Option<Result<Answer, Refusal>> {
        let why = format!("nobody answers about {}", question.target);
        Some(Err(if question.held.is_some() { Refusal::Failed(why) } else { Refusal::Denied(None) }))
    }
    fn decided(&mut self, _operation: &'static str, _kind: CapabilityKind, _granted: bool) {}
    fn violated(&mut self, _text: &str) {}
    fn resolve(&self, path: &str) -> String {
        format!("/{}", path.trim_start_matches('/'))
    }
    fn write_file(&mut self, file: u32, _bytes: &[u8]) {
        panic!("no file has the number {file}");
    }
    fn is_file_full(&self, _file: u32) -> bool {
        false
    }
    fn flush_file(&mut self, _file: u32, _closes: bool) -> Option<Result<(), Refusal>> {
        Some(Ok(()))
    }
    fn file_path(&self, _file: u32) -> String {
        String::new()
    }
    fn heap_image(&mut self, _take: &TakeImage<'_>) -> Result<Vec<u8>, String> {
        Err("there is no world".to_string())
    }
    fn fresh_identity(&mut self) -> u128 {
        u128::from(self.random()) << 64 | u128::from(self.random())
    }
    fn drain(&mut self, _reductions: u64, into: &mut VecDeque<Delivery>) -> bool {
        into.extend(self.arrived.drain(..).map(|message| Delivery {
            sender: 1,
            sequence: 0,
            sender_number: 1,
            counted_bytes: None,
            content: Content::Message(message),
        }));
        true
    }
    fn consumed(&mut self, _counted_bytes: u32) {}
    fn arm_timeout(&mut self, _ms: f64, _token: u64) {}
    fn disarm_timeout(&mut self, _token: u64) {}
}

struct Standard {
    library: Arc<Library>,
    builtins: Arc<scheme::Builtins>,
}

static STANDARD: LazyLock<Standard> = LazyLock::new(|| {
    let (library, builtins) = scheme::standard().unwrap_or_else(|errors| panic!("{}", errors[0]));
    let exports: Vec<_> = library.exports.iter().map(|(name, index, _)| (name.clone(), *index)).collect();
    let library = Library::new(library.program, &exports).unwrap_or_else(|error| panic!("{error}"));
    Standard { library: Arc::new(library), builtins: Arc::new(builtins) }
});

fn now_ms() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64() * 1_000.0
}

/// Compiles a program.
pub fn compile(source: &str) -> Program {
    let mut session = scheme::Session::new(STANDARD.builtins.clone());
    let file = SourceFile { name: "test.scm".into(), text: source.into() };
    session.compile(&[file]).unwrap_or_else(|errors| panic!("{source}: {}", errors[0])).program
}

/// The procedures of the machine.
pub fn library() -> &'static Library {
    &STANDARD.library
}

/// A machine that is to run a program, in a heap of at most `heap_words` words, and the linker that holds its code.
///
/// # Errors
/// Why the program is refused.
pub fn load(program: Program, heap_words: usize) -> Result<(Linker, Machine), String> {
    let mut linker = Linker::new(STANDARD.library.clone(), &arena::Budget::new(u64::MAX));
    let unit = linker.load(program).map_err(|error| error.to_string())?;
    let heap = arena::HeapSettings::new(heap_words, arena::Budget::new(1 << 30), now_ms);
    let settings = MachineSettings { heap, soft_percent: 0, stack_words_max: heap_words / 16 };
    let start = SpawnRequest::of_entry(unit.entry(), linker.initial_globals());
    let machine = Machine::new(&STANDARD.library, settings, &start).expect("an empty heap has room");
    Ok((linker, machine))
}

/// Runs a program in slices of `fuel` reductions. Answers how it ended, as text, and the host.
pub fn run(source: &str, fuel: i64) -> (String, Lone) {
    let standard = &*STANDARD;
    let loaded = load(compile(source), 64 << 20);
    let (_linker, mut machine) = loaded.unwrap_or_else(|error| panic!("{source}: {error}"));
    let mut host = Lone::default();
    loop {
        let mut left = fuel;
        match machine.step(&standard.library, &mut host, &mut left, None) {
            Outcome::OutOfFuel | Outcome::Yielded => {}
            Outcome::Finished(value) => {
                machine.heap().verify().unwrap_or_else(|error| panic!("{source}: {error}"));
                return (write_value(value, Mode::Write, 1 << 20), host);
            }
            Outcome::Exited { reason, failed: true } => return (report(reason), host),
            Outcome::Exited { reason, .. } => {
                return (format!("exit: {}", write_value(reason, Mode::Write, 1 << 20)), host);
            }
            other => panic!("{source}: {other:?}"),
        }
    }
}

/// The written value of a program, or the report of the error that ends it.
pub fn value_of(source: &str) -> String {
    run(source, 4_000).0
}

/// Checks pairs of program and outcome.
pub fn check(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(&value_of(source), expected, "{source}");
    }
}
