//! Commands of a dry run, a line for each pipeline.

use super::branch::Truth;
use super::word::Shown;
use super::{as_unknown, unknown};
use crate::builtins::Builtin;
use crate::check::program::*;
use crate::diag::{code, quote_word};
use crate::eval::Interpreter;
use crate::eval::exec::command::{BuiltinCall, Exported, literals};
use crate::eval::exec::output::Output;
use crate::eval::lang::arguments::{self, Argument, Placing};
use crate::eval::lang::call::BoundArg;
use crate::eval::lang::value_command::{truth_of, value_alone};
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::value::{Str, Value};
use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

/// A stage, as a dry run shows it.
struct Line {
    text: String,
    /// The body that is shown below the line.
    body: Option<Body>,
    note: Option<String>,
}

enum Body {
    Compound(Arc<Compound>),
    Subshell(Arc<Block>),
    Function(FunctionId, Vec<Shown>, Box<[bool]>),
}

impl Interpreter {
    pub(in crate::eval) fn dry_and_or(&mut self, and_or: &AndOr) -> Eval<Truth> {
        let mut truth = self.dry_pipeline(&and_or.first)?;
        for (connector, pipeline) in &and_or.rest {
            truth = match (connector, truth) {
                (Connector::And, Truth::Yes) | (Connector::Or, Truth::No) => self.dry_pipeline(pipeline)?,
                (Connector::And, Truth::No) | (Connector::Or, Truth::Yes) => truth,
                (connector, Truth::Unknown) => {
                    let head = match connector {
                        Connector::And => "# if that succeeds:",
                        Connector::Or => "# if that fails:",
                    };
                    let way = |this: &mut Self| this.perhaps(|this| this.dry_pipeline(pipeline).map(drop));
                    self.below(head, way)?;
                    Truth::Unknown
                }
            };
        }
        Ok(truth)
    }

    pub(in crate::eval) fn dry_pipeline(&mut self, pipeline: &Pipeline) -> Eval<Truth> {
        let truth = match &*pipeline.stages {
            [stage] if stage.redirections.is_empty() => self.dry_alone(pipeline, stage)?,
            _ => self.dry_stages(pipeline)?,
        };
        if let [Stage { kind: StageKind::Command(Command { target: Target::Replace, .. }), .. }] =
            &*pipeline.stages
        {
            // The statements after it would not run.
            return Err(Unwind::Exit(0));
        }
        Ok(if pipeline.negated { truth.not() } else { truth })
    }

    /// Carries out a command that needs no process and changes only this run.
    fn dry_alone(&mut self, pipeline: &Pipeline, stage: &Stage) -> Eval<Truth> {
        let command = match &stage.kind {
            StageKind::Compound(compound) => {
                return self.dry_compound(compound, stage.span).map(|()| Truth::Unknown);
            }
            StageKind::Subshell(list) => {
                let head = "# on copies of the variables and the directory:";
                return self.below(head, |this| this.dry_subshell(list)).map(|()| Truth::Unknown);
            }
            StageKind::Fail(value) => return Err(self.fail_statement(value, stage.span)),
            StageKind::Return(value) => return Err(self.return_statement(value.as_ref())),
            StageKind::Break => return Err(Unwind::Break),
            StageKind::Continue => return Err(Unwind::Continue),
            StageKind::Command(command) => command,
        };
        match command.target {
            Target::Function(function) => {
                let (words, literal) = self.words_of_call(&command.words)?;
                let text = self.shown_call(function, &words);
                return self.below(&format!("# {text}"), |this| {
                    this.dry_call(function, &words, &literal, stage.span)
                });
            }
            Target::Builtin(Builtin::Export) => return self.dry_export(command),
            Target::Builtin(builtin) if command.assignments.is_empty() => {
                let words = self.dry_words(&command.words, true)?;
                if words.iter().all(|word| word.known) {
                    let call = builtin_call(builtin, command, &words);
                    if let Some(truth) = self.dry_builtin(&call, stage.span)? {
                        return Ok(truth);
                    }
                }
                let text = shown_words(builtin.name(), &words);
                self.print_dry(&format!("{}{text}", marks(pipeline)))?;
                if builtin == Builtin::Exit {
                    return Err(Unwind::Exit(0));
                }
                if builtin == Builtin::Cd {
                    self.print_dry("# the directory is not known from here on")?;
                }
                return Ok(Truth::Unknown);
            }
            _ => {}
        }
        if let Some(truth) = self.dry_truth(command)? {
            return Ok(truth);
        }
        self.dry_stages(pipeline)
    }

