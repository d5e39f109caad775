//! Sessions: the variables, environment and directory that runs share.

use super::perform::Work;
use super::plumbing::Usual;
use super::{Engine, Error, Run, Script};
use crate::diag::visible;
use crate::eval::FinishedRun;
use crate::process::{Environment, InvalidVariable};
use crate::value::{FromValue, IntoValue, Value, ValueError};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variables, an environment and a working directory for scripts to run in. It does not touch the state of the
/// process: many sessions run side by side, in threads of one program. A clone is independent, and cheap.
///
/// ```
/// use pipewright::{Script, Session};
///
/// let script = Script::builder("greeting").input("name").parse(r#"echo "hello $name""#)?;
/// let mut session = Session::new();
/// session.set("name", "$(rm -rf /); x");
/// assert_eq!(session.run(&script).read()?, "hello $(rm -rf /); x");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    pub(super) engine: Engine,
    pub(super) variables: IndexMap<String, Value>,
    /// Variables whose last value did not fit. A run that needs one fails.
    pub(super) refused: IndexMap<String, ValueError>,
    pub(super) environment: Environment,
    /// PWD was removed. Otherwise programs get it even if this process has none.
    pub(super) without_pwd: bool,
    /// Absolute, as the interpreter needs it. None is the directory of this process.
    pub(super) directory: Option<Arc<CStr>>,
    pub(super) usual: Usual,
    /// The last script that ran, if it ran to its end.
    pub(super) ran: Option<FinishedRun>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// Creates a session of the default [`Engine`], with the environment and the directory that this process has now.
    pub fn new() -> Self {
        Self::of(&Engine::default())
    }

    pub(super) fn of(engine: &Engine) -> Self {
        Self {
            engine: engine.clone(),
            variables: IndexMap::new(),
            refused: IndexMap::new(),
            environment: Environment::inherited(),
            without_pwd: false,
            directory: if engine.shared.own_process {
                None
            } else {
                std::env::current_dir().ok().map(shared)
            },
            usual: Usual::default(),
            ran: None,
        }
    }

    /// Gives a variable a value, for the scripts that have it as an input. If the value does not fit, such as a number
    /// of more than 64 bits, the runs of these scripts fail with [`ErrorKind::Input`](super::ErrorKind::Input).
    pub fn set(&mut self, name: &str, value: impl IntoValue) -> &mut Self {
        match value.into_value() {
            Ok(value) => {
                self.refused.shift_remove(name);
                self.variables.insert(name.to_string(), value);
            }
            Err(error) => {
                self.variables.shift_remove(name);
                self.refused.insert(name.to_string(), error);
            }
        }
        self
    }

    /// Returns all variables, in the order in which they were set.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let mut session = Session::new();
    /// session.run(&Script::parse("t", "let web = 80; let mail = 25")?).status()?;
    /// let ports: Vec<_> = session.variables().map(|(name, port)| format!("{name} {port:?}")).collect();
    /// assert_eq!(ports, ["web 80", "mail 25"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns a variable that was set, or that a script has declared outside any block.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// Returns a variable as a type of Rust.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let mut session = Session::new();
    /// session.run(&Script::parse("t", "let sizes = [1, 2, 3]")?).status()?;
    /// assert_eq!(session.get::<Vec<u32>>("sizes")?, [1, 2, 3]);
    /// assert_eq!(session.get::<i64>("sizes").unwrap_err().to_string(), "the value is a list, not an integer");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if there is no such variable, or if it has another type.
    pub fn get<'s, T: FromValue<'s>>(&'s self, name: &str) -> Result<T, ValueError> {
        let missing = || ValueError::new(format!("no variable `{}`", visible(name.as_bytes())));
        T::from_value(self.value(name).ok_or_else(missing)?)
    }

    /// Returns the directory in which scripts begin. None if it is the directory of this process at the time of a
    /// run: for an engine that has the process to itself ([`super::EngineBuilder::own_process`]), or if there was no
    /// directory.
    pub fn cwd(&self) -> Option<&Path> {
        self.directory.as_ref().map(|path| Path::new(OsStr::from_bytes(path.to_bytes())))
    }

    /// Changes the directory, relative to the current one. A `cd` in a script affects only its own run.
    ///
    /// # Errors
    /// Fails as realpath(3) does, or with `NotADirectory`.
    pub fn set_cwd(&mut self, directory: impl AsRef<Path>) -> io::Result<()> {
        self.directory = Some(self.directory_at(directory.as_ref())?);
        Ok(())
    }

    /// Returns a directory relative to that of the session.
    pub(super) fn directory_at(&self, directory: &Path) -> io::Result<Arc<CStr>> {
        let before = self.cwd().unwrap_or(Path::new(""));
        let directory = std::fs::canonicalize(before.join(directory))?;
        if !directory.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(shared(directory))
    }

    /// Returns an environment variable of programs.
    pub fn env(&self, name: impl AsRef<OsStr>) -> Option<OsString> {
        let value = self.environment.get(name.as_ref().as_bytes())?;
        Some(OsString::from_vec(value.to_vec()))
    }

    /// Sets an environment variable.
    ///
    /// # Errors
    /// Fails with `InvalidInput` if the name is invalid (POSIX, 8.1) or the value contains NUL.
    pub fn set_env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> io::Result<()> {
        let invalid = |error: InvalidVariable| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
        self.environment.set(name.as_ref().as_bytes(), value.as_ref().as_bytes()).map_err(invalid)
    }

    /// Removes an environment variable. Returns whether it was set.
    pub fn remove_env(&mut self, name: impl AsRef<OsStr>) -> bool {
        self.without_pwd |= name.as_ref() == "PWD";
        self.environment.remove(name.as_ref().as_bytes())
    }

    /// Removes all environment variables, including PWD, which otherwise names the working directory for programs.
    pub fn clear_env(&mut self) {
        self.environment = Environment::empty();
        self.without_pwd = true;
    }

    /// Returns its engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Returns a run of a script, to be configured and started by one of its verbs.
    pub fn run<'s>(&'s mut self, script: &'s Script) -> Run<'s> {
        Run::new(self, Work::Run(Cow::Borrowed(&script.program)))
    }

    /// Calls a function of the last script that ran in this session, with its current variables, and returns its
    /// value. Its input is empty, and it prints where this process does; for other streams use
    /// [`Session::run_function`].
    ///
    /// ```
    /// use pipewright::{FromValue, Script, Session, Value};
    ///
    /// let mut session = Session::new();
    /// let text = "let calls = 0; fn greet(name) { calls += 1; return \"hello $name\" }";
    /// session.run(&Script::parse("t", text)?).status()?;
    /// let value = session.call("greet", &[Value::from("you")])?;
    /// assert_eq!(<&str>::from_value(&value)?, "hello you");
    /// assert_eq!(session.get::<i64>("calls")?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails as [`Run::status`] does, or with [`super::ErrorKind::UnknownFunction`] if the script declares no
    /// function of this name outside its blocks, or did not run to its end.
    pub fn call(&mut self, function: &str, arguments: &[Value]) -> Result<Value, Error> {
        self.run_function(function, arguments).value()
    }

    /// Returns a call of a function of the last script that ran in this session, as a run to be configured: with a
    /// time limit, with streams, in the background. It has no inputs and no `args`.
    ///
    /// ```
    /// use pipewright::{Script, Session, Value};
    /// use std::time::Duration;
    ///
    /// let mut session = Session::new();
    /// session.run(&Script::parse("t", "fn count(word) { grep -c -- $word }")?).status()?;
    /// let call = session.run_function("count", &[Value::from("ab")]);
    /// let found = call.stdin("ab\nc\nab\n").timeout(Duration::from_secs(5)).read()?;
    /// assert_eq!(found, "2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_function(&mut self, function: &str, arguments: &[Value]) -> Run<'_> {
        Run::new(self, Work::Call(function.to_string(), arguments.to_vec()))
    }
}

/// The kernel returned the path, so it contains no NUL.
fn shared(path: PathBuf) -> Arc<CStr> {
    CString::new(path.into_os_string().into_vec()).unwrap_or_default().into()
}
