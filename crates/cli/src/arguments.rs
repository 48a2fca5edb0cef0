//! What the command line asks for.
//!
//! 1. Nothing is read or run here; a request that makes no sense is refused before anything happens.

mod adapter;

use std::ffi::OsString;
use std::fmt::Write;

use lexopt::{Arg, Parser};
use protocol::{CollectorSettings, Grant, Settings, setting};
use world::Passes;

use self::adapter::Adapter;
use crate::Failure;
use crate::allow;
use crate::collector;
use crate::limits::{LIMITS, Limit};
use crate::profile::Wanted;

/// A sensible request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `help`.
    Help,
    /// `--version`.
    Version,
    /// `run FILE...`.
    Run {
        /// Paths; `-` is standard input.
        files: Vec<String>,
        /// What follows `--`.
        arguments: Vec<String>,
        /// How it runs.
        setup: Setup,
    },
    /// `eval EXPR`.
    Evaluate {
        /// Source text; `-` is standard input.
        expression: String,
        /// How it runs.
        setup: Setup,
    },
    /// `disassemble FILE...`.
    Disassemble {
        /// Paths; `-` is standard input.
        files: Vec<String>,
        /// How it is compiled.
        passes: Passes,
        /// All that the program holds, as `assemble` reads it.
        raw: bool,
    },
    /// `assemble FILE`.
    Assemble {
        /// Path; `-` is standard input.
        file: String,
        /// Where the program goes; `-` is standard output.
        output: Option<String>,
    },
    /// `heap FILE [FILE]`.
    Heap {
        /// One snapshot, or an earlier and a later one.
        files: Vec<String>,
        /// The object that is asked about.
        object: Option<u32>,
    },
    /// `compare FILE...`.
    Compare {
        /// Paths; `-` is standard input.
        files: Vec<String>,
        /// Names of policies; none means all.
        policies: Vec<String>,
        /// Longest time for each.
        seconds: u32,
        /// How it runs.
        setup: Setup,
    },
    /// `profile FILE...`.
    Profile {
        /// Paths; `-` is standard input.
        files: Vec<String>,
        /// What follows `--`.
        arguments: Vec<String>,
        /// How it runs.
        setup: Setup,
        /// What is told of it.
        wanted: Wanted,
    },
    /// `format FILE...`.
    Format {
        /// Paths; none means standard input to standard output.
        files: Vec<String>,
        /// Change nothing, and say what would change.
        check: bool,
    },
    /// `debug FILE...`.
    Debug {
        /// Paths.
        files: Vec<String>,
        /// What follows `--`.
        arguments: Vec<String>,
        /// How it runs.
        setup: Setup,
    },
    /// `debug --dap`.
    DebugAdapter {
        /// Where to listen; `None` is to speak on standard input and output.
        listen: Option<String>,
        /// How programs run.
        setup: Setup,
    },
    /// `repl`.
    Repl {
        /// How it runs.
        setup: Setup,
    },
    /// `link encode FILE...`.
    EncodeLink {
        /// Paths; `-` is standard input.
        files: Vec<String>,
        /// Limits, cores, seed.
        settings: Settings,
    },
    /// `link decode LINK`.
    DecodeLink {
        /// The link, or an address that ends in it; `-` is standard input.
        link: String,
    },
}

/// How a program runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Setup {
    /// Limits, cores, seed.
    pub settings: Settings,
    /// What it may do outside of its world.
    pub grants: Vec<Grant>,
    /// Decisions about that are told.
    pub audit: bool,
    /// Where a snapshot of a heap is written to at the end.
    pub heap_snapshot: Option<String>,
    /// Whose; 0 stands for the main actor.
    pub heap_actor: u32,
    /// Collections are told.
    pub gc_log: bool,
    /// What memoized procedures have remembered is told at the end.
    pub memo_stats: bool,
    /// Errors are told with all that is known of them.
    pub explain: bool,
    /// How it is compiled.
    pub passes: Passes,
}

