//! The keys of the line, beyond those of the line editor.

use super::Assistant;
use super::Bound;
use super::action::{Action, Asked};
use super::offer::Offer;
use super::shape::Shape;
use crate::repl::abbreviations::Abbreviations;
use crate::repl::own::Own;
use pipewright::dialog::{KeyQueue, Place, Typed};
use rustyline::history::MemHistory;
use rustyline::{
    Cmd, ConditionalEventHandler, EditMode, Event, EventContext, EventHandler, InputMode, KeyCode, KeyEvent,
    Modifiers, RepeatCount,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The state that handlers of keys share with the assistant and the editor.
#[derive(Clone, Default)]
pub struct Shared {
    pub asked: Arc<Asked>,
    pub offer: Arc<Offer>,
    /// Whether the user left the line to edit it in a program.
    pub outside: Arc<AtomicBool>,
    pub shape: Arc<Shape>,
    pub abbreviations: Abbreviations,
    /// The key of the user that was pressed.
    pub bound: Arc<Mutex<Option<Bound>>>,
}

/// Binds the keys.
pub fn bind(
    line: &mut rustyline::Editor<Assistant, MemHistory>,
    shared: &Shared,
    queue: Option<&Arc<KeyQueue>>,
) {
    let mut key = |key: KeyEvent, meaning: fn(&Shared, &EventContext) -> Option<Cmd>| {
        line.bind_sequence(key, conditional(Key { shared: shared.clone(), meaning }));
    };
    let plain = |code| KeyEvent(code, Modifiers::NONE);
    let alt = |letter| KeyEvent(KeyCode::Char(letter), Modifiers::ALT);
    // Ctrl-J is the form of a line end that is pasted into a terminal without bracketed paste.
    key(plain(KeyCode::Enter), |shared, context| enter(shared, context, false));
    key(KeyEvent::ctrl('J'), |shared, context| enter(shared, context, false));
    key(KeyEvent(KeyCode::Enter, Modifiers::ALT), |shared, context| enter(shared, context, true));
    key(plain(KeyCode::Char('}')), outdent);
    key(plain(KeyCode::Char(' ')), |shared, context| {
        let before = context.line().get(..context.pos())?;
        let is_known = !shared.asked.is_searching() && shared.abbreviations.expanded(before).is_some();
        shared.ask(is_known, Action::Expand)
    });
    for code in [KeyCode::Right, KeyCode::End] {
        key(plain(code), take);
    }
    key(KeyEvent::ctrl('E'), take);
    key(KeyEvent::ctrl('F'), take);
    key(alt('f'), take_word);
    key(alt('F'), take_word);
    key(KeyEvent(KeyCode::Right, Modifiers::ALT), take_word);
    key(plain(KeyCode::Up), |shared, context| {
        let is_in_first_line = !context.line().get(..context.pos())?.contains('\n');
        shared.when_searching(Action::SearchNewer).or_else(|| shared.ask(is_in_first_line, Action::Older))
    });
    key(plain(KeyCode::Down), |shared, context| {
        let is_in_last_line = !context.line().get(context.pos()..)?.contains('\n');
        shared.when_searching(Action::SearchOlder).or_else(|| shared.ask(is_in_last_line, Action::Newer))
    });
    key(KeyEvent::ctrl('R'), |shared, _| shared.ask(true, Action::SearchOlder));
    key(KeyEvent::ctrl('S'), |shared, _| shared.when_searching(Action::SearchNewer));
    key(KeyEvent::ctrl('G'), |shared, _| shared.when_searching(Action::SearchLeave));
    key(plain(KeyCode::Esc), |shared, _| shared.when_searching(Action::SearchLeave));
    key(plain(KeyCode::Delete), |shared, context| {
        let deletes = is_at_end(context) && shared.asked.is_searching();
        shared.ask(deletes, Action::SearchDelete)
    });
    key(alt('.'), |shared, _| shared.ask(!shared.asked.is_searching(), Action::LastArgument));
    key(alt('_'), |shared, _| shared.ask(!shared.asked.is_searching(), Action::LastArgument));
    key(alt('e'), leave);
    key(alt('E'), leave);
    // POSIX, sh, "vi Line Editing Command Mode".
    key(plain(KeyCode::Char('v')), |shared, context| {
        let is_command = context.mode() == EditMode::Vi && context.input_mode() == InputMode::Command;
        if is_command { leave(shared, context) } else { None }
    });
    line.bind_sequence(Event::Any, conditional(Key { shared: shared.clone(), meaning: |_, _| None }));
    let keys = Event::KeySeq(vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')]);
    line.bind_sequence(keys, conditional(Key { shared: shared.clone(), meaning: leave }));
    if let Some(queue) = queue {
        let mark = KeyEvent(KeyCode::Char(KeyQueue::MARK), Modifiers::NONE);
        line.bind_sequence(mark, conditional(GoOn(queue.clone())));
    }
}

/// Binds a key of the user to an entry.
pub fn bind_user(
    line: &mut rustyline::Editor<Assistant, MemHistory>,
    shared: &Shared,
    key: KeyEvent,
    entry: String,
) {
    line.bind_sequence(key, conditional(UserKey { shared: shared.clone(), entry }));
}

/// A key of the user. It leaves the line, since the entry may need the terminal.
struct UserKey {
    shared: Shared,
    entry: String,
}

impl ConditionalEventHandler for UserKey {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        if self.shared.asked.is_searching() {
            return Some(Cmd::Noop);
        }
        let bound = Bound { text: String::new(), cursor: context.pos(), entry: self.entry.clone() };
        *self.shared.bound.lock().unwrap_or_else(PoisonError::into_inner) = Some(bound);
        Some(Cmd::AcceptLine)
    }
}

fn conditional(handler: impl ConditionalEventHandler + 'static) -> EventHandler {
    EventHandler::Conditional(Box::new(handler))
}

impl Shared {
    /// Returns the command that makes the assistant perform an action, if a condition holds.
    fn ask(&self, condition: bool, action: Action) -> Option<Cmd> {
        condition.then(|| {
            self.asked.set(action);
            Cmd::Complete
        })
    }

    fn when_searching(&self, action: Action) -> Option<Cmd> {
        self.ask(self.asked.is_searching(), action)
    }
}

/// A key, whose meaning is none where the editor's own applies.
struct Key {
    shared: Shared,
    meaning: fn(&Shared, &EventContext) -> Option<Cmd>,
}

impl ConditionalEventHandler for Key {
    fn handle(&self, event: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let letter = match event.get(0) {
            Some(KeyEvent(KeyCode::Char(letter), Modifiers::NONE)) => Some(*letter),
            Some(KeyEvent(KeyCode::Esc, _)) => Some('\x1b'),
            _ => None,
        };
        self.shared.shape.follow(letter, context);
        (self.meaning)(&self.shared, context)
    }
}

/// Enter: runs a complete entry, and begins a new line in an incomplete one.
fn enter(shared: &Shared, context: &EventContext, always: bool) -> Option<Cmd> {
    let text = context.line();
    if let Some(taken) = shared.when_searching(Action::SearchTake) {
        return Some(taken);
    }
    if !always && (Own::parse(text).is_some() || !Typed::new(text).is_incomplete()) {
        return Some(Cmd::AcceptLine);
    }
    let before = text.get(..context.pos()).map(Typed::new).unwrap_or_default();
    // Blanks in a string would be part of it.
    let indent = if before.place() == Place::String { 0 } else { before.indent() };
    Some(Cmd::Insert(1, format!("\n{:width$}", "", width = indent * INDENT)))
}

pub const INDENT: usize = 4;

/// Puts a `}` on its own line at the indentation of its block.
fn outdent(shared: &Shared, context: &EventContext) -> Option<Cmd> {
    let before = context.line().get(..context.pos())?;
    let is_block = outdented(before).is_some() && Typed::new(before).indent() > 0;
    shared.ask(is_block && !shared.asked.is_searching(), Action::Outdent)
}

/// Returns the start of the line at the end of the text, and its replacement with a `}`, if it contains only an
/// indentation.
pub fn outdented(text: &str) -> Option<(usize, String)> {
    let start = text.trim_end_matches(' ').len();
    let width = (text.len() - start).checked_sub(INDENT)?;
    text[..start].ends_with('\n').then(|| (start, format!("{:width$}}}", "")))
}

fn is_at_end(context: &EventContext) -> bool {
    context.pos() == context.line().len()
}

/// Accepts the grey text, when the cursor is at the end of the line.
fn take(shared: &Shared, context: &EventContext) -> Option<Cmd> {
    if !is_at_end(context) {
        return None;
    }
    let is_offered = shared.offer.of(context.line()).flatten().is_some();
    shared
        .when_searching(Action::SearchTake)
        .or_else(|| shared.ask(is_offered, Action::TakeOffer))
        .or_else(|| context.hint_text().map(|_| Cmd::CompleteHint))
}

/// Accepts a word of the grey text.
fn take_word(shared: &Shared, context: &EventContext) -> Option<Cmd> {
    let is_suggested = is_at_end(context) && context.hint_text().is_some();
    shared.ask(is_suggested && !shared.asked.is_searching(), Action::TakeWord)
}

/// Leaves the line so that a program can edit it. While the line is being edited, no program can have the terminal.
fn leave(shared: &Shared, _: &EventContext) -> Option<Cmd> {
    if shared.asked.is_searching() {
        return Some(Cmd::Noop);
    }
    shared.outside.store(true, Ordering::Relaxed);
    Some(Cmd::AcceptLine)
}

/// The key that the queue sends to learn whether the line goes on.
struct GoOn(Arc<KeyQueue>);

impl ConditionalEventHandler for GoOn {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.0.go_on();
        Some(Cmd::Noop)
    }
}
