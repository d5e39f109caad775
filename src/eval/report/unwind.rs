//! Non-local exits, and the failure of a pipeline before it becomes an error page.

use crate::diag::{Code, Diagnostic, Source, code, quote_argv, quote_word, visible};
use crate::eval::scope::settings::TimeLimit;
use crate::policy::{Denial, OwnedRequest};
use crate::process::{Signal, StageEnd, StageReport};
use crate::span::Span;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// The result of an evaluation.
pub type Eval<T> = Result<T, Unwind>;

/// The status of a program that died of writing to a pipe without a reader.
pub const SIGPIPE_STATUS: u8 = 141;

/// A non-local exit: error, `break`, `return`, signal, time-out.
#[derive(Debug)]
pub enum Unwind {
    Error(Box<Error>),
    /// `exit`
    Exit(u8),
    Break,
    Continue,
    /// `return`; the interpreter holds the value.
    Return,
    /// A signal asked the run or the job to end.
    Interrupted(Signal),
    /// The time limit of a block has passed. Only the `with` that set the limit catches it: a `try` in a loop would
    /// run forever.
    TimedOut(Box<TimedOut>),
    /// A limit of the run was reached, and the budget has the error page. The script can't catch it.
    Exhausted,
    /// Standard output has no reader left. Where a program would die of SIGPIPE, a builtin ends its stage.
    PipeClosed,
}

/// A time limit that has passed.
#[derive(Debug)]
pub struct TimedOut {
    pub limit: Arc<TimeLimit>,
    /// The command that was awaited.
    pub running: Option<(Arc<Source>, Span)>,
}

impl TimedOut {
    pub fn of(limit: &Arc<TimeLimit>, running: Option<(Arc<Source>, Span)>) -> Box<Self> {
        Box::new(Self { limit: limit.clone(), running })
    }

    /// Adds the command that was running, unless it is already known.
    pub fn in_command(mut self: Box<Self>, source: &Arc<Source>, span: Span) -> Box<Self> {
        self.running.get_or_insert_with(|| (source.clone(), span));
        self
    }
}

impl Unwind {
    /// Adds help, if there is any.
    pub fn helped(mut self, help: Option<&str>) -> Self {
        if let Self::Error(error) = &mut self {
            error.diagnostic.help.extend(help.map(str::to_string));
        }
        self
    }

    /// Marks it as an error that is not the failure of a command.
    pub fn not_absorbed(mut self) -> Self {
        if let Self::Error(error) = &mut self {
            error.is_failure = false;
        }
        self
    }
}

/// An error that reached the script.
#[derive(Debug)]
pub struct Error {
    pub diagnostic: Diagnostic,
    /// The exit status of a script that it stops.
    pub status: u8,
    /// Whether `||` and `!` may treat it as the failure of a command, as in sh. An error of the language (a pattern
    /// without a match, an option that a builtin lacks) is not one: if absorbed, it would be silent.
    pub is_failure: bool,
    /// Whether it has been printed on the redirected standard error of the stage, as a program would have done.
    pub told: bool,
    /// The calls that it passed through, innermost first.
    pub trace: Vec<Call>,
    /// How the stages of the failed pipeline ended.
    pub stages: Vec<StageOutcome>,
    /// The policy's refusal, and the request.
    pub denial: Option<Box<(Denial, OwnedRequest)>>,
}

/// A call of a function that an error passed through.
#[derive(Clone, Debug)]
pub struct Call {
    pub function: Box<str>,
    pub source: Arc<Source>,
    pub span: Span,
}

impl Call {
    /// Returns its place: `FILE:LINE:COL`.
    pub fn position(&self) -> String {
        self.source.position(self.span.start as usize)
    }
}

/// How many calls an error remembers.
pub const TRACE: usize = 16;

impl Error {
    /// Creates the error of a command that failed, or couldn't be started.
    #[cold]
    pub fn command(diagnostic: Diagnostic, status: u8) -> Self {
        let (trace, stages, denial) = (Vec::new(), Vec::new(), None);
        Self { diagnostic, status, is_failure: true, told: false, trace, stages, denial }
    }

