//! `time PIPELINE`: the wall time and the processor time that a pipeline used. The log of a loop records the
//! processor time of each turn in the same way.

use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::scope::settings::Settings;
use crate::process::StageReport;
use crate::sys::usage;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Adds up the processor time of the programs of a pipeline, from any thread.
#[derive(Debug, Default)]
pub struct Timer {
    /// The processor time in user mode, in nanoseconds.
    user: AtomicU64,
    system: AtomicU64,
    /// The peak memory of one program, in bytes.
    memory: AtomicU64,
    /// The timer of the enclosing pipeline.
    outer: Option<Arc<Timer>>,
}

impl Timer {
    /// Returns a timer whose programs also count for `outer`.
    pub fn within(outer: Option<Arc<Self>>) -> Self {
        Self { outer, ..Self::default() }
    }

    /// Adds the time that a program has used.
    pub fn add(&self, report: &StageReport) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.user.fetch_add(nanos(report.user), Ordering::Relaxed);
        self.system.fetch_add(nanos(report.system), Ordering::Relaxed);
        self.memory.fetch_max(report.max_rss, Ordering::Relaxed);
        if let Some(outer) = &self.outer {
            outer.add(report);
        }
    }

    /// Returns the processor time of the programs, in their own code and in the kernel.
    pub fn processor_time(&self) -> Duration {
        let (user, system) = self.sums();
        user + system
    }

    pub fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    fn sums(&self) -> (Duration, Duration) {
        let of = |sum: &AtomicU64| Duration::from_nanos(sum.load(Ordering::Relaxed));
        (of(&self.user), of(&self.system))
    }
}

impl Interpreter {
    /// Runs a pipeline and prints its times on the standard error of the enclosing code. After `exit`,
    /// a signal or a time-out it prints nothing, as in bash.
    pub(in crate::eval) fn timed<T>(
        &mut self,
        posix: bool,
        run: impl FnOnce(&mut Self) -> Eval<T>,
    ) -> Eval<T> {
        let timer = Arc::new(Timer::within(self.env.settings.timer.clone()));
        let settings = Settings { timer: Some(timer.clone()), ..(*self.env.settings).clone() };
        let (started, own) = (Instant::now(), usage::processor_time());
        let result = self.with_settings(settings, run);
        let is_over = matches!(
            result,
            Ok(_) | Err(Unwind::Error(_) | Unwind::Return | Unwind::Break | Unwind::Continue)
        );
        if is_over {
            let (wall, now, programs) = (started.elapsed(), usage::processor_time(), timer.sums());
            let user = programs.0 + now.0.saturating_sub(own.0);
            let system = programs.1 + now.1.saturating_sub(own.1);
            self.print_text(&lines(posix, wall, user, system), &self.env.files);
        }
        result
    }
}

/// Returns the three lines of bash, or those of POSIX.
fn lines(posix: bool, wall: Duration, user: Duration, system: Duration) -> String {
    if posix {
        let seconds = |time: Duration| format!("{}.{:02}", time.as_secs(), time.subsec_millis() / 10);
        return format!("real {}\nuser {}\nsys {}\n", seconds(wall), seconds(user), seconds(system));
    }
    let minutes = |time: Duration| {
        let seconds = time.as_secs();
        format!("{}m{}.{:03}s", seconds / 60, seconds % 60, time.subsec_millis())
    };
    format!("\nreal\t{}\nuser\t{}\nsys\t{}\n", minutes(wall), minutes(user), minutes(system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_forms_of_bash() {
        let (wall, user) = (Duration::from_millis(61_005), Duration::from_millis(59_999));
        let zero = Duration::ZERO;
        assert_eq!(lines(false, wall, user, zero), "\nreal\t1m1.005s\nuser\t0m59.999s\nsys\t0m0.000s\n");
        assert_eq!(lines(true, wall, user, zero), "real 61.00\nuser 59.99\nsys 0.00\n");
    }

    #[test]
    fn inner_use_counts_for_the_outer_timer() {
        let outer = Arc::new(Timer::default());
        let inner = Timer::within(Some(outer.clone()));
        for (seconds, memory) in [(1, 30), (2, 20)] {
            let used = Duration::from_secs(seconds);
            let report = StageReport::not_started(Vec::new());
            inner.add(&StageReport { user: used, system: used, max_rss: memory, ..report });
        }
        assert_eq!((outer.processor_time(), outer.memory()), (Duration::from_secs(6), 30));
    }
}
