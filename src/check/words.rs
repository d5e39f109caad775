//! Words, commands and redirections: what each becomes as arguments.

use super::lower::Checker;
use super::program::*;
use super::scope::Name;
use super::{code_slots, sh_habits};
use crate::builtins::{self, Builtin};
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast::{self, Habit, PartKind, WordKind};
use crate::value::Str;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// The text of a word that has no values and no patterns in it.
pub fn literal<'w>(word: Option<&'w ast::Word<'_>>) -> Option<Cow<'w, str>> {
    match &word?.kind {
        WordKind::Bare(text) => Some(Cow::Borrowed(text)),
        WordKind::Parts(parts) => {
            if let [ast::Part { kind: PartKind::Bare(text) | PartKind::Quoted(text), .. }] = &**parts {
                return std::str::from_utf8(text).ok().map(Cow::Borrowed);
            }
            let mut all = String::new();
            for part in parts {
                match &part.kind {
                    PartKind::Bare(text) | PartKind::Quoted(text) => {
                        all.push_str(std::str::from_utf8(text).ok()?)
                    }
                    PartKind::OpenBracket => all.push('['),
                    _ => return None,
                }
            }
            Some(Cow::Owned(all))
        }
        _ => None,
    }
}

fn is_unquoted(word: &ast::Word<'_>) -> bool {
    match &word.kind {
        WordKind::Bare(_) => true,
        WordKind::Parts(parts) => {
            parts.iter().all(|part| matches!(part.kind, PartKind::Bare(_) | PartKind::OpenBracket))
        }
        _ => false,
    }
}

impl<'s> Checker<'s> {
    // -------------------------------------------------------------------------------------- commands

    pub fn simple(&mut self, simple: ast::Simple<'s>, redirected: bool, span: Span) -> Option<Command> {
        let ast::Simple { assignments, words } = simple;
        let Some(first) = words.first() else {
            match assignments.first() {
                Some(ast::Assignment { value: ast::Word { kind: WordKind::Parts(parts), .. }, .. })
                    if parts.iter().any(|part| matches!(part.kind, PartKind::Sh(Habit::Array))) =>
                {
                    self.habit(Habit::Array, span);
                }
                Some(assignment) if assignment.append => {
                    self.habit(Habit::AppendAssignment, assignment.name.span)
                }
                Some(assignment) => {
                    let help = self.assignment_help(assignment);
                    self.error(
                        code::SH_ASSIGNMENT,
                        span,
                        "an assignment of sh",
                        "sets the environment of a command, and none follows",
                        &help,
                    );
                }
                None if redirected => {
                    self.error(
                        code::SH_REDIRECTION,
                        span,
                        "a redirection without a command",
                        "no command that it belongs to",
                        "empty a file by: true > file",
                    );
                }
                None => {}
            }
            return None;
        };
        if let Some(assignment) = assignments.iter().find(|assignment| assignment.append) {
            self.habit(Habit::AppendAssignment, assignment.name.span);
            return None;
        }
        // `command command ls` is `command ls`.
        let commands =
            words.iter().take_while(|word| literal(Some(word)).as_deref() == Some("command")).count();
        let name = literal(Some(first));
        if name.as_deref() == Some("!") && is_unquoted(first) && !assignments.is_empty() {
            let help = "move it to the front: ! NAME=value cmd";
            self.error(
                code::SYNTAX,
                first.span,
                "`!` stands before a whole pipeline",
                "an assignment stands before it",
                help,
            );
            return None;
        }
        if self.refuse_lookalike(&words) {
            return None;
        }
        let target = match &name {
            Some(name) => self.target(name, first, &words[commands.saturating_sub(1)..])?,
            None => {
                if self.refuse_capture_as_program(first) {
                    return None;
                }
                self.refuse_list_as_program(first);
                Target::Program
            }
        };
        code_slots::check(self, &words);
        let assignments = assignments.into_vec().into_iter();
        let assignments = assignments
            .map(|a| (Str::from(a.name.text), self.word_text(a.value, "a value", true)))
            .collect::<Box<[_]>>();
        // The name of a builtin is no argument of it, and neither is `command`.
        let asks = matches!(target, Target::Builtin(Builtin::Command));
        let dropped = commands + usize::from(!matches!(target, Target::Program) && !asks);
        let mut words = words.into_iter();
        words.by_ref().take(dropped).for_each(drop);
        let mut lowered = Vec::with_capacity(words.len());
        let mut spans = Vec::new();
        for word in words {
            let span = word.span;
            self.word(word, &mut lowered);
            if !matches!(target, Target::Program) {
                spans.resize(lowered.len(), span);
            }
        }
        if let Target::Builtin(builtin) = target {
            let literals: Vec<Option<&[u8]>> = lowered
                .iter()
                .map(|word| match word {
                    Word::Literal(text) => Some(&**text),
                    _ => None,
                })
                .collect();
            if let Some(refusal) = builtin.refuse(&literals) {
                let span = spans.get(refusal.argument).copied().unwrap_or(span);
                self.error(refusal.code, span, refusal.message, "not in Pipewright", &refusal.help);
                return None;
            }
        }
        if let Target::Function(id) = target {
            if let Some(assignment) = assignments.first() {
                let message = format!("`{}=…` before a function", assignment.0.to_utf8().unwrap_or_default());
                let help = "set it around the call: env.NAME = …, or hand it over as an argument";
                self.error(code::SH_ASSIGNMENT, span, message, "sets the environment of a program", help);
            }
            self.called(id, span);
            self.refuse_words(id, &lowered, &spans, span);
        }
        // Builtins and functions take options from literal text only, so a value is never one.
        unguard(&mut lowered, !matches!(target, Target::Program));
        Some(Command { assignments, target, words: lowered.into_boxed_slice() })
    }

