//! The sandbox of transformers: a machine for each run of one, with a small heap, without a world.
//!
//! 1. A run begins with a fresh machine and the transformer's own globals, and takes nothing from outside: what it answers is a
//!    function of its program and of what it is given ([`scheme::sandbox`]).
//! 2. The form that a transformer gets is made of shared objects, which neither move nor change. So what comes back of them
//!    is known by its address. They live until the machine is gone.
//! 3. What a transformer evaluates is compiled and loaded beside its own program, by a compiler and a linker that the run has
//!    to itself. Both go with it, after the machine.
//! 4. An identifier is a symbol. One that a macro has made has a hash that is not its text's, but follows from its alias.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use arena::{
    Budget, HeapSettings, Message, ObjectTag, SharedHeap, Value, WordMap, init_symbol, symbol_words,
    text_hash,
};
use bytecode::Program;
use scheme::Session;
use scheme::sandbox::{
    Allowance, Failure, Names, Piece, Sandbox, Surroundings, Transformer, evaluation_steps,
};
use vm::{
    ActorName, Answer, Band, CapabilityKind, CompileError, Delivery, ErrorKind, Expansion, Host, Library,
    Linker, Machine, MachineSettings, Outcome, Question, Refusal, SendError, SpawnError, SpawnRequest,
    TakeImage, TestNote, Unit,
};

use crate::compile::{self, Compiler, foundation};
use crate::inspect;

/// Reductions between two looks at what the machine did.
const SLICE: u64 = 2_000;
/// Words of stack for each word of heap.
const STACK_SHARE: usize = 4;
/// Frames that are looked at for the place of an error.
const FRAMES_MAX: usize = 50;
/// Memory of a transformer's code.
const CODE_BYTES_MAX: u64 = 64 << 20;
/// Beyond what a heap may hold, chunks that a collection needs, and the code of what is evaluated.
const SPARE: u64 = 4;
/// The number of a transformer's own unit.
const OWN_UNIT: u32 = 1;

/// Makes transformers that run on machines of their own.
#[derive(Debug)]
pub(crate) struct Machines {
    /// The machine's builtins.
    pub library: Arc<Library>,
}

impl Sandbox for Machines {
    #[optimize(size)]
    fn load(
        &self,
        program: Program,
        surroundings: Option<Surroundings>,
        allowance: Allowance,
    ) -> (u64, Result<Arc<dyn Transformer>, Failure>) {
        if let Err(error) = bytecode::verify(&program) {
            return (0, Err(Failure::Load(format!("its bytecode does not verify: {error}"))));
        }
        let mut linker = Linker::new(self.library.clone(), &Budget::new(CODE_BYTES_MAX));
        let unit = match linker.load(program) {
            Ok(unit) => unit,
            Err(error) => return (0, Err(Failure::Load(error.to_string()))),
        };
        let code = Code { linker: Arc::new(linker), unit, surroundings: surroundings.map(Arc::new) };
        let mut nobody = Nobody::default();
        let mut desk = Desk::new(&code, allowance, Use::new(None, &mut nobody, WordMap::default()));
        let (steps, made) = code.run(&mut desk, allowance);
        let made = made.map(|_| ());
        drop(desk);
        (steps, made.map(|()| Arc::new(code) as Arc<dyn Transformer>))
    }
}

/// A transformer's code.
struct Code {
    linker: Arc<Linker>,
    unit: Arc<Unit>,
    /// Where it evaluates, if it does.
    surroundings: Option<Arc<Surroundings>>,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code({} procedures)", self.unit.program.procedures.len())
    }
}

impl Code {
    /// Runs the code to its end. The value lives as long as the machine that comes with it.
    #[optimize(size)]
    fn run(&self, desk: &mut Desk<'_>, allowance: Allowance) -> (u64, Result<(Machine, Value), Failure>) {
        let library = self.linker.library();
        let settings = MachineSettings {
            heap: HeapSettings::new(allowance.heap_words, desk.budget.clone(), || 0.0),
            soft_percent: 0,
            stack_words_max: allowance.heap_words / STACK_SHARE,
        };
        let mut start = SpawnRequest::of_entry(self.unit.entry(), self.linker.initial_globals());
        start.capabilities = Some(Message::of_shared(Value::NIL));
        let Ok(mut machine) = Machine::new(library, settings, &start) else {
            return (0, Err(Failure::Memory));
        };
        loop {
            let used = machine.reductions() + desk.compiling;
            if used >= allowance.steps {
                return (used, Err(Failure::Steps));
            }
            desk.steps_left = allowance.steps - used;
            let mut fuel = SLICE.min(desk.steps_left) as i64;
            let outcome = machine.step(library, desk, &mut fuel, None);
            let used = machine.reductions() + desk.compiling;
            if let Some(failure) = desk.failure.take() {
                return (used, Err(failure));
            }
            match outcome {
                Outcome::OutOfFuel | Outcome::Yielded | Outcome::Stopped(_) => {}
                Outcome::Finished(value) => return (used, Ok((machine, value))),
                Outcome::Waiting => return (used, Err(Failure::Unavailable("waiting is"))),
                Outcome::Exited { reason, .. } => {
                    return (used, Err(self.raised(desk.linker(), &machine, reason)));
                }
            }
        }
    }

