//! What is kept of a text between two keys: the lines before the one that changes are read and checked once. Of an entry
//! of 200 lines that was half of what a key at its end took.

use super::Dialog;
use super::entry::NoFiles;
use super::typed::{Look, Place, Typed};
use crate::check::Earlier;
use crate::diag::Diagnostic;
use crate::engine::source;
use std::rc::Rc;
use std::sync::Arc;

/// What the last text was, and what is known of its beginning.
#[derive(Default)]
pub(super) struct Typing {
    text: String,
    settled: Option<Settled>,
    /// Lines up to here have no end of their own, or something is wrong with them.
    refused: Option<usize>,
    era: Arc<()>,
}

/// Whole lines of statements that the check takes.
struct Settled {
    length: usize,
    /// What there is after them.
    earlier: Earlier,
}

impl Typing {
    /// Forgets what the change from the last text has touched. Where the first line begins that it has.
    fn turn_to(&mut self, text: &str, era: &Arc<()>) -> usize {
        if !Arc::ptr_eq(&self.era, era) {
            *self = Self { era: era.clone(), ..Self::default() };
        }
        let same = self.text.bytes().zip(text.bytes()).take_while(|(before, now)| before == now).count();
        let changed =
            text.as_bytes()[..same].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.settled.take_if(|settled| settled.length > changed);
        self.refused.take_if(|refused| *refused > changed);
        self.text.truncate(0);
        self.text.push_str(text);
        changed
    }
}

impl Dialog {
    /// All that is wrong with a text that was made whole. No file is read for it.
    pub(super) fn errors(&self, typed: &Typed, whole: String) -> Vec<Diagnostic> {
        let Ok(source) = source("typed", whole.into_bytes()) else { return Vec::new() };
        self.settle_lines(typed.text());
        let typing = self.typing.borrow();
        let settled = typing.settled.as_ref().filter(|settled| stands_alone(typed, settled));
        let (earlier, from) =
            settled.map_or((&self.earlier, 0), |settled| (&settled.earlier, settled.length));
        let errors = earlier.errors(&source, from, Rc::new(NoFiles));
        let is_here =
            |error: &Diagnostic| error.primary().is_some_and(|label| Arc::ptr_eq(&label.source, &source));
        errors.into_iter().filter(is_here).collect()
    }

    /// Finds out which lines of a text need no other look.
    fn settle_lines(&self, text: &str) {
        let mut typing = self.typing.borrow_mut();
        let changed = typing.turn_to(text, &self.era);
        let length = typing.settled.as_ref().map_or(0, |settled| settled.length);
        if length < changed && typing.refused != Some(changed) {
            let lines = Typed::new(&text[..changed]);
            let known = typing.settled.as_ref().filter(|settled| stands_alone(&lines, settled));
            let after = match known {
                Some(settled) => after(&settled.earlier, &lines, settled.length),
                None => after(&self.earlier, &lines, 0),
            };
            match after {
                Some(earlier) => typing.settled = Some(Settled { length: changed, earlier }),
                None => typing.refused = Some(changed),
            }
        }
    }
}

/// What there is after lines of which those up to a place are known already. None if they are not whole, or wrong.
fn after(earlier: &Earlier, lines: &Typed, from: usize) -> Option<Earlier> {
    if lines.is_incomplete() || !lines.open().is_empty() || lines.place() != Place::Commands {
        return None;
    }
    let source = source("typed", lines.text().as_bytes().to_vec()).ok()?;
    earlier.check_from(&source, from, Rc::new(NoFiles)).ok().map(|(_, earlier)| earlier)
}

/// Whether the rest of a text means the same behind lines that were read before. What a whole may not declare twice, two
/// entries may; and `.len()` on a line of its own goes on with the expression before.
fn stands_alone(typed: &Typed, settled: &Settled) -> bool {
    let (text, from) = (typed.text(), settled.length);
    let keywords = typed.marks().iter().filter(|mark| mark.look == Look::Keyword);
    let mut rest = keywords.filter(|mark| mark.span.start as usize >= from);
    !rest.any(|mark| match &text[mark.span.range()] {
        "fn" => true,
        "let" => {
            let names = text[mark.span.end as usize..].split('=').next().unwrap_or_default();
            let mut names = names.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.any(|name| settled.earlier.meaning(name).is_some())
        }
        _ => false,
    }) && !text[from..].lines().any(|line| line.trim_start().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;

    fn dialog() -> Dialog {
        Dialog::new(Session::new()).unwrap()
    }

    /// As text, with their places.
    fn pages(dialog: &Dialog, text: &str) -> Vec<String> {
        dialog.mistakes(&Typed::new(text)).iter().map(|page| page.render(false, 100)).collect()
    }

    #[test]
    fn what_is_kept_between_keys_changes_nothing() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
        let mut directories = vec![std::path::PathBuf::from(directory)];
        let mut texts = 0;
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                if path.extension().is_none_or(|extension| extension != "pw") || text.len() > 4096 {
                    continue;
                }
                let typist = dialog();
                // Ends of words and lines, where most errors come and go.
                let ends = text.char_indices().filter(|(_, letter)| letter.is_whitespace()).map(|(at, _)| at);
                let ends: Vec<usize> = ends.flat_map(|at| [at, at + 1]).chain([text.len()]).collect();
                // Forth, and back as with the backspace key.
                for end in ends.iter().chain(ends.iter().rev().step_by(3)) {
                    let Some(part) = text.get(..*end) else { continue };
                    assert_eq!(pages(&typist, part), pages(&dialog(), part), "{}: {part}", path.display());
                    texts += 1;
                }
            }
        }
        assert!(texts > 10_000, "{texts}");
    }

    #[test]
    fn an_entry_that_runs_changes_what_is_known() {
        let mut dialog = dialog();
        let text = "echo a\necho $name";
        assert_eq!(pages(&dialog, text).len(), 1);
        let _ = dialog.run(dialog.check("1", "let name = 'b'").unwrap());
        assert!(pages(&dialog, text).is_empty());
    }
}
