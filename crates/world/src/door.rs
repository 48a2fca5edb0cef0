//! The one door between an actor's machine and everything that is not a function of its program.
//!
//! 1. While a run is recorded, each passage that could turn out otherwise in another run is noted in the actor's journal.
//! 2. In a replay, the same passages answer what the journal says; envelopes that have arrived too early wait in `held`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use arena::{Message, Value};
use protocol::{Decision, HostReply};
use scheduler::{Address, Body, Context, Delivery as Arrived, Drained, Envelope, SendOutcome, SpawnOptions};
use vm::{
    ActorName, Answer, Band, CapabilityKind, CompileError, Content, Delivery, Host, Machine, Question,
    Refusal, SendError, SpawnError, SpawnRequest, TakeImage, TestNote,
};

use crate::actor::{Performer, Reason};
use crate::asking::Asking;
use crate::compile::{self, Compiler};
use crate::desk::Reply;
use crate::inspect;
use crate::journal::{BATCH_ENTRIES, Batch, Entry, Taken, TakenList};
use crate::paths;
use crate::stage::{Stage, mailbox_bytes_max};

/// Units of a world in which nothing was evaluated.
const PROGRAM_UNITS: usize = 1;

/// What an actor carries besides its machine.
pub struct Personal {
    pub(crate) id: u128,
    noted: Vec<Entry>,
    handed_on: u64,
    random_draws: u64,
    identities: u64,
    spawn_attempts: u64,
    evaluations: u64,
    compiler: Option<Arc<Mutex<Compiler>>>,
    pub(crate) asking: Asking,
    deliveries: Vec<Arrived<Performer>>,
    pub(crate) ending: Option<Reason>,
    /// What was asked for last cannot be told yet; only in replays.
    pub(crate) behind: Option<Behind>,
    pub(crate) replay: Option<Box<Replay>>,
}

/// What a replay has to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// Envelopes that the recording has here: their arrival wakes the actor.
    Arrivals,
    /// An actor that another one has still to make: nothing tells when.
    Actor,
}

/// An actor's part of a recording that is being repeated.
pub(crate) struct Replay {
    entries: VecDeque<Entry>,
    /// Reduction counts of the entries that no instruction asks for, in order.
    stops: VecDeque<u64>,
    held: BTreeMap<(u128, u64), Envelope<Performer>>,
    diverged: Option<String>,
}

/// When an entry happens that no instruction asks for: a drain at a slice's end, a question, or the end of the run.
fn stop_of(entry: &Entry) -> Option<u64> {
    match entry {
        Entry::Drain { reductions, at_slice_end: true, .. }
        | Entry::Question { reductions, .. }
        | Entry::GaveUp { reductions }
        | Entry::Stopped { reductions } => Some(*reductions),
        _ => None,
    }
}

impl Replay {
    pub(crate) fn new(entries: VecDeque<Entry>) -> Replay {
        let stops = entries.iter().filter_map(stop_of).collect();
        Replay { entries, stops, held: BTreeMap::new(), diverged: None }
    }

    /// The reduction count at which a slice has to end, whatever happens before.
    pub(crate) fn next_stop(&self) -> Option<u64> {
        self.stops.front().copied()
    }

