//! Run-time values: the contents of variables, the results of expressions, and the source of arguments.
//!
//! A [`Value`] has 16 bytes, so it can be copied in two registers; larger data is shared behind an
//! [`Arc`]. Shared values are immutable: a change first copies the data, unless it is not shared. So
//! assigning and passing a value mean copying it, at low cost.
//!
//! - `ops`: arithmetic, joining, comparison.
//! - `format`: values as the text of arguments, and as text for messages.
//! - `literal`: numbers, durations and sizes from text.
//! - [`FromValue`] and [`IntoValue`]: conversions to and from the types of Rust.

pub(crate) mod format;
pub(crate) mod json_text;
pub(crate) mod literal;
pub(crate) mod meter;
pub(crate) mod ops;

#[cfg(feature = "derive")]
#[doc(hidden)]
#[path = "derive.rs"]
pub mod __derive;
mod access;
mod collections;
mod convert;
mod deferred_drop;
mod host;
mod into;
mod iterate;
mod scalar;
mod secret;
#[cfg(feature = "serde")]
mod serde;
mod text;

use meter::Charge;
use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use collections::{List, Map};
pub use convert::{FromKey, FromValue, ValueError};
pub use into::IntoValue;
pub use iterate::MapIter;
pub use scalar::{Duration, Range, Size};
pub use text::Str;

/// The largest size of a string, and of a capture without `max_output`: 256 MiB.
pub(crate) const MOST_BYTES: usize = 256 << 20;

/// The largest number of elements of a list or map.
pub(crate) const MOST_ITEMS: usize = MOST_BYTES / size_of::<Value>();

/// Any value of the language.
///
/// ```
/// use pipewright::{FromValue, Script, Session, Value};
///
/// let value = Session::new().run(&Script::parse("t", "fn main() { return [1, 2.5, 'x', 30s] }")?).value()?;
/// let Value::List(list) = &value else { return Err("no list".into()) };
/// assert!(matches!(list[0], Value::Int(1)));
/// assert_eq!(f64::from_value(&list[1])?, 2.5);
/// // As a message shows it.
/// assert_eq!(format!("{value:?}"), "[1, 2.5, 'x', 30s]");
/// assert_eq!(Value::from(()).type_name(), "null");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Value {
    /// Nothing, as in JSON.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of 64 bits; a result that does not fit is an error.
    Int(i64),
    /// A number with a fraction. Operations never return an infinity or a NaN: that is an error, like
    /// an overflow of integers.
    Float(f64),
    /// A span of time.
    Duration(Duration),
    /// A number of bytes.
    Size(Size),
    /// Bytes, usually text.
    Str(Str),
    /// A sequence of values.
    List(List),
    /// Values by key, in the order in which the keys were added.
    Map(Map),
    /// Whole numbers from one to another.
    Range(Arc<Range>),
    /// A function, a job, a secret: a value of the engine. Or a value of the host: [`Value::host`].
    Opaque(Arc<Opaque>),
}

const _: () = assert!(size_of::<Value>() == 16);
const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Value>();
};

/// A value whose content only the engine can access, or the host that made it ([`Value::host`]). Two are equal if they
/// are the same one.
///
/// ```
/// use pipewright::{Script, Session, Value};
///
/// let mut session = Session::new();
/// session.run(&Script::parse("t", "fn greet() { echo hello }; let f = greet")?).status()?;
/// let Some(Value::Opaque(function)) = session.value("f") else { return Err("no function".into()) };
/// assert_eq!((function.kind, function.name.as_str()), ("function", "greet"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct Opaque {
    /// Its kind, for messages: `"function"`, `"job"`, `"worker"`, `"pool"` or `"service"`; for a value of the host the name of its type.
    pub kind: &'static str,
    /// Its name, for messages; may be empty.
    pub name: String,
    payload: Option<Box<dyn Any + Send + Sync>>,
    /// The type of the data of a host.
    host_type: Option<TypeId>,
    #[expect(dead_code, reason = "held to be dropped")]
    charge: Charge,
}

impl Opaque {
    /// Wraps data of the engine.
    pub(crate) fn new(kind: &'static str, name: impl Into<String>, payload: impl Any + Send + Sync) -> Self {
        let (name, payload) = (name.into(), Box::new(payload));
        let charge = Charge::new(size_of::<Self>() + 64 + name.len() + size_of_val(&*payload));
        Self { kind, name, payload: Some(payload), host_type: None, charge }
    }

