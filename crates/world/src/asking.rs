//! An actor's own part of what goes to the host: what it waits for, and the files that it writes to.
//!
//! 1. At most one thing is under way for an actor: the one that its waiting instruction asks for; another, while it is
//!    interrupted.
//! 2. What an actor was answered is in its journal. In a replay the journal answers, nothing leaves, and files hold nothing.
//! 3. What waits to be written leaves before the actor's end is told to anybody; when the actor is dropped otherwise, then.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::{ActorNumber, Decision, HostError, HostOperation, HostReply, PermissionQuestion};
use vm::{Answer, CapabilityKind, Question, Refusal, Wanted};

use crate::desk::{Desk, OUTPUT_FILES_MAX, Reply};
use crate::door::Door;
use crate::journal::Entry;
use crate::paths;

/// Bytes that wait for a file until they are written out.
const FILE_BUFFER_BYTES: usize = 64 << 10;

/// Bytes of an answer that an actor may hold back from the journal.
const HELD_BYTES_MAX: usize = 4 << 10;

/// What an actor has asked and is not yet answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UnderWay {
    /// Whether it may.
    Permission(u64),
    /// The thing itself.
    Request(u64),
}

/// A question that its actor's slice puts to the desk when it ends.
pub(crate) struct Raised {
    pub(crate) question: PermissionQuestion,
    pub(crate) kind: CapabilityKind,
}

/// One thing that is asked for.
#[derive(Default)]
struct Asked {
    under_way: Option<UnderWay>,
    /// The scope of the capability, or the permission, that the request relies on.
    scope: String,
    /// The file whose bytes it writes.
    flushing: Option<u32>,
    /// A place was taken for the file that it makes.
    takes_place: bool,
}

