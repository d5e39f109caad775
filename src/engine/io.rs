//! The input and output of a run.

use crate::process::{self, Descriptor, FileTable, OpenMode, Reader, Readers};
use crate::sys::pipe;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

/// The standard input of a run.
///
/// ```
/// use pipewright::{Input, Script, Session};
/// use std::fs::File;
///
/// let count = Script::parse("t", "wc -c")?;
/// let mut session = Session::new();
/// assert_eq!(session.run(&count).stdin("four").read()?.trim(), "4");
/// assert_eq!(session.run(&count).stdin(vec![0xff, 0]).read()?.trim(), "2");
/// assert_eq!(session.run(&count).stdin(File::open("/dev/null")?).read()?.trim(), "0");
/// // Anything that can be read, at the pace of the program that reads it.
/// let decoder = std::io::Read::take(std::io::repeat(b'x'), 1 << 20);
/// assert_eq!(session.run(&count).stdin(Input::Reader(Box::new(decoder))).read()?.trim(), "1048576");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub enum Input {
    /// Nothing to read.
    Null,
    /// The standard input of this process.
    Inherit,
    /// Open, but reading it is an error (`EBADF`, read(2)). This is for a script that itself came from standard
    /// input, so that a command can't read the bytes after it.
    Unreadable,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A file, pipe or socket.
    File(File),
    /// Any reader. A thread copies its data into a pipe. After the end of the run, the thread reads at most once
    /// more.
    Reader(Box<dyn Read + Send>),
}

/// The standard output or standard error of a run.
///
/// ```
/// use pipewright::{Output, Script, Session};
/// use std::sync::mpsc::channel;
///
/// let script = Script::parse("t", "printf '%s\\n' one two; echo 'not this' >&2")?;
/// let (sender, lines) = channel();
/// let each = move |line: &[u8]| sender.send(line.to_vec()).unwrap_or_default();
/// Session::new().run(&script).stdout(Output::Lines(Box::new(each))).stderr(Output::Null).status()?;
/// assert_eq!(lines.iter().collect::<Vec<_>>(), [b"one", b"two"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub enum Output {
    /// Discarded.
    Null,
    /// The same stream of this process.
    Inherit,
    /// A file, pipe or socket.
    File(File),
    /// Any writer. A thread feeds it from a pipe.
    Writer(Box<dyn Write + Send>),
    /// A function that a thread calls with each line, without its line end. The last line may lack one.
    Lines(LineSink),
}

/// A function that receives lines.
///
/// ```
/// use pipewright::{LineSink, Output, Script, Session};
///
/// let log: LineSink = Box::new(|line| eprintln!("[job] {}", String::from_utf8_lossy(line)));
/// Session::new().run(&Script::parse("t", "echo ready")?).stdout(Output::Lines(log)).status()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type LineSink = Box<dyn FnMut(&[u8]) + Send>;

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for Input {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<File> for Input {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

impl From<File> for Output {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

/// The threads between a run and its host.
#[derive(Default)]
pub(super) struct Plumbing {
    outputs: Vec<JoinHandle<io::Result<()>>>,
    /// Created with the first of them.
    readers: Option<Arc<Readers>>,
}

impl Plumbing {
    /// Returns the descriptor for 0.
    pub fn input(&self, input: Input, usual: &Usual) -> io::Result<Descriptor> {
        let file: OwnedFd = match input {
            // The run replaces an input that can't be read.
            Input::Inherit | Input::Unreadable => return Ok(Descriptor::Inherited(0)),
            Input::Null => return usual.nothing(),
            Input::Bytes(bytes) if bytes.is_empty() => return usual.nothing(),
            Input::Bytes(bytes) => process::here_document(&bytes)?,
            Input::File(file) => crate::sys::descriptor::lift(file.into())?,
            Input::Reader(mut from) => {
                let (reader, writer) = pipe::pipe()?;
                // Not joined: the thread may be waiting for the host's reader. It ends by itself when the pipe has
                // no reader.
                spawn("pipewright-input", move || io::copy(&mut from, &mut File::from(writer)).map(drop))?;
                reader
            }
        };
        Ok(Descriptor::Open(Arc::new(file)))
    }

    /// Returns the descriptor for 1 or 2.
    pub fn output(&mut self, number: i32, output: Output) -> io::Result<Descriptor> {
        let file: OwnedFd = match output {
            Output::Inherit => return Ok(Descriptor::Inherited(number)),
            Output::Null => process::open(None, b"/dev/null", OpenMode::Append)?,
            Output::File(file) => crate::sys::descriptor::lift(file.into())?,
            Output::Writer(mut to) => self.drained(move |bytes| to.write_all(bytes))?,
            Output::Lines(mut line) => {
                let mut rest: Vec<u8> = Vec::new();
                self.drained(move |bytes| {
                    // The end of the file.
                    if bytes.is_empty() {
                        if !rest.is_empty() {
                            line(&rest);
                        }
                        return Ok(());
                    }
                    for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                        rest.extend_from_slice(part);
                        if rest.last() == Some(&b'\n') {
                            line(&rest[..rest.len() - 1]);
                            rest.clear();
                        }
                    }
                    Ok(())
                })?
            }
        };
        Ok(Descriptor::Open(Arc::new(file)))
    }

    fn drained(&mut self, sink: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static) -> io::Result<OwnedFd> {
        let (reader, writer) = pipe::pipe()?;
        let reader = self.readers.get_or_insert_default().add(reader);
        self.outputs.push(spawn("pipewright-output", move || drain(reader, sink))?);
        Ok(writer)
    }

    /// Returns the reader of the pipes of its outputs, if there are any.
    pub fn readers(&self) -> Option<&Readers> {
        self.readers.as_deref()
    }

    /// Waits until all bytes from the pipes have arrived. Call it when the pipes have ended or are given up.
    pub fn end(self) -> io::Result<()> {
        let mut result = Ok(());
        for thread in self.outputs {
            let ended = thread.join().unwrap_or_else(|_| Err(io::Error::other("the host's writer panicked")));
            result = result.and(ended);
        }
        result
    }
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

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    std::thread::Builder::new().name(name.into()).spawn(work)
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
