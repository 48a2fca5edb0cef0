//! Hooks: shared state and the page's effects.

mod effects;
mod media;
mod world;

pub use effects::use_effects;
pub use media::use_media;
pub use world::{Latest, World, copy_text, use_latest, use_world};
