//! Functions of the host: closures with typed arguments, called from expressions.

use super::panic_message;
use crate::value::{FromValue, Value, ValueError};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A closure that expressions can call. It has up to four arguments, each of a type that implements [`FromValue`] and
/// borrows nothing ([`String`] rather than `&str`), and a result that implements [`IntoResult`]. It may be called from
/// any thread, and from several at once.
///
/// Closures implement it; [`EngineBuilder::function`](crate::EngineBuilder::function) takes one. `A` are the arguments,
/// `R` is the result.
///
/// ```
/// use pipewright::Engine;
/// use std::collections::BTreeMap;
/// use std::time::Duration;
///
/// fn stars(rating: Option<f64>) -> String {
///     "*".repeat(rating.unwrap_or_default() as usize)
/// }
///
/// let engine = Engine::builder()
///     .function("stars", stars)
///     .function("sum", |prices: BTreeMap<String, i64>| prices.into_values().sum::<i64>())
///     .function("doubled", |pause: Duration| pause * 2)
///     .function("parsed", |text: String| text.parse::<i64>())
///     .build()?;
/// let text = r#"echo $[stars(3.7)] $[sum({tea: 2, milk: 1})] $[doubled(30s)] $[parsed("12") + 1]"#;
/// assert_eq!(engine.session().run(&engine.script("t", text)?).read()?, "*** 3 1m 13");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Function<A, R>: Send + Sync + 'static {
    /// The number of its arguments.
    #[doc(hidden)]
    const COUNT: usize;

    /// Calls it with this many values.
    #[doc(hidden)]
    fn call(&self, arguments: &[Value]) -> Result<Value, CallError>;
}

/// A type that a [`Function`] may return: every type that converts to a [`Value`]; [`u64`] and [`usize`] (an error if
/// they do not fit an integer of the language); and a [`Result`] of these with any error that implements `Display`.
///
/// ```
/// use pipewright::IntoResult;
///
/// assert!(u64::MAX.into_result().is_err());
/// assert!("text".parse::<i64>().into_result().is_err());
/// assert_eq!(format!("{:?}", vec!["a", "b"].into_result()?), "['a', 'b']");
/// # Ok::<(), String>(())
/// ```
pub trait IntoResult {
    /// Returns the value, or the message of the error.
    ///
    /// # Errors
    /// Fails with the error of the function.
    fn into_result(self) -> Result<Value, String>;
}

impl<T: Into<Value>> IntoResult for T {
    fn into_result(self) -> Result<Value, String> {
        match self.into() {
            // No operation of the language returns such a float either.
            Value::Float(number) if !number.is_finite() => Err(format!("the result is {number}")),
            value => Ok(value),
        }
    }
}

impl<T: IntoResult, E: fmt::Display> IntoResult for Result<T, E> {
    fn into_result(self) -> Result<Value, String> {
        self.map_err(|error| error.to_string())?.into_result()
    }
}

impl IntoResult for u64 {
    fn into_result(self) -> Result<Value, String> {
        i64::try_from(self)
            .map(Value::Int)
            .map_err(|_| format!("the result, {self}, is not a 64-bit integer"))
    }
}

impl IntoResult for usize {
    fn into_result(self) -> Result<Value, String> {
        (self as u64).into_result()
    }
}

/// The reason why a call returned no value.
#[doc(hidden)]
#[derive(Debug)]
pub enum CallError {
    /// The argument at this place has the wrong type.
    Argument(usize, ValueError),
    Failed(String),
    Panicked(String),
}

macro_rules! functions {
    ($($count:literal: $($type:ident $place:tt)*;)*) => {$(
        impl<F, R, $($type,)*> Function<($($type,)*), R> for F
        where
            F: Fn($($type),*) -> R + Send + Sync + 'static,
            R: IntoResult,
            $($type: for<'v> FromValue<'v>,)*
        {
            const COUNT: usize = $count;

            fn call(&self, _arguments: &[Value]) -> Result<Value, CallError> {
                self($(argument::<$type>(_arguments, $place)?),*).into_result().map_err(CallError::Failed)
            }
        }
    )*};
}

functions! {
    0: ;
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
}

fn argument<T: for<'v> FromValue<'v>>(arguments: &[Value], place: usize) -> Result<T, CallError> {
    let value = arguments.get(place).unwrap_or(&Value::Null);
    T::from_value(value).map_err(|error| CallError::Argument(place, error))
}

type Call = Box<dyn Fn(&[Value]) -> Result<Value, CallError> + Send + Sync>;

/// A [`Function`] with its name, and with its types erased.
pub struct HostFunction {
    pub name: Box<str>,
    /// The number of its arguments.
    pub count: usize,
    call: Call,
}

impl HostFunction {
    pub fn new<A, R, F: Function<A, R>>(name: &str, function: F) -> Self {
        Self { name: name.into(), count: F::COUNT, call: Box::new(move |values| function.call(values)) }
    }

    /// Calls it. A panic becomes an error.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, CallError> {
        // State that the panic has left inconsistent belongs to the host, not to the interpreter.
        let call = AssertUnwindSafe(|| (self.call)(arguments));
        catch_unwind(call).unwrap_or_else(|panic| Err(CallError::Panicked(panic_message(&*panic))))
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.count)
    }
}
