//! Rewrites `$!` as a job in a variable.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites `&` behind a command whose `$!` is used, and `NAME=$!` after it. Returns whether it was one.
    pub(super) fn job(&mut self, start: usize) -> Rewrite<bool> {
        if !self.rest().contains("$!") {
            return Ok(false);
        }
        let after = self.rest()[1..].trim_start_matches([' ', '\t', '\n', ';']);
        let named = name_at(after);
        let rest = after[named.len()..].strip_prefix("=$!").filter(|rest| super::words::ends_word(rest));
        let (name, end) = match rest {
            Some(rest) if !named.is_empty() => (named, self.text.len() - rest.len()),
            _ => ("job", self.at + 1),
        };
        if self.kind(name).is_some_and(|kind| kind != Kind::Job) || self.names.is_exported(name) {
            return Err(Stop);
        }
        let command = self.out.split_off(start);
        let is_new = self.kind(name).is_none() && !self.names.is_variable(name);
        self.out += &format!("{}{name} = spawn {{ {} }}", if is_new { "let " } else { "" }, command.trim());
        self.at = end;
        if !matches!(self.peek(), Some(';' | '\n') | None) {
            self.out.push(';');
        }
        if is_new {
            self.declare(name, Kind::Job);
        }
        self.note("the job is a value");
        self.job = Some(name.to_owned());
        Ok(true)
    }

    /// Returns the variable of a job that a word means: `$!`, or that of a name.
    fn job_of(&self, word: &str) -> Option<String> {
        let word = word.trim_matches('"');
        if word == "$!" {
            return self.job.clone();
        }
        let name = word.strip_prefix('$')?;
        (self.kind(name) == Some(Kind::Job)).then(|| name.to_owned())
    }

    /// Rewrites `kill` and `wait` with a job. Returns whether it was one.
    pub(super) fn job_command(&mut self) -> Rewrite<bool> {
        let rest = self.rest();
        let end = rest.find(['\n', ';', '|', '&', ')', '<', '>', '#']).unwrap_or(rest.len());
        let words: Vec<&str> = rest[..end].split_ascii_whitespace().collect();
        let (job, call) = match words[..] {
            ["kill", job] => (job, "kill()".to_owned()),
            ["kill", signal, job] => {
                let signal = signal.strip_prefix('-').unwrap_or_default();
                let is_name = !signal.is_empty() && signal.bytes().all(|byte| byte.is_ascii_uppercase());
                let number = match signal {
                    "9" => "KILL",
                    "15" => "TERM",
                    _ if is_name => signal,
                    _ => return Ok(false),
                };
                (job, format!("kill(\"{}\")", number.trim_start_matches("SIG")))
            }
            ["wait", job] => (job, "wait()".to_owned()),
            _ => return Ok(false),
        };
        let Some(job) = self.job_of(job) else { return Ok(false) };
        self.at += rest[..end].trim_end().len();
        // What it prints has nowhere to go.
        self.skip_redirections();
        let is_alone = matches!(self.peek(), Some(';' | '\n' | ')' | '}') | None) && !self.follows;
        self.out += &if is_alone { format!("{job}.{call}") } else { format!("{{ {job}.{call} }}") };
        Ok(true)
    }

    fn skip_redirections(&mut self) {
        for redirection in
            ["2>/dev/null", "2> /dev/null", ">/dev/null 2>&1", "> /dev/null 2>&1", "&>/dev/null"]
        {
            let rest = self.rest().trim_start_matches([' ', '\t']);
            if rest.starts_with(redirection) {
                self.at = self.text.len() - rest.len() + redirection.len();
                let rest = self.rest();
                if rest.trim_start_matches([' ', '\t']).starts_with([';', '\n', '}', ')']) {
                    self.skip_blanks();
                }
            }
        }
    }

    /// Rewrites `$!` in a word.
    pub(super) fn job_number(&mut self) -> Rewrite<()> {
        let job = self.job.clone().ok_or(Stop)?;
        self.at += "$!".len();
        self.out += &format!("${{{job}.pid}}");
        Ok(())
    }
}
