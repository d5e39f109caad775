//! The behaviour of methods beyond the examples of the table, and their refusals.

use super::*;

fn nanos(nanos: i64) -> Value {
    Duration::from_nanos(nanos).into()
}

fn map<T: Into<Value>>(entries: impl IntoIterator<Item = (&'static str, T)>) -> Value {
    entries.into_iter().map(|(key, value)| (key, value.into())).collect::<Map>().into()
}

mod strings {
    use super::*;

    #[test]
    fn cutting_takes_any_bytes() {
        assert_eq!(of!(b"a\xff,b".as_slice(), split, ","), r"[$'a\xff', 'b']");
        assert_eq!(of!(b" \xff\n".as_slice(), trim), r"$'\xff'");
        assert_eq!(of!(b"\xff\xff".as_slice(), replace, b"\xff".as_slice(), "ab"), "'abab'");
        assert_eq!(of!(b"\xff".as_slice(), bytes), "[255]");
        assert_eq!(of!(b"\xffx".as_slice(), ends_with, "x"), "true");
        assert_eq!(of!(b"x\xff".as_slice(), find, b"\xff".as_slice()), "1");
    }

    #[test]
    fn characters_need_utf8() {
        let help = "; convert it with iconv where it comes from, or replace what is not UTF-8: s.to_utf8()";
        for name in ["len", "upper", "lower", "chars"] {
            assert_eq!(
                shown(call(&mut Desk::new(), &mut b"ab\xff".as_slice().into(), name, vec![])),
                format!(
                    "E2007: `{name}` needs text in UTF-8, and the string is not from byte 2 on, which is 0xff{help}"
                )
            );
        }
        assert!(of!(b"\xff".as_slice(), slice, 0).starts_with("E2007: `slice`"));
        assert!(of!(b"\xff".as_slice(), pad_end, 5).starts_with("E2007: `pad_end`"));
        assert!(of!(b"\xffab".as_slice(), find, "a").starts_with("E2007: `find`"));
    }

    #[test]
    fn splitting() {
        assert_eq!(of!("", split), "[]");
        assert_eq!(of!("", split, ","), "['']");
        assert_eq!(of!(" a  b\tc\n", split), "['a', 'b', 'c']");
        assert_eq!(of!(" a  b  c ", split, Value::Null, 2), "['a', 'b  c']");
        assert_eq!(of!(",a,", split, ","), "['', 'a', '']");
        assert_eq!(of!("a,b", split, ",", 1), "['a,b']");
        assert_eq!(
            of!("a", split, ""),
            "E2010 @0: `split` can't split at nothing; for the characters write: s.chars()"
        );
        assert!(of!("a", split, ",", 0).starts_with("E2010 @1"));
        assert!(of!("a", split, ",", -1).starts_with("E2010 @1"));
        assert_eq!(of!("", lines), "[]");
        assert_eq!(of!("\n", lines), "['']");
        assert_eq!(of!("a\n\nb", lines), "['a', '', 'b']");
    }

    #[test]
    fn slices_are_counted_in_characters_and_never_fail() {
        assert_eq!(of!("naïve", slice, 2, 3), "'ï'");
        assert_eq!(of!("naïve", slice, -2), "'ve'");
        assert_eq!(of!("naïve", slice, 0, -1), "'naïv'");
        assert_eq!(of!("abc", slice, 0, 80), "'abc'");
        assert_eq!(of!("abc", slice, 5), "''");
        assert_eq!(of!("abc", slice, 2, 1), "''");
        assert_eq!(of!("abc", slice, i64::MIN, i64::MAX), "'abc'");
        assert_eq!(of!("naïve", find, "ve"), "3");
        assert_eq!(of!("naïve", find, "x"), "null");
    }

    #[test]
    fn nothing_is_made_that_is_too_large() {
        assert_eq!(of!("ab", repeat, i64::MAX), "E2015: `repeat` would make a string of more than 256M");
        assert_eq!(
            of!("ab", repeat, 1_000_000_000_000_i64),
            "E2015: `repeat` would make a string of more than 256M"
        );
        assert_eq!(of!("ab", repeat, -1), "E2010 @0: `repeat` can't repeat -1 times");
        assert_eq!(of!("", repeat, i64::MAX), "''");
        assert_eq!(of!("a", pad_start, i64::MAX), "E2015: `pad_start` would make a string of more than 256M");
        assert_eq!(of!("a", pad_end, i64::MIN), "'a'");
        let long = "a".repeat(1 << 16);
        assert!(of!(&*long, replace, "a", &*long).starts_with("E2015: `replace`"));
        assert!(of!(&*long, replace_regex, "a", &*long).starts_with("E2015: `replace_regex`"));
        assert!(of!(list(vec![&*long; 1 << 13]), join).starts_with("E2015: `join`"));
        assert!(f!(list, Range::new(0, i64::MAX, true)).starts_with("E2015: `list`"));
    }

    #[test]
    fn padding_fills_with_one_character() {
        assert_eq!(of!("é", pad_start, 3, "ü"), "'üüé'");
        assert_eq!(of!("abc", pad_start, 2), "'abc'");
        assert_eq!(of!("a", pad_end, 3, "xy"), "E2010 @1: `pad_end` fills with one character, and not xy");
        assert_eq!(of!("a", pad_end, 3, ""), "E2010 @1: `pad_end` fills with one character, and not ''");
    }

    proptest! {
        #[test]
        fn joining_undoes_splitting(text in prop::collection::vec(prop::sample::select(b"ab,;\xff".to_vec()), 0..40)) {
            let mut desk = Desk::new();
            let mut parts = call(&mut desk, &mut text.clone().into(), "split", vec![",".into()]).unwrap();
            let joined = call(&mut desk, &mut parts, "join", vec![",".into()]).unwrap();
            prop_assert!(ops::equal(&joined, &text.into()).unwrap());
        }

        #[test]
        fn a_slice_is_what_the_characters_say(text in "[aé漢]{0,12}", start in -15..15_i64, end in -15..15_i64) {
            let mut desk = Desk::new();
            let mut chars = call(&mut desk, &mut text.clone().into(), "chars", vec![]).unwrap();
            let mut part = call(&mut desk, &mut chars, "slice", vec![start.into(), end.into()]).unwrap();
            let expected = call(&mut desk, &mut part, "join", vec![]).unwrap();
            let found = call(&mut desk, &mut text.into(), "slice", vec![start.into(), end.into()]).unwrap();
            prop_assert!(ops::equal(&found, &expected).unwrap());
        }
    }
}

mod regular_expressions {
    use super::*;

    #[test]
    fn groups_that_take_no_part_are_null() {
        assert_eq!(of!("ab", match, "(a)|(b)"), "{'0': 'a', '1': 'a', '2': null}");
        assert_eq!(of!("x", match, "(a)"), "null");
        assert_eq!(of!("aXbX", split_regex, "X"), "['a', 'b', '']");
        assert_eq!(of!(b"a\xffb".as_slice(), match, "(?-u:a.b)"), r"{'0': $'a\xffb'}");
    }

    #[test]
    fn a_replacement_is_not_code() {
        assert_eq!(of!("a1", replace_regex, r"(\d)", "$1$0\\1"), r"'a$1$0\1'");
        let twice = simple(|arguments| {
            let Value::Map(groups) = &arguments[0] else { panic!() };
            list([groups.get(b"0").cloned().unwrap_or_default(), 1.into()])
        });
        assert_eq!(
            of!("a1", replace_regex, r"\d", twice),
            "E2001 @1: `replace_regex` got a list from its function, and needs a string"
        );
        assert_eq!(of!("abc", replace_regex, "x*", "-"), "'-a-b-c-'");
    }

    #[test]
    fn a_wrong_expression_says_where() {
        assert_eq!(
            of!("a", matches, "a{2"),
            "E2010 @0: `matches`: 'a{2' is not a regular expression: repetition quantifier expects a valid decimal \
             at character 4; for plain text use contains, replace or split; a backslash before a sign takes it literally"
                .replace("repetition quantifier expects a valid decimal at character 4", &reason("a{2"))
        );
        assert!(of!("a", matches, b"\xff".as_slice()).starts_with("E2007 @0"));
        assert!(
            of!("a", match_all, r"(\w{500}){500}")
                .starts_with("E2010 @0: `match_all`: the regular expression")
        );
    }

    /// Returns the message of the crate, which may change.
    fn reason(pattern: &str) -> String {
        let shown = of!("a", matches, pattern);
        let (_, rest) = shown.split_once("not a regular expression: ").unwrap();
        rest.split_once(';').unwrap().0.into()
    }
}

mod paths {
    use super::*;

    #[test]
    fn parts_are_those_of_posix() {
        for (path, base, dir, stem, ext) in [
            ("/usr/lib", "lib", "/usr", "lib", ""),
            ("a", "a", ".", "a", ""),
            ("a/", "a", ".", "a", ""),
            ("/a", "a", "/", "a", ""),
            ("/", "/", "/", "", ""),
            ("//a//b//", "b", "//a", "b", ""),
            ("a//b", "b", "a", "b", ""),
            ("..", "..", ".", "..", ""),
            ("x/.profile", ".profile", "x", ".profile", ""),
            ("a.tar.gz", "a.tar.gz", ".", "a.tar", "gz"),
            ("a.", "a.", ".", "a", ""),
            ("a.d/b", "b", "a.d", "b", ""),
        ] {
            assert_eq!(of!(path, basename), format!("'{base}'"), "{path}");
            assert_eq!(of!(path, dirname), format!("'{dir}'"), "{path}");
            assert_eq!(of!(path, stem), format!("'{stem}'"), "{path}");
            assert_eq!(of!(path, ext), format!("'{ext}'"), "{path}");
        }
        assert_eq!(of!("", basename), "''");
        assert_eq!(of!("", dirname), "'.'");
    }

    #[test]
    fn making_paths() {
        assert_eq!(of!("", join, "a"), "'a'");
        assert_eq!(of!("a/", join, "b", "", "c"), "'a/b/c'");
        assert_eq!(
            of!("a", join, "/etc/passwd"),
            "E2010 @0: `join`: /etc/passwd is absolute, and can't be below another; take the slash off: part.strip_prefix(\"/\")"
        );
        assert_eq!(of!("a/b.c/", with_ext, ".o"), "'a/b.o'");
        assert_eq!(of!("a.d/b", with_ext, "o"), "'a.d/b.o'");
        assert_eq!(of!("a.c", with_ext, ""), "'a'");
        assert_eq!(of!("a/..", with_ext, "c"), "E2010: `with_ext`: a/.. names no file");
        assert!(of!("a", with_ext, "x/y").starts_with("E2010 @0"));
    }

    #[test]
    fn files_are_looked_at_from_the_hosts_directory() {
        let mut desk = Desk::new();
        fs::write(desk.directory.path().join("f"), "hello").unwrap();
        std::os::unix::fs::symlink("f", desk.directory.path().join("l")).unwrap();
        std::os::unix::fs::symlink("gone", desk.directory.path().join("broken")).unwrap();
        let mut ask = |path: &[u8], name: &str| shown(call(&mut desk, &mut path.into(), name, vec![]));
        for (path, exists, is_file, is_dir, is_link) in [
            (&b"f"[..], true, true, false, false),
            (b"l", true, true, false, true),
            (b"broken", false, false, false, true),
            (b".", true, false, true, false),
            (b"/", true, false, true, false),
            (b"gone", false, false, false, false),
            (b"f/x", false, false, false, false),
            // The path is neither the directory itself nor the part before the NUL.
            (b"", false, false, false, false),
            (b"f\0x", false, false, false, false),
        ] {
            let found =
                [ask(path, "exists"), ask(path, "is_file"), ask(path, "is_dir"), ask(path, "is_link")];
            assert_eq!(found, [exists, is_file, is_dir, is_link].map(|b| b.to_string()), "{path:?}");
        }
        assert_eq!(ask(b"l", "file_size"), "5B");
        assert_eq!(ask(b"gone", "file_size"), "E1015: `file_size`: gone: No such file or directory");
        assert!(ask(b"", "modified").starts_with("E1015: `modified`: '': the path is empty"));
    }

    #[test]
    fn reading_and_writing() {
        let mut desk = Desk::new();
        let mut f = |name: &str, arguments| shown(call_function(&mut desk, name, arguments, vec![]));
        assert_eq!(f("write", vec!["a".into(), b"x\xff\0".as_slice().into()]), "null");
        assert_eq!(f("write", vec!["a".into(), 5.into(), true.into()]), "null");
        assert_eq!(f("read", vec!["a".into()]), r"$'x\xff\x005'");
        assert_eq!(f("read", vec!["b".into()]), "E1015 @0: `read`: b: No such file or directory");
        assert_eq!(
            f("write", vec!["no/b".into(), "".into()]),
            "E1016 @0: `write`: no/b: No such file or directory"
        );
        assert_eq!(
            f("write", vec!["a".into(), list([1])]),
            "E2008 @1: `write` writes a string, and a list is not one word; join a list: xs.join(\"\\n\"); write a map as JSON: to_json(m)"
        );
        assert_eq!(f("glob", vec!["[".into()]), "E2010 @0: `glob`: only `*` is known here");
    }
}

mod lists {
    use super::*;

    #[test]
    fn empty_lists_have_neutral_results() {
        let none = || list::<i64>([]);
        assert_eq!(of!(none(), first), "null");
        assert_eq!(of!(none(), last), "null");
        assert_eq!(of!(none(), min), "null");
        assert_eq!(of!(none(), sum), "0");
        assert_eq!(of!(none(), join, ","), "''");
        assert!(of!(none(), pop).starts_with("E2004: `pop`"));
        assert_eq!(of!(list([1]), index_of, 2), "null");
    }

    #[test]
    fn places_in_a_list() {
        assert_eq!(of!(list([1, 2, 3]), remove, -1), "3");
        assert_eq!(
            of!(list([1]), remove, 1),
            "E2004 @0: `remove`: index 1 is outside of the list, which has 1 element"
        );
        assert!(of!(list([1]), insert, 2, 0).starts_with("E2004 @0: `insert`"));
        assert!(of!(list([1]), insert, i64::MIN, 0).starts_with("E2004 @0: `insert`"));
        let mut xs = list([1, 2]);
        call(&mut Desk::new(), &mut xs, "insert", vec![2.into(), 3.into()]).unwrap();
        call(&mut Desk::new(), &mut xs, "insert", vec![(-1).into(), 9.into()]).unwrap();
        assert_eq!(display(&xs, 100), "[1, 2, 9, 3]");
    }

    #[test]
    fn changing_leaves_copies_alone() {
        let mut xs = list([1]);
        let copy = xs.clone();
        call(&mut Desk::new(), &mut xs, "push", vec![copy.clone()]).unwrap();
        assert_eq!(display(&xs, 100), "[1, [1]]");
        assert_eq!(display(&copy, 100), "[1]");
    }

    #[test]
    fn values_that_can_not_be_compared_or_added() {
        let mixed = || list([Value::from(1), "a".into()]);
        let hint = "; convert the string: int(x)";
        assert_eq!(
            of!(mixed(), sort),
            format!("E2001: `sort`: a string can't be compared with an int{hint}")
                .replace("a string can't be compared with an int", &sort_words())
        );
        assert!(of!(mixed(), min).starts_with("E2001: `min`"));
        assert!(of!(mixed(), unique).starts_with("E2001: `unique`"));
        assert!(of!(list(["1"]), contains, 1).starts_with("E2001 @0: `contains`"));
        assert_eq!(
            of!(list(["1"]), sum),
            "E2001: `sum` adds numbers, durations or sizes, and element 0 is a string; convert the elements: xs.map(x => int(x)).sum()"
        );
        assert!(of!(list([i64::MAX, 1]), sum).starts_with("E2002: `sum`"));
        assert_eq!(
            of!(list([Value::Null]), join),
            "E2008: `join` joins strings and numbers, and element 0 is null; make strings of the elements first: xs.map(x => …).join(…)"
        );
    }

    /// Returns the types in the error message. The values may be compared in either order.
    fn sort_words() -> String {
        let words = of!(list([Value::from(1), "a".into()]), sort);
        let (_, rest) = words.split_once("`sort`: ").unwrap();
        let words = rest.split_once(';').unwrap().0.to_owned();
        assert!(words.contains("a string") && words.contains("an int"), "{words}");
        words
    }

    #[test]
    fn sorting_is_stable_and_of_every_ordered_type() {
        let length = simple(|arguments| match &arguments[0] {
            Value::Str(text) => Value::Int(text.len() as i64),
            _ => Value::Null,
        });
        assert_eq!(of!(list(["bb", "a", "aa", "b"]), sort_by, length), "['a', 'b', 'bb', 'aa']");
        assert_eq!(of!(list([Value::from(2), 1.5.into(), 1.into()]), sort), "[1, 1.5, 2]");
        assert_eq!(of!(list([nanos(2_000_000_000), nanos(1_000_000)]), sort), "[1ms, 2s]");
        assert_eq!(of!(list([list([2]), list([1, 5])]), sort), "[[1, 5], [2]]");
    }

    #[test]
    fn equal_elements_are_one() {
        assert_eq!(of!(list([Value::from(1), 1.0.into(), 2.5.into()]), unique), "[1, 2.5]");
        assert_eq!(of!(list([0.0, -0.0]), unique), "[0.0]");
        assert_eq!(of!(list([Value::Null, 1.into(), Value::Null]), unique), "[null, 1]");
        let (a, b) = (map([("x", 1), ("y", 2)]), map([("y", 2), ("x", 1)]));
        assert_eq!(of!(list([a, b]), unique), "[{'x': 1, 'y': 2}]");
        let start = Instant::now();
        assert!(of!(list(0..200_000_i64), unique).starts_with("[0, 1, 2"));
        assert!(start.elapsed().as_secs() < 5, "linear");
    }

    #[test]
    fn a_condition_gives_true_or_false() {
        let one = simple(|_| Value::Int(1));
        assert_eq!(
            of!(list([1]), filter, one),
            "E2001 @0: `filter` needs true or false from its function, and got an int; compare: x => x != 0, x => x != \"\""
        );
    }

    #[test]
    fn pairs_become_maps() {
        assert_eq!(
            of!(list([list([Value::from("a"), 1.into()]), list([Value::from("a"), 2.into()])]), to_map),
            "{'a': 2}"
        );
        assert!(of!(list([list([1])]), to_map).starts_with("E2001: `to_map` takes pairs"));
        assert_eq!(of!(list([1, 2]), zip, list(["a"])), "[[1, 'a']]");
        assert!(of!(list([1]), chunks, 0).starts_with("E2010 @0"));
        let null = simple(|_| Value::Null);
        assert_eq!(
            of!(list([1]), group_by, null),
            "E2008: `group_by`: the keys of a map are strings, and null is not one word"
        );
    }

    #[test]
    fn ranges() {
        assert_eq!(of!(Range::new(5, 1, true), len), "0");
        assert_eq!(
            of!(Range::new(i64::MIN, i64::MAX, true), len),
            "E2002: `len`: the range holds more than 2^63 numbers"
        );
    }
}

mod maps {
    use super::*;

    #[test]
    fn order_is_kept() {
        let m = || map([("b", 1), ("a", 2)]);
        assert_eq!(
            of!(m(), merge, map([("c", 3), ("b", 9)]), map([("d", 4)])),
            "{'b': 9, 'a': 2, 'c': 3, 'd': 4}"
        );
        let key = simple(|arguments| arguments[0].clone());
        assert_eq!(of!(m(), sort_by, key), "{'a': 2, 'b': 1}");
        assert_eq!(of!(m(), get, "x"), "null");
        assert_eq!(of!(m(), remove, "x"), "null");
        assert_eq!(of!(m(), merge), "{'b': 1, 'a': 2}");
        assert!(of!(m(), merge, list([1])).starts_with("E2001 @0: `merge` takes a map as `others`"));
    }
}

mod numbers {
    use super::*;

    #[test]
    fn rounding() {
        assert_eq!(of!(2.675, round, 2), "2.67");
        assert_eq!(of!(-2.5, round), "-3");
        assert_eq!(of!(7, round, 2), "7");
        assert_eq!(of!(1e300, round), "E2002: `round`: the result does not fit in an integer");
        assert_eq!(of!(7, format, 2), "'7.00'");
        assert_eq!(of!(-0.5, ceil), "0");
        assert!(of!(1.5, format, 1000).starts_with("E2010 @0"));
        assert!(of!(1.5, round, -1).starts_with("E2010 @0"));
    }

    #[test]
    fn sizes_for_people() {
        for (bytes, expected) in [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1K"),
            (1_048_575, "1M"),
            (1536, "1.5K"),
            (-5 << 30, "-5G"),
            (i64::MAX, "8E"),
            (i64::MIN, "-8E"),
        ] {
            assert_eq!(of!(Size::from_bytes(bytes), format), format!("'{expected}'"));
        }
    }
}

mod times {
    use super::*;

    #[test]
    fn durations_for_people() {
        for (n, expected) in [
            (0, "0ms"),
            (12_345_678, "12.346ms"),
            (999_999_999, "1s"),
            (1_250_000_000, "1.25s"),
            (59_999_000_000, "1m"),
            (90_000_000_000, "1m 30s"),
            (7_500_000_000_000, "2h 5m"),
            (90_000_000_000_000, "1d 1h"),
            (-1_500_000_000, "-1.5s"),
            (i64::MIN, "-106751d 23h"),
        ] {
            assert_eq!(of!(nanos(n), format), format!("'{expected}'"), "{n}");
        }
    }

    #[test]
    fn dates() {
        const SECOND: i64 = 1_000_000_000;
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"),
            (-2_208_988_800, "1900-01-01T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
        ] {
            assert_eq!(of!(nanos(seconds * SECOND), date), format!("'{expected}'"));
        }
        let instant = nanos(1_709_210_096 * SECOND + 5);
        assert_eq!(
            of!(instant.clone(), date, "%a %A %b %B %j %s %N %T%%é"),
            "'Thu Thursday Feb February 060 1709210096 000000005 12:34:56%é'"
        );
        assert!(of!(instant.clone(), date, "%Q").starts_with("E2010 @0: `date` knows no %Q"));
        assert!(of!(instant, date, "%").starts_with("E2010 @0: `date` knows no %"));
        assert!(of!(nanos(i64::MIN), date).starts_with("'1677-09-21"));
        assert!(of!(nanos(i64::MAX), date).starts_with("'2262-04-11"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]
        #[test]
        fn dates_are_those_of_date(seconds in -9_000_000_000..9_000_000_000_i64) {
            let pattern = "%Y-%m-%d %H:%M:%S %j %a %A %b %B %s";
            let output = std::process::Command::new("date")
                .env("LC_ALL", "C")
                .args(["-u", "-d", &format!("@{seconds}"), &format!("+{pattern}")])
                .output()
                .unwrap();
            let expected = String::from_utf8(output.stdout).unwrap();
            prop_assert_eq!(of!(nanos(seconds * 1_000_000_000), date, pattern), format!("'{}'", expected.trim_end()));
        }
    }
}

mod conversions {
    use super::*;

    #[test]
    fn numbers_from_texts() {
        assert_eq!(f!(int, " 42\n"), "42");
        assert_eq!(f!(int, "-007"), "-7");
        assert_eq!(f!(int, "000"), "0");
        assert_eq!(f!(int, "0x1f"), "31");
        assert_eq!(f!(int, -2.9), "-2");
        assert_eq!(f!(int, 1e300), "E2002 @0: `int`: 1e300 does not fit in an integer");
        assert_eq!(f!(int, "4.2"), "E2012 @0: `int`: '4.2' can't be converted: it is not a whole number");
        assert_eq!(f!(int, ""), "E2012 @0: `int`: '' can't be converted: it is not a whole number");
        assert_eq!(f!(int, "-"), "E2012 @0: `int`: '-' can't be converted: it is not a whole number");
        assert_eq!(
            f!(int, b"\xff".as_slice()),
            r"E2012 @0: `int`: $'\xff' can't be converted: it is not a whole number"
        );
        assert_eq!(
            f!(int, Value::Null),
            "E2001 @0: `int` converts a number or string, and this is null; give a default for null: x ?? …"
        );
        assert_eq!(f!(float, "nan"), "E2012 @0: `float`: 'nan' can't be converted: it is not a number");
        assert_eq!(f!(float, 3), "3.0");
        assert_eq!(
            f!(duration, 30),
            "E2001 @0: `duration` converts a string such as \"30s\", and this is an int; multiply by a unit: x * 1s"
        );
        assert_eq!(
            f!(duration, "30"),
            "E2012 @0: `duration`: '30' can't be converted: it is not a number with a unit of time, such as 30s"
        );
        assert_eq!(f!(size, 1024), "1K");
        assert_eq!(f!(size, "1500"), "1500B");
    }

    #[test]
    fn texts_from_values() {
        assert_eq!(f!(str, 5.0), "'5'");
        assert_eq!(f!(str, true), "'true'");
        assert_eq!(
            f!(str, list([1])),
            "E2008 @0: `str`: a list is not one word; join it: xs.join(\" \"); or write it as JSON: to_json(xs)"
        );
        assert_eq!(
            f!(list, "ab"),
            "E2001 @0: `list` makes a list of a range, and this is a string; of a string: s.lines(), s.split(…) or s.chars()"
        );
        assert_eq!(of!(Value::Null, type), "'null'");
    }
}
