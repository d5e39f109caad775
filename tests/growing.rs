//! Tests work of the interpreter that can grow without bound: a time limit, Ctrl-C and a host's cancel each end
//! it, in bounded memory. Reading a script has its own bound.

use crate::support;
use crate::support::{Run, setting};
use pipewright::{CancelToken, Engine, ErrorKind, Output, Script};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;
/// Far more time than an end takes, even on a machine that is building something else.
const SOON: Duration = Duration::from_secs(5);

/// Statements that would run for minutes or forever, most of them in one call.
const ENDLESS: &[(&str, &str)] = &[
    ("glob in a command", "echo /usr/**/*{a,b,c,d,e,f,g,h}*{a,b,c,d,e,f,g,h}*{a,b,c,d,e,f,g,h}* > /dev/null"),
    (
        "glob that goes up and down",
        "echo /usr/*/../*/../*/../*/../*/../*/../*/../*/../*/nothing* > /dev/null",
    ),
    ("words of a loop", "for f in /usr/*/../*/../*/../*/../*/../*/../*/../*/../*/nothing* { }"),
    ("glob()", "let x = glob('/usr/*/../*/../*/../*/../*/../*/../*/../*/../*/nothing*')"),
    ("printf with a width", "printf '%16000000d' ...$[list(1..=100000)] > /dev/null"),
    ("printf with a precision", "printf '%.16000000f' ...$[list(1..=100000)] > /dev/null"),
    ("printf of strings", "printf '%-16000000s' ...$[list(1..=100000)] > /dev/null"),
    ("a loop", "while (true) { }"),
    ("a range", "for i in (1..=9000000000000000000) { }"),
    (
        "a regular expression",
        "let t = \"ab\".repeat(4000000); let a = t.matches('a[ab]{200}[^ab]'); let b = t.match_all('(a|b)*?c'); while (true) { t = t.replace_regex('[ab]{100}c', '') }",
    ),
    ("map with a function", "let xs = list(1..=1000000); while (true) { let ys = xs.map(x => x + 1) }"),
    ("sort by a function", "let xs = list(1..=1000000); while (true) { let ys = xs.sort_by(x => 0 - x) }"),
    ("JSON", "let t = \"[\" ++ \"1,\".repeat(4000000) ++ \"1]\"; while (true) { let x = json(t) }"),
    ("writing JSON", "let xs = list(1..=2000000); while (true) { let t = to_json(xs) }"),
];

#[test]
fn a_time_limit_ends_it() {
    for (what, code) in ENDLESS {
        let script = format!("with timeout=300ms {{ {code} }}");
        let outcome = Run::code(&script).watch_memory().timeout(60).run();
        assert!(outcome.err().starts_with("error[E3003]"), "{what}: {outcome}");
        assert!(outcome.elapsed < SOON, "{what}: {:?}", outcome.elapsed);
        assert!(outcome.peak_memory < 700 * MIB, "{what}: {} MiB", outcome.peak_memory / MIB);
    }
}

