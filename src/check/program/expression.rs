//! Expressions.

use super::*;

#[derive(Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Debug)]
pub enum ExprKind {
    Value(Value),
    Slot(Slot),
    /// `$HOME` or `env.HOME`. The latter is null if it is not set.
    Environment {
        name: Str,
        required: bool,
    },
    /// `env[name]`: null if it is not set.
    EnvironmentOf(Box<Expr>),
    /// `$x` without quotes, where `x` was assigned as sh does it: an error if sh would make of it anything but one word.
    Unquoted {
        value: Box<Expr>,
        /// It is an argument of `echo`, which joins words by blanks.
        is_joined: bool,
    },
    /// `env.update(map)`
    UpdateEnvironment(Box<Expr>),
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
    /// The record of how commands ended, with or without their output.
    Record {
        capture: bool,
        body: Box<Block>,
    },
    /// A job, whose output may be captured.
    Spawn {
        capture: bool,
        body: Arc<Block>,
    },
    /// A program that answers messages.
    Worker(Arc<Worker>),
    /// A program that stays up.
    Service(Arc<Service>),
    /// A function of the language itself.
    Intrinsic(Intrinsic, Box<[Expr]>),
    /// A function of the table.
    Library(LibraryFunction, Box<MethodArguments>),
    /// A function of the host.
    Host(Arc<HostFunction>, Box<[Expr]>),
    Method(Box<Expr>, NameId, Box<MethodArguments>),
    /// A method of a value of the host.
    HostMethod(Box<Expr>, Box<HostMethodCall>),
    /// A method that changes the variable on which it is called.
    Change(Box<Change>),
    Call(FunctionId, Box<[Argument]>),
    /// A call of a value.
    CallValue(Box<Expr>, Box<[Expr]>),
    Function(FunctionId),
    /// A function value, with the variables that it captures.
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

/// A call of a method that some types of the host have.
#[derive(Debug)]
pub struct HostMethodCall {
    pub name: Box<str>,
    /// One for each type that has it.
    pub methods: Box<[Arc<HostMethod>]>,
    /// The methods of the language with this name, for other values.
    pub otherwise: Option<NameId>,
    pub arguments: MethodArguments,
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

/// The argument for a parameter in a call.
#[derive(Debug)]
pub enum Argument {
    Value(Expr),
    /// The parameter's own default.
    Default,
    /// The remaining arguments, for a `...rest`.
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
