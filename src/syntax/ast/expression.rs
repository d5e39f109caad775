//! Expressions.

use super::*;

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Expr<'s> {
    pub span: Span,
    pub kind: ExprKind<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum ExprKind<'s> {
    Null,
    Bool(bool),
    /// A number, duration or size, as written.
    Number(&'s str),
    String(Box<[Part<'s>]>),
    Name(&'s str),
    List(Vec<Expr<'s>>),
    /// `...xs`, as an element of a list or an argument: each of its elements.
    Spread(Box<Expr<'s>>),
    Map(Vec<(Expr<'s>, Expr<'s>)>),
    Unary(Unary, Box<Expr<'s>>),
    Binary(Box<Binary<'s>>),
    Conditional(Box<[Expr<'s>; 3]>),
    Lambda(Vec<Name<'s>>, Box<Expr<'s>>),
    Call(Box<Expr<'s>>, Vec<Argument<'s>>),
    Method(Box<Expr<'s>>, Name<'s>, Vec<Argument<'s>>),
    Field(Box<Expr<'s>>, Name<'s>),
    Index(Box<(Expr<'s>, Expr<'s>)>),
    Capture(Box<Block<'s>>),
    Block(BlockKind, Box<Block<'s>>),
    /// `worker with OPTIONS { … }`
    Worker(Box<With<'s>>),
    /// `service with OPTIONS { … }`
    Service(Box<With<'s>>),
    Sh(ShConstruct),
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Binary<'s> {
    pub operator: Operator,
    pub operator_span: Span,
    pub left: Expr<'s>,
    pub right: Expr<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Argument<'s> {
    pub name: Option<Name<'s>>,
    pub value: Expr<'s>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum BlockKind {
    Lines,
    Json,
    Bytes,
    Capture,
    Try,
    Spawn,
    /// `spawn capture { … }`
    SpawnCapture,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Unary {
    Negate,
    Not,
}

/// A binary operator, or for an assignment the operator before its `=` (`Assign` for a plain one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Operator {
    Assign,
    Coalesce,
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    RangeInclusive,
    RangeExclusive,
    Join,
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    /// An operator of sh, which the check refuses.
    Sh,
}
