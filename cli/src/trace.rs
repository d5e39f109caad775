//! `--trace`: a line on standard error for each process that starts or ends, each builtin and each file that a
//! redirection opens.

use pipewright::diag::{quote_argv, quote_word};
use pipewright::{Event, StageEnd};
use std::io::Write;
use std::time::Duration;

pub fn event(event: &Event<'_>) {
    let line = match *event {
        Event::Spawned { pid, argv, depth, .. } => {
            format!("{:indent$}+ {pid} {}\n", "", quote_argv(argv), indent = depth * 2)
        }
        Event::Builtin { argv, depth, .. } => {
            format!("{:indent$}+ {}\n", "", quote_argv(argv), indent = depth * 2)
        }
        Event::Redirected { operator, path, depth, .. } => {
            format!("{:indent$}+ {operator} {}\n", "", quote_word(path), indent = depth * 2)
        }
        Event::Ended { report, depth, .. } => {
            let end = match report.end {
                StageEnd::Exit(status) => format!("status {status}"),
                StageEnd::Signal { signal, .. } => signal.to_string(),
                StageEnd::PipeClosed => "SIGPIPE, as its reader had enough".to_string(),
                StageEnd::NotStarted => "not started".to_string(),
                _ => "end unknown".to_string(),
            };
            let millis = |time: Duration| time.as_secs_f64() * 1000.0;
            let pid = report.pid.unwrap_or_default();
            format!(
                "{:indent$}- {pid} {} {end} {:.1} ms, CPU {:.1} ms, {:.1}M\n",
                "",
                quote_argv(&report.argv),
                millis(report.wall),
                millis(report.user + report.system),
                report.max_rss as f64 / f64::from(1 << 20),
                indent = depth * 2
            )
        }
        _ => return,
    };
    // One write a line, so that lines of several threads don't mix. A trace that can't be written is no failure.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
