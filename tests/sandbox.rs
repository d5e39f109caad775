//! Tests that programs can't get out of a sandbox: the tries of `support/escapes.py`, as root and as another user.
//! Each facility of the kernel is also taken away, and then nothing may start.
//!
//! The tries are also run without a sandbox, where they must succeed, or they would prove nothing.

use crate::support;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const PYTHON: &str = "/usr/bin/python3";
const NOBODY: u32 = 65534;

/// The process that the tries aim at: it listens at a TCP port, at a socket by path and at an abstract one.
const VICTIM: &str = r#"
import os, socket, time
tcp = socket.socket(); tcp.bind(("127.0.0.1", 0)); tcp.listen()
port = tcp.getsockname()[1]
path = socket.socket(socket.AF_UNIX); path.bind("outside/server"); path.listen()
abstract = socket.socket(socket.AF_UNIX); abstract.bind("\0pipewright-%d" % port); abstract.listen()
print(os.getpid(), port, flush=True)
time.sleep(300)
"#;

/// A directory with files outside and inside of a sandbox, and a victim of the same user.
struct Field {
    directory: tempfile::TempDir,
    user: u32,
    victim: Child,
    /// Its process ID and its port.
    aim: String,
}

impl Field {
    fn new(user: u32) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path();
        for name in ["outside", "inside", "out"] {
            fs::create_dir(path.join(name)).expect("it can be made");
        }
        for name in ["secret", "moved", "exchanged", "spare", "doomed"] {
            fs::write(path.join("outside").join(name), name).expect("it can be written");
        }
        fs::write(path.join("inside/data"), "data").expect("it can be written");
        symlink("../outside/secret", path.join("inside/link")).expect("it can be made");
        fs::copy("/bin/true", path.join("outside/true")).expect("it can be copied");
        fs::copy(support::root().join("tests/support/escapes.py"), path.join("escapes.py"))
            .expect("it is there");
        fs::copy(support::pipewright(), path.join("pipewright")).expect("it was built");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        let files = support::files(path, "").into_iter();
        for path in files.chain(["outside", "inside", "out"].map(|name| path.join(name))) {
            chown(path, Some(user), Some(user)).expect("only root can do this");
        }
        let mut victim = Command::new(PYTHON);
        victim.args(["-c", VICTIM]).current_dir(path).uid(user).gid(user).stdout(Stdio::piped());
        let mut victim = victim.spawn().expect("python3 is there");
        let mut aim = String::new();
        let said = victim.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut aim).expect("it says where it is");
        Self { directory, user, victim, aim: aim.trim().to_string() }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a program as the user, without descriptors that the tests were started with.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let sealed = "import os, sys; os.closerange(3, 1024); os.execv(sys.argv[1], sys.argv[1:])";
        let mut command = Command::new(PYTHON);
        command.args(["-c", sealed, program]).args(arguments);
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(self.path());
        command.uid(self.user).gid(self.user).stdin(Stdio::null()).output().expect("it starts")
    }

    /// The tries without a sandbox, by their names.
    fn bare(&self) -> BTreeMap<String, String> {
        let line = self.tries();
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        answers(&self.run(PYTHON, &words))
    }

    /// The same with options of `with`.
    fn confined(&self, options: &str) -> BTreeMap<String, String> {
        let script = format!("with {options} {{ {} }}", self.tries());
        let pipewright = self.path().join("pipewright");
        answers(&self.run(pipewright.to_str().expect("it is text"), &["-c", &script]))
    }

    fn tries(&self) -> String {
        let path = self.path().display();
        format!("{PYTHON} escapes.py {path}/outside {path}/inside {path}/out {}", self.aim)
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn answers(output: &Output) -> BTreeMap<String, String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    pairs.map(|(name, answer)| (name.to_string(), answer.to_string())).collect()
}

