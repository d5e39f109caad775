//! Simple commands: expanding the words and finding the program before any stage of the pipeline
//! starts.

use crate::builtins::Builtin;
use crate::check::option_of;
use crate::check::program::*;
use crate::diag::{MASK, code};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::host::HostCall;
use crate::eval::exec::lines::EachLoop;
use crate::eval::exec::output::Output;
use crate::eval::lang::arguments::{self, Argument, Placing};
use crate::eval::lang::value_command::Name;
use crate::eval::lang::word::Joined;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::exec_env::OwnParts;
use crate::process::Environment;
use crate::span::Span;
use crate::value::{Str, Value};
use std::ffi::CStr;
use std::sync::Arc;

/// A stage, ready to run.
pub struct Prepared {
    pub argv: Vec<Vec<u8>>,
    /// The program to start; none for a stage in the interpreter.
    pub program: Option<Arc<CStr>>,
    /// Its environment, if it differs.
    pub environment: Option<Environment>,
    pub work: Work,
}

/// The work of a stage in the interpreter.
pub enum Work {
    /// None: the stage is a program.
    None,
    Builtin(BuiltinCall),
    Function(FunctionCall),
    Host(HostCall),
    Compound(Arc<Compound>),
    /// `( list )`
    Subshell(Arc<Block>),
    Fail(String, Span),
    /// It replaces this process with a program.
    Replace,
    /// A bool that is used as a command: `$dry_run`.
    Truth(bool),
}

/// A call of a function as a command.
pub struct FunctionCall {
    function: FunctionId,
    name: Vec<u8>,
    words: Vec<Argument>,
}

/// A call of a builtin.
pub struct BuiltinCall {
    pub builtin: Builtin,
    /// Its arguments, without the name.
    pub args: Vec<Vec<u8>>,
    /// How many of the first arguments are literal text of the script: only these can be options.
    pub literals: usize,
    pub environment: Option<Environment>,
    /// The variables that `export` sets.
    pub exported: Vec<Exported>,
}

/// A variable that `export` sets.
pub struct Exported {
    pub name: Str,
    pub value: Value,
    pub span: Span,
}

impl BuiltinCall {
    /// A call of `export`. Secrets in its arguments are masked.
    pub fn export(exported: Vec<Exported>) -> Self {
        let shown = |variable: &Exported| match &variable.value {
            Value::Str(text) => [variable.name.as_bytes(), b"=", text.as_bytes()].concat(),
            _ => [variable.name.as_bytes(), b"=", MASK.as_bytes()].concat(),
        };
        let args = exported.iter().map(shown).collect();
        Self { builtin: Builtin::Export, args, literals: 0, environment: None, exported }
    }
}

impl Prepared {
    pub fn argv(&self) -> &[Vec<u8>] {
        &self.argv
    }
}

impl Work {
    /// Returns the loop, if this is `each`.
    pub fn each(&self) -> Option<EachLoop<'_>> {
        match self {
            Self::Compound(compound) => match &**compound {
                Compound::Each { name, body } => Some(EachLoop::Plain(*name, body)),
                Compound::SideBySide(looped) if matches!(looped.over, Over::Each(_)) => {
                    Some(EachLoop::SideBySide(looped))
                }
                _ => None,
            },
            _ => None,
        }
    }

    pub fn argv(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Builtin(call) => {
                let mut all = vec![call.builtin.name().as_bytes().to_vec()];
                all.extend(call.args.iter().cloned());
                all
            }
            Self::Function(call) => {
                let mut all = vec![call.name.clone()];
                all.extend(call.words.iter().map(Argument::shown));
                all
            }
            Self::Host(call) => call.argv.clone(),
            Self::Truth(truth) => vec![truth.to_string().into_bytes()],
            _ => Vec::new(),
        }
    }
}

/// Returns how many of the first words of a builtin may be its options: the literal ones, and for a
/// builtin that prints no arguments also those with a literal dash (`kill -$signal`).
pub fn literals(builtin: Builtin, words: &[Word]) -> usize {
    let is_dashed = |part: Option<&Part>| matches!(part, Some(Part::Text(text)) if text.starts_with(b"-"));
    let may_be_option = |word: &&Word| match word {
        Word::Literal(_) => true,
        Word::Text(text) => builtin != Builtin::Echo && is_dashed(text.parts.first()),
        _ => false,
    };
    words.iter().take_while(may_be_option).count()
}

