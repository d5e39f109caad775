//! Brace expansion as in bash: `{a,b}`, `{1..9}`, `{a..e..2}`, nested, and literal if it is not a list.
//!
//! The rules are bash's own, since no standard has them: a `}` closes a list only after a `,` or `..` at
//! its level; text that is not a list is unchanged, and lists inside it still count. bash finds the end of
//! a list by looking ahead from each `{`, which takes quadratic time for many that are never closed, and
//! expands its alternatives by looking ahead again. Here one pass from the right notes, for every position,
//! the next separator and the next closing brace of its level, so that a hundred thousand `{` cost no more
//! than any other text.

use std::ops::Range;

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<T> {
    /// Unquoted text. It contains no escapes: a character after a backslash is [`Piece::Fixed`].
    Text(Vec<u8>),
    /// A piece that braces don't look into: quoted text, a value, a capture.
    Fixed(T),
}

/// The reason why a word is not expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BraceError {
    /// More than 65,536 words, or more than 16 MiB of text.
    TooMany,
    /// Lists within lists, more than 256 levels deep.
    TooDeep,
    /// A range from a capital to a small letter, or back.
    MixedCase,
}

impl std::fmt::Display for BraceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooMany => {
                write!(f, "this brace list makes more than {MAX_WORDS} words or {MAX_BYTES} bytes")
            }
            Self::MixedCase => f.write_str("a range of letters mixes capitals and small letters"),
            Self::TooDeep => write!(f, "brace lists are nested more than {MAX_DEPTH} levels deep"),
        }
    }
}

impl std::error::Error for BraceError {}

const MAX_WORDS: usize = 65_536;
const MAX_BYTES: usize = 16 << 20;
/// The total size of all lists of one source, in the units of [`expand`]: some 400,000 short words.
pub const MAX_TOTAL: usize = 32 << 20;
/// The size of a word in addition to its chunks, in these units.
const WORD_COST: usize = 64;
const MAX_DEPTH: usize = 256;
/// The size of a chunk in addition to its text, for its memory.
const CHUNK_COST: usize = 12;

/// Words, each of several pieces, and their total size.
type Expanded<T> = (Vec<Vec<Piece<T>>>, usize);

/// Returns the words from the brace lists of a word; `None` if it has none.
///
/// An empty word, such as the second one of `{a,}`, is left out as in sh; a word with a [`Piece::Fixed`] is
/// always kept, since `""` is a word.
///
/// `weight` returns the size of a copy of a fixed piece: `{1..65000}$[f(…)]` makes 65,000 of it. The total
/// size is returned with the words.
///
/// # Errors
/// Fails for more than 65,536 words, more than 16 MiB of text, or lists nested more than 256 levels deep.
pub fn expand<T: Clone>(
    word: &[Piece<T>],
    weight: impl Fn(&T) -> usize,
) -> Result<Option<Expanded<T>>, BraceError> {
    let braces = word.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(&b'{')));
    if !braces {
        return Ok(None);
    }
    let len = |piece: &Piece<T>| if let Piece::Text(text) = piece { text.len() } else { 1 };
    if word.iter().map(len).sum::<usize>() > MAX_BYTES {
        return Err(BraceError::TooMany);
    }
    let flat = Flat::new(word, weight);
    if flat.next_list(0..flat.text.len()).is_none() {
        return Ok(None);
    }
    let Words { list, size } = flat.words(0..flat.text.len(), 0)?;
    let size = size + WORD_COST * list.len();
    let words = list.iter().map(|word| flat.pieces(word)).filter(|word| !word.is_empty()).collect();
    Ok(Some((words, size)))
}

/// A part of a result.
#[derive(Clone, Debug)]
enum Chunk {
    /// A part of the original word.
    Source(Range<usize>),
    /// A term of a sequence.
    Made(Vec<u8>),
}

/// Words under construction.
struct Words {
    list: Vec<Vec<Chunk>>,
    /// The size of all of them, with [`CHUNK_COST`] for each chunk.
    size: usize,
}

impl Words {
    /// Appends `chunk`, whose size is `len`, to each word.
    fn append(&mut self, chunk: Chunk, len: usize) -> Result<(), BraceError> {
        if len == 0 {
            return Ok(());
        }
        self.size = (CHUNK_COST + len).saturating_mul(self.list.len()).saturating_add(self.size);
        if self.size > MAX_BYTES {
            return Err(BraceError::TooMany);
        }
        self.list.iter_mut().for_each(|word| word.push(chunk.clone()));
        self.check()
    }

