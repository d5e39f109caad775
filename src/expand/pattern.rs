//! Shell patterns (POSIX 2.14): `*`, `?` and bracket expressions, for file names and for `match` arms.
//!
//! The meaning of a pattern is determined here, because only this code knows which characters are quoted and
//! what is refused (`[^a]`, `[[:alpha:]]`). The matching itself is done by the `glob` crate with an
//! equivalent pattern. `*.txt`, `lib*` and `a*z`, nearly all patterns of real scripts, need only a
//! comparison at either end and never reach the crate.
//!
//! The crate matches characters, and a file's name consists of bytes. Bytes that are not UTF-8 are therefore
//! converted to separate characters (the last ones of the private use plane 16). True characters of that
//! range are converted byte by byte, so that no two names become equal.

use glob::MatchOptions;
use std::borrow::Cow;
use std::ops::Range;

/// A part of a word that may contain a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Unquoted text of the source, whose `*`, `?` and `[` are special. It contains no escapes: a character
    /// after a backslash is [`Part::Quoted`].
    Bare(&'a [u8]),
    /// Quoted text and values, which match literally.
    Quoted(&'a [u8]),
}

/// The reason why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The bytes that cause it, counted over all parts (or in the text, for [`Pattern::parse_text`]).
    pub range: Range<usize>,
    /// The message, with the text to write instead.
    pub message: String,
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The common beginning of all matches, and their common end.
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    middle: Middle,
}

/// The text that is allowed between prefix and suffix.
#[derive(Clone, Debug)]
enum Middle {
    /// Nothing: the prefix is the whole text.
    Nothing,
    /// `*`
    Anything,
    /// Text that matches the whole pattern.
    Matching(glob::Pattern),
}

/// The largest number of `*`, and of `[` that are never closed, in one pattern: the matcher recurses at each
/// `*`, and each such `[` means a search of all following text.
const MAX_SPECIAL: usize = 200;

impl Pattern {
    /// Parses a pattern for texts, as in the arm of a `match`: slashes and leading dots are not special, as
    /// in the `case` of sh.
    ///
    /// # Errors
    /// Fails for `[^…]`, character classes such as `[[:digit:]]`, more than 200 `*`, and more than 200 `[`
    /// without a `]`.
    pub fn parse(parts: &[Part]) -> Result<Self, PatternError> {
        Self::from_units(&units(parts))
    }

    /// Parses the text of a pattern that is a value: a backslash quotes the character after it.
    ///
    /// # Errors
    /// Fails as [`Pattern::parse`] does.
    #[cfg(test)]
    pub fn parse_text(text: &[u8]) -> Result<Self, PatternError> {
        Self::from_units(&text_units(text))
    }

    /// Returns whether the pattern has no special characters, so that it only matches its own text.
    pub fn is_literal(&self) -> bool {
        matches!(self.middle, Middle::Nothing)
    }

    /// Returns the common beginning of all matches; the whole text if the pattern [is
    /// literal](Self::is_literal).
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Returns whether all of `text` matches. `?` matches one character where the text is UTF-8, and one
    /// byte where it is not.
    pub fn matches(&self, text: &[u8]) -> bool {
        let Some(rest) = text.strip_prefix(self.prefix.as_slice()) else { return false };
        match &self.middle {
            Middle::Nothing => rest.is_empty(),
            Middle::Anything => rest.ends_with(&self.suffix),
            Middle::Matching(pattern) => {
                // A name has no separators, and the text of an arm no special ones.
                let options = MatchOptions {
                    case_sensitive: true,
                    require_literal_separator: false,
                    require_literal_leading_dot: false,
                };
                rest.ends_with(&self.suffix) && pattern.matches_with(&to_chars(text), options)
            }
        }
    }

