//! Reads what `probe argv` wrote.

/// Writes a list of byte strings as the probe does: `LENGTH:BYTES` and a line feed for each.
pub fn encode<'a>(arguments: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for argument in arguments {
        out.extend_from_slice(format!("{}:", argument.len()).as_bytes());
        out.extend_from_slice(argument);
        out.push(b'\n');
    }
    out
}

/// Returns the byte strings of such a list, or none if it is not one.
pub fn decode(mut text: &[u8]) -> Option<Vec<&[u8]>> {
    let mut arguments = Vec::new();
    while !text.is_empty() {
        let colon = text.iter().position(|&byte| byte == b':')?;
        let length: usize = std::str::from_utf8(&text[..colon]).ok()?.parse().ok()?;
        let rest = &text[colon + 1..];
        if rest.get(length) != Some(&b'\n') {
            return None;
        }
        arguments.push(&rest[..length]);
        text = &rest[length + 1..];
    }
    Some(arguments)
}
