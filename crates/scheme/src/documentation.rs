//! What every name of the machine is for: signature and one line, from `library/documentation.txt`.
//!
//! 1. A test keeps the text complete, without names that do not exist, and in agreement with how many arguments each
//!    procedure takes.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The text; see its head for the notation.
const TEXT: &str = include_str!("../library/documentation.txt");

/// What a name is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// How it is written: `(name parameter ...)`, or the name alone.
    pub signature: String,
    /// One line.
    pub text: String,
}

/// The documentation of `name` as `library` has it; every library but the SRFIs written in Scheme shares the machine's
/// names.
pub fn documentation(name: &str, library: Option<&str>) -> Option<Documentation> {
    let entries = entries();
    let own = library.and_then(|library| entries.get(&(library, name)));
    if let Some((signature, text)) = own.or_else(|| entries.get(&("", name))) {
        return Some(Documentation { signature: (*signature).to_string(), text: (*text).to_string() });
    }
    let path = name.strip_prefix('c')?.strip_suffix('r')?;
    if !(2..=4).contains(&path.len()) || path.contains(|letter| letter != 'a' && letter != 'd') {
        return None;
    }
    let mut part = "pair".to_string();
    for letter in path.chars().rev() {
        part = format!("(c{letter}r {part})");
    }
    Some(Documentation { signature: format!("({name} pair)"), text: format!("The same as {part}.") })
}

type Entries = HashMap<(&'static str, &'static str), (&'static str, &'static str)>;

/// By library, empty for the machine's own, and name.
fn entries() -> &'static Entries {
    static ENTRIES: OnceLock<Entries> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let mut entries = Entries::new();
        let mut library = "";
        for line in TEXT.lines() {
            if let Some(section) = line.strip_prefix("# ") {
                library = if section.starts_with('(') { section } else { "" };
            } else if let Some((signature, text)) = line.split_once("  ").filter(|_| !line.starts_with(';')) {
                let name = signature.trim_start_matches('(').split([' ', ')']).next().unwrap_or_default();
                entries.insert((library, name), (signature, text));
            }
        }
        entries
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtins::BuiltinKind;
    use crate::expand::Core;
    use crate::{reader, standard};
    use std::collections::HashSet;

    /// Fewest and most operands of a signature.
    fn operands(signature: &str) -> (usize, Option<usize>) {
        let inside = signature.trim_start_matches('(').trim_end_matches(')');
        let (mut least, mut most, mut optional) = (0, Some(0), false);
        for word in inside.split(' ').skip(1) {
            if word == "..." {
                // What stands before it may be left out too.
                least -= usize::from(!optional);
                most = None;
                continue;
            }
            optional |= word.starts_with('[');
            least += usize::from(!optional);
            most = most.map(|most| most + 1);
            optional &= !word.ends_with(']');
        }
        (least, most)
    }

    /// Names that a library written in Scheme exports.
    fn exports(text: &str) -> Vec<String> {
        let mut interner = crate::syntax::Interner::new();
        let forms = reader::read(text, 0, &mut interner).expect("it reads");
        let name = |syntax: &crate::syntax::Syntax| {
            let last = syntax.as_list().and_then(<[_]>::last).unwrap_or(syntax);
            interner.name(last.as_identifier().expect("a name").symbol).to_string()
        };
        let declarations = forms[0].as_list().expect("a library");
        let export = declarations[2].as_list().expect("its exports come first");
        export[1..].iter().map(name).collect()
    }

    #[test]
    fn every_name_is_documented_and_every_documented_name_is_there() {
        let (_, builtins) = crate::standard().expect("the library compiles");
        let mut wanted: HashSet<(String, String)> =
            Core::names().map(|name| (String::new(), name.into())).collect();
        wanted.extend(
            builtins
                .iter()
                .filter(|builtin| !builtin.name.starts_with('%'))
                .map(|builtin| (String::new(), builtin.name.clone())),
        );
        for (_, names) in standard::R7RS {
            for name in names.split_ascii_whitespace().filter(|name| builtins.get(name).is_some()) {
                assert!(wanted.contains(&(String::new(), name.to_string())), "{name}");
            }
        }
        let mut missing: Vec<String> = wanted
            .iter()
            .filter(|(library, name)| documentation(name, Some(library.as_str())).is_none())
            .map(|(_, name)| name.clone())
            .collect();
        for (library, _) in standard::sources() {
            let source = standard::source(library).expect("a source");
            for name in exports(&source.text) {
                if documentation(&name, Some(library)).is_none() {
                    missing.push(format!("{library} {name}"));
                }
                wanted.insert((library.to_string(), name));
            }
        }
        missing.sort();
        assert!(missing.is_empty(), "{} names are not documented: {missing:?}", missing.len());
        let mut strange: Vec<_> = entries()
            .keys()
            .filter(|(library, name)| !wanted.contains(&(library.to_string(), name.to_string())))
            .collect();
        strange.sort();
        assert!(strange.is_empty(), "documented, and not there: {strange:?}");
    }

    #[test]
    fn signatures_agree_with_arities() {
        let (_, builtins) = crate::standard().expect("the library compiles");
        for builtin in builtins.iter().filter(|builtin| !builtin.name.starts_with('%')) {
            let Documentation { signature, text } =
                documentation(&builtin.name, None).expect("it is documented");
            let (least, most) = operands(&signature);
            let arity = builtin.arity;
            let is_free = builtin.kind == BuiltinKind::Library && arity.max.is_none();
            assert!(
                least == usize::from(arity.min) || (is_free && least >= usize::from(arity.min)),
                "{signature}: {} is the least",
                arity.min
            );
            assert!(
                is_free || most == arity.max.map(usize::from),
                "{signature}: {:?} is the most",
                arity.max
            );
            assert!(text.ends_with(['.', '?']), "{signature}: {text}");
        }
    }

    #[test]
    fn the_text_stays_small() {
        assert!(TEXT.len() < 60_000, "{} bytes", TEXT.len());
        assert!(TEXT.lines().all(|line| line.len() < 300));
    }

    #[test]
    fn parts_of_pairs_are_described_by_their_names() {
        let caddr = documentation("caddr", None).expect("it is documented");
        assert_eq!(caddr.text, "The same as (car (cdr (cdr pair))).");
        assert_eq!(documentation("cr", None), None);
        assert_eq!(documentation("cxr", None), None);
    }
}
