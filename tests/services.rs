//! Services with real programs: Node's cluster and plain servers unmodified, Python behind `LISTEN_FDS`, reloads under
//! load, and ends that leave nothing.

use crate::support::{Run, have, pipewright, setting};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server as people write it, which knows nothing of Pipewright.
const NODE: &str = "const http = require('http');
http.createServer((request, answer) => answer.end(String(process.pid))).listen(process.env.PORT);
";

const PYTHON: &str = "import os, socket
assert os.environ['LISTEN_PID'] == str(os.getpid())
server = socket.socket(fileno=3)
while True:
    client, _ = server.accept()
    client.recv(1000)
    client.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\nhello from python\\n')
    client.close()
";

/// Sends requests one after the other, each on its own connection, and prints how many each process answered. An error
/// ends it.
const CLIENT: &str = "const http = require('http');
const [address, count] = process.argv.slice(2);
const answers = {};
function next(left) {
  if (!left) return console.log(Object.values(answers).join(' '));
  http.get({ host: '127.0.0.1', port: address.split(':')[1], agent: false }, (answer) => {
    let text = '';
    answer.on('data', (piece) => text += piece);
    answer.on('end', () => { answers[text] = (answers[text] || 0) + 1; next(left - 1); });
  }).on('error', (error) => { console.log(String(error)); process.exit(1); });
}
next(Number(count));
";

/// Sends requests until a file `stop` exists, each on its own connection, one after the other. A request that fails is
/// tried once more, if `TRIES` is 2. Prints the number of requests and of failures.
const LOAD: &str = "const http = require('http'), fs = require('fs');
const [address, tries] = process.argv.slice(2);
let answered = 0, failed = 0;
function ask(left) {
  const options = { host: '127.0.0.1', port: address.split(':')[1], agent: false };
  http.get(options, (answer) => {
    answer.resume();
    answer.on('end', () => { answered++; next(); });
    answer.on('aborted', () => again(left));
  }).on('error', () => again(left));
}
function again(left) {
  failed++;
  if (left > 1) return ask(left - 1);
  console.log('a request was not answered'); process.exit(1);
}
function next() {
  if (fs.existsSync('stop')) return console.log(answered > 0, failed);
  ask(Number(tries));
}
next();
";

fn directory() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in [("web.js", NODE), ("client.js", CLIENT), ("load.js", LOAD), ("web.py", PYTHON)] {
        std::fs::write(directory.path().join(name), text).expect("a file is written");
    }
    directory
}

fn run(script: &str) -> String {
    let directory = directory();
    let outcome = Run::code(script).dir(directory.path()).timeout(600).run();
    let (out, err) = (text(&outcome.stdout), text(&outcome.stderr));
    assert_eq!((outcome.status, err.as_str()), (0, ""), "{script}\n{out}");
    out
}

/// Returns the processes with these arguments.
fn processes(arguments: &[&str]) -> Vec<i32> {
    let wanted: Vec<u8> = arguments.iter().flat_map(|one| one.bytes().chain([0])).collect();
    let all = std::fs::read_dir("/proc").expect("proc is read").filter_map(Result::ok);
    let is_one = |path: &Path| std::fs::read(path.join("cmdline")).is_ok_and(|line| line == wanted);
    all.filter(|one| is_one(&one.path())).filter_map(|one| one.file_name().to_str()?.parse().ok()).collect()
}

/// A program that is killed with the test.
struct Started(Child);

