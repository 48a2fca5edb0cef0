//! CRC-32 (the polynomial of zlib and PNG), eight bytes a step.
//!
//! Its tables are worked out when they are first needed: as data they would be the largest part of an engine that cannot be
//! compressed.

use std::sync::OnceLock;

const POLYNOMIAL: u32 = 0xedb8_8320;

/// `[i][byte]`: what a byte is worth that is followed by `i` zero bytes.
type Tables = [[u32; 256]; 8];

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Box<Tables>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Box::new([[0; 256]; 8]);
        for (byte, crc) in tables[0].iter_mut().enumerate() {
            *crc = (0..8).fold(byte as u32, |crc, _| crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 });
        }
        for byte in 0..256 {
            for zeros in 1..8 {
                let before = tables[zeros - 1][byte];
                tables[zeros][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            }
        }
        tables
    })
}

/// The checksum of `bytes`. O(bytes).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let tables = tables();
    let mut crc = u32::MAX;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word) ^ u64::from(crc);
        crc = (0..8).fold(0, |sum, at| sum ^ tables[7 - at][(word >> (8 * at)) as usize & 0xff]);
    }
    for byte in rest {
        crc = crc >> 8 ^ tables[0][(crc as u8 ^ byte) as usize];
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn it_has_the_standard_check_values() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b"The quick brown fox jumps over the lazy dog"), 0x414f_a339);
    }
}
