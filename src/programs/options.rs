//! The options of a program in one line, and the parser of argument lists that uses them.
//!
//! An entry is letters, or a name with its dashes, and a suffix:
//!
//! | entry | the option |
//! | --- | --- |
//! | `abc`, `--long`, `-name` | takes no value |
//! | `o:`, `--long:` | takes a value, attached or as the next word |
//! | `o?`, `--long?` | takes a value only if it is attached |
//! | `o~` | takes the next word, while its cluster continues (the `-o` of shells) |
//! | `--arg&` | takes the next two words |
//! | `0#` | takes the digits that follow |
//! | `c=sh` | takes a value, which is code |
//! | `c?=sh` | takes one when attached, which is code |
//! | `f<awk` | takes a value, which names a file of code |
//! | `+o~`, `+=vim` | begins with a plus; any word that does |
//!
//! A dot after it ends the options; an exclamation mark means that a policy can't follow it.

use super::language::Language;
use super::word::Word;

/// The way in which an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    Value,
    Attached,
    NextWord,
    TwoWords,
    Digits,
}

/// One option of a program.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub takes: Takes,
    /// The language of its value.
    pub code: Option<Language>,
    /// Whether the value names a file of code.
    pub is_file: bool,
    /// Whether all words after it are operands.
    ends: bool,
    /// Whether a policy can't know what the program does with it.
    pub unclear: bool,
}

/// The place of a value: a word, and the byte at which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub word: usize,
    pub from: usize,
}

/// A part of an argument list.
#[derive(Clone, Debug)]
pub enum Item {
    Option {
        name: String,
        entry: Entry,
        word: usize,
        value: Option<Place>,
    },
    /// An option that is not in the table, or whose name contains a value.
    Unknown(usize),
    Operand(usize),
}

/// The places where a program looks for options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Options end at the first operand.
    Stops,
    /// Options may be anywhere.
    Anywhere,
    /// Options may be anywhere, and the first word is a cluster even without a dash (`tar xf`).
    Bare,
}

/// Parses the words after the name of a program.
pub fn parse(options: &str, order: Order, abbreviates: bool, words: &[Word<'_>]) -> Vec<Item> {
    let mut parser = Parser { options, abbreviates, words, items: Vec::new(), at: 1, ended: false };
    while parser.at < words.len() {
        let word = &words[parser.at];
        let head = word.head();
        let bare = order == Order::Bare && parser.at == 1 && !head.is_empty() && head[0] != b'-';
        if parser.ended {
            parser.items.push(Item::Operand(parser.at));
        } else if word.options || (head.as_ref() == b"-" && !word.is_whole()) {
            parser.items.push(Item::Unknown(parser.at));
        } else if head.as_ref() == b"--" && word.is_whole() {
            parser.ended = true;
        } else if head.starts_with(b"--") {
            parser.long(&head, word.is_whole());
        } else if is_short(&head, word.is_whole()) && (head[0] == b'-' || parser.has_plus()) {
            parser.short(&head, word.is_whole());
        } else if bare {
            parser.bare(&head);
        } else {
            parser.items.push(Item::Operand(parser.at));
            parser.ended = order == Order::Stops;
        }
        parser.at += 1;
    }
    parser.items
}

/// Returns whether a word begins with a sign and has more than that.
fn is_short(head: &[u8], is_whole: bool) -> bool {
    matches!(head, [b'-' | b'+', _, ..]) || head == b"+" && !is_whole
}

struct Parser<'t, 'w> {
    options: &'t str,
    abbreviates: bool,
    words: &'t [Word<'w>],
    items: Vec<Item>,
    at: usize,
    ended: bool,
}

impl Parser<'_, '_> {
    fn has_plus(&self) -> bool {
        self.options.contains('+')
    }

    /// Parses `--name`, `--name=value`, or for most programs the beginning of a name.
    fn long(&mut self, head: &[u8], is_whole: bool) {
        let end = head.iter().position(|byte| *byte == b'=');
        let name = std::str::from_utf8(&head[..end.unwrap_or(head.len())]).unwrap_or_default();
        if end.is_none() && !is_whole {
            return self.items.push(Item::Unknown(self.at));
        }
        let Some((name, entry)) = self.long_entry(name) else {
            return self.items.push(Item::Unknown(self.at));
        };
        self.take(name, entry, end.map(|end| end + 1));
    }

    fn long_entry(&self, name: &str) -> Option<(String, Entry)> {
        if let Some(entry) = find(self.options, name) {
            return Some((name.to_string(), entry));
        }
        if !self.abbreviates || name.len() < 3 {
            return None;
        }
        // If several match, the program refuses the abbreviation itself, unless the table has names
        // that it lacks.
        let mut known = entries(self.options).filter(|(known, _)| known.starts_with(name));
        let first = known.next()?;
        let code = |(_, entry): &(&str, Entry)| entry.code.is_some();
        let chosen = if code(&first) { first } else { known.find(code).unwrap_or(first) };
        Some((chosen.0.to_string(), chosen.1))
    }

