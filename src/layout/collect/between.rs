//! The text between words and operands: keywords, punctuation, blanks, line ends and comments.

use super::super::token::{Comment, Kind, Token};
use super::Collector;
use std::borrow::Cow;

impl<'s> Collector<'s> {
    /// Adds the text between the tokens, up to an offset.
    pub(super) fn gap(&mut self, to: usize) {
        while self.at < to {
            self.punctuation();
        }
    }

    pub(super) fn punctuation(&mut self) {
        let rest = &self.text[self.at..];
        let bytes = rest.as_bytes();
        let second = bytes.get(1).copied().unwrap_or(0);
        let (kind, length) = match bytes[0] {
            b' ' | b'\t' | b';' => {
                self.at += 1;
                return;
            }
            b'\n' => return self.line_end(),
            b'\\' if second == b'\n' => {
                self.continued = true;
                self.at += 2;
                return;
            }
            b'#' => {
                let end = rest.find('\n').unwrap_or(rest.len());
                let lines = std::mem::take(&mut self.lines);
                self.comments.push(Comment { text: rest[..end].trim_end(), lines });
                self.at += end;
                return;
            }
            b'|' if second == b'|' || second == b'&' => (Kind::Connector, 2),
            b'|' => (Kind::Connector, 1),
            b'&' if second == b'&' => (Kind::Connector, 2),
            b'&' => (Kind::Background, 1),
            byte @ (b'(' | b'[' | b'{') => return self.open(byte),
            b')' | b']' | b'}' => return self.close(),
            b',' => (Kind::Comma, 1),
            b'?' => (Kind::Choice, 1),
            b':' => (self.colon, 1),
            b'=' if second == b'>' => (self.arrow, 2),
            b'=' => (self.equals, 1),
            b'-' => (Kind::Prefix, 1),
            b'.' if rest.starts_with("...") => (Kind::Prefix, 3),
            b'.' => (Kind::Dot, 1),
            _ => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
                let first = rest.chars().next().map_or(1, char::len_utf8);
                (Kind::Word, end.unwrap_or(rest.len()).max(first))
            }
        };
        self.push(kind, Cow::Borrowed(&rest[..length]));
        self.at += length;
    }

    /// Adds the end of a line, with the bodies of here-documents after it.
    pub(super) fn line_end(&mut self) {
        self.at += 1;
        let mut body = self.bodies.get(&self.at);
        if body.is_none() {
            self.lines += 1;
        }
        while let Some(end) = body {
            self.at = *end;
            body = self.bodies.get(&(end + 1));
        }
    }

    pub(super) fn open(&mut self, byte: u8) {
        let after_value = matches!(
            self.out.all.last().map(|token| token.kind),
            Some(Kind::Value | Kind::Close | Kind::BlockClose)
        ) && !self.starts;
        let glued = after_value && byte != b'{';
        let sequence = (byte == b'(') == glued;
        self.brackets.push(self.out.all.len());
        self.push(Kind::Open { glued, sequence }, Cow::Borrowed(&self.text[self.at..=self.at]));
        self.at += 1;
    }

    pub(super) fn close(&mut self) {
        let close = self.out.all.len();
        self.push(Kind::Close, Cow::Borrowed(&self.text[self.at..=self.at]));
        self.at += 1;
        let Some(open) = self.brackets.pop() else { return };
        self.out.all[open].partner = close;
        self.out.all[close].partner = open;
        // It was written on several lines if one of them ends beside its own bracket or comma.
        let broken = |token: &Token<'_>| token.lines > 0 || !token.comments.is_empty();
        let mut multi_line =
            close > open + 1 && (broken(&self.out.all[close]) || broken(&self.out.all[open + 1]));
        if close == open + 1 {
            multi_line = !self.out.all[close].comments.is_empty();
        }
        let sequence = matches!(self.out.all[open].kind, Kind::Open { sequence: true, .. });
        self.out.all[open].multi_line = multi_line || (sequence && self.out.all[open].multi_line);
    }

    /// Notes a comma, and whether the next element of its bracket begins on another line.
    pub(super) fn element(&mut self, first: usize) {
        let broken =
            self.out.all.get(first).is_some_and(|token| token.lines > 0 || !token.comments.is_empty());
        if let Some(&open) = self.brackets.last()
            && broken
        {
            self.out.all[open].multi_line = true;
        }
    }
}
