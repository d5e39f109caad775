//! Bytes that arrive in pieces, taken as lines.

/// Input that has been read and is taken line by line.
#[derive(Default)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    /// The start of the next line.
    start: usize,
    /// The place from which the search for the end of the line continues, so that a long line that arrives in
    /// pieces is searched only once.
    searched: usize,
}

impl LineBuffer {
    /// Returns how many bytes it holds.
    pub const fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Returns where input is appended.
    pub const fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Takes the next line, without its end. If there is no whole line, makes room for more input.
    #[inline]
    pub fn next_line(&mut self) -> Option<Vec<u8>> {
        let Some(length) = memchr::memchr(b'\n', &self.bytes[self.searched..]) else {
            self.bytes.drain(..self.start);
            (self.start, self.searched) = (0, self.bytes.len());
            return None;
        };
        let end = self.searched + length;
        let line = self.bytes[self.start..end].to_vec();
        (self.start, self.searched) = (end + 1, end + 1);
        Some(line)
    }

    /// Takes the rest after the last complete line, a last line without an end.
    pub fn last_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(self).bytes;
        (!line.is_empty()).then_some(line)
    }
}
