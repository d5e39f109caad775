//! A service on the board of its run.

use super::state::{Inner, ServiceState};
use crate::eval::effects::board::ServiceEntry;
use crate::eval::effects::running::{ActionError, RunningInstance, RunningService, ServiceAction};
use crate::service::{RunId, Stage};
use crate::sys::usage;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A service as it is posted. Its interpreter holds the board, so the board must not hold the service.
struct Posted(Weak<ServiceState>);

/// Returns what to post of a service.
pub(super) fn entry(service: &Arc<ServiceState>) -> Arc<dyn ServiceEntry> {
    Arc::new(Posted(Arc::downgrade(service)))
}

impl ServiceEntry for Posted {
    fn state(&self, id: u64) -> Option<RunningService> {
        let service = self.0.upgrade()?;
        // Both take the lock.
        let failure = service.failure().map(|error| error.diagnostic.message.clone());
        let problem = failure.or_else(|| service.failed_reload());
        let now = service.now();
        let inner = service.lock();
        let redactions = inner.base.shared.redactions();
        let masked = |text: &str| redactions.apply_text(text);
        let instances = inner.machine.instances().map(|one| instance(&inner, one, now, masked)).collect();
        let mut state = RunningService {
            id,
            place: service.source.position(service.span.start as usize),
            name: service.name.clone(),
            age: now,
            status: inner.status(),
            addresses: service.listeners.iter().map(|one| one.address.clone()).collect(),
            problem: problem.map(|text| masked(&text)),
            instances,
        };
        drop(inner);
        for one in &mut state.instances {
            let used = one.pid.map(usage::of_tree).unwrap_or_default();
            (one.memory, one.processor) = (used.memory, used.processor);
        }
        Some(state)
    }

    fn act(&self, action: ServiceAction) -> Result<(), ActionError> {
        let service = self.0.upgrade().ok_or(ActionError)?;
        service.request(|machine, now| {
            if machine.is_stopping() || machine.has_ended() {
                return Err(ActionError);
            }
            match action {
                ServiceAction::Restart => machine.restart(now),
                ServiceAction::Reload => machine.reload(),
                ServiceAction::Stop => machine.stop(),
            }
            Ok(())
        })
    }
}

/// Returns the state of an instance, without the resources that it uses.
fn instance(
    inner: &Inner,
    (number, stage, run): (usize, Stage, Option<RunId>),
    now: Duration,
    masked: impl Fn(&str) -> String,
) -> RunningInstance {
    let run = run.and_then(|run| inner.runs.get(&run));
    let history = inner.histories.get(&number);
    RunningInstance {
        number,
        pid: run.and_then(|run| run.pid()).and_then(|pid| u32::try_from(pid).ok()),
        stage: stage.name(),
        uptime: run.map(|run| now.saturating_sub(run.since)),
        restarts: history.map_or(0, |history| history.starts.saturating_sub(1)),
        last_end: history.and_then(|history| history.ends.back()).map(|end| masked(end)),
        healthy: history.and_then(|history| Some(history.check.as_ref()?.failure.is_none())),
        memory: 0,
        processor: Duration::ZERO,
    }
}
