//! Corrections: if a line of sh has exactly one simple counterpart, it is offered to be edited and entered.

use super::own::Own;
use pipewright::diag::{Diagnostic, code, quote_word};
use pipewright::dialog::Typed;

/// The options of find(1) and other programs whose value is a pattern of their own.
const PATTERN_FOLLOWS: &[&str] =
    &["-name", "-iname", "-path", "-ipath", "-wholename", "--include", "--exclude"];

/// Returns the corrected text if all errors come from one form of sh and the error page shows the replacement of
/// these very words. `previous` is the entry before.
pub fn corrected(text: &str, errors: &[Diagnostic], previous: &str) -> Option<String> {
    if let Some(error) = errors.first()
        && error.code == code::SH_HISTORY
    {
        return with_events(text, previous);
    }
    if let Some(import) = imported(text) {
        return Some(import);
    }
    let [error] = errors else { return None };
    // At run time, the error may be in a function that an earlier entry has declared.
    let span = error.primary().filter(|label| label.source.text() == text)?.span;
    if error.code == code::NO_MATCH {
        // `--include=*.rs`, `-name *.rs` and addresses are meant for the program itself.
        let word = text.get(span.range()).filter(|word| !word.contains('$'))?;
        let before = text[..span.start as usize].split_ascii_whitespace().next_back().unwrap_or_default();
        let is_meant = word.starts_with('-') || word.contains("://") || PATTERN_FOLLOWS.contains(&before);
        return is_meant.then(|| replaced(text, span.range(), &quote_word(word.as_bytes())))?;
    }
    if error.code == code::PROGRAM_NOT_FOUND || error.code == code::NOT_EXECUTABLE {
        let help = error.help.last()?;
        if let Some(meant) = help.strip_prefix("did you mean `").and_then(|rest| rest.strip_suffix("`?")) {
            let word = text[span.range()].split([' ', '\t', '\n', ';', '|']).next()?;
            let range = span.start as usize..span.start as usize + word.len();
            return is_slip(word, meant).then(|| replaced(text, range, meant))?;
        }
        let entry = text.trim();
        if entry != text[span.range()].trim() {
            return None;
        }
        // The word is a directory or a variable.
        let there = help.strip_prefix("go there: ").map(str::to_owned);
        return there.or_else(|| help.contains("is a variable").then(|| format!("= {entry}")));
    }
    if error.code == code::VARIABLE_AS_COMMAND {
        // The entry is a value that the user wants to see.
        let shown = error.help.first()?.strip_prefix("show it by: ")?;
        return (text.trim() == text.get(span.range())?).then(|| shown.to_owned());
    }
    if error.code == code::BAD_ESCAPE {
        return unescaped(text, span.start as usize);
    }
    if error.code == code::SH_ASSIGNMENT {
        // The word is `NAME=value`. The page shows the assignment, or only an example of one. In a block, the
        // assignment would only apply to the block.
        let help = error.help.last()?;
        let lines = help.split_once(":\n").or_else(|| help.split_once(": "))?.1.replace('\n', "; ");
        return (substance(&lines) == substance(text)).then_some(lines);
    }
    None
}

/// Returns `import-env FILE` for `source FILE` or `. FILE` of sh, which is mostly typed for the variables that it exports.
fn imported(text: &str) -> Option<String> {
    let text = text.trim();
    let file = text.strip_prefix("source ").or_else(|| text.strip_prefix(". "))?;
    let entry = format!("import-env {}", file.trim());
    let is_import = matches!(Own::parse(&entry), Some(Own::Import(_)));
    (is_import && !file.ends_with(".pw")).then_some(entry)
}

/// Returns the text with `!!` and `!$` outside quotes replaced by the previous entry and its last word.
pub fn with_events(text: &str, previous: &str) -> Option<String> {
    // A quoted word of it may contain blanks.
    let is_plain = !previous.contains(['\'', '"', '\\', '\n']);
    let last = previous.split_ascii_whitespace().next_back().filter(|_| is_plain);
    let mut replaced = String::with_capacity(text.len() + previous.len());
    let mut quote = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let event = match (quote, last) {
            (None, Some(last)) if rest.starts_with("!$") => Some(last),
            (None, _) if rest.starts_with("!!") => Some(previous),
            _ => None,
        };
        match event {
            Some(meant) => {
                replaced += meant;
                rest = &rest[2..];
                continue;
            }
            None if quote == Some(letter) => quote = None,
            None if quote.is_none() && matches!(letter, '\'' | '"') => quote = Some(letter),
            None => {}
        }
        replaced.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    let is_line = !previous.is_empty() && !previous.contains('\n');
    (is_line && replaced != text).then_some(replaced)
}

