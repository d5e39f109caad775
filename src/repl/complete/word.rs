//! Words as they are typed and as they are completed: unquoted, and quoted again.

use crate::diag::quote_word;
use crate::expand::cstring::decode_dollar_single;

/// The bytes that a word means as far as it is typed, its last quote open or not; none when it has values or patterns
/// in it, which are not known before it runs.
pub fn unquoted(word: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = word;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        match letter {
            '\'' => {
                let (inside, next) = after.split_once('\'').unwrap_or((after, ""));
                out.extend_from_slice(inside.as_bytes());
                rest = next;
            }
            '$' if after.starts_with('\'') => {
                let inside = &after[1..];
                let end = end_of_escapes(inside);
                out.extend(decode_dollar_single(&inside.as_bytes()[..end], false).ok()?);
                rest = inside.get(end + 1..).unwrap_or_default();
            }
            '"' => {
                let mut letters = after.char_indices();
                rest = "";
                while let Some((at, letter)) = letters.next() {
                    match letter {
                        '"' => {
                            rest = &after[at + 1..];
                            break;
                        }
                        '$' | '`' => return None,
                        '\\' => out.extend(letters.next()?.1.to_string().bytes()),
                        other => out.extend(other.to_string().bytes()),
                    }
                }
            }
            '\\' => {
                let next = after.chars().next()?;
                out.extend(next.to_string().bytes());
                rest = &after[next.len_utf8()..];
            }
            '$' | '`' | '*' | '?' | '[' => return None,
            other => {
                out.extend(other.to_string().bytes());
                rest = after;
            }
        }
    }
    Some(out)
}

/// Where the text of a `$'…'` ends.
fn end_of_escapes(text: &str) -> usize {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' => return at,
            '\\' => drop(letters.next()),
            _ => {}
        }
    }
    text.len()
}

/// A path as an argument that means it, byte for byte, to every program: never an option, never a home.
pub fn quoted(path: &[u8]) -> String {
    // The tilde that was typed stands for the home, and only bare.
    if let Some(rest) = path.strip_prefix(b"~/") {
        let rest = if rest.is_empty() { String::new() } else { quote_word(rest) };
        return format!("~/{rest}");
    }
    if path.starts_with(b"-") {
        return quote_word(&[b"./", path].concat());
    }
    quote_word(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_far_as_they_are_typed() {
        for (word, bytes) in [
            ("plain", &b"plain"[..]),
            ("'two words", b"two words"),
            ("'two words'/x", b"two words/x"),
            ("\"it's $", b""),
            ("\"a \\\"b", b"a \"b"),
            ("a\\ b", b"a b"),
            ("$'a\\nb", b"a\nb"),
            ("$'it\\'s'x", b"it'sx"),
        ] {
            assert_eq!(unquoted(word).unwrap_or_default(), bytes, "{word}");
        }
        for word in ["$x", "a*", "\"$x", "`x", "\\"] {
            assert_eq!(unquoted(word), None, "{word}");
        }
    }

    #[test]
    fn what_is_quoted_reads_back() {
        for path in [
            &b"plain.txt"[..],
            b"two words",
            b"it's",
            b"$HOME",
            b"a\nb",
            b"\xff\xfe",
            b"#x",
            b"a;b",
            b"*",
            b"{a,b}",
            b"a\\b",
            b"\"",
            b"=",
            b"\x1b[2J",
        ] {
            assert_eq!(unquoted(&quoted(path)).as_deref(), Some(path), "{}", quoted(path));
        }
        assert_eq!(quoted(b"-rf"), "./-rf");
        assert_eq!(quoted(b"-r f"), "'./-r f'");
        assert_eq!(quoted(b"~/two words"), "~/'two words'");
        assert_eq!(quoted(b"~x"), "'~x'");
    }
}
