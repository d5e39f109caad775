//! Names that look alike, for "did you mean".

/// The candidate that looks most like a name, if one does; of those that are equally near the first of the alphabet, so
/// that a message is the same in each run, whatever order the candidates come in.
pub fn similar<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let near = candidates.into_iter().filter_map(|known| Some((distance(name, known)?, known)));
    near.min().map(|(_, known)| known)
}

/// How many letters differ between two names; none when it is more than a third of them.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let most = a.len().max(b.len());
    if a.len().abs_diff(b.len()) > most / 3 || !(2..=64).contains(&most) {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let cost = usize::from(!x.eq_ignore_ascii_case(y));
            let next = (diagonal + cost).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    (row[b.len()] <= (most / 3).max(1)).then_some(row[b.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_taken_in_any_order() {
        assert_eq!(similar("retires", ["entries", "retries", "retry"]), Some("retries"));
        assert_eq!(similar("cat", ["hat", "bat"]), Some("bat"));
        assert_eq!(similar("cat", ["bat", "hat"]), Some("bat"));
        assert_eq!(similar("LENGTH", ["length"]), Some("length"));
        assert_eq!(similar("deploy", ["build", "test"]), None);
    }
}
