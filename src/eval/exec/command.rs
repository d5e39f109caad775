//! Simple commands: expanding the words and finding the program before any stage of the pipeline
//! starts.

use crate::builtins::Builtin;
use crate::check::option_of;
use crate::check::program::*;
use crate::diag::{MASK, code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::{Effect, Program};
use crate::eval::exec::host::HostCall;
use crate::eval::exec::lines::EachLoop;
use crate::eval::exec::output::Output;
use crate::eval::lang::arguments::{self, Argument, Placing};
use crate::eval::lang::value_command::Name;
use crate::eval::lang::word::Joined;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::exec_env::OwnParts;
use crate::process::{Environment, Lookup, Search};
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

    /// Finds the program of a stage, and asks whether it may run.
    pub(in crate::eval) fn find_program(&mut self, prepared: &mut Prepared, span: Span) -> Eval<()> {
        if let Work::None | Work::Replace = prepared.work {
            prepared.program = Some(self.find(&prepared.argv, prepared.environment.as_ref(), span)?);
        }
        if let Work::Host(call) = &prepared.work {
            return self.allow(&Effect::Stage(&call.argv), span);
        }
        let Some(program) = &prepared.program else { return Ok(()) };
        let program = Program {
            program,
            argv: &prepared.argv,
            environment: prepared.environment.as_ref().unwrap_or(&self.env.environment),
            redirections: &[],
            user: None,
        };
        self.allow(&Effect::Spawn(program), span)
    }

    /// Sets PWD to the directory for programs, as shells do at their start (POSIX 2.5.3).
    pub(in crate::eval) fn name_directory(&mut self, span: Span) {
        if std::mem::replace(&mut self.env.directory_named, true) {
            return;
        }
        if let Ok(directory) = self.working_directory(span) {
            // A path contains no NUL.
            let _ = self.env.environment.set(b"PWD", &directory);
        }
    }

    pub(in crate::eval) fn find(
        &mut self,
        argv: &[Vec<u8>],
        environment: Option<&Environment>,
        span: Span,
    ) -> Eval<Arc<CStr>> {
        let Some(name) = argv.first() else {
            let error = page(
                code::PROGRAM_NOT_FOUND,
                self.source(),
                span,
                "no program is named: the list is empty",
                "this command",
            );
            // As a failure it would be true after `!`.
            return Err(Error::refused(error, 127).into());
        };
        // `PATH=… cmd` decides where cmd is looked up (POSIX 2.9.1).
        let own = environment.and_then(|environment| environment.get(b"PATH"));
        let search = match own {
            Some(path) if Some(path) != self.env.environment.get(b"PATH") => Arc::new(Search::new(path)),
            _ => self.search(),
        };
        let directory = self.env.directory.clone();
        if name.contains(&b'/') {
            self.reach(name, span)?;
        } else {
            self.reach_all(search.directories(), span)?;
        }
        match search.find(name, directory.as_deref()) {
            Lookup::Found(path) if !search.is_hidden(name, &path, directory.as_deref()) => Ok(path),
            other => Err(self.not_found(name, &search, other, span)),
        }
    }

    /// Returns the reason why a name leads to no program that may run.
    #[cold]
    fn not_found(&self, name: &[u8], search: &Search, found: Lookup, span: Span) -> Unwind {
        let shown = quote_word(name);
        let closed = match &found {
            Lookup::NotFound => self.closed_directory(name),
            _ => None,
        };
        let (code, message, help, status) = match found {
            Lookup::Found(_) => {
                let message = format!("an entry of PATH that is empty or relative has a program {shown}");
                let error = page(code::PROGRAM_NOT_FOUND, self.source(), span, message, "this command");
                let help = "other shells run it, and here no such entry counts: write its path, ./… or /…";
                return Error::refused(error.help(help), 127).into();
            }
            Lookup::NotFound if closed.is_some() => {
                let closed = closed.unwrap_or_default();
                let closed = quote_word(closed.as_os_str().as_encoded_bytes());
                (
                    code::NOT_EXECUTABLE,
                    format!("can't reach {shown}: Permission denied in {closed}"),
                    format!("this user needs the right to search the directory: chmod +x {closed}"),
                    126,
                )
            }
            Lookup::NotFound if name.contains(&b'/') => (
                code::PROGRAM_NOT_FOUND,
                format!("no file {shown}"),
                "check the path and the directory that the script runs in".to_string(),
                127,
            ),
            Lookup::NotFound => (
                code::PROGRAM_NOT_FOUND,
                format!("no program {shown} in PATH"),
                self.not_found_help(name),
                127,
            ),
            Lookup::NotExecutable(path) => {
                let path = quote_word(&path);
                (
                    code::NOT_EXECUTABLE,
                    format!("{path} is not executable"),
                    format!("make it so: chmod +x {path}"),
                    126,
                )
            }
            Lookup::NoExec(path) => (
                code::NOT_EXECUTABLE,
                format!("{} lies on a file system that is mounted noexec", quote_word(&path)),
                "PATH has no other program of this name: copy it to a file system whose programs may be run"
                    .to_string(),
                126,
            ),
            Lookup::IsDirectory(path) => {
                let path = quote_word(&path);
                (code::NOT_EXECUTABLE, format!("{path} is a directory"), format!("go there: cd {path}"), 126)
            }
            Lookup::Unknown(path, errno) => {
                let reason = reason(&std::io::Error::from_raw_os_error(errno));
                let path = quote_word(&path);
                (
                    code::SPAWN_FAILED,
                    format!("can't look for {shown} at {path}: {reason}"),
                    String::new(),
                    126,
                )
            }
            Lookup::NoDirectory(path) => (
                code::PROGRAM_NOT_FOUND,
                format!("no directory {} on the way to {shown}", quote_word(&path)),
                String::new(),
                127,
            ),
        };
        let mut error = page(code, self.source(), span, message, "this command");
        if !help.is_empty() {
            error = error.help(help);
        }
        // sh would search these directories, so `||` must not treat their absence as an answer.
        let relative = search.path().split(|byte| *byte == b':').any(|entry| entry.first() != Some(&b'/'));
        if relative && !name.contains(&b'/') {
            error = error.note("PATH has entries that are empty or relative: no program is looked for there");
            return Error::refused(error, status).into();
        }
        Error::command(error, status).into()
    }

    /// Returns the directory on the way to a path that this user may not search.
    fn closed_directory(&self, path: &[u8]) -> Option<std::path::PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        if !path.contains(&b'/') {
            return None;
        }
        let path = std::ffi::OsStr::from_bytes(path);
        let is_closed = |path: &std::path::Path| {
            let found = self.directory_path().join(path).symlink_metadata();
            found.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        };
        let mut ways: Vec<_> = std::path::Path::new(path).ancestors().collect();
        ways.reverse();
        ways.into_iter().find(|way| is_closed(way))?.parent().map(std::path::Path::to_path_buf)
    }

    fn not_found_help(&self, name: &[u8]) -> String {
        let Ok(name) = std::str::from_utf8(name) else { return "check the spelling".into() };
        let here = std::path::Path::new(&self.directory_path()).join(name);
        if here.is_file() {
            return format!("a file of this name is in the directory: ./{name}");
        }
        if here.is_dir() {
            return format!("go there: cd {}", quote_word(name.as_bytes()));
        }
        let program = &self.program;
        let elsewhere = program.functions.iter().find(|one| *one.name == *name && one.module != self.module);
        if let Some(function) = elsewhere {
            let file = program.source(function.module).name();
            return format!(
                "{} has a function of this name: write the name of that file before it, as in file.{name}",
                quote_word(file.as_bytes())
            );
        }
        if let Some(help) = crate::check::program_elsewhere(name) {
            return help.to_string();
        }
        crate::eval::report::suggest::SPELLING.to_string()
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
