//! Rewrites lists, pipelines and commands.

use super::{Rewrite, Rewriter, Stop};

/// The largest depth of nested lists in a text that is rewritten.
pub(super) const MOST_NESTED: usize = 24;

/// The words that end a list of commands, or that cannot begin a command.
const RESERVED: &[&str] = &["do", "done", "then", "fi", "elif", "else", "esac", "in", "}"];

impl Rewriter<'_> {
    /// Rewrites statements up to one of these words, which is not taken; without any, up to the end of the text.
    pub(super) fn statements(&mut self, until: &[&str]) -> Rewrite<()> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err(Stop);
        }
        loop {
            self.copy_lines()?;
            if self.rest().is_empty() {
                self.depth -= 1;
                self.is_open = until.iter().any(|end| ["done", "fi", "esac"].contains(end));
                return if until.is_empty() && self.here_documents.is_empty() { Ok(()) } else { Err(Stop) };
            }
            if until.iter().any(|end| self.is_end(end)) {
                self.depth -= 1;
                return Ok(());
            }
            if RESERVED.contains(&self.word()) {
                return Err(Stop);
            }
            let start = self.out.len();
            self.statement()?;
            self.copy_blanks();
            if until.iter().any(|end| self.is_end(end)) {
                continue;
            }
            match self.peek() {
                Some('\n' | '#') | None => {}
                Some(';') if !self.sees(";;") => self.copy(1),
                Some('&') if !self.sees("&&") => {
                    if !self.job(start)? || self.sees(";") {
                        self.copy(1);
                    }
                }
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

    /// Rewrites a list that is a statement of its own.
    pub(super) fn statement(&mut self) -> Rewrite<()> {
        self.skip_loop_variables();
        let start = self.out.len();
        self.list(true)?;
        self.asked_status(start)
    }

    /// Rewrites a list whose status decides, as that of a condition.
    pub(super) fn and_or(&mut self) -> Rewrite<()> {
        self.list(false)
    }

    fn list(&mut self, is_statement: bool) -> Rewrite<()> {
        let outer = (self.may_split, self.has_split, self.follows, self.is_statement);
        (self.may_split, self.has_split, self.is_statement) = (is_statement, false, is_statement);
        let mut connectors = Vec::new();
        loop {
            let start = self.at;
            self.follows = !connectors.is_empty();
            self.pipeline()?;
            let end = self.at;
            self.may_split &= !is_test(&self.text[start..end]);
            self.copy_blanks();
            if !self.sees("&&") && !self.sees("||") {
                self.uncopy(end);
                break;
            }
            let is_and = self.sees("&&");
            self.may_split &= is_and;
            if is_and {
                let length = self.out.trim_end_matches([' ', '\t']).len();
                connectors.push((length, self.out.len() + 2));
            } else if self.has_split {
                return Err(Stop);
            }
            self.copy(2);
            self.copy_lines()?;
        }
        if self.has_split {
            // A command that fails before `&&` ends the list here as well as a statement of its own.
            for (start, end) in connectors.into_iter().rev() {
                self.out.replace_range(start..end, ";");
            }
        }
        (self.may_split, self.has_split, self.follows, self.is_statement) = outer;
        Ok(())
    }

    pub(super) fn pipeline(&mut self) -> Rewrite<()> {
        let may_split = self.may_split;
        for mark in ["!", "time", "!"] {
            if self.word() == mark {
                self.copy(mark.len());
                self.copy_blanks();
                (self.may_split, self.begins_condition) = (false, false);
            }
        }
        if self.word() == "-p" {
            self.copy(2);
            self.copy_blanks();
        }
        let mut is_first = true;
        let outer_start = std::mem::replace(&mut self.stage_start, self.out.len());
        loop {
            let mut start = self.out.len();
            let outer = self.in_stage;
            self.in_stage |= !is_first;
            self.may_split &= is_first;
            let is_compound = self.command(is_first)?;
            self.in_stage = outer;
            if std::mem::take(&mut self.took_stages) {
                (start, is_first) = (self.stage_start, true);
            }
            let end = self.at;
            self.copy_blanks();
            let goes_on = self.sees("|") && !self.sees("||");
            if !goes_on {
                self.uncopy(end);
            }
            if is_compound && (goes_on || !is_first) {
                let command = self.out.split_off(start);
                let (command, blanks) = command.split_at(command.trim_end_matches([' ', '\t']).len());
                self.out += &format!("{{ {command} }}{blanks}");
            }
            if !goes_on {
                (self.may_split, self.stage_start) = (may_split, outer_start);
                return Ok(());
            }
            self.copy(if self.sees("|&") { 2 } else { 1 });
            self.copy_lines()?;
            is_first = false;
        }
    }

    /// Rewrites one command with its redirections. Returns whether it became a loop, `if` or `match`.
    fn command(&mut self, is_first: bool) -> Rewrite<bool> {
        let word = self.word();
        let is_statement = std::mem::replace(&mut self.may_split, false);
        let begins_condition = std::mem::replace(&mut self.begins_condition, false);
        let is_compound = match word {
            "for" => self.for_loop()?,
            "while" => self.while_loop(is_first)?,
            "until" => self.until_loop()?,
            "if" => self.if_command()?,
            "case" => self.case_command()?,
            "[[" => {
                self.test(is_statement || begins_condition)?;
                false
            }
            "{" if self.rest()[1..].starts_with([' ', '\t', '\n']) => {
                self.copy(1);
                self.inside("}")?;
                false
            }
            "" if self.sees("((") => {
                self.arithmetic_command(is_statement, begins_condition)?;
                return Ok(false);
            }
            "" if self.sees("(") => {
                self.copy(1);
                self.inside(")")?;
                false
            }
            // These words begin declarations and blocks of Pipewright.
            "fn" | "with" | "match" | "try" | "each" | "defer" | "use" | "spawn" => {
                return Err(Stop);
            }
            _ => {
                self.may_split = is_statement;
                if !self.function()? {
                    self.simple()?;
                }
                return Ok(false);
            }
        };
        self.redirections()?;
        Ok(is_compound)
    }
}

/// Returns whether a command is a test, whose false result stops nothing.
fn is_test(command: &str) -> bool {
    let first = command.trim_start().split([' ', '\t', '\n']).next().unwrap_or_default();
    matches!(first, "[" | "[[" | "test" | "!" | "time" | "command" | "true" | "false")
        || first.starts_with("((")
        || first.starts_with('$')
}