    /// Creates an error that `||` does not absorb, with the status of a script that it stops.
    #[cold]
    pub fn refused(diagnostic: Diagnostic, status: u8) -> Self {
        Self { is_failure: false, ..Self::command(diagnostic, status) }
    }

    /// Returns whether a condition treats it as false: a command that exited with 1, alone or at the end of a
    /// function. A command that couldn't be started or a file that can't be opened is not an answer.
    fn is_false(&self) -> bool {
        let of_function = self.is_failure && self.status == 1 && !self.trace.is_empty();
        self.diagnostic.code == code::NEGATED || of_function
    }

    /// Creates the error of a wrong value, a limit or a bug, which is not the failure of a command.
    #[cold]
    pub fn value(diagnostic: Diagnostic) -> Self {
        Self::refused(diagnostic, 1)
    }
}

impl Error {
    /// Returns the statuses of the stages of the failed pipeline, or that of the error.
    pub fn statuses(&self) -> Vec<u8> {
        if self.stages.is_empty() {
            return vec![self.status];
        }
        self.stages.iter().map(StageOutcome::status).collect()
    }

    /// Returns the page to show, with the calls that the error passed through.
    pub fn into_page(self) -> Diagnostic {
        let page = self.diagnostic;
        let mut notes: Vec<String> = Vec::new();
        for call in &self.trace {
            let note = format!("in `{}`, called at {}", call.function, call.position());
            // A recursion is shown as one line.
            if notes.last() != Some(&note) {
                notes.push(note);
            }
        }
        if notes.len() > SHOWN_CALLS {
            notes.truncate(SHOWN_CALLS);
            notes.push("… and so on".to_string());
        }
        notes.into_iter().fold(page, Diagnostic::note)
    }
}

/// How many calls a page shows.
const SHOWN_CALLS: usize = 8;

impl From<Error> for Unwind {
    fn from(error: Error) -> Self {
        Self::Error(Box::new(error))
    }
}

/// How a pipeline failed. It becomes a page only if it is shown, since conditions fail all the time.
#[derive(Debug)]
pub enum Failure {
    /// Stages ended with a status other than 0, or by a signal.
    Stages(Vec<StageOutcome>),
    Error(Box<Error>),
}

/// One stage of a pipeline that ran.
#[derive(Debug)]
pub struct StageOutcome {
    pub span: Span,
    pub argv: Vec<Vec<u8>>,
    pub end: End,
    pub began: SystemTime,
    pub wall: Duration,
    /// The process of a stage that had one.
    pub process: Option<ProcessUse>,
}

/// The resources that a process used.
#[derive(Clone, Copy, Debug)]
pub struct ProcessUse {
    pub pid: Option<i32>,
    pub user: Duration,
    pub system: Duration,
    /// Its peak memory, in bytes.
    pub memory: u64,
    /// Its position in the order in which the pipeline's processes ended, from 0.
    pub order: Option<usize>,
}

/// How a stage ended.
#[derive(Debug)]
pub enum End {
    Status(u8),
    Signal(Signal, bool),
    /// Its reader had finished.
    PipeClosed,
    /// A bool that was used as a command: its status is 1.
    False,
    /// A status that `with ok=` accepts.
    Accepted(u8),
    /// A stage in the interpreter raised this.
    Error(Box<Error>),
    TimedOut(Box<TimedOut>),
    Unknown,
}

impl StageOutcome {
    /// Fails if the error of one of the stages is not the failure of a command.
    pub fn unwind(outcomes: &mut Vec<Self>) -> Eval<()> {
        let is_value = |outcome: &Self| matches!(&outcome.end, End::Error(error) if !error.is_failure);
        match outcomes.iter().position(is_value).map(|place| outcomes.swap_remove(place).end) {
            Some(End::Error(error)) => Err(Unwind::Error(error)),
            _ => Ok(()),
        }
    }

