//! The supervisor's part of a pool: it starts workers, ends those that are to end, and notes which have ended.

use super::{Ending, Inner, Member, Pool, Used};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind};
use crate::eval::services::Supervised;
use crate::service::{Action, End, Event, Restart, RunId};
use crate::sys::poll::PollSet;
use std::time::Duration;

impl Supervised for Pool {
    fn turn(&self, _: &mut PollSet) -> Duration {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let now = self.now();
        if inner.base.check_interrupt().is_err() {
            // The signal that ends the script has ended the workers, too.
            inner.machine.stop();
            inner.ending = Some(Ending::Killed);
        }
        let mut changed = self.collect(inner, now);
        loop {
            if let Some(growth) = inner.growth {
                let (wanted, size) = (growth.wanted(now, inner.load()), inner.machine.size());
                if wanted != size {
                    inner.machine.resize(wanted, now);
                }
            }
            let actions = inner.machine.step(now);
            if actions.is_empty() {
                break;
            }
            changed = true;
            for action in actions {
                self.carry_out(inner, action, now);
            }
            inner.give();
        }
        let due = end_leaving(inner, now);
        if changed || inner.has_ended() {
            self.changes.announce();
        }
        let next = inner.machine.next().into_iter().chain(due);
        let shrinks = inner.growth.and_then(|growth| growth.ends_at(inner.load()));
        next.chain(shrinks).min().map_or(Duration::MAX, |next| next.saturating_sub(now))
    }

    fn has_ended(&self) -> bool {
        self.lock().has_ended()
    }
}

impl Pool {
    /// Gives the state machine the ends of workers. Returns whether there were any.
    fn collect(&self, inner: &mut Inner, now: Duration) -> bool {
        let ended = inner.members.iter().filter(|(_, member)| member.state.has_ended());
        let ended: Vec<RunId> = ended.map(|(id, _)| *id).collect();
        for id in &ended {
            let Some(member) = inner.members.remove(id) else { continue };
            let result = match inner.base.jobs.remove(&member.state) {
                Some(job) => inner.base.await_job(&job),
                None => Ok(()),
            };
            let (mut end, text) = described(&result);
            inner.histories.entry(member.number).or_default().last_end = Some(text);
            if member.is_lost && end == End::Succeeded {
                // A question was open.
                end = End::Failed;
            }
            if end == End::Failed && self.options.restart == Restart::Never {
                // The others go on. The script is told where it asks this one, or at its end.
                end = End::Succeeded;
                if let (None, false, Err(Unwind::Error(error))) = (&inner.failed, member.is_leaving, result) {
                    inner.failed = Some((member.worker.clone(), *error));
                }
            }
            if inner.used != Some(Used::Questions) {
                inner.ended.push((member.number, member.worker));
            }
            inner.machine.note(now, Event::Ended(*id, end));
        }
        !ended.is_empty()
    }

    fn carry_out(&self, inner: &mut Inner, action: Action, now: Duration) {
        match action {
            Action::Start { instance, run } => match self.start(&mut inner.base, instance, now) {
                Ok(member) => {
                    inner.histories.entry(instance).or_default().starts += 1;
                    inner.members.insert(run, member);
                }
                Err(unwind) => {
                    inner.histories.entry(instance).or_default().last_end = Some(described(&Err(unwind)).1);
                    inner.machine.note(now, Event::Ended(run, End::Hopeless));
                }
            },
            Action::Stop(run) => {
                if let Some(member) = inner.members.get_mut(&run) {
                    member.is_leaving = true;
                }
            }
            // A pool has no health checks.
            Action::Check(_) => {}
        }
    }

    fn start(&self, base: &mut Interpreter, number: usize, now: Duration) -> Eval<Member> {
        let (format, timeout) = (self.options.format, self.options.timeout);
        let (worker, state) = base.launch_worker(&self.worker, format, timeout, Some(number), self.span)?;
        state.changes().set_at_each(self.supervisor.waking());
        Ok(Member {
            number,
            worker,
            state,
            since: now,
            idle_since: Some(now),
            asked: 0,
            closed: None,
            is_leaving: false,
            is_spent: false,
            is_lost: false,
            is_signalled: false,
        })
    }
}

/// Lets the workers that are to end read the end of their messages, once they have answered, and sends a signal to those
/// that don't end. Returns when to look again.
fn end_leaving(inner: &mut Inner, now: Duration) -> Option<Duration> {
    let (signal, grace) = (inner.base.env.settings.signal, inner.base.env.settings.grace);
    let mut next: Option<Duration> = None;
    for member in inner.members.values_mut().filter(|member| member.is_leaving && !member.is_signalled) {
        let is_busy = member.idle_since.is_none() && !member.is_spent && !member.is_lost;
        if !is_busy && member.closed.is_none() {
            member.worker.close();
            member.closed = Some(now);
        }
        let signal_at = match inner.ending {
            Some(Ending::Killed) => Some(now),
            _ if member.is_spent => Some(now),
            Some(Ending::Soon(at)) => Some(at),
            Some(Ending::Closed) => None,
            None => member.closed.map(|closed| closed + grace),
        };
        match signal_at {
            Some(at) if at <= now => {
                member.is_signalled = true;
                member.state.stop(signal);
            }
            Some(at) => next = Some(next.map_or(at, |next| next.min(at))),
            None => {}
        }
    }
    next
}

/// Returns how a worker has ended, for the state machine and for messages.
fn described(result: &Eval<()>) -> (End, String) {
    let failed = |error: &Error| {
        let is_hopeless = !error.is_failure || matches!(error.status, 126 | 127);
        if is_hopeless { End::Hopeless } else { End::Failed }
    };
    match result {
        Ok(()) | Err(Unwind::Exit(0)) => (End::Succeeded, "it ended by itself".to_string()),
        Err(Unwind::Error(error)) => (failed(error), error.diagnostic.message.clone()),
        Err(Unwind::Exit(status)) => (End::Failed, format!("it exited with {status}")),
        Err(_) => (End::Failed, "it was ended".to_string()),
    }
}
