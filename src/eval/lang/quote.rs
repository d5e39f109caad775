//! `quote(x)`: words as a POSIX shell reads them back.

/// Joins words by blanks, each in single quotes where it has to be (POSIX 2.2.2). A single quote itself is
/// written outside of them: `it's` is `'it'\''s'`.
pub fn posix(words: &[Vec<u8>]) -> Vec<u8> {
    let mut text = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(b' ');
        }
        let plain = |b: &u8| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'_' | b'-' | b'.' | b'/' | b':' | b',' | b'+' | b'@' | b'%')
        };
        // `a=b` in first place would be an assignment, and `%1` is a job only for some builtins.
        if !word.is_empty() && word.iter().all(plain) {
            text.extend_from_slice(word);
            continue;
        }
        text.push(b'\'');
        for byte in word {
            match byte {
                b'\'' => text.extend_from_slice(b"'\\''"),
                byte => text.push(*byte),
            }
        }
        text.push(b'\'');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::posix;

    #[test]
    fn words_are_quoted_where_they_have_to_be() {
        let words = [&b"plain"[..], b"", b"it's", b"a b", b"$(rm)"].map(<[u8]>::to_vec);
        assert_eq!(posix(&words), br"plain '' 'it'\''s' 'a b' '$(rm)'");
    }
}
