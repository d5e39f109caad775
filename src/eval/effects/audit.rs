//! `--audit`: a line of JSON for each action of a run on the outside world, written before the action is done.
//!
//! An action that can't be recorded is not done. Each line is one write(2) to a descriptor that only appends, under a
//! lock, so that several runs may share a log. Each line contains the digest of the line before it, of whatever run, so
//! that no line and no run can be changed or removed without trace.

mod chain;
mod record;
mod sha256;
mod verify;

pub use record::Entry;
pub use verify::{Fault, Summary};

use crate::check::program::ARGS;
use crate::diag::{Diagnostic, MASK, code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::process::{Environment, StageEnd, StageReport};
use crate::span::Span;
use crate::sys::log::LogFile;
use crate::value::format::to_word;
use crate::value::json_text::Text;
use crate::value::{List, Value};
use chain::Chain;
pub use record::Redirected;
use record::{Ended, Record, Variables};
use std::borrow::Cow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// A log of the actions of runs: see [`Run::audit`](crate::Run::audit). Each record contains a hash of the one before it, so
/// that a change of the log is found later.
///
/// ```
/// use pipewright::{AuditLog, Script, Session};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("log");
/// let log = AuditLog::open(&path)?;
/// Session::new().run(&Script::parse("t", "sort < /dev/null")?).audit(log).status()?;
///
/// let mut bytes = std::fs::read(&path)?;
/// let summary = AuditLog::verify(&bytes)?;
/// assert_eq!((summary.runs, summary.unfinished.len()), (1, 0));
/// bytes.reverse();
/// assert!(AuditLog::verify(&bytes).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Log {
    file: LogFile,
    run: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The number of the next record of this run.
    seq: u64,
    chain: Chain,
    /// The reason why the log can no longer be written: a gap would look like a change.
    broken: Option<String>,
}

impl Log {
    /// Opens the log, or creates it with access for its owner only.
    ///
    /// # Errors
    /// Fails with the error page.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Box<Diagnostic>> {
        let path = path.as_ref().as_os_str().as_encoded_bytes();
        let file = LogFile::open(path).map_err(|error| {
            let message = format!("can't open the audit log {}: {}", quote_word(path), reason(&error));
            Diagnostic::new(code::AUDIT_FAILED, message).help("nothing runs that can't be recorded")
        })?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let mut run = sha256::hex(format!("{} {now}", std::process::id()).as_bytes());
        run.truncate(16);
        let state = State { seq: 0, chain: Chain::new(), broken: None };
        Ok(Self { file, run, state: Mutex::new(state) })
    }

    /// Checks the bytes of a log: that no record was changed, inserted or removed.
    ///
    /// # Errors
    /// Fails with the first line that does not match the line before it.
    pub fn verify(log: &[u8]) -> Result<Summary, Fault> {
        verify::verify(log)
    }

    /// Appends a record. Returns its number, or the reason of a failure.
    fn append(&self, entry: &Entry<'_>, turn: Option<u64>) -> Result<u64, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        if let Some(reason) = &state.broken {
            return Err(reason.clone());
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let seq = state.seq;
        let appended = state.chain.append(&self.file, |line, prev| {
            let record = Record { run: &self.run, seq, line, prev, time, turn, entry };
            serde_json::to_vec(&record).map_err(|error| error.to_string())
        });
        match appended {
            Ok(()) => {
                state.seq += 1;
                Ok(seq)
            }
            Err(reason) => {
                state.broken = Some(reason.clone());
                Err(reason)
            }
        }
    }
}

