//! Profiles: where programs spend their reductions, as a tree of calls, and what follows from it.
//!
//! 1. A node's parent comes before it. A node's reductions are its own, without those of its children.
//! 2. What is asked of a profile here is a function of it alone, in time that is linear in its nodes times their depth.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::ActorNumber;

/// Reductions between two samples of an actor, if nothing else is asked for.
pub const PROFILE_INTERVAL: u32 = 10_000;

/// What was seen of one actor, or of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Whose; `None` is everybody's.
    pub actor: Option<ActorNumber>,
    /// It goes on.
    pub is_on: bool,
    /// Reductions between two samples of an actor, on average, while its stack is not deep.
    pub interval: u32,
    /// Time from the beginning to the end, or to now, ms.
    pub milliseconds: f64,
    /// Samples that were taken.
    pub samples: u64,
    /// Reductions that they stand for.
    pub reductions: u64,
    /// Samples of which the outermost frames were left out.
    pub deep: u64,
    /// Reductions that count for a caller, because there was no room for another node.
    pub folded: u64,
    /// Who was seen, the busiest first.
    pub actors: Vec<ProfileActor>,
    /// Procedures.
    pub procedures: Vec<ProfileProcedure>,
    /// Places in them.
    pub places: Vec<ProfilePlace>,
    /// The tree of calls.
    pub nodes: Vec<ProfileNode>,
    /// Samples in time, if asked for; a part of them if there are many.
    pub timeline: Vec<ProfileSample>,
}

/// An actor that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileActor {
    /// Which; 0 stands for all that there was no room for.
    pub actor: ActorNumber,
    /// Registered name, else spawn site.
    pub label: String,
    /// Its reductions.
    pub reductions: u64,
}

/// Whose code a procedure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProfileKind {
    /// The program's.
    Program,
    /// The library's, written in Scheme.
    Library,
    /// The machine's: a primitive.
    Native,
    /// No code: a mark for what is not known.
    Unknown,
}

/// A procedure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProfileProcedure {
    /// Name, as it is shown.
    pub name: String,
    /// File that it stands in; empty for those of library and machine.
    pub file: String,
    /// Its first line, or 0.
    pub line: u32,
    /// Whose.
    pub kind: ProfileKind,
}

/// A line of a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProfilePlace {
    /// Index of the procedure.
    pub procedure: u32,
    /// Line, or 0.
    pub line: u32,
}

/// A call, as seen from the outermost one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileNode {
    /// Who called; `None` for the outermost.
    pub parent: Option<u32>,
    /// Where the frame stands.
    pub place: u32,
    /// Reductions while this frame was the innermost.
    pub reductions: u64,
    /// Samples likewise.
    pub samples: u32,
}

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileSample {
    /// When, ms of real time since the run began.
    pub at_ms: f64,
    /// Whose.
    pub actor: ActorNumber,
    /// The innermost frame; `None` if there was none.
    pub node: Option<u32>,
    /// Reductions that it stands for.
    pub reductions: u64,
}

/// What one procedure, or one line, has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileRow {
    /// Index of the procedure, or of the place.
    pub index: u32,
    /// Reductions of its own.
    pub own: u64,
    /// With those of what it called. A procedure that calls itself counts once.
    pub total: u64,
}

/// A flame graph, ready to be drawn: frame 0 is the whole, and frames lie inside their parents' stretches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flame {
    /// Frames, parents first.
    pub frames: Vec<FlameFrame>,
    /// Rows, that of the whole included.
    pub depth: u32,
}

/// A procedure called in one way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlameFrame {
    /// Index of the procedure; `None` for the whole.
    pub procedure: Option<u32>,
    /// The line of it that took most, or 0.
    pub line: u32,
    /// Frame that it hangs on; the whole hangs on itself.
    pub parent: u32,
    /// Row, 0 for the whole.
    pub row: u32,
    /// Where its stretch begins, in reductions.
    pub start: u64,
    /// Reductions of its own. In an inverted graph those that end here.
    pub own: u64,
    /// Length of its stretch.
    pub total: u64,
    /// Frames that hang on it, the largest first.
    pub children: Vec<u32>,
    /// What `line` took.
    line_total: u64,
}

