//! Compares descriptors with bash and dash: `/dev/stdin` and its kin, inherited and closed descriptors,
//! other users.

use crate::support;
use crate::support::{Outcome, Run, have};
use std::fs;
use std::path::Path;

/// Creates a directory with the files that the commands below read: `f` contains a line.
fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("f"), "content\n").expect("a file can be written");
    directory
}

/// Returns the effect of a text: whether it succeeded, what it printed, and what the directory then
/// contains.
fn shown(run: Run, directory: &Path) -> String {
    let outcome = run.dir(directory).stdin("given\n").timeout(20).run();
    assert!(!outcome.timed_out && !outcome.is_crash(), "{outcome}");
    let mut shown = format!("success {}\n{}", outcome.status == 0, outcome.out());
    for path in support::files(directory, "") {
        let content = fs::read_to_string(&path).unwrap_or_default();
        shown += &format!("{}: {content}\n", path.file_name().unwrap_or_default().to_string_lossy());
    }
    shown
}

fn code_of(program: &Path, code: &str) -> String {
    let directory = directory();
    shown(Run::new(program).args(["-c", code]), directory.path())
}

/// Texts that are the same here and in sh.
const ALIKE: &[&str] = &[
    "echo A | cat < /dev/stdin",
    "echo A | cat < /dev/fd/0",
    "echo A | cat < /proc/self/fd/0",
    "echo A | cat < /proc/thread-self/fd/0",
    "echo A > /dev/stdout | cat -n",
    "echo A >> /dev/stdout | cat -n",
    "echo A >| /dev/stdout | cat -n",
    "echo A > /dev/fd/1 | cat -n",
    "echo A > /proc/self/fd/1 | cat -n",
    "echo A 2> /dev/null > /dev/stderr | cat -n",
    "echo A 1> /dev/fd/1 2> /dev/fd/1 | cat -n",
    "{ echo A > /dev/stdout; } | cat -n",
    "{ ls /no 2> /dev/stdout || true; } | grep -c /no",
    "echo A | { cat < /dev/stdin; }",
    "cat < /dev/stdin",
    "{ cat < /dev/stdin; } < f",
    // A file is opened anew, from its beginning, and emptied…
    "{ head -c 2; cat < /dev/stdin; } < f",
    "{ echo one; echo two > /dev/stdout; } > g",
    "{ echo one; echo two >> /dev/stdout; } > g",
    "{ echo one; echo two > /dev/stdout; echo three; } >> g",
    "{ echo hello; echo X 1<> /dev/stdout; } > g",
    "echo x > /dev/stdin < f",
    // …and a pipe is the same one.
    "seq 100000 | { head -n 1; cat < /dev/stdin > /dev/null; }",
    "echo A | { echo B | cat < /dev/fd/3; } 3<&0",
    // Redirections before it on the line count, and those after it don't.
    "cat 3< f < /dev/fd/3",
    "cat < /dev/fd/3 3< f",
    "echo x 3> g > /dev/fd/3",
    "echo x > /dev/fd/3 3> g",
    "cat < f < /dev/stdin",
    "cat < /dev/stdin < f",
    "cat 3< f 4< /dev/fd/3 <&4",
    "echo A 3>&1 > /dev/fd/3 | cat -n",
    "{ echo A > /dev/fd/3; } 3>&1 | cat -n",
    "cat f > /dev/null | cat < /dev/stdin",
    "echo A > /dev/stdout | cat > g",
    "yes > /dev/stdout | head -n 1",
    "echo \"$(echo A > /dev/stdout)\"",
    "echo \"$(ls -d / > /dev/stdout)\"",
    "echo \"$(echo A | cat > /dev/stdout)\"",
    "echo \"$(echo A 2> /dev/null > /dev/stderr)\"",
    // A descriptor that is not open does not exist, and neither does a number in a form that the kernel
    // would not write.
    "cat < /dev/fd/9",
    "echo x > /dev/fd/9",
    "cat < /dev/fd/00",
    "cat < /dev/fd/0/",
    // By links, in another spelling, from another directory.
    "ln -s /dev/stdout out; echo A > out | cat -n; rm out",
    "ln -s out again; ln -s /dev/stdout out; echo A >> again | cat -n; rm out again",
    "ln -s /proc/self/fd all; echo A > all/1 | cat -n; rm all",
    "echo A > /dev/../dev/stdout | cat -n",
    "echo A > //dev/.//stdout | cat -n",
    "cd /dev; echo A > stdout | cat -n",
    "cd /dev; echo A | cat < fd/0",
    "cd /dev/fd; echo A > 1 | cat -n",
    "echo A > loop | cat -n; ln -s loop2 loop2; cat < loop2 || rm loop2",
    // What `test` tells about them.
    "test -p /dev/stdin < f || echo no",
    "echo A | test -p /dev/stdin || echo no",
    "echo A | [ -p /dev/fd/0 ] || echo no",
    "test -f /dev/stdin < f || echo no",
    "test -x /dev/stdin < /bin/ls || echo no",
    "test -x /dev/stdin < f || echo no",
    "test -d /dev/stdin < / || echo no",
    "test -c /dev/stdin < /dev/null || echo no",
    "test -s /dev/fd/3 3< f || echo no",
    "[ f -ef /dev/stdin ] < f || echo no",
    "[ -L /proc/self/fd/0 ] < f || echo no",
    "test -w /dev/stdout > g || echo no",
    "test -e /dev/fd/9 || echo none",
    "test -e /dev/fd/9 9< f || echo none",
    "{ test -e /dev/fd/9 || echo none; } 9< f",
];

