//! Calls as the evaluation makes them: by name, through `find` and `bind`, with real files.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use proptest::prelude::*;

use super::names::similar;
use super::*;
use crate::value::format::display;
use crate::value::{Duration, List, Map, Opaque, Range, Size, Str, ops};

/// A host with its own directory.
pub struct Desk {
    pub directory: tempfile::TempDir,
    /// The largest size of a value.
    pub room: usize,
    /// Whether a value was too large.
    pub lacked_room: bool,
    /// How often it was asked whether to continue.
    pub asked: usize,
    /// How often it answers yes.
    pub goes_on: usize,
    /// The lines that the user types, the last one first.
    pub answers: Vec<Vec<u8>>,
    pub questions: Vec<String>,
    pub concealed: Vec<Vec<u8>>,
}

/// A function value in these tests.
type Function = Box<dyn Fn(&mut dyn Host, &[Value]) -> Outcome + Send + Sync>;

pub fn lambda(function: impl Fn(&mut dyn Host, &[Value]) -> Outcome + Send + Sync + 'static) -> Value {
    let function: Function = Box::new(function);
    Opaque::new("function", "", function).into()
}

/// Returns a function that can't fail.
fn simple(function: impl Fn(&[Value]) -> Value + Send + Sync + 'static) -> Value {
    lambda(move |_, arguments| Ok(function(arguments)))
}

impl Desk {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            directory,
            room: usize::MAX,
            lacked_room: false,
            asked: 0,
            goes_on: usize::MAX,
            answers: Vec::new(),
            questions: Vec::new(),
            concealed: Vec::new(),
        }
    }
}

impl Host for Desk {
    fn apply(&mut self, function: &Value, arguments: &[Value]) -> Outcome {
        let Value::Opaque(opaque) = function else { return Err(MethodError::Host) };
        let function = opaque.payload::<Function>().unwrap();
        function(self, arguments)
    }

    fn apply_to_each(&mut self, function: &Value, items: &List, _: SideBySide) -> Outcome<Vec<Value>> {
        items.iter().map(|item| self.apply(function, std::slice::from_ref(item))).collect()
    }

    fn room(&self) -> usize {
        self.room
    }

    fn no_room(&mut self) -> MethodError {
        self.lacked_room = true;
        MethodError::Host
    }

    fn go_on(&mut self) -> Outcome<()> {
        self.asked += 1;
        if self.asked > self.goes_on { Err(MethodError::Host) } else { Ok(()) }
    }

    fn directory(&self) -> PathBuf {
        self.directory.path().into()
    }

    fn time_zone(&self) -> Option<Vec<u8>> {
        None
    }

    fn script_path(&self) -> Option<PathBuf> {
        Some("/srv/deploy.pw".into())
    }

    fn now(&self) -> Duration {
        UNIX_EPOCH.elapsed().unwrap().into()
    }

    fn read(&mut self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        fs::read(path).map(|bytes| Some(bytes).filter(|bytes| bytes.len() <= most))
    }

