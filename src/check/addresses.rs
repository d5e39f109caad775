//! Addresses without quotes, whose `&` ends a command: `curl http://x/?a=1&b=2`.

/// Returns the line of a place with the address before it in quotes, if the `&` before the place belongs to one.
pub fn quoted_address(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?.strip_suffix('&')?;
    let is_blank = |letter: char| matches!(letter, ' ' | '\t' | '\n');
    let start = before.rfind(is_blank).map_or(0, |end| end + 1);
    let end = at
        + text[at..]
            .find(|letter| is_blank(letter) || matches!(letter, ';' | '|' | ')' | '}'))
            .unwrap_or(text.len() - at);
    let address = &text[start..end];
    let is_address = before[start..].contains("://") || before[start..].contains('?');
    if !is_address || address.contains(['\'', '"', '`', '\\']) || address.contains("$(") {
        return None;
    }
    let quote = if address.contains('$') { '"' } else { '\'' };
    let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let rest = text[end..].lines().next().unwrap_or_default();
    Some(format!("{}{quote}{address}{quote}{rest}", text[line..start].trim_start()).trim_end().to_owned())
}
