//! The thread of a loop. It starts turns, passes on their output, and records how they end.

use super::TurnMark;
use super::conditions::conditions;
use super::crew::{self, Assignment, Crew, Refused, Work};
use super::failures::{Failures, Rest};
use super::held::{HeldOutput, Store};
use super::options::LoopOptions;
use super::record::Record;
use super::room::Room;
use super::source::{Given, Source, shown};
use super::streams::{LineBuffer, Stream, Targets};
use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::lang::items::Item;
use crate::eval::queues::TaskMark;
use crate::eval::report::timer::Timer;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::shared::Beside;
use crate::eval::tasks::job::Jobs;
use crate::eval::tasks::job_state::JobState;
use crate::fleet::{Condition, End, Halt, Order, Scheduler, Start, Turn, Verdict};
use crate::process::{Interrupt, OpenMode, open};
use crate::span::Span;
use crate::sys::handled_signals;
use crate::sys::poll::{Interest, PollSet};
use crate::value::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a loop that a key has stopped checks that the key has reached its turns.
const LOOK: Duration = Duration::from_millis(50);

/// A running loop.
pub struct Loop<'r, 's> {
    pub run: &'r mut Interpreter,
    pub work: Work,
    /// The place of the loop in the script.
    pub span: Span,
    /// The results of the calls, if the loop calls a function.
    pub values: BTreeMap<Turn, Value>,
    pub options: LoopOptions,
    pub conditions: Vec<Box<dyn Condition>>,
    pub scheduler: Scheduler,
    pub source: Source<'s>,
    /// An item that was taken but whose turn could not be started yet.
    pub next: Option<Item>,
    /// The tasks of the running turns, if the source is a queue.
    pub tasks: BTreeMap<Turn, TaskMark>,
    /// The number of items that were taken, including those that are done according to a log.
    pub taken: u64,
    /// Whether no further turn starts: all items have been taken, or the scheduler has stopped.
    pub is_read: bool,
    /// The threads, or `None` if the turns run one after another on this thread.
    pub crew: Option<Crew>,
    /// Whether turns may have ended that were not taken yet.
    pub has_ends: bool,
    targets: Targets,
    pub turns: BTreeMap<Turn, Live>,
    /// The held output of finished turns.
    pub finished: BTreeMap<Turn, Finished>,
    pub store: Store,
    pub failures: Failures,
    pub record: Record,
    /// The last turn of the input that has ended, and its status.
    pub last: Option<(Turn, u8)>,
    /// The error, signal or jump that ends the loop early.
    pub stop: Option<Unwind>,
    pub began: Instant,
    pub null: Arc<OwnedFd>,
    /// Interrupts that can be reused, because their turns ended without being asked to.
    pub spare: Vec<(Interrupt, Option<Interrupt>)>,
    pub buffer: Vec<u8>,
    room: Room,
    /// Whether there are jobs that turns don't know.
    pub has_jobs: bool,
    /// While turns run, this thread starts no program.
    _waiting: Beside,
}

/// A turn that runs, or whose output has not ended.
pub struct Live {
    pub state: Option<Arc<JobState>>,
    pub mark: Arc<TurnMark>,
    pub streams: Vec<Stream>,
    pub held: HeldOutput,
    /// How and when the turn ended, if it has.
    pub end: Option<End>,
    pub ended: Option<Instant>,
    /// Whether the user was told that a process still holds its output.
    pub is_told: bool,
    /// Whether the loop asked the turn to end.
    pub is_asked: bool,
    /// Whether the output is dropped.
    pub is_dropped: bool,
    /// The error, if the output could not be passed on or held.
    pub lost: Option<Box<Error>>,
}

/// A turn that has ended, and whose output waits for earlier turns.
pub struct Finished {
    pub mark: Arc<TurnMark>,
    pub held: HeldOutput,
}

/// The other events that the loop waits for.
#[derive(Default)]
struct Waits {
    until: Option<Duration>,
    input: bool,
}

