//! Unquoting of words while they are typed.

use crate::expand::cstring::decode_dollar_single;

/// Returns the bytes that an incomplete word of a command means so far, whether or not its last quote is closed.
/// Returns none if it contains values or patterns, which are unknown before the run.
/// [`diag::quote_word`](crate::diag::quote_word) is the inverse.
///
/// ```
/// use pipewright::dialog::unquote;
///
/// assert_eq!(unquote("two\\ words").as_deref(), Some(&b"two words"[..]));
/// assert_eq!(unquote("'two wo").as_deref(), Some(&b"two wo"[..]));
/// assert_eq!(unquote("\"$x\""), None);
/// ```
pub fn unquote(word: &str) -> Option<Vec<u8>> {
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

/// Returns the end of the text of a `$'…'`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::quote_word;

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
            assert_eq!(unquote(word).unwrap_or_default(), bytes, "{word}");
        }
        for word in ["$x", "a*", "\"$x", "`x", "\\"] {
            assert_eq!(unquote(word), None, "{word}");
        }
    }

    #[test]
    fn quoted_words_read_back_unchanged() {
        for text in [
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
            assert_eq!(unquote(&quote_word(text)).as_deref(), Some(text), "{}", quote_word(text));
        }
    }
}