    #[optimize(size)]
    fn raised(&self, linker: &Linker, machine: &Machine, reason: Value) -> Failure {
        match ErrorKind::of(reason) {
            Some(ErrorKind::HeapLimit | ErrorKind::WorldLimit | ErrorKind::StackLimit) => Failure::Memory,
            _ => {
                // What it called of the library says nothing to its author, and what it evaluates has no place.
                let views = machine.frames(linker, FRAMES_MAX);
                let own = views.iter().find(|view| view.site.0 == OWN_UNIT && view.span.is_some());
                let unbound = vm::unbound_name(reason);
                let read = unbound.as_ref().and_then(|name| own?.use_of_global(linker, name));
                let place = read.or(own.and_then(|view| view.span));
                Failure::Raised { message: vm::report(reason), place, unbound }
            }
        }
    }
}

impl Transformer for Code {
    #[optimize(size)]
    fn transform(
        &self,
        pieces: &mut Vec<Piece>,
        names: &mut dyn Names,
        allowance: Allowance,
    ) -> (u64, Result<u32, Failure>) {
        // Before the machine, so that it goes after it.
        let mut shared = SharedHeap::new();
        let mut aliases = WordMap::default();
        let values = match self.unpack(pieces, &mut shared, &mut aliases) {
            Ok(values) => values,
            Err(failure) => return (0, Err(failure)),
        };
        let form = values.last().copied();
        let mut desk = Desk::new(self, allowance, Use::new(form, names, aliases));
        let (steps, ran) = self.run(&mut desk, allowance);
        let result = ran.and_then(|(machine, value)| {
            let result = Packer::new(pieces, &values, &mut desk.uses).pack(value);
            drop(machine);
            result
        });
        (steps, result)
    }
}

impl Code {
    /// Shared values of pieces; notes which alias a symbol's hash stands for.
    #[optimize(size)]
    fn unpack(
        &self,
        pieces: &[Piece],
        shared: &mut SharedHeap,
        aliases: &mut WordMap<u64, u32>,
    ) -> Result<Vec<Value>, Failure> {
        let mut values: Vec<Value> = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let value = match piece {
                Piece::Identifier { name, alias: 0 } => {
                    self.linker.known_symbol(name).unwrap_or_else(|| shared.symbol(name))
                }
                Piece::Identifier { name, alias } => {
                    let hash = hash_of(*alias);
                    aliases.insert(hash, *alias);
                    let symbol = shared.alloc(ObjectTag::Symbol, symbol_words(name));
                    init_symbol(symbol, name);
                    symbol.set_raw(1, hash);
                    symbol
                }
                Piece::Pair(first, rest) => {
                    let parts = [values[*first as usize], values[*rest as usize]];
                    shared.object(ObjectTag::Pair, &parts)
                }
                Piece::Vector(parts) => {
                    let elements: Vec<Value> = parts.iter().map(|part| values[*part as usize]).collect();
                    shared.object(ObjectTag::Vector, &elements)
                }
                Piece::Atom(constant) => vm::shared_atom(shared, constant)
                    .ok_or_else(|| Failure::Load("the use holds a number that is too large".to_string()))?,
            };
            values.push(value);
        }
        Ok(values)
    }
}

