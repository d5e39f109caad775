//! The targets of `let` and `for`.

use super::*;

/// A variable, or a pattern that takes a value apart.
#[derive(Debug)]
pub enum Binding {
    Variable(Slot),
    /// `_`
    Ignored,
    List(Box<ListPattern>),
    Map(Box<MapPattern>),
}

/// `[a, b = 2, ...rest]`: parts without a default come first.
#[derive(Debug)]
pub struct ListPattern {
    pub span: Span,
    pub elements: Box<[PatternPart]>,
    pub rest: Option<Binding>,
}

/// `{host, port: p = 80, ...rest}`
#[derive(Debug)]
pub struct MapPattern {
    pub span: Span,
    pub entries: Box<[(Str, PatternPart)]>,
    pub rest: Option<Binding>,
}

#[derive(Debug)]
pub struct PatternPart {
    pub span: Span,
    pub binding: Binding,
    pub default: Option<Expr>,
}