impl<'r, 's> Loop<'r, 's> {
    pub fn new(
        run: &'r mut Interpreter,
        work: Work,
        span: Span,
        options: LoopOptions,
        source: Source<'s>,
    ) -> Eval<Self> {
        let null = open(None, b"/dev/null", OpenMode::Read).map_err(|error| run.no_null(&error, span))?;
        let mut record = Record::begin(run, &work, span, &options, &source)?;
        let crew = match options.is_direct() && !record.draws() {
            true => None,
            false => Some(Crew::new(options.rules.jobs).map_err(|error| run.no_job(&error, span))?),
        };
        record.post(run, span, options.rules.jobs, crew.as_ref());
        let conditions = conditions(&options).map_err(|(option, error)| {
            let message = format!("`{option}` can't be kept here: {}", reason(&error));
            run.fail(Error::value(page(code::BAD_VALUE, run.source(), span, message, "this loop")))
        })?;
        let room = if crew.is_some() { Room::of(options.rules.jobs) } else { Room::unlimited() };
        let directory = run.env.environment.get(b"TMPDIR").filter(|path| !path.is_empty());
        let store = Store::new(Path::new(OsStr::from_bytes(directory.unwrap_or(b"/tmp"))).to_path_buf());
        // The turns would each find out what the loop knows.
        run.name_directory(span);
        run.search();
        let targets = Targets::of(&run.env.files);
        let waiting = Beside::waiting(&run.shared);
        let has_jobs = run.jobs.are_around(run.env.settings.job.as_ref());
        Ok(Self {
            scheduler: Scheduler::new(options.rules),
            conditions,
            run,
            work,
            span,
            values: BTreeMap::new(),
            options,
            source,
            next: None,
            tasks: BTreeMap::new(),
            taken: 0,
            is_read: false,
            crew,
            has_ends: false,
            targets,
            turns: BTreeMap::new(),
            finished: BTreeMap::new(),
            store,
            failures: Failures::default(),
            record,
            last: None,
            stop: None,
            began: Instant::now(),
            null: Arc::new(null),
            spare: Vec::new(),
            buffer: Vec::new(),
            room,
            has_jobs,
            _waiting: waiting,
        })
    }