/// Returns whether the tests can run here, and says so if not.
fn can_run() -> bool {
    let missing = if !rustix::process::geteuid().is_root() {
        "root, to become another user"
    } else if !Path::new(PYTHON).exists() {
        "/usr/bin/python3"
    } else if !doctor().contains("yes  with net=, read=, run=, write=") {
        "a kernel with Landlock 6 and seccomp"
    } else {
        return true;
    };
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!is_ci, "the tries need {missing}");
    eprintln!("not run: the tries need {missing}");
    false
}

fn doctor() -> String {
    let output = Command::new(support::pipewright()).arg("--doctor").output().expect("it starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const CLOSED: &str = "net=false, read=['/usr', 'inside', 'escapes.py'], write=['out']";

/// Returns the names of tries that succeeded.
fn escaped(answers: &BTreeMap<String, String>) -> Vec<&str> {
    answers.iter().filter(|(_, answer)| *answer == "escaped").map(|(name, _)| name.as_str()).collect()
}

#[test]
fn no_try_leaves_a_sandbox() {
    if !can_run() {
        return;
    }
    let page = fs::read_to_string(support::root().join("docs/SANDBOX.md")).expect("it is there");
    let own = format!("{CLOSED}, isolate=true, tmp=true");
    for (user, least, options) in [(0, 60, CLOSED), (NOBODY, 45, CLOSED), (0, 60, &own), (NOBODY, 45, &own)] {
        let confined = Field::new(user).confined(options);
        let broken: Vec<_> = confined
            .iter()
            .filter(|(_, answer)| !answer.chars().next().is_some_and(char::is_uppercase))
            .collect();
        assert!(broken.is_empty(), "user {user}, {options}: {broken:?}");
        let bare = Field::new(user).bare();
        let escaped = escaped(&bare);
        assert!(escaped.len() >= least, "user {user}: {bare:?}");
        for name in confined.keys() {
            assert!(page.contains(&format!("`{name}`")), "docs/SANDBOX.md lacks `{name}`");
        }
    }
}

#[test]
fn an_option_closes_only_what_it_names() {
    if !can_run() {
        return;
    }
    let open = |options: &str, names: &[&str]| {
        let answers = Field::new(0).confined(options);
        for name in names {
            assert_eq!(answers.get(*name).map(String::as_str), Some("escaped"), "{options}: {name}");
        }
    };
    open("net=false", &["read_by_path", "write_by_append", "chmod", "watch_directory"]);
    open("read=['/usr', 'escapes.py']", &["tcp", "udp", "raw", "netlink"]);
    open("net=['unix']", &["unix_by_path"]);
    open("net=['dns']", &["udp"]);
}

#[test]
fn nothing_starts_where_the_kernel_lacks_a_facility() {
    if !can_run() {
        return;
    }
    let field = Field::new(NOBODY);
    let without = support::root().join("tests/support/without.py");
    fs::copy(without, field.path().join("without.py")).expect("it is there");
    let pipewright = field.path().join("pipewright");
    let pipewright = pipewright.to_str().expect("it is text");
    let seccomp = if cfg!(target_arch = "x86_64") { "317" } else { "277" };
    for (number, page) in [("444", "E2065"), ("445", "E2065"), ("446", "E1011"), (seccomp, "E2065")] {
        // Without files and ports there are no rules to add.
        let without_rules = (number != "445").then_some("net=false");
        for options in ["read=['/usr']", "write=[]", "run=['echo']"].into_iter().chain(without_rules) {
            let script = format!("with {options} {{ /bin/echo started }}");
            let output = field.run(PYTHON, &["without.py", number, pipewright, "-c", &script]);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(error.contains(page), "{number} {options}: {error}");
            assert_eq!((output.status.code(), &*output.stdout), (Some(126), &b""[..]), "{number} {options}");
        }
        let plain = field.run(PYTHON, &["without.py", number, pipewright, "-c", "/bin/echo started"]);
        assert_eq!(plain.stdout, b"started\n", "{number}");
    }
}
