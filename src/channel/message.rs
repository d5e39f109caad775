//! Lines of a channel that are not plain messages.

use std::borrow::Cow;

/// Returns whether a line is one of Node's own messages: its `cmd` begins with `NODE_`.
pub fn is_internal(line: &[u8]) -> bool {
    memchr::memmem::find(line, b"NODE_").is_some()
        && serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|message| {
            message.get("cmd").and_then(|cmd| cmd.as_str()).is_some_and(|cmd| cmd.starts_with("NODE_"))
        })
}

/// Returns a text of JSON with U+FFFD for each escape that is half of a pair (`\ud83d`): Node cuts strings between the
/// halves, and no text in UTF-8 can hold one.
pub fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        at += found;
        match half(&bytes[at..]) {
            Some(0xD800..=0xDBFF) if matches!(half(&bytes[at + 6..]), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended.get_or_insert_with(|| bytes.to_vec())[at + 2..at + 6].copy_from_slice(b"fffd");
                at += 6;
            }
            _ => at = (at + 2).min(bytes.len()),
        }
    }
    match mended.map(String::from_utf8) {
        Some(Ok(mended)) => Cow::Owned(mended),
        _ => Cow::Borrowed(text),
    }
}

/// Returns the number of an escape `\uXXXX` at the start.
fn half(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_node_itself_are_recognised_by_their_command() {
        assert!(is_internal(br#"{"cmd":"NODE_HANDLE","type":"net.Socket"}"#));
        assert!(is_internal(br#"{ "a": 1, "cmd": "NODE_SOCKET_NOTIFY_CLOSE" }"#));
        for plain in [&br#"{"cmd":"node"}"#[..], br#""NODE_HANDLE""#, br#"{"text":"NODE_X"}"#, b"{NODE_"] {
            assert!(!is_internal(plain), "{}", String::from_utf8_lossy(plain));
        }
    }

    #[test]
    fn half_of_a_pair_becomes_the_replacement_character() {
        for (text, expected) in [
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            ("\"x\\", "\"x\\"),
        ] {
            assert_eq!(without_lone_surrogates(text), expected);
        }
    }
}
