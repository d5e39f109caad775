//! One run of an instance: its thread, its descriptors, and what the supervisor does with it in each turn.

use super::meter::Meter;
use super::node::Node;
use super::output::Stream;
use super::readiness::{Notify, Probe};
use super::state::{Check, Inner, Ready, ServiceState};
use super::supervisor::Supervised;
use super::work::Work;
use crate::channel::node_variables;
use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::effects::observe::{self, ServiceChange};
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::process::{Signal, Step};
use crate::service::{Action, End, Event, RunId};
use crate::sys::poll::{Interest, PollSet};
use crate::sys::{descriptor, socket_pair};
use crate::value::{Map, Str, Value};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// The time between two questions whether an instance is ready.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// The time limit of one such question.
const ASK_LIMIT: Duration = Duration::from_secs(10);

/// One run of an instance.
pub struct Instance {
    pub number: usize,
    pub since: Duration,
    work: Work,
    pub streams: Vec<Stream>,
    pub node: Option<Node>,
    notify: Option<Notify>,
    probe: Option<Probe>,
    /// The question whether it is ready, and the time of the next one.
    question: Option<Work>,
    ask_at: Duration,
    check: Option<Work>,
    pub is_ready: bool,
    pub meter: Meter,
    /// When it is ended by a signal if it has not ended by itself.
    signal_at: Option<Duration>,
}

impl Supervised for ServiceState {
    /// Handles all events of the service, carries out what the state machine decides, and adds the descriptors to wait
    /// for. Returns how long to wait at most.
    fn turn(&self, set: &mut PollSet) -> Duration {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let now = self.now();
        let mut changed = self.collect(inner, now);
        loop {
            let actions = inner.machine.step(now);
            if actions.is_empty() {
                break;
            }
            changed = true;
            for action in actions {
                self.carry_out(inner, action, now);
            }
        }
        self.observe_end(inner);
        self.hand_out(inner);
        if changed {
            self.changes.announce();
        }
        self.watch(inner, set, now)
    }

    fn has_ended(&self) -> bool {
        self.lock().has_ended()
    }
}

impl ServiceState {
    /// Gives the state machine the events that have come. Returns whether there were any.
    fn collect(&self, inner: &mut Inner, now: Duration) -> bool {
        let mut events = Vec::new();
        let ids: Vec<RunId> = inner.runs.keys().copied().collect();
        for id in ids {
            let Some(mut run) = inner.runs.remove(&id) else { continue };
            for stream in &mut run.streams {
                stream.pass_on(inner);
            }
            if let Some(pid) = run.pid() {
                run.meter.measure(now, pid);
            }
            if let Some(node) = &mut run.node {
                node.turn(&self.listeners);
            }
            if !run.is_ready && self.became_ready(inner, &mut run, now) {
                run.is_ready = true;
                self.observe(inner, run.number, ServiceChange::Ready);
                events.push(Event::Ready(id));
            }
            if let Some(result) = run.check.as_ref().and_then(Work::ended) {
                run.check = None;
                inner.history(run.number).check = Some(Check::of(now, &result));
                events.push(Event::Checked(id, result.is_ok()));
            }
            if run.signal_at.is_some_and(|at| at <= now) {
                run.signal_at = None;
                run.work.stop(inner.base.env.settings.signal);
            }
            match run.work.ended() {
                None => drop(inner.runs.insert(id, run)),
                Some(result) => {
                    for stream in &mut run.streams {
                        stream.end();
                        stream.pass_on(inner);
                    }
                    events.push(Event::Ended(id, self.note_end(inner, run, &result)));
                }
            }
        }
        for event in &events {
            inner.machine.note(now, *event);
        }
        let rest = inner.rest.len();
        self.pass_rest_on(inner, now);
        !events.is_empty() || inner.rest.len() != rest
    }

