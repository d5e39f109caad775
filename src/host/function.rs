//! Functions of the host: closures of typed arguments, called from expressions.

use super::panic_message;
use crate::value::{FromValue, Value, ValueError};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A closure that expressions can call: of up to four arguments, each a type that implements [`FromValue`] and borrows
/// nothing ([`String`] rather than `&str`), and with a result of [`IntoResult`]. It is called from any thread, from
/// several at once.
///
/// Implemented for closures; [`EngineBuilder::function`](crate::EngineBuilder::function) takes one. `A` are the arguments, `R` the result.
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
    /// How many arguments it takes.
    #[doc(hidden)]
    const COUNT: usize;

    /// Calls it with as many values.
    #[doc(hidden)]
    fn call(&self, arguments: &[Value]) -> Result<Value, CallError>;
}

/// What a [`Function`] may return: everything that converts to a [`Value`], [`u64`] and [`usize`] (an error when they do
/// not fit an integer of the language), and a [`Result`] of these with any error that can be shown.
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
    /// The value, or the message of the error.
    ///
    /// # Errors
    /// The function's own.
    fn into_result(self) -> Result<Value, String>;
}

impl<T: Into<Value>> IntoResult for T {
    fn into_result(self) -> Result<Value, String> {
        match self.into() {
            // No operation of the language gives one either.
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
        i64::try_from(self).map(Value::Int).map_err(|_| format!("the result, {self}, is no 64-bit integer"))
    }
}

impl IntoResult for usize {
    fn into_result(self) -> Result<Value, String> {
        (self as u64).into_result()
    }
}

/// Why a call gave no value.
#[doc(hidden)]
#[derive(Debug)]
pub enum CallError {
    /// The argument at this place is none for it.
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

/// A [`Function`] with its name, and without its types.
pub struct HostFunction {
    pub name: Box<str>,
    /// How many arguments it takes.
    pub count: usize,
    call: Call,
}

impl HostFunction {
    pub fn new<A, R, F: Function<A, R>>(name: &str, function: F) -> Self {
        Self { name: name.into(), count: F::COUNT, call: Box::new(move |values| function.call(values)) }
    }

    /// Calls it; a panic is an error.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, CallError> {
        // Whatever it has left half done is the host's own, and nothing of ours.
        let call = AssertUnwindSafe(|| (self.call)(arguments));
        catch_unwind(call).unwrap_or_else(|panic| Err(CallError::Panicked(panic_message(&*panic))))
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.count)
    }
}