    /// The next thing of all is one that no instruction asks for, and it is due.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.entries.front().and_then(stop_of).is_some_and(|due| due <= now)
    }

    /// Entries left.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        if stop_of(&entry).is_some() {
            self.stops.pop_front();
        }
        Some(entry)
    }

    /// The next entry, if it is what the actor just did.
    fn pop_if(&mut self, did: &str, is_that: impl FnOnce(&Entry) -> bool) -> Option<Entry> {
        if self.entries.front().is_some_and(is_that) {
            return self.pop();
        }
        self.diverge(did);
        None
    }

    /// The host's answer, if that is next. While the recording has the actor wait there, for ever or for a signal, `None`.
    pub(crate) fn pop_reply(&mut self) -> Option<Reply> {
        if self.entries.front().is_some_and(|next| stop_of(next).is_some()) {
            return None;
        }
        match self.pop_if("had an answer of the host", |entry| matches!(entry, Entry::Reply(_))) {
            Some(Entry::Reply(reply)) => Some(reply),
            _ => None,
        }
    }

    /// Something is asked for that may take long.
    pub(crate) fn pop_asked(&mut self) {
        self.pop_if("asked the host", |entry| *entry == Entry::Asked);
    }

    /// The recording has no place for another file here.
    pub(crate) fn pop_if_refused_place(&mut self) -> bool {
        let refused = self.entries.front() == Some(&Entry::NoPlace);
        if refused {
            self.pop();
        }
        refused
    }

    /// What was held back and never wanted.
    pub(crate) fn take_held(&mut self) -> impl Iterator<Item = Envelope<Performer>> + use<> {
        std::mem::take(&mut self.held).into_values()
    }

    /// The run ended here.
    pub(crate) fn is_stopped(&self, now: u64) -> bool {
        matches!(self.entries.front(), Some(Entry::Stopped { reductions }) if *reductions <= now)
    }

    /// A person asks something next.
    pub(crate) fn is_question_next(&self) -> bool {
        matches!(self.entries.front(), Some(Entry::Question { .. }))
    }

    /// What a person had the actor evaluate here, and the frame that was meant.
    pub(crate) fn pop_question(&mut self) -> Option<(String, Option<u32>)> {
        if !self.is_question_next() {
            return None;
        }
        let Some(Entry::Question { text, frame, .. }) = self.pop() else { return None };
        Some((text, frame))
    }

    /// What it was evaluating was given up here.
    pub(crate) fn pop_given_up(&mut self) -> bool {
        let is_given_up = matches!(self.entries.front(), Some(Entry::GaveUp { .. }));
        if is_given_up {
            self.pop();
        }
        is_given_up
    }

    /// The next entry is a drain that can be repeated with what has arrived.
    pub(crate) fn can_drain(&self) -> bool {
        match self.entries.front() {
            Some(Entry::Drain { taken, .. }) => self.has_all(taken),
            _ => false,
        }
    }

    fn has_all(&self, taken: &[Taken]) -> bool {
        taken.iter().all(|one| one.timeout.is_some() || self.held.contains_key(&(one.sender, one.sequence)))
    }

    /// What this actor did that the recording does not have, if anything.
    pub(crate) fn divergence(&self) -> Option<&str> {
        self.diverged.as_deref()
    }

    fn diverge(&mut self, did: &str) {
        let next = self.entries.front();
        self.diverged.get_or_insert_with(|| format!("the program {did} where the recording has {next:?}"));
    }
}

impl Personal {
    /// The compiler of the actor, which is actor `number`.
    pub(crate) fn compiler(&mut self, stage: &Stage, number: u32) -> Arc<Mutex<Compiler>> {
        self.compiler.get_or_insert_with(|| stage.compiler_for(number)).clone()
    }

    /// Of an actor that has not run yet, and does not know its identity.
    pub(crate) fn unborn() -> Personal {
        Personal {
            id: 0,
            noted: Vec::new(),
            handed_on: 0,
            random_draws: 0,
            identities: 0,
            spawn_attempts: 0,
            evaluations: 0,
            compiler: None,
            asking: Asking::default(),
            deliveries: Vec::new(),
            ending: None,
            behind: None,
            replay: None,
        }
    }

    pub(crate) fn new(id: u128, stage: &Stage) -> Personal {
        Personal {
            id,
            replay: stage.take_recording(id).map(|entries| Box::new(Replay::new(entries))),
            ..Personal::unborn()
        }
    }

    /// Notes an entry; batches go to the ring of `core`.
    #[inline]
    pub(crate) fn note(&mut self, entry: Entry, stage: &Stage, core: Option<usize>) {
        if self.noted.capacity() == 0 && self.handed_on == 0 {
            // Many actors note that they wait, and nothing more for a long time.
            self.noted.reserve_exact(1);
        }
        self.noted.push(entry);
        if self.noted.len() >= BATCH_ENTRIES {
            self.hand_on(stage, core);
        }
    }

