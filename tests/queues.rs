//! Queues with real processes: producers and workers that are killed at any moment, signals, a full disk, a locked and a
//! read-only file.
//!
//! `SCALE=40 cargo test --test suite queues::` kills for about two minutes, as `.ci/long` does.

mod postgres;

use crate::support::marked::left_after;
use crate::support::place::Place;
use crate::support::rng::Rng;
use crate::support::{self, Run, have, setting};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A time that is ample even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Adds tasks from a number on. Once `add` has returned, the number is in the file `added`.
const PRODUCER: &str = r#"
fn main(from: int) {
    let mail = queue("tasks.db", "mail")
    for n in (from..<from + 1000) {
        mail.add(n, tries: (n % 10 == 0 ? 1 : 25), priority: n % 3)
        echo $n >> added
    }
}
"#;

/// Each try adds its number to the file of its task. Every tenth task fails.
const WORKER: &str = r#"
let mail = queue("tasks.db", "mail")
let source = DRAIN
for task in (source) with jobs=3 {
    sh -c 'echo "$2 $3" >> "runs/$1"' sh ${task.id} ${task.attempt} ${task.data}
    if (task.data % 10 == 0) { sh -c 'exit 9' }
}
"#;

fn start(place: &Place, script: &str, args: &[String], marker: (&str, &str)) -> Child {
    let mut command = Command::new(support::pipewright());
    command.arg(script).args(args).current_dir(place.work()).env(marker.0, marker.1);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

/// Waits until a condition is true.
#[track_caller]
fn wait_until(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "it did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn stats(place: &Place) -> serde_json::Value {
    let script = "let s = queue('tasks.db', 'mail').stats()
                  echo $[to_json([s.ready, s.delayed, s.running, s.failed, s.done])]";
    let outcome = Run::pipewright().args(["-c", script]).dir(place.work()).run().success();
    serde_json::from_str(&outcome.out()).expect("it is JSON")
}

/// Returns the tries of each task that ran, in their order, and the data of these tasks.
fn tries(place: &Place) -> (BTreeMap<u64, Vec<u64>>, BTreeSet<u64>) {
    let mut tries: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut data = BTreeSet::new();
    for file in std::fs::read_dir(place.at("runs")).expect("it is there").flatten() {
        let id = file.file_name().to_string_lossy().parse().expect("a number");
        for line in std::fs::read_to_string(file.path()).expect("it is text").lines() {
            let (attempt, number) = line.split_once(' ').expect("two numbers");
            tries.entry(id).or_default().push(attempt.parse().expect("a number"));
            data.insert(number.parse::<u64>().expect("a number"));
        }
    }
    (tries, data)
}

#[test]
fn after_kills_at_any_moment_no_task_is_lost_and_each_has_one_result() {
    let mut numbers = Rng::new(23);
    let place = Place::new();
    place.write("producer.pw", PRODUCER);
    place.write("worker.pw", WORKER.replace("DRAIN", "mail"));
    place.write("drain.pw", WORKER.replace("DRAIN", "mail.drain()"));
    std::fs::create_dir(place.at("runs")).expect("a directory can be made");
    let value = format!("queues-{}", std::process::id());
    let marker = ("QUEUED", &*value);
    let added = || std::fs::read_to_string(place.at("added")).unwrap_or_default();
    for _ in 0..6 * setting("SCALE", 1) {
        let from = added().lines().last().and_then(|line| line.parse().ok()).unwrap_or(0_u64) + 1;
        let mut children = vec![start(&place, "producer.pw", &[from.to_string()], marker)];
        children.extend((0..2).map(|_| start(&place, "worker.pw", &[], marker)));
        let mut kills: Vec<u64> = (0..3).map(|_| 50 + numbers.below(500) as u64).collect();
        kills.sort_unstable();
        let mut slept = 0;
        for (child, at) in children.iter_mut().zip(kills) {
            std::thread::sleep(Duration::from_millis(at - slept));
            slept = at;
            child.kill().expect("it is ours");
            child.wait().expect("it is ours");
        }
    }
    assert_eq!(left_after(&format!("QUEUED={value}"), PATIENCE), [""; 0]);

    let last = Run::pipewright().arg("drain.pw").dir(place.work()).timeout(300).run();
    let (tries, data) = tries(&place);
    let runs: usize = tries.values().map(Vec::len).sum();
    let added = added();
    eprintln!("{} tasks added, {runs} tries of {} tasks", added.lines().count(), tries.len());
    assert!(!added.is_empty() && !tries.is_empty(), "nothing was done");
    // Nothing that `add` returned from is lost. A task may have failed as its worker was killed before it ran.
    let failed =
        "for t in (queue('tasks.db', 'mail').list('failed', limit: 1_000_000)) { echo $[t.data] $[t.error] }";
    let failed = Run::pipewright().args(["-c", failed]).dir(place.work()).run().success().out();
    let failed_data: BTreeSet<u64> = failed
        .lines()
        .map(|line| line.split(' ').next().unwrap_or_default().parse().expect("a number"))
        .collect();
    for number in added.lines().map(|line| line.parse::<u64>().expect("a number")) {
        assert!(data.contains(&number) || failed_data.contains(&number), "{number} is lost");
    }
    // No try was counted twice.
    for (id, attempts) in &tries {
        assert!(attempts.is_sorted_by(|one, two| one < two), "task {id} had the tries {attempts:?}");
    }
    // Every task has one result.
    let counts = stats(&place);
    assert_eq!(
        (&counts[0], &counts[1], &counts[2]),
        (&0.into(), &0.into(), &0.into()),
        "{counts}\n{}",
        last.err()
    );
    let failures = counts[3].as_u64().expect("a count");
    assert_eq!(failures as usize, failed.lines().count());
    let ran: BTreeSet<u64> = tries.keys().copied().collect();
    let results = counts[4].as_u64().expect("a count") + failures;
    assert!(results >= ran.len() as u64, "{results} results of {} tasks", ran.len());
    assert!(results >= added.lines().count() as u64);
    // Those that failed are the tenth ones. A producer that was killed before it noted a task added that one again.
    assert!(
        failed_data.len() as u64 <= failures
            && failures <= failed_data.len() as u64 + 6 * setting("SCALE", 1)
    );
    assert!(failed_data.iter().all(|number| number % 10 == 0), "{failed}");
    let tenth = data.iter().filter(|number| *number % 10 == 0).count();
    assert!(failed_data.len() >= tenth);
}

#[test]
fn a_task_of_a_killed_worker_is_taken_by_another_at_once() {
    let place = Place::new();
    let script = "let q = queue('tasks.db', 'mail')\nif (not 'added'.exists()) { q.add('x'); echo > added }\nfor task in (q.drain()) with jobs=2 { echo ${task.attempt} >> tries; if (task.attempt == 1) { sleep 1000 } }";
    place.write("worker.pw", script);
    let value = format!("vanished-{}", std::process::id());
    let mut first = start(&place, "worker.pw", &[], ("QUEUED", &value));
    wait_until(|| place.at("tries").exists());
    // It waits, since the task of the other worker may come back.
    let mut second = start(&place, "worker.pw", &[], ("QUEUED", &value));
    first.kill().expect("it is ours");
    first.wait().expect("it is ours");
    assert!(second.wait().expect("it is ours").success());
    assert_eq!(place.read("tries"), "1\n2\n");
    assert_eq!(stats(&place)[4], 1);
    assert_eq!(left_after(&format!("QUEUED={value}"), PATIENCE), [""; 0]);
}

#[test]
fn a_signal_gives_running_tasks_back_with_their_tries_unused() {
    for (signal, status) in [(rustix::process::Signal::TERM, 143), (rustix::process::Signal::INT, 130)] {
        for options in [" with jobs=4", " with jobs=1", ""] {
            let place = Place::new();
            let script = format!(
                "let q = queue('tasks.db', 'mail')\nq.add_all([1, 2, 3])\nfor task in (q){options} {{ echo ${{task.id}} >> tries; sleep 1000 }}"
            );
            place.write("worker.pw", script);
            let mut worker = start(&place, "worker.pw", &[], ("QUEUED", "signal"));
            wait_until(|| place.at("tries").exists());
            let pid = rustix::process::Pid::from_child(&worker);
            rustix::process::kill_process(pid, signal).expect("it is ours");
            let ended = worker.wait().expect("it is ours");
            use std::os::unix::process::ExitStatusExt;
            let found = ended.code().unwrap_or_else(|| 128 + ended.signal().unwrap_or_default());
            assert_eq!(found, status, "{options}");
            let list = "echo $[to_json(queue('tasks.db', 'mail').list('ready').map(t => t.attempts))]";
            let outcome = Run::pipewright().args(["-c", list]).dir(place.work()).run().success();
            assert_eq!(outcome.out(), "[0,0,0]\n", "{options}");
        }
    }
}

#[test]
fn a_loop_waits_for_tasks_of_other_processes() {
    let place = Place::new();
    place.write(
        "worker.pw",
        "for task in (queue('tasks.db', 'mail')) with jobs=2 { echo ${task.data} >> done; if (task.data == 'end') { break } }",
    );
    let mut worker = start(&place, "worker.pw", &[], ("QUEUED", "waits"));
    for data in ["one", "two", "end"] {
        let add = format!("queue('tasks.db', 'mail').add('{data}')");
        Run::pipewright().args(["-c", &add]).dir(place.work()).run().success();
        wait_until(|| std::fs::read_to_string(place.at("done")).unwrap_or_default().contains(data));
    }
    assert!(worker.wait().expect("it is ours").success());
    assert_eq!(place.read("done"), "one\ntwo\nend\n");
}

#[test]
fn a_full_disk_and_a_read_only_one_are_errors_and_lose_nothing() {
    if !have("unshare") {
        return;
    }
    let place = Place::new();
    std::fs::create_dir(place.at("disk")).expect("a directory can be made");
    place.write(
        "fill.pw",
        "let q = queue('tasks.db', 'mail')\nlet n = 0\nlet result = try { for i in (1..=1000) { q.add('x'.repeat(10_000)); n += 1 } }\n\
         echo $[result.error.code] $[q.stats().ready == n] $[n > 3] $[result.error.message]\n",
    );
    let script = "mount -t tmpfs -o size=1m none disk && cd disk && \"$0\" ../fill.pw && mount -o remount,ro . && \
                  \"$0\" -c \"queue('tasks.db', 'mail').add(1)\"; echo $?";
    let run =
        Run::new("unshare").args(["-rm", "bash", "-c", script]).arg(support::pipewright()).dir(place.work());
    let outcome = run.run();
    if outcome.err().contains("unshare:") || outcome.err().contains("mount:") {
        eprintln!("SKIPPED: no mount here: {}", outcome.err());
        return;
    }
    let out = outcome.out();
    assert!(
        out.starts_with("E2081 true true can't change the queue `mail` in tasks.db: the disk is full"),
        "{out}{}",
        outcome.err()
    );
    assert!(out.ends_with("\n1\n"), "{out}");
    assert!(
        outcome
            .err()
            .contains("error[E2081]: can't change the queue `mail` in tasks.db: it can only be read"),
        "{}",
        outcome.err()
    );
}

#[test]
fn a_time_limit_ends_the_wait_for_a_locked_file() {
    if !have("sqlite3") {
        return;
    }
    let place = Place::new();
    let open = "queue('tasks.db', 'mail').add(1)";
    Run::pipewright().args(["-c", open]).dir(place.work()).run().success();
    let mut holder = Command::new("sqlite3");
    holder
        .args(["-cmd", "BEGIN IMMEDIATE", "-cmd", ".shell touch locked", "tasks.db"])
        .current_dir(place.work());
    let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    wait_until(|| place.at("locked").exists());
    let script = format!("with timeout=300ms {{ {open} }}");
    let outcome = Run::pipewright().args(["-c", &script]).dir(place.work()).run();
    assert_eq!(outcome.status, 124, "{}", outcome.err());
    drop(holder.stdin.take());
    holder.wait().expect("it is ours");
    Run::pipewright().args(["-c", open]).dir(place.work()).run().success();
    assert_eq!(stats(&place)[0], 2);
}

#[test]
fn audit_and_dry_run_see_what_is_done_with_a_queue() {
    let place = Place::new();
    let script = "let q = queue('tasks.db', 'mail')\nq.add(1)\nfor t in (q.drain()) with jobs=1 { true }";
    let run = || Run::pipewright().dir(place.work());
    run().args(["--dry-run", "-c", script]).run().success();
    assert!(!place.at("tasks.db").exists());
    run().args(["--audit", "audit.jsonl", "-c", script]).run().success();
    let audit = place.read("audit.jsonl");
    let changes: Vec<String> = audit
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("it is JSON"))
        .filter(|record| record["event"] == "queue")
        .map(|record| format!("{} {} {}", record["queue"], record["change"], record["tasks"]))
        .collect();
    assert_eq!(changes, ["\"mail\" \"open\" []", "\"mail\" \"add\" []", "\"mail\" \"take\" [1]"]);
}

