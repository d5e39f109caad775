//! Loops side by side beside other programs that run many commands at once, in one run: `cargo bench --bench turns`. The
//! figures of docs/PERFORMANCE.md come from here. `rounds` says how they are measured.

mod rounds;

use rounds::Workload;
use std::env;
use std::ffi::{CString, c_char};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, floor, count] = &*arguments
        && floor == "--floor"
    {
        return floor_of(count.parse().expect("a count"));
    }
    rounds::run(workloads);
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
