//! The options of a `with`, evaluated.

use super::control_group::Together;
use super::given::Given;
use super::{progress, retry, sandbox};
use crate::check::program::*;
use crate::check::settings::Setting;
use crate::diag::{code, quote_word};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::settings::Settings;
use crate::policy::With;
use crate::process::{Environment, Identity, Limit, Resource, Signal, Step};
use crate::span::Span;
use crate::sys::accounts::Account;
use crate::sys::cgroup::Cgroup;
use crate::sys::{access, accounts};
use crate::value::{Map, Str, Value, format};
use std::ffi::CStr;
use std::sync::Arc;
use std::time::Duration;

/// The evaluated options of one `with`.
pub struct EvaluatedOptions {
    pub settings: Settings,
    pub directory: Option<Arc<CStr>>,
    pub environment: Option<Environment>,
    pub timeout: Option<(Duration, Span)>,
    pub idle_timeout: Option<(Duration, Span)>,
    pub retry: retry::Plan,
    pub atomic: bool,
    pub stats: bool,
    /// The source of the block's progress, and the place of the option.
    pub progress: Option<(progress::Source, Span)>,
    /// The place of the option by which no process may remain.
    pub ends_daemons: Option<Span>,
    /// The control group of the block.
    pub group: Option<Arc<Cgroup>>,
    /// Whether its programs have a process namespace.
    pub isolates: bool,
}

impl Interpreter {
    pub(in crate::eval) fn evaluate_options(
        &mut self,
        options: &[WithOption],
        maps: &[OptionMap],
    ) -> Eval<EvaluatedOptions> {
        let given = self.given(options, maps)?;
        self.evaluated(given)
    }

