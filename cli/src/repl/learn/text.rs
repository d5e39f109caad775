//! The parser of help texts.
//!
//! There is no standard for these texts, but there are conventions: those of GNU, of BSD's usage lines, of clap,
//! argparse, cobra and of git. In all of them an option begins with a dash, its description comes after two blanks
//! or on the next line, and commands are listed below a heading. Text that is not understood is left out: a missing
//! candidate costs less than a wrong one.

use super::options::{Flag, Help, Takes};
use super::values;

/// The largest part of a text that is parsed, beyond any real help text.
const MOST_TEXT: usize = 1 << 20;

/// The largest part of a line that is parsed, so that unclosed brackets are not searched for again and again.
const MOST_LINE: usize = 1000;

/// The largest number of options, and of commands.
const MOST: usize = 1000;

/// The longest name.
const MOST_NAME: usize = 60;

/// The longest description: a candidate has one line.
const MOST_NOTE: usize = 120;

/// The part of a description that is searched for values.
const MOST_SAID: usize = 1000;

/// Parses a help text.
pub fn parse(bytes: &[u8]) -> Help {
    let bytes = match bytes.get(..MOST_TEXT) {
        // The last line is incomplete.
        Some(most) => &most[..memchr::memrchr(b'\n', most).unwrap_or_default()],
        None => bytes,
    };
    let text = plain(bytes);
    let mut reader = Reader::default();
    for line in text.lines() {
        let end = (0..=line.len().min(MOST_LINE)).rev().find(|at| line.is_char_boundary(*at));
        reader.line(&line[..end.unwrap_or_default()]);
    }
    let Reader { mut help, from_usage, .. } = reader;
    for flag in from_usage {
        add(&mut help.options, flag);
    }
    for flag in &mut help.options {
        flag.values = values::named(&flag.name, &flag.value, &flag.note);
        flag.note = cut(&flag.note);
    }
    help
}

/// Merges two parsed texts.
pub fn merged(mut one: Help, other: Help) -> Help {
    other.options.into_iter().for_each(|flag| add(&mut one.options, flag));
    other.commands.into_iter().for_each(|command| add_command(&mut one.commands, command));
    one
}

fn add(flags: &mut Vec<Flag>, flag: Flag) {
    if flag.name.len() > MOST_NAME || flags.len() >= MOST {
        return;
    }
    match flags.iter_mut().find(|known| known.name == flag.name) {
        Some(known) if known.note.is_empty() => *known = flag,
        Some(_) => {}
        None => flags.push(flag),
    }
}

fn add_command(commands: &mut Vec<(String, String)>, command: (String, String)) {
    if commands.len() < MOST && !commands.iter().any(|(name, _)| *name == command.0) {
        commands.push(command);
    }
}

/// Returns the text without control sequences for a terminal or printer: escape sequences, and letters that are
/// struck over, as by nroff(1).
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' if letters.next_if_eq(&'[').is_some() => {
                // A control sequence ends with its first letter (ECMA-48, 5.4).
                while letters.next().is_some_and(|c| !('\x40'..='\x7e').contains(&c)) {}
            }
            '\x08' => drop(out.pop()),
            '\t' => out.push_str("    "),
            '\n' => out.push('\n'),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

/// The state of parsing, line by line.
#[derive(Default)]
struct Reader {
    help: Help,
    /// Options in usage lines, which have less information than lists, so they are used last.
    from_usage: Vec<Flag>,
    section: Section,
    /// The options or the command that the next lines may continue.
    open: Option<Open>,
    /// The column of descriptions in this section.
    column: Option<usize>,
    /// How many of the last options continue in the next line, which describes them.
    carried: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Other,
    Usage,
    Commands,
}

