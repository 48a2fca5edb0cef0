//! `format`: source texts laid out anew, in place or from standard input to standard output.
//!
//! 1. A file that does not read is left alone; so is one that is laid out already.
//! 2. A file is replaced whole: what is written goes to a file beside it first, which then takes its name.

use std::fs;
use std::path::{Path, PathBuf};

use bytecode::SourceFile;
use protocol::SourceText;
use scheme::editing;

use crate::Failure;
use crate::console::{self, Console};
use crate::sources;

/// Formats the files in place; none means standard input. With `check` nothing is written but the names of files that
/// would change.
///
/// # Errors
/// [`Failure::Reported`] when a file does not read, or when `check` finds something.
pub(crate) fn format(files: &[String], check: bool) -> Result<(), Failure> {
    let mut console = Console::new();
    let mut failed = false;
    let stdin = ["-".to_string()];
    for path in if files.is_empty() { &stdin[..] } else { files } {
        let text = match sources::read_all(std::slice::from_ref(path)) {
            Ok(mut texts) => texts.remove(0),
            Err(Failure::Plain(problem)) => {
                console.complain(&format!("{problem}\n"))?;
                failed = true;
                continue;
            }
            Err(other) => return Err(other),
        };
        let SourceText { name, text } = text;
        if name.ends_with(world::ASSEMBLY_SUFFIX) {
            console
                .complain(&format!("{path}: bytecode is a line for each instruction, and is left alone\n"))?;
            failed = true;
            continue;
        }
        let file = SourceFile { name, text };
        match editing::format(&file) {
            Err(problem) => {
                console.complain(&format!("{problem}\n"))?;
                failed = true;
            }
            Ok(formatted) if check => {
                if formatted != file.text {
                    console::print(&format!("{}\n", file.name))?;
                    failed = true;
                }
            }
            Ok(formatted) if path == "-" => console::print(&formatted)?,
            Ok(formatted) if formatted == file.text => {}
            Ok(formatted) => {
                replace(Path::new(path), &formatted)
                    .map_err(|error| Failure::Plain(format!("{path}: {error}")))?;
            }
        }
    }
    if failed { Err(Failure::Reported) } else { Ok(()) }
}

/// Gives a file a new text, in one step. A link goes on leading to where it leads.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let target = fs::canonicalize(path)?;
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(".formatted");
    let beside = PathBuf::from(&target).with_file_name(name);
    fs::write(&beside, text)?;
    let replaced = fs::metadata(&target)
        .and_then(|old| fs::set_permissions(&beside, old.permissions()))
        .and_then(|()| fs::rename(&beside, &target));
    if replaced.is_err() {
        // It is ours, and of no use any more.
        let _gone = fs::remove_file(&beside);
    }
    replaced
}
