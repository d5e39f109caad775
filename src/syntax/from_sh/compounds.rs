//! Rewrites loops, `if` and `case`.

use super::reading::Reading;
use super::{Kind, Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites `for NAME in WORD…; do …; done`, and the loop over all arguments, `for NAME; do`.
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
        self.out += &format!("for {} in", self.written_name(name));
        if self.word() != "in" && (self.in_function || self.names.is_script()) {
            let words = self.words_name();
            self.out += &format!(" ...${words}");
            self.skip_to("do")?;
            return self.body(name, Kind::Text);
        }
        self.skip_word("in")?;
        loop {
            self.skip_blanks();
            if matches!(self.peek(), Some(';' | '\n') | None) {
                break;
            }
            self.out.push(' ');
            let start = self.at;
            self.loop_word()?;
            if self.text[start..self.at].contains(['*', '?', '[']) {
                self.remark("without a match it does nothing")?;
            }
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
        if limit.contains(|c: char| c.is_ascii_alphabetic()) && !self.is_constant(&limit) {
            return Err(Stop);
        }
        self.out += &format!("for {name} in ({from}{range}{limit})");
        if self.skip_to("do").is_err() {
            self.skip_blanks();
            self.skip_word("do")?;
        }
        self.body(name, Kind::Integer)
    }

    /// Returns whether a limit is a variable of the script that is assigned only once.
    fn is_constant(&self, limit: &str) -> bool {
        let name = name_at(limit.trim());
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let uses = self.text.match_indices(name).filter(|(at, _)| {
            let (before, after) = (&self.text[..*at], &self.text[at + name.len()..]);
            !before.ends_with(is_letter)
                && !after.starts_with(is_letter)
                && !before.ends_with('$')
                && !before.ends_with("${")
        });
        // Its assignment and the head of the loop.
        self.names.is_script()
            && name == limit.trim()
            && self.kind(name) == Some(Kind::Integer)
            && uses.count() == 2
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
    pub(super) fn block(&mut self, until: &[&str]) -> Rewrite<()> {
        self.out += " {";
        if !self.rest().starts_with([' ', '\t', '\n']) {
            self.out.push(' ');
        }
        self.statements(until)?;
        self.close_block();
        Ok(())
    }

    /// Writes the brace that closes a block.
    pub(super) fn close_block(&mut self) {
        let trimmed = self.out.trim_end_matches([' ', '\t']);
        if trimmed.ends_with('\n') {
            // The brace replaces the word, at the same indentation.
            self.out.push('}');
        } else {
            let trimmed = trimmed.strip_suffix(';').unwrap_or(trimmed).trim_end_matches([' ', '\t']);
            self.out.truncate(trimmed.len());
            self.out += " }";
        }
    }

    /// Rewrites `while CONDITION; do …; done`, including a loop over lines that `read` reads.
    pub(super) fn while_loop(&mut self, is_first: bool) -> Rewrite<bool> {
        self.at += "while".len();
        self.skip_blanks();
        if let Some(reading) = self.reading() {
            return self.line_loop(&reading, is_first);
        }
        self.out += "while ";
        self.condition()?;
        self.skip_to("do")?;
        self.body("", Kind::Text)
    }

    /// Rewrites `while IFS= read -r NAME…; do …; done`, after a pipe or with its input from a file.
    fn line_loop(&mut self, reading: &Reading<'_>, is_first: bool) -> Rewrite<bool> {
        self.skip_to("do")?;
        let is_line = reading.names.len() == 1 && !reading.is_array;
        let name = if is_line { reading.names[0] } else { "line" };
        self.take_for_loop(name)?;
        let is_exact = reading.separator.as_deref() == Some("") && reading.is_raw;
        if is_line && !is_exact {
            self.note("lines keep their blanks and backslashes");
        }
        let start = self.out.len();
        if reading.ends_with_nul {
            return self.loop_over_names(reading, name, is_first);
        }
        self.out += &format!("each {name} {{");
        self.open_scope();
        self.declare(name, Kind::Text);
        if !is_line {
            let fields = self.fields(reading, name)?;
            self.out += &format!("{}{fields};", if self.sees("\n") { "\n" } else { " " });
        }
        if !self.rest().starts_with([' ', '\t', '\n']) {
            self.out.push(' ');
        }
        self.statements(&["done"])?;
        self.close_block();
        self.close_scope();
        self.skip_word("done")?;
        self.skip_blanks();
        if is_first {
            // `each` reads the lines of a file through a pipe.
            if !self.sees("<") || self.sees("<<") || self.sees("<&") {
                return Err(Stop);
            }
            self.at += 1;
            self.skip_blanks();
            let body = self.out.split_off(start);
            if self.sees("<(") {
                self.at += 2;
                self.open_scope();
                self.statements(&[")"])?;
                self.close_scope();
                self.at += 1;
                let command = self.out.split_off(start);
                if command.contains([';', '\n', '&']) {
                    return Err(Stop);
                }
                self.out += command.trim();
            } else {
                self.out += "cat ";
                self.a_word()?;
            }
            self.out += &format!(" | {body}");
        }
        Ok(false)
    }

    /// Rewrites `… | while IFS= read -r -d '' NAME; do …; done`, whose input ends each name with NUL.
    fn loop_over_names(&mut self, reading: &Reading<'_>, name: &str, is_first: bool) -> Rewrite<bool> {
        if reading.names.len() != 1 || is_first != (self.stage_start == self.out.len()) {
            return Err(Stop);
        }
        if is_first {
            return self.loop_over_named(name);
        }
        let before = self.out.split_off(self.stage_start);
        let command = before.trim_end().strip_suffix('|').ok_or(Stop)?.trim().to_owned();
        self.out += &format!("for {name} in ...$[$({command}).split($'\\0').filter(name => name != \"\")]");
        self.took_stages = true;
        self.body(name, Kind::Text)
    }

    /// Rewrites the rest of `while IFS= read -r -d '' NAME; do …; done < <(COMMAND)`.
    fn loop_over_named(&mut self, name: &str) -> Rewrite<bool> {
        let start = self.out.len();
        self.body(name, Kind::Text)?;
        let body = self.out.split_off(start);
        self.skip_blanks();
        if !self.sees("<") {
            return Err(Stop);
        }
        self.at += 1;
        self.skip_blanks();
        if !self.sees("<(") {
            return Err(Stop);
        }
        self.copy(2);
        self.inside(")")?;
        let command = self.out.split_off(start);
        let command = command.trim_start_matches("<(").trim_end_matches(')').trim();
        if command.contains([';', '\n', '&']) {
            return Err(Stop);
        }
        self.out +=
            &format!("for {name} in ...$[$({command}).split($'\\0').filter({name} => {name} != \"\")]{body}");
        Ok(true)
    }

    /// Rewrites the list between `if` or `while` and its block.
    fn condition(&mut self) -> Rewrite<()> {
        self.begins_condition = true;
        self.and_or()
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
        // The status is that of the command before, which would have stopped the script.
        if self.names.is_script() && super::status::asks_for_status(self.rest()) {
            return Err(Stop);
        }
        self.out += "if ";
        loop {
            self.condition()?;
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
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let indent = line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned();
        self.out += &format!("match ({value}) {{");
        loop {
            self.skip_lines();
            if self.word() == "esac" {
                break;
            }
            self.out += &format!("\n{indent}    ");
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
        self.out += &format!("\n{indent}}}");
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

    pub(super) fn skip_lines(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n']).len();
    }
}
