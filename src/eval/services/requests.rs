//! What a script asks of its services: restart, reload, stop, wait, stats, and their end with the script.

use super::state::{Inner, ServiceState};
use super::stats::stats;
use super::supervisor::Supervised;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::effects::board::Posting;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::methods::ServiceRequest;
use crate::process::{OpenMode, Watch, open};
use crate::service::RunId;
use crate::span::Span;
use crate::sys::poll::{Interest, PollSet};
use crate::value::{List, Value};
use std::sync::Arc;
use std::time::Duration;

/// The services that a script, job or turn has started, in this order, and their places on the board.
#[derive(Default)]
pub struct OwnServices {
    services: Vec<Arc<ServiceState>>,
    postings: Vec<Posting>,
}

impl OwnServices {
    pub fn add(&mut self, service: Arc<ServiceState>, posting: Option<Posting>) {
        self.services.push(service);
        self.postings.extend(posting);
    }
}

impl Interpreter {
    /// Carries out a method of a service.
    pub(in crate::eval) fn service_request(
        &mut self,
        service: &Value,
        request: ServiceRequest,
        span: Span,
    ) -> Eval<Value> {
        let Some(state) = service_of(service) else { return Ok(Value::Null) };
        if !matches!(request, ServiceRequest::Stats | ServiceRequest::Wait | ServiceRequest::Stop)
            && state.lock().machine.is_stopping()
        {
            let message = format!("`{}` has ended", state.name);
            let page = page(code::SERVICE_ENDED, self.source(), span, message, "this service");
            return Err(Error::value(page.help("start it anew: let s = service { … }")).into());
        }
        match request {
            ServiceRequest::Stats => return Ok(stats(state)),
            ServiceRequest::Stop => {
                state.request(|machine, _| machine.stop());
                self.await_service(state, span, |_| false)?;
            }
            ServiceRequest::Wait => {
                self.await_service(state, span, |_| false)?;
                self.fail_if_given_up(state)?;
            }
            ServiceRequest::Restart => {
                let first = state.request(|machine, now| {
                    machine.restart(now);
                    machine.next_run()
                });
                self.await_ready(state, first, span)?;
            }
            ServiceRequest::Resize(count) => {
                state.request(|machine, now| machine.resize(count, now));
                self.await_ready(state, 0, span)?;
            }
            ServiceRequest::Reload => {
                state.request(|machine, _| machine.reload());
                self.await_service(state, span, |inner| inner.machine.reloaded().is_some())?;
                self.fail_if_given_up(state)?;
                // The error takes the lock again.
                let reloaded = state.lock().machine.reloaded();
                if let Some(Err(error)) = reloaded {
                    return Err(state.reload_failure(error, self.source(), span).into());
                }
            }
        }
        Ok(Value::Null)
    }

    /// Returns a field of a service.
    pub(in crate::eval) fn service_field(state: &ServiceState, name: &[u8]) -> Option<Value> {
        match name {
            b"addresses" => {
                let addresses = state.listeners.iter().map(|one| Value::from(one.address.as_str()));
                Some(Value::List(addresses.collect::<List>()))
            }
            b"status" => Some(Value::from(state.lock().status())),
            _ => None,
        }
    }

    /// Waits until all instances of a service are ready in a run with this number or a later one.
    pub(super) fn await_ready(&mut self, state: &ServiceState, first: RunId, span: Span) -> Eval<()> {
        self.await_service(state, span, |inner| inner.machine.is_ready_since(first))?;
        self.fail_if_given_up(state)
    }

    /// Waits until a condition holds, or the service has ended.
    fn await_service(
        &mut self,
        state: &ServiceState,
        span: Span,
        holds: impl Fn(&Inner) -> bool,
    ) -> Eval<()> {
        let done = || {
            let inner = state.lock();
            inner.has_ended() || holds(&inner)
        };
        self.wait_until([&state.changes], &self.interrupt(), span, done)
    }

    fn fail_if_given_up(&self, state: &ServiceState) -> Eval<()> {
        state.failure().map_or(Ok(()), |error| Err(error.into()))
    }

    /// Waits until all services of this code have ended, or one is given up.
    pub(in crate::eval) fn await_services(&mut self, span: Span) -> Eval<()> {
        let services = self.services.services.clone();
        let given_up = |service: &Arc<ServiceState>| service.lock().machine.given_up().is_some();
        let done = || services.iter().all(|one| one.has_ended()) || services.iter().any(given_up);
        self.wait_until(services.iter().map(|one| &one.changes), &self.interrupt(), span, done)?;
        services.iter().try_for_each(|service| self.fail_if_given_up(service))
    }

    /// Ends the services of this code, the last one first. If it has succeeded, fails if one was given up.
    pub(in crate::eval) fn settle_services<T>(&mut self, ran: Eval<T>) -> Eval<T> {
        let OwnServices { services, postings } = std::mem::take(&mut self.services);
        if services.is_empty() {
            return ran;
        }
        let failure = services.iter().find_map(|service| service.failure());
        for service in services.iter().rev() {
            service.request(|machine, _| machine.stop());
            await_end(service);
        }
        drop(postings);
        match (ran, failure) {
            (Ok(_), Some(error)) => Err(error.into()),
            (ran, _) => ran,
        }
    }

    /// Lets nothing of this code's output be seen: it only asks whether an instance is healthy.
    pub(super) fn discard_output(&mut self, span: Span) -> Eval<()> {
        let null = open(None, b"/dev/null", OpenMode::ReadWrite);
        let null = Arc::new(null.map_err(|error| self.no_null(&error, span))?);
        for fd in 0..3 {
            self.env.files.set(fd, null.clone());
        }
        Ok(())
    }
}

/// Waits until a service has ended, which its grace bounds.
fn await_end(service: &ServiceState) {
    let Ok(watch) = Watch::new([&service.changes]) else { return };
    loop {
        watch.event().reset();
        if service.has_ended() {
            return;
        }
        let mut set = PollSet::default();
        set.add(watch.event().reader(), Interest::Read);
        let _ = set.wait(Some(Duration::from_secs(1)));
    }
}

fn service_of(value: &Value) -> Option<&Arc<ServiceState>> {
    match value {
        Value::Opaque(opaque) => opaque.payload(),
        _ => None,
    }
}
