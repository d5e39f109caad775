//! Completion: the candidates at the cursor, quoted for the user.
//!
//! [`complete`] is a function of the text, the cursor and a [`World`], so that tests need no terminal. It asks the
//! scanner for the kind of place at the cursor, and never guesses from characters.

mod arguments;
mod interpolated;
mod known_values;
mod members;
mod near;
mod pattern;
mod repository;
mod word;
pub mod world;

use super::learn::options::Help;
use near::nearest;
use pipewright::diag::visible;
use pipewright::dialog::{Kind, Place, Typed, WordKind, unquote, words};
use pipewright::tools::wrapped;
use pipewright::{Signal, Value};
use std::borrow::Cow;
use std::rc::Rc;
use word::quoted;

/// The names that can be completed.
pub trait World {
    /// Returns the names of all programs.
    fn programs(&self) -> Vec<Vec<u8>>;
    /// Returns the declared names, each with the first line of its description.
    fn names(&self) -> Vec<(String, Kind, String)>;
    fn value(&self, name: &str) -> Option<Value>;
    /// Returns the names of the environment, and their values.
    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)>;
    /// Returns the options of a function: `--name`, with their values.
    fn options(&self, function: &str) -> Vec<(String, String)>;
    /// Returns the jobs: the number of each, and the text that started it.
    fn jobs(&self) -> Vec<(usize, String)>;
    /// Returns the words that were declared for a command, given its words up to the current one, each with its
    /// description.
    fn declared(&self, command: &[u8], words: &[Vec<u8>]) -> Vec<(Vec<u8>, String)>;
    /// Returns the help of a program or of one of its commands, and the number of `words` that name the command.
    /// `asked` means that the user is typing an option, not another word.
    fn learned(&self, command: &[u8], words: &[String], asked: bool) -> Option<(Rc<Help>, usize)>;
    /// Returns the files of a directory, which is given as it is typed: relative, absolute or below `~/`.
    fn list(&self, directory: &[u8]) -> Vec<File>;
    /// Returns the text of a small file, which is given in the same way.
    fn read(&self, file: &[u8]) -> Option<String>;
}

/// A file in a directory.
#[derive(Clone, Debug)]
pub struct File {
    pub name: Vec<u8>,
    pub is_directory: bool,
    pub is_executable: bool,
}

/// A candidate for the text at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The text for the line.
    pub text: String,
    /// The text in the list.
    pub name: String,
    /// The description beside it; may be empty.
    pub note: String,
}

impl Candidate {
    fn new(text: impl Into<String>, note: impl Into<String>) -> Self {
        let text = text.into();
        Self { name: text.trim_end().to_string(), text, note: note.into() }
    }
}

/// Returns the start of the text that the candidates replace, up to the cursor, and the sorted candidates.
pub fn complete(text: &str, cursor: usize, world: &dyn World) -> (usize, Vec<Candidate>) {
    let Some(text) = text.get(..cursor) else { return (cursor, Vec::new()) };
    let (start, mut candidates) = candidates(text, world);
    candidates.sort_by(|one, other| one.name.cmp(&other.name));
    candidates.dedup();
    (start, candidates)
}