/// A command, how it is used, and what it does.
struct Command {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    takes_limits: bool,
    /// It runs a program, which may be allowed something.
    runs: bool,
    /// Fewest and most operands.
    operands: (usize, usize),
}

const COMMANDS: [Command; 13] = [
    Command {
        name: "run",
        usage: "physics run [OPTION...] FILE... [-- ARGUMENT...]",
        about: "Run the files, one after the other, as one program. It finds the arguments in (command-line).",
        takes_limits: true,
        runs: true,
        operands: (1, usize::MAX),
    },
    Command {
        name: "eval",
        usage: "physics eval [OPTION...] EXPR",
        about: "Evaluate a program text and print its last value.",
        takes_limits: true,
        runs: true,
        operands: (1, 1),
    },
    Command {
        name: "debug",
        usage: "physics debug [OPTION...] FILE... [-- ARGUMENT...] | --dap [PORT]",
        about: "Run a program under the debugger; --dap: for an editor, by the Debug Adapter Protocol.",
        takes_limits: true,
        runs: true,
        operands: (0, usize::MAX),
    },
    Command {
        name: "repl",
        usage: "physics repl [OPTION...]",
        about: "Evaluate what is typed, entry by entry.",
        takes_limits: true,
        runs: true,
        operands: (0, 0),
    },
    Command {
        name: "format",
        usage: "physics format [--check] [FILE...]",
        about: "Lay the files out anew, or standard input; --check only lists what would change.",
        takes_limits: false,
        runs: false,
        operands: (0, usize::MAX),
    },
    Command {
        name: "disassemble",
        usage: "physics disassemble [--without PASS,...] [--raw] FILE...",
        about: "Print the bytecode of a program; with --raw all of it, as `assemble` reads it.",
        takes_limits: false,
        runs: false,
        operands: (1, usize::MAX),
    },
    Command {
        name: "assemble",
        usage: "physics assemble FILE.pasm [-o FILE]",
        about: "Write the program that a text of bytecode says to FILE.phyw, or to the file after -o.",
        takes_limits: false,
        runs: false,
        operands: (1, 1),
    },
    Command {
        name: "heap",
        usage: "physics heap [--path OBJECT] FILE [FILE]",
        about: "Tell what a heap snapshot holds, how an object of it is reached, or what grew from one to another.",
        takes_limits: false,
        runs: false,
        operands: (1, 2),
    },
    Command {
        name: "compare",
        usage: "physics compare [--policy NAME]... [--seconds N] [OPTION...] FILE...",
        about: "Run a program under each policy of the collector, one after the other, and tell what that cost.",
        takes_limits: true,
        runs: true,
        operands: (1, usize::MAX),
    },
    Command {
        name: "profile",
        usage: "physics profile [--format FORMAT] [-o FILE] [--interval N] [--opcodes] [--seconds N] [OPTION...] FILE... [-- ARGUMENT...]",
        about: "Run a program and tell where it spends its time: text, folded, speedscope, firefox or perfetto.",
        takes_limits: true,
        runs: true,
        operands: (1, usize::MAX),
    },
    Command {
        name: "link encode",
        usage: "physics link encode [OPTION...] FILE...",
        about: "Print the share link of a program: the part of an address after #.",
        takes_limits: true,
        runs: false,
        operands: (1, usize::MAX),
    },
    Command {
        name: "link decode",
        usage: "physics link decode LINK",
        about: "Print the sources and settings of a link or of an address that ends in one.",
        takes_limits: false,
        runs: false,
        operands: (1, 1),
    },
    Command {
        name: "help",
        usage: "physics help",
        about: "Print this text.",
        takes_limits: false,
        runs: false,
        operands: (0, 0),
    },
];

/// Longest time for a policy, s: the usual one, and the most that can be asked for.
const SECONDS_USUAL: u32 = 10;
const SECONDS_MAX: u32 = 86_400;

/// Options of `compare` alone.
#[derive(Debug, Default, PartialEq, Eq)]
struct Comparison {
    policies: Vec<String>,
    seconds: Option<u32>,
}

