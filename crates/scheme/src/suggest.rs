//! "Did you mean": the known name nearest to an unknown one.

/// The nearest of `names` to `unknown`, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(unknown: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = unknown.chars().collect();
    let limit = match wanted.len() {
        0..=2 => 1,
        3..=5 => 2,
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
    }
}
