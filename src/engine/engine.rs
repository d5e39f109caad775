//! Engines: the host's functions and stages, observers, policy and limits, from which sessions and scripts are made.

use super::guard::Guard;
use super::{ParseError, Script, ScriptBuilder, Session};
use crate::builtins::{self, KEYWORDS};
use crate::check;
use crate::diag::visible;
use crate::eval::{Board, Observer, Observers};
use crate::host::{
    ContextFunction, Function, HostFunction, HostMethod, HostStage, Hosted, Method, StageCx, StageError,
};
use crate::methods;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// An immutable configuration that clones share, in any number of threads. The default engine has no functions or
/// stages of a host, and allows everything.
///
/// ```
/// use pipewright::Engine;
/// use std::collections::BTreeMap;
///
/// let ports = BTreeMap::from([("web", 80), ("mail", 25)]);
/// let engine = Engine::builder()
///     .function("port", move |name: String| ports.get(&*name).copied().ok_or(format!("no service {name}")))
///     .build()?;
/// let script = engine.script("t", r#"echo "web is at $[port("web")]""#)?;
/// assert_eq!(engine.session().run(&script).read()?, "web is at 80");
///
/// let wrong = engine.script("t", r#"echo $[port("x", 1)]"#).unwrap_err();
/// assert_eq!(wrong.to_string(), "`port` takes one argument, and is called with 2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Engine {
    pub(super) shared: Arc<Shared>,
}

/// The state that an engine and its sessions share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub hosted: Hosted,
    pub guard: Guard,
    pub observers: Observers,
    pub board: Option<Board>,
    pub own_process: bool,
    pub without_terminal: bool,
}

impl Engine {
    /// Returns a builder for an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Creates a session with the environment and the directory that this process has now.
    pub fn session(&self) -> Session {
        Session::of(self)
    }

    /// Reads and checks a script without inputs, which may call the host's functions and stages; `name` is used in its
    /// messages. The script holds the functions that it calls, so it runs in every session.
    ///
    /// # Errors
    /// Fails with all errors of the script.
    pub fn script(&self, name: &str, text: impl Into<Vec<u8>>) -> Result<Script, ParseError> {
        self.script_builder(name).parse(text)
    }

    /// Returns a builder for a script with inputs, or for a script in a file.
    ///
    /// ```
    /// use pipewright::Engine;
    ///
    /// let engine = Engine::default();
    /// let script = engine.script_builder("t").input("word").parse("echo $word")?;
    /// assert_eq!(engine.session().run(&script).arg("word", "*").read()?, "*");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn script_builder(&self, name: &str) -> ScriptBuilder {
        ScriptBuilder::new(name, self.clone())
    }
}

/// A builder of an [`Engine`]: see [`Engine::builder`].
///
/// ```
/// use pipewright::policy::Rules;
/// use pipewright::{Engine, Limits};
///
/// let engine = Engine::builder()
///     .function("double", |n: i64| n * 2)
///     .policy(Rules::new().allow_run(&["wc", "-l"])?)
///     .limits(Limits::untrusted())
///     .build()?;
/// let script = engine.script("t", "for i in (1..=double(2)) { echo $i } | wc -l")?;
/// assert_eq!(engine.session().run(&script).read()?.trim(), "4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "nothing is made before build()"]
pub struct EngineBuilder {
    pub(super) shared: Shared,
    /// The first name that was refused.
    refused: Option<BuildError>,
}

impl EngineBuilder {
    /// Lets expressions call a function of the host, `name(a, b)`: a closure with up to four typed arguments; see
    /// [`Function`]. If a script declares a function or variable of this name, the name means the script's.
    ///
    /// If the function fails or panics, the call fails with [`super::ErrorKind::Host`] and a caret at the call. If an
    /// argument has the wrong type, that is an error of the script.
    pub fn function<A, R>(mut self, name: &str, function: impl Function<A, R>) -> Self {
        self.add_function(HostFunction::new(name, function));
        self
    }