/// The last item: its place, and its number of options.
struct Open {
    indent: usize,
    flags: usize,
    note: String,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let body = line.trim();
        let indent = line.len() - line.trim_start().len();
        if body.is_empty() {
            (self.open, self.carried) = (None, 0);
            if self.section == Section::Usage {
                self.section = Section::Other;
            }
            return;
        }
        if let Some(usage) = usage(body) {
            (self.section, self.open, self.column) = (Section::Usage, None, None);
            return self.usage(usage);
        }
        // A list of options may follow directly.
        if self.section == Section::Usage && indent > 0 && !body.starts_with('-') {
            return self.usage(body);
        }
        if self.goes_on(body, indent) {
            return;
        }
        self.open = None;
        if body.starts_with('-') {
            return self.flags(body, indent);
        }
        self.carried = 0;
        if indent <= 1 {
            return self.head(body);
        }
        if self.section == Section::Commands {
            self.command(body, indent);
        }
    }

    /// Handles a heading or prose.
    fn head(&mut self, body: &str) {
        let words = body.to_ascii_lowercase();
        let lists = words.contains("commands") && !words.contains("external") && body.len() < 80;
        self.section = if lists { Section::Commands } else { Section::Other };
        self.column = None;
    }

    /// Returns whether a line continues the item above it.
    fn goes_on(&mut self, body: &str, indent: usize) -> bool {
        // The line begins with a dash in the column of descriptions, as `--sparse)` does below `(implies`.
        if self.column.is_some_and(|column| indent >= column) {
            self.describe(body);
            return true;
        }
        // After a long option, the description may begin further right than it continues: rm's
        // `--interactive[=WHEN]`.
        let below = self.open.as_ref().is_some_and(|open| {
            let least = if open.note.is_empty() { 2 } else { 12 };
            indent >= open.indent + least
        });
        if below && !body.starts_with('-') {
            self.column = Some(indent);
            self.describe(body);
            return true;
        }
        false
    }

    fn describe(&mut self, more: &str) {
        let Some(open) = &mut self.open else { return };
        if open.note.len() >= MOST_SAID {
            return;
        }
        if !open.note.is_empty() {
            open.note.push(' ');
        }
        open.note.push_str(more);
        let from = self.help.options.len().saturating_sub(open.flags);
        match self.section {
            Section::Commands if open.flags == 0 => {
                if let Some(command) = self.help.commands.last_mut() {
                    command.1 = cut(&open.note);
                }
            }
            _ => self.help.options[from..].iter_mut().for_each(|flag| flag.note.clone_from(&open.note)),
        }
    }

    /// Handles options and their descriptions.
    fn flags(&mut self, body: &str, indent: usize) {
        let (flags, note) = spec(body);
        if flags.is_empty() {
            return;
        }
        if let Some(note) = note {
            // The start of the description after a long option is not the column.
            let column = indent + body.len() - note.len();
            if body[..body.len() - note.len()].ends_with("  ") {
                self.column = Some(column);
            }
        }
        let before = self.help.options.len() - std::mem::take(&mut self.carried);
        let note = note.map(|note| note.trim_start_matches([':', ' ']).trim()).unwrap_or_default();
        // `--color[=WHEN],` and the other name below it.
        let goes_on = note == ",";
        let note = if goes_on { "" } else { note };
        for flag in flags {
            add(&mut self.help.options, Flag { note: note.to_string(), ..flag });
        }
        let flags = self.help.options.len() - before;
        if goes_on {
            self.carried = flags;
            return;
        }
        self.help.options[before..].iter_mut().for_each(|flag| flag.note = note.to_string());
        // A known option does not get another description.
        self.open = (flags > 0).then(|| Open { indent, flags, note: note.to_string() });
    }

    fn command(&mut self, body: &str, indent: usize) {
        let Some((spec, note)) = body.split_once("  ") else { return };
        // `build, b` and `list-units [PATTERN...]`
        let name = spec.split([',', ' ']).next().unwrap_or_default();
        let note = note.trim_start();
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let is_name =
            first && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte));
        // The command behind an alias is not known to only print.
        if !is_name || name.len() > MOST_NAME || note.starts_with("alias") {
            return;
        }
        self.column = Some(indent + body.len() - note.len());
        let before = self.help.commands.len();
        add_command(&mut self.help.commands, (name.to_string(), cut(note)));
        if self.help.commands.len() > before {
            self.open = Some(Open { indent, flags: 0, note: note.to_string() });
        }
    }

    /// Handles `[-v | --version] [-C <path>] [-46Aa]`.
    fn usage(&mut self, text: &str) {
        for (at, _) in text.match_indices('-') {
            if !text[..at].ends_with([' ', '[', '(', '|']) {
                continue;
            }
            let Some((names, value, _)) = flag(&text[at..]) else { continue };
            for name in names {
                let letters = name.trim_start_matches('-');
                // A dash and several letters of both cases are several options.
                let is_bundle = !name.starts_with("--")
                    && letters.len() >= 8
                    && letters.bytes().any(|byte| byte.is_ascii_uppercase())
                    && letters.bytes().all(|byte| byte.is_ascii_alphanumeric());
                let names: Vec<String> = match is_bundle {
                    true => letters.chars().map(|letter| format!("-{letter}")).collect(),
                    false => vec![name],
                };
                let flags = names.into_iter().map(|name| {
                    let value = if is_bundle { Takes::Nothing } else { value.clone() };
                    Flag::new(name, value)
                });
                flags.for_each(|flag| add(&mut self.from_usage, flag));
            }
        }
    }
}