/// Texts that differ, or that dash does not have: for bash, and for here.
const OWN_WAY: &[(&str, &str)] = &[
    ("cat <<< hi < /dev/stdin", "cat <<< hi < /dev/stdin"),
    ("cat < /dev/stdin <<< hi", "cat < /dev/stdin <<< hi"),
    ("{ head -c 2; cat < /dev/fd/0; } <<< hello", "{ head -c 2; cat < /dev/fd/0; } <<< hello"),
    ("{ ls /no || true; } &> /dev/stdout | grep -c /no", "{ ls /no || true; } &> /dev/stdout | grep -c /no"),
    ("test -p <(true) || echo no", "test -p <(true) || echo no"),
    ("cat < <(echo A)", "cat < <(echo A)"),
    ("echo A > >(cat -n); wait $!", "echo A > >(cat -n)"),
    ("f() { echo A > /dev/stdout; }; f | cat -n", "fn f() { echo A > /dev/stdout }; f | cat -n"),
    ("f() { cat < /dev/stdin; }; echo A | f", "fn f() { cat < /dev/stdin }; echo A | f"),
    ("f() { cat < \"$1\"; }; f <(echo A)", "fn f(path) { cat < $path }; f <(echo A)"),
    (
        "for i in 1 2; do echo $i > /dev/stdout; done | cat -n",
        "for i in 1 2 { echo $i > /dev/stdout } | cat -n",
    ),
    (
        "seq 2 | while read -r l; do echo $l > /dev/stdout; done | cat -n",
        "seq 2 | each l { echo $l > /dev/stdout } | cat -n",
    ),
    ("if echo A > /dev/stdout; then echo B; fi | cat -n", "if echo A > /dev/stdout { echo B } | cat -n"),
    // The functions for files, for which sh has redirections.
    ("echo A | { cat < /dev/stdin; }", "echo A | { printf %s $[read('/dev/stdin')] }"),
    ("cat < /dev/fd/3 3< f", "printf %s $[read('/dev/fd/3')] 3< f"),
    ("{ cat < /dev/fd/3; } 3< f", "{ printf %s $[read('/dev/fd/3')] } 3< f"),
    ("{ echo A > /dev/stdout; } | cat -n", "{ write('/dev/stdout', $'A\\n') } | cat -n"),
    (
        "{ echo one; echo A >> /dev/stdout; } > g",
        "{ echo one; write('/dev/stdout', $'A\\n', append: true) } > g",
    ),
    ("{ echo A > /dev/fd/5; } 5>&1 | cat -n", "{ write('/dev/fd/5', $'A\\n') } 5>&1 | cat -n"),
    ("f() { cat < \"$1\"; }; f <(echo A)", "fn f(path) { printf %s $[read(path)] }; f <(echo A)"),
    (
        "{ echo true false true; } < f",
        "{ echo $['/dev/stdin'.is_file()] $['/dev/fd/9'.exists()] $['/dev/fd/0'.exists()] } < f",
    ),
    ("echo A | { cat > h; echo false; }", "echo A | { cat > h; echo $['/dev/stdin'.is_file()] }"),
    ("echo true", "{ echo $['/dev/stdin'.file_size() == 8B] } < f"),
];

