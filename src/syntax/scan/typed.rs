//! The analysis of a text that is being typed: the kind of each part, what is still open at its end, and whether it
//! is incomplete. Colours, completion and the Enter key all use it, so that they agree with the language.

use super::{Context, Problem, Scanner};
use crate::span::Span;

/// The kind of a part of a text, for colours.
///
/// ```
/// use pipewright::dialog::{Look, Typed};
///
/// let typed = Typed::new("ls -l $dir # all");
/// let looks: Vec<Look> = typed.marks().iter().map(|mark| mark.look).collect();
/// assert_eq!(looks, [Look::Command, Look::Option, Look::Variable, Look::Comment]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Look {
    /// `# …`
    Comment,
    /// A string with its quotes, the text of a here-document, a pattern of `match`.
    String,
    /// `$x`, and a name in an expression.
    Variable,
    /// A word of the language.
    Keyword,
    /// A literal word in the place of a program's name.
    Command,
    /// The same, with quotes or values in it.
    MadeCommand,
    /// An argument that begins with `-`.
    Option,
    /// A number in an expression, with its unit.
    Number,
    /// A name that is called.
    Call,
    /// A name after a dot, or before a colon.
    Member,
    /// `|`, `>`, `=` and the other operators.
    Operator,
    /// A bracket.
    Bracket,
}

/// A part of a text. See [`Look`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Mark {
    /// Its place.
    pub span: Span,
    /// Its kind.
    pub look: Look,
}

/// The start of a word of a command.
///
/// ```
/// use pipewright::dialog::Typed;
///
/// let typed = Typed::new("LANG=C sort < na");
/// let words: Vec<_> = typed.words().iter().map(|word| (word.at, word.first, word.target)).collect();
/// assert_eq!(words, [(0, true, false), (7, true, false), (14, false, true)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WordStart {
    /// Offset of its first byte.
    pub at: usize,
    /// Whether the name of a program is expected here.
    pub first: bool,
    /// Whether it is the target of a redirection.
    pub target: bool,
    depth: usize,
}

/// The kind of place at the end of a text.
///
/// ```
/// use pipewright::dialog::{Place, Typed};
///
/// let place = |text| Typed::new(text).place();
/// assert_eq!((place("echo "), place("echo \"")), (Place::Commands, Place::String));
/// assert_eq!((place("let x = "), place("with timeout=3s, ")), (Place::Expression, Place::Options));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// Commands and their words.
    #[default]
    Commands,
    /// An expression.
    Expression,
    /// The options of `with`.
    Options,
    /// A string, or the text of a here-document.
    String,
}

/// The notes that the scanner makes about a text that is being typed.
#[derive(Debug, Default)]
pub(super) struct Notes {
    marks: Vec<Mark>,
    words: Vec<WordStart>,
    pairs: Vec<(Span, Span)>,
    /// Whether the last token of the commands joins them to the next ones.
    joined: bool,
    continues: bool,
    /// Whether the previous word sets the environment of the command that follows.
    assigned: bool,
    redirected: bool,
    place: Place,
}

/// The analysis of a text that is being typed.
#[derive(Debug, Default)]
pub struct Typed {
    /// The parts, in the order of the text.
    pub marks: Vec<Mark>,
    /// The words of the command at the end of the text, the last of which may be incomplete.
    pub words: Vec<WordStart>,
    /// Pairs of matching brackets and quotes.
    pub pairs: Vec<(Span, Span)>,
    /// The constructs that are open at the end, outermost first.
    pub open: Vec<Span>,
    /// How many of these are blocks and brackets, whose lines are indented.
    pub indent: usize,
    /// A closing bracket that has no opening one.
    pub unmatched: Option<Span>,
    /// Whether the text is incomplete, so that the next line belongs to it.
    pub incomplete: bool,
    /// The text that would close everything that is open.
    pub closers: String,
    pub place: Place,
}