impl Profile {
    /// Reductions of every node with what it called.
    pub fn totals(&self) -> Vec<u64> {
        let mut totals: Vec<u64> = self.nodes.iter().map(|node| node.reductions).collect();
        for (index, node) in self.nodes.iter().enumerate().rev() {
            if let Some(parent) = node.parent {
                totals[parent as usize] += totals[index];
            }
        }
        totals
    }

    /// The procedure of a node.
    pub fn procedure_of(&self, node: &ProfileNode) -> u32 {
        self.places[node.place as usize].procedure
    }

    /// The flame graph: from the outermost calls down, or inverted, from the innermost frames to those who called them.
    pub fn flame(&self, inverted: bool) -> Flame {
        let mut flame = Growing::default();
        let totals = self.totals();
        let mut frames: Vec<u32> = Vec::with_capacity(self.nodes.len());
        for (index, node) in self.nodes.iter().enumerate() {
            let place = self.places[node.place as usize];
            if !inverted {
                let parent = node.parent.map_or(0, |parent| frames[parent as usize]);
                let frame = flame.child(parent, place.procedure);
                frames.push(frame);
                flame.add(frame, node.reductions, 0, place.line, totals[index]);
                continue;
            }
            if node.reductions == 0 {
                continue;
            }
            let (mut frame, mut at) = (0, Some(node));
            while let Some(one) = at {
                let place = self.places[one.place as usize];
                frame = flame.child(frame, place.procedure);
                let own = if one.parent.is_none() { node.reductions } else { 0 };
                flame.add(frame, own, node.reductions - own, place.line, node.reductions);
                at = one.parent.map(|parent| &self.nodes[parent as usize]);
            }
        }
        flame.finish(inverted)
    }

    /// What each procedure took, most of its own first.
    pub fn by_procedure(&self) -> Vec<ProfileRow> {
        self.rows(self.procedures.len(), |node| self.procedure_of(node))
    }

    /// What each place took, most of its own first.
    pub fn by_place(&self) -> Vec<ProfileRow> {
        self.rows(self.places.len(), |node| node.place)
    }

    fn rows(&self, count: usize, key: impl Fn(&ProfileNode) -> u32) -> Vec<ProfileRow> {
        let mut rows: Vec<ProfileRow> =
            (0..count as u32).map(|index| ProfileRow { index, own: 0, total: 0 }).collect();
        let totals = self.totals();
        for (index, node) in self.nodes.iter().enumerate() {
            let own = key(node);
            rows[own as usize].own += node.reductions;
            // Only the outermost of those that lie within each other.
            let mut outer = node.parent;
            let is_inner = loop {
                match outer.map(|parent| &self.nodes[parent as usize]) {
                    Some(parent) if key(parent) == own => break true,
                    Some(parent) => outer = parent.parent,
                    None => break false,
                }
            };
            if !is_inner {
                rows[own as usize].total += totals[index];
            }
        }
        rows.retain(|row| row.total > 0);
        rows.sort_by(|one, other| {
            (other.own, other.total, one.index).cmp(&(one.own, one.total, other.index))
        });
        rows
    }
}

/// A flame graph that is being made.
struct Growing {
    frames: Vec<FlameFrame>,
    by_parent: HashMap<(u32, u32), u32>,
}

impl Default for Growing {
    fn default() -> Growing {
        Growing { frames: vec![FlameFrame::default()], by_parent: HashMap::new() }
    }
}

impl Growing {
    fn child(&mut self, parent: u32, procedure: u32) -> u32 {
        let next = self.frames.len() as u32;
        let found = *self.by_parent.entry((parent, procedure)).or_insert(next);
        if found == next {
            let row = self.frames[parent as usize].row + 1;
            self.frames.push(FlameFrame { procedure: Some(procedure), parent, row, ..FlameFrame::default() });
            self.frames[parent as usize].children.push(next);
        }
        found
    }

    fn add(&mut self, frame: u32, own: u64, passed: u64, line: u32, line_total: u64) {
        let frame = &mut self.frames[frame as usize];
        frame.own += own;
        frame.total += own + passed;
        if line > 0 && line_total > frame.line_total {
            (frame.line, frame.line_total) = (line, line_total);
        }
    }