#[test]
fn names_of_descriptors_mean_those_of_the_stage() {
    let mut differences = Vec::new();
    for shell in ["bash", "dash"].into_iter().filter(|shell| have(shell)) {
        let own_way = if shell == "bash" { OWN_WAY } else { &[] };
        let alike = ALIKE.iter().map(|text| (*text, *text));
        for (theirs, ours) in alike.chain(own_way.iter().copied()) {
            let expected = code_of(Path::new(shell), theirs);
            let found = code_of(&support::pipewright(), ours);
            if expected != found {
                differences.push(format!("{ours}\n-- {shell}: {expected}-- here: {found}"));
            }
        }
    }
    assert!(ALIKE.len() >= 25);
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}

/// A socket can't be opened by its name without another process at its other end. bash reports that,
/// too.
#[test]
fn a_socket_is_copied_and_not_opened() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
    let run = |code: &str| {
        let theirs = std::os::fd::OwnedFd::from(theirs.try_clone().expect("a descriptor is free"));
        let output =
            std::process::Command::new(support::pipewright()).args(["-c", code]).stdin(theirs).output();
        output.expect("it runs")
    };
    std::io::Write::write_all(&mut &ours, b"line\n").expect("it is open");
    let refused = run("cat < /dev/stdin");
    let page = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        page.contains("No such device or address") && page.contains("copy the descriptor: <&0"),
        "{page}"
    );
    assert_eq!(run("head -n 1 <&0").stdout, b"line\n");
}

/// Runs a text in a program that inherits more than the standard streams.
fn with_inherited(program: &Path, code: &str) -> String {
    let directory = directory();
    let outer = Run::new("bash").args(["-c", "exec 7<&- 9> g 8< f; exec \"$0\" -c \"$1\""]);
    shown(outer.arg(program).arg(code), directory.path())
}

#[test]
fn inherited_descriptors_belong_to_the_script_as_in_sh() {
    if !have("bash") || !have("dash") {
        return;
    }
    for code in [
        "echo x >&9",
        "echo x >&9; echo y >&9",
        "{ echo x >&9; } | cat",
        "echo x | cat >&9",
        "echo x > /dev/fd/9",
        "sh -c 'echo x >&9'",
        "sh -c 'echo x >&9' | cat",
        "echo \"$(cat <&8)\"",
        "cat <&8",
        "cat < /dev/fd/8",
        "cat 8< /dev/null <&8",
        "cat <&8 8<&-",
        "sh -c 'cat <&8' 8<&-",
        "{ sh -c 'cat <&8'; } 8<&-",
        "{ cat <&8; } 8<&- || echo no",
        "echo x 9> h >&9",
        "sh -c 'echo x >&9' 9> h",
        "{ sh -c 'echo x >&9'; } 9>&1",
        "cat <&7",
        "test -e /dev/fd/8 || echo no",
        "test -e /dev/fd/7 || echo no",
        "{ test -e /dev/fd/8 || echo no; } 8<&-",
        "probe fds",
        "probe fds | cat",
        "probe fds 8<&-",
        "{ probe fds; } 9>&- 3< f",
    ] {
        let found = with_inherited(&support::pipewright(), code);
        for shell in ["/bin/bash", "/bin/dash"] {
            assert_eq!(found, with_inherited(Path::new(shell), code), "{code}: {shell} and here");
        }
    }
}

#[test]
fn a_substitution_of_an_outer_shell_reaches_the_script() {
    let pipewright = support::pipewright();
    let cat = "cat $[args[0]]";
    let outer = Run::new("bash").args(["-c", "\"$0\" -c \"$1\" <(echo x)"]).arg(&pipewright).arg(cat).run();
    assert_eq!(outer.success().out(), "x\n");
    // The inner one uses another number for itself.
    let nested = format!("{} -c 'cat $[args[0]] <(echo inner)' <(echo outer)", pipewright.display());
    assert_eq!(Run::code(nested).run().success().out(), "outer\ninner\n");
}