/// Analyses a text that is being typed.
pub fn typed(text: &str) -> Typed {
    let mut scanner = Scanner::new(text.as_bytes(), 0, Context::Commands(0), 0);
    scanner.notes = Some(Box::default());
    let problem = scanner.run().err().or(scanner.scan.problem.take());
    let notes = *scanner.notes.take().unwrap_or_default();
    // A string is part of the word that contains it.
    let in_string = matches!(scanner.top().context, Context::Double | Context::MultiLine);
    let depth = scanner.stack.len() - usize::from(in_string);
    let mut typed = Typed {
        marks: notes.marks,
        pairs: notes.pairs,
        place: notes.place,
        words: notes.words.into_iter().filter(|word| word.depth == depth).collect(),
        ..Typed::default()
    };
    for here in &scanner.scan.here_documents {
        typed.marks.push(Mark { span: here.lines, look: Look::String });
    }
    for open in &scanner.stack[1..] {
        let (close, indented) = match open.context {
            // On its own line, so that it doesn't become part of a comment.
            Context::Commands(close) => (format!("\n{}", char::from(close)), true),
            Context::Expression(close) => (format!("\n{}", char::from(close)), true),
            Context::Double => ("\"".to_string(), false),
            Context::MultiLine => ("\n\"\"\"".to_string(), false),
            Context::ExpressionLine { .. } | Context::Document => continue,
        };
        typed.open.push(open.at);
        typed.indent += usize::from(indented);
        typed.closers.insert_str(0, &close);
    }
    typed.incomplete = match problem {
        None => {
            let escapes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
            notes.joined || notes.continues || (escapes % 2 == 1 && typed.place == Place::Commands)
        }
        Some(Problem::Unclosed { open, what }) => {
            let begin = &text[open.range()];
            if typed.open.last() != Some(&open) {
                typed.open.push(open);
                let close = match begin {
                    "${" => "}",
                    "`" => "`",
                    quote if quote.ends_with('"') => "\"",
                    _ => "'",
                };
                typed.closers.insert_str(0, close);
                if what == "string" {
                    typed.place = Place::String;
                    typed
                        .marks
                        .push(Mark { span: Span::new(open.start as usize, text.len()), look: Look::String });
                }
            }
            // A path can't continue over the end of a line, so its brace would never come.
            !(begin == "${" && text[open.end as usize..].contains('\n'))
        }
        Some(Problem::HereDocumentUnended { operator, .. }) => {
            typed.place = Place::String;
            if let Some(line) = text[operator.start as usize..].find('\n') {
                let start = operator.start as usize + line + 1;
                typed.marks.push(Mark { span: Span::new(start, text.len()), look: Look::String });
            }
            typed.indent = 0;
            true
        }
        Some(Problem::Unmatched { close, .. }) => {
            typed.unmatched = Some(close);
            false
        }
        Some(_) => false,
    };
    typed.marks.sort_by_key(|mark| (mark.span.start, std::cmp::Reverse(mark.span.end)));
    typed
}

