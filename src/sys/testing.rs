//! Test support: running a program with only the parts of this module, and a test in its own process.

use super::Pid;
use super::pipe;
use super::spawn::{Placement, ProcessGroup, Spawn, SpawnError, Step, spawn};
use super::strings::StringArray;
use super::wait::{End, Process};
use std::ffi::CString;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Passes a plain request to `f`, which refines and starts it.
pub(crate) fn with_spawn<T>(words: &[&str], f: impl FnOnce(Spawn<'_>) -> T) -> T {
    let program = CString::new(words[0]).unwrap();
    let argv = StringArray::new(words.iter().map(|word| [word.as_bytes()])).unwrap();
    let variables: Vec<_> = std::env::vars_os().map(|(k, v)| (k.into_vec(), v.into_vec())).collect();
    let envp = StringArray::new(variables.iter().map(|(k, v)| [k, &b"="[..], v])).unwrap();
    f(Spawn {
        program: &program,
        argv: &argv,
        envp: &envp,
        steps: &[Step::Group(ProcessGroup::New)],
        alone: false,
    })
}

/// Runs a program in any way of starting one. Returns its end and its output.
pub(crate) fn output_by(
    start: impl FnOnce(&Spawn<'_>) -> Result<Process, SpawnError>,
    words: &[&str],
) -> Result<(End, String), SpawnError> {
    let (reader, writer) = pipe::pipe().unwrap();
    let output = Step::Descriptor(Placement { target: 1, source: Some(writer.as_raw_fd()) });
    let steps = [Step::Group(ProcessGroup::New), output];
    let process = with_spawn(words, |request| start(&Spawn { steps: &steps, ..request }))?;
    drop(writer);
    let text = read(reader);
    Ok((process.reap().unwrap().end, text))
}

/// Runs a program. Returns its end and its output.
pub(crate) fn output(words: &[&str]) -> (End, String) {
    output_by(spawn, words).unwrap()
}

/// Returns all data from a pipe.
pub(crate) fn read(reader: OwnedFd) -> String {
    let mut bytes = Vec::new();
    File::from(reader).read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Runs an ignored test, given by its path, in its own process, which has its own descriptors, signals
/// and children.
pub(crate) fn alone(test: &str) {
    let exe = std::env::current_exe().unwrap();
    let words = [exe.to_str().unwrap(), test, "--exact", "--ignored", "--test-threads=1"];
    let (end, text) = output(&words);
    assert!(end == End::Exit(0) && text.contains("1 passed"), "{text}");
}

/// Returns the open descriptors of this process.
pub(crate) fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Returns whether a process has ended, reaped or not.
pub(crate) fn is_gone(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z"))
}

/// Lets a descriptor survive execve, as careless libraries do.
pub(crate) fn make_inheritable(fd: &OwnedFd) {
    rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty()).unwrap();
}

/// Returns the path as a C string.
pub(crate) fn c(path: &std::path::Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

/// Limits the number of descriptors of this process.
pub(crate) fn limit_descriptors(most: u64) {
    let limit = rustix::process::Rlimit { current: Some(most), maximum: Some(most) };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
}

/// Returns whether the tests have time for their full sizes, as in `.ci/long`.
pub(crate) fn is_long() -> bool {
    std::env::var_os("SCALE").is_some()
}

/// Returns the processor time that this thread has taken (clock_gettime(2)). Unlike the time of a clock it doesn't
/// depend on what else the machine does.
pub(crate) fn processor_time() -> std::time::Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is filled.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    std::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
