//! The syntax tree of a script, before any name is resolved.
//!
//! It borrows its text from the source and contains no type of the parser. Every node has its span, so that
//! the check, the formatter and editors can point at it. Only the binary serialises it, as JSON.

mod expression;
mod word;

pub use expression::*;
pub use word::*;

use crate::span::Span;
#[cfg(feature = "program")]
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The bytes of a literal with escapes resolved: a borrowed slice of the source if there were none.
pub type Text<'s> = Cow<'s, [u8]>;

/// A sequence of statements: a whole script, or the text between `{` and `}`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Block<'s> {
    pub statements: Vec<Statement<'s>>,
    pub span: Span,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Statement<'s> {
    pub span: Span,
    pub kind: StatementKind<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum StatementKind<'s> {
    /// Pipelines joined by `&&` and `||`.
    AndOr(AndOr<'s>),
    /// The usual case of `AndOr`: one pipeline of one stage, in the foreground.
    Stage(Stage<'s>),
    Let {
        binding: Binding<'s>,
        value: Expr<'s>,
    },
    Assign {
        place: Expr<'s>,
        operator: Operator,
        operator_span: Span,
        value: Box<Expr<'s>>,
    },
    /// `name(…)` or `x.method(…)`, for its effect.
    Call(Expr<'s>),
    /// `= x`, at a prompt.
    Value(Expr<'s>),
    Function(Box<Function<'s>>),
    Defer(Block<'s>),
    /// `on HUP, TERM { … }`
    On {
        signals: Vec<Name<'s>>,
        body: Block<'s>,
    },
    Use {
        path: Expr<'s>,
        alias: Option<Name<'s>>,
    },
    /// Text of sh that is only read so that the check can refuse it.
    Sh(ShConstruct),
}

/// A construct of sh that Pipewright reads by a rule of its own and refuses with a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum ShConstruct {
    If,
    Loop,
    ForArithmetic,
    CaseEnd,
    Function,
    Arithmetic,
    ArithmeticCommand,
    DoubleBracket,
    Backtick,
    Parameter,
    SpecialParameter,
    Indexed,
    LocaleString,
    Array,
    AppendAssignment,
    ElementAssignment,
    LetWithoutSpaces,
    RedirectBoth,
    DescriptorVariable,
    BadEscape,
    /// An operator of sh in an expression: `&&`, `||`, `!`, `=`, `=~`.
    Operator,
    /// `$x` in an expression.
    Dollar,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct AndOr<'s> {
    pub first: Pipeline<'s>,
    pub rest: Vec<(Connector, Pipeline<'s>)>,
    pub background: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Connector {
    And,
    Or,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Pipeline<'s> {
    pub span: Span,
    pub negated: bool,
    /// The `time` before it.
    pub timed: Option<Timed>,
    pub stages: Vec<Stage<'s>>,
}

/// `time`, or `time -p`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Timed {
    pub span: Span,
    /// Whether it has the form of POSIX.
    pub posix: bool,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Stage<'s> {
    pub span: Span,
    pub kind: StageKind<'s>,
    pub redirections: Box<[Redirection<'s>]>,
    /// Whether the stage is followed by `|&`.
    pub pipe_stderr: bool,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum StageKind<'s> {
    Simple(Simple<'s>),
    Block(Block<'s>),
    /// `( list )`; the span of the list includes its parentheses.
    Subshell(Block<'s>),
    If(Box<If<'s>>),
    While(Box<(Condition<'s>, Block<'s>)>),
    For(Box<For<'s>>),
    Each(Box<Each<'s>>),
    Match(Box<Match<'s>>),
    Try(Box<Try<'s>>),
    With(Box<With<'s>>),
    Spawn(Block<'s>),
    Return(Option<Box<Expr<'s>>>),
    Fail(Box<Expr<'s>>),
    Break,
    Continue,
    Sh(ShConstruct, Span),
}

impl<'s> StageKind<'s> {
    /// Returns the blocks and lists of statements in it.
    pub fn bodies(&self) -> Vec<&Block<'s>> {
        match self {
            Self::Block(body) | Self::Subshell(body) | Self::Spawn(body) => vec![body],
            Self::If(statement) => {
                statement.branches.iter().map(|(_, body)| body).chain(&statement.otherwise).collect()
            }
            Self::While(statement) => vec![&statement.1],
            Self::For(statement) => vec![&statement.body],
            Self::Each(statement) => vec![&statement.body],
            Self::Match(statement) => statement.arms.iter().map(|arm| &arm.body).collect(),
            Self::Try(statement) => std::iter::once(&statement.body)
                .chain(statement.handler.iter().map(|(_, body)| body))
                .collect(),
            Self::With(statement) => vec![&statement.body],
            Self::Simple(_)
            | Self::Return(_)
            | Self::Fail(_)
            | Self::Break
            | Self::Continue
            | Self::Sh(..) => Vec::new(),
        }
    }
}

/// A command: its words, with the assignments before them.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Simple<'s> {
    pub assignments: Box<[Assignment<'s>]>,
    pub words: Vec<Word<'s>>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Assignment<'s> {
    pub name: Name<'s>,
    /// Whether it is `NAME+=…`, which is refused.
    pub append: bool,
    pub value: Word<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct If<'s> {
    pub branches: Vec<(Condition<'s>, Block<'s>)>,
    pub otherwise: Option<Block<'s>>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Condition<'s> {
    pub span: Span,
    pub kind: ConditionKind<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum ConditionKind<'s> {
    Value(Expr<'s>),
    Command(Box<AndOr<'s>>),
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct For<'s> {
    pub bindings: Vec<Binding<'s>>,
    pub items: ForItems<'s>,
    pub options: Vec<WithOption<'s>>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum ForItems<'s> {
    Words(Vec<Word<'s>>),
    Value(Expr<'s>),
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Each<'s> {
    pub name: Name<'s>,
    pub options: Vec<WithOption<'s>>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Match<'s> {
    pub subject: Expr<'s>,
    pub arms: Vec<Arm<'s>>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Arm<'s> {
    pub patterns: Vec<Word<'s>>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Try<'s> {
    pub body: Block<'s>,
    pub handler: Option<(Name<'s>, Block<'s>)>,
}

/// An option of a `with`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub enum WithOption<'s> {
    /// `name=value`
    Given(Name<'s>, Expr<'s>),
    /// `...map`, with the place of both.
    Map(Span, Expr<'s>),
}

impl WithOption<'_> {
    /// Returns the name; none for a map of options.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Given(name, _) => Some(name.text),
            Self::Map(..) => None,
        }
    }

    pub fn span(&self) -> Span {
        match self {
            Self::Given(name, value) => name.span.to(value.span),
            Self::Map(span, _) => *span,
        }
    }
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct With<'s> {
    pub options: Vec<WithOption<'s>>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Function<'s> {
    pub name: Name<'s>,
    pub parameters: Vec<Parameter<'s>>,
    pub body: Block<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Parameter<'s> {
    pub name: Name<'s>,
    /// `name/n`: the letter of its short option.
    pub short: Option<Name<'s>>,
    pub rest: bool,
    pub annotation: Option<Name<'s>>,
    /// `"a" | "b"` in place of a type.
    pub choices: Vec<Expr<'s>>,
    pub default: Option<Expr<'s>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Name<'s> {
    pub text: &'s str,
    pub span: Span,
}

/// The target of `let` and `for`: a name, or a pattern that takes a value apart.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Binding<'s> {
    Name(Name<'s>),
    List(Box<Pattern<'s>>),
    Map(Box<Pattern<'s>>),
}

/// The parts of a pattern, between its brackets.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Pattern<'s> {
    pub span: Span,
    pub parts: Vec<PatternPart<'s>>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct PatternPart<'s> {
    pub span: Span,
    /// Whether it is `...name`.
    pub rest: bool,
    /// The key, in a pattern for a map.
    pub key: Option<Expr<'s>>,
    /// None for a quoted key alone, which is refused.
    pub binding: Option<Binding<'s>>,
    pub default: Option<Expr<'s>>,
}

impl Binding<'_> {
    pub fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span,
            Self::List(pattern) | Self::Map(pattern) => pattern.span,
        }
    }
}

// ------------------------------------------------------------------------------------------------ redirections

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize))]
pub struct Redirection<'s> {
    pub span: Span,
    /// The digits before the operator.
    pub descriptor: Option<u32>,
    pub kind: RedirectionKind<'s>,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum RedirectionKind<'s> {
    /// `< > >> >| <>`
    File(FileMode, Word<'s>),
    /// `&>`, `&>>`
    Both {
        append: bool,
        target: Word<'s>,
    },
    /// `>&2`, `<&0`
    Duplicate(u32),
    /// `>&-`
    Close,
    /// `<<< word`
    HereString(Word<'s>),
    HereDocument(Box<[Part<'s>]>),
    /// `>& file`
    Sh(ShConstruct),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(Serialize), serde(rename_all = "snake_case"))]
pub enum FileMode {
    Read,
    Write,
    Append,
    Clobber,
    ReadWrite,
}

#[cfg(feature = "program")]
fn bytes<S: Serializer>(text: &Text<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    match std::str::from_utf8(text) {
        Ok(text) => serializer.serialize_str(text),
        Err(_) => text.serialize(serializer),
    }
}
