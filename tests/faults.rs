//! Tests that every system call may fail: each fault leads to success or to one clear error, and leaves nothing behind.
//!
//! strace(1) makes the n-th call of a kind fail, with an errno that the call can return, in the interpreter, its
//! threads and its children until their execve, where it detaches (`-b execve`), because the reaction of programs to
//! faults is not tested. It counts calls separately for each process and thread. n goes up until the fault meets no
//! call.
//!
//! CI tries a part. `FAULTS=all` tries everything, which takes some minutes; `FAULTS=write` tries the faults whose
//! description, such as `capture write ENOSPC 2`, contains that; `DEEP=40` goes up to the 40th call of a kind.

use crate::support;
use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::marked::left_after;
use crate::support::{Outcome, Run, have, setting};

/// The scripts, with their names. `file` contains `old`, and `in` three lines.
const SCRIPTS: &[(&str, &str)] = &[
    ("program", "probe emit a"),
    ("builtin", "echo one; echo two"),
    ("pipeline", "probe emit a | probe filter b | probe filter c"),
    ("inner", "echo a | { cat; echo b; } | each line { echo \"<$line>\" } | cat"),
    ("capture", "let x = \"$(probe emit a)\"; echo \"got $x\""),
    ("capture block", "let x = \"$(probe emit a; echo b)\"; echo \"got $x\""),
    (
        "capture both",
        "let r = capture { probe emit a; echo b }; if (not r.ok) { fail r.error.message }; echo \"${r.out}${r.err}\"",
    ),
    ("here-document", "cat <<E\nsome text\nE\n"),
    ("long here-document", "probe drain 0 <<< \"${long}\"; echo fed"),
    ("redirection", "probe emit a > file 2> other; cat < in; echo more >> file"),
    ("each", "cat in | each line { echo \"<$line>\" }"),
    ("each program", "cat in | each line { probe emit $line }"),
    ("lines", "for x in ...$[lines { cat in }] { echo $x }"),
    ("job", "cat in > file &\nprobe emit b"),
    ("spawn", "let j = spawn { probe emit a > file }; j.wait(); cat file"),
    ("substitution", "cat <(probe emit a) <(echo b)"),
    ("substitution to", "cat in > >(probe filter a > file); cat file"),
    ("timeout", "with timeout=10s { probe emit a | cat }"),
    ("timed out", "with timeout=30ms, grace=20ms { probe shape session | cat }"),
    ("program timed out", "with timeout=30ms, grace=20ms { probe shape session }"),
    ("programs", "probe emit a; probe emit b"),
    ("idle", "with idle_timeout=10s { probe emit a; echo b }"),
    ("atomic", "with atomic=true { echo new > file; cat in >> file }"),
    ("retry", "with retry=2, backoff=1ms { probe emit a }"),
    ("limits", "with umask=\"022\", nice=1, file_size=1M, cwd=\"/\" { probe emit a }"),
    ("try", "let r = try { probe exit 3 }; if (r.status != 3) { fail r.error.message }; echo ${r.status}"),
    ("condition", "if probe drain 1 < in { echo yes } else { echo no }"),
    ("methods", "write(\"file\", read(\"in\")); cat file; for f in * { echo $f }"),
    ("detach", "with detach=true { probe exit 0 & }; sleep 50ms"),
];

/// A pseudo-call: all descriptors above this number are used up, for programs too.
const LIMIT: &str = "ulimit -n";

