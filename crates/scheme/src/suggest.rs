//! "Did you mean": the known name nearest to an unknown one.

/// The nearest of `names` to `unknown`, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(unknown: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = unknown.chars().collect();
    let limit = match wanted.len() {
        // Any name of one letter would be as near.
        0 | 1 => return None,
        2..=4 => 1,
        5..=7 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for name in names {
        let bound = best.map_or(limit, |(distance, _)| distance.saturating_sub(1).max(1));
        let Some(distance) = distance(&wanted, name, bound) else { continue };
        let better = best.is_none_or(|(least, held)| distance < least || (distance == least && name < held));
        if distance > 0 && distance < wanted.len().max(2) && better {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Names of other languages and dialects, and what they are called here.
const FOREIGN: &[(&str, &str)] = &[
    ("print", "`display` writes a value, `newline` ends the line"),
    ("println", "`display` writes a value, `newline` ends the line"),
    ("printf", "`display` writes a value, `newline` ends the line"),
    ("setq", "a variable is assigned with `set!`"),
    ("setf", "a variable is assigned with `set!`"),
    ("defun", "a procedure is defined with `(define (name parameter ...) body ...)`"),
    ("def", "a variable is defined with `define`"),
    ("defn", "a procedure is defined with `(define (name parameter ...) body ...)`"),
    ("fn", "a procedure is made with `lambda`"),
    ("function", "a procedure is made with `lambda`"),
    ("progn", "expressions in order are `(begin expression ...)`"),
    ("return", "a procedure answers the value of its last expression; there is no `return`"),
    ("nil", "the empty list is `'()`, false is `#f`"),
    ("null", "the empty list is `'()`"),
    ("true", "true is `#t`"),
    ("false", "false is `#f`"),
    ("True", "true is `#t`"),
    ("False", "false is `#f`"),
    ("else-if", "`cond` has a clause for each case"),
    ("elif", "`cond` has a clause for each case"),
    ("==", "numbers are compared with `=`, other data with `equal?`"),
    ("!=", "write `(not (= a b))`"),
    ("&&", "write `(and a b)`"),
    ("||", "write `(or a b)`"),
    ("%", "the remainder is `(modulo a b)`"),
    ("mod", "the remainder is `(modulo a b)`"),
    ("pow", "powers are `(expt base exponent)`"),
    ("concat", "strings are joined with `string-append`, lists with `append`"),
    ("len", "it is `length`, `string-length` or `vector-length`"),
    ("size", "it is `length`, `string-length` or `vector-length`"),
    ("isinstance", "predicates such as `number?` and `string?` ask for types"),
    ("foreach", "it is `for-each`"),
    ("try", "errors are handled with `(guard (e (test expression ...) ...) body ...)`"),
    ("throw", "errors are raised with `(error message value ...)` or `raise`"),
];

/// What a name of another language or dialect is here.
pub(crate) fn foreign(name: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(known, _)| *known == name).map(|(_, meant)| *meant)
}

/// Edit distance with transpositions (optimal string alignment), or `None` when it exceeds `limit`.
fn distance(wanted: &[char], name: &str, limit: usize) -> Option<usize> {
    let name: Vec<char> = name.chars().collect();
    if wanted.len().abs_diff(name.len()) > limit {
        return None;
    }
    let width = name.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    let mut row = vec![0; width];
    for (i, a) in wanted.iter().enumerate() {
        row[0] = i + 1;
        for (j, b) in name.iter().enumerate() {
            let mut least = (above[j] + usize::from(a != b)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == name[j - 1] && wanted[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    Some(above[name.len()]).filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let names = ["display", "newline", "car", "cdr", "vector-ref", "list"];
        assert_eq!(nearest("dispaly", names.into_iter()), Some("display"));
        assert_eq!(nearest("vectr-ref", names.into_iter()), Some("vector-ref"));
        assert_eq!(nearest("lst", names.into_iter()), Some("list"));
        assert_eq!(nearest("frobnicate", names.into_iter()), None);
        assert_eq!(nearest("x", ["!", "y"].into_iter()), None);
    }
}
