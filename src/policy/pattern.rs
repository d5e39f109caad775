//! The patterns of rules. In paths, `*` and `?` stop at a slash, and `**` does not.

use super::rules::PatternError;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// A pattern for names and arguments: `*` matches any text, `?` any byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Vec<u8>);

impl Text {
    pub fn matches(&self, text: &[u8]) -> bool {
        matches(&self.0, text, false)
    }
}

/// A pattern for paths.
#[derive(Clone, Debug)]
pub struct PathPattern {
    written: String,
    pattern: Vec<u8>,
}

impl PathPattern {
    /// Creates a pattern. Symbolic links in the part before its first `*` or `?` are followed now,
    /// except, with `keep`, in the last component.
    ///
    /// # Errors
    /// Fails if the path is not absolute or contains `..`.
    pub fn new(text: &str, keep: bool) -> Result<Self, PatternError> {
        let path = Path::new(text);
        if !path.is_absolute() {
            return Err(PatternError(format!("`{text}` is not absolute")));
        }
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(PatternError(format!("`{text}` has a `..`")));
        }
        let special = |part: &Component<'_>| part.as_os_str().as_bytes().iter().any(|b| b"*?".contains(b));
        let plain: PathBuf = path.components().take_while(|part| !special(part)).collect();
        let mut rest = path.components().skip_while(|part| !special(part)).collect::<PathBuf>();
        let mut pattern = match plain.file_name() {
            Some(name) if keep && rest.as_os_str().is_empty() => {
                rest.push(name);
                resolved(plain.parent().unwrap_or(Path::new("/")))
            }
            _ => resolved(&plain),
        };
        if !rest.as_os_str().is_empty() {
            pattern.push(rest);
        }
        Ok(Self { written: text.to_string(), pattern: pattern.into_os_string().into_vec() })
    }

    pub fn is_wildcard(&self) -> bool {
        self.pattern.iter().any(|byte| b"*?".contains(byte))
    }

    /// Returns whether a path without symbolic links matches. `/a/**` matches `/a` and everything below
    /// it.
    pub fn matches(&self, path: &Path) -> bool {
        let path = path.as_os_str().as_bytes();
        matches(&self.pattern, path, true)
            || self
                .pattern
                .strip_suffix(b"/**")
                .is_some_and(|base| matches(if base.is_empty() { b"/" } else { base }, path, true))
    }

    pub fn written(&self) -> &str {
        &self.written
    }
}

/// Returns a path with the symbolic links followed in the part that exists.
pub fn resolved(path: &Path) -> PathBuf {
    let mut there = path.to_path_buf();
    let mut rest: Vec<OsString> = Vec::new();
    loop {
        if let Ok(mut found) = std::fs::canonicalize(&there) {
            found.extend(rest.iter().rev());
            return found;
        }
        // A link that leads nowhere is the place where a file would be created.
        if let Ok(target) = std::fs::read_link(&there)
            && rest.len() < 64
        {
            let parent = there.parent().unwrap_or(Path::new("/")).to_path_buf();
            let mut found = resolved_once(&parent.join(target));
            found.extend(rest.iter().rev());
            return found;
        }
        match (there.parent().map(Path::to_path_buf), there.components().next_back()) {
            // A directory that does not exist has no parent.
            (_, Some(Component::ParentDir)) => return PathBuf::new(),
            (Some(parent), Some(last)) => {
                rest.push(last.as_os_str().to_os_string());
                there = parent;
            }
            _ => return path.to_path_buf(),
        }
    }
}

/// Returns the target of a link that leads nowhere. A chain of such links is not followed further,
/// since no rule matches it.
fn resolved_once(path: &Path) -> PathBuf {
    match (path.parent().and_then(|parent| std::fs::canonicalize(parent).ok()), path.file_name()) {
        (Some(parent), Some(name)) if std::fs::read_link(parent.join(name)).is_err() => parent.join(name),
        _ => PathBuf::new(),
    }
}

/// Matches a pattern, in time of at most the product of the lengths.
fn matches(pattern: &[u8], text: &[u8], path: bool) -> bool {
    // The lengths of the text that the pattern up to here can match.
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        match pattern[at] {
            b'*' => {
                let double = path && pattern.get(at + 1) == Some(&b'*');
                at += usize::from(double);
                for end in 1..=text.len() {
                    let passes = !path || double || text[end - 1] != b'/';
                    reach[end] = reach[end] || (reach[end - 1] && passes);
                }
            }
            byte => {
                for end in (1..=text.len()).rev() {
                    let fits = match byte {
                        b'?' => !path || text[end - 1] != b'/',
                        byte => text[end - 1] == byte,
                    };
                    reach[end] = reach[end - 1] && fits;
                }
                reach[0] = false;
            }
        }
        at += 1;
    }
    reach[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stops_at_a_slash_and_two_do_not() {
        for (pattern, text, path, expected) in [
            ("a*", "abc", false, true),
            ("a*c", "a/c", false, true),
            ("a*c", "a/c", true, false),
            ("a**c", "a/b/c", true, true),
            ("?", "/", true, false),
            ("", "", true, true),
            ("*", "", false, true),
            ("abc", "ab", false, false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), path), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn two_stars_at_the_end_are_the_directory_too() {
        let below = PathPattern::new("/usr/**", false).unwrap();
        for (path, expected) in [("/usr", true), ("/usr/a/b", true), ("/usrx", false), ("/", false)] {
            assert_eq!(below.matches(Path::new(path)), expected, "{path}");
        }
        assert!(PathPattern::new("/**", false).unwrap().matches(Path::new("/")));
        assert!(PathPattern::new("usr", false).is_err());
        assert!(PathPattern::new("/usr/../etc", false).is_err());
    }
}
