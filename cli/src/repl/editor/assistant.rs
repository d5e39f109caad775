//! What the prompt knows about the line while the user types it: colours, suggestions, candidates, and the actions of
//! keys.

use super::action::Action;
use super::keys::{Shared, outdented};
use super::recall::{LastArgument, Recall};
use super::search::{self, Search};
use crate::repl::complete::world::Live;
use crate::repl::complete::{Candidate, complete};
use crate::repl::{correct, highlight, history, own};
use pipewright::Span;
use pipewright::diag::{code, reason};
use pipewright::dialog::{KeyQueue, Rewritten, Typed};
use pipewright::program::{terminal_height, terminal_width};
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::SearchDirection;
use rustyline::line_buffer::LineBuffer;
use rustyline::validate::Validator;
use rustyline::{Changeset, CompletionType, Context, Helper};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// The support for the user's typing.
pub struct Assistant {
    live: Rc<Live>,
    queue: Option<Arc<KeyQueue>>,
    shared: Shared,
    /// The file of the history.
    history: Option<PathBuf>,
    /// The text of the line.
    pub(super) text: RefCell<String>,
    /// The entry before.
    pub(super) previous: RefCell<String>,
    /// The analysis of the last text.
    seen: RefCell<Seen>,
    /// Whether the line is being entered, so that it no longer has a cursor.
    entered: Cell<bool>,
    /// Whether no key has been read yet.
    begins: Cell<bool>,
    /// Whether candidates were listed. The question about a long list may have taken a Ctrl-C.
    listed: Cell<bool>,
    /// The message about the last completion, with its line.
    notice: RefCell<Option<(String, String)>>,
    /// The line that an action has made, and its cursor.
    made: RefCell<Option<(String, usize)>>,
    recall: RefCell<Recall>,
    last_argument: RefCell<LastArgument>,
    search: RefCell<Option<Search>>,
}

#[derive(Default)]
struct Seen {
    typed: Typed,
    wrong: Vec<Span>,
    /// Whether it has an event of the history, such as `!!`.
    has_event: bool,
}

impl Assistant {
    pub fn new(
        live: Rc<Live>,
        queue: Option<Arc<KeyQueue>>,
        shared: Shared,
        history: Option<PathBuf>,
    ) -> Self {
        Self {
            live,
            queue,
            shared,
            history,
            text: RefCell::default(),
            previous: RefCell::default(),
            seen: RefCell::default(),
            entered: Cell::new(false),
            begins: Cell::new(false),
            listed: Cell::new(false),
            notice: RefCell::default(),
            made: RefCell::default(),
            recall: RefCell::default(),
            last_argument: RefCell::default(),
            search: RefCell::default(),
        }
    }

    /// Prepares for a new line.
    pub fn begin(&self) {
        self.begins.set(true);
        self.listed.set(false);
        self.recall.take();
        self.last_argument.take();
        self.end_search();
    }

