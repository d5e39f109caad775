//! `printf` compared with bash's, and the calls that it refuses.

use super::*;
use crate::expand::testing::{Choices, quote as word, run_shell};
use crate::sys::testing::processor_time;

/// Returns the output and the end of a `printf`.
struct Ended {
    out: Vec<u8>,
    errors: Vec<String>,
    status: u8,
}

impl Sink for Vec<u8> {
    type Stop = std::convert::Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Stop> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<(), Self::Stop> {
        Ok(())
    }
}

fn run(args: &[Vec<u8>]) -> Ended {
    let mut out = Vec::new();
    let Ok(Printed { errors, status }) =
        printf(&args.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut out);
    Ended { out, errors, status }
}

#[test]
fn output_is_written_in_parts_and_ends_with_the_run() {
    /// A sink that stops after some parts.
    struct Stopping(usize, usize);
    impl Sink for Stopping {
        type Stop = ();

        fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
            self.1 = self.1.max(bytes.len());
            self.0 = self.0.checked_sub(1).ok_or(())?;
            Ok(())
        }

        fn reserve(&mut self, bytes: usize) -> Result<(), ()> {
            if bytes > 1 << 20 { Err(()) } else { Ok(()) }
        }
    }
    let numbers: Vec<&[u8]> = std::iter::repeat_n(&b"1"[..], 100_000).collect();
    for format in ["%d", "%.0s", "%1000d", "%b"] {
        let args = [&[format.as_bytes()], &numbers[..]].concat();
        let mut sink = Stopping(3, 0);
        assert_eq!(printf(&args, &mut sink), Err(()), "{format}");
        assert!(sink.1 < 2 * CHUNK, "{format}: {}", sink.1);
    }
    for format in ["%2000000d", "%2000000s", "%.2000000f", "%.2000000x", "%-2000000q", "%2000000b"] {
        assert_eq!(printf(&[format.as_bytes(), b"1"], &mut Stopping(9, 0)), Err(()), "{format}");
    }
    assert!(printf(&[b"%.2000000s", b"x"], &mut Stopping(9, 0)).is_ok());
}

