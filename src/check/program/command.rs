//! Commands, joined and piped.

use super::*;

#[derive(Debug)]
pub struct AndOr {
    pub first: Pipeline,
    pub rest: Box<[(Connector, Pipeline)]>,
    /// A false test before `&&` is no failure: the status of the statement goes nowhere.
    pub allows_false_test: bool,
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
    /// Its times are printed; true in the form of POSIX.
    pub timed: Option<bool>,
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
    /// `( list )`
    Subshell(Arc<Block>),
    Fail(Expr),
    Break,
    Continue,
    Return(Option<Expr>),
}

#[derive(Debug)]
pub struct Command {
    pub assignments: Box<[(Str, WordText)]>,
    pub target: Target,
    /// The arguments; for a program, `exec` or stage of the host with its name as the first.
    pub words: Box<[Word]>,
    /// Its words as the code guard sees them, where only the run can judge them.
    pub judged: Option<Box<Judged>>,
}

/// The words of a command that only the run can judge: a value names the program, or may be an option with a plus.
#[derive(Debug)]
pub struct Judged {
    pub words: Box<[JudgedWord]>,
    /// The word by which a value names the program.
    pub name: Option<usize>,
}

#[derive(Debug)]
pub struct JudgedWord {
    pub span: Span,
    pub pieces: Box<[JudgedPiece]>,
    /// The script says that this may be an option.
    pub options: bool,
}

#[derive(Debug)]
pub enum JudgedPiece {
    Text(Box<[u8]>),
    Value(ValueKind),
}

#[derive(Clone, Debug)]
pub enum Target {
    /// The first word names a program.
    Program,
    Builtin(Builtin),
    Function(FunctionId),
    /// `exec`: the first word names a program that replaces the process.
    Replace,
    /// The first word names a stage of the host.
    Host(Arc<HostStage>),
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