    /// Notes how a run has ended, for messages.
    fn note_end(&self, inner: &mut Inner, mut run: Instance, result: &Eval<()>) -> End {
        for work in run.question.take().into_iter().chain(run.check.take()) {
            work.stop(Signal::TERM);
        }
        let (end, text) = match result {
            Ok(()) | Err(Unwind::Exit(0)) => (End::Succeeded, "it ended by itself".to_string()),
            Err(Unwind::Error(error)) => {
                let hopeless = !error.is_failure || matches!(error.status, 126 | 127);
                let end = if hopeless { End::Hopeless } else { End::Failed };
                (end, error.diagnostic.message.clone())
            }
            Err(Unwind::Exit(status)) => (End::Failed, format!("it exited with {status}")),
            Err(_) => (End::Failed, "it was ended".to_string()),
        };
        let lines = run.last_lines();
        inner.keep_rest(std::mem::take(&mut run.streams));
        let history = inner.history(run.number);
        history.last_lines = lines;
        history.ends.push_back(text);
        while history.ends.len() > 3 {
            history.ends.pop_front();
        }
        end
    }

    fn carry_out(&self, inner: &mut Inner, action: Action, now: Duration) {
        match action {
            Action::Start { instance, run } => match self.start(inner, instance, run, now) {
                Ok(started) => drop(inner.runs.insert(run, started)),
                Err(unwind) => {
                    let text = match unwind {
                        Unwind::Error(error) => error.diagnostic.message.clone(),
                        _ => "it could not be started".to_string(),
                    };
                    inner.history(instance).ends.push_back(text);
                    inner.machine.note(now, Event::Ended(run, End::Hopeless));
                }
            },
            Action::Stop(id) => {
                let at_once = inner.machine.is_stopping();
                let (signal, grace) = (inner.base.env.settings.signal, inner.base.env.settings.grace);
                let Some(run) = inner.runs.get_mut(&id) else { return };
                // A worker of Node finishes its connections first.
                match run.node.as_mut().filter(|node| !at_once && node.accepts()) {
                    Some(node) => {
                        node.disconnect();
                        run.signal_at = Some(now + grace);
                    }
                    None => run.work.stop(signal),
                }
            }
            Action::Check(id) => {
                let (Some(run), Some(health)) = (inner.runs.get_mut(&id), &self.options.health) else {
                    return;
                };
                match self.ask(&mut inner.base, run, health, self.options.interval) {
                    Ok(work) => run.check = Some(work),
                    Err(_) => inner.machine.note(now, Event::Checked(id, false)),
                }
            }
        }
    }

    /// Tells the observers about an instance.
    fn observe(&self, inner: &Inner, instance: usize, change: ServiceChange) {
        if let Some(observers) = inner.base.observers() {
            let place = inner.base.place(self.span);
            observers.event(&observe::Event::Service { name: &self.name, instance, change, place });
        }
    }

    /// Tells the observers that the service was given up, once.
    fn observe_end(&self, inner: &mut Inner) {
        if let Some(given_up) = inner.machine.given_up()
            && !std::mem::replace(&mut inner.is_end_told, true)
        {
            self.observe(inner, given_up.instance, ServiceChange::GivenUp);
        }
    }

