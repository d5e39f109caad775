//! Tests what a policy refuses, and what a script may use.

use crate::support;
use pipewright::policy::{Access, Denial, Request, Rules, Subject};
use pipewright::{Engine, Error, ErrorKind, Limits, Script, StageCx, StageError};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn script(text: &str) -> Script {
    Script::parse("test", text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

fn ruled(rules: Rules) -> Engine {
    Engine::builder().policy(rules).build().expect("it fits together")
}

fn limited(change: impl FnOnce(&mut Limits)) -> Engine {
    let mut limits = Limits::default();
    change(&mut limits);
    Engine::builder().limits(limits).build().expect("it fits together")
}

fn error(engine: &Engine, text: &str) -> Error {
    match engine.session().run(&script(text)).read() {
        Ok(printed) => panic!("{text}: printed {printed:?}"),
        Err(error) => error,
    }
}

#[track_caller]
fn assert_refused(rules: &Rules, text: &str) {
    let error = error(&ruled(rules.clone()), text);
    assert_eq!(error.kind(), ErrorKind::Policy, "{text}: {}", error.render(false, 100));
    assert_eq!(error.diagnostic().code.id(), "E3004", "{text}");
}

#[track_caller]
fn assert_allowed(rules: &Rules, text: &str) -> String {
    let engine = ruled(rules.clone());
    let read = engine.session().run(&script(text)).read();
    read.unwrap_or_else(|error| panic!("{text}: {}", error.render(false, 100)))
}

fn program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

// -------------------------------------------------------------------------------------- requests

/// Runs a script in a directory, and returns the questions to the policy.
fn asked(directory: &Path, text: &str) -> Vec<String> {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = asked.clone();
    let engine = Engine::builder()
        .policy(move |request: &Request<'_>| {
            log.lock().unwrap().push(request.to_string());
            Ok(())
        })
        .build()
        .unwrap();
    let mut session = engine.session();
    session.set_cwd(directory).unwrap();
    session.run(&script(text)).read().unwrap_or_else(|error| panic!("{}", error.render(false, 100)));
    let mut asked = asked.lock().unwrap().clone();
    // The real path of the directory, without links.
    let name = std::fs::canonicalize(directory).unwrap().display().to_string();
    asked.iter_mut().for_each(|line| *line = line.replace(&name, "DIR"));
    asked
}

#[test]
fn each_thing_is_asked_for_before_it_is_done() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("in"), "text").unwrap();
    std::fs::create_dir(directory.path().join("sub")).unwrap();
    for (text, expected) in [
        ("/bin/echo a b > out", &["writing DIR/out", "writing DIR/out", "running /bin/echo with a b"][..]),
        ("/bin/cat < in >> out", &["reading DIR/in", "appending to DIR/out", "running /bin/cat"]),
        ("echo x | /bin/cat", &["running /bin/cat"]),
        ("let x = \"$(/bin/echo y)\"", &["running /bin/echo with y"]),
        ("/bin/true &", &["running /bin/true"]),
        ("defer { /bin/true }; exit 0", &["running /bin/true"]),
        ("let t = read('in')", &["reading DIR/in"]),
        ("write('new', 'x')", &["writing DIR/new"]),
        ("let e = 'in'.exists()", &["looking at DIR/in"]),
        ("let g = glob('i*')", &["looking at DIR/"]),
        ("echo s*/", &["looking at DIR/"]),
        ("if test -f in { echo yes }", &["looking at DIR/in"]),
        ("cd sub", &["working in DIR/sub"]),
        ("with cwd='sub' { echo }", &["working in DIR/sub"]),
        ("env.A = 'b'", &["changing the variable A"]),
        ("A=b echo", &["changing the variable A"]),
        ("with env={A: 'b'} { echo }", &["changing the variable A"]),
        ("kill -0 1 || true", &["sending 0 to 1"]),
        ("echo 2> /dev/null", &["writing /dev/null", "writing /dev/null"]),
        ("with atomic=true { echo x > new }", &["writing DIR/new"]),
        ("echo x >> /dev/stderr", &[]),
        ("type /bin/cat", &["looking at /bin/cat"]),
        ("command -v /bin/none || true", &["looking at /bin/none"]),
        ("type echo", &[]),
        ("with user=0 { echo }", &["running programs as user 0"]),
        (
            "with user='root', group=0 { echo }",
            &["running programs as user 0", "running programs in group 0"],
        ),
        (
            "with detach=true { /bin/true }",
            &["running programs with detach=true", "running /bin/true, detached"],
        ),
        ("with timeout=1m, retry=1, atomic=true { echo }", &[]),
        (
            "with grace=2s, signal='INT' { echo }",
            &["running programs with grace=2s", "running programs with signal=SIGINT"],
        ),
        (
            "with nice=1, umask='077' { echo }",
            &["running programs with nice=1", "running programs with umask=077"],
        ),
        (
            "with memory=1G, file_size=1K, cpu_time=500ms, open_files=9 { echo }",
            &[
                "running programs with memory=1073741824",
                "running programs with file_size=1024",
                "running programs with cpu_time=1",
                "running programs with open_files=9",
            ],
        ),
        (
            "with user=65534, processes=9 { echo }",
            &["running programs as user 65534", "running programs with processes=9"],
        ),
    ] {
        assert_eq!(asked(directory.path(), text), expected, "{text}");
    }
}

