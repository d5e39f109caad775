//! Job control of the prompt, on a real terminal.
use crate::support;
use crate::support::home::{Home, prompt};
use crate::support::pty::Terminal;
use std::os::unix::process::CommandExt;

/// A key of the terminal.
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_Z: &str = "\x1a";
const CTRL_BACKSLASH: &str = "\x1c";

/// Sends a line to `cat -n`, which shows it.
fn numbered(terminal: &mut Terminal, line: &str) {
    terminal.keys(&format!("{line}\n"));
    terminal.expect(&format!("\t{line}\n"));
}

/// Stops the running program, which the prompt reports.
fn stop(terminal: &mut Terminal, told: &str) {
    terminal.keys(CTRL_Z);
    terminal.expect(told);
    terminal.ready();
}

/// Runs `cat -n`, stops it, and continues it in the foreground.
fn cat_continued(terminal: &mut Terminal) {
    terminal.start_line("cat -n");
    numbered(terminal, "a");
    stop(terminal, "[1] stopped: cat");
    terminal.start_line("fg");
    numbered(terminal, "b");
}

#[test]
fn ctrl_c_ends_all_of_an_entry() {
    let (_home, mut terminal) = prompt();
    for endless in [
        "cat -n",
        "cat -n; echo not this",
        "cat -n || echo not this",
        "while true { cat -n || echo not this }",
        "fn f() { cat -n; echo not this }; try { f } catch e { echo not this }",
        "{ cat -n; echo not this } | cat",
        "cat -n | { cat; echo not this }",
        "let x = $(cat -n >&2); echo not this",
        "printf 'it %s\n' runs; while true { let n = 1 }",
        "printf 'it %s\n' runs; sleep 1000 || echo not this",
        "printf 'it %s\n' runs; sleep 1000 & wait || echo not this",
    ] {
        terminal.start_line(endless);
        if endless.contains("cat -n") {
            numbered(&mut terminal, "a")
        } else {
            drop(terminal.expect("it runs\n"))
        }
        terminal.keys(CTRL_C);
        let shown = terminal.ready();
        assert!(!shown.contains("not this"), "{endless}: {shown}");
    }
    assert_eq!(terminal.run("echo on"), "on\n");
}

/// A program that handles Ctrl-C itself; `gone` tells it what status to exit with.
const HEEDS: &str = r#"
import os, select, signal, sys
def heed(number, frame):
    print("heeded", number, file=sys.stderr)
for number in [signal.SIGINT, signal.SIGQUIT]:
    signal.signal(number, heed)
print("ready", file=sys.stderr)
while True:
    # A blocking read would let a signal wait that came just before it.
    if select.select([0], [], [], 0.01)[0]:
        line = os.read(0, 100).decode()
        if line.startswith("exit"):
            sys.exit(int(line[4:]))
        print("read", line, end="", file=sys.stderr)
"#;

