//! The way in which a typed text has to agree with a candidate: exactly, else nearly.

/// How a name agrees with a typed text, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    Begins,
    /// It begins so with other capitals.
    BeginsLower,
    /// It contains the text, with any capitals.
    Contains,
}

fn near(name: &[u8], typed: &[u8]) -> Option<Near> {
    if name.starts_with(typed) {
        return Some(Near::Begins);
    }
    let (name, typed) = (name.to_ascii_lowercase(), typed.to_ascii_lowercase());
    if name.starts_with(&typed) {
        return Some(Near::BeginsLower);
    }
    // One letter is in too many names.
    (typed.len() > 1 && memchr::memmem::find(&name, &typed).is_some()).then_some(Near::Contains)
}

/// Returns the candidates that agree best with a typed text: those that begin so, else those that begin so with other
/// capitals, else those that contain it.
pub fn nearest<T>(
    candidates: impl IntoIterator<Item = T>,
    typed: &[u8],
    name: impl Fn(&T) -> &[u8],
) -> Vec<T> {
    let mut found: Vec<(Near, T)> =
        candidates.into_iter().filter_map(|one| Some((near(name(&one), typed)?, one))).collect();
    let best = found.iter().map(|(near, _)| *near).min();
    found.retain(|(near, _)| Some(*near) == best);
    found.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_beginnings_hide_what_is_only_near() {
        let find =
            |typed: &str| nearest(["README.md", "readable", "bread"], typed.as_bytes(), |one| one.as_bytes());
        assert_eq!(find("re"), ["readable"]);
        assert_eq!(find("readm"), ["README.md"]);
        assert_eq!(find("EAD"), ["README.md", "readable", "bread"]);
        assert_eq!(find("x"), [""; 0]);
        assert_eq!(find("").len(), 3);
    }
}