#[test]
fn a_spawn_shows_what_the_kernel_will_get() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = seen.clone();
    let engine = Engine::builder()
        .policy(move |request: &Request<'_>| {
            if let Request::Spawn(spawn) = request {
                let mut log = log.lock().unwrap();
                log.push(spawn.program().display().to_string());
                log.push(spawn.directory().display().to_string());
                log.extend(spawn.argv().iter().map(|word| String::from_utf8_lossy(word).into_owned()));
                log.push(String::from_utf8_lossy(spawn.variable(b"NEW").unwrap_or_default()).into_owned());
                assert!(spawn.environment().any(|name| name == b"NEW"));
            }
            Ok(())
        })
        .build()
        .unwrap();
    let mut session = engine.session();
    session.set_cwd("/").unwrap();
    session.set_env("PATH", "/bin").unwrap();
    session.run(&script("let x = 'a b'; NEW=val command echo $x; NEW=1 cat /dev/null")).read().unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        ["/bin/cat", "/", "cat", "/dev/null", "1"],
        "a builtin is not a program"
    );
}

#[test]
fn a_spawn_tells_whether_it_is_left_to_run() {
    let detached: Arc<Mutex<Vec<bool>>> = Arc::default();
    let log = detached.clone();
    let policy = move |request: &Request<'_>| {
        if let Request::Spawn(spawn) = request {
            log.lock().unwrap().push(spawn.is_detached());
        }
        Ok(())
    };
    let engine = Engine::builder().policy(policy).build().unwrap();
    engine.session().run(&script("/bin/true; with detach=true { /bin/true }")).read().unwrap();
    assert_eq!(*detached.lock().unwrap(), [false, true]);
}

#[test]
fn a_file_of_use_is_asked_for_before_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let at = std::fs::canonicalize(directory.path()).unwrap();
    std::fs::write(at.join("closed.pw"), "secret line of it (\n").unwrap();
    std::fs::write(at.join("open.pw"), "fn f() { return 1 }\nuse \"closed.pw\" as c").unwrap();
    std::fs::write(at.join("fine.pw"), "fn f() { return 1 }").unwrap();
    std::os::unix::fs::symlink("closed.pw", at.join("link.pw")).unwrap();
    let rules = Rules::new()
        .allow(Subject::Read, &format!("{}/**", at.display()))
        .and_then(|rules| rules.deny(Subject::Read, &format!("{}/closed.pw", at.display())))
        .unwrap();
    let engine = ruled(rules);
    let name = at.join("script.pw");
    for used in ["closed.pw", "./closed.pw", "link.pw", "open.pw", "/etc/shadow", "none/../closed.pw"] {
        let text = format!("use \"{used}\" as x");
        let error = engine.script(&name.to_string_lossy(), text).unwrap_err();
        let page = error.render(false, 200);
        assert_eq!(error.diagnostics()[0].code.id(), "E3004", "{used}: {page}");
        assert!(!page.contains("secret") && !page.contains("root:"), "{page}");
    }
    assert!(engine.script(&name.to_string_lossy(), "use \"fine.pw\" as x\necho $[x.f()]").is_ok());
    // Without a policy the file is the user's choice.
    assert!(
        Script::parse(&name.to_string_lossy(), "use \"closed.pw\"")
            .unwrap_err()
            .render(false, 200)
            .contains("secret")
    );
}

/// The path changes between the question and the opening. Here the policy itself changes it.
#[test]
fn a_file_is_judged_where_it_is_opened() {
    for code in [
        "echo $[read('open/f')]",
        "cat < open/f",
        "write('open/f', 'x')",
        "write('open/f', 'x', append: true)",
        "echo x > open/f",
        "echo x >> open/f",
        "echo x <> open/f",
        "with atomic=true { echo x > open/f }",
        "echo x > open/new",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let at = std::fs::canonicalize(directory.path()).unwrap();
        for name in ["open", "closed"] {
            std::fs::create_dir(at.join(name)).unwrap();
            std::fs::write(at.join(name).join("f"), name).unwrap();
        }
        let exchange = at.clone();
        let policy = move |request: &Request<'_>| match request {
            Request::Open(open) if open.path().starts_with(exchange.join("open")) => {
                // Now it leads elsewhere.
                let _ = std::fs::rename(exchange.join("open"), exchange.join("away"));
                let _ = std::os::unix::fs::symlink("closed", exchange.join("open"));
                Ok(())
            }
            Request::Open(_) => Err(Denial::new("closed")),
            _ => Ok(()),
        };
        let engine = Engine::builder().policy(policy).build().unwrap();
        let mut session = engine.session();
        session.set_cwd(&at).unwrap();
        let error = session.run(&script(code)).read().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Policy, "{code}: {}", error.render(false, 100));
        assert_eq!(std::fs::read(at.join("closed/f")).unwrap(), b"closed", "{code}");
        assert!(!at.join("closed/new").exists(), "{code}");
    }
}

#[test]
fn a_name_that_becomes_a_link_after_the_last_question_is_not_followed() {
    for code in ["echo $[read('link/f')]", "echo x > link/f", "write('link/f', 'x')"] {
        let directory = tempfile::tempdir().unwrap();
        let at = std::fs::canonicalize(directory.path()).unwrap();
        std::fs::create_dir(at.join("open")).unwrap();
        std::fs::write(at.join("open/f"), "open").unwrap();
        std::fs::write(at.join("closed"), "closed").unwrap();
        std::os::unix::fs::symlink("open", at.join("link")).unwrap();
        let exchange = at.clone();
        let policy = move |request: &Request<'_>| {
            if let Request::Open(open) = request
                && open.path().starts_with(exchange.join("open"))
            {
                let _ = std::fs::remove_file(exchange.join("open/f"));
                let _ = std::os::unix::fs::symlink("../closed", exchange.join("open/f"));
            }
            Ok(())
        };
        let engine = Engine::builder().policy(policy).build().unwrap();
        let mut session = engine.session();
        session.set_cwd(&at).unwrap();
        assert!(session.run(&script(code)).read().is_err(), "{code}");
        assert_eq!(std::fs::read(at.join("closed")).unwrap(), b"closed", "{code}");
    }
}