    pub(super) fn from_units(units: &[Unit]) -> Result<Self, PatternError> {
        let tokens = tokens(units)?;
        let literal = |token: &&Token| matches!(token, Token::Char(_));
        let prefix: Vec<u8> = tokens.iter().take_while(literal).flat_map(Token::bytes).collect();
        let special = tokens.iter().take_while(literal).count();
        if special == tokens.len() {
            return Ok(Self { prefix, suffix: Vec::new(), middle: Middle::Nothing });
        }
        let tail = tokens.len() - tokens.iter().rev().take_while(literal).count();
        let suffix = tokens[tail..].iter().flat_map(Token::bytes).collect();
        let middle = if let [Token::Star] = tokens[special..tail] {
            Middle::Anything
        } else {
            Middle::Matching(glob::Pattern::new(&to_crate(&tokens)).map_err(|error| PatternError {
                range: 0..units.last().map_or(0, |unit| unit.at + 1),
                message: error.msg.to_owned(),
            })?)
        };
        Ok(Self { prefix, suffix, middle })
    }
}

/// One character of a pattern with the properties from its part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub char: char,
    /// Whether it may be special.
    pub bare: bool,
    /// Its position.
    pub at: usize,
}

impl Unit {
    /// Returns whether this is the special character `char`.
    pub fn is(self, char: char) -> bool {
        self.bare && self.char == char
    }
}

/// Returns the characters of all parts, joined first: two values may each contain half a character.
pub(super) fn units(parts: &[Part]) -> Vec<Unit> {
    let mut bytes = Vec::new();
    let mut bare = Vec::new();
    // The second star of `*$x*` whose value is empty: the two are not `**`.
    let mut joined = Vec::new();
    let mut after_empty = false;
    for part in parts {
        let (text, special) = match part {
            Part::Bare(text) => (text, true),
            Part::Quoted(text) => (text, false),
        };
        let is_star = special && text.starts_with(b"*");
        if is_star && after_empty && bytes.ends_with(b"*") && bare.last() == Some(&true) {
            joined.push(bytes.len());
        }
        after_empty = text.is_empty();
        bytes.extend_from_slice(text);
        bare.resize(bytes.len(), special);
    }
    let units = decode(&bytes).map(|(at, char)| Unit { char, bare: bare[at], at });
    units.filter(|unit| !joined.contains(&unit.at)).collect()
}

/// Returns the characters of a pattern's text without its backslashes. A backslash at the end means itself.
pub(super) fn text_units(text: &[u8]) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut quoted = false;
    for (at, char) in decode(text) {
        if char == '\\' && !quoted && at + 1 < text.len() {
            quoted = true;
        } else {
            units.push(Unit { char, bare: !quoted, at });
            quoted = false;
        }
    }
    units
}

/// An element of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Char(char),
    AnyChar,
    Star,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    /// Returns the bytes that a literal token matches.
    fn bytes(&self) -> Vec<u8> {
        match *self {
            Self::Char(char) => match raw_byte(char) {
                Some(byte) => vec![byte],
                None => char.encode_utf8(&mut [0; 4]).as_bytes().to_vec(),
            },
            _ => Vec::new(),
        }
    }
}

fn tokens(units: &[Unit]) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::with_capacity(units.len());
    let mut stars = 0;
    let mut unclosed = 0;
    let mut at = 0;
    while let Some(&unit) = units.get(at) {
        at += 1;
        if unit.is('*') {
            if tokens.last() != Some(&Token::Star) {
                tokens.push(Token::Star);
                stars += 1;
            }
        } else if unit.is('?') {
            tokens.push(Token::AnyChar);
        } else if unit.is('[') {
            match bracket(&units[at - 1..])? {
                Some((token, len)) => {
                    tokens.push(token);
                    at += len - 1;
                }
                None => {
                    tokens.push(Token::Char('['));
                    unclosed += 1;
                }
            }
        } else {
            tokens.push(Token::Char(unit.char));
        }
        if stars.max(unclosed) > MAX_SPECIAL {
            let message = format!("more than {MAX_SPECIAL} `{}` in one pattern", unit.char);
            return Err(PatternError { range: unit.at..unit.at + 1, message });
        }
    }
    Ok(tokens)
}

