//! The loops on a terminal: drawn anew every second, with keys.

use super::table::{bar, head, progress};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};
use pipewright::top::{Run, State, runs};
use std::io::{self, Stdout, Write, stdout};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthChar;

/// How often the loops are asked for.
const INTERVAL: Duration = Duration::from_secs(1);

const KEYS: &str = "q quit   up/down choose   + - more or fewer turns at once";

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
        let _ = execute!(self.0, cursor::Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// What the view shows.
#[derive(Default)]
struct View {
    runs: Vec<(Run, State)>,
    /// The process and number of the chosen loop.
    chosen: Option<(u32, u64)>,
    /// The answer to the last key.
    message: String,
}

/// A line of the view.
struct Line {
    text: String,
    is_chosen: bool,
}

/// Shows the loops until the user quits.
///
/// # Errors
/// Fails if the terminal can't be read or written.
pub fn show() -> io::Result<()> {
    let mut screen = Screen::open()?;
    let mut view = View::default();
    loop {
        view.look();
        view.draw(&mut screen.0)?;
        let due = Instant::now() + INTERVAL;
        while poll(due.saturating_duration_since(Instant::now()))? {
            match read()? {
                Event::Key(key) if key.kind == KeyEventKind::Press && is_quit(key) => return Ok(()),
                Event::Key(key) if key.kind == KeyEventKind::Press => view.key(key.code),
                _ => {}
            }
            view.draw(&mut screen.0)?;
        }
    }
}

fn is_quit(key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) || control && key.code == KeyCode::Char('c')
}

impl View {
    /// Asks all runs for their loops.
    fn look(&mut self) {
        let answered = runs().into_iter().filter_map(|run| run.state().ok().map(|state| (run, state)));
        self.runs = answered.collect();
        let loops = self.loops();
        if !self.chosen.is_some_and(|chosen| loops.contains(&chosen)) {
            self.chosen = loops.first().copied();
        }
    }

    /// Returns the process and the number of each loop, from top to bottom.
    fn loops(&self) -> Vec<(u32, u64)> {
        let of =
            |(_, state): &(Run, State)| state.loops.iter().map(|one| (state.pid, one.id)).collect::<Vec<_>>();
        self.runs.iter().flat_map(of).collect()
    }

    fn key(&mut self, code: KeyCode) {
        self.message.clear();
        match code {
            KeyCode::Up | KeyCode::Char('k') => self.choose(-1),
            KeyCode::Down | KeyCode::Char('j') => self.choose(1),
            KeyCode::Char('+' | '=') => self.resize(1),
            KeyCode::Char('-') => self.resize(-1),
            _ => {}
        }
    }

    fn choose(&mut self, by: isize) {
        let loops = self.loops();
        let place = loops.iter().position(|one| Some(*one) == self.chosen).unwrap_or_default();
        let last = loops.len().saturating_sub(1);
        self.chosen = loops.get(place.saturating_add_signed(by).min(last)).copied();
    }

    /// Asks for one turn more or fewer at once.
    fn resize(&mut self, by: isize) {
        let Some((pid, id)) = self.chosen else { return };
        let Some((run, state)) = self.runs.iter().find(|(_, state)| state.pid == pid) else { return };
        let Some(one) = state.loops.iter().find(|one| one.id == id) else { return };
        let jobs = one.jobs.saturating_add_signed(by).max(1);
        match run.resize(id, jobs) {
            Ok(()) => self.look(),
            Err(error) => self.message = error.to_string(),
        }
    }

    fn draw(&self, out: &mut Stdout) -> io::Result<()> {
        let (columns, rows) = terminal::size()?;
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        let lines = self.lines(columns);
        // The chosen loop stays in sight.
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
        let foot = if self.message.is_empty() { KEYS } else { &self.message };
        queue!(out, Clear(ClearType::FromCursorDown), cursor::MoveTo(0, rows.saturating_sub(1) as u16))?;
        queue!(out, Print(cut(foot, columns.saturating_sub(1))))?;
        out.flush()
    }

    fn lines(&self, columns: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut add = |text: String, is_chosen| lines.push(Line { text, is_chosen });
        if self.loops().is_empty() {
            add("no script of yours runs a loop side by side".to_string(), false);
        }
        for (_, state) in self.runs.iter().filter(|(_, state)| !state.loops.is_empty()) {
            add(head(state), false);
            for one in &state.loops {
                let is_chosen = self.chosen == Some((state.pid, one.id));
                add(format!("  {}  {}", one.place, one.text), is_chosen);
                add(format!("  {}  {}", bar(one, width_of_bar(columns)), progress(one)), is_chosen);
            }
            add(String::new(), false);
        }
        lines
    }
}

/// Returns how wide a bar is on a terminal of this width.
const fn width_of_bar(columns: usize) -> usize {
    match columns {
        0..60 => 0,
        60..100 => 10,
        _ => 20,
    }
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

    #[test]
    fn a_narrow_terminal_has_no_bar() {
        assert_eq!([40, 80, 120].map(width_of_bar), [0, 10, 20]);
    }
}
