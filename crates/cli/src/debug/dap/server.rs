//! Requests and their answers: who may ask what when, and the life of a program from `launch` to `disconnect`.
//!
//! 1. A request is answered before the events that it causes are sent.
//! 2. Stages only go forward, but for `restart`: connected, initialized, launched, begun, over.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use protocol::{ActorNumber, Command, RunStatus, SourceText, StepKind};
use serde_json::{Value, json};

use super::breakpoints::Points;
use super::fields::{flag, needed_number, needed_text, number, text, texts};
use super::frames::References;
use super::tell::EXCEPTIONS;
use super::wire::{Frame, write_frame};
use crate::arguments::Setup;
use crate::debug::session::Session;
use crate::host::wait;
use crate::report::report;
use crate::run::MAIN;
use crate::{Failure, sources};

/// Longest rest between two looks.
const REST: Duration = Duration::from_secs(1);

/// How far things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Connected,
    Initialized,
    Launched,
    Begun,
    Over,
}

/// What was launched.
pub(super) struct Launch {
    program: String,
    stop_on_entry: bool,
    pub(super) without_debugging: bool,
}

/// See the module.
pub(super) struct Server<'a> {
    writer: Box<dyn Write + 'a>,
    setup: &'a Setup,
    sent: u64,
    pub(super) stage: Stage,
    pub(super) session: Option<Session>,
    pub(super) launch: Option<Launch>,
    pub(super) files: Vec<SourceText>,
    pub(super) points: Points,
    pub(super) references: References,
    /// What the client counts lines and columns from.
    pub(super) first_line: u32,
    pub(super) first_column: u32,
    /// Names of files that have numbers, which count from 1.
    pub(super) numbered_files: Vec<String>,
    /// Names of procedures that have numbers, which count from 1.
    pub(super) numbered_procedures: Vec<String>,
    /// Actors that the client was told of.
    pub(super) known_actors: Vec<u32>,
    /// The actor that stood still last.
    pub(super) actor: ActorNumber,
    /// Who is meant by the pause that was asked for.
    pub(super) pausing: Option<ActorNumber>,
    /// The next stop is the first.
    pub(super) is_entry: bool,
    /// What was noted of the stop that is told next.
    pub(super) noted: Option<String>,
    /// Events to send after the answer.
    queue: Vec<Value>,
    is_over: bool,
}

/// The session, which the stage says is there.
pub(super) fn there(session: &mut Option<Session>) -> Result<&mut Session, String> {
    session.as_mut().ok_or_else(|| "there is no program; send `launch` first".to_string())
}