/// The hash of the symbols that stand for an alias: SplitMix64, which gives no two of them the same.
fn hash_of(alias: u32) -> u64 {
    mixed(u64::from(alias).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn mixed(mut word: u64) -> u64 {
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// The use that is being transformed.
struct Use<'a> {
    form: Option<Value>,
    names: &'a mut dyn Names,
    /// Aliases that the transformer may have met, by the hashes of their symbols.
    aliases: WordMap<u64, u32>,
}

impl<'a> Use<'a> {
    fn new(form: Option<Value>, names: &'a mut dyn Names, aliases: WordMap<u64, u32>) -> Use<'a> {
        Use { form, names, aliases }
    }

    /// The alias of a symbol. One that neither the use nor `rename` has given is a name that the transformer has made up.
    fn alias(&self, name: &str, hash: u64) -> Option<u32> {
        if hash == text_hash(name.chars().map(u32::from)) {
            return Some(0);
        }
        self.aliases.get(&hash).copied()
    }

    fn alias_or_new(&mut self, name: &str, hash: u64) -> u32 {
        if let Some(known) = self.alias(name, hash) {
            return known;
        }
        let new = self.names.invent(name);
        self.aliases.insert(hash, new);
        new
    }
}

impl Expansion for Use<'_> {
    fn form(&self) -> Option<Value> {
        self.form
    }

    fn rename(&mut self, name: &str, hash: u64) -> u64 {
        let alias = self.alias_or_new(name, hash);
        let renamed = self.names.rename(name, alias);
        let hash = hash_of(renamed);
        self.aliases.insert(hash, renamed);
        hash
    }

    fn is_same(&self, left: (&str, u64), right: (&str, u64)) -> bool {
        match (self.alias(left.0, left.1), self.alias(right.0, right.1)) {
            (Some(one), Some(other)) => self.names.is_same((left.0, one), (right.0, other)),
            _ => left == right,
        }
    }
}

/// Makes pieces of what a transformer has answered.
struct Packer<'a, 'b> {
    pieces: &'a mut Vec<Piece>,
    uses: &'a mut Use<'b>,
    /// Pieces of objects, by address; `None` while their parts are being made.
    known: WordMap<u64, Option<u32>>,
    identifiers: HashMap<(Arc<str>, u32), u32>,
}

/// What is left to do.
enum Step {
    Visit(Value),
    Pair(Value),
    Vector(Value),
}

impl<'a, 'b> Packer<'a, 'b> {
    #[optimize(size)]
    fn new(pieces: &'a mut Vec<Piece>, values: &[Value], uses: &'a mut Use<'b>) -> Packer<'a, 'b> {
        let mut known = WordMap::with_capacity_and_hasher(values.len(), Default::default());
        let mut identifiers = HashMap::new();
        for (index, (piece, value)) in pieces.iter().zip(values).enumerate() {
            match piece {
                Piece::Identifier { name, alias } => {
                    identifiers.insert((name.clone(), *alias), index as u32);
                }
                _ if value.is_reference() => {
                    known.insert(value.bits(), Some(index as u32));
                }
                _ => {}
            }
        }
        Packer { pieces, uses, known, identifiers }
    }

    fn add(&mut self, piece: Piece) -> u32 {
        self.pieces.push(piece);
        self.pieces.len() as u32 - 1
    }

    /// The machine stands still, so that objects stay where they are.
    #[optimize(size)]
    fn pack(mut self, root: Value) -> Result<u32, Failure> {
        let mut steps = vec![Step::Visit(root)];
        let mut done: Vec<u32> = Vec::new();
        while let Some(step) = steps.pop() {
            match step {
                Step::Visit(value) => {
                    if let Some(piece) = self.visit(value, &mut steps)? {
                        done.push(piece);
                    }
                }
                Step::Pair(value) => {
                    let (first, rest) = (done.pop(), done.pop());
                    let piece = self.add(Piece::Pair(first.unwrap_or(0), rest.unwrap_or(0)));
                    self.known.insert(value.bits(), Some(piece));
                    done.push(piece);
                }
                Step::Vector(value) => {
                    let parts = done.split_off(done.len() - value.words());
                    let piece = self.add(Piece::Vector(parts));
                    self.known.insert(value.bits(), Some(piece));
                    done.push(piece);
                }
            }
        }
        done.pop().ok_or(Failure::Cyclic)
    }

    /// The piece of a value, unless its parts have to be made first.
    #[optimize(size)]
    fn visit(&mut self, value: Value, steps: &mut Vec<Step>) -> Result<Option<u32>, Failure> {
        match self.known.get(&value.bits()) {
            Some(Some(piece)) if value.is_reference() => return Ok(Some(*piece)),
            Some(None) => return Err(Failure::Cyclic),
            _ => {}
        }
        match value.object_tag() {
            Some(ObjectTag::Symbol) => Ok(Some(self.identifier(value))),
            Some(ObjectTag::Pair) => {
                self.known.insert(value.bits(), None);
                // The first part is made last, and so is on top.
                steps.extend([Step::Pair(value), Step::Visit(value.car()), Step::Visit(value.cdr())]);
                Ok(None)
            }
            Some(ObjectTag::Vector) => {
                self.known.insert(value.bits(), None);
                steps.push(Step::Vector(value));
                steps.extend(value.fields().iter().rev().map(|part| Step::Visit(*part)));
                Ok(None)
            }
            _ => match vm::atom_of(value) {
                Some(constant) => {
                    let piece = self.add(Piece::Atom(constant));
                    if value.is_reference() {
                        self.known.insert(value.bits(), Some(piece));
                    }
                    Ok(Some(piece))
                }
                None => Err(Failure::Foreign(inspect::shown(value))),
            },
        }
    }

    fn identifier(&mut self, symbol: Value) -> u32 {
        let name: Arc<str> = symbol.symbol_text().into();
        let alias = self.uses.alias_or_new(&name, symbol.raw(1));
        if let Some(known) = self.identifiers.get(&(name.clone(), alias)) {
            return *known;
        }
        let piece = self.add(Piece::Identifier { name: name.clone(), alias });
        self.identifiers.insert((name, alias), piece);
        piece
    }
}

/// The host of a machine that has no world.
struct Desk<'a> {
    uses: Use<'a>,
    code: &'a Code,
    depth: u32,
    /// Memory of the run: the machine's, and that of what is evaluated.
    budget: Arc<Budget>,
    /// Why the run is over.
    failure: Option<Failure>,
    /// Steps that were left when the machine's present slice began, less those that compiling has taken since.
    steps_left: u64,
    /// Steps that compiling has taken.
    compiling: u64,
    evaluator: Option<Evaluator>,
}

/// Compiles and loads what one run evaluates.
struct Evaluator {
    compiler: Compiler,
    linker: Linker,
    /// Texts that were compiled.
    compiled: u64,
}

impl<'a> Desk<'a> {
    fn new(code: &'a Code, allowance: Allowance, uses: Use<'a>) -> Desk<'a> {
        let budget = Budget::new(SPARE * 8 * allowance.heap_words as u64);
        let depth = allowance.depth;
        Desk { uses, code, depth, budget, failure: None, steps_left: 0, compiling: 0, evaluator: None }
    }

    fn deny(&mut self, what: &'static str) {
        self.failure.get_or_insert(Failure::Unavailable(what));
    }

    /// Whoever loaded the code that the machine runs.
    fn linker(&self) -> &Linker {
        self.evaluator.as_ref().map_or(&self.code.linker, |evaluator| &evaluator.linker)
    }

    #[optimize(size)]
    fn evaluate(&mut self, text: &str, imports: Option<&str>) -> Result<Value, CompileError> {
        let over = || CompileError::Program("not available while a macro is being expanded".to_string());
        let Some(surroundings) = &self.code.surroundings else {
            self.deny("`eval` is");
            return Err(over());
        };
        if self.failure.is_some() || self.steps_left < evaluation_steps(text.len()) {
            self.failure.get_or_insert(Failure::Steps);
            return Err(over());
        }
        let evaluator = self.evaluator.get_or_insert_with(|| {
            let session = Session::within(foundation().builtins.clone(), surroundings, self.depth);
            let linker = Linker::upon(&self.code.linker, &self.budget);
            Evaluator { compiler: Compiler::of(session), linker, compiled: 0 }
        });
        let Evaluator { compiler, linker, compiled } = evaluator;
        compiler.session().set_steps_max(self.steps_left);
        let mut name = || {
            *compiled += 1;
            format!("eval-{compiled}")
        };
        let mut load = |program| linker.load(program);
        let made = compile::evaluate(compiler, &self.budget, &mut load, imports, None, &mut name, text);
        let steps = compiler.session().steps();
        self.compiling += steps;
        self.steps_left = self.steps_left.saturating_sub(steps);
        if self.steps_left == 0 {
            self.failure = Some(Failure::Steps);
        }
        made
    }
}