    /// Appends each of `ends` to each word.
    fn multiply(&mut self, ends: &Self) -> Result<(), BraceError> {
        self.size = self.size * ends.list.len() + ends.size * self.list.len();
        if self.list.len() * ends.list.len() > MAX_WORDS || self.size > MAX_BYTES {
            return Err(BraceError::TooMany);
        }
        let on =
            |word: &Vec<Chunk>| ends.list.iter().map(|end| [&word[..], end].concat()).collect::<Vec<_>>();
        self.list = self.list.iter().flat_map(on).collect();
        Ok(())
    }

    /// Adds the words of another list.
    fn extend(&mut self, other: Self) -> Result<(), BraceError> {
        self.list.extend(other.list);
        self.size += other.size;
        self.check()
    }

    fn check(&self) -> Result<(), BraceError> {
        if self.list.len() > MAX_WORDS || self.size > MAX_BYTES { Err(BraceError::TooMany) } else { Ok(()) }
    }
}

/// No position. Positions are `u32`, which the limit on a word's length allows.
const NONE: u32 = u32::MAX;

/// A word as one text, with the structure of its braces.
struct Flat<'a, T> {
    /// The text; [`FIXED`] for each fixed piece.
    text: Vec<u8>,
    /// The fixed pieces and their positions, in order.
    fixed: Vec<(usize, &'a T)>,
    /// The sizes of the fixed pieces before each one, and finally of all of them.
    weights: Vec<usize>,
    /// The number of commas before each position.
    commas: Vec<u32>,
    /// The next `,` at the level of each position, before the level ends.
    next_comma: Vec<u32>,
    /// The `}` that closes a list whose text begins at the position: the first one of its level with a `,`
    /// or `..` before it.
    list_end: Vec<u32>,
}

/// The mark for a fixed piece: NUL, which can't be in the text of a word.
const FIXED: u8 = 0;

impl<'a, T: Clone> Flat<'a, T> {
    fn new(word: &'a [Piece<T>], weight: impl Fn(&T) -> usize) -> Self {
        let (mut text, mut fixed, mut weights) = (Vec::new(), Vec::new(), vec![0_usize]);
        for piece in word {
            match piece {
                Piece::Text(bytes) => text.extend_from_slice(bytes),
                Piece::Fixed(piece) => {
                    fixed.push((text.len(), piece));
                    weights.push(weights[weights.len() - 1].saturating_add(weight(piece)));
                    text.push(FIXED);
                }
            }
        }
        let len = text.len();
        let mut commas = Vec::with_capacity(len + 1);
        commas.push(0);
        let (mut opened, mut partner) = (Vec::new(), vec![NONE; len]);
        for (at, &byte) in text.iter().enumerate() {
            commas.push(commas[at] + u32::from(byte == b','));
            match byte {
                b'{' => opened.push(at),
                b'}' => {
                    if let Some(open) = opened.pop() {
                        partner[open] = at as u32;
                    }
                }
                _ => {}
            }
        }
        // The answer for a position is that of the next position, or of the position after the braces that
        // begin there.
        let mut next_comma = vec![NONE; len + 1];
        let mut next_close = vec![NONE; len + 1];
        let mut list_end = vec![NONE; len + 1];
        for at in (0..len).rev() {
            let after = match (text[at], partner[at]) {
                (b'{', NONE) => continue,
                (b'{', close) => close as usize + 1,
                _ => at + 1,
            };
            let byte = text[at];
            next_comma[at] = if byte == b',' { at as u32 } else { next_comma[after] };
            next_close[at] = if byte == b'}' { at as u32 } else { next_close[after] };
            let dots = text[at..].starts_with(b"..") && text.get(at + 2) != Some(&b'}');
            list_end[at] = if byte == b',' || dots { next_close[after] } else { list_end[after] };
        }
        Self { text, fixed, weights, commas, next_comma, list_end }
    }

    /// Returns the size of a part of the word.
    fn cost(&self, range: &Range<usize>) -> usize {
        let before = |end: usize| self.weights[self.fixed.partition_point(|(at, _)| *at < end)];
        (before(range.end) - before(range.start)).saturating_add(range.len())
    }

    fn append(&self, words: &mut Words, range: Range<usize>) -> Result<(), BraceError> {
        let cost = self.cost(&range);
        words.append(Chunk::Source(range), cost)
    }