    /// Sets the known words of `export`. A value that only the run can know is kept as written.
    fn dry_export(&mut self, command: &Command) -> Eval<Truth> {
        let mut text = String::from("export");
        let mut exported = Vec::with_capacity(command.assignments.len());
        for (name, value) in &command.assignments {
            let shown = self.dry_text(&value.parts)?;
            text += &format!(" {}={}", String::from_utf8_lossy(name.as_bytes()), shown.word());
            exported.push(Exported { name: name.clone(), value: shown.into_text(), span: value.span });
        }
        self.print_dry(&text)?;
        self.export(&exported)?;
        Ok(Truth::Yes)
    }

    /// Returns the status of a value that is a command on its own; none if it names a program.
    fn dry_truth(&mut self, command: &Command) -> Eval<Option<Truth>> {
        let Some(value) = value_alone(command).filter(|value| is_still(value)) else { return Ok(None) };
        let (span, value) = (value.span, self.expr(value)?);
        match truth_of(&value) {
            None if as_unknown(&value).is_none() && !matches!(value, Value::Str(_)) => {
                Err(self.not_a_program(&value, span))
            }
            truth => Ok(truth.map(Truth::of)),
        }
    }

    /// Carries out a builtin that changes only this run. Returns none if the builtin is only shown.
    fn dry_builtin(&mut self, call: &BuiltinCall, span: Span) -> Eval<Option<Truth>> {
        let words = || call.args.iter().map(|word| Shown::known(word.clone())).collect::<Vec<_>>();
        let shown = shown_words(call.builtin.name(), &words());
        match call.builtin {
            Builtin::True => Ok(Some(Truth::Yes)),
            Builtin::False => Ok(Some(Truth::No)),
            Builtin::Test | Builtin::Bracket => {
                let files = self.env.files.clone();
                let truth = self.builtin(call, &mut Output::Files(&files), span)? == 0;
                self.print_dry(&format!("# {shown}: {truth}, as it is now"))?;
                Ok(Some(Truth::of(truth)))
            }
            Builtin::Cd => {
                self.print_dry(&shown)?;
                if let [target] = &*call.args
                    && target.first() != Some(&b'-')
                {
                    self.dry_enter(target, span)?;
                    return Ok(Some(Truth::Yes));
                }
                let mut memory = Vec::new();
                let files = self.env.files.clone();
                self.builtin(call, &mut Output::Memory(&mut memory, &files), span)?;
                Ok(Some(Truth::Yes))
            }
            Builtin::Unset => {
                self.print_dry(&shown)?;
                self.unset(call, span).map(|()| Some(Truth::Yes))
            }
            Builtin::Exit => {
                self.print_dry(&shown)?;
                let files = self.env.files.clone();
                self.builtin(call, &mut Output::Files(&files), span).map(|_| Some(Truth::Yes))
            }
            _ => Ok(None),
        }
    }

    /// Changes to a directory that the script may have created earlier.
    fn dry_enter(&mut self, target: &[u8], span: Span) -> Eval<()> {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        let before = self.working_directory(span)?;
        let found = self.enter_directory(&before, target, false, span);
        let directory = match found {
            Ok(directory) => directory,
            Err(Unwind::Error(error)) if error.diagnostic.code == code::NO_DIRECTORY => {
                self.print_dry("# there is no such directory now")?;
                let path = Path::new(std::ffi::OsStr::from_bytes(&before))
                    .join(std::ffi::OsStr::from_bytes(target))
                    .into_os_string()
                    .into_vec();
                CString::new(path).map(Arc::from).map_err(|_| Unwind::Error(error))?
            }
            Err(unwind) => return Err(unwind),
        };
        let _ = self.env.environment.set(b"OLDPWD", &before);
        let _ = self.env.environment.set(b"PWD", directory.to_bytes());
        self.env.directory = Some(directory);
        Ok(())
    }

