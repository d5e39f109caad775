//! The options of a loop that define how its turns run side by side.

use super::log::LogOption;
use crate::check::program::WithOption;
use crate::check::settings::Setting;
use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::eval::scope::with::RetriedEnds;
use crate::fleet::{Halt, Order, Rules};
use crate::span::Span;
use crate::value::{Value, format};

/// The evaluated options of one loop.
pub struct LoopOptions {
    pub rules: Rules,
    pub tag: bool,
    /// The largest number of starts per second.
    pub rate: Option<f64>,
    pub load: Option<f64>,
    pub memory_free: Option<u64>,
    pub progress: bool,
    pub log: Option<LogOption>,
    /// The failures of tasks that are tried again, if the source is a queue.
    pub retry_on: Option<(RetriedEnds, Span)>,
}

impl LoopOptions {
    /// Returns the options of a loop that sets only `jobs`.
    pub fn of_jobs(jobs: usize) -> Self {
        let rules = Rules { jobs, order: Order::Input, halt: Halt::Soon };
        let (rate, load, memory_free, log, retry_on) = (None, None, None, None, None);
        Self { rules, tag: false, rate, load, memory_free, progress: false, log, retry_on }
    }

    /// Returns whether turns run alone and print directly to the output of the loop.
    pub fn is_direct(&self) -> bool {
        self.rules.jobs == 1 && !self.tag
    }
}

impl Interpreter {
    /// Evaluates the options, once for the whole loop.
    pub(super) fn loop_options(&mut self, options: &[WithOption]) -> Eval<LoopOptions> {
        let mut all = LoopOptions::of_jobs(1);
        for option in options {
            let value = self.option_value(option)?;
            match (option.setting, value) {
                (Setting::Jobs, Value::Int(jobs)) => all.rules.jobs = usize::try_from(jobs).unwrap_or(1),
                (Setting::Jobs, _) => {
                    return Err(self.bad_setting(option.value.span, "`jobs` of a loop is a number"));
                }
                (Setting::Output, Value::Str(order)) => all.rules.order = order_of(order.as_bytes()),
                (Setting::Halt, Value::Str(halt)) => all.rules.halt = halt_of(halt.as_bytes()),
                (Setting::Tag, Value::Bool(tag)) => all.tag = tag,
                (Setting::Rate, number) => all.rate = float(&number),
                (Setting::Load, number) => all.load = float(&number),
                (Setting::MemoryFree, Value::Size(size)) => all.memory_free = u64::try_from(size.bytes).ok(),
                (Setting::Progress, Value::Bool(yes)) => all.progress = yes,
                (Setting::Progress, value) => {
                    let found = format::display(&value, 40);
                    let message =
                        format!("`progress` of a loop with `jobs` is true or false, and not {found}");
                    return Err(self.bad_setting(option.value.span, &message));
                }
                (Setting::Log | Setting::Resume, Value::Str(path)) => {
                    let resumes = option.setting == Setting::Resume;
                    let path = path.as_bytes().to_vec();
                    all.log = Some(LogOption { path, resumes, span: option.span });
                }
                (Setting::RetryOn, Value::List(list)) => {
                    all.retry_on = Some((self.retried_ends(&list, option.value.span)?, option.span));
                }
                _ => {}
            }
        }
        Ok(all)
    }
}

fn order_of(name: &[u8]) -> Order {
    match name {
        b"done" => Order::Done,
        b"live" => Order::Live,
        _ => Order::Input,
    }
}

fn halt_of(name: &[u8]) -> Halt {
    match name {
        b"now" => Halt::Now,
        b"never" => Halt::Never,
        b"first" => Halt::First,
        _ => Halt::Soon,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}
