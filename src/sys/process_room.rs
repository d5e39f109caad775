//! How many more processes and threads the user of this process may have.

/// The error of a call that needs one more than there may be.
pub const EAGAIN: i32 = libc::EAGAIN;

/// Returns how many more there may be at least (getrlimit(2), `RLIMIT_NPROC`); none without a limit, which is the case for
/// root. Once `enough` are known to be possible, no process is counted.
#[cfg(target_os = "linux")]
pub fn room(enough: usize) -> Option<usize> {
    use rustix::process::{Resource, getrlimit, getuid};
    let user = getuid();
    let limit = getrlimit(Resource::Nproc).current.filter(|_| !user.is_root())?;
    let limit = usize::try_from(limit).ok()?;
    // Those of all users are more than those of one.
    let all = std::fs::read_to_string("/proc/loadavg").ok().and_then(|text| tasks_of_all(&text));
    match all.map(|all| limit.saturating_sub(all)) {
        Some(room) if room >= enough => Some(room),
        _ => Some(limit.saturating_sub(tasks_of(user.as_raw()))),
    }
}

/// Returns none: only Linux has a limit that threads count for, too.
#[cfg(not(target_os = "linux"))]
pub const fn room(_enough: usize) -> Option<usize> {
    None
}

/// Reads the number of tasks from proc_loadavg(5).
#[cfg(target_os = "linux")]
fn tasks_of_all(loadavg: &str) -> Option<usize> {
    loadavg.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

#[cfg(target_os = "linux")]
fn tasks_of(user: u32) -> usize {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_process =
        |name: &std::ffi::OsString| name.to_str().is_some_and(|name| name.parse::<u32>().is_ok());
    let names = processes.map(|entry| entry.file_name()).filter(is_process);
    let status = |name| std::fs::read_to_string(std::path::Path::new("/proc").join(name).join("status")).ok();
    names.filter_map(status).filter_map(|status| threads_of(&status, user)).sum()
}

/// Returns the threads of a process of this user, by its proc_pid_status(5). A zombie counts as one.
#[cfg(target_os = "linux")]
fn threads_of(status: &str, user: u32) -> Option<usize> {
    let field = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        value.split_whitespace().next()?.parse::<u32>().ok()
    };
    (field("Uid")? == user).then(|| field("Threads").map_or(1, |threads| threads.max(1) as usize))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_are_read_from_procfs() {
        assert_eq!(tasks_of_all("0.20 0.18 0.12 1/80 11206\n"), Some(80));
        let status = "Name:\tsh\nUid:\t1000\t0\t0\t0\nThreads:\t4\n";
        assert_eq!((threads_of(status, 1000), threads_of(status, 0)), (Some(4), None));
        assert_eq!(threads_of("Uid:\t7 7 7 7\nThreads:\t0\n", 7), Some(1));
    }

    #[test]
    fn this_process_is_among_those_of_its_user() {
        assert!(tasks_of(rustix::process::getuid().as_raw()) >= 1);
    }
}
