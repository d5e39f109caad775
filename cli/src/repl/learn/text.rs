//! What a help text says of a program's options and commands.
//!
//! There is no standard for these texts, but habits: those of GNU, of BSD's usage lines, of clap, argparse, cobra and
//! of git. All begin an option with a dash, put what it does behind two blanks or below, and list commands under a
//! head that says so. What is not understood is left out: a candidate that is missing costs less than a wrong one.

use super::options::{Flag, Help, Takes};
use super::values;

/// More of a text is not read: no help that anybody reads is so long.
const MOST_TEXT: usize = 1 << 20;

/// More of a line is not read, so that brackets that nobody closes are not looked for again and again.
const MOST_LINE: usize = 1000;

/// More of one kind are not kept.
const MOST: usize = 1000;

/// Longer names are none.
const MOST_NAME: usize = 60;

/// Longer descriptions are cut: a candidate has one line.
const MOST_NOTE: usize = 120;

/// More of a description is not looked through for values.
const MOST_SAID: usize = 1000;

/// Reads a help text.
pub fn parse(bytes: &[u8]) -> Help {
    let bytes = match bytes.get(..MOST_TEXT) {
        // The last line is none.
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

/// Adds what two texts say.
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

/// The text without what a terminal or printer would obey: escape sequences, and letters that are struck over as
/// nroff(1) does.
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

/// What is read, line by line.
#[derive(Default)]
struct Reader {
    help: Help,
    /// Usage lines tell less than lists do, so that they are asked last.
    from_usage: Vec<Flag>,
    section: Section,
    /// The options or the command that the next lines may go on about.
    open: Option<Open>,
    /// Where descriptions stand in this section.
    column: Option<usize>,
    /// How many of the last options go on in the next line, which describes them.
    carried: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Other,
    Usage,
    Commands,
}

/// What was read last: where it stands, and how many options it is.
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
        // A list of options may follow at once.
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

    /// A head, or prose.
    fn head(&mut self, body: &str) {
        let words = body.to_ascii_lowercase();
        let lists = words.contains("commands") && !words.contains("external") && body.len() < 80;
        self.section = if lists { Section::Commands } else { Section::Other };
        self.column = None;
    }

    /// Whether a line goes on about what stands above it.
    fn goes_on(&mut self, body: &str, indent: usize) -> bool {
        // One that begins with a dash where descriptions do: `(implies` and below it `--sparse)`.
        if self.column.is_some_and(|column| indent >= column) {
            self.describe(body);
            return true;
        }
        // Behind a long option the description may begin further right than it goes on: rm's `--interactive[=WHEN]`.
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

    /// Options, and what they do.
    fn flags(&mut self, body: &str, indent: usize) {
        let (flags, note) = spec(body);
        if flags.is_empty() {
            return;
        }
        if let Some(note) = note {
            // Where the description of one that is long begins is no column.
            let column = indent + body.len() - note.len();
            if body[..body.len() - note.len()].ends_with("  ") {
                self.column = Some(column);
            }
        }
        let before = self.help.options.len() - std::mem::take(&mut self.carried);
        let note = note.map(|note| note.trim_start_matches([':', ' ']).trim()).unwrap_or_default();
        // `--color[=WHEN],` and below it the other name.
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
        // What was known before is not described anew.
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
        // What an alias runs is not known to only print.
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

    /// `[-v | --version] [-C <path>] [-46Aa]`
    fn usage(&mut self, text: &str) {
        for (at, _) in text.match_indices('-') {
            if !text[..at].ends_with([' ', '[', '(', '|']) {
                continue;
            }
            let Some((names, value, _)) = flag(&text[at..]) else { continue };
            for name in names {
                let letters = name.trim_start_matches('-');
                // One dash and many letters of both cases are as many options.
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

/// What follows `usage:`.
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

/// The options that a line begins with, and what it says of them. `-k, --key=KEYDEF  sort via a key`
fn spec(body: &str) -> (Vec<Flag>, Option<&str>) {
    let mut flags: Vec<Flag> = Vec::new();
    let mut rest = body;
    let mut last = Takes::Nothing;
    while let Some((names, value, after)) = flag(rest) {
        last = value.clone();
        let flag = |name| Flag::new(name, value.clone());
        flags.extend(names.into_iter().map(flag));
        let next = after.trim_start_matches([',', '|', '/', ' ']);
        // Two blanks end the options, and so does what is none.
        if after.starts_with("  ") || !next.starts_with('-') {
            rest = after;
            break;
        }
        rest = next;
    }
    // `-k, --key=KEYDEF`: the short one takes it as well.
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

/// One option, and the text behind it. Its names are two for `--[no-]quiet`.
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

/// What an option takes, as it stands behind the name.
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
    // A word of prose is followed by others; a lower-case value by the description's two blanks, a colon or nothing.
    let ends = behind.is_empty()
        || behind.starts_with("  ")
        || behind.starts_with([']', ')'])
        || [" :", " |"].iter().any(|after| behind.starts_with(after));
    if name.starts_with(['<', '{']) || is_upper || ends && !name.is_empty() || name.starts_with('[') {
        return (Takes::Next(name.trim_end_matches(':').to_string()), behind);
    }
    (Takes::Nothing, rest)
}

/// A word, whose brackets may hold blanks; it ends before a bracket that it does not open.
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
