//! `kill`: signals to processes, process groups and jobs.

use super::no_job;
use crate::diag::{quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::command::BuiltinCall;
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::Eval;
use crate::process::Signal;
use crate::span::Span;
use crate::sys::signal;

impl Interpreter {
    pub(super) fn kill(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let parse = |name: &[u8]| Signal::parse(name);
        let args = call.args.as_slice();
        if let Some(value) = args.first().filter(|first| call.literals == 0 && first.starts_with(b"-")) {
            let message = format!(
                "kill: {} is a value, and a value is never an option; for a process group write kill -- $group, for a signal kill -s $signal $pid",
                quote_word(value)
            );
            return Err(self.usage(span, &message));
        }
        let (signal, targets) = match args {
            [list] if list == b"-l" => {
                let names: Vec<&str> = signal::Signal::named().map(|(name, _)| name).collect();
                return out.write(self, 1, format!("{}\n", names.join(" ")).as_bytes(), span).map(|()| 0);
            }
            [option, name, rest @ ..] if option == b"-s" || option == b"-n" => (parse(name), rest),
            [dashes, rest @ ..] if dashes == b"--" => (Some(Signal::TERM), rest),
            [option, rest @ ..] if option.first() == Some(&b'-') && option.len() > 1 => {
                (parse(&option[1..]), rest)
            }
            rest => (Some(Signal::TERM), rest),
        };
        let options = args.len() - targets.len();
        let targets = match targets {
            [dashes, rest @ ..] if dashes == b"--" && options < call.literals => rest,
            all => all,
        };
        let probe = matches!(args, [option, ..] if option == b"-0")
            || matches!(args, [option, zero, ..] if option == b"-s" && zero == b"0");
        let Some(signal) = signal.or(probe.then_some(Signal::TERM)) else {
            let message = "kill: no such signal; the names are those of signal(7), such as TERM or -s HUP";
            return Err(self.usage(span, message));
        };
        if targets.is_empty() {
            return Err(self.usage(span, "kill takes the number of a process"));
        }
        let (mut numbers, mut jobs) = (Vec::with_capacity(targets.len()), Vec::new());
        for target in targets {
            if let Some(job) = self.job_named(target) {
                let job = job.ok_or_else(|| self.problem(span, &no_job("kill", target), 1))?;
                // As for a negative number: the group is requested and recorded.
                match &job.state.control {
                    Some(control) => numbers.push(-control.group_id()),
                    None => numbers.extend(job.state.pid()),
                }
                jobs.push(job);
                continue;
            }
            let Some(pid) = std::str::from_utf8(target).ok().and_then(|text| text.parse::<i32>().ok()) else {
                return Err(self.usage(span, &format!("kill: {} is not a process ID", quote_word(target))));
            };
            if let 0 | -1 = pid {
                let whom = if pid == 0 { "each process of the script's own group" } else { "every process" };
                let message =
                    format!("kill: {pid} means {whom}; name the processes, or end a job by job.kill()");
                return Err(self.usage(span, &message));
            }
            numbers.push(pid);
        }
        let name = if probe { "0".to_string() } else { signal.to_string() };
        self.admit(&Effect::Signal { signal: &name, targets: &numbers }, span)?;
        let mut failed = None;
        let controlled = |pid: i32| {
            jobs.iter().find(|job| job.state.control.as_ref().is_some_and(|c| c.group_id() == -pid))
        };
        for pid in numbers {
            if let Some(job) = controlled(pid).filter(|_| !probe) {
                job.state.signal(signal);
                continue;
            }
            let sent = match pid {
                _ if probe => signal::probe(pid),
                ..=-2 => signal::send_group(-pid, signal),
                _ => signal::send(pid, signal),
            };
            if let Err(error) = sent {
                failed = Some(format!("kill: can't signal {pid}: {}", reason(&error)));
            }
        }
        failed.map_or(Ok(0), |message| Err(self.problem(span, &message, 1)))
    }
}
