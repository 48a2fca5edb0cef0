//! Pictures: plain functions from data to a canvas, and the colours they share.
//!
//! 1. A drawing function keeps nothing and fetches nothing; it is called at most once a frame, when its data changed.
//! 2. Colours come from `tokens.css`, so that pictures follow the theme.

mod cores;
mod flame;
mod gc_chart;
mod heap_cells;
mod heap_flat;
mod heap_gl;
mod heap_map;
mod heap_overlay;
mod heap_strips;

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::CanvasRenderingContext2d;

pub use cores::{Lanes, draw_cores, slice_at};
pub use flame::{FlameView, draw_flame, frame_name};
pub use gc_chart::{GcSpan, PAUSE_CLASSES, draw_gc_chart, draw_pauses, pause_counts, pause_percentiles};
pub use heap_cells::{ColourBy, Texels, rgb};
pub use heap_flat::draw_flat;
pub use heap_gl::{HeapGl, Inks};
pub use heap_map::{Camera, HeapLine};
pub use heap_overlay::draw_heap_overlay;
pub use heap_strips::{Marks, strips};

use protocol::ObjectType;

use crate::format::OBJECT_TYPES;

/// Colours of the theme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    /// Behind everything.
    pub surface: String,
    /// Lines between things.
    pub border: String,
    /// Lines that matter more.
    pub border_strong: String,
    /// Text.
    pub text: String,
    /// Text that matters less.
    pub text_faint: String,
    /// The one accent.
    pub accent: String,
    /// Warnings.
    pub warning: String,
    /// Free space, idle time.
    pub free: String,
    /// The eight type colours, then the ninth for the rest; actors use the first eight.
    pub kinds: Vec<String>,
    /// Ages of objects, youngest first.
    pub ages: Vec<String>,
    /// Colours of the marking: none, white, grey, black.
    pub marks: Vec<String>,
    /// Font of labels.
    pub font: String,
}

/// Colour number of a type.
pub fn kind_index(kind: ObjectType) -> usize {
    OBJECT_TYPES.iter().position(|one| *one == kind).unwrap_or(OBJECT_TYPES.len() - 1)
}

thread_local! {
    static PALETTE: RefCell<Option<Rc<Palette>>> = const { RefCell::new(None) };
}

/// The theme changed.
pub fn forget_palette() {
    PALETTE.with(|cell| cell.borrow_mut().take());
}

/// The colours of the theme, read once a theme.
pub fn palette() -> Rc<Palette> {
    PALETTE.with(|cell| Rc::clone(cell.borrow_mut().get_or_insert_with(|| Rc::new(read_palette()))))
}

fn read_palette() -> Palette {
    let style = web_sys::window().and_then(|window| {
        let root = window.document()?.document_element()?;
        window.get_computed_style(&root).ok().flatten()
    });
    let token = |name: &str| {
        let value = style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default();
        value.trim().to_owned()
    };
    Palette {
        surface: token("--surface"),
        border: token("--border"),
        border_strong: token("--border-strong"),
        text: token("--text"),
        text_faint: token("--text-faint"),
        accent: token("--accent"),
        warning: token("--warning"),
        free: token("--free"),
        kinds: (1..=9).map(|number| token(&format!("--kind-{number}"))).collect(),
        ages: (0..4).map(|number| token(&format!("--age-{number}"))).collect(),
        marks: (0..4).map(|number| token(&format!("--mark-{number}"))).collect(),
        font: format!("11px {}", token("--font-text")),
    }
}

/// A canvas ready to draw on: size in CSS pixels, scaled to the screen, cleared.
pub struct Canvas<'a> {
    /// Where to draw.
    pub context: &'a CanvasRenderingContext2d,
    /// Width in CSS pixels.
    pub width: f64,
    /// Height in CSS pixels.
    pub height: f64,
    /// Colours.
    pub palette: &'a Palette,
}

impl Canvas<'_> {
    /// A filled rectangle.
    pub fn fill(&self, color: &str, x: f64, y: f64, width: f64, height: f64) {
        self.context.set_fill_style_str(color);
        self.context.fill_rect(x, y, width, height);
    }

    /// A text; `y` is its middle.
    pub fn label(&self, text: &str, x: f64, y: f64, color: &str) {
        self.context.set_font(&self.palette.font);
        self.context.set_text_baseline("middle");
        self.context.set_fill_style_str(color);
        // Drawing text fails only on a context that is lost, and then nothing is seen anyway.
        let _ = self.context.fill_text(text, x, y);
    }

    /// A line one pixel wide.
    pub fn line(&self, color: &str, from: (f64, f64), to: (f64, f64)) {
        self.context.set_stroke_style_str(color);
        self.context.set_line_width(1.0);
        self.context.begin_path();
        self.context.move_to(from.0, from.1);
        self.context.line_to(to.0, to.1);
        self.context.stroke();
    }
}
