//! Pools of workers whose children are written as people write them for `child_process.fork`: task queues, broadcasts,
//! shared state, health, shutdown; and children that die, hang, flood or don't read.

use crate::support::{self, Outcome, Run};

/// Runs a script beside the children of `tests/pools` and `tests/workers`. `$tmp` is a directory for it.
fn run(script: &str) -> Outcome {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let script = format!("let tmp = \"{}\"\n{script}", directory.path().display());
    Run::pipewright().args(["-c", &script]).dir(support::root().join("tests/pools")).run()
}

/// Asserts that a script succeeds and prints this.
#[track_caller]
fn prints(script: &str, expected: &str) {
    let outcome = run(script);
    assert_eq!(outcome.out(), expected, "{script}\n{}", outcome.err());
    assert_eq!(outcome.status, 0, "{script}\n{}", outcome.err());
}

#[test]
fn eight_workers_answer_two_thousand_questions_each_its_own() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=8, timeout=60s { node squares.js }
         let answers = list(1..=2000).map(n => pool.ask({id: n, n: n}), jobs: 16)
         let wrong = 0
         for i in (0..<2000) {
             if (answers[i].id != i + 1 or answers[i].result != (i + 1) * (i + 1)) { wrong += 1 }
         }
         echo $[answers.len()] $wrong
         echo $[pool.stats().map(row => row.asked).sum()] $[answers.map(a => a.pid).unique().len() > 1]",
        "2000 0\n2000 true\n",
    );
}

#[test]
fn a_worker_that_dies_or_hangs_is_replaced_and_its_question_is_asked_again() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=2, restart=\"on-failure\", backoff=1ms, retry=1, timeout=60s { node squares.js }
         let answers = list(1..=40).map(n => pool.ask({id: n, n: n, crash: n == 20 ? \"$tmp/crash\" : null}).result, jobs: 4)
         echo $[answers.sum()]
         echo $[pool.stats().map(row => row.restarts).sum()]",
        "22140\n1\n",
    );
    prints(
        "let pool = worker with jobs=1, retry=1 { node squares.js }
         echo $[pool.ask({id: 1, n: 3}).result]
         echo $[pool.ask({id: 1, n: 4, hang: \"$tmp/hang\"}, timeout: 3s).result] $[pool.stats()[0].restarts]",
        "9\n16 1\n",
    );
    // Without `restart` the others go on, until none is left.
    prints(
        "let pool = worker with jobs=2, timeout=60s { node ../workers/sum.js }
         fn try_to(task) {
             let answer = null
             let r = try { answer = pool.ask(task).result }
             return r.ok ? answer : r.error.code
         }
         echo $[try_to({task: 'exit', a: 3})] $[try_to({task: 'sum', a: 1, b: 1})]
         echo $[try_to({task: 'exit', a: 3})] $[try_to({task: 'sum', a: 1, b: 1})]",
        "E2034 2\nE2034 E2040\n",
    );
}

#[test]
fn a_worker_that_leaks_is_replaced_after_so_many_questions() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=1, max_asks=3, timeout=60s { node squares.js }
         let pids = list(1..=9).map(n => pool.ask({id: n, n: n}).pid)
         echo $[pids.unique().len()] $[pids[0] == pids[2]] $[pids[2] == pids[3]]",
        "3 true false\n",
    );
}

#[test]
fn a_broadcast_reaches_all_others() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=3 { node chat.js }
         let hellos = 0
         let heard = []
         for from, m in (pool.messages()) {
             if (m.type == 'hello') {
                 hellos += 1
                 if (m.text != \"from $from\") { fail 'a wrong number' }
                 if (hellos == 3) { echo $[pool.broadcast({text: 'news'}, except: 1)] }
             } else {
                 heard.push(\"$from ${m.text}\")
                 if (heard.len() == 2) { pool.close() }
             }
         }
         echo $[heard.sort().join(', ')]",
        "2\n0 news, 2 news\n",
    );
}

#[test]
fn workers_share_a_state_that_the_script_keeps() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=4 { node counter.js }
         let count = 0
         let done = 0
         for from, m in (pool.messages()) {
             if ('add' in m) {
                 count += m.add
                 pool.send({value: count}, to: from)
             } else {
                 done += 1
             }
         }
         echo $count $done",
        "40 4\n",
    );
}

