//! Loops side by side beside other programs that run many commands at once, in one run: `cargo bench --bench turns`. The
//! figures of docs/PERFORMANCE.md come from here.
//!
//! Each round runs all programs of a workload once, in turn, so that what else the machine does hits all alike. A ratio is
//! the median of the rounds' ratios to the first program of the workload, in wall time and in processor time (of all
//! processes). `ROUNDS=21 ONLY=held SCALE=1` takes more rounds of the workloads whose name holds "held"; SCALE=10 makes
//! all of them ten times smaller. A program that is not installed is left out.

use std::env;
use std::ffi::{CString, c_char};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

struct Workload {
    name: String,
    /// Programs by name, each with a line for sh. The first is what the others are compared with.
    programs: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy)]
struct Measured {
    wall: f64,
    cpu: f64,
    /// The most that one process had, in KiB.
    memory: i64,
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, floor, count] = &*arguments
        && floor == "--floor"
    {
        return floor_of(count.parse().expect("a count"));
    }
    let number = |name, default| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (rounds, scale) = (number("ROUNDS", 5), number("SCALE", 1));
    let only = env::var("ONLY").unwrap_or_default();
    let directory = env::temp_dir().join(format!("pipewright-bench-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory can be made");
    for workload in workloads(&directory, scale).into_iter().filter(|workload| workload.name.contains(&only))
    {
        println!("{:<44}{:>10}{:>8}{:>8}{:>10}", workload.name, "ms", "wall", "cpu", "KiB");
        let programs: Vec<_> = workload.programs.iter().filter(|(_, line)| is_installed(line)).collect();
        let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); programs.len()];
        for round in 0..=rounds {
            for place in 0..programs.len() {
                let place = (place + round) % programs.len();
                let once = measure(&programs[place].1, &directory);
                // The first round warms the caches.
                if round > 0 {
                    measured[place].push(once);
                }
            }
        }
        for ((name, _), own) in programs.iter().zip(&measured) {
            let ratio = |of: fn(&Measured) -> f64| {
                median(own.iter().zip(&measured[0]).map(|(own, floor)| of(own) / of(floor)).collect())
            };
            println!(
                "  {:<42}{:>10.1}{:>8.2}{:>8.2}{:>10}",
                name,
                median(own.iter().map(|once| once.wall).collect()) * 1e3,
                ratio(|once| once.wall),
                ratio(|once| once.cpu),
                own.iter().map(|once| once.memory).max().unwrap_or(0),
            );
        }
    }
    let _ = fs::remove_dir_all(&directory);
}

fn workloads(directory: &Path, scale: usize) -> Vec<Workload> {
    let ours = env!("CARGO_BIN_EXE_pipewright");
    let this = env::current_exe().expect("this program has a path");
    let this = this.display();
    let file = |name: &str, bytes: &[u8], times: usize| {
        let mut file = File::create(directory.join(name)).expect("a file can be made");
        (0..times).for_each(|_| file.write_all(bytes).expect("a file can be written"));
    };
    let script = |name: &str, text: String| {
        fs::write(directory.join(name), text).expect("a script can be written");
        format!("{ours} {name}")
    };
    let count = 10_000 / scale;
    let words: String = (1..=count).map(|n| format!("{n}\n")).collect();
    file("words", words.as_bytes(), 1);
    let mebibytes = 1024 / scale;
    file("one", &[b'x'; 1 << 20], mebibytes);
    file("two", &[b'y'; 1 << 20], mebibytes);
    let sleeps: String = "0.5\n".repeat(200);
    file("sleeps", sleeps.as_bytes(), 1);
    let each = |jobs: &str| format!("each n{jobs} {{ /bin/true $n }} < words");
    vec![
        Workload {
            name: format!("{count} × true, two at a time"),
            programs: vec![
                ("posix_spawn(3)", format!("{this} --floor {count}")),
                ("Pipewright", script("true.pw", each(" with jobs=2"))),
                ("xargs", "xargs -P2 -n1 /bin/true < words".into()),
                ("busybox xargs", "busybox xargs -P2 -n1 /bin/true < words".into()),
                ("xe", "xe -j2 /bin/true {} < words".into()),
                ("rust-parallel", "rust-parallel -j2 /bin/true < words".into()),
                ("GNU parallel", "parallel -j2 /bin/true {} < words".into()),
            ],
        },
        Workload {
            name: format!("{count} × true, one after another"),
            programs: vec![
                ("Pipewright, a plain loop", script("plain.pw", each(""))),
                ("Pipewright, jobs=1", script("one.pw", each(" with jobs=1"))),
                ("xargs", "xargs -n1 /bin/true < words".into()),
            ],
        },
        Workload {
            name: format!("held output, 2 × {mebibytes} MiB"),
            programs: vec![
                ("cat one two | cat", "cat one two | cat > /dev/null".into()),
                (
                    "Pipewright",
                    script("held.pw", "for f in one two with jobs=2 { cat $f } | cat > /dev/null\n".into()),
                ),
                ("GNU parallel -k", "parallel -j2 -k cat {} ::: one two | cat > /dev/null".into()),
            ],
        },
        Workload {
            name: "200 × sleep 0.5, 100 at a time".to_owned(),
            programs: vec![
                ("two sleeps", "sleep 0.5; sleep 0.5".into()),
                (
                    "Pipewright",
                    script("sleep.pw", "each t with jobs=100 { /bin/sleep $t } < sleeps\n".into()),
                ),
                ("xargs", "xargs -P100 -n1 /bin/sleep < sleeps".into()),
            ],
        },
        Workload {
            name: "memory: turns of a builtin, four at a time".to_owned(),
            programs: [("100", 100), ("10,000", 10_000), ("1,000,000", 1_000_000 / scale)]
                .map(|(name, turns)| {
                    let text = format!("for n in (1..={turns}) with jobs=4 {{ true }}\n");
                    (name, script(&format!("memory-{turns}.pw"), text))
                })
                .into(),
        },
    ]
}