/// Returns the bracket expression at the start of `units`, and its length (POSIX 9.3.5). `None` if it isn't
/// closed, which makes the `[` an ordinary character.
fn bracket(units: &[Unit]) -> Result<Option<(Token, usize)>, PatternError> {
    let mut at = 1;
    let negated = units.get(at).is_some_and(|unit| unit.is('!'));
    let caret = units.get(at).is_some_and(|unit| unit.is('^'));
    at += usize::from(negated || caret);
    let first = at;
    let mut ranges = Vec::new();
    let mut class = None;
    loop {
        let Some(&unit) = units.get(at) else { return Ok(None) };
        if unit.is(']') && at > first {
            break;
        }
        if let Some(len) = class_len(&units[at..]) {
            class.get_or_insert(at..at + len);
            at += len;
            continue;
        }
        match units.get(at + 1..at + 3) {
            Some([dash, high]) if dash.is('-') && !high.is(']') => {
                ranges.push((unit.char, high.char));
                at += 3;
            }
            _ => {
                ranges.push((unit.char, unit.char));
                at += 1;
            }
        }
    }
    let error = |from: usize, to: usize, message: String| {
        Err(PatternError { range: units[from].at..units[to - 1].at + units[to - 1].char.len_utf8(), message })
    };
    if caret {
        let inside: String = units[first..at].iter().map(|unit| unit.char).collect();
        return error(0, at + 1, format!("POSIX leaves `[^…]` open: write `[!{inside}]`"));
    }
    if let Some(class) = class {
        let name: String = units[class.start + 2..class.end - 2].iter().map(|unit| unit.char).collect();
        return error(class.start, class.end, class_hint(units[class.start + 1].char, &name));
    }
    Ok(Some((Token::Class { negated, ranges }, at + 1)))
}

/// Returns the length of the `[:name:]`, `[.x.]` or `[=x=]` at the start of `units`.
fn class_len(units: &[Unit]) -> Option<usize> {
    let [open, kind, rest @ ..] = units else { return None };
    if !open.is('[') || ![':', '.', '='].iter().any(|&char| kind.is(char)) {
        return None;
    }
    // Names are short. A limit keeps `[[:[:[:…` linear.
    let end = rest.windows(2).take(32).position(|pair| pair[0].is(kind.char) && pair[1].is(']'))?;
    Some(end + 4)
}

fn class_hint(kind: char, name: &str) -> String {
    let range = match name {
        "digit" => "[0-9]",
        "lower" => "[a-z]",
        "upper" => "[A-Z]",
        "alpha" => "[A-Za-z]",
        "alnum" => "[A-Za-z0-9]",
        "xdigit" => "[0-9A-Fa-f]",
        "word" => "[A-Za-z0-9_]",
        _ => "the characters themselves",
    };
    let range = if kind == ':' { range } else { "the character itself" };
    format!("what `[{kind}{name}{kind}]` means depends on the locale: write {range}")
}

/// Returns the pattern of the `glob` crate that is equivalent to `tokens`.
fn to_crate(tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens {
        match token {
            Token::Char(char) => out.push_str(&glob::Pattern::escape(char.encode_utf8(&mut [0; 4]))),
            Token::AnyChar => out.push('?'),
            Token::Star => out.push('*'),
            Token::Class { negated, ranges } => {
                out.push_str(if *negated { "[!" } else { "[" });
                out.push_str(&class_items(ranges));
                out.push(']');
            }
        }
    }
    out
}

/// Returns the text between the brackets for the `glob` crate, which has no escapes there: `]` means itself
/// only in first place, `-` only in last place, `!` anywhere except in first place. So these three are
/// removed from the ranges that they begin or end.
fn class_items(ranges: &[(char, char)]) -> String {
    const SPECIAL: [char; 3] = [']', '!', '-'];
    let mut special = [false; 3];
    let mut items = String::new();
    for &(mut low, mut high) in ranges {
        for (char, found) in SPECIAL.iter().zip(&mut special) {
            *found |= (low..=high).contains(char) && (low == *char || high == *char);
        }
        // No two of them are neighbours: one step leads to an ordinary character.
        if SPECIAL.contains(&low) {
            low = char::from(low as u8 + 1);
        }
        if SPECIAL.contains(&high) {
            high = char::from(high as u8 - 1);
        }
        if low <= high {
            items.extend([low, '-', high]);
        }
    }
    let [bracket, bang, dash] = special;
    match (bracket, items.is_empty(), bang, dash) {
        // An empty range such as `[z-a]` matches nothing.
        (false, true, false, false) => "b-a".to_owned(),
        (false, true, true, true) => "-!".to_owned(),
        // `!` in first place would negate; as a range of its own after an empty one it doesn't.
        (false, true, true, false) => "b-a!".to_owned(),
        _ => {
            let mark = |on: bool, char: &'static str| if on { char } else { "" };
            [mark(bracket, "]"), &items, mark(bang, "!"), mark(dash, "-")].concat()
        }
    }
}

