//! Programs as bytes: how they are stored, sent and identified.
//!
//! 1. Layout, integers little-endian: [`MAGIC`], version (u16), length of the payload (u32), CRC-32 of the payload and
//!    the version's two bytes after it (u32; before version 3, of the payload alone), payload: the [`Program`] in
//!    postcard encoding. Nothing follows.
//! 2. Equal programs have equal bytes, so the hash of the payload names a program wherever it runs.
//! 3. Reading checks form only; [`crate::verify()`] decides whether a program may run.

use crate::Program;
use sha2::{Digest, Sha256};

/// First bytes of a stored program.
pub const MAGIC: [u8; 4] = *b"PhyW";

/// Version of the format, raised by every change of the opcode table or of [`Program`].
pub const VERSION: u16 = 4;

/// Oldest version that is read. Version 2 adds [`crate::Constant::Ratio`] as the last kind of constant, version 3
/// [`crate::Constant::Hole`] and [`crate::Constant::Knot`] after it, version 4 opcodes; all else has the same bytes in all of
/// them.
const VERSION_OLDEST: u16 = 1;

/// Bytes before the payload.
const HEADER_BYTES: usize = 14;

/// Names a program by its content: SHA-256 of its postcard encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProgramHash(pub [u8; 32]);

impl std::fmt::Display for ProgramHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why bytes are not a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes do not start as a program does.
    #[error("this is not a compiled program: it does not start with `PhyW`")]
    NotAProgram,
    /// The program was made by another version.
    #[error("the program has format {found}, this engine reads formats {VERSION_OLDEST} to {VERSION}: {}", 
        if *.found > VERSION { "use a newer engine" } else { "compile it again" })]
    Version {
        /// Version in the header.
        found: u16,
    },
    /// Bytes are missing.
    #[error("the program is cut off: {expected} bytes were expected, {found} are there; copy it again")]
    Truncated {
        /// Bytes that the header calls for.
        expected: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// Bytes follow the program.
    #[error("{extra} bytes follow the program; copy it again")]
    Trailing {
        /// How many.
        extra: usize,
    },
    /// The checksum differs.
    #[error(
        "the program is damaged: its checksum is {found:#010x} instead of {expected:#010x}; copy it again"
    )]
    Checksum {
        /// Checksum in the header.
        expected: u32,
        /// Checksum of the payload.
        found: u32,
    },
    /// The payload does not decode, though its checksum is right.
    #[error("the program does not decode ({0}); compile it again")]
    Malformed(String),
}

impl Program {
    /// The program as bytes.
    ///
    /// # Panics
    /// If the program takes 4 GiB or more, which no reader or compiler of ours lets through.
    pub fn to_bytes(&self) -> Vec<u8> {
        let payload = self.payload();
        let length = u32::try_from(payload.len()).expect("a program is smaller than 4 GiB");
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&checksum(VERSION, &payload).to_le_bytes());
        bytes.extend_from_slice(&payload);
        bytes
    }

    /// The program that `bytes` hold, not verified.
    ///
    /// # Errors
    /// [`FormatError`] says what is wrong with the bytes and what to do.
    pub fn from_bytes(bytes: &[u8]) -> Result<Program, FormatError> {
        let truncated = |expected| FormatError::Truncated { expected, found: bytes.len() };
        let start = &MAGIC[..bytes.len().min(MAGIC.len())];
        if !bytes.starts_with(start) {
            return Err(FormatError::NotAProgram);
        }
        let (header, payload) = bytes.split_at_checked(HEADER_BYTES).ok_or(truncated(HEADER_BYTES))?;
        let word =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let version = u16::from_le_bytes([header[4], header[5]]);
        if !(VERSION_OLDEST..=VERSION).contains(&version) {
            return Err(FormatError::Version { found: version });
        }
        let length = word(6) as usize;
        if payload.len() < length {
            return Err(truncated(HEADER_BYTES.saturating_add(length)));
        }
        if payload.len() > length {
            return Err(FormatError::Trailing { extra: payload.len() - length });
        }
        let (expected, found) = (word(10), checksum(version, payload));
        if expected != found {
            return Err(FormatError::Checksum { expected, found });
        }
        let (program, rest) = postcard::take_from_bytes(payload)
            .map_err(|error: postcard::Error| FormatError::Malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(FormatError::Trailing { extra: rest.len() });
        }
        Ok(program)
    }

    /// Names the program by its content.
    ///
    /// # Panics
    /// Never: encoding plain data to memory cannot fail.
    pub fn hash(&self) -> ProgramHash {
        ProgramHash(Sha256::digest(self.payload()).into())
    }

    fn payload(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plain data encodes")
    }
}