fn candidates(text: &str, world: &dyn World) -> (usize, Vec<Candidate>) {
    let known = Typed::new(text);
    // A value in a word or string: `$na`, `...$na`, `${map.k`.
    if let Some(found) = members::value_in_word(text, world) {
        return found;
    }
    if known.place() == Place::String
        && let Some(found) = path_in_call(text, world)
    {
        return found;
    }
    match known.place() {
        Place::Expression => return members::in_expression(text, world),
        Place::Options => return options_of_with(text),
        _ => {}
    }
    let Some(word) = known.words().last() else { return (text.len(), Vec::new()) };
    let (start, typed_word) = (word.at, &text[word.at..]);
    if word.first && !typed_word.contains('/') {
        if let Some(found) = members::at_statement(text, start, world) {
            return found;
        }
        return (start, commands(typed_word, world));
    }
    let words: Vec<&str> = known
        .words()
        .iter()
        .zip(known.words().iter().skip(1).map(|next| next.at).chain([text.len()]))
        .map(|(word, end)| text[word.at..end].trim())
        .collect();
    let first = known.words().iter().rposition(|word| word.first).unwrap_or_default();
    let last = words.len() - 1;
    // The words of the command, without redirections and their targets.
    let mut own: Vec<&str> = (first..last)
        .filter(|at| !known.words()[*at].target)
        .filter_map(|at| argument(words[at]))
        .chain((!word.target).then_some(typed_word))
        .collect();
    // `sudo -u you nice ls --` leads to the program ls, which the word belongs to. If no word names a program, the
    // typed word belongs to the wrapper.
    while !word.target
        && let Some(inner) = wrapped(&own.iter().map(meant).collect::<Vec<_>>()).filter(|at| *at < own.len())
    {
        own.drain(..inner);
        if own.len() == 1 {
            let path = typed_word.contains('/').then(|| executables(typed_word, world));
            return (start, path.unwrap_or_else(|| programs(typed_word, world)));
        }
    }
    let name = own.first().filter(|_| !word.target).copied().unwrap_or_default();
    match name {
        "with" => return options_of_with(text),
        "cd" => return (start, files(typed_word, world, |file| file.is_directory)),
        "use" => {
            let found = files(typed_word, world, |file| file.is_directory || file.name.ends_with(b".pw"));
            // In an expression a path is a string, which always has quotes.
            let quote = |one: Candidate| match one.text.trim_end() {
                bare if !bare.ends_with('\'') => Candidate { text: format!("\"{bare}\""), ..one },
                _ => one,
            };
            return (start, found.into_iter().map(quote).collect());
        }
        "fg" | "bg" | "kill" | "wait" if !typed_word.starts_with('-') => {
            return (start, jobs(typed_word, world));
        }
        "kill" if typed_word.starts_with('-') => return (start, signals(typed_word)),
        "man" | "whereis" | "which" if !typed_word.starts_with('-') => {
            return (start, programs(typed_word, world));
        }
        "unset" | "export" if !typed_word.contains('=') => {
            return (start, names_of_environment(typed_word, name == "export", world));
        }
        "help" => return (start, topics(typed_word, world)),
        "type" => return (start, commands(typed_word, world)),
        _ => {}
    }
    if word.first {
        return (start, executables(typed_word, world));
    }
    if let Some(files) = pattern::expanded(typed_word, world) {
        return (start, vec![files]);
    }
    // `if=file` of dd.
    if name == "dd"
        && !word.target
        && let Some((operand, file)) = typed_word.split_once('=')
    {
        return (start + operand.len() + 1, files(file, world, |_| true));
    }
    if !word.target
        && let [_, before @ .., _] = &own[..]
        && let Some(found) = known_values::of(name, before, typed_word, world)
    {
        return (start, found);
    }
    if !word.target
        && let [_, before @ .., _] = &own[..]
        && let Some((skipped, found)) = arguments::of(name, before, typed_word, world)
    {
        return (start + skipped, found);
    }
    if typed_word.starts_with('-') {
        return match typed_word.split_once('=') {
            Some((option, value)) => (start + option.len() + 1, files(value, world, |_| true)),
            None => (start, Vec::new()),
        };
    }
    (start, files(typed_word, world, |_| true))
}

/// Returns a word without the redirection operator before it. Returns `None` if the word is the number of a
/// redirection, as in `2> file`.
fn argument(text: &str) -> Option<&str> {
    let word = text.trim_end_matches(['<', '>', '&', '|']);
    let is_number = word.len() < text.len() && word.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then(|| word.trim_end())
}

/// Returns the text of a word, as far as it is known before the run.
fn meant<'w>(word: &'w &str) -> Cow<'w, str> {
    unquote(word).map_or(Cow::Borrowed(*word), |bytes| String::from_utf8_lossy(&bytes).into_owned().into())
}

/// Returns the candidates for the name of a program.
fn commands(word: &str, world: &dyn World) -> Vec<Candidate> {
    let Some(prefix) = unquote(word) else { return Vec::new() };
    let starts = |name: &str| name.as_bytes().to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase());
    let mut candidates: Vec<Candidate> = Vec::new();
    let own = |name: &str, note: &str| Candidate::new(format!("{name} "), note);
    candidates.extend(words().filter(|word| starts(word.name())).filter_map(|word| match word.kind() {
        WordKind::Builtin => Some(own(word.name(), word.help())),
        // These keywords are only allowed inside a statement.
        WordKind::Keyword if ["in", "else", "catch"].contains(&word.name()) => None,
        WordKind::Keyword => Some(own(word.name(), "keyword")),
        _ => None,
    }));
    candidates
        .extend(super::commands::COMMANDS.iter().filter(|row| starts(row.0)).map(|row| own(row.0, row.1)));
    for (name, kind, note) in world.names().into_iter().filter(|(name, ..)| starts(name)) {
        match kind {
            Kind::Function => candidates.push(own(&name, &note)),
            Kind::File => candidates.push(Candidate::new(format!("{name}."), note)),
            // On its own it is not a command, but `x.push(1)` and `x = 1` begin with it.
            Kind::Variable if !word.is_empty() => candidates.push(Candidate::new(name, note)),
            _ => {}
        }
    }
    let known: Vec<String> = candidates.iter().map(|one| one.text.clone()).collect();
    candidates.extend(programs(word, world).into_iter().filter(|program| !known.contains(&program.text)));
    nearest(candidates, &prefix, |one| one.name.as_bytes())
}