/// Returns whether a word is another one with swapped letters, or with one letter too many or too few. A
/// different letter makes a different word: a user who enters `quit` must not be one key away from `luit`.
fn is_slip(word: &str, meant: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let (long, short) = if word.len() > meant.len() { (word, meant) } else { (meant, word) };
    let lacks_one = || {
        let without = |(at, letter): (usize, char)| {
            format!("{}{}", &long[..at], &long[at + letter.len_utf8()..]) == short
        };
        short.len() > 2 && long.char_indices().any(without)
    };
    sorted(word) == sorted(meant) || lacks_one()
}

/// Returns an assignment without the signs that differ between sh and this language.
fn substance(text: &str) -> String {
    let text = text.replace("~/", "$HOME/").replace("let ", "").replace("env.", "");
    text.replace([' ', '"', '\'', ';', '(', ')', '$'], "")
}

/// Returns `let pattern = "\.rs$"` with single quotes. sh keeps such a backslash, and single quotes do, too.
fn unescaped(text: &str, at: usize) -> Option<String> {
    let quote = Typed::new(text.get(..at)?).open().last().copied()?;
    let start = quote.end as usize;
    let mut letters = text.get(start..)?.char_indices().peekable();
    let end = loop {
        let (at, letter) = letters.next()?;
        let next = letters.peek().map_or(' ', |(_, next)| *next);
        match letter {
            '"' => break start + at,
            // `$'…'` would change this text as well, so it is unknown which text the user meant.
            '\\' if next.is_ascii_digit() || "\"\\$`\nabefnrtuvxU".contains(next) => return None,
            '$' if next.is_ascii_alphanumeric() || "_({@*#?!$-".contains(next) => return None,
            '\'' | '`' => return None,
            _ => {}
        }
    };
    let is_string = text.get(quote.range()) == Some("\"");
    is_string.then(|| replaced(text, quote.start as usize..end + 1, &format!("'{}'", &text[start..end])))?
}

fn replaced(text: &str, range: std::ops::Range<usize>, with: &str) -> Option<String> {
    Some(format!("{}{with}{}", text.get(..range.start)?, text.get(range.end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright::Session;
    use pipewright::dialog::Dialog;

    #[track_caller]
    fn assert_corrected(text: &str, expected: Option<&str>) {
        let dialog = Dialog::new(Session::new()).unwrap();
        let error = dialog.check("t", text).expect_err("it is refused");
        let corrected = corrected(text, error.diagnostics(), "make -j4 all");
        assert_eq!(corrected.as_deref(), expected, "{text}");
        if let Some(line) = corrected {
            assert!(dialog.check("t", &line).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_backslash_of_a_pattern_is_in_single_quotes() {
        assert_corrected(r#"let re = "\.d$""#, Some(r"let re = '\.d$'"));
        assert_corrected(r#"let res = ["a", "\w+ é"]"#, Some(r#"let res = ["a", '\w+ é']"#));
        // A line end, the text of a variable, a quote: each may be meant in more than one way.
        for text in [
            r#"let s = "a\nb""#,
            r#"let x = "1"; let y = "\. $x""#,
            r#"let s = "it's \."#,
            r#"let s = "\. \$""#,
        ] {
            assert_corrected(text, None);
        }
    }

    #[test]
    fn events_of_the_history_are_replaced_by_the_entry_before() {
        let events = |text: &str, previous: &str| with_events(text, previous);
        assert_eq!(events("sudo !!", "apt update").as_deref(), Some("sudo apt update"));
        assert_eq!(events("ls !$", "mkdir -p new/deep").as_deref(), Some("ls new/deep"));
        assert_eq!(events("echo 'a!!' \"b!!\" !!", "ls").as_deref(), Some("echo 'a!!' \"b!!\" ls"));
        for (text, previous) in [("!42", "ls"), ("!!", ""), ("ls !$", "touch 'a b'"), ("sudo !!", "a\nb")] {
            assert_eq!(events(text, previous), None, "{text} after {previous}");
        }
    }

    #[test]
    fn assignments_have_one_counterpart() {
        assert_corrected("let x=9", Some("let x = 9"));
        assert_corrected("let total=$(wc -l)", Some("let total = $(wc -l)"));
    }

    #[test]
    fn a_typing_mistake_is_not_another_word() {
        for (word, meant) in
            [("gti", "git"), ("ehco", "echo"), ("gitt", "git"), ("gt", "got"), ("grp", "grep")]
        {
            assert_eq!(is_slip(word, meant), word != "gt", "{word}");
        }
        for (word, meant) in [("quit", "luit"), ("nosuch", "touch"), ("l", "ls"), ("cat", "bat")] {
            assert!(!is_slip(word, meant), "{word}");
        }
    }

    #[test]
    fn lines_that_are_not_plain_are_left_alone() {
        assert_corrected("echo $((a / 2))", None);
        // A value that can't be determined, one that would be lost, and one that would only apply to a block.
        for text in ["let name=foo", "i=$((i+1))", "x=1 > f", "if true { x=1 }"] {
            assert_corrected(text, None);
        }
        for text in ["export EDITOR", "eval ls"] {
            assert_corrected(text, None);
        }
    }
}
