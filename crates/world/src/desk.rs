//! The desk of a run: what its actors ask of the host, until it is answered; and the log of decisions about capabilities.
//!
//! 1. `made` counts what was asked, before the asking actor can be idle; `done` counts what was answered, after the actor
//!    was made ready. So when both are equal and nothing was made meanwhile, nobody waits for the host
//!    (`Desk::is_settled`).
//! 2. Ids are unique in the process: a host tells runs apart by nothing else.
//! 3. Requests leave in the order in which they came in. What a person is asked is bounded ([`QUESTIONS_MAX`]), and so is the
//!    log.

use std::collections::{HashSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use arena::WordMap;
use protocol::{
    ActorNumber, AuditEntry, Decision, Endowment, HostError, HostOperation, HostReply, HostRequest,
    Permission, PermissionQuestion,
};
use scheduler::{Address, Scheduler};
use vm::CapabilityKind;

use crate::actor::Performer;
use crate::paths;

/// Files open for writing in one run.
pub const OUTPUT_FILES_MAX: usize = 1_024;
/// Questions that a run may put to a person; what is asked after that is denied.
pub const QUESTIONS_MAX: usize = 200;
/// Decisions kept for a reader.
const AUDIT_MAX: usize = 1_000;
/// Failures of writes that nobody waited for, kept for a reader.
const FAILURES_MAX: usize = 100;

/// Who carries out requests at once, from any thread, instead of a host that polls. Must not block.
pub trait Outside: Send + Sync {
    /// Takes a request; [`Desk::answer`] is called with its id, at any time, from any thread.
    fn request(&self, desk: &Arc<Desk>, request: HostRequest);
}

/// What a host said.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To a request.
    Host(Result<HostReply, HostError>),
    /// To a question: it is allowed.
    Permission(bool),
    /// Environment variables or the command line, from what the run was made with.
    Texts(Vec<String>),
}

struct Pending {
    /// `None` when nobody waits for it.
    asker: Option<Address>,
    /// What it is about, if a person is to decide.
    question: Option<(CapabilityKind, String)>,
    /// The file that bytes are for: nothing else is worth a word when it fails and nobody waits.
    written: Option<String>,
    answer: Option<Reply>,
}

#[derive(Default)]
struct State {
    pending: WordMap<u64, Pending>,
    requests: VecDeque<HostRequest>,
    questions: VecDeque<PermissionQuestion>,
    questions_put: usize,
    withdrawn: Vec<u64>,
    /// What a person has allowed for this run.
    allowed: Vec<(CapabilityKind, String)>,
    /// What a person has refused in this run.
    refused: HashSet<(CapabilityKind, String)>,
    failures: VecDeque<String>,
    failures_ever: u64,
}

#[derive(Default)]
struct Audit {
    entries: VecDeque<AuditEntry>,
    dropped: u64,
}

/// See the module.
pub struct Desk {
    /// What the run was made with.
    pub endowment: Endowment,
    state: Mutex<State>,
    audit: Mutex<Audit>,
    made: AtomicU64,
    done: AtomicU64,
    output_files: AtomicUsize,
    outside: Option<Arc<dyn Outside>>,
    scheduler: OnceLock<Weak<Scheduler<Performer>>>,
    notify: fn(),
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    #[optimize(size)]
    pub(crate) fn new(endowment: Endowment, outside: Option<Arc<dyn Outside>>, notify: fn()) -> Arc<Desk> {
        Arc::new(Desk {
            endowment,
            state: Mutex::default(),
            audit: Mutex::default(),
            made: AtomicU64::new(0),
            done: AtomicU64::new(0),
            output_files: AtomicUsize::new(0),
            outside,
            scheduler: OnceLock::new(),
            notify,
        })
    }

    pub(crate) fn set_scheduler(&self, scheduler: &Arc<Scheduler<Performer>>) {
        self.scheduler.get_or_init(|| Arc::downgrade(scheduler));
    }

    /// Asks the host for something; `asker` is woken by the answer.
    #[optimize(size)]
    pub(crate) fn request(
        self: &Arc<Self>,
        asker: Option<Address>,
        actor: ActorNumber,
        path: &str,
        operation: HostOperation,
    ) -> u64 {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        self.made.fetch_add(1, Ordering::SeqCst);
        let written = matches!(operation, HostOperation::Append { .. }).then(|| path.to_string());
        let request = HostRequest { id, actor, operation };
        let mut state = locked(&self.state);
        state.pending.insert(id, Pending { asker, question: None, written, answer: None });
        match &self.outside {
            Some(outside) => {
                // Under the lock, so that requests leave in the order of their ids.
                outside.request(self, request);
                drop(state);
            }
            None => {
                state.requests.push_back(request);
                drop(state);
                (self.notify)();
            }
        }
        id
    }

