//! Words of commands.

use super::*;

/// A word of a command, by the arguments that it becomes. Most words are literal, so the other variants
/// are boxed.
#[derive(Debug)]
pub enum Word {
    Literal(Box<[u8]>),
    /// One argument.
    Text(Box<WordText>),
    /// One argument for each match.
    Glob(Box<GlobWord>),
    /// One argument for each element.
    Splice {
        list: Box<Expr>,
        guarded: bool,
    },
}

/// Text that contains values: always one argument.
#[derive(Debug)]
pub struct WordText {
    pub span: Span,
    pub parts: Box<[Part]>,
    /// Whether the text begins with a value: a `-` at its start would be an option that the user never
    /// wrote.
    pub guarded: bool,
    /// Whether the word is one value, without quotes or text: a function receives the value itself.
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
    /// With values between the patterns, which match literally.
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
    /// Its place, if it has no quotes: its text must then be one word that sh would neither split nor
    /// match.
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
    /// The home directory of a user, or of the current user if the name is empty.
    Home(Str, Span),
    Process {
        from: bool,
        body: Arc<Block>,
        span: Span,
    },
}