    /// Analyses a text once, however often the cursor moves in it.
    fn look(&self, text: &str) -> std::cell::Ref<'_, Seen> {
        if self.seen.borrow().typed.text() != text {
            let typed = Typed::new(text);
            let is_own = own::Own::parse(text).is_some();
            let mistakes = if is_own { Vec::new() } else { self.live.dialog().mistakes(&typed) };
            let places = mistakes.iter().filter_map(|page| Some(page.primary()?.span));
            let has_event = mistakes.first().is_some_and(|page| page.code == code::SH_HISTORY);
            *self.seen.borrow_mut() = Seen { wrong: places.collect(), has_event, typed };
        }
        self.seen.borrow()
    }

    /// Returns the entry to offer for a line of sh that the check refuses.
    fn offered(&self, line: &str) -> Option<Rewritten> {
        let offer = &self.shared.offer;
        if let Some(known) = offer.of(line) {
            return known;
        }
        if line.trim().is_empty() {
            return None;
        }
        let seen = self.look(line);
        let (is_refused, has_event) = (!seen.wrong.is_empty() && !seen.typed.is_incomplete(), seen.has_event);
        drop(seen);
        let dialog = self.live.dialog();
        let expanded = || {
            let entry = correct::with_events(line, &self.previous.borrow()).filter(|_| has_event)?;
            dialog.check("prompt", &entry).is_ok().then(|| entry.into())
        };
        let entry = if is_refused { expanded().or_else(|| dialog.rewritten(line)) } else { None };
        offer.put(line, entry.clone());
        entry
    }

    /// Returns whether more letters are there, as of pasted text, which are read faster if the line is not analysed for
    /// each.
    fn is_behind(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.is_behind())
    }

    pub(super) fn paint(&self, text: &str, cursor: Option<usize>) -> String {
        let seen = self.look(text);
        highlight::painted(&seen.typed, &seen.wrong, |word| self.live.is_command(word), cursor)
    }

    // -------------------------------------------------------------------------------------- the actions of keys

    /// Performs the action of a key. Returns the new line and its cursor, or `None` if there is nothing to do.
    fn act(
        &self,
        action: Action,
        line: &str,
        cursor: usize,
        context: &Context<'_>,
    ) -> Option<(String, usize)> {
        let history = context.history();
        let count = history.len();
        let entry = |at: usize| Some(history.get(at, SearchDirection::Forward).ok()??.entry.into_owned());
        let whole = |text: String| (text.len(), text);
        let (cursor, text) = match action {
            Action::Outdent => {
                let (start, text) = outdented(&line[..cursor]).unwrap_or((cursor, "}".to_owned()));
                let end = start + text.len();
                (end, format!("{}{text}{}", &line[..start], &line[cursor..]))
            }
            Action::Expand => {
                let before = self.shared.abbreviations.expanded(&line[..cursor])? + " ";
                (before.len(), before + &line[cursor..])
            }
            Action::TakeOffer => whole(self.offered(line)?.text),
            Action::TakeWord => whole(format!("{line}{}", first_word(&self.suggested(line, context)?))),
            Action::Older => whole(self.recall.borrow_mut().older(line, count, entry)?),
            Action::Newer => whole(self.recall.borrow_mut().newer(line, count, entry)?),
            Action::LastArgument => {
                return self.last_argument.borrow_mut().insert(line, cursor, count, entry);
            }
            Action::SearchOlder => {
                let mut search = self.search.borrow_mut();
                match &mut *search {
                    Some(search) => search.select_older(),
                    None => *search = Some(Search::new(line, cursor)),
                }
                self.shared.asked.set_searching(true);
                (cursor, line.to_owned())
            }
            Action::SearchNewer => {
                self.search.borrow_mut().as_mut()?.select_newer();
                (cursor, line.to_owned())
            }
            Action::SearchTake => {
                let search = self.end_search()?;
                match search.selected() {
                    Some(entry) => whole(entry.to_owned()),
                    None => return Some(search.before()),
                }
            }
            Action::SearchLeave => return Some(self.end_search()?.before()),
            Action::SearchDelete => {
                let entry = self.search.borrow_mut().as_mut()?.delete()?;
                let deleted =
                    self.history.as_ref().map(|file| history::delete(file, |one| one.text == entry));
                if let Some(Err(error)) = deleted {
                    let notice = format!("the entry can't be deleted: {}", reason(&error));
                    *self.notice.borrow_mut() = Some((line.to_owned(), notice));
                    self.end_search();
                }
                (cursor, line.to_owned())
            }
        };
        Some((text, cursor))
    }

    fn end_search(&self) -> Option<Search> {
        self.shared.asked.set_searching(false);
        self.search.take()
    }

    /// Returns the matches of the search as a list, if there is a search.
    fn list(&self, query: &str, context: &Context<'_>) -> Option<String> {
        let mut search = self.search.borrow_mut();
        let search = search.as_mut()?;
        let history = context.history();
        let newest = (0..history.len()).rev();
        let entries: Vec<String> = newest
            .filter_map(|at| Some(history.get(at, SearchDirection::Forward).ok()??.entry.into_owned()))
            .collect();
        search.look(query, entries.iter());
        let columns = terminal_width().unwrap_or(80);
        // The query and the prompt may need some lines, too.
        let rows = terminal_height().unwrap_or(24).saturating_sub(query.len() / columns + 4).clamp(1, ROWS);
        Some(search.list(columns, rows))
    }

    /// Returns the rest of the newest entry that begins with the line.
    fn suggested(&self, line: &str, context: &Context<'_>) -> Option<String> {
        if line.trim().is_empty() {
            return None;
        }
        let history = context.history();
        let newest = history.len().checked_sub(1)?;
        let found = history.starts_with(line, newest, SearchDirection::Reverse).ok()??;
        let rest = found.entry.get(line.len()..)?;
        (!rest.is_empty()).then(|| rest.to_owned())
    }
}

