//! Files in memory, for hosts without a file system of their own: what a host answers [`HostOperation`]s with.
//!
//! 1. The files together hold at most as many bytes as they were made with; what would not fit changes nothing.
//! 2. Every change is in the log until [`Files::take_changes`]; applied in order to what was there, the changes give what
//!    is there. A file that changed several times since is in it once.
//! 3. Every file and folder but the root lies in a folder that is there. Programs make no folders; hosts do.

use std::collections::{BTreeMap, BTreeSet};

use crate::{HostError, HostOperation, HostReply};

/// Bytes that a file counts beyond its contents and its path.
const FILE_OVERHEAD_BYTES: usize = 64;
/// Longest path, bytes.
const PATH_BYTES_MAX: usize = 4096;

/// Files and folders by absolute path.
#[derive(Clone, Debug)]
pub struct Files {
    files: BTreeMap<String, Vec<u8>>,
    /// Without the root.
    folders: BTreeSet<String>,
    used_bytes: usize,
    bytes_max: usize,
    changed: BTreeSet<String>,
}

/// A change that a host is to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Absolute path.
    pub path: String,
    /// What is there now.
    pub now: FileState,
}

/// What there is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Nothing.
    Gone,
    /// A folder.
    Folder,
    /// A file with these bytes.
    Contents(Vec<u8>),
}

impl Files {
    /// No files, with room for so many bytes.
    pub fn new(bytes_max: usize) -> Files {
        Files {
            files: BTreeMap::new(),
            folders: BTreeSet::new(),
            used_bytes: 0,
            bytes_max,
            changed: BTreeSet::new(),
        }
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

    /// Makes a folder, and those that it lies in. There may be such already.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn make_folder(&mut self, path: &str) -> Result<(), String> {
        let ends =
            path.char_indices().filter(|(at, character)| *at > 0 && *character == '/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let folder = &path[..end];
            if self.is_folder(folder) {
                continue;
            }
            self.check_name(folder)?;
            if self.files.contains_key(folder) {
                return Err(format!("{folder} is a file, not a folder"));
            }
            self.make_room(0, size(folder, 0))?;
            self.folders.insert(folder.to_string());
            self.changed.insert(folder.to_string());
        }
        Ok(())
    }

    /// Deletes a folder that holds nothing.
    ///
    /// # Errors
    /// Why it cannot be deleted.
    pub fn delete_folder(&mut self, path: &str) -> Result<(), String> {
        let below = format!("{path}/");
        if self.files.keys().chain(&self.folders).any(|name| name.starts_with(&below)) {
            return Err("it is not empty".to_string());
        }
        if !self.folders.remove(path) {
            return Err("there is no such folder".to_string());
        }
        self.used_bytes -= size(path, 0);
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

    /// Paths of the folders, without the root's.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().map(String::as_str)
    }

    /// Bytes in use, names and all, and how many there may be.
    pub fn usage(&self) -> (usize, usize) {
        (self.used_bytes, self.bytes_max)
    }