#[test]
fn a_program_that_handles_ctrl_c_continues() {
    let (home, mut terminal) = prompt();
    if !support::have("python3") {
        return;
    }
    std::fs::write(home.path().join("heeds.py"), HEEDS).expect("it is ours");
    for (entry, key, heeded) in [
        ("python3 -u heeds.py; echo and 'then'", CTRL_C, "heeded 2\n"),
        ("python3 -u heeds.py; echo and 'then'", CTRL_BACKSLASH, "heeded 3\n"),
        ("fn both() { python3 -u heeds.py; echo and 'then' }; both", CTRL_C, "heeded 2\n"),
        ("python3 -u heeds.py | cat -; echo and 'then'", CTRL_BACKSLASH, "heeded 3\n"),
        ("{ python3 -u heeds.py }; echo and 'then'", CTRL_C, "heeded 2\n"),
    ] {
        terminal.start_line(entry);
        terminal.expect("ready\n");
        for _ in 0..3 {
            terminal.keys(key);
            if entry.contains("cat") {
                break;
            }
            terminal.expect(heeded);
        }
        if entry.contains("cat") {
            // That stage died of it: no more output comes, once the other stage has ended.
            terminal.keys("exit 0\n");
            let shown = terminal.ready();
            assert!(!shown.contains("and then"), "{entry}: {shown}");
            continue;
        }
        terminal.keys("more\n");
        terminal.expect("read more\n");
        terminal.keys("exit 0\n");
        let shown = terminal.ready();
        assert!(shown.contains("and then\n"), "{entry}: {shown}");
    }
    // It decides itself how it ends. A separate key ends what follows it.
    terminal.start_line("python3 -u heeds.py || cat -n; echo not 'this'");
    terminal.expect("ready\n");
    terminal.keys(CTRL_C);
    terminal.expect("heeded 2\n");
    terminal.keys("exit 3\n");
    numbered(&mut terminal, "second");
    terminal.keys(CTRL_C);
    let shown = terminal.ready();
    assert!(!shown.contains("not this"), "{shown}");
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn ctrl_c_at_programs_with_a_prompt_or_a_pager() {
    let (home, mut terminal) = prompt();
    if support::have("sqlite3") {
        terminal.start_line("sqlite3 -interactive :memory:");
        terminal.expect("sqlite> ");
        let numbers = "with recursive n(i) as (select 1 union all select i+1 from n)";
        terminal.keys(&format!("{numbers} select 'be' || 'gins' union all select max(i) from n;\n"));
        terminal.expect("begins\n");
        terminal.keys(CTRL_C);
        terminal.expect("interrupted");
        terminal.expect("sqlite> ");
        terminal.keys(".quit\n");
        terminal.ready();
    }
    if support::have("python3") {
        terminal.start_line("python3 -i -q");
        terminal.expect(">>> ");
        terminal.keys("import time; print('sl' + 'eeps'); [time.sleep(0.01) for _ in iter(int, 1)]\n");
        terminal.expect("sleeps\n");
        terminal.keys(CTRL_C);
        terminal.expect("KeyboardInterrupt");
        terminal.expect(">>> ");
        terminal.keys("print(6 * 7)\n");
        terminal.expect("42\n");
        terminal.keys("exit()\n");
        terminal.ready();
    }
    if support::have("less") {
        std::fs::write(home.path().join("log"), "a line\n").expect("it is ours");
        terminal.start_line("less +F log; echo 'after' less");
        terminal.expect("Waiting for data");
        terminal.keys(CTRL_C);
        // It stops waiting, and reads keys.
        terminal.expect("(END)");
        // It discards what is typed before it has handled the signal.
        while state_of(&terminal, "less").is_some() {
            terminal.keys("q");
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        assert!(terminal.ready().contains("after less\n"));
    }
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn ctrl_backslash_ends_what_runs_and_not_the_prompt() {
    let (_home, mut terminal) = prompt();
    for endless in
        ["sh -c 'ulimit -c 0; echo ready; exec sleep 1000'", "echo ready; while true { let n = 1 }"]
    {
        terminal.start_line(endless);
        terminal.expect("ready\n");
        terminal.keys(CTRL_BACKSLASH);
        terminal.ready();
    }
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn a_program_is_stopped_and_continued() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("cat -n");
    numbered(&mut terminal, "one");
    stop(&mut terminal, "[1] stopped: cat");
    assert!(terminal.run("jobs").contains(" Stopped cat -n"));
    assert_eq!(terminal.run("echo meanwhile"), "meanwhile\n");
    terminal.start_line("fg");
    numbered(&mut terminal, "two");
    // Once more, by number.
    stop(&mut terminal, "[1] stopped: cat");
    terminal.start_line("fg %1");
    numbered(&mut terminal, "three");
    terminal.keys(CTRL_D);
    terminal.ready();
    assert_eq!(terminal.run("jobs"), "");
    assert!(terminal.run("fg").contains("fg: there is no job"));
}

#[test]
fn a_function_is_stopped_and_continues_where_it_was() {
    let (_home, mut terminal) = prompt();
    terminal.run("let count = 1");
    terminal.run("fn two() { cat -n; count = 2; echo \"and then $count\" }");
    terminal.start_line("two");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: two");
    // The prompt still has its variables.
    assert_eq!(terminal.run("echo $count"), "1\n");
    terminal.start_line("fg");
    numbered(&mut terminal, "b");
    terminal.keys(CTRL_D);
    assert!(terminal.ready().contains("and then 2\n"));
    assert_eq!(terminal.run("echo $count"), "1\n");
}

#[test]
fn a_loop_of_builtins_is_stopped() {
    let (home, mut terminal) = prompt();
    terminal.start_line("while test ! -e go { printf 'it %s\n' runs; sleep 0.01 }");
    terminal.expect("it runs\n");
    stop(&mut terminal, "[1] stopped: while");
    let shown = terminal.run("jobs");
    assert!(shown.contains(" Stopped while") && !shown.contains("it runs"), "{shown}");
    std::fs::write(home.path().join("go"), "").expect("it is ours");
    terminal.line("fg");
    terminal.ready();
    assert_eq!(terminal.run("jobs"), "");
}

#[test]
fn a_pipeline_with_a_block_is_stopped() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("{ cat -n; echo end of block } | cat");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: { cat");
    terminal.start_line("fg");
    numbered(&mut terminal, "b");
    terminal.keys(CTRL_D);
    assert!(terminal.ready().contains("end of block\n"));
}

#[test]
fn a_stopped_job_continues_in_the_background() {
    let (home, mut terminal) = prompt();
    terminal.start_line("sh -c 'echo ready; until test -e go; do sleep 0.01; done; echo gone > went'");
    terminal.expect("ready\n");
    stop(&mut terminal, "[1] stopped: sh");
    assert!(terminal.run("bg").contains("[1] sh -c"));
    assert!(terminal.run("jobs").contains(" Running sh -c"));
    std::fs::write(home.path().join("go"), "").expect("it is ours");
    terminal.run("wait");
    assert_eq!(terminal.run("cat went"), "gone\n");
}

#[test]
fn a_job_in_the_background_that_reads_is_stopped_until_it_has_the_terminal() {
    let (_home, mut terminal) = prompt();
    let mut shown = terminal.run("cat -n &");
    while !shown.contains("[1] stopped: cat") {
        shown = terminal.run("sleep 0.01");
    }
    terminal.start_line("fg");
    numbered(&mut terminal, "typed");
    terminal.keys(CTRL_D);
    terminal.ready();
}

#[test]
fn kill_ends_a_job_by_its_number() {
    let (_home, mut terminal) = prompt();
    terminal.run("sh -c 'sleep 1000' &");
    terminal.run("while true { sleep 0.01 } &");
    terminal.start_line("cat -n");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[3] stopped: cat");
    for number in 1..=3 {
        assert_eq!(terminal.run(&format!("kill %{number}; wait %{number}")), "");
    }
    assert_eq!(terminal.run("jobs"), "");
    assert!(terminal.run("kill %1").contains("there is no job %1"));
}

#[test]
fn the_prompt_tells_how_a_job_has_ended() {
    let (_home, mut terminal) = prompt();
    for (job, end, told) in [
        ("sleep 1000 &", "kill %1", "[1] terminated by SIGTERM: sleep 1000\n"),
        ("while true { sleep 0.01 } &", "kill %1", "[1] terminated by SIGTERM: while true"),
        ("sleep 1000 &", "kill -KILL %1", "[1] killed by SIGKILL: sleep 1000\n"),
        ("sleep 1000 &", "kill -INT %1", "[1] ended by SIGINT: sleep 1000\n"),
        ("sh -c 'until test -e go; do sleep 0.01; done; exit 3' &", "echo > go", "[1] status 3: sh -c"),
        ("sh -c 'while test -e go; do sleep 0.01; done' &", "rm go", "[1] done: sh -c"),
    ] {
        let mut shown = terminal.run(job);
        shown += &terminal.run(end);
        while !shown.contains("[1] ") {
            shown = terminal.run("sleep 0.01");
        }
        assert!(shown.contains(told), "{job} {end}: {shown}");
        assert_eq!(terminal.run("jobs"), "");
    }
    // In the foreground, too.
    cat_continued(&mut terminal);
    terminal.keys(CTRL_C);
    terminal.expect("130 >");
}

#[test]
fn a_program_that_is_stopped_alone_stops_its_job() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("sh -c 'kill -STOP $$; echo continued'");
    terminal.expect("[1] stopped: sh");
    terminal.ready();
    assert!(terminal.run("fg").contains("continued\n"));
}

#[test]
fn modes_are_restored_after_a_program_was_killed_or_stopped() {
    let (_home, mut terminal) = prompt();
    let before = terminal.run("stty -a");
    assert!(before.contains(" icanon "), "{before}");
    let page = terminal.run("sh -c 'stty raw -echo; kill -KILL $$'");
    assert!(page.contains("SIGKILL"), "{page}");
    assert_eq!(terminal.run("stty -a"), before);
    terminal.start_line("sh -c 'stty -echo -icanon; kill -TSTP 0; stty -a; stty sane'");
    terminal.expect("[1] stopped: sh");
    terminal.ready();
    assert_eq!(terminal.run("stty -a"), before);
    // The job has its own again.
    assert!(terminal.run("fg").contains(" -icanon "));
    // Settings that stty changes on its own are kept.
    terminal.run("stty -ixon");
    assert!(terminal.run("stty -a").contains(" -ixon "));
}

#[test]
fn leaving_with_a_stopped_job_asks_once() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("cat -n");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: cat");
    terminal.line("exit 0");
    terminal.expect("a job is stopped; leave again to end it");
    terminal.line("exit 0");
    assert_eq!(terminal.end().0.code(), Some(0));
}

#[test]
fn a_prompt_in_a_prompt_has_its_own_jobs() {
    let (_home, mut terminal) = prompt();
    terminal.run("let outer = 1");
    terminal.line(&format!("'{}'", support::pipewright().display()));
    terminal.ready();
    assert!(terminal.run("echo $outer").contains("is not declared"));
    cat_continued(&mut terminal);
    terminal.keys(CTRL_C);
    terminal.ready();
    terminal.line("exit 0");
    terminal.ready();
    assert_eq!(terminal.run("echo $outer"), "1\n");
    assert_eq!(terminal.run("jobs"), "");
}

#[test]
fn vim_is_stopped_continued_and_killed() {
    let home = Home::new();
    if !support::have("vim") {
        return;
    }
    let mut terminal = home.prompt();
    let before = terminal.run("stty -a");
    terminal.line("vim -u NONE -N file");
    terminal.expect("\"file\" [New");
    terminal.keys("ihello\x1b:w\r");
    terminal.expect("written");
    stop(&mut terminal, "[1] stopped: vim");
    assert_eq!(terminal.run("stty -a"), before);
    assert_eq!(terminal.run("cat file"), "hello\n");
    terminal.line("fg");
    terminal.expect("hello");
    terminal.keys(":call system('kill -KILL ' . getpid())\r");
    terminal.ready();
    assert_eq!(terminal.run("stty -a"), before);
}

#[test]
fn time_limits_stand_still_while_a_job_is_stopped() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("with timeout=3s { with idle_timeout=3s { cat -n } }; echo in 'time'");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: with");
    terminal.run("sleep 3.5");
    assert!(terminal.run("jobs").contains(" Stopped with"));
    terminal.start_line("fg");
    numbered(&mut terminal, "b");
    terminal.keys(CTRL_D);
    let shown = terminal.ready();
    assert!(shown.contains("in time\n"), "{shown}");
    // And they take effect once it continues.
    terminal.start_line("with timeout=2s { cat -n }");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: with");
    let page = terminal.run("fg");
    assert!(page.contains("timed out after 2s"), "{page}");
}