    pub(super) fn evaluated(&mut self, options: Vec<(Given, Value)>) -> Eval<EvaluatedOptions> {
        let mut all = EvaluatedOptions {
            settings: (*self.env.settings).clone(),
            directory: None,
            environment: None,
            timeout: None,
            idle_timeout: None,
            retry: retry::Plan::default(),
            atomic: false,
            stats: false,
            progress: None,
            ends_daemons: None,
            group: None,
            isolates: false,
        };
        let mut environment = None;
        let mut clear = false;
        let (mut account, mut group) = (None, None);
        let mut rules = sandbox::Rules::default();
        let mut together = Together::default();
        for (option, value) in options.iter().cloned() {
            let row = option.setting.row();
            let settings = &mut all.settings;
            match (option.setting, value) {
                (Setting::Timeout, Value::Duration(after)) => {
                    all.timeout = Some((after.to_std(), option.span))
                }
                (Setting::IdleTimeout, Value::Duration(after)) => {
                    all.idle_timeout = Some((after.to_std(), option.span));
                }
                (Setting::Grace, Value::Duration(grace)) => {
                    self.admit(&Effect::With(With::Grace(grace.to_std())), option.span)?;
                    settings.grace = grace.to_std().min(self.shared.most_grace());
                }
                (Setting::Signal, value) => {
                    settings.signal = self.signal_of(&value, option)?;
                    self.admit(&Effect::With(With::Signal(&settings.signal.to_string())), option.span)?;
                }
                (Setting::Retry, Value::Int(times)) => {
                    all.retry.times = usize::try_from(times).unwrap_or(usize::MAX)
                }
                (Setting::Backoff, Value::Duration(pause)) => all.retry.backoff = pause.to_std(),
                (Setting::RetryOn, Value::List(list)) => {
                    all.retry.on = Some(self.retried_ends(&list, option.value)?);
                }
                (Setting::Ok, Value::List(list)) => settings.ok = Some(self.statuses(&list, option)?),
                (Setting::Cwd, Value::Str(path)) => all.directory = Some(self.directory_of(&path, option)?),
                (Setting::Env, Value::Map(map)) => environment = Some((map, option)),
                (Setting::ClearEnv, Value::Bool(yes)) => clear = yes,
                (Setting::Umask, Value::Str(digits)) => {
                    let mask = self.umask_of(&digits, option)?;
                    self.admit(&Effect::With(With::Umask(mask)), option.span)?;
                    settings.steps.set(Step::Umask(mask));
                }
                (Setting::Nice, Value::Int(more)) => {
                    let more = i32::try_from(more).unwrap_or(0);
                    self.admit(&Effect::With(With::Nice(more)), option.span)?;
                    let outer = settings.steps.nice().unwrap_or(0);
                    settings.steps.set(Step::Nice(outer + more));
                }
                (Setting::User, value) => account = Some(self.user_of(&value, option)?),
                (Setting::Group, value) => group = Some(self.group_of(&value, option)?),
                (Setting::MaxOutput, Value::Size(size)) => {
                    settings.max_output = usize::try_from(size.bytes).unwrap_or(usize::MAX);
                }
                (Setting::Memory, Value::Size(size)) => {
                    self.limit(settings, Resource::Memory, size.bytes, option)?;
                }
                (Setting::MemoryAll, Value::Size(size)) => {
                    let bytes = u64::try_from(size.bytes).unwrap_or(0);
                    self.admit(&Effect::With(With::MemoryAll(bytes)), option.span)?;
                    together.memory(bytes, option);
                }
                (Setting::ProcessesAll, Value::Int(number)) => {
                    let most = u64::try_from(number).unwrap_or(0);
                    self.admit(&Effect::With(With::ProcessesAll(most)), option.span)?;
                    together.processes(most, option);
                }
                (Setting::FileSize, Value::Size(size)) => {
                    self.limit(settings, Resource::FileSize, size.bytes, option)?;
                }
                (Setting::CpuTime, Value::Duration(time)) => {
                    // The kernel counts whole seconds; a fraction would become zero, which means no limit.
                    let seconds = time.to_std().as_secs_f64().ceil();
                    self.limit(settings, Resource::CpuTime, seconds as i64, option)?;
                }
                (Setting::OpenFiles, Value::Int(number)) => {
                    let most = self.most_open_files();
                    self.limit(settings, Resource::OpenFiles, number.min(most), option)?;
                }
                (Setting::Processes, Value::Int(number)) => {
                    self.limit(settings, Resource::Processes, number, option)?;
                }
                (Setting::Atomic, Value::Bool(yes)) => all.atomic = yes,
                (Setting::Stats, Value::Bool(yes)) => all.stats = yes,
                (Setting::Progress, value) => {
                    let source = progress::Source::of(&value);
                    settings.inputs = (source == Some(progress::Source::Input)).then(Arc::default);
                    all.progress = source.map(|source| (source, option.span));
                }
                (Setting::Daemons, Value::Str(fate)) => {
                    all.ends_daemons = (fate.as_bytes() == b"end").then_some(option.span);
                }
                (
                    Setting::Isolate
                    | Setting::Net
                    | Setting::Read
                    | Setting::Run
                    | Setting::Tmp
                    | Setting::Write,
                    value,
                ) => rules.give(option, value),
                (Setting::Detach, Value::Bool(yes)) => {
                    if yes {
                        self.admit(&Effect::With(With::Detach), option.span)?;
                        self.may_detach(option.span)?;
                    }
                    settings.detach = yes;
                }
                (_, value) => {
                    return Err(self.wrong_setting(row, &value, option.value));
                }
            }
        }
        if let Some(identity) = identity(all.settings.steps.user(), account.as_ref(), group) {
            all.settings.steps.set(Step::User(Arc::new(identity)));
        }
        if let Some((option, _)) = options.iter().find(|(option, _)| option.setting == Setting::Processes) {
            let user = all.settings.steps.user().and_then(|identity| identity.user);
            if user.unwrap_or_else(|| access::effective_user().0) == 0 {
                let message = "`processes` can't be given here: the kernel does not hold root to it";
                let error = page(code::BAD_VALUE, self.source(), option.span, message, "would be ignored");
                return Err(
                    Error::value(error.help("run the programs as another user: user=\"nobody\"")).into()
                );
            }
        }
        let span = options.first().map_or(Span::default(), |(option, _)| option.value);
        if clear {
            self.env
                .environment
                .iter()
                .try_for_each(|(name, _)| self.admit(&Effect::SetVariable(name), span).map(drop))?;
        }
        all.isolates = rules.isolates().is_some();
        if let Some(option) = rules.isolates().filter(|_| all.settings.detach) {
            return Err(self.ends_with_block(option));
        }
        let has_tmp = rules.has_tmp();
        all.group = self.control_group(&together, &mut all.settings)?;
        let closed = rules.close_environment();
        let directory = all.directory.clone().or_else(|| self.env.directory.clone());
        all.settings.sandbox = self.sandbox(rules, directory.as_deref())?;
        let confined = all.settings.sandbox.is_some();
        all.settings.own_sessions |= all.isolates || confined && self.control().is_none();
        if clear || closed || has_tmp || environment.is_some() || account.is_some() || all.directory.is_some()
        {
            // PWD is brought up to date first, so that a removed one is not set again.
            self.name_directory(span);
            let mut changed = match (clear, closed) {
                (true, _) => Environment::empty(),
                (false, true) => sandbox::kept(&self.env.environment),
                (false, false) => self.env.environment.clone(),
            };
            if has_tmp {
                // It may name another directory.
                changed.remove(b"TMPDIR");
            }
            if let Some(directory) = &all.directory
                && changed.get(b"PWD").is_some()
            {
                // A path contains no NUL.
                let _ = changed.set(b"PWD", directory.to_bytes());
            }
            if let Some((map, _)) = &environment {
                let given = &mut all.settings.user_variables_given;
                for (given, name) in given.iter_mut().zip(accounts::USER_VARIABLES) {
                    *given |= map.contains_key(name);
                }
            }
            if let Some(account) = account.filter(|_| !clear) {
                put_user_variables(&mut changed, &account, all.settings.user_variables_given);
            }
            if let Some((map, option)) = environment {
                self.put_variables(&mut changed, &map, option)?;
            }
            all.environment = Some(changed);
        }
        Ok(all)
    }