/// Reads the arguments that follow the program's name.
///
/// # Errors
/// [`Failure::Usage`], which says what was expected.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, Failure> {
    let mut parser = Parser::from_args(arguments);
    let mut setup = Setup::default();
    let mut first_limit: Option<&Limit> = None;
    let mut words: Vec<String> = Vec::new();
    let mut rest = Vec::new();
    let mut check = false;
    let mut object = None;
    let mut raw = false;
    let mut output = None;
    let mut comparison = Comparison::default();
    let mut adapter = Adapter::default();
    let mut wanted = Wanted::default();
    loop {
        if words.first().is_some_and(|word| matches!(word.as_str(), "run" | "debug" | "profile"))
            && begins_arguments(&mut parser)
        {
            rest = parser
                .raw_args()
                .map_err(|error| usage(error.to_string()))?
                .skip(1)
                .map(text_of)
                .collect::<Result<_, _>>()?;
            break;
        }
        if words.len() == 1 && words[0] == "eval" && takes_negative_number(&mut parser) {
            words.push(value_of(&mut parser)?);
            continue;
        }
        let Some(argument) = parser.next().map_err(|error| usage(error.to_string()))? else { break };
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Request::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Request::Version),
            Arg::Long("audit") => setup.audit = true,
            Arg::Long("explain") => setup.explain = true,
            Arg::Long("memo-stats") => setup.memo_stats = true,
            Arg::Long("no-type-checks") => setup.passes.checks = false,
            Arg::Long("allow") => {
                let missing = format!("--allow expects what to allow: {}", allow::EXPECTED);
                let text = value_of(&mut parser).map_err(|_| usage(missing))?;
                setup.grants.extend(allow::parse(&text).map_err(usage)?);
            }
            Arg::Long("without") => {
                let missing =
                    format!("--without expects passes of the compiler: {}", Passes::NAMES.join(","));
                let text = value_of(&mut parser).map_err(|_| usage(missing))?;
                setup.passes = without(setup.passes, &text)?;
            }
            Arg::Long(collector::LOG) => setup.gc_log = true,
            Arg::Long(setting::SITES) => setup.settings.collector.tracks_sites = true,
            Arg::Long(collector::POLICY) => {
                let missing = format!("--{} expects one of {}", collector::POLICY, collector::policy_names());
                let text = value_of(&mut parser).map_err(|_| usage(missing))?;
                collector::set_policy(&mut setup.settings, &text).map_err(usage)?;
            }
            Arg::Long(setting::COLLECTOR) => {
                let missing = format!("--{} expects on or off", setting::COLLECTOR);
                let text = value_of(&mut parser).map_err(|_| usage(missing))?;
                collector::set_on(&mut setup.settings, &text).map_err(usage)?;
            }
            Arg::Long(setting::SOFT_LIMIT) => {
                let missing = format!("--{} expects percent of the heap's limit", setting::SOFT_LIMIT);
                let text = value_of(&mut parser).map_err(|_| usage(missing))?;
                collector::set_soft_limit(&mut setup.settings, &text).map_err(usage)?;
            }
            Arg::Long(collector::STRESS) => {
                let text =
                    parser.optional_value().map(text_of).transpose()?.unwrap_or_else(|| "mixed".to_string());
                collector::set_stress(&mut setup.settings, &text).map_err(usage)?;
            }
            Arg::Long("dap") => {
                adapter.wanted = true;
                if let Some(port) = parser.optional_value() {
                    adapter.set_port(&text_of(port)?)?;
                }
            }
            Arg::Long("listen") => {
                let missing = "--listen expects an address: --listen HOST:PORT".to_string();
                adapter.listen = Some(value_of(&mut parser).map_err(|_| usage(missing))?);
            }
            Arg::Long("check") => check = true,
            Arg::Long("raw") => raw = true,
            Arg::Short('o') => {
                let missing = "-o expects a file to write to".to_string();
                output = Some(value_of(&mut parser).map_err(|_| usage(missing))?);
            }
            Arg::Long("heap-snapshot") => {
                let missing = "--heap-snapshot expects a file to write to".to_string();
                setup.heap_snapshot = Some(value_of(&mut parser).map_err(|_| usage(missing))?);
            }
            Arg::Long("heap-actor") => setup.heap_actor = number_of("heap-actor", &mut parser)?,
            Arg::Long("policy") => {
                let text = value_of(&mut parser).unwrap_or_default();
                if !world::named_collectors().iter().any(|named| named.name == text) {
                    let names = collector::policy_names();
                    return Err(usage(format!("--policy expects one of {names}, not `{text}`")));
                }
                comparison.policies.push(text);
            }
            Arg::Long("seconds") => {
                let seconds = number_of("seconds", &mut parser)?;
                if !(1..=SECONDS_MAX).contains(&seconds) {
                    return Err(usage(format!("--seconds expects 1 to {SECONDS_MAX}, not `{seconds}`")));
                }
                comparison.seconds = Some(seconds);
            }
            Arg::Long("format") => {
                wanted.set_format(&value_of(&mut parser).unwrap_or_default()).map_err(usage)?;
            }
            Arg::Long("interval") => {
                wanted.set_interval(&value_of(&mut parser).unwrap_or_default()).map_err(usage)?;
            }
            Arg::Long("opcodes") => wanted.opcodes = true,
            Arg::Long("path") => object = Some(number_of("path", &mut parser)?),
            Arg::Long(name) => {
                let Some(limit) = Limit::named(name) else {
                    return Err(usage(format!("there is no option --{name}; {}", options_text())));
                };
                let missing = format!("--{name} expects a value: --{name} {}", limit.value_name());
                let text = value_of(&mut parser).map_err(|_| usage(missing))?;
                limit.apply(&mut setup.settings, &text).map_err(usage)?;
                first_limit = first_limit.or(Some(limit));
            }
            Arg::Short(letter) => {
                return Err(usage(format!("there is no option -{letter}; {}", options_text())));
            }
            Arg::Value(word) => words.push(text_of(word)?),
        }
    }
    let command = command_of(&mut words)?;
    if let Some(limit) = first_limit.filter(|_| !command.takes_limits) {
        return Err(usage(format!(
            "`{}` does not take --{}; expected: {}",
            command.name, limit.name, command.usage
        )));
    }
    let has_collector = setup.settings.collector != CollectorSettings::default();
    if !command.runs && (setup.gc_log || has_collector && !command.takes_limits) {
        return Err(usage(format!(
            "`{}` runs no program and does not take options of the collector; expected: {}",
            command.name, command.usage
        )));
    }
    if command.name == "profile" && comparison.policies.is_empty() {
        wanted.seconds = comparison.seconds.take().unwrap_or(0);
        wanted.output = output.take();
        wanted.check().map_err(usage)?;
        if setup.gc_log {
            return Err(usage("`profile` tells of collections itself, without --gc-log".to_string()));
        }
    } else if wanted != Wanted::default() {
        return Err(usage("--format, --interval and --opcodes are for `physics profile`".to_string()));
    }
    if command.name != "compare" && comparison != Comparison::default() {
        return Err(usage(
            "--policy and --seconds are for `physics compare`, --seconds for `physics profile` as well"
                .to_string(),
        ));
    }
    if command.name == "compare" && (setup.gc_log || setup.audit || has_collector) {
        return Err(usage(
            "`compare` sets the collector itself, and tells nothing else: name policies with --policy"
                .to_string(),
        ));
    }
    let told = [(setup.explain, "--explain"), (setup.memo_stats, "--memo-stats")];
    if let Some((_, option)) = told.into_iter().find(|(wanted, _)| *wanted)
        && !matches!(command.name, "run" | "eval")
    {
        let (name, expected) = (command.name, command.usage);
        return Err(usage(format!("`{name}` does not take {option}; expected: {expected}")));
    }
    if !command.runs && (setup.audit || !setup.grants.is_empty()) {
        let option = if setup.audit { "--audit" } else { "--allow" };
        return Err(usage(format!(
            "`{}` runs no program and does not take {option}; expected: {}",
            command.name, command.usage
        )));
    }
    if !matches!(command.name, "run" | "eval") && (setup.heap_snapshot.is_some() || setup.heap_actor > 0) {
        return Err(usage(format!(
            "`{}` does not take --heap-snapshot or --heap-actor; expected: {}",
            command.name, command.usage
        )));
    }
    if setup.heap_actor > 0 && setup.heap_snapshot.is_none() {
        return Err(usage("--heap-actor says whose heap --heap-snapshot FILE is of; give both".to_string()));
    }
    if object.is_some() && (command.name != "heap" || words.len() > 1) {
        return Err(usage("--path is for `physics heap` with one file".to_string()));
    }
    if !command.runs && command.name != "disassemble" && setup.passes != Passes::ALL {
        return Err(usage(format!(
            "`{}` does not take --without; expected: {}",
            command.name, command.usage
        )));
    }
    if check && command.name != "format" {
        return Err(usage(format!("`{}` does not take --check; expected: {}", command.name, command.usage)));
    }
    adapter.fit(command, &mut words, &rest, &setup)?;
    if raw && command.name != "disassemble" || output.is_some() && command.name != "assemble" {
        let text = "--raw is for `physics disassemble`, -o for `physics assemble` and `physics profile`";
        return Err(usage(text.to_string()));
    }
    let (fewest, most) = command.operands;
    if !(fewest..=most).contains(&words.len()) {
        let found = if words.len() < fewest { "something is missing" } else { "there is too much" };
        return Err(usage(format!("{found}; expected: {}", command.usage)));
    }
    Ok(match command.name {
        "run" => Request::Run { files: words, arguments: rest, setup },
        "eval" => Request::Evaluate { expression: words.remove(0), setup },
        "debug" if adapter.wanted => Request::DebugAdapter { listen: adapter.listen, setup },
        "debug" => Request::Debug { files: words, arguments: rest, setup },
        "repl" => Request::Repl { setup },
        "profile" => Request::Profile { files: words, arguments: rest, setup, wanted },
        "compare" => {
            let Comparison { policies, seconds } = comparison;
            Request::Compare { files: words, policies, seconds: seconds.unwrap_or(SECONDS_USUAL), setup }
        }
        "format" => Request::Format { files: words, check },
        "heap" => Request::Heap { files: words, object },
        "disassemble" => Request::Disassemble { files: words, passes: setup.passes, raw },
        "assemble" => Request::Assemble { file: words.remove(0), output },
        "link encode" => Request::EncodeLink { files: words, settings: setup.settings },
        "link decode" => Request::DecodeLink { link: words.remove(0) },
        _ => Request::Help,
    })
}

