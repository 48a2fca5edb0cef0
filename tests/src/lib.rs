//! What the cross-crate tests share: where the sources are, and how to read them.
//!
//! 1. A source file is one that people wrote: nothing under `target`, `dist`, `node_modules` or a hidden folder.
//! 2. Paths are relative to the repository, with `/` between their parts, in one order on every machine.
#![forbid(unsafe_code)]

pub mod conformance;
pub mod generate;
pub mod native;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no sources.
const NO_SOURCES: [&str; 5] = ["target", "dist", "node_modules", "pkg", "results"];

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// A file that people wrote.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to [`root`], with `/`.
    pub path: String,
    /// Contents.
    pub text: String,
}

impl Source {
    /// What follows the last dot of the name, or nothing.
    pub fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Name without folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// All text files below `folder` (relative to the root), sorted by path.
///
/// # Panics
/// If the folder cannot be read.
pub fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let hidden = name.starts_with('.') && !matches!(name.as_str(), ".ci" | ".cargo");
        if hidden {
            continue;
        }
        if path.is_dir() {
            if !NO_SOURCES.contains(&name.as_str()) {
                collect(&path, found);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            let relative = path.strip_prefix(root()).expect("a path below the root");
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            found.push(Source { path: parts.join("/"), text });
        }
    }
}