/// Runs this many programs, two at a time, by posix_spawn(3) and waitpid(2) and nothing else.
fn floor_of(count: usize) {
    let words: Vec<CString> = (1..=count).map(|n| CString::new(n.to_string()).expect("digits")).collect();
    let wait = || {
        // SAFETY: it waits for any child, and writes nothing.
        assert!(unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) } > 0, "there is a child");
    };
    for (running, word) in words.iter().enumerate() {
        if running >= 2 {
            wait();
        }
        let program = c"/bin/true";
        let argv = [program.as_ptr().cast_mut(), word.as_ptr().cast_mut(), std::ptr::null_mut::<c_char>()];
        let environment = [std::ptr::null_mut::<c_char>()];
        let mut pid = 0;
        // SAFETY: both lists end with a null pointer, and their strings live as long as the call.
        let error = unsafe {
            libc::posix_spawn(
                &raw mut pid,
                program.as_ptr(),
                std::ptr::null(),
                std::ptr::null(),
                argv.as_ptr(),
                environment.as_ptr(),
            )
        };
        assert!(error == 0, "posix_spawn: {error}");
    }
    (0..count.min(2)).for_each(|_| wait());
}

/// Returns whether the first program of a line is there.
fn is_installed(line: &str) -> bool {
    let name = line.split(' ').next().unwrap_or_default();
    let found =
        Command::new("sh").args(["-c", "command -v \"$1\"", "sh", name]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

fn measure(line: &str, directory: &Path) -> Measured {
    let errors = File::create(directory.join("errors")).expect("a file can be made");
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let begun = Instant::now();
    // `reap` waits for it, and learns what it used.
    #[allow(clippy::zombie_processes)]
    let child = command.spawn().expect("sh starts");
    let (succeeded, usage) = reap(child.id());
    let wall = begun.elapsed().as_secs_f64();
    let printed = || fs::read_to_string(directory.join("errors")).unwrap_or_default();
    assert!(succeeded, "{line} failed: {}", printed());
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Measured { wall, cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), memory: usage.ru_maxrss }
}

/// Waits for a child. Returns whether it exited with 0, and what it and its own children used.
fn reap(pid: u32) -> (bool, libc::rusage) {
    let mut status = 0;
    // SAFETY: all zeros is a valid rusage, and the call fills it in.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers live, and nothing else waits for this child.
    let reaped = unsafe { libc::wait4(pid as libc::pid_t, &raw mut status, 0, &raw mut usage) };
    assert!(reaped == pid as libc::pid_t, "a child can be awaited");
    (libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, usage)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
