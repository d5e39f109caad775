//! The jobs of the prompt: their news, `fg` and `bg`, and the jobs that keep it from leaving.

use super::{Next, Shell, own, show_page};
use crate::print::print_error;
use pipewright::Signal;
use pipewright::dialog::{Ended, Job, News};

impl Shell {
    /// Leaves the prompt. If jobs have not ended, informs the user once before they are ended.
    pub(super) fn leave(&mut self, status: u8) -> Next {
        let mut jobs = self.dialog.borrow().jobs();
        jobs.retain(|job| !job.survives());
        if jobs.is_empty() || self.warned {
            return Next::Exit(status);
        }
        self.warned = true;
        let suspended = jobs.iter().filter(|job| job.is_suspended()).count();
        print_error(match (jobs.len(), suspended) {
            (1, 0) => "a job runs; leave again to end it\n",
            (1, _) => "a job is stopped; leave again to end it\n",
            (_, 0) => "jobs run; leave again to end them\n",
            _ => "jobs are stopped; leave again to end them\n",
        });
        Next::Entry
    }

    pub(super) fn tell_of_jobs(&mut self) {
        let news = self.dialog.borrow_mut().news();
        for (job, what) in news {
            let (number, text) = (job.number(), job.text());
            match what {
                News::Suspended => print_error(&format!("[{number}] stopped: {text}\n")),
                News::Continued => print_error(&format!("[{number}] continued: {text}\n")),
                News::Ended(Ended::Failed(error)) => {
                    print_error(&format!("[{number}] status {}: {text}\n", error.exit_code()));
                    show_page(error.diagnostic());
                }
                News::Ended(Ended::Signal(signal)) => {
                    let how = match signal {
                        Signal::TERM => "terminated",
                        Signal::KILL => "killed",
                        _ => "ended",
                    };
                    print_error(&format!("[{number}] {how} by {signal}: {text}\n"));
                }
                News::Ended(ended) => {
                    print_error(&format!("[{number}] done: {text}\n"));
                    if let Ended::Value(value) = ended {
                        self.show(&value);
                    }
                }
                _ => {}
            }
        }
    }

    /// Implements `fg` and `bg`.
    pub(super) fn resume(&mut self, meant: own::Resume) -> Next {
        let job = self.dialog.borrow().job(meant.number);
        let Some(job) = job else {
            let number = meant.number.map(|number| format!(" {number}")).unwrap_or_default();
            print_error(&format!("{}: there is no job{number}\n", meant.name()));
            (self.status, self.statuses) = (1, vec![1]);
            return Next::Entry;
        };
        // The output of POSIX fg and bg.
        if !meant.foreground {
            print_error(&format!("[{}] {} &\n", job.number(), job.text()));
            self.dialog.borrow().resume_beside(&job);
            (self.status, self.statuses) = (0, vec![0]);
            return Next::Entry;
        }
        print_error(&format!("{}\n", job.text()));
        let ended = self.dialog.borrow_mut().resume(&job);
        let request = self.dialog.borrow().take_signal();
        self.live.forget();
        let next = self.end(ended);
        match request {
            Some(signal) if signal != Signal::INT => Next::Exit(128 + signal.number() as u8),
            _ => next,
        }
    }
}

pub fn tell_suspended(job: &Job) {
    // The terminal has echoed `^Z`.
    print_error(&format!("\n[{}] stopped: {}\n", job.number(), job.text()));
}
