//! The escapes of `$'…'`: those of bash (POSIX.1-2024, 2.2.4), with errors for ambiguous ones.
//!
//! bash keeps the backslash of an unknown escape and silently cuts the string at a NUL. Both hide a
//! mistake: `$'C:\temp\users'` loses a letter to `\t` and keeps the rest. Here both are errors.

use std::ops::Range;

/// The error of an invalid `$'…'` string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscapeError {
    /// The bytes of the text that cause it.
    pub range: Range<usize>,
    /// The message, with the text to write instead.
    pub message: String,
}

/// Returns the bytes of `text`, which is between `$'` and `'`.
///
/// The escapes are `\a \b \e \E \f \n \r \t \v \\ \' \" \?`, `\nnn` (one to three octal digits), `\xHH`
/// (one or two), `\uHHHH` and `\UHHHHHHHH` (one to four or eight; encoded as UTF-8) and `\cx` (a control
/// byte).
///
/// # Errors
/// Fails for an unknown or unfinished escape, a number that does not fit a byte or is not a character,
/// and, unless `nul` allows it, NUL.
pub fn decode_dollar_single(text: &[u8], nul: bool) -> Result<Vec<u8>, EscapeError> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let start = at;
        at += 1;
        if byte != b'\\' {
            if byte == 0 && !nul {
                return Err(no_nul(start..at));
            }
            out.push(byte);
            continue;
        }
        let fail =
            |end: usize, message: &str| Err(EscapeError { range: start..end, message: message.to_owned() });
        let Some(&kind) = text.get(at) else { return fail(at, "nothing follows this backslash") };
        at += 1;
        let value = match kind {
            b'a' => 0x07,
            b'b' => 0x08,
            b'e' | b'E' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'\'' | b'"' | b'?' => kind,
            b'0'..=b'7' => {
                at -= 1;
                let (value, end) = digits(text, at, 3, 8);
                at = end;
                match u8::try_from(value) {
                    Ok(value) => value,
                    Err(_) => return fail(at, "a byte is at most \\377"),
                }
            }
            b'x' => {
                let (value, end) = digits(text, at, 2, 16);
                if end == at {
                    return fail(at, "\\x needs one or two hexadecimal digits");
                }
                at = end;
                value as u8
            }
            b'u' | b'U' => {
                let (value, end) = digits(text, at, if kind == b'u' { 4 } else { 8 }, 16);
                if end == at {
                    return fail(at, &format!("\\{} needs hexadecimal digits", kind as char));
                }
                at = end;
                let Some(char) = char::from_u32(value) else {
                    return fail(at, &format!("U+{value:04X} is not a Unicode character"));
                };
                if char != '\0' {
                    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                0
            }
            b'c' => match text.get(at..) {
                Some([b'\\', b'\\', ..]) => {
                    at += 2;
                    0x1c
                }
                Some([b'?', ..]) => {
                    at += 1;
                    0x7f
                }
                Some([letter @ (b'@'..=b'[' | b']'..=b'_' | b'a'..=b'z'), ..]) => {
                    at += 1;
                    letter & 0x1f
                }
                _ => return fail(at, "\\c needs one of @ A-Z [ \\\\ ] ^ _ ?"),
            },
            _ => {
                let end = start + 1 + char_len(&text[start + 1..]);
                return fail(end, "unknown escape: write \\\\ for a backslash");
            }
        };
        if value == 0 && !nul {
            return Err(no_nul(start..at));
        }
        out.push(value);
    }
    Ok(out)
}

fn no_nul(range: Range<usize>) -> EscapeError {
    EscapeError { range, message: "a NUL byte can't be part of an argument or a file's name".to_owned() }
}

/// Returns the number from at most `most` digits of `radix` at `at`, and their end.
fn digits(text: &[u8], at: usize, most: usize, radix: u32) -> (u32, usize) {
    let mut value = 0_u32;
    let mut end = at;
    while end < text.len() && end - at < most {
        let Some(digit) = (text[end] as char).to_digit(radix) else { break };
        value = (value << radix.trailing_zeros()) | digit;
        end += 1;
    }
    (value, end)
}

/// Returns the number of bytes of the first character, so that an error never points into the middle of
/// one.
fn char_len(text: &[u8]) -> usize {
    match text.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) {
        Some(char) => char.len_utf8(),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::testing::{Choices, run_shell};

    #[test]
    fn every_escape_means_what_it_means_in_bash() {
        let items = [
            "\\a",
            "\\b",
            "\\e",
            "\\E",
            "\\f",
            "\\n",
            "\\r",
            "\\t",
            "\\v",
            "\\\\",
            "\\'",
            "\\\"",
            "\\?",
            "\\1",
            "\\12",
            "\\123",
            "\\377",
            "\\x4",
            "\\x41",
            "\\xff",
            "\\u0041",
            "\\u00e9",
            "\\u20ac",
            "\\U0001F600",
            "\\U0010FFFF",
            "\\ca",
            "\\cZ",
            "\\c[",
            "\\c\\\\",
            "\\c]",
            "\\c?",
            "\\c_",
            "a",
            "7",
            "f",
            " ",
            "é",
            "\"",
            "$",
            "\n",
            "\\c^",
        ];
        let mut choices = Choices::new(1);
        let mut cases: Vec<Vec<u8>> = items.iter().map(|item| item.as_bytes().to_vec()).collect();
        cases.extend((0..2000).map(|_| choices.text(&items, 8)));
        let mut script = Vec::new();
        for case in &cases {
            script.extend_from_slice(b"printf '%s\\0' $'");
            script.extend_from_slice(case);
            script.extend_from_slice(b"'\n");
        }
        let answer = run_shell(&["bash"], &script, std::path::Path::new("/"));
        let mut answers = answer.split(|&byte| byte == 0);
        for case in &cases {
            let expected = answers.next().expect("an answer for each case");
            let got = decode_dollar_single(case, false);
            assert_eq!(got.as_deref(), Ok(expected), "{}", case.escape_ascii());
        }
    }

    #[test]
    fn escapes_that_bash_would_guess_are_errors_with_their_place() {
        let cases: [(&[u8], Range<usize>, &str); 16] = [
            (b"ab\\0", 2..4, "NUL"),
            (b"\\x00z", 0..4, "NUL"),
            (b"\\u0", 0..3, "NUL"),
            (b"\\c@", 0..3, "NUL"),
            (b"a\0", 1..2, "NUL"),
            (b"\\q", 0..2, "unknown escape"),
            (b"x\\\xc3\xa9", 1..4, "unknown escape"),
            (b"\\\xff", 0..2, "unknown escape"),
            (b"\\x", 0..2, "hexadecimal"),
            (b"\\x{41}", 0..2, "hexadecimal"),
            (b"\\ug", 0..2, "hexadecimal"),
            (b"\\400", 0..4, "\\377"),
            (b"\\ud800", 0..6, "U+D800"),
            (b"\\U00110000", 0..10, "U+110000"),
            (b"\\c\\n", 0..2, "\\c needs"),
            (b"a\\", 1..2, "backslash"),
        ];
        for (text, range, part) in cases {
            let error = decode_dollar_single(text, false).expect_err("refused");
            assert_eq!(error.range, range, "{}", text.escape_ascii());
            assert!(error.message.contains(part), "{}: {}", text.escape_ascii(), error.message);
        }
    }
}
