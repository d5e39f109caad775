//! Lines that are typed ahead, while something else runs.
//!
//! They wait in the terminal. One that is an entry is taken before the editor sets the modes of the terminal, so that
//! the lines after it stay lines, for the program that the entry runs. Any other text is a number of keys for the
//! editor.

use super::own::Own;
use pipewright::dialog::Typed;

/// Typed lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// A complete entry, with Enter.
    Entry(String),
    /// The beginning of an entry, or one with keys that only the editor knows.
    Keys(Vec<u8>),
}

/// Returns the next entry from the lines that `more` returns, if there is one.
pub fn take(mut more: impl FnMut() -> Option<Vec<u8>>) -> Option<Taken> {
    let mut taken = Vec::new();
    while let Some(line) = more() {
        // Lines that were typed before the terminal began to return lines, or while a program had it in another mode,
        // come in one piece (termios(3)).
        let is_one = line.iter().position(|byte| *byte == b'\n').is_none_or(|end| end + 1 == line.len());
        taken.extend(line);
        if !is_one {
            return Some(Taken::Keys(taken));
        }
        let Some(text) = plain(&taken) else { return Some(Taken::Keys(taken)) };
        if Own::parse(text).is_some() || !Typed::new(text).is_incomplete() {
            return Some(Taken::Entry(text.to_owned()));
        }
    }
    (!taken.is_empty()).then_some(Taken::Keys(taken))
}

/// Returns the text that the editor would contain if it received the keys up to the last Enter; none if it knows one of
/// them as more than a letter.
fn plain(keys: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(keys).ok()?.strip_suffix('\n')?;
    let is_key = |letter: char| letter.is_control() && letter != '\n';
    (!text.contains(is_key)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lines: &[&str]) -> Vec<Taken> {
        let mut lines = lines.iter();
        let mut more = || lines.next().map(|line| line.as_bytes().to_vec());
        std::iter::from_fn(|| take(&mut more)).collect()
    }

    fn entry(text: &str) -> Taken {
        Taken::Entry(text.to_string())
    }

    fn keys(text: &str) -> Taken {
        Taken::Keys(text.as_bytes().to_vec())
    }

    #[test]
    fn whole_entries_run_and_others_are_keys() {
        assert_eq!(all(&[]), []);
        assert_eq!(all(&["echo a\n", "echo b\n"]), [entry("echo a"), entry("echo b")]);
        assert_eq!(
            all(&["if true {\n", "echo a\n", "}\n", "ec"]),
            [entry("if true {\necho a\n}"), keys("ec")]
        );
        assert_eq!(all(&["if true {\n"]), [keys("if true {\n")]);
        assert_eq!(all(&["\n"]), [entry("")]);
        assert_eq!(all(&["!\n", "ls\n"]), [entry("!"), entry("ls")]);
        assert_eq!(all(&["false\necho b\n", "echo c\n"]), [keys("false\necho b\n"), entry("echo c")]);
        // The up arrow, Tab.
        assert_eq!(all(&["\x1b[A\n", "ls do\t\n"]), [keys("\x1b[A\n"), keys("ls do\t\n")]);
    }

    #[test]
    fn only_what_is_run_next_is_taken() {
        let mut lines = vec![b"a line\n".to_vec(), b"cat\n".to_vec()];
        assert_eq!(take(|| lines.pop()), Some(entry("cat")));
        assert_eq!(lines.len(), 1);
    }
}