/// The calls that fail, and their errors.
const FAULTS: &[(&str, &[&str])] = &[
    ("clone3", &["EAGAIN", "ENOMEM", "ENOSYS", "EPERM"]),
    ("clone", &["EAGAIN", "ENOMEM"]),
    ("execve", &["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "EIO", "ETXTBSY", "EACCES", "ENOENT", "E2BIG"]),
    ("pipe2", &["EMFILE", "ENFILE"]),
    ("dup3", &["EMFILE", "EBUSY", "EINTR"]),
    ("fcntl", &["EMFILE", "EPERM", "ENOMEM"]),
    ("/^open", &["EMFILE", "ENFILE", "ENOMEM", "EIO", "EINTR", "EACCES", "ENOSPC"]),
    ("read", &["EIO", "EINTR", "EAGAIN"]),
    ("write", &["ENOSPC", "EIO", "EINTR", "EPIPE", "EAGAIN"]),
    ("pwrite64", &["ENOSPC", "EIO", "EINTR"]),
    ("poll", &["EINTR", "ENOMEM"]),
    ("ppoll", &["EINTR", "ENOMEM"]),
    ("rt_sigtimedwait", &["EINTR", "EAGAIN"]),
    ("wait4", &["EINTR"]),
    ("waitid", &["EINTR", "ECHILD"]),
    ("pidfd_open", &["EMFILE", "ENOSYS"]),
    ("pidfd_send_signal", &["EPERM", "ESRCH", "ENOSYS"]),
    ("kill", &["EPERM", "ESRCH"]),
    ("memfd_create", &["EMFILE", "ENOMEM", "ENOSYS"]),
    ("eventfd2", &["EMFILE", "ENFILE", "ENOMEM"]),
    ("mmap", &["ENOMEM", "EAGAIN"]),
    ("mprotect", &["ENOMEM"]),
    ("prctl", &["EINVAL", "EPERM"]),
    ("setpgid", &["EPERM", "ESRCH"]),
    ("setsid", &["EPERM"]),
    ("chdir", &["EIO", "ENOMEM", "EACCES"]),
    ("prlimit64", &["EPERM"]),
    ("setpriority", &["EACCES"]),
    ("ioctl", &["EIO"]),
    ("close_range", &["ENOSYS"]),
    ("openat2", &["ENOSYS", "EPERM"]),
    ("fsync", &["EIO", "ENOSPC", "EDQUOT", "EINTR"]),
    ("linkat", &["EIO", "ENOSPC", "EACCES", "ENOENT"]),
    ("/^rename", &["EIO", "ENOSPC", "EACCES"]),
    ("/^(fchmod|fchown|ftruncate|lseek)$", &["EIO", "EINTR", "EPERM"]),
    ("/^(.*stat.*|faccessat.*|readlink.*)$", &["EIO", "ENOMEM", "EACCES"]),
    ("/^getdents", &["EIO", "ENOMEM"]),
    ("getcwd", &["ENOENT", "ENOMEM"]),
    ("clock_nanosleep", &["EINTR"]),
    (LIMIT, &["EMFILE"]),
];

/// Returns the first and last call of a kind to fail.
fn calls(call: &str, deep: usize) -> RangeInclusive<usize> {
    match call {
        // The first call is made by the C library before `main`, and the process can't continue when that fails.
        "mprotect" => 2..=deep,
        LIMIT => 3..=deep.max(24),
        _ => 1..=deep,
    }
}

/// Returns the text of an errno in a page.
fn reason(errno: &str) -> String {
    let number = match errno {
        "E2BIG" => libc::E2BIG,
        "EACCES" => libc::EACCES,
        "EAGAIN" => libc::EAGAIN,
        "EBUSY" => libc::EBUSY,
        "EDQUOT" => libc::EDQUOT,
        "EINTR" => libc::EINTR,
        "EINVAL" => libc::EINVAL,
        "EIO" => libc::EIO,
        "EMFILE" => libc::EMFILE,
        "ENFILE" => libc::ENFILE,
        "ENOENT" => libc::ENOENT,
        "ENOMEM" => libc::ENOMEM,
        "ENOSPC" => libc::ENOSPC,
        "ENOSYS" => libc::ENOSYS,
        "EPERM" => libc::EPERM,
        "EPIPE" => libc::EPIPE,
        "ESRCH" => libc::ESRCH,
        "ETXTBSY" => libc::ETXTBSY,
        _ => panic!("{errno} is not known"),
    };
    let text = std::io::Error::from_raw_os_error(number).to_string();
    text.split(" (os error").next().expect("split gives one").to_string()
}

/// One fault in one script.
#[derive(Clone)]
struct Fault {
    script: &'static str,
    code: String,
    call: &'static str,
    errno: &'static str,
    /// `3` is the third call; `3+` the third and all later calls.
    when: String,
}

impl Fault {
    /// Returns whether a fault can be tested. Without any access to /proc the interpreter can't see processes to end,
    /// and opening a file there needs no disk space.
    fn is_possible(&self) -> bool {
        let lasting = self.script.ends_with("timed out") && self.when.ends_with('+');
        !(lasting && self.call == "/^open" && ["EACCES", "ENOSPC"].contains(&self.errno))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {}", self.script, self.call, self.errno, self.when)
    }
}

/// The result of a run, and what it left.
struct Ran {
    outcome: Outcome,
    left: Vec<String>,
    /// Names and contents of the files.
    files: BTreeMap<String, Vec<u8>>,
    /// Whether the fault met a call that may fail.
    met: bool,
}

fn run(code: &str, fault: Option<&Fault>) -> Ran {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let marker = format!("FAULTS_MARKER={}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let (name, value) = marker.split_once('=').expect("it has one");
    let base = tempfile::tempdir().expect("a temporary directory");
    let (log, work) = (base.path().join("log"), base.path().join("work"));
    fs::create_dir(&work).expect("it is ours");
    fs::write(work.join("in"), "one\ntwo\nthree\n").expect("it is ours");
    fs::write(work.join("file"), "old\n").expect("it is ours");
    let traced = || Run::new("strace").args(["-f", "-y", "-b", "execve", "-qq", "-o"]).arg(&log);
    let run = match fault {
        None => Run::new("env"),
        Some(Fault { call: LIMIT, when, .. }) => {
            Run::new("bash").args(["-c", &format!("ulimit -n {when} && exec \"$0\" \"$@\"")])
        }
        Some(Fault { call, errno, when, .. }) => traced()
            .arg("-e")
            .arg(format!("trace={call}"))
            .arg("-e")
            .arg(format!("inject={call}:error={errno}:when={when}")),
    };
    let outcome = run
        .arg(support::pipewright())
        .args(["-c", code])
        .env(name, value)
        .env("TMPDIR", &work)
        .dir(&work)
        .timeout(10)
        .run();
    let left = left_after(&marker, Duration::from_millis(500));
    let met = fault.is_some_and(|fault| {
        fault.call == LIMIT || fs::read_to_string(&log).is_ok_and(|log| met(fault, &log))
    });
    Ran { outcome, left, files: files_in(&work), met }
}

fn files_in(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).expect("it is ours").flatten();
    entries
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap_or_default())
        })
        .collect()
}

