//! Code of a POSIX shell, parsed as far as necessary to know the place of a value in it: the quotes around it,
//! and its command.

use super::word::{Piece, Value, ValueKind, Word};
use std::borrow::Cow;

/// The place of a value in the code of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Unquoted,
    SingleQuoted,
    DoubleQuoted,
    /// In `` `…` ``, whose backslashes are interpreted twice.
    Backquoted,
    /// In `$((…))`, `((…))` or an index.
    Arithmetic,
    /// In `${…}`.
    Parameter,
    /// In a comment, which a line end ends.
    Comment,
    /// In the body of a here-document.
    HereDocument,
    /// After a backslash or a dollar, which changes the meaning of a quote.
    Escaped,
}

/// A command of the code.
#[derive(Debug, Default)]
pub struct Simple<'a> {
    pub words: Vec<Word<'a>>,
    /// Whether it reads the output of the command before it.
    pub is_piped: bool,
}

/// The commands and values of code.
#[derive(Debug, Default)]
pub struct Code<'a> {
    pub commands: Vec<Simple<'a>>,
    /// The values with their places.
    pub values: Vec<(Value<'a>, State)>,
}

/// Parses code.
pub fn read<'a>(pieces: &[Piece<'a>]) -> Code<'a> {
    let mut reader = Reader { frames: vec![Frame::new(Context::Command)], ..Reader::default() };
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let mut rest: &[u8] = text;
                while let Some((byte, behind)) = rest.split_first() {
                    let more = reader.byte(*byte, behind);
                    rest = behind.get(more..).unwrap_or_default();
                }
            }
            Piece::Value(value) => reader.value(value),
        }
    }
    while !reader.frames.is_empty() {
        reader.close();
    }
    reader.code
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    /// Commands, ended by a parenthesis if they began with one.
    Command,
    Backquoted,
    SingleQuoted,
    /// `$'…'`
    AnsiQuoted,
    DoubleQuoted,
    Parameter,
    Arithmetic,
    Comment,
}

#[derive(Debug)]
struct Frame<'a> {
    context: Context,
    command: Simple<'a>,
    word: Option<Word<'a>>,
    /// Whether the next word is the target of a redirection.
    target: bool,
    /// The number of open parentheses.
    depth: usize,
}

impl Frame<'_> {
    fn new(context: Context) -> Self {
        Self { context, command: Simple::default(), word: None, target: false, depth: 0 }
    }
}

#[derive(Debug, Default)]
struct Reader<'a> {
    frames: Vec<Frame<'a>>,
    code: Code<'a>,
    escaped: bool,
    dollar: bool,
    /// Whether a here-document was announced, and its line has ended.
    here: bool,
    in_here: bool,
}

/// Words after which a command may begin.
const RESERVED: &[&[u8]] = &[
    b"!", b"{", b"}", b"if", b"then", b"elif", b"else", b"fi", b"while", b"until", b"do", b"done", b"time",
    b"coproc",
];

impl<'a> Reader<'a> {
    fn context(&self) -> Context {
        self.frames.last().map_or(Context::Command, |frame| frame.context)
    }

    /// Parses a byte. Returns how many of the bytes after it belong to it.
    fn byte(&mut self, byte: u8, rest: &[u8]) -> usize {
        if std::mem::take(&mut self.escaped) {
            if byte != b'\n' {
                self.push(byte);
            }
            return 0;
        }
        self.dollar = false;
        match self.context() {
            Context::Command | Context::Backquoted => self.in_command(byte, rest),
            Context::SingleQuoted if byte == b'\'' => self.leave(),
            Context::AnsiQuoted if byte == b'\'' => self.leave(),
            Context::AnsiQuoted if byte == b'\\' => self.escape(),
            Context::DoubleQuoted => self.in_double_quotes(byte, rest),
            Context::Parameter if byte == b'}' => self.leave(),
            Context::Parameter => self.in_parameter(byte, rest),
            Context::Arithmetic => self.in_arithmetic(byte, rest),
            Context::Comment if byte == b'\n' => {
                self.frames.pop();
                self.in_command(byte, rest)
            }
            Context::Comment => 0,
            Context::SingleQuoted | Context::AnsiQuoted => self.push(byte),
        }
    }

