//! Conversions from JSON and back.

use proptest::prelude::*;

use super::super::tests::{Desk, call_function};
use super::*;
use crate::value::format::display;
use crate::value::ops;
use crate::value::{Duration, List};

fn read(text: impl Into<Value>) -> Outcome {
    call_function(&mut Desk::new(), "json", vec![text.into()], vec![])
}

fn written(value: Value, indent: Option<i64>) -> Outcome {
    let indent = indent.map_or(Value::Null, Value::Int);
    call_function(&mut Desk::new(), "to_json", vec![value, indent], vec![])
}

fn shown(outcome: Outcome) -> String {
    match outcome {
        Ok(value) => display(&value, 500),
        Err(MethodError::Message(message)) => format!("{}: {}", message.code, message.message),
        Err(MethodError::Host) => "host".into(),
    }
}

#[test]
fn values_of_every_kind() {
    let text = r#" {"b": [1, -2, 1.0, 1e2, true, false, null], "a": "\u00e9\n\ud83d\ude00", "": {}} "#;
    assert_eq!(shown(read(text)), r"{'b': [1, -2, 1.0, 100.0, true, false, null], 'a': $'é\n😀', '': {}}");
    // The last value, at the place of the first key.
    assert_eq!(shown(read(r#"{"a": 1, "b": 2, "a": 3}"#)), "{'a': 3, 'b': 2}");
    assert_eq!(shown(read("5")), "5");
}

#[test]
fn text_that_is_not_json_gives_the_place() {
    assert_eq!(shown(read("")), "E2012: `json`: the text is empty");
    assert_eq!(
        shown(read("[1,\n 2,]")),
        "E2012: `json`: this is not JSON: trailing comma at line 2 column 4"
    );
    assert!(shown(read("{'a': 1}")).starts_with("E2012: `json`: this is not JSON"));
    assert!(shown(read("1 2")).contains("trailing characters"));
    assert!(shown(read(r#""\ud800""#)).starts_with("E2012"));
    assert!(shown(read("NaN")).starts_with("E2012"));
    assert!(shown(read("1e999")).starts_with("E2012"));
    assert!(shown(read(b"\"\xff\"".as_slice())).starts_with("E2007: `json` needs text in UTF-8"));
}

#[test]
fn a_number_is_never_another_than_is_written() {
    assert_eq!(shown(read("9223372036854775807")), "9223372036854775807");
    assert_eq!(shown(read("-9223372036854775808")), "-9223372036854775808");
    for number in
        ["9223372036854775808", "-9223372036854775809", "18446744073709551616", "1000000000000000000000000"]
    {
        assert_eq!(
            shown(read(format!("{{\"1e99 \\\" 99999999999999999999\": 1e30,\n  \"n\": [{number}]}}"))),
            format!("E2002: `json`: {number} at line 2 column 9 does not fit in an integer")
        );
    }
    assert_eq!(shown(read("[1e30, 123456789012345678901234567890.0]")), "[1e30, 1.2345678901234568e29]");
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let Value::Str(back) = written(read(nested(256)).unwrap(), None).unwrap() else { panic!() };
    assert_eq!(back.to_utf8().unwrap(), nested(256));
    assert_eq!(shown(read(nested(257))), "E2011: `json`: the text is nested more than 256 levels deep");
    assert!(shown(read("[".repeat(1_000_000))).starts_with("E2011"));
    assert!(shown(read("{\"a\":".repeat(1_000_000))).starts_with("E2011"));
    let mut deep = Value::from(1);
    for _ in 0..100_000 {
        deep = vec![deep].into();
    }
    assert_eq!(shown(written(deep, None)), "E2011: `to_json`: the value is nested more than 256 levels deep");
}

#[test]
fn writing() {
    let value = read(r#"{"a": [1, 2.0, {}], "b": [], "c": "\" \\ \u0001 é /"}"#).unwrap();
    assert_eq!(shown(written(value.clone(), None)), r#"'{"a":[1,2.0,{}],"b":[],"c":"\" \\ \u0001 é /"}'"#);
    let Value::Str(text) = written(value, Some(2)).unwrap() else { panic!() };
    let expected = r#"{
  "a": [
    1,
    2.0,
    {}
  ],
  "b": [],
  "c": "\" \\ \u0001 é /"
}"#;
    assert_eq!(text.to_utf8().unwrap(), expected);
    assert!(shown(written(1.into(), Some(17))).starts_with("E2010"));
    assert!(shown(written(1.into(), Some(-1))).starts_with("E2010"));
}

#[test]
fn values_without_a_form_are_refused() {
    for (value, expected) in [
        (Duration::from_nanos(1).into(), "E2001: `to_json`: a duration has no form in JSON"),
        (Value::Float(f64::NAN), "E2001: `to_json`: a float has no form in JSON"),
        (
            b"\xff".as_slice().into(),
            "E2007: `to_json` needs text in UTF-8, and the string is not from byte 0 on, which is 0xff",
        ),
    ] {
        assert_eq!(shown(written(vec![value].into(), None)), expected);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5)
                .prop_map(|items| items.into_iter().collect::<List>().into()),
            prop::collection::vec((".{0,5}", inner), 0..5)
                .prop_map(|items| items.into_iter().collect::<Map>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn written_values_read_back_unchanged(value in any_value(), indent in prop_oneof![Just(None), Just(Some(0)), Just(Some(3))]) {
        let text = written(value.clone(), indent).unwrap();
        let back = read(text).unwrap();
        prop_assert!(ops::equal(&back, &value).unwrap());
        prop_assert_eq!(display(&back, 10_000), display(&value, 10_000));
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"[\[\]{}:," \n0-9.eE\\untrfals-]{0,40}"#) {
        let _ = read(text);
    }
}
