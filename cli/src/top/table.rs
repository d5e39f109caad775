//! The loops, services, workers and queues as text.

use pipewright::top::{InstanceState, LoopState, QueueState, ServiceState, State, WorkerState};
use std::fmt::Write;
use std::time::Duration;

/// The text for no scripts.
pub const NOTHING: &str = "no script of yours runs a loop side by side, a service, a worker or a queue";

/// Returns everything: a line for each script, and the lines of its loops, services and workers.
pub fn table(states: &[State]) -> String {
    if states.iter().all(is_empty) {
        return format!("{NOTHING}\n");
    }
    let mut text = String::new();
    for state in states {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", head(state));
        for one in &state.loops {
            let _ = writeln!(text, "  {:>3}  {}  {}", one.id, one.place, one.text);
            let _ = writeln!(text, "       {}", progress(one));
        }
        for one in &state.services {
            let _ = writeln!(text, "  {:>3}  {}", one.id, service(one));
            for line in one.problem.iter().map(|text| visible(text)).chain(instances(one)) {
                let _ = writeln!(text, "       {line}");
            }
        }
        for one in &state.workers {
            let _ = writeln!(text, "  {:>3}  {}", one.id, worker(one));
        }
        for one in &state.queues {
            let _ = writeln!(text, "  {:>3}  {}", one.id, queue(one));
        }
    }
    text
}

/// Returns whether a script has nothing to show.
pub fn is_empty(state: &State) -> bool {
    state.loops.is_empty() && state.services.is_empty() && state.workers.is_empty() && state.queues.is_empty()
}

/// Returns a text of a script on one line, without control characters.
pub fn visible(text: &str) -> String {
    pipewright::diag::visible(text.as_bytes())
}

/// Returns the line of a script.
pub fn head(state: &State) -> String {
    let script = visible(&state.script);
    let processes = match state.processes {
        1 => "1 process".to_string(),
        count => format!("{count} processes"),
    };
    format!(
        "{script} (PID {})  {processes}  {}  {} of processor time",
        state.pid,
        size(state.memory),
        time(state.processor)
    )
}

/// Returns how far a loop has come.
pub fn progress(one: &LoopState) -> String {
    let mut text = match one.total {
        Some(total) => format!("{}/{total} done", one.done),
        None => format!("{} done", one.done),
    };
    let _ = write!(text, "  {} of {} running", one.running, one.jobs);
    if one.failed > 0 {
        let _ = write!(text, "  {} failed", one.failed);
    }
    if let Some(rate) = one.rate {
        let _ = write!(text, "  {rate:.1}/s");
    }
    let _ = write!(text, "  for {}", time(one.age));
    if let Some(left) = one.left {
        let _ = write!(text, "  {} left", time(left));
    }
    if let Some(oldest) = &one.oldest {
        let _ = write!(text, "  oldest: {oldest}");
    }
    text
}

/// Returns the line of a service.
pub fn service(one: &ServiceState) -> String {
    let addresses: String = one.addresses.iter().map(|address| format!("  {}", visible(address))).collect();
    format!("{}  {}  {}  for {}{addresses}", one.place, visible(&one.name), one.status, time(one.age))
}

/// Returns the lines of its instances.
pub fn instances(service: &ServiceState) -> impl Iterator<Item = String> {
    service.instances.iter().map(instance)
}

fn instance(one: &InstanceState) -> String {
    let mut text = format!("{:>2}  {:<8}", one.number, one.stage);
    if let (Some(pid), Some(uptime)) = (one.pid, one.uptime) {
        let _ = write!(text, "  PID {pid}  for {}", time(uptime));
        let _ = write!(text, "  {}  {} of processor time", size(one.memory), time(one.processor));
    }
    match one.healthy {
        Some(true) => text.push_str("  healthy"),
        Some(false) => text.push_str("  unhealthy"),
        None => {}
    }
    match one.restarts {
        0 => {}
        1 => text.push_str("  1 restart"),
        count => drop(write!(text, "  {count} restarts")),
    }
    if let Some(end) = &one.last_end {
        let _ = write!(text, "  last run: {}", visible(end));
    }
    text
}

/// Returns the line of a worker.
pub fn worker(one: &WorkerState) -> String {
    let mut text = format!("{}  {}", one.place, visible(&one.text));
    text.push_str(if one.is_asked { "  busy" } else { "  idle" });
    if let Some(pid) = one.pid {
        let _ = write!(text, "  PID {pid}");
    }
    let _ = write!(text, "  for {}", time(one.age));
    let _ = write!(text, "  {}  {} of processor time", size(one.memory), time(one.processor));
    if one.waiting > 0 {
        let _ = write!(text, "  messages waiting: {}", one.waiting);
    }
    text
}

/// Returns the line of a queue.
pub fn queue(one: &QueueState) -> String {
    let mut text = format!("{}  queue {} in {}", one.place, visible(&one.name), one.file);
    let _ = write!(text, "  {} ready  {} running", one.ready, one.running);
    for (count, what) in [(one.delayed, "delayed"), (one.failed, "failed"), (one.done.unwrap_or(0), "done")] {
        if count > 0 {
            let _ = write!(text, "  {count} {what}");
        }
    }
    if let Some(waiting) = one.waiting {
        let _ = write!(text, "  oldest due for {}", time(waiting));
    }
    if one.is_paused {
        text.push_str("  paused");
    }
    text
}

/// Returns a bar of how far a loop has come; none if that is not known, or there is no room.
#[cfg(feature = "top")]
pub fn bar(one: &LoopState, width: usize) -> String {
    let Some(total) = one.total.filter(|total| *total > 0 && width > 0) else { return String::new() };
    let done = (one.done as f64 / total as f64 * width as f64) as usize;
    format!("[{}{}]", "#".repeat(done.min(width)), " ".repeat(width - done.min(width)))
}

/// Returns a size in the unit that fits.
fn size(bytes: u64) -> String {
    let units = [("G", 30), ("M", 20), ("K", 10)];
    match units.into_iter().find(|(_, power)| bytes >= 1 << power) {
        Some((unit, power)) => format!("{:.1}{unit}", bytes as f64 / f64::from(1 << power)),
        None => format!("{bytes}B"),
    }
}

/// Returns a time in seconds, or in minutes or hours and the next smaller unit.
pub fn time(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs();
    match whole {
        0..10 => format!("{seconds:.1}s"),
        10..60 => format!("{whole}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_the_unit_that_fits() {
        let times = [0.0, 9.94, 59.0, 61.0, 3600.0, 90_000.0].map(time);
        assert_eq!(times, ["0.0s", "9.9s", "59s", "1m 01s", "1h 00m", "25h 00m"]);
        assert_eq!([0, 1023, 1024, 3 << 19, 5 << 30].map(size), ["0B", "1023B", "1.0K", "1.5M", "5.0G"]);
    }
}
