//! Random mutators against the naive model: after every step all invariants hold, the reachable graph is the same, and every
//! object has the site of the step that made it. A second heap, where no sites are tracked, is collected at the same moments.

mod common;

use std::collections::HashSet;

use arena::{Budget, Heap, HeapSettings, LARGE_WORDS, Message, ObjectTag, Policy, Roots, Value, Visitor};
use common::{Content, Model, Part, bytes, string, vector};
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
    Defragment,
    Policy(usize),
    Switch,
    Weak(usize),
    Ephemeron(usize, usize),
    Guard(usize),
    Fetch,
    Sites(bool),
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
        1 => Just(Step::Defragment),
        1 => (0..8_usize).prop_map(Step::Policy),
        1 => prop::bool::weighted(0.3).prop_filter_map("rare", |now| now.then_some(Step::Switch)),
        1 => (0..64_usize).prop_map(Step::Weak),
        1 => (0..64_usize, 0..64_usize).prop_map(|(a, b)| Step::Ephemeron(a, b)),
        1 => (0..64_usize).prop_map(Step::Guard),
        1 => Just(Step::Fetch),
        1 => prop::bool::weighted(0.8).prop_map(Step::Sites),
    ]
}

/// Roots that the model knows, and the objects that the test holds for its own use.
struct Held {
    values: Vec<Value>,
    /// The guardian, then weak references and ephemerons.
    holders: Vec<Value>,
    /// Number of the step that is being done, from 1.
    step: u32,
}

impl Roots for Held {
    fn visit(&mut self, visitor: &mut Visitor) {
        visitor.values(&mut self.values);
        visitor.values(&mut self.holders);
    }

    fn site(&self) -> u32 {
        self.step
    }

    /// Some steps are at hand and others are not, so that both ways are taken.
    fn site_at_hand(&self) -> Option<u32> {
        (!self.step.is_multiple_of(3)).then_some(self.step)
    }
}

/// What a weak reference or an ephemeron refers to: key, and value if there is one.
#[derive(Clone, Copy, Debug)]
struct Weak {
    key: Part,
    value: Option<Part>,
    is_broken: bool,
}

/// A heap and the model, step by step the same.
struct Mutator {
    heap: Heap,
    roots: Held,
    model: Model,
    parts: Vec<Part>,
    /// One for each holder but the first.
    weak: Vec<Weak>,
    /// Registered with the guardian: pairs that are known by their identity number.
    guarded: Vec<usize>,
    /// Sites of the model's objects, by place.
    sites: Vec<Option<u32>>,
    /// Sites are to be tracked, and this heap is the one that does so.
    tracks: bool,
    is_tracker: bool,
}

fn is_in(part: Part, reached: &HashSet<usize>) -> bool {
    matches!(part, Part::Object(place) if reached.contains(&place))
}

/// The policy number `choice`, with bounds so low that small heaps meet them.
fn policy(choice: usize) -> Policy {
    let (_, policy) = Policy::NAMED[choice % Policy::NAMED.len()];
    let policy = Policy { threshold_words: 300, nursery_words_max: 1 << 10, mark_rate: 1, ..policy };
    match choice {
        6 => Policy { promotion_age: 3, compact_percent: 1, ..policy },
        7 => Policy { promotion_age: 2, threshold_objects: 20, ..policy },
        _ => policy,
    }
}

impl Mutator {
    /// With `in_slices`, the heap is compacted a chunk at a time however small it is.
    fn new(in_slices: bool, is_tracker: bool) -> Mutator {
        let (value, part) = (Value::fixnum(7), Part::Word(Value::fixnum(7)));
        let mut settings = HeapSettings::new(1 << 22, Budget::new(1 << 30), || 0.0);
        if in_slices {
            settings.compact_words_max = 0;
        }
        let mut heap = Heap::new(settings);
        heap.set_policy(policy(0));
        let mut roots = Held { values: vec![value], holders: Vec::new(), step: 0 };
        let guardian = heap.make_guardian(&mut roots).expect("room");
        roots.holders.push(guardian);
        Mutator {
            heap,
            roots,
            model: Model::default(),
            parts: vec![part],
            weak: Vec::new(),
            guarded: Vec::new(),
            sites: Vec::new(),
            tracks: false,
            is_tracker,
        }
    }

    fn push(&mut self, value: Value, content: Content) {
        let part = self.model.add(content);
        self.push_known(value, part);
    }

    fn push_known(&mut self, value: Value, part: Part) {
        if self.roots.values.len() == ROOTS_MAX {
            self.roots.values.remove(0);
            self.parts.remove(0);
        }
        self.roots.values.push(value);
        self.parts.push(part);
    }

    fn hold(&mut self, holder: Value, key: Part, value: Option<Part>) {
        self.roots.holders.push(holder);
        self.weak.push(Weak { key, value, is_broken: false });
    }

