//! Rewrites a command together with the statement after it that asks for its status by `$?`.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

/// The conditions that ask whether the command before has failed, or has not.
const FAILED: &[&str] =
    &["[ $? -ne 0 ]", "[ $? != 0 ]", "[ \"$?\" -ne 0 ]", "[[ $? -ne 0 ]]", "[[ $? != 0 ]]", "(( $? != 0 ))"];
const SUCCEEDED: &[&str] = &[
    "[ $? -eq 0 ]",
    "[ $? = 0 ]",
    "[ $? == 0 ]",
    "[ \"$?\" -eq 0 ]",
    "[[ $? -eq 0 ]]",
    "[[ $? == 0 ]]",
    "(( $? == 0 ))",
];

/// Returns whether a condition with which a text begins asks for the status of the command before it.
pub(super) fn asks_for_status(text: &str) -> bool {
    FAILED.iter().chain(SUCCEEDED).any(|condition| text.starts_with(condition))
}

impl Rewriter<'_> {
    /// Rewrites the statement behind a command if it asks for its status. The command was written since `start`.
    pub(super) fn asked_status(&mut self, start: usize) -> Rewrite<()> {
        let rest = self.rest().trim_start_matches([' ', '\t']);
        let after = rest.strip_prefix(';').unwrap_or(rest).trim_start_matches([' ', '\t', '\n']);
        if after.len() == rest.len() || !self.here_documents.is_empty() {
            return Ok(());
        }
        let named = name_at(after);
        let is_kept = after[named.len()..].strip_prefix("=$?").is_some_and(super::words::ends_word);
        if is_kept && !named.is_empty() {
            let command = self.command_since(start)?;
            self.at = self.text.len() - after.len() + named.len() + "=$?".len();
            let text = self.assignment(named, &format!("(try {{ {command} }}).status"), Kind::Integer)?;
            self.out += &text;
            return Ok(());
        }
        let Some(condition) = after.strip_prefix("if ") else { return Ok(()) };
        let condition = condition.trim_start_matches([' ', '\t']);
        let find =
            |spellings: &'static [&'static str]| spellings.iter().find(|one| condition.starts_with(**one));
        let (spelling, has_failed) = match (find(FAILED), find(SUCCEEDED)) {
            (Some(spelling), _) => (spelling, true),
            (_, Some(spelling)) => (spelling, false),
            _ => return Ok(()),
        };
        self.at = self.text.len() - condition.len() + spelling.len();
        let written = self.out[start..].trim().to_owned();
        if written.starts_with("let ") || written.split(' ').nth(1) == Some("=") {
            return self.asked_assignment(start, &written, has_failed);
        }
        let command = self.command_since(start)?;
        self.out += if has_failed { "if ! " } else { "if " };
        self.out += &command;
        self.skip_to("then")?;
        self.branch(&["else", "fi"])?;
        if self.word() == "else" {
            self.at += "else".len();
            self.out += " else";
            self.branch(&["fi"])?;
        }
        if !has_failed {
            self.note("a status above 1 is an error");
        }
        self.skip_word("fi")
    }

    fn branch(&mut self, until: &[&str]) -> Rewrite<()> {
        self.open_scope();
        self.block(until)?;
        self.close_scope();
        Ok(())
    }

    /// Takes back the written command. It is a single pipeline of one line.
    fn command_since(&mut self, start: usize) -> Rewrite<String> {
        let command = self.out.split_off(start);
        let command = command.trim();
        let is_compound = ["for ", "while ", "if ", "match ", "let ", "fn ", "try ", "! ", "time "]
            .iter()
            .any(|word| command.starts_with(word));
        let is_call = command.split([' ', '(']).next().is_some_and(|first| first.contains('.'));
        if is_compound
            || is_call
            || command.contains(['\n', ';'])
            || command.contains("&&")
            || command.contains("||")
        {
            return Err(Stop);
        }
        Ok(command.to_owned())
    }

    /// Rewrites `NAME=$(command)` and the question whether it has failed.
    fn asked_assignment(&mut self, start: usize, written: &str, has_failed: bool) -> Rewrite<()> {
        let assignment = written.strip_prefix("let ").unwrap_or(written);
        let (name, value) = assignment.split_once(" = ").ok_or(Stop)?;
        if !has_failed || !value.starts_with("$(") || value.contains('\n') {
            return Err(Stop);
        }
        self.out.truncate(start);
        if written.starts_with("let ") {
            self.out += &format!("let {name} = \"\"; ");
        }
        self.out += &format!("try {{ {assignment} }} catch _");
        self.skip_to("then")?;
        self.branch(&["fi"])?;
        self.skip_word("fi")
    }
}