#[test]
fn the_command_adds_lists_and_runs() {
    let place = Place::new();
    let queue =
        |arguments: &str| Run::pipewright().arg("queue").args(arguments.split(' ')).dir(place.work()).run();
    assert!(queue("stats mail").err().contains("there is no file tasks.db"));
    assert_eq!(queue("add mail [1] {\"to\":\"ann\"} --json").success().out(), "[1,2]\n");
    assert_eq!(queue("add mail 5 --tries 1 --key five --priority -3").success().out(), "3\n");
    let stats = queue("stats mail --json").success().out();
    assert!(
        stats.starts_with("{\"ready\":3,\"delayed\":0,\"running\":0,\"failed\":0,\"done\":0,"),
        "{stats}"
    );
    assert!(queue("list mail ready").success().out().starts_with("3 5, try 0 of 1\n1 [1], try 0 of 25\n"));
    let ran = queue("run mail --drain -- false");
    assert_ne!(ran.status, 0);
    assert!(queue("list mail").success().out().starts_with("3 5, try 1 of 1: "));
    queue("retry mail 1 2 3").success();
    assert_eq!(queue("run mail --drain -- cat").success().out(), "5\n[1]\n{\"to\":\"ann\"}\n");
    assert!(queue("delete mail 3").err().contains("error[E2082]"));
    assert_eq!(queue("nope mail").status, 2);
    assert!(queue("--help").success().out().contains("make tasks due now"));
}

