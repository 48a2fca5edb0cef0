//! Sites: the places of programs as numbers, for the heap's record of who made each object.
//!
//! 1. The instruction words of all code that a world has loaded are numbered one after the other, the library's first, from
//!    [`FIRST`] on; there are more numbers than memory for code. A site is such a number, or [`SITE_UNKNOWN`]; units stay, so
//!    that it means the same for ever.
//! 2. What the library makes is made by the program's line that called it and waits for it, if that is no more than
//!    [`FRAMES_MAX`] frames out; else by the library. A tail call waits for nothing, so that its line is that of the caller's
//!    caller.

use std::ops::Range;

use arena::{ImageSite, SITE_UNKNOWN, Value};
use bytecode::CodeOffset;

use crate::code::{Code, Unit};
use crate::library::Linker;
use crate::machine::{State, Vm};
use crate::stack::{SEGMENT_HEADER_WORDS, base_before, top_frame};

/// The first number.
pub(crate) const FIRST: u32 = SITE_UNKNOWN + 1;
/// Frames of the library that are passed on the way out.
const FRAMES_MAX: usize = 8;

/// Numbers the instruction words of a unit. Those for which no numbers are left share the last one, which is nowhere.
pub(crate) fn number(codes: &mut [Code], first: u32) -> Range<u32> {
    let mut next = first;
    for code in codes {
        code.first_site = next;
        next = next.saturating_add(u32::try_from(code.instructions.len()).unwrap_or(u32::MAX));
    }
    first..next
}

impl Code {
    /// The site of the instruction at `pc`.
    #[inline(always)]
    pub(crate) fn site(&self, pc: *const u64) -> u32 {
        let index = (pc as usize).wrapping_sub(self.instructions.as_ptr() as usize) / 8;
        self.first_site.saturating_add(index as u32)
    }
}

impl State {
    /// The site of the program that is at work. Registers are saved.
    pub(crate) fn site_of_program(&self) -> u32 {
        self.site_of_running().unwrap_or_else(|| self.outer_site())
    }

    /// As [`State::site_of_program`], if the innermost procedure is the program's, or the one that has called it is.
    #[inline(always)]
    pub(crate) fn site_of_running(&self) -> Option<u32> {
        let code = self.running_code();
        if code.unit != 0 {
            return Some(code.site(self.pc));
        }
        let (caller, back) = self.caller(self.fp)?;
        let code = Code::of(self.stack[caller - 1]);
        (code.unit != 0).then(|| code.site(back.wrapping_sub(1)))
    }

    /// The frame that has called the one at `fp`, and where in it that returns to; `None` at the bottom of the stack.
    #[inline(always)]
    fn caller(&self, fp: usize) -> Option<(usize, *const u64)> {
        let code = Code::of(self.stack[fp - 1]);
        if fp == 1 {
            return None;
        }
        let back = self.stack[fp + code.parameters as usize].bits() as usize as *const u64;
        Some((fp - base_before(back), back))
    }

    /// Where the running procedure of the program was called, or else where it is.
    pub(crate) fn calling_site(&self) -> u32 {
        let calling = match self.caller(self.fp) {
            Some((caller, back)) => {
                let code = Code::of(self.stack[caller - 1]);
                (code.unit != 0).then(|| code.site(back.wrapping_sub(1)))
            }
            None => self.sealed_site(),
        };
        calling.unwrap_or_else(|| self.site_of_program())
    }

    /// While a procedure of the library runs: where the program called it.
    #[optimize(size)]
    fn outer_site(&self) -> u32 {
        let inner = self.running_code();
        let mut fp = self.fp;
        for _ in 0..FRAMES_MAX {
            let Some((caller, back)) = self.caller(fp) else {
                return self.sealed_site().unwrap_or_else(|| self.inner_site(inner));
            };
            let code = Code::of(self.stack[caller - 1]);
            if code.unit != 0 {
                return code.site(back.wrapping_sub(1));
            }
            fp = caller;
        }
        self.inner_site(inner)
    }

    /// As [`State::outer_site`], of the frame that was sealed last.
    fn sealed_site(&self) -> Option<u32> {
        let segment = self.under.segment;
        if !segment.is_reference() {
            return None;
        }
        let (start, _) = top_frame(self.under.words, self.under.pc);
        let code = Code::of(segment.field(SEGMENT_HEADER_WORDS + start));
        (code.unit != 0).then(|| code.site(self.under.pc.wrapping_sub(1)))
    }

    /// Nobody of the program is near: the library's own place, if the machine is not only about to begin.
    fn inner_site(&self, code: &Code) -> u32 {
        if code.internal { SITE_UNKNOWN } else { code.site(self.pc) }
    }
}

impl Vm<'_> {
    /// If sites are tracked, what the instruction at `pc` in the frame at `fp` asks for is little, there is room for it, and
    /// the innermost procedure or its caller is the program's: opens so much. Answers whether; registers need not be saved.
    ///
    /// # Safety
    /// `fp` is the innermost frame on the machine's stack, and `pc` points into its code.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn open_noted(&mut self, fp: *mut Value, pc: *const u64, words: usize) -> bool {
        let Some(room) = self.heap.room_to_note(words) else { return false };
        // SAFETY: as the caller says; below the bottom frame lies its closure alone, and above the arguments of any other
        // lies where it returns to.
        let site = unsafe {
            let code = Code::of(*fp.sub(1));
            if code.unit != 0 {
                code.site(pc)
            } else if fp == self.state.stack.as_mut_ptr().add(1) {
                return false;
            } else {
                let back = (*fp.add(code.parameters as usize)).bits() as usize as *const u64;
                let caller = Code::of(*fp.sub(base_before(back) + 1));
                if caller.unit == 0 {
                    return false;
                }
                caller.site(back.wrapping_sub(1))
            }
        };
        room.note(site);
        true
    }
}

impl Linker {
    /// Unit, code and offset in the bytecode of a site.
    #[optimize(size)]
    pub(crate) fn code_at_site(&self, site: u32) -> Option<(&Unit, &Code, CodeOffset)> {
        let library = self.library().unit();
        let unit = if library.sites.contains(&site) {
            library
        } else {
            let after = self.units().partition_point(|unit| unit.sites.start <= site);
            self.units()[after.checked_sub(1)?].as_ref()
        };
        let after = unit.codes.partition_point(|code| code.first_site <= site);
        let code = &unit.codes[after.checked_sub(1)?];
        let offset = *code.offsets.get((site - code.first_site) as usize)?;
        Some((unit, code, CodeOffset(offset)))
    }

    /// File and line of a site; for a place in the library, the procedure's name and 0.
    #[optimize(size)]
    pub fn place_of_site(&self, site: u32) -> Option<ImageSite> {
        let (unit, code, offset) = self.code_at_site(site)?;
        if unit.number == 0 {
            return Some(ImageSite { file: format!("{} (library)", code.name), line: 0 });
        }
        let (file, line) = code.line_at(offset);
        let file = unit.program.files.get(usize::from(file)).filter(|_| line > 0)?;
        Some(ImageSite { file: file.name.clone(), line })
    }
}