impl Interpreter {
    /// Records an action that is about to be done, if it has a record. Returns the number of the record, if there is a
    /// log.
    pub(super) fn audit<'a>(
        &'a self,
        span: Span,
        entry: impl FnOnce(String) -> Option<Entry<'a>>,
    ) -> Eval<Option<u64>> {
        let Some(log) = &self.shared.audit else { return Ok(None) };
        let Some(entry) = entry(self.source().position(span.start as usize)) else { return Ok(None) };
        log.append(&entry, self.turn_number()).map(Some).map_err(|reason| {
            let message = format!("the audit log can't be written: {reason}");
            let error = page(code::AUDIT_FAILED, self.source(), span, message, "was not done");
            Error::refused(error.help("nothing is done that can't be recorded"), 126).into()
        })
    }

    /// Records an event that has happened. If that fails, the next action is not done.
    fn audit_after(&self, entry: &Entry<'_>) {
        if let Some(log) = &self.shared.audit {
            let _ = log.append(entry, self.turn_number());
        }
    }

    /// Returns bytes in the form of a record.
    pub(super) fn text<'a>(&self, bytes: &'a [u8]) -> Text<'a> {
        Text(self.shared.redactions().apply(bytes))
    }

    fn copied(&self, bytes: &[u8]) -> Text<'static> {
        Text(self.text(bytes).0.into_owned().into())
    }

    pub(in crate::eval) fn audit_begin(&self) -> Eval<()> {
        let args = match self.modules.get(ARGS.place()) {
            Some(Value::List(args)) => args.clone(),
            _ => List::default(),
        };
        let begin = || Entry::Begin {
            script: self.text(self.source().name().as_bytes()),
            args: args.iter().filter_map(|arg| Some(self.copied(&to_word(arg).ok()?))).collect(),
            pid: std::process::id(),
            user: crate::sys::access::effective_user().0,
            directory: self.recorded_directory(),
        };
        self.audit(Span::default(), |_| Some(begin())).map(drop)
    }

    /// Records the end of the run. If that fails, the run fails.
    pub(in crate::eval) fn audit_finish(&self, ran: Eval<()>) -> Eval<()> {
        if self.shared.audit.is_none() {
            return ran;
        }
        let status = match &ran {
            Ok(()) => 0,
            Err(Unwind::Exit(status)) => *status,
            Err(Unwind::Error(error)) => error.status,
            Err(Unwind::Interrupted(signal)) => 128_u8.saturating_add(signal.number().unsigned_abs() as u8),
            Err(Unwind::PipeClosed) => 141,
            Err(Unwind::TimedOut(_)) => 124,
            Err(_) => 0,
        };
        let recorded = self.audit(Span::default(), |_| Some(Entry::Finish { status }));
        // The earlier failure is more informative.
        if ran.is_ok() { recorded.map(drop) } else { ran }
    }

    pub(in crate::eval) fn audit_failed(&self, exec: Option<u64>, reason: &Unwind) {
        let (Some(exec), Unwind::Error(error)) = (exec, reason) else { return };
        let reason = self.text(error.diagnostic.message.as_bytes());
        self.audit_after(&Entry::Failed { exec, reason });
    }

    pub(in crate::eval) fn audit_end(&self, exec: Option<u64>, report: &StageReport) {
        let Some(exec) = exec else { return };
        let (status, signal) = match report.end {
            StageEnd::Exit(status) => (Some(status), None),
            StageEnd::Signal { signal, .. } => (None, Some(signal.to_string())),
            StageEnd::PipeClosed => (None, Some("SIGPIPE".to_string())),
            StageEnd::NotStarted | StageEnd::Abandoned => (None, None),
        };
        let end = Ended {
            pid: report.pid,
            status,
            signal,
            wall: report.wall.as_secs_f64(),
            user: report.user.as_secs_f64(),
            system: report.system.as_secs_f64(),
            memory: report.max_rss,
        };
        self.audit_after(&Entry::End { exec, end });
    }

    pub(super) fn recorded_directory(&self) -> Text<'static> {
        let directory = self.working_directory(Span::default()).unwrap_or_default();
        self.copied(&directory)
    }

    /// Returns the variables of an environment that this process has not inherited, and the inherited ones that it
    /// lacks.
    pub(super) fn changed(&self, environment: &Environment) -> Variables<'static> {
        let inherited = self.shared.inherited();
        let name = |name: &[u8]| Cow::Owned(String::from_utf8_lossy(name).into_owned());
        let set = environment.iter().filter(|(name, value)| inherited.get(name) != Some(value));
        let set = set.map(|(key, value)| {
            let shown = if environment.is_secret(key) { MASK.as_bytes() } else { value };
            (name(key), Some(self.copied(shown)))
        });
        let removed = inherited.iter().filter(|(name, _)| environment.get(name).is_none());
        Variables(set.chain(removed.map(|(key, _)| (name(key), None))).collect())
    }
}
