//! Heap images that a native machine has written, in a browser: the same bytes, the same hash, and back to a heap.
#![cfg(target_arch = "wasm32")]

use arena::{Budget, Heap, HeapSettings, Image, ObjectTag, Resolver, Root, SharedHeap, Surroundings, Value};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// What `arena`'s tests write natively, and its hash there.
const SAMPLE: &[u8] = include_bytes!("../../arena/tests/sample.heap");
const SAMPLE_HASH: u128 = 0xad70_cace_37e4_9134_8c52_b718_9b13_4e76;

/// The program of those tests, with other addresses.
struct Program {
    shared: Vec<Value>,
    _heap: SharedHeap,
}

impl Program {
    fn new() -> Program {
        let mut heap = SharedHeap::new();
        let mut shared: Vec<Value> = ["alpha", "beta", "gamma"].map(|name| heap.symbol(name)).into();
        shared.push(heap.object(ObjectTag::Pair, &[shared[0], Value::NIL]));
        Program { shared, _heap: heap }
    }
}

/// Where the procedures lie, 8 bytes from one to the next.
const CODE_AT: u64 = 0x4000;

impl Surroundings for Program {
    fn name_of_shared(&self, object: Value) -> Option<String> {
        self.shared.iter().position(|known| *known == object).map(|index| format!("shared {index}"))
    }

    fn name_of_address(&self, word: u64) -> Option<String> {
        (0..2).find(|number| CODE_AT + 8 * number == word).map(|number| format!("code {number}"))
    }

    fn addresses(&self, object: Value, note: &mut dyn FnMut(Value, usize) -> bool) {
        if object.is_object(ObjectTag::Continuation) {
            note(object, 2);
        }
    }

    fn root_addresses(&self, _note: &mut dyn FnMut(Value, usize) -> bool) {}
}

impl Resolver for Program {
    fn shared(&self, name: &str) -> Option<Value> {
        self.shared.get(name.strip_prefix("shared ")?.parse::<usize>().ok()?).copied()
    }

    fn address(&self, name: &str) -> Option<u64> {
        let number: u64 = name.strip_prefix("code ")?.parse().ok()?;
        (number < 2).then_some(CODE_AT + 8 * number)
    }

    fn check(&self, _object: Value) -> Result<(), String> {
        Ok(())
    }
}

#[wasm_bindgen_test]
fn a_native_image_reads_hashes_and_comes_back_here() {
    let image = Image::read(SAMPLE).expect("an image");
    assert_eq!(image.write(), SAMPLE);
    assert_eq!(image.state_hash(), SAMPLE_HASH);
    let program = Program::new();
    let mut heap = Heap::new(HeapSettings::new(1 << 16, Budget::new(1 << 24), || 0.0));
    let mut values = image.restore(&mut heap, &program).expect("room for it");
    heap.verify().expect("a sound heap");
    heap.collect(true, &mut values);
    let roots: Vec<Root> = values
        .iter()
        .zip(image.roots())
        .map(|(value, root)| Root { value: *value, description: root.description.clone() })
        .collect();
    let (again, _) = Image::of_heap(&heap, &roots, &program, 1 << 16).expect("an image");
    assert_eq!(again.state_hash(), SAMPLE_HASH);
}
