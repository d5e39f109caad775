//! Options of `with` for a whole run, which its host gives.

use super::given::Given;
use super::{Body, Within};
use crate::check::settings::Takes;
use crate::diag::{Source, code};
use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::span::Span;
use crate::value::literal::{parse_duration, parse_size};
use crate::value::{Map, Str, Value, format};
use std::fmt;
use std::sync::Arc;

/// Options of `with` for whole runs, such as those of a sandbox. A script can't leave them, as no block can leave the
/// options of a block around it. Paths are relative to the directory of the run. A policy is not asked about them.
///
/// They are those of a sandbox (the page `docs/SANDBOX.md`), limits of the system, `timeout`, `idle_timeout`, `max_output`,
/// `daemons`, `user` and others about how programs run. Sizes and durations may be texts.
///
/// ```
/// use pipewright::{Engine, Limits, RunOptions, Script, Value};
///
/// let untrusted = RunOptions::new([
///     ("net", Value::from(false)),
///     ("read", vec!["/usr"].into()),
///     ("memory", "512M".into()),
///     ("cpu_time", "10s".into()),
/// ]);
/// let engine = Engine::builder().limits(Limits::untrusted()).options(untrusted).build()?;
/// let script = Script::parse("t", "cat /etc/hostname")?;
/// let error = engine.session().run(&script).capture().unwrap_err();
/// assert_eq!(error.statuses(), [1]); // cat: /etc/hostname: Permission denied
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RunOptions(Arc<Whole>);

struct Whole {
    /// The text that errors point at.
    source: Arc<Source>,
    /// The name of each option, its value, and its place in the text.
    options: Vec<(Str, Value, Span)>,
}

impl RunOptions {
    /// Creates options from their names and values. A name that is none, or a value of another type, makes runs fail.
    pub fn new<N: AsRef<str>, V: Into<Value>>(options: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut map = Map::default();
        for (name, value) in options {
            map.insert(Str::from(name.as_ref()), value.into());
        }
        let (mut text, mut all) = (String::from("with "), Vec::new());
        for (name, value) in map.iter() {
            if !all.is_empty() {
                text.push_str(", ");
            }
            let start = text.len();
            text += &format!("{}={}", crate::diag::visible(name.as_bytes()), format::display(value, 200));
            let span = Span::new(start, text.len());
            all.push((name.clone(), value.clone(), span));
        }
        Self::of_text("options of the host", text, all)
    }

    /// Creates options, each with its name, its value and its place, from the text that has them.
    pub(crate) fn of_text(name: &str, text: String, options: Vec<(Str, Value, Span)>) -> Self {
        Self(Arc::new(Whole { source: Arc::new(Source::new(name, text)), options }))
    }
}

impl fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RunOptions").field(&self.0.source.text()).finish()
    }
}

impl Interpreter {
    /// Runs code within options of the host, the first of them outermost.
    pub(in crate::eval) fn within(&mut self, all: &[RunOptions], run: &mut Within<'_>) -> Eval<()> {
        let Some((RunOptions(first), rest)) = all.split_first() else { return run(self) };
        // From now on a signal must not simply end this process.
        self.interrupt();
        self.host_options = Some(first.source.clone());
        let ran = self.given_by_host(first).and_then(|given| self.evaluated(given)).and_then(|options| {
            let mut inside = |this: &mut Self| {
                this.host_options = None;
                let ran = this.within(rest, run);
                this.host_options = Some(first.source.clone());
                ran
            };
            self.run_with(&options, Body::Whole(&mut inside), None)
        });
        self.host_options = None;
        ran
    }

    fn given_by_host(&self, whole: &Whole) -> Eval<Vec<(Given, Value)>> {
        let mut all = Vec::with_capacity(whole.options.len());
        for (name, value, span) in &whole.options {
            let row = self.option_named(name, *span, "unknown")?;
            if !row.setting.is_of_program() && !row.setting.is_of_run() {
                let message = format!("`{}` can't be given for a whole run", row.name);
                let help = "write it in the script: with …=… { … }";
                return Err(self.refused_option(
                    code::OPTION_IN_MAP,
                    *span,
                    &message,
                    "not possible here",
                    help,
                ));
            }
            let value = with_unit(row.takes, value);
            if row.takes.check(&value).is_err() {
                let message = format!("`{}` takes {}", row.name, row.takes.phrase());
                let help = match row.takes {
                    Takes::Size => "write it with its unit, as a text: \"512M\"",
                    Takes::Duration => "write it with its unit, as a text: \"30s\"",
                    _ => "",
                };
                let found = format::display(&value, 60);
                return Err(self.refused_option(code::WRONG_TYPE, *span, &message, &found, help));
            }
            all.push((Given { setting: row.setting, span: *span, value: *span }, value));
        }
        Ok(all)
    }
}

/// Returns a size or duration that is written as a text.
fn with_unit(takes: Takes, value: &Value) -> Value {
    let text = match value {
        Value::Str(text) => std::str::from_utf8(text.as_bytes()).unwrap_or_default(),
        _ => return value.clone(),
    };
    let read = match takes {
        Takes::Size => parse_size(text).ok().map(Value::Size),
        Takes::Duration => parse_duration(text).ok().map(Value::Duration),
        _ => None,
    };
    read.unwrap_or_else(|| value.clone())
}
