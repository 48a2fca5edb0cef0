//! What the page has asked the engine's debugger and not been answered yet.
//!
//! 1. Every question gets one answer; when the engine goes, that it has gone.

use std::cell::RefCell;
use std::collections::HashMap;

use protocol::{DebuggerAnswer, Evaluation};

type Asked = Box<dyn FnOnce(Result<DebuggerAnswer, String>)>;
type Evaluated = Box<dyn FnOnce(Result<Evaluation, String>)>;

/// See the module.
#[derive(Default)]
pub struct Inquiries {
    asked: RefCell<HashMap<u32, Asked>>,
    evaluated: RefCell<HashMap<u32, Evaluated>>,
}

impl Inquiries {
    /// Question `id` waits for the debugger's answer.
    pub fn ask(&self, id: u32, then: impl FnOnce(Result<DebuggerAnswer, String>) + 'static) {
        self.asked.borrow_mut().insert(id, Box::new(then));
    }

    /// Question `id` waits for a value.
    pub fn evaluate(&self, id: u32, then: impl FnOnce(Result<Evaluation, String>) + 'static) {
        self.evaluated.borrow_mut().insert(id, Box::new(then));
    }

    /// The debugger has answered.
    pub fn answered(&self, id: u32, result: Result<DebuggerAnswer, String>) {
        let asked = self.asked.borrow_mut().remove(&id);
        if let Some(then) = asked {
            then(result);
        }
    }

    /// A value has come; given back if nobody here waits for it.
    pub fn evaluation(
        &self,
        id: u32,
        result: Result<Evaluation, String>,
    ) -> Option<Result<Evaluation, String>> {
        let evaluated = self.evaluated.borrow_mut().remove(&id);
        match evaluated {
            Some(then) => {
                then(result);
                None
            }
            None => Some(result),
        }
    }

    /// Nothing will be answered any more.
    pub fn end(&self, why: &str) {
        let asked: Vec<Asked> = self.asked.borrow_mut().drain().map(|(_, then)| then).collect();
        asked.into_iter().for_each(|then| then(Err(why.to_owned())));
        let evaluated: Vec<Evaluated> = self.evaluated.borrow_mut().drain().map(|(_, then)| then).collect();
        evaluated.into_iter().for_each(|then| then(Err(why.to_owned())));
    }
}
