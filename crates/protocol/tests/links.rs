//! Links that were made once open for ever, to the same contents: the corpus in `tests/links`.
//!
//! A file's first line is the link; the rest is what it opens to. Files are only ever added.

use std::fs;
use std::path::Path;

use protocol::{LinkContents, Speed, decode_link, encode_link};

fn describe(contents: &LinkContents) -> String {
    let settings = &contents.settings;
    let mut text = format!(
        "cores {} seed {} heap {} stack {} reductions {} messages {} mailbox {} actors {} output {} world {}\n",
        settings.cores,
        settings.seed,
        settings.heap_words_max,
        settings.stack_words_max,
        settings.reductions_max,
        settings.mailbox_messages_max,
        settings.mailbox_bytes_max,
        settings.actors_max,
        settings.output_characters_max,
        settings.world_bytes_max,
    );
    text.push_str(&match contents.speed {
        Speed::Full => "speed full\n".to_owned(),
        Speed::ReductionsPerSecond(rate) => format!("speed {rate}\n"),
    });
    for point in &contents.breakpoints {
        text.push_str(&format!("breakpoint {} enabled {}\n", point.at.text(), point.enabled));
    }
    for (name, bytes) in &contents.extras {
        text.push_str(&format!("extra {name} {bytes:?}\n"));
    }
    for file in &contents.files {
        text.push_str(&format!("file {}\n{}", file.name, file.text));
    }
    text
}

#[test]
fn every_link_of_the_corpus_opens_to_what_it_was_made_from() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/links");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let (link, expected) = text.split_once('\n').unwrap();
        let contents = decode_link(link).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(describe(&contents), expected, "{}", path.display());
        assert_eq!(decode_link(&encode_link(&contents)), Ok(contents), "{}", path.display());
        count += 1;
    }
    assert!(count >= 4, "{count} links in {}", folder.display());
}
