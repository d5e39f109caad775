//! Making arbitrary bytes safe to show: escaped in messages, quoted as arguments.

use std::fmt::Write;

/// Returns text for a message: characters that could move the cursor, hide or reorder text are escaped.
///
/// Control characters become `\n`, `\t`, `\r` or `\u{1b}`. Invisible characters and those that change the
/// direction of text are escaped in the same way, and bytes that are not UTF-8 become `\xff`. Everything
/// else is unchanged, including backslashes: this is for reading. Use [`quote_word`] where the exact bytes
/// matter.
///
/// Scenario: a file named `\r\x1b[2Kall tests passed` would erase the message that names it, and one with
/// U+202E shows its extension backwards ("Trojan Source", CVE-2021-42574).
///
/// ```
/// assert_eq!(pipewright::diag::visible(b"two\nlines \x1b[2J\xff"), r"two\nlines \u{1b}[2J\xff");
/// ```
pub fn visible(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_visible(&mut out, c));
        chunk.invalid().iter().for_each(|&byte| push_byte(&mut out, byte));
    }
    out
}

/// Appends one character of [`visible`].
pub(super) fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        c if is_hidden(c) => _ = write!(out, "\\u{{{:x}}}", c as u32),
        c => out.push(c),
    }
}

/// Appends a byte as `\xff`.
pub(super) fn push_byte(out: &mut String, byte: u8) {
    _ = write!(out, "\\x{byte:02x}");
}

/// Returns whether a character has no visible shape, or changes how others are shown: the general
/// categories Cc, Cf, Zl and Zp of Unicode, and characters with the property Default_Ignorable_Code_Point
/// (UAX #44), assigned or not.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns an argument in a form that Pipewright and bash parse back, byte for byte.
///
/// It is bare if nothing in it is special, otherwise in single quotes, otherwise (if it contains a quote, a
/// control character, an invisible character or a byte that is not UTF-8) as `$'…'`. Only a NUL byte can't
/// be parsed back, since no argument can contain one: it is shown as `\x00`.
///
/// Hidden characters are written byte by byte, not as `\u200b`, which bash only parses in a UTF-8 locale.
///
/// ```
/// use pipewright::diag::quote_word;
///
/// assert_eq!((quote_word(b"plain"), quote_word(b"$HOME")), ("plain".into(), "'$HOME'".into()));
/// assert_eq!(quote_word(b"it's\n"), r"$'it\'s\n'");
/// ```
pub fn quote_word(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return quote_c(bytes) };
    if text.chars().any(|c| c == '\'' || is_hidden(c)) {
        quote_c(bytes)
    } else if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{text}'")
    }
}

/// Returns a command line: its words quoted, with blanks between them.
///
/// A program whose name contains `=` is quoted, since it would be parsed as an assignment.
///
/// ```
/// assert_eq!(pipewright::diag::quote_argv(["wc", "-l", "two words"]), "wc -l 'two words'");
/// ```
pub fn quote_argv<I>(argv: I) -> String
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    let mut out = String::new();
    for (at, word) in argv.into_iter().enumerate() {
        let quoted = quote_word(word.as_ref());
        match at {
            0 if quoted.contains('=') && !quoted.contains('\'') => _ = write!(out, "'{quoted}'"),
            0 => out.push_str(&quoted),
            _ => _ = write!(out, " {quoted}"),
        }
    }
    out
}

/// Returns whether a character means itself in a bare word, both in Pipewright and in bash.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "_@%+=:,./-".contains(c)
}

