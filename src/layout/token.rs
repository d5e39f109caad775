//! The tokens of a script for the printer: text that is never changed, the text between, and comments.

use crate::span::Span;
use std::borrow::Cow;

/// The kind of a token, as far as it affects blanks and line ends around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, or a name in the head of a statement.
    Word,
    /// A word of a command, or a whole redirection.
    Argument,
    /// `{name}` before a redirection, a form of sh.
    Glued,
    /// The operator of a redirection, before its target.
    Redirect,
    /// `<<EOF`, with the lines of its body.
    HereDocument(Span),
    /// An operand of an expression.
    Value,
    Infix,
    /// An operator written without blanks: `1..=3`.
    Tight,
    /// `-` before an operand, `...` before a parameter.
    Prefix,
    /// A bracket of an expression.
    Open {
        /// Whether it directly follows a value: a call or an index.
        glued: bool,
        /// Whether it contains elements with commas between them, of which the last may have one, too.
        sequence: bool,
    },
    Close,
    Comma,
    Colon,
    /// `?` and `:` of a conditional expression.
    Choice,
    Dot,
    Equals,
    /// The `=` of an option: `timeout=30s`.
    TightEquals,
    BlockOpen,
    BlockClose,
    Connector,
    /// `&`
    Background,
    /// The end of the text.
    End,
}

#[derive(Clone, Debug)]
pub struct Comment<'s> {
    pub text: &'s str,
    /// The line ends between it and the previous token or comment.
    pub lines: u32,
}

#[derive(Clone, Debug)]
pub struct Token<'s> {
    pub kind: Kind,
    pub text: Cow<'s, str>,
    /// The comments before it.
    pub comments: Vec<Comment<'s>>,
    /// The line ends between it and the last comment or token.
    pub lines: u32,
    /// Whether a backslash at the end of a line precedes it.
    pub continued: bool,
    /// Whether it begins a statement, or an arm of `match`.
    pub starts: bool,
    /// The other bracket of the pair.
    pub partner: usize,
    /// For an opening bracket: whether its elements are on separate lines.
    pub multi_line: bool,
    /// For an opening brace of a block: the first token of its statement or stage.
    pub head: usize,
    /// For an opening brace of a block: the index of its row in [`Tokens::chains`].
    pub chain: usize,
}

pub struct Tokens<'s> {
    pub all: Vec<Token<'s>>,
    /// For the blocks of one statement (`if … else …`) together: whether they may stay on one line.
    pub chains: Vec<bool>,
}
