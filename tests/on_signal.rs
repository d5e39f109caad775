//! `on SIGNAL { … }` with real signals, while the script runs, waits, or is at the prompt.

use crate::support::home::prompt;
use crate::support::{Run, setting};

/// Runs a script, which succeeds without a message. Returns what it printed.
fn run(script: &str) -> String {
    let outcome = Run::code(script).run();
    let (out, err) = (String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&outcome.stderr));
    assert_eq!((outcome.status, &*err), (0, ""), "{script}\n{out}");
    out.into_owned()
}

/// A job that sends a signal to the script as soon as the script waits.
const SEND: &str = "sh -c 'sleep 0.05; kill -USR1 $PPID' &\n";

/// Runs a script whose `WAIT` ends because its handler ran.
fn handled_in(wait: &str) {
    let script = format!("on USR1 {{ echo handled; touch done }}\n{SEND}{wait}\nrm done\necho on\n");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let outcome = Run::code(&script).dir(directory.path()).run();
    let (out, err) = (String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&outcome.stderr));
    assert_eq!((outcome.status, &*out, &*err), (0, "handled\non\n", ""), "{script}");
}

#[test]
fn a_handler_runs_while_the_script_waits() {
    let until_done = "sh -c 'until [ -e done ]; do sleep 0.01; done'";
    handled_in(until_done);
    handled_in(&format!("{until_done} | cat"));
    handled_in(&format!("{until_done} &\nwait"));
    handled_in(&format!("let job = spawn {{ {until_done} }}\njob.wait()"));
    handled_in("while (not \"done\".exists()) { sleep 10ms }");
    handled_in("while (not \"done\".exists()) { }");
    handled_in(&format!("for n in (1..=2) with jobs=2 {{ {until_done} }}"));
    handled_in(&format!("let s = service {{ {until_done} }}\nwait"));
    handled_in(&format!("let s = service {{ {until_done} }}\ns.wait()"));
    handled_in(&format!("if (true) {{ {until_done} > out.txt 2> err.txt }}"));
}

#[test]
fn a_sleep_goes_on_after_the_handler() {
    let out = run(&format!("on USR1 {{ echo handled }}\n{SEND}sleep 300ms\necho on\n"));
    assert_eq!(out, "handled\non\n");
}

#[test]
fn a_handler_runs_while_a_line_is_awaited() {
    let script = format!("on USR1 {{ echo handled; touch done }}\n{SEND}each line {{ echo $line }}\n");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let source = format!("sh -c 'until [ -e done ]; do sleep 0.01; done; echo a line' | {} script.pw", bin());
    std::fs::write(directory.path().join("script.pw"), script).expect("a file is written");
    let outcome = Run::new("sh").arg("-c").arg(source).dir(directory.path()).run();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "handled\na line\n");
}

fn bin() -> String {
    crate::support::pipewright().display().to_string()
}

#[test]
fn within_a_capture_and_a_list_it_runs_at_their_end() {
    let send = "sh -c 'kill -USR1 $PPID'";
    let out = run(&format!(
        "on USR1 {{ echo handled }}\nlet x = $({send}; echo captured)\necho $x\n( {send}; echo in the list )\ntrue\n"
    ));
    assert_eq!(out, "handled\ncaptured\nin the list\nhandled\n");
}

#[test]
fn the_second_request_ends_the_script() {
    for signal in ["TERM", "INT"] {
        // Signals less than 50 ms apart are one.
        let script = format!(
            "on TERM, INT {{ echo asked }}\ndefer {{ echo cleaned }}\n\
             sh -c 'kill -{signal} $PPID; sleep 0.2; kill -TERM $PPID; sleep 60'\necho never\n"
        );
        let outcome = Run::code(&script).run();
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), "asked\ncleaned\n", "{signal}");
        assert_eq!(outcome.status, 128 + 15, "{signal}");
    }
    // Also while the handler of the first one hangs.
    let script =
        "on TERM { echo asked; sleep 60 }\nsh -c 'kill -TERM $PPID; sleep 0.2; kill -TERM $PPID; sleep 60'\n";
    let outcome = Run::code(script).run();
    assert_eq!((outcome.status, &*outcome.stdout), (128 + 15, &b"asked\n"[..]));
}

#[test]
fn exit_in_a_handler_ends_the_programs_and_the_script() {
    let script = "on TERM { echo stopping; exit 3 }\n\
                  sh -c 'trap \"echo program ended; exit\" TERM; kill -TERM $PPID; while :; do sleep 0.01; done'\n";
    let outcome = Run::code(script).run();
    assert_eq!((outcome.status, &*outcome.stdout), (3, &b"stopping\nprogram ended\n"[..]));
}

#[test]
fn signals_are_for_the_script_alone() {
    // The handler is not that of jobs and programs: they have the default actions.
    let out = run("on HUP { echo never }\nlet r = try { sh -c 'kill -HUP $$' }\necho $[r.status]\n");
    assert_eq!(out, "129\n");
    // After its block, the signal does what it did before.
    let outcome =
        Run::code("if (true) { on USR1 { echo one }\ntrue }\nsh -c 'kill -USR1 $PPID; sleep 60'\n").run();
    assert_eq!((outcome.status, &*outcome.stdout), (128 + 10, &b""[..]));
    // A signal that is ignored from the start stays ignored.
    let script =
        format!("trap '' HUP; {} -c \"on HUP {{ echo never }}; sh -c 'kill -HUP \\$PPID'; echo on\"", bin());
    let outcome = Run::new("sh").arg("-c").arg(script).run();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "on\n");
}

#[test]
fn no_signal_of_a_storm_is_fatal_and_none_is_lost() {
    let count = 200 * setting("SCALE", 1);
    let script = format!(
        "let seen = 0\non USR1, USR2 {{ seen += 1 }}\n\
         sh -c 'n=0; while [ $n -lt {count} ]; do kill -USR1 $PPID; kill -USR2 $PPID; n=$((n+1)); done'\n\
         let before = seen\nsh -c 'kill -USR1 $PPID'\necho $[before >= 1 and before <= {}] $[seen - before]\n",
        2 * count
    );
    assert_eq!(run(&script), "true 1\n");
}

#[test]
fn with_guard_signals_reach_the_handler() {
    let script = "on HUP { echo handled }\nsh -c 'kill -HUP $(ps -o ppid= -p $PPID); sleep 0.2'\n";
    let outcome = Run::pipewright().args(["--guard", "-c", script]).run();
    assert_eq!(
        String::from_utf8_lossy(&outcome.stdout),
        "handled\n",
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
}

#[test]
fn an_entry_of_a_prompt_handles_signals_while_it_runs() {
    let (_home, mut terminal) = prompt();
    for signal in ["USR1", "HUP", "TERM", "WINCH"] {
        let entry =
            format!("on {signal} {{ echo handled }}; sh -c 'kill -{signal} $PPID; sleep 0.1'; echo on");
        assert_eq!(terminal.run(&entry), "handled\non\n", "{signal}");
    }
    let page = terminal.run("on INT { echo no }; sleep 1");
    assert!(page.contains("E0366"), "{page}");
    assert_eq!(terminal.run("echo still here"), "still here\n");
}
