//! Completion of values: variables, fields, methods, functions of the language.

use super::{Candidate, World};
use pipewright::Value;
use pipewright::dialog::{Kind, Typed, Word, WordKind, words};

type Found = (usize, Vec<Candidate>);

pub fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Returns the start of the path at the end of the text: `a.b.c`, each a name.
fn path_start(text: &str) -> usize {
    text.rfind(|letter| !is_name(letter) && letter != '.')
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
}

/// Completes `$na`, `...$na` or `${map.k`: a value in a word or string.
pub fn value_in_word(text: &str, world: &dyn World) -> Option<Found> {
    let start = path_start(text);
    let path = &text[start..];
    if let Some(before) = text[..start].strip_suffix("${") {
        // Only paths are allowed there: keys, but no methods.
        if !is_escaped(before) {
            return Some(match path.rsplit_once('.') {
                Some((of, prefix)) => (text.len() - prefix.len(), keys(&value_at(of, world), prefix, "")),
                None => (start, variables(path, world)),
            });
        }
    }
    if path.contains('.') || !text[..start].ends_with('$') || is_escaped(&text[..start - 1]) {
        return None;
    }
    // In single quotes a dollar is literal.
    if Typed::new(text).closers().starts_with('\'') {
        return None;
    }
    Some((start, variables(path, world)))
}

fn is_escaped(before: &str) -> bool {
    before.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Returns variables by name, and environment variables if the name begins with a capital.
fn variables(prefix: &str, world: &dyn World) -> Vec<Candidate> {
    let names = world.names().into_iter();
    let own = names.filter(|(name, kind, _)| *kind == Kind::Variable && name.starts_with(prefix));
    let mut candidates: Vec<Candidate> = own.map(|(name, _, note)| Candidate::new(name, note)).collect();
    if prefix.starts_with(|first: char| first.is_ascii_uppercase()) {
        candidates.extend(environment(prefix, world));
    }
    candidates
}

fn environment(prefix: &str, world: &dyn World) -> Vec<Candidate> {
    let names = world.environment().into_iter().filter_map(|(name, _)| String::from_utf8(name).ok());
    let names = names.filter(|name| name.starts_with(prefix) && name.chars().all(is_name));
    names.map(|name| Candidate::new(name, "environment")).collect()
}

/// Completes a name in an expression, or the text after a dot.
pub fn in_expression(text: &str, world: &dyn World) -> Found {
    let start = path_start(text);
    let path = text[start..].trim_start_matches('.');
    if let Some((of, prefix)) = text[start..].rsplit_once('.') {
        let at = text.len() - prefix.len();
        if of == "env" {
            return (at, environment(prefix, world));
        }
        // `f(x).le`, whose value is unknown, so that any method may be meant.
        let value = if of.is_empty() { None } else { value_at(of, world) };
        let mut candidates = keys(&value, prefix, "");
        candidates.extend(methods(&value, prefix));
        return (at, candidates);
    }
    let mut candidates: Vec<Candidate> = world
        .names()
        .into_iter()
        .filter(|(name, ..)| name.starts_with(path))
        .map(|(name, kind, note)| match kind {
            Kind::Function => Candidate::new(name + "(", note),
            Kind::File => Candidate::new(name + ".", note),
            _ => Candidate::new(name, note),
        })
        .collect();
    let functions = words().filter(|word| word.kind() == WordKind::Function && word.name().starts_with(path));
    candidates.extend(functions.map(|word| Candidate::new(format!("{}(", word.name()), word.help())));
    let others = [
        ("args", "the arguments"),
        ("capture {", "a record, with what commands print"),
        ("env.", "the environment"),
        ("false", ""),
        ("json {", "what commands print, as JSON"),
        ("lines {", "what commands print, as a list"),
        ("not ", ""),
        ("null", ""),
        ("spawn {", "a job"),
        ("true", ""),
        ("try {", "a record of how commands ended"),
    ];
    let others = others.into_iter().filter(|(word, _)| word.starts_with(path));
    candidates.extend(others.map(|(word, note)| Candidate::new(word, note)));
    (start, candidates)
}

/// Completes `xs.pu` at the start of a statement: a call for its effect.
pub fn at_statement(text: &str, start: usize, world: &dyn World) -> Option<Found> {
    let (of, prefix) = text[start..].rsplit_once('.')?;
    let at = text.len() - prefix.len();
    if of == "env" {
        let names = environment(prefix, world).into_iter();
        return Some((at, names.map(|name| Candidate { text: name.text + " = ", ..name }).collect()));
    }
    let value = Some(value_at(of, world)?);
    let mut candidates = keys(&value, prefix, " = ");
    candidates.extend(methods(&value, prefix));
    Some((at, candidates))
}

/// Returns the value of `a.b.c`.
fn value_at(path: &str, world: &dyn World) -> Option<Value> {
    let mut names = path.split('.');
    let mut value = world.value(names.next()?)?;
    for name in names {
        value = match value {
            Value::Map(map) => map.get(name.as_bytes())?.clone(),
            _ => return None,
        };
    }
    Some(value)
}

/// Returns the keys of a map that are allowed after a dot.
fn keys(value: &Option<Value>, prefix: &str, after: &str) -> Vec<Candidate> {
    let Some(Value::Map(map)) = value else { return Vec::new() };
    let keys = map.iter().filter_map(|(key, value)| Some((key.to_utf8().ok()?.to_string(), value)));
    let keys = keys.filter(|(key, _)| key.starts_with(prefix) && key.chars().all(is_name) && !key.is_empty());
    keys.map(|(key, value)| Candidate::new(key + after, value.display(40))).collect()
}

fn methods(value: &Option<Value>, prefix: &str) -> Vec<Candidate> {
    let has = |word: &Word| {
        let of = value.as_ref().is_none_or(|value| word.is_method_of(value));
        word.kind() == WordKind::Method && of && word.name().starts_with(prefix)
    };
    let call = |word: Word| {
        let parentheses = if word.takes_arguments() { "(" } else { "()" };
        Candidate::new(format!("{}{parentheses}", word.name()), word.help())
    };
    let mut candidates: Vec<Candidate> = words().filter(has).map(call).collect();
    // Types share names; one of each is enough to choose from.
    candidates.sort_by(|one, other| one.text.cmp(&other.text));
    candidates.dedup_by(|one, other| one.name == other.name);
    candidates
}
