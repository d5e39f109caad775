//! The state that is kept between two keys, so that lines before the changed one are read and checked only once.
//! Without it, long entries would respond slowly to each key.

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

/// The last text, and the analysis of its beginning.
#[derive(Default)]
pub(super) struct Typing {
    text: String,
    settled: Option<Settled>,
    /// Lines up to this place end inside a construct, or contain an error.
    refused: Option<usize>,
    /// Lines in blocks that are correct and that nothing depends on.
    quiet: Vec<Range<usize>>,
    /// The place up to which they were searched.
    listened: usize,
    era: Arc<()>,
}

/// Whole lines of statements that have passed the check.
struct Settled {
    length: usize,
    /// The declarations after them.
    earlier: Earlier,
}

impl Typing {
    /// Forgets the state that the change from the last text invalidates. Returns the start of the first changed line.
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
    /// Returns all errors of a completed text. Reads no file.
    pub(super) fn errors(&self, typed: &Typed, whole: String) -> Vec<Diagnostic> {
        let changed = self.settle_lines(typed.text());
        let mut typing = self.typing.borrow_mut();
        let known = typing.settled.as_ref().filter(|settled| stands_alone(typed, settled));
        let (earlier, from) = known.map_or((&self.earlier, 0), |settled| (&settled.earlier, settled.length));
        // Keep the last one: a block without any command is an error.
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

    /// Determines which lines of a text need no second check. Returns the start of the changed line.
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

/// Returns the state after a group of lines, given the state at an earlier place. Returns `None` if the lines are not
/// whole or contain an error.
fn after(earlier: &Earlier, lines: &Typed, from: usize) -> Option<Earlier> {
    if lines.is_incomplete() || !lines.open().is_empty() || lines.place() != Place::Commands {
        return None;
    }
    let source = source("typed", lines.text().as_bytes().to_vec()).ok()?;
    earlier.check_from(&source, from, Rc::new(NoFiles)).ok().map(|(_, earlier)| earlier)
}

/// Returns the places of a keyword in a text after a given place.
fn keywords<'t>(typed: &'t Typed, from: usize, keyword: &'t str) -> impl Iterator<Item = Span> + 't {
    let rest = typed.marks().iter().filter(move |mark| mark.span.start as usize >= from);
    let found = move |mark: &&Mark| mark.look == Look::Keyword && typed.text()[mark.span.range()] == *keyword;
    rest.filter(found).map(|mark| mark.span)
}

/// Returns whether the rest of a text means the same after lines that were read separately. A name that one text may
/// not declare twice may be declared in two entries, and a line `.len()` continues the expression before it.
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

    /// Renders them as text, with their places.
    fn pages(dialog: &Dialog, text: &str) -> Vec<String> {
        dialog.mistakes(&Typed::new(text)).iter().map(|page| page.render(false, 100)).collect()
    }

    /// With one in thirty of the texts; `SCALE=10` tries all.
    #[test]
    fn state_between_keys_changes_nothing() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
        let mut directories = vec![std::path::PathBuf::from(directory)];
        let step = if crate::sys::testing::is_long() { 1 } else { 30 };
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
                // Ends of words and lines, where most errors appear and disappear.
                let ends = text.char_indices().filter(|(_, letter)| letter.is_whitespace()).map(|(at, _)| at);
                let ends: Vec<usize> = ends.flat_map(|at| [at, at + 1]).chain([text.len()]).collect();
                // Forwards, and backwards as with the backspace key.
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
        // The declarations that they use are removed.
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
