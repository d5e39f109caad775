//! The log of a loop (`log=`, `resume=`). It is opened before the first turn and gets a line for each turn that ends.

use super::TurnMark;
use super::crew::Finish;
use crate::check::program::SideBySide;
use crate::diag::{Code, code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::lang::items::Item;
use crate::eval::report::timer::Timer;
use crate::eval::report::unwind::{End, Error, Eval, StageOutcome, Unwind, page};
use crate::fleet::log::{DoneItems, Finished, Head, Item as LoggedItem, NoItem, RecordedEnd, Unusable};
use crate::process::Signal;
use crate::span::Span;
use crate::sys::log::{Claimed, LogFile};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::SystemTime;

/// The value of `log=` or `resume=`.
#[derive(Clone, Debug)]
pub struct LogOption {
    pub path: Vec<u8>,
    /// Whether an existing log is continued (`resume=`).
    pub resumes: bool,
    pub span: Span,
}

/// The log of a running loop. No other run can write to it until this is dropped.
pub struct TurnLog {
    file: Claimed,
    option: LogOption,
    /// The items to skip.
    done: Option<DoneItems>,
}

/// The end of a turn in the form in which the log stores it.
#[derive(Debug, Default)]
pub struct Ending {
    status: u8,
    /// The signal that ended the turn or one of its programs.
    signal: Option<String>,
    /// The code of the error. It is `break` if the turn left the loop, so that it leaves the loop again after `resume=`.
    code: Option<String>,
}

impl Ending {
    /// Returns the end of a turn. `asked` is the signal by which the loop asked the turn to end, if it did.
    pub fn of(result: Option<&Eval<Finish>>, lost: Option<&Error>, asked: Option<Signal>) -> Self {
        let failed = |error: &Error| Self {
            status: error.status,
            signal: signal_of(error),
            code: Some(error.diagnostic.code.to_string()),
        };
        let by = |signal: Signal| Self { signal: Some(signal.to_string()), ..Self::default() };
        match (lost, result) {
            (Some(error), _) => failed(error),
            (None, Some(Ok(Finish::Done(_)))) => Self::default(),
            (None, Some(Ok(Finish::Left))) => Self { code: Some("break".into()), ..Self::default() },
            (None, Some(Err(unwind))) => match (asked, unwind) {
                (Some(signal), _) => by(signal),
                (None, Unwind::Error(error)) => failed(error),
                (None, Unwind::Interrupted(signal)) => by(*signal),
                (None, Unwind::Exit(status)) => {
                    Self { status: *status, code: Some(code::TURN_LEFT.to_string()), ..Self::default() }
                }
                (None, Unwind::PipeClosed) => by(Signal::PIPE),
                (None, _) => by(Signal::TERM),
            },
            (None, None) => Self { status: 1, code: Some(code::INTERNAL.to_string()), ..Self::default() },
        }
    }

    /// Returns true if the turn has succeeded.
    pub fn is_success(&self) -> bool {
        self.status == 0 && self.signal.is_none() && self.code.as_deref().is_none_or(|code| code == "break")
    }
}

/// A turn of a loop with a log.
pub struct LoggedTurn {
    pub item: LoggedItem,
    pub start: SystemTime,
    /// The time and memory that the programs of the turn use.
    pub timer: Arc<Timer>,
    pub mark: Arc<TurnMark>,
}

impl TurnLog {
    /// Opens the log of a loop.
    pub fn open(run: &Interpreter, option: LogOption, looped: &SideBySide) -> Eval<Self> {
        let path = run.directory_path().join(std::ffi::OsStr::from_bytes(&option.path));
        let path = path.as_os_str().as_bytes();
        run.admit(&Effect::Write { path, append: option.resumes, bytes: 0 }, option.span)?;
        let failed = |why: &str| {
            let message = format!("can't open the log {}: {why}", quote_word(&option.path));
            run.log_error(&option, code::LOOP_LOG_FAILED, message, "")
        };
        let file = LogFile::open(path).map_err(|error| failed(&reason(&error)))?;
        if option.resumes && !file.is_regular {
            return Err(failed("it is not a regular file, so it can't be read again"));
        }
        let Some(file) = file.claim().map_err(|error| failed(&reason(&error)))? else {
            let message = format!("another run writes the log {}", quote_word(&option.path));
            let help = "wait for its end, or give this run its own log";
            return Err(run.log_error(&option, code::LOOP_LOG_IN_USE, message, help));
        };
        let name = run.module_path().map(|path| path.to_string_lossy().into_owned());
        let script = name.unwrap_or_else(|| run.source().name().to_owned());
        let variable = run.source().text().get(looped.names.range()).unwrap_or_default();
        let head = Head { script: &script, variable };
        let read = file.reader().map_err(Unusable::Unreadable).and_then(|log| DoneItems::read(log, &head));
        let mut log = Self { file, option, done: None };
        // A new log replaces the log of any loop, but no other file.
        let begins = match &read {
            Ok(done) => !log.option.resumes || done.length() == 0,
            Err(Unusable::OtherLoop { .. } | Unusable::Damaged(_)) => !log.option.resumes,
            Err(_) => false,
        };
        match read {
            _ if begins => {
                log.written(run, log.file.cut(0))?;
                log.written(run, log.file.append(&head.line()))?;
            }
            Ok(done) => {
                log.written(run, log.file.cut(done.length()))?;
                log.done = Some(done);
            }
            Err(unusable) => return Err(log.unusable(run, &unusable)),
        }
        Ok(log)
    }

    /// Returns the error for a file that this loop can't continue or replace.
    fn unusable(&self, run: &Interpreter, unusable: &Unusable) -> Unwind {
        let path = quote_word(&self.option.path);
        let (code, message, help) = match unusable {
            Unusable::NoLog => (
                code::LOOP_LOG_OF_OTHER,
                format!("{path} is not the log of a loop"),
                "its content would be lost: give the loop another path, or remove the file".to_owned(),
            ),
            Unusable::OtherLoop { script, variable } => (
                code::LOOP_LOG_OF_OTHER,
                format!("{path} is the log of another loop: of `{variable}` in {script}"),
                "give each loop its own log".to_owned(),
            ),
            Unusable::Damaged(line) => (
                code::LOOP_LOG_OF_OTHER,
                format!("line {line} of the log {path} is not the record of a turn"),
                format!("the turns after it would run again; remove the line: sed -i {line}d {path}"),
            ),
            Unusable::Unreadable(error) => (
                code::LOOP_LOG_FAILED,
                format!("can't read the log {path}: {}", reason(error)),
                String::new(),
            ),
        };
        run.log_error(&self.option, code, message, &help)
    }

    /// Returns an item in the form in which the log stores it.
    pub fn item(&self, run: &Interpreter, item: &Item) -> Eval<LoggedItem> {
        let logged = match item {
            Item::One(value) => LoggedItem::of(value),
            Item::Pair(key, value) => LoggedItem::of_pair(key, value),
        };
        let logged = logged.and_then(|logged| {
            // The item is a secret whose text was revealed.
            let is_masked =
                *run.shared.redactions().apply(logged.json().as_bytes()) != *logged.json().as_bytes();
            if is_masked { Err(NoItem::Secret) } else { Ok(logged) }
        });
        logged.map_err(|error| {
            let (message, help) = match error {
                NoItem::Secret => (
                    "the item of a turn contains a secret, which a log must not contain".to_owned(),
                    "iterate over names of the secrets, and look up each secret in the turn",
                ),
                NoItem::Type(found) => (
                    format!(
                        "the item of a turn is or holds {}, which can't be written to a log",
                        found.phrase()
                    ),
                    "iterate over strings, numbers, lists and maps",
                ),
            };
            run.log_error(&self.option, code::LOOP_LOG_ITEM, message, help)
        })
    }

    /// Returns true if an item is done, so that the loop skips it.
    pub fn passes_over(&mut self, item: &LoggedItem) -> bool {
        self.done.as_mut().is_some_and(|done| done.take(item))
    }

    /// Adds the line of a turn that has ended.
    pub fn ended(&self, run: &Interpreter, turn: &LoggedTurn, ending: &Ending) -> Eval<()> {
        let end = match &ending.signal {
            Some(signal) => RecordedEnd::Signal(signal),
            None => RecordedEnd::Status(ending.status),
        };
        let finished = Finished {
            item: &turn.item,
            number: turn.mark.number,
            start: turn.start,
            duration: turn.start.elapsed().unwrap_or_default(),
            tries: turn.mark.tries(),
            end,
            host: None,
            code: ending.code.as_deref(),
            cpu: turn.timer.processor_time(),
            memory: turn.timer.memory(),
        };
        self.written(run, self.file.append(&finished.line()))
    }

    fn written(&self, run: &Interpreter, written: io::Result<()>) -> Eval<()> {
        written.map_err(|error| {
            let message =
                format!("can't write the log {}: {}", quote_word(&self.option.path), reason(&error));
            let help = "turns that are not in the log run again with resume=";
            run.log_error(&self.option, code::LOOP_LOG_FAILED, message, help)
        })
    }
}

impl Interpreter {
    fn log_error(&self, option: &LogOption, code: Code, message: String, help: &str) -> Unwind {
        let mut page = page(code, self.source(), option.span, message, "this log");
        if !help.is_empty() {
            page = page.help(help);
        }
        let failed = code == code::LOOP_LOG_FAILED;
        self.fail(if failed { Error::command(page, 1) } else { Error::value(page) })
    }
}

/// Returns the signal that ended a stage of the failed pipeline.
fn signal_of(error: &Error) -> Option<String> {
    error.stages.iter().rev().find_map(|stage: &StageOutcome| match &stage.end {
        End::Signal(signal, _) => Some(signal.to_string()),
        _ => None,
    })
}