    /// Returns the output of a capture that is a single builtin, if it is known.
    pub(super) fn dry_builtin_output(&mut self, block: &Block) -> Eval<Option<Vec<u8>>> {
        let [Statement { kind: StatementKind::Pipeline(pipeline), .. }] = &*block.statements else {
            return Ok(None);
        };
        let [stage] = &*pipeline.stages else { return Ok(None) };
        let StageKind::Command(command) = &stage.kind else { return Ok(None) };
        let Target::Builtin(builtin @ (Builtin::Echo | Builtin::Printf | Builtin::Pwd)) = command.target
        else {
            return Ok(None);
        };
        let plain = stage.redirections.is_empty()
            && command.assignments.is_empty()
            && !pipeline.negated
            && pipeline.timed.is_none();
        let still = |word: &Word| match word {
            Word::Literal(_) => true,
            Word::Text(text) => !text.parts.iter().any(|part| matches!(part, Part::Capture(_))),
            _ => false,
        };
        if !plain || !command.words.iter().all(still) {
            return Ok(None);
        }
        let words = self.dry_words(&command.words, true)?;
        if !words.iter().all(|word| word.known) {
            return Ok(None);
        }
        let call = builtin_call(builtin, command, &words);
        let mut memory = Vec::new();
        let files = self.env.files.clone();
        let status = self.builtin(&call, &mut Output::Memory(&mut memory, &files), stage.span)?;
        Ok((status == 0).then_some(memory))
    }

    // -------------------------------------------------------------------------------------- lines

    fn dry_stages(&mut self, pipeline: &Pipeline) -> Eval<Truth> {
        let mut text = String::from(marks(pipeline));
        let mut bodies = Vec::new();
        let mut notes = Vec::new();
        for (at, stage) in pipeline.stages.iter().enumerate() {
            let line = self.dry_stage(stage)?;
            text += &line.text;
            if at + 1 < pipeline.stages.len() {
                text += if stage.pipe_stderr { " |& " } else { " | " };
            }
            bodies.extend(line.body.map(|body| (body, stage.span)));
            notes.extend(line.note);
        }
        if !notes.is_empty() {
            text += &format!("    # {}", notes.join("; "));
        }
        self.print_dry(&text)?;
        self.dry().indent += 1;
        let result = bodies.into_iter().try_for_each(|(body, span)| match body {
            Body::Compound(compound) => self.dry_compound(&compound, span),
            Body::Subshell(list) => self.dry_subshell(&list),
            Body::Function(function, words, literal) => {
                self.dry_call(function, &words, &literal, span).map(drop)
            }
        });
        self.dry().indent -= 1;
        result.map(|()| Truth::Unknown)
    }

    fn dry_stage(&mut self, stage: &Stage) -> Eval<Line> {
        let mut line = match &stage.kind {
            StageKind::Command(command) => self.dry_command(command, stage.span)?,
            StageKind::Compound(compound) => {
                let text = match &**compound {
                    Compound::Each { .. } => "each … { … }",
                    Compound::SideBySide(looped) if matches!(looped.over, Over::Each(_)) => "each … { … }",
                    _ => "{ … }",
                };
                Line { text: text.to_owned(), body: Some(Body::Compound(compound.clone())), note: None }
            }
            StageKind::Subshell(list) => {
                Line { text: "( … )".to_owned(), body: Some(Body::Subshell(list.clone())), note: None }
            }
            _ => Line { text: self.written(stage.span), body: None, note: None },
        };
        for redirection in &stage.redirections {
            line.text += &format!(" {}", self.dry_redirection(redirection)?);
        }
        Ok(line)
    }

