//! What happens in the world, as events for the client.
//!
//! 1. Actors that come and go are told when the program stands still, before that itself is.

use protocol::{
    ActorNumber, BreakpointAt, DebugEvent, DebugEventKind, Event, Location, PauseReason, Problem, RunStatus,
    TestOutcome,
};
use serde_json::{Value, json};

use super::breakpoints::Kind;
use super::server::Server;
use crate::debug::text::show;
use crate::report::report;

/// Events that can be stopped at: filter, label, description.
pub(super) const EXCEPTIONS: [(&str, &str, &str); 8] = [
    ("raise", "Everything raised", "When something is raised, handled or not"),
    ("uncaught", "Uncaught", "When something is raised that nobody handles"),
    ("send", "Sending", "Before a message is sent"),
    ("receive", "Receiving", "Before a message is taken that receive waited for"),
    ("spawn", "Spawning", "Before an actor is made"),
    ("exit", "Exit", "Before an actor ends"),
    ("capability", "Capabilities", "Before a capability is used"),
    ("collection", "Collections", "After a collection"),
];
/// Actors that a client is told of.
pub(super) const ACTORS_MAX: usize = 1_000;

/// The event of a filter.
pub(super) fn event_named(filter: &str) -> Option<BreakpointAt> {
    BreakpointAt::EVENTS.into_iter().find(|event| event.text() == filter)
}

