//! The engine in a browser, on one thread: commands in as JavaScript values, messages out.
#![cfg(target_arch = "wasm32")]

use engine::Engine;
use js_sys::{Reflect, Uint8Array};
use protocol::{Command, Event, Settings};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const MEMORY_BYTES_MAX: f64 = 268_435_456.0;

/// Slices that a small program may need.
const SLICES_MAX: usize = 1_000;

fn bytes_of(command: &Command) -> Vec<u8> {
    postcard::to_allocvec(command).expect("a command is plain data")
}

fn events_of(message: &JsValue) -> Vec<Event> {
    if message.is_undefined() {
        return Vec::new();
    }
    let field = |name: &str| Reflect::get(message, &name.into()).expect("a message is an object");
    assert_eq!(field("kind").as_string().as_deref(), Some("events"));
    let bytes = Uint8Array::new(&field("bytes")).to_vec();
    let events: Vec<Event> = postcard::from_bytes(&bytes).expect("events can be read back");
    let evaluated = events.iter().filter(|event| matches!(event, Event::Evaluated { .. })).count();
    assert_eq!(field("evaluated").as_f64(), Some(evaluated as f64));
    events
}

/// Runs the engine until it has answered evaluation `id`.
fn answer(engine: &mut Engine, id: u32) -> Result<String, String> {
    for _ in 0..SLICES_MAX {
        engine.run_slice(8.0);
        let messages = engine.poll().unwrap_or_else(|_| panic!("events can be posted"));
        for event in events_of(&messages) {
            if let Event::Evaluated { id: answered, result } = event
                && answered == id
            {
                return result.map(|evaluation| evaluation.value);
            }
        }
    }
    panic!("no answer after {SLICES_MAX} slices");
}

fn evaluate(engine: &mut Engine, id: u32, source: &str) -> Result<String, String> {
    let command = Command::Evaluate { id, source: source.to_string(), settings: Settings::default() };
    assert!(engine.command(&bytes_of(&command)).is_ok());
    answer(engine, id)
}

#[wasm_bindgen_test]
fn the_first_event_says_what_the_engine_is() {
    let mut engine = Engine::new(1, MEMORY_BYTES_MAX);
    let messages = engine.poll().unwrap_or_else(|_| panic!("events can be posted"));
    let events = events_of(&messages);
    assert!(matches!(events.first(), Some(Event::Ready { version: protocol::VERSION, .. })), "{events:?}");
}

#[wasm_bindgen_test]
fn a_program_answers_and_the_next_one_too() {
    let mut engine = Engine::new(1, MEMORY_BYTES_MAX);
    assert_eq!(evaluate(&mut engine, 1, "(define (f x) (* x x)) (f 12)"), Ok("144".to_string()));
    assert_eq!(evaluate(&mut engine, 2, "(list 1 \"two\" #\\3)"), Ok("(1 \"two\" #\\3)".to_string()));
}

#[wasm_bindgen_test]
fn a_failing_program_answers_with_its_error() {
    let mut engine = Engine::new(1, MEMORY_BYTES_MAX);
    let error = evaluate(&mut engine, 7, "(error \"too hot:\" 451)").expect_err("it fails");
    assert!(error.contains("too hot: 451"), "{error}");
    assert_eq!(evaluate(&mut engine, 8, "'alive"), Ok("alive".to_string()));
}

#[wasm_bindgen_test]
fn actors_talk() {
    let mut engine = Engine::new(1, MEMORY_BYTES_MAX);
    let source = "(define me (self)) (spawn (lambda () (send me 42))) (receive (n n))";
    assert_eq!(evaluate(&mut engine, 3, source), Ok("42".to_string()));
}

#[wasm_bindgen_test]
fn what_is_no_command_is_refused_and_changes_nothing() {
    let mut engine = Engine::new(1, MEMORY_BYTES_MAX);
    let command = Command::Evaluate { id: 1, source: "(+ 1 2)".to_string(), settings: Settings::default() };
    let bytes = bytes_of(&command);
    assert!(engine.command(&[255, 255, 3]).is_err());
    for length in 0..bytes.len() {
        assert!(engine.command(&bytes[..length]).is_err(), "the first {length} bytes");
    }
    assert_eq!(evaluate(&mut engine, 1, "(+ 1 2)"), Ok("3".to_string()));
}