    /// Hands noted entries on.
    pub(crate) fn hand_on(&mut self, stage: &Stage, core: Option<usize>) {
        if self.noted.is_empty() {
            return;
        }
        let entries = std::mem::take(&mut self.noted);
        let first = self.handed_on;
        self.handed_on += entries.len() as u64;
        stage.journal.append(core, Batch { actor: self.id, first, entries });
    }
}

/// See the module.
pub(crate) struct Door<'a, 'b> {
    pub(crate) context: &'a mut Context<'b, Performer>,
    pub(crate) personal: &'a mut Personal,
    pub(crate) stage: &'a Arc<Stage>,
}

pub(crate) fn name_of(address: Address) -> ActorName {
    ActorName { id: address.id.0, slot: address.slot, generation: address.generation }
}

pub(crate) fn address_of(name: ActorName) -> Address {
    Address { id: scheduler::ActorId(name.id), slot: name.slot, generation: name.generation }
}

pub(crate) const fn scheduler_band(band: Band) -> scheduler::Band {
    match band {
        Band::System => scheduler::Band::System,
        Band::High => scheduler::Band::High,
        Band::Normal => scheduler::Band::Normal,
        Band::Low => scheduler::Band::Low,
        Band::Background => scheduler::Band::Background,
    }
}

impl Door<'_, '_> {
    fn core(&self) -> Option<usize> {
        self.context.core().map(|core| core.0 as usize)
    }

    fn note(&mut self, entry: Entry) {
        let core = self.core();
        self.personal.note(entry, self.stage, core);
    }

    /// Something with a yes or no for an answer.
    fn answer(&mut self, now: bool, did: &str) -> bool {
        let Some(replay) = &mut self.personal.replay else {
            self.note(Entry::Answer(now));
            return now;
        };
        match replay.pop_if(did, |entry| matches!(entry, Entry::Answer(_))) {
            Some(Entry::Answer(then)) => then,
            _ => now,
        }
    }

    /// Drains the inbox; `false` when an exit signal ends the actor.
    pub(crate) fn drain_at(
        &mut self,
        reductions: u64,
        at_slice_end: bool,
        into: &mut VecDeque<Delivery>,
    ) -> bool {
        let mut deliveries = std::mem::take(&mut self.personal.deliveries);
        let drained = match &mut self.personal.replay {
            None => {
                let mut taken = TakenList::new();
                let drained =
                    self.context.drain(|arrived| taken.extend(arrived.iter().map(taken_of)), &mut deliveries);
                self.note(Entry::Drain { reductions, at_slice_end, taken });
                drained
            }
            Some(replay) => {
                let before = replay.len();
                let drained = self
                    .context
                    .drain(|arrived| admit_again(replay, arrived, reductions, at_slice_end), &mut deliveries);
                self.personal.behind = (replay.len() == before).then_some(Behind::Arrivals);
                drained
            }
        };
        let goes_on = match drained {
            Drained::Delivered(_) => {
                into.extend(deliveries.drain(..).map(|arrived| delivery_of(self.stage, arrived)));
                true
            }
            Drained::Exit(reason) => {
                deliveries.clear();
                self.personal.ending = Some(reason);
                false
            }
        };
        self.personal.deliveries = deliveries;
        goes_on
    }
}

fn taken_of(envelope: &Envelope<Performer>) -> Taken {
    let timeout = match envelope.body {
        Body::Timeout { token } => Some(token),
        _ => None,
    };
    Taken { sender: envelope.sender.0, sequence: envelope.sequence, timeout }
}

