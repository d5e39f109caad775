//! Calls of functions and stages of the host.

use crate::check::program::{Expr, HostMethodCall};
use crate::diag::{code, visible};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::lines::ANOTHER_READER;
use crate::eval::exec::output::Output;
use crate::eval::exec::shared_lines::LineReader;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::host::{CallError, FunctionCx, HostFunction, HostStage, StageCx, Streams, panic_message};
use crate::process::{Descriptor, Environment, Readable};
use crate::span::Span;
use crate::sys::lines::Lines;
use crate::sys::pipe;
use crate::value::Value;
use std::cell::RefCell;
use std::io::{self, BufRead, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// A call of a stage of the host.
pub struct HostCall {
    pub stage: Arc<HostStage>,
    /// Its name first.
    pub argv: Vec<Vec<u8>>,
    pub environment: Option<Environment>,
}

impl Interpreter {
    pub(in crate::eval) fn host_function(
        &mut self,
        function: &HostFunction,
        arguments: &[Expr],
        span: Span,
    ) -> Eval<Value> {
        let values = self.values(arguments)?;
        self.check_interrupt()?;
        let stopped = RefCell::default();
        let called = function.call(&values, |call| {
            let console = Console { run: self, span, out: RefCell::default(), stopped: RefCell::default() };
            let (mut stdout, mut stderr) = (Out(&console), Diagnostics(&console));
            let result = call(&mut FunctionCx {
                stdout: &mut stdout,
                stderr: &mut stderr,
                directory: &self.directory_path(),
                environment: &self.env.environment,
                cancelled: &|| self.check_interrupt().is_err(),
                span,
            });
            // A failure is noted in the console.
            let _ = console.flush();
            stopped.replace(console.stopped.into_inner());
            result
        });
        // The failure of a stream caused the failure of the function.
        if let Some(unwind) = stopped.into_inner() {
            return Err(unwind);
        }
        called.map_err(|error| self.call_error(error, &function.name, arguments, span))
    }

    /// Calls a method of a value of the host; or, if the value has another type, the language's method of this name.
    pub(in crate::eval) fn host_method(
        &mut self,
        receiver: &Expr,
        call: &HostMethodCall,
        span: Span,
    ) -> Eval<Value> {
        let HostMethodCall { name, methods, otherwise, arguments } = call;
        let this = self.expr(receiver)?;
        let owner = this.host_type();
        let Some(method) = methods.iter().find(|method| Some(method.owner) == owner) else {
            if let Some(id) = otherwise {
                return self.method_of(&this, receiver.span, *id, arguments, span);
            }
            let message = format!("{} has no method `{name}`", this.phrase());
            let page = page(code::WRONG_TYPE, self.source(), receiver.span, message, "not what has it");
            return Err(Error::value(page).into());
        };
        let arguments = &arguments.positional;
        let values = self.values(arguments)?;
        self.check_interrupt()?;
        if values.len() != method.count {
            let message =
                format!("`{name}` takes {} arguments, and is called with {}", method.count, values.len());
            let page = page(code::BAD_ARGUMENTS, self.source(), span, message, "this call");
            return Err(Error::value(page).into());
        }
        let called = method.call(&this, &values).unwrap_or(Ok(Value::Null));
        called.map_err(|error| self.call_error(error, name, arguments, span))
    }

    fn call_error(&self, error: CallError, name: &str, arguments: &[Expr], span: Span) -> Unwind {
        let failed = |message: String| {
            let error = page(code::HOST_FAILED, self.source(), span, message, "in this call");
            Error::value(error).into()
        };
        match error {
            CallError::Argument(place, error) => {
                let message = format!("argument {} of `{name}`: {error}", place + 1);
                let at = arguments.get(place).map_or(span, |argument| argument.span);
                Error::value(page(code::WRONG_TYPE, self.source(), at, message, "not what it takes")).into()
            }
            CallError::Failed(message) => failed(format!("`{name}` failed: {}", visible(message.as_bytes()))),
            CallError::Panicked(message) => {
                failed(format!("`{name}` of the host panicked: {}", visible(message.as_bytes())))
            }
        }
    }

    /// Runs a stage with the current descriptors, and returns its status.
    ///
    /// `alone` means that its standard input has no other reader.
    pub(in crate::eval) fn host_stage(&mut self, call: &HostCall, alone: bool, span: Span) -> Eval<u8> {
        self.check_interrupt()?;
        self.commit(&Effect::Stage(&call.argv), span)?;
        let args: Vec<Value> = call.argv.iter().skip(1).map(|arg| Value::str(arg.clone())).collect();
        let directory = self.directory_path();
        let console = Console { run: self, span, out: RefCell::default(), stopped: RefCell::default() };
        let mut stdin = Input {
            console: &console,
            from: self.env.files.get(0),
            alone,
            reader: None,
            buffer: Vec::new(),
            start: 0,
        };
        let (mut stdout, mut stderr) = (Out(&console), Diagnostics(&console));
        let mut cx = StageCx {
            args: &args,
            streams: Streams { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr },
            directory: &directory,
            environment: call.environment.as_ref().unwrap_or(&self.env.environment),
            cancelled: &|| self.check_interrupt().is_err(),
            span,
        };
        // State that the panic has left inconsistent belongs to the host, not to the interpreter.
        let result = catch_unwind(AssertUnwindSafe(|| (call.stage.stage)(&mut cx)));
        // The output from before a failure is printed.
        let flushed = console.flush();
        let stopped = console.stopped.into_inner();
        let name = &call.stage.name;
        let failed = |message: String| page(code::HOST_FAILED, self.source(), span, message, "this command");
        match (result, stopped) {
            (Ok(Ok(status)), _) if flushed.is_ok() => Ok(status),
            // The failure of a stream caused the failure of the stage.
            (Ok(_), Some(unwind)) => Err(unwind),
            (Ok(Ok(status)), None) => Ok(status),
            (Ok(Err(error)), None) => Err(Error::command(
                failed(format!("{name}: {}", visible(error.to_string().as_bytes()))),
                error.status(),
            )
            .into()),
            (Err(panic), _) => {
                let message = panic_message(&*panic);
                let message = format!("`{name}` of the host panicked: {}", visible(message.as_bytes()));
                Err(Error::value(failed(message)).into())
            }
        }
    }
}

/// The state that the streams of a stage share.
struct Console<'r> {
    run: &'r Interpreter,
    span: Span,
    /// Data that is not yet written to standard output.
    out: RefCell<Vec<u8>>,
    /// The first event that ended a stream.
    stopped: RefCell<Option<Unwind>>,
}

