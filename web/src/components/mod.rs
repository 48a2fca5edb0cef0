//! Parts of the page.

mod app;
mod canvas_box;
mod dialog;
mod drafts_list;
mod editor;
mod header;
mod heap_canvas;
mod help;
mod icon;
mod notices;
mod number_field;
mod palette;
mod permission;
mod phone_bar;
mod settings;
mod share;
mod sparkline;
mod split;
mod status_line;
mod swatch;
mod tabs;

pub use app::{App, AppProps};
pub use canvas_box::{CanvasBox, Draw, Point, Twin};
pub use editor::EditorSlot;
pub use heap_canvas::HeapCanvas;
pub use icon::{Glyph, Icon};
pub use number_field::NumberField;
pub use sparkline::Sparkline;
pub use swatch::{ActorLink, Swatch};
pub use tabs::Legend;
