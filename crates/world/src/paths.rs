//! Paths as text: made absolute and normal without a look at any file.

use std::path::{Component, Path, PathBuf};

/// `path`, from `folder` if it is relative, without `.` and `..`. A `..` at the root stays at the root.
#[optimize(size)]
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

    /// All paths of up to five parts.
    fn paths() -> Vec<String> {
        let parts = ["a", "b", "..", ".", ""];
        let mut paths: Vec<String> = vec![String::new()];
        let mut longest = 0;
        for _ in 0..5 {
            let longer = paths[longest..]
                .iter()
                .flat_map(|path| parts.map(|part| format!("{path}/{part}")))
                .collect::<Vec<_>>();
            longest = paths.len();
            paths.extend(longer);
        }
        paths
    }

    #[test]
    fn a_path_is_what_a_walk_along_it_finds() {
        for path in paths() {
            for (folder, asked) in [("/", path.as_str()), ("/x/y", path.trim_start_matches('/'))] {
                let start = if asked.starts_with('/') { "/" } else { folder };
                let mut walk: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
                for part in asked.split('/') {
                    match part {
                        "" | "." => {}
                        ".." => drop(walk.pop()),
                        name => walk.push(name),
                    }
                }
                let whole = resolve(folder, asked);
                assert_eq!(whole, format!("/{}", walk.join("/")), "{folder} {asked}");
                assert_eq!(resolve("/elsewhere", &whole), whole);
            }
        }
    }

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
