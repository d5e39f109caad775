//! The queue between the terminal and a line editor.
//!
//! An editor that reads the terminal itself takes all that was typed, runs the first entry, and loses the rest, or
//! keeps it from the program that the entry runs. Here a thread reads the terminal key by key and writes the keys to a
//! socket, which is the editor's standard input. After a key that may end the line, it writes [`KeyQueue::MARK`]: if the
//! editor reads this too, the line goes on. If the line has ended, the keys behind it are still in the terminal.

use super::key_text::{KeyText, Step};
use crate::sys::editor_input::{self, Lent};
use crate::sys::event::Event;
use crate::sys::poll::{Interest, PollSet};
use crate::sys::tty::Modes;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The keys for a line editor that reads standard input: see [`Dialog::key_queue`](super::Dialog::key_queue).
///
/// The thread of the editor calls all of these, some in handlers of the editor.
#[derive(Debug)]
pub struct KeyQueue {
    terminal: BorrowedFd<'static>,
    /// The modes of the terminal before the editor has set its own.
    modes: Mutex<Option<Modes>>,
    reading: Mutex<Option<Reading>>,
    /// The keys that were read and that no editor has taken, and the number of clearings by then.
    left: Mutex<(Vec<u8>, u32)>,
}

/// The reading of one line.
#[derive(Debug)]
struct Reading {
    lent: Lent,
    line: Arc<Line>,
    thread: JoinHandle<Vec<u8>>,
}

/// One line, shared by the editor's thread and the one that feeds it.
#[derive(Debug)]
struct Line {
    reader: OwnedFd,
    stops: Event,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the editor has read the mark.
    goes_on: bool,
    has_ended: bool,
}

impl KeyQueue {
    /// The key to bind to [`go_on`](Self::go_on). It is a noncharacter of Unicode, which no keyboard sends.
    pub const MARK: char = '\u{10fffe}';

    pub(super) fn new(terminal: BorrowedFd<'static>) -> Self {
        Self { terminal, modes: Mutex::default(), reading: Mutex::default(), left: Mutex::default() }
    }

    /// Notes the modes of the terminal. The editor, which is about to set its own, can't restore them, since its
    /// standard input is then the queue.
    pub fn prepare(&self) {
        *lock(&self.modes) = Modes::of(self.terminal);
    }

    /// Makes the queue the standard input of the editor, which has set the modes of the terminal and not read a key.
    /// Does nothing without [`prepare`](Self::prepare). If no descriptors or threads are left, the editor reads the
    /// terminal.
    pub fn begin(&self) {
        let mut reading = lock(&self.reading);
        if reading.is_none() && lock(&self.modes).is_some() {
            *reading = self.start().ok();
        }
    }

    fn start(&self) -> io::Result<Reading> {
        let (reader, writer) = editor_input::socket()?;
        let terminal = editor_input::open(self.terminal)?;
        let state = Mutex::default();
        let line = Arc::new(Line { reader, stops: Event::new()?, state, changed: Condvar::new() });
        // From here on, no signal is handled until the thread does, in the order of the keys.
        let lent = editor_input::lend(line.reader.as_fd())?;
        let clearings = editor_input::clearings();
        let (keys, before) = lock(&self.left).clone();
        // Ctrl-C discards them, as it discards those in the terminal.
        let ahead = if before == clearings { keys.into() } else { VecDeque::new() };
        let text = KeyText::default();
        let feeder = Feeder { terminal, line: line.clone(), writer, ahead, text, clearings };
        let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(move || feeder.run())?;
        lock(&self.left).0.clear();
        Ok(Reading { lent, line, thread })
    }

    /// Adds keys behind those that no editor has taken.
    pub fn push(&self, keys: &[u8]) {
        let mut left = lock(&self.left);
        let clearings = editor_input::clearings();
        if left.1 != clearings {
            *left = (Vec::new(), clearings);
        }
        left.0.extend(keys);
    }

    /// Returns whether keys were read that no editor has taken.
    pub fn has_left(&self) -> bool {
        let left = lock(&self.left);
        !left.0.is_empty() && left.1 == editor_input::clearings()
    }

    /// Notes that the editor has read [`MARK`](Self::MARK).
    pub fn go_on(&self) {
        if let Some(reading) = &*lock(&self.reading) {
            lock(&reading.line.state).goes_on = true;
            reading.line.changed.notify_all();
        }
    }

    /// Returns whether the next key is there and is a letter, so that what the editor shows now is out of date at once.
    /// Another key may depend on it, as the one that takes a suggestion.
    pub fn is_behind(&self) -> bool {
        let reading = lock(&self.reading);
        let next = reading.as_ref().and_then(|reading| editor_input::next(reading.line.reader.as_fd()));
        next.is_some_and(|keys| !keys[0].is_ascii_control() && keys != mark())
    }

