//! The libraries that the machine has: which names each of them exports.
//!
//! 1. The names of R7RS-small's libraries are those of the standard's appendix A, in its order.
//! 2. A library without a list here exports everything that the machine knows, or is written in Scheme
//!    (`library/srfi/*.sld`) and compiled when something imports it.

use crate::builtins::Builtins;
use crate::expand::Core;
use bytecode::SourceFile;

/// What a library exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// These, separated by blanks.
    Listed(&'static str),
    /// All names there are.
    Everything,
}

/// What `cond-expand` finds present and `(features)` lists.
pub fn features() -> impl Iterator<Item = &'static str> {
    let text = include_str!(concat!(env!("OUT_DIR"), "/library/features.scm"));
    text.lines().filter(|line| !line.starts_with(';')).flat_map(|line| {
        line.split_ascii_whitespace().filter_map(|word| Some(word.strip_prefix('\'')?.trim_end_matches(')')))
    })
}

/// Name and exports of every library of R7RS-small.
pub const R7RS: &[(&str, &str)] = &[
    ("(scheme base)", BASE),
    ("(scheme case-lambda)", "case-lambda"),
    ("(scheme char)", CHAR),
    ("(scheme complex)", "angle imag-part magnitude make-polar make-rectangular real-part"),
    ("(scheme cxr)", CXR),
    ("(scheme eval)", "environment eval"),
    ("(scheme file)", FILE),
    ("(scheme inexact)", "acos asin atan cos exp finite? infinite? log nan? sin sqrt tan"),
    ("(scheme lazy)", "delay delay-force force make-promise promise?"),
    ("(scheme load)", "load"),
    (
        "(scheme process-context)",
        "command-line emergency-exit exit get-environment-variable get-environment-variables",
    ),
    ("(scheme r5rs)", R5RS),
    ("(scheme read)", "read"),
    ("(scheme repl)", "interaction-environment"),
    ("(scheme time)", "current-jiffy current-second jiffies-per-second"),
    ("(scheme write)", "display write write-shared write-simple"),
];

const BASE: &str = "* + - ... / < <= = => > >= _ abs and append apply assoc assq assv begin binary-port? boolean=? \
    boolean? bytevector bytevector-append bytevector-copy bytevector-copy! bytevector-length bytevector-u8-ref \
    bytevector-u8-set! bytevector? caar cadr call-with-current-continuation call-with-port call-with-values call/cc car \
    case cdar cddr cdr ceiling char->integer char-ready? char<=? char<? char=? char>=? char>? char? close-input-port \
    close-output-port close-port complex? cond cond-expand cons current-error-port current-input-port \
    current-output-port define define-record-type define-syntax define-values denominator do dynamic-wind else \
    eof-object eof-object? eq? equal? eqv? error error-object-irritants error-object-message error-object? even? exact \
    exact-integer-sqrt exact-integer? exact? expt features file-error? floor floor-quotient floor-remainder floor/ \
    flush-output-port for-each gcd get-output-bytevector get-output-string guard if include include-ci inexact inexact? \
    input-port-open? input-port? integer->char integer? lambda lcm length let let* let*-values let-syntax let-values \
    letrec letrec* letrec-syntax list list->string list->vector list-copy list-ref list-set! list-tail list? \
    make-bytevector make-list make-parameter make-string make-vector map max member memq memv min modulo negative? \
    newline not null? number->string number? numerator odd? open-input-bytevector open-input-string \
    open-output-bytevector open-output-string or output-port-open? output-port? pair? parameterize peek-char peek-u8 \
    positive? procedure? quasiquote quote quotient raise raise-continuable rational? rationalize read-bytevector \
    read-bytevector! read-char read-error? read-line read-string read-u8 real? remainder reverse round set! set-car! \
    set-cdr! square string string->list string->number string->symbol string->utf8 string->vector string-append \
    string-copy string-copy! string-fill! string-for-each string-length string-map string-ref string-set! string<=? \
    string<? string=? string>=? string>? string? substring symbol->string symbol=? symbol? syntax-error syntax-rules \
    textual-port? truncate truncate-quotient truncate-remainder truncate/ u8-ready? unless unquote unquote-splicing \
    utf8->string values vector vector->list vector->string vector-append vector-copy vector-copy! vector-fill! \
    vector-for-each vector-length vector-map vector-ref vector-set! vector? when with-exception-handler \
    write-bytevector write-char write-string write-u8 zero?";

