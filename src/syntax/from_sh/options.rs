//! Reads the options of a script from its loop over `getopts`.

use super::script::assigned_names;

/// Returns the head of a `main` whose parameters are the options that a `getopts` in the text reads.
pub fn main_of_getopts(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("getopts ")?;
    let options = rest.trim_start().split([' ', '\t', '\n']).next()?.trim_matches(['"', '\'']);
    let options = options.trim_start_matches(':');
    let body = rest.split("esac").next().unwrap_or(rest);
    let mut parameters = Vec::new();
    for (at, letter) in options.char_indices().filter(|(_, letter)| *letter != ':') {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        let name = match variable_of(body, letter) {
            Some(name) => format!("{}/{letter}", name.to_ascii_lowercase()),
            None => format!("{letter}/{letter}"),
        };
        let takes_value = options[at + 1..].starts_with(':');
        parameters.push(match takes_value {
            true => format!("{name} = \"\""),
            false => format!("{name}: bool = false"),
        });
    }
    let is_known = !parameters.is_empty();
    is_known.then(|| format!("fn main({}, ...words) {{ … }}", parameters.join(", ")))
}

/// Returns the variable that the arm of an option assigns.
fn variable_of(body: &str, letter: char) -> Option<&str> {
    let arm = body.split(";;").find_map(|arm| {
        let pattern = arm.lines().find_map(|line| line.split_once(')').map(|(pattern, _)| pattern))?;
        let pattern = pattern.rsplit([' ', '\t']).next()?;
        pattern.split('|').any(|one| one == letter.to_string()).then_some(arm)
    })?;
    assigned_names(arm.split_once(')')?.1).next()
}
