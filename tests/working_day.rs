//! Tests the seven scripts of a working day, each next to its twin in bash: both get the same hostile input, and each
//! claim of `scripts/README.md` about a twin is shown here.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support;
use crate::support::marked::left_after;
use crate::support::place::{HOSTILE, Place, assert_fails, assert_says, names, need};
use crate::support::{Outcome, Run};
use rustix::process::{Pid, Signal, kill_process_group};

/// A time that is ample even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

const SCRIPTS: [&str; 7] =
    ["rotate-logs", "commits", "fetch", "csv-to-json", "build", "with-server", "check-archives"];

fn script_path(name: &str) -> PathBuf {
    support::root().join("scripts").join(format!("{name}.pw"))
}

fn twin_path(name: &str) -> PathBuf {
    support::root().join("scripts/bash-twins").join(format!("{name}.sh"))
}

/// Returns the twin of a script, to be run in the same place.
fn twin(place: &Place, name: &str) -> Run {
    Run::new("bash").arg(twin_path(name)).dir(place.work()).env("HOME", place.at("home"))
}

#[test]
fn each_script_has_a_twin_the_canonical_layout_and_a_row_in_the_table() {
    let table = fs::read_to_string(support::root().join("scripts/README.md")).expect("it is there");
    for name in SCRIPTS {
        Run::pipewright().args(["--fmt", "--check"]).arg(script_path(name)).run().success();
        let mode = fs::metadata(twin_path(name)).expect("it has a twin").permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{name}");
        assert!(table.contains(&format!("\n| [{name}.pw]({name}.pw) | ")), "{name}");
    }
}

// -------------------------------------------------------------------------------------- rotate-logs.pw

fn gzip(text: &str) -> Vec<u8> {
    Run::new("gzip").arg("-c").stdin(text).run().success().stdout
}

fn gunzip(bytes: Vec<u8>) -> String {
    Run::new("gzip").arg("-dc").stdin(bytes).run().success().out()
}

