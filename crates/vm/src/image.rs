//! Heap images of machines: how code and the objects of programs are called in them, and what may be brought back.
//!
//! 1. Names are the same in every process that has loaded the same programs in the same order: symbols and primitives have
//!    their own, procedures that of unit and number, other shared objects that of their heap and their place in it, with
//!    their text, which is compared when they are looked up.
//! 2. Addresses in sealed frames look like fixnums. They are found exactly, by walking the frames from whoever refers to
//!    them: registers, continuations, other segments. Only in words that are left over is a look at their value enough.
//! 3. What is brought back is as the machine relies on: closures have what their code captures, boxes where it expects
//!    boxes. Sealed frames and continuations are not, since nothing tells what their code expects in each slot; nor are
//!    ports and capabilities, which belong to the process that made them.

use std::ops::Range;

use arena::{Heap, Image, ImageError, ImageSite, ObjectTag, Places, Resolver, Surroundings, Value, WordMap};

use crate::code::{Code, Unit};
use crate::library::Linker;
use crate::machine::{Machine, State};
use crate::print::{Mode, write_value};
use crate::stack::{SEGMENT_HEADER_WORDS, Under, top_frame};
use crate::table;

/// Characters of a literal's text in its name.
const LITERAL_CHARACTERS_MAX: usize = 60;

/// The names of what a world's programs have.
pub struct ProgramNames<'a> {
    linker: &'a Linker,
    /// Shared objects without a name of their own: heap and place in it.
    literals: WordMap<u64, (String, usize)>,
    /// Instructions of all code, by address.
    code: Vec<(u64, &'a Code)>,
    /// All code, by the word that stands for it in closures.
    by_word: WordMap<u64, &'a Code>,
    /// Sealed frames that registers refer to.
    unders: Vec<Under>,
}

fn has_own_name(object: Value) -> bool {
    matches!(object.header().tag(), ObjectTag::Symbol | ObjectTag::Primitive | ObjectTag::Closure)
}

impl<'a> ProgramNames<'a> {
    /// Of all that `linker` has loaded.
    #[optimize(size)]
    pub fn new(linker: &'a Linker) -> ProgramNames<'a> {
        let mut literals = WordMap::default();
        for (heap, objects) in linker.shared_heaps() {
            for (place, object) in objects.enumerate().filter(|(_, object)| !has_own_name(*object)) {
                literals.insert(object.bits(), (heap.clone(), place));
            }
        }
        let mut code: Vec<(u64, &Code)> = linker
            .all_units()
            .flat_map(|unit| &unit.codes)
            .chain([linker.library().boot_code()])
            .map(|code| (code.instructions.as_ptr() as usize as u64, code))
            .collect();
        code.sort_unstable_by_key(|(start, _)| *start);
        let by_word = code.iter().map(|(_, code)| (Code::word(&raw const **code).bits(), *code)).collect();
        ProgramNames { linker, literals, code, by_word, unders: Vec::new() }
    }

    fn code_name(code: &Code) -> String {
        if code.internal {
            "boot".to_string()
        } else {
            format!("{} {} {}", code.unit, code.procedure, code.name)
        }
    }

    /// The code whose instructions an address leads into, and to which of them.
    fn code_at(&self, word: u64) -> Option<(&'a Code, usize)> {
        let after = self.code.partition_point(|(start, _)| *start <= word);
        let (_, code) = self.code[after.checked_sub(1)?];
        Some((code, code.index_of(word as usize as *const u64)?))
    }

    /// The code that [`ProgramNames::code_name`] has given this name.
    fn code_named(&self, name: &str) -> Option<&'a Code> {
        if name == "boot" {
            return Some(self.linker.library().boot_code());
        }
        let mut parts = name.splitn(3, ' ');
        let unit: u32 = parts.next()?.parse().ok()?;
        let procedure: usize = parts.next()?.parse().ok()?;
        let unit = self.linker.all_units().find(|known| known.number == unit)?;
        unit.codes.get(procedure).filter(|code| Some(&*code.name) == parts.next())
    }

    fn shared_literal(&self, name: &str) -> Option<Value> {
        let mut parts = name.splitn(3, ' ');
        let (heap, place) = (parts.next()?, parts.next()?.parse().ok()?);
        let mut objects = self.linker.shared_heaps().find(|(known, _)| known == heap)?.1;
        let object = objects.nth(place).filter(|object| !has_own_name(*object))?;
        (Some(&*literal_text(object)) == parts.next()).then_some(object)
    }

    /// Notes what looks like an address of code among words that nothing reads any more but a debugger: those of a frame that
    /// an error has left, and those of a segment that have been returned from.
    #[optimize(size)]
    fn left_over(&self, segment: Value, words: Range<usize>, note: &mut dyn FnMut(Value, usize) -> bool) {
        for index in words {
            if segment.field(index).is_fixnum() && self.code_at(segment.raw(index)).is_some() {
                note(segment, index);
            }
        }
    }

