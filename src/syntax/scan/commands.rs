//! Commands in the delimiter scanner: where words and statements begin, and where an expression begins.

use super::typed::Look;
use super::{Context, Problem, Scanner};
use crate::span::Span;

impl Scanner<'_> {
    pub(super) fn command(&mut self, close: u8) -> Result<(), Problem> {
        let byte = self.text[self.at];
        match byte {
            b' ' | b'\t' => {
                self.at += 1;
                self.word_start = true;
            }
            b'\n' => {
                self.note_line_end();
                self.newline()?;
                self.separator();
            }
            b'\\' if self.byte(1) == b'\n' => {
                // sh removes both, so that `ec\` + line end + `ho` is one word and `&\` + line end + `&` one
                // operator.
                let blank = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii_whitespace());
                let before = self.at.checked_sub(1).and_then(|before| self.text.get(before));
                if self.scan.broken.is_none() && !blank(before) && !blank(self.text.get(self.at + 2)) {
                    self.scan.broken = Some(Span::new(self.at, self.at + 1));
                }
                self.at += 2;
            }
            b'\\' => {
                if self.word_start {
                    self.note_word();
                }
                self.at += self.escape();
            }
            b'#' if self.word_start => self.comment(),
            b';' | b'&' | b'|' => {
                self.note_separator();
                self.at += 1;
                self.separator();
            }
            b'<' | b'>' if self.byte(1) == b'(' => {
                self.push(Context::Commands(b')'), 2)?;
            }
            b'<' if self.starts("<<<") => {
                self.note_redirection(3);
                self.at += 3;
                self.word_start = true;
            }
            b'<' if self.byte(1) == b'<' => self.here_document()?,
            b'<' | b'>' => {
                self.note_redirection(1);
                self.at += 1;
                self.word_start = true;
            }
            b'(' => {
                let subshell = self.statement_start && self.word_start && !self.head;
                let context = if subshell && self.byte(1) != b'(' {
                    Context::Commands(b')')
                } else {
                    Context::Expression(b')')
                };
                self.push(context, 1)?;
            }
            b')' if close == b')' => self.pop(),
            b')' => return Err(self.unmatched()),
            b'{' if self.word_start && matches!(self.byte(1), b' ' | b'\t' | b'\n' | b'\\' | 0) => {
                self.push(Context::Commands(b'}'), 1)?;
            }
            b'}' if self.word_start => {
                if close != b'}' {
                    return Err(self.unmatched());
                }
                self.pop();
                self.word_start = true;
                self.statement_start = true;
            }
            b'=' if self.statement_start && self.word_start && matches!(self.byte(1), b' ' | b'\t') => {
                self.note(self.at, self.at + 1, Look::Operator);
                self.push(Context::ExpressionLine { options: false }, 1)?;
            }
            b'!' if self.word_start && matches!(self.byte(1), b' ' | b'\t') => self.at += 1,
            _ => {
                if self.word_start {
                    self.note_word();
                }
                if self.word_start && (byte.is_ascii_alphabetic() || byte == b'_') && self.words()? {
                    return Ok(());
                }
                self.word_start = false;
                // Before the content of a `$(`, where a statement begins.
                self.statement_start = false;
                if !self.quote()? {
                    self.note_variable();
                    self.at += 1;
                    while self.at < self.text.len() && is_dull(self.text[self.at]) {
                        self.at += 1;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn separator(&mut self) {
        self.word_start = true;
        self.statement_start = true;
        self.head = false;
    }

    /// Handles the first letter of a word: keywords before an expression, and assignments. Returns whether it
    /// advanced.
    fn words(&mut self) -> Result<bool, Problem> {
        let rest = &self.text[self.at..];
        let length =
            rest.iter().position(|&b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(rest.len());
        let after = rest.get(length).copied().unwrap_or(b'\n');
        let ends = matches!(after, b' ' | b'\t' | b'\n' | b';');
        let word = &rest[..length];
        if word == b"with" && ends {
            let option = rest[length..].trim_ascii_start();
            let name = option.iter().position(|&b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(0);
            if name > 0 && option[name] == b'=' {
                self.push(Context::ExpressionLine { options: true }, length)?;
                return Ok(true);
            }
        }
        if !self.statement_start {
            if word == b"in" && self.head {
                self.at += length;
                self.word_start = false;
                // The `(` after `in` holds an expression.
                self.statement_start = true;
                return Ok(true);
            }
            return Ok(false);
        }
        match word {
            b"let" | b"return" | b"fail" if ends => {
                self.push(Context::ExpressionLine { options: false }, length)?;
                return Ok(true);
            }
            // The word after it is that of a command.
            b"time" if matches!(after, b' ' | b'\t') && !assigns(rest) => {
                let blanks = rest[length..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                let option = length + blanks;
                let is_option =
                    rest[option..].starts_with(b"-p") && matches!(rest.get(option + 2), Some(b' ' | b'\t'));
                if is_option {
                    self.note(self.at + option, self.at + option + 2, Look::Option);
                }
                self.at += if is_option { option + 2 } else { length };
                self.word_start = false;
                return Ok(true);
            }
            b"if" | b"while" | b"match" | b"for" | b"else" if ends => {
                self.at += length;
                self.word_start = false;
                self.head = true;
                self.statement_start = word != b"for";
                if word == b"for" {
                    self.pattern()?;
                }
                return Ok(true);
            }
            _ => {}
        }
        if assigns(rest) {
            self.push(Context::ExpressionLine { options: false }, 0)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Scans the bracket of a pattern after `for`, which may span several lines.
    fn pattern(&mut self) -> Result<(), Problem> {
        let blanks = self.text[self.at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let close = match (self.byte(blanks), self.byte(blanks + 1)) {
            (b'[', _) => b']',
            (b'{', next) if !matches!(next, b' ' | b'\t') => b'}',
            _ => return Ok(()),
        };
        self.at += blanks;
        self.push(Context::Expression(close), 1)
    }

    /// Returns the length of an escaped character.
    fn escape(&mut self) -> usize {
        self.word_start = false;
        self.statement_start = false;
        let length = match self.byte(1) {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        (1 + length).min(self.text.len() - self.at)
    }

    pub(super) fn comment(&mut self) {
        let rest = &self.text[self.at..];
        let end = self.at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.note(self.at, end, Look::Comment);
        self.at = end;
    }
}

/// Returns whether a byte can't open, close or separate anything, so that a run of such bytes is skipped at once.
const fn is_dull(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' | b':' | b',' | b'+' | b'@' | b'%' | b'=' | 0x80..)
}

/// Returns whether a statement that begins with a name assigns, `x = …`, `x.y += …`, `x[…] = …`, or calls `x(…)`.
pub(super) fn assigns(rest: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => at += 1,
            b'.' if rest.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') => at += 1,
            _ => break,
        }
    }
    match rest.get(at) {
        Some(b'(') => return true,
        // `a[b] => {` is an arm of `match`.
        Some(b'[') => {
            let end = rest[at..].iter().position(|byte| b"=\n;{(".contains(byte));
            return !end.is_some_and(|end| rest[at + end..].starts_with(b"=>"));
        }
        Some(b' ' | b'\t') => {}
        _ => return false,
    }
    let operator = rest[at..].trim_ascii_start();
    let length = operator.iter().take_while(|b| matches!(b, b'+' | b'-' | b'*' | b'/' | b'%' | b'?')).count();
    operator.get(length) == Some(&b'=')
        && matches!(operator.get(length + 1), Some(b' ' | b'\t' | b'\n'))
        && length <= 2
}