    /// Starts a run of an instance.
    fn start(&self, inner: &mut Inner, number: usize, id: RunId, now: Duration) -> Eval<Instance> {
        let span = self.span;
        let restarts = inner.history(number).starts;
        inner.base.commit(&Effect::StartInstance { service: &self.name, number, restarts }, span)?;
        let no_pipe = |base: &Interpreter, error: &std::io::Error| {
            let message = format!("can't start an instance: {}", reason(error));
            base.fail(Error::command(
                page(code::SPAWN_FAILED, &self.source, span, message, "this service"),
                126,
            ))
        };
        let merged = inner.log.is_some();
        let base = &mut inner.base;
        let mut files = base.env.files.clone();
        base.close_inherited_input(&mut files, span)?;
        let mut streams = Vec::new();
        let tag = self.options.tag.then(|| format!("{}/{number}\t", self.name).into_bytes());
        for fd in if merged { &[1][..] } else { &[1, 2] } {
            let (stream, writer) = Stream::new(*fd, tag.clone()).map_err(|error| no_pipe(base, &error))?;
            files.set(*fd, Arc::new(writer));
            streams.push(stream);
        }
        if merged {
            let _ = files.dup(1, 2);
        }
        let mut variables = vec![("PIPEWRIGHT_INSTANCE", number.to_string())];
        for (place, socket) in (3..).zip(&self.sockets) {
            files.set(place, socket.clone());
        }
        let first_free = 3 + self.sockets.len();
        if !self.sockets.is_empty() {
            let names: Vec<String> = (0..self.sockets.len()).map(|place| format!("socket{place}")).collect();
            variables.push(("LISTEN_FDS", self.sockets.len().to_string()));
            variables.push(("LISTEN_FDNAMES", names.join(":")));
        }
        let mut node = None;
        if !self.sockets.is_empty() || matches!(self.options.ready, Ready::Notify) {
            let (ours, theirs) = socket_pair::pair().map_err(|error| no_pipe(base, &error))?;
            descriptor::set_nonblocking(ours.as_fd()).map_err(|error| no_pipe(base, &error))?;
            files.set(first_free as i32, Arc::new(theirs));
            variables.extend(node_variables(first_free as i32));
            if !self.sockets.is_empty() {
                variables.push(("NODE_UNIQUE_ID", (id + 1).to_string()));
            }
            node = Some(Node::new(ours));
        }
        let mut notify = None;
        if matches!(self.options.ready, Ready::Notify) {
            let socket = Notify::new().map_err(|error| no_pipe(base, &error))?;
            variables.push(("NOTIFY_SOCKET", socket.path()));
            notify = Some(socket);
        }
        let has_sockets = !self.sockets.is_empty();
        let prepare = |fork: &mut Interpreter| {
            fork.env.files = files;
            for (name, value) in &variables {
                let _ = fork.env.environment.set(name.as_bytes(), value.as_bytes());
            }
            if has_sockets {
                let mut settings = (*fork.env.settings).clone();
                settings.steps.set(Step::OwnPid(c"LISTEN_PID"));
                fork.env.settings = Arc::new(settings);
            }
            Ok(())
        };
        let service = self.service.clone();
        let work = Work::begin(self, base, None, prepare, move |fork| fork.block(&service.body))?;
        inner.history(number).starts += 1;
        Ok(Instance {
            number,
            since: now,
            work,
            streams,
            node,
            notify,
            probe: None,
            question: None,
            ask_at: now,
            check: None,
            is_ready: matches!(self.options.ready, Ready::Started),
            meter: Meter::default(),
            signal_at: None,
        })
    }

    /// Calls a function of the instance on a thread. Its output is not shown.
    fn ask(&self, base: &mut Interpreter, run: &Instance, function: &Value, limit: Duration) -> Eval<Work> {
        let mut about = Map::default();
        about.insert(Str::from("number"), Value::Int(run.number as i64));
        about
            .insert(Str::from("pid"), run.work.state.pid().map_or(Value::Null, |pid| Value::Int(pid.into())));
        let (function, about, span) = (function.clone(), Value::Map(about), self.span);
        let prepare = |fork: &mut Interpreter| fork.discard_output(span);
        Work::begin(self, base, Some(limit), prepare, move |fork| {
            let arguments = if fork.takes_argument(&function) { vec![about] } else { Vec::new() };
            match fork.apply_values(&function, &arguments, span)? {
                Value::Bool(false) => Err(Unwind::Exit(1)),
                _ => Ok(()),
            }
        })
    }

