//! One execution of a script.

use super::error::{Error, ErrorKind};
use super::io::{Input, Output};
use super::kept::Kept;
use super::perform::{Request, Work};
use super::{AuditLog, CancelToken, Captured, Report, Running, Session};
use crate::diag::{Diagnostic, code, similar, visible};
use crate::eval::RunOptions;
use crate::value::{IntoValue, MOST_BYTES, Value};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A run that has not begun, of a script or of one of its functions. Configure its input, output and limits, then call
/// one verb.
///
/// By default its input is empty, and it prints where this process does.
///
/// ```
/// use pipewright::{Script, Session};
/// use std::time::Duration;
///
/// let script = Script::builder("search").input("word").parse("grep -c -F -- $word")?;
/// let mut session = Session::new();
/// let found = session
///     .run(&script)
///     .arg("word", "-v")
///     .stdin("a -v\nb\n")
///     .timeout(Duration::from_secs(10))
///     .max_output(1024)
///     .read()?;
/// assert_eq!(found, "1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing runs before status(), capture(), read(), value() or start()"]
pub struct Run<'s> {
    session: &'s mut Session,
    work: Work<'s>,
    request: Request,
    max_output: usize,
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("max_output", &self.max_output).finish_non_exhaustive()
    }
}

impl<'s> Run<'s> {
    pub(super) fn new(session: &'s mut Session, work: Work<'s>) -> Self {
        Self { session, work, request: Request::default(), max_output: MOST_BYTES }
    }