    /// Sums up, sorts and lays out. The frames of an inverted graph have their sums already.
    fn finish(mut self, inverted: bool) -> Flame {
        for index in (1..self.frames.len()).rev() {
            let FlameFrame { parent, total, .. } = self.frames[index];
            if !inverted || parent == 0 {
                self.frames[parent as usize].total += total;
            }
        }
        let mut depth = 1;
        for index in 0..self.frames.len() {
            let mut children = std::mem::take(&mut self.frames[index].children);
            children.sort_by_key(|child| (std::cmp::Reverse(self.frames[*child as usize].total), *child));
            let mut start = self.frames[index].start;
            for child in &children {
                let child = &mut self.frames[*child as usize];
                child.start = start;
                start += child.total;
                depth = depth.max(child.row + 1);
            }
            self.frames[index].children = children;
        }
        Flame { frames: self.frames, depth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `main` calls `f` on two lines; `f` calls itself and `g`.
    fn profile() -> Profile {
        let procedure = |name: &str, line| ProfileProcedure {
            name: name.to_string(),
            file: "a.scm".to_string(),
            line,
            kind: ProfileKind::Program,
        };
        let node = |parent, place, reductions| ProfileNode { parent, place, reductions, samples: 1 };
        let place = |procedure, line| ProfilePlace { procedure, line };
        Profile {
            procedures: vec![procedure("main", 1), procedure("f", 5), procedure("g", 9)],
            places: vec![place(0, 1), place(0, 2), place(1, 5), place(1, 6), place(2, 9)],
            nodes: vec![
                node(None, 0, 1),
                node(Some(0), 3, 10),
                node(Some(1), 2, 30),
                node(Some(1), 4, 100),
                node(None, 1, 0),
                node(Some(4), 2, 40),
            ],
            reductions: 181,
            samples: 5,
            ..Profile::default()
        }
    }

    fn named(profile: &Profile, frame: &FlameFrame) -> String {
        frame.procedure.map_or("all".to_string(), |index| profile.procedures[index as usize].name.clone())
    }

    #[test]
    fn recursion_counts_once_in_a_total_and_lines_are_told_apart() {
        let profile = profile();
        let row = |index, own, total| ProfileRow { index, own, total };
        assert_eq!(profile.by_procedure(), [row(2, 100, 100), row(1, 80, 180), row(0, 1, 181)]);
        let lines = profile.by_place();
        assert_eq!(lines[0], row(4, 100, 100));
        assert_eq!(lines[1], row(2, 70, 70));
        assert_eq!(lines[2], row(3, 10, 140));
    }

    #[test]
    fn a_flame_graph_puts_frames_inside_those_who_called_them() {
        let profile = profile();
        let flame = profile.flame(false);
        let seen: Vec<_> =
            flame.frames.iter().map(|f| (named(&profile, f), f.row, f.start, f.own, f.total)).collect();
        let wanted = [
            ("all", 0, 0, 0, 181),
            ("main", 1, 0, 1, 181),
            ("f", 2, 0, 50, 180),
            ("f", 3, 100, 30, 30),
            ("g", 3, 0, 100, 100),
        ];
        assert_eq!(
            seen,
            wanted.map(|(name, row, start, own, total)| (name.to_string(), row, start, own, total))
        );
        assert_eq!(flame.depth, 4);
        // The line of `f` that took most, with what it called.
        assert_eq!(flame.frames[2].line, 6);
    }

    #[test]
    fn an_inverted_flame_graph_begins_with_what_ran() {
        let profile = profile();
        let flame = profile.flame(true);
        assert_eq!(flame.frames[0].total, 181);
        let tops: Vec<_> = flame.frames[0].children.iter().map(|top| &flame.frames[*top as usize]).collect();
        let tops: Vec<_> = tops.iter().map(|f| (named(&profile, f), f.start, f.total)).collect();
        assert_eq!(
            tops,
            [("g".to_string(), 0, 100), ("f".to_string(), 100, 80), ("main".to_string(), 180, 1)]
        );
        for (index, frame) in flame.frames.iter().enumerate().skip(1) {
            let parent = &flame.frames[frame.parent as usize];
            assert!(
                frame.start >= parent.start && frame.start + frame.total <= parent.start + parent.total,
                "{index}"
            );
        }
    }

    #[test]
    fn an_empty_profile_is_one_empty_frame() {
        let flame = Profile::default().flame(true);
        assert_eq!((flame.frames.len(), flame.frames[0].total, flame.depth), (1, 0, 1));
        assert!(Profile::default().by_procedure().is_empty());
    }
}