/// `passes` without those that `names` lists.
fn without(passes: Passes, names: &str) -> Result<Passes, Failure> {
    names.split(',').map(str::trim).try_fold(passes, |passes, name| {
        let missing = || {
            let known = Passes::NAMES.join(", ");
            usage(format!(
                "the compiler has no pass `{name}`; expected some of {known}, with commas between them"
            ))
        };
        passes.without(name).ok_or_else(missing)
    })
}

/// Takes the command's words off the front.
fn command_of(words: &mut Vec<String>) -> Result<&'static Command, Failure> {
    let names = "run, eval, debug, repl, format, disassemble, assemble, heap, compare, profile, link or help";
    if words.is_empty() {
        return Err(usage(format!("a command is missing; expected {names}")));
    }
    let mut name = words.remove(0);
    if name == "link" {
        if words.is_empty() {
            return Err(usage("`link` expects `encode` or `decode` next".to_string()));
        }
        name = format!("link {}", words.remove(0));
    }
    COMMANDS.iter().find(|command| command.name == name).ok_or_else(|| match name.strip_prefix("link ") {
        Some(other) => usage(format!("`link` expects `encode` or `decode` next, not `{other}`")),
        None => usage(format!("there is no command `{name}`; expected {names}")),
    })
}

/// The next argument ends those of the command itself.
fn begins_arguments(parser: &mut Parser) -> bool {
    parser.try_raw_args().is_some_and(|rest| rest.as_slice().first().is_some_and(|next| next == "--"))
}

