//! What is kept of a text between two keys: the lines before the one that changes are read and checked once. Of an entry
//! of 200 lines that was half of what a key at its end took.

use super::Dialog;
use super::entry::NoFiles;
use super::quiet;
use super::typed::{Look, Mark, Place, Typed};
use crate::check::Earlier;
use crate::diag::Diagnostic;
use crate::engine::source;
use crate::span::Span;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// What the last text was, and what is known of its beginning.
#[derive(Default)]
pub(super) struct Typing {
    text: String,
    settled: Option<Settled>,
    /// Lines up to here have no end of their own, or something is wrong with them.
    refused: Option<usize>,
    /// Lines in blocks with which nothing is wrong, and on which nothing depends.
    quiet: Vec<Range<usize>>,
    /// Up to where they were looked for.
    listened: usize,
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
        self.listened = self.listened.min(changed);
        self.quiet.retain(|line| line.end < changed);
        self.text.truncate(0);
        self.text.push_str(text);
        changed
    }
}

impl Dialog {
    /// All that is wrong with a text that was made whole. No file is read for it.
    pub(super) fn errors(&self, typed: &Typed, whole: String) -> Vec<Diagnostic> {
        let changed = self.settle_lines(typed.text());
        let mut typing = self.typing.borrow_mut();
        let known = typing.settled.as_ref().filter(|settled| stands_alone(typed, settled));
        let (earlier, from) = known.map_or((&self.earlier, 0), |settled| (&settled.earlier, settled.length));
        // The last one stays: without any command a block is an error.
        let unread = match typing.quiet.split_last() {
            Some((_, lines)) if keywords(typed, from, "fn").next().is_none() => lines,
            _ => &[],
        };
        let mut blanked = if unread.is_empty() { Vec::new() } else { whole.clone().into_bytes() };
        unread.iter().for_each(|line| blanked[line.clone()].fill(b' '));
        let Ok(shown) = source("typed", whole.into_bytes()) else { return Vec::new() };
        let looked_at = if unread.is_empty() { Ok(shown.clone()) } else { source("typed", blanked) };
        let Ok(looked_at) = looked_at else { return Vec::new() };
        let errors = earlier.errors(&looked_at, from, Rc::new(NoFiles)).into_iter();
        let is_here =
            |error: &Diagnostic| error.primary().is_some_and(|label| Arc::ptr_eq(&label.source, &looked_at));
        let errors: Vec<Diagnostic> =
            errors.filter(is_here).map(|error| error.in_place_of(&looked_at, &shown)).collect();
        let is_before =
            |error: &Diagnostic| error.primary().is_some_and(|label| (label.span.start as usize) < changed);
        if typing.listened < changed && !errors.iter().any(is_before) {
            typing.listened = changed;
            typing.quiet = quiet::lines(typed, changed);
        }
        errors
    }

    /// Finds out which lines of a text need no other look. Where the line begins that has changed.
    fn settle_lines(&self, text: &str) -> usize {
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
        changed
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

/// Where a keyword stands in a text from a place on.
fn keywords<'t>(typed: &'t Typed, from: usize, keyword: &'t str) -> impl Iterator<Item = Span> + 't {
    let rest = typed.marks().iter().filter(move |mark| mark.span.start as usize >= from);
    let found = move |mark: &&Mark| mark.look == Look::Keyword && typed.text()[mark.span.range()] == *keyword;
    rest.filter(found).map(|mark| mark.span)
}

/// Whether the rest of a text means the same behind lines that were read before. What a whole may not declare twice, two
/// entries may; and `.len()` on a line of its own goes on with the expression before.
fn stands_alone(typed: &Typed, settled: &Settled) -> bool {
    let (text, from) = (typed.text(), settled.length);
    let declares_again = |span: Span| {
        let names = text[span.end as usize..].split('=').next().unwrap_or_default();
        let mut names = names.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        names.any(|name| settled.earlier.meaning(name).is_some())
    };
    keywords(typed, from, "fn").next().is_none()
        && !keywords(typed, from, "let").any(declares_again)
        && !text[from..].lines().any(|line| line.trim_start().starts_with('.'))
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

    /// With each tenth of the texts; `SCALE=10` tries all.
    #[test]
    fn what_is_kept_between_keys_changes_nothing() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
        let mut directories = vec![std::path::PathBuf::from(directory)];
        let step = if std::env::var_os("SCALE").is_some() { 1 } else { 10 };
        let (mut scripts, mut texts) = (0, 0);
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                if path.extension().is_none_or(|extension| extension != "pw") || text.len() > 2048 {
                    continue;
                }
                scripts += 1;
                if scripts % step != 0 {
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
        assert!(texts > 10_000 / step, "{texts}");
    }

    #[test]
    fn lines_of_an_open_block_are_read_once() {
        let dialog = dialog();
        let line = "    for file in *.txt { grep -c x $file | sort > \"$file.count\" }\n";
        let block = format!("if true {{\n{}", line.repeat(3));
        for end in ["", "e", "echo $fi"] {
            pages(&dialog, &format!("{block}{end}"));
        }
        assert_eq!(dialog.typing.borrow().quiet.len(), 3);
        // What they use goes away.
        let block = block.replace("file in", "name in");
        assert_eq!(pages(&dialog, &block).len(), 6);
        assert!(dialog.typing.borrow().quiet.is_empty());
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
