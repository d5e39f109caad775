//! Commands: the meaning of the first word, and the lowering of its assignments and words.

use super::lower::Checker;
use super::program::*;
use super::replace::Obstacle;
use super::scope::Name;
use super::types;
use super::words::literal;
use super::{code_guard, echo, history_events, sh_constructs};
use crate::builtins::{self, Builtin};
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, ShConstruct, WordKind};
use crate::value::Str;

impl<'s> Checker<'s> {
    pub fn simple(&mut self, simple: ast::Simple<'s>, redirected: bool, span: Span) -> Option<Command> {
        let ast::Simple { assignments, words } = simple;
        let found = super::lookalikes::pattern_assignment(&self.context(), &words);
        if self.take(found) {
            return None;
        }
        let Some(first) = words.first() else {
            match assignments.first() {
                Some(ast::Assignment { value: ast::Word { kind: WordKind::Parts(parts), .. }, .. })
                    if parts.iter().any(|part| matches!(part.kind, PartKind::Sh(ShConstruct::Array))) =>
                {
                    self.habit(ShConstruct::Array, span);
                }
                Some(assignment) if assignment.append => {
                    self.habit(ShConstruct::AppendAssignment, assignment.name.span)
                }
                Some(_) => {
                    let address = super::addresses::quoted_address(self.text, span.start as usize);
                    let help = match address {
                        Some(line) => {
                            format!("`&` ends a command; an address that holds one is quoted: {line}")
                        }
                        None => self.assignment_help(&assignments, redirected),
                    };
                    // One address may hold several.
                    if self.errors.iter().any(|error| error.help.contains(&help) && help.starts_with("`&`")) {
                        return None;
                    }
                    self.error(
                        code::SH_ASSIGNMENT,
                        span,
                        "an assignment of sh",
                        "sets the environment of a command, and none follows",
                        &help,
                    );
                }
                // `> file` only opens its targets.
                None if redirected => {
                    let target = Target::Builtin(Builtin::True);
                    return Some(Command {
                        assignments: Box::new([]),
                        target,
                        words: Box::new([]),
                        judged: None,
                    });
                }
                None => {}
            }
            return None;
        };
        if let Some(assignment) = assignments.iter().find(|assignment| assignment.append) {
            self.habit(ShConstruct::AppendAssignment, assignment.name.span);
            return None;
        }
        if self.is_typed() {
            let found = history_events::check(&self.context(), &words);
            if self.take(found) {
                return None;
            }
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
                "`!` is only allowed before a whole pipeline",
                "an assignment before it",
                help,
            );
            return None;
        }
        if is_unquoted(first) && matches!(name.as_deref(), Some("export" | "unset")) {
            return self.environment_command(ast::Simple { assignments, words }, span);
        }
        let replaces = name.as_deref() == Some("exec");
        if replaces && !self.may_replace(&words, redirected, span) {
            return None;
        }
        let target = match &name {
            Some(_) if replaces => {
                if !self.is_typed() && self.refuse_capture_as_program(&words[1]) {
                    return None;
                }
                self.refuse_list_as_program(&words[1]);
                Target::Replace
            }
            Some(name) => self.target(name, first, &words[commands.saturating_sub(1)..])?,
            None => {
                if !self.is_typed() && self.refuse_capture_as_program(first) {
                    return None;
                }
                self.refuse_list_as_program(first);
                Target::Program
            }
        };
        let (at, variable) =
            (first.span, name.as_deref().filter(|name| is_unquoted(first) && self.is_variable(name)));
        let variable: Option<Box<str>> = variable.map(Box::from);
        let assignments = assignments.into_vec().into_iter();
        let assignments = assignments
            .map(|a| (Str::from(a.name.text), self.word_text(a.value, "a value", true)))
            .collect::<Box<[_]>>();
        // The name of a builtin is not one of its arguments, and neither is `command`.
        let asks = matches!(target, Target::Builtin(Builtin::Command));
        let dropped = commands + usize::from(!matches!(target, Target::Program | Target::Host(_)) && !asks);
        let is_program = matches!(target, Target::Program | Target::Replace);
        let judged = if is_program {
            code_guard::judged(&self.context(), words.get(dropped..).unwrap_or_default())
        } else {
            None
        };
        if matches!(target, Target::Builtin(Builtin::Echo)) {
            let found = echo::kept_backslash(&self.context(), span, words.get(dropped..).unwrap_or_default());
            self.take(found);
        }
        let mut words = words.into_iter();
        words.by_ref().take(dropped).for_each(drop);
        let mut lowered = Vec::with_capacity(words.len());
        let mut spans = Vec::new();
        self.joins_words = matches!(target, Target::Builtin(Builtin::Echo));
        for word in words {
            let span = word.span;
            self.word(word, &mut lowered);
            if !matches!(target, Target::Program) {
                spans.resize(lowered.len(), span);
            }
        }
        self.joins_words = false;
        if !matches!(target, Target::Function(_)) {
            let found = types::words(&self.context(), &lowered, None);
            self.take(found);
        }
        if let Target::Builtin(builtin) = target {
            self.note_effect_of(builtin, span);
            // Which jobs exist is known only at run time.
            let numbers_jobs = self.project.hosted.is_prompt;
            let literals: Vec<Option<&[u8]>> = lowered
                .iter()
                .map(|word| match word {
                    Word::Literal(text) if numbers_jobs && text.starts_with(b"%") => None,
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
        // A list in parentheses has its own jobs, and `jobs` as one of its statements lists those in all
        // shells.
        let of_list = self.exec.inside == Some(Obstacle::Subshell) && self.exec.part.is_none();
        if matches!(target, Target::Builtin(Builtin::Jobs)) && self.scopes.in_copy() && !of_list {
            let label = "shells disagree about whose jobs these are";
            let help = "list them by a statement of its own: jobs";
            self.error(code::BUILTIN_CALL, span, "`jobs` in a capture, a stage or a job", label, help);
            return None;
        }
        if let Target::Function(id) = target {
            if let Some(assignment) = assignments.first() {
                let message = format!("`{}=…` before a function", assignment.0.to_utf8().unwrap_or_default());
                let help = "set it around the call: env.NAME = …, or pass it as an argument";
                self.error(code::SH_ASSIGNMENT, span, message, "sets the environment of a program", help);
            }
            self.called(id, span, true);
            self.refuse_words(id, &lowered, &spans, span);
        }
        if let (Target::Program, Some(name)) = (&target, variable) {
            self.project.variable_programs.push(VariableProgram { module: self.module, at, name });
        }
        if let (Target::Program | Target::Replace, Some(foreseen)) = (&target, &mut self.project.foreseen) {
            let text = |word: &Word| match word {
                Word::Literal(text) => Some(text[..].into()),
                _ => None,
            };
            let words: Box<[Box<[u8]>]> = lowered.iter().map_while(text).collect();
            let complete = words.len() == lowered.len();
            foreseen.commands.push(LiteralCommand { module: self.module, span, words, complete });
        }
        // Builtins and functions recognise options in literal text only, so a value is never one.
        unguard(&mut lowered, !matches!(target, Target::Program | Target::Replace | Target::Host(_)));
        Some(Command { assignments, target, words: lowered.into_boxed_slice(), judged })
    }

    /// Returns the meaning of a literal first word.
    fn target(&mut self, name: &str, first: &ast::Word<'s>, words: &[ast::Word<'s>]) -> Option<Target> {
        let span = first.span;
        if is_unquoted(first)
            && let Some(target) = self.function_named(name, span)
        {
            return target;
        }
        if let Some(row) = sh_constructs::of_word(name).filter(|row| {
            // `help` and `history`, which exist only at the prompt.
            let has = self.project.hosted.stage(name).is_some();
            !has && (is_unquoted(first) || row.code == code::SH_BUILTIN)
        }) {
            let file = literal(words.get(1));
            if let Some(help) = self.instead_of_read(name, words) {
                self.error(row.code, span, row.message, "not in Pipewright", &help);
                return None;
            }
            if name == "eval"
                && let Some(help) = self.instead_of_eval(words)
            {
                self.error(row.code, span, row.message, "not in Pipewright", &help);
                return None;
            }
            match file.as_deref().filter(|file| matches!(name, "source" | ".") && file.ends_with(".pw")) {
                Some(file) => {
                    let help = format!("a file's functions and variables are used by: use \"{file}\"");
                    self.error(row.code, span, row.message, "not in Pipewright", &help);
                }
                None if matches!(name, "local" | "declare" | "typeset" | "readonly") => {
                    match self.declarations_of_sh(words.get(1..).unwrap_or_default()) {
                        Some(lines) => {
                            let help = format!("{}:\n{lines}", row.help);
                            self.error(row.code, span, row.message, "not in Pipewright", &help);
                        }
                        None => self.sh(row, span),
                    }
                }
                None => self.sh(row, span),
            }
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
                "`!` is only allowed once, before a whole pipeline",
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
        if matches!(name, "export" | "unset") {
            self.refuse_disguised(name, span);
            return None;
        }
        match builtins::find(name) {
            Some(builtin) => Some(Target::Builtin(builtin)),
            None => Some(
                self.project.hosted.stage(name).map_or(Target::Program, |stage| Target::Host(stage.clone())),
            ),
        }
    }

    /// Returns a function that is declared here, or a member of a used file. A missing member is an error.
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
                let message = format!("`{name}` is not a function");
                let help = format!("as an argument its value is ${{{name}}}");
                self.error(code::SYNTAX, span, message, "can't be run", &help);
                Some(None)
            }
            None => Some(None),
        }
    }

    /// Lowers `command NAME`, which runs NAME but never a function. `command -v NAME` prints the meaning of a name.
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
            Some("exec") => {
                let help = "write `exec` and the program, as a statement of the script";
                self.error(code::EXEC_PLACE, next.span, "`command exec` is sh's", "not in Pipewright", help);
                None
            }
            Some(name @ ("export" | "unset")) => {
                self.refuse_disguised(name, words[0].span.to(next.span));
                None
            }
            // As in sh, `command` skips functions, not builtins.
            Some(name) if sh_constructs::of_word(name).is_some() => self.target(name, next, &words[1..]),
            Some(name) => Some(builtins::find(name).map_or(Target::Program, Target::Builtin)),
            None => Some(Target::Program),
        }
    }

    /// Refuses `command export` and `'export'`: shells disagree about whether their words are split.
    fn refuse_disguised(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` must be a word of its own, without quotes");
        let help = "write it as the first word, without quotes and without `command`";
        self.error(code::ENVIRONMENT_COMMAND, span, message, "shells disagree about this", help);
    }

    /// Refuses `$(cmd) args`: sh would split the output of the command into the name of a program and
    /// arguments.
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
                    "`=>` comes after a pattern of `match`",
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
}

pub(super) fn is_unquoted(word: &ast::Word<'_>) -> bool {
    match &word.kind {
        WordKind::Bare(_) => true,
        WordKind::Parts(parts) => {
            parts.iter().all(|part| matches!(part.kind, PartKind::Bare(_) | PartKind::OpenBracket))
        }
        _ => false,
    }
}

/// Removes the guard from words that can't be options: those of a builtin, the name of the program, and all
/// words after a literal `--`.
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
