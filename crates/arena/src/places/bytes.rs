//! Places as bytes: where the objects of an image lay, beside the image.
//!
//! Little-endian: the number of extents; each one's space (a byte), chunk and words; the bits of all their words; the number
//! of objects, and each one's number, in the order of addresses; how many are reachable. Counts have 32 bits.
//!
//! 1. What was read finds places and numbers as before; addresses are not part of it, so that values lead to nothing.
//! 2. No count is believed: room is made for as many things as the bytes that are left can hold.

use super::{Extent, Places};
use crate::image::ImageError;
use crate::walk::Space;

const SPACES: [Space; 4] = [Space::Nursery, Space::Survivors, Space::Old, Space::Large];

impl Places {
    /// The places as bytes. O(objects).
    #[optimize(size)]
    pub fn write(&self) -> Vec<u8> {
        let room = 12 + self.extents.len() * 9 + self.bits.len() * 8 + self.numbers.len() * 4;
        let mut bytes = Vec::with_capacity(room);
        let count = |bytes: &mut Vec<u8>, count: usize| {
            let count = u32::try_from(count).expect("places are counted in 32 bits");
            bytes.extend(count.to_le_bytes());
        };
        count(&mut bytes, self.extents.len());
        for extent in &self.extents {
            bytes.push(SPACES.iter().position(|space| *space == extent.space).unwrap_or_default() as u8);
            count(&mut bytes, extent.chunk as usize);
            count(&mut bytes, extent.words);
        }
        self.bits.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        count(&mut bytes, self.numbers.len());
        self.numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        count(&mut bytes, self.reachable as usize);
        bytes
    }

    /// The places that these bytes are. Time and memory are bounded by their number.
    ///
    /// # Errors
    /// [`ImageError::Corrupted`], with the place.
    pub fn read(bytes: &[u8]) -> Result<Places, ImageError> {
        let mut reader = Reader { bytes, at: 0 };
        let mut extents = Vec::new();
        let mut words_all = 0_usize;
        for _ in 0..reader.count(9)? {
            let [space] = reader.take()?;
            let space =
                *SPACES.get(usize::from(space)).ok_or_else(|| reader.wrong("there is no such space"))?;
            let (chunk, words) = (reader.number()?, reader.number()? as usize);
            extents.push(Extent { space, chunk, start: 0, words, first_bit: words_all });
            words_all =
                words_all.checked_add(words).ok_or_else(|| reader.wrong("more words than a heap has"))?;
        }
        let groups = words_all.div_ceil(64);
        if groups > reader.left() / 8 {
            return Err(reader.wrong("the words of its chunks are missing"));
        }
        let (mut bits, mut before) = (Vec::with_capacity(groups), Vec::with_capacity(groups));
        let mut objects = 0_usize;
        for _ in 0..groups {
            let word = u64::from_le_bytes(reader.take()?);
            before.push(objects as u32);
            objects += word.count_ones() as usize;
            bits.push(word);
        }
        let beyond = words_all % 64;
        if beyond > 0 && bits.last().is_some_and(|word| word >> beyond != 0) {
            return Err(reader.wrong("an object beyond the last word"));
        }
        if reader.count(4)? != objects {
            return Err(reader.wrong("not as many numbers as objects"));
        }
        let numbers = (0..objects).map(|_| reader.number()).collect::<Result<Vec<u32>, ImageError>>()?;
        let reachable = reader.number()?;
        if reachable as usize > objects || numbers.iter().any(|number| *number as usize >= objects) {
            return Err(reader.wrong("a number without an object"));
        }
        if reader.left() > 0 {
            return Err(reader.wrong("there is more after the end"));
        }
        Ok(Places { extents, sorted: Vec::new(), bits, before, numbers, reachable })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, what: &str) -> ImageError {
        ImageError::Corrupted { at: self.at as u64, what: format!("where its objects lay: {what}") }
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        let taken = self.bytes[self.at..].first_chunk().ok_or_else(|| self.wrong("the end is missing"))?;
        self.at += N;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<u32, ImageError> {
        self.take().map(u32::from_le_bytes)
    }

    /// How many things of so many bytes follow.
    fn count(&mut self, bytes_each: usize) -> Result<usize, ImageError> {
        let count = self.number()? as usize;
        if count > self.left() / bytes_each { Err(self.wrong("part of it is missing")) } else { Ok(count) }
    }
}
