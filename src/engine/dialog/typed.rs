//! A text that the user is typing: the kinds of its parts, what is still open, and what the check would refuse. The
//! scanner and the check of the language provide this, so colours, completion and Enter always agree with the
//! meaning of the entry.

use super::Dialog;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::{from_sh, scan};

pub use crate::syntax::scan::{Look, Mark, Place, WordStart};

/// The analysis of a text up to its end. To analyse a place inside the text, analyse the text up to that place.
///
/// ```
/// use pipewright::dialog::{Look, Place, Typed};
///
/// let typed = Typed::new("for f in *.txt { wc -l $f");
/// // What a key would begin here, and what Enter is to do.
/// assert_eq!((typed.place(), typed.is_incomplete(), typed.indent()), (Place::Commands, true, 1));
/// assert_eq!(typed.closers(), "\n}");
/// let marks = typed.marks().iter().filter(|mark| mark.look == Look::Command);
/// let commands: Vec<&str> = marks.map(|mark| &typed.text()[mark.span.range()]).collect();
/// assert_eq!(commands, ["wc"]);
/// // The words of the command at the end, the last of which may go on.
/// let words: Vec<usize> = typed.words().iter().map(|word| word.at).collect();
/// assert_eq!(words, [17, 20, 23]);
/// ```
#[derive(Debug, Default)]
pub struct Typed {
    text: String,
    seen: scan::Typed,
    /// Whether the text ends inside a loop of sh, which may be offered in rewritten form when the loop is complete.
    is_open_sh: bool,
}

impl Typed {
    /// Analyses a text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let seen = scan::typed(&text);
        let is_open_sh = !seen.incomplete && from_sh::is_open(&text);
        Self { text, seen, is_open_sh }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns its parts, in the order of the text. If two overlap, the later one is inside the other: `$x` in a
    /// string.
    pub fn marks(&self) -> &[Mark] {
        &self.seen.marks
    }

    /// Returns the words of the command at the end of the text, the last of which may be incomplete; none in an
    /// expression.
    pub fn words(&self) -> &[WordStart] {
        &self.seen.words
    }

    /// Returns the pairs of matching brackets and quotes.
    pub fn pairs(&self) -> &[(Span, Span)] {
        &self.seen.pairs
    }

    /// Returns the brackets and quotes that are open at the end, outermost first.
    pub fn open(&self) -> &[Span] {
        &self.seen.open
    }

    /// Returns the text that would close all open brackets and quotes.
    pub fn closers(&self) -> &str {
        &self.seen.closers
    }

    /// Returns how many of the open ones are blocks and brackets, whose lines are indented.
    pub fn indent(&self) -> usize {
        self.seen.indent
    }

    /// Returns a closing bracket that has no opening one.
    pub fn unmatched(&self) -> Option<Span> {
        self.seen.unmatched
    }

    /// Returns whether it is incomplete, so that the next line belongs to it.
    pub fn is_incomplete(&self) -> bool {
        self.seen.incomplete || self.is_open_sh
    }

    /// Returns the kind of place at its end.
    pub fn place(&self) -> Place {
        self.seen.place
    }

    /// Returns the text completed, so that it can be checked while the user types it.
    fn completed(&self) -> String {
        // A missing command or value at the end gets a placeholder.
        let rest = match self.place() {
            _ if !self.seen.incomplete || !self.open().is_empty() => "",
            Place::Commands => " true",
            _ => " null",
        };
        format!("{}{rest}{}", self.text, self.closers())
    }

    /// Returns whether an error remains, whatever the user types next.
    fn lasts(&self, error: &Diagnostic) -> bool {
        let length = self.text.trim_end().len();
        let Some(span) = error.primary().map(|label| label.span) else { return false };
        // The grammar fails at the end of the text, because the user has not typed the next key yet.
        let unfinished = [code::SYNTAX, code::UNCLOSED, code::HEREDOC].contains(&error.code);
        (span.start as usize) < length && !(unfinished && span.end as usize >= length)
    }
}

impl Dialog {
    /// Returns the errors of a text that remain, whatever the user types next. Runs nothing and reads no file: the
    /// files of `use` are not opened.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::{Dialog, Typed};
    ///
    /// let dialog = Dialog::new(Session::new())?;
    /// let typed = Typed::new("if true { echo $nmae");
    /// let mistakes = dialog.mistakes(&typed);
    /// let place = mistakes[0].primary().ok_or("a place")?.span;
    /// assert_eq!((&typed.text()[place.range()], mistakes.len()), ("$nmae", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mistakes(&self, typed: &Typed) -> Vec<Diagnostic> {
        let errors = self.errors(typed, typed.completed());
        if !errors.is_empty() && !typed.is_incomplete() && self.is_taken(typed.text(), &errors) {
            return Vec::new();
        }
        errors.into_iter().filter(|error| error.code != code::USE_FAILED && typed.lasts(error)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;

    /// Returns the parts of a text that are wrong, whatever the user types next.
    fn wrong(text: &str) -> Vec<String> {
        let typed = Typed::new(text);
        let dialog = Dialog::new(Session::new()).unwrap();
        let places = dialog.mistakes(&typed);
        places.iter().map(|page| text[page.primary().unwrap().span.range()].to_string()).collect()
    }

    #[test]
    fn an_error_that_the_next_key_may_fix_is_not_shown_yet() {
        for text in ["if x", "if x ", "echo 'a", "let x =", "ls |", "let x = [1,"] {
            assert!(wrong(text).is_empty(), "{text}: {:?}", wrong(text));
        }
        assert_eq!(wrong("echo $x y"), ["$x"]);
        assert_eq!(wrong("if true { echo $x | wc"), ["$x"]);
        // The prompt accepts this text as an assignment.
        assert!(wrong("x=5 ").is_empty());
        assert_eq!(wrong("pushd src "), ["pushd"]);
    }
}