    /// Returns the positions of the braces of the first list within `range`.
    fn next_list(&self, range: Range<usize>) -> Option<(usize, usize)> {
        let mut at = range.start;
        while at < range.end {
            at += memchr::memchr(b'{', &self.text[at..range.end])?;
            let lone = at == range.start && (at + 1 == range.end || self.text[at + 1] == b'}');
            let end = self.list_end[at + 1] as usize;
            if !lone && end < range.end {
                return Some((at, end));
            }
            at += 1;
        }
        None
    }

    /// Returns the words from the text in `range`.
    fn words(&self, range: Range<usize>, depth: usize) -> Result<Words, BraceError> {
        if depth > MAX_DEPTH {
            return Err(BraceError::TooDeep);
        }
        let mut words = Words { list: vec![Vec::new()], size: 0 };
        let mut at = range.start;
        while let Some((open, close)) = self.next_list(at..range.end) {
            self.append(&mut words, at..open)?;
            let inside = open + 1..close;
            at = close + 1;
            // The content is searched at any level, as in bash: `{{a,b}..c}` becomes the words of `{a,b}..c`,
            // without the outer braces.
            if self.commas[inside.end] > self.commas[inside.start] {
                words.multiply(&self.alternatives(inside, depth)?)?;
            } else if let Some(terms) = sequence(&self.text[inside])? {
                let size = terms.iter().map(|term| CHUNK_COST + term.len()).sum();
                let list = terms.into_iter().map(|term| vec![Chunk::Made(term)]).collect();
                words.multiply(&Words { list, size })?;
            } else {
                // There is neither a comma nor a sequence, so the whole is text, including its content.
                self.append(&mut words, open..close + 1)?;
            }
        }
        self.append(&mut words, at..range.end)?;
        Ok(words)
    }

    /// Returns the words of the alternatives between commas.
    fn alternatives(&self, range: Range<usize>, depth: usize) -> Result<Words, BraceError> {
        let mut words = Words { list: Vec::new(), size: 0 };
        let mut start = range.start;
        loop {
            let comma = self.next_comma[start] as usize;
            let end = comma.min(range.end);
            words.extend(self.words(start..end, depth + 1)?)?;
            if comma >= range.end {
                return Ok(words);
            }
            start = end + 1;
        }
    }

    /// Returns a word in the caller's form.
    fn pieces(&self, chunks: &[Chunk]) -> Vec<Piece<T>> {
        let mut pieces = Vec::new();
        for chunk in chunks {
            match chunk {
                Chunk::Made(text) => push_text(&mut pieces, text),
                Chunk::Source(range) => {
                    let mut start = range.start;
                    let first = self.fixed.partition_point(|(at, _)| *at < range.start);
                    for (at, piece) in self.fixed[first..].iter().take_while(|(at, _)| *at < range.end) {
                        push_text(&mut pieces, &self.text[start..*at]);
                        pieces.push(Piece::Fixed((*piece).clone()));
                        start = at + 1;
                    }
                    push_text(&mut pieces, &self.text[start..range.end]);
                }
            }
        }
        pieces
    }
}

fn push_text<T>(pieces: &mut Vec<Piece<T>>, bytes: &[u8]) {
    match pieces.last_mut() {
        _ if bytes.is_empty() => {}
        Some(Piece::Text(text)) => text.extend_from_slice(bytes),
        _ => pieces.push(Piece::Text(bytes.to_vec())),
    }
}

/// Returns the terms of `1..9`, `a..e` and with a step `1..9..2`; `None` if it is not a sequence.
fn sequence(text: &[u8]) -> Result<Option<Vec<Vec<u8>>>, BraceError> {
    let Some(dots) = memchr::memmem::find(text, b"..") else { return Ok(None) };
    let (first, rest) = (&text[..dots], &text[dots + 2..]);
    let (last, step) = match memchr::memmem::find(rest, b"..") {
        Some(dots) => (&rest[..dots], integer(&rest[dots + 2..])),
        None => (rest, Some(1)),
    };
    let Some(step) = step else { return Ok(None) };
    Ok(match (first, last) {
        ([from], [to]) if from.is_ascii_alphabetic() && to.is_ascii_alphabetic() => {
            // Between the cases are a backslash and a backtick, which bash interprets again.
            if from.is_ascii_uppercase() != to.is_ascii_uppercase() {
                return Err(BraceError::MixedCase);
            }
            let term = |value: i128| vec![value as u8];
            terms(i128::from(*from), i128::from(*to), step)?.map(|values| values.map(term).collect())
        }
        _ => {
            let (Some(from), Some(to)) = (integer(first), integer(last)) else { return Ok(None) };
            let padded = |text: &[u8]| {
                let digits = text.strip_prefix(b"-").unwrap_or(text);
                digits.len() > 1 && digits[0] == b'0'
            };
            let width = if padded(first) || padded(last) { first.len().max(last.len()) } else { 0 };
            let term = |value: i128| format!("{value:0width$}").into_bytes();
            terms(from, to, step)?.map(|values| values.map(term).collect())
        }
    })
}

