//! `pipewright top --serve`: its page, its data, its metrics, its actions, and the requests that it refuses.

use crate::support::{self, Run, have};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A task of a queue, two instances and four turns that wait for the file `go`. The name of the script would break a page and a label.
const SCRIPT: &str = "let q = queue('tasks.db', 'mail')
q.add_all([1, 2, 3])
{ for task in (q.drain()) { sh -c 'while ! [ -e go ]; do sleep 0.02; done' } } &
let web = service with jobs=2 { sh -c 'while ! [ -e go ]; do sleep 0.02; done' }
for n in (1..=4) with jobs=2 { sh -c 'while ! [ -e go ]; do sleep 0.02; done' }
wait";
pub const NAME: &str = "<b>\"a\\b'é.pw";

/// A script and a server that shows it.
pub struct Served {
    _directory: TempDir,
    script: Child,
    server: Child,
    /// `127.0.0.1:PORT`
    pub address: String,
    pub token: String,
}

impl Served {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join(NAME), SCRIPT).expect("a file can be written");
        let start = |args: &[&str]| {
            let mut command = Command::new(support::pipewright());
            command.args(args).current_dir(directory.path()).env("XDG_RUNTIME_DIR", directory.path());
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts")
        };
        let script = start(&[NAME]);
        let mut server = start(&["top", "--serve", "127.0.0.1:0"]);
        let mut line = String::new();
        let out = server.stdout.as_mut().expect("it is a pipe");
        BufReader::new(out).read_line(&mut line).expect("the address is printed");
        let (address, token) =
            line.strip_prefix("http://").and_then(|rest| rest.trim().split_once("/?token=")).expect("a URL");
        let (address, token) = (address.to_string(), token.to_string());
        let served = Self { _directory: directory, script, server, address, token };
        served.until("the script and its turns are listed", |state| {
            state["runs"][0]["services"][0]["status"] == "ready"
                && state["runs"][0]["loops"][0]["running"] == 2
                && pids(state).len() == 2
        });
        served
    }

    /// Sends a request with these head fields. Returns the status, the head and the body of the answer.
    fn send(&self, line: &str, fields: &[&str]) -> (u16, String, String) {
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        exchange(&self.address, &format!("{line} HTTP/1.1\r\n{fields}\r\n"))
    }

    /// Sends a request with the token.
    fn ask(&self, line: &str) -> (u16, String, String) {
        let (host, bearer) =
            (format!("Host: {}", self.address), format!("Authorization: Bearer {}", self.token));
        self.send(line, &[&host, &bearer])
    }

    pub fn state(&self) -> serde_json::Value {
        let (status, _, body) = self.ask("GET /api/state");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("it is JSON")
    }

    pub fn until(&self, what: &str, holds: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let state = self.state();
            if holds(&state) {
                return state;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The script ends its programs.
        // SAFETY: it is a child that has not been awaited.
        unsafe { libc::kill(self.script.id() as i32, libc::SIGCONT) };
        unsafe { libc::kill(self.script.id() as i32, libc::SIGTERM) };
        let _ = self.script.wait();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Sends a text. Returns the status, the head and the body of the answer.
fn exchange(address: &str, text: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket has one");
    stream.write_all(text.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and its end");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), head.to_string(), body.to_string())
}

/// Returns the processes of the instances of the first service.
pub fn pids(state: &serde_json::Value) -> Vec<u64> {
    let instances = state["runs"][0]["services"][0]["instances"].as_array();
    instances.into_iter().flatten().filter_map(|one| one["pid"].as_u64()).collect()
}

/// A path for an action on the first service or loop.
fn action(state: &serde_json::Value, kind: &str, action: &str) -> String {
    let run = &state["runs"][0];
    format!("POST /api/runs/{}/{kind}/{}/{action}", run["pid"], run[kind][0]["id"])
}

#[test]
fn a_request_without_the_token_or_for_another_host_is_refused() {
    let served = Served::start();
    let state = served.state();
    let stop = action(&state, "services", "stop");
    let host = format!("Host: {}", served.address);
    let bearer = format!("Authorization: Bearer {}", served.token);
    let wrong = format!("Authorization: Bearer {}", served.token.replace(|c| c != 'a', "b"));
    for line in ["GET /", "GET /api/state", "GET /metrics", "GET /favicon.ico", &stop] {
        for fields in [vec![&*host], vec![&host, &wrong], vec![&host, "Cookie: token=x"]] {
            let (status, head, body) = served.send(line, &fields);
            assert_eq!(status, 401, "{line} {fields:?}");
            assert!(head.contains("www-authenticate: Bearer"), "{head}");
            assert!(!body.contains(&served.token) && !body.contains("web"), "{body}");
        }
        for other in
            ["Host: evil.example:9400", "Host: 127.0.0.1.evil.example", "X-Forwarded-Host: localhost"]
        {
            assert_eq!(served.send(line, &[other, &bearer]).0, 403, "{line} {other}");
        }
        let foreign = "Origin: http://evil.example";
        assert_eq!(served.send(line, &[&host, &bearer, foreign]).0, 403, "{line}");
    }
    // A link that a browser follows has no other way.
    assert_eq!(served.send(&format!("GET /?token={}", served.token), &[&host]).0, 200);
    assert_eq!(pids(&served.state()), pids(&state));
}

#[test]
fn another_user_sees_neither_scripts_nor_the_page() {
    if !rustix::process::geteuid().is_root() || !have("setpriv") || !have("curl") {
        return;
    }
    let served = Served::start();
    let as_other = |program: &str, args: &[&str]| {
        let run = Run::new("setpriv").args(["--reuid=12345", "--regid=12345", "--clear-groups", program]);
        run.args(args).dir("/").run()
    };
    let url = format!("http://{}/metrics", served.address);
    let outcome = as_other("curl", &["-s", "-o", "/dev/null", "-w", "%{http_code}", &url]).success();
    assert_eq!(outcome.out(), "401");
    let socket = served._directory.path().join("pipewright").join(format!("{}.sock", served.script.id()));
    assert!(socket.exists());
    let outcome = as_other("curl", &["-s", "--unix-socket", &socket.to_string_lossy(), "http://localhost/"]);
    // CURLE_COULDNT_CONNECT, libcurl-errors(3)
    assert_eq!(outcome.status, 7, "{outcome}");
}

#[test]
fn the_page_is_one_file_whose_policy_allows_only_its_own_script() {
    let served = Served::start();
    let (status, head, body) = served.ask("GET /");
    assert_eq!(status, 200);
    let policy =
        head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).expect("a policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    assert!(
        policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(body.contains(&format!("<script nonce=\"{nonce}\">")), "{body}");
    // No text of a script, no other file, and no code in attributes.
    for absent in ["{{", "web", "http://", "https://", "src=", "href=", "onclick", "innerHTML", &served.token]
    {
        let shown = body.replace("http://www.w3.org/2000/svg", "");
        assert!(!shown.contains(absent), "{absent}");
    }
    for field in
        ["cache-control: no-store", "referrer-policy: no-referrer", "x-content-type-options: nosniff"]
    {
        assert!(head.contains(field), "{head}");
    }
    assert!(!served.ask("GET /").2.contains(nonce));
}

#[test]
fn the_state_has_samples_of_the_script_and_its_instances() {
    let served = Served::start();
    let state = served.until("three samples of each are there", |state| {
        let samples = state["runs"][0]["samples"].as_array();
        let are_three =
            |one: &serde_json::Value| one["memory"].as_array().is_some_and(|list| list.len() >= 3);
        samples.is_some_and(|samples| samples.len() == 3 && samples.iter().all(are_three))
    });
    let run = &state["runs"][0];
    assert_eq!(run["script"], NAME);
    let of = |n: usize| (&run["samples"][n]["service"], &run["samples"][n]["instance"]);
    let service = &run["services"][0]["id"];
    assert_eq!([of(0), of(1), of(2)], [(&().into(), &().into()), (service, &0.into()), (service, &1.into())]);
}

#[test]
fn actions_restart_reload_resize_and_stop() {
    let served = Served::start();
    let mut state = served.state();
    for name in ["restart", "reload"] {
        let before = pids(&state);
        assert_eq!(served.ask(&action(&state, "services", name)).0, 204);
        state = served.until("both instances were replaced", |state| {
            let now = pids(state);
            state["runs"][0]["services"][0]["status"] == "ready"
                && now.len() == 2
                && now.iter().all(|pid| !before.contains(pid))
        });
    }
    assert_eq!(served.ask(&action(&state, "loops", "jobs/3")).0, 204);
    served.until("three turns run", |state| state["runs"][0]["loops"][0]["running"] == 3);
    assert_eq!(served.ask(&action(&state, "services", "stop")).0, 204);
    served.until("it has ended", |state| state["runs"][0]["services"][0]["status"] == "ended");
    let (status, _, body) = served.ask(&action(&state, "services", "restart"));
    assert_eq!((status, &*body), (409, "the service has ended\n"));
    let unknown = "POST /api/runs/1/services/1/restart";
    assert_eq!(served.ask(unknown).0, 404);
}

#[test]
fn a_path_has_its_methods() {
    let served = Served::start();
    let stop = action(&served.state(), "services", "stop").replace("POST", "GET");
    let (status, head, _) = served.ask(&stop);
    assert!(status == 405 && head.contains("allow: POST"), "{head}");
    let (status, head, _) = served.ask("POST /api/state");
    assert!(status == 405 && head.contains("allow: GET, HEAD"), "{head}");
    let (status, _, body) = served.ask("HEAD /metrics");
    assert_eq!((status, &*body), (200, ""));
    assert_eq!(["GET /x", "GET /api", "DELETE /../etc/passwd"].map(|line| served.ask(line).0), [404; 3]);
}

#[test]
fn what_is_too_large_or_too_slow_ends_and_the_next_request_is_answered() {
    let served = Served::start();
    let host = format!("Host: {}", served.address);
    assert_eq!(served.send("GET /", &[&host, &format!("X: {}", "x".repeat(64 << 10))]).0, 431);
    let many: Vec<String> = (0..200).map(|n| format!("X-{n}: x")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(served.send("GET /", &many).0, 431);
    assert_eq!(exchange(&served.address, "nonsense\r\n\r\n").0, 400);
    // As many connections as there is room for, and more that wait. None sends a whole request.
    let idle: Vec<TcpStream> = (0..80)
        .map(|_| {
            let mut stream = TcpStream::connect(&served.address).expect("it listens");
            stream.write_all(b"GET / HTTP/1.1\r\n").expect("it is connected");
            stream
        })
        .collect();
    assert_eq!(served.ask("GET /metrics").0, 200);
    drop(idle);
}

#[test]
fn a_script_that_does_not_answer_delays_no_request() {
    let served = Served::start();
    // SAFETY: it is a child that has not been awaited.
    assert_eq!(unsafe { libc::kill(served.script.id() as i32, libc::SIGSTOP) }, 0);
    served.until("it is not listed", |state| state["runs"][0].is_null());
    assert_eq!(served.ask("GET /metrics").2, "");
    // SAFETY: as above.
    assert_eq!(unsafe { libc::kill(served.script.id() as i32, libc::SIGCONT) }, 0);
    served.until("it is listed again", |state| pids(state).len() == 2);
}

#[test]
fn a_signal_ends_the_server() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let mut served = Served::start();
        let _idle = TcpStream::connect(&served.address).expect("it listens");
        // SAFETY: it is a child that has not been awaited.
        assert_eq!(unsafe { libc::kill(served.server.id() as i32, signal) }, 0);
        let status = served.server.wait().expect("it can be awaited");
        assert_eq!(status.signal(), Some(signal), "{status}");
        assert!(TcpStream::connect(&served.address).is_err());
    }
}

#[test]
fn only_a_free_loopback_address_is_served() {
    let refused = |address: &str, status: i32| {
        let outcome = Run::pipewright().args(["top", "--serve", address]).run();
        assert_eq!((outcome.status, outcome.out().as_str()), (status, ""), "{outcome}");
        outcome.err()
    };
    let open = refused("0.0.0.0:9400", 2);
    assert!(open.contains("`0.0.0.0:9400` can be reached from other machines"), "{open}");
    assert!(open.contains("write: pipewright top --serve 127.0.0.1:9400"), "{open}");
    for address in ["[::]:9400", "192.0.2.1:80", "9400", "127.0.0.1", "example.org:9400", ""] {
        refused(address, 2);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let taken = taken.local_addr().map(|address| (address.to_string(), taken)).expect("it has an address");
    let message = refused(&taken.0, 1);
    assert_eq!(message, format!("pipewright: top: can't listen at {}: Address already in use\n", taken.0));
}

#[test]
fn metrics_have_the_format_of_prometheus() {
    let served = Served::start();
    let (status, head, body) = served.ask("GET /metrics");
    assert!(
        status == 200 && head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{head}"
    );
    let samples = strictly_parsed(&body);
    let pid = served.script.id().to_string();
    let value = |name: &str, more: &[(&str, &str)]| {
        let has = |labels: &BTreeMap<String, String>| {
            labels["script"] == NAME
                && labels["pid"] == pid
                && more.iter().all(|(name, value)| labels[*name] == *value)
        };
        let found: Vec<f64> =
            samples.iter().filter(|one| one.0 == name && has(&one.1)).map(|one| one.2).collect();
        assert_eq!(found.len(), 1, "{name} {more:?}: {body}");
        found[0]
    };
    assert_eq!(value("pipewright_service_ready", &[("service", "web")]), 1.0);
    assert_eq!(value("pipewright_service_instance_restarts_total", &[("number", "1")]), 0.0);
    assert!(value("pipewright_service_instance_resident_memory_bytes", &[("number", "0")]) > 0.0);
    assert_eq!(value("pipewright_loop_turns_running", &[]), 2.0);
    assert_eq!(value("pipewright_loop_items", &[]), 4.0);
    let ready = value("pipewright_queue_ready_tasks", &[("queue", "mail")]);
    assert_eq!(ready + value("pipewright_queue_running_tasks", &[("queue", "mail")]), 3.0);
    assert_eq!(value("pipewright_queue_done_total", &[("queue", "mail")]), 0.0);
    assert!(value("pipewright_script_processes", &[]) >= 4.0);

    if support::setting("BROWSER", 0) == 0 {
        eprintln!("SKIPPED in part: promtool reads the metrics with BROWSER=1, as in .ci/long");
        return;
    }
    assert!(have("promtool"));
    let checked = Run::new("promtool").args(["check", "metrics"]).stdin(body).run().success();
    assert_eq!((checked.out(), checked.err()), (String::new(), String::new()));
}

/// Reads the text format of Prometheus, and accepts nothing that its description does not mention: names, escapes, the
/// order of HELP, TYPE and values, values once for each set of labels. Also holds names to the conventions: a unit, and
/// `_total` for counters alone.
fn strictly_parsed(text: &str) -> Vec<(String, BTreeMap<String, String>, f64)> {
    let (mut samples, mut seen) = (Vec::new(), Vec::new());
    let mut lines = text.strip_suffix('\n').expect("the last line ends").split('\n').peekable();
    while let Some(line) = lines.next() {
        let (name, help) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')).expect(line);
        assert!(is_name(name) && name.starts_with("pipewright_"), "{line}");
        assert!(help.ends_with('.') && !help.contains('\\'), "{line}");
        assert!(!seen.contains(&name), "{line}: twice");
        seen.push(name);
        let kind = lines.next().and_then(|line| line.strip_prefix(&*format!("# TYPE {name} "))).expect(name);
        assert!(["counter", "gauge"].contains(&kind), "{line}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        let before = samples.len();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let rest = line.strip_prefix(name).and_then(|rest| rest.strip_prefix('{')).expect(line);
            let (labels, value) = labels(rest);
            let value: f64 = value.strip_prefix(' ').and_then(|value| value.parse().ok()).expect(line);
            let one = (name.to_string(), labels, value);
            assert!(value.is_finite() && (kind == "gauge" || value >= 0.0), "{line}");
            assert!(samples[before..].iter().all(|other: &(_, _, f64)| other.1 != one.1), "{line}: twice");
            samples.push(one);
        }
        assert!(samples.len() > before, "{name} has no values");
    }
    samples
}

/// Reads labels up to their brace. Returns them and the rest.
fn labels(mut rest: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect(rest);
        assert!(is_name(name) && !name.contains(':') && !name.starts_with("__"), "{name}");
        let mut value = String::new();
        let mut chars = after.chars();
        loop {
            match chars.next().expect("the value ends") {
                '"' => break,
                '\\' => value.push(match chars.next() {
                    Some('n') => '\n',
                    Some(c @ ('\\' | '"')) => c,
                    other => panic!("escaped: {other:?}"),
                }),
                c => value.push(c),
            }
        }
        assert!(labels.insert(name.to_string(), value).is_none(), "{name}: twice");
        let after = chars.as_str();
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (labels, after.strip_prefix('}').expect(after)),
        }
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.chars().all(is_part) && name.chars().next().is_some_and(|c| !c.is_ascii_digit())
}
