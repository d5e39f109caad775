//! Functions of the host: closures with typed arguments, called from expressions.

use super::panic_message;
use crate::process::Environment;
use crate::span::Span;
use crate::value::{FromValue, IntoValue, Value, ValueError};
use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

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

pub(super) fn argument<T: for<'v> FromValue<'v>>(arguments: &[Value], place: usize) -> Result<T, CallError> {
    let value = arguments.get(place).unwrap_or(&Value::Null);
    T::from_value(value).map_err(|error| CallError::Argument(place, error))
}

/// A closure that expressions can call and that has a context as its first argument. Otherwise like [`Function`];
/// [`EngineBuilder::function_cx`](crate::EngineBuilder::function_cx) takes one.
///
/// ```
/// use pipewright::{Engine, FunctionCx};
///
/// let engine = Engine::builder()
///     .function_cx("home", |cx: &mut FunctionCx<'_>| cx.env("HOME").map(|home| home.to_os_string()))
///     .build()?;
/// let script = engine.script("t", "echo $[home()]")?;
/// assert_eq!(engine.session().run(&script).env("HOME", "/home/me").read()?, "/home/me");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "this is not a function with a context for scripts",
    label = "a closure `|cx: &mut FunctionCx<'_>, …|` of up to four more arguments is expected, which is `Fn + Send + Sync + 'static`",
    note = "its arguments own their data (`String`, not `&str`), and each has a type: `|cx: &mut FunctionCx<'_>, name: String| …`"
)]
pub trait ContextFunction<A, R>: Send + Sync + 'static {
    /// The number of its arguments.
    #[doc(hidden)]
    const COUNT: usize;

    /// Calls it with this many values.
    #[doc(hidden)]
    fn call(&self, cx: &mut FunctionCx<'_>, arguments: &[Value]) -> Result<Value, CallError>;
}

macro_rules! context_functions {
    ($($count:literal: $($type:ident $place:tt)*;)*) => {$(
        impl<F, R, $($type,)*> ContextFunction<($($type,)*), R> for F
        where
            F: Fn(&mut FunctionCx<'_>, $($type),*) -> R + Send + Sync + 'static,
            R: IntoValue,
            $($type: for<'v> FromValue<'v>,)*
        {
            const COUNT: usize = $count;

            fn call(&self, cx: &mut FunctionCx<'_>, _arguments: &[Value]) -> Result<Value, CallError> {
                let result = self(cx, $(argument::<$type>(_arguments, $place)?),*);
                result.into_value().map_err(|error| CallError::Failed(error.to_string()))
            }
        }
    )*};
}

context_functions! {
    0: ;
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
}

/// The context of a [`ContextFunction`]: the state of the script at the call.
///
/// ```
/// use pipewright::{Engine, FunctionCx};
/// use std::io::Write;
///
/// let fetch = |cx: &mut FunctionCx<'_>, urls: Vec<String>| -> std::io::Result<usize> {
///     for (at, url) in urls.iter().enumerate() {
///         // Prints where the script prints.
///         writeln!(cx.stdout(), "fetching {url}")?;
///         if cx.cancelled() {
///             return Ok(at);
///         }
///     }
///     Ok(urls.len())
/// };
/// let engine = Engine::builder().function_cx("fetch", fetch).build()?;
/// let script = engine.script("t", "let n = fetch(['a', 'b']); echo \"$n fetched\"")?;
/// assert_eq!(engine.session().run(&script).read()?, "fetching a\nfetching b\n2 fetched");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FunctionCx<'a> {
    pub(crate) stdout: &'a mut dyn Write,
    pub(crate) stderr: &'a mut dyn Write,
    pub(crate) directory: &'a Path,
    pub(crate) environment: &'a Environment,
    pub(crate) cancelled: &'a dyn Fn() -> bool,
    pub(crate) span: Span,
}

impl fmt::Debug for FunctionCx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FunctionCx");
        shown.field("cwd", &self.directory).field("span", &self.span).finish_non_exhaustive()
    }
}

impl FunctionCx<'_> {
    /// Returns the standard output of the script. Data is buffered until there are 64 KiB of it, the function flushes it,
    /// or the function ends.
    pub fn stdout(&mut self) -> &mut dyn Write {
        self.stdout
    }

    /// Returns the standard error of the script.
    pub fn stderr(&mut self) -> &mut dyn Write {
        self.stderr
    }

    /// Returns the working directory of the script, which differs from that of the process.
    pub fn cwd(&self) -> &Path {
        self.directory
    }

    /// Returns an environment variable of the script.
    pub fn env(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(name.as_bytes()).map(OsStr::from_bytes)
    }

    /// Returns whether it should end, because the run is stopped or its time limit has passed.
    pub fn cancelled(&self) -> bool {
        (self.cancelled)()
    }

    /// Returns the place of the call in the script.
    pub fn span(&self) -> Span {
        self.span
    }
}

type PlainCall = dyn Fn(&[Value]) -> Result<Value, CallError> + Send + Sync;
type ContextCall = dyn Fn(&mut FunctionCx<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync;

/// The call of a function of the host, with its types erased.
enum Kind {
    Plain(Box<PlainCall>),
    WithContext(Box<ContextCall>),
}

/// A function of the host with its name.
pub struct HostFunction {
    pub name: Box<str>,
    /// The number of its arguments.
    pub count: usize,
    kind: Kind,
}

impl HostFunction {
    pub fn new<A, R, F: Function<A, R>>(name: &str, function: F) -> Self {
        let kind = Kind::Plain(Box::new(move |values| function.call(values)));
        Self { name: name.into(), count: F::COUNT, kind }
    }

    pub fn with_context<A, R, F: ContextFunction<A, R>>(name: &str, function: F) -> Self {
        let kind = Kind::WithContext(Box::new(move |cx, values| function.call(cx, values)));
        Self { name: name.into(), count: F::COUNT, kind }
    }

    /// Calls it. `with_context` makes the context, if it needs one. A panic becomes an error.
    pub fn call(
        &self,
        arguments: &[Value],
        with_context: impl FnOnce(
            &dyn Fn(&mut FunctionCx<'_>) -> Result<Value, CallError>,
        ) -> Result<Value, CallError>,
    ) -> Result<Value, CallError> {
        // State that the panic has left inconsistent belongs to the host, not to the interpreter.
        let call = AssertUnwindSafe(|| match &self.kind {
            Kind::Plain(call) => call(arguments),
            Kind::WithContext(call) => with_context(&|cx| call(cx, arguments)),
        });
        catch_unwind(call).unwrap_or_else(|panic| Err(CallError::Panicked(panic_message(&*panic))))
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.count)
    }
}
