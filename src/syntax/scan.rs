//! The delimiter scanner: which brackets, quotes and here-documents are open at each point of a text.
//!
//! It has four tasks. It removes the bodies of here-documents from the text before the grammar sees it (a
//! grammar can't express "the lines after this one"). It limits the nesting before the parser recurses. When the
//! parser fails, it explains ("this `{` is never closed"), which a grammar can't. And it reports whether a text
//! that is being typed is complete.
//!
//! It distinguishes commands from expressions, since a quote, a `{` or a `<<` has a different meaning in each.

mod commands;
mod expressions;
mod quotes;
#[cfg_attr(not(feature = "dialog"), allow(dead_code, reason = "only a dialog asks"))]
mod typed;

use crate::span::Span;

use typed::Notes;
#[cfg(feature = "dialog")]
pub use typed::{Look, Mark, Place, Typed, WordStart, typed};

/// The nesting limit of brackets, quotes and blocks.
pub const MAX_NESTING: usize = 256;

/// The scanner's findings about a text.
#[derive(Debug, Default)]
pub struct Scan {
    pub here_documents: Vec<HereDocument>,
    /// A line that is continued in the middle of a word or operator.
    pub broken: Option<Span>,
    /// The first error of the delimiters.
    pub problem: Option<Problem>,
}

/// A here-document: the position of its operator and of its body.
#[derive(Debug, Clone, Copy)]
pub struct HereDocument {
    /// Offset of `<<`.
    pub operator: usize,
    /// The body's lines, without the delimiter's.
    pub body: Span,
    /// The body and the line of the delimiter.
    pub lines: Span,
    /// Whether a part of the delimiter was quoted, so that the body is literal.
    pub literal: bool,
    /// Whether it is `<<-`.
    pub strip_tabs: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Opened here, never closed.
    Unclosed {
        open: Span,
        what: &'static str,
    },
    /// A closing bracket that closes nothing, or a different kind of bracket.
    Unmatched {
        close: Span,
        open: Option<Span>,
    },
    HereDocumentUnended {
        operator: Span,
        delimiter: String,
    },
    /// The body of a here-document would start inside a bracket that was opened after its operator.
    HereDocumentSplit {
        operator: Span,
    },
    TooDeep {
        at: Span,
    },
    /// `<<` without the word of the delimiter.
    HereDocumentUnnamed {
        operator: Span,
    },
    /// A line that a backslash joins to the previous one would end the body.
    HereDocumentJoined {
        line: Span,
    },
    /// `<<$'EOF'`
    HereDocumentDollar {
        word: Span,
    },
    /// The word of a here-document contains a blank that separates nothing.
    HereDocumentBlank {
        at: usize,
        found: char,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Commands, up to `}` or `)` or the end of the text.
    Commands(u8),
    /// An expression in brackets, up to the closing one.
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
    /// Creates a scanner for a part of the text, whose offsets begin at `base`.
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
    /// The number of constructs that are open around the here-document whose body is scanned.
    outside: usize,
    pub(super) pending: Vec<Pending>,
    pub(super) scan: Scan,
    /// Whether a word may begin here: only then are `#`, `{` and `}` special.
    pub(super) word_start: bool,
    /// Whether a statement may begin here, and therefore an expression.
    pub(super) statement_start: bool,
    /// Whether the text before is a head such as `if`, whose `(` holds an expression.
    pub(super) head: bool,
    /// The end of the last token that is not blank, for expressions.
    pub(super) last: usize,
    /// The notes about a text that is being typed.
    notes: Option<Box<Notes>>,
}

/// Scans a whole text.
pub fn scan(text: &str) -> Scan {
    Scanner::new(text.as_bytes(), 0, Context::Commands(0), 0).whole()
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
            notes: None,
        }
    }

    fn whole(mut self) -> Scan {
        // After an unmatched bracket the scan continues, since the limit on nesting must apply to the whole
        // text.
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

    /// Scans the body of a here-document, whose captures contain commands, and therefore here-documents of their
    /// own.
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
        self.note_end();
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
        self.note_open(context, at);
        self.stack.push(Open { context, at });
        self.at += length;
        self.word_start = true;
        self.statement_start = matches!(context, Context::Commands(_));
        self.head = false;
        self.last = self.at;
        Ok(())
    }

    fn pop(&mut self) {
        let opened = self.top().at;
        self.note_close(opened);
        // The pattern of `for`, before its `in`.
        self.head |= matches!(self.text[opened.start as usize], b'[' | b'{')
            && self.text[..opened.start as usize].trim_ascii_end().ends_with(b"for");
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
}

/// Returns the text with the bodies of its here-documents blanked, so that all offsets remain valid.
pub fn lift(text: &str, here_documents: &[HereDocument]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for here in here_documents {
        bytes[here.lines.range()].fill(b' ');
    }
    // Whole lines were replaced by blanks, so this can't fail.
    String::from_utf8(bytes).unwrap_or_default()
}
