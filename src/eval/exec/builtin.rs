//! The builtins at run time: those that change the run, and the output of those that are pure
//! functions.

mod directory;
mod kill;
mod names;

use crate::builtins::{self, Builtin, echo, printf, test};
use crate::diag::{code, quote_word, visible};
use crate::eval::Interpreter;
use crate::eval::exec::command::BuiltinCall;
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::sys::{access, handled_signals, tty};
use directory::links;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

impl Interpreter {
    /// Runs a builtin and returns its status.
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
                let text = echo::echo(&args)
                    .map_err(|(_, message)| self.usage(span, &format!("echo: {message}")))?;
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
            Builtin::Export => self.export(&call.exported).map(|()| 0),
            Builtin::Unset => self.unset(call, span).map(|()| 0),
            Builtin::Sleep => self.sleep(args, span),
            Builtin::Wait => self.wait_builtin(args, span),
            Builtin::Jobs => match args {
                [] => self.print_jobs(false, out, span),
                [option] if matches!(&**option, b"-l" | b"-p") && call.literals > 0 => {
                    self.print_jobs(&**option == b"-p", out, span)
                }
                _ => Err(self.usage(span, "jobs takes only -l or -p: it lists the jobs that run")),
            },
            Builtin::Kill => self.kill(call, out, span),
            Builtin::Type => self.type_of_names(call, out, span),
            Builtin::Command => self.command_v(args, out, span),
        }
    }

    fn print_jobs(&self, processes: bool, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let list = if processes { self.list_processes() } else { self.list_jobs() };
        out.write(self, 1, list.as_bytes(), span).map(|()| 0)
    }

    /// Returns the error of a call that this builtin can't interpret, although another shell's builtin might.
    fn usage(&self, span: Span, message: &str) -> Unwind {
        let diagnostic = page(code::BUILTIN_USAGE, self.source(), span, message, "this command");
        Error::refused(diagnostic, 2).into()
    }

    fn problem(&self, span: Span, message: &str, status: u8) -> Unwind {
        Error::command(page(code::BUILTIN_FAILED, self.source(), span, message, "this command"), status)
            .into()
    }

    fn printf(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        // A format that is a value may begin with anything.
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
                    &format!("sleep: {} is not a duration; write 0.5, 250ms or 5m", quote_word(arg)),
                ));
            };
            total = total.saturating_add(duration);
        }
        self.pause(total).map(|()| 0)
    }

    /// Waits for this time, or until the wait is interrupted or a time limit passes.
    pub(in crate::eval) fn pause(&mut self, time: Duration) -> Eval<()> {
        // While this builtin sleeps, it may have to end children of other parts of the run.
        let end = Instant::now().checked_add(time);
        while end.is_none_or(|end| Instant::now() < end) {
            self.pause_until(handled_signals::event().filter(|_| self.handles_signals()), end)?;
            handled_signals::acknowledge();
            self.heed_signals()?;
        }
        self.check_interrupt()
    }

    fn wait_builtin(&mut self, args: &[Vec<u8>], span: Span) -> Eval<u8> {
        if args.is_empty() {
            self.refuse_wait_in_turn(span)?;
            self.await_own_jobs()?;
            return self.await_services(span).map(|()| 0);
        }
        for arg in args {
            if let Some(job) = self.job_named(arg) {
                let job = job.ok_or_else(|| self.problem(span, &no_job("wait", arg), 127))?;
                self.wait_for_job(&job.state, span)?;
                continue;
            }
            let pid = std::str::from_utf8(arg).ok().and_then(|text| text.parse().ok());
            let Some(pid) = pid else {
                return Err(self.usage(
                    span,
                    &format!(
                        "wait: {} is not a process ID; to wait for a job, write job.wait()",
                        quote_word(arg)
                    ),
                ));
            };
            match self.wait_for(pid, span) {
                Some(result) => drop(result?),
                None => {
                    self.refuse_wait_in_turn(span)?;
                    return Err(self.problem(span, &format!("wait: no job began with process {pid}"), 127));
                }
            }
        }
        Ok(0)
    }
}

/// The destination of the output of `printf`.
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

fn no_job(builtin: &str, number: &[u8]) -> String {
    format!("{builtin}: there is no job {}", quote_word(number))
}
