//! Features of this system, tested by trying them rather than by its version.

use super::sandbox::{Namespaces, Plan};
use super::signal::Signal;
use super::{access, cgroup, memory, pipe, sandbox, tree};
use std::io;
use std::os::fd::AsFd;

/// A feature that the engine uses.
///
/// ```
/// let missing = pipewright::program::probes().into_iter().filter_map(|probe| Some((probe.what, probe.found.err()?)));
/// for (what, reason) in missing {
///     println!("without {what}: {reason}");
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// The function that a user would lose without it.
    pub what: &'static str,
    /// The mechanism, with its manual page.
    pub by: &'static str,
    /// Whether it works; if not, the reason.
    pub found: Result<(), String>,
}

/// Tries everything. Starts no program and leaves nothing behind.
pub fn all() -> Vec<Probe> {
    let probe = |what, by, found| Probe { what, by, found };
    let this = std::process::id().cast_signed();
    vec![
        probe("waiting without races", "pidfd_open(2)", pidfd(this)),
        probe("whole trees ended", "/proc/PID/task/TID/children, proc(5)", lists(this)),
        probe("orphans ended with the script", "PR_SET_CHILD_SUBREAPER, prctl(2)", subreaper()),
        probe("here-documents in memory", "memfd_create(2)", said(memory::here_document(b"x").map(drop))),
        probe("wide pipes", "F_SETPIPE_SZ, fcntl(2)", wide_pipe()),
        probe("with atomic=true, without a name until the end", "O_TMPFILE, open(2)", unnamed_file()),
        probe("with nice=N below 0", "CAP_SYS_NICE, setpriority(2)", nicer()),
        probe("with user=, group=", "CAP_SETUID, setresuid(2)", other_user()),
        probe("with memory=, cpu_time=, open_files=, processes=, file_size=", "prlimit(2)", limits()),
        probe("with memory_all=", "memory, cgroups(7)", cgroup::available(cgroup::Counted::Memory)),
        probe("with processes_all=", "pids, cgroups(7)", cgroup::available(cgroup::Counted::Processes)),
        probe("with net=, read=, run=, write=", "landlock(7) and seccomp(2)", sandbox::available()),
        probe("with isolate=", "pid_namespaces(7)", own(Plan { isolate: true, ..Plan::default() })),
        probe("with tmp=", "mount_namespaces(7)", own(Plan { tmp: true, ..Plan::default() })),
        probe(
            "with net=\"loopback\"",
            "network_namespaces(7)",
            own(Plan { loopback: true, ..Plan::default() }),
        ),
    ]
}

/// Returns why a block can't have what only namespaces give it, if it can't.
fn own(plan: Plan) -> Result<(), String> {
    sandbox::available().and_then(|()| Namespaces::new(&plan).map(drop))
}

fn said<T>(result: io::Result<T>) -> Result<(), String> {
    result.map(drop).map_err(|error| crate::diag::reason(&error))
}

#[cfg(target_os = "linux")]
fn pidfd(own: super::Pid) -> Result<(), String> {
    let me = tree::status(own).ok_or("/proc is not there")?;
    // Sending CHLD has no effect if no thread waits for it.
    said(tree::send(me.identity, Signal::CHLD))
}

#[cfg(not(target_os = "linux"))]
fn pidfd(_: super::Pid) -> Result<(), String> {
    let _ = Signal::CHLD;
    Err("Linux alone has it; a thread waits for each program here".into())
}

fn lists(own: super::Pid) -> Result<(), String> {
    let path = format!("/proc/{own}/task/{own}/children");
    said(std::fs::read(&path)).map_err(|reason| format!("{path}: {reason}; all of /proc is searched instead"))
}

fn subreaper() -> Result<(), String> {
    #[cfg(target_os = "linux")]
    {
        let mut is: libc::c_int = 0;
        // SAFETY: it fills the integer.
        match unsafe { libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut is, 0, 0, 0) } {
            0 => Ok(()),
            _ => said::<()>(Err(io::Error::last_os_error())),
        }
    }
    #[cfg(not(target_os = "linux"))]
    Err("Linux alone has it; process groups are ended".into())
}

fn wide_pipe() -> Result<(), String> {
    let (_reader, writer) = pipe::pipe().map_err(|error| crate::diag::reason(&error))?;
    pipe::widen(writer.as_fd(), pipe::WIDE);
    let capacity = pipe::capacity(&writer);
    if capacity >= pipe::WIDE { Ok(()) } else { Err(format!("a pipe holds {capacity} bytes at most")) }
}

fn unnamed_file() -> Result<(), String> {
    let here = std::env::current_dir().map_err(|error| crate::diag::reason(&error))?;
    let named = "the new content has a name beside the old one";
    said(super::replace::unnamed(&here)).map_err(|reason| format!("in this directory: {reason}; {named}"))
}

fn nicer() -> Result<(), String> {
    if is_root() { Ok(()) } else { Err("only root may; RLIMIT_NICE may allow some".into()) }
}

fn other_user() -> Result<(), String> {
    if is_root() { Ok(()) } else { Err("only root may run programs as another user".into()) }
}

fn is_root() -> bool {
    access::effective_user().0 == 0
}

fn limits() -> Result<(), String> {
    // SAFETY: it fills the structure.
    let result = unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_AS, &raw mut limit)
    };
    if result == 0 { Ok(()) } else { said::<()>(Err(io::Error::last_os_error())) }
}
