//! `dotenv(text)`: the variables of an environment file, such as `.env` files and EnvironmentFile= of systemd.
//!
//! A line is `NAME=value`, with or without `export` before it. Blank lines and those that begin with `#` are skipped,
//! and so is ` #` with the text after it behind a bare value. A value in single quotes is literal; in double quotes
//! `\n`, `\t`, `\"`, `\\` and `\$` are escapes. Quoted values may span several lines. Nothing is expanded: `$HOME` is
//! five characters.

use super::access::{argument, utf8};
use super::limits::Growth;
use super::{Host, MethodError, Outcome};
use crate::diag::{code, quote_word};
use crate::value::{Map, Str, Value};
use indexmap::IndexMap;

/// Implements `dotenv(text)`.
pub fn parse(host: &mut dyn Host, _: &Value, arguments: &mut [Value]) -> Outcome {
    let text = utf8("dotenv", argument(arguments, 0)).map_err(|error| error.at(0))?;
    let mut growth = Growth::new(host, "dotenv");
    let mut variables = IndexMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        let (first, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = first.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = after;
            continue;
        }
        let named = rest.trim_start();
        let named = named.strip_prefix("export ").map_or(named, str::trim_start);
        let (name, value) = named.split_once('=').unwrap_or((first, ""));
        if !is_name(name) {
            let line = line_of(text, at);
            let message =
                format!("`dotenv`: line {line} is not NAME=value: {}", quote_word(trimmed.as_bytes()));
            return Err(MethodError::new(code::BAD_CONVERSION, message).at(0));
        }
        let (value, after) = value_of(value).ok_or_else(|| {
            let line = line_of(text, at);
            let message =
                format!("`dotenv`: the quotes of {name} at line {line} are not closed, or text follows them");
            MethodError::new(code::BAD_CONVERSION, message).at(0)
        })?;
        growth.add(1, name.len() + value.len())?;
        variables.insert(Str::from(name), Value::from(value));
        rest = after;
    }
    Ok(Map::from_entries(variables).into())
}

/// Returns the number of a byte's line, from 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns the value at the start of a text, and the text after its line; none if its quotes don't end where the line
/// does.
fn value_of(text: &str) -> Option<(String, &str)> {
    let start = text.trim_start_matches([' ', '\t']);
    let Some(quote) = start.chars().next().filter(|first| "'\"".contains(*first)) else {
        let (line, after) = text.split_once('\n').unwrap_or((text, ""));
        let bare = line.find(" #").map_or(line, |comment| &line[..comment]);
        return Some((bare.trim().to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = start[1..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => {
                let (line, after) = start[at + 2..].split_once('\n').unwrap_or((&start[at + 2..], ""));
                let line = line.trim();
                return (line.is_empty() || line.starts_with('#')).then_some((value, after));
            }
            '\\' if quote == '"' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                escaped @ ('"' | '\\' | '$') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    None
}
