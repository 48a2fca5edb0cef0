//! Paths as text: made absolute and normal without a look at any file.

use std::path::{Component, Path, PathBuf};

/// `path`, from `folder` if it is relative, without `.` and `..`. A `..` at the root stays at the root.
pub(crate) fn resolve(folder: &str, path: &str) -> String {
    let mut whole = PathBuf::new();
    for component in Path::new(folder).join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(component),
        }
    }
    whole.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_out() {
        for (folder, path, whole) in [
            ("/base/me", "data/a.txt", "/base/me/data/a.txt"),
            ("/base/me", "./data//a.txt", "/base/me/data/a.txt"),
            ("/base/me", "data/../../you", "/base/you"),
            ("/base/me", "../../../../etc", "/etc"),
            ("/base/me", "/etc/./x/..", "/etc"),
            ("/", "a", "/a"),
            ("/", "", "/"),
        ] {
            assert_eq!(resolve(folder, path), whole, "{folder} {path}");
        }
    }
}
