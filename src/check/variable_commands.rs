//! Variables in place of a command: `if ok {`, `if r.ok {`, `while n > 0 {`, `cmd || n += 1`.
//!
//! Each would run a program with the name of the variable, and write to the file `0`. A program that has the name of a
//! variable may still run with arguments, as in `head -1 $list`. Alone, or before text that looks like an expression,
//! it is refused with the line that was probably meant.

use super::errors::fits_help;
use super::lower::Checker;
use super::scope::Name;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, RedirectionKind, WordKind};
use crate::syntax::name::name_at;

const ASSIGNING: &[&str] = &["=", "+=", "-=", "++=", "*=", "**=", "/=", "//=", "%=", "??="];

/// The place of a command, and the text around it.
#[derive(Clone, Copy)]
pub struct Position {
    pub place: Place,
    /// The condition, or the list of commands that contains it.
    pub whole: Span,
    /// Its pipeline, with the `!` before it.
    pub pipeline: Span,
    pub negated: bool,
    /// The index of its stage, and the number of stages.
    pub stage: usize,
    pub stages: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Statement,
    /// Between `&&` and `||`.
    Joined,
    /// The condition of `if` or `while`.
    Condition,
}

/// The way in which a command looks like an expression.
enum Look {
    /// `n += 1`
    Assignment,
    /// `n % 2 == 0`, `n > 0`, as an expression if its parts are known.
    Expression(Option<String>),
    /// `r.ok`
    Member(String),
    /// `ok`
    Alone(String),
}

impl Position {
    /// Creates the position of a statement of one pipeline.
    pub fn statement(pipeline: &ast::Pipeline<'_>) -> Self {
        let (span, stages) = (pipeline.span, pipeline.stages.len());
        let negated = pipeline.negated;
        Self { place: Place::Statement, whole: span, pipeline: span, negated, stage: 0, stages }
    }

    /// Returns whether it is the whole condition or list.
    fn is_whole(&self) -> bool {
        self.stages == 1 && self.whole == self.pipeline
    }
}