const R5RS: &str = "* + - / < <= = > >= abs acos and angle append apply asin assoc assq assv atan begin boolean? caaaar \
    caaadr caaar caadar caaddr caadr caar cadaar cadadr cadar caddar cadddr caddr cadr call-with-current-continuation \
    call-with-input-file call-with-output-file call-with-values car case cdaaar cdaadr cdaar cdadar cdaddr cdadr cdar \
    cddaar cddadr cddar cdddar cddddr cdddr cddr cdr ceiling char->integer char-alphabetic? char-ci<=? char-ci<? \
    char-ci=? char-ci>=? char-ci>? char-downcase char-lower-case? char-numeric? char-ready? char-upcase \
    char-upper-case? char-whitespace? char<=? char<? char=? char>=? char>? char? close-input-port close-output-port \
    complex? cond cons cos current-input-port current-output-port define define-syntax delay denominator display do \
    dynamic-wind else => ... _ eof-object? eq? equal? eqv? eval even? exact->inexact exact? exp expt floor for-each force \
    gcd if imag-part inexact->exact inexact? input-port? integer->char integer? interaction-environment lambda lcm length \
    let let* let-syntax letrec letrec-syntax list list->string list->vector list-ref list-tail list? load log magnitude \
    make-polar make-rectangular make-string make-vector map max member memq memv min modulo negative? newline not \
    null-environment null? number->string number? numerator odd? open-input-file open-output-file or output-port? pair? \
    peek-char positive? procedure? quasiquote quote quotient rational? rationalize read read-char real-part real? \
    remainder reverse round scheme-report-environment set! set-car! set-cdr! sin sqrt string string->list string->number \
    string->symbol string-append string-ci<=? string-ci<? string-ci=? string-ci>=? string-ci>? string-copy string-fill! \
    string-length string-ref string-set! string<=? string<? string=? string>=? string>? string? substring symbol->string \
    symbol? syntax-rules tan truncate unquote unquote-splicing values vector vector->list vector-fill! vector-length \
    vector-ref vector-set! vector? with-input-from-file with-output-to-file write write-char zero?";

const CHAR: &str = "char-alphabetic? char-ci<=? char-ci<? char-ci=? char-ci>=? char-ci>? char-downcase char-foldcase \
    char-lower-case? char-numeric? char-upcase char-upper-case? char-whitespace? digit-value string-ci<=? string-ci<? \
    string-ci=? string-ci>=? string-ci>? string-downcase string-foldcase string-upcase";

const CXR: &str = "caaaar caaadr caaar caadar caaddr caadr cadaar cadadr cadar caddar cadddr caddr cdaaar cdaadr cdaar \
    cdadar cdaddr cdadr cddaar cddadr cddar cdddar cddddr cdddr";

const FILE: &str = "call-with-input-file call-with-output-file delete-file file-exists? open-binary-input-file \
    open-binary-output-file open-input-file open-output-file with-input-from-file with-output-to-file";

const CAPABILITY: &str = "capability-denied? capability-kind capability-narrow capability-scope capability? current-capabilities \
    denied-kind denied-scope has-capability? with-capabilities";

const EPHEMERON: &str =
    "ephemeron-broken? ephemeron-datum ephemeron-key ephemeron? make-ephemeron reference-barrier";

const MEMORY: &str = "blob? bytevector->blob ephemeron-broken? ephemeron-datum ephemeron-key ephemeron? gc gc-policy \
    heap-snapshot heap-statistics make-ephemeron make-guardian make-weak-reference object-size reference-barrier \
    weak-reference-value weak-reference?";

/// Libraries that are written in Scheme: name, file, text.
const SOURCES: &[(&str, &str, &str)] = &[
    ("(srfi 1)", "library/srfi/1.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/1.sld"))),
    ("(srfi 2)", "library/srfi/2.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/2.sld"))),
    ("(srfi 8)", "library/srfi/8.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/8.sld"))),
    ("(srfi 26)", "library/srfi/26.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/26.sld"))),
    ("(srfi 28)", "library/srfi/28.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/28.sld"))),
    ("(srfi 64)", "library/srfi/64.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/64.sld"))),
    ("(srfi 69)", "library/srfi/69.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/69.sld"))),
    ("(srfi 95)", "library/srfi/95.sld", include_str!(concat!(env!("OUT_DIR"), "/library/srfi/95.sld"))),
];

