//! From an image back to a heap.
//!
//! 1. The image is sound by itself; names are looked up and objects checked by the reader's [`Resolver`] before anyone
//!    else sees them. If one is refused, all that was made is garbage without a root.

use super::{Image, ImageError, NAMED, NAMED_ADDRESS, OBJECT, Resolver, TAG_MASK, has_values, index_of};
use crate::header::{Header, ObjectTag};
use crate::heap::Heap;
use crate::message::Message;
use crate::value::Value;

impl Image {
    /// Brings the live part back into `heap`, which holds nothing yet, and answers the values of the roots, in order. Make
    /// them roots before anything else is done with the heap. O(words).
    ///
    /// # Errors
    /// [`ImageError::Absent`] if the program that it was taken of is not loaded, [`ImageError::Object`] if something cannot
    /// be brought back, and [`ImageError::Heap`] if there is no room.
    ///
    /// # Panics
    /// If the heap holds objects.
    #[optimize(size)]
    pub fn restore(&self, heap: &mut Heap, resolver: &dyn Resolver) -> Result<Vec<Value>, ImageError> {
        assert_eq!(heap.used_words(), 0, "images are brought back to empty heaps");
        let names = self.resolve(resolver)?;
        let value = |word: u64| {
            let index = index_of(word) as usize;
            match word & TAG_MASK {
                OBJECT => Value::relative(self.starts[index] as usize),
                NAMED | NAMED_ADDRESS => names[index],
                _ => Value::from_bits(word),
            }
        };
        let mut words: Vec<u64> = Vec::with_capacity(self.words.len());
        for object in 0..self.live_objects() {
            let header = self.header(object);
            words.push(header.without_age().0);
            let payload = self.payload(object);
            if is_weak(header.tag()) {
                // Filled in once its object lies somewhere.
                words.extend(payload.iter().map(|_| Value::FALSE.bits()));
            } else if header.tag().is_raw() {
                words.extend_from_slice(payload);
            } else {
                words.extend(payload.iter().map(|word| value(*word).bits()));
            }
        }
        let first = words.first().map(|_| Value::relative(0));
        let message = Message::of_words(first.unwrap_or(Value::NIL), words);
        let mut nobody: [Value; 0] = [];
        let base = message.copy_in(heap, &mut nobody)?;
        heap.identities = self.identities;
        let object = |number: u32| base.later(self.starts[number as usize] as usize);
        let placed = |word: u64| match word & TAG_MASK {
            OBJECT => object(index_of(word) as u32),
            _ => value(word),
        };
        for number in 0..self.live_objects() {
            let refused = |what: String| ImageError::Object { object: number, what };
            let made = object(number);
            if made.is_object(ObjectTag::Guardian) {
                return Err(refused("a guardian stays with the heap that made it".to_string()));
            }
            if is_weak(made.header().tag()) {
                let words = self.payload(number).iter().enumerate();
                words.for_each(|(index, word)| made.init_field(index, placed(*word)));
                heap.adopt_weak(made);
            }
            resolver.check(made).map_err(refused)?;
        }
        Ok(self.roots.iter().map(|root| placed(root.word)).collect())
    }

    /// What the names stand for: shared objects, or addresses as words. Which of them, their use says.
    #[optimize(size)]
    fn resolve(&self, resolver: &dyn Resolver) -> Result<Vec<Value>, ImageError> {
        let mut found = vec![None; self.names.len()];
        let mut look_up = |word: u64| {
            if !matches!(word & TAG_MASK, NAMED | NAMED_ADDRESS) {
                return Ok(());
            }
            let index = index_of(word) as usize;
            let name = &self.names[index];
            let value = match word & TAG_MASK {
                NAMED => resolver.shared(name),
                _ => resolver.address(name).map(Value::from_bits),
            };
            match (found[index], value) {
                (_, None) => Err(ImageError::Absent(name.clone())),
                (Some(known), Some(value)) if known != value => Err(ImageError::Absent(name.clone())),
                _ => {
                    found[index] = value;
                    Ok(())
                }
            }
        };
        for root in &self.roots {
            look_up(root.word)?;
        }
        for object in (0..self.live_objects()).filter(|object| has_values(self.tag(*object))) {
            self.payload(object).iter().try_for_each(|word| look_up(*word))?;
        }
        Ok(found.into_iter().map(|value| value.unwrap_or(Value::UNBOUND)).collect())
    }
}

/// Objects whose references the collector looks after by itself.
fn is_weak(tag: ObjectTag) -> bool {
    matches!(tag, ObjectTag::WeakReference | ObjectTag::Ephemeron)
}

impl Header {
    /// The header as an image keeps it: what it says about where the object lies is left out.
    pub(crate) const fn of_image(self) -> Header {
        let mut kept = Header::new(self.tag(), self.words()).with_identity(self.identity());
        if self.is_literal() {
            kept = kept.literal();
        }
        kept.with_age(self.age())
    }

    pub(crate) const fn without_age(self) -> Header {
        self.with_age(0)
    }

    /// Could an image hold it?
    pub(crate) fn is_of_image(self) -> bool {
        self.is_header() && self.has_tag() && self == self.of_image()
    }
}
