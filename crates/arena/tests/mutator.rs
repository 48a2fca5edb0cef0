//! Random mutators against the naive model: after every step all invariants hold and the reachable graph is the same.

mod common;

use arena::{Heap, LARGE_WORDS, Message, ObjectTag, Value};
use common::{Content, Model, Part, bytes, heap, string, vector};
use proptest::prelude::*;

const ROOTS_MAX: usize = 12;
const CASES: u32 = if cfg!(miri) { 3 } else { 256 };

/// As many cases as the environment's `PROPTEST_CASES` says, or [`CASES`].
fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: CASES, ..config }
    }
}
const STEPS_MAX: usize = if cfg!(miri) { 40 } else { 120 };

/// One step of a mutator. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Pair(usize, usize),
    Vector(usize, usize),
    Large(usize, usize),
    Text(String),
    Bytes(Vec<u8>),
    Write(usize, usize, usize),
    Load(usize, usize),
    Drop(usize),
    Identity(usize),
    Garbage(usize),
    Send(usize),
    SendPressed(usize),
    Collect(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let at = 0..64_usize;
    prop_oneof![
        6 => (at.clone(), at.clone()).prop_map(|(a, b)| Step::Pair(a, b)),
        3 => (at.clone(), 0..40_usize).prop_map(|(a, length)| Step::Vector(a, length)),
        1 => (at.clone(), 0..5_usize).prop_map(|(a, choice)| Step::Large(a, choice)),
        1 => "[a-zé☃]{0,20}".prop_map(Step::Text),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Step::Bytes),
        8 => (at.clone(), at.clone(), at.clone()).prop_map(|(a, index, b)| Step::Write(a, index, b)),
        4 => (at.clone(), at.clone()).prop_map(|(a, index)| Step::Load(a, index)),
        3 => at.clone().prop_map(Step::Drop),
        1 => at.clone().prop_map(Step::Identity),
        2 => (0..200_usize).prop_map(Step::Garbage),
        1 => at.clone().prop_map(Step::Send),
        1 => at.prop_map(Step::SendPressed),
        2 => any::<bool>().prop_map(Step::Collect),
    ]
}

/// A heap and the model, step by step the same.
struct Mutator {
    heap: Heap,
    values: Vec<Value>,
    model: Model,
    parts: Vec<Part>,
}

impl Mutator {
    fn new() -> Mutator {
        let (value, part) = (Value::fixnum(7), Part::Word(Value::fixnum(7)));
        Mutator { heap: heap(1 << 22), values: vec![value], model: Model::default(), parts: vec![part] }
    }

    fn push(&mut self, value: Value, content: Content) {
        let part = self.model.add(content);
        self.push_known(value, part);
    }

    fn push_known(&mut self, value: Value, part: Part) {
        if self.values.len() == ROOTS_MAX {
            self.values.remove(0);
            self.parts.remove(0);
        }
        self.values.push(value);
        self.parts.push(part);
    }

    fn root(&self, choice: usize) -> usize {
        choice % self.values.len()
    }

    /// A field of root `choice`, if it has some.
    fn field(&self, choice: usize, index: usize) -> Option<(usize, usize, usize)> {
        let root = self.root(choice);
        let Part::Object(place) = self.parts[root] else { return None };
        match &self.model.objects[place] {
            Content::Fields(_, fields) if !fields.is_empty() => Some((root, place, index % fields.len())),
            _ => None,
        }
    }

    fn fields_of(&mut self, place: usize) -> &mut Vec<Part> {
        match &mut self.model.objects[place] {
            Content::Fields(_, fields) => fields,
            other => panic!("{other:?} has no fields"),
        }
    }

    fn filled(&mut self, length: usize, root: usize) {
        let vector = vector(&mut self.heap, length, Value::fixnum(length as i64), &mut self.values);
        let mut fields = vec![Part::Word(Value::fixnum(length as i64)); length];
        for index in [0, length.saturating_sub(1)] {
            if index < length {
                self.heap.write(vector, index, self.values[root]);
                fields[index] = self.parts[root];
            }
        }
        self.push(vector, Content::Fields(ObjectTag::Vector, fields));
    }

