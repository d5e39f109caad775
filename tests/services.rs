//! Services with real programs: Node's cluster and plain servers unmodified, Python behind `LISTEN_FDS`, reloads under
//! load, and ends that leave nothing.

use crate::support::{Run, have, setting};

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

fn run(script: &str) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in [("web.js", NODE), ("client.js", CLIENT), ("web.py", PYTHON)] {
        std::fs::write(directory.path().join(name), text).expect("a file is written");
    }
    let outcome = Run::code(script).dir(directory.path()).run();
    let (out, err) = (text(&outcome.stdout), text(&outcome.stderr));
    assert_eq!((outcome.status, err.as_str()), (0, ""), "{script}\n{out}");
    out
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_unmodified_server_of_node_shares_its_connections_evenly() {
    if !have("node") {
        return;
    }
    let out =
        run("let web = service with jobs=4, listen=\"127.0.0.1:0\", ready=\"listening\" { node web.js }\n\
                   node client.js $[web.addresses[0]] 400\n");
    let counts: Vec<u32> = out.split_whitespace().map(|count| count.parse().expect("a number")).collect();
    assert_eq!(counts.len(), 4, "{out}");
    assert!(counts.iter().all(|count| (98..=102).contains(count)), "{out}");
}

#[test]
fn no_connection_is_refused_while_a_service_is_reloaded() {
    if !have("node") {
        return;
    }
    let times = 2 * setting("SCALE", 1);
    let out = run(&format!(
        "let web = service with jobs=2, listen=\"127.0.0.1:0\", ready=\"listening\" {{ node web.js }}\n\
         let load = spawn capture {{ node client.js $[web.addresses[0]] 500 }}\n\
         for n in (1..={times}) {{ web.reload() }}\n\
         echo $[load.output().ok]\n"
    ));
    assert_eq!(out, "true\n");
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
        script += &format!("let {name} = service {{ sleep 1234567 }}\n");
    }
    script += "let broken = service with most_restarts=1, backoff=1ms { sh -c 'echo no database; exit 3' }\n\
               let other = service { sleep 1234567 }\nlet missing = service { no-such-program }\nwait\n";
    let outcome = Run::code(&script).run();
    assert_eq!(outcome.status, 1);
    assert!(text(&outcome.stderr).contains("E2050"), "{}", text(&outcome.stderr));
    let processes = std::fs::read_dir("/proc").expect("proc is read").filter_map(Result::ok);
    let left = processes.filter(|one| {
        std::fs::read(one.path().join("cmdline")).is_ok_and(|line| line == b"sleep\x001234567\x00")
    });
    assert_eq!(left.count(), 0);
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
