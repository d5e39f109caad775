//! What a sandbox costs beside a plain start and other programs that make one, in one run: `cargo bench --bench sandbox`. The
//! figures of docs/SANDBOX.md come from here. `rounds` says how they are measured.

mod rounds;

use rounds::Workload;
use std::fs;
use std::path::Path;

fn main() {
    rounds::run(workloads);
}

/// The ways to start `/bin/true`, each as a block of Pipewright.
const OPTIONS: &[(&str, &str)] = &[
    ("net, read, write", "net=false, read=[\"/usr\"], write=[\".\"]"),
    ("memory_all, processes_all", "memory_all=1G, processes_all=50"),
    ("isolate", "isolate=true"),
    ("net=\"loopback\"", "net=\"loopback\""),
    ("all of them", "net=\"loopback\", isolate=true, tmp=true, read=[\"/usr\"], write=[\".\"]"),
];

fn workloads(directory: &Path, scale: usize) -> Vec<Workload> {
    let ours = env!("CARGO_BIN_EXE_pipewright");
    let (many, blocks) = (500 / scale.min(50), 100 / scale.min(50));
    let script = |name: &str, text: String| {
        fs::write(directory.join(name), text).expect("a script can be written");
        format!("{ours} {name}")
    };
    let mut in_one =
        vec![("no option", script("one.pw", format!("for n in (1..={many}) {{ /bin/true }}\n")))];
    let mut each =
        vec![("no option", script("each.pw", format!("for n in (1..={blocks}) {{ /bin/true }}\n")))];
    for (place, (name, options)) in OPTIONS.iter().enumerate() {
        let text = format!("with {options} {{ for n in (1..={many}) {{ /bin/true }} }}\n");
        in_one.push((name, script(&format!("one-{place}.pw"), text)));
        let text = format!("for n in (1..={blocks}) {{ with {options} {{ /bin/true }} }}\n");
        each.push((name, script(&format!("each-{place}.pw"), text)));
    }
    let repeated = |command: &str| {
        format!(
            "{command} /bin/true && n=0; while [ $n -lt {blocks} ]; do {command} /bin/true || exit 1; n=$((n + 1)); done"
        )
    };
    each.extend([
        ("bwrap, all shared", repeated("bwrap --ro-bind / /")),
        ("bwrap, own network", repeated("bwrap --ro-bind / / --unshare-net")),
        (
            "bwrap, own everything",
            repeated("bwrap --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin --proc /proc --dev /dev --tmpfs /tmp --unshare-net --unshare-pid"),
        ),
        ("firejail", repeated("firejail --quiet --noprofile --net=none")),
        ("nsjail", repeated("nsjail -Mo -Q -R / --")),
        ("landrun", repeated("landrun --rox /usr")),
    ]);
    vec![
        Workload { name: format!("{many} programs in one block"), programs: in_one },
        Workload { name: format!("{blocks} blocks with one program"), programs: each },
    ]
}