/// The next argument looks like an option and is a negative number.
fn takes_negative_number(parser: &mut Parser) -> bool {
    parser.try_raw_args().is_some_and(|rest| {
        let next = rest.as_slice().first().and_then(|next| next.to_str());
        let after = next.and_then(|next| next.strip_prefix('-'));
        after.is_some_and(|after| after.starts_with(|first: char| first.is_ascii_digit() || first == '.'))
    })
}

fn value_of(parser: &mut Parser) -> Result<String, Failure> {
    text_of(parser.value().map_err(|error| usage(error.to_string()))?)
}

/// A whole number that an option takes.
fn number_of(option: &str, parser: &mut Parser) -> Result<u32, Failure> {
    let text = value_of(parser).unwrap_or_default();
    text.parse().map_err(|_| usage(format!("--{option} expects a whole number, not `{text}`")))
}

fn text_of(word: OsString) -> Result<String, Failure> {
    word.into_string().map_err(|word| usage(format!("{} is not UTF-8", word.display())))
}

fn usage(text: String) -> Failure {
    Failure::Usage(text)
}

fn options_text() -> String {
    let names: Vec<String> = LIMITS.iter().map(|limit| format!("--{}", limit.name)).collect();
    format!(
        "expected one of {}, --allow, --audit, --explain, --memo-stats, --no-type-checks, --without, --{}, --{}, --gc-log, --gc-policy, --gc-stress, --{}, --heap-snapshot, \
         --heap-actor, --path, --check, --raw, --dap, --listen, -o, --policy, --seconds, --help, --version",
        names.join(", "),
        setting::COLLECTOR,
        setting::SOFT_LIMIT,
        setting::SITES
    )
}