fn contents(directory: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let read = |name: &OsString| fs::read(directory.join(name)).expect("it is a file");
    names(directory).into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// Creates three logs and an archive of one of them.
fn logs() -> Place {
    let place = Place::new();
    place.write("logs/app.log", "new\n");
    place.write("logs/app.log.1.gz", gzip("old\n"));
    place.write("logs/-dash $(touch canary).log", "dash\n");
    place.write("logs/small.log", "");
    place
}

#[test]
fn a_dry_run_of_a_rotation_changes_nothing_and_that_of_the_twin_overwrites_an_archive() {
    if !need(&["bash", "gzip", "mv", "stat", "truncate"]) {
        return;
    }
    let place = logs();
    let before = contents(&place.at("logs"));
    let dry = Run::pipewright().arg("--dry-run").arg(script_path("rotate-logs"));
    let dry = dry.args(["--size", "1B", "logs"]).dir(place.work()).run().success();
    assert_says(&dry, &["\nmv -- app.log.1.gz app.log.2.gz\n", "\ntrue > app.log\n"]);
    assert_eq!(contents(&place.at("logs")), before);

    let dry = twin(&place, "rotate-logs").args(["-n", "logs", "7", "1"]).run().success();
    assert_says(&dry, &["mv app.log.1.gz app.log.2.gz\n", "truncate -s 0 app.log\n"]);
    assert_eq!(place.read("logs/app.log.1.gz"), "gzip -c app.log\n", "the archive is lost");
}

#[test]
fn a_log_with_a_leading_dash_is_rotated_and_the_twin_skips_it() {
    if !need(&["bash", "gzip", "mv", "stat", "truncate"]) {
        return;
    }
    let dash = "logs/-dash $(touch canary).log";
    let place = logs();
    let skipped = twin(&place, "rotate-logs").args(["logs", "7", "1"]).run().success();
    assert!(skipped.err().contains("stat: invalid option -- 'd'"), "{skipped}");
    assert_eq!(place.read(dash), "dash\n");
    assert!(!place.at(format!("{dash}.1.gz")).exists());

    let place = logs();
    place.run("rotate-logs.pw", &["--size", "1B", "--keep", "2", "logs"]).success();
    let mut made = contents(&place.at("logs"));
    for (name, text) in
        [("-dash $(touch canary).log.1.gz", "dash\n"), ("app.log.1.gz", "new\n"), ("app.log.2.gz", "old\n")]
    {
        let archive = made.remove(OsStr::new(name)).unwrap_or_else(|| panic!("{name} is missing: {made:?}"));
        assert_eq!(gunzip(archive), text, "{name}");
    }
    assert_eq!(made.len(), 3, "{made:?}");
    assert!(made.values().all(Vec::is_empty), "the logs are empty: {made:?}");

    // The oldest one goes.
    place.write("logs/app.log", "newer\n");
    place.run("rotate-logs.pw", &["--size", "1B", "--keep", "2", "logs"]).success();
    let made = contents(&place.at("logs"));
    assert_eq!(gunzip(made[OsStr::new("app.log.1.gz")].clone()), "newer\n");
    assert_eq!(gunzip(made[OsStr::new("app.log.2.gz")].clone()), "new\n");
    assert!(!made.contains_key(OsStr::new("app.log.3.gz")));
    assert_fails(&place.run("rotate-logs.pw", &["--keep", "0", "logs"]), "--keep is at least 1, not 0");
}

// ------------------------------------------------------------------------------------------ commits.pw

fn git(place: &Place, author: &str, day: &str, args: &[&str]) {
    let run = Run::new("git").dir(place.at("-a repo")).env("HOME", place.work());
    let run = run.env("GIT_AUTHOR_DATE", format!("{day}T12:00:00Z")).env("GIT_COMMITTER_NAME", "Ada");
    let run = run.env("GIT_AUTHOR_NAME", author).env("GIT_AUTHOR_EMAIL", "ada@example.org");
    run.env("GIT_COMMITTER_EMAIL", "ada@example.org").args(args).run().success();
}

#[test]
fn authors_are_counted_by_their_whole_names_and_the_twin_cuts_them() {
    if !need(&["bash", "git", "sort", "uniq", "awk", "column"]) {
        return;
    }
    let place = Place::new();
    fs::create_dir(place.at("-a repo")).expect("a directory can be made");
    git(&place, "Ada", "2026-05-01", &["init", "--quiet", "--initial-branch=main"]);
    for (author, day) in [
        ("Ada Lovelace", "2026-06-01"),
        ("Ada Byron", "2026-06-02"),
        ("$(touch canary)", "2026-05-03"),
        ("Ada Lovelace", "2026-06-30"),
    ] {
        git(&place, author, day, &["commit", "--quiet", "--allow-empty", "--message=change"]);
    }

    let run = place.script("commits.pw").args(["--", "-a repo"]).env("HOME", place.work()).run().success();
    assert_eq!(
        run.out(),
        "month    author           commits\n\
         2026-05  $(touch canary)        1\n\
         2026-06  Ada Byron              1\n\
         2026-06  Ada Lovelace           2\n"
    );

    let run = twin(&place, "commits").arg("./-a repo").env("HOME", place.work()).run().success();
    let out = run.out();
    let rows: Vec<Vec<&str>> = out.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows, [["2026-05", "$(touch", "1"], ["2026-06", "Ada", "1"], ["2026-06", "Ada", "2"]]);
}

// -------------------------------------------------------------------------------------------- fetch.pw

