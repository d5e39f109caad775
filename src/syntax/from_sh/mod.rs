//! Rewrites a small part of sh as Pipewright: loops, `if`, `case`, assignments, arithmetic and backticks.
//!
//! The result means what the text means in bash under `-euo pipefail`; otherwise there is no result. Simple commands are
//! copied unchanged, and the check decides whether they are valid. A caller therefore offers a rewritten text only after
//! it has passed the check.
//!
//! In sh a variable outlives its block, and a loop changes an outer variable of the same name. A text in which either
//! makes a difference is not rewritten.

mod arithmetic;
mod arrays;
mod assignments;
mod compounds;
mod conditions;
mod directories;
mod functions;
mod here;
mod jobs;
mod lists;
mod options;
mod own_path;
mod parameters;
mod reading;
mod script;
mod settings;
mod status;
mod words;

pub use functions::SHARED;
pub use options::main_of_getopts;
pub use script::{Piece, assigned_names, pieces};

use super::name::name_at;
use std::borrow::Cow;

/// The names that exist outside the text.
pub trait Names {
    /// Returns whether a variable of this name is declared.
    fn is_variable(&self, name: &str) -> bool;
    /// Returns whether the environment has a variable of this name.
    fn is_exported(&self, name: &str) -> bool;
    /// Returns whether shells set or use a variable of this name.
    fn is_special(&self, name: &str) -> bool;
    /// Returns whether the language has this name itself, so that no variable can have it.
    fn is_of_language(&self, name: &str) -> bool;
    /// Returns whether the text is a script, which has arguments and a path.
    fn is_script(&self) -> bool;
}

/// A rewritten text.
#[derive(Debug, PartialEq, Eq)]
pub struct Rewriting {
    pub text: String,
    /// The differences in meaning from sh. If there are none, the text means the same.
    pub notes: Vec<&'static str>,
    /// Where it differs from sh in a case that is rare, or that was hardly meant.
    pub remarks: Vec<&'static str>,
    /// The variables that it assigns, whose text sh splits where they stand without quotes.
    pub assigned: Vec<String>,
}

/// The largest text in bytes that is rewritten.
const MOST_TEXT: usize = 64 << 10;

/// Rewrites a text. Returns `None` if it contains nothing of sh, or something that can't be rewritten.
pub fn rewrite(text: &str, names: &dyn Names) -> Option<Rewriting> {
    rewrite_whole(Rewriter::new(text, names))
}

/// Rewrites a text that a prompt takes without showing it: numbers are read as bash reads them, where `rewrite` has the
/// plain spelling of people.
pub fn rewrite_exactly(text: &str, names: &dyn Names) -> Option<Rewriting> {
    rewrite_whole(Rewriter { is_exact: true, ..Rewriter::new(text, names) })
}

fn rewrite_whole(mut rewriter: Rewriter<'_>) -> Option<Rewriting> {
    let text = rewriter.text;
    if text.len() > MOST_TEXT {
        return None;
    }
    rewriter.statements(&[]).ok()?;
    (rewriter.out != text).then(|| rewriter.rewriting())
}

/// Rewrites the statement that begins at `start`. Returns its end in the text, and its replacement.
pub fn rewrite_statement(text: &str, start: usize, names: &dyn Names) -> Option<(usize, Rewriting)> {
    let mut rewriter = Rewriter::new(text, names);
    if text.len() > MOST_TEXT {
        return None;
    }
    rewriter.at = start;
    rewriter.statement().ok()?;
    rewriter.finish_here_documents().ok()?;
    let end = rewriter.at;
    (text.get(start..end)? != rewriter.out).then(|| (end, rewriter.rewriting()))
}

