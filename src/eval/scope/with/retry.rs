//! Running a block again after it failed.
//!
//! The pause between two runs is a random part of a time that doubles with each run ("full jitter"):
//! many scripts that hit the same failing server at once must not all return to it at once.

use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{End as StageEnd, Error, Eval};
use crate::process::Signal;
use crate::span::Span;
use crate::value::{List, Value, format};
use std::time::Duration;

/// The rules for running a block again.
#[derive(Default)]
pub struct Plan {
    /// The largest number of retries.
    pub times: usize,
    /// The longest pause before the first retry.
    pub backoff: Duration,
    /// The failures that are retried; none means all.
    pub on: Option<RetriedEnds>,
}

/// The value of `retry_on`.
pub struct RetriedEnds(Vec<End>);

impl RetriedEnds {
    /// Parses a list. Returns the first element that does not name a failure.
    pub fn of(list: &List) -> Result<Self, &Value> {
        list.iter().map(|end| End::of(end).ok_or(end)).collect::<Result<_, _>>().map(Self)
    }

    pub fn covers(&self, error: &Error) -> bool {
        self.0.iter().any(|end| end.is(error))
    }
}

/// A failure that is retried.
enum End {
    Status(u8),
    Signal(Signal),
    TimedOut,
}

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(60);

impl End {
    /// Parses an element of `retry_on`.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(status) => u8::try_from(*status).ok().filter(|status| *status > 0).map(Self::Status),
            Value::Str(text) if text.as_bytes() == b"timeout" => Some(Self::TimedOut),
            Value::Str(name) => Signal::parse(name.as_bytes()).map(Self::Signal),
            _ => None,
        }
    }

    fn is(&self, error: &Error) -> bool {
        let timed_out = error.diagnostic.code == code::TIMEOUT;
        match self {
            Self::TimedOut => timed_out,
            Self::Status(status) => error.status == *status && !timed_out,
            Self::Signal(signal) => {
                error.stages.iter().any(|stage| matches!(&stage.end, StageEnd::Signal(by, _) if by == signal))
            }
        }
    }
}

impl Plan {
    /// Returns whether there can be a retry at all.
    pub const fn wanted(&self) -> bool {
        self.times > 0
    }

    /// Returns whether there is another run after this many, the last of which ended with this error.
    pub fn covers(&self, error: &Error, runs: usize) -> bool {
        runs <= self.times && self.on.as_ref().is_none_or(|ends| ends.covers(error))
    }

    /// Returns the pause after this many runs; `random` is from 0 to 1.
    fn pause(&self, runs: usize, random: f64) -> Duration {
        let doublings = u32::try_from(runs.saturating_sub(1)).unwrap_or(u32::MAX).min(32);
        let most = self.backoff.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST);
        most.mul_f64(random.clamp(0.0, 1.0))
    }
}

impl Interpreter {
    /// Evaluates `retry_on`, whose value is at this place.
    pub(in crate::eval) fn retried_ends(&self, list: &List, value: Span) -> Eval<RetriedEnds> {
        RetriedEnds::of(list).map_err(|end| {
            let expected = "statuses of 1 to 255, names of signals and \"timeout\"";
            let message = format!("`retry_on` holds {expected}, and not {}", format::display(end, 40));
            self.bad_setting(value, &message)
        })
    }

    /// Reports that a run failed, and waits before the next.
    pub(super) fn pause_before_retry(&mut self, plan: &Plan, error: &Error, runs: usize) -> Eval<()> {
        let pause = plan.pause(runs, random());
        // Rounded for the reader; the wait is as long as the message says.
        let pause = Duration::from_millis(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
        let position = error.diagnostic.primary().map_or_else(String::new, |label| {
            format!("{}: ", label.source.position(label.span.start as usize))
        });
        let when = if pause.is_zero() {
            "again now".to_string()
        } else {
            format!("again in {}", format::display(&Value::Duration(pause.into()), 20))
        };
        let all = plan.times.saturating_add(1);
        self.warn(&format!("{position}run {runs} of {all} failed: {}; {when}", error.diagnostic.message));
        self.pause(pause)
    }
}

/// Returns a number from 0 to 1. The system seeds hash maps, which is random enough to spread retries.
fn random() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::time::Instant::now()) as f64 / u64::MAX as f64
}

/// Returns the error of the last run, with a note about the earlier ones.
pub fn told(mut error: Box<Error>, runs: usize, time: Duration) -> Box<Error> {
    let note = format!("it was the last of {runs} runs, and ended after {} ms", time.as_millis());
    error.diagnostic = error.diagnostic.note(note);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_are_random_below() {
        let plan = Plan { times: 99, backoff: Duration::from_secs(1), on: None };
        let longest: Vec<u64> = (1..9).map(|runs| plan.pause(runs, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(plan.pause(usize::MAX, 0.5), Duration::from_secs(30));
        assert_eq!(plan.pause(3, 0.0), Duration::ZERO);
    }
}