/// Returns the text after `usage:`.
fn usage(body: &str) -> Option<&str> {
    let (head, rest) = body.split_at_checked(6)?;
    head.eq_ignore_ascii_case("usage:").then_some(rest)
}

fn cut(note: &str) -> String {
    let note = note.trim();
    match note.char_indices().nth(MOST_NOTE) {
        Some((end, _)) => format!("{}…", &note[..end]),
        None => note.to_string(),
    }
}

/// Returns the options at the start of a line, and their description: `-k, --key=KEYDEF  sort via a key`.
fn spec(body: &str) -> (Vec<Flag>, Option<&str>) {
    let mut flags: Vec<Flag> = Vec::new();
    let mut rest = body;
    let mut last = Takes::Nothing;
    while let Some((names, value, after)) = flag(rest) {
        last = value.clone();
        let flag = |name| Flag::new(name, value.clone());
        flags.extend(names.into_iter().map(flag));
        let next = after.trim_start_matches([',', '|', '/', ' ']);
        // Two blanks end the options, and so does text that is not an option.
        if after.starts_with("  ") || !next.starts_with('-') {
            rest = after;
            break;
        }
        rest = next;
    }
    // `-k, --key=KEYDEF`: the short option also takes the value.
    let named = match &last {
        Takes::Joined(name) | Takes::Next(name) => Some(name.clone()),
        _ => None,
    };
    if let Some(name) = named
        && body.contains(", -")
    {
        for flag in flags.iter_mut().filter(|flag| flag.value == Takes::Nothing) {
            flag.value = match flag.name.starts_with("--") {
                true => last.clone(),
                false => Takes::Next(name.clone()),
            };
        }
    }
    let note = rest.trim_start();
    (flags, (!note.is_empty()).then_some(note))
}

/// Parses one option, and returns the text after it. `--[no-]quiet` has two names.
fn flag(text: &str) -> Option<(Vec<String>, Takes, &str)> {
    let dashes = text.len() - text.trim_start_matches('-').len();
    if !(1..=2).contains(&dashes) {
        return None;
    }
    let (negated, from) = match text[dashes..].strip_prefix("[no-]") {
        Some(rest) => (true, rest),
        None => (false, &text[dashes..]),
    };
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_?@#.+".contains(letter);
    let end = from.find(|letter| !is_letter(letter)).unwrap_or(from.len());
    let (name, rest) = from.split_at(end);
    let name = name.trim_end_matches(['.', '-']);
    if !name.starts_with(|first: char| first.is_ascii_alphanumeric() || "?@#".contains(first)) {
        return None;
    }
    let dash = &text[..dashes];
    let mut names = vec![format!("{dash}{name}")];
    if negated {
        names.push(format!("{dash}no-{name}"));
    }
    let (value, rest) = value(rest);
    Some((names, value, rest))
}

/// Parses the value after the name of an option.
fn value(rest: &str) -> (Takes, &str) {
    if let Some(inside) = rest.strip_prefix("[=") {
        let (name, rest) = inside.split_once(']').unwrap_or((inside, ""));
        return (Takes::Optional(name.to_string()), rest);
    }
    if let Some(after) = rest.strip_prefix('=') {
        let (name, rest) = word(after);
        return (Takes::Joined(name.to_string()), rest);
    }
    // `-u<mode>`
    if rest.starts_with('<') {
        let (name, rest) = word(rest);
        return (Takes::Next(name.to_string()), rest);
    }
    let Some(after) = rest.strip_prefix(' ').filter(|after| !after.starts_with([' ', '-', ':', '|', '(']))
    else {
        return (Takes::Nothing, rest);
    };
    let (name, behind) = word(after);
    let is_upper = name.bytes().any(|byte| byte.is_ascii_uppercase())
        && name.bytes().all(|byte| !byte.is_ascii_lowercase());
    // A word of prose is followed by other words; a lower-case value by two blanks, a colon or nothing.
    let ends = behind.is_empty()
        || behind.starts_with("  ")
        || behind.starts_with([']', ')'])
        || [" :", " |"].iter().any(|after| behind.starts_with(after));
    if name.starts_with(['<', '{']) || is_upper || ends && !name.is_empty() || name.starts_with('[') {
        return (Takes::Next(name.trim_end_matches(':').to_string()), behind);
    }
    (Takes::Nothing, rest)
}

/// Returns a word, whose brackets may contain blanks; it ends before a bracket that it does not open.
fn word(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '<' | '[' | '{' | '(' => depth += 1,
            '>' | ']' | '}' | ')' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return text.split_at(at),
            },
            ' ' | ',' if depth == 0 => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests;