    /// Notes the addresses in the frames below `under`.
    #[optimize(size)]
    fn frames(&self, mut under: Under, note: &mut dyn FnMut(Value, usize) -> bool) {
        let returned = |under: Under| SEGMENT_HEADER_WORDS + under.words..under.segment.words();
        if under.segment != Value::NIL {
            self.left_over(under.segment, returned(under), note);
        }
        while under.segment != Value::NIL {
            let segment = under.segment;
            let (start, base) = top_frame(under.words, under.pc);
            let code = Code::of(segment.field(SEGMENT_HEADER_WORDS + start));
            if under.pc == code.signal_return() && base == 1 + code.frame_words as usize {
                let slots = SEGMENT_HEADER_WORDS + start + 1;
                self.left_over(segment, slots..slots + code.frame_words as usize, note);
            }
            let saved = SEGMENT_HEADER_WORDS + start + 1 + code.parameters as usize;
            if start == 0 {
                // The frame at the bottom of everything returns nowhere.
                if segment.field(0) != Value::NIL && !(note(segment, saved) && note(segment, 2)) {
                    return;
                }
                under = Under::read(segment, 0);
                if under.segment != Value::NIL {
                    self.left_over(under.segment, returned(under), note);
                }
            } else {
                if !note(segment, saved) {
                    return;
                }
                under = Under { segment, words: start, pc: segment.raw(saved) as usize as *const u64 };
            }
        }
    }
}

#[optimize(size)]
fn literal_text(object: Value) -> String {
    let text = write_value(object, Mode::Write, LITERAL_CHARACTERS_MAX);
    format!("{} {text}", object.header().tag().name())
}

impl Surroundings for ProgramNames<'_> {
    #[optimize(size)]
    fn name_of_shared(&self, object: Value) -> Option<String> {
        match object.header().tag() {
            ObjectTag::Symbol => Some(format!("symbol {}", object.symbol_text())),
            ObjectTag::Primitive => {
                let entry = crate::primitives::table().get(object.raw(0) as usize)?;
                Some(format!("primitive {}", entry.name))
            }
            ObjectTag::Closure => Some(format!("procedure {}", ProgramNames::code_name(Code::of(object)))),
            _ => {
                let (heap, place) = self.literals.get(&object.bits())?;
                Some(format!("literal {heap} {place} {}", literal_text(object)))
            }
        }
    }

    #[optimize(size)]
    fn name_of_address(&self, word: u64) -> Option<String> {
        if word == self.linker.library().underflow_word().bits() {
            return Some("underflow".to_string());
        }
        if let Some((code, index)) = self.code_at(word) {
            return Some(format!("instruction {index} {}", ProgramNames::code_name(code)));
        }
        self.by_word.get(&word).map(|code| format!("code {}", ProgramNames::code_name(code)))
    }

    fn addresses(&self, object: Value, note: &mut dyn FnMut(Value, usize) -> bool) {
        let under = Under::read(object, 0);
        if under.segment != Value::NIL {
            note(object, 2);
            self.frames(under, note);
        }
    }

    fn root_addresses(&self, note: &mut dyn FnMut(Value, usize) -> bool) {
        self.unders.iter().for_each(|under| self.frames(*under, note));
    }

    fn place_of_site(&self, site: u32) -> Option<ImageSite> {
        self.linker.place_of_site(site)
    }
}