/// Returns whether a text ends inside a loop, an `if` or a `case` of sh, after its `do`, `then` or `in`.
#[cfg(feature = "dialog")]
pub fn is_open(text: &str) -> bool {
    struct Nothing;
    impl Names for Nothing {
        fn is_variable(&self, _: &str) -> bool {
            false
        }
        fn is_exported(&self, _: &str) -> bool {
            false
        }
        fn is_special(&self, _: &str) -> bool {
            false
        }
        fn is_of_language(&self, _: &str) -> bool {
            false
        }
        fn is_script(&self) -> bool {
            false
        }
    }
    let may_be = ["do", "then", "in"].iter().any(|word| text.contains(word));
    if !may_be || text.len() > MOST_TEXT {
        return false;
    }
    let mut rewriter = Rewriter::new(text, &Nothing);
    rewriter.statements(&[]).is_err() && rewriter.is_open
}

/// The error for text that can't be rewritten.
#[derive(Debug)]
struct Stop;

type Rewrite<T> = Result<T, Stop>;

/// The type of a variable in the rewritten text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    List,
    Map,
    Job,
}

#[derive(Clone)]
struct Declared {
    name: String,
    kind: Kind,
}

struct Rewriter<'t> {
    text: &'t str,
    at: usize,
    out: String,
    /// The names that the text has declared, one list for each open block.
    scopes: Vec<Vec<Declared>>,
    /// The names whose block has ended, but which still exist in sh.
    lost: Vec<String>,
    names: &'t dyn Names,
    notes: Vec<&'static str>,
    remarks: Vec<&'static str>,
    assigned: Vec<String>,
    /// The assigned variables whose text is one word without patterns.
    words: Vec<String>,
    /// The assigned variables whose text has no patterns.
    lists: Vec<String>,
    in_function: bool,
    /// The name of the open function.
    function_name: &'t str,
    /// The variables of the script that the open function assigns first.
    function_globals: Vec<String>,
    /// The number of open blocks where `pushd` has kept the directory before.
    directory: Option<usize>,
    /// The prompt takes it without showing it.
    is_exact: bool,
    /// The command begins a statement, and only commands that are not tests and `&&` stand before it.
    may_split: bool,
    /// The list is a statement, not a condition.
    is_statement: bool,
    /// The command begins the condition of `if` or `while`.
    begins_condition: bool,
    /// Where the newest stage begins in the text that is written.
    stage_start: usize,
    /// A loop has taken the stages before it.
    took_stages: bool,
    /// A command and `&&` or `||` stand before the command in its list.
    follows: bool,
    /// An assignment was taken out of a list of `&&`.
    has_split: bool,
    /// The variable with the newest job in the background.
    job: Option<String>,
    /// The delimiters of here-documents whose text begins on the next line: with tabs removed, and with values.
    here_documents: Vec<here::Delimiter>,
    /// Whether the text is a stage after a pipe. In sh it runs on copies of the variables, here perhaps not.
    in_stage: bool,
    /// Whether the text ended inside a loop, an `if` or a `case`.
    is_open: bool,
    /// The number of open lists, which bounds the recursion.
    depth: usize,
    /// The last place that a step which was undone has reached.
    furthest: usize,
    /// The place that can't be rewritten, if another one than the last, and why.
    stopped: Option<(usize, &'static str)>,
}

impl<'t> Rewriter<'t> {
    fn new(text: &'t str, names: &'t dyn Names) -> Self {
        let (scopes, lost) = (vec![Vec::new()], Vec::new());
        Self {
            text,
            at: 0,
            out: String::new(),
            scopes,
            lost,
            names,
            notes: Vec::new(),
            remarks: Vec::new(),
            assigned: Vec::new(),
            words: Vec::new(),
            lists: Vec::new(),
            function_name: "",
            function_globals: Vec::new(),
            directory: None,
            in_function: false,
            is_exact: false,
            may_split: false,
            is_statement: false,
            begins_condition: false,
            stage_start: 0,
            took_stages: false,
            follows: false,
            has_split: false,
            job: None,
            here_documents: Vec::new(),
            in_stage: false,
            is_open: false,
            depth: 0,
            furthest: 0,
            stopped: None,
        }
    }

