//! The ends of turns, and the early end of a loop.

use super::TurnMark;
use super::crew::{Crew, Ended, Finish, Work};
use super::log::Ending;
use super::looped::{Finished, Live, Loop};
use super::streams::Stream;
use crate::diag::code;
use crate::eval::effects::observe::TurnEnd;
use crate::eval::exec::held::is_stop;
use crate::eval::report::unwind::{Error, Unwind, page};
use crate::fleet::{After, End, Turn};
use crate::process::Signal;
use std::sync::Arc;
use std::time::Instant;

/// Returns the form of an end that observers receive.
fn told(end: End) -> TurnEnd {
    match end {
        End::Succeeded => TurnEnd::Succeeded,
        End::Failed => TurnEnd::Failed,
        End::Broke => TurnEnd::Left,
        End::Ended => TurnEnd::Stopped,
    }
}

impl Loop<'_, '_> {
    pub(super) fn take_ended(&mut self) {
        if std::mem::take(&mut self.has_ends) {
            let ended = self.crew.as_ref().map(Crew::ended).unwrap_or_default();
            ended.into_iter().for_each(|ended| self.take_end(ended));
        }
    }

    pub(super) fn take_end(&mut self, ended: Ended) {
        let Ended { turn, result, status, handled_signals } = ended;
        self.run.handled_signals = self.run.handled_signals.max(handled_signals);
        let Some(live) = self.turns.get_mut(&turn) else { return };
        let is_asked = live.is_asked;
        let mark = live.mark.clone();
        if let (Some(state), false) = (live.state.take(), is_asked) {
            self.spare.push((state.cancel.clone(), state.keys.clone()));
        }
        let lost = live.lost.take();
        let asked = is_asked.then_some(self.run.env.settings.signal);
        let ending = Ending::of(result.as_ref(), lost.as_deref(), asked);
        let end = match (result, lost) {
            (result, lost) if self.tasks.contains_key(&turn) => {
                let result = result.unwrap_or_else(|| Err(Unwind::Error(self.crashed())));
                self.end_of_task(turn, result, lost, is_asked)
            }
            (_, Some(error)) => self.failed(turn, mark, error),
            (Some(Ok(Finish::Done(value))), None) => {
                if let Work::Call(_) = self.work {
                    self.values.insert(turn, value);
                }
                End::Succeeded
            }
            (Some(Ok(Finish::Left)), None) => End::Broke,
            (Some(Err(_)), None) if is_asked => End::Ended,
            (Some(Err(Unwind::Error(error))), None) => self.failed(turn, mark, error),
            (Some(Err(Unwind::Exit(status))), None) => {
                let error = self.left_by_exit(status);
                self.failed(turn, mark, error)
            }
            (Some(Err(unwind)), None) => {
                self.stop(unwind);
                End::Ended
            }
            (None, None) => {
                let error = self.crashed();
                self.failed(turn, mark, error)
            }
        };
        if let Err(unwind) = self.record.ended(self.run, turn, &ending) {
            self.stop(unwind);
        }
        if end == End::Broke {
            self.last = Some((turn, 0));
        } else if self.scheduler.counts(turn) && self.last.is_none_or(|(last, _)| last < turn) {
            self.last = Some((turn, status));
        }
        if let Some(live) = self.turns.get_mut(&turn) {
            (live.end, live.ended) = (Some(end), Some(Instant::now()));
        }
        if self.stop.is_some() {
            self.drain(&[turn]);
        }
        self.finish_if_over(turn);
    }

    fn failed(&mut self, turn: Turn, mark: Arc<TurnMark>, error: Box<Error>) -> End {
        self.fail(turn, mark, error);
        End::Failed
    }

    pub(super) fn fail(&mut self, turn: Turn, mark: Arc<TurnMark>, error: Box<Error>) {
        if self.scheduler.counts(turn) {
            self.failures.add(turn, mark, error);
        }
    }

    fn crashed(&self) -> Box<Error> {
        let message = "the thread of a turn crashed";
        let page = page(code::INTERNAL, self.run.source(), self.span, message, "this loop");
        Box::new(Error::value(page))
    }

