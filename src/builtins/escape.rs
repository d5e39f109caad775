//! The backslash escapes of `printf`, in its format and in the arguments of `%b`, and of `echo -e`.

/// The place of an escape: the rules differ in details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the format: `\nnn`, `\"`, `\'` and `\?`; there is no `\c`.
    Format,
    /// In an argument of `%b`: also `\0nnn`; quotes keep their backslash; `\c` ends all output.
    Argument,
    /// In an argument of `echo -e`: octal digits only as `\0nnn`; `\x` and `\u` without digits are text.
    Echo,
}

/// The meaning of an escape.
#[derive(Debug, PartialEq, Eq)]
pub enum Escape {
    /// Text, and an error message.
    Text(Vec<u8>, Option<String>),
    /// `\c`: ends the output.
    Stop,
}

/// Reads the escape whose backslash is before `text`. Also returns how many bytes of it belong to the
/// escape.
///
/// An unknown escape is unchanged, as in bash.
pub fn escape(text: &[u8], place: Place) -> (Escape, usize) {
    let byte = |value: u8| (Escape::Text(vec![value], None), 1);
    let Some(&kind) = text.first() else { return (Escape::Text(b"\\".to_vec(), None), 0) };
    match kind {
        b'a' => byte(0x07),
        b'b' => byte(0x08),
        b'e' | b'E' => byte(0x1b),
        b'f' => byte(0x0c),
        b'n' => byte(b'\n'),
        b'r' => byte(b'\r'),
        b't' => byte(b'\t'),
        b'v' => byte(0x0b),
        b'\\' => byte(b'\\'),
        b'\'' | b'"' | b'?' if place == Place::Format => byte(kind),
        b'c' if place != Place::Format => (Escape::Stop, 1),
        b'1'..=b'7' if place == Place::Echo => (Escape::Text(b"\\".to_vec(), None), 0),
        b'0'..=b'7' => {
            let most = if kind == b'0' && place != Place::Format { 4 } else { 3 };
            let (value, len) = digits(text, most, 8);
            (Escape::Text(vec![value as u8], None), len)
        }
        b'x' | b'u' | b'U' => {
            let most = match kind {
                b'x' => 2,
                b'u' => 4,
                _ => 8,
            };
            let (value, len) = digits(&text[1..], most, 16);
            let (out, message) = if len == 0 {
                let sort = if kind == b'x' { "hex" } else { "unicode" };
                (None, format!("missing {sort} digit for \\{}", kind as char))
            } else if kind == b'x' {
                (Some(vec![value as u8]), String::new())
            } else {
                let char = char::from_u32(value).map(|char| char.to_string().into_bytes());
                (char, format!("U+{value:04X} is not a Unicode character"))
            };
            match out {
                Some(out) => (Escape::Text(out, None), 1 + len),
                None => {
                    let complaint = (len > 0 || place != Place::Echo).then_some(message);
                    (Escape::Text([b"\\", &text[..=len]].concat(), complaint), 1 + len)
                }
            }
        }
        // The character itself may be special in the format, and is read again.
        _ => (Escape::Text(b"\\".to_vec(), None), 0),
    }
}

/// Returns the number from at most `most` digits, and their count.
fn digits(text: &[u8], most: usize, radix: u32) -> (u32, usize) {
    let digits = text.iter().take(most).map_while(|&byte| (byte as char).to_digit(radix));
    digits.fold((0, 0), |(value, len), digit| ((value << radix.trailing_zeros()) | digit, len + 1))
}