    /// Gives an input a value for this run only. Values are data: they never become code. A run with an argument that is
    /// not an input of the script, or that does not fit, fails with [`ErrorKind::Input`].
    ///
    /// ```
    /// use pipewright::{Script, Session};
    /// use std::path::Path;
    ///
    /// let script = Script::builder("t").input("file").input("sizes").input("hosts").input("user").parse(
    ///     r#"echo $file $[sizes.sum()] $[hosts.len()] $[user == null]"#,
    /// )?;
    /// let mut session = Session::new();
    /// let run = session.run(&script).arg("file", Path::new("a b")).arg("sizes", [1_u64, 2]);
    /// assert_eq!(run.arg("hosts", &["web1", "web2"][..]).arg("user", None::<String>).read()?, "a b 3 2 true");
    ///
    /// let error = session.run(&script).arg("fiel", "a").read().unwrap_err();
    /// assert_eq!(error.to_string(), "the script has no input `fiel`");
    /// assert!(error.render(false, 80).contains("did you mean `file`?"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn arg(mut self, name: &str, value: impl IntoValue) -> Self {
        let inputs: &[_] = if let Work::Run(program) = &self.work { &program.inputs } else { &[] };
        let shown = || visible(name.as_bytes());
        match (inputs.iter().find(|(input, _)| **input == *name), value.into_value()) {
            (Some((_, slot)), Ok(value)) => self.request.arguments.push((*slot, value)),
            (Some(_), Err(error)) => {
                self.request.refuse(format!("the argument `{}` does not fit: {error}", shown()), None);
            }
            (None, _) => {
                let names = inputs.iter().map(|(input, _)| &**input);
                let similar = similar(name, names).map(|similar| format!("did you mean `{similar}`?"));
                self.request.refuse(format!("the script has no input `{}`", shown()), similar);
            }
        }
        self
    }

    /// Sets the script's `args`, which are also the words for its `main`.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let script = Script::parse("t", "echo $[args.len()]")?;
    /// let count = Session::new().run(&script).args(std::env::args_os().skip(1)).read()?;
    /// assert_eq!(count, (std::env::args_os().len() - 1).to_string());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.request.args.extend(args.into_iter().map(|arg| arg.as_ref().as_bytes().to_vec()));
        self
    }

    /// Sets an environment variable for this run only.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let script = Script::parse("t", "sh -c 'echo $GREETING'; pwd")?;
    /// let said = Session::new().run(&script).env("GREETING", "hello").cwd("/usr").read()?;
    /// assert_eq!(said, "hello\n/usr");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let variable = (name.as_ref().as_bytes().to_vec(), value.as_ref().as_bytes().to_vec());
        self.request.environment.push(variable);
        self
    }

    /// Sets the directory for this run only, relative to that of the session; see [`Run::env`].
    pub fn cwd(mut self, directory: impl AsRef<Path>) -> Self {
        self.request.directory = Some(directory.as_ref().to_path_buf());
        self
    }

    /// Sets its standard input.
    pub fn stdin(mut self, input: impl Into<Input>) -> Self {
        self.request.stdin = input.into();
        self
    }

    /// Sets its standard output.
    pub fn stdout(mut self, output: impl Into<Output>) -> Self {
        self.request.stdout = output.into();
        self
    }

    /// Sets its standard error.
    pub fn stderr(mut self, output: impl Into<Output>) -> Self {
        self.request.stderr = output.into();
        self
    }

    /// Limits its time. When the time has passed, its processes get SIGTERM, and SIGKILL after the grace
    /// ([`Run::grace`]). The run fails with [`ErrorKind::TimedOut`](super::ErrorKind::TimedOut), even while a process
    /// that it left behind holds a pipe, a deferred block runs, or a writer of the host blocks.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.request.timeout = Some(time);
        self
    }

    /// Sets how long programs have to end when the run is stopped by its time limit, a token, or the drop of its
    /// [`Running`]: 5 s by default. Deferred blocks, and then writers of the host, have as long again. The script can
    /// only shorten it (`with grace=`), so the call ends whatever the script does. In a program that belongs to the
    /// script ([`own_process`](super::EngineBuilder::own_process)), the script decides, unless this is set.
    ///
    /// ```
    /// use pipewright::{ErrorKind, Script, Session};
    /// use std::time::Duration;
    ///
    /// let stubborn = Script::parse("t", "with grace=1h { sh -c 'trap \"\" TERM; sleep 60 & wait; wait' }")?;
    /// let short = Duration::from_millis(50);
    /// let error = Session::new().run(&stubborn).timeout(short).grace(short).status().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TimedOut);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn grace(mut self, time: Duration) -> Self {
        self.request.grace = Some(time);
        self
    }

    /// Runs it within options of `with`, such as those of a sandbox, and within those of the engine.
    ///
    /// ```
    /// use pipewright::{RunOptions, Script, Session};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let inside = RunOptions::new([("write", vec![directory.path()])]);
    /// let script = Script::parse("t", "write(\"/tmp/other\", \"x\")")?;
    /// let error = Session::new().run(&script).options(inside).status().unwrap_err();
    /// assert_eq!(error.diagnostic().code.id(), "E2066");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn options(mut self, options: RunOptions) -> Self {
        self.request.options.push(options);
        self
    }

    /// Sets the token that cancels it.
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.request.cancel = token.0.clone();
        self
    }

    /// Records each of its actions before it is done. An action that can't be recorded is not done.
    pub fn audit(mut self, log: AuditLog) -> Self {
        self.request.audit = Some(log);
        self
    }

    /// Makes it a dry run, which only prints on its standard output what it would execute.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let script = Script::parse("t", "let dir = '/tmp/a b'; rm -rf $dir")?;
    /// assert_eq!(Session::new().run(&script).dry_run().read()?, "rm -rf '/tmp/a b'");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dry_run(mut self) -> Self {
        self.request.dry_run = true;
        self
    }

    /// Sets how many bytes of each stream [`Run::capture`] and [`Run::read`] may hold. More is an error.
    pub fn max_output(mut self, bytes: usize) -> Self {
        self.max_output = bytes;
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// Fails if a command failed, the time limit has passed, or the run was cancelled.
    pub fn status(self) -> Result<Report, Error> {
        self.request.perform(self.session, self.work).map(|done| done.report())
    }

    /// Runs it to its end and returns its result: the value that its `main` returned, or without a `main` the value of
    /// the call at its end (such as `total(xs)` or `xs.len()`), otherwise null. The value of `main` is then not a
    /// status. For a function, returns the value of the function.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let text = "fn main(name, count: int = 1) { return { name: name, sizes: [count, count * 2] } }";
    /// let script = Script::parse("t", text)?;
    /// let value = Session::new().run(&script).args(["disk", "--count", "4"]).value()?;
    /// assert_eq!(format!("{value:?}"), "{'name': 'disk', 'sizes': [4, 8]}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails as [`Run::status`] does, or if the script exits with a status other than 0.
    pub fn value(mut self) -> Result<Value, Error> {
        self.request.keep_result = true;
        let started = Instant::now();
        let done = self.request.perform(self.session, self.work)?;
        exited(done.status, started).map_or(Ok(done.value), Err)
    }

    /// Runs it in the background, on its own thread and in a copy of the session, so that this session is free. Its
    /// output goes to its streams.
    ///
    /// # Errors
    /// Fails with [`super::ErrorKind::Host`] when no thread or descriptor is left.
    pub fn start(self) -> Result<Running, Error> {
        Running::start(self.session.clone(), self.work, self.request, None)
    }

    /// Does the same, and keeps its output for [`Running::wait_output`].
    ///
    /// # Errors
    /// Fails as [`Run::start`] does.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let running = Session::new().run(&Script::parse("t", "echo out; echo err >&2; exit 3")?).start_captured()?;
    /// let captured = running.wait_output()?;
    /// assert_eq!((&*captured.stdout, &*captured.stderr), (&b"out\n"[..], &b"err\n"[..]));
    /// assert_eq!(captured.report.status(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_captured(mut self) -> Result<Running, Error> {
        let kept = self.keep(2);
        Running::start(self.session.clone(), self.work, self.request, Some(kept))
    }

    /// Runs it to its end and returns its output.
    ///
    /// # Errors
    /// Fails as [`Run::status`] does, or if the output is larger than [`Run::max_output`] allows. The error has the
    /// output up to the failure ([`Error::captured`]).
    pub fn capture(mut self) -> Result<Captured, Error> {
        let kept = self.keep(2);
        kept.of(self.status())
    }

    /// Runs it to its end and returns its output, whatever its status: a command of the script that failed is not an
    /// error.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let script = Script::parse("t", "echo out; sh -c 'exit 7'")?;
    /// let output = Session::new().run(&script).output()?;
    /// assert_eq!((&*output.stdout, output.report.status()), (&b"out\n"[..], 7));
    /// assert_eq!(output.failure.map(|error| error.to_string()).as_deref(), Some("t:1:11: `sh` exited with 7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails as [`Run::capture`] does, except with [`super::ErrorKind::Script`].
    pub fn output(mut self) -> Result<Captured, Error> {
        let kept = self.keep(2);
        kept.of_any(self.status())
    }

    /// Runs it to its end and returns its standard output as text without the final line ends, as `$(…)` does.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let read = |text: &str| Session::new().run(&Script::parse("t", text).unwrap()).read();
    /// assert_eq!(read("echo a")?, "a");
    /// assert_eq!(read("echo a; exit 3").unwrap_err().exit_code(), 3);
    /// assert!(read("printf '\\377'").unwrap_err().to_string().contains("UTF-8"));
    /// # Ok::<(), pipewright::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails as [`Run::capture`] does, if the script exits with a status other than 0, or if the text is not UTF-8.
    pub fn read(self) -> Result<String, Error> {
        let started = Instant::now();
        let captured = self.read_bytes()?;
        String::from_utf8(captured.stdout).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let message = format!("the output is not UTF-8: its byte {at} is 0x{:02x}", error.as_bytes()[at]);
            let page = Diagnostic::new(code::NOT_UTF8, message);
            let page = page.help("take the bytes by Run::capture, or replace them by Run::read_lossy");
            let mut failed = Error::new(ErrorKind::Script, page, captured.report.status(), started);
            let stdout = error.into_bytes();
            failed.0.captured =
                Some(Captured { stdout, stderr: Vec::new(), report: captured.report, failure: None });
            failed
        })
    }

    /// Does the same, with U+FFFD for bytes that are not UTF-8.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let script = Script::parse("t", "printf 'caf\\351'")?;
    /// assert_eq!(Session::new().run(&script).read_lossy()?, "caf\u{fffd}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails as [`Run::read`] does, except for bytes that are not UTF-8.
    pub fn read_lossy(self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.read_bytes()?.stdout).into_owned())
    }

    /// Runs it and returns its standard output without the final line ends.
    fn read_bytes(mut self) -> Result<Captured, Error> {
        let started = Instant::now();
        let kept = self.keep(1);
        let mut captured = kept.of(self.status())?;
        if let Some(mut error) = exited(captured.report.status(), started) {
            error.0.captured = Some(captured);
            return Err(error);
        }
        let end = captured.stdout.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        captured.stdout.truncate(end);
        Ok(captured)
    }

    /// Keeps the first `count` streams in memory: standard output, or both.
    fn keep(&mut self, count: usize) -> Kept {
        let kept = Kept::default();
        self.request.stdout = kept.writer(0, self.max_output);
        if count > 1 {
            self.request.stderr = kept.writer(1, self.max_output);
        }
        self.request.kept = [true, count > 1];
        kept
    }
}

/// Returns the error of a script that exited, where a text or value is expected.
fn exited(status: u8, started: Instant) -> Option<Error> {
    let message = format!("the script exited with {status}");
    let page = Diagnostic::new(code::EXITED, message);
    (status != 0).then(|| Error::new(ErrorKind::Script, page, status, started))
}
