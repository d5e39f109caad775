//! One execution of a script.

use super::error::Error;
use super::io::{Input, Output};
use super::perform::{Request, Work};
use super::{AuditLog, CancelToken, Captured, Report, Running, Session};
use crate::value::{MOST_BYTES, Value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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

impl<'s> Run<'s> {
    pub(super) fn new(session: &'s mut Session, work: Work<'s>) -> Self {
        Self { session, work, request: Request::default(), max_output: MOST_BYTES }
    }

    /// Gives an input a value for this run only. Values are data: they never become code.
    #[inline]
    pub fn arg(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Work::Run(program) = &self.work
            && let Some((_, slot)) = program.inputs.iter().find(|(input, _)| **input == *name)
        {
            self.request.arguments.push((*slot, value.into()));
        }
        self
    }

    /// Sets the script's `args`, which are also the words for its `main`.
    pub fn args<A: AsRef<[u8]>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.request.args.extend(args.into_iter().map(|arg| arg.as_ref().to_vec()));
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
    /// Fails as [`Run::status`] does.
    pub fn value(mut self) -> Result<Value, Error> {
        self.request.keep_result = true;
        self.request.perform(self.session, self.work).map(|done| done.value)
    }

    /// Runs it in the background, on its own thread and in a copy of the session, so that this session is free. Its
    /// output goes to its streams.
    ///
    /// # Errors
    /// Fails with [`super::ErrorKind::Host`] when no thread or descriptor is left.
    pub fn start(self) -> Result<Running, Error> {
        Running::start(self.session.clone(), self.work, self.request)
    }

    /// Runs it to its end and returns its output.
    ///
    /// # Errors
    /// Fails as [`Run::status`] does, or if the output is larger than [`Run::max_output`] allows.
    pub fn capture(mut self) -> Result<Captured, Error> {
        let streams: [Arc<Mutex<Vec<u8>>>; 2] = Default::default();
        let max = self.max_output;
        let into =
            |stream: &Arc<Mutex<Vec<u8>>>| Output::Writer(Box::new(Bounded { bytes: stream.clone(), max }));
        self.request.stdout = into(&streams[0]);
        self.request.stderr = into(&streams[1]);
        self.request.kept = [true; 2];
        let report = self.status()?;
        let [stdout, stderr] =
            streams.map(|stream| std::mem::take(&mut *stream.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(Captured { stdout, stderr, report })
    }

    /// Runs it to its end and returns its standard output as text without the final line ends, as `$(…)` does. Bytes
    /// that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// Fails as [`Run::capture`] does.
    pub fn read(mut self) -> Result<String, Error> {
        let stream: Arc<Mutex<Vec<u8>>> = Arc::default();
        self.request.stdout =
            Output::Writer(Box::new(Bounded { bytes: stream.clone(), max: self.max_output }));
        self.request.kept[0] = true;
        self.status()?;
        let bytes = std::mem::take(&mut *stream.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_string())
    }
}

/// A captured stream with a size limit.
struct Bounded {
    bytes: Arc<Mutex<Vec<u8>>>,
    max: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.len() + part.len() > self.max {
            return Err(std::io::Error::other(format!("more than {} bytes were printed", self.max)));
        }
        bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