#[test]
fn an_interrupt_ends_it() {
    support::inherited::shed();
    for (what, code) in ENDLESS {
        let mut child = Command::new(support::pipewright())
            .args(["-c", &format!("echo begins; {code}")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        out.read_line(&mut line).expect("it says that it begins");
        // The next statement is that call.
        std::thread::sleep(Duration::from_millis(50));
        let signalled = Instant::now();
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
            .expect("it runs");
        let late = end_later(&child);
        let status = child.wait().expect("it is our child");
        drop(late);
        assert!(status.code() == Some(130) || status.signal() == Some(libc::SIGINT), "{what}: {status:?}");
        assert!(signalled.elapsed() < SOON, "{what}: {:?}", signalled.elapsed());
    }
}

/// Kills a child that has not ended within a minute. If dropped, it does nothing.
fn end_later(child: &std::process::Child) -> mpsc::Sender<()> {
    let (keep, dropped) = mpsc::channel();
    let pid = rustix::process::Pid::from_child(child);
    std::thread::spawn(move || {
        if dropped.recv_timeout(Duration::from_secs(60)) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    });
    keep
}

#[test]
fn a_hosts_cancel_ends_it() {
    for (what, code) in ENDLESS {
        let (begins, begun) = mpsc::channel();
        let engine = Engine::builder()
            .function("begins", move || {
                let _ = begins.send(());
            })
            .build()
            .expect("an engine");
        let script = engine.script("growing", format!("begins()\n{code}\n")).expect(what);
        let token = CancelToken::new().expect("a token");
        let cancel = token.clone();
        let canceller = std::thread::spawn(move || {
            begun.recv_timeout(Duration::from_secs(60)).expect("the script begins");
            std::thread::sleep(Duration::from_millis(50));
            cancel.cancel();
            Instant::now()
        });
        let mut session = engine.session();
        let error = session.run(&script).cancel(&token).stdout(Output::Null).status().expect_err(what);
        let cancelled = canceller.join().expect("it cancels");
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{what}: {error}");
        assert!(cancelled.elapsed() < SOON, "{what}: {:?}", cancelled.elapsed());
    }
}

/// Each value is within the limit of the language, but together they would exceed it, and none is ever complete.
#[test]
fn one_value_is_bounded_wherever_it_grows() {
    for (what, code, page) in [
        ("a capture of printf", "let x = \"$(printf '%16000000d' ...$[list(1..=100)])\"", "error[E3001]"),
        (
            "a capture within a limit",
            "with max_output=1M { let x = \"$(printf '%16000000d' 1)\" }",
            "error[E3001]",
        ),
        ("several patterns", "let x = list(1..=1); while (true) { let y = x; x = x ++ y }", "error[E2015]"),
    ] {
        let outcome = Run::code(code).watch_memory().timeout(60).run();
        assert!(outcome.err().starts_with(page), "{what}: {outcome}");
        assert!(outcome.peak_memory < 900 * MIB, "{what}: {} MiB", outcome.peak_memory / MIB);
    }
}

#[test]
fn a_host_that_bounds_values_bounds_what_printf_holds() {
    let engine = Engine::builder()
        .limits({
            let mut limits = pipewright::Limits::default();
            limits.value_bytes = Some(1 << 20);
            limits
        })
        .build()
        .expect("an engine");
    for code in
        ["printf '%2000000d' 1", "printf '%.2000000f' 1", "printf '%2000000s' x", "printf '%*d' 2000000 1"]
    {
        let script = engine.script("wide", code).expect("it passes the check");
        let error = engine.session().run(&script).stdout(Output::Null).status().expect_err(code);
        assert_eq!(error.kind(), ErrorKind::Limit, "{code}: {error}");
    }
    let script =
        engine.script("narrow", "printf '%1000d' ...$[list(1..=5000)]").expect("it passes the check");
    engine.session().run(&script).stdout(Output::Null).status().expect("no value of it is large");
}

// ------------------------------------------------------------------------------------------------ reading and checking

/// Checks a text that is read from a file.
fn check(text: &str) -> support::Outcome {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("script.pw");
    fs::write(&file, text).expect("a file can be written");
    Run::pipewright().arg("--check").arg(&file).watch_memory().timeout(60).run()
}

#[test]
fn brace_lists_of_a_file_have_a_bound_together() {
    for (what, text) in [
        ("many lists", "echo {1..65000}\n".repeat(300)),
        ("one list that is too long", "echo {1..70000}\n".to_string()),
        ("an expression for each word", format!("echo {{1..60000}}$[[{}]]\n", "1, ".repeat(1000))),
        ("a list within the capture of each word", "echo {1..60000}\"$(echo {1..60000})\"\n".to_string()),
        ("quoted parts in each word", format!("echo {{1..60000}}{}\n", "\"a\"'b'".repeat(2000))),
    ] {
        let outcome = check(&text);
        assert!(outcome.err().starts_with("error[E0114]"), "{what}: {outcome}");
        assert!(outcome.cpu < 2 * SOON, "{what}: {:?}", outcome.cpu);
        assert!(outcome.peak_memory < 400 * MIB, "{what}: {} MiB", outcome.peak_memory / MIB);
    }
    // Real scripts are far below the limit.
    check(&"echo {1..1000} {a..z}{0..9}\n".repeat(20)).success();
}

#[test]
fn the_check_takes_a_time_in_proportion_to_the_text() {
    let lines = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let many = if setting("SCALE", 1) > 1 { 3000 } else { 1500 };
    for (what, text) in [
        (
            "undeclared names beside declared ones",
            lines(many, &|i| format!("let variable_number_{i} = {i}\n"))
                + &lines(many, &|i| format!("echo $variable_nmber_{i}\n")),
        ),
        (
            "unknown functions beside declared ones",
            lines(many, &|i| format!("fn function_number_{i}() {{ }}\n"))
                + &lines(many, &|i| format!("let x{i} = functon_number_{i}()\n")),
        ),
        ("unknown methods", lines(many, &|i| format!("let x{i} = [1].methd_number_{i}()\n"))),
        ("unknown options", lines(many, &|i| format!("with timout{i}=1s {{ true }}\n"))),
        ("names that are declared twice", lines(many, &|_| "let x = 1\n".to_string())),
        ("variables that are never read", lines(many, &|i| format!("if true {{ let unused_{i} = 1 }}\n"))),
        (
            "functions that call each other",
            lines(many, &|i| format!("fn f{i}() {{ f{}() }}\n", (i + 1) % many)) + "f0()\n",
        ),
        (
            "a lambda that takes all variables along",
            lines(many, &|i| format!("let v{i} = {i}\n"))
                + "fn f() {\n"
                + &lines(many, &|i| format!("let w{i} = v{i}\n"))
                + "let g = () => ["
                + &lines(many, &|i| format!("w{i}, "))
                + "]\necho $[g().len()]\n}\nf()\n",
        ),
        (
            "assignments in stages",
            "let x = 1\n".to_string() + &lines(many, &|_| "cat | { x = 2 }\n".to_string()),
        ),
    ] {
        let outcome = check(&text);
        assert!(!outcome.timed_out && !outcome.is_crash(), "{what}: {outcome}");
        assert!(outcome.cpu < SOON, "{what}: {:?}", outcome.cpu);
    }
}

#[test]
fn reading_before_a_run_is_bounded() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    let deep = format!("[allow]\nread = {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    let tables = format!("[allow]\nread = {}{}\n", "{a = ".repeat(20_000), "}".repeat(20_000));
    let dotted = format!("[allow{}]\n", ".a".repeat(20_000));
    for (name, text) in [("deep.toml", deep), ("tables.toml", tables), ("dotted.toml", dotted)] {
        fs::write(path(name), text).expect("a file can be written");
    }
    fs::write(path("zero.pw"), "use \"/dev/zero\" as zero\n").expect("a file can be written");
    fs::write(path("directory.pw"), "use \"/tmp\" as tmp\n").expect("a file can be written");
    fs::write(path("true.pw"), "true\n").expect("a file can be written");
    for (args, status, part) in [
        (vec!["/dev/zero"], 2, "error[E0108]"),
        (vec!["--check", "/dev/zero"], 2, "error[E0108]"),
        (vec!["--fmt", "/dev/zero"], 2, "error[E0108]"),
        (vec!["--check", "/dev/urandom"], 2, "error[E010"),
        (vec!["--check", "zero.pw"], 2, "not a regular file"),
        (vec!["--check", "directory.pw"], 2, "s a directory"),
        (vec!["--policy", "/dev/zero", "true.pw"], 2, "holds more than"),
        (vec!["--policy", "deep.toml", "true.pw"], 2, "nested more than 32 levels deep at line 2"),
        (vec!["--policy", "tables.toml", "true.pw"], 2, "nested more than 32 levels deep at line 2"),
        (vec!["--policy", "dotted.toml", "true.pw"], 2, "nested more than 32 levels deep at line 1"),
    ] {
        let outcome = Run::pipewright().args(&args).dir(directory.path()).watch_memory().timeout(60).run();
        assert!(outcome.status == status && outcome.err().contains(part), "{args:?}: {outcome}");
        assert!(outcome.cpu < SOON, "{args:?}: {:?}", outcome.cpu);
        assert!(outcome.peak_memory < 100 * MIB, "{args:?}: {} MiB", outcome.peak_memory / MIB);
    }
    // Endless text without a NUL is cut off at the largest size of a script.
    let outcome = Run::new("bash")
        .args(["-c", "yes 'echo x' | \"$0\" --check"])
        .arg(support::pipewright())
        .watch_memory()
        .timeout(60)
        .run();
    assert!(outcome.status == 2 && outcome.err().contains("a script holds at most"), "{outcome}");
}

// ------------------------------------------------------------------------------------------------ nesting

/// Returns texts that are nested to a given depth.
fn nested(depth: usize) -> Vec<(&'static str, String)> {
    let around = |open: &str, close: &str| format!("{}{}", open.repeat(depth), close.repeat(depth));
    vec![
        ("if", around("if true { ", " }")),
        ("blocks", format!("{}true{}", "{ ".repeat(depth), "; }".repeat(depth))),
        ("functions", around("fn f() { ", " }")),
        ("try", around("try { ", " } catch e { }")),
        ("loops", around("for x in a { ", " }")),
        ("captures", format!("echo {}", around("\"$(echo ", ")\""))),
        ("lists", format!("let x = {}", around("[", "]"))),
        ("maps", format!("let x = {}1{}", "{a: ".repeat(depth), "}".repeat(depth))),
        ("parentheses", format!("let x = {}1{}", "(".repeat(depth), ")".repeat(depth))),
        ("lambdas", format!("let x = {}1", "a => ".repeat(depth))),
        ("choices", format!("let x = {}1", "true ? 1 : ".repeat(depth))),
        ("negations", format!("let x = {}true", "not ".repeat(depth))),
        ("sums", format!("let x = 1{}", " + 1".repeat(depth))),
        ("expressions in words", format!("echo {}1{}", "$[\"".repeat(depth), "\"]".repeat(depth))),
        ("lines", format!("let x = {}1{}", "lines { echo $[".repeat(depth / 2), "] }".repeat(depth / 2))),
        ("matches", format!("{}{}", "match (1) { * => ".repeat(depth / 2), "true }".repeat(depth / 2))),
        ("else if", format!("if false {{ }}{}", " else if false { }".repeat(depth))),
        ("process substitution", format!("cat {}", around("<(cat ", ")"))),
    ]
}

/// A host's thread may have a stack of any size. A script that needs more is refused, and the process does not
/// end.
#[test]
fn a_small_stack_refuses_what_is_nested_too_deeply() {
    /// Returns the code of the error of a text, if there is one.
    fn read(text: String, stack: usize) -> Option<&'static str> {
        let read = move || Script::parse("nested", text).err().map(|error| error.diagnostics()[0].code.id());
        let thread = std::thread::Builder::new().stack_size(stack).spawn(read).expect("a thread");
        thread.join().expect("no panic")
    }
    for depth in [3, 20, 60, 92, 254] {
        for (what, text) in nested(depth) {
            let with_room = read(text.clone(), 64 << 20);
            for stack in [256 << 10, 512 << 10, 1 << 20, 2 << 20] {
                let code = read(text.clone(), stack);
                let place = format!("{what}, {depth} deep, {} KiB", stack >> 10);
                assert!(code == with_room || code == Some("E0104"), "{place}: {code:?}, not {with_room:?}");
                assert!(depth > 3 || code == with_room, "{place}: {code:?}");
            }
        }
    }
}

#[test]
fn a_small_stack_runs_what_it_has_read() {
    for stack in [512 << 10, 1 << 20, 2 << 20] {
        for depth in [10, 40, 90, 250] {
            for (what, text) in nested(depth) {
                if matches!(what, "captures" | "lines" | "process substitution") {
                    continue;
                }
                let place = format!("{what}, {depth} deep, {} KiB", stack >> 10);
                // Parsed on a large stack, run on a small one.
                let Ok(script) = Script::parse("nested", text) else { continue };
                let run =
                    move || Engine::default().session().run(&script).stdout(Output::Null).status().is_ok();
                let thread = std::thread::Builder::new().stack_size(stack).spawn(run).expect("a thread");
                assert!(thread.join().is_ok(), "{place}");
            }
        }
    }
}

/// Each call uses up more of the stack, until an expression no longer fits.
#[test]
fn an_expression_at_the_end_of_a_small_stack_is_an_error() {
    let around =
        |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(200), close.repeat(200));
    for (what, expression) in [
        ("lists", around("[", "n", "]")),
        ("maps", around("{k: ", "n", "}")),
        ("choices", around("true ? ", "n", " : 1")),
        ("calls of functions", around("list(", "[n]", ")")),
        ("methods", around("[", "n", "].map(x => x)")),
        ("alternatives", around("(null ?? ", "n", ")")),
    ] {
        for stack in [512 << 10, 1 << 20, 2 << 20] {
            let text = format!("fn f(n) {{ let x = {expression}; f(n + 1) }}; f(0)");
            // Read where there is room, run where there is little.
            let read = move || Script::parse("nested", text).expect("it is a script");
            let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(read).expect("a thread");
            let script = thread.join().expect("no crash");
            let run = move || Engine::default().session().run(&script).stdout(Output::Null).status().err();
            let thread = std::thread::Builder::new().stack_size(stack).spawn(run).expect("a thread");
            let error =
                thread.join().expect("no crash").unwrap_or_else(|| panic!("{what} of {stack} bytes end"));
            assert!(
                error.render(false, 100).contains("until the stack is full"),
                "{what}: {}",
                error.render(false, 100)
            );
        }
    }
}
