//! The errors of workers.

use super::{Format, Worker, lock};
use crate::diag::{code, visible};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Unwind, page};
use crate::span::Span;
use std::time::{Duration, Instant};

/// How long the end of a worker is awaited whose channel has ended.
const SOON: Duration = Duration::from_secs(1);
/// How many of the last lines of its standard error are shown.
const LINES: usize = 5;

impl Interpreter {
    /// The error of a worker from which nothing more can come, before it did something.
    #[cold]
    pub(super) fn worker_ended(&self, worker: &Worker, before: &str, span: Span) -> Unwind {
        if let Err(unwind) = self.end_of_worker(worker, Some(Instant::now() + SOON), span) {
            return unwind;
        }
        worker.tell();
        let name = &worker.text;
        let message = match worker.status() {
            None => format!("`{name}` closed its channel before it {before}"),
            Some(status @ 129..=192) => {
                format!("`{name}` was ended by signal {} before it {before}", status - 128)
            }
            Some(status) => format!("`{name}` exited with {status} before it {before}"),
        };
        let mut error = page(code::WORKER_ENDED, self.source(), span, message, "here");
        if let Some(lines) = lock(&worker.errors.0).lines(LINES) {
            error = error.note(format!("its standard error ends with: {lines}"));
        }
        if worker.format == Format::Descriptor && worker.status() == Some(0) {
            error = error.help(
                "in Node, process.exit() right after process.send() loses the message: write process.send(x, () => process.exit())",
            );
        }
        Error::value(error).into()
    }

    #[cold]
    pub(super) fn is_closed(&self, worker: &Worker, span: Span) -> Unwind {
        let message = format!("the channel of `{}` is closed", worker.text);
        let error = page(code::WORKER_ENDED, self.source(), span, message, "here");
        Error::value(error.help("send all messages before w.close()")).into()
    }

    #[cold]
    pub(super) fn is_over(&self, worker: &Worker, span: Span) -> Unwind {
        let message = format!("`{}` has ended with the code that made it", worker.text);
        let error = page(code::WORKER_OVER, self.source(), span, message, "used here");
        Error::value(error.help("make the worker outside of the job or turn")).into()
    }

    #[cold]
    pub(super) fn no_answer(&self, worker: &Worker, time: Duration, span: Span) -> Unwind {
        let time = crate::value::format::display(&crate::value::Value::Duration(time.into()), 30);
        let message = format!("`{}` did not answer within {time}", worker.text);
        let mut error = page(code::NO_ANSWER, self.source(), span, message, "asked here");
        if worker.format != Format::Descriptor {
            error = error.help(
                "a program that prints to a pipe may hold its output back: jq --unbuffered, sed -u, stdbuf -oL",
            );
        }
        Error::value(error).into()
    }

    #[cold]
    pub(super) fn bad_message(&self, worker: &Worker, line: &[u8], why: &str, span: Span) -> Unwind {
        /// How much of the line is shown.
        const SHOWN: usize = 80;
        let line = visible(&line[..line.len().min(SHOWN)]);
        let message = format!("`{}` sent a line that is not JSON: {why}", worker.text);
        let error = page(code::BAD_MESSAGE, self.source(), span, message, "received here");
        let error = error.note(format!("the line begins with: {line}"));
        let help = match worker.format {
            Format::Stdio => "print everything else on standard error; channel=\"lines\" takes plain lines",
            _ => "write each message as one line of JSON",
        };
        Error::value(error.help(help)).into()
    }

    #[cold]
    pub(super) fn too_long_message(&self, worker: &Worker, span: Span) -> Unwind {
        let message = format!("`{}` sent a message of more than {} bytes", worker.text, worker.most);
        let error = page(code::OUTPUT_TOO_LARGE, self.source(), span, message, "received here");
        Error::value(error).into()
    }

    #[cold]
    pub(super) fn both_wait(&self, worker: &Worker, span: Span) -> Unwind {
        let message =
            format!("`{}` takes no messages, and has sent {} bytes of them", worker.text, worker.most);
        let error = page(code::CHANNEL_FULL, self.source(), span, message, "sent here");
        Error::value(error.help("receive its messages between those that you send: w.receive()")).into()
    }

    /// The error of a message that was sent in part. The channel is of no use any more, since a further message would
    /// be read as the rest of this one.
    #[cold]
    pub(super) fn half_sent(&self, worker: &Worker, span: Span) -> Unwind {
        worker.close();
        let message = format!("`{}` did not take the whole message in time", worker.text);
        let error = page(code::NO_ANSWER, self.source(), span, message, "sent here");
        Error::value(error).into()
    }
}
