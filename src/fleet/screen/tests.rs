use super::*;
use proptest::prelude::*;

/// An emulator of a small terminal: rows of characters, the last of which is at the bottom.
struct Emulator {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    saved: (usize, usize),
    columns: usize,
    height: usize,
}

impl Emulator {
    fn new(columns: usize, height: usize) -> Self {
        Self { rows: vec![Vec::new()], row: 0, column: 0, saved: (0, 0), columns, height }
    }

    fn show(&mut self, bytes: &[u8]) {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let mut rest = text.as_str();
        while let Some(character) = rest.chars().next() {
            let sequences = ["\x1b[J", "\x1b[K", "\x1b[A", "\x1b[B", "\x1bD", "\x1b7", "\x1b8"];
            if let Some(sequence) = sequences.into_iter().find(|sequence| rest.starts_with(sequence)) {
                self.control(sequence);
                rest = &rest[sequence.len()..];
                continue;
            }
            match character {
                '\n' => {
                    self.down();
                    self.column = 0;
                }
                '\r' => self.column = 0,
                _ => self.put(character),
            }
            rest = &rest[character.len_utf8()..];
        }
    }

    fn control(&mut self, sequence: &str) {
        match sequence {
            "\x1b[J" => {
                self.rows.truncate(self.row + 1);
                self.rows[self.row].truncate(self.column);
            }
            "\x1b[K" => self.rows[self.row].truncate(self.column),
            "\x1b[A" => self.row = self.row.saturating_sub(1),
            // The cursor stops at the bottom, and the screen does not scroll.
            "\x1b[B" => {
                self.row = (self.row + 1).min(self.first() + self.height - 1);
                self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
            }
            "\x1bD" => self.down(),
            // Positions are relative to the screen, which scrolls.
            "\x1b7" => self.saved = (self.row - self.first(), self.column),
            _ => (self.row, self.column) = (self.saved.0 + self.first(), self.saved.1),
        }
    }

    /// Returns the row at the top of the screen.
    fn first(&self) -> usize {
        self.rows.len().saturating_sub(self.height)
    }

    fn down(&mut self) {
        self.row += 1;
        self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
    }

    fn put(&mut self, character: char) {
        if self.column == self.columns {
            self.down();
            self.column = 0;
        }
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), ' ');
        row[self.column] = character;
        self.column += 1;
    }

    fn text(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.rows.iter().map(|row| row.iter().collect::<String>()).collect();
        while rows.last().is_some_and(|row| row.trim_end().is_empty()) {
            rows.pop();
        }
        rows
    }
}

#[test]
fn the_line_is_below_the_output() {
    let (mut screen, mut terminal) = (Screen::default(), Emulator::new(40, 5));
    for (output, expected) in [
        ("", vec!["1/3"]),
        ("one\n", vec!["one", "1/3"]),
        ("tw", vec!["one", "tw", "1/3"]),
        ("o\n", vec!["one", "two", "1/3"]),
        ("a\nb\nc\nd\n", vec!["one", "two", "a", "b", "c", "d", "1/3"]),
    ] {
        terminal.show(&screen.frame(output.as_bytes(), Some("1/3"), 40));
        assert_eq!(terminal.text(), expected);
    }
    terminal.show(&screen.frame(b"", None, 40));
    assert_eq!(terminal.text(), ["one", "two", "a", "b", "c", "d"]);
}

#[test]
fn an_unchanged_line_is_not_drawn_again() {
    let mut screen = Screen::default();
    assert!(!screen.frame(b"", Some("1/3"), 40).is_empty());
    assert!(screen.frame(b"", Some("1/3"), 40).is_empty());
    assert!(!screen.frame(b"", Some("1/3"), 20).is_empty());
}

#[test]
fn below_a_row_that_may_have_moved_the_cursor_nothing_is_drawn() {
    for output in ["\x1b[3D", "a\x08", &"x".repeat(40)] {
        let mut screen = Screen::default();
        assert_eq!(screen.frame(output.as_bytes(), Some("1/3"), 40), output.as_bytes());
        assert_eq!(screen.frame(b"\n", Some("1/3"), 40), b"\n1/3\x1b[K\r");
    }
}

#[test]
fn a_row_that_is_written_over_has_the_line_below_it() {
    let (mut screen, mut terminal) = (Screen::default(), Emulator::new(20, 5));
    for percent in ["10%", "20%", "30%", "40%"] {
        terminal.show(&screen.frame(format!("\rcopied {percent}").as_bytes(), Some(percent), 20));
        assert_eq!(terminal.text(), [&format!("copied {percent}"), percent]);
    }
}

#[test]
fn without_a_line_output_is_passed_on_unchanged() {
    assert_eq!(Screen::default().frame(b"a\x1b[1mb\r", None, 40), b"a\x1b[1mb\r");
}

proptest! {
    /// After any output in any pieces, the screen ends as it would without a status line.
    #[test]
    fn the_line_leaves_no_trace(
        steps in prop::collection::vec(("[a-z \r\n]{0,30}", prop::option::of("[0-9]{1,9}")), 0..40),
        columns in 10_usize..24, height in 2_usize..6,
    ) {
        let (mut plain, mut shown) = (Emulator::new(columns, height), Emulator::new(columns, height));
        let mut screen = Screen::default();
        for (output, line) in &steps {
            plain.show(output.as_bytes());
            shown.show(&screen.frame(output.as_bytes(), line.as_deref(), columns));
        }
        shown.show(&screen.frame(b"", None, columns));
        prop_assert_eq!(shown.text(), plain.text());
    }
}
