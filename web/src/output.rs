//! What actors wrote, in order, bounded.
//!
//! 1. The text of all writes kept, joined, is a suffix of what was written.
//! 2. A full block never changes, so that showing more output touches only the last block.

use std::collections::VecDeque;
use std::rc::Rc;

use protocol::ActorNumber;

/// Characters after which a block is full.
const BLOCK_BYTES: usize = 2_048;
/// Blocks kept; the engine bounds the characters of a run as well.
const BLOCKS_MAX: usize = 1_500;

/// Text that one actor wrote without another writing in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Position among all blocks of the run.
    pub serial: u32,
    /// Who wrote.
    pub actor: ActorNumber,
    /// What.
    pub text: String,
    /// The block begins a line.
    pub at_line_start: bool,
}

/// Output of a run. Cloning shares the blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    blocks: VecDeque<Rc<Block>>,
    next_serial: u32,
    let_go: u32,
    several_actors: bool,
}

impl Output {
    /// Appends a write.
    pub fn push(&mut self, actor: ActorNumber, text: &str) {
        if text.is_empty() {
            return;
        }
        let (joins, at_line_start) = match self.blocks.back() {
            None => (false, true),
            Some(last) => {
                self.several_actors |= last.actor != actor;
                (last.actor == actor && last.text.len() < BLOCK_BYTES, last.text.ends_with('\n'))
            }
        };
        if joins && let Some(last) = self.blocks.back_mut() {
            Rc::make_mut(last).text.push_str(text);
            return;
        }
        self.blocks.push_back(Rc::new(Block {
            serial: self.next_serial,
            actor,
            text: text.to_owned(),
            at_line_start,
        }));
        self.next_serial += 1;
        if self.blocks.len() > BLOCKS_MAX {
            self.blocks.pop_front();
            self.let_go += 1;
        }
    }

    /// Blocks kept, oldest first.
    pub fn blocks(&self) -> impl Iterator<Item = &Rc<Block>> {
        self.blocks.iter()
    }

    /// Blocks that are no longer kept.
    pub fn let_go(&self) -> u32 {
        self.let_go
    }

    /// More than one actor wrote.
    pub fn several_actors(&self) -> bool {
        self.several_actors
    }

    /// Nothing was written.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// All the text that is kept.
    pub fn text(&self) -> String {
        self.blocks.iter().map(|block| block.text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_of_one_actor_join_until_a_block_is_full() {
        let mut output = Output::default();
        for _ in 0..300 {
            output.push(ActorNumber(1), "0123456789");
        }
        assert_eq!(output.text().len(), 3_000);
        assert_eq!(output.blocks().count(), 2);
        assert!(!output.several_actors());
    }

    #[test]
    fn a_block_knows_whether_it_begins_a_line() {
        let mut output = Output::default();
        output.push(ActorNumber(1), "a\n");
        output.push(ActorNumber(2), "b");
        output.push(ActorNumber(1), "c");
        let starts: Vec<bool> = output.blocks().map(|block| block.at_line_start).collect();
        assert_eq!(starts, [true, true, false]);
        assert!(output.several_actors());
    }

    #[test]
    fn old_blocks_go_and_are_counted() {
        let mut output = Output::default();
        for turn in 0..2_000u32 {
            output.push(ActorNumber(turn % 2), "x");
        }
        assert_eq!(output.blocks().count(), BLOCKS_MAX);
        assert_eq!(output.let_go(), 500);
    }
}