    fn send(&mut self, root: usize) {
        let message = Message::copy_out(self.values[root], 1 << 20).expect("only data here");
        let copy = message.copy_in(&mut self.heap, &mut self.values).expect("room for a copy");
        let part = self.model.copy(self.parts[root]);
        self.push_known(copy, part);
    }

    fn garbage(&mut self, pairs: usize) {
        for number in 0..pairs {
            self.heap.reserve(3, &mut self.values).expect("room for a pair");
            self.heap.cons(Value::fixnum(number as i64), self.values[0]);
        }
    }

    fn apply(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Pair(a, b) => {
                let (a, b) = (self.root(a), self.root(b));
                self.heap.reserve(3, &mut self.values).expect("room for a pair");
                let pair = self.heap.cons(self.values[a], self.values[b]);
                let fields = vec![self.parts[a], self.parts[b]];
                self.push(pair, Content::Fields(ObjectTag::Pair, fields));
            }
            Step::Vector(a, length) => self.filled(length, self.root(a)),
            Step::Large(a, choice) => {
                let lengths =
                    [LARGE_WORDS - 1, LARGE_WORDS, LARGE_WORDS + 1, LARGE_WORDS + 500, 3 * LARGE_WORDS];
                self.filled(lengths[choice], self.root(a));
            }
            Step::Text(text) => {
                let value = string(&mut self.heap, &text, &mut self.values);
                self.push(value, Content::Text(text));
            }
            Step::Bytes(content) => {
                let value = bytes(&mut self.heap, &content, &mut self.values);
                self.push(value, Content::Bytes(content));
            }
            Step::Write(a, index, b) => {
                if let Some((root, place, index)) = self.field(a, index) {
                    let from = self.root(b);
                    self.heap.write(self.values[root], index, self.values[from]);
                    let part = self.parts[from];
                    self.fields_of(place)[index] = part;
                }
            }
            Step::Load(a, index) => {
                if let Some((root, place, index)) = self.field(a, index) {
                    let (value, part) = (self.values[root].field(index), self.fields_of(place)[index]);
                    self.push_known(value, part);
                }
            }
            Step::Drop(a) => {
                let root = self.root(a);
                if self.values.len() > 1 {
                    self.values.remove(root);
                    self.parts.remove(root);
                }
            }
            Step::Identity(a) => {
                let root = self.root(a);
                if let Part::Object(place) = self.parts[root] {
                    let identity = self.heap.identity(self.values[root]);
                    let known = self.model.identities.insert(place, identity);
                    if known.is_some_and(|known| known != identity) {
                        return Err(format!("identity {identity}, which was {known:?}"));
                    }
                }
            }
            Step::Garbage(pairs) => self.garbage(pairs),
            Step::Send(a) => self.send(self.root(a)),
            Step::SendPressed(a) => {
                // Fill the nursery first, so that copying in has to collect.
                while self.heap.has_room(3) && self.heap.nursery_used_words() < 1 << 12 {
                    self.heap.cons(Value::NIL, self.values[0]);
                }
                self.send(self.root(a));
            }
            Step::Collect(major) => {
                self.heap.collect(major, &mut self.values);
                let live = self.model.compare(&self.parts, &self.values)?;
                if major && self.heap.used_words() != live {
                    return Err(format!("{} words in use, {live} of them reachable", self.heap.used_words()));
                }
            }
        }
        Ok(())
    }
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut mutator = Mutator::new();
    for (number, step) in steps.into_iter().enumerate() {
        let shown = format!("step {number}: {step:?}");
        mutator.apply(step).map_err(|error| TestCaseError::fail(format!("{shown}: {error}")))?;
        mutator.heap.verify().map_err(|error| TestCaseError::fail(format!("{shown}: {error}")))?;
        mutator
            .model
            .compare(&mutator.parts, &mutator.values)
            .map_err(|error| TestCaseError::fail(format!("{shown}: {error}")))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_mutators_agree_with_the_model(steps in prop::collection::vec(step(), 1..STEPS_MAX)) {
        run(steps)?;
    }
}
