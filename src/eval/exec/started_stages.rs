//! The programs of one pipeline: starting, running, reported.

use crate::eval::Interpreter;
use crate::eval::effects::audit::Redirected;
use crate::eval::effects::effect::{Effect, Program};
use crate::eval::effects::gate::Pass;
use crate::eval::report::stats;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process::{Child, Group, Signal, Stage, StageReport, StartError, begin, repeat_key};
use crate::programs::runs_setsid;
use crate::span::Span;
use std::collections::VecDeque;

/// The number of children that reach their execve side by side; more would only hold more descriptors.
const BESIDE: usize = 8;

/// The started programs of a pipeline. Dropping it ends all of them.
pub(in crate::eval) struct StartedStages {
    group: Group,
    /// Whether programs are assumed to be running. The end of a program shows soon enough whether it ran.
    assume_started: bool,
    starting: VecDeque<(Child, StageMeta)>,
    children: Vec<Child>,
    /// One element for each child.
    metas: Vec<StageMeta>,
}

struct StageMeta {
    /// The index of its stage.
    place: usize,
    span: Span,
    /// The permit, which is returned when the program has ended.
    pass: Pass,
}

impl StartedStages {
    pub(in crate::eval) fn new(group: Group, count: usize, assume_started: bool) -> Self {
        let (children, metas) = (Vec::with_capacity(count), Vec::with_capacity(count));
        Self { group, assume_started, starting: VecDeque::new(), children, metas }
    }

    /// Returns the running programs.
    pub(in crate::eval) fn children(&mut self) -> &mut [Child] {
        &mut self.children
    }

    /// Sends a key that arrived in the meantime to the programs that have just been started.
    pub(in crate::eval) fn repeat_key(&self, key: Signal) {
        repeat_key(&self.children, key);
    }
}

impl Interpreter {
    /// Starts a program, and does not wait until it runs.
    pub(in crate::eval) fn start_program(
        &self,
        programs: &mut StartedStages,
        stage: Stage,
        place: usize,
        redirections: Vec<Redirected<'static>>,
        span: Span,
    ) -> Eval<()> {
        let pass = self.commit(&Effect::Spawn(Program::of(&stage, &redirections)), span)?;
        let meta = StageMeta { place, span, pass };
        // setsid(1) forks if it leads a group, and the end of its first process would then not be the end of its
        // program. In a job, this fork is how setsid makes a daemon.
        let group = match self.env.settings.job.is_none() && runs_setsid(&stage.argv) {
            true => &programs.group.of_a_follower(),
            false => &programs.group,
        };
        let child =
            begin(stage, group, programs.assume_started).map_err(|error| self.not_begun(error, &meta))?;
        programs.starting.push_back((child, meta));
        if programs.starting.len() > BESIDE { self.run_next(programs) } else { Ok(()) }
    }

    /// Waits until all starting programs run.
    pub(in crate::eval) fn run_all(&self, programs: &mut StartedStages) -> Eval<()> {
        if programs.assume_started {
            for (child, meta) in programs.starting.drain(..) {
                programs.children.push(child);
                programs.metas.push(meta);
            }
        }
        while !programs.starting.is_empty() {
            self.run_next(programs)?;
        }
        Ok(())
    }

    fn run_next(&self, programs: &mut StartedStages) -> Eval<()> {
        let Some((mut child, meta)) = programs.starting.pop_front() else { return Ok(()) };
        child.arrive().map_err(|error| self.not_begun(error, &meta))?;
        self.observe_start(&child, meta.span);
        if let Some(job) = &self.env.settings.job {
            if job.survives() {
                child.spare();
            }
            // From now on the job is shown with its process ID.
            job.started(child.pid());
        }
        if self.env.settings.detach {
            child.detach();
            meta.pass.permit.keep();
        } else {
            programs.children.push(child);
            programs.metas.push(meta);
        }
        Ok(())
    }

    /// Checks whether programs that were assumed to be running did run. A program that could not be started at the
    /// first try may run now; returns whether there is such a program.
    pub(in crate::eval) fn confirm(&self, programs: &mut StartedStages) -> Eval<bool> {
        for (child, meta) in programs.children.iter_mut().zip(&programs.metas) {
            child.arrive().map_err(|error| self.not_begun(error, meta))?;
        }
        Ok(programs.children.iter().any(Child::is_running))
    }

    /// Returns whether an observer needs to know that a program runs before it has ended.
    pub(in crate::eval) fn announces_starts(&self) -> bool {
        self.env.settings.job.is_some() || self.env.settings.detach || self.observers().is_some()
    }

    fn not_begun(&self, error: StartError, meta: &StageMeta) -> Unwind {
        let unwind = self.not_started(error, meta.span);
        self.audit_failed(meta.pass.record, &unwind);
        unwind
    }

    /// Reports to all observers how the programs ended.
    pub(in crate::eval) fn reports(
        &self,
        programs: StartedStages,
        count: usize,
    ) -> Vec<(usize, StageReport)> {
        let told = |(child, meta): (&Child, &StageMeta)| {
            let report = self.report(child, meta.place + 1 == count);
            self.tell_end(meta, &report);
            (meta.place, report)
        };
        programs.children.iter().zip(&programs.metas).map(told).collect()
    }

    fn tell_end(&self, meta: &StageMeta, report: &StageReport) {
        self.audit_end(meta.pass.record, report);
        self.observe_end(report);
        if let Some(stats) = &self.env.settings.stats {
            stats::lock(stats).push(report.clone());
        }
        if let Some(timer) = &self.env.settings.timer {
            timer.add(report);
        }
    }

    /// Ends the programs, since one program of their pipeline could not be started.
    #[cold]
    pub(in crate::eval) fn abandon(&self, mut programs: StartedStages) {
        for (mut child, meta) in programs.starting.drain(..) {
            if child.arrive().is_ok() {
                self.observe_start(&child, meta.span);
                programs.children.push(child);
                programs.metas.push(meta);
            }
        }
        for (child, meta) in programs.children.into_iter().zip(programs.metas) {
            let report = self.report(&child, true);
            drop(child);
            self.tell_end(&meta, &report);
        }
    }
}
