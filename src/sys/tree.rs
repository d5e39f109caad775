//! Processes that are not children of this process, from the kernel's own lists (proc(5)): their parents, their
//! states, and signals to them.
//!
//! On systems other than Linux none is found: only process groups are available there.

use super::signal::Signal;
use super::{Pid, children, last_error};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// A process. Its process ID may be reused, but never together with the time of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The time of its start, in clock ticks since the system's start. It comes first, so that identities are ordered
    /// by age: process IDs are assigned upwards.
    pub born: u64,
    /// Its process ID.
    pub pid: Pid,
}

/// The status of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its identity.
    pub identity: Identity,
    /// Its process group.
    pub group: Pid,
    /// Its session.
    pub session: Pid,
    /// Its parent.
    pub parent: Pid,
    state: u8,
    threads: u32,
}

impl Status {
    /// Returns whether it has ended and is not reaped. The first thread may have ended alone.
    pub fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X') && self.threads <= 1
    }

    /// Returns whether it is running, or waits for a processor or a device (proc_pid_stat(5)).
    fn works(&self) -> bool {
        matches!(self.state, b'R' | b'D')
    }

    fn is_still(&self) -> bool {
        self.is_dead() || self.is_stopped()
    }

    /// Returns whether a signal has stopped it.
    pub fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }
}

/// A search for processes that notes whether anything stayed hidden: without a descriptor or memory for reading /proc,
/// no process would seem to exist.
#[derive(Debug, Default)]
pub struct View {
    failure: Option<i32>,
}

impl View {
    /// Returns the reason why something could not be seen (errno(3)). There may then be more processes than were
    /// found.
    pub fn failure(&self) -> Option<i32> {
        self.failure
    }

    /// Returns the status of a process; none if there is no such process.
    #[cfg(target_os = "linux")]
    pub fn status(&mut self, pid: Pid) -> Option<Status> {
        let stat = self.seen(std::fs::read(format!("/proc/{pid}/stat")))?;
        parse(pid, &stat)
    }

    /// Returns none, since the system does not provide it.
    #[cfg(not(target_os = "linux"))]
    pub fn status(&mut self, _: Pid) -> Option<Status> {
        None
    }

    /// Returns the children of a process, of all its threads. Some may be missing if others are reaped at that moment;
    /// an empty result is certain.
    pub fn children_of(&mut self, pid: Pid) -> Vec<Pid> {
        let mut found = Vec::new();
        // A process without a task has ended.
        for task in self.seen(std::fs::read_dir(format!("/proc/{pid}/task"))).into_iter().flatten() {
            let Some(task) = self.seen(task) else { continue };
            match self.children_of_thread(&task.path()) {
                Some(children) => found.extend(children),
                None => return self.by_parent(pid),
            }
        }
        found
    }

    /// Returns the children of one thread; none if the kernel has no such lists.
    fn children_of_thread(&mut self, task: &Path) -> Option<Vec<Pid>> {
        match std::fs::read_to_string(task.join("children")) {
            Ok(list) => Some(list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect()),
            Err(error) if is_shortage(&error) => {
                self.failure = error.raw_os_error();
                Some(Vec::new())
            }
            Err(_) => has_lists().then(Vec::new),
        }
    }

    /// Returns the processes that have it as their parent, for kernels without the lists.
    fn by_parent(&mut self, parent: Pid) -> Vec<Pid> {
        let mut found = Vec::new();
        for pid in self.all() {
            let stat = self.seen(std::fs::read(format!("/proc/{pid}/stat"))).unwrap_or_default();
            let after = stat.iter().rposition(|byte| *byte == b')').map_or(0, |at| at + 1);
            let text = String::from_utf8_lossy(&stat[after..]);
            if text.split_ascii_whitespace().nth(1).is_some_and(|field| field.parse() == Ok(parent)) {
                found.push(pid);
            }
        }
        found
    }

    /// Returns all visible processes.
    pub(super) fn all(&mut self) -> Vec<Pid> {
        let mut found = Vec::new();
        for entry in self.seen(std::fs::read_dir("/proc")).into_iter().flatten() {
            let pid = self.seen(entry).and_then(|entry| entry.file_name().to_str()?.parse::<Pid>().ok());
            found.extend(pid);
        }
        found
    }

    /// Returns the children that were adopted because their parents ended, including dead ones.
    pub fn strays(&mut self) -> Vec<Pid> {
        // On other systems none is adopted, and children that are not in a table belong to other code: the leaders of
        // jobs.
        if !adopts_orphans() {
            return Vec::new();
        }
        // The kernel gives them to the first living thread (exit.c, `find_alive_thread`), which is the main thread,
        // since it lives as long as the run. Reading the lists of all threads would delay time limits.
        let own = std::process::id().cast_signed();
        let task = format!("/proc/{own}/task/{own}");
        let ours = self.children_of_thread(Path::new(&task)).unwrap_or_else(|| self.by_parent(own));
        ours.into_iter().filter(|pid| children::is_stray(*pid)).collect()
    }

