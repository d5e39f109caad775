//! Tasks that are scripts, with dependencies. Independent tasks run at the same time, each line of
//! output names its task, and the first failure stops the other tasks.
//!
//! ```sh
//! cargo run --example build_tool -- OUT_DIRECTORY [TASK…]
//! ```

use pipewright::{CancelToken, Error, ErrorKind, Output, Script, Session, script};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::mpsc;
use std::{env, io, thread};

struct Task {
    name: &'static str,
    needs: &'static [&'static str],
    script: &'static Script,
}

fn tasks() -> Vec<Task> {
    let task = |name, needs, script| Task { name, needs, script };
    vec![
        task("words", &[], script!(r#"printf '%s\n' pear fig apple fig > "$out/words""#, out)),
        task("numbers", &[], script!(r#"seq 1 100 > "$out/numbers""#, out)),
        task(
            "sorted",
            &["words"],
            script!(r#"sort -u < "$out/words" > "$out/sorted"; echo "$(wc -l < "$out/sorted") words""#, out),
        ),
        // Thanks to `atomic`, no task sees half of a file.
        task(
            "report",
            &["sorted", "numbers"],
            script!(
                r#"with atomic=true {
                    { cat -- "$out/sorted"; tail -n 1 -- "$out/numbers" } > "$out/report"
                }
                echo written"#,
                out
            ),
        ),
        task("broken", &["words"], script!(r#"grep no-such-word -- "$out/words""#, out)),
        task("slow", &[], script!(r#"defer { echo "stopped" }; /bin/sleep 60"#)),
    ]
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut args = env::args().skip(1);
    let out = args.next().ok_or("which directory is built to?")?;
    let mut wanted: Vec<String> = args.collect();
    if wanted.is_empty() {
        wanted.push("report".into());
    }
    let tasks = tasks();
    let mut left = plan(&tasks, &wanted)?;

    let mut session = Session::new();
    session.set("out", &*out);
    let token = CancelToken::new()?;
    let (ended, ends) = mpsc::channel();
    let mut done: Vec<&str> = Vec::new();
    let (mut running, mut failed) = (0, false);
    loop {
        let ready = |task: &&Task| !failed && task.needs.iter().all(|need| done.contains(need));
        let (start, wait): (Vec<&Task>, _) = left.into_iter().partition(ready);
        left = wait;
        for task in start {
            let (name, script) = (task.name, task.script);
            // A separate session, so that tasks don't share a directory or variables.
            let (mut session, token, ended) = (session.clone(), token.clone(), ended.clone());
            running += 1;
            thread::spawn(move || {
                let say = move |line: &[u8]| println!("[{name}] {}", String::from_utf8_lossy(line));
                let run = session.run(script).stdout(Output::lines(say)).cancel(&token);
                let result = run.stderr(Output::lines(say)).status();
                // The receiver lives as long as a task runs.
                let _ = ended.send((name, result));
            });
        }
        if running == 0 {
            break;
        }
        let (name, result) = ends.recv()?;
        running -= 1;
        match result {
            Ok(report) if report.success() => done.push(name),
            Ok(report) => {
                eprintln!("[{name}] exited with {}", report.status());
                failed = true;
            }
            Err(error) => {
                show(name, &error);
                failed = true;
            }
        }
        if failed {
            token.cancel();
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns the wanted tasks and the tasks that they need, in the order in which they can run.
fn plan<'t>(tasks: &'t [Task], wanted: &[String]) -> io::Result<Vec<&'t Task>> {
    let by_name: BTreeMap<&str, &Task> = tasks.iter().map(|task| (task.name, task)).collect();
    let mut chosen: BTreeMap<&str, &Task> = BTreeMap::new();
    let mut open: Vec<&str> = wanted.iter().map(String::as_str).collect();
    while let Some(name) = open.pop() {
        let task = by_name.get(name).ok_or_else(|| io::Error::other(format!("no task `{name}`")))?;
        if chosen.insert(task.name, task).is_none() {
            open.extend(task.needs);
        }
    }
    Ok(chosen.into_values().collect())
}

fn show(name: &str, error: &Error) {
    match error.kind() {
        // Another task has failed, and reports it.
        ErrorKind::Cancelled => eprintln!("[{name}] cancelled"),
        _ => eprint!("[{name}] {}", error.render(false, 100)),
    }
}
