//! Finds processes that a run has left: each of its processes inherits a marker in its environment.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Returns the living processes with an entry in their environment, each with the beginning of its line
/// in /proc/PID/stat.
pub fn processes_with(marker: &str) -> Vec<(Pid, String)> {
    let entries = fs::read_dir("/proc").expect("procfs").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let has_it = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes())
    };
    let named = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        Some((Pid::from_raw(pid)?, stat.split_whitespace().take(5).collect::<Vec<_>>().join(" ")))
    };
    pids.filter(has_it).filter_map(named).collect()
}

/// Returns the processes that are still there after this time, and kills them.
pub fn left_after(marker: &str, patience: Duration) -> Vec<String> {
    let start = Instant::now();
    loop {
        let left = processes_with(marker);
        if left.is_empty() || start.elapsed() >= patience {
            for (pid, _) in &left {
                let _ = kill_process(*pid, Signal::KILL);
            }
            return left.into_iter().map(|(_, name)| name).collect();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