#[test]
fn a_refusal_is_not_a_failure_of_a_command() {
    let none = Rules::new();
    for text in [
        "/bin/ls || true",
        "if /bin/ls { echo } else { echo }",
        "! /bin/ls",
        "with retry=3 { /bin/ls }",
        "/bin/ls | cat || true",
        "{ /bin/ls } | each x { echo } || true",
        "let x = \"$(/bin/ls || true)\"",
        "/bin/ls &",
        "fn f() { /bin/ls }; f || true",
        "let xs = ['a'].map(x => read(x))",
        "if ('a'.exists()) { echo }",
        "if test -e a || true { echo }",
        "for f in * { echo }",
        "echo $[read('/etc/hostname') ?? '']",
        "while /bin/ls { break }",
    ] {
        assert_refused(&none, text);
    }
    let caught = "try { /bin/ls } catch e { echo $[e.code] $[e.status] }";
    assert_eq!(assert_allowed(&none, caught), "E3004 126");
}

#[test]
fn nothing_is_done_that_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    for text in [
        "echo x > file",
        "echo x >> file",
        "echo x <> file",
        "write('file', 'x')",
        "/bin/touch file",
        "/bin/touch ./x | cat > file",
        "with atomic=true { echo x > file }",
    ] {
        let mut session = ruled(Rules::new()).session();
        session.set_cwd(directory.path()).unwrap();
        let error = session.run(&script(text)).read().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Policy, "{text}");
        assert!(!file.exists(), "{text}");
    }
}

#[test]
fn a_policy_that_panics_refuses() {
    let policy = |_: &Request<'_>| -> Result<(), Denial> { panic!("in the host's policy") };
    let engine = Engine::builder().policy(policy).build().unwrap();
    assert_eq!(error(&engine, "/bin/true").kind(), ErrorKind::Policy);
    assert_eq!(error(&engine, "/bin/true | /bin/true || true").kind(), ErrorKind::Policy);
}

// -------------------------------------------------------------------------------------- rules

#[test]
fn programs_are_allowed_by_name_path_and_arguments() {
    let rules = Rules::new()
        .allow_run(&["true"])
        .and_then(|rules| rules.allow_run(&["printenv", "A*"]))
        .and_then(|rules| rules.allow_run(&["/usr/bin/seq", "1", "**"]))
        .and_then(|rules| rules.deny_run(&["seq", "1", "13"]))
        .unwrap();
    assert_allowed(&rules, "command true a b");
    assert_eq!(assert_allowed(&rules, "seq 1 2 3"), "1\n3");
    assert_refused(&rules, "seq 2");
    assert_refused(&rules, "seq 1 13");
    assert_refused(&rules, "printenv B");
    assert_refused(&rules, "printenv A B");
    assert_refused(&rules, "printenv");
    assert_refused(&rules, "date");
}

#[test]
fn an_argument_is_denied_in_every_position() {
    let rules = Rules::new()
        .allow_run(&["uname"])
        .and_then(|rules| rules.allow_run(&["xargs"]))
        .and_then(|rules| rules.deny_argument(&["uname"], "--output*"))
        .and_then(|rules| rules.deny_argument(&["uname", "log"], "-x"))
        .unwrap();
    for text in [
        "command uname --output=F",
        "command uname log -1 --output=F",
        "command uname log -- --output",
        "command uname log --outp=F",
        "command uname log --o F",
        "command uname log a -x",
        "env uname a --output=F",
        "timeout 5 env A=b uname a --output",
        // Further words are not known.
        "echo a | xargs uname",
        "let x = '--output=F'; command uname log -- $x",
    ] {
        assert_refused(&rules.clone().allow(Subject::Env, "A").unwrap(), text);
    }
    for text in [
        "command uname log -1",
        "command uname out",
        "command uname log -- -",
        "command uname a -x",
        "command uname --",
    ] {
        let read = ruled(rules.clone()).session().run(&script(text)).read();
        assert!(
            read.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::Policy),
            "{text}: {read:?}"
        );
    }
    let engine = ruled(rules);
    // Before anything runs, as far as the words are known then.
    assert!(engine.check(&script("command uname a --output=F")).is_err());
    assert!(engine.check(&script("let x = 'a'; command uname --output=F $x")).is_err());
    assert!(engine.check(&script("let x = 'a'; command uname a $x")).is_ok());
}

#[test]
fn two_stars_are_the_last_word_of_a_rule() {
    for words in [&["git", "**", "--output*"][..], &["git", "**", "**"], &["git", "log", "**", "x", "**"]] {
        let error = Rules::new().deny_run(words).unwrap_err();
        assert!(error.to_string().contains("argument"), "{words:?}: {error}");
        assert!(Rules::new().allow_run(words).is_err());
    }
    assert!(Rules::new().deny_argument(&["git", "**"], "x").is_err());
    assert!(Rules::new().deny_argument(&[], "x").is_err());
}

#[test]
fn options_of_with_need_a_rule() {
    let rules = Rules::new()
        .allow_run(&["true"])
        .and_then(|rules| rules.allow(Subject::With, "nice"))
        .and_then(|rules| rules.allow(Subject::With, "detach"))
        .and_then(|rules| rules.deny(Subject::With, "detach"))
        .unwrap();
    assert_allowed(&rules, "with nice=1, timeout=1m, retry=1, ok=[0], stats=false { /bin/true }");
    for option in [
        "detach=true",
        "grace=1h",
        "signal='USR1'",
        "umask='000'",
        "memory=1G",
        "file_size=1K",
        "cpu_time=1s",
        "open_files=9",
    ] {
        assert_refused(&rules, &format!("with {option} {{ /bin/true }}"));
    }
    assert!(Rules::new().allow(Subject::With, "timeout").is_err());
}

