//! Files in memory, for hosts without a file system of their own: what a host answers [`HostOperation`]s with.
//!
//! 1. The files together hold at most as many bytes as they were made with; what would not fit changes nothing.
//! 2. Every change is in the log until [`Files::take_changes`]; applied in order to what was there, the changes give what
//!    is there. A file that changed several times since is in it once.
//! 3. Folders are part of names only: a file makes the folders that it lies in.

use std::collections::{BTreeMap, BTreeSet};

use crate::{HostError, HostOperation, HostReply};

/// Bytes that a file counts beyond its contents and its path.
const FILE_OVERHEAD_BYTES: usize = 64;
/// Longest path, bytes.
const PATH_BYTES_MAX: usize = 4096;

/// Files by absolute path.
#[derive(Clone, Debug)]
pub struct Files {
    files: BTreeMap<String, Vec<u8>>,
    used_bytes: usize,
    bytes_max: usize,
    changed: BTreeSet<String>,
}

/// A change that a host is to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Absolute path.
    pub path: String,
    /// What it holds now; `None` if it is gone.
    pub contents: Option<Vec<u8>>,
}

impl Files {
    /// No files, with room for so many bytes.
    pub fn new(bytes_max: usize) -> Files {
        Files { files: BTreeMap::new(), used_bytes: 0, bytes_max, changed: BTreeSet::new() }
    }

    /// What a file holds.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(&self, path: &str) -> Result<&[u8], String> {
        match self.files.get(path) {
            Some(contents) => Ok(contents),
            None if self.is_folder(path) => Err("it is a folder".to_string()),
            None => Err("there is no such file".to_string()),
        }
    }

    /// Makes a file or replaces what it holds.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn write(&mut self, path: &str, contents: &[u8]) -> Result<(), String> {
        self.check_name(path)?;
        let before = self.files.get(path).map_or(0, |old| size(path, old.len()));
        self.make_room(before, size(path, contents.len()))?;
        self.files.insert(path.to_string(), contents.to_vec());
        self.changed.insert(path.to_string());
        Ok(())
    }

    /// Adds to a file's end; makes the file if there is none.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn append(&mut self, path: &str, more: &[u8]) -> Result<(), String> {
        let Some(length) = self.files.get(path).map(Vec::len) else { return self.write(path, more) };
        self.make_room(size(path, length), size(path, length + more.len()))?;
        if let Some(contents) = self.files.get_mut(path) {
            contents.extend_from_slice(more);
        }
        self.changed.insert(path.to_string());
        Ok(())
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// Why it cannot be deleted.
    pub fn delete(&mut self, path: &str) -> Result<(), String> {
        self.read(path)?;
        if let Some(old) = self.files.remove(path) {
            self.used_bytes -= size(path, old.len());
        }
        self.changed.insert(path.to_string());
        Ok(())
    }

    /// Is there a file, or a folder, of this name?
    pub fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.is_folder(path)
    }

    /// Paths and sizes in bytes, by path.
    pub fn list(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files.iter().map(|(path, contents)| (path.as_str(), contents.len()))
    }

    /// Bytes in use, names and all, and how many there may be.
    pub fn usage(&self) -> (usize, usize) {
        (self.used_bytes, self.bytes_max)
    }

    /// What has changed since the last call, by path.
    pub fn take_changes(&mut self) -> Vec<FileChange> {
        let changed = std::mem::take(&mut self.changed);
        changed
            .into_iter()
            .map(|path| FileChange { contents: self.files.get(&path).cloned(), path })
            .collect()
    }

    /// Carries out what an engine asks for.
    ///
    /// # Errors
    /// Why it was not done.
    pub fn perform(&mut self, operation: &HostOperation) -> Result<HostReply, HostError> {
        let done = |result: Result<(), String>| result.map(|()| HostReply::Done).map_err(HostError::Failed);
        match operation {
            HostOperation::Read { path, bytes_max, .. } => {
                let contents = self.read(path).map_err(HostError::Failed)?;
                if contents.len() as u64 > *bytes_max {
                    return Err(HostError::Failed(too_large(contents.len() as u64, *bytes_max)));
                }
                Ok(HostReply::Bytes(contents.to_vec()))
            }
            HostOperation::Create { path, .. } => done(self.write(path, &[])),
            HostOperation::Append { path, bytes, .. } => done(self.append(path, bytes)),
            HostOperation::Delete { path, .. } => done(self.delete(path)),
            HostOperation::Exists { path, .. } => Ok(HostReply::Exists(self.exists(path))),
        }
    }

    /// Something lies below `path`.
    fn is_folder(&self, path: &str) -> bool {
        let below = if path.ends_with('/') { path.to_string() } else { format!("{path}/") };
        let mut following = self
            .files
            .range::<str, _>((std::ops::Bound::Included(below.as_str()), std::ops::Bound::Unbounded));
        path == "/" || following.next().is_some_and(|(name, _)| name.starts_with(&below))
    }

    fn check_name(&self, path: &str) -> Result<(), String> {
        if path.len() > PATH_BYTES_MAX {
            return Err(format!("its path has more than {PATH_BYTES_MAX} bytes"));
        }
        if self.is_folder(path) {
            return Err("it is a folder".to_string());
        }
        let parents = path.char_indices().filter(|(at, character)| *at > 0 && *character == '/');
        match parents.map(|(at, _)| &path[..at]).find(|parent| self.files.contains_key(*parent)) {
            Some(parent) => Err(format!("{parent} is a file, not a folder")),
            None => Ok(()),
        }
    }

    fn make_room(&mut self, before: usize, after: usize) -> Result<(), String> {
        let used_bytes = self.used_bytes - before + after;
        if used_bytes > self.bytes_max {
            return Err(format!("the files would take more than {} bytes; delete some", self.bytes_max));
        }
        self.used_bytes = used_bytes;
        Ok(())
    }
}

