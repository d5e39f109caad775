//! The delimiter scanner: which brackets, quotes and here-documents are open at each point of a text.
//!
//! One scanner serves four needs. It lifts the bodies of here-documents out of the text before the grammar sees
//! it (a grammar can't say "the lines after this one"). It caps the nesting before the parser recurses. When the
//! parser fails it explains ("this `{` is never closed"), which a grammar can't. And it tells whether a text that
//! is being typed is complete.
//!
//! It knows commands from expressions, since a quote, a `{` or a `<<` means another thing in each.

use crate::span::Span;

/// How deep brackets, quotes and blocks may stand in one another.
pub const MAX_NESTING: usize = 256;

/// What the scanner learnt about a text.
#[derive(Debug, Default)]
pub struct Scan {
    pub here_documents: Vec<HereDocument>,
    /// A line continued in the middle of a word or operator.
    pub broken: Option<Span>,
    /// The first thing that is wrong with the delimiters.
    pub problem: Option<Problem>,
}

/// A here-document: where its operator stands and where its body.
#[derive(Debug, Clone, Copy)]
pub struct HereDocument {
    /// Offset of `<<`.
    pub operator: usize,
    /// The body's lines, without the delimiter's.
    pub body: Span,
    /// The body and the delimiter's line.
    pub lines: Span,
    /// A part of the delimiter was quoted: the body is literal.
    pub literal: bool,
    /// `<<-`
    pub strip_tabs: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Opened here, never closed.
    Unclosed {
        open: Span,
        what: &'static str,
    },
    /// A closing bracket that closes nothing, or another kind of bracket.
    Unmatched {
        close: Span,
        open: Option<Span>,
    },
    HereDocumentUnended {
        operator: Span,
        delimiter: String,
    },
    /// A here-document's body would start inside a bracket that was opened after its operator.
    HereDocumentSplit {
        operator: Span,
    },
    TooDeep {
        at: Span,
    },
    /// `<<` without the word that ends the text.
    HereDocumentUnnamed {
        operator: Span,
    },
    /// A line that a backslash joins to the one before would end the body.
    HereDocumentJoined {
        line: Span,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Commands, up to `}` or `)` or the end of the text.
    Commands(u8),
    /// An expression in brackets, up to its closing one.
    Expression(u8),
    /// An expression that ends with its line.
    ExpressionLine {
        options: bool,
    },
    Double,
    MultiLine,
    /// The body of a here-document, up to the end of the text.
    Document,
}

impl HereDocument {
    /// With offsets from where another body begins.
    pub fn from(self, base: usize) -> Self {
        let shift = |span: Span| Span::new(span.start as usize - base, span.end as usize - base);
        Self { operator: self.operator - base, body: shift(self.body), lines: shift(self.lines), ..self }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    context: Context,
    at: Span,
}

pub(super) struct Pending {
    pub(super) operator: Span,
    pub(super) delimiter: Vec<u8>,
    pub(super) literal: bool,
    pub(super) strip_tabs: bool,
    pub(super) depth: usize,
}

pub(super) struct Scanner<'s> {
    pub(super) text: &'s [u8],
    pub(super) at: usize,
    pub(super) stack: Vec<Open>,
    /// How much is open around a here-document whose body this is.
    outside: usize,
    pub(super) pending: Vec<Pending>,
    pub(super) scan: Scan,
    /// Where a word may begin: `#`, `{` and `}` mean something only here.
    pub(super) word_start: bool,
    /// Where a statement may begin, and with it an expression.
    pub(super) statement_start: bool,
    /// The text before is a head such as `if`, whose `(` holds an expression.
    pub(super) head: bool,
    /// Where the last token that is not blank ended, for expressions.
    pub(super) last: usize,
}

/// Scans a whole text.
pub fn scan(text: &str) -> Scan {
    Scanner::new(text.as_bytes(), 0, Context::Commands(0), 0).whole()
}

/// Bytes in which nothing can open, close or separate, so that a run of them is passed over at once.
const fn is_dull(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' | b':' | b',' | b'+' | b'@' | b'%' | b'=' | 0x80..)
}

impl<'s> Scanner<'s> {
    fn new(text: &'s [u8], at: usize, context: Context, outside: usize) -> Self {
        Self {
            text,
            at,
            stack: vec![Open { context, at: Span::default() }],
            outside,
            pending: Vec::new(),
            scan: Scan::default(),
            word_start: true,
            statement_start: true,
            head: false,
            last: 0,
        }
    }

