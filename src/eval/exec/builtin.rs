//! The builtins, as they run: what changes a run, and the printing of those that are functions.

use crate::builtins::{self, Builtin, echo, printf, test};
use crate::diag::{code, quote_word, reason, visible};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::command::BuiltinCall;
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::process::{Lookup, Signal};
use crate::span::Span;
use crate::sys::{access, signal, tty};
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Interpreter {
    /// Runs a builtin; its status.
    pub(in crate::eval) fn builtin(
        &mut self,
        call: &BuiltinCall,
        out: &mut Output<'_>,
        span: Span,
    ) -> Eval<u8> {
        let (builtin, args) = (call.builtin, call.args.as_slice());
        match builtin {
            Builtin::True => Ok(0),
            Builtin::False => Ok(1),
            Builtin::Echo => {
                let args: Vec<_> = args
                    .iter()
                    .enumerate()
                    .map(|(index, text)| echo::Arg { text, literal: index < call.literals })
                    .collect();
                let text = echo::echo(&args).map_err(|message| self.usage(span, &message))?;
                out.write(self, 1, &text, span).map(|()| 0)
            }
            Builtin::Printf => self.printf(call, out, span),
            Builtin::Test | Builtin::Bracket => self.test(args, builtin == Builtin::Bracket, span),
            Builtin::Pwd => {
                let (physical, rest) = links(call);
                if let Some(other) = rest.first() {
                    let message = format!("pwd takes only -L and -P, and not {}", quote_word(other));
                    return Err(self.usage(span, &message));
                }
                let mut directory =
                    if physical { self.physical_directory(span)? } else { self.working_directory(span)? };
                directory.push(b'\n');
                out.write(self, 1, &directory, span).map(|()| 0)
            }
            Builtin::Cd => self.cd(call, out, span),
            Builtin::Exit => Err(self.exit(call, span)),
            Builtin::Sleep => self.sleep(args, span),
            Builtin::Wait => self.wait_builtin(args, span),
            Builtin::Jobs => match args {
                [] => {
                    let list = self.list_jobs();
                    out.write(self, 1, list.as_bytes(), span).map(|()| 0)
                }
                _ => Err(self.usage(span, "jobs takes no arguments: it lists the jobs that run")),
            },
            Builtin::Kill => self.kill(call, out, span),
            Builtin::Type => self.type_of_names(call, out, span),
            Builtin::Command => self.command_v(args, out, span),
        }
    }

    /// A call that the builtin can't make sense of, while another shell's might.
    fn usage(&self, span: Span, message: &str) -> Unwind {
        let diagnostic = page(code::BUILTIN_USAGE, self.source(), span, message, "this command");
        Error::refused(diagnostic, 2).into()
    }

    fn problem(&self, span: Span, message: &str, status: u8) -> Unwind {
        Error::command(page(code::BUILTIN_FAILED, self.source(), span, message, "this command"), status)
            .into()
    }

    // -------------------------------------------------------------------------------------- printing and testing

    fn printf(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        // A format that is a value is one whatever it begins with.
        let end = (call.literals == 0 && !call.args.is_empty()).then_some(&b"--"[..]);
        let args: Vec<&[u8]> = end.into_iter().chain(call.args.iter().map(Vec::as_slice)).collect();
        let printed = printf::printf(&args, &mut Printing { run: self, out, span })?;
        match printed.errors.first() {
            None => Ok(printed.status),
            Some(_) if printed.status == 0 => {
                for error in &printed.errors {
                    out.write(self, 2, format!("printf: {}\n", visible(error.as_bytes())).as_bytes(), span)?;
                }
                Ok(0)
            }
            Some(error) => {
                let mut diagnostic = page(
                    code::BUILTIN_USAGE,
                    self.source(),
                    span,
                    format!("printf: {error}"),
                    "this command",
                );
                for error in &printed.errors[1..] {
                    diagnostic = diagnostic.note(error.clone());
                }
                let refused = printed.status == 2;
                let status = printed.status;
                let error = if refused {
                    Error::refused(diagnostic, status)
                } else {
                    Error::command(diagnostic, status)
                };
                Err(error.into())
            }
        }
    }

    fn test(&mut self, args: &[Vec<u8>], bracket: bool, span: Span) -> Eval<u8> {
        let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        let directory = self.directory_path();
        let files = self.env.files.clone();
        let (user, group) = access::effective_user();
        let answer = self.looking(span, |may| {
            let context = test::Context {
                directory: &directory,
                own: &|path| self.own_descriptor(path),
                may: &|path| may(path.as_os_str().as_bytes()),
                access: &|path, wanted| {
                    let wanted = match wanted {
                        test::Access::Read => access::Access::Read,
                        test::Access::Write => access::Access::Write,
                        test::Access::Execute => access::Access::Execute,
                    };
                    access::is_allowed(path, wanted)
                },
                is_terminal: &|number| {
                    let file = files.find(number);
                    file.is_some_and(|file| file.borrow().is_ok_and(tty::is_terminal))
                },
                user,
                group,
            };
            Ok(test::test(&args, bracket, &context))
        })?;
        match answer {
            Ok(answer) => Ok(u8::from(!answer)),
            Err(message) => {
                let name = if bracket { "[" } else { "test" };
                let diagnostic = page(
                    code::BUILTIN_USAGE,
                    self.source(),
                    span,
                    format!("{name}: {message}"),
                    "this command",
                );
                Err(Error::command(diagnostic, 2).into())
            }
        }
    }

    // -------------------------------------------------------------------------------------- the directory

    /// The directory as the script went to it, symbolic links included.
    pub(in crate::eval) fn working_directory(&self, span: Span) -> Eval<Vec<u8>> {
        if let Some(directory) = &self.env.directory {
            return Ok(directory.to_bytes().to_vec());
        }
        // The PWD that was handed over counts where it names the directory (POSIX 2.5.3), and is all that is known of one
        // that has been removed: `cd ..` leads out of it, as in sh.
        let current = std::env::current_dir();
        if let Some(given) = self.env.environment.get(b"PWD")
            && given.first() == Some(&b'/')
            && !given.split(|b| *b == b'/').any(|part| part == b"." || part == b"..")
            && current.as_ref().map_or(true, |current| {
                current.as_os_str().as_bytes() == given || crate::process::same_file(None, given, b".")
            })
        {
            return Ok(given.to_vec());
        }
        current.map(|current| current.into_os_string().into_vec()).map_err(|error| {
            let message = format!("the directory that the script runs in is gone: {}", reason(&error));
            self.fail(Error::command(page(code::NO_DIRECTORY, self.source(), span, message, "here"), 1))
        })
    }

    fn physical_directory(&self, span: Span) -> Eval<Vec<u8>> {
        let directory = self.working_directory(span)?;
        self.reach(&directory, span)?;
        let path = std::fs::canonicalize(OsStr::from_bytes(&directory));
        path.map(|path| path.into_os_string().into_vec())
            .map_err(|error| self.problem(span, &format!("pwd: {}", reason(&error)), 1))
    }

    fn cd(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let (physical, rest) = links(call);
        // A value is the name of a directory, also `-` and what looks like an option.
        let is_value = call.args.len() - rest.len() >= call.literals;
        let ended = call.args[..call.args.len() - rest.len()].last().is_some_and(|last| last == b"--");
        let mut print = false;
        let target = match rest {
            [] => match self.env.environment.get(b"HOME") {
                Some(home) if !home.is_empty() => home.to_vec(),
                _ => return Err(self.usage(span, "cd: HOME is not set or empty")),
            },
            [dash] if dash == b"-" && !is_value => {
                print = true;
                match self.env.environment.get(b"OLDPWD") {
                    Some(old) => old.to_vec(),
                    None => return Err(self.problem(span, "cd: there is no directory before this one", 1)),
                }
            }
            [option] if option.first() == Some(&b'-') && !is_value && !ended => {
                return Err(self.usage(
                    span,
                    &format!(
                        "cd has no option {}; a directory of this name is ./{}",
                        quote_word(option),
                        visible(option)
                    ),
                ));
            }
            [target] if !target.is_empty() => target.clone(),
            [_] => return Err(self.usage(span, "cd: the name of the directory is empty")),
            _ => return Err(self.usage(span, "cd takes one directory")),
        };
        let relative = !target.starts_with(b"/")
            && target != b"."
            && !target.starts_with(b"./")
            && target != b".."
            && !target.starts_with(b"../");
        if relative && self.env.environment.get(b"CDPATH").is_some_and(|path| !path.is_empty()) {
            return Err(
                self.usage(span, "cd: CDPATH is set, and not followed here; write ./ before the directory")
            );
        }
        let before = self.working_directory(span)?;
        let directory = self.enter_directory(&before, &target, physical, span)?;
        let new = directory.to_bytes().to_vec();
        // Neither name can be refused, and no path holds a NUL. Where the script has removed PWD it stays away.
        if !self.env.directory_named || self.env.environment.get(b"PWD").is_some() {
            let _ = self.env.environment.set(b"OLDPWD", &before);
            let _ = self.env.environment.set(b"PWD", &new);
        }
        self.env.directory = Some(directory);
        if print {
            let mut line = new;
            line.push(b'\n');
            out.write(self, 1, &line, span)?;
        }
        Ok(0)
    }

    /// The directory that a path leads to from another one, if it can be worked in.
    pub(in crate::eval) fn enter_directory(
        &self,
        before: &[u8],
        target: &[u8],
        physical: bool,
        span: Span,
    ) -> Eval<Arc<CStr>> {
        let failed = |error: &std::io::Error| self.no_directory(target, error, span);
        let path = Path::new(OsStr::from_bytes(before)).join(OsStr::from_bytes(target));
        // Before anything follows it: this function, or a policy.
        self.reach(path.as_os_str().as_bytes(), span)?;
        let new = if physical {
            std::fs::canonicalize(path).map(|path| path.into_os_string().into_vec())
        } else {
            logical(before, target)
        };
        let new = new.map_err(|error| failed(&error))?;
        let path = Path::new(OsStr::from_bytes(&new));
        self.admit(&Effect::ChangeDirectory(path), span)?;
        let metadata = std::fs::metadata(path).map_err(|error| failed(&error))?;
        if !metadata.is_dir() {
            return Err(failed(&std::io::ErrorKind::NotADirectory.into()));
        }
        if !access::is_allowed(path, access::Access::Execute) {
            return Err(failed(&std::io::ErrorKind::PermissionDenied.into()));
        }
        // The kernel would have found nothing at a path with a NUL in it.
        let directory = CString::new(new).map_err(|_| failed(&std::io::ErrorKind::NotFound.into()))?;
        Ok(Arc::from(directory))
    }

    fn no_directory(&self, target: &[u8], error: &std::io::Error, span: Span) -> Unwind {
        let message = format!("can't go to {}: {}", quote_word(target), reason(error));
        Error::command(page(code::NO_DIRECTORY, self.source(), span, message, "this command"), 1).into()
    }

    // -------------------------------------------------------------------------------------- time and signals

    fn exit(&self, call: &BuiltinCall, span: Span) -> Unwind {
        let args = match call.args.as_slice() {
            [dashes, rest @ ..] if dashes == b"--" && call.literals > 0 => rest,
            all => all,
        };
        match args {
            [] => Unwind::Exit(self.status),
            [status] => {
                match std::str::from_utf8(status).ok().and_then(|text| text.trim().parse::<i64>().ok()) {
                    Some(status @ 0..=255) => Unwind::Exit(status as u8),
                    _ => self.usage(span, "exit takes a status of 0 to 255"),
                }
            }
            _ => self.usage(span, "exit takes one status"),
        }
    }

    fn sleep(&mut self, args: &[Vec<u8>], span: Span) -> Eval<u8> {
        let mut total = Duration::ZERO;
        if args.is_empty() {
            return Err(self.usage(span, "sleep takes a duration: sleep 0.5, sleep 250ms, sleep 5m"));
        }
        for arg in args {
            let duration = std::str::from_utf8(arg).ok().and_then(builtins::literal::duration);
            let Some(duration) = duration else {
                return Err(self.usage(
                    span,
                    &format!("sleep: {} is no duration; write 0.5, 250ms or 5m", quote_word(arg)),
                ));
            };
            total = total.saturating_add(duration);
        }
        self.pause(total).map(|()| 0)
    }

    /// Waits for so long, or until it is interrupted or its time is up.
    pub(in crate::eval) fn pause(&self, time: Duration) -> Eval<()> {
        // Others' children may have to be ended while this sleeps.
        let end = Instant::now().checked_add(time);
        while end.is_none_or(|end| Instant::now() < end) {
            self.pause_until(None, end)?;
        }
        self.check_interrupt()
    }

    fn wait_builtin(&mut self, args: &[Vec<u8>], span: Span) -> Eval<u8> {
        if args.is_empty() {
            return self.await_jobs().map(|()| 0);
        }
        for arg in args {
            if let Some(job) = self.job_named(arg) {
                let job = job.ok_or_else(|| self.problem(span, &no_job("wait", arg), 127))?;
                self.wait_for_job(&job.state)?;
                continue;
            }
            let pid = std::str::from_utf8(arg).ok().and_then(|text| text.parse().ok());
            let Some(pid) = pid else {
                return Err(self.usage(
                    span,
                    &format!(
                        "wait: {} is no number of a process; a job is awaited by job.wait()",
                        quote_word(arg)
                    ),
                ));
            };
            match self.wait_for(pid) {
                Some(result) => drop(result?),
                None => {
                    return Err(self.problem(span, &format!("wait: no job began with process {pid}"), 127));
                }
            }
        }
        Ok(0)
    }

    fn kill(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let parse = |name: &[u8]| Signal::parse(name);
        let args = call.args.as_slice();
        if let Some(value) = args.first().filter(|first| call.literals == 0 && first.starts_with(b"-")) {
            let message = format!(
                "kill: {} is a value, and no value is an option; a process group is written kill -- $group, a signal kill -s $signal $pid",
                quote_word(value)
            );
            return Err(self.usage(span, &message));
        }
        let (signal, targets) = match args {
            [list] if list == b"-l" => {
                let names: Vec<&str> = signal::Signal::named().map(|(name, _)| name).collect();
                return out.write(self, 1, format!("{}\n", names.join(" ")).as_bytes(), span).map(|()| 0);
            }
            [option, name, rest @ ..] if option == b"-s" || option == b"-n" => (parse(name), rest),
            [dashes, rest @ ..] if dashes == b"--" => (Some(Signal::TERM), rest),
            [option, rest @ ..] if option.first() == Some(&b'-') && option.len() > 1 => {
                (parse(&option[1..]), rest)
            }
            rest => (Some(Signal::TERM), rest),
        };
        let options = args.len() - targets.len();
        let targets = match targets {
            [dashes, rest @ ..] if dashes == b"--" && options < call.literals => rest,
            all => all,
        };
        let probe = matches!(args, [option, ..] if option == b"-0")
            || matches!(args, [option, zero, ..] if option == b"-s" && zero == b"0");
        let Some(signal) = signal.or(probe.then_some(Signal::TERM)) else {
            let message = "kill: no such signal; the names are those of signal(7), such as TERM or -s HUP";
            return Err(self.usage(span, message));
        };
        if targets.is_empty() {
            return Err(self.usage(span, "kill takes the number of a process"));
        }
        let (mut numbers, mut jobs) = (Vec::with_capacity(targets.len()), Vec::new());
        for target in targets {
            if let Some(job) = self.job_named(target) {
                let job = job.ok_or_else(|| self.problem(span, &no_job("kill", target), 1))?;
                // As a negative number is one: what is asked for and recorded is the group.
                match &job.state.control {
                    Some(control) => numbers.push(-control.group_id()),
                    None => numbers.extend(job.state.pid()),
                }
                jobs.push(job);
                continue;
            }
            let Some(pid) = std::str::from_utf8(target).ok().and_then(|text| text.parse::<i32>().ok()) else {
                return Err(
                    self.usage(span, &format!("kill: {} is no number of a process", quote_word(target)))
                );
            };
            if let 0 | -1 = pid {
                let whom = if pid == 0 { "each process of the script's own group" } else { "every process" };
                let message =
                    format!("kill: {pid} means {whom}; name the processes, or end a job by job.kill()");
                return Err(self.usage(span, &message));
            }
            numbers.push(pid);
        }
        let name = if probe { "0".to_string() } else { signal.to_string() };
        self.admit(&Effect::Signal { signal: &name, targets: &numbers }, span)?;
        let mut failed = None;
        let controlled = |pid: i32| {
            jobs.iter().find(|job| job.state.control.as_ref().is_some_and(|c| c.group_id() == -pid))
        };
        for pid in numbers {
            if let Some(job) = controlled(pid).filter(|_| !probe) {
                job.state.signal(signal);
                continue;
            }
            let sent = match pid {
                _ if probe => signal::probe(pid),
                ..=-2 => signal::send_group(-pid, signal),
                _ => signal::send(pid, signal),
            };
            if let Err(error) = sent {
                failed = Some(format!("kill: can't signal {pid}: {}", reason(&error)));
            }
        }
        failed.map_or(Ok(0), |message| Err(self.problem(span, &message, 1)))
    }

    // -------------------------------------------------------------------------------------- names

    fn type_of_names(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let args = call.args.as_slice();
        if let Some(option) = args.first().filter(|arg| call.literals > 0 && arg.first() == Some(&b'-')) {
            return Err(self.usage(span, &format!("type has no option {}", quote_word(option))));
        }
        let mut text = Vec::new();
        for name in args {
            match self.meaning(name, span)? {
                Some(meaning) => text.extend_from_slice(meaning.sentence(name).as_bytes()),
                None => {
                    out.write(self, 1, &text, span)?;
                    return Err(self.problem(span, &format!("type: {} is not found", quote_word(name)), 1));
                }
            }
        }
        out.write(self, 1, &text, span).map(|()| 0)
    }

    fn command_v(&mut self, args: &[Vec<u8>], out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let [option, names @ ..] = args else { return Err(self.usage(span, "command -v takes a name")) };
        let mut text = Vec::new();
        let mut found = false;
        for name in names {
            let Some(meaning) = self.meaning(name, span)? else { continue };
            found = true;
            if option == b"-V" {
                text.extend_from_slice(meaning.sentence(name).as_bytes());
            } else {
                match &meaning {
                    Meaning::Program(path) => text.extend_from_slice(path),
                    _ => text.extend_from_slice(name),
                }
                text.push(b'\n');
            }
        }
        out.write(self, 1, &text, span)?;
        Ok(u8::from(!found))
    }

    fn meaning(&mut self, name: &[u8], span: Span) -> Eval<Option<Meaning>> {
        let text = std::str::from_utf8(name).unwrap_or_default();
        if builtins::KEYWORDS.contains(&text) {
            return Ok(Some(Meaning::Keyword));
        }
        if builtins::find(text).is_some() {
            return Ok(Some(Meaning::Builtin));
        }
        // Also that a file is not there, or is no program, is told by who may look at it alone.
        if name.contains(&b'/') {
            self.admit(&Effect::Look(name), span)?;
        }
        let (search, directory) = (self.search(), self.env.directory.clone());
        self.reach_all(search.directories(), span)?;
        let Lookup::Found(path) = search.find(name, directory.as_deref()) else { return Ok(None) };
        if !name.contains(&b'/') {
            self.admit(&Effect::Look(path.to_bytes()), span)?;
        }
        Ok(Some(Meaning::Program(path.to_bytes().to_vec())))
    }
}