    /// Asks a person, unless that is settled already. True if it is: the answer is there, and nobody is woken.
    #[optimize(size)]
    pub(crate) fn question(
        &self,
        asker: Address,
        question: PermissionQuestion,
        kind: CapabilityKind,
    ) -> bool {
        self.made.fetch_add(1, Ordering::SeqCst);
        let mut state = locked(&self.state);
        let scope = question.scope.clone();
        let known = if state.allowed.iter().any(|(of, allowed)| *of == kind && covers(kind, allowed, &scope))
        {
            Some(true)
        } else if state.questions_put >= QUESTIONS_MAX || state.refused.contains(&(kind, scope.clone())) {
            Some(false)
        } else {
            None
        };
        let answer = known.map(Reply::Permission);
        let pending = Pending { asker: Some(asker), question: Some((kind, scope)), written: None, answer };
        state.pending.insert(question.id, pending);
        if known.is_none() {
            state.questions_put += 1;
            state.questions.push_back(question);
        }
        drop(state);
        match known {
            Some(_) => self.done.fetch_add(1, Ordering::SeqCst),
            None => {
                (self.notify)();
                0
            }
        };
        known.is_some()
    }

    /// A new id for a question.
    pub(crate) fn fresh_id() -> u64 {
        NEXT_ID.fetch_add(1, Ordering::Relaxed)
    }

    /// Gives what came of a request. False if nothing of that id waits here.
    pub fn answer(&self, id: u64, result: Result<HostReply, HostError>) -> bool {
        let is_request =
            locked(&self.state).pending.get(&id).is_some_and(|pending| pending.question.is_none());
        is_request && self.settle(id, Reply::Host(result))
    }

    /// Gives what a person said to a question, and to others that this decides. False if it does not wait here.
    #[optimize(size)]
    pub fn answer_permission(&self, id: u64, permission: &Permission) -> bool {
        let mut state = locked(&self.state);
        let waits = |pending: &&Pending| pending.answer.is_none();
        let asked = state.pending.get(&id).filter(waits).and_then(|pending| pending.question.clone());
        let Some((kind, scope)) = asked else { return false };
        let mut decided = Vec::new();
        match permission {
            Permission::Once => {}
            Permission::ForRun { scope: allowed } => {
                let allowed = if kind.is_file() && !allowed.is_empty() {
                    paths::resolve(&self.endowment.folder, allowed)
                } else {
                    allowed.clone()
                };
                let also = state.pending.iter().filter(|(other, pending)| {
                    let about =
                        pending.question.as_ref().filter(|_| pending.answer.is_none() && **other != id);
                    about.is_some_and(|(of, target)| *of == kind && covers(kind, &allowed, target))
                });
                decided = also.map(|(other, _)| *other).collect();
                state.allowed.push((kind, allowed));
            }
            Permission::Denied => {
                state.refused.insert((kind, scope));
            }
        }
        state.withdrawn.extend(&decided);
        drop(state);
        for other in decided {
            self.settle(other, Reply::Permission(true));
        }
        self.settle(id, Reply::Permission(*permission != Permission::Denied))
    }

    /// Puts an answer down and wakes who waits for it.
    #[optimize(size)]
    fn settle(&self, id: u64, reply: Reply) -> bool {
        let mut state = locked(&self.state);
        let Some(pending) = state.pending.get_mut(&id).filter(|pending| pending.answer.is_none()) else {
            return false;
        };
        let asker = pending.asker;
        if asker.is_some() {
            pending.answer = Some(reply);
        } else if let Some(pending) = state.pending.remove(&id)
            && let (Some(path), Reply::Host(Err(HostError::Denied(why) | HostError::Failed(why)))) =
                (pending.written, reply)
        {
            let text = format!("{path}: what an actor wrote before its end is lost: {why}");
            state.failures_ever += 1;
            if state.failures.len() < FAILURES_MAX {
                state.failures.push_back(text);
            }
        }
        drop(state);
        if let (Some(asker), Some(scheduler)) = (asker, self.scheduler.get().and_then(Weak::upgrade)) {
            scheduler.wake(asker);
        }
        self.done.fetch_add(1, Ordering::SeqCst);
        (self.notify)();
        true
    }

    /// The answer, once.
    pub(crate) fn take_answer(&self, id: u64) -> Option<Reply> {
        let mut state = locked(&self.state);
        state.pending.get(&id)?.answer.as_ref()?;
        state.pending.remove(&id)?.answer
    }