#[test]
fn variables_that_programs_load_or_run_something_by_have_to_be_named() {
    let any = Rules::new().allow(Subject::Env, "*").unwrap();
    assert_allowed(&any, "env.APP_MODE = 'x'; env.LANG = 'C'; TZ=UTC echo");
    for name in [
        "TAR_OPTIONS",
        "VIMINIT",
        "OPENSSL_CONF",
        "RSYNC_RSH",
        "KUBECONFIG",
        "LD_PRELOAD",
        "LD_AUDIT",
        "GIT_SSH_COMMAND",
        "GIT_PAGER",
        "PAGER",
        "EDITOR",
        "LESSOPEN",
        "BASH_ENV",
        "PYTHONSTARTUP",
        "NODE_OPTIONS",
        "MAVEN_OPTS",
        "HOME",
        "PATH",
    ] {
        assert_refused(&any, &format!("env.{name} = 'x'"));
        assert_refused(&any, &format!("with env={{{name}: 'x'}} {{ echo }}"));
        let named = any.clone().allow(Subject::Env, name).unwrap();
        assert_allowed(&named, &format!("env.{name} = 'x'"));
    }
    let own = Rules::new().allow(Subject::Env, "APP_*").unwrap();
    assert_allowed(&own, "env.APP_CONFIG = 'x'; env.APP_OPTS = 'y'");
    assert_refused(&own, "env.TAR_OPTIONS = 'x'");
}

#[test]
fn of_two_policies_each_has_to_allow_a_thing() {
    let rules = |text: &str| Rules::new().allow_run(&["seq", text]).unwrap();
    let engine = Engine::builder().policy(rules("*")).policy(rules("1")).build().unwrap();
    assert_eq!(engine.session().run(&script("seq 1")).read().unwrap(), "1");
    assert_eq!(error(&engine, "seq 2").kind(), ErrorKind::Policy);
    assert!(engine.check(&script("seq 2")).is_err());
}

#[test]
fn a_bare_name_is_that_of_the_system() {
    let directory = tempfile::tempdir().unwrap();
    program(&directory.path().join("seq"), "#!/bin/sh\necho fake\n");
    let rules = Rules::new().allow_run(&["seq"]).unwrap();
    let fake = format!("{}/seq 1", directory.path().display());
    assert_refused(&rules, &fake);
    let mut session = ruled(rules).session();
    session.set_env("PATH", directory.path()).unwrap();
    assert_eq!(session.run(&script("seq 1")).read().unwrap_err().kind(), ErrorKind::Policy);
}

#[test]
fn shells_and_interpreters_are_never_allowed_by_a_pattern() {
    let all = Rules::new().allow_run(&["*"]).and_then(|rules| rules.allow_run(&["/**"])).unwrap();
    assert_allowed(&all, "seq 1");
    for text in [
        "sh -c 'echo x'",
        "bash -c true",
        "awk 'BEGIN {}'",
        "sed p /dev/null",
        "env sh -c true",
        "xargs bash < /dev/null",
    ] {
        assert_refused(&all, text);
    }
    let named = all.allow_run(&["sh", "-c", "echo x"]).unwrap();
    assert_eq!(assert_allowed(&named, "sh -c 'echo x'"), "x");
    assert_refused(&named, "sh -c 'echo y'");
}

#[test]
fn links_and_scripts_do_not_lead_to_a_shell() {
    let directory = tempfile::tempdir().unwrap();
    let at = std::fs::canonicalize(directory.path()).unwrap();
    std::os::unix::fs::symlink("/bin/sh", at.join("harmless")).unwrap();
    program(&at.join("script"), "#!/bin/sh\necho x\n");
    std::os::unix::fs::symlink("/usr/bin/seq", at.join("out")).unwrap();
    let rules = Rules::new().allow_run(&[&format!("{}/*", at.display())]).unwrap();
    for name in ["harmless", "script", "out"] {
        assert_refused(&rules, &format!("{}/{name} -c true", at.display()));
    }
    let named = rules.allow_run(&[&format!("{}/script", at.display())]).unwrap();
    assert_eq!(assert_allowed(&named, &format!("{}/script", at.display())), "x");
}

#[test]
fn launchers_are_judged_by_what_they_launch() {
    let rules = Rules::new()
        .allow_run(&["seq", "**"])
        .and_then(|rules| rules.allow_run(&["printenv", "A"]))
        .and_then(|rules| rules.allow_run(&["find", "**"]))
        .and_then(|rules| rules.allow(Subject::Env, "*"))
        .and_then(|rules| rules.deny(Subject::Env, "SECRET*"))
        .unwrap();
    assert_eq!(assert_allowed(&rules, "env seq 1"), "1");
    assert_eq!(assert_allowed(&rules, "nice -n 1 timeout 5 env A=b printenv A"), "b");
    assert_eq!(assert_allowed(&rules, "echo 2 | xargs -n1 seq 1"), "1\n2");
    assert_allowed(&rules, "find /dev/null -exec seq 1 ';'");
    for text in [
        "env date",
        "nice timeout 5 date",
        "env -S 'seq 1'",
        "env -i seq 1",
        "env PATH=/tmp seq 1",
        "env LD_PRELOAD=/x seq 1",
        "env SECRET_KEY=1 seq 1",
        "echo B | xargs printenv",
        "xargs -a /etc/passwd seq",
        "find /dev/null -exec date ';'",
        "find /dev/null -exec '{}' ';'",
        "sudo seq 1",
        "timeout --odd 5 seq 1",
    ] {
        // A program that is not installed is reported before the policy is asked.
        if text.starts_with("sudo") && !Path::new("/usr/bin/sudo").exists() {
            continue;
        }
        assert_refused(&rules, text);
    }
}

