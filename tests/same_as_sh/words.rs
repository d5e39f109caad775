//! Makes words: all kinds of quoting, next to each other.

use super::generate::{Generator, Place};
use super::script::{Inside, Piece, Word};

/// The environment of every run. The names are capitals, so that `$NAME` is the environment's in both languages.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("PLAIN", "hello"),
    ("SPACES", "  a  b c "),
    ("STARS", "*.txt [ab] ?"),
    ("LINES", "l1\nl2\n\n"),
    ("EMPTY", ""),
    ("QUOTES", "'\"`id`$(id);|&<>(){}#~!"),
    ("ACCENT", "é\u{1F600}"),
    ("BACK", "a\\b\\\\n\\"),
    ("DOLLAR", "$PLAIN ${PLAIN} $$"),
    ("DASHES", "x--help -n"),
    ("CONTROL", "a\tb\x1b[0m\x7f"),
    ("NUMBER", "42"),
];

const BARE: &[&str] = &[
    "a", "b1", "x.y", "in1", "a/b", "a=b", "k:v", "50%", "a+b", "x@y", "--long=1", "-x", "a,b", "é", "日本",
    "a^b", "^", "%", "a!b", "!", "a#b", "a~", "x~y", "=", "==", "@", ",", "0", "007", "1e3", "a..b",
    "key=a:b", "./x", "/", "//", "_", "a.", "+x", "%s",
];

/// Characters that would mean something else next to certain characters.
const LONE: &[&str] =
    &["[", "a[", "a{b", "a}", "{}", "a{}b", "$", "a$", "a$/b", "]", "a]b", "...", "a...b", "{a"];

const ESCAPED: &[&str] = &[
    "\\ ", "\\$", "\\$PLAIN", "\\\"", "\\'", "\\\\", "\\*", "\\?", "\\[", "\\]", "\\~", "\\#", "\\&", "\\;",
    "\\|", "\\<", "\\>", "\\(", "\\)", "\\{", "\\}", "\\a", "\\n", "\\`", "\\!", "\\-", "\\é", "\\=",
    "\\\\\\\\", "\\	",
];

const SINGLE: &[&str] = &[
    "'a b'",
    "''",
    "'$PLAIN'",
    "'\"'",
    "'\\'",
    "'\\n'",
    "'*'",
    "'a\nb'",
    "'`x`'",
    "'$(x)'",
    "'#'",
    "'~'",
    "'{a,b}'",
    "';'",
    "'!'",
    "'\n'",
    "'  '",
    "' # not a comment'",
    "'<<EOF'",
    "'é'",
    "'&& ||'",
    "'\\\\'",
    "'\\\n'",
    "'\t'",
];

const DOUBLE: &[&str] = &[
    "a b",
    "'",
    "*",
    "?",
    "~",
    "#",
    ";",
    "|",
    "&",
    "{a,b}",
    "\\\\",
    "\\\"",
    "\\$",
    "\\`",
    "\\\n",
    "$ ",
    "%",
    "\n",
    "!",
    "é",
    "",
    "\\$PLAIN",
    "()",
    "'$'",
    "[a]",
    "<<EOF",
    " # no comment",
    "  ",
    "\\\\\\\\",
    "\\\\n",
    "\t",
    "$.",
    "$'a'",
];

/// The backslash stays; in an argument of `echo` it is refused.
const DOUBLE_KEPT: &[&str] = &["\\a", "\\n", "\\'", "\\ ", "\\*", "\\.", "\\[", "\\é", "\\{", "\\~", "\\!"];

const ANSI_C: &[&str] = &[
    "$'a\\nb'",
    "$'\\t'",
    "$'\\x41'",
    "$'\\u00e9'",
    "$'\\''",
    "$'\\\\'",
    "$'\\101'",
    "$'\\e[0m'",
    "$'\\\"'",
    "$'a b'",
    "$'\\?'",
    "$'\\cA'",
    "$'\\U0001F600'",
    "$''",
    "$'$PLAIN'",
    "$'\\xff'",
    "$'\\E'",
    "$'\\a\\b\\f\\r\\v'",
    "$'*'",
    "$'\\x4g'",
    "$'\\1a'",
    "$'\\u41'",
    "$'a\nb'",
    "$'\\\\n'",
    "$'\\377'",
    "$'\\''\"'\"",
];

const TILDE: &[&str] = &["~", "~/a", "~root", "~/'a b'", "\"~\"", "'~'/a", "a:~", "~/", "~\\/a", "~'/a'"];

const BRACES: &[&str] = &[
    "{a,b}",
    "{1..3}",
    "{a..e..2}",
    "{3..1}",
    "{01..03}",
    "x{a,b}y",
    "{a,{b,c}}",
    "{a,}",
    "{,a}",
    "{'a b',c}",
    "{a,b}{1,2}",
    "{a,\\,}",
    "{1..5..2}",
    "{-1..1}",
    "{a}",
    "{a,b}}",
    "{1..a}",
    "a{b,c}d{e,f}",
    "{\"a\",'b'}",
    "{a,b}'{c,d}'",
    "{x,y}.txt",
    "{a..c}{1..2}",
    "\\{a,b}",
    "{a,b\\}",
    "{10..8}",
    "{5..1..2}",
    "{a,,b}",
    "{..}",
    "{1..}",
    "{a,b",
    "a,b}",
    "{{a,b}}",
    "{a,b}:{c,d}",
    "{in,b}*",
    "~/{a,b}",
    "{~,a}",
    "{*,b}.txt",
    "{1..3}{,x}",
];