/// A server of a directory, on a port that it chooses.
struct Server {
    child: Child,
    port: String,
    _out: BufReader<ChildStdout>,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let mut command = Command::new("python3");
        command.args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"]).current_dir(directory);
        command.env_clear().env("PATH", support::path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("python3 is installed");
        let mut out = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("it prints a line");
        // Serving HTTP on 127.0.0.1 port 43210 (http://127.0.0.1:43210/) ...
        let port = line.split_whitespace().nth(5).unwrap_or_else(|| panic!("no port in {line:?}"));
        Self { child, port: port.to_owned(), _out: out }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Creates a place with 20 files in `served` and their checksums in `SUMS`, and starts a server of them.
fn served() -> (Place, Server) {
    let place = Place::new();
    for number in 1..=17 {
        place.write(format!("served/f{number:02}"), format!("file {number}\n"));
    }
    for name in ["-dash", "two words", "a[1-3] #1?%41$(touch canary)"] {
        place.write(Path::new("served").join(name), name);
    }
    let served = place.at("served");
    let sums = Run::new("sha256sum").arg("--").args(names(&served)).dir(&served).run().success();
    place.write("SUMS", &sums.stdout);
    let server = Server::start(&served);
    (place, server)
}

#[test]
fn twenty_files_of_any_name_are_fetched_and_the_twin_misses_some() {
    if !need(&["bash", "curl", "python3", "sha256sum", "mkdir", "mv", "rm", "realpath", "wc"]) {
        return;
    }
    let (place, server) = served();
    let run = place.run("fetch.pw", &[&*server.url(), "SUMS", "out"]).success();
    assert_eq!(run.out(), "20 files are in out\n");
    assert_eq!(contents(&place.at("out")), contents(&place.at("served")));

    let run = twin(&place, "fetch").args([&*server.url(), "SUMS", "twin"]).run();
    assert_eq!(run.status, 1, "{run}");
    let missing = ["a[1-3] #1?%41$(touch canary)", "two words"];
    let mut expected = names(&place.at("served"));
    expected.retain(|name| !missing.iter().any(|missing| name.as_os_str() == OsStr::new(missing)));
    assert_eq!(names(&place.at("twin")), expected);

    // A `[` alone is a pattern for curl.
    place.write("served/b[1-2]", "b");
    let sum = Run::new("sha256sum").arg("b[1-2]").dir(place.at("served")).run().success();
    place.write("SUMS", &sum.stdout);
    place.run("fetch.pw", &[&*server.url(), "SUMS", "out"]).success();
    assert_eq!(place.read("out/b[1-2]"), "b");
    let run = twin(&place, "fetch").args([&*server.url(), "SUMS", "twin"]).run();
    assert!(run.status == 1 && !place.at("twin/b[1-2]").exists(), "{run}");
}

#[test]
fn a_damaged_file_replaces_none_and_in_the_twin_it_does() {
    if !need(&["bash", "curl", "python3", "sha256sum", "mkdir", "mv", "rm", "realpath", "wc"]) {
        return;
    }
    let (place, server) = served();
    place.write("served/f03", "damaged\n");
    for directory in ["out", "twin"] {
        place.write(format!("{directory}/f03"), "the version before\n");
    }
    assert_fails(&place.run("fetch.pw", &[&*server.url(), "SUMS", "out"]), "f03 has the wrong checksum");
    assert_eq!(place.read("out/f03"), "the version before\n");
    assert!(!place.at("out/f03.part").exists());

    let run = twin(&place, "fetch").args([&*server.url(), "SUMS", "twin"]).run();
    assert!(run.status == 1 && run.out().contains("f03: FAILED\n"), "{run}");
    assert_eq!(place.read("twin/f03"), "damaged\n");
}

#[test]
fn a_list_that_names_a_file_elsewhere_is_refused() {
    let place = Place::new();
    for name in ["../canary", "/canary", ".hidden", ""] {
        place.write("SUMS", format!("{}  {name}\n", "0".repeat(64)));
        let run = place.run("fetch.pw", &["http://127.0.0.1:9", "SUMS", "out"]);
        assert_fails(&run, "SUMS has a line that is not a checksum and a file name");
        assert!(!place.at("out").exists(), "{name}");
    }
}

// -------------------------------------------------------------------------------------- csv-to-json.pw

fn as_json(outcome: &Outcome) -> serde_json::Value {
    serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome}"))
}

#[test]
fn fields_in_quotes_keep_their_places_and_in_the_twin_they_shift() {
    if !need(&["bash", "awk"]) {
        return;
    }
    let place = Place::new();
    place.write("-t.csv", "name,size\r\n\"Smith, \"\"Bob\"\"\",3\r\n$(touch canary),1.5\r\n");
    let run = place.run("csv-to-json.pw", &["--", "-t.csv", "size"]).success();
    assert_eq!(
        as_json(&run),
        serde_json::json!({
            "rows": [
                {"name": "Smith, \"Bob\"", "size": 3},
                {"name": "$(touch canary)", "size": 1.5},
            ],
            "sums": {"size": 4.5},
        })
    );

    // Unix line ends, which the twin reads correctly.
    place.write("t.csv", "name,size\nSmith,3\nx,1.5\n");
    let run = twin(&place, "csv-to-json").args(["t.csv", "size"]).run().success();
    assert_eq!(as_json(&run)["sums"]["size"], 4.5);
    place.write("t.csv", "name,size\n\"Smith, Bob\",3\nx,1.5\n");
    let run = twin(&place, "csv-to-json").args(["t.csv", "size"]).run().success();
    assert_says(&run, &["\"sums\": {\"size\": 1.5}"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&run.stdout).is_err(), "{run}");
}

#[test]
fn text_and_a_missing_column_are_errors_and_in_the_twin_they_count_as_nothing() {
    if !need(&["bash", "awk"]) {
        return;
    }
    let place = Place::new();
    place.write("t.csv", "name,size\na,2\nb,n/a\n");
    let run = place.run("csv-to-json.pw", &["t.csv", "size"]);
    assert_fails(&run, "row 2, size: not a number: n/a");
    let run = place.run("csv-to-json.pw", &["t.csv", "length"]);
    assert_fails(&run, "the map has no key `length`");

    for (column, sum) in [("size", 2), ("length", 0)] {
        let run = twin(&place, "csv-to-json").args(["t.csv", column]).run().success();
        assert_eq!(as_json(&run)["sums"][column], sum);
    }
}

// -------------------------------------------------------------------------------------------- build.pw

/// A run in its own process group, as a terminal would start it, with a marker by which its processes are found.
struct Group {
    child: Child,
    marker: String,
}

impl Group {
    fn start(place: &Place, command: &mut Command) -> Self {
        support::inherited::shed();
        let value = marker_value(place);
        let mut path = place.at("../bin").into_os_string();
        path.push(":");
        path.push(support::path());
        command.env_clear().env("PATH", path).env("HOME", place.work()).env("WORKING_DAY", &value);
        command.current_dir(place.work());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self { child: command.spawn().expect("it starts"), marker: format!("WORKING_DAY={value}") }
    }

