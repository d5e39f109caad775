//! Bytes in the form in which JSON logs store them.

use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;

/// Bytes that are serialized as a string if they are UTF-8, otherwise as `{"base64": "…"}`.
pub struct Text<'a>(pub Cow<'a, [u8]>);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &base64(&self.0))?;
                map.end()
            }
        }
    }
}

/// Encodes bytes in Base64 (RFC 4648, 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_base64() {
        let json = |bytes: &[u8]| serde_json::to_string(&Text(bytes.into())).unwrap();
        assert_eq!(json(b"a\"\n"), r#""a\"\n""#);
        assert_eq!(json(b"\xff"), r#"{"base64":"/w=="}"#);
        // The examples of RFC 4648, 10.
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, expected) in vectors.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *expected);
        }
    }
}