    fn in_command(&mut self, byte: u8, rest: &[u8]) -> usize {
        let starts_word = self.frames.last().is_some_and(|frame| frame.word.is_none());
        match byte {
            b'\\' => self.escape(),
            b'\'' => self.enter(Context::SingleQuoted),
            b'"' => self.enter(Context::DoubleQuoted),
            b'`' if self.context() == Context::Backquoted => {
                self.close();
                0
            }
            b'`' => self.enter(Context::Backquoted),
            b'$' => self.dollar_in_command(rest),
            b'#' if starts_word => self.enter_frame(Context::Comment),
            b' ' | b'\t' => self.end_word(),
            b'\n' => {
                self.in_here |= self.here;
                self.end_command(false)
            }
            b'|' => {
                let is_or = rest.first() == Some(&b'|');
                self.end_command(!is_or);
                usize::from(is_or)
            }
            b';' | b'&' => self.end_command(false),
            b'(' if starts_word && rest.first() == Some(&b'(') => {
                self.enter_frame(Context::Arithmetic);
                1
            }
            b'(' => {
                self.end_command(false);
                self.count_parenthesis(1);
                0
            }
            b')' => self.close_parenthesis(),
            b'<' | b'>' => self.redirection(byte, rest),
            byte => self.push(byte),
        }
    }

    fn dollar_in_command(&mut self, rest: &[u8]) -> usize {
        match rest {
            [b'(', b'(', ..] => self.enter(Context::Arithmetic) + 2,
            [b'(', ..] => self.enter(Context::Command) + 1,
            [b'{', ..] => self.enter(Context::Parameter) + 1,
            [b'\'', ..] if self.context() != Context::DoubleQuoted => self.enter(Context::AnsiQuoted) + 1,
            _ => {
                self.push(b'$');
                self.dollar = rest.is_empty();
                0
            }
        }
    }

    fn in_double_quotes(&mut self, byte: u8, rest: &[u8]) -> usize {
        match byte {
            b'"' => self.leave(),
            b'\\' => self.escape(),
            b'`' => self.enter(Context::Backquoted),
            b'$' => self.dollar_in_command(rest),
            byte => self.push(byte),
        }
    }

    fn in_parameter(&mut self, byte: u8, rest: &[u8]) -> usize {
        match byte {
            b'\'' => self.enter(Context::SingleQuoted),
            b'"' => self.enter(Context::DoubleQuoted),
            b'\\' => self.escape(),
            b'$' => self.dollar_in_command(rest),
            byte => self.push(byte),
        }
    }

    fn in_arithmetic(&mut self, byte: u8, rest: &[u8]) -> usize {
        let depth = self.frames.last().map_or(0, |frame| frame.depth);
        match byte {
            b'(' => self.count_parenthesis(1),
            b')' if depth > 0 => self.count_parenthesis(-1),
            b')' => {
                self.close();
                return usize::from(rest.first() == Some(&b')'));
            }
            _ => {}
        }
        0
    }

    fn redirection(&mut self, byte: u8, rest: &[u8]) -> usize {
        if rest.first() == Some(&b'(') {
            self.push(byte);
            return self.enter(Context::Command) + 1;
        }
        let Some(frame) = self.frames.last_mut() else { return 0 };
        // The number of a descriptor is not a word.
        let is_number = |word: &Word<'_>| word.head().iter().all(u8::is_ascii_digit) && word.is_whole();
        if frame.word.as_ref().is_some_and(is_number) {
            frame.word = None;
        }
        self.end_word();
        if let Some(frame) = self.frames.last_mut() {
            frame.target = true;
        }
        let here = byte == b'<' && rest.first() == Some(&b'<');
        self.here |= here && rest.get(1) != Some(&b'<');
        rest.iter().take_while(|next| b"<>&|-".contains(next)).count()
    }

    // -------------------------------------------------------------------------------------- values

