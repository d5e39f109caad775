//! The pieces of a script for the printer: what is never changed, what stands between, and comments.

use crate::span::Span;
use std::borrow::Cow;

/// What a token is, as far as blanks and line ends around it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, or a name in a head.
    Word,
    /// A word of a command, or a redirection as a whole.
    Argument,
    /// `{name}` before a redirection, a habit of sh.
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
        /// After a value: a call or an index.
        glued: bool,
        /// Elements with commas between, of which the last may have one too.
        sequence: bool,
    },
    Close,
    Comma,
    Colon,
    /// `?` and `:` of a condition.
    Choice,
    Dot,
    Equals,
    /// Of an option: `timeout=30s`.
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
    /// The line ends between it and what stands before.
    pub lines: u32,
}

#[derive(Clone, Debug)]
pub struct Token<'s> {
    pub kind: Kind,
    pub text: Cow<'s, str>,
    /// The comments before it.
    pub comments: Vec<Comment<'s>>,
    /// The line ends between it and the last comment or token before.
    pub lines: u32,
    /// A backslash at the end of a line stands before it.
    pub continued: bool,
    /// A statement, or an arm of `match`, begins with it.
    pub starts: bool,
    /// The other bracket of the pair.
    pub partner: usize,
    /// An opening bracket whose elements stand on lines of their own.
    pub multi_line: bool,
    /// An opening brace of a block: the first token of its statement or stage.
    pub head: usize,
    /// An opening brace of a block: which row of [`Tokens::chains`] is its own.
    pub chain: usize,
}

pub struct Tokens<'s> {
    pub all: Vec<Token<'s>>,
    /// For the blocks of one statement (`if … else …`) together: whether they may stay on one line.
    pub chains: Vec<bool>,
}
