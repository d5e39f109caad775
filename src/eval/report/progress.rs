//! `progress=…`: shows the progress of a loop or a block. On a terminal it is one line at the bottom, elsewhere a
//! line of a log every ten seconds, and for a host a series of events.
//!
//! The output of the loop or block passes through here, since the line has to be removed before it and drawn again
//! after it (`fleet/screen`). A process shows one line at a time. Of several loops only the first draws, and in a
//! host none does.

use crate::eval::Interpreter;
use crate::eval::effects::observe::{Event, Observers, Progress};
use crate::eval::report::unwind::Eval;
use crate::eval::tasks::task::Task;
use crate::fleet::screen::Screen;
use crate::fleet::snapshot::Snapshot;
use crate::process::{Descriptor, FileTable};
use crate::span::Span;
use crate::sys::poll;
use crate::sys::{pipe, tty};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The interval between two drawings. A loop that ends sooner shows no line.
const REDRAW: Duration = Duration::from_millis(200);

/// The interval between two lines of a log.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Whether a loop or block of this process has the line.
static HAS_LINE: AtomicBool = AtomicBool::new(false);

/// The display of a loop's or block's progress while it runs. The line disappears when this is dropped.
pub struct Shown {
    display: Arc<Display>,
    /// The thread that draws, which is joined once `display` is over.
    ticker: Option<Task<()>>,
}

/// The state that the thread of the loop or block shares with the thread that draws.
struct Display {
    source: Arc<dyn Fn() -> Snapshot + Send + Sync>,
    /// Standard error, if this process shows progress there.
    target: Option<Descriptor>,
    /// Whether the target is a terminal, and this loop or block is the one that draws.
    draws: bool,
    state: Mutex<State>,
    /// Notified when the display is over.
    over: Condvar,
}

#[derive(Default)]
struct State {
    screen: Screen,
    /// Whether the line is on the screen, or may be.
    is_shown: bool,
    is_over: bool,
}

impl Shown {
    /// Begins to show the progress from `source`.
    pub fn begin(
        run: &mut Interpreter,
        source: Arc<dyn Fn() -> Snapshot + Send + Sync>,
        span: Span,
    ) -> Eval<Self> {
        let target = run.env.files.get(2).filter(|_| run.shared.is_own_process()).cloned();
        let draws = target.as_ref().is_some_and(is_drawable) && !HAS_LINE.swap(true, Ordering::AcqRel);
        let display = Display { source, target, draws, state: Mutex::default(), over: Condvar::new() };
        let mut shown = Self { display: Arc::new(display), ticker: None };
        // A host without observers does not see the progress.
        if shown.display.target.is_none() && run.observers().is_none() {
            return Ok(shown);
        }
        let (display, mut fork) = (shown.display.clone(), run.fork());
        // It starts no programs.
        fork._beside = None;
        shown.ticker = Some(Task::spawn(run, span, move || display.tick(&fork, span))?);
        Ok(shown)
    }

    /// Returns whether it draws a line, so that output has to pass through here.
    pub fn draws(&self) -> bool {
        self.display.draws
    }

    /// Removes the line until the next drawing, for a message that does not pass through here.
    pub fn clear(&self) {
        let mut state = self.display.lock();
        state.is_shown = false;
        let frame = self.display.frame(&mut state, b"");
        self.display.put(&frame);
    }

    /// Writes output of the loop or block. The inner error is that of the kernel.
    pub fn pass(&self, run: &Interpreter, target: &Descriptor, bytes: &[u8]) -> Eval<io::Result<()>> {
        let target = match target.borrow() {
            Ok(target) => target,
            Err(error) => return Ok(Err(error)),
        };
        if !self.display.draws || !tty::is_terminal(target) {
            return run.write_bytes(target, bytes);
        }
        let mut state = self.display.lock();
        let frame = self.display.frame(&mut state, bytes);
        run.write_bytes(target, &frame)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let mut state = self.display.lock();
        state.is_over = true;
        state.is_shown = false;
        let frame = self.display.frame(&mut state, b"");
        drop(state);
        self.display.over.notify_all();
        self.display.put(&frame);
        self.ticker = None;
        if self.display.draws {
            HAS_LINE.store(false, Ordering::Release);
        }
    }
}

