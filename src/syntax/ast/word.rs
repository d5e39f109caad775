//! The words of commands.

use super::*;

/// A word of a command.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Word<'s> {
    pub span: Span,
    pub kind: WordKind<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum WordKind<'s> {
    /// Only text, without quotes or escapes.
    Bare(&'s str),
    Parts(Box<[Part<'s>]>),
    /// A brace list, as its words in order.
    Braces(Box<[Word<'s>]>),
    /// `...$list`
    Splice(Box<Expr<'s>>),
    /// `=>`, which is allowed only in an arm of `match`.
    Arrow,
    /// `NAME=word` of `export`.
    Assignment(Box<Assignment<'s>>),
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Part<'s> {
    pub span: Span,
    pub kind: PartKind<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum PartKind<'s> {
    /// Text outside quotes.
    #[cfg_attr(feature = "program", serde(serialize_with = "bytes"))]
    Bare(Text<'s>),
    /// Text from quotes or after a backslash, which is never a pattern.
    #[cfg_attr(feature = "program", serde(serialize_with = "bytes"))]
    Quoted(Text<'s>),
    /// `*` (also `**`), `?`, `[…]`, as written.
    Pattern(&'s str),
    /// `[` that opens no bracket expression.
    OpenBracket,
    /// `~` or `~user`: the name of the user, empty for the current one.
    Tilde(Cow<'s, str>),
    /// `$x`, `${x.y}`
    Value(std::rc::Rc<Expr<'s>>, Quoting),
    /// `$[…]`
    Expr(std::rc::Rc<Expr<'s>>),
    /// `$(…)`
    Capture(std::rc::Rc<Block<'s>>, Quoting),
    Process(Direction, std::rc::Rc<Block<'s>>),
    /// `$?`
    Status,
    Sh(ShConstruct),
}

impl Part<'_> {
    /// Returns whether this is a backslash of `"…"` with the character after it, both of which are kept (POSIX
    /// 2.2.3).
    pub fn keeps_backslash(&self, source: &str) -> bool {
        let kept = |text: &[u8]| text.starts_with(b"\\") && text == &source.as_bytes()[self.span.range()];
        matches!(&self.kind, PartKind::Quoted(text) if kept(text))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Quoting {
    Bare,
    Quoted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Direction {
    /// `<(cmd)`: the command's output is read.
    From,
    /// `>(cmd)`: the command reads what is written.
    Into,
}