impl Scanner<'_> {
    pub(super) fn note(&mut self, start: usize, end: usize, look: Look) {
        if let Some(notes) = &mut self.notes {
            notes.marks.push(Mark { span: Span::new(start, end), look });
        }
    }

    /// Notes an opened construct.
    pub(super) fn note_open(&mut self, context: Context, at: Span) {
        let Some(notes) = &mut self.notes else { return };
        notes.joined = false;
        let look = if matches!(context, Context::Double | Context::MultiLine) {
            Look::String
        } else {
            Look::Bracket
        };
        if at.start < at.end && !matches!(context, Context::ExpressionLine { .. }) {
            notes.marks.push(Mark { span: at, look });
        }
        if let Context::ExpressionLine { .. } = context {
            notes.words.retain(|word| word.depth < self.stack.len());
        }
    }

    /// Notes that the construct opened there is closed by the byte here.
    pub(super) fn note_close(&mut self, opened: Span) {
        let (at, depth) = (self.at, self.stack.len());
        let Some(notes) = &mut self.notes else { return };
        let close = Span::new(at, at + 1);
        let quote = self.text[at] == b'"';
        notes.marks.push(Mark { span: close, look: if quote { Look::String } else { Look::Bracket } });
        notes.pairs.push((opened, close));
        notes.words.retain(|word| word.depth < depth);
    }

    /// Notes a byte of an operator between commands.
    pub(super) fn note_separator(&mut self) {
        let (at, text, depth) = (self.at, self.text, self.stack.len());
        let Some(notes) = &mut self.notes else { return };
        let before = at.checked_sub(1).map(|before| text[before]);
        notes.joined = match text[at] {
            b'|' => true,
            b'&' => matches!(before, Some(b'&' | b'|')),
            _ => false,
        };
        notes.marks.push(Mark { span: Span::new(at, at + 1), look: Look::Operator });
        notes.words.retain(|word| word.depth < depth);
        notes.assigned = false;
    }

    /// Notes the end of a line of commands.
    pub(super) fn note_line_end(&mut self) {
        let depth = self.stack.len();
        if let Some(notes) = &mut self.notes {
            notes.words.retain(|word| word.depth < depth);
            notes.assigned = false;
        }
    }

    pub(super) fn note_redirection(&mut self, length: usize) {
        let at = self.at;
        // The arrow of an arm.
        let arrow = self.text[..at].ends_with(b"=") && self.text[at] == b'>';
        if let Some(notes) = &mut self.notes {
            notes.marks.push(Mark { span: Span::new(at, at + length), look: Look::Operator });
            notes.redirected = !arrow;
            notes.joined = false;
        }
    }

    /// Notes the start of a word of a command.
    pub(super) fn note_word(&mut self) {
        let (at, text, depth) = (self.at, self.text, self.stack.len());
        let (statement, head) = (self.statement_start, self.head);
        let Some(notes) = &mut self.notes else { return };
        notes.joined = false;
        let target = std::mem::take(&mut notes.redirected);
        // After `in` the scanner expects a parenthesis, as at the start of a statement.
        let item = head && text[..at].trim_ascii_end().ends_with(b" in");
        let first = (statement || std::mem::take(&mut notes.assigned)) && !target && !item;
        notes.words.push(WordStart { at, first, target, depth });
        let rest = &text[at..];
        let ends = |byte: u8| b" \t\n;&|<>()".contains(&byte);
        let length =
            rest.iter().position(|byte| ends(*byte) || b"'\"$`\\".contains(byte)).unwrap_or(rest.len());
        let word = &rest[..length];
        let whole = rest.get(length).is_none_or(|byte| ends(*byte));
        let mut mark = |length: usize, look| {
            notes.marks.push(Mark { span: Span::new(at, at + length), look });
        };
        if !first {
            match word {
                b"in" if head => mark(length, Look::Keyword),
                [b'-', _, ..] => mark(length, Look::Option),
                _ => {}
            }
            return;
        }
        let name = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if whole && (KEYWORDS.contains(&word) || word == b"time" && !super::commands::assigns(rest)) {
            mark(length, Look::Keyword);
        } else if name > 0 && word.get(name) == Some(&b'=') {
            mark(name, Look::Variable);
            notes.assigned = true;
        } else if memchr::memmem::find(line, b"=> {").is_some() {
            // A pattern of `match` looks like the name of a program.
            mark(length, Look::String);
        } else if super::commands::assigns(rest) || word.is_empty() {
            // The expression that begins here gets its own marks.
        } else {
            mark(length, if whole { Look::Command } else { Look::MadeCommand });
        }
    }

    /// Notes a `$` that is followed by a name.
    pub(super) fn note_variable(&mut self) {
        if self.notes.is_none() || self.byte(0) != b'$' {
            return;
        }
        let name = self.text[self.at + 1..].iter();
        let length = name.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let length = if self.byte(1) == b'?' { 1 } else { length };
        if length > 0 {
            self.note(self.at, self.at + 1 + length, Look::Variable);
        }
    }

    /// Notes a token of an expression that begins here, if it is a name or number.
    pub(super) fn note_token(&mut self) {
        if self.notes.is_none() {
            return;
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let before = self.at.checked_sub(1).map_or(b' ', |before| self.text[before]);
        let rest = &self.text[self.at..];
        if !is_name(rest[0]) || is_name(before) || before == b'$' {
            return;
        }
        let length = rest.iter().take_while(|byte| is_name(**byte)).count();
        let word = &rest[..length];
        let after = rest.get(length).copied().unwrap_or(b' ');
        let range = self.at >= 2 && &self.text[self.at - 2..self.at] == b"..";
        let look = match word {
            [b'0'..=b'9', ..] => Look::Number,
            b"and" | b"or" | b"not" | b"in" | b"true" | b"false" | b"null" => Look::Keyword,
            b"lines" | b"json" | b"bytes" | b"capture" | b"try" | b"spawn" | b"worker"
                if rest[length..].trim_ascii_start().first() == Some(&b'{') =>
            {
                Look::Keyword
            }
            _ if before == b'.' && !range => Look::Member,
            _ if after == b'(' => Look::Call,
            _ if after == b':' || after == b'=' && self.in_options() => Look::Member,
            _ => Look::Variable,
        };
        self.note(self.at, self.at + length, look);
    }

    fn in_options(&self) -> bool {
        matches!(self.top().context, Context::ExpressionLine { options: true })
    }

    /// Notes the end of the text.
    pub(super) fn note_end(&mut self) {
        let context = self.top().context;
        if self.word_start
            && let Context::Commands(_) = context
        {
            // The next key begins this word.
            let (at, joined) = (self.text.len(), self.notes.as_ref().is_some_and(|notes| notes.joined));
            self.at = at;
            self.note_word();
            if let Some(notes) = &mut self.notes {
                notes.joined = joined;
            }
        }
        let continues = matches!(context, Context::ExpressionLine { .. }) && self.continues();
        let Some(notes) = &mut self.notes else { return };
        notes.continues = continues;
        notes.place = match context {
            Context::Commands(_) => Place::Commands,
            Context::ExpressionLine { options: true } => Place::Options,
            Context::Expression(_) | Context::ExpressionLine { .. } => Place::Expression,
            Context::Double | Context::MultiLine | Context::Document => Place::String,
        };
    }
}

