//! Methods of the values of a host: closures whose first argument is the value.

use super::function::{CallError, argument};
use super::panic_message;
use crate::value::{FromValue, IntoValue, Value};
use std::any::{Any, TypeId};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A method of a value of the host: a closure, or a function, whose first argument is `&T`, with up to three more
/// arguments as those of a [`Function`](crate::Function). It may be called from any thread, and from several at once.
///
/// Closures implement it; [`EngineBuilder::method`](crate::EngineBuilder::method) takes one. `T` is the type of the
/// value, `A` are the other arguments, `R` is the result.
///
/// ```
/// use pipewright::{Engine, Script, Value};
/// use std::sync::Mutex;
///
/// struct Counter(Mutex<i64>);
///
/// impl Counter {
///     fn add(&self, by: i64) -> i64 {
///         let mut count = self.0.lock().unwrap();
///         *count += by;
///         *count
///     }
/// }
///
/// let engine = Engine::builder()
///     .method("add", Counter::add)
///     .method("reset", |counter: &Counter| *counter.0.lock().unwrap() = 0)
///     .build()?;
/// let script = engine.script_builder("t").input("counter").parse("counter.reset(); echo $[counter.add(2)] $[counter.add(3)]")?;
/// let counter = Value::host(Counter(Mutex::new(7)));
/// assert_eq!(engine.session().run(&script).arg("counter", counter).read()?, "2 5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "this is not a method for scripts",
    label = "a closure `|value: &T, …|` of up to three more arguments is expected, which is `Fn + Send + Sync + 'static`",
    note = "its other arguments own their data (`String`, not `&str`), and each has a type: `|db: &Db, name: String| …`",
    note = "its result is a value, or a `Result` of one with an error that implements `Display`"
)]
pub trait Method<T, A, R>: Send + Sync + 'static {
    /// The number of its arguments after the value.
    #[doc(hidden)]
    const COUNT: usize;

    /// Calls it with this many values.
    #[doc(hidden)]
    fn call(&self, this: &T, arguments: &[Value]) -> Result<Value, CallError>;
}

macro_rules! methods {
    ($($count:literal: $($type:ident $place:tt)*;)*) => {$(
        impl<F, T, R, $($type,)*> Method<T, ($($type,)*), R> for F
        where
            F: Fn(&T, $($type),*) -> R + Send + Sync + 'static,
            R: IntoValue,
            $($type: for<'v> FromValue<'v>,)*
        {
            const COUNT: usize = $count;

            fn call(&self, this: &T, _arguments: &[Value]) -> Result<Value, CallError> {
                let result = self(this, $(argument::<$type>(_arguments, $place)?),*);
                result.into_value().map_err(|error| CallError::Failed(error.to_string()))
            }
        }
    )*};
}

methods! {
    0: ;
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
}

type Call = dyn Fn(&Value, &[Value]) -> Option<Result<Value, CallError>> + Send + Sync;

/// A method of a type of the host, with its name.
pub struct HostMethod {
    pub name: Box<str>,
    /// The type of the values that have it.
    pub owner: TypeId,
    /// The number of its arguments.
    pub count: usize,
    call: Box<Call>,
}

impl HostMethod {
    pub fn new<T: Any + Send + Sync, A, R, M: Method<T, A, R>>(name: &str, method: M) -> Self {
        let call =
            move |this: &Value, arguments: &[Value]| Some(method.call(this.as_host::<T>()?, arguments));
        Self { name: name.into(), owner: TypeId::of::<T>(), count: M::COUNT, call: Box::new(call) }
    }

    /// Calls it, if the value is of its type. A panic becomes an error.
    pub fn call(&self, this: &Value, arguments: &[Value]) -> Option<Result<Value, CallError>> {
        // State that the panic has left inconsistent belongs to the host, not to the interpreter.
        let call = AssertUnwindSafe(|| (self.call)(this, arguments));
        catch_unwind(call).unwrap_or_else(|panic| Some(Err(CallError::Panicked(panic_message(&*panic)))))
    }
}

impl fmt::Debug for HostMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ".{}/{}", self.name, self.count)
    }
}
