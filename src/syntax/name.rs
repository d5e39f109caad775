//! Names of variables and functions, which are the names of sh (POSIX 3.235).

/// Returns the name that a text begins with; empty if it begins with none.
pub fn name_at(text: &str) -> &str {
    let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if text.starts_with(|first: char| first.is_ascii_digit()) { "" } else { &text[..length] }
}
