//! Similar names, for "did you mean".

/// Returns the candidate that is most similar to a name, if one is similar. Of equally similar candidates, returns
/// the first in alphabetical order, so that a message is the same in each run, whatever the order of the
/// candidates.
pub fn similar<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let near = candidates.into_iter().filter_map(|known| Some((distance(name, known)?, known)));
    near.min().map(|(_, known)| known)
}

/// Returns all the candidates that are most similar to a name, in alphabetical order.
pub fn all_similar<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let mut near: Vec<(usize, &str)> =
        candidates.into_iter().filter_map(|known| Some((distance(name, known)?, known))).collect();
    near.sort_unstable();
    near.dedup();
    let least = near.first().map_or(0, |(least, _)| *least);
    near.into_iter().take_while(|(distance, _)| *distance == least).map(|(_, known)| known).collect()
}

/// Returns how many letters differ between two names, where two swapped letters count as one; none if it is more
/// than a third of them.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let most = a.len().max(b.len());
    if a.len().abs_diff(b.len()) > most / 3 || !(2..=64).contains(&most) {
        return None;
    }
    let same = |i: usize, j: usize| a[i].eq_ignore_ascii_case(&b[j]);
    // The rows of the letters of `a`: the last but one, the last, and this one.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(!same(i, j));
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j) {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    (last[b.len()] <= (most / 3).max(1)).then_some(last[b.len()])
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
        // Two swapped letters are one mistake.
        assert_eq!(similar("gti", ["tie", "git"]), Some("git"));
        assert_eq!(all_similar("ls2", ["lsb", "ls", "lst", "ls", "cat"]), ["ls", "lsb", "lst"]);
    }
}
