//! Allocation sites: which place of the program made each object.
//!
//! A site is a number of the mutator's, [`Roots::site`] when room is reserved: the machine counts the instructions of all
//! that it has loaded, and turns a number back into file and line when somebody asks. The heap keeps one number for each
//! object, beside the objects, so that neither their size nor their order changes.
//!
//! While sites are tracked, the nursery is closed: `limit` is no further than what was reserved last, so that every reservation
//! takes the slow path, as it does under stress. A quick part of that path notes the site of the words that it opens, and goes
//! on to collect only if they are beyond [`Sites::end`], where the nursery really ends. So a heap that is not tracked has no
//! instruction more than it would have without this module, except for one branch per object that a collection copies.
//!
//! Numbers lie in two tables. The nursery's has one for each word, and a reservation fills in those of its words, so that any
//! object in them is found. Everything else is in *pages*, one for each 4 KiB of addresses where an object was promoted or is
//! large: promoted objects lie side by side, so that the page is nearly always that of the object before.
//!
//! 1. Whoever puts an object at an address, moved or made, writes its site there, [`SITE_UNKNOWN`] too. So what was left
//!    at an address by an object that is gone is never read, and nobody needs to wipe tables when memory is freed.
//! 2. A collection happens for the same reservation whether sites are tracked or not: what decides is [`Sites::end`], and
//!    the tables are outside the heap's words and the world's budget. They take at most half as much as the heap itself.
//! 3. Objects that were made while nothing was tracked have [`SITE_UNKNOWN`].
//! 4. A reservation is used up before the next one, or what is left of it counts for whoever allocates next without the slow
//!    path. Nobody reserves more than it needs but on the way to an error.
//! 5. Pages where no chunk lies any more are dropped when the whole heap has been collected.

use crate::collect::Roots;
use crate::heap::Heap;
use crate::nursery::Nursery;
use crate::value::Value;
use crate::words::WordMap;

/// The site of what was made by nobody knows whom.
pub const SITE_UNKNOWN: u32 = 0;

/// Words of a page.
const PAGE_WORDS: usize = 1 << 9;
const PAGE_BYTES: usize = PAGE_WORDS * 8;
/// Reservations of up to this many words are noted with a store or two.
const QUICK_WORDS: usize = 8;

/// The sites of one heap's objects. See the module's invariants.
#[derive(Debug)]
pub(crate) struct Sites {
    /// Where the nursery's room ends; the heap's `limit` is somewhere before.
    end: *mut u64,
    /// First address of the nursery.
    young_start: usize,
    /// By word of the nursery.
    young: Vec<u32>,
    /// Index into `pages` by page number.
    known: WordMap<usize, u32>,
    #[allow(clippy::vec_box, reason = "a list that grows shall not copy the pages")]
    pages: Vec<Box<[u32; PAGE_WORDS]>>,
    /// The page that was written last, and its index.
    last: (usize, u32),
    /// Who has reserved room for a large object.
    large: u32,
}

impl Default for Sites {
    fn default() -> Sites {
        Sites {
            end: std::ptr::null_mut(),
            young_start: 0,
            young: Vec::new(),
            known: WordMap::default(),
            pages: Vec::new(),
            last: (usize::MAX, 0),
            large: SITE_UNKNOWN,
        }
    }
}

impl Sites {
    /// The nursery is empty or another one; its room ends at `end`.
    fn open(&mut self, nursery: Option<&Nursery>, end: *mut u64) {
        let (start, words) = nursery.map_or((0, 0), |nursery| (nursery.start() as usize, nursery.words()));
        self.end = end;
        self.young_start = start;
        if self.young.len() != words {
            self.young = vec![SITE_UNKNOWN; words];
        }
    }

    /// `words` words from `top` on, inside the nursery's room, are about to be objects of `site`.
    fn note(&mut self, top: *mut u64, words: usize, site: u32) {
        let at = (top as usize - self.young_start) / 8;
        self.young[at..at + words].fill(site);
    }

