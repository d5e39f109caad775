//! Patterns in a word, which Tab replaces by the files that they match.

use super::word::quoted;
use super::{Candidate, World};
use pipewright::dialog::unquote;

/// The largest number of files that replace a pattern.
const MOST: usize = 200;

/// Returns a candidate with all files that a pattern matches, if the word is a pattern without quotes and values.
pub fn expanded(word: &str, world: &dyn World) -> Option<Candidate> {
    let is_pattern = word.contains(['*', '?', '[']) && !word.contains("**");
    if !is_pattern || word.contains(['\'', '"', '\\', '$', '`', '{', '(']) || word.starts_with('~') {
        return None;
    }
    let mut found = vec![Vec::new()];
    let parts: Vec<&str> = word.split('/').collect();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        let end: &[u8] = if is_last { b"" } else { b"/" };
        if !part.contains(['*', '?', '[']) {
            found.iter_mut().for_each(|path: &mut Vec<u8>| path.extend([part.as_bytes(), end].concat()));
            continue;
        }
        let mut next = Vec::new();
        for path in &found {
            let files = world.list(path).into_iter().filter(|file| {
                let is_hidden = file.name.starts_with(b".") && !part.starts_with('.');
                !is_hidden && (is_last || file.is_directory) && matches(part.as_bytes(), &file.name)
            });
            next.extend(files.map(|file| [path, &*file.name, end].concat()));
            if next.len() > MOST {
                return None;
            }
        }
        next.sort();
        found = next;
    }
    // A name behind a pattern may not exist.
    if found.is_empty() || unquote(parts.last()?).is_some() {
        return None;
    }
    let text = found.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(" ");
    Some(Candidate { name: text.clone(), text: text + " ", note: String::new() })
}

/// Returns whether a pattern of one name matches it (glob(7)).
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| matches(rest, &name[at..])),
        ([b'?', rest @ ..], [_, after @ ..]) => matches(rest, after),
        ([b'[', rest @ ..], [first, after @ ..]) => match set(rest) {
            Some((set, is_not, rest)) => (contains(set, *first) != is_not) && matches(rest, after),
            None => *first == b'[' && matches(rest, after),
        },
        ([letter, rest @ ..], [first, after @ ..]) => letter == first && matches(rest, after),
        (_, []) => false,
    }
}

/// Returns the letters of `[…]`, whether it is negated, and the pattern after it.
fn set(pattern: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let is_not = pattern.first().is_some_and(|first| b"!^".contains(first));
    let inside = &pattern[usize::from(is_not)..];
    // A bracket in the first place is a letter.
    let end = inside.iter().skip(1).position(|letter| *letter == b']')? + 1;
    Some((&inside[..end], is_not, &inside[end + 1..]))
}

fn contains(set: &[u8], letter: u8) -> bool {
    match set {
        [from, b'-', to, rest @ ..] => (*from..=*to).contains(&letter) || contains(rest, letter),
        [one, rest @ ..] => *one == letter || contains(rest, letter),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_in_glob() {
        for (pattern, name, expected) in [
            ("*.rs", "main.rs", true),
            ("*.rs", "main.r", false),
            ("m?in*", "main.rs", true),
            ("[a-n]*", "main", true),
            ("[!a-n]*", "main", false),
            ("[]x]", "]", true),
            ("[", "[", true),
            ("a*b*c", "aXbYc", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
