//! Paths as completed words, quoted for the user.

use pipewright::diag::quote_word;

/// Returns a path as an argument that every program receives byte for byte as this path, never as an option or a
/// home directory.
pub fn quoted(path: &[u8]) -> String {
    // The tilde that was typed means the home directory only if it is bare.
    if let Some(rest) = path.strip_prefix(b"~/") {
        let rest = if rest.is_empty() { String::new() } else { quote_word(rest) };
        return format!("~/{rest}");
    }
    if path.starts_with(b"-") {
        return quote_word(&[b"./", path].concat());
    }
    quote_word(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_not_an_option_and_not_a_home() {
        assert_eq!(quoted(b"-rf"), "./-rf");
        assert_eq!(quoted(b"-r f"), "'./-r f'");
        assert_eq!(quoted(b"~/two words"), "~/'two words'");
        assert_eq!(quoted(b"~x"), "'~x'");
    }
}
