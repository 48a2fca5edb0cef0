//! Names of settings: the same in errors that a limit causes, as options of the command line, and in the page's panel.
//!
//! 1. A name is what follows `setting: ` in an error and `--` on the command line.

/// [`crate::Settings::cores`].
pub const CORES: &str = "cores";
/// [`crate::Settings::seed`].
pub const SEED: &str = "seed";
/// [`crate::Settings::heap_words_max`].
pub const HEAP: &str = "heap";
/// [`crate::CollectorSettings::is_on`].
pub const COLLECTOR: &str = "gc";
/// [`crate::CollectorSettings::soft_percent`].
pub const SOFT_LIMIT: &str = "gc-soft";
/// [`crate::CollectorSettings::tracks_sites`].
pub const SITES: &str = "sites";
/// [`crate::Settings::stack_words_max`].
pub const STACK: &str = "stack";
/// [`crate::Settings::reductions_max`].
pub const REDUCTIONS: &str = "reductions";
/// [`crate::Settings::mailbox_messages_max`].
pub const MAILBOX: &str = "mailbox";
/// [`crate::Settings::mailbox_bytes_max`].
pub const MAILBOX_BYTES: &str = "mailbox-bytes";
/// [`crate::Settings::actors_max`].
pub const ACTORS: &str = "actors";
/// [`crate::Settings::output_characters_max`].
pub const OUTPUT: &str = "output";
/// [`crate::Settings::world_bytes_max`].
pub const MEMORY: &str = "memory";