    fn rewriting(self) -> Rewriting {
        Rewriting { text: self.out, notes: self.notes, remarks: self.remarks, assigned: self.assigned }
    }

    fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Says where a text that a user sees before it runs differs from sh. One that runs unseen is not rewritten.
    fn remark(&mut self, remark: &'static str) -> Rewrite<()> {
        if self.is_exact {
            return Err(Stop);
        }
        if !self.names.is_script() && !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
        Ok(())
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn sees(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    /// Copies `length` bytes.
    fn copy(&mut self, length: usize) {
        self.out += &self.rest()[..length];
        self.at += length;
    }

    fn copy_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            match (blanks, rest.starts_with("\\\n")) {
                (0, false) => break,
                (0, true) => self.copy(2),
                _ => self.copy(blanks),
            }
        }
    }

    /// Copies blanks, line ends and comments.
    fn copy_lines(&mut self) -> Rewrite<()> {
        loop {
            self.copy_blanks();
            match self.peek() {
                Some('\n') => {
                    self.copy(1);
                    self.copy_here_documents()?;
                }
                Some('#') => {
                    let length = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.copy(length);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Skips blanks.
    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Skips separators and a word such as `do` after them.
    fn skip_to(&mut self, word: &str) -> Rewrite<()> {
        self.skip_blanks();
        let ends = self.sees(";") && !self.sees(";;");
        self.at += usize::from(ends);
        let rest = self.rest();
        if !self.here_documents.is_empty() {
            return Err(Stop);
        }
        let lines = rest.len() - rest.trim_start_matches([' ', '\t', '\n']).len();
        if !ends && !rest[..lines].contains('\n') {
            return Err(Stop);
        }
        self.at += lines;
        self.skip_word(word)
    }

    fn skip_word(&mut self, word: &str) -> Rewrite<()> {
        if self.word() != word {
            return Err(Stop);
        }
        self.at += word.len();
        Ok(())
    }

    /// Returns the next unquoted letters, which may be a reserved word.
    fn word(&self) -> &'t str {
        let rest = self.rest();
        let end = rest.find([' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>', '\'', '"', '\\', '$', '`']);
        &rest[..end.unwrap_or(rest.len())]
    }

    fn open_scope(&mut self) {
        self.scopes.push(Vec::new());
    }

    fn close_scope(&mut self) {
        let closed = self.scopes.pop().unwrap_or_default();
        self.lost.extend(closed.into_iter().map(|declared| declared.name));
    }

    /// Returns the type of a variable that the text has declared.
    fn kind(&self, name: &str) -> Option<Kind> {
        let mut declared = self.scopes.iter().rev().flatten();
        declared.find(|declared| declared.name == name).map(|declared| declared.kind)
    }

    fn declare(&mut self, name: &str, kind: Kind) {
        self.lost.retain(|lost| lost != name);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(Declared { name: name.to_owned(), kind });
        }
    }

    /// Runs a step, and undoes what it has taken and written if it fails or returns false.
    fn attempt(&mut self, step: impl FnOnce(&mut Self) -> Rewrite<bool>) -> Rewrite<bool> {
        let (at, length) = (self.at, self.out.len());
        let is_taken = step(self);
        if !matches!(is_taken, Ok(true)) {
            self.furthest = self.furthest.max(self.at);
            self.at = at;
            self.out.truncate(length);
        }
        is_taken
    }

    /// Takes back blanks that were copied since a place.
    fn uncopy(&mut self, at: usize) {
        let copied = self.at - at;
        self.at = at;
        self.out.truncate(self.out.len() - copied);
    }

    /// Returns the name of a variable in the rewritten script. A name that the language has itself gets an underscore.
    fn written_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match self.names.is_of_language(name) && self.names.is_script() {
            true => format!("{name}_").into(),
            false => name.into(),
        }
    }

    /// Refuses a name that was declared in a block that has ended.
    fn refer(&self, name: &str) -> Rewrite<()> {
        if self.lost.iter().any(|lost| lost == name) { Err(Stop) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