    /// Everything that lives: by the roots, by the guardian, by ephemerons.
    fn reachable(&self) -> HashSet<usize> {
        let mut open = self.parts.clone();
        open.extend(self.guarded.iter().map(|place| Part::Object(*place)));
        loop {
            let reached = self.model.reachable(&open);
            let before = reached.len();
            let lives = |part: Part| matches!(part, Part::Word(_)) || is_in(part, &reached);
            open.extend(self.weak.iter().filter(|weak| lives(weak.key)).filter_map(|weak| weak.value));
            if self.model.reachable(&open).len() == before {
                return reached;
            }
        }
    }

    /// Weak references and ephemerons are broken if, and after a collection of everything only if, their key is gone.
    fn check_weak(&mut self, is_after_all: bool) -> Result<(), String> {
        let reached = self.reachable();
        let (mut parts, mut values) = (self.parts.clone(), self.roots.values.clone());
        for (weak, holder) in self.weak.iter_mut().zip(&self.roots.holders[1..]) {
            let is_broken = holder.field(0) == Value::FALSE;
            let lives = matches!(weak.key, Part::Word(_)) || is_in(weak.key, &reached);
            if is_broken && lives && !weak.is_broken {
                return Err(format!("{weak:?} is broken too early"));
            }
            if is_after_all && !is_broken && !lives {
                return Err(format!("{weak:?} is not broken"));
            }
            weak.is_broken |= is_broken;
            if !is_broken && lives {
                parts.push(weak.key);
                values.push(holder.field(0));
                if let Some(part) = weak.value {
                    parts.push(part);
                    values.push(holder.field(1));
                }
            }
        }
        self.model.compare(&parts, &values)?;
        if is_after_all {
            let objects: usize = reached.iter().map(|place| self.model.words(*place)).sum();
            let holders: usize = self.roots.holders.iter().map(|holder| 1 + holder.words()).sum();
            if self.heap.used_words() != objects + holders {
                let used = self.heap.used_words();
                return Err(format!("{used} words in use, {objects} + {holders} of them reachable"));
            }
        }
        Ok(())
    }

    /// Collects everything and fetches what the guardian has: what nothing else refers to.
    fn fetch(&mut self) -> Result<(), String> {
        self.heap.collect(true, &mut self.roots);
        let waiting = std::mem::take(&mut self.guarded);
        let reached = self.reachable();
        let gone = waiting.iter().filter(|place| !reached.contains(place)).count();
        self.guarded = waiting;
        let mut fetched = 0;
        while let Some(value) = self.heap.next_guarded(self.roots.holders[0]) {
            let identity = value.header().identity();
            let known = |place: &usize| self.model.identities.get(place) == Some(&identity);
            let Some(at) = self.guarded.iter().position(known) else {
                return Err(format!("object with identity {identity} is handed back, but waits no more"));
            };
            let place = self.guarded.remove(at);
            self.push_known(value, Part::Object(place));
            fetched += 1;
        }
        // One that was handed back earlier keeps others that it refers to.
        if self.heap.is_enabled() && fetched == 0 && gone > 0 {
            return Err(format!("{fetched} of {gone} objects were handed back"));
        }
        Ok(())
    }

    fn root(&self, choice: usize) -> usize {
        choice % self.roots.values.len()
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
        let vector = vector(&mut self.heap, length, Value::fixnum(length as i64), &mut self.roots);
        let mut fields = vec![Part::Word(Value::fixnum(length as i64)); length];
        for index in [0, length.saturating_sub(1)] {
            if index < length {
                self.heap.write(vector, index, self.roots.values[root]);
                fields[index] = self.parts[root];
            }
        }
        self.push(vector, Content::Fields(ObjectTag::Vector, fields));
    }

    fn send(&mut self, root: usize) {
        let message = Message::copy_out(self.roots.values[root], 1 << 20).expect("only data here");
        let copy = message.copy_in(&mut self.heap, &mut self.roots).expect("room for a copy");
        let part = self.model.copy(self.parts[root]);
        self.push_known(copy, part);
    }

    fn garbage(&mut self, pairs: usize) {
        for number in 0..pairs {
            self.heap.reserve(3, &mut self.roots).expect("room for a pair");
            self.heap.cons(Value::fixnum(number as i64), self.roots.values[0]);
        }
    }

