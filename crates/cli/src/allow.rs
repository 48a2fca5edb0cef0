//! `--allow`: what a program may do outside of its world.
//!
//! 1. What makes no sense is refused; nothing is allowed that was not asked for.

use protocol::{ENVIRONMENT, Endowment, FILE_READ, FILE_WRITE, Grant};

/// What the option takes.
pub(crate) const EXPECTED: &str = "read[=PATH], write[=PATH], env[=NAME] or all";

/// The words for kinds, what they stand for, and what their scope is called.
const KINDS: [(&str, &str, &str); 3] = [
    ("read", FILE_READ, "a path"),
    ("write", FILE_WRITE, "a path"),
    ("env", ENVIRONMENT, "a variable's name"),
];

/// Reads the option's value: kinds with or without a scope, divided by commas.
///
/// # Errors
/// What was expected.
pub(crate) fn parse(text: &str) -> Result<Vec<Grant>, String> {
    let mut grants = Vec::new();
    for part in text.split(',') {
        let (word, scope) = match part.split_once('=') {
            Some((word, scope)) => (word, Some(scope)),
            None => (part, None),
        };
        if word == "all" && scope.is_none() {
            grants.extend(KINDS.iter().map(|(_, kind, _)| grant(kind, "")));
            continue;
        }
        let Some((_, kind, what)) = KINDS.iter().find(|(name, ..)| *name == word) else {
            return Err(match scope {
                Some(_) if word == "all" => format!("--allow all takes no `=`, not `{part}`"),
                _ => format!("--allow: there is no `{word}`; expected {EXPECTED}"),
            });
        };
        if scope.is_some_and(|scope| scope.is_empty() || scope.contains('\0')) {
            return Err(format!("--allow {word}= expects {what} after it; `{word}` alone allows all"));
        }
        grants.push(grant(kind, scope.unwrap_or_default()));
    }
    Ok(grants)
}

fn grant(kind: &str, scope: &str) -> Grant {
    Grant { kind: kind.to_string(), scope: scope.to_string() }
}

/// What a program starts with that has `grants` and the command line `arguments`.
///
/// # Errors
/// When the current folder is of no use.
pub(crate) fn endowment(grants: &[Grant], arguments: Vec<String>) -> Result<Endowment, String> {
    let folder = std::env::current_dir().map_err(|error| format!("the current folder: {error}"))?;
    let allowed = |name: &str| {
        grants
            .iter()
            .any(|grant| grant.kind == ENVIRONMENT && (grant.scope.is_empty() || grant.scope == name))
    };
    let variables = std::env::vars_os();
    let environment = variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| allowed(name))
        .collect();
    Ok(Endowment {
        grants: grants.to_vec(),
        asks: false,
        arguments,
        environment,
        folder: folder.to_string_lossy().into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_with_and_without_a_scope() {
        let all = [grant(FILE_READ, ""), grant(FILE_WRITE, ""), grant(ENVIRONMENT, "")];
        assert_eq!(parse("all").as_deref(), Ok(&all[..]));
        assert_eq!(parse("read,write,env").as_deref(), Ok(&all[..]));
        let some = [grant(FILE_READ, "a=b"), grant(ENVIRONMENT, "HOME")];
        assert_eq!(parse("read=a=b,env=HOME").as_deref(), Ok(&some[..]));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, wanted) in [
            ("", "there is no ``; expected read[=PATH]"),
            ("read=", "--allow read= expects a path after it"),
            ("env=", "--allow env= expects a variable's name after it"),
            ("all=x", "--allow all takes no `=`"),
            ("read,,write", "there is no ``"),
            ("Read", "there is no `Read`"),
        ] {
            assert!(parse(text).is_err_and(|error| error.contains(wanted)), "{text}");
        }
    }
}