impl Started {
    fn new(options: &[&str], script: &str) -> Self {
        let mut command = Command::new(pipewright());
        let command = command.args(options).args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn unmodified_servers_of_node_share_their_connections_evenly() {
    if !have("node") {
        return;
    }
    let all = 400 * setting("SCALE", 1).min(5) as u32;
    let out = run(&format!(
        "let web = service with jobs=8, listen=\"127.0.0.1:0\", ready=\"listening\" {{ node web.js }}\n\
         node client.js $[web.addresses[0]] {all}\n"
    ));
    let counts: Vec<u32> = out.split_whitespace().map(|count| count.parse().expect("a number")).collect();
    assert_eq!(counts.len(), 8, "{out}");
    // Each within 2 % of its part.
    assert!(counts.iter().all(|count| count.abs_diff(all / 8) <= all / 400), "{out}");
}

#[test]
fn no_connection_is_refused_while_a_service_is_reloaded() {
    if !have("node") {
        return;
    }
    let times = setting("RELOADS", 3 * setting("SCALE", 1));
    let out = run(&format!(
        "let web = service with jobs=2, listen=\"127.0.0.1:0\", ready=\"listening\" {{ node web.js }}\n\
         let load = spawn capture {{ node load.js $[web.addresses[0]] 1 }}\n\
         for n in (1..={times}) {{ web.reload() }}\n\
         touch stop\necho $[load.output().out.trim()]\n"
    ));
    assert_eq!(out, "true 0\n");
}

#[test]
fn requests_are_answered_while_instances_are_killed_at_random() {
    if !have("node") {
        return;
    }
    let times = 5 * setting("SCALE", 1);
    let out = run(&format!(
        "let web = service with jobs=3, listen=\"127.0.0.1:0\", ready=\"listening\", backoff=1ms, most_restarts=100000 {{ node web.js }}\n\
         let load = spawn capture {{ node load.js $[web.addresses[0]] 2 }}\n\
         let killed = 0\n\
         while (killed < {times}) {{\n\
             sleep 100ms\n\
             let one = (web.stats().filter(one => one.stage == \"ready\").map(one => one.pid).filter(pid => pid != null))[-1]\n\
             kill -KILL $one\n\
             killed += 1\n\
             while (web.stats().any(instance => instance.pid == one)) {{ sleep 5ms }}\n\
         }}\n\
         let restarts = web.stats().map(one => one.restarts).sum()\n\
         while (web.status != \"ready\") {{ sleep 10ms }}\n\
         touch stop\nlet record = load.output()\n\
         let told = web.stats().map(one => int(one.uptime / 1s) - int($(ps -o etimes= -p $[one.pid]).trim()))\n\
         echo $[record.ok] $[restarts <= {times} and web.stats().map(one => one.restarts).sum() == {times}] $[told.all(by => by.abs() <= 2)]\n"
    ));
    assert_eq!(out, "true true true\n");
}

#[test]
fn nothing_survives_when_the_interpreter_is_killed() {
    for (options, marker) in [(&[][..], "7654321"), (&["--guard"][..], "7654322")] {
        let script = format!(
            "let s = service with jobs=2, listen=\"127.0.0.1:0\" {{ /bin/sleep {marker} }}\necho $[s.addresses[0]]\nwait\n"
        );
        let mut started = Started::new(options, &script);
        wait_until("both instances run", || processes(&["/bin/sleep", marker]).len() == 2);
        started.0.kill().expect("it is ours");
        started.0.wait().expect("it is ours");
        wait_until("nothing is left", || processes(&["/bin/sleep", marker]).is_empty());
    }
}

#[test]
fn a_full_target_of_the_output_does_not_keep_the_script() {
    let script = "let s = service { yes }\nsleep 200ms\ns.stop()\n";
    let mut started = Started::new(&[], script);
    // Nothing reads the pipe. A wait without an end is ended by the time limit of the test.
    wait_until("the script ends", || started.0.try_wait().is_ok_and(|end| end.is_some()));
}

#[test]
fn stats_tell_what_an_instance_uses_and_whether_it_is_healthy() {
    let out = run("let calls = 0\n\
                   fn well(i) { return i.number == 0 and not \"ill\".exists() }\n\
                   let s = service with health=well, interval=20ms, unhealthy=1000 { sh -c 'while :; do :; done' }\n\
                   while (s.stats()[0].samples.len() < 2 or s.stats()[0].checked == null) { sleep 20ms }\n\
                   let one = s.stats()[0]\n\
                   echo $[one.healthy] $[one.cpu > 0.01 and one.cpu < 3] $[one.most_cpu >= one.cpu] $[one.memory > 10K]\n\
                   echo $[one.most_memory >= one.memory] $[one.descriptors >= 3] $[one.samples[0].age >= one.samples[1].age]\n\
                   touch ill\n\
                   while (s.stats()[0].healthy) { sleep 20ms }\n\
                   echo $[s.stats()[0].unhealthy]\n");
    assert_eq!(out, "true true true true\ntrue true true\nthe check returned false\n");
}

#[test]
fn starts_and_sockets_are_recorded_and_traced() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let script = "let s = service with listen=\"unix:s\", most_restarts=1, backoff=1ms { sh -c 'exit 3' }\ntry { s.wait() }\n";
    let options = ["--audit", "log", "--trace", "-c", script];
    let outcome = Run::pipewright().args(options).dir(directory.path()).run();
    let trace = text(&outcome.stderr);
    let lines: Vec<&str> = trace.lines().filter(|line| line.starts_with('*')).collect();
    assert_eq!(lines, ["* s/0 starts", "* s/0 starts again, restart 1", "* s/0 is given up"], "{trace}");
    let log = std::fs::read_to_string(directory.path().join("log")).expect("it was written");
    let records: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let of = |event: &str| records.iter().filter(|one| one["event"] == event).cloned().collect::<Vec<_>>();
    assert_eq!(of("listen").len(), 1, "{log}");
    let restarts: Vec<_> = of("instance").iter().map(|one| one["restarts"].as_u64()).collect();
    assert_eq!(restarts, [Some(0), Some(1)], "{log}");
}

#[test]
fn a_program_gets_the_socket_as_from_systemd() {
    if !have("python3") || !have("curl") {
        return;
    }
    let out = run("let web = service with listen=\"127.0.0.1:0\", ready=\"listening\" { python3 web.py }\n\
                   curl -fsS \"http://$[web.addresses[0]]/\"\n");
    assert_eq!(out, "hello from python\n");
}

#[test]
fn an_instance_that_was_killed_is_restarted() {
    let out = run("let web = service with backoff=1ms { sh -c 'exec sleep 60' }\n\
                   while (web.stats()[0].pid == null) { sleep 10ms }\n\
                   let first = (web.stats()[0]).pid\n\
                   kill -KILL $first\n\
                   while (web.stats()[0].restarts == 0 or web.stats()[0].pid == null) { sleep 10ms }\n\
                   echo $[web.stats()[0].pid != first] $[web.stats()[0].restarts]\n");
    assert_eq!(out, "true 1\n");
}

#[test]
fn services_end_in_reverse_order() {
    let service = |name: &str| {
        format!(
            "let {name} = service with ready={name}_up {{ sh -c 'trap \"echo {name}; exit 0\" TERM; touch {name}; while :; do sleep 0.01; done' 2> /dev/null }}\n"
        )
    };
    let ready = |name: &str| format!("fn {name}_up() {{ test -e {name} }}\n");
    let all = ["one", "two", "three"];
    let script: String = all.iter().map(|name| ready(name) + &service(name)).collect();
    assert_eq!(run(&script), "three\ntwo\none\n");
}

#[test]
fn of_six_services_two_are_broken_and_the_message_names_the_first() {
    let mut script = String::new();
    for name in ["a", "b", "c"] {
        script += &format!("let {name} = service {{ /bin/sleep 1234567 }}\n");
    }
    script += "let broken = service with most_restarts=1, backoff=1ms { sh -c 'echo no database; exit 3' }\n\
               let other = service { /bin/sleep 1234567 }\nlet missing = service { no-such-program }\nwait\n";
    let outcome = Run::code(&script).run();
    let err = text(&outcome.stderr);
    assert_eq!(outcome.status, 1);
    // Whichever ends first.
    let first = ["`broken` failed, and again after 1 restarts in a row", "`missing` can't be started"];
    assert!(err.contains("E2050") && first.iter().any(|message| err.contains(message)), "{err}");
    assert!(["no database", "no-such-program"].iter().any(|last| err.contains(last)), "{err}");
    assert!(processes(&["/bin/sleep", "1234567"]).is_empty());
}

#[test]
fn a_program_says_that_it_is_ready() {
    if !have("python3") {
        return;
    }
    let program = "import os, socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); \
                   s.sendto(b'READY=1', os.environ['NOTIFY_SOCKET']); time.sleep(60)";
    let out = run(&format!(
        "let web = service with ready=\"notify\" {{ python3 -c \"{program}\" }}\necho $[web.status]\n"
    ));
    assert_eq!(out, "ready\n");
}
