//! Rewrites builtins that change the shell itself: its options, environment and traps.

use super::{Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites a builtin that changes the shell. Returns whether there was one.
    pub(super) fn setting(&mut self) -> Rewrite<bool> {
        let rest = self.rest();
        let end = rest.find(['\n', ';', '|', '&', ')', '<', '>']).unwrap_or(rest.len());
        let words: Vec<&str> = rest[..end].split_ascii_whitespace().collect();
        let always = match words[..] {
            // The command search notices changed directories of PATH, so there is nothing to forget.
            ["hash", "-r"] => true,
            ["set", "--", ..] => return self.set_words(),
            ["shift", ref count @ ..] => return self.shift(count, end),
            ["set", ref options @ ..] => {
                let holds = |option: &&str| {
                    let always = [
                        "-e", "-u", "-eu", "-euo", "-eo", "-o", "pipefail", "errexit", "nounset", "-E",
                        "-Eeu", "-Eeuo", "errtrace",
                    ];
                    // A script is traced by an option of its run.
                    let traces = ["-x", "-ex", "-eux", "-euxo", "-exo", "xtrace"];
                    always.contains(option) || self.names.is_script() && traces.contains(option)
                };
                !options.is_empty() && options.iter().all(holds)
            }
            _ => false,
        };
        if always || words == [":"] {
            self.at += rest[..end].trim_end().len();
            self.out += "true";
            return Ok(true);
        }
        match words[..] {
            [":", ..] => self.checked_variables(end)?,
            ["alias", ..] => self.alias()?,
            ["source" | "." | "\\.", _, ..] => self.sourced()?,
            ["trap", "-", ..] if self.is_handler() => {
                self.at += rest[..end].trim_end().len();
                self.out += "true";
            }
            ["eval", ..] => self.evaluated()?,
            ["trap", ..] => self.trap()?,
            ["return", ref status @ ..] if self.in_function => {
                self.out += match status {
                    [] | ["0"] => "return",
                    ["1"] => "false",
                    _ => return Err(Stop),
                };
                self.at += rest[..end].trim_end().len();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Rewrites `shift` and `shift N`. Returns whether there are words to shift.
    fn shift(&mut self, count: &[&str], end: usize) -> Rewrite<bool> {
        let count: usize = match count {
            [] => 1,
            [count] => count.parse().map_err(|_| Stop)?,
            _ => return Err(Stop),
        };
        let after = &self.rest()[end..];
        // Its status is 1 if there are fewer words.
        let is_last = after.trim_start_matches([';', '\n', ' ']).is_empty();
        let is_visible = is_last || count > 1 || self.text.contains("$?");
        if !self.has_words() || self.is_listed(after) || self.is_exact && is_visible {
            return Err(Stop);
        }
        let words = self.words_name();
        self.out += &format!("{words} = {words}.slice({count})");
        self.at += self.rest()[..end].trim_end().len();
        Ok(true)
    }

    /// Rewrites `set -- WORD…`. Returns whether there are words to set.
    fn set_words(&mut self) -> Rewrite<bool> {
        if !self.has_words() {
            return Err(Stop);
        }
        self.at += "set".len();
        self.skip_blanks();
        self.at += "--".len();
        let mut elements = Vec::new();
        self.skip_blanks();
        while !matches!(self.peek(), Some('\n' | ';' | '&' | '|' | ')' | '<' | '>' | '#') | None) {
            elements.push(self.element()?);
            self.skip_blanks();
        }
        if self.is_listed(self.rest()) {
            return Err(Stop);
        }
        self.out += &format!("{} = [{}]", self.words_name(), elements.join(", "));
        Ok(true)
    }

    /// Returns whether a command before this text is part of a list or pipeline.
    fn is_listed(&self, after: &str) -> bool {
        self.follows
            || self.in_stage
            || after.trim_start_matches([' ', '\t']).starts_with(['&', '|', '<', '>'])
    }

    /// Rewrites `: "${NAME:=word}"` and `: "${NAME:?message}"`.
    fn checked_variables(&mut self, end: usize) -> Rewrite<()> {
        let arguments = &self.rest()[..end];
        let mut statements = Vec::new();
        let mut rest = arguments[1..].trim();
        while !rest.is_empty() {
            let quote = if rest.starts_with('"') { "\"" } else { "" };
            let inside = rest[quote.len()..].strip_prefix("${").ok_or(Stop)?;
            let close = inside.find('}').ok_or(Stop)?;
            let name = name_at(&inside[..close]);
            let operation = &inside[name.len()..close];
            let after = inside[close + 1..].strip_prefix(quote).ok_or(Stop)?;
            let variable = self.variable(name)?;
            statements.push(match operation.get(..2) {
                Some(":=") => {
                    let default = self.default(&operation[2..])?;
                    format!("{variable} = {variable}.or({default})")
                }
                Some(":?") => {
                    let message = match operation[2..].trim_matches(['"', '\'']) {
                        "" => format!("{name} is not set"),
                        message => message.to_owned(),
                    };
                    let message = super::parameters::literal(&message).ok_or(Stop)?;
                    format!("if ({variable}.or(\"\") == \"\") {{ fail {message} }}")
                }
                _ => return Err(Stop),
            });
            rest = after.trim_start();
        }
        self.out += &statements.join("; ");
        self.at += arguments.trim_end().len();
        Ok(())
    }

    /// Rewrites `source FILE`, from which only the environment can come over.
    fn sourced(&mut self) -> Rewrite<()> {
        self.at += usize::from(self.sees("\\"));
        self.at += self.word().len();
        self.skip_blanks();
        let (start, length) = (self.at, self.out.len());
        self.a_word()?;
        let file = &self.text[start..self.at];
        let written = self.out.split_off(length);
        let rest = self.rest().trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(['\n', ';', '&', '|', '}', ')', '#']) {
            return Err(Stop);
        }
        self.note("only its variables come over");
        let name = file.trim_matches(['"', '\'']).rsplit('/').next().unwrap_or_default();
        // A file of Pipewright is used by `use`.
        if name.ends_with(".pw") {
            return Err(Stop);
        }
        let call = if name.starts_with(".env") || name.ends_with(".env") {
            let end = self.at;
            self.at = start;
            let (path, _) = self.value()?;
            if self.at != end {
                return Err(Stop);
            }
            format!("env.update(dotenv(read({path})))")
        } else {
            format!("env.update({})", environment_after(". \"$0\"", &format!(" {written}")))
        };
        self.put_expression(&call);
        Ok(())
    }

    /// Rewrites `eval "$(ssh-agent -s)"`, which sets variables.
    fn evaluated(&mut self) -> Rewrite<()> {
        let start = self.at;
        let length = self.out.len();
        self.at += "eval".len();
        self.skip_blanks();
        let word = self.at;
        self.a_word()?;
        self.out.truncate(length);
        let text = &self.text[word..self.at];
        let is_capture = text.trim_matches('"').starts_with("$(");
        if !is_capture
            || text.contains('\'')
            || !matches!(self.rest().trim_start().chars().next(), None | Some('\n' | ';' | '&' | '|'))
        {
            self.at = start;
            return Err(Stop);
        }
        self.note("only its variables come over");
        let call = format!("env.update({})", environment_after(&format!("eval {text}"), ""));
        self.put_expression(&call);
        Ok(())
    }

    /// Writes an expression that is a statement, in a block if it stands in a list.
    fn put_expression(&mut self, call: &str) {
        let rest = self.rest().trim_start_matches([' ', '\t']);
        let is_listed = self.follows || rest.starts_with("&&") || rest.starts_with('|');
        self.out += &if is_listed { format!("{{ {call} }}") } else { call.to_owned() };
    }

    /// Returns whether the open function is the handler of a `trap`, which a deferred block runs only once.
    fn is_handler(&self) -> bool {
        self.in_function && self.text.contains(&format!("trap {} ", self.function_name))
    }

    /// Rewrites `trap 'commands' EXIT`.
    fn trap(&mut self) -> Rewrite<()> {
        let rest = self.rest()["trap".len()..].trim_start_matches([' ', '\t']);
        let quote = rest.chars().next().filter(|first| matches!(first, '\'' | '"'));
        let (commands, after) = match quote {
            Some(quote) => rest[1..].split_once(quote).ok_or(Stop)?,
            None => rest.split_at(rest.find([' ', '\t']).ok_or(Stop)?),
        };
        let end = after.find(['\n', ';', '&', '|', '#']).unwrap_or(after.len());
        let mut signals = after[..end].split_ascii_whitespace();
        let is_end = signals.clone().any(|signal| signal == "EXIT" || signal == "0");
        let is_known = signals.all(|signal| ENDS.contains(&signal.trim_start_matches("SIG")));
        let is_plain = quote != Some('"') || !commands.contains(['$', '`', '\\']);
        if !is_end
            || !is_known
            || !is_plain
            || matches!(commands, "" | "-")
            || commands.contains("$?")
            || self.follows
            || self.scopes.len() > 1
        {
            return Err(Stop);
        }
        if !self.names.is_script() {
            self.note("it runs at the end of this entry");
        }
        let mut inside = Rewriter::new(commands, self.names);
        inside.depth = self.depth;
        inside.statements(&[])?;
        let notes = std::mem::take(&mut inside.notes);
        notes.iter().for_each(|note| self.note(note));
        let inside = inside.out.trim().trim_end_matches(';').to_owned();
        self.out += &format!("defer {{ {inside} }}");
        self.at = self.text.len() - after[end..].len();
        Ok(())
    }
}

/// The ends of a script at which a deferred block runs.
const ENDS: &[&str] = &["EXIT", "0", "INT", "TERM", "HUP", "QUIT", "ERR"];

/// Returns the map of the variables that bash has after a command.
fn environment_after(command: &str, words: &str) -> String {
    format!(
        "$(bash -c 'exec 3>&1 1>&2; set -a; {command}; env -0 >&3'{words}).split($'\\0').map(line => line.split(\"=\", 2)).filter(pair => pair.len() == 2).to_map()"
    )
}
