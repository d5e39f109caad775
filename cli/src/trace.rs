//! `--trace`: a line on standard error for each process that starts or ends, each builtin, each file that a redirection
//! opens, each sandbox, and each start of an instance of a service.

use pipewright::diag::{quote_argv, quote_word, visible};
use pipewright::{Event, ServiceChange, StageEnd};
use std::io::Write;
use std::time::Duration;

pub fn event(event: &Event<'_>) {
    let line = match *event {
        Event::Spawned { pid, argv, depth, turn, .. } => {
            format!("{}+ {pid} {}\n", indent(depth, turn), quote_argv(argv))
        }
        Event::Builtin { argv, depth, turn, .. } => {
            format!("{}+ {}\n", indent(depth, turn), quote_argv(argv))
        }
        Event::Redirected { operator, path, depth, turn, .. } => {
            format!("{}+ {operator} {}\n", indent(depth, turn), quote_word(path))
        }
        Event::Sandbox { open, depth, turn, .. } => {
            let open: Vec<_> = open.iter().map(|option| visible(option.as_bytes())).collect();
            format!("{}+ with {}\n", indent(depth, turn), open.join(", "))
        }
        Event::Ended { report, depth, turn, .. } => {
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
                "{}- {pid} {} {end} {:.1} ms, CPU {:.1} ms, {:.1}M\n",
                indent(depth, turn),
                quote_argv(&report.argv),
                millis(report.wall),
                millis(report.user + report.system),
                report.max_rss as f64 / f64::from(1 << 20),
            )
        }
        Event::Service { name, instance, change, .. } => {
            let change = match change {
                ServiceChange::Started { restarts: 0, .. } => "starts".to_string(),
                ServiceChange::Started { restarts, .. } => format!("starts again, restart {restarts}"),
                ServiceChange::Ready => "is ready".to_string(),
                ServiceChange::GivenUp => "is given up".to_string(),
                _ => return,
            };
            format!("* {}/{instance} {change}\n", quote_word(name.as_bytes()))
        }
        _ => return,
    };
    // One write for each line, so that lines of several threads don't mix. A failed write of the trace is
    // ignored.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// Returns the beginning of a line: the indentation by nested captures and stages, and the turn of a loop side by
/// side.
fn indent(depth: usize, turn: Option<u64>) -> String {
    let turn = turn.map_or_else(String::new, |turn| format!("[{turn}] "));
    format!("{:indent$}{turn}", "", indent = depth * 2)
}
