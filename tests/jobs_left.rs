//! Tests the fate of the prompt's jobs when the prompt ends, and of jobs that other processes signal,
//! on a real terminal.
use crate::support;
use crate::support::home::{Home, prompt};
use crate::support::marked::{left_after, processes_with};
use crate::support::pty::Terminal;
use crate::support::tmux::Tmux;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CTRL_C: &str = "\x03";
const CTRL_Z: &str = "\x1a";

/// A time that is ample even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a prompt whose processes can be identified by an entry of their environment.
fn marked(name: &str) -> (Home, Terminal, String) {
    let home = Home::new();
    let value = format!("{name}-{}", std::process::id());
    let mut terminal = Terminal::start(home.command().env("MARKED", &value));
    terminal.ready();
    (home, terminal, format!("MARKED={value}"))
}

/// Starts one job that is stopped, one that ignores HUP and one that runs in the interpreter, and sends
/// a line to a program in the foreground.
fn busy(terminal: &mut Terminal) {
    terminal.start_line("cat -n");
    terminal.keys("a\n");
    terminal.expect("\ta\n");
    terminal.keys(CTRL_Z);
    terminal.expect("[1] stopped: cat");
    terminal.ready();
    terminal.run("sh -c 'trap \"\" HUP; echo > deaf; while :; do sleep 0.1; done' &");
    terminal.run("while true { sleep 0.01 } &");
    terminal.run("while test ! -e deaf { sleep 0.01 }");
    terminal.start_line("cat -n");
    terminal.keys("b\n");
    terminal.expect("\tb\n");
}

fn pid(terminal: &Terminal) -> Pid {
    i32::try_from(terminal.pid()).ok().and_then(Pid::from_raw).expect("it runs")
}

#[track_caller]
fn nothing_is_left(marker: &str) {
    let left = left_after(marker, PATIENCE);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn sighup_ends_the_prompt_and_all_its_jobs() {
    let (_home, mut terminal, marker) = marked("hangup");
    busy(&mut terminal);
    kill_process(pid(&terminal), Signal::HUP).expect("it is ours");
    assert_eq!(terminal.end().0.code(), Some(129));
    nothing_is_left(&marker);
}

#[test]
fn sighup_ends_a_prompt_that_waits_for_a_key() {
    let (_home, mut terminal) = prompt();
    terminal.keys("echo never");
    terminal.expect("echo never");
    kill_process(pid(&terminal), Signal::HUP).expect("it is ours");
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(129), "{shown}");
}

#[test]
fn sigkill_of_the_prompt_ends_its_jobs() {
    let (_home, mut terminal, marker) = marked("killed");
    busy(&mut terminal);
    kill_process(pid(&terminal), Signal::KILL).expect("it is ours");
    terminal.end();
    nothing_is_left(&marker);
}

#[test]
fn leaving_the_prompt_ends_its_jobs_except_detached_ones() {
    let (_home, mut terminal, marker) = marked("left");
    busy(&mut terminal);
    terminal.keys(CTRL_C);
    terminal.ready();
    terminal.run("with detach=true { sh -c 'exec sleep 1000' > /dev/null 2>&1 }");
    terminal.line("exit 3");
    terminal.expect("jobs are stopped; leave again to end them");
    terminal.line("exit 3");
    assert_eq!(terminal.end().0.code(), Some(3));
    let deadline = Instant::now() + PATIENCE;
    while processes_with(&marker).len() != 1 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let left = left_after(&marker, Duration::ZERO);
    assert!(matches!(&*left, [one] if one.contains("(sleep)")), "{left:?}");
}

#[test]
fn an_editor_that_is_stopped_saves_what_was_typed_when_the_prompt_is_left() {
    if !support::have("vim") {
        return;
    }
    let (home, mut terminal, marker) = marked("editor");
    terminal.start_line("vim -u NONE notes");
    terminal.expect("notes");
    // The text is in its swap file once it is asked to end.
    terminal.keys(":set updatecount=10000 updatetime=60000\riwhat was typed\x1b");
    terminal.expect("what was typed");
    terminal.keys(CTRL_Z);
    terminal.expect("[1] stopped: vim");
    terminal.ready();
    terminal.line("exit");
    terminal.expect("leave again to end it");
    terminal.line("exit");
    assert_eq!(terminal.end().0.code(), Some(0));
    let saved = std::fs::read(home.path().join(".notes.swp")).expect("vim has saved it");
    assert!(memchr::memmem::find(&saved, b"what was typed").is_some());
    nothing_is_left(&marker);
}

#[test]
fn stops_and_continues_by_other_processes_are_reported() {
    let (_home, mut terminal, marker) = marked("others");
    for alone in [false, true] {
        terminal.run("sh -c 'until test -e go; do sleep 0.01; done' &");
        let sent = |signal| {
            let all = processes_with(&marker);
            let (pid, _) = all.iter().find(|(_, name)| name.contains("(sh)")).expect("the job runs");
            let group = rustix::process::getpgid(Some(*pid)).expect("it runs");
            if alone { kill_process(*pid, signal) } else { kill_process_group(group, signal) }
                .expect("it is ours");
        };
        let deadline = Instant::now() + PATIENCE;
        while !processes_with(&marker).iter().any(|(_, name)| name.contains("(sh)")) {
            assert!(Instant::now() < deadline, "the job does not run");
        }
        sent(Signal::STOP);
        let mut shown = String::new();
        while !shown.contains("[1] stopped: sh") {
            shown = terminal.run("sleep 0.01");
        }
        assert!(terminal.run("jobs").contains(" Stopped sh"));
        sent(Signal::CONT);
        while !shown.contains("[1] continued: sh") {
            shown = terminal.run("sleep 0.01");
        }
        assert!(terminal.run("jobs").contains(" Running sh"));
        terminal.run("echo > go; wait; rm go");
    }
}

