//! The descriptors of a run, and the threads between them and the readers and writers of the host.

use super::io::{Input, Output};
use crate::eval::{Budget, Eval};
use crate::process::{self, Descriptor, FileTable, Interrupt, OpenMode, Readable, Reader, Readers, Signal};
use crate::sys::pipe;
use crate::sys::poll::Interest;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How often a wait for the host's writers checks for events that end it.
const LOOK: Duration = Duration::from_millis(20);

/// The threads between a run and its host.
///
/// Each passes the output of one pipe on, and ends by itself: at the end of file, when its writer fails, or when it is
/// abandoned. None is joined, since the host's writer may block.
#[derive(Default)]
pub(super) struct Plumbing {
    outputs: Vec<Receiver<io::Result<()>>>,
    /// Created with the first of them.
    readers: Option<Arc<Readers>>,
    /// The first failure of the host's reader.
    unread: Arc<OnceLock<io::Error>>,
    abandoned: Arc<AtomicBool>,
    /// The limits of the output, and the interrupt that ends the run when one is exceeded.
    pub budget: Option<(Arc<Budget>, Interrupt)>,
}

/// How the writers of the host have ended.
pub(super) struct Plumbed {
    pub result: io::Result<()>,
    /// Whether one of them was abandoned, because it still blocked after the grace.
    pub abandoned: bool,
}

impl Plumbing {
    /// Returns the descriptor that becomes standard input.
    pub fn input(&self, input: Input, usual: &Usual) -> io::Result<Descriptor> {
        let file: OwnedFd = match input {
            // The run replaces an input that can't be read.
            Input::Inherit | Input::Unreadable => return Ok(Descriptor::Inherited(0)),
            Input::Null => return usual.nothing(),
            Input::Bytes(bytes) if bytes.is_empty() => return usual.nothing(),
            Input::Bytes(bytes) => process::here_document(&bytes)?,
            Input::File(file) => crate::sys::descriptor::lift(file.into())?,
            Input::Reader(from) => {
                let (reader, writer) = pipe::pipe()?;
                let unread = self.unread.clone();
                spawn("pipewright-input", move || feed(from, File::from(writer), &unread))?;
                reader
            }
        };
        Ok(Descriptor::Open(Arc::new(file)))
    }

    /// Returns the descriptor that becomes standard output (1) or standard error (2). `kept` means that the host keeps the
    /// output in memory.
    pub fn output(&mut self, number: i32, output: Output, kept: bool) -> io::Result<Descriptor> {
        let counted = self.budget.as_ref().is_some_and(|(budget, _)| budget.limits.output.is_some());
        let file: OwnedFd = match output {
            Output::Null => process::open(None, b"/dev/null", OpenMode::Append)?,
            Output::Inherit if counted => {
                let own = Descriptor::Inherited(number);
                let file = own.borrow()?.try_clone_to_owned()?;
                self.passed_on(file)?
            }
            Output::Inherit => return Ok(Descriptor::Inherited(number)),
            Output::File(file) if counted => self.passed_on(file.into())?,
            Output::File(file) => crate::sys::descriptor::lift(file.into())?,
            Output::Writer(mut to) => self.drained(kept, move |bytes| to.write_all(bytes))?,
            Output::Lines { mut sink, max_line } => {
                let mut rest: Vec<u8> = Vec::new();
                self.drained(kept, move |bytes| {
                    // The end of the file.
                    if bytes.is_empty() && !rest.is_empty() {
                        sink(&rest);
                    }
                    for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                        pass_line(&mut rest, part, max_line.max(1), &mut sink);
                    }
                    Ok(())
                })?
            }
        };
        Ok(Descriptor::Open(Arc::new(file)))
    }

    /// Returns a pipe whose output a thread writes to a file or socket, so that it can be counted.
    fn passed_on(&mut self, to: OwnedFd) -> io::Result<OwnedFd> {
        let abandoned = self.abandoned.clone();
        self.drained(false, move |bytes| write_until(&to, bytes, &abandoned))
    }

    fn drained(
        &mut self,
        kept: bool,
        mut sink: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
    ) -> io::Result<OwnedFd> {
        let (reader, writer) = pipe::pipe()?;
        let reader = self.readers.get_or_insert_default().add(reader);
        let (ended, receiver) = channel();
        let budget = self.budget.clone();
        let counted = move |bytes: &[u8]| {
            if let Some((budget, interrupt)) = &budget
                && let Err(message) = budget.count_output(bytes.len(), kept)
            {
                interrupt.raise(Signal::TERM);
                return Err(io::Error::other(message));
            }
            sink(bytes)
        };
        spawn("pipewright-output", move || announce(&ended, || drain(reader, counted)))?;
        self.outputs.push(receiver);
        Ok(writer)
    }

    /// Returns the reader of the pipes of its outputs, if there are any.
    pub fn readers(&self) -> Option<&Readers> {
        self.readers.as_deref()
    }

    /// Returns the failure of the host's reader, if it failed.
    pub fn unread(&self) -> Option<io::Error> {
        self.unread.get().map(|error| io::Error::new(error.kind(), error.to_string()))
    }

    /// Waits until all bytes from the pipes have arrived. Call it when the pipes have ended or are given up. When
    /// `stopped` fails, the writers of the host have the grace to take what they have; then they are abandoned.
    pub fn end(self, grace: Duration, stopped: impl Fn() -> Eval<()>) -> Plumbed {
        let mut give_up: Option<Instant> = None;
        let mut all = Plumbed { result: Ok(()), abandoned: false };
        for output in self.outputs {
            let ended = loop {
                match output.recv_timeout(LOOK) {
                    Ok(ended) => break ended,
                    Err(RecvTimeoutError::Disconnected) => {
                        break Err(io::Error::other("the host's writer panicked"));
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
                if give_up.is_none() && stopped().is_err() {
                    give_up = Instant::now().checked_add(grace);
                }
                if give_up.is_some_and(|at| Instant::now() >= at) {
                    self.abandoned.store(true, Ordering::Release);
                    all.abandoned = true;
                    break Ok(());
                }
            };
            all.result = all.result.and(ended);
        }
        all
    }
}

fn announce(ended: &Sender<io::Result<()>>, work: impl FnOnce() -> io::Result<()>) {
    let result = work();
    // The run no longer waits for a writer that was abandoned.
    let _ = ended.send(result);
}

/// Copies the data of the host's reader into a pipe until one of them ends.
fn feed(mut from: Box<dyn Read + Send>, mut to: File, unread: &OnceLock<io::Error>) {
    let mut buffer = vec![0; pipe::CAPACITY];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                if to.write_all(&buffer[..count]).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                // Before the pipe ends, so that the run sees it.
                let _ = unread.set(error);
                return;
            }
        }
    }
}

