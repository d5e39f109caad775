//! Slow methods ask whether to continue, and results that would be too large are refused in advance.

use super::*;

/// A call on something large: the receiver (null for a function), the name, the arguments.
type Large = (Value, &'static str, Vec<Value>);

const MANY: usize = 20_000;

fn text() -> Value {
    "a,".repeat(MANY).into()
}

fn numbers() -> Value {
    (0..MANY).map(|n| Value::Int(n as i64 * 7 % 1000)).collect::<List>().into()
}

fn words() -> Value {
    (0..MANY).map(|n| Value::from(format!("w{}", n * 7 % 1000))).collect::<List>().into()
}

fn pairs() -> Value {
    (0..MANY).map(|n| Value::from(vec![Value::from(format!("k{n}")), Value::Int(1)])).collect::<List>().into()
}

fn entries() -> Value {
    (0..MANY).map(|n| (format!("k{n}"), Value::Int(1))).collect::<Map>().into()
}

/// Calls whose result is large.
fn making() -> Vec<Large> {
    vec![
        (text(), "split", vec![",".into()]),
        ("a ".repeat(MANY).into(), "split", vec![]),
        ("a\n".repeat(MANY).into(), "lines", vec![]),
        (text(), "chars", vec![]),
        (text(), "match_all", vec!["a".into()]),
        (text(), "split_regex", vec![",".into()]),
        (text(), "replace", vec!["a".into(), "bc".into()]),
        (text(), "replace_regex", vec!["a".into(), "bc".into()]),
        (words(), "join", vec![",".into()]),
        (pairs(), "flatten", vec![]),
        (numbers(), "chunks", vec![Value::Int(1)]),
        (numbers(), "zip", vec![numbers()]),
        (pairs(), "to_map", vec![]),
        (entries(), "entries", vec![]),
        (entries(), "merge", vec![entries()]),
        (Value::Null, "json", vec![format!("[{}1]", "1,".repeat(MANY)).into()]),
        (Value::Null, "to_json", vec![words()]),
    ]
}

/// Calls that only take time.
fn looking() -> Vec<Large> {
    let mixed: List =
        (0..MANY).map(|n| if n % 2 == 0 { Value::Int(n as i64) } else { Value::Float(0.5) }).collect();
    vec![
        (numbers(), "sort", vec![]),
        (words(), "sort", vec![]),
        (mixed.into(), "sort", vec![]),
        (numbers(), "unique", vec![]),
        (numbers(), "min", vec![]),
        (numbers(), "max", vec![]),
        (numbers(), "index_of", vec![Value::Int(-1)]),
    ]
}

fn run(host: &mut Desk, (mut this, name, arguments): Large) -> Outcome {
    if matches!(this, Value::Null) {
        call_function(host, name, arguments, vec![])
    } else {
        call(host, &mut this, name, arguments)
    }
}

#[test]
fn a_run_that_is_to_end_ends_within_a_method() {
    for large in making().into_iter().chain(looking()) {
        let name = large.1;
        let mut host = Desk { goes_on: 2, ..Desk::new() };
        let outcome = run(&mut host, large);
        assert!(matches!(outcome, Err(MethodError::Host)), "{name}: {outcome:?}");
        assert_eq!(host.asked, 3, "{name}");
    }
}

#[test]
fn values_beyond_the_limit_of_the_host_are_not_made() {
    let by_length: Vec<Large> = vec![
        ("x".into(), "repeat", vec![Value::Int(100_000_000)]),
        ("x".into(), "pad_start", vec![Value::Int(100_000_000)]),
        ("x".into(), "pad_end", vec![Value::Int(100_000_000)]),
        (text(), "bytes", vec![]),
        (Value::Null, "list", vec![Range::new(1, 10_000_000, true).into()]),
    ];
    for large in making().into_iter().chain(by_length) {
        let name = large.1;
        let mut host = Desk { room: 10_000, ..Desk::new() };
        let outcome = run(&mut host, large);
        assert!(matches!(outcome, Err(MethodError::Host)), "{name}");
        assert!(host.lacked_room, "{name}");
    }
}

#[test]
fn values_that_fit_exactly_are_made() {
    let mut host = Desk { room: 10, ..Desk::new() };
    assert!(call(&mut host, &mut "x".into(), "repeat", vec![Value::Int(10)]).is_ok());
    assert!(!host.lacked_room);
    assert!(call(&mut host, &mut "x".into(), "repeat", vec![Value::Int(11)]).is_err());
    assert!(host.lacked_room);
}
