//! The resolved tree: what the check hands to the evaluation.
//!
//! Every name is a slot, every literal a value, every construct known to be meant. It owns what it needs and knows
//! neither the syntax tree nor the text, but for the spans that errors point at.

use super::settings::Setting;
use crate::builtins::Builtin;
use crate::diag::{Diagnostic, Source};
use crate::expand::glob::Glob;
use crate::expand::pattern::Pattern;
use crate::host::{HostFunction, HostStage};
use crate::methods::{Method, NameId};
use crate::span::Span;
use crate::value::ops::Op;
use crate::value::{Str, Value};
use std::fmt;
use std::sync::Arc;

/// A checked script with the files that it uses.
#[derive(Debug)]
pub struct Program {
    pub modules: Box<[Arc<Module>]>,
    /// Which of them is the script itself.
    pub script: ModuleId,
    /// The named functions of all modules.
    pub functions: Box<[Arc<Function>]>,
    /// How many variables the modules have together.
    pub slots: usize,
    /// Variables of the script that its host gives values to, by name.
    pub inputs: Box<[(Box<str>, Slot)]>,
    /// Variables that the script declares outside of any block, by name.
    pub variables: Box<[(Box<str>, Slot)]>,
    /// Functions that the script declares outside of any block, by name.
    pub declared: Box<[(Box<str>, FunctionId)]>,
    /// The script's `fn main`.
    pub main: Option<FunctionId>,
    /// What is allowed, and probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// What is known of what it does, where that was gathered for a policy to look at before.
    pub foreseen: Foreseen,
}

/// What is known of a program before it runs.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    /// The commands that run programs.
    pub commands: Vec<LiteralCommand>,
    /// The targets of redirections that are literal.
    pub targets: Vec<LiteralTarget>,
}

/// A file that a redirection opens.
#[derive(Clone, Debug)]
pub struct LiteralTarget {
    pub module: ModuleId,
    pub span: Span,
    pub path: Box<[u8]>,
    pub mode: FileMode,
}

/// What is known of a command that runs a program before it runs.
#[derive(Clone, Debug)]
pub struct LiteralCommand {
    pub module: ModuleId,
    pub span: Span,
    /// Its words up to the first that is not literal.
    pub words: Box<[Box<[u8]>]>,
    /// Whether these are all.
    pub complete: bool,
}

impl Program {
    /// The text of a module.
    pub fn source(&self, id: ModuleId) -> &Arc<Source> {
        &self.modules[id.0 as usize].source
    }

    /// The script itself.
    pub fn main_module(&self) -> &Arc<Module> {
        &self.modules[self.script.0 as usize]
    }

    pub fn function(&self, id: FunctionId) -> &Arc<Function> {
        &self.functions[id.0 as usize]
    }
}

/// A file: the script, or one that it uses.
#[derive(Debug)]
pub struct Module {
    pub source: Arc<Source>,
    pub body: Block,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ModuleId(pub u32);

/// The variable that holds the script's arguments.
pub const ARGS: Slot = Slot::of_module(0);

/// Where a variable lives: of a module for the whole run, of a function in the frame of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

impl Slot {
    const MODULE: u32 = 1 << 31;

    pub const fn of_module(place: u32) -> Self {
        Self(place | Self::MODULE)
    }

    pub const fn of_frame(place: u32) -> Self {
        Self(place)
    }

    /// 0 for a variable of a frame, 1 for one of a module.
    pub const fn home(self) -> usize {
        (self.0 >> 31) as usize
    }

    pub const fn place(self) -> usize {
        (self.0 & !Self::MODULE) as usize
    }
}

#[derive(Debug, Default)]
pub struct Block {
    pub statements: Box<[Statement]>,
    /// Whether a `defer` stands among them.
    pub defers: bool,
}

// ------------------------------------------------------------------------------------------------ functions

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(pub u32);

/// A named function, or a lambda.
#[derive(Debug)]
pub struct Function {
    /// Empty for a lambda.
    pub name: Box<str>,
    pub module: ModuleId,
    pub span: Span,
    /// The comment above it.
    pub doc: Box<str>,
    /// Their variables are the first of the frame.
    pub parameters: Box<[Parameter]>,
    /// Where in the frame the values go that a lambda took from outside.
    pub captures: Box<[Slot]>,
    /// How many variables a frame has.
    pub slots: usize,
    /// What must have run before it is called, where something may call it before.
    pub needs: Box<[Need]>,
    pub body: FunctionBody,
}

impl Function {
    /// The parameters, as callers see them.
    pub fn formals(&self) -> impl Iterator<Item = &Formal> + Clone {
        self.parameters.iter().map(|parameter| &parameter.formal)
    }
}

/// What a function uses of its file.
#[derive(Debug)]
pub struct Need {
    pub name: Box<str>,
    pub span: Span,
    pub what: Needed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// A variable, which its `let` sets.
    Variable(Slot),
    /// A file, which its `use` runs.
    File(ModuleId),
}

#[derive(Debug)]
pub enum FunctionBody {
    Block(Block),
    Value(Expr),
}

#[derive(Debug)]
pub struct Parameter {
    pub formal: Formal,
    pub default: Option<Expr>,
    pub span: Span,
}

/// A parameter, as callers see it.
#[derive(Clone, Debug, Default)]
pub struct Formal {
    pub name: Box<str>,
    pub kind: Option<Kind>,
    /// `...rest`: takes what is left, as a list.
    pub rest: bool,
    /// It has a default.
    pub optional: bool,
    /// A switch that is on unless it is turned off.
    pub on: bool,
}

/// What an annotation of a parameter asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int,
    Float,
    Bool,
    Str,
    Path,
    List,
    Map,
    Duration,
    Size,
}

