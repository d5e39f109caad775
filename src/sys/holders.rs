//! The processes that have a pipe open, from the kernel's lists of descriptors (proc_pid_fd(5)).
//!
//! On systems other than Linux none is found.

use super::tree::{Status, View};
use super::{Pid, children};
use std::ffi::OsString;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Instant;

/// Returns the living processes other than this one that have one of these pipes open, as far as they are
/// visible.
pub fn of(pipes: &[BorrowedFd<'_>]) -> Vec<Status> {
    let links: Vec<OsString> = pipes.iter().filter_map(|pipe| link("self", &pipe.as_raw_fd())).collect();
    if links.is_empty() {
        return Vec::new();
    }
    let mut view = View::default();
    // The watcher shares the descriptors of this process.
    let own = [std::process::id().cast_signed(), children::kill_cleanup()];
    let others = view.all().into_iter().filter(|pid| !own.contains(pid));
    let holders: Vec<Pid> = others.filter(|pid| holds(*pid, &links)).collect();
    holders.into_iter().filter_map(|pid| view.status(pid)).filter(|status| !status.is_dead()).collect()
}

fn holds(pid: Pid, links: &[OsString]) -> bool {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .any(|target| links.iter().any(|link| *link == *target))
}

/// Returns `pipe:[INODE]`.
fn link(process: &str, fd: &dyn std::fmt::Display) -> Option<OsString> {
    std::fs::read_link(format!("/proc/{process}/fd/{fd}")).ok().map(Into::into)
}

/// Returns a time in the kernel's clock ticks since the system's start, as in [`super::tree::Identity`].
#[cfg(target_os = "linux")]
pub fn ticks_at(moment: Instant) -> u64 {
    // SAFETY: clock_gettime fills the structure; sysconf reads no memory of this process.
    let (now, ticks) = unsafe {
        let mut now: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now);
        (now, libc::sysconf(libc::_SC_CLK_TCK))
    };
    let now = std::time::Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32);
    let then = now.saturating_sub(moment.elapsed());
    u64::try_from(then.as_millis()).unwrap_or(u64::MAX).saturating_mul(ticks.unsigned_abs()) / 1000
}

/// No process is found that would have to be compared with it.
#[cfg(not(target_os = "linux"))]
pub fn ticks_at(_: Instant) -> u64 {
    0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::sys::signal::Signal;
    use crate::sys::spawn::{Placement, Spawn, Step, spawn};
    use crate::sys::testing::with_spawn;
    use std::os::fd::AsFd;

    #[test]
    fn a_child_that_has_the_pipe_is_found_and_is_no_older_than_it() {
        let started = Instant::now();
        let (reader, writer) = crate::sys::pipe::pipe().unwrap();
        let holds = Step::Descriptor(Placement { target: 9, source: Some(writer.as_raw_fd()) });
        let child = with_spawn(&["/bin/sleep", "60"], |request| {
            spawn(&Spawn { steps: &[holds], ..request }).unwrap()
        });
        drop(writer);
        // Another test may be starting a program, which has a copy of these descriptors until its execve.
        let found = of(&[reader.as_fd()]);
        let found = found.into_iter().find(|status| status.identity.pid == child.pid());
        child.signal(Signal::KILL).unwrap();
        child.reap().unwrap();
        assert!(found.is_some_and(|status| status.identity.born >= ticks_at(started)));
        assert!(!of(&[reader.as_fd()]).iter().any(|status| status.identity.pid == child.pid()));
    }
}
