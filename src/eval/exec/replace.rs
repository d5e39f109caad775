//! `exec`: this process becomes a program, and the script ends.
//!
//! First, all changes that the interpreter has made to its process are undone: processes that programs have
//! left behind are handled as at the end of a script, orphans go to the init process again, and signals have
//! the actions that they had at the start.

use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::effects::audit::Redirected;
use crate::eval::effects::effect::{Effect, Program};
use crate::eval::exec::command::Prepared;
use crate::eval::exec::redirect::Opened;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::process::{Stage, replace_process};
use crate::span::Span;

impl Interpreter {
    /// Replaces the process. Returns only with the reason why that failed, which ends the script.
    pub(in crate::eval) fn replace_process(
        &mut self,
        one: Prepared,
        redirections: Vec<Opened>,
        span: Span,
    ) -> Unwind {
        match self.become_program(one, redirections, span) {
            Ok(unwind) | Err(unwind) => unwind.not_absorbed(),
        }
    }

    fn become_program(&mut self, one: Prepared, redirections: Vec<Opened>, span: Span) -> Eval<Unwind> {
        self.refuse_running_jobs(span)?;
        self.await_jobs()?;
        let mut files = self.env.files.clone();
        self.apply(&redirections, &mut files)?;
        let recorded: Vec<Redirected<'static>> = match &self.shared.audit {
            Some(_) => redirections.iter().flat_map(|one| one.recorded(self.shared.redactions())).collect(),
            None => Vec::new(),
        };
        let Some(program) = one.program else { return Ok(Unwind::Exit(0)) };
        let steps = self.steps_for(&program, span)?;
        let stage = Stage {
            program,
            argv: one.argv,
            environment: one.environment.unwrap_or_else(|| self.env.environment.clone()),
            directory: self.env.directory.clone(),
            files,
            steps,
        };
        self.sweep(&Ok(()));
        let record = self.commit(&Effect::Replace(Program::of(&stage, &recorded)), span)?.record;
        let error = replace_process(stage, || self.check_interrupt().is_err());
        self.check_interrupt()?;
        let unwind = self.not_started(error, span);
        self.audit_failed(record, &unwind);
        Ok(unwind)
    }

    /// Refuses to replace the process while a job runs: the job would have a parent that does not know it.
    fn refuse_running_jobs(&self, span: Span) -> Eval<()> {
        let jobs = self.jobs.lock();
        let Some(job) = jobs.iter().find(|job| job.state.status().is_none()) else { return Ok(()) };
        let page = page(
            code::JOBS_RUN,
            self.source(),
            span,
            "a job still runs, and `exec` would lose it",
            "ends the script",
        );
        let line = self.source().text().get(span.range()).unwrap_or_default();
        let line = crate::diag::visible(line.lines().next().unwrap_or_default().as_bytes());
        let page =
            page.also_at(&job.source, job.span, "this job").help(format!("wait for it first:\nwait\n{line}"));
        Err(Error::refused(page, 1).into())
    }
}
