//! Assignments, declarations, `read` and `eval` of sh: how they are written here, with the values of the script.

use super::lower::Checker;
use super::scope::Name;
use super::variables::is_own_name;
use super::words::literal;
use crate::syntax::ast;

impl<'s> Checker<'s> {
    /// Returns the replacement of `read -r -p "Name? " x` or `read x`: one line into one variable.
    pub(super) fn instead_of_read(&self, name: &str, words: &[ast::Word<'s>]) -> Option<String> {
        let texts = || words.iter().skip(1).map(|word| &self.text[word.span.range()]);
        let options: Vec<&str> = texts().take_while(|text| text.starts_with('-')).collect();
        let is_known = |option: &&str| matches!(*option, "-r" | "-p" | "-s" | "-rp" | "-sp" | "-rs" | "-rsp");
        // `while read line` iterates over all lines.
        let start = words.first()?.span.start as usize;
        let is_loop = self.text[..start].trim_end().ends_with("while");
        if name != "read" || is_loop || !options.iter().all(is_known) {
            return None;
        }
        let has = |letter: char| options.iter().any(|option| option.contains(letter));
        // The prompt follows the last option: `-p "Name? " x`.
        let all: Vec<&str> = texts().collect();
        let at = all.iter().position(|text| text.starts_with('-') && text.ends_with('p'));
        let prompt = at.and_then(|at| all.get(at + 1)).filter(|text| text.starts_with(['"', '\'']));
        let variable = *all.last()?;
        let names = all.len() - options.len() - usize::from(prompt.is_some());
        if names != 1 || !super::variable_commands::is_name(variable) {
            return None;
        }
        let call = match (prompt, has('s')) {
            (Some(prompt), false) => format!("input({prompt})"),
            (Some(prompt), true) => format!("input({prompt}, secret: true)"),
            (None, true) => "input(secret: true)".to_string(),
            (None, false) if has('p') => return None,
            (None, false) => "read_line()".to_string(),
        };
        let known = matches!(self.scopes.find(variable), Some(Name::Variable(_)));
        Some(format!("write: {}{variable} = {call}", if known { "" } else { "let " }))
    }

    /// Returns the help for `eval "$command"` and for `eval "text"`.
    pub(super) fn instead_of_eval(&self, words: &[ast::Word<'s>]) -> Option<String> {
        let [_, word] = words else { return None };
        if let Some(text) = literal(Some(word)) {
            return Some(format!("write: {text}"));
        }
        let source = self.text[word.span.range()].trim_matches('"');
        let name = source.strip_prefix('$')?.trim_matches(['{', '}']);
        self.scopes.find(name)?;
        Some(format!("a command is a list of words; if `{name}` is one: ...$[flags({name})]"))
    }

    /// Returns `NAME=value` as a statement in the form of the language.
    pub(super) fn assignment_help(&self, assignments: &[ast::Assignment<'s>], redirected: bool) -> String {
        let known = |name: &ast::Name<'_>| self.scopes.find(name.text).is_some();
        let of_environment = |name: &ast::Name<'_>| is_capital(name.text);
        let lines = assignments.iter().map(|assignment| {
            let (name, value) = (&assignment.name, self.value_of_sh(&assignment.value));
            match name.text {
                text if is_own_name(text) => format!("let {text}_ = {value}"),
                // `X=${X:-y}` keeps a value that the user has set.
                text if of_environment(name) && value.starts_with(&format!("env.{text} ?? ")) => {
                    let default = &value[format!("env.{text} ?? ").len()..];
                    format!("let {} = env.{text} ?? {default}", text.to_ascii_lowercase())
                }
                text if known(name) => format!("{text} = {value}"),
                text if of_environment(name) => format!("env.{text} = {value}"),
                text => format!("let {text} = {value}"),
            }
        });
        let lines: Vec<String> = lines.collect();
        let names = || assignments.iter().map(|assignment| &assignment.name);
        let what = if names().all(known) {
            "assign with blanks around the `=`"
        } else if names().any(|name| !known(name) && of_environment(name)) {
            "assign to the environment, or declare a variable of the script by `let`"
        } else {
            "declare by `let`, and assign with blanks around the `=`"
        };
        match &*lines {
            _ if redirected => format!("{what}, and empty a file by: true > file"),
            [line] if names().all(known) => format!("{what}: {line}"),
            lines => format!("{what}:\n{}", lines.join("\n")),
        }
    }

    /// Returns the value of an assignment of sh as an expression; a placeholder if it has no simple
    /// counterpart.
    fn value_of_sh(&self, word: &ast::Word<'s>) -> String {
        if let Some(text) = literal(Some(word))
            && !text.contains(['\\', '"', '$', '`', '\n'])
            && !is_number(&text)
        {
            return format!("\"{text}\"");
        }
        self.value_of_source(&self.text[word.span.range()]).unwrap_or_else(|| "…".into())
    }

    /// Does the same for a source text.
    pub(super) fn value_of_source(&self, source: &str) -> Option<String> {
        let is_known = |after: &str| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            self.scopes.find(&after[..end]).is_some() || is_capital(&after[..end])
        };
        let is_plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+./:,@%=$".contains(&byte))
                && text.split('$').skip(1).all(is_known)
        };
        let inside = |open: &str, close: &str| source.strip_prefix(open)?.strip_suffix(close);
        if is_number(source) {
            return Some(source.into());
        }
        match source {
            "()" => return Some("[]".into()),
            "$?" => return Some("(try { cmd }).status".into()),
            "$0" | "${0}" | "\"$0\"" => return Some("script_path()".into()),
            "${0##*/}" | "\"${0##*/}\"" => return Some("script_path().basename()".into()),
            "${0%/*}" | "\"${0%/*}\"" => return Some("script_path().dirname()".into()),
            _ => {}
        }
        if let Some(default) = inside("${", "}").or_else(|| inside("\"${", "}\"")).and_then(default_of_sh) {
            return Some(default);
        }
        if let Some(sum) = inside("$((", "))") {
            // A quotient would be a fraction, and a name may have no value.
            let is_sum = |byte: u8| byte.is_ascii_digit() || b" +-*".contains(&byte);
            return sum.bytes().all(is_sum).then(|| sum.trim().into());
        }
        if inside("$(", ")").is_some() && !source.contains('\n') {
            return Some(source.into());
        }
        if let Some(text) = inside("\"", "\"").filter(|text| is_plain(&text.replace(' ', ""))) {
            return Some(format!("\"{text}\""));
        }
        if let Some(path) = source.strip_prefix("~/").filter(|path| is_plain(path)) {
            return Some(format!("\"$HOME/{path}\""));
        }
        is_plain(source).then(|| format!("\"{source}\""))
    }

    /// Returns `local x=5 y=a` in the form of the language; `None` if a word is an option or has no simple
    /// counterpart.
    pub(super) fn declarations_of_sh(&self, words: &[ast::Word<'s>]) -> Option<String> {
        let declaration = |word: &ast::Word<'s>| {
            let (name, value) = self.text[word.span.range()].split_once('=')?;
            let is_name = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && !name.as_bytes()[0].is_ascii_digit();
            let value = if value.is_empty() { "\"\"".to_string() } else { self.value_of_source(value)? };
            is_name.then(|| format!("let {name} = {value}"))
        };
        let is_option = |word: &&ast::Word<'s>| self.text[word.span.range()].starts_with('-');
        let named = words.iter().skip_while(is_option);
        let lines = named.map(declaration).collect::<Option<Vec<String>>>()?;
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// Returns whether a text is a number both in the language and in sh.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..16).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// Returns `NAME:-text` of `${…}` as an expression, for an environment variable and plain text.
fn default_of_sh(inside: &str) -> Option<String> {
    let (name, default) = inside.split_once(":-").or_else(|| inside.split_once('-'))?;
    let default = default.trim_matches('"');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+./:,@%= ".contains(&byte);
    (is_capital(name) && default.bytes().all(is_plain)).then(|| format!("env.{name} ?? \"{default}\""))
}

/// Returns whether a name has the form of an environment variable.
fn is_capital(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
