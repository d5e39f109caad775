//! A plain `for` loop over the tasks of a queue.

use super::source::{TaskMark, TaskSource};
use crate::check::program::{Binding, Block};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::tasks::turns::Given;

impl Interpreter {
    /// Runs the body of a loop for each task, one after another.
    pub(in crate::eval) fn for_tasks(
        &mut self,
        mut source: TaskSource,
        bindings: &[Binding],
        body: &Block,
    ) -> Eval<()> {
        // From now on a signal must not end this process by its default action: the task would not be given back.
        self.interrupt();
        loop {
            self.check_interrupt()?;
            let item = match source.take(self)? {
                Given::Item(item) => item,
                Given::Later => {
                    self.pause(TaskSource::look_after())?;
                    continue;
                }
                Given::End => return source.verdict(self),
            };
            let Some(task) = TaskMark::of(&item) else { continue };
            match self.bind_item(bindings, item).and_then(|()| self.loop_turn(body)) {
                Ok(is_left) => {
                    source.succeeded(self, task.id)?;
                    if is_left {
                        return source.verdict(self);
                    }
                }
                Err(Unwind::Error(error)) => source.failed(self, &task, &error)?,
                Err(unwind @ (Unwind::Return | Unwind::Exit(0))) => {
                    source.succeeded(self, task.id)?;
                    return Err(unwind);
                }
                Err(unwind) => {
                    source.give_back(self, task.id)?;
                    return Err(unwind);
                }
            }
        }
    }
}
