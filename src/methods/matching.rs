//! Regular expressions, by the regex crate: linear time whatever the expression, no look-around and no
//! back-references. They work on bytes; `.`, `\w` and their kin match UTF-8 characters, `(?-u:.)` any byte.

use std::cell::RefCell;
use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::access::{argument, string, utf8};
use super::limits::{self, Growth, Pace};
use super::{Host, MethodError, Outcome};
use crate::diag::{code, quote_word};
use crate::value::{List, Map, Str, Value, format};

type Arguments<'a> = &'a mut [Value];

pub fn matches(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    Ok(compile("matches", arguments)?.is_match(string(this)?).into())
}

pub fn first(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let regex = compile("match", arguments)?;
    Ok(regex.captures(string(this)?).map_or(Value::Null, |found| groups(&regex, &found).into()))
}

pub fn all(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let regex = compile("match_all", arguments)?;
    let mut growth = Growth::new(host, "match_all");
    let mut found: Vec<Value> = Vec::new();
    for captures in regex.captures_iter(string(this)?) {
        let bytes = captures.iter().flatten().map(|group| group.len()).sum();
        growth.add(captures.len(), bytes)?;
        found.push(groups(&regex, &captures).into());
    }
    Ok(found.into())
}

/// The texts of the groups by their names, or by their numbers where they have none; `"0"` is the whole.
fn groups(regex: &Regex, found: &Captures<'_>) -> Map {
    let keys = regex.capture_names().enumerate().map(|(number, name)| match name {
        Some(name) => Str::from(name),
        None => Str::from(number.to_string()),
    });
    let values = found.iter().map(|group| group.map_or(Value::Null, |group| group.as_bytes().into()));
    keys.zip(values).collect()
}

/// The replacement is taken literally: were `$1` in it a group, a value that holds a `$` would be code.
pub fn replace(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let regex = compile("replace_regex", arguments)?;
    let text = string(this)?;
    let with = argument(arguments, 1);
    let mut out = Vec::new();
    let mut end = 0;
    let mut pace = Pace::default();
    for found in regex.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        out.extend_from_slice(&text[end..whole.start()]);
        match with {
            Value::Str(literal) => out.extend_from_slice(literal),
            function => {
                let made = host.apply(function, &[groups(&regex, &found).into()])?;
                if format::write_word(&made, &mut out).is_err() {
                    let kind = made.type_of().phrase();
                    let message = format!("`replace_regex` got {kind} from its function, and needs a string");
                    return Err(MethodError::new(code::WRONG_TYPE, message).at(1));
                }
            }
        }
        end = whole.end();
        limits::bytes(host, "replace_regex", Some(out.len()))?;
        pace.turn(host)?;
    }
    out.extend_from_slice(&text[end..]);
    limits::bytes(host, "replace_regex", Some(out.len()))?;
    Ok(out.into())
}

pub fn split(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let regex = compile("split_regex", arguments)?;
    let mut growth = Growth::new(host, "split_regex");
    let mut parts = List::default();
    for part in regex.split(string(this)?) {
        growth.add(1, part.len())?;
        parts.push(part.into());
    }
    Ok(parts.into())
}

/// How many expressions a thread keeps compiled. A loop over a file's lines has few.
const KEPT: usize = 16;
/// Bytes of one compiled expression: `(\w{500}){500}` is refused rather than tried.
const COMPILED: usize = 4 << 20;

thread_local! {
    /// The last ones used, the latest first.
    static CACHE: RefCell<Vec<(Str, Rc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

/// The expression that is the first argument.
fn compile(method: &str, arguments: &[Value]) -> Outcome<Rc<Regex>> {
    let pattern = string(argument(arguments, 0))?;
    let kept = CACHE.with_borrow_mut(|cache| {
        let at = cache.iter().position(|(kept, _)| kept == pattern)?;
        cache[..=at].rotate_right(1);
        cache.first().map(|(_, regex)| Rc::clone(regex))
    });
    if let Some(regex) = kept {
        return Ok(regex);
    }
    let text = utf8(method, argument(arguments, 0)).map_err(|error| error.at(0))?;
    let regex = RegexBuilder::new(text).size_limit(COMPILED).dfa_size_limit(COMPILED).build();
    let regex = Rc::new(regex.map_err(|error| refusal(method, text, &error))?);
    CACHE.with_borrow_mut(|cache| {
        cache.truncate(KEPT - 1);
        cache.insert(0, (pattern.clone(), Rc::clone(&regex)));
    });
    Ok(regex)
}

#[cold]
fn refusal(method: &str, pattern: &str, error: &regex::Error) -> MethodError {
    let shown = quote_word(pattern.as_bytes());
    match error {
        regex::Error::CompiledTooBig(_) => {
            let message = format!("`{method}`: the regular expression {shown} is too large when compiled");
            MethodError::value(message, 0).help("make the counts in { } smaller")
        }
        regex::Error::Syntax(report) => {
            let reason = report.lines().rev().find_map(|line| line.trim().strip_prefix("error: "));
            let reason = reason.unwrap_or("its syntax is wrong");
            let place = place(report).map(|at| format!(" at character {at}")).unwrap_or_default();
            let message = format!("`{method}`: {shown} is not a regular expression: {reason}{place}");
            MethodError::value(message, 0).help(
                "for plain text use contains, replace or split; a backslash before a sign takes it literally",
            )
        }
        other => MethodError::value(format!("`{method}`: {shown}: {other}"), 0),
    }
}

/// Where the crate's report, which shows a pattern of one line with carets below it, points: counted from 1.
fn place(report: &str) -> Option<usize> {
    const INDENT: usize = 4;
    let caret = report.lines().nth(2)?;
    let at = caret.find('^')?;
    (caret.trim().bytes().all(|byte| byte == b'^') && at >= INDENT).then(|| at - INDENT + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_in_the_crates_report_is_found() {
        let error = |pattern: &str| match refusal("match", pattern, &Regex::new(pattern).unwrap_err()) {
            MethodError::Message(message) => message.message,
            MethodError::Host => unreachable!(),
        };
        assert_eq!(
            error("ab(c"),
            "`match`: 'ab(c' is not a regular expression: unclosed group at character 3"
        );
        assert_eq!(
            error(r"é\q"),
            r"`match`: 'é\q' is not a regular expression: unrecognized escape sequence at character 2"
        );
        // Of several lines no place is told, and no wrong one.
        assert!(!error("a\n(b").contains("character"), "{}", error("a\n(b"));
    }

    #[test]
    fn few_expressions_are_kept() {
        for at in 0..100 {
            compile("match", &[Value::from(format!("x{at}"))]).unwrap();
            compile("match", &[Value::from("x0")]).unwrap();
        }
        CACHE.with_borrow(|cache| {
            assert_eq!(cache.len(), KEPT);
            assert_eq!(cache[0].0.as_bytes(), b"x0");
        });
    }

    #[test]
    fn a_hostile_expression_is_refused() {
        let error = compile("match", &[Value::from(r"(\w{500}){500}")]).unwrap_err();
        assert!(format!("{error:?}").contains("too large"), "{error:?}");
    }
}
