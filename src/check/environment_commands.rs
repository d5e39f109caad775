//! `export NAME=word …` and `unset NAME …`: the environment of the commands that follow, changed as in sh.
//!
//! In sh both also change variables of the shell, and options list, hide or freeze them. Here they concern
//! only the environment: everything else that they would do in sh is refused.

use super::lower::Checker;
use super::program::*;
use super::scope::Name;
use super::shell_variables;
use super::side_by_side::Effect;
use super::variable_commands::is_name;
use super::words::literal;
use crate::builtins::Builtin;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast::{self, WordKind};
use crate::syntax::name::name_at;
use crate::value::Str;

impl<'s> Checker<'s> {
    /// Lowers a command whose first word is `export` or `unset`.
    pub(super) fn environment_command(&mut self, simple: ast::Simple<'s>, span: Span) -> Option<Command> {
        let ast::Simple { assignments, words } = simple;
        let mut words = words.into_iter();
        let first = words.next()?;
        let exports = literal(Some(&first)).as_deref() == Some("export");
        let name = if exports { "export" } else { "unset" };
        if let Some(assignment) = assignments.first() {
            let before = &self.text[assignment.name.span.start as usize..first.span.start as usize];
            let after = &self.text[first.span.end as usize..span.end as usize];
            let help = match exports {
                true => format!("write it as a word of its own: export {}{after}", before.trim_end()),
                false => format!("leave it out: unset{after}"),
            };
            let message = format!("an assignment before `{name}`");
            self.refuse_environment(assignment.name.span.to(assignment.value.span), message, &help);
            return None;
        }
        if words.len() == 0 {
            let (takes, help) = match exports {
                true => ("`export` takes NAME=word", "the environment is listed by: printenv"),
                false => ("`unset` takes names", "name the variables to remove: unset NAME"),
            };
            self.refuse_environment(first.span, takes.to_string(), help);
            return None;
        }
        if let Some(option) = words.as_slice().first().filter(|word| self.is_option(word, exports)) {
            self.refuse_option(option, name, span);
            return None;
        }
        let errors = self.errors.len();
        self.note_effect(Effect::Environment, span);
        let mut command = Command {
            assignments: Box::new([]),
            target: Target::Builtin(if exports { Builtin::Export } else { Builtin::Unset }),
            words: Box::new([]),
            judged: None,
        };
        if exports {
            command.assignments = words.filter_map(|word| self.exported(word, span)).collect();
        } else {
            let mut words = words.peekable();
            let is_option = |word: &ast::Word<'s>| literal(Some(word)).as_deref() == Some("-v");
            let option = words.next_if(is_option).map(|_| Word::Literal(b"-v"[..].into()));
            if words.peek().is_none() {
                let help = "name the variables to remove: unset NAME";
                self.refuse_environment(first.span, "`unset` takes names".to_string(), help);
            }
            let names: Vec<Word> = words.filter_map(|word| self.removed(&word)).collect();
            command.words = option.into_iter().chain(names).collect();
        }
        (self.errors.len() == errors).then_some(command)
    }

    fn refuse_environment(&mut self, span: Span, message: String, help: &str) {
        self.error(code::ENVIRONMENT_COMMAND, span, message, "not in Pipewright", help);
    }

    fn is_option(&self, word: &ast::Word<'s>, exports: bool) -> bool {
        let text = &self.text[word.span.range()];
        text.starts_with('-') && (exports || text != "-v")
    }

    /// Refuses `export -n NAME` and `unset -f NAME`.
    fn refuse_option(&mut self, option: &ast::Word<'s>, name: &str, command: Span) {
        let text = &self.text[option.span.range()];
        let rest = self.text[option.span.end as usize..command.end as usize].trim();
        let help = match (name, text) {
            ("export", "-p") => "the environment is listed by: printenv".to_string(),
            ("export", "-n") if !rest.is_empty() => format!("a variable is removed by: unset {rest}"),
            (_, "-f") => format!("functions are not given to programs; `{name}` is about the environment"),
            ("export", _) if rest.contains('=') => format!("write it without: export {rest}"),
            ("export", _) => "write: export NAME=word".to_string(),
            (_, _) if rest.is_empty() => "write: unset NAME".to_string(),
            (_, _) => format!("write it without: unset {rest}"),
        };
        // The replacement replaces the whole command.
        let span = if text == "-p" { command } else { option.span };
        self.refuse_environment(span, format!("`{name}` has no option {text}"), &help);
    }