impl Interpreter {
    pub(in crate::eval) fn prepare(&mut self, stage: &Stage) -> Eval<Prepared> {
        let inner = |work: Work| Prepared { argv: work.argv(), program: None, environment: None, work };
        match &stage.kind {
            StageKind::Command(command) => {
                let is_plain = stage.redirections.is_empty() && command.assignments.is_empty();
                let name = self.name_of_program(command, is_plain)?;
                self.named_bool = matches!(name, Name::Truth(_));
                match name {
                    Name::Truth(truth) => Ok(inner(Work::Truth(truth))),
                    Name::Words(argv) => self.prepare_command(command, argv, stage.span),
                }
            }
            StageKind::Compound(compound) => Ok(inner(Work::Compound(compound.clone()))),
            StageKind::Subshell(list) => Ok(inner(Work::Subshell(list.clone()))),
            StageKind::Fail(value) => {
                let value = self.expr(value)?;
                let text = String::from_utf8_lossy(&self.word_of(&value, stage.span)?).into_owned();
                Ok(inner(Work::Fail(text, stage.span)))
            }
            // The check allows these only on their own.
            StageKind::Break => Err(Unwind::Break),
            StageKind::Continue => Err(Unwind::Continue),
            StageKind::Return(value) => Err(self.return_statement(value.as_ref())),
        }
    }

    fn prepare_command(&mut self, command: &Command, named: Vec<Vec<u8>>, span: Span) -> Eval<Prepared> {
        if let Target::Program | Target::Replace = command.target {
            self.name_directory(span);
        }
        if let Target::Builtin(Builtin::Export) = command.target {
            return self.prepare_export(command);
        }
        let environment =
            if command.assignments.is_empty() { None } else { Some(self.assignments(command)?) };
        if let Target::Function(function) = command.target {
            return self.prepare_call(function, &command.words);
        }
        let words = &*command.words;
        let mut argv = named;
        let handed = match &command.judged {
            None => {
                let named = argv.len();
                let handed = self.arguments(&words[usize::from(named > 0)..], &mut argv)?;
                if matches!(command.target, Target::Program | Target::Replace) {
                    self.judge_handed(words, named, &handed, &argv, span)?;
                }
                handed
            }
            Some(judged) => self.judged_arguments(words, judged, &mut argv)?,
        };
        match command.target {
            Target::Host(ref stage) => {
                let work = Work::Host(HostCall { stage: stage.clone(), argv: argv.clone(), environment });
                Ok(Prepared { argv, program: None, environment: None, work })
            }
            Target::Builtin(builtin) => {
                let literals = literals(builtin, &command.words);
                let more = handed.iter().skip_while(|place| **place < literals).zip(literals..);
                let literals = literals + more.take_while(|(place, next)| **place == *next).count();
                let exported = Vec::new();
                let work =
                    Work::Builtin(BuiltinCall { builtin, args: argv, literals, environment, exported });
                Ok(Prepared { argv: work.argv(), program: None, environment: None, work })
            }
            Target::Replace => Ok(Prepared { argv, program: None, environment, work: Work::Replace }),
            _ => Ok(Prepared { argv, program: None, environment, work: Work::None }),
        }
    }

    /// Expands the words of `export` before any of its variables is set.
    fn prepare_export(&mut self, command: &Command) -> Eval<Prepared> {
        let mut exported = Vec::with_capacity(command.assignments.len());
        for (name, value) in &command.assignments {
            let text = self.joined(value)?.into_value();
            exported.push(Exported { name: name.clone(), value: text, span: value.span });
        }
        let work = Work::Builtin(BuiltinCall::export(exported));
        Ok(Prepared { argv: work.argv(), program: None, environment: None, work })
    }

    /// Expands the words of a function together with all others. They are bound when the function is
    /// called.
    fn prepare_call(&mut self, function: FunctionId, words: &[Word]) -> Eval<Prepared> {
        let mut arguments = Vec::with_capacity(words.len());
        for word in words {
            if self.values_of_word(word, &mut arguments)? {
                continue;
            }
            let mut texts = Vec::new();
            self.arguments(std::slice::from_ref(word), &mut texts)
                .map_err(|unwind| self.not_a_word_of_call(function, unwind))?;
            let literal = match word {
                Word::Literal(_) => true,
                Word::Text(text) => option_of(text).is_some(),
                _ => false,
            };
            let value = |text: Vec<u8>| match word {
                Word::Literal(_) => Value::Str(Str::word(text)),
                _ => Value::str(text),
            };
            arguments.extend(texts.into_iter().map(|text| Argument { value: value(text), literal }));
        }
        let name = self.program.function(function).name.as_bytes().to_vec();
        let work = Work::Function(FunctionCall { function, name, words: arguments });
        Ok(Prepared { argv: work.argv(), program: None, environment: None, work })
    }