    /// Returns whether a run has shown that it is ready.
    fn became_ready(&self, inner: &mut Inner, run: &mut Instance, now: Duration) -> bool {
        match &self.options.ready {
            Ready::Started => true,
            Ready::Notify => {
                run.notify.as_ref().is_some_and(Notify::is_ready)
                    || run.node.as_ref().is_some_and(|node| node.said_ready)
            }
            Ready::Listening if run.node.as_ref().is_some_and(|node| node.listens) => true,
            Ready::Listening if self.options.rules.instances > 1 || now < run.ask_at => false,
            Ready::Listening => {
                run.ask_at = now + ASK_AGAIN;
                let probe = run.probe.take().or_else(|| Probe::new(&self.listeners));
                run.probe = probe;
                let accepted = run.probe.as_ref().is_some_and(|probe| probe.is_accepted(&self.listeners));
                if accepted {
                    // A program that serves one connection at a time would wait for this one.
                    run.probe = None;
                }
                accepted
            }
            Ready::Asked(function) => {
                match run.question.as_ref().map(Work::ended) {
                    Some(None) => return false,
                    Some(Some(Ok(()))) => {
                        run.question = None;
                        return true;
                    }
                    Some(Some(Err(_))) => {
                        run.question = None;
                        run.ask_at = now + ASK_AGAIN;
                    }
                    None => {}
                }
                if now >= run.ask_at {
                    run.question = self.ask(&mut inner.base, run, function, ASK_LIMIT).ok();
                }
                false
            }
        }
    }

    /// Adds the descriptors of the service to a wait. Returns how long to wait at most.
    fn watch(&self, inner: &Inner, set: &mut PollSet, now: Duration) -> Duration {
        let mut next = inner.machine.next();
        let mut by = |time: Duration| next = Some(next.map_or(time, |next| next.min(time)));
        for run in inner.runs.values() {
            for stream in &run.streams {
                stream.watch(inner, set);
            }
            if let Some(node) = &run.node {
                node.watch(set);
            }
            if let Some(notify) = &run.notify {
                set.add(notify.socket().as_fd(), Interest::Read);
            }
            let asks = matches!(self.options.ready, Ready::Asked(_)) && run.question.is_none();
            let probes = matches!(self.options.ready, Ready::Listening) && self.options.rules.instances == 1;
            if !run.is_ready && (asks || probes) {
                by(run.ask_at);
            }
            run.signal_at.into_iter().for_each(&mut by);
            if run.pid().is_some() {
                by(run.meter.due());
            }
        }
        for stream in &inner.rest {
            stream.watch(inner, set);
        }
        inner.rest_until.into_iter().for_each(&mut by);
        for (place, listener) in self.listeners.iter().enumerate() {
            if inner.runs.values().any(|run| run.node.as_ref().is_some_and(|node| node.is_free(place))) {
                set.add(listener.socket(), Interest::Read);
            }
        }
        next.map_or(Duration::MAX, |next| next.saturating_sub(now))
    }

    /// Hands the connections that wait to the workers of Node that are free, in turn.
    fn hand_out(&self, inner: &mut Inner) {
        let Inner { runs, in_turn, .. } = inner;
        in_turn.retain(|id| runs.contains_key(id));
        runs.keys().for_each(|id| {
            if !in_turn.contains(id) {
                in_turn.push_back(*id);
            }
        });
        for (place, listener) in self.listeners.iter().enumerate() {
            loop {
                let free = |id: &RunId| runs[id].node.as_ref().is_some_and(|node| node.is_free(place));
                let Some(turn) = in_turn.iter().position(free) else { break };
                let returned = runs.values_mut().filter_map(|run| run.node.as_mut()?.returned(place)).next();
                let connection = match returned {
                    Some(connection) => connection,
                    None => match listener.accept() {
                        Ok(Some(connection)) => connection,
                        Ok(None) | Err(_) => break,
                    },
                };
                let Some(id) = in_turn.remove(turn) else { break };
                in_turn.push_back(id);
                if let Some(node) = runs.get_mut(&id).and_then(|run| run.node.as_mut()) {
                    node.give(place, connection);
                    node.turn(&self.listeners);
                }
            }
        }
    }
}

impl Instance {
    /// Returns the last lines that it has printed.
    pub fn last_lines(&self) -> Option<String> {
        let lines: Vec<String> = self.streams.iter().filter_map(Stream::last_lines).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    pub fn pid(&self) -> Option<i32> {
        self.work.state.pid()
    }
}
