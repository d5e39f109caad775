//! The budget of a run: how much it may use, and how much it has used.
//!
//! Scenario: `while (true) { try { … } catch e { } }` in an untrusted script. The script can't catch the end of a
//! budget, and no deferred block runs after it: the next evaluation ends at once, in every thread of the run.

use crate::diag::{Code, Diagnostic, Source, code};
use crate::eval::Interpreter;
use crate::eval::lang::measure::{Measuring, elements, own_bytes};
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::value::meter::{Entered, Meter};
use crate::value::{MOST_BYTES, Value};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How much a run may use; `None` means unlimited. The default has no limits.
///
/// ```
/// use pipewright::{Engine, ErrorKind, Limits, Script};
///
/// let mut limits = Limits::untrusted();
/// limits.steps = Some(1_000);
/// let engine = Engine::builder().limits(limits).build()?;
/// let script = Script::parse("t", "let n = 0; while (true) { try { n += 1 } catch e { } }")?;
/// let error = engine.session().run(&script).status().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Limit);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The number of evaluated statements, turns of loops and calls of functions, in total: E3006.
    pub steps: Option<u64>,
    /// The number of function calls that may be open at once: E3007. The language allows 2,000.
    pub call_depth: Option<usize>,
    /// The number of started processes, and of threads for work beside the script (stages that are builtins or blocks,
    /// jobs, captures of blocks), in total: E3008.
    pub processes: Option<u64>,
    /// The number of these that may exist at once: E3008. A detached process counts until the run ends.
    pub processes_at_once: Option<usize>,
    /// The number of bytes that `$(…)`, `lines { }`, `capture { }` and the other captures, `read()` and lines of `each`
    /// bring in, and that [`crate::Run::capture`] and [`crate::Run::read`] hold, in total: E3009.
    pub captured_bytes: Option<u64>,
    /// The number of bytes that the run prints on its standard output and standard error together, wherever they lead:
    /// E3080. With this limit a thread passes the output on, so that programs print to a pipe.
    pub output: Option<u64>,
    /// The size of one value in bytes: the length of a string, or, for a list or map, 16 for each element plus the size
    /// of the element, each time it is contained: E3010. The language allows 256 MiB for each string, list and map
    /// alone. Contents are counted at intervals, so a value may have become somewhat larger before the limit is
    /// noticed.
    pub value_bytes: Option<usize>,
    /// The memory of all values that the run has made and still holds, in bytes, as far as strings, lists, maps and
    /// functions take it: E3082. Values that share data count once. A value that is being made is bounded by
    /// `value_bytes`, so the run may hold that much more when the limit is noticed.
    pub memory: Option<usize>,
    /// The time: E3003. Unlike [`crate::Run::timeout`] it also applies to deferred blocks.
    pub wall_time: Option<Duration>,
    /// The most time that programs and deferred blocks have to end, together, when the run is stopped. `with grace=`
    /// can only shorten it. See [`crate::Run::grace`].
    pub grace: Option<Duration>,
    /// The number of descriptors that each program may have open (`RLIMIT_NOFILE`, setrlimit(2)). `with open_files=` can
    /// only lower it.
    pub open_files: Option<u64>,
    /// Whether `with detach=true` may leave programs running: E3081 if not.
    pub detached: bool,
    /// The size of the text of a script, and of each file that it uses, in bytes: E0385. The language allows 256 MiB.
    pub source_bytes: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: None,
            call_depth: None,
            processes: None,
            processes_at_once: None,
            captured_bytes: None,
            output: None,
            value_bytes: None,
            memory: None,
            wall_time: None,
            grace: None,
            open_files: None,
            detached: true,
            source_bytes: None,
        }
    }
}

impl Limits {
    /// Returns limits for untrusted scripts: a million steps, 200 nested calls, 100 processes, 16 of them at once, 16
    /// MiB captured, 16 MiB printed, values of 16 MiB, 64 MiB for all values together, 10 s and 1 s of grace, 256
    /// descriptors for each program, no detached programs, texts of 1 MiB.
    pub fn untrusted() -> Self {
        Self {
            steps: Some(1_000_000),
            call_depth: Some(200),
            processes: Some(100),
            processes_at_once: Some(16),
            captured_bytes: Some(16 << 20),
            output: Some(16 << 20),
            value_bytes: Some(16 << 20),
            memory: Some(64 << 20),
            wall_time: Some(Duration::from_secs(10)),
            grace: Some(Duration::from_secs(1)),
            open_files: Some(256),
            detached: false,
            source_bytes: Some(1 << 20),
        }
    }
}

/// The resources that all threads of a run have used.
#[derive(Default)]
pub struct Budget {
    pub limits: Limits,
    steps: AtomicU64,
    processes: AtomicU64,
    at_once: AtomicUsize,
    captured: AtomicU64,
    printed: AtomicU64,
    measuring: Measuring,
    meter: Option<Arc<Meter>>,
    /// The first limit that was reached.
    exhausted: OnceLock<Exhausted>,
}

