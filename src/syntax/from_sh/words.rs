//! Rewrites simple commands. Their words are copied, except for backticks, arithmetic and operators of `${…}`.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites a simple command, or assignments without a command.
    pub(super) fn simple(&mut self) -> Rewrite<()> {
        if self.attempt(Self::giver)?
            || self.assignments()?
            || self.declaration()?
            || self.arithmetic_let()?
            || self.job_command()?
            || self.directory_stack()?
        {
            return Ok(());
        }
        if self.setting()? {
            return self.redirections();
        }
        // These commands set variables or use positional parameters in ways that can't be rewritten.
        if matches!(self.word(), "read" | "mapfile" | "readarray" | "getopts" | "return" | "let" | "trap") {
            return Err(Stop);
        }
        let start = self.at;
        loop {
            self.copy_blanks();
            match self.peek() {
                Some('\n' | ';' | '|' | ')') | None => break,
                Some('&') if !self.sees("&>") => break,
                Some('#') if self.at > start => break,
                // `name()`, or text that can't be part of a command.
                Some('(') => return Err(Stop),
                Some('<' | '>') => self.redirection()?,
                Some('&') => self.redirection()?,
                Some(_) => self.argument()?,
            }
        }
        // The caller handles the blanks before a separator.
        let end = self.text[..self.at].trim_end_matches([' ', '\t']).len();
        if end > start {
            self.uncopy(end);
        }
        if self.at == start { Err(Stop) } else { Ok(()) }
    }

    /// Rewrites the redirections after a compound command.
    pub(super) fn redirections(&mut self) -> Rewrite<()> {
        loop {
            let (at, length) = (self.at, self.out.len());
            self.copy_blanks();
            let rest = self.rest().trim_start_matches(|c: char| c.is_ascii_digit());
            if !rest.starts_with(['<', '>']) && !self.sees("&>") {
                self.at = at;
                self.out.truncate(length);
                return Ok(());
            }
            self.copy(self.rest().len() - rest.len());
            self.redirection()?;
        }
    }

    fn redirection(&mut self) -> Rewrite<()> {
        if self.sees("<(") || self.sees(">(") {
            self.copy(2);
            return self.inside(")");
        }
        if self.sees("<<") && !self.sees("<<<") {
            return self.here_operator();
        }
        let operators = ["&>>", "&>", "<<<", ">>", ">&", "<&", ">|", "<>", "<", ">"];
        let operator = operators.iter().find(|operator| self.sees(operator)).ok_or(Stop)?;
        self.copy(operator.len());
        self.copy_blanks();
        self.a_word()
    }

    /// Rewrites the commands up to and including a closing bracket.
    pub(super) fn inside(&mut self, end: &str) -> Rewrite<()> {
        self.open_scope();
        self.statements(&[end])?;
        self.close_scope();
        self.copy(1);
        Ok(())
    }

    /// Rewrites a word of a command. In a script a capture in it stands in quotes.
    fn argument(&mut self) -> Rewrite<()> {
        let (at, start) = (self.at, self.out.len());
        self.a_word()?;
        let word = &self.text[at..self.at];
        let is_capture = word.starts_with("$(") && !word.starts_with("$((") || word.starts_with('`');
        if is_capture && self.names.is_script() && closes_at_end(&self.out[start..]) {
            self.note("a capture is one argument");
            self.out.insert(start, '"');
            self.out.push('"');
        }
        Ok(())
    }

    /// Rewrites one word.
    pub(super) fn a_word(&mut self) -> Rewrite<()> {
        let start = self.at;
        while let Some(letter) = self.peek() {
            match letter {
                ' ' | '\t' | '\n' | ';' | '|' | '&' | ')' | '<' | '>' => break,
                '(' => return Err(Stop),
                '\'' => {
                    let end = self.rest()[1..].find('\'').ok_or(Stop)?;
                    self.copy(end + 2);
                }
                '"' if self.at == start && (self.all_words() || self.all_elements()) => {}
                '"' => self.double()?,
                '\\' => self.escaped()?,
                '$' => self.dollar(false)?,
                '`' => self.backtick(false)?,
                _ => self.copy(letter.len_utf8()),
            }
        }
        if self.at == start { Err(Stop) } else { Ok(()) }
    }

    fn escaped(&mut self) -> Rewrite<()> {
        let next = self.rest()[1..].chars().next().ok_or(Stop)?;
        self.copy(1 + next.len_utf8());
        Ok(())
    }

    fn double(&mut self) -> Rewrite<()> {
        self.copy(1);
        loop {
            match self.peek().ok_or(Stop)? {
                '"' => {
                    self.copy(1);
                    return Ok(());
                }
                '\\' => self.escaped()?,
                '$' => self.dollar(true)?,
                '`' => self.backtick(true)?,
                letter => self.copy(letter.len_utf8()),
            }
        }
    }

    /// Rewrites a part that begins with a dollar.
    pub(super) fn dollar(&mut self, is_quoted: bool) -> Rewrite<()> {
        if self.own_path() || self.positional()? {
            return Ok(());
        }
        let rest = self.rest();
        if rest.starts_with("$((") {
            let expression = self.arithmetic_expansion()?;
            self.out += &format!("$[{expression}]");
        } else if rest.starts_with("$(") {
            self.copy(2);
            if rest.starts_with("$(<") && !rest.starts_with("$(<(") && !rest.starts_with("$(<<") {
                self.at += 1;
                self.skip_blanks();
                self.out += "cat ";
            }
            self.inside(")")?;
        } else if rest.starts_with("${") {
            self.parameter(is_quoted)?;
        } else if rest.starts_with("$'") && !is_quoted {
            let mut end = 2;
            let mut letters = rest[2..].chars();
            loop {
                let letter = letters.next().ok_or(Stop)?;
                end += letter.len_utf8();
                match letter {
                    '\'' => break,
                    '\\' => end += letters.next().ok_or(Stop)?.len_utf8(),
                    _ => {}
                }
            }
            self.copy(end);
        } else if rest.starts_with("$?") {
            self.copy(2);
        } else if rest.starts_with("$!") {
            self.job_number()?;
        } else if rest.starts_with("$$") {
            self.at += 2;
            self.out += "$(sh -c 'echo $PPID')";
        } else {
            let name = name_at(&rest[1..]);
            let next = rest[1 + name.len()..].chars().next();
            // `$1`, `$@`, `$"…"` and elements of arrays are not rewritten.
            let is_special = name.is_empty() && next.is_some_and(|next| !" \t\n\"./:%,+=".contains(next));
            if is_special || name.is_empty() && next == Some('"') && !is_quoted {
                return Err(Stop);
            }
            if name == "UID" && self.kind(name).is_none() && !self.names.is_variable(name) {
                self.at += 1 + name.len();
                self.out += "$(id -u)";
                return Ok(());
            }
            self.refer(name)?;
            let is_split =
                self.assigned.iter().any(|one| one == name) && !self.words.iter().any(|one| one == name);
            if is_split && !is_quoted && !self.is_exact {
                self.remark("a variable is one argument, whatever it holds")?;
            }
            self.at += 1 + name.len();
            self.out.push('$');
            self.out += &self.written_name(name);
        }
        Ok(())
    }

    /// Rewrites a command substitution in backticks. Inside them a backslash escapes only `$`, `` ` `` and itself (POSIX,
    /// 2.6.3).
    pub(super) fn backtick(&mut self, is_quoted: bool) -> Rewrite<()> {
        let mut inside = String::new();
        let mut letters = self.rest()[1..].char_indices();
        let length = loop {
            let (at, letter) = letters.next().ok_or(Stop)?;
            match letter {
                '`' => break at + 2,
                '\\' => match letters.next().ok_or(Stop)?.1 {
                    next @ ('$' | '`' | '\\') => inside.push(next),
                    // Shells disagree about escaped quotes within double quotes.
                    '"' if is_quoted => return Err(Stop),
                    next => inside.extend(['\\', next]),
                },
                _ => inside.push(letter),
            }
        };
        // A comment would hide the closing parenthesis.
        if inside.contains('#') || inside.trim().is_empty() || self.depth > super::lists::MOST_NESTED {
            return Err(Stop);
        }
        let mut rewriter = Rewriter::new(&inside, self.names);
        (rewriter.scopes, rewriter.lost) = (std::mem::take(&mut self.scopes), std::mem::take(&mut self.lost));
        rewriter.depth = self.depth;
        rewriter.open_scope();
        let outcome = rewriter.statements(&[]);
        rewriter.close_scope();
        let (scopes, lost) = (std::mem::take(&mut rewriter.scopes), std::mem::take(&mut rewriter.lost));
        let out = std::mem::take(&mut rewriter.out);
        (self.scopes, self.lost) = (scopes, lost);
        rewriter.notes.iter().for_each(|note| self.note(note));
        outcome?;
        self.out += &format!("$({})", out.trim());
        self.at += length;
        Ok(())
    }

    /// Rewrites a word of `for`. An unquoted value, which sh would split, is refused unless the word is a capture.
    pub(super) fn loop_word(&mut self) -> Rewrite<()> {
        let (start, at) = (self.out.len(), self.at);
        self.a_word()?;
        let word = &self.text[at..self.at];
        if !has_bare_dollar(word) {
            return Ok(());
        }
        if let Some(name) = word.strip_prefix('$').filter(|name| name_at(name) == *name && !name.is_empty()) {
            self.out.truncate(start);
            return self.split_variable(name);
        }
        // A word that is a single capture becomes a list, split at blanks and line ends.
        let is_capture = word.starts_with("$(") && !word.starts_with("$((") || word.starts_with('`');
        let rewritten = self.out.split_off(start);
        let is_alone = rewritten.starts_with("$(") && closes_at_end(&rewritten);
        if !is_capture || !is_alone {
            return Err(Stop);
        }
        let program = rewritten["$(".len()..].trim_start().split([' ', ')']).next().unwrap_or_default();
        if !PRINT_NO_PATTERNS.contains(&program) {
            self.note("a pattern such as * in what the capture prints stays text");
        }
        self.out += &format!("...$[{rewritten}.split()]");
        Ok(())
    }
}

