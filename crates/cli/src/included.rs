//! Included files: read from disk, beside the file that includes them.

use std::fs;
use std::path::Path;

use bytecode::SourceFile;
use scheme::Sources;

/// Files on disk. A relative name is looked for in the folder of the file that includes it.
pub(crate) struct FileSources;

impl Sources for FileSources {
    fn read(&self, name: &str, from: &str) -> Result<SourceFile, String> {
        let path = Path::new(from).parent().unwrap_or(Path::new("")).join(name);
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        Ok(SourceFile { name: path.display().to_string(), text })
    }
}