    fn whole(mut self) -> Scan {
        // After an unmatched bracket the scan goes on, since the cap on nesting must hold for the whole text.
        while let Err(problem) = self.run() {
            let unmatched = matches!(problem, Problem::Unmatched { .. });
            self.found(problem);
            if !unmatched {
                break;
            }
            self.at += 1;
        }
        self.scan
    }

    pub(super) fn found(&mut self, problem: Problem) {
        if matches!(problem, Problem::TooDeep { .. }) || self.scan.problem.is_none() {
            self.scan.problem = Some(problem);
        }
    }

    /// The body of a here-document, whose captures hold commands, and with them here-documents of their own.
    pub(super) fn body(&mut self, body: Span) {
        let outside = self.outside + self.stack.len();
        let text = &self.text[..body.end as usize];
        let inner = Scanner::new(text, body.start as usize, Context::Document, outside).whole();
        self.scan.here_documents.extend(inner.here_documents);
        self.scan.broken = self.scan.broken.or(inner.broken);
        if let Some(problem) = inner.problem {
            self.found(problem);
        }
    }

    fn run(&mut self) -> Result<(), Problem> {
        while self.at < self.text.len() {
            match self.stack[self.stack.len() - 1].context {
                Context::Commands(close) => self.command(close)?,
                Context::Expression(close) => self.expression(close)?,
                Context::ExpressionLine { options } => self.expression_line(options)?,
                Context::Double | Context::MultiLine | Context::Document => self.double()?,
            }
        }
        while matches!(self.top().context, Context::ExpressionLine { .. }) {
            self.stack.pop();
        }
        if let Some(pending) = self.pending.first() {
            return Err(super::here::unended(pending));
        }
        if self.stack.len() > 1 {
            let open = *self.top();
            let what = match open.context {
                Context::Double | Context::MultiLine => "string",
                Context::Commands(b'}') => "block",
                _ => "bracket",
            };
            return Err(Problem::Unclosed { open: open.at, what });
        }
        Ok(())
    }

    fn top(&self) -> &Open {
        &self.stack[self.stack.len() - 1]
    }

    pub(super) fn byte(&self, offset: usize) -> u8 {
        self.text.get(self.at + offset).copied().unwrap_or(0)
    }

    fn starts(&self, what: &str) -> bool {
        self.text[self.at..].starts_with(what.as_bytes())
    }

    fn push(&mut self, context: Context, length: usize) -> Result<(), Problem> {
        let at = Span::new(self.at, self.at + length);
        if self.stack.len() + self.outside > MAX_NESTING {
            return Err(Problem::TooDeep { at });
        }
        self.stack.push(Open { context, at });
        self.at += length;
        self.word_start = true;
        self.statement_start = matches!(context, Context::Commands(_));
        self.head = false;
        self.last = self.at;
        Ok(())
    }

    fn pop(&mut self) {
        self.stack.pop();
        self.at += 1;
        self.word_start = false;
        self.statement_start = false;
        self.last = self.at;
    }

    fn unmatched(&self) -> Problem {
        let open = (self.stack.len() > 1).then(|| self.top().at);
        Problem::Unmatched { close: Span::new(self.at, self.at + 1), open }
    }