    /// What a literal first word names.
    fn target(&mut self, name: &str, first: &ast::Word<'s>, words: &[ast::Word<'s>]) -> Option<Target> {
        let span = first.span;
        if is_unquoted(first)
            && let Some(target) = self.function_named(name, span)
        {
            return target;
        }
        if let Some(row) =
            sh_habits::of_word(name).filter(|row| is_unquoted(first) || row.code == code::SH_BUILTIN)
        {
            self.sh(row, span);
            return None;
        }
        if is_unquoted(first)
            && (name.starts_with("[-") || (name.starts_with('{') && name != "{}" && !name.contains('}')))
        {
            let (open, rest) = name.split_at(1);
            let help = format!("put a blank after it: {open} {rest}");
            self.error(
                code::SYNTAX,
                span,
                format!("`{open}` and the word after it are one word"),
                "no program has this name",
                &help,
            );
            return None;
        }
        if name == "!" && is_unquoted(first) {
            self.error(
                code::SYNTAX,
                span,
                "`!` stands once, before a whole pipeline",
                "a second one",
                "remove both; quote it to reach a program of this name: '!'",
            );
            return None;
        }
        if name.is_empty() {
            self.error(code::SYNTAX, span, "the name of the program is empty", "nothing can be run", "");
            return None;
        }
        if name == "command" {
            return self.command_builtin(words);
        }
        match builtins::find(name) {
            Some(builtin) => Some(Target::Builtin(builtin)),
            None => Some(Target::Program),
        }
    }

    /// A function that is declared here, or a member of a file that is used; none within is an error.
    fn function_named(&mut self, name: &str, span: Span) -> Option<Option<Target>> {
        let (head, member) = match name.split_once('.') {
            Some((head, member)) => (head, Some(member)),
            None => (name, None),
        };
        let meaning = match (self.scopes.find(head)?, member) {
            (Name::Function(id), None) => return Some(Some(Target::Function(id))),
            (Name::Module(id), Some(member)) => self.member_at(id, head, member, span),
            _ => return None,
        };
        match meaning {
            Some(Name::Function(id)) => Some(Some(Target::Function(id))),
            Some(_) => {
                let message = format!("`{name}` is no function");
                let help = format!("as an argument its value is ${{{name}}}");
                self.error(code::SYNTAX, span, message, "can't be run", &help);
                Some(None)
            }
            None => Some(None),
        }
    }

    /// `command NAME` is NAME, and never a function; `command -v` asks what a name means.
    fn command_builtin(&mut self, words: &[ast::Word<'s>]) -> Option<Target> {
        let Some(next) = words.get(1) else {
            self.error(
                code::ARGUMENT_COUNT,
                words[0].span,
                "`command` takes the name of a program",
                "none follows",
                "write: command ls, or command -v ls",
            );
            return None;
        };
        let name = literal(Some(next));
        match name.as_deref() {
            Some("-v" | "-V") => builtins::find("command").map(Target::Builtin),
            Some(option) if option.starts_with('-') => {
                let message = format!("`command` has no option {option}");
                self.error(
                    code::UNKNOWN_OPTION,
                    next.span,
                    message,
                    "not in Pipewright",
                    "command -v NAME tells what a name means",
                );
                None
            }
            // As in sh: `command` passes by functions, not builtins.
            Some(name) if sh_habits::of_word(name).is_some() => self.target(name, next, &words[1..]),
            Some(name) => Some(builtins::find(name).map_or(Target::Program, Target::Builtin)),
            None => Some(Target::Program),
        }
    }

    /// `NAME=value` as a statement, as it is written here.
    fn assignment_help(&self, assignment: &ast::Assignment<'s>) -> String {
        let name = assignment.name.text;
        let source = &self.text[assignment.value.span.range()];
        let value = match literal(Some(&assignment.value)) {
            Some(text) if !text.is_empty() && !text.contains(['\\', '"', '$', '`', '\n']) => {
                format!("\"{text}\"")
            }
            _ if source.starts_with("$(") && source.ends_with(')') && !source.contains('\n') => {
                source.to_string()
            }
            _ => "\"value\"".to_string(),
        };
        let capitals =
            name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if self.scopes.find(name).is_some() {
            format!("assign with blanks around the `=`: {name} = {value}")
        } else if capitals {
            format!(
                "assign to the environment, or declare a variable of the script by `let`:\nenv.{name} = {value}"
            )
        } else {
            format!("declare by `let`, and assign with blanks around the `=`:\nlet {name} = {value}")
        }
    }

    /// `$(cmd) args`: sh would split what the command prints into the name of a program and arguments.
    fn refuse_capture_as_program(&mut self, word: &ast::Word<'s>) -> bool {
        let WordKind::Parts(parts) = &word.kind else { return false };
        let [ast::Part { kind: PartKind::Capture(_, ast::Quoting::Bare), span }] = &**parts else {
            return false;
        };
        let text = &self.text[span.range()];
        let help = if text.len() < 200 && !text.contains(['\n', '"']) {
            format!(
                "what a program prints is never run as code; quote it if it is the name of one program:\n\"{text}\""
            )
        } else {
            "what a program prints is never run as code; quote it if it is the name of one program"
                .to_string()
        };
        let message = "an unquoted capture can't be the name of a program";
        self.error(code::SH_CAPTURE, *span, message, "sh would split it into a name and arguments", &help);
        true
    }

    fn refuse_list_as_program(&mut self, word: &ast::Word<'s>) {
        let list = match &word.kind {
            WordKind::Braces(_) => Some("a brace list"),
            WordKind::Parts(parts) if parts.iter().any(|part| matches!(part.kind, PartKind::Pattern(_))) => {
                Some("a pattern")
            }
            WordKind::Arrow => {
                self.error(
                    code::SYNTAX,
                    word.span,
                    "`=>` stands after a pattern of `match`",
                    "no pattern before it",
                    "",
                );
                None
            }
            _ => None,
        };
        if let Some(list) = list {
            let message = format!("{list} can't be the name of a program");
            self.error(
                code::SYNTAX,
                word.span,
                message,
                "one program is expected here",
                "write its name, or splice a list: ...$argv",
            );
        }
    }

    // -------------------------------------------------------------------------------------- words

    /// Lowers a word to the arguments that it makes.
    pub fn word(&mut self, word: ast::Word<'s>, into: &mut Vec<Word>) {
        let span = word.span;
        match word.kind {
            WordKind::Bare(text) => into.push(Word::Literal(text.as_bytes().into())),
            WordKind::Braces(words) => words.into_vec().into_iter().for_each(|word| self.word(word, into)),
            WordKind::Splice(list) => {
                let guarded = !matches!(&list.kind, ast::ExprKind::Call(callee, _) if matches!(callee.kind, ast::ExprKind::Name("flags")));
                let list = self.spliced(*list);
                into.push(Word::Splice { list: Box::new(list), guarded });
            }
            WordKind::Arrow => {
                self.error(
                    code::SYNTAX,
                    span,
                    "`=>` stands only in an arm of `match`",
                    "not a word of a command",
                    "quote it if it is meant as text: '=>'",
                );
            }
            WordKind::Parts(parts) => {
                if let [ast::Part { kind: PartKind::Quoted(text), .. }] = &*parts {
                    into.push(Word::Literal(text.as_ref().into()));
                    return;
                }
                let parts = parts.into_vec();
                self.refuse_in_word(&parts);
                if parts.iter().any(|part| matches!(part.kind, PartKind::Pattern(_))) {
                    into.extend(self.glob(parts, span));
                    return;
                }
                let text = self.text(parts, span);
                into.push(match &*text.parts {
                    [Part::Text(literal)] => Word::Literal(literal.as_bytes().into()),
                    _ => Word::Text(Box::new(text)),
                });
            }
        }
    }

    /// The list of `...$list`: `$NAME` there is no variable of the environment.
    fn spliced(&mut self, list: ast::Expr<'s>) -> Expr {
        self.expr(list)
    }

    /// One word where exactly one is expected: a redirection's target, a value of the environment.
    pub fn word_text(&mut self, word: ast::Word<'s>, what: &str, assignment: bool) -> WordText {
        let span = word.span;
        let parts = match word.kind {
            WordKind::Bare(text) => {
                let part = Part::Text(Str::from(text));
                return WordText { span, parts: Box::new([part]), guarded: false };
            }
            WordKind::Parts(parts) => parts.into_vec(),
            WordKind::Braces(_) if assignment => Vec::new(),
            WordKind::Braces(_) | WordKind::Splice(_) | WordKind::Arrow => {
                let message = format!("{what} is exactly one word");
                self.error(
                    code::SH_TARGET,
                    span,
                    message,
                    "this may be several",
                    "quote it if it is meant as text",
                );
                return WordText { span, parts: Box::new([]), guarded: false };
            }
        };
        if assignment {
            // No pattern is expanded here, in sh too: `*` is text.
            return self.text(unpattern(parts), span);
        }
        self.refuse_in_word(&parts);
        if let Some(part) = parts.iter().find(|part| matches!(part.kind, PartKind::Pattern(_))) {
            let at = part.span;
            let message = format!("{what} is exactly one word");
            self.error(
                code::SH_TARGET,
                at,
                message,
                "a pattern may match several files",
                "quote it if it is meant as text",
            );
            return WordText { span, parts: Box::new([]), guarded: false };
        }
        self.text(parts, span)
    }

    pub(super) fn text(&mut self, parts: Vec<ast::Part<'s>>, span: Span) -> WordText {
        let first = parts.iter().find(
            |part| !matches!(&part.kind, PartKind::Bare(text) | PartKind::Quoted(text) if text.is_empty()),
        );
        let guarded = first.is_some_and(|part| match &part.kind {
            PartKind::Value(_) | PartKind::Capture(..) => true,
            PartKind::Expr(expr) => !is_call_of(expr, &["flag"]),
            _ => false,
        });
        WordText { span, parts: self.parts(parts, false).into_boxed_slice(), guarded }
    }

    /// The parts of a word or string, neighbouring texts joined.
    pub fn parts(&mut self, parts: Vec<ast::Part<'s>>, string: bool) -> Vec<Part> {
        let mut lowered: Vec<Part> = Vec::with_capacity(parts.len());
        let mut pending: Vec<u8> = Vec::new();
        let mut texts = false;
        for part in parts {
            let span = part.span;
            let part = match part.kind {
                PartKind::Bare(text) | PartKind::Quoted(text) => {
                    pending.extend_from_slice(&text);
                    texts = true;
                    continue;
                }
                PartKind::OpenBracket => {
                    pending.push(b'[');
                    texts = true;
                    continue;
                }
                PartKind::Pattern(text) => {
                    pending.extend_from_slice(text.as_bytes());
                    texts = true;
                    continue;
                }
                PartKind::Tilde(user) => {
                    if user.contains(':')
                        || user.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first))
                    {
                        let help = "write \"$HOME\" or the directory, or quote the tilde if it is meant as text: '~'";
                        self.error(
                            code::SH_TILDE,
                            span,
                            "shells disagree about this tilde",
                            "not a user's name",
                            help,
                        );
                    }
                    Part::Home(Str::from(&*user), span)
                }
                PartKind::Value(value) => {
                    let value = unshared(value, |value| match value.kind {
                        ast::ExprKind::Name(name) => {
                            Expr { span: value.span, kind: self.dollar(name, value.span) }
                        }
                        kind => self.expr(ast::Expr { span: value.span, kind }),
                    });
                    Part::Value(value)
                }
                PartKind::Expr(value) => Part::Value(unshared(value, |value| self.expr(value))),
                PartKind::Capture(block, _) => {
                    Part::Capture(Box::new(unshared(block, |block| self.capture(block))))
                }
                PartKind::Process(direction, block) => {
                    let from = direction == ast::Direction::From;
                    Part::Process { from, body: Arc::new(unshared(block, |block| self.capture(block))), span }
                }
                PartKind::Sh(habit) => {
                    self.habit(habit, span);
                    continue;
                }
            };
            if !pending.is_empty() {
                lowered.push(Part::Text(Str::from(std::mem::take(&mut pending))));
            }
            lowered.push(part);
        }
        if !pending.is_empty() || (lowered.is_empty() && texts && !string) {
            lowered.push(Part::Text(Str::from(pending)));
        }
        lowered
    }

    /// What sh would treat in another way in an unquoted word.
    pub(super) fn refuse_in_word(&mut self, parts: &[ast::Part<'s>]) {
        let closes =
            |part: &ast::Part<'s>| matches!(&part.kind, PartKind::Bare(text) if text.contains(&b']'));
        let last_close = parts.iter().rposition(closes);
        for (index, part) in parts.iter().enumerate() {
            match &part.kind {
                PartKind::Capture(_, ast::Quoting::Bare) => {
                    let text = &self.text[part.span.range()];
                    let inner = &text[2..text.len() - 1];
                    if inner.trim().is_empty() {
                        let label = "no command is in it";
                        self.error(
                            code::SYNTAX,
                            part.span,
                            "an empty capture",
                            label,
                            "an empty argument is ''",
                        );
                        continue;
                    }
                    let help = if inner.len() < 200 && !inner.contains(['\n', '"']) {
                        let inner = inner.trim();
                        format!(
                            "quote it for one argument, or splice its lines for many:\necho \"$({inner})\"\necho ...$[lines {{ {inner} }}]"
                        )
                    } else {
                        "quote it for one argument, or splice its lines for many: ...$[lines { … }]"
                            .to_string()
                    };
                    self.error(
                        code::SH_CAPTURE,
                        part.span,
                        "an unquoted capture would be split in sh",
                        "one argument or many?",
                        &help,
                    );
                }
                PartKind::OpenBracket => {
                    let closes = last_close.is_some_and(|close| close > index);
                    if closes {
                        let help = "quote the bracket if it is meant as text: '['";
                        self.error(
                            code::SH_BRACKET,
                            part.span,
                            "a bracket expression holds literal characters only",
                            "opened here",
                            help,
                        );
                    }
                }
                _ => {}
            }
        }
        // bash expands the tilde of `NAME=~/x` in an argument and dash does not.
        if let Some(ast::Part { span, kind: PartKind::Bare(text) }) = parts.first() {
            let name = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let assigns = name > 0 && !text[0].is_ascii_digit() && text.get(name) == Some(&b'=');
            if assigns
                && (memchr::memmem::find(text, b"=~").is_some()
                    || memchr::memmem::find(text, b":~").is_some())
            {
                let help =
                    "write \"$HOME\" for the home directory, or quote the tilde if it is meant as text";
                self.error(
                    code::SH_TARGET,
                    *span,
                    "a tilde after `=` in an argument",
                    "bash expands it, dash does not",
                    help,
                );
            }
        }
    }
}