/// Whether a page names the cause.
fn says_why(fault: &Fault, page: &str) -> bool {
    page.contains(&reason(fault.errno))
        || match (fault.call, fault.errno) {
            // A program may have printed its own reason.
            (LIMIT, _) => page.contains("error[E1001]"),
            // The page itself could not be written.
            ("write", _) => true,
            // The error of pthread_create(3), whatever the cause.
            ("clone" | "clone3" | "mmap" | "mprotect", _) => page.contains(&reason("EAGAIN")),
            // The message has the arguments and their size.
            (_, "E2BIG") => page.contains("more than the kernel takes"),
            // A directory of PATH without access is skipped, and a missing file counts as missing.
            (_, "EACCES" | "ENOENT") => page.contains("error[E1002]") || page.contains("no program probe"),
            _ => false,
        }
}

/// Returns whether a fault met calls that the kernel may refuse, according to strace's log. An eventfd accepts every
/// count until it is full (eventfd(2)), and a thread may wait only for it, so a lasting fault of it is impossible.
fn met(fault: &Fault, log: &str) -> bool {
    let refused = |call: &&str| call.contains("(INJECTED)");
    let lasting = fault.when.ends_with('+');
    log.lines().any(|call| refused(&call))
        && !(lasting && log.lines().filter(refused).any(|call| call.contains("[eventfd]>")))
}

