//! Quoted text and `$…` in the delimiter scanner.

use super::typed::Look;
use super::{Context, MAX_NESTING, Problem, Scanner};
use crate::span::Span;

impl Scanner<'_> {
    /// Scans the inside of `"…"` or `"""…"""`.
    pub(super) fn double(&mut self) -> Result<(), Problem> {
        let context = self.top().context;
        match self.text[self.at] {
            b'"' if context == Context::Double => self.pop(),
            b'"' if context == Context::MultiLine && self.starts("\"\"\"") => {
                self.at += 2;
                self.pop();
            }
            b'\\' => {
                let next = self.text[self.at..].iter().skip(2);
                let rest = next.take_while(|byte| **byte & 0xc0 == 0x80).count();
                self.note(self.at, (self.at + 2 + rest).min(self.text.len()), Look::String);
                self.at += 2;
            }
            b'$' if matches!(self.byte(1), b'(' | b'{' | b'[') => {
                self.quote()?;
            }
            b'`' => self.backtick()?,
            _ => {
                let start = self.at;
                self.at += 1;
                while self.at < self.text.len() && !matches!(self.text[self.at], b'"' | b'\\' | b'$' | b'`') {
                    self.at += 1;
                }
                self.note(start, self.at, Look::String);
                let end = std::mem::replace(&mut self.at, start);
                self.note_variable();
                self.at = end;
            }
        }
        self.at = self.at.min(self.text.len());
        Ok(())
    }

    /// Skips a quoting or a `$…` at this point, or enters it. Returns whether there is one.
    pub(super) fn quote(&mut self) -> Result<bool, Problem> {
        match (self.text[self.at], self.byte(1)) {
            (b'\'', _) => self.until_quote(1, false)?,
            (b'$', b'\'') => self.until_quote(2, true)?,
            (b'"', _) if self.starts("\"\"\"") => self.push(Context::MultiLine, 3)?,
            (b'"', _) => self.push(Context::Double, 1)?,
            (b'`', _) => self.backtick()?,
            (b'$', b'(') if self.byte(2) == b'(' => self.push(Context::Expression(b')'), 2)?,
            (b'$', b'(') => self.push(Context::Commands(b')'), 2)?,
            (b'$', b'[') => self.push(Context::Expression(b']'), 2)?,
            (b'$', b'{') => self.parameter()?,
            (b'$', b'#' | b'$' | b'?' | b'!') => self.at += 2,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Scans `${…}`: a path, or a parameter expansion of sh, in which quotes and brackets have other
    /// meanings.
    fn parameter(&mut self) -> Result<(), Problem> {
        let rest = &self.text[self.at + 2..];
        let name = rest
            .iter()
            .position(|&b| !(b.is_ascii_alphanumeric() || b == b'_' || b == b'.'))
            .unwrap_or(rest.len());
        if name > 0 && matches!(rest.get(name), Some(b'}' | b'[')) {
            return self.push(Context::Expression(b'}'), 2);
        }
        let open = Span::new(self.at, self.at + 2);
        let mut depth = 1;
        let mut at = self.at + 2;
        while depth > 0 {
            match self.text.get(at) {
                None | Some(b'\n') => return Err(Problem::Unclosed { open, what: "bracket" }),
                Some(b'\\') => at += 1,
                Some(b'$') if self.text.get(at + 1) == Some(&b'{') => {
                    depth += 1;
                    if depth > MAX_NESTING {
                        return Err(Problem::TooDeep { at: Span::new(at, at + 2) });
                    }
                    at += 1;
                }
                Some(b'}') => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        self.at = at;
        Ok(())
    }

    fn until_quote(&mut self, opening: usize, escapes: bool) -> Result<(), Problem> {
        let open = Span::new(self.at, self.at + opening);
        let mut at = self.at + opening;
        loop {
            match self.text.get(at) {
                None => return Err(Problem::Unclosed { open, what: "string" }),
                Some(b'\'') => break,
                Some(b'\\') if escapes => at += 2,
                _ => at += 1,
            }
        }
        self.note(self.at, at + 1, Look::String);
        self.at = at + 1;
        Ok(())
    }

    fn backtick(&mut self) -> Result<(), Problem> {
        let open = Span::new(self.at, self.at + 1);
        let mut at = self.at + 1;
        loop {
            match self.text.get(at) {
                None => return Err(Problem::Unclosed { open, what: "backtick" }),
                Some(b'`') => break,
                Some(b'\\') => at += 2,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        Ok(())
    }
}
