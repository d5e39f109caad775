//! Paths as they are completed: quoted for whoever types.

use pipewright::diag::quote_word;

/// A path as an argument that means it, byte for byte, to every program: never an option, never a home.
pub fn quoted(path: &[u8]) -> String {
    // The tilde that was typed stands for the home, and only bare.
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
    fn a_path_is_no_option_and_no_home() {
        assert_eq!(quoted(b"-rf"), "./-rf");
        assert_eq!(quoted(b"-r f"), "'./-r f'");
        assert_eq!(quoted(b"~/two words"), "~/'two words'");
        assert_eq!(quoted(b"~x"), "'~x'");
    }
}
