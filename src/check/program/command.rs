//! Commands, joined and piped.

use super::*;

#[derive(Debug)]
pub struct AndOr {
    pub first: Pipeline,
    pub rest: Box<[(Connector, Pipeline)]>,
    /// Whether a false test before `&&` is not a failure, because the status of the statement is not
    /// used.
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
    /// Whether its times are printed; true for the form of POSIX.
    pub timed: Option<bool>,
    pub stages: Box<[Stage]>,
}

#[derive(Debug)]
pub struct Stage {
    pub span: Span,
    pub kind: StageKind,
    pub redirections: Box<[Redirection]>,
    /// Whether its standard error also goes into the pipe (`|&`).
    pub pipe_stderr: bool,
}

#[derive(Debug)]
pub enum StageKind {
    Command(Command),
    /// Shared with the thread that runs it, if it is not the last stage.
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
    /// The arguments; for a program, `exec` or stage of the host, with its name first.
    pub words: Box<[Word]>,
    /// Its words for the code guard, if only the run can judge them.
    pub judged: Option<Box<Judged>>,
}

/// The words of a command that only the run can judge: a value names the program, or may be an option
/// with a plus.
#[derive(Debug)]
pub struct Judged {
    pub words: Box<[JudgedWord]>,
    /// The index of the word that names the program by a value.
    pub name: Option<usize>,
}

#[derive(Debug)]
pub struct JudgedWord {
    pub span: Span,
    pub pieces: Box<[JudgedPiece]>,
    /// Whether the script marks this as a possible option.
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
    /// `>|`: truncates even a file that the pipeline reads.
    Clobber,
    ReadWrite,
}
