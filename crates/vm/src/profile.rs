//! Where a machine is, looked at often and cheaply, and how often which instruction ran.
//!
//! 1. A look is at a machine that rests, and changes nothing in it. What watches a slice ([`Watch`]) sees every instruction
//!    before it runs and may end the slice there, as a breakpoint does; it changes nothing else.
//! 2. A frame of a sample is a site ([`crate::site`]); a primitive that is about to run is [`NATIVE`] and its number.

use arena::{ObjectTag, Value};

use crate::code::Code;
use crate::debug::{Debugger, StopReason};
use crate::host::Host;
use crate::instruction::{self as word, OPS, Op};
use crate::library::{Library, Linker};
use crate::machine::{Machine, Outcome, State, Vm};
use crate::primitives;
use crate::stack::{SEGMENT_HEADER_WORDS, Under, base_before, top_frame};

/// Mark of a site that is a primitive's number.
pub const NATIVE: u32 = 1 << 31;

/// Sees every instruction of a slice before it runs.
pub(crate) trait Watch {
    /// Answers why the slice ends here, if it does.
    fn before(&mut self, vm: &mut Vm<'_>) -> Option<StopReason>;

    /// It has to see every instruction; if not, it is not asked at all until the slice ends.
    fn needs_hooks(&self) -> bool {
        true
    }

    /// The instruction word at `pc` as the program has it.
    fn word(&self, pc: *const u64) -> u64 {
        // SAFETY: `pc` points to an instruction (the dispatch loop's invariant 2), which nobody has armed: breakpoints come
        // with a debugger, and then that is what watches.
        unsafe { *pc }
    }
}

impl Watch for Debugger {
    fn before(&mut self, vm: &mut Vm<'_>) -> Option<StopReason> {
        Debugger::before(self, vm)
    }

    fn needs_hooks(&self) -> bool {
        Debugger::needs_hooks(self)
    }

    fn word(&self, pc: *const u64) -> u64 {
        Debugger::word(self, pc)
    }
}

/// Lets so many instructions run.
struct Few(u32);

impl Watch for Few {
    fn before(&mut self, vm: &mut Vm<'_>) -> Option<StopReason> {
        if self.0 > 0 {
            self.0 -= 1;
            return None;
        }
        // Between a return and the frame that comes back from the heap, no frame is there.
        (vm.state.fp > 0).then_some(StopReason::Step)
    }
}

/// How often each instruction ran, and each after each.
#[derive(Debug)]
pub struct Counts {
    /// By operation, then by the one after it.
    pairs: Vec<u64>,
    /// By site.
    sites: Vec<u64>,
    /// The last operation; [`OPS`] is none.
    last: u8,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts { pairs: vec![0; usize::from(OPS) * usize::from(OPS)], sites: Vec::new(), last: OPS }
    }
}

impl Watch for Counts {
    fn before(&mut self, vm: &mut Vm<'_>) -> Option<StopReason> {
        let state = &*vm.state;
        // SAFETY: `pc` points to the instruction to execute next (the machine's invariant 3).
        let operation = Op::of(unsafe { *state.pc }) as u8;
        if self.last < OPS {
            self.pairs[usize::from(self.last) * usize::from(OPS) + usize::from(operation)] += 1;
        }
        self.last = operation;
        if state.fp > 0 {
            let code = state.running_code();
            if let Some(index) = code.index_of(state.pc) {
                let site = code.first_site as usize + index;
                if site >= self.sites.len() {
                    self.sites.resize((site + 1).next_power_of_two(), 0);
                }
                self.sites[site] += 1;
            }
        }
        None
    }
}

impl Counts {
    /// What runs next does not follow on what ran last.
    pub fn interrupt(&mut self) {
        self.last = OPS;
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Counts) {
        self.sites.resize(self.sites.len().max(other.sites.len()), 0);
        for (sum, more) in [(&mut self.pairs, &other.pairs), (&mut self.sites, &other.sites)] {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }

    /// Instructions that ran, by site, of all sites that have any.
    pub fn sites(&self) -> impl Iterator<Item = (u32, u64)> {
        self.sites
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(site, count)| (site as u32, *count))
    }

    /// Names of two operations and how often the second came right after the first, of all that did.
    pub fn pairs(&self) -> impl Iterator<Item = (String, String, u64)> {
        let name = |number: usize| format!("{:?}", Op::of(number as u64));
        let ops = usize::from(OPS);
        let met = self.pairs.iter().enumerate().filter(|(_, count)| **count > 0);
        met.map(move |(pair, count)| (name(pair / ops), name(pair % ops), *count))
    }
}

/// A site as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePlace {
    /// Name of the procedure or primitive; empty when anonymous.
    pub procedure: String,
    /// Index of the procedure in its unit; the unit's entry is 0.
    pub index: u32,
    /// Number of its unit; the library's is 0.
    pub unit: u32,
    /// File that the procedure stands in; empty for the library and for primitives.
    pub file: String,
    /// Line at which the procedure's code begins, or 0.
    pub first_line: u32,
    /// Line of the site, or 0.
    pub line: u32,
}

