//! `echo`: its arguments, separated by blanks, as they are.
//!
//! What `echo` does with options and backslashes is the oldest quarrel of the shells (POSIX leaves both
//! open). Here every argument is printed verbatim, also one that holds `-n` or a backslash by chance; only
//! a `-n` that is written in the script is an option. Whoever writes another one meant something by it, so
//! that is refused.

/// An argument and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a> {
    /// Its bytes.
    pub text: &'a [u8],
    /// Whether it stands in the script as it is. Values and captures are never options.
    pub literal: bool,
}

/// What `echo` prints for its arguments (without the name).
///
/// # Errors
/// A literal argument in the place of an option that bash would take for one, other than one `-n`.
pub fn echo(args: &[Arg]) -> Result<Vec<u8>, String> {
    let newline = !matches!(args.first(), Some(Arg { text: b"-n", literal: true }));
    let args = if newline { args } else { &args[1..] };
    if let Some(Arg { text: [b'-', letters @ ..], literal: true }) = args.first()
        && !letters.is_empty()
        && letters.iter().all(|letter| b"neE".contains(letter))
    {
        let option = String::from_utf8_lossy(letters);
        let hint = if letters.contains(&b'e') {
            "for escapes write $'…' or printf"
        } else {
            "echo knows one -n; for anything else write printf"
        };
        return Err(format!(
            "-{option} is not an option of echo: {hint}; to print it, printf '%s\\n' -{option}"
        ));
    }
    let mut out = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(arg.text);
    }
    if newline {
        out.push(b'\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::testing::run_shell;

    fn literal(words: &str) -> Result<Vec<u8>, String> {
        let arg = |word| Arg { text: str::as_bytes(word), literal: true };
        echo(&words.split(' ').filter(|word| !word.is_empty()).map(arg).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_printed_as_bash_prints_them() {
        for words in [
            "", "a", "a b", "-n", "-n a b", "-n --", "-- a", "-", "-x a", "-nx", "a -n", "a -e", "--help",
            "-n - a",
        ] {
            let script = format!("echo {words}");
            let expected = run_shell(&["bash"], script.as_bytes(), std::path::Path::new("/"));
            assert_eq!(literal(words), Ok(expected), "{words}");
        }
        assert_eq!(literal("a\\nb"), Ok(b"a\\nb\n".to_vec()));
    }

    #[test]
    fn other_options_that_bash_knows_are_refused_with_what_to_write() {
        for words in ["-e a", "-E a", "-nn", "-ne a", "-n -n", "-n -e a", "-en"] {
            let message = literal(words).expect_err("refused");
            assert!(message.contains("printf"), "{words}: {message}");
        }
        assert!(literal("-e a").expect_err("refused").contains("$'…'"));
    }

    #[test]
    fn a_value_is_never_an_option() {
        let value = |text| Arg { text, literal: false };
        assert_eq!(echo(&[value(b"-n")]), Ok(b"-n\n".to_vec()));
        assert_eq!(echo(&[value(b"-e"), value(b"x")]), Ok(b"-e x\n".to_vec()));
        assert_eq!(echo(&[Arg { text: b"-n", literal: true }, value(b"-n")]), Ok(b"-n".to_vec()));
        assert_eq!(echo(&[value(b""), value(b"")]), Ok(b" \n".to_vec()));
    }
}
