//! Images as bytes: `PWHEAP`, 26, version; then the length of the body (8 bytes) and its CRC-32 (4 bytes), all
//! little-endian; then the body.
//!
//! The body: title; names; roots (description, word); identity numbers drawn; live objects (header, payload); the rest
//! (header, references as field and number). Version 2 has the sites after that: places (file, line), then for each object 0 or
//! one more than the index of its place; it is written only if there are sites. Counts and lengths are 32 bits, words 64, texts
//! UTF-8 after their length.
//!
//! 1. No count is believed: room is made for as many things as the bytes that are left can hold.
//! 2. Numbers of live objects come in their canonical order, so that equal images have equal bytes, and so that every object
//!    of the live part is reached.

use super::check::check_payload;
use super::checksum::crc32;
use super::{
    Image, ImageError, ImageRoot, ImageSite, ImageSites, NAMED, NAMED_ADDRESS, OBJECT, TAG_MASK, has_values,
    index_of,
};
use crate::graph::Edges;
use crate::header::{Header, IDENTITY_MAX, ObjectTag};
use crate::places::NONE;

const MAGIC: [u8; 7] = *b"PWHEAP\x1a";
const VERSION: u8 = 1;
const VERSION_WITH_SITES: u8 = 2;
const BODY_AT: usize = 20;

