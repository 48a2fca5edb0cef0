//! Names of actors and monitors that do not depend on the schedule.
//!
//! 1. An id is SipHash-2-4-128 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) of the creator's id and
//!    the creator's creation counter, under a fixed key per kind. Journals and links carry ids: the function never
//!    changes.
//! 2. [`ActorId::HOST`] is the host's own id; the main actor is its first child.

/// Who an actor is, in every run of the same program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorId(pub u128);

/// One monitoring, named by its watcher's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonitorId(pub u128);

/// An actor's id with the place where its record is. What programs hold as an actor reference; only the id may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Who.
    pub id: ActorId,
    /// Where its record is.
    pub slot: u32,
    /// Which of the record's successive actors. Wraps after 2^32 actors in one slot.
    pub generation: u32,
}

const CHILD_KEY: [u64; 2] = [0x7068_7973_6963_7320, 0x6163_746f_7220_6964];
const MONITOR_KEY: [u64; 2] = [0x7068_7973_6963_7320, 0x6d6f_6e69_746f_7220];

impl ActorId {
    /// The host: creator of the main actor, sender of what people do at the page.
    pub const HOST: ActorId = ActorId(0);

    /// The id of the `creations`th thing that this actor creates, if that is an actor.
    pub fn child(self, creations: u64) -> ActorId {
        ActorId(siphash128(CHILD_KEY, [self.0 as u64, (self.0 >> 64) as u64, creations]))
    }

    /// The id of the `creations`th thing that this actor creates, if that is a monitor.
    pub fn monitor(self, creations: u64) -> MonitorId {
        MonitorId(siphash128(MONITOR_KEY, [self.0 as u64, (self.0 >> 64) as u64, creations]))
    }
}

/// SipHash-2-4 with 128-bit output over little-endian words.
fn siphash128<const WORDS: usize>(key: [u64; 2], words: [u64; WORDS]) -> u128 {
    let mut v = [
        key[0] ^ 0x736f_6d65_7073_6575,
        key[1] ^ 0x646f_7261_6e64_6f6d ^ 0xee,
        key[0] ^ 0x6c79_6765_6e65_7261,
        key[1] ^ 0x7465_6462_7974_6573,
    ];
    let length = ((WORDS as u64 * 8) & 0xff) << 56;
    for word in words.into_iter().chain([length]) {
        v[3] ^= word;
        rounds(&mut v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xee;
    rounds(&mut v, 4);
    let low = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    rounds(&mut v, 4);
    let high = v[0] ^ v[1] ^ v[2] ^ v[3];
    u128::from(low) | u128::from(high) << 64
}

fn rounds(v: &mut [u64; 4], count: usize) {
    for _ in 0..count {
        v[0] = v[0].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[2] = v[2].rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siphash_gives_the_reference_vector() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let expected =
            [0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93];
        assert_eq!(siphash128(key, []).to_le_bytes(), expected);
    }

    #[test]
    fn ids_differ_by_creator_counter_and_kind() {
        let main = ActorId::HOST.child(0);
        let ids = [main.0, main.child(0).0, main.child(1).0, main.child(0).child(0).0, main.monitor(0).0];
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id), "{index}");
        }
    }
}
