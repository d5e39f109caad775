//! The errors of pools.

use super::{Pool, Used};
use crate::diag::{Diagnostic, code};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::service::{GivenUp, Growth, Reason};
use crate::span::Span;
use std::sync::atomic::Ordering;

impl Interpreter {
    /// Fails if the code that made a pool has ended.
    pub(in crate::eval) fn usable_pool(&self, pool: &Pool, span: Span) -> Eval<()> {
        if !pool.is_over.load(Ordering::Relaxed) {
            return Ok(());
        }
        let message = format!("the pool of `{}` has ended with the code that made it", pool.text);
        let error = page(code::WORKER_OVER, self.source(), span, message, "used here");
        Err(Error::value(error.help("make the pool outside of the job or turn")).into())
    }

    /// The error of a pool whose workers can't be asked any more.
    #[cold]
    pub(super) fn no_worker(&self, pool: &Pool, span: Span) -> Unwind {
        let mut inner = pool.lock();
        if inner.machine.given_up().is_some() {
            inner.is_told = true;
            drop(inner);
            return self.given_up(pool);
        }
        let is_closed = inner.machine.is_stopping();
        let last_end = inner.histories.values().find_map(|history| history.last_end.clone());
        drop(inner);
        if is_closed {
            let message = format!("the pool of `{}` is closed", pool.text);
            let error = page(code::WORKER_ENDED, self.source(), span, message, "here");
            return Error::value(error.help("ask all questions before pool.close()")).into();
        }
        let message = format!("no worker of `{}` is left", pool.text);
        let error = page(code::POOL_EMPTY, self.source(), span, message, "here");
        let error = with_end(error, last_end.as_deref());
        Error::value(error.help("let the pool replace them: restart=\"on-failure\"")).into()
    }

    /// The error of a pool that was given up.
    #[cold]
    pub(super) fn given_up(&self, pool: &Pool) -> Unwind {
        let inner = pool.lock();
        let given_up = inner.machine.given_up();
        let GivenUp { instance, reason, restarts } =
            given_up.unwrap_or(GivenUp { instance: 0, reason: Reason::Failed, restarts: 0 });
        let last_end = inner.histories.get(&instance).and_then(|history| history.last_end.clone());
        drop(inner);
        let name = &pool.text;
        let message = match reason {
            Reason::Hopeless => format!("worker {instance} of `{name}` can't be started"),
            _ => {
                format!("worker {instance} of `{name}` failed, and again after {restarts} restarts in a row")
            }
        };
        let error = page(code::POOL_GIVEN_UP, &pool.source, pool.span, message, "this pool was ended");
        Error::command(with_end(error, last_end.as_deref()), 1).into()
    }

    #[cold]
    pub(super) fn no_such_worker(&self, pool: &Pool, number: usize, span: Span) -> Unwind {
        let size = pool.lock().machine.size();
        let message = format!("the pool of `{}` has no worker {number}", pool.text);
        let numbers = match size {
            1 => "its one worker has the number 0".to_string(),
            size => format!("its workers have the numbers 0 to {}", size - 1),
        };
        let error = page(code::POOL_NUMBER, self.source(), span, message, "sent here");
        Error::value(error.help(numbers)).into()
    }

    #[cold]
    pub(super) fn mixed_pool(&self, pool: &Pool, how: Used, span: Span) -> Unwind {
        let (now, before) = match how {
            Used::Questions => ("is asked here", "pool.messages()"),
            Used::Messages => ("gives its messages here", "pool.ask(x)"),
        };
        let message = format!("the pool of `{}` {now}, and was used by {before}", pool.text);
        let error = page(code::POOL_MIXED, self.source(), span, message, "here");
        Error::value(error.help("make another pool for it: let other = worker with jobs=2 { … }")).into()
    }

    #[cold]
    pub(super) fn resizes_itself(&self, pool: &Pool, growth: Growth, span: Span) -> Unwind {
        let Growth { least, most } = growth;
        let message =
            format!("the pool of `{}` changes its size by itself, from {least} to {most}", pool.text);
        let error = page(code::POOL_RESIZED, self.source(), span, message, "here");
        Error::value(error.help(format!("give it a fixed size: worker with jobs={most} {{ … }}"))).into()
    }
}

fn with_end(error: Diagnostic, last_end: Option<&str>) -> Diagnostic {
    match last_end {
        Some(end) => error.note(format!("its last end: {end}")),
        None => error,
    }
}