#[test]
fn a_jobserver_reaches_a_make_below() {
    if !have("make") {
        return;
    }
    let directory = directory();
    let inner = "all: a b\na b:\n\t@echo $@\n";
    fs::write(directory.path().join("inner"), inner).expect("a file can be written");
    let outer = format!("all:\n\t+@{} -c 'make -f inner'\n", support::pipewright().display());
    fs::write(directory.path().join("outer"), outer).expect("a file can be written");
    let outcome = Run::new("make").args(["-j2", "-f", "outer"]).dir(directory.path()).run().success();
    assert!(!outcome.err().contains("jobserver"), "{outcome}");
}

/// Runs a text in a program whose standard streams are partly closed.
fn with_closed(program: &Path, code: &str, closed: &str) -> Outcome {
    let script = format!("exec \"$0\" -c \"$1\" {closed}");
    let directory = directory();
    Run::new("bash").args(["-c", &script]).arg(program).arg(code).dir(directory.path()).stdin("given\n").run()
}

#[test]
fn a_standard_stream_that_is_closed_stays_closed() {
    if !have("bash") || !have("dash") {
        return;
    }
    for closed in ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"] {
        for code in [
            "echo hi",
            "printf hi",
            "cd /; pwd",
            "true",
            "/bin/echo hi",
            "seq 3 | cat",
            "echo hi | cat >&2",
            "cat",
            "cat < f",
            "ls /no",
            "echo hi >&2",
            "echo hi > /dev/stdout",
            "cat < /dev/stdin",
            "test -e /dev/stdin",
            "test -e /dev/stdout",
            "test \"$(echo hi)\" = hi",
            "{ echo hi; } > g && cat g >&2",
            "{ echo hi > g; cat g; } 1>&2",
            "cat 3<&0",
            "echo hi 3>&1",
        ] {
            let found = with_closed(&support::pipewright(), code, closed);
            assert!(!found.is_crash() && !found.timed_out, "{closed} {code}: {found}");
            for shell in ["/bin/bash", "/bin/dash"] {
                let expected = with_closed(Path::new(shell), code, closed);
                let seen = |outcome: &Outcome| (outcome.status == 0, outcome.out());
                assert_eq!(
                    seen(&found),
                    seen(&expected),
                    "{closed} {code}: {shell} says {expected}, and here {found}"
                );
            }
            let writes = ["echo hi", "printf hi", "cd /; pwd", "/bin/echo hi", "seq 3 | cat", "cat < f"]
                .contains(&code);
            if writes && closed.contains("1>&-") && !closed.contains("2>&-") {
                assert!(found.err().contains("Bad file descriptor"), "{closed} {code}: {found}");
            }
        }
    }
}

#[test]
fn the_programs_own_output_needs_a_standard_output_as_well() {
    for option in ["--version", "--help", "--doctor"] {
        let script = format!("exec \"$0\" {option} 1>&-");
        let outcome = Run::new("bash").args(["-c", &script]).arg(support::pipewright()).run();
        assert!(outcome.status == 1 && outcome.err().contains("Bad file descriptor"), "{option}: {outcome}");
    }
}

/// A file that is opened while a stream is closed gets a higher number, because a program would take it
/// for that stream.
#[test]
fn no_file_of_the_interpreter_lands_on_a_closed_stream() {
    for (closed, code, expected) in [
        ("0<&- 2>&-", "probe fds", "1 outside rw\n"),
        ("0<&- 2>&-", "probe fds | cat", "1 pipe w\n"),
        ("0<&-", "probe fds 3< f", "1 outside rw\n2 outside rw\n3 f r\n"),
        ("0<&-", "with timeout=10s { probe fds }", "1 outside rw\n2 outside rw\n"),
        ("0<&- 2>&-", "echo x | probe fds", "0 given r\n1 outside rw\n"),
    ] {
        let outcome = with_closed(&support::pipewright(), code, closed).success();
        assert_eq!(outcome.out(), expected, "{closed} {code}");
    }
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: only root may run programs as another user");
    }
    root
}