    /// As [`Sites::note`], for reservations of up to [`QUICK_WORDS`] with as much room. Words beyond the reservation are noted
    /// again when they are reserved.
    #[inline(always)]
    fn note_quickly(&mut self, top: *mut u64, site: u32) {
        let at = (top as usize).wrapping_sub(self.young_start) / 8;
        debug_assert!(at + QUICK_WORDS <= self.young.len(), "room outside of the nursery");
        // SAFETY: the words from `top` to `end` lie inside the nursery, and they are as many.
        unsafe { self.young.get_unchecked_mut(at..at + QUICK_WORDS).fill(site) };
    }

    /// Index into the nursery's table.
    fn young_index(&self, address: usize) -> Option<usize> {
        let at = address.wrapping_sub(self.young_start) / 8;
        (at < self.young.len()).then_some(at)
    }

    fn get(&self, address: usize) -> u32 {
        if let Some(at) = self.young_index(address) {
            return self.young[at];
        }
        let page = self.known.get(&(address / PAGE_BYTES));
        page.map_or(SITE_UNKNOWN, |page| self.pages[*page as usize][address / 8 % PAGE_WORDS])
    }

    fn set(&mut self, address: usize, site: u32) {
        if let Some(at) = self.young_index(address) {
            self.young[at] = site;
            return;
        }
        let page = address / PAGE_BYTES;
        if page != self.last.0 {
            self.turn_to(page);
        }
        self.pages[self.last.1 as usize][address / 8 % PAGE_WORDS] = site;
    }

    #[cold]
    fn turn_to(&mut self, page: usize) {
        let pages = &mut self.pages;
        let index = *self.known.entry(page).or_insert_with(|| {
            pages.push(Box::new([SITE_UNKNOWN; PAGE_WORDS]));
            pages.len() as u32 - 1
        });
        self.last = (page, index);
    }

    /// An object was copied. Its site goes with it.
    #[inline(never)]
    pub(crate) fn moved(&mut self, from: *mut u64, copy: Value) -> Value {
        let site = self.get(from as usize);
        self.set(copy.address() as usize, site);
        copy
    }

    /// Objects in these words outside the nursery are of `site`.
    pub(crate) fn fill(&mut self, start: *mut u64, words: usize, site: u32) {
        (0..words).for_each(|word| self.set(start as usize + word * 8, site));
    }

    /// The nursery's words are about to be old, where they are.
    fn keep_nursery(&mut self) {
        let (start, young) = (self.young_start, std::mem::take(&mut self.young));
        for (word, site) in young.into_iter().enumerate() {
            self.set(start + word * 8, site);
        }
    }

    /// Drops the pages where none of these stretches of addresses lies: start and bytes of each.
    fn retain(&mut self, mut held: Vec<(usize, usize)>) {
        held.sort_unstable();
        let is_held = |page: usize| {
            let start = page * PAGE_BYTES;
            let after = held.partition_point(|(chunk, _)| *chunk < start + PAGE_BYTES);
            after > 0 && held[after - 1].0 + held[after - 1].1 > start
        };
        let mut pages = std::mem::take(&mut self.pages).into_iter().map(Some).collect::<Vec<_>>();
        self.last = (usize::MAX, 0);
        self.known.retain(|page, index| {
            let kept = pages[*index as usize].take().filter(|_| is_held(*page));
            let is_kept = kept.is_some();
            *index = self.pages.len() as u32;
            self.pages.extend(kept);
            is_kept
        });
        if self.known.capacity() > 4 * self.known.len() {
            self.known.shrink_to_fit();
        }
        self.pages.shrink_to_fit();
    }
}

/// Words that may be opened for a reservation whose site is known; see [`Heap::room_to_note`].
#[derive(Debug)]
pub struct NotedRoom<'a> {
    sites: &'a mut Sites,
    top: *mut u64,
    limit: &'a mut *mut u64,
    words: usize,
}

impl NotedRoom<'_> {
    /// Opens the room for objects of `site`.
    #[inline(always)]
    pub fn note(self, site: u32) {
        self.sites.note_quickly(self.top, site);
        // SAFETY: up to `end` the words lie inside the nursery.
        *self.limit = unsafe { self.top.add(self.words) };
    }
}

impl Heap {
    /// Notes from now on which site makes each object, or forgets all of it. Nothing else changes.
    pub fn set_sites(&mut self, tracks: bool) {
        self.settings.tracks_sites = tracks;
        match (&self.sites, tracks) {
            (None, true) => {
                self.sites = Some(Box::default());
                self.close_for_sites();
            }
            (Some(sites), false) => {
                self.limit = sites.end;
                self.sites = None;
            }
            _ => {}
        }
    }