    fn dry_command(&mut self, command: &Command, span: Span) -> Eval<Line> {
        let mut text = String::new();
        let outer = self.env.environment.clone();
        for (name, value) in &command.assignments {
            let value = self.dry_text(&value.parts)?;
            text += &format!("{}={} ", String::from_utf8_lossy(name.as_bytes()), value.word());
        }
        self.env.environment = outer;
        if let Target::Function(function) = command.target {
            let (words, literal) = self.words_of_call(&command.words)?;
            text += &self.shown_call(function, &words);
            return Ok(Line { text, body: Some(Body::Function(function, words, literal)), note: None });
        }
        let words = match &command.judged {
            None => self.dry_words(&command.words, true)?,
            Some(judged) => self.judged_dry_words(&command.words, judged)?,
        };
        if let Target::Replace = command.target {
            text += "exec ";
        }
        if let Target::Builtin(builtin) = command.target {
            text += &shown_words(builtin.name(), &words);
            return Ok(Line { text, body: None, note: None });
        }
        let mut note = None;
        if let Some(program) = words.first().filter(|program| program.known)
            && let Err(Unwind::Error(error)) = self.find(std::slice::from_ref(&program.text), None, span)
        {
            note = Some(error.diagnostic.message.clone());
        }
        text += &words.iter().map(Shown::word).collect::<Vec<_>>().join(" ");
        Ok(Line { text, body: None, note })
    }

    /// Returns the arguments from words, as far as they are known, and applies the same guards as a
    /// run.
    fn judged_dry_words(&mut self, words: &[Word], judged: &Judged) -> Eval<Vec<Shown>> {
        let mut all = Vec::with_capacity(words.len());
        let mut counts = Vec::with_capacity(words.len());
        for word in words {
            let before = all.len();
            self.dry_word(word, true, usize::MAX, &mut all)?;
            counts.push(all.len() - before);
        }
        let texts: Vec<Option<&[u8]>> = all.iter().map(|word| word.known.then_some(&*word.text)).collect();
        self.judge_arguments(words, judged, &counts, &texts, &[])?;
        Ok(all)
    }

    fn dry_redirection(&mut self, redirection: &Redirection) -> Eval<String> {
        let number = |usual: i32| match redirection.descriptor {
            descriptor if descriptor == usual => String::new(),
            descriptor => descriptor.to_string(),
        };
        let (sign, target) = match &redirection.kind {
            RedirectionKind::File(mode, target) => {
                let (sign, usual) = match mode {
                    FileMode::Read => ("<", 0),
                    FileMode::Write => (">", 1),
                    FileMode::Append => (">>", 1),
                    FileMode::Clobber => (">|", 1),
                    FileMode::ReadWrite => ("<>", 0),
                };
                (format!("{}{sign}", number(usual)), target)
            }
            RedirectionKind::Both { append, target } => {
                ((if *append { "&>>" } else { "&>" }).to_owned(), target)
            }
            RedirectionKind::Duplicate(from) if redirection.descriptor == 0 => {
                return Ok(format!("<&{from}"));
            }
            RedirectionKind::Duplicate(from) => return Ok(format!("{}>&{from}", number(1))),
            RedirectionKind::Close => return Ok(format!("{}>&-", redirection.descriptor)),
            RedirectionKind::Text(text) => {
                let shown = self.dry_text(&text.parts)?.without_line_end();
                return Ok(format!("{}<<< {}", number(0), shown.word()));
            }
        };
        let shown = self.dry_text(&target.parts)?;
        if shown.secret {
            return Err(self.secret_seen(target.span));
        }
        Ok(format!("{sign} {}", shown.word()))
    }

    // -------------------------------------------------------------------------------------- functions

    fn words_of_call(&mut self, words: &[Word]) -> Eval<(Vec<Shown>, Box<[bool]>)> {
        let mut all = Vec::new();
        let mut literal = Vec::new();
        for word in words {
            let found = match word {
                Word::Text(text) if text.is_value => vec![self.dry_value_of_call(text)?],
                Word::Splice { list, .. } => {
                    let mut items = Vec::new();
                    self.dry_splice(list, usize::MAX, &mut items, |this, item, span, _| {
                        this.shown_value(item, span)
                    })?;
                    items
                }
                Word::Literal(text) => vec![Shown::known(text.to_vec()).into_word()],
                _ => self.dry_words(std::slice::from_ref(word), true)?,
            };
            let is_literal = match word {
                Word::Literal(_) => true,
                Word::Text(text) => crate::check::option_of(text).is_some(),
                _ => false,
            };
            literal.resize(literal.len() + found.len(), is_literal);
            all.extend(found);
        }
        Ok((all, literal.into()))
    }