#[test]
fn files_are_judged_by_where_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let at = std::fs::canonicalize(directory.path()).unwrap();
    let (open, closed) = (at.join("open"), at.join("closed"));
    std::fs::create_dir(&open).unwrap();
    std::fs::create_dir(&closed).unwrap();
    std::fs::write(open.join("a"), "a").unwrap();
    std::fs::write(open.join("key"), "key").unwrap();
    std::fs::write(closed.join("b"), "b").unwrap();
    std::os::unix::fs::symlink(&closed, open.join("link")).unwrap();
    std::os::unix::fs::symlink(closed.join("new"), open.join("dangling")).unwrap();
    let below = format!("{}/**", open.display());
    let rules = Rules::new()
        .allow(Subject::Read, &below)
        .and_then(|rules| rules.allow(Subject::Append, &below))
        .and_then(|rules| rules.deny(Subject::Read, &format!("{}/key", open.display())))
        .unwrap();
    let text = |path: &str| format!("echo $[read('{}/{path}')]", open.display());
    assert_eq!(assert_allowed(&rules, &text("a")), "a");
    assert_refused(&rules, &text("key"));
    assert_refused(&rules, &text("link/b"));
    assert_refused(&rules, &text("../closed/b"));
    assert_refused(&rules, &text("none/../../closed/b"));
    assert_refused(&rules, &format!("echo x > {}/a", open.display()));
    assert_refused(&rules, &format!("echo x >> {}/dangling", open.display()));
    assert!(!closed.join("new").exists());
    assert_allowed(&rules, &format!("echo x >> {}/new", open.display()));
    assert_allowed(&rules, &format!("for f in {}/* {{ echo $f }}", open.display()));
    assert_refused(&rules, &format!("for f in {}/*/* {{ echo $f }}", open.display()));
    assert_allowed(&rules, "echo x > /dev/null");
}

#[test]
fn a_descriptor_gives_no_more_than_it_was_given_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    std::fs::write(&path, "content\n").unwrap();
    let run = |rules: Rules, text: &str, append: bool| {
        let input = std::fs::File::open(&path).unwrap();
        let output = std::fs::OpenOptions::new().append(append).write(true).open(&path).unwrap();
        let engine = ruled(rules);
        let (mut session, script) = (engine.session(), script(text));
        let status = session.run(&script).stdin(input).stdout(output).status();
        (status.map_err(|error| error.kind()).err(), std::fs::read_to_string(&path).unwrap())
    };
    let refused = Some(ErrorKind::Policy);
    let whole = |error| (error, "content\n".to_string());
    for (text, append) in [
        ("echo x > /dev/stdin", false),
        ("echo x >> /dev/stdin", false),
        ("echo x <> /dev/stdin", false),
        ("write('/dev/stdin', 'x')", false),
        ("let x = read('/dev/stdout')", false),
        ("each l { let x = l } < /dev/stdout", false),
        // Permission to append is not permission to truncate.
        ("true > /dev/stdout", true),
        ("write('/dev/fd/1', '')", true),
    ] {
        assert_eq!(run(Rules::new(), text, append), whole(refused), "{text}");
    }
    for text in ["let x = read('/dev/stdin')", "each l { let x = l } < /dev/stdin", "true >> /dev/stdout"] {
        assert_eq!(run(Rules::new(), text, true), whole(None), "{text}");
    }
    let rules = Rules::new().allow(Subject::Write, path.to_str().unwrap()).unwrap();
    assert_eq!(run(rules, "echo x > /dev/stdin", true), (None, "x\n".into()));
}

#[test]
fn directories_variables_and_signals() {
    let rules = Rules::new()
        .allow_run(&["true"])
        .and_then(|rules| rules.allow(Subject::Directory, "/usr/**"))
        .and_then(|rules| rules.allow(Subject::Env, "APP_*"))
        .unwrap();
    assert_allowed(&rules, "cd /usr; /bin/true; APP_X=1 /bin/true");
    for text in [
        "cd /etc",
        "cd /usr; cd ..",
        "with cwd='/' { echo }",
        "env.PATH = '/tmp'",
        "LD_PRELOAD=x /bin/true",
        "kill 1",
    ] {
        assert_refused(&rules, text);
    }
    // The session's directory is not one from which programs may start.
    let mut session = ruled(rules).session();
    session.set_cwd("/").unwrap();
    assert_eq!(session.run(&script("/bin/true")).read().unwrap_err().kind(), ErrorKind::Policy);
    let secretive = Rules::new().allow_run(&["true"]).and_then(|r| r.deny(Subject::Env, "API_*")).unwrap();
    let mut session = ruled(secretive).session();
    session.run(&script("/bin/true")).read().unwrap();
    session.set_env("API_KEY", "x").unwrap();
    assert_eq!(session.run(&script("/bin/true")).read().unwrap_err().kind(), ErrorKind::Policy);
}

#[test]
fn users_and_groups() {
    let rules =
        Rules::new().allow_run(&["true"]).and_then(|rules| rules.allow(Subject::User, "root")).unwrap();
    assert_allowed(&rules, "with user=0 { echo }");
    for text in ["with user=12345 { echo }", "with group=0 { echo }", "with user='root', group=1 { echo }"] {
        assert_refused(&rules, text);
    }
    let rules = rules.allow(Subject::Group, "0").and_then(|rules| rules.deny(Subject::User, "0")).unwrap();
    assert_allowed(&rules, "with group='root' { echo }");
    assert_refused(&rules, "with user=0 { echo }");
    assert!(Rules::new().allow(Subject::User, "nobody-of-this-name").is_err());
}

#[test]
fn stages_of_the_host_are_asked_for() {
    let engine = |rules: Rules| {
        let stage = |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
            writeln!(cx.stdout(), "ran")?;
            Ok(0)
        };
        Engine::builder().policy(rules).stage("table", stage).build().unwrap()
    };
    let run = |rules: Rules, text: &str| {
        let engine = engine(rules);
        let script = engine.script("t", text).unwrap();
        engine.session().run(&script).read()
    };
    let refused = |rules: Rules, text: &str| {
        assert_eq!(run(rules, text).unwrap_err().kind(), ErrorKind::Policy, "{text}");
    };
    refused(Rules::new(), "table");
    // A path names a program.
    refused(Rules::new().allow_run(&["/usr/bin/table"]).unwrap(), "table");
    let rules =
        Rules::new().allow_run(&["table", "a", "**"]).unwrap().deny_run(&["table", "a", "b"]).unwrap();
    assert_eq!(run(rules.clone(), "table a").unwrap(), "ran");
    assert_eq!(run(rules.clone(), "echo x | table a c").unwrap(), "ran");
    refused(rules.clone(), "table");
    refused(rules.clone(), "table a b || echo x");
    // Before anything of its pipeline starts.
    let directory = tempfile::tempdir().unwrap();
    let made = directory.path().join("made");
    let rules = rules.allow_run(&["touch", "**"]).unwrap();
    refused(rules, &format!("touch {} | table", made.display()));
    assert!(!made.exists());
}

