//! The ends of workers with the code that made them.

use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::eval::tasks::job::Job;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long workers have to end by themselves after the end of their messages.
const CLOSING: Duration = Duration::from_secs(1);

impl Interpreter {
    /// Ends the workers of successful code: they read the end of their messages, and have a moment to end by themselves
    /// before they are asked. Fails if one had failed before, unless the script knows.
    pub(in crate::eval) fn end_workers(&mut self) -> Eval<()> {
        let (pools, workers) = (self.jobs.take_pools(), self.jobs.take_workers());
        pools.iter().for_each(|pool| pool.end_soon(CLOSING));
        let mut first = None;
        let failed: Vec<bool> =
            workers.iter().map(|job| job.state.status().is_some_and(|status| status != 0)).collect();
        for job in &workers {
            job.worker.iter().for_each(|worker| worker.close());
        }
        let until = Instant::now() + CLOSING;
        for job in &workers {
            if let Some(worker) = &job.worker
                && !self.end_of_worker(worker, Some(until), job.span).unwrap_or(false)
            {
                job.state.stop(self.env.settings.signal);
            }
        }
        for (job, failed) in workers.into_iter().zip(failed) {
            let result = self.ended_worker(&job);
            if failed && job.worker.as_ref().is_some_and(|worker| worker.tell()) {
                first = first.or(result.err());
            }
        }
        for pool in pools {
            pool.await_end();
            first = first.or_else(|| self.untold_failure(&pool));
        }
        first.map_or(Ok(()), |unwind| Err(unwind.not_absorbed()))
    }

    /// Joins the job of a worker that has ended or was asked to, and marks it as over.
    pub(in crate::eval) fn ended_worker(&self, job: &Job) -> Eval<()> {
        let result = self.await_job(job);
        if let Some(worker) = &job.worker {
            worker.is_over.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Asks the workers to end at once, since the code that made them has failed.
    pub(in crate::eval) fn stop_workers(&mut self) {
        let (pools, workers) = (self.jobs.take_pools(), self.jobs.take_workers());
        workers.iter().for_each(|job| job.state.stop(self.env.settings.signal));
        pools.iter().for_each(|pool| pool.kill());
        for job in &workers {
            let _ = self.ended_worker(job);
        }
        pools.iter().for_each(|pool| pool.await_end());
    }
}
