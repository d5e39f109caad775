//! Everyday types of Rust as inputs, results and streams.

use pipewright::{Engine, ErrorKind, FromValue, Input, IntoValue, Script, Session, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::{Cursor, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Returns how a script shows an argument.
fn shown(value: impl IntoValue) -> String {
    let script = Script::builder("t").input("x").parse("fn main() { return x }").unwrap();
    format!("{:?}", Session::new().run(&script).arg("x", value).value().unwrap())
}

#[test]
fn arguments_have_everyday_types() {
    let (text, path) = (String::from("a b"), PathBuf::from("/a b"));
    let texts = [
        shown("a b"),
        shown(text.clone()),
        shown(&text),
        shown(Box::<str>::from("a b")),
        shown(Cow::Borrowed("a b")),
        shown(OsStr::new("a b")),
        shown(OsString::from("a b")),
        shown(b"a b"),
        shown(&b"a b"[..]),
        shown(b"a b".to_vec()),
    ];
    assert!(texts.iter().all(|shown| shown == "'a b'"), "{texts:?}");
    assert_eq!([shown(&path), shown(Path::new("/a b")), shown(path.clone())], ["'/a b'"; 3]);
    let numbers = [shown(7_i8), shown(7_u16), shown(7_u32), shown(7_u64), shown(7_usize), shown(7_i128)];
    assert!(numbers.iter().all(|shown| shown == "7"), "{numbers:?}");
    assert_eq!((shown(1.5_f32), shown(true), shown(())), ("1.5".into(), "true".into(), "null".into()));
    assert_eq!((shown(None::<u64>), shown(Some("a"))), ("null".into(), "'a'".into()));
    assert_eq!((shown([1, 2]), shown(&["a", "b"][..])), ("[1, 2]".into(), "['a', 'b']".into()));
    assert_eq!((shown(vec![1_u64]), shown(vec![Some(2_usize)])), ("[1]".into(), "[2]".into()));
    assert_eq!(shown(("a", 1, [true])), "['a', 1, [true]]");
    assert_eq!(shown(BTreeMap::from([("k", 1_u64)])), "{'k': 1}");
    assert_eq!(shown(HashMap::from([("b", 2), ("a", 1)])), "{'a': 1, 'b': 2}");
    assert_eq!(shown(Duration::from_secs(90)), "90s");
}

#[test]
fn a_wrong_argument_or_variable_is_an_error_of_the_run() {
    let script = Script::builder("t").input("n").parse("echo $n").unwrap();
    let error = |error: pipewright::Error| {
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        error.to_string()
    };
    let mut session = Session::new();
    let too_large = session.run(&script).arg("n", vec![1, u64::MAX]).read().unwrap_err();
    assert!(error(too_large).contains("`n` does not fit: element 1: 18446744073709551615 is not a 64-bit"));
    assert!(error(session.run(&script).arg("n", f64::NAN).read().unwrap_err()).contains("finite"));
    assert_eq!(error(session.run(&script).arg("m", 1).read().unwrap_err()), "the script has no input `m`");
    assert_eq!(
        error(session.run(&script).read().unwrap_err()),
        "the input `n` of the script was given no value"
    );
    session.set("n", u64::MAX);
    assert!(error(session.run(&script).read().unwrap_err()).contains("does not fit"));
    assert_eq!(session.set("n", 3).run(&script).read().unwrap(), "3");
    let plain = Script::parse("t", "true").unwrap();
    assert!(error(session.run(&plain).env("A=B", "x").status().unwrap_err()).contains("A=B"));
    assert!(error(session.run(&plain).cwd("/no/such").status().unwrap_err()).contains("No such file"));
    let function = session.run_function("f", &[]).arg("n", 1).status().unwrap_err();
    assert!(matches!(function.kind(), ErrorKind::Input | ErrorKind::UnknownFunction));
}

#[test]
fn results_have_everyday_types() {
    let value = |text: &str| Session::new().run(&Script::parse("t", text).unwrap()).value().unwrap();
    let host = value("fn main() { return {name: 'web', ports: [80, 443], tag: null, size: 3M} }");
    let map: HashMap<String, Value> = host.to().unwrap();
    assert_eq!(map["ports"], Value::from([80, 443]));
    assert_eq!(map["ports"].to::<(u16, u16)>(), Ok((80, 443)));
    assert_eq!(map["ports"].to::<[usize; 2]>(), Ok([80, 443]));
    assert_eq!(
        map["ports"].to::<[ports::Port; 3]>().unwrap_err().to_string(),
        "the value is a list of 2 elements, not of 3"
    );
    assert_eq!(map["tag"].to::<Option<OsString>>(), Ok(None));
    assert_eq!(String::try_from(map["name"].clone()).unwrap(), "web");
    assert_eq!((host.get("name").and_then(Value::as_str), host.get("none")), (Some("web"), None));
    assert!(map["name"] == "web" && map["name"] != 1_i64 && Value::from(1) == 1.0);
    let keys: Vec<_> = host.as_map().unwrap().into_iter().map(|(key, _)| key.to_utf8().unwrap()).collect();
    assert_eq!(keys, ["name", "ports", "tag", "size"]);
    let sum: i64 = host.get("ports").unwrap().as_list().unwrap().into_iter().filter_map(Value::as_int).sum();
    assert_eq!(sum, 523);
}

mod ports {
    use pipewright::{FromValue, Value, ValueError};

    #[derive(Debug, PartialEq)]
    pub struct Port(u16);

    impl FromValue<'_> for Port {
        fn from_value(value: &Value) -> Result<Self, ValueError> {
            value.to().map(Port)
        }
    }
}

#[test]
fn streams_are_text_bytes_readers_and_writers() {
    let cat = Script::parse("t", "cat").unwrap();
    let read = |input: Input| Session::new().run(&cat).stdin(input).read().unwrap();
    let text = String::from("a b");
    for input in [
        Input::from("a b"),
        Input::from(&text),
        Input::from(text.clone()),
        Input::from(b"a b"),
        Input::from(&b"a b"[..]),
        Input::from(b"a b".to_vec()),
        Input::reader(Cursor::new("a b")),
    ] {
        assert_eq!(read(input), "a b");
    }
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    ours.write_all(b"over a socket").unwrap();
    drop(ours);
    assert_eq!(read(theirs.into()), "over a socket");
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    Session::new().run(&cat).stdin("back").stdout(theirs).status().unwrap();
    let mut back = String::new();
    ours.read_to_string(&mut back).unwrap();
    assert_eq!(back, "back");
}

#[test]
fn functions_take_and_return_everyday_types() {
    let engine = Engine::builder()
        .function("area", |sides: (f64, f64)| sides.0 * sides.1)
        .function("index", |names: Vec<String>| {
            names.into_iter().enumerate().map(|(at, name)| (name, at)).collect::<HashMap<_, _>>()
        })
        .function("huge", || u64::MAX)
        .build()
        .unwrap();
    let read = |text: &str| engine.session().run(&engine.script("t", text).unwrap()).read();
    assert_eq!(read("echo $[area([2, 1.5])] $[index(['a', 'b'])['b']]").unwrap(), "3 1");
    let error = read("echo $[huge()]").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert!(error.to_string().contains("18446744073709551615 is not a 64-bit integer"), "{error}");
    let error = read("echo $[area([1, 2, 3])]").unwrap_err();
    assert!(format!("{error:?}").contains("a list of 3 elements, not of 2"), "{error:?}");
}

#[test]
fn a_run_has_its_own_environment_and_directory() {
    let mut session = Session::new();
    session.set_env("A", "session").unwrap();
    let script = Script::parse("t", "echo ${env.A}; pwd").unwrap();
    let here = session.run(&script).read().unwrap();
    assert_eq!(session.run(&script).env("A", "run").cwd("/usr").read().unwrap(), "run\n/usr");
    assert_eq!(session.run(&script).read().unwrap(), here);
    assert_eq!(u16::from_value(&Value::from(7)), Ok(7));
}

/// The guidelines for APIs of Rust, as far as a compiler can check them (C-SEND-SYNC, C-GOOD-ERR, C-COMMON-TRAITS).
mod guidelines {
    use pipewright::policy::{Denial, OwnedRequest, PatternError, Rules, RulesError};
    use pipewright::value::{List, Map, Size, Str, Type};
    use pipewright::*;
    use std::error::Error as StdError;
    use std::fmt::Debug;
    use std::hash::Hash;

    fn error<T: StdError + Send + Sync + 'static>() {}
    fn shared<T: Debug + Clone + Send + Sync + 'static>() {}
    fn sent<T: Debug + Send>() {}
    fn compared<T: Debug + Clone + PartialEq>() {}
    fn hashed<T: Debug + Copy + Eq + Hash>() {}

    #[test]
    fn types_have_the_traits_that_their_users_expect() {
        error::<Error>();
        error::<ParseError>();
        error::<ValueError>();
        error::<BuildError>();
        error::<ActionError>();
        error::<ResizeError>();
        error::<AuditFault>();
        error::<Denial>();
        error::<PatternError>();
        error::<RulesError>();
        error::<diag::Diagnostic>();
        shared::<Engine>();
        shared::<Script>();
        shared::<Board>();
        shared::<CancelToken>();
        shared::<Limits>();
        shared::<Value>();
        shared::<Rules>();
        shared::<OwnedRequest>();
        shared::<Captured>();
        shared::<Report>();
        shared::<AuditSummary>();
        sent::<Session>();
        sent::<Run<'_>>();
        sent::<Running>();
        sent::<Waiting>();
        sent::<Input>();
        sent::<Output>();
        sent::<AuditLog>();
        sent::<EngineBuilder>();
        sent::<ScriptBuilder>();
        compared::<Value>();
        compared::<List>();
        compared::<Map>();
        compared::<Str>();
        compared::<Limits>();
        hashed::<Type>();
        hashed::<ErrorKind>();
        hashed::<Span>();
        hashed::<Signal>();
        hashed::<diag::Code>();
        compared::<Size>();
    }
}