    /// Parses `-name`, `-abc`, `+o`, `+command`.
    fn short(&mut self, head: &[u8], is_whole: bool) {
        let text = std::str::from_utf8(head).unwrap_or_default();
        if head[0] == b'+'
            && let Some(entry) = find(self.options, "+")
        {
            let value = Some(Place { word: self.at, from: 1 });
            return self.items.push(Item::Option { name: "+".into(), entry, word: self.at, value });
        }
        let (name, value) = match text.split_once('=') {
            Some((name, _)) => (name, Some(name.len() + 1)),
            None => (text, None),
        };
        if name.len() > 2
            && (value.is_some() || is_whole)
            && let Some(entry) = find(self.options, name)
        {
            return self.take(name.to_string(), entry, value);
        }
        self.cluster(head, 1, is_whole);
    }

    /// Parses letters, the last of which may take a value.
    fn cluster(&mut self, head: &[u8], from: usize, is_whole: bool) {
        let sign = if head.first() == Some(&b'+') { "+" } else { "" };
        let mut unknown = false;
        let mut place = from;
        while let Some(letter) = head.get(place).map(|byte| char::from(*byte)) {
            place += 1;
            let Some(entry) = find(self.options, &format!("{sign}{letter}")) else {
                unknown = true;
                continue;
            };
            let is_end = place == head.len() && is_whole;
            let name = if sign.is_empty() { format!("-{letter}") } else { format!("+{letter}") };
            match entry.takes {
                Takes::Nothing => self.take(name, entry, None),
                Takes::Digits => {
                    place += head[place..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    self.take(name, entry, None);
                }
                Takes::NextWord | Takes::TwoWords => self.take(name, entry, None),
                Takes::Value if is_end => return self.take(name, entry, None),
                Takes::Attached if is_end => self.take(name, entry, None),
                Takes::Value | Takes::Attached => return self.take(name, entry, Some(place)),
            }
        }
        if unknown || !is_whole {
            self.items.push(Item::Unknown(self.at.min(self.words.len() - 1)));
        }
    }

    /// Parses letters without a dash, whose values are the following words, in order.
    fn bare(&mut self, head: &[u8]) {
        for letter in head.iter().map(|byte| char::from(*byte)) {
            match find(self.options, &letter.to_string()) {
                Some(entry) => self.take(format!("-{letter}"), entry, None),
                None => self.items.push(Item::Unknown(1)),
            }
        }
    }

    fn take(&mut self, name: String, entry: Entry, attached: Option<usize>) {
        let word = self.at;
        let value = match (attached, entry.takes) {
            (Some(from), _) => Some(Place { word, from }),
            (None, Takes::Value | Takes::NextWord) => {
                self.at += 1;
                (self.at < self.words.len()).then_some(Place { word: self.at, from: 0 })
            }
            (None, Takes::TwoWords) => {
                self.at += 2;
                None
            }
            _ => None,
        };
        self.ended |= entry.ends;
        self.items.push(Item::Option { name, entry, word, value });
    }
}

/// Returns the entry of a name: a letter, or a name with its dashes.
fn find(options: &str, name: &str) -> Option<Entry> {
    let plus = name.strip_prefix('+');
    let is_letter = plus.unwrap_or(name).chars().count() <= 1;
    entries(options)
        .find(|(known, _)| match (is_letter, plus) {
            (true, Some("")) => *known == "+",
            (true, Some(letter)) => known.strip_prefix('+').is_some_and(|letters| letters.contains(letter)),
            (true, None) => !known.starts_with(['-', '+']) && known.contains(name),
            (false, _) => *known == name,
        })
        .map(|(_, entry)| entry)
}

/// Returns all entries: the letters or name of each, with its meaning.
pub fn entries(options: &str) -> impl Iterator<Item = (&str, Entry)> {
    options.split_ascii_whitespace().map(entry)
}

fn entry(written: &str) -> (&str, Entry) {
    let (written, unclear) = suffix(written, '!');
    let (written, ends) = suffix(written, '.');
    let end = written.find([':', '?', '~', '&', '#', '=', '<']).unwrap_or(written.len());
    let (name, kind) = written.split_at(end);
    let language = kind.find(['=', '<']).and_then(|at| Language::named(&kind[at + 1..]));
    let takes = match kind.bytes().next() {
        None => Takes::Nothing,
        Some(b'?') => Takes::Attached,
        Some(b'~') => Takes::NextWord,
        Some(b'&') => Takes::TwoWords,
        Some(b'#') => Takes::Digits,
        Some(_) => Takes::Value,
    };
    (name, Entry { takes, code: language, is_file: kind.starts_with('<'), ends, unclear })
}

fn suffix(text: &str, mark: char) -> (&str, bool) {
    text.strip_suffix(mark).map_or((text, false), |rest| (rest, true))
}

/// Returns the unknown languages in a line of options.
#[cfg(test)]
pub fn unknown_languages(options: &str) -> Vec<String> {
    let named = options.split_ascii_whitespace().filter_map(|written| {
        let written = written.trim_end_matches(['!', '.']);
        written.find(['=', '<']).map(|at| written[at + 1..].to_string())
    });
    named.filter(|name| Language::named(name).is_none()).collect()
}
