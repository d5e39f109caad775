//! Functions of the host: closures with typed arguments, called from expressions.

use super::panic_message;
use crate::value::{FromValue, IntoValue, Value, ValueError};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A closure that expressions can call. It has up to four arguments, each of a type that implements [`FromValue`] and
/// borrows nothing ([`String`] rather than `&str`), and a result that implements [`IntoValue`], or a [`Result`] of one. It may be called from
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
///
/// An argument that borrows is an error of the compiler:
///
/// ```compile_fail,E0277
/// pipewright::Engine::builder().function("len", |text: &str| text.len());
/// ```
#[diagnostic::on_unimplemented(
    message = "this is not a function for scripts",
    label = "a closure of up to four arguments is expected, which is `Fn + Send + Sync + 'static`",
    note = "its arguments own their data (`String`, not `&str`), and each has a type: `|name: String| …`",
    note = "its result is a value, or a `Result` of one with an error that implements `Display`"
)]
pub trait Function<A, R>: Send + Sync + 'static {
    /// The number of its arguments.
    #[doc(hidden)]
    const COUNT: usize;

    /// Calls it with this many values.
    #[doc(hidden)]
    fn call(&self, arguments: &[Value]) -> Result<Value, CallError>;
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
            R: IntoValue,
            $($type: for<'v> FromValue<'v>,)*
        {
            const COUNT: usize = $count;

            fn call(&self, _arguments: &[Value]) -> Result<Value, CallError> {
                self($(argument::<$type>(_arguments, $place)?),*).into_value().map_err(|error| CallError::Failed(error.to_string()))
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
