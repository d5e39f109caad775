//! Errors where the grammar found no rule: the text there, and what to write instead.

use super::tokens::{Failure, Rule};
use super::{hidden, line_before};
use crate::builtins::keywords;
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

pub fn failure(source: &Arc<Source>, failure: &Failure) -> Box<Diagnostic> {
    let text = source.text();
    let at = failure.at.min(text.len());
    if failure.is_too_deep {
        return super::nesting::stack_is_full(source, Span::new(at, at));
    }
    if let Some(error) = foreign_blank(source, at)
        .or_else(|| super::glued::page(source, at))
        .or_else(|| super::redirected::page(source, at))
    {
        return error;
    }
    if let Some(error) = super::hints::hints(source, at) {
        return error;
    }
    // A blank is never the wrong part.
    let at = at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
    let rest = &text[at..];
    let Some(found) = rest.chars().next() else {
        return page(source, Span::new(at, at), "the text ends too early", expected(&failure.tried), None);
    };
    let span = Span::new(at, at + found.len_utf8());
    let before = text[..at].trim_end_matches([' ', '\t']);
    let line = line_before(before, before.len());
    let first = line.split_ascii_whitespace().next().unwrap_or_default();
    let list = || Some("write the patterns one by one: *.c *.h".to_string());
    let behind = |length: usize| Span::new(at.saturating_sub(length), at);
    let parentheses = rest.strip_prefix('(').map(|rest| rest.trim_start_matches([' ', '\t']));
    let closed = parentheses.is_some_and(|rest| rest.starts_with(')'));
    let head = if closed { &text[..=at + rest.find(')').unwrap_or_default()] } else { before };
    if let Some(error) = keyword_alone(source, at, rest).or_else(|| sh_function(source, head)) {
        return error;
    }
    let (span, label) = match found {
        '(' if text[..at].ends_with(['@', '+', '!', '?', '*']) => (behind(1).to(span), "not in Pipewright"),
        // The wrong part is before it.
        ';' | '&' | '|' | '\n' | ')' | '#' if before.ends_with(['<', '>']) => {
            (Span::new(before.len() - 1, before.len()), "no target follows")
        }
        ';' | '&' | '|' if text[..at].ends_with('{') => (behind(1), "not expected here"),
        _ => (span, "not expected here"),
    };
    let (message, help) = match found {
        '(' if text[..at].ends_with('!') => (
            "`!(…)` is an extended pattern of bash".to_string(),
            Some("write the patterns one by one: *.c *.h; to negate commands, part them from it: ! (cmd; cmd)".to_string()),
        ),
        '(' if text[..at].ends_with(['@', '+', '?', '*']) => {
            (format!("`{}(…)` is an extended pattern of bash", &text[at - 1..at]), list())
        }
        ';' | '&' | '|' | '\n' | ')' | '#' if before.ends_with(['<', '>']) => {
            ("a word is missing after the redirection".to_string(), Some("a target is one word: > \"out file\"".to_string()))
        }
        '(' => (
            "`(` can't be part of a word".to_string(),
            Some("quote it if it is meant as text: '('; a capture is \"$(cmd)\", a group of commands is { cmd; }".to_string()),
        ),
        ')' if text[..at].ends_with('(') => (
            "there is no value in `()`".to_string(),
            Some("nothing is null, a list without elements []".to_string()),
        ),
        ')' => ("`)` closes nothing".to_string(), Some("remove it, or quote it if it is meant as text: ')'".to_string())),
        '<' | '>' => (
            format!("a word is missing after `{found}`"),
            Some("a target is one word: > \"out file\"; quote it if it is meant as text".to_string()),
        ),
        ';' | '&' | '|' if text[..at].ends_with('{') => (
            "a lone `{` is never an argument".to_string(),
            Some("quote it if it is meant as text: '{'; the `{` of a block is followed by a blank".to_string()),
        ),
        ';' | '&' | '|' => (
            format!("a command is missing before `{found}`"),
            Some("quote it if it is meant as text, or remove it".to_string()),
        ),
        '{' if before.ends_with(')') => (
            "a block can't be here".to_string(),
            Some("write the keyword before it: if (…) { … }".to_string()),
        ),
        '{' if before.ends_with("each") => (
            "`each` needs a name for the line".to_string(),
            Some(format!("write: each line {}", rest.lines().next().unwrap_or_default().trim_end())),
        ),
        '{' | '}' => (
            format!("a lone `{found}` is never an argument"),
            Some(format!("quote it if it is meant as text: '{found}'")),
        ),
        '$' => (
            "`$` begins no value here".to_string(),
            Some("a value is $name, ${name.key}, $[expression] or \"$(cmd)\"; quote the dollar if it is meant as text: '$'".to_string()),
        ),
        '.' if rest.starts_with("...$") => (
            "`...` makes arguments of a whole word only".to_string(),
            Some("put blanks around it: a ...$list b".to_string()),
        ),
        '\\' if rest.starts_with("\\\n") => (
            "a line can't be continued in the middle of a word".to_string(),
            Some("put a blank before the backslash, or write the word on one line".to_string()),
        ),
        _ if before.ends_with('}') && rest.lines().next().is_some_and(|line| line.contains("=>")) => (
            "each arm of `match` begins on a line of its own".to_string(),
            Some("begin a new line before it, or put a `;` between them".to_string()),
        ),
        _ if before.ends_with('}') => (
            format!("unexpected `{found}` after a block"),
            Some("begin a new line, or put a `;` between the statements".to_string()),
        ),
        '\n' => ("the line ends too early".to_string(), expected(&failure.tried)),
        _ => {
            let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let word = if length == 0 { &rest[..found.len_utf8()] } else { &rest[..length] };
            (format!("unexpected `{word}`"), expected(&failure.tried))
        }
    };
    let help = match first {
        "if" | "while" | "for" | "match" | "try" | "with" | "each" | "fn" | "let" | "use" | "catch"
        | "defer"
            if !before.ends_with('}') =>
        {
            Some(format!("the form is: {}", form(first)))
        }
        _ => help,
    };
    page(source, span, &message, help, Some(label))
}

