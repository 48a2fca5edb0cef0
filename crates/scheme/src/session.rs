//! Sessions: compiling one unit after another in an environment that persists.
//!
//! A unit that does not compile leaves no trace: the session's state is replaced only by a unit without errors.

use crate::builtins::Builtins;
use crate::diagnostic::{Diagnostic, Outcome, Problem, Severity};
use crate::expand::limits::{EVALUATION_STEPS_PER_PIECE, NAMES_PER_EVALUATION_STEP};
use crate::expand::{Expander, Mode, Sources, State};
use crate::generate::{Generator, Output};
use crate::ir::Expr;
use crate::passes::{self, Passes};
use crate::reader;
use crate::sandbox::{Surroundings, evaluation_steps};
use crate::syntax::Syntax;
use bytecode::{Procedure, Program, SourceFile, Span};
use std::sync::Arc;

/// After this many errors a unit is given up.
const ERRORS_MAX: usize = 20;

/// The most source files of a unit.
const FILES_MAX: usize = u16::MAX as usize;

/// The longest source file.
const FILE_BYTES_MAX: u64 = u32::MAX as u64;

/// The first character of a unit.
const START: Span = Span { file: 0, start: 0, end: 0, line: 1, column: 1 };

/// A unit, ready to be loaded.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The program.
    pub program: Program,
    /// What looks wrong in it.
    pub warnings: Vec<Diagnostic>,
    /// Names that nothing defines, each with what its warning suggests: for the error when such a name is used.
    pub suggestions: Vec<(String, String)>,
}

/// The compile-time environment of one world: macros, names defined so far, builtins that are shadowed.
#[derive(Clone)]
pub struct Session {
    builtins: Arc<Builtins>,
    sources: Option<Arc<dyn Sources>>,
    passes: Passes,
    state: State,
    within: Option<Within>,
}

/// Where a transformer evaluates.
#[derive(Clone)]
struct Within {
    surroundings: Arc<Surroundings>,
    depth: u32,
    /// Steps that the next unit may take, and that the last one took.
    steps_max: u64,
    steps: u64,
}

impl Session {
    /// A session in which nothing but `builtins` is defined.
    pub fn new(builtins: Arc<Builtins>) -> Session {
        Session { builtins, sources: None, passes: Passes::ALL, state: State::new(), within: None }
    }

    /// A session for what a transformer evaluates, at a use with `depth` expressions around it.
    pub fn within(builtins: Arc<Builtins>, surroundings: &Arc<Surroundings>, depth: u32) -> Session {
        let within = Within { surroundings: surroundings.clone(), depth, steps_max: 0, steps: 0 };
        Session {
            builtins,
            sources: None,
            passes: surroundings.passes,
            state: surroundings.state.clone(),
            within: Some(within),
        }
    }

    /// Bounds the steps that compiling the next unit may take, of a session for a transformer.
    pub fn set_steps_max(&mut self, steps_max: u64) {
        if let Some(within) = &mut self.within {
            (within.steps_max, within.steps) = (steps_max, 0);
        }
    }

    /// Steps that compiling has taken since they were bounded.
    pub fn steps(&self) -> u64 {
        self.within.as_ref().map_or(0, |within| within.steps)
    }

    /// Equal as long as names mean the same: a text compiled twice in between gives equal units.
    pub fn version(&self) -> u64 {
        self.state.version
    }

    /// Lets programs include files from `sources`.
    pub fn set_sources(&mut self, sources: Arc<dyn Sources>) {
        self.sources = Some(sources);
    }

    /// Says which passes run over what is compiled from now on.
    pub fn set_passes(&mut self, passes: Passes) {
        self.passes = passes;
    }

    /// Compiles `files`, in order, as one unit. The unit's value is that of its last form.
    ///
    /// # Errors
    /// At most twenty diagnostics; the session is as it was before.
    ///
    /// The last form is no tail call: whatever it calls, an error's trace ends with the line of the program.
    pub fn compile(&mut self, files: &[SourceFile]) -> Result<Compiled, Vec<Diagnostic>> {
        self.compile_kept(None, files, true)
    }

    /// The same in an environment that has what `imports`, the text of import sets, give it, and what earlier units defined
    /// in an environment of the same text. `None` is the program's own.
    ///
    /// # Errors
    /// As [`Session::compile`].
    pub fn compile_in(
        &mut self,
        imports: Option<&str>,
        files: &[SourceFile],
    ) -> Result<Compiled, Vec<Diagnostic>> {
        self.compile_kept(imports, files, false)
    }

    fn compile_kept(
        &mut self,
        imports: Option<&str>,
        files: &[SourceFile],
        keeps_frame: bool,
    ) -> Result<Compiled, Vec<Diagnostic>> {
        let mut state = self.state.clone();
        let aliases_before = state.aliases.len();
        let compiled = self.compile_unit(&mut state, imports, files, keeps_frame)?;
        if !state.has_new_macros(aliases_before) {
            state.aliases.truncate(aliases_before);
        }
        self.state = state;
        Ok(compiled)
    }