/// Returns the programs whose names continue a word.
fn programs(word: &str, world: &dyn World) -> Vec<Candidate> {
    // Two thousand programs are not useful for an empty line.
    let Some(prefix) = unquote(word).filter(|prefix| !prefix.is_empty()) else { return Vec::new() };
    let programs = nearest(world.programs(), &prefix, |name| name);
    programs.into_iter().map(|name| Candidate::new(quoted(&name) + " ", "")).collect()
}

/// Returns the programs at a path, and the directories on the way.
fn executables(word: &str, world: &dyn World) -> Vec<Candidate> {
    files(word, world, |file| file.is_directory || file.is_executable)
}

/// Returns the files that continue a word, as arguments.
fn files(word: &str, world: &dyn World, wanted: impl Fn(&File) -> bool) -> Vec<Candidate> {
    let Some(path) = unquote(word) else { return interpolated::files(word, world, wanted) };
    // A quoted tilde is not a home directory.
    if word.starts_with(['\'', '"', '\\']) && path.starts_with(b"~") {
        return Vec::new();
    }
    let candidate = |path: Vec<u8>, name| {
        // Only a tilde that was typed means the home directory.
        let is_name = path.starts_with(b"~") && !word.starts_with("~/");
        let path = if is_name { [b"./", &*path].concat() } else { path };
        let after = if path.ends_with(b"/") { "" } else { " " };
        Candidate { text: quoted(&path) + after, name, note: String::new() }
    };
    paths(&path, world, wanted).map(|(path, name)| candidate(path, name)).collect()
}

/// Returns the paths that continue one, each with the name to show; those of directories end with a slash.
fn paths(
    path: &[u8],
    world: &dyn World,
    wanted: impl Fn(&File) -> bool,
) -> impl Iterator<Item = (Vec<u8>, String)> {
    let found = paths_beside(path, world, &wanted, |name, prefix| name.starts_with(prefix));
    if found.is_empty() { near_paths(path, world, &wanted) } else { found }.into_iter()
}

/// The largest number of directories that a path with shortened names may lead through.
const MOST_DIRECTORIES: usize = 50;

/// Returns the paths that a path is near to: each of its names may be the beginning of a directory, as in `s/d` for
/// `src/diag`, with any capitals; the last may be inside a name.
fn near_paths(path: &[u8], world: &dyn World, wanted: &impl Fn(&File) -> bool) -> Vec<(Vec<u8>, String)> {
    let mut names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let Some(last) = names.pop() else { return Vec::new() };
    let mut directories: Vec<Vec<u8>> = vec![Vec::new()];
    for name in names {
        let is_plain = name.is_empty() || name == b"." || name == b".." || name == b"~";
        let mut next = Vec::new();
        for directory in &directories {
            let there = [directory, name, b"/"].concat();
            if is_plain || !world.list(&there).is_empty() {
                next.push(there);
                continue;
            }
            let below = world
                .list(directory)
                .into_iter()
                .filter(|file| file.is_directory && (name.starts_with(b".") || !file.name.starts_with(b".")));
            let begins = |file: &File| file.name.to_ascii_lowercase().starts_with(&name.to_ascii_lowercase());
            let below = nearest(below.filter(begins), name, |file| &file.name);
            next.extend(below.into_iter().map(|file| [directory, &*file.name, b"/"].concat()));
        }
        next.truncate(MOST_DIRECTORIES);
        directories = next;
    }
    let found = directories.into_iter().flat_map(|directory| {
        let all = paths_beside(&directory, world, wanted, |name, _| {
            last.starts_with(b".") || !name.starts_with(b".")
        });
        all.into_iter().map(move |(path, shown)| (path[directory.len()..].to_vec(), path.clone(), shown))
    });
    let is_bare = path.contains(&b'/');
    let found = nearest(found, last, |(name, ..)| name);
    found
        .into_iter()
        .map(|(_, path, shown)| (path.clone(), if is_bare { visible(&path) } else { shown }))
        .collect()
}