    fn apply(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Pair(a, b) => {
                let (a, b) = (self.root(a), self.root(b));
                self.heap.reserve(3, &mut self.roots).expect("room for a pair");
                let pair = self.heap.cons(self.roots.values[a], self.roots.values[b]);
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
                let value = string(&mut self.heap, &text, &mut self.roots);
                self.push(value, Content::Text(text));
            }
            Step::Bytes(content) => {
                let value = bytes(&mut self.heap, &content, &mut self.roots);
                self.push(value, Content::Bytes(content));
            }
            Step::Write(a, index, b) => {
                if let Some((root, place, index)) = self.field(a, index) {
                    let from = self.root(b);
                    self.heap.write(self.roots.values[root], index, self.roots.values[from]);
                    let part = self.parts[from];
                    self.fields_of(place)[index] = part;
                }
            }
            Step::Load(a, index) => {
                if let Some((root, place, index)) = self.field(a, index) {
                    let (value, part) = (self.roots.values[root].field(index), self.fields_of(place)[index]);
                    self.push_known(value, part);
                }
            }
            Step::Drop(a) => {
                let root = self.root(a);
                if self.roots.values.len() > 1 {
                    self.roots.values.remove(root);
                    self.parts.remove(root);
                }
            }
            Step::Identity(a) => {
                let root = self.root(a);
                if let Part::Object(place) = self.parts[root] {
                    let identity = self.heap.identity(self.roots.values[root]);
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
                while !self.tracks && self.heap.has_room(3) && self.heap.nursery_used_words() < 1 << 12 {
                    self.heap.cons(Value::NIL, self.roots.values[0]);
                }
                self.send(self.root(a));
            }
            Step::Collect(major) => {
                self.heap.collect(major, &mut self.roots);
                self.check_weak(major && self.heap.is_enabled())?;
            }
            Step::Defragment => {
                let result = self.heap.defragment(&mut self.roots);
                if result.fragmentation_after > result.fragmentation_before.max(0.99) {
                    return Err(format!("{result:?}"));
                }
                self.check_weak(self.heap.is_enabled())?;
            }
            Step::Policy(choice) => self.heap.set_policy(policy(choice)),
            Step::Switch => self.heap.set_enabled(!self.heap.is_enabled()),
            Step::Weak(a) => {
                let root = self.root(a);
                let target = self.roots.values[root];
                let weak = self.heap.make_weak_reference(target, &mut self.roots).expect("room");
                self.hold(weak, self.parts[root], None);
            }
            Step::Ephemeron(a, b) => {
                let (a, b) = (self.root(a), self.root(b));
                let (key, value) = (self.roots.values[a], self.roots.values[b]);
                let ephemeron = self.heap.make_ephemeron(key, value, &mut self.roots).expect("room");
                self.hold(ephemeron, self.parts[a], Some(self.parts[b]));
            }
            Step::Guard(a) => {
                let root = self.root(a);
                self.heap.reserve(3, &mut self.roots).expect("room for a pair");
                let place = self.model.objects.len();
                let pair = self.heap.cons(Value::NIL, self.roots.values[root]);
                self.model.identities.insert(place, self.heap.identity(pair));
                self.heap.guard(self.roots.holders[0], pair).expect("few are guarded");
                self.guarded.push(place);
                let fields = vec![Part::Word(Value::NIL), self.parts[root]];
                self.push(pair, Content::Fields(ObjectTag::Pair, fields));
            }
            Step::Fetch => self.fetch()?,
            Step::Sites(tracks) => {
                self.tracks = tracks;
                self.heap.set_sites(tracks && self.is_tracker);
                if !tracks {
                    self.sites.fill(None);
                }
            }
        }
        Ok(())
    }

    /// One step, and the sites of what it has made.
    fn go_on(&mut self, number: usize, step: Step) -> Result<(), String> {
        self.roots.step = number as u32 + 1;
        self.apply(step)?;
        self.heap.verify().map_err(|error| error.to_string())?;
        self.check_weak(false)?;
        let site = self.tracks.then_some(self.roots.step);
        self.sites.resize(self.model.objects.len(), site);
        let (mut seen, mut open) = (HashSet::new(), Vec::new());
        open.extend(self.parts.iter().copied().zip(self.roots.values.iter().copied()));
        while let Some((part, value)) = open.pop() {
            let Part::Object(place) = part else { continue };
            if !seen.insert(place) || !self.is_tracker {
                continue;
            }
            if self.heap.site_of(value) != self.sites[place] {
                let (found, expected) = (self.heap.site_of(value), self.sites[place]);
                return Err(format!("object {place} is of site {found:?} instead of {expected:?}"));
            }
            if let Content::Fields(_, fields) = &self.model.objects[place] {
                open.extend(fields.iter().copied().zip(value.fields().iter().copied()));
            }
        }
        Ok(())
    }

    /// What a program could see of its heap.
    fn figures(&self) -> (u64, u64, usize, u64, usize) {
        let (totals, heap) = (self.heap.totals(), &self.heap);
        (totals.minor, totals.major, heap.used_words(), heap.allocated_words(), heap.capacity_words())
    }
}

fn run(steps: Vec<Step>, in_slices: bool) -> Result<(), TestCaseError> {
    let (mut mutator, mut plain) = (Mutator::new(in_slices, true), Mutator::new(in_slices, false));
    for (number, step) in steps.into_iter().enumerate() {
        let shown = format!("step {number}: {step:?}");
        let fail = |error| TestCaseError::fail(format!("{shown}: {error}"));
        mutator.go_on(number, step.clone()).map_err(fail)?;
        plain.go_on(number, step).map_err(fail)?;
        prop_assert_eq!(mutator.figures(), plain.figures(), "{}", shown);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_mutators_agree_with_the_model(steps in prop::collection::vec(step(), 1..STEPS_MAX), in_slices in any::<bool>()) {
        run(steps, in_slices)?;
    }
}