impl Linker {
    /// The place of a site of a sample.
    #[optimize(size)]
    pub fn profile_place(&self, site: u32) -> Option<SitePlace> {
        if site & NATIVE != 0 {
            let entry = primitives::table().get((site & !NATIVE) as usize)?;
            let procedure = entry.name.to_string();
            return Some(SitePlace {
                procedure,
                index: 0,
                unit: 0,
                file: String::new(),
                first_line: 0,
                line: 0,
            });
        }
        let (unit, code, offset) = self.code_at_site(site)?;
        let (mut file, first_line, mut line) = match code.lines.first() {
            Some((_, file, line)) => (Some(*file), *line, code.line_at(offset).1),
            None => (None, 0, 0),
        };
        if unit.number == 0 {
            (file, line) = (None, 0);
        }
        let file = file.and_then(|file| unit.program.files.get(usize::from(file)));
        Some(SitePlace {
            procedure: unit.procedure(code.procedure).name.clone(),
            index: code.procedure,
            unit: unit.number,
            file: file.map_or_else(String::new, |file| file.name.clone()),
            first_line: if unit.number == 0 { 0 } else { first_line },
            line,
        })
    }
}

impl Machine {
    /// The sites of the frames, innermost first, the machine's own left out, at most `frames_max`. Answers whether there are
    /// more. O(frames looked at); no allocation once `into` is large enough.
    pub fn sample(&self, into: &mut Vec<u32>, frames_max: usize) -> bool {
        into.clear();
        let state = &self.state;
        if let Some(primitive) = state.primitive_at_hand() {
            into.push(NATIVE | primitive);
        }
        let mut is_innermost = true;
        state.each_frame(|code, pc| {
            if !code.internal {
                if into.len() >= frames_max {
                    return false;
                }
                let mut index = code.index_of(pc).unwrap_or(0);
                if std::mem::take(&mut is_innermost) {
                    index = code.line_start(index);
                }
                into.push(code.first_site.saturating_add(index as u32));
            }
            true
        })
    }

    /// Runs as [`Machine::step`] does, and counts every instruction.
    pub fn step_counted(
        &mut self,
        library: &Library,
        host: &mut dyn Host,
        fuel: &mut i64,
        counts: &mut Counts,
    ) -> Outcome {
        self.step_watched(library, host, fuel, Some(counts))
    }

    /// Runs as [`Machine::step`] does, but at most `instructions` (and perhaps one more). Answers `None` if it stands there.
    pub fn step_few(
        &mut self,
        library: &Library,
        host: &mut dyn Host,
        fuel: &mut i64,
        instructions: u32,
    ) -> Option<Outcome> {
        match self.step_watched(library, host, fuel, Some(&mut Few(instructions))) {
            Outcome::Stopped(_) => None,
            other => Some(other),
        }
    }

    /// Words of stack, sealed ones included.
    pub fn depth_words(&self) -> u64 {
        (self.state.under.depth_words() + self.state.fp) as u64
    }

    /// The next instruction is a primitive's call.
    pub fn is_at_primitive(&self) -> bool {
        self.state.primitive_at_hand().is_some()
    }
}

impl Code {
    /// The first instruction word of the stretch of one line that the one at `index` is in: one site for all of them.
    fn line_start(&self, index: usize) -> usize {
        let Some(offset) = self.offsets.get(index) else { return index };
        let after = self.lines.partition_point(|(start, ..)| start <= offset);
        let Some((start, ..)) = after.checked_sub(1).and_then(|place| self.lines.get(place)) else {
            return index;
        };
        let first = self.offsets.partition_point(|at| at < start);
        if first < index && self.offsets[first] >= *start { first } else { index }
    }
}

impl State {
    fn primitive_at_hand(&self) -> Option<u32> {
        // SAFETY: `pc` points to the instruction to execute next (the machine's invariant 3).
        let next = unsafe { *self.pc };
        (Op::of(next) == Op::Primitive).then(|| word::d(next))
    }

    /// Frames, the machine's own left out; no more than `most` are counted.
    pub(crate) fn frame_count(&self, most: u64) -> u64 {
        let mut count = 0;
        self.each_frame(|code, _| {
            count += u64::from(!code.internal);
            count < most
        });
        count
    }

    /// Code and place of each frame, innermost first, until `visit` says no: answers whether it did. Places of frames that wait
    /// are their calls'.
    fn each_frame(&self, mut visit: impl FnMut(&Code, *const u64) -> bool) -> bool {
        let (mut fp, mut pc) = (self.fp, self.pc);
        let mut waits = false;
        // Between a return and the frame that comes back from the heap, none is on the stack.
        while fp > 0 {
            let code = Code::of(self.stack[fp - 1]);
            // One that was left by an error goes on at its code's end; its last slot says where the error was.
            let last = fp + (code.frame_words as usize).saturating_sub(1);
            let is_left = waits && pc == code.signal_return().wrapping_sub(1) && last < self.stack.len();
            let at = if is_left { self.stack[last].bits() as usize as *const u64 } else { pc };
            if !visit(code, at) {
                return true;
            }
            if fp == 1 {
                break;
            }
            let back = self.stack[fp + code.parameters as usize].bits() as usize as *const u64;
            fp -= base_before(back);
            pc = back.wrapping_sub(1);
            waits = true;
        }
        let mut under = self.under;
        while under.segment != Value::NIL {
            let (start, _) = top_frame(under.words, under.pc);
            let closure = under.segment.field(SEGMENT_HEADER_WORDS + start);
            debug_assert!(closure.is_object(ObjectTag::Closure));
            let code = Code::of(closure);
            if !visit(code, under.pc.wrapping_sub(1)) {
                return true;
            }
            let header = SEGMENT_HEADER_WORDS + start + 1 + code.parameters as usize;
            under = if start == 0 {
                Under::read(under.segment, 0)
            } else {
                let pc = under.segment.raw(header) as usize as *const u64;
                Under { segment: under.segment, words: start, pc }
            };
        }
        false
    }
}
