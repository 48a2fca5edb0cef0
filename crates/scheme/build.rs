//! Copies the library's texts without what only its authors read: lines that hold a comment are empty in the copy, so that
//! every other line keeps its number.

use std::fs;
use std::path::Path;

fn main() {
    let source = Path::new("library");
    let target = Path::new(&std::env::var("OUT_DIR").expect("cargo names a folder")).join("library");
    println!("cargo::rerun-if-changed=library");
    for folder in ["", "srfi"] {
        fs::create_dir_all(target.join(folder)).expect("the folder can be made");
        for entry in fs::read_dir(source.join(folder)).expect("the library is here") {
            let path = entry.expect("the library can be read").path();
            if path.extension().is_some_and(|extension| extension == "scm" || extension == "sld") {
                let text = fs::read_to_string(&path).expect("the library is text");
                let name = path.file_name().expect("files have names");
                fs::write(target.join(folder).join(name), without_comments(&text))
                    .expect("the copy can be written");
            }
        }
    }
}

/// No string of the library goes over the end of a line.
fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| if line.trim_start().starts_with(';') { "" } else { line });
    lines.flat_map(|line| [line, "\n"]).collect()
}