    /// Wraps data of the host.
    fn of_host(kind: &'static str, host_type: TypeId, payload: impl Any + Send + Sync) -> Self {
        let mut opaque = Self::new(kind, "", payload);
        opaque.host_type = Some(host_type);
        opaque
    }

    /// Returns the wrapped data, if it is a `T`.
    pub(crate) fn payload<T: Any>(&self) -> Option<&T> {
        self.payload.as_ref()?.downcast_ref()
    }
}

/// A closure may hold a closure that holds a closure, and so on: see `deferred_drop.rs`.
impl Drop for Opaque {
    fn drop(&mut self) {
        if let Some(payload) = self.payload.take() {
            deferred_drop::drop_flat(deferred_drop::Contents::Payload(payload));
        }
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opaque").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

/// The type of a value, as messages name it.
///
/// ```
/// use pipewright::Value;
/// use pipewright::value::Type;
///
/// assert_eq!(Value::from("x").type_of(), Type::Str);
/// assert_eq!(Type::Int.phrase(), "an int");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Type {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// `42`
    Int,
    /// `4.2`
    Float,
    /// `250ms`
    Duration,
    /// `64K`
    Size,
    /// `"text"`
    Str,
    /// `[1, 2]`
    List,
    /// `{a: 1}`
    Map,
    /// `1..=3`
    Range,
    /// `x => x + 1`
    Function,
    /// `spawn { … }`
    Job,
    /// `worker { … }`
    Worker,
    /// `worker with jobs=4 { … }`
    Pool,
    /// What `service { … }` gives.
    Service,
    /// `queue(path, name)`
    Queue,
    /// `secret(x)`
    Secret,
    /// A value of the host: [`Value::host`].
    Opaque,
}

impl Type {
    /// Returns its name in messages and annotations.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::Duration => "duration",
            Type::Size => "size",
            Type::Str => "string",
            Type::List => "list",
            Type::Map => "map",
            Type::Range => "range",
            Type::Function => "function",
            Type::Job => "job",
            Type::Worker => "worker",
            Type::Pool => "pool",
            Type::Service => "service",
            Type::Queue => "queue",
            Type::Secret => "secret",
            Type::Opaque => "value",
        }
    }

    /// Returns its name with the article: "a list", "an int", "null".
    pub const fn phrase(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Bool => "a bool",
            Type::Int => "an int",
            Type::Float => "a float",
            Type::Duration => "a duration",
            Type::Size => "a size",
            Type::Str => "a string",
            Type::List => "a list",
            Type::Map => "a map",
            Type::Range => "a range",
            Type::Function => "a function",
            Type::Job => "a job",
            Type::Worker => "a worker",
            Type::Pool => "a pool of workers",
            Type::Service => "a service",
            Type::Queue => "a queue",
            Type::Secret => "a secret",
            Type::Opaque => "an opaque value",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Value {
    /// Creates a string.
    pub fn str(bytes: impl Into<Str>) -> Self {
        Value::Str(bytes.into())
    }

    /// Returns its type.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::Duration(_) => Type::Duration,
            Value::Size(_) => Type::Size,
            Value::Str(_) => Type::Str,
            Value::List(_) => Type::List,
            Value::Map(_) => Type::Map,
            Value::Range(_) => Type::Range,
            Value::Opaque(opaque) => match opaque.kind {
                "function" => Type::Function,
                "job" => Type::Job,
                "worker" => Type::Worker,
                "pool" => Type::Pool,
                "service" => Type::Service,
                "queue" => Type::Queue,
                secret::KIND => Type::Secret,
                _ => Type::Opaque,
            },
        }
    }

    /// Returns the name of its type with the article, as [`Type::phrase`] does.
    pub(crate) fn phrase(&self) -> Cow<'static, str> {
        match self {
            Value::Opaque(opaque) if opaque.host_type.is_some() => format!("a {}", opaque.kind).into(),
            other => other.type_of().phrase().into(),
        }
    }

    /// Returns the name of its type in messages, such as "string"; for an opaque value, its kind.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Opaque(opaque) => opaque.kind,
            other => other.type_of().name(),
        }
    }
}

/// The form that messages show.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::display(self, 1000))
    }
}

#[cfg(test)]
mod tests;
