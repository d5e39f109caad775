//! A run from its first statement to its end: its jobs are awaited or ended, and so are the processes that its
//! programs have left.

use crate::check::program::Program;
use crate::eval::Interpreter;
use crate::eval::exec::held::is_stop;
use crate::eval::lang::main::Asked;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process;
use crate::span::Span;
use std::io;

/// How many of the processes that a script left running are named.
const SHOWN: usize = 5;

impl Interpreter {
    /// Runs the script and its `main`, and waits for its jobs. The caller holds the program, so no reference count
    /// has to keep it.
    pub fn run(&mut self, program: &Program) -> Eval<()> {
        debug_assert!(std::ptr::eq(program, &*self.program));
        // In sh a command would read the lines after it in the script.
        if self.shared.unreadable_input {
            self.shared
                .close_input(&mut self.env.files)
                .map_err(|error| self.no_null(&error, Span::default()))?;
        }
        let mut main = match self.main_arguments()? {
            Asked::Script => None,
            Asked::Main(main) => Some(main),
            Asked::Text(text) => return self.print_instead(&text),
        };
        self.audit_begin()?;
        let around = std::mem::take(&mut self.around);
        let ran = self.within(&around, &mut |this| {
            this.block(&program.main_module().body)?;
            main.take().map_or(Ok(()), |main| this.run_main(program, main))
        });
        self.end(ran)
    }

    /// Waits for the jobs of a run or ends them, and ends the processes that it has left behind.
    pub(in crate::eval) fn end(&mut self, ran: Eval<()>) -> Eval<()> {
        // Finally, a signal that arrived while nothing could be interrupted.
        let ran = self.settle_jobs(ran).and_then(|()| self.check_interrupt());
        if let (Err(Unwind::Interrupted(signal)), true) = (&ran, self.shared.adopting.is_completed())
            && process::Key::is_of_terminal(*signal)
            && self.own_terminal().is_some()
        {
            process::await_key_handlers(*signal, &self.wait_interrupt());
        }
        self.sweep(&ran);
        self.audit_finish(ran)
    }

    /// Ends processes that programs have left behind, except daemons if the script has ended by itself.
    pub(in crate::eval) fn sweep(&self, ran: &Eval<()>) {
        if !self.shared.adopting.is_completed() {
            return;
        }
        let swept = process::sweep(&self.interrupt(), process::GRACE, self.daemons_after(ran));
        self.say_unseen(swept.unseen);
        // An interrupt of a script is meant for all its processes.
        if swept.found.is_empty() || matches!(ran, Err(Unwind::Interrupted(_))) && swept.left == 0 {
            return;
        }
        self.warn(&ended_message(&swept.found));
        if swept.left > 0 {
            self.warn(&format!("{} of them can't be killed", swept.left));
        }
    }

    /// Ends the processes that programs of a host's run have left behind in their groups. `result` is how the run ended,
    /// and all its output has been read.
    pub fn end_left_groups<T>(&self, result: &Eval<T>) {
        let Some(left) = self.shared.left.get() else { return };
        let stopped = result.as_ref().is_err_and(is_stop);
        let found = left.end(!stopped, self.env.settings.signal, self.env.settings.grace);
        if !found.is_empty() {
            // Its own streams are closed.
            self.report_warning(&ended_message(&found));
        }
    }

    /// Fails if the run has to end.
    pub fn stop_request(&self) -> Eval<()> {
        self.check_interrupt()
    }

    /// Reports that a writer of the host was abandoned.
    pub fn report_abandoned(&self) {
        self.report_warning("a writer of the host still blocked after the grace, and was abandoned");
    }

    /// Reports that processes may be left, if they could not be searched for.
    pub(in crate::eval) fn say_unseen(&self, errno: Option<i32>) {
        if let Some(errno) = errno {
            let reason = crate::diag::reason(&io::Error::from_raw_os_error(errno));
            self.warn(&format!("can't tell which processes are left: {reason}"));
        }
    }

    /// Makes this process adopt orphans. Called before a program is started.
    pub(in crate::eval) fn adopt_orphans(&self) {
        if self.shared.own_process && !self.shared.interactive {
            self.shared.adopting.call_once(process::own_process);
        }
    }
}

/// Returns the message that these processes, which a script left running, were ended.
fn ended_message(found: &[(i32, Vec<u8>)]) -> String {
    let named = |(pid, name): &(i32, Vec<u8>)| format!("{} (process {pid})", crate::diag::quote_word(name));
    let mut names: Vec<String> = found.iter().take(SHOWN).map(named).collect();
    if found.len() > SHOWN {
        names.push(format!("{} more", found.len() - SHOWN));
    }
    format!("ended what the script left running: {}", names.join(", "))
}
