//! The words that docs/GLOSSARY.md says to avoid are in no page, message or comment.
//!
//! Code is exempt: fenced blocks, text in backticks, and comments of HTML.

use crate::support;
use std::fs;
use std::path::Path;

/// A word to avoid, and what to write instead.
type Entry = (String, String);

/// Phrases with a word to avoid that are good English.
const ALLOWED: &[&str] = &["there is no", "there are no", "is no longer", "are no longer"];

/// Reads the table of words to avoid from the glossary.
fn words_to_avoid() -> Vec<Entry> {
    let page = fs::read_to_string(support::root().join("docs/GLOSSARY.md")).expect("the glossary is there");
    let table = page.split("## Words to avoid").nth(1).expect("the glossary has the section");
    let rows =
        table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let rows = rows.filter(|(words, _)| *words != "instead of" && !words.starts_with("---"));
    rows.flat_map(|(words, instead)| words.split(", ").map(|word| (word.to_lowercase(), instead.to_owned())))
        .collect()
}

/// Returns the places of the text that hold a word to avoid. The text has a line for each line of the file.
fn found(name: &str, text: &str, avoid: &[Entry]) -> Vec<String> {
    // "is" at the end of a line and "no" at the start of the next are found, too.
    let lower = text.to_lowercase();
    let mut joined = lower.replace('\n', " ");
    for phrase in ALLOWED {
        joined = joined.replace(phrase, &"x".repeat(phrase.len()));
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut found = Vec::new();
    for (word, instead) in avoid {
        for (at, _) in joined.match_indices(word.as_str()) {
            let end = at + word.len();
            if joined[..at].ends_with(is_part) || joined[end..].starts_with(is_part) {
                continue;
            }
            let line = lower[..at].matches('\n').count() + 1;
            found.push(format!("{name}:{line}: \"{word}\"; write: {instead}"));
        }
    }
    found
}

/// Removes the text in backticks. Code does not extend beyond a `separator`: the end of a line or of a
/// paragraph.
fn without_code(text: &str, separator: &str) -> String {
    let part = |part: &str| {
        let prose = part.split('`').enumerate();
        let keep = |(index, text): (usize, &str)| match index % 2 {
            0 => text.to_owned(),
            _ => "`".to_owned() + &"\n".repeat(text.matches('\n').count()),
        };
        prose.map(keep).collect::<String>()
    };
    text.split(separator).map(part).collect::<Vec<_>>().join(separator)
}

/// Returns the prose of a page: without fenced blocks, code and comments of HTML.
fn prose_of_page(page: &str) -> String {
    let mut fence = None;
    let mut comment = false;
    let mut out = String::new();
    for line in page.lines() {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            Some(open) if ticks >= open => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => {
                comment |= line.starts_with("<!--");
                if !comment {
                    out.push_str(line.trim());
                }
                comment &= !line.ends_with("-->");
            }
        }
        out.push('\n');
    }
    without_code(&out, "\n\n")
}

/// Returns the prose of the comments of a source, without code in fences.
fn comments(source: &str) -> String {
    let mut fence = false;
    let mut out = String::new();
    for line in source.lines() {
        let text = line.trim_start().strip_prefix("//").map(|text| text.trim_start_matches(['/', '!']));
        if let Some(text) = text {
            let marks = text.trim_start().starts_with("```");
            fence ^= marks;
            if !fence && !marks {
                out.push_str(text.trim());
            }
        } else {
            fence = false;
            // With a blank before it, because `//` is also part of URLs.
            out.push_str(line.split_once(" // ").map_or("", |(_, text)| text));
        }
        out.push('\n');
    }
    without_code(&out, "\n\n")
}

/// Returns the string literals of a source without its tests, each with the lines that it spans.
fn messages(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut out = String::new();
    let mut rest = source.chars().peekable();
    let (mut in_string, mut in_comment) = (false, false);
    while let Some(c) = rest.next() {
        match c {
            '\n' => {
                in_comment = false;
                out.push('\n');
            }
            _ if in_comment => {}
            '\\' if in_string => {
                out.push(' ');
                if rest.next() == Some('\n') {
                    out.push('\n');
                }
            }
            '"' => {
                in_string = !in_string;
                out.push(' ');
            }
            _ if in_string => out.push(c),
            '/' if rest.peek() == Some(&'/') => in_comment = true,
            '\'' => {
                // A character such as '"' or '\''.
                let mut ahead = rest.clone();
                let first = ahead.next();
                let second = if first == Some('\\') { ahead.nth(1) } else { ahead.next() };
                if second == Some('\'') {
                    rest = ahead;
                }
            }
            _ => {}
        }
    }
    without_code(&out, "\n")
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let root = support::root();
    let name = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let files = support::files(&root.join(folder), ".rs").into_iter();
    files.map(|path| (name(&path), fs::read_to_string(&path).expect("a source is UTF-8"))).collect()
}

#[track_caller]
fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "docs/GLOSSARY.md says what to write instead\n{}", wrong.join("\n"));
}

#[test]
fn pages_use_the_words_of_the_glossary() {
    let avoid = words_to_avoid();
    assert!(avoid.len() > 20, "the glossary lists words");
    let root = support::root();
    let mut pages = support::files(&root.join("docs"), ".md");
    pages.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    let mut wrong = Vec::new();
    for page in pages.iter().filter(|page| !page.ends_with("GLOSSARY.md")) {
        let text = fs::read_to_string(page).expect("a page is UTF-8");
        let name = page.strip_prefix(root).unwrap_or(page).display().to_string();
        wrong.extend(found(&name, &prose_of_page(&text), &avoid));
    }
    assert_none(wrong);
}

#[test]
fn messages_use_the_words_of_the_glossary() {
    let avoid = words_to_avoid();
    let files = sources("src/diag").into_iter().chain(sources("src/check"));
    let files = files.filter(|(name, _)| !name.ends_with("tests.rs"));
    assert_none(files.flat_map(|(name, text)| found(&name, &messages(&text), &avoid)).collect());
}

#[test]
fn comments_use_the_words_of_the_glossary() {
    let avoid = words_to_avoid();
    let files = sources("src").into_iter().chain(sources("cli/src"));
    assert_none(files.flat_map(|(name, text)| found(&name, &comments(&text), &avoid)).collect());
}