impl Rewriter<'_> {
    /// Rewrites a variable of the text without quotes among the words of `for`, which sh splits at blanks.
    fn split_variable(&mut self, name: &str) -> Rewrite<()> {
        if self.kind(name) != Some(Kind::Text) {
            return Err(Stop);
        }
        let is_read_once = self.scopes.len() == 1 && !self.in_function;
        if !is_read_once || !self.lists.iter().any(|list| list == name) {
            self.note("a pattern such as * in the variable stays text");
        }
        self.out += &format!("...$[{name}.split()]");
        Ok(())
    }
}

/// Programs whose output contains neither `*`, `?` nor `[`.
const PRINT_NO_PATTERNS: &[&str] = &["seq", "pgrep", "nproc", "id"];

/// Returns whether a word has a `$` or a backtick outside of quotes.
pub(super) fn has_bare_dollar(word: &str) -> bool {
    let mut quote = None;
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, '$' | '`') => return true,
            (None, '\'' | '"') => quote = Some(letter),
            (None | Some('"'), '\\') => _ = letters.next(),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    false
}

/// Returns whether the first parenthesis of a capture closes at the end of the text. Parentheses in quotes are counted,
/// too, and then the result is false.
pub(super) fn closes_at_end(text: &str) -> bool {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1 == text.len();
        }
    }
    false
}

/// Returns whether a word ends before this text.
pub(super) fn ends_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([' ', '\t', '\n', ';', '|', '&', ')', '<', '>', '}'])
}