    fn command(&mut self, close: u8) -> Result<(), Problem> {
        let byte = self.text[self.at];
        match byte {
            b' ' | b'\t' => {
                self.at += 1;
                self.word_start = true;
            }
            b'\n' => {
                self.newline()?;
                self.separator();
            }
            b'\\' if self.byte(1) == b'\n' => {
                // sh takes both away, so that `ec\` + newline + `ho` is one word and `&\` + newline + `&` one operator.
                let blank = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii_whitespace());
                let before = self.at.checked_sub(1).and_then(|before| self.text.get(before));
                if self.scan.broken.is_none() && !blank(before) && !blank(self.text.get(self.at + 2)) {
                    self.scan.broken = Some(Span::new(self.at, self.at + 1));
                }
                self.at += 2;
            }
            b'\\' => self.at += self.escape(),
            b'#' if self.word_start => self.comment(),
            b';' | b'&' | b'|' => {
                self.at += 1;
                self.separator();
            }
            b'<' | b'>' if self.byte(1) == b'(' => {
                self.push(Context::Commands(b')'), 2)?;
            }
            b'<' if self.starts("<<<") => {
                self.at += 3;
                self.word_start = true;
            }
            b'<' if self.byte(1) == b'<' => self.here_document()?,
            b'<' | b'>' => {
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
            b'!' if self.word_start && matches!(self.byte(1), b' ' | b'\t') => self.at += 1,
            _ => {
                if self.word_start && (byte.is_ascii_alphabetic() || byte == b'_') && self.words()? {
                    return Ok(());
                }
                self.word_start = false;
                if !self.quote()? {
                    self.at += 1;
                    while self.at < self.text.len() && is_dull(self.text[self.at]) {
                        self.at += 1;
                    }
                }
                self.statement_start = false;
            }
        }
        Ok(())
    }

    fn separator(&mut self) {
        self.word_start = true;
        self.statement_start = true;
        self.head = false;
    }

    /// At the first letter of a word: keywords that lead to an expression, and assignments. True if it went on.
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
            b"if" | b"while" | b"match" | b"for" | b"else" if ends => {
                self.at += length;
                self.word_start = false;
                self.head = true;
                self.statement_start = word != b"for";
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

    fn expression_line(&mut self, options: bool) -> Result<(), Problem> {
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

    fn expression(&mut self, close: u8) -> Result<(), Problem> {
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
                if !self.quote()? {
                    self.at += 1;
                }
                self.last = self.at;
            }
        }
        Ok(())
    }

    /// Whether the last word of an expression is one that turns `{` into a block of commands.
    fn after_block_word(&self) -> bool {
        let before = &self.text[..self.last];
        let word = &before
            [before.iter().rposition(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).map_or(0, |i| i + 1)..];
        matches!(word, b"lines" | b"json" | b"bytes" | b"capture" | b"try" | b"spawn")
    }

    /// Whether the last token of an expression can end a value, so that a `{` after it opens a block.
    fn ended_value(&self) -> bool {
        !matches!(
            self.text[..self.last].last(),
            None | Some(b'=' | b',' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'?' | b':' | b'(')
        )
    }

    /// Whether an expression goes on over the end of its line.
    fn continues(&self) -> bool {
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

    /// Inside `"…"` or `"""…"""`.
    fn double(&mut self) -> Result<(), Problem> {
        let context = self.top().context;
        match self.text[self.at] {
            b'"' if context == Context::Double => self.pop(),
            b'"' if context == Context::MultiLine && self.starts("\"\"\"") => {
                self.at += 2;
                self.pop();
            }
            b'\\' => self.at += 2,
            b'$' if matches!(self.byte(1), b'(' | b'{' | b'[') => {
                self.quote()?;
            }
            b'`' => self.backtick()?,
            _ => {
                self.at += 1;
                while self.at < self.text.len() && !matches!(self.text[self.at], b'"' | b'\\' | b'$' | b'`') {
                    self.at += 1;
                }
            }
        }
        self.at = self.at.min(self.text.len());
        Ok(())
    }

    /// A quoting or a `$…` at this point, if there is one: passes over it, or enters it.
    fn quote(&mut self) -> Result<bool, Problem> {
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

    /// `${…}`: a path of ours, or a parameter expansion of sh, in which quotes and brackets mean other things.
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

    /// The length of an escaped character.
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

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }
}

/// Whether a statement that begins with a name assigns: `x = …`, `x.y += …`, `x[…] = …`, or calls `x(…)`.
fn assigns(rest: &[u8]) -> bool {
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

/// The text with the bodies of its here-documents blanked, so that all offsets stay true.
pub fn lift(text: &str, here_documents: &[HereDocument]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for here in here_documents {
        bytes[here.lines.range()].fill(b' ');
    }
    // Whole lines were replaced by spaces, so this can't fail.
    String::from_utf8(bytes).unwrap_or_default()
}