    /// Appends the values of `$x` and `...$list` as arguments of a function. Returns false for any
    /// other word.
    fn values_of_word(&mut self, word: &Word, into: &mut Vec<Argument>) -> Eval<bool> {
        match word {
            Word::Text(text) if text.is_value => {
                let [Part::Value(expr)] = &*text.parts else { return Ok(false) };
                let value = self.expr(expr)?;
                into.push(self.value_of_call(value, text.span)?);
            }
            Word::Splice { list, .. } => {
                let value = self.expr(list)?;
                let Value::List(items) = &value else { return Err(self.not_a_list(&value, list.span)) };
                self.fits(items.len() * size_of::<Argument>(), list.span)?;
                for item in items.iter().filter(|item| !matches!(item, Value::Null)) {
                    into.push(self.value_of_call(item.clone(), list.span)?);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns a value as a word of a call. A secret can't be one, since the words of a command can be
    /// seen.
    pub(in crate::eval) fn value_of_call(&self, value: Value, span: Span) -> Eval<Argument> {
        if value.as_secret().is_some() {
            return Err(self.secret_seen(span));
        }
        let literal = matches!(&value, Value::Str(text) if text.is_word());
        Ok(Argument { value, literal })
    }

    /// `f "$list"`: a value without a text can still be an argument of a call.
    fn not_a_word_of_call(&self, function: FunctionId, mut unwind: Unwind) -> Unwind {
        if let Unwind::Error(error) = &mut unwind
            && error.diagnostic.code == code::NOT_A_WORD
        {
            let name = &self.program.functions[function.0 as usize].name;
            let other = error.diagnostic.help.join("; or ");
            error.diagnostic.help = vec![format!("pass it as a value: {name}(…); or {other}")];
        }
        unwind
    }

    /// Returns the environment with assignments, each of which sees the previous ones.
    fn assignments(&mut self, command: &Command) -> Eval<Environment> {
        let own = OwnParts { environment: Some(self.env.environment.clone()), ..OwnParts::default() };
        self.in_env(own, |this| {
            for (name, value) in &command.assignments {
                let Joined { text, secret } = this.joined(value)?;
                this.admit(&Effect::SetVariable(name.as_bytes()), value.span)?;
                let set = if secret { Environment::set_secret } else { Environment::set };
                set(&mut this.env.environment, name.as_bytes(), &text).map_err(|error| {
                    let message = error.to_string();
                    let error = page(code::BAD_VALUE, this.source(), value.span, message, "this value");
                    this.fail(Error::value(error))
                })?;
            }
            Ok(this.env.environment.clone())
        })
    }

    /// Does the work of a stage with the current descriptors, and returns its status.
    pub(in crate::eval) fn work(&mut self, work: &Work, span: Span) -> Eval<u8> {
        match work {
            Work::None | Work::Replace => Ok(0),
            Work::Truth(truth) => Ok(u8::from(!truth)),
            Work::Compound(compound) => self.compound(compound, span).map(|()| 0),
            Work::Subshell(list) => self.subshell(list),
            Work::Fail(message, span) => Err(Error::command(
                page(code::FAIL, self.source(), *span, message.clone(), "the script fails here"),
                1,
            )
            .into()),
            Work::Function(call) => {
                let function = self.program.function(call.function);
                match arguments::bind(function, &call.words, Placing::Call) {
                    Ok(given) => self.call_command(call.function, given, span),
                    Err(reason) => {
                        let message = format!("{}: {reason}", function.name);
                        let error = page(code::BAD_ARGUMENTS, self.source(), span, message, "this call");
                        let at = function.parameters.first().map_or(function.span, |first| first.span);
                        let source = self.program.source(function.module);
                        Err(Error::value(error.also_at(source, at, "declared here")).into())
                    }
                }
            }
            Work::Host(call) => self.host_stage(call, false, span),
            Work::Builtin(call) => {
                let files = self.env.files.clone();
                self.call_builtin(call, &mut Output::Files(&files), span)
            }
        }
    }

    /// Runs a builtin in the environment of the assignments before it.
    pub(in crate::eval) fn call_builtin(
        &mut self,
        call: &BuiltinCall,
        out: &mut Output<'_>,
        span: Span,
    ) -> Eval<u8> {
        self.commit(&Effect::Builtin(call), span)?;
        let Some(own) = &call.environment else { return self.builtin(call, out, span) };
        let own = OwnParts { environment: Some(own.clone()), ..OwnParts::default() };
        self.in_env(own, |this| this.builtin(call, out, span))
    }
}
