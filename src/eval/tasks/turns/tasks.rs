//! The turns of a loop over a queue: each is the try of a task, and its failure is that of the task.

use super::crew::Finish;
use super::log::LogOption;
use super::looped::Loop;
use super::options::LoopOptions;
use super::source::Source;
use crate::check::program::{Compound, SideBySide, StatementKind};
use crate::check::settings::Setting;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::lang::items::Item;
use crate::eval::queues::TaskMark;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::fleet::{End, Halt, Order, Turn};
use crate::span::Span;

impl LoopOptions {
    /// Sets what differs in a loop over a queue. Refuses options that would mean something else.
    pub(super) fn fit_queue(&mut self, run: &Interpreter, looped: &SideBySide) -> Eval<()> {
        let of_turn = looped.body.statements.first().map(|first| &first.kind);
        let of_turn = match of_turn {
            Some(StatementKind::Compound(compound)) => match &**compound {
                Compound::With(with) => &*with.options,
                _ => &[],
            },
            _ => &[],
        };
        let given = |setting| looped.options.iter().chain(of_turn).find(|option| option.setting == setting);
        let refused = |setting: Setting, span: Span, why: &str, help: &str| -> Eval<()> {
            let message = format!("`{}` is not an option of a loop over a queue", setting.row().name);
            let page = page(code::QUEUE_OPTION, run.source(), span, message, why);
            Err(run.fail(Error::value(page.help(help))))
        };
        if let Some(option) = given(Setting::Halt) {
            let help = "leave it out: the loop goes on, and q.list(\"failed\") shows the tasks that failed";
            return refused(Setting::Halt, option.span, "a failure is that of its task", help);
        }
        if let Some(option) = given(Setting::Retry) {
            let help = "say it where a task is added: q.add(x, tries: 5)";
            return refused(Setting::Retry, option.span, "each task has its own number of tries", help);
        }
        if let Some(LogOption { resumes: true, span, .. }) = &self.log {
            let help = "leave it out, or write a log: log=PATH";
            return refused(Setting::Resume, *span, "the queue itself knows what is done", help);
        }
        self.rules.halt = Halt::Never;
        if given(Setting::Output).is_none() {
            self.rules.order = Order::Done;
        }
        Ok(())
    }
}

impl Loop<'_, '_> {
    /// Returns the task that an item is, if the source is a queue.
    pub(super) fn task_of(&self, item: &Item) -> Option<TaskMark> {
        if matches!(self.source, Source::Tasks(_)) { TaskMark::of(item) } else { None }
    }

    /// Records the end of a task.
    pub(super) fn end_of_task(
        &mut self,
        turn: Turn,
        result: Eval<Finish>,
        lost: Option<Box<Error>>,
        is_asked: bool,
    ) -> End {
        let (end, error) = match (result, lost) {
            (_, Some(error)) => (End::Failed, Some(error)),
            (Ok(Finish::Done(_)), None) => (End::Succeeded, None),
            (Ok(Finish::Left), None) => (End::Broke, None),
            (Err(_), None) if is_asked => (End::Ended, None),
            (Err(Unwind::Error(error)), None) => (End::Failed, Some(error)),
            (Err(Unwind::Exit(status)), None) => (End::Failed, Some(self.left_by_exit(status))),
            (Err(unwind), None) => {
                self.stop(unwind);
                (End::Ended, None)
            }
        };
        let (Some(task), Source::Tasks(tasks)) = (self.tasks.remove(&turn), &mut self.source) else {
            return end;
        };
        let recorded = match (end, error) {
            (_, Some(error)) => tasks.failed(self.run, &task, &error),
            (End::Ended, None) => tasks.give_back(self.run, task.id),
            (_, None) => tasks.succeeded(self.run, task.id),
        };
        if let Err(unwind) = recorded {
            self.stop(unwind);
        }
        end
    }

    /// Gives the task back whose turn could not be started before the loop ended.
    pub(super) fn give_back_next(&mut self) {
        let task = self.next.as_ref().and_then(|item| self.task_of(item));
        if let (Some(task), Source::Tasks(tasks)) = (task, &mut self.source)
            && let Err(unwind) = tasks.give_back(self.run, task.id)
        {
            self.stop(unwind);
        }
    }
}