impl Kind {
    const NAMES: &[(&str, Kind)] = &[
        ("int", Kind::Int),
        ("float", Kind::Float),
        ("bool", Kind::Bool),
        ("str", Kind::Str),
        ("path", Kind::Path),
        ("list", Kind::List),
        ("map", Kind::Map),
        ("duration", Kind::Duration),
        ("size", Kind::Size),
    ];

    pub fn find(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
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
    Return(Option<Expr>),
    /// Runs at the end of the block that it stands in.
    Defer(Arc<Block>),
    /// Runs another file, if nothing has before.
    Use(ModuleId),
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
    Try { body: Block, handler: Option<(Slot, Block)> },
    With(With),
}

/// `with OPTIONS { … }`
#[derive(Debug)]
pub struct With {
    pub options: Box<[WithOption]>,
    pub body: Block,
}

#[derive(Debug)]
pub struct WithOption {
    pub setting: Setting,
    /// The name and the value.
    pub span: Span,
    pub value: Expr,
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
    Return(Option<Expr>),
}

#[derive(Debug)]
pub struct Command {
    pub assignments: Box<[(Str, WordText)]>,
    pub target: Target,
    /// The arguments; for a program or stage of the host with its name as the first.
    pub words: Box<[Word]>,
}

#[derive(Clone, Debug)]
pub enum Target {
    /// The first word names a program.
    Program,
    Builtin(Builtin),
    Function(FunctionId),
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
    /// `...xs`: an element of a list, or an argument of a call of a value.
    Spread(Box<Expr>),
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
    Json(Box<Block>),
    /// The record of how commands ended, with what they printed or without.
    Record {
        capture: bool,
        body: Box<Block>,
    },
    /// A job.
    Spawn(Arc<Block>),
    /// A function of the language itself.
    Intrinsic(Intrinsic, Box<[Expr]>),
    /// A function of the table.
    Library(LibraryFunction, Box<MethodArguments>),
    /// A function of the host.
    Host(Arc<HostFunction>, Box<[Expr]>),
    Method(Box<Expr>, NameId, Box<MethodArguments>),
    /// A method that changes the variable that it is called on.
    Change(Box<Change>),
    Call(FunctionId, Box<[Argument]>),
    /// A call of a value.
    CallValue(Box<Expr>, Box<[Expr]>),
    Function(FunctionId),
    /// A function value, with the variables that it takes along.
    Lambda(Arc<Function>, Box<[Slot]>),
}

/// A row of the table of functions.
#[derive(Clone, Copy)]
pub struct LibraryFunction(pub &'static Method);

impl fmt::Debug for LibraryFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

#[derive(Debug)]
pub struct MethodArguments {
    pub positional: Box<[Expr]>,
    pub named: Box<[(Box<str>, Expr)]>,
}

#[derive(Debug)]
pub struct Change {
    pub slot: Slot,
    /// `[index]` and `.key` after the name.
    pub path: Box<[Expr]>,
    pub receiver: Span,
    pub name: NameId,
    pub arguments: MethodArguments,
}

/// What a parameter is given in a call.
#[derive(Debug)]
pub enum Argument {
    Value(Expr),
    /// The parameter's own default.
    Default,
    /// What a `...rest` takes.
    Rest(Box<[Expr]>),
}

/// A function of the language itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intrinsic {
    /// `flag(x)`, `flags(list)`: an argument may begin with a dash.
    Flag,
    Flags,
    /// `code(x)`: text that is meant as code.
    Code,
    /// `quote(x)`: quoted for a POSIX shell.
    Quote,
}
