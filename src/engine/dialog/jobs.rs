//! The jobs of a dialog: background jobs, and entries that Ctrl-Z has suspended.

use super::terminal::Terminal;
use super::{Dialog, Ended, News};
use crate::eval::{self, JobState};
use crate::process::{Attended, Control, Signal};
use std::fmt;
use std::io;
use std::time::Instant;

/// A job: `cmd &`, `spawn { … }`, or an entry that was suspended.
///
/// ```
/// use pipewright::Session;
/// use pipewright::dialog::{Dialog, Ended};
///
/// let mut dialog = Dialog::new(Session::new())?;
/// dialog.run(dialog.check("1", "sleep 60 &")?);
/// let jobs = dialog.jobs();
/// assert_eq!((jobs[0].number(), &*jobs[0].text(), jobs[0].is_suspended()), (1, "sleep 60", false));
/// dialog.run(dialog.check("2", "kill %1")?);
/// let ended = dialog.resume(&jobs[0]);
/// assert!(dialog.jobs().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Job(eval::Job);

impl Job {
    /// Returns its number, as in `%N`.
    pub fn number(&self) -> usize {
        self.0.number
    }

    /// Returns the first line of the text that started it, escaped.
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// Returns whether it continues when the dialog ends, because its program is nohup or setsid.
    pub fn survives(&self) -> bool {
        self.0.state.survives()
    }

    /// Returns whether it is suspended.
    pub fn is_suspended(&self) -> bool {
        self.0.state.is_suspended()
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.number(), self.text())
    }
}

impl Dialog {
    /// Returns the jobs that have not ended.
    pub fn jobs(&self) -> Vec<Job> {
        let jobs = self.interpreter.jobs().into_iter();
        jobs.filter(|job| job.state.status().is_none()).map(Job).collect()
    }

    /// Returns the job of this number. Without a number, returns the job that was suspended last, or else the one
    /// that began last.
    pub fn job(&self, number: Option<usize>) -> Option<Job> {
        let jobs = self.interpreter.jobs();
        let found = match number {
            Some(number) => jobs.into_iter().find(|job| job.number == number),
            None => jobs.into_iter().max_by_key(|job| (job.state.is_suspended(), job.number)),
        };
        found.map(Job)
    }

    /// Returns the changes of background jobs since the last call.
    pub fn news(&mut self) -> Vec<(Job, News)> {
        let mut news = Vec::new();
        for job in self.interpreter.jobs() {
            if job.state.status().is_some() {
                let ended = News::Ended(self.end_of(&job));
                news.push((Job(job), ended));
                continue;
            }
            match job.state.control.as_deref().map(Control::look) {
                Some(Attended::Suspended) => news.push((Job(job), News::Suspended)),
                Some(Attended::Continued) => news.push((Job(job), News::Continued)),
                _ => {}
            }
        }
        news
    }

    /// Continues a job in the foreground, like an entry that runs: the job gets the terminal. Returns how it ended.
    pub fn resume(&mut self, job: &Job) -> Ended {
        let Some(control) = &job.0.state.control else { return self.end_of(&job.0) };
        if let Some(terminal) = &self.terminal {
            terminal.lend(control);
        }
        control.resume();
        if let Some(terminal) = &self.terminal {
            // A Ctrl-C that arrived at the prompt is meant for the programs. They have continued, and don't look
            // for requests.
            if self.signal() == Some(Signal::INT) {
                self.take_signal();
                control.send(Signal::INT);
            }
            terminal.pass_keys(control);
        }
        if self.attend(&job.0.state) {
            return self.suspended(job.number());
        }
        let ended = self.end_of(&job.0);
        self.settle(ended)
    }

    /// Stops this process, until the shell that started it continues it: `suspend` of a prompt in another one.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    ///
    /// // It has no terminal.
    /// assert!(Dialog::new(Session::new())?.suspend().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if no shell would continue the process, since it leads its session, or if the dialog has no terminal.
    pub fn suspend(&self) -> io::Result<()> {
        self.terminal.as_ref().map_or(Err(io::ErrorKind::Unsupported.into()), Terminal::suspend)
    }

    /// Continues a job in the background.
    pub fn resume_beside(&self, job: &Job) {
        if let Some(control) = &job.0.state.control {
            control.resume();
        }
    }

    /// Runs a job that has the terminal until it ends or is suspended. Returns whether it is suspended.
    pub(super) fn attend(&self, state: &JobState) -> bool {
        let Some(control) = &state.control else { return false };
        let attended = control.attend();
        let left =
            self.terminal.as_ref().map(|terminal| terminal.take_back_from(control)).unwrap_or_default();
        if attended != Attended::Suspended {
            return false;
        }
        control.keep_left(left);
        self.terminal.iter().for_each(|terminal| terminal.reset());
        true
    }

    /// Settles a job in the foreground that has ended: if its program was killed, restores the modes of the
    /// terminal, which the program can't have left on purpose.
    pub(super) fn settle(&mut self, ended: Ended) -> Ended {
        match &self.terminal {
            Some(terminal) => {
                let killed = match &ended {
                    Ended::Signal(_) => true,
                    Ended::Failed(error) => error.exit_code() > 128,
                    _ => false,
                };
                if killed { terminal.reset() } else { terminal.keep() }
            }
            // The cancellation was meant for this job alone.
            None => drop(self.take_signal()),
        }
        ended
    }

    pub(super) fn suspended(&self, number: usize) -> Ended {
        let job = self.interpreter.jobs().into_iter().find(|job| job.number == number);
        job.map_or(Ended::Value(crate::value::Value::Null), |job| Ended::Suspended(Job(job)))
    }

    fn end_of(&mut self, job: &eval::Job) -> Ended {
        let started = Instant::now();
        // A signal that was sent to the job is not a failure of its programs, and its status is that of the signal.
        let asked = job.state.status().and_then(|status| Signal::new(i32::from(status) - 128));
        match (self.interpreter.take_job(job), asked) {
            (Ok(()), Some(signal)) => Ended::Signal(signal),
            (Ok(()), None) => Ended::Value(job.state.value()),
            (Err(unwind), _) => self.ended(unwind, started),
        }
    }
}
