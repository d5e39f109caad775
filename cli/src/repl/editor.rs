//! The line editor: rustyline with the knowledge of the prompt. Everything that can be decided without a terminal is
//! decided elsewhere.

use super::complete::world::Live;
use super::complete::{Candidate, complete};
use super::highlight;
use super::offer::{Offer, Take};
use pipewright::Span;
use pipewright::dialog::{KeyQueue, Place, Rewritten, Typed};
use pipewright::program::terminal_width;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{History as _, MemHistory, SearchDirection};
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, EditMode, Event, EventContext,
    EventHandler, GraphemeClusterMode, Helper, InputMode, KeyCode, KeyEvent, Modifiers, RepeatCount,
};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The result of reading a line.
pub enum Read {
    Entry(String),
    /// A text to be edited by a program.
    Outside(String),
    /// Ctrl-C cleared the line.
    Cleared,
    /// Ctrl-D, or the terminal was closed.
    End,
}

pub struct Editor {
    line: rustyline::Editor<Assistant, MemHistory>,
    /// The queue of its keys; none if the editor reads the terminal itself.
    queue: Option<Arc<KeyQueue>>,
    /// Whether the user left the line to edit it in a program.
    outside: Arc<AtomicBool>,
    colours: bool,
}

/// The settings of the editor.
pub struct EditorConfig {
    pub colours: bool,
    pub vi: bool,
}

/// The first descriptor number that select(2) does not accept.
const FD_SETSIZE: RawFd = 1024;

/// The number of entries that the arrows, suggestions and Ctrl-R search.
const AT_HAND: usize = 100_000;