    pub(super) fn left_by_exit(&self, status: u8) -> Box<Error> {
        let message = format!("a turn of the loop exited with {status}");
        let page = page(code::TURN_LEFT, self.run.source(), self.span, message, "its turns run side by side");
        Box::new(Error::refused(page.help("let the turn fail: fail \"…\""), status))
    }

    /// Takes the output that is already in the pipes of turns, and ends the processes that still hold them, as after a
    /// capture. The loop was stopped, so it waits for no more output.
    fn drain(&mut self, turns: &[Turn]) {
        for turn in turns {
            for index in (0..2).rev() {
                self.read(*turn, index);
            }
        }
        if self.stop.as_ref().is_some_and(is_stop) {
            let held = || {
                let streams =
                    turns.iter().filter_map(|turn| self.turns.get(turn)).flat_map(|live| &live.streams);
                streams.map(Stream::reader).collect()
            };
            self.run.end_holders(held, self.began);
        }
        for turn in turns {
            if let Some(live) = self.turns.get_mut(turn) {
                live.streams.clear();
            }
        }
    }

    /// Notes that a turn is over, once it has ended and no process holds its pipes.
    pub(super) fn finish_if_over(&mut self, turn: Turn) {
        let Some(live) = self.turns.get(&turn).filter(|live| live.streams.is_empty()) else { return };
        let Some(end) = live.end else { return };
        let Some(Live { held, is_dropped, mark, .. }) = self.turns.remove(&turn) else { return };
        self.run.observe_turn_end(&mark, told(end), self.span);
        if !held.is_empty() && !is_dropped {
            self.finished.insert(turn, Finished { mark, held });
        }
        let after = self.scheduler.ended(turn, end);
        if end == End::Broke {
            self.failures.forget_after(turn);
        }
        self.apply(after);
    }

    fn apply(&mut self, after: After) {
        for turn in after.drop {
            self.drop_output(turn);
            // The turn may have ended before its pipes did. Nothing reads them any more.
            self.finish_if_over(turn);
        }
        for turn in after.pass {
            if let Some(finished) = self.finished.get_mut(&turn) {
                let held = std::mem::take(&mut finished.held);
                self.pass_held(turn, held);
                self.finished.remove(&turn);
            }
        }
        after.end.into_iter().for_each(|turn| self.end_turn(turn));
        // From now on the first unfinished turn streams.
        let first = self.turns.first_entry().filter(|entry| self.scheduler.streams(*entry.key()));
        if let Some(mut entry) = first {
            let (turn, held) = (*entry.key(), std::mem::take(&mut entry.get_mut().held));
            self.pass_held(turn, held);
        }
    }

    /// Asks a turn to end.
    pub(super) fn end_turn(&mut self, turn: Turn) {
        let signal = self.run.env.settings.signal;
        if let Some(live) = self.turns.get_mut(&turn)
            && !std::mem::replace(&mut live.is_asked, true)
            && let Some(state) = &live.state
        {
            state.stop(signal);
        }
    }

    /// Ends the turns that a key of the terminal has not ended.
    pub(super) fn end_by_key(&self, signal: Signal) {
        let states = self.turns.values().filter_map(|live| live.state.as_ref());
        states.for_each(|state| state.end_by_key(signal));
    }

    /// Ends the loop. An end of the whole run reaches the turns without this function.
    pub(super) fn stop(&mut self, unwind: Unwind) {
        if self.stop.is_some() {
            return;
        }
        let turns = self.scheduler.end_all();
        match &unwind {
            Unwind::Interrupted(signal) => self.end_by_key(*signal),
            Unwind::TimedOut(_) | Unwind::Exhausted => {}
            _ => turns.into_iter().for_each(|turn| self.end_turn(turn)),
        }
        if matches!(unwind, Unwind::PipeClosed) {
            // The output of the turns has no reader. Their programs notice when they write.
            let over: Vec<Turn> = self.turns.keys().copied().collect();
            over.iter().for_each(|turn| self.drop_output(*turn));
            for mut finished in std::mem::take(&mut self.finished).into_values() {
                self.store.forget(&mut finished.held);
            }
        }
        self.stop = Some(unwind);
        let ended: Vec<Turn> =
            self.turns.iter().filter(|(_, live)| live.end.is_some()).map(|(turn, _)| *turn).collect();
        self.drain(&ended);
        ended.into_iter().for_each(|turn| self.finish_if_over(turn));
    }
}