    fn write(&mut self, path: &Path, bytes: &[u8], append: bool, _: bool) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.create(true).append(append).write(true).truncate(!append);
        options.open(path)?.write_all(bytes)
    }

    fn open_queue(&mut self, _: &Str, _: &Str) -> Outcome {
        Ok(Value::Null)
    }

    fn queue(&mut self, _: &Value, _: QueueRequest<'_>) -> Outcome {
        Ok(Value::Null)
    }

    fn worker(&mut self, _: &Value, _: WorkerRequest<'_>) -> Outcome {
        Ok(Value::Null)
    }

    fn pool(&mut self, _: &Value, _: PoolRequest<'_>) -> Outcome {
        Ok(Value::Null)
    }

    fn service(&mut self, _: &Value, _: ServiceRequest) -> Outcome {
        Ok(Value::Null)
    }

    fn job(&mut self, _: &Value, _: JobRequest<'_>) -> Outcome {
        Ok(Value::Null)
    }

    fn metadata(&mut self, path: &Path, follow: bool) -> io::Result<Metadata> {
        let found = if follow { fs::metadata(path)? } else { fs::symlink_metadata(path)? };
        let kind = match found.file_type() {
            kind if kind.is_file() => FileKind::File,
            kind if kind.is_dir() => FileKind::Directory,
            kind if kind.is_symlink() => FileKind::Link,
            _ => FileKind::Other,
        };
        let modified = found.modified()?.duration_since(UNIX_EPOCH).unwrap().into();
        Ok(Metadata { kind, size: found.len(), modified })
    }

    fn read_line(&mut self) -> Outcome<Option<Vec<u8>>> {
        Ok(self.answers.pop())
    }

    fn ask(&mut self, prompt: &[u8], _: bool) -> Outcome<Option<Vec<u8>>> {
        self.questions.push(String::from_utf8(prompt.to_vec()).unwrap());
        Ok(self.answers.pop())
    }

    fn conceal(&mut self, secret: &[u8]) {
        self.concealed.push(secret.to_vec());
    }

    /// Returns the matches of a pattern with a single star.
    fn glob(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let suffix = pattern.strip_prefix(b"*").ok_or("only `*` is known here")?;
        let entries = fs::read_dir(self.directory()).map_err(|error| error.to_string())?;
        let names = entries.map(|entry| entry.unwrap().file_name().as_bytes().to_vec());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(suffix)).collect();
        names.sort();
        Ok(names)
    }
}

/// Calls `this.name(arguments)`; `this` changes if the method changes it.
pub fn call(host: &mut dyn Host, this: &mut Value, name: &str, arguments: Vec<Value>) -> Outcome {
    call_named(host, this, name, arguments, Vec::new())
}

pub fn call_named(
    host: &mut dyn Host,
    this: &mut Value,
    name: &str,
    positional: Vec<Value>,
    named: Vec<(&str, Value)>,
) -> Outcome {
    let id = name_id(name).unwrap_or_else(|| panic!("no method {name}"));
    let method = find(this, id).ok_or_else(|| missing(this, id))?;
    let mut arguments = bind(method, positional, named)?;
    match method.run {
        Run::Value(run) => run(host, this, &mut arguments),
        Run::Change(run) => run(this, &mut arguments),
    }
}

/// Calls `name(arguments)`.
pub fn call_function(
    host: &mut dyn Host,
    name: &str,
    positional: Vec<Value>,
    named: Vec<(&str, Value)>,
) -> Outcome {
    let function = function(name).unwrap_or_else(|| panic!("no function {name}"));
    let mut arguments = bind(function, positional, named)?;
    match function.run {
        Run::Value(run) => run(host, &Value::Null, &mut arguments),
        Run::Change(_) => panic!("a function changes no variable"),
    }
}

/// Returns the outcome as text: the value in the form of messages, or the error.
fn shown(outcome: Outcome) -> String {
    match outcome {
        Ok(value) => display(&value, 1000),
        Err(MethodError::Host) => "host".into(),
        Err(MethodError::Message(message)) => {
            let at = message.argument.map(|at| format!(" @{at}")).unwrap_or_default();
            let help = message.help.map(|help| format!("; {help}")).unwrap_or_default();
            format!("{}{at}: {}{help}", message.code, message.message)
        }
    }
}

/// The result of `this.name(arguments)` as text.
macro_rules! of {
    ($this:expr, $name:ident $(, $argument:expr)*) => {
        shown(call(&mut Desk::new(), &mut Value::from($this), stringify!($name), vec![$(Value::from($argument)),*]))
    };
}

/// The result of `name(arguments)` as text.
macro_rules! f {
    ($name:ident $(, $argument:expr)*) => {
        shown(call_function(&mut Desk::new(), stringify!($name), vec![$(Value::from($argument)),*], vec![]))
    };
}

fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
    items.into_iter().map(Into::into).collect::<List>().into()
}

