use crate::sys::testing::processor_time;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::super::{Diagnostic, Redactions, Source, code};
use crate::span::Span;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source::new("deploy.pw", text))
}

/// Returns the span of the first occurrence.
fn span(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

fn undeclared(text: &str, part: &str) -> Diagnostic {
    Diagnostic::new(code::UNDECLARED_NAME, "not declared").at(&source(text), span(text, part), "here")
}

#[test]
fn a_mark_is_beside_the_mask_of_a_secret() {
    let text = "f(\"hunter2hunter2\", $coutn, \"hunter2hunter2\")\n";
    for (secret, line, marks) in [
        ("hunter2hunter2", "f(\"***\", $coutn, \"***\")", "         ^^^^^^ here"),
        ("hunter2", "f(\"******\", $coutn, \"******\")", "            ^^^^^^ here"),
        ("$coutn", "f(\"hunter2hunter2\", ***, \"hunter2hunter2\")", "                    ^^^ here"),
        ("2\", $cou", "f(\"hunter2hunter***tn, \"hunter2hunter2\")", "                ^^^^^ here"),
    ] {
        let redactions = Redactions::default();
        redactions.add(secret.as_bytes());
        for color in [false, true] {
            let page = undeclared(text, "$coutn").redact(&redactions).render(color, 80);
            assert!(!page.contains("hunter2hunter2") || !secret.starts_with("hunter2"), "{page}");
            if !color {
                assert!(page.contains(&format!("1 | {line}\n  | {marks}\n")), "{secret}:\n{page}");
            }
        }
    }
}

#[test]
fn a_whole_page() {
    let text = "let count = 3\n\nfor i in (1..=3) {\n    echo $coutn $i\n}\n";
    let source = source(text);
    let page = Diagnostic::new(code::UNDECLARED_NAME, "`coutn` is not declared")
        .at(&source, span(text, "$coutn"), "not declared")
        .also_at(&source, span(text, "count"), "declared here")
        .note("stage 1: echo, status 0")
        .note("stage 2: cat\nsignal TERM")
        .help("did you mean `count`?\n\n    echo $count");
    let expected = "\
error[E0201]: `coutn` is not declared
 --> deploy.pw:4:10
  |
1 | let count = 3
  |     ----- declared here
...
4 |     echo $coutn $i
  |          ^^^^^^ not declared
  |
  = note: stage 1: echo, status 0
  = note: stage 2: cat
          signal TERM
help: did you mean `count`?

          echo $count
";
    assert_eq!(page.render(false, 80), expected);
}

#[test]
fn labels_far_apart_and_in_other_files() {
    let text = format!("first\n{}last\n", "x\n".repeat(2000));
    let source = source(&text);
    let other = Arc::new(Source::new("lib.pw", "fn last() { }\n"));
    let page = Diagnostic::new(code::DUPLICATE_NAME, "declared twice")
        .also_at(&source, span(&text, "first"), "first here")
        .also_at(&other, Span::new(3, 7), "")
        .at(&source, span(&text, "last"), "again here");
    let expected = "\
error[E0202]: declared twice
    --> deploy.pw:2002:1
     |
2002 | last
     | ^^^^ again here
    ::: deploy.pw:1:1
     |
   1 | first
     | ----- first here
    ::: lib.pw:1:4
     |
   1 | fn last() { }
     |    ----
";
    assert_eq!(page.render(false, 80), expected);
}

#[test]
fn prose_is_broken_at_blanks() {
    let text = "echo $x\n";
    let page = undeclared(text, "$x")
        .note("a fact of some words that has no room on one line")
        .help("write it so, with many words, and then:\n    echo $x and a line of code that stays as it is");
    let page =
        Diagnostic { message: "a message of many words that a terminal would break".to_string(), ..page };
    let expected = "\
error[E0201]: a message of many words
              that a terminal would
              break
 --> deploy.pw:1:6
  |
1 | echo $x
  |      ^^ here
  |
  = note: a fact of some words that has
          no room on one line
help: write it so, with many words, and
      then:
          echo $x and a line of code that stays as it is
";
    assert_eq!(page.render(false, 40), expected);
    // A word that is longer than a line stays whole.
    let long = "x".repeat(60);
    let page = Diagnostic::new(code::FAIL, format!("a {long} b")).render(false, 40);
    assert_eq!(page, format!("error[E1010]: a\n{:14}{long}\n{:14}b\n", "", ""));
}

#[test]
fn a_page_without_a_place() {
    let page = Diagnostic::new(code::INTERNAL, "oh").note("why").help("what");
    assert_eq!(page.render(false, 80), "error[E9001]: oh\n  = note: why\nhelp: what\n");
}

#[test]
fn carets_stand_under_escaped_tabbed_and_wide_text() {
    for (text, line, carets) in [
        ("a \u{1b}[2K $x", r"1 | a \u{1b}[2K $x", "  |             ^^ here"),
        ("a \u{202e} $x", r"1 | a \u{202e} $x", "  |            ^^ here"),
        ("\ta\t$x", "1 |     a    $x", "  |          ^^ here"),
        ("漢字 $x", "1 | 漢字 $x", "  |      ^^ here"),
        ("e\u{301} $x", "1 | e\u{301} $x", "  |   ^^ here"),
    ] {
        let page = undeclared(text, "$x").render(false, 80);
        assert_eq!(page.lines().skip(3).collect::<Vec<_>>(), [line, carets], "{page}");
    }
    // The position counts characters of the file, not of the shown text.
    assert!(undeclared("\u{1b}\u{1b}$x", "$x").render(false, 80).contains("deploy.pw:1:3\n"));
}

#[test]
fn a_carriage_return_and_an_invalid_byte_are_shown() {
    let page = undeclared("echo hi\r\n", "\r").render(false, 80);
    assert!(page.contains("1 | echo hi\\r\n  |        ^^ here"), "{page}");
    let source = Arc::new(Source::lossy("x.pw", b"ok\necho caf\xe9 x\n"));
    let page = Diagnostic::new(code::INVALID_UTF8, "not UTF-8").at(&source, Span::new(11, 12), "");
    assert!(page.render(false, 80).ends_with("2 | echo caf\\xe9 x\n  |         ^^^^\n"));
}

#[test]
fn the_end_of_the_text_and_empty_spans_have_a_caret() {
    let page = Diagnostic::new(code::UNCLOSED, "never closed");
    let text = "echo (\n";
    let at_end = page.clone().at(&source(text), Span::new(7, 7), "end").render(false, 80);
    assert!(at_end.contains("deploy.pw:2:1\n  |\n2 |\n  | ^ end"), "{at_end}");
    let line_end = page.clone().at(&source(text), Span::new(6, 7), "end").render(false, 80);
    assert!(line_end.contains("deploy.pw:1:7\n  |\n1 | echo (\n  |       ^ end"), "{line_end}");
    let empty = page.at(&source(""), Span::new(3, 1), "end").render(false, 80);
    assert!(empty.contains("deploy.pw:1:1\n  |\n1 |\n  | ^ end"), "{empty}");
}

#[test]
fn long_spans_are_shortened() {
    let text = format!("{{\n{}}}\n", "    echo\n".repeat(100_000));
    let page = undeclared(&text, text.trim_end()).render(false, 80);
    let expected = "\
error[E0201]: not declared
 --> deploy.pw:1:1
  |
1 | {
  | ^ here (up to line 100002)
";
    assert_eq!(page, expected);
}

#[test]
fn a_line_of_ten_megabytes_is_cut_around_the_place() {
    let (before, after) = ("ab ".repeat(2_000_000), " cd".repeat(2_000_000));
    let text = format!("{before}$x{after}");
    let page = Diagnostic::new(code::UNDECLARED_NAME, "no")
        .at(&source(&text), span(&text, "$x"), "here")
        .also_at(&source(&text), Span::new(0, text.len()), "all");
    let start = processor_time();
    let shown = page.render(false, 80);
    assert!(processor_time() - start < Duration::from_secs(1));
    assert!(shown.contains("deploy.pw:1:6000001\n"), "{shown}");
    assert!(shown.len() < 1500, "{}", shown.len());
    assert!(shown.contains(" ab $x cd "), "{shown}");
    assert!(shown.lines().take(5).all(|line| line.chars().count() <= 80), "{shown}");
}

#[test]
fn nothing_that_moves_the_cursor_gets_out() {
    let evil = "\u{1b}[2K\r\u{202e}\u{200b}\u{9b}\u{7f}";
    let source = Arc::new(Source::new(format!("{evil}\n.pw"), format!("{evil}\n{evil}")));
    let page = Diagnostic::new(code::FAIL, format!("a{evil}\nb"))
        .at(&source, Span::new(0, 100), evil)
        .note(evil)
        .help(evil);
    let shown = page.render(false, 80);
    assert!(shown.starts_with(r"error[E1010]: a\u{1b}[2K\r\u{202e}\u{200b}\u{9b}\u{7f}\nb"), "{shown}");
    assert!(shown.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{shown:?}");
}

#[test]
fn colour_is_only_paint() {
    let text = "echo $x\n";
    let page = undeclared(text, "$x").note("a note\nof two lines").help("help");
    let (plain, coloured) = (page.render(false, 80), page.render(true, 80));
    assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut rest = &*coloured;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped += before;
        rest = after.split_once('m').unwrap().1;
    }
    assert_eq!(stripped + rest, plain);
}

/// Text that could break drawings.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,40}",
        Just("\n".to_owned()),
        Just("\t".to_owned()),
        Just("\r\n".to_owned()),
        Just("漢字かな".to_owned()),
        Just("e\u{301}\u{200d}".to_owned()),
        Just("👩\u{200d}👩\u{200d}👧".to_owned()),
        any::<String>(),
        "[a-z漢]{200,900}",
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_and_no_span_make_it_panic(
        texts in prop::collection::vec(text(), 1..3),
        spans in prop::collection::vec((any::<prop::sample::Index>(), 0u32..3000, -20i32..2000, ".{0,20}", any::<bool>()), 0..6),
        message in any::<String>(),
        width in 0usize..300,
        color: bool,
    ) {
        let sources: Vec<_> = texts.iter().map(|text| source(text)).collect();
        let mut page = Diagnostic::new(code::SYNTAX, message.clone()).note(message);
        for (index, start, len, label, primary) in spans {
            let source = index.get(&sources);
            let span = Span { start, end: start.saturating_add_signed(len) };
            page = if primary { page.at(source, span, label) } else { page.also_at(source, span, label) };
        }
        let shown = page.render(color, width);
        let start = if color { '\u{1b}' } else { 'e' };
        prop_assert!(shown.starts_with(start));
        prop_assert!(shown.ends_with('\n'));
    }
}
