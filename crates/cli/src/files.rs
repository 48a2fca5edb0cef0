//! The files of this machine, for programs that may use them.
//!
//! 1. One thread carries requests out in their order; no core waits for a disk.
//! 2. The paths of requests are normal text; before anything is done, links are followed, and where they lead must lie in
//!    what was allowed at the start, and in what the actor's own capability is for.
//! 3. Only regular files are opened: nothing that could answer without end or never.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use protocol::{ENVIRONMENT, Grant, HostError, HostOperation, HostReply, HostRequest, too_large};
use world::{Desk, Outside};

use crate::Failure;

type Job = (Arc<Desk>, HostRequest);

/// See the module.
pub(crate) struct NativeFiles {
    jobs: Sender<Job>,
}

impl NativeFiles {
    /// Ready for requests that rely on `grants`; `None` if these allow no files.
    ///
    /// # Errors
    /// When a path of a grant leads nowhere that could be, or the system does not give a thread.
    pub(crate) fn start(grants: &[Grant]) -> Result<Option<Arc<NativeFiles>>, Failure> {
        let mut roots = Vec::new();
        for grant in grants.iter().filter(|grant| grant.kind != ENVIRONMENT) {
            let path = if grant.scope.is_empty() { None } else { Some(start_of(&grant.scope)?) };
            roots.push(Root { kind: grant.kind.clone(), path });
        }
        if roots.is_empty() {
            return Ok(None);
        }
        let (jobs, taken) = mpsc::channel();
        let run = move || work(&taken, &roots);
        thread::Builder::new()
            .name("files".to_string())
            .spawn(run)
            .map_err(|error| Failure::Plain(format!("no thread for files: {error}")))?;
        Ok(Some(Arc::new(NativeFiles { jobs })))
    }
}

impl Outside for NativeFiles {
    fn request(&self, desk: &Arc<Desk>, request: HostRequest) {
        // The thread lives as long as the sender does.
        let _ended = self.jobs.send((desk.clone(), request));
    }
}

/// Something that was allowed; `None`: everything of its kind.
struct Root {
    kind: String,
    path: Option<PathBuf>,
}

fn start_of(scope: &str) -> Result<PathBuf, Failure> {
    let refuse = |error: io::Error| Failure::Usage(format!("--allow: {scope}: {}", reason(&error)));
    real(&std::path::absolute(scope).map_err(refuse)?).map_err(refuse)
}

fn work(jobs: &Receiver<Job>, roots: &[Root]) {
    for (desk, HostRequest { id, operation, .. }) in jobs {
        let _nobody_waits = desk.answer(id, perform(roots, &operation));
    }
}

fn perform(roots: &[Root], operation: &HostOperation) -> Result<HostReply, HostError> {
    let path = allowed(roots, operation)?;
    carry_out(operation, &path).map_err(|error| HostError::Failed(reason(&error)))
}

/// Where the operation's path leads, if it may be used.
fn allowed(roots: &[Root], operation: &HostOperation) -> Result<PathBuf, HostError> {
    let failed = |error: io::Error| HostError::Failed(reason(&error));
    let path = Path::new(operation.path());
    let place = match (operation, path.parent(), path.file_name()) {
        // A link is deleted itself, not what it leads to.
        (HostOperation::Delete { .. }, Some(folder), Some(name)) => real(folder).map_err(failed)?.join(name),
        _ => real(path).map_err(failed)?,
    };
    let kind = operation.kind();
    let in_root = roots
        .iter()
        .filter(|root| root.kind == kind)
        .any(|root| root.path.as_ref().is_none_or(|root| place.starts_with(root)));
    let scope = operation.scope();
    let in_scope = scope.is_empty() || place.starts_with(real(Path::new(scope)).map_err(failed)?);
    if in_root && in_scope {
        return Ok(place);
    }
    Err(HostError::Denied("a symbolic link leads out of what was allowed".to_string()))
}

/// `path` with all links followed. What does not exist lies in what does.
fn real(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match path.symlink_metadata() {
                Ok(found) if found.is_symlink() => {
                    let text = "it is a symbolic link that leads nowhere";
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
                }
                // Somebody has made it meanwhile.
                Ok(_) => return path.canonicalize(),
                Err(_) => {}
            }
            match (path.parent(), path.file_name()) {
                (Some(folder), Some(name)) => Ok(real(folder)?.join(name)),
                _ => Err(error),
            }
        }
        found => found,
    }
}

fn carry_out(operation: &HostOperation, path: &Path) -> io::Result<HostReply> {
    match operation {
        HostOperation::Read { bytes_max, .. } => read(path, *bytes_max),
        HostOperation::Create { .. } => {
            refuse_others(path)?;
            File::create(path)?;
            Ok(HostReply::Done)
        }
        HostOperation::Append { bytes, .. } => {
            refuse_others(path)?;
            OpenOptions::new().append(true).create(true).open(path)?.write_all(bytes)?;
            Ok(HostReply::Done)
        }
        HostOperation::Delete { .. } => {
            if path.symlink_metadata()?.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            fs::remove_file(path)?;
            Ok(HostReply::Done)
        }
        HostOperation::Exists { .. } => Ok(HostReply::Exists(path.try_exists()?)),
    }
}

fn read(path: &Path, bytes_max: u64) -> io::Result<HostReply> {
    refuse_others(path)?;
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::new();
    if length <= bytes_max {
        file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    let length = length.max(bytes.len() as u64);
    if length > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_large(length, bytes_max)));
    }
    Ok(HostReply::Bytes(bytes))
}

/// What is there must be a regular file.
fn refuse_others(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
        }
        _ => Ok(()),
    }
}

/// Why not, in a few words.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_string(),
        io::ErrorKind::PermissionDenied => "the system does not allow it".to_string(),
        io::ErrorKind::IsADirectory => "it is a folder".to_string(),
        _ => error.to_string(),
    }
}
