//! The errors of services: given up, not ready, not reloaded.

use super::state::ServiceState;
use crate::diag::{Diagnostic, code};
use crate::eval::report::unwind::{Error, page};
use crate::service::{GivenUp, Reason, ReloadError};
use crate::span::Span;

impl ServiceState {
    /// Returns the error of a service that was given up, if it was.
    pub fn failure(&self) -> Option<Error> {
        let given_up = self.lock().machine.given_up()?;
        let GivenUp { instance, reason, restarts } = given_up;
        let name = &self.name;
        let which = match self.options.rules.instances {
            1 => format!("`{name}`"),
            _ => format!("instance {instance} of `{name}`"),
        };
        let (code, message) = match reason {
            Reason::NotReady => {
                let within = self.options.rules.ready_within.as_secs_f64();
                (code::SERVICE_NOT_READY, format!("{which} was not ready within {within}s"))
            }
            Reason::Hopeless => (code::SERVICE_GIVEN_UP, format!("{which} can't be started")),
            Reason::Failed if restarts == 0 => (code::SERVICE_GIVEN_UP, format!("{which} failed")),
            Reason::Failed => {
                let message = format!("{which} failed, and again after {restarts} restarts in a row");
                (code::SERVICE_GIVEN_UP, message)
            }
        };
        let page = page(code, &self.source, self.span, message, "this service was ended");
        Some(Error::command(self.with_last_run(page, instance), 1))
    }

    /// Returns the error of a reload.
    pub fn reload_failure(
        &self,
        error: ReloadError,
        source: &std::sync::Arc<crate::diag::Source>,
        span: Span,
    ) -> Error {
        let (message, instance) = self.reload_message(error);
        let page = page(code::RELOAD_FAILED, source, span, message, "the old runs stay");
        let page = match error {
            // It may still be ending: what it has printed until now.
            ReloadError::NotReady(_) => {
                let inner = self.lock();
                let run = inner.runs.values().find(|run| run.number == instance && !run.is_ready);
                let printed = run.and_then(|run| run.last_lines());
                let ended = inner.histories.get(&instance).and_then(|history| history.last_lines.clone());
                match printed.or(ended) {
                    Some(lines) => page.note(format!("its last lines:\n{lines}")),
                    None => page,
                }
            }
            _ => self.with_last_run(page, instance),
        };
        Error::command(page, 1)
    }

    /// Returns why the last reload failed, if it did.
    pub fn failed_reload(&self) -> Option<String> {
        let reloaded = self.lock().machine.reloaded()?;
        Some(self.reload_message(reloaded.err()?).0)
    }

    /// Returns the message for a reload, and the instance that it is about.
    fn reload_message(&self, error: ReloadError) -> (String, usize) {
        let name = &self.name;
        match error {
            ReloadError::Ended(instance) => (
                format!("the new run of instance {instance} of `{name}` ended before it was ready"),
                instance,
            ),
            ReloadError::NotReady(instance) => {
                let within = self.options.rules.ready_within.as_secs_f64();
                let message =
                    format!("the new run of instance {instance} of `{name}` was not ready within {within}s");
                (message, instance)
            }
            ReloadError::Stopped => (format!("`{name}` was stopped while it was reloaded"), 0),
        }
    }

    /// Adds how the last run of an instance ended, and what it printed.
    fn with_last_run(&self, page: Diagnostic, instance: usize) -> Diagnostic {
        let history = self.lock().history(instance).clone();
        let ended = history.ends.back().map(|last| format!("its last run: {last}"));
        let printed = history.last_lines.map(|lines| format!("its last lines:\n{lines}"));
        ended.into_iter().chain(printed).fold(page, Diagnostic::note)
    }
}
