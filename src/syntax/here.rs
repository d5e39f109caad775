//! Here-documents: their delimiters, and their bodies on the lines that follow (POSIX 2.7.4).

use super::hidden;
use super::scan::{HereDocument, Pending, Problem, Scanner};
use crate::span::Span;

impl Scanner<'_> {
    /// Reads `<<` or `<<-` with its delimiter; the body follows at the end of the line.
    pub(super) fn here_document(&mut self) -> Result<(), Problem> {
        let operator = Span::new(self.at, self.at + 2);
        self.at += 2;
        let strip_tabs = self.byte(0) == b'-';
        if strip_tabs {
            self.at += 1;
        }
        while matches!(self.byte(0), b' ' | b'\t') {
            self.at += 1;
        }
        let start_of_word = self.at;
        let (mut delimiter, mut literal) = (Vec::new(), false);
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => break,
                b'$' if matches!(self.text.get(self.at + 1), Some(b'\'' | b'"')) => {
                    return Err(Problem::HereDocumentDollar { word: Span::new(self.at, self.at + 2) });
                }
                quote @ (b'\'' | b'"') => {
                    literal = true;
                    let start = self.at + 1;
                    let Some(length) = memchr::memchr(quote, &self.text[start..]) else {
                        return Err(Problem::Unclosed { open: Span::new(self.at, start), what: "string" });
                    };
                    delimiter.extend_from_slice(&self.text[start..start + length]);
                    self.at = start + length + 1;
                }
                b'\\' => {
                    literal = true;
                    delimiter.extend(self.text.get(self.at + 1));
                    self.at = (self.at + 2).min(self.text.len());
                }
                _ => {
                    delimiter.push(byte);
                    self.at += 1;
                }
            }
        }
        // The line that ends the body would also have to contain the blank, although it does not look as if it did.
        let word = std::str::from_utf8(&self.text[start_of_word..self.at]).unwrap_or_default();
        if let Some((at, found)) = hidden::find_blank(word) {
            return Err(Problem::HereDocumentBlank { at: start_of_word + at, found });
        }
        self.word_start = true;
        self.statement_start = false;
        if delimiter.is_empty() && !literal {
            self.found(Problem::HereDocumentUnnamed { operator });
            return Ok(());
        }
        self.pending.push(Pending { operator, delimiter, literal, strip_tabs, depth: self.stack.len() });
        Ok(())
    }

    /// Handles the end of a line: the bodies of the here-documents on that line follow.
    pub(super) fn newline(&mut self) -> Result<(), Problem> {
        self.at += 1;
        self.last = self.last.max(self.at.min(self.last));
        let depth = self.stack.len();
        for pending in std::mem::take(&mut self.pending) {
            if pending.depth != depth {
                return Err(Problem::HereDocumentSplit { operator: pending.operator });
            }
            let start = self.at;
            let mut joined = false;
            let mut logical: Vec<u8> = Vec::new();
            loop {
                if self.at >= self.text.len() {
                    return Err(unended(&pending));
                }
                let line_start = self.at;
                let rest = &self.text[line_start..];
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                self.at = (line_start + length + 1).min(self.text.len());
                let mut line = &rest[..length];
                // A line that a backslash joins to the previous one can't end the body (POSIX 2.7.4).
                let was_joined = joined;
                joined = !pending.literal && line.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1;
                if pending.strip_tabs {
                    line = &line[line.iter().take_while(|b| **b == b'\t').count()..];
                }
                if !was_joined {
                    logical.clear();
                }
                logical.extend_from_slice(if joined { &line[..line.len() - 1] } else { line });
                // Shells disagree whether a line that was joined ends the body.
                if was_joined && (line == pending.delimiter || logical == pending.delimiter) {
                    return Err(Problem::HereDocumentJoined {
                        line: Span::new(line_start, line_start + length),
                    });
                }
                if !was_joined && line == pending.delimiter {
                    self.scan.here_documents.push(HereDocument {
                        operator: pending.operator.start as usize,
                        body: Span::new(start, line_start),
                        lines: Span::new(start, line_start + length),
                        literal: pending.literal,
                        strip_tabs: pending.strip_tabs,
                    });
                    if !pending.literal {
                        self.body(Span::new(start, line_start));
                    }
                    break;
                }
            }
        }
        Ok(())
    }
}

pub(super) fn unended(pending: &Pending) -> Problem {
    Problem::HereDocumentUnended {
        operator: pending.operator,
        delimiter: String::from_utf8_lossy(&pending.delimiter).into_owned(),
    }
}