    fn seen<T>(&mut self, result: io::Result<T>) -> Option<T> {
        if let Err(error) = &result
            && is_shortage(error)
        {
            self.failure = error.raw_os_error();
        }
        result.ok()
    }
}

/// Returns whether an error says nothing about the process that was examined. Any other error means that it has ended
/// or is hidden.
fn is_shortage(error: &io::Error) -> bool {
    let shortage = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EIO];
    error.raw_os_error().is_some_and(|errno| shortage.contains(&errno))
}

/// Returns the status of a process, as far as it is visible.
pub fn status(pid: Pid) -> Option<Status> {
    View::default().status(pid)
}

/// Parses `PID (NAME) STATE PARENT GROUP …`; the name may contain anything, even parentheses.
fn parse(pid: Pid, stat: &[u8]) -> Option<Status> {
    let after = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let fields: Vec<&str> = std::str::from_utf8(&stat[after..]).ok()?.split_ascii_whitespace().collect();
    Some(Status {
        identity: Identity { pid, born: fields.get(19)?.parse().ok()? },
        state: *fields.first()?.as_bytes().first()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        threads: fields.get(17)?.parse().ok()?,
    })
}

/// Returns whether a process group has a living member that may be signalled.
///
/// For kill(2), dead members count until they are reaped. Scenario: the host is process 1 of a container, so
/// orphans become its children, and it reaps none of them. Without this check, each time limit would take the grace
/// and two more seconds, until the wait is given up.
pub fn group_lives(group: Pid) -> bool {
    if !super::signal::group_exists(group) {
        return false;
    }
    let mut view = View::default();
    let lives = |status: Status| status.group == group && !status.is_dead();
    // A process that can't see itself in /proc can't see others.
    let blind = view.status(std::process::id().cast_signed()).is_none();
    blind || view.all().into_iter().any(|pid| view.status(pid).is_some_and(lives)) || view.failure().is_some()
}

/// The activity of the members of a process group that have neither ended nor are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupState {
    /// There are none.
    Still,
    Waits,
    /// One of them is active.
    Works,
}

/// Returns the state of a process group.
pub fn group_state(group: Pid) -> GroupState {
    let states = members(group).into_iter().map(|status| match status {
        status if status.is_still() => GroupState::Still,
        status if status.works() => GroupState::Works,
        _ => GroupState::Waits,
    });
    states.max().unwrap_or(GroupState::Still)
}

/// Returns the members of a process group that have neither ended nor are stopped.
pub fn running_of_group(group: Pid) -> Vec<Pid> {
    members(group).into_iter().filter(|status| !status.is_still()).map(|status| status.identity.pid).collect()
}

/// Returns the living members of a process group.
pub fn living_of_group(group: Pid) -> Vec<Identity> {
    members(group).into_iter().filter(|status| !status.is_dead()).map(|status| status.identity).collect()
}

fn members(group: Pid) -> Vec<Status> {
    let mut view = View::default();
    let all = view.all().into_iter().filter_map(|pid| view.status(pid));
    all.filter(|status| status.group == group).collect()
}

/// Returns the name of the program that runs in a process.
pub fn name(pid: Pid) -> Option<Vec<u8>> {
    let mut name = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
    name.truncate(name.trim_ascii_end().len());
    Some(name)
}

/// Returns whether the kernel was built with these lists (`CONFIG_PROC_CHILDREN`).
fn has_lists() -> bool {
    Path::new("/proc/thread-self/children").exists()
}

/// Returns the identity of the oldest child that is left alone, if there is one. It shows since when there has been
/// one.
pub fn spared_since() -> Option<Identity> {
    children::spared().filter_map(status).map(|status| status.identity).min()
}

/// Returns whether there may be strays. It is one cheap call, so that a run that left nothing behind searches no
/// further.
pub fn may_have_strays() -> bool {
    any_child(libc::WEXITED | libc::WNOHANG | libc::WNOWAIT).is_some()
}

/// Returns whether there may be dead strays.
pub fn may_have_dead_strays() -> bool {
    any_child(libc::WEXITED | libc::WNOHANG | libc::WNOWAIT).unwrap_or_default()
}