impl Editor {
    /// # Errors
    /// Fails with the reason why there is no terminal for editing.
    pub fn new(
        live: Rc<Live>,
        queue: Option<Arc<KeyQueue>>,
        habits: &EditorConfig,
    ) -> Result<Self, ReadlineError> {
        let config = Config::builder()
            .max_history_size(AT_HAND)
            .and_then(|config| config.history_ignore_dups(true))?
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .completion_prompt_limit(200)
            .edit_mode(if habits.vi { EditMode::Vi } else { EditMode::Emacs })
            .color_mode(if habits.colours { ColorMode::Enabled } else { ColorMode::Disabled })
            // The keys of jobs are signals while a line is edited, too: as bytes that arrive with Enter, they would be
            // lost.
            .enable_signals(true)
            .keyseq_timeout(Some(if habits.vi { 100 } else { 500 }))
            .build();
        let history = MemHistory::with_config(&config);
        let mut line = rustyline::Editor::with_history(config, history)?;
        let outdents = Arc::new(AtomicBool::new(false));
        let offer = Arc::new(Offer::default());
        line.set_helper(Some(Assistant::new(live, queue.clone(), outdents.clone(), offer.clone())));
        let conditional = |handler: Box<dyn ConditionalEventHandler>| EventHandler::Conditional(handler);
        // Ctrl-J is the form of a line end that is pasted into a terminal without bracketed paste.
        for enter in [KeyEvent(KeyCode::Enter, Modifiers::NONE), KeyEvent::ctrl('J')] {
            line.bind_sequence(enter, conditional(Box::new(Enter { always: false })));
        }
        line.bind_sequence(
            KeyEvent(KeyCode::Enter, Modifiers::ALT),
            conditional(Box::new(Enter { always: true })),
        );
        let brace = KeyEvent(KeyCode::Char('}'), Modifiers::NONE);
        line.bind_sequence(brace, conditional(Box::new(Outdent { asks: outdents })));
        for key in [
            KeyEvent(KeyCode::Right, Modifiers::NONE),
            KeyEvent(KeyCode::End, Modifiers::NONE),
            KeyEvent::ctrl('E'),
            KeyEvent::ctrl('F'),
        ] {
            line.bind_sequence(key, conditional(Box::new(Take(offer.clone()))));
        }
        let outside = Arc::new(AtomicBool::new(false));
        for letter in ['e', 'E'] {
            let keys = KeyEvent(KeyCode::Char(letter), Modifiers::ALT);
            line.bind_sequence(keys, conditional(Box::new(Leave { for_program: outside.clone() })));
        }
        let keys = Event::KeySeq(vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')]);
        line.bind_sequence(keys, conditional(Box::new(Leave { for_program: outside.clone() })));
        let keys = KeyEvent(KeyCode::Char('v'), Modifiers::NONE);
        line.bind_sequence(keys, conditional(Box::new(Visual(Leave { for_program: outside.clone() }))));
        if let Some(queue) = &queue {
            let mark = KeyEvent(KeyCode::Char(KeyQueue::MARK), Modifiers::NONE);
            line.bind_sequence(mark, conditional(Box::new(GoOn(queue.clone()))));
        }
        Ok(Self { line, queue, outside, colours: habits.colours })
    }

    /// Reads one entry. `offered` is already in the line.
    pub fn read(&mut self, prompt: &(String, String), offered: &str) -> Read {
        if let Some(assistant) = self.line.helper() {
            assistant.begins.set(true);
            assistant.listed.set(false);
        }
        // With a pipe for signals, the editor waits by select(2) and notices a signal that came before it waited:
        // read(2) would leave Ctrl-C for the next key. Its pipes, two for each line after the first, must be below the
        // limit of select.
        let selects = next_are_below(4, FD_SETSIZE);
        let _printer = selects.then(|| self.line.create_external_printer().ok());
        let queue = self.queue.as_ref().filter(|_| selects);
        if let Some(queue) = queue {
            queue.prepare();
        }
        let read = match offered {
            "" => self.line.readline(prompt),
            offered => self.line.readline_with_initial(prompt, (offered, "")),
        };
        if queue.is_some_and(|queue| queue.end()) {
            // The editor could not write it after it had failed to restore the modes.
            super::print("\x1b[?2004l");
        }
        let outside = self.outside.swap(false, Ordering::Relaxed);
        match read {
            Ok(text) if outside => Read::Outside(text),
            Ok(text) => Read::Entry(text),
            Err(ReadlineError::Interrupted) => Read::Cleared,
            // A key came while the terminal was being set up.
            Err(ReadlineError::Errno(errno))
                if io::Error::from(errno).kind() == io::ErrorKind::Interrupted =>
            {
                Read::Cleared
            }
            // A byte that is not text, where the editor reads the terminal itself.
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => Read::Cleared,
            Err(_) => Read::End,
        }
    }

    /// Erases an entry that was just read from the screen. The entry is about to be offered again and would
    /// otherwise be shown twice.
    pub fn erase(prompt: &(String, String), text: &str) {
        if let Some(columns) = terminal_width() {
            super::print(&format!("\x1b[{}A\r\x1b[J", rows(&format!("{}{text}", prompt.0), columns)));
        }
    }

    /// Returns a prompt with an entry and a line end, as the terminal would show them if the user had typed the
    /// entry here.
    pub fn drawn(&self, (bare, styled): &(String, String), text: &str) -> String {
        let prompt = if self.colours { styled } else { bare };
        let painted =
            self.line.helper().filter(|_| self.colours).map(|assistant| assistant.paint(text, None));
        format!("{prompt}{}\n", painted.as_deref().unwrap_or(text))
    }

    /// Returns whether keys were read ahead.
    pub fn has_keys(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.has_left())
    }

    /// Adds keys that were read ahead.
    pub fn push_keys(&self, keys: &[u8]) {
        if let Some(queue) = &self.queue {
            queue.push(keys);
        }
    }

    /// Returns the text of the line that was analysed last.
    pub fn text(&self) -> String {
        self.line.helper().map(|assistant| assistant.text.borrow().clone()).unwrap_or_default()
    }

    /// Offers an entry in place of the refused entry. It appears in the empty line that is read next.
    pub fn offer(&mut self, entry: Rewritten) {
        if let Some(assistant) = self.line.helper() {
            assistant.offer.put("", Some(entry));
        }
    }

    /// Adds an entry to the available ones.
    pub fn remember(&mut self, text: &str) {
        // It is only in memory, so nothing can fail.
        let _ = self.line.history_mut().add(text);
    }
}

/// Returns how many rows of the terminal a text takes, including the line end that the line editor writes after it.
fn rows(text: &str, columns: usize) -> usize {
    const TAB: usize = 8;
    let widths = GraphemeClusterMode::from_env();
    let (mut row, mut column) = (1, 0);
    for letter in text.chars() {
        let width = match letter {
            '\n' => {
                (row, column) = (row + 1, 0);
                continue;
            }
            '\t' => TAB - column % TAB,
            other => widths.width(other.encode_utf8(&mut [0; 4])).into(),
        };
        column += width;
        if column > columns {
            (row, column) = (row + 1, width);
        }
    }
    // If a text fills its last row, the cursor is in the next one.
    if column == columns { row + 1 } else { row }
}