/// What `printf` prints to.
struct Printing<'p, 'o> {
    run: &'p Interpreter,
    out: &'p mut Output<'o>,
    span: Span,
}

impl printf::Sink for Printing<'_, '_> {
    type Stop = Unwind;

    fn write(&mut self, bytes: &[u8]) -> Eval<()> {
        self.run.check_interrupt()?;
        if bytes.is_empty() { Ok(()) } else { self.out.write(self.run, 1, bytes, self.span) }
    }

    fn reserve(&mut self, bytes: usize) -> Eval<()> {
        self.run.fits(bytes, self.span)
    }
}

enum Meaning {
    Keyword,
    Builtin,
    Program(Vec<u8>),
}

impl Meaning {
    fn sentence(&self, name: &[u8]) -> String {
        let name = visible(name);
        match self {
            Self::Keyword => format!("{name} is a keyword\n"),
            Self::Builtin => format!("{name} is a shell builtin\n"),
            Self::Program(path) => format!("{name} is {}\n", visible(path)),
        }
    }
}

fn no_job(builtin: &str, number: &[u8]) -> String {
    format!("{builtin}: there is no job {}", quote_word(number))
}

/// The options -L and -P of `cd` and `pwd`, of which the last counts, and what follows them.
fn links(call: &BuiltinCall) -> (bool, &[Vec<u8>]) {
    let args = call.args.as_slice();
    let mut physical = false;
    for (index, arg) in args.iter().enumerate() {
        if index >= call.literals {
            return (physical, &args[index..]);
        }
        match arg.as_slice() {
            b"--" => return (physical, &args[index + 1..]),
            [b'-', letters @ ..]
                if !letters.is_empty() && letters.iter().all(|letter| b"LP".contains(letter)) =>
            {
                physical = letters.last() == Some(&b'P');
            }
            _ => return (physical, &args[index..]),
        }
    }
    (physical, &[])
}

/// `cd -L`: `..` goes back along the path by which one came. What the target has added to that must be there (POSIX cd,
/// step 8); the directory that one is in may have been removed, which no shell minds.
fn logical(current: &[u8], target: &[u8]) -> std::io::Result<Vec<u8>> {
    let joined = Path::new(OsStr::from_bytes(current)).join(OsStr::from_bytes(target));
    let mut path = PathBuf::from("/");
    for component in joined.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                let is_before = Path::new(OsStr::from_bytes(current)).starts_with(&path);
                if !is_before && !std::fs::metadata(&path)?.is_dir() {
                    return Err(std::io::ErrorKind::NotADirectory.into());
                }
                path.pop();
            }
            _ => {}
        }
    }
    // Two slashes at the start, and not three, may mean another thing (POSIX 4.16).
    let mut path = path.into_os_string().into_vec();
    let joined = joined.as_os_str().as_bytes();
    if joined.starts_with(b"//") && !joined.starts_with(b"///") {
        path.insert(0, b'/');
    }
    Ok(path)
}