/// The text of `physics help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Runs actor programs in Scheme on all cores.\n\nCommands:\n");
    for command in COMMANDS {
        line(&mut text, command.usage, command.about);
    }
    text.push_str("\nOptions:\n");
    let usual = Settings::default();
    for limit in LIMITS {
        let option = format!("--{} {}", limit.name, limit.value_name());
        line(&mut text, &option, &format!("{} ({})", limit.about, limit.text(&usual)));
    }
    line(
        &mut text,
        &format!("--allow {}", allow::EXPECTED),
        "let the program do this; several with commas or options",
    );
    for (option, about) in collector::help() {
        line(&mut text, &option, &about);
    }
    line(&mut text, "--explain", "tell all that is known of an error: operands, depth, memory");
    line(&mut text, "--no-type-checks", "do not check declared types while the program runs");
    line(&mut text, "--memo-stats", "tell at the end what memoized procedures have remembered");
    line(&mut text, "--audit", "tell on standard error what was allowed and what was denied");
    line(&mut text, "--heap-snapshot FILE", "write a snapshot of the main actor's heap at the end");
    line(&mut text, "--heap-actor NUMBER", "write that actor's instead");
    line(&mut text, "--policy NAME", "compare this policy, and those of further --policy, instead of all");
    line(
        &mut text,
        "--seconds N",
        &format!("compare what happens in so many seconds at most ({SECONDS_USUAL})"),
    );
    line(
        &mut text,
        "--without PASS,...",
        &format!("leave out passes of the compiler: {}; answers stay the same", Passes::NAMES.join(", ")),
    );
    line(
        &mut text,
        "--dap [PORT]",
        "speak the Debug Adapter Protocol: on standard input and output, or to who connects",
    );
    line(&mut text, "--listen HOST:PORT", "the same, on an address of your choice");
    line(&mut text, "--help, --version", "");
    text.push_str(
        "\nA FILE, EXPR or LINK that is `-` is read from standard input. BYTES may end in K, M or G.\n\
         An error that names a setting, such as (setting: heap), means the option of that name.\n\
         A FILE may be a program as `assemble` writes it, or its text, which ends in .pasm.\n\
         Without --allow, a program reads and writes no files and no environment variables. A PATH is a file, or a folder \
         with all that is in it.\n\
         Exit status: 0, or 1 if the program failed, or 2 for bad usage; or what the program gives to `exit`.\n",
    );
    text
}