fn quote_c(bytes: &[u8]) -> String {
    let mut out = String::from("$'");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\'' | '\\' => out.extend(['\\', c]),
                c if is_hidden(c) => {
                    c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_byte(&mut out, byte));
                }
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|&byte| push_byte(&mut out, byte));
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_show_what_would_not_be_seen() {
        assert_eq!(visible("plain é漢 \\n".as_bytes()), "plain é漢 \\n");
        assert_eq!(visible(b"a\nb\tc\r\x1b[31m\x07\x7f"), r"a\nb\tc\r\u{1b}[31m\u{7}\u{7f}");
        assert_eq!(
            visible("\u{9b}\u{202e}\u{200b}\u{feff}\u{2028}".as_bytes()),
            r"\u{9b}\u{202e}\u{200b}\u{feff}\u{2028}"
        );
        assert_eq!(visible(b"caf\xe9 \xe6\xbc"), r"caf\xe9 \xe6\xbc");
        assert_eq!(visible(b"\0"), r"\u{0}");
    }

    /// The tables of the regex crate agree for every character.
    #[test]
    fn each_character_without_a_shape_is_hidden() {
        let properties = r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]$";
        let hidden = regex::Regex::new(properties).unwrap();
        let differs = |c: &char| is_hidden(*c) != hidden.is_match(c.encode_utf8(&mut [0; 4]));
        let wrong: Vec<String> =
            ('\0'..=char::MAX).filter(differs).map(|c| format!("{:04X}", c as u32)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn messages_show_what_smuggles_text() {
        for (text, shown) in [
            ("a\u{fe0f}", r"a\u{fe0f}"),
            ("a\u{e0100}", r"a\u{e0100}"),
            ("\u{e0041}\u{e007f}", r"\u{e0041}\u{e007f}"),
            ("\u{2066}x\u{2069}", r"\u{2066}x\u{2069}"),
            ("\u{61c}\u{3164}\u{115f}", r"\u{61c}\u{3164}\u{115f}"),
        ] {
            assert_eq!(visible(text.as_bytes()), shown);
        }
    }

    #[test]
    fn words_are_quoted_when_they_must_be() {
        for (word, expected) in [
            ("make", "make"),
            ("--flag=a,b", "--flag=a,b"),
            ("./é漢.txt", "./é漢.txt"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$x", "'$x'"),
            ("*.txt", "'*.txt'"),
            ("{}", "'{}'"),
            ("~", "'~'"),
            ("#", "'#'"),
            (r"a\b", r"'a\b'"),
            ("it's", r"$'it\'s'"),
            ("a\\'\n", r"$'a\\\'\n'"),
            ("\u{1b}1", r"$'\x1b1'"),
            ("\u{202e}", r"$'\xe2\x80\xae'"),
            ("a\u{a0}b", "'a\u{a0}b'"),
        ] {
            assert_eq!(quote_word(word.as_bytes()), expected);
        }
        assert_eq!(quote_word(b"\xffa"), r"$'\xffa'");
        assert_eq!(quote_argv(["a=b", "c=d", "x y"]), "'a=b' c=d 'x y'");
    }

    /// Returns bash's interpretation of a text as one argument of printf.
    fn read_back(quoted: &str, locale: &str) -> Vec<u8> {
        let script = format!("printf %s {quoted}");
        let output = Command::new("bash").args(["-c", &script]).env("LC_ALL", locale).output().unwrap();
        assert!(output.status.success(), "{script}");
        output.stdout
    }

    #[test]
    fn bash_reads_every_byte_back() {
        for byte in 1..=255_u8 {
            // Alone, and with text after it that could be mistaken for a part of an escape.
            for word in [vec![byte], vec![b'a', byte, b'1', b'b']] {
                assert_eq!(read_back(&quote_word(&word), "C.UTF-8"), word);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn bash_reads_a_quoted_word_back(
            word in prop_oneof![
                prop::collection::vec(1..=255_u8, 0..40),
                "[ -~]{0,20}".prop_map(String::into_bytes),
                "[^\0]{0,20}".prop_map(String::into_bytes),
            ],
            locale in prop_oneof![Just("C"), Just("C.UTF-8")],
        ) {
            prop_assume!(!word.starts_with(b"-")); // printf's own options
            prop_assert_eq!(read_back(&quote_word(&word), locale), word);
        }
    }
}
