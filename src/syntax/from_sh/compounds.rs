//! Rewrites loops, `if`, `case` and `[[ … ]]`.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites `for NAME in WORD…; do …; done`.
    pub(super) fn for_loop(&mut self) -> Rewrite<bool> {
        self.at += "for".len();
        self.skip_blanks();
        if self.sees("((") {
            return self.counting_loop();
        }
        let name = name_at(self.rest());
        self.at += name.len();
        self.take_for_loop(name)?;
        self.skip_blanks();
        self.skip_word("in")?;
        self.out += &format!("for {name} in");
        loop {
            self.skip_blanks();
            if matches!(self.peek(), Some(';' | '\n') | None) {
                break;
            }
            self.out.push(' ');
            self.loop_word()?;
        }
        self.skip_to("do")?;
        self.body(name, Kind::Text)
    }

    /// Refuses a loop variable whose name exists outside the loop, because in sh the loop would change that variable.
    fn take_for_loop(&self, name: &str) -> Rewrite<()> {
        let is_known = self.kind(name).is_some() || self.names.is_variable(name);
        let is_fixed = self.names.is_exported(name) || self.names.is_special(name);
        if name.is_empty() || is_known || is_fixed { Err(Stop) } else { Ok(()) }
    }

    /// Rewrites `for ((i = 0; i < 3; i++)); do …; done`.
    fn counting_loop(&mut self) -> Rewrite<bool> {
        let end = self.rest().find("))").ok_or(Stop)?;
        let head = &self.rest()["((".len()..end];
        self.at += end + "))".len();
        let [first, condition, step] = head.split(';').map(str::trim).collect::<Vec<_>>()[..] else {
            return Err(Stop);
        };
        let name = name_at(first);
        self.take_for_loop(name)?;
        let from = first[name.len()..].trim_start().strip_prefix('=').ok_or(Stop)?;
        let from = self.arithmetic(from)?;
        let limit = condition.strip_prefix(name).ok_or(Stop)?.trim_start();
        let (range, limit) = match (limit.strip_prefix("<="), limit.strip_prefix('<')) {
            (Some(limit), _) => ("..=", limit),
            (_, Some(limit)) => ("..<", limit),
            _ => return Err(Stop),
        };
        let limit = self.arithmetic(limit)?;
        let steps = [format!("{name}++"), format!("++{name}"), format!("{name}+=1")];
        if !steps.contains(&step.replace(' ', "")) {
            return Err(Stop);
        }
        // bash evaluates the limit again before each turn, so a limit with a variable may change.
        if limit.contains(|c: char| c.is_ascii_alphabetic()) {
            return Err(Stop);
        }
        self.out += &format!("for {name} in ({from}{range}{limit})");
        if self.skip_to("do").is_err() {
            self.skip_blanks();
            self.skip_word("do")?;
        }
        self.body(name, Kind::Integer)
    }

    /// Rewrites the commands of a loop between `do` and `done`.
    fn body(&mut self, name: &str, kind: Kind) -> Rewrite<bool> {
        self.open_scope();
        if !name.is_empty() {
            self.declare(name, kind);
        }
        self.block(&["done"])?;
        self.close_scope();
        self.skip_word("done")?;
        Ok(true)
    }

    /// Rewrites commands up to one of these words as a block in braces.
    fn block(&mut self, until: &[&str]) -> Rewrite<()> {
        self.out += " {";
        if !self.rest().starts_with([' ', '\t', '\n']) {
            self.out.push(' ');
        }
        self.statements(until)?;
        let trimmed = self.out.trim_end_matches([' ', '\t']);
        if trimmed.ends_with('\n') {
            // The brace replaces the word, at the same indentation.
            self.out.push('}');
        } else {
            let trimmed = trimmed.strip_suffix(';').unwrap_or(trimmed).trim_end_matches([' ', '\t']);
            self.out.truncate(trimmed.len());
            self.out += " }";
        }
        Ok(())
    }

    /// Rewrites `while CONDITION; do …; done`, including a loop over lines that `read` reads.
    pub(super) fn while_loop(&mut self, is_first: bool) -> Rewrite<bool> {
        self.at += "while".len();
        self.skip_blanks();
        if let Some((length, is_exact)) = line_reader(self.rest()) {
            if !is_exact {
                self.note("lines keep their blanks and backslashes");
            }
            return self.line_loop(length, is_first);
        }
        self.out += "while ";
        self.and_or()?;
        self.skip_to("do")?;
        self.body("", Kind::Text)
    }

    /// Rewrites `while IFS= read -r NAME; do …; done`, after a pipe or with its input from a file.
    fn line_loop(&mut self, reader: usize, is_first: bool) -> Rewrite<bool> {
        self.at += reader;
        let name = name_at(self.rest());
        self.at += name.len();
        self.take_for_loop(name)?;
        self.skip_to("do")?;
        let start = self.out.len();
        self.out += &format!("each {name}");
        self.body(name, Kind::Text)?;
        self.skip_blanks();
        if is_first {
            // `each` reads the lines of a file through a pipe.
            if !self.sees("<") || self.sees("<<") || self.sees("<(") || self.sees("<&") {
                return Err(Stop);
            }
            self.at += 1;
            self.skip_blanks();
            let body = self.out.split_off(start);
            self.out += "cat ";
            self.a_word()?;
            self.out += &format!(" | {body}");
        }
        Ok(false)
    }

    /// Rewrites `until COMMAND; do …; done`.
    pub(super) fn until_loop(&mut self) -> Rewrite<bool> {
        self.at += "until".len();
        self.skip_blanks();
        self.out += "while ";
        if self.word() == "!" {
            self.at += 1;
            self.skip_blanks();
        } else {
            self.out += "! ";
        }
        self.pipeline()?;
        self.skip_to("do")?;
        self.body("", Kind::Text)
    }

    /// Rewrites `if CONDITION; then …; elif CONDITION; then …; else …; fi`.
    pub(super) fn if_command(&mut self) -> Rewrite<bool> {
        self.at += "if".len();
        self.skip_blanks();
        self.out += "if ";
        loop {
            self.and_or()?;
            self.skip_to("then")?;
            self.open_scope();
            self.block(&["elif", "else", "fi"])?;
            self.close_scope();
            match self.word() {
                "elif" => {
                    self.at += "elif".len();
                    self.skip_blanks();
                    self.out += " else if ";
                }
                "else" => {
                    self.at += "else".len();
                    self.out += " else";
                    self.open_scope();
                    self.block(&["fi"])?;
                    self.close_scope();
                    break;
                }
                _ => break,
            }
        }
        self.skip_word("fi")?;
        Ok(true)
    }

    /// Rewrites `case WORD in PATTERN) …;; esac`.
    pub(super) fn case_command(&mut self) -> Rewrite<bool> {
        self.at += "case".len();
        self.skip_blanks();
        let (value, _) = self.value()?;
        self.skip_lines();
        self.skip_word("in")?;
        self.out += &format!("match ({value}) {{");
        loop {
            self.skip_lines();
            if self.word() == "esac" {
                break;
            }
            self.out.push('\n');
            self.pattern()?;
            self.out += " =>";
            self.open_scope();
            self.block(&[";;", "esac"])?;
            self.close_scope();
            if self.sees(";;") {
                if self.sees(";;&") {
                    return Err(Stop);
                }
                self.at += 2;
            }
        }
        self.out += "\n}";
        self.skip_word("esac")?;
        Ok(true)
    }

    /// Rewrites the patterns of an arm of `case`, and skips the parenthesis after them.
    fn pattern(&mut self) -> Rewrite<()> {
        if self.sees("(") {
            self.at += 1;
        }
        loop {
            self.skip_blanks();
            self.a_word()?;
            self.skip_blanks();
            match self.peek() {
                Some('|') => {
                    self.at += 1;
                    self.out += " | ";
                }
                Some(')') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Stop),
            }
        }
    }

    fn skip_lines(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n']).len();
    }

    /// Rewrites `[[ … ]]` with one comparison as `[ … ]`, if both mean the same.
    pub(super) fn test(&mut self) -> Rewrite<()> {
        self.at += "[[".len();
        self.out.push('[');
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            if self.word() == "]]" {
                break;
            }
            self.out.push(' ');
            let (start, text) = (self.at, self.text);
            self.a_word()?;
            words.push(&text[start..self.at]);
            if words.len() > 4 {
                return Err(Stop);
            }
        }
        self.at += "]]".len();
        self.out += " ]";
        let operands = match words[..] {
            ["!", unary, operand] | [unary, operand] if is_unary(unary) => vec![operand],
            [left, "=" | "==" | "!=", right] => vec![left, right],
            [left, "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge", right] => vec![left, right],
            _ => return Err(Stop),
        };
        // `[` would compare a pattern as text, or replace it with file names.
        let is_plain = |operand: &&str| !operand.contains(['*', '?', '[', '~', '{', '\\', '!']);
        if operands.iter().all(is_plain) { Ok(()) } else { Err(Stop) }
    }
}

fn is_unary(word: &str) -> bool {
    word.len() == 2
        && word.starts_with('-')
        && word[1..].contains(['d', 'e', 'f', 'h', 'L', 'n', 'r', 's', 'w', 'x', 'z'])
}

/// Returns the length of a `read` up to its variable, and whether it reads each line unchanged.
fn line_reader(text: &str) -> Option<(usize, bool)> {
    let mut length = 0;
    let mut words = Vec::new();
    loop {
        let rest = &text[length..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let word = rest[blanks..].split([' ', '\t', ';', '\n']).next().unwrap_or_default();
        match word {
            "IFS=" | "read" | "-r" => {
                length += blanks + word.len();
                words.push(word);
            }
            _ => {
                let is_exact = words.contains(&"IFS=") && words.contains(&"-r");
                return (words.contains(&"read") && blanks > 0).then_some((length + blanks, is_exact));
            }
        }
    }
}
