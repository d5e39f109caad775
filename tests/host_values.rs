//! Derived conversions, values of a host and their methods.

use pipewright::{Engine, ErrorKind, FromValue, IntoValue, Script, Session, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[derive(FromValue, IntoValue, Clone, Debug, PartialEq)]
struct Host {
    name: String,
    port: Port,
    r#type: Option<String>,
    #[value(rename = "tls-mode", default)]
    tls: Tls,
    tags: BTreeMap<String, Vec<u16>>,
}

#[derive(FromValue, IntoValue, Clone, Debug, PartialEq)]
struct Port(u16);

#[derive(FromValue, IntoValue, Clone, Debug, Default, PartialEq)]
enum Tls {
    #[default]
    Off,
    VerifyFull,
    #[value(rename = "on!")]
    On,
}

#[derive(FromValue, IntoValue, Debug, PartialEq)]
struct Pair<A, B> {
    left: A,
    right: B,
}

fn value(text: &str) -> Value {
    let text = format!("fn main() {{ return {text} }}");
    Session::new().run(&Script::parse("t", text).unwrap()).value().unwrap()
}

#[test]
fn a_struct_is_a_map_and_an_enum_a_string() {
    let host: Host = value("{name: 'db1', port: 5432, tags: {a: [1]}, more: 1}").to().unwrap();
    let expected = Host {
        name: "db1".into(),
        port: Port(5432),
        r#type: None,
        tls: Tls::Off,
        tags: BTreeMap::from([("a".into(), vec![1])]),
    };
    assert_eq!(host, expected);
    let other = Host { tls: Tls::VerifyFull, r#type: Some("x".into()), ..host };
    let shown = "{'name': 'db1', 'port': 5432, 'type': 'x', 'tls-mode': 'verify_full', 'tags': {'a': [1]}}";
    let there = other.clone().into_value().unwrap();
    assert_eq!(format!("{there:?}"), shown);
    assert_eq!(there.to::<Host>().unwrap(), other);
    assert_eq!(value("['off', 'on!']").to::<Vec<Tls>>().unwrap(), [Tls::Off, Tls::On]);
    let pair = Pair { left: Port(1), right: vec![Tls::On] };
    assert_eq!(pair.into_value().unwrap().to::<Pair<u16, [String; 1]>>().unwrap().right, ["on!"]);
}

#[test]
fn a_wrong_map_is_named_with_its_part() {
    let error = |text: &str| value(text).to::<Host>().unwrap_err().to_string();
    assert_eq!(error("[1]"), "the value is a list, not a map");
    assert_eq!(error("{nome: 'a', port: 1}"), "the map has no key `name`, only `nome`, `port`");
    assert_eq!(error("{name: 'a', port: 70000}"), "`port` is 70000, not a number from 0 to 65535");
    assert_eq!(
        error("{name: 'a', port: 1, tags: {a: ['x']}}"),
        "element 0 of `a` of `tags` is a string, not an integer"
    );
    let error = value("'verify-full'").to::<Tls>().unwrap_err().to_string();
    assert!(error.contains("unknown name `verify-full`: did you mean `verify_full`?"), "{error}");
}

/// A connection that counts how many are open.
struct Connection {
    name: String,
    log: Mutex<Vec<String>>,
    open: Arc<AtomicUsize>,
}

impl Connection {
    fn query(&self, text: String, most: usize) -> Result<Vec<String>, String> {
        if text.is_empty() {
            return Err(format!("{}: no text", self.name));
        }
        let mut log = self.log.lock().unwrap();
        log.push(text);
        Ok(log.iter().take(most).cloned().collect())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Version(i64);

fn engine(open: &Arc<AtomicUsize>) -> Engine {
    let open = open.clone();
    let connect = move |name: String| {
        open.fetch_add(1, Ordering::Relaxed);
        Value::host(Connection { name, log: Mutex::default(), open: open.clone() })
    };
    Engine::builder()
        .function("connect", connect)
        .function("name_of", |connection: Arc<Connection>| connection.name.clone())
        .method("query", Connection::query)
        .method("len", |connection: &Connection| connection.log.lock().unwrap().len())
        .method("crash", |_: &Connection| -> i64 { panic!("oh") })
        .function("version", |major: i64| Value::host(Version(major)))
        .method("query", |version: &Version| version.0)
        .build()
        .unwrap()
}

#[test]
fn a_value_of_the_host_has_its_methods() {
    let open: Arc<AtomicUsize> = Arc::default();
    let engine = engine(&open);
    let read = |text: &str| engine.session().run(&engine.script("t", text).unwrap()).read();
    let text = "let db = connect('a'); db.query('one', 5); let all = [db, connect('b')]
        for d in (all.map(d => d.query('two', 1))) { echo ...$d }
        echo $[name_of(all[1])] $[db.len()] $['four'.len()] $[version(3).query()] $[db == all[0]] $[db == all[1]] $[db.type()]
        spawn_all(db)
        fn spawn_all(db) { for n in (1..=4) jobs=4 { db.query(str(n), 0) }; echo $[db.len()] }";
    assert_eq!(read(&text.replace(" jobs=4", "")).unwrap(), "one\ntwo\nb 2 4 3 true false Connection\n6");
    // What a run held is dropped with its session.
    assert_eq!(open.load(Ordering::Relaxed), 0);
}

#[test]
fn a_wrong_call_of_a_method_of_the_host_has_its_caret() {
    let engine = engine(&Arc::default());
    let error = |text: &str| {
        let error = engine.session().run(&engine.script("t", text).unwrap()).status().unwrap_err();
        (error.kind(), error.to_string())
    };
    let of = |kind, text: &str| (kind, text.to_owned());
    assert_eq!(
        error("let a = connect('a').query('', 1)"),
        of(ErrorKind::Host, "t:1:9: `query` failed: a: no text")
    );
    assert_eq!(
        error("let a = connect('a').crash()"),
        of(ErrorKind::Host, "t:1:9: `crash` of the host panicked: oh")
    );
    assert_eq!(
        error("let a = connect('a').query(1, 1)"),
        of(ErrorKind::Script, "t:1:28: argument 1 of `query`: the value is an int, not a string")
    );
    assert_eq!(
        error("let a = connect('a').query()"),
        of(ErrorKind::Script, "t:1:9: `query` takes 2 arguments, and is called with 0")
    );
    assert_eq!(
        error("let a = 'text'; let b = a.query()"),
        of(ErrorKind::Script, "t:1:25: a string has no method `query`")
    );
    assert_eq!(
        error("let b = version(1).len()"),
        of(ErrorKind::Script, "t:1:9: a Version has no method `len`")
    );
    assert_eq!(
        error("let b = version(1).lines()"),
        of(ErrorKind::Script, "t:1:9: a Version has no method `lines`")
    );
    assert_eq!(
        error("let b = name_of(version(1))"),
        of(ErrorKind::Script, "t:1:17: argument 1 of `name_of`: the value is a Version, not a Connection")
    );
    assert_eq!(error("echo $[version(1)]").0, ErrorKind::Script);
    let refused = |text: &str| engine.script("t", text).unwrap_err().to_string();
    assert!(
        engine
            .script("t", "let a = version(1).quary()")
            .unwrap_err()
            .render(false, 90)
            .contains("did you mean `query`?")
    );
    assert_eq!(
        refused("let a = version(1).query(1, 2, 3)"),
        "`query` takes another number of arguments, and is called with 3"
    );
    assert_eq!(
        refused("connect('a').crash(now: 1)"),
        "`crash` is the host's, and takes its arguments in order"
    );
    let builder = || Engine::builder().method("x", |version: &Version| version.0);
    for engine in [
        builder().method("x", |version: &Version| version.0),
        builder().method("push", |version: &Version| version.0),
        builder().method("while", |version: &Version| version.0),
        builder().method("a-b", |version: &Version| version.0),
    ] {
        assert!(engine.build().is_err());
    }
}