impl Console<'_> {
    /// Notes the event that has ended a stream, and returns an error for the stage.
    fn stop(&self, unwind: Unwind) -> io::Error {
        let error = match &unwind {
            Unwind::PipeClosed => io::ErrorKind::BrokenPipe.into(),
            Unwind::Error(error) => io::Error::other(error.diagnostic.message.clone()),
            // Not `Interrupted`, after which the standard library tries again.
            _ => io::Error::new(io::ErrorKind::TimedOut, "the run is being stopped"),
        };
        self.stopped.borrow_mut().get_or_insert(unwind);
        error
    }

    fn write(&self, fd: i32, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let written = Output::Files(&self.run.env.files).write(self.run, fd, bytes, self.span);
        written.map_err(|unwind| self.stop(unwind))
    }

    fn flush(&self) -> io::Result<()> {
        // Taken first, so that data that can't be written is not tried again at the end.
        let bytes = self.out.take();
        self.write(1, &bytes)
    }
}

/// The standard input of a stage. If it shares the input with other readers, it takes a line at a time.
struct Input<'r> {
    console: &'r Console<'r>,
    from: Option<&'r Descriptor>,
    alone: bool,
    /// Created at the first read.
    reader: Option<LineReader>,
    buffer: Vec<u8>,
    /// The start of the rest in the buffer.
    start: usize,
}

impl Input<'_> {
    /// Waits for more data and reads it.
    fn refill(&mut self) -> io::Result<()> {
        let run = self.console.run;
        // Reading may wait for a long time, so the reader downstream gets the data up to now.
        self.console.flush()?;
        self.buffer.clear();
        self.start = 0;
        let interrupt = run.interrupt();
        let check = || run.check_interrupt().map_err(|unwind| self.console.stop(unwind));
        let Some(from) = self.from else {
            return Err(io::Error::other("descriptor 0 is closed"));
        };
        let from = from.borrow()?;
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => {
                let lines = if self.alone { Lines::ahead() } else { Lines::of(from)? };
                none.insert(LineReader::of_bytes(lines, run.shared.clone()))
            }
        };
        loop {
            match interrupt.wait_readable(from, run.due())? {
                Readable::Ready => {}
                Readable::TimedOut | Readable::Interrupted => {
                    check()?;
                    continue;
                }
            }
            match reader.take(from, &mut self.buffer) {
                Err(error) if pipe::is_for_later(&error) => {
                    let end = Instant::now().checked_add(ANOTHER_READER);
                    run.pause_until(None, end).map_err(|unwind| self.console.stop(unwind))?;
                }
                other => return other.map(drop),
            }
        }
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.buffer.len() {
            self.refill()?;
        }
        Ok(&self.buffer[self.start..])
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.buffer.len());
    }
}

impl Read for Input<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut from = self.fill_buf()?;
        let count = from.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

/// The standard output of a stage.
struct Out<'r>(&'r Console<'r>);

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = self.0.out.borrow_mut();
        out.extend_from_slice(bytes);
        let full = out.len() >= pipe::CAPACITY;
        drop(out);
        if full {
            self.0.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The standard error of a stage.
struct Diagnostics<'r>(&'r Console<'r>);

impl Write for Diagnostics<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(2, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
