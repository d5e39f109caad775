//! Queues in PostgreSQL, on a server of their own: the same rules as in a file, beside graphile-worker in Node, and after
//! kills of producers, workers and the server.
//!
//! They run with `GRAPHILE=DIR`, a directory in which npm has installed graphile-worker, and a binary with the feature
//! `queue-postgres`, as `.ci/long` does.

use super::tries;
use crate::support::marked::left_after;
use crate::support::place::Place;
use crate::support::rng::Rng;
use crate::support::{self, Run, have, setting};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A time that is ample even on a slow machine. A task of a vanished worker is free after a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server that listens only at a socket in a temporary directory, with the schema of graphile-worker.
struct Server {
    place: Place,
    programs: PathBuf,
    graphile: PathBuf,
}

impl Server {
    fn start() -> Option<Self> {
        let Some(graphile) = std::env::var_os("GRAPHILE").map(PathBuf::from) else {
            eprintln!("SKIPPED: queues in PostgreSQL are tested with GRAPHILE=DIR, as in .ci/long");
            return None;
        };
        assert!(have("node") && have("psql"));
        let installed = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
        let mut programs: Vec<PathBuf> = installed.flatten().map(|one| one.path().join("bin")).collect();
        programs.sort();
        let programs = programs.pop().expect("PostgreSQL is installed");
        let server = Self { place: Place::new(), programs, graphile };
        // It refuses to run as root.
        let root = rustix::process::getuid().is_root();
        if root {
            let all = server.place.work();
            for directory in all.ancestors().take(2) {
                use std::os::unix::fs::PermissionsExt;
                std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777))
                    .expect("it is ours");
            }
        }
        let data = server.data();
        server.admin("initdb", &["-A", "trust", "-U", "postgres", "-D", &data]);
        server.up();
        server.psql("postgres", "CREATE DATABASE work");
        let schema = Run::new(server.graphile.join("node_modules/.bin/graphile-worker"))
            .args(["--schema-only", "-c", &server.url()])
            .dir(server.place.work());
        schema.run().success();
        Some(server)
    }

    fn data(&self) -> String {
        self.place.at("data").to_string_lossy().into_owned()
    }

    fn url(&self) -> String {
        format!("postgres://postgres:hush@/work?host={}", self.place.work().display())
    }

    fn admin(&self, program: &str, args: &[&str]) {
        let program = self.programs.join(program).to_string_lossy().into_owned();
        let mut run = if rustix::process::getuid().is_root() {
            Run::new("setpriv").args([
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                "--",
                &program,
            ])
        } else {
            Run::new(program)
        };
        run = run.args(args).dir(self.place.work());
        run.run().success();
    }

    fn up(&self) {
        let options = format!("-k {} -h '' -c fsync=on", self.place.work().display());
        let log = self.place.at("log").to_string_lossy().into_owned();
        self.admin("pg_ctl", &["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Ends the server as a crash does: its processes are killed, and it recovers at its next start.
    fn crash(&self) {
        self.admin("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }

    fn psql(&self, database: &str, sql: &str) -> String {
        let work = self.place.work();
        let run =
            Run::new("psql").args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]).arg(&work);
        run.args(["-d", database, "-c", sql]).run().success().out()
    }

    fn script(&self, code: &str) -> Run {
        Run::pipewright().args(["-c", code]).dir(self.place.work()).env("DATABASE_URL", self.url())
    }

    fn start_script(&self, script: &str, args: &[String], marker: (&str, &str)) -> Child {
        let mut command = Command::new(support::pipewright());
        command.arg(script).args(args).current_dir(self.place.work()).env(marker.0, marker.1);
        command.env("DATABASE_URL", self.url());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("it starts")
    }

    /// Runs a program in Node beside graphile-worker.
    fn node(&self, code: &str) -> Command {
        let mut command = Command::new("node");
        command.args(["-e", code]).current_dir(self.place.work()).env("DATABASE_URL", self.url());
        command.env("NODE_PATH", self.graphile.join("node_modules")).stdin(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            self.crash();
        }
    }
}

#[track_caller]
fn wait_until(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "it did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The rules, as a script that prints what both stores must do. Numbers of tasks differ, and so do the
/// tries of failed ones, so it prints none of them.
const RULES: &str = r#"
let q = queue(env.STORE, "rules")
q.add("late", delay: 1h)
q.add("last", priority: 5)
q.add("first", priority: -5, tries: 1)
q.add("old", key: "k")
q.add("new", key: "k", tries: 2)
q.add_all(["a", "b"], priority: 1)
let show = state => q.list(state).map(t => "${t.data} ${t.attempts}/${t.tries} $[t.error ?? "-"]")
echo ...$[show("ready")]
echo $[q.peek().data] $[q.stats().delayed]
let result = try {
    for task in (q.drain()) with jobs=1, retry_on=[75] {
        echo "${task.data} ${task.attempt}/${task.tries} $[task.key ?? "-"]"
        if (task.data == "first") { sh -c 'exit 75' }
        if (task.data == "new") { q.add("newer", key: "k"); sh -c 'exit 75' }
        if (task.data == "b") { sh -c 'exit 3' }
    }
}
echo ${result.error.code}
echo ...$[q.list("failed").map(t => "${t.data} ${t.error}")]
echo ...$[show("delayed")]
let failed = q.list("failed")
q.retry(failed[0].id)
q.delete(failed[1].id)
echo $[(try { q.delete(failed[1].id) }).error.code]
echo ...$[show("ready")]
for task in (q.drain()) with jobs=1 { echo "${task.data} ${task.attempt}"; echo $[(try { q.delete(task.id) }).error.code] }
let s = q.stats()
echo $[s.ready] $[s.delayed] $[s.running] $[s.failed]
"#;

#[test]
fn both_stores_follow_the_same_rules() {
    let Some(server) = Server::start() else { return };
    let run = |store: &str| server.script(RULES).env("STORE", store).run().success().out();
    let file = run("tasks.db");
    assert_eq!(run(&server.url()), file);
    assert!(file.contains("newer 1/25 k\n") && file.contains("E2083"), "{file}");
}

#[test]
fn node_and_sql_add_tasks_here_and_ours_run_there_with_both_workers_at_once() {
    let Some(server) = Server::start() else { return };
    server.psql(
        "work",
        "SELECT graphile_worker.add_job('mail', json_build_object('n', n)) FROM generate_series(1, 100) n",
    );
    let add = "const { makeWorkerUtils } = require('graphile-worker');
        (async () => {
            const utils = await makeWorkerUtils({ connectionString: process.env.DATABASE_URL });
            for (let n = 101; n <= 200; n++) await utils.addJob('mail', { n }, n % 2 ? { queueName: 'one' } : {});
            await utils.release();
        })()";
    assert!(server.node(add).status().expect("node starts").success());
    server
        .script("queue(env.DATABASE_URL, 'mail').add_all(list(201..=300).map(n => {n: n}))")
        .run()
        .success();
    let work = "const { run } = require('graphile-worker'), fs = require('fs');
        (async () => {
            const taskList = { mail: async ({ n }) => {
                fs.appendFileSync('done', `node ${n}\\n`);
                await new Promise(done => setTimeout(done, 5));
            } };
            await run({ connectionString: process.env.DATABASE_URL, concurrency: 4, pollInterval: 100, taskList });
        })()";
    let mut node =
        server.node(work).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("node starts");
    server.place.write(
        "worker.pw",
        "for task in (queue(env.DATABASE_URL, 'mail').drain()) with jobs=4 { sh -c 'echo \"ours $1\" >> done' sh ${task.data.n} }",
    );
    let mut ours = server.start_script("worker.pw", &[], ("QUEUED", "node"));
    assert!(ours.wait().expect("it is ours").success());
    wait_until(|| server.place.read("done").lines().count() >= 300);
    rustix::process::kill_process(rustix::process::Pid::from_child(&node), rustix::process::Signal::TERM)
        .expect("it is ours");
    node.wait().expect("it is ours");
    let done = server.place.read("done");
    let numbers: BTreeSet<u64> = done
        .lines()
        .map(|line| line.split(' ').nth(1).unwrap_or_default().parse().expect("a number"))
        .collect();
    assert_eq!((done.lines().count(), numbers), (300, (1..=300).collect()));
    for worker in ["node ", "ours "] {
        assert!(done.lines().any(|line| line.starts_with(worker)), "{worker} ran none");
    }
}

#[test]
fn a_task_of_a_vanished_worker_is_free_after_a_minute_and_those_of_node_are_not_taken() {
    let Some(server) = Server::start() else { return };
    server.script("let q = queue(env.DATABASE_URL, 'mail')\nq.add_all(['a', 'b', 'c', 'd'])").run().success();
    let lock = |data: &str, worker: &str, age: &str| {
        server.psql(
            "work",
            &format!(
                "UPDATE graphile_worker._private_jobs SET locked_by = '{worker}', attempts = 1,
                 locked_at = now() - interval '{age}' WHERE payload::text = '\"{data}\"'"
            ),
        );
    };
    lock("a", "worker-0123", "3 hours");
    lock("b", "pipewright-vanished", "61 seconds");
    lock("c", "pipewright-alive", "30 seconds");
    let code = "for task in (queue(env.DATABASE_URL, 'mail')) { echo ${task.data} ${task.attempt}; if (task.data == 'd') { break } }";
    assert_eq!(server.script(code).run().success().out(), "b 2\nd 1\n");
    let left = "SELECT payload, locked_by, attempts FROM graphile_worker._private_jobs ORDER BY id";
    assert_eq!(server.psql("work", left), "\"a\"|worker-0123|1\n\"c\"|pipewright-alive|1\n");
}

#[test]
fn a_long_task_keeps_its_worker() {
    let Some(server) = Server::start() else { return };
    server.place.write(
        "worker.pw",
        "let q = queue(env.DATABASE_URL, 'mail')\nq.add(1)\nfor task in (q) { sh -c 'echo > runs; while ! [ -e go ]; do sleep 0.1; done'; break }",
    );
    let mut worker = server.start_script("worker.pw", &[], ("QUEUED", "long"));
    wait_until(|| server.place.at("runs").exists());
    // It has a beat every ten seconds, after which the time that was put back is that of now.
    server.psql("work", "UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '50 seconds'");
    let age = "SELECT now() - locked_at < interval '20 seconds' FROM graphile_worker._private_jobs";
    wait_until(|| server.psql("work", age) == "t\n");
    server.place.write("go", "");
    assert!(worker.wait().expect("it is ours").success());
    assert_eq!(server.psql("work", "SELECT count(*) FROM graphile_worker._private_jobs"), "0\n");
}

#[test]
fn a_missing_and_a_newer_schema_are_refused_and_left_as_they_are() {
    let Some(server) = Server::start() else { return };
    let other = server.url().replace("/work?", "/postgres?");
    let add =
        |url: &str| server.script("queue(env.DATABASE_URL, 'mail').add(1)").env("DATABASE_URL", url).run();
    let missing = add(&other);
    assert!(missing.status == 1 && missing.err().contains("has no schema of graphile-worker"), "{missing}");
    assert!(!missing.err().contains("hush"), "{missing}");
    assert_eq!(
        server.psql("postgres", "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'graphile%'"),
        "0\n"
    );
    server.psql("work", "INSERT INTO graphile_worker.migrations (id, breaking) VALUES (99, true)");
    let before = "SELECT count(*) FROM graphile_worker._private_tasks";
    let newer = add(&server.url());
    assert!(newer.status == 1 && newer.err().contains("format 99"), "{newer}");
    assert_eq!(server.psql("work", before), "0\n");
    let nowhere = add("postgres://ann:hush@127.0.0.1:1/work");
    assert!(nowhere.err().contains("the server can't be reached: Connection refused"), "{nowhere}");
    assert!(!nowhere.err().contains("hush"), "{nowhere}");
}

const PRODUCER: &str = r#"
fn main(from: int) {
    let mail = queue(env.DATABASE_URL, "mail")
    for n in (from..<from + 1000) {
        let result = try { mail.add(n, tries: (n % 10 == 0 ? 1 : 25), priority: n % 3) }
        if (result.error == null) { echo $n >> added }
    }
}
"#;

const WORKER: &str = r#"
let mail = queue(env.DATABASE_URL, "mail")
let source = DRAIN
for task in (source) with jobs=3 {
    sh -c 'echo "$2 $3" >> "runs/$1"' sh ${task.id} ${task.attempt} ${task.data}
    if (task.data % 10 == 0) { sh -c 'exit 9' }
}
"#;

#[test]
fn after_kills_of_producer_worker_and_server_no_task_is_lost_and_each_has_one_result() {
    let Some(server) = Server::start() else { return };
    let place = &server.place;
    let mut numbers = Rng::new(23);
    place.write("producer.pw", PRODUCER);
    place.write("worker.pw", WORKER.replace("DRAIN", "mail"));
    place.write("drain.pw", WORKER.replace("DRAIN", "mail.drain()"));
    std::fs::create_dir(place.at("runs")).expect("a directory can be made");
    let value = format!("postgres-{}", std::process::id());
    let marker = ("QUEUED", &*value);
    let added = || std::fs::read_to_string(place.at("added")).unwrap_or_default();
    let rounds = 6 * setting("SCALE", 1);
    for round in 0..rounds {
        let from = added().lines().last().and_then(|line| line.parse().ok()).unwrap_or(0_u64) + 1;
        let mut children = vec![server.start_script("producer.pw", &[from.to_string()], marker)];
        children.extend((0..2).map(|_| server.start_script("worker.pw", &[], marker)));
        for child in &mut children {
            std::thread::sleep(Duration::from_millis(20 + numbers.below(300) as u64));
            if round % 3 == 0 && numbers.below(3) == 0 {
                server.crash();
                server.up();
            }
            child.kill().expect("it is ours");
            child.wait().expect("it is ours");
        }
    }
    assert_eq!(left_after(&format!("QUEUED={value}"), PATIENCE), [""; 0]);
    let mut last = server.start_script("drain.pw", &[], marker);
    last.wait().expect("it is ours");
    let (tries, data) = tries(place);
    let left = server.psql(
        "work",
        "SELECT payload, attempts = max_attempts, locked_by FROM graphile_worker._private_jobs",
    );
    let mut failed = BTreeSet::new();
    for line in left.lines() {
        let (number, rest) = line.split_once('|').expect("three columns");
        assert_eq!(rest, "t|", "{line}: it has no result");
        assert!(failed.insert(number.parse::<u64>().expect("a number")), "{number} has two results");
    }
    assert!(failed.iter().all(|number| number % 10 == 0), "{failed:?}");
    let added = added();
    assert!(!added.is_empty() && !tries.is_empty(), "nothing was done");
    for number in added.lines().map(|line| line.parse::<u64>().expect("a number")) {
        assert!(data.contains(&number) || failed.contains(&number), "{number} is lost");
    }
    for (id, attempts) in &tries {
        assert!(attempts.is_sorted_by(|one, two| one < two), "task {id} had the tries {attempts:?}");
    }
    let runs: usize = tries.values().map(Vec::len).sum();
    eprintln!(
        "{rounds} rounds: {} tasks added, {runs} tries of {} tasks",
        added.lines().count(),
        tries.len()
    );
}