/// Asserts that output and status of each call are those of bash.
#[track_caller]
fn compare(cases: &[Vec<Vec<u8>>]) {
    let mut script = b"exec 2>/dev/null\n".to_vec();
    for case in cases {
        script.extend_from_slice(b"printf");
        for arg in case {
            script.extend([b" ", word(arg).as_slice()].concat());
        }
        // NUL is possible in the middle of a case's output: the mark is a text that isn't.
        script.extend_from_slice(b"; command printf '<%d-end>' $?\n");
    }
    let answer = run_shell(&["bash"], &script, std::path::Path::new("/"));
    let mut rest = answer.as_slice();
    for case in cases {
        let end = memchr::memmem::find(rest, b"-end>").expect("an answer for each case");
        let (expected, after) = (&rest[..end], &rest[end + 5..]);
        rest = after;
        let printed = run(case);
        // bash only warns about a number out of range, where dash fails.
        let only_warned = printed.errors.iter().all(|error| error.ends_with("number out of range"));
        let status = if only_warned { 0 } else { printed.status };
        let got = [printed.out.as_slice(), format!("<{status}").as_bytes()].concat();
        let shown: Vec<_> = case.iter().map(|arg| arg.escape_ascii().to_string()).collect();
        assert_eq!(got.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{shown:?}");
        let complains = printed.status != 0;
        assert!(!complains || !printed.errors.is_empty(), "{shown:?}");
    }
}

fn case(args: &[&str]) -> Vec<Vec<u8>> {
    args.iter().map(|arg| arg.as_bytes().to_vec()).collect()
}

#[test]
fn the_format_is_used_again_until_no_argument_is_left() {
    compare(&[
        case(&["%s,", "a", "b", "c"]),
        case(&["%s-%s,", "a", "b", "c"]),
        case(&["x", "a", "b"]),
        case(&["%s\\n"]),
        case(&["%d|%s|%c|%b|%q|%f|"]),
        case(&["%*d|", "5", "1", "-5", "2"]),
        case(&["%%|%%", "a"]),
        case(&["--", "%s", "a"]),
        case(&["-", "a"]),
        case(&[""]),
        case(&["", "a"]),
        case(&["%b|%s", "a\\cb", "c"]),
        case(&["%c%c", "", "ab"]),
        case(&["%.*s|%.*s|", "1", "abc", "-1", "abc"]),
        case(&["%d|", "1", "x", "3"]),
        case(&["%d %d", "5", "3x"]),
        case(&["ab%"]),
        case(&["ab%5"]),
        case(&["ab%z", "x"]),
        case(&["ab%y", "x"]),
        case(&["%5%", "x"]),
    ]);
}

#[test]
fn strings_are_cut_and_padded_by_bytes() {
    let mut choices = Choices::new(1);
    let flags = ["", "-", "0", "+", " ", "#", "-0", "'"];
    let texts =
        ["", "a", "abc", "é", "a b", "a\\nb", "\\\\", "a\\0101", "\\x41z", "it's", "~", "$x", "\t", "\u{1}"];
    let cases: Vec<_> = (0..3000)
        .map(|_| {
            let (flags, width) = (choices.of(&flags), choices.of(&["", "1", "5", "10"]));
            let (precision, letter) =
                (choices.of(&["", ".", ".0", ".2", ".9"]), choices.of(&["s", "b", "c", "q", "Q"]));
            // bash prints nothing for a text that is cut to nothing, which would not be a word.
            let letter = if letter == "Q" && matches!(precision, "." | ".0") { "q" } else { letter };
            let format = format!("<%{flags}{width}{precision}{letter}>");
            vec![format.into_bytes(), choices.of(&texts).as_bytes().to_vec()]
        })
        .collect();
    compare(&cases);
}

#[test]
fn escapes_mean_what_they_mean_in_bash() {
    let items = [
        "\\a",
        "\\b",
        "\\e",
        "\\E",
        "\\f",
        "\\n",
        "\\r",
        "\\t",
        "\\v",
        "\\\\",
        "\\'",
        "\\\"",
        "\\?",
        "\\0",
        "\\01",
        "\\012",
        "\\0123",
        "\\1",
        "\\12",
        "\\101",
        "\\400",
        "\\x4",
        "\\x41",
        "\\x",
        "\\u41",
        "\\u00e9",
        "\\U0001F600",
        "\\u",
        "\\q",
        "\\9",
        "\\%%",
        "a",
        "7",
        "8",
        "f",
        " ",
        "é",
        "\\",
    ];
    let mut choices = Choices::new(2);
    let mut cases = Vec::new();
    for _ in 0..1500 {
        let text = choices.text(&items, 6);
        if text.first() != Some(&b'-') {
            cases.push(vec![[b".", text.as_slice()].concat()]);
        }
        cases.push(vec![b"%b|".to_vec(), choices.text(&items, 6)]);
        cases.push(vec![
            b"%b|".to_vec(),
            [choices.text(&items, 3), b"\\c".to_vec(), choices.text(&items, 3)].concat(),
        ]);
    }
    compare(&cases);
}

#[test]
fn quoting_gives_what_bash_gives_for_every_byte() {
    let mut cases: Vec<_> = (1..=255_u8).map(|byte| vec![b"%q".to_vec(), vec![byte]]).collect();
    cases.extend((1..=255_u8).map(|byte| vec![b"%q".to_vec(), vec![b'a', byte, b'~', byte]]));
    for text in ["", "a=~", "a:~b", "é", "e\u{301}", "\u{301}", "😀", "日本", "\u{7f}x", "\u{85}"] {
        cases.push(case(&["%q", text]));
    }
    compare(&cases);
}

#[test]
fn integers_are_read_and_shaped_as_in_bash() {
    let mut choices = Choices::new(3);
    let numbers = [
        "0",
        "1",
        "-1",
        "42",
        "+7",
        "007",
        "08",
        "0x",
        "0x1F",
        "0XfF",
        "-0x10",
        "1.5",
        "1e3",
        "abc",
        "",
        " 5",
        "5 ",
        "\t6",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "-18446744073709551616",
        "99999999999999999999999",
        "'A",
        "\"b",
        "'",
        "'é",
        "'AB",
        "-",
        "+",
        "--1",
        "0777",
        "-010",
        "00",
        "0b1",
        "1_000",
        "  -5",
        "- 5",
    ];
    let cases: Vec<_> = (0..4000)
        .map(|_| {
            let flags = choices.text(&["-", "0", "+", " ", "#", "'"], 2);
            let (width, precision) =
                (choices.of(&["", "", "1", "8", "25"]), choices.of(&["", "", ".", ".0", ".3", ".22"]));
            let size = choices.of(&["", "", "l", "ll", "h", "j"]);
            let letter = choices.of(&["d", "i", "u", "o", "x", "X"]);
            let format = format!("<%{}{width}{precision}{size}{letter}>", String::from_utf8(flags).unwrap());
            vec![format.into_bytes(), choices.of(&numbers).as_bytes().to_vec()]
        })
        .collect();
    compare(&cases);
}

#[test]
fn a_byte_after_a_quote_that_is_not_a_character_is_its_number() {
    compare(&[vec![b"%d".to_vec(), b"'\xff".to_vec()], vec![b"%f".to_vec(), b"\"\xc3".to_vec()]]);
}

// Other processors have a different `long double`.
#[cfg(target_arch = "x86_64")]
#[test]
fn floats_are_read_and_shaped_as_in_bash() {
    let mut choices = Choices::new(4);
    let numbers = [
        "0",
        "-0",
        "1",
        "-1",
        "0.1",
        "0.15",
        "2.675",
        "1.5",
        "2.5",
        "0.5",
        "1e10",
        "1e-10",
        "123456789.125",
        "1e100",
        "1e-100",
        "0.0001",
        "0.00001",
        "99999.95",
        "999999.5",
        "9.9999999e9",
        "1e4932",
        "1.2e4932",
        "1e5000",
        "1e-4950",
        "1e-4951",
        "1e-5000",
        "3.6e-4951",
        "inf",
        "-inf",
        "INFINITY",
        "nan",
        "-nan",
        "nan(x1)",
        "0x1.8p1",
        "0x.1",
        "0xffffffffffffffffffp-3",
        "0x1p-16445",
        "0x1p-16446",
        "0x",
        "1.",
        ".5",
        ".",
        "e5",
        "1e",
        "1e+",
        "1.5x",
        " 2",
        "2 ",
        "",
        "abc",
        "'A",
        "18446744073709551615",
        "18446744073709551616",
        "36893488147419103233",
        "1.0000000000000000000542",
        "0.30000000000000000000000000000000001",
        "1e0000000000000000000000005",
        "0x1e5",
        "+3",
        "-.5e-3",
        "12345678901234567890.5",
    ];
    let size = if crate::sys::testing::is_long() { 1000 } else { 300 };
    let mut cases: Vec<_> = (0..5 * size)
        .map(|_| {
            let flags = choices.text(&["-", "0", "+", " ", "#"], 2);
            let (width, precision) =
                (choices.of(&["", "", "8", "30"]), choices.of(&["", ".0", ".1", ".2", ".3", ".20", ".40"]));
            let letter = choices.of(&["f", "F", "e", "E", "g", "G", "a", "A"]);
            let format = format!("<%{}{width}{precision}{letter}>", String::from_utf8(flags).unwrap());
            vec![format.into_bytes(), choices.of(&numbers).as_bytes().to_vec()]
        })
        // glibc omits the zeros that `#` requires when 999999.5 becomes 1.00000e+06 (not 1.e+06).
        .filter(|case| {
            let [format, number] = case.as_slice() else { return false };
            let general = format.contains(&b'#') && matches!(format[format.len() - 2], b'g' | b'G');
            !(general && number.windows(2).any(|w| w == b"99"))
        })
        .collect();
    for _ in 0..3 * size {
        let digits = choices.text(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "5", "0"], 25);
        let number = format!(
            "{}.{}e{}",
            1 + choices.below(9),
            String::from_utf8(digits).unwrap(),
            choices.below(60) as i32 - 30
        );
        let (precision, letter) = (choices.below(30), choices.of(&["f", "e", "g", "a"]));
        cases.push(vec![format!("%.{precision}{letter}").into_bytes(), number.into_bytes()]);
    }
    compare(&cases);
}