#[test]
fn only_programs_that_may_run_may_be_looked_up() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("tool");
    program(&secret, "#!/bin/sh\n");
    let rules = Rules::new().allow_run(&["wc", "-l"]).unwrap();
    assert_eq!(assert_allowed(&rules, "type echo"), "echo is a shell builtin");
    assert!(assert_allowed(&rules, "command -v wc").ends_with("/wc"));
    for text in ["type sort", "command -v sort || echo none", "command -V sort"] {
        assert_refused(&rules, text);
    }
    for path in [secret.clone(), directory.path().join("none")] {
        assert_refused(&rules, &format!("command -v {} || echo none", path.display()));
    }
}

#[test]
fn invalid_patterns_are_errors() {
    assert!(Rules::new().allow(Subject::Read, "relative").is_err());
    assert!(Rules::new().allow(Subject::Read, "/a/../b").is_err());
    assert!(Rules::new().allow_run(&[]).is_err());
    assert!(Rules::new().allow_run(&["bin/x"]).is_err());
}

#[test]
fn the_request_tells_how_a_file_is_opened() {
    let modes: Arc<Mutex<Vec<Access>>> = Arc::default();
    let log = modes.clone();
    let policy = move |request: &Request<'_>| {
        if let Request::Open(open) = request {
            assert_eq!(open.path(), Path::new("/dev/null"));
            log.lock().unwrap().push(open.access());
        }
        Ok(())
    };
    let engine = Engine::builder().policy(policy).build().unwrap();
    engine.session().run(&script("true < /dev/null; true >> /dev/null; true <> /dev/null")).read().unwrap();
    assert_eq!(*modes.lock().unwrap(), [Access::Read, Access::Append, Access::Read, Access::Write]);
}

// -------------------------------------------------------------------------------------- before the run

#[test]
fn literal_commands_are_refused_before_anything_runs() {
    let rules = Rules::new()
        .allow_run(&["seq", "1", "**"])
        .and_then(|rules| rules.allow_run(&["/opt/tools/my*"]))
        .unwrap();
    let engine = ruled(rules);
    let refused = |text: &str| engine.check(&script(text)).is_err();
    for text in [
        "date",
        "seq 2 $HOME",
        "env date",
        "fn f() { date }; f",
        "echo \"$(date)\"",
        "sh -c true",
        "/bin/seq 2",
    ] {
        assert!(refused(text), "{text}");
    }
    for text in [
        "seq 1 $HOME",
        "seq $HOME",
        "let x = 'date'; $x",
        "mytool",
        "./date",
        "env seq 1",
        "timeout $HOME date",
    ] {
        assert!(!refused(text), "{text}");
    }
}

#[test]
fn literal_targets_are_refused_before_anything_runs() {
    let rules = Rules::new()
        .allow(Subject::Read, "/usr/share/**")
        .and_then(|rules| rules.allow(Subject::Write, "/var/tmp/**"))
        .unwrap();
    let engine = ruled(rules);
    let check = |text: &str| engine.check(&script(text));
    for text in [
        "echo x > /etc/passwd",
        "echo x >> /etc/passwd",
        "echo x &> /etc/passwd",
        "echo $HOME < /etc/'passwd'",
        "fn f() { echo x > /usr/share/x }",
        "if true { echo x <> /usr/share/x }",
    ] {
        let error = check(text).expect_err(text);
        assert!(error.render(false, 100).contains("would be refused"), "{text}");
    }
    for text in [
        "echo x > /var/tmp/x >> /var/tmp/y < /usr/share/z",
        "echo x > out",
        "echo x > $HOME/x",
        "echo x > /dev/null 2> /dev/stderr < /dev/fd/0",
        "echo x 2>&1 <<< text",
    ] {
        assert!(check(text).is_ok(), "{text}");
    }
    // Each of them, in the order of the text.
    let pages = check("date < /etc/passwd\necho x > /etc/passwd; sort").unwrap_err();
    let found: Vec<String> = pages.diagnostics().iter().map(|page| page.message.clone()).collect();
    let expected = ["running date", "reading /etc/passwd", "writing /etc/passwd", "running sort"];
    assert_eq!(found, expected.map(|what| format!("not allowed by the policy: {what}")));
}

// -------------------------------------------------------------------------------------- limits

#[track_caller]
fn assert_limit(engine: &Engine, code: &str, text: &str) {
    let error = error(engine, text);
    assert_eq!(error.kind(), ErrorKind::Limit, "{text}: {}", error.render(false, 100));
    assert_eq!(error.diagnostic().code.id(), code, "{text}");
    assert_eq!(error.exit_code(), 125);
}