const OUTPUT: &str = "the output is";
const ACTORS: &str = "other actors are";
const FILES: &str = "files are";
const CLOCK: &str = "the clock is";

impl Host for Desk<'_> {
    fn me(&self) -> ActorName {
        ActorName::default()
    }
    fn write(&mut self, _text: &str) {
        self.deny(OUTPUT);
    }
    fn note_test(&mut self, _note: TestNote) {
        self.deny("the report of tests is");
    }
    fn now_ms(&mut self) -> f64 {
        self.deny(CLOCK);
        0.0
    }
    fn random(&mut self) -> u64 {
        self.deny("chance is");
        0
    }
    fn send(&mut self, _to: ActorName, _message: Message) -> Result<(), SendError> {
        self.deny(ACTORS);
        Ok(())
    }
    fn spawn(&mut self, _request: SpawnRequest) -> Result<(ActorName, Option<u128>), SpawnError> {
        self.deny(ACTORS);
        Err(SpawnError::TooManyActors { limit: 0 })
    }
    fn link(&mut self, _to: ActorName) {
        self.deny(ACTORS);
    }
    fn unlink(&mut self, _to: ActorName) {
        self.deny(ACTORS);
    }
    fn monitor(&mut self, _of: ActorName) -> u128 {
        self.deny(ACTORS);
        0
    }
    fn demonitor(&mut self, _monitor: u128) {
        self.deny(ACTORS);
    }
    fn exit_signal(&mut self, _to: ActorName, _reason: Message, _kill: bool) {
        self.deny(ACTORS);
    }
    fn trap_exits(&mut self, _trap: bool) {
        self.deny(ACTORS);
    }
    fn set_band(&mut self, _band: Band) {
        self.deny(ACTORS);
    }
    fn is_alive(&mut self, _actor: ActorName) -> bool {
        self.deny(ACTORS);
        false
    }
    fn register(&mut self, _name: &str, _actor: ActorName) -> bool {
        self.deny(ACTORS);
        false
    }
    fn whereis(&mut self, _name: &str) -> Option<ActorName> {
        self.deny(ACTORS);
        None
    }
    fn unregister(&mut self, _name: &str) -> bool {
        self.deny(ACTORS);
        false
    }
    fn compile(
        &mut self,
        text: &str,
        imports: Option<&str>,
        _file: Option<&str>,
    ) -> Result<Value, CompileError> {
        self.evaluate(text, imports)
    }
    fn ask(&mut self, _question: &Question<'_>) -> Option<Result<Answer, Refusal>> {
        self.deny("the world outside is");
        Some(Err(Refusal::Denied(None)))
    }
    fn decided(&mut self, _operation: &'static str, _kind: CapabilityKind, _granted: bool) {
        self.deny("the world outside is");
    }
    fn violated(&mut self, _text: &str) {
        self.deny("the log of decisions is");
    }
    fn resolve(&self, path: &str) -> String {
        path.to_string()
    }
    fn write_file(&mut self, _file: u32, _bytes: &[u8]) {
        self.deny(FILES);
    }
    fn is_file_full(&self, _file: u32) -> bool {
        false
    }
    fn flush_file(&mut self, _file: u32, _closes: bool) -> Option<Result<(), Refusal>> {
        self.deny(FILES);
        Some(Ok(()))
    }
    fn file_path(&self, _file: u32) -> String {
        String::new()
    }
    fn heap_image(&mut self, _take: &TakeImage<'_>) -> Result<Vec<u8>, String> {
        self.deny("the heap's image is");
        Err(String::new())
    }
    fn fresh_identity(&mut self) -> u128 {
        u128::from(mixed(self.uses.names.draw().wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
    fn drain(&mut self, _reductions: u64, _into: &mut VecDeque<Delivery>) -> bool {
        self.deny(ACTORS);
        true
    }
    fn consumed(&mut self, _counted_bytes: u32) {}
    fn arm_timeout(&mut self, _ms: f64, _token: u64) {
        self.deny(CLOCK);
    }
    fn disarm_timeout(&mut self, _token: u64) {
        self.deny(CLOCK);
    }
    fn expansion(&mut self) -> Option<&mut dyn Expansion> {
        Some(&mut self.uses)
    }
}

/// Who is asked while a transformer is made, when there is no use yet: numbers repeat, names have no meaning.
#[derive(Default)]
struct Nobody {
    drawn: u64,
}

impl Names for Nobody {
    fn rename(&mut self, _name: &str, alias: u32) -> u32 {
        alias
    }
    fn is_same(&self, left: (&str, u32), right: (&str, u32)) -> bool {
        left == right
    }
    fn invent(&mut self, _name: &str) -> u32 {
        0
    }
    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }
}