/// Returns whether any child has ended; none if there is no child. The watcher is not counted (waitid(2), `__WCLONE`).
fn any_child(options: libc::c_int) -> Option<bool> {
    // SAFETY: waitid fills the structure; with WNOWAIT nothing is reaped.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        match libc::waitid(libc::P_ALL, 0, &raw mut info, options) {
            0 => Some(info.si_pid() != 0),
            _ => (last_error() != libc::ECHILD).then_some(false),
        }
    }
}

/// Reaps a stray if it has ended.
pub fn reap_stray(pid: Pid) {
    // SAFETY: waitid fills the structure. A child that has an owner is not a stray.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        libc::waitid(libc::P_PID, pid as libc::id_t, &raw mut info, libc::WEXITED | libc::WNOHANG);
    }
}

/// Returns whether a process is a child of this one that was adopted when its parent ended.
pub fn is_adopted(status: &Status) -> bool {
    let own = std::process::id().cast_signed();
    adopts_orphans() && status.parent == own && children::is_stray(status.identity.pid)
}

/// Returns how many started children are not reaped yet.
pub fn started_children() -> usize {
    children::count()
}

/// Sends a signal to this process, never to a later one with the same process ID.
///
/// # Errors
/// Fails with `ESRCH` if it has ended, with `EPERM` if it belongs to another user.
#[cfg(target_os = "linux")]
pub fn send(to: Identity, signal: Signal) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let gone = || io::Error::from_raw_os_error(libc::ESRCH);
    let is_there = || status(to.pid).is_some_and(|status| status.identity == to);
    // The descriptor is opened first. The process that the check finds after that is the process of the descriptor,
    // unless the latter has ended. SAFETY: no memory is passed.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, to.pid, 0) };
    if fd < 0 {
        let error = io::Error::last_os_error();
        // The kernel is older than Linux 5.3.
        let by_number = error.raw_os_error() == Some(libc::ENOSYS) && is_there();
        return if by_number { super::signal::send(to.pid, signal) } else { Err(error) };
    }
    // SAFETY: the kernel has just created it for us.
    let fd = unsafe { super::descriptor::adopt(fd as i32) };
    if !is_there() {
        return Err(gone());
    }
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: no memory is passed.
    match unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd.as_raw_fd(), signal.number(), no_info, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Never called, since no identity is found.
#[cfg(not(target_os = "linux"))]
pub fn send(to: Identity, signal: Signal) -> io::Result<()> {
    super::signal::send(to.pid, signal)
}

/// From now on, adopts the orphans of programs when their parents end (prctl(2), `PR_SET_CHILD_SUBREAPER`), and keeps a
/// table of its own children. This is only for the binary.
#[cfg(target_os = "linux")]
pub fn adopt_orphans() -> bool {
    know_children();
    ADOPTS.store(true, Ordering::Release);
    // SAFETY: no memory is passed.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 }
}

/// Stops adopting orphans, since another program is about to replace this process.
#[cfg(target_os = "linux")]
pub fn leave_orphans() {
    if ADOPTS.swap(false, Ordering::AcqRel) {
        // SAFETY: no memory is passed.
        unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) };
    }
}

/// Not available on this system.
#[cfg(not(target_os = "linux"))]
pub fn leave_orphans() {}

/// Not available on this system.
#[cfg(not(target_os = "linux"))]
pub fn adopt_orphans() -> bool {
    false
}

/// Returns whether this process adopts orphans.
pub fn adopts_orphans() -> bool {
    ADOPTS.load(Ordering::Acquire)
}

static ADOPTS: AtomicBool = AtomicBool::new(false);

/// From now on, keeps a table of its own children.
pub fn know_children() {
    children::keep_table();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = b"42 (a) Z 1 (b)) S 7 40 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 3 0 987654 0 0";
        let status = parse(42, stat).unwrap();
        assert_eq!(status.identity, Identity { born: 987_654, pid: 42 });
        assert_eq!((status.parent, status.group, status.session, status.threads), (7, 40, 1, 3));
        assert!(!status.is_stopped());
        assert!(!status.is_dead());
        assert_eq!(parse(1, b"1 (x"), None);
    }

    #[test]
    fn both_ways_of_finding_children_agree() {
        let own = std::process::id().cast_signed();
        let process = crate::sys::testing::with_spawn(&["/bin/sleep", "60"], |request| {
            crate::sys::spawn::spawn(&request).unwrap()
        });
        assert!(View::default().children_of(own).contains(&process.pid()));
        assert!(View::default().by_parent(own).contains(&process.pid()));
        let status = status(process.pid()).unwrap();
        send(Identity { born: status.identity.born + 1, ..status.identity }, Signal::KILL).unwrap_err();
        send(status.identity, Signal::KILL).unwrap();
        process.reap().unwrap();
        send(status.identity, Signal::KILL).unwrap_err();
    }
}
