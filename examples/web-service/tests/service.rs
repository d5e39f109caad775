//! Tests the service with HTTP requests over a socket, and its build with a broken script.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Service {
    process: Child,
    address: String,
    data: tempfile::TempDir,
}

impl Service {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("names"), "carol\nalice\nbob\nalice\n").unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_web-service"))
            .arg(data.path())
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, address, data }
    }

    /// Sends a request. The caller reads the answer from the stream.
    fn ask(&self, method: &str, path: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        stream
    }

    /// Runs a pipeline, and returns the status and the whole body of the answer.
    fn run(&self, text: &str) -> (u16, String) {
        answer(self.ask("POST", "/run", text))
    }

    /// Returns the names of the processes that the service has started.
    fn children(&self) -> Vec<String> {
        // proc_pid_stat(5): its number, its name in parentheses, its state, its parent.
        let parent = |stat: &str| stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok();
        let stat = |process: fs::DirEntry| fs::read_to_string(process.path().join("stat")).ok();
        let stats = fs::read_dir("/proc").unwrap().flatten().filter_map(stat);
        stats.filter(|stat| parent(stat) == Some(self.process.id())).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    (status, if is_chunked { unchunked(body) } else { body.to_owned() })
}

/// RFC 9112, 7.1.
fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        whole += &rest[..length];
        body = rest[length..].strip_prefix("\r\n").unwrap();
    }
    whole
}

#[test]
fn a_pipeline_of_a_client_runs_under_the_policy() {
    let service = Service::start();
    let (status, text) = service.run("sort < names | uniq -c | sort -r | head -n 1");
    assert_eq!((status, text.trim()), (200, "2 alice"));
}

#[test]
fn what_is_refused_is_told_and_not_done() {
    let service = Service::start();
    let (status, text) = service.run("echo 'never closed");
    assert_eq!(status, 400);
    assert!(text.starts_with("error[E0"), "{text}");
    let (status, text) = service.run("cat < names\nrm -rf -- names");
    assert_eq!(status, 403);
    assert!(text.contains("not allowed by the policy: running rm"), "{text}");
    // The value of a variable is known only at run time.
    let (status, text) = service.run("let file = '/etc/passwd'; echo first; cat < $file");
    assert_eq!(status, 200);
    assert!(text.starts_with("first\nerror[E3004]"), "{text}");
    let (_, text) = service.run("let n = 0; while (true) { n += 1 }");
    assert!(text.starts_with("error[E3006]"), "{text}");
    // The values of the service's own environment are not available either.
    let (_, text) = service.run("echo $[env.HOME ?? 'unset']");
    assert_eq!(text, "unset\n");
    assert!(service.data.path().join("names").exists());
}

#[test]
fn our_own_script_tells_what_is_there() {
    let service = Service::start();
    let (status, text) = answer(service.ask("GET", "/", ""));
    assert_eq!(status, 200, "{text}");
    assert!(text.ends_with("  names (4 lines)"), "{text}");
}

#[test]
fn a_client_that_goes_away_leaves_no_process() {
    let service = Service::start();
    let mut stream = service.ask("POST", "/run", "echo first; /bin/sleep 60");
    // The first output arrives while the rest runs.
    let mut text = String::new();
    while !text.contains("first\n") {
        let mut part = [0; 1000];
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0, "{text}");
        text += std::str::from_utf8(&part[..length]).unwrap();
    }
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < Duration::from_secs(30), "{what}: {:?}", service.children());
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    until("the program runs", &|| service.children().iter().any(|stat| stat.contains("(sleep)")));
    drop(stream);
    until("nothing is left", &|| service.children().is_empty());
}

#[test]
fn a_broken_script_fails_the_build() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    let library = fs::canonicalize(own.join("../..")).unwrap();
    let manifest = fs::read_to_string(own.join("Cargo.toml")).unwrap();
    fs::write(project.join("Cargo.toml"), manifest.replace("../..", library.to_str().unwrap())).unwrap();
    for file in ["Cargo.lock", "build.rs", "src/main.rs", "scripts/usage.pw"] {
        let to = project.join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(own.join(file), to).unwrap();
    }
    fs::create_dir(project.join("scripts/later")).unwrap();
    fs::write(project.join("scripts/later/clean.pw"), "let old = \"x\"\nrm -- $olf\n").unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline"]).current_dir(project);
    // The target directory of this test, if the service is built in the same way: with the
    // configuration of the repository, which names a target, unless cargo was called outside of it.
    let mut target = Path::new(env!("CARGO_BIN_EXE_web-service")).ancestors().nth(2).unwrap();
    if target.to_str().unwrap().ends_with("-linux-gnu") {
        cargo.arg("--config").arg(library.join(".cargo/config.toml"));
        target = target.parent().unwrap();
    }
    let output = cargo.arg("--target-dir").arg(target).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{told}");
    assert!(told.contains("error[E0201]: `olf` is not declared"), "{told}");
    assert!(told.contains("--> scripts/later/clean.pw:2:7"), "{told}");
}