/// Returns the files of the directory in which a path ends, whose names agree with its last name.
fn paths_beside(
    path: &[u8],
    world: &dyn World,
    wanted: &impl Fn(&File) -> bool,
    agrees: impl Fn(&[u8], &[u8]) -> bool,
) -> Vec<(Vec<u8>, String)> {
    let split = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (directory, prefix) = path.split_at(split);
    let is_meant = |file: &File| {
        agrees(&file.name, prefix) && (prefix.starts_with(b".") || !file.name.starts_with(b"."))
    };
    let files = world.list(directory).into_iter().filter(|file| is_meant(file) && wanted(file));
    let found = files.map(|file| {
        let end = if file.is_directory { "/" } else { "" };
        ([directory, &file.name, end.as_bytes()].concat(), visible(&file.name) + end)
    });
    found.collect()
}

/// The functions of the language whose first argument is a path.
const OF_PATHS: &[&str] = &["glob", "read", "write"];

/// Returns the files for the first string of a call: `read("no`.
fn path_in_call(text: &str, world: &dyn World) -> Option<(usize, Vec<Candidate>)> {
    let at = text.rfind(['"', '\''])?;
    let (quote, typed_path) = text[at..].split_at(1);
    let before = text[..at].strip_suffix('(')?;
    let is_meant = |name: &&&str| {
        let before = before.strip_suffix(**name);
        before.is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c)))
    };
    OF_PATHS.iter().find(is_meant)?;
    // A name that needs escapes would mean a different file there.
    let is_plain = |path: &str| !path.contains([quote.chars().next().unwrap_or('"'), '\\', '$', '`', '\n']);
    if !is_plain(typed_path) || typed_path.starts_with('~') {
        return None;
    }
    let candidate = |(path, name): (Vec<u8>, String)| {
        let path = String::from_utf8(path).ok().filter(|path| is_plain(path))?;
        let after = if path.ends_with('/') { "" } else { quote };
        Some(Candidate { text: path + after, name, note: String::new() })
    };
    let found = paths(typed_path.as_bytes(), world, |_| true).filter_map(candidate).collect();
    Some((at + 1, found))
}

fn options_of_with(text: &str) -> (usize, Vec<Candidate>) {
    let start = text.len() - text.chars().rev().take_while(|letter| members::is_name(*letter)).count();
    // A value follows `=`.
    if text[..start].ends_with('=') {
        return (text.len(), Vec::new());
    }
    let is_meant = |name: &str| name.starts_with(&text[start..]);
    let options = words().filter(|word| word.kind() == WordKind::Setting && is_meant(word.name()));
    (start, options.map(|word| Candidate::new(format!("{}=", word.name()), word.help())).collect())
}

/// Completes `%1`, an argument of `fg` and others.
fn jobs(word: &str, world: &dyn World) -> Vec<Candidate> {
    let jobs = world.jobs().into_iter();
    let jobs = jobs.map(|(number, text)| Candidate::new(format!("%{number} "), visible(text.as_bytes())));
    jobs.filter(|job| job.text.starts_with(word)).collect()
}

/// Completes `-TERM`.
fn signals(word: &str) -> Vec<Candidate> {
    let names = Signal::named().map(|(name, _)| Candidate::new(format!("-{name} "), ""));
    names.filter(|signal| signal.name.starts_with(word)).collect()
}

/// Completes names of environment variables, to remove them or to give them a value.
fn names_of_environment(typed: &str, is_export: bool, world: &dyn World) -> Vec<Candidate> {
    let names = world.environment().into_iter().map(|(name, _)| String::from_utf8_lossy(&name).into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(typed)).collect();
    names.sort_unstable();
    let after = if is_export { "=" } else { " " };
    names.into_iter().map(|name| Candidate::new(format!("{name}{after}"), String::new())).collect()
}

/// Completes the topics of `help`.
fn topics(word: &str, world: &dyn World) -> Vec<Candidate> {
    let row = |(name, note): (&str, &str)| Candidate::new(name, note);
    let mut topics: Vec<Candidate> = super::commands::topics().map(row).collect();
    topics.extend(world.names().into_iter().map(|(name, _, note)| Candidate::new(name, note)));
    topics.retain(|topic| topic.name.starts_with(word));
    // Methods of several types have one page.
    topics.sort_by(|one, other| one.name.cmp(&other.name));
    topics.dedup_by(|one, other| one.name == other.name);
    topics
}

#[cfg(test)]
mod tests;
