//! Calls of builtins whose literal arguments alone are wrong, so that the check refuses them.
//!
//! An argument that is not literal is `None`: it may be anything, and a splice any number of arguments.

use super::{NO_ARGUMENT, Refusal};
use crate::diag::code;
use crate::value::Value;
use crate::value::literal::parse_number;
use std::time::Duration;

type Arguments<'a> = [Option<&'a [u8]>];

fn refusal(argument: usize, message: String, help: impl Into<String>) -> Option<Refusal> {
    Some(Refusal { argument, code: code::BUILTIN_CALL, message, help: help.into() })
}

/// Returns how many options -L and -P come first, including the `--` after them.
fn links(arguments: &Arguments<'_>) -> usize {
    let is_link = |text: &[u8]| matches!(text, [b'-', letters @ ..] if !letters.is_empty() && letters.iter().all(|b| b"LP".contains(b)));
    let count = arguments.iter().take_while(|argument| argument.is_some_and(is_link)).count();
    count + usize::from(arguments.get(count) == Some(&Some(b"--")))
}

pub fn pwd(arguments: &Arguments<'_>) -> Option<Refusal> {
    let first = links(arguments);
    let other = String::from_utf8_lossy((*arguments.get(first)?)?);
    if other.len() > 1 && other.starts_with('-') {
        return refusal(
            first,
            format!("pwd has no option {other}"),
            "write pwd, or pwd -P for the directory without links",
        );
    }
    refusal(first, "pwd takes no argument".into(), "write: pwd")
}

pub fn cd(arguments: &Arguments<'_>) -> Option<Refusal> {
    let first = links(arguments);
    let ended = first > 0 && arguments[first - 1] == Some(b"--");
    let target = (*arguments.get(first)?)?;
    if !ended && target.len() > 1 && target.starts_with(b"-") {
        let name = String::from_utf8_lossy(target);
        return refusal(
            first,
            format!("cd has no option {name}"),
            format!("a directory of this name is ./{name}"),
        );
    }
    if target.is_empty() {
        return refusal(
            first,
            "cd: the name of the directory is empty".into(),
            "cd alone goes to the home directory",
        );
    }
    // A splice after it may be empty.
    arguments.get(first + 1).copied().flatten()?;
    refusal(first + 1, "cd takes one directory".into(), "quote a name with blanks: cd \"My Documents\"")
}

pub fn sleep(arguments: &Arguments<'_>) -> Option<Refusal> {
    const HELP: &str = "write seconds, or a number with a unit: sleep 0.5, sleep 250ms, sleep 5m";
    if arguments.is_empty() {
        return refusal(NO_ARGUMENT, "sleep takes a duration".into(), HELP);
    }
    let text = |argument: &Option<&[u8]>| argument.map(|text| String::from_utf8_lossy(text).into_owned());
    let wrong = |argument: &Option<&[u8]>| text(argument).is_some_and(|text| duration(&text).is_none());
    let place = arguments.iter().position(wrong)?;
    refusal(place, format!("`{}` is not a duration", text(&arguments[place])?), HELP)
}

/// Parses seconds, or a duration with a unit.
pub fn duration(text: &str) -> Option<Duration> {
    if text.starts_with('-') {
        return None;
    }
    match parse_number(text) {
        Ok(Value::Int(seconds)) => u64::try_from(seconds).ok().map(Duration::from_secs),
        Ok(Value::Float(seconds)) => Duration::try_from_secs_f64(seconds).ok(),
        Ok(Value::Duration(duration)) => Some(duration.to_std()),
        // sleep(1) accepts `sleep .5` and `sleep 05`.
        _ => Duration::try_from_secs_f64(text.parse().ok()?).ok(),
    }
}

pub fn kill(arguments: &Arguments<'_>) -> Option<Refusal> {
    const HELP: &str = "write: kill $pid, or kill -s TERM $pid";
    let options = match arguments {
        [Some(b"-s" | b"-n"), _, ..] => 2,
        [Some(b"--"), ..] => 0,
        [Some([b'-', _, ..]), ..] => 1,
        [Some(_), ..] | [] => 0,
        [None, ..] => return None,
    };
    let ended = usize::from(arguments.get(options) == Some(&Some(b"--")));
    let targets = &arguments[options + ended..];
    if targets.is_empty() {
        return refusal(NO_ARGUMENT, "kill takes the number of a process".into(), HELP);
    }
    let number = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| text.parse::<i32>().is_ok());
    let place = targets.iter().position(|target| target.is_some_and(|text| !number(text)))?;
    let name = String::from_utf8_lossy(targets[place]?);
    let help = match name.strip_prefix('%') {
        Some(_) => "jobs have no numbers here; wait waits for all of them".to_string(),
        None => format!("the processes of a program are ended by its name so: pkill {name}"),
    };
    refusal(options + ended + place, format!("`{name}` is not a process ID"), help)
}