    /// Waits until the run has created a file, presses Ctrl-C, and returns the processes that remain after this time.
    fn interrupt(mut self, up: &Path, patience: Duration) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        while !up.exists() {
            assert!(Instant::now() < end, "it never came to {up:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
        kill_process_group(Pid::from_child(&self.child), Signal::INT).expect("it runs");
        self.child.wait().expect("it is our child");
        left_after(&self.marker, patience)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        left_after(&self.marker, Duration::ZERO);
    }
}

/// Returns a marker for each place.
fn marker_value(place: &Place) -> String {
    place.work().to_string_lossy().into_owned()
}

/// Presses Ctrl-C when the file `up` exists. The script leaves nothing, and the twin leaves the returned processes.
fn left_by_twin(place: &Place, name: &str, args: &[&str], twin_args: &[&str]) -> Vec<String> {
    let up = place.at("up");
    let script = Group::start(place, Command::new(script_path(name)).args(args));
    let left = script.interrupt(&up, PATIENCE);
    assert_eq!(left, [""; 0], "{name}.pw");
    fs::remove_file(&up).expect("it was made");
    let twin = Group::start(place, Command::new("bash").arg(twin_path(name)).args(twin_args));
    twin.interrupt(&up, Duration::ZERO)
}

#[test]
fn a_step_that_fails_fails_the_build_and_the_twin_succeeds() {
    if !need(&["bash", "make", "cat"]) {
        return;
    }
    let place = Place::new();
    place.write(
        "Makefile",
        "program:\n\techo linked\ndocs:\n\techo no such chapter; exit 3\nlint:\n\ttouch linted\n",
    );
    let run = place.run("build.pw", &[]);
    assert_fails(&run, "docs: `make` exited with 2");
    assert!(run.err().contains("\nno such chapter\n") && !run.out().contains("built"), "{run}");
    assert!(place.read("program.log").contains("\nlinked\n") && place.at("linted").exists());

    let run = twin(&place, "build").run().success();
    assert_eq!(run.out(), "built\n", "{run}");

    place.write("Makefile", "program docs lint:\n\techo made $@\n");
    let run = place.run("build.pw", &[]).success();
    assert_eq!((&*run.out(), &*run.err()), ("built\n", ""));
}

#[test]
fn ctrl_c_ends_the_steps_and_those_of_the_twin_go_on() {
    if !need(&["bash", "make", "cat", "sleep"]) {
        return;
    }
    let place = Place::new();
    place.write("Makefile", "program lint:\n\ttrue\ndocs:\n\ttouch up; sleep 60\n");
    let left = left_by_twin(&place, "build", &[], &[]);
    // The shell of the step may not have reached its `sleep` yet.
    assert!(left.iter().any(|process| process.contains("(make)")), "{left:?}");
    assert!(left.iter().any(|p| p.contains("(sh)") || p.contains("(sleep)")), "{left:?}");
}

// -------------------------------------------------------------------------------------- with-server.pw

/// A port that was free a moment ago.
fn free_port() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    socket.expect("a port").port().to_string()
}

/// Creates a place with a server that runs below a wrapper, as with `npm start`, and with tests of it.
fn wrapped_server() -> Place {
    let place = Place::new();
    place.write_program(
        "server",
        "#!/bin/sh\npython3 -m http.server --bind 127.0.0.1 \"$PORT\" > /dev/null 2>&1\nexit\n",
    );
    place.write_program("smoke", "#!/bin/sh\ncurl --silent --fail \"$URL\" > /dev/null && echo passed\n");
    place.write_program("fails", "#!/bin/sh\nexit 7\n");
    place.write_program("waits", "#!/bin/sh\ntouch up\nsleep 60\n");
    place
}

const PARTS: &[&str] = &["bash", "curl", "python3", "sleep"];

#[test]
fn a_server_below_a_wrapper_is_stopped_and_the_twin_leaves_it_running() {
    if !need(PARTS) {
        return;
    }
    let place = wrapped_server();
    let value = marker_value(&place);
    let marker = format!("WORKING_DAY={value}");
    for (test, status, out) in [("./smoke", 0, "passed\n"), ("./fails", 7, "")] {
        let run = place.script("with-server.pw").args(["./server", test, "--port", &*free_port()]);
        let run = run.env("WORKING_DAY", &value).run();
        assert_eq!((run.status, &*run.out()), (status, out), "{run}");
        assert_eq!(left_after(&marker, Duration::ZERO), [""; 0], "{run}");
    }

    let port = free_port();
    let run = twin(&place, "with-server")
        .args(["./server", "./smoke", port.as_str()])
        .env("WORKING_DAY", &value)
        .run();
    let left = left_after(&marker, Duration::ZERO);
    assert!(left.iter().any(|process| process.contains("(python3)")), "{left:?}, {run}");
    assert!(run.status == 0 && run.out().contains("passed\n"), "{run}");
}

#[test]
fn ctrl_c_stops_the_server_and_that_of_the_twin_continues() {
    if !need(PARTS) {
        return;
    }
    let place = wrapped_server();
    let (port, other) = (free_port(), free_port());
    let left = left_by_twin(
        &place,
        "with-server",
        &["./server", "./waits", "--port", &port],
        &["./server", "./waits", &other],
    );
    assert!(left.iter().any(|process| process.contains("(python3)")), "{left:?}");
}

#[test]
fn another_server_at_the_port_is_an_error_and_the_twin_tests_that_one() {
    if !need(PARTS) {
        return;
    }
    let place = wrapped_server();
    let value = marker_value(&place);
    let marker = format!("WORKING_DAY={value}");
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let other = Server::start(elsewhere.path());
    let run = place.script("with-server.pw").args(["./server", "./smoke", "--port", other.port.as_str()]);
    let run = run.env("WORKING_DAY", &value).run();
    assert_fails(&run, &format!("another server answers at {}/", other.url()));
    assert_eq!((run.out(), left_after(&marker, Duration::ZERO)), (String::new(), Vec::new()));

    let run = twin(&place, "with-server").args(["./server", "./smoke", other.port.as_str()]);
    let run = run.env("WORKING_DAY", &value).run();
    left_after(&marker, Duration::ZERO);
    // Its own server may or may not have ended by then, which decides the status of `kill`.
    assert_eq!(run.out(), "passed\n", "{run}");
}

#[test]
fn a_server_that_ends_at_once_is_an_error() {
    if !need(PARTS) {
        return;
    }
    let place = wrapped_server();
    let run = place.run("with-server.pw", &["./fails", "./smoke", "--port", &free_port()]);
    assert_fails(&run, "the server ended with status 7");
    assert_eq!(run.out(), "");
}

// ----------------------------------------------------------------------------------- check-archives.pw

#[test]
fn a_damaged_archive_among_2000_is_found_and_the_twin_loses_its_count() {
    if !need(&["bash", "find", "gzip", "wc"]) {
        return;
    }
    let place = Place::new();
    let whole = gzip("whole\n");
    for number in 1..2000 {
        place.write(format!("-archives/-sub dir/{number}.gz"), &whole);
    }
    place.write("-archives/half $(touch canary).gz", &whole[..whole.len() / 2]);
    let run = place.script("check-archives.pw").args(["--", "-archives"]).timeout(300).run();
    assert_eq!(
        (run.status, &*run.out(), &*run.err()),
        (1, "half $(touch canary).gz: `gzip` exited with 1\n2000 archives, 1 damaged\n", "",),
        "{run}"
    );

    fs::remove_dir_all(place.at("-archives/-sub dir")).expect("it is ours");
    let run = twin(&place, "check-archives").arg("./-archives").run().success();
    assert_eq!(run.out(), "damaged: ./half $(touch canary).gz\n1 archives, 0 damaged\n");
}

#[test]
fn archives_of_any_name_are_read_and_the_twin_takes_a_line_end_for_the_end_of_a_name() {
    if !need(&["bash", "find", "gzip", "wc"]) {
        return;
    }
    let place = Place::new();
    let whole = gzip("whole\n");
    for name in HOSTILE {
        place.write(Path::new("archives").join(OsStr::from_bytes(&[*name, b".gz"].concat())), &whole);
    }
    let run = place.run("check-archives.pw", &["archives"]).success();
    assert_eq!(run.out(), format!("{} archives, 0 damaged\n", HOSTILE.len()));

    let run = twin(&place, "check-archives").arg("archives").run().success();
    assert_says(&run, &["damaged: ./new\n", "damaged: line.gz\n"]);
}
