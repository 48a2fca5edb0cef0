//! From source texts to loaded units, with problems that a person can act on.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arena::{Budget, Value};
use bytecode::{Program, SourceFile, Span};
use protocol::{Location, Problem, Severity, SourceText};
use scheme::passes::Passes;
use scheme::{Builtins, Diagnostic, Session, Sources};
use vm::{CompileError, Library, Linker, LoadError, Unit};

use crate::sandbox::Machines;

/// Longest source text, bytes.
pub const SOURCE_BYTES_MAX: usize = 16 << 20;

/// What every world of this process shares: the builtins.
pub struct Foundation {
    /// The machine's builtins.
    pub library: Arc<Library>,
    /// Their names and arities, for the compiler.
    pub builtins: Arc<Builtins>,
}

/// The builtins, compiled when first asked for.
///
/// # Panics
/// If the library's own source is broken, which its tests rule out.
#[optimize(size)]
pub fn foundation() -> &'static Foundation {
    static FOUNDATION: OnceLock<Foundation> = OnceLock::new();
    FOUNDATION.get_or_init(|| {
        let mut builtins = Builtins::primitives();
        let files: Vec<SourceFile> = scheme::prelude()
            .iter()
            .map(|(name, text)| SourceFile { name: (*name).to_string(), text: (*text).to_string() })
            .collect();
        let library = scheme::compile_library(&files, &builtins)
            .unwrap_or_else(|problems| panic!("the library does not compile: {}", problems[0]));
        builtins.add_library(&library);
        let exports: Vec<_> = library.exports.iter().map(|(name, index, _)| (name.clone(), *index)).collect();
        let library = Library::new(library.program, &exports)
            .unwrap_or_else(|error| panic!("the library does not load: {error}"));
        let library = Arc::new(library);
        builtins.set_sandbox(Arc::new(Machines { library: library.clone() }));
        Foundation { library, builtins: Arc::new(builtins) }
    })
}

/// What the names of texts end in that are bytecode, written as [`bytecode::text`] says.
pub const ASSEMBLY_SUFFIX: &str = ".pasm";

/// The program that a text of bytecode says, verified.
#[optimize(size)]
fn assemble(file: &SourceText, files: usize) -> Result<Program, Box<Problem>> {
    let SourceText { name, text } = file;
    if files > 1 {
        let message = format!("{name} is bytecode and a program of its own; run it without other files");
        return Err(Box::new(plain_problem(message)));
    }
    let program = bytecode::text::assemble_with_source(name, text).map_err(|error| {
        let Span { start, end, line, column, .. } = error.span;
        let location = Some(Location { file: name.clone(), line, column, start, end });
        Box::new(Problem { location, ..plain_problem(error.message) })
    })?;
    let error = match bytecode::verify(&program) {
        Ok(()) => return Ok(program),
        Err(error) => error,
    };
    // The line of the instruction, if the places are in this text.
    let procedure = error.procedure.as_ref().and_then(|(index, _)| program.procedures.get(index.0 as usize));
    let span =
        procedure.map(|procedure| error.at.and_then(|at| procedure.span_at(at)).unwrap_or(procedure.span));
    let own = span.filter(|_| program.files.first().is_some_and(|first| first.text == *text));
    let location = own.map(|span| Location {
        file: name.clone(),
        line: span.line,
        column: span.column,
        start: span.start,
        end: span.end,
    });
    Err(Box::new(Problem { location, ..plain_problem(format!("the bytecode does not verify: {error}")) }))
}

/// Most texts that a compiler keeps the procedures of.
const KEPT_MAX: usize = 256;
/// Bytes of memory that compiling leaves behind in the session, by byte of text, about.
const BYTES_PER_BYTE: u64 = 16;

/// Compiles files in a session, one way or another.
type CompileFiles<'a> =
    dyn FnMut(&mut Session, &[SourceFile]) -> Result<scheme::Compiled, Vec<Diagnostic>> + 'a;

/// Compiles the units of one world, one after the other.
#[derive(Clone)]
pub struct Compiler {
    session: Session,
    suggestions: Vec<(String, String)>,
    /// Units that [`evaluate`] has made of texts, by their imports, since names changed their meaning.
    kept: HashMap<Option<String>, HashMap<String, Arc<Unit>>>,
    /// The session's, when they were made.
    kept_version: u64,
}

impl Default for Compiler {
    fn default() -> Self {
        Compiler::new(None, Passes::ALL)
    }
}

impl Compiler {
    /// A compiler of a new world, whose programs can include files from `sources`, with these passes.
    pub fn new(sources: Option<Arc<dyn Sources>>, passes: Passes) -> Compiler {
        let mut session = Session::new(foundation().builtins.clone());
        session.set_passes(passes);
        if let Some(sources) = sources {
            session.set_sources(sources);
        }
        Compiler::of(session)
    }