    fn add_function(&mut self, function: HostFunction) {
        let name = &*function.name;
        let is_name = is_name(name, "_");
        let reserved =
            KEYWORDS.contains(&name) || WORDS.contains(&name) || check::is_function_of_language(name);
        let taken = self.shared.hosted.function(name).is_some();
        self.look_at("a function", name, is_name, reserved, taken);
        self.shared.hosted.functions.push(Arc::new(function));
    }

    /// Lets expressions call a function of the host that has a context as its first argument: the directory,
    /// environment and streams of the script at the call. Otherwise like [`EngineBuilder::function`]; see
    /// [`FunctionCx`](super::FunctionCx).
    ///
    /// ```
    /// use pipewright::{Engine, FunctionCx};
    ///
    /// let exists = |cx: &mut FunctionCx<'_>, name: String| cx.cwd().join(name).exists();
    /// let engine = Engine::builder().function_cx("there", exists).build()?;
    /// let script = engine.script("t", "cd /etc; echo $[there('passwd')] $[there('no such file')]")?;
    /// assert_eq!(engine.session().run(&script).read()?, "true false");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn function_cx<A, R>(mut self, name: &str, function: impl ContextFunction<A, R>) -> Self {
        self.add_function(HostFunction::with_context(name, function));
        self
    }

    /// Adds a method to the values of the host that hold a `T`, [`Value::host`](crate::Value::host): `value.name(a, b)`
    /// in a script calls a closure or function with `&T` and up to three typed arguments; see [`Method`]. Several types
    /// may have a method of the same name, and a value of the language keeps its own.
    ///
    /// Failures are those of a function: see [`EngineBuilder::function`].
    ///
    /// ```
    /// use pipewright::{Engine, Value};
    ///
    /// struct Version { major: i64, minor: i64 }
    ///
    /// let engine = Engine::builder()
    ///     .function("version", || Value::host(Version { major: 1, minor: 90 }))
    ///     .method("is_at_least", |version: &Version, major: i64, minor: i64| (version.major, version.minor) >= (major, minor))
    ///     .build()?;
    /// let script = engine.script("t", "echo $[version().is_at_least(1, 88)]")?;
    /// assert_eq!(engine.session().run(&script).read()?, "true");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn method<T: Any + Send + Sync, A, R>(mut self, name: &str, method: impl Method<T, A, R>) -> Self {
        let method = HostMethod::new(name, method);
        let is_name = is_name(name, "_");
        // A method that changes its variable is bound to one, whatever the type of the value.
        let reserved = KEYWORDS.contains(&name) || methods::name_id(name).is_some_and(methods::changes);
        let taken = self.shared.hosted.methods(name).any(|other| other.owner == method.owner);
        self.look_at("a method", name, is_name, reserved, taken);
        self.shared.hosted.methods.push(Arc::new(method));
        self
    }

    /// Adds a stage of the host to pipelines, as a command of this name, which reads and writes like a program. It takes
    /// precedence over a program of this name, which `command NAME` runs, but not over a function that the script
    /// declares. A value never names it.
    ///
    /// The function returns the status of the stage; 0 is success. It may be called from several threads at once. When
    /// its reader has ended, writing fails with `BrokenPipe`; propagated with `?`, that error ends the stage without a
    /// message, as SIGPIPE ends a program. When the run is stopped or its time limit has passed, reading and writing
    /// fail. A stage that does neither for a long time must check [`StageCx::cancelled`], since a thread can't be ended
    /// from outside. An error fails the command; a panic ends the run with [`crate::ErrorKind::Host`].
    ///
    /// ```
    /// use pipewright::Engine;
    /// use std::io::{BufRead, Write};
    ///
    /// let builder = Engine::builder().stage("number", |cx| {
    ///     let streams = cx.streams();
    ///     for (place, line) in streams.stdin.lines().enumerate() {
    ///         writeln!(streams.stdout, "{}: {}", place + 1, line?)?;
    ///     }
    ///     Ok(0)
    /// });
    /// let engine = builder.build()?;
    /// let script = engine.script("t", "printf '%s\\n' b a | number | sort -r")?;
    /// assert_eq!(engine.session().run(&script).read()?, "2: a\n1: b");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stage<F>(mut self, name: &str, stage: F) -> Self
    where
        F: Fn(&mut StageCx<'_>) -> Result<u8, StageError> + Send + Sync + 'static,
    {
        let is_name = is_name(name, "_-");
        let reserved = KEYWORDS.contains(&name)
            || WORDS.contains(&name)
            || builtins::find(name).is_some()
            || check::is_habit_of_sh(name);
        let taken = self.shared.hosted.stage(name).is_some();
        self.look_at("a stage", name, is_name, reserved, taken);
        self.shared.hosted.stages.push(Arc::new(HostStage { name: name.into(), stage: Box::new(stage) }));
        self
    }

    /// Reports the actions of runs as they happen; see [`Observer`]. May be called several times: each observer
    /// receives the events.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.shared.observers.add(Arc::new(observer));
        self
    }

    /// Posts the loops side by side, services and workers of runs on a board while they run; see [`Board`].
    pub fn board(mut self, board: Board) -> Self {
        self.shared.board = Some(board);
        self
    }

    /// Gives a run this whole process, one run at a time, as in the program `pipewright`. A host that does anything
    /// else should not use it, since it changes the state of the process:
    /// - while a run has something to clean up, it handles the signals that ask a process to end: a signal cancels the
    ///   run, whose programs end before this process does. The host should then end by the same signal
    ///   ([`Error::signal`](super::Error::signal));
    /// - `exec` in a script replaces this process;
    /// - orphans of the programs become children of this process (`PR_SET_CHILD_SUBREAPER` of prctl(2)), which ends
    ///   them with the run. If SIGKILL ends this process, a second process ends what is left;
    /// - a run begins in the working directory of the process, unless its session has another;
    /// - programs stay in this process's group if that has the terminal, so that they can read from it.
    pub fn own_process(mut self) -> Self {
        self.shared.own_process = true;
        self.shared.hosted.can_be_replaced = true;
        self
    }

    /// Starts each program in its own session (setsid(2)), without a terminal. Programs then can't read from the
    /// terminal of this process, draw on it or change its modes, not even through `/dev/tty`. A host that draws on the
    /// screen needs this. Ctrl-C in the terminal does not reach the programs either; use [`super::Run::cancel`].
    ///
    /// ```
    /// use pipewright::{Engine, Output};
    ///
    /// let engine = Engine::builder().without_terminal().build()?;
    /// let script = engine.script("t", "cat /dev/tty || echo none")?;
    /// assert_eq!(engine.session().run(&script).stderr(Output::Null).read()?, "none");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn without_terminal(mut self) -> Self {
        self.shared.without_terminal = true;
        self
    }

    fn look_at(&mut self, what: &str, name: &str, is_name: bool, reserved: bool, taken: bool) {
        let name = visible(name.as_bytes());
        let message = match (is_name, reserved, taken) {
            (false, ..) => format!("{what} can't be called `{name}`: its letters are none of a name"),
            (_, true, _) => format!("{what} can't be called `{name}`: the language has this word"),
            (_, _, true) => format!("{what} called `{name}` was given twice"),
            _ => return,
        };
        self.refused.get_or_insert(BuildError(message));
    }

    /// Builds the engine.
    ///
    /// # Errors
    /// Fails if the name of a function or stage is invalid, belongs to the language, or is already used.
    pub fn build(self) -> Result<Engine, BuildError> {
        match self.refused {
            Some(error) => Err(error),
            None => Ok(Engine { shared: Arc::new(self.shared) }),
        }
    }
}

/// Words of expressions that are not names, and block values.
const WORDS: &[&str] = &[
    "and", "args", "bytes", "capture", "env", "false", "json", "lines", "main", "not", "null", "or", "true",
    "_",
];

/// Returns whether it consists of ASCII letters, digits and some other characters, and does not begin with a digit or
/// dash.
fn is_name(name: &str, others: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || others.contains(letter);
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && name.chars().all(is_letter)
}

/// An invalid configuration of an [`Engine`].
///
/// ```
/// use pipewright::Engine;
///
/// let error = Engine::builder().function("while", |n: i64| n).build().unwrap_err();
/// assert_eq!(error.to_string(), "a function can't be called `while`: the language has this word");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}
