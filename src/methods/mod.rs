//! Methods and functions of values: `s.split(",")`, `xs.map(f)`, `json(text)`.
//!
//! All are rows of one table (`table.rs`); the reference, the check and the evaluation read the same row.
//! A script's names become [`NameId`]s when it is checked, so that a call at run time is two look-ups in
//! arrays: [`find`] by the receiver's type and the id, then the row's function.
//!
//! A call goes so: [`bind`] puts the arguments in the order of the parameters and looks at their types, and
//! [`Run`] does the work. What a method needs of the world (to call a lambda, to read a file) it asks of its
//! [`Host`]; nothing here does I/O.
//!
//! Rules that hold for all:
//! - A method takes any bytes where bytes have a meaning (`split`, `replace`, `contains`); one that counts or
//!   changes characters needs UTF-8 and says so when it has none.
//! - What a method makes holds 256 MiB at most, and that is known before memory is asked for.
//! - An error names the method, what it takes, what it got, and the way out.

mod access;
mod bind;
mod convert;
#[cfg_attr(not(feature = "csv"), path = "csv/none.rs")]
mod csv;
mod dotenv;
mod error;
mod expression;
mod files;
mod host;
mod input;
mod interruptible_regex;
mod job;
mod json;
mod limits;
mod list;
mod machine;
mod map;
mod matching;
mod names;
mod number;
mod order;
mod path;
mod reference;
mod secret;
mod table;
mod table_text;
mod text;
mod time;
mod url;
mod zone;

use crate::value::{Type, Value};

pub use bind::{accepts, bind, check_arity};
pub use error::{Message, MethodError, Outcome};
pub use host::{FileKind, Host, JobRequest, Metadata, SideBySide};
pub use names::{NameId, changes, find, function, instead_of, lacking, missing, name_id, suggest};
pub use reference::explain;
pub use table::{FUNCTIONS, METHODS};

/// A row of the table: a method, or a function (whose receiver is [`Receiver::None`]).
pub struct Method {
    /// As it is called.
    pub name: &'static str,
    /// What it is called on.
    pub receiver: Receiver,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// The type of what it gives, for the reference.
    pub returns: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// `[statement; …] expression => value`, in the language, as it runs in an empty directory. The value is
    /// what messages show; the last ` => ` separates it.
    pub example: &'static str,
    /// Its work.
    pub run: Run,
}

/// The values that a method is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// None: it is a function.
    None,
    /// Values of every type.
    Any,
    Str,
    List,
    Map,
    /// Integers and floats.
    Number,
    Duration,
    Size,
    Range,
    Job,
    Secret,
}

impl Receiver {
    /// The types of these values.
    pub const fn types(self) -> &'static [Type] {
        match self {
            Self::None => &[],
            Self::Any => ALL_TYPES,
            Self::Str => &[Type::Str],
            Self::List => &[Type::List],
            Self::Map => &[Type::Map],
            Self::Number => &[Type::Int, Type::Float],
            Self::Duration => &[Type::Duration],
            Self::Size => &[Type::Size],
            Self::Range => &[Type::Range],
            Self::Job => &[Type::Job],
            Self::Secret => &[Type::Secret],
        }
    }

    /// In messages: "strings have it".
    pub const fn plural(self) -> &'static str {
        match self {
            Self::None => "functions",
            Self::Any => "all values",
            Self::Str => "strings",
            Self::List => "lists",
            Self::Map => "maps",
            Self::Number => "numbers",
            Self::Duration => "durations",
            Self::Size => "sizes",
            Self::Range => "ranges",
            Self::Job => "jobs",
            Self::Secret => "secrets",
        }
    }
}

const ALL_TYPES: &[Type] = &[
    Type::Null,
    Type::Bool,
    Type::Int,
    Type::Float,
    Type::Duration,
    Type::Size,
    Type::Str,
    Type::List,
    Type::Map,
    Type::Range,
    Type::Function,
    Type::Job,
    Type::Secret,
    Type::Opaque,
];

/// What a method takes at one place.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// For named arguments, messages and the reference.
    pub name: &'static str,
    /// The values that fit.
    pub kind: Kind,
    /// Whether it may be left out; it is null then.
    pub optional: bool,
    /// Whether it takes all arguments that are left, as a list. Only the last one does.
    pub rest: bool,
}

impl Parameter {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, optional: false, rest: false }
    }

    const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    const fn rest(self) -> Self {
        Self { rest: true, ..self }
    }
}

/// What kind of value a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Any,
    Str,
    Int,
    Bool,
    List,
    Map,
    Function,
    StrOrFunction,
}

impl Kind {
    /// Its name in the reference.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Str => "string",
            Self::Int => "int",
            Self::Bool => "bool",
            Self::List => "list",
            Self::Map => "map",
            Self::Function => "function",
            Self::StrOrFunction => "string or function",
        }
    }

    /// Its name with the article.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Str => "a string",
            Self::Int => "an int",
            Self::Bool => "true or false",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Function => "a function",
            Self::StrOrFunction => "a string or a function",
        }
    }

    /// Whether the value fits.
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Str => matches!(value, Value::Str(_)),
            Self::Int => matches!(value, Value::Int(_)),
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::List => matches!(value, Value::List(_)),
            Self::Map => matches!(value, Value::Map(_)),
            Self::Function => value.type_of() == Type::Function,
            Self::StrOrFunction => matches!(value, Value::Str(_)) || value.type_of() == Type::Function,
        }
    }
}

/// The work of a method. The arguments are those that [`bind`] made, one for each parameter, and the method
/// may take them out.
#[derive(Clone, Copy)]
pub enum Run {
    /// Gives a value and leaves its receiver (of a function: null) as it is.
    Value(fn(&mut dyn Host, &Value, &mut [Value]) -> Outcome),
    /// Changes the variable that it is called on, in place when nobody shares its value. When it fails, the
    /// variable is as it was. It needs no host, so the variable may be borrowed from it.
    Change(fn(&mut Value, &mut [Value]) -> Outcome),
}

#[cfg(test)]
mod tests;
