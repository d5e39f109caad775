//! Runs a program and captures its output.
//!
//! Output goes to files and not to pipes: no thread has to drain them, and a program that outlives the run and
//! still holds the output open does not block a test.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::{in_memory, inherited};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// A program to run, in an environment with only PATH, HOME and LC_ALL.
pub struct Run {
    command: Command,
    stdin: Vec<u8>,
    timeout: Duration,
    watch_memory: bool,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit status, or 128+n after the signal n.
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub elapsed: Duration,
    /// The processor time of the program and of the children that it waited for.
    pub cpu: Duration,
    pub timed_out: bool,
    /// The peak of resident memory in bytes, if it was watched.
    pub peak_memory: u64,
}

impl Run {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        inherited::shed();
        let mut command = Command::new(program);
        command.env_clear().env("PATH", super::path()).env("HOME", "/home/nobody").env("LC_ALL", "C");
        // Its own group, so that a run that hangs can be ended together with its children.
        command.process_group(0);
        Self { command, stdin: Vec::new(), timeout: Duration::from_secs(60), watch_memory: false }
    }

    /// The binary under test.
    pub fn pipewright() -> Self {
        Self::new(super::pipewright())
    }

    /// Runs a text with the binary under test.
    pub fn code(code: impl AsRef<OsStr>) -> Self {
        Self::pipewright().arg("-c").arg(code)
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    pub fn timeout(mut self, seconds: u64) -> Self {
        self.timeout = Duration::from_secs(seconds);
        self
    }

    /// Reads the peak of the program's resident memory every few milliseconds.
    pub fn watch_memory(mut self) -> Self {
        self.watch_memory = true;
        self
    }

    /// Runs it until it ends, or until its time is over.
    #[expect(clippy::zombie_processes, reason = "`reap` waits for it by wait4(2)")]
    pub fn run(mut self) -> Outcome {
        let mut stdin = tempfile::tempfile_in(in_memory()).expect("a temporary file");
        stdin.write_all(&self.stdin).and_then(|()| stdin.rewind()).expect("a temporary file takes bytes");
        let stdout = tempfile::tempfile_in(in_memory()).expect("a temporary file");
        let stderr = tempfile::tempfile_in(in_memory()).expect("a temporary file");
        let handle = |file: &File| Stdio::from(file.try_clone().expect("a descriptor is free"));
        self.command.stdin(stdin).stdout(handle(&stdout)).stderr(handle(&stderr));

        let start = Instant::now();
        let program = self.command.get_program().to_owned();
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{program:?}: {error}"));
        let (ended, peak_memory) = await_end(&child, self.timeout, self.watch_memory);
        if !ended {
            end_group(&mut child);
        }
        let (status, cpu) = reap(&child);
        Outcome {
            status: status.code().or_else(|| status.signal().map(|n| 128 + n)).unwrap_or(-1),
            stdout: read(stdout),
            stderr: read(stderr),
            elapsed: start.elapsed(),
            cpu,
            timed_out: !ended,
            peak_memory,
        }
    }
}

impl Outcome {
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Asserts that it succeeded in time.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(!self.timed_out, "it hangs; {self}");
        assert!(self.status == 0, "{self}");
        self
    }

    /// Asserts that the text was refused before anything ran.
    #[track_caller]
    pub fn refused(self) -> Self {
        assert!(self.is_refusal(), "it should be refused before anything runs; {self}");
        self
    }

    pub fn is_refusal(&self) -> bool {
        !self.timed_out && self.status == 2 && self.stdout.is_empty() && self.stderr.starts_with(b"error[E0")
    }

    /// Returns whether the program has shown a bug of its own: a panic, a crash, or a page that reports one.
    pub fn is_crash(&self) -> bool {
        let says = |text: &[u8]| self.stderr.windows(text.len()).any(|window| window == text);
        says(b"panicked at") || says(b"error[E9") || [101, 134, 139].contains(&self.status)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cut = |text: String| match text.char_indices().nth(4000) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        };
        let late = if self.timed_out { " (out of time)" } else { "" };
        write!(
            f,
            "status {}{late}\n-- stdout\n{}\n-- stderr\n{}",
            self.status,
            cut(self.out()),
            cut(self.err())
        )
    }
}

/// Waits for the end of a child without reaping it. Also returns the peak of its memory, if that is watched.
fn await_end(child: &Child, timeout: Duration, watch_memory: bool) -> (bool, u64) {
    let pid = Pid::from_child(child);
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).expect("a pidfd (Linux 5.3)");
    let end = Instant::now() + timeout;
    let mut peak = 0;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let step = if watch_memory { left.min(Duration::from_millis(5)) } else { left };
        let step = Timespec { tv_sec: step.as_secs() as i64, tv_nsec: step.subsec_nanos().into() };
        let ended = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&step)).is_ok_and(|ready| ready > 0);
        if watch_memory {
            peak = resident_peak(pid).max(peak);
        }
        if ended || left.is_zero() {
            return (ended, peak);
        }
    }
}

/// Returns `VmHWM` of a process, in bytes; 0 once it has ended.
fn resident_peak(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

/// Reaps a child that has ended or been killed (wait4(2)); `Child::wait` would not tell its processor time.
fn reap(child: &Child) -> (ExitStatus, Duration) {
    let mut status = 0;
    // SAFETY: both are filled by the call; all zeros is a valid `rusage`.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        while libc::wait4(child.id() as libc::pid_t, &raw mut status, 0, &raw mut usage) < 0 {
            let error = std::io::Error::last_os_error();
            assert!(error.kind() == std::io::ErrorKind::Interrupted, "it is our child: {error}");
        }
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    (ExitStatus::from_raw(status), time(usage.ru_utime) + time(usage.ru_stime))
}

/// Ends a child that hangs, and the rest of its group.
fn end_group(child: &mut Child) {
    let pid = Pid::from_child(child);
    let _ = kill_process_group(pid, Signal::TERM);
    std::thread::sleep(Duration::from_millis(500));
    let _ = kill_process_group(pid, Signal::KILL);
    let _ = child.kill();
}

fn read(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_end(&mut bytes))
        .expect("a temporary file gives its bytes");
    bytes
}