#[test]
fn steps_are_limited_and_nothing_catches_that() {
    let engine = limited(|limits| limits.steps = Some(1000));
    for text in [
        "while (true) { }",
        "while (true) { try { let x = 1 } catch e { } }",
        "while true { true || false }",
        "for i in (0..<100000) { }",
        "let x = list(0..<100000).map(x => x + 1)",
        "fn f() { try { f() } catch e { f() } }; f()",
        "defer { while (true) { } }; while (true) { }",
        "while (true) { } | cat || true",
        "let r = try { while (true) { } }; echo after",
        "let r = capture { while (true) { } }; echo after",
        "let j = spawn { while (true) { } }; while (true) { try { j.wait() } catch e { } }",
        "{ while (true) { } } &",
        "fn g() { while (true) { } }; if g { echo after }",
        "with retry=1000000 { false } 2> /dev/null",
        "let x = \"$(while (true) { })\"",
        "echo <(while (true) { })",
        "true > >(while (true) { })",
    ] {
        let engine = engine.clone();
        let Ok(parsed) = Script::parse("t", text) else { panic!("{text} is refused") };
        drop(parsed);
        assert_limit(&engine, "E3006", text);
    }
    let enough = "let n = 0; for i in (0..<200) { n += i }; echo $n";
    assert_eq!(engine.session().run(&script(enough)).read().unwrap(), "19900");
}

#[test]
fn no_deferred_block_runs_after_a_limit() {
    let engine = limited(|limits| limits.steps = Some(100));
    let run = engine.session();
    let mut session = run;
    let error = session.run(&script("defer { echo deferred }; while (true) { }")).capture().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn depth_is_limited() {
    let engine = limited(|limits| limits.call_depth = Some(20));
    let fine = "fn f(n) { if (n > 0) { return f(n - 1) }; return 'end' }; echo $[f(18)]";
    assert_eq!(engine.session().run(&script(fine)).read().unwrap(), "end");
    assert_limit(&engine, "E3007", "fn f(n) { try { f(n - 1) } catch e { } }; f(100)");
}

#[test]
fn processes_are_limited_in_all_and_at_once() {
    let all = limited(|limits| limits.processes = Some(5));
    assert_limit(&all, "E3008", "while true { try { /bin/true } catch e { } }");
    assert_limit(&all, "E3008", "for i in (0..<100) { echo | echo || true }");
    all.session().run(&script("for i in (0..<5) { /bin/true }")).read().unwrap();
    let once = limited(|limits| limits.processes_at_once = Some(4));
    once.session().run(&script("for i in (0..<20) { /bin/true }")).read().unwrap();
    once.session().run(&script("for i in (0..<20) { echo | cat | cat }")).read().unwrap();
    assert_limit(&once, "E3008", "for i in (0..<100) { /bin/sleep 0.1 & }");
    assert_limit(&once, "E3008", "/bin/true | /bin/true | /bin/true | /bin/true | /bin/true || true");
}

#[test]
fn captured_bytes_are_limited() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("f");
    std::fs::write(&file, vec![b'x'; 2000]).unwrap();
    let engine = limited(|limits| limits.captured_bytes = Some(1000));
    let seq = "let x = []; while (true) { try { x = lines { /usr/bin/seq 10 } } catch e { } }";
    assert_limit(&engine, "E3009", seq);
    assert_limit(&engine, "E3009", "let x = try { \"$(/usr/bin/seq 1000)\" }; echo after");
    assert_limit(&engine, "E3009", "let x = \"$(printf %2000d 1)\"");
    assert_limit(&engine, "E3009", "let r = capture { /usr/bin/seq 1000 }; echo after");
    assert_limit(&engine, "E3009", "with max_output=1G { let r = bytes { /usr/bin/seq 1000 } }");
    assert_limit(&engine, "E3009", &format!("let x = try {{ read('{}') }}; echo after", file.display()));
    assert_limit(&engine, "E3009", "/usr/bin/seq 1000 | each x { echo }");
    let fine = engine.session().run(&script("echo \"$(/usr/bin/seq 10)\" | cat")).read().unwrap();
    assert_eq!(fine.lines().count(), 10);
}

/// A walk holds the names of a directory in memory before it enters each one.
#[test]
fn the_names_of_a_directory_are_limited() {
    let engine = limited(|limits| limits.value_bytes = Some(10_000));
    let directory = tempfile::tempdir().unwrap();
    for name in 0..1000 {
        std::fs::create_dir(directory.path().join(name.to_string())).unwrap();
    }
    let place = directory.path().display();
    for text in [
        format!("echo {place}/*/none"),
        format!("echo {place}/**/none"),
        format!("for x in {place}/*/none {{ echo }}"),
        format!("let x = glob('{place}/*/none')"),
    ] {
        assert_limit(&engine, "E3010", &text);
    }
    let fine = format!("let x = glob('{place}/1?/none'); let y = glob('{place}/none*')");
    engine.session().run(&script(&fine)).status().expect("few names match");
}

#[test]
fn values_are_limited() {
    let engine = limited(|limits| limits.value_bytes = Some(10_000));
    for text in [
        "let s = 'x'; while (true) { try { s = s ++ s } catch e { } }",
        "let s = 'x'; while (true) { s = \"$s$s\" }",
        "let s = 'x'; while (true) { s ++= s }",
        "let s = 'x'.repeat(20000)",
        "let xs = []; while (true) { xs.push(1) }",
        "let xs = [1]; while (true) { xs = [...xs, ...xs] }",
        "let xs = [1]; while (true) { xs ++= xs }",
        "let m = {a: 'x'}; while (true) { m.a ++= m.a }",
        "let xs = list(0..<100000)",
        "let s = 'x'.repeat(6000); true $s $s",
        "let s = 'x'.repeat(6000); cat <<< \"$s$s\"",
        "let xs = list(0..<500); true ...$xs ...$xs",
        "let xs = list(0..<500); for x in ...$xs ...$xs { echo }",
        "let s = 'x'.repeat(9000); let xs = s.match_all('x')",
        "let m = {a: []}; while (true) { m.a.push(1) }",
        // The content of elements counts, too.
        "let xs = []; while (true) { xs.push('x'.repeat(100)) }",
        "let m = {}; let i = 0; while (true) { i += 1; m[str(i)] = 'x'.repeat(100) }",
        "let m = {a: {}, b: {}}; let i = 0; while (true) { i += 1; m.a[str(i)] = 'x'; m.b[str(i)] = 'y' }",
        "let xs = [1]; while (true) { xs = [xs, xs] }",
        "let xs = list(0..<10).map(i => 'x'.repeat(2000))",
        "let xs = [['x'.repeat(4000)], ['x'.repeat(4000)], [['x'.repeat(4000)]]]",
    ] {
        assert_limit(&engine, "E3010", text);
    }
    let fine = "let xs = []; for i in (0..<500) { xs.push(\"$i\") }; let ys = xs.map(x => x.len())";
    engine.session().run(&script(fine)).status().unwrap();
}