impl Asked {
    /// Nobody waits for it any more.
    fn withdraw(&mut self, desk: &Desk) {
        if std::mem::take(&mut self.takes_place) {
            desk.give_output_file();
        }
        if let Some(UnderWay::Permission(id) | UnderWay::Request(id)) = self.under_way.take() {
            desk.withdraw(id);
        }
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Asking {
    pub(crate) raised: Option<Box<Raised>>,
    now: Asked,
    /// What waits while the actor answers a question of the host's.
    interrupted: Option<Box<Asked>>,
    files: Option<Box<OutputFiles>>,
    files_made: u32,
    clock_noted: bool,
}

/// A file that an actor writes to.
struct OutputFile {
    /// As the program said it.
    said: String,
    path: String,
    scope: String,
    waiting: Vec<u8>,
}

/// The files that an actor writes to.
pub(crate) struct OutputFiles {
    files: BTreeMap<u32, OutputFile>,
    actor: u32,
    desk: Arc<Desk>,
    is_replay: bool,
}

impl OutputFiles {
    /// Sends off what waits in each; nobody waits for that.
    fn send_off(&mut self) {
        for file in self.files.values_mut().filter(|file| !file.waiting.is_empty()) {
            let operation = append_of(file);
            if !self.is_replay {
                self.desk.request(None, ActorNumber(self.actor), &file.said, operation);
            }
        }
    }
}

impl Drop for OutputFiles {
    fn drop(&mut self) {
        self.send_off();
        if !self.is_replay {
            (0..self.files.len()).for_each(|_| self.desk.give_output_file());
        }
    }
}

fn append_of(file: &mut OutputFile) -> HostOperation {
    HostOperation::Append {
        path: file.path.clone(),
        scope: file.scope.clone(),
        bytes: std::mem::take(&mut file.waiting),
    }
}

impl Asking {
    /// Sends off what waits to be written.
    pub(crate) fn send_off(&mut self) {
        if let Some(files) = &mut self.files {
            files.send_off();
        }
    }

    /// The actor's end: sends off what waits, and waits for nothing any more.
    pub(crate) fn end(&mut self, desk: &Desk) {
        self.files = None;
        self.raised = None;
        self.now.withdraw(desk);
        if let Some(mut interrupted) = self.interrupted.take() {
            interrupted.withdraw(desk);
        }
    }

    /// The actor does something else until [`Asking::go_on`].
    pub(crate) fn interrupt(&mut self) {
        self.interrupted = Some(Box::new(std::mem::take(&mut self.now)));
    }

    /// It goes on with what it did before; what it asked for meanwhile is of no use.
    pub(crate) fn go_on(&mut self, desk: &Desk) {
        if let Some(before) = self.interrupted.take() {
            std::mem::replace(&mut self.now, *before).withdraw(desk);
        }
    }
}

impl Door<'_, '_> {
    fn desk(&self) -> &Arc<Desk> {
        &self.stage.desk
    }

    fn is_replay(&self) -> bool {
        self.personal.replay.is_some()
    }

    /// What was answered to `id`, once it is: from the desk, or in a replay from the journal.
    fn reply(&mut self, id: u64) -> Option<Reply> {
        if let Some(replay) = &mut self.personal.replay {
            return replay.pop_reply();
        }
        let reply = self.desk().take_answer(id)?;
        self.note_reply(&reply);
        Some(reply)
    }

    /// A reply that was there at once.
    fn reply_at_once(&mut self, reply: impl FnOnce(&Desk) -> Reply) -> Option<Reply> {
        if let Some(replay) = &mut self.personal.replay {
            return replay.pop_reply();
        }
        let reply = reply(self.desk());
        self.note_reply(&reply);
        Some(reply)
    }

    fn note_reply(&mut self, reply: &Reply) {
        let core = self.context.core().map(|core| core.0 as usize);
        self.personal.note(Entry::Reply(reply.clone()), self.stage, core);
        if matches!(reply, Reply::Host(Ok(HostReply::Bytes(bytes))) if bytes.len() > HELD_BYTES_MAX) {
            // The journal's rings are bounded; what an actor holds back is not.
            self.personal.hand_on(self.stage, core);
        }
    }

    fn note_asked(&mut self) {
        match &mut self.personal.replay {
            Some(replay) => replay.pop_asked(),
            None => {
                let core = self.context.core().map(|core| core.0 as usize);
                self.personal.note(Entry::Asked, self.stage, core);
            }
        }
    }

    fn audit(&self, question: &Question<'_>, decision: Decision) {
        let number = self.context.number();
        self.desk().note(number, question.operation, question.kind.symbol(), question.target, decision);
    }

    /// See [`vm::Host::ask`].
    #[optimize(size)]
    pub(crate) fn ask_host(&mut self, question: &Question<'_>) -> Option<Result<Answer, Refusal>> {
        match self.personal.asking.now.under_way {
            None if question.held.is_some() => {
                self.audit(question, Decision::Granted);
                self.begin(question, question.held.unwrap_or_default())
            }
            None if question.may_ask => {
                self.raise(question);
                self.await_permission(question)
            }
            None => {
                self.audit(question, Decision::Denied);
                Some(Err(Refusal::Denied(None)))
            }
            Some(UnderWay::Permission(_)) => self.await_permission(question),
            Some(UnderWay::Request(_)) => self.await_reply(question),
        }
    }

    #[optimize(size)]
    fn raise(&mut self, question: &Question<'_>) {
        self.note_asked();
        let id = if self.is_replay() { 0 } else { Desk::fresh_id() };
        self.personal.asking.now.under_way = Some(UnderWay::Permission(id));
        if self.is_replay() {
            return;
        }
        let scope = self.absolute(question.kind, question.target);
        let question = PermissionQuestion {
            id,
            actor: ActorNumber(self.context.number()),
            operation: question.operation.to_string(),
            kind: question.kind.symbol().to_string(),
            scope,
            reason: question.reason.to_string(),
            location: None,
        };
        let kind = CapabilityKind::named(&question.kind).unwrap_or(CapabilityKind::Ask);
        self.personal.asking.raised = Some(Box::new(Raised { question, kind }));
    }

    #[optimize(size)]
    fn await_permission(&mut self, question: &Question<'_>) -> Option<Result<Answer, Refusal>> {
        let Some(UnderWay::Permission(id)) = self.personal.asking.now.under_way else { return None };
        let reply = self.reply(id)?;
        self.personal.asking.now.under_way = None;
        if reply == Reply::Permission(true) {
            self.audit(question, Decision::Allowed);
            let target = question.target;
            return self.begin(question, target);
        }
        self.audit(question, Decision::Denied);
        Some(Err(Refusal::Denied(None)))
    }

    /// Sends the thing itself off, relying on a capability for `scope`.
    #[optimize(size)]
    fn begin(&mut self, question: &Question<'_>, scope: &str) -> Option<Result<Answer, Refusal>> {
        let scope = self.absolute(question.kind, scope);
        let path = self.absolute(question.kind, question.target);
        let operation = match question.wanted {
            Wanted::Read { bytes_max } => HostOperation::Read { path, scope: scope.clone(), bytes_max },
            Wanted::Create => {
                if let Some(refusal) = self.take_place() {
                    return Some(Err(refusal));
                }
                HostOperation::Create { path, scope: scope.clone() }
            }
            Wanted::Permission => return Some(Ok(Answer::Done)),
            Wanted::Delete => HostOperation::Delete { path, scope: scope.clone() },
            Wanted::Exists => HostOperation::Exists { path, scope: scope.clone() },
            Wanted::Variable | Wanted::Variables | Wanted::CommandLine => {
                return self.text_answer(question);
            }
        };
        self.personal.asking.now.scope = scope;
        self.send(question.target, operation);
        self.await_reply(question)
    }

    /// A place for one more file, or why there is none. Journaled if there is none.
    #[optimize(size)]
    fn take_place(&mut self) -> Option<Refusal> {
        let refusal = Refusal::Failed(format!(
            "{OUTPUT_FILES_MAX} files are open for writing, which is the limit; close some"
        ));
        if let Some(replay) = &mut self.personal.replay {
            return replay.pop_if_refused_place().then_some(refusal);
        }
        if self.desk().take_output_file() {
            self.personal.asking.now.takes_place = true;
            return None;
        }
        let core = self.context.core().map(|core| core.0 as usize);
        self.personal.note(Entry::NoPlace, self.stage, core);
        Some(refusal)
    }

    fn send(&mut self, said: &str, operation: HostOperation) {
        self.note_asked();
        let id = if self.is_replay() {
            0
        } else {
            let (asker, number) = (self.context.address(), ActorNumber(self.context.number()));
            self.desk().request(Some(asker), number, said, operation)
        };
        self.personal.asking.now.under_way = Some(UnderWay::Request(id));
    }

    #[optimize(size)]
    fn await_reply(&mut self, question: &Question<'_>) -> Option<Result<Answer, Refusal>> {
        let Some(UnderWay::Request(id)) = self.personal.asking.now.under_way else { return None };
        let reply = self.reply(id)?;
        self.personal.asking.now.under_way = None;
        let answer = match reply {
            Reply::Host(Ok(HostReply::Bytes(bytes))) => Ok(Answer::Bytes(bytes)),
            Reply::Host(Ok(HostReply::Exists(exists))) => Ok(Answer::Exists(exists)),
            Reply::Host(Ok(HostReply::Done)) if question.wanted == Wanted::Create => {
                Ok(Answer::File(self.open_file(question.target)))
            }
            Reply::Host(Err(HostError::Denied(why))) => {
                self.audit(question, Decision::Refused);
                Err(Refusal::Denied(Some(why)))
            }
            Reply::Host(Err(HostError::Failed(why))) => Err(Refusal::Failed(why)),
            Reply::Host(Ok(HostReply::Done)) | Reply::Permission(_) | Reply::Texts(_) => Ok(Answer::Done),
        };
        if answer.is_err() && std::mem::take(&mut self.personal.asking.now.takes_place) {
            self.desk().give_output_file();
        }
        Some(answer)
    }

    #[optimize(size)]
    fn text_answer(&mut self, question: &Question<'_>) -> Option<Result<Answer, Refusal>> {
        let reply = self.reply_at_once(|desk| {
            let variables = &desk.endowment.environment;
            Reply::Texts(match question.wanted {
                Wanted::Variable => {
                    let found = variables.iter().find(|(name, _)| name == question.target);
                    found.map(|(_, value)| value.clone()).into_iter().collect()
                }
                Wanted::Variables => {
                    variables.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect()
                }
                _ => desk.endowment.arguments.clone(),
            })
        });
        match reply? {
            Reply::Texts(texts) => Some(Ok(Answer::Texts(texts))),
            _ => None,
        }
    }

    #[optimize(size)]
    fn open_file(&mut self, said: &str) -> u32 {
        let path = self.absolute(CapabilityKind::FileWrite, said);
        let (actor, desk, is_replay) = (self.context.number(), self.desk().clone(), self.is_replay());
        let asking = &mut self.personal.asking;
        asking.files_made += 1;
        asking.now.takes_place = false;
        let number = asking.files_made;
        let scope = std::mem::take(&mut asking.now.scope);
        let files = asking
            .files
            .get_or_insert_with(|| Box::new(OutputFiles { files: BTreeMap::new(), actor, desk, is_replay }));
        files.files.insert(number, OutputFile { said: said.to_string(), path, scope, waiting: Vec::new() });
        number
    }

    fn file(&mut self, number: u32) -> Option<&mut OutputFile> {
        self.personal.asking.files.as_mut()?.files.get_mut(&number)
    }

    pub(crate) fn add_to_file(&mut self, number: u32, bytes: &[u8]) {
        if let Some(file) = self.file(number) {
            file.waiting.extend_from_slice(bytes);
        }
    }

    /// Much waits for a file, or is on its way there.
    pub(crate) fn is_full(&self, number: u32) -> bool {
        let asking = &self.personal.asking;
        if asking.now.flushing == Some(number) {
            return true;
        }
        let files = asking.files.as_ref();
        files
            .and_then(|files| files.files.get(&number))
            .is_some_and(|file| file.waiting.len() >= FILE_BUFFER_BYTES)
    }

    pub(crate) fn said_path(&self, number: u32) -> String {
        let files = self.personal.asking.files.as_ref();
        files.and_then(|files| files.files.get(&number)).map_or_else(String::new, |file| file.said.clone())
    }

    /// See [`vm::Host::flush_file`].
    #[optimize(size)]
    pub(crate) fn flush(&mut self, number: u32, closes: bool) -> Option<Result<(), Refusal>> {
        if self.personal.asking.now.under_way.is_none() {
            let waits = self.file(number).filter(|file| !file.waiting.is_empty());
            if let Some(file) = waits {
                let (said, operation) = (file.said.clone(), append_of(file));
                self.send(&said, operation);
                self.personal.asking.now.flushing = Some(number);
            }
        }
        let mut result = Ok(());
        if let Some(UnderWay::Request(id)) = self.personal.asking.now.under_way {
            let reply = self.reply(id)?;
            self.personal.asking.now.under_way = None;
            self.personal.asking.now.flushing = None;
            result = match reply {
                Reply::Host(Err(HostError::Denied(why))) => Err(Refusal::Denied(Some(why))),
                Reply::Host(Err(HostError::Failed(why))) => Err(Refusal::Failed(why)),
                _ => Ok(()),
            };
        }
        if closes
            && let Some(files) = &mut self.personal.asking.files
            && files.files.remove(&number).is_some()
            && !files.is_replay
        {
            files.desk.give_output_file();
        }
        Some(result)
    }

    /// See [`vm::Host::decided`]. Readings of the clock are noted once for each actor.
    pub(crate) fn note_decision(&mut self, operation: &'static str, kind: CapabilityKind, granted: bool) {
        let number = self.context.number();
        if granted && std::mem::replace(&mut self.personal.asking.clock_noted, true) {
            return;
        }
        let decision = if granted { Decision::Granted } else { Decision::Denied };
        self.desk().note(number, operation, kind.symbol(), "", decision);
    }

    /// A path of a file, absolute; a name as it is.
    fn absolute(&self, kind: CapabilityKind, text: &str) -> String {
        if kind.is_file() && !text.is_empty() {
            return paths::resolve(&self.desk().endowment.folder, text);
        }
        text.to_string()
    }
}
