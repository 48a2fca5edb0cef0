//! Numbers that stand for frames and values towards the client.
//!
//! 1. A number is good until the program goes on, and never comes again.

use protocol::{ActorNumber, ValuePath};

/// Most numbers that are given out between two stops.
const HELD_MAX: usize = 100_000;

/// What a number stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// A frame of an actor, the innermost is 0.
    Frame(ActorNumber, u32),
    /// Variables of a frame: its own, or the captured ones.
    Variables(ActorNumber, u32, bool),
    /// Global variables.
    Globals(ActorNumber),
    /// Parts of a value; its type, and how many there are.
    Parts(ActorNumber, ValuePath, String, u32),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct References {
    before: u64,
    held: Vec<Held>,
}

impl References {
    /// A number for something; 0, which is no reference, when there are too many.
    pub(super) fn hold(&mut self, held: Held) -> u64 {
        let known = self.held.iter().rev().take(1_000).position(|known| *known == held);
        if let Some(place) = known {
            return self.before + (self.held.len() - place) as u64;
        }
        if self.held.len() >= HELD_MAX {
            return 0;
        }
        self.held.push(held);
        self.before + self.held.len() as u64
    }

    /// What a number stands for.
    ///
    /// # Errors
    /// When it is none of these.
    pub(super) fn get(&self, number: u64) -> Result<Held, String> {
        let index = number.checked_sub(self.before + 1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.held.get(index)).cloned().ok_or_else(|| {
            format!("{number} is the number of no frame or value since the last stop; ask for stackTrace and scopes again")
        })
    }

    /// The program goes on.
    pub(super) fn forget(&mut self) {
        self.before += self.held.len() as u64;
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_good_until_the_program_goes_on() {
        let mut references = References::default();
        let globals = Held::Globals(ActorNumber(1));
        let number = references.hold(globals.clone());
        assert_eq!((number, references.hold(globals.clone())), (1, 1));
        assert_eq!(references.get(1), Ok(globals.clone()));
        references.forget();
        assert!(
            references.get(1).is_err() && references.get(0).is_err() && references.get(u64::MAX).is_err()
        );
        assert_eq!(references.hold(globals), 2);
    }
}
