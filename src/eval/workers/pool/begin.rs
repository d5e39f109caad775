//! `worker with jobs=N { … }`: the options of a pool, and its start.

use super::{Inner, Pool, PoolOptions};
use crate::check::program;
use crate::check::settings::Setting;
use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::eval::workers::Format;
use crate::process::Changes;
use crate::service::{Growth, Machine, Restart, Rules};
use crate::span::Span;
use crate::value::{Opaque, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

impl Interpreter {
    /// Starts a pool, and returns it as a value.
    pub(in crate::eval::workers) fn start_pool(
        &mut self,
        worker: &Arc<program::Worker>,
        span: Span,
    ) -> Eval<Value> {
        // From now on a signal must not end this process by its default action.
        self.interrupt();
        self.adopt_orphans();
        let (rules, growth, options) = self.pool_options(&worker.options)?;
        let supervisor = self.supervisor(span)?;
        let inner = Inner {
            machine: Machine::new(rules, u64::from(std::process::id()) ^ u64::from(span.start)),
            base: self.fork(),
            members: BTreeMap::new(),
            waiting: VecDeque::new(),
            growth,
            used: None,
            histories: BTreeMap::new(),
            ended: Vec::new(),
            failed: None,
            is_told: false,
            ending: None,
        };
        let pool = Arc::new(Pool {
            text: self.command_of(worker),
            source: self.source().clone(),
            span,
            worker: worker.clone(),
            options,
            supervisor: supervisor.clone(),
            changes: Changes::default(),
            begun: Instant::now(),
            is_over: AtomicBool::new(false),
            inner: Mutex::new(inner),
        });
        supervisor.add(pool.clone()).map_err(|error| self.no_job(&error, span))?;
        self.jobs.add_pool(pool.clone());
        Ok(Value::from(Opaque::new("pool", pool.text.clone(), pool)))
    }

    fn pool_options(
        &mut self,
        options: &[program::WithOption],
    ) -> Eval<(Rules, Option<Growth>, PoolOptions)> {
        let mut rules = Rules {
            instances: 1,
            restart: Restart::Never,
            backoff: Duration::from_millis(100),
            most_restarts: 10,
            awaits_ready: false,
            ready_within: Duration::MAX,
            interval: None,
            unhealthy: u32::MAX,
        };
        let mut growth = None;
        let mut own = PoolOptions {
            format: Format::Descriptor,
            timeout: None,
            retry: 0,
            max_asks: None,
            restart: Restart::Never,
        };
        let size = |number: i64| usize::try_from(number).unwrap_or(1);
        let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        for option in options {
            match (option.setting, self.option_value(option)?) {
                (Setting::Channel, Value::Str(text)) => own.format = Format::named(text.as_bytes()),
                (Setting::Timeout, Value::Duration(time)) => own.timeout = Some(time.to_std()),
                (Setting::Jobs, Value::Int(jobs)) => rules.instances = size(jobs),
                (Setting::Jobs, Value::Range(range)) => {
                    let (least, most) = range.bounds().unwrap_or((1, 1));
                    rules.instances = size(least);
                    growth = Some(Growth { least: size(least), most: size(most) });
                }
                (Setting::Restart, Value::Str(when)) => own.restart = Restart::named(when.as_bytes()),
                (Setting::Backoff, Value::Duration(pause)) => rules.backoff = pause.to_std(),
                (Setting::MostRestarts, Value::Int(most)) => rules.most_restarts = count(most),
                (Setting::Retry, Value::Int(times)) => own.retry = count(times),
                (Setting::MaxAsks, Value::Int(most)) => own.max_asks = u64::try_from(most).ok(),
                _ => {}
            }
        }
        rules.restart = own.restart;
        Ok((rules, growth, own))
    }
}
