//! Expressions in the delimiter scanner: where one ends, by its bracket or its line.

use super::{Context, Problem, Scanner};

impl Scanner<'_> {
    pub(super) fn expression_line(&mut self, options: bool) -> Result<(), Problem> {
        match self.text[self.at] {
            b'\n' => {
                if self.continues() {
                    self.newline()?;
                } else {
                    self.stack.pop();
                }
            }
            b';' | b')' | b']' | b'}' => {
                self.stack.pop();
                self.word_start = true;
            }
            b'|' | b'&' => {
                self.note_separator();
                self.stack.pop();
                self.separator();
            }
            b'{' if options && self.ended_value() && !self.after_block_word() => {
                self.stack.pop();
                self.word_start = true;
            }
            _ => return self.expression_token(),
        }
        Ok(())
    }

    pub(super) fn expression(&mut self, close: u8) -> Result<(), Problem> {
        match self.text[self.at] {
            b'\n' => self.newline(),
            byte @ (b')' | b']' | b'}') => {
                if byte != close {
                    return Err(self.unmatched());
                }
                self.pop();
                Ok(())
            }
            _ => self.expression_token(),
        }
    }

    fn expression_token(&mut self) -> Result<(), Problem> {
        match self.text[self.at] {
            b' ' | b'\t' => self.at += 1,
            b'#' if self.at == 0
                || matches!(self.text[self.at - 1], b' ' | b'\t' | b'\n' | b'(' | b'[' | b'{' | b',') =>
            {
                self.comment();
            }
            b'(' => self.push(Context::Expression(b')'), 1)?,
            b'[' => self.push(Context::Expression(b']'), 1)?,
            b'{' if self.after_block_word() => self.push(Context::Commands(b'}'), 1)?,
            b'{' => self.push(Context::Expression(b'}'), 1)?,
            b'\\' => self.at += 1,
            _ => {
                self.note_token();
                if !self.quote()? {
                    self.at += 1;
                }
                self.last = self.at;
            }
        }
        Ok(())
    }

    /// Returns whether the last word of an expression makes a following `{` a block of commands.
    fn after_block_word(&self) -> bool {
        let before = &self.text[..self.last];
        let word = &before
            [before.iter().rposition(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).map_or(0, |i| i + 1)..];
        matches!(word, b"lines" | b"json" | b"bytes" | b"capture" | b"try" | b"spawn" | b"worker")
    }

    /// Returns whether the last token of an expression can end a value, so that a `{` after it opens a
    /// block.
    fn ended_value(&self) -> bool {
        !matches!(
            self.text[..self.last].last(),
            None | Some(b'=' | b',' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'?' | b':' | b'(')
        )
    }

    /// Returns whether an expression continues over the end of its line.
    pub(super) fn continues(&self) -> bool {
        let before = &self.text[..self.last];
        let operator = matches!(
            before.last(),
            Some(b'=' | b',' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'?' | b':')
        ) || [&b" and"[..], b" or", b" in", b" not"].iter().any(|word| before.ends_with(word));
        let next = self.text[self.at..].trim_ascii_start();
        operator
            || (next.first() == Some(&b'.')
                && next.get(1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_'))
    }
}
