//! The flame graph: a row a call, a stretch a procedure, as long as its share.

use protocol::{Flame, Profile, ProfileKind};

use super::Canvas;

/// Height of a row.
pub const ROW: f64 = 18.0;
/// Narrowest stretch that is drawn, and that has a name.
const NARROW: f64 = 0.7;
const NAMED: f64 = 26.0;
/// Room that a character of a name takes, about.
const CHARACTER: f64 = 6.2;

/// What is drawn of a flame graph.
pub struct FlameView<'a> {
    /// Where names come from.
    pub profile: &'a Profile,
    /// The graph.
    pub flame: &'a Flame,
    /// The frame that takes all the width.
    pub zoom: u32,
    /// The frame that the keys are at.
    pub focus: u32,
    /// Part of names to bring out, in lowercase; empty for none.
    pub search: &'a str,
}

/// The name of a frame.
pub fn frame_name<'a>(profile: &'a Profile, flame: &Flame, frame: u32) -> &'a str {
    let procedure = flame.frames.get(frame as usize).and_then(|frame| frame.procedure);
    procedure.and_then(|index| profile.procedures.get(index as usize)).map_or("all", |one| &one.name)
}

impl FlameView<'_> {
    /// Rows above the first that is drawn: as many as the frame of the keys needs to be in sight.
    fn hidden(&self, height: f64) -> u32 {
        let rows = (height / ROW).floor().max(1.0) as u32;
        let row = self.flame.frames.get(self.focus as usize).map_or(0, |frame| frame.row);
        (row + 2).saturating_sub(rows)
    }

    /// Left end and width of a frame, if it is in sight.
    fn stretch(&self, frame: u32, width: f64) -> Option<(f64, f64)> {
        let zoom = self.flame.frames.get(self.zoom as usize)?;
        let frame = self.flame.frames.get(frame as usize)?;
        let scale = width / zoom.total.max(1) as f64;
        let left = (frame.start as f64 - zoom.start as f64) * scale;
        let right = left + frame.total as f64 * scale;
        let (left, right) = (left.max(0.0), right.min(width));
        (right - left >= NARROW).then_some((left, right - left))
    }

    /// The frame at a point.
    pub fn frame_at(&self, width: f64, height: f64, x: f64, y: f64) -> Option<u32> {
        let row = (y / ROW).floor().max(0.0) as u32 + self.hidden(height);
        (0..self.flame.frames.len() as u32).find(|frame| {
            self.flame.frames[*frame as usize].row == row
                && self.stretch(*frame, width).is_some_and(|(left, long)| left <= x && x < left + long)
        })
    }
}

/// Draws the graph. O(frames).
pub fn draw_flame(canvas: &Canvas<'_>, view: &FlameView<'_>) {
    let palette = canvas.palette;
    let hidden = view.hidden(canvas.height);
    for (index, frame) in view.flame.frames.iter().enumerate() {
        let Some(row) = frame.row.checked_sub(hidden) else { continue };
        let y = f64::from(row) * ROW;
        if y >= canvas.height {
            continue;
        }
        let Some((x, width)) = view.stretch(index as u32, canvas.width) else { continue };
        let procedure = frame.procedure.and_then(|index| view.profile.procedures.get(index as usize));
        let name = procedure.map_or("all", |one| &one.name);
        let is_found = !view.search.is_empty() && name.to_lowercase().contains(view.search);
        let color = match procedure.map(|one| one.kind) {
            Some(ProfileKind::Program) => &palette.kinds[frame.procedure.unwrap_or(0) as usize % 8],
            Some(ProfileKind::Library | ProfileKind::Native) => &palette.kinds[8],
            _ => &palette.free,
        };
        canvas.fill(&palette.surface, x, y, width, ROW - 1.0);
        canvas.context.set_global_alpha(if is_found || procedure.is_none() { 0.9 } else { 0.35 });
        canvas.fill(color, x, y, (width - 1.0).max(NARROW), ROW - 1.0);
        canvas.context.set_global_alpha(1.0);
        if is_found {
            // Found ones are told without colour as well.
            canvas.fill(&palette.text, x, y + ROW - 3.0, (width - 1.0).max(NARROW), 2.0);
        }
        if width >= NAMED {
            let room = ((width - 6.0) / CHARACTER) as usize;
            let shown: String = if name.chars().count() > room {
                name.chars().take(room.saturating_sub(1)).chain(['…']).collect()
            } else {
                name.to_owned()
            };
            canvas.label(
                &shown,
                x + 4.0,
                y + ROW / 2.0,
                if is_found { &palette.surface } else { &palette.text },
            );
        }
        if index as u32 == view.focus {
            canvas.context.set_stroke_style_str(&palette.accent);
            canvas.context.set_line_width(2.0);
            canvas.context.stroke_rect(x + 1.0, y + 1.0, (width - 3.0).max(1.0), ROW - 3.0);
        }
    }
}