impl Display {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws or logs at intervals, until the display is over.
    fn tick(&self, run: &Interpreter, span: Span) {
        let mut logged = Instant::now();
        let mut told = None;
        loop {
            let state = self.lock();
            let (mut state, _) = self
                .over
                .wait_timeout_while(state, REDRAW, |state| !state.is_over)
                .unwrap_or_else(PoisonError::into_inner);
            let is_over = state.is_over;
            if !is_over && self.draws {
                self.draw(run, &mut state);
            }
            drop(state);
            if let Some(observers) = run.observers() {
                self.tell(run, observers, span, &mut told);
            }
            if is_over {
                return;
            }
            if !self.draws && logged.elapsed() >= LOG_INTERVAL {
                logged = Instant::now();
                self.log(run);
            }
        }
    }

    /// Draws the line again if the terminal accepts it now. It must not wait: if the user has stopped the output
    /// (Ctrl-S), the key that ends the script still has to work.
    fn draw(&self, run: &Interpreter, state: &mut State) {
        state.is_shown = self.is_in_foreground(run);
        if state.is_shown {
            let frame = self.frame(state, b"");
            self.put(&frame);
        } else {
            // Another program, such as the shell at its prompt, owns the rows now.
            state.screen = Screen::default();
        }
    }

    /// Returns the bytes that show more output and the line below it.
    fn frame(&self, state: &mut State, output: &[u8]) -> Vec<u8> {
        let columns = self.columns().unwrap_or(0);
        // The last column stays free, because some terminals begin a new row once it is filled.
        let line = state.is_shown.then(|| (self.source)().line(Some(columns.saturating_sub(1))));
        state.screen.frame(output, line.as_deref(), columns)
    }

    fn columns(&self) -> Option<usize> {
        tty::columns(self.target.as_ref()?.borrow().ok()?)
    }

    /// Writes a frame if the terminal accepts it now.
    fn put(&self, frame: &[u8]) {
        let Some(Ok(target)) = self.target.as_ref().map(Descriptor::borrow) else { return };
        if !frame.is_empty() && poll::has_room(target) {
            let _ = pipe::write(target, frame);
        }
    }

    /// Writes a line to a log.
    fn log(&self, run: &Interpreter) {
        let Some(target) = &self.target else { return };
        if target.borrow().is_ok_and(tty::is_terminal) {
            return;
        }
        let mut files = FileTable::default();
        files.put(2, target.clone());
        run.print_line(&(self.source)().line(None), &files);
    }

    /// Returns false while another group has the terminal: after `cmd &` in a shell, or while a job of a prompt is stopped.
    fn is_in_foreground(&self, run: &Interpreter) -> bool {
        let Some(Ok(target)) = self.target.as_ref().map(Descriptor::borrow) else { return false };
        let foreground = tty::foreground(target);
        match run.control() {
            Some(job) => !job.is_suspended() && foreground.is_ok_and(|group| group == job.group_id()),
            None => foreground.map_or(true, |group| group == tty::own_group()),
        }
    }

    fn tell(&self, run: &Interpreter, observers: &Observers, span: Span, told: &mut Option<Snapshot>) {
        let now = (self.source)();
        if told.as_ref().is_some_and(|told| told.is_same(&now)) {
            return;
        }
        let place = run.place(span);
        observers.event(&Event::Progress { place, progress: &Progress::of(&now), depth: run.depth });
        *told = Some(now);
    }
}

/// Returns whether a descriptor is a terminal that can move its cursor.
fn is_drawable(target: &Descriptor) -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    !is_dumb && target.borrow().is_ok_and(tty::is_terminal)
}
