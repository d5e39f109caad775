//! Text that the user types while an entry runs.
//!
//! The text waits in the terminal, which then returns it line by line. The editor would read all of it at once, run
//! the first entry and lose the others. Here an entry is taken when it is about to run. The text after it stays in
//! the terminal, because it may be input for the program that the entry runs.

use pipewright::dialog::Typed;

/// Text that has been taken and not entered.
#[derive(Default)]
pub struct Ahead {
    rest: Vec<u8>,
}

/// Typed text.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// A complete entry, with Enter.
    Entry(String),
    /// Text that the user has to see first: the beginning of an entry, or an entry with keys that only the editor
    /// knows and has not received.
    Part(String),
}

impl Ahead {
    /// Returns the next entry from the lines that `more` returns, if there is one.
    pub fn take(&mut self, mut more: impl FnMut() -> Option<Vec<u8>>) -> Option<Taken> {
        let mut taken = Vec::new();
        loop {
            // Enter is a carriage return if a program had the terminal in another mode.
            while let Some(end) = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                taken.extend(self.rest.drain(..=end).take(end));
                let text = String::from_utf8_lossy(&taken);
                if !Typed::new(&*text).is_incomplete() {
                    return Some(if is_plain(&taken) {
                        Taken::Entry(text.into())
                    } else {
                        Taken::Part(plain(&text))
                    });
                }
                taken.push(b'\n');
            }
            match more() {
                Some(bytes) => self.rest.extend(bytes),
                None => break,
            }
        }
        taken.append(&mut self.rest);
        let part = plain(&String::from_utf8_lossy(&taken));
        (!part.is_empty()).then_some(Taken::Part(part))
    }
}

/// Returns whether the text is what the editor would contain if it had received the keys.
fn is_plain(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| !text.contains(is_key))
}

fn plain(text: &str) -> String {
    text.replace(is_key, "")
}

fn is_key(letter: char) -> bool {
    letter.is_control() && letter != '\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(chunks: &[&str]) -> Vec<Taken> {
        let (mut ahead, mut chunks) = (Ahead::default(), chunks.iter());
        let mut more = || chunks.next().map(|chunk| chunk.as_bytes().to_vec());
        std::iter::from_fn(|| ahead.take(&mut more)).collect()
    }

    fn entry(text: &str) -> Taken {
        Taken::Entry(text.to_string())
    }

    fn part(text: &str) -> Taken {
        Taken::Part(text.to_string())
    }

    #[test]
    fn whole_entries_run_and_others_are_looked_at() {
        assert_eq!(all(&[]), []);
        assert_eq!(all(&["echo a\n", "echo b\n"]), [entry("echo a"), entry("echo b")]);
        assert_eq!(
            all(&["if true {\n", "echo a\n", "}\n", "ec"]),
            [entry("if true {\necho a\n}"), part("ec")]
        );
        assert_eq!(all(&["if true {\n"]), [part("if true {\n")]);
        assert_eq!(all(&["\n"]), [entry("")]);
        // From a terminal in raw mode.
        assert_eq!(all(&["echo a\recho b\rec"]), [entry("echo a"), entry("echo b"), part("ec")]);
        // The up arrow, Tab, Ctrl-D.
        assert_eq!(all(&["\x1b[A\n", "ls do\t\n", "\x04"]), [part("[A"), part("ls do")]);
    }

    #[test]
    fn only_what_is_run_next_is_taken() {
        let mut lines = vec![b"a line\n".to_vec(), b"cat\n".to_vec()];
        assert_eq!(Ahead::default().take(|| lines.pop()), Some(entry("cat")));
        assert_eq!(lines.len(), 1);
    }
}