impl<'s> Checker<'s> {
    /// Refuses a variable in place of a command. Returns whether it did.
    pub fn refuse_variable_command(
        &mut self,
        simple: &ast::Simple<'s>,
        redirections: &[ast::Redirection<'s>],
        span: Span,
        at: Position,
    ) -> bool {
        let ([first, rest @ ..], []) = (&*simple.words, &*simple.assignments) else { return false };
        let word = &self.text[first.span.range()];
        if value_name(first).is_some() {
            return rest.is_empty() && self.refuse_value_compared(word, first.span, redirections, span, at);
        }
        let name = name_at(word);
        if !super::commands::is_unquoted(first) && !word[name.len()..].starts_with('[')
            || !self.is_variable(name)
        {
            return false;
        }
        let Some(look) = self.look_of(word, name, rest, redirections, span, at) else { return false };
        let (label, helps) = self.instead(&look, word, first.span, span, at);
        let message = format!("`{name}` is a variable, not a command");
        let page = Diagnostic::new(code::VARIABLE_AS_COMMAND, message).at(self.source, first.span, label);
        let page = helps.into_iter().fold(page, Diagnostic::help);
        self.report(page);
        true
    }

    pub(super) fn is_variable(&self, name: &str) -> bool {
        matches!(self.scopes.find(name), Some(Name::Variable(_)))
    }

    fn look_of(
        &self,
        word: &str,
        name: &str,
        rest: &[ast::Word<'s>],
        redirections: &[ast::Redirection<'s>],
        span: Span,
        at: Position,
    ) -> Option<Look> {
        let text = |at: usize| rest.get(at).map_or("", |word| &self.text[word.span.range()]);
        let path = &word[name.len()..];
        let is_path = path.is_empty()
            || path.starts_with('[')
            || path.strip_prefix('.').is_some_and(|rest| !name_at(rest).is_empty());
        if !is_path {
            return None;
        }
        let command = &self.text[span.range()];
        if rest.len() > 1 && ASSIGNING.contains(&text(0)) {
            return Some(match (at.place, text(0)) {
                (Place::Condition, "=") => Look::Expression(self.as_expression(command)),
                _ => Look::Assignment,
            });
        }
        if path.starts_with('[') {
            return None;
        }
        if is_operator(text(0), rest.len(), |word| self.is_variable(word), text(1)) {
            return Some(Look::Expression(self.as_expression(command)));
        }
        let is_later = at.stage > 0 && at.place != Place::Condition;
        if !is_later && is_comparison(&command[word.len()..], redirections) {
            return Some(Look::Expression(self.as_expression(command)));
        }
        match path {
            // `s ||= "b"` has an error of its own.
            "" if self.text[span.end as usize..].trim_start().starts_with("||=") => None,
            "" if rest.is_empty() && redirections.is_empty() && at.stage == 0 => {
                Some(Look::Alone(name.into()))
            }
            "" => None,
            _ => Some(Look::Member(word.into())),
        }
    }

    /// Refuses `if $n > 2`, which runs the program named by `$n` and writes to the file `2`.
    fn refuse_value_compared(
        &mut self,
        word: &str,
        first: Span,
        redirections: &[ast::Redirection<'s>],
        span: Span,
        at: Position,
    ) -> bool {
        let command = &self.text[span.range()];
        let Some((sign, target)) = comparison(&command[word.len()..]) else { return false };
        let is_number = target.bytes().all(|byte| byte.is_ascii_digit() || b"._".contains(&byte));
        let is_meant = is_number || at.place == Place::Condition && self.is_variable(target);
        if !is_meant || !is_comparison(&command[word.len()..], redirections) {
            return false;
        }
        let look = Look::Expression(self.as_expression(command));
        let (_, helps) = self.instead(&look, word, first, span, at);
        let message = format!("`{sign} {target}` is a redirection, and compares nothing");
        let label = format!("runs the program that {word} names");
        let page = Diagnostic::new(code::VARIABLE_AS_COMMAND, message).at(self.source, span, label);
        let page = helps.into_iter().fold(page, Diagnostic::help);
        self.report(page);
        true
    }

    // -------------------------------------------------------------------------------------- what to write

    /// Returns the label, and what to write instead.
    fn instead(
        &self,
        look: &Look,
        word: &str,
        first: Span,
        span: Span,
        at: Position,
    ) -> (String, Vec<String>) {
        let command = &self.text[span.range()];
        let quoted = || format!("a program of this name is quoted: '{word}'");
        match look {
            Look::Assignment => {
                let help = match at.place {
                    Place::Condition => format!("assign before the condition: {command}"),
                    _ => format!("write: {}", self.line_with(at, span, &format!("{{ {command} }}"))),
                };
                ("assigned as a word of a command".into(), vec![help])
            }
            Look::Expression(expression) => {
                let compared = comparison(&self.text[first.end as usize..span.end as usize]);
                let label = match compared {
                    Some((sign, _)) if sign.ends_with('=') => {
                        "this would redirect to the file `=`".to_string()
                    }
                    Some((">", target)) => format!("this would write to the file `{target}`"),
                    Some((_, target)) => format!("this would read the file `{target}`"),
                    None => "would be run as a program".to_string(),
                };
                let mut helps = vec![self.as_condition(expression.as_deref(), span, at)];
                if at.place == Place::Statement && compared.is_some() {
                    helps.push(quoted());
                }
                (label, helps)
            }
            Look::Member(path) => {
                let first = match at.place {
                    Place::Statement if !at.negated => format!("print it by: echo ${{{path}}}"),
                    _ => self.as_condition(Some(path), span, at),
                };
                ("would be run as a program".into(), vec![first, quoted()])
            }
            Look::Alone(name) => {
                let first = match at.place {
                    Place::Statement if at.stages > 1 => {
                        format!("write: {}", self.line_with(at, span, &format!("echo ${name}")))
                    }
                    Place::Statement if !at.negated && self.project.earlier.is_some() => {
                        format!("show it by: = {name}")
                    }
                    Place::Statement if !at.negated => format!("print it by: echo ${name}"),
                    _ => self.as_condition(Some(name), span, at),
                };
                ("would be run as a program".into(), vec![first, quoted()])
            }
        }
    }

    /// Returns the user's line with the expression in place of the command.
    fn as_condition(&self, expression: Option<&str>, span: Span, at: Position) -> String {
        let shown = expression.unwrap_or("…");
        let negated = if shown.contains(' ') { format!("not ({shown})") } else { format!("not {shown}") };
        let whole = if at.negated { &negated } else { shown };
        match at.place {
            Place::Condition if at.is_whole() => {
                let before = self.text[..at.whole.start as usize].trim_end();
                let keyword = if before.ends_with("while") { "while" } else { "if" };
                format!("write: {keyword} ({whole}) {{")
            }
            Place::Condition => format!("write: {} {{", self.line_with(at, span, &format!("$[{shown}]"))),
            Place::Statement => format!("write: if ({whole}) {{ … }}"),
            Place::Joined => {
                let after = &self.text[at.pipeline.end as usize..at.whole.end as usize];
                let then = after.trim_start().strip_prefix("&&").filter(|then| !then.contains("||"));
                let is_first = at.pipeline.start == at.whole.start;
                match then.filter(|_| is_first && at.stages == 1) {
                    Some(then) if fits_help(then) => {
                        format!("write: if ({whole}) {{ {} }}", then.trim())
                    }
                    _ => format!("write: {}", self.line_with(at, span, &format!("$[{shown}]"))),
                }
            }
        }
    }

    /// Returns the condition or list with another text in place of one command; without its surroundings if they are
    /// long.
    fn line_with(&self, at: Position, span: Span, other: &str) -> String {
        let before = &self.text[at.whole.start as usize..span.start as usize];
        let after = &self.text[span.end as usize..at.whole.end as usize];
        let keyword = match self.text[..at.whole.start as usize].trim_end() {
            _ if at.place != Place::Condition => "",
            text if text.ends_with("while") => "while ",
            _ => "if ",
        };
        let line = format!("{keyword}{before}{other}{after}");
        if fits_help(&line) { line } else { other.to_string() }
    }

    /// Returns the words of a command as an expression, where all of them are known.
    fn as_expression(&self, command: &str) -> Option<String> {
        let name = command.len() - command.trim_start_matches(|c: char| !" \t<>".contains(c)).len();
        let (first, rest) = command.split_at(name);
        let mut parts = vec![self.value_of_word(first)?];
        let rest = match comparison(rest) {
            Some((sign, _)) => {
                parts.push(sign.to_string());
                rest.trim_start().strip_prefix(sign)?
            }
            None => rest,
        };
        for word in rest.split_ascii_whitespace() {
            parts.push(operator(word).map(str::to_string).or_else(|| self.value_of_word(word))?);
        }
        Some(parts.join(" "))
    }

    fn value_of_word(&self, word: &str) -> Option<String> {
        let inside = |open: &str, close: &str| word.strip_prefix(open)?.strip_suffix(close);
        if let Some(path) = inside("${", "}").or_else(|| word.strip_prefix('$')) {
            return self.is_variable(name_at(path)).then(|| path.to_string());
        }
        let is_plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@%+,".contains(&byte))
        };
        if inside("\"", "\"")
            .or_else(|| inside("'", "'"))
            .is_some_and(|text| text.is_empty() || is_plain(text))
        {
            return Some(word.to_string());
        }
        let is_value =
            crate::value::literal::parse_number(word).is_ok() || matches!(word, "true" | "false" | "null");
        if is_value || self.is_variable(name_at(word)) && is_plain(word) {
            return Some(word.to_string());
        }
        is_plain(word).then(|| format!("\"{word}\""))
    }

    /// Refuses `if test -e x && (a == "x") {`. Parentheses contain an expression only if they are the whole
    /// condition. Returns whether it did.
    pub fn refuse_value_in_parentheses(&mut self, and_or: &ast::AndOr<'s>, whole: Span) -> bool {
        let pipelines =
            std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline));
        let stages =
            pipelines.filter(|pipeline| pipeline.stages.len() == 1).map(|pipeline| &pipeline.stages[0]);
        let groups = stages.filter_map(|stage| match stage.kind {
            ast::StageKind::Subshell(ref list) => Some(list.span),
            _ => None,
        });
        let is_value = |span: &Span| {
            let inside = self.text[span.range()].trim_start_matches('(').trim_end_matches(')').trim();
            let mut words = inside.split_ascii_whitespace();
            let first = words.next().is_some_and(|word| self.is_variable(name_at(word)));
            first && words.next().is_none_or(|word| operator(word).is_some() || word.starts_with(['<', '>']))
        };
        let Some(span) = groups.into_iter().find(is_value).filter(|span| *span != whole) else {
            return false;
        };
        let inside = self.text[span.range()].strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let at =
            Position { place: Place::Condition, whole, pipeline: span, negated: false, stage: 0, stages: 1 };
        let help = format!(
            "write: {} {{",
            self.line_with(at, span, &format!("$[{}]", inside.unwrap_or("…").trim()))
        );
        let message = "parentheses hold an expression only as a whole condition";
        self.error(code::VARIABLE_AS_COMMAND, span, message, "a value between commands", &help);
        true
    }
}

/// Returns `x` for a word that is `$x`.
fn value_name<'s>(word: &ast::Word<'s>) -> Option<&'s str> {
    let WordKind::Parts(parts) = &word.kind else { return None };
    match &**parts {
        [ast::Part { kind: PartKind::Value(value, _), .. }] => match value.kind {
            ast::ExprKind::Name(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether a text is a name.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && name_at(text).len() == text.len()
}

/// Returns whether the second word of a command is an operator. `cat - file`, `ls / dir` and `rm * dir` are calls of
/// programs.
fn is_operator(word: &str, words: usize, is_variable: impl Fn(&str) -> bool, next: &str) -> bool {
    match word {
        "-" | "/" | "*" => words == 2 && (next.parse::<f64>().is_ok() || is_variable(name_at(next))),
        _ => words > 1 && operator(word).is_some(),
    }
}

/// Returns the operator of expressions that a word is or means.
fn operator(word: &str) -> Option<&'static str> {
    Some(match word {
        "==" | "=" | "===" | "is" | "eq" | "-eq" => "==",
        "!=" | "!==" | "ne" | "-ne" => "!=",
        "-lt" => "<",
        "-le" => "<=",
        "-gt" => ">",
        "-ge" => ">=",
        "<" => "<",
        ">" => ">",
        "<=" => "<=",
        ">=" => ">=",
        "+" => "+",
        "-" => "-",
        "*" => "*",
        "**" => "**",
        "/" => "/",
        "//" => "//",
        "%" => "%",
        "++" => "++",
        "and" => "and",
        "or" => "or",
        "in" => "in",
        _ => return None,
    })
}

/// Returns the sign of a redirection that looks like a comparison, and the first word after it.
fn comparison(text: &str) -> Option<(&'static str, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let sign = [">=", "<=", ">", "<"].into_iter().find(|sign| text.starts_with(sign))?;
    let rest = &text[sign.len()..];
    if rest.starts_with(['>', '<', '&', '(', '|']) {
        return None;
    }
    rest.split_ascii_whitespace().next().map(|target| (sign, target))
}

/// Returns whether the text after a name is a redirection to a bare word.
fn is_comparison(text: &str, redirections: &[ast::Redirection<'_>]) -> bool {
    let is_bare = redirections.first().is_some_and(|redirection| {
        redirection.descriptor.is_none()
            && matches!(
                &redirection.kind,
                RedirectionKind::File(_, ast::Word { kind: WordKind::Bare(_), .. })
            )
    });
    is_bare && comparison(text).is_some()
}