/// The largest number of entries in the list of a search.
const ROWS: usize = 10;

/// Returns a text up to the end of its first word, as Alt-F moves.
fn first_word(text: &str) -> &str {
    let start = text.find(char::is_alphanumeric).unwrap_or(text.len());
    let end =
        text[start..].find(|letter: char| !letter.is_alphanumeric()).map_or(text.len(), |end| start + end);
    &text[..end]
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        if self.is_behind() && !self.entered.get() || self.shared.asked.is_searching() {
            return Cow::Borrowed(line);
        }
        Cow::Owned(self.paint(line, (!self.entered.get()).then_some(cursor)))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let Some((first, rows)) = hint.split_once('\n') else { return Cow::Owned(grey(hint)) };
        let row = |row: &str| {
            if row.starts_with(search::MARK) { format!("\n\x1b[7m{row}\x1b[0m") } else { format!("\n{row}") }
        };
        Cow::Owned(grey(first) + &rows.lines().map(row).collect::<String>())
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        match candidate.split_once(NOTE) {
            Some((name, note)) => Cow::Owned(format!("{name}{NOTE}{}", grey(note))),
            None => Cow::Borrowed(candidate),
        }
    }

    fn highlight_char(&self, line: &str, cursor: usize, kind: CmdKind) -> bool {
        self.entered.set(kind == CmdKind::ForcedRefresh);
        match kind {
            CmdKind::MoveCursor => highlight::pair_at(&self.look(line).typed, cursor).is_some(),
            // Any key may change any colour before it.
            CmdKind::Other | CmdKind::ForcedRefresh => true,
        }
    }
}

fn grey(text: &str) -> String {
    format!("\x1b[90m{text}\x1b[0m")
}

/// The gap between the name of a candidate and its description.
const NOTE: &str = "  \u{2013} ";

/// A candidate in the form that the list shows.
pub struct Shown {
    text: String,
    line: String,
}

