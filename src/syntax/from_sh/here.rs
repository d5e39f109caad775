//! Copies here-documents, whose text begins on the line after their operator.

use super::{Rewrite, Rewriter, Stop};

/// The end of a here-document.
pub(super) struct Delimiter {
    text: String,
    /// `<<-` removes tabs before it.
    has_tabs: bool,
    /// Values are expanded in the text.
    has_values: bool,
}

impl Rewriter<'_> {
    /// Copies `<<WORD`.
    pub(super) fn here_operator(&mut self) -> Rewrite<()> {
        let has_tabs = self.sees("<<-");
        self.copy(if has_tabs { 3 } else { 2 });
        self.copy_blanks();
        let rest = self.rest();
        let end = rest.find([' ', '\t', '\n', ';', '|', '&', ')', '<', '>']).unwrap_or(rest.len());
        let word = &rest[..end];
        let text = word.replace(['\'', '"', '\\'], "");
        if text.is_empty() || text.contains(['$', '`']) {
            return Err(Stop);
        }
        let has_values = text.len() == word.len();
        self.here_documents.push(Delimiter { text, has_tabs, has_values });
        self.copy(end);
        Ok(())
    }

    /// Copies the text of here-documents, at the start of a line.
    pub(super) fn copy_here_documents(&mut self) -> Rewrite<()> {
        for Delimiter { text, has_tabs, has_values } in std::mem::take(&mut self.here_documents) {
            loop {
                let rest = self.rest();
                let line = rest.split('\n').next().unwrap_or_default();
                let is_end = if has_tabs { line.trim_start_matches('\t') == text } else { line == text };
                let is_last = rest.len() == line.len();
                if is_end {
                    self.copy(line.len() + usize::from(!is_last));
                    break;
                }
                if is_last {
                    return Err(Stop);
                }
                if has_values {
                    self.here_line(line.len())?
                } else {
                    self.copy(line.len())
                }
                self.copy(1);
            }
        }
        Ok(())
    }

    /// Rewrites the values in a line of a here-document.
    fn here_line(&mut self, length: usize) -> Rewrite<()> {
        let end = self.at + length;
        while self.at < end {
            match self.peek().ok_or(Stop)? {
                '\\' if self.at + 1 < end => {
                    let next = self.rest()[1..].chars().next().ok_or(Stop)?;
                    self.copy(1 + next.len_utf8());
                }
                '$' => self.dollar(true)?,
                '`' => self.backtick(false)?,
                letter => self.copy(letter.len_utf8()),
            }
        }
        if self.at == end { Ok(()) } else { Err(Stop) }
    }

    /// Copies the here-documents of a statement that ends on this line.
    pub(super) fn finish_here_documents(&mut self) -> Rewrite<()> {
        if self.here_documents.is_empty() {
            return Ok(());
        }
        self.copy_blanks();
        if !self.sees("\n") {
            return Err(Stop);
        }
        self.copy(1);
        self.copy_here_documents()?;
        // The line end behind the delimiter is the caller's.
        if self.text[..self.at].ends_with('\n') {
            self.uncopy(self.at - 1);
        }
        Ok(())
    }
}
