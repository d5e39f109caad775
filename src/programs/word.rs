//! Words of a command as far as they are known: literal text, and values whose text is known only at
//! run time.

use std::borrow::Cow;

/// One word, or several for a splice.
#[derive(Clone, Debug, Default)]
pub struct Word<'a> {
    /// Its number for the caller.
    pub origin: usize,
    pub pieces: Vec<Piece<'a>>,
    /// Whether it is a list: any number of words, which are not options.
    pub many: bool,
    /// Whether the script marks it as a possible option, by `flag()` or `flags()`.
    pub options: bool,
}

/// A part of a word.
#[derive(Clone, Debug)]
pub enum Piece<'a> {
    Text(Cow<'a, [u8]>),
    Value(Value<'a>),
}

/// A value in a word.
#[derive(Clone, Debug)]
pub struct Value<'a> {
    /// Its number for the caller.
    pub id: usize,
    pub kind: ValueKind,
    /// Its text, at run time.
    pub text: Option<Cow<'a, [u8]>>,
}

/// The way in which a script passes a value on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Plain,
    /// `code(x)`
    Code,
    /// `quote(x)`: words for a POSIX shell.
    Quoted,
    /// An environment variable, unchanged.
    Environment,
    /// A value that can only be a number, such as `int(x)`.
    Number,
    /// `x.replace("'", "''")`: text inside of a string of SQL.
    SqlText,
    /// `x.replace("$", "$$")`: text for make.
    MakeText,
}

impl<'a> Word<'a> {
    /// Creates a word of literal text.
    pub fn literal(text: &'a [u8]) -> Self {
        Self { pieces: vec![Piece::Text(Cow::Borrowed(text))], ..Self::default() }
    }

    /// Returns the text at the beginning, up to the first value whose text is unknown.
    pub fn head(&self) -> Cow<'_, [u8]> {
        let mut known = self.pieces.iter().map_while(Piece::text);
        let Some(first) = known.next() else { return Cow::Borrowed(&[]) };
        let mut head = Cow::Borrowed(first);
        known.for_each(|text| head.to_mut().extend_from_slice(text));
        head
    }

    /// Returns whether all its text is known.
    pub fn is_whole(&self) -> bool {
        !self.many && self.pieces.iter().all(|piece| piece.text().is_some())
    }

    /// Returns its text, if all of it is known.
    pub fn text(&self) -> Option<Cow<'_, [u8]>> {
        self.is_whole().then(|| self.head())
    }

    /// Returns the word as a string, if all of it is known.
    pub fn name(&self) -> Option<String> {
        String::from_utf8(self.text()?.into_owned()).ok()
    }

    /// Returns the name of the program that the word leads to. There must be no value after the last slash of the
    /// word.
    pub fn program(&self) -> Option<String> {
        if let Some(name) = self.name() {
            return Some(name);
        }
        let Some(Piece::Text(last)) = self.pieces.last().filter(|_| !self.many) else { return None };
        let slash = last.iter().rposition(|byte| *byte == b'/')?;
        String::from_utf8(last[slash + 1..].to_vec()).ok()
    }

    pub fn values(&self) -> impl Iterator<Item = &Value<'a>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(value) => Some(value),
            Piece::Text(_) => None,
        })
    }

    /// Returns the pieces from a byte of the text on.
    pub fn pieces_from(&self, offset: usize) -> Vec<Piece<'a>> {
        let mut skip = offset;
        let mut rest = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let length = piece.text().map_or(0, <[u8]>::len);
            if skip >= length && (skip > 0 || length == 0) && piece.text().is_some() {
                skip -= length;
                continue;
            }
            rest.push(match piece {
                Piece::Text(text) => Piece::Text(Cow::Owned(text[skip..].to_vec())),
                value => value.clone(),
            });
            skip = 0;
        }
        rest
    }
}

impl Piece<'_> {
    /// Returns the text of a piece, if it is known.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            Self::Value(value) => value.text.as_deref(),
        }
    }
}

/// Joins words to one text, with blanks between them.
pub fn joined<'a>(words: impl IntoIterator<Item = Vec<Piece<'a>>>) -> Vec<Piece<'a>> {
    let mut all = Vec::new();
    for (index, pieces) in words.into_iter().enumerate() {
        if index > 0 {
            all.push(Piece::Text(Cow::Borrowed(b" ")));
        }
        all.extend(pieces);
    }
    all
}
