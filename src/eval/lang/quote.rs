//! `quote(x)`: words in a form that a POSIX shell parses back.

/// Joins words with blanks, each in single quotes if necessary (POSIX 2.2.2). A single quote is written
/// outside the quotes: `it's` is `'it'\''s'`.
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
        // `a=b` as the first word would be an assignment, and `%1` is a job for some builtins.
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