/// Returns the error for a blank that is not ASCII, if there is one where the reader stopped.
fn foreign_blank(source: &Arc<Source>, at: usize) -> Option<Box<Diagnostic>> {
    let rest = source.text()[at..].trim_start_matches([' ', '\t']);
    let found = rest.chars().next().filter(|found| hidden::is_foreign_blank(*found))?;
    Some(hidden::blank_refusal(source, source.text().len() - rest.len(), found))
}

/// Returns the error for `if` or `let` without valid text after it.
fn keyword_alone(source: &Arc<Source>, at: usize, rest: &str) -> Option<Box<Diagnostic>> {
    let length = rest.bytes().take_while(u8::is_ascii_lowercase).count();
    let word = &rest[..length];
    if !KEYWORDS.contains(&word)
        || !rest[length..].starts_with([' ', '\t', '\n', ';', '|', ')', '&', '<', '>'])
    {
        return None;
    }
    let line = line_before(source.text(), at);
    let outer = line.rsplit([';', '{', '}']).next().unwrap_or_default().trim();
    if outer.starts_with("with ") && outer.contains('=') {
        let help = Some(format!("the form is: {outer} {{ {word} … }}"));
        let message = "the block of `with` is missing";
        return Some(page(source, Span::new(at, at + length), message, help, Some("belongs in a block")));
    }
    if word == "catch" && (line.contains("= try") || line.contains("return try")) {
        let help = "ask the record: let r = try { … }, and then: if (not r.ok) { echo ${r.error.message} }";
        let message = "`try` as a value has no `catch`";
        return Some(page(
            source,
            Span::new(at, at + length),
            message,
            Some(help.into()),
            Some("not expected here"),
        ));
    }
    let help = Some(format!("the form is: {}", form(word)));
    let message = format!("`{word}` is not complete");
    Some(page(source, Span::new(at, at + length), &message, help, Some("this keyword needs more")))
}

/// Returns the error for `f() (…)` or `f(){echo`, where sh would have the body of a function.
fn sh_function(source: &Arc<Source>, before: &str) -> Option<Box<Diagnostic>> {
    let head = before.strip_suffix(')')?.trim_end_matches([' ', '\t']).strip_suffix('(')?;
    let head = head.trim_end_matches([' ', '\t']);
    let name =
        head.bytes().rev().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
    let start = head.len() - name;
    let alone = name > 0 && head[..start].trim_end_matches([' ', '\t']).ends_with(['\n', ';', '{', '}']);
    if !(alone || name > 0 && head[..start].trim().is_empty()) {
        return None;
    }
    let error = Diagnostic::new(code::SH_FUNCTION, "this is sh's function definition");
    let error = error.at(source, Span::new(start, before.len()), "not in Pipewright");
    Some(Box::new(error.help(FUNCTION)))
}

const FUNCTION: &str = "a function is declared by `fn`, with named parameters:\nfn greet(name) { echo \"hello $name\" }\ngreet you";

fn page(
    source: &Arc<Source>,
    span: Span,
    message: &str,
    help: Option<String>,
    label: Option<&str>,
) -> Box<Diagnostic> {
    let mut error =
        Diagnostic::new(code::SYNTAX, message).at(source, span, label.unwrap_or("the text ends here"));
    error.help.extend(help);
    Box::new(error)
}

const KEYWORDS: &[&str] = &[
    "if", "while", "for", "match", "try", "with", "each", "fn", "let", "use", "catch", "defer", "fail",
    "spawn",
];

/// Returns the form of a statement that begins with a keyword.
fn form(keyword: &str) -> &'static str {
    keywords::form(keyword).unwrap_or("let name = expression")
}

fn expected(tried: &[Rule]) -> Option<String> {
    let mut names: Vec<&str> = tried.iter().filter_map(|rule| describe(*rule)).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(5);
    (!names.is_empty()).then(|| format!("expected here: {}", names.join(", ")))
}

const fn describe(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::open => "`{`",
        Rule::close => "`}`",
        Rule::infix => "an operator",
        Rule::name => "a name",
        Rule::number | Rule::string | Rule::list | Rule::map | Rule::paren => "a value",
        Rule::word | Rule::plain_word | Rule::simple | Rule::text => "a word",
        Rule::connector => "`|`, `&&` or `||`",
        Rule::newline | Rule::semicolon | Rule::end => "the end of the statement",
        Rule::assign_op => "`=`",
        Rule::index | Rule::path_index => "`[`",
        _ => return None,
    })
}