/// The characters for bytes 0x80 to 0xFF that are not part of UTF-8.
const RAW: u32 = 0x0010_FF00;

fn raw_byte(char: char) -> Option<u8> {
    u8::try_from((char as u32).checked_sub(RAW)?).ok().filter(|byte| *byte >= 0x80)
}

fn raw_char(byte: u8) -> char {
    char::from_u32(RAW + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Returns the characters of `bytes` and the position of each.
fn decode(bytes: &[u8]) -> impl Iterator<Item = (usize, char)> {
    let mut at = 0;
    bytes.utf8_chunks().flat_map(move |chunk| {
        let start = at;
        at += chunk.valid().len() + chunk.invalid().len();
        let valid = chunk.valid().char_indices().flat_map(move |(offset, char)| {
            let mut buffer = [0; 4];
            let count = if raw_byte(char).is_some() { char.encode_utf8(&mut buffer).len() } else { 1 };
            (0..count).map(move |i| (start + offset + i, if count == 1 { char } else { raw_char(buffer[i]) }))
        });
        let invalid = start + chunk.valid().len();
        valid.chain(chunk.invalid().iter().enumerate().map(move |(i, &byte)| (invalid + i, raw_char(byte))))
    })
}

/// Returns `text` as characters, without a copy if it is ordinary UTF-8.
fn to_chars(text: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(text) {
        // 0xF4 begins the characters of plane 16, the only ones that need care.
        Ok(text) if !text.as_bytes().contains(&0xF4) => Cow::Borrowed(text),
        _ => Cow::Owned(decode(text).map(|(_, char)| char).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::testing::{Choices, quote, run_shell};

    fn matches(pattern: &str, text: &[u8]) -> bool {
        Pattern::parse_text(pattern.as_bytes()).expect("a fine pattern").matches(text)
    }

    /// Compares random patterns and texts with the `case` of a shell.
    fn compare(shell: &[&str], seed: u64, patterns: &[&str], texts: &[&str]) {
        let mut choices = Choices::new(seed);
        let cases: Vec<_> = (0..4000)
            .map(|_| (choices.text(patterns, 6), choices.text(texts, 4)))
            // In `[[:]` bash finds no `[`; dash and fnmatch(3) do, as POSIX requires.
            .filter(|(pattern, _)| !pattern.windows(2).any(|pair| pair == b"[:"))
            .collect();
        let mut script = Vec::new();
        for (pattern, text) in &cases {
            let pattern = if pattern.is_empty() { b"''" } else { pattern.as_slice() };
            let text = quote(text);
            let line = [b"case ", text.as_slice(), b" in ", pattern, b") printf y;; *) printf n;; esac\n"];
            script.extend(line.concat());
        }
        let answers = run_shell(shell, &script, std::path::Path::new("/"));
        assert_eq!(answers.len(), cases.len());
        for ((pattern, text), answer) in cases.iter().zip(answers) {
            let got = Pattern::parse_text(pattern).map(|pattern| pattern.matches(text));
            let place = format!("{} of {}", text.escape_ascii(), pattern.escape_ascii());
            match got {
                Ok(got) => assert_eq!(got, answer == b'y', "{place}"),
                Err(error) => assert!(error.message.contains("write"), "{place}: {error:?}"),
            }
        }
    }

    #[test]
    fn patterns_mean_what_they_mean_in_sh() {
        let patterns = [
            "a", "b", "*", "?", "[ab]", "[!a]", "[a-c]", ".", "/", "\\*", "\\?", "\\[", "[b-]", "[]a]", "-",
            "]",
        ];
        compare(&["dash"], 1, &patterns, &["a", "b", "c", ".", "/", "*", "[", "]", "-", "?"]);
        compare(&["bash"], 2, &patterns, &["a", "b", "c", ".", "/", "*", "[", "]", "-", "?"]);
    }

    #[test]
    fn brackets_are_read_as_bash_reads_them() {
        let patterns = [
            "[", "]", "[", "]", "!", "-", "a", "c", "\\]", "\\-", "\\!", "[!", "^", ":", "[:", ":]", "*",
            "+", "é",
        ];
        compare(&["bash"], 3, &patterns, &["a", "b", "]", "[", "-", "!", "^", ":", "+", ",", "é"]);
        compare(&["bash"], 4, &patterns, &["a", "b", "]", "[", "-", "!", "^", ":", "+", ",", "é"]);
    }

    #[test]
    fn characters_are_those_of_utf8_and_other_bytes_are_one_each() {
        assert!(matches("?", "é".as_bytes()));
        assert!(matches("[à-ü]?", "éx".as_bytes()));
        assert!(!matches("?", b"\xc3\xa9\xa9"));
        assert!(matches("??", b"\xc3\xa9\xff"));
        assert!(matches("a*z", b"a\xff\xfez"));
        assert!(matches("[!a]", b"\xff"));
        let raw = Pattern::parse(&[Part::Quoted(b"\xff"), Part::Bare(b"?*")]).unwrap();
        assert!(raw.matches(b"\xffa"));
        assert!(!raw.matches(b"\xfea"));
        // U+10FFFF represents 0xFF inside, and must not be confused with it.
        assert!(!raw.matches("\u{10FFFF}a".as_bytes()));
        assert!(matches("?*", "\u{10FFFF}".as_bytes()));
    }

    #[test]
    fn quoted_characters_and_values_are_never_special() {
        let pattern = Pattern::parse(&[Part::Bare(b"[a"), Part::Quoted(b"-"), Part::Bare(b"c]")]).unwrap();
        assert!(pattern.matches(b"-"));
        assert!(!pattern.matches(b"b"));
        let pattern = Pattern::parse(&[Part::Quoted(b"*["), Part::Bare(b"?")]).unwrap();
        assert!(pattern.matches(b"*[x"));
        assert!(!pattern.matches(b"a[x"));
        assert!(Pattern::parse(&[Part::Quoted(b"*[a]?")]).unwrap().is_literal());
        let halves =
            Pattern::parse(&[Part::Quoted(b"\xc3"), Part::Quoted(b"\xa9"), Part::Bare(b"?*")]).unwrap();
        assert!(halves.matches("éx".as_bytes()));
    }

    #[test]
    fn forms_that_depend_on_the_shell_or_the_locale_are_refused_with_an_alternative() {
        for (text, range, hint) in [
            ("a[^0-9]", 1..7, "[!0-9]"),
            ("[[:digit:]]", 1..10, "[0-9]"),
            ("x[a[:alpha:]]*", 3..12, "[A-Za-z]"),
            ("[[:space:]]", 1..10, "characters themselves"),
            ("[[.a.]]", 1..6, "character itself"),
        ] {
            let error = Pattern::parse_text(text.as_bytes()).expect_err("refused");
            assert_eq!(error.range, range, "{text}");
            assert!(error.message.contains(hint), "{text}: {}", error.message);
        }
        for text in ["[^", "[", "[!", "[[:digit:", "^", "[a", "[]"] {
            assert!(Pattern::parse_text(text.as_bytes()).unwrap().is_literal(), "{text}");
        }
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let long = if crate::sys::testing::is_long() { 100_000 } else { 10_000 };
        for unit in ["[", "[[:", "[!", "[a-", "[]"] {
            let _ = Pattern::parse_text(unit.repeat(long).as_bytes());
        }
        assert!(Pattern::parse_text("*a".repeat(long).as_bytes()).is_err());
        let pattern = Pattern::parse_text([&"*a?".repeat(100), "[b]"].concat().as_bytes()).unwrap();
        assert!(!pattern.matches("a".repeat(2000).as_bytes()));
    }
}
