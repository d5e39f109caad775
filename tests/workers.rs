//! Workers: children in Node, Python and C, written as people write them from the documentation of their languages.

use crate::support::{self, Outcome, Run};
use std::process::Command;

/// Runs a script beside the children of `tests/workers`.
fn run(script: &str) -> Outcome {
    let directory = support::root().join("tests/workers");
    Run::pipewright().args(["-c", script]).dir(directory).run()
}

/// Asserts that a script succeeds and prints this.
#[track_caller]
fn prints(script: &str, expected: &str) {
    let outcome = run(script);
    assert_eq!(outcome.out(), expected, "{script}\n{}", outcome.err());
    assert_eq!(outcome.status, 0, "{script}\n{}", outcome.err());
}

#[test]
fn a_child_of_node_answers() {
    if !support::have("node") {
        return;
    }
    prints(
        "let w = worker { node greet.js > /dev/null }\nw.send({hello: 'world'})\necho $[to_json(w.receive())]",
        "{\"bar\":\"foo\",\"baz\":\"world\"}\n",
    );
    let sum = "let w = worker with timeout=30s { node sum.js }\n";
    prints(&format!("{sum}echo $[w.ask({{task: 'sum', a: 5, b: 8}}).result]"), "13\n");
    prints(&format!("{sum}echo $[w.ask({{task: 'echo', text: 'é\u{1F600}'}}).text]"), "é\u{1F600}\n");
    prints(&format!("{sum}echo $[w.ask({{task: 'large', a: 5_000_000}}).text.len()]"), "5000000\n");
    prints(
        &format!("{sum}echo $[w.ask({{task: 'echo', text: 'x'.repeat(5_000_000)}}).text.len()]"),
        "5000000\n",
    );
    prints(&format!("{sum}echo $[w.ask({{task: 'noise', a: 7}}, reply: m => 'result' in m).result] ${{w.receive().noise}} ${{w.receive().noise}}").replace("${w.receive().noise}", "$[w.receive().noise]"), "7 1 2\n");
    prints(&format!("{sum}w.close()\necho $[w.wait()]"), "0\n");
    prints(
        &format!("{sum}let r = try {{ w.ask({{task: 'exit', a: 7}}) }}\necho $[r.error.code] $[w.status]"),
        "E2034 7\n",
    );
    prints(&format!("{sum}let r = try {{ w.ask({{task: 'leave'}}) }}\necho $[r.error.code]"), "E2034\n");
    prints(
        &format!(
            "{sum}let r = try {{ w.ask({{task: 'slow', a: 300}}, timeout: 50ms) }}\necho $[r.error.code] $[w.ask({{task: 'sum', a: 1, b: 1}}).result]"
        ),
        "E2037 2\n",
    );
    prints(
        "let w = worker { node flood.js }\nlet n = 0\nfor m in (w.messages()) { n += 1 }\necho $n",
        "20001\n",
    );
}

#[test]
fn children_in_python_and_c_answer() {
    if support::have("python3") {
        prints("let w = worker { python3 squares.py }\necho $[w.ask(12, timeout: 30s).square]", "144\n");
        prints(
            "let w = worker { python3 bytewise.py }\nfor m in (w.messages()) { echo $[to_json(m)] }",
            "{\"text\":\"né\"}\n\"\u{FFFD}\"\n[1.2345678901234567e19]\n",
        );
        prints(
            "let w = worker { python3 unread.py }\nlet r = try { with timeout=200ms { w.send('x'.repeat(5_000_000)) } }\necho $[r.error.code]\nw.kill()",
            "E3003\n",
        );
    }
    if support::have("cc") {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let program = directory.path().join("double");
        let source = support::root().join("tests/workers/double.c");
        assert!(Command::new("cc").arg("-o").arg(&program).arg(source).status().expect("cc runs").success());
        prints(
            &format!("let w = worker {{ {} }}\necho $[w.ask(21, timeout: 30s)]", program.display()),
            "42\n",
        );
    }
}