#[test]
fn another_user_may_open_the_pipes_of_the_script_by_name() {
    if !is_root() {
        return;
    }
    let long = "x".repeat(100_000);
    for (code, expected) in [
        ("with user='nobody' { cat <(echo hi) }", "hi\n"),
        ("with user='nobody' { echo hi | cat /dev/stdin }", "hi\n"),
        ("with user='nobody' { echo hi | cat /dev/fd/0 }", "hi\n"),
        ("with user='nobody' { cat /dev/stdin <<< hi }", "hi\n"),
        ("with user='nobody' {\ncat /dev/stdin <<END\nhi\nEND\n}", "hi\n"),
        (&format!("with user='nobody' {{ cat /dev/stdin <<< {long} }} | wc -c"), "100001\n"),
        ("with user='nobody' { sh -c 'echo hi > /dev/stdout' | cat }", "hi\n"),
        ("with user='nobody' { sh -c 'echo hi > /dev/stderr' 2>&1 | cat }", "hi\n"),
        ("with user='nobody' { echo hi | tee /dev/stdout | cat }", "hi\nhi\n"),
        ("with user='nobody' { echo \"$(sh -c 'echo hi > /dev/stdout')\" }", "hi\n"),
        ("echo \"$(with user='nobody' { sh -c 'echo hi > /dev/stdout' })\"", "hi\n"),
        ("echo hi | { with user='nobody' { cat /dev/stdin } }", "hi\n"),
        ("fn f(path) { with user='nobody' { cat $path } }; f <(echo hi)", "hi\n"),
        ("with user='daemon' { echo hi | { with user='nobody' { cat /dev/stdin } } }", "hi\n"),
        ("with user='nobody' { sh -c 'echo hi > $0' >(cat) }", "hi\n"),
    ] {
        let outcome = Run::code(code).run();
        assert_eq!((outcome.status, outcome.out().as_str()), (0, expected), "{code}: {outcome}");
    }
    // Files that the script did not create keep their permissions.
    let outcome = Run::new("bash").args(["-c", "echo hi | \"$0\" -c \"$1\""]).arg(support::pipewright());
    let outcome = outcome.arg("with user='nobody' { cat /dev/stdin }").run();
    assert!(outcome.err().contains("Permission denied"), "{outcome}");
}

#[test]
fn a_user_comes_with_its_groups_in_every_position() {
    if !is_root() || !have("setpriv") {
        return;
    }
    let ids = "sh -c 'id; grep Groups: /proc/self/status'";
    let as_user = |arguments: &str| {
        let code = format!("exec setpriv {arguments} {ids}");
        Run::new("bash").args(["-c", &code]).run().success().out()
    };
    let man = as_user("--reuid=man --regid=man --init-groups");
    for code in [
        "with user='man' { IDS }",
        "with user='games' { with user='man' { IDS } }",
        "with user='games', group='mail' { with user='man' { IDS } }",
        "with group='mail' { with user='man' { IDS } }",
        "fn f() { with user='man' { IDS } }; with user='games' { f }",
    ] {
        assert_eq!(Run::code(code.replace("IDS", ids)).run().success().out(), man, "{code}");
    }
    let mail = as_user("--reuid=man --regid=mail --groups=mail");
    let code = "with user='man', group='mail' { IDS }".replace("IDS", ids);
    assert_eq!(Run::code(code).run().success().out(), mail);
}

#[test]
fn a_user_comes_with_its_variables_unless_they_are_given() {
    if !is_root() {
        return;
    }
    let show = "sh -c 'echo $HOME,$USER,$LOGNAME,$SHELL'";
    let nobody = "/nonexistent,nobody,nobody,/usr/sbin/nologin\n";
    for (code, expected) in [
        ("with user='nobody' { SHOW }", nobody),
        ("with user='daemon' { with user='nobody' { SHOW } }", nobody),
        ("with user=7777 { SHOW }", "/,,,\n"),
        ("with user='nobody', env={HOME: '/x', USER: null} { SHOW }", "/x,,nobody,/usr/sbin/nologin\n"),
        ("with env={HOME: '/x'} { with user='nobody' { SHOW } }", "/x,nobody,nobody,/usr/sbin/nologin\n"),
        ("env.HOME = '/y'; with user='nobody' { SHOW }", nobody),
        ("with user='nobody' { HOME=/z SHOW }", "/z,nobody,nobody,/usr/sbin/nologin\n"),
        ("with clear_env=true, user='nobody' { /usr/bin/env }", ""),
        ("with user='nobody' { true }; SHOW", "/home/nobody,,,/bin/sh\n"),
    ] {
        let outcome = Run::code(code.replace("SHOW", show)).env("SHELL", "/bin/sh").run();
        assert_eq!((outcome.status, outcome.out().as_str()), (0, expected), "{code}: {outcome}");
    }
}
