//! The bytes of a terminal, cut into keys.

/// A stream of bytes that becomes keys: letters, control characters and escape sequences.
#[derive(Debug, Default)]
pub(super) struct KeyText {
    /// The bytes of a key that is not complete.
    open: Vec<u8>,
    /// The last key.
    last: Vec<u8>,
    /// Whether the terminal sends pasted text, in which Enter enters nothing.
    pastes: bool,
}

/// The result of one more byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(Vec<u8>),
    More,
    /// A byte that belongs to no letter of UTF-8 was left out, perhaps before a key.
    LeftOut(Option<Vec<u8>>),
}

impl KeyText {
    pub(super) fn push(&mut self, byte: u8) -> Step {
        self.open.push(byte);
        if self.open[0] == ESCAPE {
            return if is_open_sequence(&self.open) { Step::More } else { self.key() };
        }
        match std::str::from_utf8(&self.open) {
            Ok(_) => self.key(),
            // The first bytes of a letter.
            Err(error) if error.error_len().is_none() => Step::More,
            Err(_) => {
                let is_alone = self.open.len() == 1;
                self.open.clear();
                if is_alone {
                    return Step::LeftOut(None);
                }
                // The byte that ended the letter begins another.
                match self.push(byte) {
                    Step::Key(key) => Step::LeftOut(Some(key)),
                    _ => Step::LeftOut(None),
                }
            }
        }
    }

    /// Returns whether the key so far can be one of its own, if no more bytes come with it: the key Escape.
    pub(super) fn is_sequence(&self) -> bool {
        self.open.first() == Some(&ESCAPE)
    }

    /// Returns the key so far.
    pub(super) fn key(&mut self) -> Step {
        let key = std::mem::take(&mut self.open);
        match &key[..] {
            b"\x1b[200~" => self.pastes = true,
            b"\x1b[201~" => self.pastes = false,
            _ => {}
        }
        Step::Key(key)
    }

    /// Returns the bytes of a letter that is not complete.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.open)
    }

    /// Returns whether a key may end the line, so that the keys behind it are not the editor's: Enter, Ctrl-D, and those
    /// that give the line to a program.
    pub(super) fn may_enter(&mut self, key: &[u8]) -> bool {
        let is_second = std::mem::replace(&mut self.last, key.to_vec()) == [CTRL_X];
        !self.pastes
            && match key {
                [CTRL_E] => is_second,
                [ESCAPE, b'e' | b'E'] => true,
                _ => matches!(key.last(), Some(b'\r' | b'\n' | &CTRL_D)),
            }
    }
}

const ESCAPE: u8 = 0x1b;
const CTRL_D: u8 = 4;
const CTRL_E: u8 = 5;
const CTRL_X: u8 = 0x18;

/// The longest escape sequence that is one key.
const LONGEST: usize = 32;

/// Returns whether an escape sequence goes on (ECMA-48, 5.4; the sequences of keys of xterm).
fn is_open_sequence(bytes: &[u8]) -> bool {
    match bytes {
        [_] | [_, b'[' | b'O'] => true,
        // Alt with such a key.
        [_, ESCAPE, rest @ ..] => is_open_sequence(&[&[ESCAPE], rest].concat()) && bytes.len() < LONGEST,
        [_, b'[', .., last] => !(0x40..=0x7e).contains(last) && bytes.len() < LONGEST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the keys, and how many bytes were left out.
    fn keys(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let (mut text, mut keys, mut left_out) = (KeyText::default(), Vec::new(), 0);
        for byte in bytes {
            match text.push(*byte) {
                Step::Key(key) => keys.push(key),
                Step::More => {}
                Step::LeftOut(key) => {
                    left_out += 1;
                    keys.extend(key);
                }
            }
        }
        (keys, left_out)
    }

    #[test]
    fn keys_are_letters_and_sequences() {
        let cases: [(&str, &[&str]); 6] = [
            ("aé漢", &["a", "é", "漢"]),
            ("\x1b[A\x1b[1;5Cx", &["\x1b[A", "\x1b[1;5C", "x"]),
            ("\x1bOPx\x1bfy", &["\x1bOP", "x", "\x1bf", "y"]),
            ("\x1b\x1b[Ax", &["\x1b\x1b[A", "x"]),
            ("\x1b[200~a\r\x1b[201~", &["\x1b[200~", "a", "\r", "\x1b[201~"]),
            ("a\r\x04", &["a", "\r", "\x04"]),
        ];
        for (bytes, expected) in cases {
            let expected: Vec<Vec<u8>> = expected.iter().map(|key| key.as_bytes().to_vec()).collect();
            assert_eq!(keys(bytes.as_bytes()), (expected, 0), "{bytes:?}");
        }
    }

    #[test]
    fn only_what_is_no_utf_8_is_left_out() {
        assert_eq!(keys(b"a\xffb"), (vec![b"a".to_vec(), b"b".to_vec()], 1));
        assert_eq!(keys(b"\xc3a"), (vec![b"a".to_vec()], 1));
        assert_eq!(keys(b"\xc3\xc3\xa9"), (vec!["é".as_bytes().to_vec()], 1));
        assert_eq!(keys(b"\xe6\xbc\x1b[A"), (vec![b"\x1b[A".to_vec()], 1));
    }

    #[test]
    fn enter_is_not_one_in_pasted_text() {
        let mut text = KeyText::default();
        let mut may_enter = Vec::new();
        for byte in *b"a\r\x1b[200~\r\x1b[201~\r\x05\x18\x05" {
            if let Step::Key(key) = text.push(byte) {
                may_enter.push(text.may_enter(&key));
            }
        }
        assert_eq!(may_enter, [false, true, false, false, false, true, false, false, true]);
    }
}