    /// What has changed since the last call, by path.
    pub fn take_changes(&mut self) -> Vec<FileChange> {
        let changed = std::mem::take(&mut self.changed);
        let state = |path: &str| match self.files.get(path) {
            Some(contents) => FileState::Contents(contents.clone()),
            None if self.is_folder(path) => FileState::Folder,
            None => FileState::Gone,
        };
        changed.into_iter().map(|path| FileChange { now: state(&path), path }).collect()
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

    fn is_folder(&self, path: &str) -> bool {
        path == "/" || self.folders.contains(path)
    }

    /// May a file or a folder of this name be made?
    fn check_name(&self, path: &str) -> Result<(), String> {
        if path.len() > PATH_BYTES_MAX {
            return Err(format!("its path has more than {PATH_BYTES_MAX} bytes"));
        }
        let Some((folder, name)) = path.rsplit_once('/') else {
            return Err("its path does not begin with /".to_string());
        };
        let folder = if folder.is_empty() { "/" } else { folder };
        if name.is_empty() || self.is_folder(path) {
            return Err("it is a folder".to_string());
        }
        if self.is_folder(folder) { Ok(()) } else { Err(format!("there is no folder {folder}")) }
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
        assert_eq!(files.write("/data/a", b"one"), Err("there is no folder /data".to_string()));
        assert_eq!(files.make_folder("/data/deep"), Ok(()));
        assert_eq!(files.write("/data/a", b"one"), Ok(()));
        assert_eq!(files.append("/data/a", b" two"), Ok(()));
        assert_eq!(files.append("/b", b"new"), Ok(()));
        assert_eq!(files.read("/data/a"), Ok(&b"one two"[..]));
        assert!(files.exists("/data") && files.exists("/") && !files.exists("/dat"));
        assert_eq!(files.list().collect::<Vec<_>>(), [("/b", 3), ("/data/a", 7)]);
        assert_eq!(files.delete("/b"), Ok(()));
        assert_eq!(files.delete("/b"), Err("there is no such file".to_string()));
        assert_eq!(files.delete("/data"), Err("it is a folder".to_string()));
        assert_eq!(files.write("/data/a/c", b""), Err("there is no folder /data/a".to_string()));
        assert_eq!(files.make_folder("/data/a"), Err("/data/a is a file, not a folder".to_string()));
        assert_eq!(files.delete_folder("/data"), Err("it is not empty".to_string()));
        assert_eq!(files.delete_folder("/data/deep"), Ok(()));
        assert_eq!(files.folders().collect::<Vec<_>>(), ["/data"]);
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

    const PATHS: [&str; 6] = ["/a", "/b", "/d", "/d/a", "/d/e", "/d/e/f"];

    #[derive(Clone, Debug)]
    enum Step {
        Perform(HostOperation),
        MakeFolder(String),
        DeleteFolder(String),
        Take,
    }

    fn step() -> impl Strategy<Value = Step> {
        let paths = prop::sample::select(PATHS.to_vec());
        (paths, prop::collection::vec(any::<u8>(), 0..40), 0..7).prop_map(|(path, bytes, which)| {
            let (path, scope) = (path.to_string(), String::new());
            match which {
                0 => Step::Perform(HostOperation::Create { path, scope }),
                1 | 2 => Step::Perform(HostOperation::Append { path, scope, bytes }),
                3 => Step::Perform(HostOperation::Delete { path, scope }),
                4 => Step::MakeFolder(path),
                5 => Step::DeleteFolder(path),
                _ => Step::Take,
            }
        })
    }

    proptest! {
        #[test]
        fn changes_repeat_what_was_done(steps in prop::collection::vec(step(), 0..80)) {
            let mut files = Files::new(600);
            let mut kept: BTreeMap<String, FileState> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Perform(operation) => drop(files.perform(&operation)),
                    Step::MakeFolder(path) => drop(files.make_folder(&path)),
                    Step::DeleteFolder(path) => drop(files.delete_folder(&path)),
                    Step::Take => {
                        for FileChange { path, now } in files.take_changes() {
                            match now {
                                FileState::Gone => kept.remove(&path),
                                there => kept.insert(path, there),
                            };
                        }
                        let contents = files.files.iter().map(|(path, bytes)| {
                            (path.clone(), FileState::Contents(bytes.clone()))
                        });
                        let folders = files.folders.iter().map(|path| (path.clone(), FileState::Folder));
                        prop_assert_eq!(&kept, &contents.chain(folders).collect());
                    }
                }
                let folders: usize = files.folders.iter().map(|path| size(path, 0)).sum();
                let sizes: usize = files.files.iter().map(|(path, contents)| size(path, contents.len())).sum();
                prop_assert_eq!(sizes + folders, files.usage().0);
                prop_assert!(files.usage().0 <= 600);
                for name in files.files.keys().chain(&files.folders) {
                    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    prop_assert!(folder.is_empty() || files.folders.contains(folder));
                }
            }
        }
    }
}
