//! `link encode` and `link decode`: share links without a page.
//!
//! 1. What `decode` prints is a program: all that is not source stands in comments.
//! 2. A link carries the names of its files, never the folders that they were in.

use std::path::Path;

use protocol::{LinkContents, Settings, SourceText, Speed, decode_link, encode_link};

use crate::limits::options_of;
use crate::{Failure, collector, console, sources};

/// Name in a link of what came from standard input.
const MAIN_NAME: &str = "main.scm";

/// Prints the link of a program.
///
/// # Errors
/// When a file cannot be read, or two have the same name.
pub(crate) fn encode(paths: &[String], settings: Settings) -> Result<(), Failure> {
    let mut files = sources::read_all(paths)?;
    for (file, path) in files.iter_mut().zip(paths) {
        let name = if path == "-" { path } else { &file.name };
        file.name = name_in_link(name);
    }
    for (place, file) in files.iter().enumerate() {
        if files[..place].iter().any(|other| other.name == file.name) {
            return Err(Failure::Plain(format!(
                "two files are called {}; a link needs distinct names",
                file.name
            )));
        }
    }
    let link = encode_link(&LinkContents { files, settings, ..LinkContents::default() });
    if let Err(error) = decode_link(&link) {
        return Err(Failure::Plain(format!("the program does not fit into a link: {error}")));
    }
    console::print(&format!("{link}\n"))
}

fn name_in_link(path: &str) -> String {
    let name = Path::new(path).file_name().filter(|_| path != "-");
    name.map_or_else(|| MAIN_NAME.to_string(), |name| name.to_string_lossy().into_owned())
}

/// Prints what a link holds.
///
/// # Errors
/// When the link does not open; the text says why.
pub(crate) fn decode(link: String) -> Result<(), Failure> {
    let link = if link == "-" { sources::read_stdin()? } else { link };
    let contents = decode_link(&link).map_err(|error| Failure::Plain(error.to_string()))?;
    console::print(&text_of(&contents))
}

fn text_of(contents: &LinkContents) -> String {
    let mut options = options_of(&contents.settings);
    options.extend(collector::options_of(&contents.settings.collector));
    let settings = if options.is_empty() { "defaults".to_string() } else { options.join(" ") };
    let mut text = format!(";; settings: {settings}\n");
    if let Some(policy) = collector::own_policy(&contents.settings.collector) {
        text.push_str(&format!(";; collector: {policy}\n"));
    }
    if let Speed::ReductionsPerSecond(rate) = contents.speed {
        text.push_str(&format!(";; speed: {rate} reductions a second\n"));
    }
    for point in &contents.breakpoints {
        text.push_str(&format!(";; breakpoint: {}", point.at.text()));
        if !point.condition.is_empty() {
            text.push_str(&format!(" if {}", point.condition));
        }
        if point.after > 0 {
            text.push_str(&format!(" after {}", point.after));
        }
        if !point.log.is_empty() {
            text.push_str(&format!(" log {:?}", point.log));
        }
        text.push_str(if point.enabled { "\n" } else { " (off)\n" });
    }
    for (name, bytes) in &contents.extras {
        text.push_str(&format!(";; unknown to this release: {name}, {} bytes\n", bytes.len()));
    }
    for SourceText { name, text: source } in &contents.files {
        text.push_str(&format!(";; file: {name}\n{source}"));
        if !source.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Breakpoint, CollectorSettings, CollectorStress};

    #[test]
    fn all_that_a_link_holds_is_printed() {
        let contents = LinkContents {
            files: vec![
                SourceText { name: "a.scm".into(), text: "(define x 1)".into() },
                SourceText { name: "b.scm".into(), text: "(display x)\n".into() },
            ],
            settings: Settings { cores: 2, heap_words_max: 1 << 20, ..Settings::default() },
            speed: Speed::ReductionsPerSecond(100),
            breakpoints: vec![Breakpoint::on_line("b.scm", 1, false)],
            extras: vec![("theme".into(), vec![1, 2])],
        };
        let wanted = ";; settings: --cores 2 --heap 8M\n\
            ;; speed: 100 reductions a second\n\
            ;; breakpoint: b.scm:1 (off)\n\
            ;; unknown to this release: theme, 2 bytes\n\
            ;; file: a.scm\n(define x 1)\n\
            ;; file: b.scm\n(display x)\n";
        assert_eq!(text_of(&contents), wanted);
    }

    #[test]
    fn what_a_link_says_of_the_collector_is_printed() {
        let shown = |collector| {
            let settings = Settings { collector, ..Settings::default() };
            text_of(&LinkContents { settings, ..LinkContents::default() })
        };
        let usual = CollectorSettings::default();
        assert_eq!(shown(usual), ";; settings: defaults\n");
        for named in world::named_collectors().into_iter().skip(1) {
            let changed = CollectorSettings { soft_percent: 80, is_on: false, ..named.settings };
            let wanted = format!(";; settings: --gc-policy {} --gc off --gc-soft 80\n", named.name);
            assert_eq!(shown(changed), wanted);
        }
        let tracked = CollectorSettings { tracks_sites: true, ..usual };
        assert_eq!(shown(tracked), ";; settings: --sites\n");
        let own = CollectorSettings { promotion_age: 3, stress: Some(CollectorStress::Major), ..usual };
        let wanted = ";; settings: --gc-stress=major\n\
            ;; collector: mark and sweep, the nursery on its own, in slices, promotion age 3, nursery words 65536, \
            growth percent 200, threshold words 131072, threshold objects 0, compact percent 30, mark rate 2\n";
        assert_eq!(shown(own), wanted);
    }

    #[test]
    fn folders_do_not_go_into_a_link() {
        assert_eq!(name_in_link("/somewhere/deep/ring.scm"), "ring.scm");
        assert_eq!(name_in_link("-"), "main.scm");
    }
}