mod calling {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for method in METHODS.iter().chain(FUNCTIONS) {
            let name = method.name;
            assert!(method.doc.ends_with(['.', ')']), "{name}: {}", method.doc);
            assert!(method.example.contains(&format!("{name}(")), "{name}: {}", method.example);
            assert!(method.example.contains(" => "), "{name}");
            let last = method.parameters.len().saturating_sub(1);
            assert!(
                method.parameters.iter().take(last).all(|p| !p.rest),
                "{name}: only the last takes the rest"
            );
            let optional =
                method.parameters.iter().position(|p| p.optional).unwrap_or(method.parameters.len());
            assert!(
                method.parameters[optional..].iter().all(|p| p.optional),
                "{name}: optional ones come last"
            );
        }
        for one in METHODS {
            let same = METHODS.iter().filter(|other| other.name == one.name);
            for other in same {
                assert!(
                    std::ptr::eq(one, other)
                        || !one.receiver.types().iter().any(|of| other.receiver.types().contains(of)),
                    "{} is there twice",
                    one.name
                );
                assert_eq!(
                    matches!(one.run, Run::Change(_)),
                    matches!(other.run, Run::Change(_)),
                    "whether {} changes its receiver is known by its name",
                    one.name
                );
            }
        }
        for function in FUNCTIONS {
            assert!(matches!(function.run, Run::Value(_)));
        }
    }

    #[test]
    fn a_name_is_found_for_the_types_that_have_it() {
        let len = name_id("len").unwrap();
        assert_eq!(len.name(), "len");
        assert!(find(&"a".into(), len).is_some());
        assert!(find(&1.into(), len).is_none());
        assert!(find(&Value::Null, name_id("type").unwrap()).is_some());
        assert_eq!(name_id("length"), None);
        assert!(changes(name_id("push").unwrap()));
        assert!(!changes(name_id("sort").unwrap()));
    }

    #[test]
    fn a_value_without_the_method_says_how_to_become_one_that_has_it() {
        for (value, name, expected) in [
            (Value::from(1), "len", "an int has no method `len`; make a string of it: str(n).len()"),
            (
                Value::Null,
                "trim",
                "null has no method `trim`; give a default for null: (x ?? …); methods that change their variable, such as push, give null",
            ),
            (list([1]), "trim", "a list has no method `trim`; call it on each: xs.map(x => x.trim())"),
            (
                Range::new(1, 3, true).into(),
                "map",
                "a range has no method `map`; make a list of it: list(r).map(…)",
            ),
            ("a".into(), "push", "a string has no method `push`; append text: s ++= \"…\""),
            (list([1]), "add", "a list has no method `add`; did you mean `push`?"),
            ("a".into(), "pop", "a string has no method `pop`; it is a method of lists"),
            ("a".into(), "keys", "a string has no method `keys`; it is a method of maps"),
            (
                "a".into(),
                "filter",
                "a string has no method `filter`; make a list of it: s.lines().filter(…), s.split(…) or s.chars()",
            ),
        ] {
            assert_eq!(shown(Err(missing(&value, name_id(name).unwrap()))), format!("E2001: {expected}"));
        }
    }

    #[test]
    fn other_languages_names_are_understood() {
        for (name, expected) in [
            ("length", Some("did you mean `len`?")),
            ("toUpperCase", Some("did you mean `upper`?")),
            ("startsWith", Some("did you mean `starts_with`?")),
            ("splitt", Some("did you mean `split`?")),
            ("extend", Some("append a list: xs ++= ys")),
            ("to_json", Some("it is a function: to_json(x)")),
            ("frobnicate", None),
        ] {
            assert_eq!(suggest(name).as_deref(), expected, "{name}");
        }
        for (theirs, ours) in super::super::names::NAMES_ELSEWHERE {
            // Such as `add` and `delete`.
            let is_of_queues = |id: NameId| id.methods().all(|method| method.receiver == Receiver::Queue);
            let is_free = name_id(theirs).is_none_or(is_of_queues);
            assert!(is_free && name_id(ours).is_some(), "{theirs}: {ours}");
        }
        for (theirs, ours) in [("append", "push"), ("items", "entries"), ("mtime", "modified")] {
            assert_eq!(similar(theirs), Some(ours));
        }
    }

    #[test]
    fn arguments_that_do_not_fit_are_refused() {
        assert_eq!(of!("a", trim, 1), "E2014 @0: `trim` takes no argument, and got 1; write: s.trim()");
        assert_eq!(
            of!("a", contains),
            "E2014: `contains` needs a string as `part`; write: s.contains(part: string)"
        );
        assert_eq!(
            of!("a", contains, "a", "b"),
            "E2014 @1: `contains` takes one argument, and got 2; write: s.contains(part: string)"
        );
        assert_eq!(
            of!("a", contains, 5),
            "E2001 @0: `contains` takes a string as `part`, and this is an int; make a string of it: str(x)"
        );
        assert_eq!(
            of!("a", repeat, "3"),
            "E2001 @0: `repeat` takes an int as `times`, and this is a string; make an integer of it: int(x)"
        );
        assert_eq!(
            of!("a", join, "b", 1),
            "E2001 @1: `join` takes a string as `parts`, and this is an int; make a string of it: str(x)"
        );
    }

    #[test]
    fn arguments_by_name() {
        let split = |positional, named| {
            shown(call_named(&mut Desk::new(), &mut "a b c".into(), "split", positional, named))
        };
        assert_eq!(split(vec![], vec![("limit", 2.into())]), "['a', 'b c']");
        assert_eq!(split(vec![], vec![("limit", 2.into()), ("separator", "b".into())]), "['a ', ' c']");
        let usage = "; write: s.split(separator?: string, limit?: int)";
        assert_eq!(
            split(vec!["b".into()], vec![("separator", "b".into())]),
            format!("E2014 @1: `split` got `separator` twice{usage}")
        );
        assert_eq!(
            split(vec![], vec![("max", 1.into())]),
            format!("E2014 @0: `split` has no parameter `max`{usage}")
        );
        assert_eq!(
            split(vec![], vec![("limit", "x".into())]),
            "E2001 @0: `split` takes an int as `limit`, and this is a string; make an integer of it: int(x)"
        );
    }

    #[test]
    fn a_call_fits_when_some_types_method_takes_it() {
        // Of paths and of lists.
        let join = name_id("join").unwrap();
        assert!(accepts(join, 0, &[]).is_ok());
        assert!(accepts(join, 5, &[]).is_ok());
        assert!(accepts(join, 0, &["separator"]).is_ok());
        assert!(accepts(join, 2, &["separator"]).is_err());
        assert!(accepts(name_id("len").unwrap(), 1, &[]).is_err());
    }

    #[test]
    fn a_failure_of_the_host_is_passed_on() {
        let failing = lambda(|_, _| Err(MethodError::Host));
        for name in ["map", "filter", "any", "all", "find", "sort_by", "group_by"] {
            let outcome = call(&mut Desk::new(), &mut list([1]), name, vec![failing.clone()]);
            assert!(matches!(outcome, Err(MethodError::Host)), "{name}");
        }
    }

    #[test]
    fn many_calls_are_cheap_and_push_is_in_place() {
        let (push, len) = (name_id("push").unwrap(), name_id("len").unwrap());
        let mut desk = Desk::new();
        let mut xs = list::<i64>([]);
        let start = Instant::now();
        for i in 0..100_000_i64 {
            let method = find(&xs, push).unwrap();
            let mut arguments = bind(method, vec![i.into()], vec![]).unwrap();
            let Run::Change(run) = method.run else { panic!() };
            run(&mut xs, &mut arguments).unwrap();
            let Run::Value(run) = find(&xs, len).unwrap().run else { panic!() };
            run(&mut desk, &xs, &mut []).unwrap();
        }
        let took = start.elapsed();
        assert_eq!(of!(xs, len), "100000");
        // A copy at each push would be 5,000,000,000 values.
        assert!(took.as_millis() < 2000, "{took:?}");
    }
}

mod reference_page {
    use super::*;

    #[test]
    fn the_reference_is_the_tables() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/REFERENCE.md"));
        let expected = explain("reference").unwrap();
        if std::env::var_os("UPDATE").is_some() {
            fs::write(path, &expected).unwrap();
        }
        let found = fs::read_to_string(path).unwrap_or_default();
        assert!(found == expected, "docs/REFERENCE.md is not what the table says: UPDATE=1 writes it anew");
    }
}

mod behaviour;
mod bounded;