/// Takes the guard from words that can't be options: those of a builtin, the name of the program, and all that follow a
/// literal `--`.
fn unguard(words: &mut [Word], all: bool) {
    let mut ended = all;
    for (index, word) in words.iter_mut().enumerate() {
        match word {
            Word::Literal(text) => ended |= index > 0 && &**text == b"--",
            Word::Text(text) if ended || index == 0 => text.guarded = false,
            Word::Splice { guarded, .. } if ended => *guarded = false,
            _ => {}
        }
    }
}

/// Whether an expression is a call of one of these functions.
pub fn is_call_of(expr: &ast::Expr<'_>, names: &[&str]) -> bool {
    matches!(&expr.kind, ast::ExprKind::Call(callee, _) if matches!(callee.kind, ast::ExprKind::Name(name) if names.contains(&name)))
}

pub(super) fn unpattern(parts: Vec<ast::Part<'_>>) -> Vec<ast::Part<'_>> {
    parts
        .into_iter()
        .map(|part| match part.kind {
            PartKind::Pattern(text) => {
                ast::Part { span: part.span, kind: PartKind::Quoted(Cow::Borrowed(text.as_bytes())) }
            }
            kind => ast::Part { span: part.span, kind },
        })
        .collect()
}

/// A part of a brace list is shared by the words that the list makes, and lowered once for each.
fn unshared<T: Clone, R>(value: Rc<T>, lower: impl FnOnce(T) -> R) -> R {
    lower(Rc::unwrap_or_clone(value))
}