fn checksum(version: u16, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(payload);
    if version >= 3 {
        hasher.update(&version.to_le_bytes());
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConstIndex, Constant, Procedure, SourceFile};
    use proptest::prelude::*;

    fn sample() -> Program {
        Program {
            files: vec![SourceFile { name: "a.scm".into(), text: "'(1 . \"λ\")".into() }],
            constants: vec![
                Constant::Integer(i64::MIN),
                Constant::String("λ".into()),
                Constant::Pair(ConstIndex(0), ConstIndex(1)),
                Constant::Flonum(f64::NAN.to_bits()),
                Constant::Character('\u{10ffff}'),
                Constant::Ratio("-1/3".into()),
            ],
            globals: vec!["g".into()],
            procedures: vec![Procedure { name: "entry".into(), code: vec![1, 0x28], ..Procedure::default() }],
        }
    }

    #[test]
    fn bytes_give_the_program_back() {
        assert_eq!(Program::from_bytes(&sample().to_bytes()), Ok(sample()));
    }

    #[test]
    fn the_hash_depends_on_content_alone() {
        assert_eq!(sample().hash(), sample().hash());
        let mut other = sample();
        other.procedures[0].code[0] = 2;
        assert_ne!(other.hash(), sample().hash());
        assert_eq!(sample().hash().to_string().len(), 64);
    }

    #[test]
    fn the_hash_of_the_empty_program_is_pinned() {
        let expected = "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119";
        assert_eq!(Program::default().hash().to_string(), expected);
    }

    #[test]
    fn programs_of_older_formats_are_read() {
        for version in 1..VERSION {
            let mut bytes = sample().to_bytes();
            bytes[4..6].copy_from_slice(&version.to_le_bytes());
            let sum = checksum(version, &bytes[HEADER_BYTES..]);
            bytes[10..14].copy_from_slice(&sum.to_le_bytes());
            assert_eq!(Program::from_bytes(&bytes), Ok(sample()));
        }
    }

    #[test]
    fn the_numbers_of_constants_never_change() {
        let constants = [
            (Constant::Nil, 0),
            (Constant::Integer(0), 4),
            (Constant::BigInteger(String::new()), 5),
            (Constant::Flonum(0), 6),
            (Constant::Bytevector(Vec::new()), 12),
            (Constant::Builtin(String::new()), 13),
            (Constant::Ratio(String::new()), 14),
            (Constant::Hole, 15),
            (Constant::Knot { hole: ConstIndex(0), whole: ConstIndex(0) }, 16),
        ];
        for (constant, number) in constants {
            let bytes = postcard::to_allocvec(&constant).expect("plain data encodes");
            assert_eq!(bytes[0], number, "{constant:?}");
        }
    }

    #[test]
    fn every_truncation_is_reported() {
        let bytes = sample().to_bytes();
        for length in 0..bytes.len() {
            let error = Program::from_bytes(&bytes[..length]).unwrap_err();
            assert!(
                matches!(error, FormatError::Truncated { found, .. } if found == length),
                "{length}: {error}"
            );
        }
    }

    #[test]
    fn every_flipped_bit_is_reported() {
        let bytes = sample().to_bytes();
        for at in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            assert!(Program::from_bytes(&damaged).is_err(), "bit {at}");
        }
    }

    #[test]
    fn other_versions_and_trailing_bytes_are_named() {
        let mut bytes = sample().to_bytes();
        bytes.push(0);
        assert_eq!(Program::from_bytes(&bytes), Err(FormatError::Trailing { extra: 1 }));
        bytes[4] = 9;
        let error = Program::from_bytes(&bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the program has format 9, this engine reads formats 1 to 4: use a newer engine"
        );
        bytes[4] = 0;
        let error = Program::from_bytes(&bytes).unwrap_err();
        assert!(error.to_string().ends_with("compile it again"), "{error}");
        assert_eq!(Program::from_bytes(b"GIF89a"), Err(FormatError::NotAProgram));
    }

    proptest! {
        #[test]
        fn random_payloads_never_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = MAGIC.to_vec();
            bytes.extend_from_slice(&VERSION.to_le_bytes());
            bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&checksum(VERSION, &payload).to_le_bytes());
            bytes.extend_from_slice(&payload);
            if let Ok(program) = Program::from_bytes(&bytes) {
                let _ = crate::verify(&program);
                let _ = crate::disassemble(&program);
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Program::from_bytes(&bytes);
        }
    }
}