/// Keywords in the place of a program's name.
const KEYWORDS: &[&[u8]] = &[
    b"let",
    b"fn",
    b"return",
    b"if",
    b"else",
    b"for",
    b"while",
    b"break",
    b"continue",
    b"match",
    b"try",
    b"catch",
    b"defer",
    b"on",
    b"with",
    b"each",
    b"spawn",
    b"use",
    b"fail",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts the kinds of a text's parts, given as a letter below each.
    #[track_caller]
    fn assert_looks(text: &str, expected: &str) {
        let mut looks = vec![b' '; text.len()];
        for mark in typed(text).marks {
            let letter = match mark.look {
                Look::Comment => b'#',
                Look::String => b's',
                Look::Variable => b'v',
                Look::Keyword => b'k',
                Look::Command => b'c',
                Look::MadeCommand => b'm',
                Look::Option => b'o',
                Look::Number => b'n',
                Look::Call => b'f',
                Look::Member => b'.',
                Look::Operator => b'|',
                Look::Bracket => b'(',
            };
            looks[mark.span.range()].fill(letter);
        }
        let looks = String::from_utf8(looks).unwrap();
        assert_eq!(looks.trim_end(), expected, "\n{text}\n{looks}");
    }

    #[test]
    fn commands_have_their_looks() {
        assert_looks("ls -l 'a b' $x | wc # all", "cc oo sssss vv | cc #####");
        assert_looks("echo \"a $b ${c.d} $(pwd)\"", "cccc sssvvs((v .(s((ccc(s");
        assert_looks("A=1 make all > out && true", "v   cccc     |     || cccc");
        assert_looks("$tool x; 'my prog' y", "vvvvv  | sssssssss");
        assert_looks("if test -d x { cd x } else { pwd }", "kk cccc oo   ( cc   ( kkkk ( ccc (");
        assert_looks("for f in *.c { cat $f }", "kkk   kk     ( ccc vv (");
        assert_looks("ps | each line { echo $line }", "cc | kkkk      ( cccc vvvvv (");
        assert_looks("match (x) { a | b => { c } }", "kkkkk (v( ( s | s  | ( c ( (");
    }

    #[test]
    fn expressions_have_their_looks() {
        assert_looks("let n = 3 * xs.len() + true", "kkk v   n   vv ...((   kkkk");
        assert_looks("xs.push({a: 1})", "vv ....((.  n((");
        assert_looks("with timeout=30s { x }", "kkkk ....... nnn ( c (");
    }

    fn waits(text: &str) -> bool {
        typed(text).incomplete
    }

    #[test]
    fn incomplete_text_waits_for_more() {
        for text in [
            "echo 'a",
            "echo \"a",
            "echo \"$(ls",
            "f(1,",
            "if true {",
            "{ echo a",
            "ls |",
            "ls |\n",
            "a && # why",
            "a ||",
            "a |&",
            "cat <<E\nx",
            "let x = 1 +",
            "let x = [",
            "echo a \\",
            "let x =",
            "= x +",
            "= ",
            "lines {",
            "x.map(",
        ] {
            assert!(waits(text), "{text:?} waits for more");
        }
        for text in [
            "",
            "ls",
            "ls &",
            "echo 'a'",
            "echo a '|'",
            "cat <<E\nx\nE\n",
            "let x = 1",
            "= x",
            "echo }",
            "ls # |",
            "a; b",
            "echo \\\\",
            "echo ${x\n",
            "if true { a }",
        ] {
            assert!(!waits(text), "{text:?} is complete");
        }
    }

    #[test]
    fn open_constructs_can_be_closed() {
        for text in
            ["echo \"a $(ls", "if true { echo [", "let x = [1, {a: \"b", "echo 'it", "f(1, (2", "echo ${x"]
        {
            let closed = format!("{text}{}", typed(text).closers);
            assert!(!waits(&closed), "{closed:?}");
        }
        assert_eq!(typed("if a { b (c").indent, 2);
    }

    #[test]
    fn brackets_find_each_other() {
        let pairs = typed("a \"$(b {c})\"").pairs;
        let spans: Vec<(usize, usize)> =
            pairs.iter().map(|(open, close)| (open.start as usize, close.start as usize)).collect();
        assert_eq!(spans, [(3, 10), (2, 11)]);
        assert_eq!(typed("echo )").unmatched.map(|at| at.start), Some(5));
    }

    #[test]
    fn the_words_of_the_last_command_are_known() {
        let starts =
            |text: &str| typed(text).words.iter().map(|word| (word.at, word.first)).collect::<Vec<_>>();
        assert_eq!(starts("ls; git commit -m"), [(4, true), (8, false), (15, false)]);
        assert_eq!(starts("echo $(cat fi"), [(7, true), (11, false)]);
        assert_eq!(starts("A=1 B=2 make"), [(0, true), (4, true), (8, true)]);
        assert!(typed("cat < f").words.last().unwrap().target);
        assert_eq!(typed("let x = y").place, Place::Expression);
        assert_eq!(typed("with ti").words.len(), 2);
        assert_eq!(typed("with timeout=1s, ").place, Place::Options);
    }
}
