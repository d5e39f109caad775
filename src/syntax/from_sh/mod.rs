//! Rewrites a small part of sh as Pipewright: loops, `if`, `case`, assignments, arithmetic and backticks.
//!
//! The result means what the text means in bash under `-euo pipefail`; otherwise there is no result. Simple commands are
//! copied unchanged, and the check decides whether they are valid. A caller therefore offers a rewritten text only after
//! it has passed the check.
//!
//! In sh a variable outlives its block, and a loop changes an outer variable of the same name. A text in which either
//! makes a difference is not rewritten.

mod arithmetic;
mod assignments;
mod compounds;
mod functions;
mod parameters;
mod words;

use super::name::name_at;

/// The names that exist outside the text.
pub trait Names {
    /// Returns whether a variable of this name is declared.
    fn is_variable(&self, name: &str) -> bool;
    /// Returns whether the environment has a variable of this name.
    fn is_exported(&self, name: &str) -> bool;
    /// Returns whether shells set or use a variable of this name.
    fn is_special(&self, name: &str) -> bool;
}

/// A rewritten text.
#[derive(Debug, PartialEq, Eq)]
pub struct Rewriting {
    pub text: String,
    /// The differences in meaning from sh. If there are none, the text means the same.
    pub notes: Vec<&'static str>,
}

/// The largest text in bytes that is rewritten.
const MOST_TEXT: usize = 64 << 10;

/// Rewrites a text. Returns `None` if it contains nothing of sh, or something that can't be rewritten.
pub fn rewrite(text: &str, names: &dyn Names) -> Option<Rewriting> {
    let mut rewriter = Rewriter::new(text, names);
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
    rewriter.and_or().ok()?;
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
}

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
    in_function: bool,
    /// Whether the text is a stage after a pipe. In sh it runs on copies of the variables, here perhaps not.
    in_stage: bool,
    /// Whether the text ended inside a loop, an `if` or a `case`.
    is_open: bool,
    /// The number of open lists, which bounds the recursion.
    depth: usize,
}

/// The deepest nesting that is rewritten.
const MOST_NESTED: usize = 24;

/// The words that end a list of commands or can't begin a command.
const RESERVED: &[&str] = &["do", "done", "then", "fi", "elif", "else", "esac", "in", "}"];

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
            in_function: false,
            in_stage: false,
            is_open: false,
            depth: 0,
        }
    }

    fn rewriting(self) -> Rewriting {
        Rewriting { text: self.out, notes: self.notes }
    }

    fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
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
    fn copy_lines(&mut self) {
        loop {
            self.copy_blanks();
            match self.peek() {
                Some('\n') => self.copy(1),
                Some('#') => {
                    let length = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.copy(length);
                }
                _ => break,
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

    /// Rewrites statements up to one of these words, but not the word. If `until` is empty, rewrites up to the end.
    fn statements(&mut self, until: &[&str]) -> Rewrite<()> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err(Stop);
        }
        loop {
            self.copy_lines();
            if self.rest().is_empty() {
                self.depth -= 1;
                self.is_open = until.iter().any(|end| ["done", "fi", "esac"].contains(end));
                return if until.is_empty() { Ok(()) } else { Err(Stop) };
            }
            if until.iter().any(|end| self.is_end(end)) {
                self.depth -= 1;
                return Ok(());
            }
            if RESERVED.contains(&self.word()) {
                return Err(Stop);
            }
            self.and_or()?;
            self.copy_blanks();
            if until.iter().any(|end| self.is_end(end)) {
                continue;
            }
            match self.peek() {
                Some('\n' | '#') | None => {}
                Some(';') if !self.sees(";;") => self.copy(1),
                Some('&') if !self.sees("&&") => self.copy(1),
                _ => return Err(Stop),
            }
        }
    }

    fn is_end(&self, end: &str) -> bool {
        match end {
            ")" | ";;" => self.sees(end),
            _ => self.word() == end,
        }
    }

    fn and_or(&mut self) -> Rewrite<()> {
        loop {
            self.pipeline()?;
            let end = self.at;
            self.copy_blanks();
            if !self.sees("&&") && !self.sees("||") {
                let copied = self.at - end;
                self.at = end;
                self.out.truncate(self.out.len() - copied);
                return Ok(());
            }
            self.copy(2);
            self.copy_lines();
        }
    }

    fn pipeline(&mut self) -> Rewrite<()> {
        for mark in ["!", "time", "!"] {
            if self.word() == mark {
                self.copy(mark.len());
                self.copy_blanks();
            }
        }
        if self.word() == "-p" {
            self.copy(2);
            self.copy_blanks();
        }
        let mut is_first = true;
        loop {
            let start = self.out.len();
            let outer = self.in_stage;
            self.in_stage |= !is_first;
            let is_compound = self.command(is_first)?;
            self.in_stage = outer;
            let end = self.at;
            self.copy_blanks();
            let goes_on = self.sees("|") && !self.sees("||");
            if !goes_on {
                let copied = self.at - end;
                self.at = end;
                self.out.truncate(self.out.len() - copied);
            }
            if is_compound && (goes_on || !is_first) {
                let command = self.out.split_off(start);
                let (command, blanks) = command.split_at(command.trim_end_matches([' ', '\t']).len());
                self.out += &format!("{{ {command} }}{blanks}");
            }
            if !goes_on {
                return Ok(());
            }
            self.copy(if self.sees("|&") { 2 } else { 1 });
            self.copy_lines();
            is_first = false;
        }
    }

    /// Rewrites one command with its redirections. Returns whether it became a loop, `if` or `match`.
    fn command(&mut self, is_first: bool) -> Rewrite<bool> {
        let is_compound = match self.word() {
            "for" => self.for_loop()?,
            "while" => self.while_loop(is_first)?,
            "until" => self.until_loop()?,
            "if" => self.if_command()?,
            "case" => self.case_command()?,
            "[[" => {
                self.test()?;
                false
            }
            "{" if self.rest()[1..].starts_with([' ', '\t', '\n']) => {
                self.copy(1);
                self.inside("}")?;
                false
            }
            "" if self.sees("((") => return Err(Stop),
            "" if self.sees("(") => {
                self.copy(1);
                self.inside(")")?;
                false
            }
            // Declarations and blocks of Pipewright are not sh.
            "fn" | "let" | "with" | "match" | "try" | "each" | "defer" | "use" | "spawn" => {
                return Err(Stop);
            }
            _ => {
                if !self.function()? {
                    self.simple()?;
                }
                return Ok(false);
            }
        };
        self.redirections()?;
        Ok(is_compound)
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

    /// Refuses a name that was declared in a block that has ended.
    fn refer(&self, name: &str) -> Rewrite<()> {
        if self.lost.iter().any(|lost| lost == name) { Err(Stop) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