    /// Runs the loop to its end. Returns the results of the calls, if the loop calls a function.
    pub fn run(mut self) -> Eval<BTreeMap<Turn, Value>> {
        loop {
            self.take_ended();
            let waits = self.start_turns();
            if self.turns.is_empty() && (self.is_read || self.stop.is_some()) {
                break;
            }
            if let Err(unwind) = self.wait(&waits) {
                self.stop(unwind);
            }
        }
        self.finish()
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    // -------------------------------------------------------------------------------------- starts

    /// Starts as many turns as may run now.
    fn start_turns(&mut self) -> Waits {
        if let (Some(jobs), Some(crew)) = (self.record.new_jobs(), &mut self.crew) {
            self.scheduler.resize(jobs);
            crew.resize(jobs);
            self.room = Room::of(jobs);
        }
        while self.stop.is_none() && !self.is_read {
            match self.scheduler.may_start(self.now(), &mut self.conditions) {
                Start::Never => self.is_read = true,
                Start::Full => break,
                Start::At(time) => return Waits { until: Some(time), input: false },
                Start::Now => match self.take_item() {
                    Ok(Given::Item(item)) => {
                        if let Err(unwind) = self.start(item) {
                            self.stop(unwind);
                        }
                    }
                    Ok(Given::Later) => {
                        let until = self.source.look_after().map(|after| self.now() + after);
                        return Waits { until, input: true };
                    }
                    Ok(Given::End) => self.is_read = true,
                    Err(unwind) => self.stop(unwind),
                },
            }
        }
        Waits::default()
    }

    fn take_item(&mut self) -> Eval<Given> {
        self.run.check_interrupt()?;
        if let Some(item) = self.next.take() {
            return Ok(Given::Item(item));
        }
        loop {
            let given = self.source.take(self.run)?;
            let Given::Item(item) = given else { return Ok(given) };
            self.taken += 1;
            if !self.record.passes_over(self.run, &item)? {
                return Ok(Given::Item(item));
            }
            self.run.check_interrupt()?;
        }
    }

    fn start(&mut self, item: Item) -> Eval<()> {
        let turn = self.scheduler.started();
        let task = self.task_of(&item);
        let mark = Arc::new(TurnMark::new(self.taken, shown(&item), &self.work));
        let (fork, live) = match self.prepare(&mark) {
            Ok(prepared) => prepared,
            Err(error) => {
                let unwind = self.run.no_job(&error, self.span);
                return self.postpone(item, unwind, &reason(&error));
            }
        };
        let (work, span) = (self.work.clone(), self.span);
        let timer = fork.env.settings.timer.clone();
        let assignment = Assignment { turn, run: fork, item, work, span };
        let Some(crew) = &mut self.crew else {
            self.note_start(turn, live, timer, task);
            let ended = crew::run(assignment);
            self.take_end(ended);
            return Ok(());
        };
        match crew.give(self.run, assignment, span) {
            Ok(()) => {
                self.note_start(turn, live, timer, task);
                Ok(())
            }
            Err(Refused { item, unwind: Unwind::Error(error) })
                if error.diagnostic.code == code::SPAWN_FAILED =>
            {
                let why = error.diagnostic.message.clone();
                self.postpone(item, Unwind::Error(error), &why)
            }
            Err(refused) => Err(refused.unwind),
        }
    }

    fn note_start(&mut self, turn: Turn, live: Live, timer: Option<Arc<Timer>>, task: Option<TaskMark>) {
        self.tasks.extend(task.map(|task| (turn, task)));
        self.scheduler.start(self.began.elapsed(), &mut self.conditions);
        self.record.started(self.run, turn, &live.mark, timer);
        self.turns.insert(turn, live);
    }

    /// Makes the fork that a turn runs on, and the pipes that it prints to.
    fn prepare(&mut self, mark: &Arc<TurnMark>) -> io::Result<(Interpreter, Live)> {
        self.room.for_one_more(self.scheduler.running())?;
        let mut files = self.run.env.files.clone();
        files.set(0, self.null.clone());
        let mut settings = (*self.run.env.settings).clone();
        settings.turn = Some(mark.clone());
        if let Some(timer) = self.record.timer(settings.timer.as_ref()) {
            settings.timer = Some(timer);
        }
        let (mut state, mut made) = (None, Vec::new());
        if self.crew.is_some() {
            let own = Arc::new(self.state()?);
            let tag: Option<Arc<[u8]>> =
                self.options.tag.then(|| format!("{}\t", mark.item).into_bytes().into());
            let whole = self.options.rules.order == Order::Live;
            let lines = || (tag.is_some() || whole).then(|| LineBuffer::new(tag.clone(), whole));
            made = self.targets.open(&mut files, lines)?;
            settings.job = Some(own.clone());
            state = Some(own);
        }
        let mut fork = self.run.fork();
        fork.jobs = Jobs::of_turn(self.has_jobs);
        fork.env.files = files;
        fork.env.settings = Arc::new(settings);
        let live = Live {
            state,
            mark: mark.clone(),
            streams: made,
            held: HeldOutput::default(),
            end: None,
            ended: None,
            is_told: false,
            is_asked: false,
            is_dropped: false,
            lost: None,
        };
        Ok((fork, live))
    }

    fn state(&mut self) -> io::Result<JobState> {
        let (cancel, keys) = match self.spare.pop() {
            Some(spare) => spare,
            None => self.run.job_interrupts()?,
        };
        let control = self.run.env.settings.job.as_ref().and_then(|job| job.control.clone());
        let state = JobState::new(cancel, keys, control);
        state.attend();
        Ok(state)
    }

    /// Keeps an item for later, because the system has no resources for one more turn.
    fn postpone(&mut self, item: Item, unwind: Unwind, why: &str) -> Eval<()> {
        if self.scheduler.running() == 0 {
            return Err(unwind);
        }
        self.next = Some(item);
        if self.scheduler.short(self.now()) {
            let place = self.run.source().position(self.span.start as usize);
            let running = self.scheduler.running();
            self.record.clear_line();
            self.run.warn(&format!(
                "the loop at {place} runs {running} turns at once for now, instead of {}: {why}",
                self.options.rules.jobs
            ));
        }
        Ok(())
    }

    // -------------------------------------------------------------------------------------- the wait

    fn wait(&mut self, waits: &Waits) -> Eval<()> {
        let is_stopping = self.stop.is_some();
        if !is_stopping {
            self.run.check_exhausted()?;
            self.run.check_time()?;
        }
        // The programs of the turns receive the keys of the terminal themselves.
        let interrupt = match self.turns.values().all(|live| live.end.is_some()) {
            true => self.run.interrupt(),
            false => self.run.wait_interrupt(),
        };
        if let Some(raised) = interrupt.raised().filter(|_| !is_stopping) {
            return Err(Unwind::Interrupted(raised.signal));
        }
        if !is_stopping {
            self.run.heed_signals()?;
        }
        let mut set = PollSet::default();
        if self.run.handles_signals() && !is_stopping {
            handled_signals::acknowledge();
            if let Some(event) = handled_signals::event() {
                set.add(event, Interest::Read);
            }
        }
        let ends = self.crew.as_ref().map(|crew| set.add(crew.event(), Interest::Read));
        let mut places = Vec::new();
        for (turn, live) in &self.turns {
            for (index, stream) in live.streams.iter().enumerate() {
                places.push((*turn, index, set.add(stream.reader(), Interest::Read)));
            }
        }
        if !is_stopping {
            for event in interrupt.fds() {
                set.add(event, Interest::Read);
            }
            if let Some(input) = self.source.input().filter(|_| waits.input) {
                set.add(input, Interest::Read);
            }
        }
        let due = self.run.due().filter(|_| !is_stopping);
        let due = due.map(|due| due.saturating_duration_since(Instant::now()));
        let until = waits.until.map(|until| until.saturating_sub(self.now()));
        let look = interrupt.look_after().filter(|_| !is_stopping);
        // A program of another turn may have handled the key, which then is no longer raised.
        let stopping = if let Some(Unwind::Interrupted(signal)) = &self.stop {
            self.end_by_key(*signal);
            Some(LOOK)
        } else {
            None
        };
        let held = self.held_from().map(|from| from.saturating_duration_since(Instant::now()));
        set.wait(due.into_iter().chain(until).chain(look).chain(held).chain(stopping).min())
            .map_err(|error| self.run.no_job(&error, self.span))?;
        if let Some(job) = &self.run.env.settings.job {
            job.park();
        }
        self.has_ends = ends.is_some_and(|ends| set.is_ready(ends));
        // If a turn has two pipes, the second is read first, since reading the first may remove it.
        for (turn, index, place) in places.into_iter().rev() {
            if set.is_ready(place) {
                self.read(turn, index);
            }
        }
        self.tell_of_held();
        Ok(())
    }

    /// Returns the result of the loop, once no turn runs.
    fn finish(mut self) -> Eval<BTreeMap<Turn, Value>> {
        self.crew = None;
        self.record.end();
        self.give_back_next();
        self.run.turned = self.scheduler.started() > 0;
        self.run.status = self.last.map_or(0, |(_, status)| status);
        match self.stop.take() {
            Some(unwind @ Unwind::Interrupted(_)) => {
                self.run.check_interrupt()?;
                return Err(unwind);
            }
            Some(unwind) => return Err(unwind),
            None => {}
        }
        if let Source::Tasks(tasks) = &self.source {
            self.run.status = 0;
            tasks.verdict(self.run)?;
            return Ok(self.values);
        }
        match self.scheduler.verdict() {
            Verdict::Succeeded => Ok(self.values),
            Verdict::Failed(_) => {
                let went_on = !self.is_cut();
                let left = self.source.left().map(|left| left + u64::from(self.next.is_some()));
                self.failures.into_error(Rest {
                    failed: self.scheduler.failures(),
                    taken: self.taken,
                    left,
                    went_on,
                })
            }
        }
    }

    /// Returns whether a failure prevented turns from starting.
    fn is_cut(&self) -> bool {
        matches!(self.options.rules.halt, Halt::Soon | Halt::Now)
    }
}