    fn shown_call(&self, function: FunctionId, words: &[Shown]) -> String {
        shown_words(&self.program.function(function).name, words)
    }

    /// Follows a function. Unknown words are unknowns in it.
    fn dry_call(&mut self, id: FunctionId, words: &[Shown], literal: &[bool], span: Span) -> Eval<Truth> {
        let function = self.program.function(id).clone();
        // A text that no script contains stands for an unknown word while words are bound.
        let stand_in = |at: usize| Value::str(format!("\u{1}{at}"));
        let value = |(at, word): (usize, &Shown)| word.known_value().unwrap_or_else(|| stand_in(at));
        let values = words.iter().enumerate().map(value);
        let arguments: Vec<Argument> =
            values.zip(literal).map(|(value, literal)| Argument { value, literal: *literal }).collect();
        let given = match arguments::bind(&function, &arguments, Placing::Call) {
            Ok(given) => given,
            Err(_) if words.iter().any(|word| !word.known) => {
                self.print_dry("# not followed: its arguments are not known")?;
                return Ok(Truth::Unknown);
            }
            Err(reason) => {
                let message = format!("{}: {reason}", function.name);
                let error = page(code::BAD_ARGUMENTS, self.source(), span, message, "this call");
                return Err(Error::value(error).into());
            }
        };
        let real = |value: Value| match &value {
            Value::Str(text) if text.as_bytes().first() == Some(&1) => unknown(None),
            _ => value,
        };
        let given = given.into_iter().map(|given| match given {
            BoundArg::Value(Value::List(items)) => {
                BoundArg::Value(Value::List(items.iter().cloned().map(real).collect()))
            }
            BoundArg::Value(value) => BoundArg::Value(real(value)),
            BoundArg::Default => BoundArg::Default,
        });
        let function = self.program.function(id).clone();
        let value = self.call_given(&function, given.collect(), span)?;
        if as_unknown(&value).is_some() {
            return Ok(Truth::Unknown);
        }
        match value {
            // A command that ran in it may fail.
            Value::Null => Ok(Truth::Unknown),
            value => self.status_of_call(id, value, span).map(|status| Truth::of(status == 0)),
        }
    }
}

/// Returns whether an expression can be evaluated twice: it is a variable, or made of variables.
fn is_still(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Slot(_) | ExprKind::Value(_) => true,
        ExprKind::Not(inner) | ExprKind::Field(inner, _) => is_still(inner),
        ExprKind::And(both) | ExprKind::Or(both) | ExprKind::Binary { operands: both, .. } => {
            is_still(&both.0) && is_still(&both.1)
        }
        _ => false,
    }
}

fn builtin_call(builtin: Builtin, command: &Command, words: &[Shown]) -> BuiltinCall {
    let literals = literals(builtin, &command.words);
    let args = words.iter().map(|word| word.text.clone()).collect();
    BuiltinCall { builtin, args, literals, environment: None, exported: Vec::new() }
}

/// Returns the prefix of a pipeline.
const fn marks(pipeline: &Pipeline) -> &'static str {
    match (pipeline.negated, pipeline.timed) {
        (false, None) => "",
        (true, None) => "! ",
        (false, Some(false)) => "time ",
        (false, Some(true)) => "time -p ",
        (true, Some(false)) => "! time ",
        (true, Some(true)) => "! time -p ",
    }
}

fn shown_words(name: &str, words: &[Shown]) -> String {
    let name = quote_word(Str::from(name).as_bytes());
    std::iter::once(name).chain(words.iter().map(Shown::word)).collect::<Vec<_>>().join(" ")
}
