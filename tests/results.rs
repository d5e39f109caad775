//! The results of runs: output whatever the status, output of a failure, refusals, and errors of the host.

use pipewright::policy::{Action, Rules};
use pipewright::{Engine, ErrorKind, Input, Limits, Script, Session};
use std::io::{Error, Read};
use std::time::Duration;

fn script(text: &str) -> Script {
    Script::parse("t", text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

#[test]
fn output_is_there_whatever_the_status() {
    for (text, stdout, status, failed) in [
        ("echo a", "a\n", 0, false),
        ("echo a; exit 3", "a\n", 3, false),
        ("echo a; sh -c 'exit 7'", "a\n", 7, true),
        ("echo a; fail 'b'", "a\n", 1, true),
        ("echo a; echo $[1 / 0]", "a\n", 1, true),
    ] {
        let output = Session::new().run(&script(text)).output().unwrap();
        assert_eq!(output.stdout, stdout.as_bytes(), "{text}");
        assert_eq!((output.report.status(), output.failure.is_some()), (status, failed), "{text}");
        let running = Session::new().run(&script(text)).start_captured().unwrap();
        let output = running.wait_output().unwrap();
        assert_eq!((output.report.status(), output.stdout), (status, stdout.as_bytes().to_vec()), "{text}");
    }
    let short = Duration::from_millis(100);
    let run = |text| Session::new().run(&script(text)).timeout(short).output().unwrap_err();
    let error = run("echo a; sleep 1000");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.captured().unwrap().stdout, b"a\n");
}

#[test]
fn a_text_or_value_is_not_that_of_a_script_that_exited() {
    let error = Session::new().run(&script("echo a; exit 3")).read().unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Script, 3));
    assert_eq!(error.captured().unwrap().stdout, b"a\n");
    assert_eq!(error.diagnostic().code.id(), "E1046");
    let error = Session::new().run(&script("fn main() { exit 3 }")).value().unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Script, 3));
    assert_eq!(Session::new().run(&script("echo a; exit 0")).read().unwrap(), "a");
    assert_eq!(Session::new().run(&script("printf 'a\\n\\n\\n'")).read().unwrap(), "a");
    assert_eq!(Session::new().run(&script("printf '\\n\\n'")).read().unwrap(), "");
    let error = Session::new().run(&script("printf 'a\\377\\n'")).read().unwrap_err();
    assert!(error.to_string().contains("byte 1 is 0xff"), "{error}");
    assert_eq!(error.captured().unwrap().stdout, b"a\xff");
}

#[test]
fn a_refusal_has_its_request() {
    let rules = Rules::new().allow_run(&["true"]).unwrap();
    let engine = Engine::builder().policy(rules).build().unwrap();
    let action = |text: &str| {
        let error = engine.session().run(&script(text)).status().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Policy, "{error}");
        error.denial().unwrap().1.action().clone()
    };
    assert!(matches!(action("true; uname -a"), Action::Spawn { argv, .. } if argv == [&b"uname"[..], b"-a"]));
    assert!(
        matches!(action("echo x > /srv/a"), Action::Open { path, .. } if path.to_str() == Some("/srv/a"))
    );
    assert_eq!(action("env.LANG = 'C'"), Action::SetEnv { name: b"LANG".to_vec() });
    assert_eq!(action("with nice=1 { true }"), Action::Other);
    let error = Session::new().run(&script("false")).status().unwrap_err();
    assert!(error.denial().is_none());
}

#[test]
fn a_reader_of_the_host_that_fails_is_the_hosts_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> Result<usize, Error> {
            Err(Error::other("the disk is gone"))
        }
    }
    for text in ["cat", "cat; true", "cat | each l { }", "sh -c 'cat; exit 3'"] {
        let error = Session::new().run(&script(text)).stdin(Input::reader(Broken)).read().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Host, "{text}: {error}");
        assert!(error.to_string().contains("the disk is gone"), "{text}: {error}");
    }
}

#[test]
fn every_limit_is_of_one_kind() {
    let mut limits = Limits::untrusted();
    limits.steps = Some(10);
    limits.captured_bytes = Some(10);
    limits.call_depth = Some(2);
    let engine = Engine::builder().limits(limits).build().unwrap();
    for text in ["while (true) { }", "let x = $(seq 100); echo $x", "fn f() { f() }; f()"] {
        let error = engine.session().run(&script(text)).status().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{text}");
    }
}
