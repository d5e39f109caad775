//! How much a run may use, and what it has used.
//!
//! Scenario: `while (true) { try { … } catch e { } }` of a script that somebody sent. So nothing of the script's own
//! catches the end of a budget, and no deferred block runs after it: whatever is evaluated next ends at once, in every
//! thread of the run.

use crate::diag::{Code, Source, code};
use crate::eval::Interpreter;
use crate::eval::lang::measure::{Measuring, elements, own_bytes};
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::value::{MOST_BYTES, Value};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How much a run may use; `None` is as much as it wants. The default is no limit.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Statements that are evaluated, turns of loops and calls of functions, together: E3006.
    pub steps: Option<u64>,
    /// Calls of functions that are open at once: E3007. The language allows 2,000.
    pub call_depth: Option<usize>,
    /// Processes that are started, and threads for what runs beside the script (stages that are builtins or blocks,
    /// jobs, captures of blocks), together: E3008.
    pub processes: Option<u64>,
    /// Of these at once: E3008. One that is detached counts until the run ends.
    pub processes_at_once: Option<usize>,
    /// Bytes that `$(…)`, `lines { }`, `capture { }` and their kin, `read()` and lines of `each` bring in, together:
    /// E3009.
    pub captured_bytes: Option<u64>,
    /// Bytes of one value: of a string its length, of a list or map 16 for each element and what those hold, as often as
    /// they hold it: E3010. The language allows 256 MiB for each string, list and map by itself. What is held is counted
    /// as work allows, so that a value may have grown by some more until it is met.
    pub value_bytes: Option<usize>,
    /// How long it takes: E3003. Unlike [`crate::Run::timeout`] it counts for deferred blocks, too.
    pub wall_time: Option<Duration>,
}

impl Limits {
    /// For scripts of people whom one does not know: a million steps, 200 calls deep, 100 processes and 16 at once,
    /// 16 MiB captured, values of 16 MiB, 10 s.
    pub fn untrusted() -> Self {
        Self {
            steps: Some(1_000_000),
            call_depth: Some(200),
            processes: Some(100),
            processes_at_once: Some(16),
            captured_bytes: Some(16 << 20),
            value_bytes: Some(16 << 20),
            wall_time: Some(Duration::from_secs(10)),
        }
    }
}

/// What all threads of a run have used.
#[derive(Default)]
pub struct Budget {
    pub limits: Limits,
    steps: AtomicU64,
    processes: AtomicU64,
    at_once: AtomicUsize,
    captured: AtomicU64,
    measuring: Measuring,
    /// The first end of it.
    exhausted: OnceLock<Exhausted>,
}

struct Exhausted {
    code: Code,
    message: String,
    at: (Arc<Source>, Span),
}

/// A process or thread that runs. The default counts as none.
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
    /// Of what nobody awaits.
    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl Budget {
    /// None when there is no limit but that of time.
    pub fn of(limits: Limits) -> Option<Arc<Self>> {
        let counted = Limits { wall_time: None, ..limits.clone() };
        (counted != Limits::default()).then(|| Arc::new(Self { limits, ..Self::default() }))
    }

    /// The page of the limit that ended the run.
    pub fn error(&self) -> Option<Error> {
        let Exhausted { code, message, at: (source, span) } = self.exhausted.get()?;
        let error = page(*code, source, *span, message.clone(), "here")
            .help("the host that runs the script sets this limit");
        Some(Error::refused(error, 125))
    }
}

impl Interpreter {
    fn exhaust(&self, budget: &Budget, code: Code, message: String, span: Span) -> Unwind {
        let at = (self.source().clone(), span);
        let _ = budget.exhausted.set(Exhausted { code, message, at });
        Unwind::Exhausted
    }

    /// Fails when a limit was met, in whatever thread.
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
        let Some(most) = budget.limits.steps else { return Ok(()) };
        if budget.steps.fetch_add(1, Ordering::Relaxed) < most {
            return Ok(());
        }
        Err(self.exhaust(budget, code::STEP_LIMIT, format!("the script took more than {most} steps"), span))
    }

    /// Counts a call that is `depth` deep.
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

    /// Counts a process or thread that is about to be started; it runs as long as the permit is there.
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

    /// How many bytes the next capture may bring in.
    pub(in crate::eval) fn capture_room(&self) -> usize {
        let most = self.env.settings.max_output;
        let Some(budget) = &self.shared.budget else { return most };
        let Some(all) = budget.limits.captured_bytes else { return most };
        let left = all.saturating_sub(budget.captured.load(Ordering::Relaxed));
        most.min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Counts bytes that were brought in.
    pub(in crate::eval) fn captured(&self, bytes: usize, span: Span) -> Eval<()> {
        let Some(budget) = &self.shared.budget else { return Ok(()) };
        let Some(most) = budget.limits.captured_bytes else { return Ok(()) };
        let bytes = bytes as u64;
        if budget.captured.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= most {
            return Ok(());
        }
        Err(self.no_room(budget, most, span))
    }

    /// That a capture brought in more than it may, if that was for the limit of the run.
    pub(in crate::eval) fn out_of_room(&self, span: Span) -> Option<Unwind> {
        let budget = self.shared.budget.as_ref()?;
        let most = budget.limits.captured_bytes?;
        (self.capture_room() < self.env.settings.max_output).then(|| self.no_room(budget, most, span))
    }

    fn no_room(&self, budget: &Budget, most: u64, span: Span) -> Unwind {
        let message = format!("the script captured more than {most} bytes");
        self.exhaust(budget, code::CAPTURE_LIMIT, message, span)
    }

    /// Looks at a value that was made.
    #[inline]
    pub(in crate::eval) fn sized(&self, value: Value, span: Span) -> Eval<Value> {
        let Some(budget) = &self.shared.budget else { return Ok(value) };
        budget.measuring.earn(elements(&value));
        self.measure(budget, &value, span).map(|()| value)
    }

    /// Looks at one that was changed where it stands.
    #[inline]
    pub(in crate::eval) fn check_size(&self, value: &Value, span: Span) -> Eval<()> {
        match &self.shared.budget {
            Some(budget) => self.measure(budget, value, span),
            None => Ok(()),
        }
    }

    /// Looks at a text, a list or a row of arguments of so many bytes, which grows.
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

    /// How many bytes a value may hold.
    pub(in crate::eval) fn value_room(&self) -> usize {
        self.shared.budget.as_ref().and_then(|budget| budget.limits.value_bytes).unwrap_or(usize::MAX)
    }

    /// The end of the run, for a value that would hold more.
    pub(in crate::eval) fn too_large(&self, span: Span) -> Unwind {
        let Some(budget) = &self.shared.budget else { return Unwind::Exhausted };
        let message = format!("a value of more than {} bytes", self.value_room());
        self.exhaust(budget, code::VALUE_LIMIT, message, span)
    }

    fn measure(&self, budget: &Budget, value: &Value, span: Span) -> Eval<()> {
        let Some(most) = budget.limits.value_bytes else { return Ok(()) };
        if own_bytes(value) <= most && !budget.measuring.exceeds(value, most) {
            return Ok(());
        }
        Err(self.too_large(span))
    }
}