impl Resolver for ProgramNames<'_> {
    #[optimize(size)]
    fn shared(&self, name: &str) -> Option<Value> {
        let (kind, rest) = name.split_once(' ')?;
        match kind {
            "symbol" => self.linker.known_symbol(rest),
            "primitive" => self.linker.library().primitive_value(rest),
            "procedure" if rest == "boot" => Some(self.linker.library().boot_closure),
            "procedure" => {
                let code = self.code_named(rest)?;
                let unit = self.linker.all_units().find(|unit| unit.number == code.unit)?;
                unit.closures[code.procedure as usize]
            }
            "literal" => self.shared_literal(rest),
            _ => None,
        }
    }

    #[optimize(size)]
    fn address(&self, name: &str) -> Option<u64> {
        let (kind, rest) = name.split_once(' ').unwrap_or((name, ""));
        match kind {
            "underflow" => Some(self.linker.library().underflow_word().bits()),
            "code" => self.code_named(rest).map(|code| Code::word(&raw const *code).bits()),
            "instruction" => {
                let (index, code) = rest.split_once(' ')?;
                let instructions = &self.code_named(code)?.instructions;
                let index = index.parse::<usize>().ok().filter(|index| *index < instructions.len())?;
                Some(instructions.as_ptr().wrapping_add(index) as usize as u64)
            }
            _ => None,
        }
    }

    #[optimize(size)]
    fn check(&self, object: Value) -> Result<(), String> {
        let wrong = |what: &str| Err(what.to_string());
        match object.header().tag() {
            ObjectTag::Closure => self.check_closure(object),
            ObjectTag::RecordType => check_record_type(object),
            ObjectTag::Record => {
                let kind = object.field(0);
                let fields = |kind: Value| kind.field(1).object_tag().map(|_| kind.field(1).words());
                match kind.is_object(ObjectTag::RecordType).then(|| fields(kind)).flatten() {
                    Some(fields) if fields + 1 == object.words() => Ok(()),
                    _ => wrong("the record does not fit its type"),
                }
            }
            ObjectTag::Promise if !object.field(0).is_pair() => wrong("the promise promises nothing"),
            ObjectTag::HashTable => table::check(object).map_err(str::to_string),
            ObjectTag::Bignum if !crate::number::is_big(object) => wrong("the integer is a small one"),
            ObjectTag::Ratio if !crate::number::is_ratio(object) => wrong("that is no ratio"),
            ObjectTag::ErrorObject if !object.field(0).is_object(ObjectTag::Symbol) => {
                wrong("the condition has no kind")
            }
            ObjectTag::Segment | ObjectTag::Continuation => {
                wrong("the frames of a continuation stay with the process that ran them")
            }
            ObjectTag::Port => wrong("a port stays with the process that opened it"),
            ObjectTag::Capability => wrong("a capability stays with the process that granted it"),
            ObjectTag::Parameter | ObjectTag::Reserved | ObjectTag::Primitive => {
                wrong("no program makes such an object")
            }
            _ => Ok(()),
        }
    }
}

fn check_record_type(object: Value) -> Result<(), String> {
    let names = object.field(1);
    let is_symbol = |value: &Value| value.is_object(ObjectTag::Symbol);
    let fits = is_symbol(&object.field(0))
        && names.is_object(ObjectTag::Vector)
        && names.fields().iter().all(is_symbol)
        && object.field(2).is_object(ObjectTag::MonitorReference);
    if fits { Ok(()) } else { Err("the record type lacks a name".to_string()) }
}

impl ProgramNames<'_> {
    #[optimize(size)]
    fn check_closure(&self, closure: Value) -> Result<(), String> {
        let known = self.by_word.get(&closure.raw(0));
        let Some(code) = known.filter(|code| !code.internal) else {
            return Err("its code is no procedure".to_string());
        };
        let captures = self
            .linker
            .all_units()
            .find(|unit| unit.number == code.unit)
            .map(|unit| &unit.procedure(code.procedure).captures);
        let captured = &closure.fields()[1..];
        let fits = captures.is_some_and(|captures| {
            captures.len() == captured.len()
                && captures
                    .iter()
                    .zip(captured)
                    .all(|((_, boxed), value)| !boxed || value.is_object(ObjectTag::Box))
        });
        if fits { Ok(()) } else { Err("the procedure does not capture that".to_string()) }
    }
}

impl Machine {
    /// The image of the actor's heap, and where its objects lie. Changes nothing.
    ///
    /// # Errors
    /// [`ImageError::TooLarge`] if the heap has more than `words_max` words.
    #[optimize(size)]
    pub fn image(&self, linker: &Linker, words_max: usize) -> Result<(Image, Places), ImageError> {
        image_of(&self.heap, &self.state, linker, words_max)
    }
}

#[optimize(size)]
pub(crate) fn image_of(
    heap: &Heap,
    state: &State,
    linker: &Linker,
    words_max: usize,
) -> Result<(Image, Places), ImageError> {
    let mut names = ProgramNames::new(linker);
    names.unders.push(state.under);
    names.unders.extend(state.interrupted.iter().map(|interrupted| interrupted.under));
    Image::of_heap(heap, &state.roots(linker), &names, words_max)
}

/// Brings an image back to an empty heap; see [`Image::restore`].
///
/// # Errors
/// As there.
pub fn restore_image(linker: &Linker, image: &Image, heap: &mut Heap) -> Result<Vec<Value>, ImageError> {
    image.restore(heap, &ProgramNames::new(linker))
}

impl Linker {
    /// Units, the library's first.
    fn all_units(&self) -> impl Iterator<Item = &Unit> {
        std::iter::once(self.library().unit()).chain(self.units().iter().map(|unit| &**unit))
    }

    /// Heaps of shared objects, each with a name and its objects in the order in which they were made.
    #[optimize(size)]
    fn shared_heaps(&self) -> impl Iterator<Item = (String, Box<dyn Iterator<Item = Value> + '_>)> {
        let symbols = [("library", self.library().symbol_heap()), ("world", self.symbol_heap())];
        let symbols = symbols.into_iter().map(|(name, heap)| (name.to_string(), heap));
        let units = self.all_units().map(|unit| (unit.number.to_string(), &unit.shared));
        symbols
            .chain(units)
            .map(|(name, heap)| (name, Box::new(heap.objects()) as Box<dyn Iterator<Item = Value>>))
    }
}
