//! Percent-encoding (RFC 3986 section 2): `s.url_encode()` and `s.url_decode()`.

use super::access::string;
use super::limits;
use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::Value;

/// Encodes everything except the unreserved characters, so that the text is one part of a path or a
/// query.
pub fn encode(host: &mut dyn Host, this: &Value, _: &mut [Value]) -> Outcome {
    let text = string(this)?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let coded = text.iter().filter(|byte| !plain(byte)).count();
    let mut out = Vec::with_capacity(limits::bytes(
        host,
        "url_encode",
        coded.checked_mul(2).map(|more| text.len() + more),
    )?);
    for byte in text.iter() {
        if plain(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    Ok(out.into())
}

/// Decodes a text. A `+` is kept: it means a blank only in forms.
pub fn decode(_: &mut dyn Host, this: &Value, _: &mut [Value]) -> Outcome {
    let text = string(this)?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(decoded) = decoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            let at = text.len() - rest.len() - 1;
            let message =
                format!("`url_decode`: the `%` at byte {at} is not followed by two hexadecimal digits");
            return Err(MethodError::new(code::BAD_CONVERSION, message));
        };
        out.push(decoded);
        rest = &rest[2..];
    }
    Ok(out.into())
}