impl<'a> Server<'a> {
    /// For a client who has just connected.
    pub(super) fn new(writer: impl Write + 'a, setup: &'a Setup) -> Server<'a> {
        Server {
            writer: Box::new(writer),
            setup,
            sent: 0,
            stage: Stage::Connected,
            session: None,
            launch: None,
            files: Vec::new(),
            points: Points::default(),
            references: References::default(),
            first_line: 1,
            first_column: 1,
            numbered_files: Vec::new(),
            numbered_procedures: Vec::new(),
            known_actors: Vec::new(),
            actor: MAIN,
            pausing: None,
            is_entry: false,
            noted: None,
            queue: Vec::new(),
            is_over: false,
        }
    }

    /// Serves the client until it goes.
    ///
    /// # Errors
    /// When it does not take what it is sent, or sends what is no message.
    pub(super) fn serve(mut self, inputs: &Receiver<Frame>) -> Result<(), Failure> {
        loop {
            match inputs.try_recv() {
                Ok(Frame::Message(bytes)) => {
                    self.take(&bytes)?;
                    self.tell_events();
                    self.send_queue()?;
                    if self.is_over {
                        return Ok(());
                    }
                    continue;
                }
                Ok(Frame::Broken(text)) => {
                    let complaint = format!("The debug adapter cannot read what it was sent: {text}\n");
                    self.tell("output", json!({ "category": "important", "output": complaint }));
                    self.tell("terminated", json!({}));
                    self.send_queue()?;
                    return Err(Failure::Plain(format!("the client sent what is no message: {text}")));
                }
                Ok(Frame::End) | Err(TryRecvError::Disconnected) => return Ok(()),
                Err(TryRecvError::Empty) => {}
            }
            self.tell_events();
            self.send_queue()?;
            match &self.session {
                Some(session) => session.rest(REST),
                None => wait(Some(REST)),
            }
        }
    }

    /// An event, to be sent after the answer.
    pub(super) fn tell(&mut self, event: &str, body: Value) {
        self.queue.push(json!({ "type": "event", "event": event, "body": body }));
    }

    fn send(&mut self, mut message: Value) -> io::Result<()> {
        self.sent += 1;
        message["seq"] = json!(self.sent);
        write_frame(&mut self.writer, &message)
    }

    fn send_queue(&mut self) -> io::Result<()> {
        for message in std::mem::take(&mut self.queue) {
            self.send(message)?;
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let message: Value = match serde_json::from_slice(bytes) {
            Ok(message) => message,
            Err(error) => {
                let output = format!("The debug adapter was sent what is no JSON: {error}\n");
                self.tell("output", json!({ "category": "important", "output": output }));
                return Ok(());
            }
        };
        let command = message.get("command").and_then(Value::as_str);
        let seq = message.get("seq").and_then(Value::as_u64);
        let is_request = message.get("type").and_then(Value::as_str) == Some("request");
        let result = match (is_request, command, seq) {
            (true, Some(command), Some(_)) => {
                let nothing = json!({});
                let arguments = message.get("arguments").filter(|arguments| !arguments.is_null());
                match arguments.unwrap_or(&nothing) {
                    arguments if arguments.is_object() => self.carry_out(command, arguments),
                    _ => Err("`arguments` expects an object".to_string()),
                }
            }
            _ => Err("a message expects `type` \"request\", a number `seq` and a text `command`".to_string()),
        };
        let mut answer = json!({
            "type": "response",
            "request_seq": seq.unwrap_or(0),
            "command": command.unwrap_or(""),
            "success": result.is_ok(),
        });
        match result {
            Ok(body) => answer["body"] = body,
            Err(text) => {
                answer["message"] = json!(text);
                // Braces would name variables of the message.
                let error =
                    json!({ "id": 1, "format": "{text}", "variables": { "text": text }, "showUser": true });
                answer["body"] = json!({ "error": error });
            }
        }
        self.send(answer)
    }

    fn carry_out(&mut self, command: &str, arguments: &Value) -> Result<Value, String> {
        if command == "disconnect" {
            self.is_over = true;
            if let Some(session) = &mut self.session {
                session.stop();
            }
            return Ok(json!({}));
        }
        self.must_fit(command)?;
        match command {
            "initialize" => self.initialize(arguments),
            "launch" => self.launch(arguments),
            "attach" => {
                Err("there is nothing to attach to: programs run within the debug adapter; use `launch`"
                    .into())
            }
            "setBreakpoints" => self.set_breakpoints(arguments),
            "setFunctionBreakpoints" => self.set_function_breakpoints(arguments),
            "setExceptionBreakpoints" => self.set_exception_breakpoints(arguments),
            "setInstructionBreakpoints" => self.set_instruction_breakpoints(arguments),
            "dataBreakpointInfo" => self.data_breakpoint_info(arguments),
            "setDataBreakpoints" => self.set_data_breakpoints(arguments),
            "configurationDone" => {
                self.stage = Stage::Begun;
                self.begin()
            }
            "threads" => self.threads(),
            "stackTrace" => self.stack_trace(arguments),
            "scopes" => self.scopes(arguments),
            "variables" => self.variables(arguments),
            "setVariable" => self.set_variable(arguments),
            "evaluate" => self.evaluate(arguments),
            "source" => self.source(arguments),
            "loadedSources" => self.loaded_sources(),
            "disassemble" => self.disassemble(arguments),
            "continue" => self.go_on(),
            "next" => self.step(arguments, StepKind::Over),
            "stepIn" => self.step(arguments, StepKind::Into),
            "stepOut" => self.step(arguments, StepKind::Out),
            "pause" => self.pause(arguments),
            "restart" => self.restart(),
            "terminate" => {
                if *there(&mut self.session)?.status() == RunStatus::Idle {
                    self.end();
                } else {
                    there(&mut self.session)?.command(Command::Stop);
                }
                Ok(json!({}))
            }
            other => Err(format!("there is no request `{other}` here; `initialize` says what there is")),
        }
    }

    /// Refuses requests that come too early, too late, or twice.
    fn must_fit(&self, command: &str) -> Result<(), String> {
        let is_setting = command.starts_with("set") && command.ends_with("Breakpoints");
        let refusal = match (self.stage, command) {
            (Stage::Connected, "initialize") => return Ok(()),
            (Stage::Connected, _) => "`initialize` comes first".to_string(),
            (_, "initialize") => "`initialize` came already, and comes once".to_string(),
            (Stage::Initialized, "launch" | "attach") => return Ok(()),
            (Stage::Initialized, _) if is_setting && command != "setDataBreakpoints" => return Ok(()),
            (Stage::Initialized, _) => format!("`launch`, with a `program`, comes before `{command}`"),
            (_, "launch") => {
                "a program is launched already; `restart` begins it anew, `disconnect` ends it".to_string()
            }
            (
                Stage::Launched,
                "continue" | "next" | "stepIn" | "stepOut" | "pause" | "restart" | "evaluate",
            ) => {
                format!("the program has not begun; `configurationDone` comes before `{command}`")
            }
            (Stage::Begun | Stage::Over, "configurationDone") => {
                "`configurationDone` came already; `restart` begins the program anew".to_string()
            }
            (Stage::Over, "continue" | "next" | "stepIn" | "stepOut" | "pause" | "terminate") => {
                "the program has ended; `restart` begins it anew".to_string()
            }
            _ => return Ok(()),
        };
        Err(refusal)
    }

    fn initialize(&mut self, arguments: &Value) -> Result<Value, String> {
        if let Some(format) = text(arguments, "pathFormat")?.filter(|format| *format != "path") {
            return Err(format!("`pathFormat` can be \"path\" only, not \"{format}\""));
        }
        let from_1 = |name: &str| match arguments.get(name) {
            None | Some(Value::Null) => Ok(1),
            Some(_) => flag(arguments, name).map(u32::from),
        };
        self.first_line = from_1("linesStartAt1")?;
        self.first_column = from_1("columnsStartAt1")?;
        self.stage = Stage::Initialized;
        let filters = EXCEPTIONS.iter().map(|(filter, label, about)| {
            json!({
                "filter": filter, "label": label, "description": about, "default": *filter == "uncaught",
                "supportsCondition": true, "conditionDescription": "a Scheme expression, such as (> n 1)",
            })
        });
        Ok(json!({
            "supportsConfigurationDoneRequest": true,
            "supportsFunctionBreakpoints": true,
            "supportsConditionalBreakpoints": true,
            "supportsHitConditionalBreakpoints": true,
            "supportsLogPoints": true,
            "supportsEvaluateForHovers": true,
            "exceptionBreakpointFilters": filters.collect::<Vec<_>>(),
            "supportsExceptionFilterOptions": true,
            "supportsSetVariable": true,
            "supportsRestartRequest": true,
            "supportsTerminateRequest": true,
            "supportsDelayedStackTraceLoading": true,
            "supportsLoadedSourcesRequest": true,
            "supportsDataBreakpoints": true,
            "supportsDisassembleRequest": true,
            "supportsSteppingGranularity": true,
            "supportsInstructionBreakpoints": true,
        }))
    }

    fn launch(&mut self, arguments: &Value) -> Result<Value, String> {
        let program = needed_text(arguments, "program")?;
        let path = std::path::absolute(program).map_err(|error| format!("{program}: {error}"))?;
        let program = path.to_string_lossy().into_owned();
        let launch = Launch {
            program: program.clone(),
            stop_on_entry: flag(arguments, "stopOnEntry")?,
            without_debugging: flag(arguments, "noDebug")?,
        };
        let line = std::iter::once(program.clone()).chain(texts(arguments, "args")?).collect();
        let session = Session::start(self.setup, line).map_err(text_of)?;
        self.session = Some(session);
        self.launch = Some(launch);
        if let Err(text) = self.load() {
            (self.session, self.launch) = (None, None);
            return Err(text);
        }
        self.stage = Stage::Launched;
        let process = json!({
            "name": program, "systemProcessId": std::process::id(), "isLocalProcess": true, "startMethod": "launch",
        });
        self.tell("process", process);
        self.tell("initialized", json!({}));
        Ok(json!({}))
    }

    /// Reads the program and loads it; nothing runs yet.
    fn load(&mut self) -> Result<(), String> {
        let Some(launch) = &self.launch else {
            return Err("there is no program; send `launch` first".to_string());
        };
        self.files = sources::read_all(std::slice::from_ref(&launch.program)).map_err(text_of)?;
        let wanted = self.armed();
        if let Err(problems) = there(&mut self.session)?.load(&self.files, wanted) {
            for problem in &problems {
                let output = report(problem, &self.files);
                self.tell("output", json!({ "category": "stderr", "output": output }));
            }
            let first = problems.first().map_or_else(String::new, world::compile::text_of);
            return Err(format!("the program does not compile: {first}"));
        }
        self.references.forget();
        self.points.forget_data();
        self.numbered_files.clear();
        self.refresh_points();
        Ok(())
    }

    fn begin(&mut self) -> Result<Value, String> {
        (self.actor, self.pausing, self.noted) = (MAIN, None, None);
        self.is_entry = self.launch.as_ref().is_some_and(|launch| launch.stop_on_entry);
        let session = there(&mut self.session)?;
        if self.is_entry {
            session.step(MAIN, StepKind::Into)?;
        } else {
            session.command(Command::Run);
        }
        Ok(json!({}))
    }

    fn restart(&mut self) -> Result<Value, String> {
        there(&mut self.session)?.stop();
        // What the former run still had to say is told, its end is not.
        self.tell_last_words();
        self.load()?;
        self.stage = Stage::Begun;
        self.begin()
    }

    fn go_on(&mut self) -> Result<Value, String> {
        let session = there(&mut self.session)?;
        match session.status() {
            RunStatus::Paused { .. } => session.command(Command::Run),
            // Nobody can go on; that is the end.
            RunStatus::Deadlock { .. } => {
                self.tell("exited", json!({ "exitCode": 1 }));
                self.end();
            }
            _ => session.can_look()?,
        }
        self.references.forget();
        Ok(json!({ "allThreadsContinued": true }))
    }

    fn step(&mut self, arguments: &Value, kind: StepKind) -> Result<Value, String> {
        let actor = ActorNumber(actor_number(arguments)?);
        let kind = match text(arguments, "granularity")? {
            Some("instruction") => StepKind::Instruction,
            Some("line" | "statement") | None => kind,
            Some(other) => {
                return Err(format!(
                    "`granularity` expects \"line\", \"statement\" or \"instruction\", not \"{other}\""
                ));
            }
        };
        there(&mut self.session)?.step(actor, kind)?;
        self.references.forget();
        Ok(json!({}))
    }

    fn pause(&mut self, arguments: &Value) -> Result<Value, String> {
        let actor = number(arguments, "threadId")?.and_then(|number| u32::try_from(number).ok());
        let session = there(&mut self.session)?;
        if !session.is_running() {
            return Err("the program stands still already; `continue` lets it go on".to_string());
        }
        self.pausing = actor.map(ActorNumber);
        session.command(Command::Pause);
        Ok(json!({}))
    }

    /// The program is over.
    pub(super) fn end(&mut self) {
        if self.stage != Stage::Over {
            self.stage = Stage::Over;
            self.tell("terminated", json!({}));
        }
    }
}

/// The actor that a request is about.
pub(super) fn actor_number(arguments: &Value) -> Result<u32, String> {
    let number = needed_number(arguments, "threadId")?;
    u32::try_from(number).map_err(|_| format!("there is no actor {number}; `threads` lists them"))
}

fn text_of(failure: Failure) -> String {
    match failure {
        Failure::Usage(text) | Failure::Plain(text) => text,
        Failure::Console(error) => error.to_string(),
        Failure::Reported | Failure::Status(_) => "the program cannot be started".to_string(),
    }
}
