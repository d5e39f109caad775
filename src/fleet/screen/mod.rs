//! A status line at the bottom of a terminal, with output that scrolls above it.
//!
//! A progress bar of a library (indicatif 0.18) begins its row at the first column, which overwrites output that has
//! not ended its line. Here the cursor always stays where the output ends. The line can therefore be removed even after
//! the terminal was resized, since a terminal that wraps its rows again keeps the cursor at its character.
//!
//! - After a line end, the status line is drawn in the row of the cursor, and the cursor returns to the first column.
//! - After an unfinished row, it is drawn in the row below.
//! - After output that may have moved the cursor or filled its row, it is not drawn until the row ends.

/// The state of a terminal: the place where output left the cursor, and the status line if it is drawn.
#[derive(Debug, Default)]
pub struct Screen {
    row: Row,
    drawn: Option<Drawn>,
}

/// The row that the output ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// The row holds text of at most this many columns, and the cursor is after at most this many of them.
    Open { width: usize, column: usize },
    /// The cursor may be anywhere in the row.
    Unknown,
}

#[derive(Debug, PartialEq, Eq)]
struct Drawn {
    text: String,
    columns: usize,
    /// Whether the status line is below the row of the cursor.
    below: bool,
}

impl Default for Row {
    fn default() -> Self {
        Self::Open { width: 0, column: 0 }
    }
}

/// Makes a row below the cursor and keeps the cursor in its place: IND and CUU (ECMA-48).
const ROW_BELOW: &str = "\x1bD\x1b[A";

/// Saves the place of the cursor and moves to the row below (DECSC of the VT100, CUD).
const DOWN: &str = "\x1b7\x1b[B\r";

/// Moves back to the saved place (DECRC).
const BACK: &str = "\x1b8";

/// Erases to the end of the row (EL), and of the screen (ED).
const ERASE_ROW: &str = "\x1b[K";
const ERASE_SCREEN: &str = "\x1b[J";

impl Screen {
    /// Returns the bytes that show more output and the status line below it. Without a `line` only the output is shown.
    pub fn frame(&mut self, output: &[u8], line: Option<&str>, columns: usize) -> Vec<u8> {
        let wanted = line.and_then(|line| self.place_after(output, line, columns));
        if output.is_empty() && wanted == self.drawn {
            return Vec::new();
        }
        let mut bytes = self.erase(columns).into_bytes();
        bytes.extend_from_slice(output);
        self.row = self.row_after(output);
        self.drawn = wanted;
        bytes.extend_from_slice(self.draw().as_bytes());
        bytes
    }

    /// Returns the place of the status line after more output, or `None` if it can't be drawn.
    fn place_after(&self, output: &[u8], line: &str, columns: usize) -> Option<Drawn> {
        let Row::Open { width, .. } = self.row_after(output) else { return None };
        // The cursor of a full row is before or after its last column, which differs between terminals.
        let fits = width < columns && !line.is_empty();
        fits.then(|| Drawn { text: line.to_owned(), columns, below: width > 0 })
    }

    fn row_after(&self, output: &[u8]) -> Row {
        let (mut row, rest) = match memchr::memrchr(b'\n', output) {
            Some(at) => (Row::default(), &output[at + 1..]),
            None => (self.row, output),
        };
        for byte in rest {
            let Row::Open { width, column } = row else { break };
            let column = match byte {
                // The text that was printed before the cursor is still in the row.
                b'\r' => 0,
                b'\t' => column + 8,
                // A character has at least as many bytes in UTF-8 as it has columns.
                b' '..=b'~' | 0x80.. => column + 1,
                _ => {
                    row = Row::Unknown;
                    break;
                }
            };
            row = Row::Open { width: width.max(column), column };
        }
        row
    }

    fn erase(&self, columns: usize) -> String {
        match &self.drawn {
            None => String::new(),
            // The row below may be gone if the terminal has become smaller.
            Some(Drawn { below: true, .. }) => format!("{ROW_BELOW}{DOWN}{ERASE_SCREEN}{BACK}"),
            // The terminal may have echoed a key.
            Some(drawn) if drawn.columns <= columns => format!("\r{ERASE_ROW}"),
            // The terminal may have wrapped the line. Erasing the whole screen would move it to the history of tmux(1).
            Some(_) => format!("\r{ERASE_ROW}{ROW_BELOW}{DOWN}{ERASE_SCREEN}{BACK}"),
        }
    }

    fn draw(&self) -> String {
        match &self.drawn {
            None => String::new(),
            Some(Drawn { text, below: false, .. }) => format!("{text}{ERASE_ROW}\r"),
            Some(Drawn { text, below: true, .. }) => {
                format!("{ROW_BELOW}{DOWN}{text}{ERASE_SCREEN}{BACK}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
