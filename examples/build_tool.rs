//! Tasks that are scripts, with dependencies. Independent tasks run at the same time, each line of
//! output names its task, and the first failure stops the other tasks.
//!
//! ```sh
//! cargo run --example build_tool -- OUT_DIRECTORY [TASK…]
//! ```

use pipewright::{CancelToken, Engine, Error, ErrorKind, FunctionCx, Output, Script};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::SystemTime;
use std::{env, io, thread};

struct Task {
    name: &'static str,
    needs: &'static [&'static str],
    text: &'static str,
}

/// The tasks, whose scripts have the input `out`.
const TASKS: &[Task] = &[
    Task { name: "words", needs: &[], text: r#"printf '%s\n' pear fig apple fig > "$out/words""# },
    Task { name: "numbers", needs: &[], text: r#"seq 1 100 > "$out/numbers""# },
    Task {
        name: "sorted",
        needs: &["words"],
        text: r#"sort -u < "$out/words" > "$out/sorted"; echo "$(wc -l < "$out/sorted") words""#,
    },
    // Thanks to `atomic`, no task sees half of a file.
    Task {
        name: "report",
        needs: &["sorted", "numbers"],
        text: r#"
            with atomic=true {
                { cat -- "$out/sorted"; tail -n 1 -- "$out/numbers" } > "$out/report"
            }
            echo written
        "#,
    },
    Task {
        name: "archive",
        needs: &["report"],
        text: r#"
            if (is_stale("$out/report.gz", ["$out/report"])) {
                gzip --keep --force -- "$out/report"
                echo packed
            } else {
                echo "up to date"
            }
        "#,
    },
    Task { name: "broken", needs: &["words"], text: r#"grep no-such-word -- "$out/words""# },
    Task { name: "slow", needs: &[], text: r#"defer { echo "stopped" }; /bin/sleep 60"# },
];

/// `is_stale(target, sources)`: whether a target must be built, because it is missing or older than a source.
fn is_stale(cx: &mut FunctionCx<'_>, target: PathBuf, sources: Vec<PathBuf>) -> io::Result<bool> {
    // The directory of the script, which may differ from that of this process.
    let changed = |path: &PathBuf| cx.cwd().join(path).metadata().and_then(|data| data.modified());
    let built = match changed(&target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        other => other?,
    };
    let sources: Vec<SystemTime> = sources.iter().map(changed).collect::<io::Result<_>>()?;
    Ok(sources.into_iter().any(|source| source > built))
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut args = env::args().skip(1);
    let out = args.next().ok_or("which directory is built to?")?;
    let mut wanted: Vec<String> = args.collect();
    if wanted.is_empty() {
        wanted.push("report".into());
    }
    let engine = Engine::builder().function_cx("is_stale", is_stale).build()?;
    let mut left = plan(TASKS, &wanted)?;

    let mut session = engine.session();
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
            let name = task.name;
            let script: Script = engine.script_builder(name).input("out").parse(task.text)?;
            // A separate session, so that tasks don't share a directory or variables.
            let (mut session, token, ended) = (session.clone(), token.clone(), ended.clone());
            running += 1;
            thread::spawn(move || {
                let say = move |line: &[u8]| println!("[{name}] {}", String::from_utf8_lossy(line));
                let run = session.run(&script).stdout(Output::lines(say)).cancel(&token);
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
