//! A run as a method sees it: what methods ask of it.

use crate::diag::{code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::tasks::job_state::JobState;
use crate::eval::workers::{Format, Question, pool_of, worker_of};
use crate::expand::glob::{Glob, Unreadable};
use crate::methods::{
    self, FileKind, Host, JobRequest, Metadata, MethodError, Outcome, PoolRequest, QueueRequest,
    ServiceRequest, SideBySide, WorkerRequest,
};
use crate::process::Signal;
use crate::span::Span;
use crate::value::{Duration, List, Str, Value};
use std::borrow::Cow;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A run as a method sees it.
pub(super) struct Caller<'a> {
    pub run: &'a mut Interpreter,
    /// The place of the call.
    pub span: Span,
    /// How a function that a method has called ended, if not with a value.
    pub unwound: Option<Unwind>,
}

impl Caller<'_> {
    /// Keeps the reason of a failure for the caller of the method.
    fn put_by<T>(&mut self, outcome: Eval<T>) -> Outcome<T> {
        outcome.map_err(|unwind| {
            self.unwound = Some(unwind);
            MethodError::Host
        })
    }

    /// Does the same, except for an unknown value whose call a dry run has shown.
    fn put_by_unless_shown<T>(&mut self, outcome: Eval<Option<T>>) -> Outcome<T> {
        let known = outcome.and_then(|value| value.ok_or_else(|| self.run.only_the_run_tells(self.span)));
        self.put_by(known)
    }

    /// Returns the answer of the kernel. Keeps an end of the run, for which it returns an arbitrary
    /// error.
    fn or_unwind<T>(&mut self, outcome: Eval<io::Result<T>>) -> io::Result<T> {
        outcome.unwrap_or_else(|unwind| {
            self.unwound = Some(unwind);
            Err(io::ErrorKind::Other.into())
        })
    }

    /// Asks the policy about examining a path of the script. Returns the path to examine instead: for
    /// `/dev/stdin` and similar paths, that of the script's own descriptor.
    fn look<'p>(&mut self, path: &'p Path) -> io::Result<Cow<'p, Path>> {
        if let Some(own) = self.run.own_descriptor(path) {
            return Ok(Cow::Owned(own));
        }
        let allowed = self.run.admit(&Effect::Look(path.as_os_str().as_bytes()), self.span);
        self.or_unwind(allowed.map(|_| Ok(Cow::Borrowed(path))))
    }

    /// Returns a message as the line that is sent.
    fn line_of(&mut self, format: Format, message: &Value) -> Outcome<Vec<u8>> {
        let mut line = match message {
            _ if format.carries_json() => methods::write_message(self, "send", message)?,
            Value::Str(text) if !text.as_bytes().contains(&b'\n') => text.as_bytes().to_vec(),
            Value::Str(_) => {
                let error = MethodError::new(code::BAD_VALUE, "`send`: the text has more than one line");
                return Err(error
                    .at(0)
                    .help("send a line at a time: for line in (text.lines()) { w.send(line) }"));
            }
            other => {
                let message = format!("`send`: a line is a string, and this is {}", other.type_of().phrase());
                return Err(MethodError::new(code::WRONG_TYPE, message).at(0).help("write: w.send(str(x))"));
            }
        };
        line.push(b'\n');
        Ok(line)
    }

    /// Sends a signal to a job.
    fn signal_job(&mut self, state: &Arc<JobState>, name: &[u8]) -> Outcome {
        match Signal::parse(name) {
            Some(signal) => {
                let targets: Vec<i32> = state.pid().into_iter().collect();
                let effect = Effect::Signal { signal: &signal.to_string(), targets: &targets };
                let sent = self.run.perform(&effect, self.span, |_, _| {
                    state.signal(signal);
                    Ok(())
                });
                self.put_by(sent)?;
                Ok(Value::Null)
            }
            None => {
                let message = format!("`kill`: {} is not a signal", quote_word(name));
                Err(MethodError::new(code::BAD_VALUE, message)
                    .at(0)
                    .help("write its name: job.kill(\"HUP\")"))
            }
        }
    }
}

