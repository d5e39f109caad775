//! The resolved tree: what the check hands to the evaluation.
//!
//! Every name is a slot, every literal a value, every construct known to be meant. It owns what it needs and knows
//! neither the syntax tree nor the text, but for the spans that errors point at.

use crate::builtins::Builtin;
use crate::diag::Source;
use crate::expand::glob::Glob;
use crate::expand::pattern::Pattern;
use crate::span::Span;
use crate::value::ops::Op;
use crate::value::{Str, Value};
use std::sync::Arc;

/// A checked script.
#[derive(Debug)]
pub struct Program {
    pub source: Arc<Source>,
    pub body: Block,
    /// How many variables the script has.
    pub slots: usize,
}

/// The variable that holds the script's arguments.
pub const ARGS: Slot = Slot(0);

/// Where a variable lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub u32);

#[derive(Debug, Default)]
pub struct Block {
    pub statements: Box<[Statement]>,
}

#[derive(Debug)]
pub struct Statement {
    pub span: Span,
    pub kind: StatementKind,
}

#[derive(Debug)]
pub enum StatementKind {
    Let(Slot, Expr),
    Assign(Box<Assign>),
    /// `s ++= x` and `s = s ++ x`: grows the value in place.
    Append(Slot, Expr),
    /// A call for its effect.
    Evaluate(Expr),
    AndOr(Box<AndOr>),
    Pipeline(Box<Pipeline>),
    Background(Arc<AndOr>),
    Compound(Arc<Compound>),
    Fail(Expr),
    Break,
    Continue,
}

/// A statement with blocks of its own. Also a stage, where it can have redirections.
#[derive(Debug)]
pub enum Compound {
    Block(Block),
    If { branches: Box<[(Condition, Block)]>, otherwise: Option<Block> },
    While { condition: Condition, body: Block },
    For { names: Box<[Slot]>, items: ForItems, body: Block },
    Each { name: Slot, body: Block },
    Match { subject: Expr, arms: Box<[Arm]> },
}

#[derive(Debug)]
pub enum ForItems {
    Words(Box<[Word]>),
    Value(Expr),
}

#[derive(Debug)]
pub struct Arm {
    pub patterns: Box<[MatchPattern]>,
    pub body: Block,
}

#[derive(Debug)]
pub enum MatchPattern {
    Text(Str),
    Pattern(Pattern),
    /// Text with values in it.
    Word(WordText),
}

#[derive(Debug)]
pub enum Condition {
    Value(Expr),
    Command(AndOr),
}

#[derive(Debug)]
pub struct Assign {
    pub slot: Slot,
    /// `[index]` and `.key` after the name.
    pub path: Box<[Expr]>,
    pub operator: Option<Assigning>,
    pub operator_span: Span,
    pub value: Expr,
    /// `env.NAME = …`
    pub environment: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Assigning {
    Operator(Op),
    Coalesce,
}

// ------------------------------------------------------------------------------------------------ commands

#[derive(Debug)]
pub struct AndOr {
    pub first: Pipeline,
    pub rest: Box<[(Connector, Pipeline)]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    And,
    Or,
}

#[derive(Debug)]
pub struct Pipeline {
    pub span: Span,
    pub negated: bool,
    pub stages: Box<[Stage]>,
}

#[derive(Debug)]
pub struct Stage {
    pub span: Span,
    pub kind: StageKind,
    pub redirections: Box<[Redirection]>,
    /// Its standard error goes into the pipe too (`|&`).
    pub pipe_stderr: bool,
}

#[derive(Debug)]
pub enum StageKind {
    Command(Command),
    /// Shared with the thread that runs it, when it is not the last stage.
    Compound(Arc<Compound>),
    Fail(Expr),
    Break,
    Continue,
}

#[derive(Debug)]
pub struct Command {
    pub assignments: Box<[(Str, WordText)]>,
    pub target: Target,
    /// The arguments; for a program with its name as the first.
    pub words: Box<[Word]>,
}

#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// The first word names a program.
    Program,
    Builtin(Builtin),
}

#[derive(Debug)]
pub struct Redirection {
    pub span: Span,
    pub descriptor: i32,
    pub kind: RedirectionKind,
}

#[derive(Debug)]
pub enum RedirectionKind {
    File(FileMode, WordText),
    /// `&>`: standard output and standard error.
    Both {
        append: bool,
        target: WordText,
    },
    Duplicate(i32),
    Close,
    /// The bytes of a here-document or here-string.
    Text(WordText),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    Read,
    Write,
    Append,
    /// `>|`: truncates whatever the pipeline reads.
    Clobber,
    ReadWrite,
}

// ------------------------------------------------------------------------------------------------ words

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

#[derive(Debug)]
pub enum Part {
    Text(Str),
    /// The text of a value.
    Value(Expr),
    Capture(Box<Block>),
    /// The home directory of a user; of one's own, when the name is empty.
    Home(Str, Span),
    Process {
        from: bool,
        body: Arc<Block>,
        span: Span,
    },
}

// ------------------------------------------------------------------------------------------------ expressions

#[derive(Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Debug)]
pub enum ExprKind {
    Value(Value),
    Slot(Slot),
    /// `$HOME` or `env.HOME`. The latter is null when unset.
    Environment {
        name: Str,
        required: bool,
    },
    Text(Box<[Part]>),
    List(Box<[Expr]>),
    Map(Box<[(Expr, Expr)]>),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    And(Box<(Expr, Expr)>),
    Or(Box<(Expr, Expr)>),
    Coalesce(Box<(Expr, Expr)>),
    Conditional(Box<(Expr, Expr, Expr)>),
    Binary {
        operator: Op,
        operands: Box<(Expr, Expr)>,
    },
    Range {
        inclusive: bool,
        bounds: Box<(Expr, Expr)>,
    },
    Index(Box<(Expr, Expr)>),
    Field(Box<Expr>, Str),
    Capture(Box<Block>),
    Lines(Box<Block>),
    Bytes(Box<Block>),
    Call(Function, Box<[Expr]>),
}

/// A function of the language itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `flag(x)`, `flags(list)`: an argument may begin with a dash.
    Flag,
    Flags,
    /// `code(x)`: text that is meant as code.
    Code,
    /// `quote(x)`: quoted for a POSIX shell.
    Quote,
    /// `int(x)`, `float(x)`, `str(x)`: conversions.
    Int,
    Float,
    Str,
    /// `glob(pattern)`: the names of the files that match, none being an empty list.
    Glob,
}
