//! `( list )`: commands on copies of the variables, the working directory and the environment.

use crate::check::program::Block;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};

impl Interpreter {
    /// Runs a list in this thread. Its changes end with it. `exit` also ends only the list, and its
    /// status is returned.
    ///
    /// Its jobs belong to it: `wait` and `jobs` around it do not know them, and they may outlive it, as
    /// in sh.
    pub(in crate::eval) fn subshell(&mut self, list: &Block) -> Eval<u8> {
        let modules = self.modules.fork();
        let jobs = std::mem::take(&mut self.jobs);
        // Changes of the values and the stages in it are not visible outside.
        let (result, record) = (self.result.take(), self.record.take());
        self.depth += 1;
        let ran = self.in_subshell(|this| this.block(list));
        self.depth -= 1;
        (self.modules, self.result, self.record) = (modules, result, record);
        let ended = std::mem::replace(&mut self.jobs, jobs);
        self.jobs.adopt(&ended);
        match ran {
            Ok(()) => Ok(0),
            Err(Unwind::Exit(status)) => Ok(status),
            Err(unwind) => Err(unwind),
        }
    }
}