/// Holds back what has arrived, and lets through what the recording says, once it is all there.
fn admit_again(replay: &mut Replay, arrived: &mut VecDeque<Envelope<Performer>>, now: u64, at_end: bool) {
    for envelope in arrived.drain(..) {
        replay.held.insert((envelope.sender.0, envelope.sequence), envelope);
    }
    match replay.entries.front() {
        Some(Entry::Drain { reductions, at_slice_end, taken })
            if *reductions == now && *at_slice_end == at_end =>
        {
            if !replay.has_all(taken) {
                return;
            }
            let Some(Entry::Drain { taken, .. }) = replay.pop() else { return };
            for one in taken {
                let envelope = replay.held.remove(&(one.sender, one.sequence));
                let timeout = one.timeout.map(|token| Envelope {
                    sender: scheduler::ActorId(one.sender),
                    sender_number: 0,
                    sequence: one.sequence,
                    body: Body::Timeout { token },
                });
                arrived.extend(envelope.or(timeout));
            }
        }
        // The run was stopped while the actor waited.
        Some(Entry::Stopped { reductions }) if *reductions == now => {}
        _ => replay.diverge(&format!("drained its inbox at {now} reductions")),
    }
}

fn delivery_of(stage: &Stage, arrived: Arrived<Performer>) -> Delivery {
    let machine =
        |content| Delivery { sender: 0, sequence: 0, sender_number: 0, counted_bytes: None, content };
    match arrived {
        Arrived::Message { sender, sender_number, sequence, bytes, message } => Delivery {
            sender: sender.0,
            sequence,
            sender_number,
            counted_bytes: Some(bytes as u32),
            content: Content::Message(message),
        },
        Arrived::Exit { from, reason } => {
            machine(Content::Exit { from: name_of(from), reason: reason.message(&stage.library) })
        }
        Arrived::Down { monitor, from, reason } => machine(Content::Down {
            monitor: monitor.0,
            from: name_of(from),
            reason: reason.message(&stage.library),
        }),
        Arrived::Timeout { token } => machine(Content::Timeout { token }),
    }
}

impl Host for Door<'_, '_> {
    fn me(&self) -> ActorName {
        name_of(self.context.address())
    }

    fn write(&mut self, text: &str) {
        self.stage.write(self.context.number(), self.personal.id, text);
    }

    fn code_place(&self, site: u32) -> Option<vm::CodePlace> {
        self.stage.linker().code_place(site)
    }

    #[optimize(size)]
    fn note_test(&mut self, note: TestNote) {
        let row = inspect::test_row(note, &self.stage.linker(), self.context.number());
        self.stage.add_test(row);
    }

    fn now_ms(&mut self) -> f64 {
        let now = self.context.now_ms();
        let Some(replay) = &mut self.personal.replay else {
            self.note(Entry::Clock(now.to_bits()));
            return now;
        };
        match replay.pop_if("read the clock", |entry| matches!(entry, Entry::Clock(_))) {
            Some(Entry::Clock(then)) => f64::from_bits(then),
            _ => now,
        }
    }

    #[optimize(size)]
    fn compile(
        &mut self,
        text: &str,
        imports: Option<&str>,
        file: Option<&str>,
    ) -> Result<Value, CompileError> {
        let number = self.context.number();
        let stage = self.stage;
        let compiler = self.personal.compiler(stage, number);
        let mut compiler = compiler.lock().unwrap_or_else(PoisonError::into_inner);
        let evaluations = &mut self.personal.evaluations;
        let mut name = || {
            *evaluations += 1;
            format!("eval-{evaluations}")
        };
        let mut load = |program| stage.with_linker(|linker| linker.load(program));
        let made = compile::evaluate(&mut compiler, &stage.budget, &mut load, imports, file, &mut name, text);
        stage.add_suggestions(compiler.take_suggestions());
        made
    }