/// Passes a line on when it is complete, and in parts when it is too long.
fn pass_line(rest: &mut Vec<u8>, mut part: &[u8], most: usize, sink: &mut dyn FnMut(&[u8])) {
    let ends = part.last() == Some(&b'\n');
    if ends {
        part = &part[..part.len() - 1];
    }
    while rest.len() + part.len() > most {
        let (now, later) = part.split_at(most - rest.len());
        rest.extend_from_slice(now);
        sink(rest);
        rest.clear();
        part = later;
    }
    rest.extend_from_slice(part);
    if ends {
        sink(rest);
        rest.clear();
    }
}

/// Writes all bytes to a file, pipe or socket, unless it is abandoned in the meantime.
fn write_until(to: &OwnedFd, mut bytes: &[u8], abandoned: &AtomicBool) -> io::Result<()> {
    let never = Interrupt::none();
    while !bytes.is_empty() {
        if abandoned.load(Ordering::Acquire) {
            return Err(ErrorKind::TimedOut.into());
        }
        let soon = Some(Instant::now() + LOOK);
        if never.wait_for(to.as_fd(), Interest::Write, soon)? != Readable::Ready {
            continue;
        }
        match pipe::write_at_once(to.as_fd(), &bytes[..bytes.len().min(pipe::LEAST)]) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The default descriptors of a run: empty input, and output where this process prints.
///
/// Created at the first use: a run that only evaluates an expression takes less time than open(2) and close(2).
#[derive(Clone, Debug, Default)]
pub(super) struct Usual(OnceLock<FileTable>);

impl Usual {
    pub fn files(&self) -> io::Result<&FileTable> {
        if let Some(files) = self.0.get() {
            return Ok(files);
        }
        let null = process::open(None, b"/dev/null", OpenMode::Read)?;
        let [output, error] = [1, 2].map(Descriptor::Inherited);
        let files = FileTable::of([Descriptor::Open(Arc::new(null)), output, error]);
        Ok(self.0.get_or_init(|| files))
    }

    fn nothing(&self) -> io::Result<Descriptor> {
        let nothing = self.files()?.get(0).cloned();
        nothing.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
}

/// Passes all data from the pipe to a sink, and an empty slice at the end.
fn drain(reader: Reader, mut sink: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = Vec::new();
    reader.drain(|reader| {
        buffer.clear();
        match pipe::read_into(reader, &mut buffer, pipe::CAPACITY) {
            Ok(0) => Ok(Some(0)),
            Ok(count) => sink(&buffer).map(|()| Some(count)),
            Err(error) if pipe::is_for_later(&error) => Ok(None),
            Err(error) => Err(error),
        }
    })?;
    sink(&[])
}
