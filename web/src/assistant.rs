//! The assistant, as the page sees it: the module that answers what the editor asks.
//!
//! 1. It is started by the first question. One that has ended is started again by the next, up to [`STARTS_MAX`] times in a row
//!    without an answer; then the editor does without.
//! 2. That it fails is said once.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use protocol::{Answer, Asked};

use crate::module::{Failure, Module};

/// The assistant's worker, next to `index.html`.
const WORKER_URL: &str = "assistant/worker.js";
/// Workers that may end in a row before they have answered.
const STARTS_MAX: u32 = 3;

/// A handle to the assistant; clones are the same one.
#[derive(Clone, Default)]
pub struct Assistant {
    module: Module,
    failures: Rc<Cell<u32>>,
    told: Rc<Cell<bool>>,
}

impl Assistant {
    /// Asks; `then` gets the answer, or what to tell people about why there is none.
    pub fn ask(&self, asked: &Asked, then: impl FnOnce(Result<Answer, Option<String>>) + 'static) {
        if self.failures.get() >= STARTS_MAX {
            return then(Err(None));
        }
        if !self.module.is_running()
            && let Err(why) = self.module.start(WORKER_URL)
        {
            return then(Err(self.failed(Failure { text: why, ended: true })));
        }
        match postcard::to_allocvec(asked) {
            Ok(bytes) => {
                let values = Array::of1(&Uint8Array::from(&bytes[..]));
                let assistant = self.clone();
                self.module.ask("answer", &values, &Array::new(), move |answer| {
                    if answer.is_ok() {
                        assistant.failures.set(0);
                    }
                    then(answer.map_err(|failure| assistant.failed(failure)));
                });
            }
            Err(error) => then(Err(self.failed(Failure { text: error.to_string(), ended: false }))),
        }
    }

    /// Counts and ends what has failed; answers what to tell.
    fn failed(&self, failure: Failure) -> Option<String> {
        let is_first = !self.told.replace(true);
        if failure.ended {
            self.failures.set(self.failures.get() + 1);
            self.module.end("it has ended");
        }
        let text = failure.text;
        is_first
            .then(|| format!("The editor does without completion, descriptions and colours of names: {text}"))
    }
}
