//! `echo`: its arguments, separated by blanks.
//!
//! Shells disagree about options and backslashes of `echo`, and POSIX leaves both open. This builtin follows bash,
//! but only literal text of the script is an option. A value is always printed, even if it happens to be `-n`.

use super::escape::{Escape, Place, escape};

/// An argument and its origin.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a> {
    /// Its bytes.
    pub text: &'a [u8],
    /// Whether it is literal text of the script. Values and captures are never options.
    pub literal: bool,
}

/// The options of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether a line end follows the arguments: no `-n`.
    pub newline: bool,
    /// Whether backslashes are escapes: `-e`, without a later `-E`.
    pub escapes: bool,
    /// The number of arguments that are options.
    pub count: usize,
}

/// Reads the options at the start of the arguments.
pub fn options<'a>(args: impl IntoIterator<Item = Arg<'a>>) -> Options {
    let mut found = Options { newline: true, escapes: false, count: 0 };
    for arg in args {
        let Arg { text: [b'-', letters @ ..], literal: true } = arg else { break };
        if letters.is_empty() || !letters.iter().all(|letter| b"neE".contains(letter)) {
            break;
        }
        for letter in letters {
            match letter {
                b'n' => found.newline = false,
                letter => found.escapes = *letter == b'e',
            }
        }
        found.count += 1;
    }
    found
}

/// Returns the output of `echo` for its arguments (without the name).
///
/// # Errors
/// Fails, with `-e`, for an escape whose number is not a Unicode character: the index of the argument, and a
/// message.
pub fn echo(args: &[Arg]) -> Result<Vec<u8>, (usize, String)> {
    let options = options(args.iter().copied());
    let mut out = Vec::new();
    for (at, arg) in args[options.count..].iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        if !options.escapes {
            out.extend_from_slice(arg.text);
        } else if !decode(arg.text, &mut out).map_err(|message| (options.count + at, message))? {
            return Ok(out);
        }
    }
    if options.newline {
        out.push(b'\n');
    }
    Ok(out)
}

/// Decodes the escapes of an argument. Returns false after `\c`, which ends all output.
fn decode(mut text: &[u8], out: &mut Vec<u8>) -> Result<bool, String> {
    while let Some(at) = memchr::memchr(b'\\', text) {
        out.extend_from_slice(&text[..at]);
        let (found, length) = escape(&text[at + 1..], Place::Echo);
        text = &text[at + 1 + length..];
        match found {
            Escape::Text(bytes, None) => out.extend_from_slice(&bytes),
            Escape::Text(_, Some(complaint)) => return Err(complaint),
            Escape::Stop => return Ok(false),
        }
    }
    out.extend_from_slice(text);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::testing::{Choices, run_shell};

    fn literal(words: &str) -> Result<Vec<u8>, (usize, String)> {
        let arg = |word| Arg { text: str::as_bytes(word), literal: true };
        echo(&words.split(' ').filter(|word| !word.is_empty()).map(arg).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_printed_as_bash_prints_them() {
        for words in [
            "", "a", "a b", "-n", "-n a b", "-n --", "-- a", "-", "-x a", "-nx", "a -n", "a -e", "--help",
            "-n - a", "-e a", "-E a", "-nn", "-ne a", "-n -n", "-n -e a", "-en", "-eE a", "-enx a",
        ] {
            let script = format!("echo {words}");
            let expected = run_shell(&["bash"], script.as_bytes(), std::path::Path::new("/"));
            assert_eq!(literal(words), Ok(expected), "{words}");
        }
        assert_eq!(literal("a\\nb"), Ok(b"a\\nb\n".to_vec()));
        assert_eq!(literal("-e -E a\\nb"), Ok(b"a\\nb\n".to_vec()));
    }

    #[test]
    fn escapes_mean_what_they_mean_in_bash() {
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
            "\\?",
            "\\\"",
            "\\0",
            "\\01",
            "\\012",
            "\\0123",
            "\\0777",
            "\\1",
            "\\101",
            "\\400",
            "\\x4",
            "\\x41",
            "\\xff",
            "\\x",
            "\\u41",
            "\\u00e9",
            "\\U0001F600",
            "\\u",
            "\\U",
            "\\q",
            "\\9",
            "\\c",
            "%",
            "a",
            "7",
            "8",
            "f",
            " ",
            "é",
        ];
        let mut choices = Choices::new(3);
        let texts: Vec<Vec<u8>> = (0..1500).map(|_| choices.text(&items, 6)).collect();
        let calls = texts.iter().map(|text| [b"echo -e '", &text[..], b"' x; echo '|'\n"].concat());
        let script: Vec<u8> =
            [b"export LC_ALL=C.UTF-8\n".to_vec()].into_iter().chain(calls).flatten().collect();
        let expected = run_shell(&["bash"], &script, std::path::Path::new("/"));
        let printed = |text: &Vec<u8>| {
            let args = [&b"-e"[..], text, b"x"].map(|text| Arg { text, literal: true });
            [echo(&args).expect("no number is too large"), b"|\n".to_vec()].concat()
        };
        let ours: Vec<Vec<u8>> = texts.iter().map(printed).collect();
        assert_eq!(ours.concat().escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn a_number_that_is_not_a_character_is_an_error() {
        for escape in ["\\ud800", "\\U110000", "\\UFFFFFFFF"] {
            assert!(literal(&format!("-e {escape}")).is_err(), "{escape}");
        }
    }

    #[test]
    fn a_value_is_never_an_option() {
        let value = |text| Arg { text, literal: false };
        let option = |text| Arg { text, literal: true };
        assert_eq!(echo(&[value(b"-n")]), Ok(b"-n\n".to_vec()));
        assert_eq!(echo(&[value(b"-e"), value(b"x")]), Ok(b"-e x\n".to_vec()));
        assert_eq!(echo(&[option(b"-n"), value(b"-n")]), Ok(b"-n".to_vec()));
        assert_eq!(echo(&[option(b"-e"), value(b"-n"), value(b"a\\tb")]), Ok(b"-n a\tb\n".to_vec()));
        assert_eq!(echo(&[value(b""), value(b"")]), Ok(b" \n".to_vec()));
    }
}
