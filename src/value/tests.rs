use std::time::{Duration as Elapsed, Instant};

use super::format::{display, to_word};
use super::*;

/// Returns a list in a list in a list.
fn nested(depth: usize) -> Value {
    let mut value = Value::Null;
    for _ in 0..depth {
        value = vec![value].into();
    }
    value
}

/// Runs a closure with a small stack, as a thread of an embedding program may have.
fn with_small_stack(body: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(body).unwrap().join().unwrap();
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    with_small_stack(|| {
        let list = nested(1_000_000);
        let copy = list.clone();
        assert_eq!(ops::equal(&list, &copy), Ok(true)); // one and the same
        assert_eq!(ops::equal(&list, &nested(1_000_000)), Err(ops::OpError::TooDeep { op: ops::Op::Eq }));
        assert_eq!(ops::compare(&list, &nested(300)), Err(ops::OpError::TooDeep { op: ops::Op::Lt }));
        assert!(display(&list, 1000).len() < 50);
        assert!(to_word(&list).is_err());
        drop(list);
        drop(copy);

        let mut mixed = Value::Null;
        for at in 0..300_000 {
            mixed = match at % 3 {
                0 => vec![Value::Int(1), mixed].into(),
                1 => [("k", mixed)].into_iter().collect::<Map>().into(),
                _ => Opaque::new("function", "", Box::new(mixed)).into(), // a closure and its capture
            };
        }
        drop(mixed);
    });
}

#[test]
fn a_payload_that_panics_on_drop_does_not_stop_later_drops() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("a host's bug");
        }
    }
    let bad: Value = vec![Value::from(Opaque::new("job", "", Bad))].into();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(bad)));
    assert!(caught.is_err());
    let witness = Arc::new(());
    drop(Value::from(vec![Value::from(Opaque::new("job", "", Arc::clone(&witness)))]));
    assert_eq!(Arc::strong_count(&witness), 1);
}

#[test]
fn everything_in_a_value_is_dropped_once() {
    let witness = Arc::new(());
    let job = || Value::from(Opaque::new("job", "", Arc::clone(&witness)));
    let map: Map = [("a", job()), ("b", vec![job(), job()].into())].into_iter().collect();
    let value: Value = vec![map.into(), job(), vec![job()].into()].into();
    let shared = value.clone();
    drop(value);
    assert_eq!(Arc::strong_count(&witness), 6);
    drop(shared);
    assert_eq!(Arc::strong_count(&witness), 1);
}

#[test]
fn a_change_is_not_seen_through_a_copy() {
    let mut list: List = vec![Value::Int(1)].into();
    let copy = list.clone();
    list.push(Value::Int(2));
    assert_eq!((list.len(), copy.len()), (2, 1));

    let mut map: Map =
        [("b", Value::Int(1)), ("a", Value::Int(2)), ("c", Value::Int(3))].into_iter().collect();
    let copy = map.clone();
    map.insert("b", Value::Int(9));
    assert!(map.remove(b"none").is_none());
    assert!(map.remove(b"a").is_some());
    assert_eq!(
        format!("{:?} {:?}", Value::from(map), Value::from(copy)),
        "{'b': 9, 'c': 3} {'b': 1, 'a': 2, 'c': 3}"
    );

    let mut text = Str::from("a");
    let copy = text.clone();
    text.push(b"\xff");
    assert_eq!((text.as_bytes(), copy.as_bytes()), (&b"a\xff"[..], &b"a"[..]));
    assert!(text.to_utf8().is_err());
}

#[test]
fn appending_is_linear() {
    let time = |mut append: Box<dyn FnMut()>| {
        let start = Instant::now();
        (0..100_000).for_each(|_| append());
        start.elapsed()
    };
    let mut text = Str::default();
    let mut value = Value::str("");
    let byte = Value::str("x");
    let mut list = List::default();
    let times = [
        time(Box::new(move || text.push(b"x"))),
        time(Box::new(move || value = ops::concat(std::mem::take(&mut value), &byte).unwrap())),
        time(Box::new(move || list.push(Value::Int(1)))),
    ];
    // It takes a few milliseconds; copying the whole list at every step would take seconds.
    assert!(times.iter().all(|time| *time < Elapsed::from_millis(250)), "{times:?}");
}

#[test]
fn ranges_hold_what_they_say() {
    let extreme = Range::new(i64::MIN, i64::MAX, true);
    assert_eq!(extreme.len(), 1 << 64);
    assert!(Range::new(5, 1, true).is_empty() && Range::new(1, 1, false).is_empty());
    assert!(Range::new(0, i64::MIN, false).is_empty());
    assert_eq!(Range::new(1, 4, false).iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(Range::new(5, 1, true).iter().count(), 0);
    assert_eq!(Range::new(1, 3, true), Range::new(1, 4, false));
    assert!(extreme.contains(0) && !Range::new(1, 4, false).contains(4));
}

#[test]
fn types_have_names() {
    let opaque = Value::from(Opaque::new("connection", "db", 7_u8));
    assert_eq!((opaque.type_name(), opaque.type_of()), ("connection", Type::Opaque));
    let Value::Opaque(opaque) = opaque else { unreachable!() };
    assert_eq!((opaque.payload::<u8>(), opaque.payload::<i8>()), (Some(&7), None));
    assert_eq!(Value::Null.type_name(), "null");
    assert_eq!(Value::from("x").type_of().phrase(), "a string");
}
