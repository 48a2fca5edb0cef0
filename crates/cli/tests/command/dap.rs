//! `physics debug --dap`, with a client that follows a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::file;

const WAIT_MAX: Duration = Duration::from_secs(20);

const PROGRAM: &str = "(define total 0)
(define me (self))
(define (add n)
  (set! total (+ total n))

  (let ((cells (vector n (list 1 2))))
    cells))
(define (work n)
  (let loop ((i 0))
    (if (< i n)
        (begin (add i) (loop (+ i 1))))))
(define child
  (spawn (lambda ()
    (let ((n (receive)))
      (send me (* n n))))))
(work 5)
(send child 7)
(display (list total (receive)))
(guard (e (#t 'caught)) (raise 'thrown))
(car total)
";

struct Client {
    child: Option<Child>,
    writer: Option<Box<dyn Write>>,
    messages: Receiver<Value>,
    /// Everything that came so far.
    came: Vec<Value>,
    sent: u64,
}

fn read_message(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        length = line.strip_prefix("Content-Length: ")?.trim().parse().ok()?;
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

impl Client {
    fn of(child: Option<Child>, reader: impl Read + Send + 'static, writer: Box<dyn Write>) -> Client {
        let (hand_on, messages) = channel();
        thread::spawn(move || {
            let mut reader = BufReader::new(reader);
            while let Some(message) = read_message(&mut reader) {
                if hand_on.send(message).is_err() {
                    return;
                }
            }
        });
        Client { child, writer: Some(writer), messages, came: Vec::new(), sent: 0 }
    }

    fn connected() -> Client {
        let mut child = Command::new(env!("CARGO_BIN_EXE_physics"))
            .args(["debug", "--dap"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let (reader, writer) = (child.stdout.take().expect("piped"), child.stdin.take().expect("piped"));
        Client::of(Some(child), reader, Box::new(writer))
    }

    fn initialized() -> Client {
        let mut client = Client::connected();
        client.ok("initialize", json!({ "adapterID": "physics", "linesStartAt1": true }));
        client
    }

    /// A program that is launched and has not begun.
    fn launched(name: &str, source: &str, more: Value) -> (Client, String) {
        let path = file(&format!("dap/{name}.scm"), source);
        let mut client = Client::initialized();
        let mut arguments = json!({ "program": path });
        for (name, value) in more.as_object().expect("an object") {
            arguments[name] = value.clone();
        }
        client.ok("launch", arguments);
        client.event("initialized");
        (client, path)
    }

    fn raw(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().expect("it is open");
        writer.write_all(bytes).and_then(|()| writer.flush()).expect("the adapter reads");
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    #[track_caller]
    fn next(&mut self) -> Value {
        match self.messages.recv_timeout(WAIT_MAX) {
            Ok(message) => {
                self.came.push(message.clone());
                message
            }
            Err(error) => panic!("{error}; came: {:#?}", self.came),
        }
    }

    #[track_caller]
    fn request(&mut self, command: &str, arguments: Value) -> Value {
        self.sent += 1;
        let seq = self.sent;
        self.send(&json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments }));
        loop {
            let message = self.next();
            if message["type"] == "response" {
                assert_eq!((&message["request_seq"], &message["command"]), (&json!(seq), &json!(command)));
                return message;
            }
        }
    }

    #[track_caller]
    fn ok(&mut self, command: &str, arguments: Value) -> Value {
        let answer = self.request(command, arguments);
        assert_eq!(answer["success"], json!(true), "{answer}");
        answer["body"].clone()
    }

    /// It is refused with this.
    #[track_caller]
    fn refused(&mut self, command: &str, arguments: Value, with: &str) {
        let answer = self.request(command, arguments);
        assert_eq!(answer["success"], json!(false), "{answer}");
        assert!(answer["message"].as_str().is_some_and(|text| text.contains(with)), "{answer}");
    }

    /// The next event of this kind that was not asked for yet.
    #[track_caller]
    fn event(&mut self, name: &str) -> Value {
        let mut place = 0;
        loop {
            if place == self.came.len() {
                self.next();
            }
            if self.came[place]["event"] == name {
                return self.came.remove(place)["body"].take();
            }
            place += 1;
        }
    }

    #[track_caller]
    fn stopped(&mut self, reason: &str) -> Value {
        let body = self.event("stopped");
        assert_eq!((&body["reason"], &body["allThreadsStopped"]), (&json!(reason), &json!(true)), "{body}");
        body
    }

    /// Frames of an actor: id, name, line.
    #[track_caller]
    fn frames(&mut self, actor: u64) -> Vec<(u64, String, u64)> {
        let body = self.ok("stackTrace", json!({ "threadId": actor }));
        let frames = body["stackFrames"].as_array().expect("frames").iter();
        let told = |frame: &Value| {
            (
                frame["id"].as_u64().unwrap_or(0),
                frame["name"].as_str().unwrap_or("").to_string(),
                frame["line"].as_u64().unwrap_or(0),
            )
        };
        frames.map(told).collect()
    }

    /// Variables: reference, name, value.
    #[track_caller]
    fn variables(&mut self, arguments: Value) -> Vec<(u64, String, String)> {
        let body = self.ok("variables", arguments);
        let variables = body["variables"].as_array().expect("variables").iter();
        let text = |value: &Value| value.as_str().unwrap_or("").to_string();
        variables
            .map(|one| {
                (one["variablesReference"].as_u64().unwrap_or(0), text(&one["name"]), text(&one["value"]))
            })
            .collect()
    }

    /// The scope of this name: its reference.
    #[track_caller]
    fn scope(&mut self, frame: u64, name: &str) -> u64 {
        let body = self.ok("scopes", json!({ "frameId": frame }));
        let scopes = body["scopes"].as_array().expect("scopes");
        let found = scopes.iter().find(|scope| scope["name"] == name).unwrap_or_else(|| panic!("{scopes:?}"));
        found["variablesReference"].as_u64().expect("a number")
    }

    fn output(&self, category: &str) -> String {
        let mine = self
            .came
            .iter()
            .filter(|message| message["event"] == "output" && message["body"]["category"] == category);
        mine.filter_map(|message| message["body"]["output"].as_str()).collect()
    }

    /// Says goodbye; the command ends well.
    #[track_caller]
    fn leave(mut self) {
        self.ok("disconnect", json!({}));
        let mut child = self.child.take().expect("a command of its own");
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

fn points(path: &str, points: Value) -> Value {
    json!({ "source": { "path": path }, "breakpoints": points })
}

#[test]
fn breakpoints_frames_variables_and_steps() {
    let (mut client, path) = Client::launched("flow", PROGRAM, json!({}));
    let set = points(&path, json!([{ "line": 5 }, { "line": 11, "condition": "(= i 3)" }, { "line": 4000 }]));
    let body = client.ok("setBreakpoints", set);
    assert_eq!(
        (&body["breakpoints"][0]["verified"], &body["breakpoints"][0]["line"]),
        (&json!(true), &json!(6))
    );
    assert_eq!(body["breakpoints"][2]["verified"], json!(false), "{body}");
    client.ok("configurationDone", json!({}));
    let stop = client.stopped("breakpoint");
    assert_eq!(
        (&stop["threadId"], &stop["hitBreakpointIds"]),
        (&json!(1), &json!([body["breakpoints"][0]["id"]]))
    );
    let threads = client.ok("threads", json!({}));
    assert_eq!(threads["threads"].as_array().map(Vec::len), Some(2), "{threads}");
    let frames = client.frames(1);
    let names: Vec<(&str, u64)> = frames.iter().map(|(_, name, line)| (name.as_str(), *line)).collect();
    assert_eq!((names[0], names.last().map(|(name, _)| *name)), (("add", 6), Some("(top level)")));
    let locals = client.scope(frames[0].0, "Locals");
    assert_eq!(client.variables(json!({ "variablesReference": locals }))[0].2, "0");
    // What was told at this stop is of no use after the next.
    client.ok("next", json!({ "threadId": 1 }));
    client.stopped("step");
    client.refused("variables", json!({ "variablesReference": locals }), "since the last stop");
    let frames = client.frames(1);
    assert_eq!(frames[0].2, 7);
    let locals = client.scope(frames[0].0, "Locals");
    let variables = client.variables(json!({ "variablesReference": locals }));
    let cells = variables.iter().find(|(_, name, _)| name == "cells").expect("cells").clone();
    assert_eq!(cells.2, "#(0 (1 2))");
    let window = json!({ "variablesReference": cells.0, "filter": "indexed", "start": 1, "count": 1 });
    let part = client.variables(window)[0].clone();
    assert_eq!((part.1.as_str(), part.2.as_str()), ("1", "(1 2)"));
    let named = json!({ "variablesReference": cells.0, "filter": "named" });
    assert!(client.variables(named).is_empty());
    // Variables, elements of vectors and of lists are set.
    let set =
        client.ok("setVariable", json!({ "variablesReference": part.0, "name": "1", "value": "(+ 20 1)" }));
    assert_eq!(set["value"], "21");
    client.ok("setVariable", json!({ "variablesReference": cells.0, "name": "0", "value": "'zero" }));
    let evaluated =
        client.ok("evaluate", json!({ "expression": "cells", "frameId": frames[0].0, "context": "watch" }));
    assert_eq!(evaluated["result"], "#(zero (1 21))");
    client.ok("setVariable", json!({ "variablesReference": locals, "name": "n", "value": "9" }));
    let evaluated = client
        .ok("evaluate", json!({ "expression": "(list n total)", "frameId": frames[0].0, "context": "repl" }));
    assert_eq!(evaluated["result"], "(9 0)");
    let hover = json!({ "expression": "(set! n 1)", "frameId": frames[0].0, "context": "hover" });
    client.refused("evaluate", hover, "no variable");
    client.refused("evaluate", json!({ "expression": "(car n)", "frameId": frames[0].0 }), "expected a pair");
    client.refused(
        "setVariable",
        json!({ "variablesReference": locals, "name": "n) (f", "value": "1" }),
        "not the name",
    );
    client.ok("stepOut", json!({ "threadId": 1 }));
    client.stopped("step");
    let globals = client.frames(1)[0].0;
    let globals = client.scope(globals, "Globals");
    assert!(
        client.variables(json!({ "variablesReference": globals })).iter().any(|(_, name, _)| name == "work")
    );
    client.ok("setVariable", json!({ "variablesReference": globals, "name": "total", "value": "100" }));
    // Only the conditional one is left.
    client.ok("setBreakpoints", points(&path, json!([{ "line": 11, "condition": "(= i 3)" }])));
    client.ok("continue", json!({ "threadId": 1 }));
    client.stopped("breakpoint");
    let frame = client.frames(1)[0].0;
    assert_eq!(client.ok("evaluate", json!({ "expression": "i", "frameId": frame }))["result"], "3");
    client.ok("setBreakpoints", points(&path, json!([])));
    client.ok("continue", json!({ "threadId": 1 }));
    assert_eq!(client.event("exited")["exitCode"], 1);
    client.event("terminated");
    assert_eq!(client.output("stdout"), "(110 49)");
    assert!(client.output("stderr").contains("car: expected a pair, got 110"), "{}", client.output("stderr"));
    client.leave();
}

#[test]
fn log_points_hit_counts_functions_and_data() {
    let (mut client, path) = Client::launched("points", PROGRAM, json!({}));
    let set = points(
        &path,
        json!([{ "line": 4, "logMessage": "n is {n}" }, { "line": 11, "hitCondition": "4" }, { "line": 3, "hitCondition": "often" }]),
    );
    let body = client.ok("setBreakpoints", set);
    assert!(
        body["breakpoints"][2]["message"].as_str().is_some_and(|text| text.contains("from 1 on")),
        "{body}"
    );
    client.ok("configurationDone", json!({}));
    client.stopped("breakpoint");
    assert_eq!(client.output("console"), "n is 0\nn is 1\nn is 2\n");
    let frame = client.frames(1)[0].0;
    let info = client.ok("dataBreakpointInfo", json!({ "name": "total", "frameId": frame }));
    assert_eq!((&info["accessTypes"], &info["canPersist"]), (&json!(["write"]), &json!(false)));
    let data = client.ok(
        "setDataBreakpoints",
        json!({ "breakpoints": [{ "dataId": info["dataId"] }, { "dataId": "nothing" }] }),
    );
    assert_eq!(
        (&data["breakpoints"][0]["verified"], &data["breakpoints"][1]["verified"]),
        (&json!(true), &json!(false))
    );
    client.ok("setBreakpoints", points(&path, json!([])));
    client.ok("continue", json!({ "threadId": 1 }));
    let stop = client.stopped("data breakpoint");
    assert_eq!(
        (&stop["text"], &stop["hitBreakpointIds"]),
        (&json!("total was 3 and is 6"), &json!([data["breakpoints"][0]["id"]]))
    );
    client.ok("setDataBreakpoints", json!({ "breakpoints": [] }));
    let body = client
        .ok("setFunctionBreakpoints", json!({ "breakpoints": [{ "name": "add" }, { "name": "nobody" }] }));
    assert_eq!(
        (&body["breakpoints"][0]["verified"], &body["breakpoints"][1]["verified"]),
        (&json!(true), &json!(false))
    );
    client.ok("continue", json!({ "threadId": 1 }));
    client.stopped("function breakpoint");
    // From bytecode to a breakpoint on an instruction.
    let body = client.ok("stackTrace", json!({ "threadId": 1, "levels": 1 }));
    assert!(
        body["totalFrames"].as_u64() > Some(1) && body["stackFrames"].as_array().map(Vec::len) == Some(1),
        "{body}"
    );
    let reference = body["stackFrames"][0]["instructionPointerReference"].clone();
    let wanted = json!({ "memoryReference": reference, "instructionOffset": -100, "instructionCount": 200 });
    let code = client.ok("disassemble", wanted);
    let code = code["instructions"].as_array().expect("instructions");
    assert_eq!((code.len(), &code[100]["address"]), (200, &reference));
    assert_eq!(code[0]["presentationHint"], "invalid");
    // Some instructions are one with others; where one begins it can be stopped at.
    let following = code[102..].iter().filter(|line| line["presentationHint"] != "invalid");
    let mut wanted: Vec<Value> =
        following.map(|line| json!({ "instructionReference": line["address"] })).collect();
    wanted.push(json!({ "instructionReference": "0x7" }));
    let body = client.ok("setInstructionBreakpoints", json!({ "breakpoints": wanted }));
    let told = body["breakpoints"].as_array().expect("a list");
    assert!(told.iter().any(|one| one["verified"] == json!(true)), "{body}");
    assert!(
        told.last()
            .is_some_and(|one| one["message"].as_str().is_some_and(|text| text.contains("no instruction")))
    );
    client.ok("stepIn", json!({ "threadId": 1, "granularity": "instruction" }));
    client.stopped("step");
    client.ok("continue", json!({ "threadId": 1 }));
    client.stopped("instruction breakpoint");
    client.ok("terminate", json!({}));
    client.event("terminated");
    client.refused("continue", json!({ "threadId": 1 }), "`restart` begins it anew");
    client.leave();
}

#[test]
fn actors_events_and_exceptions() {
    let (mut client, _) = Client::launched("events", PROGRAM, json!({ "stopOnEntry": true }));
    let filters = json!({ "filters": ["send", "uncaught", "raise", "flying"], "filterOptions": [{ "filterId": "exit", "condition": "#f" }] });
    let body = client.ok("setExceptionBreakpoints", filters);
    let verified: Vec<&Value> =
        body["breakpoints"].as_array().expect("a list").iter().map(|one| &one["verified"]).collect();
    assert_eq!(verified, [true, true, true, false, true].map(|is| Box::leak(Box::new(json!(is))) as &Value));
    client.ok("configurationDone", json!({}));
    client.stopped("entry");
    assert_eq!(client.event("thread"), json!({ "reason": "started", "threadId": 1 }));
    client.ok("continue", json!({ "threadId": 1 }));
    let stop = client.stopped("send");
    assert_eq!((&stop["threadId"], &stop["description"]), (&json!(1), &json!("Before a message is sent")));
    assert_eq!(client.frames(1)[0].2, 17);
    client.ok("continue", json!({ "threadId": 1 }));
    let stop = client.stopped("send");
    let child = stop["threadId"].as_u64().expect("an actor");
    assert_eq!((child > 1, client.frames(child)[0].2), (true, 15));
    assert_eq!(client.event("thread"), json!({ "reason": "started", "threadId": child }));
    client.ok("continue", json!({ "threadId": child }));
    let stop = client.stopped("exception");
    assert_eq!((client.frames(1)[0].2, &stop["threadId"]), (19, &json!(1)));
    assert_eq!(client.event("thread"), json!({ "reason": "exited", "threadId": child }));
    client.refused("stackTrace", json!({ "threadId": child }), "there is no live actor");
    client.ok("continue", json!({ "threadId": 1 }));
    client.stopped("exception");
    assert_eq!(client.frames(1)[0].2, 20);
    client.ok("setExceptionBreakpoints", json!({ "filters": [] }));
    client.ok("continue", json!({ "threadId": 1 }));
    assert_eq!(client.event("exited")["exitCode"], 1);
    client.event("terminated");
    // Again from the start.
    client.ok("restart", json!({}));
    client.stopped("entry");
    client.leave();
}

#[test]
fn an_endless_program_is_paused_asked_and_left() {
    let source = "(define count 0)\n(define (spin n)\n  (set! count n)\n  (spin (+ n 1)))\n(spin 0)\n";
    let (mut client, path) = Client::launched("endless", source, json!({ "args": ["a", "b"] }));
    client.ok("configurationDone", json!({}));
    client.refused("stackTrace", json!({ "threadId": 1 }), "pause it first");
    client.refused("next", json!({ "threadId": 1 }), "pause it first");
    client.refused("continue", json!({ "threadId": 1 }), "pause it first");
    assert_eq!(
        client.ok("evaluate", json!({ "expression": "(command-line)" }))["result"],
        json!(format!("({path:?} \"a\" \"b\")"))
    );
    client.ok("pause", json!({ "threadId": 1 }));
    client.stopped("pause");
    client.refused("pause", json!({ "threadId": 1 }), "stands still already");
    assert!(client.frames(1).len() > 1);
    client.refused("evaluate", json!({ "expression": "(let spin () (spin))" }), "is given up");
    // Its frame never returns.
    client.ok("stepOut", json!({ "threadId": 1 }));
    client.ok("pause", json!({ "threadId": 1 }));
    client.stopped("pause");
    client.refused("stackTrace", json!({ "threadId": 77 }), "there is no live actor 77");
    client.refused("next", json!({ "threadId": 77 }), "there is no live actor 77");
    let sources = client.ok("loadedSources", json!({}));
    assert_eq!(sources["sources"][0]["path"], json!(path));
    assert_eq!(client.ok("source", json!({ "source": { "path": path } }))["content"], json!(source));
    client.ok("continue", json!({ "threadId": 1 }));
    // In the middle of a run.
    let body = client.ok("setBreakpoints", points(&path, json!([{ "line": 4 }])));
    assert_eq!(body["breakpoints"][0]["verified"], json!(true));
    client.stopped("breakpoint");
    client.ok("setBreakpoints", points(&path, json!([])));
    client.ok("continue", json!({ "threadId": 1 }));
    client.leave();
}

#[test]
fn a_deadlock_stops_and_ends() {
    let (mut client, _) = Client::launched("deadlock", "(define x 1)\n(receive)\n", json!({}));
    client.ok("configurationDone", json!({}));
    assert_eq!(client.stopped("deadlock")["threadId"], 1);
    assert_eq!(client.frames(1)[0].2, 2);
    client.refused("next", json!({ "threadId": 1 }), "nobody can take a step");
    client.ok("continue", json!({ "threadId": 1 }));
    assert_eq!(client.event("exited")["exitCode"], 1);
    client.event("terminated");
    client.leave();
}

#[test]
fn requests_out_of_order_and_of_no_sense_are_refused() {
    let mut client = Client::connected();
    client.refused("threads", json!({}), "`initialize` comes first");
    client.refused("initialize", json!({ "pathFormat": "uri" }), "\"path\" only");
    client.ok("initialize", json!({ "linesStartAt1": false }));
    client.refused("initialize", json!({}), "came already");
    client.refused("configurationDone", json!({}), "comes before `configurationDone`");
    client.refused("threads", json!({}), "comes before `threads`");
    client.refused("attach", json!({}), "use `launch`");
    client.refused("launch", json!({}), "`program` is missing");
    client.refused("launch", json!({ "program": 5 }), "`program` expects a text, not 5");
    client.refused("launch", json!({ "program": "/nowhere/at/all.scm" }), "/nowhere/at/all.scm");
    let broken = file("dap/broken.scm", "(define (f)\n");
    client.refused("launch", json!({ "program": broken }), "does not compile");
    let path = file("dap/order.scm", PROGRAM);
    // Before there is a program, and told once there is one; lines count from 0 here.
    let body = client.ok("setBreakpoints", points(&path, json!([{ "line": 4 }])));
    assert_eq!(body["breakpoints"][0]["verified"], json!(false));
    client.ok("launch", json!({ "program": path }));
    let told = client.event("breakpoint")["breakpoint"].clone();
    assert_eq!((&told["verified"], &told["line"]), (&json!(true), &json!(5)));
    client.event("initialized");
    client.refused("launch", json!({ "program": path }), "launched already");
    client.refused("continue", json!({ "threadId": 1 }), "has not begun");
    client.refused("stackTrace", json!({ "threadId": 1 }), "has not begun");
    assert_eq!(client.ok("threads", json!({})), json!({ "threads": [] }));
    client.ok("configurationDone", json!({}));
    client.stopped("breakpoint");
    client.refused("configurationDone", json!({}), "came already");
    for (command, arguments, expected) in [
        ("fly", json!({}), "no request `fly`"),
        ("stackTrace", json!({}), "`threadId` is missing"),
        ("stackTrace", json!({ "threadId": 99_999_999_999_u64 }), "there is no actor"),
        ("scopes", json!({ "frameId": 12345 }), "since the last stop"),
        ("variables", json!({ "variablesReference": -1 }), "not negative"),
        ("setVariable", json!({}), "`variablesReference` is missing"),
        ("evaluate", json!({ "expression": "" }), "an expression is missing"),
        ("next", json!({ "threadId": 1, "granularity": "mile" }), "`granularity` expects"),
        ("setBreakpoints", json!({}), "`source` is missing"),
        ("setBreakpoints", points(&path, json!(5)), "`breakpoints` expects a list"),
        ("source", json!({ "sourceReference": 7 }), "the number of no source"),
        ("disassemble", json!({ "memoryReference": "x", "instructionCount": 1 }), "no instruction"),
    ] {
        client.refused(command, arguments, expected);
    }
    // No request at all, and what is no JSON.
    client.send(&json!({ "seq": 1000, "type": "request" }));
    let answer = client.next();
    assert_eq!((&answer["success"], &answer["request_seq"]), (&json!(false), &json!(1000)));
    client.send(&json!([1, 2]));
    assert_eq!(client.next()["success"], json!(false));
    client.raw(b"Content-Length: 3\r\n\r\n{x}");
    assert!(client.event("output")["output"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(client.frames(1)[0].1, "add", "it goes on");
    client.leave();
}

#[test]
fn what_is_no_message_ends_the_connection() {
    for (bytes, expected) in [
        (&b"Content-Length: 99999999999\r\n\r\n"[..], "is the most"),
        (b"GET / HTTP/1.1\r\n\r\n", "expected: Content-Length"),
        (b"Content-Length: x\r\n\r\n", "expects a number of bytes"),
    ] {
        let mut client = Client::initialized();
        client.raw(bytes);
        assert!(client.event("output")["output"].as_str().is_some_and(|text| text.contains(expected)));
        client.event("terminated");
        let mut child = client.child.take().expect("a command");
        assert_eq!(child.wait().expect("it ends").code(), Some(1));
    }
    // Who goes in the middle of a run without a word ends the command all the same.
    let (mut client, _) = Client::launched("left", "(define (spin) (spin))\n(spin)\n", json!({}));
    client.ok("configurationDone", json!({}));
    client.writer = None;
    let mut child = client.child.take().expect("a command");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn clients_come_over_tcp_one_after_the_other() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_physics"))
        .args(["debug", "--dap", "0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    let mut said = BufReader::new(server.stderr.take().expect("piped"));
    said.read_line(&mut line).expect("it says where");
    let address = line.trim().rsplit(' ').next().expect("an address").to_string();
    let path = file("dap/tcp.scm", PROGRAM);
    for round in 0..3 {
        let stream = TcpStream::connect(&address).expect("it listens");
        let reader = stream.try_clone().expect("a stream");
        let mut client = Client::of(None, reader, Box::new(stream.try_clone().expect("a stream")));
        client.ok("initialize", json!({}));
        client.ok("launch", json!({ "program": path }));
        client.ok("setBreakpoints", points(&path, json!([{ "line": 4 }])));
        client.ok("configurationDone", json!({}));
        client.stopped("breakpoint");
        if round == 0 {
            // It goes away in the middle.
            stream.shutdown(std::net::Shutdown::Both).expect("a stream");
        } else {
            client.ok("disconnect", json!({ "terminateDebuggee": true }));
        }
    }
    server.kill().expect("it runs");
    server.wait().expect("it ends");
}