#[test]
fn formats_that_set_variables_or_read_the_clock_are_refused_before_any_output() {
    for (args, part) in [
        (&["-v", "x", "%s"][..], "let NAME"),
        (&["a%n", "x"], "%n"),
        (&["a%(%Y)T", "0"], "date"),
        (&["-x"], "invalid option"),
        (&[], "usage"),
        (&["--"], "usage"),
        (&["a%99999999999d", "1"], "at most"),
        (&["%.16777217f", "1"], "at most"),
    ] {
        let printed = run(&case(args));
        assert_eq!((printed.out.as_slice(), printed.status), (&b""[..], 2), "{args:?}");
        assert!(printed.errors[0].contains(part), "{args:?}: {:?}", printed.errors);
    }
    let printed = run(&case(&["%*d", "99999999999", "5"]));
    assert_eq!((printed.status, printed.out.len()), (1, 0));
}

#[test]
fn a_number_of_a_million_digits_takes_no_time() {
    let start = processor_time();
    for text in [
        "9".repeat(1_000_000),
        format!("0.{}1", "0".repeat(1_000_000)),
        format!("1e{}", "9".repeat(1_000_000)),
    ] {
        run(&case(&["%f %g %e %d", &text, &text, &text, &text]));
    }
    let taken = processor_time() - start;
    assert!(taken < std::time::Duration::from_secs(5), "{taken:?}");
}
