//! Starting a worker: its channel, its job, and the program that gets the channel.

use super::{Format, Inbox, LastErrors, TheirEnd, Worker, WorkerEnd};
use crate::channel::node_variables;
use crate::check::program;
use crate::check::settings::Setting;
use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::exec_env::OwnParts;
use crate::eval::scope::settings::Settings;
use crate::eval::tasks::job_state::JobState;
use crate::process::{Changes, Environment, FileTable};
use crate::span::Span;
use crate::sys::{pipe, socket_pair};
use crate::value::{Opaque, Value};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// The two ends of a channel.
struct Ends {
    reader: Arc<OwnedFd>,
    writer: Arc<OwnedFd>,
    theirs: TheirEnd,
}

impl Ends {
    fn new(format: Format) -> io::Result<Self> {
        if format == Format::Descriptor {
            let (ours, theirs) = socket_pair::pair()?;
            let ours = Arc::new(ours);
            return Ok(Self { reader: ours.clone(), writer: ours, theirs: TheirEnd::Descriptor(theirs) });
        }
        let (input, writer) = pipe::pipe()?;
        let (reader, output) = pipe::pipe()?;
        let theirs = TheirEnd::Stdio { input, output };
        Ok(Self { reader: Arc::new(reader), writer: Arc::new(writer), theirs })
    }
}

impl Interpreter {
    /// `worker { … }`: starts it, and returns it as a value.
    pub(in crate::eval) fn start_worker(&mut self, worker: &Arc<program::Worker>, span: Span) -> Eval<Value> {
        if worker.is_pool {
            return self.start_pool(worker, span);
        }
        let (mut format, mut timeout) = (Format::Descriptor, None);
        for option in &worker.options {
            match (option.setting, self.option_value(option)?) {
                (Setting::Channel, Value::Str(text)) => format = Format::named(text.as_bytes()),
                (_, Value::Duration(time)) => timeout = Some(time.to_std()),
                _ => {}
            }
        }
        let (worker, state) = self.launch_worker(worker, format, timeout, None, span)?;
        self.jobs.note_worker(&state, &worker);
        Ok(Value::from(Opaque::new("worker", worker.text.clone(), worker.clone())))
    }

    /// Starts the program of a worker, or of the worker of a pool with this number.
    pub(super) fn launch_worker(
        &mut self,
        worker: &program::Worker,
        format: Format,
        timeout: Option<Duration>,
        number: Option<usize>,
        span: Span,
    ) -> Eval<(Arc<Worker>, Arc<JobState>)> {
        let around = self.evaluate_options(&worker.around, &worker.maps)?;
        let ends = Ends::new(format).map_err(|error| self.channel_failed("make", &error, span))?;
        let errors = Arc::new(LastErrors::default());
        let (body, theirs, tap) = (worker.body.clone(), ends.theirs, errors.clone());
        let state = self.start_job_of_worker(span, move |fork| {
            fork.channel = Some(Box::new(WorkerEnd::Waiting(theirs)));
            let settings = Settings { job: fork.env.settings.job.clone(), ..around.settings };
            let own = OwnParts {
                directory: around.directory,
                environment: around.environment,
                settings: Some(Arc::new(settings)),
                files: None,
            };
            fork.in_env(own, |fork| {
                if let Some(number) = number {
                    // The name and the value are valid.
                    let _ = fork.env.environment.set(b"PIPEWRIGHT_INSTANCE", number.to_string().as_bytes());
                }
                fork.tapped(&[2], tap, span, |fork| fork.block(&body))
            })
        })?;
        let worker = Arc::new(Worker {
            format,
            text: self.command_of(worker),
            reader: ends.reader,
            writer: Mutex::new(Some(ends.writer)),
            inbox: Mutex::new(Inbox::default()),
            changes: Changes::default(),
            errors,
            state: OnceLock::from(state.clone()),
            timeout,
            most: self.env.settings.max_output,
            is_over: AtomicBool::new(false),
            is_told: AtomicBool::new(false),
            posting: OnceLock::new(),
        });
        self.post_worker(&worker, span);
        Ok((worker, state))
    }

    /// Returns the first line of a worker's command, for messages.
    pub(super) fn command_of(&self, worker: &program::Worker) -> String {
        let text = self.source().text().get(worker.command.range()).unwrap_or_default();
        crate::diag::visible(text.lines().next().unwrap_or_default().as_bytes())
    }

    /// Gives the channel to the statement that starts the worker's program.
    pub(in crate::eval) fn open_channel(&mut self) {
        match self.channel.take().map(|end| *end) {
            Some(WorkerEnd::Waiting(TheirEnd::Descriptor(end))) => {
                self.channel = Some(Box::new(WorkerEnd::Open(end)));
            }
            Some(WorkerEnd::Waiting(TheirEnd::Stdio { input, output })) => {
                self.env.files.set(0, Arc::new(input));
                self.env.files.set(1, Arc::new(output));
            }
            _ => {}
        }
    }

    /// Gives the channel to a program that is about to start. This process keeps no end of it, so that the script sees
    /// when the program closes it.
    pub(in crate::eval) fn give_channel(&mut self, files: &mut FileTable, environment: &mut Environment) {
        let Some(end) = self.channel.take_if(|end| matches!(**end, WorkerEnd::Open(_))) else { return };
        let WorkerEnd::Open(end) = *end else { return };
        let number = (3..).find(|number| files.find(*number).is_none()).unwrap_or(3);
        files.set(number, Arc::new(end));
        let own = [("PIPEWRIGHT_CHANNEL_FD", number.to_string())];
        for (name, value) in own.into_iter().chain(node_variables(number)) {
            // These names and values are valid.
            let _ = environment.set(name.as_bytes(), value.as_bytes());
        }
    }

    #[cold]
    pub(super) fn channel_failed(&self, what: &str, error: &io::Error, span: Span) -> Unwind {
        let message = format!("can't {what} the channel of a worker: {}", reason(error));
        self.fail(Error::command(page(code::CHANNEL_FAILED, self.source(), span, message, "here"), 126))
    }
}
