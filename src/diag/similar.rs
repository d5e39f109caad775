//! Names that look alike, for "did you mean".

/// How many letters differ between two names; none when it is more than a third of them.
pub fn distance(a: &str, b: &str) -> Option<usize> {
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