/// What a file counts.
fn size(path: &str, length: usize) -> usize {
    FILE_OVERHEAD_BYTES + path.len() + length
}

/// Why a file is not read.
pub fn too_large(bytes: u64, bytes_max: u64) -> String {
    format!("it has {bytes} bytes; the actor's heap has room for {bytes_max} (setting: heap)")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_are_written_appended_read_and_deleted() {
        let mut files = Files::new(1 << 10);
        assert_eq!(files.write("/data/a", b"one"), Ok(()));
        assert_eq!(files.append("/data/a", b" two"), Ok(()));
        assert_eq!(files.append("/b", b"new"), Ok(()));
        assert_eq!(files.read("/data/a"), Ok(&b"one two"[..]));
        assert!(files.exists("/data") && files.exists("/") && !files.exists("/dat"));
        assert_eq!(files.list().collect::<Vec<_>>(), [("/b", 3), ("/data/a", 7)]);
        assert_eq!(files.delete("/b"), Ok(()));
        assert_eq!(files.delete("/b"), Err("there is no such file".to_string()));
        assert_eq!(files.delete("/data"), Err("it is a folder".to_string()));
        assert_eq!(files.write("/data/a/c", b""), Err("/data/a is a file, not a folder".to_string()));
        assert_eq!(files.write("/data", b""), Err("it is a folder".to_string()));
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut files = Files::new(200);
        assert_eq!(files.write("/a", &[7; 100]), Ok(()));
        let before = files.usage();
        assert!(files.append("/a", &[7; 100]).is_err_and(|text| text.contains("more than 200 bytes")));
        assert!(files.write("/b", &[7; 10]).is_err());
        assert_eq!((files.usage(), files.read("/a")), (before, Ok(&[7; 100][..])));
        assert!(!files.exists("/b"));
    }

    #[test]
    fn a_file_that_is_too_large_for_who_asks_is_refused() {
        let mut files = Files::new(1 << 10);
        files.write("/a", &[1; 9]).expect("there is room");
        let read = |bytes_max| HostOperation::Read { path: "/a".into(), scope: String::new(), bytes_max };
        assert!(matches!(files.perform(&read(9)), Ok(HostReply::Bytes(bytes)) if bytes.len() == 9));
        let refused = files.perform(&read(8));
        assert!(matches!(refused, Err(HostError::Failed(text)) if text.contains("setting: heap")));
    }

    fn operation() -> impl Strategy<Value = HostOperation> {
        let paths = prop::sample::select(vec!["/a", "/b", "/d/a", "/d/e/f", "/d"]);
        (paths, prop::collection::vec(any::<u8>(), 0..40), 0..4).prop_map(|(path, bytes, which)| {
            let (path, scope) = (path.to_string(), String::new());
            match which {
                0 => HostOperation::Create { path, scope },
                1 | 2 => HostOperation::Append { path, scope, bytes },
                _ => HostOperation::Delete { path, scope },
            }
        })
    }

    proptest! {
        #[test]
        fn changes_repeat_what_was_done(steps in prop::collection::vec((operation(), any::<bool>()), 0..60)) {
            let mut files = Files::new(600);
            let mut kept: BTreeMap<String, Vec<u8>> = BTreeMap::new();
            for (step, takes) in steps {
                let _refused = files.perform(&step);
                let sizes: usize = files.files.iter().map(|(path, contents)| size(path, contents.len())).sum();
                prop_assert_eq!(sizes, files.usage().0);
                prop_assert!(sizes <= 600);
                if takes {
                    for change in files.take_changes() {
                        match change.contents {
                            Some(contents) => kept.insert(change.path, contents),
                            None => kept.remove(&change.path),
                        };
                    }
                    prop_assert_eq!(&kept, &files.files);
                }
            }
        }
    }
}
