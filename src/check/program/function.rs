//! Functions and their parameters.

use super::*;

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
    /// Their variables are the first ones of the frame.
    pub parameters: Box<[Parameter]>,
    /// The slots of the frame for the captured variables of a lambda.
    pub captures: Box<[Slot]>,
    /// The number of variables in a frame.
    pub slots: usize,
    /// The declarations that must have run before it is called, if something may call it earlier.
    pub needs: Box<[Need]>,
    pub body: FunctionBody,
}

impl Function {
    /// Returns the parameters, as callers see them.
    pub fn formals(&self) -> impl Iterator<Item = &Formal> + Clone {
        self.parameters.iter().map(|parameter| &parameter.formal)
    }

    /// Returns whether a call as a command passes every word on unchanged, including options: `fn ll(...a)`.
    pub fn is_wrapper(&self) -> bool {
        is_wrapper(self.formals())
    }
}

/// Returns whether these parameters are one rest parameter without a type.
pub fn is_wrapper<'p>(mut parameters: impl Iterator<Item = &'p Formal>) -> bool {
    matches!((parameters.next(), parameters.next()), (Some(only), None) if only.rest && only.kind.is_none())
}

/// A declaration of its file that a function uses.
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
    /// The comment above it.
    pub doc: Box<str>,
    pub default: Option<Expr>,
    pub span: Span,
}

impl Parameter {
    /// Returns the error for a value that is not one of its choices, if it has any.
    pub fn refuse_other(&self, value: &Value) -> Option<String> {
        match value {
            Value::Str(text) => self.formal.refuse_other(text.as_bytes()),
            Value::List(items) if self.formal.rest => items.iter().find_map(|item| self.refuse_other(item)),
            _ => None,
        }
    }
}

/// A parameter as callers see it.
#[derive(Clone, Debug, Default)]
pub struct Formal {
    pub name: Box<str>,
    pub kind: Option<Kind>,
    /// Whether it is `...rest`: takes the remaining arguments as a list.
    pub rest: bool,
    /// Whether it has a default.
    pub optional: bool,
    /// Whether it is a bool that is true by default.
    pub on: bool,
    /// The letter of its short option.
    pub short: Option<char>,
    /// Whether its short option counts: `-vvv` is 3.
    pub counts: bool,
    /// The only texts that it accepts, if there are any.
    pub choices: Box<[Str]>,
}

/// The type of a parameter.
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
