//! The table of processes that `with stats=true` and `--stats` print.

use crate::diag::quote_argv;
use crate::process::{StageEnd, StageReport};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The reports of the processes that have ended, from any thread.
pub type Reports = Mutex<Vec<StageReport>>;

pub fn lock(reports: &Reports) -> MutexGuard<'_, Vec<StageReport>> {
    reports.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a line for each process, in the order of their ends.
pub fn table(reports: &[StageReport]) -> String {
    // The turn that each process belonged to, if there were turns side by side.
    let has_turns = reports.iter().any(|report| report.turn.is_some());
    let turn = |text: String| if has_turns { format!("{text:>6} ") } else { String::new() };
    let mut text = format!(
        "{}{:>8} {:>9} {:>9} {:>9} {:>8} {:<10} command\n",
        turn("turn".to_string()),
        "pid",
        "wall",
        "user",
        "system",
        "memory",
        "end"
    );
    for report in reports {
        let pid = report.pid.map_or_else(|| "-".to_string(), |pid| pid.to_string());
        let end = match report.end {
            StageEnd::Exit(status) => format!("exit {status}"),
            StageEnd::Signal { signal, .. } => signal.to_string(),
            StageEnd::PipeClosed => "had enough".to_string(),
            StageEnd::NotStarted => "not run".to_string(),
            StageEnd::Abandoned => "unknown".to_string(),
        };
        let _ = writeln!(
            text,
            "{}{pid:>8} {:>9} {:>9} {:>9} {:>7.1}M {end:<10} {}",
            turn(report.turn.map_or_else(|| "-".to_string(), |turn| turn.to_string())),
            seconds(report.wall),
            seconds(report.user),
            seconds(report.system),
            report.max_rss as f64 / f64::from(1 << 20),
            quote_argv(&report.argv)
        );
    }
    text
}

fn seconds(time: Duration) -> String {
    format!("{:.3}s", time.as_secs_f64())
}