    /// Lowers `NAME=word`.
    fn exported(&mut self, word: ast::Word<'s>, command: Span) -> Option<(Str, WordText)> {
        let span = word.span;
        let assignment = match word.kind {
            WordKind::Assignment(assignment) => *assignment,
            _ => {
                self.refuse_exported(&word, command);
                return None;
            }
        };
        let name = assignment.name.text;
        let source = &self.text[assignment.value.span.range()];
        if assignment.append {
            let variable =
                if name_at(source).is_empty() { format!("${name}") } else { format!("${{{name}}}") };
            let help = format!("write the whole value: export {name}={variable}{source}");
            self.refuse_environment(span, "`+=` in `export`".to_string(), &help);
            return None;
        }
        let other = self.value_of_source(source).map(|value| format!("env.{name} = {value}"));
        self.may_change(name, assignment.name.span, other.as_deref())
            .then(|| (Str::from(name), self.word_text(assignment.value, "a value", true)))
    }

    /// Returns whether a name is only that of an environment variable. Refuses any other.
    fn may_change(&mut self, name: &str, span: Span, other: Option<&str>) -> bool {
        let what = match self.scopes.find(name) {
            Some(Name::Variable(_)) => "a variable of the script",
            Some(Name::Function(_)) => "a function",
            Some(Name::Module(_)) => "a file that is used",
            None if shell_variables::is_of_shells(name) => {
                let help =
                    format!("one command is given it by: {name}=value cmd; all by: env.{name} = \"value\"");
                let message = format!("`{name}` belongs to shells: it would change nothing here");
                self.refuse_environment(span, message, &help);
                return false;
            }
            None => return true,
        };
        let message = format!("`{name}` is {what}, and not what programs would get");
        let help = match other {
            Some(other) => format!("name the environment: {other}"),
            None => format!("name the environment: env.{name} = …"),
        };
        self.refuse_environment(span, message, &help);
        false
    }

    /// Refuses a word of `export` that is not `NAME=word`.
    fn refuse_exported(&mut self, word: &ast::Word<'s>, command: Span) {
        let text = &self.text[word.span.range()];
        let (span, message, help) = if matches!(word.kind, WordKind::Braces(_)) {
            let message = "`export` takes NAME=word, and not a brace list".to_string();
            (word.span, message, "write a word for each, or quote the braces".to_string())
        } else if let Some(unquoted) = quote_moved(text) {
            let message = "`export` takes NAME=word, with an unquoted name".to_string();
            (word.span, message, format!("quote the value alone: export {unquoted}"))
        } else if is_name(text) {
            let (message, help) = match self.scopes.find(text) {
                Some(Name::Variable(_)) => (
                    format!("`{text}` is a variable of the script"),
                    format!("pass it to programs by: env.{text} = {text}"),
                ),
                _ => (
                    format!("`export {text}` has no value"),
                    format!(
                        "a variable of the environment needs no `export`; set it by: export {text}=value"
                    ),
                ),
            };
            (word.span, message, help)
        } else if let Some(file) =
            text.split(|c: char| " \t'\"()<>".contains(c)).find(|part| part.ends_with(".env"))
        {
            let message = "`export` takes NAME=word, and not text that becomes words".to_string();
            (
                command,
                message,
                format!("the variables of a file are set by: env.update(dotenv(read(\"{file}\")))"),
            )
        } else {
            let message = "`export` takes NAME=word, with the name as text".to_string();
            (word.span, message, "a name that is computed is set by: env[name] = \"value\"".to_string())
        };
        self.refuse_environment(span, message, &help);
    }

    /// Lowers a word of `unset`.
    fn removed(&mut self, word: &ast::Word<'s>) -> Option<Word> {
        let text = &self.text[word.span.range()];
        if !matches!(word.kind, WordKind::Bare(_)) || !is_name(text) {
            let unquoted = text.trim_matches(['\'', '"']);
            let help = match text.split_once('=') {
                _ if is_name(unquoted) => format!("write it without quotes: unset {unquoted}"),
                Some((name, _)) if is_name(name) => format!("name the variable alone: unset {name}"),
                _ => "a name that is computed is removed by: env[name] = null".to_string(),
            };
            self.refuse_environment(word.span, "`unset` takes names as text".to_string(), &help);
            return None;
        }
        let is_needed = match text {
            "HOME" => Some("`~` and `cd` go by it"),
            "PATH" => Some("sh finds no program without it"),
            _ => None,
        };
        if let Some(why) = is_needed {
            let message = format!("`unset {text}` takes away what commands need: {why}");
            let help = format!("for one command it is removed by: env -u {text} cmd");
            self.refuse_environment(word.span, message, &help);
            return None;
        }
        let other = format!("env.{text} = null");
        self.may_change(text, word.span, Some(&other)).then(|| Word::Literal(text.as_bytes().into()))
    }
}

/// Returns `NAME="text"` for `"NAME=text"`.
fn quote_moved(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let (name, value) = inside.split_once('=')?;
    (is_name(name) && !value.contains(quote)).then(|| format!("{name}={quote}{value}{quote}"))
}