/// Returns whether each of the next `count` descriptors will be below `limit`.
fn next_are_below(count: usize, limit: RawFd) -> bool {
    let next: Vec<OwnedFd> =
        (0..count).map_while(|_| io::stdin().as_fd().try_clone_to_owned().ok()).collect();
    next.len() == count && next.iter().all(|fd| fd.as_raw_fd() < limit)
}

/// Enter: runs a complete entry, and begins a new line in an incomplete one.
struct Enter {
    always: bool,
}

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let text = context.line();
        if !self.always && !Typed::new(text).is_incomplete() {
            return Some(Cmd::AcceptLine);
        }
        let before = text.get(..context.pos()).map(Typed::new).unwrap_or_default();
        // Blanks in a string would be part of it.
        let indent = if before.place() == Place::String { 0 } else { before.indent() };
        Some(Cmd::Insert(1, format!("\n{:width$}", "", width = indent * INDENT)))
    }
}

const INDENT: usize = 4;

/// Puts a `}` on its own line at the indentation of its block.
///
/// It is inserted as a completion of the line, since `Cmd::Replace` leaves the cursor before the inserted text: the
/// next line was begun above the bracket.
struct Outdent {
    asks: Arc<AtomicBool>,
}

impl ConditionalEventHandler for Outdent {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let before = context.line().get(..context.pos())?;
        let is_block = outdented(before).is_some() && Typed::new(before).indent() > 0;
        self.asks.store(is_block, Ordering::Relaxed);
        is_block.then_some(Cmd::Complete)
    }
}

/// Returns the start of the line at the end of the text, and its replacement with a `}`, if it contains only an
/// indentation.
fn outdented(text: &str) -> Option<(usize, String)> {
    let start = text.trim_end_matches(' ').len();
    let width = (text.len() - start).checked_sub(INDENT)?;
    text[..start].ends_with('\n').then(|| (start, format!("{:width$}}}", "")))
}

/// The key that the queue sends to learn whether the line goes on.
struct GoOn(Arc<KeyQueue>);

impl ConditionalEventHandler for GoOn {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.0.go_on();
        Some(Cmd::Noop)
    }
}

/// Leaves the line so that a program can edit it. While the line is being edited, no program can have the terminal.
struct Leave {
    for_program: Arc<AtomicBool>,
}

impl ConditionalEventHandler for Leave {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.for_program.store(true, Ordering::Relaxed);
        Some(Cmd::AcceptLine)
    }
}

/// Does the same for the `v` of vi's command mode (POSIX, sh, "vi Line Editing Command Mode").
struct Visual(Leave);

impl ConditionalEventHandler for Visual {
    fn handle(&self, event: &Event, n: RepeatCount, positive: bool, context: &EventContext) -> Option<Cmd> {
        let commands = context.mode() == EditMode::Vi && context.input_mode() == InputMode::Command;
        commands.then(|| self.0.handle(event, n, positive, context)).flatten()
    }
}

/// The support for the user's typing.
struct Assistant {
    live: Rc<Live>,
    queue: Option<Arc<KeyQueue>>,
    /// The text of the line.
    text: RefCell<String>,
    /// The analysis of the last text.
    seen: RefCell<Seen>,
    /// Whether the request is not for a completion but for a `}` (see [`Outdent`]).
    outdents: Arc<AtomicBool>,
    offer: Arc<Offer>,
    /// Whether the line is being entered, so that it no longer has a cursor.
    entered: Cell<bool>,
    /// Whether no key has been read yet.
    begins: Cell<bool>,
    /// Whether candidates were listed. The question about a long list may have taken a Ctrl-C.
    listed: Cell<bool>,
    /// The message about the last completion, with its line.
    notice: RefCell<Option<(String, String)>>,
}

#[derive(Default)]
struct Seen {
    typed: Typed,
    wrong: Vec<Span>,
}

impl Assistant {
    fn new(
        live: Rc<Live>,
        queue: Option<Arc<KeyQueue>>,
        outdents: Arc<AtomicBool>,
        offer: Arc<Offer>,
    ) -> Self {
        let (text, seen, notice) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (entered, begins, listed) = (Cell::new(false), Cell::new(false), Cell::new(false));
        Self { live, queue, text, seen, outdents, offer, entered, begins, listed, notice }
    }

