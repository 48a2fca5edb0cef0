//! What programs reach beyond the engine: files, and what programs may do.
//!
//! 1. Files live in memory, where requests are answered at once and in the order in which they come, and are kept in the
//!    browser's own storage a moment after they change. Before what was kept is read back, requests wait.
//! 2. Where there is no such storage, files last as long as the page, and the page says so.
//! 3. What was allowed holds for every worker that is started.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use protocol::{Command, Endowment, FileState, Files, Grant, HostRequest};
use wasm_bindgen_futures::spawn_local;

use crate::storage::Storage;

/// Room for files, bytes.
const FILES_BYTES_MAX: usize = 64 << 20;
/// What `(command-line)` begins with.
const PROGRAM: &str = "program.scm";
/// Rest after a change before it is kept, so that a row of changes is kept once, ms.
const REST_MS: u32 = 60;

/// Called when files have changed, with the text of a problem if there is one to tell.
type Watcher = Box<dyn Fn(Option<String>)>;

/// See the module.
pub struct Outside {
    files: RefCell<Files>,
    endowment: RefCell<Endowment>,
    /// Requests that came before the files were there.
    early: RefCell<Option<Vec<HostRequest>>>,
    storage: RefCell<Option<Rc<Storage>>>,
    keeping: Cell<bool>,
    watcher: RefCell<Option<Watcher>>,
}

impl Default for Outside {
    fn default() -> Outside {
        let endowment = Endowment { arguments: vec![PROGRAM.to_owned()], asks: true, ..Endowment::default() };
        Outside {
            files: RefCell::new(Files::new(FILES_BYTES_MAX)),
            endowment: RefCell::new(endowment),
            early: RefCell::new(Some(Vec::new())),
            storage: RefCell::new(None),
            keeping: Cell::new(false),
            watcher: RefCell::new(None),
        }
    }
}

impl Outside {
    /// Calls `watcher` from now on.
    pub fn watch(&self, watcher: impl Fn(Option<String>) + 'static) {
        *self.watcher.borrow_mut() = Some(Box::new(watcher));
    }

    /// Reads back what was kept; then `answer` gets the answers to what came before.
    pub fn restore(self: &Rc<Self>, answer: impl Fn(Command) + 'static) {
        let outside = self.clone();
        spawn_local(async move {
            let problem = match Storage::open().await {
                Ok(storage) => {
                    let loaded = storage.load().await;
                    *outside.storage.borrow_mut() = Some(Rc::new(storage));
                    loaded.map_or_else(
                        |error| Some(error_text("read", &error)),
                        |files| outside.put_back(files),
                    )
                }
                Err(_) => None,
            };
            outside.tell(problem);
            for request in outside.early.take().into_iter().flatten() {
                if let Some(command) = outside.answer(request) {
                    answer(command);
                }
            }
        });
    }

    /// Takes files that were kept; the problem, if one does not fit.
    fn put_back(&self, kept: Vec<(String, Vec<u8>)>) -> Option<String> {
        let mut files = self.files.borrow_mut();
        let failures = kept.iter().filter_map(|(path, contents)| files.write(path, contents).err());
        let problem = failures.last();
        files.take_changes();
        problem
    }

    /// The answer to a request, unless it has to wait for the files.
    pub fn answer(self: &Rc<Self>, request: HostRequest) -> Option<Command> {
        if let Some(early) = &mut *self.early.borrow_mut() {
            early.push(request);
            return None;
        }
        let result = self.files.borrow_mut().perform(&request.operation);
        if request.operation.kind() == protocol::FILE_WRITE {
            self.keep();
        }
        Some(Command::AnswerHost { id: request.id, result })
    }

    /// Path and bytes of every file.
    pub fn list(&self) -> Vec<(String, usize)> {
        self.files.borrow().list().map(|(path, bytes)| (path.to_owned(), bytes)).collect()
    }

    /// Bytes in use, and how many there may be.
    pub fn usage(&self) -> (usize, usize) {
        self.files.borrow().usage()
    }

    /// Files last longer than the page.
    pub fn is_kept(&self) -> bool {
        self.storage.borrow().is_some()
    }

    /// The contents of a file.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.files.borrow().read(path).ok().map(<[u8]>::to_vec)
    }

    /// Puts a file there.
    pub fn write(self: &Rc<Self>, path: &str, contents: &[u8]) {
        let written = self.files.borrow_mut().write(path, contents);
        self.keep();
        self.tell(written.err());
    }

    /// Takes a file away.
    pub fn delete(self: &Rc<Self>, path: &str) {
        let deleted = self.files.borrow_mut().delete(path);
        self.keep();
        self.tell(deleted.err());
    }

    fn tell(&self, problem: Option<String>) {
        if let Some(watcher) = &*self.watcher.borrow() {
            watcher(problem);
        }
    }

    /// Keeps what has changed, a moment later, and tells the watcher.
    fn keep(self: &Rc<Self>) {
        if self.keeping.replace(true) {
            return;
        }
        let outside = self.clone();
        spawn_local(async move {
            loop {
                TimeoutFuture::new(REST_MS).await;
                let changes = outside.files.borrow_mut().take_changes();
                if changes.is_empty() {
                    break outside.keeping.set(false);
                }
                let storage = outside.storage.borrow().clone();
                let mut problem = None;
                if let Some(storage) = storage {
                    for change in &changes {
                        let kept = match &change.now {
                            FileState::Contents(contents) => storage.save(&change.path, contents).await,
                            FileState::Gone => storage.remove(&change.path).await,
                            FileState::Folder => Ok(()),
                        };
                        if let Err(error) = kept {
                            problem = Some(error_text(&format!("keep {}", change.path), &error));
                        }
                    }
                }
                outside.tell(problem);
            }
        });
    }

    /// Programs that are started from now on may do this, and nothing else.
    pub fn allow(&self, grants: Vec<Grant>) {
        self.endowment.borrow_mut().grants = grants;
    }

    /// What a worker is to be told before programs start.
    pub fn endowment(&self) -> Command {
        Command::Endow(self.endowment.borrow().clone())
    }
}

fn error_text(what: &str, error: &wasm_bindgen::JsValue) -> String {
    let why = js_sys::Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    format!("This browser did not {what}: {}", why.unwrap_or_else(|| "no reason given".to_owned()))
}
