//! What programs reach beyond the engine: files, kept in memory for as long as the page is open, and what they may do.
//!
//! 1. Requests are answered in the order in which they come, at once.
//! 2. What was allowed holds for every worker that is started.

use std::cell::RefCell;

use protocol::{Command, Endowment, Files, Grant, HostRequest};

/// Room for files, bytes.
const FILES_BYTES_MAX: usize = 64 << 20;
/// What `(command-line)` begins with.
const PROGRAM: &str = "program.scm";

/// See the module.
pub struct Outside {
    files: RefCell<Files>,
    endowment: RefCell<Endowment>,
}

impl Default for Outside {
    fn default() -> Outside {
        let endowment = Endowment { arguments: vec![PROGRAM.to_owned()], ..Endowment::default() };
        Outside { files: RefCell::new(Files::new(FILES_BYTES_MAX)), endowment: RefCell::new(endowment) }
    }
}

impl Outside {
    /// The answer to a request.
    pub fn answer(&self, request: &HostRequest) -> Command {
        let result = self.files.borrow_mut().perform(&request.operation);
        Command::AnswerHost { id: request.id, result }
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
