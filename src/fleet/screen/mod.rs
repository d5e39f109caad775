//! A line at the bottom of a terminal, with output that scrolls above it.
//!
//! A progress bar of a library (indicatif 0.18) begins its row at the first column, and so writes over output that has not
//! ended its line. Here the cursor always stays where the output ends, so the line can be taken away whatever the size of
//! the terminal has become: a terminal that folds long rows anew keeps the cursor at its character.
//!
//! - After a line end the line is drawn in the row of the cursor, which goes back to the first column.
//! - After an unfinished row it is drawn in the row below.
//! - After output that may have moved the cursor, or filled its row, it is not drawn until the row ends.

/// The state of a terminal: where output has left the cursor, and whether the line is there.
#[derive(Debug, Default)]
pub struct Screen {
    row: Row,
    drawn: Option<Drawn>,
}

/// The row that the output ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// It holds text of at most so many columns, and the cursor stands behind at most so many of them.
    Open { width: usize, column: usize },
    /// The cursor may be anywhere in it.
    Unknown,
}

#[derive(Debug, PartialEq, Eq)]
struct Drawn {
    text: String,
    columns: usize,
    /// It stands below the row of the cursor.
    below: bool,
}

impl Default for Row {
    fn default() -> Self {
        Self::Open { width: 0, column: 0 }
    }
}

/// Makes a row below that of the cursor, which keeps its place: IND and CUU (ECMA-48).
const ROW_BELOW: &str = "\x1bD\x1b[A";

/// Keeps the place of the cursor, and goes to the row below (DECSC of the VT100, CUD).
const DOWN: &str = "\x1b7\x1b[B\r";

/// Goes back (DECRC).
const BACK: &str = "\x1b8";

/// Erases to the end of the row (EL), and of the screen (ED).
const ERASE_ROW: &str = "\x1b[K";
const ERASE_SCREEN: &str = "\x1b[J";

impl Screen {
    /// Returns the bytes that show more output, and below it the line; without a line there is none.
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

    /// Returns where the line goes after more output, if it has a place.
    fn place_after(&self, output: &[u8], line: &str, columns: usize) -> Option<Drawn> {
        let Row::Open { width, .. } = self.row_after(output) else { return None };
        // The cursor of a full row stands before or behind its last column.
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
                // What was printed before it is still there.
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
            // The row below may have gone with a part of the terminal.
            Some(Drawn { below: true, .. }) => format!("{ROW_BELOW}{DOWN}{ERASE_SCREEN}{BACK}"),
            // A key may have been echoed.
            Some(drawn) if drawn.columns <= columns => format!("\r{ERASE_ROW}"),
            // The line may have been folded. A screen that is erased as a whole goes to the history of tmux(1).
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