#[test]
fn a_network_file_system_is_refused() {
    if !have("strace") {
        return;
    }
    // What statfs(2) says of a file system that no test machine has: NFS, SMB and FUSE.
    for (magic, name) in
        [("6969000000000000", "NFS"), ("424d53fe00000000", "SMB"), ("4655736500000000", "FUSE")]
    {
        let place = Place::new();
        let inject = format!("inject=statfs:poke_exit=@arg2={magic}");
        let mut traced =
            Run::new("strace").args(["-f", "-qq", "-o", "trace", "-e", "trace=statfs", "-e", &inject]);
        traced = traced.arg(support::pipewright()).args(["-c", "queue('tasks.db', 'mail').add(1)"]);
        let outcome = traced.dir(place.work()).run();
        if outcome.err().contains("strace:") {
            eprintln!("SKIPPED: {}", outcome.err());
            return;
        }
        assert_eq!(outcome.status, 1, "{outcome}");
        let expected =
            format!("can't open the queue in tasks.db: it is on {name}, which several machines may share");
        assert!(outcome.err().contains(&expected), "{outcome}");
        assert!(outcome.err().contains("put the file on a disk of this machine"), "{outcome}");
        assert!(!place.at("tasks.db").exists());
    }
}

#[test]
fn the_mail_queue_sends_each_letter_whatever_is_killed() {
    if !have("hostname") {
        return;
    }
    let place = Place::new();
    // It keeps a letter by the number of its task, and hangs or fails for a while at the first try of some.
    place.write_program(
        "send",
        "#!/bin/sh
letter=$(cat; echo .)
id=${letter#*Message-ID: <task-}
id=${id%%-*}
echo try >> \"tries/$id\"
if [ \"$(wc -l < \"tries/$id\")\" = 1 ]; then
    case $id in 2) echo $$ > hangs; exec sleep 1000 ;; 3) exit 75 ;; 4) exit 67 ;; esac
fi
printf %s \"${letter%.}\" > \"sent/$id\"
",
    );
    std::fs::create_dir(place.at("tries")).expect("a directory can be made");
    std::fs::create_dir(place.at("sent")).expect("a directory can be made");
    let mut letters = String::from("to,subject,text\n");
    for n in 1..=6 {
        letters.push_str(&format!(
            "user{n}@example.org,\"Hi, $(touch canary) {n}\",\"a \"\"b\"\"\n;touch canary\"\n"
        ));
    }
    place.write("letters.csv", letters);
    let added = place.script("mail-queue.pw").arg("add").run().success();
    assert_eq!(added.out(), "6 letters added\n");

    // A worker that is killed while a letter is being sent.
    let value = format!("mail-{}", std::process::id());
    let script = support::root().join("scripts/mail-queue.pw");
    let script = script.to_str().expect("UTF-8");
    let args = ["work", "--program", "./send", "--jobs", "2"].map(String::from);
    let mut worker = start(&place, script, &args, ("QUEUED", &value));
    wait_until(|| place.at("hangs").exists() && place.at("tries/6").exists());
    worker.kill().expect("it is ours");
    worker.wait().expect("it is ours");
    assert_eq!(left_after(&format!("QUEUED={value}"), PATIENCE), [""; 0]);

    // Another one sends the rest. The fourth letter has failed for good, and the third is tried again later.
    wait_until(|| {
        place.script("mail-queue.pw").args(["drain", "--program", "./send"]).run();
        place.at("sent/3").exists()
    });
    let status = place.script("mail-queue.pw").arg("status").run().success();
    assert_eq!(
        status.out(),
        "0 due, 0 later, 0 being sent, 5 sent\n\
         given up: letter 4 to user4@example.org: `./send` exited with 67\n"
    );
    let letter = place.read("sent/2");
    assert!(
        letter.starts_with("To: user2@example.org\nSubject: Hi, $(touch canary) 2\nMessage-ID: <task-2-"),
        "{letter}"
    );
    assert!(letter.ends_with(">\n\na \"b\"\n;touch canary\n"), "{letter}");

    // A field of the head can't hold another field, and then none of the letters is added.
    place.write(
        "letters.csv",
        "to,subject,text\na@example.org,1,2\n\"b@example.org\nBcc: c@example.org\",1,2\n",
    );
    let refused = place.script("mail-queue.pw").arg("add").run();
    assert!(refused.status != 0 && refused.err().contains("a line end in to"), "{refused}");
    assert!(place.script("mail-queue.pw").arg("status").run().success().out().starts_with("0 due"));
}