    /// A compiler that goes on with a session.
    pub(crate) fn of(session: Session) -> Compiler {
        Compiler { session, suggestions: Vec::new(), kept: HashMap::new(), kept_version: 0 }
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Compiles `files` as one unit and verifies it. Warnings come along.
    ///
    /// # Errors
    /// What is wrong with the source.
    #[optimize(size)]
    pub fn compile(&mut self, files: &[SourceText]) -> Result<(Program, Vec<Problem>), Vec<Problem>> {
        self.compile_with(files, &mut Session::compile)
    }

    #[optimize(size)]
    fn compile_with(
        &mut self,
        files: &[SourceText],
        compile: &mut CompileFiles<'_>,
    ) -> Result<(Program, Vec<Problem>), Vec<Problem>> {
        if let Some(file) = files.iter().find(|file| file.text.len() > SOURCE_BYTES_MAX) {
            let message = format!(
                "{} is {} bytes long; {SOURCE_BYTES_MAX} is the most. Split it into several files.",
                file.name,
                file.text.len()
            );
            return Err(vec![plain_problem(message)]);
        }
        if let Some(file) = files.iter().find(|file| file.name.ends_with(ASSEMBLY_SUFFIX)) {
            return assemble(file, files.len())
                .map(|program| (program, Vec::new()))
                .map_err(|problem| vec![*problem]);
        }
        let files: Vec<SourceFile> = files
            .iter()
            .map(|file| SourceFile { name: file.name.clone(), text: file.text.clone() })
            .collect();
        let compiled = compile(&mut self.session, &files)
            .map_err(|errors| errors.iter().map(problem_of).collect::<Vec<_>>())?;
        bytecode::verify(&compiled.program).map_err(|error| {
            vec![plain_problem(format!("the compiler made bytecode that does not verify: {error}"))]
        })?;
        self.suggestions.extend(compiled.suggestions);
        Ok((compiled.program, compiled.warnings.iter().map(problem_of).collect()))
    }

    /// Compiles and loads; answers the entry closure.
    ///
    /// # Errors
    /// As [`Compiler::compile`].
    pub fn load(
        &mut self,
        linker: &mut Linker,
        files: &[SourceText],
    ) -> Result<(Value, Vec<Problem>), Vec<Problem>> {
        let (program, warnings) = self.compile(files)?;
        let unit = linker.load(program).map_err(|error| vec![plain_problem(error.to_string())])?;
        Ok((unit.entry(), warnings))
    }

    /// Names that nothing defined in what was compiled since the last call, each with a suggestion.
    pub fn take_suggestions(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.suggestions)
    }
}

/// Compiles and loads a text that a program evaluates; the same procedure again for the same text, as long as names mean
/// what they meant. Units live as long as the world, so this keeps a loop that evaluates from filling its memory. `file` is
/// where the text comes from; without one, `name` says what to call it.
///
/// # Errors
/// The first thing that is wrong with it, or that the world's memory is used up.
#[optimize(size)]
pub(crate) fn evaluate(
    compiler: &mut Compiler,
    budget: &Budget,
    load: &mut dyn FnMut(Program) -> Result<Arc<Unit>, LoadError>,
    imports: Option<&str>,
    file: Option<&str>,
    name: &mut dyn FnMut() -> String,
    text: &str,
) -> Result<Value, CompileError> {
    let imports_key = imports.map(str::to_string);
    // Equal texts of two files have places of their own.
    let key = file.map_or_else(|| text.to_string(), |file| format!("{file}\0{text}"));
    if compiler.kept_version != compiler.session.version() {
        compiler.kept.clear();
        compiler.kept_version = compiler.session.version();
    }
    if let Some(known) = compiler.kept.get(&imports_key).and_then(|kept| kept.get(&key)) {
        return Ok(known.entry());
    }
    if !budget.has_room(text.len() as u64 * BYTES_PER_BYTE) {
        return Err(CompileError::Load(LoadError::Memory(budget.full())));
    }
    let name = file.map_or_else(name, str::to_string);
    let file = SourceText { name, text: text.to_string() };
    let compiled = compiler.compile_with(&[file], &mut |session, files| session.compile_in(imports, files));
    let (program, _) = compiled
        .map_err(|problems| CompileError::Program(problems.first().map_or(String::new(), text_of)))?;
    let unit = load(program).map_err(CompileError::Load)?;
    if compiler.kept_version == compiler.session.version() {
        if compiler.kept.values().map(HashMap::len).sum::<usize>() >= KEPT_MAX {
            compiler.kept.clear();
        }
        compiler.kept.entry(imports_key).or_default().insert(key, unit.clone());
    }
    Ok(unit.entry())
}

/// A problem without a place.
pub fn plain_problem(message: String) -> Problem {
    Problem {
        severity: Severity::Error,
        message,
        location: None,
        suggestion: None,
        actor: None,
        trace: Vec::new(),
        context: None,
    }
}

#[optimize(size)]
pub(crate) fn problem_of(diagnostic: &Diagnostic) -> Problem {
    Problem {
        severity: match diagnostic.severity {
            scheme::Severity::Error => Severity::Error,
            scheme::Severity::Warning => Severity::Warning,
        },
        message: diagnostic.message.clone(),
        location: Some(Location {
            file: diagnostic.file.clone(),
            line: diagnostic.line,
            column: diagnostic.column,
            start: diagnostic.span.start,
            end: diagnostic.span.end,
        }),
        suggestion: diagnostic.suggestion.clone(),
        actor: None,
        trace: Vec::new(),
        context: None,
    }
}

/// `FILE:LINE:COLUMN: message`, with the suggestion, as it goes to standard error and into rejections.
#[optimize(size)]
pub fn text_of(problem: &Problem) -> String {
    let mut text = String::new();
    if let Some(Location { file, line, column, .. }) = &problem.location {
        text.push_str(&format!("{file}:{line}:{column}: "));
    }
    if problem.severity == Severity::Warning {
        text.push_str("warning: ");
    }
    text.push_str(&problem.message);
    if let Some(suggestion) = &problem.suggestion {
        text.push_str(&format!(" ({suggestion})"));
    }
    text
}