#[test]
fn time_is_limited_also_for_deferred_blocks() {
    let engine = limited(|limits| limits.wall_time = Some(Duration::from_millis(200)));
    for text in [
        "while (true) { try { sleep 1 } catch e { } }",
        "defer { while (true) { } }; /bin/sleep 60",
        "defer { /bin/sleep 60 }; echo",
        "with timeout=1h { sleep 60 }",
        "sleep 60 &",
    ] {
        let started = Instant::now();
        let error = error(&engine, text);
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{text}: {}", error.render(false, 100));
        assert!(started.elapsed() < Duration::from_secs(30), "{text}");
    }
}

#[test]
fn a_script_alone_reads_no_files() {
    let error = Script::builder("t").alone().parse("use \"/etc/passwd\"").unwrap_err();
    let page = error.render(false, 100);
    assert!(page.contains("[E0406]") && !page.contains("root"), "{page}");
}

#[test]
fn untrusted_has_each_limit() {
    let limits = format!("{:?}", Limits::untrusted());
    assert!(!limits.contains("None"), "{limits}");
}

// -------------------------------------------------------------------------------------- the binary

#[test]
fn the_binary_takes_rules_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rules.toml");
    std::fs::write(
        &file,
        "[allow]\nrun = ['seq', ['printenv', 'A']]\nenv = ['A']\n[deny]\nrun = [['seq', '13']]\n",
    )
    .unwrap();
    let run = |more: &[&str]| {
        let file = file.to_str().unwrap();
        support::Run::pipewright().args(["--policy", file]).args(more.iter().copied()).run()
    };
    assert_eq!(run(&["-c", "seq 1; A=x printenv A"]).status, 0);
    // No part of it runs.
    let refused = run(&["-c", "echo before; date"]);
    assert_eq!((refused.status, refused.out().len()), (2, 0), "{refused}");
    let late = run(&["-c", "echo before; let n = 13; seq $n"]);
    assert_eq!(late.status, 126, "{late}");
    assert_eq!(run(&["--check", "-c", "seq 13"]).status, 2);
    // A second file can only add restrictions.
    let second = directory.path().join("second.toml");
    std::fs::write(
        &second,
        "[allow]\nrun = ['seq', 'date']\nwith = ['nice']\n[deny]\nargument = [['seq', '-s*']]\n",
    )
    .unwrap();
    let second = second.to_str().unwrap();
    assert_eq!(run(&["--policy", second, "-c", "seq 1"]).status, 0);
    for code in ["date", "seq -s, 2", "seq 1 -s, 2", "seq 13", "A=x printenv A", "with nice=1 { seq 1 }"] {
        let refused = run(&["--policy", second, "-c", code]);
        assert!([2, 126].contains(&refused.status) && refused.out().is_empty(), "{code}: {refused}");
    }
    for text in [
        "[allow]\nargument = [['seq', '-s']]\n",
        "[allow]\nwith = ['timeout']\n",
        "[allow]\nrun = [['a', '**', 'b']]\n",
    ] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(run(&["-c", "echo x"]).status, 2, "{text}");
    }
    std::fs::write(&file, "[allow]\nruns = ['seq']\n").unwrap();
    assert_eq!(run(&["-c", "echo x"]).status, 2);
}

// -------------------------------------------------------------------------------------- turns side by side

#[test]
fn a_policy_holds_in_turns_side_by_side() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out");
    let rules = Rules::new().allow_run(&["true"]).unwrap();
    assert_allowed(&rules, "for n in (1..=4) with jobs=2 { /bin/true }");
    assert_refused(
        &rules,
        "for n in (1..=4) with jobs=2 { if (n == 3) { /bin/sleep 0 } else { /bin/true } }",
    );
    assert_refused(&rules, "for n in (1..=4) with jobs=2 { /bin/sleep 0 || true }");
    assert_refused(&rules, &format!("for n in 1 with jobs=2 {{ echo > '{}' }}", file.display()));
    assert_refused(&rules, &format!("for n in 1 with jobs=1, log=\"{}\" {{ true }}", file.display()));
    assert_refused(&rules, "let all = [1, 2].map(n => \"$(/bin/sleep 0)\", jobs: 2); echo ...$all");
    assert!(!file.exists());
}

#[test]
fn threads_and_processes_of_turns_are_limited() {
    let all = limited(|limits| limits.processes = Some(20));
    assert_limit(&all, "E3008", "for n in (1..=100) with jobs=4, halt=\"never\" { /bin/true }");
    assert_limit(&all, "E3008", "for n in (1..=100) with jobs=4 { try { /bin/true } catch e { } }");
    // Four threads are reused, and each turn of a program is a process.
    all.session().run(&script("for n in (1..=16) with jobs=4 { /bin/true }")).status().unwrap();
    all.session().run(&script("for n in (1..=1000) with jobs=4 { true }")).status().unwrap();
    let once = limited(|limits| limits.processes_at_once = Some(8));
    once.session().run(&script("for n in (1..=40) with jobs=4 { /bin/true }")).status().unwrap();
    assert_limit(&once, "E3008", "for n in (1..=40) with jobs=8 { /bin/sleep 0.2 }");
    let steps = limited(|limits| limits.steps = Some(1000));
    assert_limit(&steps, "E3006", "for n in (1..=2) with jobs=2 { while (true) { } }");
}
