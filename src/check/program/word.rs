//! Words of commands.

use super::*;

/// A word of a command: what it becomes as arguments. Most are literal, so the others are boxed.
#[derive(Debug)]
pub enum Word {
    Literal(Box<[u8]>),
    /// One argument.
    Text(Box<WordText>),
    /// One argument for every match.
    Glob(Box<GlobWord>),
    /// One argument an element.
    Splice {
        list: Box<Expr>,
        guarded: bool,
    },
}

/// Text with values in it: always one argument.
#[derive(Debug)]
pub struct WordText {
    pub span: Span,
    pub parts: Box<[Part]>,
    /// The text begins with a value: a `-` at its start would be an option that nobody wrote.
    pub guarded: bool,
    /// The word is one value, without quotes or text: a function gets the value itself.
    pub is_value: bool,
}

#[derive(Debug)]
pub struct GlobWord {
    pub span: Span,
    pub pattern: GlobPattern,
}

#[derive(Debug)]
pub enum GlobPattern {
    Fixed(Glob),
    /// Values stand between the patterns; they match literally.
    Parts(Box<[GlobPart]>),
}

#[derive(Debug)]
pub enum GlobPart {
    Pattern(Box<[u8]>),
    Text(Part),
}

/// `$(cmd)` in a word.
#[derive(Debug)]
pub struct Capture {
    pub block: Block,
    /// Where it stands, if it has no quotes: its text is then one word that sh would neither split nor match.
    pub unquoted: Option<Span>,
}

#[derive(Debug)]
pub enum Part {
    Text(Str),
    /// The text of a value.
    Value(Expr),
    Capture(Box<Capture>),
    /// `$?`: the status of the last pipeline.
    Status,
    /// The home directory of a user; of one's own, when the name is empty.
    Home(Str, Span),
    Process {
        from: bool,
        body: Arc<Block>,
        span: Span,
    },
}