/// Libraries of others, and the machine's own.
const OTHERS: &[(&str, Names)] = &[
    ("(scheme sort)", Names::Everything),
    ("(scheme hash-table)", Names::Everything),
    ("(srfi 6)", Names::Listed("get-output-string open-input-string open-output-string")),
    ("(srfi 9)", Names::Listed("define-record-type")),
    ("(srfi 16)", Names::Listed("case-lambda")),
    ("(srfi 23)", Names::Listed("error")),
    ("(srfi 211 explicit-renaming)", Names::Listed("er-macro-transformer identifier?")),
    ("(srfi 39)", Names::Listed("make-parameter parameterize")),
    ("(srfi 124)", Names::Listed(EPHEMERON)),
    ("(physics actor)", Names::Everything),
    ("(physics memory)", Names::Listed(MEMORY)),
    ("(physics performance)", Names::Listed("performance-metrics")),
    ("(physics capability)", Names::Listed(CAPABILITY)),
    ("(physics base)", Names::Everything),
];

/// Second names of libraries.
const ALIASES: &[(&str, &str)] = &[("(scheme list)", "(srfi 1)")];

/// Names of all libraries.
pub fn libraries() -> impl Iterator<Item = &'static str> {
    let listed = R7RS.iter().map(|(name, _)| *name).chain(OTHERS.iter().map(|(name, _)| *name));
    listed.chain(SOURCES.iter().map(|(name, ..)| *name)).chain(ALIASES.iter().map(|(name, _)| *name))
}

/// The name under which the library called `name` is known here.
pub(crate) fn first_name(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, first)| first)
}

/// What the library called `name` exports.
pub fn exports(name: &str) -> Option<Names> {
    match R7RS.iter().find(|(known, _)| *known == name) {
        Some((_, names)) => Some(Names::Listed(names)),
        None => OTHERS.iter().find(|(known, _)| *known == name).map(|(_, names)| *names),
    }
}

/// Names and files of the libraries that are written in Scheme.
pub(crate) fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCES.iter().map(|(name, file, _)| (*name, *file))
}

/// The file that holds the library called `name`, if it is written in Scheme.
pub(crate) fn source(name: &str) -> Option<SourceFile> {
    let found = SOURCES.iter().find(|(known, ..)| *known == name);
    found.map(|(_, file, text)| SourceFile { name: (*file).to_string(), text: (*text).to_string() })
}

/// The file of this name holds a library of ours.
pub fn is_library_file(name: &str) -> bool {
    SOURCES.iter().any(|(_, file, _)| *file == name)
}

/// The library of R7RS-small that exports `name`; that of R5RS's names only if no other has it.
pub fn library_of(name: &str) -> Option<&'static str> {
    let having = R7RS.iter().filter(|(_, names)| names.split_ascii_whitespace().any(|known| known == name));
    having.map(|(library, _)| *library).min_by_key(|library| *library == "(scheme r5rs)")
}

/// The document that says which names of R7RS-small this machine has.
pub fn conformance_markdown(builtins: &Builtins) -> String {
    let is_there = |name: &&str| Core::named(name).is_some() || builtins.get(name).is_some();
    let mut table = String::new();
    let (mut there_in_all, mut all) = (0, 0);
    for (library, names) in R7RS {
        let names: Vec<&str> = names.split_ascii_whitespace().collect();
        let missing: Vec<&str> = names.iter().copied().filter(|name| !is_there(name)).collect();
        let there = names.len() - missing.len();
        there_in_all += there;
        all += names.len();
        let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        table.push_str(&format!("| `{library}` | {there} of {} | {} |\n", names.len(), missing.join(" ")));
    }
    format!(
        "# Conformance\n\nWritten by a test; do not edit. {there_in_all} of {all} bindings of the libraries of R7RS-small \
         are there.\n\n| library | bindings | missing |\n|---|---|---|\n{table}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_the_quoted_words_of_their_file() {
        let names: Vec<&str> = features().collect();
        assert!(names.contains(&"r7rs") && names.contains(&"srfi-95") && names.len() > 15, "{names:?}");
        assert!(names.iter().all(|name| !name.contains(['(', ')', '\'', ';'])), "{names:?}");
    }
}