/// Returns the problem of a run with a fault, compared with a run without one.
fn wrong(fault: &Fault, usual: &Ran, ran: &Ran) -> Option<String> {
    let outcome = &ran.outcome;
    if outcome.timed_out {
        return Some("it hangs".into());
    }
    let aborts = outcome.err().contains("memory allocation of");
    if outcome.is_crash() || aborts || outcome.status < 0 {
        return Some("it crashes".into());
    }
    // What can't be seen or killed is at least reported.
    let told = ["can't tell which processes are left", "can't be killed"];
    let told_of_left = told.iter().any(|told| outcome.err().contains(told));
    if !ran.left.is_empty() && !told_of_left {
        return Some(format!("processes are left: {:?}", ran.left));
    }
    if let Some(name) = ran.files.keys().find(|name| !usual.files.contains_key(*name)) {
        return Some(format!("a file is left: {name}"));
    }
    let told = |outcome: &Outcome| {
        let stderr = support::without_times(&outcome.stderr);
        (outcome.status, outcome.stdout.clone(), stderr)
    };
    if !ran.left.is_empty() {
        return None;
    }
    // A line on standard error reports a retry, or that a process may be left.
    let with_a_line = fault.script == "retry" || told_of_left;
    let succeeds = outcome.status == 0 && outcome.stdout == usual.outcome.stdout;
    if with_a_line && succeeds || told(outcome) == told(&usual.outcome) {
        let same = ran.files == usual.files;
        return (!same).then(|| format!("it says nothing, and the files differ: {:?}", ran.files));
    }
    // A run without a reader ends as by SIGPIPE, without a message, because its output is not needed.
    if fault.errno == "EPIPE" && [0, 141].contains(&outcome.status) {
        return None;
    }
    if outcome.status == 0 {
        return Some("it succeeds with another output".into());
    }
    let page = outcome.err();
    match page.matches("error[E").count() {
        1 => {}
        // The fault may have met the page.
        0 if fault.call == "write" => {}
        0 => return Some("it fails without an error".into()),
        n => return Some(format!("{n} errors")),
    }
    if outcome.status != usual.outcome.status && !says_why(fault, &page) {
        return Some(format!("the error does not say: {}", reason(fault.errno)));
    }
    if fault.script == "atomic" && ran.files.get("file").is_none_or(|text| text != b"old\n") {
        return Some("it fails, and has replaced the file".into());
    }
    None
}

/// Returns the faults to try, a list for each script, call and errno. As long as one meets a call, the next is tried.
fn series(selection: &str, deep: usize) -> Vec<Vec<Fault>> {
    let long = "x".repeat(70_000);
    let mut all = Vec::new();
    for (place, (script, code)) in SCRIPTS.iter().enumerate() {
        let code = code.replace("${long}", &long);
        for (kind, (call, errnos)) in FAULTS.iter().enumerate() {
            for (at, errno) in errnos.iter().enumerate() {
                let calls = calls(call, deep);
                let first = *calls.start();
                let fault = |when| Fault { script, code: code.clone(), call, errno, when };
                let mut faults: Vec<Fault> = calls.map(|n| fault(n.to_string())).collect();
                // A call that is only tried again would be tried forever.
                if !["EINTR", "EAGAIN"].contains(errno) && *call != LIMIT {
                    faults.extend((first..first + 3).map(|n| fault(format!("{n}+"))));
                }
                match selection {
                    "all" => {}
                    // Each kind of call is tested in some scripts, with one of its errnos.
                    "" if (place + kind + at) % 9 == 0 => faults.truncate(3),
                    "" => faults.clear(),
                    part => faults.retain(|fault| fault.to_string().contains(part)),
                }
                faults.retain(Fault::is_possible);
                all.push(faults);
            }
        }
    }
    all.retain(|faults| !faults.is_empty());
    all
}

#[test]
fn every_fault_is_answered() {
    if !have("strace") {
        return;
    }
    let selection = std::env::var("FAULTS").unwrap_or_default();
    let series = series(&selection, setting("DEEP", 12) as usize);
    let long = "x".repeat(70_000);
    let usual: BTreeMap<&str, Ran> =
        SCRIPTS.iter().map(|(name, code)| (*name, run(&code.replace("${long}", &long), None))).collect();
    for (name, ran) in &usual {
        assert!(ran.left.is_empty() && [0, 124].contains(&ran.outcome.status), "{name}: {}", ran.outcome);
    }
    let (next, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let problems = Mutex::new(Vec::new());
    let work = || {
        while let Some(faults) = series.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut none_later = false;
            for fault in faults.iter() {
                if none_later && !fault.when.ends_with('+') {
                    continue;
                }
                let ran = run(&fault.code, Some(fault));
                if !ran.met {
                    none_later = true;
                    continue;
                }
                met.fetch_add(1, Ordering::Relaxed);
                if let Some(problem) = wrong(fault, &usual[fault.script], &ran) {
                    let text = format!("{fault}: {problem}\n{}\n", ran.outcome);
                    // Printed at once, because a full test takes long.
                    println!("{text}");
                    problems.lock().expect("nobody panics with it").push(text);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..setting("WORKERS", 2) {
            scope.spawn(work);
        }
    });
    let problems = problems.into_inner().expect("nobody panics with it");
    println!("{} faults, {} without a clear answer", met.into_inner(), problems.len());
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}