#[test]
fn a_call_that_was_stopped_shows_its_value_when_it_ends() {
    let (_home, mut terminal) = prompt();
    terminal.run("fn answer() { cat -n; return [40, 2].sum() }");
    terminal.start_line("answer()");
    terminal.keys("a\n");
    terminal.expect("\ta\n");
    terminal.keys(CTRL_Z);
    terminal.expect("[1] stopped: answer()");
    terminal.ready();
    terminal.start_line("fg");
    terminal.keys("\x04");
    assert!(terminal.ready().ends_with("42\n"));
}

#[test]
fn under_tmux_jobs_are_controlled_and_end_with_the_pane() {
    if !support::have("tmux") {
        return;
    }
    let home = Home::new();
    let marker = format!("MARKED=tmux-{}", std::process::id());
    let tmux = Tmux(home.path());
    let directory = home.path().display().to_string();
    let prompt = format!(
        "cd '{directory}'; exec env NO_COLOR=1 HOME='{directory}' '{marker}' '{}'",
        support::pipewright().display()
    );
    tmux.run(&["new-session", "-d", "-x", "80", "-y", "24", &prompt]);
    tmux.expect("~ >");
    tmux.keys(&["echo beg'ins'; cat -n", "Enter"]);
    tmux.expect("\nbegins");
    tmux.keys(&["one", "Enter"]);
    tmux.expect("1  one");
    tmux.keys(&["C-z"]);
    tmux.expect("[1] stopped: echo");
    tmux.expect("1 job >");
    tmux.keys(&["echo mean'while'", "Enter"]);
    tmux.expect("\nmeanwhile\n~ 1 job >");
    tmux.keys(&["fg", "Enter"]);
    tmux.expect("fg\necho");
    tmux.keys(&["two", "Enter"]);
    tmux.expect("2  two");
    tmux.keys(&["C-z"]);
    tmux.expect("2  two\n^Z\n[1] stopped: echo");
    tmux.expect("148 1 job >");
    tmux.keys(&["sh -c 'while :; do sleep 0.1; done' &", "Enter"]);
    tmux.expect("2 jobs >");
    tmux.keys(&["echo beg'ins again'; cat -n", "Enter"]);
    tmux.expect("\nbegins again");
    tmux.keys(&["three", "Enter"]);
    tmux.expect("1  three");
    tmux.run(&["kill-pane", "-t", "0"]);
    nothing_is_left(&marker);
}

/// A separate sshd(8) on the loopback interface, with its own keys.
struct Sshd {
    directory: TempDir,
    server: Child,
    port: u16,
}

impl Sshd {
    /// Starts it; none if there is no such program.
    fn start() -> Option<Self> {
        let program = "/usr/sbin/sshd";
        if !support::have(program) || !support::have("ssh") || !support::have("ssh-keygen") {
            return None;
        }
        // The service creates it at boot, and sshd does not run without it.
        let _ = std::fs::create_dir("/run/sshd");
        let directory = TempDir::new().expect("a temporary directory");
        let at = directory.path().display().to_string();
        for key in ["host", "user"] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(directory.path().join(key));
            assert!(command.status().expect("ssh-keygen starts").success());
        }
        // A port that was free a moment ago.
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let settings = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {at}/host\nAuthorizedKeysFile {at}/user.pub\nPidFile none\n\
             UsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\nPrintMotd no\nPrintLastLog no\n"
        );
        std::fs::write(directory.path().join("settings"), settings).expect("it is ours");
        let mut command = Command::new(program);
        command.args(["-D", "-e", "-f"]).arg(format!("{at}/settings")).stdin(Stdio::null());
        let log = File::create(directory.path().join("log")).expect("it is ours");
        let server = command.stderr(log).spawn().expect("sshd starts");
        let sshd = Self { directory, server, port };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "sshd does not listen: {}", sshd.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(sshd)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Runs a command on a terminal at the remote end.
    fn connect(&self, remote: &str) -> Terminal {
        let mut command = Command::new("ssh");
        command.args(["-tt", "-F", "none", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]);
        command.args([
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "IdentitiesOnly=yes",
        ]);
        command.arg("-i").arg(self.directory.path().join("user")).args(["-p", &self.port.to_string()]);
        Terminal::start(command.args(["127.0.0.1", remote]).env("TERM", "xterm-256color"))
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn over_ssh_jobs_are_controlled_and_end_with_the_connection() {
    let Some(sshd) = Sshd::start() else { return };
    let home = Home::new();
    let marker = format!("MARKED=ssh-{}", std::process::id());
    let directory = home.path().display();
    let mut terminal = sshd.connect(&format!(
        "cd '{directory}' && exec env NO_COLOR=1 HOME='{directory}' '{marker}' '{}'",
        support::pipewright().display()
    ));
    terminal.ready();
    terminal.start_line("cat -n");
    terminal.keys("one\n");
    terminal.expect("\tone\n");
    terminal.keys(CTRL_Z);
    terminal.expect("[1] stopped: cat");
    terminal.ready();
    terminal.start_line("fg");
    terminal.keys("two\n");
    terminal.expect("\ttwo\n");
    terminal.keys(CTRL_C);
    terminal.ready();
    busy(&mut terminal);
    // The connection is lost.
    kill_process(pid(&terminal), Signal::KILL).expect("it is ours");
    nothing_is_left(&marker);
}