/// Returns the numbers from `from` to `to`; the sign of `step` is ignored, and a step of 0 is 1. `None` if
/// the distance is too great for bash's own arithmetic, which leaves such a list unchanged.
fn terms(from: i128, to: i128, step: i128) -> Result<Option<impl Iterator<Item = i128>>, BraceError> {
    let distance = (to - from).abs();
    if distance > i128::from(i64::MAX) - 2 {
        return Ok(None);
    }
    let step = step.abs().max(1);
    let count = distance / step + 1;
    if count > MAX_WORDS as i128 {
        return Err(BraceError::TooMany);
    }
    let step = if to < from { -step } else { step };
    Ok(Some((0..count).map(move |i| from + i * step)))
}

/// Returns a whole decimal number that fits 64 bits, as strtoimax(3) parses it.
fn integer(text: &[u8]) -> Option<i128> {
    let value: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(i128::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::testing::{Choices, run_shell};
    use crate::sys::testing;
    use std::time::Duration;

    /// Returns a word of sh as pieces: quoted text and escaped characters are fixed.
    fn word(text: &[u8]) -> Vec<Piece<Vec<u8>>> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let quoted = match text[at] {
                b'\\' => at + 1..at + 2,
                quote @ (b'\'' | b'"') => {
                    let len = text[at + 1..].iter().position(|&byte| byte == quote).expect("a closing quote");
                    at + 1..at + 1 + len
                }
                byte => {
                    push_text(&mut pieces, &[byte]);
                    at += 1;
                    continue;
                }
            };
            at = quoted.end + usize::from(text[at] != b'\\');
            pieces.push(Piece::Fixed(text[quoted].to_vec()));
        }
        pieces
    }

    fn texts(words: Vec<Vec<Piece<Vec<u8>>>>) -> Vec<String> {
        let text = |piece: Piece<Vec<u8>>| match piece {
            Piece::Text(text) | Piece::Fixed(text) => text,
        };
        let one =
            |word: Vec<_>| word.into_iter().flat_map(text).collect::<Vec<u8>>().escape_ascii().to_string();
        words.into_iter().map(one).collect()
    }

    fn expanded(text: &[u8]) -> Vec<String> {
        let pieces = word(text);
        let words = expand(&pieces, Vec::len).expect("within the limits").map(|(words, _)| words);
        texts(words.unwrap_or_else(|| vec![pieces]))
    }

    fn compare(cases: &[Vec<u8>]) {
        let mut script = Vec::new();
        for case in cases {
            script.extend(
                [b"set -- ", case.as_slice(), b"; (($#)) && printf '<%s>\\1' \"$@\"; printf '\\0'\n"]
                    .concat(),
            );
        }
        let answer = run_shell(&["bash"], &script, std::path::Path::new("/"));
        let answers: Vec<_> = answer.split(|&byte| byte == 0).collect();
        assert_eq!(answers.len(), cases.len() + 1);
        for (case, answer) in cases.iter().zip(answers) {
            let expected: Vec<_> = answer
                .split(|&byte| byte == 1)
                .filter_map(|word| word.strip_prefix(b"<")?.strip_suffix(b">"))
                .map(|word| word.escape_ascii().to_string())
                .collect();
            assert_eq!(expanded(case), expected, "{}", case.escape_ascii());
        }
    }

    #[test]
    fn words_are_those_of_bash() {
        let cases = [
            "a{b,c}d",
            "{a,b}{1,2}",
            "{a,{b,c}}",
            "{a}",
            "{a,b",
            "a,b}",
            "{}",
            "x{}",
            "{},{}",
            "{{},a}",
            "a{,}b",
            "{,}",
            "{,a}",
            "{a,}",
            "\"\"{,a}",
            "{1..9}",
            "{9..1..2}",
            "{a..e}",
            "{e..a..2}",
            "{01..10}",
            "{-01..2}",
            "{1..010..3}",
            "{-1..-003}",
            "{+1..3}",
            "{1..3..0}",
            "{1..3..-1}",
            "{1..3..}",
            "{1..}",
            "{..3}",
            "{1..a}",
            "{a..1}",
            "{a..c..x}",
            "{aa..c}",
            "{1.3}",
            "{1...3}",
            "{a}b,c}",
            "{{a,b}..c}",
            "{{1..3}..x}",
            "{{1..3}..x}{a,b}",
            "{a,b}}",
            "{{a,b}",
            "{a,{b,c}",
            "{a{b,c}",
            "x{a,b}y{1..2}z",
            "{'a','b'}",
            "{\"a,b\",c}",
            "{\\{,\\}}",
            "{a\\,b}",
            "{1..\"3\"}",
            "{-5..5..5}",
            "{0..0}",
            "{00..0}",
            "{c..a}",
            "{1..3}{,}",
            "{}{a,b}",
            "a{}b{c,d}",
            "{9223372036854775806..9223372036854775807}",
            "{9223372036854775808..1}",
            "{1..2..9223372036854775807}",
            "{-9223372036854775808..9223372036854775807}",
            "{a,b}{",
            "{a,b}{}",
            "{{}}",
            "{{a}}",
            "{{a},b}",
            "{.,..}",
            "{..,a}",
            "{a..b,c}",
            "{a,b..c}",
            "{{1..2},{3..4}}",
            "{1..2}..{3..4}",
            "{é,ü}x",
            "{1..3}.txt",
        ];
        compare(&cases.map(|case| case.as_bytes().to_vec()));
    }

    #[test]
    fn random_words_are_those_of_bash() {
        let items = [
            "{", "{", "{", "}", "}", "}", ",", ",", "..", ".", "-", "a", "c", "1", "0", "3", "z", "'a'",
            "\"}\"", "'{'", "\\,", "\\{", "\\}", "''", "{1..3}", "{a,b}",
        ];
        let mut choices = Choices::new(5);
        let cases: Vec<_> =
            (0..20_000).map(|_| choices.text(&items, 14)).filter(|case| !case.is_empty()).collect();
        compare(&cases);
    }

    #[test]
    fn fixed_pieces_are_kept_whole_and_keep_a_word_from_vanishing() {
        let pieces =
            [Piece::Fixed(7), Piece::Text(b"{a,".to_vec()), Piece::Fixed(8), Piece::Text(b"}".to_vec())];
        let (words, _) = expand(&pieces, |_| 1).unwrap().unwrap();
        assert_eq!(
            words,
            [vec![Piece::Fixed(7), Piece::Text(b"a".to_vec())], vec![Piece::Fixed(7), Piece::Fixed(8)],]
        );
        let words = |text: &[u8]| {
            expand(&[Piece::<u8>::Text(text.to_vec())], |_| 1).map(|all| all.map(|(words, _)| words))
        };
        assert_eq!(words(b"{,}"), Ok(Some(vec![])));
        assert_eq!(expand(&[Piece::Text(b"ab".to_vec()), Piece::Fixed(1)], |_| 1), Ok(None));
        assert_eq!(words(b"{a}"), Ok(None));
    }

    #[test]
    fn too_many_words_are_an_error() {
        let error = |text: &str| expand(&[Piece::<u8>::Text(text.as_bytes().to_vec())], |_| 1).unwrap_err();
        assert_eq!(error(&"{a,b}".repeat(17)), BraceError::TooMany);
        assert_eq!(error(&"{a,b}".repeat(10_000)), BraceError::TooMany);
        assert_eq!(error("{1..65537}"), BraceError::TooMany);
        assert_eq!(error(&["{1..1000}", &"x".repeat(100_000)].concat()), BraceError::TooMany);
        assert_eq!(error(&["{".repeat(300), ",}".repeat(300)].concat()), BraceError::TooDeep);
        assert_eq!(expanded("{a,b}".repeat(16).as_bytes()).len(), 65_536);
        assert_eq!(expanded(b"{1..65536}").len(), 65_536);
    }

    #[test]
    fn hostile_words_take_no_time() {
        let start = testing::processor_time();
        for unit in ["{", "{,", "{a,", "}", "{}", "{a}", "{..", "{{a}", ",", "{1..x}", "{{a,b}..", "{a,b"] {
            let _ = expand(&[Piece::<u8>::Text(unit.repeat(100_000).into_bytes())], |_| 1);
            let nested = [unit.repeat(50_000), "}".repeat(50_000)].concat();
            let _ = expand(&[Piece::<u8>::Text(nested.into_bytes())], |_| 1);
        }
        let many = ["{", &"a,".repeat(65_000), "}"].concat();
        assert_eq!(expanded(many.as_bytes()).len(), 65_000);
        let taken = testing::processor_time() - start;
        assert!(taken < Duration::from_secs(5), "{taken:?}");
    }
}
