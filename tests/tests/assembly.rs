//! Bytecode as text: what the compiler makes of every golden program says the same as text.

use physics_tests::sources;
use protocol::SourceText;
use world::{Compiler, Passes};

#[test]
fn every_golden_program_comes_back_from_its_text() {
    let mut programs = 0;
    for source in sources("tests/programs").into_iter().chain(sources("tests/bench")) {
        if source.extension() != "scm" {
            continue;
        }
        let file = SourceText { name: source.path.clone(), text: source.text };
        // Those that show errors need not compile.
        let Ok((program, _)) = Compiler::new(None, Passes::ALL).compile(&[file]) else { continue };
        let read = bytecode::text::assemble(&bytecode::text::to_text(&program))
            .unwrap_or_else(|error| panic!("{}: {error}", source.path));
        assert!(read.to_bytes() == program.to_bytes(), "{}", source.path);
        programs += 1;
    }
    assert!(programs > 100, "only {programs} programs");
}