fn line(text: &mut String, name: &str, about: &str) {
    let written = writeln!(text, "{}", format!("  {name:<40} {about}").trim_end());
    debug_assert!(written.is_ok(), "a string takes all text");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[&str]) -> Result<Request, String> {
        parse(line.iter().map(OsString::from)).map_err(|failure| match failure {
            Failure::Usage(text) => text,
            _ => panic!("only usage can be wrong here"),
        })
    }

    #[test]
    fn options_stand_before_or_after_operands() {
        let settings = Settings { cores: 2, seed: 7, ..Settings::default() };
        let setup = Setup { settings, ..Setup::default() };
        let files = vec!["a.scm".into(), "b.scm".into()];
        let wanted = Ok(Request::Run { files, arguments: Vec::new(), setup });
        assert_eq!(parsed(&["run", "--cores", "2", "a.scm", "b.scm", "--seed=7"]), wanted);
        assert_eq!(parsed(&["--cores=2", "run", "--seed", "7", "a.scm", "b.scm"]), wanted);
    }

    #[test]
    fn an_expression_may_be_negative_or_standard_input() {
        for text in ["-5", "-", "-.5", "(+ 1 2)"] {
            let wanted = Request::Evaluate { expression: text.into(), setup: Setup::default() };
            assert_eq!(parsed(&["eval", text]), Ok(wanted), "{text}");
        }
        let dashed = Request::Evaluate { expression: "--x".into(), setup: Setup::default() };
        assert_eq!(parsed(&["eval", "--", "--x"]), Ok(dashed));
    }

    #[test]
    fn what_follows_two_dashes_is_the_programs() {
        let line = ["run", "--cores=2", "a.scm", "--", "-x", "--cores", "--", "b"];
        let setup = Setup { settings: Settings { cores: 2, ..Settings::default() }, ..Setup::default() };
        let arguments = ["-x", "--cores", "--", "b"].map(String::from).to_vec();
        assert_eq!(parsed(&line), Ok(Request::Run { files: vec!["a.scm".into()], arguments, setup }));
    }

    #[test]
    fn what_is_allowed_adds_up() {
        let grant = |kind: &str, scope: &str| Grant { kind: kind.into(), scope: scope.into() };
        let grants =
            vec![grant("file-read", "data"), grant("file-write", "out"), grant("environment", "HOME")];
        let setup = Setup { grants, audit: true, ..Setup::default() };
        let line = ["eval", "--allow", "read=data,write=out", "--audit", "--allow=env=HOME", "1"];
        assert_eq!(parsed(&line), Ok(Request::Evaluate { expression: "1".into(), setup }));
    }

    #[test]
    fn passes_are_left_out_by_name() {
        let fold = Passes { fold: false, ..Passes::ALL };
        let wanted = Request::Disassemble { files: vec!["a.scm".into()], passes: fold, raw: false };
        assert_eq!(parsed(&["disassemble", "--without", "fold", "a.scm"]), Ok(wanted));
        let setup = Setup { passes: Passes::NONE, ..Setup::default() };
        let wanted = Request::Evaluate { expression: "1".into(), setup };
        assert_eq!(parsed(&["eval", "--without=loops", "--without", "fold, known", "1"]), Ok(wanted));
    }

    #[test]
    fn bad_usage_says_what_was_expected() {
        for (line, expected) in [
            (&[][..], "expected run, eval, debug, repl"),
            (&["fly"], "no command `fly`; expected run"),
            (&["run"], "expected: physics run"),
            (&["eval"], "expected: physics eval"),
            (&["eval", "1", "2"], "there is too much; expected: physics eval"),
            (&["repl", "x"], "expected: physics repl"),
            (&["debug"], "expected: physics debug"),
            (&["debug", "-"], "`debug` reads its orders from standard input"),
            (&["debug", "--audit", "a.scm"], "`debug` does not take --audit"),
            (&["debug", "--dap", "a.scm"], "a port to listen on, 0 to 65535, not `a.scm`"),
            (&["debug", "--dap=70000"], "a port to listen on, 0 to 65535, not `70000`"),
            (&["debug", "--dap", "1", "a.scm"], "the editor says which program to debug"),
            (&["debug", "--listen"], "--listen expects an address"),
            (&["run", "--dap", "a.scm"], "--dap and --listen are for `physics debug`"),
            (&["run", "--speed", "1"], "no option --speed; expected one of --cores"),
            (&["run", "-x"], "no option -x"),
            (&["run", "--heap"], "--heap expects a value: --heap BYTES"),
            (&["run", "--heap", "much", "a.scm"], "--heap expects a number of bytes"),
            (&["run", "--cores", "-1", "a.scm"], "--cores expects a whole number from 0 to 64, not `-1`"),
            (&["disassemble", "--heap", "1M", "a.scm"], "`disassemble` does not take --heap"),
            (&["run", "--allow", "fly", "a.scm"], "there is no `fly`; expected read[=PATH]"),
            (&["run", "--allow"], "--allow expects what to allow: read[=PATH]"),
            (
                &["disassemble", "--allow", "read", "a.scm"],
                "`disassemble` runs no program and does not take --allow",
            ),
            (&["run", "--check", "a.scm"], "`run` does not take --check"),
            (&["heap"], "expected: physics heap"),
            (&["heap", "--path", "x", "a.heap"], "--path expects a whole number, not `x`"),
            (&["heap", "--path", "1", "a.heap", "b.heap"], "--path is for `physics heap` with one file"),
            (&["repl", "--heap-snapshot", "a.heap"], "`repl` does not take --heap-snapshot"),
            (&["run", "--heap-actor", "2", "a.scm"], "--heap-snapshot FILE is of; give both"),
            (&["run", "--heap-snapshot"], "--heap-snapshot expects a file"),
            (&["run", "--without"], "--without expects passes of the compiler: known,fold,loops"),
            (
                &["run", "--without", "fold,fly", "a.scm"],
                "no pass `fly`; expected some of known, fold, loops",
            ),
            (&["format", "--without", "fold", "a.scm"], "`format` does not take --without"),
            (&["run", "--raw", "a.scm"], "--raw is for `physics disassemble`"),
            (&["assemble", "a.pasm", "-o"], "-o expects a file to write to"),
            (&["assemble"], "expected: physics assemble"),
            (&["compare"], "expected: physics compare [--policy NAME]..."),
            (&["compare", "--policy", "fast", "a.scm"], "--policy expects one of"),
            (&["compare", "--seconds", "0", "a.scm"], "--seconds expects 1 to 86400, not `0`"),
            (&["compare", "--gc", "off", "a.scm"], "`compare` sets the collector itself"),
            (
                &["run", "--seconds", "1", "a.scm"],
                "--policy and --seconds are for `physics compare`, --seconds",
            ),
            (&["link"], "`link` expects `encode` or `decode` next"),
            (&["link", "open"], "`link` expects `encode` or `decode` next, not `open`"),
            (&["link", "decode"], "expected: physics link decode LINK"),
        ] {
            let error = parsed(line).expect_err("a refusal");
            assert!(error.contains(expected), "{line:?}: {error}");
        }
    }

    #[test]
    fn the_help_names_every_command_and_option() {
        let text = help();
        assert!(COMMANDS.iter().all(|command| text.contains(command.usage)));
        assert!(LIMITS.iter().all(|limit| text.contains(&format!("--{} ", limit.name))));
    }
}
