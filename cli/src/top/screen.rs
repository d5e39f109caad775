//! The table on a terminal: drawn anew every second, with keys.
//!
//! A thread reads the keys and a thread receives the signals that end a program, so that the terminal is given back
//! whichever of them comes.

use super::view::View;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};
use pipewright::{Signal, program};
use signal_hook::iterator::Signals;
use std::io::{self, Stdout, Write, stdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthChar;

/// How often the runs are asked for their state.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a drawing that a signal interrupts may take to end.
const ENDING: Duration = Duration::from_secs(1);

/// The terminal while it belongs to this view. Dropping it gives the terminal back.
struct Screen(Stdout);

impl Screen {
    fn open() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        // From here on an error gives the terminal back.
        let mut screen = Self(stdout());
        execute!(screen.0, EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Without waiting for the output: no process may read it any more.
        let _ = terminal::disable_raw_mode();
        let _ = execute!(self.0, cursor::Show, LeaveAlternateScreen);
    }
}

/// What the view reacts to.
enum Input {
    Event(io::Result<Event>),
    Signal(Signal),
}

/// Shows the loops, services and workers until the user quits, or a signal ends this process.
///
/// # Errors
/// Fails if the terminal can't be read or written.
pub fn show() -> io::Result<()> {
    let (sender, inputs) = channel();
    let signals = Signals::new([Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM].map(Signal::number))?;
    let mut screen = Screen::open()?;
    follow_signals(signals, sender.clone());
    follow_events(sender);
    let ended = follow(&mut screen.0, &inputs);
    drop(screen);
    match ended? {
        Some(signal) => program::die_of(signal),
        None => Ok(()),
    }
}

/// Sends the first signal. Ends the process itself if the view does not, because the terminal takes no output.
fn follow_signals(mut signals: Signals, inputs: Sender<Input>) {
    thread::spawn(move || {
        let Some(signal) = signals.forever().next().and_then(Signal::new) else { return };
        let _ = inputs.send(Input::Signal(signal));
        thread::sleep(ENDING);
        let _ = terminal::disable_raw_mode();
        program::die_of(signal)
    });
}

/// Sends the keys, and the new sizes of the terminal.
fn follow_events(inputs: Sender<Input>) {
    thread::spawn(move || {
        loop {
            let event = read();
            let is_over = event.is_err();
            if inputs.send(Input::Event(event)).is_err() || is_over {
                return;
            }
        }
    });
}

/// Returns the signal that ends it; none if the user quits.
fn follow(out: &mut Stdout, inputs: &Receiver<Input>) -> io::Result<Option<Signal>> {
    let mut view = View::default();
    loop {
        view.look();
        draw(&view, out)?;
        let due = Instant::now() + INTERVAL;
        loop {
            match inputs.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(Input::Signal(signal)) => return Ok(Some(signal)),
                Ok(Input::Event(event)) => match event? {
                    Event::Key(key) if key.kind == KeyEventKind::Press && is_quit(key) => return Ok(None),
                    Event::Key(key) if key.kind == KeyEventKind::Press => view.key(key.code),
                    _ => {}
                },
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
            draw(&view, out)?;
        }
    }
}

fn is_quit(key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) || control && key.code == KeyCode::Char('c')
}

fn draw(view: &View, out: &mut Stdout) -> io::Result<()> {
    let (columns, rows) = terminal::size()?;
    let (columns, rows) = (usize::from(columns), usize::from(rows));
    let lines = view.lines(columns);
    // What is chosen stays in sight.
    let chosen = lines.iter().rposition(|line| line.is_chosen).unwrap_or_default();
    let room = rows.saturating_sub(1);
    let first = (chosen + 1).saturating_sub(room);
    queue!(out, cursor::MoveTo(0, 0))?;
    for line in lines.iter().skip(first).take(room) {
        let look = if line.is_chosen { Attribute::Reverse } else { Attribute::Reset };
        let text = cut(&line.text, columns);
        queue!(out, SetAttribute(look), Print(text), SetAttribute(Attribute::Reset))?;
        queue!(out, Clear(ClearType::UntilNewLine), cursor::MoveToNextLine(1))?;
    }
    queue!(out, Clear(ClearType::FromCursorDown), cursor::MoveTo(0, rows.saturating_sub(1) as u16))?;
    queue!(out, Print(cut(&view.foot(), columns.saturating_sub(1))))?;
    out.flush()
}

/// Returns as much of a text as fits.
fn cut(text: &str, columns: usize) -> String {
    let mut left = columns;
    let fits = |c: &char| {
        let width = c.width().unwrap_or_default();
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_last_column() {
        assert_eq!(["abc", "äöü", "日本語"].map(|text| cut(text, 2)), ["ab", "äö", "日"]);
        assert_eq!(cut("日本", 3), "日");
    }
}