struct Exhausted {
    code: Code,
    message: String,
    /// The place, or `None` if the script printed more than the host allows, since the program that printed it may have
    /// ended.
    at: Option<(Arc<Source>, Span)>,
}

/// A running process or thread. The default does not count.
#[derive(Default)]
pub struct Permit(Option<Arc<Budget>>);

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(budget) = &self.0 {
            budget.at_once.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Permit {
    /// Keeps the permit of a process that is never awaited until the run ends.
    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl Budget {
    /// Creates a budget; none if there is no limit other than time.
    pub fn of(limits: Limits) -> Option<Arc<Self>> {
        let counted = Limits { wall_time: None, grace: None, source_bytes: None, ..limits.clone() };
        let meter = limits.memory.map(|_| Arc::default());
        (counted != Limits::default()).then(|| Arc::new(Self { limits, meter, ..Self::default() }))
    }

    /// Counts the values that this thread makes as those of the run, until the result is dropped.
    pub fn enter(budget: Option<&Arc<Self>>) -> Entered {
        Meter::enter(budget.and_then(|budget| budget.meter.clone()))
    }

    /// Counts bytes that the run has printed, and that its host keeps if `captured`. Returns the message of the limit
    /// that they exceed.
    pub fn count_output(&self, bytes: usize, captured: bool) -> Result<(), String> {
        let Limits { output, captured_bytes, .. } = self.limits;
        let counts = [
            (&self.printed, output, code::OUTPUT_LIMIT, "printed"),
            (&self.captured, captured_bytes.filter(|_| captured), code::CAPTURE_LIMIT, "captured"),
        ];
        for (count, most, code, what) in counts {
            let Some(most) = most else { continue };
            let bytes = bytes as u64;
            if count.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > most {
                let message = format!("the script {what} more than {most} bytes");
                let _ = self.exhausted.set(Exhausted { code, message: message.clone(), at: None });
                return Err(message);
            }
        }
        Ok(())
    }

    /// Returns the page of the limit that ended the run.
    pub fn error(&self) -> Option<Error> {
        let Exhausted { code, message, at } = self.exhausted.get()?;
        let error = match at {
            Some((source, span)) => page(*code, source, *span, message.clone(), "here"),
            None => Diagnostic::new(*code, message.clone()),
        };
        Some(Error::refused(error.help("the host that runs the script sets this limit"), 125))
    }
}

impl Interpreter {
    fn exhaust(&self, budget: &Budget, code: Code, message: String, span: Span) -> Unwind {
        let at = Some((self.source().clone(), span));
        let _ = budget.exhausted.set(Exhausted { code, message, at });
        Unwind::Exhausted
    }

    /// Fails if a limit was reached, in any thread.
    #[inline]
    pub(in crate::eval) fn check_exhausted(&self) -> Eval<()> {
        match &self.shared.budget {
            Some(budget) if budget.exhausted.get().is_some() => Err(Unwind::Exhausted),
            _ => Ok(()),
        }
    }

    /// Counts a statement, a turn of a loop or a call.
    #[inline]
    pub(in crate::eval) fn step(&self, span: Span) -> Eval<()> {
        match &self.shared.budget {
            Some(budget) => self.count_step(budget, span),
            None => Ok(()),
        }
    }

    fn count_step(&self, budget: &Budget, span: Span) -> Eval<()> {
        self.check_interrupt()?;
        self.check_memory(span)?;
        let Some(most) = budget.limits.steps else { return Ok(()) };
        if budget.steps.fetch_add(1, Ordering::Relaxed) < most {
            return Ok(());
        }
        Err(self.exhaust(budget, code::STEP_LIMIT, format!("the script took more than {most} steps"), span))
    }

    /// Counts a call with this nesting depth.
    pub(in crate::eval) fn enter_call(&self, depth: usize, span: Span) -> Eval<()> {
        let Some(budget) = &self.shared.budget else { return Ok(()) };
        match budget.limits.call_depth {
            Some(most) if depth > most => {
                let message = format!("more than {most} calls of functions are open");
                Err(self.exhaust(budget, code::DEPTH_LIMIT, message, span))
            }
            _ => self.count_step(budget, span),
        }
    }

    /// Counts a process or thread that is about to be started, for as long as the permit exists.
    pub(super) fn permit(&self, span: Span) -> Eval<Permit> {
        let Some(budget) = &self.shared.budget else { return Ok(Permit(None)) };
        self.check_exhausted()?;
        if let Some(most) = budget.limits.processes
            && budget.processes.fetch_add(1, Ordering::Relaxed) >= most
        {
            let message = format!("the script started more than {most} processes and threads");
            return Err(self.exhaust(budget, code::PROCESS_LIMIT, message, span));
        }
        let running = budget.at_once.fetch_add(1, Ordering::AcqRel);
        let permit = Permit(Some(budget.clone()));
        match budget.limits.processes_at_once {
            Some(most) if running >= most => {
                let message = format!("the script has more than {most} processes and threads at once");
                Err(self.exhaust(budget, code::PROCESS_LIMIT, message, span))
            }
            _ => Ok(permit),
        }
    }

    /// Returns how many descriptors a program may have open.
    pub(in crate::eval) fn most_open_files(&self) -> i64 {
        let most = self.shared.budget.as_ref().and_then(|budget| budget.limits.open_files);
        most.and_then(|most| i64::try_from(most).ok()).unwrap_or(i64::MAX)
    }

    /// Fails if the host does not let scripts leave programs running.
    pub(in crate::eval) fn may_detach(&self, span: Span) -> Eval<()> {
        match &self.shared.budget {
            Some(budget) if !budget.limits.detached => {
                let message = "the script would leave programs running".to_string();
                Err(self.exhaust(budget, code::DETACH_LIMIT, message, span))
            }
            _ => Ok(()),
        }
    }

    /// Returns how many bytes the next capture may bring in.
    pub(in crate::eval) fn capture_room(&self) -> usize {
        let most = self.env.settings.max_output;
        let Some(budget) = &self.shared.budget else { return most };
        let Some(all) = budget.limits.captured_bytes else { return most };
        let left = all.saturating_sub(budget.captured.load(Ordering::Relaxed));
        most.min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Counts captured bytes.
    pub(in crate::eval) fn captured(&self, bytes: usize, span: Span) -> Eval<()> {
        let Some(budget) = &self.shared.budget else { return Ok(()) };
        let Some(most) = budget.limits.captured_bytes else { return Ok(()) };
        let bytes = bytes as u64;
        if budget.captured.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= most {
            return Ok(());
        }
        Err(self.no_room(budget, most, span))
    }

    /// Returns the error of a capture that brought in too much, if the limit of the run is the reason.
    pub(in crate::eval) fn out_of_room(&self, span: Span) -> Option<Unwind> {
        let budget = self.shared.budget.as_ref()?;
        let most = budget.limits.captured_bytes?;
        (self.capture_room() < self.env.settings.max_output).then(|| self.no_room(budget, most, span))
    }

    fn no_room(&self, budget: &Budget, most: u64, span: Span) -> Unwind {
        let message = format!("the script captured more than {most} bytes");
        self.exhaust(budget, code::CAPTURE_LIMIT, message, span)
    }

    /// Checks the size of a new value.
    #[inline]
    pub(in crate::eval) fn sized(&self, value: Value, span: Span) -> Eval<Value> {
        let Some(budget) = &self.shared.budget else { return Ok(value) };
        budget.measuring.earn(elements(&value));
        self.measure(budget, &value, span).map(|()| value)
    }

    /// Checks the size of a value that was changed in place.
    #[inline]
    pub(in crate::eval) fn check_size(&self, value: &Value, span: Span) -> Eval<()> {
        match &self.shared.budget {
            Some(budget) => self.measure(budget, value, span),
            None => Ok(()),
        }
    }

    /// Checks the size of a growing text, list or row of arguments.
    #[inline]
    pub(in crate::eval) fn fits(&self, bytes: usize, span: Span) -> Eval<()> {
        if bytes > MOST_BYTES || bytes > self.value_room() { Err(self.fits_not(bytes, span)) } else { Ok(()) }
    }

    #[cold]
    fn fits_not(&self, bytes: usize, span: Span) -> Unwind {
        if bytes > self.value_room() {
            return self.too_large(span);
        }
        let message = "this would make more than 256M of one value";
        Error::value(page(code::TOO_LARGE, self.source(), span, message, "here")).into()
    }

    /// Returns how many bytes a value may hold.
    pub(in crate::eval) fn value_room(&self) -> usize {
        self.shared.budget.as_ref().and_then(|budget| budget.limits.value_bytes).unwrap_or(usize::MAX)
    }

    /// Returns the end of the run, for a value that would be too large.
    pub(in crate::eval) fn too_large(&self, span: Span) -> Unwind {
        let Some(budget) = &self.shared.budget else { return Unwind::Exhausted };
        let message = format!("a value of more than {} bytes", self.value_room());
        self.exhaust(budget, code::VALUE_LIMIT, message, span)
    }

    /// Checks the memory of all values of the run.
    pub(in crate::eval) fn check_memory(&self, span: Span) -> Eval<()> {
        let Some(budget) = &self.shared.budget else { return Ok(()) };
        match (&budget.meter, budget.limits.memory) {
            (Some(meter), Some(most)) if meter.bytes() > most => {
                let message = format!("the values of the script take more than {most} bytes together");
                Err(self.exhaust(budget, code::MEMORY_LIMIT, message, span))
            }
            _ => Ok(()),
        }
    }

    fn measure(&self, budget: &Budget, value: &Value, span: Span) -> Eval<()> {
        self.check_memory(span)?;
        let Some(most) = budget.limits.value_bytes else { return Ok(()) };
        if own_bytes(value) <= most && !budget.measuring.exceeds(value, most) {
            return Ok(());
        }
        Err(self.too_large(span))
    }
}
