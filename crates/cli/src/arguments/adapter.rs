//! Options of `physics debug` for editors: `--dap` and `--listen`.
//!
//! 1. A port without an address is one of this machine alone.

use super::{Command, Setup, usage};
use crate::Failure;

/// Options of `debug` alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Adapter {
    /// An editor is served.
    pub(super) wanted: bool,
    /// Where; `None` is standard input and output.
    pub(super) listen: Option<String>,
}

impl Adapter {
    /// Listens on this port, for this machine alone.
    pub(super) fn set_port(&mut self, port: &str) -> Result<(), Failure> {
        let number: u16 = port.parse().map_err(|_| {
            usage(format!("--dap expects nothing or a port to listen on, 0 to 65535, not `{port}`"))
        })?;
        self.listen = Some(format!("127.0.0.1:{number}"));
        Ok(())
    }

    /// Takes what belongs to it off the operands, and refuses what makes no sense.
    pub(super) fn fit(
        &mut self,
        command: &Command,
        words: &mut Vec<String>,
        rest: &[String],
        setup: &Setup,
    ) -> Result<(), Failure> {
        self.wanted |= self.listen.is_some();
        if command.name != "debug" {
            let refused = "--dap and --listen are for `physics debug`".to_string();
            return if self.wanted { Err(usage(refused)) } else { Ok(()) };
        }
        if setup.gc_log || setup.audit {
            let option = if setup.audit { "--audit" } else { "--gc-log" };
            return Err(usage(format!("`debug` does not take {option}; expected: {}", command.usage)));
        }
        if !self.wanted {
            return match words.first() {
                None => Err(usage(format!("something is missing; expected: {}", command.usage))),
                // Orders come from there.
                Some(_) if words.iter().any(|word| word == "-") => {
                    Err(usage("`debug` reads its orders from standard input; give it a file".to_string()))
                }
                Some(_) => Ok(()),
            };
        }
        if self.listen.is_none() && words.len() == 1 {
            self.set_port(&words.remove(0))?;
        }
        if !words.is_empty() || !rest.is_empty() {
            return Err(usage(
                "with --dap the editor says which program to debug (`launch`): give no file".to_string(),
            ));
        }
        Ok(())
    }
}
