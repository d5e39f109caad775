//! Tests a file system that does not answer: FUSE without a process behind it. Only SIGKILL ends a call to it, as on
//! a network file system whose server is gone. It is mounted in a namespace of the test, which needs root.

use crate::support;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Run;
use pipewright::{ErrorKind, Output, Script, Session};
use rustix::process::{Pid, Signal, kill_process};

const HANG: Duration = Duration::from_secs(5);

/// Each accesses the file system that is mounted at `dead`.
const ASKS: &[&str] = &[
    "test -e dead/x",
    "[ -d dead ]",
    "let x = 'dead/x'.exists()",
    "let x = 'dead/x'.file_size()",
    "cat < dead/x",
    "echo x > dead/x",
    "cat < dead/x | cat > out",
    "with atomic=true { echo x > dead/x }",
    "let x = read('dead/x')",
    "write('dead/x', 'y')",
    "echo dead/*",
    "echo d*/*",
    "echo **/x",
    "let x = glob('dead/*')",
    "cd dead",
    "cd -P dead",
    "cat < link/x",
    "echo x > link/x",
    "let x = 'link'.exists()",
    "let x = read('deep/link/x')",
    "write('deep/../link/x', 'y')",
    "echo link/*",
    "cd link",
    "link/program",
    "cat < dots/x",
    "env.PATH = 'PLACE/dead:' ++ env.PATH; nonesuch",
    "env.PATH = 'PLACE/link:' ++ env.PATH; let x = $(command -v cat)",
    "with cwd='dead' { echo x }",
    "dead/program",
    "let job = spawn { cat < dead/x }; job.wait()",
    "true | { let x = read('dead/x'); echo $x }",
];

/// Returns a row as it is run in a directory.
fn row(asks: &str, place: &Path) -> String {
    asks.replace("PLACE", &place.display().to_string())
}

/// Mounts it in a directory and runs something there, on a thread with its own view of the mounts. Does nothing if
/// that is not allowed.
fn beside_it(work: impl FnOnce(&Path) + Send) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let mount = directory.path().join("dead");
            std::fs::create_dir(&mount).expect("it is ours");
            let Some(device) = mount_dead(&mount) else {
                eprintln!("no file system can be mounted here");
                return;
            };
            std::os::unix::fs::symlink("dead", directory.path().join("link")).expect("it is ours");
            std::os::unix::fs::symlink("deep/../dead/.", directory.path().join("dots")).expect("it is ours");
            std::fs::create_dir(directory.path().join("deep")).expect("it is ours");
            std::os::unix::fs::symlink("../link", directory.path().join("deep/link")).expect("it is ours");
            work(directory.path());
            // From now on its requests fail, and their callers continue.
            drop(device);
            let path = std::ffi::CString::new(mount.into_os_string().into_encoded_bytes()).expect("no NUL");
            // SAFETY: the path ends in NUL.
            unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH) };
        });
    });
}

fn mount_dead(mount: &Path) -> Option<File> {
    let device = File::options().read(true).write(true).open("/dev/fuse").ok()?;
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0\0", device.as_raw_fd());
    let path = std::ffi::CString::new(mount.as_os_str().as_encoded_bytes()).ok()?;
    let none = std::ptr::null();
    // SAFETY: system calls with texts that end in NUL.
    unsafe {
        if libc::unshare(libc::CLONE_NEWNS) != 0
            || libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, none.cast()) != 0
        {
            return None;
        }
        let mounted =
            libc::mount(c"dead".as_ptr(), path.as_ptr(), c"fuse".as_ptr(), 0, options.as_ptr().cast());
        (mounted == 0).then_some(device)
    }
}

#[test]
fn a_time_limit_ends_each() {
    beside_it(|place| {
        for asks in ASKS {
            let code = format!("defer {{ echo deferred }}\nwith timeout=300ms {{ {} }}", row(asks, place));
            let outcome = Run::code(code).dir(place).timeout(20).run();
            assert!(!outcome.timed_out && outcome.elapsed < HANG, "{asks}: {outcome}");
            assert_eq!((outcome.status, &*outcome.out()), (124, "deferred\n"), "{asks}: {outcome}");
        }
    });
}

/// A policy resolves the symbolic links of a path that it judges.
#[test]
fn a_time_limit_ends_each_under_a_policy() {
    beside_it(|place| {
        let all = "run = ['/**']\nread = ['/**']\nwrite = ['/**']\nappend = ['/**']\ndirectory = ['/**']\nenv = ['PATH']\n";
        std::fs::write(place.join("policy"), format!("[allow]\n{all}")).expect("there is room");
        for asks in ASKS {
            let code = format!("defer {{ echo deferred }}\nwith timeout=300ms {{ {} }}", row(asks, place));
            let run = Run::pipewright().args(["--policy", "policy", "-c", &code]);
            let outcome = run.dir(place).timeout(20).run();
            assert!(!outcome.timed_out && outcome.elapsed < HANG, "{asks}: {outcome}");
            assert_eq!((outcome.status, &*outcome.out()), (124, "deferred\n"), "{asks}: {outcome}");
        }
    });
}

#[test]
fn a_signal_ends_each() {
    beside_it(|place| {
        for asks in ASKS {
            let mut child = Command::new(support::pipewright())
                .args(["-c", &format!("defer {{ echo deferred }}\n/bin/echo begun; {}", row(asks, place))])
                .current_dir(place)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            let mut out = BufReader::new(child.stdout.take().expect("it is a pipe"));
            let mut text = String::new();
            out.read_line(&mut text).expect("it is text");
            let started = Instant::now();
            kill_process(Pid::from_child(&child), Signal::TERM).expect("it is ours");
            while started.elapsed() < HANG && child.try_wait().expect("it is ours").is_none() {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = child.kill();
            child.wait().expect("it is ours");
            assert!(started.elapsed() < HANG, "{asks}");
            out.read_to_string(&mut text).expect("it is text");
            assert_eq!(text, "begun\ndeferred\n", "{asks}");
        }
    });
}

#[test]
fn a_host_ends_each() {
    beside_it(|place| {
        for asks in ASKS {
            let script = Script::parse("test", row(asks, place))
                .unwrap_or_else(|error| panic!("{}", error.render(false, 100)));
            let mut session = Session::new();
            session.set_cwd(place).expect("it is there");
            session.set_env("PATH", support::path()).expect("it is a name");
            let started = Instant::now();
            let run = session.run(&script).stdout(Output::Null).stderr(Output::Null);
            let error = run.timeout(Duration::from_millis(300)).status().expect_err("it is ended");
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{asks}: {}", error.render(false, 100));
            assert!(started.elapsed() < HANG, "{asks}");
        }
    });
}