impl rustyline::completion::Candidate for Shown {
    fn display(&self) -> &str {
        &self.line
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

/// With more candidates, only names are shown, side by side.
const WITH_NOTES: usize = 100;

/// The largest number of candidates in the list.
const MOST: usize = 2000;

impl Completer for Assistant {
    type Candidate = Shown;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Shown>)> {
        // Tab takes the selected entry of a search.
        let tab = || self.shared.asked.is_searching().then_some(Action::SearchTake);
        if let Some(action) = self.shared.asked.take().or_else(tab) {
            let made = self.act(action, line, cursor, context);
            let candidates =
                made.iter().map(|(text, _)| Shown { text: text.clone(), line: text.clone() }).collect();
            *self.made.borrow_mut() = made;
            return Ok((0, candidates));
        }
        let (start, mut candidates) = complete(line, cursor, &*self.live);
        candidates.truncate(MOST);
        self.listed.set(candidates.len() > 1);
        let notice = self.live.take_notice().filter(|_| candidates.is_empty());
        *self.notice.borrow_mut() = notice.map(|notice| (line.to_string(), notice));
        if self.notice.borrow().is_some() {
            // A completion that changes nothing makes the editor redraw the line, with the message after it.
            let typed = line[start..cursor].to_string();
            return Ok((start, vec![Shown { line: typed.clone(), text: typed }]));
        }
        let notes = candidates.len() <= WITH_NOTES;
        let width = candidates.iter().map(|one| one.name.chars().count()).max().unwrap_or_default();
        let shown = |Candidate { text, name, note }: Candidate| {
            let note: String = note.chars().take(100).collect();
            let line = if notes && !note.is_empty() {
                let blank = " ".repeat(width - name.chars().count());
                row(&format!("{name}{blank}{NOTE}{note}"))
            } else {
                name
            };
            Shown { text, line }
        };
        Ok((start, candidates.into_iter().map(shown).collect()))
    }

    fn update(&self, line: &mut LineBuffer, start: usize, elected: &str, changes: &mut Changeset) {
        let Some((text, cursor)) = self.made.take() else {
            return line.replace(start..line.pos(), elected, changes);
        };
        let same = line.as_str().char_indices().zip(text.chars()).find(|((_, old), new)| old != new);
        let same = same.map_or(line.len().min(text.len()), |((at, _), _)| at);
        line.replace(same..line.len(), &text[same..], changes);
        line.set_pos(cursor);
    }
}

/// Returns a candidate with its description as one line of the terminal. It fills the line: if there were room for two
/// side by side, the list would be in columns.
fn row(line: &str) -> String {
    let columns = terminal_width().unwrap_or(80).saturating_sub(3);
    if line.chars().count() <= columns {
        return format!("{line:width$}", width = columns / 2 + 1);
    }
    line.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
}

/// The grey text after the cursor.
pub enum Suggestion {
    /// The rest of an earlier entry with the same beginning.
    Rest(String),
    /// The message about the last completion. For a line of sh, an arrow and the entry to offer.
    Notice(String),
    /// The matches of a search of the history.
    List(String),
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        match self {
            Self::List(text) => text,
            // A second line would move the prompt with each key.
            Self::Rest(text) | Self::Notice(text) => text.split('\n').next().unwrap_or_default(),
        }
    }

    fn completion(&self) -> Option<&str> {
        match self {
            Self::Rest(text) => Some(text),
            Self::Notice(_) | Self::List(_) => None,
        }
    }
}

impl Hinter for Assistant {
    type Hint = Suggestion;

    fn hint(&self, line: &str, cursor: usize, context: &Context<'_>) -> Option<Suggestion> {
        // The first analysis of a line happens after the editor has installed its handlers.
        let begins = self.begins.take();
        if begins || self.listed.get() {
            self.live.dialog().attend_keys();
        }
        if let Some(queue) = self.queue.as_ref().filter(|_| begins) {
            queue.begin();
        }
        line.clone_into(&mut self.text.borrow_mut());
        self.shared.shape.changed();
        if let Some(list) = self.list(line, context) {
            return Some(Suggestion::List(list));
        }
        if cursor < line.len() || self.is_behind() {
            return None;
        }
        if let Some(entry) = self.offered(line) {
            let mut lines = entry.text.lines();
            let first = lines.next().unwrap_or_default();
            let more = if lines.next().is_some() { " …" } else { "" };
            return Some(Suggestion::Notice(format!("  → {first}{more}{}", remarks(&entry))));
        }
        if line.trim().is_empty() {
            return None;
        }
        if let Some((_, notice)) = self.notice.borrow().as_ref().filter(|(of, _)| of == line) {
            return Some(Suggestion::Notice(format!("  ({notice})")));
        }
        self.suggested(line, context).map(Suggestion::Rest)
    }
}

/// Returns where an entry differs from the line of sh, in parentheses.
fn remarks(entry: &Rewritten) -> String {
    if entry.remarks.is_empty() { String::new() } else { format!("  ({})", entry.remarks.join("; ")) }
}

impl Validator for Assistant {}

impl Helper for Assistant {}
