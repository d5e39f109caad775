//! One go of a script.

use super::error::Error;
use super::io::{Input, Output};
use super::perform::{Request, Work};
use super::{AuditLog, CancelToken, Captured, Report, Running, Session};
use crate::value::{MOST_BYTES, Value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A run that is yet to begin, of a script or of one of its functions: what it reads, where it writes, how long it may
/// take; then one verb.
///
/// Unless told otherwise it reads nothing and prints where this process does.
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

    /// Gives an input a value for this run only. Values are data: nothing in one is ever code.
    #[inline]
    pub fn arg(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Work::Run(program) = &self.work
            && let Some((_, slot)) = program.inputs.iter().find(|(input, _)| **input == *name)
        {
            self.request.arguments.push((*slot, value.into()));
        }
        self
    }

    /// The script's `args`, and the words that its `main` is called with.
    pub fn args<A: AsRef<[u8]>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.request.args.extend(args.into_iter().map(|arg| arg.as_ref().to_vec()));
        self
    }

    /// What it reads.
    pub fn stdin(mut self, input: impl Into<Input>) -> Self {
        self.request.stdin = input.into();
        self
    }

    /// Where its standard output goes.
    pub fn stdout(mut self, output: impl Into<Output>) -> Self {
        self.request.stdout = output.into();
        self
    }

    /// Where its standard error goes.
    pub fn stderr(mut self, output: impl Into<Output>) -> Self {
        self.request.stderr = output.into();
        self
    }

    /// How long it may take. Then its processes get SIGTERM, and SIGKILL after 5 s, or the grace that the script gives;
    /// the run fails with [`ErrorKind::TimedOut`](super::ErrorKind::TimedOut), also while a process that it left behind holds a pipe.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.request.timeout = Some(time);
        self
    }

    /// What stops it from elsewhere.
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.request.cancel = token.0.clone();
        self
    }

    /// Has everything that it does recorded, before that is done: what can't be recorded is not done.
    pub fn audit(mut self, log: AuditLog) -> Self {
        self.request.audit = Some(log);
        self
    }

    /// Does nothing but print on its standard output what it would execute.
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

    /// How many bytes [`Run::capture`] and [`Run::read`] hold of each stream; what is more is an error.
    pub fn max_output(mut self, bytes: usize) -> Self {
        self.max_output = bytes;
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// [`Error`]: a command failed, time was up, it was cancelled.
    pub fn status(self) -> Result<Report, Error> {
        self.request.perform(self.session, self.work).map(|done| done.report())
    }

    /// Runs it to its end and gives its result: what its `main` returned, or without a `main` the value of the call
    /// that it ends with (as `total(xs)`, `xs.len()`); else null. What `main` returns is no status then. Of a function
    /// it is what that returned.
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
    /// As of [`Run::status`].
    pub fn value(mut self) -> Result<Value, Error> {
        self.request.keep_result = true;
        self.request.perform(self.session, self.work).map(|done| done.value)
    }

    /// Runs it in the background, on a thread of its own and in a copy of the session, so that this one is free. What it
    /// prints goes to its outputs.
    ///
    /// # Errors
    /// [`super::ErrorKind::Host`] when no thread or descriptor is left.
    pub fn start(self) -> Result<Running, Error> {
        Running::start(self.session.clone(), self.work, self.request)
    }

    /// Runs it to its end and gives what it has printed.
    ///
    /// # Errors
    /// As of [`Run::status`]; more was printed than [`Run::max_output`] allows.
    pub fn capture(mut self) -> Result<Captured, Error> {
        let streams: [Arc<Mutex<Vec<u8>>>; 2] = Default::default();
        let max = self.max_output;
        let into =
            |stream: &Arc<Mutex<Vec<u8>>>| Output::Writer(Box::new(Bounded { bytes: stream.clone(), max }));
        self.request.stdout = into(&streams[0]);
        self.request.stderr = into(&streams[1]);
        let report = self.status()?;
        let [stdout, stderr] =
            streams.map(|stream| std::mem::take(&mut *stream.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(Captured { stdout, stderr, report })
    }

    /// Runs it to its end and gives its standard output as text, less its last line ends, as `$(…)` does. Bytes that
    /// are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// As of [`Run::capture`].
    pub fn read(mut self) -> Result<String, Error> {
        let stream: Arc<Mutex<Vec<u8>>> = Arc::default();
        self.request.stdout =
            Output::Writer(Box::new(Bounded { bytes: stream.clone(), max: self.max_output }));
        self.status()?;
        let bytes = std::mem::take(&mut *stream.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_string())
    }
}

/// A stream that is kept, up to a limit.
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