    /// Whoever asked this waits no longer.
    #[optimize(size)]
    pub(crate) fn withdraw(&self, id: u64) {
        let mut state = locked(&self.state);
        let Some(pending) = state.pending.get_mut(&id) else { return };
        pending.asker = None;
        let (answered, asks_person) = (pending.answer.is_some(), pending.question.is_some());
        if answered || asks_person {
            state.pending.remove(&id);
        }
        if asks_person && !answered {
            state.questions.retain(|question| question.id != id);
            state.withdrawn.push(id);
            drop(state);
            self.done.fetch_add(1, Ordering::SeqCst);
            (self.notify)();
        }
    }

    /// Withdraws all questions: nobody runs any more.
    #[optimize(size)]
    pub(crate) fn withdraw_questions(&self) {
        let mut state = locked(&self.state);
        let open = state
            .pending
            .iter()
            .filter(|(_, pending)| pending.question.is_some() && pending.answer.is_none());
        let ids: Vec<u64> = open.map(|(id, _)| *id).collect();
        drop(state);
        ids.into_iter().for_each(|id| self.withdraw(id));
        state = locked(&self.state);
        state.questions.clear();
    }

    /// Requests since the last call, in order, for a host without [`Outside`].
    pub fn take_requests(&self) -> Vec<HostRequest> {
        locked(&self.state).requests.drain(..).collect()
    }

    /// Questions since the last call.
    pub fn take_questions(&self) -> Vec<PermissionQuestion> {
        locked(&self.state).questions.drain(..).collect()
    }

    /// Questions that need no answer any more, since the last call.
    pub fn take_withdrawn(&self) -> Vec<u64> {
        std::mem::take(&mut locked(&self.state).withdrawn)
    }

    /// What could not be written and nobody waited for, since the last call.
    pub fn take_failures(&self) -> Vec<String> {
        locked(&self.state).failures.drain(..).collect()
    }

    /// How often something could not be written that nobody waited for.
    pub fn failures_ever(&self) -> u64 {
        locked(&self.state).failures_ever
    }

    /// Nothing waits for the host. To be true of a moment, `during` must hold in between.
    pub(crate) fn is_settled(&self, during: impl FnOnce() -> bool) -> bool {
        let done = self.done.load(Ordering::SeqCst);
        during() && self.made.load(Ordering::SeqCst) == done
    }

    /// The host has answered everything.
    pub fn is_quiet(&self) -> bool {
        self.is_settled(|| true)
    }

    /// Takes a place for another file to write to; false if there are as many as may be.
    pub(crate) fn take_output_file(&self) -> bool {
        let take = |count: usize| (count < OUTPUT_FILES_MAX).then_some(count + 1);
        self.output_files.try_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    pub(crate) fn give_output_file(&self) {
        self.output_files.fetch_sub(1, Ordering::Relaxed);
    }

    /// Files that are open for writing.
    pub fn output_files(&self) -> usize {
        self.output_files.load(Ordering::Relaxed)
    }

    /// Notes a decision; the same again only counts.
    #[optimize(size)]
    pub(crate) fn note(&self, actor: u32, operation: &str, kind: &str, scope: &str, decision: Decision) {
        let mut audit = locked(&self.audit);
        if let Some(last) = audit.entries.back_mut()
            && (last.actor.0, last.decision) == (actor, decision)
            && (last.operation.as_str(), last.kind.as_str(), last.scope.as_str()) == (operation, kind, scope)
        {
            last.count += 1;
            return;
        }
        if audit.entries.len() == AUDIT_MAX {
            audit.dropped += 1;
            return;
        }
        audit.entries.push_back(AuditEntry {
            actor: ActorNumber(actor),
            operation: operation.to_string(),
            kind: kind.to_string(),
            scope: scope.to_string(),
            decision,
            count: 1,
        });
        drop(audit);
        (self.notify)();
    }

    /// Decisions since the last call, in order, and how many more there were.
    pub fn take_audit(&self) -> (Vec<AuditEntry>, u64) {
        let mut audit = locked(&self.audit);
        let dropped = std::mem::take(&mut audit.dropped);
        (audit.entries.drain(..).collect(), dropped)
    }
}

/// Both scopes absolute, or names.
fn covers(kind: CapabilityKind, scope: &str, target: &str) -> bool {
    match (scope, target) {
        ("", _) => true,
        (_, "") => false,
        _ if kind.is_file() => Path::new(target).starts_with(scope),
        _ => scope == target,
    }
}