impl Image {
    /// The image as bytes. O(words).
    #[optimize(size)]
    pub fn write(&self) -> Vec<u8> {
        let mut body = Writer(Vec::with_capacity(BODY_AT + 1024 + self.words.len() * 8));
        body.0.extend(MAGIC);
        body.0.push(if self.has_sites() { VERSION_WITH_SITES } else { VERSION });
        body.0.extend([0; BODY_AT - 8]);
        body.text(&self.title);
        body.count(self.names.len());
        self.names.iter().for_each(|name| body.text(name));
        body.count(self.roots.len());
        for root in &self.roots {
            body.text(&root.description);
            body.word(root.word);
        }
        body.word(self.identities);
        body.count(self.starts.len());
        self.words.iter().for_each(|word| body.word(*word));
        body.count(self.rest.len());
        for (index, header) in self.rest.iter().enumerate() {
            body.word(*header);
            let edges = self.rest_edges.of(index as u32);
            body.count(edges.len());
            for (field, end) in edges {
                body.count(field as usize);
                body.count(end as usize);
            }
        }
        if let Some(sites) = &self.sites {
            body.count(sites.places.len());
            for place in &sites.places {
                body.text(&place.file);
                body.count(place.line as usize);
            }
            sites.of.iter().for_each(|site| body.count(site.wrapping_add(1) as usize));
        }
        let mut bytes = body.0;
        let length = (bytes.len() - BODY_AT) as u64;
        let checksum = crc32(&bytes[BODY_AT..]);
        bytes[8..16].copy_from_slice(&length.to_le_bytes());
        bytes[16..BODY_AT].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The image that these bytes are. Time and memory are bounded by their number.
    ///
    /// # Errors
    /// [`ImageError`], with the place, if they are none or a damaged one.
    #[optimize(size)]
    pub fn read(bytes: &[u8]) -> Result<Image, ImageError> {
        if bytes.len() < BODY_AT || bytes[..7] != MAGIC {
            return Err(ImageError::NotAnImage);
        }
        if !matches!(bytes[7], VERSION | VERSION_WITH_SITES) {
            return Err(ImageError::Version { found: bytes[7], expected: VERSION_WITH_SITES });
        }
        let field = |at: usize| {
            let mut field = [0; 8];
            field.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(field)
        };
        let (expected, found) = (field(8), (bytes.len() - BODY_AT) as u64);
        if expected != found {
            return Err(ImageError::Length { found, expected });
        }
        let (expected, found) = ((field(12) >> 32) as u32, crc32(&bytes[BODY_AT..]));
        if expected != found {
            return Err(ImageError::Checksum { found, expected });
        }
        let mut reader = Reader { bytes, at: BODY_AT, known: 0, live: u64::MAX, ephemerons: Vec::new() };
        let mut image = reader.image()?;
        if bytes[7] == VERSION_WITH_SITES {
            image.sites = Some(reader.sites(&image)?);
        }
        if reader.at < bytes.len() {
            return Err(reader.wrong("there is more after the end"));
        }
        Ok(image)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, word: u64) {
        self.0.extend(word.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        let count = u32::try_from(count).expect("counts of an image are bounded by its words");
        self.0.extend(count.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Live objects that something before has referred to.
    known: u64,
    /// Live objects; unknown while roots are read.
    live: u64,
    /// Where ephemerons that have not led to their values yet lie among the words.
    ephemerons: Vec<usize>,
}

impl Reader<'_> {
    fn wrong(&self, what: impl Into<String>) -> ImageError {
        ImageError::Corrupted { at: self.at as u64, what: what.into() }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        let Some(found) = self.bytes.get(self.at..self.at + N) else {
            return Err(self.wrong("it ends in the middle"));
        };
        let mut taken = [0; N];
        taken.copy_from_slice(found);
        self.at += N;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u64, ImageError> {
        self.take().map(u64::from_le_bytes)
    }

    /// A number of things that take at least `bytes` bytes each.
    fn count(&mut self, bytes: usize) -> Result<usize, ImageError> {
        let count = self.take().map(u32::from_le_bytes)? as usize;
        if count > (self.bytes.len() - self.at) / bytes {
            self.at -= 4;
            return Err(self.wrong(format!("{count} things cannot follow")));
        }
        Ok(count)
    }

    fn text(&mut self) -> Result<String, ImageError> {
        let length = self.count(1)?;
        let bytes = self.bytes[self.at..self.at + length].to_vec();
        let text = String::from_utf8(bytes).map_err(|_| self.wrong("a text is not UTF-8"))?;
        self.at += length;
        Ok(text)
    }

    #[optimize(size)]
    fn image(&mut self) -> Result<Image, ImageError> {
        let mut image = Image { title: self.text()?, ..Image::default() };
        let names = self.count(4)?;
        image.names.reserve(names);
        for _ in 0..names {
            image.names.push(self.text()?);
        }
        let roots = self.count(12)?;
        image.roots.reserve(roots);
        for _ in 0..roots {
            let description = self.text()?;
            let word = self.value(names, false)?;
            image.roots.push(ImageRoot { description, word });
        }
        image.identities = self.word()?;
        if image.identities > IDENTITY_MAX {
            self.at -= 8;
            return Err(self.wrong("identity numbers do not go so far"));
        }
        self.live = self.count(8)? as u64;
        if self.known > self.live {
            return Err(self.wrong("a root holds an object that there is not"));
        }
        self.live_objects(&mut image, names)?;
        self.rest(&mut image)?;
        Ok(image)
    }

    fn header(&mut self) -> Result<Header, ImageError> {
        let header = Header(self.word()?);
        match header.is_of_image() {
            true => Ok(header),
            false => {
                self.at -= 8;
                Err(self.wrong("no header of an object"))
            }
        }
    }

    #[optimize(size)]
    fn live_objects(&mut self, image: &mut Image, names: usize) -> Result<(), ImageError> {
        image.starts.reserve(self.live as usize);
        for number in 0..self.live {
            if number >= self.known {
                self.follow_ephemerons(&image.words)?;
            }
            if number >= self.known {
                return Err(self.wrong(format!("nothing refers to object {number}")));
            }
            let at = self.at;
            let header = self.header()?;
            if header.words() > (self.bytes.len() - self.at) / 8 {
                self.at = at;
                return Err(self.wrong(format!("an object of {} words cannot follow", header.words())));
            }
            let start = u32::try_from(image.words.len())
                .map_err(|_| self.wrong("an image has 2^32 words at most"))?;
            image.starts.push(start);
            image.words.push(header.0);
            image.words.reserve(header.words());
            for index in 0..header.words() {
                let word = match header.tag() {
                    ObjectTag::WeakReference | ObjectTag::Ephemeron => self.weak_value(names)?,
                    tag if tag.is_raw() => self.word()?,
                    tag => self.value(names, may_be_address(tag, index))?,
                };
                image.words.push(word);
            }
            if header.tag() == ObjectTag::Ephemeron {
                self.ephemerons.push(start as usize);
            }
            let payload = &image.words[start as usize + 1..];
            if let Err(what) = check_payload(header.tag(), payload) {
                self.at = at;
                return Err(self.wrong(format!("object {number}, a {}: {what}", header.tag().name())));
            }
        }
        self.follow_ephemerons(&image.words)?;
        if self.known != self.live {
            return Err(self.wrong(format!("object {} is missing", self.known - 1)));
        }
        Ok(())
    }

    /// All else that was reached has been read: ephemerons whose key was reached lead to their values.
    #[optimize(size)]
    fn follow_ephemerons(&mut self, words: &[u64]) -> Result<(), ImageError> {
        let waiting = std::mem::take(&mut self.ephemerons);
        for at in waiting {
            let (key, value) = (words[at + 1], words[at + 2]);
            if key & TAG_MASK == OBJECT && index_of(key) >= self.known {
                self.ephemerons.push(at);
            } else if value & TAG_MASK == OBJECT && index_of(value) > self.known {
                return Err(self.wrong(format!("a reference to object {} out of order", index_of(value))));
            } else if value & TAG_MASK == OBJECT {
                self.known = self.known.max(index_of(value) + 1);
            }
        }
        Ok(())
    }

    /// A word of a weak object, which leads to nothing new.
    fn weak_value(&mut self, names: usize) -> Result<u64, ImageError> {
        let known = std::mem::replace(&mut self.known, self.live);
        let word = self.value(names, false);
        self.known = known;
        word
    }

    /// A word of a traced object, or a root's.
    #[optimize(size)]
    fn value(&mut self, names: usize, may_be_address: bool) -> Result<u64, ImageError> {
        let at = self.at;
        let word = self.word()?;
        let index = index_of(word);
        let wrong = match word & TAG_MASK {
            OBJECT if index > self.known || index >= self.live => {
                Some(format!("a reference to object {index} out of order"))
            }
            OBJECT => {
                self.known = self.known.max(index + 1);
                None
            }
            NAMED_ADDRESS if !may_be_address => Some("an address where none can be".to_string()),
            NAMED | NAMED_ADDRESS if index >= names as u64 => Some(format!("there is no name {index}")),
            NAMED | NAMED_ADDRESS => None,
            _ if !super::check::is_immediate(word) => Some(format!("{word:016x} is no value")),
            _ => None,
        };
        match wrong {
            Some(what) => {
                self.at = at;
                Err(self.wrong(what))
            }
            None => Ok(word),
        }
    }

    #[optimize(size)]
    fn rest(&mut self, image: &mut Image) -> Result<(), ImageError> {
        let count = self.count(12)?;
        if count as u64 + self.live >= u64::from(u32::MAX) {
            return Err(self.wrong("more objects than there are numbers"));
        }
        let all = self.live + count as u64;
        image.rest.reserve(count);
        image.rest_edges = Edges::with_capacity(count);
        for _ in 0..count {
            let header = self.header()?;
            image.rest.push(header.0);
            let edges = self.count(8)?;
            for _ in 0..edges {
                let (field, end) = (self.count_word()?, self.count_word()?);
                if field as usize >= header.words() || u64::from(end) >= all || !has_values(header.tag()) {
                    self.at -= 8;
                    return Err(self.wrong("a reference that its object cannot have"));
                }
                image.rest_edges.push(field, end);
            }
            image.rest_edges.finish()?;
        }
        Ok(())
    }

    #[optimize(size)]
    fn sites(&mut self, image: &Image) -> Result<ImageSites, ImageError> {
        let places = self.count(8)?;
        let mut sites = ImageSites { places: Vec::with_capacity(places), of: Vec::new() };
        for _ in 0..places {
            sites.places.push(ImageSite { file: self.text()?, line: self.count_word()? });
        }
        let objects = image.objects() as usize;
        if (self.bytes.len() - self.at) / 4 < objects {
            return Err(self.wrong(format!("the sites of {objects} objects cannot follow")));
        }
        sites.of.reserve(objects);
        let mut known = 0;
        for object in 0..objects {
            let site = self.count_word()?;
            // Places come in the order of their first objects, so that equal heaps have equal bytes.
            if site as usize > places || site > known + 1 {
                self.at -= 4;
                return Err(self.wrong(format!("object {object} is of site {site} out of order")));
            }
            known = known.max(site);
            sites.of.push(if site == 0 { NONE } else { site - 1 });
        }
        if (known as usize) < places {
            return Err(self.wrong(format!("no object is of site {}", known + 1)));
        }
        Ok(sites)
    }

    fn count_word(&mut self) -> Result<u32, ImageError> {
        self.take().map(u32::from_le_bytes)
    }
}

/// May this payload word be an address?
fn may_be_address(tag: ObjectTag, index: usize) -> bool {
    match tag {
        ObjectTag::Closure => index == 0,
        ObjectTag::Continuation => index == 2,
        ObjectTag::Segment => true,
        _ => false,
    }
}