#[test]
fn health_by_message_finds_a_worker_that_hangs() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=1 { node health.js }
         fn check() {
             let answer = null
             let r = try { answer = pool.ask({type: 'ping'}, timeout: 5s).type }
             return r.ok ? answer : r.error.code
         }
         echo $[list(1..=5).map(n => check()).join(' ')] $[pool.stats()[0].restarts]",
        "pong pong pong E2037 pong 1\n",
    );
}

#[test]
fn workers_finish_their_work_when_they_are_asked_to_shut_down() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=2, restart=\"on-failure\" { node graceful.js }
         for i in (0..<4) { pool.send({cmd: 'job', name: \"job $i\"}, to: i % 2) }
         pool.broadcast({cmd: 'shutdown'})
         let saved = []
         for from, m in (pool.messages()) { saved.push(\"$from: ${m.saved.join(', ')}\") }
         echo $[saved.sort().join('; ')]
         pool.wait()"
            .replace("${m.saved.join(', ')}", "$[m.saved.join(', ')]")
            .as_str(),
        "0: job 0, job 2; 1: job 1, job 3\n",
    );
}

#[test]
fn a_pool_grows_while_questions_wait() {
    if !support::have("node") {
        return;
    }
    prints(
        "let pool = worker with jobs=(1..=4), timeout=60s { node ../workers/sum.js }
         echo $[pool.size]
         list(1..=12).map(n => pool.ask({task: 'slow', a: 300}), jobs: 12)
         echo $[pool.size] $[pool.waiting]",
        "1\n4 0\n",
    );
}

#[test]
fn workers_that_flood_or_do_not_read_stop_no_other() {
    if !support::have("node") || !support::have("python3") {
        return;
    }
    prints(
        "let pool = worker with jobs=3 { node ../workers/flood.js }
         let counts = {}
         for from, m in (pool.messages()) { counts[str(from)] = counts.get(str(from), 0) + 1 }
         echo $[to_json(counts.keys().sort().map(k => counts[k]))]",
        "[20001,20001,20001]\n",
    );
    prints(
        "let pool = worker with jobs=2 { python3 ../workers/unread.py }
         let r = try { pool.ask('x'.repeat(5_000_000), timeout: 200ms) }
         echo $[r.error.code]
         let r2 = try { pool.ask('short', timeout: 200ms) }
         echo $[r2.error.code]",
        "E2037\nE2037\n",
    );
}

#[test]
fn questions_of_ended_turns_and_jobs_leave_no_worker_busy() {
    prints(
        "let pool = worker with jobs=2, channel=\"lines\" { sed -u -n 's/^answer //p' }
         for i in (1..=6) {
             let r = try { with timeout=100ms { pool.ask('silence') } }
             if (r.ok) { fail 'an answer' }
         }
         echo $[list(1..=20).map(n => pool.ask(\"answer $n\", timeout: 30s), jobs: 4).len()]",
        "20\n",
    );
}

#[test]
fn nothing_of_a_pool_survives_the_script() {
    let mark = format!("61.{}", std::process::id());
    for script in [
        format!("let pool = worker with jobs=3, restart=\"always\" {{ sleep {mark} }}\nsleep 0.2"),
        format!("let pool = worker with jobs=3, restart=\"always\" {{ sleep {mark} }}\nsleep 0.2\nfalse"),
        format!(
            "let job = spawn {{ let pool = worker with jobs=3 {{ sleep {mark} }}; sleep 0.2 }}\njob.wait()"
        ),
        format!(
            "let pool = worker with jobs=1, restart=\"always\" {{ sleep {mark} }}\npool.kill()\npool.wait()"
        ),
    ] {
        run(&script);
        let left = std::process::Command::new("pgrep").args(["-f", &format!("sleep {mark}")]).output();
        assert_eq!(left.map(|left| left.stdout).unwrap_or_default(), b"", "{script}");
    }
}