/// Returns the state of a program on the terminal, if it runs (proc_pid_stat(5)).
fn state_of(terminal: &Terminal, name: &str) -> Option<String> {
    let (name, session) = (format!("({name})"), terminal.pid().to_string());
    std::fs::read_dir("/proc").expect("procfs").flatten().find_map(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<&str> = stat.split(' ').take(6).collect();
        let [_, comm, state, _, _, of] = &*fields else { return None };
        (*comm == name && *of == session).then(|| (*state).to_string())
    })
}

/// Waits until a program on the terminal sleeps. If a signal comes just before less(1) begins to read, it handles
/// the signal only after the next key.
fn awaits_a_key(terminal: &Terminal, name: &str) {
    while state_of(terminal, name).as_deref() != Some("S") {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[test]
fn a_pager_is_stopped_and_continued() {
    let (home, mut terminal) = prompt();
    if !support::have("less") || !support::have("git") {
        return;
    }
    let lines: String = (1..=100).map(|number| format!("line {number}\n")).collect();
    std::fs::write(home.path().join("long"), lines).expect("it is ours");
    terminal.run(
        "git init -q . && git add long && git -c user.name=a -c user.email=a@b commit -q -m 'a subject'",
    );
    for (pager, text) in [
        ("less long", "line 20"),
        ("cat long | less", "line 20"),
        ("git -c core.pager=less -c core.editor=vi log -p", "a subject"),
    ] {
        terminal.start_line(pager);
        terminal.expect(text);
        awaits_a_key(&terminal, "less");
        stop(&mut terminal, "[1] stopped: ");
        assert_eq!(terminal.run("echo meanwhile"), "meanwhile\n", "{pager}");
        terminal.start_line("fg");
        terminal.expect(text);
        terminal.keys("G");
        terminal.expect("line 100");
        terminal.keys("q");
        terminal.ready();
        assert_eq!(terminal.run("jobs"), "", "{pager}");
    }
}

/// A program that records Ctrl-Z and stops reading for it, as less(1) does. The first one comes just before it
/// reads.
const NOTES: &str = r#"
import os, signal, sys, time
class Noted(Exception): pass
stop, reads, looks = False, False, 0
def note(number, frame):
    global stop
    stop = True
    if reads:
        raise Noted
signal.signal(signal.SIGTSTP, note)
# Python only notes Ctrl-C, too, and would read on where it comes just before.
signal.signal(signal.SIGINT, signal.SIG_DFL)
while True:
    if stop:
        stop = False
        os.kill(os.getpid(), signal.SIGSTOP)
    looks += 1
    if looks == 1:
        print("has looked")
        while not stop:
            time.sleep(0.001)
    try:
        reads = True
        line = os.read(0, 100).decode()
        reads = False
    except Noted:
        reads = False
        continue
    print("read", line, end="")
"#;

#[test]
fn a_program_that_is_about_to_read_when_it_is_stopped_takes_no_key_of_the_prompt() {
    let (home, mut terminal) = prompt();
    if !support::have("python3") {
        return;
    }
    std::fs::write(home.path().join("notes.py"), NOTES).expect("it is ours");
    terminal.start_line("python3 -u notes.py");
    terminal.expect("has looked\n");
    stop(&mut terminal, "[1] stopped: python3");
    assert_eq!(terminal.run("echo mine"), "mine\n");
    terminal.start_line("fg");
    // Each key stops it once.
    for line in ["one", "two"] {
        terminal.keys(&format!("{line}\n"));
        terminal.expect(&format!("read {line}\n"));
    }
    terminal.keys(CTRL_C);
    terminal.ready();
}

#[test]
fn programs_in_a_loop_over_lines_have_the_terminal() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("printf '%s\n' one two three | each name { echo \"now $name\"; cat -n }");
    terminal.expect("now one\n");
    numbered(&mut terminal, "a");
    terminal.keys(CTRL_D);
    terminal.expect("now two\n");
    numbered(&mut terminal, "b");
    stop(&mut terminal, "[1] stopped: printf");
    terminal.start_line("fg");
    numbered(&mut terminal, "c");
    terminal.keys(CTRL_C);
    let shown = terminal.ready();
    assert!(!shown.contains("now three"), "{shown}");
    assert_eq!(terminal.run("jobs"), "");
}

#[test]
fn a_job_beside_that_writes_is_stopped_where_the_terminal_is_set_so() {
    let (_home, mut terminal) = prompt();
    let shown = terminal.run("sh -c 'echo from beside' & wait");
    assert!(shown.contains("from beside\n"), "{shown}");
    terminal.run("stty tostop");
    // Output of the interpreter for a job is stopped like output of its programs.
    for beside in ["sh -c 'echo from beside'", "echo from beside", "{ printf '%s\\n' 'from beside' } >&2"] {
        let mut shown = terminal.run(&format!("{beside} &"));
        while !shown.contains("[1] stopped: ") {
            assert!(!shown.contains("\nfrom beside\n"), "{beside}: {shown}");
            shown = terminal.run("sleep 0.01");
        }
        terminal.start_line("fg");
        terminal.expect("\nfrom beside\n");
        terminal.ready();
    }
    assert_eq!(terminal.run("echo to a file > out & wait; cat out"), "to a file\n");
}

#[test]
fn jobs_are_stopped_whatever_the_prompt_was_started_with() {
    let home = Home::new();
    let mut command = home.command();
    // As tmux 3.3 starts its shells. SAFETY: only system calls, between fork and exec.
    unsafe {
        command.pre_exec(|| {
            for signal in [libc::SIGTTIN, libc::SIGTTOU, libc::SIGTSTP] {
                libc::signal(signal, libc::SIG_IGN);
            }
            Ok(())
        });
    }
    let mut terminal = Terminal::start(&mut command);
    terminal.ready();
    let mut shown = terminal.run("cat &");
    while !shown.contains("[1] stopped: cat") {
        assert!(!shown.contains("error"), "{shown}");
        shown = terminal.run("sleep 0.01");
    }
    terminal.start_line("cat -n");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[2] stopped: cat");
    terminal.run("try { kill -KILL %1 %2 }; wait");
}

#[test]
fn a_shell_in_the_shell_is_suspended_and_continued() {
    let (_home, mut terminal) = prompt();
    terminal.line(&format!("{} -i", crate::support::pipewright().display()));
    terminal.expect("> ");
    terminal.ready();
    assert_eq!(terminal.run("let inner = 'in'"), "");
    terminal.line("suspend");
    terminal.expect("[1] stopped: ");
    terminal.ready();
    assert_eq!(terminal.run("echo ou'ter'"), "outer\n");
    for _ in 0..2 {
        terminal.line("fg");
        terminal.expect("-i\n");
        terminal.ready();
        assert_eq!(terminal.run("echo \"<$inner>\""), "<in>\n");
        terminal.line("suspend");
        terminal.expect("[1] stopped: ");
        terminal.ready();
    }
    terminal.line("fg");
    terminal.expect("-i\n");
    terminal.ready();
    terminal.line("exit");
    terminal.ready();
    assert_eq!(terminal.run("echo ou'ter'"), "outer\n");
    // The first shell of a terminal would never be continued.
    assert!(terminal.run("suspend").contains("suspend: no shell would continue it"));
}

#[test]
fn bash_in_the_shell_is_suspended_and_continued() {
    if !crate::support::have("bash") {
        return;
    }
    let (_home, mut terminal) = prompt();
    terminal.line("env PS1='inner$ ' bash --norc --noprofile -i");
    terminal.expect("inner$ ");
    terminal.line("suspend");
    terminal.expect("[1] stopped: ");
    terminal.ready();
    assert_eq!(terminal.run("echo ou'ter'"), "outer\n");
    terminal.line("fg");
    terminal.expect("-i\n");
    terminal.line("echo in'ner'");
    terminal.expect("\ninner\n");
    // It reads as the prompt does, so only the text tells the two apart.
    terminal.line("exit");
    terminal.expect("exit\n");
    terminal.expect("~ > ");
    terminal.line("echo ou'ter'");
    terminal.expect("\nouter\n");
}
