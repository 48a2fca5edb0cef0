//! `physics assemble`, `physics disassemble --raw`, and programs of bytecode.

use std::fs;

use crate::{failed, file, physics, printed};

const COUNT: &str = "(define (count n) (if (= n 0) \"done\" (count (- n 1))))\n(display (count 10))\n";

const HELLO: &str = "procedure \"\" 0 slots 2\n  Const \"hello\"\n  Primitive \"display\" 1\n  Return\n";

#[test]
fn what_is_disassembled_is_assembled_to_the_same_bytes_and_runs() {
    let source = file("count.scm", COUNT);
    let text = physics(&["disassemble", "--raw", &source]);
    let assembly = file("count.pasm", printed(&text));
    assert_eq!(printed(&physics(&["assemble", &assembly])), "");
    let stored = assembly.replace(".pasm", ".phyw");
    assert_eq!(printed(&physics(&["disassemble", "--raw", &stored])), text.out);
    let again = file("again.phyw", "");
    assert_eq!(printed(&physics(&["assemble", &assembly, "-o", &again])), "");
    assert_eq!(fs::read(&stored).expect("it is there"), fs::read(&again).expect("it is there"));
    for path in [&assembly, &stored] {
        assert_eq!(printed(&physics(&["run", path])), "done");
        assert!(printed(&physics(&["disassemble", path])).contains("Return"));
    }
}

#[test]
fn a_program_of_bytecode_is_shared_as_a_link() {
    let assembly = file("hello.pasm", HELLO);
    let link = physics(&["link", "encode", &assembly]);
    let decoded = physics(&["link", "decode", printed(&link).trim_end()]);
    assert_eq!(printed(&decoded), format!(";; settings: defaults\n;; file: hello.pasm\n{HELLO}"));
    let copy = file("decoded.pasm", &decoded.out);
    assert_eq!(printed(&physics(&["run", &copy])), "hello");
    physics(&["assemble", &assembly]);
    let stored = assembly.replace(".pasm", ".phyw");
    let link = physics(&["link", "encode", &stored]);
    assert!(
        printed(&physics(&["link", "decode", printed(&link).trim_end()])).contains(";; file: hello.pasm\n")
    );
}

#[test]
fn bytecode_is_not_laid_out_anew() {
    let assembly = file("kept.pasm", HELLO);
    physics(&["assemble", &assembly]);
    let stored = assembly.replace(".pasm", ".phyw");
    let before = fs::read(&stored).expect("it is there");
    for path in [&assembly, &stored] {
        assert!(failed(&physics(&["format", path])).contains("is left alone"), "{path}");
    }
    assert_eq!(fs::read(&stored).expect("it is there"), before);
    assert_eq!(fs::read_to_string(&assembly).expect("it is there"), HELLO);
}

#[test]
fn what_is_wrong_with_bytecode_is_told_with_its_place() {
    let unknown = file("unknown.pasm", "procedure \"\" 0 slots 1\n  Fly\n");
    for command in ["assemble", "run"] {
        let error = physics(&[command, &unknown]);
        assert!(failed(&error).contains(&format!("{unknown}:2:3: ")), "{error:?}");
        assert!(error.err.contains("there is no instruction `Fly`"), "{error:?}");
    }
    let shallow = file("shallow.pasm", "procedure \"\" 0 slots 1\n  Nil\n  Pop\n  Pop\n");
    for command in ["assemble", "run"] {
        let error = physics(&[command, &shallow]);
        assert!(failed(&error).starts_with(&format!("{shallow}:4:3: ")), "{error:?}");
        assert!(error.err.contains("Pop pops 1 values, but only 0"), "{error:?}");
    }
    let fails = file("fails.pasm", "procedure \"\" 0 slots 2\n  Nil\n  Car\n  Return\n");
    assert!(failed(&physics(&["run", &fails])).starts_with(&format!("{fails}:3:3: ")));
    let two = physics(&["run", &fails, &shallow]);
    assert!(failed(&two).contains("is bytecode and a program of its own"), "{two:?}");
    let stored = file("cut.phyw", "PhyW\u{3}");
    assert!(failed(&physics(&["run", &stored])).contains("is cut off"));
}