    fn compile_unit(
        &mut self,
        state: &mut State,
        imports: Option<&str>,
        files: &[SourceFile],
        keeps_frame: bool,
    ) -> Result<Compiled, Vec<Diagnostic>> {
        let bytes_of = |files: &[SourceFile]| files.iter().map(|file| file.text.len()).sum();
        let mut copying = 0;
        if let Some(within) = &mut self.within {
            copying = state.names() as u64 / NAMES_PER_EVALUATION_STEP;
            within.steps = evaluation_steps(bytes_of(files)) + copying;
        }
        let forms = read_files(state, files)?;
        let mut expander = Expander::new(state, &self.builtins, Mode::Program, files.to_vec());
        expander.sources = self.sources.as_deref();
        expander.passes = self.passes;
        if let Some(within) = &self.within {
            expander.phase = within.surroundings.phase;
            expander.base_depth = within.depth;
            expander.transformer_steps_max = within.steps_max;
            expander.piece_steps = EVALUATION_STEPS_PER_PIECE;
        }
        let mut output = Output::new();
        let mut pending: Option<Expr> = None;
        // Libraries first, so that they may stand after what imports them, in another file say.
        let (forms, mut problems) = expander.declare_libraries(forms);
        let loaded = match (imports, &self.within) {
            (Some(imports), _) => expander.enter_environment(imports),
            (None, Some(within)) => expander.import_what_is_named(&within.surroundings.imports, &forms),
            (None, None) => Ok(Vec::new()),
        };
        match loaded {
            Ok(bodies) => {
                bodies.into_iter().for_each(|expr| generate(&mut expander, &mut output, expr, &mut pending));
            }
            Err(problem) => problems.push(*problem),
        }
        for expr in expander.claim_names(&forms) {
            generate(&mut expander, &mut output, expr, &mut pending);
        }
        for form in &forms {
            match expander.expand_toplevel(form) {
                Ok(expressions) => {
                    for expr in expressions {
                        // After an error nothing is written any more, but all other errors are still found.
                        if problems.is_empty() {
                            generate(&mut expander, &mut output, expr, &mut pending);
                        }
                    }
                }
                Err(problem) => problems.push(*problem),
            }
            if problems.len() >= ERRORS_MAX {
                break;
            }
        }
        let last = pending.unwrap_or_else(|| Expr::unspecified(START));
        if problems.is_empty() {
            generator(&mut expander, &mut output).last(&last, keeps_frame);
            problems.append(&mut output.problems);
        }
        let files = std::mem::take(&mut expander.files);
        if let Some(within) = &mut self.within {
            within.steps = expander.transformer_steps + evaluation_steps(bytes_of(&files)) + copying;
        }
        if !problems.is_empty() {
            return Err(problems
                .into_iter()
                .map(|problem| problem.into_diagnostic(&files, Severity::Error))
                .collect());
        }
        expander.warn_of_unknown_globals();
        expander.warn_of_wrong_calls();
        expander.warn_of_wrong_types();
        expander.suggest_definitions();
        expander.warn_of_unused_variables();
        let mut warnings: Vec<Diagnostic> = expander
            .warnings
            .drain(..)
            .chain(output.warnings)
            .map(|problem| problem.into_diagnostic(&files, Severity::Warning))
            .collect();
        warnings.sort_by_key(|warning| (warning.span.file, warning.span.start));
        let suggestions = std::mem::take(&mut expander.suggestions);
        let whole = Span { end: files.first().map_or(0, |file| file.text.len() as u32), ..START };
        let program = program(&mut expander, output.procedures, files, whole);
        Ok(Compiled { program, warnings, suggestions })
    }
}

/// Reads all of `files`.
pub(crate) fn read_files(state: &mut State, files: &[SourceFile]) -> Result<Vec<Syntax>, Vec<Diagnostic>> {
    let mut forms = Vec::new();
    let mut errors = Vec::new();
    for (index, file) in files.iter().enumerate() {
        if index >= FILES_MAX || file.text.len() as u64 > FILE_BYTES_MAX {
            let problem =
                Problem::new(Span::default(), format!("`{}` is too large, or one file too many", file.name));
            errors.push(problem.into_diagnostic(files, Severity::Error));
            break;
        }
        match reader::read(&file.text, index as u16, &mut state.interner) {
            Ok(data) => forms.extend(data),
            Err(problem) => errors.push(problem.into_diagnostic(files, Severity::Error)),
        }
    }
    if errors.is_empty() { Ok(forms) } else { Err(errors) }
}

fn program(
    expander: &mut Expander<'_>,
    mut procedures: Vec<Procedure>,
    files: Vec<SourceFile>,
    whole: Span,
) -> Program {
    let globals = std::mem::take(&mut expander.globals);
    let constants = std::mem::take(&mut expander.constants).into_entries();
    let globals =
        globals.into_iter().map(|symbol| expander.state.interner.name(symbol).to_string()).collect();
    procedures[0].span = whole;
    Program { files, constants, globals, procedures }
}

/// The program that runs `bodies` and then `last`, all expanded by `expander`, which is at its end. It has no files.
pub(crate) fn assemble(
    expander: &mut Expander<'_>,
    bodies: Vec<Expr>,
    last: Expr,
    whole: Span,
) -> Outcome<Program> {
    let mut output = Output::new();
    let mut pending: Option<Expr> = None;
    for expr in bodies.into_iter().chain([last]) {
        generate(expander, &mut output, expr, &mut pending);
    }
    let last = pending.unwrap_or_else(|| Expr::unspecified(whole));
    generator(expander, &mut output).last(&last, true);
    if let Some(problem) = output.problems.into_iter().next() {
        return Err(Box::new(problem));
    }
    Ok(program(expander, output.procedures, Vec::new(), whole))
}

/// Writes the expression before `expr`, now that it is known not to be the last.
fn generate(expander: &mut Expander<'_>, output: &mut Output, mut expr: Expr, pending: &mut Option<Expr>) {
    passes::run(expander.passes, expander, &mut expr);
    if let Some(before) = pending.replace(expr) {
        generator(expander, output).toplevel(&before);
    }
}

pub(crate) fn generator<'a>(expander: &'a mut Expander<'_>, output: &'a mut Output) -> Generator<'a> {
    Generator {
        output,
        builtins: expander.builtins,
        interner: &expander.state.interner,
        variables: &expander.variables,
        constants: &mut expander.constants,
    }
}