    /// Sets a limit of the system for programs.
    fn limit(&self, settings: &mut Settings, resource: Resource, value: i64, option: Given) -> Eval<()> {
        let value = u64::try_from(value).unwrap_or(0);
        let with = match resource {
            Resource::Memory => With::Memory,
            Resource::FileSize => With::FileSize,
            Resource::CpuTime => With::CpuTime,
            Resource::OpenFiles => With::OpenFiles,
            Resource::Processes => With::Processes,
        };
        self.admit(&Effect::With(with(value)), option.span)?;
        settings.steps.set(Step::Limit(Limit { resource, value }));
        Ok(())
    }

    pub(in crate::eval) fn bad_setting(&self, value: Span, message: &str) -> Unwind {
        Error::value(page(code::BAD_VALUE, self.source(), value, message, "this value")).into()
    }

    fn signal_of(&self, value: &Value, option: Given) -> Eval<Signal> {
        let parsed = match value {
            Value::Str(name) => Signal::parse(name.as_bytes()),
            _ => None,
        };
        parsed.ok_or_else(|| {
            let message =
                format!("`signal` takes the name of a signal, and {} is none", format::display(value, 40));
            self.bad_setting(option.value, &message)
        })
    }

    fn statuses(&self, list: &[Value], option: Given) -> Eval<Arc<[u8]>> {
        let status = |value: &Value| match value {
            Value::Int(status) => u8::try_from(*status).map_err(|_| value.clone()),
            other => Err(other.clone()),
        };
        let all: Result<Vec<u8>, Value> = list.iter().map(status).collect();
        let all = all.map_err(|value| {
            let message =
                format!("`ok` holds statuses from 0 to 255, and not {}", format::display(&value, 40));
            self.bad_setting(option.value, &message)
        })?;
        Ok(all.into())
    }

    fn directory_of(&mut self, path: &Str, option: Given) -> Eval<Arc<CStr>> {
        let before = self.working_directory(option.value)?;
        self.enter_directory(&before, path.as_bytes(), false, option.value)
    }

    fn put_variables(&self, environment: &mut Environment, map: &Map, option: Given) -> Eval<()> {
        for (name, value) in map.iter() {
            self.admit(&Effect::SetVariable(name.as_bytes()), option.value)?;
            if matches!(value, Value::Null) {
                environment.remove(name.as_bytes());
                continue;
            }
            let set = match value.as_secret() {
                Some(secret) => environment.set_secret(name.as_bytes(), secret),
                None => environment.set(name.as_bytes(), &self.word_of(value, option.value)?),
            };
            set.map_err(|error| {
                self.bad_setting(option.value, &format!("{}: {error}", quote_word(name.as_bytes())))
            })?;
        }
        Ok(())
    }

    fn umask_of(&self, digits: &Str, option: Given) -> Eval<u32> {
        let text = std::str::from_utf8(digits.as_bytes()).unwrap_or_default();
        match u32::from_str_radix(text, 8) {
            Ok(mask) if mask <= 0o777 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(mask),
            _ => Err(self.bad_setting(option.value, "`umask` takes octal digits up to 777, such as \"027\"")),
        }
    }

    fn user_of(&self, value: &Value, option: Given) -> Eval<Account> {
        let name = self.word_of(value, option.value)?;
        let account =
            accounts::user(&name).map_err(|error| self.bad_setting(option.value, &error.to_string()))?;
        self.admit(&Effect::ChangeUser(account.user), option.value)?;
        Ok(account)
    }

    fn group_of(&self, value: &Value, option: Given) -> Eval<u32> {
        let name = self.word_of(value, option.value)?;
        let group =
            accounts::group(&name).map_err(|error| self.bad_setting(option.value, &error.to_string()))?;
        self.admit(&Effect::ChangeGroup(group), option.value)?;
        Ok(group)
    }
}

/// Returns the user and groups of programs under a `with`, if the `with` sets any. A user comes with all of the
/// user's groups, whatever the enclosing blocks have set. A group in the same `with` replaces the primary group.
fn identity(outer: Option<&Identity>, user: Option<&Account>, group: Option<u32>) -> Option<Identity> {
    let Some(account) = user else {
        // Other groups of this process would still grant access.
        let outer = outer.cloned().unwrap_or_default();
        let groups = outer.groups.or_else(|| Some(Vec::new()));
        return Some(Identity { user: outer.user, group: Some(group?), groups });
    };
    let group = group.unwrap_or(account.group);
    let others = account.groups.iter().copied().filter(|other| *other != group);
    // The primary one is included, as by initgroups(3).
    let groups = std::iter::once(group).chain(others).collect();
    Some(Identity { user: Some(account.user), group: Some(group), groups: Some(groups) })
}

/// Sets the variables that tell programs their user, except those that the script sets itself. A variable with an
/// unknown value is removed, since it describes another user.
fn put_user_variables(environment: &mut Environment, account: &Account, given: [bool; 4]) {
    for ((name, value), given) in accounts::USER_VARIABLES.into_iter().zip(account.variables()).zip(given) {
        match value {
            _ if given => {}
            // A line of passwd(5) that contains a NUL has no user.
            Some(value) => drop(environment.set(name, value)),
            None => drop(environment.remove(name)),
        }
    }
}
