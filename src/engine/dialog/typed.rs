//! A text that is being typed: what its parts are, what is open, and what of it the check would refuse. The scanner and
//! the check of the language say so, so that colours, completion and Enter never disagree with what an entry means.

use super::Dialog;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::{from_sh, scan};

pub use crate::syntax::scan::{Look, Mark, Place, WordStart};

/// What is known of a text that is being typed, as far as it goes: to know more at a place, look at the text up to
/// there.
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
    /// It ends within a loop of sh, which may be offered as one of Pipewright when it has ended.
    is_open_sh: bool,
}

impl Typed {
    /// Looks at a text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let seen = scan::typed(&text);
        let is_open_sh = !seen.incomplete && from_sh::is_open(&text);
        Self { text, seen, is_open_sh }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its parts, in the order of the text. Of two that overlap the later one stands in the other: `$x` in a string.
    pub fn marks(&self) -> &[Mark] {
        &self.seen.marks
    }

    /// The words of the command that the end stands in, the last of which may go on there; none in an expression.
    pub fn words(&self) -> &[WordStart] {
        &self.seen.words
    }

    /// Brackets and quotes that belong together.
    pub fn pairs(&self) -> &[(Span, Span)] {
        &self.seen.pairs
    }

    /// The brackets and quotes that are open at the end, outermost first.
    pub fn open(&self) -> &[Span] {
        &self.seen.open
    }

    /// What would close all of them.
    pub fn closers(&self) -> &str {
        &self.seen.closers
    }

    /// How many of them are blocks and brackets, whose lines are indented.
    pub fn indent(&self) -> usize {
        self.seen.indent
    }

    /// A closing bracket that closes nothing.
    pub fn unmatched(&self) -> Option<Span> {
        self.seen.unmatched
    }

    /// Whether it waits for more: the next line belongs to it.
    pub fn is_incomplete(&self) -> bool {
        self.seen.incomplete || self.is_open_sh
    }

    /// What its end stands in.
    pub fn place(&self) -> Place {
        self.seen.place
    }

    /// The text made whole, so that the check can look at it while it is being typed.
    fn completed(&self) -> String {
        // What waits for a command or a value gets one.
        let rest = match self.place() {
            _ if !self.seen.incomplete || !self.open().is_empty() => "",
            Place::Commands => " true",
            _ => " null",
        };
        format!("{}{rest}{}", self.text, self.closers())
    }

    /// Whether an error is one whatever is typed next.
    fn lasts(&self, error: &Diagnostic) -> bool {
        let length = self.text.trim_end().len();
        let Some(span) = error.primary().map(|label| label.span) else { return false };
        // The grammar stumbles where the text ends: it is the next key that it misses.
        let unfinished = [code::SYNTAX, code::UNCLOSED, code::HEREDOC].contains(&error.code);
        (span.start as usize) < length && !(unfinished && span.end as usize >= length)
    }
}

impl Dialog {
    /// What is wrong with a text that is being typed, whatever is typed next. Nothing is run, and no file read: what
    /// `use` names is not looked for.
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

    /// The parts of a text that are wrong whatever is typed next.
    fn wrong(text: &str) -> Vec<String> {
        let typed = Typed::new(text);
        let dialog = Dialog::new(Session::new()).unwrap();
        let places = dialog.mistakes(&typed);
        places.iter().map(|page| text[page.primary().unwrap().span.range()].to_string()).collect()
    }

    #[test]
    fn what_the_next_key_may_mend_is_not_wrong_yet() {
        for text in ["if x", "if x ", "echo 'a", "let x =", "ls |", "let x = [1,"] {
            assert!(wrong(text).is_empty(), "{text}: {:?}", wrong(text));
        }
        assert_eq!(wrong("echo $x y"), ["$x"]);
        assert_eq!(wrong("if true { echo $x | wc"), ["$x"]);
        assert_eq!(wrong("x=5 "), ["x=5"]);
    }
}