impl Server<'_> {
    /// Tells what happened since the last call.
    pub(super) fn tell_events(&mut self) {
        let events = self.session.as_mut().map_or_else(Vec::new, |session| session.take_events());
        for event in events {
            match event {
                Event::Status(status) => self.tell_status(&status),
                event => self.tell_plain(event),
            }
        }
    }

    /// As [`Server::tell_events`], without what became of the run.
    pub(super) fn tell_last_words(&mut self) {
        let events = self.session.as_mut().map_or_else(Vec::new, |session| session.take_events());
        events
            .into_iter()
            .filter(|event| !matches!(event, Event::Status(_)))
            .for_each(|event| self.tell_plain(event));
        for actor in std::mem::take(&mut self.known_actors) {
            self.tell("thread", json!({ "reason": "exited", "threadId": actor }));
        }
    }

    fn tell_plain(&mut self, event: Event) {
        match event {
            Event::Output { text, .. } => {
                self.tell("output", json!({ "category": "stdout", "output": text }))
            }
            Event::Problem(problem) => self.tell_problem(&problem),
            Event::Debug(noted) => noted.into_iter().for_each(|event| self.tell_noted(event)),
            Event::Tests(rows) => {
                for row in rows.into_iter().filter(|row| row.outcome.is_bad()) {
                    let failed = row.outcome == TestOutcome::Fail;
                    let what = if failed { "failed" } else { "passed, although it should fail" };
                    self.tell_output(
                        "stderr",
                        format!("the test {} {what}\n", row.title),
                        row.location.as_ref(),
                    );
                }
            }
            _ => {}
        }
    }

    fn tell_problem(&mut self, problem: &Problem) {
        let text = report(problem, &self.files);
        self.tell_output("stderr", text, problem.location.as_ref());
    }

    fn tell_output(&mut self, category: &str, text: String, location: Option<&Location>) {
        let mut body = json!({ "category": category, "output": text });
        if let Some(place) = location {
            body["source"] = self.source_of(&place.file);
            body["line"] = json!(place.line - 1 + self.first_line);
        }
        self.tell("output", body);
    }

    fn tell_noted(&mut self, event: DebugEvent) {
        match event.kind {
            DebugEventKind::Log => {
                self.tell_output("console", format!("{}\n", event.text), event.location.as_ref())
            }
            DebugEventKind::Failed => {
                self.tell_output("important", format!("{}\n", event.text), event.location.as_ref());
            }
            _ => self.noted = Some(event.text),
        }
    }

    fn tell_status(&mut self, status: &RunStatus) {
        match status {
            RunStatus::Idle | RunStatus::Running => {}
            RunStatus::Paused { actor, reason } => self.tell_stop(*actor, reason),
            RunStatus::Deadlock { waiting } => {
                self.points.stopped();
                self.tell_actors();
                self.actor = waiting.first().copied().unwrap_or(self.actor);
                self.tell(
                    "stopped",
                    json!({
                        "reason": "deadlock",
                        "description": "All actors wait, and nothing is pending",
                        "threadId": self.actor.0,
                        "allThreadsStopped": true,
                    }),
                );
            }
            RunStatus::Ended { result } => {
                let asked = self.session.as_mut().and_then(|session| session.exit_status());
                let status = asked.unwrap_or(u8::from(result.is_err()));
                self.tell_ends();
                self.tell("exited", json!({ "exitCode": status }));
                self.end();
            }
            RunStatus::Stopped => {
                self.tell_ends();
                self.end();
            }
        }
    }

    fn tell_ends(&mut self) {
        self.references.forget();
        for actor in std::mem::take(&mut self.known_actors) {
            self.tell("thread", json!({ "reason": "exited", "threadId": actor }));
        }
    }

    fn tell_stop(&mut self, actor: Option<ActorNumber>, reason: &PauseReason) {
        self.references.forget();
        self.points.stopped();
        self.tell_actors();
        self.refresh_points();
        let lives = |actor: &ActorNumber| self.known_actors.contains(&actor.0);
        let meant = self.pausing.take().filter(lives).or(Some(self.actor).filter(lives));
        let first = self.known_actors.first().copied().map(ActorNumber);
        self.actor = actor.or(meant).or(first).unwrap_or(self.actor);
        let noted = self.noted.take().unwrap_or_default();
        let (hit, kind) = self.points.hit(&noted);
        let is_entry = std::mem::take(&mut self.is_entry);
        let name = match (reason, kind) {
            (PauseReason::Step, _) if is_entry => "entry",
            (PauseReason::Step, _) => "step",
            (PauseReason::Requested, _) => "pause",
            (PauseReason::Watch { .. }, _) => "data breakpoint",
            (PauseReason::Event(event), _) if event == "raise" || event == "uncaught" => "exception",
            (PauseReason::Event(event), Some(Kind::Exception)) => event.as_str(),
            (_, Some(Kind::Function)) => "function breakpoint",
            (_, Some(Kind::Instruction)) => "instruction breakpoint",
            _ => "breakpoint",
        };
        let about = EXCEPTIONS
            .iter()
            .find(|(filter, ..)| matches!(reason, PauseReason::Event(event) if event == filter));
        let mut body = json!({
            "reason": name,
            "threadId": self.actor.0,
            "allThreadsStopped": true,
        });
        match about {
            Some((_, _, about)) => body["description"] = json!(about),
            None if name != "entry" => body["text"] = json!(show::reason(reason)),
            None => {}
        }
        let hit = match reason {
            PauseReason::Watch { watch, .. } => vec![*watch],
            PauseReason::Step | PauseReason::Requested => Vec::new(),
            _ => hit,
        };
        if !hit.is_empty() {
            body["hitBreakpointIds"] = json!(hit);
        }
        self.tell("stopped", body);
    }

    /// Tells of actors that came and went.
    fn tell_actors(&mut self) {
        let live = self.session.as_mut().and_then(|session| session.actors(ACTORS_MAX).ok());
        let live: Vec<u32> =
            live.map_or_else(Vec::new, |(rows, _)| rows.iter().map(|row| row.actor.0).collect());
        let before = std::mem::replace(&mut self.known_actors, live.clone());
        for actor in before.iter().filter(|actor| live.binary_search(actor).is_err()) {
            self.tell("thread", json!({ "reason": "exited", "threadId": actor }));
        }
        for actor in live.iter().filter(|actor| before.binary_search(actor).is_err()) {
            self.tell("thread", json!({ "reason": "started", "threadId": actor }));
        }
    }

    /// A source as clients know it: a file by its path, anything else by a number.
    pub(super) fn source_of(&mut self, file: &str) -> Value {
        let name = file.rsplit('/').next().unwrap_or(file);
        match std::path::absolute(file) {
            Ok(path) if path.is_file() => json!({ "name": name, "path": path.to_string_lossy() }),
            _ => {
                let place = self.numbered_files.iter().position(|known| known == file);
                let number = place.unwrap_or_else(|| {
                    self.numbered_files.push(file.to_string());
                    self.numbered_files.len() - 1
                });
                json!({ "name": file, "sourceReference": number + 1 })
            }
        }
    }
}
