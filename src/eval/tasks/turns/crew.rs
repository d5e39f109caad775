//! The threads that run turns. A thread is started when no thread is idle, and stays until the loop ends.

use crate::check::program::{Over, SideBySide};
use crate::eval::Interpreter;
use crate::eval::lang::items::Item;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::tasks::task::Task;
use crate::fleet::Turn;
use crate::span::Span;
use crate::sys::event::Event;
use crate::value::Value;
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A turn to run, with everything that it needs.
pub struct Assignment {
    pub turn: Turn,
    pub run: Interpreter,
    pub item: Item,
    pub work: Work,
    /// The place of the loop in the script.
    pub span: Span,
}

/// The code that a turn runs: the body of the loop, or a function.
#[derive(Clone)]
pub enum Work {
    Body(Arc<SideBySide>),
    /// A function, called with the item.
    Call(Value),
}

/// A turn that has ended.
pub struct Ended {
    pub turn: Turn,
    /// The result, or `None` if the thread has crashed.
    pub result: Option<Eval<Finish>>,
    pub status: u8,
    /// How many keys of the terminal its programs have handled.
    pub handled_signals: u32,
}

/// The normal ends of a turn.
#[derive(Debug)]
pub enum Finish {
    /// The turn ended, with the value of its function if it is a call.
    Done(Value),
    /// The turn left the loop.
    Left,
}

/// The threads of one loop. After the crew is dropped, each thread ends when its turn has ended.
pub struct Crew {
    shared: Arc<Shared>,
    /// The threads. They are dropped after `shared` says that no further turn will come.
    threads: Vec<Task<()>>,
    /// How many there may be: as many as turns run at once.
    most: usize,
}

/// The state that the thread of the loop shares with the threads of its turns.
struct Shared {
    state: Mutex<State>,
    /// Notified when there is a turn to run, or no further turn will come.
    given: Condvar,
    /// Set when a turn has ended.
    event: Event,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Assignment>,
    /// The threads, and those of them that wait for a turn.
    threads: usize,
    idle: usize,
    is_over: bool,
    ended: Vec<Ended>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn to run.
    fn next(&self) -> Option<Assignment> {
        let mut state = self.state();
        state.idle += 1;
        while state.waiting.is_empty() && !state.is_over {
            state = self.given.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle -= 1;
        state.waiting.pop_front()
    }
}

impl Crew {
    /// # Errors
    /// `EMFILE` when no descriptor is left.
    pub fn new(most: usize) -> io::Result<Self> {
        let shared = Shared { state: Mutex::default(), given: Condvar::new(), event: Event::new()? };
        Ok(Self { shared: Arc::new(shared), threads: Vec::new(), most })
    }

    /// Gives a turn to an idle thread, or to a new one.
    ///
    /// # Errors
    /// A new thread is needed but can't be started.
    pub fn give(&mut self, run: &Interpreter, assignment: Assignment, span: Span) -> Result<(), Refused> {
        {
            let mut state = self.shared.state();
            // A thread whose turn was taken as ended is about to wait for the next one.
            let is_taken = state.waiting.len() < state.idle || state.threads >= self.most;
            state.waiting.push_back(assignment);
            if is_taken {
                drop(state);
                self.shared.given.notify_one();
                return Ok(());
            }
            state.threads += 1;
        }
        let shared = self.shared.clone();
        let counted = Counted(shared.clone());
        let work = move || {
            let _counted = counted;
            while let Some(assignment) = shared.next() {
                run_reported(&shared, assignment);
            }
        };
        match Task::spawn(run, span, work) {
            Ok(task) => {
                self.threads.push(task);
                Ok(())
            }
            Err(unwind) => match self.shared.state().waiting.pop_back() {
                Some(assignment) => Err(Refused { item: assignment.item, unwind }),
                // A thread became idle in the meantime and took the turn.
                None => Ok(()),
            },
        }
    }

    /// Returns the descriptor that is readable when a turn has ended.
    pub fn event(&self) -> BorrowedFd<'_> {
        self.shared.event.reader()
    }

    /// Changes how many threads it has at most. Threads that are idle stay.
    pub fn resize(&mut self, most: usize) {
        self.most = most;
    }

    /// Returns a function that wakes the thread of the loop.
    pub fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let shared = self.shared.clone();
        move || shared.event.set()
    }

    /// Takes the turns that have ended.
    pub fn ended(&self) -> Vec<Ended> {
        self.shared.event.reset();
        std::mem::take(&mut self.shared.state().ended)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.given.notify_all();
    }
}

/// A turn for which no thread could be started.
pub struct Refused {
    pub item: Item,
    pub unwind: Unwind,
}

/// Counts a thread of a crew until it ends, after a panic too, or until it could not be started.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.state().threads -= 1;
    }
}

/// Reports the end of a turn when it is dropped, after a panic too.
struct Report<'a> {
    shared: &'a Shared,
    ended: Ended,
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        let Ended { turn, status, handled_signals, .. } = self.ended;
        let result = self.ended.result.take();
        self.shared.state().ended.push(Ended { turn, result, status, handled_signals });
        self.shared.event.set();
    }
}

fn run_reported(shared: &Shared, assignment: Assignment) {
    let ended = Ended { turn: assignment.turn, result: None, status: 1, handled_signals: 0 };
    let mut report = Report { shared, ended };
    report.ended = run(assignment);
}

/// Runs a turn to the end of its jobs. Then drops its fork, which closes the turn's ends of its pipes.
pub fn run(assignment: Assignment) -> Ended {
    let Assignment { turn, mut run, item, work, span } = assignment;
    if let Some(mark) = &run.env.settings.turn {
        run.observe_turn(mark, span);
    }
    let result = match work {
        Work::Body(looped) => {
            run.turn(&looped, item).map(|left| if left { Finish::Left } else { Finish::Done(Value::Null) })
        }
        Work::Call(function) => run.call_turn(&function, item, span).map(Finish::Done),
    };
    Ended { turn, result: Some(result), status: run.status, handled_signals: run.handled_signals }
}

impl Interpreter {
    fn call_turn(&mut self, function: &Value, item: Item, span: Span) -> Eval<Value> {
        let called = match item {
            Item::One(value) => self.apply_values(function, &[value], span),
            Item::Pair(key, value) => self.apply_values(function, &[key, value], span),
        };
        self.settle_jobs(called)
    }

    /// Returns whether the turn left the loop.
    fn turn(&mut self, looped: &SideBySide, item: Item) -> Eval<bool> {
        let bound = match (&looped.over, item) {
            (Over::For { bindings, .. }, item) => self.bind_item(bindings, item),
            (Over::Each(name), Item::One(line)) => {
                *self.slot_mut(*name) = line;
                Ok(())
            }
            (Over::Each(_), Item::Pair(..)) => Ok(()),
        };
        let ran = bound.and_then(|()| self.loop_turn(&looped.body));
        self.settle_jobs(ran)
    }
}