    /// Analyses a text once, however often the cursor moves in it.
    fn look(&self, text: &str) -> std::cell::Ref<'_, Seen> {
        if self.seen.borrow().typed.text() != text {
            let typed = Typed::new(text);
            let is_resume = super::jobs::Resume::parse(text).is_some();
            let mistakes = if is_resume { Vec::new() } else { self.live.dialog().mistakes(&typed) };
            let places = mistakes.iter().filter_map(|page| Some(page.primary()?.span));
            *self.seen.borrow_mut() = Seen { wrong: places.collect(), typed };
        }
        self.seen.borrow()
    }

    /// Returns the entry to offer for a line of sh that the check refuses.
    fn offered(&self, line: &str) -> Option<Rewritten> {
        if let Some(known) = self.offer.of(line) {
            return known;
        }
        if line.trim().is_empty() {
            return None;
        }
        let is_refused = !self.look(line).wrong.is_empty() && !self.look(line).typed.is_incomplete();
        let entry = if is_refused { self.live.dialog().rewritten(line) } else { None };
        self.offer.put(line, entry.clone());
        entry
    }

    /// Returns whether more letters are there, as of pasted text, which are read faster if the line is not analysed for
    /// each.
    fn is_behind(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.is_behind())
    }

    fn paint(&self, text: &str, cursor: Option<usize>) -> String {
        let seen = self.look(text);
        highlight::painted(&seen.typed, &seen.wrong, |word| self.live.is_command(word), cursor)
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        if self.is_behind() && !self.entered.get() {
            return Cow::Borrowed(line);
        }
        Cow::Owned(self.paint(line, (!self.entered.get()).then_some(cursor)))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[90m{hint}\x1b[0m"))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        match candidate.split_once(NOTE) {
            Some((name, note)) => Cow::Owned(format!("{name}{NOTE}\x1b[90m{note}\x1b[0m")),
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

/// The gap between the name of a candidate and its description.
const NOTE: &str = "  \u{2013} ";

/// A candidate in the form that the list shows.
struct Shown {
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

    fn complete(&self, line: &str, cursor: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Shown>)> {
        if self.outdents.swap(false, Ordering::Relaxed) {
            let (start, text) = outdented(&line[..cursor]).unwrap_or((cursor, "}".to_string()));
            return Ok((start, vec![Shown { line: text.clone(), text }]));
        }
        if let Some(text) = self.offer.take(line) {
            return Ok((0, vec![Shown { line: text.clone(), text }]));
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
enum Suggestion {
    /// The rest of an earlier entry with the same beginning.
    Rest(String),
    /// The message about the last completion. For a line of sh, an arrow and the entry to offer.
    Notice(String),
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        let (Self::Rest(text) | Self::Notice(text)) = self;
        // A second line would move the prompt with each key.
        text.split('\n').next().unwrap_or_default()
    }

    fn completion(&self) -> Option<&str> {
        match self {
            Self::Rest(text) => Some(text),
            Self::Notice(_) => None,
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
        let history = context.history();
        let newest = history.len().checked_sub(1)?;
        let found = history.starts_with(line, newest, SearchDirection::Reverse).ok()??;
        let rest = found.entry.get(line.len()..)?;
        (!rest.is_empty()).then(|| Suggestion::Rest(rest.to_string()))
    }
}

/// Returns where an entry differs from the line of sh, in parentheses.
fn remarks(entry: &Rewritten) -> String {
    if entry.remarks.is_empty() { String::new() } else { format!("  ({})", entry.remarks.join("; ")) }
}

impl Validator for Assistant {}

impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn rows_are_those_of_the_terminal() {
        for (text, expected) in [
            ("", 1),
            ("~ > echo", 1),
            ("123456789", 1),
            ("1234567890", 2),
            ("12345678901", 2),
            ("1234567890\nab", 2),
            ("漢字漢字漢字", 2),
            ("1漢字漢字漢", 2),
            ("e\u{301}23456789", 1),
            ("a\tb", 1),
            ("a\tbc", 2),
        ] {
            assert_eq!(rows(text, 10), expected, "{text:?}");
        }
    }
}