/// Each matches files of the fixture, whatever the script did.
const GLOBS: &[&str] = &[
    "*",
    "in*",
    "*.txt",
    "d/*",
    "d/?.c",
    "[ab].txt",
    "[!b].txt",
    "[a-c]*",
    "./*",
    "d*/*.c",
    ".h*",
    "*' '*",
    "\"sp\"*",
    "*\\ *",
    "'*'.txt",
    "\\*.txt",
    "?.txt",
    "[[]x]",
    "*[!a-z]*",
    "d/.*",
    "*.tx[t]",
    "d/[x-y].c",
    "in[12]",
    "in[!1]",
    "*n*",
    "??*",
    "[]i]*",
    "sp*/q",
    "*/q",
    "./in1*",
    "ln/*.c",
    "[*]*",
    "[a\"b\"]*",
    "*'.'txt",
    "*.'t'xt",
    "*t",
    "u/?.txt",
    "u/[é].txt",
    "u/*",
    "e*",
    "\\i*",
    "*/",
    "d/",
    "d*",
    "*\"'\"*",
    "d//*",
    "*.t*t",
    "ln*",
    "sp*/",
    "$'i'n*",
];

/// Returns whether all shells treat a pattern the same: some match other file names in a shell that works with
/// bytes, or are in bash's notation.
fn is_posix_glob(pattern: &str) -> bool {
    !(pattern.starts_with("u/") || pattern.contains("/.*") || pattern.contains("$'"))
}

/// Protects the beginning of a word. A word that begins with a value and turns out to begin with a dash is an
/// error here, so a word of several pieces never begins with a piece that may be empty or a dash.
fn guard(pieces: &mut Vec<Piece>) {
    match pieces.first_mut() {
        Some(Piece::Variable("EMPTY", _)) => pieces.truncate(1),
        Some(Piece::Double(insides))
            if matches!(insides.first(), Some(Inside::Variable(..) | Inside::Capture(_))) =>
        {
            insides.insert(0, Inside::Same("<".to_owned()));
        }
        _ => {}
    }
}

impl Generator {
    pub fn word(&mut self, place: Place) -> Word {
        // Only pattern words, because one with a random neighbour would often match nothing.
        match self.rng.weighted(&[80, 8, if self.posix { 0 } else { 7 }, 4, 1]) {
            0 => {}
            1 => {
                let pattern = self.rng.pick(GLOBS);
                return match is_posix_glob(pattern) {
                    true => Word::same(pattern),
                    false if self.posix => Word::same("*"),
                    false => Word(vec![Piece::Bash(pattern.to_owned())]),
                };
            }
            2 => {
                let braces = self.rng.pick(BRACES);
                let mut pieces = vec![Piece::Bash(braces.to_owned())];
                if self.rng.chance(20) && !braces.contains('*') {
                    pieces.insert(0, Piece::Variable("PLAIN", true));
                }
                return Word(pieces);
            }
            3 => {
                let tilde = self.rng.pick(TILDE);
                return Word::same(tilde);
            }
            _ => return Word::same("out/k*"),
        }
        self.text_word(place)
    }

    /// Makes a word that is one argument.
    pub fn text_word(&mut self, place: Place) -> Word {
        let count = self.rng.weighted(&[0, 55, 30, 15]);
        let mut pieces: Vec<_> = (0..count).map(|_| self.piece(place, count == 1)).collect();
        // `""` and `"x"` together would begin with `"""`, which is refused here.
        guard(&mut pieces);
        let is_empty = |piece: &Piece| matches!(piece, Piece::Double(insides) if insides.iter().all(|inside| matches!(inside, Inside::Same(text) if text.is_empty())));
        if !self.rng.chance(5) {
            pieces.dedup_by(|next, piece| is_empty(piece) && matches!(next, Piece::Double(_)));
        }
        Word(pieces)
    }

    fn piece(&mut self, place: Place, alone: bool) -> Piece {
        match self.rng.weighted(&[24, 14, 14, 26, if self.posix { 0 } else { 8 }, 14]) {
            0 if alone && self.rng.chance(40) => Piece::Same(self.rng.pick(LONE).to_owned()),
            0 => Piece::Same(self.rng.pick(BARE).to_owned()),
            1 => Piece::Same(self.rng.pick(ESCAPED).to_owned()),
            2 => Piece::Same(self.rng.pick(SINGLE).to_owned()),
            3 => Piece::Double(self.double(place)),
            4 => Piece::Bash(self.rng.pick(ANSI_C).to_owned()),
            _ => {
                let braced = self.rng.chance(30);
                Piece::Variable(self.variable(), braced)
            }
        }
    }

    pub fn variable(&mut self) -> &'static str {
        ENVIRONMENT[self.rng.below(ENVIRONMENT.len())].0
    }

    fn double(&mut self, place: Place) -> Vec<Inside> {
        let count = self.rng.within(0, 3);
        let mut insides: Vec<_> = (0..count)
            .map(|_| match self.rng.weighted(&[110, 60, 28, 6]) {
                0 => Inside::Same(self.rng.pick(DOUBLE).to_owned()),
                1 => {
                    let braced = self.rng.chance(30);
                    Inside::Variable(self.variable(), braced)
                }
                2 if place.depth < 2 => Inside::Capture(self.succeeding(place)),
                2 => Inside::Same("x".to_owned()),
                _ => Inside::Same(self.rng.pick(DOUBLE_KEPT).to_owned()),
            })
            .collect();
        if self.rng.chance(8) {
            insides.push(Inside::Same("$".to_owned()));
        }
        insides
    }
}
