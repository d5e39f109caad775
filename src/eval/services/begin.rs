//! `service { … }`: its options, its sockets, and its first start.

use super::output::LogFile;
use super::posted::entry;
use super::state::{Ready, ServiceOptions, ServiceState};
use super::supervisor::Supervisor;
use crate::check::program::{Service, WithOption};
use crate::check::settings::Setting;
use crate::diag::{code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::board::Entry;
use crate::eval::effects::effect::Effect;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::service::{Restart, Rules};
use crate::span::Span;
use crate::sys::descriptor;
use crate::sys::listen::Listener;
use crate::value::{Opaque, Value};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The options before the sockets and files that they name are opened.
struct Given {
    options: ServiceOptions,
    listen: Vec<(String, Span)>,
    log: Option<(Vec<u8>, Span)>,
    log_size: u64,
    log_keep: usize,
}

impl Interpreter {
    /// Starts a service, and waits until it is ready.
    pub(in crate::eval) fn start_service(&mut self, service: &Arc<Service>, span: Span) -> Eval<Value> {
        // From now on a signal must not end this process by its default action.
        self.interrupt();
        self.adopt_orphans();
        let given = self.service_options(&service.options)?;
        let around = self.evaluate_options(&service.around, &service.maps)?;
        let listeners = self.listeners(&given.listen)?;
        let copies = listeners.iter().map(|one| descriptor::duplicate(one.socket()).map(Arc::new));
        let sockets = copies.collect::<Result<Vec<_>, _>>().map_err(|error| self.no_job(&error, span))?;
        let log = match &given.log {
            Some((path, span)) => Some(self.log_of_service(path, *span, &given)?),
            None => None,
        };
        let supervisor = self.supervisor(span)?;
        let mut base = self.fork();
        base.env.settings = Arc::new(around.settings);
        base.env.directory = around.directory.or(base.env.directory);
        base.env.environment = around.environment.unwrap_or(base.env.environment);
        let place = (self.source().clone(), span);
        let name = if service.name.is_empty() { "service" } else { &*service.name };
        let state = Arc::new(ServiceState::new(
            name.to_string(),
            place,
            service.clone(),
            given.options,
            listeners,
            sockets,
            log,
            supervisor.clone(),
            base,
        ));
        let posting = self.shared.board.as_ref().map(|board| board.post(Entry::Service(entry(&state))));
        self.services.add(state.clone(), posting);
        supervisor.add(state.clone()).map_err(|error| self.no_job(&error, span))?;
        self.await_ready(&state, 0, span)?;
        Ok(Value::from(Opaque::new("service", name, state)))
    }

    /// Returns the supervisor of the run.
    pub(in crate::eval) fn supervisor(&self, span: Span) -> Eval<Arc<Supervisor>> {
        if let Some(supervisor) = self.shared.services.get() {
            return Ok(supervisor.clone());
        }
        let made = Arc::new(Supervisor::new().map_err(|error| self.no_job(&error, span))?);
        Ok(self.shared.services.get_or_init(|| made).clone())
    }

    fn service_options(&mut self, options: &[WithOption]) -> Eval<Given> {
        let rules = Rules {
            instances: 1,
            restart: Restart::OnFailure,
            backoff: Duration::from_millis(100),
            most_restarts: 10,
            awaits_ready: false,
            ready_within: Duration::from_secs(30),
            interval: None,
            unhealthy: 3,
        };
        let interval = Duration::from_secs(10);
        let options_of_service =
            ServiceOptions { rules, ready: Ready::Started, health: None, interval, tag: false };
        let mut all = Given {
            options: options_of_service,
            listen: Vec::new(),
            log: None,
            log_size: 10 << 20,
            log_keep: 5,
        };
        let mut ready_span = None;
        for option in options {
            let value = self.option_value(option)?;
            let own = &mut all.options;
            let span = option.value.span;
            match (option.setting, value) {
                (Setting::Jobs, Value::Int(jobs)) => own.rules.instances = usize::try_from(jobs).unwrap_or(1),
                (Setting::Jobs, _) => {
                    return Err(self.bad_setting(option.value.span, "`jobs` of a service is a number"));
                }
                (Setting::Listen, Value::List(texts)) => {
                    all.listen.extend(texts.iter().map(|text| (text_of(text), span)));
                }
                (Setting::Listen, text) => all.listen.push((text_of(&text), span)),
                (Setting::Restart, Value::Str(when)) => own.rules.restart = Restart::named(when.as_bytes()),
                (Setting::Backoff, Value::Duration(pause)) => own.rules.backoff = pause.to_std(),
                (Setting::MostRestarts, Value::Int(most)) => {
                    own.rules.most_restarts = u32::try_from(most).unwrap_or(u32::MAX);
                }
                (Setting::Timeout, Value::Duration(time)) => own.rules.ready_within = time.to_std(),
                (Setting::Ready, value) => {
                    own.rules.awaits_ready = true;
                    ready_span = Some(span);
                    own.ready = match &value {
                        Value::Str(text) if text.as_bytes() == b"listening" => Ready::Listening,
                        Value::Str(_) => Ready::Notify,
                        _ => Ready::Asked(value),
                    };
                }
                (Setting::Health, function) => own.health = Some(function),
                (Setting::Interval, Value::Duration(time)) => own.interval = time.to_std(),
                (Setting::Unhealthy, Value::Int(count)) => {
                    own.rules.unhealthy = u32::try_from(count).unwrap_or(u32::MAX);
                }
                (Setting::Tag, Value::Bool(tag)) => own.tag = tag,
                (Setting::LogFile, Value::Str(path)) => all.log = Some((path.as_bytes().to_vec(), span)),
                (Setting::LogSize, Value::Size(size)) => {
                    all.log_size = u64::try_from(size.bytes).unwrap_or(u64::MAX);
                }
                (Setting::LogKeep, Value::Int(count)) => {
                    all.log_keep = usize::try_from(count).unwrap_or(usize::MAX);
                }
                _ => {}
            }
        }
        let own = &mut all.options;
        own.rules.interval = own.health.is_some().then_some(own.interval);
        if let (Ready::Asked(function), true, Some(span)) =
            (&own.ready, own.rules.instances > 1 && !all.listen.is_empty(), ready_span)
            && !self.takes_argument(function)
        {
            let message =
                "this function can't tell the instances apart: they share a socket, and any may answer";
            let page = page(code::READY_OF_SHARED, self.source(), span, message, "without a parameter");
            let help = "give it a parameter, the instance with its number and pid: fn ready(instance) { … }";
            return Err(Error::value(page.help(help)).into());
        }
        Ok(all)
    }

    fn listeners(&self, addresses: &[(String, Span)]) -> Eval<Vec<Listener>> {
        let open = |(address, span): &(String, Span)| {
            self.admit(&Effect::Listen(address), *span)?;
            let directory = self.directory_path();
            let opened = match address.strip_prefix("unix:") {
                Some(path) => Listener::unix(&directory.join(path)),
                None => Listener::tcp(address),
            };
            opened.map_err(|error| {
                let shown = quote_word(address.as_bytes());
                let message = format!("can't listen at {shown}: {}", reason(&error));
                let page = page(code::SERVICE_ADDRESS, self.source(), *span, message, "this address");
                let help = match error.kind() {
                    std::io::ErrorKind::AddrInUse => {
                        "end the process that listens there (`ss -ltnp` names it), or choose another port"
                    }
                    _ => "write listen=\"127.0.0.1:8080\", or listen=\"unix:web.sock\"",
                };
                Error::value(page.help(help)).into()
            })
        };
        addresses.iter().map(open).collect()
    }

    fn log_of_service(&self, path: &[u8], span: Span, given: &Given) -> Eval<LogFile> {
        self.admit(&Effect::Write { path, append: true, bytes: 0 }, span)?;
        let full = self.directory_path().join(Path::new(OsStr::from_bytes(path)));
        LogFile::open(&full, given.log_size, given.log_keep).map_err(|error| {
            let message = format!("can't write the log file {}: {}", quote_word(path), reason(&error));
            Error::value(page(code::SERVICE_LOG, self.source(), span, message, "this file")).into()
        })
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Str(text) => String::from_utf8_lossy(text.as_bytes()).into_owned(),
        _ => String::new(),
    }
}
