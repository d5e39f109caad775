//! Threads for what runs beside this one: stages in the interpreter, jobs, substitutions, readers of captures.

use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::span::Span;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the depth of calls is bounded for (`sys::stack`).
pub const STACK: usize = 8 << 20;

/// How long a thread may be waited for when there is none at the moment: threads count as processes, and others may be
/// ending (pthread_create(3), `EAGAIN`).
const SPAWN_TIMEOUT: Duration = Duration::from_secs(1);

impl Interpreter {
    /// Starts a thread. `span` is what needs it.
    pub(in crate::eval) fn thread<T: Send + 'static>(
        &self,
        span: Span,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Eval<JoinHandle<T>> {
        let permit = self.admit(&Effect::Thread, span)?.permit;
        let work = move || {
            let _permit = permit;
            work()
        };
        // A failed start drops what it was given, and the next one needs it again.
        let work = Arc::new(Mutex::new(Some(work)));
        let mut pause = Duration::from_millis(1);
        let started = Instant::now();
        loop {
            let work = work.clone();
            let take = move || work.lock().unwrap_or_else(PoisonError::into_inner).take();
            let run = move || take().expect("only the start that succeeds runs")();
            let error = match std::thread::Builder::new().stack_size(STACK).spawn(run) {
                Ok(thread) => return Ok(thread),
                Err(error) => error,
            };
            if error.kind() != std::io::ErrorKind::WouldBlock || started.elapsed() >= SPAWN_TIMEOUT {
                let message = format!("can't start a thread: {}", reason(&error));
                let error = page(code::SPAWN_FAILED, self.source(), span, message, "for this");
                return Err(Error::command(error, 126).into());
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}
