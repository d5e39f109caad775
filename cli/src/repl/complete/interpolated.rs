//! Completion of paths that begin with a variable's value: `$HOME/no`, `"$dir/my fi`.

use super::members::is_name;
use super::word::quoted;
use super::{Candidate, File, World, paths};
use pipewright::Value;
use pipewright::dialog::unquote;

/// Returns the files that continue such a word; the text up to the last slash is kept.
pub fn files(word: &str, world: &dyn World, wanted: impl Fn(&File) -> bool) -> Vec<Candidate> {
    let (quote, body) = match word.strip_prefix('"') {
        Some(body) => ("\"", body),
        None => ("", word),
    };
    let (head, typed_name) = body.split_at(body.rfind('/').map_or(0, |slash| slash + 1));
    let prefix = if quote.is_empty() { unquote(typed_name) } else { plain(typed_name) };
    let Some((directory, prefix)) = expanded(head, world).zip(prefix) else { return Vec::new() };
    let candidate = |(path, name): (Vec<u8>, String)| {
        let (rest, slash) = match path.get(directory.len()..)? {
            [rest @ .., b'/'] => (rest, "/"),
            rest => (rest, ""),
        };
        let rest = if quote.is_empty() {
            quoted(rest)
        } else {
            String::from_utf8(plain(std::str::from_utf8(rest).ok()?)?).ok()?
        };
        let after = if slash.is_empty() { format!("{quote} ") } else { slash.to_string() };
        Some(Candidate { text: format!("{quote}{head}{rest}{after}"), name, note: String::new() })
    };
    let path = [&*directory, &prefix].concat();
    paths(&path, world, wanted).filter_map(candidate).collect()
}

/// Returns a text if it means itself in double quotes.
fn plain(text: &str) -> Option<Vec<u8>> {
    (!text.contains(['"', '\\', '$', '`'])).then(|| text.as_bytes().to_vec())
}

/// Returns the beginning of a word as it will be at run time, if it contains only names of variables
/// and plain text.
fn expanded(head: &str, world: &dyn World) -> Option<Vec<u8>> {
    let mut parts = head.split('$');
    let mut path = parts.next().filter(|before| is_text(before))?.as_bytes().to_vec();
    for part in parts {
        let (name, text) = match part.strip_prefix('{') {
            Some(inner) => inner.split_once('}')?,
            None => part.split_at(part.find(|letter| !is_name(letter)).unwrap_or(part.len())),
        };
        match world.value(name) {
            Some(Value::Str(value)) => path.extend(value.as_bytes()),
            Some(_) => return None,
            None => {
                path.extend(world.environment().into_iter().find(|(known, _)| known == name.as_bytes())?.1)
            }
        }
        path.extend(Some(text).filter(|text| is_text(text))?.bytes());
    }
    Some(path)
}

fn is_text(text: &str) -> bool {
    !text.contains(['\'', '"', '\\', '`', '*', '?', '[', '{', '~', '('])
}