    fn random(&mut self) -> u64 {
        let id = self.personal.id;
        self.personal.random_draws += 1;
        let start = self.stage.settings.seed ^ id as u64 ^ (id >> 64) as u64;
        split_mix(start.wrapping_add(self.personal.random_draws.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    fn send(&mut self, to: ActorName, message: Message) -> Result<(), SendError> {
        let sequence = self.context.sequence();
        let settings = &self.stage.settings;
        let messages = settings.mailbox_messages_max;
        let (bytes, setting) = mailbox_bytes_max(settings);
        let full = |by_bytes: bool| match by_bytes {
            true => SendError::TooManyBytes { limit: bytes, setting },
            false => SendError::TooManyMessages { limit: messages },
        };
        if let Some(replay) = &mut self.personal.replay
            && let Some(Entry::SendRefused { sequence: refused, by_bytes }) = replay.entries.front()
            && *refused == sequence
        {
            let by_bytes = *by_bytes;
            replay.pop();
            self.context.skip_sequence();
            return Err(full(by_bytes));
        }
        let by_bytes = match self.context.send(address_of(to), message) {
            SendOutcome::Sent | SendOutcome::NoProcess => return Ok(()),
            SendOutcome::TooManyMessages { .. } => false,
            SendOutcome::TooManyBytes { .. } => true,
        };
        self.note(Entry::SendRefused { sequence, by_bytes });
        Err(full(by_bytes))
    }

    fn spawn(&mut self, request: SpawnRequest) -> Result<(ActorName, Option<u128>), SpawnError> {
        let attempt = self.personal.spawn_attempts;
        self.personal.spawn_attempts += 1;
        let options =
            SpawnOptions { band: scheduler_band(request.band), link: request.link, monitor: request.monitor };
        if let Some(replay) = &mut self.personal.replay
            && replay.entries.front() == Some(&Entry::SpawnRefused { attempt })
        {
            replay.pop();
            self.context.skip_spawn(options);
            return Err(SpawnError::TooManyActors { limit: self.stage.settings.actors_max });
        }
        let machine = Machine::new(&self.stage.library, self.stage.machine_settings(), &request)
            .map(Box::new)
            .map_err(SpawnError::NoRoom)?;
        let performer = Performer::new(machine, self.stage, request.name, request.site);
        match self.context.spawn(performer, options) {
            Ok((address, monitor)) => Ok((name_of(address), monitor.map(|monitor| monitor.0))),
            Err((_, scheduler::SpawnError::TooManyActors { limit })) => {
                self.note(Entry::SpawnRefused { attempt });
                Err(SpawnError::TooManyActors { limit })
            }
        }
    }

    fn link(&mut self, to: ActorName) {
        self.context.link(address_of(to));
    }

    fn unlink(&mut self, to: ActorName) {
        self.context.unlink(address_of(to));
    }

    fn monitor(&mut self, of: ActorName) -> u128 {
        self.context.monitor(address_of(of)).0
    }

    fn demonitor(&mut self, monitor: u128) {
        self.context.demonitor(scheduler::MonitorId(monitor));
    }

    fn exit_signal(&mut self, to: ActorName, reason: Message, kill: bool) {
        if kill {
            self.context.kill(address_of(to));
        } else {
            let reason = Reason::of_message(reason, &self.stage.library);
            self.context.exit_signal(address_of(to), reason);
        }
    }

    fn trap_exits(&mut self, trap: bool) {
        self.context.set_trap_exit(trap);
    }

    fn set_band(&mut self, band: Band) {
        self.context.set_band(scheduler_band(band));
    }

    fn is_alive(&mut self, actor: ActorName) -> bool {
        let now = self.stage.scheduler().is_some_and(|scheduler| scheduler.is_live(address_of(actor)));
        self.answer(now, "asked whether an actor is alive")
    }

    #[optimize(size)]
    fn register(&mut self, name: &str, actor: ActorName) -> bool {
        let done = self.context.register(name, address_of(actor)).is_ok();
        self.answer(done, "registered a name")
    }

    #[optimize(size)]
    fn whereis(&mut self, name: &str) -> Option<ActorName> {
        let found = self.context.whereis(name).map(name_of);
        let Some(replay) = &mut self.personal.replay else {
            self.note(Entry::Found(found.map(|actor| actor.id)));
            return found;
        };
        self.personal.behind = None;
        if let Some(Entry::Found(Some(id))) = replay.entries.front() {
            let id = *id;
            let address = self.stage.scheduler().and_then(|scheduler| find_actor(&scheduler, id));
            if address.is_none() && !self.stage.has_begun(id) {
                self.personal.behind = Some(Behind::Actor);
                return None;
            }
            replay.pop();
            return Some(address.map_or(ActorName { id, slot: u32::MAX, generation: 0 }, name_of));
        }
        match replay.pop_if("looked a name up", |entry| matches!(entry, Entry::Found(None))) {
            Some(_) => None,
            None => found,
        }
    }

    fn unregister(&mut self, name: &str) -> bool {
        let done = self.context.unregister(name);
        self.answer(done, "freed a name")
    }

    #[optimize(size)]
    fn ask(&mut self, question: &Question<'_>) -> Option<Result<Answer, Refusal>> {
        self.ask_host(question)
    }

    fn decided(&mut self, operation: &'static str, kind: CapabilityKind, granted: bool) {
        self.note_decision(operation, kind, granted);
    }

    fn violated(&mut self, text: &str) {
        let number = self.context.number();
        self.stage.desk.note(number, "sandbox", "violation", text, Decision::Denied);
    }

    fn resolve(&self, path: &str) -> String {
        paths::resolve(&self.stage.desk.endowment.folder, path)
    }

    fn write_file(&mut self, file: u32, bytes: &[u8]) {
        self.add_to_file(file, bytes);
    }

    fn is_file_full(&self, file: u32) -> bool {
        self.is_full(file)
    }

    #[optimize(size)]
    fn flush_file(&mut self, file: u32, closes: bool) -> Option<Result<(), Refusal>> {
        self.flush(file, closes)
    }

    fn file_path(&self, file: u32) -> String {
        self.said_path(file)
    }

    #[optimize(size)]
    fn heap_image(&mut self, take: &TakeImage<'_>) -> Result<Vec<u8>, String> {
        if let Some(replay) = &mut self.personal.replay
            && let Some(Entry::Reply(Reply::Host(Ok(HostReply::Bytes(_))))) = replay.entries.front()
            && let Some(Entry::Reply(Reply::Host(Ok(HostReply::Bytes(bytes))))) = replay.pop()
        {
            return Ok(bytes);
        }
        let linker = self.stage.linker();
        let taken = take(&linker).map_err(|error| error.to_string())?;
        // What actors evaluate is loaded in the order in which they happen to, and its names follow from that.
        let is_certain = linker.units().len() <= PROGRAM_UNITS;
        drop(linker);
        if !is_certain && self.personal.replay.is_none() {
            self.note(Entry::Reply(Reply::Host(Ok(HostReply::Bytes(taken.clone())))));
        }
        Ok(taken)
    }

    fn fresh_identity(&mut self) -> u128 {
        self.personal.identities += 1;
        self.context.id().monitor(1 << 63 | self.personal.identities).0
    }

    fn drain(&mut self, reductions: u64, into: &mut VecDeque<Delivery>) -> bool {
        self.drain_at(reductions, false, into)
    }

    fn is_behind(&self) -> bool {
        self.personal.behind.is_some()
    }

    fn consumed(&mut self, counted_bytes: u32) {
        self.context.consumed(1, counted_bytes as usize);
    }

    fn arm_timeout(&mut self, ms: f64, token: u64) {
        // In a replay the timeout comes from the recording; the timer is armed for the sequence number that it takes.
        let ms = if self.personal.replay.is_none() { ms } else { f64::MAX };
        self.context.arm_timer(ms, token);
    }

    fn disarm_timeout(&mut self, token: u64) {
        self.context.cancel_timer(token);
    }
}

fn find_actor(scheduler: &scheduler::Scheduler<Performer>, id: u128) -> Option<Address> {
    let mut found = None;
    scheduler.for_each_actor(|view| {
        if view.address.id.0 == id {
            found = Some(view.address);
        }
    });
    found
}

/// The output function of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
fn split_mix(state: u64) -> u64 {
    let word = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}
