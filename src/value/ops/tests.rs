use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use crate::value::literal::parse_number;
use crate::value::{List, Map, Opaque, Range};

/// Parses a value from a small notation: literals, `'text'`, `null`, `true`, `[1,2]`.
fn value(text: &str) -> Value {
    match text {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "1..=3" => Range::new(1, 3, true).into(),
        "{}" => Map::default().into(),
        "f" => Opaque::new("function", "f", ()).into(),
        "[]" => List::default().into(),
        text if text.starts_with('[') => {
            text[1..text.len() - 1].split(',').map(value).collect::<List>().into()
        }
        text if text.starts_with('\'') => text.trim_matches('\'').into(),
        number => parse_number(number).unwrap(),
    }
}

/// Returns the text of `left op right`: the result, or the message and the hint.
fn run(expression: &str) -> String {
    let [left, symbol, right] = expression.split(' ').collect::<Vec<_>>()[..] else { panic!("{expression}") };
    let ops = [
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Div,
        Op::FloorDiv,
        Op::Rem,
        Op::Pow,
        Op::Concat,
        Op::Eq,
        Op::Ne,
        Op::Lt,
        Op::Le,
        Op::Gt,
        Op::Ge,
        Op::In,
    ];
    let op = ops.into_iter().find(|op| op.symbol() == symbol).unwrap();
    match binary(op, &value(left), &value(right)) {
        Ok(result) => format!("{result:?}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(run(expression), *expected, "{expression}");
    }
}

#[test]
fn integers_are_checked() {
    check(&[
        ("2 + 3", "5"),
        ("2 - 3", "-1"),
        ("2 * 3", "6"),
        ("9223372036854775807 + 1", "the result of `+` is too large"),
        ("-9223372036854775808 - 1", "the result of `-` is too large"),
        ("9223372036854775807 * 2", "the result of `*` is too large"),
        ("-9223372036854775808 // -1", "the result of `//` is too large"),
        ("-9223372036854775808 % -1", "0"),
        ("2 ** 10", "1024"),
        ("2 ** 62", "4611686018427387904"),
        ("2 ** 63", "the result of `**` is too large"),
        ("-2 ** 63", "-9223372036854775808"),
        ("-1 ** 9223372036854775807", "-1"),
        ("1 ** 9223372036854775807", "1"),
        ("0 ** 0", "1"),
        ("0 ** 9223372036854775807", "0"),
        ("2 ** -1", "0.5"),
        ("0 ** -1", "zero to a negative power"),
    ]);
    assert_eq!(neg(&Value::Int(i64::MIN)).unwrap_err(), OpError::Overflow { op: Op::Neg });
}

#[test]
fn division() {
    check(&[
        ("7 / 2", "3.5"),
        ("6 / 2", "3.0"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("7 // -2", "-4"),
        ("-7 % 2", "1"),
        ("7 % -2", "-1"),
        ("-7.5 // 2", "-4"),
        ("-7.5 % 2", "0.5"),
        ("1e300 // 1", "the result of `//` is too large"),
        ("1 / 0", "the divisor of `/` is zero"),
        ("1 // 0", "the divisor of `//` is zero"),
        ("1 % 0", "the divisor of `%` is zero"),
        ("1 / 0.0", "the divisor of `/` is zero"),
        ("5s // 0s", "the divisor of `//` is zero"),
    ]);
}

#[test]
fn floats_stay_finite() {
    check(&[
        ("1 + 0.5", "1.5"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("1e308 * 10", "the result of `*` is too large"),
        ("-8 ** 0.5", "the result of `**` is not a real number"),
        ("2.0 ** 3", "8.0"),
    ]);
}

#[test]
fn durations_and_sizes() {
    check(&[
        ("1m + 30s", "90s"),
        ("1s - 5s", "-4s"),
        ("5s * 3", "15s"),
        ("3 * 5s", "15s"),
        ("30s * 0.1", "3s"),
        ("1s / 3", "333.333333ms"),
        ("2s / 3", "666.666667ms"),
        ("-2s / 3", "-666.666667ms"),
        ("2s / -3", "-666.666667ms"),
        ("3s / 2s", "1.5"),
        ("7s // 2s", "3"),
        ("7s % 2s", "1s"),
        ("64K + 1B", "65537B"),
        ("1M / 1K", "1024.0"),
        ("1G * 1.5", "1536M"),
        ("4E * 2", "the result of `*` is too large"),
        ("1s + 1K", "`+` is not defined for a duration and a size"),
        ("1s + 1", "`+` is not defined for a duration and an int"),
        ("1s * 1s", "`*` is not defined for a duration and a duration"),
        ("2 / 1s", "`/` is not defined for an int and a duration"),
        ("7s // 2", "`//` is not defined for a duration and an int"),
    ]);
}

#[test]
fn joining() {
    check(&[
        ("'ab' ++ 'c'", "'abc'"),
        ("[1] ++ [2,3]", "[1, 2, 3]"),
        ("'a' ++ 1", "`++` is not defined for a string and an int"),
        ("'a' + 'b'", "`+` is not defined for a string and a string"),
    ]);
    let mut left = value("1");
    assert!(append(&mut left, &value("'x'")).is_err());
    assert_eq!(format!("{left:?}"), "1");
}

#[test]
fn updates_give_what_the_operator_gives_or_leave_the_variable_alone() {
    for (left, op, right) in [
        ("1", Op::Add, "2"),
        ("9223372036854775807", Op::Add, "1"),
        ("1", Op::Sub, "2"),
        ("1.5", Op::Add, "2"),
        ("'a'", Op::Concat, "'b'"),
        ("'a'", Op::Concat, "1"),
        ("5s", Op::Mul, "2"),
        ("7", Op::Rem, "0"),
    ] {
        let (mut target, right) = (value(left), value(right));
        let expected = binary(op, &target, &right);
        let result = update(op, &mut target, &right);
        assert_eq!(result.err(), expected.as_ref().err().copied());
        let after = expected.unwrap_or_else(|_| value(left));
        assert_eq!(format!("{target:?}"), format!("{after:?}"));
    }
}

#[test]
fn comparing() {
    check(&[
        ("1 == 1.0", "true"),
        ("1 < 1.5", "true"),
        ("-1 > -1.5", "true"),
        ("0 == -0.0", "true"),
        ("9007199254740993 == 9007199254740992.0", "false"),
        ("9223372036854775807 < 9223372036854775808.0", "true"),
        ("'a' < 'b'", "true"),
        ("'B' < 'a'", "true"),
        ("30s < 1m", "true"),
        ("1M >= 1024K", "true"),
        ("true == true", "true"),
        ("true < false", "a bool can't be compared with a bool"),
        ("'1' == 1", "a string can't be compared with an int"),
        ("1K > 1", "a size can't be compared with an int"),
        ("null == null", "true"),
        ("null == 'x'", "false"),
        ("'x' != null", "true"),
        ("null < 1", "null can't be compared with an int"),
        ("[1,2] == [1,2.0]", "true"),
        ("[1,2] == [1]", "false"),
        ("[1,null] == [1,2]", "false"),
        ("[1] == ['1']", "an int can't be compared with a string"),
        ("[1,2] < [1,3]", "true"),
        ("[1] < [1,0]", "true"),
        ("{} == {}", "true"),
        ("{} == []", "a map can't be compared with a list"),
        ("1..=3 == 1..=3", "true"),
        ("f == f", "false"),
    ]);
    let f = value("f");
    assert_eq!(equal(&f, &f), Ok(true));
    let map = |entries: [(&str, i64); 2]| -> Value {
        entries.map(|(k, v)| (k, v.into())).into_iter().collect::<Map>().into()
    };
    assert_eq!(equal(&map([("a", 1), ("b", 2)]), &map([("b", 2), ("a", 1)])), Ok(true));
    assert_eq!(equal(&map([("a", 1), ("b", 2)]), &map([("b", 2), ("c", 1)])), Ok(false));
}

#[test]
fn membership() {
    check(&[
        ("2 in [1,2]", "true"),
        ("3 in [1,2]", "false"),
        ("'2' in [1,2]", "a string can't be compared with an int"),
        ("null in [1,null]", "true"),
        ("'b' in 'abc'", "true"),
        ("'' in ''", "true"),
        ("1 in 'abc'", "an int can't be looked for in a string"),
        ("'k' in {}", "false"),
        ("3 in 1..=3", "true"),
        ("4 in 1..=3", "false"),
        ("1 in 5", "an int can't be looked for in an int"),
    ]);
}

#[test]
fn hints_say_what_to_write() {
    let hint =
        |op, left, right| binary(op, &value(left), &value(right)).unwrap_err().hint().unwrap_or_default();
    assert!(hint(Op::Add, "'1'", "2").contains("int(x)"));
    assert!(hint(Op::Eq, "'1'", "2").contains("int(x)"));
    assert!(hint(Op::Add, "'a'", "'b'").contains("++"));
    assert!(hint(Op::Concat, "[]", "1").contains("[x]"));
    assert!(hint(Op::Gt, "1K", "1").contains("512B"));
    assert!(hint(Op::Lt, "null", "1").contains("??"));
    assert_eq!(hint(Op::Lt, "true", "true"), "");
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        (-9i64..9).prop_map(Value::Int),
        (prop::num::f64::NORMAL | prop::num::f64::ZERO).prop_map(Value::Float),
        any::<i64>().prop_map(|n| Value::Float(n as f64)),
    ]
}

fn order(left: &Value, right: &Value) -> Ordering {
    compare(left, right).unwrap()
}

proptest! {
    #[test]
    fn floor_division_and_remainder_fit_together(a: i64, b: i64) {
        let (left, right) = (Value::Int(a), Value::Int(b));
        if let (Ok(Value::Int(q)), Ok(Value::Int(r))) = (floor_div(&left, &right), rem(&left, &right)) {
            prop_assert_eq!(i128::from(q) * i128::from(b) + i128::from(r), i128::from(a));
            prop_assert!(r == 0 || (r < 0) == (b < 0));
        } else {
            prop_assert!(b == 0 || (a, b) == (i64::MIN, -1));
        }
    }

    #[test]
    fn order_is_total_on_numbers(a in number(), b in number(), c in number()) {
        prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
        prop_assert_eq!(equal(&a, &b).unwrap(), order(&a, &b).is_eq());
        if order(&a, &b).is_le() && order(&b, &c).is_le() {
            prop_assert!(order(&a, &c).is_le());
        }
    }

    #[test]
    fn integers_and_floats_compare_exactly(n: i64, m: i64) {
        let x = m as f64; // a whole number, which 128 bits hold exactly
        prop_assert_eq!(order(&Value::Int(n), &Value::Float(x)), i128::from(n).cmp(&(x as i128)));
    }

    #[test]
    fn results_are_finite(a in number(), b in number()) {
        for op in [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::FloorDiv, Op::Rem, Op::Pow, Op::Neg] {
            if let Ok(Value::Float(x)) = binary(op, &a, &b) {
                prop_assert!(x.is_finite(), "{:?}", op);
            }
        }
    }
}