    pub fn of(report: StageReport, span: Span) -> Self {
        let end = match report.end {
            StageEnd::Exit(status) => End::Status(status),
            StageEnd::Signal { signal, core } => End::Signal(signal, core),
            StageEnd::PipeClosed => End::PipeClosed,
            StageEnd::NotStarted | StageEnd::Abandoned => End::Unknown,
        };
        let process = ProcessUse {
            pid: report.pid,
            user: report.user,
            system: report.system,
            memory: report.max_rss,
            order: report.end_order,
        };
        Self { span, argv: report.argv, end, began: report.began, wall: report.wall, process: Some(process) }
    }

    /// Returns the outcome of a stage that ran in the interpreter and has just ended.
    pub fn inner(span: Span, argv: Vec<Vec<u8>>, started: Instant, end: End) -> Self {
        let wall = started.elapsed();
        let began = SystemTime::now().checked_sub(wall).unwrap_or(SystemTime::UNIX_EPOCH);
        Self { span, argv, end, began, wall, process: None }
    }

    fn order(&self) -> Option<usize> {
        self.process.and_then(|process| process.order)
    }

    pub const fn failed(&self) -> bool {
        !matches!(self.end, End::Status(0) | End::Accepted(_) | End::PipeClosed)
    }

    pub fn status(&self) -> u8 {
        match &self.end {
            End::Status(status) | End::Accepted(status) => *status,
            End::Signal(signal, _) => 128_u8.saturating_add(signal.number().unsigned_abs() as u8),
            End::PipeClosed => 0,
            End::False => 1,
            End::Error(error) => error.status,
            End::TimedOut(_) => 124,
            End::Unknown => 255,
        }
    }

    fn describe(&self) -> String {
        match &self.end {
            End::Status(0) | End::Accepted(0) => "succeeded".into(),
            End::Status(status) | End::Accepted(status) => format!("exited with {status}"),
            End::False => "is false".into(),
            End::Signal(signal, _) if *signal == Signal::XCPU => {
                "was ended by SIGXCPU: its processor time is used up".into()
            }
            End::Signal(signal, _) if *signal == Signal::XFSZ => {
                "was ended by SIGXFSZ: its file became too large".into()
            }
            End::Signal(signal, core) => {
                let dumped = if *core { ", core dumped" } else { "" };
                format!("was ended by {signal}{dumped}")
            }
            End::PipeClosed => "ended as its reader had enough".into(),
            End::Error(error) => format!("failed: {}", error.diagnostic.message),
            End::TimedOut(_) => "had no more time".into(),
            End::Unknown => "did not end".into(),
        }
    }
}

impl Failure {
    /// Returns the status of the last stage that failed, as under `pipefail`.
    pub fn status(&self) -> u8 {
        match self {
            Self::Error(error) => error.status,
            Self::Stages(stages) => {
                stages.iter().rev().find(|stage| stage.failed()).map_or(0, StageOutcome::status)
            }
        }
    }

    /// Returns whether the failure is only a status that a condition treats as false.
    pub fn is_false(&self) -> bool {
        match self {
            Self::Error(error) => error.is_false(),
            Self::Stages(stages) => stages.iter().all(|stage| match &stage.end {
                End::Status(1) | End::False => true,
                End::Error(error) => error.is_false(),
                _ => !stage.failed(),
            }),
        }
    }