    /// Ends the reading of a line, and restores the modes of the terminal. Keys that the editor has not taken come
    /// first in the next line. Returns whether the queue was in use.
    pub fn end(&self) -> bool {
        let modes = lock(&self.modes).take();
        let Some(Reading { lent, line, thread }) = lock(&self.reading).take() else { return false };
        let keys = line.end(thread);
        *lock(&self.left) = (keys, editor_input::clearings());
        drop(lent);
        if let Some(modes) = modes {
            modes.set(self.terminal);
        }
        true
    }
}

impl Line {
    /// Ends the thread that feeds the line. Returns the keys that the editor has not taken.
    fn end(&self, thread: JoinHandle<Vec<u8>>) -> Vec<u8> {
        lock(&self.state).has_ended = true;
        self.changed.notify_all();
        self.stops.set();
        let read = thread.join().unwrap_or_default();
        let mut keys: Vec<u8> = self.written().filter(|keys| *keys != mark()).flatten().collect();
        keys.extend(read);
        keys
    }

    /// Takes the keys back that the editor has not read.
    fn written(&self) -> impl Iterator<Item = Vec<u8>> {
        std::iter::from_fn(|| editor_input::take_back(self.reader.as_fd()))
    }
}

fn mark() -> Vec<u8> {
    KeyQueue::MARK.to_string().into_bytes()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that reads the terminal.
struct Feeder {
    terminal: OwnedFd,
    line: Arc<Line>,
    writer: OwnedFd,
    /// Bytes that were read before.
    ahead: VecDeque<u8>,
    text: KeyText,
    /// The number of clearings so far.
    clearings: u32,
}

/// The reason why a feeder ends: the line has ended, or the terminal.
struct Over;

impl Feeder {
    /// Feeds the editor until the line ends. Returns the bytes that it has read and not written.
    fn run(mut self) -> Vec<u8> {
        editor_input::handle_signals();
        let mut held = Vec::new();
        while let Ok(key) = self.next_key() {
            // The key came after the one that has cleared the line; an open list may have taken that.
            let came_later = self.discard_cleared() && self.ask().is_err();
            if came_later || self.write(&key).is_err() {
                held = key;
                break;
            }
            if self.text.may_enter(&key) && self.ask().is_err() {
                break;
            }
        }
        self.discard_cleared();
        held.extend(self.text.rest());
        held.extend(&self.ahead);
        held
    }

    /// Returns the next key, as soon as it has come.
    fn next_key(&mut self) -> Result<Vec<u8>, Over> {
        loop {
            let step = match self.next_byte()? {
                Some(byte) => self.text.push(byte),
                None if self.text.is_sequence() => self.text.key(),
                None => {
                    self.wait(self.terminal.as_fd(), Interest::Read)?;
                    continue;
                }
            };
            match step {
                Step::Key(key) => return Ok(key),
                Step::More => {}
                Step::LeftOut(key) => {
                    editor_input::ring(self.terminal.as_fd());
                    if let Some(key) = key {
                        return Ok(key);
                    }
                }
            }
        }
    }

    fn next_byte(&mut self) -> Result<Option<u8>, Over> {
        if lock(&self.line.state).has_ended {
            return Err(Over);
        }
        if let Some(byte) = self.ahead.pop_front() {
            return Ok(Some(byte));
        }
        match editor_input::read(self.terminal.as_fd()) {
            Ok(Some(byte)) => Ok(Some(byte)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Ok(None)
            }
            // The terminal has closed.
            Ok(None) | Err(_) => Err(Over),
        }
    }

    fn write(&self, key: &[u8]) -> Result<(), Over> {
        loop {
            match editor_input::write(self.writer.as_fd(), key) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(self.writer.as_fd(), Interest::Write)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Over),
            }
        }
    }

    fn wait(&self, fd: BorrowedFd<'_>, interest: Interest) -> Result<(), Over> {
        let mut set = PollSet::default();
        set.add(fd, interest);
        let stops = set.add(self.line.stops.reader(), Interest::Read);
        match set.wait(None) {
            Ok(_) if set.is_ready(stops) => Err(Over),
            _ => Ok(()),
        }
    }

    /// Waits until the editor has read everything. Fails if the line has ended.
    fn ask(&self) -> Result<(), Over> {
        lock(&self.line.state).goes_on = false;
        self.write(&mark())?;
        let state = lock(&self.line.state);
        let state = self.line.changed.wait_while(state, |state| !state.goes_on && !state.has_ended);
        if state.unwrap_or_else(PoisonError::into_inner).has_ended { Err(Over) } else { Ok(()) }
    }

    /// Discards the keys that were written before a key that clears the line. Returns whether such a key has come.
    fn discard_cleared(&mut self) -> bool {
        let clearings = editor_input::clearings();
        let is_cleared = std::mem::replace(&mut self.clearings, clearings) != clearings;
        if is_cleared {
            self.line.written().for_each(drop);
        }
        is_cleared
    }
}