impl Host for Caller<'_> {
    fn apply(&mut self, function: &Value, arguments: &[Value]) -> Outcome {
        let outcome = self.run.apply_values(function, arguments, self.span);
        self.put_by(outcome)
    }

    fn apply_to_each(&mut self, function: &Value, items: &List, how: SideBySide) -> Outcome<Vec<Value>> {
        let outcome = self.run.apply_side_by_side(function, items, how, self.span);
        self.put_by(outcome)
    }

    fn room(&self) -> usize {
        self.run.value_room()
    }

    fn no_room(&mut self) -> MethodError {
        self.unwound = Some(self.run.too_large(self.span));
        MethodError::Host
    }

    fn go_on(&mut self) -> Outcome<()> {
        let outcome = self.run.check_interrupt().and_then(|()| self.run.check_memory(self.span));
        self.put_by(outcome)
    }

    fn directory(&self) -> PathBuf {
        match &self.run.env.directory {
            Some(_) => self.run.directory_path(),
            None => std::env::current_dir().unwrap_or_default(),
        }
    }

    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().into()
    }

    fn read(&mut self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        let allowed = self.run.admit(&Effect::Read(path.as_os_str().as_bytes()), self.span);
        self.or_unwind(allowed.map(Ok))?;
        let limit = most.min(self.run.capture_room()).saturating_add(1);
        let read = self.run.read_file(path.as_os_str().as_bytes(), limit, self.span);
        let bytes = self.or_unwind(read)?;
        if let Err(unwind) = self.run.captured(bytes.len(), self.span) {
            self.unwound = Some(unwind);
        }
        Ok((bytes.len() <= most).then_some(bytes))
    }

    fn write(&mut self, path: &Path, bytes: &[u8], append: bool, private: bool) -> io::Result<()> {
        let effect = Effect::Write { path: path.as_os_str().as_bytes(), append, bytes: bytes.len() };
        let span = self.span;
        let written =
            self.run.perform(&effect, span, |run, _| run.write_file(path, bytes, append, private, span));
        self.or_unwind(written.map(|written| written.unwrap_or(Ok(()))))
    }

    fn job(&mut self, job: &Value, request: JobRequest<'_>) -> Outcome {
        if let (JobRequest::WaitAny, Value::List(jobs)) = (request, job) {
            let states: Vec<Arc<JobState>> = jobs.iter().filter_map(job_of).cloned().collect();
            let ended = self.run.wait_for_any(&states, self.span);
            return self.put_by(ended.map(|place| jobs.get(place).cloned().unwrap_or_default()));
        }
        let Some(state) = job_of(job) else { return Ok(Value::Null) };
        match request {
            JobRequest::WaitAny => Ok(Value::Null),
            JobRequest::Output => {
                let outcome = self.run.output_of_job(state, self.span);
                self.put_by(outcome)
            }
            JobRequest::Wait => {
                let outcome = self.run.wait_for_job(state, self.span);
                self.put_by(outcome)
            }
            JobRequest::Kill(name) => self.signal_job(state, name),
        }
    }

    fn worker(&mut self, worker: &Value, request: WorkerRequest<'_>) -> Outcome {
        let Some(worker) = worker_of(worker) else { return Ok(Value::Null) };
        let span = self.span;
        let usable = self.run.usable(worker, span);
        self.put_by(usable)?;
        let outcome = match request {
            WorkerRequest::Send(message) => {
                let line = self.line_of(worker.format(), message)?;
                self.run.send_to(worker, &line, span)
            }
            WorkerRequest::Ask { message, reply, timeout } => {
                let line = self.line_of(worker.format(), message)?;
                self.run.ask_worker(worker, &Question { line, reply, timeout }, span)
            }
            WorkerRequest::Receive => self.run.receive_from(worker, span),
            WorkerRequest::Messages => Ok(Interpreter::messages(worker)),
            WorkerRequest::Close => {
                worker.end_messages();
                Ok(Value::Null)
            }
            WorkerRequest::Wait => self.run.wait_for_worker(worker, span),
            WorkerRequest::Kill(name) => match worker.job() {
                Some(state) => return self.signal_job(state, name),
                None => Ok(Value::Null),
            },
        };
        self.put_by(outcome)
    }

    fn pool(&mut self, pool: &Value, request: PoolRequest<'_>) -> Outcome {
        let Some(pool) = pool_of(pool) else { return Ok(Value::Null) };
        let span = self.span;
        let usable = self.run.usable_pool(pool, span);
        self.put_by(usable)?;
        let outcome = match request {
            PoolRequest::Ask { message, reply, timeout } => {
                let line = self.line_of(pool.format(), message)?;
                self.run.ask_pool(pool, &Question { line, reply, timeout }, span)
            }
            PoolRequest::Send { message, to } => {
                let line = self.line_of(pool.format(), message)?;
                self.run.send_to_one(pool, &line, to, span)
            }
            PoolRequest::Broadcast { message, except } => {
                let line = self.line_of(pool.format(), message)?;
                self.run.broadcast(pool, &line, except, span)
            }
            PoolRequest::Messages => self.run.messages_of_pool(pool, span),
            PoolRequest::Resize(count) => self.run.resize_pool(pool, count, span),
            PoolRequest::Wait => self.run.wait_for_pool(pool, span),
            PoolRequest::Stats => Ok(pool.stats()),
            PoolRequest::Close => {
                pool.close();
                Ok(Value::Null)
            }
            PoolRequest::Kill => {
                pool.kill();
                Ok(Value::Null)
            }
        };
        self.put_by(outcome)
    }

    fn service(&mut self, service: &Value, request: ServiceRequest) -> Outcome {
        let outcome = self.run.service_request(service, request, self.span);
        self.put_by(outcome)
    }

    fn open_queue(&mut self, path: &Str, name: &Str) -> Outcome {
        let queue = self.run.open_queue(path, name, self.span);
        self.put_by(queue)
    }

    fn queue(&mut self, queue: &Value, request: QueueRequest<'_>) -> Outcome {
        let add = |this: &mut Self, data: &[Value], options| {
            let texts =
                data.iter().map(|one| methods::write_message(this, "add", one)).collect::<Outcome<_>>()?;
            let ids = this.run.add_tasks(queue, texts, options, this.span);
            this.put_by_unless_shown(ids)
        };
        match request {
            QueueRequest::Add { data, options } => {
                let ids = add(self, std::slice::from_ref(data), options)?;
                Ok(ids.first().map_or(Value::Null, |id| Value::Int(*id)))
            }
            QueueRequest::AddAll { data, options } => {
                let ids = add(self, data, options)?;
                Ok(Value::List(ids.into_iter().map(Value::Int).collect()))
            }
            request => {
                let answer = self.run.queue_request(queue, request, self.span);
                self.put_by_unless_shown(answer)
            }
        }
    }

    fn read_line(&mut self) -> Outcome<Option<Vec<u8>>> {
        let span = self.span;
        let line = self.run.perform(&Effect::ReadLine { call: span }, span, |run, _| run.read_line(span));
        self.put_by_unless_shown(line)
    }

    fn ask(&mut self, question: &[u8], is_shown: bool) -> Outcome<Option<Vec<u8>>> {
        let span = self.span;
        let effect = Effect::Ask { question, is_shown, call: span };
        let line = self.run.perform(&effect, span, |run, _| run.ask_user(question, is_shown, span));
        self.put_by_unless_shown(line)
    }

    fn conceal(&mut self, secret: &[u8]) {
        self.run.shared.redactions().add(secret);
    }

    fn metadata(&mut self, path: &Path, follow: bool) -> io::Result<Metadata> {
        let path = self.look(path)?;
        let found = if follow { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) }?;
        let kind = found.file_type();
        let kind = if kind.is_file() {
            FileKind::File
        } else if kind.is_dir() {
            FileKind::Directory
        } else if kind.is_symlink() {
            FileKind::Link
        } else {
            FileKind::Other
        };
        let modified = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().into();
        Ok(Metadata { kind, size: found.len(), modified })
    }

    fn time_zone(&self) -> Option<Vec<u8>> {
        self.run.env.environment.get(b"TZ").map(<[u8]>::to_vec)
    }

    fn script_path(&self) -> Option<PathBuf> {
        self.run.module_path()
    }

    fn glob(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let glob = Glob::parse_text(pattern).map_err(|error| error.message.to_string())?;
        let found = self.run.walk(&glob, self.span).map_err(|unwind| {
            self.unwound = Some(unwind);
            String::new()
        })?;
        found.map_err(|Unreadable { directory, error }| {
            format!("can't read the directory {}: {}", quote_word(&directory), reason(&error))
        })
    }
}

fn job_of(value: &Value) -> Option<&Arc<JobState>> {
    match value {
        Value::Opaque(opaque) => opaque.payload(),
        _ => None,
    }
}