    /// Returns the error page of the failure.
    pub fn into_error(self, source: &Arc<Source>) -> Box<Error> {
        let status = self.status();
        let mut stages = match self {
            Self::Error(error) => return error,
            Self::Stages(stages) => stages,
        };
        let Some(failed) = stages.iter().rposition(StageOutcome::failed) else {
            return Box::new(Error::value(Diagnostic::new(
                code::INTERNAL,
                "a pipeline failed without a stage that did",
            )));
        };
        if stages.len() == 1
            && let Some(StageOutcome { end: End::Error(error), .. }) =
                stages.pop_if(|stage| matches!(stage.end, End::Error(_)))
        {
            return error;
        }
        let stage = &stages[failed];
        let trace = match &stage.end {
            End::Error(error) => error.trace.clone(),
            _ => Vec::new(),
        };
        let mut page = match &stage.end {
            // The failure inside a block is more informative than that of the block.
            End::Error(error) => error.diagnostic.clone().also_at(source, stage.span, "in this stage"),
            End::False => {
                let written = source.text().get(stage.span.range()).unwrap_or_default();
                Diagnostic::new(code::COMMAND_FAILED, format!("`{}` is false", visible(written.as_bytes())))
                    .at(source, stage.span, "false")
                    .help(format!("a command that may be false is a condition: if {written} {{ … }}"))
            }
            _ => {
                // Only a list in parentheses has a status and no words.
                let unnamed = if stages.len() > 1 { "this stage" } else { "the list" };
                let name = stage
                    .argv
                    .first()
                    .map_or_else(|| unnamed.to_string(), |name| format!("`{}`", quote_word(name)));
                Diagnostic::new(code::COMMAND_FAILED, format!("{name} {}", stage.describe())).at(
                    source,
                    stage.span,
                    stage.describe(),
                )
            }
        };
        for other in stages.iter().take(failed).filter(|stage| stage.failed()) {
            page = page.also_at(source, other.span, other.describe());
        }
        if stages.len() > 1 {
            for (index, stage) in stages.iter().enumerate() {
                let text = if stage.argv.is_empty() {
                    "block".to_string()
                } else {
                    shorten(quote_argv(&stage.argv))
                };
                let millis = stage.wall.as_millis();
                page =
                    page.note(format!("stage {}: {text}: {} after {millis} ms", index + 1, stage.describe()));
            }
            if let Some(note) = early_reader(&stages, failed) {
                page = page.note(note);
            }
        } else if !matches!(stages[failed].end, End::False)
            && let Some(command) = with_values(&stages[failed], source)
        {
            page = page.note(format!("with its values: {}", shorten(command)));
        }
        Box::new(Error { trace, stages, ..Error::command(page, status) })
    }
}

/// Returns a note about a writer that exits with its own status when its reader has ended, as Python does. Such an
/// exit looks like a failure of the writer.
fn early_reader(stages: &[StageOutcome], failed: usize) -> Option<String> {
    /// The time by which ends may seem to be out of order. A process closes its files a moment before its end is
    /// seen. In `grep x | wc -l`, wc may therefore seem to end first.
    const MOMENT: Duration = Duration::from_millis(5);
    let (reader, writer) = (stages.get(failed + 1)?, &stages[failed]);
    let ended = |stage: &StageOutcome| stage.began.checked_add(stage.wall);
    let between = ended(writer)?.duration_since(ended(reader)?).unwrap_or_default();
    let earlier = reader.order()? < writer.order()? && between >= MOMENT;
    let status = matches!(writer.end, End::Status(_));
    (earlier && status).then(|| {
        format!("stage {} ended before stage {} and may have closed its output", failed + 2, failed + 1)
    })
}

/// Returns the command as it ran, if its source text does not show the values.
fn with_values(stage: &StageOutcome, source: &Source) -> Option<String> {
    let written = source.text().get(stage.span.range())?;
    let is_dynamic = written.contains(['$', '*', '?', '[', '~', '{']) || written.contains("...");
    let command = quote_argv(&stage.argv);
    (is_dynamic && !command.is_empty() && command != written).then_some(command)
}

fn shorten(mut text: String) -> String {
    if text.len() > 120 {
        let end = (0..=117).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// Returns a page with one place.
#[cold]
pub fn page(
    code: Code,
    source: &Arc<Source>,
    span: Span,
    message: impl Into<String>,
    label: &str,
) -> Diagnostic {
    Diagnostic::new(code, message).at(source, span, label)
}

/// Returns the status with which it ended.
pub fn status_of<T>(result: &Eval<T>) -> u8 {
    match result {
        Ok(_) => 0,
        Err(Unwind::Exit(status)) => *status,
        Err(Unwind::Error(error)) => error.status,
        Err(Unwind::Interrupted(signal)) => 128_u8.saturating_add(signal.number().unsigned_abs() as u8),
        Err(Unwind::PipeClosed) => 141,
        Err(_) => 1,
    }
}
