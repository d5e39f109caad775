//! The resolved tree, the result of the check for the evaluation.
//!
//! Every name is a slot, every literal is a value, every construct is valid. The tree owns everything that
//! it needs and knows neither the syntax tree nor the text, except for the spans of errors.

mod binding;
mod command;
mod expression;
mod function;
mod word;

pub use binding::*;
pub use command::*;
pub use expression::*;
pub use function::*;
pub use word::*;

use super::settings::Setting;
use crate::builtins::Builtin;
use crate::diag::{Diagnostic, Source};
use crate::expand::glob::Glob;
use crate::expand::pattern::Pattern;
use crate::host::{HostFunction, HostMethod, HostStage};
use crate::methods::{Method, NameId};
use crate::process::Signal;
use crate::programs::ValueKind;
use crate::span::Span;
use crate::value::ops::Op;
use crate::value::{Str, Value};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A checked script with the files that it uses.
#[derive(Debug)]
pub struct Program {
    pub modules: Box<[Arc<Module>]>,
    /// The module of the script itself.
    pub script: ModuleId,
    /// The named functions of all modules.
    pub functions: Box<[Arc<Function>]>,
    /// The number of variables of all modules.
    pub slots: usize,
    /// Variables of the script that its host sets, by name.
    pub inputs: Box<[(Box<str>, Slot)]>,
    /// Variables that the script declares outside any block, by name.
    pub variables: Box<[(Box<str>, Slot)]>,
    /// Functions that the script declares outside any block, by name.
    pub declared: Box<[(Box<str>, FunctionId)]>,
    /// The script's `fn main`.
    pub main: Option<FunctionId>,
    /// It was read as an entry of a prompt, whose status is that of its last pipeline.
    pub is_typed: bool,
    /// Warnings: code that is allowed but probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// Programs that have the name of a variable.
    pub variable_programs: Box<[VariableProgram]>,
    /// The known actions, if they were gathered for a policy.
    pub foreseen: Foreseen,
}

/// The known actions of a program before it runs.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    /// The commands that run programs.
    pub commands: Vec<LiteralCommand>,
    /// The literal targets of redirections.
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

/// The known part of a command that runs a program.
#[derive(Clone, Debug)]
pub struct LiteralCommand {
    pub module: ModuleId,
    pub span: Span,
    /// Its words before the first that is not literal.
    pub words: Box<[Box<[u8]>]>,
    /// Whether these are all its words.
    pub complete: bool,
}

/// A command that runs a program with the name of a variable.
#[derive(Clone, Debug)]
pub struct VariableProgram {
    pub module: ModuleId,
    /// The place of its first word.
    pub at: Span,
    pub name: Box<str>,
}

impl Program {
    /// Returns the text of a module.
    pub fn source(&self, id: ModuleId) -> &Arc<Source> {
        &self.modules[id.0 as usize].source
    }

    /// Returns the script itself.
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
    /// Its absolute path without symbolic links, if it is a file that needs its path.
    pub path: Option<Box<Path>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ModuleId(pub u32);

/// The variable that holds the script's arguments.
pub const ARGS: Slot = Slot::of_module(0);

/// The place of a variable: in its module for the whole run, or in the frame of one call.
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

    /// Returns whether it is in a module, not in a frame.
    pub const fn is_of_module(self) -> bool {
        self.0 & Self::MODULE != 0
    }

    pub const fn place(self) -> usize {
        (self.0 & !Self::MODULE) as usize
    }
}

#[derive(Debug, Default)]
pub struct Block {
    pub statements: Box<[Statement]>,
    /// Whether something is done at its end: one of them is a `defer` or an `on`.
    pub has_end: bool,
}

#[derive(Debug)]
pub struct Statement {
    pub span: Span,
    pub kind: StatementKind,
}

/// `on SIGNAL, … { … }`
#[derive(Debug)]
pub struct OnSignals {
    pub signals: Vec<Signal>,
    pub body: Block,
}

#[derive(Debug)]
pub enum StatementKind {
    Let(Slot, Expr),
    /// `let` with a pattern.
    Destructure(Box<(Binding, Expr)>),
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
    /// Runs at the end of its enclosing block.
    Defer(Arc<Block>),
    /// Runs when the script gets a signal.
    On(Arc<OnSignals>),
    /// Runs another file, unless it has already run.
    Use(ModuleId),
    /// Gives the channel of a worker to the next program.
    OpenChannel,
}

/// A statement with blocks of its own. It may also be a stage, with redirections.
#[derive(Debug)]
pub enum Compound {
    Block(Block),
    If {
        branches: Box<[(Condition, Block)]>,
        otherwise: Option<Block>,
    },
    While {
        condition: Condition,
        body: Block,
    },
    For {
        bindings: Box<[Binding]>,
        items: ForItems,
        body: Block,
    },
    Each {
        name: Slot,
        body: Block,
    },
    /// `for` or `each` with `jobs=`.
    SideBySide(Arc<SideBySide>),
    Match {
        subject: Expr,
        arms: Box<[Arm]>,
    },
    Try {
        body: Block,
        handler: Option<(Slot, Block)>,
    },
    With(With),
}

/// A loop whose turns run side by side. Its turns share it.
#[derive(Debug)]
pub struct SideBySide {
    pub over: Over,
    /// The options that define how the turns run side by side.
    pub options: Box<[WithOption]>,
    /// The code of each turn, with the options of the turn.
    pub body: Block,
    pub span: Span,
    /// The variables of the loop.
    pub names: Span,
}

/// The values that a loop iterates over.
#[derive(Debug)]
pub enum Over {
    For { bindings: Box<[Binding]>, items: ForItems },
    Each(Slot),
}

/// `with OPTIONS { … }`
#[derive(Debug)]
pub struct With {
    pub options: Box<[WithOption]>,
    pub maps: Box<[OptionMap]>,
    pub body: Block,
}

impl With {
    /// Returns the place of its first option.
    pub fn place(&self) -> Option<Span> {
        let map = || self.maps.first().map(|map| map.span);
        self.options.first().map(|option| option.span).or_else(map)
    }
}

/// `...map` in a `with`: options that are known when the block begins.
#[derive(Debug)]
pub struct OptionMap {
    /// The dots and the value.
    pub span: Span,
    pub value: Expr,
    /// What the options are of.
    pub of: OptionsOf,
}

/// What has options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsOf {
    Block,
    Worker,
    Service,
}

/// `worker with OPTIONS { … }`
#[derive(Debug)]
pub struct Worker {
    /// The options of the worker itself.
    pub options: Box<[WithOption]>,
    /// The options that a `with` around its block would have.
    pub around: Box<[WithOption]>,
    pub maps: Box<[OptionMap]>,
    /// Whether it is a pool: its options say how many workers.
    pub is_pool: bool,
    /// The statement that has the channel.
    pub command: Span,
    pub body: Arc<Block>,
}

/// `service with OPTIONS { … }`
#[derive(Debug)]
pub struct Service {
    /// The variable that it is assigned to; may be empty.
    pub name: String,
    /// The options of the service itself.
    pub options: Box<[WithOption]>,
    /// The options that a `with` around its block would have.
    pub around: Box<[WithOption]>,
    pub maps: Box<[OptionMap]>,
    pub body: Arc<Block>,
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
    /// Text that contains values.
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
