//! `physics link`.

use std::fs;
use std::path::Path;

use crate::{failed, file, physics, physics_with, printed};

const SOURCE: &str = "(define (f n)\n  (* n 2))\n(display (f 21)) ; λ\n";

#[test]
fn a_link_gives_back_source_and_settings() {
    let path = file("linked.scm", SOURCE);
    let encoded = physics(&["link", "encode", "--seed", "7", "--heap", "8M", &path]);
    let link = printed(&encoded).trim_end();
    assert!(link.starts_with("v1.") && !link.contains(char::is_whitespace), "{link}");
    let decoded = physics(&["link", "decode", link]);
    assert_eq!(printed(&decoded), format!(";; settings: --seed 7 --heap 8M\n;; file: linked.scm\n{SOURCE}"));
    let address = format!("https://example.org/world/#{link}");
    assert_eq!(printed(&physics(&["link", "decode", &address])), decoded.out);
    assert_eq!(printed(&physics_with(&["link", "decode", "-"], &encoded.out)), decoded.out);
}

#[test]
fn a_link_carries_the_settings_of_the_collector() {
    let path = file("link-collector.scm", SOURCE);
    let options = ["--seed 3", "--gc-policy mark-compact", "--gc-soft 80", "--gc-stress=minor"];
    let line = ["link", "encode"].into_iter().chain(options.iter().flat_map(|option| option.split(' ')));
    let line: Vec<&str> = line.chain([path.as_str()]).collect();
    let link = physics(&line).out;
    let decoded = physics_with(&["link", "decode", "-"], &link);
    let wanted = format!(";; settings: {}\n;; file: link-collector.scm\n{SOURCE}", options.join(" "));
    assert_eq!(printed(&decoded), wanted);
}

#[test]
fn a_decoded_link_runs() {
    let path = file("link-runs.scm", SOURCE);
    let link = physics(&["link", "encode", &path]).out;
    let program = physics_with(&["link", "decode", "-"], &link).out;
    assert_eq!(printed(&physics_with(&["run", "-"], &program)), "42");
}

#[test]
fn several_files_keep_their_names_and_order() {
    let (a, b) = (file("link-a.scm", "(define a 1)"), file("link-b.scm", "(display a)\n"));
    let link = physics(&["link", "encode", &a, &b]).out;
    let decoded = physics(&["link", "decode", link.trim_end()]);
    let wanted =
        ";; settings: defaults\n;; file: link-a.scm\n(define a 1)\n;; file: link-b.scm\n(display a)\n";
    assert_eq!(printed(&decoded), wanted);
    let twice = physics(&["link", "encode", &a, &a]);
    assert_eq!(failed(&twice), "physics: two files are called link-a.scm; a link needs distinct names\n");
}

#[test]
fn links_that_do_not_open_say_why() {
    let link = physics_with(&["link", "encode", "-"], SOURCE).out;
    let link = link.trim_end();
    let cut = &link[..link.len() - 3];
    assert!(failed(&physics(&["link", "decode", cut])).contains("the link is damaged"));
    let newer = failed(&physics(&["link", "decode", "v9.AAAA"])).to_string();
    assert!(newer.contains("made by a newer release: it has version 9"), "{newer}");
    assert!(failed(&physics(&["link", "decode", "hello"])).contains("not a Physics World link"));
}

#[test]
fn links_of_every_release_open() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/links");
    let mut opened = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is there") {
        let link = fs::read_to_string(entry.expect("readable").path()).expect("readable");
        let link = link.lines().next().expect("its first line is the link");
        let outcome = physics_with(&["link", "decode", "-"], link);
        assert!(printed(&outcome).starts_with(";; settings: "), "{outcome:?}");
        opened += 1;
    }
    assert!(opened >= 5, "{opened} links");
}