    fn value(&mut self, value: &Value<'a>) {
        let behind = std::mem::take(&mut self.escaped) | std::mem::take(&mut self.dollar);
        let backquoted = self.frames.iter().any(|frame| frame.context == Context::Backquoted);
        let state = match self.context() {
            Context::SingleQuoted | Context::AnsiQuoted => State::SingleQuoted,
            Context::DoubleQuoted => State::DoubleQuoted,
            Context::Parameter => State::Parameter,
            Context::Arithmetic => State::Arithmetic,
            Context::Comment => State::Comment,
            _ if behind => State::Escaped,
            _ if self.in_here => State::HereDocument,
            _ if backquoted => State::Backquoted,
            Context::Command | Context::Backquoted => State::Unquoted,
        };
        // The program that receives text that the shell has unquoted parses it again.
        let holds = state == State::Unquoted && value.kind == ValueKind::Quoted;
        let kind = if holds { ValueKind::Plain } else { ValueKind::Code };
        self.word().pieces.push(Piece::Value(Value { kind, ..value.clone() }));
        self.code.values.push((value.clone(), state));
    }

    // -------------------------------------------------------------------------------------- words and commands

    fn word(&mut self) -> &mut Word<'a> {
        // Quotes are parts of the surrounding word.
        let place = self.frames.iter().rposition(|frame| is_of_commands(frame.context)).unwrap_or_default();
        if self.frames.is_empty() {
            self.frames.push(Frame::new(Context::Command));
        }
        self.frames[place].word.get_or_insert_default()
    }

    fn push(&mut self, byte: u8) -> usize {
        let word = self.word();
        match word.pieces.last_mut() {
            Some(Piece::Text(text)) => text.to_mut().push(byte),
            _ => word.pieces.push(Piece::Text(Cow::Owned(vec![byte]))),
        }
        0
    }

    const fn escape(&mut self) -> usize {
        self.escaped = true;
        0
    }

    /// Enters quotes or a substitution, which are a part of the word.
    fn enter(&mut self, context: Context) -> usize {
        let word = self.word();
        if word.pieces.is_empty() {
            word.pieces.push(Piece::Text(Cow::Borrowed(b"")));
        }
        if matches!(
            context,
            Context::Command | Context::Backquoted | Context::Parameter | Context::Arithmetic
        ) {
            // Its text is known only at run time.
            let unknown = Value { id: usize::MAX, kind: ValueKind::Code, text: None };
            self.word().pieces.push(Piece::Value(unknown));
        }
        self.enter_frame(context)
    }

    fn enter_frame(&mut self, context: Context) -> usize {
        self.frames.push(Frame::new(context));
        0
    }

    fn leave(&mut self) -> usize {
        self.frames.pop();
        0
    }

    fn close(&mut self) {
        if is_of_commands(self.context()) {
            self.end_command(false);
        }
        self.frames.pop();
    }

    fn count_parenthesis(&mut self, by: isize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.depth = frame.depth.saturating_add_signed(by);
        }
    }

    fn close_parenthesis(&mut self) -> usize {
        self.end_command(false);
        let open = self.frames.last().is_some_and(|frame| frame.depth > 0);
        if open {
            self.count_parenthesis(-1);
        } else if self.frames.len() > 1 {
            self.close();
        }
        0
    }

    fn end_word(&mut self) -> usize {
        let Some(frame) = self.frames.last_mut() else { return 0 };
        let Some(word) = frame.word.take() else { return 0 };
        let is_reserved = frame.command.words.is_empty()
            && word.text().is_some_and(|text| RESERVED.contains(&text.as_ref()));
        if std::mem::take(&mut frame.target) || is_reserved {
            return 0;
        }
        frame.command.words.push(word);
        0
    }

    fn end_command(&mut self, pipes: bool) -> usize {
        self.end_word();
        let Some(frame) = self.frames.last_mut() else { return 0 };
        frame.target = false;
        let next = Simple { words: Vec::new(), is_piped: pipes };
        let command = std::mem::replace(&mut frame.command, next);
        if !command.words.is_empty() {
            self.code.commands.push(command);
        }
        0
    }
}

const fn is_of_commands(context: Context) -> bool {
    matches!(context, Context::Command | Context::Backquoted)
}