    /// Are sites tracked?
    pub fn tracks_sites(&self) -> bool {
        self.sites.is_some()
    }

    /// The site that made an object of this heap; `None` if that is not known.
    pub fn site_of(&self, object: Value) -> Option<u32> {
        let site = self.sites.as_ref()?.get(object.address() as usize);
        (site != SITE_UNKNOWN).then_some(site)
    }

    /// Allocation has begun anew, up to `limit`, which is where the nursery really ends: if sites are tracked, every
    /// reservation is to be noted.
    #[inline]
    pub(crate) fn close_for_sites(&mut self) {
        if let Some(sites) = &mut self.sites {
            sites.open(self.nursery.as_ref(), self.limit);
            self.limit = self.top;
        }
    }

    /// Where the nursery's room ends, whether or not all of it is open.
    pub(crate) fn room_end(&self) -> *mut u64 {
        self.sites.as_ref().map_or(self.limit, |sites| sites.end)
    }

    /// The room ends at `limit`, whatever the nursery has.
    pub(crate) fn close_room(&mut self, limit: *mut u64) {
        self.limit = limit;
        if let Some(sites) = &mut self.sites {
            sites.end = limit;
        }
    }

    /// If sites are tracked, `words` are few, and the nursery has room for them: the room that [`NotedRoom::note`] opens.
    #[inline(always)]
    pub fn room_to_note(&mut self, words: usize) -> Option<NotedRoom<'_>> {
        let sites = self.sites.as_deref_mut()?;
        let has_room = (sites.end as usize).wrapping_sub(self.top as usize) >= QUICK_WORDS * 8;
        (words <= QUICK_WORDS && has_room).then_some(NotedRoom {
            sites,
            top: self.top,
            limit: &mut self.limit,
            words,
        })
    }

    /// As [`Heap::open_noted`], if that takes no more than a few instructions.
    #[inline(always)]
    pub(crate) fn open_noted_quickly<R: Roots + ?Sized>(&mut self, words: usize, roots: &R) -> bool {
        let Some(room) = self.room_to_note(words) else { return false };
        let Some(site) = roots.site_at_hand() else { return false };
        room.note(site);
        true
    }

    /// If sites are tracked and the nursery has room for `words`: opens so much. Answers whether.
    pub(crate) fn open_noted<R: Roots + ?Sized>(&mut self, words: usize, roots: &R) -> bool {
        let Some(sites) = &mut self.sites else { return false };
        let has_room = (sites.end as usize).wrapping_sub(self.top as usize) >= words * 8;
        if has_room {
            sites.note(self.top, words, roots.site());
            // SAFETY: up to `end` the words lie inside the nursery.
            self.limit = unsafe { self.top.add(words) };
        }
        has_room
    }

    /// Room for a large object is reserved.
    pub(crate) fn note_large_reserved<R: Roots + ?Sized>(&mut self, roots: &R) {
        if let Some(sites) = &mut self.sites {
            sites.large = roots.site();
        }
    }

    /// A large object was made.
    pub(crate) fn note_large_made(&mut self, address: *mut u64) {
        if let Some(sites) = &mut self.sites {
            let site = sites.large;
            sites.set(address as usize, site);
        }
    }

    /// Words of the old space are about to be objects that nobody has made yet.
    pub(crate) fn note_block<R: Roots + ?Sized>(&mut self, start: *mut u64, words: usize, roots: &R) {
        if let Some(sites) = &mut self.sites {
            sites.fill(start, words, roots.site());
        }
    }

    /// The nursery is about to become old as it is.
    pub(crate) fn keep_nursery_sites(&mut self) {
        if let Some(sites) = &mut self.sites {
            sites.keep_nursery();
        }
    }

    /// The whole heap was collected.
    pub(crate) fn tidy_sites(&mut self) {
        if let Some(sites) = &mut self.sites {
            let old = self.old.iter().flat_map(|old| &old.chunks).map(|old| &old.chunk);
            let held = old.chain(&self.large).map(|chunk| (chunk.start() as usize, chunk.words() * 8));
            sites.retain(held.collect());
        }
    }
}
