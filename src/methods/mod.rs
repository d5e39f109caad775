//! Methods and functions of values: `s.split(",")`, `xs.map(f)`, `json(text)`.
//!
//! All are rows of two tables of one form (`table.rs`, `functions.rs`), which the reference, the check and the evaluation share. The
//! check converts a script's names to [`NameId`]s, so that a call at run time is two look-ups in arrays:
//! [`find`] by the receiver's type and the ID, then the function of the row.
//!
//! The steps of a call: [`bind`] puts the arguments into the order of the parameters and checks their types,
//! and [`Run`] does the work. A method that needs the outside world (to call a lambda, to read a file) uses
//! its [`Host`]; this module does no I/O.
//!
//! Rules for all methods:
//! - A method takes any bytes if bytes have a meaning for it (`split`, `replace`, `contains`); one that
//!   counts or changes characters needs UTF-8, and fails otherwise.
//! - The result of a method holds at most 256 MiB, which is checked before memory is requested.
//! - An error names the method, what it takes, what it got, and what to write instead.

mod access;
mod bind;
mod convert;
#[cfg_attr(not(feature = "csv"), path = "csv/none.rs")]
mod csv;
mod dotenv;
mod error;
mod expression;
mod files;
mod functions;
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
mod pool;
mod queue;
mod reference;
mod secret;
mod service;
mod table;
mod table_text;
mod text;
mod time;
mod url;
mod worker;
mod zone;

use crate::value::{Type, Value};

pub use bind::{accepts, bind, check_arity};
pub use error::{Message, MethodError, Outcome};
pub use functions::FUNCTIONS;
pub use host::{
    FileKind, Host, JobRequest, Metadata, PoolRequest, QueueRequest, ServiceRequest, SideBySide, TaskOptions,
    WorkerRequest,
};
pub use json::{read_message, write_message};
pub use names::{NameId, changes, find, function, instead_of, lacking, missing, name_id, suggest};
pub use reference::explain;
pub use table::METHODS;

/// A row of the table: a method, or a function (whose receiver is [`Receiver::None`]).
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its receiver.
    pub receiver: Receiver,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// The type of its result, for the reference.
    pub returns: &'static str,
    /// Its description.
    pub doc: &'static str,
    /// An example: `[statement; …] expression => value`, in the language, run in an empty directory. The
    /// value is in the form of messages; the last ` => ` separates it.
    pub example: &'static str,
    /// Its implementation.
    pub run: Run,
}

/// The receiver of a method.
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
    Worker,
    Pool,
    Service,
    Queue,
    Secret,
}

impl Receiver {
    /// Returns the types of these values.
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
            Self::Worker => &[Type::Worker],
            Self::Pool => &[Type::Pool],
            Self::Service => &[Type::Service],
            Self::Queue => &[Type::Queue],
            Self::Secret => &[Type::Secret],
        }
    }

    /// Returns the subject for messages: "strings have it".
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
            Self::Worker => "workers",
            Self::Pool => "pools",
            Self::Service => "services",
            Self::Queue => "queues",
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
    Type::Worker,
    Type::Pool,
    Type::Service,
    Type::Queue,
    Type::Secret,
    Type::Opaque,
];

/// A parameter of a method.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, for named arguments, messages and the reference.
    pub name: &'static str,
    /// The values that it accepts.
    pub kind: Kind,
    /// Whether it may be left out; it is then null.
    pub optional: bool,
    /// Whether it takes all remaining arguments as a list. Only the last one can.
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

/// The kind of value that a parameter accepts.
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
    /// Returns its name in the reference.
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

    /// Returns its name with the article.
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

    /// Returns whether the value fits.
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

/// The implementation of a method. The arguments come from [`bind`], one for each parameter, and the method
/// may take them out.
#[derive(Clone, Copy)]
pub enum Run {
    /// Returns a value and does not change its receiver (null for a function).
    Value(fn(&mut dyn Host, &Value, &mut [Value]) -> Outcome),
    /// Changes the variable on which it is called, in place if its value is not shared. If it fails, the
    /// variable is unchanged. It needs no host, so the variable may be borrowed from it.
    Change(fn(&mut Value, &mut [Value]) -> Outcome),
}

#[cfg(test)]
mod tests;
